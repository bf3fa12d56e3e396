"""One clause watched for one bearer: what must not happen, when, and in which part.

In: nothing. Out: ``Lane`` and ``Window``, which the judge makes and the compiled pass runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ceasefire.agreement import Event, Norm

BEARER, OPEN, CALM = "bearer", "open", "calm"


@dataclass(frozen=True)
class Window:
    """When a clause binds: from ``start`` up to ``end`` (None = still open). UTC."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Lane:
    """One clause watched for one bearer; ``event`` is what must not happen.

    ``role``: what is its doing (``bearer``), what nobody is blamed for and may be its doing (``open``), or what
    disturbs the calm whoever did it (``calm``).
    """

    norm: Norm
    holder: str
    window: Window
    event: Event
    role: str = BEARER
