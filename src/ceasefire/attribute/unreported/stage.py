"""From the tables of a case to what nobody reported: lists of sources, then estimates by author, area and month.

In: memberships, located reports, attributions, incidents, observation, standing. Out: ``Unreported``. Sources of which one
was found to repeat the other are one list, besides those that fusion found to copy. Authors are drawn only where some account
names one: else the prior alone would be counted as if it were evidence. A number, not a list; it names no incident and
is not a judicial finding.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ceasefire.attribute.unreported.lists import lists_of
from ceasefire.attribute.unreported.strata import Unreported, unreported


def what_nobody_reported(tables: Mapping[str, pl.DataFrame], *, timezone: str, seed: int = 0) -> Unreported:
    """Estimate how many incidents of a case are on no list.

    Args:
        tables: ``memberships, located, attributions, assessments, incidents, observation, standing`` by name.
        timezone: in which a month begins.
        seed: of draws and chains.

    Raises:
        KeyError: a table is missing.
    """
    found = tables["standing"].filter(pl.col("repeats").is_not_null())
    lists = lists_of(
        tables["memberships"],
        tables["located"],
        together=sorted({(a, b) for a, b in found.select("source_id", "repeats").iter_rows()}),
    )
    named = tables["assessments"].filter(pl.col("leading").is_not_null()).select("incident_id")
    return unreported(
        lists,
        tables["attributions"].join(named, on="incident_id", how="semi"),
        tables["incidents"],
        tables["observation"],
        timezone=timezone,
        seed=seed,
    )
