"""The stage: reports in, incidents out, with the doubt and the reasons.

In: reports (report_id, source_id, occurred_from, occurred_to; all else optional), sources, decisions. Out: ``Fused``.
Order: encode, index, learn, link, cluster; the tables are made when they are asked for. Row order never matters; the same
reports give the same bytes.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from ceasefire.fuse.candidates import Index, index
from ceasefire.fuse.cluster import Bonds, bond, cluster
from ceasefire.fuse.compare import Scale
from ceasefire.fuse.copies import find_origins
from ceasefire.fuse.counts import day_counts
from ceasefire.fuse.decisions import Ruling, coded_apart, coded_as_one, read_decisions
from ceasefire.fuse.doubt import alternatives, membership
from ceasefire.fuse.encode import Encoded, Flags, Habit, Ints, draft, encode, survey
from ceasefire.fuse.explain import explain_incident
from ceasefire.fuse.habits import habit_problems
from ceasefire.fuse.incidents import describe
from ceasefire.fuse.labels import refined
from ceasefire.fuse.learn import Lesson, study
from ceasefire.fuse.lineage import incident_ids, trace_names
from ceasefire.fuse.links import Links, link
from ceasefire.fuse.listing import list_links
from ceasefire.fuse.reading import read_reports
from ceasefire.fuse.words import counters
from ceasefire.model import table
from ceasefire.problems import Problem


class Fused:
    """Incidents and what they rest on.

    ``memberships``, ``incidents``, ``links``, ``lineage``, ``alternatives``: tables. ``weights``: one row a level of a feature,
    with the default beside it. ``problems``: rows that could not be used, crowds that could not be compared in full, accounts that
    contradict each other. Each is made when it is first asked for. ``lesson``: what was learned, to be used on later reports.
    """

    def __init__(
        self,
        data: Encoded,
        lesson: Lesson,
        scale: Scale,
        links: Links,
        bonds: Bonds,
        label: Ints,
        ruling: Ruling,
        sources: pl.DataFrame | None,
        previous: pl.DataFrame | None,
        problems: tuple[Problem, ...],
    ) -> None:
        self.lesson = lesson
        self._data, self._scale, self._links = data, scale, links
        self._bonds, self._label, self._ruling = bonds, label, ruling
        self._sources, self._previous, self._found = sources, previous, problems

    @cached_property
    def memberships(self) -> pl.DataFrame:
        """Table ``memberships``, by report id."""
        origin, basis = self._origins
        told = {
            "report_id": self._ids,
            "incident_id": self._incident,
            "probability": self._probability[self._grid_row],
            "origin_id": self._ids.gather(origin),
            "copy_basis": basis,
        }
        return table("memberships").conform(pl.DataFrame(told))

    @cached_property
    def incidents(self) -> pl.DataFrame:
        """Table ``incidents``, by incident id."""
        return self._described[0]

    @cached_property
    def links(self) -> pl.DataFrame:
        """Table ``links``."""
        return list_links(self._data, self._scale, self._links, self._label, self._ruling, self._grid_row)

    @cached_property
    def lineage(self) -> pl.DataFrame:
        """Table ``lineage``."""
        return trace_names(*self.traced, self._previous)

    @cached_property
    def traced(self) -> tuple[pl.DataFrame, Ints, Ints, Ruling]:
        """What names are traced through: members by id, the ends of positive links inside incidents, and decisions."""
        members = self._frame.select("report_id", "recorded_at").with_columns(self._incident)
        inside = (self._label[self._links.left] == self._label[self._links.right]) & (self._links.weight > 0)
        rank = self._data.rank
        left, right = rank[self._links.left[inside]], rank[self._links.right[inside]]
        return members, left, right, self._ruling

    @cached_property
    def alternatives(self) -> pl.DataFrame:
        """Table ``alternatives``."""
        rank = self._data.rank
        incident = self._incident.gather(rank).to_list()
        ids = self._frame["report_id"].gather(rank).to_list()
        return alternatives(self._bonds, self._label, self._probability, incident, ids)

    @cached_property
    def day_counts(self) -> pl.DataFrame:
        """Happenings a day (UTC): day, best, low, high."""
        return day_counts(self.incidents, self.alternatives)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be used or does not agree."""
        return self._found + tuple(self._described[1])

    @cached_property
    def weights(self) -> pl.DataFrame:
        """The weights in force."""
        return self.lesson.weights.frame(meant=len(self._data.deck.meaning) > 0)

    def explain(self, incident_id: str) -> list[tuple[str, pl.DataFrame]]:
        """Why these reports are one incident: titled tables whose weights sum.

        Raises:
            KeyError: there is no such incident.
        """
        told = explain_incident(incident_id, self.memberships, self.links, self.lineage, self.weights)
        mine = (pl.col("incident_id") == incident_id) | (pl.col("other_id") == incident_id)
        return [*told[:-1], ("May be one with another, or two", self.alternatives.filter(mine)), told[-1]]

    @cached_property
    def _frame(self) -> pl.DataFrame:
        """The usable reports by id. Columns without any value are not moved about: most tables fill few."""
        frame = self._data.frame
        empty = [c for c in frame.columns if frame[c].null_count() == frame.height]
        filled = frame.drop(empty)[self._data.by_id]
        return filled.with_columns(pl.lit(None, dtype=frame.schema[c]).alias(c) for c in empty).select(
            frame.columns
        )

    @cached_property
    def _grid_row(self) -> Ints:
        """The grid row of each report, by id."""
        return np.argsort(self._data.rank)

    @cached_property
    def _incident(self) -> pl.Series:
        """The incident id of each report, by id."""
        recorded = self._data.frame["recorded_at"].gather(self._data.by_id)
        return incident_ids(self._ids, recorded, self._label[self._grid_row])

    @cached_property
    def _probability(self) -> Any:
        """Membership probability of each grid row."""
        return membership(self._bonds, self._label)

    @cached_property
    def _origins(self) -> tuple[Ints, pl.Series]:
        """The report each descends from, and why, by id."""
        data, label = self._data, self._label[self._grid_row]
        return find_origins(data.frame, data.by_id, label, data.deck, self._grid_row, self._sources)

    def _put_right(self) -> list[pl.Expr]:
        """The times of reports whose source is known to be late or early, without that."""
        late = {name: habit.late for name, habit in self.lesson.habits.items() if habit.late}
        if not late:
            return []
        source = pl.col("source_id").str.strip_chars().str.to_lowercase()
        minutes = source.replace_strict(late, default=0, return_dtype=pl.Int64)
        return [pl.col(c) - pl.duration(minutes=minutes) for c in ("occurred_from", "occurred_to")]

    @cached_property
    def _ids(self) -> pl.Series:
        """The report ids, sorted."""
        return self._data.frame["report_id"].gather(self._data.by_id)

    @cached_property
    def _described(self) -> tuple[pl.DataFrame, list[Problem]]:
        """Incidents, and notes on what their accounts disagree about."""
        rows = self._data.deck.rows[self._grid_row]
        probability = self._probability[self._grid_row]
        pointed = pl.Series((rows["flags"] & 1) > 0)
        told = self._frame.with_columns(
            self._incident,
            self._ids.gather(self._origins[0]).alias("origin_id"),
            pl.Series("sigma", rows["sigma"].astype(np.float64)),
            *(pl.when(pointed).then(pl.col(c)).alias(c) for c in ("latitude", "longitude")),
            *self._put_right(),
        )
        made, notes = describe(told)
        sure = pl.DataFrame({"incident_id": self._incident, "cohesion": probability})
        made = made.join(
            sure.group_by("incident_id").agg(pl.col("cohesion").min()), on="incident_id", how="left"
        )
        return table("incidents").conform(made), notes


def fuse(
    reports: pl.DataFrame,
    sources: pl.DataFrame | None = None,
    *,
    decisions: pl.DataFrame | None = None,
    actors: pl.DataFrame | None = None,
    previous: pl.DataFrame | None = None,
    labels: pl.DataFrame | None = None,
    lesson: Lesson | None = None,
    seed: int = 0,
) -> Fused:
    """Group reports that speak of one happening.

    Args:
        reports: table ``reports`` or ``located``, or any frame with report_id, source_id, occurred_from and
            occurred_to (UTC). Acts, actors and sources may be any words.
        sources: table ``sources``; names of outlets help to find who relays whom.
        decisions: table ``decisions``; in force at once, and gone when withdrawn.
        actors: table ``actors``; aliases and parties make actors alike.
        previous: memberships of an earlier run; the lineage then says what became of its names.
        labels: pairs whose truth is known, as a table ``decisions``; they refine the weights and bind nothing.
        lesson: what an earlier run learned (``Fused.lesson``), used instead of learning anew.
        seed: for the sample of reports that weights are learned from.

    Raises:
        TableError: a required column is missing.
    """
    lacking = [c for c in table("reports").required if c not in reports.columns]
    if lacking:
        table("reports").conform(reports)
    frame, by_id, problems = read_reports(reports)
    names = aliases_of(actors)

    def prepared(habits: dict[str, Habit]) -> tuple[Encoded, Index]:
        made = draft(frame, by_id, habits)
        known = lesson.survey if lesson else survey(made, counters(frame.height))
        data = encode(made, known, names)
        return data, index(data)

    data, found = prepared(lesson.habits if lesson else {})
    if lesson is None:
        learned = study(data, found, seed)
        if learned.habits:  # compared anew, with what some sources get wrong put right
            data, found = prepared(learned.habits)
            learned = replace(study(data, found, seed), habits=learned.habits)
        lesson = learned
    problems += habit_problems(lesson.habits, data.sources)
    grid_row = np.argsort(data.rank)
    if labels is not None:
        lesson, untaught = _refined(lesson, data, grid_row, labels)
        problems += untaught
    scale = lesson.scale(data)
    links = link(data, found, scale, np.arange(data.n))
    ruling, unusable = rulings(data, links, decisions)
    same, different = (grid_pairs(side, grid_row) for side in (ruling.same, ruling.different))
    bonds = bond(data, scale, links, same, different)
    label = cluster(data, links, bonds, same)
    problems += unusable + crowd_problems(found.crowded)
    return Fused(data, lesson, scale, links, bonds, label, ruling, sources, previous, tuple(problems))


def aliases_of(actors: pl.DataFrame | None) -> dict[str, frozenset[str]]:
    """What each actor's names stand for, in lower case: its identifier and the party it counts with."""
    if actors is None:
        return {}
    listed = table("actors").conform(actors)
    ids = {actor.lower() for actor in listed["actor_id"]}
    meant: dict[str, frozenset[str]] = {}
    for actor, name, others, party in listed.select("actor_id", "name", "aliases", "party").iter_rows():
        stands_for = frozenset(w.strip().lower() for w in (actor, party or "") if w.strip())
        # A word that is an actor's identifier means that actor, whoever else lists it as a name.
        spoken = {w.strip().lower() for w in (name, *(others or "").split(";"))} - ids - {""}
        meant |= dict.fromkeys((actor.lower(), *sorted(spoken)), stands_for)
    return meant


def rule(
    ids: pl.Series, coded: pl.Series, place: Ints, left: Ints, right: Ints, decisions: pl.DataFrame | None
) -> tuple[Ruling, list[Problem]]:
    """What analysts and coders decided, as pairs of reports by id.

    ``ids``, ``coded`` (event) and ``place``: of the reports by id; ``left``, ``right``: ends of links, by the reports' place there.
    """
    taken = [] if decisions is None else [table("decisions").conform(decisions)]
    if coded.null_count() < len(coded):
        taken.append(coded_as_one(pl.DataFrame({"report_id": ids, "coded_event": coded})))
    if not taken or not any(frame.height for frame in taken):
        return Ruling(), []
    every = pl.concat(taken)
    named = pl.concat([every["report_a"], every["report_b"]]).drop_nulls().unique()
    held = pl.DataFrame({"id": ids}).with_row_index("row").filter(pl.col("id").is_in(named.implode()))
    ruling, unusable = read_decisions(every, dict(held.select("id", "row").iter_rows()))
    return coded_apart(ruling, coded, place, left, right), unusable


def _refined(
    lesson: Lesson, data: Encoded, grid_row: Ints, labels: pl.DataFrame
) -> tuple[Lesson, list[Problem]]:
    """The lesson refined by labelled pairs."""
    ids = data.frame["report_id"].gather(data.by_id)
    truth, unusable = read_decisions(labels, {name: row for row, name in enumerate(ids)})
    pairs = np.concatenate([grid_pairs(side, grid_row) for side in (truth.same, truth.different)])
    same = np.arange(len(pairs)) < len(truth.same)
    lesson, few = refined(lesson, data, pairs, same)
    return lesson, unusable + few


def rulings(data: Encoded, links: Links, decisions: pl.DataFrame | None) -> tuple[Ruling, list[Problem]]:
    """``rule`` on all reports of ``data``, or on some that hang together with no others."""
    rank = data.rank
    place = np.empty(data.n, dtype=np.int64)
    place[rank] = data.deck.rows["place"]
    ids, coded = (data.frame[c].gather(data.by_id) for c in ("report_id", "coded_event"))
    return rule(ids, coded, place, rank[links.left], rank[links.right], decisions)


def grid_pairs(pairs: dict[tuple[int, int], Any], grid_row: Ints) -> Any:
    """Decided pairs, by report id's place, as two columns of grid rows."""
    return grid_row[np.array(list(pairs), dtype=np.int64).reshape(-1, 2)].astype(np.int32)


def crowd_problems(crowded: Flags) -> list[Problem]:
    """A warning where reports could not meet all they should."""
    if not crowded.any():
        return []
    return [
        Problem(
            "warning",
            "fuse",
            "crowd_cut",
            "few enough reports near each other to compare them all",
            f"{int(crowded.sum())} reports in crowds were not compared with all that are near",
            "each was compared with its nearest in time; give finer places and times",
        )
    ]
