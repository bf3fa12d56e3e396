"""Area-days: reported, quiet while watched, or not observed.

In: located reports, incidents, sources, effort, the period. Out: ``observation``. A day without incidents is quiet only if
somebody watched: effort is given, or at least two sources reported from the area in the week around, not all of one
camp, with reports both before and after the day. Anything else is not observed, and silence stays silence. Sources
that list happenings long afterwards do not watch.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.coverage import thresholds as t
from ceasefire.coverage.days import NO_CAMP, day_number, is_violence, local_day, with_camps
from ceasefire.fuse.counts import counts
from ceasefire.model import table
from ceasefire.problems import Problem

Counts = NDArray[np.int64]


def observe(
    located: pl.DataFrame,
    incidents: pl.DataFrame,
    sources: pl.DataFrame,
    effort: pl.DataFrame,
    alternatives: pl.DataFrame,
    *,
    areas: Iterable[str] = (),
    first: date,
    last: date,
    timezone: str,
) -> tuple[pl.DataFrame, list[Problem]]:
    """The state of every first-level area on every local day from ``first`` to ``last``.

    ``areas`` are areas to be shown even if nobody ever reported from them.
    """
    if last < first:
        return table("observation").empty(), []
    watched = _effort_by_area(located, effort, first, last, timezone)
    told = _dated(with_camps(located, sources), timezone)
    happened = _dated(incidents.filter(is_violence()), timezone)
    named = {*areas, *watched, *located["admin1"].drop_nulls(), *incidents["admin1"].drop_nulls()}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    n_told = int(incidents["n_reports"].sum())
    happenings = _happenings(happened, alternatives, timezone, n_told)
    frames = []
    for area in sorted(named):
        n_incidents = _per_day(happened.filter(pl.col("admin1") == area), first, last)
        here = told.filter((pl.col("admin1") == area) & ~pl.col("kind").is_in(sorted(t.NOT_WATCHERS)))
        n_sources, n_camps, watching = _watchers(here, first, last)
        amount, by_effort = watched.get(area, (np.full(len(days), np.nan), np.zeros(len(days), dtype=bool)))
        state = np.where(
            n_incidents > 0, "reported", np.where(watching | by_effort, "quiet_watched", "not_observed")
        )
        frames.append(
            pl.DataFrame(
                {
                    "area": [area] * len(days),
                    "day": [d.isoformat() for d in days],
                    "state": state.astype(str),
                    "n_incidents": n_incidents,
                    "n_sources": n_sources,
                    "n_camps": n_camps,
                    "effort": amount,
                }
            ).with_columns(pl.col("effort").fill_nan(None))
        )
    if not frames:
        return table("observation").empty(), _problems(located, table("observation").empty())
    made = pl.concat(frames).join(happenings, on=["area", "day"], how="left", maintain_order="left")
    seen = pl.col("state") != "not_observed"
    made = made.with_columns(pl.when(seen).then(pl.col(f"happenings_{c}").fill_null(0)) for c in _TOLD)
    made = table("observation").conform(made)
    return made, _problems(located, made)


_TOLD = ("best", "low", "high")


def _happenings(
    happened: pl.DataFrame, alternatives: pl.DataFrame, timezone: str, reports: int
) -> pl.DataFrame:
    """How many happenings an area's days had, with fusion's doubt."""
    told = counts(happened, alternatives, "admin1", every="1d", timezone=timezone, reports=reports)
    return told.select(
        pl.col("day").dt.to_string(), *(pl.col(c).alias(f"happenings_{c}") for c in _TOLD), area="admin1"
    )


def _dated(frame: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Rows dated well enough to speak of a day, with day numbers ``a`` to ``b``."""
    return frame.with_columns(
        local_day("occurred_from", timezone).dt.epoch("d").cast(pl.Int64).alias("a"),
        local_day("occurred_to", timezone).dt.epoch("d").cast(pl.Int64).alias("b"),
    ).filter(pl.col("b") - pl.col("a") < t.MAX_SPAN_DAYS)


def _per_day(frame: pl.DataFrame, first: date, last: date) -> Counts:
    """How many rows touch each day."""
    origin, length = day_number(first), (last - first).days + 1
    a = np.clip(frame["a"].to_numpy() - origin, 0, length)
    b = np.clip(frame["b"].to_numpy() - origin + 1, 0, length)
    steps = np.zeros(length + 1, dtype=np.int64)
    np.add.at(steps, a, 1)
    np.add.at(steps, np.maximum(a, b), -1)
    touching: Counts = np.cumsum(steps)[:length]
    return touching


def _watchers(here: pl.DataFrame, first: date, last: date) -> tuple[Counts, Counts, NDArray[np.bool_]]:
    """Sources and camps that reported from an area in the week around each day, and whether that is watching."""
    reach, length = t.WATCH_DAYS, (last - first).days + 1
    wide_first, wide_last = first - timedelta(days=reach), last + timedelta(days=reach)
    n_sources = np.zeros(length, dtype=np.int64)
    camps: dict[str, NDArray[np.bool_]] = {}
    anybody = np.zeros(length + 2 * reach, dtype=bool)
    unaligned = np.zeros(length, dtype=np.int64)
    for (_, camp), rows in here.sort("source_id").group_by("source_id", "camp", maintain_order=True):
        present = _per_day(rows, wide_first, wide_last) > 0
        anybody |= present
        near = _within(present, 0, 2 * reach)
        n_sources += near
        if camp == NO_CAMP:
            unaligned += near
        else:
            camps[str(camp)] = camps.get(str(camp), np.zeros(length, dtype=bool)) | near
    n_camps: Counts = np.zeros(length, dtype=np.int64)
    for reported in camps.values():
        n_camps += reported
    bracketed = _within(anybody, 0, reach - 1) & _within(anybody, reach + 1, 2 * reach)
    voices = n_camps + unaligned
    return n_sources, n_camps, bracketed & (n_sources >= t.MIN_WATCHERS) & (voices >= t.MIN_WATCHERS)


def _within(present: NDArray[np.bool_], low: int, high: int) -> NDArray[np.bool_]:
    """Whether anything is present between ``low`` and ``high`` days after each day of the padded series."""
    length = len(present) - 2 * t.WATCH_DAYS
    running = np.concatenate([[0], np.cumsum(present)])
    index = np.arange(length)
    found: NDArray[np.bool_] = running[index + high + 1] - running[index + low] > 0
    return found


def _effort_by_area(
    located: pl.DataFrame, effort: pl.DataFrame, first: date, last: date, timezone: str
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Effort for each area and day; an amount over several days is spread evenly, zero effort watches nothing."""
    area_of = dict(
        located.filter(pl.col("place_name").is_not_null() & pl.col("admin1").is_not_null())
        .group_by("place_name")
        .agg(pl.col("admin1").min())
        .sort("place_name")
        .iter_rows()
    )
    length, origin = (last - first).days + 1, day_number(first)
    found: dict[str, tuple[NDArray[np.float64], NDArray[np.bool_]]] = {}
    units: dict[str, set[str | None]] = {}
    dated = effort.filter(pl.col("place_name").is_not_null() & pl.col("from").is_not_null()).with_columns(
        local_day("from", timezone).alias("a"),
        local_day("to", timezone).fill_null(local_day("from", timezone)).alias("b"),
    )
    for row in dated.sort("effort_id").iter_rows(named=True):
        if row["unit"] in t.NO_EFFORT_UNITS or row["value"] == 0:
            continue
        area = area_of.get(row["place_name"], row["place_name"])
        amount, seen = found.setdefault(area, (np.full(length, np.nan), np.zeros(length, dtype=bool)))
        a, b = max(day_number(row["a"]) - origin, 0), min(day_number(row["b"]) - origin + 1, length)
        if a >= b:
            continue
        seen[a:b] = True
        units.setdefault(area, set()).add(row["unit"])
        if row["value"] is not None:
            days = (row["b"] - row["a"]).days + 1
            amount[a:b] = np.nan_to_num(amount[a:b]) + row["value"] / days
    # Hours and patrols do not add up: with several units the amount is left open, the watching stands.
    for area, kinds in units.items():
        if len(kinds) > 1:
            found[area][0][:] = np.nan
    return found


def _problems(located: pl.DataFrame, made: pl.DataFrame) -> list[Problem]:
    nowhere = located.filter(pl.col("admin1").is_null())
    found = []
    if nowhere.height:
        found.append(
            Problem(
                "note",
                "coverage",
                "no_area",
                "a first-level area for each report",
                f"{nowhere.height} of {located.height} reports have none, the first {nowhere['report_id'].sort()[0]}",
                "they count for no area-day",
            )
        )
    if made.height:
        blind = int((made["state"] == "not_observed").sum())
        found.append(
            Problem(
                "note",
                "coverage",
                "not_observed",
                "area-days that somebody watched",
                f"{blind} of {made.height} area-days not observed",
                "read silence there as unknown, never as calm",
            )
        )
    return found
