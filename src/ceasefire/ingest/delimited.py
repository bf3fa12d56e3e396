"""CSV and TSV, row by row, with the line where each row starts.

In: a text file, its encoding. Out: the rows as lists of cells with their line, and a problem for each row
that cannot be read. RFC 4180 quoting, including line breaks inside cells; the delimiter is found among
comma, semicolon, tab and bar. A quote that is never closed costs one line, not the rest of the file, and
no line is held in memory beyond ``MAX_RECORD`` characters.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from ceasefire.problems import Problem

# Our choices, fixed before any file was read with them.
MAX_RECORD = 1 << 20  # characters of one row; longer rows are left out
MAX_ROWS = 1_000_000  # rows of one file, so that a file of tiny rows cannot fill the memory
SAMPLE_ROWS = 50  # rows looked at to find the delimiter
DELIMITERS = (",", ";", "\t", "|")

# The csv module's own limit of a cell is smaller than a row may be here, and can only be set for all readers.
csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD + 1))

_SEP_LINE = re.compile(r"sep=(.)\s*$", re.IGNORECASE)

Row = tuple[int, list[str]]


class TooManyRowsError(ValueError):
    """The file has more rows than are read at once."""


def find_delimiter(handle: TextIO) -> str:
    """The delimiter that splits the first rows most evenly into the most cells; comma when none does."""
    sample = handle.read(MAX_RECORD)
    handle.seek(0)
    if match := _SEP_LINE.match(sample.partition("\n")[0]):
        return match.group(1)
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        rows = _sample_rows(sample, delimiter)
        if not rows or len(rows[0]) < 2:
            continue
        even = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        if (even, len(rows[0])) > best_score:
            best, best_score = delimiter, (even, len(rows[0]))
    return best


def _sample_rows(sample: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) > SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    # The last row may be cut by the end of the sample.
    return rows[:-1] if len(rows) > 2 else rows


class Lines:
    """The physical lines of a file with their numbers; can be wound back by pushing lines again."""

    def __init__(self, handle: TextIO) -> None:
        self._handle = handle
        self._pushed: deque[tuple[int, str]] = deque()
        self._number = 0
        self.taken: list[tuple[int, str]] = []
        self.size = 0

    def start(self) -> None:
        """Forget the lines taken so far: a new row begins."""
        self.taken, self.size = [], 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        if self._pushed:
            number, line = self._pushed.popleft()
        else:
            line = self._handle.readline(MAX_RECORD)
            self._number += 1
            number = self._number
            if not line:
                raise StopIteration
        self.taken.append((number, line))
        self.size += len(line)
        if self.size >= MAX_RECORD:
            raise csv.Error("the row is too long")
        return line

    def push_back_all_but_first(self) -> None:
        """Give the lines of the row, but for its first, back to be read as rows of their own."""
        self._pushed.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def skip_rest_of_line(self) -> None:
        """Move past a line that is longer than a row may be."""
        number, line = self.taken[-1]
        while not line.endswith(("\n", "\r")) and number == self._number:
            line = self._handle.readline(MAX_RECORD)
            if not line:
                break


def read_delimited(
    path: Path, codec: str, name: str, delimiter: str | None
) -> tuple[list[Row], list[Problem]]:
    """Read the rows, header included, each with the line where it starts (the first line is 1).

    Blank lines are passed over. ``codec`` damage is replaced by U+FFFD, for the caller to report.

    Raises:
        TooManyRowsError: more than ``MAX_ROWS`` rows.
    """
    rows: list[Row] = []
    problems: list[Problem] = []
    with path.open(encoding=codec, errors="replace", newline="") as handle:
        delimiter = delimiter or find_delimiter(handle)
        lines = Lines(handle)
        for line, cells, problem in _records(lines, delimiter, name):
            if problem is not None:
                problems.append(problem)
            if cells is not None and not (line == 1 and _SEP_LINE.match("".join(cells) + delimiter)):
                rows.append((line, cells))
            if len(rows) + len(problems) > MAX_ROWS:
                raise TooManyRowsError(f"more than {MAX_ROWS} rows")
    return rows, problems


def _records(
    lines: Lines, delimiter: str, name: str
) -> Iterator[tuple[int, list[str] | None, Problem | None]]:
    width = 0
    while True:
        lines.start()
        try:
            cells = next(csv.reader(lines, delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except csv.Error:
            number, line = lines.taken[0]
            if len(line) >= MAX_RECORD:
                lines.skip_rest_of_line()
                yield number, None, _too_long(name, number)
                continue
            lines.push_back_all_but_first()
            loose = next(csv.reader([line], delimiter=delimiter), [])
            # A stray quote inside a cell is harmless when the cells still match the header.
            if width and len(loose) == width:
                yield number, loose, _stray_quote(name, number)
            else:
                yield number, None, _open_quote(name, number, line)
            continue
        if cells:
            width = width or len(cells)
            yield lines.taken[0][0], cells, None


def _too_long(name: str, line: int) -> Problem:
    return Problem(
        severity="error",
        stage="ingest",
        code="row_too_long",
        expected=f"rows of at most {MAX_RECORD} characters",
        found="a longer line",
        action="row left out; check that the file is a table with one row a line",
        file=name,
        line=line,
    )


def _stray_quote(name: str, line: int) -> Problem:
    return Problem(
        severity="warning",
        stage="ingest",
        code="quote_stray",
        expected='a quote inside a quoted cell written twice ("")',
        found="a single quote mark inside a cell",
        action="row used as read; check its cells",
        file=name,
        line=line,
    )


def _open_quote(name: str, line: int, text: str) -> Problem:
    return Problem(
        severity="error",
        stage="ingest",
        code="quote_open",
        expected="every quoted cell closed by a quote mark",
        found=f"a quote that is not closed, or text after a closing quote: {text.strip()[:60]!r}",
        action="row left out, the next line is read as a new row; close or double the quote",
        file=name,
        line=line,
    )
