"""Strict reading of a case folder.

In: the folder's path. Out: a ``Case``. Each fact table is looked for under its name with any ending we read; a cell is
parsed by the kind of its column; a row that cannot be used becomes a problem with file, line, what was expected, what
was found and what to do, and the rest goes on; so does the rest of the case when a whole file cannot be read. Files of
reports in another layout are named in ``case.yaml`` and read by the ingest room.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl

from ceasefire.agreement import Agreement
from ceasefire.agreement import load as load_agreement
from ceasefire.case.facts import Case
from ceasefire.case.files import digest, inside, is_blank, table_files, unused
from ceasefire.case.references import check_references
from ceasefire.case.rows import TableReader
from ceasefire.case.settings import ReportFile, Settings, read_settings
from ceasefire.ingest import READERS, Context, Ingested, read_reports
from ceasefire.ingest.tabular import RawTable, read_table
from ceasefire.model import Table, fact_tables
from ceasefire.problems import CaseError, Problem, problems_table

WITHOUT = "; the case is read without this file"
# What can be wrong with a file of facts alone. Any other fault lies in case.yaml or a mapping, and stops the reading.
OF_A_FILE = frozenset(
    {
        "file_missing",
        "file_is_folder",
        "file_empty",
        "file_unreadable",
        "file_not_text",
        "file_too_large",
        "encoding_wrong",
        "header_empty",
        "dates_mixed",
    }
)


def open_case(folder: str | Path) -> Case:
    """Read a case folder.

    Raises:
        CaseError: the case cannot be used at all; the error says why and what to do.
    """
    folder = Path(folder)
    if not folder.is_dir():
        action = "name the folder that holds case.yaml, or make one with `ceasefire init FOLDER`"
        raise _unusable(
            "a folder with a case", "a file" if folder.exists() else "nothing there", action, str(folder)
        )
    settings = read_settings(folder / "case.yaml", "case.yaml")
    agreement = _agreement(folder, settings)
    if settings.zones is not None and not inside(folder, settings.zones, "zones").is_file():
        raise _unusable(
            "the zones file that case.yaml names", "no such file", "correct `zones:`", settings.zones
        )
    problems: list[Problem] = []
    used = [folder / "case.yaml", folder / settings.agreement]
    named = [inside(folder, item.file, "reports") for item in settings.report_files]
    facts: dict[str, pl.DataFrame] = {}
    for table in fact_tables():
        paths = table_files(folder, table.name, named)
        facts[table.name] = _read_files(table, paths, settings, problems)
        used += paths
    used += _foreign_reports(folder, settings, facts, problems)
    if not facts["reports"].height:
        raise _no_reports([*problems, *unused(folder, used)])
    facts |= check_references(facts, agreement, settings, problems)
    problems += _outside_period(facts["reports"], settings)
    used += sorted(folder.glob("*.geojson")) if agreement.zones else []
    problems += unused(folder, used)
    unread = {p.file for p in problems if p.code == "file_left_out"}
    inputs = {path.relative_to(folder).as_posix(): path for path in sorted(set(used)) if path.is_file()}
    return Case(
        settings=settings,
        agreement=agreement,
        facts=facts,
        problems=problems_table(problems),
        inputs={name: digest(path) for name, path in inputs.items() if name not in unread},
    )


def _agreement(folder: Path, settings: Settings) -> Agreement:
    path = inside(folder, settings.agreement, "agreement")
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        action = "write one (see cases/README.md) or correct `agreement:` in case.yaml"
        raise _unusable(f"the agreement in {settings.agreement}", found, action, settings.agreement)
    return load_agreement(path)


def _unusable(expected: str, found: str, action: str, file: str) -> CaseError:
    return CaseError(Problem("error", "case", "case_unusable", expected, found, action, file=file))


def _read_files(table: Table, paths: list[Path], settings: Settings, problems: list[Problem]) -> pl.DataFrame:
    """One fact table from its files; several files of one table are read as one."""
    reader = TableReader(table, settings)
    for path in paths:
        try:
            raw = read_table(path, name=path.name, known=[c.name for c in table.columns])
        except CaseError as error:
            # Without its sources a case would be weighed as if nobody took sides.
            if table.name == "sources":
                raise
            problems.extend(_left_out(error, path))
            continue
        other = _other_layout(table, raw)
        if other is not None:
            problems.append(other)
            continue
        problems.extend(raw.problems)
        reader.add(raw)
    problems.extend(reader.problems)
    return reader.frame()


def _other_layout(table: Table, raw: RawTable) -> Problem | None:
    """A file of reports that shows the layout of a data set, and is to be named with its reader."""
    if table.name != "reports" or READERS["plain"].sniff(raw.columns):
        return None
    for name, reader in READERS.items():
        if reader.sniff(raw.columns):
            action = f"write `reports: [{{file: {raw.path}, reader: {name}}}]` in case.yaml{WITHOUT}"
            found = f"the columns of {reader.about}"
            return Problem(
                "error", "case", "file_left_out", "the columns of reports", found, action, file=raw.path
            )
    return None


def _left_out(error: CaseError, path: Path) -> Iterable[Problem]:
    """A whole file that cannot be read, as problems of the case; an empty one has lost nothing.

    Raises:
        CaseError: the fault is not of the file alone.
    """
    for problem in error.problems:
        if problem.code not in OF_A_FILE:
            raise error
        action = f"{problem.action}{WITHOUT}"
        if problem.code in ("file_empty", "header_empty") and is_blank(path):
            yield replace(problem, severity="warning", stage="case", code="empty_file", action=action)
        else:
            yield replace(problem, stage="case", code="file_left_out", action=action)


def _foreign_reports(
    folder: Path, settings: Settings, facts: dict[str, pl.DataFrame], problems: list[Problem]
) -> list[Path]:
    """Add the reports of files in other layouts; return the files used."""
    used: list[Path] = []
    for item in settings.report_files:
        path = inside(folder, item.file, "reports")
        others = [inside(folder, str(n), "reports") for n in (item.mapping, item.options.get("labels")) if n]
        used += [path, *others]
        try:
            ingested = _ingested(path, item, others, settings)
        except CaseError as error:
            problems.extend(_left_out(error, path))
            continue
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
    return used


def _ingested(path: Path, item: ReportFile, others: list[Path], settings: Settings) -> Ingested:
    context = Context(
        zone=settings.zone, gathered_at=settings.gathered_at, name=item.file, bbox=settings.bbox
    )
    mapping = others[0] if item.mapping else None
    return read_reports(path, context, reader=item.reader, mapping=mapping, options=item.options)


def _outside_period(reports: pl.DataFrame, settings: Settings) -> list[Problem]:
    """One note on the reports of things that happened outside the period under review; they are used."""
    first, last = settings.period
    rows = reports.filter((pl.col("occurred_to") < first) | (pl.col("occurred_from") > last))
    if not rows.height:
        return []
    shown = ", ".join(rows["report_id"].head(5)) + (" ..." if rows.height > 5 else "")
    days = " to ".join(f"{at.astimezone(settings.zone):%Y-%m-%d}" for at in settings.period)
    return [
        Problem(
            "note",
            "case",
            "outside_period",
            f"happenings from {days}, the period of case.yaml",
            f"{rows.height} reports of other days ({shown})",
            "used all the same; correct the dates or widen `period`",
            file="case.yaml",
        )
    ]


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
    """Why no report is left, in the words of the fault that cost the most rows."""
    files = [p for p in problems if p.code in ("file_left_out", "empty_file")]
    rows = [p for p in problems if p.severity == "error" and p.line is not None]
    others = [p for p in problems if p.code == "unused_file"]
    if not files + rows:
        found = "no row at all"
        if others:
            found += f"; not read: {', '.join(str(p.file) for p in others)}"
        action = "add reports.csv, or name another file under `reports:` in case.yaml"
        return _unusable("at least one usable report", found, action, "reports.csv")
    if not rows:
        told = [replace(p, action=p.action.removesuffix(WITHOUT)) for p in files]
        return CaseError([replace(p, severity="error", code="case_unusable") for p in told])
    kinds = Counter((p.file, p.expected, p.found, p.action) for p in rows)
    (_, expected, found, _), same = max(kinds.items(), key=lambda item: item[1])
    first = next(p for p in rows if (p.expected, p.found) == (expected, found))
    count = (
        f"{same} of the {len(rows)} rows left out" if same > 1 else f"the first of {len(rows)} rows left out"
    )
    more = f" ({count})" if len(rows) > 1 else ""
    found = f"{found}{more}; no usable report is left"
    return CaseError(replace(first, code="case_unusable", found=found))
