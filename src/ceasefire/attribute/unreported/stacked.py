"""Several models, one interval: the pool of all that can be used, and how far it moves with what no data can tell.

In: fitted models. Out: ``Stacked``. Every usable model has an equal share (a linear pool): how well a model fits the overlaps
says nothing about the incidents outside them, so weighting by fit would be sure of the wrong thing. Whether all lists
*together* depend on each other is in no table of overlaps; its odds ratio multiplies the unlisted (Aleshin-Guendel,
Sadinle and Wakefield 2024), and 0.5 to 2 is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ceasefire.attribute.unreported.fitted import Draws, Fitted, interval
from ceasefire.attribute.unreported.thresholds import DRAWS, ODDS_HIGH, ODDS_LOW


@dataclass(frozen=True)
class Stacked:
    """The pooled total with its interval, and the interval stretched by the odds ratio 0.5 to 2."""

    low: float
    best: float
    high: float
    mean: float
    sensitivity_low: float
    sensitivity_high: float
    draws: Draws


def stack(listed: float, models: Iterable[Fitted]) -> Stacked | None:
    """Pool the draws of models that can be used; None if there is none. No total is below the number listed."""
    pooled = [m.draws for m in models if m.usable and m.pooled and len(m.draws)]
    if not pooled:
        return None
    return pool(listed, np.concatenate([_thinned(d) for d in pooled]))


def pool(listed: float | Draws, draws: Draws) -> Stacked:
    """The same from draws that are already together, each with the number listed in it where that is not the same."""
    known = np.broadcast_to(np.asarray(listed, dtype=np.float64), draws.shape)
    total = np.maximum(draws, known)
    low, best, high = interval(total)
    return Stacked(
        low,
        best,
        high,
        float(total.mean()),
        interval(known + ODDS_LOW * (total - known))[0],
        interval(known + ODDS_HIGH * (total - known))[2],
        np.sort(total),
    )


def _thinned(draws: Draws) -> Draws:
    """As many draws a model, so that each has the same share."""
    levels = ((np.arange(DRAWS) + 0.5) / DRAWS * len(draws)).astype(int)
    return np.asarray(np.sort(draws)[levels], dtype=np.float64)
