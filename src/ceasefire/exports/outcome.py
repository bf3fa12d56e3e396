"""One row an incident with its answer beside it: what the map layer and the exchange formats start from.

In: a release's ``incidents``, ``assessments``, ``memberships`` and ``located``. Out: one frame, rounded. An incident
that nobody assessed keeps empty cells, which is not the same as undetermined.
"""

from __future__ import annotations

import polars as pl

from ceasefire.exports.shape import rounded
from ceasefire.publishing import Release

_INCIDENT = [
    "incident_id",
    "occurred_from",
    "occurred_to",
    "latitude",
    "longitude",
    "precision_km",
    "place_name",
    "admin1",
    "act",
    "weapon",
    "affected",
    "affected_object",
    "killed_low",
    "killed_best",
    "killed_high",
    "injured_low",
    "injured_best",
    "injured_high",
    "n_reports",
    "n_sources",
    "n_origins",
    "first_recorded_at",
]
_ANSWER = ["answer", "leading", "probability", "low", "high", "standard", "self_attributed", "contested"]


def outcomes(release: Release) -> pl.DataFrame:
    """Incidents in order of time, with the answer to "who did it" and its 90 % interval."""
    answers = release.table("assessments").select("incident_id", *_ANSWER)
    frame = release.table("incidents").select(_INCIDENT).join(answers, on="incident_id", how="left")
    frame = frame.with_columns(pl.col("first_recorded_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return rounded(frame.sort("occurred_from", "occurred_to", "incident_id"))


def voices(release: Release) -> pl.DataFrame:
    """For each incident the names of its sources and the addresses of its reports, joined by ``; ``."""
    told = (
        release.table("memberships")
        .select("incident_id", "report_id")
        .join(
            release.table("reports").select("report_id", "source_id", "url", "published_at"), on="report_id"
        )
        .join(release.table("sources").select("source_id", source="name"), on="source_id", how="left")
        .with_columns(source=pl.coalesce("source", "source_id"))
        .sort("incident_id", "source", "report_id")
    )
    return told.group_by("incident_id", maintain_order=True).agg(
        sources=pl.col("source").unique(maintain_order=True).str.join("; "),
        urls=pl.col("url").drop_nulls().unique(maintain_order=True).str.join("; "),
        reported_on=pl.col("published_at").min(),
    )
