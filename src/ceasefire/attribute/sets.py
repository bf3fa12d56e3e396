"""All small sets of sources that may be left out of an incident, and those of them that change its answer.

In: the voices as they were weighed, the units that are left out together. Out: ``Found``. Each frame's accounts are weighed once
for each set of up to three that is left out of them; a set over several frames is a sum of these, so that all sets cost little
more than the frames. Sets are taken in the order of their size, so what is found is smallest.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.anew import Said, Units, leader, proves, room
from ceasefire.attribute.hearing import nothing_learned, some_of
from ceasefire.attribute.kernel import answers, weigh
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.testimony import Ints
from ceasefire.compiled import compiled, lean


class _Pieces(NamedTuple):
    """Each frame of each incident without each set of its units. ``run``: first frame of each incident; ``units``: first unit
    of each frame in ``unit``; ``item``: first set of each frame; ``weight``: sets x slots, log-likelihood; ``begins``: where a
    set's voices begin in ``row`` and ``own``."""

    run: Any
    units: Any
    unit: Any
    item: Any
    weight: Any
    begins: Any
    row: Any
    own: Any


@dataclass
class Found:
    """By incident searched, and what is lost. ``gone``: the sets found, equals beside each other; ``size`` 0 = none; ``many``: how
    many sets of that size; ``tied``: how many are in ``gone``; ``nearest``: of the sets that change nothing, the one that costs the
    answer most."""

    size: Ints
    many: Ints
    tied: Ints
    gone: Ints
    nearest: Ints
    exact: NDArray[np.bool_]


def _pieces(posterior: Posterior, of: Units, chosen: Ints, most: Ints) -> _Pieces:
    """Weigh each frame of the incidents chosen without each set of its units."""
    heard, told = posterior.heard, posterior.heard.told
    new = np.ones(len(told.source), dtype=np.bool_)
    new[1:] = (heard.incident[1:] != heard.incident[:-1]) | (told.frame[1:] != told.frame[:-1])
    run = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    n_runs, span = len(first), int(of.first[-1]) + 1
    pairs = np.unique(run * span + of.told)
    begins_units = np.searchsorted(pairs, np.arange(n_runs + 1) * span).astype(np.int64)
    unit = pairs % span
    at = np.searchsorted(pairs, run * span + of.told) - begins_units[run]
    size = np.zeros(len(posterior.score), dtype=np.int64)
    size[chosen] = most
    incident = heard.incident[first]
    many = np.diff(begins_units)
    sets = np.array(
        [[comb(int(m), s) for s in range(p.SETS_EXACT + 1)] for m in range(int(many.max(initial=0)) + 1)]
    )
    upto = np.cumsum(sets, axis=1)[many, size[incident]] if n_runs else np.zeros(0, dtype=np.int64)
    picked = np.zeros(len(posterior.score), dtype=np.bool_)
    picked[chosen] = True
    upto = np.where(picked[incident], upto, 0)
    item = np.concatenate([[0], np.cumsum(upto)]).astype(np.int64)
    bounds = np.append(first, len(told.source)).astype(np.int64)
    rows, begins = _list(item, bounds, at, many.astype(np.int64), size[incident])
    of_item = np.repeat(incident, upto)
    width = posterior.score.shape[1]
    fewer = some_of(told, rows, begins, told.base[of_item])
    terms, own = np.zeros((len(rows), width)), np.zeros((len(rows), width, 3))
    score, found = np.zeros((len(of_item), width)), np.zeros((len(of_item), width))
    weigh(fewer, heard.like, score, found, terms, own, nothing_learned(heard.held[rows]), False)
    weight = np.zeros((len(of_item), width))
    _sum(terms, begins, weight)
    runs = np.searchsorted(incident, np.arange(len(posterior.score) + 1)).astype(np.int64)
    return _Pieces(runs, begins_units, unit, item, weight, begins, heard.row[rows], own[:, :, 0].copy())


@compiled
def _sum(terms: Any, begins: Any, out: Any) -> None:
    for v in range(len(begins) - 1):
        for row in range(begins[v], begins[v + 1]):
            for z in range(terms.shape[1]):
                out[v, z] += terms[row, z]


@lean
def _next(picked: Any, size: int, n: int) -> bool:
    """The next set of a size, in the order of their largest members, then the next largest; False after the last."""
    at = 0
    while at < size:
        limit = picked[at + 1] if at + 1 < size else n
        if picked[at] + 1 < limit:
            picked[at] += 1
            for k in range(at):
                picked[k] = k
            return True
        at += 1
    return False


@lean
def _rank(picked: Any, size: int, n: int) -> int:
    """The place of a set among all sets of n units, the small ones first, in the order of ``_next``."""
    place = 0
    if size > 0:
        place += 1 + picked[0]
    if size > 1:
        place += n + picked[1] * (picked[1] - 1) // 2
    if size > 2:
        place += n * (n - 1) // 2 + picked[2] * (picked[2] - 1) * (picked[2] - 2) // 6
    return place


@compiled
def _list(item: Any, bounds: Any, at: Any, many: Any, most: Any) -> Any:
    """Rows of each frame without each set of its units, in the order of ``_rank``, and where each begins."""
    begins = np.zeros(item[-1] + 1, dtype=np.int64)
    picked = np.zeros(4, dtype=np.int64)
    rows = np.empty(0, dtype=np.int64)
    for turn in range(2):
        total = 0
        for r in range(len(item) - 1):
            v = item[r]
            if item[r + 1] == v:
                continue
            for size in range(min(most[r], many[r]) + 1):
                for k in range(size):
                    picked[k] = k
                while True:
                    for row in range(bounds[r], bounds[r + 1]):
                        out = False
                        for k in range(size):
                            out = out or at[row] == picked[k]
                        if not out:
                            if turn == 1:
                                rows[total] = row
                            total += 1
                    v += 1
                    begins[v] = total
                    if not _next(picked, size, many[r]):
                        break
        if turn == 0:
            rows = np.empty(total, dtype=np.int64)
    return rows, begins


def search(
    chosen: Ints,
    most: Ints,
    answer: Ints,
    decided: NDArray[np.bool_],
    posterior: Posterior,
    of: Units,
    said: Said,
) -> Found:
    """Weigh all sets of up to ``most`` units of each incident chosen.

    Args:
        chosen: incidents.
        most: of each, the size up to which all sets are weighed.
        answer: of each, the slot of its leading answer.
        decided: of each, whether that reaches its standard.
        posterior: as everything was weighed.
        of: the units.
        said: the voices, as the standard counts them.
    """
    pieces = _pieces(posterior, of, chosen, most)
    n = len(chosen)
    found = Found(
        np.zeros((n, 2), dtype=np.int64),
        np.zeros((n, 2), dtype=np.int64),
        np.zeros((n, 2), dtype=np.int64),
        np.full((n, 2, p.SETS_TIED, p.SETS_GREEDY), -1, dtype=np.int64),
        np.full((n, 2, p.SETS_EXACT), -1, dtype=np.int64),
        np.zeros((n, 2), dtype=np.bool_),
    )
    _sets(
        chosen, most, answer, decided, posterior.beside, of, said, pieces, posterior.heard.told.base,
        room(said, posterior.score.shape[1]), p.TIE, found.size, found.many, found.tied, found.gone, found.nearest,
    )  # fmt: skip
    found.exact[:] = found.size > 0
    return found


@compiled
def _sets(
    chosen: Any, most: Any, answer: Any, decided: Any, beside: Any, of: Any, said: Any, pieces: Any, base: Any, room: Any,
    tie: float, size_found: Any, many: Any, tied: Any, gone: Any, nearest: Any,
) -> None:  # fmt: skip
    """All sets of each size, until one of that size changes the lead, and one the standard."""
    width, biggest, frames, voices = base.shape[1], 1, 1, 1
    for i in chosen:
        biggest = max(biggest, of.first[i + 1] - of.first[i])
        frames = max(frames, pieces.run[i + 1] - pieces.run[i])
        voices = max(voices, said.start[i + 1] - said.start[i])
    place = np.empty((frames, biggest), dtype=np.int64)
    items = np.empty(frames, dtype=np.int64)
    picked, mine = np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.int64)
    kept = np.empty(voices, dtype=np.int64)
    share, drew = np.empty((voices, width)), np.empty((voices, width))
    chances, least, cost, price = np.empty(width), np.empty(2), np.empty(2), np.empty(2)
    wanted, flips = np.empty(2, dtype=np.bool_), np.empty(2, dtype=np.bool_)
    for c in range(len(chosen)):
        i, k = chosen[c], answer[c]
        slots, units = answers(base[i]), of.first[i + 1] - of.first[i]
        _place(i, units, of, pieces, place)
        for size in range(1, min(most[c], units) + 1):
            wanted[0], wanted[1] = size_found[c, 0] == 0, decided[c] and size_found[c, 1] == 0
            if not wanted[0] and not wanted[1]:
                break
            least[:] = np.inf
            cost[:] = np.inf
            for x in range(size):
                picked[x] = x
            while True:
                _chances(i, slots, size, picked, mine, place, items, beside, of, pieces, chances)
                flips[0] = leader(chances, slots, tie) != k
                flips[1] = flips[0]
                price[0], price[1] = chances[k], chances[k]
                if wanted[1] and not flips[0]:
                    n = _gather(i, slots, size, picked, items, of, said, pieces, kept, share, drew)
                    holds, price[1] = proves(i, k, chances, slots, n, kept, share, drew, said, room)
                    flips[1] = not holds
                for loses in range(2):
                    if wanted[loses] and flips[loses]:
                        size_found[c, loses] = size
                        many[c, loses] += 1
                        if chances[k] < least[loses] - tie:
                            least[loses], tied[c, loses] = chances[k], 0
                        if chances[k] <= least[loses] + tie:
                            if tied[c, loses] < gone.shape[2]:
                                for x in range(size):
                                    gone[c, loses, tied[c, loses], x] = of.first[i] + picked[x]
                            tied[c, loses] += 1
                    elif wanted[loses] and size_found[c, loses] == 0 and price[loses] < cost[loses]:
                        cost[loses] = price[loses]
                        for x in range(size):
                            nearest[c, loses, x] = of.first[i] + picked[x]
                if not _next(picked, size, units):
                    break


@lean
def _place(i: int, units: int, of: Any, pieces: Any, place: Any) -> None:
    """The place of each unit among those of each frame, -1 = it says nothing there."""
    for r in range(pieces.run[i + 1] - pieces.run[i]):
        for u in range(units):
            place[r, u] = -1
        start = pieces.units[pieces.run[i] + r]
        for x in range(start, pieces.units[pieces.run[i] + r + 1]):
            place[r, pieces.unit[x] - of.first[i]] = x - start


@lean
def _chances(
    i: int, slots: int, size: int, picked: Any, mine: Any, place: Any, items: Any, beside: Any, of: Any, pieces: Any,
    chances: Any,
) -> None:  # fmt: skip
    """The posterior without a set; ``items``: the piece of each frame."""
    for z in range(slots):
        chances[z] = beside[i, z]
        for x in range(size):
            chances[z] -= of.apart[of.first[i] + picked[x], z]
    for r in range(pieces.run[i + 1] - pieces.run[i]):
        n_mine = 0
        for x in range(size):
            if place[r, picked[x]] >= 0:
                mine[n_mine] = place[r, picked[x]]
                n_mine += 1
        run = pieces.run[i] + r
        items[r] = pieces.item[run] + _rank(mine, n_mine, pieces.units[run + 1] - pieces.units[run])
        for z in range(slots):
            chances[z] += pieces.weight[items[r], z]
    top = chances[0]
    for z in range(slots):
        top = max(top, chances[z])
    mass = 0.0
    for z in range(slots):
        chances[z] = np.exp(chances[z] - top)
        mass += chances[z]
    for z in range(slots):
        chances[z] /= mass


@lean
def _gather(
    i: int,
    slots: int,
    size: int,
    picked: Any,
    items: Any,
    of: Any,
    said: Any,
    pieces: Any,
    kept: Any,
    share: Any,
    drew: Any,
) -> int:
    """The voices said that are left without a set, for ``proves``."""
    n = 0
    for r in range(pieces.run[i + 1] - pieces.run[i]):
        for x in range(pieces.begins[items[r]], pieces.begins[items[r] + 1]):
            if pieces.row[x] < len(said.factor):
                kept[n] = pieces.row[x]
                for z in range(slots):
                    share[n, z], drew[n, z] = pieces.own[x, z], 1.0 - pieces.own[x, z]
                n += 1
    for row in range(said.start[i], said.start[i + 1]):
        out = not said.apart[row]
        for x in range(size):
            out = out or of.said[row] == of.first[i] + picked[x]
        if not out:
            kept[n] = row
            for z in range(slots):
                share[n, z], drew[n, z] = said.factor[row], 0.0
            n += 1
    return n
