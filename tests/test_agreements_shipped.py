"""The shipped agreements say of given incidents what their tests expect; a wrong tests file says where and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import polars as pl
import pytest
import yaml

from ceasefire.agreement import Agreement, Permission, Power, dump, load
from ceasefire.comply.trials import SCHEMA, Trials, read_trials, run_trials
from ceasefire.problems import CaseError

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*ROOT.glob("agreements/*/tests.yaml"), *ROOT.glob("cases/*/tests.yaml")])
NEW = ("syria-2016-02", "minsk-memorandum-2014", "orthodox-christmas-2023", "orthodox-easter-2025")


def ids(words: str) -> set[str]:
    return set(words.split())


# The ids of the tables of terms that these files were written from.
PACKAGE = ids(
    "M2-01 M2-02a M2-02b M2-02c M2-02d1 M2-02d2 M2-02e M2-02f M2-02g M2-03 M2-04a M2-04b M2-05 M2-06 M2-07 M2-08 "
    "M2-09 M2-10a M2-10b M2-11 M2-12 M2-13 "
    "TCG20-0 TCG20-1 TCG20-2 TCG20-3 TCG20-4 TCG20-5 TCG20-6 TCG20-7"
)
MEMORANDUM = ids("MM-01 MM-02 MM-03 MM-04a MM-04b MM-04c MM-05 MM-06a MM-06b MM-07 MM-08 MM-09")
SEPTEMBER = ids(
    "S1 S1a S1b S1c S1d S2 S3a S3b S3c S3d S3e S3f S3g S3h S3i S3j S3k S3l S3m S3n S3o S3p S4 S4b S5 S5b S5c S6 D7-1"
)
FEBRUARY = ids("F1 F2o F2g F3 F4 F5 F6 F7 F8 F9a F9b F9c F9d F10")


@cache
def trials_of(path: Path) -> Trials:
    return read_trials(path)


@cache
def results_of(path: Path) -> pl.DataFrame:
    return run_trials(trials_of(path))


STORIES = [
    pytest.param(path, story["story"], id=f"{path.parent.name}: {story['story']}")
    for path in FILES
    for story in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)["tests"]
]


# ------------------------------------------------------------------ what is shipped


@pytest.mark.parametrize(("path", "story"), STORIES)
def test_every_story_comes_out_as_its_author_expects(path: Path, story: str) -> None:
    rows = results_of(path).filter(pl.col("story") == " ".join(story.split()))
    assert rows.height, "the story was not run"
    wrong = [
        f"line {r['line']}\n  expects {r['expects']}\n  found   {r['found']}"
        for r in rows.filter(~pl.col("ok")).iter_rows(named=True)
    ]
    assert not wrong, "\n".join([story, *wrong])


def test_all_agreements_have_their_tests() -> None:
    assert {path.parent.name for path in FILES} == {*NEW, "syria-2016", "donbas"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.parent.name)
def test_a_title_of_a_story_stands_once(path: Path) -> None:
    titles = [story.title for story in trials_of(path).stories]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.parent.name)
def test_every_clause_that_is_judged_and_every_clock_has_an_expectation(path: Path) -> None:
    trials = trials_of(path)
    expected = [one for story in trials.stories for one in story.expects]
    owed = {k for k, norm in trials.terms.clauses.items() if not isinstance(norm.verb, Permission | Power)}
    assert owed <= {one.clause for one in expected}
    assert set(trials.terms.clocks) <= {one.clock for one in expected}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.parent.name)
def test_an_agreement_written_out_is_read_back_the_same(path: Path) -> None:
    terms = trials_of(path).terms
    assert load(dump(terms)) == terms


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.parent.name)
def test_every_clause_says_where_it_stands_and_how_it_is_known(path: Path) -> None:
    for norm in trials_of(path).terms.clauses.values():
        assert norm.source, norm.id
        assert norm.text_status, norm.id


@pytest.mark.parametrize(
    ("folder", "listed"),
    [
        ("cases/donbas", PACKAGE),
        ("agreements/minsk-memorandum-2014", MEMORANDUM),
        ("cases/syria-2016", SEPTEMBER),
        ("agreements/syria-2016-02", FEBRUARY),
    ],
)
def test_clauses_keep_their_ids(folder: str, listed: set[str]) -> None:
    assert listed <= set(trials_of(ROOT / folder / "tests.yaml").terms.clauses)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_hours_of_the_declared_truces() -> None:
    def terms(name: str) -> Agreement:
        return trials_of(ROOT / "agreements" / name / "tests.yaml").terms

    assert terms("orthodox-christmas-2023").in_force == (at("2023-01-06T09:00"), at("2023-01-07T21:00"))
    assert terms("orthodox-easter-2025").in_force == (at("2025-04-19T15:00"), at("2025-04-20T21:00"))
    february = terms("syria-2016-02")
    assert february.in_force == (at("2016-02-26T22:00"), None), "midnight in Damascus"
    assert february.clocks["acceptance"].until == at("2016-02-26T10:00"), "noon in Damascus"


def test_who_did_not_join_is_bound_by_nothing_and_who_mirrors_is_contested() -> None:
    christmas = trials_of(ROOT / "agreements/orthodox-christmas-2023/tests.yaml").terms
    assert {party for norm in christmas.norms.values() for party in norm.who} == {"russia"}
    easter = trials_of(ROOT / "agreements/orthodox-easter-2025/tests.yaml").terms
    assert easter.contested(easter.norms["E2"], "ukraine")
    assert easter.contested(easter.norms["E1"], "russia") is None


# ------------------------------------------------------------------ a tests file with mistakes

AGREEMENT = """
agreement: small
title: Small
source: made up
timezone: Asia/Damascus
in_force: {from: 2016-09-12T19:00}
documents: {D: {title: a paper, text_status: official}}
parties:
  north: {name: North, role: party, side: a, answers_for: [militia]}
  militia: {name: Militia, role: party, side: a}
  south: {name: South, role: party, side: b}
clocks:
  calm: {title: Calm, owner: [north], starts: 2016-09-12T19:00, for: 48h}
norms:
  N1: {title: No fire, who: [north, militia, south], never: {act: attack}, STANDS}
  N2: {title: Leave, who: [north], by: 2016-09-14T19:00, achieve: {act: withdrawal}, STANDS}
  N3: {title: May leave, who: [north], power: withdraw, STANDS}
""".replace("STANDS", "clause: paragraph, document: D, text_status: official, source: s")
GOOD = """
agreement: agreement.yaml
tests:
  - story: North fires
    at: 2016-09-16T00:00
    given:
      incidents:
        - {id: A, when: 2016-09-15T10:00, act: shelling, by: north, against: south}
    expect:
      - {clause: N1, of: north, verdict: breached}
"""


def written(folder: Path, tests: str) -> Path:
    (folder / "agreement.yaml").write_text(AGREEMENT, encoding="utf-8")
    path = folder / "tests.yaml"
    path.write_text(tests, encoding="utf-8")
    return path


def tried(folder: Path, expect: str, given: str = "{}", when: str = "2016-09-16T00:00") -> pl.DataFrame:
    body = f"agreement: agreement.yaml\ntests:\n  - story: s\n    at: {when}\n    given: {given}\n    expect: [{expect}]\n"
    return run_trials(read_trials(written(folder, body)))


def test_a_time_without_an_offset_is_in_the_zone_of_the_agreement(tmp_path: Path) -> None:
    trials = read_trials(written(tmp_path, GOOD))
    assert trials.stories[0].evidence.as_of == at("2016-09-15T21:00")
    frame = run_trials(trials)
    assert frame.schema == SCHEMA
    assert frame.columns == ["story", "expects", "found", "ok", "line"]
    assert frame.row(0, named=True)["line"] == 10
    assert frame["ok"].all()


def test_a_folder_stands_for_the_tests_in_it(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    assert read_trials(tmp_path).stories[0].title == "North fires"


def test_a_wrong_expectation_is_reported_with_what_was_found(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("verdict: breached", "verdict: pending, probability: 0.3"))
    row = run_trials(read_trials(path)).row(0, named=True)
    assert row["ok"] is False
    assert row["expects"] == "N1 of north: pending, p = 0.3"
    assert row["found"].startswith("breached, p = 1.000: ")


MISTAKES = [
    ("clause: N1", "clase: N1", "unknown_key", "did you mean 'clause'?", 10),
    ("clause: N1", "clause: N11", "unknown_name", "did you mean 'N1'?", 10),
    ("clause: N1, of: north", "clause: patron-miltia", "unknown_name", "did you mean 'patron-militia'?", 10),
    ("verdict: breached", "verdict: breeched", "unknown_name", "did you mean 'breached'?", 10),
    ("of: north, ", "", "missing_key", "name one of: north, militia, south", 10),
    ("of: north", "of: nort", "unknown_name", "did you mean 'north'?", 10),
    ("of: north, verdict: breached", "of: north", "missing_key", "say what is expected", 10),
    ("verdict: breached", "state: running", "wrong_value", "remove it", 10),
    ("clause: N1, of: north", "clause: N3", "wrong_value", "name another clause", 10),
    ("{clause: N1, of: north, verdict", "{verdict", "missing_key", "say what the expectation is about", 10),
    ("verdict: breached", "incident: B, verdict: breached", "unknown_name", "use one of: A", 10),
    ("verdict: breached", "probability: 60", "wrong_value", "write a share of one", 10),
    ("clause: N1, of: north, verdict: breached", "clock: calmer, state: ended", "unknown_name", "did you mean 'calm'?", 10),
    ("clause: N1, of: north, verdict: breached", "clock: calm, state: endet", "unknown_name", "did you mean 'ended'?", 10),
    ("    at: 2016-09-16T00:00\n", "", "missing_key", "add 'at' here", 4),
    ("at: 2016-09-16T00:00", "at: 16 September", "wrong_value", "write day and hour together", 5),
    ("story: North fires", "story:", "wrong_value", "write the text, or leave the key out", 4),
    ("incidents:", "incident:", "unknown_key", "did you mean 'incidents'?", 7),
    ("by: north", "by: nrth", "unknown_name", "did you mean 'north'?", 8),
    ("by: north", "by: {north: 0.6, south: 0.3}", "wrong_value", "give the rest to", 8),
    ("by: north", "by: {north: 0.6, soth: 0.4}", "unknown_name", "did you mean 'south'?", 8),
    ("act: shelling", "act: shellfire", "unknown_name", "did you mean 'shelling'?", 8),
    ("against: south", "against: [south, nobody]", "unknown_name", "use one of", 8),
    ("against: south", "held_by: south", "missing_key", "name the place", 8),
    ("against: south", "until: 2016-09-14T00:00", "wrong_value", "correct one of the two", 8),
    ("against: south", "in: zone-a", "unknown_name", "the agreement has none", 8),
    ("against: south", "point: {latitude: north, longitude: 37}", "wrong_value", "write digits", 8),
    ("    expect:\n      - {clause: N1, of: north, verdict: breached}\n", "", "missing_key", "add 'expect' here", 4),
    ("\n      - {clause: N1, of: north, verdict: breached}", "", "wrong_value", "begin each with a dash", 9),
    ("agreement: agreement.yaml", "agreement: agremeent.yaml", "wrong_value", "add it, or correct its name", 2),
    ("agreement: agreement.yaml", "agreement: ../agreement.yaml", "wrong_value", "without a folder", 2),
    ("agreement: agreement.yaml\n", "", "missing_key", "write agreement: agreement.yaml on top", 2),
    ("tests:", "test:", "unknown_key", "did you mean 'tests'?", 3),
    ("id: A,", "id: A, id: B,", "duplicate_key", "keep one of the two", 8),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "action", "line"), MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_to_do(
    tmp_path: Path, old: str, new: str, code: str, action: str, line: int
) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(CaseError) as told:
        read_trials(written(tmp_path, GOOD.replace(old, new)))
    found = [(p.code, p.line, p.action, p.file) for p in told.value.problems]
    fits = [f for f in found if f[0] == code and f[1] == line and action in f[2] and f[3] == "tests.yaml"]
    assert fits, found
    assert all(p.expected and p.found and p.action and p.record for p in told.value.problems)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    body = (
        GOOD.replace("by: north", "by: nrth").replace("clause: N1", "clause: N9").replace("story:", "storey:")
    )
    with pytest.raises(CaseError) as told:
        read_trials(written(tmp_path, body))
    assert {p.line for p in told.value.problems} == {4, 8, 10}


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"give the path of tests.yaml"):
        read_trials(tmp_path / "nothing.yaml")


def test_a_mistake_in_the_agreement_is_told_with_its_own_file(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    text = AGREEMENT.replace("act: attack", "act: atack")
    (tmp_path / "agreement.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CaseError) as told:
        read_trials(path)
    assert {p.file for p in told.value.problems} == {"agreement.yaml"}


def accounts(*more: str) -> str:
    row = "source: OSCE, says: asserts, act: withdrawal, by: north, when: 2016-09-13T00:00"
    return "{accounts: [" + ", ".join("{" + row + words + "}" for words in more) + "]}"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([""], "the camp of 'OSCE', once"),
        ([", camp: none", ", camp: south"], r"one camp for 'OSCE' \('none' above\)"),
        ([", camp: eest"], "a camp of the agreement"),
    ],
)
def test_a_source_has_one_camp_and_says_it(tmp_path: Path, rows: list[str], words: str) -> None:
    with pytest.raises(CaseError, match=words):
        tried(tmp_path, "{clause: N2, verdict: satisfied}", accounts(*rows))


def test_the_camp_of_a_source_is_said_once_and_holds_for_all_its_rows(tmp_path: Path) -> None:
    given = accounts(", camp: none", ", text: again")
    found = tried(tmp_path, "{clause: N2, in_words: told by OSCE, verdict: undetermined}", given)
    assert found["ok"].all(), found.to_dicts()


def test_a_reading_of_a_clock_that_there_is_none_of_is_told_with_those_there_are(tmp_path: Path) -> None:
    row = tried(tmp_path, "{clock: calm, reading: counted, state: lapsed}").row(0, named=True)
    assert row["ok"] is False
    assert row["found"] == "0 readings with 'counted'; there are: declared"


def test_several_together_and_several_open(tmp_path: Path) -> None:
    together = (
        "{incidents: [{id: A, when: 2016-09-15T10:00, act: shelling, by: [north, militia], against: south}]}"
    )
    both = "{clause: N1, of: north, probability: 1}, {clause: N1, of: militia, probability: 1}"
    assert tried(tmp_path, both, together)["ok"].all()
    either = together.replace("[north, militia]", "{north+militia: 0.5, accident: 0.5}")
    half = both.replace("probability: 1", "probability: 0.5")
    assert tried(tmp_path, half, either)["ok"].all()


def test_a_count_is_never_evidence(tmp_path: Path) -> None:
    counts = "{counts: [{source: South, camp: south, against: north, what: violations, value: 2935, when: 2016-09-15T00:00}]}"
    expect = "{clause: N1, of: north, verdict: not_observed}"
    told = [tried(tmp_path, expect, given)["found"].item() for given in (counts, "{}")]
    assert told[0] == told[1]


def test_doubtful_sightings_break_no_deadline_that_nobody_speaks_of(tmp_path: Path) -> None:
    """Even odds that it was done are no evidence: they must not lift a doubtful sighting to a breach."""
    undone = "achieve: {act: withdrawal}, undone_by: {act: weapons_in_zone}"
    body = GOOD.replace(
        "{clause: N1, of: north, verdict: breached}", "{clause: N2, verdict: undetermined, probability: 0.8}"
    )
    body = body.replace("act: shelling, by: north", "act: weapons_in_zone, by: {north: 0.8, accident: 0.2}")
    many = "\n".join(
        f"        - {{id: I{k}, when: 2016-09-15T1{k}:00, act: weapons_in_zone, by: {{north: 0.5, accident: 0.5}}}}"
        for k in range(6)
    )
    start, end = body.index("        - {id: A"), body.index("    expect:")
    doubts = (body[:start] + many + "\n" + body[end:]).replace("probability: 0.8", "probability: 0.984")
    for tests in (body, doubts):
        path = written(tmp_path, tests)
        text = AGREEMENT.replace("achieve: {act: withdrawal}", undone)
        (tmp_path / "agreement.yaml").write_text(text, encoding="utf-8")
        frame = run_trials(read_trials(path))
        assert frame["ok"].all(), frame.to_dicts()
