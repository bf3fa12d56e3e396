"""Incidents along time: how many, whom the testimony points to, and how many were killed.

In: incidents with their answers, and what is open about their number. Out: two drawings on one axis, by day for weeks, by
month for years. A bar is the expected number of happenings, its line the 90 % interval; an incident whose day is not known
is spread over those it may be. Undetermined is its own shade; killed are drawn from the lowest to the highest figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from markupsafe import Markup, escape

from ceasefire.fuse.counts import LONGEST_D, counts
from ceasefire.model import table
from ceasefire.report.charts.strokes import OTHER, day_ticks, drawing, pc, tag, text
from ceasefire.report.wording import how_many, round_half_up

COUNT_HEIGHT, KILLED_HEIGHT, FOOT, HEAD = 150, 84, 20, 30


MOST_DAYS, MOST_MONTHS_D = 120, 3660


def stretch(first: datetime, last: datetime) -> str:
    """What a bar stands for, in polars' words: a day, a month from 120 days on, a quarter beyond ten years."""
    days = (last - first).days
    return "1d" if days <= MOST_DAYS else "1mo" if days <= MOST_MONTHS_D else "1q"


def bins(first: datetime, last: datetime, timezone: str) -> list[tuple[datetime, datetime]]:
    """The local days, months or quarters from ``first`` to ``last``."""
    zone, every = ZoneInfo(timezone), stretch(first, last)
    at = first.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if every == "1d":
        edges = [at + timedelta(days=n) for n in range((last - first).days + 3)]
    else:
        months = 1 if every == "1mo" else 3
        year, month = at.year, at.month - (at.month - 1) % months
        edges = [datetime(year, month, 1, tzinfo=zone)]
        while edges[-1] <= last:
            month += months
            year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
            edges.append(datetime(year, month, 1, tzinfo=zone))
    pairs = list(pairwise(edges))
    return [(a, b) for a, b in pairs if a <= last]


def _ceiling(value: int) -> int:
    """A round number at or above the value."""
    step = 1
    while True:
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if factor * step >= value:
                return factor * step
        step *= 10


def timeline(
    incidents: Sequence[dict[str, Any]],
    marks: Sequence[tuple[datetime, str]],
    truces: Sequence[tuple[datetime, str]],
    colours: Mapping[str, str],
    timezone: str,
    alternatives: pl.DataFrame | None = None,
) -> Markup:
    """Bars of happenings a day (or month) by answer with their interval, and the killed below.

    ``marks`` are dated lines with a number, ``truces`` dates with a name, ``alternatives`` fusion's.
    """
    if not incidents:
        return Markup("")
    first = min(i["occurred_from"] for i in incidents)
    last = max(_last(i) for i in incidents)
    boxes = bins(first, last, timezone)
    start, end = boxes[0][0], boxes[-1][1]
    bars = _bars(incidents, alternatives, colours, stretch(first, last), timezone)

    def place(at: datetime) -> float:
        return (at - start) / (end - start)

    held: list[list[dict[str, Any]]] = [[] for _ in boxes]
    for incident in incidents:
        held[_box(boxes, incident["occurred_from"])].append(incident)
    top = _ceiling(max(bar["high"] for bar in bars.values()))
    most = _ceiling(max(1, *(sum(_killed(i)[1] for i in h) for h in held)))
    base = HEAD + COUNT_HEIGHT
    frame = _frame(start, end, timezone, place, top, most)
    pieces = [p for p in frame if not p.startswith("<text")]
    for (left, right), inside in zip(boxes, held, strict=True):
        x, width = place(left), place(right) - place(left)
        if left.date() in bars:
            pieces += _stack(left, bars[left.date()], colours, (x, width, COUNT_HEIGHT / top))
        pieces += _toll(left, inside, (x + width * 0.43, KILLED_HEIGHT / most))
    for at, name in sorted(truces):
        if start <= at <= end:
            where, title = pc(place(at)), tag("title", f"{at:%Y-%m-%d}: {escape(name)}")
            pieces.append(tag("line", title, x1=where, x2=where, y1=base, y2=base + 7, class_="truce"))
    pieces += _marks([(place(at), number) for at, number in marks if start <= at <= end], base)
    pieces += [p for p in frame if p.startswith("<text")]
    ends = [at.astimezone(start.tzinfo) for at in (first, max(i["occurred_from"] for i in incidents))]
    days = " to ".join(f"{at:%d %b %Y}" for at in ends)
    label = f"Timeline of {len(incidents)} incidents listed, from {days}; the figures are in tables/incident_counts.csv"
    return drawing(pieces, label=label, height=base + FOOT + HEAD + KILLED_HEIGHT + FOOT, css="timeline")


def _last(incident: dict[str, Any]) -> datetime:
    """The last instant over which an incident is spread."""
    start: datetime = incident["occurred_from"]
    end = incident.get("occurred_to") or start
    return min(max(start, end), start + timedelta(days=LONGEST_D))


def _bars(
    incidents: Sequence[dict[str, Any]],
    alternatives: pl.DataFrame | None,
    colours: Mapping[str, str],
    every: str,
    timezone: str,
) -> dict[date, dict[str, Any]]:
    """By first day: best, low, high, and the best of each answer (``by``)."""
    names = ("incident_id", "occurred_from", "occurred_to", "n_reports", "coded")
    rows = [
        {name: i.get(name) for name in names}
        | {
            "occurred_to": i.get("occurred_to") or i["occurred_from"],
            "answer": i["answer"] if i["answer"] in colours else "undetermined",
        }
        for i in incidents
    ]
    shape = table("incidents").schema
    frame = pl.DataFrame(rows, schema={n: shape[n] for n in names} | {"answer": pl.String()})
    doubt = table("alternatives").empty() if alternatives is None else alternatives
    told = counts(frame, doubt, every=every, timezone=timezone)
    bars: dict[date, dict[str, Any]] = {row["day"]: row | {"by": {}} for row in told.iter_rows(named=True)}
    for row in counts(frame, doubt, "answer", every=every, timezone=timezone).iter_rows(named=True):
        bars[row["day"]]["by"][row["answer"]] = row["best"]
    return bars


def _stack(
    left: datetime, bar: dict[str, Any], colours: Mapping[str, str], where: tuple[float, float, float]
) -> list[str]:
    """One day's or month's bar, answer upon answer, undetermined last; ``where``: place, width, pixels an incident."""
    x, width, scale = where
    number = how_many(bar["best"], bar["low"], bar["high"])
    told = f"{left:%Y-%m-%d}: {number} {'incident' if round_half_up(bar['best']) == 1 else 'incidents'}"
    order = [a for a in colours if a != "undetermined"] + ["undetermined"]
    pieces, foot = [], float(HEAD + COUNT_HEIGHT)
    y = foot
    for answer in order:
        if best := bar["by"].get(answer):
            y -= scale * best
            title = tag("title", f"{told}; {escape(answer)}: {best:.1f}")
            box = {"x": pc(x), "y": f"{y:.1f}", "width": pc(width * 0.86), "height": f"{scale * best:.1f}"}
            pieces.append(tag("rect", title, **box, fill=colours.get(answer, OTHER)))
    if bar["low"] < bar["high"]:
        middle = pc(x + width * 0.43)
        ends = {"y1": f"{foot - scale * bar['high']:.1f}", "y2": f"{foot - scale * bar['low']:.1f}"}
        pieces.append(tag("line", tag("title", told), x1=middle, x2=middle, **ends, class_="many"))
    return pieces


def _toll(left: datetime, inside: Sequence[dict[str, Any]], where: tuple[float, float]) -> list[str]:
    """The killed of one day or month, lowest to highest figure; ``where``: place, pixels a person."""
    low, high = (sum(_killed(i)[end] for i in inside) for end in (0, 1))
    if not high:
        return []
    middle, scale = pc(where[0]), where[1]
    foot = HEAD + COUNT_HEIGHT + FOOT + HEAD + KILLED_HEIGHT
    y_low, y_high = foot - scale * low, foot - scale * high
    title = tag("title", f"{left:%Y-%m-%d}: {low} to {high} killed")
    ends = {"y1": f"{y_high:.1f}", "y2": f"{max(y_low, y_high + 2):.1f}"}
    return [tag("line", title, x1=middle, x2=middle, **ends, class_="killed")]


def _marks(marks: list[tuple[float, str]], base: float) -> list[str]:
    """Dated lines with a number; numbers that would touch are set one above the other."""
    pieces: list[str] = []
    last, level = -1.0, 0
    for where, number in sorted(marks):
        level = level + 1 if where - last < 0.025 and level < 2 else 0
        last = where
        pieces.append(tag("line", x1=pc(where), x2=pc(where), y1=HEAD - 4, y2=base, class_="mark"))
        pieces.append(text(pc(where), HEAD - 6 - 12 * level, number, anchor="middle", css="t mark-label"))
    return pieces


def _killed(incident: dict[str, Any]) -> tuple[int, int]:
    low = incident["killed_low"] or 0
    best = incident["killed_best"] or 0
    return low, max(incident["killed_high"] or 0, best, low)


def _box(boxes: Sequence[tuple[datetime, datetime]], at: datetime) -> int:
    low, high = 0, len(boxes) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if boxes[middle][0] <= at else (low, middle - 1)
    return low


def _frame(start: datetime, end: datetime, timezone: str, place: Any, top: int, most: int) -> list[str]:
    base, foot = HEAD + COUNT_HEIGHT, HEAD + COUNT_HEIGHT + FOOT + HEAD + KILLED_HEIGHT
    pieces = []
    for level in {0.5, 1.0} if top > 1 else {1.0}:
        y = base - COUNT_HEIGHT * level
        pieces.append(tag("line", x1="0%", x2="100%", y1=y, y2=y, class_="grid"))
        pieces.append(
            text("0%", y + 12, f"{top * level:g}" + (" incidents" if level == 1 else ""), css="t over")
        )
    pieces.sort()
    pieces.append(tag("line", x1="0%", x2="100%", y1=base, y2=base, class_="base"))
    pieces.append(
        tag("line", x1="0%", x2="100%", y1=foot - KILLED_HEIGHT, y2=foot - KILLED_HEIGHT, class_="grid")
    )
    pieces.append(text("0%", foot - KILLED_HEIGHT - 3, f"{most:,} killed, lowest to highest figure"))
    pieces.append(tag("line", x1="0%", x2="100%", y1=foot, y2=foot, class_="base"))
    for n, (at, label) in enumerate(day_ticks(start, end, timezone)):
        if place(at) > 0.97:  # the last label would run over the edge
            continue
        css = "t" if n % 2 == 0 else "t minor"
        for y in (base + 14, foot + 14):
            pieces.append(text(pc(place(at)), y, label, anchor="middle", css=css))
    return pieces
