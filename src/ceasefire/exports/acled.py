"""Incidents in the 31 columns of ACLED, and the ranges that these columns cannot hold in a companion file.

In: a release. Out: two frames with the same ``event_id_cnty``. ACLED has one figure of deaths and no claim layer, so
``fatalities`` is the best figure and everything uncertain stands in the ``x_`` columns (ACLED codebook, 2023 columns).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from ceasefire.exports.outcome import outcomes, voices
from ceasefire.publishing import Release
from ceasefire.vocabulary import vocabulary

COLUMNS = [
    "event_id_cnty",
    "event_date",
    "year",
    "time_precision",
    "disorder_type",
    "event_type",
    "sub_event_type",
    "actor1",
    "assoc_actor_1",
    "inter1",
    "actor2",
    "assoc_actor_2",
    "inter2",
    "interaction",
    "civilian_targeting",
    "iso",
    "region",
    "country",
    "admin1",
    "admin2",
    "admin3",
    "location",
    "latitude",
    "longitude",
    "geo_precision",
    "source",
    "source_scale",
    "notes",
    "fatalities",
    "tags",
    "timestamp",
]

UNKNOWN_ACTOR = "Unidentified (undetermined)"

_X = [
    "occurred_from",
    "occurred_to",
    "precision_km",
    "killed_low",
    "killed_best",
    "killed_high",
    "injured_low",
    "injured_best",
    "injured_high",
    "answer",
    "leading",
    "probability",
    "low",
    "high",
    "standard",
    "self_attributed",
    "contested",
    "n_reports",
    "n_sources",
    "n_origins",
]

PRECISE_KM, NEAR_KM = 3.0, 25.0
"""geo_precision 1 up to a town's radius, 2 up to its surroundings, else 3: our reading of the codebook's words."""


def acled_frames(release: Release) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The ACLED table and its companion, in order of time."""
    frame = outcomes(release).join(voices(release), on="incident_id", how="left")
    local = pl.col("occurred_from").dt.convert_time_zone(release.timezone)
    days = (pl.col("occurred_to") - pl.col("occurred_from")).dt.total_hours() / 24
    radius = pl.col("precision_km")
    frame = frame.with_columns(
        event_date=local.dt.strftime("%Y-%m-%d"),
        year=local.dt.year().cast(pl.Int64),
        time_precision=pl.when(days <= 1).then(1).when(days <= 7).then(2).otherwise(3),
        geo_precision=pl.when(radius <= PRECISE_KM).then(1).when(radius <= NEAR_KM).then(2).otherwise(3),
        timestamp=pl.lit(int(release.as_of.timestamp())),
    )
    rows = [_row(row, release) for row in frame.iter_rows(named=True)]
    acled = pl.DataFrame(rows, schema={c: _NUMBERS.get(c, pl.String()) for c in COLUMNS}, strict=False)
    extra = frame.select(
        pl.col("incident_id").alias("event_id_cnty"), *(pl.col(c).alias(f"x_{c}") for c in _X)
    )
    return acled, extra


_NUMBERS: dict[str, pl.DataType] = {
    "year": pl.Int64(),
    "time_precision": pl.Int64(),
    "geo_precision": pl.Int64(),
    "latitude": pl.Float64(),
    "longitude": pl.Float64(),
    "fatalities": pl.Int64(),
    "timestamp": pl.Int64(),
}


def _row(row: dict[str, Any], release: Release) -> dict[str, Any]:
    act = vocabulary("acts").get(row["act"] or "other")
    event, sub_event = (act.more["acled"] if act else None) or ("Strategic developments", "Other")
    named = row["answer"] not in (None, "undetermined")
    civilians = "civilian" in (row["affected"] or "")
    return {
        "event_id_cnty": row["incident_id"],
        "event_date": row["event_date"],
        "year": row["year"],
        "time_precision": row["time_precision"],
        "disorder_type": event if event == "Strategic developments" else "Political violence",
        "event_type": event,
        "sub_event_type": sub_event,
        "actor1": release.label(row["answer"]) if named else UNKNOWN_ACTOR,
        "actor2": release.label(row["affected"]) if row["affected"] else None,
        "civilian_targeting": "Civilian targeting" if civilians else None,
        "admin1": row["admin1"],
        "location": row["place_name"],
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "geo_precision": row["geo_precision"],
        "source": row["sources"],
        "notes": _note(row, release),
        "fatalities": row["killed_best"],
        "timestamp": row["timestamp"],
    }


def _note(row: dict[str, Any], release: Release) -> str:
    if row["answer"] is None:
        return "Nobody's conduct was assessed."
    if row["answer"] == "undetermined":
        return "Author undetermined; see the x_ columns. Not a judicial finding."
    return f"Author by the testimony read: {release.label(row['answer'])}; see the x_ columns. Not a judicial finding."
