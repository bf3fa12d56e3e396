"""The invented parties and sources, and how each source tells of what.

In: knobs and a generator of random numbers. Out: `Cast`. A source of a camp speaks less of its own side's acts, blames the
other for them, and denies; how far it does is the alignment of its kind. What it says is a mixture of the camp's row and the
row of one who looks honestly, with a spread of its own. Truths and values: the parties, then accident, then third party; one
value more: tells of the incident and does not say who.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from bench.attribution_scenarios import Knobs

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PARTIES = ("republic", "front", "neighbour")
SIDES = (0, 1, 0)  # the neighbour is the republic's patron
ELSE = ("accident", "third_party")
ROLES = ("own", "ally", "opposing", "third", "accident")
NO_CAMP = -1
NEVER = np.inf


class Kind(NamedTuple):
    """What sources of one kind have in common."""

    count: int
    kind: str
    camp: int  # index of a party; -1 for none
    aligned: float  # share of the camp's row in what it says
    right: float  # names the author, given that it names somebody and looks honestly
    unsaid: float  # tells of the incident and does not say who
    reach: float  # logit of telling of an incident where it is present
    home: float  # share of districts where it is present
    lag_hours: float  # median time to publication


KINDS = (
    Kind(1, "party_official", 0, 0.95, 0.60, 0.15, -1.3, 1.0, 8),
    Kind(3, "media_state", 0, 0.90, 0.60, 0.15, -1.0, 0.8, 6),
    Kind(2, "media_independent", 0, 0.65, 0.60, 0.25, -1.6, 0.6, 9),
    Kind(1, "armed_group", 1, 0.95, 0.60, 0.15, -1.3, 1.0, 8),
    Kind(2, "media_state", 1, 0.90, 0.60, 0.15, -1.0, 0.8, 6),
    Kind(2, "local_activist", 1, 0.60, 0.70, 0.15, -1.0, 0.5, 2),
    Kind(1, "media_independent", 1, 0.65, 0.60, 0.25, -1.6, 0.6, 9),
    Kind(1, "guarantor_official", 2, 0.90, 0.60, 0.20, -2.0, 1.0, 20),
    Kind(2, "media_state", 2, 0.85, 0.55, 0.20, -1.7, 0.8, 10),
    Kind(1, "monitor_mission", NO_CAMP, 0.0, 0.80, 0.65, -0.8, 0.5, 30),
    Kind(2, "un", NO_CAMP, 0.0, 0.80, 0.65, -2.0, 0.8, 60),
    Kind(1, "red_cross", NO_CAMP, 0.0, 0.75, 0.85, -2.0, 0.7, 40),
    Kind(1, "medical_ngo", NO_CAMP, 0.0, 0.65, 0.55, -1.8, 0.5, 20),
    Kind(4, "monitor_ngo", NO_CAMP, 0.0, 0.72, 0.30, -1.3, 0.5, 24),
    Kind(7, "media_independent", NO_CAMP, 0.0, 0.58, 0.35, -1.7, 0.6, 12),
    Kind(3, "local_activist", NO_CAMP, 0.0, 0.66, 0.20, -1.1, 0.3, 3),
    Kind(2, "media_digest", NO_CAMP, 0.0, 0.55, 0.30, -2.2, 1.0, 30),
)
# Whom a side takes over first.
TAKEABLE = ("media_independent", "local_activist", "monitor_ngo", "media_digest")
TAKEN_ALIGNED = 0.85

# What a camp's own row says: by the role of the truth, the probability of the true author, of its own camp, of the opposing
# parties (others than the author), accident, third party, and of not saying who. Where two are one thing they add up.
SAYS: dict[str, tuple[float, float, float, float, float, float]] = {
    "own": (0.10, 0.0, 0.40, 0.14, 0.12, 0.24),
    "ally": (0.14, 0.01, 0.38, 0.14, 0.11, 0.22),
    "opposing": (0.70, 0.005, 0.10, 0.02, 0.03, 0.145),
    "third": (0.40, 0.005, 0.35, 0.04, 0.0, 0.205),
    "accident": (0.32, 0.005, 0.42, 0.0, 0.06, 0.195),
}
MAIN_FOE = 0.75  # of two opposing parties, how often the first is blamed
# Change of the logit of telling, and chance of clearing one's own camp, by the role of the truth.
SPEAKS = {"own": -1.4, "ally": -0.8, "opposing": 0.7, "third": 0.0, "accident": -0.3}
DENIES = {"own": 0.40, "ally": 0.20, "opposing": 0.12, "third": 0.12, "accident": 0.20}
SPEAKS_SPREAD = 0.2
# Weight, in reports, of the row of a kind or camp in the row of a source, and of these tables in the row of a camp.
CONCENTRATION = 40.0
LEAST = 1e-4
# What those who look honestly take for each other: parties of one side most, then parties, then the rest.
SAME_SIDE, ACCIDENT_FOR, THIRD_FOR = 3.0, 0.5, 0.6
MURKY_RIGHT, MURKY_UNSAID = 0.55, 0.15
# Says so with a hedge (the stance "suggests"), when wrong and when right.
HEDGES = (0.35, 0.20)
# Logit of telling: where a source is not present; spread between sources; a blackout of some weeks.
ABSENT, REACH_SPREAD, BLACKOUT = -6.0, 0.5, -3.0
# Rates of copying: a camp's media from its agency, sources taken over, digests, other outlets.
COPY_CAMP, COPY_TAKEN, COPY_DIGEST, COPY_OUTLET = 0.65, 0.65, 0.70, 0.50
MOST_COPIED = 0.9
# A line is followed as often as this, by those wholly aligned.
ADHERENCE = 0.80


@dataclass(frozen=True)
class Source:
    """One source. Arrays over its phases (one, or two if it changes camp), over murk (no, yes) and over truths."""

    kind: str
    listed: int  # the camp in the table of sources
    camps: tuple[int, ...]  # true camp in each phase
    aligned: tuple[float, ...]
    changes_at: float  # day on which the second phase begins
    says: Floats  # phases x 2 x truths x (values + 1)
    speaks: Floats  # phases x truths, added to the logit of telling
    denies: Floats  # phases x truths, chance of clearing its camp when it does not name it
    reach: Floats  # districts x weeks, logit of telling
    lag_days: float  # median
    leader: int  # the source it copies, always earlier in the cast; -1 for none
    copies: float  # chance of repeating its leader, if that told


@dataclass(frozen=True)
class Cast:
    """Parties, and sources in an order in which leaders come before followers."""

    parties: tuple[str, ...]
    sources: tuple[Source, ...]
    captor: int  # the side that takes sources over
    ids: tuple[str, ...]  # identifiers, which tell nothing of the order

    @property
    def truths(self) -> tuple[str, ...]:
        return (*self.parties, *ELSE)

    @property
    def sides(self) -> Integers:
        """The side of each party."""
        return np.array(SIDES[: len(self.parties)])

    def table(self, declared: bool) -> pl.DataFrame:
        """The table of sources as `ceasefire.attribute` takes it."""
        camps = [self.parties[s.listed] if declared and s.listed != NO_CAMP else None for s in self.sources]
        return pl.DataFrame(
            {
                "source_id": list(self.ids),
                "name": [
                    f"{s.kind.replace('_', ' ')} {id}" for id, s in zip(self.ids, self.sources, strict=True)
                ],
                "kind": [s.kind for s in self.sources],
                "camp": camps,
                "language": "en",
            },
            schema_overrides={"camp": pl.String},
        ).sort("source_id")


def role(camp: int, truth: int, parties: int) -> str:
    """What the author is to a camp."""
    if truth >= parties:
        return "accident" if truth == parties else "third"
    if truth == camp:
        return "own"
    return "ally" if SIDES[truth] == SIDES[camp] else "opposing"


def main_foe(side: int) -> int:
    """The party a side blames first."""
    return next(party for party, of in enumerate(SIDES) if of != side)


def camp_row(camp: int, truth: int, parties: int) -> Floats:
    """What a camp's own row says of a truth: values and, last, not saying who."""
    true, own, foes, accident, third, unsaid = SAYS[role(camp, truth, parties)]
    row = np.zeros(parties + 3)
    row[truth] += true
    row[camp] += own
    others = [party for party in range(parties) if SIDES[party] != SIDES[camp] and party != truth]
    shares = {1: [1.0], 2: [MAIN_FOE, 1 - MAIN_FOE]}.get(len(others), [])
    for party, share in zip(others, shares, strict=True):
        row[party] += foes * share
    row[parties] += accident
    row[parties + 1] += third
    row[-1] += unsaid
    return row / row.sum()


def honest_row(right: float, unsaid: float, truth: int, parties: int, murky: bool) -> Floats:
    """What one says who looks honestly and may be mistaken."""
    weights = np.append(np.ones(parties), [ACCIDENT_FOR, THIRD_FOR])
    if truth < parties:
        weights[:parties][np.array(SIDES[:parties]) == SIDES[truth]] = SAME_SIDE
    weights[truth] = 0.0
    if murky:
        right, unsaid = right * MURKY_RIGHT, unsaid + MURKY_UNSAID
    named = (1 - right) * weights / weights.sum()
    named[truth] += right
    return np.append(named * (1 - unsaid), unsaid)


def cast(knobs: Knobs, rng: np.random.Generator) -> Cast:
    """Draw the sources around their kinds: who is taken over, who changes camp, who copies whom."""
    parties = 3 if knobs.patron else 2
    kinds = [kind for kind in KINDS if kind.camp < parties for _ in range(kind.count)]
    captor = int(rng.integers(0, 2))
    taken = _taken(kinds, knobs, rng)
    hidden = set(taken[: knobs.taken_hidden])
    # A camp's row differs from conflict to conflict.
    camp_rows = np.array(
        [
            [_around(camp_row(camp, truth, parties), rng) for truth in range(parties + 2)]
            for camp in range(parties)
        ]
    )
    leaders, copies = _copying(kinds, knobs, taken, captor, rng)
    made = []
    for number, kind in enumerate(kinds):
        camp, aligned = (captor, TAKEN_ALIGNED) if number in taken else (kind.camp, kind.aligned)
        phases, changes_at = [(camp, aligned)], NEVER
        if rng.random() < knobs.drifting:
            phases.append(_changed(camp, parties, rng))
            changes_at = float(rng.uniform(0.25, 0.75)) * knobs.weeks * 7
        phases = [(of, share * knobs.bias) for of, share in phases]
        listed = NO_CAMP if number in hidden else camp
        made.append(
            Source(
                kind=kind.kind,
                listed=listed,
                camps=tuple(of for of, _ in phases),
                aligned=tuple(share for _, share in phases),
                changes_at=changes_at,
                says=_says(kind, phases, camp_rows, parties, rng),
                speaks=_by_role(SPEAKS, phases, parties, rng.normal(0, SPEAKS_SPREAD, len(ROLES))),
                denies=_by_role(DENIES, phases, parties, np.zeros(len(ROLES))),
                reach=_reach(kind, knobs, rng),
                lag_days=kind.lag_hours / 24 * float(np.exp(rng.normal(0, 0.3))),
                leader=leaders[number],
                copies=copies[number],
            )
        )
    return _ordered(PARTIES[:parties], made, captor, rng)


def _taken(kinds: Sequence[Kind], knobs: Knobs, rng: np.random.Generator) -> list[int]:
    """Sources that a side has taken over, in random order: first of the kinds that are easy to take."""
    open_to = [i for i, kind in enumerate(kinds) if kind.camp == NO_CAMP and kind.kind in TAKEABLE]
    order = sorted(open_to, key=lambda i: (TAKEABLE.index(kinds[i].kind), rng.random()))
    return [int(i) for i in rng.permutation(order[: knobs.taken])]


def _changed(camp: int, parties: int, rng: np.random.Generator) -> tuple[int, float]:
    """The camp a source changes to, and how far it follows it: to any other, or away from all."""
    others = [other for other in range(NO_CAMP, parties) if other != camp]
    to = int(rng.choice(others))
    return to, 0.0 if to == NO_CAMP else float(rng.uniform(0.6, 0.95))


def _around(row: Floats, rng: np.random.Generator) -> Floats:
    drawn = np.maximum(rng.dirichlet(row * CONCENTRATION + 1e-3), LEAST)
    return drawn / drawn.sum()


def _says(
    kind: Kind,
    phases: Sequence[tuple[int, float]],
    camp_rows: Floats,
    parties: int,
    rng: np.random.Generator,
) -> Floats:
    """Phases x murk x truths x (values + 1)."""
    return np.array(
        [
            [
                [
                    _around(
                        (1 - aligned) * honest_row(kind.right, kind.unsaid, truth, parties, murky)
                        + aligned * (camp_rows[camp, truth] if camp != NO_CAMP else 0.0),
                        rng,
                    )
                    for truth in range(parties + 2)
                ]
                for murky in (False, True)
            ]
            for camp, aligned in phases
        ]
    )


def _by_role(
    values: dict[str, float], phases: Sequence[tuple[int, float]], parties: int, spread: Floats
) -> Floats:
    """Phases x truths: the value of the role, as far as the source is aligned, with a spread of its own."""
    found = np.zeros((len(phases), parties + 2))
    for phase, (camp, aligned) in enumerate(phases):
        for truth in range(parties + 2) if camp != NO_CAMP else ():
            name = role(camp, truth, parties)
            found[phase, truth] = aligned * (values[name] + spread[ROLES.index(name)])
    return found


def _reach(kind: Kind, knobs: Knobs, rng: np.random.Generator) -> Floats:
    """Districts x weeks: present in some districts, and there not in every week."""
    present = rng.random(knobs.districts) < kind.home
    # Nobody is present nowhere.
    present[rng.integers(knobs.districts)] = True
    base = kind.reach + rng.normal(0, REACH_SPREAD) + rng.normal(0, 0.4, knobs.districts)
    reach = np.repeat(np.where(present, base, ABSENT)[:, None], knobs.weeks, axis=1)
    length = max(1, knobs.weeks // 6)
    for district in np.flatnonzero(rng.random(knobs.districts) < 0.3):
        first = int(rng.integers(0, knobs.weeks - length + 1))
        reach[district, first : first + length] += BLACKOUT
    return reach


def _copying(
    kinds: Sequence[Kind], knobs: Knobs, taken: Sequence[int], captor: int, rng: np.random.Generator
) -> tuple[list[int], list[float]]:
    """The leader of each source, -1 for none, and how often it is repeated."""
    leaders, rates = [-1] * len(kinds), [0.0] * len(kinds)
    if not knobs.copying:
        return leaders, rates
    # The first state media of a party are its agency.
    agency: dict[int, int] = {}
    for number, kind in enumerate(kinds):
        if kind.kind == "media_state":
            agency.setdefault(kind.camp, number)
    outlets = [i for i, kind in enumerate(kinds) if kind.kind == "media_independent" and kind.camp == NO_CAMP]
    free = [i for i in outlets if i not in taken]
    wires = [*agency.values(), *free[:2]]
    for number, kind in enumerate(kinds):
        media = kind.kind in ("media_state", "media_independent", "local_activist")
        if number in taken:
            leaders[number], rates[number] = agency[captor], COPY_TAKEN
        elif media and kind.camp != NO_CAMP and number != agency[kind.camp] and rng.random() < 0.8:
            leaders[number], rates[number] = agency[kind.camp], COPY_CAMP
        elif kind.kind == "media_digest":
            leaders[number], rates[number] = int(rng.choice(outlets)), COPY_DIGEST
        elif number in free[2:] and rng.random() < 0.7:
            leaders[number], rates[number] = int(rng.choice(wires)), COPY_OUTLET
    spread = np.exp(rng.normal(0, 0.15, len(kinds)))
    return leaders, [
        min(rate * knobs.copying * float(by), MOST_COPIED) for rate, by in zip(rates, spread, strict=True)
    ]


def _ordered(parties: tuple[str, ...], made: Sequence[Source], captor: int, rng: np.random.Generator) -> Cast:
    """Leaders before followers, otherwise in random order; identifiers at random."""
    depth = []
    for source in made:
        steps, leader = 0, source.leader
        while leader >= 0:
            steps, leader = steps + 1, made[leader].leader
        depth.append(steps)
    shuffled = rng.permutation(len(depth))
    order = shuffled[np.argsort(np.array(depth)[shuffled], kind="stable")]
    place = {int(old): new for new, old in enumerate(order)} | {-1: -1}
    sources = tuple(replace(made[old], leader=place[made[old].leader]) for old in order)
    ids = tuple(f"s{i + 1:02d}" for i in rng.permutation(len(order)))
    return Cast(parties, sources, captor, ids)
