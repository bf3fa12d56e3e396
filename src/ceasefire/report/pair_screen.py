"""Why two reports are one incident, on a terminal: a waterfall of block characters, and what each level means.

In: a picture, reports or an incident, and a rich console. Out: text; ``UnknownIdError`` where there is nothing to show.
Full blocks speak for one happening, light ones against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from rapidfuzz import process
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ceasefire.picture import Picture, Reasoning, UnknownIdError
from ceasefire.report.pairs import (
    FEATURES,
    PRIOR,
    Pair,
    founding,
    least_sure,
    pair_of,
    strongest,
    way,
)
from ceasefire.report.screen import Row, grid, percent

FOR, AGAINST, AXIS, SUM = "█", "░", "│", "▓"
MOST_BARS = 46  # columns of the bars, however wide the terminal
FIGURES = 15  # columns of the two numbers
COMPARED = (
    *("source_id", "published_at", "occurred_from", "occurred_to", "place_name", "precision_km"),
    *("act", "actor", "affected", "killed_min", "killed_max", "injured_min", "injured_max", "relays", "text"),
)


def show_pair(picture: Picture, one: str, two: str, console: Console) -> None:
    """Print why two reports are one incident, or are not.

    Raises:
        UnknownIdError: one of them is no report; the message names the nearest ones.
    """
    home = dict(picture.table("memberships").select("report_id", "incident_id").iter_rows())
    for report in (one, two):
        if report not in home:
            near = ", ".join(match for match, _, _ in process.extract(report, sorted(home), limit=3))
            raise UnknownIdError(
                f"expected two reports; no report is called {report!r}; the nearest are {near}"
            )
    if one == two:
        raise UnknownIdError(f"expected two reports; found {one!r} twice")
    together = home[one] == home[two]
    told = f"one incident, {home[one]}" if together else f"two incidents, {home[one]} and {home[two]}"
    console.print(Text(f"{one} and {two}: {told}", style="bold"))
    console.print(_side_by_side(picture, one, two))
    links = picture.table("links")
    row = _row(links, one, two)
    if row is not None:
        pair = pair_of(row)
        _waterfall(pair, console)
        _meanings(pair, console)
    else:
        _not_scored(picture, links, (one, two), home[one] if together else None, console)
    console.print("\nNot a judicial finding.")


def show_binding(picture: Picture, identifier: str, reasoning: Reasoning, console: Console) -> None:
    """Print the waterfall of the link that holds an incident's least sure report, or the report asked about."""
    members = picture.table("memberships")
    fused = next(
        (t for _, t in reasoning if {"incident_id", "report_id", "origin_id"} <= set(t.columns)), None
    )
    if fused is None or not fused.height:
        return
    incident = fused["incident_id"][0]
    mine = members.filter(pl.col("incident_id") == incident)
    ids = mine["report_id"].implode()
    inside = picture.table("links").filter(pl.col("report_a").is_in(ids) & pl.col("report_b").is_in(ids))
    rows = inside.to_dicts()
    sure = {r: 1.0 if p is None else p for r, p in mine.select("report_id", "probability").iter_rows()}
    shown: list[tuple[str, Mapping[str, Any]]] = []
    if identifier in sure:
        best = strongest(rows).get(identifier)
        shown += [(f"What binds {identifier} to {incident}", best)] if best else []
    else:
        weakest = least_sure(sure.items(), rows)
        shown += [(f"What binds its least sure report, {weakest[0]}", weakest[1])] if weakest else []
        known = picture.table("located").select("report_id", "recorded_at")
        order = mine.join(known, on="report_id", how="left").sort("recorded_at", "report_id", nulls_last=True)
        first = founding(order["report_id"].to_list(), rows)
        if first and not any(first == row for _, row in shown):
            shown.append(("Where it begins", first))
    for title, row in shown:
        console.print(Text(f"\n{title}: {row['report_a']} and {row['report_b']}", style="bold"))
        _waterfall(pair_of(row), console)
    if shown:
        console.print("  Any other pair: name two reports instead of the incident.", style="dim")


def _row(links: pl.DataFrame, one: str, two: str) -> dict[str, Any] | None:
    a, b = pl.col("report_a"), pl.col("report_b")
    found = links.filter(((a == one) & (b == two)) | ((a == two) & (b == one)))
    return found.row(0, named=True) if found.height else None


def _side_by_side(picture: Picture, one: str, two: str) -> Any:
    reports = picture.table("located")
    said = {r["report_id"]: r for r in reports.filter(pl.col("report_id").is_in([one, two])).to_dicts()}
    rows: list[Row] = [
        (name, *(_cell(said[report].get(name)) for report in (one, two)))
        for name in COMPARED
        if any(said[report].get(name) is not None for report in (one, two))
    ]
    return grid("", ("", one, two), rows)


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:%Y-%m-%d %H:%M}Z" if hasattr(value, "hour") else str(value)


def _waterfall(pair: Pair, console: Console) -> None:
    """One line a step: words, bar, what it adds (nats) and the sum so far."""
    if pair.weight is None:
        console.print(f"  the weights are not told; probability {percent(pair.probability)}")
        return
    steps = [(PRIOR, 0.0, pair.prior), *((s.words, s.before, s.weight) for s in pair.telling)]
    words = max(len(label) for label, _, _ in steps)
    bars = max(min(console.width - words - FIGURES - 6, MOST_BARS), 8)
    ends = [0.0, pair.weight, *(b for _, b, _ in steps), *(b + w for _, b, w in steps)]
    low, width = min(ends), (max(ends) - min(ends)) or 1.0

    def place(value: float) -> int:
        return round((value - low) / width * (bars - 1))

    def line(label: str, before: float, weight: float, mark: str) -> None:
        first, last = sorted((place(before), place(before + weight)))
        cells = [AXIS if n == place(0.0) else " " for n in range(bars)]
        for n in range(first, max(last, first + 1)):
            cells[n] = mark
        total = before + weight
        figures = (
            f"{_signed(weight):>7} {_signed(total):>7}" if mark != SUM else f"{'':>7} {_signed(total):>7}"
        )
        style = "bold" if mark == SUM else ""
        console.print(Text(f"  {label:<{words}}  {''.join(cells)}{figures}", style=style), soft_wrap=True)

    console.print(Text(f"  {'':<{words}}  {'':<{bars}}{'nats':>7} {'sum':>7}", style="dim"), soft_wrap=True)
    for label, before, weight in steps:
        line(label, before, weight, FOR if weight > 0 else AGAINST)
    line("sum", 0.0, pair.weight, SUM)
    silent = ", ".join(FEATURES.get(step.feature, step.feature) for step in pair.silent)
    if silent:
        console.print(f"  Says nothing either way: {silent}.")
    chance = percent(pair.probability)
    if pair.decision:
        console.print(f"  Decided: {pair.decision}, whatever the weights say.")
    else:
        console.print(f"  That both tell of one happening: {chance} = 1 / (1 + e^-({pair.weight:.2f})).")


def _meanings(pair: Pair, console: Console) -> None:
    """What the level of each feature means."""
    rows: list[Row] = [
        (FEATURES.get(s.feature, s.feature), s.words, _signed(s.weight), s.about) for s in pair.steps
    ]
    if rows:
        console.print(grid("\nFeature by feature", ("feature", "found", "nats", "meaning"), rows))


def _not_scored(
    picture: Picture, links: pl.DataFrame, pair: tuple[str, str], incident: str | None, console: Console
) -> None:
    """Say why there is no row, and which links lead from one report to the other."""
    why = (
        "This pair is not in `links`: the two are too far apart in place or time to be compared, or so unlike "
        "that the pair is not listed (docs/methods/fusion.md)."
    )
    console.print(Padding(Text(why), (1, 0, 0, 2)))
    if incident is None:
        return
    members = picture.table("memberships").filter(pl.col("incident_id") == incident)["report_id"].implode()
    inside = links.filter(pl.col("report_a").is_in(members) & pl.col("report_b").is_in(members))
    trail = way(*pair, inside.to_dicts())
    if trail:
        console.print("  They are one incident by way of others, along the strongest links:")
    for row in trail:
        console.print(
            f"    {row['report_a']} and {row['report_b']}: {_signed(row['weight'])} nats, {percent(row['probability'])}"
        )


def _signed(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:+.2f}".replace("-", "−") if round(value, 2) else "0.00"
