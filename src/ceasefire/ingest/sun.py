"""Sunrise and sunset of a local day.

In: a day, its zone and a place. Out: the two instants in UTC, or None where the sun does not rise or set.
Method: the equations of the NOAA solar calculator (after Meeus, Astronomical Algorithms), low-precision form:
within about two minutes between 60 degrees south and north, for a flat horizon.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import acos, cos, degrees, pi, radians, sin, tan
from zoneinfo import ZoneInfo

HORIZON = 90.833  # degrees from the zenith: half the sun's disc and refraction (NOAA)


def sun_times(
    day: date, zone: ZoneInfo, latitude: float, longitude: float
) -> tuple[datetime, datetime] | None:
    """Sunrise and sunset (UTC, whole minutes) on the local day; None in polar day or night."""
    year_angle = 2 * pi / 365 * (day.timetuple().tm_yday - 1)
    equation = 229.18 * (
        0.000075
        + 0.001868 * cos(year_angle)
        - 0.032077 * sin(year_angle)
        - 0.014615 * cos(2 * year_angle)
        - 0.040849 * sin(2 * year_angle)
    )
    declination = (
        0.006918
        - 0.399912 * cos(year_angle)
        + 0.070257 * sin(year_angle)
        - 0.006758 * cos(2 * year_angle)
        + 0.000907 * sin(2 * year_angle)
        - 0.002697 * cos(3 * year_angle)
        + 0.00148 * sin(3 * year_angle)
    )
    phi = radians(max(-89.9, min(89.9, latitude)))
    cosine = cos(radians(HORIZON)) / (cos(phi) * cos(declination)) - tan(phi) * tan(declination)
    if not -1 <= cosine <= 1:
        return None
    half_day = 4 * degrees(acos(cosine))
    noon = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
        minutes=720 - 4 * longitude - equation
    )
    # The zone's day may be a day apart from the day at the meridian (the date line).
    noon += timedelta(days=(day - noon.astimezone(zone).date()).days)
    rise, sets = (noon + timedelta(minutes=sign * half_day) for sign in (-1, 1))
    return _whole_minute(rise), _whole_minute(sets)


def _whole_minute(instant: datetime) -> datetime:
    return (instant + timedelta(seconds=30)).replace(second=0, microsecond=0)
