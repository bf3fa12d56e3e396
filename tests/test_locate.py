"""Where is it? Names in three scripts, offsets, areas without a point, and coordinates that cannot be meant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from pyproj import Geod
from shapely.geometry import box

from ceasefire.locate import Located, locate
from ceasefire.locate.offsets import read_offset
from ceasefire.model import table

NOON = datetime(2016, 9, 19, 12, tzinfo=UTC)

PLACES = table("places").frame(
    [
        {
            "place_name": "Idlib city",
            "aliases": "إدلب; Идлиб",
            "admin1": "Idleb",
            "latitude": 35.929,
            "longitude": 36.6353,
            "precision": "town",
        },
        {
            "place_name": "al-Bab",
            "aliases": "الباب; Эль-Баб",
            "admin1": "Aleppo",
            "latitude": 36.3697,
            "longitude": 37.5149,
            "precision": "town",
        },
        {
            "place_name": "Debaltseve",
            "aliases": "Дебальцево; Дебальцеве",
            "admin1": "Donetsk",
            "latitude": 48.34,
            "longitude": 38.41,
            "precision": "town",
        },
        {"place_name": "East Aleppo", "aliases": "حلب الشرقية", "admin1": "Aleppo"},
        {"place_name": "Zahra", "aliases": "", "admin1": "Homs", "latitude": 34.7, "longitude": 36.7},
        {"place_name": "al-Zahra", "aliases": "", "admin1": "Aleppo", "latitude": 36.2, "longitude": 37.1},
    ]
)


def where(*rows: dict[str, Any], zones: Any = None) -> Located:
    base = {"source_id": "s", "occurred_from": NOON, "occurred_to": NOON}
    return locate(
        table("reports").frame([{"report_id": f"R{k}", **base, **row} for k, row in enumerate(rows)]),
        PLACES,
        zones,
    )


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("idlib", "Idlib city"),
        ("IDLIB CITY", "Idlib city"),
        ("إِدْلِب", "Idlib city"),  # with tashkeel
        ("ادلب", "Idlib city"),  # without hamza
        ("مدينة إدلب", "Idlib city"),
        ("идлиб", "Idlib city"),
        ("Al Bab", "al-Bab"),
        ("El-Bāb", "al-Bab"),
        ("باب", "al-Bab"),
        ("ЭЛЬ-БАБ", "al-Bab"),
        ("Дебальцево", "Debaltseve"),
        ("г. Дебальцева", "Debaltseve"),  # genitive
        ("al-Bab, Aleppo", "al-Bab"),
    ],
)
def test_a_name_is_found_in_any_script_and_spelling(name: str, place: str) -> None:
    located = where({"place_name": name})
    assert located.reports["place_id"].to_list() == [place]
    assert located.reports["location_basis"].to_list() == ["gazetteer"]
    assert located.reports["precision_km"].to_list() == [3.0]  # class town
    assert located.problems == ()


@pytest.mark.parametrize(
    ("text", "distance", "half_range", "bearing"),
    [
        ("4 km SW of Idlib city", 4.0, 0.0, 225.0),
        ("2-4km south-west of Idlib city", 3.0, 1.0, 225.0),
        ("about 3,5 km NNE of Idlib city", 3.5, 0.0, 22.5),
        ("500 m east of Idlib city", 0.5, 0.0, 90.0),
        ("4 км юго-западнее Идлиба", 4.0, 0.0, 225.0),
        ("в 4 км к северо-востоку от Идлиба", 4.0, 0.0, 45.0),
        ("على بعد ٤ كم جنوب غرب إدلب", 4.0, 0.0, 225.0),
        ("4 كم شمالي إدلب", 4.0, 0.0, 0.0),
    ],
)
def test_an_offset_is_measured_from_its_place(
    text: str, distance: float, half_range: float, bearing: float
) -> None:
    read = read_offset(text)
    assert read is not None
    assert (read.distance_km, read.half_range_km, read.bearing) == (distance, half_range, bearing)
    row = where({"place_name": text}).reports.row(0, named=True)
    assert row["location_basis"] == "offset"
    azimuth, _, metres = Geod(ellps="WGS84").inv(36.6353, 35.929, row["longitude"], row["latitude"])
    assert metres / 1000 == pytest.approx(distance, abs=0.01)
    assert azimuth % 360 == pytest.approx(bearing, abs=0.5)
    assert row["precision_km"] > 3.0  # wider than the town itself


def test_north_of_a_place_without_a_distance_is_very_vague() -> None:
    row = where({"place_name": "north of al-Bab"}).reports.row(0, named=True)
    assert row["latitude"] > 36.3697
    assert row["longitude"] == pytest.approx(37.5149, abs=1e-5)
    assert row["precision_km"] > 5


@pytest.mark.parametrize("text", ["East Aleppo", "Northern storm", "12 km Idlib", "km of nowhere", "4 km of"])
def test_words_that_are_no_offset_are_not_read_as_one(text: str) -> None:
    assert read_offset(text) is None


def test_an_unknown_name_is_one_problem_and_never_a_point() -> None:
    located = where(*[{"place_name": "Atlantis"}] * 3)
    assert located.reports["latitude"].to_list() == [None] * 3
    assert located.reports["location_basis"].unique().to_list() == ["unresolved"]
    (problem,) = located.problems
    assert (problem.code, problem.record) == ("place_unresolved", "Atlantis")
    assert "3 reports" in problem.found


def test_an_area_without_a_point_keeps_its_name_and_admin_area() -> None:
    located = where({"place_name": "East Aleppo"}, {"place_name": "حلب الشرقية"})
    assert located.reports["latitude"].to_list() == [None, None]
    assert located.reports["place_id"].to_list() == ["East Aleppo"] * 2
    assert located.reports["admin1"].to_list() == ["Aleppo"] * 2
    assert located.reports["location_basis"].to_list() == ["area", "area"]
    assert {p.code for p in located.problems} == {"place_without_point"}


def test_an_ambiguous_name_is_settled_by_its_admin_area_or_left_open() -> None:
    located = where({"place_name": "el-Zahra"}, {"place_name": "el-Zahra", "admin1": "Homs"})
    assert located.reports["place_id"].to_list() == [None, "Zahra"]
    assert [p.code for p in located.problems] == ["place_ambiguous"]


def test_a_reports_own_point_wins_unless_it_cannot_be_meant() -> None:
    located = where(
        {"place_name": "al-Bab", "latitude": 36.38, "longitude": 37.52, "precision_km": 0.3},
        {"place_name": "al-Bab", "latitude": 0.0, "longitude": 0.0},
        {"place_name": "al-Bab", "latitude": 91.0, "longitude": 37.52},
        {"place_name": "al-Bab", "latitude": 48.0, "longitude": 38.0},
        {"place_name": "al-Bab", "latitude": 36.38},
        {"latitude": 0.0, "longitude": 0.0},
    )
    assert located.reports["location_basis"].to_list() == ["given", *["gazetteer"] * 4, "unresolved"]
    assert located.reports["precision_km"].to_list() == [0.3, 3.0, 3.0, 3.0, 3.0, None]
    assert located.reports["latitude"].to_list()[1:] == [36.3697] * 4 + [None]
    codes = [p.code for p in located.problems]
    assert codes[:5] == [
        "coordinate_zero",
        "coordinate_impossible",
        "coordinate_far",
        "coordinate_half",
        "coordinate_zero",
    ]


def test_zones_hold_points_and_an_unknown_point_is_not_outside() -> None:
    zones = {"west": box(36, 35, 37, 37), "north": box(36, 35.9, 38, 37)}
    located = where(
        {"place_name": "Idlib city"}, {"place_name": "al-Bab"}, {"place_name": "Debaltseve"}, {}, zones=zones
    )
    assert located.reports["zones"].to_list() == ["north;west", "north", "", None]


def test_row_order_does_not_matter() -> None:
    rows = [{"report_id": f"R{k}", "place_name": n} for k, n in enumerate(["Idlib", "Atlantis", "El Bab"])]
    one, two = where(*rows), where(*rows[::-1])
    assert one.reports.equals(two.reports)
    assert one.problems == two.problems


def test_a_hundred_thousand_reports_are_placed_by_their_distinct_names() -> None:
    n = 100_000
    names = ["Idlib", "4 km SW of al-Bab", "Atlantis", "East Aleppo"]
    frame = pl.DataFrame(
        {
            "report_id": [f"R{k:06}" for k in range(n)],
            "source_id": ["s"] * n,
            "occurred_from": [NOON] * n,
            "occurred_to": [NOON] * n,
            "place_name": [names[k % 4] for k in range(n)],
        }
    )
    located = locate(frame, PLACES)
    assert located.reports.height == n
    assert located.reports["location_basis"].value_counts().sort("location_basis").rows() == [
        ("area", n // 4),
        ("gazetteer", n // 4),
        ("offset", n // 4),
        ("unresolved", n // 4),
    ]
    assert len(located.problems) == 2
