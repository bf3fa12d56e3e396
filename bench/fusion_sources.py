"""The invented sources: who they side with, how soon, how finely and how often they tell.

In: knobs and a generator of random numbers. Out: one entry a source. The default cast has media of both sides, who seldom
tell of their own side's doings and blame the other, monitors, organisations on the spot, outlets, digests that copy, and one
chronic repeater.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from bench.fusion_happenings import Floats, Integers, Knobs
from bench.fusion_words import LANGUAGES

SIDES = ("federal army", "river front")


class Kind(NamedTuple):
    """What sources of one kind have in common."""

    count: int
    kind: str
    side: int  # 0 or 1; -1 for neither
    weight: float  # share of accounts, against the others
    lag_hours: float  # median time to publication
    times: tuple[float, ...]  # minute, hour, day, days
    places: tuple[float, ...]  # spot, town, area, none
    confusion: float  # how often an act is taken for another
    actor: float  # how often the actor is named
    toll_noise: float  # spread of the logarithm
    repeat: float  # follow-ups to an account
    copied: float  # copies of an account


CAST = (
    Kind(4, "media_state", 0, 1.2, 5, (0.2, 0.4, 0.35, 0.05), (0.25, 0.6, 0.13, 0.02), 0.16, 0.95, 0.35, 0.05, 0.14),
    Kind(4, "media_state", 1, 1.2, 5, (0.2, 0.4, 0.35, 0.05), (0.25, 0.6, 0.13, 0.02), 0.16, 0.95, 0.35, 0.05, 0.14),
    Kind(3, "monitor_mission", -1, 0.8, 20, (0.5, 0.3, 0.2, 0.0), (0.7, 0.28, 0.02, 0.0), 0.05, 0.5, 0.1, 0.03, 0.1),
    Kind(4, "monitor_ngo", -1, 1.2, 12, (0.25, 0.4, 0.3, 0.05), (0.5, 0.45, 0.04, 0.01), 0.08, 0.8, 0.15, 0.08, 0.12),
    Kind(3, "local_activist", -1, 1.3, 2, (0.5, 0.4, 0.1, 0.0), (0.75, 0.22, 0.02, 0.01), 0.12, 0.7, 0.3, 0.06, 0.2),
    Kind(8, "media_independent", -1, 1.0, 9, (0.1, 0.3, 0.5, 0.1), (0.15, 0.7, 0.12, 0.03), 0.12, 0.6, 0.2, 0.06, 0.2),
    Kind(4, "media_digest", -1, 0.5, 16, (0.05, 0.25, 0.5, 0.2), (0.1, 0.7, 0.17, 0.03), 0.14, 0.6, 0.25, 0.04, 0.0),
)  # fmt: skip
OUTLETS = (
    Kind(
        1, "media_independent", -1, 1.0, 14, (0, 0, 0.9, 0.1), (0, 0.97, 0.03, 0), 0.12, 0.5, 0.15, 0.07, 0.12
    ),
)
CHRONIC = 25  # the outlet that repeats itself at every turn
CHRONIC_REPEAT = 0.5


@dataclass(frozen=True)
class Sources:
    """One entry a source."""

    table: pl.DataFrame
    side: Integers
    language: Integers
    weight: Floats
    lag_days: Floats
    times: Floats  # sources x 4, cumulative
    places: Floats  # sources x 4, cumulative
    confusion: Floats
    actor: Floats
    toll_noise: Floats
    # What a side's media do to tolls: the factor by which they are told.
    toll_factor: Floats
    repeat: Floats
    copied: Floats
    digest: npt.NDArray[np.bool_]


def sources(knobs: Knobs, rng: np.random.Generator) -> Sources:
    """Draw the sources around the means of their kinds."""
    kinds = [kind for kind in CAST for _ in range(kind.count)]
    if knobs.outlets_only:
        kinds = list(OUTLETS) * knobs.sources
    count = len(kinds)
    side = np.array([kind.side for kind in kinds])
    # The sides' media write in a language of their own; the rest in any.
    language = np.where(side < 0, rng.choice(5, count, p=(0.4, 0.15, 0.15, 0.2, 0.1)), side + 1)
    if knobs.outlets_only:
        language = np.zeros(count, dtype=np.int64)
    repeat = np.array([kind.repeat for kind in kinds]) * rng.gamma(2, 0.5, count) * knobs.follow_ups
    repeat[CHRONIC] = CHRONIC_REPEAT

    def spread(values: list[float], sigma: float) -> Floats:
        return np.array(values) * np.exp(rng.normal(0, sigma, count))

    def shares(values: list[tuple[float, ...]]) -> Floats:
        drawn = rng.gamma(np.array(values) * 20 + 1e-9)
        return np.cumsum(drawn / drawn.sum(axis=1, keepdims=True), axis=1)

    return Sources(
        table=pl.DataFrame(
            {
                "source_id": [f"s{i + 1:03d}" for i in range(count)],
                "name": [f"{kind.kind.replace('_', ' ')} {i + 1}" for i, kind in enumerate(kinds)],
                "kind": [kind.kind for kind in kinds],
                "camp": [SIDES[kind.side] if kind.side >= 0 else None for kind in kinds],
                "language": [LANGUAGES[code] for code in language],
            },
            schema_overrides={"camp": pl.String},
        ),
        side=side,
        language=language,
        weight=spread([kind.weight for kind in kinds], 0.8),
        lag_days=spread([kind.lag_hours / 24 for kind in kinds], 0.3),
        times=shares([knobs.times or kind.times for kind in kinds]),
        places=shares([knobs.places or kind.places for kind in kinds]),
        confusion=np.minimum(spread([kind.confusion for kind in kinds], 0.4) * knobs.confusion, 0.5),
        actor=np.array([kind.actor for kind in kinds]) * knobs.actor_given,
        toll_noise=spread([kind.toll_noise for kind in kinds], 0.4),
        toll_factor=np.exp(rng.normal(0, 0.12, count)),
        repeat=repeat,
        copied=np.array([kind.copied for kind in kinds]) * knobs.copies,
        digest=np.array([kind.kind == "media_digest" for kind in kinds]) | knobs.outlets_only,
    )


def pick(own: Sources, knobs: Knobs, side: Integers, town: Integers, rng: np.random.Generator) -> Integers:
    """A source for each account: any, by weight and the silence of the doer's media, or an outlet local to the town."""
    count = own.side.size
    chosen = np.empty(side.size, dtype=np.int64)
    for doer in (0, 1):
        weight = own.weight * np.where(own.side == doer, knobs.silence, 1.0)
        of = np.flatnonzero(side == doer)
        chosen[of] = rng.choice(count, of.size, p=weight / weight.sum())
    local = rng.random(side.size) < knobs.local
    near = (town * 7 + rng.integers(0, 4, side.size) * 11) % count
    # Even the nearest of a side's media keep silent on that side's doings.
    return np.where(local & (own.side[near] != side), near, chosen)
