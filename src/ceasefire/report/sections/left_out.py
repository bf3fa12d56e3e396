"""If one thing is left out: which answer leads then, and how surely, without a source, a camp, copies, silence or the prior.

In: a desk and rows of table ``sensitivity``. Out: a sentence and a sheet. What was learned of sources is held; whether a standard
of proof would still be reached is not said here.
"""

from __future__ import annotations

from typing import Any

from ceasefire.report import wording
from ceasefire.report.sections.desk import Desk, sheet
from ceasefire.report.wording import counted

NOTICED = 0.01
"""A change of the probability below this is only counted. It is the last digit that the page prints."""

MOST_NAMED, MOST_ROWS, MOST_LEVEL = 3, 12, 3
Row = dict[str, Any]


def left_out(desk: Desk, rows: list[Row], answer: Row) -> dict[str, Any] | None:
    """The sentence, the rows that move the answer, and how many do not; None where no account names an answer.

    ``answer``: the incident with the columns of ``assessments``.
    """
    if not rows or not answer["leading"]:
        return None
    leads = set(answer["leading"].split("|"))
    ordered = sorted(
        rows, key=lambda r: (-abs(r["of_answer"] - answer["probability"]), _what(desk, r).casefold())
    )
    moved = [
        r
        for r in ordered
        if abs(r["of_answer"] - answer["probability"]) >= NOTICED or _others(r, leads) is not None
    ]
    body = [
        (
            _what(desk, r),
            _leads(desk, r),
            wording.percent(r["of_answer"]),
        )
        for r in moved
    ]
    heads = ("Left out", "Then most probable", f"Then {desk.the(answer['leading'])}")
    return {
        "text": _sentence(desk, ordered, leads, answer),
        "sheet": sheet(heads, body, file="tables/sensitivity.csv", cap=MOST_ROWS, numeric=(2,)),
        "still": counted(len(rows) - len(moved), "other") if len(rows) > len(moved) and moved else "",
        "n": len(rows),
    }


def _others(row: Row, leads: set[str]) -> bool | None:
    """True: another answer leads; False: it only draws level; None: nothing changes."""
    now = set(row["leading"].split("|"))
    return None if now == leads else not leads <= now


def _sentence(desk: Desk, rows: list[Row], leads: set[str], answer: Row) -> str:
    flips = [r for r in rows if _others(r, leads) is True]
    level = [r for r in rows if _others(r, leads) is False]
    low, high = min(r["of_answer"] for r in rows), max(r["of_answer"] for r in rows)
    text = []
    for words, found in (
        ("Another answer is more probable without", flips),
        ("It no longer leads alone without", level),
    ):
        if found:
            named = [_then(desk, r) for r in found[:MOST_NAMED]]
            more = [f"{len(found) - MOST_NAMED} more"] if len(found) > MOST_NAMED else []
            text.append(f"{words} {wording.listed([*named, *more])}.")
    if not text:
        text.append("Whatever single thing is left out, the same answer is the most probable.")
    name, now = desk.the(answer["leading"]), wording.percent(answer["probability"])
    if wording.percent(low) == wording.percent(high):
        text.append(f"The figure for {name}, now {now}, stays {wording.percent(low)}.")
    else:
        text.append(f"The figure for {name}, now {now}, lies {wording.between(low, high)}.")
    return " ".join(text)


def _then(desk: Desk, row: Row) -> str:
    return f"{_what(desk, row)} (then {_leads(desk, row)})"


def _leads(desk: Desk, row: Row) -> str:
    """What is then the most probable, and how; several that are level, as such."""
    actors, chance = row["leading"].split("|"), wording.percent(row["probability"])
    if len(actors) == 1:
        return f"{desk.name(actors[0])}, {chance}"
    if len(actors) > MOST_LEVEL:
        return f"nobody leads, {chance} each"
    return f"{wording.listed(sorted(map(desk.name, actors), key=str.casefold))} level, {chance} each"


def _what(desk: Desk, row: Row) -> str:
    """What is left out, in words."""
    which = row["which"]
    if row["left_out"] == "source":
        return desk.source(which)
    if row["left_out"] == "camp":
        return (
            "all sources without a camp" if which == "no camp" else f"all sources close to {desk.the(which)}"
        )
    if row["left_out"] == "copies":
        return f"{desk.source(which.removesuffix(' and who repeats it'))} and all who repeat it"
    if row["left_out"] == "silence":
        return "what is read from silence"
    return "the learned prior (flat instead)"
