"""Delays per authority: whom the accounts name for consignments that wait.

In: the steps and the consignments. Out: the ``access_delays`` table.
Method: an authority counts where a step that asks, holds, refuses or stops names it, alone or with others; then the
deliveries that name it count too. Days are those of the whole consignment, never a share of them: being named is what
accounts say, not a cause found.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import polars as pl

from ceasefire.access.steps import Step
from ceasefire.model import table

NAMING = frozenset(
    {"request", "condition", "approval", "facilitation_letter", "letter_missing", "refused", "turned_back"}
    | {"waiting", "suspended"}
)
"""Steps in which the authority is asked or holds; in the others it carries or is told."""


def access_delays(steps: Sequence[Step], rows: pl.DataFrame) -> pl.DataFrame:
    """The ``access_delays`` table: one row an authority. Days are whole consignments' days of waiting."""
    known = {r["consignment"]: r for r in rows.iter_rows(named=True)}
    named: dict[str, list[Step]] = {}
    for step in steps:
        if step.consignment in known and step.kind in NAMING:
            for authority in step.authorities:
                named.setdefault(authority, []).append(step)
    # What an authority let through counts beside what it held: a permit given is as much its doing as a permit missing.
    for step in steps:
        if step.consignment in known and step.kind == "delivered":
            for authority in set(step.authorities) & named.keys():
                named[authority].append(step)
    found = []
    for authority, members in sorted(named.items()):
        about = sorted({s.consignment for s in members if s.consignment})
        alone = {s.consignment for s in members if not s.jointly}
        outcomes = [known[c]["outcome"] for c in about]
        days = [known[c]["days_waiting"] for c in about if known[c]["days_waiting"] is not None]
        found.append(
            {
                "authority": authority,
                "n_consignments": len(about),
                "n_jointly": len([c for c in about if c not in alone]),
                "n_delivered": outcomes.count("delivered"),
                "n_waiting": outcomes.count("waiting"),
                "days_median": median(days) if days else None,
                "days_low": min(days, default=None),
                "days_high": max(days, default=None),
                "constraints": "; ".join(sorted({s.constraint for s in members if s.constraint})) or None,
                "accounts": "; ".join(sorted({s.access_id for s in members})),
            }
        )
    return table("access_delays").frame(found)
