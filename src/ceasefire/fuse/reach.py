"""Which reports can see which.

In: packed rows. Out: rows. A report looks for partners under codes (cells of the grid, and what it shares: a page, a rare word, a
place, an area, bare time) and among those that begin within some time there. So a row that comes or changes concerns those
that look where it stands; and for these, all that stands where they look has to be at hand. Looking too far is harmless,
so everything is rounded outwards.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import compiled
from ceasefire.fuse.compare import SHARED_WINDOW, WINDOW
from ceasefire.fuse.encode import HAS_POINT, Ints
from ceasefire.fuse.grid import CLASSES, HEIGHTS, all_columns, cell
from ceasefire.fuse.meetings import ADMIN, BACK, NOWHERE, PAGE, PLACE, WORD
from ceasefire.fuse.rows import Keys
from ceasefire.fuse.weights import NEAR_DAYS, NEAR_DEGREES

SHARED = (PAGE, WORD, WORD, PLACE, ADMIN)  # what the columns of shared codes are
EVER = 2**40  # minutes


class Scope(NamedTuple):
    """Rows, the codes they look under or can be found under, and from when to when (minutes)."""

    row: Ints
    code: Keys
    low: Ints
    high: Ints


def mixed(kind: Any, key: Any, time: Any) -> Keys:
    """One number for a kind of looking, a key and a time. Two that fall together only send a row where it is not needed."""
    with np.errstate(over="ignore"):
        value = np.asarray(key).astype(np.uint64) + np.asarray(kind).astype(np.uint64) * np.uint64(
            0xD6E8FEB86659FD93
        )
        for more in (np.asarray(time).astype(np.int64).astype(np.uint64), np.uint64(0)):
            value = (value ^ (value >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9) + more
            value = (value ^ (value >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray(value ^ (value >> np.uint64(32)), dtype=np.uint64)


def neighbourhoods(body: Any) -> Keys:
    """A number for the neighbourhood of each row, as ``context.neighbourhood`` has it, but the same beside any other rows."""
    pointed = (body["flags"] & HAS_POINT) > 0
    north, east = (
        np.floor(np.nan_to_num(body[name]).astype(np.float64) / NEAR_DEGREES).astype(np.int64)
        for name in ("latitude", "longitude")
    )
    named = np.where(body["place_key"] > 0, body["place_key"], body["admin_key"])
    key = np.where(pointed, (north * 65_536 + east).view(np.uint64), named)
    return mixed(np.where(pointed, 32, 33), key, body["start"].astype(np.int64) // (NEAR_DAYS * 1440))


def shared_codes(body: Any, words: NDArray[np.uint32], holders: Ints) -> Keys:
    """What each row shares with others, a column for each of ``SHARED``; 0 = nothing. ``words``, ``holders``: its rare words."""
    made = np.zeros((len(body), len(SHARED)), dtype=np.uint64)
    for column, name in ((0, "url"), (3, "place_key"), (4, "admin_key")):
        there = np.flatnonzero(body[name])
        made[there, column] = mixed(SHARED[column], body[name][there], 0)
    second = np.concatenate([[False], holders[1:] == holders[:-1]]) if len(holders) else holders
    made[holders, np.where(second, 2, 1)] = mixed(WORD, words, 0)
    return made


def looking(body: Any, shared: Keys, changed: Ints, longest: Ints) -> Ints:
    """The rows that look where a changed row stands. ``longest``: interval in minutes by grid class."""
    early, late = int(body["start"][changed].min()), int(body["start"][changed].max())
    sorts = np.unique(_class(body, changed))
    every = np.arange(len(body))
    return _meeting(_asked(body, shared, every, sorts, longest, early, late), _told(body, shared, changed))


def seen(body: Any, shared: Keys, rows: Ints, longest: Ints) -> Ints:
    """All rows that stand where ``rows`` look."""
    asked = _asked(body, shared, rows, np.unique(body["cell"] >> 26), longest, -EVER, EVER)
    if not len(asked.row):
        return asked.row
    start = body["start"]
    near = np.flatnonzero((start >= asked.low.min()) & (start <= asked.high.max()))
    return _meeting(_told(body, shared, near), asked)


def _class(body: Any, rows: Ints) -> Ints:
    return np.asarray(body["cell"][rows] >> 26, dtype=np.int64)


def _told(body: Any, shared: Keys, rows: Ints) -> Scope:
    """Where each of the rows can be found."""
    mine = body[rows]
    codes = [np.where(mine["cell"] >> 26 < CLASSES, mine["cell"], 0).astype(np.uint64), *shared[rows].T]
    codes.append(np.full(len(rows), mixed(NOWHERE, 0, 0), dtype=np.uint64))
    code = np.concatenate(codes)
    start = np.tile(mine["start"].astype(np.int64), len(codes))
    held = code > 0
    return Scope(np.tile(rows, len(codes))[held], code[held], start[held], start[held])


def _asked(body: Any, shared: Keys, rows: Ints, sorts: Ints, longest: Ints, early: int, late: int) -> Scope:
    """Where the rows look in the grids ``sorts`` and among those that share something, if that is ``early`` to ``late``."""
    start, end = body["start"][rows].astype(np.int64), body["end"][rows].astype(np.int64)
    own, pointless = _class(body, rows), (body["flags"][rows] & HAS_POINT) == 0
    parts: list[tuple[Any, Any, Any, Any]] = []

    def ask(asking: Any, codes: Any, back: int, ahead: int) -> None:
        at = np.flatnonzero(asking & (start - back <= late) & (end + ahead >= early))
        if not len(at):
            return
        found = codes(at) if callable(codes) else codes[at][:, None]
        wide = found.shape[1]
        many = (rows[at], start[at] - back, end[at] + ahead)
        row, low, high = (np.repeat(values, wide) for values in many)
        flat = found.reshape(-1)
        parts.append((row[flat > 0], flat[flat > 0], low[flat > 0], high[flat > 0]))

    for sort in sorts[sorts < CLASSES].tolist():
        ask(
            own <= sort,
            lambda at, sort=sort: _cells(body[rows[at]], own[at], sort),
            WINDOW + int(longest[sort]),
            WINDOW,
        )
    for column, kind in enumerate(SHARED):
        code = shared[rows, column]
        if kind in (PAGE, WORD):
            ask(code > 0, code, 0, SHARED_WINDOW if kind == PAGE else WINDOW)
        else:
            ask((code > 0) & pointless, code, WINDOW + BACK, WINDOW)
    bare = np.full(len(rows), mixed(NOWHERE, 0, 0), dtype=np.uint64)
    nowhere = pointless & (body["place_key"][rows] == 0) & (body["admin_key"][rows] == 0)
    ask(nowhere, bare, WINDOW + BACK, WINDOW)
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Scope(none, none.astype(np.uint64), none, none)
    row, code, low, high = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Scope(row, code, low, high)


def _meeting(one: Scope, other: Scope) -> Ints:
    """The rows of one scope that share a code and some time with the other; each once, ascending."""
    codes, at = np.unique(other.code, return_inverse=True)
    if not len(codes):
        return codes.astype(np.int64)
    low, high = np.full(len(codes), EVER), np.full(len(codes), -EVER)
    np.minimum.at(low, at, other.low)
    np.maximum.at(high, at, other.high)
    k = np.minimum(np.searchsorted(codes, one.code), len(codes) - 1)
    hit = (codes[k] == one.code) & (one.low <= high[k]) & (one.high >= low[k])
    return np.unique(one.row[hit])


def _cells(body: Any, own: Ints, sort: int) -> Keys:
    """The cells of a grid that each row looks into, nine columns; 0 = none."""
    made = np.zeros((len(body), 9), dtype=np.int64)
    _fill_cells(
        body["latitude"].copy(),
        body["longitude"].copy(),
        own,
        sort,
        HEIGHTS[sort],
        all_columns()[sort],
        made,
    )
    return made.astype(np.uint64)


@compiled
def _fill_cells(
    latitudes: Any, longitudes: Any, own: Any, sort: int, height: float, bands: Any, made: Any
) -> None:
    """The same steps as in ``candidates``."""
    for k in range(len(latitudes)):
        latitude, longitude = np.float64(latitudes[k]), np.float64(longitudes[k])
        band = np.int64((latitude + 90.0) / height)
        used = 0
        for north in range(0 if sort == own[k] else -1, 2):
            if band + north < 0 or band + north >= len(bands):
                continue
            wide = bands[band + north]
            column = np.int64((longitude + 180.0) / 360.0 * wide) % wide
            for east in range(0 if sort == own[k] and north == 0 else -1, 2):
                made[k, used] = cell(sort, band + north, (column + east + wide) % wide)
                used += 1
