"""Which pairs of reports are worth comparing.

In: ``Encoded`` reports. Out: ``Pairs`` (every pair once, left < right) and whether some had to be left out.
Method: reports are sorted by grid cell and start; the grid follows their precision (fine cells for points, coarse ones
for areas) and their duration; a pair passes when its intervals are within the window and its points within the gate,
in joint radii. Reports without a point meet by place name, first-level area or page. Work is bounded: in a crowd each
report keeps its nearest in time and likeness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ceasefire.fuse.encode import Encoded, Flags, Floats, Ints
from ceasefire.fuse.weights import (
    COARSE_GATE,
    COARSE_H,
    COARSE_KM,
    DECOY_PAIRS,
    DECOY_VISITS,
    GATE,
    PAIRS_FREE,
    PAIRS_PER_REPORT,
    URL_WINDOW_H,
    VISITS_FREE,
    VISITS_PER_REPORT,
    WINDOW_H,
)

_STEP = 2_000_000  # pairs looked at in one go
_BOUNDS = (2.0, 8.0, 30.0)  # radii in km that part the four grids
_LARGEST = (2.0, 8.0, 30.0, 100.0)  # radius each grid is made for; larger areas are met through the coarsest
_TIME_BITS = 34


@dataclass(frozen=True)
class Pairs:
    """Pairs by row number, left < right, sorted. ``crowded`` marks reports that could not meet all they should."""

    left: Ints
    right: Ints
    crowded: Flags
    left_out: int


@dataclass(frozen=True)
class _Ranges:
    """For each query row, a run of positions in ``order`` to look at. ``near`` = where its own start would stand."""

    query: Ints
    low: Ints
    high: Ints
    near: Ints
    order: Ints
    by_point: bool
    window: float


def distance_km(lat1: Floats, lon1: Floats, lat2: Floats, lon2: Floats) -> Floats:
    """Great-circle distance on a sphere of 6,371 km: within 0.6 % of the ellipsoid, far below any radius here."""
    p1, p2 = np.radians(lat1), np.radians(lat2)
    half = np.sin((p2 - p1) / 2) ** 2
    half += np.cos(p1) * np.cos(p2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    return np.asarray(2 * 6371.0 * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


def time_gap(data: Encoded, left: Ints, right: Ints, shift: float = 0.0) -> Floats:
    """Hours between two intervals, 0 where they touch. ``shift`` is added to the right one's times."""
    gap = np.maximum(data.start[right] + shift - data.end[left], data.start[left] - data.end[right] - shift)
    return np.asarray(np.maximum(gap, 0.0))


def find_pairs(data: Encoded, queries: Ints | None = None, shift: float = 0.0) -> Pairs:
    """All pairs within the gates, within the bounds on work.

    Args:
        data: the reports.
        queries: compare only these rows with all others; None = all.
        shift: hours added to the partner's times (decoys); pairs then are ordered query, partner, in both orders.
    """
    spans = _grid_ranges(data, queries, shift)
    spans += _key_ranges(data, data.place, queries, shift, WINDOW_H)
    spans += _key_ranges(data, data.admin, queries, shift, WINDOW_H)
    nowhere = np.where(~data.has_point & (data.place < 0) & (data.admin < 0), 0, -1).astype(np.int64)
    spans += _key_ranges(data, nowhere, queries, shift, WINDOW_H)
    if shift == 0.0:
        spans += _key_ranges(data, data.url, queries, shift, URL_WINDOW_H, every=True)
    visits, allowed = DECOY_VISITS, DECOY_PAIRS
    if queries is None:
        visits, allowed = VISITS_FREE + VISITS_PER_REPORT * data.n, PAIRS_FREE + PAIRS_PER_REPORT * data.n
    limit = _limit([s.high - s.low for s in spans], visits)
    while True:
        keys, crowded, left_out = _expand(data, spans, limit, shift)
        if len(keys) <= allowed or limit <= 8:
            break
        limit = max(8, int(limit * allowed / len(keys)) - 1)
    return Pairs(keys // data.n, keys % data.n, crowded, left_out)


def _limit(lengths: list[Ints], budget: int) -> int:
    """The longest run that keeps the total within the budget."""
    every = np.sort(np.concatenate(lengths)) if lengths else np.zeros(0, dtype=np.int64)
    if not len(every) or every.sum() <= budget:
        return int(every.max()) if len(every) else 0
    total = np.cumsum(every) + every * np.arange(len(every) - 1, -1, -1)
    return max(8, int(every[max(int(np.searchsorted(total, budget, "right")) - 1, 0)]))


def _likeness(data: Encoded) -> tuple[Ints, ...]:
    """Sort keys that put alike reports side by side where time and cell are equal."""
    killed = np.nan_to_num(data.low[:, 0], nan=-1.0).astype(np.int64)
    return (np.arange(data.n), killed, data.actor, data.act, data.place)


def _seconds(data: Encoded, hours: Floats) -> Ints:
    origin = data.start.min() - 24 * 60
    return np.asarray(np.clip((hours - origin) * 3600.0, 0, 2**_TIME_BITS - 1), dtype=np.int64)


def _runs(
    data: Encoded,
    members: Ints,
    keys: Ints,
    queries: Ints,
    query_keys: Ints,
    shift: float,
    window: float,
    forward: bool,
    by_point: bool,
) -> _Ranges:
    """Runs of ``members`` with the query's key whose intervals can be within the window of the query's."""
    order = members[np.lexsort((*(k[members] for k in _likeness(data)), data.start[members], keys))]
    sorter = np.argsort(members, kind="stable")
    key_of = keys[sorter[np.searchsorted(members[sorter], order)]]
    stand = (key_of << _TIME_BITS) + _seconds(data, data.start[order])
    longest = float((data.end[members] - data.start[members]).max())
    base = query_keys << _TIME_BITS
    first = data.start[queries] - shift - window - longest - 1e-3
    low = np.searchsorted(stand, base + _seconds(data, first), "left")
    high = np.searchsorted(stand, base + _seconds(data, data.end[queries] - shift + window + 1e-3), "right")
    if forward:
        position = np.empty(data.n, dtype=np.int64)
        position[order] = np.arange(len(order))
        near = position[queries] + 1
        low = np.maximum(low, near)
    else:
        near = np.searchsorted(stand, base + _seconds(data, data.start[queries] - shift), "left")
    keep = high > low
    return _Ranges(
        queries[keep],
        low[keep],
        high[keep],
        np.clip(near[keep], low[keep], high[keep]),
        order,
        by_point,
        window,
    )


def _key_ranges(
    data: Encoded, code: Ints, queries: Ints | None, shift: float, window: float, every: bool = False
) -> list[_Ranges]:
    """Runs over a shared code (place, area, page); only reports without a point ask, unless ``every``."""
    members = np.flatnonzero(code >= 0)
    asking = members if every else members[~data.has_point[members]]
    if queries is not None:
        asking = np.intersect1d(asking, queries)
    if not len(asking) or len(members) < 2:
        return []
    forward = shift == 0.0 and len(asking) == len(members)
    return [_runs(data, members, code[members], asking, code[asking], shift, window, forward, by_point=False)]


def _grid_ranges(data: Encoded, queries: Ints | None, shift: float) -> list[_Ranges]:
    """Runs over the grids: each pair of precision and duration classes in the cells of the coarser one."""
    chosen = np.zeros(data.n, dtype=bool)
    chosen[np.arange(data.n) if queries is None else queries] = True
    grid = np.searchsorted(_BOUNDS, data.sigma, "left")
    long = (data.end - data.start > COARSE_H).astype(np.int64)
    classes = sorted(
        {(int(g), int(d)) for g, d in zip(grid[data.has_point], long[data.has_point], strict=True)}
    )
    members = {c: np.flatnonzero(data.has_point & (grid == c[0]) & (long == c[1])) for c in classes}
    out: list[_Ranges] = []
    for a in classes:
        for b in classes:
            if queries is None and b > a:
                continue
            asking = members[a][chosen[members[a]]]
            if len(asking):
                out += _class_ranges(
                    data, asking, members[b], max(a[0], b[0]), shift, a == b and queries is None
                )
    return out


def _class_ranges(
    data: Encoded, asking: Ints, members: Ints, grid: int, shift: float, same: bool
) -> list[_Ranges]:
    reach = _LARGEST[grid] * np.sqrt(2.0) * (COARSE_GATE if _LARGEST[grid] > COARSE_KM else GATE) + 1.0
    height = reach / 110.5
    steepest = min(float(np.abs(data.latitude[data.has_point]).max()), 75.0)
    columns = max(1, int(360.0 / (reach / (110.5 * np.cos(np.radians(steepest + height))))))
    width = 360.0 / columns

    def cells(rows: Ints, dy: int, dx: int) -> Ints:
        y = np.floor((data.latitude[rows] + 90.0) / height).astype(np.int64) + dy + 1
        x = (np.floor((data.longitude[rows] + 180.0) / width).astype(np.int64) + dx) % columns
        return np.asarray(y * columns + x, dtype=np.int64)

    keys = cells(members, 0, 0)
    steps = (
        [(0, 0), (0, 1), (1, -1), (1, 0), (1, 1)]
        if same
        else [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    )
    seen: set[tuple[int, int]] = set()
    out = []
    for dy, dx in steps:
        if (dy, dx % columns) in seen:
            continue
        seen.add((dy, dx % columns))
        forward = same and (dy, dx % columns) == (0, 0) and shift == 0.0
        out.append(
            _runs(data, members, keys, asking, cells(asking, dy, dx), shift, WINDOW_H, forward, by_point=True)
        )
    return out


def _expand(data: Encoded, spans: list[_Ranges], limit: int, shift: float) -> tuple[Ints, Flags, int]:
    """Pair keys (left * n + right) that pass the gates, with runs cut to ``limit`` around the query's own start."""
    crowded = np.zeros(data.n, dtype=bool)
    left_out = 0
    kept: list[Ints] = []
    for span in spans:
        low, high = span.low, span.high
        over = high - low > limit
        if over.any():
            left_out += int((high - low - limit)[over].sum())
            crowded[span.query[over]] = True
            start = np.clip(np.maximum(low, span.near - limit // 2), low, np.maximum(high - limit, low))
            low, high = np.where(over, start, low), np.where(over, start + limit, high)
        edges = np.concatenate([[0], np.cumsum(high - low)])
        at = 0
        while at < len(low):
            stop = max(int(np.searchsorted(edges, edges[at] + _STEP, "right")) - 1, at + 1)
            kept.append(_gate(data, span, low[at:stop], high[at:stop], slice(at, stop), shift))
            at = stop
    return distinct(np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)), crowded, left_out


def distinct(keys: Ints) -> Ints:
    """Sorted, each once. By sorting: the hash table behind ``np.unique`` is ten times slower on millions of keys."""
    keys = np.sort(keys)
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = keys[1:] != keys[:-1]
    return np.asarray(keys[fresh])


def _gate(data: Encoded, span: _Ranges, low: Ints, high: Ints, part: slice, shift: float) -> Ints:
    length = high - low
    query = np.repeat(span.query[part], length)
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    partner = span.order[np.repeat(low, length) + offset]
    good = (query != partner) & (time_gap(data, query, partner, shift) <= span.window)
    query, partner = query[good], partner[good]
    if span.by_point:
        joint = np.hypot(data.sigma[query], data.sigma[partner])
        gate = np.where(joint > COARSE_KM, COARSE_GATE, GATE) * joint
        near = np.abs(data.latitude[query] - data.latitude[partner]) * 110.5 <= gate
        query, partner, gate = query[near], partner[near], gate[near]
        apart = distance_km(
            data.latitude[query], data.longitude[query], data.latitude[partner], data.longitude[partner]
        )
        near = apart <= gate
        query, partner = query[near], partner[near]
    if shift != 0.0:
        return np.asarray(query * data.n + partner)
    return np.asarray(np.minimum(query, partner) * data.n + np.maximum(query, partner))
