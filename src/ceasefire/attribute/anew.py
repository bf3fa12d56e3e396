"""Incidents weighed anew without some of their voices, and whether the answer then still stands.

In: the voices as they were weighed. Out: ``Units`` (what is left out together: a source, or all that descend from one origin),
``without`` (the posterior when some are left out) and ``proves`` (whether an answer reaches a standard of proof on voices that are
left). What was learned of sources, and the discounts of denials, are held. The interval is that of ``model``, for one answer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.copying import Voices
from ceasefire.attribute.frames import Frames
from ceasefire.attribute.hearing import nothing_learned, some_of
from ceasefire.attribute.interval import shrunk_sd
from ceasefire.attribute.kernel import answers, weigh
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.proof import Standard
from ceasefire.attribute.standing import descent
from ceasefire.attribute.testimony import KINDS, Floats, Ints, Testimony
from ceasefire.compiled import compiled, lean

ERRORS = len(p.ROLES) + 1  # classes of error that voices of a camp share


class Said(NamedTuple):
    """The voices that name or clear somebody, as standards of proof count them; of incident i ``start[i]:start[i + 1]``.

    ``error``: class of the error in an answer's term; ``weight``: its size in nats where the word is the source's own, ``line``:
    where it is its camp's; ``camp``, ``origin``, ``side``: numbers; ``names``, ``admits``: voices x slots; ``factor``: the
    discount of those weighed ``apart``. ``asked``: lower end, origins and camps; ``figures``: standard deviation of the prior in
    nats, and standard deviations that the interval reaches; ``beyond``: incidents x slots, nats by which the interval's lower end
    lies lower than these errors put it (see ``settled``).
    """

    start: Any
    error: Any
    weight: Any
    line: Any
    camp: Any
    origin: Any
    side: Any
    names: Any
    admits: Any
    factor: Any
    apart: Any
    asked: Any
    figures: Any
    beyond: Any


class Units(NamedTuple):
    """What is left out together; those of incident i are ``first[i]:first[i + 1]``. ``key``: number of its source; ``told``,
    ``said``: the unit of each voice; ``apart``: nats of its voices that are weighed apart, units x slots."""

    first: Any
    key: Any
    told: Any
    said: Any
    apart: Any


class Room(NamedTuple):
    """Scratch for ``proves``."""

    loads: Any
    lines: Any
    origins: Any
    sides: Any
    stamp: Any


def voices_said(posterior: Posterior, t: Testimony, voices: Voices, side: Ints, asked: Standard) -> Said:
    """The voices said, as ``proves`` needs them. ``side``: on which each of them stands."""
    denial = (t.kind == KINDS.index("denial"))[:, None]
    sd = np.array([p.TESTIMONY_SD, p.DENIAL_SD, p.ADMISSION_SD])[t.kind][:, None]
    left = np.take_along_axis(shrunk_sd(posterior.known)[t.source], t.role, axis=1)
    touched = np.where(denial, t.cleared < 0, t.hit > 0)
    firm = (t.kind == KINDS.index("admission")) & ~voices.said["hedged"].to_numpy()
    names = (t.hit > 0) & ~denial
    apart = np.ones(len(t.incident), dtype=np.bool_)
    row = posterior.heard.row
    apart[row[row < len(apart)]] = False
    return Said(
        start=np.searchsorted(t.incident, np.arange(len(posterior.score) + 1)).astype(np.int64),
        error=np.where(touched, ERRORS - 1, t.role),
        weight=sd * np.where(denial, touched, left),
        line=sd * left,
        camp=t.camp,
        origin=descent(posterior.standing.owner, posterior.leader)[t.source],
        side=side,
        names=names,
        admits=names & (t.role == p.OWN) & firm[:, None],
        factor=t.factor,
        apart=apart,
        asked=np.array([asked.lower, asked.origins, asked.camps], dtype=np.float64),
        figures=np.array([p.PRIOR_SD, p.INTERVAL_Z]),
        beyond=np.zeros(posterior.score.shape),
    )


def frame_sides(stand: Frames, accounts: Accounts) -> Ints:
    """The number of each frame's side; all without a camp are one."""
    side = [accounts.side_of.get(camp, camp) for camp in stand.camps]
    return np.array([sorted(set(side)).index(one) for one in side], dtype=np.int64)


def units(posterior: Posterior, t: Testimony, key: Ints) -> Units:
    """Group the voices of each incident by ``key``, a number for each source."""
    told, size, n = posterior.heard.told, len(key), len(posterior.score)
    mine = posterior.heard.incident * size + key[posterior.standing.owner[told.source]]
    theirs = t.incident * size + key[t.source]
    pairs = np.unique(np.concatenate([mine, theirs]))
    said = np.searchsorted(pairs, theirs)
    apart = np.zeros((len(pairs), posterior.score.shape[1]))
    np.add.at(apart, said, posterior.heard.apart)
    first = np.searchsorted(pairs, np.arange(n + 1) * size).astype(np.int64)
    return Units(first, pairs % max(size, 1), np.searchsorted(pairs, mine), said, apart)


def room(said: Said, slots: int) -> Room:
    """Scratch for ``proves``."""
    camps, sides = int(said.camp.max(initial=0)) + 1, int(said.side.max(initial=0)) + 1
    sources = int(said.origin.max(initial=0)) + 1
    zeros = np.zeros((camps, slots, ERRORS))
    return Room(
        zeros,
        zeros.copy(),
        np.zeros(sources, dtype=np.int64),
        np.zeros(sides, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
    )


def without(posterior: Posterior, of: Units, incident: Ints, gone: Ints) -> tuple[Floats, Floats, Ints, Ints]:
    """Weigh incidents without some of their units.

    Args:
        posterior: as everything was weighed.
        of: the units.
        incident: of each variation.
        gone: variations x most units: what is left out, -1 = nothing.

    Returns:
        Variations x slots, the posterior; of the voices that are left, how much of each is its own word (voices x slots); their
        rows among those told; and where each variation's begin.
    """
    heard, told = posterior.heard, posterior.heard.told
    rows, begins = _kept(incident, gone, told.start, of.told)
    score = posterior.beside[incident]
    for column in gone.T:
        score = score - np.where((column >= 0)[:, None], of.apart[column], 0.0)
    fewer = some_of(told, rows, begins, told.base[incident])
    width = posterior.score.shape[1]
    found = np.zeros((len(incident), width))
    terms, own = np.zeros((len(rows), width)), np.zeros((len(rows), width, 3))
    weigh(fewer, heard.like, score, found, terms, own, nothing_learned(heard.held[rows]), False)
    return found, own[:, :, 0], rows, begins


@compiled
def _kept(incident: Any, gone: Any, start: Any, unit: Any) -> Any:
    """Rows of each variation's voices that are not left out, and where each begins."""
    begins = np.zeros(len(incident) + 1, dtype=np.int64)
    rows = np.empty(0, dtype=np.int64)
    for turn in range(2):
        total = 0
        for v in range(len(incident)):
            for row in range(start[incident[v]], start[incident[v] + 1]):
                out = False
                for g in gone[v]:
                    out = out or unit[row] == g
                if not out:
                    if turn == 1:
                        rows[total] = row
                    total += 1
            begins[v + 1] = total
        if turn == 0:
            rows = np.empty(total, dtype=np.int64)
    return rows, begins


@lean
def proves(
    i: int, k: int, chances: Any, slots: int, n: int, kept: Any, share: Any, drew: Any, said: Any, room: Any
) -> Any:  # fmt: skip
    """Whether the answer in slot ``k`` of an incident reaches the standard on ``n`` voices, and the lower end of its 90 % interval.

    ``kept``: their rows among those said; ``share``, ``drew``: how much of each is its own word, and its camp's line, by slot.
    """
    loads, lines, origins, sides, stamp = room
    stamp[0] += 1
    camps, n_origins, n_sides, admitted = len(loads), 0, 0, False
    for c in range(camps):
        for z in range(slots):
            for e in range(ERRORS):
                loads[c, z, e] = 0.0
                lines[c, z, e] = 0.0
    for j in range(n):
        row = kept[j]
        c = said.camp[row]
        for z in range(slots):
            e = said.error[row, z]
            loads[c, z, e] += said.weight[row, z] * share[j, z]
            lines[c, z, e] = max(lines[c, z, e], said.line[row, z] * drew[j, z])
        if said.names[row, k]:
            if origins[said.origin[row]] != stamp[0]:
                origins[said.origin[row]] = stamp[0]
                n_origins += 1
            if sides[said.side[row]] != stamp[0]:
                sides[said.side[row]] = stamp[0]
                n_sides += 1
            admitted = admitted or said.admits[row, k]
    for c in range(camps):
        for z in range(slots):
            for e in range(ERRORS):
                loads[c, z, e] += lines[c, z, e]
    low = lower_end(k, chances, slots, loads, said.figures, said.beyond[i, k])
    enough = n_origins >= said.asked[1] and (n_sides >= said.asked[2] or admitted)
    return enough and low >= said.asked[0], low


@lean
def lower_end(k: int, chances: Any, slots: int, loads: Any, figures: Any, beyond: float) -> Any:
    """Lower end of the interval of one answer, from how far each shared error moves each score (camps x slots x errors)."""
    prior_sd, reach = figures[0], figures[1]
    mine = chances[k]
    rest = max(1.0 - mine, 1e-12)
    square = 0.0
    for z in range(slots):
        if z != k:
            square += chances[z] ** 2
    square = min(square / rest**2, 1.0)
    variance = prior_sd**2 * (1.0 + square)
    shift = -0.5 * prior_sd**2 * (1.0 - square)
    for c in range(len(loads)):
        for e in range(ERRORS):
            mean, mean_square = 0.0, 0.0
            for z in range(slots):
                if z != k and loads[c, z, e] != 0.0:
                    mean += chances[z] * loads[c, z, e]
                    mean_square += chances[z] * loads[c, z, e] ** 2
            mean /= rest
            variance += (loads[c, k, e] - mean) ** 2
            shift -= 0.5 * max(mean_square / rest - mean**2, 0.0)
    near = min(max(mine, 1e-15), 1.0 - 1e-15)
    centre = np.log(near) - np.log1p(-near) + shift - reach * np.sqrt(variance) - beyond
    return min(1.0 / (1.0 + np.exp(-centre)), mine)


@compiled
def judge(
    incident: Any, gone: Any, answer: Any, chances: Any, own: Any, rows: Any, begins: Any, row_said: Any, of_said: Any,
    said: Any, base: Any, room: Any, tie: float,
) -> Any:  # fmt: skip
    """Of each variation: the slot that leads (-1 = several), whether that reaches the standard, and the lower end of ``answer``."""
    most = 1
    for i in range(len(said.start) - 1):
        most = max(most, said.start[i + 1] - said.start[i])
    kept = np.empty(most, dtype=np.int64)
    share, drew = np.empty((most, base.shape[1])), np.empty((most, base.shape[1]))
    leads, holds = np.empty(len(incident), dtype=np.int64), np.empty(len(incident), dtype=np.bool_)
    low = np.empty(len(incident))
    for v in range(len(incident)):
        i = incident[v]
        slots = answers(base[i])
        n = 0
        for x in range(begins[v], begins[v + 1]):
            row = row_said[rows[x]]
            if row < len(said.factor):
                kept[n] = row
                for z in range(slots):
                    share[n, z], drew[n, z] = own[x, z], 1.0 - own[x, z]
                n += 1
        for row in range(said.start[i], said.start[i + 1]):
            out = not said.apart[row]
            for g in gone[v]:
                out = out or of_said[row] == g
            if not out:
                kept[n] = row
                for z in range(slots):
                    share[n, z], drew[n, z] = said.factor[row], 0.0
                n += 1
        leads[v] = leader(chances[v], slots, tie)
        holds[v], low[v] = proves(i, answer[v], chances[v], slots, n, kept, share, drew, said, room)
        if leads[v] != answer[v]:
            holds[v] = False
            if leads[v] >= 0:
                holds[v], _ = proves(i, leads[v], chances[v], slots, n, kept, share, drew, said, room)
    return leads, holds, low


@lean
def leader(chances: Any, slots: int, tie: float) -> int:
    """The slot of the most probable answer, -1 where several tie."""
    best = 0
    for z in range(1, slots):
        if chances[z] > chances[best]:
            best = z
    for z in range(slots):
        if z != best and chances[z] >= chances[best] - tie:
            return -1
    return best


def key_of(posterior: Posterior, unit: str) -> Ints:
    """The number of the unit that each source belongs to: ``source``, or the ``origin`` that it was found to repeat."""
    if unit == "origin":
        return descent(posterior.standing.owner, posterior.leader)
    return np.arange(int(posterior.standing.owner.max(initial=-1)) + 1)


def leading_slots(assessments: pl.DataFrame, candidates: Candidates) -> Ints:
    """The slot of each incident's leading answer, -1 where there is not one."""
    leading = assessments["leading"].to_list()
    out = np.full(len(leading), -1, dtype=np.int64)
    for i, name in enumerate(leading):
        at: Ints = np.flatnonzero(candidates.names[i] == name)
        if name and len(at) == 1:
            out[i] = at[0]
    return out


def told_again(posterior: Posterior) -> tuple[Floats, Floats]:
    """Log-likelihood of each voice told, by slot, given those of its frame before it; and how much of it is its own word."""
    heard = posterior.heard
    terms, own = (
        np.zeros((len(heard.row), posterior.score.shape[1])),
        np.zeros((len(heard.row), posterior.score.shape[1], 3)),
    )
    found = np.zeros_like(posterior.score)
    weigh(heard.told, heard.like, posterior.beside, found, terms, own, nothing_learned(heard.held), False)
    return terms, own[:, :, 0]


def settled(posterior: Posterior, said: Said) -> Said:
    """With ``beyond``: what an interval has beyond the errors that voices share is held when some of them are left out, so that
    with nothing left out it is the interval that was attributed."""
    width = posterior.score.shape[1]
    heard, low = posterior.heard, np.zeros(posterior.score.shape)
    own = told_again(posterior)[1]
    _lower_ends(
        posterior.probability, heard.told.start, heard.told.base, heard.row, own, said, room(said, width), low
    )
    there = low > 0
    ours, theirs = np.where(there, low, 0.5), np.where(there, np.clip(posterior.low, 1e-15, 1 - 1e-15), 0.5)
    return said._replace(beyond=np.log(ours) - np.log1p(-ours) - np.log(theirs) + np.log1p(-theirs))


@compiled
def _lower_ends(
    chances: Any, start: Any, base: Any, row_said: Any, own: Any, said: Any, room: Any, low: Any
) -> None:
    most = 1
    for i in range(len(said.start) - 1):
        most = max(most, said.start[i + 1] - said.start[i])
    kept = np.empty(most, dtype=np.int64)
    share, drew = np.empty((most, base.shape[1])), np.empty((most, base.shape[1]))
    for i in range(len(start) - 1):
        slots = answers(base[i])
        n = whole(i, slots, start, row_said, own, said, kept, share, drew)
        for k in range(slots):
            _, end = proves(i, k, chances[i], slots, n, kept, share, drew, said, room)
            low[i, k] = min(max(end, 1e-15), 1.0 - 1e-15)


@lean
def whole(
    i: int, slots: int, start: Any, row_said: Any, own: Any, said: Any, kept: Any, share: Any, drew: Any
) -> int:
    """All voices said of an incident, for ``proves``."""
    n = 0
    for x in range(start[i], start[i + 1]):
        if row_said[x] < len(said.factor):
            kept[n] = row_said[x]
            for z in range(slots):
                share[n, z], drew[n, z] = own[x, z], 1.0 - own[x, z]
            n += 1
    for row in range(said.start[i], said.start[i + 1]):
        if said.apart[row]:
            kept[n] = row
            for z in range(slots):
                share[n, z], drew[n, z] = said.factor[row], 0.0
            n += 1
    return n
