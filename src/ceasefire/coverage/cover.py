"""Coverage: who reports whom, what was watched, which counts may be compared, and what rates can be told.

In: located reports, incidents, memberships, sources, actors, counts, truces, effort, the parties' sides, the period. Out:
``Covered``, one table for each question and the problems met. Pure: nothing is read and nothing is drawn. Each table is
made in its own module of this room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ceasefire.coverage.arithmetic import check_counts
from ceasefire.coverage.days import last_whole_day, local_day, party_of
from ceasefire.coverage.mirror import who_counts_whose_dead, who_reports_whom
from ceasefire.coverage.mix import source_mix
from ceasefire.coverage.observation import observe
from ceasefire.coverage.place_days import fold
from ceasefire.coverage.pooling import areas_named, pool, pooling_of
from ceasefire.coverage.rates import rate_ratios
from ceasefire.coverage.series import prepared, series_of
from ceasefire.model import table
from ceasefire.problems import Problem


@dataclass(frozen=True)
class Covered:
    """What the coverage stage derives. Days are local days in the case's zone."""

    who_reports_whom: pl.DataFrame
    who_counts_whose_dead: pl.DataFrame
    source_mix: pl.DataFrame
    place_days: pl.DataFrame
    series: pl.DataFrame
    count_checks: pl.DataFrame
    pooling: pl.DataFrame
    observation: pl.DataFrame
    rate_ratios: pl.DataFrame
    problems: list[Problem]
    areas: Mapping[str, str]

    def pool(self, series_a: str, series_b: str) -> dict[str, object]:
        """Add two series by their ids.

        Raises:
            KeyError: there is no such series.
            PoolingRefused: they may not be pooled; the message gives every reason.
        """
        rows = {row["series_id"]: row for row in self.series.iter_rows(named=True)}
        return pool(rows[series_a], rows[series_b], self.areas)

    def explain(self, truce_id: str) -> list[tuple[str, pl.DataFrame]]:
        """The reasoning behind a truce's rate ratios: the result, the place-days compared, the sources.

        Raises:
            KeyError: the truce was not analysed.
        """
        mine = self.rate_ratios.filter(pl.col("truce_id") == truce_id)
        if not mine.height:
            raise KeyError(f"no rate ratio for {truce_id!r}")
        start = pl.lit(mine["start_day"][0]).str.to_date()
        reach = pl.duration(days=int(mine["window_days"].max()))  # type: ignore[arg-type]
        first, last = pl.col("day_from").str.to_date(), pl.col("day_to").str.to_date()
        near = self.place_days.filter((last >= start - reach) & (first <= start + reach)).with_columns(
            pl.when(last < start)
            .then(pl.lit("before"))
            .when(first < start)
            .then(pl.lit("straddles"))
            .when((first == start) & pl.lit(bool(mine["start_day_excluded"][0])))
            .then(pl.lit("start day, left out"))
            .otherwise(pl.lit("after"))
            .alias("side")
        )
        halves = near["day_from"].map_elements(_half, return_dtype=pl.String).unique()
        return [
            (f"Rates before and after {truce_id}; no causal reading", mine),
            ("Place-days by local day", near.sort("day_from", "day_to", "place")),
            (
                "Who speaks in these half-years",
                self.source_mix.filter(pl.col("half_year").is_in(halves.implode())),
            ),
        ]


def _half(day: str) -> str:
    return f"{day[:4]}H{1 if day[5:7] <= '06' else 2}"


def cover(
    located: pl.DataFrame,
    incidents: pl.DataFrame,
    memberships: pl.DataFrame,
    sources: pl.DataFrame,
    actors: pl.DataFrame,
    counts: pl.DataFrame,
    truces: pl.DataFrame,
    effort: pl.DataFrame,
    parties: Mapping[str, str],
    *,
    period: tuple[datetime, datetime],
    timezone: str,
    as_of: datetime,
    seed: int = 0,
    places: pl.DataFrame | None = None,
    alternatives: pl.DataFrame | None = None,
) -> Covered:
    """Derive coverage.

    Args:
        located, incidents, memberships: as ``locate`` and ``fuse`` return them.
        truces: those with ``analyse`` are compared before and after.
        parties: party to side.
        period: first and last instant under review (UTC).
        timezone: IANA zone in which days are counted.
        as_of: the instant of knowledge (UTC); no day that is not over by then is looked at.
        seed: not used: nothing here is drawn at random.
        places: the gazetteer; its first-level areas are shown even if nobody reported from them, and are known to
            lie apart when counts are pooled.
        alternatives: as ``fuse`` returns it; what is in doubt about the number of incidents. None = nothing listed.
    """
    del seed
    party = party_of(actors)
    alternatives = table("alternatives").empty() if alternatives is None else alternatives
    first = pl.DataFrame({"at": [period[0]]}).select(local_day("at", timezone))["at"][0]
    last = last_whole_day(min(period[1], as_of), timezone)
    areas = areas_named(places)
    shown = [] if places is None else places["admin1"].drop_nulls().to_list()
    folded = fold(located, sources, timezone)
    ratios, ratio_problems = rate_ratios(
        folded, truces, first=first, last=last, timezone=timezone, as_of=as_of
    )
    seen, seen_problems = observe(
        located,
        incidents,
        sources,
        effort,
        alternatives,
        areas=shown,
        first=first,
        last=last,
        timezone=timezone,
    )
    told = prepared(counts, sources, party)
    checks, check_problems = check_counts(told, timezone)
    series = series_of(told, effort, parties, checks)
    return Covered(
        who_reports_whom=who_reports_whom(located, memberships, sources, party),
        who_counts_whose_dead=who_counts_whose_dead(located, memberships, sources, party, alternatives),
        source_mix=source_mix(folded),
        place_days=folded.place_days,
        series=series,
        count_checks=checks,
        pooling=pooling_of(series, areas),
        observation=seen,
        rate_ratios=ratios,
        problems=[*folded.problems, *ratio_problems, *seen_problems, *check_problems],
        areas=areas,
    )
