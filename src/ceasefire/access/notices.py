"""Notices: sites and movements told to the parties, and what is wrong with them.

In: the notifications and the case's places. Out: ``Notice`` records with usable coordinates, and problems.
Method: the checks a notification desk makes - (0, 0), equal or swapped degrees, a point far from the locality it
names, no recipients, no date, a notice grown old. A bad coordinate is not used; the notice is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from pyproj import Geod

from ceasefire.access.steps import canonical
from ceasefire.locate import Gazetteer
from ceasefire.problems import Problem

RADIUS_KM = 0.3
"""1-sigma radius of a notified point: that of class "exact". Our choice."""

FAR_KM = 25.0
"""A point further from the locality it names is doubted. Our choice: a long day's district."""

STALE_DAYS = 365
"""A site's notice without an end, older than this, should be renewed. Our choice."""

_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Notice:
    """One notification, with the point and radius that can be used. Coordinates are internal."""

    notification_id: str
    kind: str
    name: str
    place: str | None
    latitude: float | None
    longitude: float | None
    radius_km: float
    own_point: bool
    notified_at: datetime | None
    valid_from: datetime | None
    valid_to: datetime | None
    where: dict[str, Any]


def read_notices(
    notifications: pl.DataFrame, gazetteer: Gazetteer, names: Mapping[str, str], *, as_of: datetime
) -> tuple[list[Notice], list[Problem]]:
    """The notices in order of identifier, and the doubts a notification desk would raise."""
    notices, problems = [], []
    for row in notifications.sort("notification_id").iter_rows(named=True):
        where = {"file": row["file"], "line": row["line"], "record": row["notification_id"]}
        latitude, longitude = row["latitude"], row["longitude"]
        home = _home(row["place_name"], gazetteer)
        doubt = coordinate_doubt(latitude, longitude, home)
        if doubt:
            problems.append(_problem(*doubt, "its coordinates are not used; ask for them again", where))
            latitude = longitude = None
        problems += _form_doubts(row, where, as_of)
        own = latitude is not None and longitude is not None
        point = (latitude, longitude, RADIUS_KM) if own else (home or (None, None, RADIUS_KM))
        notices.append(
            Notice(
                notification_id=row["notification_id"],
                kind=row["kind"],
                name=row["name"],
                place=canonical(row["place_name"], names),
                latitude=point[0],
                longitude=point[1],
                radius_km=point[2],
                own_point=own,
                notified_at=row["notified_at"],
                valid_from=row["valid_from"],
                valid_to=row["valid_to"],
                where=where,
            )
        )
    return notices, problems


def coordinate_doubt(
    latitude: float | None, longitude: float | None, home: tuple[float, float, float] | None
) -> tuple[str, str, str] | None:
    """Why a point cannot be used: code, expected, found; nothing if it can, or if there is none.

    The words never repeat a coordinate, since problems are shown in public outputs.
    """
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        return "notice_half_coordinate", "latitude and longitude", "one of the two"
    if latitude == 0 and longitude == 0:
        return "notice_at_zero", "the site's point", "latitude and longitude 0"
    if latitude == longitude:
        return "notice_equal_degrees", "a latitude and a longitude", "the same number twice"
    if abs(latitude) > 90 or abs(longitude) > 180:
        word = "swapped degrees" if abs(longitude) <= 90 and abs(latitude) <= 180 else "degrees out of range"
        return "notice_out_of_range", "latitude within 90 and longitude within 180 degrees", word
    if home is None:
        return None
    away = distance_km(latitude, longitude, home[0], home[1])
    reach = max(FAR_KM, 3 * home[2])
    if away <= reach:
        return None
    if abs(longitude) <= 90 and distance_km(longitude, latitude, home[0], home[1]) <= reach:
        return (
            "notice_swapped",
            "a point near the locality it names",
            "one that is near only if the two are exchanged",
        )
    return (
        "notice_far_from_place",
        f"a point within {reach:.0f} km of the locality it names",
        "one further off",
    )


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Distance on the WGS84 ellipsoid in km."""
    return float(_GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2]) / 1000.0


def _home(name: str | None, gazetteer: Gazetteer) -> tuple[float, float, float] | None:
    found = gazetteer.resolve(name, None)
    if found.latitude is None or found.longitude is None:
        return None
    return found.latitude, found.longitude, found.radius_km or RADIUS_KM


def _form_doubts(row: dict[str, Any], where: dict[str, Any], as_of: datetime) -> list[Problem]:
    found = []
    if not row["recipients"]:
        found.append(
            _problem(
                "notice_without_recipients",
                "who was told",
                "an empty cell",
                "used, with a doubt whether the parties knew; ask for the receipts",
                where,
            )
        )
    if row["notified_at"] is None:
        found.append(
            _problem(
                "notice_undated",
                "when the parties were told",
                "an empty cell",
                "it cannot be said what came after it; date it",
                where,
            )
        )
    if row["kind"] == "site" and row["latitude"] is None and row["longitude"] is None:
        found.append(
            _problem(
                "notice_without_point",
                "the site's coordinates",
                "empty cells",
                "joined by the locality it names only",
                where,
            )
        )
    end, told = row["valid_to"], row["notified_at"]
    if row["kind"] == "site" and end is None and told and as_of - told > timedelta(days=STALE_DAYS):
        found.append(
            _problem(
                "notice_stale",
                f"a notice renewed within {STALE_DAYS} days",
                f"one of {told.astimezone(UTC):%Y-%m-%d %H:%M}Z without an end",
                "used; ask whether it still stands",
                where,
            )
        )
    return found


def _problem(code: str, expected: str, found: str, action: str, where: dict[str, Any]) -> Problem:
    return Problem("warning", "access", code, expected, found, action, **where)
