"""The answer of the fusion stage on its own: how many happenings, told by how many, how sure.

In: a ``Fused`` result, the problems met in reading, and a rich console. Out: a few lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import polars as pl
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ceasefire.fuse.counts import counts
from ceasefire.problems import Problem, problems_table
from ceasefire.report.screen import Row, grid
from ceasefire.report.wording import counted, how_many, listed

SEVERITIES = {"error": "left out", "warning": "used with a doubt", "note": "note"}


def show_fused(fused: Any, read: Iterable[Problem], console: Console) -> None:
    """Print reports, incidents, sources, origins, doubts and problems by code."""
    incidents, members = fused.incidents, fused.memberships
    several = incidents.filter(pl.col("n_sources") > 1).height
    alone = incidents.filter(pl.col("n_reports") == 1).height
    origins = members["origin_id"].n_unique()
    verb = "tells" if members.height == 1 else "tell"
    title = f"{counted(members.height, 'report')} {verb} of {counted(incidents.height, 'incident')}"
    console.print(Text(f"\n{title}", style="bold"))
    row = counts(incidents, fused.alternatives).row(0, named=True)
    rows: list[Row] = [
        ("best number of happenings (90 % interval)", how_many(row["best"], row["low"], row["high"])),
        ("told by more than one source", f"{several:,}"),
        ("told by one report only", f"{alone:,}"),
        ("origins (copies and relays counted once)", f"{origins:,}"),
        ("in doubt", _doubt(fused.alternatives)),
    ]
    if several or alone < incidents.height:
        most = incidents.sort("n_reports", "incident_id", descending=[True, False]).row(0, named=True)
        words = f"{most['incident_id']}, {counted(most['n_reports'], 'report')}"
        rows.insert(2, ("told most", f"{words} of {counted(most['n_sources'], 'source')}"))
    for label, value in rows:
        console.print(Padding(Text(f"{label}: {value}"), (0, 0, 0, 2)))
    _problems([*read, *fused.problems], console)


def _doubt(alternatives: pl.DataFrame) -> str:
    if not alternatives.height:
        return "none"
    kinds = Counter(alternatives["kind"])
    told = [
        f"{counted(kinds['merge'], 'pair')} of incidents that may be one" if kinds["merge"] else "",
        f"{counted(kinds['split'], 'incident')} that may be two" if kinds["split"] else "",
    ]
    even = alternatives.filter(pl.col("probability") >= 0.25).height
    return f"{listed(told)}; {even:,} of them at one in four or more (table alternatives)"


def _problems(problems: list[Problem], console: Console) -> None:
    """One line a code: how many, and the first of them in full."""
    found = problems_table(problems)
    if not found.height:
        console.print("\nProblems: none")
        return
    console.print(Text("\nProblems (all of them in the table problems)", style="bold"))
    order = list(SEVERITIES)
    groups = sorted(
        found.group_by(["severity", "code"], maintain_order=True),
        key=lambda g: (order.index(str(g[0][0])), str(g[0][1])),
    )
    rows: list[Row] = []
    for (severity, code), group in groups:
        first = group.row(0, named=True)
        where = f"{first['file'] or ''}{':' + str(first['line']) if first['line'] else ''}"
        told = f"{where} expected {first['expected']}; found {first['found']}; {first['action']}".strip()
        rows.append((str(group.height), SEVERITIES[str(severity)], str(code), told))
    console.print(grid("", ("n", "", "code", "the first of them"), rows))
