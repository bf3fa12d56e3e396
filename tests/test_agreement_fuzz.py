"""A broken agreement ends in a clear error or in clean verdicts: a hundred and fifty mutants of the ten thousand of the bench."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.agreement_fuzz import Outcome, become, made_up_evidence, unclear
from bench.agreement_mutants import mutant, originals

from ceasefire.agreement import dump, load
from ceasefire.comply import Evidence
from ceasefire.problems import CaseError, Problem
from shipped import shipped_picture

SEED, SIZE = 7, 150


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    real = Evidence.of(shipped_picture("syria-2016"))
    evidence = {name: made_up_evidence(terms) for name, terms in originals().items()}
    evidence["syria-2016"] = evidence["agreement_everything"] = real
    return [become(number, evidence, seed=SEED) for number in range(SIZE)]


def test_no_mutant_ends_otherwise(outcomes: list[Outcome]) -> None:
    faults = [o for o in outcomes if o.fault]
    assert faults == [], "show one with bench.agreement_mutants.mutant(number, seed)"


def test_enough_of_them_load_and_are_judged_and_enough_are_refused(outcomes: list[Outcome]) -> None:
    judged = sum(o.judged for o in outcomes)
    assert sum(o.loaded for o in outcomes) == judged
    assert 0.3 * SIZE < judged < 0.9 * SIZE


def test_a_number_gives_the_same_mutant_each_time_and_another_number_another() -> None:
    assert mutant(3, SEED) == mutant(3, SEED)
    assert len({mutant(number, SEED)[1] for number in range(40)}) > 35
    assert {mutant(number, SEED)[0] for number in range(60)} == set(originals())


def test_what_is_unclear_is_seen() -> None:
    clear = Problem("error", "agreement", "wrong_value", "a time", "'x'", "write one", line=3)
    assert unclear(CaseError([clear])) is None
    told = {"severity": "error", "stage": "agreement", "expected": "a time", "found": "'x'"}
    silent = Problem(**told, code="wrong_value", action="", line=3)
    assert unclear(CaseError([clear, silent])) == "a refusal (wrong_value) without action"
    nowhere = Problem(**told, code="made_up", action="write one")
    assert unclear(CaseError(nowhere)) == "a refusal (made_up) without line and code"


HEAD = (Path(__file__).resolve().parents[1] / "bench" / "agreement_everything.yaml").read_text(
    encoding="utf-8"
)


@pytest.mark.parametrize(
    ("text", "code", "found"),
    [
        (f"{HEAD}x: {'[' * 5_000}{']' * 5_000}\n", "not_yaml", "endless nesting"),
        (f"%YAML 1.{'9' * 5_000}\n---\n{HEAD}", "not_yaml", "beyond all bounds"),
        (HEAD.replace("title: No attacks", 'title: "\\UFFFFFFFF"'), "not_yaml", "beyond all bounds"),
        (HEAD.replace("title: No attacks", 'title: "\\ud800"'), "wrong_value", "the character U+D800"),
        (HEAD.replace("title: No attacks", 'title: "a\\x7fb"'), "wrong_value", "the character U+007F"),
        (HEAD.replace("title: No attacks", "title: a\x00b"), "not_yaml", "the character U+0000"),
        (HEAD.replace("title: No attacks", "title: &a b"), "anchor", "the anchor or alias 'a'"),
        (HEAD.replace("title: No attacks", "title: !!str b"), "tag", "the tag 'tag:yaml.org,2002:str'"),
        (HEAD.replace("title: No attacks", "title: *b"), "anchor", "the anchor or alias 'b'"),
        (f"{HEAD}---\n{HEAD}", "not_yaml", "another document"),
        (f"{HEAD}{'# a line of nothing' * 120_000}", "not_yaml", "characters"),
    ],
    ids=range(11),
)  # fmt: skip
def test_what_a_parser_stumbles_on_is_one_clear_problem(text: str, code: str, found: str) -> None:
    with pytest.raises(CaseError) as caught:
        load(text)
    assert unclear(caught.value) is None
    first = caught.value.problems[0]
    assert first.code == code
    assert found in first.found


def test_however_deep_the_nest_the_end_is_clear() -> None:
    # Somewhere in between the parser still gets through, and the reader of its tree no longer does.
    for deep in range(100, 900, 80):
        with pytest.raises(CaseError) as caught:
            load(f"{HEAD}x: {'[' * deep}{']' * deep}\n")
        assert unclear(caught.value) is None


def test_a_character_no_file_may_hold_is_named_where_it_stands() -> None:
    with pytest.raises(CaseError) as caught:
        load(HEAD.replace("title: No attacks", "title: a\x00b"))
    problem = caught.value.problems[0]
    line = next(k for k, text in enumerate(HEAD.split("\n"), 1) if "title: No attacks" in text)
    assert (problem.line, problem.record) == (line, "column 13")


def test_right_to_left_text_and_a_very_long_one_come_back() -> None:
    for title in ("هدنة الأيام السبعة", "\u202eabc\u202c", "x" * 100_000):
        terms = load(HEAD.replace("title: No attacks", f"title: {title}"))
        assert terms.norms["C1"].title == title
        assert load(dump(terms)) == terms
