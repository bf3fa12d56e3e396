"""Judge an agreement on the evidence: every clause, every bearer, every clock, at one instant.

In: an ``Agreement``, and ``Evidence``, a picture or joint draws. Out: ``Complied``: verdicts, incident verdicts, clocks,
what moved them, problems, joint statements (``where``) and ``explain``. Method: worlds (docs/methods/agreement.md), with
the same draws for all clauses, so that statements about several of them agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import polars as pl
from shapely import contains_xy

from ceasefire.agreement import Agreement, By, Consecutive, Duty, Each, Never, Norm, Permission, Power
from ceasefire.agreement.language import IN_FORCE, NEVER, acts_of
from ceasefire.comply import deliveries, duties, verdicts
from ceasefire.comply.accounts import Voice, Weighed, voice, weigh
from ceasefire.comply.casting import draw
from ceasefire.comply.choices import DRAWS
from ceasefire.comply.clocks import DECLARED, course, settle_starts
from ceasefire.comply.dials import dials_of, read_clocks
from ceasefire.comply.doubles import with_doubles
from ceasefire.comply.evidence import Evidence, Tabled
from ceasefire.comply.explain import explain
from ceasefire.comply.happenings import Happening, happenings, names_of, parts
from ceasefire.comply.judged import Judged
from ceasefire.comply.lanes import BEARER, CALM, OPEN, Lane, Window
from ceasefire.comply.notes import problems_of
from ceasefire.comply.posterior import Posterior
from ceasefire.comply.prohibitions import tally
from ceasefire.comply.responses import answered_in_time
from ceasefire.comply.statements import Statement, read_statement, where
from ceasefire.comply.testimony import blamed
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
    _draws: int = DRAWS

    def where(self, identifier: str, status: str, holder: str | None = None) -> Statement:
        """The worlds in which a clause or a clock has a status, to be joined with ``&``, ``|`` and ``~``.

        Args:
            identifier: a clause, or a clock.
            status: of a clause ``breached``, ``satisfied`` or ``excused``; of a clock ``met``.
            holder: the bearer; of several bearers any one is enough if none is named.

        Raises:
            KeyError: nothing of that name is judged over worlds; the message names what is.
        """
        return where(self._judged, identifier, status, holder)

    def ask(self, words: str) -> Statement:
        """A joint statement in words, such as ``seven-days met and not S1a breached by russia``.

        Raises:
            ValueError: the words are no such statement.
            KeyError: a part of it is not judged over worlds.
        """
        return read_statement(words, self.where)

    def under(self, terms: Agreement) -> Complied:
        """The same evidence and draws under another agreement: what if it had said something else."""
        return comply(terms, self._judged.source, seed=self._seed, draws=self._draws)

    def at(self, instant: datetime | str) -> Complied:
        """The same knowledge, judged as at another instant ("as known now"), such as ``2016-09-15T12:00Z``.

        Raises:
            ValueError: the instant has no zone, or is none.
        """
        at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        if at.tzinfo is None:
            raise ValueError(f"expected an instant with its zone, such as 2016-09-15T12:00Z, found {instant}")
        source = self._judged.source
        moved = replace(source, as_of=at) if isinstance(source, Posterior) else source.at(at)
        return comply(self._judged.agreement, moved, seed=self._seed, draws=self._draws)

    def explain(self, identifier: str, t: datetime | str | None = None) -> list[tuple[str, pl.DataFrame]]:
        """The reasoning behind a clause or a clock, as tables a panel can recompute by hand.

        With ``t``, as at that instant from what is known now.

        Raises:
            KeyError: nothing has that name.
            ValueError: ``t`` has no zone, or is no instant.
        """
        return explain((self if t is None else self.at(t))._judged, identifier)


def comply(
    terms: Agreement, evidence: Evidence | Tabled | Posterior, *, seed: int = 0, draws: int = DRAWS
) -> Complied:
    """Judge every clause and clock of an agreement at ``evidence.as_of``.

    Args:
        terms: the agreement.
        evidence: tables known and derived at ``as_of``: ``Evidence``, a whole picture, or joint draws (``Posterior``).
        seed: of the draws.
        draws: number of worlds, rounded up to a multiple of 128; joint draws bring their own.

    Raises:
        ValueError: fewer than two draws, or an instant without a zone.
    """
    if draws < 2:
        raise ValueError(f"draws: expected at least 2, found {draws}")
    given = evidence if isinstance(evidence, Posterior) else None
    if not isinstance(evidence, Evidence):
        evidence = Evidence.of(evidence)
    names = names_of(terms, evidence)
    items, timeless = happenings(terms, evidence, names)
    items = [item for item in items if item.start <= evidence.as_of]
    named, ties = blamed(evidence, names)
    # An incident without any account of who did it blames nobody; only where no claims are given at all is that unknown.
    unheard = frozenset[str]() if evidence.claims.height else None
    items = [replace(item, named=named.get(item.id, unheard)) for item in items]
    if given is not None:
        items = [replace(item, authors=given.shares_of(item.id), named=None) for item in items]
    items, ties = with_doubles(items, ties, evidence)
    written, (terms, waiting) = terms, settle_starts(terms, evidence.declarations, names, evidence.as_of)
    judged = Judged(written, terms, evidence, given or evidence, names, items)
    judged.readings += waiting.values()
    for clock in terms.clocks.values():
        judged.courses[clock.id] = course(terms, clock, evidence.declarations, names, evidence.as_of)
    lanes, told = _lanes(judged)
    # What the same few voices tell of several deliveries stands or falls together.
    ties = replace(ties, alone={**ties.alone, **dict.fromkeys((i.id for i in told), deliveries.ACCOUNTS)})
    judged.worlds = draw(
        [*items, *told], ties, seed=seed, draws=draws, origin=terms.in_force.start, given=given
    )
    judged.dials = dials_of(judged)
    judged.tallied = tally(terms, judged.worlds, lanes, list(judged.dials.values()))
    judged.tallies = judged.tallied.tallies
    for norm in terms.clauses.values():
        _judge_norm(judged, norm)
    read_clocks(judged)
    for norm in terms.clauses.values():
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
        _draws=judged.worlds.draws,
    )


def window_of(judged: Judged, norm: Norm) -> Window:
    """When a clause binds: in force or during a clock, from and until what it says, before any change of its text."""

    def end_of(clock: str) -> datetime | None:
        track = judged.courses.get(clock)
        if track is None:
            return None
        ends = [x for x in (track.end, track.ended[0] if track.ended else None) if x is not None]
        return min(ends) if ends else None

    if norm.during == IN_FORCE:
        start, ends = judged.terms.in_force.start, [judged.terms.in_force.end]
    else:
        clock = judged.terms.clocks.get(norm.during)
        start, ends = clock.starts if clock else NEVER, [end_of(norm.during)]
    ends.append(norm.replaced)
    ends.append(end_of(norm.until) if isinstance(norm.until, str) else norm.until)
    known = [x for x in ends if x is not None]
    return Window(max(start, norm.since or start), min(known) if known else None)


def _judged_on_worlds(judged: Judged, norm: Norm, window: Window) -> bool:
    testable = verdicts.untestable(judged.terms, norm) is None
    return testable and window.start <= judged.evidence.as_of


def _lanes(judged: Judged) -> tuple[list[Lane], list[Happening]]:
    """Every clause and bearer to be run over the worlds, and what the access record tells of them."""
    lanes: list[Lane] = []
    told: list[Happening] = []
    watched = {name for clock in judged.terms.clocks.values() for name in clock.watches}
    placed = judged.names.placed
    for norm in judged.terms.clauses.values():
        window = window_of(judged, norm)
        judged.windows[norm.id] = window
        verb = norm.verb
        if not _judged_on_worlds(judged, norm, window):
            continue
        if isinstance(verb, Never) and verb.event.act:
            for holder in norm.who:
                lanes += [Lane(norm, holder, window, placed(verb.event), role) for role in (BEARER, OPEN)]
            if norm.id.split("@")[0] in watched:
                lanes.append(Lane(norm, "", window, placed(verb.event), CALM))
        elif isinstance(verb, Never):
            rows = deliveries.rows_in(judged.evidence, window)
            for holder in norm.who:
                found = deliveries.held_back(judged.terms, norm, verb.event, holder, rows, judged.names)
                told += _enter(judged, norm, holder, found)
                lanes.append(Lane(norm, holder, window, verb.event))
        elif isinstance(verb, Each) and verb.trigger.access:
            rows = deliveries.rows_in(judged.evidence, window)
            answers = deliveries.answers(verb, rows, judged.names)
            for holder in norm.who:
                voices = deliveries.holding_up(norm, holder, answers, rows, judged.names)
                judged.responses[norm.id, holder] = answers, voices
                late = deliveries.overdue(judged.terms, norm, holder, answers, voices, judged.horizon)
                told += _enter(judged, norm, holder, late)
                lanes.append(Lane(norm, holder, Window(window.start, None), verb.trigger))
        elif isinstance(verb, By) and verb.undone_by is not None and verb.due is not None:
            after = Window(max(window.start, verb.due), window.end)
            lanes += [Lane(norm, holder, after, placed(verb.undone_by)) for holder in norm.who]
    return lanes, told


def _enter(
    judged: Judged, norm: Norm, holder: str, found: Mapping[str, tuple[Weighed, Happening]]
) -> list[Happening]:
    judged.weighed[norm.id, holder] = {name: weighed for name, (weighed, _) in found.items()}
    return [item for _, item in found.values()]


def _judge_norm(judged: Judged, norm: Norm) -> None:
    if isinstance(norm.verb, Permission | Power | Consecutive):
        return
    window = judged.windows[norm.id]
    why_not = verdicts.untestable(judged.terms, norm)
    for holder in verdicts.holders(norm):
        bound = verdicts.Bound(judged.terms, norm, holder, window, judged.evidence.as_of, judged.horizon)
        if why_not is not None or isinstance(norm.verb, Duty):
            judged.rows.append(bound.row("not_testable", why_not or "its wording allows no test"))
        elif window.start > judged.evidence.as_of:
            judged.rows.append(bound.row("pending", "not yet in force"))
        elif isinstance(norm.verb, Never) and norm.verb.event.act:
            _judge_prohibition(judged, bound)
        elif isinstance(norm.verb, Never):
            result, weighed = judged.tallies[norm.id, holder], judged.weighed[norm.id, holder]
            if weighed:
                judged.status[norm.id, holder] = {"breached": result.breached, "satisfied": ~result.breached}
            judged.rows.append(duties.of_accounts_against(bound, result, weighed, judged.worlds))
        elif isinstance(norm.verb, By):
            _judge_deadline(judged, bound, norm.verb)
        elif isinstance(norm.verb, Each) and norm.verb.trigger.access:
            answers, voices = judged.responses[norm.id, holder]
            result = judged.tallies[norm.id, holder]
            judged.status[norm.id, holder] = {"breached": result.breached}
            judged.rows.append(duties.of_response(bound, answers, voices, result))
        elif isinstance(norm.verb, Each):
            found = answered_in_time(judged, norm, holder, window)
            judged.status[norm.id, holder] = {"breached": found.breached, "satisfied": found.satisfied}
            judged.rows.append(duties.of_answers(bound, found))


def _judge_prohibition(judged: Judged, bound: verdicts.Bound) -> None:
    key = bound.norm.id, bound.holder
    result = judged.tallies[key]
    judged.status[key] = {
        "breached": result.breached,
        "excused": result.forgiven & ~result.breached,
    }
    if result.seen and not result.n_open:
        judged.status[key]["satisfied"] = ~result.possible
    observed = bool(judged.items) or bool(judged.evidence.located.height)
    seen = judged.seen_share(bound.window)
    row, rows = verdicts.of_prohibition(bound, result, judged.worlds, observed, seen)
    judged.rows.append(row)
    judged.incident_rows += rows


def _judge_deadline(judged: Judged, bound: verdicts.Bound, verb: By) -> None:
    key = bound.norm.id, bound.holder
    result = weigh(judged.terms, bound.holder, _achievements(judged, verb, bound.holder, bound.window))
    judged.weighed[key] = {"": result}
    past = verb.due is not None and verb.due <= judged.evidence.as_of
    done = judged.worlds.coin(
        result.probability, "done", bound.norm.id, str(bound.norm.who.index(bound.holder))
    )
    undone = judged.tallies.get(key)
    kept = done if undone is None else done & ~undone.breached
    judged.status[key] = {}
    if result.terms:
        judged.status[key] = {"satisfied": kept, "breached": ~kept & past}
    elif undone is not None and undone.columns:
        # Nobody says whether it was done, and even odds are no evidence: only what showed afterwards counts.
        judged.status[key] = {"breached": undone.breached & past}
    judged.rows.append(duties.of_deadline(bound, result, verb, past, undone, kept))
    if undone is not None:
        judged.incident_rows += verdicts.incident_rows(bound, undone, judged.worlds)


def _achievements(judged: Judged, verb: By, holder: str, window: Window) -> list[Voice]:
    """Reports that say whether a bearer did what it was to achieve."""
    event, names = verb.achieve, judged.names
    if event.access:
        return deliveries.made(event, deliveries.rows_in(judged.evidence, window), verb.due, names)
    acts, spot = acts_of(event.act), names.place(event.at)
    rows = judged.evidence.located.filter(
        pl.col("act").is_in(sorted(acts))
        & (pl.col("occurred_to") >= window.start)
        & (pl.col("occurred_from") <= judged.evidence.as_of)
    )
    if verb.due is not None:
        rows = rows.filter(pl.col("occurred_from") <= verb.due)
    voices = []
    for row in rows.iter_rows(named=True):
        place = names.place(row["place_id"] or row["place_name"])
        who = {actor for option in parts(row["actor"], names) for actor in option}
        means = (row["weapon"] or "").casefold()
        fits = not event.weapon or any(word.casefold() in means for word in event.weapon)
        fits = fits and (event.within is None or _told_inside(judged.terms, event.within, row))
        if fits and (spot is None or place == spot) and holder in who:
            voices.append(voice(row["report_id"], row["source_id"], row["stance"], row["text"], names))
    return voices


def _told_inside(terms: Agreement, zone: str, row: Mapping[str, Any]) -> bool:
    """Whether a report speaks of a zone: by its point, else by the zones it names; one that says neither may."""
    shape = terms.zones[zone].geometry
    if shape is not None and row["latitude"] is not None and row["longitude"] is not None:
        return bool(contains_xy(shape, row["longitude"], row["latitude"]))
    named = [part.strip() for part in (row["zones"] or "").split(";") if part.strip()]
    return not named or zone in named


def _judge_precondition(judged: Judged, norm: Norm) -> None:
    assert isinstance(norm.verb, Consecutive)
    readings = {r.reading: r for r in judged.readings if r.clock.id == norm.verb.clock}
    reading = readings.get("counted") or readings.get(DECLARED)
    met = judged.met.get(norm.verb.clock)
    for holder in verdicts.holders(norm):
        bound = verdicts.Bound(
            judged.terms, norm, holder, judged.windows[norm.id], judged.evidence.as_of, judged.horizon
        )
        if met is not None:
            judged.status[norm.id, holder] = {"satisfied": met}
        judged.rows.append(verdicts.of_precondition(bound, reading))
