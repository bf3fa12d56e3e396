"""Stories of the outlook: signals that warn, and answers that say no more than the tables hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ceasefire.agreement import Agreement, load
from ceasefire.model import table, tables
from ceasefire.outlook import answer, signals
from ceasefire.outlook.view import View, article, brief, chance, listed

AS_OF = datetime(2030, 6, 30, tzinfo=UTC)
START = datetime(2030, 6, 1, tzinfo=UTC)

TERMS = """
agreement: north-south
title: Truce of North and South
source: told here
timezone: UTC
in_force: {from: 2030-06-01T00:00}
parties:
  north: {name: Forces of the North, role: party, side: n}
  south: {name: Forces of the South, role: party, side: s}
  patron: {name: Patron State, role: sponsor, side: n, answers_for: [north]}
exempt:
  exiles:
    title: the Exiles
    names: [{name: exiles, since: 2029-01}]
    designated_by: the text itself
documents:
  T: {title: The truce, dated: 2030-05-30, text_status: official, source: told here}
norms:
  N1:
    clause: point 1
    title: No attacks
    who: [north, south]
    never: {act: attack, against: [other-side, civilians]}
    document: T
    text_status: official
    source: told here
"""


@pytest.fixture
def terms(tmp_path: Path) -> Agreement:
    path = tmp_path / "agreement.yaml"
    path.write_text(TERMS, encoding="utf-8")
    return load(path)


def frames(**given: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    """Every table of the house, empty but for what the story gives."""
    made = {name: table(name).empty() for name in tables()}
    return made | {name: table(name).frame(rows) for name, rows in given.items()}


def found(terms: Agreement, signal: str, **given: list[dict[str, Any]]) -> dict[str, Any]:
    every = frames(**given)
    return signals(every, every, terms, as_of=AS_OF).row(
        by_predicate=pl.col("signal_id") == signal, named=True
    )


def said(terms: Agreement, kind: str, about: str = "", **given: list[dict[str, Any]]) -> dict[str, Any]:
    asked = {"question_id": "Q", "question": "?", "kind": kind, "about": about or None}
    every = frames(questions=[asked], **given)
    return answer(every, every, terms, as_of=AS_OF).row(0, named=True)


def counted(camp: str, against: str, *figures: int) -> list[dict[str, Any]]:
    return [
        {
            "count_id": f"{camp}-{k}",
            "counted_by": f"{camp}-desk",
            "against": against,
            "period_to": START + timedelta(days=k),
            "metric": "violations",
            "value": float(value),
            "counting_unit": "violations",
            "cumulative": False,
        }
        for k, value in enumerate(figures)
    ]


def dead(camp: str, affected: str, killed: int) -> dict[str, Any]:
    return {
        "camp": camp,
        "affected": affected,
        "n_happenings": 5,
        "n_reports": 5,
        "killed_low": 0,
        "killed_high": killed,
    }


def test_without_data_no_signal_is_called_present(terms: Agreement) -> None:
    every = frames()
    states = set(signals(every, every, terms, as_of=AS_OF)["state"])
    assert states <= {"absent", "cannot_say"}


def test_rising_counts_are_seen_whoever_counts(terms: Agreement) -> None:
    for camp, other in (("north", "south"), ("south", "north")):
        sources = [{"source_id": f"{camp}-desk", "name": "D", "kind": "party_official", "camp": camp}]
        row = found(terms, "counts-rising", counts=counted(camp, other, 3, 5, 9), sources=sources)
        assert row["state"] == "present"
        assert "3, 5, 9 (rising throughout)" in row["reason"]
        falling = found(terms, "counts-rising", counts=counted(camp, other, 9, 5, 3), sources=sources)
        assert falling["state"] == "absent"


def test_a_camp_that_tells_of_its_own_dead_only_keeps_a_one_sided_record(terms: Agreement) -> None:
    """The camps of a long war whose accounts name nobody: who is left out is the sign."""
    for camp, other in (("north", "south"), ("south", "north")):
        own = [dead(camp, camp, 95), dead(camp, other, 5)]
        row = found(terms, "one-sided-record", who_counts_whose_dead=own)
        assert (row["state"], row["evidence"]) == ("present", camp)
        assert "95 of 100 are of its own side" in row["reason"]
        both = [dead(camp, camp, 60), dead(camp, other, 40)]
        assert found(terms, "one-sided-record", who_counts_whose_dead=both)["state"] == "absent"


def test_a_count_of_own_losses_does_not_make_a_record_two_sided(terms: Agreement) -> None:
    series = [
        {
            "series_id": "a",
            "counted_by": "d",
            "camp": "north",
            "against": "south",
            "one_sided": True,
            "n_counts": 9,
        },
        {
            "series_id": "b",
            "counted_by": "d",
            "camp": "north",
            "against": None,
            "one_sided": None,
            "n_counts": 1,
        },
    ]
    assert found(terms, "one-sided-record", series=series)["state"] == "present"


def verdict(holder: str, kind: str, p: float | None, **cells: Any) -> dict[str, Any]:
    return {
        "norm_id": "N1", "clause": "point 1", "title": "No attacks", "holder": holder, "verdict": kind,
        "p_breached": p, "n_incidents": 1, "reason": "", "text_status": "official", "contested_bearer": False,
    } | cells  # fmt: skip


def conduct(first: str, second: str) -> dict[str, list[dict[str, Any]]]:
    """The first party probably broke it on the 2nd, the second perhaps on the 20th; a clock ran out on the 10th."""
    incidents = [
        {
            "incident_id": "I-1",
            "occurred_from": START + timedelta(days=1),
            "act": "shelling",
            "place_name": "A",
        },
        {
            "incident_id": "I-2",
            "occurred_from": START + timedelta(days=19),
            "act": "shelling",
            "place_name": "B",
        },
    ]
    return {
        "incidents": incidents,
        "verdicts": [verdict(first, "breached", 0.9), verdict(second, "undetermined", 0.4)],
        "incident_verdicts": [
            {"incident_id": "I-1", "norm_id": "N1", "holder": first, "verdict": "breached", "p_breach": 0.9, "reason": ""},
            {"incident_id": "I-2", "norm_id": "N1", "holder": second, "verdict": "undetermined", "p_breach": 0.4, "reason": ""},
        ],
        "attributions": [
            {"incident_id": "I-1", "actor": first, "probability": 0.9, "low": 0.6, "high": 0.99},
            {"incident_id": "I-2", "actor": second, "probability": 0.8, "low": 0.4, "high": 0.9},
        ],
        "clocks": [
            {
                "clock_id": "c", "title": "Ten days", "reading": "declared", "state": "lapsed", "owner": "north+south",
                "started_at": START, "ends_at": START + timedelta(days=9, hours=18), "reason": "ran out",
            }
        ],
    }  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [("north", "south"), ("south", "north")])
def test_who_broke_it_is_told_alike_of_either_side(terms: Agreement, first: str, second: str) -> None:
    row = said(terms, "kept", **conduct(first, second))
    name = {"north": "North", "south": "South"}
    assert row["can_say"]
    assert f"“No attacks” (N1) by {name[first]}" in row["answer"]
    # The second counts with half of who did it, so its bounds are halved too.
    assert f"{name[first]} 0.9 (0.6 to 1.0; 69 %)" in row["answer"]
    assert f"{name[second]} 0.4 (0.2 to 0.5; 31 %)" in row["answer"]
    assert (
        f"Up to 10 June 2030, 18:00, when the first declared term ran out: {name[first]} 0.9" in row["answer"]
    )
    assert "Not a judicial finding." in row["answer"]


def test_when_nobody_is_blamed_the_answer_is_cannot_say(terms: Agreement) -> None:
    open_ones = "no account blames this bearer for any; 12 attacks that nobody is blamed for stay open"
    row = said(terms, "kept", verdicts=[verdict("north", "undetermined", None, reason=open_ones)])
    assert not row["can_say"]
    assert row["answer"].startswith("Cannot say: no account says who carried out the attacks")


def test_aid_names_who_holds_it_back_and_not_who_asked_for_it(terms: Agreement) -> None:
    def step(k: int, kind: str, authority: str) -> dict[str, Any]:
        return {"access_id": f"A{k}", "at": START, "kind": kind, "consignment": "C", "authority": authority}

    row = said(
        terms,
        "aid",
        consignments=[{"consignment": "C", "to_place": "Town", "outcome": "waiting", "days_waiting": 6.0}],
        access=[step(1, "request", "patron"), step(2, "waiting", "north"), step(3, "waiting", "north+south")],
    )
    assert "Aid for Town had waited 6 days." in row["answer"]
    assert "North in 2 accounts (1 alone) and South in 1 account (never alone)" in row["answer"]
    assert "Patron" not in row["answer"]


def test_an_attribution_is_told_with_its_interval_and_findings_beside_it(terms: Agreement) -> None:
    row = said(
        terms,
        "author",
        "T",
        topics=[{"topic_id": "T", "name": "The raid", "anchor_reports": "R1"}],
        memberships=[{"report_id": "R1", "incident_id": "I-1", "probability": 1.0, "origin_id": "R1"}],
        assessments=[
            {
                "incident_id": "I-1", "answer": "undetermined", "leading": "north", "probability": 0.6, "low": 0.2,
                "high": 0.85, "self_attributed": False, "contested": True, "n_origins": 4, "n_camps": 2, "rule": "",
            }
        ],
        attributions=[{"incident_id": "I-1", "actor": "north", "probability": 0.6, "low": 0.2, "high": 0.85}],
        findings_beside=[
            {
                "incident_id": "I-1", "finding_id": "F1", "issuer": "Board (summary)", "issued_at": AS_OF,
                "standard": "most likely", "actor": "north",
            }
        ],
    )  # fmt: skip
    assert row["answer"].startswith(
        "Undetermined on testimony alone, and contested: North 60 % (20 to 85 %)."
    )
    assert "Board (30 June 2030, “most likely”): North" in row["answer"]
    assert row["evidence"] == "I-1; F1"


def test_a_question_of_an_unknown_kind_says_which_kinds_there_are(terms: Agreement) -> None:
    row = said(terms, "weather")
    assert not row["can_say"]
    assert "kept" in row["answer"]


def test_every_kind_has_an_answer_for_an_empty_case(terms: Agreement) -> None:
    from ceasefire.outlook.questions import KINDS

    for kind in KINDS:
        assert said(terms, kind)["answer"], kind


def test_names_days_and_figures_are_written_for_a_reader(terms: Agreement) -> None:
    view = View(frames(), frames(), terms, AS_OF)
    assert view.name("north|south") == "North or South"
    assert view.when(datetime(2030, 6, 2, tzinfo=UTC)) == "2 June 2030", "midnight stands for the day"
    assert view.when(datetime(2030, 6, 2, 18, 5, tzinfo=UTC)) == "2 June 2030, 18:05"
    assert view.plain("north said so, not northern men (UTC)") == "North said so, not northern men"
    assert brief("us-coalition", "United States and the Coalition it leads") == "US Coalition"
    assert article(brief("opposition", "Armed opposition groups")) == "the opposition"
    assert chance(0.999, 0.995, 1.0) == "over 99 %"
    assert chance(0.5, 0.001, 0.7) == "50 % (under 1 % to 70 %)"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
