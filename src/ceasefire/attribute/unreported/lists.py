"""Lists from sources: who saw what for themselves.

In: memberships (fusion), reports. Out: ``Lists``, one row an incident and one column a list. An account that descends from
another source's counts for the origin alone; sources that take much from each other are one list, since copied lists
overlap without having looked twice. The smallest lists beyond a dozen are read as one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute.unreported import thresholds as t
from ceasefire.problems import Problem


@dataclass(frozen=True)
class Lists:
    """Which incident is on which list. ``incidents``: ids in order; ``seen``: incidents × lists.

    ``sources``: the sources read as one list, by list. Incidents that only a left-out report tells have no row.
    """

    incidents: tuple[str, ...]
    names: tuple[str, ...]
    seen: NDArray[np.bool_]
    sources: tuple[tuple[str, ...], ...]
    problems: tuple[Problem, ...] = ()

    def patterns(self, chosen: NDArray[np.bool_] | None = None) -> pl.DataFrame:
        """The inclusion patterns of the incidents (of those chosen), the count last."""
        seen = self.seen if chosen is None else self.seen[chosen]
        count = "count"
        while count in self.names:
            count += "_"
        held, times = np.unique(seen, axis=0, return_counts=True) if len(seen) else (seen, np.zeros(0))
        frame = pl.DataFrame({n: held[:, i].astype(np.int8) for i, n in enumerate(self.names)})
        return frame.with_columns(pl.Series(count, times, dtype=pl.Int64))


def lists_of(
    memberships: pl.DataFrame,
    reports: pl.DataFrame,
    *,
    incidents: Collection[str] | None = None,
    together: Collection[Collection[str]] = (),
    most: int = t.MOST_LISTS,
) -> Lists:
    """Make lists of sources' own accounts.

    Args:
        memberships: table ``memberships``: report_id, incident_id, origin_id, and probability when known.
        reports: report_id and source_id, and published_at when known.
        incidents: ids to keep, if not all.
        together: groups of sources to be read as one list whatever they took from each other (one office, one owner).
        most: lists kept apart.

    Raises:
        polars.exceptions.ColumnNotFoundError: a needed column is missing.
    """
    told = _told(memberships, reports, incidents)
    groups, problems = _groups(told, together)
    own = (
        told.filter(pl.col("source_id") == pl.col("lead"))
        .with_columns(group=pl.col("source_id").replace_strict(groups, return_dtype=pl.String))
        .select("incident_id", "group")
        .unique()
    )
    sizes = own.group_by("group").len().sort("len", "group", descending=[True, False])
    names = sizes["group"].to_list()
    joined: dict[str, list[str]] = {}
    for source, group in sorted(groups.items()):
        joined.setdefault(group, []).append(source)
    if len(names) > most:
        rest = names[most - 1 :]
        problems.append(_merged(rest, most))
        name = f"the {len(rest)} smallest"
        own = own.with_columns(group=pl.col("group").replace(rest, [name] * len(rest))).unique()
        joined[name] = sorted(s for group in rest for s in joined[group])
        names = [*names[: most - 1], name]
    ids = sorted(own["incident_id"].unique())
    row, column = {k: i for i, k in enumerate(ids)}, {k: i for i, k in enumerate(names)}
    seen = np.zeros((len(ids), len(names)), dtype=bool)
    for incident, group in own.iter_rows():
        seen[row[incident], column[group]] = True
    return Lists(tuple(ids), tuple(names), seen, tuple(tuple(joined[n]) for n in names), tuple(problems))


def _told(
    memberships: pl.DataFrame, reports: pl.DataFrame, incidents: Collection[str] | None
) -> pl.DataFrame:
    """One row an account with the source that leads its origin: the origin's own, else the first to tell it."""
    if "published_at" not in reports.columns:
        reports = reports.with_columns(published_at=pl.lit(None, dtype=pl.Datetime("us", "UTC")))
    told = memberships
    if "probability" in told.columns:
        told = told.filter(pl.col("probability").fill_null(1.0) >= t.LIKELY_MEMBER)
    if incidents is not None:
        told = told.filter(pl.col("incident_id").is_in(sorted(incidents)))
    told = told.select("report_id", "incident_id", origin=pl.coalesce("origin_id", "report_id")).join(
        reports.select("report_id", "source_id", "published_at"), on="report_id", how="inner"
    )
    leads = (
        told.with_columns(elsewhere=pl.col("report_id") != pl.col("origin"))
        .sort("incident_id", "origin", "elsewhere", "published_at", "report_id", nulls_last=True)
        .group_by("incident_id", "origin", maintain_order=True)
        .agg(lead=pl.col("source_id").first())
    )
    return told.join(leads, on=["incident_id", "origin"])


def _groups(
    told: pl.DataFrame, together: Collection[Collection[str]]
) -> tuple[dict[str, str], list[Problem]]:
    """The list of each source, named by its members; and a note for each list that joins sources by their copies."""
    per_source = dict(told.group_by("source_id").agg(pl.col("incident_id").n_unique()).iter_rows())
    copied = (
        told.filter(pl.col("source_id") != pl.col("lead"))
        .group_by("source_id", "lead")
        .agg(n=pl.col("incident_id").n_unique())
        .sort("source_id", "lead")
    )
    above = {s: s for s in {*told["source_id"], *told["lead"]}}

    def top(source: str) -> str:
        while above[source] != source:
            source = above[source]
        return source

    problems = []
    for source, lead, n in copied.iter_rows():
        if n >= t.MIN_COPIES and n >= t.COPY_SHARE * per_source[source]:
            above[max(top(source), top(lead))] = min(top(source), top(lead))
            problems.append(
                Problem(
                    "note",
                    "attribute",
                    "copies_are_one_list",
                    "sources that look for themselves",
                    f"{source} took {n} of its {per_source[source]} incidents from {lead}",
                    "they are read as one list",
                    record=source,
                )
            )
    for group in together:
        known = sorted(s for s in group if s in above)
        for source in known[1:]:
            above[max(top(source), top(known[0]))] = min(top(source), top(known[0]))
    members: dict[str, list[str]] = {}
    for source in sorted(above):
        members.setdefault(top(source), []).append(source)
    return {s: " + ".join(group) for group in members.values() for s in group}, problems


def _merged(rest: list[str], most: int) -> Problem:
    return Problem(
        "note",
        "attribute",
        "lists_merged",
        f"at most {most} lists",
        f"the smallest beyond: {', '.join(rest)}",
        "they are read as one list, so that no incident is lost",
    )
