"""Read an agreement from its file: strict YAML in, an ``Agreement`` out, or problems with line and column.

The names a file declares (parties, zones, clocks, clauses, exceptions, documents) are collected first, so that
every reference is checked where it stands and a wrong one gets the nearest valid name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ceasefire.agreement.clauses import CLOCK, EXCEPTION, NORM, build_clock, build_exception, read_norms
from ceasefire.agreement.consistency import check
from ceasefire.agreement.language import (
    Agreement,
    Amendment,
    DatedName,
    Document,
    Exempt,
    Party,
    Period,
    Proof,
    Zone,
)
from ceasefire.agreement.predicates import predicates
from ceasefire.agreement.zones import ZONES, geojson_zones, inline_zones
from ceasefire.problems import CaseError, Problem
from ceasefire.strict_yaml import (
    Cell,
    Key,
    Reader,
    Reading,
    cells,
    day,
    identifier,
    instant,
    listed,
    mapping_of,
    name_of,
    probability,
    record,
    record_shape,
    shaped,
    text,
    word,
)
from ceasefire.vocabulary import vocabulary

_SECTIONS = {
    "parties": "party",
    "norms": "norm",
    "clocks": "clock",
    "exceptions": "exception",
    "documents": "document",
    "exempt": "exempted group",
    "amendments": "amendment",
}

_DOCUMENT = {
    "title": Key(text, required=True, about="what it is called"),
    "dated": Key(day, about="its date: 2016, 2016-09 or 2016-09-09"),
    "text_status": Key(word(*vocabulary("text_status")), required=True, about="how its words became known"),
    "source": Key(text, about="where its text was read"),
    "note": Key(text, about="anything a reader should know"),
}
_PARTY = {
    "name": Key(text, required=True, about="its name in full"),
    "role": Key(text, required=True, about="party, guarantor, sponsor, ..."),
    "side": Key(identifier, required=True, about="the side it is on; a patron and its client share one"),
    "answers_for": Key(listed(name_of("party")), about="the clients whose conduct it is asked about"),
    "members": Key(listed(identifier), about="actors of the case that count with it"),
    "contested": Key(text, about="why it is disputed that it is bound at all"),
    "note": Key(text, about="anything a reader should know"),
}
_DATED = {
    "name": Key(identifier, required=True, about="the actor of the case"),
    "since": Key(day, about="the first day it went by this name"),
    "until": Key(day, about="the last day"),
}


@shaped(record_shape(_DATED))
def _read_dated(reading: Reading, cell: Cell) -> DatedName:
    row = record(reading, cell, _DATED)
    return DatedName(row.get("name", ""), row.get("since"), row.get("until"))


_EXEMPT = {
    "title": Key(text, required=True, about="what the group is called"),
    "names": Key(listed(_read_dated), required=True, about="the names it goes by, each with its time"),
    "designated_by": Key(text, required=True, about="who put it outside the truce"),
    "note": Key(text, about="anything a reader should know"),
}
_PERIOD = {
    "from": Key(instant, required=True, about="the first instant"),
    "to": Key(instant, about="the end; open if not said"),
}
_PROOF = {
    "breached": Key(probability, required=True, about="how probable a breach must be to be called"),
    "satisfied": Key(probability, required=True, about="how probable it must be that a clause was kept"),
    "incident": Key(probability, about="what one incident alone must reach before a breach is called"),
    "coverage": Key(probability, about="share of days with any account, below which nothing is called kept"),
}


@shaped(record_shape(_PERIOD))
def _read_period(reading: Reading, cell: Cell) -> Period | None:
    row = record(reading, cell, _PERIOD)
    if "from" not in row:
        return None
    period = Period(row["from"], row.get("to"))
    if period.end is not None and period.end <= period.start:
        reading.fail(cell, "wrong_value", "an end after the start", "an end before it", "correct one of them")
    return period


@shaped(record_shape(_PROOF))
def _read_proof(reading: Reading, cell: Cell) -> Proof:
    row = record(reading, cell, _PROOF)
    proof = Proof(**row)
    if proof.breached + proof.satisfied <= 1:
        found = f"{proof.breached:g} and {proof.satisfied:g}"
        reading.fail(cell, "wrong_value", "two standards that add up to more than 1", found, "raise them")
    return proof


_AMENDMENT = {
    "title": Key(text, required=True, about="what the change is called"),
    "from": Key(instant, required=True, about="from when it counts"),
    "document": Key(name_of("document"), required=True, about="the paper that changed the text"),
    "norms": Key(
        shaped({"type": "object", "additionalProperties": record_shape(NORM)})(read_norms),
        about="clauses in their new wording, or new ones",
    ),
    "repeals": Key(listed(name_of("norm")), about="clauses that bind no more"),
    "note": Key(text, about="anything a reader should know"),
}


def _later(shape: dict[str, Any]) -> Reader:
    """Leave the cell for a second reading, when all names are known."""

    @shaped(shape)
    def read(reading: Reading, cell: Cell) -> Cell:
        return cell

    return read


def _records(keys: dict[str, Key]) -> Reader:
    return _later({"type": "object", "additionalProperties": record_shape(keys)})


TOP = {
    "agreement": Key(identifier, required=True, about="its short name"),
    "title": Key(text, required=True, about="its name in full"),
    "source": Key(text, required=True, about="where the text comes from"),
    "timezone": Key(
        text, required=True, about="the zone of every time below that names none, such as Asia/Damascus"
    ),
    "in_force": Key(_read_period, required=True, about="from when, and to when, it is in force"),
    "zones": Key(_later(ZONES), about="a GeoJSON file beside this one, or the zones themselves"),
    "documents": Key(_records(_DOCUMENT), about="the papers the clauses are taken from"),
    "parties": Key(_records(_PARTY), required=True, about="who is bound"),
    "exempt": Key(_records(_EXEMPT), about="groups outside the protection of the truce"),
    "exceptions": Key(_records(EXCEPTION), about="when a clause does not count, and who has to show it"),
    "clocks": Key(_records(CLOCK), about="what runs, and who may move it"),
    "norms": Key(_records(NORM), required=True, about="the clauses; the verb of each is its key"),
    "amendments": Key(_records(_AMENDMENT), about="later changes of the text, each from an instant on"),
    "proof": Key(_read_proof, about="how probable a status must be to be called"),
    "open_points": Key(listed(text), about="what the drafters left open, in words"),
}


def load(source: Path | str) -> Agreement:
    """Read an agreement from a path, or from the text itself (a string with a line break).

    A zones file is looked for beside the agreement. Raises CaseError, with every problem found.
    """
    if isinstance(source, str) and "\n" in source:
        return _load(source, None, None)
    path = Path(source)
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(
            Problem(
                severity="error",
                stage="agreement",
                code="agreement_unreadable",
                expected="an agreement in UTF-8 text",
                found=getattr(error, "strerror", None) or str(error),
                action="give the path of agreement.yaml, saved as UTF-8",
                file=path.name,
            )
        ) from error
    return _load(content, path.name, path.parent)


def _load(content: str, file: str | None, folder: Path | None) -> Agreement:
    reading = Reading(file, "agreement")
    root = cells(content, reading)
    entries = mapping_of(reading, root)
    reading.zone = _zone_of(reading, entries.get("timezone"))
    for section, kind in _SECTIONS.items():
        declared = entries[section].value if section in entries else {}
        reading.names[kind] = list(declared) if isinstance(declared, dict) else []
    reading.names["norm"] = list(dict.fromkeys([*reading.names["norm"], *_amended(entries)]))
    reading.names["registered predicate"] = list(predicates())
    zones = _zones(reading, entries.get("zones"), folder)
    reading.names["zone"] = [z.id for z in zones]
    top = record(reading, root, TOP)
    norms = read_norms(reading, top["norms"]) if "norms" in top else ()
    parts = {
        "documents": _section(reading, top, "documents", _DOCUMENT),
        "parties": _section(reading, top, "parties", _PARTY),
        "exempt": _section(reading, top, "exempt", _EXEMPT),
        "exceptions": _section(reading, top, "exceptions", EXCEPTION),
        "clocks": _section(reading, top, "clocks", CLOCK),
        "amendments": _section(reading, top, "amendments", _AMENDMENT),
    }
    check(reading, top, {name: dict(rows) for name, rows in parts.items()}, norms)
    reading.stop_if_failed()
    return Agreement(
        id=top["agreement"],
        title=top["title"],
        source=top["source"],
        timezone=top["timezone"],
        in_force=top["in_force"],
        parties={name: Party(id=name, **row) for name, row in parts["parties"]},
        norms={norm.id: norm for norm in norms},
        documents={name: Document(id=name, **row) for name, row in parts["documents"]},
        exempt={name: Exempt(id=name, **row) for name, row in parts["exempt"]},
        zones={zone.id: zone for zone in zones},
        exceptions={name: build_exception(name, row) for name, row in parts["exceptions"]},
        clocks={name: build_clock(name, row) for name, row in parts["clocks"]},
        proof=top.get("proof", Proof()),
        open_points=top.get("open_points", ()),
        amendments={name: _amendment(name, row) for name, row in parts["amendments"]},
    )


def _amended(entries: dict[str, Cell]) -> list[str]:
    """The clauses that amendments write, so that others may refer to them."""
    found: list[str] = []
    changes = entries["amendments"].value if "amendments" in entries else {}
    for change in changes.values() if isinstance(changes, dict) else ():
        body = change.value.get("norms") if isinstance(change.value, dict) else None
        found += list(body.value) if body is not None and isinstance(body.value, dict) else []
    return found


def _amendment(name: str, row: dict[str, Any]) -> Amendment:
    norms = {norm.id: norm for norm in row.pop("norms", ())}
    return Amendment(id=name, since=row.pop("from"), norms=norms, **row)


def _section(
    reading: Reading, top: dict[str, Any], section: str, keys: dict[str, Key]
) -> list[tuple[str, dict[str, Any]]]:
    if section not in top:
        return []
    rows = []
    for name, entry in mapping_of(reading, top[section]).items():
        if name != identifier(Reading(None, "agreement"), Cell(name, 0, 0)) or not name:
            reading.fail(entry, "wrong_value", "a short name", repr(name), "no spaces in names", key=True)
        rows.append((name, record(reading, entry, keys)))
    return rows


def _zone_of(reading: Reading, cell: Cell | None) -> ZoneInfo | None:
    if cell is None or not isinstance(cell.value, str):
        return None
    try:
        return ZoneInfo(cell.value)
    except (KeyError, ValueError, OSError):
        reading.fail(cell, "unknown_name", "a zone of time such as Asia/Damascus", cell.found, "name a city")
        return ZoneInfo("UTC")


def _zones(reading: Reading, cell: Cell | None, folder: Path | None) -> tuple[Zone, ...]:
    if cell is None:
        return ()
    if isinstance(cell.value, dict):
        return inline_zones(reading, cell)
    name = text(reading, cell)
    if folder is None:
        found = f"the file {name!r} for an agreement given as text"
        reading.fail(cell, "zone_file", "zones written in the agreement", found, "load it from its path")
        return ()
    if not name or Path(name).name != name:
        reading.fail(
            cell, "zone_file", "the name of a file beside the agreement", cell.found, "give its name"
        )
        return ()
    try:
        content = (folder / name).read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        found = f"{name}: {getattr(error, 'strerror', None) or error}"
        reading.fail(cell, "zone_file", "a GeoJSON file beside the agreement", found, "add or rename it")
        return ()
    zones = geojson_zones(reading, cell, content)
    doubled = sorted({z.id for z in zones if sum(o.id == z.id for o in zones) > 1})
    if doubled:
        reading.fail(cell, "duplicate_key", "each zone once", ", ".join(doubled), "rename one of them")
    return zones
