"""What every drawing is made of: rounded numbers, escaped text, colours of the parties, ticks of time.

In: values. Out: pieces of SVG. Places along a horizontal axis are percentages, so that a drawing fits a phone and a
sheet of paper alike without its letters shrinking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

PALETTE = ("#009E73", "#E69F00", "#0072B2", "#CC79A7", "#56B4E9", "#D55E00", "#8C6BB1", "#5C5C00")
"""Okabe-Ito, told apart by most colour-blind readers; given to parties in alphabetical order of their names."""

NEUTRAL = {"accident": "#6b6b6b", "third_party": "#9a9a9a", "undetermined": "#b9b4a8"}

OTHER = "#9a9a9a"


def colours(names: Mapping[str, str]) -> dict[str, str]:
    """A colour for each party: ``names`` maps identifiers to names."""
    ordered = sorted(names, key=lambda i: (names[i].casefold(), i))
    return {i: PALETTE[n % len(PALETTE)] for n, i in enumerate(ordered)} | NEUTRAL


def f(value: float) -> str:
    """A length with one decimal, without needless zeros."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def pc(value: float) -> str:
    """A place along the axis, 0..1, as a percentage."""
    text = f"{100 * min(max(value, 0.0), 1.0):.2f}".rstrip("0").rstrip(".")
    return f"{text}%"


def tag(name: str, body: object = "", **attributes: object) -> str:
    """An element; underscores in attribute names become hyphens, None leaves the attribute out."""
    parts = "".join(
        f' {k.rstrip("_").replace("_", "-")}="{escape(str(v))}"'
        for k, v in attributes.items()
        if v is not None
    )
    return f"<{name}{parts}>{body}</{name}>" if body else f"<{name}{parts}/>"


def text(x: str, y: float, words: str, *, anchor: str = "start", css: str = "t", **more: object) -> str:
    """A line of words at a percentage and a height in pixels."""
    return tag("text", escape(words), x=x, y=f(y), text_anchor=anchor, class_=css, **more)


def drawing(pieces: Iterable[str], *, label: str, height: float, css: str = "") -> Markup:
    """A drawing as wide as its column, with a name for those who do not see it."""
    body = "".join(pieces)
    return Markup(  # every piece is escaped where it is made
        f'<svg role="img" aria-label="{escape(label)}" class="chart {css}" width="100%" height="{f(height)}">'
        f"{body}</svg>"
    )


def hatch(identifier: str) -> str:
    """The pattern that means "not observed"."""
    return (
        f'<defs><pattern id="{identifier}" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="6" height="6" class="hatch-ground"/>'
        '<line x1="0" y1="0" x2="0" y2="6" class="hatch-line"/></pattern></defs>'
    )


def day_ticks(start: datetime, end: datetime, timezone: str, *, most: int = 7) -> list[tuple[datetime, str]]:
    """Local midnights (or first days of months or years) between two instants, at most ``most``, with labels."""
    zone = ZoneInfo(timezone)
    first = start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = max((end - start).days, 1)
    marks: list[tuple[datetime, str]] = []
    if days <= 120:
        step = max(1, -(-days // most))
        at = first + timedelta(days=1)
        while at <= end:
            marks.append((at, f"{at.day} {at:%b}"))
            at += timedelta(days=step)
        return marks
    years = max(1, -(-days // (365 * most)))
    for year in range(first.year + 1, end.year + 1, years):
        marks.append((datetime(year, 1, 1, tzinfo=zone), str(year)))
    return marks
