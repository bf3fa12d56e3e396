"""Log-linear models of the overlaps: independence, pairs of lists that depend on each other, incidents that differ.

In: overlaps. Out: independence alone (Fienberg 1972), and pairs found by stepwise search, each model on the way weighted by
its BIC: once for incidents that are alike and once for incidents that are easier or harder to see for all lists. That is one
more term, the number of pairs of lists an incident is on (Darroch, Fienberg, Glonek and Junker 1993). A model is only looked
at if its estimate exists and is told by the data (``identifiable``). The number of unlisted is exp(intercept); its interval
is log-normal with Poisson noise (Cormack 1992 discusses better ones).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
EASIER = "log-linear, easier and harder"
ASSUMES_EASIER = (
    "some incidents are easier to see than others, by the same odds for every list and with a bell-shaped spread; "
    "beyond that two lists may depend on each other"
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

    def draws(self, n: int = t.DRAWS) -> Draws:
        """Unlisted incidents at evenly spaced levels of a log-normal mean, each with its own Poisson level.

        Levels of the second are the first's in bit-reversed order, so that the two are unrelated and nothing is random.
        """
        levels = (np.arange(n) + 0.5) / max(n, 1)
        other = np.argsort(_reversed(n), kind="stable")
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


def fit_pairs(overlaps: Overlaps, pairs: tuple[Pair, ...], *, alike: bool = True) -> _Model | None:
    """Fit by maximum likelihood; None where the estimate does not exist or the data do not tell it.

    ``alike``: all incidents are equally easy to see; else the number of pairs of lists an incident is on is a term too.
    """
    counts = overlaps.cells()[1:]
    n_lists = len(overlaps.lists)
    terms = design(n_lists, pairs)
    if not alike:
        on = terms[:, 1 : n_lists + 1].sum(axis=1)
        terms = np.column_stack([terms, on * (on - 1) / 2])
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
    bic = deviance + terms.shape[1] * float(np.log(overlaps.listed))
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
    made = from_draws(INDEPENDENCE, ASSUMES_INDEPENDENCE, overlaps.listed + model.draws(), fit, reason)
    return replace(made, pooled=False)  # a special case of each of the others, which hold it where it fits


def stepwise(overlaps: Overlaps, merged: tuple[str, ...] = (), *, alike: bool = True) -> Fitted:
    """Add or take away the pair that lowers BIC most until none does; models near the best keep their weight."""
    name, assumption = (STEPWISE, ASSUMES_PAIRS) if alike else (EASIER, ASSUMES_EASIER)
    visited: dict[tuple[Pair, ...], _Model | None] = {}
    every = list(combinations(range(len(overlaps.lists)), 2))

    def look(pairs: tuple[Pair, ...]) -> _Model | None:
        if pairs not in visited:
            visited[pairs] = fit_pairs(overlaps, pairs, alike=alike)
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
        reason = "not identifiable: no model's number of unlisted is told by the overlaps"
        return refused(name, assumption, reason)
    kept = [m for m in visited.values() if m is not None and m.bic <= best.bic + t.OCCAM_BIC]
    kept.sort(key=lambda m: (m.bic, m.pairs))
    share = np.exp([-(m.bic - best.bic) / 2 for m in kept])
    ends = np.round(np.cumsum(share / share.sum()) * t.DRAWS).astype(int)
    draws = np.concatenate([m.draws(int(n)) for m, n in zip(kept, np.diff(ends, prepend=0), strict=True)])
    found_pairs = [" × ".join(sorted((overlaps.lists[i], overlaps.lists[j]))) for i, j in best.pairs]
    p = float(chi2.sf(best.deviance, best.freedom)) if best.freedom else 1.0
    fit = (
        f"best: {', '.join(sorted(found_pairs)) or 'no pair'}; deviance {best.deviance:.1f} on {best.freedom} degrees of freedom, "
        f"p {p:.2g}; {len(kept)} models weighted, {untold} of {len(visited)} not identifiable"
    )
    if merged:
        fit += f"; {', '.join(merged)} read as one list"
    beyond = float((draws > t.MOST_UNREPORTED * overlaps.listed).mean())
    if beyond > t.EDGE_SHARE:
        reason = f"no upper end found: {beyond:.0%} lies beyond {t.MOST_UNREPORTED} times the number listed"
        return refused(name, assumption, reason, fit)
    return from_draws(name, assumption, overlaps.listed + draws, fit)
