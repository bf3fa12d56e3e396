"""Longest quiet stretches, world by world: what a run of days asks of the hours and days that were loud.

In: for every world the first and last loud hour of each day, or bits by hour. Out: hours. A stretch that crosses a
midnight is exact; one within a day is counted in whole hours.
"""

from __future__ import annotations

import numpy as np

from ceasefire.compiled import compiled
from ceasefire.comply.draws import LAST, ONE


@compiled
def gaps(early, last, since, until):
    """Longest quiet stretch that crosses a midnight, world by world, from the first and last loud hour of each day."""
    days, draws = early.shape
    longest = np.zeros(draws)
    for w in range(draws):
        before = since
        for d in range(days):
            if last[d, w] < since or early[d, w] == np.inf:
                continue
            if early[d, w] >= until:
                break
            if early[d, w] >= since:
                longest[w] = max(longest[w], early[d, w] - before)
            before = min(max(last[d, w], since), until)
        longest[w] = max(longest[w], until - before)
    return longest


@compiled
def runs(loud, day_of, noisy, first_hour, until_hour, draws):
    """Longest run of quiet hours, world by world, between two hours of a clock.

    ``loud``: bits by hour; ``noisy``: bits by day, the days above the quiet mark; an hour is loud if both are.
    """
    longest, current = np.zeros(draws, np.int64), np.zeros(draws, np.int64)
    for h in range(first_hour, until_hour):
        for w in range(draws):
            x, bit = w >> 6, ONE << (np.uint64(w) & LAST)
            if loud[h, x] & bit and noisy[day_of[h], x] & bit:
                current[w] = 0
            else:
                current[w] += 1
                longest[w] = max(longest[w], current[w])
    return longest
