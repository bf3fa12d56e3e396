"""The posterior over authors, with its 90 % interval and what it is made of.

In: voices, candidates, where sources stand. Out: ``Posterior``. Scores add up in nats; the posterior is their softmax. What sources
are like is learned in ``learning``; the interval is made in ``interval`` and, where something was learned, ``resampling``: exactly
symmetric between parties.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.daily import Daily
from ceasefire.attribute.frames import Frames
from ceasefire.attribute.hearing import Hearing
from ceasefire.attribute.informed import Informed
from ceasefire.attribute.interval import ends, shared_loads
from ceasefire.attribute.kernel import Likeness, Told
from ceasefire.attribute.learning import Learning, shared_incidents
from ceasefire.attribute.reporting import NO_LINES, Reporting
from ceasefire.attribute.resampling import Resampled, resample
from ceasefire.attribute.standing import Standing
from ceasefire.attribute.testimony import KINDS, Floats, Ints, Testimony, softmax, sum_by


@dataclass(frozen=True)
class Heard:
    """The voices as they were weighed: ``told`` and the ``incident`` of each, its ``row`` among the voices said and, after them,
    the nameless, what sources are ``like``, what each voice had taught (``held``); ``lead``: what its leader had said,
    ``following.NO_LEADER`` where it has none; ``apart``: nats by voice said and slot of those weighed apart; ``kinds``: frames x
    kinds x rows x columns, shares, what a kind of source says where it stands.
    """

    told: Told
    incident: Ints
    row: Ints
    like: Likeness
    held: Floats
    lead: Ints
    apart: Floats
    kinds: Floats


@dataclass(frozen=True)
class Posterior:
    """Arrays over incidents and answer slots, and over voices and answer slots.

    ``probability, low, high``: P(this answer did it) with its 90 % interval; ``flat``: the same on testimony alone. ``log_prior``,
    ``score``: log prior (base rates), and with all terms. ``informed``: what is known apart from testimony.
    ``terms``: log-likelihood ratio per voice, said and then nameless, against the prior
    expectation, in nats, given the voices of its camp before it; ``silence``: the same for each line of ``lines``. ``hits``:
    P(names the author) per source and role; ``known``: reports' worth of evidence behind it. ``standing``: where sources stand;
    ``leader``: of each of its speakers, -1 = none; ``repeats``: how often it is repeated.
    ``heard``: the voices as they were weighed; ``beside``: what else speaks for each answer, by incident and slot.
    ``loads``: see ``shared_loads``. ``daily``: lines of a day that sides keep to. ``rounds``: of learning, and how far answers
    moved in the last.
    """

    probability: Floats
    low: Floats
    high: Floats
    flat: Floats
    log_prior: Floats
    score: Floats
    terms: Floats
    silence: Floats
    lines: pl.DataFrame
    hits: Floats
    known: Floats
    standing: Standing
    leader: Ints
    repeats: Floats
    heard: Heard
    beside: Floats
    loads: tuple[Ints, Ints, Floats]
    daily: Daily
    informed: Informed
    resampled: Resampled
    rounds: tuple[int, float]
    learnt: bool


def weighed_apart(t: Testimony, candidates: Candidates, hits: Floats, rows: NDArray[np.bool_]) -> Floats:
    """Log-likelihood of the voices that are weighed by themselves: denials, and those that name several; 0 for others."""
    h = np.take_along_axis(hits[t.source], t.role, axis=1)
    says = np.where((t.kind == KINDS.index("denial"))[:, None], 1.0, t.hit * h + t.miss * (1 - h))
    each = t.factor[:, None] * (np.log(np.maximum(says, 1e-12)) + t.cleared)
    return np.where(rows[:, None] & candidates.valid[t.incident], each, 0.0)


def _centred(terms: Floats, incident: Ints, log_prior: Floats, valid: NDArray[np.bool_]) -> Floats:
    """Terms against what the prior expects of them: a voice that says what all answers would have it say weighs nothing."""
    there = valid[incident]
    prior = np.where(there, np.exp(log_prior[incident]), 0.0)
    expected = np.log((prior * np.exp(terms)).sum(axis=1, keepdims=True))
    centred = terms - expected
    # what is nothing but rounding is nothing
    return np.where(there & (np.abs(centred) > 1e-12), centred, 0.0)


def fit(
    hearing: Hearing,
    t: Testimony,
    candidates: Candidates,
    frames: Frames,
    reporting: Reporting | None,
    elicited: Floats,
    informed: Informed,
    seed: int = 0,
) -> Posterior:
    """Posterior of every incident.

    Args:
        hearing: the voices that kernels weigh.
        t: all voices that were said, for those weighed apart and for the interval.
        candidates: the answers and their flat prior.
        frames: where sources stand.
        reporting: who could tell of what; None = silence says nothing.
        elicited: P(names the author) per source and role before learning, for the voices weighed apart.
        informed: what is known apart from testimony. Nothing is learned from it, so that what is learned is testimony alone.
        seed: for the replicates behind the interval, drawn where something was learned.
    """
    n, valid = candidates.valid.shape[0], candidates.valid
    weighed = np.zeros(len(t.incident), dtype=np.bool_)
    weighed[hearing.row[hearing.row < hearing.n_said]] = True
    apart = weighed_apart(t, candidates, elicited, ~weighed)
    state = Learning(hearing, frames, candidates, reporting, sum_by(t.incident, apart, n))
    shared = shared_incidents(hearing.incident[hearing.value >= 0], n)
    learnt = shared >= p.MIN_SHARED_INCIDENTS
    if learnt:
        state.learn()
        state.worth = p.WORTH - p.WORTH_FEW / (1.0 + shared / p.WORTH_INCIDENTS)
    state.weigh(learn=False, whole=True)
    row = hearing.row[state.order]
    terms = np.zeros((max(hearing.n_said, int(row.max(initial=-1)) + 1), valid.shape[1]))
    terms[: hearing.n_said] = state.worth * apart
    terms[row] = state.terms
    of = np.zeros(len(terms), dtype=np.int64)
    of[: hearing.n_said], of[hearing.row] = t.incident, hearing.incident
    terms = _centred(terms, of, state.log_prior, valid)
    lines, quiet = (
        (NO_LINES, np.zeros((0, valid.shape[1]))) if reporting is None else reporting.lines(state.posterior)
    )
    quiet = _centred(state.worth * quiet, lines["incident"].to_numpy(), state.log_prior, valid)
    told = sum_by(of, terms, n) + sum_by(lines["incident"].to_numpy(), quiet, n)
    score = state.log_prior + told + informed.total()
    probability = softmax(score, valid)
    hits, known = state.figures()
    share, drew = np.tile(t.factor[:, None], (1, valid.shape[1])), np.zeros((len(t.incident), valid.shape[1]))
    said = row < hearing.n_said
    share[row[said]] = state.own[said, :, 0]
    drew[row[said]] = 1.0 - state.own[said, :, 0]
    loads = shared_loads(t, known, share, drew)
    resampled = resample(state if learnt else None, informed.total(), seed, valid.shape)
    low, high = ends(probability, [(loads[0], loads[2]), informed.loads()], resampled.variance)
    return Posterior(
        probability,
        np.where(valid, low, 0.0),
        np.where(valid, high, 0.0),
        softmax(candidates.log_prior + told, valid),
        state.log_prior,
        score,
        terms,
        quiet,
        lines,
        hits,
        known,
        state.standing,
        state.leader,
        state.repeats,
        Heard(
            state.told,
            state.incident(),
            row,
            state.likeness(),
            state.held,
            state.lead,
            state.worth * apart,
            state.kinds,
        ),
        np.where(valid, state.beside() + informed.total(), 0.0),
        loads,
        state.daily,
        informed,
        resampled,
        state.rounds,
        learnt,
    )
