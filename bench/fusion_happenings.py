"""The invented conflict behind the reports: its towns, and what happened in them.

In: knobs and a generator of random numbers. Out: arrays, one entry a happening. Happenings come alone, in offensives (some
days of like events in one town, by one side) and as answers to others a day or so later, as self-exciting point processes do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.fusion_words import ACTS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray]  # type: ignore[type-arg]

DAY = 86_400_000_000  # microseconds
KM = 1 / 111.2  # degrees of latitude in a kilometre
STREETS = 12  # streets that are ever named, in each town


@dataclass(frozen=True)
class Knobs:
    """What kind of conflict, and who tells of it how; the defaults are a contested region with some thirty sources."""

    # The region, in kilometres and at its south-west corner, its towns and how unequal they are (Zipf).
    width_km: float = 300.0
    height_km: float = 300.0
    south: float = 34.0
    west: float = 38.0
    towns: int = 200
    inequality: float = 0.8
    town_spread_km: float = 1.8
    # Administrative areas are squares of this side; a vague report is put at the middle of one.
    area_km: float = 75.0
    # Happenings a day that come alone, offensives begun a day, their length in days, happenings a day within one.
    alone: float = 15.0
    offensives: float = 0.3
    offensive_days: float = 5.0
    offensive_pace: float = 6.0
    # How many happenings answer one that came alone.
    answers: float = 0.25
    # In an offensive: how often a happening is of its main kind, and how far from its focus.
    sameness: float = 0.75
    focus_km: float = 2.0
    # The acts that happen, in the order of ACTS.
    act_weights: tuple[float, ...] = (16, 30, 4, 2, 6, 12, 8, 10, 4, 3, 2, 3)
    # Share of happenings in which somebody is killed, and injured; then one and more, with a heavy tail.
    killing: float = 0.4
    injuring: float = 0.5
    toll_tail: float = 1.3

    # Sources: how many (the default cast is the first thirty), whether they are headlines' outlets of one country.
    sources: int = 30
    outlets_only: bool = False
    # Attention to a happening, the mean number of accounts drawn (log-normal): most get one account or none.
    attention: float = 0.5
    attention_spread: float = 0.7
    # Share of accounts that come from one of the few outlets local to the town.
    local: float = 0.2
    # How much less a side's media tell of its own side's doings.
    silence: float = 0.08
    # A multiplier on each source's repeat rate (follow-ups on later days), and on the rate of copies.
    follow_ups: float = 1.0
    copies: float = 1.0
    # Shares of time precisions (minute, hour, day, days) and place precisions (spot, town, area, none);
    # none given: by the kind of source.
    times: tuple[float, ...] | None = None
    places: tuple[float, ...] | None = None
    wrong_geocode: float = 0.02
    wrong_day: float = 0.04
    # A multiplier on each source's rate of taking one act for another.
    confusion: float = 1.0
    # How often a report gives actor, affected and toll, at most; weapon, each telling detail.
    actor_given: float = 0.8
    affected_given: float = 0.75
    toll_given: float = 0.7
    weapon_given: float = 0.35
    detail_given: float = 0.38
    # Whether people's ages are told (crime news do, war news do not).
    ages: bool = False
    # Accounts of an actor turned round: who did it and to whom.
    swapped: float = 0.05


# News of one country, made in another way throughout: no actors, places and times no finer than city and day, hundreds of
# outlets that follow up, rare bursts. What is fitted to the default must still hold here.
OTHER_MAKING = Knobs(
    width_km=2400.0,
    height_km=1500.0,
    south=31.0,
    west=-112.0,
    towns=500,
    inequality=0.95,
    town_spread_km=4.0,
    area_km=300.0,
    alone=60.0,
    offensives=0.03,
    offensive_days=2.0,
    offensive_pace=3.0,
    answers=0.05,
    act_weights=(0, 0, 1, 0, 8, 4, 1, 4, 70, 6, 0, 6),
    killing=0.35,
    injuring=0.7,
    toll_tail=2.4,
    sources=300,
    outlets_only=True,
    attention=0.4,
    attention_spread=0.8,
    local=0.65,
    follow_ups=5.0,
    copies=0.5,
    times=(0.0, 0.0, 0.9, 0.1),
    places=(0.0, 0.97, 0.03, 0.0),
    wrong_geocode=0.01,
    wrong_day=0.12,
    confusion=1.5,
    actor_given=0.0,
    affected_given=0.2,
    toll_given=0.5,
    weapon_given=0.15,
    detail_given=0.3,
    ages=True,
)


@dataclass(frozen=True)
class Region:
    """Towns: point in kilometres from the corner, and share of what happens."""

    x: Floats
    y: Floats
    weight: Floats


def region(knobs: Knobs, rng: np.random.Generator) -> Region:
    """Scatter the towns; the weights are Zipf's, in random order."""
    weight = 1 / np.arange(1, knobs.towns + 1) ** knobs.inequality
    return Region(
        x=rng.uniform(0, knobs.width_km, knobs.towns),
        y=rng.uniform(0, knobs.height_km, knobs.towns),
        weight=rng.permutation(weight / weight.sum()),
    )


def degrees(knobs: Knobs, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude of points in kilometres."""
    latitude = knobs.south + y * KM
    return latitude, knobs.west + x * KM / np.cos(np.radians(latitude))


def happenings(knobs: Knobs, place: Region, days: float, rng: np.random.Generator) -> Columns:
    """What happened in ``days`` days: at (microseconds), x, y, town, act, side (0, 1), civilian, tolls, telling details."""
    acts = np.array(knobs.act_weights) / sum(knobs.act_weights)
    alone = rng.poisson(knobs.alone * days)
    at = rng.uniform(0, days, alone)
    town = rng.choice(knobs.towns, alone, p=place.weight)
    side = rng.integers(0, 2, alone)
    single = {
        "at": at,
        "town": town,
        "side": side,
        "act": rng.choice(len(ACTS), alone, p=acts),
        "unit": rng.integers(0, 30, alone) * 2 + side,
        "street": rng.integers(0, STREETS, alone),
        "spread": _spread(knobs, rng, alone),
    }
    answered = np.repeat(np.arange(alone), rng.poisson(knobs.answers, alone))
    count = answered.size
    answer = {name: column[answered] for name, column in single.items()} | {
        "at": at[answered] + rng.exponential(0.8, count),
        "side": 1 - side[answered],
        "act": np.where(
            rng.random(count) < 0.5, single["act"][answered], rng.choice(len(ACTS), count, p=acts)
        ),
        "unit": rng.integers(0, 30, count) * 2 + 1 - side[answered],
        "street": rng.integers(0, STREETS, count),
        "spread": _spread(knobs, rng, count),
    }
    parts = [single, answer, _offensives(knobs, place, days, acts, rng)]
    made = {name: np.concatenate([part[name] for part in parts]) for name in single}
    return _filled(knobs, place, made, rng)


def _spread(knobs: Knobs, rng: np.random.Generator, count: int) -> Floats:
    """Kilometres east and north of the town's middle; some lie well outside it."""
    return rng.normal(0, knobs.town_spread_km, (count, 2)) * np.where(rng.random((count, 1)) < 0.12, 3.0, 1.0)


def _offensives(knobs: Knobs, place: Region, days: float, acts: Floats, rng: np.random.Generator) -> Columns:
    """Happenings of offensives: alike in place, side, unit and, mostly, act."""
    count = rng.poisson(knobs.offensives * days)
    began = rng.uniform(0, days, count)
    length = rng.gamma(2.0, knobs.offensive_days / 2, count)
    pace = knobs.offensive_pace * np.exp(rng.normal(0, 0.6, count) - 0.18)
    of = np.repeat(np.arange(count), rng.poisson(length * pace))
    size = of.size
    side = rng.integers(0, 2, count)[of]
    focus = rng.normal(0, knobs.town_spread_km, (count, 2))
    main = rng.choice(len(ACTS), count, p=acts)[of]
    kept = rng.random(size) < knobs.sameness
    # Each offensive is fought over two streets.
    streets = rng.integers(0, STREETS, (count, 2))
    return {
        "at": began[of] + length[of] * rng.random(size),
        "town": rng.choice(knobs.towns, count, p=place.weight)[of],
        "side": np.where(rng.random(size) < 0.8, side, 1 - side),
        "act": np.where(kept, main, rng.choice(len(ACTS), size, p=acts)),
        "unit": np.where(
            rng.random(size) < 0.6,
            rng.integers(0, 30, count)[of] * 2 + side,
            rng.integers(0, 30, size) * 2 + side,
        ),
        "street": np.where(
            rng.random(size) < 0.6,
            streets[of, rng.integers(0, 2, size)],
            rng.integers(0, STREETS, size),
        ),
        "spread": focus[of] + rng.normal(0, knobs.focus_km, (size, 2)),
    }


def _filled(knobs: Knobs, place: Region, made: Columns, rng: np.random.Generator) -> Columns:
    """Points, tolls and details of all happenings, in order of time."""
    made = {name: column[np.argsort(made["at"], kind="stable")] for name, column in made.items()}
    count = made["at"].size
    spread = made.pop("spread")
    # More by day than by night, and not on the minute before it began.
    hour = np.clip(rng.normal(13.5, 5.5, count), 0, 23.99) / 24
    at = np.floor(made["at"]) + np.where(rng.random(count) < 0.6, hour, made["at"] % 1)
    killed = np.where(rng.random(count) < knobs.killing, 1 + (rng.pareto(knobs.toll_tail, count) * 1.4), 0)
    injured = np.where(rng.random(count) < knobs.injuring, 1 + (rng.pareto(knobs.toll_tail, count) * 2.5), 0)
    order = np.argsort(at, kind="stable")
    made |= {
        "at": (at * DAY).astype(np.int64),
        "x": place.x[made["town"]] + spread[:, 0],
        "y": place.y[made["town"]] + spread[:, 1],
        "civilian": rng.random(count) < 0.45,
        "killed": np.minimum(killed, 300).astype(np.int64),
        "injured": np.minimum(injured, 600).astype(np.int64),
        "street": made["town"] * STREETS + made["street"],
        "object": rng.integers(0, 16, count),
        "number": rng.integers(1, 60, count),
        "vehicle": rng.integers(0, 8, count),
        "age": rng.integers(15, 80, count),
    }
    return {name: column[order] for name, column in made.items()}
