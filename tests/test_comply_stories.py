"""The golden checks on clauses and clocks, each a short story on a few rows and the shipped 2016 agreement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ceasefire.agreement import Agreement, load
from ceasefire.comply import Complied, Evidence, comply
from ceasefire.model import table

CASE = Path(__file__).parent.parent / "cases" / "syria-2016"


@pytest.fixture(scope="module")
def terms() -> Agreement:
    return load(CASE / "agreement.yaml")


def at(text: str) -> datetime:
    """An instant in UTC, written 2016-09-12T16:00."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def incident(name: str, start: str, end: str | None = None, **cells: Any) -> dict[str, Any]:
    return {
        "incident_id": name,
        "occurred_from": at(start),
        "occurred_to": at(end or start),
        "act": "airstrike",
    } | cells


def answer(name: str, **probability: float) -> list[dict[str, Any]]:
    return [
        {"incident_id": name, "actor": a.replace("_", "-"), "probability": p} for a, p in probability.items()
    ]


def declaration(name: str, clock: str, kind: str, when: str, by: str, **cells: Any) -> dict[str, Any]:
    row = {
        "declaration_id": name,
        "clock": clock,
        "kind": kind,
        "at": at(when),
        "by": by,
        "recorded_at": at(when),
    }
    return row | cells


def judge(terms: Agreement, as_of: str, **frames: list[dict[str, Any]]) -> Complied:
    made = {name: table(name).frame(rows) for name, rows in frames.items()}
    made.setdefault("incidents", table("incidents").empty())
    return comply(terms, Evidence(as_of=at(as_of), **made))


def reading(result: Complied, clock: str, words: str) -> dict[str, Any]:
    rows = result.clocks.filter(
        (pl.col("clock_id") == clock) & pl.col("reading").str.contains(words, literal=True)
    )
    assert rows.height == 1, result.clocks.select("clock_id", "reading")
    return rows.row(0, named=True)


def verdict(result: Complied, norm: str, holder: str) -> dict[str, Any]:
    rows = result.verdicts.filter((pl.col("norm_id") == norm) & (pl.col("holder") == holder))
    assert rows.height == 1
    return rows.row(0, named=True)


EXTENDED = declaration(
    "DC02",
    "renewal",
    "extend",
    "2016-09-14T16:00",
    "russia+us-coalition",
    until=at("2016-09-16T16:00"),
    joint=True,
)
OFFERED = declaration(
    "DC03", "renewal", "offer", "2016-09-16T10:00", "russia", until=at("2016-09-19T16:00"), joint=False
)
DEIR_EZ_ZOR = incident(
    "I-DEZ",
    "2016-09-17T12:55",
    "2016-09-17T13:56",
    place_name="Deir ez-Zor airport area (Jabal Tharda)",
    affected="syrian-government",
    killed_best=62,
)
SOURCES = [
    {"source_id": "ru_genstaff", "name": "General Staff", "camp": "russia"},
    {"source_id": "us_dod", "name": "Pentagon", "camp": "us-coalition"},
    {"source_id": "fastaqim", "name": "Fastaqim", "camp": "opposition"},
    {"source_id": "un", "name": "UN"},
    {"source_id": "sohr", "name": "SOHR"},
]


# ------------------------------------------------------------------ the clocks


def test_g1_the_renewal_clock_runs_48_and_48_hours_and_72_if_the_offer_was_agreed(terms: Agreement) -> None:
    result = judge(terms, "2016-09-17T00:00", declarations=[EXTENDED, OFFERED])
    declared = reading(result, "renewal", "declared")
    assert declared["started_at"] == at("2016-09-12T16:00")
    assert (declared["ends_at"], declared["state"]) == (at("2016-09-16T16:00"), "lapsed")
    offered = reading(result, "renewal", "if the 72 h offer was agreed")
    assert (offered["ends_at"], offered["state"]) == (at("2016-09-19T16:00"), "running")
    assert offered["needed_hours"] == 168.0


def test_g2_the_armys_calm_has_an_end_of_its_own(terms: Agreement) -> None:
    spoken = declaration("DC05", "army-calm", "end", "2016-09-19T15:45", "syrian-government", joint=True)
    result = judge(terms, "2016-09-20T00:00", declarations=[EXTENDED, OFFERED, spoken])
    calm = reading(result, "army-calm", "declared")
    assert (calm["ends_at"], calm["state"]) == (at("2016-09-18T20:59"), "ended")
    nominal = reading(result, "renewal", "72 h offer")["ends_at"]
    assert nominal - calm["ends_at"] == timedelta(hours=19, minutes=1)
    late = reading(result, "army-calm", "as ended by its owner's words")
    assert late["ends_at"] == at("2016-09-19T15:45"), "declared over after it had ended: both ends are shown"
    told = result.clock_events.filter(pl.col("declaration_id") == "DC05")["effect"].item()
    assert told.startswith("no effect: the end")


def test_g3_a_reset_at_deir_ez_zor_would_have_moved_the_seven_days(terms: Agreement) -> None:
    result = judge(
        terms, "2016-09-18T12:00", incidents=[DEIR_EZ_ZOR], attributions=answer("I-DEZ", us_coalition=1.0)
    )
    assert reading(result, "seven-days", "declared")["ends_at"] == at("2016-09-19T16:00")
    reset = reading(result, "seven-days", "Deir ez-Zor")
    assert reset["ends_at"] == at("2016-09-24T12:55")
    event = result.clock_events.filter(pl.col("declaration_id") == "I-DEZ").row(0, named=True)
    assert event["effect"].endswith("no reset was declared, so the clock is not moved")


def test_after_its_nominal_end_no_run_is_left_to_be_reset(terms: Agreement) -> None:
    late = incident(
        "I-LATE", "2016-09-23T02:00", "2016-09-23T09:00", place_name="East Aleppo", killed_best=90
    )
    both = answer("I-DEZ", us_coalition=1.0) + answer("I-LATE", russia=1.0)
    result = judge(terms, "2016-09-25T12:00", incidents=[DEIR_EZ_ZOR, late], attributions=both)
    what_ifs = result.clocks.filter(pl.col("reading").str.starts_with("if reset"))["reading"].to_list()
    assert len(what_ifs) == 1, what_ifs
    assert "Deir ez-Zor" in what_ifs[0]


def test_an_incident_known_to_the_day_is_told_without_an_hour(terms: Agreement) -> None:
    day = incident("I-DAY", "2016-09-15T21:00", "2016-09-16T20:59", place_name="Hama", killed_best=20)
    result = judge(terms, "2016-09-18T12:00", incidents=[day], attributions=answer("I-DAY", us_coalition=1.0))
    assert reading(result, "seven-days", "if reset")["reading"] == "if reset at Hama, 16 September 2016"


def test_words_of_a_day_get_no_hour(terms: Agreement) -> None:
    # 19 September, hour not printed: the row starts at the local midnight, which is 21:00 UTC the day before.
    words = declaration("DC07", "seven-days", "not_met", "2016-09-18T21:00", "us-coalition", joint=False)
    told = reading(judge(terms, "2016-09-20T00:00", declarations=[words]), "seven-days", "declared")
    assert told["state"] == "not_met"
    assert told["reason"].startswith("us-coalition said, 19 September 2016, that")


def test_a_reset_counts_only_if_all_owners_declare_it(terms: Agreement) -> None:
    one = declaration("R1", "seven-days", "reset", "2016-09-17T13:00", "russia", joint=False)
    both = declaration("R1", "seven-days", "reset", "2016-09-17T13:00", "russia+us-coalition", joint=True)
    alone = judge(terms, "2016-09-18T12:00", declarations=[one])
    assert reading(alone, "seven-days", "declared")["ends_at"] == at("2016-09-19T16:00")
    jointly = judge(terms, "2016-09-18T12:00", declarations=[both])
    assert reading(jointly, "seven-days", "declared")["ends_at"] == at("2016-09-24T13:00")


def test_an_extension_by_one_owner_moves_nothing(terms: Agreement) -> None:
    one = EXTENDED | {"by": "russia", "joint": False}
    result = judge(terms, "2016-09-14T20:00", declarations=[one])
    assert reading(result, "renewal", "declared")["state"] == "lapsed"
    assert result.clock_events.filter(pl.col("declaration_id") == "DC02")["effect"].item() == (
        "does not move the clock: not all owners agreed"
    )


def test_what_was_not_yet_recorded_does_not_exist(terms: Agreement) -> None:
    known_late = EXTENDED | {"recorded_at": at("2016-09-14T20:59")}
    before = judge(terms, "2016-09-14T18:00", declarations=[known_late])
    after = judge(terms, "2016-09-14T21:00", declarations=[known_late])
    assert reading(before, "renewal", "declared")["state"] == "lapsed"
    assert reading(after, "renewal", "declared")["state"] == "running"
    early = judge(terms, "2016-09-12T10:00")
    assert set(early.clocks["state"]) == {"not_started"}


WAITING = [
    {
        "access_id": f"A{k}",
        "at": at(when),
        "recorded_at": at(when),
        "kind": kind,
        "consignment": "C40",
        "to_place": "East Aleppo",
        "authority": who,
        "reported_by": "un",
    }
    for k, when, kind, who in (
        (1, "2016-09-12T20:00", "request", "syrian-government+opposition"),
        (2, "2016-09-14T12:00", "letter_missing", "syrian-government"),
        (3, "2016-09-15T12:00", "waiting", "syrian-government"),
    )
]


def test_g11_quiet_but_closed_is_not_adherence(terms: Agreement) -> None:
    result = judge(terms, "2016-09-15T16:00", access=WAITING, sources=SOURCES)
    for clock in ("seven-days", "access"):
        row = reading(result, clock, "counted")
        assert row["state"] == "blocked"
        assert row["reason"].startswith("quiet but closed")
        assert row["achieved_hours"] == 0.0
    assert reading(result, "seven-days", "counted")["probability"] == 1.0
    step = verdict(result, "S5b", "nobody (a precondition)")
    assert step["verdict"] == "pending", "the Centre is not granted"
    final = judge(terms, "2016-09-20T00:00", access=WAITING, sources=SOURCES)
    assert reading(final, "seven-days", "counted")["state"] == "not_met"
    assert reading(final, "access", "counted")["state"] == "not_met"


def test_a_loud_day_is_not_called_quiet(terms: Agreement) -> None:
    raid = incident("I-1", "2016-09-15T06:00", affected="civilians", killed_best=5)
    result = judge(
        terms,
        "2016-09-15T16:00",
        incidents=[raid],
        attributions=answer("I-1", syrian_government=0.5, russia=0.5),
        access=WAITING,
        sources=SOURCES,
    )
    assert reading(result, "access", "counted")["reason"].startswith("closed, and not quiet")


def test_a_delivery_opens_the_road_and_the_run_counts_from_it(terms: Agreement) -> None:
    arrived = WAITING[0] | {"access_id": "A9", "kind": "delivered", "at": at("2016-09-13T16:00")}
    elsewhere = arrived | {"access_id": "A8", "to_place": "Talbiseh", "at": at("2016-09-13T10:00")}
    result = judge(terms, "2016-09-14T16:00", access=[*WAITING, arrived, elsewhere], sources=SOURCES)
    assert reading(result, "access", "counted")["state"] == "met"
    run = reading(result, "seven-days", "counted")
    assert (run["state"], run["achieved_hours"]) == ("running", 24.0)
    assert run["ends_at"] == at("2016-09-20T16:00")


# ------------------------------------------------------------------ the clauses


def test_g9_an_area_of_an_exempted_group_and_another_dyad_are_outside(terms: Agreement) -> None:
    mayadin = incident(
        "I-MAY", "2016-09-15T10:00", place_name="al-Mayadin", affected="civilians", killed_best=31
    )
    quneitra = incident("I-QUN", "2016-09-12T22:00", place_name="Quneitra", affected="syrian-government")
    result = judge(
        terms,
        "2016-09-16T00:00",
        incidents=[mayadin, quneitra],
        attributions=[*answer("I-MAY", syrian_government=0.5, russia=0.5), *answer("I-QUN", israel=1.0)],
        places=[
            {"place_name": "al-Mayadin", "held_by": "isil"},
            {"place_name": "Quneitra", "held_by": "syrian-government"},
        ],
    )
    rows = result.incident_verdicts.filter(pl.col("norm_id") == "S1a")
    assert set(rows["incident_id"]) == {"I-MAY"}
    assert set(rows["verdict"]) == {"excused"}
    assert "held by an exempted group" in rows["reason"][0]
    assert set(rows["p_breach"]) == {0.0}
    outside = {p.record: p.found for p in result.problems if p.code == "outside_scope"}
    assert "israel" in outside["I-QUN"]
    for holder in ("syrian-government", "russia"):
        assert verdict(result, "S1a", holder)["p_breached"] == 0.0
    assert verdict(result, "S1a", "opposition")["verdict"] == "pending"


def test_g9_a_protected_party_in_an_exempted_area_is_still_protected(terms: Agreement) -> None:
    raid = incident("I-1", "2016-09-15T10:00", place_name="al-Mayadin", affected="opposition")
    result = judge(
        terms,
        "2016-09-16T00:00",
        incidents=[raid],
        attributions=answer("I-1", russia=1.0),
        places=[{"place_name": "al-Mayadin", "held_by": "isil"}],
    )
    assert verdict(result, "S1a", "russia")["verdict"] == "breached"


def withdrawal(name: str, source: str, stance: str, actor: str = "syrian-government") -> dict[str, Any]:
    return {
        "report_id": name,
        "source_id": source,
        "occurred_from": at("2016-09-15T06:00"),
        "occurred_to": at("2016-09-15T18:00"),
        "place_name": "Castello Road",
        "place_id": "Castello Road",
        "act": "withdrawal",
        "stance": stance,
        "actor": actor,
    }


def test_g10_a_withdrawal_only_its_own_side_saw_is_claimed_and_not_verified(terms: Agreement) -> None:
    result = judge(
        terms,
        "2016-09-16T12:00",
        located=[
            withdrawal("R051", "ru_genstaff", "asserts"),
            withdrawal("R053", "us_dod", "unattributed"),
            withdrawal("R054", "fastaqim", "denies"),
        ],
        sources=SOURCES,
    )
    row = verdict(result, "S3e", "syrian-government")
    assert row["verdict"] == "undetermined"
    assert row["reason"].startswith("claimed, not verified: claimed by ru_genstaff; denied by fastaqim")
    assert "not confirmed by us_dod" in row["reason"]


def test_a_withdrawal_that_neutral_voices_saw_is_satisfied(terms: Agreement) -> None:
    seen = [withdrawal("R1", "un", "asserts"), withdrawal("R2", "sohr", "asserts")]
    row = verdict(judge(terms, "2016-09-16T12:00", located=seen, sources=SOURCES), "S3e", "syrian-government")
    assert row["verdict"] == "satisfied"
    assert row["p_satisfied"] == pytest.approx(16 / 17)  # odds 4 * 4 to 1


def test_g14_deir_ez_zor_the_author_is_known_and_the_breach_is_not(terms: Agreement) -> None:
    result = judge(
        terms, "2016-09-18T12:00", incidents=[DEIR_EZ_ZOR], attributions=answer("I-DEZ", us_coalition=1.0)
    )
    row = verdict(result, "S1a", "us-coalition")
    assert row["verdict"] == "undetermined"
    assert row["reason"].startswith("obligation mapping contested")
    assert row["contested_bearer"]
    assert row["p_breached"] == 1.0, "what is disputed is the obligation, not the act"
    incident_row = result.incident_verdicts.filter(pl.col("holder") == "us-coalition").row(0, named=True)
    assert incident_row["verdict"] == "undetermined"


def test_secret_terms_are_not_testable(terms: Agreement) -> None:
    result = judge(terms, "2016-09-18T12:00")
    for norm in ("S3f", "S4", "S3p"):
        rows = result.verdicts.filter(pl.col("norm_id") == norm)
        assert set(rows["verdict"]) == {"not_testable"}
        assert "not published" in rows["reason"][0]
    assert result.verdicts.filter(pl.col("norm_id").is_in(["S2", "S6", "S1d"])).height == 0, (
        "no duty, no verdict"
    )


def test_without_any_account_nothing_is_called_kept(terms: Agreement) -> None:
    assert verdict(judge(terms, "2016-09-18T12:00"), "S1a", "russia")["verdict"] == "not_observed"
    assert verdict(judge(terms, "2016-09-18T12:00"), "S3e", "syrian-government")["verdict"] == "pending"


def test_a_clients_breach_opens_a_question_for_its_patron_and_no_breach(terms: Agreement) -> None:
    raid = incident("I-1", "2016-09-15T10:00", affected="opposition", killed_best=3)
    result = judge(
        terms, "2016-09-16T00:00", incidents=[raid], attributions=answer("I-1", syrian_government=1.0)
    )
    assert verdict(result, "S1a", "syrian-government")["verdict"] == "breached"
    assert verdict(result, "S1a", "russia")["verdict"] == "pending"
    question = verdict(result, "patron-syrian-government", "russia")
    assert (question["verdict"], question["p_breached"]) == ("undetermined", None)
    assert "a client's breach is not the patron's" in question["reason"]
    assert verdict(result, "patron-opposition", "us-coalition")["verdict"] == "pending"


def test_violence_before_the_start_is_no_breach(terms: Agreement) -> None:
    raid = incident("I-1", "2016-09-10T10:00", affected="civilians")
    straddling = incident("I-2", "2016-09-12T12:00", "2016-09-12T20:00", affected="civilians")
    result = judge(
        terms,
        "2016-09-16T00:00",
        incidents=[raid, straddling],
        attributions=[*answer("I-1", russia=1.0), *answer("I-2", russia=1.0)],
    )
    assert verdict(result, "S1a", "russia")["p_breached"] == pytest.approx(0.5, abs=0.001), (
        "4 of the 8 hours lie inside"
    )


def test_a_permit_that_several_voices_miss_is_a_breach_and_one_is_not(terms: Agreement) -> None:
    one = judge(terms, "2016-09-16T00:00", access=WAITING, sources=SOURCES)
    row = verdict(one, "S1c", "syrian-government")
    assert (row["verdict"], row["p_breached"]) == ("undetermined", pytest.approx(0.8))
    again = WAITING[1] | {"access_id": "A5", "reported_by": "sohr"}
    two = judge(terms, "2016-09-16T00:00", access=[*WAITING, again], sources=SOURCES)
    assert verdict(two, "S1c", "syrian-government")["verdict"] == "breached"
    repeated = WAITING[1] | {"access_id": "A5"}
    same = judge(terms, "2016-09-16T00:00", access=[*WAITING, repeated], sources=SOURCES)
    assert verdict(same, "S1c", "syrian-government")["p_breached"] == pytest.approx(0.8), (
        "saying it twice adds nothing"
    )


def test_the_unanswered_request_names_who_is_blamed_for_the_delay(terms: Agreement) -> None:
    result = judge(terms, "2016-09-15T20:00", access=WAITING, sources=SOURCES)
    row = verdict(result, "S3a", "syrian-government")
    assert row["verdict"] == "undetermined"
    assert "0 of 1 triggers answered" in row["reason"]
    assert "the text gives no time" in row["reason"]


def test_explain_shows_the_clause_the_incidents_and_the_sum(terms: Agreement) -> None:
    raids = [incident(f"I-{k}", f"2016-09-1{k}T10:00", affected="civilians") for k in (3, 4)]
    attributions = [row for k in (3, 4) for row in answer(f"I-{k}", russia=0.6, opposition=0.4)]
    result = judge(terms, "2016-09-16T00:00", incidents=raids, attributions=attributions)
    tables = dict(result.explain("S1a"))
    sums = tables["russia: the sum"]["value"].to_list()
    assert sums[0] == pytest.approx(1 - 0.4 * 0.4, abs=0.001)
    counted = tables["russia: the incidents that count"]
    assert counted["p_carried_out"].to_list() == [0.6, 0.6]
    earlier = dict(result.explain("S1a", at("2016-09-13T12:00")))
    assert earlier["russia: the incidents that count"]["incident_id"].to_list() == ["I-3"]
    assert dict(result.explain("renewal"))["Readings"].height == 1
    with pytest.raises(KeyError):
        result.explain("no such clause")
