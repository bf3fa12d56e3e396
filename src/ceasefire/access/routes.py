"""Routes: open, closed, contested or unknown at ``as_of``, from the last evidence.

In: the steps of the access record and located reports of blocked aid. Out: the ``routes`` table.
Method: a delivery or arrival over a route is a sign that it is open; a refusal, a hold or an attack that it is
closed. The later sign decides; signs that cannot be put in order leave it contested; old ones, unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from ceasefire.access.steps import Step, canonical
from ceasefire.model import table

STALE_DAYS = 7
"""Older evidence does not say how a route is now. Our choice: one weekly round of deliveries."""

OPEN_SIGNS = frozenset({"arrived", "delivered"})
CLOSED_SIGNS = frozenset({"letter_missing", "refused", "waiting", "turned_back", "attacked", "suspended"})
BLOCKED = "aid_blocked"


@dataclass(frozen=True)
class Sign:
    """One piece of evidence that a route was open, or closed, within an interval."""

    account: str
    is_open: bool
    begins: datetime
    ends: datetime
    what: str

    @property
    def day(self) -> str:
        """The day of its middle: that of the place, wherever on earth a day without an hour was told."""
        return f"{self.begins + (self.ends - self.begins) / 2:%Y-%m-%d}"

    @property
    def words(self) -> str:
        """What was told, its day and its row."""
        return f"{self.what} {self.day} ({self.account})"


def routes(
    steps: Sequence[Step], located: pl.DataFrame, names: Mapping[str, str], *, as_of: datetime
) -> pl.DataFrame:
    """The ``routes`` table. A departure alone, a request or a permit says nothing of the road."""
    now = as_of.astimezone(UTC).replace(tzinfo=None)
    signs = _signs(steps)
    blocked = _blocked(located, names)
    rows = []
    for start, end in sorted(signs):
        evidence = [*signs[start, end], *blocked.get(start, [])]
        evidence.sort(key=lambda s: (s.ends, s.begins, s.account))
        state, because = state_of(evidence, now)
        rows.append(
            {
                "route": f"{start} → {end}",
                "state": state,
                "last_evidence_at": evidence[-1].ends.replace(tzinfo=UTC) if evidence else None,
                "because": because,
                "accounts": "; ".join(s.account for s in evidence) or None,
            }
        )
    return table("routes").frame(rows)


def state_of(evidence: Sequence[Sign], now: datetime) -> tuple[str, str]:
    """The state of a route, and why. ``evidence`` is sorted by its end."""
    if not evidence:
        return "unknown", "no account says whether it can be passed"
    last = evidence[-1]
    opened = [s for s in evidence if s.is_open]
    closed = [s for s in evidence if not s.is_open]
    if now - last.ends > timedelta(days=STALE_DAYS):
        return "unknown", f"too old to say; the last word: {last.words}"
    for state, mine, theirs in (("open", opened, closed), ("closed", closed, opened)):
        after = [s for s in mine if all(t.ends < s.begins for t in theirs)]
        if after:
            return state, after[-1].words
    return "contested", f"{opened[-1].words}; against: {closed[-1].words}"


def _signs(steps: Sequence[Step]) -> dict[tuple[str, str], list[Sign]]:
    """The signs by route: from where the row stands to where its consignment was first said to go."""
    first: dict[str, tuple[str | None, str | None]] = {}
    for step in sorted(steps, key=lambda s: (s.certainly_after, s.order, s.access_id)):
        if step.consignment:
            start, end = first.get(step.consignment, (None, None))
            first[step.consignment] = (start or step.from_place, end or step.to_place)
    found: dict[tuple[str, str], list[Sign]] = {}
    for step in steps:
        start, end = first.get(step.consignment or "", (None, None))
        start, end = step.from_place or start, end or step.to_place
        if not start or not end:
            continue
        signs = found.setdefault((start, end), [])
        if step.begins is not None and step.ends is not None and step.kind in OPEN_SIGNS | CLOSED_SIGNS:
            what = step.kind.replace("_", " ")
            signs.append(Sign(step.access_id, step.kind in OPEN_SIGNS, step.begins, step.ends, what))
    return found


def _blocked(located: pl.DataFrame, names: Mapping[str, str]) -> dict[str, list[Sign]]:
    """Reports of blocked aid by the place they name; a denial is a sign that the place is open."""
    found: dict[str, list[Sign]] = {}
    for row in located.filter(pl.col("act") == BLOCKED).sort("report_id").iter_rows(named=True):
        denied = row["stance"] == "denies"
        begins, ends = (row[c].replace(tzinfo=None) for c in ("occurred_from", "occurred_to"))
        sign = Sign(row["report_id"], denied, begins, ends, f"aid {'not ' if denied else ''}blocked")
        for place in sorted({canonical(n, names) or n for n in (row["place_id"], row["place_name"]) if n}):
            found.setdefault(place, []).append(sign)
    return found
