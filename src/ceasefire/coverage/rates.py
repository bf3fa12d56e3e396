"""Rates of place-days before and after each truce, with exact intervals and placebo days. No causal reading.

In: folded place-days, truces, the period. Out: ``rate_ratios``. A place-day is before if it ends inside the window before
the start day, after if it begins inside the window after; one that straddles the start is left out and counted; the
start day is left out if the truce began later than 00:01. The placebo share compares the start with the other days
within half a year, like with like: no start day is left out on either, for placebo days have no hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.coverage import thresholds as t
from ceasefire.coverage.days import EPOCH, day_number
from ceasefire.coverage.interval import exact_ratio
from ceasefire.coverage.mix import breaks, half_year_breaks, touched
from ceasefire.coverage.place_days import Folded, without_registers
from ceasefire.model import table
from ceasefire.problems import Problem

Days = NDArray[np.int64]


@dataclass(frozen=True)
class Start:
    """The start of a truce: its first local day, and whether that day is left out."""

    truce_id: str
    day: date
    day_left_out: bool


@dataclass(frozen=True)
class Record:
    """One unit's place-days as day numbers, with running counts so that any window is two look-ups."""

    unit: str
    starts: Days
    ends: Days
    folded: Folded
    cum_starts: Days
    cum_ends: Days
    origin: int
    first: int
    last: int
    half_breaks: dict[tuple[str, str], list[str]]

    def begun(self, first: Days, last: Days) -> Days:
        """How many begin on days ``first`` to ``last``."""
        return self._between(self.cum_starts, first, last)

    def ended(self, first: Days, last: Days) -> Days:
        """How many end on days ``first`` to ``last``."""
        return self._between(self.cum_ends, first, last)

    def _between(self, running: Days, first: Days, last: Days) -> Days:
        top = len(running) - 1
        high = np.clip(last + 1 - self.origin, 0, top)
        low = np.clip(first - self.origin, 0, top)
        return running[np.maximum(high, low)] - running[low]


def starts_of(truces: pl.DataFrame, timezone: str, as_of: datetime) -> list[Start]:
    """The analysed truces that had begun by ``as_of``, in order of start."""
    zone = ZoneInfo(timezone)
    found = []
    for truce_id, at, precision in (
        truces.filter(pl.col("analyse") & pl.col("starts_at").is_not_null() & (pl.col("starts_at") <= as_of))
        .select("truce_id", "starts_at", "start_precision")
        .iter_rows()
    ):
        local = at.astimezone(zone)
        late = precision != "day" and local.time() > time(0, 1)
        found.append(Start(truce_id, local.date(), late))
    return sorted(found, key=lambda s: (s.day, s.truce_id))


def record_of(unit: str, folded: Folded, first: date, last: date) -> Record:
    """The place-days of one unit between two local days, ready for windows."""
    days = folded.place_days.select(pl.col("day_from", "day_to").str.to_date())
    starts = days["day_from"].dt.epoch("d").cast(pl.Int64).to_numpy()
    ends = days["day_to"].dt.epoch("d").cast(pl.Int64).to_numpy()
    origin = int(starts.min()) if len(starts) else day_number(first)
    length = (int(ends.max()) if len(ends) else origin) - origin + 1
    return Record(
        unit=unit,
        starts=starts,
        ends=ends,
        folded=folded,
        cum_starts=_running(starts - origin, length),
        cum_ends=_running(ends - origin, length),
        origin=origin,
        first=day_number(first),
        last=day_number(last),
        half_breaks=half_year_breaks(folded),
    )


def _running(days: Days, length: int) -> Days:
    counts = np.bincount(days, minlength=length) if len(days) else np.zeros(length, dtype=np.int64)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def placebo(record: Record, day: int, window: int) -> tuple[float | None, int]:
    """Share of other days whose smoothed after/before ratio is as low as this day's, and how many there were.

    Other days lie within ``PLACEBO_REACH_DAYS`` and at least a window away; both their windows must lie in the record,
    which begins with its first whole calendar month: the first reports trickle in before anybody is counting.
    """
    reach = np.arange(day - t.PLACEBO_REACH_DAYS, day + t.PLACEBO_REACH_DAYS + 1, dtype=np.int64)
    whole = _first_whole_month(EPOCH + timedelta(days=max(record.origin, record.first)))
    inside = (reach - window >= whole) & (reach + window - 1 <= record.last)
    others = reach[inside & (np.abs(reach - day) >= window)]
    if len(others) < t.MIN_PLACEBO_DAYS or day + window - 1 > record.last:
        return None, len(others)
    days = np.concatenate([[day], others]).astype(np.int64)
    before = record.ended(days - window, days - 1) + t.PLACEBO_ADDED
    after = record.begun(days, days + window - 1) + t.PLACEBO_ADDED
    ratio = after / before
    return float(np.mean(ratio[1:] <= ratio[0] + 1e-12)), len(others)


def _first_whole_month(day: date) -> int:
    if day.day == 1:
        return day_number(day)
    return day_number(date(day.year + day.month // 12, day.month % 12 + 1, 1))


def rate_ratios(
    folded: Folded, truces: pl.DataFrame, *, first: date, last: date, timezone: str, as_of: datetime
) -> tuple[pl.DataFrame, list[Problem]]:
    """Compare the days before and after each analysed truce.

    ``first`` and ``last`` are the whole local days that are looked at; windows are cut to them.
    """
    starts = starts_of(truces, timezone, as_of)
    records = [
        record_of("place_days", folded, first, last),
        record_of("place_days_no_register", without_registers(folded), first, last),
    ]
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for start in starts:
        for window in t.WINDOWS_DAYS:
            compared = [_compare(start, window, record, starts) for record in records]
            if any(row is None for row in compared):
                problems.append(_no_days(start, window))
                continue
            rows += [row for row in compared if row is not None]
    _lean(rows)
    problems += [_doubt(row) for row in rows if row["unit"] == "place_days" and _mixed(row)]
    return table("rate_ratios").frame(rows), problems


def _compare(start: Start, window: int, record: Record, starts: list[Start]) -> dict[str, Any] | None:
    day = day_number(start.day)
    after_from = day + int(start.day_left_out)
    before_from, after_to = max(day - window, record.first), min(after_from + window - 1, record.last)
    days_before, days_after = day - before_from, after_to - after_from + 1
    if days_before <= 0 or days_after <= 0:
        return None
    before = int(record.ended(np.array([before_from]), np.array([day - 1]))[0])
    after = int(record.begun(np.array([after_from]), np.array([after_to]))[0])
    ratio, low, high = exact_ratio(before, after, days_before, days_after)
    share, n_placebo = placebo(record, day, window) if days_before == window else (None, 0)
    inside = [
        s.truce_id
        for s in starts
        if s.truce_id != start.truce_id and -window <= day_number(s.day) - day < window
    ]
    cut = "" if days_before == days_after == window else f"window cut to {days_before} and {days_after} days"
    warnings = [
        cut,
        f"too few: {before} before, even none after could be chance" if before < t.MIN_BEFORE else "",
        f"other truces inside: {', '.join(inside)}" if inside else "",
        *_mix(record, (before_from, day - 1), (after_from, after_to)),
    ]
    return {
        "truce_id": start.truce_id,
        "window_days": window,
        "unit": record.unit,
        "start_day": start.day.isoformat(),
        "start_day_excluded": start.day_left_out,
        "before": before,
        "after": after,
        "days_before": days_before,
        "days_after": days_after,
        "per_day_before": before / days_before,
        "per_day_after": after / days_after,
        "ratio": ratio,
        "low": low,
        "high": high,
        "placebo_share": share,
        "placebo_days": n_placebo,
        "straddling": int(((record.starts < day) & (record.ends >= day)).sum()),
        "on_start_day": int(((record.starts >= day) & (record.starts < after_from)).sum()),
        "other_truces": ";".join(inside) or None,
        "warning": "; ".join(w for w in warnings if w) or None,
    }


def _mix(record: Record, before: tuple[int, int], after: tuple[int, int]) -> list[str]:
    """Where the mix of sources breaks: between the two windows, or between the half-years they touch."""
    a, b = (EPOCH + timedelta(days=before[0]), EPOCH + timedelta(days=after[1]))
    halves = touched(a, b)
    found = [
        f"mix of sources breaks between {h1} and {h2}: {group}"
        for (h1, h2), groups in sorted(record.half_breaks.items())
        if h1 in halves and h2 in halves
        for group in groups
    ]
    days = [EPOCH + timedelta(days=n) for n in (*before, *after)]
    first, second = (
        record.folded.tellers.filter(pl.col(column).is_between(pl.lit(str(lo)), pl.lit(str(hi))))
        for column, lo, hi in (("day_to", days[0], days[1]), ("day_from", days[2], days[3]))
    )
    return found + [
        f"mix of sources breaks at the start: {group}"
        for group in breaks(
            first.select("camp", "kind").iter_rows(),
            first.select("place", "day_from", "day_to").n_unique(),
            second.select("camp", "kind").iter_rows(),
            second.select("place", "day_from", "day_to").n_unique(),
        )
    ]


def _lean(rows: list[dict[str, Any]]) -> None:
    """Warn where the whole interval lies on one side of 1, and no longer does without memorial registers."""
    without = {(r["truce_id"], r["window_days"]): r for r in rows if r["unit"] == "place_days_no_register"}
    for row in rows:
        other = without[row["truce_id"], row["window_days"]]
        if row["unit"] == "place_days" and _one_side_of_1(row) and not _one_side_of_1(other):
            told = "none before" if other["ratio"] is None else f"{other['ratio']:.2f}"
            high = "unbounded" if other["high"] is None else f"{other['high']:.2f}"
            lean = f"leans on memorial registers: without them {told} ({other['low'] or 0:.2f}-{high})"
            row["warning"] = "; ".join(w for w in (row["warning"], lean) if w)


def _one_side_of_1(row: dict[str, Any]) -> bool:
    low, high = row["low"], row["high"]
    return (high is not None and high < 1) or (low is not None and low > 1)


def _mixed(row: dict[str, Any]) -> str:
    """The warnings of a row that are about its sources."""
    parts = str(row["warning"] or "").split("; ")
    return "; ".join(p for p in parts if p.startswith(("mix of sources", "leans on")))


def _doubt(row: dict[str, Any]) -> Problem:
    return Problem(
        "warning",
        "coverage",
        "source_mix_breaks",
        "the same kinds of source before and after",
        _mixed(row),
        "read place_days_no_register and source_mix; the ratio may measure the sources",
        file="truces.csv",
        record=f"{row['truce_id']}, {row['window_days']} days",
    )


def _no_days(start: Start, window: int) -> Problem:
    return Problem(
        "note",
        "coverage",
        "no_days_to_compare",
        "whole days before and after the start inside the period",
        f"none, {window} days",
        "not compared",
        file="truces.csv",
        record=start.truce_id,
    )
