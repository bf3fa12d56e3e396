"""From raw cells to typed rows of one fact table.

In: raw tables of text cells, the table's declaration, the case's settings. Out: a frame and problems. Times without
an offset are local to the case's zone; a day without an hour is an interval; a fact dated to a day counts as known
when that day ends, and an undated one from the day the facts were gathered.
"""

from __future__ import annotations

from typing import Any

import polars as pl
from rapidfuzz import process

from ceasefire.case.settings import Settings
from ceasefire.ingest.tabular import RawTable
from ceasefire.ingest.values import (
    BadValue,
    Interval,
    parse_coordinates,
    parse_flag,
    parse_instant,
    parse_integer,
    parse_number,
    parse_time_note,
)
from ceasefire.model import Column, Table
from ceasefire.problems import Problem
from ceasefire.vocabulary import vocabulary

# The column that says when a fact of each table could first be known, if recorded_at is empty.
KNOWN_FROM = {
    "reports": "published_at",
    "statements": "said_at",
    "findings": "issued_at",
    "access": "at",
    "notifications": "notified_at",
    "counts": "published_at",
    "declarations": "at",
}
# Pairs of columns that hold the two ends of an interval.
INTERVALS = {"occurred_from": "occurred_to", "period_from": "period_to", "at": "at_latest"}
# Interval ends whose day, if no hour is given, runs to its last moment.
ENDS = frozenset({"occurred_to", "period_to", "at_latest", "valid_to", "to", "declared_end", "until"})
VOCABULARIES = {
    ("reports", "act"): "acts",
    ("reports", "stance"): "stances",
    ("reports", "precision"): "precision",
    ("places", "precision"): "precision",
    ("sources", "kind"): "source_kinds",
    ("actors", "kind"): "actor_kinds",
    ("access", "kind"): "access_kinds",
    ("access", "constraint_class"): "access_constraints",
}


class TableReader:
    """Collects the rows of one fact table and the problems met."""

    def __init__(self, table: Table, settings: Settings) -> None:
        self.table = table
        self.settings = settings
        self.problems: list[Problem] = []
        self._columns = {c.name: c for c in table.columns}
        self._rows: list[dict[str, Any]] = []
        self._seen: dict[tuple[Any, ...], int] = {}

    def add(self, raw: RawTable) -> None:
        """Read all rows of a raw table."""
        for name in raw.columns:
            if name not in self._columns:
                near = process.extractOne(name, list(self._columns))
                self._problem(
                    "warning",
                    "unknown_column",
                    raw.path,
                    1,
                    None,
                    f"a column of {self.table.name}",
                    f"{name!r}",
                    f"did you mean {near[0]!r}? the column is not used" if near else "the column is not used",
                )
        for line, cells in raw.rows:
            row = self._row(raw.path, line, cells)
            if row is not None:
                self._rows.append(row)

    def frame(self) -> pl.DataFrame:
        """The table read so far, sorted by its key."""
        return self.table.frame(self._rows)

    def _row(self, file: str, line: int, cells: dict[str, str | None]) -> dict[str, Any] | None:
        record = cells.get(self.table.key[0])
        row: dict[str, Any] = {}
        spans: dict[str, Interval] = {}
        try:
            for name, column in self._columns.items():
                text = cells.get(name)
                if text is None or name in ("latitude", "longitude"):
                    continue
                row[name] = self._value(column, text, spans)
        except BadValue as bad:
            self._problem(
                "error",
                "bad_value",
                file,
                line,
                record,
                f"{name}: {bad.expected}",
                bad.found,
                f"{bad.action}; row left out",
            )
            return None
        self._close_intervals(row, spans)
        for name in self.table.required:
            if row.get(name) is None:
                self._problem(
                    "error",
                    "empty_cell",
                    file,
                    line,
                    record,
                    f"a value in {name}",
                    "none",
                    "fill it; row left out",
                )
                return None
        if "file" in self._columns:
            row |= {"file": file, "line": line}
        self._coordinates(row, cells, file, line, record)
        if not self._ordered(row, file, line, record):
            return None
        self._narrow(row, cells, spans)
        self._record_time(row, spans, file, line, record)
        self._words(row, file, line, record)
        return None if self._again(row, file, line, record) else row

    def _value(self, column: Column, text: str, spans: dict[str, Interval]) -> Any:
        if column.kind == "time":
            span = parse_instant(text, self.settings.zone)
            spans[column.name] = span
            return span.end if column.name in ENDS else span.start
        if column.kind == "integer":
            return parse_integer(text)
        if column.kind == "flag":
            return parse_flag(text)
        if column.kind in ("number", "probability"):
            return parse_number(text)
        return text

    def _coordinates(
        self, row: dict[str, Any], cells: dict[str, str | None], file: str, line: int, record: str | None
    ) -> None:
        """Read the pair together: a swapped pair is turned, an impossible one is left out."""
        latitude, longitude = cells.get("latitude"), cells.get("longitude")
        if "latitude" not in self._columns or (latitude is None and longitude is None):
            return
        try:
            if latitude is None or longitude is None:
                raise BadValue("latitude and longitude", "one of the two", "fill or empty both")
            row["latitude"], row["longitude"], swapped = parse_coordinates(
                latitude, longitude, near=self.settings.bbox
            )
        except BadValue as bad:
            row["latitude"] = row["longitude"] = None
            self._problem(
                "warning",
                "bad_coordinates",
                file,
                line,
                record,
                bad.expected,
                bad.found,
                f"{bad.action}; left out",
            )
            return
        if swapped:
            self._problem(
                "warning",
                "swapped_coordinates",
                file,
                line,
                record,
                "latitude, longitude",
                f"{latitude}, {longitude}",
                "read the other way round; correct the file",
            )

    def _close_intervals(self, row: dict[str, Any], spans: dict[str, Interval]) -> None:
        for first, last in INTERVALS.items():
            if row.get(first) is not None and row.get(last) is None and last in self._columns:
                row[last] = spans[first].end

    def _ordered(self, row: dict[str, Any], file: str, line: int, record: str | None) -> bool:
        for first, last in INTERVALS.items():
            if row.get(first) and row.get(last) and row[last] < row[first]:
                self._problem(
                    "error",
                    "ends_before_start",
                    file,
                    line,
                    record,
                    f"{last} not before {first}",
                    f"{row[first]:%Y-%m-%d %H:%M}Z to {row[last]:%Y-%m-%d %H:%M}Z",
                    "correct the times; row left out",
                )
                return False
        return True

    def _narrow(self, row: dict[str, Any], cells: dict[str, str | None], spans: dict[str, Interval]) -> None:
        """A day with a note such as "after sunset" becomes the interval the note means."""
        span = spans.get("occurred_from")
        note = cells.get("time_note")
        if note is None or span is None or span.precision != "day" or cells.get("occurred_to") is not None:
            return
        day = span.start.astimezone(self.settings.zone).date()
        told = parse_time_note(note, day, self.settings.zone, row.get("latitude"), row.get("longitude"))
        if told is not None:
            row["occurred_from"], row["occurred_to"] = told.start, told.end

    def _record_time(
        self, row: dict[str, Any], spans: dict[str, Interval], file: str, line: int, record: str | None
    ) -> None:
        if "recorded_at" not in self._columns or row.get("recorded_at") is not None:
            return
        source = KNOWN_FROM.get(self.table.name)
        span = spans.get(source) if source else None
        if span is None and self.table.name in ("counts", "access"):
            span = spans.get("period_to") or spans.get("at_latest")
        if span is not None:
            row["recorded_at"] = span.end
            return
        row["recorded_at"] = self.settings.gathered_at
        if source is not None:
            self._problem(
                "warning",
                "undated",
                file,
                line,
                record,
                f"{source}",
                "none",
                f"counts as known only from the day of gathering, {self.settings.gathered_at:%Y-%m-%d}",
            )

    def _words(self, row: dict[str, Any], file: str, line: int, record: str | None) -> None:
        for (table, column), name in VOCABULARIES.items():
            value = row.get(column)
            if table != self.table.name or value is None or value in vocabulary(name):
                continue
            near = process.extractOne(value, list(vocabulary(name)))
            self._problem(
                "warning",
                "unknown_word",
                file,
                line,
                record,
                f"{column}: a word of the vocabulary {name}",
                f"{value!r}",
                f"did you mean {near[0]!r}? kept as it is",
            )
        precision = vocabulary("precision").get(row.get("precision") or "")
        if self.table.name == "reports" and precision is not None and row.get("precision_km") is None:
            row["precision_km"] = precision.more["radius_km"]

    def _again(self, row: dict[str, Any], file: str, line: int, record: str | None) -> bool:
        key = tuple(row.get(k) for k in self.table.key)
        if key in self._seen:
            self._problem(
                "error",
                "repeated_id",
                file,
                line,
                record,
                f"{', '.join(self.table.key)} unique",
                f"{record!r} again (first at line {self._seen[key]})",
                "give the row another identifier; it was left out",
            )
            return True
        self._seen[key] = line
        return False

    def _problem(
        self,
        severity: str,
        code: str,
        file: str,
        line: int | None,
        record: str | None,
        expected: str,
        found: str,
        action: str,
    ) -> None:
        self.problems.append(
            Problem(severity, "case", code, expected, found, action, file=file, line=line, record=record)
        )
