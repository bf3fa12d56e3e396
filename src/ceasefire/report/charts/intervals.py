"""Estimates as lines: where the estimate lies, how far it may be off, on a common scale.

In: an estimate and its interval. Out: a strip of SVG that stands in a table row beside its label. An open end is drawn
as an arrow; an estimate that is missing is not drawn at all.
"""

from __future__ import annotations

import math

from markupsafe import Markup

from ceasefire.report.charts.strokes import drawing, pc, tag, text

HEIGHT = 22
MIDDLE = HEIGHT / 2
RATIO_TICKS = (0.0625, 0.125, 0.25, 0.5, 1, 2, 4, 8)


def strip(p: float | None, low: float | None, high: float | None, colour: str, label: str) -> Markup:
    """A probability from 0 to 100 in 100: a dot, and its interval as a line."""
    pieces = [
        tag("line", x1=pc(at), x2=pc(at), y1=0, y2=HEIGHT, class_="half" if at == 0.5 else "grid")
        for at in (0, 0.25, 0.5, 0.75, 1)
    ]
    pieces.append(tag("line", x1="0%", x2="100%", y1=MIDDLE, y2=MIDDLE, class_="base"))
    if low is not None and high is not None:
        pieces.append(
            tag("line", x1=pc(low), x2=pc(high), y1=MIDDLE, y2=MIDDLE, class_="whisker", stroke=colour)
        )
    if p is not None:
        pieces.append(tag("circle", cx=pc(p), cy=MIDDLE, r=5, class_="dot", fill=colour))
    return drawing(pieces, label=label, height=HEIGHT, css="strip")


def scale(labels: tuple[str, ...] = ("0", "25", "50", "75", "100 in 100")) -> Markup:
    """The labels under a column of strips."""
    last = len(labels) - 1
    pieces = [
        text(pc(n / last), 12, label, anchor="start" if n == 0 else "end" if n == last else "middle")
        for n, label in enumerate(labels)
    ]
    return drawing(pieces, label="scale: " + ", ".join(labels), height=16, css="strip")


def bar(share: float | None, low: float | None, high: float | None, colour: str, label: str) -> Markup:
    """A share as a bar with its interval."""
    pieces = [tag("rect", x=0, y=5, width="100%", height=12, class_="trough")]
    if share is not None:
        pieces.append(tag("rect", x=0, y=5, width=pc(share), height=12, fill=colour))
    if low is not None and high is not None:
        pieces.append(tag("line", x1=pc(low), x2=pc(high), y1=MIDDLE, y2=MIDDLE, class_="whisker ink"))
    return drawing(pieces, label=label, height=HEIGHT, css="strip")


def _log_place(ratio: float) -> float:
    low, high = math.log2(RATIO_TICKS[0]), math.log2(RATIO_TICKS[-1])
    return (math.log2(max(ratio, 1e-9)) - low) / (high - low)


def ratio_strip(ratio: float | None, low: float | None, high: float | None, label: str) -> Markup:
    """A rate ratio on a doubling scale; left of the middle line fewer, right more. Open ends have arrows."""
    pieces = [
        tag(
            "line",
            x1=pc(_log_place(t)),
            x2=pc(_log_place(t)),
            y1=0,
            y2=HEIGHT,
            class_="half" if t == 1 else "grid",
        )
        for t in RATIO_TICKS
    ]
    if low is not None:
        left = max(_log_place(low), 0.0) if low > 0 else 0.0
        right = min(_log_place(high), 1.0) if high is not None else 1.0
        pieces.append(tag("line", x1=pc(left), x2=pc(right), y1=MIDDLE, y2=MIDDLE, class_="whisker ink"))
        if low <= RATIO_TICKS[0]:
            pieces.append(text("0%", MIDDLE + 4, "◂"))
        if high is None or high >= RATIO_TICKS[-1]:
            pieces.append(text("100%", MIDDLE + 4, "▸", anchor="end"))
    if ratio is not None and ratio > 0:
        pieces.append(tag("circle", cx=pc(_log_place(ratio)), cy=MIDDLE, r=4.5, class_="dot accent"))
    return drawing(pieces, label=label, height=HEIGHT, css="strip")


def ratio_scale() -> Markup:
    """The labels under a column of rate ratios."""
    labels = {0.125: "⅛", 0.25: "¼", 0.5: "half", 1: "same", 2: "double", 4: "×4"}
    pieces = [text(pc(_log_place(t)), 12, words, anchor="middle") for t, words in labels.items()]
    return drawing(pieces, label="scale from an eighth to eight times", height=16, css="strip")
