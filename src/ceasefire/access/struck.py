"""Struck after notified: incidents at or near what the parties had been told of.

In: notices, incidents, located reports and memberships. Out: the ``struck_after_notified`` table and problems.
Method: two points, each normal with its own radius; the probability that the true distance is below the reach of
the strike is a non-central chi-square (Rice). A report that names the notified place itself links directly.
Not a judicial finding; a notice does not change anybody's duties under the law of war.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pyproj import Geod
from scipy.special import chndtr

from ceasefire.access.notices import Notice
from ceasefire.access.steps import canonical
from ceasefire.model import table
from ceasefire.problems import Problem
from ceasefire.vocabulary import vocabulary

REACH_KM = 0.5
"""A strike nearer than this touched the site. Our choice: the effect of a heavy bomb and the size of a compound."""

DIRECT = 0.95
"""When the reports name the notified place itself, or a convoy attack meets the notified movement at its
destination: the probability that both are the same. Our choice, fixed before any fitting."""

LISTED = 0.01
"""Less probable pairs are not listed. Our choice."""

MOVEMENT_DAYS = 3
"""A movement notified without a window is looked for this long. Our choice."""

UNKNOWN_RADIUS_KM = 5.0
"""Radius of an incident whose own is not known: that of class "district"."""

DEGREES_NEAR = 1.0
"""Farther apart in latitude than this nothing is linked by distance, and nothing is computed."""

SIGMAS = 6.0
"""Beyond the reach and this many radii the probability is taken as 0; it is below one in a million."""

DIRECT_ACTS = frozenset({"convoy_attack", "medical_attack"})
"""Attacks that can be of a notified movement where they are at its destination."""

_GEOD = Geod(ellps="WGS84")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Touch:
    """How an incident meets a notice: the probability that it touched it, and the distance in km if known."""

    probability: float
    distance_km: float | None


def struck_after_notified(
    notices: Sequence[Notice],
    incidents: pl.DataFrame,
    located: pl.DataFrame,
    memberships: pl.DataFrame,
    names: Mapping[str, str],
) -> tuple[pl.DataFrame, list[Problem]]:
    """The ``struck_after_notified`` table (its ``distance_km`` is internal), and notices that came too late."""
    violent = sorted(a for a, term in vocabulary("acts").items() if term.more.get("violent"))
    struck = (
        incidents.filter(pl.col("act").is_in(violent))
        .drop_nulls(["occurred_from", "occurred_to"])
        .sort("incident_id")
    )
    named = _incidents_named(located, memberships, names)
    points = struck.select("latitude", "longitude", "precision_km").to_numpy().astype(np.float64)
    happened = struck.to_dicts()
    rows, problems = [], []
    for notice in notices:
        if notice.notified_at is None:
            continue
        for place, touch in touches(notice, happened, points, named, names):
            incident = happened[place]
            begins, ends = incident["occurred_from"], incident["occurred_to"]
            if ends < notice.notified_at:
                problems += _late(notice, incident, touch)
                continue
            probability = touch.probability * _share_in_window(notice, begins, ends)
            if probability < LISTED:
                continue
            hours = (max(begins, notice.notified_at) - notice.notified_at).total_seconds() / 3600
            rows.append(
                {
                    "notification_id": notice.notification_id,
                    "incident_id": incident["incident_id"],
                    "hours_after": hours,
                    "distance_km": touch.distance_km,
                    "probability": probability,
                    "public_note": public_note(notice, incident, hours),
                }
            )
    return table("struck_after_notified").frame(rows), problems


def touches(
    notice: Notice,
    happened: Sequence[Mapping[str, Any]],
    points: Floats,
    named: Mapping[str, frozenset[str]],
    names: Mapping[str, str],
) -> list[tuple[int, Touch]]:
    """The incidents, by place in ``happened``, that may have touched what was notified, whenever it was.

    ``points`` are their latitude, longitude and 1-sigma radius in km (NaN = unknown); ``named`` the incidents
    whose reports name a place.
    """
    distances = np.full(len(points), np.nan)
    if notice.latitude is not None and notice.longitude is not None:
        near = np.flatnonzero(np.abs(points[:, 0] - notice.latitude) < DEGREES_NEAR)
        near = near[~np.isnan(points[near, 1])]
        here = np.full(len(near), notice.longitude), np.full(len(near), notice.latitude)
        distances[near] = _GEOD.inv(*here, points[near, 1], points[near, 0])[2] / 1000.0
    radii = np.nan_to_num(points[:, 2], nan=UNKNOWN_RADIUS_KM)
    probability = within_reach(distances, np.hypot(radii, notice.radius_km))
    site = named.get(canonical(notice.name, names) or "", frozenset())
    town = named.get(notice.place or "", frozenset()) if notice.kind == "movement" else frozenset()
    direct = np.array(
        [
            row["incident_id"] in site or (row["incident_id"] in town and row["act"] in DIRECT_ACTS)
            for row in happened
        ],
        dtype=bool,
    )
    best = np.where(direct, np.maximum(probability, DIRECT), probability)
    return [
        (
            int(i),
            Touch(
                probability=float(best[i]),
                distance_km=None if np.isnan(distances[i]) else float(distances[i]),
            ),
        )
        for i in np.flatnonzero(best >= LISTED)
    ]


def within_reach(distances: Floats, sigmas: Floats) -> Floats:
    """Probability that points as far apart as told (km) lie within ``REACH_KM`` of one another.

    ``sigmas`` are joint 1-sigma radii in km, per axis, above 0. An unknown distance (NaN) gives 0.
    """
    found = np.zeros(len(distances))
    close = np.flatnonzero(distances < REACH_KM + SIGMAS * sigmas)
    away = distances[close] / sigmas[close]
    found[close] = chndtr((REACH_KM / sigmas[close]) ** 2, 2, away**2)
    return found


def public_note(notice: Notice, incident: Mapping[str, Any], hours: float) -> str:
    """Words safe for a public output: locality, act and day; no point, no distance, no site's name."""
    act = vocabulary("acts")[incident["act"]].label
    days = int(hours // 24)
    when = "less than a day" if days == 0 else f"{days} day{'s' if days > 1 else ''}"
    what = "movement to this locality" if notice.kind == "movement" else "site in this locality"
    return f"{act} at or near {notice.place or 'a locality not named'}, {when} after a {what} was notified"


def _incidents_named(
    located: pl.DataFrame, memberships: pl.DataFrame, names: Mapping[str, str]
) -> dict[str, frozenset[str]]:
    """The incidents whose reports name a place, by place."""
    homes: dict[str, list[str]] = {}
    for report, incident in memberships.select("report_id", "incident_id").iter_rows():
        homes.setdefault(report, []).append(incident)
    found: dict[str, set[str]] = {}
    for report, *told in located.select("report_id", "place_id", "place_name").iter_rows():
        for place in told:
            if place and report in homes:
                found.setdefault(canonical(place, names) or place, set()).update(homes[report])
    return {place: frozenset(incidents) for place, incidents in found.items()}


def _share_in_window(notice: Notice, begins: datetime, ends: datetime) -> float:
    """The share of an incident's interval that lies after the notice and within its window."""
    told = notice.notified_at
    if told is None:
        return 0.0
    start = max(told, notice.valid_from) if notice.valid_from else told
    end = notice.valid_to
    if end is None and notice.kind == "movement":
        end = start + timedelta(days=MOVEMENT_DAYS)
    first, last = max(begins, start), min(ends, end) if end else ends
    if last < first:
        return 0.0
    length = (ends - begins).total_seconds()
    return 1.0 if length <= 0 else (last - first).total_seconds() / length


def _late(notice: Notice, incident: Mapping[str, Any], touch: Touch) -> list[Problem]:
    """A notice given after an incident that very probably was at the same place."""
    if touch.probability < 0.5 or notice.notified_at is None:
        return []
    return [
        Problem(
            "note",
            "access",
            "notified_after",
            "a notice before the incident",
            f"notified {notice.notified_at.astimezone(UTC):%Y-%m-%d %H:%M}Z, after incident {incident['incident_id']}",
            "the incident does not count as struck after notified",
            **notice.where,
        )
    ]
