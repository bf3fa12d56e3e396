"""What judging works out on the way, kept so that every row can be explained.

In: nothing; the judge fills it. Out: ``Judged``, read by the explanations and the notes. It never leaves the room.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.agreement import Agreement
from ceasefire.comply.accounts import Voice, Weighed
from ceasefire.comply.choices import LOOKING_HOURS
from ceasefire.comply.clocks import ClockReading, Course
from ceasefire.comply.counted import Calm, Dial
from ceasefire.comply.deliveries import Response
from ceasefire.comply.evidence import Evidence
from ceasefire.comply.happenings import Happening, Names
from ceasefire.comply.lanes import Window
from ceasefire.comply.posterior import Posterior
from ceasefire.comply.prohibitions import Tallied, Tally
from ceasefire.comply.worlds import Worlds
from ceasefire.problems import Problem

Key = tuple[str, str]
"""A clause and its bearer."""


@dataclass
class Judged:
    """Everything worked out on the way, kept for explanations."""

    agreement: Agreement
    """As it is written; in ``terms`` the starts of clocks are settled."""
    terms: Agreement
    evidence: Evidence
    source: Evidence | Posterior
    names: Names
    items: list[Happening]
    worlds: Worlds = field(init=False)
    tallied: Tallied = field(init=False)
    windows: dict[str, Window] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    dials: dict[str, Dial] = field(default_factory=dict)
    calm: dict[str, Calm] = field(default_factory=dict)
    tallies: dict[Key, Tally] = field(default_factory=dict)
    weighed: dict[Key, dict[str, Weighed]] = field(default_factory=dict)
    responses: dict[Key, tuple[list[Response], dict[str, list[Voice]]]] = field(default_factory=dict)
    status: dict[Key, dict[str, NDArray[np.bool_]]] = field(default_factory=dict)
    met: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    readings: list[ClockReading] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    incident_rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def horizon(self) -> datetime:
        """Up to when anybody was looking: ``as_of``, or some days after the last account of anything."""
        evidence, last = self.evidence, self.terms.in_force.start
        times = pl.coalesce("occurred_to", "occurred_from"), pl.col("at")
        for frame, when in zip((evidence.incidents, evidence.access), times, strict=True):
            latest = frame.filter(when <= evidence.as_of).select(when.max()).item()
            if isinstance(latest, datetime):
                last = max(last, latest)
        return min(evidence.as_of, last + timedelta(hours=LOOKING_HOURS))

    @cached_property
    def _days_told(self) -> frozenset[Any]:
        """Civil days with an account of anything."""
        zone = ZoneInfo(self.terms.timezone)
        found = set()
        for frame in (self.evidence.located, self.evidence.incidents):
            days = frame.select(pl.col("occurred_from").dt.convert_time_zone(str(zone)).dt.date()).to_series()
            found |= set(days.drop_nulls())
        return frozenset(found)

    def seen_share(self, window: Window) -> float:
        """Share of the civil days of a time, up to ``as_of``, with an account of anything."""
        zone = ZoneInfo(self.terms.timezone)
        first = window.start.astimezone(zone).date()
        last = min(window.end or self.evidence.as_of, self.evidence.as_of).astimezone(zone).date()
        days = max((last - first).days + 1, 1)
        return float(sum(first <= day <= last for day in self._days_told) / days)
