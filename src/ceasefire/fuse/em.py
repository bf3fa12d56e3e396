"""Matches told from others without labels: expectation and maximisation on a histogram of patterns.

In: counts of the patterns that pairs of two sources and of one show, and the levels of decoys. Out: the share of matches, the
share of repeats, and a weight for each level: ln m/u, in order along its chain and shrunk to its default.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ceasefire.compiled import compiled
from ceasefire.fuse.encode import Floats, Ints
from ceasefire.fuse.weights import (
    DECOY_WORTH,
    EXCLUSIVE_MOST,
    MAX_WEIGHT,
    SAME_SOURCE_START,
    SHRINK,
    TABLE,
    WORDED,
)

LEARNED = tuple(
    f for f in TABLE if f not in ("source", "url")
)  # these keep their defaults, or the repeat rate
SIZES = tuple(len(TABLE[f]) for f in LEARNED)
ROUNDS = 100
NONE = 1e-4  # a share of matches this low means that nothing was learned
START = 0.1  # share of matches among candidate pairs before learning; from much less, EM can settle on there being none
EXCLUSIVE = [level.name for level in TABLE["act"]].index("exclusive")
_NO_PLACE = [level.name for level in TABLE["place"]].index("unknown")
ELSEWHERE = [level.name for level in TABLE["place"]].index("elsewhere")
# Levels that keep their weight: nothing said is no evidence, save where few say where; and learning leaves out what lies far off.
_FIXED = {
    f: [k for k, level in enumerate(TABLE[f]) if level.name == ("elsewhere" if f == "place" else "unknown")]
    for f in TABLE
}
OFF_TIME = frozenset({"three hours", "hours apart", "half a day apart", "next day", "days apart"})
WIDEST = max(len(levels) for levels in TABLE.values())
# Levels that are weighed among themselves: of texts that words can tell, and of those that only their meaning can. Else that two
# texts share no language would count for or against them.
_GROUPS = {f: (0, len(TABLE[f])) if f != "text" else (0, WORDED, len(TABLE[f])) for f in LEARNED}


def estimate(
    patterns: Ints, across: Floats, within: Floats, counted: Ints, ceiling: float
) -> tuple[float, float, dict[str, Floats]]:
    """Share of matches among pairs of two sources, among one source's own pairs, and the weights.

    m comes from pairs of two sources. u of the time gap comes from decoys and from one source's own pairs as far as they
    are not repeats; u of all else also from pairs of two sources at different times, as far as they are no matches: these
    share the offensive but not the happening, which decoys of other months cannot show.
    """
    columns = np.empty((len(patterns), len(LEARNED)), dtype=np.int8)
    code = patterns
    for k in range(len(LEARNED) - 1, -1, -1):
        columns[:, k] = code % SIZES[k]
        code = code // SIZES[k]
    off = np.array([level.name in OFF_TIME for level in TABLE["time"]])[columns[:, 0]]
    default = {f: np.array([level.weight for level in TABLE[f]]) for f in LEARNED}
    default["place"][_NO_PLACE] = 0.0  # what that is worth depends on how many say where
    values = np.zeros((len(LEARNED), WIDEST))
    for k, f in enumerate(LEARNED):
        values[k, : SIZES[k]] = default[f]
    share, own = min(START, ceiling), SAME_SOURCE_START * min(START, ceiling)
    learned = dict(default)
    for _ in range(ROUNDS):
        seen, null = np.zeros_like(values), np.zeros_like(values)
        total, repeats = _step(columns, across, within, off, values, logit(share), logit(own), seen, null)
        change = abs(total / max(across.sum(), 1.0) - share)
        share = float(np.clip(total / max(across.sum(), 1.0), NONE, ceiling))
        own = float(np.clip(repeats / max(within.sum(), 1.0), 1e-4, 0.98))
        for k, f in enumerate(LEARNED):
            decoys = counted[k, : SIZES[k]] + 0.5
            decoys[_FIXED[f]] = 0.0
            learned[f] = default[f].copy()
            for first, end in pairwise(_GROUPS[f]):
                u = null[k, first:end] + DECOY_WORTH * decoys[first:end] / decoys[first:end].sum()
                u[[m - first for m in _FIXED[f] if first <= m < end]] = 0.0
                learned[f][first:end] = _weight(
                    f, first, default[f][first:end], seen[k, first:end], u / u.sum()
                )
            values[k, : SIZES[k]] = learned[f]
        if change < 1e-5:
            break
    return share, own, learned


@compiled
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
        match = across[p] / (1.0 + np.exp(-min(max(prior + evidence, -50.0), 50.0)))
        repeat = within[p] / (1.0 + np.exp(-min(max(own + evidence, -50.0), 50.0)))
        total += match
        repeats += repeat
        apart = within[p] - repeat
        for k in range(columns.shape[1]):
            seen[k, columns[p, k]] += match
            null[k, columns[p, k]] += apart
            if off[p] and k > 0:
                null[k, columns[p, k]] += across[p] - match
    return total, repeats


def _weight(feature: str, first: int, default: Floats, matches: Floats, null: Floats) -> Floats:
    """ln(m/u) of each level from the first on, shrunk to the default and kept in order along its chain."""
    levels = TABLE[feature][first : first + len(default)]
    unknown = [k - first for k in _FIXED[feature] if first <= k < first + len(default)]
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
    for chain in sorted({level.chain for level in levels} - {""}):
        rows = [k for k, level in enumerate(levels) if level.chain == chain]
        value[rows] = descending(value[rows], expected[rows] + 1.0)
    return np.asarray(value)


def descending(values: Floats, mass: Floats) -> Floats:
    """The nearest falling sequence (pool adjacent violators)."""
    blocks: list[list[float]] = []
    for value, weight in zip(values, mass, strict=True):
        blocks.append([float(value), float(weight), 1.0])
        while len(blocks) > 1 and blocks[-2][0] < blocks[-1][0]:
            v2, w2, n2 = blocks.pop()
            v1, w1, n1 = blocks.pop()
            blocks.append([(v1 * w1 + v2 * w2) / (w1 + w2), w1 + w2, n1 + n2])
    return np.asarray(np.concatenate([np.full(int(n), v) for v, _, n in blocks]))


def logit(share: float) -> Any:
    """Log-odds of a share."""
    return float(np.log(share / (1.0 - share)))
