"""All clauses over all worlds in one pass: the compiled engine.

In: incidents as arrays, and touches (an incident that could count under a lane: one clause, one bearer). Out, for each
lane: the worlds in which something counts, is excused, how often and when first; for each touch: in how many worlds; for
each clock: what was told by day and hour. Worlds are packed 64 to a word, incidents are streamed in the order of time, so
memory grows with worlds x lanes and not with worlds x incidents. Sums of whole numbers, unions and minima: the
result is the same for any number of threads.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import compiled
from ceasefire.comply.draws import LAST, ONE, Bits, Floats, fill_uniform, popcount

Ints = NDArray[np.int64]
PLANES = 20  # bits of the counters of incidents a lane: about a million
MAX_SLOTS = 64
SHARE = 256  # incidents for which a thread is worth starting


class Cast(NamedTuple):
    """Incidents as arrays, sorted by start. Hours since the origin; ``edges`` are cumulative over answer slots."""

    start: Floats
    span: Floats
    floor: Floats  # earliest start of this and all later incidents
    who_key: Bits
    when_key: Bits
    whom_key: Bits
    options: Ints
    slots: Ints
    edges: Floats
    bloc: Ints  # row of ``shared`` that stands for its luck; -1 = its own
    shared: Floats
    drawn_row: Ints  # row of ``drawn`` that holds its answer slots; -1 = drawn here
    drawn: NDArray[np.uint8]
    timed_row: Ints  # row of ``timed`` that holds its hours; -1 = drawn here
    timed: Floats
    real: Ints  # row of ``gates`` with the worlds in which it is a happening of its own; -1 = all
    weight: Ints  # killed, best figure


class Touches(NamedTuple):
    """Which incident may count under which lane, by incident: ``of[i]`` to ``of[i + 1]``."""

    of: Ints
    lane: Ints
    slots: Bits  # answer slots in which the bearer did it
    protected: Bits  # options of the affected that the clause protects
    exempt: Bits  # options under which it is excused
    forgivable: NDArray[np.bool_]  # excused also where nobody protected was hit
    excuse: Ints  # row of ``gates`` with more worlds in which it is excused; -1 = none
    gate: Ints  # row of ``gates`` with the worlds in which it lies in place; -1 = all


class Lanes(NamedTuple):
    """One clause and bearer each: from when to when in hours; ``clocks``: which clocks its incidents disturb."""

    start: Floats
    end: Floats
    clocks: Bits


class Dials(NamedTuple):
    """Clocks that count: origin in hours, ends of its civil days, how many hours, and whether deaths are counted."""

    origin: Floats
    day_ends: Floats
    hours: Ints
    killed: NDArray[np.bool_]


@dataclass
class Sums:
    """What the pass adds up. See the module's first lines."""

    counted: Bits
    excused: Bits
    planes: Bits
    first: Floats
    n_counted: Ints
    n_excused: Ints
    toll: NDArray[np.int32]
    loud: Bits
    early: NDArray[np.float32]
    last: NDArray[np.float32]

    @classmethod
    def empty(cls, draws: int, lanes: int, touches: int, dials: Dials) -> Sums:
        """Nothing counted yet."""
        words, clocks, days = draws >> 6, *dials.day_ends.shape
        longest = int(dials.hours.max(initial=0))
        return cls(
            counted=np.zeros((lanes, words), np.uint64),
            excused=np.zeros((lanes, words), np.uint64),
            planes=np.zeros((lanes, PLANES, words), np.uint64),
            first=np.full((lanes, draws), np.inf),
            n_counted=np.zeros(touches, np.int64),
            n_excused=np.zeros(touches, np.int64),
            toll=np.zeros((clocks, days + 1, draws), np.int32),
            loud=np.zeros((clocks, longest, words), np.uint64),
            early=np.full((clocks, days + 1, draws), np.inf, np.float32),
            last=np.full((clocks, days + 1, draws), -np.inf, np.float32),
        )

    def join(self, other: Sums) -> None:
        """Add what another thread counted, of other incidents."""
        self.counted |= other.counted
        self.excused |= other.excused
        _add_planes(self.planes, other.planes)
        np.minimum(self.first, other.first, out=self.first)
        self.n_counted += other.n_counted
        self.n_excused += other.n_excused
        self.toll += other.toll
        self.loud |= other.loud
        np.minimum(self.early, other.early, out=self.early)
        np.maximum(self.last, other.last, out=self.last)

    def counts(self, lane: int, draws: int) -> Ints:
        """How many incidents count under a lane, world by world."""
        return np.asarray(_read_planes(self.planes[lane], draws))


def run(
    cast: Cast,
    touches: Touches,
    lanes: Lanes,
    dials: Dials,
    gates: Bits,
    draws: int,
    threads: int | None = None,
) -> Sums:
    """Run all lanes over all worlds, on two threads or so; the answer does not depend on how many."""
    n, size = len(cast.start), (draws, len(lanes.start), len(touches.lane), dials)
    workers = min(threads or cpu_count() or 1, max(1, n // SHARE), 8)
    edges = np.linspace(0, n, workers + 1).astype(np.int64)
    parts = [Sums.empty(*size) for _ in range(workers)]

    def work(k: int) -> None:
        p = parts[k]
        accumulators = (
            p.counted, p.excused, p.planes, p.first, p.n_counted, p.n_excused, p.toll, p.loud, p.early, p.last,
        )  # fmt: skip
        _pass(edges[k], edges[k + 1], cast, touches, lanes, dials, gates, draws, accumulators)

    if workers == 1:
        work(0)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, range(workers)))
    for part in parts[1:]:
        parts[0].join(part)
    return parts[0]


# Plain loops: array expressions would take the compiler ten times as long, and run no faster.
@compiled
def _fill(bits, value):
    for x in range(bits.shape[0]):
        bits[x] = value


@compiled
def _unite(bits, more):
    for x in range(bits.shape[0]):
        bits[x] |= more[x]


@compiled
def _meet(bits, more):
    for x in range(bits.shape[0]):
        bits[x] &= more[x]


@compiled
def _slots(cast, i, u, order, out):
    """Draw who did incident ``i`` in every world, as bits by answer slot."""
    n = cast.slots[i]
    for k in range(n + 1):
        _fill(out[k], np.uint64(0))
    row = cast.drawn_row[i]
    if row >= 0:
        for w in range(u.shape[0]):
            out[cast.drawn[row, w], w >> 6] |= ONE << (np.uint64(w) & LAST)
        return
    if cast.bloc[i] >= 0:
        for w in range(u.shape[0]):
            u[w] = cast.shared[cast.bloc[i], w]
    else:
        fill_uniform(u, cast.who_key[i], order)
    for w in range(u.shape[0]):
        k = 0
        while k < n and u[w] >= cast.edges[i, k]:
            k += 1
        out[k, w >> 6] |= ONE << (np.uint64(w) & LAST)


@compiled
def _hours(cast, i, v, order):
    """Draw when incident ``i`` happened in every world, in hours since the origin."""
    row = cast.timed_row[i]
    if row < 0 and cast.span[i] > 0:
        fill_uniform(v, cast.when_key[i], order)
    for w in range(v.shape[0]):
        if row >= 0:
            v[w] = cast.timed[row, w]
        elif cast.span[i] > 0:
            v[w] = cast.start[i] + cast.span[i] * v[w]
        else:
            v[w] = cast.start[i]


@compiled
def _inside(start, end, s, e, v, out):
    """Bits of the worlds in which it happened from ``start`` up to ``end``; ``s`` to ``e`` bound its hours."""
    if s >= start and (e < end or (s == e and s < end)):
        _fill(out, ~np.uint64(0))
        return
    _fill(out, np.uint64(0))
    if e >= start and s < end:
        for w in range(v.shape[0]):
            if v[w] >= start and v[w] < end:
                out[w >> 6] |= ONE << (np.uint64(w) & LAST)


@compiled
def _first(bits, v, floor, first, settled):
    """Keep the earliest hour at which a lane counts anything. Later incidents cannot improve on an earlier hour."""
    for x in range(bits.shape[0]):
        left = bits[x] & ~settled[x]
        if left == 0:
            continue
        for b in range(64):
            bit = ONE << np.uint64(b)
            if left & bit:
                w = (x << 6) + b
                first[w] = min(first[w], v[w])
                if first[w] <= floor:
                    settled[x] |= bit


@compiled
def _tick(c, dials, bits, v, weight, toll, loud, early, last):
    """Enter an incident into a clock's days and hours."""
    for x in range(bits.shape[0]):
        if bits[x] == 0:
            continue
        for b in range(64):
            if not bits[x] & (ONE << np.uint64(b)):
                continue
            w = (x << 6) + b
            at = v[w] - dials.origin[c]
            hour = np.int64(np.floor(at))
            if at < 0 or hour >= dials.hours[c]:
                continue
            day = np.int64(at / 24.0)
            while day > 0 and dials.day_ends[c, day - 1] > at:
                day -= 1
            while day < dials.day_ends.shape[1] and dials.day_ends[c, day] <= at:
                day += 1
            toll[c, day, w] += weight
            loud[c, hour, x] |= ONE << np.uint64(b)
            early[c, day, w] = min(early[c, day, w], at)
            last[c, day, w] = max(last[c, day, w], at)


@compiled
def _pass(  # noqa: PLR0915 - one loop over incidents: what it holds at hand is the point
    low, high, cast, touches, lanes, dials, gates, draws, sums
):
    counted_any, excused_any, planes, first, n_counted, n_excused, toll, loud, early, last = sums
    words, n_clocks = draws >> 6, dials.origin.shape[0]
    u, v, order = np.empty(draws), np.empty(draws), np.empty(draws >> 1, np.int32)
    who = np.zeros((MAX_SLOTS + 1, words), np.uint64)
    whom = np.zeros((MAX_SLOTS, words), np.uint64)
    inside, mine = np.zeros(words, np.uint64), np.zeros(words, np.uint64)
    prot, exempt = np.zeros(words, np.uint64), np.zeros(words, np.uint64)
    every = np.zeros(words, np.uint64)
    _fill(every, ~np.uint64(0))
    settled = np.zeros((lanes.start.shape[0], words), np.uint64)
    disturbed = np.zeros((n_clocks, words), np.uint64)
    for i in range(low, high):
        if touches.of[i] == touches.of[i + 1]:
            continue
        _slots(cast, i, u, order, who)
        _hours(cast, i, v, order)
        s, e = cast.start[i], cast.start[i] + cast.span[i]
        n_options = cast.options[i]
        if n_options > 1:
            fill_uniform(u, cast.whom_key[i], order)
            for o in range(n_options):
                _fill(whom[o], np.uint64(0))
            for w in range(draws):
                whom[np.int64(u[w] * n_options), w >> 6] |= ONE << (np.uint64(w) & LAST)
        for c in range(n_clocks):
            _fill(disturbed[c], np.uint64(0))
        for t in range(touches.of[i], touches.of[i + 1]):
            lane = touches.lane[t]
            _inside(lanes.start[lane], lanes.end[lane], s, e, v, inside)
            _fill(mine, np.uint64(0))
            for k in range(cast.slots[i] + 1):
                if (touches.slots[t] >> np.uint64(k)) & ONE:
                    _unite(mine, who[k])
            _meet(mine, inside)
            if cast.real[i] >= 0:
                _meet(mine, gates[cast.real[i]])
            if touches.gate[t] >= 0:
                _meet(mine, gates[touches.gate[t]])
            _fill(prot, np.uint64(0))
            _fill(exempt, np.uint64(0))
            for o in range(max(n_options, 1)):
                option = whom[o] if n_options > 1 else every
                if (touches.protected[t] >> np.uint64(o)) & ONE:
                    _unite(prot, option)
                if (touches.exempt[t] >> np.uint64(o)) & ONE:
                    _unite(exempt, option)
            if touches.excuse[t] >= 0:
                _unite(exempt, gates[touches.excuse[t]])
            for x in range(words):
                pardon = mine[x] & exempt[x]
                if not touches.forgivable[t]:
                    pardon &= prot[x]
                mine[x] &= prot[x] & ~exempt[x]
                excused_any[lane, x] |= pardon
                counted_any[lane, x] |= mine[x]
                n_excused[t] += popcount(pardon)
                n_counted[t] += popcount(mine[x])
                carry = mine[x]
                plane = np.int64(0)
                while carry != 0 and plane < planes.shape[1]:
                    both = planes[lane, plane, x] & carry
                    planes[lane, plane, x] ^= carry
                    carry = both
                    plane += 1
            _first(mine, v, cast.floor[i], first[lane], settled[lane])
            for c in range(n_clocks):
                if (lanes.clocks[lane] >> np.uint64(c)) & ONE:
                    _unite(disturbed[c], mine)
        for c in range(n_clocks):
            weight = cast.weight[i] if dials.killed[c] else 1
            if weight > 0:
                _tick(c, dials, disturbed[c], v, weight, toll, loud, early, last)


@compiled
def _add_planes(mine, other):
    for lane in range(mine.shape[0]):
        for x in range(mine.shape[2]):
            carry = np.uint64(0)
            for plane in range(mine.shape[1]):
                a, b = mine[lane, plane, x], other[lane, plane, x]
                mine[lane, plane, x] = a ^ b ^ carry
                carry = (a & b) | (a & carry) | (b & carry)


@compiled
def _read_planes(planes, draws):
    out = np.zeros(draws, np.int64)
    for plane in range(planes.shape[0]):
        for w in range(draws):
            if (planes[plane, w >> 6] >> (np.uint64(w) & LAST)) & ONE:
                out[w] += 1 << plane
    return out
