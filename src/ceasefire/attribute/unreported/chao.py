"""A lower bound that allows incidents to differ in how easily they are seen (Chao 1987).

In: overlaps. Out: at least how many incidents there are. If each list saw an incident with odds a(list) × b(incident),
independently, then by Cauchy-Schwarz those that nobody saw are at least the sum over pairs of lists of (seen by the first
alone) × (seen by the second alone), divided by those seen by exactly two. For lists of equal length this is Chao's
f1² / 2 f2 with its (J - 1) / J; one is added below, which takes out most of the bias of few incidents.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from ceasefire.attribute.unreported.fitted import Fitted
from ceasefire.attribute.unreported.patterns import Overlaps
from ceasefire.attribute.unreported.thresholds import LEVEL

NAME = "Chao lower bound"
ASSUMPTION = (
    "lists saw incidents independently of each other once it is allowed that some incidents are easier to see than others; "
    "a bound from below, not an estimate"
)


def chao(overlaps: Overlaps) -> Fitted:
    """The bound with a log-normal interval of its sampling error (Chao 1987); the delta method on Poisson counts."""
    times = overlaps.seen.sum(axis=1)
    alone = overlaps.counts @ (overlaps.seen & (times == 1)[:, None])
    once, twice = float(alone.sum()), float(overlaps.counts[times == 2].sum())
    unseen = (once**2 - float((alone**2).sum())) / 2 / (twice + 1)
    variance = float(((once - alone) ** 2 * alone).sum() + unseen**2 * twice) / (twice + 1) ** 2
    n = overlaps.listed
    spread = (
        float(np.exp(ndtri((1 + LEVEL) / 2) * np.sqrt(np.log1p(variance / unseen**2)))) if unseen else 1.0
    )
    return Fitted(
        NAME,
        ASSUMPTION,
        n + unseen / spread,
        n + unseen,
        n + unseen * spread,
        None,
        np.zeros(0),
        f"{once:.0f} on one list, {twice:.0f} on two",
        True,
        None,
        False,
    )
