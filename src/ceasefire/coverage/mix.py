"""Who speaks when: the mix of sources by half-year, and where it breaks inside or across a window.

In: folded place-days with the groups of sources (camp and kind) that tell of each. Out: ``source_mix`` and warnings. A
group breaks when its share of place-days moves by ``MIX_SHIFT`` or more and Fisher's exact test, after Bonferroni over
the groups, is below ``MIX_P``. Two places are looked at: before against after, and the half-years a window touches. A
comparison across a break measures the source.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl

from ceasefire.coverage.place_days import KEY, Folded
from ceasefire.coverage.thresholds import MIX_P, MIX_SHIFT
from ceasefire.model import table

Group = tuple[str, str]
Told = dict[Group, tuple[int, int]]


def half_year(day: date) -> str:
    """The half-year of a day, such as ``2015H2``."""
    return f"{day.year}H{1 if day.month <= 6 else 2}"


def _half(column: str) -> pl.Expr:
    half = (
        pl.when(pl.col(column).str.slice(5, 2).cast(pl.Int64) <= 6).then(pl.lit("H1")).otherwise(pl.lit("H2"))
    )
    return pl.concat_str([pl.col(column).str.slice(0, 4), half]).alias("half_year")


def source_mix(folded: Folded) -> pl.DataFrame:
    """Reports and place-days by local half-year, camp and kind of source."""
    total = (
        folded.place_days.with_columns(_half("day_from")).group_by("half_year").agg(pl.len().alias("total"))
    )
    groups = (
        folded.tellers.with_columns(_half("day_from"))
        .group_by("half_year", "camp", "kind")
        .agg(pl.col("n_reports").sum(), pl.struct(KEY).n_unique().alias("n_place_days"))
        .join(total, on="half_year")
        .with_columns((pl.col("n_place_days") / pl.col("total")).alias("share"))
    )
    return table("source_mix").conform(groups)


def breaks(before: Iterable[Group], n_before: int, after: Iterable[Group], n_after: int) -> list[str]:
    """The groups whose share of place-days breaks between two spans, in words.

    ``before`` and ``after`` hold a group once for each place-day it tells of.
    """
    if not n_before or not n_after:
        return []
    first, second = _tally(before), _tally(after)
    groups = sorted(first.keys() | second.keys())
    found = []
    for group in groups:
        a, b = first.get(group, 0), second.get(group, 0)
        if abs(a / n_before - b / n_after) < MIX_SHIFT:
            continue
        from scipy.stats import fisher_exact  # slow to import, and seldom needed

        p = float(fisher_exact(np.array([[a, n_before - a], [b, n_after - b]]))[1]) * len(groups)
        if p < MIX_P:
            camp, kind = group
            found.append(f"{camp} {kind} {a / n_before:.0%} to {b / n_after:.0%} of place-days")
    return found


def _tally(groups: Iterable[Group]) -> dict[Group, int]:
    tally: dict[Group, int] = {}
    for group in groups:
        tally[group] = tally.get(group, 0) + 1
    return tally


def half_year_breaks(folded: Folded) -> dict[tuple[str, str], list[str]]:
    """For each pair of half-years in a row, the groups whose share breaks between them."""
    told = folded.tellers.with_columns(_half("day_from"))
    totals = dict(folded.place_days.with_columns(_half("day_from")).group_by("half_year").len().iter_rows())
    groups: dict[str, list[Group]] = {h: [] for h in totals}
    for half, camp, kind in told.select("half_year", "camp", "kind").iter_rows():
        groups[half].append((camp, kind))
    halves = sorted(totals)
    return {
        (a, b): found
        for a, b in pairwise(halves)
        if (found := breaks(groups[a], totals[a], groups[b], totals[b]))
    }


def touched(first: date, last: date) -> set[str]:
    """The half-years that a span of days touches."""
    return {half_year(first + timedelta(days=n)) for n in range((last - first).days + 1)}
