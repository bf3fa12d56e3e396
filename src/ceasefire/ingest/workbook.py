"""Excel workbooks and Parquet files as rows of text.

In: a file. Out: the header and the rows as cells of text with their number: the row of the sheet for Excel
(the header is usually row 1), the row counted from 1 for Parquet. Date cells become ISO 8601 text; a date
cell at midnight is read as a day, since Excel does not tell the two apart.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import polars as pl

from ceasefire.ingest.delimited import MAX_ROWS, TooManyRowsError

# Our choice: a workbook that unpacks to more is refused, so that a small file cannot fill the memory.
MAX_UNPACKED = 1 << 30

_MIDNIGHT = re.compile(r"^(\d{4}-\d\d-\d\d) 00:00:00(?:\.0+)?$")
_CLOCK = re.compile(r"^1899-12-3[01] (\d\d:\d\d:\d\d)(?:\.0+)?$")

T = TypeVar("T")
Row = tuple[int, list[str | None]]


class UnreadableFileError(ValueError):
    """The file is not what its name says; the message says what was found."""


def read_workbook(path: Path, sheet: str | None) -> list[Row]:
    """Read a sheet, the first one when none is named, header row included.

    Raises:
        UnreadableFileError: not a workbook, no such sheet, or too large when unpacked.
    """
    import fastexcel

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise UnreadableFileError("a file that is not an .xlsx workbook") from None
    if unpacked > MAX_UNPACKED:
        raise UnreadableFileError(f"a workbook that unpacks to {unpacked} bytes (at most {MAX_UNPACKED})")

    def load() -> pl.DataFrame:
        book = fastexcel.read_excel(path)
        names = list(book.sheet_names)
        if sheet is not None and sheet not in names:
            raise UnreadableFileError(f"no sheet {sheet!r}; the sheets are {', '.join(names)}")
        if not names:
            raise UnreadableFileError("a workbook without sheets")
        loaded = book.load_sheet(sheet or names[0], header_row=None, skip_rows=0, dtypes="string")
        return loaded.to_polars()

    frame = guarded(load)
    return [(n, [_excel_cell(cell) for cell in row]) for n, row in enumerate(frame.iter_rows(), start=1)]


def _excel_cell(cell: str | None) -> str | None:
    if cell is None or len(cell) < 19:
        return cell
    if match := _MIDNIGHT.match(cell):
        return match.group(1)
    if match := _CLOCK.match(cell):
        return match.group(1)
    return cell


def read_parquet(path: Path) -> list[Row]:
    """Read a Parquet file as text, its column names as row 0.

    Raises:
        UnreadableFileError: not a Parquet file.
        TooManyRowsError: more rows than are read at once.
    """
    with path.open("rb") as handle:
        head = handle.read(4)
        handle.seek(-min(4, path.stat().st_size), 2)
        tail = handle.read(4)
    if head != b"PAR1" or tail != b"PAR1":
        raise UnreadableFileError("a file without Parquet's mark at both ends")
    n_rows = guarded(lambda: pl.scan_parquet(path).select(pl.len()).collect().item())
    if n_rows > MAX_ROWS:
        raise TooManyRowsError(f"{n_rows} rows (at most {MAX_ROWS})")
    frame = guarded(lambda: pl.read_parquet(path).select(_as_text(pl.scan_parquet(path).collect_schema())))
    rows: list[Row] = [(0, list(frame.columns))]
    rows += [(n, list(row)) for n, row in enumerate(frame.iter_rows(), start=1)]
    return rows


def _as_text(schema: pl.Schema) -> list[pl.Expr]:
    columns: list[pl.Expr] = []
    for name, dtype in schema.items():
        column = pl.col(name)
        if isinstance(dtype, pl.Datetime):
            layout = "%Y-%m-%dT%H:%M:%S%.f" + ("%:z" if dtype.time_zone else "")
            columns.append(column.dt.to_string(layout))
        elif isinstance(dtype, pl.List | pl.Array):
            columns.append(column.cast(pl.List(pl.String)).list.join(";"))
        elif isinstance(dtype, pl.Struct):
            columns.append(column.struct.json_encode())
        elif isinstance(dtype, pl.Binary):
            columns.append(column.bin.encode("hex"))
        else:
            columns.append(column.cast(pl.String))
    return columns


def guarded(load: Callable[[], T]) -> T:
    """Run a reader of another library; what it raises on a damaged file becomes ``UnreadableFileError``."""
    try:
        return load()
    except (UnreadableFileError, MemoryError):
        raise
    except Exception as error:
        raise UnreadableFileError(f"{type(error).__name__}: {str(error)[:200]}") from None
    except BaseException as error:
        # A panic inside the compiled readers is not an Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableFileError(f"a damaged file ({str(error)[:200]})") from None
