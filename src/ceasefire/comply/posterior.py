"""Joint draws made elsewhere: another model's worlds, or one certain course of events, to be judged as they are.

In: an instant, incidents, and for every world and incident who did it, and when and whether it happened if that is drawn
too. Out: ``Posterior``, which ``comply`` takes in place of a picture. What the draws hold together stays together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import gcd
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from ceasefire.model import table

_BLOCK = 128  # worlds are packed 64 to a word, in mirrored halves


@dataclass(frozen=True)
class Posterior:
    """Worlds given as arrays of shape (worlds, incidents), in the order of the rows of ``incidents``.

    Args:
        as_of: the instant judged, with its zone.
        incidents: table ``incidents``: what all worlds share (act, affected, place, time where it is not drawn).
        answers: the answers that ``author`` points at: a party or actor, ``a+b`` jointly, ``accident``, ...
        author: index into ``answers``; -1 = nobody.
        when: ``datetime64`` in UTC, if the time is drawn; else the incidents' own intervals are drawn from.
        real: whether it happened, as an incident of its own; all did where it is not given.
        tables: further tables of the case by name (access, declarations, places, ...).

    Raises:
        ValueError: the arrays do not fit the incidents, or an index is out of range.
    """

    as_of: datetime
    incidents: pl.DataFrame
    answers: Sequence[str]
    author: ArrayLike
    when: ArrayLike | None = None
    real: ArrayLike | None = None
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = np.shape(self.author)
        if len(shape) != 2 or shape[1] != self.incidents.height or not shape[0]:
            raise ValueError(
                f"author: expected (worlds, {self.incidents.height}) indices, found an array of shape {shape}"
            )
        for name in ("when", "real"):
            given = getattr(self, name)
            if given is not None and np.shape(given) != shape:
                raise ValueError(f"{name}: expected the shape of author {shape}, found {np.shape(given)}")
        codes = np.asarray(self.author)
        if codes.size and (codes.min() < -1 or codes.max() >= len(self.answers)):
            raise ValueError(
                f"author: expected -1 to {len(self.answers) - 1}, found {codes.min()} to {codes.max()}"
            )

    @property
    def draws(self) -> int:
        """Worlds used: those given, repeated as often as it takes to fill whole words; shares stay as they are."""
        given = int(np.shape(self.author)[0])
        return given * (_BLOCK // gcd(given, _BLOCK))

    @cached_property
    def columns(self) -> dict[str, int]:
        """Column of each incident."""
        return {name: k for k, name in enumerate(self.incidents["incident_id"])}

    @cached_property
    def _rows(self) -> dict[str, NDArray[Any]]:
        """The arrays with one incident a row: read once along their own order, and then row by row."""
        kinds: dict[str, Any] = {"author": np.int16, "when": "datetime64[us]", "real": bool}
        given = {name: getattr(self, name) for name in kinds}
        return {
            name: np.ascontiguousarray(np.asarray(values, dtype=kinds[name]).T)
            for name, values in given.items()
            if values is not None
        }

    def _row(self, name: str, incident: str) -> NDArray[Any]:
        row = self._rows[name][self.columns[incident]]
        return np.tile(row, self.draws // len(row))

    def author_of(self, incident: str) -> NDArray[np.int64]:
        """Who did it in every world: an index into ``answers``, -1 = nobody."""
        return self._row("author", incident).astype(np.int64)

    def shares_of(self, incident: str) -> dict[str, float]:
        """How often each answer is the one, over the worlds in which it happened."""
        real = self.real_of(incident)
        author = self.author_of(incident)
        author = author if real is None else author[real]
        n = max(len(author), 1)
        found = np.bincount(author[author >= 0], minlength=len(self.answers)) / n
        return {answer: float(p) for answer, p in zip(self.answers, found, strict=True) if p}

    def real_of(self, incident: str) -> NDArray[np.bool_] | None:
        """Whether it happened in every world; None = it did."""
        return None if self.real is None else self._row("real", incident)

    def hours_of(self, incident: str, origin: datetime | None = None) -> NDArray[np.float64] | None:
        """When it happened in every world, in hours since the origin (the epoch if none); None = not drawn."""
        if self.when is None:
            return None
        micros = self._row("when", incident).astype(np.int64)
        zero = 0 if origin is None else int(origin.timestamp() * 1e6)
        return np.asarray((micros - zero) / 3.6e9)

    def table(self, name: str) -> pl.DataFrame:
        """A table by name, empty where none is given."""
        if name == "incidents":
            return table("incidents").conform(self.incidents)
        return self.tables.get(name, table(name).empty())
