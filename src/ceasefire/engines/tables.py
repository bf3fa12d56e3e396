"""The tables of some incidents, made by one task.

In: whole clusters with all their links, and whole all clusters that a link or a decision leads to; of the former the reports in
full. Out: the tables of the former, as ``Fused`` makes them on one machine: nothing in them rests on anything further away. What
is written is in the order of one machine once it is sorted by its keys.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from ceasefire.engines.rows import Shard, World, unpack
from ceasefire.fuse.cluster import bond
from ceasefire.fuse.counts import parts
from ceasefire.fuse.decisions import CODED_APART, Pair, Ruling
from ceasefire.fuse.encode import Flags, Ints
from ceasefire.fuse.learn import Lesson
from ceasefire.fuse.lineage import merged, minted, split
from ceasefire.fuse.links import in_order
from ceasefire.fuse.reading import read_reports
from ceasefire.fuse.stage import Fused, grid_pairs
from ceasefire.model import table

TOLD = "kind string, body binary"
SHAPES = {
    name: pl.Schema(table(name).schema) for name in ("memberships", "incidents", "links", "alternatives")
}
# what orders rows of lineage of one key: what they come from, and the pair that a decision is on
LINEAGE = pl.Schema({**table("lineage").schema, **dict.fromkeys(("part", "one", "two"), pl.Int64())})
_SUMS, _NUMBERS = ("best", "spread", "doubt"), ("listed", "least", "most")
DAYS = pl.Schema(
    {"day": pl.Date(), **dict.fromkeys(_NUMBERS, pl.Int64()), **dict.fromkeys(_SUMS, pl.Float64())}
)
SHAPES |= {"lineage": LINEAGE, "days": DAYS}
NEEDED = ("report_id", "source_id", "recorded_at", "occurred_from", "occurred_to")  # of clusters nearby too
_TYPES = {
    pl.String: "string",
    pl.Float64: "double",
    pl.Int64: "long",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamp",
}


def columns_of(shape: Any) -> str:
    """Columns as Spark names them."""
    return ", ".join(f"`{name}` {_TYPES[kind.base_type()]}" for name, kind in shape.items())


def read(given: pa.Table) -> Any:
    """The usable reports of a part, as ``read_reports`` has them."""
    frame, _, _ = read_reports(pl.DataFrame(pl.from_arrow(given)))
    yield from _batches(frame)


def unpacked(shape: Any, given: pa.Table) -> Any:
    """The rows of a table, from what tasks made of it."""
    for body in given["body"].to_pylist():
        frame = pl.read_ipc(io.BytesIO(body)).select(pl.col(c).cast(kind) for c, kind in shape.items())
        yield from _batches(frame)


def told(
    world: World,
    lesson: Lesson,
    ruling: Ruling,
    sources: pl.DataFrame | None,
    rows: pa.Table,
    links: pa.Table,
) -> pa.Table:
    """Every table of the clusters that are this task's ``own``."""
    made: list[dict[str, Any]] = []
    if rows.num_rows:
        fused, own = _fused(world, lesson, ruling, sources, rows, links)
        for name, frame in _tables(fused, own).items():
            body = io.BytesIO()
            frame.write_ipc(body)
            made.append({"kind": name, "body": body.getvalue()})
    return pa.Table.from_pylist(made, pa.schema([("kind", pa.string()), ("body", pa.binary())]))


def _batches(frame: pl.DataFrame) -> list[pa.RecordBatch]:
    """The frame as Spark takes it: it knows no large strings."""
    made = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    plain = [f.with_type(pa.string()) if pa.types.is_large_string(f.type) else f for f in made.schema]
    return list(made.cast(pa.schema(plain)).to_batches())


class _Part(Fused):
    """``Fused`` of some reports, with their ranks among all, by id."""

    ranks: Ints


def _fused(
    world: World,
    lesson: Lesson,
    ruling: Ruling,
    sources: pl.DataFrame | None,
    rows: pa.Table,
    links: pa.Table,
) -> tuple[_Part, Flags]:
    shard = unpack(world, rows)
    ranks = rows["rank"].to_numpy()
    by_id = np.argsort(ranks)
    shape = table("located").schema
    given = pl.DataFrame(pl.from_arrow(rows.select(list(shape))))
    frame = given.select(pl.col(name).cast(kind) for name, kind in shape.items())
    data = replace(shard.data, frame=frame, by_id=by_id)
    left, right = (_places(shard, links[side].to_numpy()) for side in ("left", "right"))
    known = in_order(data, left, right, links["weight"].to_numpy())
    ranks, founder = ranks[by_id], rows["founder"].to_numpy()[by_id]
    label = _places(shard, founder)[data.rank]
    here = Ruling(_held(ranks, ruling.same), _held(ranks, ruling.different))
    grid_row = np.argsort(data.rank)
    same, different = (grid_pairs(side, grid_row) for side in (here.same, here.different))
    scale = lesson.scale(data)
    bonds = bond(data, scale, known, same, different)
    fused = _Part(data, lesson, scale, known, bonds, label, here, sources, None, ())
    fused.ranks = ranks
    return fused, rows["own"].to_numpy(zero_copy_only=False)[by_id]


def _tables(fused: _Part, own: Flags) -> dict[str, pl.DataFrame]:
    """The tables, as far as they are of own incidents. A pair belongs to the incident of its first report, or to the first."""
    memberships = fused.memberships.filter(own)
    ours = memberships["incident_id"].unique().implode()
    first = pl.col("report_a").is_in(memberships["report_id"].implode())
    incidents = fused.incidents.filter(pl.col("incident_id").is_in(ours))
    return {
        "memberships": memberships,
        "incidents": incidents,
        "links": fused.links.filter(first),
        "alternatives": fused.alternatives.filter(pl.col("incident_id").is_in(ours)),
        "lineage": _lineage(fused, own),
        "days": parts(incidents, fused.alternatives, every="1d").select(*DAYS),
    }


def _lineage(fused: _Part, own: Flags) -> pl.DataFrame:
    """Names minted, merged and split."""
    members, left, right, ruling = fused.traced
    inside = own[left]
    rows = merged(members, left[inside], right[inside])
    parts = [
        minted(members.filter(own)).with_columns(part=pl.lit(0), one=pl.lit(0), two=pl.lit(0)),
        table("lineage").frame(rows).with_columns(part=pl.lit(1), one=pl.lit(0), two=pl.lit(0)),
    ]
    for (a, b), told_by in ruling.different.items():
        if own[a] and told_by[0] != CODED_APART:
            parted = table("lineage").frame(split(members, Ruling({}, {(a, b): told_by})))
            one, two = pl.lit(int(fused.ranks[a])), pl.lit(int(fused.ranks[b]))
            parts.append(parted.with_columns(part=pl.lit(2), one=one, two=two))
    return pl.concat(part.select(pl.col(c).cast(kind) for c, kind in LINEAGE.items()) for part in parts)


def _places(shard: Shard, ranks: Any) -> Any:
    """The grid rows of reports of these ranks."""
    order = np.argsort(shard.ranks)
    return order[np.searchsorted(shard.ranks[order], ranks)].astype(np.int32)


def _held(ranks: Ints, pairs: dict[Pair, Any]) -> dict[Pair, Any]:
    """Decided pairs of which both are here, by their place among ``ranks``, which ascend."""
    at = {rank: k for k, rank in enumerate(ranks.tolist())}
    return {(at[a], at[b]): why for (a, b), why in pairs.items() if a in at and b in at}
