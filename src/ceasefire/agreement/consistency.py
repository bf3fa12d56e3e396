"""Checks that need several records of an agreement at once: what contradicts itself is an error where it stands.

In: the cells and rows of a file. Out: problems with line and column: clocks of two shapes or in a circle, a patron of
itself, an exempted group that is a party, exceptions that disagree. Two exceptions of one clause disagree when they
ask for the same and weigh it differently, or when one excuses what the other restores and neither is said to prevail:
as in Catala's default logic, a conflict is shown to the drafter and never settled by the order of the lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from ceasefire.agreement.clauses import build_exception
from ceasefire.agreement.language import Norm
from ceasefire.strict_yaml import Reading

Rows = Mapping[str, Mapping[str, Any]]


def check(reading: Reading, top: Mapping[str, Any], parts: Mapping[str, Rows], norms: Sequence[Norm]) -> None:
    """Note every contradiction between records of the file."""
    _clocks(reading, top, parts["clocks"])
    _parties(reading, top, parts["parties"], parts["exempt"])
    amended = [norm for row in parts["amendments"].values() for norm in row.get("norms", ())]
    _exceptions(reading, top, parts["exceptions"], [*norms, *amended])


def _clocks(reading: Reading, top: Mapping[str, Any], clocks: Rows) -> None:
    for name, row in clocks.items():
        entry = top["clocks"].value[name]
        shapes = [k for k in ("for", "until", "consecutive", "delivery") if k in row]
        if len(shapes) > 1:
            found = " and ".join(shapes)
            expected = "at most one of for, until, consecutive, delivery"
            reading.fail(entry, "clock_shape", expected, found, "say what the clock counts", key=True)
        seen, at = [name], row.get("access")
        while at and at not in seen:
            seen.append(at)
            at = clocks.get(at, {}).get("access")
        if at:
            found = " -> ".join([*seen, at])
            reading.fail(
                entry, "circular_clocks", "clocks that end somewhere", found, "cut the circle", key=True
            )


def _parties(reading: Reading, top: Mapping[str, Any], parties: Rows, exempt: Rows) -> None:
    for name, row in parties.items():
        if name in row.get("answers_for", ()):
            entry = top["parties"].value[name]
            reading.fail(
                entry, "wrong_value", "another party in answers_for", repr(name), "remove it", key=True
            )
    known = set(parties)
    for name, row in exempt.items():
        if name in known or known & {n.name for n in row.get("names", ())}:
            entry = top["exempt"].value[name]
            reading.fail(entry, "wrong_value", "a group that is no party", repr(name), "choose one", key=True)


def _exceptions(reading: Reading, top: Mapping[str, Any], rows: Rows, norms: Sequence[Norm]) -> None:
    made = {name: build_exception(name, dict(row)) for name, row in rows.items() if "title" in row}
    for name, excuse in made.items():
        if not any(excuse.condition):
            entry = top["exceptions"].value[name]
            expected = "a condition: affected, area, reply_within, deliveries or test"
            reading.fail(entry, "missing_key", expected, "none", "say when the exception applies", key=True)
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
