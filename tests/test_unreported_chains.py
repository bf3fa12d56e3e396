"""Stories about the latent classes' chains: that they draw from the model they claim, and say so when they do not agree."""

from __future__ import annotations

import numpy as np
import pytest
from bench.attribution_unreported import ENOUGH, overlaps_of
from numpy.typing import NDArray

from ceasefire.attribute.unreported import thresholds as t
from ceasefire.attribute.unreported.chains import effective, r_hat
from ceasefire.attribute.unreported.latent import Chain, by_classes, run_chains
from ceasefire.attribute.unreported.patterns import Overlaps, read_patterns

Floats = NDArray[np.float64]
LISTS, LISTED, SHAPE, RATE = 3, 12, 3.0, 3.0


def every_pattern(counts: Floats | None = None) -> Overlaps:
    """All seven patterns of three lists, so that counts can be replaced in place."""
    codes = np.arange(1, 1 << LISTS)
    seen = (codes[:, None] >> np.arange(LISTS) & 1).astype(bool)
    made = np.zeros(len(codes), dtype=np.int64) if counts is None else counts.astype(np.int64)
    return Overlaps(tuple("abc"), seen, made)


def cells(weight: Floats, chance: Floats) -> tuple[float, Floats]:
    """How likely an incident is on no list, and on each pattern given that it is on one."""
    seen = every_pattern().seen
    by_class = np.where(seen[None], chance[:, None, :], 1 - chance[:, None, :]).prod(axis=2)
    missed = float(weight @ (1 - chance).prod(axis=1))
    listed = weight @ by_class
    return missed, listed / listed.sum()


def summary(
    weight: Floats, chance: Floats, concentration: float, total: float, counts: Floats
) -> list[float]:
    """What is compared: prior and data together, none with heavy tails."""
    missed, shares = cells(weight, chance)
    return [
        missed,
        float(np.log(concentration)),
        float((weight**2).sum()),
        float(weight @ chance[:, 0]),
        float(np.log(total)),
        missed * counts[-1],
        float((shares * counts).sum()),
        float(weight @ chance[:, 0] * counts[0]),
    ]


def test_sweeps_and_a_fresh_simulation_agree_on_the_joint_distribution() -> None:
    """Geweke (2004). The number listed is given: with prior 1/N it carries nothing about the rest.

    Drawn forward: concentration, weights, chances from their priors; patterns of the listed; the unlisted negative binomial. Drawn
    by turns: one sweep given the patterns, patterns given the sweep's weights and chances. Any wrong conditional
    distribution in the sweep would drive the two apart.
    """
    rng = np.random.default_rng(11)
    forward = []
    for _ in range(8_000):
        concentration = rng.gamma(SHAPE) / RATE
        sticks = rng.beta(1.0, concentration, t.CLASSES)
        sticks[-1] = 1.0
        weight = sticks * np.concatenate([[1.0], np.cumprod(1 - sticks[:-1])])
        chance = rng.random((t.CLASSES, LISTS))
        missed, shares = cells(weight, chance)
        counts = rng.multinomial(LISTED, shares).astype(float)
        total = LISTED + rng.negative_binomial(LISTED, 1 - missed)
        forward.append(summary(weight, chance, concentration, total, counts))
    chain = Chain(every_pattern(np.array([2.0, 2, 2, 2, 2, 1, 1])), 3, 0, SHAPE, RATE)
    by_turns = []
    for turn in range(30_000):
        totals, _ = chain.run(1)
        weight = np.exp(chain.log_weight)
        _, shares = cells(weight, chain.chance)
        if turn >= 500:
            before = chain.counts.astype(float)
            by_turns.append(summary(weight, chain.chance, chain.concentration[0], totals[0], before))
        chain.counts[:] = rng.multinomial(LISTED, shares)
    one, two = np.array(forward), np.array(by_turns)
    batches = two[: len(two) // 50 * 50].reshape(50, -1, two.shape[1]).mean(axis=1)
    error = np.sqrt(one.var(axis=0) / len(one) + batches.var(axis=0, ddof=1) / 50)
    z = (one.mean(axis=0) - two.mean(axis=0)) / error
    assert np.abs(z).max() < 4, z


@pytest.mark.parametrize(
    ("name", "mean"),
    [("ph_manila_unidentified", 414), ("ph_quezon_unidentified", 428)],
)
def test_chains_that_start_far_apart_agree_with_published_means(name: str, mean: float) -> None:
    """HRDAG's posterior means by R's LCMCR, which a first Python sampler missed by up to 13 % (Manila unidentified)."""
    chained = run_chains(read_patterns(overlaps_of(name)), enough=ENOUGH // 2)
    assert len(chained.totals) >= 8
    assert chained.r_hat < 1.05
    assert chained.totals.mean() == pytest.approx(mean, rel=0.03)


def test_where_chains_do_not_agree_the_model_is_not_used() -> None:
    fitted = by_classes(read_patterns(overlaps_of("sparsemse_UKdat_5")), most_sweeps=1_000)
    assert not fitted.usable
    assert fitted.best is None
    assert fitted.reason is not None
    assert "chains do not agree" in fitted.reason


def test_r_hat_sees_chains_that_differ_in_place_or_in_spread() -> None:
    rng = np.random.default_rng(0)
    same = rng.standard_normal((8, 500))
    assert r_hat(same) == pytest.approx(1, abs=0.01)
    assert r_hat(same + np.arange(8)[:, None] / 4) > 1.1
    assert r_hat(same * np.where(np.arange(8) < 4, 1, 4)[:, None]) > 1.1
    assert r_hat(np.arange(8.0)[:, None] * np.ones((8, 500))) > 5
    assert r_hat(np.full((4, 10), 7.0)) == 1
    with pytest.raises(ValueError, match="at least 2 × 4"):
        r_hat(same[:1])


def test_effective_draws_of_a_chain_that_remembers() -> None:
    """An autoregression with coefficient 0.9 tells as much as 1 in 19 independent draws."""
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((8, 4_000))
    draws = np.zeros_like(noise)
    for i in range(1, noise.shape[1]):
        draws[:, i] = 0.9 * draws[:, i - 1] + noise[:, i]
    assert effective(draws) == pytest.approx(32_000 / 19, rel=0.15)
    assert effective(noise) == pytest.approx(32_000, rel=0.1)
