"""What speaks for or against an answer before anybody testifies: means, control of the place, and whose side was hit.

In: incidents and facts of the case (capabilities, places, actors, sides). Out: table ``prior_terms``, one row a fact, incident and
answer, in nats. The odds are elicited (``priors``), relative to the actor's relation to the act and never to its name, bounded,
and not learned from testimony; what an incident was is taken from fusion. Each kind can be left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import sides_of
from ceasefire.attribute.claims import parties_of_actors, to_parties
from ceasefire.model import table
from ceasefire.vocabulary import vocabulary

KINDS = ("capability", "control", "context")

_ABILITY = {
    "has_not": (p.NO_MEANS_ODDS, "has not the means"),
    "contested": (p.CONTESTED_MEANS_ODDS, "may not have the means (contested)"),
}


def context(
    incidents: pl.DataFrame,
    parties: Iterable[str] | Mapping[str, str | None],
    *,
    actors: pl.DataFrame | None = None,
    places: pl.DataFrame | None = None,
    capabilities: pl.DataFrame | None = None,
    kinds: Collection[str] = KINDS,
) -> pl.DataFrame:
    """Make the table ``prior_terms``: ``incident_id, actor, kind, log_odds`` (nats), ``why, url``.

    Args:
        incidents: table ``incidents`` (``act, weapon, affected, place_name, occurred_from, occurred_to`` in UTC).
        parties: ids, or a mapping from id to side.
        actors: table ``actors``: the party that each actor counts with.
        places: table ``places``: who holds a place (``held_by``).
        capabilities: table ``capabilities``; where a party and its members differ, who has the means has them for all.
        kinds: which of capability, control and context to use.

    Raises:
        ValueError: an unknown kind, or a reserved name among the parties.
        TableError: a frame does not have the shape of its table.
    """
    strange = sorted(set(kinds) - set(KINDS))
    if strange:
        raise ValueError(f"kinds: expected some of {', '.join(KINDS)}, found {strange[0]!r}")
    sides = sides_of(parties)
    party_of = parties_of_actors(table("actors").empty() if actors is None else actors)
    able = _abilities(capabilities, party_of)
    held = _holders(places, party_of)
    rows: list[dict[str, Any]] = []
    for incident in table("incidents").conform(incidents).iter_rows(named=True):
        if "capability" in kinds:
            rows += _means(incident, able)
        if _is_attack(incident["act"]):
            if "control" in kinds:
                rows += _control(incident, held)
            if "context" in kinds:
                rows += _affected(incident, party_of, sides)
    return table("prior_terms").frame(rows)


def _kind_of(act: str | None) -> str | None:
    term = vocabulary("acts").get(act or "")
    return None if term is None else term.more["kind"]


def _is_attack(act: str | None) -> bool:
    return _kind_of(act) in p.ATTACKS


def _term(
    incident: Mapping[str, Any], actor: str, kind: str, odds: float, why: str, url: str | None
) -> dict[str, Any]:
    return {
        "incident_id": incident["incident_id"],
        "actor": actor,
        "kind": kind,
        "log_odds": float(np.log(odds)),
        "why": why,
        "url": url,
    }


def _abilities(capabilities: pl.DataFrame | None, party_of: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of capabilities by party. That a member has no means says nothing of its party; that it has them does."""
    if capabilities is None:
        return []
    rows = []
    for row in table("capabilities").conform(capabilities).iter_rows(named=True):
        party = party_of.get(row["actor"], row["actor"])
        if party == row["actor"] or row["ability"] != "has_not":
            words = [w.strip().casefold() for w in (row["words"] or "").split(";") if w.strip()]
            rows.append(row | {"party": party, "words": words})
    return rows


def _asks_for(incident: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether the incident is of this act, and of days on which the fact holds."""
    if (
        row["from"] is not None
        and incident["occurred_to"] is not None
        and incident["occurred_to"] < row["from"]
    ):
        return False
    if (
        row["to"] is not None
        and incident["occurred_from"] is not None
        and incident["occurred_from"] > row["to"]
    ):
        return False
    if incident["act"] == row["act"]:
        return True
    means = (incident["weapon"] or "").casefold()
    told = any(re.search(rf"\b{re.escape(word)}", means) for word in row["words"])
    return told and _kind_of(incident["act"]) in p.MEANS_OPEN


def _means(incident: Mapping[str, Any], able: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    asked: dict[str, list[dict[str, Any]]] = {}
    for row in able:
        if _asks_for(incident, row):
            asked.setdefault(row["party"], []).append(row)
    for party, rows in asked.items():
        told = {row["ability"] for row in rows}
        # of a party and its members, one that has the means has them for all
        found = "has" if "has" in told else "contested" if "contested" in told else "has_not"
        if found not in _ABILITY or found not in told:
            continue
        odds, words = _ABILITY[found]
        first = next(row for row in rows if row["ability"] == found)
        act = vocabulary("acts").get(first["act"])
        why = f"{party} {words} for: {act.label if act else first['act']} ({first['capability_id']})"
        yield _term(incident, party, "capability", odds, why, first["url"])


def _holders(places: pl.DataFrame | None, party_of: Mapping[str, str]) -> dict[str, str]:
    """Who holds the place, by each of its names."""
    held: dict[str, str] = {}
    if places is None:
        return held
    for row in table("places").conform(places).sort("place_name", descending=True).iter_rows(named=True):
        holder = to_parties(row["held_by"], party_of)
        for name in (*(row["aliases"] or "").split(";"), row["place_name"]):
            if holder and name.strip():
                held[name.strip().casefold()] = holder
    return held


def _members(cell: str) -> list[str]:
    return [part for part in re.split(r"[|+]", cell) if part]


def _control(incident: Mapping[str, Any], held: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    place = incident["place_name"] or ""
    holder = held.get(place.strip().casefold(), "")
    # of a place that several hold, or one of them, nothing follows
    if holder and len(_members(holder)) == 1:
        why = f"{holder} is said to hold {place}; a party seldom attacks what it holds"
        yield _term(incident, holder, "control", p.HOLDER_ODDS, why, None)


def _affected(
    incident: Mapping[str, Any], party_of: Mapping[str, str], sides: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    hit = [a for a in _members(to_parties(incident["affected"], party_of) or "") if a in sides]
    if not hit or len({sides[a] for a in hit}) > 1:
        return
    for party, side in sides.items():
        if side == sides[hit[0]]:
            own = party in hit
            why = (
                f"{' and '.join(hit)} said to be hit; who is hit seldom did it"
                if own
                else f"{' and '.join(hit)} said to be hit, an ally of {party}; allies seldom do it"
            )
            odds = p.AFFECTED_ODDS if own else p.ALLY_AFFECTED_ODDS
            yield _term(incident, party, "context", odds, why, None)
