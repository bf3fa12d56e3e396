"""Figures of people killed or hurt, as least and most.

In: the text of a cell. Out: ``Figure``. "10-20", "at least 15", "15+", "more than 20", "up to 10", "about
20", also in Arabic, Russian and Ukrainian. "About 20" is read as what rounds to it (15 to 25). "Dozens"
states no figure: both ends stay empty, with a note, which is not the same as zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.numbers import parse_integer, plain_digits
from ceasefire.ingest.words import words


@dataclass(frozen=True)
class Figure:
    """At least ``minimum``, at most ``maximum``; None = not stated. ``note`` tells what was left open."""

    minimum: int | None
    maximum: int | None
    note: str | None = None


def _any(kind: str) -> str:
    found: Iterable[str] = words()["figures"][kind]
    return "(?:" + "|".join(re.escape(word) for word in sorted(found, key=len, reverse=True)) + ")"


def _stripped(written: str) -> str:
    """Without the words for people after the figure."""
    return re.sub(rf"(?:\s+{_any('people')})+$", "", written)


def parse_figure(text: str) -> Figure:
    """Read a figure as least and most.

    Raises:
        BadValue: no figure, a negative one, or a range that runs backwards.
    """
    written = _stripped(" ".join(plain_digits(text).casefold().split()))
    figures = words()["figures"]
    if written in figures["none"]:
        return Figure(0, 0)
    if written in figures["unstated"] or re.match(rf"{_any('unstated')}(?:\s+of\b.*)?$", written):
        return Figure(None, None, f"{text.strip()!r} states no figure")
    if match := re.fullmatch(rf"(.+?)\s*(?:\+|\s{_any('or_more')})", written):
        return Figure(_count(match[1], text), None)
    for kind in ("at_least", "more_than", "at_most", "fewer_than", "about"):
        if match := re.fullmatch(rf"{_any(kind)}\s*(.+)", written):
            if match[1] in figures["unstated"]:
                return Figure(None, None, f"{text.strip()!r} states no figure")
            return (
                _range(match[1], text)
                if kind == "about" and "-" in match[1]
                else _bounded(kind, match[1], text)
            )
    return _range(written, text)


def _range(written: str, text: str) -> Figure:
    """A range, or one figure."""
    join = rf"(?:\s*-\s*|\s+{_any('ranges')}\s+)"
    if match := re.fullmatch(rf"(?:{_any('between')}\s+)?(\w\S*?){join}(\S+)", written):
        low, high = _count(match[1], text), _count(match[2], text)
        if high < low:
            raise BadValue("a range from less to more", repr(text[:60]), "swap its ends")
        return Figure(low, high)
    value = _count(written, text)
    return Figure(value, value)


def _bounded(kind: str, written: str, text: str) -> Figure:
    value = _count(written, text)
    if kind == "at_least":
        return Figure(value, None)
    if kind == "more_than":
        return Figure(value + 1, None)
    if kind == "at_most":
        return Figure(None, value)
    if kind == "fewer_than":
        return Figure(None, max(value - 1, 0))
    half = _unit(value) // 2
    return Figure(max(value - half, 0), value + half, "about")


def _unit(value: int) -> int:
    """The unit of the last digit that is not zero: 10 for 20, 100 for 1200."""
    unit = 1
    while value and value % (unit * 10) == 0:
        unit *= 10
    return unit


def _count(written: str, text: str) -> int:
    named: dict[str, int] = words()["figures"]["numbers"]
    if written in named:
        return named[written]
    try:
        value = parse_integer(written)
    except BadValue:
        raise BadValue(
            "a figure such as 12, 10-20, at least 15", repr(text[:60]), "write it in digits"
        ) from None
    if value < 0:
        raise BadValue("a figure of zero or more", repr(text[:60]), "correct it")
    return value
