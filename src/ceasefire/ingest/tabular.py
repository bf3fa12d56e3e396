"""Any table file as rows of text with their line: CSV, TSV, JSON Lines, Parquet, Excel.

In: a path. Out: ``RawTable``: column names, rows as name → stripped text (an empty cell is None), and a
problem for each row left out or doubtful. The format follows from the extension, else from the content.
Raises ``CaseError`` with one clear problem when the file as a whole cannot be used; never anything else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ceasefire.ingest.delimited import TooManyRowsError, read_delimited
from ceasefire.ingest.encoding import Encoding, NotTextError, find_encoding
from ceasefire.ingest.jsonlines import JsonRow, read_json_lines
from ceasefire.ingest.workbook import UnreadableFileError, read_parquet, read_workbook
from ceasefire.problems import CaseError, Problem

MAX_BYTES = 512 << 20  # our choice: rows take some six times the file in memory; larger files are to be split
MOST_TITLES = 5  # our choice: lines above the header of a workbook

_FORMATS = {
    ".csv": "delimited",
    ".txt": "delimited",
    ".tsv": "delimited",
    ".tab": "delimited",
    ".jsonl": "jsonlines",
    ".ndjson": "jsonlines",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
FORMATS = "CSV, TSV, JSON Lines (.jsonl), Parquet or Excel (.xlsx)"
_TAG = re.compile(r"^#[a-z]+(?:\s*\+[a-z_0-9]+)*$", re.IGNORECASE)
_FIGURE = re.compile(r"[\d.,:/ -]+")

Cells = dict[str, str | None]
Line = tuple[int, Sequence[str | None]]


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in its file.

    ``path`` is the name shown to users; ``rows`` are (line, cells), the line counted from 1; each problem of
    severity ``error`` is one row left out.
    """

    path: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Cells], ...]
    encoding: str
    problems: tuple[Problem, ...]

    @property
    def n_left_out(self) -> int:
        """How many rows of the file could not be read."""
        return sum(problem.severity == "error" for problem in self.problems)

    @property
    def n_read(self) -> int:
        """How many rows the file has, those left out included."""
        return len(self.rows) + self.n_left_out


def read_table(
    path: Path,
    *,
    name: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    known: Collection[str] = (),
) -> RawTable:
    """Read a table file.

    ``name`` is shown in messages instead of the file's own name; ``sheet`` names a sheet of a workbook;
    ``encoding`` a codec when the file's own marks do not decide; ``known`` the columns of the table, by which a
    header is found below a title.

    Raises:
        CaseError: missing, a folder, empty, binary, too large, unknown encoding, or without a header.
    """
    shown = name or path.name
    form = _form(path, shown)
    try:
        if form == "excel":
            return _from_cells(shown, read_workbook(path, sheet), "excel", [], known)
        if form == "parquet":
            return _from_cells(shown, read_parquet(path), "parquet", [])
        codec = _codec(path, shown, encoding)
        if form == "jsonlines" or (form is None and _looks_like_json(path, codec.codec)):
            rows, problems = read_json_lines(path, codec.codec, shown)
            return _from_objects(shown, rows, codec, problems)
        tabbed = "\t" if path.suffix.lower() in (".tsv", ".tab") else None
        lines, problems = read_delimited(path, codec.codec, shown, tabbed)
        return _from_cells(shown, lines, codec, problems, known)
    except UnreadableFileError as error:
        raise refused(
            shown, "file_unreadable", FORMATS, str(error), "save the file again in one of them"
        ) from None
    except TooManyRowsError as error:
        raise refused(
            shown, "file_too_large", "fewer rows", str(error), "split the file by year or area"
        ) from None
    except NotTextError as error:
        action = "save the file as CSV in UTF-8, or name its encoding"
        raise refused(shown, "file_not_text", "a text table", str(error), action) from None
    except OSError as error:
        found = error.strerror or type(error).__name__
        raise refused(shown, "file_unreadable", "a file that can be read", found, "check the file") from None


def refused(file: str, code: str, expected: str, found: str, action: str) -> CaseError:
    """The error that a whole file cannot be used."""
    return CaseError(Problem("error", "ingest", code, expected, found, action, file=file))


def _form(path: Path, shown: str) -> str | None:
    """The format by extension, after checks that need no reading; None when the extension does not say."""
    if path.is_dir():
        raise refused(shown, "file_is_folder", "a table file", "a folder", "name a file in it")
    if not path.exists():
        raise refused(shown, "file_missing", "a table file", "no such file", "check the name and the folder")
    if not path.is_file():
        raise refused(
            shown, "file_unreadable", "a regular file", "a device or a pipe", "copy it to a file first"
        )
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            head = handle.read(4)
    except OSError as error:
        found = error.strerror or type(error).__name__
        raise refused(
            shown, "file_unreadable", "a file that can be read", found, "check its permissions"
        ) from None
    if size == 0:
        raise refused(shown, "file_empty", "a header and rows", "an empty file", "export the table again")
    if size > MAX_BYTES:
        raise refused(
            shown,
            "file_too_large",
            f"at most {MAX_BYTES} bytes",
            f"{size} bytes",
            "split the file by year or area",
        )
    suffix = path.suffix.lower()
    if suffix == ".xls":
        raise refused(shown, "file_unreadable", FORMATS, "an old .xls workbook", "save it as .xlsx or CSV")
    if suffix not in _FORMATS:
        return {b"PAR1": "parquet", b"PK\x03\x04": "excel"}.get(head)
    return _FORMATS[suffix]


def _codec(path: Path, shown: str, wanted: str | None) -> Encoding:
    if wanted is None:
        return find_encoding(path)
    try:
        with path.open(encoding=wanted) as handle:
            while handle.read(1 << 20):
                pass
    except LookupError:
        raise refused(
            shown,
            "encoding_unknown",
            "the name of an encoding",
            repr(wanted),
            "write utf-8, cp1251, cp1252 ...",
        ) from None
    except ValueError as error:
        raise refused(
            shown,
            "encoding_wrong",
            f"text in {wanted}",
            str(error)[:120],
            "leave the encoding out, or correct it",
        ) from None
    # utf-8-sig reads a file with and without the mark.
    return Encoding("utf-8-sig" if wanted.lower() in ("utf-8", "utf8") else wanted)


def _looks_like_json(path: Path, codec: str) -> bool:
    with path.open(encoding=codec, errors="replace") as handle:
        return handle.read(4096).lstrip().startswith("{")


def _from_objects(shown: str, rows: list[JsonRow], codec: Encoding, problems: list[Problem]) -> RawTable:
    names = dict.fromkeys(name for _, row in rows for name in row)
    if not rows:
        found = "a file without one readable row" if problems else "only blank lines"
        raise refused(
            shown, "file_empty", "one JSON object a line", found, "export the table again as JSON Lines"
        )
    header: Line = (0, list(names))
    lines: list[Line] = [(line, [row.get(name) for name in names]) for line, row in rows]
    return _from_cells(shown, [header, *lines], codec, problems)


def _from_cells(
    shown: str,
    lines: Iterable[Line],
    codec: Encoding | str,
    problems: list[Problem],
    known: Collection[str] = (),
) -> RawTable:
    """Take the header, tidy the cells, and judge each row by its width."""
    body = [(line, [tidy(cell) for cell in cells]) for line, cells in lines]
    first = next((place for place, (line, cells) in enumerate(body) if any(cells) or line == 0), None)
    if first is None:
        raise refused(shown, "file_empty", "a header and rows", _found(problems), "export the table again")
    titles = _titles(body[first:], known)
    (head_line, head), rows = body[first + titles], body[first + titles + 1 :]
    # Empty rows above the header are common in workbooks; rows of figures below an empty one are no header.
    if not any(head) or (first and any(_FIGURE.fullmatch(cell) for cell in head if cell)):
        raise refused(
            shown, "header_empty", "column names in the first row", "empty cells", "name the columns"
        )
    found = [*_encoding_problems(shown, codec), *problems]
    if titles:
        above = f"{titles} lines above the header"
        found.append(_note(shown, body[first][0], "title_rows", found=above, action="passed over"))
    columns, header_problems = _columns(shown, head_line, head, rows)
    found += header_problems
    if rows and _is_tag_row(rows[0][1]):
        found.append(_note(shown, rows[0][0], "tag_row", found="a row of HXL tags", action="passed over"))
        rows = rows[1:]
    kept, blank = [], []
    for line, cells in rows:
        if not any(cells):
            blank.append(line)
            continue
        usable, problem = _fitted(shown, line, cells, columns)
        found += [problem] if problem else []
        if usable is not None:
            kept.append((line, usable))
    if blank:
        action = f"passed over; the first is line {blank[0]}"
        found.append(_note(shown, blank[0], "rows_blank", found=f"{len(blank)} empty rows", action=action))
    encoding = codec.codec if isinstance(codec, Encoding) else codec
    return RawTable(shown, tuple(name for name in columns if name), tuple(kept), encoding, tuple(found))


def _titles(body: Sequence[Line], known: Collection[str]) -> int:
    """How many lines, such as a title, stand above the first one that names at least two known columns."""
    for above, (_, cells) in enumerate(body[: MOST_TITLES + 1]):
        if sum(cell is not None and cell.casefold().replace(" ", "_") in known for cell in cells) > 1:
            return above
    return 0


def _found(problems: Sequence[Problem]) -> str:
    return f"no header: line {problems[0].line} has {problems[0].found}" if problems else "no header"


def tidy(cell: str | None) -> str | None:
    """A cell without surrounding white space, byte-order marks and non-breaking spaces; None when empty."""
    return (cell.strip().strip("\ufeff\u200b").strip() or None) if cell else None


def _note(file: str, line: int, code: str, *, found: str, action: str) -> Problem:
    return Problem("note", "ingest", code, "rows of data", found, action, file=file, line=line)


def _encoding_problems(shown: str, codec: Encoding | str) -> list[Problem]:
    if not isinstance(codec, Encoding) or not codec.guessed:
        return []
    return [
        Problem(
            severity="warning",
            stage="ingest",
            code="encoding_guessed",
            expected="UTF-8",
            found=f"other bytes, read as {codec.codec} (guessed)",
            action="look at a few names; if they are wrong, save as UTF-8 or name the encoding",
            file=shown,
        )
    ]


def _columns(
    shown: str, line: int, head: Sequence[str | None], rows: Sequence[Line]
) -> tuple[list[str], list[Problem]]:
    """Names of the columns; '' for a column without name and content, which is passed over."""
    names: list[str] = []
    problems: list[Problem] = []
    seen: Counter[str] = Counter()
    for place, given in enumerate(head):
        name = given or ""
        if not given and any(place < len(cells) and cells[place] for _, cells in rows):
            name = f"column_{place + 1}"
            problems.append(
                _header_warning(shown, line, "header_gap", f"no name for column {place + 1}", name)
            )
        if name and name in seen:
            while name in seen:
                seen[given or name] += 1
                name = f"{given}.{seen[given or name]}"
            problems.append(_header_warning(shown, line, "header_twice", f"{given!r} again", name))
        if name:
            seen[name] += 1
        names.append(name)
    return names, problems


def _header_warning(shown: str, line: int, code: str, found: str, name: str) -> Problem:
    return Problem(
        severity="warning",
        stage="ingest",
        code=code,
        expected="a different name for each column",
        found=found,
        action=f"called {name}; name the column in the file",
        file=shown,
        line=line or None,
    )


def _is_tag_row(cells: Sequence[str | None]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(_TAG.match(cell) for cell in filled)


def _fitted(
    shown: str, line: int, cells: Sequence[str | None], columns: Sequence[str]
) -> tuple[Cells | None, Problem | None]:
    """The row by column name, and its problem. Too many cells: left out. Too few: the rest is empty."""
    problem: tuple[str, str, str, str, str] | None = None
    surplus = cells[len(columns) :]
    if any("\0" in cell for cell in cells if cell):
        problem = (
            "error",
            "row_nul",
            "text",
            "a NUL byte in a cell",
            "row left out; the file may be damaged",
        )
    elif any(surplus):
        found = f"{len(cells)} cells"
        action = "row left out; look for a delimiter inside a cell that is not quoted"
        problem = ("error", "row_too_wide", f"{len(columns)} cells", found, action)
    elif len(cells) < len(columns):
        action = "row used; the missing cells are empty"
        problem = ("warning", "row_too_narrow", f"{len(columns)} cells", f"{len(cells)} cells", action)
    elif any("\ufffd" in cell for cell in cells if cell):
        action = "row used with a replacement mark in its place"
        problem = ("warning", "characters_damaged", "whole characters", "a damaged character", action)
    row = None
    if problem is None or problem[0] != "error":
        row = {name: cells[i] if i < len(cells) else None for i, name in enumerate(columns) if name}
    if problem is None:
        return row, None
    severity, code, expected, found, action = problem
    return row, Problem(severity, "ingest", code, expected, found, action, file=shown, line=line)
