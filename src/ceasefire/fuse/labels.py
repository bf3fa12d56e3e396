"""Pairs whose truth is known, used to refine and calibrate what was learned without them.

In: a lesson, reports, and decisions that teach (same, different) but bind nothing. Out: the lesson with its levels and its prior
moved. Method: logistic regression on the levels of the labelled pairs, around the weights as they stand, with a normal prior on
each move (ridge), so that a few labels move little; each chain of levels keeps its order. The table stays one table.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ceasefire.compiled import compiled
from ceasefire.fuse.compare import BEND, SHARED_WINDOW, bent, gap_minutes, told
from ceasefire.fuse.em import WIDEST, descending
from ceasefire.fuse.encode import Encoded, Floats
from ceasefire.fuse.learn import Lesson
from ceasefire.fuse.tallies import shown_by
from ceasefire.fuse.weights import TABLE
from ceasefire.problems import Problem

LEVEL_MOVES, PRIOR_MOVES = 0.5, 1.0  # standard deviation, in nats, of what labels are expected to change
FEWEST = 20  # labelled pairs below which nothing is refined
_FEATURES = [
    feature for feature in TABLE if feature != "source"
]  # a source's repeats are learned by themselves


def refined(lesson: Lesson, data: Encoded, pairs: Any, same: Any) -> tuple[Lesson, list[Problem]]:
    """The lesson refined by labelled pairs (grid rows); as it is, with a problem, where too few can be compared.

    Pairs more than a week apart teach nothing, since they are never compared.
    """
    rows = data.deck.rows
    near = _near(rows, pairs)
    pairs, same = pairs[near], same[near]
    if len(pairs) < FEWEST or same.all() or not same.any():
        found = f"{int(same.sum())} same and {int((~same).sum())} different, of pairs at most a week apart"
        return lesson, [
            Problem(
                "note",
                "fuse",
                "labels_too_few",
                f"{FEWEST} labelled pairs or more, of both kinds",
                found,
                "weights are as learned without labels; label more pairs that may be one",
            )
        ]
    shown = shown_by(data, pairs)
    odds, slope = np.empty(len(pairs)), np.empty(len(pairs))
    _weighed(data.deck, lesson.scale(data), pairs, shown, odds, slope)
    columns = np.zeros((len(pairs), 1 + len(_FEATURES) * WIDEST))
    columns[:, 0] = 1.0
    for k in range(len(_FEATURES)):
        worth = 1.0 if k == 0 else slope  # the time is not bent with the rest
        columns[np.arange(len(pairs)), 1 + k * WIDEST + shown[:, k].astype(np.int64)] = worth
    used = np.flatnonzero(columns.any(axis=0))
    spread = np.where(used == 0, PRIOR_MOVES, LEVEL_MOVES)
    moved = np.zeros(columns.shape[1])
    moved[used] = _moves(columns[:, used], odds, same.astype(np.float64), spread)
    values = lesson.values.copy()
    values[: len(_FEATURES)] += moved[1:].reshape(len(_FEATURES), WIDEST)
    _in_order(values)
    prior = round(lesson.prior + float(moved[0]), 6)
    weights = dict(lesson.weights.values)
    for k, feature in enumerate(_FEATURES):
        weights[feature] = np.round(values[k, : len(TABLE[feature])], 6)
    told_by = replace(lesson.weights, prior=prior, values=weights, origin=f"{lesson.weights.origin}, labels")
    return replace(lesson, prior=prior, values=np.round(values, 6), weights=told_by), []


def _moves(columns: Floats, odds: Floats, same: Floats, spread: Floats) -> Floats:
    """What is added to each column's weight: the mode, by Newton's method; the log-posterior is concave."""
    moves = np.zeros(columns.shape[1])
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-np.clip(odds + columns @ moves, -50.0, 50.0)))
        slope = columns.T @ (same - chance) - moves / spread**2
        curve = (columns * (chance * (1.0 - chance))[:, None]).T @ columns + np.diag(1.0 / spread**2)
        step = np.linalg.solve(curve, slope)
        moves += step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            break
    return moves


def _in_order(values: Floats) -> None:
    """Each chain of levels falling again."""
    for k, feature in enumerate(_FEATURES):
        for chain in sorted({level.chain for level in TABLE[feature]} - {""}):
            rows = [n for n, level in enumerate(TABLE[feature]) if level.chain == chain]
            values[k, rows] = descending(values[k, rows], np.ones(len(rows)))


def _near(rows: Any, pairs: Any) -> Any:
    return np.array([gap_minutes(rows[i], rows[j], 0) <= SHARED_WINDOW for i, j in pairs], dtype=np.bool_)


@compiled
def _weighed(deck: Any, scale: Any, pairs: Any, shown: Any, odds: Any, slope: Any) -> None:
    """The weight of each pair, without floor or gate, and how fast it grows with its evidence."""
    for k in range(len(pairs)):
        one, two = deck.rows[pairs[k, 0]], deck.rows[pairs[k, 1]]
        evidence = told(scale, one, two, shown[k])
        odds[k] = scale.prior + scale.values[0, shown[k, 0]] + bent(scale.bend, evidence)
        if shown[k, 9] > 0:
            odds[k] += scale.repeats[one.source]
            if shown[k, 9] == 2:
                odds[k] += scale.values[9, 2]
        slope[k] = (bent(scale.bend, evidence + BEND / 2) - bent(scale.bend, evidence - BEND / 2)) / BEND
