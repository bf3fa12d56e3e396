"""``case.yaml``: what a case says of itself.

In: the file. Out: ``Settings``. Unknown keys, missing keys and bad values are errors with line and column that name the
nearest valid key and what to do; a case without a readable ``case.yaml`` cannot be used at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ceasefire.ingest.values import BadValue, Interval, parse_instant
from ceasefire.problems import CaseError, Problem
from ceasefire.strict_yaml import (
    Cell,
    Key,
    Reading,
    cells,
    flag,
    identifier,
    listed,
    mapping_of,
    plain,
    record,
    text,
    word,
)

BBox = tuple[float, float, float, float]
PRIOR_FROM = ("capability", "control", "context")
MAX_NAME = 80  # characters; our choice, well below what file systems allow for the name of a folder


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
    bbox: BBox | None
    agreement: str
    zones: str | None
    report_files: tuple[ReportFile, ...]
    issuers: frozenset[str]
    standard: str
    credits: tuple[str, ...]
    meaning: bool = False  # compare texts of different languages by meaning
    prior_from: frozenset[str] = frozenset(
        PRIOR_FROM
    )  # facts, other than testimony, that the prior of "who did it" is made of
    weigh_findings: bool = False  # findings of boards and commissions count as evidence of "who did it"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days are counted."""
        return ZoneInfo(self.timezone)


def read_settings(path: Path, shown: str) -> Settings:
    """Read ``case.yaml``; ``shown`` is the name that problems give it.

    Raises:
        CaseError: the file is missing or cannot be used.
    """
    reading = Reading(shown, "case")
    root = cells(_contents(path, shown), reading)
    # The zone first: the dates of the other keys are read in it.
    named = mapping_of(reading, root).get("timezone")
    reading.zone = _zone(Reading(shown, "case"), named) if named else None
    found = record(reading, root, KEYS)
    reading.stop_if_failed()
    first, last = found["period"]
    return Settings(
        name=found["case"],
        title=found["title"],
        summary=found.get("summary", ""),
        timezone=found["timezone"].key,
        gathered_at=found["gathered_at"].end,
        period=(first, last),
        bbox=found.get("bbox"),
        agreement=found.get("agreement", "agreement.yaml"),
        zones=found.get("zones"),
        report_files=found.get("reports", ()),
        issuers=frozenset(found.get("issuers", ())),
        standard=found.get("proof", "reasonable_grounds"),
        credits=found.get("credits", ()),
        meaning=found.get("meaning", False),
        prior_from=frozenset(found.get("prior_from", PRIOR_FROM)) - {"none"},
        weigh_findings=found.get("weigh_findings", False),
    )


def _contents(path: Path, shown: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        expected, found, action = "UTF-8 text", "other bytes", "save the file as UTF-8"
    except FileNotFoundError:
        expected, found = "a file case.yaml", "none"
        action = "make one with `ceasefire init FOLDER`, or name a case folder"
    except OSError as error:
        expected, found, action = (
            "a file that can be read",
            error.strerror or "an error",
            "check its permissions",
        )
    raise CaseError(Problem("error", "case", "case_unusable", expected, found, action, file=shown))


def _name(reading: Reading, cell: Cell) -> str:
    """The case's short name, which is also the name of its output folder."""
    name = identifier(reading, cell)
    if len(name) > MAX_NAME:
        reading.fail(cell, "wrong_value", f"at most {MAX_NAME} characters", f"{len(name)}", "shorten it")
    return name


def _zone(reading: Reading, cell: Cell) -> ZoneInfo:
    name = text(reading, cell)
    if not name:
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        expected = "an IANA time zone such as Asia/Damascus"
        reading.fail(cell, "wrong_value", expected, repr(name), "correct `timezone`")
        return ZoneInfo("UTC")


def _date(reading: Reading, cell: Cell) -> Interval:
    """A date or instant in the case's zone."""
    zone = reading.zone or ZoneInfo("UTC")
    written = text(reading, cell)
    try:
        return parse_instant(written or "1970-01-01", zone)
    except BadValue as bad:
        reading.fail(cell, "wrong_value", bad.expected, bad.found, bad.action)
        return parse_instant("1970-01-01", zone)


def _period(reading: Reading, cell: Cell) -> tuple[datetime, datetime]:
    ends = record(reading, cell, {"from": Key(_date, required=True), "to": Key(_date, required=True)})
    if len(ends) < 2:
        day = parse_instant("1970-01-01", ZoneInfo("UTC"))
        return day.start, day.end
    if ends["to"].end < ends["from"].start:
        reading.fail(
            cell, "wrong_value", "a period that ends after it starts", "the reverse", "swap the dates"
        )
    return ends["from"].start, ends["to"].end


def _degrees(reading: Reading, cell: Cell) -> float:
    try:
        value = float(text(reading, cell))
    except ValueError:
        value = 999.0
    if not -180 <= value <= 180:
        reading.fail(cell, "wrong_value", "degrees from -180 to 180", cell.found, "write decimal degrees")
    return value


def _bbox(reading: Reading, cell: Cell) -> BBox:
    sides = ("west", "south", "east", "north")
    found = record(reading, cell, {side: Key(_degrees, required=True) for side in sides})
    west, south, east, north = (found.get(side, 0.0) for side in sides)
    if len(found) == len(sides) and not (west < east and south < north):
        expected = "west less than east and south less than north"
        reading.fail(
            cell, "wrong_value", expected, "the reverse", "swap them; a box cannot cross 180 degrees"
        )
    return west, south, east, north


def _options(reading: Reading, cell: Cell) -> dict[str, Any]:
    """Options of a reader, checked by the reader itself."""
    return {key: plain(value) for key, value in mapping_of(reading, cell).items()}


def _report_file(reading: Reading, cell: Cell) -> ReportFile:
    keys = {
        "file": Key(text, required=True),
        "reader": Key(text),
        "mapping": Key(text),
        "options": Key(_options),
    }
    found = record(reading, cell, keys)
    return ReportFile(
        found.get("file", ""), found.get("reader"), found.get("mapping"), found.get("options", {})
    )


KEYS = {
    "case": Key(_name, required=True),
    "title": Key(text, required=True),
    "summary": Key(text),
    "timezone": Key(_zone, required=True),
    "gathered_at": Key(_date, required=True),
    "period": Key(_period, required=True),
    "bbox": Key(_bbox),
    "agreement": Key(text),
    "zones": Key(text),
    "reports": Key(listed(_report_file)),
    "proof": Key(
        word("reasonable_suspicion", "reasonable_grounds", "balance_of_probabilities", "clear_and_convincing")
    ),
    "issuers": Key(listed(identifier)),
    "credits": Key(listed(text)),
    "meaning": Key(flag),
    "prior_from": Key(listed(word(*PRIOR_FROM, "none"))),
    "weigh_findings": Key(flag),
    "audience": Key(word("public")),
}
