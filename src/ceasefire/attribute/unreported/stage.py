"""From the tables of a case to what nobody reported: lists of sources, then estimates by author, area and month.

In: memberships, located reports, attributions, assessments, incidents, observation, standing. Out: ``Unreported``. Sources that
were found to repeat each other are one list, besides those that fusion found to copy. Authors are drawn only where an account names
one: the prior alone is no evidence. Of incidents that a data set codes, sources are those that its coders cite, and how citations
overlap says nothing of what nobody saw: they are left out, or all is refused. A number, not a list; not a judicial finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from ceasefire.attribute.unreported import thresholds as t
from ceasefire.attribute.unreported.lists import lists_of
from ceasefire.attribute.unreported.strata import Unreported, unreported
from ceasefire.problems import Problem


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
    together = sorted({(a, b) for a, b in found.select("source_id", "repeats").iter_rows()})
    coded = set(tables["incidents"].filter(pl.col("coded").fill_null(False))["incident_id"])
    lists = lists_of(tables["memberships"], tables["located"], together=together)
    cited = sum(i in coded for i in lists.incidents)
    refusal = None
    if cited > t.MOST_CODED * len(lists.incidents):
        all_of = "all" if cited == len(lists.incidents) else f"{cited:,} of"
        refusal = (
            f"not lists: {all_of} {len(lists.incidents):,} incidents come from a coded data set; the sources named for one are "
            "those that its coders cite, not all that saw it"
        )
    elif cited:
        own = sorted(set(lists.incidents) - coded)
        lists = lists_of(tables["memberships"], tables["located"], together=together, incidents=own)
        lists = replace(lists, problems=(*lists.problems, _left_out(cited)))
    named = tables["assessments"].filter(pl.col("leading").is_not_null()).select("incident_id")
    return unreported(
        lists,
        tables["attributions"].join(named, on="incident_id", how="semi"),
        tables["incidents"],
        tables["observation"],
        timezone=timezone,
        refusal=refusal,
        seed=seed,
    )


def _left_out(cited: int) -> Problem:
    return Problem(
        "note",
        "attribute",
        "coded_are_no_lists",
        "accounts of all that saw an incident",
        f"{cited} incidents of a coded data set, with the sources that its coders cite",
        "they are left out of the estimate of the unreported",
    )
