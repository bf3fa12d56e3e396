"""Incidents made ready for clauses: when, where, whose ground, who was affected, who may have done it.

In: ``Evidence`` and the agreement. Out: ``Happening`` records, sorted by incident id. Actors are read as the party
they count with; exempted groups keep their own name, whatever name the source used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite

import polars as pl

from ceasefire.agreement import Agreement, Event
from ceasefire.agreement.language import PROTECTED
from ceasefire.comply.evidence import Evidence

MOST_OPTIONS = 64  # options of the affected that are told apart: bits of a word


@dataclass(frozen=True)
class Names:
    """How actors, places and sources of the case are read: actor to party, place to holder, source to camp."""

    party_of: Mapping[str, str]
    place_of: Mapping[str, str]
    held_by: Mapping[str, str]
    camp_of: Mapping[str, str]

    def party(self, actor: str) -> str:
        """The party an actor counts with; itself if it counts with none."""
        return self.party_of.get(actor, actor)

    def place(self, name: str | None) -> str | None:
        """The canonical name of a place, by name or alias in any script; the name itself if unknown."""
        return None if name is None else self.place_of.get(name.casefold().strip(), name)

    def placed(self, event: Event) -> Event:
        """An event whose place, if it names one, is told by its canonical name."""
        return event if event.at is None else replace(event, at=self.place(event.at))


@dataclass(frozen=True)
class Happening:
    """One incident as clauses see it. ``affected`` are options (a|b), each a set of those hit together (a+b)."""

    id: str
    start: datetime
    end: datetime
    act: str
    place: str | None
    places: frozenset[str]
    latitude: float | None
    longitude: float | None
    affected: tuple[frozenset[str], ...]
    exempt_area: str | None
    killed: int | None
    authors: Mapping[str, float]
    named: frozenset[str] | None = None
    """Who is blamed by anybody, alone or as one of several; None = the accounts are not given."""
    weapon: str | None = None
    precision_km: float | None = None
    zones: frozenset[str] = frozenset()
    """Zones its accounts place it in by name, where they give no point."""
    norm_id: str | None = None
    """For what the access record tells: the one clause it counts under. Incidents have none."""
    delivery: str | None = None
    second: bool = False
    """What some reports of another incident may be about, if they are not about it: counted, and never listed."""

    @property
    def hours(self) -> float:
        """Length of the interval in which it happened."""
        return (self.end - self.start).total_seconds() / 3600


def names_of(terms: Agreement, evidence: Evidence) -> Names:
    """Read actors, places and sources once."""
    party_of: dict[str, str] = {}
    for party in terms.parties.values():
        party_of |= dict.fromkeys(party.members, party.id)
    protected = {"humanitarian": "aid", "civilian": "civilians"}
    for row in evidence.actors.iter_rows(named=True):
        itself = party_of.get(row["actor_id"], protected.get(row["kind"] or "", row["actor_id"]))
        party_of[row["actor_id"]] = row["party"] or itself
    for group in terms.exempt.values():
        party_of |= {name.name: group.id for name in group.names}
    for word, tokens in PROTECTED.items():
        party_of |= dict.fromkeys(tokens, word)
    place_of: dict[str, str] = {}
    held_by: dict[str, str] = {}
    for row in evidence.places.sort("place_name", descending=True).iter_rows(named=True):
        names = [*(row["aliases"] or "").split(";"), row["place_name"]]
        place_of |= {name.casefold().strip(): row["place_name"] for name in names if name.strip()}
        if row["held_by"]:
            held_by[row["place_name"]] = row["held_by"]
    camps = {row["source_id"]: row["camp"] or "" for row in evidence.sources.iter_rows(named=True)}
    return Names(party_of, place_of, held_by, camps)


def parts(cell: str | None, names: Names) -> tuple[frozenset[str], ...]:
    """The options of an actor cell: ``a|b`` gives two options, ``a+b`` one option with both. Empty = none."""
    if not cell:
        return ()
    options = [
        frozenset(names.party(a.strip()) for a in option.split("+") if a.strip())
        for option in cell.split("|")
    ]
    return tuple(option for option in options if option)


def happenings(terms: Agreement, evidence: Evidence, names: Names) -> tuple[list[Happening], list[str]]:
    """All incidents that can be placed in time, and the ids of those that cannot."""
    authors = _authors(evidence.attributions, names)
    spots = _places(evidence, names)
    zones = _zones(evidence)
    found: list[Happening] = []
    timeless: list[str] = []
    for row in evidence.incidents.iter_rows(named=True):
        start, end = row["occurred_from"], row["occurred_to"]
        if start is None and end is None:
            timeless.append(row["incident_id"])
            continue
        place = names.place(row["place_name"])
        where = spots.get(row["incident_id"], frozenset()) | ({place} if place else frozenset())
        found.append(
            Happening(
                id=row["incident_id"],
                start=start or end,
                end=max(end or start, start or end),
                act=row["act"] or "other",
                place=place,
                places=where,
                latitude=_known(row["latitude"]),
                longitude=_known(row["longitude"]),
                affected=parts(row["affected"], names)[:MOST_OPTIONS],
                exempt_area=_exempt_area(terms, names, place, where),
                killed=row["killed_best"],
                authors=authors.get(row["incident_id"], {}),
                weapon=row["weapon"],
                precision_km=_known(row["precision_km"]),
                zones=frozenset()
                if row["latitude"] is not None
                else zones.get(row["incident_id"], frozenset()),
            )
        )
    return found, timeless


def _known(value: float | None) -> float | None:
    """A number; one that is none (NaN) is not known."""
    return None if value is None or not isfinite(value) else value


def _zones(evidence: Evidence) -> dict[str, frozenset[str]]:
    """The zones that an incident's reports name."""
    rows = evidence.memberships.join(
        evidence.located.filter(pl.col("zones") != ""), on="report_id", how="inner"
    )
    found: dict[str, frozenset[str]] = {}
    for incident, cell in rows.select("incident_id", "zones").iter_rows():
        named = frozenset(zone.strip() for zone in cell.split(";") if zone.strip())
        found[incident] = found.get(incident, frozenset()) | named
    return found


def _authors(attributions: pl.DataFrame, names: Names) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in attributions.iter_rows(named=True):
        answer = "+".join(sorted({names.party(a) for a in row["actor"].split("+")}))
        mine = found.setdefault(row["incident_id"], {})
        mine[answer] = mine.get(answer, 0.0) + (row["probability"] or 0.0)
    return found


def _places(evidence: Evidence, names: Names) -> dict[str, frozenset[str]]:
    """Every place that an incident's reports name."""
    rows = evidence.memberships.join(evidence.located, on="report_id", how="inner")
    found: dict[str, set[str]] = {}
    for incident, place_id, place_name in rows.select("incident_id", "place_id", "place_name").iter_rows():
        place = names.place(place_id or place_name)
        if place:
            found.setdefault(incident, set()).add(place)
    return {incident: frozenset(spots) for incident, spots in found.items()}


def _exempt_area(terms: Agreement, names: Names, place: str | None, where: frozenset[str]) -> str | None:
    """The exempted group that holds the place named; of several places, all have to be held by one."""
    spots = [place] if place is not None and place in names.held_by else sorted(where)
    groups = {
        terms.exempt_of(actor.strip())
        for spot in spots
        for actor in (names.held_by.get(spot) or "-").replace("+", "|").split("|")
    }
    return groups.pop() if len(groups) == 1 else None
