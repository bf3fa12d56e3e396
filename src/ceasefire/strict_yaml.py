"""Strict YAML: a file becomes cells that know their line and column, or problems that say what to do.

In: text. Out: a tree of ``Cell`` and readers for the kinds of value our files hold. YAML is cut down to
mappings, lists and text: no anchors, no tags, no merge keys, no second document, no key twice. Nothing is
guessed from the look of a value (``no``, ``12:30``, ``2016-09-12`` stay text until a reader asks for them),
which closes the traps of YAML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import yaml

from ceasefire.problems import CaseError, Problem

_LENGTH = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(min|h|d)")
_UNIT = {"min": 60, "h": 3600, "d": 86400}
_INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?"
_UNPRINTABLE = re.compile("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST = 2_000_000  # a second or so to parse; a whole library of agreements is shorter
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def shortened(value: str) -> str:
    """A value in quotes for a message, cut if it is long."""
    return repr(value if len(value) <= 60 else value[:57] + "...")


@dataclass(frozen=True)
class Cell:
    """A value with its place: text, a list of cells, or a mapping from keys to cells."""

    value: str | list[Cell] | dict[str, Cell]
    line: int
    column: int
    key_at: tuple[int, int] | None = None

    @property
    def found(self) -> str:
        """The value in a few words, for a message."""
        if isinstance(self.value, str):
            return shortened(self.value)
        return "a list" if isinstance(self.value, list) else "a mapping"


@dataclass
class Reading:
    """One reading of one file: its zone of time, the names it declares, and the problems met so far."""

    file: str | None
    stage: str
    zone: ZoneInfo | None = None
    names: dict[str, Collection[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def fail(self, cell: Cell, code: str, expected: str, found: str, action: str, key: bool = False) -> None:
        """Note a problem at a cell, or at its key."""
        line, column = cell.key_at if key and cell.key_at else (cell.line, cell.column)
        where = f"column {column}"
        told = Problem("error", self.stage, code, expected, found, action, self.file, line, where)
        self.problems.append(told)

    def stop_if_failed(self) -> None:
        """Raise CaseError with all problems met so far, if there are any."""
        if self.problems:
            raise CaseError(sorted(self.problems, key=lambda p: (p.line or 0, p.record or "", p.code)))


Reader = Callable[[Reading, Cell], Any]
Shape = Mapping[str, Any]
_Read = TypeVar("_Read", bound=Callable[..., Any])


def shaped(shape: Shape) -> Callable[[_Read], _Read]:
    """Give a reader the JSON Schema of what it reads, so that an editor can complete and check a file."""

    def give(reader: _Read) -> _Read:
        reader.shape = shape  # type: ignore[attr-defined]
        return reader

    return give


def shape_of(reader: Reader) -> Shape:
    """The JSON Schema of what a reader reads; anything where it has none."""
    found: Shape = getattr(reader, "shape", {})
    return found


@dataclass(frozen=True)
class Key:
    """One key of a record: how its value is read, whether it must be there, and what it means."""

    read: Reader
    required: bool = False
    about: str = ""


def record_shape(keys: Mapping[str, Key]) -> dict[str, Any]:
    """The JSON Schema of a record with these keys."""
    told = {
        name: {**shape_of(key.read), **({"description": key.about} if key.about else {})}
        for name, key in keys.items()
    }
    needed = [name for name, key in keys.items() if key.required]
    shape: dict[str, Any] = {"type": "object", "properties": told, "additionalProperties": False}
    return shape | ({"required": needed} if needed else {})


class _Strict(yaml.BaseLoader):
    """Composes the text, and notes what the strict subset leaves out where it stands."""

    def __init__(self, text: str, reading: Reading) -> None:
        super().__init__(text)
        self.reading = reading

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        here = Cell("", event.start_mark.line + 1, event.start_mark.column + 1)
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            found = f"the anchor or alias {shortened(anchor)}"
            self.reading.fail(here, "anchor", "every value written out", found, "write the value out in full")
        if tag:
            self.reading.fail(here, "tag", "plain values", f"the tag {shortened(tag)}", "remove the tag")
        return super().compose_node(parent, index)


def cells(text: str, reading: Reading) -> Cell:
    """Parse the text into cells.

    Raises:
        CaseError: the text is not YAML, or uses what the strict subset leaves out.
    """
    root = None
    if len(text) > _LONGEST:
        found = f"{len(text):,} characters"
        reading.fail(
            Cell("", 1, 1), "not_yaml", f"at most {_LONGEST:,} characters", found, "shorten the file"
        )
    reading.stop_if_failed()
    try:
        node = _Strict(text, reading).get_single_node()
        if node is None:
            here, found = Cell("", 1, 1), "an empty file"
            reading.fail(here, "not_yaml", "keys and values", found, "start from an example")
        elif not reading.problems:
            root = _cell(node, reading)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        here = Cell("", mark.line + 1 if mark else 1, mark.column + 1 if mark else 1)
        reading.fail(here, "not_yaml", "YAML", str(error.problem or error.context), "correct this place")
    except yaml.reader.ReaderError as error:
        before = text[: error.position].split("\n")
        here = Cell("", len(before), len(before[-1]) + 1)
        found = f"the character U+{int(error.character):04X}"
        reading.fail(here, "not_yaml", "YAML in UTF-8 text", found, "remove it, and save as plain text")
    except (ValueError, OverflowError):
        found = "the number of a character or of a version, beyond all bounds"
        reading.fail(Cell("", 1, 1), "not_yaml", "YAML", found, "write the character itself")
    except RecursionError:
        reading.fail(Cell("", 1, 1), "not_yaml", "a few levels", "endless nesting", "make the file flatter")
    reading.stop_if_failed()
    assert root is not None
    return root


def _cell(node: yaml.Node, reading: Reading, key_at: tuple[int, int] | None = None) -> Cell:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if isinstance(node, yaml.ScalarNode):
        return Cell(str(node.value), line, column, key_at)
    if isinstance(node, yaml.SequenceNode):
        return Cell([_cell(item, reading) for item in node.value], line, column, key_at)
    mapping: dict[str, Cell] = {}
    for key, value in node.value:
        at = (key.start_mark.line + 1, key.start_mark.column + 1)
        cell = _cell(value, reading, at)
        if not isinstance(key, yaml.ScalarNode):
            reading.fail(
                cell, "wrong_value", "a name as key", "a list or mapping", "use a plain name", key=True
            )
        elif key.value in mapping:
            first = mapping[key.value].key_at
            found = f"{shortened(key.value)} again (first in line {first[0] if first else '?'})"
            reading.fail(cell, "duplicate_key", "each key once", found, "keep one of the two", key=True)
        else:
            mapping[str(key.value)] = cell
    return Cell(mapping, line, column, key_at)


def plain(cell: Cell) -> Any:
    """The value without its place: text, lists and mappings; nothing where the cell is empty."""
    if isinstance(cell.value, list):
        return [plain(item) for item in cell.value]
    if isinstance(cell.value, dict):
        return {key: plain(value) for key, value in cell.value.items()}
    return cell.value or None


def nearest(name: str, valid: Collection[str]) -> str:
    """What to write instead: the nearest valid name, or all of them."""
    near = get_close_matches(name, list(valid), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else "use one of: " + ", ".join(sorted(valid))


def mapping_of(reading: Reading, cell: Cell) -> dict[str, Cell]:
    """The cells of a mapping; notes a problem and returns nothing if it is none."""
    if isinstance(cell.value, dict):
        return cell.value
    reading.fail(cell, "wrong_value", "a mapping (key: value)", cell.found, "write keys and values under it")
    return {}


def record(reading: Reading, cell: Cell, keys: Mapping[str, Key]) -> dict[str, Any]:
    """Read a record: only these keys, the required ones present, each by its own reader."""
    entries = mapping_of(reading, cell)
    for name, entry in entries.items():
        if name not in keys:
            reading.fail(
                entry, "unknown_key", "a known key", shortened(name), nearest(name, list(keys)), key=True
            )
    if isinstance(cell.value, dict):
        for name, key in keys.items():
            if key.required and name not in entries:
                reading.fail(cell, "missing_key", f"the key {name!r}", "nothing", f"add {name!r} here")
    return {name: keys[name].read(reading, entry) for name, entry in entries.items() if name in keys}


@shaped({"type": ["string", "number", "boolean"]})
def text(reading: Reading, cell: Cell) -> str:
    """Read text that is not empty."""
    value = " ".join(cell.value.split()) if isinstance(cell.value, str) else ""
    odd = _UNPRINTABLE.search(value)
    if odd:  # an escape can write what no file may hold; half a character would stop every later stage
        found = f"the character U+{ord(odd[0]):04X}"
        reading.fail(cell, "wrong_value", "a text of printable characters", found, "remove it")
        return ""
    if value:
        return value
    found = cell.found if cell.value and not isinstance(cell.value, str) else "nothing"
    reading.fail(cell, "wrong_value", "a text", found, "write the text, or leave the key out")
    return ""


@shaped({"type": ["string", "number"], "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$"})
def identifier(reading: Reading, cell: Cell) -> str:
    """Read a short name without spaces."""
    value = text(reading, cell)
    if value and not _ID.fullmatch(value):
        reading.fail(
            cell, "wrong_value", "letters, digits, - _ .", cell.found, "use a short name without spaces"
        )
    return value


@shaped({"type": "number", "minimum": 0})
def number(reading: Reading, cell: Cell) -> float:
    """Read a decimal number of zero or more."""
    if isinstance(cell.value, str) and re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", cell.value):
        return float(cell.value)
    reading.fail(
        cell, "wrong_value", "a number such as 0.9", cell.found, "write digits, with a decimal point"
    )
    return 0.0


@shaped({"type": "number", "minimum": 0, "maximum": 1})
def probability(reading: Reading, cell: Cell) -> float:
    """Read a number from 0 to 1."""
    value = number(reading, cell)
    if value > 1:
        reading.fail(cell, "wrong_value", "a probability from 0 to 1", cell.found, "write a share of one")
    return value


@shaped({"type": "integer", "minimum": 0})
def integer(reading: Reading, cell: Cell) -> int:
    """Read a whole number of zero or more."""
    if isinstance(cell.value, str) and re.fullmatch(r"[0-9]{1,12}", cell.value):
        return int(cell.value)
    reading.fail(cell, "wrong_value", "a whole number", cell.found, "write digits only")
    return 0


@shaped({"type": "boolean"})
def flag(reading: Reading, cell: Cell) -> bool:
    """Read true or false, and nothing that merely looks like it."""
    if cell.value not in ("true", "false"):
        reading.fail(cell, "wrong_value", "true or false", cell.found, "write true or false")
    return cell.value == "true"


@shaped({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? *(min|h|d)$", "examples": ["48h", "7d", "30min"]})
def length(reading: Reading, cell: Cell) -> timedelta:
    """Read a length of time: 48h, 7d, 30min."""
    match = _LENGTH.fullmatch(cell.value) if isinstance(cell.value, str) else None
    seconds = float(match[1]) * _UNIT[match[2]] if match else 0.0
    if not 1 <= seconds <= 100 * 366 * 86400:
        reading.fail(cell, "wrong_value", "a length such as 48h, 7d or 30min", cell.found, "number and unit")
        return timedelta(0)
    return timedelta(seconds=seconds)


@shaped({"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d", "examples": ["2016-09-12T19:00"]})
def instant(reading: Reading, cell: Cell) -> datetime:
    """Read a time with hour and minute, in the zone named on top or with an offset of its own. UTC out."""
    fallback = datetime(1970, 1, 1, tzinfo=UTC)
    value = cell.value if isinstance(cell.value, str) else ""
    if not re.fullmatch(_INSTANT, value, re.ASCII):
        reading.fail(
            cell, "wrong_value", "a time such as 2016-09-12T19:00", cell.found, "write day and hour together"
        )
        return fallback
    try:
        at = datetime.fromisoformat(value)
        if not 1900 <= at.year < 2200:
            raise ValueError(f"the year {at.year}")
        if at.tzinfo is None:
            if reading.zone is None:
                action = "name the zone on top, for example timezone: Asia/Damascus"
                reading.fail(cell, "time_without_zone", "a time whose zone is known", cell.found, action)
                return fallback
            at = at.replace(tzinfo=reading.zone)
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        reading.fail(cell, "wrong_value", "a day and hour that exist", str(error), "correct the date")
        return fallback


@shaped({"type": ["string", "integer"], "examples": ["2016-07-28"]})
def day(reading: Reading, cell: Cell) -> str:
    """Read a date that may stop at the year or month; it stays text, never padded."""
    if isinstance(cell.value, str) and re.fullmatch(
        r"\d{4}(-(0[1-9]|1[0-2])(-([0-2]\d|3[01]))?)?", cell.value, re.ASCII
    ):
        return cell.value
    reading.fail(cell, "wrong_value", "a date such as 2016-07-28", cell.found, "write year, month and day")
    return ""


def word(*valid: str) -> Reader:
    """Read one of some fixed words."""

    @shaped({"enum": list(valid)})
    def read(reading: Reading, cell: Cell) -> str:
        if isinstance(cell.value, str) and cell.value in valid:
            return cell.value
        action = nearest(cell.value if isinstance(cell.value, str) else "", valid)
        reading.fail(cell, "unknown_name", "one of " + ", ".join(valid), cell.found, action)
        return valid[0]

    return read


def name_of(kind: str, *, also: Collection[str] = ()) -> Reader:
    """Read the name of something the file declares (party, zone, clock…), or one of some fixed words."""
    words = f", or {', '.join(also)}" if also else ""

    @shaped({"type": ["string", "number"], "description": f"a {kind} of this file{words}"})
    def read(reading: Reading, cell: Cell) -> str:
        valid = [*also, *reading.names.get(kind, ())]
        if isinstance(cell.value, str) and cell.value in valid:
            return cell.value
        action = nearest(cell.value if isinstance(cell.value, str) else "", valid)
        if not valid:
            action = f"declare the {kind} first"
        reading.fail(cell, "unknown_name", f"a {kind} of this file", cell.found, action)
        return ""

    return read


def listed(item: Reader) -> Reader:
    """Read a list, or one value alone as a list of one. No value twice."""
    one = shape_of(item)

    @shaped({"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}]})
    def read(reading: Reading, cell: Cell) -> tuple[Any, ...]:
        members = cell.value if isinstance(cell.value, list) else [cell]
        if not members:
            reading.fail(
                cell, "wrong_value", "at least one value", "an empty list", "fill it or leave the key out"
            )
        values: dict[str, Any] = {}  # by their words: a list may be long, and its values need not be hashable
        for member in members:
            before = len(reading.problems)
            value = item(reading, member)
            if repr(value) in values and len(reading.problems) == before:
                reading.fail(member, "wrong_value", "each value once", member.found, "remove the repetition")
            values[repr(value)] = value
        return tuple(values.values())

    return read
