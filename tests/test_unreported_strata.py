"""Stories about lists made from sources, authors drawn many times, and districts that go dark."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from ceasefire.attribute.unreported import Lists, Unreported, estimate_unreported, lists_of, unreported
from ceasefire.attribute.unreported.dark import find_dark
from ceasefire.attribute.unreported.imputed import authors
from ceasefire.attribute.unreported.strata import _combined
from ceasefire.model import table

START = date(2016, 9, 5)  # a Monday
WEEKS = 6
SHORT = 1000
CHANCES = {"wire": 0.5, "radio": 0.4, "hospital": 0.35, "mission": 0.3}


def told(rows: list[tuple[str, str, str, str | None]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Memberships and reports from (report, source, incident, origin)."""
    reports = [
        {
            "report_id": r,
            "source_id": s,
            "published_at": datetime(2016, 9, 5, tzinfo=UTC) + timedelta(minutes=i),
        }
        for i, (r, s, _, _) in enumerate(rows)
    ]
    memberships = [{"report_id": r, "incident_id": i, "origin_id": o or r} for r, _, i, o in rows]
    return table("memberships").frame(memberships), pl.DataFrame(reports)


def test_an_account_counts_for_its_origin_and_copiers_are_one_list() -> None:
    """The mirror takes three of its four incidents from the wire; the radio took one of many and stays a list of its own."""
    rows: list[tuple[str, str, str, str | None]] = [(f"w{i}", "wire", f"i{i}", None) for i in range(6)]
    rows += [(f"m{i}", "mirror", f"i{i}", f"w{i}") for i in range(3)] + [("m9", "mirror", "i9", None)]
    rows += [(f"r{i}", "radio", f"i{i}", None) for i in range(2, 8)] + [("r0", "radio", "i0", "w0")]
    lists = lists_of(*told(rows))
    assert lists.names == ("mirror + wire", "radio")
    assert lists.sources == (("mirror", "wire"), ("radio",))
    seen = dict(zip(lists.incidents, lists.seen.tolist(), strict=True))
    assert seen["i0"] == [True, False], "the radio's account is the wire's"
    assert seen["i9"] == [True, False]
    assert seen["i7"] == [False, True]
    assert [p.code for p in lists.problems] == ["copies_are_one_list"]
    counts = {(a, b): n for a, b, n in lists.patterns().iter_rows()}
    assert counts == {(0, 1): 2, (1, 0): 3, (1, 1): 4}


def test_accounts_of_an_origin_nobody_has_count_for_the_first_to_tell() -> None:
    lists = lists_of(*told([("a1", "a", "i1", "gone"), ("b1", "b", "i1", "gone"), ("b2", "b", "i2", None)]))
    assert lists.names == ("a", "b")
    assert lists.seen.tolist() == [[True, False], [False, True]]


def test_one_office_is_one_list_and_the_smallest_are_read_together() -> None:
    rows: list[tuple[str, str, str, str | None]] = [
        (f"{s}{i}", s, f"i{i}", None) for n, s in enumerate("abcdef") for i in range(n, 8)
    ]
    lists = lists_of(*told(rows), together=[("a", "f")], most=3)
    assert lists.names == ("a + f", "b", "the 3 smallest")
    assert lists.sources[2] == ("c", "d", "e")
    assert [p.code for p in lists.problems] == ["lists_merged"]
    assert "c, d, e" in lists.problems[0].found


def test_a_report_that_is_likely_of_another_incident_counts_for_none() -> None:
    memberships, reports = told([("a1", "a", "i1", None), ("a2", "a", "i2", None)])
    doubted = memberships.with_columns(probability=pl.Series([0.9, 0.3]))
    assert lists_of(doubted, reports).incidents == ("i1",)
    assert lists_of(memberships, reports, incidents=["i2"]).incidents == ("i2",)
    assert lists_of(memberships, reports, incidents=[]).patterns().height == 0


def test_draws_of_authors_follow_their_probabilities() -> None:
    ids = tuple(f"i{n:03}" for n in range(200))
    attributions = pl.DataFrame(
        [(i, a, p) for i in ids[:-1] for a, p in (("red", 0.7), ("blue", 0.25), ("accident", 0.05))],
        schema=["incident_id", "actor", "probability"],
        orient="row",
    )
    actors, drawn = authors(ids, attributions, 20, 3)
    assert actors == ("accident", "blue", "red", "undetermined")
    assert drawn.shape == (20, 200)
    per_incident = (drawn[:, :-1] == 2).sum(axis=0)
    assert (np.abs(per_incident - 14) <= 1).all(), "systematic: 0.7 of 20 to within one"
    assert (drawn[:, -1] == 3).all(), "nobody is proposed"
    assert (drawn == authors(ids, attributions.sample(fraction=1, shuffle=True), 20, 3)[1]).all()
    assert (drawn != authors(ids, attributions, 20, 4)[1]).any()
    with pytest.raises(ValueError, match="expected probabilities"):
        authors(ids, attributions.with_columns(probability=pl.lit(-1.0)), 20, 3)


def happened(dark: tuple[str, tuple[int, ...]] | None = None) -> tuple[Lists, pl.DataFrame, pl.DataFrame]:
    """600 incidents in two districts over six weeks and who saw them; a district may go dark for some weeks."""
    rng = np.random.default_rng(8)
    area = np.where(rng.random(600) < 0.5, "East", "West")
    week = rng.integers(WEEKS, size=600)
    seen = rng.random((600, 4)) < np.array(list(CHANCES.values()))
    if dark is not None:
        seen[(area == dark[0]) & np.isin(week, dark[1])] = False
    rows = seen.any(axis=1)
    ids = np.array([f"i{n:03}" for n in range(600)])
    lists = Lists(tuple(ids[rows]), tuple(CHANCES), seen[rows], tuple((s,) for s in CHANCES))
    at = [datetime(2016, 9, 5, 12, tzinfo=UTC) + timedelta(weeks=int(w)) for w in week]
    incidents = pl.DataFrame({"incident_id": ids, "admin1": area, "occurred_from": at}).filter(
        pl.Series(rows)
    )
    days = [
        {
            "area": a,
            "day": (START + timedelta(days=n)).isoformat(),
            "state": "not_observed" if dark and a == dark[0] and n // 7 in dark[1] else "reported",
        }
        for a in ("East", "West")
        for n in range(7 * WEEKS)
    ]
    return lists, incidents, table("observation").frame(days)


@cache
def estimated(*dark_in_east: int) -> Unreported:
    lists, incidents, observation = happened(("East", dark_in_east) if dark_in_east else None)
    return unreported(lists, None, incidents, observation, by=("area", "month"), most_sweeps=SHORT)


def stacked(made: Unreported, by: str, group: str) -> dict[str, object]:
    return made.table.row(
        by_predicate=(pl.col("by") == by) & (pl.col("group") == group) & (pl.col("model") == "stacked"),
        named=True,
    )


def test_where_everybody_is_watched_the_total_is_found() -> None:
    made = estimated()
    everywhere = stacked(made, "all", "everywhere")
    assert everywhere["usable"]
    assert everywhere["low"] <= 600 <= everywhere["high"]
    for area in ("East", "West"):
        assert stacked(made, "area", area)["usable"]
    assert {g for b, g in made.table.select("by", "group").iter_rows() if b == "month"} == {
        "2016-09",
        "2016-10",
    }
    assert not made.table.filter(pl.col("by") == "area-week").height


@pytest.mark.parametrize("weeks", [(2, 3), (0, 1, 2, 3, 4, 5)])
def test_a_district_that_goes_dark_is_less_certain_and_never_calm(weeks: tuple[int, ...]) -> None:
    before, after = estimated(), estimated(*weeks)
    dark = after.table.filter(pl.col("by") == "area-week")
    assert dark["group"].to_list() == [f"East 2016-W{36 + w}" for w in weeks]
    for column in ("listed", "low", "best", "high", "unreported_best", "unreported_high"):
        assert dark[column].null_count() == len(weeks), "no number, and no zero"
    assert not dark["usable"].any()
    assert dark["reason"].str.contains("unknown, not calm").all()
    total_before, total_after = stacked(before, "all", "everywhere"), stacked(after, "all", "everywhere")
    assert total_before["high"] is not None
    assert total_after["high"] is None, "no upper end: it cannot have shrunk"
    assert total_after["best"] is None
    assert total_after["low"] is not None, "at least what was seen"
    assert f"{len(weeks)} of 12 area-weeks not observed" in str(total_after["reason"])
    assert stacked(after, "all", "where the lists could see")["high"] is not None
    assert stacked(after, "area", "West") == stacked(before, "area", "West")
    areas = after.table.filter(pl.col("by") == "area")["group"].to_list()
    if len(weeks) < WEEKS:
        assert stacked(after, "area", "East")["high"] is None
        assert stacked(after, "area", "East, where the lists could see")["high"] is not None
    else:
        assert "East" not in areas
    assert stacked(after, "month", "2016-09")["high"] is None
    assert stacked(after, "month", "2016-10")["high"] is None or weeks == (2, 3)
    assert [p.record for p in after.problems if p.code == "area_dark"] == ["East"]


def test_without_coverage_the_estimate_says_what_it_speaks_of() -> None:
    lists, _, _ = happened()
    made = unreported(lists, by=())
    assert made.table["group"].unique().to_list() == ["where the lists could see"]
    assert "coverage_not_given" in {p.code for p in made.problems}


def test_a_week_counts_as_dark_only_if_no_day_of_it_was_watched() -> None:
    rows = [("East", f"2016-09-{d:02}", "not_observed") for d in range(5, 18)] + [
        ("East", "2016-09-18", "quiet_watched")
    ]
    made = find_dark(pl.DataFrame(rows, schema=["area", "day", "state"], orient="row"))
    assert made.weeks == (("East", "2016-W36"),)
    assert made.by_area == {"East": (1, 2)}
    assert made.holding("actor", "red") == (1, 2)
    assert find_dark(table("observation").empty()).weeks == ()


def test_nothing_listed_is_refused_and_not_zero() -> None:
    nothing = lists_of(table("memberships").empty(), table("reports").empty())
    made = unreported(nothing, table("attributions").empty(), by=("actor",))
    assert made.all.refusal == "nothing is listed: that is not the same as nothing happened"
    assert made.table["best"].null_count() == made.table.height


def test_swapping_the_parties_swaps_their_totals() -> None:
    lists, _, _ = happened()
    rng = np.random.default_rng(2)
    red = rng.random(len(lists.incidents)).round(3)
    made = []
    for a, b in (("red", "blue"), ("blue", "red")):
        rows = [r for i, p in zip(lists.incidents, red, strict=True) for r in ((i, a, p), (i, b, 1 - p))]
        attributions = pl.DataFrame(rows, schema=["incident_id", "actor", "probability"], orient="row")
        made.append(unreported(lists, attributions, by=("actor",), imputations=2, most_sweeps=SHORT))
    swapped = made[1].table.with_columns(pl.col("group").replace({"red": "blue", "blue": "red"}))
    assert made[0].table.equals(table("unreported").conform(swapped))


def test_a_stratum_holds_what_all_draws_of_its_authors_say() -> None:
    """Two draws, of 200 and of all incidents: the interval spans both, and the listed are their mean."""
    lists, _, _ = happened()
    estimates = [
        estimate_unreported(lists.patterns(np.arange(len(lists.incidents)) < n), most_sweeps=SHORT)
        for n in (200, len(lists.incidents))
    ]
    found = {r["model"]: r for r in _combined("actor", "red", estimates)}
    assert found["stacked"]["low"] < estimates[0].best
    assert found["stacked"]["high"] > estimates[1].best
    assert found["stacked"]["listed"] == (200 + len(lists.incidents)) / 2
    assert found["stacked, sensitivity"]["high"] > found["stacked"]["high"]
    assert found["decomposable graphs"]["low"] < estimates[0].best


def test_totals_by_author_are_found_when_authors_are_in_doubt_and_come_out_the_same_again() -> None:
    lists, _, _ = happened()
    rows = []
    for n, incident in enumerate(lists.incidents):
        rows += [(incident, "red", 0.8 if n % 2 else 0.2), (incident, "blue", 0.2 if n % 2 else 0.8)]
    attributions = pl.DataFrame(rows, schema=["incident_id", "actor", "probability"], orient="row")
    one, two = (
        unreported(lists, attributions, by=("actor",), imputations=3, most_sweeps=SHORT) for _ in range(2)
    )
    assert one.table.equals(two.table)
    for actor in ("red", "blue"):
        assert stacked(one, "actor", actor)["low"] <= 300 <= stacked(one, "actor", actor)["high"]


def test_a_stratum_too_thin_is_refused_beside_those_that_are_not() -> None:
    lists, _, _ = happened()
    rows = [(i, "red" if n >= 8 else "green", 1.0) for n, i in enumerate(lists.incidents)]
    attributions = pl.DataFrame(rows, schema=["incident_id", "actor", "probability"], orient="row")
    made = unreported(lists, attributions, by=("actor",), imputations=2, most_sweeps=SHORT)
    assert stacked(made, "actor", "red")["usable"]
    green = stacked(made, "actor", "green")
    assert not green["usable"]
    assert green["listed"] == 8
    assert green["best"] is None
    assert "draws of the authors" in str(green["reason"])
    with pytest.raises(ValueError, match="expected some of"):
        unreported(lists, by=("side",))
