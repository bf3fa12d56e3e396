"""Latitude and longitude as people write them.

In: the two cells, and the case's bounding box if it has one. Out: degrees north and east (WGS84) and
whether the two were swapped. Decimal point or comma, degrees-minutes-seconds, letters of the hemisphere.
A pair is taken as swapped when its letters say so, when only the swap is possible, or when only the swap
lies in the box.
"""

from __future__ import annotations

import re

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.numbers import plain_digits

BBox = tuple[float, float, float, float]
"""West, south, east, north in degrees; west may be greater than east across the antimeridian."""

_DEGREES = re.compile(r"([+-]?\d{1,3}(?:\.\d+)?)\s*(?:°|º|deg\.?|d)?")
_SIXTIETHS = re.compile(
    r"([+-]?\d{1,3})\s*(?:°|º|deg\.?|d|:|\s)\s*(\d{1,2}(?:\.\d+)?)\s*(?:['′’m:]|\s|$)"
    r"\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:\"|″|”|''|s)?)?"
)
EXPECTED = "degrees such as 36.1516 or 36°09'06\"N"


def parse_coordinates(
    latitude: str, longitude: str, *, near: BBox | None = None
) -> tuple[float, float, bool]:
    """Read a pair: (degrees north, degrees east, swapped).

    Raises:
        BadValue: not degrees, out of range both ways, or 0, 0 (a place holder, not a place).
    """
    (first, first_axis), (second, second_axis) = _degrees(latitude), _degrees(longitude)
    found = f"{latitude.strip()[:30]}, {longitude.strip()[:30]}"
    if first == 0 and second == 0:
        raise BadValue(
            "a place", "0, 0 (a place holder)", "leave both cells empty when the place is not known"
        )
    if first_axis == "latitude" or second_axis == "longitude":
        told: bool | None = False
    else:
        told = True if first_axis == "longitude" or second_axis == "latitude" else None
    if (first_axis or second_axis) and first_axis == second_axis:
        raise BadValue("one latitude and one longitude", found, f"both are marked as {first_axis}")
    straight, turned = _possible(first, second), _possible(second, first)
    if told is None:
        told = not straight
        if near is not None and straight and turned and not _inside(first, second, near):
            told = _inside(second, first, near)
    if not (turned if told else straight):
        raise BadValue(
            "a latitude within 90 and a longitude within 180 degrees", found, "correct the coordinates"
        )
    return (second, first, True) if told else (first, second, False)


def _possible(latitude: float, longitude: float) -> bool:
    return abs(latitude) <= 90 and abs(longitude) <= 180


def _inside(latitude: float, longitude: float, box: BBox) -> bool:
    west, south, east, north = box
    between = west <= longitude <= east if west <= east else longitude >= west or longitude <= east
    return south <= latitude <= north and between


def _degrees(text: str) -> tuple[float, str | None]:
    """Signed degrees, and the axis if a letter of the hemisphere names it."""
    written = plain_digits(text).upper().replace(",", ".")
    letter = ""
    if match := re.fullmatch(r"([NSEW])\s*(.+)|(.+?)\s*([NSEW])", written, re.DOTALL):
        letter = match[1] or match[4]
        written = match[2] or match[3]
    if len(written) > 40:
        raise BadValue(EXPECTED, repr(text[:60]), "shorten it")
    value = _value(written.lower().strip(), text)
    if letter and written.lstrip().startswith("-"):
        raise BadValue("a sign or a letter of the hemisphere", repr(text[:60]), "leave one of the two out")
    axis = {"N": "latitude", "S": "latitude", "E": "longitude", "W": "longitude"}.get(letter)
    return (-value if letter in ("S", "W") and value else value), axis


def _value(written: str, text: str) -> float:
    if match := _DEGREES.fullmatch(written):
        return float(match[1])
    if match := _SIXTIETHS.fullmatch(written):
        minutes, seconds = float(match[2]), float(match[3] or 0)
        if minutes < 60 and seconds < 60:
            size = abs(float(match[1])) + minutes / 60 + seconds / 3600
            return -size if match[1].startswith("-") else size
    raise BadValue(EXPECTED, repr(text[:60]), "write decimal degrees")
