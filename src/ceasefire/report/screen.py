"""The answer on one screen of a terminal, the list of problems, and reasoning as tables.

In: a picture (or a case, or reasoning) and a rich console. Out: text on the console. Times are shown in the case's
zone; probabilities with their interval; "undetermined" where that is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ceasefire.case import Case
from ceasefire.fuse.counts import counts
from ceasefire.picture import Picture, Reasoning
from ceasefire.report.gravity import gravest
from ceasefire.report.sections.unreported import in_words
from ceasefire.report.wording import counted, round_half_up, sentence
from ceasefire.vocabulary import Term, vocabulary

MOST_CLAUSES = 9
READABLE = 24  # characters: a column of longer text may wrap, a narrower one becomes hard to read
MOST_NOTES = 5  # notes of one kind listed by check
FIRST_ROWS = 8  # lines named of a problem that many rows share
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
        f"As known on {_when(picture.as_of, zone, year=True)}; times: {picture.case.timezone}. Not a judicial finding.",
        style="dim",
    )
    console.print(_clocks(picture, zone, console.width))
    console.print(_clauses(picture, console.width))
    console.print(_incidents(picture, zone, console.width))
    for line in (
        _access(picture),
        _versions(picture),
        _unseen(picture),
        _unreported(picture),
        _problems(picture),
    ):
        console.print(line)


Row = tuple[str | Text, ...]


def grid(title: str, columns: Row, rows: list[Row], width: int | None = None) -> Table:
    """Rows of one line each within ``width`` columns, the last cell cut where it does not fit; None = wrap."""
    grid = Table(
        title=title, title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0), pad_edge=False
    )
    for name in columns:
        grid.add_column(str(name), header_style="dim", overflow="fold", no_wrap=width is not None)
    if width is not None:
        taken = sum(max(len(row[n]) for row in [columns, *rows]) + 1 for n in range(len(columns) - 1))
        rows = [(*row[:-1], _cut(row[-1], width - taken)) for row in rows]
    for row in rows:
        grid.add_row(*row)
    return grid


def _cut(cell: str | Text, width: int) -> str | Text:
    if len(cell) <= width:
        return cell
    short = f"{str(cell)[: max(width - 1, 0)].rstrip()}…"
    return Text(short, style=cell.style) if isinstance(cell, Text) else short


def _when(instant: datetime | None, zone: ZoneInfo, *, year: bool = False) -> str:
    """Local time; the hour is left out where only the day is known."""
    if instant is None:
        return "—"
    local = instant.astimezone(zone)
    day = f"{local.day} {local:%b %Y}" if year else f"{local.day} {local:%b}"
    return day if (local.hour, local.minute) in ((0, 0), (23, 59)) else f"{day} {local:%H:%M}"


def _spans_years(picture: Picture, zone: ZoneInfo) -> bool:
    """Whether a day needs its year to be told apart."""
    first, last = picture.case.period
    return first.astimezone(zone).year != last.astimezone(zone).year


def _clocks(picture: Picture, zone: ZoneInfo, width: int) -> Table:
    """One line a clock, as counted from the incidents where it can be, else as declared; other readings are counted."""
    rows: list[Row] = []
    for (clock,), group in picture.clocks.group_by(["clock_id"], maintain_order=True):
        known = {row["reading"]: row for row in group.iter_rows(named=True)}
        row = known.get("counted") or known.get("declared") or group.row(0, named=True)
        state = Text(row["state"].replace("_", " "), style="bold")
        more = f"{len(known) - 1} other reading{'s' if len(known) > 2 else ''}; " if len(known) > 1 else ""
        until = _when(row["ends_at"], zone, year=_spans_years(picture, zone))
        rows.append((str(clock), state, until, more + (row["reason"] or "")))
    return grid("\nClocks", ("clock", "state", "until", "why"), rows, width)


def _clauses(picture: Picture, width: int) -> Table:
    """One line an obligation and bearer that can be judged and is not simply pending; the rest is counted."""
    # Questions for a patron stand in the report; they are no obligations.
    verdicts = picture.verdicts.filter(~pl.col("norm_id").str.starts_with("patron-"))
    order = pl.DataFrame({"verdict": VERDICT_ORDER, "rank": range(len(VERDICT_ORDER))})
    quiet = ["pending", "not_testable", "not_observed"]
    listed = (
        verdicts.filter(~pl.col("verdict").is_in(quiet))
        .join(order, on="verdict", how="left")
        .sort("rank", "norm_id", "holder")
    )
    rows: list[Row] = [
        (
            row["norm_id"],
            row["holder"],
            Text(row["verdict"].replace("_", " "), style="bold"),
            percent(row["p_breached"]),
            f"{row['title']}: {row['reason']}",
        )
        for row in listed.head(MOST_CLAUSES).iter_rows(named=True)
    ]
    if listed.height > MOST_CLAUSES:
        rows.append(("…", f"{listed.height - MOST_CLAUSES} more", "", "", "in the report"))
    unseen = verdicts.filter(pl.col("verdict").is_in(quiet[1:]))["norm_id"].n_unique()
    title = f"\nObligations: {verdicts['norm_id'].n_unique()}, of which {unseen} cannot be tested or observed"
    return grid(title, ("clause", "bearer", "verdict", "p", "what and why"), rows, width)


def _incidents(picture: Picture, zone: ZoneInfo, width: int) -> Table:
    """Two lines an incident: what happened, and who."""
    first = pl.DataFrame({"incident_id": gravest(picture)[:5]}, schema={"incident_id": pl.String})
    ranked = first.join(picture.incidents, on="incident_id", how="left", maintain_order="left")
    answers = {row["incident_id"]: row for row in picture.assessments.iter_rows(named=True)}
    beside = picture.table("findings_beside")
    killed_in = picture.table("tolls").filter(pl.col("quantity") == "killed")
    tolls = {row["incident_id"]: row for row in killed_in.iter_rows(named=True)}
    rows: list[Row] = []
    for row in ranked.iter_rows(named=True):
        found = beside.filter(pl.col("incident_id") == row["incident_id"])
        act = vocabulary("acts").get(row["act"] or "")
        what = act.label if act else (row["act"] or "act not stated").replace("_", " ")
        toll = tolls.get(row["incident_id"])
        killed = (
            _range(row["killed_low"], row["killed_best"], row["killed_high"])
            if toll is None or toll["best"] is None
            else f"{toll['best']} ({toll['low']}–{toll['high']})"
        )
        told = f"{what}, {row['place_name'] or 'place not stated'}; killed {killed}; {row['incident_id']}"
        aside = f"; {found.height} findings of others" if found.height else ""
        when = _when(row["occurred_from"], zone, year=_spans_years(picture, zone))
        rows.append((when, Text(told, style="bold")))
        rows.append(("", _answer(answers.get(row["incident_id"])) + aside))
    reports = counted(picture.table("memberships").height, "report")
    title = f"\nGravest of {_how_many(picture)} from {reports}"
    kinds = set(picture.table("evidence")["kind"])
    basis = (
        "on testimony and findings"
        if "finding" in kinds
        else "on testimony and what is known of means, control and context"
    )
    if not kinds & {"capability", "control", "context", "finding"}:
        basis = "on testimony alone"
    return grid(title, ("when", f"what and where; who, {basis}"), rows, width)


def _how_many(picture: Picture) -> str:
    """Incidents listed, and the best number with its interval where fusion leaves something open."""
    row = counts(picture.incidents, picture.table("alternatives")).row(0, named=True)
    listed = counted(row["listed"], "incident")
    if row["low"] == row["high"] == row["listed"]:
        return listed
    return f"{listed} listed (best {round_half_up(row['best']):,}, {row['low']:,}–{row['high']:,} at 90 %)"


def _answer(row: Mapping[str, Any] | None) -> str:
    if row is None or not row["leading"]:
        return "undetermined; nobody is named more than others"
    marks = [
        m for m, on in (("self-declared", row["self_attributed"]), ("contested", row["contested"])) if on
    ]
    note = f", {', '.join(marks)}" if marks else ""
    likely = (
        f"{row['leading']} {percent(row['probability'])} ({percent(row['low'])} to {percent(row['high'])})"
    )
    return f"undetermined{note}; leading {likely}" if row["answer"] == "undetermined" else f"{likely}{note}"


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


def _unreported(picture: Picture) -> Text:
    rows = picture.table("unreported").filter(pl.col("by") == "all").iter_rows(named=True)
    return _line("Not told", in_words(rows, sentence))


def _problems(picture: Picture) -> Text:
    rows = picture.problems
    files = rows.filter(pl.col("code") == "file_left_out").height
    errors, doubts, notes = (
        rows.filter(pl.col("severity") == s).height for s in ("error", "warning", "note")
    )
    lost = f"{files} files and {errors - files} rows left out" if files else f"{errors} rows left out"
    return _line("Problems", f"{lost}, {doubts} used with a doubt, {notes} notes (see the report)")


def _line(label: str, text: str) -> Text:
    return Text.assemble((f"{label}  ", "bold"), text)


def percent(p: float | None) -> str:
    """A probability in whole per cent; a dash where there is none."""
    if p is None:
        return "—"
    return "<1 %" if p < 0.01 else ">99 %" if p > 0.99 else f"{100 * p:.0f} %"


def _range(low: int | None, best: int | None, high: int | None) -> str:
    if low is None and best is None and high is None:
        return "not stated"
    if low == high:
        return str(low)
    ends = f"{'?' if low is None else low}–{'?' if high is None else high}"
    return f"{ends} (best {best})" if best is not None else ends


def show_check(case: Case, console: Console) -> int:
    """Print what a case holds and every problem; return the number of rows and files left out."""
    console.print(Text(f"{case.title} ({case.name})", style="bold"))
    held: list[Row] = [(name, str(frame.height)) for name, frame in case.facts.items() if frame.height]
    console.print(grid("", ("table", "rows"), held))
    errors = case.problems.filter(pl.col("severity") == "error")
    files = errors.filter(pl.col("code") == "file_left_out")
    rows = errors.filter(pl.col("code") != "file_left_out")
    doubts, notes = (case.problems.filter(pl.col("severity") == s) for s in ("warning", "note"))
    listed = (
        ("Files left out", files),
        ("Rows left out", rows),
        ("Used with a doubt", doubts),
        ("Notes", notes),
    )
    for title, found in listed:
        if found.height:
            console.print(Text(f"\n{title}: {found.height}", style="bold"))
            _list_problems(found, console, most=MOST_NOTES if title == "Notes" else None)
    if not case.problems.height:
        console.print("\nEvery row can be used.")
    elif not errors.height:
        console.print("\nNo row was left out.")
    return errors.height


def _list_problems(problems: pl.DataFrame, console: Console, most: int | None) -> None:
    """One line a problem; what many rows share is told once, with their lines; of each code at most ``most``."""
    alike = ["file", "code", "expected", "found", "action"]
    shown: dict[str, int] = {}
    for key, group in problems.group_by(alike, maintain_order=True):
        file, code, expected, found, action = (str(part) if part is not None else "" for part in key)
        shown[code] = shown.get(code, 0) + 1
        if most is not None and shown[code] > most:
            continue
        first = group.row(0, named=True)
        where = f"{file}:{first['line']}" if first["line"] is not None else file
        if group.height == 1:
            where = " ".join(part for part in (where, first["record"] or "") if part)
            again = ""
        else:
            lines = [str(n) for n in group["line"].drop_nulls().sort()] or group[
                "record"
            ].drop_nulls().to_list()
            again = f" ({group.height} rows: {', '.join(lines[:FIRST_ROWS])}{' …' if len(lines) > FIRST_ROWS else ''})"
        told = f"  {where}: expected {expected}; found {found}{again}; {action} [{code}]"
        console.print(Text(told.replace("\n", " ")), soft_wrap=True)
    for code, count in shown.items():
        if most is not None and count > most:
            console.print(
                f"  … {count - most} more of this kind; a run lists them in tables/problems.csv", end=" "
            )
            console.print(Text(f"[{code}]"))


def show_reasoning(
    identifier: str, reasoning: Reasoning, console: Console, last: Callable[[], None] | None = None
) -> None:
    """Print reasoning as titled tables: every row and every column that is not empty, nothing cut; then ``last``."""
    console.print(Text(identifier, style="bold"))
    for title, frame in reasoning:
        shown = (
            frame.select(c for c in frame.columns if frame[c].null_count() < frame.height)
            if frame.height
            else frame
        )
        rows: list[Row] = [tuple(_cell(value) for value in row) for row in shown.iter_rows()]
        if not rows:
            console.print(Text(f"\n{title}: no rows", style="dim"))
        elif needed(shown.columns, rows) <= console.width:
            console.print(grid(f"\n{title}", tuple(shown.columns), rows))
        else:
            console.print(Text(f"\n{title}", style="bold"))
            _print_records(shown.columns, rows, console)
    if last is not None:
        last()
    console.print("\nNot a judicial finding.")


def needed(columns: Sequence[str], rows: Sequence[Row]) -> int:
    """Width of a table whose longest cells wrap at READABLE characters."""
    widest = [max(len(str(row[n])) for row in [tuple(columns), *rows]) for n in range(len(columns))]
    return sum(min(width, READABLE) + 1 for width in widest)


def _print_records(columns: Sequence[str], rows: Sequence[Row], console: Console) -> None:
    """Rows too wide for the terminal, one below the other: short cells on one line, long ones on lines of their own."""
    for row in rows:
        cells = [(name, str(value)) for name, value in zip(columns, row, strict=True) if str(value)]
        short = "; ".join(f"{name} {value}" for name, value in cells if len(value) <= READABLE)
        console.print(Padding(Text(short), (0, 0, 0, 2)))
        for name, value in cells:
            if len(value) > READABLE:
                console.print(Padding(Text.assemble((f"{name}: ", "dim"), value), (0, 0, 0, 4)))


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
    rows: list[Row] = [(term.id, term.definition, term.origin) for term in terms.values()]
    console.print(grid(name, ("word", "meaning", "from"), rows))
