"""Access: whether aid gets through, who is named where it does not, and what was struck after it was notified.

In: the access record, notifications, incidents, located reports, memberships, places. Out: ``Accessed`` with the
tables ``consignments``, ``access_delays``, ``routes`` and ``struck_after_notified``, and problems.
Methods: docs/methods/access.md. Calm and access are two things: a quiet week can be a closed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ceasefire.access.consignments import consignments
from ceasefire.access.delays import access_delays
from ceasefire.access.notices import read_notices
from ceasefire.access.routes import routes
from ceasefire.access.steps import place_names, read_steps
from ceasefire.access.struck import struck_after_notified
from ceasefire.locate import Gazetteer
from ceasefire.problems import Problem

__all__ = ["Accessed", "access"]


@dataclass(frozen=True)
class Accessed:
    """The access picture at ``as_of``. ``distance_km`` of ``struck_after_notified`` is internal."""

    consignments: pl.DataFrame
    access_delays: pl.DataFrame
    routes: pl.DataFrame
    struck_after_notified: pl.DataFrame
    steps: pl.DataFrame
    """The accounts behind each consignment, in their order."""
    rules: dict[str, str]
    """The rule that gave each consignment its outcome."""
    problems: list[Problem]

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables of this stage by name."""
        names = ("consignments", "access_delays", "routes", "struck_after_notified")
        return {name: getattr(self, name) for name in names}

    def explain(self, consignment: str) -> list[tuple[str, pl.DataFrame]]:
        """What became of a consignment and by which rule, its accounts in order, and whom they name."""
        row = self.consignments.filter(pl.col("consignment") == consignment)
        if row.is_empty():
            return []
        steps = self.steps.filter(pl.col("consignment") == consignment)
        named = sorted({a for cell in steps["authority"].drop_nulls() for a in cell.split("+")})
        dates = [c for c in row.columns if c.endswith("_at")]
        reached = row.select(dates).unpivot(variable_name="step", value_name="at").drop_nulls()
        verdict = row.select("consignment", "outcome", "days_waiting", "trucks", "people").with_columns(
            pl.lit(self.rules[consignment]).alias("rule")
        )
        parts = [
            ("Outcome and the rule behind it", verdict),
            ("Steps reached, by the most precise account", reached.sort("at", "step")),
            ("Accounts in their order", steps),
            (
                "Authorities its accounts name, over all consignments",
                self.access_delays.filter(pl.col("authority").is_in(named)),
            ),
        ]
        return [(title, frame) for title, frame in parts if frame.height]


def access(
    access_facts: pl.DataFrame,
    notifications: pl.DataFrame,
    incidents: pl.DataFrame,
    located: pl.DataFrame,
    memberships: pl.DataFrame,
    places: pl.DataFrame,
    *,
    as_of: datetime,
) -> Accessed:
    """Follow every planned delivery and look for what was struck after the parties had been told.

    Args:
        access_facts: the access record known at ``as_of``; times in UTC.
        notifications: sites and movements notified.
        incidents: the incidents derived.
        located: the located reports.
        memberships: which report belongs to which incident.
        places: the case's gazetteer.
        as_of: an instant with its zone; waiting is counted up to it.
    """
    names = place_names(places)
    steps, problems = read_steps(access_facts, names)
    planned, rules, doubts = consignments(steps, as_of=as_of)
    notices, notice_doubts = read_notices(notifications, Gazetteer(places), names, as_of=as_of)
    struck, late = struck_after_notified(notices, incidents, located, memberships, names)
    used = [s.access_id for s in steps]
    told = access_facts.filter(pl.col("access_id").is_in(used)).sort(
        "consignment", "at", "access_id", nulls_last=True
    )
    return Accessed(
        consignments=planned,
        access_delays=access_delays(steps, planned),
        routes=routes(steps, located, names, as_of=as_of),
        struck_after_notified=struck,
        steps=told.select(
            "access_id", "consignment", "at", "at_latest", "kind", "from_place", "to_place", "trucks", "people",
            "authority", "constraint_class", "reported_by", "text", "url",
        ),
        rules=rules,
        problems=[*problems, *doubts, *notice_doubts, *late],
    )  # fmt: skip
