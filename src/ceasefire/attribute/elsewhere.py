"""What an incident's answer would be if one of its sources stood in another camp, or in none.

In: the voices as they were weighed, units (sources). Out: ``Moved``: by unit and frame, which answer leads then and whether it
reaches its standard. In another camp a source is read as its kind is there; its discount, and what it repeats, stay. Only two
frames of an incident change: the one that it leaves and the one that it joins.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.anew import (
    Said,
    Units,
    frame_sides,
    leader,
    proves,
    room,
    voices_said,
)
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.copying import Voices, kinds
from ceasefire.attribute.frames import Frames
from ceasefire.attribute.hearing import nothing_learned, some_of
from ceasefire.attribute.kernel import Likeness, answers, weigh
from ceasefire.attribute.model import Posterior, weighed_apart
from ceasefire.attribute.proof import Standard
from ceasefire.attribute.testimony import Floats, Ints, Testimony, elicited_hits
from ceasefire.attribute.testimony import weigh as read_as
from ceasefire.compiled import compiled


class Moved(NamedTuple):
    """By unit and frame. ``frame``: where the unit stands now (units x 1); ``leads``: the slot that leads if it stood there, -1 =
    several; ``holds``: whether the answer that leads now would still lead and reach its standard."""

    frame: Any
    leads: Any
    holds: Any


class _Pieces(NamedTuple):
    """Frames of incidents with other voices: where those of each begin in ``said`` (rows among those said of
    all camps, -1 = names nobody) and ``own``; ``weight``: log-likelihood."""

    begins: Any
    said: Any
    own: Any
    weight: Any


def elsewhere(
    posterior: Posterior,
    t: Testimony,
    said: Said,
    asked: Standard,
    voices: Voices,
    accounts: Accounts,
    candidates: Candidates,
    stand: Frames,
    of: Units,
    unit: Ints,
    incident: Ints,
    leads: Ints,
    terms_now: Floats,
    own_now: Floats,
) -> Moved:
    """Read each unit as one of each other frame.

    Args:
        posterior: as everything was weighed.
        t: the voices said.
        said: the same, as the standard counts them.
        asked: the standard.
        voices: the voices.
        accounts: what was claimed.
        candidates: the answers.
        stand: the frames.
        of: the units.
        unit: those to be moved.
        incident: of each.
        leads: by incident, the slot that leads now.
        terms_now: log-likelihood of each voice told, by slot.
        own_now: how much of each is its own word.
    """
    heard, told, n_said = posterior.heard, posterior.heard.told, len(t.incident)
    frame: Ints = stand.declared[of.key].copy()
    frame[of.told] = told.frame
    every, apart = [said], []
    for f in range(len(stand.camps)):
        counted, nats = _as_if(f, posterior, t, said, asked, voices, accounts, candidates, stand)
        every.append(counted)
        apart.append(_by_unit(of, heard.like.worth * nats))
    voices_of = np.argsort(of.told, kind="stable")
    bounds = np.searchsorted(of.told[voices_of], np.arange(len(of.key) + 1)).astype(np.int64)
    rows, begins, moved = _rows(
        unit, incident, frame, len(stand.camps), bounds, voices_of, told.start, told.frame, of.told
    )
    to = np.tile(np.arange(-1, len(stand.camps)), len(unit))
    there = np.repeat(to, np.diff(begins))
    n_speakers = len(heard.like.counts)
    same = some_of(told, rows, begins, told.base[np.repeat(incident, len(stand.camps) + 1)])
    fewer = same._replace(
        source=same.source + np.where(moved, n_speakers * (1 + there), 0),
        frame=np.where(moved, there, same.frame),
    )
    held = np.where(moved[:, None], 0.0, heard.held[rows])
    width, n = posterior.score.shape[1], len(begins) - 1
    terms, own, score = np.zeros((len(rows), width)), np.zeros((len(rows), width, 3)), np.zeros((n, width))
    like = _likeness(posterior, stand)
    weigh(fewer, like, score, np.zeros((n, width)), terms, own, nothing_learned(held), False)
    weight = np.zeros((n, width))
    np.add.at(weight, np.repeat(np.arange(n), np.diff(begins)), terms)
    names = np.where(heard.row[rows] < n_said, heard.row[rows] + np.where(moved, n_said * (1 + there), 0), -1)
    pieces = _Pieces(begins, names, own[:, :, 0].copy(), weight)
    found = np.zeros((len(unit), len(stand.camps)), dtype=np.int64)
    holds = np.zeros(found.shape, dtype=np.bool_)
    joined = _joined(every)
    _move(
        unit, incident, leads, frame, pieces, np.stack(apart), terms_now, own_now, heard.row, told.start, told.frame, told.base, of,
        posterior.beside, joined, n_said, room(joined, width), p.TIE, found, holds,
    )  # fmt: skip
    return Moved(frame[unit][:, None], found, holds)


def _as_if(
    f: int,
    posterior: Posterior,
    t: Testimony,
    said: Said,
    asked: Standard,
    voices: Voices,
    accounts: Accounts,
    candidates: Candidates,
    stand: Frames,
) -> tuple[Said, Floats]:
    """All voices as if every source stood in a frame: as the standard counts them, and nats of those weighed apart."""
    camp = stand.camps[f] or None
    side = accounts.side_of.get(camp, camp) if camp else None
    speakers = accounts.speakers.with_columns(
        camp=pl.lit(camp, dtype=pl.String), side=pl.lit(side, dtype=pl.String)
    )
    there = replace(accounts, speakers=speakers)
    voices = replace(voices, said=kinds(voices.said, there))
    read = read_as(voices, there, candidates)
    sides = accounts.speakers["side"].drop_nulls().unique(maintain_order=True).to_list()
    code = sides.index(side) + 1 if side in sides else 0
    read = replace(read, camp=np.full(len(t.camp), code), factor=t.factor)
    counted = voices_said(
        posterior, read, voices, np.full(len(t.camp), frame_sides(stand, accounts)[f]), asked
    )
    return counted, weighed_apart(read, candidates, elicited_hits(speakers), said.apart)


def _by_unit(of: Units, nats: Floats) -> Floats:
    out = np.zeros(of.apart.shape)
    np.add.at(out, of.said, nats)
    return out


def _joined(every: list[Said]) -> Said:
    """The voices said as they are, then as if all stood in each frame."""
    stacked = {
        name: np.concatenate([getattr(one, name) for one in every])
        for name in ("error", "weight", "line", "camp", "origin", "side", "names", "admits", "factor")
    }
    return every[0]._replace(**stacked)


def _likeness(posterior: Posterior, stand: Frames) -> Likeness:
    """What sources are like, and after them what each would be like in each frame: as its kind is there."""
    like, owner = posterior.heard.like, posterior.standing.owner
    kind = stand.kind[owner]
    there = [p.SOURCE_WEIGHT * posterior.heard.kinds[f, kind] for f in range(len(stand.camps))]
    counts = np.concatenate([like.counts, *there])
    return like._replace(counts=counts, totals=counts.sum(axis=2))


@compiled
def _rows(
    unit: Any, incident: Any, frame: Any, frames: int, bounds: Any, voices: Any, start: Any, frame_told: Any, unit_told: Any
) -> Any:  # fmt: skip
    """Voices of pieces: of each unit, its frame without it, then each frame with it. ``moved``: whether a voice is the unit's."""
    begins = np.zeros(len(unit) * (frames + 1) + 1, dtype=np.int64)
    rows, moved = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_)
    for turn in range(2):
        total, piece = 0, 0
        for v in range(len(unit)):
            u, i = unit[v], incident[v]
            for f in range(-1, frames):
                look = frame[u] if f < 0 else f
                if bounds[u + 1] > bounds[u] and f != frame[u]:
                    for x in range(start[i], start[i + 1]):
                        if frame_told[x] == look and unit_told[x] != u:
                            if turn == 1:
                                rows[total], moved[total] = x, False
                            total += 1
                    if f >= 0:
                        for x in range(bounds[u], bounds[u + 1]):
                            if turn == 1:
                                rows[total], moved[total] = voices[x], True
                            total += 1
                piece += 1
                begins[piece] = total
        if turn == 0:
            rows, moved = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.bool_)
    return rows, begins, moved


@compiled
def _move(
    unit: Any, incident: Any, leads: Any, frame: Any, pieces: Any, apart: Any, terms: Any, own: Any, row_said: Any, start: Any,
    frame_told: Any, base: Any, of: Any, beside: Any, said: Any, n_said: int, room: Any, tie: float, found: Any, holds: Any,
) -> None:  # fmt: skip
    width, most = base.shape[1], 1
    for i in range(len(said.start) - 1):
        most = max(most, said.start[i + 1] - said.start[i])
    kept = np.empty(most, dtype=np.int64)
    share, drew = np.empty((most, width)), np.empty((most, width))
    chances = np.empty(width)
    frames = found.shape[1]
    for v in range(len(unit)):
        u, i = unit[v], incident[v]
        k, slots = leads[i], answers(base[i])
        left = v * (frames + 1)
        for f in range(frames):
            if f == frame[u]:
                continue
            joins = left + 1 + f
            changed = pieces.begins[joins + 1] > pieces.begins[joins]
            for z in range(slots):
                chances[z] = beside[i, z] - of.apart[u, z] + apart[f, u, z]
                if changed:
                    chances[z] += pieces.weight[left, z] + pieces.weight[joins, z]
            n = 0
            for x in range(start[i], start[i + 1]):
                if changed and (frame_told[x] == frame[u] or frame_told[x] == f):
                    continue
                for z in range(slots):
                    chances[z] += terms[x, z]
                if row_said[x] < n_said:
                    kept[n] = row_said[x]
                    for z in range(slots):
                        share[n, z], drew[n, z] = own[x, z], 1.0 - own[x, z]
                    n += 1
            if changed:
                for piece in (left, joins):
                    for x in range(pieces.begins[piece], pieces.begins[piece + 1]):
                        if pieces.said[x] >= 0:
                            kept[n] = pieces.said[x]
                            for z in range(slots):
                                share[n, z], drew[n, z] = pieces.own[x, z], 1.0 - pieces.own[x, z]
                            n += 1
            for row in range(said.start[i], said.start[i + 1]):
                if said.apart[row]:
                    kept[n] = row + n_said * (1 + f) if of.said[row] == u else row
                    for z in range(slots):
                        share[n, z], drew[n, z] = said.factor[row], 0.0
                    n += 1
            top = chances[0]
            for z in range(slots):
                top = max(top, chances[z])
            mass = 0.0
            for z in range(slots):
                chances[z] = np.exp(chances[z] - top)
                mass += chances[z]
            for z in range(slots):
                chances[z] /= mass
            found[v, f] = leader(chances, slots, tie)
            if found[v, f] == k:
                holds[v, f], _ = proves(i, k, chances, slots, n, kept, share, drew, said, room)
