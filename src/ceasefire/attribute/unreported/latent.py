"""Incidents of a few kinds, each seen by the lists in its own way: Bayesian latent classes (Manrique-Vallier 2016).

In: overlaps, a seed. Out: the posterior of the total from chains that start far apart, and whether they agree. Until they
do the run is doubled; if they still do not at the limit, the model is not used. The sweeps are in ``classes``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ceasefire.attribute.unreported import thresholds as t
from ceasefire.attribute.unreported.chains import effective, r_hat
from ceasefire.attribute.unreported.classes import sweep
from ceasefire.attribute.unreported.fitted import Draws, Fitted, from_draws, refused
from ceasefire.attribute.unreported.patterns import Overlaps

NAME = "latent classes"
ASSUMPTION = "incidents are of a few kinds, known to nobody; among incidents of one kind each list sees independently of the others"
_CONCENTRATIONS = (0.01, 0.1, 1.0, 10.0)  # starts; and every other chain begins with all incidents alike


@dataclass(frozen=True)
class Chained:
    """Totals, chains × sweeps, with the chains' agreement and their effective number."""

    totals: Draws
    r_hat: float
    effective: float


class Chain:
    """One chain: its generator and state. ``run`` moves it on."""

    def __init__(self, overlaps: Overlaps, seed: int, number: int, shape: float, rate: float) -> None:
        n_lists = len(overlaps.lists)
        self.rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, number])))
        self.starts = np.concatenate([[0], np.cumsum(overlaps.seen.sum(axis=1))]).astype(np.int64)
        self.members = np.nonzero(overlaps.seen)[1].astype(np.int64)
        self.counts = overlaps.counts.astype(np.int64)
        self.prior = (float(shape), float(rate), t.SMALLEST_STICK)
        self.log_weight = np.full(t.CLASSES, -np.log(t.CLASSES))
        self.chance = self.rng.uniform(0.02, 0.98, (t.CLASSES, n_lists))
        if number % 2:
            self.chance[:] = self.chance[0]
        self.concentration = np.array([_CONCENTRATIONS[number // 2 % len(_CONCENTRATIONS)]])

    def run(self, sweeps: int) -> tuple[Draws, Draws]:
        """Totals and numbers of classes in use over the next sweeps."""
        totals, used = np.empty(sweeps), np.empty(sweeps)
        sweep(
            self.rng,
            self.starts,
            self.members,
            self.counts,
            self.prior,
            self.log_weight,
            self.chance,
            self.concentration,
            totals,
            used,
        )
        return totals, used


def run_chains(
    overlaps: Overlaps,
    *,
    seed: int = 0,
    chains: int = t.CHAINS,
    most_sweeps: int = t.MOST_SWEEPS,
    enough: int = t.ENOUGH_DRAWS,
    shape: float = t.SHAPE,
    rate: float = t.RATE,
) -> Chained:
    """Run chains from far-apart starts until they agree or ``most_sweeps`` each are done.

    Doubling stops at an R-hat of 1.01 with ``enough`` effective draws; the gate of 1.05 is the caller's.
    """
    running = [Chain(overlaps, seed, number, shape, rate) for number in range(chains)]
    for chain in running:
        chain.run(t.WARM_UP)
    totals = np.empty((chains, 0))
    more = min(t.FIRST_SWEEPS, most_sweeps)
    while True:
        totals = np.concatenate([totals, np.stack([chain.run(more)[0] for chain in running])], axis=1)
        agreed, told = r_hat(totals), effective(totals)
        done = agreed < t.R_HAT_ENOUGH and told >= enough
        more = min(totals.shape[1], most_sweeps - totals.shape[1])
        if done or more <= 0:
            return Chained(totals, agreed, told)


def by_classes(overlaps: Overlaps, *, seed: int = 0, most_sweeps: int = t.MOST_SWEEPS) -> Fitted:
    """The model for ``estimate_unreported``; refuses where chains do not agree."""
    chained = run_chains(overlaps, seed=seed, most_sweeps=most_sweeps)
    fit = (
        f"R-hat {chained.r_hat:.3f}, {chained.effective:.0f} effective draws of {len(chained.totals)} chains"
    )
    if chained.r_hat >= t.R_HAT:
        reason = f"the chains do not agree (R-hat {chained.r_hat:.2f}, {t.R_HAT:g} needed): what they say depends on the start"
        return refused(NAME, ASSUMPTION, reason, fit)
    every = np.sort(chained.totals.ravel())
    levels = ((np.arange(t.DRAWS) + 0.5) / t.DRAWS * len(every)).astype(int)
    made = from_draws(NAME, ASSUMPTION, every[levels], fit)
    return Fitted(
        NAME, ASSUMPTION, made.low, made.best, made.high, float(every.mean()), made.draws, fit, True
    )
