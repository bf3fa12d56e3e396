"""The window rule as a peer: same window of days and kilometres, agreeing act and actor, one to one between sources.

In: the prepared columns of `bench.fusion_candidates`. Out: memberships. After MELTT (Donnay, Dunford, McGrath, Backer and
Cunningham, Journal of Conflict Resolution 63(5), 2019): sources are merged one after another; a match needs agreement of act
and of actor at some level of a taxonomy; among rivals the deepest agreement wins, then the nearest. Written for this bench.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from bench.fusion_happenings import Columns, Integers
from bench.fusion_words import ACTS, TAKEN_FOR

WINDOWS = tuple((days, km) for days in (0.5, 1.0, 2.0, 3.0) for km in (2.0, 5.0, 15.0, 40.0))


def columns(frame: pl.DataFrame) -> Columns:
    """Middle of the told time in days, point in kilometres, act, actor (-1 for none) and source, in numbers."""
    acts = {act: i for i, act in enumerate(ACTS)}
    return {
        "day": ((frame["t0"] + frame["t1"]) / 48).to_numpy(),
        "x": frame["x"].to_numpy(),
        "y": frame["y"].to_numpy(),
        "act": frame["act"].replace_strict(acts, default=-1, return_dtype=pl.Int64).fill_null(-1).to_numpy(),
        "actor": frame["actor"].rank("dense").cast(pl.Int64).fill_null(-1).to_numpy(),
        "source": frame["source_id"].rank("dense").cast(pl.Int64).to_numpy(),
    }


def fuse(given: Columns, days: float, km: float) -> Integers:
    """A label a report: the row of the first report of its incident."""
    label = np.arange(given["day"].size)
    order = np.argsort(-np.bincount(given["source"]), kind="stable")
    kept = np.empty(0, dtype=np.int64)
    for source in order:
        new = np.flatnonzero(given["source"] == source)
        kept = kept[np.argsort(given["day"][kept], kind="stable")]
        matched = _matches(given, kept, new, days, km)
        for report, entry in matched:
            label[report] = entry
        joined = np.array([report for report, _ in matched], dtype=np.int64)
        kept = np.concatenate([kept, np.setdiff1d(new, joined)])
    return label


def _matches(given: Columns, kept: Integers, new: Integers, days: float, km: float) -> list[tuple[int, int]]:
    """New reports with the entries they join, each once."""
    if not kept.size or not new.size:
        return []
    times = given["day"][kept]
    low = np.searchsorted(times, given["day"][new] - days)
    count = np.searchsorted(times, given["day"][new] + days, side="right") - low
    a = np.repeat(new, count)
    b = kept[np.repeat(low - np.cumsum(count) + count, count) + np.arange(a.size)]
    far = np.hypot(given["x"][a] - given["x"][b], given["y"][a] - given["y"][b])
    act = ALIKE[given["act"][a], given["act"][b]]
    first, second = given["actor"][a], given["actor"][b]
    actor = np.where(first == second, 2, np.where((first < 0) | (second < 0), 1, 0))
    fine = (far <= km) & (act > 0) & (actor > 0)
    a, b, far, depth = a[fine], b[fine], far[fine], (act + actor)[fine]
    found, taken = [], set()
    for i in np.lexsort((far, -depth)):
        report, entry = int(a[i]), int(b[i])
        if report in taken or entry in taken:
            continue
        taken |= {report, entry}
        found.append((report, entry))
    return found


def _alike() -> Integers:
    """Depth of agreement of two acts: the same 2, sometimes taken for each other or not given 1, else 0."""
    alike = np.eye(len(ACTS) + 1, dtype=np.int64) * 2
    alike[-1, :] = alike[:, -1] = 1
    for act, others in TAKEN_FOR.items():
        for other in others:
            i, j = ACTS.index(act), ACTS.index(other)
            alike[i, j] = alike[j, i] = 1
    return alike


ALIKE = _alike()
