"""Zones of an agreement: from a GeoJSON file beside it, or written in the agreement itself.

In: GeoJSON text (WGS84) or WKT. Out: ``Zone`` records. A zone whose map was never published has no geometry
and says so with ``published: false``; clauses that need it come out as not testable, never as kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from pyproj import CRS, Transformer
from shapely import force_2d, from_wkt, is_valid_reason, transform
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

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
_WIDEST_KM = 1000.0  # wider than any truce needs, and narrow enough for one projection


def _unusable(geometry: BaseGeometry | None) -> str | None:
    """Why a shape can be no zone; None if it can."""
    if geometry is None or geometry.geom_type not in _AREAS or geometry.is_empty:
        return "no polygon or line"
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return "coordinates outside -180 to 180 and -90 to 90"
    return None if geometry.is_valid else is_valid_reason(geometry)


@shaped({"type": "string"})
def _read_wkt(reading: Reading, cell: Cell) -> Any:
    written = text(reading, cell)
    if not written:
        return None
    try:
        with np.errstate(invalid="ignore"):
            geometry = from_wkt(written)
        why = _unusable(geometry)
    except (ShapelyError, UnicodeDecodeError) as error:  # its message may cut a letter in two
        geometry, why = None, " ".join(str(error).split())
    if why:
        action = "write an area or a line, longitude before latitude"
        reading.fail(cell, "zone_file", "a polygon or a line in WKT", f"{cell.found}: {why}", action)
        return None
    return force_2d(geometry)


_BAND = {
    "line": Key(_read_wkt, required=True, about="a line in WKT, longitude before latitude"),
    "within_km": Key(number, required=True, about="how far the zone reaches on both sides of the line"),
}


def _pairs(way: Transformer) -> Callable[[Any], Any]:
    """A transformer of arrays of points."""
    return lambda points: np.column_stack(way.transform(points[:, 0], points[:, 1]))


@shaped(record_shape(_BAND))
def _read_band(reading: Reading, cell: Cell) -> Any:
    """The strip on both sides of a line, in WGS84: distances are measured in a projection centred on the line."""
    row = record(reading, cell, _BAND)
    line, km = row.get("line"), row.get("within_km")
    if line is None or km is None:
        return None
    if not 0 < km <= _WIDEST_KM:
        expected = f"a width above 0 and up to {_WIDEST_KM:g} km"
        reading.fail(cell, "wrong_value", expected, f"{km:g} km", "correct within_km")
        return None
    middle = line.centroid
    flat = CRS.from_proj4(f"+proj=aeqd +lat_0={middle.y} +lon_0={middle.x} +datum=WGS84 +units=m")
    to_flat = Transformer.from_crs("EPSG:4326", flat, always_xy=True)
    back = Transformer.from_crs(flat, "EPSG:4326", always_xy=True)
    strip = transform(transform(line, _pairs(to_flat)).buffer(km * 1000), _pairs(back))
    why = _unusable(strip)
    if why:
        reading.fail(cell, "zone_file", "a band away from the poles and the date line", why, "draw the area")
        return None
    return strip


_INLINE = {
    "title": Key(text, required=True, about="what the zone is called"),
    "published": Key(flag, required=True, about="whether the parties made its map public"),
    "geometry": Key(_read_wkt, about="WKT, longitude before latitude"),
    "band": Key(_read_band, about="all within so many km of a line"),
    "note": Key(text, about="anything a reader should know"),
}
ZONES = {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": record_shape(_INLINE)}]}


def inline_zones(reading: Reading, cell: Cell) -> tuple[Zone, ...]:
    """Zones written in the agreement: id, title, published, geometry as WKT, note."""
    zones = []
    for name, entry in mapping_of(reading, cell).items():
        row = record(reading, entry, _INLINE)
        if "geometry" in row and "band" in row:
            reading.fail(
                entry, "wrong_value", "one of geometry and band", "both", "keep the one meant", key=True
            )
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
    except (ValueError, LookupError, TypeError, AttributeError, ShapelyError, RecursionError) as error:
        found = f"{type(error).__name__}: {error}"
        reading.fail(
            cell, "zone_file", "a GeoJSON FeatureCollection of zones", found, "correct the zones file"
        )
        return ()


def _feature(feature: Any) -> Zone:
    properties = feature["properties"]
    name, published = properties["id"], properties["published"]
    note = properties.get("note")
    if not isinstance(name, str) or not name or not isinstance(published, bool):
        raise ValueError("each zone needs a text id and published true or false")
    geometry = feature["geometry"]
    with np.errstate(invalid="ignore"):
        area = None if geometry is None else shape(geometry)
    why = None if area is None else _unusable(area)
    if why:
        raise ValueError(f"zone {name}: expected a polygon or a line, found {why}")
    return Zone(
        id=name,
        title=str(properties.get("title", name)),
        published=published,
        geometry=None if area is None else force_2d(area),
        note=None if note is None else str(note),
    )
