"""The agreement's clocks as the parties declared them: start, extension, offer, reset, end, lapse.

In: a clock and the declarations recorded by ``as_of``. Out: readings (state, start, end, hours) and what moved the
clock, with the effect of each declaration in words, also where it had none. A declaration moves a clock only if those
who may move it made it; an offer gives a reading of its own, "if it was agreed", and leaves the declared one alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ceasefire.agreement import Agreement, Clock
from ceasefire.comply.happenings import Names

DECLARED = "declared"


@dataclass(frozen=True)
class ClockReading:
    """One reading of a clock at ``as_of``: what it says if read this way. Hours and UTC instants."""

    clock: Clock
    reading: str
    state: str
    started_at: datetime | None
    ends_at: datetime | None
    needed_hours: float | None
    achieved_hours: float | None
    probability: float | None
    reason: str

    def row(self) -> dict[str, Any]:
        """As a row of table ``clocks``."""
        return {
            "clock_id": self.clock.id,
            "title": self.clock.title,
            "owner": "+".join(self.clock.owner),
            "reading": self.reading,
            "state": self.state,
            "started_at": self.started_at,
            "ends_at": self.ends_at,
            "needed_hours": self.needed_hours,
            "achieved_hours": self.achieved_hours,
            "probability": self.probability,
            "reason": self.reason,
        }


@dataclass
class Course:
    """A clock on its way: where it stands while declarations are read in order."""

    clock: Clock
    started: datetime
    end: datetime | None
    ended: tuple[datetime, str] | None = None
    not_met: list[str] = field(default_factory=list)
    late_end: tuple[datetime, str] | None = None
    offers: list[tuple[float, datetime]] = field(default_factory=list)
    resets: list[datetime] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


def hours(length: timedelta) -> float:
    """A length in hours."""
    return length.total_seconds() / 3600


def shown(at: datetime, terms: Agreement) -> str:
    """An instant in words, in the zone of the agreement."""
    local = at.astimezone(ZoneInfo(terms.timezone))
    return f"{local.day} {local:%B %Y %H:%M} ({terms.timezone})"


def said_on(at: datetime, terms: Agreement) -> str:
    """When words were said: a local midnight stands for a day whose hour is not known, and gets none."""
    local = at.astimezone(ZoneInfo(terms.timezone))
    return f"{local.day} {local:%B %Y}" if (local.hour, local.minute) == (0, 0) else shown(at, terms)


def course(
    terms: Agreement, clock: Clock, declarations: pl.DataFrame, names: Names, as_of: datetime
) -> Course:
    """Read the declarations of one clock in their order."""
    span = clock.length or clock.consecutive or (clock.delivery.within if clock.delivery else None)
    track = Course(clock, clock.starts, clock.until or (clock.starts + span if span else None))
    rows = declarations.filter((pl.col("clock") == clock.id) & (pl.col("at") <= as_of))
    listed = list(rows.sort("at", "declaration_id").iter_rows(named=True))
    if not any(row["kind"] == "start" for row in listed) and clock.starts <= as_of:
        _note(
            track,
            clock.starts,
            "start",
            track.end,
            "+".join(clock.owner),
            True,
            None,
            "starts as the agreement says",
        )
    for row in listed:
        _STEPS.get(row["kind"], _unknown)(terms, track, row, names)
    if track.clock.renew != "nobody" or clock.length:
        _lapse(terms, track, as_of)
    return track


def settle_starts(
    terms: Agreement, declarations: pl.DataFrame, names: Names, as_of: datetime
) -> tuple[Agreement, dict[str, ClockReading]]:
    """The agreement with the starts of clocks that waited for another, where all owners declared them by ``as_of``.

    A clock whose start nobody declared is taken out, and comes back as a reading: it has not started.
    """
    clocks, waiting = dict(terms.clocks), {}
    for clock in terms.clocks.values():
        if clock.after is None:
            continue
        rows = declarations.filter(
            (pl.col("clock") == clock.id) & (pl.col("kind") == "start") & (pl.col("at") <= as_of)
        )
        track = Course(clock, clock.starts, None)
        agreed = [
            row["at"] for row in rows.sort("at").iter_rows(named=True) if _owners(terms, track, row, names)[1]
        ]
        if agreed:
            clocks[clock.id] = replace(clock, starts=agreed[0], after=None)
            continue
        del clocks[clock.id]
        said = " (one side alone said so)" if rows.height else ""
        words = f"starts when {clock.after} is met and its owners say so; that is not on record{said}"
        waiting[clock.id] = ClockReading(clock, DECLARED, "not_started", None, None, None, None, None, words)
    return replace(terms, clocks=clocks), waiting


def declared(terms: Agreement, track: Course, as_of: datetime, horizon: datetime) -> list[ClockReading]:
    """The declared reading of a clock, and one for each offer that would have moved it.

    ``horizon``: up to when anybody was looking; a clock without an end is not said to run beyond it.
    """
    clock = track.clock
    if clock.delivery is not None:
        return []
    readings = [_declared_reading(terms, track, as_of, horizon)]
    for offered, until in track.offers:
        state = "running" if as_of < until else "lapsed"
        readings.append(
            ClockReading(
                clock,
                f"if the {offered:g} h offer was agreed",
                state,
                track.started,
                until,
                hours(until - track.started),
                max(0.0, hours(min(as_of, until) - track.started)),
                None,
                f"offered, and not found to be agreed by all owners; it would run to {shown(until, terms)}",
            )
        )
    if track.late_end is not None:
        at, words = track.late_end
        until_then = replace(
            readings[0], reading="as ended by its owner's words", ends_at=at, state="ended", reason=words
        )
        readings.append(replace(until_then, achieved_hours=hours(at - track.started)))
    return readings


def _declared_reading(terms: Agreement, track: Course, as_of: datetime, horizon: datetime) -> ClockReading:
    clock, end = track.clock, track.end
    needed = hours(clock.consecutive) if clock.consecutive else (hours(end - track.started) if end else None)
    seen = horizon if end is None and track.ended is None else None
    last = min(x for x in (as_of, seen, end, track.ended[0] if track.ended else None) if x is not None)
    achieved = max(0.0, hours(last - track.started))
    if as_of < track.started:
        state, reason = "not_started", f"starts {shown(track.started, terms)}"
    elif track.not_met and clock.consecutive:
        state, reason = "not_met", "; ".join(track.not_met)
    elif track.ended is not None:
        state, reason = "ended", track.ended[1]
    elif end is None and as_of > horizon:
        state = "undetermined"
        until = horizon.astimezone(ZoneInfo(terms.timezone))
        reason = f"open-ended; no end is on record, and the record itself stops by {until.day} {until:%B %Y}"
    elif end is None or as_of < end:
        state = "running"
        reason = f"runs to {shown(end, terms)}" if end else "open-ended"
    elif clock.consecutive:
        state, reason = "undetermined", "the time has passed and its owners did not say that it was met"
    elif clock.until:
        state, reason = "ended", f"its declared end passed, {shown(end, terms)}; no renewal is on record"
    else:
        state, reason = "lapsed", f"ran out {shown(end, terms)}; no extension by all owners is on record"
    return ClockReading(clock, DECLARED, state, track.started, end, needed, achieved, None, reason)


def _owners(terms: Agreement, track: Course, row: Mapping[str, Any], names: Names) -> tuple[bool, bool]:
    """Whether any owner is among the speakers, and whether all owners agreed."""
    speakers = {names.party(a.strip()) for a in (row["by"] or "").replace("|", "+").split("+") if a.strip()}
    some = bool(speakers & set(track.clock.owner))
    return some, some and (bool(row["joint"]) or set(track.clock.owner) <= speakers)


def _may(rule: str, some: bool, everyone: bool) -> bool:
    return everyone if rule == "all-owners" else (some if rule == "any-owner" else False)


def _note(
    track: Course,
    at: datetime,
    kind: str,
    until: datetime | None,
    by: str | None,
    joint: bool | None,
    source: str | None,
    effect: str,
) -> None:
    track.events.append(
        {
            "clock_id": track.clock.id,
            "at": at,
            "kind": kind,
            "until": until,
            "by": by,
            "joint": joint,
            "declaration_id": source,
            "effect": effect,
        }
    )


def _told(track: Course, row: Mapping[str, Any], effect: str) -> None:
    _note(track, row["at"], row["kind"], row["until"], row["by"], row["joint"], row["declaration_id"], effect)


def _start(terms: Agreement, track: Course, row: Mapping[str, Any], names: Names) -> None:
    effect = "starts as the agreement says"
    if row["at"] != track.clock.starts:
        effect = f"announced; the agreement's own start, {shown(track.clock.starts, terms)}, stands"
    elif row["until"] is not None and track.end is not None and row["until"] != track.end:
        effect = f"starts; the agreement's own end, {shown(track.end, terms)}, stands"
    _told(track, row, effect)


def _extend(terms: Agreement, track: Course, row: Mapping[str, Any], names: Names) -> None:
    some, everyone = _owners(terms, track, row, names)
    if not _may(track.clock.renew, some, everyone):
        why = "not all owners agreed" if some else "no owner of the clock spoke"
        _told(track, row, f"does not move the clock: {why}")
        return
    if track.end is None:
        _told(track, row, "no effect: the clock has no end")
        return
    late = row["at"] > track.end
    until = row["until"] or ((row["at"] if late else track.end) + (track.clock.length or timedelta(0)))
    if until <= track.end:
        _told(track, row, "no effect: the new end is not later")
        return
    gap = f" after it had run out {shown(track.end, terms)}" if late else ""
    track.end = until
    _told(track, row, f"extended{gap} to {shown(until, terms)}")


def _offer(terms: Agreement, track: Course, row: Mapping[str, Any], names: Names) -> None:
    until = row["until"] or (track.end + track.clock.length if track.end and track.clock.length else None)
    if until is None or track.end is None or until <= track.end:
        _told(track, row, "an offer without a later end; does not move the clock")
        return
    offer = (round(hours(until - track.end), 6), until)
    if offer not in track.offers:
        track.offers.append(offer)
    _told(
        track, row, f"an offer; does not move the clock, which would run to {shown(until, terms)} if agreed"
    )


def _reset(terms: Agreement, track: Course, row: Mapping[str, Any], names: Names) -> None:
    some, everyone = _owners(terms, track, row, names)
    if not _may(track.clock.reset, some, everyone):
        _told(
            track, row, "does not reset the clock: " + ("not all owners agreed" if some else "no owner spoke")
        )
        return
    span = track.clock.consecutive or track.clock.length
    if not span and track.end is not None and row["at"] >= track.end:
        _told(track, row, f"no effect: the end, {shown(track.end, terms)}, had already passed")
        return
    track.started = row["at"]
    track.resets.append(row["at"])
    track.end = row["at"] + span if span else track.end
    _told(
        track, row, f"starts again; earliest end {shown(track.end, terms)}" if track.end else "starts again"
    )


def _end(terms: Agreement, track: Course, row: Mapping[str, Any], names: Names) -> None:
    some, _ = _owners(terms, track, row, names)
    if not some:
        _told(track, row, "does not move the clock: no owner of the clock spoke")
    elif track.end is not None and row["at"] >= track.end:
        words = (
            f"declared over {said_on(row['at'], terms)}, after its end {shown(track.end, terms)} had passed"
        )
        if row["kind"] == "end":
            track.late_end = (row["at"], words)
        _told(track, row, f"no effect: the end, {shown(track.end, terms)}, had already passed")
    else:
        verb = "suspended" if row["kind"] == "suspend" else "ended"
        track.ended = (row["at"], f"{verb} by {row['by']}, {said_on(row['at'], terms)}")
        _told(track, row, verb)


def _not_met(terms: Agreement, track: Course, row: Mapping[str, Any], names: Names) -> None:
    some, _ = _owners(terms, track, row, names)
    if not some:
        _told(track, row, "noted: no owner of the clock spoke")
        return
    track.not_met.append(
        f"{row['by']} said, {said_on(row['at'], terms)}, that the terms were not met; all owners must agree"
    )
    _told(track, row, "not met: all owners would have to be satisfied")


def _unknown(terms: Agreement, track: Course, row: Mapping[str, Any], names: Names) -> None:
    _told(track, row, "noted")


_STEPS = {
    "start": _start,
    "extend": _extend,
    "offer": _offer,
    "reset": _reset,
    "end": _end,
    "suspend": _end,
    "lapse": _end,
    "not_met": _not_met,
}


def _lapse(terms: Agreement, track: Course, as_of: datetime) -> None:
    """The end that passed without words."""
    if track.end is None or track.end > as_of or (track.ended and track.ended[0] < track.end):
        return
    kind, words = (
        ("end", "its declared end passes") if track.clock.until else ("lapse", "runs out, not extended")
    )
    _note(track, track.end, kind, None, None, None, None, f"{words}, {shown(track.end, terms)}")
