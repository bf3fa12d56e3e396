"""Exact answers by dynamic programming, for the shapes where incidents are independent.

In: probabilities. Out: probabilities, without draws. They are the fast path for a prohibition whose incidents share
nothing (no camp, no latent error, no merge, no reply), and the oracle of the worlds in the tests. Valid only if no incident feeds
two parts of the question. Methods: the Poisson-binomial recursion, and a Markov chain over the length of a run.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def absence(chances: Sequence[float]) -> float:
    """P(at least one) of independent events: 1 - product of (1 - q)."""
    return float(1.0 - np.prod(1.0 - np.asarray(chances, dtype=np.float64)))


def count(chances: Sequence[float]) -> NDArray[np.float64]:
    """P(exactly k of them), k = 0 .. n: the Poisson-binomial distribution."""
    found = np.ones(1)
    for q in chances:
        found = np.convolve(found, [1.0 - q, q])
    return found


def run_of_days(quiet: Sequence[float], needed: int) -> float:
    """P(some ``needed`` days in a row are quiet), the days being independent with these chances."""
    if needed <= 0:
        return 1.0
    state = np.zeros(needed + 1)  # length of the run so far; the last is met and stays
    state[0] = 1.0
    for q in quiet:
        moved = np.zeros_like(state)
        moved[0] = state[:needed].sum() * (1.0 - q)
        moved[1:] = state[:needed] * q
        moved[needed] += state[needed]
        state = moved
    return float(state[needed])


def quiet_day(weights: Sequence[int], chances: Sequence[float], at_most: int) -> float:
    """P(the weights of the events that happen on a day add up to at most so many)."""
    state = np.zeros(at_most + 2)  # the last holds all that is above
    state[0] = 1.0
    for weight, q in zip(weights, chances, strict=True):
        moved = np.zeros_like(state)
        for total, p in enumerate(state):
            moved[min(total + weight, at_most + 1)] += p * q
        state = state * (1.0 - q) + moved
    return float(state[: at_most + 1].sum())


def answered(asked: float, answers: Sequence[tuple[float, float]], within: float) -> float:
    """P(a certain trigger at ``asked`` gets an answer in time): answers as (hour, chance), independent."""
    return absence([q for hour, q in answers if asked <= hour < asked + within])
