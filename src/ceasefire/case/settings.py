"""``case.yaml``: what a case says of itself.

In: the file's text. Out: ``Settings``. Unknown keys, missing keys and bad values are errors that name the nearest
valid key and what to do; a case without a readable ``case.yaml`` cannot be used at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from rapidfuzz import process

from ceasefire.ingest.values import BadValue, parse_instant
from ceasefire.problems import CaseError, Problem

KEYS = (
    "case",
    "title",
    "summary",
    "timezone",
    "gathered_at",
    "period",
    "bbox",
    "agreement",
    "zones",
    "reports",
    "proof",
    "issuers",
    "credits",
    "audience",
    "questions",
)
REQUIRED = ("case", "title", "timezone", "gathered_at", "period")


@dataclass(frozen=True)
class ReportFile:
    """A file of reports in somebody else's layout, and how to read it."""

    file: str
    reader: str | None = None
    mapping: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """The contents of ``case.yaml``, checked. ``bbox`` is west, south, east, north in degrees."""

    name: str
    title: str
    summary: str
    timezone: str
    gathered_at: datetime
    period: tuple[datetime, datetime]
    bbox: tuple[float, float, float, float] | None
    agreement: str
    report_files: tuple[ReportFile, ...]
    issuers: frozenset[str]
    standard: str
    credits: tuple[str, ...]
    questions: Mapping[str, str]

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days are counted."""
        return ZoneInfo(self.timezone)


def _refuse(file: str, line: int | None, expected: str, found: str, action: str) -> CaseError:
    return CaseError(Problem("error", "case", "case_unusable", expected, found, action, file=file, line=line))


class _Lines(yaml.CSafeLoader):
    """A safe loader that reads every scalar as text and refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Lines.yaml_implicit_resolvers = {}


def _load(path: Path, shown: str) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise _refuse(
            shown,
            None,
            "a file case.yaml",
            "none",
            "make one with `ceasefire init FOLDER`, or name a case folder",
        ) from None
    except (UnicodeDecodeError, OSError) as error:
        raise _refuse(shown, None, "UTF-8 text", str(error), "save the file as UTF-8") from None
    try:
        body = yaml.load(text, Loader=_Lines)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _refuse(
            shown,
            mark.line + 1 if mark else None,
            "YAML",
            str(getattr(error, "problem", error)),
            "mend the line; see cases/README.md",
        ) from None
    if not isinstance(body, dict):
        raise _refuse(
            shown, 1, "keys such as `case:` and `title:`", type(body).__name__, "see cases/README.md"
        )
    return body


def _check_keys(body: Mapping[str, Any], shown: str) -> None:
    for key in body:
        if key not in KEYS:
            near = process.extractOne(str(key), KEYS)
            raise _refuse(
                shown,
                None,
                f"one of {', '.join(KEYS)}",
                f"{key!r}",
                f"did you mean {near[0]!r}? remove or rename it",
            )
    for key in REQUIRED:
        if key not in body:
            raise _refuse(shown, None, f"the key {key!r}", "none", "add it; see cases/README.md")


def _zone(name: str, shown: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise _refuse(
            shown, None, "an IANA time zone such as Asia/Damascus", f"{name!r}", "correct `timezone`"
        ) from None


def _bbox(value: Any, shown: str) -> tuple[float, float, float, float] | None:
    if value is None:
        return None
    try:
        if isinstance(value, Mapping):
            west, south, east, north = (float(value[k]) for k in ("west", "south", "east", "north"))
        else:
            west, south, east, north = (float(v) for v in value)
    except (KeyError, TypeError, ValueError):
        raise _refuse(
            shown, None, "bbox: {west, south, east, north} in degrees", f"{value!r}", "correct `bbox`"
        ) from None
    return west, south, east, north


def _report_files(value: Any, shown: str) -> tuple[ReportFile, ...]:
    found: list[ReportFile] = []
    for item in value or []:
        if not isinstance(item, Mapping) or "file" not in item:
            raise _refuse(
                shown, None, "reports: a list of {file, reader or mapping}", f"{item!r}", "correct it"
            )
        unknown = set(item) - {"file", "reader", "mapping", "options"}
        if unknown:
            raise _refuse(
                shown, None, "file, reader, mapping or options", f"{min(unknown)!r}", "rename the key"
            )
        found.append(
            ReportFile(str(item["file"]), item.get("reader"), item.get("mapping"), item.get("options") or {})
        )
    return tuple(found)


def read_settings(path: Path, shown: str) -> Settings:
    """Read ``case.yaml``; ``shown`` is the name that problems give it.

    Raises:
        CaseError: the file is missing or cannot be used.
    """
    body = _load(path, shown)
    _check_keys(body, shown)
    zone = _zone(str(body["timezone"]), shown)
    try:
        gathered = parse_instant(str(body["gathered_at"]), zone).end
        first = parse_instant(str(body["period"]["from"]), zone).start
        last = parse_instant(str(body["period"]["to"]), zone).end
    except BadValue as error:
        raise _refuse(shown, None, error.expected, error.found, error.action) from None
    except (TypeError, KeyError):
        raise _refuse(
            shown, None, "period: {from: DATE, to: DATE}", f"{body['period']!r}", "correct it"
        ) from None
    if last < first:
        raise _refuse(
            shown, None, "a period that ends after it starts", f"{body['period']!r}", "swap the dates"
        )
    return Settings(
        name=str(body["case"]),
        title=str(body["title"]),
        summary=" ".join(str(body.get("summary") or "").split()),
        timezone=zone.key,
        gathered_at=gathered,
        period=(first, last),
        bbox=_bbox(body.get("bbox"), shown),
        agreement=str(body.get("agreement") or "agreement.yaml"),
        report_files=_report_files(body.get("reports"), shown),
        issuers=frozenset(str(s) for s in body.get("issuers") or ()),
        standard=str(body.get("proof") or "reasonable_grounds"),
        credits=tuple(str(c) for c in body.get("credits") or ()),
        questions={str(k): str(v) for k, v in (body.get("questions") or {}).items()},
    )
