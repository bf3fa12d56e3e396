"""Judge an agreement on the evidence: every clause, every bearer, every clock, at one instant.

In: an ``Agreement`` and ``Evidence``. Out: ``Complied``: verdicts, incident verdicts, clocks, what moved them, problems,
and ``explain``. Method: worlds (docs/methods/agreement.md), with the same draws for all clauses, so that statements
about several of them agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from ceasefire.agreement import Agreement, By, Consecutive, Duty, Each, Never, Norm, Permission, Power
from ceasefire.agreement.language import IN_FORCE, acts_of
from ceasefire.comply import counted, verdicts
from ceasefire.comply.accounts import Voice, voice, weigh
from ceasefire.comply.clocks import DECLARED, Course, course, declared
from ceasefire.comply.evidence import Evidence, Tabled
from ceasefire.comply.explain import explain
from ceasefire.comply.happenings import happenings, names_of, parts
from ceasefire.comply.judged import Judged
from ceasefire.comply.notes import problems_of
from ceasefire.comply.prohibitions import Window, tally, unattributed
from ceasefire.comply.testimony import blamed
from ceasefire.comply.worlds import draw
from ceasefire.model import table
from ceasefire.problems import Problem


@dataclass(frozen=True)
class Complied:
    """The agreement judged at ``as_of``: tables, problems, and the reasoning behind every row."""

    verdicts: pl.DataFrame
    incident_verdicts: pl.DataFrame
    clocks: pl.DataFrame
    clock_events: pl.DataFrame
    problems: list[Problem]
    _judged: Judged = field(repr=False)
    _seed: int = 0
    _draws: int = 2000

    def explain(self, identifier: str, t: datetime | None = None) -> list[tuple[str, pl.DataFrame]]:
        """The reasoning behind a clause or a clock, as tables a panel can recompute by hand.

        With ``t`` (UTC), only what happened by then counts. Raises KeyError if nothing has that name.
        """
        judged = self._judged
        if t is not None:
            kept = judged.evidence.incidents.filter(pl.col("occurred_from") <= t)
            then = replace(judged.evidence, as_of=min(t, judged.evidence.as_of), incidents=kept)
            judged = comply(judged.terms, then, seed=self._seed, draws=self._draws)._judged
        return explain(judged, identifier)


def comply(terms: Agreement, evidence: Evidence | Tabled, *, seed: int = 0, draws: int = 2000) -> Complied:
    """Judge every clause and clock of an agreement at ``evidence.as_of``.

    Args:
        terms: the agreement.
        evidence: tables known and derived at ``as_of``: ``Evidence``, or a whole picture.
        seed: of the draws.
        draws: number of worlds.
    """
    if draws < 2:
        raise ValueError(f"draws: expected at least 2, found {draws}")
    if not isinstance(evidence, Evidence):
        evidence = Evidence.of(evidence)
    names = names_of(terms, evidence)
    items, timeless = happenings(terms, evidence, names)
    named, ties = blamed(evidence, names)
    # An incident without any account of who did it blames nobody; only where no claims are given at all is that unknown.
    unheard = frozenset[str]() if evidence.claims.height else None
    items = [replace(item, named=named.get(item.id, unheard)) for item in items]
    judged = Judged(terms, evidence, names, items, draw(items, ties, seed=seed, draws=draws))
    for clock in terms.clocks.values():
        judged.courses[clock.id] = course(terms, clock, evidence.declarations, names, evidence.as_of)
    for norm in terms.norms.values():
        _judge_norm(judged, norm)
    _judge_clocks(judged)
    for norm in terms.norms.values():
        if isinstance(norm.verb, Consecutive):
            _judge_precondition(judged, norm)
    judged.rows += verdicts.patron_rows(terms, judged.rows)
    judged.problems += problems_of(judged, timeless)
    return Complied(
        verdicts=table("verdicts").frame(judged.rows),
        incident_verdicts=table("incident_verdicts").frame(judged.incident_rows),
        clocks=table("clocks").frame(reading.row() for reading in judged.readings),
        clock_events=table("clock_events").frame(judged.events),
        problems=judged.problems,
        _judged=judged,
        _seed=seed,
        _draws=draws,
    )


def _window(judged: Judged, norm: Norm) -> Window:
    if norm.during == IN_FORCE:
        return Window(judged.terms.in_force.start, judged.terms.in_force.end)
    track = judged.courses[norm.during]
    ends = [x for x in (track.end, track.ended[0] if track.ended else None) if x is not None]
    return Window(track.clock.starts, min(ends) if ends else None)


def _judge_norm(judged: Judged, norm: Norm) -> None:
    if isinstance(norm.verb, Permission | Power | Consecutive):
        return
    window = _window(judged, norm)
    why_not = verdicts.untestable(judged.terms, norm)
    for holder in verdicts.holders(norm):
        bound = verdicts.Bound(judged.terms, norm, holder, window, judged.evidence.as_of, judged.horizon)
        if why_not is not None or isinstance(norm.verb, Duty):
            judged.rows.append(bound.row("not_testable", why_not or "its wording allows no test"))
        elif window.start > judged.evidence.as_of:
            judged.rows.append(bound.row("pending", "not yet in force"))
        elif isinstance(norm.verb, Never) and norm.verb.event.act:
            _judge_prohibition(judged, bound, window)
        elif isinstance(norm.verb, Never):
            voices, deliveries = _held_back(judged, norm, holder, window)
            judged.weighed[norm.id, holder] = weigh(judged.terms, holder, voices)
            without = {
                name: 1
                - weigh(
                    judged.terms, holder, [v for v in voices if deliveries[v.account] != name]
                ).probability
                for name in sorted(set(deliveries.values()))
            }
            judged.rows.append(verdicts.of_accounts_against(bound, judged.weighed[norm.id, holder], without))
        elif isinstance(norm.verb, By):
            voices = _achievements(judged, norm.verb, holder, window)
            judged.weighed[norm.id, holder] = weigh(judged.terms, holder, voices)
            result = judged.weighed[norm.id, holder]
            judged.rows.append(verdicts.of_deadline(bound, result, norm.verb.due, norm.verb.when))
        elif isinstance(norm.verb, Each):
            _judge_response(judged, bound, norm.verb, window)


def _judge_prohibition(judged: Judged, bound: verdicts.Bound, window: Window) -> None:
    result = tally(judged.terms, bound.norm, bound.holder, window, judged.items, judged.worlds)
    judged.tallies[bound.norm.id, bound.holder] = result
    observed = bool(judged.items) or bool(judged.evidence.located.height)
    row, rows = verdicts.of_prohibition(bound, result, judged.items, judged.worlds.draws, observed)
    judged.rows.append(row)
    judged.incident_rows += rows


def _held_back(judged: Judged, norm: Norm, holder: str, window: Window) -> tuple[list[Voice], dict[str, str]]:
    """Accounts that the bearer held aid back, and the delivery each speaks of."""
    assert isinstance(norm.verb, Never)
    event, names = norm.verb.event, judged.names
    goal = names.place(event.to)
    voices: list[Voice] = []
    deliveries: dict[str, str] = {}
    for row in _access_rows(judged, window).iter_rows(named=True):
        if row["kind"] not in event.access or (goal is not None and names.place(row["to_place"]) != goal):
            continue
        named = {actor for option in parts(row["authority"], names) for actor in option}
        if holder in named and row["reported_by"]:
            camp = names.camp_of.get(row["reported_by"])
            voices.append(Voice(row["access_id"], row["reported_by"], camp, "no", row["text"]))
            deliveries[row["access_id"]] = row["consignment"] or row["access_id"]
    return voices, deliveries


def _access_rows(judged: Judged, window: Window) -> pl.DataFrame:
    rows = judged.evidence.access.filter(
        (pl.col("at") >= window.start - timedelta(days=1)) & (pl.col("at") <= judged.evidence.as_of)
    )
    # A day without an hour starts at its midnight: it counts if any of it lies inside the window.
    latest = pl.coalesce("at_latest", "at")
    rows = rows.filter(latest >= window.start)
    return rows if window.end is None else rows.filter(pl.col("at") < window.end)


def _achievements(judged: Judged, verb: By, holder: str, window: Window) -> list[Voice]:
    """Reports that say whether a bearer did what it was to achieve."""
    event, names = verb.achieve, judged.names
    acts, spot = acts_of(event.act), names.place(event.at)
    rows = judged.evidence.located.filter(
        pl.col("act").is_in(sorted(acts))
        & (pl.col("occurred_to") >= window.start)
        & (pl.col("occurred_from") <= judged.evidence.as_of)
    )
    voices = []
    for row in rows.iter_rows(named=True):
        place = names.place(row["place_id"] or row["place_name"])
        who = {actor for option in parts(row["actor"], names) for actor in option}
        if (spot is None or place == spot) and holder in who:
            voices.append(voice(row["report_id"], row["source_id"], row["stance"], row["text"], names))
    return voices


def _judge_response(judged: Judged, bound: verdicts.Bound, verb: Each, window: Window) -> None:
    names = judged.names
    rows = _access_rows(judged, window)

    def matching(kinds: tuple[str, ...], to: str | None) -> list[Mapping[str, Any]]:
        goal = names.place(to)
        return [
            row
            for row in rows.sort("at", "access_id").iter_rows(named=True)
            if row["kind"] in kinds and (goal is None or names.place(row["to_place"]) == goal)
        ]

    answers = matching(verb.expect.access, verb.expect.to)
    triggers: dict[str, Mapping[str, Any]] = {}
    for row in matching(verb.trigger.access, verb.trigger.to):
        triggers.setdefault(row["consignment"] or row["access_id"], row)
    found = []
    for name, row in triggers.items():
        followed = [a["at"] for a in answers if a["at"] >= row["at"] and (a["consignment"] or name) == name]
        words = rows.filter(pl.coalesce("consignment", "access_id") == name)
        heard = words.select(pl.coalesce("at_latest", "at").max()).item()
        found.append(verdicts.Response(name, row["at"], followed[0] if followed else None, heard))
    named = [
        Voice(row["access_id"], row["reported_by"], names.camp_of.get(row["reported_by"]), "no", row["text"])
        for row in rows.sort("at", "access_id").iter_rows(named=True)
        if row["consignment"] in triggers
        and row["kind"] in ("refused", "turned_back", "letter_missing", "waiting", "condition")
        and row["reported_by"]
        and bound.holder in {a for option in parts(row["authority"], names) for a in option}
    ]
    judged.responses[bound.norm.id, bound.holder] = found
    judged.rows.append(verdicts.of_response(bound, found, named))


def _judge_clocks(judged: Judged) -> None:
    terms, as_of = judged.terms, judged.evidence.as_of
    for clock in terms.clocks.values():
        track = judged.courses[clock.id]
        judged.readings += declared(terms, track, as_of, judged.horizon)
        violence = _violence(judged, clock.watches or _watchers(terms, clock.id))
        if clock.delivery is not None:
            way = counted.road(clock, judged.evidence.access, judged.names, as_of)
            calm = counted.calm_share(_loud(judged, track, violence), track.started, judged.horizon)
            judged.readings.append(counted.read_delivery(terms, clock, way, calm, as_of))
        elif clock.consecutive is not None:
            loud = _loud(judged, track, violence)
            calm = counted.calm_share(loud, track.started, judged.horizon)
            gate = terms.clocks.get(clock.access or "")
            road = counted.road(gate, judged.evidence.access, judged.names, as_of) if gate else None
            judged.readings.append(counted.read_run(terms, track, loud, road, calm, as_of, judged.horizon))
            listed = {
                r["incident_id"] for r in judged.incident_rows if r["verdict"] in ("breached", "undetermined")
            }
            candidates = [item for item in violence.items if item.id in listed]
            readings, events = counted.what_if_resets(terms, track, candidates, as_of)
            judged.readings += readings
            judged.events += events
        judged.events += track.events


def _watchers(terms: Agreement, gate: str) -> tuple[str, ...]:
    """The clauses watched by the clock that asks whether this road is open."""
    return next((c.watches for c in terms.clocks.values() if c.access == gate), ())


def _violence(judged: Judged, watches: tuple[str, ...]) -> counted.Violence:
    """Attacks that count under the watched clauses, whoever did them: also those that nobody is blamed for."""
    masks: dict[int, Any] = {}
    for watched in watches:
        clause = judged.terms.norms[watched]
        window = _window(judged, clause)
        for column, item in enumerate(judged.items):
            if not item.authors or item.named == frozenset():
                mask = unattributed(judged.terms, clause, window, item, column, judged.worlds)
                if mask.any():
                    masks[column] = mask
    for (norm, _), result in judged.tallies.items():
        if norm in watches:
            for column, mask in zip(result.columns, result.counted, strict=True):
                masks[column] = masks[column] | mask if column in masks else mask
    columns = tuple(sorted(masks))
    return counted.Violence(
        tuple(judged.items[c] for c in columns), columns, tuple(masks[c] for c in columns)
    )


def _loud(judged: Judged, track: Course, violence: counted.Violence) -> Any:
    quiet = track.clock.quiet or next(
        (c.quiet for c in judged.terms.clocks.values() if c.access == track.clock.id and c.quiet), None
    )
    if quiet is None:
        return np.full((judged.worlds.draws, 0), np.inf)
    zone = ZoneInfo(judged.terms.timezone)
    first = track.started.astimezone(zone).date()
    days = (judged.evidence.as_of - track.started).days + 3
    midnights = [
        datetime.combine(first + timedelta(days=d), datetime.min.time(), tzinfo=zone)
        for d in range(1, max(days, 2))
    ]
    edges = np.array([(m - track.started).total_seconds() / 3600 for m in midnights])
    return violence.loud(quiet, track.started, judged.worlds, edges)


def _judge_precondition(judged: Judged, norm: Norm) -> None:
    assert isinstance(norm.verb, Consecutive)
    readings = {r.reading: r for r in judged.readings if r.clock.id == norm.verb.clock}
    reading = readings.get("counted") or readings.get(DECLARED)
    for holder in verdicts.holders(norm):
        bound = verdicts.Bound(
            judged.terms, norm, holder, _window(judged, norm), judged.evidence.as_of, judged.horizon
        )
        judged.rows.append(verdicts.of_precondition(bound, reading))
