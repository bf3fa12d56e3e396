"""An answer as a function of how reliable one source is: exact, without weighing the incident anew at each value.

In: the voices as they were weighed, units (sources), the role in which the source's chance of naming the author is moved. Out: by
row the values at which the lead, or the standard, is lost. The likelihood of a frame's accounts is affine in that of each, so
that it follows from a few corners, in which the source's words are impossible or certain. Halving finds the value.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ceasefire.attribute.anew import Units, lower_end, proves, whole
from ceasefire.attribute.frames import HIT
from ceasefire.attribute.hearing import nothing_learned, some_of
from ceasefire.attribute.kernel import answers, chance, weigh
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.testimony import Ints
from ceasefire.compiled import compiled, lean

FAR = 25.0  # nats beyond which a chance is 0 or 1
HALVINGS = 26
LOOKS = 5  # places looked at on either side before the end, each nearer than the one before
NEARER = 0.35
VERSIONS = 6  # things a source may say of one incident for its reliability to be varied
_LEAST = 1e-9


class Corners(NamedTuple):
    """Of units whose reliability is varied: their voices told, ``first[u]:first[u + 1]`` in ``row``; ``corner``: where its corners
    begin in ``weight`` (corners x slots, log-likelihood of its frame where each of its words is impossible or certain)."""

    first: Any
    row: Any
    corner: Any
    weight: Any


class Apart(NamedTuple):
    """Voices weighed apart, those of unit u ``first[u]:first[u + 1]`` in ``row``; the rest as in ``Testimony``; ``hits``: the
    chance of naming the author, voices x slots."""

    first: Any
    row: Any
    role: Any
    hit: Any
    miss: Any
    cleared: Any
    factor: Any
    hits: Any


class Reading(NamedTuple):
    """What the likelihood of an incident's answers is made of; ``roles``: the role of each row of each frame; ``terms``, ``own``:
    of each voice told; ``row_said``: its row among the voices said; ``beside``: what else speaks for each answer."""

    told: Any
    like: Any
    held: Any
    roles: Any
    terms: Any
    own: Any
    row_said: Any
    beside: Any
    corners: Any
    apart: Any


class Asked(NamedTuple):
    """Rows to be found: ``incident``, ``unit``, its place ``at`` among those whose corners were weighed, ``role``, and ``value``,
    the chance now. ``leads``, ``decided``: by incident, the slot that leads, and whether that reaches its standard."""

    incident: Any
    unit: Any
    at: Any
    role: Any
    value: Any
    leads: Any
    decided: Any


def corners_of(posterior: Posterior, of: Units, unit: Ints, naming: NDArray[np.bool_]) -> Corners:
    """Weigh each unit's frame with its words made impossible and certain, in every combination; of those ``naming`` somebody.

    A word is certain where it would be said whatever happened, impossible where its source says nothing of itself.
    """
    heard, told, like = posterior.heard, posterior.heard.told, posterior.heard.like
    order = np.argsort(of.told, kind="stable")
    bounds = np.searchsorted(of.told[order], np.arange(len(of.key) + 1))
    count = np.diff(bounds)[unit]
    count = np.where(naming & (count <= VERSIONS), count, 0)
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    row = (
        np.concatenate([order[bounds[u] : bounds[u] + c] for u, c in zip(unit, count, strict=True)])
        if len(unit)
        else np.zeros(0, dtype=np.int64)
    )
    corner = np.concatenate([[0], np.cumsum(np.where(count > 0, 1 << count, 0))]).astype(np.int64)
    rows, begins, word = _corner_rows(first, row, corner, told.start, told.frame, heard.incident, of.told)
    unheard = len(like.counts)  # a source that of itself says nothing at all
    at = heard.incident[row[first[:-1][count > 0]]]
    same = some_of(told, rows, begins, told.base[np.repeat(at, (1 << count)[count > 0])])
    fewer = same._replace(
        source=np.where(word != 0, unheard, same.source),
        vague=np.where(word != 0, 0.0, same.vague),
        echo=np.where(word != 0, word > 0, same.echo).astype(np.float64),
    )
    with_one = like._replace(
        counts=np.concatenate([like.counts, np.zeros_like(like.counts[:1])]),
        totals=np.append(like.totals, np.zeros_like(like.totals[:1]), axis=0),
        hedge=np.ones_like(like.hedge),
        worth=1.0,
    )
    width, n = posterior.score.shape[1], len(begins) - 1
    terms, own, score = np.zeros((len(rows), width)), np.zeros((len(rows), width, 3)), np.zeros((n, width))
    weigh(fewer, with_one, score, np.zeros((n, width)), terms, own, nothing_learned(heard.held[rows]), False)
    weight = np.zeros((n, width))
    np.add.at(weight, np.repeat(np.arange(n), np.diff(begins)), terms)
    return Corners(first, row, corner, weight)


@compiled
def _corner_rows(first: Any, row: Any, corner: Any, start: Any, frame: Any, incident: Any, unit: Any) -> Any:
    """The voices of each corner, those of the unit's frame; ``word``: 1 = made certain, -1 = impossible, 0 = of another."""
    begins = np.zeros(corner[-1] + 1, dtype=np.int64)
    rows, word = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for turn in range(2):
        total = 0
        for u in range(len(first) - 1):
            for b in range(corner[u + 1] - corner[u]):
                one = row[first[u]]
                i = incident[one]
                bit = 0
                for k in range(start[i], start[i + 1]):
                    if frame[k] != frame[one]:
                        continue
                    if turn == 1:
                        rows[total] = k
                        word[total] = 0
                        if unit[k] == unit[one]:
                            word[total] = 1 if (b >> bit) & 1 else -1
                            bit += 1
                    total += 1
                begins[corner[u] + b + 1] = total
        if turn == 0:
            rows, word = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64)
    return rows, begins, word


@lean
def _moved(chances: float, step: float) -> Any:
    """A chance after a step in its log-odds."""
    inside = min(max(chances, 1e-12), 1.0 - 1e-12)
    return 1.0 / (1.0 + (1.0 - inside) / inside * np.exp(-step))


@lean
def _word(k: int, z: int, slots: int, step: float, role: int, here: Any, read: Any) -> Any:
    """P(what voice k says | z) by its source alone, after a step in the log-odds of naming the author in a role."""
    s, f, named = read.told.source[k], read.told.frame[k], read.told.value[k]
    row = read.like.rows[f, here[z]]
    counts, less = read.like.counts[s, row], read.held[k, z]
    share = chance(counts, read.like.totals[s, row], less, read.like.rows[f], here, named, z, slots)
    if named < 0 or read.roles[f, row] != role:
        return share
    hit = counts[HIT] - (less if z == named else 0.0)
    hit /= max(read.like.totals[s, row] - less - counts[len(counts) - 1], _LEAST)
    hit = min(max(hit, 1e-12), 1.0 - 1e-12)
    after = _moved(hit, step)
    return share * (after / hit if z == named else (1.0 - after) / (1.0 - hit))


@lean
def _scores(
    step: float, i: int, u: int, at: int, role: int, slots: int, rest: Any, read: Any, words: Any, out: Any
) -> None:
    """Log of what speaks for each answer, after a step."""
    corners, apart, told = read.corners, read.apart, read.told
    first, last = corners.first[at], corners.first[at + 1]
    here = told.base[i]
    for x in range(first, last):
        k = corners.row[x]
        mean = 0.0
        for z in range(slots):
            words[x - first, z] = _word(k, z, slots, step, role, here, read)
            mean += words[x - first, z] / slots
        for z in range(slots):
            share = (1.0 - told.vague[k]) * max(words[x - first, z], _LEAST) + told.vague[k] * mean
            share = (1.0 - told.echo[k]) * share + told.echo[k]
            words[x - first, z] = min(max(share, _LEAST), 1.0)
    for z in range(slots):
        out[z] = rest[z]
        if last > first:
            top = -np.inf
            for b in range(corners.corner[at], corners.corner[at + 1]):
                top = max(top, corners.weight[b, z])
            total = 0.0
            for b in range(corners.corner[at], corners.corner[at + 1]):
                part = np.exp(corners.weight[b, z] - top)
                for x in range(last - first):
                    certain = ((b - corners.corner[at]) >> x) & 1
                    part *= words[x, z] if certain else 1.0 - words[x, z]
                total += part
            out[z] += read.like.worth * (top + np.log(max(total, 1e-300)))
        for x in range(apart.first[u], apart.first[u + 1]):
            j = apart.row[x]
            h = apart.hits[j, z]
            if apart.role[j, z] == role:
                h = _moved(h, step)
            says = apart.hit[j, z] * h + apart.miss[j, z] * (1.0 - h)
            # a denial says nothing of who did it
            out[z] += (
                read.like.worth
                * apart.factor[j]
                * (apart.cleared[j, z] + (np.log(max(says, 1e-12)) if says > 0.0 else 0.0))
            )


@lean
def _lost(i: int, k: int, slots: int, scores: Any, wants: bool, said: Any, loads: Any, tie: float) -> Any:
    """Whether the lead is lost, or (where it ``wants`` one) the standard. Makes the scores chances."""
    top = scores[0]
    for z in range(slots):
        top = max(top, scores[z])
    mass = 0.0
    for z in range(slots):
        scores[z] = np.exp(scores[z] - top)
        mass += scores[z]
    lost = False
    for z in range(slots):
        scores[z] /= mass
    for z in range(slots):
        lost = lost or (z != k and scores[z] >= scores[k] - tie)
    if not lost and wants:
        lost = lower_end(k, scores, slots, loads, said.figures, said.beyond[i, k]) < said.asked[0]
    return lost


@compiled
def tip(asked: Any, read: Any, said: Any, room: Any, tie: float, found: Any) -> None:
    """``found``: by row the values below and above which the lead is lost, then those for the standard; nan = never."""
    width = read.told.base.shape[1]
    most = 1
    for i in range(len(said.start) - 1):
        most = max(most, said.start[i + 1] - said.start[i])
    kept = np.empty(most, dtype=np.int64)
    share, drew = np.empty((most, width)), np.empty((most, width))
    scores, rest, words = np.empty(width), np.empty(width), np.empty((VERSIONS, width))
    before = -1
    for v in range(len(asked.incident)):
        i, u, at, role = asked.incident[v], asked.unit[v], asked.at[v], asked.role[v]
        if role < 0:
            continue
        k, slots = asked.leads[i], answers(read.told.base[i])
        if i != before:
            before = i
            n = whole(i, slots, read.told.start, read.row_said, read.own, said, kept, share, drew)
            for z in range(slots):
                scores[z] = read.beside[i, z]
                for x in range(read.told.start[i], read.told.start[i + 1]):
                    scores[z] += read.terms[x, z]
            _lost(i, k, slots, scores, False, said, room.loads, tie)
            proves(i, k, scores, slots, n, kept, share, drew, said, room)
        _rest(i, u, at, role, slots, read, rest, words, scores)
        logit = np.log(asked.value[v]) - np.log1p(-asked.value[v])
        for column in range(4 if asked.decided[i] else 2):
            # from near to where the source is never, or always, right
            inside, outside, lost = 0.0, 0.0, False
            for look in range(LOOKS, -1, -1):
                inside, outside = outside, FAR * NEARER**look * (1.0 if column % 2 else -1.0)
                _scores(outside, i, u, at, role, slots, rest, read, words, scores)
                lost = _lost(i, k, slots, scores, column > 1, said, room.loads, tie)
                if lost:
                    break
            if not lost:
                continue
            for _ in range(HALVINGS):
                step = 0.5 * (inside + outside)
                _scores(step, i, u, at, role, slots, rest, read, words, scores)
                if _lost(i, k, slots, scores, column > 1, said, room.loads, tie):
                    outside = step
                else:
                    inside = step
            found[v, column] = 1.0 / (1.0 + np.exp(-(logit + outside)))


@lean
def _rest(
    i: int, u: int, at: int, role: int, slots: int, read: Any, rest: Any, words: Any, scores: Any
) -> None:
    """What speaks for each answer besides what a step moves: so that a step of nothing is now, and hedges weigh as they do now."""
    for z in range(slots):
        rest[z] = 0.0
    _scores(0.0, i, u, at, role, slots, rest, read, words, scores)
    for z in range(slots):
        rest[z] = read.beside[i, z] - scores[z]
        for x in range(read.told.start[i], read.told.start[i + 1]):
            rest[z] += read.terms[x, z]
