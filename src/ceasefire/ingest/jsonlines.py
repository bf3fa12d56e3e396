"""JSON Lines: one JSON object a line.

In: a text file and its encoding. Out: each object as name → text with its line, and a problem for each line
that is not an object. Numbers keep the digits they were written with; true and false become those words;
lists and objects inside an object stay JSON text.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ceasefire.ingest.delimited import MAX_RECORD, MAX_ROWS, TooManyRowsError
from ceasefire.problems import Problem

JsonRow = tuple[int, dict[str, str | None]]


class _Written(str):
    """A number, as the digits it was written with."""


class _BadLineError(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _BadLineError(f"the name {next(n for n in names if names.count(n) > 1)!r} twice")
    return found


def _constant(word: str) -> Any:
    raise _BadLineError(f"{word}, which JSON does not have")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_Written, parse_float=_Written, parse_constant=_constant
)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _row(line: str) -> dict[str, str | None]:
    try:
        found = _DECODER.decode(line.strip())
    except json.JSONDecodeError as error:
        raise _BadLineError(f"{error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise _BadLineError("lists nested too deeply") from None
    if not isinstance(found, dict):
        raise _BadLineError("a value that is not an object")
    row = {name: _text(value) for name, value in found.items()}
    try:
        "".join([*row, *(cell or "" for cell in row.values())]).encode("utf-8")
    except UnicodeEncodeError:
        raise _BadLineError("half of a surrogate pair (\\ud800 to \\udfff) alone") from None
    return row


def read_json_lines(path: Path, codec: str, name: str) -> tuple[list[JsonRow], list[Problem]]:
    """Read the objects with their lines. Blank lines are passed over.

    Raises:
        TooManyRowsError: more than ``MAX_ROWS`` rows.
    """
    rows: list[JsonRow] = []
    problems: list[Problem] = []
    number = 0
    with path.open(encoding=codec, errors="replace") as handle:
        while line := handle.readline(MAX_RECORD):
            number += 1
            if len(rows) + len(problems) > MAX_ROWS:
                raise TooManyRowsError(f"more than {MAX_ROWS} rows")
            try:
                if len(line) >= MAX_RECORD and not line.endswith("\n"):
                    while (rest := handle.readline(MAX_RECORD)) and not rest.endswith("\n"):
                        pass
                    raise _BadLineError(f"a line of more than {MAX_RECORD} characters")
                if line.strip():
                    rows.append((number, _row(line)))
            except _BadLineError as error:
                problems.append(
                    Problem(
                        severity="error",
                        stage="ingest",
                        code="json_line_bad",
                        expected="one JSON object a line",
                        found=str(error),
                        action="row left out; correct the line",
                        file=name,
                        line=number,
                    )
                )
    return rows, problems
