"""The toll of an incident in an entry: the estimate with its interval, and beside it what the rules of others give.

In: rows of ``tolls`` and ``particulars`` of an incident, and the figures that fusion lists. Out: names and texts for the entry. An
estimate stands first because it counts copies once and a side's bias; the rules stand beside it so that a reader can compare.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from ceasefire.report import wording
from ceasefire.report.wording import counted

GRADES = {
    "confirmed": "confirmed by its author",
    "fair": "fair (two credible sources)",
    "weak": "weak (one credible source)",
    "contested": "contested (authors of different sides are named)",
    "discounted": "discounted (only combatants are said to be hurt)",
}
_SPLIT = Markup('{}<br><span class="words">{}</span>')


def toll_facts(row: dict[str, Any], tolls: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Killed and injured of an entry; without an estimate the figures that fusion lists."""
    by_quantity = {toll["quantity"]: toll for toll in tolls}
    facts: list[tuple[str, Any]] = []
    for quantity in ("killed", "injured"):
        low, best, high = (row[f"{quantity}_{which}"] for which in ("low", "best", "high"))
        toll = by_quantity.get(quantity)
        name = quantity.capitalize()
        if toll is None or toll["best"] is None:
            facts.append((name, wording.span(low, best, high)))
        else:
            told = wording.span(low, None, high)
            if best is not None and low is not None and low < best < high:
                told += f", the middle one {best:,}"
            facts.append((name, _SPLIT.format(estimate(toll), _rules(toll, told))))
    killed = by_quantity.get("killed")
    if killed and killed["victims_contested"]:
        facts.append(("Who they were", _status(killed)))
    return facts


def toll_in_short(row: dict[str, Any], tolls: list[dict[str, Any]]) -> str:
    """The killed of an incident for a line of text; without an estimate the figures that fusion lists."""
    if not tolls or tolls[0]["best"] is None:
        return wording.span(row["killed_low"], row["killed_best"], row["killed_high"])
    toll = tolls[0]
    told = _number(toll["best"])
    return told if toll["low"] == toll["high"] else f"{told} ({toll['low']:,} to {toll['high']:,})"


def estimate(toll: dict[str, Any]) -> str:
    """A toll with its interval: "16 (14–22 at 90 %), from 20 independent figures"."""
    behind = counted(toll["n_origins"], "independent figure")
    if toll["low"] == toll["high"]:
        return f"{_number(toll['best'])} (from {behind})"
    return f"{_number(toll['best'])} ({toll['low']:,}–{toll['high']:,} at 90 %), from {behind}"


def _rules(toll: dict[str, Any], told: str) -> str:
    ucdp = f"UCDP’s rule {_number(toll['ucdp_best'])}"
    if toll["ucdp_low"] != toll["ucdp_high"]:
        ucdp += f" ({toll['ucdp_low']:,}–{toll['ucdp_high']:,})"
    airwars = "Airwars’ rule " + _range(toll["airwars_low"], toll["airwars_high"])
    if toll["airwars_grade"] and toll["quantity"] == "killed":
        airwars += f", {GRADES[toll['airwars_grade']]}"
    return f"{ucdp}; {airwars}; figures told: {told}"


def _status(killed: dict[str, Any]) -> str:
    text = "contested: accounts differ on whether civilians or combatants were hit"
    if killed["best"] is None:
        return text
    return f"{text}; of the killed {_range(killed['civilians_low'], killed['civilians_high'])} were civilians"


def _number(n: int) -> str:
    return f"{n:,}" if n else "none"


def _range(low: int, high: int) -> str:
    return _number(low) if low == high else f"{low:,}–{high:,}"
