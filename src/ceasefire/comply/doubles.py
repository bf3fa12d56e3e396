"""Is it one incident or two: what fusion leaves open, made ready to be drawn.

In: happenings and fusion's alternatives. Out: the pairs that may be one, and for an incident that may be two a second
happening that exists in some worlds only, with the time of the reports that may be about another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from ceasefire.comply.casting import Ties
from ceasefire.comply.choices import SAME_FROM
from ceasefire.comply.evidence import Evidence
from ceasefire.comply.happenings import Happening

SECOND = "/2"


def with_doubles(items: Sequence[Happening], ties: Ties, evidence: Evidence) -> tuple[list[Happening], Ties]:
    """The incidents with their possible second ones, and the ties with what may be one or two."""
    known = {item.id: item for item in items}
    rows = evidence.alternatives.filter(pl.col("probability") >= SAME_FROM)
    merged = [
        (a, b, p)
        for a, b, p in rows.filter(pl.col("kind") == "merge")
        .select("incident_id", "other_id", "probability")
        .iter_rows()
        if a in known and b in known
    ]
    told = {
        report: (start, end)
        for report, start, end in evidence.located.select(
            "report_id", "occurred_from", "occurred_to"
        ).iter_rows()
    }
    seconds: list[Happening] = []
    doubled: dict[str, float] = {}
    for name, reports, p in (
        rows.filter(pl.col("kind") == "split").select("incident_id", "reports", "probability").iter_rows()
    ):
        times = [told[r] for r in (reports or "").split(";") if r in told]
        if name not in known or not times:
            continue
        second = replace(
            known[name],
            id=name + SECOND,
            start=min(start for start, _ in times),
            end=max(end for _, end in times),
            second=True,
            killed=None,  # its dead are counted with the first
        )
        if second.start <= evidence.as_of:
            seconds.append(second)
            doubled[second.id] = p
    # A second happening is told by those who tell of the first: what stands or falls together still does.
    copies = {s.id: s.id.removesuffix(SECOND) for s in seconds}
    alone = dict(ties.alone) | {new: ties.alone[old] for new, old in copies.items() if old in ties.alone}
    open_between = dict(ties.open_between) | {
        new: ties.open_between[old] for new, old in copies.items() if old in ties.open_between
    }
    shared: dict[str, dict[str, dict[str, float]]] = {}
    for incident, actor, error, load in evidence.shared_errors.select(
        "incident_id", "actor", "error", "load"
    ).iter_rows():
        shared.setdefault(incident, {}).setdefault(actor, {})[error] = load
    for new, old in copies.items():
        if old in shared:
            shared[new] = shared[old]
    return [*items, *seconds], Ties(alone, open_between, shared, merged, doubled)
