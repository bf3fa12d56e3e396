"""A slow reference for the simple part of the model: a Gibbs sampler in plain numpy, to be read beside the equations.

In: who says what of which incident, and where each source stands. Out: the posterior of every answer, averaged over draws. The
model: truths from base rates; base rates from a Dirichlet; each voice from its source's row for that truth, by columns "names it",
"names another" (by the row of that one, shared among those alike), "names nobody"; rows from a Dirichlet round those of its kind,
and these from one round the elicited tables. No lines, no copies, no silence. Rows of a kind are drawn by the tables of a Chinese
restaurant (Teh, Jordan, Beal and Blei 2006): how many of a source's words count as words of its kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Voices:
    """``incident, source, says`` of each voice (``says``: an answer, or -1 for nobody). ``stands``: where each source stands, and
    its ``kind``. ``rows``: stands x answers, the row of each answer from there. ``elicited``: stands x kinds x rows x columns."""

    incident: Ints
    source: Ints
    says: Ints
    stands: Ints
    kind: Ints
    rows: Ints
    elicited: Floats
    n_incidents: int


def gibbs(
    v: Voices, source_weight: float, kind_weight: float, base_weight: float, seed: int, sweeps: int, burn: int
) -> Floats:
    """Posterior of every incident's answers: the mean over sweeps after ``burn`` of the chances it was drawn from."""
    rng = np.random.default_rng(seed)
    n_answers, columns = v.rows.shape[1], v.elicited.shape[3]
    stands = v.stands[v.source]
    row = v.rows[stands]  # voice x truth
    # which column a voice falls into for each truth, and how many answers share that column
    column = np.where(
        v.says[:, None] == np.arange(n_answers),
        0,
        1 + np.take_along_axis(row, np.maximum(v.says, 0)[:, None], 1),
    )
    column[v.says < 0] = columns - 1
    alike = np.ones(column.shape)
    for truth in range(n_answers):
        for k in np.flatnonzero((v.says >= 0) & (v.says != truth)):
            same = [a for a in range(n_answers) if a != truth and row[k, a] == row[k, v.says[k]]]
            alike[k, truth] = len(same)
    base = np.full(n_answers, 1.0 / n_answers)
    kinds = v.elicited.copy()
    own = kinds[v.stands, v.kind]
    truth = np.array([_vote(v.says[v.incident == i], n_answers, rng) for i in range(v.n_incidents)])
    total = np.zeros((v.n_incidents, n_answers))
    for sweep in range(sweeps):
        # rows of sources, from what they said where the truth is held to be so
        counts = np.zeros(own.shape)
        np.add.at(
            counts,
            (
                v.source,
                row[np.arange(len(v.says)), truth[v.incident]],
                column[np.arange(len(v.says)), truth[v.incident]],
            ),
            1.0,
        )
        own = _dirichlet(counts + source_weight * kinds[v.stands, v.kind], rng)
        # rows of kinds, from as many of these words as opened a table of the kind
        tables = np.zeros(v.elicited.shape)
        np.add.at(tables, (v.stands, v.kind), _opened(counts, source_weight * kinds[v.stands, v.kind], rng))
        kinds = _dirichlet(tables + kind_weight * v.elicited, rng)
        base = _dirichlet(np.bincount(truth, minlength=n_answers) + base_weight, rng)
        # truths
        log = np.tile(np.log(base), (v.n_incidents, 1))
        said = own[v.source[:, None], row, column] / alike
        np.add.at(log, v.incident, np.log(np.maximum(said, 1e-12)))
        chance = np.exp(log - log.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        truth = (rng.random((v.n_incidents, 1)) > np.cumsum(chance, axis=1)[:, :-1]).sum(axis=1)
        if sweep >= burn:
            total += chance
    return total / (sweeps - burn)


def _vote(says: Ints, n_answers: int, rng: np.random.Generator) -> int:
    named = says[says >= 0]
    return int(rng.choice(named)) if len(named) else int(rng.integers(n_answers))


def _dirichlet(weight: Floats, rng: np.random.Generator) -> Floats:
    drawn = rng.gamma(np.maximum(weight, 1e-6)) + 1e-300
    return np.asarray(drawn / drawn.sum(axis=-1, keepdims=True))


def _opened(counts: Floats, weight: Floats, rng: np.random.Generator) -> Floats:
    """How many tables n guests open where each new one is opened with chance weight / (weight + guests before)."""
    most = int(counts.max(initial=0))
    out = np.zeros(counts.shape)
    for before in range(most):
        there = counts > before
        out[there] += rng.random(int(there.sum())) < weight[there] / (weight[there] + before)
    return out
