"""Agreements in strict YAML: what is read, what is refused and how the refusal helps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ceasefire.agreement import By, Each, Never, dump, load
from ceasefire.agreement.language import Duty, acts_of
from ceasefire.problems import CaseError

SYRIA = Path(__file__).parent.parent / "cases" / "syria-2016" / "agreement.yaml"
DONBAS = Path(__file__).parent.parent / "cases" / "donbas" / "agreement.yaml"

SMALL = """\
agreement: small
title: A small truce
source: made for this test
timezone: Asia/Damascus
in_force: {from: 2016-09-12T19:00}
documents:
  D: {title: The text, text_status: official}
parties:
  north: {name: North, role: party, side: north-side}
  south: {name: South, role: party, side: south-side}
norms:
  calm:
    clause: "1"
    title: No attacks
    who: [north, south]
    never: {act: attack, against: [other-side, civilians]}
    document: D
    text_status: official
    source: the text
"""


def refused(text: str) -> str:
    with pytest.raises(CaseError) as caught:
        load(text)
    return "\n".join(str(problem) for problem in caught.value.problems)


def problem_at(text: str) -> tuple[int | None, str | None, str]:
    with pytest.raises(CaseError) as caught:
        load(text)
    first = caught.value.problems[0]
    return first.line, first.record, first.code


def test_a_small_agreement_becomes_records() -> None:
    terms = load(SMALL)
    assert list(terms.parties) == ["north", "south"]
    assert terms.in_force.start == datetime(2016, 9, 12, 16, 0, tzinfo=UTC)
    assert terms.in_force.end is None
    calm = terms.norms["calm"]
    assert isinstance(calm.verb, Never)
    assert terms.claimants(calm) == ("north", "south"), "bearers only: owed to each other"
    assert "airstrike" in acts_of(calm.verb.event.act)
    assert "capture" not in acts_of(calm.verb.event.act)


@pytest.mark.parametrize("path", [SYRIA, DONBAS], ids=["syria", "donbas"])
def test_what_is_written_is_read_back_equal(path: Path) -> None:
    terms = load(path)
    assert load(dump(terms)) == terms
    assert dump(load(dump(terms))) == dump(terms)


def test_the_2016_file_has_every_clause_and_the_four_clocks() -> None:
    terms = load(SYRIA)
    s3 = [f"S3{letter}" for letter in "abcdefghijklmnop"]
    expected = {"S1", "S1a", "S1b", "S1c", "S1d", "S2", *s3, "S4", "S4b", "S5", "S5b", "S5c", "S6"}
    assert expected <= set(terms.norms)
    assert set(terms.clocks) == {"renewal", "army-calm", "seven-days", "access"}
    assert set(terms.documents) == {"D1", "D2", "D3", "D4", "D5", "D6", "D7"}
    assert terms.clocks["renewal"].length == timedelta(hours=48)
    assert terms.side_of("russia") == terms.side_of("syrian-government") != terms.side_of("opposition")
    assert terms.parties["us-coalition"].answers_for == ("opposition",)
    assert isinstance(terms.norms["S3e"].verb, By)
    assert isinstance(terms.norms["S3a"].verb, Each)


def test_secret_maps_stay_secret_and_make_clauses_untestable() -> None:
    terms = load(SYRIA)
    assert terms.zones["castello-dmz"].geometry is None
    assert not terms.zones["designated-areas"].published
    assert set(terms.zone_shapes) == {"syria"}
    assert all(n.untestable for n in terms.norms.values() if isinstance(n.verb, Duty))


def test_g12_distances_that_differ_are_kept_with_their_sources() -> None:
    terms = load(SYRIA)
    heavy = {v.says: v.source for v in terms.norms["S3f"].variants}
    assert set(heavy) == {"3500 m", "3000 m"}
    kurdish = [v.says for v in terms.norms["S3k"].variants]
    assert kurdish == ["500 m", "457 m (500 yards)"]
    assert all(heavy.values())


def test_a_group_stays_exempted_under_a_new_name() -> None:
    terms = load(SYRIA)
    assert terms.exempt_of("jn") == terms.exempt_of("jfs_g") == "nusra"
    assert terms.exempt_of("isil") == "isil"
    assert terms.exempt_of("ahrar_g") is None
    old, new = terms.exempt["nusra"].names[:2]
    assert old.until == new.since == "2016-07-28"


def test_a_contested_bearer_is_named_with_the_reason() -> None:
    terms = load(SYRIA)
    assert "not listed as a party" in (terms.contested(terms.norms["S1a"], "us-coalition") or "")
    assert terms.contested(terms.norms["S1a"], "opposition") is None


# --------------------------------------------------------------- refusals


def test_an_unknown_key_is_named_with_its_place_and_the_nearest_key() -> None:
    text = SMALL.replace("    never: {act: attack", "    nevr: {act: attack")
    assert "did you mean 'never'?" in refused(text)
    assert problem_at(text) == (16, "column 5", "unknown_key")


def test_a_key_twice_is_an_error_with_both_lines() -> None:
    text = SMALL.replace("    title: No attacks\n", "    title: No attacks\n    title: Again\n")
    message = refused(text)
    assert "'title' again (first in line 14)" in message
    assert problem_at(text) == (15, "column 5", "duplicate_key")


def test_a_party_that_is_not_declared_is_refused_with_the_nearest() -> None:
    assert "did you mean 'south'?" in refused(SMALL.replace("who: [north, south]", "who: [north, suoth]"))


def test_a_zone_that_is_not_declared_is_refused() -> None:
    text = SMALL.replace("civilians]}", "civilians], in: valley}")
    assert "declare the zone first" in refused(text)


def test_a_missing_zones_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "agreement.yaml"
    path.write_text(SMALL + "zones: zones.geojson\n", encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        load(path)
    problem = caught.value.problems[0]
    assert (problem.code, problem.file) == ("zone_file", "agreement.yaml")
    assert "No such file" in problem.found


def test_zones_stay_beside_the_agreement(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "zones.geojson").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    path = tmp_path / "case" / "agreement.yaml"
    path.write_text(SMALL + "zones: ../zones.geojson\n", encoding="utf-8")
    with pytest.raises(CaseError, match="the name of a file beside the agreement"):
        load(path)


def test_a_time_needs_a_zone_on_top() -> None:
    message = refused(SMALL.replace("timezone: Asia/Damascus\n", ""))
    assert "expected a time whose zone is known" in message
    assert "timezone: Asia/Damascus" in message


def test_an_offset_of_its_own_is_a_zone_too() -> None:
    terms = load(SMALL.replace("2016-09-12T19:00}", '"2016-09-12T18:00+02:00"}'))
    assert terms.in_force.start == datetime(2016, 9, 12, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("timezone: Asia/Damascuss", "unknown_name"),
        ("in_force: {from: 2016-09-12}", "wrong_value"),  # a day is no instant
        ("in_force: {from: 19:00}", "wrong_value"),  # YAML 1.1 would read 1140
        ("in_force: {from: 2016-09-31T19:00}", "wrong_value"),
        ("in_force: {from: 2016-09-12T19:00, to: 2016-09-11T19:00}", "wrong_value"),
        ("proof: {breached: 1.9, satisfied: 0.9}", "wrong_value"),
        ("proof: {breached: 0.4, satisfied: 0.4}", "wrong_value"),
    ],
)
def test_values_that_cannot_be_are_refused(wrong: str, code: str) -> None:
    key = wrong.split(":", maxsplit=1)[0]
    kept = "".join(line for line in SMALL.splitlines(keepends=True) if not line.startswith(f"{key}:"))
    assert problem_at(f"{wrong}\n{kept}")[2] == code


def test_yes_no_and_on_are_words_and_not_truth_values() -> None:
    flagged = SMALL + "    best_efforts: yes\n"
    assert "expected true or false; found 'yes'" in refused(flagged)
    norway = load(SMALL.replace("north", "no"))
    assert list(norway.parties) == ["no", "south"]
    assert load(SMALL.replace("title: No attacks", "title: on")).norms["calm"].title == "on"


def test_anchors_tags_and_second_documents_are_refused() -> None:
    assert "the anchor or alias 'a'" in refused(SMALL.replace("side: north-side", "side: &a north-side"))
    assert "the tag" in refused(SMALL.replace("name: North", "name: !!str North"))
    refused(SMALL + "---\n" + SMALL)


def test_a_clause_has_one_verb_and_only_its_keys() -> None:
    assert "found never and power" in refused(SMALL + "    power: leave\n")
    assert "found 'within'" in refused(SMALL + "    within: 48h\n")
    no_verb = SMALL.replace("    never: {act: attack, against: [other-side, civilians]}\n", "")
    assert "exactly one verb" in refused(no_verb)


def test_a_duty_without_a_test_says_why() -> None:
    duty = SMALL.replace("never: {act: attack, against: [other-side, civilians]}", "duty: be kind")
    assert "'untestable' with 'duty'" in refused(duty)


def test_clocks_that_wait_for_each_other_are_refused() -> None:
    clocks = """\
clocks:
  a: {title: A, owner: [north], starts: 2016-09-12T19:00, consecutive: 7d, access: b}
  b: {title: B, owner: [north], starts: 2016-09-12T19:00, consecutive: 7d, access: a}
"""
    assert "a -> b -> a" in refused(SMALL + clocks)


def test_a_clock_counts_one_thing() -> None:
    clocks = "clocks:\n  a: {title: A, owner: [north], starts: 2016-09-12T19:00, for: 48h, consecutive: 7d}\n"
    assert "found for and consecutive" in refused(SMALL + clocks)


def test_all_problems_come_at_once() -> None:
    text = SMALL.replace("role: party, side: north-side", "rolle: party, side: north-side").replace(
        "who: [north, south]", "who: [west]"
    )
    with pytest.raises(CaseError) as caught:
        load(text)
    assert {p.code for p in caught.value.problems} >= {"unknown_key", "missing_key", "unknown_name"}


def test_a_file_that_is_not_text_is_one_clear_problem(tmp_path: Path) -> None:
    path = tmp_path / "agreement.yaml"
    path.write_bytes(b"\xff\xfe\x00agreement")
    with pytest.raises(CaseError) as caught:
        load(path)
    assert caught.value.problems[0].code == "agreement_unreadable"
    with pytest.raises(CaseError):
        load(tmp_path / "absent.yaml")


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_mutated_file_gives_an_agreement_or_clear_problems(data: st.DataObject) -> None:
    text = SMALL
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        cut = data.draw(st.integers(0, 12))
        put = data.draw(
            st.sampled_from(["", "\t", ":", "- ", "[", "}", "&a ", "*a", "!!", "\x00", "no", "7d", "\n", "{"])
        )
        text = text[:at] + put + text[at + cut :]
    try:
        terms = load(text + "\n")
    except CaseError as error:
        assert all(p.line and p.expected and p.action for p in error.problems)
    else:
        assert load(dump(terms)) == terms
