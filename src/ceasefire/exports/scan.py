"""The leak scanner: reads back every byte that was written and searches it for what must not leave.

In: a folder and the picture it was made from. Out: a list of findings, empty if there are none. It shares nothing with
the writing of the files, so that a mistake there is caught here. Findings never repeat the secret.
"""

from __future__ import annotations

import csv
import html
import io
import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from ceasefire.publishing import Protected
from ceasefire.publishing.gate import PictureLike, secrets


def leaks(folder: Path, picture: PictureLike) -> list[str]:
    """Protected names and coordinates (3 decimals or more) in any file below ``folder``, as ``file: what``."""
    hidden = secrets(picture)
    found: set[str] = set()
    if not hidden:
        return []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        found |= {f"{name}: {what}" for what in (*hidden.in_text(name), *_in_file(path, hidden))}
    return sorted(found)


def _in_file(path: Path, hidden: Protected) -> set[str]:
    raw = path.read_bytes()
    if raw[:4] == b"PAR1":
        return _in_frame(pl.read_parquet(io.BytesIO(raw)), hidden)
    text = raw.decode("utf-8", errors="replace")
    found = set(hidden.in_text(text))
    for unfolded in {html.unescape(text), urllib.parse.unquote(text)} - {text}:
        found |= set(hidden.in_text(unfolded))
    if path.suffix in (".json", ".geojson"):
        values = list(_strings(_read_json(text)))
        found |= hidden.names_in("\n".join(values)).union(*map(hidden.points_in, values))
    if path.suffix == ".csv":
        rows = ["\n".join(row) for row in csv.reader(io.StringIO(text))]
        found |= hidden.names_in("\n".join(rows)).union(*map(hidden.points_in, rows))
    return found


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # somebody else's file: its text was searched already
        return None


def _in_frame(frame: pl.DataFrame, hidden: Protected) -> set[str]:
    found: set[str] = set()
    texts = [c for c, kind in frame.schema.items() if kind == pl.String]
    found |= hidden.names_in("\n".join(frame.columns))
    for column in texts:
        lines = frame[column].drop_nulls().unique().to_list()
        found |= hidden.names_in("\n".join(lines)).union(*map(hidden.points_in, lines))
    floats = [c for c, kind in frame.schema.items() if kind.is_float()]
    if hidden.points and floats:
        for row in frame.select(floats).iter_rows():
            found |= hidden.in_numbers(v for v in row if v is not None)
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
