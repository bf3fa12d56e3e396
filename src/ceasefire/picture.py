"""The picture: every table known and derived at one instant, and the reasoning behind each row.

In: what the stages returned. Out: an immutable ``Picture`` with ``table(name)``, the seams' properties and
``explain(id)``. Two people with the same folder, ``as_of`` and ``seed`` hold the same picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from rapidfuzz import process

from ceasefire.case import Case

Reasoning = list[tuple[str, pl.DataFrame]]
Explainer = Callable[[str], Reasoning]


class UnknownIdError(KeyError):
    """There is nothing of that identifier to explain."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Picture:
    """What is known and derived of a case at ``as_of`` (UTC)."""

    case: Case
    as_of: datetime
    seed: int
    version: str
    tables: Mapping[str, pl.DataFrame]
    explainers: Mapping[str, Explainer]
    """Which stage explains an identifier: the column it stands in, ``table.column``, to the stage's explainer."""

    def table(self, name: str) -> pl.DataFrame:
        """A fact or derived table by name.

        Raises:
            KeyError: there is no such table.
        """
        if name in self.tables:
            return self.tables[name]
        return self.case.facts[name]

    @property
    def incidents(self) -> pl.DataFrame:
        """One row a happening."""
        return self.table("incidents")

    @property
    def attributions(self) -> pl.DataFrame:
        """How probable each answer to "who did it" is. Not a judicial finding."""
        return self.table("attributions")

    @property
    def assessments(self) -> pl.DataFrame:
        """The answer for each incident and the standard of proof it reaches."""
        return self.table("assessments")

    @property
    def verdicts(self) -> pl.DataFrame:
        """Each obligation and bearer."""
        return self.table("verdicts")

    @property
    def clocks(self) -> pl.DataFrame:
        """The agreement's clocks."""
        return self.table("clocks")

    @property
    def problems(self) -> pl.DataFrame:
        """What could not be used and what must be known."""
        return self.table("problems")

    def explainable(self) -> dict[str, list[str]]:
        """The identifiers that ``explain`` takes, by the column they stand in."""
        found = {}
        for place in self.explainers:
            name, column = place.split(".")
            found[place] = self.table(name)[column].drop_nulls().unique().sort().to_list()
        return found

    def explain(self, identifier: str) -> Reasoning:
        """The full reasoning behind an incident, obligation, clock, delivery, topic, thread or truce, as tables.

        A report leads to its incident; a topic to its incident and to what was said of it.

        Raises:
            UnknownIdError: nothing has that identifier; the message names the nearest ones.
        """
        known = self.explainable()
        reasoning = [
            table
            for meant in (*self._incidents_of(identifier), identifier)
            for place, ids in known.items()
            if meant in ids
            for table in self.explainers[place](meant)
        ]
        if reasoning:
            return reasoning
        every = sorted({i for ids in known.values() for i in ids})
        near = [match for match, _, _ in process.extract(identifier, every, limit=3)]
        raise UnknownIdError(f"nothing is called {identifier!r}; the nearest are {', '.join(near) or 'none'}")

    def _incidents_of(self, identifier: str) -> list[str]:
        """The incident that a report belongs to, or that a topic is anchored to."""
        anchors = self.table("topics").filter(pl.col("topic_id") == identifier)["anchor_reports"].drop_nulls()
        reports = [part.strip() for cell in anchors for part in cell.split(";")] or [identifier]
        home = dict(self.table("memberships").select("report_id", "incident_id").iter_rows())
        return [home[report] for report in reports if report in home][:1]
