"""Write an agreement as strict YAML: the inverse of ``load``, so that ``load(dump(x)) == x``.

In: an ``Agreement``. Out: text. Times are written in UTC with a Z, lengths in hours or minutes, zones with
their geometry as WKT, every text quoted: a canonical form to compare and to keep, not the one to read.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from shapely import get_coordinates
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry, BaseMultipartGeometry

from ceasefire.agreement.language import (
    Agreement,
    Amendment,
    By,
    Clock,
    Consecutive,
    Delivery,
    Duty,
    Each,
    Event,
    Never,
    Norm,
    Permission,
    Quiet,
    Verb,
    Zone,
)


def dump(agreement: Agreement) -> str:
    """The agreement as text that ``load`` reads back to an equal record."""
    a = agreement
    body: dict[str, Any] = {
        "agreement": a.id,
        "title": a.title,
        "source": a.source,
        "timezone": a.timezone,
        "in_force": _filled({"from": a.in_force.start, "to": a.in_force.end}),
        "documents": {k: _plain(d) for k, d in a.documents.items()},
        "parties": {k: _plain(p) for k, p in a.parties.items()},
        "exempt": {k: _plain(e) | {"names": [_plain(n) for n in e.names]} for k, e in a.exempt.items()},
        "zones": {k: _zone(z) for k, z in a.zones.items()},
        "exceptions": {k: _plain(e) for k, e in a.exceptions.items()},
        "clocks": {k: _clock(c) for k, c in a.clocks.items()},
        "norms": {k: _norm(n) for k, n in a.norms.items()},
        "proof": _plain(a.proof),
        "open_points": a.open_points,
        "amendments": {k: _amendment(c) for k, c in a.amendments.items()},
    }
    return write(body)


def write(body: dict[str, Any]) -> str:
    """Entries as strict YAML text; empty ones are left out."""
    return "".join(_lines(_filled(body), 0))


def _filled(entries: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in entries.items() if v is not None and v not in ((), {})}


def _plain(item: Any) -> dict[str, Any]:
    fields = {k: getattr(item, k) for k in item.__dataclass_fields__ if k != "id"}
    return _filled(fields)


def _zone(zone: Zone) -> dict[str, Any]:
    wkt = None if zone.geometry is None else _wkt(zone.geometry)
    return _filled({"title": zone.title, "published": zone.published, "geometry": wkt, "note": zone.note})


def _wkt(geometry: BaseGeometry) -> str:
    """WKT with every digit of every coordinate: the writer of the library rounds, and a zone would not come back equal."""

    def points(line: BaseGeometry) -> str:
        return "(" + ", ".join(f"{x!r} {y!r}" for x, y in get_coordinates(line).tolist()) + ")"

    def body(part: BaseGeometry) -> str:
        if isinstance(part, Polygon):
            return "(" + ", ".join(points(ring) for ring in (part.exterior, *part.interiors)) + ")"
        return points(part)

    if isinstance(geometry, BaseMultipartGeometry):
        return f"{geometry.geom_type.upper()} ({', '.join(body(part) for part in geometry.geoms)})"
    return f"{geometry.geom_type.upper()} {body(geometry)}"


def _clock(clock: Clock) -> dict[str, Any]:
    entries = _plain(clock)
    if "length" in entries:
        entries["for"] = entries.pop("length")
    if "after" in entries:
        entries["starts"] = {"when": entries.pop("after")}
    return entries


def _amendment(change: Amendment) -> dict[str, Any]:
    entries = _plain(change)
    entries["from"] = entries.pop("since")
    if change.norms:
        entries["norms"] = {k: _norm(n) for k, n in change.norms.items()}
    return entries


def _event(event: Event) -> dict[str, Any]:
    entries = _plain(event)
    if "within" in entries:
        entries["in"] = entries.pop("within")
    return entries


def _norm(norm: Norm) -> dict[str, Any]:
    entries = _plain(norm)
    entries.pop("verb")
    if "since" in entries:
        entries["from"] = entries.pop("since")
    entries["variants"] = [_plain(v) for v in norm.variants]
    entries["contested"] = dict(norm.contested)
    if not norm.best_efforts:
        entries.pop("best_efforts")
    if not norm.variants:
        entries.pop("variants")
    return _filled(entries) | _verb(norm.verb)


def _verb(verb: Verb) -> dict[str, Any]:
    if isinstance(verb, Never):
        return {"never": _event(verb.event)}
    if isinstance(verb, Each):
        return _filled({"each": _event(verb.trigger), "within": verb.within, "expect": _event(verb.expect)})
    if isinstance(verb, By):
        due: Any = verb.due if verb.when is None else {"when": verb.when}
        body = {"by": due, "achieve": _event(verb.achieve), "keep": verb.keep}
        return body | ({"undone_by": _event(verb.undone_by)} if verb.undone_by else {})
    if isinstance(verb, Consecutive):
        return {"consecutive": verb.length, "on": verb.clock, "grants": verb.grants}
    if isinstance(verb, Permission):
        return {"permission": verb.text}
    return {"duty": verb.text} if isinstance(verb, Duty) else {"power": verb.text}


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        hours, minutes = seconds / 3600, seconds / 60
        return f"{hours:.0f}h" if hours == int(hours) else f"{minutes:.9f}".rstrip("0").rstrip(".") + "min"
    if isinstance(value, float):
        return f"{value:.12f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _lines(value: Any, depth: int) -> list[str]:
    pad = "  " * depth
    if isinstance(value, Delivery | Quiet):
        value = _plain(value)
    out: list[str] = []
    if isinstance(value, dict):
        for key, entry in value.items():
            nested = isinstance(entry, dict | list | tuple | Delivery | Quiet)
            head = f"{pad}{json.dumps(key, ensure_ascii=False)}:"
            out += [f"{head}\n", *_lines(entry, depth + 1)] if nested else [f"{head} {_scalar(entry)}\n"]
        return out
    for entry in value:
        if isinstance(entry, dict):
            out += [f"{pad}-\n", *_lines(entry, depth + 1)]
        else:
            out.append(f"{pad}- {_scalar(entry)}\n")
    return out
