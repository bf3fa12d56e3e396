"""Zones of an agreement: from a GeoJSON file beside it, or written in the agreement itself.

In: GeoJSON text (WGS84) or WKT. Out: ``Zone`` records. A zone whose map was never published has no geometry
and says so with ``published: false``; clauses that need it come out as not testable, never as kept.
"""

from __future__ import annotations

import json
from typing import Any

from pyproj import CRS, Transformer
from shapely import from_wkt
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.ops import transform

from ceasefire.agreement.language import Zone
from ceasefire.strict_yaml import (
    Cell,
    Key,
    Reading,
    flag,
    mapping_of,
    number,
    record,
    record_shape,
    shaped,
    text,
)

_AREAS = ("Polygon", "MultiPolygon", "LineString", "MultiLineString")


@shaped({"type": "string"})
def _read_wkt(reading: Reading, cell: Cell) -> Any:
    try:
        geometry = from_wkt(text(reading, cell))
    except ShapelyError as error:
        reading.fail(cell, "zone_file", "an area in WKT", str(error), "correct the coordinates")
        return None
    if geometry is None or geometry.geom_type not in _AREAS or geometry.is_empty:
        reading.fail(cell, "zone_file", "a polygon or a line in WKT", cell.found, "write an area or a line")
    return geometry


_BAND = {"line": Key(_read_wkt, required=True), "within_km": Key(number, required=True)}


@shaped(record_shape(_BAND))
def _read_band(reading: Reading, cell: Cell) -> Any:
    """The strip on both sides of a line, in WGS84: distances are measured in a projection centred on the line."""
    row = record(reading, cell, _BAND)
    line, km = row.get("line"), row.get("within_km")
    if line is None or not km:
        return None
    middle = line.centroid
    flat = CRS.from_proj4(f"+proj=aeqd +lat_0={middle.y} +lon_0={middle.x} +datum=WGS84 +units=m")
    to_flat = Transformer.from_crs("EPSG:4326", flat, always_xy=True).transform
    back = Transformer.from_crs(flat, "EPSG:4326", always_xy=True).transform
    return transform(back, transform(to_flat, line).buffer(km * 1000))


_INLINE = {
    "title": Key(text, required=True),
    "published": Key(flag, required=True),
    "geometry": Key(_read_wkt, about="WKT, longitude before latitude"),
    "band": Key(_read_band, about="all within so many km of a line"),
    "note": Key(text),
}
ZONES = {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": record_shape(_INLINE)}]}


def inline_zones(reading: Reading, cell: Cell) -> tuple[Zone, ...]:
    """Zones written in the agreement: id, title, published, geometry as WKT, note."""
    zones = []
    for name, entry in mapping_of(reading, cell).items():
        row = record(reading, entry, _INLINE)
        zones.append(
            Zone(
                id=name,
                title=row.get("title", ""),
                published=row.get("published", False),
                geometry=row.get("geometry", row.get("band")),
                note=row.get("note"),
            )
        )
    return tuple(zones)


def geojson_zones(reading: Reading, cell: Cell, content: str) -> tuple[Zone, ...]:
    """Zones of a GeoJSON FeatureCollection: properties id, title, published, note; geometry may be null."""
    try:
        body = json.loads(content)
        features = body["features"] if body["type"] == "FeatureCollection" else None
        if not isinstance(features, list):
            raise ValueError("the file is no FeatureCollection")
        return tuple(_feature(feature) for feature in features)
    except (ValueError, KeyError, TypeError, AttributeError, ShapelyError, RecursionError) as error:
        found = f"{type(error).__name__}: {error}"
        reading.fail(
            cell, "zone_file", "a GeoJSON FeatureCollection of zones", found, "correct the zones file"
        )
        return ()


def _feature(feature: Any) -> Zone:
    properties = feature["properties"]
    name, published = properties["id"], properties["published"]
    if not isinstance(name, str) or not isinstance(published, bool):
        raise ValueError("each zone needs a text id and published true or false")
    geometry = feature["geometry"]
    area = None if geometry is None else shape(geometry)
    if area is not None and (area.geom_type not in _AREAS or area.is_empty):
        raise ValueError(f"zone {name}: expected a polygon or a line")
    return Zone(
        id=name,
        title=str(properties.get("title", name)),
        published=published,
        geometry=area,
        note=properties.get("note"),
    )
