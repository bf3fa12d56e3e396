"""Who reports whom, and whose dead each camp tells: the mirror in which silence shows.

In: located reports, memberships, sources, actors. Out: ``who_reports_whom`` and ``who_counts_whose_dead``. Plain
counting: accusations by camp of source and party accused; deaths by the set of camps that tell a happening and the
party affected. A camp that tells only its own dead shows as an empty row beside a full one.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ceasefire.coverage.days import with_camps, with_happenings, with_parties
from ceasefire.fuse.counts import counts
from ceasefire.model import table

NOBODY = "nobody named"
DENIAL = "denial"
NOT_STATED = "not stated"


def _told(
    located: pl.DataFrame, memberships: pl.DataFrame, sources: pl.DataFrame, party: Mapping[str, str]
) -> pl.DataFrame:
    told = with_happenings(with_camps(located.sort("report_id"), sources), memberships)
    told = with_parties(with_parties(told, "actor", party, "accused"), "affected", party, "whose")
    return told.with_columns(
        pl.when(pl.col("stance") == "denies")
        .then(pl.lit(DENIAL))
        .otherwise(pl.col("accused").fill_null(NOBODY))
        .alias("accused"),
        pl.col("whose").fill_null(NOT_STATED),
        pl.coalesce("killed_max", "killed_min").alias("killed"),
        pl.coalesce("killed_min", "killed_max").alias("least"),
    )


def who_reports_whom(
    located: pl.DataFrame, memberships: pl.DataFrame, sources: pl.DataFrame, party: Mapping[str, str]
) -> pl.DataFrame:
    """Reports by camp of the source and party accused. Not a judicial finding."""
    told = _told(located, memberships, sources, party)
    deaths = (
        told.group_by("camp", "accused", "happening")
        .agg(pl.col("killed").max())
        .group_by("camp", "accused")
        .agg(pl.col("killed").sum().alias("killed_reported"))
    )
    counted = told.group_by("camp", "accused").agg(
        pl.len().alias("n_reports"), pl.col("source_id").n_unique().alias("n_sources")
    )
    mirror = counted.with_columns(
        (pl.col("n_reports") / pl.col("n_reports").sum().over("camp")).alias("share")
    )
    return table("who_reports_whom").conform(mirror.join(deaths, on=["camp", "accused"]))


def who_counts_whose_dead(
    located: pl.DataFrame,
    memberships: pl.DataFrame,
    sources: pl.DataFrame,
    party: Mapping[str, str],
    alternatives: pl.DataFrame,
) -> pl.DataFrame:
    """Deaths by the camps that tell of a happening and the party affected."""
    told = _told(located, memberships, sources, party)
    tellers = told.group_by("happening").agg(pl.col("camp").unique().sort().str.join("+").alias("camps"))
    each = (
        told.group_by("happening", "whose")
        .agg(
            pl.col("killed").max(),
            pl.col("least").min(),
            pl.len().alias("n_reports"),
            pl.col("coded_event").is_not_null().any().alias("coded"),
        )
        .join(tellers, on="happening")
    )
    # The rows of an event data set are told apart by it: fusion leaves nothing open about them.
    told_by = memberships.group_by("incident_id").agg(pl.len().alias("n_reports"))
    fused = each.select("camps", "whose", "coded", incident_id="happening").join(
        told_by, on="incident_id", how="left", maintain_order="left"
    )
    many = counts(fused, alternatives, ["camps", "whose"], reports=memberships.height)
    dead = each.group_by("camps", "whose").agg(
        pl.len().alias("n_happenings"),
        pl.col("n_reports").sum(),
        pl.when(pl.col("least").count() > 0).then(pl.col("least").sum()).alias("killed_low"),
        pl.when(pl.col("killed").count() > 0).then(pl.col("killed").sum()).alias("killed_high"),
    )
    dead = dead.join(many, on=["camps", "whose"]).rename(
        {c: f"happenings_{c}" for c in ("best", "low", "high")}
    )
    return table("who_counts_whose_dead").conform(dead.rename({"camps": "camp", "whose": "affected"}))
