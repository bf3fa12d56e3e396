"""The answer to which truces show a fall in what was reported, and whether it stands out from other days.

In: a ``View`` with rate ratios. Out: ``Answer``. Counted on place-days, at each length of window; a fall that leans on a
register of one side's dead is told with the figure that goes without it. No causal reading.
"""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from ceasefire.outlook.conduct import Answer, cannot_say
from ceasefire.outlook.view import View, count, listed

# A ratio is called unusual when no more than this share of other days falls as low: the usual one in twenty.
UNUSUAL = 0.05


def truces(view: View, about: list[str]) -> Answer:
    """Which truces show a fall in what was reported, and does it stand out from other days."""
    rows = view.tables["rate_ratios"].filter(pl.col("unit") == "place_days")
    rows = rows.filter(pl.col("truce_id").is_in(about)) if about else rows
    if not rows.height:
        return cannot_say("no truce has days before and after it in the record", "rate_ratios")
    names = {r["truce_id"]: r["name"] for r in view.facts["truces"].iter_rows(named=True)}
    text, behind = [], []
    for (days,), group in rows.sort("window_days", "truce_id").group_by(["window_days"], maintain_order=True):
        below = group.filter(pl.col("high") < 1)
        rare = below.filter(pl.col("placebo_share") <= UNUSUAL)
        shown = listed([_truce(names, row) for row in rare.iter_rows(named=True)])
        text.append(
            f"{days} days before against {days} after: reported place-days fall, with the whole 95 % interval below 1, at "
            f"{below.height} of {count(group.height, 'start')}"
            + (
                f"; the fall is also rarer than one day in twenty at {shown}."
                if rare.height
                else "; none stands out from other days."
            )
        )
        behind += list(below["truce_id"])
    text.append(
        "Truces follow violence, so a fall after a peak is expected without any truce; this is not a cause shown."
    )
    return Answer(" ".join(text), True, ("rate_ratios", "truces", "source_mix"), tuple(dict.fromkeys(behind)))


def _truce(names: dict[str, str], row: dict[str, Any]) -> str:
    """A truce by name and start; with the figure that takes the fall back, where it leans on registers of one side's dead."""
    leans = re.search(r"leans on memorial registers: without them ([^;]+)", row["warning"] or "")
    without = f"; without memorial registers {leans.group(1).strip()}" if leans else ""
    return f"{names.get(row['truce_id'], row['truce_id'])} ({row['start_day']}{without})"
