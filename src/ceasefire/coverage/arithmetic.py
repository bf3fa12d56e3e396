"""Arithmetic over published counts: daily figures against running totals, and what follows from them.

In: prepared counts. Out: ``count_checks``. Figures of one counter, or of the official bodies of one camp, against one
side, in one metric and place, are laid out by the local day on which their period ends. Between two running totals the
days must add up; one missing day follows by subtraction and is marked derived. A check of a camp's own figures is no
pooling; a derived figure is never an observation. Figures that are not exact (about, more than) take no part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from typing import Any

import polars as pl

from ceasefire.coverage.days import local_day
from ceasefire.model import table
from ceasefire.problems import Problem

MAX_DAYS = 62
"""Gaps between running totals longer than this are not laid out by days."""

MAX_WAYS = 64
"""Ways of choosing among figures that differ for one day; beyond this the first of each day is taken."""

OFFICIAL = frozenset({"party_official", "guarantor_official"})
"""Kinds of source that speak for a camp: their figures are read as one ledger. Other counters stand alone."""

UNDATED = "not dated"

Row = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One figure for one day: its value, who counted it, the rows behind it, and whether it was derived."""

    value: float
    counter: str
    ids: tuple[str, ...]
    derived: bool = False

    def __str__(self) -> str:
        return f"[{self.value:g}]" if self.derived else f"{self.value:g}"


@dataclass
class Ledger:
    """The figures of one camp against one side in one unit and place."""

    label: Mapping[str, object]
    daily: dict[date, list[Figure]] = field(default_factory=dict)
    totals: dict[date, list[Figure]] = field(default_factory=dict)
    first: date = date.max
    counts_first_day: bool = False
    rows: list[Row] = field(default_factory=list)

    def note(self, day: date, kind: str, value: float, terms: str, ids: tuple[str, ...]) -> None:
        """Add one row of ``count_checks``."""
        self.rows.append(
            {
                **self.label,
                "day": day.isoformat(),
                "kind": kind,
                "value": value,
                "terms": terms,
                "counts": ";".join(dict.fromkeys(ids)),
            }
        )


def check_counts(counts: pl.DataFrame, timezone: str) -> tuple[pl.DataFrame, list[Problem]]:
    """Check prepared counts (see ``series.prepared``) and derive the days that follow from running totals."""
    whose = pl.when(pl.col("kind").is_in(sorted(OFFICIAL)) & pl.col("camp").is_not_null()).then("camp")
    exact = counts.filter(pl.col("exact") & pl.col("value").is_not_null()).with_columns(
        local_day("period_to", timezone).alias("day"),
        local_day("period_from", timezone).alias("from_day"),
        pl.col("period_from").dt.convert_time_zone(timezone).dt.hour().alias("from_hour"),
        whose.otherwise("counted_by").alias("group"),
    )
    rows = list(_splits(exact))
    dated = exact.filter(pl.col("day").is_not_null())
    for _, group in dated.group_by(
        "group", "accused", "counting_unit", "metric", "place_name", maintain_order=True
    ):
        for ledger in _ledgers(group):
            _differing(ledger)
            _between_totals(ledger)
            rows += ledger.rows
    checks = table("count_checks").frame(rows).unique(maintain_order=True)
    return checks, [p for row in checks.iter_rows(named=True) for p in _problem(row)]


def _label(row: Mapping[str, Any]) -> Row:
    return {"counted_by": row["group"], "against": row["accused"], "counting_unit": row["counting_unit"]}


def _ledgers(group: pl.DataFrame) -> Iterator[Ledger]:
    """One ledger for each first day of running totals; the daily figures stand in each."""
    daily: dict[date, list[Figure]] = {}
    totals: dict[date, list[Row]] = {}
    label: Row = {}
    rows = group.sort("count_id").to_dicts()
    for row in rows:
        label = _label(row)
        if row["cumulative"]:
            totals.setdefault(row["from_day"] or row["day"], []).append(row)
        elif _is_daily(row) and not any(_is_daily(other) and _part_of(row, other) for other in rows):
            _add(daily, row)
    for first, stated in sorted(totals.items()):
        stations: dict[date, list[Figure]] = {}
        for row in stated:
            _add(stations, row)
        # A total that begins in the afternoon has its first daily figure on the next day.
        begins_early = all((row["from_hour"] or 0) < 12 for row in stated)
        yield Ledger(label, {d: list(f) for d, f in daily.items()}, stations, first, begins_early)
    if not totals and daily:
        yield Ledger(label, daily)


def _is_daily(row: Mapping[str, Any]) -> bool:
    """A figure for at least half a day and at most two local dates, as a day from evening to evening has."""
    if row["cumulative"] or row["period_from"] is None:
        return False
    length = row["period_to"] - row["period_from"]
    return (row["day"] - row["from_day"]).days <= 1 and bool(length >= timedelta(hours=12))


def _part_of(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether one figure's period lies inside a longer one of the same counter ending on the same day."""
    same = row["counted_by"] == other["counted_by"] and row["day"] == other["day"]
    inside = other["period_from"] <= row["period_from"] and row["period_to"] <= other["period_to"]
    shorter = row["period_to"] - row["period_from"] < other["period_to"] - other["period_from"]
    return bool(same and inside and shorter)


def _add(days: dict[date, list[Figure]], row: Mapping[str, Any]) -> None:
    figures = days.setdefault(row["day"], [])
    new = Figure(float(row["value"]), str(row["counted_by"]), (str(row["count_id"]),))
    for n, old in enumerate(figures):
        if old.value == new.value:
            figures[n] = Figure(old.value, old.counter, old.ids + new.ids)
            return
    figures.append(new)


def _differing(ledger: Ledger) -> None:
    """Two figures for one day, or two running totals, of one camp."""
    for what, days in (("", ledger.daily), ("in all ", ledger.totals)):
        for day, figures in sorted(days.items()):
            if len(figures) > 1:
                terms = " against ".join(f"{what}{f} ({f.counter})" for f in figures)
                ledger.note(day, "differs", figures[0].value, terms, _ids(figures))


def _between_totals(ledger: Ledger) -> None:
    start = ledger.first - timedelta(days=1) if ledger.counts_first_day else ledger.first
    last_day, last = start, Figure(0.0, "", ())
    for day, figures in sorted(ledger.totals.items()):
        total = _best_told(ledger, last_day, last, day, figures)
        if total.value < last.value:
            terms = f"running total falls: {last}, then {total}"
            ledger.note(day, "does_not_add_up", total.value, terms, _ids([last, total]))
        elif 0 < (day - last_day).days <= MAX_DAYS:
            _gap(ledger, last_day, last, day, total)
        last_day, last = day, total
    if len(ledger.totals) > 1:
        _whole(ledger, start, last_day, last)


def _best_told(ledger: Ledger, from_day: date, base: Figure, day: date, figures: list[Figure]) -> Figure:
    """Of differing running totals the one that the days add up to, else the one that most rows tell."""
    days = [from_day + timedelta(days=n + 1) for n in range(min((day - from_day).days, MAX_DAYS))]
    reached = set()
    if all(d in ledger.daily for d in days):
        reached = {base.value + sum(f.value for f in way) for way in _ways(ledger, days)}
    return min(figures, key=lambda f: (f.value not in reached, -len(f.ids), f.ids))


def _gap(ledger: Ledger, from_day: date, base: Figure, to_day: date, total: Figure) -> None:
    """Check or complete the days after ``from_day`` up to ``to_day``; their sum must be the rise of the total."""
    days = [from_day + timedelta(days=n + 1) for n in range((to_day - from_day).days)]
    missing = [d for d in days if d not in ledger.daily]
    rise = total.value - base.value
    ways = _ways(ledger, days)
    if not missing:
        fitting = [way for way in ways if sum(f.value for f in way) == rise]
        if fitting:
            _adds_up(ledger, base, to_day, total, fitting[0])
        else:
            way = ways[0]
            terms = f"{_sum(base, way)} = {base.value + sum(f.value for f in way):g}, not {total}"
            ledger.note(to_day, "does_not_add_up", total.value, terms, _ids([base, *way, total]))
            others = [d for d, f in zip(days, way, strict=True) if f.counter != total.counter]
            if len(others) == 1:
                _derive(
                    ledger,
                    others[0],
                    base,
                    total,
                    [f for d, f in zip(days, way, strict=True) if d != others[0]],
                )
    elif len(missing) == 1:
        _derive(ledger, missing[0], base, total, ways[0])
    _running(ledger, days, base, total)


def _ways(ledger: Ledger, days: list[date]) -> list[tuple[Figure, ...]]:
    known = [ledger.daily[d] for d in days if d in ledger.daily]
    size = 1
    for figures in known:
        size *= len(figures)
    return list(product(*known)) if size <= MAX_WAYS else [tuple(f[0] for f in known)]


def _adds_up(ledger: Ledger, base: Figure, day: date, total: Figure, way: tuple[Figure, ...]) -> None:
    ledger.note(day, "adds_up", total.value, f"{_sum(base, way)} = {total}", _ids([base, *way, total]))


def _sum(base: Figure, way: tuple[Figure, ...]) -> str:
    return " + ".join(str(f) for f in ((base, *way) if base.ids else way))


def _derive(
    ledger: Ledger, day: date, base: Figure, total: Figure, known: list[Figure] | tuple[Figure, ...]
) -> None:
    value = total.value - base.value - sum(f.value for f in known)
    parts = [f for f in (base, *known) if f.ids]
    if not parts:
        return
    terms = f"{total}{''.join(f' - {f}' for f in parts)} = {value:g}"
    ids = _ids([base, *known, total])
    if value < 0:
        ledger.note(day, "does_not_add_up", value, terms, ids)
        return
    ledger.note(day, "derived_day", value, terms, ids)
    ledger.daily[day] = [Figure(value, "", ids, derived=True)]


def _running(ledger: Ledger, days: list[date], base: Figure, total: Figure) -> None:
    """Running totals of the days between two stated ones, if every day is known."""
    figures = [ledger.daily[d][0] for d in days if d in ledger.daily]
    if len(figures) != len(days) or base.value + sum(f.value for f in figures) != total.value:
        return
    reached = base
    for n, day in enumerate(days[:-1]):
        here = Figure(reached.value + figures[n].value, "", _ids([reached, figures[n]]), derived=True)
        follows, rest = figures[n + 1], len(days) - n - 2
        if base.ids and figures[n].derived and not rest and not follows.derived:
            terms = f"{total} - {follows} = {here.value:g}"
        else:
            terms = f"{_sum(reached, (figures[n],))} = {here.value:g}"
        if reached.ids:
            ledger.note(day, "derived_total", here.value, terms, here.ids + total.ids)
        reached = here


def _whole(ledger: Ledger, start: date, day: date, total: Figure) -> None:
    """The sum of all days from the start to the last running total."""
    days = [start + timedelta(days=n + 1) for n in range((day - start).days)]
    if len(days) > MAX_DAYS or any(d not in ledger.daily for d in days):
        return
    fitting = [way for way in _ways(ledger, days) if sum(f.value for f in way) == total.value]
    if fitting:
        _adds_up(ledger, Figure(0.0, "", ()), day, total, fitting[0])


def _splits(counts: pl.DataFrame) -> Iterator[Row]:
    """Figures of one counter for one period that are split by place ("violations by governorate")."""
    key = ["counted_by", "accused", "counting_unit", "period_from", "period_to", "published_at"]
    for _, group in counts.sort("count_id").group_by(key, maintain_order=True):
        by_place: dict[str, list[Row]] = {}
        for row in group.iter_rows(named=True):
            whole, split, _ = str(row["metric"]).partition(" by ")
            if split:
                by_place.setdefault(whole, []).append(row)
        for row in group.filter(~pl.col("cumulative")).iter_rows(named=True):
            parts = by_place.get(row["metric"], [])
            if len(parts) < 2:
                continue
            total = sum(part["value"] for part in parts)
            named = " + ".join(f"{part['place_name']} {part['value']:g}" for part in parts)
            fits = total == row["value"]
            yield {
                **_label(row),
                "day": row["day"].isoformat() if row["day"] else UNDATED,
                "kind": "adds_up" if fits else "does_not_add_up",
                "value": row["value"],
                "terms": f"{named} = {total:g}" + ("" if fits else f", not {row['value']:g}"),
                "counts": ";".join([row["count_id"], *(part["count_id"] for part in parts)]),
            }


def _ids(figures: list[Figure]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for f in figures for i in f.ids))


def _problem(row: Mapping[str, Any]) -> Iterator[Problem]:
    codes = {"does_not_add_up": "counts_do_not_add_up", "differs": "counts_differ"}
    if row["kind"] not in codes:
        return
    yield Problem(
        "warning",
        "coverage",
        codes[str(row["kind"])],
        "figures of one counter, or one camp, that agree",
        f"{row['terms']} ({row['counted_by']} on {row['against']}, {row['day']})",
        "read the pages behind the counts; both figures are kept",
        file="counts.csv",
        record=str(row["counts"]),
    )
