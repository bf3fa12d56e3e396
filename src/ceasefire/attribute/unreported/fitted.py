"""What each model hands back: a total with its interval, what it believes, and whether it can be used.

In: draws of the total, or a reason why there are none. Out: ``Fitted``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ceasefire.attribute.unreported.thresholds import LEVEL

Draws = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """One model's total number of incidents, listed or not. Empty figures when it refuses.

    ``draws``: totals from its posterior or its sampling distribution, in increasing order; empty for a bound.
    ``fit``: how it fits or whether its chains agree, in words. ``pooled``: may enter the stacked interval.
    """

    model: str
    assumption: str
    low: float | None
    best: float | None
    high: float | None
    mean: float | None
    draws: Draws
    fit: str
    usable: bool
    reason: str | None = None
    pooled: bool = True


def refused(model: str, assumption: str, reason: str, fit: str = "") -> Fitted:
    """A model that gives no figure, and why."""
    return Fitted(model, assumption, None, None, None, None, np.zeros(0), fit, False, reason, False)


def from_draws(model: str, assumption: str, draws: Draws, fit: str, reason: str | None = None) -> Fitted:
    """A model by its draws: median and interval; not usable where a reason is given."""
    low, best, high = interval(draws)
    ordered = np.sort(draws)
    return Fitted(
        model,
        assumption,
        low,
        best,
        high,
        float(draws.mean()),
        ordered,
        fit,
        reason is None,
        reason,
        reason is None,
    )


def interval(draws: Draws) -> tuple[float, float, float]:
    """Lower end, median and upper end of draws, each a draw itself."""
    tail = (1 - LEVEL) / 2
    low, best, high = np.quantile(draws, (tail, 0.5, 1 - tail), method="inverted_cdf")
    return float(low), float(best), float(high)


def at_least(model: Fitted, listed: int) -> Fitted:
    """The same with no total below the number listed, where a model was fitted without some list's incidents."""
    if not len(model.draws) or model.draws[0] >= listed:
        return model
    draws = np.maximum(model.draws, listed)
    low, best, high = interval(draws)
    return replace(model, low=low, best=best, high=high, mean=float(draws.mean()), draws=draws)
