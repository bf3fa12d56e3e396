"""How much happens around a report, and how common what it tells is there.

In: rows. Out: the rows' ``crowd`` and ``*_common`` levels. In an offensive everything is alike: that two reports give one act
then says little. Happenings are counted through the most talkative source, since a source seldom tells one twice while
many may tell of one; so a single happening with fifty reports is not a crowd.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ceasefire.compiled import compiled, lean
from ceasefire.fuse.weights import COMMON, CROWDS, NEAR_DAYS, NEAR_DEGREES, RARE

_PRIOR = 2.0  # happenings that the overall share of a value is worth beside those of a neighbourhood


def set_context(rows: Any, acts: Any, actors: Any, affecteds: Any) -> None:
    """Fill the levels of all rows. ``acts``, ``actors``, ``affecteds``: share of each code among all reports that give one."""
    near = _neighbourhoods(rows)
    order = np.argsort(near, kind="stable")
    _set(rows, order, near, acts, actors, affecteds, np.array(CROWDS, dtype=np.int64))


@lean
def neighbourhood(row: Any) -> Any:
    """A number for the square, or the place or area, and the days of a report."""
    days = np.int64(row.start) // (NEAR_DAYS * 1440)
    if row.flags & 1:
        north = np.int64(np.floor(np.float64(row.latitude) / NEAR_DEGREES))
        east = np.int64(np.floor(np.float64(row.longitude) / NEAR_DEGREES))
        where = (north + 1000) * 4000 + east + 2000
    elif row.place >= 0:
        where = np.int64(row.place) + 100_000_000
    else:
        where = np.int64(row.admin) + 1_000_000_000
    return _mixed(np.uint64(where), np.uint64(days))


@lean
def _mixed(one: Any, two: Any) -> Any:
    value = one * np.uint64(0x9E3779B97F4A7C15) + two
    value = (value ^ (value >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    return value ^ (value >> np.uint64(29))


@lean
def _most_told(code: Any, source: Any, start: Any, run: Any, values: Any, parts: Any, told: Any) -> None:
    """For each row of a run, how often the source that gives the row's value most gives it. -2 = no value.

    One source's reports that begin at one minute count once.
    """
    size = 8
    while size < 4 * len(run):
        size *= 2
    most = np.uint64(size - 1)
    values[:size] = 0
    parts[:size] = 0
    for both in range(2):
        for k in range(len(run)):
            if code[run[k]] < -1:
                continue
            value = np.int64(code[run[k]]) + 2
            at = _mixed(np.uint64(value), np.uint64(0)) & most
            while values[at, 0] != 0 and values[at, 0] != value:
                at = (at + np.uint64(1)) & most
            if both == 1:
                told[run[k]] = values[at, 1]
                continue
            values[at, 0] = value
            # by source and minute first, then by source
            part = (value << 32) | np.int64(source[run[k]] + 1)
            moment = np.int64(_mixed(np.uint64(part), np.uint64(start[run[k]]))) | 1
            fresh = False
            for key in (moment, part << 1):
                where = _mixed(np.uint64(key), np.uint64(1)) & most
                while parts[where, 0] != 0 and parts[where, 0] != key:
                    where = (where + np.uint64(1)) & most
                if key == moment:
                    fresh = parts[where, 0] == 0
                    parts[where, 0] = key
                elif fresh:
                    parts[where, 0] = key
                    parts[where, 1] += 1
                    values[at, 1] = max(values[at, 1], parts[where, 1])


@compiled
def _neighbourhoods(rows: Any) -> Any:
    out = np.empty(len(rows), dtype=np.uint64)
    for k in range(len(rows)):
        out[k] = neighbourhood(rows[k])
    return out


@compiled
def _set(rows: Any, order: Any, near: Any, acts: Any, actors: Any, affecteds: Any, crowds: Any) -> None:
    n = len(rows)
    size = 8
    while size < 4 * n:
        size *= 2
    values, parts = np.zeros((size, 2), dtype=np.int64), np.zeros((size, 2), dtype=np.int64)
    source, start = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    code = np.empty((4, n), dtype=np.int32)
    for k in range(n):
        source[k], start[k] = rows[k].source, rows[k].start
        code[0, k] = -1
        code[1, k] = rows[k].act if rows[k].act >= 0 else -2
        code[2, k] = rows[k].actor if rows[k].actor >= 0 else -2
        code[3, k] = rows[k].affected if rows[k].affected >= 0 else -2
    every, told = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    first = 0
    while first < n:
        last = first + 1
        while last < n and near[order[last]] == near[order[first]]:
            last += 1
        run = order[first:last]
        first = last
        _most_told(code[0], source, start, run, values, parts, every)
        for k in run:
            level = 0
            for bound in crowds:
                level += every[k] >= bound
            rows[k].crowd = level
        for column in range(1, 4):
            _most_told(code[column], source, start, run, values, parts, told)
            for k in run:
                value = code[column, k]
                if value < 0:
                    continue
                wide = acts[value] if column == 1 else actors[value] if column == 2 else affecteds[value]
                share = (told[k] - 1 + _PRIOR * wide) / (every[k] - 1 + _PRIOR)
                level = 0 if share < RARE else 1 if share < COMMON else 2
                if column == 1:
                    rows[k].act_common = level
                elif column == 2:
                    rows[k].actor_common = level
                else:
                    rows[k].affected_common = level
