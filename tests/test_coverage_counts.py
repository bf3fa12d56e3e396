"""Stories about published counts: the same week, series that may not be added, and figures that follow from others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ceasefire.case import open_case
from ceasefire.coverage import PoolingRefused, pool
from ceasefire.coverage.arithmetic import check_counts
from ceasefire.coverage.days import party_of
from ceasefire.coverage.pooling import areas_named, pooling_of
from ceasefire.coverage.series import prepared, series_of
from ceasefire.model import table

ZONE = "Asia/Damascus"
SIDES = {"syrian-government": "a", "russia": "a", "opposition": "b", "us-coalition": "b"}
SOURCES = table("sources").frame(
    [
        {"source_id": "ru_genstaff", "name": "General Staff", "kind": "guarantor_official", "camp": "russia"},
        {"source_id": "ru_centre", "name": "Centre", "kind": "guarantor_official", "camp": "russia"},
        {"source_id": "sohr", "name": "SOHR", "kind": "monitor_ngo", "camp": "opposition"},
        {"source_id": "mission", "name": "Mission", "kind": "monitor_mission", "camp": None},
        {"source_id": "other_mission", "name": "Other mission", "kind": "monitor_mission", "camp": None},
    ]
)


def day(text: str, *, end: bool = False) -> datetime:
    """A local day of September 2016 in Damascus (UTC+3)."""
    number, _, clock = text.partition(" ")
    local = datetime.fromisoformat(f"2016-09-{number}T{clock or ('23:59' if end else '00:00')}+03:00")
    return local.astimezone(UTC)


def count(
    identifier: str, who: str, first: str, last: str, value: float, **more: object
) -> dict[str, object]:
    return {
        "count_id": identifier,
        "counted_by": who,
        "against": "opposition",
        "counts_own_side": False,
        "period_from": day(first),
        "period_to": day(last, end=True),
        "place_name": "Syria",
        "metric": "violations",
        "counting_unit": "violations",
        "value": value,
        **more,
    }


RUSSIAN_WEEK = [
    count("DAY1", "ru_genstaff", "12 19:00", "13", 23),
    count("TO-2", "ru_genstaff", "12 19:00", "14", 60, cumulative=True),
    count("DAY3", "ru_genstaff", "14", "15", 45),
    count("DAY5", "ru_centre", "16", "17", 55),
    count("TO-5", "ru_centre", "12", "17", 199, cumulative=True),
    count("DAY6", "ru_centre", "17", "18", 50),
    count("DAY7", "ru_genstaff", "18", "19", 53),
    count("WEEK", "ru_genstaff", "12", "19", 302, cumulative=True),
]


def read(
    rows: list[dict[str, object]], effort: list[dict[str, object]] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    told = prepared(table("counts").frame(rows), SOURCES, {})
    checks, _ = check_counts(told, ZONE)
    return series_of(told, table("effort").frame(effort or []), SIDES, checks), checks


def terms(checks: pl.DataFrame, kind: str) -> list[str]:
    return checks.filter(pl.col("kind") == kind)["terms"].to_list()


def test_g4_the_day_nobody_printed_follows_from_the_others() -> None:
    _, checks = read(RUSSIAN_WEEK)
    assert terms(checks, "derived_day") == ["60 - 23 = 37", "199 - 60 - 45 - 55 = 39"]
    assert terms(checks, "derived_total") == ["60 + 45 = 105", "199 - 55 = 144", "199 + 50 = 249"]
    assert "23 + [37] + 45 + [39] + 55 + 50 + 53 = 302" in terms(checks, "adds_up")


def test_a_derived_day_is_marked_and_never_enters_the_series() -> None:
    series, checks = read(RUSSIAN_WEEK)
    derived = checks.filter(pl.col("kind") == "derived_day")
    assert derived.select("day", "value").rows() == [("2016-09-14", 37.0), ("2016-09-16", 39.0)]
    staff = series.filter(pl.col("counted_by") == "ru_genstaff").row(0, named=True)
    assert staff["values"] == "23, =60, 45, =302, 53"
    assert "derived day: 199 - 60 - 45 - 55 = 39" in staff["checks"]


def test_another_office_with_another_figure_for_the_day_does_not_add_up() -> None:
    rows = [*RUSSIAN_WEEK[:2], count("DAY2", "ru_centre", "13", "14", 42)]
    _, checks = read(rows)
    assert terms(checks, "does_not_add_up") == ["23 + 42 = 65, not 60"]
    assert terms(checks, "derived_day") == ["60 - 23 = 37"]


def test_two_independent_counters_of_one_camp_are_no_ledger() -> None:
    rows = [
        count("A", "sohr", "13", "13", 5, against="syrian-government"),
        count("B", "mission", "13", "13", 9, against="syrian-government"),
    ]
    _, checks = read(rows)
    assert checks.height == 0


def test_figures_that_are_not_exact_take_no_part_in_arithmetic() -> None:
    rows = [
        *RUSSIAN_WEEK[:1],
        count("TO-2", "ru_genstaff", "12 19:00", "14", 60, cumulative=True, qualifier="more than"),
    ]
    series, checks = read(rows)
    assert checks.height == 0
    assert series["values"][0] == "23, =~60"


def test_a_running_total_cannot_fall() -> None:
    rows = [
        count("TO-2", "ru_centre", "12", "14", 60, cumulative=True),
        count("TO-3", "ru_centre", "12", "15", 50, cumulative=True),
    ]
    _, checks = read(rows)
    assert terms(checks, "does_not_add_up") == ["running total falls: 60, then 50"]


def test_a_split_by_governorate_must_sum_to_its_figure() -> None:
    split = {"Aleppo": 27, "Damascus": 11, "Hama": 7, "Latakia": 6, "Homs": 2, "Quneitra": 1, "Daraa": 1}
    rows = [count("DAY5", "ru_centre", "16", "17", 55)] + [
        count(f"DAY5-{name}", "ru_centre", "16", "17", n, metric="violations by governorate", place_name=name)
        for name, n in split.items()
    ]
    _, checks = read(rows)
    assert terms(checks, "adds_up")[0].endswith("= 55")
    _, wrong = read([{**rows[0], "value": 54}, *rows[1:]])
    assert terms(wrong, "does_not_add_up")[0].endswith("= 55, not 54")


def test_part_of_a_day_does_not_contradict_the_day() -> None:
    rows = [
        count("BY-16", "mission", "21 00:01", "21 16:00", 75, against="all"),
        count("BY-1930", "mission", "21 00:01", "21 19:30", 79, against="all"),
    ]
    _, checks = read(rows)
    assert checks.height == 0


def test_g4_russian_violations_are_never_pooled_with_deaths() -> None:
    deaths = count(
        "DEAD",
        "sohr",
        "15",
        "16",
        7,
        against="all",
        counts_own_side=True,
        metric="civilians killed",
        counting_unit="persons",
    )
    series, _ = read([*RUSSIAN_WEEK, deaths])
    rows = {row["counted_by"]: row for row in series.iter_rows(named=True)}
    with pytest.raises(PoolingRefused, match="different units: violations and persons") as refused:
        pool(rows["ru_genstaff"], rows["sohr"])
    assert "ru_genstaff counts one side only" in str(refused.value)
    assert "counting rule not stated" in str(refused.value)
    assert "observation effort unknown" in str(refused.value)
    assert pooling_of(series, {})["allowed"].any() is False


def two_regions(**more: object) -> list[dict[str, object]]:
    stated = {
        "against": "all",
        "counts_own_side": True,
        "counting_rule": "evening to evening",
        "metric": "explosions",
    }
    return [
        count(
            f"M-{region}",
            "mission",
            "13",
            "14",
            n,
            place_name=region,
            counting_unit="explosion",
            **{**stated, **more},
        )
        for region, n in (("North region", 95), ("South region", 155))
    ]


PLACES = table("places").frame(
    [
        {"place_name": "North region", "admin1": "North", "precision": "governorate"},
        {"place_name": "South region", "admin1": "South", "precision": "governorate"},
    ]
)


def test_one_counter_with_one_stated_rule_may_add_two_regions() -> None:
    series, _ = read(two_regions())
    pooled = pool(series.row(0, named=True), series.row(1, named=True), areas_named(PLACES))
    assert pooled["place_name"] == "North region+South region"
    assert pooled["counts"] == "M-North region;M-South region"
    assert pooled["n_counts"] == 2


def test_the_same_regions_without_a_stated_rule_are_refused() -> None:
    series, _ = read(two_regions(counting_rule=None))
    with pytest.raises(PoolingRefused, match="counting rule not stated"):
        pool(series.row(0, named=True), series.row(1, named=True), areas_named(PLACES))


def test_places_not_known_to_lie_apart_may_hold_each_other() -> None:
    series, _ = read(two_regions())
    with pytest.raises(PoolingRefused, match="periods overlap"):
        pool(series.row(0, named=True), series.row(1, named=True))


def test_two_missions_may_be_added_only_when_the_effort_of_both_is_known() -> None:
    first, second = two_regions()
    second["counted_by"] = "other_mission"
    series, _ = read([first, second])
    with pytest.raises(PoolingRefused, match="effort unknown"):
        pool(series.row(0, named=True), series.row(1, named=True), areas_named(PLACES))
    watched = [
        {
            "effort_id": who,
            "source_id": who,
            "from": day("12"),
            "to": day("20"),
            "value": 8.0,
            "unit": "patrols",
        }
        for who in ("mission", "other_mission")
    ]
    known, _ = read([first, second], watched)
    assert (
        pool(known.row(0, named=True), known.row(1, named=True), areas_named(PLACES))["effort_known"] is True
    )


def test_whom_a_counter_counts_is_read_from_all_it_counts() -> None:
    rows = [
        count(
            "A", "sohr", "13", "13", 60, against="syrian-government", counts_own_side=None, metric="breaches"
        ),
        count("B", "sohr", "13", "13", 3, against="opposition", counts_own_side=None, metric="breaches"),
        count("C", "mission", "13", "13", 4, against="opposition", counts_own_side=None),
        count("D", "other_mission", "13", "13", 4, against=None, counts_own_side=None),
    ]
    series, _ = read(rows)
    sided = dict(series.sort("counted_by").select("counted_by", "one_sided").iter_rows())
    assert sided == {"mission": True, "other_mission": None, "sohr": False}


def test_the_order_of_rows_never_matters() -> None:
    forward, checks = read(RUSSIAN_WEEK)
    backward, same = read(RUSSIAN_WEEK[::-1])
    assert forward.equals(backward)
    assert checks.equals(same)


def test_g4_on_the_case_itself() -> None:
    case = open_case(Path(__file__).parents[1] / "cases" / "syria-2016")
    told = prepared(case.facts["counts"], case.facts["sources"], party_of(case.facts["actors"]))
    checks, problems = check_counts(told, case.timezone)
    russian = checks.filter(pl.col("counted_by") == "russia")
    assert {"60 - 23 = 37", "199 - 60 - 45 - 55 = 39"} == set(terms(russian, "derived_day"))
    assert {"60 + 45 = 105", "199 - 55 = 144"} <= set(terms(russian, "derived_total"))
    assert "23 + [37] + 45 + [39] + 55 + 50 + 53 = 302" in terms(russian, "adds_up")
    assert any("23 + 42 = 65, not 60" in p.found for p in problems)
    sides = {party.id: party.side for party in case.agreement.parties.values()}
    series = series_of(told, case.facts["effort"], sides, checks)
    staff = series.filter((pl.col("counted_by") == "ru_genstaff") & (pl.col("metric") == "violations")).row(
        0, named=True
    )
    assert staff["one_sided"] is True
    for deaths in series.filter(pl.col("counted_by") == "sohr").iter_rows(named=True):
        with pytest.raises(PoolingRefused, match="different units"):
            pool(staff, deaths)
