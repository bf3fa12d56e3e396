"""Propositions of official statements: reading a cell, and what excludes what.

In: cells ``key=value; key=value`` and the rules of ``vocabulary/propositions.yaml`` and ``open_words.yaml``.
Out: values by key, and the relations between two values: contradiction, retreat, opposition.
Method: five classes of keys (fact, number, list, state, remark); memberships come from the actors table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ceasefire.vocabulary import Term, vocabulary

CERTAINTY = "_certainty"
CLASSES = ("fact", "number", "list", "state", "remark")
_RANGE = re.compile(r"^(-?\d+(?:\.\d+)?)(?:\.\.(-?\d+(?:\.\d+)?))?$")
_BOOLEAN = {"true", "false"}


class UnreadableCellError(ValueError):
    """A part of a propositions cell is not ``key=value``."""


def read_cell(cell: str | None) -> dict[str, str]:
    """The values of a propositions cell by key. The first ``=`` ends the key.

    Raises:
        UnreadableCellError: a part lacks ``=``, key or value, or repeats a key; the message is that part.
    """
    values: dict[str, str] = {}
    for part in (cell or "").split(";"):
        if not part.strip():
            continue
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not (sign and key and value) or key in values:
            raise UnreadableCellError(part.strip())
        values[key] = value
    return values


def candidates(value: str) -> tuple[frozenset[str], ...]:
    """``a|b+c`` as its candidates: one of them holds, and of a candidate all members hold."""
    return tuple(frozenset(m.strip() for m in c.split("+") if m.strip()) for c in value.split("|"))


def figure(value: str) -> tuple[float, float] | None:
    """A number or ``n..m`` as a range; nothing if it is no exact figure (``>300``, ``1_of_5``)."""
    found = _RANGE.match(value)
    if not found:
        return None
    low = float(found[1])
    return low, float(found[2]) if found[2] else low


def memberships_of(actors: pl.DataFrame | None) -> dict[str, frozenset[str]]:
    """Each actor with every group it belongs to, directly or through another group."""
    direct: dict[str, list[str]] = {}
    if actors is not None:
        for row in actors.sort("actor_id").iter_rows(named=True):
            cell = (row["member_of"] or "").split(";")
            direct[row["actor_id"]] = [g.strip() for g in cell if g.strip()]
    held: dict[str, frozenset[str]] = {}
    for actor, groups in direct.items():
        seen: set[str] = set()
        open_groups = list(groups)
        while open_groups:
            group = open_groups.pop()
            if group not in seen:
                seen.add(group)
                open_groups += direct.get(group, [])
        held[actor] = frozenset(seen)
    return held


@dataclass(frozen=True)
class Propositions:
    """The keys in use, the words that leave a key open, and the memberships of actors."""

    keys: Mapping[str, Term]
    open_words: frozenset[str]
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, actors: pl.DataFrame | None = None, own: Mapping[str, Term] | None = None) -> Propositions:
        """The vocabulary, with a case's own keys over it and the memberships of its actors."""
        keys = dict(vocabulary("propositions")) | dict(own or {})
        return cls(keys, frozenset(vocabulary("open_words")), memberships_of(actors))

    def rule(self, key: str, name: str) -> Any:
        """A rule of a key, or nothing."""
        return self.keys[key].more.get(name) if key in self.keys else None

    def kind(self, key: str) -> str:
        """The class of a key. An unlisted key counts as a state: an update at most, never a substitution."""
        if key.endswith(CERTAINTY):
            return "remark"
        return str(self.rule(key, "class") or "state")

    def definite(self, value: str) -> bool:
        """The value takes a position: it is none of the open words."""
        return value not in self.open_words

    def part_of(self, member: str, group: str) -> bool:
        """The first is the second, or belongs to it."""
        return member == group or group in self.groups.get(member, ())

    def contradict(self, key: str, one: str, other: str) -> bool:
        """Two values of one fact key cannot both hold."""
        rule = self.rule(key, "excludes")
        if self.kind(key) != "fact" or rule is None or one == other:
            return False
        if not (self.definite(one) and self.definite(other)):
            return False
        if rule == "boolean":
            return {one, other} == _BOOLEAN
        if rule == "differ":
            return True
        if rule == "disjoint":
            return not self._share_member(one, other)
        listed = [candidates(v) for v in rule["any_two_of"]]
        mine, theirs = candidates(one), candidates(other)
        return mine != theirs and all((c,) in listed for c in mine + theirs) and not set(mine) & set(theirs)

    def contradict_across(self, key: str, value: str, other_key: str, other: str) -> bool:
        """A value of one fact key excludes a value of another (not symmetric: ask both ways)."""
        return any(
            rule["when"] == value and rule["key"] == other_key and other in rule["values"]
            for rule in self.rule(key, "cross") or ()
        )

    def crossed(self, key: str) -> list[str]:
        """The other keys that a fact key can exclude."""
        found = [rule["key"] for rule in self.rule(key, "cross") or ()]
        if self.rule(key, "clears"):
            found += self.naming_keys()
        return found

    def naming_keys(self) -> list[str]:
        """The keys whose values are actors."""
        return [k for k, term in self.keys.items() if term.more.get("excludes") == "disjoint"]

    def cleared(self, values: Mapping[str, str]) -> dict[str, str]:
        """The actors a statement clears, by the key that clears them."""
        keys = (k for k in values if values[k] == "false")
        return {k: str(self.rule(k, "clears")) for k in keys if self.rule(k, "clears")}

    def excludes_actor(self, cleared: Iterable[str], value: str) -> bool:
        """Each candidate of an actor value holds a force of an actor that was cleared."""
        groups = list(cleared)
        return self.definite(value) and all(
            any(self.part_of(m, g) for m in candidate for g in groups) for candidate in candidates(value)
        )

    def retreats(self, key: str, old: str, new: str) -> bool:
        """A change that stops asserting: definite to open, fewer to more candidates, a state given up."""
        rule = self.rule(key, "retreat")
        if self.kind(key) == "fact" and self.definite(old) and not self.definite(new):
            return True
        if rule == "wider":
            return self.definite(old) and self.definite(new) and self._wider(old, new)
        return bool(rule) and old in rule[0] and new in rule[1]

    def opposed(self, key: str, one: str, other: str) -> bool:
        """Two values of one state key do not fit at one date."""
        rule = self.rule(key, "opposes")
        if rule is None or one == other:
            return False
        if rule == "boolean":
            return {one, other} == _BOOLEAN
        sides = [{i for i, group in enumerate(rule) if v in group} for v in (one, other)]
        return bool(sides[0] and sides[1]) and not sides[0] & sides[1]

    def figures_differ(self, key: str, one: str, other: str) -> bool:
        """Two figures of one event that have no number in common."""
        if not self.rule(key, "compare"):
            return False
        a, b = figure(one), figure(other)
        return a is not None and b is not None and (a[1] < b[0] or b[1] < a[0])

    def _share_member(self, one: str, other: str) -> bool:
        members = [frozenset[str]().union(*candidates(v)) for v in (one, other)]
        return any(self.part_of(a, b) or self.part_of(b, a) for a in members[0] for b in members[1])

    def _wider(self, old: str, new: str) -> bool:
        before, after = candidates(old), candidates(new)
        if len(after) != len(before):
            return len(after) > len(before)
        pairs = [(a, b) for c in before for a in c for d in after for b in d if a != b]
        return any(self.part_of(a, b) for a, b in pairs) and not any(self.part_of(b, a) for a, b in pairs)
