"""How far the figures of each role lie from the truth, learned where several sources give one, shrunk to elicited values.

In: statements with a figure and their design (shares of roles, how early). Out: ``Bias``: factors with their covariance,
scatter, and what tolls look like. Method: regression of log figures within incidents (each incident its own level), errors of a
side shared, outliers weighed down (Student t, 4 degrees), normal priors; least squares iterated with these weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ceasefire.attribute.toll import thresholds as t

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_PRIOR = np.array([t.BIAS[name] for name in t.COLUMNS])
_TAIL = 4.0  # degrees of freedom of the weights of outliers
_LOGISTIC_SD = math.pi / math.sqrt(3.0)  # of the standard logistic


@dataclass(frozen=True)
class Bias:
    """``value`` and ``covariance`` of the logarithm of the factors, by ``thresholds.COLUMNS``; ``n``: figures behind each, by
    their shares, of incidents with several; ``scatter``: logistic scale, by incident, and ``harder``: how many times that of all;
    ``mean`` and ``sd``: of the logarithm of tolls; ``level``: that of each incident with figures at first sight, NaN without."""

    value: Floats
    covariance: Floats
    n: Floats
    scatter: Floats
    harder: Floats
    mean: float
    sd: float
    level: Floats


def learn(
    quantity: str, y: Floats, design: Floats, incident: Ints, group: Ints, neutral: Ints, incidents: int
) -> Bias:
    """Fit the factors of one quantity.

    Args:
        quantity: killed or injured.
        y: logarithm of each figure above nought.
        design: figures x columns.
        incident: the number of each figure's incident.
        group: the number of the side of each figure's source.
        neutral: 1 where the source has no camp.
        incidents: how many incidents there are.
    """
    value, scatter = _PRIOR[:, 0].copy(), t.SCATTER * _LOGISTIC_SD
    precision = np.diag(1.0 / _PRIOR[:, 1] ** 2)
    covariance: Floats = np.asarray(np.linalg.inv(precision), dtype=np.float64)
    level = np.full(incidents, np.nan)
    mean, sd = t.TOLL_MEAN[quantity], t.TOLL_SD
    if not len(y):
        plain = np.ones(incidents)
        return Bias(value, covariance, np.zeros(len(value)), t.SCATTER * plain, plain, mean, sd, level)
    sided = incident * (int(group.max()) + 1) + group
    _, cell, size = np.unique(sided, return_inverse=True, return_counts=True)
    shared = np.where(neutral == 1, t.SHARED_NEUTRAL, t.SHARED_SIDE) ** 2
    together = size[cell] * shared
    robust = np.ones(len(y))
    for _ in range(t.ROUNDS):
        weight = robust / (scatter**2 + together)
        total = np.bincount(incident, weight, incidents)
        seen = total > 0
        share = np.divide(weight, total[incident], out=np.zeros_like(weight), where=total[incident] > 0)
        centre = np.zeros((incidents, design.shape[1]))
        np.add.at(centre, incident, share[:, None] * design)
        x = design - centre[incident]
        z = y - np.bincount(incident, share * y, incidents)[incident]
        inverse = x.T @ (weight[:, None] * x) + precision
        covariance = np.asarray(np.linalg.inv(inverse), dtype=np.float64)
        value = covariance @ (x.T @ (weight * z) + precision @ _PRIOR[:, 0])
        left = z - x @ value
        spread = scatter**2 + shared
        robust = (_TAIL + 1.0) / (_TAIL + left**2 / spread)
        # what an incident's own level takes away
        free = max(float((1.0 - share).sum()), 0.0)
        found = float((robust * np.maximum(left**2 - shared * (1.0 - share), 0.0)).sum())
        prior = (t.SCATTER * _LOGISTIC_SD) ** 2
        variance = (t.SCATTER_WEIGHT * prior + found) / (t.SCATTER_WEIGHT + free)
        least, most = (s * _LOGISTIC_SD for s in t.SCATTER_RANGE)
        scatter = min(max(math.sqrt(variance), least), most)
        level[seen] = np.bincount(incident, share * (y - design @ value), incidents)[seen]
    # the scatter of each incident, strays weighed down
    beyond = np.bincount(incident, robust * left**2 / spread, incidents)
    freed = np.bincount(incident, 1.0 - share, incidents)
    harder = np.sqrt((t.OWN_SCATTER_WEIGHT + beyond) / (t.OWN_SCATTER_WEIGHT + freed))
    harder = np.maximum(harder, t.EASIER)
    known = level[~np.isnan(level)]
    weight = t.TOLL_WEIGHT + len(known)
    mean = (t.TOLL_WEIGHT * mean + float(known.sum())) / weight
    variance = (t.TOLL_WEIGHT * sd**2 + float(((known - mean) ** 2).sum())) / weight
    return Bias(
        value,
        covariance,
        design[share < 1.0 - 1e-9].sum(axis=0),
        scatter / _LOGISTIC_SD * harder,
        harder,
        mean,
        max(math.sqrt(variance), t.TOLL_SD_LEAST),
        level,
    )


def ratio(killed: Bias, injured: Bias) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm of injured for one killed, from incidents that have both."""
    both = injured.level - killed.level
    both = both[~np.isnan(both)]
    weight = t.RATIO_WEIGHT + len(both)
    mean = (t.RATIO_WEIGHT * t.INJURED_PER_KILLED + float(both.sum())) / weight
    variance = (t.RATIO_WEIGHT * t.INJURED_SD**2 + float(((both - mean) ** 2).sum())) / weight
    return mean, math.sqrt(variance)
