"""Which files of a case folder hold which table, and which nobody reads.

In: the folder and what ``case.yaml`` names. Out: the files of each fact table, a check that a named file lies inside
the folder, and a warning for each file that looks like a table and is not read, so that a misspelt name is not a
silent loss. Upper and lower case of a name do not matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

from rapidfuzz import process

from ceasefire.model import fact_tables
from ceasefire.problems import CaseError, Problem

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson", ".parquet", ".pq", ".xlsx", ".xlsm")
# Endings of files that hold tables but are no table of a case, or that are not read.
NOT_READ = (".xls", ".ods", ".json", ".geojson")
NEAR = 75  # rapidfuzz score from which a name is offered instead


def table_files(folder: Path, name: str, named: Collection[Path]) -> list[Path]:
    """The files of one fact table, except those for which ``case.yaml`` names a reader or a mapping."""
    found = [
        path
        for path in folder.iterdir()
        if path.stem.casefold() == name and path.suffix.lower() in SUFFIXES and path not in named
    ]
    return sorted(found, key=lambda path: (SUFFIXES.index(path.suffix.lower()), path.name))


def inside(folder: Path, name: str, key: str) -> Path:
    """The path of a file that ``case.yaml`` names.

    Raises:
        CaseError: it lies outside the folder; two people with the same folder would not hold the same case.
    """
    if "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts or not Path(name).name:
        raise CaseError(
            Problem(
                "error",
                "case",
                "case_unusable",
                f"{key}: the name of a file inside the case folder",
                repr(name),
                "copy the file into the folder and write its name",
                file="case.yaml",
            )
        )
    return folder / name


def is_blank(path: Path) -> bool:
    """Whether a file holds nothing but marks and white space."""
    with path.open("rb") as handle:
        return not handle.read(4096).strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0") and not handle.read(1)


def unused(folder: Path, used: Collection[Path]) -> Iterator[Problem]:
    """A warning for each file beside ``case.yaml`` that looks like a table and was not read."""
    tables = [table.name for table in fact_tables()]
    for path in sorted(folder.iterdir()):
        plain = path.suffix.lower() in SUFFIXES or path.suffix.lower() in NOT_READ
        if not plain or path in used or path.name.startswith((".", "~$")) or not path.is_file():
            continue
        near = process.extractOne(path.stem.casefold(), tables, score_cutoff=NEAR)
        if path.suffix.lower() == ".geojson":
            action = "not read; name it under `zones:` in the agreement, or take it away"
        elif near and path.suffix.lower() in NOT_READ:
            action = f"not read; save it as {near[0]}.csv"
        elif near:
            action = f"not read; did you mean {near[0]}{path.suffix.lower()}? rename it"
        elif path.suffix.lower() == ".txt":
            continue  # a note to oneself
        else:
            action = "not read; name it under `reports:` in case.yaml, or take it away"
        yield Problem(
            "warning", "case", "unused_file", "a table of the case", f"{path.name!r}", action, file=path.name
        )


def digest(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
