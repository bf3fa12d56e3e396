"""How many incidents: in all, and by period, author, act and area, each with its interval.

In: a desk. Out: the sheet and the words around it. What is listed stands beside the best number; what is open about it stands
in ``alternatives`` and in the entries.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from ceasefire.report import wording
from ceasefire.report.sections.desk import Desk, sheet
from ceasefire.report.wording import counted

COUNTED_BY = {"all": "", "period": "Period under review", "author": "Author", "act": "Act", "area": "Area"}
"""What the page counts incidents by, and in which order; groups stand in order of name, never of number."""


def how_many(desk: Desk) -> dict[str, Any] | None:
    """How many happenings in all, and a sheet by period, author, act and area; None where the run has no counts."""
    whole = desk.tallies.get(("all", "all"))
    if whole is None or not whole["listed"]:
        return None
    order = ("before", "within", "after", "undetermined", "not assessed", "not stated")
    rows: list[tuple[Any, ...]] = []
    for by, words in COUNTED_BY.items():
        groups = [r for r in desk.tallies.values() if r["by"] == by]
        if by == "period" and len(groups) < 2:
            continue
        named = [
            (order.index(r["group"]) if r["group"] in order else -1, _group(desk, by, r["group"]), r)
            for r in groups
        ]
        for _, name, r in sorted(named, key=lambda n: (n[0], n[1].casefold())):
            many = wording.how_many(r["best"], r["low"], r["high"])
            rows.append((f"{words}: {name}" if words else "In all", r["listed"], many))
    kinds = Counter(r["kind"] for r in desk.rows("alternatives"))
    open_ = [
        f"{counted(kinds['merge'], 'pair')} of incidents may be one" if kinds["merge"] else "",
        f"{counted(kinds['split'], 'incident')} may be two" if kinds["split"] else "",
    ]
    if any(i["n_reports"] == 1 and not i["coded"] for i in desk.incidents.values()):
        open_.append("what one report alone tells may be told elsewhere too")
    heads = ("Incidents", "Listed", "Best (90 % interval)")
    return {
        "whole": wording.how_many(whole["best"], whole["low"], whole["high"]),
        "listed": whole["listed"],
        "open": wording.listed(open_),
        "sheet": sheet(heads, rows, file="tables/incident_counts.csv", cap=120, numeric=(1, 2)),
    }


def _group(desk: Desk, by: str, group: str) -> str:
    """A group in words."""
    if by == "author":
        return desk.name(group)
    if by == "act":
        return wording.term("acts", group)
    return group
