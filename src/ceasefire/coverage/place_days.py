"""Reports folded by place and local days, because a row is not an event.

In: located reports and sources. Out: ``place_days`` and, for the mix of sources, which group of sources tells of each.
A place is its point if it has one, else its canonical name. Left out, and counted: reports of no violence, denials,
reports without a place, and reports dated to more than ``MAX_SPAN_DAYS`` local days.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ceasefire.coverage.days import is_violence, local_day, with_camps
from ceasefire.coverage.thresholds import MAX_SPAN_DAYS
from ceasefire.model import table
from ceasefire.problems import Problem

KEY = ["place", "day_from", "day_to"]


@dataclass(frozen=True)
class Folded:
    """Place-days, the groups of sources that tell of each (``tellers``), and what was left out."""

    place_days: pl.DataFrame
    tellers: pl.DataFrame
    problems: list[Problem]


def _left_out(located: pl.DataFrame, reason: str, rows: pl.DataFrame) -> list[Problem]:
    if not rows.height:
        return []
    return [
        Problem(
            "note",
            "coverage",
            "not_in_place_days",
            "a report of violence with a place and a day",
            f"{rows.height} of {located.height} reports {reason}, the first {rows['report_id'].sort()[0]}",
            "left out of place-days and rate ratios, kept everywhere else",
        )
    ]


def fold(located: pl.DataFrame, sources: pl.DataFrame, timezone: str) -> Folded:
    """Fold reports of violence to place-days (local days in ``timezone``)."""
    point = pl.concat_str([pl.col("latitude").round(4), pl.lit(","), pl.col("longitude").round(4)])
    told = with_camps(located.sort("report_id"), sources).with_columns(
        pl.coalesce(point, "place_id", "place_name").alias("place"),
        local_day("occurred_from", timezone).alias("from"),
        local_day("occurred_to", timezone).alias("to"),
    )
    told = told.with_columns(((pl.col("to") - pl.col("from")).dt.total_days() + 1).alias("days"))
    violent = is_violence() & (pl.col("stance").is_null() | (pl.col("stance") != "denies"))
    violence = told.filter(violent)
    placed = violence.filter(pl.col("place").is_not_null())
    dated = placed.filter(pl.col("days") <= MAX_SPAN_DAYS)
    problems = [
        *_left_out(located, "tell of no violence, or deny it", told.filter(~violent)),
        *_left_out(located, "have no place", violence.filter(pl.col("place").is_null())),
        *_left_out(
            located,
            f"are dated to more than {MAX_SPAN_DAYS} days",
            placed.filter(pl.col("days") > MAX_SPAN_DAYS),
        ),
    ]
    dated = dated.with_columns(
        pl.col("from").cast(pl.String).alias("day_from"), pl.col("to").cast(pl.String).alias("day_to")
    )
    folded = dated.group_by(KEY).agg(
        pl.col("place_name").min(),
        pl.len().alias("n_reports"),
        pl.col("source_id").n_unique().alias("n_sources"),
        pl.col("camp").unique().sort().str.join(";").alias("camps"),
        (pl.col("kind") == "memorial_register").all().alias("register_only"),
    )
    tellers = dated.group_by([*KEY, "camp", "kind"]).agg(pl.len().alias("n_reports"))
    return Folded(table("place_days").conform(folded), tellers.sort([*KEY, "camp", "kind"]), problems)


def without_registers(folded: Folded) -> Folded:
    """The place-days that a source other than a memorial register tells of."""
    kept = folded.place_days.filter(~pl.col("register_only"))
    tellers = folded.tellers.filter(pl.col("kind") != "memorial_register")
    return Folded(kept, tellers, [])
