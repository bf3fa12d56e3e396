"""What has to be known of all reports before any can be weighed: counts that add up over parts of them.

In: drafts of reports. Out: ``Survey``: how many there are, by source and by value, which words are rare, how long intervals
get. Everything is a whole number, so surveys of shards sum to the survey of the whole, and a survey can be kept for reports
that come later.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ceasefire.fuse.words import Tally

VALUES = ("act", "actor", "affected")


@dataclass(frozen=True)
class Survey:
    """``total`` reports; ``told``: by source; ``given``: by value, for each of ``VALUES``; ``longest``: interval in minutes by grid
    class; ``tally``: texts by word."""

    total: int
    told: Counter[str]
    given: dict[str, Counter[str]]
    longest: NDArray[np.int64]
    tally: Tally

    def __add__(self, other: Survey) -> Survey:
        return Survey(
            self.total + other.total,
            self.told + other.told,
            {name: self.given[name] + other.given[name] for name in VALUES},
            np.maximum(self.longest, other.longest),
            self.tally + other.tally,
        )

    def share(self, name: str, values: list[str]) -> NDArray[np.float64]:
        """Share of each value among the reports that give one."""
        given = self.given[name]
        return np.array([given[v] for v in values], dtype=np.float64) / max(given.total(), 1)
