"""A clock that starts when another is met, and a clause that binds only then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from ceasefire.agreement import Agreement, dump, load
from ceasefire.comply import Complied, Evidence, comply
from ceasefire.model import table
from ceasefire.problems import CaseError
from test_comply_worlds import AS_OF, START, TERMS, attributed, raids

CLOCKS = """\
  centre:
    clause: "2"
    title: No attacks once the centre stands
    who: [north]
    never: {act: attack, against: [civilians]}
    during: jic
    document: D
    text_status: official
    source: the text
clocks:
  week:
    title: Three quiet days
    owner: [north, south]
    starts: 2016-09-12T19:00
    consecutive: 72h
    watches: [calm]
    quiet: {killed_a_day: 0}
  jic:
    title: The joint centre
    owner: [north, south]
    starts: {when: week}
"""


@pytest.fixture(scope="module")
def terms() -> Agreement:
    return load(TERMS.replace("BURDEN", "holder").replace("    unless: [reply]\n", "") + CLOCKS)


def judge(terms: Agreement, declarations: list[dict[str, Any]]) -> Complied:
    incidents = raids(2)
    for row, day in zip(incidents, (1, 5), strict=True):
        row["occurred_from"] = row["occurred_to"] = START + timedelta(days=day)
    return comply(
        terms,
        Evidence(
            as_of=AS_OF,
            incidents=table("incidents").frame(incidents),
            attributions=table("attributions").frame(attributed(incidents, north=1.0)),
            declarations=table("declarations").frame(declarations),
        ),
    )


def started(by: str, joint: bool) -> list[dict[str, Any]]:
    at = START + timedelta(days=4)
    return [{"declaration_id": "D1", "clock": "jic", "kind": "start", "at": at, "by": by, "joint": joint}]


def clause(result: Complied) -> dict[str, Any]:
    return result.verdicts.filter(pl.col("norm_id") == "centre").row(0, named=True)


def test_until_its_owners_say_so_it_has_not_started_and_its_clause_does_not_bind(terms: Agreement) -> None:
    for declarations in ([], started("north", joint=False)):
        result = judge(terms, declarations)
        reading = result.clocks.filter(pl.col("clock_id") == "jic").row(0, named=True)
        assert (reading["state"], reading["started_at"]) == ("not_started", None)
        assert "starts when week is met" in reading["reason"]
        assert (clause(result)["verdict"], clause(result)["reason"]) == ("pending", "not yet in force")
        assert not [p for p in result.problems if p.code == "unknown_clock"]
        assert result.explain("jic")


def test_from_their_word_on_it_runs_and_only_what_comes_after_counts(terms: Agreement) -> None:
    result = judge(terms, started("north+south", joint=True))
    reading = result.clocks.filter(pl.col("clock_id") == "jic").row(0, named=True)
    assert reading["started_at"] == START + timedelta(days=4)
    assert (clause(result)["verdict"], clause(result)["incidents"]) == ("breached", "I-002")
    assert (
        result.at(START + timedelta(days=2)).clocks.filter(pl.col("clock_id") == "jic")["state"].item()
        == "not_started"
    )


def test_it_is_written_and_read_back_and_a_circle_is_refused(terms: Agreement) -> None:
    assert load(dump(terms)) == terms
    text = TERMS.replace("BURDEN", "holder") + CLOCKS.replace(
        "    starts: 2016-09-12T19:00", "    starts: {when: jic}"
    )
    with pytest.raises(CaseError, match="week -> jic -> week"):
        load(text)
    with pytest.raises(CaseError, match="did you mean 'week'"):
        load(TERMS.replace("BURDEN", "holder") + CLOCKS.replace("{when: week}", "{when: weak}"))


def test_a_run_whose_record_stops_before_its_end_is_not_called_unmet(terms: Agreement) -> None:
    """The last account is of the first day; three days are needed, and after three more nobody was looking."""
    first = raids(1, act="withdrawal")
    long = load(dump(terms).replace("72h", "240h"))
    quiet = comply(
        long, Evidence(as_of=START + timedelta(days=20), incidents=table("incidents").frame(first))
    )
    reading = quiet.clocks.filter((pl.col("clock_id") == "week") & (pl.col("reading") == "counted"))
    assert reading["state"].item() == "undetermined"
    assert "the record itself stops before its nominal end" in reading["reason"].item()
