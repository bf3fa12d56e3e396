"""The way out of the language: conditions that five verbs cannot say, as registered Python functions with a name.

In: a function of one happening and the agreement. Out: the name an agreement file uses (``test: NAME``). A file never
holds code. Functions register themselves with ``@predicate``; packages offer theirs under the entry point
``ceasefire.predicates``. A predicate must be pure: the same happening gives the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from typing import Any

Predicate = Callable[[Any, Any], bool]
_REGISTERED: dict[str, Predicate] = {}


def predicate(name: str) -> Callable[[Predicate], Predicate]:
    """Register a function of (happening, agreement) under a name.

    Raises:
        ValueError: the name is taken by another function.
    """

    def register(function: Predicate) -> Predicate:
        if _REGISTERED.setdefault(name, function) is not function:
            raise ValueError(f"predicate {name!r}: expected a new name, found one that is taken")
        return function

    return register


def predicates() -> dict[str, Predicate]:
    """All predicates by name: those of installed packages, and those registered in this process."""
    return {**_installed(), **_REGISTERED}


@cache
def _installed() -> dict[str, Predicate]:
    return {entry.name: entry.load() for entry in entry_points(group="ceasefire.predicates")}
