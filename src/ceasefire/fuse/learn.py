"""Weights learned from the reports themselves, without labels.

In: the candidate pairs of a sample of reports, and controls: pairs that cannot be (decoys: partner times shifted by weeks)
or rarely are (one source's own pairs) one happening, all as counts of patterns of levels. Out: a ``Lesson``. Method:
Fellegi-Sunter by EM on the histogram; u is held near the controls, m is learned, each chain of levels keeps its order so that
EM cannot flip, and each weight is shrunk towards its default (methods/fusion.md, "Negative controls replace labels"). Counts
are whole numbers, so the counts of parts of the reports add up to those of all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ceasefire.compiled import compiled
from ceasefire.fuse.candidates import Index, batches
from ceasefire.fuse.compare import BEND, BENT, Scale, levels, told
from ceasefire.fuse.em import (
    ELSEWHERE,
    EXCLUSIVE,
    LEARNED,
    NONE,
    OFF_TIME,
    ROUNDS,
    SIZES,
    WIDEST,
    descending,
    estimate,
    logit,
)
from ceasefire.fuse.encode import Encoded, Floats, Ints, act_kinds
from ceasefire.fuse.survey import Survey
from ceasefire.fuse.weights import (
    DECOY_DAYS,
    LEARN_CONTROLS,
    LEARN_PAIRS,
    LEARN_TIMES,
    SHRINK,
    TABLE,
    Weights,
    default_weights,
)

SAMPLE = 20_000  # reports whose pairs are counted
MOST_ACTS = 64  # acts that are told apart in the confusion of acts
_DEEPEST = 1024  # a posterior is counted in so many parts, so that sums are exact
_WORTH = 256  # a pair of one source's own counts in so many parts
POINTS = round(2 * BENT / BEND) + 1


@dataclass(frozen=True)
class Counts:
    """Counts of a sample's pairs; counts of parts add up.

    ``patterns``: distinct patterns, ascending; ``across``: pairs of two sources that show each; ``within``: those of one source,
    each worth less the more its source tells. ``decoys``: levels of decoys. ``decoy_acts``: pairs of acts among decoys. ``own``:
    pairs of each source's own reports.
    """

    patterns: Ints
    across: Ints
    within: Ints
    decoys: Ints
    decoy_acts: Counter[tuple[str, str]]
    own: Counter[str]

    def __add__(self, other: Counts) -> Counts:
        both = np.concatenate([self.patterns, other.patterns])
        patterns, at = np.unique(both, return_inverse=True)
        across, within = np.zeros_like(patterns), np.zeros_like(patterns)
        np.add.at(across, at, np.concatenate([self.across, other.across]))
        np.add.at(within, at, np.concatenate([self.within, other.within]))
        return Counts(
            patterns,
            across,
            within,
            self.decoys + other.decoys,
            self.decoy_acts + other.decoy_acts,
            self.own + other.own,
        )


@dataclass(frozen=True)
class Matched:
    """What the likely matches of a sample show, in parts of ``_DEEPEST``: pairs of acts, and each source's repeats."""

    acts: Counter[tuple[str, str]]
    repeats: Counter[str]

    def __add__(self, other: Matched) -> Matched:
        return Matched(self.acts + other.acts, self.repeats + other.repeats)


@dataclass(frozen=True)
class Lesson:
    """What was learned from reports, by name, so that it can be kept and used on others.

    ``values``: features x levels; ``prior``: log-odds; ``bend``: see ``compare.Scale``; ``acts``: what is added for two acts;
    ``repeats``: each source's weight against telling one happening twice, ``penalty`` for a source not met before.
    """

    survey: Survey
    weights: Weights
    prior: float
    values: Floats
    bend: Floats
    acts: dict[tuple[str, str], float]
    repeats: dict[str, float]
    penalty: float

    def scale(self, data: Encoded) -> Scale:
        """The lesson as the kernels read it for these reports."""
        known = data.acts[:MOST_ACTS]
        acts = np.zeros((len(known) + 1, len(known) + 1))
        for a, one in enumerate(known):
            for b, two in enumerate(known):
                acts[a, b] = self.acts.get((one, two), 0.0)
        repeats = np.array([self.repeats.get(source, self.penalty) for source in data.sources] or [0.0])
        return Scale(self.values, self.prior, acts, repeats, self.bend)


def study(data: Encoded, found: Index, seed: int) -> Lesson:
    """What these reports teach; the defaults when there is too little to learn from."""
    rows = sample(data, seed, data.survey.total)
    pairs = np.concatenate(
        [np.zeros((0, 2), np.int32), *(part.copy() for part in batches(data, found, rows))]
    )
    return teach(
        data.survey,
        count(data, found, rows, pairs),
        lambda so_far: match(data, pairs, so_far.scale(data), so_far.weights.own),
        lambda so_far: sums(data, pairs, so_far.scale(data)),
    )


def teach(
    known: Survey, counted: Counts, matched: Callable[[Lesson], Matched], summed: Callable[[Lesson], Ints]
) -> Lesson:
    """The lesson of what a sample shows. ``matched`` and ``summed`` look at its pairs again, under the lesson so far."""
    weights = learn(counted)
    lesson = first_lesson(known, weights)
    if weights.origin == "defaults":
        return lesson
    lesson = refine(lesson, counted, matched(lesson))
    return bend(summed(lesson), lesson)


def sample(data: Encoded, seed: int, total: int) -> Ints:
    """Rows whose pairs are counted: about ``SAMPLE`` of ``total``, chosen by report and seed alone."""
    share = min(1.0, SAMPLE / max(total, 1))
    mixed = (data.deck.rows["mark"] ^ np.uint32(seed % 2**32)) * np.uint32(0x9E3779B1)
    return np.flatnonzero((mixed ^ (mixed >> np.uint32(15))).astype(np.float64) < share * 2**32)


def count(data: Encoded, found: Index, rows: Ints, pairs: Any) -> Counts:
    """Count the ``pairs`` of ``rows``, and decoys."""
    acts = min(len(data.acts), MOST_ACTS)
    decoys = np.zeros((len(LEARNED), WIDEST), dtype=np.int64)
    decoy_acts = np.zeros((acts, acts), dtype=np.int64)
    own = np.zeros(len(data.sources), dtype=np.int64)
    told = np.array([data.survey.told[source] for source in data.sources], dtype=np.int64)
    # no prolific source (a register of the dead, a digest) stands for all: its pairs count by the root of its reports
    worth = np.maximum(1, np.round(_WORTH / np.sqrt(np.maximum(told, 1)))).astype(np.int64)
    sizes = np.array(SIZES, dtype=np.int64)
    codes, worths = np.empty(len(pairs), dtype=np.int64), np.empty(len(pairs), dtype=np.int64)
    _patterns_of(data.deck, pairs, sizes, worth, codes, worths, own)
    for days in DECOY_DAYS:
        for shift in (days * 1440, -days * 1440):
            for moved in batches(data, found, rows, shift):
                _count_decoys(data.deck, moved, shift, decoys, decoy_acts)
    shown = _tallied(codes[codes >= 0], worths[codes >= 0])
    return Counts(*shown, decoys, _by_acts(data, decoy_acts), _by_source(data, own))


def _by_acts(data: Encoded, counts: Ints) -> Counter[tuple[str, str]]:
    """Counts of two acts, in either order, by name."""
    named: Counter[tuple[str, str]] = Counter()
    for a, b in zip(*np.nonzero(counts), strict=True):
        one, two = sorted((data.acts[a], data.acts[b]))
        named[one, two] += int(counts[a, b])
    return named


def _by_source(data: Encoded, counts: Ints) -> Counter[str]:
    return Counter({data.sources[k]: int(counts[k]) for k in np.flatnonzero(counts)})


def _tallied(codes: Ints, worths: Ints) -> tuple[Ints, Ints, Ints]:
    """Distinct patterns with the pairs of two sources, and the worth of those of one, that show each."""
    order = np.argsort(codes, kind="stable")
    codes, worths = codes[order], worths[order]
    edge = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]])) if len(codes) else order
    if not len(codes):
        return codes, codes, codes
    return codes[edge], np.add.reduceat((worths == 0).astype(np.int64), edge), np.add.reduceat(worths, edge)


def learn(made: Counts) -> Weights:
    """Weights for what was counted; the defaults when there is too little to learn from."""
    default = default_weights()
    pairs = int(made.across.sum())
    decoys = made.decoys[0].sum() / (2 * len(DECOY_DAYS))
    if pairs < LEARN_PAIRS or made.decoys[0].sum() < LEARN_CONTROLS:
        return default
    ceiling = float(np.clip(1.0 - decoys / pairs, 0.02, 0.9))
    share, own, values = estimate(
        made.patterns, made.across.astype(np.float64), made.within / _WORTH, made.decoys, ceiling
    )
    if share <= NONE:
        return default
    penalty = float(np.clip(logit(own) - logit(share), -4.0, 0.0))
    page = default.values["source"][2] - default.values["source"][1]
    values["source"] = np.array([0.0, penalty, penalty + page])
    values["url"] = default.values["url"]
    return Weights(logit(share), values, "learned", own=logit(own))


def first_lesson(survey: Survey, weights: Weights) -> Lesson:
    """A lesson before the confusion of acts, each source's repeats and the overlap of evidence are known."""
    values = np.zeros((len(TABLE), WIDEST))
    for k, feature in enumerate(TABLE):
        values[k, : len(TABLE[feature])] = weights.values[feature]
    penalty = float(values[-1, 1])
    values[-1, :3] -= [0.0, penalty, penalty]  # each source's own weight takes its place
    return Lesson(survey, weights, weights.prior, values, np.zeros(POINTS), {}, {}, penalty)


def match(data: Encoded, pairs: Any, scale: Scale, own: float) -> Matched:
    """What likely matches show, under the weights so far. ``own``: log-odds that a source's own pair is a repeat."""
    acts = min(len(data.acts), MOST_ACTS)
    shown = np.zeros((acts, acts), dtype=np.int64)
    repeats = np.zeros(len(data.sources), dtype=np.int64)
    _count_matches(data.deck, pairs, scale, own, shown, repeats)
    return Matched(_by_acts(data, shown), _by_source(data, repeats))


def refine(lesson: Lesson, made: Counts, matched: Matched) -> Lesson:
    """The lesson with the confusion of acts and each source's repeats, both shrunk to what holds for all."""
    acts: dict[tuple[str, str], float] = {}
    seen, null = matched.acts.total() / _DEEPEST, made.decoy_acts.total()
    names = sorted({name for two in made.decoy_acts for name in two})
    levels_ = _act_levels(names)
    for (one, two), decoys in sorted(made.decoy_acts.items()):
        level = int(levels_[names.index(one), names.index(two)])
        expected = np.exp(lesson.weights.values["act"][level]) * decoys / null * seen
        change = np.log((matched.acts[one, two] / _DEEPEST + SHRINK / 3) / (expected + SHRINK / 3))
        change = float(np.round(np.clip(change, -2.0, 0.0 if level == EXCLUSIVE else 2.0), 6))
        acts[one, two] = acts[two, one] = change
    share = 1.0 / (1.0 + np.exp(-lesson.weights.own))
    repeats = {}
    for source, own in sorted(made.own.items()):
        repeat = (matched.repeats[source] / _DEEPEST + 20.0 * share) / (own + 20.0)
        odds = logit(min(max(repeat, 1e-4), 0.99)) - lesson.prior
        repeats[source] = float(np.round(np.clip(odds, -4.0, 1.0), 6))
    return replace(lesson, acts=acts, repeats=repeats)


def sums(data: Encoded, pairs: Any, scale: Scale) -> Ints:
    """How many pairs of two sources show each level of time (rows) with each sum of other evidence (columns)."""
    made = np.zeros((SIZES[0], POINTS), dtype=np.int64)
    _count_sums(data.deck, pairs, scale, made)
    return made


def bend(made: Ints, lesson: Lesson) -> Lesson:
    """The lesson with sums bent to what they are worth together.

    Levels are not independent: in an offensive, place, act and actor agree for many pairs that are not one happening. Their sum
    is therefore weighed anew as one feature beside the time, with u from pairs at different times; far out, where there
    is little to learn from, it stays as it is. Each level of time gets the share of matches that its own sums show, since
    happenings of an offensive also crowd in time, more than decoys do.
    """
    off = np.array([level.name in OFF_TIME for level in TABLE["time"]])
    point = BENT * -1 + BEND * np.arange(POINTS)
    gain = np.zeros(POINTS)
    counted = made.astype(np.float64)
    first = _share_of(lesson.prior + lesson.values[0, : SIZES[0]])
    share = first
    for _ in range(ROUNDS):
        odds = (np.log(share) - np.log1p(-share))[:, None] + (point + gain)[None, :]
        match = counted / (1.0 + np.exp(-np.clip(odds, -50, 50)))
        share = (match.sum(axis=1) + LEARN_TIMES * first) / (counted.sum(axis=1) + LEARN_TIMES)
        seen, null = match.sum(axis=0), (counted - match)[off].sum(axis=0)
        u = (null + 0.5) / (null.sum() + 0.5 * POINTS)
        m = (seen + 0.5) / (seen.sum() + 0.5 * POINTS)
        expected = np.minimum(seen, seen.sum() * u) + np.sqrt(seen * seen.sum() * u)
        trust = expected / (expected + SHRINK / 2)
        worth = trust * np.log(m / u) + (1 - trust) * (point + gain)
        worth = -descending(-worth, expected + 1e-3)
        gain = worth - point
    prior = logit(float(np.clip(match.sum() / counted.sum(), NONE, 0.9)))
    values = lesson.values.copy()
    values[0, : SIZES[0]] = np.round(np.log(share) - np.log1p(-share) - prior, 6)
    in_force = {**lesson.weights.values, "time": values[0, : SIZES[0]]}
    weights = replace(lesson.weights, prior=round(prior, 6), values=in_force)
    return replace(lesson, weights=weights, prior=round(prior, 6), values=values, bend=np.round(gain, 6))


@compiled
def _pattern(found: Any, sizes: Any) -> Any:
    code = 0
    for k in range(len(sizes)):
        code = code * sizes[k] + found[k]
    return code


@compiled
def _patterns_of(deck: Any, pairs: Any, sizes: Any, worth: Any, codes: Any, worths: Any, own: Any) -> None:
    """The pattern of each pair (-1 = not to be learned from), and what a pair of one source is worth (0 = two sources)."""
    for k in range(len(pairs)):
        i, j = pairs[k, 0], pairs[k, 1]
        found = levels(deck, i, j, 0)
        codes[k] = -1 if found[1] == ELSEWHERE else _pattern(found, sizes)
        worths[k] = 0
        if found[9] > 0:
            worths[k] = worth[deck.rows[i].source]
            own[deck.rows[i].source] += 1


@compiled
def _count_sums(deck: Any, pairs: Any, scale: Any, made: Any) -> None:
    for k in range(len(pairs)):
        i, j = pairs[k, 0], pairs[k, 1]
        found = levels(deck, i, j, 0)
        if found[1] == ELSEWHERE or found[9] > 0:
            continue
        total = told(scale, deck.rows[i], deck.rows[j], found)
        at = np.int64(np.floor((total + BENT) / BEND + 0.5))
        made[found[0], min(max(at, 0), made.shape[1] - 1)] += 1


@compiled
def _count_decoys(deck: Any, pairs: Any, shift: int, decoys: Any, acts: Any) -> None:
    for k in range(len(pairs)):
        i, j = pairs[k, 0], pairs[k, 1]
        found = levels(deck, i, j, shift)
        if found[9] > 0:
            continue
        for feature in range(len(decoys)):
            decoys[feature, found[feature]] += 1
        a, b = deck.rows[i].act, deck.rows[j].act
        if 0 <= a < len(acts) and 0 <= b < len(acts):
            acts[a, b] += 1


@compiled
def _count_matches(deck: Any, pairs: Any, scale: Any, own: float, acts: Any, repeats: Any) -> None:
    for k in range(len(pairs)):
        i, j = pairs[k, 0], pairs[k, 1]
        found = levels(deck, i, j, 0)
        if found[1] == ELSEWHERE:
            continue
        odds = scale.prior if found[9] == 0 else own
        for feature in range(9):
            odds += scale.values[feature, found[feature]]
        part = np.int64(np.floor(_DEEPEST / (1.0 + np.exp(-odds)) + 0.5))
        if found[9] > 0:
            repeats[deck.rows[i].source] += part
            continue
        a, b = deck.rows[i].act, deck.rows[j].act
        if 0 <= a < len(acts) and 0 <= b < len(acts):
            acts[a, b] += part


def _act_levels(acts: list[str]) -> Ints:
    """Level of each pair of acts, as ``compare.act_level`` tells it; of equal ones, the middle level."""
    kind, sort = act_kinds(acts)
    a, b = np.meshgrid(np.arange(len(acts)), np.arange(len(acts)), indexing="ij")
    one, two = sort[a], sort[b]
    alike = (kind[a] >= 0) & (kind[a] == kind[b])
    return np.select(
        [
            a == b,
            (one == 3) | (two == 3),
            (one == 0) != (two == 0),
            (one + two > 2) & (one > 0) & (two > 0),
            alike,
        ],
        [1, 5, 6, 3, 4],
        default=5,
    )


def _share_of(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))
