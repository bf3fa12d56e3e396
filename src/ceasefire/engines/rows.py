"""Packed reports as they travel between machines.

In: ``fuse.rows``. Out: the same as columns of Arrow; the rank is that among all report ids. On arrival they are laid out as on one
machine.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ceasefire.fuse import rows
from ceasefire.fuse.encode import Draft, Encoded, Flags, Ints
from ceasefire.fuse.rows import BODY, WORD, Keys, Known, Packed, lay_out, spoken_by
from ceasefire.fuse.survey import Survey
from ceasefire.fuse.words import Tally

ROWS = "rank long, body binary, words binary"  # the columns of travelling rows


@dataclass(frozen=True)
class World(Known):
    """What every machine is told of all reports, and how they are shared out.

    ``shards``: tasks that the work is shared out to. ``degrees``, ``days``: sides of the blocks of space and time that have one
    task each.
    """

    seed: int
    shards: int
    degrees: float
    days: int


class Shard(NamedTuple):
    """Some of the reports: ``ranks`` are those among all; ``shared``: rows that other tasks hold too."""

    data: Encoded
    ranks: Ints
    place: Keys
    admin: Keys
    body: Any
    shared: Flags


def pack(made: Draft, known: Survey, values: dict[str, list[str]], before: int) -> pa.RecordBatch:
    """A part of the reports as travelling rows. ``before``: reports whose ids precede those of this part."""
    packed = rows.pack(made, known, values)
    packed.body["rank"] += before
    return to_arrow(packed)


def to_arrow(packed: Packed, **more: Any) -> pa.RecordBatch:
    """Rows as columns; their words follow each other. ``more``: columns to put first."""
    body, words = packed
    spoken = spoken_by(body)
    columns = {name: pa.array(values) for name, values in more.items()}
    columns["rank"] = pa.array(body["rank"].astype(np.int64))
    columns["body"] = _binary(body, np.arange(len(body) + 1) * BODY.itemsize)
    columns["words"] = _binary(words, np.concatenate([[0], np.cumsum(spoken)]) * WORD.itemsize)
    return pa.RecordBatch.from_pydict(columns)


def take(shard: Shard, chosen: Ints, **more: Any) -> pa.RecordBatch:
    """Some rows of a shard, as they came."""
    words = np.empty(len(shard.data.deck.hashes), dtype=WORD)
    words["hash"], words["weight"] = shard.data.deck.hashes, shard.data.deck.weights
    return to_arrow(rows.take(Packed(shard.body, words), chosen), **more)


def unpack(world: World, table: Any) -> Shard:
    """Travelling rows, laid out as on one machine."""
    body = np.frombuffer(_bytes(table["body"]), dtype=BODY).copy()
    words = np.frombuffer(_bytes(table["words"]), dtype=WORD)
    spoken = spoken_by(body)
    body["words"] = np.cumsum(spoken) - spoken
    data, order = lay_out(world, Packed(body, words))
    body = body[order]
    body["words"] = data.deck.rows["words"]
    ranks = body["rank"].astype(np.int64)
    held = (
        table["shared"].to_numpy()[order]
        if "shared" in table.column_names
        else np.zeros(len(body), dtype=np.bool_)
    )
    return Shard(data, ranks, body["place_key"].copy(), body["admin_key"].copy(), body, held)


def pack_survey(known: Survey) -> bytes:
    """A survey in few bytes: most counters of words are zero."""
    parts = (known.tally.texts, known.tally.strata, known.tally.overall, known.tally.local)
    sparse = [(p.shape, p.dtype, np.flatnonzero(p), p.reshape(-1)[np.flatnonzero(p)]) for p in parts]
    none = np.zeros(0, dtype=np.int32)
    return pickle.dumps((replace(known, tally=Tally(known.tally.texts, none, none, none)), sparse))


def unpack_survey(packed: bytes) -> Survey:
    """What ``pack_survey`` packed."""
    known, sparse = pickle.loads(packed)
    parts = []
    for shape, dtype, at, values in sparse:
        whole = np.zeros(shape, dtype=dtype)
        whole.reshape(-1)[at] = values
        parts.append(whole)
    made: Survey = replace(known, tally=Tally(*parts))
    return made


def folded(known: Survey, size: int) -> Survey:
    """The survey with ``size`` counters of words, as if it had been made with so many: a counter is the low bits of a word."""
    overall = known.tally.overall.reshape(2, -1, size).sum(axis=1, dtype=np.int32)
    return replace(known, tally=replace(known.tally, overall=overall))


def slim(known: Survey) -> Survey:
    """The survey without what only the weighing of words needs."""
    none = np.zeros(0, dtype=np.int32)
    return replace(known, tally=Tally(known.tally.texts, none, known.tally.overall, none))


def _binary(values: Any, offsets: Ints) -> pa.Array:
    data = pa.py_buffer(np.ascontiguousarray(values).tobytes())
    at = pa.py_buffer(offsets.astype(np.int32).tobytes())
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, [None, at, data])


def _bytes(column: Any) -> bytes:
    """All cells of a column, one after the other."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = []
    for chunk in chunks:
        if not len(chunk):
            continue
        wide = np.int64 if pa.types.is_large_binary(chunk.type) else np.int32
        _, at, data = chunk.buffers()
        ends = np.frombuffer(at, dtype=wide)[chunk.offset : chunk.offset + len(chunk) + 1]
        parts.append(memoryview(data)[int(ends[0]) : int(ends[-1])] if data is not None else b"")
    return b"".join(parts)
