"""The clocks as bars on one line of time: start, what has run, and where each of them ends.

In: rows of ``clocks`` and ``clock_events``. Out: one strip a clock reading and the common axis. The ends differ on
purpose: they are what the parties, the incidents and the declarations each say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from ceasefire.report.charts.strokes import day_ticks, drawing, pc, tag, text

HEIGHT = 34


class Axis:
    """A line of time from the first start to the last end, with a margin."""

    def __init__(self, start: datetime, end: datetime, timezone: str) -> None:
        margin = (end - start) / 40
        self.start, self.end, self.timezone = start - margin, end + margin, timezone

    def place(self, at: datetime) -> float:
        """Where an instant lies, 0..1; outside it may be less or more."""
        return (at - self.start) / (self.end - self.start)

    def holds(self, at: datetime) -> bool:
        """Is the instant on the line?"""
        return self.start <= at <= self.end


def axis_of(clocks: Sequence[dict[str, Any]], as_of: datetime, timezone: str) -> Axis | None:
    """The common axis; a far later ``as_of`` stays outside so that the bars keep their length."""
    starts = [c["started_at"] for c in clocks if c["started_at"]]
    if not starts:
        return None
    ends = [c["ends_at"] for c in clocks if c["ends_at"]]
    ends += [
        s + timedelta(hours=c["needed_hours"] or c["achieved_hours"] or 24)
        for c in clocks
        if (s := c["started_at"])
    ]
    last = max(ends)
    if as_of <= last + (last - min(starts)) / 2:
        last = max(last, as_of)
    return Axis(min(starts), last, timezone)


def clock_strip(
    clock: dict[str, Any], events: Sequence[dict[str, Any]], axis: Axis, as_of: datetime
) -> Markup:
    """One clock: the outline is what was agreed, the filling what has run, ticks what moved it."""
    pieces = [
        tag("line", x1=pc(axis.place(at)), x2=pc(axis.place(at)), y1=0, y2=HEIGHT, class_="grid")
        for at, _ in day_ticks(axis.start, axis.end, axis.timezone)
    ]
    start, end = clock["started_at"], clock["ends_at"]
    if start:
        stop = end or axis.end
        left, right = axis.place(start), axis.place(stop)
        pieces.append(tag("rect", x=pc(left), y=9, width=pc(right - left), height=14, class_="clock-frame"))
        run = axis.place(start + timedelta(hours=clock["achieved_hours"] or 0))
        if run > left:
            pieces.append(
                tag("rect", x=pc(left), y=9, width=pc(min(run, right) - left), height=14, class_="clock-run")
            )
        if end:
            pieces.append(tag("line", x1=pc(right), x2=pc(right), y1=4, y2=28, class_="clock-end"))
    for event in events:
        if axis.holds(event["at"]):
            kind = event["kind"]
            css = "clock-tick broken" if kind in ("reset", "breach", "end", "lapse") else "clock-tick"
            title = tag("title", f"{kind}: {event['at']:%Y-%m-%d %H:%M}Z")
            at = pc(axis.place(event["at"]))
            pieces.append(tag("line", title, x1=at, x2=at, y1=2, y2=30, class_=css))
    if axis.holds(as_of):
        pieces.append(
            tag("line", x1=pc(axis.place(as_of)), x2=pc(axis.place(as_of)), y1=0, y2=HEIGHT, class_="now")
        )
    return drawing(pieces, label=f"{clock['title']}: {clock['state']}", height=HEIGHT, css="strip")


def axis_strip(axis: Axis, as_of: datetime) -> Markup:
    """The dates under the bars."""
    pieces = [
        text(pc(axis.place(at)), 12, label, anchor="middle", css="t" if n % 2 == 0 else "t minor")
        for n, (at, label) in enumerate(day_ticks(axis.start, axis.end, axis.timezone))
        if axis.place(at) < 0.97  # the last label would run over the edge
    ]
    if axis.holds(as_of):
        side = "end" if axis.place(as_of) > 0.8 else "middle"
        pieces.append(text(pc(axis.place(as_of)), 27, "this report", anchor=side, css="t now-label"))
    return drawing(pieces, label="dates", height=32, css="strip")
