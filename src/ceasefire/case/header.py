"""The header of a fact table's file, read with some patience.

In: a raw table and the table's declaration. Out: which given name stands for which column, which columns that must be
filled are not there, and problems. "Occurred From" is occurred_from; a name that is no column is told and not used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import process

from ceasefire.ingest.tabular import RawTable
from ceasefire.model import Table
from ceasefire.problems import Problem

NEAR = 60  # rapidfuzz score from which a name is offered instead


@dataclass(frozen=True)
class Header:
    """``names``: given name → column. ``missing``: column that must be filled → what to do."""

    names: Mapping[str, str]
    missing: Mapping[str, str]
    problems: tuple[Problem, ...]


def read_header(table: Table, raw: RawTable) -> Header:
    """Match the names given to the columns of the table."""
    columns = [column.name for column in table.columns]
    names = {name: name for name in raw.columns if name in columns}
    problems: list[Problem] = []
    for name in raw.columns:
        loose = re.sub(r"[\W_]+", "_", name.casefold()).strip("_")
        if name not in names and loose in columns and loose not in names.values():
            names[name] = loose
            problems.append(_told("note", "column_read_as", raw, name, loose, f"read as {loose}"))
    strangers = [name for name in raw.columns if name not in names]
    free = [column for column in columns if column not in names.values() and column not in ("file", "line")]
    for name in strangers:
        near = process.extractOne(name, free, score_cutoff=NEAR)
        action = f"did you mean {near[0]!r}? the column is not used" if near else "the column is not used"
        problems.append(_told("warning", "unknown_column", raw, name, f"a column of {table.name}", action))
    missing = {}
    for column in table.required:
        if column not in names.values() and not (
            column == "occurred_to" and "occurred_from" in names.values()
        ):
            near = process.extractOne(column, strangers, score_cutoff=NEAR)
            missing[column] = f"rename {near[0]!r} to {column}" if near else f"add the column {column}"
    return Header(names, missing, tuple(problems))


def _told(severity: str, code: str, raw: RawTable, name: str, expected: str, action: str) -> Problem:
    return Problem(severity, "case", code, expected, f"{name!r}", action, file=raw.path, line=1)
