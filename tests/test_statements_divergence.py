"""Stories of camps: how far apart are the worlds in which their reports happen?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import polars as pl
import pytest

from ceasefire.model import table
from ceasefire.statements import Traced, trace
from ceasefire.statements.divergence import jensen_shannon

START = datetime(2016, 9, 19, 16, tzinfo=UTC)


def told(*lines: str, names: dict[str, str] | None = None, act: str = "airstrike") -> Traced:
    """Lines ``camp stance actor [origin]``, all about one incident; ``names`` relabels camps and parties."""
    swap = names or {}
    reports, members, sources = [], [], {}
    for i, line in enumerate(lines):
        camp, stance, actor, *origin = line.split()
        camp = swap.get(camp, camp)
        actor = "|".join(swap.get(a, a) for a in actor.split("|"))
        at = START + timedelta(hours=i)
        reports.append(
            {
                "report_id": f"R{i:02}",
                "source_id": f"src-{i}",
                "recorded_at": at,
                "occurred_from": START,
                "occurred_to": START,
                "act": act,
                "stance": stance,
                "actor": None if actor == "-" else actor,
            }
        )
        members.append(
            {
                "report_id": f"R{i:02}",
                "incident_id": "I1",
                "probability": 1.0,
                "origin_id": (origin or [f"R{i:02}"])[0],
            }
        )
        sources[f"src-{i}"] = None if camp == "-" else camp
    return trace(
        table("statements").empty(),
        table("topics").frame([{"topic_id": "STRIKE", "name": "the strike", "anchor_reports": "R99;R00"}]),
        table("memberships").frame(members),
        table("located").frame(reports),
        table("sources").frame({"source_id": s, "name": s, "camp": c} for s, c in sources.items()),
        table("actors").frame(
            {"actor_id": a, "name": a, "party": p} for a, p in [("jets", swap.get("red", "red"))]
        ),
        seed=3,
    )


def between(traced: Traced, about: str = "STRIKE") -> dict[str, object]:
    return traced.divergences.filter(pl.col("about") == about).row(0, named=True)


def test_camps_that_blame_alike_are_at_zero_and_camps_with_nothing_in_common_at_one() -> None:
    assert between(told("red asserts red", "blue asserts red"))["divergence"] == 0.0
    assert between(told("red asserts blue", "blue asserts red"))["divergence"] == 1.0


def test_a_force_counts_with_its_party() -> None:
    assert between(told("red asserts red", "blue asserts jets"))["divergence"] == 0.0


def test_nobody_named_is_an_answer_of_its_own() -> None:
    row = between(told("red unattributed -", "blue asserts red"))
    assert row["divergence"] == 1.0
    assert (row["camp_a"], row["blames_a"], row["blames_b"]) == ("blue", "red 100%", "nobody named 100%")


def test_a_suggestion_lies_between_naming_and_not_naming() -> None:
    half = between(told("red suggests blue", "blue unattributed -"))
    assert half["blames_b"] == "hints at blue 100%"
    assert half["divergence"] == pytest.approx(
        float(jensen_shannon(np.array([0.5, 0.5]), np.array([0.0, 1.0])))
    )


def test_a_denial_is_spread_over_every_other_answer_and_shown_as_a_clearance() -> None:
    rows = told("red denies red", "blue asserts red", "green asserts blue").divergences
    about = rows.filter((pl.col("about") == "STRIKE") & (pl.col("camp_b") == "red"))
    assert about["blames_b"].unique().to_list() == ["clears red 100%"]
    cleared = np.array([0.0, 0.5, 0.5])  # red, blue, nobody named
    found = dict(about.select("camp_a", "divergence").iter_rows())
    assert found == {
        "blue": float(jensen_shannon(np.array([1.0, 0.0, 0.0]), cleared)),
        "green": float(jensen_shannon(np.array([0.0, 1.0, 0.0]), cleared)),
    }


def test_acts_that_are_no_blame_stay_out() -> None:
    """Who left a road is not an accusation."""
    assert told("red asserts blue", "blue asserts red", act="withdrawal").divergences.is_empty()


def test_copies_of_one_origin_are_one_account_of_a_camp() -> None:
    row = between(
        told("red asserts blue", "red asserts blue R00", "red asserts blue R00", "blue asserts red")
    )
    assert (row["n_a"], row["n_b"]) == (1, 1)


def test_sources_without_a_camp_stand_beside_as_none() -> None:
    assert between(told("- unattributed -", "blue asserts red"))["camp_b"] == "none"


def test_few_accounts_leave_the_interval_wide_and_many_narrow_it() -> None:
    def ends(times: int) -> tuple[float, float, float]:
        row = between(told(*["red asserts blue", "red asserts red", "blue asserts red"] * times))
        low, point, high = (float(str(row[k])) for k in ("low", "divergence", "high"))
        assert low <= point <= high
        return low, point, high

    few, many = ends(1), ends(30)
    assert few[2] - few[0] > 0.5
    assert many[2] - many[0] < 0.3
    assert few[1] == many[1]


def test_five_that_agree_are_not_certain_to_agree() -> None:
    row = between(told(*["red asserts red", "blue asserts red"] * 5))
    assert row["divergence"] == row["low"] == 0.0
    assert float(str(row["high"])) > 0.05


def test_swapping_the_camps_swaps_the_rows_and_moves_no_figure() -> None:
    lines = [
        f"{c} {s} {a}"
        for c, s, a in product(["red", "blue"], ["asserts", "suggests", "denies"], ["red", "blue"])
    ]
    lines += ["red asserts blue", "blue asserts jets", "red suggests blue|red", "blue unattributed -"]
    one = between(told(*lines))
    other = between(told(*lines, names={"red": "blue", "blue": "red"}))
    assert [other[k] for k in ("divergence", "low", "high")] == [
        one[k] for k in ("divergence", "low", "high")
    ]
    assert (other["n_a"], other["n_b"]) == (one["n_b"], one["n_a"])
    turned = str(other["blames_a"]).replace("red", "RED").replace("blue", "red").replace("RED", "blue")
    assert sorted(turned.split("; ")) == sorted(str(one["blames_b"]).split("; "))


def test_a_topic_without_a_known_anchor_has_no_row_of_its_own() -> None:
    traced = told("red asserts blue", "blue asserts red")
    assert traced.divergences["about"].to_list() == ["STRIKE", "all"]


def test_jensen_shannon_on_a_case_one_can_work_out_by_hand() -> None:
    half, sure = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    by_hand = 0.5 * (0.5 * np.log2(0.5 / 0.75) + 0.5 * np.log2(0.5 / 0.25)) + 0.5 * np.log2(1 / 0.75)
    assert float(jensen_shannon(half, sure)) == pytest.approx(by_hand, abs=1e-8)
