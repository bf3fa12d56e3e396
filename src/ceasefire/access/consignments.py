"""Consignments: each planned delivery from request to outcome.

In: the steps of the access record. Out: the ``consignments`` table, with the rule that gave each outcome.
Method: docs/methods/access.md. Arrived is not delivered; attacked while unloading is attacked; two accounts of
one delivery do not add, so trucks and people are ranges of what was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from ceasefire.access.steps import Step
from ceasefire.model import table
from ceasefire.problems import Problem

QUIET_DAYS = 14
"""An open consignment last heard of longer ago is said to have gone quiet. Our choice: two weekly rounds."""

STATE = {
    "approval": "planned",
    "facilitation_letter": "planned",
    "notified": "planned",
    "loaded": "planned",
    "resumed": "planned",
    "letter_missing": "waiting",
    "waiting": "waiting",
    "refused": "refused",
    "turned_back": "refused",
    "suspended": "suspended",
    "departed": "unknown",
    "arrived": "unknown",
}
"""What a consignment is after a step, as far as one knows. A request or condition alone changes nothing; after a
departure or an arrival the outcome is unknown until somebody tells it."""

OPEN = ("waiting", "suspended", "planned", "unknown")

_WORDS = {
    "approval": "approved, nothing later is told",
    "facilitation_letter": "the written permit came, nothing later is told",
    "notified": "the parties were told, nothing later is told",
    "loaded": "loaded, nothing later is told",
    "resumed": "work was taken up again, nothing later is told",
    "letter_missing": "the written permit is missing",
    "waiting": "held, and no later word",
    "refused": "refused, and no later word",
    "turned_back": "turned back, and no later word",
    "suspended": "stopped, and no later word",
    "departed": "left, and no word of arrival",
    "arrived": "arrived; arrived is not delivered, and no word of handing over",
}


@dataclass(frozen=True)
class Outcome:
    """What became of a consignment, when it ended, and the rule that says so."""

    outcome: str
    ended: datetime | None
    rule: str
    contested: bool = False


def consignments(
    steps: Sequence[Step], *, as_of: datetime
) -> tuple[pl.DataFrame, dict[str, str], list[Problem]]:
    """The ``consignments`` table, the rule behind each outcome, and what must be known of them.

    Days waiting run from the request, or the first sign, to delivery, attack or ``as_of``; empty where nothing
    before the delivery or attack is told.
    """
    now = as_of.astimezone(UTC).replace(tzinfo=None)
    grouped: dict[str, list[Step]] = {}
    for step in steps:
        if step.consignment:
            grouped.setdefault(step.consignment, []).append(step)
    rows, rules, problems = [], {}, []
    for name in sorted(grouped):
        members = grouped[name]
        outcome = outcome_of(members)
        rows.append(_row(name, members, outcome, now))
        rules[name] = outcome.rule
        problems += _doubts(name, members, outcome, now)
    return table("consignments").frame(rows), rules, problems


def outcome_of(members: Sequence[Step]) -> Outcome:
    """The outcome of one consignment. Delivery and attack end it; else the last word tells the state."""
    delivered, attacked = told(members, "delivered"), told(members, "attacked")
    if delivered and (not attacked or delivered.certainly_before < attacked.certainly_after):
        if attacked:
            return Outcome("delivered", delivered.begins, "delivered before the attack", contested=True)
        return Outcome("delivered", delivered.begins, "delivery is told")
    if attacked:
        rule = "attacked before a delivery was told" if not delivered else "attacked; a delivery is told too"
        if told(members, "arrived") and not delivered:
            rule = "attacked after arriving: attacked while unloading is attacked, not delivered"
        return Outcome("attacked", attacked.begins, rule, contested=delivered is not None)
    states = [s for s in members if s.kind in STATE]
    if not states:
        return Outcome("planned", None, "asked for, nothing later is told")
    last = last_word(states)
    return Outcome(STATE[last.kind], None, f"{_WORDS[last.kind]} ({last.access_id})")


def last_word(steps: Sequence[Step]) -> Step:
    """The step that no other certainly follows; of several, the one furthest on the way, then the later told."""
    latest_start = max(s.certainly_after for s in steps)
    open_ended = [s for s in steps if s.certainly_before >= latest_start]
    return max(open_ended, key=lambda s: (s.order, s.certainly_after, s.access_id))


def told(members: Sequence[Step], *kinds: str) -> Step | None:
    """The most precise account of a step; of equally precise ones the earliest."""
    accounts = [s for s in members if s.kind in kinds]
    return min(
        accounts,
        key=lambda s: (s.certainly_before - s.certainly_after, s.certainly_after, s.access_id),
        default=None,
    )


def span(numbers: Sequence[int]) -> str | None:
    """The range of what was told, never a sum; nothing if no account gives a number."""
    if not numbers:
        return None
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}–{high}"


def _row(name: str, members: Sequence[Step], outcome: Outcome, now: datetime) -> dict[str, Any]:
    def at(*kinds: str) -> datetime | None:
        step = told(members, *kinds)
        return step.begins.replace(tzinfo=UTC) if step and step.begins else None

    dated = [s for s in members if s.begins is not None]
    signs = [s.certainly_after for s in dated if s.kind not in ("delivered", "attacked")]
    until = outcome.ended if outcome.outcome in ("delivered", "attacked") else now
    days = (until - min(signs)).total_seconds() / 86400 if signs and until is not None else None
    load = [s for s in members if s.kind != "attacked"] or list(members)
    ordered = sorted(members, key=lambda s: (s.certainly_after, s.order, s.access_id))
    constraints = {s.constraint for s in members if s.constraint}
    if any(s.kind == "attacked" for s in members):
        constraints.add("violence")  # an attack on aid is the class by its definition
    return {
        "consignment": name,
        "from_place": next((s.from_place for s in ordered if s.from_place), None),
        "to_place": next((s.to_place for s in ordered if s.to_place), None),
        "requested_at": at("request"),
        "approved_at": at("approval", "facilitation_letter"),
        "notified_at": at("notified"),
        "departed_at": at("departed"),
        "arrived_at": at("arrived"),
        "delivered_at": at("delivered"),
        "refused_at": at("refused", "turned_back"),
        "attacked_at": at("attacked"),
        "outcome": outcome.outcome,
        "days_waiting": max(days, 0.0) if days is not None else None,
        "trucks": span([s.trucks for s in load if s.trucks is not None]),
        "people": span([s.people for s in members if s.people is not None]),
        "authorities": "; ".join(sorted({a for s in members for a in s.authorities})) or None,
        "constraints": "; ".join(sorted(constraints)) or None,
        "accounts": "; ".join(s.access_id for s in ordered),
    }


def _doubts(name: str, members: Sequence[Step], outcome: Outcome, now: datetime) -> list[Problem]:
    found = []
    if outcome.contested:
        found.append(
            Problem(
                "warning",
                "access",
                "outcome_contested",
                "one outcome",
                f"a delivery and an attack are both told; read as {outcome.outcome} ({outcome.rule})",
                "read both accounts",
                record=name,
            )
        )
    dated = [s.certainly_before for s in members if s.ends is not None]
    if not dated:
        found.append(
            Problem(
                "warning",
                "access",
                "consignment_undated",
                "a date in at least one account",
                "none",
                "it has no days of waiting; date one account",
                record=name,
            )
        )
    elif outcome.outcome in OPEN and (now - max(dated)).days > QUIET_DAYS:
        found.append(
            Problem(
                "note",
                "access",
                "consignment_gone_quiet",
                f"a word within {QUIET_DAYS} days of the instant asked for",
                f"the last is of {max(dated):%Y-%m-%d}; still counted as {outcome.outcome}",
                "look for its outcome; no later word is not a delivery",
                record=name,
            )
        )
    return found
