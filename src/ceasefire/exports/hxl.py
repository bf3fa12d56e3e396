"""Incidents as a table with HXL tags under its header, for humanitarian data platforms.

In: a release. Out: the frame and its tags. HXL is open in its attributes, so ranges and probabilities have their own.
"""

from __future__ import annotations

import polars as pl

from ceasefire.exports.outcome import outcomes, voices
from ceasefire.publishing import Release

TAGS = {
    "event_id": "#event+id",
    "event_type": "#event+type",
    "date_from": "#date+occurred+start",
    "date_to": "#date+occurred+end",
    "date_reported": "#date+reported",
    "admin1": "#adm1+name",
    "place": "#loc+name",
    "latitude": "#geo+lat",
    "longitude": "#geo+lon",
    "precision_km": "#geo+precision",
    "reporting": "#org+reporting",
    "alleged": "#group+alleged",
    "alleged_probability": "#group+alleged+probability",
    "alleged_low": "#group+alleged+probability+min",
    "alleged_high": "#group+alleged+probability+max",
    "killed_min": "#affected+killed+min",
    "killed_best": "#affected+killed+best",
    "killed_max": "#affected+killed+max",
    "injured_min": "#affected+injured+min",
    "injured_max": "#affected+injured+max",
    "access": "#access+constraints",
    "status": "#status",
    "severity": "#severity",
    "source": "#meta+source",
    "url": "#meta+url",
    "description": "#description",
}


def hxl_frame(release: Release) -> tuple[pl.DataFrame, list[str]]:
    """The table and the row of tags that stands under its header."""
    frame = outcomes(release).join(voices(release), on="incident_id", how="left")
    determined = pl.col("answer").is_not_null() & (pl.col("answer") != "undetermined")
    kinds = {"aid_blocked": "movement", "convoy_attack": "violence", "medical_attack": "violence"}
    aid = pl.col("act").replace_strict(kinds, default=None, return_dtype=pl.String)
    table = frame.select(
        event_id="incident_id",
        event_type="act",
        date_from="occurred_from",
        date_to="occurred_to",
        date_reported="reported_on",
        admin1="admin1",
        place="place_name",
        latitude="latitude",
        longitude="longitude",
        precision_km="precision_km",
        reporting="sources",
        alleged="leading",
        alleged_probability="probability",
        alleged_low="low",
        alleged_high="high",
        killed_min="killed_low",
        killed_best="killed_best",
        killed_max="killed_high",
        injured_min="injured_low",
        injured_max="injured_high",
        access=aid,
        status=pl.when(determined).then(pl.col("standard")).otherwise("answer"),
        severity=pl.lit(None, dtype=pl.String),
        source=pl.lit(f"ceasefire {release.version}, {release.name}"),
        url="urls",
        description=pl.lit("Attribution by the testimony read; not a judicial finding"),
    )
    return table, [TAGS[c] for c in table.columns]
