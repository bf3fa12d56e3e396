"""What the pairs of a sample show, in whole numbers, so that the tallies of parts of the reports add up to those of all.

In: pairs of reports and the levels they show. Out: ``Counts`` of patterns, of one source's own pairs, and of controls: decoys
(partner times shifted by weeks) and pairs at other times. Each pair's levels are found once and kept beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import lean
from ceasefire.fuse.candidates import Index, batches
from ceasefire.fuse.compare import levels
from ceasefire.fuse.em import ELSEWHERE, LEARNED, OFF_TIME, SIZES, WIDEST
from ceasefire.fuse.encode import Encoded, Ints
from ceasefire.fuse.weights import DECOY_DAYS, TABLE

MOST_ACTS = 64  # acts that are told apart in the confusion of acts
TOLD_ENOUGH = 20  # reports from which a source's pairs with others are held against its own
Shown = NDArray[np.int8]
_SHIFTS = tuple(sign * days * 1440 for days in DECOY_DAYS for sign in (1, -1))
_T = TypeVar("_T")


@dataclass(frozen=True)
class Counts:
    """Tallies of a sample's pairs.

    ``patterns``: distinct patterns, ascending, and in ``across`` the pairs of two sources that show each. ``own``: patterns of
    each source's own pairs, and how many show each. ``others``: features x levels that the pairs of a source that told
    enough show with others at other times. ``decoys``: features x levels of decoys. ``decoy_acts``: pairs of acts among decoys.
    """

    patterns: Ints
    across: Ints
    own: dict[str, tuple[Ints, Ints]]
    others: dict[str, Ints]
    decoys: Ints
    decoy_acts: Counter[tuple[str, str]]

    def __add__(self, other: Counts) -> Counts:
        patterns, across = _merged((self.patterns, self.across), (other.patterns, other.across))
        return Counts(
            patterns,
            across,
            by_name(self.own, other.own, _merged),
            by_name(self.others, other.others, np.add),
            self.decoys + other.decoys,
            self.decoy_acts + other.decoy_acts,
        )


def _merged(one: tuple[Ints, Ints], two: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    patterns, at = np.unique(np.concatenate([one[0], two[0]]), return_inverse=True)
    return patterns, np.bincount(at, np.concatenate([one[1], two[1]]), len(patterns)).astype(np.int64)


def by_name(one: dict[str, _T], two: dict[str, _T], add: Callable[[_T, _T], _T]) -> dict[str, _T]:
    """Tallies of sources, those in both added."""
    return one | {name: add(one[name], value) if name in one else value for name, value in two.items()}


def shown_by(data: Encoded, pairs: Any) -> Shown:
    """The levels of each pair, in the order of ``weights.TABLE``."""
    shown = np.empty((len(pairs), len(TABLE)), dtype=np.int8)
    _show(data.deck, pairs, shown)
    return shown


def count(data: Encoded, found: Index, rows: Ints, pairs: Any, shown: Shown) -> Counts:
    """Count the ``pairs`` of ``rows``, and a decoy for each of them on the average."""
    acts = min(len(data.acts), MOST_ACTS)
    decoys = np.zeros((len(LEARNED), WIDEST), dtype=np.int64)
    decoy_acts = np.zeros((acts, acts), dtype=np.int64)
    turn = data.deck.rows["mark"][rows] >> np.uint32(13) & np.uint32(len(_SHIFTS) - 1)
    for k, shift in enumerate(_SHIFTS):
        for moved in batches(data, found, rows[turn == k], shift):
            _count_decoys(data.deck, moved, shift, decoys, decoy_acts)
    codes = np.empty(len(pairs), dtype=np.int64)
    _patterns_of(shown, np.array(SIZES, dtype=np.int64), codes)
    of_one = shown[:, -1] > 0
    teller = data.deck.rows["source"][pairs[:, 0]]
    return Counts(
        *np.unique(codes[~of_one & (codes >= 0)], return_counts=True),
        _own(codes, teller, of_one & (codes >= 0), data.sources),
        _others(data, pairs, shown),
        decoys,
        by_acts(data, decoy_acts),
    )


def _own(codes: Ints, teller: Ints, chosen: Any, sources: list[str]) -> dict[str, tuple[Ints, Ints]]:
    teller, codes = teller[chosen], codes[chosen]
    if not len(codes):
        return {}
    order = np.lexsort((codes, teller))
    teller, codes = teller[order], codes[order]
    first = np.flatnonzero(np.diff(teller, prepend=-1))
    return {
        sources[teller[at]]: np.unique(part, return_counts=True)
        for at, part in zip(first, np.split(codes, first[1:]), strict=True)
    }


def _others(data: Encoded, pairs: Any, shown: Shown) -> dict[str, Ints]:
    """What pairs at other times show, of the sources that told enough."""
    enough = [k for k, name in enumerate(data.sources) if data.survey.told[name] >= TOLD_ENOUGH]
    column = np.full(len(data.sources) + 1, -1, dtype=np.int64)
    column[enough] = np.arange(len(enough))
    made = np.zeros((len(enough), len(LEARNED), WIDEST), dtype=np.int64)
    off = np.array([level.name in OFF_TIME for level in TABLE["time"]])
    _count_others(data.deck.rows["source"], pairs, shown, off, column, made)
    return {data.sources[k]: made[at] for at, k in enumerate(enough)}


def levels_by(patterns: Ints, counts: Ints) -> Ints:
    """Features x levels that pairs of these patterns show."""
    made = np.zeros((len(LEARNED), WIDEST), dtype=np.int64)
    code = patterns
    for k in range(len(LEARNED) - 1, -1, -1):
        np.add.at(made[k], code % SIZES[k], counts)
        code = code // SIZES[k]
    return made


def by_acts(data: Encoded, counts: Ints) -> Counter[tuple[str, str]]:
    """Counts of two acts, in either order, by name."""
    named: Counter[tuple[str, str]] = Counter()
    for a, b in zip(*np.nonzero(counts), strict=True):
        one, two = sorted((data.acts[a], data.acts[b]))
        named[one, two] += int(counts[a, b])
    return named


@lean
def _show(deck: Any, pairs: Any, shown: Any) -> None:
    for k in range(len(pairs)):
        found = levels(deck, pairs[k, 0], pairs[k, 1], 0)
        for feature in range(10):
            shown[k, feature] = found[feature]


@lean
def _patterns_of(shown: Any, sizes: Any, codes: Any) -> None:
    """The pattern of each pair; -1 = not to be learned from."""
    for k in range(len(shown)):
        code = 0
        for feature in range(len(sizes)):
            code = code * sizes[feature] + shown[k, feature]
        codes[k] = -1 if shown[k, 1] == ELSEWHERE else code


@lean
def _count_others(source: Any, pairs: Any, shown: Any, off: Any, column: Any, made: Any) -> None:
    for k in range(len(pairs)):
        if not off[shown[k, 0]] or shown[k, 9] > 0 or shown[k, 1] == ELSEWHERE:
            continue
        for side in range(2):
            at = column[source[pairs[k, side]]]
            if at >= 0:
                for feature in range(made.shape[1]):
                    made[at, feature, shown[k, feature]] += 1


@lean
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
