"""The tables of a case: names, columns, types and keys, and nothing else.

In: the declarations in ``model/tables/*.yaml``. Out: ``Table`` objects that make, check and order
polars frames. All times are UTC ``Datetime("us", "UTC")``; a probability is a float in 0..1.
The declarations are the single source for code, documentation and JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl
import yaml

TIME = pl.Datetime("us", "UTC")

_DTYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "time": TIME,
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "flag": pl.Boolean(),
    "probability": pl.Float64(),
}


class TableError(ValueError):
    """A frame does not have the shape of its table."""


@dataclass(frozen=True)
class Column:
    """One column: its name, kind (text, time, number, integer, flag, probability) and meaning."""

    name: str
    kind: str
    required: bool
    about: str

    @property
    def dtype(self) -> pl.DataType:
        """The polars type of the column."""
        return _DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One table of the house: its columns, what identifies a row, and which stage makes it."""

    name: str
    about: str
    stage: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pl.Schema:
        """Column names and polars types, in order."""
        return pl.Schema({c.name: c.dtype for c in self.columns})

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that may not be empty."""
        return tuple(c.name for c in self.columns if c.required)

    def empty(self) -> pl.DataFrame:
        """Return the table without rows."""
        return pl.DataFrame(schema=self.schema)

    def frame(self, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
        """Make the table from row mappings: missing cells are null, rows sorted by key."""
        names = [c.name for c in self.columns]
        listed = list(rows)
        unknown = {k for row in listed for k in row} - set(names)
        if unknown:
            raise TableError(f"table {self.name}: unknown column {sorted(unknown)}")
        data = {name: [row.get(name) for row in listed] for name in names}
        return self.conform(pl.DataFrame(data, schema=self.schema, strict=False))

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add missing columns as null, cast, order columns, drop others and sort rows by key.

        Raises:
            TableError: a required column is absent or a required cell is empty.
        """
        lacking = [c for c in self.required if c not in frame.columns]
        if lacking:
            raise TableError(f"table {self.name}: column {lacking[0]} is missing")
        frame = frame.select(
            (pl.col(c.name).cast(c.dtype) if c.name in frame.columns else pl.lit(None, dtype=c.dtype)).alias(
                c.name
            )
            for c in self.columns
        )
        for name in self.required:
            if frame[name].null_count():
                raise TableError(f"table {self.name}: a cell of {name} is empty")
        return frame.sort([k for k in self.key if k in frame.columns], nulls_last=True, maintain_order=True)


def _declared(name: str, body: Mapping[str, Any], bodies: Mapping[str, Any]) -> Table:
    columns: dict[str, Sequence[str]] = {}
    if "extends" in body:
        columns |= bodies[body["extends"]]["columns"]
    columns |= body["columns"]
    return Table(
        name=name,
        about=body["about"],
        stage=body.get("stage", "facts"),
        key=tuple(body["key"]),
        columns=tuple(
            Column(
                col,
                str(spec[0]).rstrip("*"),
                str(spec[0]).endswith("*"),
                ", ".join(str(part) for part in spec[1:]),
            )
            for col, spec in columns.items()
        ),
    )


@cache
def tables() -> dict[str, Table]:
    """All tables by name, facts first."""
    bodies: dict[str, Any] = {}
    for file in ("facts.yaml", "derived.yaml"):
        text = (files(__package__) / "tables" / file).read_text(encoding="utf-8")
        bodies |= yaml.safe_load(text)
    return {name: _declared(name, body, bodies) for name, body in bodies.items()}


def table(name: str) -> Table:
    """The table of that name.

    Raises:
        KeyError: there is no such table.
    """
    return tables()[name]


def fact_tables() -> list[Table]:
    """The tables that a case folder holds."""
    return [t for t in tables().values() if t.stage == "facts"]
