"""Incidents along time: how many, whom the testimony points to, and how many were killed.

In: incidents with their answers. Out: two drawings on one axis, by day for weeks, by month for years. Undetermined is
its own shade; killed are drawn from the lowest to the highest figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from ceasefire.report.charts.strokes import OTHER, day_ticks, drawing, pc, tag, text

COUNT_HEIGHT, KILLED_HEIGHT, FOOT, HEAD = 150, 84, 20, 30


def bins(first: datetime, last: datetime, timezone: str) -> list[tuple[datetime, datetime]]:
    """Local days, or months when there are more than 120 days, or quarters beyond ten years."""
    zone = ZoneInfo(timezone)
    at = first.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (last - first).days
    if days <= 120:
        edges = [at + timedelta(days=n) for n in range(days + 3)]
    else:
        months = 1 if days <= 3660 else 3
        year, month = at.year, at.month
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
) -> Markup:
    """Bars of incidents a day (or month) by answer, and the killed below; ``marks`` are dated lines with a number,
    ``truces`` dates with a name."""
    if not incidents:
        return Markup("")
    first = min(i["occurred_from"] for i in incidents)
    last = max(i["occurred_from"] for i in incidents)
    boxes = bins(first, last, timezone)
    start, end = boxes[0][0], boxes[-1][1]

    def place(at: datetime) -> float:
        return (at - start) / (end - start)

    held: list[list[dict[str, Any]]] = [[] for _ in boxes]
    for incident in incidents:
        held[_box(boxes, incident["occurred_from"])].append(incident)
    top = _ceiling(max(len(h) for h in held))
    most = _ceiling(max(1, *(sum(_killed(i)[1] for i in h) for h in held)))
    base = HEAD + COUNT_HEIGHT
    frame = _frame(start, end, timezone, place, top, most)
    pieces = [p for p in frame if not p.startswith("<text")]
    for (left, right), inside in zip(boxes, held, strict=True):
        x, width = place(left), place(right) - place(left)
        pieces += _stack(left, inside, colours, (x, width, COUNT_HEIGHT / top))
        pieces += _toll(left, inside, (x + width * 0.43, KILLED_HEIGHT / most))
    for at, name in sorted(truces):
        if start <= at <= end:
            where, title = pc(place(at)), tag("title", f"{at:%Y-%m-%d}: {escape(name)}")
            pieces.append(tag("line", title, x1=where, x2=where, y1=base, y2=base + 7, class_="truce"))
    pieces += _marks([(place(at), number) for at, number in marks if start <= at <= end], base)
    pieces += [p for p in frame if p.startswith("<text")]
    ends = [at.astimezone(start.tzinfo) for at in (first, last)]
    days = " to ".join(f"{at:%d %b %Y}" for at in ends)
    label = f"Timeline of {len(incidents)} incidents from {days}; the figures are in tables/incidents.csv"
    return drawing(pieces, label=label, height=base + FOOT + HEAD + KILLED_HEIGHT + FOOT, css="timeline")


def _stack(
    left: datetime,
    inside: Sequence[dict[str, Any]],
    colours: Mapping[str, str],
    where: tuple[float, float, float],
) -> list[str]:
    """One day's or month's bar, answer upon answer, undetermined last; ``where``: place, width, pixels an incident."""
    x, width, scale = where
    counts = Counter(i["answer"] if i["answer"] in colours else "undetermined" for i in inside)
    order = [a for a in colours if a != "undetermined"] + ["undetermined"]
    pieces, y = [], float(HEAD + COUNT_HEIGHT)
    for answer in order:
        if counts[answer]:
            tall = scale * counts[answer]
            y -= tall
            title = tag("title", f"{left:%Y-%m-%d}: {counts[answer]} {escape(answer)}")
            box = {"x": pc(x), "y": f"{y:.1f}", "width": pc(width * 0.86), "height": f"{tall:.1f}"}
            pieces.append(tag("rect", title, **box, fill=colours.get(answer, OTHER)))
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
