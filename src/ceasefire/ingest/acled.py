"""ACLED's layout: one report for each source that an event names.

In: a raw table with ACLED's columns. Out: ``Ingested``. The event is as ACLED coded it, and the text says so.
actor1 and actor2 do not tell who did what to whom, so the actor stays empty and the stance unattributed. A
fatality count of 0 also stands for "not known" in ACLED, so it is read as not stated. A report counts as known
from ACLED's ``timestamp``, since the dates of the sources are not in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.gathering import Gathering
from ceasefire.ingest.ingested import Context, Ingested
from ceasefire.ingest.instants import infer_day_first, local_day, parse_instant
from ceasefire.ingest.numbers import parse_integer
from ceasefire.ingest.tabular import RawTable

NEEDED = frozenset({"event_id_cnty", "event_date", "event_type", "sub_event_type", "source"})
OPTIONS: tuple[str, ...] = ()
PRECISION = {"1": "town", "2": "district", "3": "governorate"}  # geo_precision, by our vocabulary's origins
WEEK = timedelta(days=6)  # time_precision 2: some day of the week; the coded day may be its first or its last
YEARS = range(1990, 2200)

Cells = Mapping[str, str | None]


def sniff(columns: Collection[str]) -> bool:
    """Whether these are ACLED's columns."""
    return set(columns) >= NEEDED


@cache
def _acts() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load(
        (files(__package__) / "acled_words.yaml").read_text(encoding="utf-8")
    )
    return found


def read(raw: RawTable, context: Context, options: Mapping[str, Any] | None = None) -> Ingested:
    """Read an ACLED file; there are no options."""
    gathering = Gathering(raw, context, day_first=infer_day_first(c["event_date"] or "" for _, c in raw.rows))
    for line, cells in raw.rows:
        identifier = cells.get("event_id_cnty")
        try:
            shared = _event(cells, gathering, line)
        except BadValue as bad:
            gathering.leave_out(line, identifier, "value_bad", bad)
            continue
        names = [name.strip() for name in (cells.get("source") or "ACLED").split(";") if name.strip()]
        for number, name in enumerate(dict.fromkeys(names), start=1):
            row = shared | {"report_id": f"ACLED-{identifier}-{number}", "source_id": gathering.source(name)}
            if not gathering.add(line, row):
                break
    return gathering.finish()


def _event(cells: Cells, gathering: Gathering, line: int) -> dict[str, str | None]:
    """The cells that all reports of the event share, named as columns of reports."""
    if cells.get("event_id_cnty") is None:
        raise BadValue("event_id_cnty: an identifier", "an empty cell", "fill it")
    start, end = _dates(cells, gathering)
    deaths = parse_integer(cells.get("fatalities") or "0")
    if deaths < 0:
        raise BadValue("fatalities: zero or more", str(deaths), "correct it")
    kind = cells.get("sub_event_type") or ""
    act = _acts().get(kind)
    if act is None:
        bad = BadValue("a sub-event type of the codebook", repr(kind), "read as the act `other`")
        gathering.tally("warning", "word_unknown", line, bad)
    civilians = cells.get("civilian_targeting") or any(
        (cells.get(name) or "").startswith("Civilians") for name in ("actor1", "actor2")
    )
    involved = "; ".join(str(cells[name]) for name in ("actor1", "actor2") if cells.get(name))
    return {
        "occurred_from": start.isoformat(),
        "occurred_to": end.isoformat(),
        "recorded_at": _stamped(cells.get("timestamp"), gathering, line).isoformat(),
        "place_name": cells.get("location"),
        "latitude": cells.get("latitude"),
        "longitude": cells.get("longitude"),
        "precision": PRECISION.get(cells.get("geo_precision") or ""),
        "admin1": cells.get("admin1"),
        "act": act or "other",
        "stance": "unattributed",
        "affected": "civilians" if civilians else None,
        "killed_min": str(deaths) if deaths else None,
        "killed_max": str(deaths) if deaths else None,
        "text": f"{cells.get('notes') or 'no notes'} [ACLED: {kind}; involved: {involved or 'not stated'}]",
        "via": "ACLED",
    }


def _dates(cells: Cells, gathering: Gathering) -> tuple[datetime, datetime]:
    """The event's interval: the day, the days round it (time_precision 2), or its month (3)."""
    text = cells.get("event_date")
    if text is None:
        raise BadValue("event_date: a date", "an empty cell", "fill it")
    span = gathering.date(text)
    precision = cells.get("time_precision") or "1"
    if precision == "1":
        return span.start, span.end
    day = span.start.astimezone(gathering.zone).date()
    if precision == "2":
        return local_day(day - WEEK, gathering.zone).start, local_day(day + WEEK, gathering.zone).end
    if precision == "3":
        month = parse_instant(f"{day:%Y-%m}", gathering.zone)
        return month.start, month.end
    raise BadValue("time_precision: 1, 2 or 3", repr(precision), "correct it")


def _stamped(text: str | None, gathering: Gathering, line: int) -> datetime:
    """ACLED's own time stamp: seconds since 1970."""
    if text is None:
        return gathering.known_at(None, line)
    try:
        instant = datetime.fromtimestamp(parse_integer(text), UTC)
    except (OverflowError, OSError, ValueError):
        raise BadValue(
            "timestamp: seconds since 1970", repr(text[:60]), "correct it or empty the cell"
        ) from None
    if instant.year not in YEARS:
        raise BadValue("timestamp: seconds since 1970", repr(text[:60]), "correct it or empty the cell")
    return instant
