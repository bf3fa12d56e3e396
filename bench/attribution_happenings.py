"""What happened in the invented conflict: where, when, by whom, how gravely, and which lines the sides follow.

In: knobs, the cast and a generator of random numbers. Out: `Happenings`, one entry a happening, told of or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.attribution_cast import Cast, Floats, Integers
from bench.attribution_scenarios import Knobs

# Share of acts by each party, of accidents and of third parties; without a patron the neighbour's falls to the others.
ACTS = {"republic": 0.32, "front": 0.34, "neighbour": 0.10, "accident": 0.11, "third_party": 0.13}
# Weight, in happenings, of these shares in those of a district.
DISTRICT_CONCENTRATION = 30.0
# Minor, serious, grave: share, and change of the logit of telling.
GRAVITY = (0.6, 0.3, 0.1)
GRAVE_SPEAKS = (-0.4, 0.6, 1.8)
# Lines: none, the main foe did it, an accident, a third party, keep silent. Shares by kind of line.
LINES = ("none", "foe", "accident", "third_party", "silence")
LINE_SHARES = {
    "none": (1.0, 0.0, 0.0, 0.0, 0.0),
    "day": (0.60, 0.23, 0.06, 0.05, 0.06),
    "incident": (0.15, 0.55, 0.13, 0.17, 0.0),
}
SILENCE = LINES.index("silence")
# The region, in degrees.
SOUTH, WEST, DISTRICT_STEP, SPREAD = 33.0, 37.0, 0.45, 0.08


@dataclass(frozen=True)
class Happenings:
    """One entry a happening, except for what is said of districts."""

    shares: Floats  # districts x truths
    murky_share: float
    day: Floats  # since the beginning
    district: Integers
    latitude: Floats
    longitude: Floats
    truth: Integers
    gravity: Integers
    murky: Integers
    lines: Integers  # happenings x 2 sides, code of LINES

    @property
    def week(self) -> Integers:
        return (self.day // 7).astype(np.int64)


def happenings(knobs: Knobs, cast: Cast, count: int, rng: np.random.Generator) -> Happenings:
    """Scatter ``count`` happenings over districts and days, in random order."""
    base = np.array([ACTS[name] for name in cast.truths])
    base /= base.sum()
    shares = rng.dirichlet(base * DISTRICT_CONCENTRATION, knobs.districts)
    # Districts are unequal, and some weeks are much worse than others there.
    pace = np.exp(
        rng.normal(0, 0.6, (knobs.districts, 1)) + rng.normal(0, 0.6, (knobs.districts, knobs.weeks))
    )
    cell = rng.choice(pace.size, count, p=(pace / pace.sum()).ravel())
    district, week = cell // knobs.weeks, cell % knobs.weeks
    side = int(np.ceil(np.sqrt(knobs.districts)))
    middle = np.stack([np.arange(knobs.districts) // side, np.arange(knobs.districts) % side], axis=1)
    point = middle[district] * DISTRICT_STEP + rng.normal(0, SPREAD, (count, 2))
    truth = (rng.random((count, 1)) > np.cumsum(shares, axis=1)[district, :-1]).sum(axis=1)
    day = 7 * (week + rng.random(count))
    return Happenings(
        shares=shares,
        murky_share=knobs.murky,
        day=day,
        district=district,
        latitude=SOUTH + point[:, 0],
        longitude=WEST + point[:, 1],
        truth=truth,
        gravity=rng.choice(len(GRAVITY), count, p=GRAVITY),
        murky=(rng.random(count) < knobs.murky).astype(np.int64),
        lines=_lines(knobs, cast, truth, day, rng),
    )


def _lines(knobs: Knobs, cast: Cast, truth: Integers, day: Floats, rng: np.random.Generator) -> Integers:
    """Happenings x sides."""
    shares = LINE_SHARES[knobs.line]
    if knobs.line == "day":
        of_day = rng.choice(len(LINES), (knobs.weeks * 7, 2), p=shares)
        return of_day[day.astype(np.int64)]
    agreed = rng.choice(len(LINES), (truth.size, 2), p=shares)
    return np.where(line_allowed(cast, truth), agreed, 0)


def line_allowed(cast: Cast, truth: Integers) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Where an agreed story of one incident is possible: truths x sides; only the captor's, on its own side's acts."""
    party = truth < len(cast.parties)
    guilty = party & (np.append(cast.sides, [-1, -1])[truth] == cast.captor)
    return np.stack([guilty & (cast.captor == side) for side in (0, 1)], axis=1)
