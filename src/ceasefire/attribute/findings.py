"""External findings beside the incidents they speak of.

In: findings, topics (with their anchor reports), memberships. Out: one row per finding and incident, by
date of issue. Findings keep their issuer, standard and date, and are never merged. They are not scored, unless it is asked for:
then each issuer's last one is a term of its own beside the testimony (``finding_terms``), by the standard it is ``weighed_as``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from ceasefire.attribute.claims import members, parties_of_actors, to_parties
from ceasefire.attribute.priors import PRIOR_TERM_MOST
from ceasefire.model import table
from ceasefire.vocabulary import vocabulary

EARLIEST = datetime.min.replace(tzinfo=UTC)


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


def finding_terms(beside: pl.DataFrame, actors: pl.DataFrame) -> pl.DataFrame:
    """Findings as rows of ``prior_terms``, for those who ask that they be weighed: the standard a finding is ``weighed_as``
    gives the odds (``finding_odds`` of the vocabulary ``standards_of_proof``).

    Of one issuer (its name before any bracket) the last finding that names an actor counts, whatever it found earlier; of one
    day, that of the highest standard. Of a finding that names several each is raised alike. All findings of an incident together
    move no answer by more than ``PRIOR_TERM_MOST`` nats.

    Args:
        beside: as ``findings_beside`` gives it.
        actors: table ``actors``: the party that each actor counts with.

    Raises:
        TableError: a frame does not have the shape of its table.
    """
    standards, party_of = vocabulary("standards_of_proof"), parties_of_actors(actors)
    last: dict[tuple[str, str], tuple[Any, ...]] = {}
    for row in table("findings_beside").conform(beside).iter_rows(named=True):
        named = members(to_parties(row["actor"], party_of) or "")[0]
        if row["incident_id"] is None or not named or row["weighed_as"] not in standards:
            continue
        issuer = row["issuer"].split("(")[0].strip()
        odds = float(standards[row["weighed_as"]].more["finding_odds"])
        rank = (row["issued_at"] is not None, row["issued_at"] or EARLIEST, odds, row["finding_id"])
        key = (row["incident_id"], issuer.casefold())
        if key not in last or rank > last[key][0]:
            why = (
                f"finding of {issuer}, weighed as {standards[row['weighed_as']].label} ({row['finding_id']})"
            )
            last[key] = (rank, named, np.log(odds), why, row["url"])
    rows = [
        {
            "incident_id": incident,
            "actor": actor,
            "kind": "finding",
            "log_odds": float(weight),
            "why": why,
            "url": url,
        }
        for (incident, _), (_, named, weight, why, url) in last.items()
        for actor in named
    ]
    made = table("prior_terms").frame(rows)
    whole = pl.col("log_odds").sum().over("incident_id", "actor")
    return made.with_columns(log_odds=pl.col("log_odds") * (PRIOR_TERM_MOST / whole).clip(upper_bound=1.0))
