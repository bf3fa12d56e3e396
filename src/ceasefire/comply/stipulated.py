"""What a story of a tests file takes as given, made into the tables that clauses are judged on.

In: the cells under ``given``: incidents, accounts, rows of the access record, declarations, counts. Out: frames by name,
as a picture holds them. A stipulated incident has no accounts behind it, so whoever ``by`` names can be judged for it:
that is what a hypothetical is. Counts are read and handed over like the rest, and no clause is ever judged on one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from ceasefire.agreement import Agreement
from ceasefire.agreement.language import PROTECTED
from ceasefire.model import table
from ceasefire.strict_yaml import (
    Cell,
    Key,
    Reader,
    Reading,
    identifier,
    instant,
    integer,
    listed,
    mapping_of,
    nearest,
    number,
    probability,
    record,
    record_shape,
    shape_of,
    shaped,
    text,
    word,
)
from ceasefire.vocabulary import vocabulary

NO_CAMP = "none"
NOT_BY_A_PARTY = ("accident", "third_party")
DECLARED_KINDS = ("start", "extend", "offer", "reset", "end", "lapse", "suspend", "not_met")
# Shares of who did it may be rounded to three places.
ROUNDING = 0.002


def names_in(terms: Agreement) -> dict[str, list[str]]:
    """The names of an agreement that a tests file may use, by what they are."""
    actors = [*terms.parties, *(m for party in terms.parties.values() for m in party.members)]
    actors += [*terms.exempt, *(n.name for group in terms.exempt.values() for n in group.names)]
    actors = list(dict.fromkeys([*actors, *NOT_BY_A_PARTY]))
    return {
        "party": list(terms.parties),
        "actor": actors,
        "camp": [*terms.parties, NO_CAMP],
        "somebody protected or an actor": [*actors, *PROTECTED],
        "zone": list(terms.zones),
        "clock": list(terms.clocks),
    }


def known(kind: str) -> Reader:
    """Read a name that the agreement has, or one of the words that stand beside them."""

    @shaped({"type": ["string", "number"], "description": f"a {kind} of the agreement"})
    def read(reading: Reading, cell: Cell) -> str:
        valid = reading.names.get(kind, ())
        if isinstance(cell.value, str) and cell.value in valid:
            return cell.value
        action = nearest(cell.value if isinstance(cell.value, str) else "", valid)
        action = action if valid else "the agreement has none"
        reading.fail(cell, "unknown_name", f"a {kind} of the agreement", cell.found, action)
        return ""

    return read


_actor = known("actor")


@shaped({"anyOf": [shape_of(listed(_actor)), {"type": "object", "additionalProperties": {"type": "number"}}]})
def _read_by(reading: Reading, cell: Cell) -> dict[str, float]:
    """Who did it: a name; a list, for several together; or a mapping from names to probabilities that add up to 1."""
    if not isinstance(cell.value, dict):
        return {"+".join(sorted(listed(_actor)(reading, cell))): 1.0}
    shares: dict[str, float] = {}
    for name, entry in mapping_of(reading, cell).items():
        line, column = entry.key_at or (entry.line, entry.column)
        for part in name.split("+"):
            _actor(reading, Cell(part.strip(), line, column))
        shares["+".join(sorted(part.strip() for part in name.split("+")))] = probability(reading, entry)
    if abs(sum(shares.values()) - 1) > ROUNDING:
        action = "give the rest to a party, to third_party or to accident"
        found = f"a sum of {sum(shares.values()):g}"
        reading.fail(cell, "wrong_value", "probabilities that add up to 1", found, action)
    return shares


@shaped({"type": "number"})
def _degrees(reading: Reading, cell: Cell) -> float:
    if isinstance(cell.value, str) and re.fullmatch(r"-?\d{1,3}(\.\d+)?", cell.value):
        return float(cell.value)
    reading.fail(
        cell, "wrong_value", "degrees such as 36.245", cell.found, "write digits, with a decimal point"
    )
    return 0.0


_POINT = {"latitude": Key(_degrees, required=True), "longitude": Key(_degrees, required=True)}


@shaped(record_shape(_POINT))
def _read_point(reading: Reading, cell: Cell) -> dict[str, Any]:
    return record(reading, cell, _POINT)


_TIME = {"when": Key(instant, required=True), "until": Key(instant)}
_TELLER = {
    "source": Key(text, required=True, about="who says so"),
    "camp": Key(known("camp"), about="the party the source speaks for, or none; once for each source"),
}
INCIDENT = {
    "id": Key(identifier, required=True),
    **_TIME,
    "act": Key(word(*vocabulary("acts")), required=True),
    "by": Key(_read_by, about="a name, several together, or probabilities; left out = nobody knows"),
    "against": Key(listed(known("somebody protected or an actor")), about="who was hit, all together"),
    "killed": Key(integer),
    "place": Key(text),
    "held_by": Key(_actor, about="who holds the place"),
    "weapon": Key(text, about="the means, in the words of the account"),
    "in": Key(listed(known("zone")), about="a zone of the agreement it lies in"),
    "point": Key(_read_point, about="where, if the distance to another incident matters"),
}
ACCOUNT = {
    **_TELLER,
    "says": Key(word(*(w for w in vocabulary("stances") if w != "neutral")), required=True),
    "act": Key(word(*vocabulary("acts")), required=True),
    "by": Key(listed(_actor)),
    **_TIME,
    "place": Key(text),
    "weapon": Key(text),
    "text": Key(text),
}
ACCESS = {
    **_TELLER,
    "delivery": Key(text, required=True, about="the consignment the row speaks of"),
    "kind": Key(word(*vocabulary("access_kinds")), required=True),
    **_TIME,
    "to": Key(text, about="the destination"),
    "authority": Key(listed(_actor), about="whose doing it is, or of whom it is asked"),
}
DECLARATION = {
    "clock": Key(known("clock"), required=True),
    "kind": Key(word(*DECLARED_KINDS), required=True),
    **_TIME,
    "by": Key(listed(known("party")), required=True, about="who declares it, all together"),
}
COUNT = {
    **_TELLER,
    "against": Key(listed(_actor)),
    "what": Key(text, required=True),
    "value": Key(number, required=True),
    **_TIME,
}


def _rows(keys: dict[str, Key]) -> Reader:
    one = record_shape(keys)

    @shaped({"type": "array", "items": one, "minItems": 1})
    def read(reading: Reading, cell: Cell) -> list[tuple[Cell, dict[str, Any]]]:
        if not isinstance(cell.value, list) or not cell.value:
            reading.fail(cell, "wrong_value", "a list of rows", cell.found, "begin each row with a dash")
            return []
        found = []
        for entry in cell.value:
            row = record(reading, entry, keys)
            if "until" in row and "when" in row and row["until"] < row["when"]:
                at = mapping_of(reading, entry)["until"]
                reading.fail(at, "wrong_value", "an end after the start", at.found, "correct one of the two")
            found.append((entry, row))
        return found

    return read


GIVEN = {
    "incidents": Key(_rows(INCIDENT), about="what happened"),
    "accounts": Key(_rows(ACCOUNT), about="who says that something was done"),
    "access": Key(_rows(ACCESS), about="rows of the access record"),
    "declarations": Key(_rows(DECLARATION), about="what the owners of a clock declared"),
    "counts": Key(_rows(COUNT), about="figures somebody published; no clause is judged on them"),
}


@dataclass
class _Tables:
    """The rows of every table while a story is read."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    camps: dict[str, str] = field(default_factory=dict)
    unheard: dict[str, Cell] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, /, **cells: Any) -> None:
        self.rows.setdefault(name, []).append(cells)

    def teller(self, reading: Reading, cell: Cell, row: Mapping[str, Any]) -> str:
        """The source of a row, whose camp has to be said once, and always the same."""
        source, camp = str(row.get("source", "")), row.get("camp")
        if camp is None:
            self.unheard.setdefault(source, cell)
        elif self.camps.setdefault(source, camp) != camp:
            entry = mapping_of(reading, cell)["camp"]
            expected = f"one camp for {source!r} ({self.camps[source]!r} above)"
            reading.fail(entry, "wrong_value", expected, entry.found, "correct one of the two")
        return source

    def frames(self, reading: Reading) -> dict[str, pl.DataFrame]:
        for source, cell in self.unheard.items():
            if source and source not in self.camps:
                action = "name the party it speaks for, or none"
                reading.fail(cell, "missing_key", f"the camp of {source!r}, once", "nothing", action)
        for source, camp in self.camps.items():
            self.add("sources", source_id=source, name=source, camp=None if camp == NO_CAMP else camp)
        for place, holder in self.holders.items():
            self.add("places", place_name=place, held_by=holder)
        if reading.problems:
            return {}
        made = {name: table(name).frame(rows) for name, rows in self.rows.items()}
        made.setdefault("incidents", table("incidents").empty())
        return made


@shaped(record_shape(GIVEN))
def read_given(reading: Reading, cell: Cell) -> dict[str, pl.DataFrame]:
    """The tables of one story."""
    row, made = record(reading, cell, GIVEN), _Tables()
    seen: set[str] = set()
    for entry, incident in row.get("incidents", ()):
        _incident(reading, made, entry, incident, seen)
    for k, (entry, account) in enumerate(row.get("accounts", ()), 1):
        made.add(
            "located",
            report_id=f"account-{k:03}",
            source_id=made.teller(reading, entry, account),
            occurred_from=account.get("when"),
            occurred_to=account.get("until", account.get("when")),
            act=account.get("act"),
            stance=account.get("says"),
            actor="+".join(account.get("by", ())) or None,
            **{key: account.get(key) for key in ("weapon", "text")},
            place_name=account.get("place"),
        )
    for k, (entry, step) in enumerate(row.get("access", ()), 1):
        made.add(
            "access",
            access_id=f"access-{k:03}",
            at=step.get("when"),
            at_latest=step.get("until"),
            kind=step.get("kind"),
            consignment=step.get("delivery"),
            to_place=step.get("to"),
            authority="+".join(step.get("authority", ())) or None,
            reported_by=made.teller(reading, entry, step),
        )
    for k, (_, words) in enumerate(row.get("declarations", ()), 1):
        made.add(
            "declarations",
            declaration_id=f"declaration-{k:03}",
            at=words.get("when"),
            by="+".join(words.get("by", ())),
            **{key: words.get(key) for key in ("clock", "kind", "until")},
        )
    for k, (entry, figure) in enumerate(row.get("counts", ()), 1):
        made.add(
            "counts",
            count_id=f"count-{k:03}",
            counted_by=made.teller(reading, entry, figure),
            against="+".join(figure.get("against", ())) or None,
            period_from=figure.get("when"),
            period_to=figure.get("until"),
            metric=figure.get("what"),
            value=figure.get("value"),
        )
    return made.frames(reading)


def _incident(reading: Reading, made: _Tables, cell: Cell, row: Mapping[str, Any], seen: set[str]) -> None:
    name, place = str(row.get("id", "")), row.get("place")
    if name in seen:
        reading.fail(cell, "wrong_value", "another id for each incident", repr(name), "rename one of them")
    seen.add(name)
    start: datetime | None = row.get("when")
    end = row.get("until", start)
    if "held_by" in row:
        entry = mapping_of(reading, cell)["held_by"]
        if place is None:
            reading.fail(
                entry, "missing_key", "'place' beside 'held_by'", "nothing", "name the place", key=True
            )
        elif made.holders.setdefault(place, row["held_by"]) != row["held_by"]:
            expected = f"one holder of {place!r} ({made.holders[place]!r} above)"
            reading.fail(entry, "wrong_value", expected, entry.found, "correct one of the two")
    made.add(
        "incidents",
        incident_id=name,
        occurred_from=start,
        occurred_to=end,
        act=row.get("act"),
        affected="+".join(row.get("against", ())) or None,
        killed_best=row.get("killed"),
        place_name=place,
        weapon=row.get("weapon"),
        **row.get("point", {}),
    )
    for actor, share in row.get("by", {}).items():
        made.add("attributions", incident_id=name, actor=actor, probability=share)
    if row.get("in"):
        # The engine takes an incident without a point to lie in the zones that its reports name.
        zones = ";".join(row["in"])
        times = {"occurred_from": start, "occurred_to": end}
        made.add("located", report_id=f"report-{name}", source_id="stipulated", zones=zones, **times)
        made.add("memberships", report_id=f"report-{name}", incident_id=name, probability=1.0)
