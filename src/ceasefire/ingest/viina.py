"""VIINA's layout: news reports from Ukraine, geocoded by machine, with the probability of each label.

In: the raw table ``event_info``, its label columns in the same file or in another (option ``labels``). Out:
``Ingested``. One event_id is one report. VIINA dates the report, not the happening: a report is placed between
the start of the day before and its own time. The likeliest label above one half chooses the act; the labels of
initiative suggest an actor. ``event_id_1pd`` is a one-per-day rule, not truth, and is not used.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.gathering import Gathering
from ceasefire.ingest.ingested import Context, Ingested
from ceasefire.ingest.instants import local_day
from ceasefire.ingest.numbers import parse_number
from ceasefire.ingest.tabular import RawTable

NEEDED = frozenset({"event_id", "date", "GEO_PRECISION", "source", "text"})
OPTIONS = ("labels", "sides")

# Our choices, fixed before any fitting: VIINA's own 0/1 twins (`_b`) cut at one half too.
LIKELY = 0.5
BACK = timedelta(days=1)  # news of a happening comes within a day, as a rule

ACTS = {
    "t_airstrike": "airstrike",
    "t_artillery": "shelling",
    "t_uav": "airstrike",
    "t_ied": "ied",
    "t_hospital": "medical_attack",
    "t_firefight": "ground_attack",
    "t_raid": "ground_attack",
    "t_armor": "ground_attack",
    "t_control": "capture",
    "t_occupy": "capture",
    "t_retreat": "withdrawal",
    "t_arrest": "arrest",
    "t_property": "property",
}
SIDES = {"rus": "russia", "ukr": "government-of-ukraine"}
PRECISION = {
    "STREET": "exact",
    "ADM4": "village",
    "ADM3": "district",
    "ADM2": "subdistrict",
    "ADM1": "governorate",
    "ADM0": "country",
}

Cells = Mapping[str, str | None]


def sniff(columns: Collection[str]) -> bool:
    """Whether these are the columns of VIINA's event_info."""
    return set(columns) >= NEEDED


def read(raw: RawTable, context: Context, options: Mapping[str, Any] | None = None) -> Ingested:
    """Read event_info, joined with the labels when they are given.

    Options: ``labels`` (the raw table of the labels file), ``sides`` (identifiers for `rus` and `ukr`).

    Raises:
        BadValue: an option cannot be read.
    """
    given = options or {}
    sides = given.get("sides") or {}
    if not isinstance(sides, Mapping) or not set(sides) <= set(SIDES):
        raise BadValue(
            "options: sides: identifiers for rus and ukr", repr(sides), "write `rus: ...` and `ukr: ...`"
        )
    sides = SIDES | {str(k): str(v) for k, v in sides.items()}
    gathering = Gathering(raw, context)
    labels = _labels(given.get("labels"), gathering)
    joined = labels is None and any(name in raw.columns for name in ACTS)
    for line, cells in raw.rows:
        identifier = cells.get("event_id")
        found: Cells = cells if joined else (labels or {}).get(identifier or "", {})
        if labels is not None and not found:
            bad = BadValue("a row of labels for each event", "none", "used without act and actor")
            gathering.tally("warning", "labels_missing", line, bad)
        try:
            row = _row(cells, found, sides, gathering, line)
        except BadValue as bad:
            gathering.leave_out(line, identifier, "value_bad", bad)
            continue
        gathering.add(line, row)
    return gathering.finish()


def _labels(raw: Any, gathering: Gathering) -> dict[str, Cells] | None:
    if raw is None:
        return None
    if not isinstance(raw, RawTable) or "event_id" not in raw.columns:
        raise BadValue("options: labels: a file with the column event_id", "none", "name the labels file")
    gathering.also(raw.problems)
    found: dict[str, Cells] = {}
    for line, cells in raw.rows:
        identifier = cells.get("event_id")
        if identifier is None or identifier in found:
            bad = BadValue("one row of labels an event", "none or several", "the first is used")
            gathering.tally("warning", "labels_repeated", line, bad)
        else:
            found[identifier] = cells
    return found


def _row(
    cells: Cells, labels: Cells, sides: Mapping[str, str], gathering: Gathering, line: int
) -> dict[str, str | None]:
    if cells.get("event_id") is None or cells.get("source") is None:
        raise BadValue("event_id and source", "an empty cell", "fill it")
    day, hour = cells.get("date"), cells.get("time")
    if day is None:
        raise BadValue("date: YYYYMMDD", "an empty cell", "fill it")
    dated = gathering.date(day)
    published = gathering.date(f"{dated.start.astimezone(gathering.zone):%Y-%m-%d}T{hour}") if hour else dated
    before = local_day(dated.start.astimezone(gathering.zone).date() - BACK, gathering.zone)
    chance = {name: _chance(labels, name) for name in labels if name.startswith(("t_", "a_"))}
    actor, stance = _actor(chance, sides)
    precision = cells.get("GEO_PRECISION")
    known = PRECISION.get((precision or "").upper())
    if precision and not known:
        bad = BadValue("GEO_PRECISION: " + ", ".join(PRECISION), repr(precision), "read as a town")
        gathering.tally("warning", "word_unknown", line, bad)
    return {
        "report_id": f"VIINA-{cells['event_id']}",
        "source_id": gathering.source(str(cells["source"])),
        "published_at": published.start.isoformat(),
        "recorded_at": published.end.isoformat(),
        "occurred_from": before.start.isoformat(),
        "occurred_to": published.end.isoformat(),
        "time_note": "VIINA dates the report, not the happening",
        "place_name": cells.get("asciiname") or cells.get("address") or cells.get("location"),
        "latitude": cells.get("latitude"),
        "longitude": cells.get("longitude"),
        "precision": known or ("town" if precision else None),
        "admin1": cells.get("ADM1_NAME"),
        "act": _act(chance),
        "stance": stance,
        "actor": actor,
        "affected": "civilians" if chance.get("t_civcas", 0) > LIKELY else None,
        "text": cells.get("text"),
        "language": cells.get("lang"),
        "url": cells.get("url"),
        "via": "VIINA",
    }


def _chance(labels: Cells, name: str) -> float:
    text = labels[name]
    if text is None:
        return 0.0
    value = parse_number(text)
    if not 0 <= value <= 1:
        raise BadValue(f"{name}: a probability", repr(text), "correct it")
    return value


def _act(chance: Mapping[str, float]) -> str | None:
    """The act of the likeliest label above one half, the first of the table at a tie; None when there is none."""
    likely = [name for name in ACTS if chance.get(name, 0) > LIKELY]
    return ACTS[max(likely, key=lambda name: chance[name])] if likely else None


def _actor(chance: Mapping[str, float], sides: Mapping[str, str]) -> tuple[str | None, str]:
    """Who is said to have begun it; both sides as an open alternative. A machine's label is a suggestion."""
    named = sorted(
        sides[side] for side in SIDES if chance.get(f"a_{side}_init", chance.get(f"a_{side}", 0)) > LIKELY
    )
    return ("|".join(named), "suggests") if named else (None, "unattributed")
