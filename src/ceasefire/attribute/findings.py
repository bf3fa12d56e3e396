"""External findings beside the incidents they speak of.

In: findings, topics (with their anchor reports), memberships. Out: one row per finding and incident, by
date of issue. Findings keep their issuer, standard and date; they are never merged and never scored.
"""

from __future__ import annotations

import polars as pl

from ceasefire.model import table


def topic_incidents(topics: pl.DataFrame, memberships: pl.DataFrame) -> pl.DataFrame:
    """The incident of each topic (``topic_id, incident_id``): that of its first anchor report that is known."""
    return (
        table("topics")
        .conform(topics)
        .select("topic_id", report_id=pl.col("anchor_reports").str.split(";"))
        .explode("report_id", empty_as_null=True)
        .with_columns(pl.col("report_id").str.strip_chars())
        .with_columns(place=pl.int_range(pl.len()).over("topic_id"))
        .join(memberships.select("report_id", "incident_id"), on="report_id", how="inner")
        .sort("topic_id", "place")
        .group_by("topic_id", maintain_order=True)
        .agg(pl.col("incident_id").first())
    )


def findings_beside(findings: pl.DataFrame, topics: pl.DataFrame, memberships: pl.DataFrame) -> pl.DataFrame:
    """Link each finding to its incident through the first anchor report known, ordered by ``issued_at``.

    Columns: ``incident_id``, then those of ``findings``. A finding whose topic has no known anchor keeps a
    null ``incident_id``: it is shown, tied to nothing.
    """
    anchors = topic_incidents(topics, memberships)
    conformed = table("findings").conform(findings)
    beside = conformed.join(anchors, left_on="about", right_on="topic_id", how="left")
    return beside.select("incident_id", *conformed.columns).sort(
        "incident_id", "issued_at", "finding_id", nulls_last=True
    )
