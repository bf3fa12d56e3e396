"""A mapping file as read: its values, the line of every key, and refusals that name them.

In: a YAML file. Out: its mapping and the lines of its keys. Any fault is a ``CaseError`` that names the file,
the line, and for an unknown key the nearest known one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import process

from ceasefire.problems import CaseError, Problem
from ceasefire.strict_yaml import Cell, Reading, cells, plain

MAX_BYTES = 1 << 20  # our choice: a mapping is written by hand
NEAR = 60  # rapidfuzz score from which a name is offered instead


@dataclass(frozen=True)
class MappingFile:
    """The mapping of a file, and the line of each key by its path ("columns.act")."""

    body: dict[str, Any]
    lines: dict[str, int]
    file: str

    def refuse(self, path: str, expected: str, found: str, action: str) -> CaseError:
        """The error that the value at a path cannot be used."""
        return _refused(self.file, self.lines.get(path), expected, found, action)

    def check_keys(self, path: str, given: Collection[str], known: Collection[str]) -> None:
        """Refuse a key that is not known.

        Raises:
            CaseError: names the line and the nearest known key.
        """
        for key in given:
            if key not in known:
                where = f"{path}.{key}" if path else key
                near = process.extractOne(key, sorted(known), score_cutoff=NEAR)
                action = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(sorted(known))}"
                raise self.refuse(where, f"a key of {path or 'the mapping'}", repr(key), action)


def _refused(file: str, line: int | None, expected: str, found: str, action: str) -> CaseError:
    return CaseError(Problem("error", "ingest", "mapping_bad", expected, found, action, file=file, line=line))


def read_yaml(path: Path) -> MappingFile:
    """Read a YAML file that holds one mapping.

    Raises:
        CaseError: missing, too large, not YAML, not a mapping, or a key twice.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refused(path.name, None, f"at most {MAX_BYTES} bytes", "a larger file", "shorten it")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _refused(
            path.name, None, "a mapping file", error.strerror or "no such file", "check the name"
        ) from None
    except UnicodeDecodeError:
        raise _refused(path.name, None, "UTF-8 text", "other bytes", "save the file as UTF-8") from None
    reading = Reading(path.name, "ingest")
    root = cells(text, reading)
    reading.stop_if_failed()
    if not isinstance(root.value, dict):
        raise _refused(path.name, 1, "a mapping of keys and values", root.found, "see docs/reading.md")
    lines: dict[str, int] = {}
    _note_lines(root.value, "", lines)
    return MappingFile(plain(root), lines, path.name)


def _note_lines(mapping: dict[str, Cell], prefix: str, lines: dict[str, int]) -> None:
    for key, cell in mapping.items():
        lines[f"{prefix}{key}"] = cell.key_at[0] if cell.key_at else cell.line
        if isinstance(cell.value, dict):
            _note_lines(cell.value, f"{prefix}{key}.", lines)
