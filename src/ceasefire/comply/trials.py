"""Tests of an agreement that a lawyer can read: given these incidents, expect these verdicts.

In: ``tests.yaml`` beside an agreement, in the same strict YAML. Out: ``Trials``; ``run_trials`` judges every story and says
of every expectation what was found. A mistake in the file is a ``CaseError`` with line, column and what to do. What is
given is stipulated, as in a moot court: a story tests the text and its reading, never what happened.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ceasefire.agreement import Agreement, Permission, Power, load
from ceasefire.comply.clocks import DECLARED, shown
from ceasefire.comply.evidence import Evidence
from ceasefire.comply.judge import Complied, comply
from ceasefire.comply.stipulated import known, names_in, read_given
from ceasefire.comply.verdicts import holders
from ceasefire.model import table
from ceasefire.problems import CaseError
from ceasefire.strict_yaml import (
    Cell,
    Key,
    Reading,
    cells,
    identifier,
    instant,
    mapping_of,
    nearest,
    number,
    probability,
    record,
    shaped,
    text,
    word,
)
from ceasefire.vocabulary import vocabulary

TESTS = "tests.yaml"
WITHIN = 0.01
WITHIN_HOURS = 0.05
STATES = ("not_started", "running", "blocked", "met", "not_met", "ended", "lapsed", "undetermined")
SCHEMA = pl.Schema(
    {
        "story": pl.String(),
        "expects": pl.String(),
        "found": pl.String(),
        "ok": pl.Boolean(),
        "line": pl.Int64(),
    }
)


@dataclass(frozen=True)
class Expectation:
    """What one line expects of a clause and its bearer (one incident of it, if named) or of a clock's reading."""

    line: int
    clause: str | None = None
    of: str | None = None
    incident: str | None = None
    verdict: str | None = None
    probability: float | None = None
    clock: str | None = None
    reading: str | None = None
    state: str | None = None
    ends: datetime | None = None
    hours: float | None = None
    in_words: str | None = None
    because: str | None = None


@dataclass(frozen=True)
class Story:
    """One test: what is given, judged at which instant, and what is expected."""

    title: str
    line: int
    evidence: Evidence
    expects: tuple[Expectation, ...]


@dataclass(frozen=True)
class Trials:
    """The stories of one file, and the agreement they are about."""

    file: str
    terms: Agreement
    stories: tuple[Story, ...]


def read_trials(path: Path | str) -> Trials:
    """Read a tests file, or that of a folder, with the agreement beside it.

    Raises:
        CaseError: with every mistake found, in the tests or in the agreement.
    """
    path = Path(path)
    path = path / TESTS if path.is_dir() else path
    reading = Reading(path.name, "agreement")
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        found = getattr(error, "strerror", None) or str(error)
        reading.fail(Cell("", 1, 1), "not_yaml", "tests in UTF-8 text", found, f"give the path of {TESTS}")
        raise CaseError(reading.problems) from error
    root = cells(content, reading)
    terms = _agreement(reading, root, path.parent)
    reading.zone = ZoneInfo(terms.timezone)
    reading.names = {**names_in(terms), "clause": [*terms.clauses, *_patron_questions(terms)]}
    top = record(reading, root, _TOP)
    entries = _listed(reading, top["tests"], "- story: ...") if "tests" in top else []
    stories = [_story(reading, terms, cell) for cell in entries]
    reading.stop_if_failed()
    return Trials(path.name, terms, tuple(story for story in stories if story is not None))


def run_trials(trials: Trials) -> pl.DataFrame:
    """Judge every story: one row an expectation, with ``story``, ``expects``, ``found``, ``ok`` and ``line``."""
    rows = []
    for story in trials.stories:
        result = comply(trials.terms, story.evidence)
        for one in story.expects:
            found, ok = _of_clock(trials.terms, result, one) if one.clock else _of_clause(result, one)
            told = _told(one, trials.terms)
            rows.append({"story": story.title, "expects": told, "found": found, "ok": ok, "line": one.line})
    return pl.DataFrame(rows, schema=SCHEMA)


# ------------------------------------------------------------------ reading


@shaped({"type": "array", "items": {}})
def _later(reading: Reading, cell: Cell) -> Cell:
    return cell


_TOP = {
    "agreement": Key(text, required=True, about="the file of the agreement, beside this one"),
    "tests": Key(_later, required=True, about="the stories"),
}
_EXPECT = {
    "clause": Key(known("clause")),
    "of": Key(text, about="the bearer"),
    "incident": Key(identifier, about="one incident of the story, under this clause"),
    "verdict": Key(word(*vocabulary("verdicts"))),
    "probability": Key(probability, about=f"that it was breached, within {WITHIN:g}"),
    "clock": Key(known("clock")),
    "reading": Key(text, about="words of the reading; declared if not said"),
    "state": Key(word(*STATES)),
    "ends": Key(instant),
    "hours": Key(number, about="hours achieved"),
    "in_words": Key(text, about="words that stand in the reason"),
    "because": Key(text, about="why, in the words of who wrote the test"),
}
_OF_CLAUSE = ("of", "incident", "verdict", "probability")
_OF_CLOCK = ("reading", "state", "ends", "hours")
_CLAIMS = ("verdict", "probability", "state", "ends", "hours", "in_words")
_STORY = {
    "story": Key(text, required=True),
    "at": Key(instant, required=True, about="the instant judged"),
    "given": Key(read_given, about="what is stipulated; nothing if left out"),
    "expect": Key(_later, required=True),
}


def _agreement(reading: Reading, root: Cell, folder: Path) -> Agreement:
    """The agreement that the tests name. Without it no name in them can be checked."""
    entry = mapping_of(reading, root).get("agreement")
    if entry is None:
        action = "write agreement: agreement.yaml on top"
        reading.fail(root, "missing_key", "the key 'agreement'", "nothing", action)
    elif not isinstance(entry.value, str) or Path(entry.value).name != entry.value:
        expected = "the name of a file beside the tests"
        reading.fail(entry, "wrong_value", expected, entry.found, "give its name, without a folder")
    elif not (folder / entry.value).is_file():
        expected = "an agreement beside the tests"
        reading.fail(
            entry, "wrong_value", expected, f"no file {entry.value!r}", "add it, or correct its name"
        )
    reading.stop_if_failed()
    assert entry is not None
    return load(folder / str(entry.value))


def _patron_questions(terms: Agreement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for patron in terms.parties.values():
        for client in patron.answers_for:
            found.setdefault(f"patron-{client}", []).append(patron.id)
    return found


def _story(reading: Reading, terms: Agreement, cell: Cell) -> Story | None:
    before = len(reading.problems)
    row = record(reading, cell, _STORY)
    frames: Mapping[str, pl.DataFrame] = row.get("given", {})
    frames = frames or {"incidents": table("incidents").empty()}
    broken = len(reading.problems) > before
    incidents = None if broken else set(frames["incidents"]["incident_id"])
    entries = _listed(reading, row["expect"], "- {clause: ...}") if "expect" in row else []
    expects = [_expectation(reading, terms, entry, incidents) for entry in entries]
    if len(reading.problems) > before:
        return None
    evidence = Evidence.from_tables(row["at"], frames)
    return Story(row["story"], cell.line, evidence, tuple(expects))


def _listed(reading: Reading, cell: Cell, example: str) -> list[Cell]:
    if isinstance(cell.value, list) and cell.value:
        return cell.value
    found = "nothing" if cell.value in ("", []) else cell.found
    reading.fail(cell, "wrong_value", "a list", found, f"begin each with a dash: {example}")
    return []


def _expectation(
    reading: Reading, terms: Agreement, cell: Cell, incidents: Collection[str] | None
) -> Expectation:
    before = len(reading.problems)
    row = record(reading, cell, _EXPECT)
    named = [key for key in ("clause", "clock") if key in row]
    if len(named) != 1:
        found = " and ".join(named) or "neither"
        if len(reading.problems) == before:
            action = "say what the expectation is about"
            reading.fail(cell, "missing_key", "'clause' or 'clock'", found, action)
        return Expectation(cell.line)
    for key in _OF_CLOCK if named == ["clause"] else _OF_CLAUSE:
        if key in row:
            entry = mapping_of(reading, cell)[key]
            reading.fail(entry, "wrong_value", f"a key of a {named[0]}", repr(key), "remove it", key=True)
    if not any(key in row for key in _CLAIMS):
        expected = "something that can be wrong: " + ", ".join(
            key for key in _CLAIMS if key not in (_OF_CLOCK if named == ["clause"] else _OF_CLAUSE)
        )
        reading.fail(cell, "missing_key", expected, "nothing", "say what is expected")
    if row.get("clause"):
        row["of"] = _bearer(reading, terms, cell, row)
    if incidents is not None and row.get("incident", "") not in ("", *incidents):
        entry = mapping_of(reading, cell)["incident"]
        action = nearest(row["incident"], incidents) if incidents else "the story has none"
        reading.fail(entry, "unknown_name", "an incident of the story", entry.found, action)
    return Expectation(cell.line, **row)


def _bearer(reading: Reading, terms: Agreement, cell: Cell, row: Mapping[str, Any]) -> str:
    """Whose clause is meant: as written, or the only bearer it has."""
    clause = row["clause"]
    if clause in terms.clauses:
        norm = terms.clauses[clause]
        if isinstance(norm.verb, Permission | Power):
            entry = mapping_of(reading, cell)["clause"]
            expected, found = "a clause that is judged", f"{clause!r}, which only allows something"
            reading.fail(entry, "wrong_value", expected, found, "name another clause")
        valid = holders(norm)
    else:
        valid = tuple(_patron_questions(terms)[clause])
    if "of" not in row and len(valid) > 1:
        action = "name one of: " + ", ".join(valid)
        reading.fail(cell, "missing_key", f"'of' beside {clause!r}", "nothing", action)
    elif row.get("of", valid[0]) not in valid:
        entry = mapping_of(reading, cell)["of"]
        reading.fail(entry, "unknown_name", f"a bearer of {clause}", entry.found, nearest(row["of"], valid))
    return str(row.get("of", valid[0]))


# ------------------------------------------------------------------ running


def _of_clause(result: Complied, one: Expectation) -> tuple[str, bool]:
    """What was found of a clause and its bearer, or of one incident under it."""
    if one.incident:
        frame, p = result.incident_verdicts.filter(pl.col("incident_id") == one.incident), "p_breach"
    else:
        frame, p = result.verdicts, "p_breached"
    rows = frame.filter((pl.col("norm_id") == one.clause) & (pl.col("holder") == one.of))
    if not rows.height:
        # An incident that does not touch a clause has no row under it: it counts with nothing.
        told = "it does not touch the clause" if one.incident else "no verdict"
        return told, bool(one.incident) and one.probability == 0 and not (one.verdict or one.in_words)
    row = rows.row(0, named=True)
    chance = row[p]
    ok = one.verdict in (None, row["verdict"]) and _stands_in(one, row["reason"])
    if one.probability is not None:
        ok = ok and chance is not None and abs(chance - one.probability) <= WITHIN
    figure = "p not estimated" if chance is None else f"p = {chance:.3f}"
    return f"{row['verdict']}, {figure}: {row['reason']}", ok


def _of_clock(terms: Agreement, result: Complied, one: Expectation) -> tuple[str, bool]:
    """What was found of a clock: the reading whose name holds the words asked for."""
    rows = result.clocks.filter(pl.col("clock_id") == one.clock)
    names = rows["reading"].to_list()
    words = one.reading or (DECLARED if DECLARED in names else "counted")
    fits = [name for name in names if name == words] or [name for name in names if words in name]
    if len(fits) != 1:
        return f"{len(fits)} readings with {words!r}; there are: {'; '.join(names)}", False
    row = rows.filter(pl.col("reading") == fits[0]).row(0, named=True)
    ok = one.state in (None, row["state"]) and _stands_in(one, row["reason"])
    ok = ok and one.ends in (None, row["ends_at"])
    if one.hours is not None:
        achieved = row["achieved_hours"]
        ok = ok and achieved is not None and abs(achieved - one.hours) <= WITHIN_HOURS
    ends = f", ends {shown(row['ends_at'], terms)}" if row["ends_at"] else ""
    hours = "" if row["achieved_hours"] is None else f", {row['achieved_hours']:.1f} h"
    return f"{row['state']}{ends}{hours}: {row['reason']}", ok


def _stands_in(one: Expectation, reason: str) -> bool:
    return one.in_words is None or one.in_words.casefold() in reason.casefold()


def _told(one: Expectation, terms: Agreement) -> str:
    """The expectation in one line, for the table."""
    if one.clock:
        about = f"{one.clock} ({one.reading})" if one.reading else one.clock
    else:
        about = f"{one.clause} of {one.of}" + (f", incident {one.incident}" if one.incident else "")
    told = [
        one.verdict,
        None if one.probability is None else f"p = {one.probability:g}",
        one.state,
        None if one.ends is None else f"ends {shown(one.ends, terms)}",
        None if one.hours is None else f"{one.hours:g} h",
        None if one.in_words is None else f'"{one.in_words}"',
    ]
    return f"{about}: {', '.join(part for part in told if part)}"
