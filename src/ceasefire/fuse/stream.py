"""Reports as they come in, fused without starting over.

In: reports in any number of portions, and a lesson learned before. Out: ``Stream``: memberships as they stand, and a lineage of
every merger and split. What hangs together with nothing that a report within the horizon could touch is closed: its
incidents are what one run over all reports would give, to the byte, and it is forgotten as soon as it cannot matter to
anything later. A report of an earlier happening is set aside with a problem, for the next run over everything.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from ceasefire.fuse.learn import Lesson
from ceasefire.fuse.stage import Fused, fuse
from ceasefire.fuse.weights import NEAR_DAYS, SHARED_WINDOW_H
from ceasefire.model import table
from ceasefire.problems import Problem

HORIZON = timedelta(days=14)
# A report can be weighed against others, and find itself in a crowd, no further from it than this.
_REACH = timedelta(hours=SHARED_WINDOW_H) + timedelta(days=NEAR_DAYS)


class Stream:
    """Reports as they come. ``lesson`` is that of a run over earlier reports (``Fused.lesson``); it is not learned anew.

    Args:
        lesson: what reports like these have taught.
        sources: table ``sources``.
        actors: table ``actors``.
        horizon: how long after a happening reports of it may still come, counted from the latest report known.
    """

    def __init__(
        self,
        lesson: Lesson,
        *,
        sources: pl.DataFrame | None = None,
        actors: pl.DataFrame | None = None,
        horizon: timedelta = HORIZON,
    ) -> None:
        self._lesson, self._sources, self._actors, self._horizon = lesson, sources, actors, horizon
        self._decisions = table("decisions").empty()
        self._held: pl.DataFrame | None = None
        self._taken_from: datetime | None = None
        self._now: datetime | None = None
        self._closed = table("memberships").empty()
        self._open = table("memberships").empty()
        self._lineage: list[pl.DataFrame] = []
        self._late: list[pl.DataFrame] = []
        self.problems: list[Problem] = []

    @property
    def memberships(self) -> pl.DataFrame:
        """Table ``memberships`` as it stands, of all reports but the late ones, by report id."""
        return pl.concat([self._closed, self._open]).sort("report_id")

    @property
    def closed(self) -> pl.DataFrame:
        """The memberships that no later report can change, by report id."""
        return self._closed

    @property
    def late(self) -> pl.DataFrame | None:
        """Reports that came for closed time, for the next run over everything; None = none."""
        return pl.concat(self._late, how="diagonal_relaxed") if self._late else None

    @property
    def lineage(self) -> pl.DataFrame:
        """Table ``lineage``: names minted, merged and split, in the order in which it happened."""
        return pl.concat([table("lineage").empty(), *self._lineage])

    def decide(self, decisions: pl.DataFrame) -> Fused | None:
        """Add decisions of an analyst (same, different, withdraw) and apply them to what is open."""
        taken = table("decisions").conform(decisions)
        self._decisions = pl.concat([self._decisions, taken])
        return None if self._held is None else self._run(";".join(taken["decision_id"]))

    def add(self, reports: pl.DataFrame) -> Fused | None:
        """Take in reports; the fused open reports, or None while there are none.

        Raises:
            TableError: a required column is missing.
        """
        fresh = self._set_late_aside(reports)
        if self._held is not None:
            fresh = pl.concat([self._held, fresh], how="diagonal_relaxed")
        if not fresh.height:
            return None
        self._held = fresh
        latest = fresh["occurred_to"].max()
        if isinstance(latest, datetime):
            self._now = latest if self._now is None else max(self._now, latest)
        return self._run()

    def _set_late_aside(self, reports: pl.DataFrame) -> pl.DataFrame:
        if self._taken_from is None:
            return reports
        in_time = (pl.col("occurred_from") >= self._taken_from).fill_null(True)
        late = reports.filter(~in_time)
        if late.height:
            self._late.append(late)
        self.problems += [
            Problem(
                "warning",
                "fuse",
                "report_late",
                f"reports of what happened since {self._taken_from:%Y-%m-%d %H:%M} UTC",
                "a report of an earlier happening",
                "set aside; run over all reports to take it in, or give a longer horizon",
                record=report,
            )
            for report in late["report_id"].sort().to_list()
        ]
        return reports.filter(in_time)

    def _run(self, because: str | None = None) -> Fused:
        assert self._held is not None
        fused = fuse(
            self._held,
            self._sources,
            decisions=self._decisions,
            actors=self._actors,
            lesson=self._lesson,
        )
        news = fused.changes_since(pl.concat([self._closed, self._open]))
        passed = pl.col("incident_id").is_in(self._closed["incident_id"].unique().implode())
        self._lineage.append(news.filter(~passed).with_columns(pl.col("because").fill_null(pl.lit(because))))
        settled = self._closed["report_id"].implode()
        self._open = fused.memberships.filter(~pl.col("report_id").is_in(settled))
        self._close(fused)
        return fused

    def _close(self, fused: Fused) -> None:
        """Close what nothing can touch any more, and forget what cannot matter to what stays open."""
        assert self._held is not None
        if self._now is None:
            return
        self._taken_from = max(self._now - self._horizon, self._taken_from or self._now - self._horizon)
        spans = fused.spans
        # further back than a report can still come, no pair and no crowd can change
        done = spans.filter(pl.col("end") < self._taken_from - _REACH)["report_id"].implode()
        closing = self._open.filter(pl.col("report_id").is_in(done))
        self._closed = pl.concat([self._closed, closing]).sort("report_id")
        self._open = self._open.filter(~pl.col("report_id").is_in(done))
        still = spans.join(self._open.select("report_id"), on="report_id", how="semi")["start"].min()
        if isinstance(still, datetime):
            longest = timedelta(minutes=int(self._lesson.survey.longest.max(initial=0)))
            ended = pl.coalesce("occurred_to", "occurred_from")
            self._held = self._held.filter((ended >= still - _REACH - longest).fill_null(False))
