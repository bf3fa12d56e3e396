"""Distance between two bodies of one party, such as its military and its foreign ministry.

In: the statements in thread order and the rules. Out: the ``office_distances`` table.
Method: share of the propositions on which both took a position at one time and conflict, with the Jeffreys
90 % interval (Brown, Cai and DasGupta, Interval Estimation for a Binomial Proportion, Stat. Sci. 16, 2001).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations, product

import polars as pl
from scipy.special import betaincinv

from ceasefire.model import table
from ceasefire.statements.conflicts import FIGURES, conflicts, near
from ceasefire.statements.propositions import Propositions
from ceasefire.statements.voices import Saying, as_one_voice

LEVEL = 0.90
"""Width of the interval. Our choice for every table."""

JEFFREYS = 0.5
"""Both parameters of the Jeffreys prior of a proportion."""

Unit = tuple[str, ...]


def office_distances(sayings: Sequence[Saying], rules: Propositions) -> pl.DataFrame:
    """The ``office_distances`` table. Without a comparable proposition the distance is empty, not zero."""
    rows = []
    parties = sorted({s.party for s in sayings if s.party})
    for party in parties:
        bodies = sorted({s.body for s in sayings if s.party == party and s.body})
        for body_a, body_b in combinations(bodies, 2):
            a, b = ([s for s in sayings if s.party == party and s.body == body] for body in (body_a, body_b))
            units = _units(a, b, rules)
            in_conflict = {u: pairs for u, pairs in units.items() if pairs}
            n, k = len(units), len(in_conflict)
            low, high = jeffreys(k, n)
            rows.append(
                {
                    "party": party,
                    "body_a": body_a,
                    "body_b": body_b,
                    "n_comparable": n,
                    "n_conflicts": k,
                    "distance": k / n if n else None,
                    "low": low if n else None,
                    "high": high if n else None,
                    "examples": "; ".join(dict.fromkeys(p for pairs in in_conflict.values() for p in pairs))
                    or None,
                }
            )
    return table("office_distances").frame(rows)


def jeffreys(k: int, n: int) -> tuple[float, float]:
    """The Jeffreys interval of a share of ``k`` in ``n``; its ends are 0 at none and 1 at all."""
    tail = (1 - LEVEL) / 2
    low = 0.0 if k == 0 else float(betaincinv(k + JEFFREYS, n - k + JEFFREYS, tail))
    high = 1.0 if k == n else float(betaincinv(k + JEFFREYS, n - k + JEFFREYS, 1 - tail))
    return low, high


def _units(a: Sequence[Saying], b: Sequence[Saying], rules: Propositions) -> dict[Unit, list[str]]:
    """What both bodies took a position on, each with the statement pairs that conflict."""
    standing = _standing([*a, *b])
    units: dict[Unit, list[str]] = {}
    for one, other in product(a, b):
        if one.about is None or one.about != other.about:
            continue
        clashes = {frozenset((c.key_a, c.key_b)) for c in conflicts(one, other, rules) if c.kind != FIGURES}
        for unit, keys in _comparable(one, other, rules, standing):
            pairs = units.setdefault((one.about, *unit), [])
            pair = "/".join(sorted((one.statement_id, other.statement_id)))
            if keys in clashes and pair not in pairs:
                pairs.append(pair)
    return {unit: units[unit] for unit in sorted(units)}


Standing = dict[tuple[str, str], tuple[datetime | None, datetime | None]]


def _standing(sayings: Sequence[Saying]) -> Standing:
    """How long each value of a statement stands: from its date to the next word of its thread on that key."""
    found: Standing = {}
    last: dict[tuple[str, str | None, str], str] = {}
    for saying in as_one_voice(sayings):
        for key in saying.values:
            place = (saying.thread, saying.about, key)
            if place in last:
                before = (last[place], key)
                found[before] = (found[before][0], saying.said_at)
            found[saying.statement_id, key] = (saying.said_at, None)
            last[place] = saying.statement_id
    return found


def _comparable(
    one: Saying, other: Saying, rules: Propositions, standing: Standing
) -> Iterator[tuple[Unit, frozenset[str]]]:
    """The units two statements share: facts while both stand, states when said within a day."""
    for key, value in one.values.items():
        if not rules.definite(value):
            continue
        kind = rules.kind(key)
        if kind == "fact":
            for other_key in {
                key,
                *rules.crossed(key),
                *(k for k in other.values if key in rules.crossed(k)),
            }:
                if (
                    other_key in other.values
                    and rules.definite(other.values[other_key])
                    and (other_key != key or rules.rule(key, "excludes"))
                    and _together(standing[one.statement_id, key], standing[other.statement_id, other_key])
                ):
                    yield tuple(sorted({key, other_key})), frozenset((key, other_key))
        elif kind == "state" and near(one, other):
            day = _day(one, other)
            if rules.rule(key, "opposes") and key in other.values and rules.definite(other.values[key]):
                yield (key, day), frozenset((key,))
    for first, second in ((one, other), (other, one)):
        yield from _paired_states(first, second, rules)


def _paired_states(one: Saying, other: Saying, rules: Propositions) -> Iterator[tuple[Unit, frozenset[str]]]:
    """States under different keys that a tension rule sets against each other."""
    for key in one.values:
        for rule in rules.rule(key, "tension") or ():
            against = rule["against"]
            if rule.get("same_day") and near(one, other) and all(k in other.values for k in against):
                joined = "+".join(against)
                yield (key, joined, _day(one, other)), frozenset((key, joined))


def _together(
    one: tuple[datetime | None, datetime | None], other: tuple[datetime | None, datetime | None]
) -> bool:
    """Both stood at one time; a word replaced the same instant still met the other."""
    return _reaches(one[1], other[0]) and _reaches(other[1], one[0])


def _reaches(end: datetime | None, start: datetime | None) -> bool:
    return end is None or start is None or start <= end


def _day(one: Saying, other: Saying) -> str:
    days = [s.said_at for s in (one, other) if s.said_at is not None]
    return f"{min(days):%Y-%m-%d}"
