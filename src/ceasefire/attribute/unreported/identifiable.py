"""Whether the overlaps tell the number nobody listed under a log-linear model, and under any dependence of two lists.

In: overlaps and the pairs of lists that may depend on each other. Out: which cells can be above zero at the likelihood's
supremum (the facial set: Fienberg and Rinaldo 2012), by one linear programme; and whether the cell of the unlisted is a
combination of those cells. If it is not, tables with any number of unlisted incidents fit equally well.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from ceasefire.attribute.unreported.patterns import Overlaps

Pair = tuple[int, int]
Floats = NDArray[np.float64]

_TINY = 1e-6


def design(n_lists: int, pairs: Iterable[Pair]) -> Floats:
    """The model's terms on all 2^lists - 1 listed cells: intercept, lists, pairs. The intercept is log of the unlisted."""
    codes = np.arange(1, 1 << n_lists)
    on = (codes[:, None] >> np.arange(n_lists)) & 1
    columns = [np.ones(len(codes)), *on.T, *(on[:, i] * on[:, j] for i, j in pairs)]
    return np.stack(columns, axis=1).astype(np.float64)


def facial_set(terms: Floats, counts: Floats) -> NDArray[np.bool_]:
    """The cells whose expectation stays above zero where the likelihood is largest, cells with incidents among them.

    A direction that is zero on cells with incidents and never positive elsewhere can be followed for ever; it sends the
    cells where it is negative to zero. One programme finds a direction that is negative wherever any can be.
    """
    zero = counts == 0
    if not zero.any():
        return np.ones(len(counts), dtype=bool)
    n_terms, n_zero = terms.shape[1], int(zero.sum())
    found = linprog(
        np.concatenate([np.zeros(n_terms), -np.ones(n_zero)]),
        A_ub=np.hstack([terms[zero], np.eye(n_zero)]),
        b_ub=np.zeros(n_zero),
        A_eq=np.hstack([terms[~zero], np.zeros((int((~zero).sum()), n_zero))]),
        b_eq=np.zeros(int((~zero).sum())),
        bounds=[(None, None)] * n_terms + [(0, 1)] * n_zero,
        method="highs",
    )
    if not found.success or found.x is None:
        raise RuntimeError(f"linear programme for the facial set: {found.message}")
    stays = np.ones(len(counts), dtype=bool)
    stays[np.flatnonzero(zero)[found.x[n_terms:] > 0.5]] = False
    return stays


def is_told(terms: Floats, stays: NDArray[np.bool_]) -> bool:
    """Whether the intercept, the log of the unlisted, is a combination of the cells that stay."""
    intercept = np.zeros(terms.shape[1])
    intercept[0] = 1.0
    used = terms[stays]
    combination, *_ = np.linalg.lstsq(used.T, intercept, rcond=None)
    return bool(np.abs(used.T @ combination - intercept).max() < _TINY)


def untold_pairs(overlaps: Overlaps) -> list[tuple[str, str]]:
    """Pairs of lists whose dependence, alone and all other lists independent, leaves the number of unlisted open."""
    n_lists = len(overlaps.lists)
    counts = overlaps.cells()[1:]
    open_pairs = []
    for i, j in combinations(range(n_lists), 2):
        terms = design(n_lists, [(i, j)])
        if not is_told(terms, facial_set(terms, counts)):
            a, b = sorted((overlaps.lists[i], overlaps.lists[j]))
            open_pairs.append((a, b))
    return sorted(open_pairs)
