"""Matches told from others without labels: expectation and maximisation on a histogram of patterns.

In: counts of the patterns that pairs of two sources and of one show, and the levels of decoys. Out: the share of matches, the
share of repeats, and a weight for each level: ln m/u, in order along its chain and shrunk to its default.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import lean
from ceasefire.fuse.encode import Flags, Floats, Ints
from ceasefire.fuse.weights import (
    DECOY_WORTH,
    EXCLUSIVE_MOST,
    MAX_WEIGHT,
    SAME_SOURCE_START,
    SHRINK,
    SOUNDED,
    TABLE,
)

LEARNED = tuple(
    f for f in TABLE if f not in ("source", "url")
)  # these keep their defaults, or the repeat rate
SIZES = tuple(len(TABLE[f]) for f in LEARNED)
ROUNDS = 100
NONE = 1e-4  # a share of matches this low means that nothing was learned
STARTS = (0.02, 0.1, 0.25)  # shares of matches among candidate pairs from which learning starts
BRIEF = 6  # rounds from each start before the best is chosen
STILL = 2e-4  # the share of matches stands still when it moves less than this
EXCLUSIVE = [level.name for level in TABLE["act"]].index("exclusive")
_NO_PLACE = [level.name for level in TABLE["place"]].index("unknown")
ELSEWHERE = [level.name for level in TABLE["place"]].index("elsewhere")
# Levels that keep their weight: nothing said is no evidence, save where few say where; and learning leaves out what lies far off.
_FIXED = {
    f: [k for k, level in enumerate(TABLE[f]) if level.name == ("elsewhere" if f == "place" else "unknown")]
    for f in TABLE
}
OFF_TIME = frozenset({"three hours", "hours apart", "half a day apart", "next day", "days apart"})
_SLOPES, _SHARES = (0.4, 0.55, 0.7, 0.85, 1.0), np.arange(0.02, 0.9, 0.04)
_SPAN = (-20, 12)  # nats, within which evidence is told apart when starts are compared
WIDEST = max(len(levels) for levels in TABLE.values())
# Levels that are weighed among themselves: of texts in one language, and in two. Else that two texts share no language would count
# for or against them. Names that sound alike and the meaning, asked where none do, are one group: apart, the former would have
# nothing to stand out from.
_GROUPS = {f: (0, len(TABLE[f])) if f != "text" else (0, SOUNDED, len(TABLE[f])) for f in LEARNED}


@dataclass
class _State:
    """Where learning stands: the share of matches, that of repeats among one source's own pairs, and the weights."""

    share: float
    own: float
    values: Floats


@dataclass(frozen=True)
class _Task:
    """What is learned from; see ``estimate``. ``columns``: patterns x features; ``off``: patterns of pairs at different times."""

    columns: NDArray[np.int8]
    across: Floats
    within: Floats
    off: Flags
    default: Floats
    decoys: Floats
    ceiling: float


def estimate(
    patterns: Ints, across: Floats, within: Floats, counted: Ints, ceiling: float
) -> tuple[float, float, dict[str, Floats]]:
    """Share of matches among pairs of two sources, among one source's own pairs, and the weights.

    m comes from pairs of two sources. u of the time gap comes from decoys and from one source's own pairs as far as they
    are not repeats; u of all else also from pairs of two sources at different times, as far as they are no matches: these
    share the offensive but not the happening, which decoys of other months cannot show. Where few pairs match, what EM finds
    depends on the share it starts from; of several starts the one that explains pairs at the same time best is followed.
    """
    columns = np.empty((len(patterns), len(LEARNED)), dtype=np.int8)
    code = patterns
    for k in range(len(LEARNED) - 1, -1, -1):
        columns[:, k] = code % SIZES[k]
        code = code // SIZES[k]
    default = np.zeros((len(LEARNED), WIDEST))
    decoys = np.zeros((len(LEARNED), WIDEST))
    for k, f in enumerate(LEARNED):
        default[k, : SIZES[k]] = [level.weight for level in TABLE[f]]
        decoys[k, : SIZES[k]] = counted[k, : SIZES[k]] + 0.5
        decoys[k, _FIXED[f]] = 0.0
        for first, end in pairwise(_GROUPS[f]):
            decoys[k, first:end] *= DECOY_WORTH / decoys[k, first:end].sum()
    default[1, _NO_PLACE] = 0.0  # what that is worth depends on how many say where
    off = np.array([level.name in OFF_TIME for level in TABLE["time"]])[columns[:, 0]]
    task = _Task(columns, across, within, off, default, decoys, ceiling)
    states = []
    for start in STARTS:
        state = _State(min(start, ceiling), SAME_SOURCE_START * min(start, ceiling), default.copy())
        _rounds(task, state, BRIEF)
        states.append(state)
    best = max(states, key=lambda state: _explained(task, state.values))
    _rounds(task, best, ROUNDS)
    return best.share, best.own, {f: best.values[k, : SIZES[k]] for k, f in enumerate(LEARNED)}


def _rounds(task: _Task, state: _State, most: int) -> None:
    """Rounds of expectation and maximisation, until the share of matches stands still."""
    pairs, own_pairs = max(task.across.sum(), 1.0), max(task.within.sum(), 1.0)
    for _ in range(most):
        seen, null = np.zeros_like(task.default), np.zeros_like(task.default)
        total, repeats = _step(
            task.columns,
            task.across,
            task.within,
            task.off,
            state.values,
            logit(state.share),
            logit(state.own),
            seen,
            null,
        )
        change = abs(total / pairs - state.share)
        state.share = float(np.clip(total / pairs, NONE, task.ceiling))
        state.own = float(np.clip(repeats / own_pairs, 1e-4, 0.98))
        for k, f in enumerate(LEARNED):
            for first, end in pairwise(_GROUPS[f]):
                u = null[k, first:end] + task.decoys[k, first:end]
                u[[m - first for m in _FIXED[f] if first <= m < end]] = 0.0
                state.values[k, first:end] = _weight(
                    f, first, task.default[k, first:end], seen[k, first:end], u / u.sum()
                )
        if change < STILL:
            break


def _explained(task: _Task, values: Floats) -> float:
    """How well the weights explain pairs at the same time as a mixture of matches and of pairs like those at other times.

    A log-likelihood, relative to there being no matches, at the share of matches that suits best. All features but the time
    are looked at together, so that features that go together among strangers are not taken for evidence.
    """
    worth = np.zeros(len(task.columns))
    for k in range(1, len(LEARNED)):
        worth += values[k][task.columns[:, k]]
    point = np.arange(8 * (_SPAN[1] - _SPAN[0]) + 1) / 8.0 + _SPAN[0]  # eighths of a nat
    at = np.round(np.clip(worth, *_SPAN) * 8.0).astype(np.int64) - 8 * _SPAN[0]
    null, shown = (np.bincount(at, task.across * chosen, len(point)) for chosen in (task.off, ~task.off))
    most = -np.inf
    for slope in _SLOPES:  # evidence overlaps, and is bent later
        ratio = np.exp(slope * point)
        ratio /= max((null @ ratio) / max(null.sum(), 1.0), 1e-12)
        most = max(most, *(float(shown @ np.log1p(share * (ratio - 1.0))) for share in _SHARES))
    return most


@lean
def _step(
    columns: Any,
    across: Any,
    within: Any,
    off: Any,
    values: Any,
    prior: float,
    own: float,
    seen: Any,
    null: Any,
) -> Any:
    """One round: how many matches of two sources and repeats of one, and the levels that matches and others show."""
    total, repeats = 0.0, 0.0
    for p in range(len(columns)):
        evidence = 0.0
        for k in range(columns.shape[1]):
            evidence += values[k, columns[p, k]]
        match, apart = 0.0, 0.0
        if across[p] > 0:
            match = across[p] / (1.0 + np.exp(-min(max(prior + evidence, -50.0), 50.0)))
        if within[p] > 0:
            repeat = within[p] / (1.0 + np.exp(-min(max(own + evidence, -50.0), 50.0)))
            repeats += repeat
            apart = within[p] - repeat
            null[0, columns[p, 0]] += apart
        total += match
        if off[p]:
            apart += across[p] - match
        seen[0, columns[p, 0]] += match
        if apart > 0.0:
            for k in range(1, columns.shape[1]):
                seen[k, columns[p, k]] += match
                null[k, columns[p, k]] += apart
        elif match > 0.0:
            for k in range(1, columns.shape[1]):
                seen[k, columns[p, k]] += match
    return total, repeats


def _weight(feature: str, first: int, default: Floats, matches: Floats, null: Floats) -> Floats:
    """ln(m/u) of each level from the first on, shrunk to the default and kept in order along its chain."""
    unknown, chains = _runs(feature, first, first + len(default))
    seen = matches.copy()
    seen[unknown] = 0.0
    m = (seen + 0.5) / (seen.sum() + 0.5 * len(seen))
    raw = np.log(m / np.maximum(null, 1e-9))
    expected = np.minimum(seen, seen.sum() * null) + np.sqrt(seen * seen.sum() * null)
    trust = expected / (expected + SHRINK)
    value = np.clip(trust * raw + (1 - trust) * default, -MAX_WEIGHT, MAX_WEIGHT)
    # clear agreement never counts against, nor clear disagreement for
    value = np.where(default >= 0.5, np.maximum(value, 0.0), value)
    value = np.where(default <= -0.5, np.minimum(value, 0.0), value)
    value[unknown] = default[unknown]
    if feature == "act":
        value[EXCLUSIVE] = min(value[EXCLUSIVE], EXCLUSIVE_MOST)
    for rows in chains:
        value[rows] = descending(value[rows], expected[rows] + 1.0)
    return np.asarray(value)


@cache
def _runs(feature: str, first: int, end: int) -> tuple[list[int], list[list[int]]]:
    """Of levels ``first`` to ``end``: those that are never learned, and those of each chain, counted from the first."""
    levels = TABLE[feature][first:end]
    unknown = [k - first for k in _FIXED[feature] if first <= k < end]
    names = sorted({level.chain for level in levels} - {""})
    return unknown, [[k for k, level in enumerate(levels) if level.chain == name] for name in names]


def descending(values: Floats, mass: Floats) -> Floats:
    """The nearest falling sequence (pool adjacent violators)."""
    out = np.empty(len(values))
    _pool(
        np.asarray(values, dtype=np.float64),
        np.asarray(mass, dtype=np.float64),
        np.empty((3, len(values))),
        out,
    )
    return out


@lean
def _pool(values: Any, mass: Any, blocks: Any, out: Any) -> None:
    """``blocks``: room for the mean, the mass and the length of each block."""
    last = -1
    for k in range(len(values)):
        last += 1
        blocks[0, last], blocks[1, last], blocks[2, last] = values[k], mass[k], 1.0
        while last > 0 and blocks[0, last - 1] < blocks[0, last]:
            one, two = blocks[1, last - 1], blocks[1, last]
            blocks[0, last - 1] = (blocks[0, last - 1] * one + blocks[0, last] * two) / (one + two)
            blocks[1, last - 1] = one + two
            blocks[2, last - 1] += blocks[2, last]
            last -= 1
    at = 0
    for block in range(last + 1):
        for _ in range(np.int64(blocks[2, block])):
            out[at] = blocks[0, block]
            at += 1


def logit(share: float) -> Any:
    """Log-odds of a share."""
    return float(np.log(share / (1.0 - share)))
