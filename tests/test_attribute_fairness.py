"""Are the parties treated alike? Time to an answer, who is named against what was expected, and labels exchanged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from ceasefire import Picture
from ceasefire.attribute import Attributed, attribute, fairness, symmetry
from ceasefire.attribute.fairness import mean, median, share
from ceasefire.attribute.symmetry import _compared
from ceasefire.cli import app
from ceasefire.model import table
from ceasefire.publishing import release
from ceasefire.report.page import page
from ceasefire.report.sections.fairness import differences, swapped_in_words, tiny
from shipped import CASES

START = datetime(2016, 9, 19, tzinfo=UTC)
SIDES = {"blue": "north", "red": "south", "green": "south"}
SOURCES = pl.DataFrame(
    {
        "source_id": ["blue_office", "red_office", "watch", "doctors", "wire", "mission"],
        "kind": ["party_official", "party_official", "monitor_ngo", "medical_ngo", "media_independent", "un"],
        "camp": ["blue", "red", None, None, None, None],
    }
)


def told(lines: list[tuple[str, str, str, int]]) -> pl.DataFrame:
    """Claims from (incident, source, actor, hour)."""
    return pl.DataFrame(
        [
            {
                "incident_id": i,
                "source_id": s,
                "stance": "asserts",
                "actor": a,
                "published_at": START + timedelta(hours=h),
                "recorded_at": START + timedelta(hours=h),
                "report_id": f"r{n}",
                "origin_id": f"r{n}",
            }
            for n, (i, s, a, h) in enumerate(lines)
        ]
    )


def began(*ids: str) -> pl.DataFrame:
    return pl.DataFrame({"incident_id": ids, "occurred_from": [START] * len(ids)})


def test_an_answer_took_until_the_account_that_made_it_one() -> None:
    """The watch after two hours, the doctors after five; then red owns up, after a day: only then do two camps say so."""
    a = attribute(
        told(
            [
                ("i", "watch", "red", 2),
                ("i", "doctors", "red", 5),
                ("i", "red_office", "red", 24),
                ("i", "wire", "red", 30),
            ]
        ),
        SOURCES,
        SIDES,
        incidents=began("i"),
    )
    row = a.answer_times.row(0, named=True)
    assert (row["answer"], row["hours"], row["accounts"], row["of_accounts"]) == ("red", 24, 3, 4)
    assert row["answered_at"] == START + timedelta(hours=24)


def test_an_incident_that_stays_undetermined_took_no_time() -> None:
    a = attribute(
        told([("i", "watch", "red", 2), ("j", "wire", "blue", 1)]), SOURCES, SIDES, incidents=began("i", "j")
    )
    assert set(a.assessments["answer"]) == {"undetermined"}
    assert not a.answer_times.height


def settled(claims: pl.DataFrame, incident: str) -> tuple[str, datetime] | None:
    """By deriving everything again at every instant: since when today's answer is the answer."""
    today = attribute(claims, SOURCES, SIDES).assessments.row(
        by_predicate=pl.col("incident_id") == incident, named=True
    )
    if today["answer"] == "undetermined":
        return None
    since = None
    for instant in claims.filter(pl.col("incident_id") == incident)["recorded_at"].unique().sort():
        known = claims.filter(pl.col("recorded_at") <= instant)
        then = attribute(known, SOURCES, SIDES).assessments.row(
            by_predicate=pl.col("incident_id") == incident, named=True
        )
        since = (since or instant) if then["answer"] == today["answer"] else None
    assert since is not None
    return today["answer"], since


@pytest.mark.parametrize("seed", range(4))
def test_the_replay_gives_what_deriving_again_at_every_instant_gives(seed: int) -> None:
    """Forty incidents told of at random, some by several of one camp, some retold by the same source in other words."""
    rng = np.random.default_rng(seed)
    names = SOURCES["source_id"].to_list()
    lines = [
        (
            f"i{i}",
            str(rng.choice(names)),
            str(rng.choice(["red", "red", "red", "blue", "green", "red|green"])),
            int(rng.integers(40)),
        )
        for i in range(40)
        for _ in range(rng.integers(1, 9))
    ]
    claims = told(lines)
    a = attribute(claims, SOURCES, SIDES)
    found = {r["incident_id"]: (r["answer"], r["answered_at"]) for r in a.answer_times.iter_rows(named=True)}
    expected = {f"i{i}": settled(claims, f"i{i}") for i in range(40)}
    assert found == {k: v for k, v in expected.items() if v is not None}
    assert len(found) >= 5, "some are answered, or the test would show nothing"


def test_one_voice_is_expected_to_name_each_answer_alike_and_a_later_one_to_agree() -> None:
    """Nothing known but one voice: each of five answers has a fifth. Of two, the other is expected to agree."""
    alone = attribute(told([("i", "watch", "red", 1)]), SOURCES, SIDES).namings
    assert set(alone["speakers"]) == {"no camp"}
    assert alone["expected"].to_list() == pytest.approx([0.2] * 3)
    assert dict(alone.select("party", "named").iter_rows()) == {"blue": 0, "green": 0, "red": 1}
    two = attribute(told([("i", "watch", "red", 1), ("i", "doctors", "red", 2)]), SOURCES, SIDES).namings
    expected = dict(two.select("party", "expected").iter_rows())
    assert expected["red"] > 1
    assert expected["blue"] == pytest.approx(expected["green"])
    low, high = two.filter(pl.col("party") == "red").select("low", "high").row(0)
    assert low < expected["red"] < high <= 2


def test_accusers_are_told_apart_by_where_they_stand() -> None:
    lines = [
        ("i", "blue_office", "red", 1),
        ("i", "red_office", "red", 2),
        ("i", "watch", "red", 3),
        ("j", "blue_office", "blue", 4),
    ]
    got = attribute(told(lines), SOURCES, SIDES).namings
    named = {(r["party"], r["speakers"]): r["named"] for r in got.iter_rows(named=True)}
    assert named["red", "opposing"] == named["red", "own"] == named["red", "no camp"] == 1
    assert named["blue", "own"] == 1
    assert named["green", "ally"] == 0, "red is green's ally, and named red"


def test_intervals_of_few_are_wide_or_not_given() -> None:
    assert share(0, 0) == (None, None, None)
    k, low, high = share(1, 1)
    assert (k, high) == (1, 1)
    assert low == pytest.approx(1 / (1 + 1.6448536**2))
    assert share(5, 10)[1:] == pytest.approx((0.2693, 0.7307), abs=1e-4)
    assert median([7.0, 1.0, 3.0]) == (3.0, None, None)
    assert median([5.0, 1.0, 2.0, 4.0, 3.0]) == (3.0, 1.0, 5.0)
    assert mean([0.5]) == (0.5, None, None)
    assert mean([0.2, 0.4]) == pytest.approx((0.3, 0.3 - 1.6448536 * 0.1, 0.3 + 1.6448536 * 0.1))


def test_each_party_has_a_row_with_its_number_and_findings_stand_beside() -> None:
    a = attribute(
        told([("i", "watch", "red", 2), ("i", "red_office", "red", 3), ("j", "blue_office", "red|green", 1)]),
        SOURCES,
        SIDES,
        incidents=began("i", "j"),
    )
    beside = table("findings_beside").frame(
        [
            {"finding_id": "f1", "issuer": "Board", "incident_id": "i", "actor": "red_air"},
            {"finding_id": "f2", "issuer": "Board", "incident_id": "i", "actor": "red|blue"},
        ]
    )
    actors = table("actors").frame([{"actor_id": "red_air", "name": "Red air force", "party": "red"}])
    tables = {
        "assessments": a.assessments,
        "attributions": a.attributions,
        "answer_times": a.answer_times,
        "namings": a.namings,
        "findings_beside": beside,
    }
    rows = {r["party"]: r for r in fairness(tables, SIDES, actors).iter_rows(named=True)}
    assert set(rows) == set(SIDES)
    red, green, blue = rows["red"], rows["green"], rows["blue"]
    assert (red["leads"], red["answered"], red["accepted"], red["abstained"]) == (2, 1, 1, 1)
    assert (green["leads"], green["answered"], green["abstained"]) == (1, 0, 1), (
        "level with red in j: counted for both"
    )
    assert (blue["leads"], blue["answered_share"], blue["width"]) == (0, None, None)
    assert red["hours"] == 3
    assert (red["found"], blue["found"]) == (1, 0), "a finding that leaves it open between two names neither"
    given = a.attributions.filter((pl.col("incident_id") == "i") & (pl.col("actor") == "red"))["probability"][
        0
    ]
    assert red["found_probability"] == red["found_lowest"] == given


def attributed() -> tuple[Attributed, pl.DataFrame]:
    claims = told(
        [
            ("i", "watch", "red", 2),
            ("i", "red_office", "blue", 3),
            ("j", "blue_office", "red|green", 1),
            ("k", "wire", "green", 1),
        ]
    )
    return attribute(claims, SOURCES, SIDES), claims


def test_exchanged_labels_exchange_the_answers() -> None:
    a, claims = attributed()
    rows = symmetry(a, {"claims": claims, "sources": SOURCES, "parties": SIDES})
    assert rows.select("party_a", "party_b").rows() == [("blue", "green"), ("blue", "red"), ("green", "red")]
    assert rows["answers_differ"].sum() == 0
    assert rows["largest_difference"].max() < 1e-9  # type: ignore[operator]
    assert set(rows["incidents"]) == {3}


def test_a_weighing_that_favours_a_name_is_found_out() -> None:
    """The same answers, but for one figure that leans to blue under either label: the exchange shows it."""
    a, _ = attributed()
    leaning = pl.when(pl.col("actor") == "blue").then(0.01).otherwise(0.0)
    swap = {"blue": "red", "red": "blue"}
    swapped = [pl.col(c).replace(swap).alias(c) for c in ("actor",)]
    fair = replace(a, attributions=a.attributions.with_columns(swapped))
    unfair = replace(
        a,
        attributions=a.attributions.with_columns(swapped).with_columns(
            probability=pl.col("probability") + leaning
        ),
    )
    ours = replace(a, attributions=a.attributions.with_columns(probability=pl.col("probability") + leaning))
    words = {c: pl.col(c).str.replace_many(["blue", "red"], ["red", "blue"]) for c in ("answer", "leading")}
    mirrored = a.assessments.with_columns(**words)
    assert _compared(a, replace(fair, assessments=mirrored), swap)["to_the_bit"]
    shown = _compared(ours, replace(unfair, assessments=mirrored), swap)
    assert shown["largest_difference"] == pytest.approx(0.01)
    assert not shown["to_the_bit"]
    other = _compared(a, replace(fair, assessments=mirrored.with_columns(leading=pl.lit("blue"))), swap)
    assert other["answers_differ"] == mirrored.filter(pl.col("leading") != "blue").height == 2


def test_a_fault_is_called_a_fault() -> None:
    row = {"incidents": 72, "figures": 2195, "largest_difference": 0.2, "answers_differ": 1}
    assert "1 answer did not swap" in swapped_in_words([row])
    assert "a fault of this program" in swapped_in_words([row])
    fair = row | {"answers_differ": 0, "largest_difference": 3.2e-12}
    assert swapped_in_words([fair]).endswith(
        "none differs by more than 4 × 10⁻¹², which is the rounding of sums in another order."
    )
    assert swapped_in_words([fair | {"largest_difference": 0.0}]).endswith("not one differs by a single bit.")
    assert (tiny(0.0), tiny(1e-9), tiny(9.7e-13)) == ("0", "1 × 10⁻⁹", "1 × 10⁻¹²")


def party(name: str, **figures: object) -> dict[str, object]:
    empty = dict.fromkeys(table("fairness").schema)
    return empty | {"party": name, "leads": 10, "answered": 4, "named": 5} | figures


def test_a_difference_is_told_only_where_intervals_do_not_overlap() -> None:
    alike = [
        party("red", answered_low=0.2, answered_high=0.6),
        party("blue", answered_low=0.5, answered_high=0.9),
    ]
    said = differences(alike, str.title)
    assert (
        said[0]
        == "How often an answer reaches the standard: the intervals overlap; no difference between parties can be told."
    )
    assert said[1] == "How long an answer took: too few answers to compare."
    assert said[3].startswith("Who is named: every party about as often")
    apart = [
        party("red", answered_low=0.2, answered_high=0.4, expected=9.0, expected_low=7.0, expected_high=11.0),
        party(
            "blue",
            answered=8,
            answered_low=0.5,
            answered_high=0.9,
            expected=5.0,
            expected_low=3.0,
            expected_high=7.0,
        ),
    ]
    said = differences(apart, str.title)
    assert said[0].endswith("Red 4 of 10 and Blue 8 of 10. Intervals that do not overlap: Red – Blue.")
    assert said[3].startswith(
        "Who is named: Red less often than the other accounts led to expect (5 times; 7 to 11 expected)."
    )
    assert not any("bias" in s for s in said)


def test_the_report_and_the_command_show_it(syria: Picture) -> None:
    html = page(release(syria))
    assert "Are the parties treated alike?" in html
    assert "Every answer swapped with the labels" in html
    shown = CliRunner().invoke(app, ["symmetry", str(CASES / "syria-2016")])
    assert shown.exit_code == 0, shown.output
    assert "labels exchanged" in shown.output.casefold()
    times = syria.table("answer_times")
    assert times.height == syria.assessments.filter(pl.col("answer") != "undetermined").height
    assert times.select((pl.col("accounts") <= pl.col("of_accounts")).all()).item()


def test_a_flood_is_replayed_in_steps() -> None:
    """Three thousand sources say the same, one a minute, then two parties: of all these instants sixty-four are looked at."""
    n = 3_000
    names = [f"s{k}" for k in range(n)] + ["red_office", "blue_office"]
    claims = told([("i", name, "red", k) for k, name in enumerate(names)])
    sources = pl.DataFrame(
        {
            "source_id": names,
            "kind": ["monitor_ngo"] * n + ["party_official"] * 2,
            "camp": [None] * n + ["red", "blue"],
        }
    )
    row = attribute(claims, sources, SIDES, incidents=began("i")).answer_times.row(0, named=True)
    assert row["of_accounts"] == n + 2
    assert row["accounts"] == n + 2, (
        "red owns up in the last step but one minute: told at the end of that step"
    )
    assert row["hours"] == n + 1
