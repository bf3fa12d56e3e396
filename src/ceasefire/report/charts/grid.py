"""What could be seen: areas by days, where "not observed" is hatched and is not the same as quiet.

In: rows of ``observation``. Out: one strip an area. Long periods are folded into at most sixty columns, in which the
three states keep their shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from ceasefire.report.charts.strokes import drawing, f, hatch, pc, tag, text

STATES = ("reported", "quiet_watched", "not_observed")
WORDS = {"reported": "reported", "quiet_watched": "quiet while watched", "not_observed": "not observed"}
MOST_COLUMNS = 60
HEIGHT = 22


def columns_of(days: Sequence[str]) -> list[list[str]]:
    """The days in order, in at most ``MOST_COLUMNS`` groups."""
    size = max(1, -(-len(days) // MOST_COLUMNS))
    return [list(days[n : n + size]) for n in range(0, len(days), size)]


def observation_strip(
    area: str, states: dict[str, str], columns: Sequence[Sequence[str]], pattern: str
) -> Markup:
    """One area: a column for each group of days, filled by state from below."""
    width = 1 / max(len(columns), 1)
    pieces = [hatch(pattern)]
    for n, group in enumerate(columns):
        counts = Counter(states.get(day, "not_observed") for day in group)
        y = float(HEIGHT)
        for state in STATES:
            if counts[state]:
                tall = HEIGHT * counts[state] / len(group)
                y -= tall
                words = (
                    f"{group[0]}: {WORDS[state]}"
                    if len(group) == 1
                    else f"{group[0]} to {group[-1]}: {counts[state]} of {len(group)} days {WORDS[state]}"
                )
                fill = f"url(#{pattern})" if state == "not_observed" else None
                pieces.append(
                    tag(
                        "rect",
                        tag("title", words),
                        x=pc(n * width),
                        y=f(y),
                        width=pc(width * 0.94),
                        height=f(tall),
                        fill=fill,
                        class_=f"seen {state}",
                    )
                )
    totals = Counter(states.values())
    label = f"{area}: " + ", ".join(f"{totals[s]} days {WORDS[s]}" for s in STATES)
    return drawing(pieces, label=label, height=HEIGHT, css="strip")


def day_strip(columns: Sequence[Sequence[str]]) -> Markup:
    """The dates under the strips: first, middle and last."""
    if not columns:
        return Markup("")
    middle = len(columns) // 2
    pieces = [text("0%", 12, columns[0][0]), text("100%", 12, columns[-1][-1], anchor="end")]
    if len(columns) > 8:
        pieces.append(text(pc(middle / len(columns)), 12, columns[middle][0], anchor="middle", css="t minor"))
    return drawing(pieces, label=f"days from {columns[0][0]} to {columns[-1][-1]}", height=16, css="strip")
