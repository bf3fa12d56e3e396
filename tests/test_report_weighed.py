"""The accounts and the doubt of an entry: what an answer hangs on, whose copy an account is, where a source stands."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from bench.attribution_reports import make

from ceasefire import Picture
from ceasefire.attribute import Attributed, attribute
from ceasefire.publishing import release
from ceasefire.report.sections.desk import Desk
from ceasefire.report.sections.headline import answer_sentence
from ceasefire.report.sections.incidents import incidents
from ceasefire.report.sections.left_out import left_out
from ceasefire.report.sections.weighed import Weighed
from fabricated_picture import picture


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk(release(picture()))


def row(what: str, which: str, leading: str, probability: float, of_answer: float) -> dict[str, object]:
    return {
        "left_out": what,
        "which": which,
        "leading": leading,
        "probability": probability,
        "of_answer": of_answer,
    }


def test_an_answer_that_hangs_on_one_source_says_so_first(desk: Desk) -> None:
    rows = [
        row("source", "watch", "river", 0.6, 0.3),
        row("camp", "no camp", "river|uplands", 0.4, 0.4),
        row("silence", "all silence", "uplands", 0.801, 0.801),
        row("copies", "watch and who repeats it", "uplands", 0.7, 0.7),
        row("prior", "flat instead", "uplands", 0.8, 0.8),
    ]
    made = left_out(desk, rows, {"leading": "uplands", "probability": 0.8})
    assert made is not None
    watch = desk.source("watch")
    assert made["text"].startswith(
        f"Another answer is more probable without {watch} (then River, 60 in 100)."
    )
    assert (
        "It no longer leads alone without all sources without a camp "
        "(then River and Uplands level, 40 in 100 each)" in made["text"]
    )
    assert made["text"].endswith("The figure for Uplands, now 80 in 100, lies between 30 and 80 in 100.")
    assert [r[0] for r in made["sheet"].rows] == [
        watch,
        "all sources without a camp",
        f"{watch} and all who repeat it",
    ], "the largest change first; what moves it by less than one in a hundred is only counted"
    assert made["still"] == "2 others"


def test_an_answer_that_hangs_on_nothing_says_so(desk: Desk) -> None:
    made = left_out(
        desk, [row("source", "watch", "uplands", 0.9, 0.9)], {"leading": "uplands", "probability": 0.9}
    )
    assert made is not None
    assert made["text"].startswith("Whatever single thing is left out, the same answer is the most probable.")
    assert not made["sheet"].rows


def test_without_an_answer_that_anybody_names_nothing_is_said_of_it(desk: Desk) -> None:
    assert (
        left_out(
            desk, [row("prior", "flat instead", "uplands", 0.2, 0.2)], {"leading": None, "probability": 0.2}
        )
        is None
    )
    assert left_out(desk, [], {"leading": "uplands", "probability": 0.9}) is None


def test_each_source_speaks_once_and_its_other_reports_say_with_which(syria: Picture) -> None:
    entry = next(e for e in incidents(Desk(release(syria)))["entries"] if e["name"] == "I-R145")
    cells = {a["report"]: a["weight"] for a in entry["accounts"]}
    assert cells["R147"].startswith("×"), "names the author: it carries the weight of its source"
    assert cells["R145"] == cells["R146"] == cells["R148"] == "with R147"
    assert cells["R195"] == "not weighed", "a board's finding stands beside"
    assert cells["R173"].startswith(("×", "÷"))
    printed = [c for c in cells.values() if c.startswith(("×", "÷"))]
    voices = syria.table("evidence").filter(
        (pl.col("incident_id") == "I-R145") & pl.col("report_ids").is_not_null() & (pl.col("kind") != "copy")
    )
    assert len(printed) == voices["step"].n_unique(), "one weight a line of the sum, no more"


def test_denials_stand_at_the_head_of_the_entry(syria: Picture) -> None:
    entry = next(e for e in incidents(Desk(release(syria)))["entries"] if e["name"] == "I-R145")
    told = dict(entry["facts"])["Denials"]
    for name in ("Russian Ministry of Defence", "Unnamed Syrian military source", "US Department of Defense"):
        assert name in told


def test_the_leader_of_an_undetermined_incident_does_not_stand_alone(syria: Picture) -> None:
    desk = Desk(release(syria))
    said = answer_sentence(desk, desk.incidents["I-R145"])
    assert said.startswith("Author undetermined.")
    assert "Next is the Syrian government" in said
    assert "These ranges overlap." in said


@pytest.fixture(scope="module")
def copied() -> Attributed:
    made = make("bias + copying", seed=1, incidents=800)
    return attribute(made.claims, made.sources, made.parties, incidents=made.incidents)


def test_a_copy_that_was_found_says_whose_it_is(copied: Attributed) -> None:
    """Where a leader had told of the incident before its follower, the follower's line names it; nobody else's does."""
    leader = dict(
        copied.standing.filter(pl.col("repeats").is_not_null()).select("source_id", "repeats").iter_rows()
    )
    lines = copied.evidence.filter(pl.col("source_id").is_not_null()).unique(["incident_id", "step"])
    found = lines.filter(pl.col("copy_of").is_not_null())
    assert found.height > 100
    assert all(leader[r["source_id"]] == r["copy_of"] for r in found.iter_rows(named=True))
    when = copied.claims.group_by("incident_id", "source_id").agg(pl.col("published_at").min())
    both = found.join(when, on=["incident_id", "source_id"]).join(
        when, left_on=["incident_id", "copy_of"], right_on=["incident_id", "source_id"], suffix="_lead"
    )
    assert both.height == found.height, "the leader spoke of it too"
    assert (both["published_at_lead"] <= both["published_at"]).all()
    incident = found["incident_id"].sort()[0]
    titles = [title for title, _ in copied.explain(incident)]
    assert "Sources read otherwise than listed, or found to repeat another" in titles


def test_a_source_that_stands_elsewhere_says_so_beside_its_listed_camp() -> None:
    """Listed without a camp; from the tenth on it speaks as one of the uplands."""
    told = picture().with_rows(
        "standing",
        [
            {"source_id": "watch", "listed": None, "camp": None, "elsewhere": False},
            {
                "source_id": "watch",
                "since": datetime(2031, 5, 10, tzinfo=UTC),
                "listed": None,
                "camp": "uplands",
                "elsewhere": True,
            },
        ],
    )
    weighed = Weighed(Desk(release(told)), {}, {}, {})
    assert weighed._read_as("watch", datetime(2031, 5, 9, tzinfo=UTC)) == ""
    assert (
        weighed._read_as("watch", datetime(2031, 5, 12, tzinfo=UTC))
        == "read by what it says as close to Uplands since 10 May 2031"
    )
    assert weighed._read_as("radio_up", datetime(2031, 5, 12, tzinfo=UTC)) == ""


def test_answers_that_lead_together_are_left_out_of_together() -> None:
    """One source cannot say which of two it was: without it all are level, with it neither is first by its name."""
    claims = pl.DataFrame(
        {"incident_id": ["i"], "source_id": ["s"], "stance": ["asserts"], "actor": ["blue|red"]}
    )
    sources = pl.DataFrame({"source_id": ["s"], "kind": ["monitor_ngo"]})
    rows = attribute(claims, sources, ["blue", "red", "green"]).sensitivity
    alone = rows.filter(pl.col("left_out") == "source").row(0, named=True)
    assert alone["flips"] is False
    assert alone["leading"] == "accident|blue|green|red|third_party"
    assert alone["of_answer"] == pytest.approx(0.2)
