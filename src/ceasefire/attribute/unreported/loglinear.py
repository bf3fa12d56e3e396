"""Log-linear models of the overlaps: independence, and pairs of lists that depend on each other.

In: overlaps. Out: independence alone (Fienberg 1972), and the pairs found by stepwise search, each model on the way weighted
by its BIC. A model is only looked at if its estimate exists and is told by the data (``identifiable``). The number of
unlisted is exp(intercept); its interval is log-normal with Poisson noise (Cormack 1992 discusses better ones).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import ndtri, xlogy
from scipy.stats import chi2, poisson

from ceasefire.attribute.unreported import thresholds as t
from ceasefire.attribute.unreported.fitted import Draws, Fitted, from_draws, refused
from ceasefire.attribute.unreported.identifiable import Floats, Pair, design, facial_set, is_told
from ceasefire.attribute.unreported.patterns import Overlaps

INDEPENDENCE = "independent lists"
STEPWISE = "log-linear, pairs"
ASSUMES_INDEPENDENCE = (
    "each list saw incidents independently of every other list, and all incidents are equally easy to see"
)
ASSUMES_PAIRS = (
    "two lists may depend on each other; three or more together do so only through their pairs, "
    "and all incidents are equally easy to see but for that"
)
_STEPS, _CLOSE, _EXTREME = 200, 1e-9, 50.0


@dataclass(frozen=True)
class _Model:
    """One fitted model. ``log_unlisted`` with its standard error; lower ``bic`` is better."""

    pairs: tuple[Pair, ...]
    log_unlisted: float
    error: float
    deviance: float
    freedom: int
    bic: float

    def draws(self) -> Draws:
        """Unlisted incidents at evenly spaced levels of a log-normal mean, each with its own Poisson level.

        Levels of the second are the first's in bit-reversed order, so that the two are unrelated and nothing is random.
        """
        levels = (np.arange(t.DRAWS) + 0.5) / t.DRAWS
        other = np.argsort(_reversed(t.DRAWS), kind="stable")
        mean = np.exp(np.minimum(self.log_unlisted + self.error * ndtri(levels), _EXTREME))
        return np.asarray(poisson.ppf(levels[other], mean), dtype=np.float64)


def _reversed(count: int) -> Floats:
    """The van der Corput sequence: evenly spread at every length."""
    found, scale, left = np.zeros(count), 0.5, np.arange(count)
    while left.any():
        found += scale * (left & 1)
        left = left >> 1
        scale /= 2
    return found


def fit_pairs(overlaps: Overlaps, pairs: tuple[Pair, ...]) -> _Model | None:
    """Fit by maximum likelihood; None where the estimate does not exist or the data do not tell it."""
    counts = overlaps.cells()[1:]
    terms = design(len(overlaps.lists), pairs)
    stays = facial_set(terms, counts)
    if not is_told(terms, stays):
        return None
    used, y = terms[stays], counts[stays]
    beta = np.linalg.lstsq(used, np.log(y + 0.5), rcond=None)[0]
    before = np.inf
    for _ in range(_STEPS):
        mean = np.exp(np.clip(used @ beta, -_EXTREME, _EXTREME))
        root = np.sqrt(mean)
        beta = np.linalg.lstsq(used * root[:, None], root * (used @ beta) + (y - mean) / root, rcond=None)[0]
        mean = np.exp(np.clip(used @ beta, -_EXTREME, _EXTREME))
        deviance = float(2 * (xlogy(y, y) - xlogy(y, mean) - y + mean).sum())
        if abs(before - deviance) < _CLOSE * (1 + abs(deviance)):
            break
        before = deviance
    else:
        return None
    covariance = np.linalg.pinv((used * mean[:, None]).T @ used)
    rank = int(np.linalg.matrix_rank(used))
    bic = deviance + (1 + len(overlaps.lists) + len(pairs)) * float(np.log(overlaps.listed))
    return _Model(pairs, float(beta[0]), float(np.sqrt(covariance[0, 0])), deviance, len(y) - rank, bic)


def independent(overlaps: Overlaps) -> Fitted:
    """Independence of all lists; not used where its deviance says that the overlaps are not like that."""
    model = fit_pairs(overlaps, ())
    if model is None:
        return refused(
            INDEPENDENCE, ASSUMES_INDEPENDENCE, "not identifiable: the overlaps do not tell the number missed"
        )
    p = float(chi2.sf(model.deviance, model.freedom)) if model.freedom else 1.0
    fit = f"deviance {model.deviance:.1f} on {model.freedom} degrees of freedom, p {p:.2g}"
    reason = f"the overlaps contradict it (p {p:.2g}, below {t.WORST_FIT:g})" if p < t.WORST_FIT else None
    return from_draws(INDEPENDENCE, ASSUMES_INDEPENDENCE, overlaps.listed + model.draws(), fit, reason)


def stepwise(overlaps: Overlaps, merged: tuple[str, ...] = ()) -> Fitted:
    """Add or take away the pair that lowers BIC most until none does; models near the best keep their weight."""
    visited: dict[tuple[Pair, ...], _Model | None] = {}
    every = list(combinations(range(len(overlaps.lists)), 2))

    def look(pairs: tuple[Pair, ...]) -> _Model | None:
        if pairs not in visited:
            visited[pairs] = fit_pairs(overlaps, pairs)
        return visited[pairs]

    best = look(())
    while True:
        here = best.pairs if best else ()
        moves = [tuple(sorted({*here} ^ {pair})) for pair in every]
        found = [m for m in (look(pairs) for pairs in moves) if m is not None]
        better = min(found, key=lambda m: (m.bic, m.pairs), default=None)
        if better is None or (best is not None and better.bic >= best.bic):
            break
        best = better
    untold = sum(model is None for model in visited.values())
    if best is None:
        return refused(
            STEPWISE, ASSUMES_PAIRS, "not identifiable: no model's number of unlisted is told by the overlaps"
        )
    kept = [m for m in visited.values() if m is not None and m.bic <= best.bic + t.OCCAM_BIC]
    kept.sort(key=lambda m: (m.bic, m.pairs))
    share = np.exp([-(m.bic - best.bic) / 2 for m in kept])
    draws = _mixed([m.draws() for m in kept], share / share.sum())
    names = [" × ".join(sorted((overlaps.lists[i], overlaps.lists[j]))) for i, j in best.pairs]
    p = float(chi2.sf(best.deviance, best.freedom)) if best.freedom else 1.0
    fit = (
        f"best: {', '.join(sorted(names)) or 'no pair'}; deviance {best.deviance:.1f} on {best.freedom} degrees of freedom, "
        f"p {p:.2g}; {len(kept)} models weighted, {untold} of {len(visited)} not identifiable"
    )
    if merged:
        fit += f"; {', '.join(merged)} read as one list"
    return from_draws(STEPWISE, ASSUMES_PAIRS, overlaps.listed + draws, fit)


def _mixed(draws: list[Draws], shares: Floats) -> Draws:
    """Draws of a mixture: evenly spaced levels of each part, as many as its share asks for."""
    ends = np.round(np.cumsum(shares) * t.DRAWS).astype(int)
    parts = []
    for part, n in zip(draws, np.diff(ends, prepend=0), strict=True):
        levels = ((np.arange(n) + 0.5) / max(int(n), 1) * len(part)).astype(int)
        parts.append(np.sort(part)[levels])
    return np.concatenate(parts)
