"""Read an agreement from its file: strict YAML in, an ``Agreement`` out, or problems with line and column.

The names a file declares (parties, zones, clocks, clauses, exceptions, documents) are collected first, so that
every reference is checked where it stands and a wrong one gets the nearest valid name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ceasefire.agreement.clauses import CLOCK, EXCEPTION, build_clock, build_exception, read_norms
from ceasefire.agreement.language import Agreement, DatedName, Document, Exempt, Party, Period, Proof, Zone
from ceasefire.agreement.zones import geojson_zones, inline_zones
from ceasefire.problems import CaseError, Problem
from ceasefire.strict_yaml import (
    Cell,
    Key,
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
}

_DOCUMENT = {
    "title": Key(text, required=True),
    "dated": Key(day),
    "text_status": Key(word(*vocabulary("text_status")), required=True),
    "source": Key(text),
    "note": Key(text),
}
_PARTY = {
    "name": Key(text, required=True),
    "role": Key(text, required=True),
    "side": Key(identifier, required=True),
    "answers_for": Key(listed(name_of("party"))),
    "members": Key(listed(identifier)),
    "contested": Key(text),
    "note": Key(text),
}
_DATED = {"name": Key(identifier, required=True), "since": Key(day), "until": Key(day)}


def _read_dated(reading: Reading, cell: Cell) -> DatedName:
    row = record(reading, cell, _DATED)
    return DatedName(row.get("name", ""), row.get("since"), row.get("until"))


_EXEMPT = {
    "title": Key(text, required=True),
    "names": Key(listed(_read_dated), required=True),
    "designated_by": Key(text, required=True),
    "note": Key(text),
}
_PERIOD = {"from": Key(instant, required=True), "to": Key(instant)}
_PROOF = {
    "breached": Key(probability, required=True),
    "satisfied": Key(probability, required=True),
    "incident": Key(probability),
}


def _read_period(reading: Reading, cell: Cell) -> Period | None:
    row = record(reading, cell, _PERIOD)
    if "from" not in row:
        return None
    period = Period(row["from"], row.get("to"))
    if period.end is not None and period.end <= period.start:
        reading.fail(cell, "wrong_value", "an end after the start", "an end before it", "correct one of them")
    return period


def _read_proof(reading: Reading, cell: Cell) -> Proof:
    row = record(reading, cell, _PROOF)
    proof = Proof(**row)
    if proof.breached + proof.satisfied <= 1:
        found = f"{proof.breached:g} and {proof.satisfied:g}"
        reading.fail(cell, "wrong_value", "two standards that add up to more than 1", found, "raise them")
    return proof


def _raw(reading: Reading, cell: Cell) -> Cell:
    """Leave the cell for a later, second reading."""
    return cell


_TOP = {
    "agreement": Key(identifier, required=True),
    "title": Key(text, required=True),
    "source": Key(text, required=True),
    "timezone": Key(text, required=True),
    "in_force": Key(_read_period, required=True),
    "zones": Key(_raw),
    "documents": Key(_raw),
    "parties": Key(_raw, required=True),
    "exempt": Key(_raw),
    "exceptions": Key(_raw),
    "clocks": Key(_raw),
    "norms": Key(_raw, required=True),
    "proof": Key(_read_proof),
    "open_points": Key(listed(text)),
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
    zones = _zones(reading, entries.get("zones"), folder)
    reading.names["zone"] = [z.id for z in zones]
    top = record(reading, root, _TOP)
    norms = read_norms(reading, top["norms"]) if "norms" in top else ()
    parts = {
        "documents": _section(reading, top, "documents", _DOCUMENT),
        "parties": _section(reading, top, "parties", _PARTY),
        "exempt": _section(reading, top, "exempt", _EXEMPT),
        "exceptions": _section(reading, top, "exceptions", EXCEPTION),
        "clocks": _section(reading, top, "clocks", CLOCK),
    }
    _check_sections(reading, top, parts)
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
    )


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


def _check_sections(
    reading: Reading, top: dict[str, Any], parts: dict[str, list[tuple[str, dict[str, Any]]]]
) -> None:
    """Checks that need several records: clock shapes and circles, patrons, exemptions of a party."""
    clocks = dict(parts["clocks"])
    for name, row in clocks.items():
        entry = top["clocks"].value[name]
        shapes = [k for k in ("for", "until", "consecutive", "delivery") if k in row]
        if len(shapes) > 1:
            found = " and ".join(shapes)
            expected = "at most one of for, until, consecutive, delivery"
            reading.fail(entry, "clock_shape", expected, found, "say what the clock counts", key=True)
        seen, at = [name], row.get("access")
        while at and at not in seen:
            seen.append(at)
            at = clocks.get(at, {}).get("access")
        if at:
            found = " -> ".join([*seen, at])
            reading.fail(
                entry, "circular_clocks", "clocks that end somewhere", found, "cut the circle", key=True
            )
    for name, row in parts["parties"]:
        if name in row.get("answers_for", ()):
            entry = top["parties"].value[name]
            reading.fail(
                entry, "wrong_value", "another party in answers_for", repr(name), "remove it", key=True
            )
    parties = set(reading.names["party"])
    for name, row in parts["exempt"]:
        if name in parties or parties & {n.name for n in row.get("names", ())}:
            entry = top["exempt"].value[name]
            reading.fail(entry, "wrong_value", "a group that is no party", repr(name), "choose one", key=True)
