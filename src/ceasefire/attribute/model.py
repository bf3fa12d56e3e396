"""The posterior over authors, its 90 % interval, and what is learnt about the sources.

In: testimony and candidates. Out: ``Posterior``. Scores add up in nats; the posterior is their softmax.
Reliabilities are learnt by EM with shrinkage source -> kind -> elicited table (Dawid and Skene 1979;
weights in ``priors``). The interval is the delta method on the log-odds, with errors of the tables shared
by all voices of a camp: closed form, so no draws, and exactly symmetric between parties.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.testimony import KINDS, Floats, Ints, Testimony

_NAMED = len(p.ROLES)  # error class of the answers that a voice names


@dataclass(frozen=True)
class Posterior:
    """Arrays over incidents and answer slots, and over voices and answer slots.

    ``probability, low, high``: P(this answer did it) with its 90 % interval. ``score``: log prior plus all
    terms. ``terms``: log-likelihood ratio per voice against the prior expectation, discounted, in nats.
    ``hits``: P(names the author) per source and role; ``known``: reports' worth of evidence behind it.
    """

    probability: Floats
    low: Floats
    high: Floats
    score: Floats
    terms: Floats
    hits: Floats
    known: Floats
    learnt: bool


def softmax(score: Floats, valid: NDArray[np.bool_]) -> Floats:
    """Probabilities from scores; slots that are not valid get 0."""
    top = np.max(np.where(valid, score, -np.inf), axis=1, keepdims=True)
    raised = np.where(valid, np.exp(np.minimum(score - top, 0.0)), 0.0)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def likelihood(t: Testimony, hits: Floats) -> Floats:
    """P(what each voice says | author) for testimony and admissions (1 for denials)."""
    h = np.take_along_axis(hits[t.source], t.role, axis=1)
    return np.where((t.kind == KINDS.index("denial"))[:, None], 1.0, t.hit * h + t.miss * (1 - h))


def _terms(t: Testimony, candidates: Candidates, hits: Floats) -> Floats:
    prior = np.where(candidates.valid, np.exp(candidates.log_prior), 0.0)[t.incident]
    spoken = t.factor[:, None] * (np.log(np.maximum(likelihood(t, hits), 1e-12)) + t.cleared)
    expected = np.log((prior * np.exp(spoken)).sum(axis=1, keepdims=True))
    return np.where(candidates.valid[t.incident], spoken - expected, 0.0)


def _sum_by(group: Ints, values: Floats, n: int) -> Floats:
    return np.stack([np.bincount(group, values[:, k], minlength=n) for k in range(values.shape[1])], axis=1)


def _count(cell: Ints, weight: Floats, size: int) -> Floats:
    return np.bincount(cell.ravel(), weight.ravel(), minlength=size).astype(np.float64)


def _learn(t: Testimony, candidates: Candidates, elicited: Floats, kinds: Ints) -> tuple[Floats, Floats]:
    """EM for P(names the author) per source and role, shrunk to its kind and to the elicited table."""
    n_sources, n_roles = elicited.shape
    speaks = t.kind != KINDS.index("denial")
    cell = t.source[:, None] * n_roles + t.role
    group = kinds[:, None] * n_roles + np.arange(n_roles)
    n_groups = int(kinds.max(initial=0)) + 1
    hits, known = elicited, np.zeros_like(elicited)
    for _ in range(p.ITERATIONS):
        score = candidates.log_prior + _sum_by(
            t.incident, _terms(t, candidates, hits), candidates.valid.shape[0]
        )
        author = softmax(score, candidates.valid)[t.incident] * (t.factor * speaks)[:, None]
        h = np.take_along_axis(hits[t.source], t.role, axis=1)
        right = author * np.divide(t.hit * h, likelihood(t, hits), out=np.zeros_like(h), where=t.hit > 0)
        size = n_sources * n_roles
        known = _count(cell, author, size).reshape(elicited.shape)
        good = _count(cell, right, size).reshape(elicited.shape)
        # The kind's departure from the table is learnt as a shift, since the table differs by alignment.
        expect = (known * elicited).ravel()
        flat = group.ravel()
        n_kind = np.bincount(flat, known.ravel(), minlength=n_groups * n_roles)
        shift = np.bincount(flat, good.ravel() - expect, minlength=n_groups * n_roles) / (
            n_kind + p.KIND_WEIGHT
        )
        centre = np.clip(elicited + shift[flat].reshape(elicited.shape), 0.02, 0.98)
        hits = (p.SOURCE_WEIGHT * centre + good) / (p.SOURCE_WEIGHT + known)
    return hits, known


def shared_incidents(t: Testimony, n: int) -> int:
    """Incidents on which two voices or more name somebody."""
    return int((np.bincount(t.incident[t.kind != KINDS.index("denial")], minlength=n) >= 2).sum())


def shrunk_sd(known: Floats) -> Floats:
    """The part of a table entry's error that is left after so many reports' worth of evidence."""
    return np.sqrt(p.SOURCE_WEIGHT / (p.SOURCE_WEIGHT + known))


def shared_loads(t: Testimony, known: Floats) -> tuple[Ints, Ints, Floats]:
    """How far each shared error moves each score: incident and camp of each group; group x slot x error class."""
    sd = np.array([p.TESTIMONY_SD, p.DENIAL_SD, p.ADMISSION_SD])[t.kind] * t.factor
    left = np.take_along_axis(shrunk_sd(known)[t.source], t.role, axis=1)
    denial = (t.kind == KINDS.index("denial"))[:, None]
    touched = np.where(denial, t.cleared < 0, t.hit > 0)
    error_class = np.where(touched, _NAMED, t.role)
    size = sd[:, None] * np.where(denial, touched * 1.0, left)
    n_camps = int(t.camp.max(initial=0)) + 1
    group, where = np.unique(t.incident * n_camps + t.camp, return_inverse=True)
    shape = (len(group), t.role.shape[1], _NAMED + 1)
    flat = (where[:, None] * shape[1] + np.arange(shape[1])) * shape[2] + error_class
    loads = _count(flat, size, len(group) * shape[1] * shape[2]).reshape(shape)
    return group // n_camps, group % n_camps, loads


def _spread(t: Testimony, known: Floats, probability: Floats) -> tuple[Floats, Floats]:
    """Shift and standard deviation of each answer's log-odds, in nats, to second order.

    With q the shares of the other answers, d logit p_k = d_k - sum q d; and since the logarithm of the others'
    sum is convex, errors that differ among them pull the log-odds down by half their variance under q.
    """
    n = probability.shape[0]
    against = np.maximum(1.0 - probability, 1e-12)
    square = (probability**2).sum(axis=1, keepdims=True)
    other_square = np.clip((square - probability**2) / against**2, 0.0, 1.0)
    variance = p.PRIOR_SD**2 * (1 + other_square)
    shift = -0.5 * p.PRIOR_SD**2 * (1 - other_square)
    if t.incident.size:
        at, _, loads = shared_loads(t, known)
        share, rest = probability[at][:, :, None], against[at][:, :, None]
        mean = ((share * loads).sum(axis=1, keepdims=True) - share * loads) / rest
        mean_square = ((share * loads**2).sum(axis=1, keepdims=True) - share * loads**2) / rest
        variance += _sum_by(at, ((loads - mean) ** 2).sum(axis=2), n)
        shift -= 0.5 * _sum_by(at, np.maximum(mean_square - mean**2, 0.0).sum(axis=2), n)
    return shift, np.sqrt(variance)


def fit(t: Testimony, candidates: Candidates, elicited: Floats, kinds: Ints, extra: Floats) -> Posterior:
    """Posterior of every incident.

    Args:
        t: the voices' likelihoods.
        candidates: the answers and their prior.
        elicited: P(names the author) per source and role before learning.
        kinds: number of each source's kind, for the shrinkage.
        extra: terms that are not testimony (silence), in nats, by incident and slot.
    """
    n = candidates.valid.shape[0]
    learnt = shared_incidents(t, n) >= p.MIN_SHARED_INCIDENTS
    hits, known = _learn(t, candidates, elicited, kinds) if learnt else (elicited, np.zeros_like(elicited))
    terms = _terms(t, candidates, hits)
    score = candidates.log_prior + _sum_by(t.incident, terms, n) + extra
    probability = softmax(score, candidates.valid)
    shift, sd = _spread(t, known, probability)
    near = np.clip(probability, 1e-15, 1 - 1e-15)
    centre = np.log(near) - np.log1p(-near) + shift
    low = _expit(centre - p.INTERVAL_Z * sd)
    high = _expit(centre + p.INTERVAL_Z * sd)
    return Posterior(
        probability,
        np.minimum(low, probability),
        np.maximum(high, probability),
        score,
        terms,
        hits,
        known,
        learnt,
    )


def _expit(x: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -700, 700)))
