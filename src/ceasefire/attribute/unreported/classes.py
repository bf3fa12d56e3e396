"""One chain of the latent-class model: compiled Gibbs sweeps that do not depend on the order of classes.

In: patterns, a chain's state, priors, a generator. Out: a total a sweep, the state moved on. Each incident, listed or not,
is of one class; a class has its own chance of being on each list, uniform beforehand; classes have Dirichlet-process
weights with gamma-distributed concentration (Manrique-Vallier 2016); the total N has prior 1 / N.

Sweep: (1) given weights and chances, the number unlisted is negative binomial and every incident's class multinomial; (2)
concentration given the number of classes in use (Escobar and West 1995), weights and chances integrated out; (3) weights of
classes in use and of all others together are Dirichlet(sizes, concentration) (Pitman 1996), the others broken off one by
one; (4) chances are beta. Step 3 is where the usual sampler, sticks in a fixed order cut at K, can be caught: large classes
in late sticks go with a large concentration, and chains that start there stay for as long as anybody waits.
"""

from __future__ import annotations

import numpy as np

from ceasefire.compiled import compiled


@compiled
def _log_gamma_draw(rng, shape):
    """The logarithm of a gamma draw; small shapes would underflow without it (Marsaglia and Tsang's boost)."""
    if shape < 1:
        return np.log(rng.standard_gamma(shape + 1)) + np.log(1 - rng.random()) / shape
    return np.log(rng.standard_gamma(shape))


@compiled
def _spread(rng, n, weights, n_weighted, total, sizes, out):
    """Spread ``n`` incidents over classes by weight, by conditional binomials; ``out`` their number a class."""
    last = n_weighted - 1
    left = total
    out[:] = 0
    for k in range(n_weighted):
        if n == 0:
            break
        share = 1.0 if k == last or left <= 0 else min(1.0, weights[k] / left)
        drawn = n if share >= 1 else rng.binomial(n, share)
        out[k] = drawn
        sizes[k] += drawn
        n -= drawn
        left -= weights[k]


@compiled
def _classes_in_use_first(sizes, on):
    """Move classes in use to the front, as their order means nothing; how many there are."""
    n_used = 0
    for k in range(len(sizes)):
        if sizes[k] > 0:
            if k != n_used:
                sizes[n_used], sizes[k] = sizes[k], 0
                on[n_used] = on[k]
                on[k] = 0
            n_used += 1
    return n_used


@compiled
def _concentration(rng, conc, shape, rate, n_used, everything):
    """Draw the concentration given how many of ``everything`` incidents' classes are in use (Escobar and West 1995)."""
    first, second = rng.standard_gamma(conc + 1), rng.standard_gamma(float(everything))
    by = rate - np.log(first / (first + second))
    one_more = shape + n_used - 1
    extra = 1.0 if rng.random() * (one_more + everything * by) < one_more else 0.0
    return max(np.exp(_log_gamma_draw(rng, one_more + extra)) / by, 1e-300)


@compiled
def _weigh(rng, conc, sizes, n_used, smallest, log_weight):
    """Draw weights: Dirichlet over classes in use and all others together (Pitman 1996), these broken off one by one.

    What is left at the smallest stick is the last class. Out: how many classes have a weight.
    """
    rest = _log_gamma_draw(rng, conc) if n_used < len(log_weight) else -np.inf
    peak = rest
    for k in range(n_used):
        log_weight[k] = _log_gamma_draw(rng, float(sizes[k]))
        peak = max(peak, log_weight[k])
    total = np.exp(rest - peak)
    for k in range(n_used):
        total += np.exp(log_weight[k] - peak)
    total = np.log(total) + peak
    rest -= total
    for k in range(len(log_weight)):
        if k < n_used:
            log_weight[k] -= total
        elif k == len(log_weight) - 1 or rest < np.log(smallest):
            log_weight[k] = rest
            return k + 1
        else:
            taken, left = _log_gamma_draw(rng, 1.0), _log_gamma_draw(rng, conc)
            top = max(taken, left)
            both = top + np.log(np.exp(taken - top) + np.exp(left - top))
            log_weight[k] = rest + taken - both
            rest += left - both
    return n_used


@compiled
def _draw_chances(rng, sizes, on, n_used, n_weighted, chance):
    """Draw each class's chance of each list: beta for classes in use, uniform for the others."""
    for k in range(n_weighted):
        for j in range(chance.shape[1]):
            if k >= n_used:
                value = rng.random()
            else:
                yes = rng.standard_gamma(1.0 + on[k, j])
                value = yes / (yes + rng.standard_gamma(1.0 + sizes[k] - on[k, j]))
            chance[k, j] = min(max(value, 1e-15), 1 - 1e-15)


@compiled
def _likelihoods(base, odds, members, start, end, n_weighted, weights):
    """Each class's likelihood of a pattern relative to the largest, into ``weights``; their sum and that largest's log."""
    peak = -np.inf
    for k in range(n_weighted):
        value = base[k]
        for at in range(start, end):
            value += odds[k, members[at]]
        weights[k] = value
        peak = max(peak, value)
    total = 0.0
    for k in range(n_weighted):
        weights[k] = np.exp(weights[k] - peak)
        total += weights[k]
    return total, peak


@compiled
def sweep(rng, starts, members, counts, prior, log_weight, chance, conc, totals, used):
    """Run ``len(totals)`` sweeps.

    ``starts, members``: lists of pattern p are ``members[starts[p]:starts[p + 1]]``. ``prior``: shape and rate of the
    concentration, smallest stick. State, changed in place: ``log_weight`` (classes), ``chance`` (classes × lists),
    ``conc`` (one cell). Out: ``totals`` and ``used``, incidents and classes in use a sweep.
    """
    n_classes, n_lists = chance.shape
    shape, rate, smallest = prior
    listed = counts.sum()
    sizes = np.zeros(n_classes, dtype=np.int64)
    on = np.zeros((n_classes, n_lists), dtype=np.int64)
    base = np.zeros(n_classes)
    odds = np.zeros((n_classes, n_lists))
    weights = np.zeros(n_classes)
    drawn = np.zeros(n_classes, dtype=np.int64)
    n_weighted = n_classes
    for turn in range(len(totals)):
        sizes[:] = 0
        on[:] = 0
        while n_weighted > 1 and log_weight[n_weighted - 1] == -np.inf:
            n_weighted -= 1
        for k in range(n_weighted):
            base[k] = log_weight[k]
            for j in range(n_lists):
                miss = np.log1p(-chance[k, j])
                base[k] += miss
                odds[k, j] = np.log(chance[k, j]) - miss
        for p in range(len(counts)):
            total, peak = _likelihoods(base, odds, members, starts[p], starts[p + 1], n_weighted, weights)
            _spread(rng, counts[p], weights, n_weighted, total, sizes, drawn)
            for k in range(n_weighted):
                if drawn[k]:
                    for at in range(starts[p], starts[p + 1]):
                        on[k, members[at]] += drawn[k]
        total, peak = _likelihoods(base, odds, members, 0, 0, n_weighted, weights)
        missed = total * np.exp(peak)
        mean = rng.standard_gamma(float(listed)) * missed / max(1 - missed, 1e-15)
        unlisted = rng.poisson(min(mean, 1e15))
        _spread(rng, unlisted, weights, n_weighted, total, sizes, drawn)
        n_used = _classes_in_use_first(sizes, on)
        conc[0] = _concentration(rng, conc[0], shape, rate, n_used, listed + unlisted)
        n_weighted = _weigh(rng, conc[0], sizes, n_used, smallest, log_weight)
        log_weight[n_weighted:] = -np.inf
        _draw_chances(rng, sizes, on, n_used, n_weighted, chance)
        totals[turn] = listed + unlisted
        used[turn] = n_used
