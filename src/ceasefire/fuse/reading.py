"""Rows that can be used, and the order of their names.

In: any frame of reports. Out: the usable rows, typed, and the order of their ids; problems for the others. Names are sorted and
numbered by their bytes, in compiled loops: text is sorted ten times as slowly.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.compiled import compiled
from ceasefire.fuse.meaning import unusable_signatures
from ceasefire.model import table
from ceasefire.problems import Problem

Ints = NDArray[np.int64]
_CHUNK = 100_000  # names read at a time
_MARK = b"\x00"


def read_reports(reports: pl.DataFrame) -> tuple[pl.DataFrame, Ints, list[Problem]]:
    """The usable rows, typed, and their order by id; rows without an id, a source or a time become problems."""
    shape = table("located").schema
    given = reports.select(
        (
            pl.col(name).cast(dtype, strict=False) if name in reports.columns else pl.lit(None, dtype=dtype)
        ).alias(name)
        for name, dtype in shape.items()
    )
    late = [c for c in ("recorded_at", "published_at", "occurred_to") if c in given.columns]
    given = given.with_columns(pl.coalesce("occurred_to", "occurred_from").alias("occurred_to"))
    given = given.with_columns(
        pl.min_horizontal("occurred_from", "occurred_to").alias("occurred_from"),
        pl.max_horizontal("occurred_from", "occurred_to").alias("occurred_to"),
        pl.coalesce(late).alias("recorded_at"),
    )
    needed = ("report_id", "source_id", "occurred_from")
    problems: list[Problem] = []
    if any(given[c].null_count() for c in needed):
        usable = pl.all_horizontal(pl.col(c).is_not_null() for c in needed)
        problems = [
            Problem(
                "error",
                "fuse",
                "report_unusable",
                "report_id, source_id and occurred_from filled",
                "an empty or unreadable cell",
                "left out; fill it",
                row["file"],
                row["line"],
                row["report_id"],
            )
            for row in given.filter(~usable).sort("report_id", "file", "line").iter_rows(named=True)
        ]
        given = given.filter(usable)
    problems += unusable_signatures(given)
    order, twice = by_name(given["report_id"])
    if not twice:
        return given, order, problems
    given = given.sort(["report_id", "recorded_at", "occurred_from", "source_id", "text"], nulls_last=True)
    again = given.filter(pl.col("report_id").is_duplicated())["report_id"].unique().sort()
    problems += [
        Problem(
            "error",
            "fuse",
            "report_twice",
            "one row a report_id",
            "several",
            "only the first recorded was used; give each report its own id",
            record=rid,
        )
        for rid in again
    ]
    given = given.unique("report_id", keep="first", maintain_order=True)
    return given, np.arange(given.height), problems


def by_name(names: pl.Series) -> tuple[Ints, bool]:
    """The order of names, by their bytes, and whether any comes twice.

    Most names share a beginning and differ in the next sixteen bytes; these are sorted as numbers, several times as fast as text.
    """
    leading = np.zeros((2, len(names)), dtype=np.uint64)
    ends = (str(names.min()).encode(), str(names.max()).encode()) if len(names) else (b"", b"")
    common = sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(*ends, strict=False)))
    for at in range(0, len(names), _CHUNK):
        read, marked = as_bytes(names.slice(at, _CHUNK))
        if marked:
            leading[:] = 0
            break
        _leading(read, common, leading[:, at:])
    order = np.argsort(leading[0], kind="stable")
    if _settle(order, leading):
        return order, False
    return names.arg_sort().to_numpy().astype(np.int64), bool(names.is_duplicated().any())


@compiled
def _settle(order: Any, leading: Any) -> Any:
    """Sort runs of equal first numbers by the second; False where that does not tell all apart."""
    k = 0
    while k < len(order):
        last = k + 1
        while last < len(order) and leading[0, order[last]] == leading[0, order[k]]:
            last += 1
        if last - k > 1:
            run = order[k:last].copy()
            within = np.argsort(leading[1][run])
            for m in range(len(run)):
                order[k + m] = run[within[m]]
                if m and leading[1, order[k + m]] == leading[1, order[k + m - 1]]:
                    return False
        k = last
    return True


@compiled
def _leading(buffer: Any, skipped: int, leading: Any) -> None:
    """The sixteen bytes after the shared beginning of each name, as two numbers."""
    row, at = 0, 0
    for byte in buffer:
        if byte == 0:
            row, at = row + 1, 0
            continue
        if skipped <= at < skipped + 16:
            part = (at - skipped) // 8
            leading[part, row] |= np.uint64(byte) << np.uint64(56 - 8 * ((at - skipped) % 8))
        at += 1


def marks(names: pl.Series) -> NDArray[np.uint32]:
    """A number for each name that depends on nothing else: for samples that are the same on any machine, in any shard."""
    out = np.empty(len(names), dtype=np.uint32)
    for at in range(0, len(names), _CHUNK):
        _hash_names(as_bytes(names.slice(at, _CHUNK))[0], out[at:])
    return out


def as_bytes(texts: pl.Series) -> tuple[NDArray[np.uint8], bool]:
    """Texts as UTF-8, each followed by a zero; zeros within them become spaces, and whether there were any."""
    joined = _joined(texts)
    marked = joined.count(_MARK) != len(texts)
    if marked:
        joined = _joined(texts.str.replace_all(_MARK.decode(), " ", literal=True))
    return np.frombuffer(joined, dtype=np.uint8), marked


def _joined(texts: pl.Series) -> bytes:
    """One after another; as bytes at once, since Python's strings take four times as long."""
    return bytes(texts.str.join(_MARK.decode()).cast(pl.Binary).item()) + _MARK


@compiled
def _hash_names(buffer: Any, out: Any) -> None:
    row, value = 0, np.uint64(1469598103934665603)
    for byte in buffer:
        if byte == 0:
            value = (value ^ (value >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
            out[row] = np.uint32(value >> np.uint64(32))
            row, value = row + 1, np.uint64(1469598103934665603)
        else:
            value = (value ^ np.uint64(byte)) * np.uint64(1099511628211)
