"""The answer on one screen of a terminal, the list of problems, and reasoning as tables.

In: a picture (or a case, or reasoning) and a rich console. Out: text on the console. Times are shown in the case's
zone; probabilities with their interval; "undetermined" where that is the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ceasefire.case import Case
from ceasefire.picture import Picture, Reasoning
from ceasefire.report.gravity import gravest
from ceasefire.vocabulary import Term

VERDICT_ORDER = (
    "breached",
    "undetermined",
    "excused",
    "satisfied",
    "pending",
    "not_observed",
    "not_testable",
)


def show(picture: Picture, console: Console) -> None:
    """Print one screen: clocks, clauses, the five gravest incidents, access, versions that changed, problems."""
    zone = ZoneInfo(picture.case.timezone)
    console.print()
    console.print(Text(picture.case.title, style="bold"))
    console.print(
        f"As known on {_when(picture.as_of, zone, year=True)} ({picture.case.timezone}). "
        "Every attribution: not a judicial finding."
    )
    console.print(_clocks(picture, zone))
    console.print(_clauses(picture))
    console.print(_incidents(picture, zone))
    for line in (_access(picture), _versions(picture), _unseen(picture), _problems(picture)):
        console.print(line)


def _grid(title: str, *columns: str) -> Table:
    grid = Table(
        title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0), pad_edge=False
    )
    for name in columns:
        grid.add_column(name, header_style="dim", overflow="fold")
    return grid


def _when(instant: datetime | None, zone: ZoneInfo, *, year: bool = False) -> str:
    """Local time; the hour is left out where only the day is known."""
    if instant is None:
        return "—"
    local = instant.astimezone(zone)
    day = f"{local.day} {local:%b %Y}" if year else f"{local.day} {local:%b}"
    return day if (local.hour, local.minute) in ((0, 0), (23, 59)) else f"{day} {local:%H:%M}"


def _clocks(picture: Picture, zone: ZoneInfo) -> Table:
    grid = _grid("\nClocks", "clock", "reading", "state", "until", "why")
    for row in picture.clocks.iter_rows(named=True):
        grid.add_row(
            row["title"] or row["clock_id"],
            row["reading"],
            Text(row["state"].replace("_", " "), style="bold"),
            _when(row["ends_at"], zone),
            row["reason"] or "",
        )
    return grid


def _clauses(picture: Picture) -> Table:
    """One row an obligation that can be judged; the untestable ones are counted."""
    rows = picture.verdicts
    order = pl.DataFrame({"verdict": VERDICT_ORDER, "rank": range(len(VERDICT_ORDER))})
    listed = (
        rows.filter(~pl.col("verdict").is_in(["not_testable", "not_observed"]))
        .join(order, on="verdict", how="left")
        .sort("rank", "norm_id", "holder")
    )
    unseen = rows.filter(pl.col("verdict").is_in(["not_testable", "not_observed"]))["norm_id"].n_unique()
    grid = _grid(
        f"\nObligations ({rows['norm_id'].n_unique()}; {unseen} cannot be tested or observed)",
        "clause",
        "bearer",
        "verdict",
        "breached",
        "why",
    )
    for row in listed.head(10).iter_rows(named=True):
        title = row["title"] or ""
        grid.add_row(
            f"{row['norm_id']} {title[:44] + '…' if len(title) > 45 else title}",
            row["holder"],
            Text(row["verdict"].replace("_", " "), style="bold"),
            _percent(row["p_breached"]),
            _short(row["reason"], 80),
        )
    if listed.height > 10:
        grid.caption = f"and {listed.height - 10} more in the report"
        grid.caption_justify = "left"
    return grid


def _incidents(picture: Picture, zone: ZoneInfo) -> Table:
    first = pl.DataFrame({"incident_id": gravest(picture)[:5]}, schema={"incident_id": pl.String})
    ranked = first.join(picture.incidents, on="incident_id", how="left", maintain_order="left")
    answers = {row["incident_id"]: row for row in picture.assessments.iter_rows(named=True)}
    grid = _grid(
        f"\nGravest incidents (of {picture.incidents.height} incidents "
        f"from {picture.table('memberships').height} reports)",
        "when",
        "what, where",
        "killed",
        "who, on testimony alone",
        "findings of others",
        "id",
    )
    beside = picture.table("findings_beside")
    for row in ranked.iter_rows(named=True):
        found = beside.filter(pl.col("incident_id") == row["incident_id"])
        grid.add_row(
            _when(row["occurred_from"], zone),
            f"{(row['act'] or 'act not stated').replace('_', ' ')}, {row['place_name'] or 'place not stated'}",
            _range(row["killed_low"], row["killed_high"]),
            _answer(answers.get(row["incident_id"])),
            f"{found.height} by {found['issuer'].n_unique()} issuers" if found.height else "—",
            row["incident_id"],
        )
    return grid


def _answer(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "nobody named"
    marks = [
        m for m, on in (("self-declared", row["self_attributed"]), ("contested", row["contested"])) if on
    ]
    note = f" ({', '.join(marks)})" if marks else ""
    interval = f"{_percent(row['probability'])} [{_percent(row['low'])}–{_percent(row['high'])}]"
    if row["answer"] == "undetermined":
        return (
            f"undetermined{note}; leading {row['leading']} {interval}"
            if row["leading"]
            else f"undetermined{note}"
        )
    return f"{row['answer']} {interval}{note}"


def _access(picture: Picture) -> Text:
    rows = picture.table("consignments")
    if not rows.height:
        return _line("Access", "no access record in the case")
    counted = rows.group_by("outcome").len().sort("len", "outcome", descending=[True, False])
    told = ", ".join(f"{r['len']} {r['outcome']}" for r in counted.iter_rows(named=True))
    longest = rows.filter(pl.col("outcome") == "waiting").sort(
        "days_waiting", "consignment", descending=[True, False]
    )
    extra = ""
    if longest.height and longest["days_waiting"][0] is not None:
        row = longest.row(0, named=True)
        extra = f"; longest waiting: {row['from_place'] or '?'} to {row['to_place'] or '?'}, {row['days_waiting']:.0f} days"
    return _line("Access", f"{rows.height} planned deliveries: {told}{extra}")


def _versions(picture: Picture) -> Text:
    rows = picture.table("positions")
    if not rows.height:
        return _line("Versions", "no statements in the case")
    parts = []
    for change in ("substitution", "retreat", "correction"):
        hit = rows.filter(pl.col("change") == change)
        if hit.height:
            by = hit.group_by("party").len().sort("party")
            named = ", ".join(f"{r['party']} {r['len']}" for r in by.iter_rows(named=True))
            parts.append(f"{hit.height} {change}{'s' if hit.height > 1 else ''} ({named})")
    return _line(
        "Versions", f"{rows.height} statements: {'; '.join(parts) or 'none replaced, corrected or given up'}"
    )


def _unseen(picture: Picture) -> Text:
    rows = picture.table("observation")
    if not rows.height:
        return _line("Not seen", "no area-days to judge")
    dark = rows.filter(pl.col("state") == "not_observed").height
    return _line(
        "Not seen",
        f"{dark} of {rows.height} area-days: nobody known to have watched; silence there is not calm",
    )


def _problems(picture: Picture) -> Text:
    rows = picture.problems
    by = {s: rows.filter(pl.col("severity") == s).height for s in ("error", "warning", "note")}
    return _line(
        "Problems",
        f"{by['error']} rows left out, {by['warning']} used with a doubt, {by['note']} notes (see the report)",
    )


def _line(label: str, text: str) -> Text:
    return Text.assemble((f"{label}  ", "bold"), text)


def _percent(p: float | None) -> str:
    if p is None:
        return "—"
    return "<1 %" if p < 0.01 else ">99 %" if p > 0.99 else f"{100 * p:.0f} %"


def _range(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return "not stated"
    return (
        f"{low if low is not None else '?'}"
        if low == high
        else f"{'?' if low is None else low}–{'?' if high is None else high}"
    )


def _short(text: str | None, limit: int) -> str:
    text = text or ""
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"


def show_check(case: Case, console: Console) -> int:
    """Print what a case holds and every problem; return the number of rows left out."""
    console.print(Text(f"{case.title} ({case.name})", style="bold"))
    grid = _grid("", "table", "rows")
    for name, frame in case.facts.items():
        if frame.height:
            grid.add_row(name, str(frame.height))
    console.print(grid)
    left_out = case.problems.filter(pl.col("severity") == "error").height
    for severity, title in (("error", "Rows left out"), ("warning", "Used with a doubt"), ("note", "Notes")):
        rows = case.problems.filter(pl.col("severity") == severity)
        if rows.height:
            console.print(Text(f"\n{title}: {rows.height}", style="bold"))
        for row in rows.iter_rows(named=True):
            place = f"{row['file'] or ''}{':' + str(row['line']) if row['line'] is not None else ''}"
            where = " ".join(part for part in (place, row["record"] or "") if part)
            console.print(
                f"  {where}: expected {row['expected']}; found {row['found']}; {row['action']} \\[{row['code']}]",
                soft_wrap=True,
            )
    if not case.problems.height:
        console.print("\nEvery row can be used.")
    elif not left_out:
        console.print("\nNo row was left out.")
    return left_out


def show_reasoning(identifier: str, reasoning: Reasoning, console: Console) -> None:
    """Print reasoning as titled tables, every row and every column that is not empty."""
    console.print(Text(identifier, style="bold"))
    for title, frame in reasoning:
        shown = (
            frame.select(c for c in frame.columns if frame[c].null_count() < frame.height)
            if frame.height
            else frame
        )
        grid = _grid(f"\n{title}", *shown.columns)
        for row in shown.iter_rows():
            grid.add_row(*(_cell(value) for value in row))
        console.print(grid if shown.height else Text(f"\n{title}: no rows", style="dim"))
    console.print("\nNot a judicial finding.")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}Z"
    if isinstance(value, float):
        return f"{value:.4f}"
    return str(value)


def show_words(name: str, terms: Mapping[str, Term], console: Console) -> None:
    """Print one vocabulary."""
    grid = _grid(name, "word", "meaning", "from")
    for term in terms.values():
        grid.add_row(term.id, term.definition, term.origin)
    console.print(grid)
