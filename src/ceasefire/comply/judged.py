"""What judging works out on the way, kept so that every row can be explained.

In: nothing; the judge fills it. Out: ``Judged``, read by the explanations and the notes. It never leaves the room.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ceasefire.agreement import Agreement
from ceasefire.comply import verdicts
from ceasefire.comply.accounts import Weighed
from ceasefire.comply.choices import LOOKING_HOURS
from ceasefire.comply.clocks import ClockReading, Course
from ceasefire.comply.evidence import Evidence
from ceasefire.comply.happenings import Happening, Names
from ceasefire.comply.prohibitions import Tally
from ceasefire.comply.worlds import Worlds
from ceasefire.problems import Problem


@dataclass
class Judged:
    """Everything worked out on the way, kept for explanations."""

    terms: Agreement
    evidence: Evidence
    names: Names
    items: list[Happening]
    worlds: Worlds
    courses: dict[str, Course] = field(default_factory=dict)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    weighed: dict[tuple[str, str], Weighed] = field(default_factory=dict)
    responses: dict[tuple[str, str], list[verdicts.Response]] = field(default_factory=dict)
    readings: list[ClockReading] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    incident_rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def horizon(self) -> datetime:
        """Up to when anybody was looking: ``as_of``, or some days after the last account of anything."""
        evidence, last = self.evidence, self.terms.in_force.start
        for frame, column in ((evidence.incidents, "occurred_to"), (evidence.access, "at")):
            latest = frame[column].max()
            if isinstance(latest, datetime):
                last = max(last, latest)
        return min(evidence.as_of, last + timedelta(hours=LOOKING_HOURS))
