"""Steps: the access record read row by row, with place names brought to those of the gazetteer.

In: the access facts and the case's places. Out: ``Step`` records in a fixed order, and problems.
A step keeps the interval in which it happened; the words of the record are not changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ceasefire.locate.names import letters
from ceasefire.problems import Problem
from ceasefire.vocabulary import vocabulary


@dataclass(frozen=True)
class Step:
    """One row of the access record. ``authorities`` names each authority once; ``jointly`` = not one alone."""

    access_id: str
    kind: str
    order: int
    consignment: str | None
    begins: datetime | None
    ends: datetime | None
    from_place: str | None
    to_place: str | None
    trucks: int | None
    people: int | None
    authorities: tuple[str, ...]
    constraint: str | None
    text: str | None

    @property
    def jointly(self) -> bool:
        """More than one authority is named."""
        return len(self.authorities) > 1

    @property
    def certainly_before(self) -> datetime:
        """The instant by which it had happened."""
        return self.ends or self.begins or _LAST

    @property
    def certainly_after(self) -> datetime:
        """The instant before which it had not happened."""
        return self.begins or _FIRST


_FIRST = datetime.min.replace(tzinfo=None)
_LAST = datetime.max.replace(tzinfo=None)


def read_steps(access_facts: pl.DataFrame, names: Mapping[str, str]) -> tuple[list[Step], list[Problem]]:
    """The steps in order of identifier, and the rows that cannot be used or stand alone."""
    kinds, classes = vocabulary("access_kinds"), vocabulary("access_constraints")
    steps, problems = [], []
    for row in access_facts.sort("access_id").iter_rows(named=True):
        where = {"file": row["file"], "line": row["line"], "record": row["access_id"]}
        if row["kind"] not in kinds:
            problems.append(
                Problem(
                    "error",
                    "access",
                    "unknown_step",
                    f"a step of the vocabulary access_kinds ({', '.join(kinds)})",
                    repr(row["kind"]),
                    "row left out; correct the kind",
                    **where,
                )
            )
            continue
        if row["constraint_class"] and row["constraint_class"] not in classes:
            problems.append(
                Problem(
                    "warning",
                    "access",
                    "unknown_constraint",
                    f"a class of access_constraints ({', '.join(classes)})",
                    repr(row["constraint_class"]),
                    "the row is used without a class; correct it",
                    **where,
                )
            )
        if not row["consignment"] and row["kind"] != "tally":
            problems.append(
                Problem(
                    "note",
                    "access",
                    "step_without_consignment",
                    "the consignment the row speaks of",
                    "an empty cell",
                    "it moves no consignment and no delay; group it if it is about a planned delivery",
                    **where,
                )
            )
        if row["kind"] == "tally":
            problems.append(
                Problem(
                    "note",
                    "access",
                    "tally_not_an_event",
                    "a step of one delivery",
                    f"a count over a period: {row['text'] or 'no text'}",
                    "kept in the facts, never added to deliveries",
                    **where,
                )
            )
            continue
        begins, ends = _naive(row["at"]), _naive(row["at_latest"])
        steps.append(
            Step(
                access_id=row["access_id"],
                kind=row["kind"],
                order=int(kinds[row["kind"]].more["step"]),
                consignment=row["consignment"],
                begins=begins or ends,
                ends=ends or begins,
                from_place=canonical(row["from_place"], names),
                to_place=canonical(row["to_place"], names),
                trucks=row["trucks"],
                people=row["people"],
                authorities=authorities_of(row["authority"]),
                constraint=row["constraint_class"] if row["constraint_class"] in classes else None,
                text=row["text"],
            )
        )
    return steps, problems


def place_names(places: pl.DataFrame) -> dict[str, str]:
    """The gazetteer's name of a place by each of its spellings; a spelling that two places share names none."""
    found: dict[str, set[str]] = {}
    for row in places.iter_rows(named=True):
        for spelling in [row["place_name"], *(row["aliases"] or "").split(";")]:
            if spelling.strip():
                found.setdefault(letters(spelling), set()).add(row["place_name"])
    return {spelling: next(iter(holders)) for spelling, holders in found.items() if len(holders) == 1}


def canonical(name: str | None, names: Mapping[str, str]) -> str | None:
    """The gazetteer's name of a place, or the words as they stand."""
    return names.get(letters(name), name) if name else None


def authorities_of(cell: str | None) -> tuple[str, ...]:
    """Each authority of a cell once, sorted; ``a+b`` and ``a|b`` both name two."""
    words = (cell or "").replace("|", "+").split("+")
    return tuple(sorted({w.strip() for w in words if w.strip()}))


def _naive(at: datetime | None) -> datetime | None:
    """UTC without its label: all instants of the house are UTC."""
    return at.replace(tzinfo=None) if at is not None else None
