"""Encoded reports that can be parted and put together again.

In: drafts of some of the reports and what is known of all. Out: ``Packed`` rows that mean the same beside any others: codes are
those of values told to all, names of places are keys of eight bytes. Laid out, they are an ``Encoded`` as if its reports had been
encoded together; so parts of the reports can be worked on in shards, or as reports come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.fuse.encode import ROW, Deck, Draft, Encoded, Ints, act_kinds, encode, name_codes
from ceasefire.fuse.grid import CLASSES
from ceasefire.fuse.survey import Survey

BODY = np.dtype(
    [
        *((name, ROW[name]) for name in ROW.names or ()),
        ("cell", "i8"),
        ("place_key", "u8"),
        ("admin_key", "u8"),
        ("meaning", "u8", (2,)),
    ]
)
WORD = np.dtype([("hash", "u4"), ("weight", "u1")])
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Known:
    """What is known of all reports. ``values``: what codes stand for; ``deck``: one without rows."""

    survey: Survey
    values: dict[str, list[str]]
    deck: Deck


class Packed(NamedTuple):
    """Rows, and the words and sounds they point to (``words``, ``known``, ``sounds``). ``rank`` is that by report id among all that
    are laid out."""

    body: Any
    words: Any


def deck_of(values: dict[str, list[str]], aliases: dict[str, frozenset[str]]) -> Deck:
    """What the kernels are told of values, without rows."""
    none: Any = None
    kind, act_class = act_kinds(values["act"])
    unsigned = np.zeros((0, 2), dtype=np.uint64)
    return Deck(none, none, none, kind, act_class, name_codes(values["party"], aliases), unsigned)


def told_apart(parts: list[dict[str, list[str]]]) -> dict[str, list[str]]:
    """The values that codes of all reports stand for, from those of parts."""
    names = {name for part in parts for name in part if name not in ("place", "admin", "actor", "affected")}
    values = {name: sorted({v for part in parts for v in part[name]}) for name in sorted(names)}
    values["party"] = sorted({v for part in parts for name in ("actor", "affected") for v in part[name]})
    return values


def pack(made: Draft, known: Survey, values: dict[str, list[str]]) -> Packed:
    """Some of the reports as rows for all; ``rank`` is that among these."""
    data = encode(made, known)
    rows = data.deck.rows
    body = np.zeros(len(rows), dtype=BODY)
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
    words = np.empty(len(data.deck.hashes), dtype=WORD)
    words["hash"], words["weight"] = data.deck.hashes, data.deck.weights
    return Packed(body, words)


def spoken_by(body: Any) -> Ints:
    """How many words and sounds each row points to."""
    return np.asarray(body["known"].astype(np.int64) + body["sounds"])


def take(packed: Packed, chosen: Any) -> Packed:
    """Some of the rows, with their words alone."""
    body = packed.body[chosen]
    spoken = spoken_by(body)
    start = np.cumsum(spoken) - spoken
    words = packed.words[np.repeat(body["words"] - start, spoken) + np.arange(int(spoken.sum()))]
    body["words"] = start
    return Packed(body, words)


def lay_out(known: Known, packed: Packed) -> tuple[Encoded, Ints]:
    """Rows in the order of the grid, as on one machine, and which packed row each is. The frame is left empty."""
    order = np.lexsort((packed.body["rank"], packed.body["start"], packed.body["cell"]))
    body, words = take(packed, order)
    rows = np.zeros(len(body), dtype=ROW)
    for name in ROW.names or ():
        rows[name] = body[name]
    ranks = body["rank"].astype(np.int64)
    rows["rank"][np.argsort(ranks)] = np.arange(len(rows))
    for name in ("place", "admin"):
        rows[name] = key_codes(body[f"{name}_key"])
    deck = known.deck._replace(rows=rows, hashes=words["hash"].copy(), weights=words["weight"].copy())
    if body["meaning"].any():
        deck = deck._replace(meaning=np.ascontiguousarray(body["meaning"]))
    bounds = np.searchsorted(body["cell"], np.arange(CLASSES + 2) << 26)
    acts, sources = known.values["act"], known.values["source_id"]
    return Encoded(
        pl.DataFrame(), ranks, deck, body["cell"].copy(), bounds, acts, sources, known.survey
    ), order


def name_key(name: str) -> int:
    """A key of eight bytes; never 0, which stands for none."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little") or 1


def key_codes(keys: Keys) -> Ints:
    """A number for each key, -1 for none."""
    values, code = np.unique(keys, return_inverse=True)
    return np.asarray(code - 1 if len(values) and values[0] == 0 else code, dtype=np.int64)
