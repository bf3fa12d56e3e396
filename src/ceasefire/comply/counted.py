"""The clocks as the incidents count them: quiet days, open roads, and what a reset would have meant.

In: a clock, the worlds' attacks under the clauses it watches, the access record. Out: readings "counted", and for
grave incidents nobody reset the clock for, readings "if reset at …". "Quiet but closed" is a state of its own: no
violence and no aid is not adherence. Days are civil days in the agreement's zone; a run is counted in hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.agreement import Agreement, Clock, Quiet
from ceasefire.comply.choices import CALM_HOURS, DAY_ONLY_HOURS, GRAVE_ACTS, GRAVE_KILLED, WHAT_IF_READINGS
from ceasefire.comply.clocks import ClockReading, Course, hours, said_on, shown
from ceasefire.comply.draws import pack
from ceasefire.comply.happenings import Happening, Names
from ceasefire.comply.kernel import Sums
from ceasefire.comply.stretches import gaps, runs
from ceasefire.vocabulary import vocabulary

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Dial:
    """What a clock watches: which clauses' incidents, from when, by civil day and by hour, deaths or attacks.

    ``at_most``: the quiet mark a day; None where it cannot be had, ``why`` says why.
    """

    clock: str
    origin: datetime
    day_ends: NDArray[np.float64]
    hours: int
    killed: bool
    watches: tuple[str, ...]
    at_most: float | None = 0.0
    why: str = ""


def dial_of(terms: Agreement, track: Course, quiet: Quiet, watches: tuple[str, ...], until: datetime) -> Dial:
    """The dial of a clock: civil days end at midnight in the agreement's zone; hours count from its start."""
    zone = ZoneInfo(terms.timezone)
    first = track.started.astimezone(zone).date()
    days = range(1, max((until - track.started).days + 3, 2))
    midnights = [datetime.combine(first + timedelta(days=d), time.min, tzinfo=zone) for d in days]
    ends = np.array([hours(m - track.started) for m in midnights])
    length = max(0, int(np.ceil(hours(until - track.started))))
    at_most = quiet.killed_a_day if quiet.killed_a_day is not None else quiet.attacks_a_day
    return Dial(track.clock.id, track.started, ends, length, quiet.killed_a_day is not None, watches, at_most)


@dataclass(frozen=True)
class Calm:
    """When it was loud under the clauses a clock watches, in every world.

    ``last``: hours from the clock's start to the last loud attack (-inf = none); ``by_day``: to the first and the last
    of each loud day. A stretch that crosses a midnight is exact, a shorter one is told in whole hours.
    """

    last: NDArray[np.float64]
    by_day: tuple[NDArray[np.float32], NDArray[np.float32]]
    loud: NDArray[np.uint64]
    noisy: NDArray[np.uint64]
    day_of: NDArray[np.int64]

    def quiet_for(self, now: float) -> NDArray[np.float64]:
        """Hours since the last loud attack, or since the start."""
        return np.asarray(now - np.maximum(self.last, 0.0))

    def share(self, now: float) -> float:
        """Share of worlds without a loud attack in the last hours."""
        return 1.0 - float((self.last > now - CALM_HOURS).mean())

    def longest(self, since: float, until: float) -> NDArray[np.float64]:
        """Longest quiet stretch between two hours of the clock."""
        first, last = max(0, int(np.ceil(since - 1e-9))), min(len(self.loud), int(until + 1e-9))
        within = runs(self.loud, self.day_of, self.noisy, first, last, len(self.last))
        return np.asarray(np.maximum(gaps(*self.by_day, since, until), within))


def calm_of(dial: Dial, k: int, sums: Sums, draws: int) -> Calm:
    """Read one clock's days and hours from the pass over all worlds."""
    above = sums.toll[k] > (np.inf if dial.at_most is None else dial.at_most)
    early = np.where(above, sums.early[k], np.float32(np.inf))
    last = np.where(above, sums.last[k], np.float32(-np.inf))
    noisy = np.stack([pack(day) for day in above])
    # An hour belongs to the day in which it begins.
    day_of = np.searchsorted(dial.day_ends, np.arange(dial.hours), side="right").astype(np.int64)
    return Calm(last.max(axis=0).astype(float), (early, last), sums.loud[k], noisy, day_of)


@dataclass(frozen=True)
class Road:
    """State of a delivery clock: when aid first got through, and what got through elsewhere."""

    opened: datetime | None
    accounts: tuple[str, ...]
    elsewhere: tuple[str, ...]


def road(clock: Clock, access: pl.DataFrame, names: Names, as_of: datetime) -> Road:
    """Read the access record for the place a delivery clock waits for."""
    assert clock.delivery is not None
    goal = names.place(clock.delivery.to)
    rows = access.filter(
        (pl.col("kind") == "delivered") & (pl.col("at") >= clock.starts) & (pl.col("at") <= as_of)
    )
    opened, accounts, elsewhere = None, [], set()
    for row in rows.sort("at", "access_id").iter_rows(named=True):
        if names.place(row["to_place"]) == goal:
            opened = opened or row["at"]
            accounts.append(row["access_id"])
        elif row["to_place"]:
            elsewhere.add(str(row["to_place"]))
    return Road(opened, tuple(accounts), tuple(sorted(elsewhere)))


def read_delivery(
    terms: Agreement, clock: Clock, way: Road, calm: float | None, as_of: datetime
) -> ClockReading:
    """The access clock: blocked while nothing gets through, not met when its time has passed.

    ``calm``: probability of calm in the last hours; None where no clause that can be tested is watched for it.
    """
    assert clock.delivery is not None
    end = clock.starts + clock.delivery.within
    needed = hours(clock.delivery.within)
    others = f"; delivered elsewhere: {', '.join(way.elsewhere)}" if way.elsewhere else ""
    nothing = f"nothing delivered to {clock.delivery.to} since {shown(clock.starts, terms)}{others}"
    achieved = hours(as_of - way.opened) if way.opened else 0.0
    if as_of < clock.starts:
        return ClockReading(
            clock, "counted", "not_started", clock.starts, end, needed, 0.0, 1.0, "not started"
        )
    if way.opened is not None and way.opened <= end:
        reason = f"delivered to {clock.delivery.to} {shown(way.opened, terms)} ({', '.join(way.accounts)})"
        return ClockReading(clock, "counted", "met", clock.starts, end, needed, achieved, 1.0, reason)
    if as_of >= end:
        late = f"delivered late, {shown(way.opened, terms)}" if way.opened else nothing
        return ClockReading(clock, "counted", "not_met", clock.starts, end, needed, achieved, 1.0, late)
    reason = f"closed: {nothing}"
    if calm is not None:
        words = "quiet but closed" if calm >= 0.5 else "closed, and not quiet"
        reason = f"{words}: {nothing}; p(nobody killed in the last {CALM_HOURS:g} h) = {calm:.2f}"
    return ClockReading(clock, "counted", "blocked", clock.starts, end, needed, 0.0, 1.0, reason)


def read_run(
    terms: Agreement,
    track: Course,
    dial: Dial,
    calm: Calm,
    way: Road | None,
    as_of: datetime,
    horizon: datetime,
) -> tuple[ClockReading, Mask]:
    """The run of quiet and open hours a precondition needs, and the worlds in which it is met."""
    clock = track.clock
    assert clock.consecutive is not None
    needed, now = hours(clock.consecutive), hours(horizon - track.started)
    nominal = track.started + clock.consecutive
    never = np.zeros(len(calm.last), dtype=bool)
    if as_of < track.started:
        reading = ClockReading(
            clock, "counted", "not_started", track.started, nominal, needed, 0.0, 1.0, "not started"
        )
        return reading, never
    stopped = "" if horizon >= track.started else "the record itself stops before it starts"
    if dial.at_most is None or stopped:
        reading = ClockReading(
            clock,
            "counted",
            "undetermined",
            track.started,
            nominal,
            needed,
            None,
            None,
            dial.why or stopped,
        )
        return reading, never
    quiet = calm.quiet_for(now)
    open_for = now if way is None else (hours(horizon - way.opened) if way.opened else 0.0)
    run = np.minimum(quiet, open_for)
    since = 0.0 if way is None else (now - open_for)
    longest = calm.longest(0.0, min(now, needed))
    met = calm.longest(since, now) >= needed if open_for > 0 else never
    share = calm.share(now)
    state, p = _run_state(float(met.mean()), open_for, as_of >= nominal)
    unseen = ""
    whole = float((quiet >= now).mean())
    if state == "not_met" and open_for > 0 and horizon < nominal and whole > 0.1:
        # Quiet and open up to where the record stops: whether it stayed so to the end, nobody saw.
        state, p, unseen = "undetermined", whole, "the record itself stops before its nominal end"
    achieved = float(np.median(run))
    ends = nominal if state in ("met", "not_met") else as_of + timedelta(hours=max(0.0, needed - achieved))
    told = (
        _told(quiet, "quiet for")
        if as_of < nominal
        else _told(longest, "longest quiet stretch by the nominal end")
    )
    if state == "blocked":
        told = ("quiet but closed: " if share >= 0.5 else "closed, and not quiet: ") + told
        p = share if share >= 0.5 else 1 - share
    access = [] if way is None else ["access open" if way.opened else "no access at all"]
    mark = [clock.quiet.placeholder] if clock.quiet and clock.quiet.placeholder else []
    reason = "; ".join([*([unseen] if unseen else []), told, *access, *mark])
    return ClockReading(
        clock, "counted", state, track.started, ends, needed, achieved, p, reason
    ), np.asarray(met)


def _told(stretch: NDArray[np.float64], words: str) -> str:
    low, best, high = np.quantile(stretch, [0.05, 0.5, 0.95])
    return f"{words} {best:.0f} h (90 % {low:.0f}-{high:.0f})"


def _run_state(p_met: float, open_for: float, past: bool) -> tuple[str, float]:
    if p_met >= 0.9:
        return "met", p_met
    if past:
        return ("not_met", 1 - p_met) if p_met <= 0.1 else ("undetermined", p_met)
    return ("running", 1 - p_met) if open_for > 0 else ("blocked", 1.0)


def grave(item: Happening) -> bool:
    """Whether an incident is grave enough to ask what a reset would have meant."""
    killed = item.killed or 0
    return killed >= GRAVE_KILLED or (item.act in GRAVE_ACTS and killed > 0)


def what_if_resets(
    terms: Agreement, track: Course, candidates: Sequence[Happening], as_of: datetime
) -> tuple[list[ClockReading], list[dict[str, Any]]]:
    """Readings of a run of days as if it had been reset at a grave incident, the gravest first; and their events.

    Only while the run lasted: after its nominal end nothing was running that could have been reset.
    """
    clock = track.clock
    assert clock.consecutive is not None
    last = min(as_of, track.started + clock.consecutive)
    chosen = sorted(
        (item for item in candidates if track.started <= item.start <= last and grave(item)),
        key=lambda item: (-(item.killed or 0), item.start, item.id),
    )[:WHAT_IF_READINGS]
    readings: list[ClockReading] = []
    events: list[dict[str, Any]] = []
    for item in sorted(chosen, key=lambda item: (item.start, item.id)):
        ends = item.start + clock.consecutive
        place = item.place or "a place not named"
        hour_known = item.hours < DAY_ONLY_HOURS
        when = (shown if hour_known else said_on)(item.start, terms)
        earliest = (shown if hour_known else said_on)(ends, terms)
        label = vocabulary("acts")[item.act].label if item.act in vocabulary("acts") else item.act
        reading = f"if reset at {place}, {when}"
        if any(r.reading == reading for r in readings):
            reading = f"{reading} [{item.id}]"
        run = hours(min(as_of, ends) - item.start)
        reason = f"nobody declared a reset; had the {label} ({item.id}) been one, earliest end {earliest}"
        state = "running" if as_of < ends else "undetermined"
        needed = hours(clock.consecutive)
        readings.append(ClockReading(clock, reading, state, item.start, ends, needed, run, None, reason))
        events.append(
            {
                "clock_id": clock.id,
                "at": item.start,
                "kind": "breach",
                "until": ends,
                "by": None,
                "joint": None,
                "declaration_id": item.id,
                "effect": f"grave incident ({label}, {place}); no reset was declared, so the clock is not moved",
            }
        )
    return readings, events
