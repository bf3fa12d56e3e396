"""Where a report is: a point, a radius and the zones that hold it.

In: reports, the case's gazetteer (``places``) and the agreement's zones. Out: table ``located`` and problems.
Method: a report's own coordinates win when they can be true; else its place name is looked up, whatever its
script and spelling, or read as an offset ("4 km SW of X") on the WGS84 ellipsoid with wider radius. A name
that cannot be resolved is a problem, never a point; an area without a point keeps its name and admin area.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from ceasefire.locate.names import name_keys
from ceasefire.locate.offsets import Offset, read_offset
from ceasefire.model import table
from ceasefire.problems import Problem
from ceasefire.vocabulary import vocabulary

# Our choices, fixed before any fitting.
BEARING_SPREAD = 0.25  # doubt of "4 km SW", sideways and lengthwise: a quarter of the distance
BARE_DIRECTION_KM = 5.0  # "north of X" without a distance: this far, and as doubtful
FAR_KM = 300.0  # a report's own point further than this from the place it names cannot be meant
UNKNOWN_RADIUS_KM = 5.0  # radius of a gazetteer point whose class is not given (class: district)

_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Located:
    """The reports with point, radius, place and zones (table ``located``), and what could not be placed."""

    reports: pl.DataFrame
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Place:
    """One row of the gazetteer."""

    name: str
    admin1: str | None
    latitude: float | None
    longitude: float | None
    precision: str | None

    @property
    def radius_km(self) -> float:
        """1-sigma radius of its precision class, in km."""
        return radius_of(self.precision)


@dataclass(frozen=True)
class Resolved:
    """What a place name means."""

    basis: str
    place: Place | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius_km: float | None = None
    rivals: tuple[str, ...] = ()


def radius_of(precision: str | None) -> float:
    """1-sigma radius in km of a precision class; the radius of an unknown class where there is none."""
    term = vocabulary("precision").get(precision or "")
    return float(term.more["radius_km"]) if term else UNKNOWN_RADIUS_KM


def locate(
    reports: pl.DataFrame, places: pl.DataFrame, zones: Mapping[str, BaseGeometry] | None = None
) -> Located:
    """Give each report a point, a 1-sigma radius in km, a place of the gazetteer and its zones.

    Args:
        reports: table ``reports``; only the required columns need to be filled.
        places: table ``places``, the case's gazetteer.
        zones: polygons (longitude, latitude in degrees, WGS84) by zone id.

    Raises:
        TableError: a required column is missing.
    """
    frame = table("reports").conform(reports)
    gazetteer = Gazetteer(table("places").conform(places))
    named = frame.select("place_name", "admin1").unique().sort("place_name", "admin1", nulls_last=True)
    meanings = {pair: gazetteer.resolve(*pair) for pair in named.iter_rows()}
    rows, problems = _place_rows(frame, meanings)
    placed = frame.with_columns(
        pl.Series(name, [row[k] for row in rows], dtype=dtype)
        for k, (name, dtype) in enumerate(
            [
                ("latitude", pl.Float64),
                ("longitude", pl.Float64),
                ("precision_km", pl.Float64),
                ("precision", pl.String),
                ("admin1", pl.String),
                ("place_id", pl.String),
                ("location_basis", pl.String),
            ]
        )
    )
    placed = placed.with_columns(_zones(placed, zones or {}))
    problems += _unplaced(frame, meanings, placed)
    return Located(table("located").conform(placed), tuple(problems))


class Gazetteer:
    """The case's places by every spelling of their names and aliases."""

    def __init__(self, places: pl.DataFrame) -> None:
        self._keys: list[dict[str, list[Place]]] = []
        for row in places.sort("place_name").iter_rows(named=True):
            place = Place(
                row["place_name"], row["admin1"], row["latitude"], row["longitude"], row["precision"]
            )
            spellings = [place.name, *(a.strip() for a in (row["aliases"] or "").split(";") if a.strip())]
            for spelling in spellings:
                for level, key in enumerate(name_keys(spelling)):
                    while len(self._keys) <= level:
                        self._keys.append({})
                    holders = self._keys[level].setdefault(key, [])
                    if place not in holders:
                        holders.append(place)

    def find(self, name: str, admin1: str | None = None) -> list[Place]:
        """The places a name can mean, by the strictest key that finds any; admin1 decides a tie."""
        keys = name_keys(name)
        for level, key in enumerate(keys):
            found = self._keys[level].get(key, []) if level < len(self._keys) else []
            if len(found) > 1 and admin1:
                inside = [p for p in found if p.admin1 and name_keys(p.admin1)[0] == name_keys(admin1)[0]]
                found = inside or found
            if found:
                return found
        return []

    def resolve(self, name: str | None, admin1: str | None) -> Resolved:
        """What a name means: a place, an offset from one, an area without a point, or nothing."""
        if not name or not name.strip():
            return Resolved("area" if admin1 else "unresolved")
        direct = self._find_parts(name, admin1)
        if len(direct) == 1:
            return _at(direct[0])
        if direct:
            return Resolved("unresolved", rivals=tuple(p.name for p in direct))
        offset = read_offset(name)
        if offset is None:
            return Resolved("unresolved")
        base = self._find_parts(offset.place, admin1)
        if len(base) != 1:
            return Resolved("unresolved", rivals=tuple(p.name for p in base))
        return _moved(base[0], offset)

    def _find_parts(self, name: str, admin1: str | None) -> list[Place]:
        found = self.find(name, admin1)
        for mark in (",", "،", "(", "/"):
            if not found and mark in name:
                head, rest = name.split(mark, 1)
                found = self.find(head, rest.strip(" )") or admin1)
        return found


def _at(place: Place) -> Resolved:
    if place.latitude is None or place.longitude is None:
        return Resolved("area", place)
    return Resolved("gazetteer", place, place.latitude, place.longitude, place.radius_km)


def _moved(place: Place, offset: Offset) -> Resolved:
    if place.latitude is None or place.longitude is None:
        return Resolved("area", place)
    distance = BARE_DIRECTION_KM if offset.distance_km is None else offset.distance_km
    doubt = distance if offset.distance_km is None else distance * BEARING_SPREAD
    if offset.bearing is None:
        latitude, longitude, doubt = place.latitude, place.longitude, distance
    else:
        longitude, latitude, _ = _GEOD.fwd(place.longitude, place.latitude, offset.bearing, distance * 1000.0)
    radius = float(np.sqrt(place.radius_km**2 + doubt**2 + offset.half_range_km**2))
    return Resolved("offset", place, round(latitude, 6), round(longitude, 6), round(radius, 3))


Row = tuple[float | None, float | None, float | None, str | None, str | None, str | None, str]


def _place_rows(
    frame: pl.DataFrame, meanings: Mapping[tuple[str | None, str | None], Resolved]
) -> tuple[list[Row], list[Problem]]:
    """The location columns of each report, its own coordinates first."""
    rows: list[Row] = []
    problems: list[Problem] = []
    columns = ["report_id", "place_name", "admin1", "latitude", "longitude", "precision_km", "precision"]
    for (rid, name, admin1, lat, lon, radius, precision), (file, line) in zip(
        frame.select(columns).iter_rows(), frame.select("file", "line").iter_rows(), strict=True
    ):
        meaning = meanings[name, admin1]
        place = meaning.place
        place_id = place.name if place else None
        area = admin1 or (place.admin1 if place else None)
        doubt = _coordinate_doubt(lat, lon, meaning)
        if doubt:
            code, expected = doubt
            action = (
                "the place name was used instead"
                if meaning.latitude is not None
                else "the report was left without a point; correct the coordinates or add the place to places"
            )
            found = f"latitude {lat}, longitude {lon}"
            problems.append(Problem("warning", "locate", code, expected, found, action, file, line, rid))
        if lat is not None and lon is not None and not doubt:
            own = radius if radius is not None else (radius_of(precision) if precision else None)
            rows.append((lat, lon, own, precision, area, place_id, "given"))
        elif meaning.latitude is not None:
            kept = precision or (place.precision if place and meaning.basis == "gazetteer" else None)
            own = radius if radius is not None else meaning.radius_km
            if radius is None and precision and meaning.basis == "gazetteer":
                own = max(radius_of(precision), meaning.radius_km or 0.0)
            rows.append((meaning.latitude, meaning.longitude, own, kept, area, place_id, meaning.basis))
        else:
            basis = "area" if meaning.basis == "area" or (not name and area) else "unresolved"
            rows.append((None, None, radius, precision, area, place_id, basis))
    return rows, problems


def _coordinate_doubt(lat: float | None, lon: float | None, meaning: Resolved) -> tuple[str, str] | None:
    """Why a report's own coordinates cannot be meant: problem code and what was expected. None = they can."""
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        return ("coordinate_half", "both latitude and longitude")
    if not (np.isfinite(lat) and np.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return ("coordinate_impossible", "latitude in -90..90 and longitude in -180..180 degrees")
    if lat == 0 and lon == 0:
        return ("coordinate_zero", "a place on land, not latitude 0, longitude 0")
    if meaning.latitude is not None and meaning.longitude is not None and meaning.place is not None:
        _, _, metres = _GEOD.inv(lon, lat, meaning.longitude, meaning.latitude)
        reach = FAR_KM + 3 * (meaning.radius_km or 0.0)
        if metres / 1000 > reach:
            return ("coordinate_far", f"a point within {reach:.0f} km of {meaning.place.name}")
    return None


def _zones(placed: pl.DataFrame, zones: Mapping[str, BaseGeometry]) -> pl.Series:
    """The zones that hold each point, joined by ``;``: empty text = in none, null = no point to test."""
    points = placed.select("latitude", "longitude")
    unique = points.drop_nulls().unique().sort("latitude", "longitude")
    held = [[] for _ in range(unique.height)]  # type: list[list[str]]
    lon, lat = unique["longitude"].to_numpy(), unique["latitude"].to_numpy()
    for zone in sorted(zones):
        shape = zones[zone]
        shapely.prepare(shape)
        for k in np.flatnonzero(shapely.intersects_xy(shape, lon, lat)):
            held[k].append(zone)
    names = unique.with_columns(pl.Series("zones", [";".join(h) for h in held], dtype=pl.String))
    return points.join(names, on=["latitude", "longitude"], how="left", maintain_order="left")["zones"]


def _unplaced(
    frame: pl.DataFrame,
    meanings: Mapping[tuple[str | None, str | None], Resolved],
    placed: pl.DataFrame,
) -> list[Problem]:
    """One problem a name, however many reports carry it: unknown, ambiguous, without a point, missing."""
    keys = ["place_name", "location_basis"]
    groups = (
        frame.select("report_id", "place_name", "admin1", "file", "line")
        .with_columns(placed["location_basis"])
        .filter(pl.col("location_basis").is_in(["area", "unresolved"]))
        .sort("report_id")
        .group_by(keys, maintain_order=True)
        .agg(pl.len().alias("n"), pl.all().exclude("place_name", "location_basis").first())
        .sort(keys, nulls_last=True)
    )
    problems = []
    for row in groups.iter_rows(named=True):
        name, basis, n = row["place_name"], row["location_basis"], row["n"]
        meaning = meanings[name, row["admin1"]]
        where = f"in {n} report{'s' if n > 1 else ''}, first {row['report_id']}"
        if basis == "area":
            severity, code = "note", "place_without_point"
            expected = "a coordinate for the place"
            found = f"{name or row['admin1']!r} is an area without a point, {where}"
            action = "kept without a point, by name and first-level area only"
        elif name is None:
            severity, code = "warning", "place_missing"
            expected, found = "a place name or coordinates", f"neither, {where}"
            action = "kept without a place; add one to the report"
        elif meaning.rivals:
            severity, code = "warning", "place_ambiguous"
            expected = "a name that means one place"
            found = f"{name!r} can be {' or '.join(meaning.rivals)}, {where}"
            action = "kept without a point; give admin1 or a fuller name"
        else:
            severity, code = "warning", "place_unresolved"
            expected = "a place of the gazetteer, or an offset from one (4 km SW of X)"
            found = f"{name!r}, {where}"
            action = "kept without a point; add the place or an alias to places"
        problems.append(
            Problem(severity, "locate", code, expected, found, action, row["file"], row["line"], name)
        )
    return problems
