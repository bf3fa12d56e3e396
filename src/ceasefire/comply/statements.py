"""Joint statements: the worlds in which something holds, so that "this and that" is one coherent probability.

In: what was judged. Out: ``Statement``. All statements of one run stand on the same worlds: joined with ``&``, ``|``
and ``~`` they give the probability of the joint statement, and never the product of two that hang together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ceasefire.comply.judged import Judged
from ceasefire.comply.worlds import error_of


@dataclass(frozen=True, eq=False)
class Statement:
    """Something that holds in some worlds. ``probability`` is their share, ``error`` its Monte Carlo standard error."""

    worlds: NDArray[np.bool_]
    words: str

    @property
    def probability(self) -> float:
        """Share of the worlds in which it holds."""
        return float(self.worlds.mean())

    @property
    def error(self) -> float:
        """Monte Carlo standard error of the share."""
        return error_of(self.worlds) or 0.0

    def given(self, other: Statement) -> float | None:
        """Probability of this where the other holds; None where the other holds in no world."""
        return float(self.worlds[other.worlds].mean()) if other.worlds.any() else None

    def __and__(self, other: Statement) -> Statement:
        return Statement(self.worlds & other.worlds, f"({self.words} and {other.words})")

    def __or__(self, other: Statement) -> Statement:
        return Statement(self.worlds | other.worlds, f"({self.words} or {other.words})")

    def __invert__(self) -> Statement:
        return Statement(~self.worlds, f"not {self.words}")


def where(judged: Judged, identifier: str, status: str, holder: str | None) -> Statement:
    """The worlds in which a clause or a clock has a status.

    Raises:
        KeyError: nothing of that name is judged over worlds; the message names what is.
    """
    if identifier in judged.met and status == "met":
        return Statement(judged.met[identifier], f"{identifier} met")
    masks = [
        found[status]
        for (norm, bearer), found in judged.status.items()
        if norm == identifier and holder in (None, bearer) and status in found
    ]
    if not masks:
        known = sorted({(n, s, h) for (n, h), found in judged.status.items() for s in found})
        told = [f"{n} {s} by {h}" for n, s, h in known if n == identifier] or [
            *sorted({n for n, _, _ in known}),
            *(f"{clock} met" for clock in judged.met),
        ]
        asked = f"{identifier} {status}" + (f" by {holder}" if holder else "")
        raise KeyError(f"{asked}: not judged over worlds; there are {', '.join(told) or 'none'}")
    who = f" by {holder}" if holder else ""
    return Statement(np.logical_or.reduce(masks), f"{identifier} {status}{who}")


_TOKEN = re.compile(r"[()]|[^\s()]+")
Where = Callable[[str, str, "str | None"], Statement]


def read_statement(text: str, find: Where) -> Statement:
    """Read a joint statement in words: ``seven-days met and not (S1a breached by russia or S4b breached)``.

    Args:
        text: parts ``ID STATUS [by BEARER]`` joined with ``and``, ``or``, ``not`` and brackets; ``and`` binds first.
        find: gives the worlds of one part, such as ``Complied.where``.

    Raises:
        ValueError: the text is no such statement; the message says where.
        KeyError: a part is not judged over worlds.
    """
    tokens = _TOKEN.findall(text)
    found, rest = _either(tokens, find)
    if rest:
        raise ValueError(f"{text!r}: expected 'and', 'or' or the end, found {rest[0]!r}")
    return found


def _either(tokens: list[str], find: Where) -> tuple[Statement, list[str]]:
    found, rest = _both(tokens, find)
    while rest[:1] == ["or"]:
        other, rest = _both(rest[1:], find)
        found |= other
    return found, rest


def _both(tokens: list[str], find: Where) -> tuple[Statement, list[str]]:
    found, rest = _part(tokens, find)
    while rest[:1] == ["and"]:
        other, rest = _part(rest[1:], find)
        found &= other
    return found, rest


def _part(tokens: list[str], find: Where) -> tuple[Statement, list[str]]:
    if tokens[:1] == ["not"]:
        found, rest = _part(tokens[1:], find)
        return ~found, rest
    if tokens[:1] == ["("]:
        found, rest = _either(tokens[1:], find)
        if rest[:1] != [")"]:
            raise ValueError(f"expected ')', found {rest[0] if rest else 'the end'!r}")
        return found, rest[1:]
    if len(tokens) < 2:
        raise ValueError(
            f"expected ID STATUS, such as 'S1a breached by russia', found {' '.join(tokens) or 'the end'!r}"
        )
    if tokens[2:3] == ["by"] and len(tokens) > 3:
        return find(tokens[0], tokens[1], tokens[3]), tokens[4:]
    return find(tokens[0], tokens[1], None), tokens[2:]
