"""Encoded reports as they travel between machines.

In: drafts of parts of the reports and what is known of all. Out: rows that mean the same everywhere, as columns of Arrow:
codes are those of all reports, names of places are keys of eight bytes, the rank is that among all report ids. On arrival
they become an ``Encoded`` again, laid out as on one machine.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from ceasefire.fuse.encode import ROW, Deck, Draft, Encoded, Flags, Ints, encode
from ceasefire.fuse.grid import CLASSES
from ceasefire.fuse.survey import Survey
from ceasefire.fuse.words import Tally

ROWS = "rank long, body binary, words binary"  # the columns of travelling rows
_BODY = np.dtype(
    [
        *((name, ROW[name]) for name in ROW.names or ()),
        ("cell", "i8"),
        ("place_key", "u8"),
        ("admin_key", "u8"),
        ("meaning", "u8", (2,)),
    ]
)
_WORD = np.dtype([("hash", "u4"), ("weight", "u1")])
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class World:
    """What every machine is told of all reports. ``values``: what codes stand for; ``deck``: one without rows.

    ``shards``: tasks that the work is shared out to. ``degrees``, ``days``: sides of the blocks of space and time that have one
    task each.
    """

    survey: Survey
    values: dict[str, list[str]]
    deck: Deck
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


def told_apart(parts: list[dict[str, list[str]]]) -> dict[str, list[str]]:
    """The values that codes of all reports stand for, from those of parts."""
    names = {name for part in parts for name in part if name not in ("place", "admin", "actor", "affected")}
    values = {name: sorted({v for part in parts for v in part[name]}) for name in sorted(names)}
    values["party"] = sorted({v for part in parts for name in ("actor", "affected") for v in part[name]})
    return values


def pack(made: Draft, known: Survey, values: dict[str, list[str]], before: int) -> pa.RecordBatch:
    """A part of the reports as travelling rows. ``before``: reports whose ids precede those of this part."""
    data = encode(made, known)
    rows = data.deck.rows
    body = np.zeros(len(rows), dtype=_BODY)
    for name in ROW.names or ():
        body[name] = rows[name]
    parties = sorted({*made.values["actor"], *made.values["affected"]})
    local = {"act": made.values["act"], "actor": parties, "affected": parties}
    local |= {"source": made.values["source_id"], "language": made.values["language"]}
    names = {"source": "source_id", "actor": "party", "affected": "party"}
    for name, said in local.items():
        at = {value: k for k, value in enumerate(values[names.get(name, name)])}
        body[name] = np.array([*(at[value] for value in said), -1])[rows[name]]
    for name in ("place", "admin"):
        body[f"{name}_key"] = np.array([*map(name_key, made.values[name]), 0], dtype=np.uint64)[rows[name]]
    body["cell"] = data.cells
    if len(data.deck.meaning):
        body["meaning"] = data.deck.meaning
    body["rank"] = rows["rank"] + before
    words = np.empty(len(data.deck.hashes), dtype=_WORD)
    words["hash"], words["weight"] = data.deck.hashes, data.deck.weights
    return to_arrow(body, rows["words"].astype(np.int64), rows["known"].astype(np.int64), words)


def to_arrow(body: Any, start: Ints, known: Ints, words: Any, **more: Any) -> pa.RecordBatch:
    """Rows as columns; their words are those of ``words`` from ``start`` on. ``more``: columns to put first."""
    at = np.repeat(start - (np.cumsum(known) - known), known) + np.arange(int(known.sum()))
    columns = {name: pa.array(values) for name, values in more.items()}
    columns["rank"] = pa.array(body["rank"].astype(np.int64))
    columns["body"] = _binary(body, np.arange(len(body) + 1) * _BODY.itemsize)
    columns["words"] = _binary(words[at], np.concatenate([[0], np.cumsum(known)]) * _WORD.itemsize)
    return pa.RecordBatch.from_pydict(columns)


def take(shard: Shard, chosen: Ints, **more: Any) -> pa.RecordBatch:
    """Some rows of a shard, as they came."""
    rows = shard.data.deck.rows
    words = np.empty(len(shard.data.deck.hashes), dtype=_WORD)
    words["hash"], words["weight"] = shard.data.deck.hashes, shard.data.deck.weights
    start, known = rows["words"][chosen].astype(np.int64), rows["known"][chosen].astype(np.int64)
    return to_arrow(shard.body[chosen], start, known, words, **more)


def unpack(world: World, table: Any) -> Shard:
    """Travelling rows, laid out as on one machine."""
    body = np.frombuffer(_bytes(table["body"]), dtype=_BODY)
    words = np.frombuffer(_bytes(table["words"]), dtype=_WORD)
    known = body["known"].astype(np.int64)
    start = np.cumsum(known) - known
    order = np.lexsort((body["rank"], body["start"], body["cell"]))
    body, known = body[order], known[order]
    rows = np.zeros(len(body), dtype=ROW)
    for name in ROW.names or ():
        rows[name] = body[name]
    ranks = body["rank"].astype(np.int64)
    rows["rank"][np.argsort(ranks)] = np.arange(len(rows))
    for name in ("place", "admin"):
        rows[name] = key_codes(body[f"{name}_key"])
    at = np.repeat(start[order] - (np.cumsum(known) - known), known) + np.arange(int(known.sum()))
    rows["words"] = np.cumsum(known) - known
    words = words[at]
    deck = world.deck._replace(rows=rows, hashes=words["hash"].copy(), weights=words["weight"].copy())
    if body["meaning"].any():
        deck = deck._replace(meaning=np.ascontiguousarray(body["meaning"]))
    bounds = np.searchsorted(body["cell"], np.arange(CLASSES + 2) << 26)
    acts, sources = world.values["act"], world.values["source_id"]
    data = Encoded(pl.DataFrame(), ranks, deck, body["cell"].copy(), bounds, acts, sources, world.survey)
    held = (
        table["shared"].to_numpy()[order]
        if "shared" in table.column_names
        else np.zeros(len(rows), dtype=np.bool_)
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
    overall = known.tally.overall.reshape(-1, size).sum(axis=0, dtype=np.int32)
    return replace(known, tally=replace(known.tally, overall=overall))


def slim(known: Survey) -> Survey:
    """The survey without what only the weighing of words needs."""
    none = np.zeros(0, dtype=np.int32)
    return replace(known, tally=Tally(known.tally.texts, none, known.tally.overall, none))


def name_key(name: str) -> int:
    """A key of eight bytes; never 0, which stands for none."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little") or 1


def key_codes(keys: Keys) -> Ints:
    """A number for each key, -1 for none."""
    values, code = np.unique(keys, return_inverse=True)
    return np.asarray(code - 1 if len(values) and values[0] == 0 else code, dtype=np.int64)


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
