"""Source files to reports: any table by a column mapping, and the layouts of UCDP GED, ACLED and VIINA.

In: a file and what must be known of the case. Out: ``Ingested``: reports, the sources met, problems, and how
many rows were read and left out. A layout is recognised by its columns when no reader is named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import process

from ceasefire.ingest import acled, ucdp, viina
from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.ingested import Context, Ingested
from ceasefire.ingest.mapping import apply_mapping, plain_mapping, read_mapping
from ceasefire.ingest.tabular import RawTable, read_table, refused

__all__ = ["READERS", "Context", "Ingested", "Reader", "read_reports"]


@dataclass(frozen=True)
class Reader:
    """A layout that needs no mapping: how it is recognised, how it is read, which options it has."""

    about: str
    sniff: Callable[[Collection[str]], bool]
    read: Callable[[RawTable, Context, Mapping[str, Any] | None], Ingested]
    options: tuple[str, ...] = ()


def _sniff_plain(columns: Collection[str]) -> bool:
    return {"source_id", "occurred_from"} <= set(columns)


def _read_plain(raw: RawTable, context: Context, options: Mapping[str, Any] | None = None) -> Ingested:
    return apply_mapping(raw, plain_mapping(raw.columns), context)


READERS: Mapping[str, Reader] = {
    "acled": Reader("ACLED's event files", acled.sniff, acled.read, acled.OPTIONS),
    "plain": Reader("the package's own columns of reports", _sniff_plain, _read_plain),
    "ucdp": Reader("UCDP Georeferenced Event Dataset", ucdp.sniff, ucdp.read, ucdp.OPTIONS),
    "viina": Reader("VIINA event_info, with labels", viina.sniff, viina.read, viina.OPTIONS),
}
"""The layouts read without a mapping, by name."""


def read_reports(
    path: Path,
    context: Context,
    *,
    reader: str | None = None,
    mapping: Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> Ingested:
    """Read the reports of one file, by a mapping, by a named reader, or by the layout its columns show.

    ``options`` belong to the reader (see docs/reading.md). An option ``labels`` names a file beside ``path``.

    Raises:
        CaseError: the file or the mapping cannot be used, there is no such reader, option or layout.
    """
    given = dict(options or {})
    if mapping is not None:
        if reader is not None or given:
            action = "leave out `mapping`, or `reader` and `options`"
            raise refused(context.name, "reader_unknown", "a mapping or a reader", "both", action)
        read = read_mapping(mapping)
        raw = read_table(path, name=context.name, sheet=read.sheet, encoding=read.encoding)
        return apply_mapping(raw, read, context)
    shared = {key: str(given.pop(key)) for key in ("sheet", "encoding") if key in given}
    raw = read_table(path, name=context.name, sheet=shared.get("sheet"), encoding=shared.get("encoding"))
    chosen = _chosen(raw, reader)
    unknown = sorted(set(given) - set(chosen.options))
    if unknown:
        known = ", ".join([*chosen.options, "sheet", "encoding"])
        raise refused(
            context.name, "option_unknown", f"options {known}", repr(unknown[0]), "correct the name"
        )
    if "labels" in given:
        given["labels"] = read_table(path.parent / str(given["labels"]), name=str(given["labels"]))
    try:
        return chosen.read(raw, context, given)
    except BadValue as bad:
        raise refused(context.name, "option_bad", bad.expected, bad.found, bad.action) from None


def _chosen(raw: RawTable, name: str | None) -> Reader:
    """The reader of that name, or the one whose layout the columns show."""
    listed = ", ".join(f"{key} ({reader.about})" for key, reader in READERS.items())
    if name is None:
        for reader in READERS.values():
            if reader.sniff(raw.columns):
                return reader
        found = f"the columns {', '.join(raw.columns[:12])}" + (" ..." if len(raw.columns) > 12 else "")
        action = "write a mapping (docs/reading.md)"
        raise refused(raw.path, "layout_unknown", f"a layout of one of the readers: {listed}", found, action)
    if name not in READERS:
        near = process.extractOne(name, list(READERS), score_cutoff=60)
        action = f"did you mean {near[0]!r}?" if near else "correct the name, or write a mapping"
        raise refused(raw.path, "reader_unknown", f"one of the readers: {listed}", repr(name), action)
    if not READERS[name].sniff(raw.columns):
        found = f"the columns {', '.join(raw.columns[:12])}" + (" ..." if len(raw.columns) > 12 else "")
        expected = f"the columns of {READERS[name].about}"
        raise refused(raw.path, "layout_unknown", expected, found, "name another reader, or write a mapping")
    return READERS[name]
