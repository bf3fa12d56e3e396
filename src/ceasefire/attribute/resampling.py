"""How far answers would move if other sources had been heard: a bootstrap over copy clusters.

In: what was learned, a seed. Out: ``Resampled``: the variance of every answer's log-odds over replicates, and some of these as
joint draws. A replicate gives each cluster of sources that repeat one another a random weight (Bayesian bootstrap, Rubin 1981),
learns anew from there what kinds, lines and rates of copying are like, draws each source's own figures from what is known of them
(Dirichlet), and weighs all incidents. Luck belongs to sources in the order in which they first speak, never to a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.standing import descent
from ceasefire.attribute.testimony import Floats, Ints, softmax

if TYPE_CHECKING:
    from ceasefire.attribute.learning import Learning


_LEAST = 1e-12  # chances below this are alike


@dataclass(frozen=True)
class Resampled:
    """``variance``: of the log-odds, nats squared, incidents x slots (0 where nothing was resampled). ``joint``: replicates x
    incidents x slots, how far each moves the logarithm of an answer's probability. ``replicates``: how many; ``why_not``: why none,
    or so few.
    """

    variance: Floats
    joint: Floats
    replicates: int
    why_not: str


def replicates_for(work: int) -> tuple[int, str]:
    """How many replicates so much work (accounts, and a tenth of the figures of sources) is given, and why not more."""
    for most, replicates in p.REPLICATES:
        if work <= most:
            few = replicates < p.REPLICATES[0][1]
            return replicates, f"{work:,} accounts and figures of sources; fewer replicates" if few else ""
    return 0, f"{work:,} accounts and figures of sources are too many to resample; closed form alone"


def resample(state: Learning | None, apart: Floats, seed: int, shape: tuple[int, ...]) -> Resampled:
    """Resample a state that has learned.

    Args:
        state: what was learned, which is left as it is; None = nothing was, so nothing is resampled.
        apart: nats by incident and slot that what is known apart from testimony adds.
        seed: for the weights and draws.
        shape: incidents and slots.
    """
    if state is None:
        return Resampled(np.zeros(shape), np.zeros((0, *shape)), 0, "nothing was learned")
    # drawing the figures of many sources takes time as weighing many accounts does
    replicates, why_not = replicates_for(len(state.order) + state.counts.size // 10)
    # of the mean and spread of the log-odds as replicates come (Welford), so that not all are held
    mean, square, centre = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    kept: list[Floats] = []
    for k, score in enumerate(_replicates(state, apart, seed, replicates)):
        chance = np.maximum(softmax(score, state.candidates.valid), _LEAST)
        logit = np.log(chance) - np.log(_others(chance, state.candidates.valid))
        gap = logit - mean
        mean += gap / (k + 1)
        square += gap * (logit - mean)
        centre += np.log(chance) / replicates
        if k < p.JOINT_REPLICATES:
            kept.append(np.log(chance))
    valid = state.candidates.valid
    # the variance of so few replicates is itself uncertain; a new one would lie this much farther out
    variance = np.where(valid, square / max(replicates - 1, 1) * (1 + 1 / max(replicates, 1)), 0.0)
    used = max(len(kept), 1)
    joint = [np.where(valid, one - centre, 0.0) / np.sqrt(used) for one in kept]
    return Resampled(variance, np.stack(joint) if joint else np.zeros((0, *shape)), replicates, why_not)


def _others(chance: Floats, valid: NDArray[np.bool_]) -> Floats:
    """What all other answers have together, added up so that nothing is lost where one has almost all."""
    out = np.full(chance.shape, 1.0)
    for slot in range(chance.shape[1]):
        others = valid.copy()
        others[:, slot] = False
        out[:, slot] = np.where(others, chance, 0.0).sum(axis=1)
    return np.asarray(np.maximum(out, _LEAST))


def _replicates(state: Learning, apart: Floats, seed: int, replicates: int) -> Iterator[Floats]:
    """Log of each answer's probability, up to a constant an incident, by replicate."""
    luck = _Luck(state)
    owner = state.standing.owner
    root = descent(owner, state.leader)
    # base rates, silence and what is weighed apart are held
    beside, nothing = state.beside(), np.zeros_like(state.apart)
    for k in range(replicates):
        rng = np.random.default_rng([seed, k])
        weight = rng.exponential(size=len(luck.rank))[luck.rank][root][owner]
        one = copy(state)
        one.log_prior, one.apart, one.reporting = beside, nothing, None
        for name in ("posterior", "terms", "own", "held"):
            setattr(one, name, getattr(state, name).copy())
        learned = one.weigh(learn=True)
        one._take(learned._replace(counts=learned.counts * weight[:, None, None]))
        # its own figures are drawn from all it said; weights are for what is shared among sources
        likely = learned.counts + p.SOURCE_WEIGHT * one.kinds[state.standing.frame, one.kind]
        speaker, line = luck.draw(rng)
        drawn = _dirichlet(likely, *speaker) * likely.sum(axis=2, keepdims=True)
        one.counts = drawn - p.SOURCE_WEIGHT * one.kinds[state.standing.frame, one.kind]
        known = p.LINE_WEIGHT + np.where(state.frames.camped, learned.line.sum(axis=(1, 2)), 0.0)
        share = known[:, None, None] / max(one.line.shape[1], 1)
        one.line = _dirichlet(one.line * np.maximum(share, 1.0), *line)
        one.weigh(learn=False)
        yield np.log(np.maximum(one.posterior, 1e-300)) + apart


class _Luck:
    """Random numbers for every cell of every source and camp that do not know what parties are called."""

    def __init__(self, state: Learning):
        hearing, frames, standing = state.hearing, state.frames, state.standing
        n, size = len(frames.declared), frames.line.shape[1]
        self.rank = _ranks(hearing.source, hearing.incident, hearing.when, n)
        spoken = hearing.value >= 0
        base = hearing.base[hearing.incident[spoken], hearing.value[spoken]]
        # answers that nobody names are all alike, and share their luck
        answer = _ranks(
            base, hearing.incident[spoken], hearing.when[spoken], frames.rows.shape[1], alike=True
        )
        rows = np.tile(np.arange(size), (len(frames.camps), 1))
        rows[~frames.camped, : len(answer)] = answer
        columns = np.concatenate(
            [np.zeros((len(rows), 1), np.int64), 1 + rows, np.full((len(rows), 1), size + 1)], axis=1
        )
        unit = self.rank[standing.owner]
        # camps come in the order of their first voices
        first = np.full(len(frames.camps), n, dtype=np.int64)
        np.minimum.at(first, standing.frame, unit)
        camp = np.argsort(np.argsort(first, kind="stable"), kind="stable")
        self.speakers, self.camps = (n, size, size + 2), (len(first), size, size + 2)
        self.speaker = (
            unit[:, None, None],
            rows[standing.frame][:, :, None],
            columns[standing.frame][:, None, :],
        )
        self.line = (camp[:, None, None], rows[:, :, None], columns[:, None, :])

    def draw(self, rng: np.random.Generator) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """A normal and a uniform number for each cell: of each speaker, and of each camp's line."""
        speaker = rng.standard_normal(self.speakers)[self.speaker], rng.random(self.speakers)[self.speaker]
        return speaker, (rng.standard_normal(self.camps)[self.line], rng.random(self.camps)[self.line])


def _ranks(of: Ints, incident: Ints, when: Ints, n: int, alike: bool = False) -> Ints:
    """Who comes when, by the first incident and hour in which it is met; those never met come last, if ``alike`` in one place."""
    never = np.iinfo(np.int64).max
    first = np.full((2, n), never)
    np.minimum.at(first[0], of, incident)
    at_first = incident == first[0][of]
    np.minimum.at(first[1], of[at_first], when[at_first])
    order = np.lexsort((np.arange(n), first[1], first[0]))
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    if alike:
        # those met in one breath are alike too: a name must not decide
        same, back = np.unique(first, axis=1, return_inverse=True)
        least = np.full(same.shape[1], n, dtype=np.int64)
        np.minimum.at(least, back.ravel(), rank)
        rank = least[back.ravel()]
    return rank


def _dirichlet(counts: Floats, normal: Floats, even: Floats) -> Floats:
    """Shares with these counts behind them, from given numbers: gamma by the cube of a normal (Wilson and Hilferty 1931)."""
    shape = np.maximum(counts, p.LEAST_COUNT) + 1.0
    cube = np.maximum(1.0 - 1.0 / (9.0 * shape) + normal / (3.0 * np.sqrt(shape)), 1e-3)
    gamma = shape * cube**3 * even ** (1.0 / (shape - 1.0))
    return np.asarray(gamma / np.maximum(gamma.sum(axis=-1, keepdims=True), 1e-300))
