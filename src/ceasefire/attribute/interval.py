"""The 90 % interval of an answer.

In: probabilities, the errors of the elicited tables (shared by all voices of a camp), and what the bootstrap found. Out: both ends.
Method: the delta method on the log-odds to second order, plus the variance of the replicates (``resampling``) where something was
learned. No error depends on a party's name, so the interval is exactly symmetric between parties.
"""

from __future__ import annotations

import numpy as np

from ceasefire.attribute import priors as p
from ceasefire.attribute.testimony import KINDS, Floats, Ints, Testimony, sum_by

_NAMED = len(p.ROLES)  # error class of the answers that a voice names


def shrunk_sd(known: Floats) -> Floats:
    """The part of a table entry's error that is left after so many reports' worth of evidence."""
    return np.sqrt(p.SOURCE_WEIGHT / (p.SOURCE_WEIGHT + known))


def shared_loads(t: Testimony, known: Floats, share: Floats, lines: Floats) -> tuple[Ints, Ints, Floats]:
    """How far each shared error moves each score: incident and camp of each group; group x slot x error class.

    ``share``: how much of a voice is its own word, by voice and slot; ``lines``: the part of its camp's line in it.
    """
    sd = np.array([p.TESTIMONY_SD, p.DENIAL_SD, p.ADMISSION_SD])[t.kind]
    left = np.take_along_axis(shrunk_sd(known)[t.source], t.role, axis=1)
    denial = (t.kind == KINDS.index("denial"))[:, None]
    touched = np.where(denial, t.cleared < 0, t.hit > 0)
    error_class = np.where(touched, _NAMED, t.role)
    size = sd[:, None] * np.where(denial, touched * share, left * share)
    n_camps = int(t.camp.max(initial=0)) + 1
    group, where = np.unique(t.incident * n_camps + t.camp, return_inverse=True)
    shape = (len(group), t.role.shape[1], _NAMED + 1)
    flat = (where[:, None] * shape[1] + np.arange(shape[1])) * shape[2] + error_class
    loads = np.bincount(flat.ravel(), size.ravel(), minlength=int(np.prod(shape))).reshape(shape)
    # of a line that many repeat, one is wrong or right for all
    line = np.zeros(int(np.prod(shape)))
    np.maximum.at(line, flat.ravel(), (sd[:, None] * left * lines).ravel())
    return group // n_camps, group % n_camps, loads + line.reshape(shape)


def _spread(errors: list[tuple[Ints, Floats]], probability: Floats) -> tuple[Floats, Floats]:
    """Shift and standard deviation of each answer's log-odds, in nats, to second order. ``errors``: incidents, and their loads by
    slot and error.

    With q the shares of the other answers, d logit p_k = d_k - sum q d; and since the logarithm of the others'
    sum is convex, errors that differ among them pull the log-odds down by half their variance under q.
    """
    n = probability.shape[0]
    against = np.maximum(1.0 - probability, 1e-12)
    square = (probability**2).sum(axis=1, keepdims=True)
    other_square = np.clip((square - probability**2) / against**2, 0.0, 1.0)
    variance = p.PRIOR_SD**2 * (1 + other_square)
    shift = -0.5 * p.PRIOR_SD**2 * (1 - other_square)
    for at, sizes in errors:
        if not at.size:
            continue
        share, rest = probability[at][:, :, None], against[at][:, :, None]
        mean = ((share * sizes).sum(axis=1, keepdims=True) - share * sizes) / rest
        mean_square = ((share * sizes**2).sum(axis=1, keepdims=True) - share * sizes**2) / rest
        variance += sum_by(at, ((sizes - mean) ** 2).sum(axis=2), n)
        shift -= 0.5 * sum_by(at, np.maximum(mean_square - mean**2, 0.0).sum(axis=2), n)
    return shift, np.sqrt(variance)


def ends(probability: Floats, errors: list[tuple[Ints, Floats]], more: Floats) -> tuple[Floats, Floats]:
    """Lower and upper end by incident and slot; the answer itself always lies between.

    Args:
        probability: incidents x slots.
        errors: incidents, and their loads by slot and error, for one standard deviation of it.
        more: further variance of the log-odds, nats squared.
    """
    shift, sd = _spread(errors, probability)
    near = np.clip(probability, 1e-15, 1 - 1e-15)
    centre = np.log(near) - np.log1p(-near) + shift
    half = p.INTERVAL_Z * np.sqrt(sd**2 + more)
    return np.minimum(_expit(centre - half), probability), np.maximum(_expit(centre + half), probability)


def _expit(logit: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logit, -700, 700))))
