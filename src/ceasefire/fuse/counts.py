"""How many happenings there were each day, with the doubt that remains.

In: ``incidents`` and ``alternatives``. Out: one row a day (UTC): best, low, high. An incident counts for each day by the part of
its interval that lies in it, less the half of each chance that it is one with another, and more by the chance
that it is two; one told once may be told elsewhere too (``STRAY``).
Low and high hold 90 % of a sum of independent chances (Poisson-binomial, in the normal approximation with a continuity
correction), widened by ``SPREAD``.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ceasefire.fuse.weights import SPREAD, STRAY

_NINETY = 1.6449  # standard deviations either side that hold nine tenths
_LONGEST_D = 92  # days over which an interval is spread; a longer one is spread over its first


def day_counts(incidents: pl.DataFrame, alternatives: pl.DataFrame) -> pl.DataFrame:
    """Columns day (date, UTC), best (number), low and high (whole numbers that hold 90 %)."""
    return day_sums(day_parts(incidents, alternatives))


def day_parts(incidents: pl.DataFrame, alternatives: pl.DataFrame) -> pl.DataFrame:
    """What each incident adds to each of its days: day (date, UTC), best, and spread (a variance)."""
    merge = alternatives.filter(pl.col("kind") == "merge")
    ends = pl.concat(
        [
            merge.select("incident_id", "probability"),
            merge.select(incident_id="other_id", probability="probability"),
        ]
    )
    one = ends.group_by("incident_id").agg((pl.col("probability").sum() / 2).alias("merged"))
    two = (
        alternatives.filter(pl.col("kind") == "split")
        .group_by("incident_id")
        .agg(pl.col("probability").max().alias("split"))
    )
    stray = pl.when(pl.col("n_reports") == 1).then(1.0 - STRAY).otherwise(1.0)
    chance = (
        incidents.select("incident_id", "occurred_from", "occurred_to", "n_reports")
        .join(one, on="incident_id", how="left", maintain_order="left")
        .join(two, on="incident_id", how="left", maintain_order="left")
        .with_columns(
            ((1.0 - pl.col("merged").fill_null(0.0)).clip(0.0, 1.0) * stray).alias("is_one"),
            pl.col("split").fill_null(0.0).alias("is_two"),
        )
    )
    start = chance["occurred_from"].dt.epoch("us").to_numpy() / 8.64e10
    end = np.maximum(chance["occurred_to"].dt.epoch("us").to_numpy() / 8.64e10, start + 1e-6)
    end = np.minimum(end, start + _LONGEST_D)
    first = np.floor(start).astype(np.int64)
    days = np.floor(np.nextafter(end, -np.inf)).astype(np.int64) - first + 1
    row = np.repeat(np.arange(len(start)), days)
    day = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(days) - days, days)
    part = (np.minimum(end[row], day + 1) - np.maximum(start[row], day)) / (end - start)[row]
    one_here, two_here = part * chance["is_one"].to_numpy()[row], part * chance["is_two"].to_numpy()[row]
    spread = one_here * (1 - one_here) + two_here * (1 - two_here)
    return pl.DataFrame({"day": day.astype(np.int32), "best": one_here + two_here, "spread": spread}).cast(
        {"day": pl.Date}
    )


def day_sums(parts: pl.DataFrame) -> pl.DataFrame:
    """``day_counts`` from what incidents add, or from sums of it."""
    told = parts.group_by("day").agg(pl.col("best").sum(), pl.col("spread").sum()).sort("day")
    reach = _NINETY * SPREAD * pl.col("spread").sqrt() + 0.5
    return told.select(
        pl.col("day"),
        pl.col("best").round(3),
        (pl.col("best") - reach).ceil().clip(0).cast(pl.Int64).alias("low"),
        (pl.col("best") + reach).floor().cast(pl.Int64).alias("high"),
    )
