"""The shipped cases, read and derived once a session."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import ceasefire

if TYPE_CHECKING:
    from ceasefire import Case, Picture

CASES = Path(__file__).resolve().parents[1] / "cases"


@cache
def shipped_case(name: str) -> Case:
    """A shipped case by name."""
    return ceasefire.open_case(CASES / name)


@cache
def shipped_picture(name: str, as_of: str | None = None) -> Picture:
    """A shipped case derived, as known at an instant."""
    return ceasefire.derive(shipped_case(name), as_of=as_of)
