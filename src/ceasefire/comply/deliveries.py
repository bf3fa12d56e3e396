"""Aid as the access record tells it: what a bearer held back, and which requests got an answer.

In: rows of the access record inside the time of a clause. Out: for each delivery the accounts against the bearer,
weighed, and a happening to be drawn like any other; for a duty to answer, each request and what followed it. What the
same voices tell of several deliveries stands or falls together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from ceasefire.agreement import Agreement, Each, Event, Norm
from ceasefire.comply.accounts import Voice, Weighed, weigh
from ceasefire.comply.evidence import Evidence
from ceasefire.comply.happenings import Happening, Names, parts
from ceasefire.comply.lanes import Window

HELD_UP = ("refused", "turned_back", "letter_missing", "waiting", "condition", "suspended")
ACCOUNTS = "accounts of the access record"


@dataclass(frozen=True)
class Response:
    """One trigger and whether what it asks for followed."""

    trigger: str
    at: datetime
    followed: datetime | None
    heard: datetime | None = None
    """The last word of it: whether it still waits after that, nobody says."""


def rows_in(evidence: Evidence, window: Window) -> pl.DataFrame:
    """The access record inside a time. A day without an hour starts at its midnight: it counts if any of it is inside."""
    rows = evidence.access.filter(
        (pl.col("at") >= window.start - timedelta(days=1)) & (pl.col("at") <= evidence.as_of)
    )
    rows = rows.filter(pl.coalesce("at_latest", "at") >= window.start)
    return rows if window.end is None else rows.filter(pl.col("at") < window.end)


def held_back(
    terms: Agreement, norm: Norm, event: Event, holder: str, rows: pl.DataFrame, names: Names
) -> dict[str, tuple[Weighed, Happening]]:
    """By delivery: the accounts that a bearer held it back, and the happening they make."""
    goal = names.place(event.to)
    voices: dict[str, list[Voice]] = {}
    told: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows.sort("at", "access_id").iter_rows(named=True):
        if row["kind"] not in event.access or (goal is not None and names.place(row["to_place"]) != goal):
            continue
        if holder not in _authorities(row, names) or not row["reported_by"]:
            continue
        delivery = row["consignment"] or row["access_id"]
        camp = names.camp_of.get(row["reported_by"])
        voices.setdefault(delivery, []).append(
            Voice(row["access_id"], row["reported_by"], camp, "no", row["text"])
        )
        told.setdefault(delivery, []).append(row)
    found = {}
    for delivery, accounts in sorted(voices.items()):
        weighed = weigh(terms, holder, accounts)
        first = told[delivery][0]
        latest = first["at_latest"] or first["at"]
        item = _happening(norm, holder, delivery, 1 - weighed.probability, first["at"], latest)
        found[delivery] = weighed, item
    return found


def made(event: Event, rows: pl.DataFrame, due: datetime | None, names: Names) -> list[Voice]:
    """The accounts that aid reached where it was to be by then, whoever brought it."""
    goal = names.place(event.to)
    found = []
    for row in rows.sort("at", "access_id").iter_rows(named=True):
        there = goal is None or names.place(row["to_place"]) == goal
        if row["kind"] in event.access and there and row["reported_by"] and (due is None or row["at"] <= due):
            camp = names.camp_of.get(row["reported_by"])
            found.append(Voice(row["access_id"], row["reported_by"], camp, "yes", row["text"]))
    return found


def answers(verb: Each, rows: pl.DataFrame, names: Names) -> list[Response]:
    """Each request of the record and the first answer to it."""

    def matching(event: Event) -> list[Mapping[str, Any]]:
        goal = names.place(event.to)
        return [
            row
            for row in rows.sort("at", "access_id").iter_rows(named=True)
            if row["kind"] in event.access and (goal is None or names.place(row["to_place"]) == goal)
        ]

    answered = matching(verb.expect)
    triggers: dict[str, Mapping[str, Any]] = {}
    for row in matching(verb.trigger):
        triggers.setdefault(row["consignment"] or row["access_id"], row)
    found = []
    for name, row in triggers.items():
        followed = [a["at"] for a in answered if a["at"] >= row["at"] and (a["consignment"] or name) == name]
        words = rows.filter(pl.coalesce("consignment", "access_id") == name)
        heard = words.select(pl.coalesce("at_latest", "at").max()).item()
        found.append(Response(name, row["at"], followed[0] if followed else None, heard))
    return found


def holding_up(
    norm: Norm, holder: str, responses: Sequence[Response], rows: pl.DataFrame, names: Names
) -> dict[str, list[Voice]]:
    """By delivery that was asked for: the accounts that this bearer holds it up.

    Where a clause binds one party alone, whoever is named: nobody else owes the answer.
    """
    asked = {r.trigger for r in responses}
    found: dict[str, list[Voice]] = {}
    for row in rows.sort("at", "access_id").iter_rows(named=True):
        if row["consignment"] not in asked or row["kind"] not in HELD_UP or not row["reported_by"]:
            continue
        if len(norm.who) > 1 and holder not in _authorities(row, names):
            continue
        camp = names.camp_of.get(row["reported_by"])
        voice = Voice(row["access_id"], row["reported_by"], camp, "no", row["text"])
        found.setdefault(row["consignment"], []).append(voice)
    return found


def overdue(
    terms: Agreement,
    norm: Norm,
    holder: str,
    responses: Sequence[Response],
    voices: Mapping[str, Sequence[Voice]],
    horizon: datetime,
) -> dict[str, tuple[Weighed, Happening]]:
    """By request that got no answer in time: the accounts against a bearer, and the breach at the end of its time."""
    assert isinstance(norm.verb, Each)
    within = norm.verb.within
    found: dict[str, tuple[Weighed, Happening]] = {}
    if within is None:
        return found
    for response in responses:
        due = response.at + within
        late = response.followed is None or response.followed >= due
        if late and due <= horizon and voices.get(response.trigger):
            weighed = weigh(terms, holder, voices[response.trigger])
            item = _happening(norm, holder, response.trigger, 1 - weighed.probability, due, due)
            found[response.trigger] = weighed, item
    return found


def _authorities(row: Mapping[str, Any], names: Names) -> set[str]:
    return {actor for option in parts(row["authority"], names) for actor in option}


def _happening(norm: Norm, holder: str, delivery: str, p: float, start: datetime, end: datetime) -> Happening:
    return Happening(
        # By place in the list of bearers and not by name: draws are keyed by it, and luck knows no party.
        id=f"{norm.id}|{norm.who.index(holder)}|{delivery}",
        start=start,
        end=end,
        act="access",
        place=None,
        places=frozenset(),
        latitude=None,
        longitude=None,
        affected=(),
        exempt_area=None,
        killed=None,
        authors={holder: p},
        norm_id=norm.id,
        delivery=delivery,
    )
