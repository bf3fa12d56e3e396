"""What runs on the executors.

In: tables of Arrow, one a task. Out: tables of Arrow. Each function calls the stage's own functions on a part of the reports that
holds all its own reports look at, so that what it finds is what one machine finds. Nothing here knows of Spark.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from ceasefire.engines.routing import Plan, asked, destinations, neighbourhood_task, own_rows
from ceasefire.engines.rows import (
    ROWS,
    Shard,
    World,
    pack,
    pack_survey,
    take,
    unpack,
    unpack_survey,
)
from ceasefire.fuse.candidates import index
from ceasefire.fuse.cluster import bond, cluster
from ceasefire.fuse.context import set_context
from ceasefire.fuse.encode import Encoded, Habit, Ints, draft, survey
from ceasefire.fuse.learn import Lesson, match, sample, sampled_pairs, sums
from ceasefire.fuse.links import Links, binding, link, parts
from ceasefire.fuse.reading import read_reports
from ceasefire.fuse.rows import name_key
from ceasefire.fuse.tallies import count, shown_by

DRAFTS = "first string, size long, draft binary, survey binary, values binary"
NEAR = f"task long, {ROWS}"
ROUTED = f"task long, shared boolean, {ROWS}"
STUDIED = "counts binary, crowded binary, pairs binary"
FOUND = "kind string, left long, right long, weight float"
LABELS = "row long, founder long"
NAMED = "row long, report_id string, recorded_at timestamp, coded_event string, place long"
_NAMED = pa.schema(
    [
        ("row", pa.int64()),
        ("report_id", pa.string()),
        ("recorded_at", pa.timestamp("us", "UTC")),
        ("coded_event", pa.string()),
        ("place", pa.int64()),
    ]
)
COUNTERS = 1 << 20  # counters of words while their final number is not yet known


def drafted(habits: dict[str, Habit], table: pa.Table) -> Iterator[dict[str, Any]]:
    """What a part of the reports says by itself, habits of its sources put right, and what others need to know of it."""
    frame, by_id, _ = read_reports(pl.DataFrame(pl.from_arrow(table)))
    if not frame.height:
        return
    made = draft(frame, by_id, habits)
    yield {
        "first": frame["report_id"][int(by_id[0])],
        "size": frame.height,
        "draft": pickle.dumps(replace(made, frame=frame.select("report_id", "recorded_at", "coded_event"))),
        "survey": pack_survey(survey(made, COUNTERS)),
        "values": pickle.dumps(made.values),
    }


def added(table: pa.Table) -> pa.Table:
    """The survey of several parts."""
    whole = reduce(lambda one, two: one + two, map(unpack_survey, table["survey"].to_pylist()))
    return pa.Table.from_pylist([{"survey": pack_survey(whole)}])


def encoded(world: World, known: bytes, before: dict[str, int], table: pa.Table) -> Iterator[pa.RecordBatch]:
    """Travelling rows, each with the task that will hold its whole neighbourhood. ``before``: by a part's first id."""
    whole = unpack_survey(known)
    for first, packed in zip(table["first"].to_pylist(), table["draft"].to_pylist(), strict=True):
        rows = pack(pickle.loads(packed), whole, world.values, before[first])
        shard = unpack(world, rows)
        yield take(shard, np.arange(shard.data.n), task=neighbourhood_task(world, shard))


def named(before: dict[str, int], table: pa.Table) -> Iterator[pa.RecordBatch]:
    """Rank, id, time of record, coded event and place (as a key) of each report."""
    for first, packed in zip(table["first"].to_pylist(), table["draft"].to_pylist(), strict=True):
        made = pickle.loads(packed)
        places = np.array([*map(name_key, made.values["place"]), 0], dtype=np.uint64)[made.columns["place"]]
        told = made.frame.select(
            pl.Series("row", made.columns["rank"].astype(np.int64) + before[first]),
            "report_id",
            "recorded_at",
            "coded_event",
            pl.Series("place", places.view(np.int64)),
        )
        yield from told.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(_NAMED).to_batches()


def in_context(world: World, table: pa.Table) -> pa.Table:
    """Rows of whole neighbourhoods, with how much happens around each."""
    shard = unpack(world, table)
    rows = shard.data.deck.rows
    acts, parties = world.values["act"], world.values["party"]
    known = world.survey
    set_context(
        rows, known.share("act", acts), known.share("actor", parties), known.share("affected", parties)
    )
    for name in ("crowd", "act_common", "actor_common", "affected_common"):
        shard.body[name] = rows[name]
    return pa.Table.from_batches([take(shard, np.arange(shard.data.n))])


def looked(world: World, table: pa.Table) -> Iterator[dict[str, Any]]:
    """Where and when these rows look for partners."""
    yield {"asked": pickle.dumps(asked(world, unpack(world, table)))}


def routed(world: World, found: Plan, table: pa.Table) -> Iterator[pa.RecordBatch]:
    """Each row once for every task that needs it."""
    shard = unpack(world, table)
    rows, tasks = destinations(world, found, shard)
    shared = np.bincount(rows, minlength=shard.data.n) > 1
    yield take(shard, rows, task=tasks, shared=shared[rows])


def studied(world: World, table: pa.Table) -> pa.Table:
    """Counts of the pairs of this task's sample, and those pairs with their rows, to be looked at again."""
    shard = unpack(world, table)
    data = shard.data
    found = index(data, *own_rows(world, shard, table["task"][0].as_py()))
    rows = sample(data, world.seed, world.survey.total)
    pairs = sampled_pairs(data, found, rows)
    counted = count(data, found, rows, pairs, shown_by(data, pairs))
    held, at = np.unique(pairs, return_inverse=True)
    few = unpack(world, take(shard, held))
    # both are in the order of the grid
    again = (_without_survey(few.data), at.reshape(-1, 2).astype(np.int32))
    crowded = shard.ranks[found.crowded].tobytes()
    return pa.Table.from_pylist(
        [{"counts": pickle.dumps(counted), "crowded": crowded, "pairs": pickle.dumps(again)}]
    )


def matched(lesson: Lesson, table: pa.Table) -> Iterator[dict[str, Any]]:
    """What likely matches among the pairs of the sample show."""
    for packed in table["pairs"].to_pylist():
        data, pairs = pickle.loads(packed)
        data = replace(data, survey=lesson.survey)
        yield {
            "part": pickle.dumps(
                match(data, pairs, shown_by(data, pairs), lesson.scale(data), lesson.weights.own)
            )
        }


def summed(lesson: Lesson, table: pa.Table) -> Iterator[dict[str, Any]]:
    """Sums of evidence of the pairs of the sample."""
    for packed in table["pairs"].to_pylist():
        data, pairs = pickle.loads(packed)
        yield {"part": pickle.dumps(sums(data, pairs, shown_by(data, pairs), lesson.scale(data)))}


def linked(world: World, lesson: Lesson, table: pa.Table) -> pa.Table:
    """Links that this task's reports find, the parts they tie together here, and rows that met a crowd.

    Of a part: ``left`` = its lowest rank, ``right`` = each member; ``weight`` is 1 where another task holds the member too.
    """
    shard = unpack(world, table)
    data = shard.data
    found = index(data, *own_rows(world, shard, table["task"][0].as_py()))
    links = link(data, found, lesson.scale(data), np.arange(data.n))
    good = binding(links.weight)
    part = parts(data.n, links.left[good], links.right[good])
    member = np.flatnonzero(np.bincount(part, minlength=data.n)[part] > 1)
    root = np.full(data.n, np.iinfo(np.int64).max)
    np.minimum.at(root, part, shard.ranks)
    crowd = np.flatnonzero(found.crowded)
    return pa.concat_tables(
        [
            _found("link", shard.ranks[links.left], shard.ranks[links.right], links.weight),
            _found("part", root[part[member]], shard.ranks[member], shard.shared[member]),
            _found("crowd", shard.ranks[crowd], shard.ranks[crowd], np.zeros(len(crowd))),
        ]
    )


def solved(
    world: World, lesson: Lesson, same: Ints, different: Ints, rows: pa.Table, links: pa.Table
) -> pa.Table:
    """The first member of each row's cluster, for whole parts and all links inside them. Decided pairs are of ranks."""
    if not rows.num_rows:
        return pa.Table.from_pydict({"row": np.zeros(0, np.int64), "founder": np.zeros(0, np.int64)})
    shard = unpack(world, rows)
    left, right = (_places(shard, links[side].to_numpy()) for side in ("left", "right"))
    order = np.lexsort((links["right"].to_numpy(), links["left"].to_numpy()))
    weight = links["weight"].to_numpy().astype(np.float32)
    known = Links(left[order], right[order], weight[order])
    tied, apart = (_held(shard, pairs) for pairs in (same, different))
    bonds = bond(shard.data, lesson.scale(shard.data), known, tied, apart)
    label = cluster(shard.data, known, bonds, tied)
    return pa.Table.from_pydict({"row": shard.ranks, "founder": shard.ranks[label]})


def _found(kind: str, left: Any, right: Any, weight: Any) -> pa.Table:
    columns = {"kind": pa.array([kind] * len(left), pa.string()), "left": left, "right": right}
    return pa.Table.from_pydict(columns | {"weight": np.asarray(weight, dtype=np.float32)})


def _without_survey(data: Encoded) -> Encoded:
    none: Any = None
    return replace(data, survey=none)


def _places(shard: Shard, ranks: Any) -> Any:
    """The grid rows of reports of these ranks."""
    order = np.argsort(shard.ranks)
    return order[np.searchsorted(shard.ranks[order], ranks)].astype(np.int32)


def _held(shard: Shard, pairs: Ints) -> Any:
    """Those pairs of which both are here, as grid rows."""
    here = np.isin(pairs, shard.ranks).all(axis=1)
    return _places(shard, pairs[here]).reshape(-1, 2)
