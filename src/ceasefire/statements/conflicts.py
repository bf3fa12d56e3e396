"""Conflicts: pairs of statements on one topic that cannot both hold, fit badly, or give other figures.

In: the statements in thread order and the rules of the propositions. Out: the ``contradictions`` table.
Method: facts are compared at any dates, states only within a day (the world moves), figures where they are of
one event. A tension is listed with both sides and never called a contradiction; neither is by itself a lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

import polars as pl

from ceasefire.model import table
from ceasefire.statements.propositions import Propositions
from ceasefire.statements.voices import Saying, as_one_voice

SAME_DAY = timedelta(hours=24)
"""States are compared when said less than this apart. Our choice: dates of one day share an instant, the next
day's lie 24 hours on."""

CONTRADICTION, TENSION, FIGURES = "contradiction", "tension", "figures"
_SCOPES = {"self": "one voice", "offices": "two voices of one party", "parties": "two parties"}


@dataclass(frozen=True)
class Conflict:
    """What stands against what between two statements."""

    kind: str
    key_a: str
    value_a: str
    key_b: str
    value_b: str
    words: str

    def turned(self) -> Conflict:
        """The same conflict with its sides exchanged."""
        return Conflict(self.kind, self.key_b, self.value_b, self.key_a, self.value_a, self.words)


def contradictions(sayings: Sequence[Saying], rules: Propositions) -> pl.DataFrame:
    """The ``contradictions`` table: every conflicting pair of each topic, the earlier statement first."""
    rows = []
    by_topic: dict[str, list[Saying]] = {}
    for saying in sayings:
        if saying.about:
            by_topic.setdefault(saying.about, []).append(saying)
    for about, members in by_topic.items():
        for a, b in combinations(as_one_voice(members), 2):
            scope = scope_of(a, b)
            for found in conflicts(a, b, rules):
                rows.append(
                    {
                        "about": about,
                        "kind": found.kind,
                        "scope": scope,
                        "statement_a": a.statement_id,
                        "statement_b": b.statement_id,
                        "party_a": a.party,
                        "party_b": b.party,
                        "body_a": a.body,
                        "body_b": b.body,
                        "key_a": found.key_a,
                        "value_a": found.value_a,
                        "key_b": found.key_b,
                        "value_b": found.value_b,
                        "note": _note(found, scope, b, rules),
                    }
                )
    return table("contradictions").frame(rows)


def scope_of(a: Saying, b: Saying) -> str:
    """One voice, two offices of one party, or two parties."""
    if a.thread == b.thread:
        return "self"
    return "offices" if a.party is not None and a.party == b.party else "parties"


def conflicts(a: Saying, b: Saying, rules: Propositions) -> list[Conflict]:
    """Everything that stands between two statements on one topic."""
    found = list(_same_key(a, b, rules))
    for one, other, turn in ((a, b, False), (b, a, True)):
        for conflict in (
            *_across(one.values, other.values, rules),
            *_cleared(one.values, other.values, rules),
            *_tensions(one, other, rules),
        ):
            found.append(conflict.turned() if turn else conflict)
    return sorted(set(found), key=lambda c: (c.key_a, c.key_b, c.kind))


def near(a: Saying, b: Saying) -> bool:
    """Said less than a day apart."""
    return a.said_at is not None and b.said_at is not None and abs(a.said_at - b.said_at) < SAME_DAY


def _same_key(a: Saying, b: Saying, rules: Propositions) -> Iterator[Conflict]:
    for key in sorted(a.values.keys() & b.values.keys()):
        one, other = a.values[key], b.values[key]
        if rules.contradict(key, one, other):
            yield Conflict(CONTRADICTION, key, one, key, other, "cannot both hold")
        elif a.thread != b.thread and near(a, b) and rules.opposed(key, one, other):
            yield Conflict(TENSION, key, one, key, other, "two states said within a day")
        elif rules.figures_differ(key, one, other):
            yield Conflict(FIGURES, key, one, key, other, "two figures; both are shown")


def _across(one: Mapping[str, str], other: Mapping[str, str], rules: Propositions) -> Iterator[Conflict]:
    for key, value in one.items():
        for other_key, other_value in other.items():
            if rules.contradict_across(key, value, other_key, other_value):
                yield Conflict(CONTRADICTION, key, value, other_key, other_value, "cannot both hold")


def _cleared(one: Mapping[str, str], other: Mapping[str, str], rules: Propositions) -> Iterator[Conflict]:
    """One statement clears whom the other names. Keys are joined where only together they do."""
    cleared = rules.cleared(one)
    if not cleared:
        return
    for key in rules.naming_keys():
        if key not in other:
            continue
        alone = [k for k in cleared if rules.excludes_actor([cleared[k]], other[key])]
        joint = [] if alone or not rules.excludes_actor(cleared.values(), other[key]) else [sorted(cleared)]
        for keys in [[k] for k in alone] + joint:
            words = "clears whom the other names"
            yield Conflict(CONTRADICTION, "+".join(keys), "false", key, other[key], words)


def _tensions(one: Saying, other: Saying, rules: Propositions) -> Iterator[Conflict]:
    for key, value in one.values.items():
        for rule in rules.rule(key, "tension") or ():
            against: dict[str, str] = rule["against"]
            if "when" in rule and rule["when"] != value:
                continue
            if rule.get("same_day") and not near(one, other):
                continue
            if all(other.values.get(k) == v for k, v in against.items()):
                keys, values = "+".join(against), "+".join(against.values())
                yield Conflict(TENSION, key, value, keys, values, rule["note"])


def _note(found: Conflict, scope: str, later: Saying, rules: Propositions) -> str:
    words = f"{found.kind} ({_SCOPES[scope]}): {found.words}"
    acknowledged = any(rules.rule(k, "acknowledges") and v == "true" for k, v in later.values.items())
    return words + ("; the later statement acknowledges a change" if acknowledged and scope == "self" else "")
