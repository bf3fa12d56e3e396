"""The instant of knowledge, as a user writes it.

In: ``as_of`` as text or datetime, the case's zone. Out: a UTC instant. A date is its end in the case's zone, because a
fact dated to a day is known when that day ends; an hour must say its zone, because each side has another.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ceasefire.ingest.values import BadValue, parse_instant
from ceasefire.problems import CaseError, Problem


def read_as_of(as_of: str | datetime, timezone: str) -> datetime:
    """The instant meant by ``as_of``.

    Raises:
        CaseError: it is not an instant, or an hour without a zone.
    """
    text = as_of.isoformat() if isinstance(as_of, datetime) else as_of.strip()
    try:
        span = parse_instant(text, ZoneInfo(timezone))
        has_hour = span.precision in ("hour", "minute", "second")
        # An hour whose meaning changes with the zone it is read in has not said its own.
        if has_hour and parse_instant(text, ZoneInfo("Pacific/Kiritimati")).start != span.start:
            raise BadValue(
                "an hour with its zone, such as 2016-09-20T12:00Z", repr(text), "add Z or an offset"
            )
    except BadValue as bad:
        told = Problem("error", "case", "bad_as_of", bad.expected, bad.found, bad.action, file="--as-of")
        raise CaseError(told) from None
    return span.end


def nothing_known(instant: datetime) -> CaseError:
    """The error when no report was recorded by ``instant``."""
    return CaseError(
        Problem(
            "error",
            "case",
            "nothing_known",
            f"reports recorded by {instant:%Y-%m-%d %H:%M}Z",
            "none",
            "choose a later instant",
            file="--as-of",
        )
    )
