"""Which pairs of reports are worth comparing.

In: ``Encoded`` reports. Out: pairs of grid rows, streamed in batches, each pair once. Method: a report meets those of its own
grid class ahead of it and all of coarser classes, in its cell and those around it, when the intervals are within the window
and the points within the gate, in joint radii. Reports without a point meet by place name, first-level area or time; pages
told twice and rare words shared meet wherever they are. Work is bounded: in a crowd each report meets its nearest in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import compiled, lean
from ceasefire.fuse.compare import FLAT_KM, WINDOW, gate_km, joint_radius, km_between
from ceasefire.fuse.encode import Encoded, Flags, Ints
from ceasefire.fuse.grid import CLASSES, HEIGHTS, all_columns, cell
from ceasefire.fuse.meetings import Asks, Meeting, meeting_pairs, meetings
from ceasefire.fuse.weights import COARSE_GATE, COARSE_KM, GATE, MEETINGS

BATCH = 1 << 19  # pairs handed over at a time


class Grid(NamedTuple):
    """The cells: a hash table of keys with the run of rows of each, what the gate reads of a row, and for each class its first
    row, its longest interval (minutes), the height of its bands (degrees) and their columns."""

    keys: Any
    first: Any
    last: Any
    start: Any
    end: Any
    latitude: Any
    longitude: Any
    sigma: Any
    cosine: Any
    bounds: Any
    longest: Any
    heights: Any
    columns: Any


@dataclass(frozen=True)
class Index:
    """Everything needed to find partners. ``crowded``: rows that could not meet all they should, filled as pairs are found.

    ``home``: rows that look for partners in this grid; None = all.
    """

    grid: Grid
    meetings: tuple[Meeting, ...]
    crowded: Flags
    home: Flags | None = None


def index(data: Encoded, home: Flags | None = None, asks: Asks | None = None) -> Index:
    """Prepare to find pairs. A shard tells which of its rows look for partners here: see ``Index`` and ``meetings``."""
    return Index(_grid(data), tuple(meetings(data, asks)), np.zeros(data.n, dtype=np.bool_), home)


def batches(data: Encoded, found: Index, queries: Ints, shift: int = 0) -> Iterator[NDArray[np.int32]]:
    """Pairs of grid rows (two columns) in batches. ``shift`` (minutes added to the partner's times) makes decoys of the grid."""
    out = np.empty((BATCH, 2), dtype=np.int32)
    slots = np.zeros((4, CLASSES, 3, 3), dtype=np.int64)
    at = 0
    looking = queries if found.home is None else queries[found.home[queries]]
    while at < len(looking):
        used, at = _grid_pairs(data.deck, found.grid, looking, at, shift, found.crowded, slots, out)
        yield out[:used]
    if shift:
        return
    chosen = np.zeros(data.n, dtype=np.bool_)
    chosen[queries] = True
    for meeting in found.meetings:
        at = 0
        while at < len(meeting.query):
            used, at = meeting_pairs(data.deck, meeting, chosen, at, found.crowded, out)
            yield out[:used]


def _grid(data: Encoded) -> Grid:
    rows, bounds = data.deck.rows, data.bounds
    key = data.cells
    edge = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if data.n else np.zeros(0, np.int64)
    edge = edge[edge < bounds[CLASSES]]
    last = np.append(edge[1:], bounds[CLASSES])
    size = 1 << int(np.ceil(np.log2(4 * max(len(edge), 1))))
    table = np.full(size, -1, dtype=np.int64)
    firsts, lasts = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    _fill(key[edge], edge, last, table, firsts, lasts)
    return Grid(
        keys=table,
        first=firsts,
        last=lasts,
        bounds=bounds,
        longest=data.survey.longest,
        heights=HEIGHTS,
        columns=all_columns(),
        **{c: rows[c].copy() for c in ("start", "end", "latitude", "longitude", "sigma", "cosine")},
    )


@compiled
def _fill(keys: Any, first: Any, last: Any, table: Any, firsts: Any, lasts: Any) -> None:
    for k in range(len(keys)):
        at = _slot(table, keys[k])
        table[at] = keys[k]
        firsts[at] = first[k]
        lasts[at] = last[k]


@lean
def _slot(table: Any, key: int) -> Any:
    """Where a key stands in the table, or would."""
    most = np.uint64(len(table) - 1)
    at = ((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(24)) & most
    while table[at] >= 0 and table[at] != key:
        at = (at + np.uint64(1)) & most
    return at


@lean
def _lower(start: Any, low: int, high: int, least: int) -> Any:
    """First position in low..high whose start is at least ``least``; near ``low`` it is found fast."""
    step = 1
    while low + step < high and start[low + step] < least:
        low += step
        step *= 2
    high = min(high, low + step)
    while low < high:
        middle = (low + high) // 2
        if start[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@lean
def _grid_pairs(
    deck: Any, grid: Any, queries: Any, at: int, shift: int, crowded: Any, slots: Any, out: Any
) -> Any:
    """Pairs of the queries from ``at`` on, until ``out`` may not hold the next; how many, and the query to go on with.

    One long function, since this is where the time goes: handing the arrays to smaller ones for every cell costs more than the
    search.
    """
    keys, firsts, lasts, bands, longest = grid.keys, grid.first, grid.last, grid.columns, grid.longest
    start, end, latitudes, longitudes = grid.start, grid.end, grid.latitude, grid.longitude
    sigmas, cosines, bounds, heights = grid.sigma, grid.cosine, grid.bounds, grid.heights
    most_key = np.uint64(len(keys) - 1)
    # what was found last in each of the cells around a report: the next report mostly looks there again, a little later
    slot_key, slot_low, slot_high, slot_least = slots[0], slots[1], slots[2], slots[3]
    slot_key[:] = -1
    used = 0
    while at < len(queries):
        if used + MEETINGS * CLASSES * 9 > len(out) and used > 0:
            break
        i = queries[at]
        at += 1
        if i >= bounds[CLASSES]:
            continue
        own = 0
        while i >= bounds[own + 1]:
            own += 1
        latitude, longitude, cosine = (
            np.float64(latitudes[i]),
            np.float64(longitudes[i]),
            np.float64(cosines[i]),
        )
        sigma, begin = np.float64(sigmas[i]), np.int64(start[i]) - shift
        most, soonest = np.int64(end[i]) - shift + WINDOW, begin - WINDOW
        for sort in range(own, CLASSES):
            if bounds[sort] == bounds[sort + 1]:
                continue
            least = soonest - longest[sort]
            band = np.int64((latitude + 90.0) / heights[sort])
            for north in range(0 if sort == own else -1, 2):
                if band + north < 0 or band + north >= bands.shape[1]:
                    continue
                wide = bands[sort, band + north]
                column = np.int64((longitude + 180.0) / 360.0 * wide) % wide
                for east in range(0 if sort == own and north == 0 else -1, 2):
                    if (wide == 1 and east != 0) or (wide == 2 and east > 0):
                        continue
                    beside = column + east
                    if beside < 0:
                        beside += wide
                    elif beside >= wide:
                        beside -= wide
                    key = cell(sort, band + north, beside)
                    low, high = slot_low[sort, north, east], slot_high[sort, north, east]
                    if slot_key[sort, north, east] != key or slot_least[sort, north, east] > least:
                        spot = ((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(24)) & most_key
                        while keys[spot] >= 0 and keys[spot] != key:
                            spot = (spot + np.uint64(1)) & most_key
                        low, high = firsts[spot], lasts[spot]
                        if keys[spot] != key:
                            high = low
                        slot_key[sort, north, east], slot_high[sort, north, east] = key, high
                    if low < high and start[low] < least:
                        low = _lower(start, low, high, least)
                    slot_low[sort, north, east], slot_least[sort, north, east] = low, least
                    at_home = sort == own and north == 0 and east == 0
                    if at_home and shift == 0:
                        low = max(low, i + 1)
                    if low + MEETINGS < high and start[low + MEETINGS] <= most:
                        # a crowd: those nearest in time
                        crowded[i] = True
                        high = _lower(start, low, high, most + 1)
                        middle = _lower(start, low, high, begin)
                        if not (at_home and shift == 0):
                            low = min(max(low, middle - MEETINGS // 2), high - MEETINGS)
                        high = low + MEETINGS
                    for j in range(low, high):
                        if start[j] > most:
                            break
                        if end[j] < soonest:
                            continue
                        other = np.float64(sigmas[j])
                        joint = sigma * sigma + other * other
                        reach = (
                            GATE * GATE * joint
                            if joint <= COARSE_KM * COARSE_KM
                            else COARSE_GATE * COARSE_GATE * joint
                        )
                        away = (latitude - latitudes[j]) * 111.0
                        away *= away
                        if away > reach:
                            continue
                        aside = abs(longitude - longitudes[j])
                        if aside < 350.0:
                            # the other's cosine is at least nine tenths of this one's unless far away
                            aside *= cosine * 99.0
                            if aside * aside > reach and reach < FLAT_KM * FLAT_KM and abs(latitude) < 70.0:
                                continue
                        if shift != 0 and at_home and deck.rows[j].rank <= deck.rows[i].rank:
                            continue
                        apart = km_between(
                            latitude,
                            longitude,
                            cosine,
                            np.float64(latitudes[j]),
                            np.float64(longitudes[j]),
                            np.float64(cosines[j]),
                        )
                        if apart <= gate_km(joint_radius(sigma, other)):
                            out[used, 0] = i
                            out[used, 1] = j
                            used += 1
    return used, at
