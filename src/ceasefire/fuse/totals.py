"""The totals of a run: how many happenings, in all and by everything that the report counts incidents by.

In: incidents, alternatives, and what later stages said of the incidents: answers and verdicts. Out: table ``incident_counts``.
Every row is a call of ``counts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from ceasefire.fuse.counts import counts
from ceasefire.model import table

NOT_STATED = "not stated"
NOT_ASSESSED = "not assessed"
PERIODS = ("before", "within", "after")
STRETCHES = {"day": "1d", "week": "1w", "month": "1mo"}


def tally(
    tables: Mapping[str, pl.DataFrame], *, period: tuple[datetime, datetime], timezone: str
) -> pl.DataFrame:
    """Table ``incident_counts``.

    Args:
        tables: ``incidents``, ``alternatives``, ``assessments`` and ``verdicts``.
        period: first and last instant under review (UTC).
        timezone: IANA zone of the days, weeks (from Monday) and months.
    """
    incidents, alternatives = tables["incidents"], tables["alternatives"]
    first = pl.col("occurred_from")
    when = pl.when(first < period[0]).then(pl.lit("before")).when(first > period[1]).then(pl.lit("after"))
    grouped = {
        "period": incidents.with_columns(group=when.otherwise(pl.lit("within"))),
        "act": incidents.with_columns(group=pl.col("act").fill_null(NOT_STATED)),
        "area": incidents.with_columns(group=pl.col("admin1").fill_null(NOT_STATED)),
        "author": incidents.join(
            tables["assessments"].select("incident_id", group="answer"), on="incident_id", how="left"
        ).with_columns(pl.col("group").fill_null(NOT_ASSESSED)),
        "obligation": incidents.join(_touching(tables["verdicts"]), on="incident_id"),
    }
    reports = int(incidents["n_reports"].sum())
    made = [counts(incidents, alternatives).select(pl.lit("all").alias("group"), pl.all(), by=pl.lit("all"))]
    made += [
        counts(rows, alternatives, "group", reports=reports).with_columns(by=pl.lit(by))
        for by, rows in grouped.items()
    ]
    made += [
        counts(incidents, alternatives, every=every, timezone=timezone)
        .rename({"day": "group"})
        .with_columns(pl.col("group").dt.to_string(), by=pl.lit(by))
        for by, every in STRETCHES.items()
    ]
    shape = table("incident_counts")
    return shape.conform(pl.concat([shape.conform(frame) for frame in made]))


def _touching(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Incident and group, one row for each obligation and bearer that it touches."""
    listed = verdicts.select(
        pl.col("incidents").str.split(";").alias("incident_id"),
        group=pl.col("norm_id") + " " + pl.col("holder"),
    )
    return listed.explode("incident_id").drop_nulls("incident_id").unique()
