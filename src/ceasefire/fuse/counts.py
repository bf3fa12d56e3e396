"""How many happenings there were, in all or by anything, with the doubt of fusion.

In: ``incidents`` and ``alternatives``. Out: one row a group: listed, best, low, high. A count of incidents is no count of
happenings: two that are listed may be one, one may be two, and one told once may be told elsewhere too (``STRAY``). Every
total of incidents that is stated anywhere comes from here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.polynomial.legendre import leggauss

from ceasefire.fuse.weights import STRAY

# Of what is in doubt, one standard deviation of the error that the chances of one run have in common; read off generated
# reports of two makings (docs/methods/fusion.md, Counts).
SHARED, SHARED_FEW = 0.25, 0.6
FEW_REPORTS = 2_000  # a run of fewer learns little about its own weights, and errs more: SHARED_FEW

_NINETY = 1.6449  # standard deviations either side that hold nine tenths
LONGEST_D = 92  # days over which an interval is spread; a longer one is spread over its first


# The mean of 1/(1 + K), K a sum of independent chances p, is the integral of prod(1 - p + p t) over t from 0 to 1: Gauss's rule
# with eight points is exact up to fifteen chances.
_AT, _WORTH = (0.5 + 0.5 * leggauss(8)[0], 0.5 * leggauss(8)[1])


def counts(
    incidents: pl.DataFrame,
    alternatives: pl.DataFrame,
    by: str | Sequence[str] = (),
    *,
    every: str | None = None,
    timezone: str = "UTC",
    reports: int | None = None,
) -> pl.DataFrame:
    """Count happenings, in all or by group, each count with its interval.

    Args:
        incidents: table ``incidents``, or some of its rows, with any columns to count by. An incident that belongs to several
            groups stands in one row for each.
        alternatives: table ``alternatives``: all of it, also where only some incidents are counted.
        by: columns of ``incidents``; none counts them all.
        every: stretches of time to count by, in polars' words ("1d", "1w", "1mo", "1q"); None = not by time.
        timezone: whose days these are; UTC unless told otherwise.
        reports: how many reports were fused; needed where only some incidents are counted, else those of ``incidents``.

    Returns:
        Columns ``day`` (date, first of the stretch; only with ``every``), those of ``by``, and

        - ``listed``: incidents of the group, in whole or in part, as fusion lists them;
        - ``best``: the expected number of happenings; bests of groups add up to the best of the whole;
        - ``low``, ``high``: whole numbers that hold 90 %. They do not add up: doubts that are independent in two groups
          cancel in part in their sum, so the interval of a total is narrower than the sum of its parts' intervals.

    Method. An incident counts as one happening, shared with all that are one with it: with K of them, as 1/(1 + K), in the
    mean over what K may be; less ``STRAY`` if one report alone tells of it (and no coder of a data set lists it as an event),
    and more by the chance that it is two. By time, an incident counts for each day by the part of its interval that lies in
    it. The variance of a count is p(1 - p) summed over its chances p, taken as independent (Poisson-binomial), and the square
    of a share (``SHARED``, ``SHARED_FEW``) of all that is in doubt, since one run's chances err together. The interval is the
    normal one with a continuity correction, kept within what is possible: no fewer than what is in no doubt, no more than what
    is listed and its splits. Where nothing is in doubt, best, low and high are what is listed. Who did it, what and where are
    taken as told: only the doubt of fusion is in the interval.
    """
    if reports is None:
        reports = int(incidents.unique("incident_id")["n_reports"].sum())
    return bounds(parts(incidents, alternatives, by, every=every, timezone=timezone), reports)


ADDED = ("listed", "best", "spread", "doubt", "least", "most")


def parts(
    incidents: pl.DataFrame,
    alternatives: pl.DataFrame,
    by: str | Sequence[str] = (),
    *,
    every: str | None = None,
    timezone: str = "UTC",
) -> pl.DataFrame:
    """What incidents add to each group: ``counts`` before its bounds. Parts of parts of the incidents add up.

    ``spread``: a variance; ``doubt``: what is in doubt; ``least`` and ``most``: what is possible.
    """
    keys = [by] if isinstance(by, str) else list(by)
    rows = incidents.join(
        _chances(incidents, alternatives), on="incident_id", how="left", maintain_order="left"
    )
    if every is not None:
        days, keys = _days(rows, timezone), ["day", *keys]
        rows = days.with_columns(pl.col("day").dt.truncate(every))
    else:
        rows = rows.with_columns(part=pl.lit(1.0))
    one_row = ["incident_id", *keys]
    rows = rows.group_by(one_row).agg(pl.col("part").sum(), pl.col("one", "two").first())
    # days add up to a hair more or less than one
    part = pl.col("part").clip(0.0, 1.0).round(9)
    one, two = part * pl.col("one"), part * pl.col("two")
    rows = rows.sort(*keys, "incident_id", nulls_last=True).select(
        *keys,
        listed=pl.lit(1, dtype=pl.Int64),
        best=one + two,
        spread=one * (1.0 - one) + two * (1.0 - two),
        doubt=part - one + two,
        least=(one == 1.0).cast(pl.Int64),
        most=1 + (two > 0).cast(pl.Int64),
    )
    return _summed(rows, keys)


def _summed(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    if not keys:
        return rows.select(pl.col(ADDED).sum())
    return rows.group_by(keys, maintain_order=True).agg(pl.col(ADDED).sum())


def bounds(added: pl.DataFrame, reports: int) -> pl.DataFrame:
    """``counts`` of parts, which are summed first. ``reports``: how many were fused."""
    keys = [c for c in added.columns if c not in ADDED]
    added = _summed(added.sort(keys, nulls_last=True) if keys else added, keys)
    shared = (SHARED_FEW if reports < FEW_REPORTS else SHARED) * pl.col("doubt")
    reach = _NINETY * (pl.col("spread") + shared**2).sqrt() + 0.5
    low, high = (pl.col("best") - reach).round(9).ceil(), (pl.col("best") + reach).round(9).floor()
    return added.select(
        *keys,
        "listed",
        pl.col("best").round(3),
        low=pl.max_horizontal(low.cast(pl.Int64), "least"),
        high=pl.min_horizontal(high.cast(pl.Int64), "most"),
    )


def day_counts(incidents: pl.DataFrame, alternatives: pl.DataFrame) -> pl.DataFrame:
    """``counts`` by day in UTC: day (date), best, low, high."""
    return counts(incidents, alternatives, every="1d").drop("listed")


def _chances(incidents: pl.DataFrame, alternatives: pl.DataFrame) -> pl.DataFrame:
    """Of each incident: the chances that it is a happening of its own (``one``), and another one as well (``two``)."""
    merge = alternatives.filter(pl.col("kind") == "merge")
    ends = pl.concat(
        [merge.select(pl.col(end).alias("incident_id"), "probability") for end in ("incident_id", "other_id")]
    )
    shares = (
        ends.sort("incident_id", "probability")
        .group_by("incident_id")
        .agg((1.0 - (1.0 - t) * pl.col("probability")).product().alias(f"at {k}") for k, t in enumerate(_AT))
        .select("incident_id", share=pl.sum_horizontal(w * pl.col(f"at {k}") for k, w in enumerate(_WORTH)))
    )
    split = alternatives.filter(pl.col("kind") == "split")
    two = split.group_by("incident_id").agg(two=pl.col("probability").max())
    if "coded" not in incidents.columns:
        incidents = incidents.with_columns(coded=pl.lit(None, dtype=pl.Boolean))
    alone = pl.when((pl.col("n_reports") == 1) & pl.col("coded").not_().fill_null(True)).then(1.0 - STRAY)
    return (
        incidents.select("incident_id", "n_reports", "coded")
        .unique("incident_id")
        .join(shares, on="incident_id", how="left")
        .join(two, on="incident_id", how="left")
        .select(
            "incident_id",
            one=pl.col("share").fill_null(1.0).clip(0.0, 1.0) * alone.otherwise(1.0),
            two=pl.col("two").fill_null(0.0),
        )
    )


def _days(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """The rows once for each day that their interval touches, with the part of it that lies there."""
    start, end = (
        rows[c].dt.convert_time_zone(timezone).dt.replace_time_zone(None).dt.epoch("us").to_numpy() / 8.64e10
        for c in ("occurred_from", "occurred_to")
    )
    end = np.clip(end, start + 1e-6, start + LONGEST_D)
    first = np.floor(start).astype(np.int64)
    days = np.floor(np.nextafter(end, -np.inf)).astype(np.int64) - first + 1
    row = np.repeat(np.arange(len(start)), days)
    day = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(days) - days, days)
    part = (np.minimum(end[row], day + 1) - np.maximum(start[row], day)) / (end - start)[row]
    return rows[row].with_columns(pl.Series("day", day.astype(np.int32)).cast(pl.Date), part=pl.Series(part))
