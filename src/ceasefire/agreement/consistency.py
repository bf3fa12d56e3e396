"""Checks that need several records of an agreement at once: what contradicts itself is an error where it stands.

In: the cells and rows of a file. Out: problems with line and column: clocks of two shapes or in a circle, a patron of
itself, an exempted group that is a party, exceptions that disagree. Two exceptions of one clause disagree when they
ask for the same and weigh it differently, or when one excuses what the other restores and neither is said to prevail:
as in Catala's default logic, a conflict is shown to the drafter and never settled by the order of the lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from ceasefire.agreement.clauses import build_exception
from ceasefire.agreement.language import (
    EXEMPTED,
    IN_FORCE,
    OTHER_SIDE,
    PROTECTED,
    By,
    Consecutive,
    Never,
    Norm,
)
from ceasefire.strict_yaml import Reading

HOUR = timedelta(hours=1)
Rows = Mapping[str, Mapping[str, Any]]


def check(reading: Reading, top: Mapping[str, Any], parts: Mapping[str, Rows], norms: Sequence[Norm]) -> None:
    """Note every contradiction between records of the file."""
    _clocks(reading, top, parts["clocks"])
    _watched(reading, top, parts["clocks"], norms)
    _parties(reading, top, parts["parties"], parts["exempt"])
    amended = [norm for row in parts["amendments"].values() for norm in row.get("norms", ())]
    _exceptions(reading, top, parts["exceptions"], [*norms, *amended])
    _amendments(reading, top, parts["amendments"])


def _clocks(reading: Reading, top: Mapping[str, Any], clocks: Rows) -> None:
    for name, row in clocks.items():
        entry = top["clocks"].value[name]
        if name == IN_FORCE:
            found = f"{name!r}, a word of the language"
            reading.fail(entry, "wrong_value", "a name for the clock", found, "choose another name", key=True)
        shapes = [k for k in ("for", "until", "consecutive", "delivery") if k in row]
        if len(shapes) > 1:
            found = " and ".join(shapes)
            expected = "at most one of for, until, consecutive, delivery"
            reading.fail(entry, "clock_shape", expected, found, "say what the clock counts", key=True)
        begins = row.get("starts")
        if isinstance(begins, datetime) and "until" in row and row["until"] <= begins:
            expected = "an end after the start"
            reading.fail(entry, "wrong_value", expected, "an end before it", "correct one of them", key=True)
        if clocks.get(row.get("access", ""), row).get("delivery") is None and "access" in row:
            expected, found = "a clock with 'delivery' as access", repr(row["access"])
            action = "name the clock that waits for aid, or leave access out"
            reading.fail(entry, "clock_shape", expected, found, action, key=True)
        circle = _circle(clocks, name, [])
        if circle:
            found = " -> ".join(circle)
            reading.fail(
                entry, "circular_clocks", "clocks that end somewhere", found, "cut the circle", key=True
            )


def _circle(clocks: Rows, at: str, seen: list[str]) -> list[str]:
    """The way from a clock back to itself, through the roads and the clocks it waits for; empty = there is none."""
    if at in seen:
        return [*seen, at] if at == seen[0] else []
    row = clocks.get(at, {})
    waits = [x for x in (row.get("access"), row.get("starts")) if isinstance(x, str) and x]
    return next((found for x in waits if (found := _circle(clocks, x, [*seen, at]))), [])


def _watched(reading: Reading, top: Mapping[str, Any], clocks: Rows, norms: Sequence[Norm]) -> None:
    """A clock that watched what no incident can touch would call every day quiet; a clause of days needs a clock of days."""
    deaf = {norm.id for norm in norms if not _touched(norm)}
    for name, row in clocks.items():
        for watched in deaf & set(row.get("watches", ())):
            expected = "clauses that an incident can break: never, or by with undone_by"
            entry, found = top["clocks"].value[name], repr(watched)
            reading.fail(entry, "wrong_value", expected, found, "watch another clause", key=True)
    for norm in norms:
        row = clocks.get(norm.verb.clock, {}) if isinstance(norm.verb, Consecutive) else {}
        if isinstance(norm.verb, Consecutive) and row and row.get("consecutive") != norm.verb.length:
            entry = top["norms"].value.get(norm.id) or top["norms"]
            expected = f"a clock that counts {norm.verb.length / HOUR:g} h in a row"
            found = f"{norm.verb.clock!r}, which does not"
            reading.fail(entry, "clock_shape", expected, found, "give both one length", key=True)


def _touched(norm: Norm) -> bool:
    return isinstance(norm.verb, Never) or (isinstance(norm.verb, By) and norm.verb.undone_by is not None)


def _parties(reading: Reading, top: Mapping[str, Any], parties: Rows, exempt: Rows) -> None:
    party_of: dict[str, str] = {}
    for name, row in parties.items():
        entry = top["parties"].value[name]
        if name in row.get("answers_for", ()):
            reading.fail(
                entry, "wrong_value", "another party in answers_for", repr(name), "remove it", key=True
            )
        if name in (OTHER_SIDE, EXEMPTED, *PROTECTED):
            found = f"{name!r}, a word of the language"
            reading.fail(entry, "wrong_value", "a name for the party", found, "choose another name", key=True)
        for member in row.get("members", ()):
            other = member if member in parties and member != name else party_of.setdefault(member, name)
            if other != name:
                found = f"{member!r} in {other!r} and in {name!r}"
                reading.fail(entry, "wrong_value", "members of one party", found, "choose one", key=True)
    known = set(parties) | set(party_of)
    for name, row in exempt.items():
        if name in known or known & {n.name for n in row.get("names", ())}:
            entry = top["exempt"].value[name]
            reading.fail(entry, "wrong_value", "a group that is no party", repr(name), "choose one", key=True)


def _amendments(reading: Reading, top: Mapping[str, Any], amendments: Rows) -> None:
    for name, row in amendments.items():
        entry = top["amendments"].value[name]
        if "norms" not in row and "repeals" not in row:
            action = "write what it changes"
            reading.fail(entry, "missing_key", "'norms' or 'repeals'", "nothing", action, key=True)
        both = {norm.id for norm in row.get("norms", ())} & set(row.get("repeals", ()))
        if both:
            found = f"{min(both)!r} both rewritten and repealed"
            reading.fail(
                entry, "wrong_value", "one change of a clause", found, "keep one of the two", key=True
            )


def _exceptions(reading: Reading, top: Mapping[str, Any], rows: Rows, norms: Sequence[Norm]) -> None:
    made = {name: build_exception(name, dict(row)) for name, row in rows.items() if "title" in row}
    for name, excuse in made.items():
        if not any(part is not None and part != () for part in excuse.condition):
            entry = top["exceptions"].value[name]
            expected = "a condition: affected, area, reply_within, deliveries or test"
            reading.fail(entry, "missing_key", expected, "none", "say when the exception applies", key=True)
        elif excuse.near_km is not None and excuse.reply_within is None:
            entry = top["exceptions"].value[name]
            expected, action = "'reply_within' with 'near_km'", "add 'reply_within', or leave 'near_km' out"
            reading.fail(entry, "missing_key", expected, "nothing", action, key=True)
    told: set[tuple[str, str]] = set()
    for norm in norms:
        for a, b in combinations([made[name] for name in norm.unless if name in made], 2):
            if (a.id, b.id) in told:
                continue
            same = a.condition == b.condition
            settled = a.id in b.over or b.id in a.over
            alike = (a.effect, a.burden, a.prior) == (b.effect, b.burden, b.prior)
            if (same and not alike) or (a.effect != b.effect and not settled):
                told.add((a.id, b.id))
                entry = top["exceptions"].value[b.id]
                expected = f"exceptions of clause {norm.id} that agree, or one that prevails"
                found = f"{a.id!r} and {b.id!r} " + (
                    "ask for the same and weigh it differently" if same else "pull in opposite directions"
                )
                action = f"write over: [{a.id}] in {b.id!r}, the other way round, or drop one"
                reading.fail(entry, "exceptions_disagree", expected, found, action, key=True)
