"""Who has to see which reports.

In: rows. Out: the tasks that need each row, so that every task holds all that its own reports look at. A report looks for
partners in one task only, its home: that of its block of space and time for the grid; for what it shares (a page, a word, a
place), that of the shared thing. ``Plan`` says for each cell of space, or shared name, and each few days which tasks look
there. Looking too far is harmless, so everything is rounded outwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import compiled
from ceasefire.engines.rows import Shard, World
from ceasefire.fuse.compare import WINDOW
from ceasefire.fuse.encode import HAS_POINT, Flags, Ints
from ceasefire.fuse.grid import CLASSES, HEIGHTS, all_columns
from ceasefire.fuse.grid import NOWHERE as NO_CELL
from ceasefire.fuse.learn import sample
from ceasefire.fuse.meetings import ADMIN, BACK, NOWHERE, PAGE, PLACE, WORD, Asks, rare_words
from ceasefire.fuse.reach import mixed, neighbourhoods
from ceasefire.fuse.rows import Keys
from ceasefire.fuse.weights import DECOY_DAYS

GRID = 16  # kinds of looking: in the grid (+ class), and by what is shared (``meetings.KINDS``)
SPAN = 4 * 1440  # minutes of the short spans by which a plan tells times apart
_SLACK = 1e-3  # degrees by which areas are widened, since points are kept in single precision


@dataclass(frozen=True)
class Plan:
    """``codes``: where and when (ascending), and the task that looks there."""

    codes: Keys
    tasks: NDArray[np.int32]


def task_of(world: World, kind: Any, key: Any, chunk: Any) -> Ints:
    """The task in which reports with this key look for partners."""
    return np.asarray(mixed(kind, key, chunk) % np.uint64(world.shards), dtype=np.int64)


def chunk_of(world: World, start: Any) -> Ints:
    """The block of time of a report."""
    return np.asarray(np.asarray(start, dtype=np.int64) // (world.days * 1440))


def block_of(world: World, shard: Shard) -> Ints:
    """The block of space of each row with a point."""
    rows = shard.data.deck.rows
    wide = _blocks_round(world)
    with np.errstate(invalid="ignore"):
        north = np.floor((np.nan_to_num(rows["latitude"]).astype(np.float64) + 90.0) / world.degrees).astype(
            np.int64
        )
        east = np.floor((np.nan_to_num(rows["longitude"]).astype(np.float64) + 180.0) / 360.0 * wide).astype(
            np.int64
        )
    return np.asarray(north * 65_536 + east % wide, dtype=np.int64)


def neighbourhood_task(world: World, shard: Shard) -> Ints:
    """The task that holds the whole neighbourhood of each row."""
    return np.asarray(neighbourhoods(shard.body) % np.uint64(world.shards), dtype=np.int64)


def own_rows(world: World, shard: Shard, task: int) -> tuple[Flags, Asks]:
    """Which rows look for partners in this task: in the grid, and among those that share something."""
    rows = shard.data.deck.rows
    chunk = chunk_of(world, rows["start"])
    pointed = (rows["flags"] & HAS_POINT) > 0
    home = pointed & (task_of(world, GRID, block_of(world, shard), chunk) == task)

    def asks(kind: int, members: Ints, key: Any) -> Any:
        if kind in (PAGE, WORD):
            return task_of(world, kind, key, 0) == task
        keys = {PLACE: shard.place, ADMIN: shard.admin, NOWHERE: np.zeros(len(rows), dtype=np.uint64)}[kind]
        return task_of(world, kind, keys[members], chunk[members]) == task

    return home, asks


def asked(world: World, shard: Shard) -> dict[str, Ints]:
    """Where and when the rows of a part look, each combination once: what ``plan`` is made from."""
    rows = shard.data.deck.rows
    own = _class(shard)
    first, last = rows["start"].astype(np.int64) // SPAN, rows["end"].astype(np.int64) // SPAN
    chunk = chunk_of(world, rows["start"])
    picked = np.zeros(len(rows), dtype=np.int64)
    picked[sample(shard.data, world.seed, world.survey.total)] = 1
    grid = np.stack([picked, block_of(world, shard), own, chunk, first, last])[:, own < NO_CELL]
    pointless = own == NO_CELL
    shared = []
    nowhere = (shard.place == 0) & (shard.admin == 0)
    zero = np.zeros(len(rows), dtype=np.uint64)
    for kind, keys, asking in (
        (PLACE, shard.place, shard.place > 0),
        (ADMIN, shard.admin, shard.admin > 0),
        (NOWHERE, zero, nowhere),
    ):
        there = np.flatnonzero(asking & pointless)
        shared.append(
            np.stack(
                [
                    np.full(len(there), kind),
                    keys[there].view(np.int64),
                    chunk[there],
                    first[there],
                    last[there],
                ]
            )
        )
    return {"grid": np.unique(grid, axis=1), "shared": np.unique(np.concatenate(shared, axis=1), axis=1)}


def plan(world: World, parts: list[dict[str, Ints]]) -> Plan:
    """Which tasks look where."""
    grid = np.unique(np.concatenate([part["grid"] for part in parts], axis=1), axis=1)
    shared = np.unique(np.concatenate([part["shared"] for part in parts], axis=1), axis=1)
    codes, tasks = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)]
    for shift in (0, *(sign * days * 1440 for days in DECOY_DAYS for sign in (1, -1))):
        # the sample's decoys are looked for at other times
        _, block, own, chunk, first, last = grid[:, grid[0] > 0] if shift else grid
        task = task_of(world, GRID, block, chunk)
        for sort in range(CLASSES):
            least = (
                first
                - (shift // SPAN + 1 if shift else 0)
                - _spans_of(WINDOW + int(world.survey.longest[sort]))
            )
            most = last - shift // SPAN + _spans_of(WINDOW)
            looking = own <= sort
            at, span = _spans(np.stack([block, task, least, most])[:, looking])
            codes.append(mixed(GRID + 1 + sort, at[0], span))
            tasks.append(at[1])
    kind, key, chunk, first, last = shared
    task = task_of(world, kind, key.view(np.uint64), chunk)
    beside = _spans_of(WINDOW + BACK)
    at, span = _spans(np.stack([key, task, first - beside, last + beside, kind]))
    codes.append(mixed(at[4], at[0].view(np.uint64), span))
    tasks.append(at[1])
    where, who = np.concatenate(codes), np.concatenate(tasks)
    order = np.lexsort((who, where))
    where, who = where[order], who[order]
    fresh = (
        np.concatenate([[True], (where[1:] != where[:-1]) | (who[1:] != who[:-1])]) if len(where) else order
    )
    return Plan(where[fresh], who[fresh].astype(np.int32))


def destinations(world: World, found: Plan, shard: Shard) -> tuple[Ints, Ints]:
    """Rows and the tasks that need them, each pair once."""
    rows = shard.data.deck.rows
    span = rows["start"].astype(np.int64) // SPAN
    near, block = _blocks_near(
        shard.data.cells, HEIGHTS, all_columns(), world.degrees, _blocks_round(world), _SLACK
    )
    looked = [(near, mixed(GRID + 1 + _class(shard)[near], block, span[near]))]
    for kind, keys in ((PLACE, shard.place), (ADMIN, shard.admin)):
        there = np.flatnonzero(keys)
        looked.append((there, mixed(kind, keys[there], span[there])))
    looked.append((np.arange(len(rows)), mixed(NOWHERE, np.zeros(len(rows), dtype=np.uint64), span)))
    members: list[Any] = []
    tasks: list[Any] = []
    for at, code in looked:
        low, high = np.searchsorted(found.codes, code, "left"), np.searchsorted(found.codes, code, "right")
        many = high - low
        members.append(np.repeat(at, many))
        tasks.append(
            found.tasks[np.repeat(low - (np.cumsum(many) - many), many) + np.arange(int(many.sum()))]
        )
    paged = np.flatnonzero(rows["url"])
    words, holders = rare_words(shard.data)
    members += [paged, holders]
    tasks += [task_of(world, PAGE, rows["url"][paged], 0), task_of(world, WORD, words, 0)]
    both = np.unique(np.concatenate(members) * world.shards + np.concatenate(tasks))
    return both // world.shards, both % world.shards


def _class(shard: Shard) -> Ints:
    return np.asarray(shard.data.cells >> 26, dtype=np.int64)


def _blocks_round(world: World) -> int:
    return max(1, round(360.0 / world.degrees))


def _spans_of(minutes: float) -> int:
    """Spans that so many minutes reach into, at the most."""
    return int(-(-minutes // SPAN))


def _spans(given: Ints) -> tuple[Ints, Ints]:
    """Each column of ``given`` once for every span from its third row to its fourth."""
    once = np.unique(given, axis=1)
    many = np.maximum(once[3] - once[2] + 1, 0)
    at = np.repeat(np.arange(once.shape[1]), many)
    span = once[2][at] + np.arange(len(at)) - np.repeat(np.cumsum(many) - many, many)
    return once[:, at], span


@compiled
def _blocks_near(cells: Any, heights: Any, columns: Any, degrees: float, round_: int, slack: float) -> Any:
    """Rows, and the blocks from which a report can look into the cell of each: its own cell and the eight around it."""
    size = 0
    out = np.empty((2, max(64, 4 * len(cells))), dtype=np.int64)
    bands = np.int64(180.0 / degrees) + 1
    for k in range(len(cells)):
        sort = cells[k] >> 26
        if sort >= len(heights):
            continue
        band, column = (cells[k] >> 13) & 8191, cells[k] & 8191
        height, wide = heights[sort], columns[sort, band]
        south: Any = np.int64(np.floor(((band - 1) * height - slack) / degrees))
        north: Any = np.int64(np.floor(((band + 2) * height + slack) / degrees))
        west: Any = np.int64(np.floor(((column - 1) * 360.0 / wide - slack) / 360.0 * round_))
        east: Any = np.int64(np.floor(((column + 2) * 360.0 / wide + slack) / 360.0 * round_))
        if east - west >= round_:
            west, east = 0, round_ - 1
        for y in range(max(south, 0), min(north, bands) + 1):
            for x in range(west, east + 1):
                if size == out.shape[1]:
                    more = np.empty((2, 2 * size), dtype=np.int64)
                    more[:, :size] = out
                    out = more
                out[0, size] = k
                out[1, size] = y * 65_536 + x % round_
                size += 1
    return out[0, :size].copy(), out[1, :size].copy()
