"""Voices: statements in the order of their thread, and what changed from one to the next.

In: the statements table. Out: ``Saying`` records in order, each change classed none, update, correction,
substitution or retreat, and counts for both readings: thread by thread, and each party as one voice.
Method: the rule of docs/methods/statements.md; the first line that fits decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import polars as pl

from ceasefire.model import table
from ceasefire.problems import Problem
from ceasefire.statements.propositions import CERTAINTY, Propositions, UnreadableCellError, read_cell

CHANGES = ("update", "correction", "substitution", "retreat")
ORDERS = 200
"""Orders tried where statements of one party bear the same instant. Our choice, fixed before any fitting."""

_SEQUENCE = re.compile(r"^(\d+)(.*)$")
_LAST = (1 << 60, "")


@dataclass(frozen=True)
class Saying:
    """One statement, read: its place in its thread (from 1) and its values by key."""

    statement_id: str
    thread: str
    order: int
    party: str | None
    body: str | None
    about: str | None
    said_at: datetime | None
    values: Mapping[str, str]
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What a statement changes: its class, and the keys that moved as (key, old or nothing, new)."""

    change: str
    moved: tuple[tuple[str, str | None, str], ...]

    @property
    def words(self) -> str | None:
        """The moved keys in one line."""
        parts = [f"{k}: {new}" if old is None else f"{k}: {old} -> {new}" for k, old, new in self.moved]
        return "; ".join(parts) or None


def sequence_order(sequence: str | None) -> tuple[int, str]:
    """The order of a place in a thread: the number, then the letter (2 < 2b < 3); without a number, last."""
    found = _SEQUENCE.match((sequence or "").strip())
    return (int(found[1]), found[2].strip()) if found else (_LAST[0], (sequence or "").strip())


def read_statements(statements: pl.DataFrame, rules: Propositions) -> tuple[list[Saying], list[Problem]]:
    """The statements in thread order, and what could not be read in them."""
    problems: list[Problem] = []
    sayings: list[Saying] = []
    rows = statements.sort("statement_id").iter_rows(named=True)
    ordered = sorted(
        rows,
        key=lambda r: (r["thread"], sequence_order(r["sequence"]), _instant(r["said_at"]), r["statement_id"]),
    )
    for thread, group in groupby(ordered, key=lambda r: str(r["thread"])):
        members = list(group)
        problems += _order_problems(thread, members)
        for order, row in enumerate(members, start=1):
            values, found = _read_values(row, rules)
            problems += found
            sayings.append(
                Saying(
                    statement_id=row["statement_id"],
                    thread=thread,
                    order=order,
                    party=row["party"],
                    body=row["body"],
                    about=row["about"],
                    said_at=row["said_at"],
                    values=values,
                    row=row,
                )
            )
    return sayings, problems


def follow(sayings: Iterable[Saying], rules: Propositions) -> list[Change]:
    """What each statement of one voice, in its order, changes."""
    kept: dict[str, str] = {}
    changes: list[Change] = []
    for place, saying in enumerate(sayings):
        counted = {
            k: v for k, v in saying.values.items() if rules.kind(k) != "remark" and not k.endswith(CERTAINTY)
        }
        moved = tuple((k, kept.get(k), v) for k, v in counted.items() if kept.get(k) != v)
        changes.append(Change(_class_of(place, saying, moved, rules), moved if place else ()))
        kept.update(counted)
    return changes


def _class_of(
    place: int, saying: Saying, moved: Sequence[tuple[str, str | None, str]], rules: Propositions
) -> str:
    if place == 0:
        return "none"
    if any(rules.rule(k, "acknowledges") and v == "true" for k, v in saying.values.items()):
        return "correction"
    if any(old is not None and rules.contradict(k, old, new) for k, old, new in moved):
        return "substitution"
    if any(old is not None and rules.retreats(k, old, new) for k, old, new in moved):
        return "retreat"
    return "update" if moved else "none"


def positions(sayings: Sequence[Saying], rules: Propositions) -> pl.DataFrame:
    """The ``positions`` table: each statement's place in its thread and what it changed."""
    rows = []
    for _, group in groupby(sayings, key=lambda s: s.thread):
        members = list(group)
        for saying, change in zip(members, follow(members, rules), strict=True):
            rows.append(
                {
                    "statement_id": saying.statement_id,
                    "thread": saying.thread,
                    "order": saying.order,
                    "speaker": saying.row["speaker"],
                    "party": saying.party,
                    "body": saying.body,
                    "about": saying.about,
                    "said_at": saying.said_at,
                    "change": change.change,
                    "keys": change.words,
                    "text": saying.row["text"],
                    "url": saying.row["url"],
                }
            )
    return table("positions").frame(rows)


def voice_counts(sayings: Sequence[Saying], rules: Propositions, *, seed: int) -> pl.DataFrame:
    """The ``voice_counts`` table: the changes of each party on each topic, in both readings.

    ``thread`` adds up the changes inside each thread; ``party`` reads all threads of a party on a topic as
    one voice in date order. Where dates tie the order is open: the range over ``ORDERS`` seeded orders stands
    beside.
    """
    by_thread: dict[tuple[str, str], list[str]] = {}
    for _, group in groupby(sayings, key=lambda s: s.thread):
        members = list(group)
        for saying, change in zip(members, follow(members, rules), strict=True):
            if saying.party and saying.about:
                by_thread.setdefault((saying.party, saying.about), []).append(change.change)
    rows = []
    for (party, about), changes in by_thread.items():
        own = [s for s in sayings if s.party == party and s.about == about]
        head = {
            "party": party,
            "about": about,
            "n_statements": len(own),
            "n_voices": len({s.thread for s in own}),
        }
        single = _counted(changes)
        rows.append(head | {"reading": "thread"} | single | _ranges([single]))
        one = [c.change for c in follow(as_one_voice(own), rules)]
        tried = [_counted([c.change for c in follow(o, rules)]) for o in _other_orders(own, seed)]
        rows.append(head | {"reading": "party"} | _counted(one) | _ranges([_counted(one), *tried]))
    return table("voice_counts").frame(rows)


def as_one_voice(sayings: Sequence[Saying]) -> list[Saying]:
    """Statements of several threads in date order; the order inside a thread is kept.

    At one instant first the statements that stand earlier in their thread, then by identifier.
    """
    effective = _effective(sayings)
    return sorted(sayings, key=lambda s: (effective[s.statement_id], s.order, s.statement_id))


def _effective(sayings: Sequence[Saying]) -> dict[str, datetime]:
    """A statement never comes before an earlier one of its thread, whatever its printed time."""
    latest: dict[str, datetime] = {}
    effective: dict[str, datetime] = {}
    for saying in sorted(sayings, key=lambda s: (s.thread, s.order)):
        at = max(_instant(saying.said_at), latest.get(saying.thread, datetime.min))
        effective[saying.statement_id] = latest[saying.thread] = at
    return effective


def _other_orders(sayings: Sequence[Saying], seed: int) -> list[list[Saying]]:
    effective = _effective(sayings)
    if len(set(effective.values())) == len(sayings):
        return []
    listed = sorted(sayings, key=lambda s: s.statement_id)
    random = np.random.default_rng([seed, len(listed)])
    orders = []
    for _ in range(ORDERS):
        draws: dict[tuple[str, datetime], list[float]] = {}
        for saying, draw in zip(listed, random.random(len(listed)), strict=True):
            draws.setdefault((saying.thread, effective[saying.statement_id]), []).append(float(draw))
        ranks = {place: iter(sorted(values)) for place, values in draws.items()}
        in_thread = sorted(listed, key=lambda s: (s.thread, s.order))
        at = {s.statement_id: next(ranks[s.thread, effective[s.statement_id]]) for s in in_thread}
        orders.append(sorted(listed, key=lambda s: (effective[s.statement_id], at[s.statement_id])))
    return orders


def _counted(changes: Sequence[str]) -> dict[str, int]:
    return {f"{c}s": changes.count(c) for c in CHANGES}


def _ranges(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {
        f"{c}_{end}": pick(n[c] for n in counts)
        for c in ("substitutions", "retreats")
        for end, pick in (("low", min), ("high", max))
    }


def _instant(at: datetime | None) -> datetime:
    """A sortable instant; an undated statement comes last."""
    return at.replace(tzinfo=None) if at is not None else datetime.max


def _read_values(row: Mapping[str, Any], rules: Propositions) -> tuple[dict[str, str], list[Problem]]:
    problems = []
    try:
        values = read_cell(row["propositions"])
    except UnreadableCellError as bad:
        values = {}
        problems.append(
            Problem(
                "error",
                "statements",
                "unreadable_propositions",
                "propositions as key=value; key=value, each key once",
                repr(str(bad)),
                "the statement keeps its place without propositions; correct the cell",
                **_where(row),
            )
        )
    for key in values:
        if key not in rules.keys and not key.endswith(CERTAINTY):
            problems.append(
                Problem(
                    "warning",
                    "statements",
                    "unlisted_proposition",
                    "a key of the propositions vocabulary",
                    repr(key),
                    "counted as a state: an update at most, never a substitution; give the key a class",
                    **_where(row),
                )
            )
    if row["about"] is None:
        problems.append(
            Problem(
                "warning",
                "statements",
                "statement_without_topic",
                "a topic in about",
                "an empty cell",
                "the statement is followed in its thread only and compared with no other; name its topic",
                **_where(row),
            )
        )
    return values, problems


def _order_problems(thread: str, members: Sequence[Mapping[str, Any]]) -> list[Problem]:
    problems = []
    for before, after in pairwise(members):
        if sequence_order(before["sequence"]) == sequence_order(after["sequence"]):
            problems.append(
                Problem(
                    "warning",
                    "statements",
                    "same_place_in_thread",
                    f"one statement at each place of {thread}",
                    f"{before['statement_id']} and {after['statement_id']} at {after['sequence']!r}",
                    "ordered by time, then identifier; number them",
                    **_where(after),
                )
            )
        if before["said_at"] and after["said_at"] and after["said_at"] < before["said_at"]:
            problems.append(
                Problem(
                    "warning",
                    "statements",
                    "thread_against_time",
                    f"{thread} to run forward in time",
                    f"{after['statement_id']} was said before {before['statement_id']}",
                    "the numbers of the thread decide; check number and time",
                    **_where(after),
                )
            )
    return problems


def _where(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"file": row["file"], "line": row["line"], "record": row["statement_id"]}
