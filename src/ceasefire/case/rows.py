"""From raw cells to typed rows of one fact table.

In: raw tables of text cells, the table's declaration, the case's settings. Out: a frame and problems. Times without
an offset are local to the case's zone; a day without an hour is an interval; a fact dated to a day counts as known
when that day ends, and an undated one from the day the facts were gathered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from rapidfuzz import process

from ceasefire.case.header import NEAR, read_header
from ceasefire.case.settings import BBox, Settings
from ceasefire.ingest.tabular import RawTable
from ceasefire.ingest.values import (
    BadValue,
    Interval,
    infer_day_first,
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
# Further pairs that must be in order.
SPANS = (("from", "to"), ("starts_at", "declared_end"))
# Tables that say what must not be published: a cell that cannot be read must not lose the row and its protection.
SHIELDING = frozenset({"sources", "notifications", "places"})
# Interval ends whose day, if no hour is given, runs to its last moment.
ENDS = frozenset({"occurred_to", "period_to", "at_latest", "valid_to", "to", "declared_end", "until"})
# Tables in which nothing can be known before it was published; an access or a declaration can be told beforehand.
PUBLISHED = ("reports", "statements", "findings", "counts")
RANGES = (("killed_min", "killed_max"), ("injured_min", "injured_max"))
# Whole numbers are all counts, and cannot be negative either; a published figure can (a change in per cent).
NOT_NEGATIVE = frozenset({"precision_km"})
VOCABULARIES = {
    ("reports", "act"): "acts",
    ("reports", "stance"): "stances",
    ("reports", "precision"): "precision",
    ("places", "precision"): "precision",
    ("sources", "kind"): "source_kinds",
    ("actors", "kind"): "actor_kinds",
    ("capabilities", "act"): "acts",
    ("capabilities", "ability"): "abilities",
    ("findings", "weighed_as"): "standards_of_proof",
    ("access", "kind"): "access_kinds",
    ("access", "constraint_class"): "access_constraints",
    ("ratings", "rating"): "ratings",
}
# Kinds that a stage acts on; any other word would be passed over.
KINDS = {
    "declarations": ("start", "extend", "offer", "reset", "end", "lapse", "suspend", "not_met"),
    "decisions": ("same", "different", "withdraw"),
    "questions": (
        *("kept", "clock", "aid", "terms", "intent", "author"),
        *("versions", "offices", "one_sided", "patron", "exempted", "alive"),
    ),
}


class TableReader:
    """Collects the rows of one fact table and the problems met."""

    def __init__(self, table: Table, settings: Settings) -> None:
        self.table = table
        self.settings = settings
        self.problems: list[Problem] = []
        self._columns = {c.name: c for c in table.columns}
        self._rows: list[dict[str, Any]] = []
        self._seen: dict[tuple[Any, ...], tuple[str, dict[str, Any]]] = {}
        self._missing: Mapping[str, str] = {}
        self._day_first: bool | None = None

    def add(self, raw: RawTable) -> None:
        """Read all rows of a raw table."""
        header = read_header(self.table, raw)
        self.problems += header.problems
        self._missing = header.missing
        self._day_first = self._date_layout(raw, header.names)
        for line, given in raw.rows:
            cells = {header.names[name]: cell for name, cell in given.items() if name in header.names}
            row = self._row(raw.path, line, cells)
            if row is not None:
                self._rows.append(row)

    def _date_layout(self, raw: RawTable, names: Mapping[str, str]) -> bool | None:
        """Whether the day comes first in 03/04/2016, if the file's columns of times show it together."""
        times = [given for given, name in names.items() if self._columns[name].kind == "time"]
        texts = (text for _, cells in raw.rows for name in times if (text := cells[name]) is not None)
        try:
            return infer_day_first(texts)
        except BadValue:
            return None  # both layouts: the dates that can be read two ways are refused one by one

    def frame(self) -> pl.DataFrame:
        """The table read so far, sorted by its key."""
        return self.table.frame(self._rows)

    def _row(self, file: str, line: int, cells: dict[str, str | None]) -> dict[str, Any] | None:
        record = cells.get(self.table.key[0])
        try:
            row, spans, emptied = self._typed(cells)
        except BadValue as bad:
            action = f"{bad.action}; row left out"
            self._problem("error", "bad_value", file, line, record, bad.expected, bad.found, action)
            return None
        for told in emptied:
            action = f"{told.action}; the row is kept without it"
            self._problem("warning", "bad_cell", file, line, record, told.expected, told.found, action)
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
                    "no such column" if name in self._missing else "none",
                    f"{self._missing.get(name, 'fill it')}; row left out",
                )
                return None
        if "file" in self._columns:
            row |= {"file": file, "line": line}
        self._coordinates(row, cells, file, line, record)
        if not self._ordered(row, file, line, record):
            return None
        self._narrow(row, cells, spans)
        self._record_time(row, spans, file, line, record)
        self._time_doubts(row, spans, file, line, record)
        self._words(row, file, line, record)
        return None if self._again(row, file, line, record) else row

    def _typed(
        self, cells: Mapping[str, str | None]
    ) -> tuple[dict[str, Any], dict[str, Interval], list[BadValue]]:
        """The cells by the kind of their column, the intervals that times stand for, and cells left empty."""
        row: dict[str, Any] = {}
        spans: dict[str, Interval] = {}
        emptied: list[BadValue] = []
        for name, column in self._columns.items():
            text = cells.get(name)
            if text is None or name in ("latitude", "longitude"):
                continue
            try:
                row[name] = self._value(column, text, spans)
            except BadValue as bad:
                told = BadValue(f"{name}: {bad.expected}", bad.found, bad.action)
                if self.table.name not in SHIELDING:
                    raise told from None
                if name != "protected":
                    emptied.append(told)
        for least, most in RANGES:
            low, high = row.get(least), row.get(most)
            if low is not None and high is not None and high < low:
                raise BadValue(f"{most} not below {least}", f"{low} and {high}", "correct the two")
        if cells.get("protected") is not None and row.get("protected") is None:
            row["protected"] = True
            emptied.append(BadValue("protected: yes or no", repr(cells["protected"]), "protected until then"))
        return row, spans, emptied

    def _value(self, column: Column, text: str, spans: dict[str, Interval]) -> Any:
        if column.kind == "time":
            span = parse_instant(text, self.settings.zone, day_first=self._day_first)
            spans[column.name] = span
            return span.end if column.name in ENDS else span.start
        if column.kind == "flag":
            return parse_flag(text)
        if column.kind not in ("integer", "number", "probability"):
            return text
        number = parse_integer(text) if column.kind == "integer" else parse_number(text)
        if number < 0 and (column.kind == "integer" or column.name in NOT_NEGATIVE):
            raise BadValue(
                "zero or more", repr(text), "correct it, or leave the cell empty if nothing is stated"
            )
        return number

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
        elif self.settings.bbox is not None and not _inside(row, self.settings.bbox):
            self._problem(
                "warning",
                "outside_bbox",
                file,
                line,
                record,
                "a point inside the bbox of case.yaml",
                f"{latitude}, {longitude}",
                "used as it stands; correct the point, or widen `bbox`",
            )

    def _close_intervals(self, row: dict[str, Any], spans: dict[str, Interval]) -> None:
        for first, last in INTERVALS.items():
            if row.get(first) is not None and row.get(last) is None and last in self._columns:
                row[last] = spans[first].end

    def _ordered(self, row: dict[str, Any], file: str, line: int, record: str | None) -> bool:
        for first, last in (*INTERVALS.items(), *SPANS):
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

    def _time_doubts(
        self, row: dict[str, Any], spans: dict[str, Interval], file: str, line: int, record: str | None
    ) -> None:
        """Times that can hardly be, told and kept: as-of and the order of versions rest on them."""
        doubts = [
            (
                "doubtful_time",
                f"{name}: a time that names one instant",
                span.note,
                "write the offset, e.g. +03:00",
            )
            for name, span in spans.items()
            if span.note
        ]
        published = spans.get(KNOWN_FROM[self.table.name]) if self.table.name in PUBLISHED else None
        known, happened = row.get("recorded_at"), row.get("occurred_from")
        if published and happened and published.end < happened:
            found = f"published {published.end:%Y-%m-%d %H:%M}Z, of {happened:%Y-%m-%d %H:%M}Z"
            doubts.append(
                ("published_before", "a report published after the happening", found, "check both dates")
            )
        if published and known and known < published.start:
            found = f"known {known:%Y-%m-%d %H:%M}Z, published {published.start:%Y-%m-%d %H:%M}Z"
            doubts.append(
                ("known_too_early", "recorded_at not before publication", found, "check both dates")
            )
        if known and known > self.settings.gathered_at:
            found = f"known {known:%Y-%m-%d %H:%M}Z, gathered {self.settings.gathered_at:%Y-%m-%d %H:%M}Z"
            action = "correct the date, or `gathered_at` in case.yaml"
            doubts.append(("known_too_late", "a fact known when the case was gathered", found, action))
        for code, expected, found, action in doubts:
            self._problem("warning", code, file, line, record, expected, found, f"{action}; kept as it is")

    def _words(self, row: dict[str, Any], file: str, line: int, record: str | None) -> None:
        lists = [
            (column, f"a word of the vocabulary {name}", tuple(vocabulary(name)))
            for (table, column), name in VOCABULARIES.items()
            if table == self.table.name
        ]
        if self.table.name in KINDS:
            lists.append(("kind", f"one of {', '.join(KINDS[self.table.name])}", KINDS[self.table.name]))
        for column, expected, words in lists:
            value = row.get(column)
            if value is None or value in words:
                continue
            near = process.extractOne(value, words, score_cutoff=NEAR)
            action = f"did you mean {near[0]!r}? kept as it is" if near else "kept as it is"
            self._problem(
                "warning", "unknown_word", file, line, record, f"{column}: {expected}", f"{value!r}", action
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
                f"{record!r} again (first in {self._seen[key][0]})",
                "give the row another identifier; it was left out",
            )
            if row.get("protected"):
                self._seen[key][1]["protected"] = True  # whoever asked for protection once has it
            return True
        self._seen[key] = (f"{file}:{line}", row)
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


def _inside(row: dict[str, Any], bbox: BBox) -> bool:
    west, south, east, north = bbox
    return bool(west <= row["longitude"] <= east and south <= row["latitude"] <= north)
