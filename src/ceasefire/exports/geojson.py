"""Incidents as a map layer: GeoJSON by RFC 7946, which QGIS opens as it is.

In: a release. Out: bytes, one feature a line, longitude before latitude, WGS 84. An incident whose place could not be
resolved keeps its row with a null geometry, so that nothing drops out of sight.
"""

from __future__ import annotations

import json
from typing import Any

from ceasefire.exports.outcome import outcomes
from ceasefire.exports.shape import DECIMALS, TIME_FORMAT
from ceasefire.publishing import Release

CAVEAT = "Attributions weigh the testimony that was read. Not a judicial finding."


def geojson_bytes(release: Release) -> bytes:
    """The incidents with answer, probability, interval and casualty ranges as a feature collection."""
    frame = outcomes(release)
    times = ("occurred_from", "occurred_to")
    rows = frame.with_columns(frame[c].dt.strftime(TIME_FORMAT) for c in times).iter_rows(named=True)
    features = ",\n".join(_dump(_feature(row)) for row in rows)
    head = {"type": "FeatureCollection", "name": f"{release.name} incidents", "caveat": CAVEAT}
    return (_dump(head)[:-1] + ',"features":[\n' + features + "\n]}\n").encode("utf-8")


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    longitude, latitude = row.pop("longitude"), row.pop("latitude")
    point = None
    if longitude is not None and latitude is not None:
        digits = DECIMALS["longitude"]
        point = {"type": "Point", "coordinates": [round(longitude, digits), round(latitude, digits)]}
    return {"type": "Feature", "id": row["incident_id"], "geometry": point, "properties": row}


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=False)
