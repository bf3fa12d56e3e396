"""Reports that are held while others may still come, and what was found of them.

In: packed rows. Out: ``Held``: for each row what it shares, whom it is linked to, which cluster it is in. Each row has a
number, by the order in which it came; what a row points to is told by that number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.fuse.encode import Encoded, Flags, Ints
from ceasefire.fuse.reach import SHARED
from ceasefire.fuse.rows import BODY, WORD, Known, Packed, lay_out, take

# label: first member of its cluster by id. named: the report its incident is named after, -1 = none yet. basis: number in
# ``copies.BASES``. fixed: a decision holds it. coded: a number for its coded event, 0 = none. settled: its cluster can change no
# more; closed: nor can its chance.
STATE = np.dtype(
    [
        ("near", "u8"),
        ("shared", "u8", (len(SHARED),)),
        ("coded", "u8"),
        ("label", "i8"),
        ("named", "i8"),
        ("origin", "i8"),
        ("basis", "i1"),
        ("chance", "f8"),
        ("fixed", "?"),
        ("crowded", "?"),
        ("settled", "?"),
        ("closed", "?"),
    ]
)
_CHUNKS = 32  # pieces of the frame from which it is put into one


def _behind(held: Any, more: Any) -> Any:
    """More rows behind those held. Some room is left after them, so that not every portion has to copy all."""
    n, room = len(held), held.base
    if room is None or len(room) < n + len(more):
        room = np.empty(n + len(more) + n // 4, dtype=held.dtype)
        room[:n] = held
    room[n : n + len(more)] = more
    return room[: n + len(more)]


@dataclass
class Held:
    """``frame``: the reports as they were read. ``finder``, ``other``, ``weight``: pairs as they were found, and by which row."""

    frame: pl.DataFrame = field(default_factory=pl.DataFrame)
    packed: Packed = field(default_factory=lambda: Packed(np.zeros(0, dtype=BODY), np.zeros(0, dtype=WORD)))
    state: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, dtype=STATE))
    finder: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    other: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    weight: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.state)

    @property
    def ids(self) -> pl.Series:
        """The report of each row."""
        return self.frame["report_id"]

    def add(self, frame: pl.DataFrame, packed: Packed, state: NDArray[np.void]) -> Ints:
        """Put rows behind those held; which they are now."""
        fresh = np.arange(self.n, self.n + len(state))
        packed.body["words"] += len(self.packed.words)
        self.packed = Packed(_behind(self.packed.body, packed.body), _behind(self.packed.words, packed.words))
        self.state = _behind(self.state, state)
        self.state["label"][fresh] = fresh
        self.frame = pl.concat([self.frame, frame]) if self.frame.width else frame
        if self.frame.n_chunks() > _CHUNKS:
            self.frame = self.frame.rechunk()
        return fresh

    def keep(self, kept: Flags) -> None:
        """Forget all rows but these, which point to none of the others."""
        number = np.cumsum(kept) - 1
        self.frame, self.packed, self.state = (
            self.frame.filter(kept).rechunk(),
            take(self.packed, kept),
            self.state[kept],
        )
        for name in ("label", "named", "origin"):
            self.state[name] = number[self.state[name]]
        inside = kept[self.finder] & kept[self.other]
        self.finder, self.other = number[self.finder[inside]], number[self.other[inside]]
        self.weight = self.weight[inside]

    def drop_found(self, finders: Flags) -> tuple[Ints, Ints, NDArray[np.float32]]:
        """Forget the pairs that these rows found, and return them."""
        theirs = finders[self.finder]
        dropped = self.finder[theirs], self.other[theirs], self.weight[theirs]
        self.finder, self.other = self.finder[~theirs], self.other[~theirs]
        self.weight = self.weight[~theirs]
        return dropped

    def by_id(self, rows: Ints) -> Ints:
        """The rows in the order of their report ids."""
        return np.asarray(rows[self.ids.gather(rows).arg_sort().to_numpy()])

    def laid(self, known: Known, rows: Ints) -> tuple[Encoded, Ints]:
        """Rows as reports that were encoded together, without their frame; and which row each grid row is."""
        packed = take(self.packed, rows)
        order = self.ids.gather(rows).arg_sort().to_numpy()
        packed.body["rank"][order] = np.arange(len(rows))
        data, at = lay_out(known, packed)
        return data, rows[at]
