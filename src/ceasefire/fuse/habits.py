"""What a source keeps doing: telling times that are late or early, and places less exactly than it says.

In: pairs that are likely matches by all evidence but the one looked at. Out: for each source that shows it beyond doubt a
``encode.Habit``, by which its times and radii are corrected before reports are compared. Method: offsets of likely matches gather
where a source's clock stands, while those of chance pairs lie evenly on both sides of nought; distances of matches in joint
radii are a Rayleigh law, those of chance pairs grow with the ring they fall into. Whole numbers, so tallies of parts add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ceasefire.compiled import compiled
from ceasefire.fuse.compare import DAY, ELSEWHERE, TIGHT, apart_km, joint_radius
from ceasefire.fuse.encode import HAS_POINT, Encoded, Floats, Habit, Ints
from ceasefire.fuse.tallies import by_name
from ceasefire.fuse.weights import COARSE_KM, GATE
from ceasefire.problems import Problem

TOLD_ENOUGH = 40  # reports below which a source is taken at its word
DEEPEST = 1024  # a posterior is counted in so many parts, so that sums are exact
BIN, BINS = 30, 193  # minutes a bin of offsets, 48 hours either way
RINGS = 20  # a quarter of a joint radius each
SHOWN = 30.0  # likely matches that have to show a habit
SURE = 5.0  # standard errors by which offsets on one side must outweigh those on the other
LATE_DAYS = 2  # a day without an hour can be told so many days off
COARSER, COARSEST = 1.5, 4.0  # factors of the radius: from where it is worth correcting, and no more than
EXPECTED = 0.7  # scale of the Rayleigh law, in joint radii, up to which places are as exact as they say


@dataclass(frozen=True)
class Offsets:
    """Likely matches with others, by source, in parts of ``DEEPEST``.

    ``clock``: offsets where both tell a time of day, in bins of ``BIN`` minutes. ``day``: offsets in days where the source tells
    a day. ``rings``: distances in quarters of a joint radius; ``share``: the source's part in the squares of those radii.
    """

    clock: dict[str, Ints]
    day: dict[str, Ints]
    rings: dict[str, Ints]
    share: dict[str, Ints]

    def __add__(self, other: Offsets) -> Offsets:
        return Offsets(
            by_name(self.clock, other.clock, np.add),
            by_name(self.day, other.day, np.add),
            by_name(self.rings, other.rings, np.add),
            by_name(self.share, other.share, np.add),
        )


def offsets(data: Encoded, pairs: Any, shown: Any, scale: Any) -> Offsets:
    """How pairs of two sources lie to each other in time and place, weighed by how likely they match by all else."""
    names = [name for name in data.sources if data.survey.told[name] >= TOLD_ENOUGH]
    at = {name: k for k, name in enumerate(names)}
    column = np.array([*(at.get(name, -1) for name in data.sources), -1], dtype=np.int64)
    clock, day, rings, share = (
        np.zeros((len(names), width), dtype=np.int64) for width in (BINS, 2 * LATE_DAYS + 1, RINGS, 1)
    )
    _offsets(data.deck, pairs, shown, scale, column, clock, day, rings, share)
    found = ({name: made[k] for name, k in at.items()} for made in (clock, day, rings, share))
    return Offsets(*found)


def habits(seen: Offsets) -> dict[str, Habit]:
    """The sources that show a habit.

    No lateness is told where sources that seem late carry half of all: then it cannot be known who is late.
    """
    names = sorted(seen.clock)
    late = {name: _lateness(seen.clock[name], seen.day[name]) for name in names}
    weight = {name: int(seen.clock[name].sum() + seen.day[name].sum()) for name in late}
    if 2 * sum(weight[name] for name in late if late[name]) >= sum(weight.values()):
        late = dict.fromkeys(late, 0)
    coarser = _coarseness(
        np.array([seen.rings[name] for name in names]).reshape(-1, RINGS),
        np.array([seen.share[name] for name in names]).reshape(-1),
    )
    made = {name: Habit(late[name], float(factor)) for name, factor in zip(names, coarser, strict=True)}
    return {name: habit for name, habit in made.items() if habit != Habit()}


def _lateness(clock: Ints, day: Ints) -> int:
    """Minutes by which the times of a source lie after those of others; 0 = as far as can be seen, none."""
    hours = np.convolve(clock / DEEPEST, np.ones(3), mode="same")
    middle = BINS // 2
    peak = int(np.argmax(hours))
    if peak != middle and _beyond(hours[peak], hours[2 * middle - peak]) and hours[peak] > 2 * hours[middle]:
        near = np.arange(max(peak - 1, 0), min(peak + 2, BINS))
        mean = float(clock[near] @ (near - middle)) / float(clock[near].sum())
        return round(mean) * BIN
    days = day / DEEPEST
    peak = int(np.argmax(days))
    if (
        peak != LATE_DAYS
        and _beyond(days[peak], days[2 * LATE_DAYS - peak])
        and days[peak] > 1.5 * days[LATE_DAYS]
    ):
        return (peak - LATE_DAYS) * 1440
    return 0


def _beyond(one: float, other: float) -> bool:
    return bool(one >= SHOWN and one - other > SURE * np.sqrt(one + other))


def _coarseness(rings: Ints, share: Ints) -> Floats:
    """What the radii of each source have to be multiplied by for its likely matches to lie as radii say; 1 = they do.

    ``rings``: sources x rings; ``share``: one a source. A mixture of Rayleigh's law and of chance, by EM for all at once.
    """
    counted = rings / DEEPEST
    total = np.maximum(counted.sum(axis=1), 1e-9)
    width = GATE / RINGS
    middle = (np.arange(RINGS) + 0.5) * width
    by_chance = 2 * middle * width / GATE**2
    scale, matched = np.ones(len(rings)), np.full(len(rings), 0.5)
    likely = counted
    for _ in range(60):
        by_match = middle * np.exp(-(middle**2) / (2 * scale[:, None] ** 2))
        by_match *= matched[:, None] / by_match.sum(axis=1, keepdims=True)
        likely = counted * by_match / (by_match + (1 - matched[:, None]) * by_chance)
        matched = np.clip(likely.sum(axis=1) / total, 0.01, 0.99)
        square = likely @ middle**2 / (2 * np.maximum(likely.sum(axis=1), 1e-9))
        scale = np.clip(np.sqrt(square), 0.2, GATE)
    part = np.maximum(share / np.maximum(rings.sum(axis=1), 1), 0.05)
    factor = np.sqrt(np.maximum(1.0 + ((scale / EXPECTED) ** 2 - 1.0) / part, 1.0))
    shown = (likely.sum(axis=1) >= SHOWN) & (factor >= COARSER)
    return np.where(shown, np.round(np.minimum(factor, COARSEST), 2), 1.0)


def habit_problems(known: Mapping[str, Habit], sources: Iterable[str]) -> list[Problem]:
    """What was put right of these sources, and why."""
    problems = []
    for name in sorted(set(sources) & set(known)):
        habit = known[name]
        if habit.late:
            when = "later" if habit.late > 0 else "earlier"
            problems.append(
                Problem(
                    "warning",
                    "fuse",
                    "source_off_time",
                    "times in UTC of when it happened",
                    f"{name} tells times {abs(habit.late) / 60:g} hours {when} than others tell of the same happenings",
                    "its times were moved for comparing; look at its time zone, or whether it dates by publication",
                    record=name,
                )
            )
        if habit.coarser > 1.0:
            problems.append(
                Problem(
                    "warning",
                    "fuse",
                    "source_off_place",
                    "places as exact as their radius says",
                    f"{name} places happenings about {habit.coarser:g} times as far from where others do as its radii say",
                    "its radii were widened by that for comparing; give its places a coarser precision",
                    record=name,
                )
            )
    return problems


@compiled
def _offsets(
    deck: Any, pairs: Any, shown: Any, scale: Any, column: Any, clock: Any, day: Any, rings: Any, share: Any
) -> None:
    middle = clock.shape[1] // 2
    days = day.shape[1] // 2
    for k in range(len(pairs)):
        if shown[k, 9] > 0 or shown[k, 1] == ELSEWHERE:
            continue
        one, two = deck.rows[pairs[k, 0]], deck.rows[pairs[k, 1]]
        first, second = column[one.source], column[two.source]
        if first < 0 and second < 0:
            continue
        odds = scale.prior
        for feature in range(9):
            odds += scale.values[feature, shown[k, feature]]
        part = np.int64(np.floor(DEEPEST / (1.0 + np.exp(scale.values[0, shown[k, 0]] - odds)) + 0.5))
        longest = max(one.end - one.start, two.end - two.start)
        if part > 0 and longest <= DAY:
            late = ((np.int64(one.start) + one.end) - (np.int64(two.start) + two.end)) / 2.0
            if longest <= TIGHT:
                at = np.int64(np.rint(late / BIN))
                if abs(at) <= middle:
                    if first >= 0:
                        clock[first, middle + at] += part
                    if second >= 0:
                        clock[second, middle - at] += part
            else:
                at = np.int64(np.rint(late / 1440.0))
                if abs(at) <= days:
                    if first >= 0 and one.end - one.start > TIGHT:
                        day[first, days + at] += part
                    if second >= 0 and two.end - two.start > TIGHT:
                        day[second, days - at] += part
        if one.flags & HAS_POINT and two.flags & HAS_POINT:
            joint = joint_radius(one.sigma, two.sigma)
            if joint > COARSE_KM:
                continue
            part = np.int64(np.floor(DEEPEST / (1.0 + np.exp(scale.values[1, shown[k, 1]] - odds)) + 0.5))
            ring = np.int64(apart_km(one, two) / joint * RINGS / GATE)
            if ring >= RINGS:
                continue
            if first >= 0:
                rings[first, ring] += part
                share[first, 0] += np.int64(part * (one.sigma / joint) ** 2)
            if second >= 0:
                rings[second, ring] += part
                share[second, 0] += np.int64(part * (two.sigma / joint) ** 2)
