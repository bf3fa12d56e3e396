"""Whether chains agree: rank-normalised split R-hat and effective draws (Vehtari, Gelman, Simpson, Carpenter, Bürkner 2021).

In: draws, chains × sweeps. Out: R-hat, the larger of that of ranks and of folded ranks; and effective draws of ranks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def r_hat(draws: Floats) -> float:
    """1 where chains agree. Infinite where each stands still at a value of its own.

    Raises:
        ValueError: fewer than two chains or four sweeps.
    """
    if draws.ndim != 2 or draws.shape[0] < 2 or draws.shape[1] < 4:
        raise ValueError(f"expected chains × sweeps, at least 2 × 4; found {draws.shape}")
    folded = np.abs(draws - np.median(draws))
    return max(_split_r_hat(_normal_scores(_split(draws))), _split_r_hat(_normal_scores(_split(folded))))


def effective(draws: Floats) -> float:
    """Independent draws that would tell as much: chains × sweeps over the autocorrelation time (Geyer 1992)."""
    scores = _normal_scores(_split(draws))
    n_chains, n = scores.shape
    within = scores.var(axis=1, ddof=1).mean()
    pooled = within * (n - 1) / n + scores.mean(axis=1).var(ddof=1)
    if pooled <= 0:
        return float(scores.size)
    centred = scores - scores.mean(axis=1, keepdims=True)
    wide = 1 << (2 * n - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, wide, axis=1)) ** 2
    covariance = np.fft.irfft(spectrum, wide, axis=1)[:, :n].mean(axis=0) / n
    rho = 1 - (within - covariance) / pooled
    rho[0] = 1.0
    even = rho[: n - n % 2].reshape(-1, 2).sum(axis=1)
    stop = int(np.argmax(even <= 0)) if (even <= 0).any() else len(even)
    time = max(2 * np.minimum.accumulate(even[: max(stop, 1)]).sum() - 1, 1 / np.log10(scores.size))
    return float(n_chains * n / time)


def _split(draws: Floats) -> Floats:
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


def _normal_scores(draws: Floats) -> Floats:
    ranks = rankdata(draws, method="average").reshape(draws.shape)
    return np.asarray(ndtri((ranks - 0.375) / (draws.size + 0.25)), dtype=np.float64)


def _split_r_hat(scores: Floats) -> float:
    n = scores.shape[1]
    within = float(scores.var(axis=1, ddof=1).mean())
    between = float(scores.mean(axis=1).var(ddof=1))
    if within <= 0:
        return 1.0 if between <= 0 else float("inf")
    return float(np.sqrt((n - 1) / n + between / within))
