"""Several models, one interval: all that can be used together, and how far it moves with what no data can tell.

In: fitted models. Out: ``Stacked``. The interval runs from the lowest lower end to the highest upper end of the usable
models, so that it holds what it promises if any one of them is right; the best figure is the median of their draws, each
model with an equal share. How well a model fits the overlaps says nothing about incidents outside them, so weighting by fit
would be sure of the wrong thing. Whether all lists *together* depend on each other is in no table of overlaps; its odds ratio
multiplies the unlisted (Aleshin-Guendel, Sadinle and Wakefield 2024), and 0.5 to 2 is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ceasefire.attribute.unreported.fitted import Draws, Fitted, interval
from ceasefire.attribute.unreported.thresholds import DRAWS, ODDS_HIGH, ODDS_LOW


@dataclass(frozen=True)
class Stacked:
    """The total with its interval, the interval stretched by the odds ratio 0.5 to 2, and all models' draws, in order."""

    low: float
    best: float
    high: float
    sensitivity_low: float
    sensitivity_high: float
    draws: Draws


def stack(listed: float, models: Iterable[Fitted]) -> Stacked | None:
    """Put models that can be used together; None if there is none."""
    used = [m for m in models if m.usable and m.pooled and len(m.draws)]
    if not used:
        return None
    draws = np.sort(np.concatenate([_thinned(m.draws) for m in used]))
    low = min(m.low for m in used if m.low is not None)
    high = max(m.high for m in used if m.high is not None)
    return Stacked(
        low,
        interval(draws)[1],
        high,
        min(low, listed + ODDS_LOW * (low - listed)),
        max(high, listed + ODDS_HIGH * (high - listed)),
        draws,
    )


def _thinned(draws: Draws) -> Draws:
    """As many draws a model, so that each has the same share."""
    levels = ((np.arange(DRAWS) + 0.5) / DRAWS * len(draws)).astype(int)
    return np.asarray(np.sort(draws)[levels], dtype=np.float64)
