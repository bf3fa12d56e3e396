"""From cells named as report columns to rows of the table ``reports``, with every row accounted for.

In: a raw table's rows, renamed by a reader. Out: ``Ingested``. Typed with the value parsers; a row that cannot
be used becomes one problem with its line; doubts that many rows share become one problem with a count and the
first lines. A day without an hour is an interval; a report dated to a day counts as known when the day ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.coordinates import parse_coordinates
from ceasefire.ingest.figures import parse_figure
from ceasefire.ingest.ingested import Context, Ingested
from ceasefire.ingest.instants import Interval, parse_instant
from ceasefire.ingest.numbers import parse_integer, parse_number
from ceasefire.ingest.tabular import RawTable
from ceasefire.ingest.time_notes import parse_time_note
from ceasefire.model import table
from ceasefire.problems import Problem
from ceasefire.vocabulary import vocabulary

FIRST_LINES = 5  # lines named in a problem that many rows share
VOCABULARIES = {"act": "acts", "stance": "stances", "precision": "precision"}
FIGURES = {"killed": ("killed_min", "killed_max"), "injured": ("injured_min", "injured_max")}
TIMES = ("occurred_from", "occurred_to", "published_at", "recorded_at")

Cells = Mapping[str, str | None]
_REPORTS = {column.name: column.kind for column in table("reports").columns}


def slug(name: str) -> str:
    """A name as an identifier: lower case, letters and digits of any script, joined by hyphens."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-") or "unnamed"


def radius(precision: str | None) -> float | None:
    """The radius in km of a precision class, as the vocabulary gives it."""
    term = vocabulary("precision").get(precision) if precision else None
    return float(term.more["radius_km"]) if term else None


def runs(lines: Iterable[int]) -> str:
    """Line numbers in short: 3-5, 9."""
    found: list[list[int]] = []
    for line in sorted(lines):
        if found and line == found[-1][1] + 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


@dataclass
class _Tally:
    problem: Problem
    lines: list[int]


class Gathering:
    """Collects the reports, sources and problems of one file."""

    def __init__(
        self, raw: RawTable, context: Context, *, zone: ZoneInfo | None = None, day_first: bool | None = None
    ) -> None:
        self.raw = raw
        self.context = context
        self.zone = zone or context.zone
        self._day_first = day_first
        self._reports: list[dict[str, Any]] = []
        self._sources: dict[str, dict[str, Any]] = {}
        self._problems = list(raw.problems)
        self._tallies: dict[tuple[str, str], _Tally] = {}
        self._spans: dict[str, Interval] = {}
        self._seen: dict[str, int] = {}
        self._left_out = raw.n_left_out
        self._outside = 0

    def finish(self) -> Ingested:
        """The tables, the sources met, and all problems."""
        for tally in self._tallies.values():
            lines = sorted(tally.lines)
            shown = ", ".join(map(str, lines[:FIRST_LINES])) + (" ..." if len(lines) > FIRST_LINES else "")
            count = f"{len(lines)} rows (lines {shown})" if len(lines) > 1 else f"line {shown}"
            self._problems.append(
                replace(
                    tally.problem, found=f"{tally.problem.found}: {count}", line=lines[0] if lines else None
                )
            )
        return Ingested(
            reports=table("reports").frame(self._reports),
            sources=table("sources").frame(self._sources.values()),
            problems=sorted(self._problems, key=lambda p: (p.line or 0, p.code, p.found)),
            n_read=self.raw.n_read,
            n_left_out=self._left_out,
            n_outside=self._outside,
        )

    def leave_out(self, line: int, record: str | None, code: str, bad: BadValue) -> None:
        """Account for a row that cannot be used."""
        self._left_out += 1
        action = bad.action if bad.action.endswith("row left out") else f"{bad.action}; row left out"
        self._problems.append(self.problem("error", code, bad, line=line, record=record, action=action))

    def outside(self, n_rows: int) -> None:
        """Account for rows that the options of the reader do not ask for."""
        self._outside += n_rows

    def warn(self, line: int | None, record: str | None, code: str, bad: BadValue) -> None:
        """Tell a doubt about one row that is used all the same."""
        self._problems.append(self.problem("warning", code, bad, line=line, record=record))

    def note(self, line: int | None, record: str | None, code: str, bad: BadValue) -> None:
        """Tell something worth knowing about one row."""
        self._problems.append(self.problem("note", code, bad, line=line, record=record))

    def tally(self, severity: str, code: str, line: int, bad: BadValue) -> None:
        """Tell something that many rows share once, with their count and first lines."""
        found = self._tallies.setdefault((code, bad.found), _Tally(self.problem(severity, code, bad), []))
        found.lines.append(line)

    def problem(
        self,
        severity: str,
        code: str,
        bad: BadValue,
        *,
        line: int | None = None,
        record: str | None = None,
        action: str | None = None,
    ) -> Problem:
        """A problem of this file."""
        return Problem(
            severity=severity,
            stage="ingest",
            code=code,
            expected=bad.expected,
            found=bad.found,
            action=action or bad.action,
            file=self.context.name,
            line=line,
            record=record,
        )

    def also(self, problems: Iterable[Problem]) -> None:
        """Take over the problems of a second file."""
        self._problems += problems

    def source(self, name: str, **more: Any) -> str:
        """The identifier of a source by its name; a new one is added to the sources."""
        identifier = slug(name)
        self.source_as(identifier, name, **more)
        return identifier

    def source_as(self, identifier: str, name: str, **more: Any) -> None:
        """Note a source under a given identifier; the first of its names in alphabetical order is kept."""
        known = self._sources.setdefault(identifier, {"source_id": identifier, "name": name, **more})
        known["name"] = min(known["name"], name)

    def keep(self, row: dict[str, Any], line: int) -> bool:
        """Add a finished report; False (and a problem) when its identifier was used before."""
        record = str(row["report_id"])
        if record in self._seen:
            bad = BadValue("an identifier of its own for each report", f"{record!r} again", "give it another")
            self.leave_out(line, record, "report_repeated", replace_action(bad, self._seen[record]))
            return False
        self._seen[record] = line
        self._reports.append(row | {"file": self.context.name, "line": line})
        return True

    def add(self, line: int, cells: Cells) -> bool:
        """Type one report from cells named as columns of ``reports`` (and killed, injured); True if it is used."""
        record = cells.get("report_id")
        row: dict[str, Any] = {}
        spans: dict[str, Interval] = {}
        try:
            for name, text in cells.items():
                if text is not None:
                    self._typed(name, text, row, spans, line)
            self._check(row, spans)
        except BadValue as bad:
            self.leave_out(line, record, "value_bad", bad)
            return False
        self._place(row, cells, line)
        self._narrow(row, cells, spans, line)
        row["recorded_at"] = row.get("recorded_at") or self.known_at(spans.get("published_at"), line)
        return self.keep(row, line)

    def _typed(
        self, name: str, text: str, row: dict[str, Any], spans: dict[str, Interval], line: int
    ) -> None:
        try:
            if name in FIGURES:
                figure = parse_figure(text)
                row |= dict(zip(FIGURES[name], (figure.minimum, figure.maximum), strict=True))
                if figure.note and figure.minimum is None:
                    row[f"_{name}_words"] = text
            elif name in TIMES:
                spans[name] = self.instant(text, line)
                row[name] = spans[name].end if name in ("occurred_to", "recorded_at") else spans[name].start
            elif _REPORTS[name] == "integer":
                row[name] = parse_integer(text)
            elif name in ("latitude", "longitude"):
                pass
            elif _REPORTS[name] == "number":
                row[name] = parse_number(text)
            else:
                row[name] = text
        except BadValue as bad:
            raise BadValue(f"{name}: {bad.expected}", bad.found, bad.action) from None

    def instant(self, text: str, line: int) -> Interval:
        """Read a date or time of the file, and tell of its doubts."""
        found = self.date(text)
        if found.note:
            bad = BadValue("a time that names one instant", found.note, "write the offset, e.g. +03:00")
            self.warn(line, None, "time_doubtful", bad)
        return found

    def date(self, text: str) -> Interval:
        """Read a date or time of the file, remembering the ones read."""
        found = self._spans.get(text)
        if found is None:
            found = self._spans[text] = parse_instant(text, self.zone, day_first=self._day_first)
        return found

    def _check(self, row: dict[str, Any], spans: dict[str, Interval]) -> None:
        for name in ("report_id", "source_id", "occurred_from"):
            if row.get(name) is None:
                raise BadValue(f"a value in {name}", "an empty cell", "fill it")
        if row.get("occurred_to") is None:
            row["occurred_to"] = spans["occurred_from"].end
        if row["occurred_to"] < row["occurred_from"]:
            found = f"{row['occurred_from']:%Y-%m-%d %H:%M}Z to {row['occurred_to']:%Y-%m-%d %H:%M}Z"
            raise BadValue("an end that is not before the start", found, "correct the times")
        for least, most in FIGURES.values():
            low, high = row.get(least), row.get(most)
            if (low or 0) < 0 or (high or 0) < 0 or (low is not None and high is not None and high < low):
                raise BadValue(
                    f"{least} and {most} of zero or more, in order", f"{low} and {high}", "correct them"
                )

    def _place(self, row: dict[str, Any], cells: Cells, line: int) -> None:
        for name in FIGURES:
            if words := row.pop(f"_{name}_words", None):
                bad = BadValue(
                    f"{name}: a figure",
                    repr(words),
                    "no figure was taken from it; the words stay in the file",
                )
                self.tally("note", "figure_in_words", line, bad)
        for column, name in VOCABULARIES.items():
            word = row.get(column)
            if word is not None and word not in vocabulary(name):
                bad = BadValue(
                    f"{column}: a word of the vocabulary {name}", repr(word), "translate it in the mapping"
                )
                self.tally("warning", "word_unknown", line, bad)
        row["precision_km"] = row.get("precision_km") or radius(row.get("precision"))
        self.coordinates(row, cells.get("latitude"), cells.get("longitude"), line)

    def coordinates(
        self, row: dict[str, Any], latitude: str | None, longitude: str | None, line: int
    ) -> None:
        """Read the pair into the row; an impossible pair is told and left empty, a swapped one turned."""
        if latitude is None or longitude is None:
            if latitude or longitude:
                bad = BadValue("both coordinates", "one of the two", "left empty; fill the other")
                self.warn(line, row["report_id"], "coordinates_bad", bad)
            return
        try:
            found = parse_coordinates(latitude, longitude, near=self.context.bbox)
        except BadValue as error:
            told = BadValue(error.expected, error.found, f"{error.action}; left empty")
            self.warn(line, row["report_id"], "coordinates_bad", told)
            return
        row["latitude"], row["longitude"], swapped = found
        if swapped:
            pair = f"{latitude}, {longitude}"
            bad = BadValue("latitude, then longitude", pair, "read the other way round; correct the file")
            self.warn(line, row["report_id"], "coordinates_swapped", bad)

    def _narrow(self, row: dict[str, Any], cells: Cells, spans: dict[str, Interval], line: int) -> None:
        """A day with a note such as "after sunset" becomes the interval the note means."""
        note, span = cells.get("time_note"), spans["occurred_from"]
        if (
            note is None
            or span.precision != "day"
            or span.approximate
            or cells.get("occurred_to") is not None
        ):
            return
        day = span.start.astimezone(self.zone).date()
        told = parse_time_note(note, day, self.zone, row.get("latitude"), row.get("longitude"))
        if told is not None:
            row["occurred_from"], row["occurred_to"] = told.start, told.end
        else:
            bad = BadValue("a note on the hour", repr(note), "not understood: the whole day is kept")
            self.tally("note", "time_note_unread", line, bad)

    def known_at(self, published: Interval | None, line: int) -> datetime:
        """When a reader could first know a report (UTC): its publication's latest instant, else the gathering."""
        if published is not None:
            return published.end
        day = f"{self.context.gathered_at:%Y-%m-%d}"
        bad = BadValue(
            "a date of publication", "none", f"counts as known only from the day of gathering, {day}"
        )
        self.tally("warning", "report_undated", line, bad)
        return self.context.gathered_at


def replace_action(bad: BadValue, first: int) -> BadValue:
    """The same finding with the line where the identifier was used first."""
    return BadValue(bad.expected, f"{bad.found} (first at line {first})", bad.action)
