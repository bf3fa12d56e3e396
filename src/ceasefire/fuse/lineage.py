"""Where incident names come from, and where merged or split names went.

In: memberships with times, the positive links inside incidents, decisions, and the memberships of an earlier run if there
are any. Out: table ``lineage``. An incident is named after its founding report, the first that was recorded; so a later
report never renames it. Before a report that ties two groups was known they stood apart under two names: the later name
was merged into the earlier one when that report came.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from ceasefire.fuse.decisions import CODED_APART, Ruling
from ceasefire.fuse.encode import Ints
from ceasefire.model import table

Row = dict[str, Any]


def incident_ids(ids: pl.Series, recorded_at: pl.Series, label: Ints) -> pl.Series:
    """The incident id of each report: "I-" and its founding report. ``ids`` are sorted; the others are aligned with them."""
    return ("I-" + ids.gather(founders(recorded_at, label))).alias("incident_id")


def founders(recorded_at: pl.Series, label: Ints) -> Ints:
    """Of each report, which one founded its cluster: the first recorded; of equals, the lowest id. Reports are sorted by id."""
    recorded = recorded_at.to_physical().fill_null(np.iinfo(np.int64).max).to_numpy()
    order = np.lexsort((recorded, label))  # reports are sorted by id, and stay so among equals
    ordered = label[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(order) else order
    founder = np.empty(len(order), dtype=np.int64)
    founder[order] = np.repeat(order[first], np.diff(np.append(first, len(order))))
    return founder


def trace_names(
    members: pl.DataFrame, left: Ints, right: Ints, ruling: Ruling, previous: pl.DataFrame | None
) -> pl.DataFrame:
    """Lineage rows.

    Args:
        members: report_id, recorded_at, incident_id, sorted by report_id.
        left: rows of the positive links inside incidents.
        right: their other ends.
        ruling: decisions in force.
        previous: memberships of an earlier run, or None.
    """
    rows = merged(members, left, right)
    rows += split(members, ruling)
    if previous is not None and previous.height:
        rows += since(members, previous)
    return pl.concat([minted(members), table("lineage").frame(rows).unique(maintain_order=True)])


def minted(members: pl.DataFrame) -> pl.DataFrame:
    """Table ``lineage`` of the names themselves, in the order of ``members``."""
    named = pl.col("report_id")
    first = members.filter(pl.col("incident_id") == "I-" + named).select(
        "incident_id",
        pl.lit("minted").alias("change"),
        named.alias("other_id"),
        pl.col("recorded_at").alias("at"),
        named.alias("because"),
    )
    return table("lineage").conform(first)


def merged(members: pl.DataFrame, left: Ints, right: Ints) -> list[Row]:
    """Names that stood apart until a later report tied them, as the links stand now."""
    ids: list[str] = members["report_id"].to_list()
    at: list[datetime | None] = members["recorded_at"].to_list()
    arrived = members.with_row_index("row").sort("recorded_at", "report_id", nulls_last=True)["row"].to_list()
    order = {row: k for k, row in enumerate(arrived)}
    near: dict[int, list[int]] = {}
    for a, b in _first_ties(left, right, arrived):
        later, earlier = (a, b) if order[a] > order[b] else (b, a)
        near.setdefault(later, []).append(earlier)
    head: dict[int, int] = {}

    def root(i: int) -> int:
        while head.get(i, i) != i:
            head[i] = head.get(head[i], head[i])
            i = head[i]
        return i

    rows: list[Row] = []
    for k in sorted(near, key=lambda k: order[k]):
        heads = sorted({root(j) for j in near[k]}, key=lambda j: order[j])
        for other in heads[1:]:
            rows.append(
                {
                    "incident_id": f"I-{ids[other]}",
                    "change": "merged_into",
                    "other_id": f"I-{ids[heads[0]]}",
                    "at": at[k],
                    "because": ids[k],
                }
            )
            head[other] = heads[0]
        head[k] = heads[0]
    return rows


def _first_ties(left: Ints, right: Ints, arrived: list[int]) -> list[tuple[int, int]]:
    """The links that first tied groups together: a spanning forest in the order in which links became known."""
    n = len(arrived)
    rank = np.empty(n, dtype=np.int64)
    rank[arrived] = np.arange(n)
    known = np.maximum(rank[left], rank[right]).astype(np.float64)
    tree = sparse.csgraph.minimum_spanning_tree(
        sparse.csr_array((known, (left, right)), shape=(n, n))
    ).tocoo()
    return sorted(zip(tree.row.tolist(), tree.col.tolist(), strict=True))


def split(members: pl.DataFrame, ruling: Ruling) -> list[Row]:
    """A decision that two reports differ parts two names."""
    named = members["incident_id"].to_list()
    known = members["recorded_at"].to_list()
    rows: list[Row] = []
    for (a, b), (decision, at) in sorted(ruling.different.items()):
        if named[a] == named[b] or decision == CODED_APART:
            continue
        older, newer = (a, b) if _before(named[a], named[b], members) else (b, a)
        when = at or max((t for t in (known[a], known[b]) if t is not None), default=None)
        rows.append(
            {
                "incident_id": named[newer],
                "change": "split_from",
                "other_id": named[older],
                "at": when,
                "because": decision,
            }
        )
    return rows


def _before(one: str, two: str, members: pl.DataFrame) -> bool:
    founders = members.filter(("I-" + pl.col("report_id")).is_in([one, two]))
    order = founders.sort("recorded_at", "report_id", nulls_last=True)["incident_id"].to_list()
    return bool(order) and order[0] == one


def news(members: pl.DataFrame, previous: pl.DataFrame) -> pl.DataFrame:
    """Table ``lineage`` of what is new against earlier memberships: names minted for new reports, merged, split.

    Args:
        members: report_id, recorded_at, incident_id, sorted by report_id: whole incidents.
        previous: report_id and incident_id of those that are not new.
    """
    fresh = members.filter(~pl.col("report_id").is_in(previous["report_id"].implode()))
    return pl.concat([minted(fresh), table("lineage").frame(since(members, previous))])


def since(members: pl.DataFrame, previous: pl.DataFrame) -> list[Row]:
    """What became of the names of an earlier run."""
    both = previous.select("report_id", pl.col("incident_id").alias("was")).join(
        members, on="report_id", how="inner"
    )
    now: dict[str, set[str]] = {}
    names = set(members["incident_id"].to_list())
    counted = (
        both.group_by("was", "incident_id")
        .agg(pl.col("recorded_at").max().alias("at"))
        .sort("was", "incident_id")
    )
    latest = members["recorded_at"].max()
    for was, incident in counted.select("was", "incident_id").iter_rows():
        now.setdefault(was, set()).add(incident)
    rows: list[Row] = []
    for was in sorted(now):
        if was not in names:
            rows += [
                {"incident_id": was, "change": "merged_into", "other_id": i, "at": latest, "because": None}
                for i in sorted(now[was])
            ]
        else:
            rows += [
                {"incident_id": i, "change": "split_from", "other_id": was, "at": latest, "because": None}
                for i in sorted(now[was] - {was})
                if i not in set(previous["incident_id"].to_list())
            ]
    return rows
