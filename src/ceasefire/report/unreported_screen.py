"""What nobody reported, on a terminal: the answer, then each part with its range or the reason why there is none.

In: a picture and a console. Out: text. The same words as the report's section.
"""

from __future__ import annotations

import polars as pl
from rich.console import Console
from rich.text import Text

from ceasefire.picture import Picture
from ceasefire.report.screen import Row, grid
from ceasefire.report.sections.unreported import DARK, SEEN, STACKED, in_words
from ceasefire.report.wording import NOT_JUDICIAL, round_half_up, sentence


def show_unreported(picture: Picture, console: Console) -> None:
    """Print the answer, the models for all incidents together, the parts, and how much lies in the dark."""
    frame = picture.table("unreported")
    console.print(Text(f"{picture.case.title}: what nobody reported", style="bold"))
    console.print(in_words(frame.iter_rows(named=True), sentence))
    console.print(Text(f"A number, not a list. {NOT_JUDICIAL}", style="dim"))
    groups = frame.filter(pl.col("by") == "all")["group"].unique().sort().to_list()
    group = SEEN if SEEN in groups else groups[0]
    models = frame.filter((pl.col("by") == "all") & (pl.col("group") == group))
    rows: list[Row] = [
        (r["model"], _ends(r["low"], r["high"]), _whole(r["best"]), r["reason"] or r["assumption"])
        for r in models.iter_rows(named=True)
    ]
    console.print(
        grid(f"\nAll incidents, {group}", ("model", "95 %", "best", "believes, or why not used"), rows)
    )
    _show_parts(frame.filter((pl.col("model") == STACKED) & (pl.col("by") != "all")), console)
    dark = frame.filter(pl.col("model") == DARK).height
    if dark:
        console.print(
            f"\nIn the dark: {dark} weeks of an area without anybody who watched. Unknown, not calm."
        )


def _show_parts(parts: pl.DataFrame, console: Console) -> None:
    """The parts with a figure in rows; the others by the kind of reason."""
    told = parts.filter(pl.col("low").is_not_null())
    rows: list[Row] = [
        (r["by"], r["group"], _whole(r["listed"]), _ends(r["low"], r["high"]), r["reason"] or "")
        for r in told.iter_rows(named=True)
    ]
    if rows:
        console.print(grid("\nParts", ("by", "which", "listed", "95 %", "what is open"), rows))
    refused = parts.filter(pl.col("low").is_null() & ~pl.col("group").str.ends_with(f", {SEEN}"))
    if refused.height:
        why: dict[str, list[str]] = {}
        for r in refused.iter_rows(named=True):
            why.setdefault((r["reason"] or "no reason kept").split(";")[0].split(":")[0], []).append(
                r["group"]
            )
        console.print("\nNo figure, which means unknown and not none:")
        for reason, groups in sorted(why.items()):
            console.print(f"  {reason}: {', '.join(groups)}")


def _whole(value: float | None) -> str:
    return "—" if value is None else f"{round_half_up(value):,}"


def _ends(low: float | None, high: float | None) -> str:
    if low is None:
        return "cannot be told"
    return f"{_whole(low)} to {_whole(high)}" if high is not None else f"{_whole(low)} at least"
