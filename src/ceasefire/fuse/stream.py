"""Reports as they come in, fused without starting over.

In: reports in any number of portions, and a lesson learned before. Out: ``Stream``: memberships as they stand, and a lineage of
every merger and split. A report changes only what hangs together with it (``renew``). What hangs together with nothing that a
report within the horizon could touch is closed: it is what one run over all reports would give, to the byte, and it is forgotten
as soon as it cannot matter to anything later. A report of an earlier happening is set aside with a problem, for the next run
over everything.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from ceasefire.fuse.cluster import bond
from ceasefire.fuse.compare import Scale
from ceasefire.fuse.copies import BASES
from ceasefire.fuse.decisions import read_decisions
from ceasefire.fuse.encode import Ints, draft
from ceasefire.fuse.habits import habit_problems
from ceasefire.fuse.held import STATE, Held
from ceasefire.fuse.learn import Lesson
from ceasefire.fuse.lineage import news
from ceasefire.fuse.meetings import rare_words
from ceasefire.fuse.reach import neighbourhoods, shared_codes
from ceasefire.fuse.reading import by_name, read_reports
from ceasefire.fuse.renew import Renewed, links_among, renew, with_frame
from ceasefire.fuse.rows import Keys, Known, deck_of, lay_out, pack
from ceasefire.fuse.stage import Fused, aliases_of, crowd_problems, grid_pairs, rulings
from ceasefire.fuse.weights import NEAR_DAYS, SHARED_WINDOW_H
from ceasefire.model import table
from ceasefire.problems import Problem

HORIZON = timedelta(days=14)
# A report can be weighed against others, and find itself in a crowd, no further from it than this.
_REACH = timedelta(hours=SHARED_WINDOW_H) + timedelta(days=NEAR_DAYS)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_NONE = np.zeros(0, dtype=np.int64)
_SPARE = 4  # the part of what is held that may be out of reach before it is forgotten


class Stream:
    """Reports as they come. ``lesson`` is that of a run over earlier reports (``Fused.lesson``); it is not learned anew.

    Args:
        lesson: what reports like these have taught.
        sources: table ``sources``.
        actors: table ``actors``.
        horizon: how long after a happening began reports of it may still come, counted from the latest beginning known.
    """

    def __init__(
        self,
        lesson: Lesson,
        *,
        sources: pl.DataFrame | None = None,
        actors: pl.DataFrame | None = None,
        horizon: timedelta = HORIZON,
    ) -> None:
        self._lesson, self._sources, self._horizon = lesson, sources, horizon
        self._aliases = aliases_of(actors)
        values: dict[str, list[str]] = {"act": [], "source_id": [], "party": [], "language": []}
        self._known = Known(lesson.survey, values, deck_of(values, self._aliases))
        self._scale: Scale | None = None
        self._decisions = table("decisions").empty()
        self._held = Held()
        self._now: datetime | None = None
        self._taken_from: datetime | None = None
        self._closed = [table("memberships").empty()]
        self._ids: set[str] = set()
        self._settled_events: set[int] = set()
        self._lineage = [table("lineage").empty()]
        self._late: list[pl.DataFrame] = []
        self._noted: dict[Problem, None] = {}
        self._crowded = 0  # of the reports that were forgotten

    @property
    def memberships(self) -> pl.DataFrame:
        """Table ``memberships`` as it stands, of all reports but the late ones, by report id."""
        return pl.concat([*self._closed, self._told(self._open)]).sort("report_id")

    @property
    def closed(self) -> pl.DataFrame:
        """The memberships that no later report can change, by report id."""
        return pl.concat(self._closed).sort("report_id")

    @property
    def late(self) -> pl.DataFrame | None:
        """Reports that came for what is closed, for the next run over everything; None = none."""
        return pl.concat(self._late, how="diagonal_relaxed") if self._late else None

    @property
    def lineage(self) -> pl.DataFrame:
        """Table ``lineage``: names minted, merged and split, in the order in which it happened."""
        return pl.concat(self._lineage)

    @property
    def problems(self) -> list[Problem]:
        """What could not be used, and what was set aside."""
        crowded = self._crowded + int(self._held.state["crowded"].sum())
        return [*self._noted, *crowd_problems(np.ones(crowded, dtype=np.bool_))]

    def fused(self) -> Fused | None:
        """The tables of all that is open, and of the closed reports that still lie near it; None while nothing is held.

        Nothing is searched anew, but everything open is gone through: call it when the tables are wanted, not with every report.
        What is closed stands in ``memberships`` for good; here its chances may lack links to what was forgotten.
        """
        held = self._held
        if not held.n:
            return None
        rows = np.arange(held.n)
        data, at = held.laid(self._known, rows)
        data, scale = with_frame(held, data, rows), self._lesson.scale(data)
        links = links_among(held, data, at)
        ruling, _ = rulings(data, links, self._decisions)
        pairs = (grid_pairs(side, np.argsort(data.rank)) for side in (ruling.same, ruling.different))
        bonds = bond(data, scale, links, *pairs)
        label = np.argsort(at)[held.state["label"][at]]
        return Fused(
            data,
            self._lesson,
            scale,
            links,
            bonds,
            label,
            ruling,
            self._sources,
            None,
            tuple(self.problems),
        )

    def decide(self, decisions: pl.DataFrame) -> pl.DataFrame:
        """Add decisions of an analyst (same, different, withdraw) and apply them to what can still change.

        Returns:
            Table ``memberships``: the rows that are others than before, by report id.
        """
        taken = table("decisions").conform(decisions)
        self._decisions = pl.concat([self._decisions, taken])
        taken = self._without_late(taken)
        if not self._held.n:
            return self._told(_NONE)
        back = self._decisions.filter(pl.col("decision_id").is_in(taken["withdraws"].drop_nulls().implode()))
        ends = pl.concat([t[c] for t in (taken, back) for c in ("report_a", "report_b")])
        open_ = self._open
        ids = self._held.ids.gather(open_)
        self._note(read_decisions(taken, dict(zip(ids, open_.tolist(), strict=True)))[1])
        named = open_[ids.is_in(ends.implode()).to_numpy()]
        return self._run(_NONE, named, ";".join(taken["decision_id"]))

    def add(self, reports: pl.DataFrame) -> pl.DataFrame:
        """Take in reports.

        Args:
            reports: table ``reports`` or ``located``, as for ``fuse``; times in UTC.

        Returns:
            Table ``memberships``: the rows that are new or others than before, by report id; put over those before, they are
            ``memberships``.

        Raises:
            TableError: a required column is missing.
        """
        if set(table("reports").required) - set(reports.columns):
            table("reports").conform(reports)
        frame, _, problems = read_reports(self._set_late_aside(reports))
        self._note(problems)
        frame = self._not_taken(self._set_coded_aside(frame))
        if not frame.height:
            return self._told(_NONE)
        # by its beginning: an interval may end in days to come
        latest = frame["occurred_from"].max()
        if isinstance(latest, datetime):
            self._now = latest if self._now is None else max(self._now, latest)
        fresh = self._take(frame)
        if self._decisions.height:
            ids = frame["report_id"].implode()
            waited = pl.col("report_a").is_in(ids) | pl.col("report_b").is_in(ids)
            self._without_late(self._decisions.filter(waited))
        return self._run(fresh, _NONE)

    @property
    def _open(self) -> Ints:
        return np.flatnonzero(~self._held.state["closed"])

    def _told(self, rows: Ints) -> pl.DataFrame:
        """Table ``memberships`` of some rows, by report id."""
        if not len(rows):
            return table("memberships").empty()
        held, state = self._held, self._held.state[rows]
        told = {
            "report_id": held.ids.gather(rows),
            "incident_id": "I-" + held.ids.gather(state["named"]),
            "probability": state["chance"],
            "origin_id": held.ids.gather(state["origin"]),
            "copy_basis": pl.Series(BASES, dtype=pl.String).gather(state["basis"]),
        }
        return table("memberships").conform(pl.DataFrame(told)).sort("report_id")

    def _note(self, problems: list[Problem]) -> None:
        self._noted |= dict.fromkeys(problems)

    def _without_late(self, decisions: pl.DataFrame) -> pl.DataFrame:
        """Decisions that may apply; those on reports whose clusters can change no more are set aside, and withdrawals of such."""
        held = self._held
        free = set(held.ids.filter(~pl.Series(held.state["settled"]))) if held.n else set()
        ends = {
            d: (a, b) for d, a, b in self._decisions.select("decision_id", "report_a", "report_b").iter_rows()
        }
        late: dict[str, str] = {}
        for decision, kind, withdraws in decisions.select("decision_id", "kind", "withdraws").iter_rows():
            named = ends.get(withdraws if kind == "withdraw" else decision, ())
            if any(report in self._ids and report not in free for report in named):
                late[decision] = f"{kind} {' '.join(str(report) for report in named)}"
        self._note(
            [
                Problem(
                    "warning",
                    "fuse",
                    "decision_unusable",
                    "two reports that later ones can still touch",
                    what,
                    "not applied; run over all reports to apply it",
                    record=decision,
                )
                for decision, what in late.items()
            ]
        )
        if late:
            self._decisions = self._decisions.filter(~pl.col("decision_id").is_in(list(late)))
            decisions = decisions.filter(~pl.col("decision_id").is_in(list(late)))
        return decisions

    def _set_late_aside(self, reports: pl.DataFrame) -> pl.DataFrame:
        if self._taken_from is None:
            return reports
        began = pl.min_horizontal("occurred_from", "occurred_to")
        late = reports.filter((began < self._taken_from).fill_null(False))
        self._set_aside(late, f"reports of what happened since {self._taken_from:%Y-%m-%d %H:%M} UTC")
        return reports.filter((began >= self._taken_from).fill_null(True)) if late.height else reports

    def _set_coded_aside(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Reports that coders put under an event that can change no more are late too."""
        if not self._settled_events:
            return frame
        late = np.isin(_codes(frame), list(self._settled_events))
        self._set_aside(frame.filter(late), "reports of coded events that can still change")
        return frame.filter(~late)

    def _set_aside(self, late: pl.DataFrame, expected: str) -> None:
        if not late.height:
            return
        self._late.append(late)
        found = "a report of an earlier happening"
        action = "set aside; run over all reports to take it in, or give a longer horizon"
        ids = late["report_id"].sort().to_list()
        self._note(
            [Problem("warning", "fuse", "report_late", expected, found, action, record=i) for i in ids]
        )

    def _not_taken(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Reports without those whose id was taken before."""
        twice = pl.Series([i in self._ids for i in frame["report_id"]], dtype=pl.Boolean)
        found, action = (
            "a row that came later",
            "only the first that came was used; give each report its own id",
        )
        expected = "one row a report_id"
        ids = frame.filter(twice)["report_id"].sort().to_list()
        self._note([Problem("error", "fuse", "report_twice", expected, found, action, record=i) for i in ids])
        self._ids.update(frame["report_id"])
        return frame.filter(~twice)

    def _take(self, frame: pl.DataFrame) -> Ints:
        """Put reports among those held; their rows."""
        made = draft(frame, by_name(frame["report_id"])[0], self._lesson.habits)
        self._note(habit_problems(self._lesson.habits, made.values["source_id"]))
        said = dict(made.values) | {"party": sorted({*made.values["actor"], *made.values["affected"]})}
        known = self._known.values
        # behind those known, so that codes stay what they are
        grown = {name: known[name] + sorted(set(said[name]) - set(known[name])) for name in known}
        if grown != known:
            self._known = Known(self._lesson.survey, grown, deck_of(grown, self._aliases))
            self._scale = None
        packed = pack(made, self._lesson.survey, grown)
        laid, at = lay_out(self._known, packed)
        self._scale = self._scale or self._lesson.scale(laid)
        words, holders = rare_words(laid)
        order = packed.body["rank"]  # the frame's row of each
        state = np.zeros(frame.height, dtype=STATE)
        state["near"], state["named"] = neighbourhoods(packed.body), -1
        state["shared"] = shared_codes(packed.body, words, at[holders])
        frame = frame[made.by_id[order]]
        state["coded"] = _codes(frame)
        return self._held.add(frame, packed, state)

    def _run(self, fresh: Ints, decided: Ints, because: str | None = None) -> pl.DataFrame:
        """Bring what is held up to date, tell the news, and close what is done; the memberships that changed."""
        held = self._held
        before = held.state.copy()
        assert self._scale is not None
        found = renew(held, self._known, self._scale, fresh, decided, self._decisions, self._sources)
        self._note(found.problems)
        self._tell(found.parted, before["named"], because)
        told = found.told[~held.state["closed"][found.told]]
        now, was = held.state[told], before[told]
        changed = np.zeros(len(told), dtype=np.bool_)
        for name in ("named", "origin", "basis", "chance"):
            changed |= now[name] != was[name]
        changed |= was["named"] < 0
        answer = self._told(told[changed])
        self._close(found)
        return answer

    def _tell(self, rows: Ints, named: Ints, because: str | None) -> None:
        """Add to the lineage what became of these rows, which were ``named`` before."""
        held = self._held
        known = named[rows] >= 0
        minted = ~known & (held.state["named"][rows] == rows)
        if not minted.any() and (held.state["named"][rows] == named[rows])[known].all():
            return
        rows = held.by_id(rows)
        members = pl.DataFrame(
            {
                "report_id": held.ids.gather(rows),
                "recorded_at": held.frame["recorded_at"].gather(rows),
                "incident_id": "I-" + held.ids.gather(held.state["named"][rows]),
            }
        )
        rows = rows[named[rows] >= 0]
        previous = pl.DataFrame(
            {"report_id": held.ids.gather(rows), "incident_id": "I-" + held.ids.gather(named[rows])}
        )
        told = news(members, previous)
        self._lineage.append(told.with_columns(pl.col("because").fill_null(pl.lit(because))))

    def _close(self, found: Renewed) -> None:
        """Close what nothing can touch any more, and forget what cannot matter to what stays open."""
        held, part = self._held, found.part
        if self._now is None or not held.n:
            return
        self._taken_from = max(self._now - self._horizon, self._taken_from or self._now - self._horizon)
        # further back than a report can still come, no pair and no crowd can change
        moved_back = max((habit.late for habit in self._lesson.habits.values()), default=0)
        limit = _minutes(self._taken_from - _REACH) - max(moved_back, 0)
        start, end = (held.packed.body[name].astype(np.int64) for name in ("start", "end"))
        last = np.full(held.n, -(2**62))
        np.maximum.at(last, part, end + 1)
        done = last[part] < limit
        held.state["settled"] |= done
        self._settled_events |= set(held.state["coded"][done].tolist()) - {0}
        # a chance rests on the clusters that links lead to: these have to be done as well
        waits = np.zeros(held.n, dtype=np.bool_)
        for one, other in ((held.finder, held.other), (held.other, held.finder)):
            waits[part[one[~done[other]]]] = True
        closing = np.flatnonzero(done & ~waits[part] & ~held.state["closed"])
        if len(closing):
            told = self._told(closing)
            self._closed.append(told)
            held.state["closed"][closing] = True
        still = self._open
        if not len(still):
            return
        back = _minutes(_REACH) + int(self._lesson.survey.longest.max(initial=0))
        kept = (end + 1 >= start[still].min() - back) | ~held.state["closed"]
        # clusters are kept whole: chances rest on their sizes
        whole = np.zeros(held.n, dtype=np.bool_)
        whole[held.state["label"][kept]] = True
        kept = whole[held.state["label"]]
        if _SPARE * int((~kept).sum()) > held.n:
            self._crowded += int(held.state["crowded"][~kept].sum())
            held.keep(kept)


def _minutes(time: datetime | timedelta) -> float:
    """Minutes, or minutes since 1970 (UTC)."""
    return (time if isinstance(time, timedelta) else time - _FIRST).total_seconds() / 60


def _codes(frame: pl.DataFrame) -> Keys:
    """A number for the coded event of each report, 0 = none."""
    event = frame["coded_event"]
    if event.null_count() == len(event):
        return np.zeros(len(event), dtype=np.uint64)
    return event.hash().set(event.is_null(), 0).to_numpy()
