"""Worlds: draws from the joint posterior of what happened, shared by every clause and clock.

In: happenings with the probability of each answer, and how they hang together. Out: ``Worlds``: for every incident and
world, who did it, when, to whom, and whether it was a happening of its own. Nothing is stored by incident and world: a
column is drawn again whenever it is asked for, keyed by the incident's id, so that an incident meets the same luck in
every clause, agreement and as-of (common random numbers), and nothing depends on the names of parties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import compiled
from ceasefire.comply.draws import Bits, Floats, fill_uniform, key_of, uniform, unpack
from ceasefire.comply.happenings import Happening
from ceasefire.comply.kernel import Cast, Ints

NOBODY = -1
Mask = NDArray[np.bool_]
Bloc = TypeVar("Bloc")
_ROUND = 9
_CALIBRATING = 512  # worlds on which the margins of the factor model are set; our choice
_STEPS = 6


@dataclass
class Worlds:
    """All draws. Columns are incidents in the order of ``items`` (by start); hours count from ``origin``."""

    items: tuple[Happening, ...]
    answers: tuple[str, ...]
    codes: NDArray[np.int16]  # answer of each slot by incident; the slot after the last is nobody
    chances: Floats  # probability of each slot by incident
    cast: Cast
    gates: Bits
    draws: int
    seed: int
    origin: datetime

    def who(self, column: int) -> NDArray[np.int16]:
        """Code of the answer in every world (-1 = nobody named)."""
        slots = _who(self.cast, column, self.draws)
        return np.asarray(self.codes[column][slots])

    def by(self, parties: Sequence[str], column: int) -> Mask:
        """Where one of the parties is an author, alone or with others."""
        wanted = set(parties)
        codes = [k for k, answer in enumerate(self.answers) if wanted & set(answer.split("+"))]
        return np.isin(self.who(column), codes) & self.real(column)

    def hours(self, column: int) -> Floats:
        """When it happened, in hours since the origin."""
        if self.cast.timed_row[column] >= 0:
            return np.asarray(self.cast.timed[self.cast.timed_row[column]])
        start, span = self.cast.start[column], self.cast.span[column]
        if not span:
            return np.full(self.draws, start)
        return np.asarray(start + span * uniform(self.cast.when_key[column], self.draws))

    def option(self, column: int) -> Ints:
        """Which option of the affected was hit: its place in the list; 0 or 1 where nobody says."""
        n = int(self.cast.options[column])
        if n < 2:
            return np.zeros(self.draws, np.int64)
        return np.asarray((uniform(self.cast.whom_key[column], self.draws) * n).astype(np.int64))

    def real(self, column: int) -> Mask:
        """Where it is a happening of its own, and not one with another."""
        row = self.cast.real[column]
        return np.ones(self.draws, bool) if row < 0 else np.asarray(unpack(self.gates[row], self.draws))

    def coin(self, probability: float, *names: str) -> Mask:
        """A coin that falls the same way whenever the same names throw it."""
        return np.asarray(uniform(key_of(self.seed, *names), self.draws) < probability)

    def hour_of(self, at: datetime | None) -> float:
        """An instant in hours since the origin; none = never."""
        return np.inf if at is None else (at - self.origin) / timedelta(hours=1)


def error_of(mask: Mask) -> float | None:
    """Standard error of a share of worlds, from the spread between mirrored pairs; None where all worlds agree."""
    half = len(mask) // 2
    if mask.all() or not mask.any():
        return None
    pairs = (mask[:half].astype(float) + mask[half : 2 * half]) / 2
    # Pairs that all agree with each other by mirroring still carry the doubt of a single world.
    return float(max(np.sqrt(pairs.var(ddof=1) / half), 0.5 / len(mask)))


@compiled
def _who(cast, i, draws):
    """Answer slot of incident ``i`` in every world."""
    out = np.empty(draws, np.int64)
    row, n = cast.drawn_row[i], cast.slots[i]
    if row >= 0:
        for w in range(draws):
            out[w] = cast.drawn[row, w]
        return out
    u = np.empty(draws)
    if cast.bloc[i] >= 0:
        u[:] = cast.shared[cast.bloc[i]]
    else:
        fill_uniform(u, cast.who_key[i], np.empty(draws >> 1, np.int32))
    for w in range(draws):
        k = 0
        while k < n and u[w] >= cast.edges[i, k]:
            k += 1
        out[w] = k
    return out
