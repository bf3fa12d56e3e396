"""The exact interval of a rate ratio.

In: two counts and the days they were counted in. Out: ratio, low, high. Given their sum the count after is binomial;
its Clopper-Pearson limits are turned into limits of the ratio (Przyborowski and Wilenski 1940). Exact means that it
covers at least the nominal level if the counts are Poisson; clustered counts need more than it gives.
"""

from __future__ import annotations

from scipy.special import betaincinv

from ceasefire.coverage.thresholds import CONFIDENCE


def exact_ratio(
    before: int, after: int, days_before: float, days_after: float
) -> tuple[float | None, float | None, float | None]:
    """Rate after divided by rate before with its exact limits.

    None for the ratio and the upper limit when there were none before; None for all when there were none at all.
    """
    total = before + after
    if total == 0:
        return None, None, None
    tail = (1 - CONFIDENCE) / 2
    exposure = days_before / days_after
    low = 0.0
    if after:
        share = float(betaincinv(after, before + 1, tail))
        low = share / (1 - share) * exposure
    if not before:
        return None, low, None
    share = float(betaincinv(after + 1, before, 1 - tail))
    return after / before * exposure, low, share / (1 - share) * exposure
