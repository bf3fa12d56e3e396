"""Published counts as series: who counts, what, by which rule, and whose acts.

In: counts, sources, actors, effort, the parties' sides, and the arithmetic already done. Out: ``series``. Counts belong to
one series when counter, metric, accused, place, unit and rule agree. A counter is one-sided when, over all it counts in
that unit, the acts of one side only appear, or when it says that it leaves out its own side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from ceasefire.coverage.days import parties_named
from ceasefire.coverage.thresholds import EXACT
from ceasefire.model import table

RULE_NOT_STATED = "not stated"
NOT_STATED = "not stated"
EVERY_SIDE = "all"
PARTS = ["counted_by", "metric", "accused", "place_name", "counting_unit", "counting_rule"]


def prepared(counts: pl.DataFrame, sources: pl.DataFrame, party: Mapping[str, str]) -> pl.DataFrame:
    """Counts with the counter's camp and kind, the party accused, unit and rule filled in, and exactness."""
    camps = sources.select(pl.col("source_id").alias("counted_by"), "camp", "kind").unique(
        "counted_by", maintain_order=True
    )
    cells = counts["against"].drop_nulls().unique().to_list()
    accused = {c: c if c == EVERY_SIDE else (parties_named(c, party) or NOT_STATED) for c in cells}
    return (
        counts.sort("count_id")
        .join(camps, on="counted_by", how="left", maintain_order="left")
        .with_columns(
            pl.col("against")
            .replace_strict(accused, default=NOT_STATED, return_dtype=pl.String)
            .fill_null(NOT_STATED)
            .alias("accused"),
            pl.coalesce("counting_unit", "metric").alias("counting_unit"),
            pl.col("counting_rule").fill_null(RULE_NOT_STATED),
            pl.col("cumulative").fill_null(False),
            pl.col("qualifier").fill_null("").is_in(sorted(EXACT)).alias("exact"),
        )
    )


def series_of(
    counts: pl.DataFrame, effort: pl.DataFrame, sides: Mapping[str, str], checks: pl.DataFrame
) -> pl.DataFrame:
    """The series of prepared counts. Sums are never taken over rules, units or counters."""
    watched = effort.select("source_id", "from", "to").to_dicts()
    covered = _sides_counted(counts, sides)
    rows = []
    for key, figures in counts.group_by(PARTS, maintain_order=True):
        part = dict(zip(PARTS, key, strict=True))
        group = figures.sort("period_to", "period_from", "count_id", nulls_last=True)
        first, last = group["period_from"].min(), group["period_to"].max()
        rows.append(
            {
                "series_id": _series_id(part),
                "counted_by": part["counted_by"],
                "camp": group["camp"][0],
                "against": part["accused"],
                "place_name": part["place_name"],
                "metric": part["metric"],
                "counting_unit": part["counting_unit"],
                "counting_rule": part["counting_rule"],
                "one_sided": _one_sided(part, group, covered, sides),
                "effort_known": any(
                    e["source_id"] == part["counted_by"] and _overlap(e["from"], e["to"], first, last)
                    for e in watched
                ),
                "cumulative": bool(group["cumulative"].any()),
                "n_counts": group.height,
                "period_from": first,
                "period_to": last,
                "values": ", ".join(
                    _told(*row) for row in group.select("value", "exact", "cumulative").iter_rows()
                ),
                "checks": _checks(checks, group["count_id"].to_list()),
                "counts": ";".join(group["count_id"].to_list()),
            }
        )
    return table("series").frame(rows)


def _series_id(part: Mapping[str, object]) -> str:
    words = [part["counted_by"], part["metric"], part["accused"], part["place_name"] or "no place"]
    if part["counting_unit"] != part["metric"]:
        words.insert(2, part["counting_unit"])
    if part["counting_rule"] != RULE_NOT_STATED:
        words.append(part["counting_rule"])
    return " / ".join(str(w) for w in words)


def _told(value: float | None, exact: bool, cumulative: bool) -> str:
    figure = "no figure" if value is None else f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
    return ("=" if cumulative else "") + ("" if exact else "~") + figure


def _sides_of(accused: str, sides: Mapping[str, str]) -> set[str]:
    """The sides whose acts are counted; an actor of no party is a side of its own."""
    names = [n for part in accused.split("|") for n in part.split("+")]
    return {sides.get(n, n) for n in names}


def _sides_counted(counts: pl.DataFrame, sides: Mapping[str, str]) -> dict[tuple[str, str], set[str]]:
    covered: dict[tuple[str, str], set[str]] = {}
    for counter, unit, accused in counts.select("counted_by", "counting_unit", "accused").iter_rows():
        seen = covered.setdefault((counter, unit), set())
        if accused == EVERY_SIDE:
            seen.update(sides.values())
        elif accused != NOT_STATED:
            seen.update(_sides_of(accused, sides) & set(sides.values()))
    return covered


def _one_sided(
    part: Mapping[str, object],
    group: pl.DataFrame,
    covered: Mapping[tuple[str, str], set[str]],
    sides: Mapping[str, str],
) -> bool | None:
    """True if the counter counts one side only; None if it cannot be told whom it counts."""
    own = group["counts_own_side"].drop_nulls().to_list()
    if own and not all(own):
        return True
    if part["accused"] == NOT_STATED:
        return False if own else None
    counted = covered[(str(part["counted_by"]), str(part["counting_unit"]))]
    return len(counted) < min(2, len(set(sides.values()))) if counted else None


def _overlap(a_from: Any, a_to: Any, b_from: Any, b_to: Any) -> bool:
    if None in (a_from, a_to, b_from, b_to):
        return False
    return bool(a_from <= b_to and b_from <= a_to)


def _checks(checks: pl.DataFrame, ids: list[str]) -> str | None:
    """The arithmetic in which any of these counts takes part."""
    mine = set(ids)
    found = [
        f"{kind.replace('_', ' ')}: {terms}"
        for kind, terms, counts in checks.select("kind", "terms", "counts").iter_rows()
        if mine & set((counts or "").split(";"))
    ]
    return "; ".join(found) or None
