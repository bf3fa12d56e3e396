"""A case: the facts of one truce as its folder holds them, and what was known of them at an instant.

In: a folder (``case.yaml``, ``agreement.yaml``, one file a fact table). Out: an immutable ``Case`` with every fact
table, the agreement and the problems met on the way. Nothing is derived here. ``known(as_of)`` gives the same case
with only the facts recorded by then, which is all that as-of needs, because everything else is derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from ceasefire.agreement import Agreement
from ceasefire.case.settings import Settings


@dataclass(frozen=True)
class Case:
    """The facts of a case. All times are UTC."""

    settings: Settings
    agreement: Agreement
    facts: Mapping[str, pl.DataFrame]
    problems: pl.DataFrame
    inputs: Mapping[str, str]

    @property
    def name(self) -> str:
        """The case's identifier."""
        return self.settings.name

    @property
    def title(self) -> str:
        """The case in a line."""
        return self.settings.title

    @property
    def summary(self) -> str:
        """The case in two sentences."""
        return self.settings.summary

    @property
    def timezone(self) -> str:
        """IANA name of the zone in which days are counted."""
        return self.settings.timezone

    @property
    def period(self) -> tuple[datetime, datetime]:
        """First and last instant of the period under review."""
        return self.settings.period

    @property
    def gathered_at(self) -> datetime:
        """When the facts were collected: undated facts count as known from then on."""
        return self.settings.gathered_at

    @property
    def credits(self) -> tuple[str, ...]:
        """Whom to credit for the data."""
        return self.settings.credits

    @property
    def last_recorded(self) -> datetime:
        """The latest instant at which any fact became known: the default ``as_of``."""
        latest = [
            t["recorded_at"].max() for t in self.facts.values() if "recorded_at" in t.columns and t.height
        ]
        return max((t for t in latest if isinstance(t, datetime)), default=self.gathered_at)

    def known(self, as_of: datetime) -> Case:
        """The case as it could be known at ``as_of`` (UTC): facts recorded later are left out."""
        kept = {
            name: frame.filter(pl.col("recorded_at").is_null() | (pl.col("recorded_at") <= as_of))
            if "recorded_at" in frame.columns
            else frame
            for name, frame in self.facts.items()
        }
        return replace(self, facts=kept)
