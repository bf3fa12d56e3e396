"""Where a source stands, and since when: its listed camp, unless what it tells says otherwise.

In: accounts in time, what camps and those without one are like, the posterior. Out: ``Standing``, stretches of time in which a
source speaks as one of a camp, or of none. A source may be taken over, or change sides; it is read as listed until its own words
(not those it copied) say otherwise by many nats. Method: for blocks of its accounts the likelihood under each camp's
pooled figures, and the most probable path through the blocks (Viterbi).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ceasefire.attribute import priors as p
from ceasefire.attribute.frames import Frames
from ceasefire.attribute.kernel import Told, answers, chance
from ceasefire.attribute.testimony import Floats, Ints
from ceasefire.compiled import compiled


@dataclass(frozen=True)
class Standing:
    """Stretches, by source and time: speaker k is source ``owner[k]`` from day ``since[k]`` on, as one of ``frame[k]``. Those of
    source s are ``first[s]:first[s + 1]``; the first begins before all time."""

    owner: Ints
    since: Floats
    frame: Ints
    first: Ints

    def same(self, other: Standing) -> bool:
        """Whether all stand as in another."""
        return (
            np.array_equal(self.owner, other.owner)
            and np.array_equal(self.since, other.since)
            and np.array_equal(self.frame, other.frame)
        )

    def speaker(self, source: Ints, day: Floats) -> Ints:
        """Who a source is on a day."""
        if len(self.owner) == len(self.first) - 1:
            return source
        out = self.first[source].copy()
        for later in range(1, int(np.diff(self.first).max(initial=1))):
            at = self.first[source] + later
            there = at < self.first[source + 1]
            out += there & (day >= self.since[np.where(there, at, 0)])
        return out


def descent(owner: Ints, leader: Ints) -> Ints:
    """The source that each source descends from by copying, itself where it has no leader."""
    root = np.arange(int(owner.max(initial=-1)) + 1)
    for k in range(len(owner)):
        at, seen = k, 0
        while leader[at] >= 0 and seen < len(owner):
            at, seen = int(leader[at]), seen + 1
        if leader[k] >= 0:
            root[owner[k]] = owner[at]
    return root


def as_listed(frames: Frames) -> Standing:
    """Every source in one stretch, as it is listed."""
    n = len(frames.declared)
    return Standing(np.arange(n), np.full(n, -np.inf), frames.declared.copy(), np.arange(n + 1))


def find_standing(
    told: Told,
    owner: Ints,
    day: Floats,
    frames: Frames,
    pooled: Floats,
    posterior: Floats,
    terms: Floats,
    weight: Floats,
) -> Standing:
    """Read every source's standing from its accounts.

    Args:
        told: accounts.
        owner: the source of each account.
        day: the day of each account.
        frames: the camps, and where sources are listed.
        pooled: frames x rows x columns, shares.
        posterior: incidents x slots.
        terms: accounts x slots: what each account added to it.
        weight: how much of each account is the source's own word.
    """
    n_frames = len(frames.camps)
    alike = np.zeros((len(owner), n_frames))
    incident = np.repeat(np.arange(len(told.start) - 1), np.diff(told.start))
    _alike(incident, told.value, told.base, frames.rows, pooled, posterior, terms, alike)
    alike *= weight[:, None]
    order = np.lexsort((day, owner))
    bounds = np.searchsorted(owner[order], np.arange(len(frames.declared) + 1))
    made_owner, since, frame, first = [], [], [], [0]
    for source in range(len(frames.declared)):
        mine = order[bounds[source] : bounds[source + 1]]
        for start, stands in _stretches(alike[mine], day[mine], int(frames.declared[source])):
            made_owner.append(source)
            since.append(start)
            frame.append(stands)
        first.append(len(made_owner))
    return Standing(np.array(made_owner), np.array(since), np.array(frame), np.array(first))


def _stretches(alike: Floats, day: Floats, listed: int) -> list[tuple[float, int]]:
    """Beginning and frame of each stretch of one source."""
    n_frames = alike.shape[1]
    blocks = min(len(alike) // p.STAND_BLOCK, p.STAND_BLOCKS)
    if n_frames < 2 or len(alike) < p.STAND_FEWEST:
        return [(-np.inf, listed)]
    edges = np.linspace(0, len(alike), max(blocks, 1) + 1).astype(np.int64)
    worth = np.add.reduceat(alike, edges[:-1], axis=0)
    elsewhere = -p.STAND_NATS
    start = np.full(n_frames, elsewhere)
    start[listed] = 0.0
    change = np.full((n_frames, n_frames), -p.STAND_NATS)
    np.fill_diagonal(change, 0.0)
    best, back = start + worth[0], []
    for block in worth[1:]:
        ways = best[:, None] + change
        back.append(ways.argmax(axis=0))
        best = ways.max(axis=0) + block
    # of equals, the listed one
    at = listed if best[listed] >= best.max() else int(best.argmax())
    path = [at]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    path.reverse()
    out = [(-np.inf, path[0])]
    for k in range(1, len(path)):
        if path[k] != path[k - 1]:
            out.append((float(day[edges[k]]), path[k]))
    return out


@compiled
def _alike(
    incident: Any, value: Any, base: Any, rows: Any, pooled: Any, posterior: Any, terms: Any, out: Any
) -> None:
    """Log-likelihood of each account as one of each frame, the truth being what all other accounts say."""
    odds = np.empty(base.shape[1])
    for k in range(len(incident)):
        i = incident[k]
        slots = answers(base[i])
        top = -1e300
        for z in range(slots):
            odds[z] = np.log(max(posterior[i, z], 1e-12)) - terms[k, z]
            top = max(top, odds[z])
        mass = 0.0
        for z in range(slots):
            odds[z] = np.exp(odds[z] - top)
            mass += odds[z]
        for f in range(len(rows)):
            said = 0.0
            for z in range(slots):
                share = chance(pooled[f, rows[f, base[i, z]]], 1.0, 0.0, rows[f], base[i], value[k], z, slots)
                said += odds[z] / mass * share
            out[k, f] = np.log(max(said, 1e-6))
