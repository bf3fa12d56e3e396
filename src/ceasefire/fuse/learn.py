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
from scipy.optimize import brentq

from ceasefire.compiled import compiled
from ceasefire.fuse.candidates import Index, batches
from ceasefire.fuse.compare import BEND, BENT, Scale, told
from ceasefire.fuse.em import (
    ELSEWHERE,
    EXCLUSIVE,
    NONE,
    OFF_TIME,
    ROUNDS,
    SIZES,
    WIDEST,
    descending,
    estimate,
    logit,
)
from ceasefire.fuse.encode import Encoded, Flags, Floats, Habit, Ints, act_kinds
from ceasefire.fuse.habits import DEEPEST, Offsets, habits, offsets
from ceasefire.fuse.survey import Survey
from ceasefire.fuse.tallies import MOST_ACTS, Counts, Shown, by_acts, count, levels_by, shown_by
from ceasefire.fuse.weights import (
    LEARN_CONTROLS,
    LEARN_PAIRS,
    LEARN_TIMES,
    SHRINK,
    TABLE,
    Weights,
    default_weights,
)

SAMPLE = 20_000  # reports whose pairs are counted
_TRIED = 20.0  # pairs at other times that even odds on a source's own pairs as a control are worth
POINTS = round(2 * BENT / BEND) + 1


@dataclass(frozen=True)
class Matched:
    """What the likely matches of a sample show, in parts of ``DEEPEST``: pairs of acts, each source's repeats, how it is off."""

    acts: Counter[tuple[str, str]]
    repeats: Counter[str]
    offsets: Offsets

    def __add__(self, other: Matched) -> Matched:
        return Matched(self.acts + other.acts, self.repeats + other.repeats, self.offsets + other.offsets)


@dataclass(frozen=True)
class Lesson:
    """What was learned from reports, by name, so that it can be kept and used on others.

    ``values``: features x levels; ``prior``: log-odds; ``bend``: see ``compare.Scale``; ``acts``: what is added for two acts;
    ``repeats``: each source's weight against telling one happening twice, ``penalty`` for a source not met before.
    ``habits``: how the times and radii of a source are put right before its reports are compared.
    """

    survey: Survey
    weights: Weights
    prior: float
    values: Floats
    bend: Floats
    acts: dict[tuple[str, str], float]
    repeats: dict[str, float]
    penalty: float
    habits: dict[str, Habit]

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
    pairs = sampled_pairs(data, found, rows)
    shown = shown_by(data, pairs)
    return teach(
        data.survey,
        count(data, found, rows, pairs, shown),
        lambda so_far: match(data, pairs, shown, so_far.scale(data), so_far.weights.own),
        lambda so_far: sums(data, pairs, shown, so_far.scale(data)),
    )


def sampled_pairs(data: Encoded, found: Index, rows: Ints) -> Any:
    """All candidate pairs of these rows."""
    return np.concatenate([np.zeros((0, 2), np.int32), *(part.copy() for part in batches(data, found, rows))])


def teach(
    known: Survey, counted: Counts, matched: Callable[[Lesson], Matched], summed: Callable[[Lesson], Ints]
) -> Lesson:
    """The lesson of what a sample shows. ``matched`` and ``summed`` look at its pairs again, under the lesson so far."""
    weights = learn(counted, known.told)
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


def learn(made: Counts, reports: Counter[str]) -> Weights:
    """Weights for what was counted; the defaults when there is too little to learn from. ``reports``: how many each source made."""
    default = default_weights()
    pairs, decoys = int(made.across.sum()), int(made.decoys[0].sum())
    if pairs < LEARN_PAIRS or decoys < LEARN_CONTROLS:
        return default
    ceiling = float(np.clip(1.0 - decoys / pairs, 0.02, 0.9))
    trust = own_as_control(made)
    # no prolific source (a register of the dead, a digest) stands for all: its pairs count by the root of its reports
    worth = {source: trust[source] / np.sqrt(max(reports[source], 1)) for source in made.own}
    patterns = np.unique(np.concatenate([made.patterns, *(shown for shown, _ in made.own.values())]))
    across, within = np.zeros(len(patterns)), np.zeros(len(patterns))
    across[np.searchsorted(patterns, made.patterns)] = made.across
    for source, (shown, pairs_) in sorted(made.own.items()):
        within[np.searchsorted(patterns, shown)] += worth[source] * pairs_
    share, own, values = estimate(patterns, across, within, made.decoys, ceiling)
    if share <= NONE:
        return default
    penalty = float(np.clip(logit(own) - logit(share), -4.0, 0.0))
    page = default.values["source"][2] - default.values["source"][1]
    values["source"] = np.array([0.0, penalty, penalty + page])
    values["url"] = default.values["url"]
    return Weights(logit(share), values, "learned", own=logit(own))


def own_as_control(made: Counts) -> dict[str, float]:
    """How far each source's own pairs may stand for pairs that do not match; between 0 and 1.

    A source that follows up on its stories, or repeats itself, makes pairs that are one happening. Its pairs with others at
    other times are held out and tell: the share is the one at which a mixture of its own pairs and of all sources' pairs at
    other times makes what it shows there likeliest (each feature by itself; the time left out).
    """
    sources = [source for source in made.own if source in made.others]
    if not sources:
        return dict.fromkeys(made.own, 0.5)
    own = np.stack([levels_by(*made.own[source]) for source in sources])[:, 1:].astype(np.float64)
    held = np.stack([made.others[source] for source in sources])[:, 1:].astype(np.float64)
    rest = held.sum(axis=0, keepdims=True) - held + made.decoys[None, 1:]
    rest = (rest + 0.5) / (rest + 0.5).sum(axis=2, keepdims=True)
    own += _TRIED * rest
    own /= own.sum(axis=2, keepdims=True)
    share = np.full(len(sources), 0.5)
    pairs = held.sum(axis=(1, 2)) / held.shape[1]
    for _ in range(ROUNDS // 4):
        mixed = share[:, None, None]
        by_own = mixed * own / (mixed * own + (1.0 - mixed) * rest)
        share = ((held * by_own).sum(axis=(1, 2)) / held.shape[1] + 0.5 * _TRIED) / (pairs + _TRIED)
    found = {source: float(np.round(value, 6)) for source, value in zip(sources, share, strict=True)}
    return dict.fromkeys(made.own, 0.5) | found


def first_lesson(survey: Survey, weights: Weights) -> Lesson:
    """A lesson before the confusion of acts, each source's repeats and the overlap of evidence are known."""
    values = np.zeros((len(TABLE), WIDEST))
    for k, feature in enumerate(TABLE):
        values[k, : len(TABLE[feature])] = weights.values[feature]
    penalty = float(values[-1, 1])
    values[-1, :3] -= [0.0, penalty, penalty]  # each source's own weight takes its place
    return Lesson(survey, weights, weights.prior, values, np.zeros(POINTS), {}, {}, penalty, {})


def match(data: Encoded, pairs: Any, shown: Shown, scale: Scale, own: float) -> Matched:
    """What likely matches show, under the weights so far. ``own``: log-odds that a source's own pair is a repeat."""
    acts = min(len(data.acts), MOST_ACTS)
    by_act = np.zeros((acts, acts), dtype=np.int64)
    repeats = np.zeros(len(data.sources), dtype=np.int64)
    _count_matches(data.deck, pairs, shown, scale, own, by_act, repeats)
    by_source = Counter({data.sources[k]: int(repeats[k]) for k in np.flatnonzero(repeats)})
    return Matched(by_acts(data, by_act), by_source, offsets(data, pairs, shown, scale))


def refine(lesson: Lesson, made: Counts, matched: Matched) -> Lesson:
    """The lesson with the confusion of acts and each source's repeats, both shrunk to what holds for all, and its habits."""
    acts: dict[tuple[str, str], float] = {}
    seen, null = matched.acts.total() / DEEPEST, made.decoy_acts.total()
    names = sorted({name for two in made.decoy_acts for name in two})
    levels_ = _act_levels(names)
    for (one, two), decoys in sorted(made.decoy_acts.items()):
        level = int(levels_[names.index(one), names.index(two)])
        expected = np.exp(lesson.weights.values["act"][level]) * decoys / null * seen
        change = np.log((matched.acts[one, two] / DEEPEST + SHRINK / 3) / (expected + SHRINK / 3))
        change = float(np.round(np.clip(change, -2.0, 0.0 if level == EXCLUSIVE else 2.0), 6))
        acts[one, two] = acts[two, one] = change
    share = 1.0 / (1.0 + np.exp(-lesson.weights.own))
    repeats = {}
    for source, (_, own_pairs) in sorted(made.own.items()):
        own = int(own_pairs.sum())
        repeat = (matched.repeats[source] / DEEPEST + 20.0 * share) / (own + 20.0)
        odds = logit(min(max(repeat, 1e-4), 0.99)) - lesson.prior
        repeats[source] = float(np.round(np.clip(odds, -4.0, 1.0), 6))
    return replace(lesson, acts=acts, repeats=repeats, habits=habits(matched.offsets))


def sums(data: Encoded, pairs: Any, shown: Shown, scale: Scale) -> Ints:
    """How many pairs of two sources show each level of time (rows) with each sum of other evidence (columns)."""
    made = np.zeros((SIZES[0], POINTS), dtype=np.int64)
    _count_sums(data.deck, pairs, shown, scale, made)
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
    first = _no_more_than_seen(lesson.prior + lesson.values[0, : SIZES[0]], counted, off)
    share = first
    for _ in range(ROUNDS):
        odds = (np.log(share) - np.log1p(-share))[:, None] + (point + gain)[None, :]
        match = counted / (1.0 + np.exp(-np.clip(odds, -50, 50)))
        before, share = (
            share,
            (match.sum(axis=1) + LEARN_TIMES * first) / (counted.sum(axis=1) + LEARN_TIMES),
        )
        seen, null = match.sum(axis=0), (counted - match)[off].sum(axis=0)
        u = (null + 0.5) / (null.sum() + 0.5 * POINTS)
        m = (seen + 0.5) / (seen.sum() + 0.5 * POINTS)
        expected = np.minimum(seen, seen.sum() * u) + np.sqrt(seen * seen.sum() * u)
        trust = expected / (expected + SHRINK / 2)
        worth = trust * np.log(m / u) + (1 - trust) * (point + gain)
        worth = -descending(-worth, expected + 1e-3)
        gain = worth - point
        if np.abs(share - before).max() < 1e-5:
            break
    prior = logit(float(np.clip(match.sum() / counted.sum(), NONE, 0.9)))
    values = lesson.values.copy()
    values[0, : SIZES[0]] = np.round(np.log(share) - np.log1p(-share) - prior, 6)
    in_force = {**lesson.weights.values, "time": values[0, : SIZES[0]]}
    weights = replace(lesson.weights, prior=round(prior, 6), values=in_force)
    return replace(lesson, weights=weights, prior=round(prior, 6), values=values, bend=np.round(gain, 6))


def _no_more_than_seen(odds: Floats, counted: Floats, off: Flags) -> Floats:
    """Shares of matches at each level of time, lowered together where the sums at the same time show no need of so many.

    If sums at the same time are a mixture of those at other times and of matches, whose sums are high, then low sums are as
    much rarer at the same time as there are matches (Storey 2002; Patra and Sen 2016): where a tenth or more of the sums at
    other times lie, with one standard error. Matches reach low sums too, so half as many again are let stand.
    """
    same, other = counted[~off].sum(axis=0), counted[off].sum(axis=0)
    below, null = np.cumsum(same), np.cumsum(other)
    enough = (null >= 0.1 * null[-1]) & (below > 0)
    if not enough.any() or null[-1] < LEARN_PAIRS / 10:
        return _share_of(odds)
    ratio = (below[enough] / below[-1]) / (null[enough] / null[-1])
    seen = 1.0 - float(np.min(ratio * (1.0 + np.sqrt(1.0 / below[enough] + 1.0 / null[enough]))))
    weight = counted[~off].sum(axis=1)

    def surplus(shift: float) -> float:
        return float(weight @ _share_of(odds + shift)[~off] / weight.sum()) - max(1.5 * seen, NONE)

    return _share_of(odds if surplus(0.0) <= 0.0 else odds + brentq(surplus, -30.0, 0.0))


@compiled
def _count_sums(deck: Any, pairs: Any, shown: Any, scale: Any, made: Any) -> None:
    for k in range(len(pairs)):
        if shown[k, 1] == ELSEWHERE or shown[k, 9] > 0:
            continue
        total = told(scale, deck.rows[pairs[k, 0]], deck.rows[pairs[k, 1]], shown[k])
        at = np.int64(np.floor((total + BENT) / BEND + 0.5))
        made[shown[k, 0], min(max(at, 0), made.shape[1] - 1)] += 1


@compiled
def _count_matches(
    deck: Any, pairs: Any, shown: Any, scale: Any, own: float, acts: Any, repeats: Any
) -> None:
    for k in range(len(pairs)):
        if shown[k, 1] == ELSEWHERE:
            continue
        one, two = deck.rows[pairs[k, 0]], deck.rows[pairs[k, 1]]
        odds = scale.prior if shown[k, 9] == 0 else own
        for feature in range(9):
            odds += scale.values[feature, shown[k, feature]]
        part = np.int64(np.floor(DEEPEST / (1.0 + np.exp(-odds)) + 0.5))
        if shown[k, 9] > 0:
            repeats[one.source] += part
        elif 0 <= one.act < len(acts) and 0 <= two.act < len(acts):
            acts[one.act, two.act] += part


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
