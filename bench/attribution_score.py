"""How good answers with probabilities are: right, sure, and as sure as they may be.

In: probabilities (items x answers) and the truth. Out: `Score`. Calibration error: 15 bins of equal width of the highest
probability, |mean probability - share right| weighted by size (Guo et al. 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BINS = 15
SURE = 0.95
# Probabilities below this count as this in the logarithmic loss.
LEAST = 1e-6


@dataclass(frozen=True)
class Score:
    """Of one set of answers; ``wrong`` of the ``sure`` were wrong."""

    items: int
    accuracy: float
    log_loss: float
    ece: float
    sure: int
    wrong: int

    @property
    def wrong_share(self) -> float:
        """Share of wrong answers among those given at 95 % and more; 0 where none is."""
        return self.wrong / self.sure if self.sure else 0.0


@dataclass(frozen=True)
class Outcome:
    """By item: the highest probability, whether its answer is right, and the probability of the truth."""

    top: Floats
    right: npt.NDArray[np.bool_]
    of_truth: Floats

    @property
    def score(self) -> Score:
        sure = self.top >= SURE
        return Score(
            items=int(self.top.size),
            accuracy=float(self.right.mean()),
            log_loss=float(-np.log(np.clip(self.of_truth, LEAST, 1.0)).mean()),
            ece=calibration_error(self.top, self.right),
            sure=int(sure.sum()),
            wrong=int((sure & ~self.right).sum()),
        )


def calibration_error(top: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Mean gap between how sure and how often right, over bins of equal width."""
    found = np.minimum((top * BINS).astype(np.int64), BINS - 1)
    size = np.bincount(found, minlength=BINS)
    gap = np.bincount(found, top, BINS) - np.bincount(found, right, BINS)
    return float(np.abs(gap).sum() / size.sum())


def of_matrix(chance: Floats, truth: Integers) -> Outcome:
    """From items x answers and the code of the truth, -1 where no answer is true. Of equals, the first is the answer."""
    best = chance.argmax(axis=1)
    rows = np.arange(truth.size)
    known = truth >= 0
    of_truth = np.where(known, chance[rows, np.maximum(truth, 0)], 0.0)
    return Outcome(chance[rows, best], known & (best == truth), of_truth)


def of_table(answers: pl.DataFrame, truth: pl.DataFrame, among: Sequence[str] | None = None) -> Outcome:
    """From incident_id, actor, probability, and the truth (incident_id, actor), one row an item of the truth.

    ``among`` are the only answers there can be: what was given to others is shared out in proportion. An item without any
    answer counts as wrong at probability 0.
    """
    given = answers.select("incident_id", "actor", "probability")
    if among is not None:
        given = given.filter(pl.col("actor").is_in(list(among))).with_columns(
            pl.col("probability") / pl.col("probability").sum().over("incident_id")
        )
    wanted = truth.select("incident_id", pl.col("actor").alias("true"))
    joined = given.join(wanted, on="incident_id", how="inner")
    by_item = joined.group_by("incident_id").agg(
        pl.col("probability").max().alias("top"),
        pl.col("actor").sort_by("probability", "actor", descending=[True, False]).first().alias("best"),
        pl.col("probability").filter(pl.col("actor") == pl.col("true")).sum().alias("of_truth"),
    )
    found = wanted.join(by_item, on="incident_id", how="left", maintain_order="left")
    return Outcome(
        found["top"].fill_null(0.0).to_numpy(),
        (found["best"] == found["true"]).fill_null(False).to_numpy(),
        found["of_truth"].fill_null(0.0).to_numpy(),
    )


def pooled(outcomes: Sequence[Outcome]) -> Outcome:
    """Several sets as one."""
    return Outcome(
        *(np.concatenate([getattr(o, name) for o in outcomes]) for name in Outcome.__annotations__)
    )
