"""The picture: every table known and derived at one instant, and the reasoning behind each row.

In: what the stages returned. Out: an immutable ``Picture`` with ``table(name)``, the seams' properties and
``explain(id)``. Two people with the same folder, ``as_of`` and ``seed`` hold the same picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from rapidfuzz import process

from ceasefire.case import Case

Reasoning = list[tuple[str, pl.DataFrame]]
Explainer = Callable[[str], Reasoning]


class Tables(Mapping[str, pl.DataFrame]):
    """Tables by name. Those that take long (``later``) are made when they are first asked for, and kept."""

    def __init__(
        self, made: Mapping[str, pl.DataFrame], later: Mapping[str, Callable[[], pl.DataFrame]]
    ) -> None:
        self._made = {name: made[name] for name in made if name not in later}
        self._later = dict(later)

    def __getitem__(self, name: str) -> pl.DataFrame:
        if self.waits(name):
            self._made[name] = self._later[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        yield from {**self._made, **self._later}

    def __len__(self) -> int:
        return len({**self._made, **self._later})

    def __contains__(self, name: object) -> bool:
        return name in self._made or name in self._later

    def waits(self, name: str) -> bool:
        """Whether the table is still to be made."""
        return name in self._later and name not in self._made


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
    tables: Tables
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

    def explainable(self, *, made: bool = False) -> dict[str, list[str]]:
        """The identifiers that ``explain`` takes, by the column they stand in; of tables already ``made``, or of all."""
        found = {}
        for place in self.explainers:
            name, column = place.split(".")
            if not (made and self.tables.waits(name)):
                found[place] = self.table(name)[column].drop_nulls().unique().sort().to_list()
        return found

    def explain(self, identifier: str) -> Reasoning:
        """The full reasoning behind an incident, obligation, clock, delivery, topic, thread or truce, as tables.

        A report leads to its incident; a topic to its incident and to what was said of it. Names of tables that take long to
        make (an author, area or month of what nobody reported) are looked up where nothing else is called so.

        Raises:
            UnknownIdError: nothing has that identifier; the message names the nearest ones.
        """
        for made in (True, False):
            known = self.explainable(made=made)
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
