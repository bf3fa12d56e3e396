"""A table of any layout as reports, by a column mapping written in YAML.

In: a raw table and a mapping (which column feeds which column of ``reports``, constants, translations of words,
date layout, zone, identifier). Out: ``Ingested``. Strict: an unknown key or column is refused with its line and
the nearest name. Without an identifier column the identifier is made from the row's content, so that it stays
the same when rows are added or moved. ``docs/reading.md`` has an example.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rapidfuzz import process

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.gathering import FIGURES, TIMES, VOCABULARIES, Gathering, slug
from ceasefire.ingest.ingested import Context, Ingested
from ceasefire.ingest.instants import infer_day_first
from ceasefire.ingest.mapping_file import MappingFile, read_yaml
from ceasefire.ingest.tabular import RawTable
from ceasefire.model import table
from ceasefire.problems import CaseError, Problem
from ceasefire.vocabulary import vocabulary

KEYS = ("about", "encoding", "sheet", "zone", "dates", "id", "columns")
LAYOUTS = {"day_first": True, "month_first": False}
SOURCES = ("column", "columns", "constant", "join", "translate", "otherwise")
HASH_LENGTH = 12  # hexadecimal digits; two of a million rows collide with a chance of about 0.002

_FILLED_BY_READER = frozenset({"report_id", "file", "line"})
TARGETS = tuple(c.name for c in table("reports").columns if c.name not in _FILLED_BY_READER) + tuple(FIGURES)

Cells = Mapping[str, str | None]


@dataclass(frozen=True)
class Feed:
    """Where one column of reports comes from: columns of the file joined, or a constant; then translated."""

    columns: tuple[str, ...] = ()
    join: str = "; "
    constant: str | None = None
    translate: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None


@dataclass(frozen=True)
class ColumnMapping:
    """A mapping as read: how to read the file, and a feed for each column of reports."""

    feeds: Mapping[str, Feed]
    id_column: str | None = None
    id_prefix: str = ""
    encoding: str | None = None
    sheet: str | None = None
    zone: ZoneInfo | None = None
    day_first: bool | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    file: str = ""


def read_mapping(path: Path) -> ColumnMapping:
    """Read a column mapping.

    Raises:
        CaseError: not YAML, an unknown key, a zone or layout that does not exist, a required column not fed.
    """
    found = read_yaml(path)
    body = found.body
    found.check_keys("", [str(key) for key in body], KEYS)
    columns = body.get("columns")
    if not isinstance(columns, dict):
        raise found.refuse("columns", "columns: a feed for each column of reports", repr(columns), "add them")
    found.check_keys("columns", [str(key) for key in columns], TARGETS)
    for name in ("source_id", "occurred_from"):
        if name not in columns:
            action = f"add `{name}: COLUMN` or `{name}: {{constant: ...}}`"
            raise found.refuse("columns", f"a feed for {name}", "none", action)
    id_column, id_prefix = _identifier(body.get("id"), found)
    return ColumnMapping(
        feeds={name: _feed(name, spec, found) for name, spec in columns.items()},
        id_column=id_column,
        id_prefix=id_prefix,
        encoding=_word(body, "encoding"),
        sheet=_word(body, "sheet"),
        zone=_zone(body.get("zone"), found),
        day_first=_layout(body.get("dates"), found),
        lines=found.lines,
        file=found.file,
    )


def _word(body: Mapping[str, Any], key: str) -> str | None:
    return None if body.get(key) is None else str(body[key])


def _zone(name: Any, found: MappingFile) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise found.refuse("zone", "a zone such as Europe/Kyiv", repr(name), "correct it") from None


def _layout(name: Any, found: MappingFile) -> bool | None:
    if name is None:
        return None
    if name not in LAYOUTS:
        raise found.refuse("dates", " or ".join(LAYOUTS), repr(name), "correct it, or leave it out")
    return LAYOUTS[name]


def _identifier(spec: Any, found: MappingFile) -> tuple[str | None, str]:
    if spec is None:
        return None, ""
    if isinstance(spec, str):
        return spec, ""
    if not isinstance(spec, dict):
        raise found.refuse("id", "id: COLUMN or {column, prefix}", repr(spec), "correct it")
    found.check_keys("id", [str(key) for key in spec], ("column", "prefix"))
    return _word(spec, "column"), str(spec.get("prefix") or "")


def _feed(name: str, spec: Any, found: MappingFile) -> Feed:
    path = f"columns.{name}"
    if isinstance(spec, str):
        return Feed(columns=(spec,))
    if not isinstance(spec, dict):
        action = "write a column name or {column: ...} or {constant: ...}"
        raise found.refuse(path, "a feed", repr(spec), action)
    found.check_keys(path, [str(key) for key in spec], SOURCES)
    if sum(key in spec for key in ("column", "columns", "constant")) != 1:
        raise found.refuse(path, "one of column, columns, constant", ", ".join(spec) or "none", "keep one")
    listed = spec["columns"] if "columns" in spec else [spec["column"]] if "column" in spec else []
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise found.refuse(path, "names of columns", repr(listed), "write them as text")
    translate = spec.get("translate") or {}
    if not isinstance(translate, dict):
        raise found.refuse(f"{path}.translate", "`word: word` lines", repr(translate), "correct it")
    feed = Feed(
        columns=tuple(listed),
        join=str(spec.get("join", "; ")),
        constant=_word(spec, "constant"),
        translate={str(key).casefold(): str(value) for key, value in translate.items()},
        otherwise=_word(spec, "otherwise"),
    )
    _check_words(name, feed, found)
    return feed


def _check_words(name: str, feed: Feed, found: MappingFile) -> None:
    """Constants and translations must be words of the vocabulary, where the column has one."""
    if name not in VOCABULARIES:
        return
    known = vocabulary(VOCABULARIES[name])
    for word in [feed.constant, feed.otherwise, *feed.translate.values()]:
        if word is not None and word not in known:
            near = process.extractOne(word, list(known))
            action = f"did you mean {near[0]!r}?" if near else "see the vocabulary"
            raise found.refuse(f"columns.{name}", f"a word of {VOCABULARIES[name]}", repr(word), action)


def plain_mapping(columns: Collection[str]) -> ColumnMapping:
    """The mapping of a file whose columns already are those of ``reports``."""
    feeds = {name: Feed(columns=(name,)) for name in TARGETS if name in columns}
    return ColumnMapping(feeds, id_column="report_id" if "report_id" in columns else None)


def apply_mapping(raw: RawTable, mapping: ColumnMapping, context: Context) -> Ingested:
    """Read the rows of a raw table by a mapping.

    Raises:
        CaseError: the mapping names a column that the file does not have, or the dates of a column have two
            layouts.
    """
    _check_columns(raw, mapping)
    gathering = Gathering(raw, context, zone=mapping.zone, day_first=_settled_layout(raw, mapping, context))
    for line, cells in raw.rows:
        row = {name: _value(feed, name, cells, gathering, line) for name, feed in mapping.feeds.items()}
        row["report_id"] = _report_id(cells, mapping, raw)
        named = row.get("source_id")
        translated = mapping.feeds["source_id"].translate.values()
        if named is not None and named not in translated:
            row["source_id"] = named if slug(named) == named.casefold() else slug(named)
        if gathering.add(line, row) and named is not None and row["source_id"] is not None:
            gathering.source_as(row["source_id"], named)
    return gathering.finish()


def _check_columns(raw: RawTable, mapping: ColumnMapping) -> None:
    named = [(f"columns.{target}", c) for target, feed in mapping.feeds.items() for c in feed.columns]
    named += [("id", mapping.id_column)] if mapping.id_column else []
    for path, column in named:
        if column not in raw.columns:
            near = process.extractOne(column, list(raw.columns), score_cutoff=60)
            action = f"did you mean {near[0]!r}?" if near else f"the columns are {', '.join(raw.columns)}"
            expected = f"a column of {raw.path}"
            line = mapping.lines.get(path)
            raise CaseError(
                Problem(
                    "error",
                    "ingest",
                    "mapping_bad",
                    expected,
                    repr(column),
                    action,
                    mapping.file or raw.path,
                    line,
                )
            )


def _settled_layout(raw: RawTable, mapping: ColumnMapping, context: Context) -> bool | None:
    """Day or month first: as the mapping says, else as the columns of dates show together."""
    if mapping.day_first is not None:
        return mapping.day_first
    columns = [c for name in TIMES if name in mapping.feeds for c in mapping.feeds[name].columns]
    try:
        return infer_day_first(
            text for _, cells in raw.rows for c in columns if (text := cells[c]) is not None
        )
    except BadValue as bad:
        problem = Problem("error", "ingest", "dates_mixed", bad.expected, bad.found, bad.action, context.name)
        raise CaseError(problem) from None


def _value(feed: Feed, name: str, cells: Cells, gathering: Gathering, line: int) -> str | None:
    if feed.constant is not None:
        return feed.constant
    parts = [part for column in feed.columns if (part := cells[column]) is not None]
    text = feed.join.join(parts) if parts else None
    if text is None or not (feed.translate or feed.otherwise):
        return text
    if (word := feed.translate.get(text.casefold())) is not None:
        return word
    if name in VOCABULARIES and text in vocabulary(VOCABULARIES[name]):
        return text
    if feed.otherwise is not None:
        return feed.otherwise
    bad = BadValue(
        f"{name}: a word that the mapping translates", repr(text), "kept as it is; add it to translate"
    )
    gathering.tally("warning", "word_untranslated", line, bad)
    return text


def _report_id(cells: Cells, mapping: ColumnMapping, raw: RawTable) -> str | None:
    if mapping.id_column is not None:
        given = cells[mapping.id_column]
        return f"{mapping.id_prefix}{given}" if given is not None else None
    content = "\x1f".join(
        f"{name}\x1e{cells[name]}" for name in sorted(raw.columns) if cells[name] is not None
    )
    digest = hashlib.sha256(content.encode("utf-8")).hexdigest()[:HASH_LENGTH]
    return f"{mapping.id_prefix or slug(Path(raw.path).stem) + '-'}{digest}"
