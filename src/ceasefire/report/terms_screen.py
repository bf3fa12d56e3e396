"""Answers about an agreement on a terminal: what it leaves open, its tests, what a change or later knowledge makes of it.

In: findings, results or differences, and a rich console. Out: text; nothing is cut.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ceasefire.agreement import Agreement
from ceasefire.problems import Problem
from ceasefire.report.screen import Row, grid, needed, percent


def show_findings(terms: Agreement, found: Sequence[Problem], console: Console) -> None:
    """Print what an agreement leaves open, clause by clause."""
    console.print(Text(terms.title, style="bold"))
    judged = sum(norm.untestable is None for norm in terms.norms.values())
    untested = len(terms.norms) - judged
    console.print(
        f"{len(terms.norms)} clauses, of which {untested} say themselves that they cannot be tested."
    )
    if not found:
        console.print("Nothing was found that the drafters left open.")
        return
    rows: list[Row] = [(p.record or "", p.expected, p.found) for p in found]
    title = f"\n{len(found)} points left open: settle them, or expect 'undetermined'"
    if needed(("of", "open", "what there is"), rows) <= console.width:
        console.print(grid(title, ("of", "open", "what there is"), rows))
        return
    console.print(Text(title, style="bold"))
    for of, expected, what in rows:
        console.print(Padding(Text(f"{of}: {expected} — {what}"), (0, 0, 0, 2)))


def show_trials(results: pl.DataFrame, console: Console) -> int:
    """Print the stories of an agreement's tests; gives how many expectations were not met."""
    failed = results.filter(~pl.col("ok"))
    for story, met in results.group_by("story", maintain_order=True).agg(pl.col("ok").all()).iter_rows():
        console.print(Text(f"{'ok  ' if met else 'NOT '} {story}"))
        for row in failed.filter(pl.col("story") == story).iter_rows(named=True):
            told = f"line {row['line']}: expected {row['expects']}; found {row['found']}"
            console.print(Padding(Text(told), (0, 0, 0, 5)))
    stories = results["story"].n_unique()
    console.print(f"{stories} stories, {results.height} expectations, {failed.height} not met.")
    return failed.height


def show_difference(rows: pl.DataFrame, title: str, heads: tuple[str, str], console: Console) -> None:
    """Print what differs between two judgements, one clause or clock below the other."""
    console.print(Text(title, style="bold"))
    if not rows.height:
        console.print("Nothing differs.")
    for row in rows.iter_rows(named=True):
        of = f" ({row['of']})" if row["of"] else ""
        sides = []
        for head, word, p in zip(
            heads, (row["before"], row["after"]), (row["p_before"], row["p_after"]), strict=True
        ):
            figure = f", {percent(p)}" if p is not None else ""
            sides.append(f"{head}: {(word or 'not there').replace('_', ' ')}{figure}")
        console.print(Text.assemble((f"{row['id']}{of}", "bold"), f"  {sides[0]}  →  {sides[1]}"))
        console.print(Padding(Text(str(row["because"])), (0, 0, 0, 4)))
    console.print("Not a judicial finding.")
