"""Are the parties treated alike? Whether answers swap with the labels, and how each party fares, each figure with its number.

In: a desk. Out: sentences and sheets. A difference is told where intervals do not overlap, and never called a bias: it may come
from the accounts as well as from the weighing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from math import ceil, floor, log10
from typing import Any

from ceasefire.report import wording
from ceasefire.report.sections.desk import Desk, sheet
from ceasefire.report.wording import counted, round_half_up

Row = dict[str, Any]
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
ROUNDING = 1e-9
"""Below this a difference is the rounding of sums in another order: nine digits, three more than the tables print."""


def fairness(desk: Desk) -> dict[str, Any] | None:
    """The section; None where the run did not make it."""
    rows = sorted(desk.rows("fairness"), key=lambda r: desk.name(r["party"]).casefold())
    if not rows:
        return None
    spoken = any(r["leads"] or r["named"] for r in rows)
    return {
        "swap": swapped_in_words(desk.rows("symmetry")),
        "spoken": spoken,
        "differences": differences(rows, desk.name),
        "answers": _answers(desk, rows),
        "namings": _namings(desk, rows),
        "findings": _findings(desk, rows),
        "swaps": _swaps(desk),
    }


def swapped_in_words(rows: list[Row]) -> str:
    """What exchanging labels did, in a sentence."""
    if not rows:
        return "The case has one party only: there are no labels to exchange."
    n, figures = max(r["incidents"] for r in rows), sum(r["figures"] for r in rows)
    widest, differ = max(r["largest_difference"] for r in rows), sum(r["answers_differ"] for r in rows)
    done = (
        f"The labels of two parties were exchanged {counted(len(rows), 'time')}, each time another pair, and "
        f"{counted(n, 'incident')} weighed again"
    )
    if differ or widest > ROUNDING:
        return (
            f"{done}: {counted(differ, 'answer')} did not swap, and figures differ by up to {tiny(widest)}. "
            "That is a fault of this program, to be reported; do not compare parties on this page."
        )
    gap = (
        "not one differs by a single bit"
        if not widest
        else f"none differs by more than {tiny(widest)}, which is the rounding of sums in another order"
    )
    return f"{done}. Every answer swapped with the labels, and of {figures:,} figures {gap}."


def tiny(value: float) -> str:
    """A small number as a power of ten: "4 × 10⁻¹²", rounded up."""
    if not value:
        return "0"
    power = floor(log10(value))
    digit = ceil(value / 10.0**power - 1e-9)
    if digit == 10:
        digit, power = 1, power + 1
    return f"{digit} × 10{str(power).translate(_RAISED)}"


def differences(rows: list[Row], name: Callable[[str], str]) -> list[str]:
    """What can be told apart and what cannot: one sentence a measure."""
    if not any(r["leads"] or r["named"] for r in rows):
        return ["No account names a party as author, so that the parties cannot be compared."]
    return [
        _measure(
            rows, name, "answered", "How often an answer reaches the standard",
            lambda r: f"{r['answered']} of {r['leads']}", "answered_low", "answered_high",
        ),
        _measure(
            rows, name, "hours", "How long an answer took",
            lambda r: f"median {wording.hours(r['hours'])}", "hours_low", "hours_high",
        ),
        _measure(
            rows, name, "width", "How wide the intervals are",
            lambda r: f"on average {round_half_up(100 * r['width'])} in 100 wide", "width_low", "width_high",
        ),
        _named_in_words(rows, name),
    ]  # fmt: skip


def _measure(
    rows: list[Row],
    name: Callable[[str], str],
    measure: str,
    lead: str,
    figure: Callable[[Row], str],
    low: str,
    high: str,
) -> str:
    known = [r for r in rows if r[low] is not None]
    if len(known) < 2:
        return f"{lead}: too few answers to compare."
    apart = [(a, b) for a, b in combinations(known, 2) if a[low] > b[high] or b[low] > a[high]]
    if not apart:
        return f"{lead}: the intervals overlap; no difference between parties can be told."
    involved = [r for r in known if any(r in pair for pair in apart)]
    pairs = "; ".join(f"{name(a['party'])} – {name(b['party'])}" for a, b in apart)
    told = wording.listed([f"{name(r['party'])} {figure(r)}" for r in involved])
    return f"{lead}: {told}. Intervals that do not overlap: {pairs}."


def _named_in_words(rows: list[Row], name: Callable[[str], str]) -> str:
    off = [
        r
        for r in rows
        if r["expected"] is not None and not r["expected_low"] <= r["named"] <= r["expected_high"]
    ]
    if not off:
        return "Who is named: every party about as often as the other accounts led to expect."
    told = [
        f"{name(r['party'])} {'more' if r['named'] > r['expected'] else 'less'} often than the other accounts led to expect "
        f"({r['named']} times; {round_half_up(r['expected_low'])} to {round_half_up(r['expected_high'])} expected)"
        for r in off
    ]
    return (
        f"Who is named: {wording.listed(told)}. In a case too small to learn from, the expectation starts alike for every "
        "party, and a party of whose acts most accounts tell is named more often than that."
    )


def _interval(row: Row, low: str, high: str, words: Callable[[float], str]) -> str:
    return "" if row[low] is None else f" ({words(row[low])}–{words(row[high])})"


def _percent(value: float) -> str:
    return f"{round_half_up(100 * value)}"


def _answers(desk: Desk, rows: Iterable[Row]) -> Any:
    body = []
    for r in rows:
        share = (
            "—"
            if r["answered_share"] is None
            else f"{_percent(r['answered_share'])}{_interval(r, 'answered_low', 'answered_high', _percent)}"
        )
        took = (
            "none answered"
            if r["hours"] is None
            else f"{wording.hours(r['hours'])}{_interval(r, 'hours_low', 'hours_high', wording.hours)}"
        )
        if r["hours"] is not None and r["hours_low"] is None:
            took += " (fewer than five: no interval)"
        width = (
            "—"
            if r["width"] is None
            else f"{_percent(r['width'])}{_interval(r, 'width_low', 'width_high', _percent)}"
        )
        body.append(
            (
                desk.party(r["party"]),
                r["leads"],
                r["answered"],
                r["accepted"],
                r["abstained"],
                share,
                took,
                width,
            )
        )
    heads = (
        "Party",
        "Leads in",
        "Answered",
        "Accepts",
        "Left undetermined",
        "Answered, in 100",
        "Median time to the answer",
        "Mean width, in 100",
    )
    return sheet(heads, body, file="tables/fairness.csv", numeric=(1, 2, 3, 4, 5, 7))


def _namings(desk: Desk, rows: Iterable[Row]) -> Any:
    body = [
        (
            desk.party(r["party"]),
            r["by_own"],
            r["by_ally"],
            r["by_opposing"],
            r["by_no_camp"],
            r["named"],
            "—"
            if r["expected"] is None
            else f"{round_half_up(r['expected'])} ({round_half_up(r['expected_low'])}–{round_half_up(r['expected_high'])})",
        )
        for r in rows
    ]
    heads = (
        "Named as author",
        "By its own",
        "By allies",
        "By the other side",
        "By no camp",
        "All",
        "Expected (chance alone)",
    )
    return sheet(heads, body, file="tables/namings.csv", numeric=range(1, 7))


def _findings(desk: Desk, rows: Iterable[Row]) -> Any:
    body = [
        (
            desk.party(r["party"]),
            r["found"],
            wording.percent(r["found_probability"]),
            wording.between(r["found_lowest"], r["found_highest"]) if r["found"] > 1 else "one only",
        )
        for r in rows
        if r["found"]
    ]
    heads = ("A finding names", "Incidents", "The testimony gives it", "Lowest and highest")
    return sheet(heads, body, file="tables/fairness.csv", numeric=(1,))


def _swaps(desk: Desk) -> Any:
    body = [
        (
            f"{desk.name(r['party_a'])} and {desk.name(r['party_b'])}",
            r["incidents"],
            r["figures"],
            "none, to the bit" if r["to_the_bit"] else tiny(r["largest_difference"]),
            r["answers_differ"],
        )
        for r in desk.rows("symmetry")
    ]
    heads = ("Labels exchanged", "Incidents", "Figures", "Largest difference", "Answers that differ")
    return sheet(heads, body, file="tables/symmetry.csv", numeric=(1, 2, 3, 4))
