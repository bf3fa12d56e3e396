"""How many happenings there were: best, low and high of any total, traced to what fusion leaves open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from math import prod

import polars as pl
import pytest
from bench.fusion_reports import OTHER_MAKING, make

import ceasefire
from ceasefire.fuse.counts import counts, day_counts
from ceasefire.model import table

NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)


def incidents(n: int, *, reports: int = 3, **more: object) -> pl.DataFrame:
    """n incidents, one a day at noon, each told by three reports."""
    at = [NOON + timedelta(days=i) for i in range(n)]
    told = {"incident_id": [f"I-{i:03}" for i in range(n)], "occurred_from": at, "occurred_to": at}
    shape = table("incidents").schema
    frame = pl.DataFrame(told, schema_overrides={name: shape[name] for name in told})
    return frame.with_columns(n_reports=pl.lit(reports), **{k: pl.lit(v) for k, v in more.items()})


def open_questions(*rows: tuple[str, str, str | None, float]) -> pl.DataFrame:
    names = ("incident_id", "kind", "other_id", "probability")
    return table("alternatives").frame([dict(zip(names, row, strict=True)) for row in rows])


def total(frame: pl.DataFrame) -> dict[str, float]:
    assert frame.height == 1
    return frame.row(0, named=True)


NOTHING = open_questions()


def test_without_any_doubt_the_count_is_what_is_listed() -> None:
    assert total(counts(incidents(3), NOTHING)) == {"listed": 3, "best": 3.0, "low": 3, "high": 3}
    assert total(counts(incidents(0), NOTHING)) == {"listed": 0, "best": 0.0, "low": 0, "high": 0}


def test_two_that_may_be_one_lower_the_count_and_one_that_may_be_two_raises_it() -> None:
    merge = open_questions(("I-000", "merge", "I-001", 0.4))
    assert total(counts(incidents(2), merge)) == {"listed": 2, "best": 1.6, "low": 1, "high": 2}
    split = open_questions(("I-000", "split", None, 0.4))
    assert total(counts(incidents(1), split)) == {"listed": 1, "best": 1.4, "low": 1, "high": 2}


def test_of_three_that_may_all_be_one_only_two_can_go() -> None:
    """Each counts as one in as many as are one with it, in the mean over which mergers hold; never by the chances summed."""
    chances = {(0, 1): 0.45, (0, 2): 0.4, (1, 2): 0.3}
    ring = open_questions(*((f"I-00{a}", "merge", f"I-00{b}", p) for (a, b), p in chances.items()))
    expected = 0.0
    for incident in range(3):
        mine = [p for pair, p in chances.items() if incident in pair]
        for held in product((0, 1), repeat=2):
            chance = prod(p if h else 1 - p for p, h in zip(mine, held, strict=True))
            expected += chance / (1 + sum(held))
    assert total(counts(incidents(3), ring))["best"] == pytest.approx(expected, abs=1e-3)
    sure = open_questions(*((f"I-00{a}", "merge", f"I-00{b}", 1.0) for a, b in chances))
    assert total(counts(incidents(3), sure))["best"] == pytest.approx(1.0)


def test_one_told_once_may_be_told_elsewhere_too() -> None:
    assert total(counts(incidents(10, reports=1), NOTHING))["best"] == pytest.approx(9.4)
    listed_by_coders = counts(incidents(10, reports=1, coded=True), NOTHING)
    assert total(listed_by_coders) == {"listed": 10, "best": 10.0, "low": 10, "high": 10}


def test_a_merger_across_two_groups_is_shared_between_them() -> None:
    rows = incidents(2).with_columns(act=pl.Series(["shelling", "airstrike"]))
    told = counts(rows, open_questions(("I-000", "merge", "I-001", 0.4)), "act")
    assert told["act"].to_list() == ["airstrike", "shelling"]
    assert told["best"].to_list() == [0.8, 0.8]


@pytest.fixture(scope="module")
def fused() -> ceasefire.fuse.Fused:  # type: ignore[name-defined]
    made = make(600, seed=77)
    return ceasefire.fuse(made.reports, made.sources, seed=0)


def test_days_add_up_to_the_total_but_their_intervals_do_not(fused) -> None:  # type: ignore[no-untyped-def]
    whole = total(counts(fused.incidents, fused.alternatives))
    days = fused.day_counts
    assert days["best"].sum() == pytest.approx(whole["best"], abs=0.001 * days.height)
    narrow, wide = whole["high"] - whole["low"], days["high"].sum() - days["low"].sum()
    assert 0 < narrow < 0.8 * wide
    assert days["low"].sum() < whole["low"] <= whole["best"] <= whole["high"] < days["high"].sum()


@pytest.mark.parametrize("by", ["act", "admin1", ["act", "admin1"]])
def test_groups_add_up_to_the_total_whatever_they_are_counted_by(fused, by) -> None:  # type: ignore[no-untyped-def]
    whole = total(counts(fused.incidents, fused.alternatives))
    groups = counts(fused.incidents, fused.alternatives, by)
    assert groups["listed"].sum() == whole["listed"] == fused.incidents.height
    assert groups["best"].sum() == pytest.approx(whole["best"], abs=0.001 * groups.height)
    assert (groups["low"] <= groups["best"].round()).all()
    assert (groups["best"].round() <= groups["high"]).all()


def test_the_order_of_rows_does_not_matter(fused) -> None:  # type: ignore[no-untyped-def]
    told = counts(fused.incidents, fused.alternatives, "act", every="1w")
    mixed = counts(
        fused.incidents.sample(fraction=1.0, shuffle=True, seed=1),
        fused.alternatives.reverse(),
        "act",
        every="1w",
    )
    assert told.equals(mixed)


def test_parties_that_change_names_change_counts() -> None:
    """What is counted under one label is counted under the other when they are swapped, to the byte."""
    author = pl.Series(["north", "south", "north", "north", "undetermined", "south"])
    doubt = open_questions(
        ("I-000", "merge", "I-001", 0.3), ("I-001", "merge", "I-003", 0.2), ("I-005", "split", None, 0.4)
    )
    swap = {"north": "south", "south": "north", "undetermined": "undetermined"}
    told = counts(incidents(6).with_columns(author=author), doubt, "author")
    other = counts(incidents(6).with_columns(author=author.replace(swap)), doubt, "author")
    assert told.sort("author").equals(other.with_columns(pl.col("author").replace(swap)).sort("author"))


def test_days_are_those_of_utc_unless_another_zone_is_named() -> None:
    """Ten in the evening in UTC is the next day in Damascus."""
    late = incidents(1).with_columns(pl.col("occurred_from", "occurred_to") + pl.duration(hours=10))
    assert counts(late, NOTHING, every="1d")["day"].to_list() == [date(2031, 5, 1)]
    assert counts(late, NOTHING, every="1d", timezone="Asia/Damascus")["day"].to_list() == [date(2031, 5, 2)]
    assert day_counts(late, NOTHING).columns == ["day", "best", "low", "high"]


def test_an_incident_of_two_days_is_half_in_each_and_whole_in_their_week() -> None:
    long = incidents(1).with_columns(pl.col("occurred_to") + pl.duration(hours=24))
    assert counts(long, NOTHING, every="1d")["best"].to_list() == [0.5, 0.5]
    assert counts(long, NOTHING, every="1w").select("best", "low", "high").rows() == [(1.0, 1, 1)]
    for days in range(1, 40):  # thirds and sevenths of days must not leave a remainder
        spread = incidents(1).with_columns(pl.col("occurred_to") + pl.duration(days=days, minutes=7 * days))
        assert counts(spread, NOTHING, every="1q").select("best", "low", "high").rows() == [(1.0, 1, 1)]


def test_the_interval_of_a_total_holds_the_truth_on_generated_reports() -> None:
    """Twenty sets of two makings that no constant was fitted on: nine in ten must hold; three misses are luck."""
    held = 0
    for seed in range(801, 821):
        made = make(600, seed, OTHER_MAKING if seed % 2 else None)
        found = ceasefire.fuse(made.reports, made.sources, seed=0)
        told = total(counts(found.incidents, found.alternatives))
        held += told["low"] <= made.happenings.height <= told["high"]
    assert held >= 15
