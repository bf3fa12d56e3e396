"""Weights learned from the reports themselves, without labels.

In: levels of the candidate pairs, and controls: pairs that cannot be (decoys: partner times shifted by weeks) or rarely
are (one source's own pairs) one happening. Out: ``Weights``. Method: Fellegi-Sunter by EM on the histogram of patterns;
u is held near the controls, m is learned, each chain of levels keeps its order so that EM cannot flip, and each weight is
shrunk towards its default (methods/fusion.md, "Negative controls replace labels").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ceasefire.fuse.candidates import find_pairs
from ceasefire.fuse.encode import Encoded, Floats, Ints
from ceasefire.fuse.features import Levels, compare
from ceasefire.fuse.weights import (
    DECOY_DAYS,
    DECOY_WORTH,
    EXCLUSIVE_MOST,
    LEARN_CONTROLS,
    LEARN_PAIRS,
    LEARN_REPORTS,
    MAX_WEIGHT,
    SAME_SOURCE_START,
    SHRINK,
    TABLE,
    Weights,
    default_weights,
)

LEARNED = tuple(
    f for f in TABLE if f not in ("source", "url")
)  # the two others keep their defaults or the repeat rate
_SAMPLE = 15_000  # reports that look for decoys
_ROUNDS = 40
_EXCLUSIVE = [level.name for level in TABLE["act"]].index("exclusive")
_UNKNOWN = {f: [k for k, level in enumerate(TABLE[f]) if level.name == "unknown"] for f in TABLE}


@dataclass(frozen=True)
class Patterns:
    """The distinct rows of levels, one column a learned feature, and how many pairs show each."""

    columns: list[Ints]
    counts: Floats


def learn(data: Encoded, left: Ints, levels: Levels, seed: int) -> Weights:
    """Weights for these reports; the defaults when there is too little to learn from."""
    default = default_weights()
    count = len(levels["time"])
    if data.n < LEARN_REPORTS or count < LEARN_PAIRS:
        return default
    decoys, ratio = _decoys(data, count, seed)
    if decoys is None:
        return default
    ceiling = float(np.clip(1.0 - ratio, 0.02, 0.9))
    one_source = levels["source"] != 0
    across = _patterns({f: levels[f][~one_source] for f in LEARNED})
    within = _patterns({f: levels[f][one_source] for f in LEARNED}, _balance(data.source[left[one_source]]))
    # the null that explains the pairs of two sources better: mostly one source's own pairs, or decoys alone
    nulls = (DECOY_WORTH, 100.0 * max(within.counts.sum(), DECOY_WORTH))
    fits = [_em(across, within, _shares(decoys), ceiling, worth) for worth in nulls]
    _, share, own, values = max(fits, key=lambda fit: fit[0])
    penalty = float(np.clip(_logit(own) - _logit(share), -4.0, 0.0))
    page = default.values["source"][2] - default.values["source"][1]
    values["source"] = np.array([0.0, penalty, penalty + page])
    values["url"] = default.values["url"]
    return Weights(_logit(share), values, "learned")


def score(levels: Levels, weights: Weights) -> Floats:
    """Summed log-odds of each pair, prior included."""
    total = np.full(len(levels["time"]), weights.prior)
    for feature, value in levels.items():
        total += weights.values[feature][value]
    return total


def _decoys(data: Encoded, count: int, seed: int) -> tuple[Levels | None, float]:
    """Levels of decoy pairs, and how many there are per candidate pair (in a window of the same width)."""
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(data.n)[:_SAMPLE])
    share = len(chosen) / data.n
    parts: list[Levels] = []
    made = 0
    for days in DECOY_DAYS:
        for sign in (1, -1):
            shift = 24.0 * days * sign
            pairs = find_pairs(data, chosen, shift)
            made += len(pairs.left)
            parts.append(compare(data, pairs.left, pairs.right, shift))
    if made < LEARN_CONTROLS:
        return None, 0.0
    expected = made / (2 * len(DECOY_DAYS)) / share / 2
    return {f: np.concatenate([p[f] for p in parts]) for f in TABLE}, expected / max(count, 1)


def _shares(levels: Levels) -> dict[str, Floats]:
    """Share of each level among the pairs that say something, with half a count added to each."""
    shares = {}
    for feature in LEARNED:
        n = len(TABLE[feature])
        seen = np.bincount(levels[feature], minlength=n).astype(np.float64) + 0.5
        seen[_UNKNOWN[feature]] = 0.0
        shares[feature] = seen / seen.sum()
    return shares


def _balance(source: Ints) -> Floats:
    """Weights that let no prolific source (a register of the dead, a digest) stand for all: its pairs by their root."""
    pairs = np.bincount(source, minlength=1).astype(np.float64)
    worth = 1.0 / np.sqrt(pairs[source])
    return np.asarray(worth * len(worth) / max(float(worth.sum()), 1e-9))


def _patterns(levels: Levels, worth: Floats | None = None) -> Patterns:
    code = np.zeros(len(levels["time"]), dtype=np.int64)
    for feature in LEARNED:
        code = code * len(TABLE[feature]) + levels[feature]
    found, row = np.unique(code, return_inverse=True)
    counts = np.bincount(row, worth, minlength=len(found)).astype(np.float64)
    columns: list[Ints] = []
    for feature in reversed(LEARNED):
        columns.append(found % len(TABLE[feature]))
        found = found // len(TABLE[feature])
    return Patterns(columns[::-1], counts)


def _em(
    across: Patterns, within: Patterns, decoys: dict[str, Floats], ceiling: float, worth: float
) -> tuple[float, float, float, dict[str, Floats]]:
    """Log-likelihood, share of matches among pairs of two sources, among one source's own pairs, and the weights.

    m comes from pairs of two sources; u from one source's own pairs as far as they are not repeats, beside the decoys.
    """
    values = {f: np.array([level.weight for level in TABLE[f]]) for f in LEARNED}
    share, own = min(0.05, ceiling), SAME_SOURCE_START * min(0.05, ceiling)
    nulls: dict[str, Floats] = {}
    for _ in range(_ROUNDS):
        match = _posterior(across, share, values) * across.counts
        repeat = _posterior(within, own, values)
        share = float(np.clip(match.sum() / across.counts.sum(), 1e-4, ceiling))
        own = float(np.clip((repeat * within.counts).sum() / max(within.counts.sum(), 1.0), 1e-4, 0.98))
        apart = (1.0 - repeat) * within.counts
        for k, feature in enumerate(LEARNED):
            n = len(TABLE[feature])
            null = np.bincount(within.columns[k], apart, minlength=n) + worth * decoys[feature]
            null[_UNKNOWN[feature]] = 0.0
            seen = np.bincount(across.columns[k], match, minlength=n).astype(np.float64)
            nulls[feature] = null / null.sum()
            values[feature] = _weight(feature, seen, nulls[feature])
    return _likelihood(across, share, nulls, values), share, own, values


def _likelihood(
    patterns: Patterns, share: float, nulls: dict[str, Floats], values: dict[str, Floats]
) -> float:
    """Log-likelihood of the histogram under the mixture of matches and others."""
    apart, evidence = np.zeros(len(patterns.counts)), np.zeros(len(patterns.counts))
    for feature, column in zip(LEARNED, patterns.columns, strict=True):
        known = ~np.isin(column, _UNKNOWN[feature])
        apart += np.where(known, np.log(np.maximum(nulls[feature][column], 1e-9)), 0.0)
        evidence += values[feature][column]
    mixture = np.logaddexp(np.log(share) + evidence, np.log1p(-share))
    return float((patterns.counts * (apart + mixture)).sum())


def _posterior(patterns: Patterns, share: float, values: dict[str, Floats]) -> Floats:
    odds = np.full(len(patterns.counts), _logit(share))
    for feature, column in zip(LEARNED, patterns.columns, strict=True):
        odds += values[feature][column]
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -50, 50))))


def _weight(feature: str, matches: Floats, null: Floats) -> Floats:
    """ln(m/u) of each level, shrunk to the default and kept in order along its chain."""
    default = np.array([level.weight for level in TABLE[feature]])
    unknown = _UNKNOWN[feature]
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
        value[_EXCLUSIVE] = min(value[_EXCLUSIVE], EXCLUSIVE_MOST)
    for chain in sorted({level.chain for level in TABLE[feature]} - {""}):
        rows = [k for k, level in enumerate(TABLE[feature]) if level.chain == chain]
        value[rows] = _descending(value[rows], expected[rows] + 1.0)
    return np.asarray(value)


def _descending(values: Floats, mass: Floats) -> Floats:
    """The nearest falling sequence (pool adjacent violators)."""
    blocks: list[list[float]] = []
    for value, weight in zip(values, mass, strict=True):
        blocks.append([float(value), float(weight), 1.0])
        while len(blocks) > 1 and blocks[-2][0] < blocks[-1][0]:
            v2, w2, n2 = blocks.pop()
            v1, w1, n1 = blocks.pop()
            blocks.append([(v1 * w1 + v2 * w2) / (w1 + w2), w1 + w2, n1 + n2])
    return np.asarray(np.concatenate([np.full(int(n), v) for v, _, n in blocks]))


def _logit(share: float) -> float:
    return float(np.log(share / (1.0 - share)))
