"""Competing hypotheses: small stories whose figures can be worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ceasefire import Picture, open_case
from ceasefire.attribute import compete
from ceasefire.attribute.hypotheses import Competed
from ceasefire.model import table
from test_case import write_case

STEP = sqrt(10.0)
WORDS = {"++": "strongly_for", "+": "for", "0": "neutral", "-": "against", "--": "strongly_against"}


def weighed(
    *lines: str, hypotheses: str = "purpose error", priors: tuple[float | None, ...] = (), origins: str = ""
) -> Competed:
    """Lines "evidence mark mark [origin]": r* are reports of one source each, s* statements, f* findings, "?words" unreported.
    ``origins``: "r2<r1" makes r2 a copy of r1."""
    names = hypotheses.split()
    copies = dict(part.split("<") for part in origins.split())
    reports = [f"r{k}" for k in range(1, 6)]
    rows: list[dict[str, Any]] = []
    for line in lines:
        evidence, *marks = line.split()
        origin = marks[len(names)] if len(marks) > len(names) else None
        for name, mark in zip(names, marks, strict=False):
            rows.append(
                {
                    "rating_id": f"x{len(rows):02d}",
                    "hypothesis_id": name,
                    "evidence": None if evidence.startswith("?") else evidence,
                    "would_be": evidence[1:] if evidence.startswith("?") else None,
                    "rating": WORDS.get(mark, mark),
                    "origin": origin,
                    "rated_by": "test",
                    "reason": "made up",
                    "file": "ratings.csv",
                    "line": len(rows) + 2,
                }
            )
    day = datetime(2016, 9, 19, tzinfo=UTC)
    facts = {
        "hypotheses": table("hypotheses").frame(
            {"hypothesis_id": n, "about": "t", "label": n, "prior": p}
            for n, p in zip(names, priors or [None] * len(names), strict=True)
        ),
        "ratings": table("ratings").frame(rows),
        "topics": table("topics").frame([{"topic_id": "t", "name": "t", "anchor_reports": "r1"}]),
        "reports": table("reports").frame(
            {"report_id": r, "source_id": f"of {r}", "occurred_from": day, "occurred_to": day} for r in reports
        ),
        "statements": table("statements").frame(
            {
                "statement_id": f"s{k}", "speaker": "x", "party": "gov", "body": "military", "about": "t",
                "thread": "y", "sequence": "1", "stance": "asserts",
            }
            for k in (1, 2)
        ),
        "findings": table("findings").frame(
            {"finding_id": f"f{k}", "issuer": f"Board {k} (summary)"} for k in (1, 2)
        ),
    }  # fmt: skip
    memberships = pl.DataFrame(
        {"report_id": reports, "incident_id": "I", "origin_id": [copies.get(r, r) for r in reports]}
    )
    return compete(facts, memberships)


def answer(found: Competed) -> tuple[str, dict[str, float]]:
    rows = found.weighed_hypotheses
    return rows["answer"][0], dict(rows.select("hypothesis_id", "probability").iter_rows())


def test_likelihoods_multiply_and_the_ends_are_those_of_one_source_and_one_rating() -> None:
    found = weighed("r1 ++ -", "r2 + 0", "r3 ++ 0")
    odds = 10 * STEP * STEP * 10
    said, chances = answer(found)
    assert said == "purpose"
    assert chances["purpose"] == pytest.approx(odds / (1 + odds))
    row = found.weighed_hypotheses.filter(hypothesis_id="purpose").row(0, named=True)
    # the worst: without r1, and r3 (or r2) a step less, or a step more for the other
    worst = STEP * 10 / STEP
    assert row["low"] == pytest.approx(worst / (1 + worst))
    # the best: nothing left out, and r1 a step worse for the other, or r2 better for this one
    assert row["high"] == pytest.approx(odds * STEP / (1 + odds * STEP))
    assert "keeps at least 0.91" in row["rule"]
    assert "not a judicial finding" in row["rule"]
    item = found.rated_evidence.filter(evidence="r1", hypothesis_id="purpose").row(0, named=True)
    assert item["diagnosticity"] == pytest.approx(10 * STEP)
    assert item["without"] == pytest.approx(STEP * 10 / (1 + STEP * 10))
    assert item["leads_then"] == "purpose"


def test_a_lead_that_one_source_and_one_reading_undo_is_undetermined() -> None:
    found = weighed("r1 + 0", "r2 0 -")
    said, chances = answer(found)
    assert chances["purpose"] == pytest.approx(10 / 11)
    assert said == "undetermined"
    assert (
        "purpose leads; without any one origin and with any one rating a step off it falls to 0.50"
        in (found.weighed_hypotheses["rule"][0])
    )


def test_one_origin_however_loud_is_undetermined() -> None:
    for found in (
        weighed("r1 ++ --"),
        weighed("r1 ++ --", "r2 ++ --", origins="r2<r1"),  # a copy
        weighed("s1 ++ --", "s2 ++ --"),  # one office
        weighed("r1 ++ -- board", "f1 ++ -- board"),  # told to be one
    ):
        said, chances = answer(found)
        assert said == "undetermined"
        assert chances["purpose"] == pytest.approx(100 / 101)
        assert "needed 2" in found.weighed_hypotheses["rule"][0]
    assert answer(weighed("f1 ++ --", "f2 ++ --"))[0] == "purpose"  # two boards


def test_what_tells_nothing_takes_no_weight_from_its_origin() -> None:
    plain, more = weighed("s1 ++ 0"), weighed("s1 ++ 0", "s2 + +")
    assert answer(plain)[1] == answer(more)[1]
    halved = weighed("s1 ++ 0", "s2 + 0")
    assert answer(halved)[1]["purpose"] == pytest.approx(10**0.75 / (1 + 10**0.75))


def test_facts_that_fit_all_hypotheses_leave_them_undetermined() -> None:
    found = weighed("r1 ++ ++", "r2 -- --", "r3 0 0")
    said, chances = answer(found)
    assert (said, chances["purpose"]) == ("undetermined", pytest.approx(0.5))
    assert found.rated_evidence["diagnosticity"].to_list() == pytest.approx([1.0] * 6)
    tie = weighed("r1 + +  -", "r2 + + -", hypotheses="aid terms error")
    assert answer(tie)[0] == "undetermined"
    assert tie.weighed_hypotheses["rule"][0].startswith("equally probable: aid, terms")


def test_priors_are_alike_unless_given_for_all() -> None:
    given = weighed("r1 0 0", priors=(3.0, 1.0))
    assert given.weighed_hypotheses["prior"].sort().to_list() == pytest.approx([0.25, 0.75])
    assert answer(given)[1]["purpose"] == pytest.approx(0.75)
    for odd in ((3.0, None), (3.0, 0.0), (3.0, -1.0)):
        found = weighed("r1 0 0", priors=odd)
        assert answer(found)[1]["purpose"] == pytest.approx(0.5)
        assert [problem.code for problem in found.problems] == ["prior_unusable"]


def test_what_nobody_has_reported_counts_nothing_and_shows_what_it_would_do() -> None:
    found = weighed("r1 0 -", "?orders ++ --")
    assert answer(found)[1]["purpose"] == pytest.approx(STEP / (1 + STEP))
    row = found.rated_evidence.filter(evidence="orders", hypothesis_id="purpose").row(0, named=True)
    assert (row["observed"], row["log_weight"], row["origin"]) == (False, 0.0, None)
    assert row["diagnosticity"] == pytest.approx(100)
    assert row["without"] == pytest.approx(100 * STEP / (1 + 100 * STEP))


def test_bad_ratings_become_problems_and_the_rest_goes_on() -> None:
    found = weighed("r1 + 0", "r1 - 0", "r2 +", "r3 maybe 0")
    assert sorted(p.code for p in found.problems) == [
        "rating_missing", "rating_missing", "rating_repeated", "rating_repeated", "rating_unknown",
    ]  # fmt: skip
    unknown = next(p for p in found.problems if p.code == "rating_unknown")
    assert (unknown.file, unknown.line, unknown.found) == ("ratings.csv", 7, "maybe")
    assert answer(found)[1]["purpose"] == pytest.approx(
        10 / 11
    )  # r1 and r2; r3 is rated under one only, as neither


def test_evidence_that_is_not_known_yet_counts_nothing() -> None:
    found = weighed("r1 + 0", "later ++ --")
    assert set(found.rated_evidence["evidence"]) == {"r1"}
    assert found.problems == ()


def test_no_hypotheses_no_rows() -> None:
    empty = {
        n: table(n).empty() for n in ("hypotheses", "ratings", "topics", "reports", "statements", "findings")
    }
    found = compete(empty, table("memberships").empty())
    assert found.weighed_hypotheses.height == found.rated_evidence.height == 0
    assert found.explain("I") == []


def test_names_of_hypotheses_do_not_matter() -> None:
    lines = ("r1 ++ - 0", "r2 0 + -", "f1 - 0 +")
    one, two = weighed(*lines, hypotheses="a b c"), weighed(*lines, hypotheses="z y x")
    names = {"a": "z", "b": "y", "c": "x"}
    assert {names[k]: v for k, v in answer(one)[1].items()} == pytest.approx(answer(two)[1])
    assert names.get(answer(one)[0], "undetermined") == answer(two)[0]


def test_ratings_of_what_the_case_does_not_hold_are_told_with_file_and_line(tmp_path: Path) -> None:
    case = open_case(
        write_case(
            tmp_path / "c",
            "report_id,source_id,published_at,occurred_from\nr1,radio,2016-09-13,2016-09-13\n",
            **{
                "topics.csv": "topic_id,name,anchor_reports\nT,a thing,r1\n",
                "hypotheses.csv": "hypothesis_id,about,label\nh1,T,on purpose\nh2,elsewhere,an error\n",
                "ratings.csv": (
                    "rating_id,hypothesis_id,evidence,would_be,rating,rated_by,reason\n"
                    "x1,h1,r1,,for,me,so\nx2,h1,r9,,for,me,so\nx3,h9,r1,,for,me,so\nx4,h1,,,for,me,so\n"
                    "x5,h1,r1,,foor,me,so\nx6,h1,r1,,for,me,\n"
                ),
            },
        )
    )  # fmt: skip
    told = {
        (row["code"], row["record"]): (row["file"], row["line"], row["found"])
        for row in case.problems.iter_rows(named=True)
    }
    assert told["unknown_reference", "x2"] == ("ratings.csv", 3, "'r9'")
    assert told["unknown_reference", "x3"] == ("ratings.csv", 4, "'h9'")
    assert told["unknown_reference", "x4"][:2] == ("ratings.csv", 5)
    assert told["unknown_word", "x5"] == ("ratings.csv", 6, "'foor'")
    assert told["empty_cell", "x6"][:2] == ("ratings.csv", 7)
    assert told["unknown_reference", "h2"] == ("hypotheses.csv", 3, "'elsewhere'")
    # a reading written down later is not part of what was known before
    assert case.known(datetime(2016, 9, 20, tzinfo=UTC)).facts["ratings"].height == 0


def test_the_syrian_case_leaves_intent_undetermined_where_its_facts_do(syria: Picture) -> None:
    rows = syria.table("weighed_hypotheses")
    assert set(rows["about"]) == {"URUM-2016-09-19", "DEZ-2016-09-17", "KHANTOUMAN-2016-09-20"}
    assert set(rows["answer"]) == {"undetermined"}
    assert set(rows["rated_by"]) == {"this project"}
    ratings = syria.case.facts["ratings"]
    assert ratings["reason"].null_count() == 0
    assert not [p for p in syria.problems["file"] if p in ("ratings.csv", "hypotheses.csv")]
    # one rule for every side: what a party says of its own conduct tells nothing, nor what its opponents say
    own = ratings.filter(pl.col("reason").str.contains("would say so in any case"))
    parties = set(
        syria.case.facts["statements"].filter(pl.col("statement_id").is_in(own["evidence"].implode()))[
            "party"
        ]
    )
    assert {"russia", "us-coalition", "syrian-government", "opposition"} <= parties
    assert set(own["rating"]) == {"neutral"}
    titles = [title for title, _ in syria.explain("R145")]
    assert any("Competing hypotheses" in title for title in titles)
