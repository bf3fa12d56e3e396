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

from ceasefire.compiled import compiled
from ceasefire.fuse.compare import (
    FLAT_KM,
    SHARED_WINDOW,
    WINDOW,
    gap_minutes,
    gate_km,
    joint_radius,
    km_between,
    within_gate,
)
from ceasefire.fuse.encode import HAS_POINT, Encoded, Ints
from ceasefire.fuse.grid import CLASSES, HEIGHTS, all_columns, cell
from ceasefire.fuse.weights import COARSE_GATE, COARSE_KM, FEW_TEXTS, GATE, MEETINGS

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


class Meeting(NamedTuple):
    """Rows that share something (a page, a rare word, a place): ``rows`` run by run, in order of time. Query k stands at
    ``at[k]`` in the run that ends at ``last[k]`` and begins at ``first[k]``. ``kind``: see ``_KINDS``."""

    rows: Any
    query: Any
    at: Any
    first: Any
    last: Any
    kind: int
    window: int


@dataclass(frozen=True)
class Index:
    """Everything needed to find partners. ``crowded``: rows that could not meet all they should, filled as pairs are found."""

    grid: Grid
    meetings: tuple[Meeting, ...]
    crowded: NDArray[np.bool_]


_PAGE, _WORD, _PLACE, _ADMIN, _NOWHERE = range(5)


def index(data: Encoded) -> Index:
    """Prepare to find pairs."""
    return Index(_grid(data), tuple(_meetings(data)), np.zeros(data.n, dtype=np.bool_))


def batches(data: Encoded, found: Index, queries: Ints, shift: int = 0) -> Iterator[NDArray[np.int32]]:
    """Pairs of grid rows (two columns) in batches. ``shift`` (minutes added to the partner's times) makes decoys of the grid."""
    out = np.empty((BATCH, 2), dtype=np.int32)
    at = 0
    while at < len(queries):
        used, at = _grid_pairs(data.deck, found.grid, queries, at, shift, found.crowded, out)
        yield out[:used]
    if shift:
        return
    chosen = np.zeros(data.n, dtype=np.bool_)
    chosen[queries] = True
    for meeting in found.meetings:
        at = 0
        while at < len(meeting.query):
            used, at = _meeting_pairs(data.deck, meeting, chosen, at, found.crowded, out)
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
    names = ("start", "end", "latitude", "longitude", "sigma", "cosine")
    gated = (rows[c].copy() for c in names)
    return Grid(table, firsts, lasts, *gated, bounds, data.survey.longest, HEIGHTS, all_columns())


def _meetings(data: Encoded) -> Iterator[Meeting]:
    """Runs over what reports share. Those with a point have met in the grid: they ask only about pages and rare words."""
    rows = data.deck.rows
    pointless = (rows["flags"] & HAS_POINT) == 0
    all_rows = np.arange(data.n)
    shared = np.flatnonzero(rows["url"])
    yield _meeting(rows, shared, rows["url"][shared], None, _PAGE, SHARED_WINDOW)
    words, holders = _rare_words(data)
    yield _meeting(rows, holders, words, None, _WORD, WINDOW)
    for kind, name in ((_PLACE, "place"), (_ADMIN, "admin")):
        there = np.flatnonzero(rows[name] >= 0)
        if pointless[there].any():
            yield _meeting(rows, there, rows[name][there], pointless, kind, WINDOW)
    nowhere = pointless & (rows["place"] < 0) & (rows["admin"] < 0)
    if nowhere.any():
        yield _meeting(rows, all_rows, np.zeros(data.n, dtype=np.int8), nowhere, _NOWHERE, WINDOW)


def _meeting(rows: Any, members: Ints, key: Any, asking: Any, kind: int, window: int) -> Meeting:
    order = np.lexsort((rows["start"][members], key))
    members, key = members[order], key[order]
    edge = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)
    run = np.repeat(np.arange(len(edge)), np.diff(np.append(edge, len(key))))
    last = np.append(edge[1:], len(key))
    ask = (last - edge)[run] > 1
    if asking is not None:
        ask &= asking[members]
    at = np.flatnonzero(ask)
    return Meeting(members, members[at], at, edge[run[at]], last[run[at]], kind, window)


def _rare_words(data: Encoded) -> tuple[NDArray[np.uint32], Ints]:
    """The two most telling words of each report that few others hold, and the report of each."""
    words = np.empty(2 * data.n, dtype=np.uint32)
    holders = np.empty(2 * data.n, dtype=np.int64)
    used = _rarest(data.deck, data.survey.tally.overall, words, holders)
    return words[:used], holders[:used]


@compiled
def _rarest(deck: Any, texts: Any, words: Any, holders: Any) -> int:
    most = np.uint32(len(texts) - 1)
    used = 0
    for k in range(len(deck.rows)):
        first, second = -1, -1
        for at in range(deck.rows[k].words, deck.rows[k].words + deck.rows[k].known):
            if not 2 <= texts[deck.hashes[at] & most] <= FEW_TEXTS:
                continue
            if first < 0 or deck.weights[at] > deck.weights[first]:
                first, second = at, first
            elif second < 0 or deck.weights[at] > deck.weights[second]:
                second = at
        for at in (first, second):
            if at >= 0:
                words[used] = deck.hashes[at]
                holders[used] = k
                used += 1
    return used


@compiled
def _fill(keys: Any, first: Any, last: Any, table: Any, firsts: Any, lasts: Any) -> None:
    for k in range(len(keys)):
        at = _slot(table, keys[k])
        table[at] = keys[k]
        firsts[at] = first[k]
        lasts[at] = last[k]


@compiled
def _slot(table: Any, key: int) -> Any:
    """Where a key stands in the table, or would."""
    most = np.uint64(len(table) - 1)
    at = ((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(24)) & most
    while table[at] >= 0 and table[at] != key:
        at = (at + np.uint64(1)) & most
    return at


@compiled
def _lower(start: Any, low: int, high: int, least: int) -> int:
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


@compiled
def _grid_pairs(
    deck: Any, grid: Any, queries: Any, at: int, shift: int, crowded: Any, out: Any
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
    slot_key = np.full((CLASSES, 3, 3), -1, dtype=np.int64)
    slot_low = np.zeros((CLASSES, 3, 3), dtype=np.int64)
    slot_high = np.zeros((CLASSES, 3, 3), dtype=np.int64)
    slot_least = np.zeros((CLASSES, 3, 3), dtype=np.int64)
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
        latitude, longitude, cosine = np.float64(latitudes[i]), np.float64(longitudes[i]), np.float64(cosines[i])
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
                        reach = GATE * GATE * joint if joint <= COARSE_KM * COARSE_KM else COARSE_GATE * COARSE_GATE * joint
                        away = (latitude - latitudes[j]) * 111.0
                        away *= away
                        if away > reach:
                            continue
                        aside = abs(longitude - longitudes[j])
                        if aside < 350.0:
                            # the other's cosine is at least nine tenths of this one's unless far away
                            aside *= cosine * 99.0
                            if aside * aside > reach and reach < FLAT_KM * FLAT_KM and latitude < 70.0:
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


@compiled
def _met_in_grid(one: Any, two: Any) -> bool:
    points = one.flags & HAS_POINT and two.flags & HAS_POINT
    return points and gap_minutes(one, two, 0) <= WINDOW and within_gate(one, two)


@compiled
def _met_before(deck: Any, one: Any, two: Any, kind: int) -> bool:
    """Whether an earlier way of meeting has shown this pair."""
    if _met_in_grid(one, two):
        return True
    if kind > _PAGE and one.url != 0 and one.url == two.url:
        return True
    if kind > _PLACE and one.place >= 0 and one.place == two.place:
        return True
    return kind > _ADMIN and one.admin >= 0 and one.admin == two.admin


@compiled
def _meeting_pairs(deck: Any, meeting: Any, chosen: Any, k: int, crowded: Any, out: Any) -> Any:
    """Pairs of the meeting's queries from ``k`` on, until ``out`` may not hold the next."""
    used = 0
    rows, window = meeting.rows, meeting.window
    pointless = meeting.kind >= _PLACE
    while k < len(meeting.query):
        if used + MEETINGS > len(out):
            break
        i, at = meeting.query[k], meeting.at[k]
        k += 1
        if not chosen[i]:
            continue
        one = deck.rows[i]
        low, high, met = at, at + 1, 0
        back, ahead = pointless, True
        # outwards in order of time, the nearer end first, until both are out of the window or enough were met
        while (back or ahead) and met < MEETINGS:
            forward = ahead
            if back and ahead:
                if low - 1 < meeting.first[k - 1]:
                    back = False
                    continue
                if high >= meeting.last[k - 1]:
                    ahead = False
                    continue
                before = one.start - deck.rows[rows[low - 1]].start
                forward = deck.rows[rows[high]].start - one.start <= before
            if forward:
                if high >= meeting.last[k - 1]:
                    ahead = False
                    continue
                j = rows[high]
                high += 1
                if deck.rows[j].start - one.end > window:
                    ahead = False
                    continue
            else:
                if low - 1 < meeting.first[k - 1]:
                    back = False
                    continue
                low -= 1
                j = rows[low]
                if one.start - deck.rows[j].start > window + 96 * 60:
                    back = False
                    continue
            two = deck.rows[j]
            met += 1
            if i == j or gap_minutes(one, two, 0) > window:
                continue
            if pointless and not two.flags & HAS_POINT and deck.rows[j].rank < deck.rows[i].rank:
                continue  # the other asks too
            if _met_before(deck, one, two, meeting.kind):
                continue
            out[used, 0] = i
            out[used, 1] = j
            used += 1
        if met >= MEETINGS:
            crowded[i] = True
    return used, k
