"""Strict reading of a case folder.

In: the folder's path. Out: a ``Case``. Each fact table is looked for as ``<table>.csv``, ``.tsv``, ``.jsonl``,
``.parquet`` or ``.xlsx``; a cell is parsed by the kind of its column; a row that cannot be used becomes a problem
with file, line, what was expected, what was found and what to do, and the rest goes on. Files of reports in another
layout are named in ``case.yaml`` and read by the ingest room.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from ceasefire.agreement import Agreement
from ceasefire.agreement import load as load_agreement
from ceasefire.case.facts import Case
from ceasefire.case.references import check_references
from ceasefire.case.rows import TableReader
from ceasefire.case.settings import Settings, read_settings
from ceasefire.ingest import Context, read_reports
from ceasefire.ingest.tabular import read_table
from ceasefire.model import Table, fact_tables
from ceasefire.problems import CaseError, Problem, problems_table

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet", ".xlsx")
REQUIRED_TABLES = ("reports", "sources")


def open_case(folder: str | Path) -> Case:
    """Read a case folder.

    Raises:
        CaseError: the case cannot be used at all; the error says why and what to do.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CaseError(
            Problem(
                "error",
                "case",
                "case_unusable",
                "a folder with a case",
                "a file" if folder.exists() else "nothing there",
                "name the folder that holds case.yaml, or make one with `ceasefire init FOLDER`",
                file=str(folder),
            )
        )
    settings = read_settings(folder / "case.yaml", "case.yaml")
    agreement = _agreement(folder, settings)
    problems: list[Problem] = []
    used = [folder / "case.yaml", folder / settings.agreement]
    facts: dict[str, pl.DataFrame] = {}
    for table in fact_tables():
        paths = [folder / f"{table.name}{s}" for s in SUFFIXES if (folder / f"{table.name}{s}").exists()]
        facts[table.name] = _read_files(table, paths, settings, problems)
        used += paths
    used += _foreign_reports(folder, settings, facts, problems)
    if not facts["reports"].height:
        raise _no_reports(problems)
    facts |= check_references(facts, agreement, problems)
    used += sorted(folder.glob("*.geojson"))
    return Case(
        settings=settings,
        agreement=agreement,
        facts=facts,
        problems=problems_table(problems),
        inputs={p.relative_to(folder).as_posix(): _digest(p) for p in sorted(set(used))},
    )


def _agreement(folder: Path, settings: Settings) -> Agreement:
    path = folder / settings.agreement
    if not path.is_file():
        raise CaseError(
            Problem(
                "error",
                "case",
                "case_unusable",
                f"the agreement in {settings.agreement}",
                "no such file",
                "write one (see cases/README.md) or correct `agreement:` in case.yaml",
                file=settings.agreement,
            )
        )
    return load_agreement(path)


def _read_files(table: Table, paths: list[Path], settings: Settings, problems: list[Problem]) -> pl.DataFrame:
    """One fact table from its files; several files of one table are read as one."""
    reader = TableReader(table, settings)
    for path in paths:
        raw = read_table(path, name=path.name)
        problems.extend(raw.problems)
        reader.add(raw)
    problems.extend(reader.problems)
    return reader.frame()


def _foreign_reports(
    folder: Path, settings: Settings, facts: dict[str, pl.DataFrame], problems: list[Problem]
) -> Iterator[Path] | list[Path]:
    """Add the reports of files in other layouts; return the files used."""
    used: list[Path] = []
    for item in settings.report_files:
        path = folder / item.file
        mapping = folder / item.mapping if item.mapping else None
        context = Context(
            zone=settings.zone, gathered_at=settings.gathered_at, name=item.file, bbox=settings.bbox
        )
        ingested = read_reports(path, context, reader=item.reader, mapping=mapping, options=item.options)
        problems.extend(ingested.problems)
        known = facts["reports"]["report_id"].implode()
        again = ingested.reports.filter(pl.col("report_id").is_in(known))
        problems.extend(_repeated(again, "reports", "report_id"))
        fresh = ingested.reports.filter(~pl.col("report_id").is_in(known))
        facts["reports"] = pl.concat([facts["reports"], fresh]).sort("report_id")
        named = facts["sources"]["source_id"].implode()
        facts["sources"] = pl.concat(
            [facts["sources"], ingested.sources.filter(~pl.col("source_id").is_in(named))]
        ).sort("source_id")
        labels = item.options.get("labels")
        used += [path, *([mapping] if mapping else []), *([folder / str(labels)] if labels else [])]
    return used


def _repeated(frame: pl.DataFrame, table: str, key: str) -> Iterable[Problem]:
    for row in frame.iter_rows(named=True):
        yield Problem(
            "error",
            "case",
            "repeated_id",
            f"{key} unique in {table}",
            f"{row[key]!r} again",
            "give the row another identifier; it was left out",
            file=row.get("file"),
            line=row.get("line"),
            record=row[key],
        )


def _no_reports(problems: list[Problem]) -> CaseError:
    errors = [p for p in problems if p.severity == "error"]
    first = f"{len(errors)} rows could not be used, the first: {errors[0]}" if errors else "no row at all"
    return CaseError(
        Problem(
            "error",
            "case",
            "case_unusable",
            "at least one usable report",
            first,
            "add reports.csv, or name another file under `reports:` in case.yaml",
            file="reports.csv",
        )
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
