"""One row a happening, from the reports that tell of it.

In: reports with incident and origin, sorted by id. Out: the ``incidents`` table (without cohesion) and notes on what
its accounts disagree about. Times: where exact times agree, their intersection, else their hull. Place: mean of the
most precise reports, weighted by precision. Figures: the latest word of each origin: the median, and the
range without the outermost tenths. Different counts are told side by side, never averaged.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from ceasefire.fuse.weights import CONFLICT_MINUTES, TIGHT_H
from ceasefire.problems import Problem

_WORD = re.compile(r"[^\W\d_]{3,}")
OUTER_SHARE = 0.1  # of the origins at either end of a toll; our choice, made after a conflated total set the convoy's range
MOST_OPEN = 4  # answers on who was affected that are kept open; the rarer ones stand in the reports
# Units that count people: tolls have columns of their own, and differ without being counted in different units.
PERSONS = frozenset(
    {"death", "killed", "dead", "person", "people", "civilian", "soldier", "injured", "wounded"}
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def describe(told: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """Incidents from reports with incident_id and origin_id, sorted by report id."""
    names = told["incident_id"].unique().sort()
    # numbers in place of names: every step below groups by incident
    numbers = pl.DataFrame({"incident_id": names, "number": np.arange(len(names), dtype=np.uint32)})
    told = (
        told.join(numbers, on="incident_id", how="left", maintain_order="left")
        .drop("incident_id")
        .rename({"number": "incident_id"})
        .sort("incident_id", "recorded_at", nulls_last=True, maintain_order=True)
    )
    counts = told.group_by("incident_id").agg(
        pl.len().cast(pl.Int64).alias("n_reports"),
        pl.col("source_id").n_unique().cast(pl.Int64).alias("n_sources"),
        pl.col("origin_id").n_unique().cast(pl.Int64).alias("n_origins"),
        pl.col("coded_event").is_not_null().any().alias("coded"),
        pl.col("report_id").first().alias("founding_report"),
        pl.col("recorded_at").first().alias("first_recorded_at"),
    )
    parts = [
        _commonest(told, "weapon"),
        _commonest(told, "affected_object"),
        _act(told),
        _affected(told),
        _times(told),
        _point(told),
        *_names(told),
        _figures(told, "killed"),
        _figures(told, "injured"),
    ]
    for part in parts:
        counts = counts.join(part, on="incident_id", how="left")
    counts = counts.sort("incident_id").with_columns(
        names.gather(counts["incident_id"].sort()).alias("incident_id")
    )
    notes = _time_notes(counts) + _unit_notes(told, names) + _status_notes(counts)
    return counts.drop("time_conflict"), notes


def _commonest(said: pl.DataFrame, name: str) -> pl.DataFrame:
    """The value most reports of an incident give; of equals, the one told first."""
    return (
        said.select("incident_id", name)
        .filter(pl.col(name).is_not_null())
        .with_row_index("order")
        .group_by("incident_id", name)
        .agg(pl.len().alias("n"), pl.col("order").min())
        .sort("incident_id", "n", "order", descending=[False, True, False])
        .unique("incident_id", keep="first", maintain_order=True)
        .select("incident_id", name)
    )


def _act(told: pl.DataFrame) -> pl.DataFrame:
    """The act most reports give; "other" only when nothing else is said."""
    said = told.filter(pl.col("act").is_not_null()).with_columns((pl.col("act") == "other").alias("vague"))
    return _commonest(said.filter(pl.col("vague") == pl.col("vague").min().over("incident_id")), "act")


def _affected(told: pl.DataFrame) -> pl.DataFrame:
    """Whom the accounts say was hit: what most say first; where they differ, the answers stay open (a|b)."""
    said = told.filter(pl.col("affected").is_not_null()).with_row_index("order")
    return (
        said.group_by("incident_id", "affected")
        .agg(pl.len().alias("n"), pl.col("order").min())
        .sort("incident_id", "n", "order", descending=[False, True, False])
        .group_by("incident_id", maintain_order=True)
        .agg(pl.col("affected").head(MOST_OPEN).str.join("|"))
    )


def _times(told: pl.DataFrame) -> pl.DataFrame:
    """occurred_from, occurred_to, and time_conflict: minutes between first and last exact start, if they disagree."""
    length = (pl.col("occurred_to") - pl.col("occurred_from")).dt.total_microseconds() / 3.6e9
    classed = told.select("incident_id", "occurred_from", "occurred_to").with_columns(
        pl.when(length <= TIGHT_H)
        .then(0)
        .when(length <= 36)
        .then(1)
        .when(length <= 192)
        .then(2)
        .otherwise(3)
        .alias("c")
    )
    best = classed.filter(pl.col("c") == pl.col("c").min().over("incident_id"))
    spans = best.group_by("incident_id").agg(
        pl.col("occurred_from").max().alias("in_from"),
        pl.col("occurred_to").min().alias("in_to"),
        pl.col("occurred_from").min().alias("out_from"),
        pl.col("occurred_to").max().alias("out_to"),
        pl.col("c").first(),
    )
    meet = pl.col("in_from") <= pl.col("in_to")
    minutes = (pl.col("in_from") - pl.col("out_from")).dt.total_minutes()
    return spans.select(
        "incident_id",
        pl.when(meet).then("in_from").otherwise("out_from").alias("occurred_from"),
        pl.when(meet).then("in_to").otherwise("out_to").alias("occurred_to"),
        pl.when(~meet & (pl.col("c") == 0)).then(minutes).alias("time_conflict"),
    )


def _point(told: pl.DataFrame) -> pl.DataFrame:
    """Weighted mean of the reports whose radius is at most twice the smallest; the radius never shrinks below it."""
    near = (
        told.filter(pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null())
        .with_columns(pl.col("sigma").min().over("incident_id").alias("least"))
        .filter(pl.col("sigma") <= 2 * pl.col("least"))
        .with_columns((1 / pl.col("sigma") ** 2).alias("w"))
        .with_columns((pl.col("w") / pl.col("w").sum().over("incident_id")).alias("w"))
    )
    # longitudes are averaged as offsets from the first, so that a place on the date line stays there
    east = (pl.col("longitude") - pl.col("longitude").first().over("incident_id") + 540) % 360 - 180
    near = near.with_columns(
        (pl.col("latitude") * pl.col("w")).sum().over("incident_id").alias("lat"),
        (
            (east * pl.col("w")).sum().over("incident_id") + pl.col("longitude").first().over("incident_id")
        ).alias("lon"),
    )
    north_km = (pl.col("latitude") - pl.col("lat")) * 111.0
    east_km = (pl.col("longitude") - pl.col("lon")) * 111.0 * pl.col("lat").radians().cos()
    spread = ((north_km**2 + east_km**2) * pl.col("w")).sum() / 2
    return (
        near.group_by("incident_id", maintain_order=True)
        .agg(
            pl.col("lat").first().round(6).alias("latitude"),
            ((pl.col("lon").first() + 540) % 360 - 180).round(6).alias("longitude"),
            (pl.col("least").first() ** 2 + spread).sqrt().round(3).alias("precision_km"),
        )
        .sort("incident_id")
    )


def _names(told: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Place and first-level area as the most precise reports name them; of equals, the commonest, then the first."""
    by_class = told.with_columns(
        pl.when(pl.col("latitude").is_null()).then(1e6).otherwise(pl.col("sigma")).alias("vague"),
        pl.coalesce("place_id", "place_name").alias("place_name"),
    )
    named = by_class.filter(pl.col("place_name").is_not_null())
    best = named.filter(pl.col("vague") == pl.col("vague").min().over("incident_id"))
    return _commonest(best, "place_name"), _commonest(told, "admin1")


def _figures(told: pl.DataFrame, name: str) -> pl.DataFrame:
    """Low, best and high of a toll, from the latest word of each origin.

    A copy does not speak for its origin, so only the origin's own source counts. Best is the median. Low and high leave
    out the tenth of the origins at either end, so that one slip or one partial count among many does not set the range;
    with fewer than eleven origins nothing is left out. All figures told stand in the reports.
    """
    least, most = pl.col(f"{name}_min"), pl.col(f"{name}_max")
    founders = told.select(origin_id="report_id", voice="source_id")
    said = (
        told.filter(least.is_not_null() | most.is_not_null())
        .join(founders, on="origin_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce(least, most).alias("low"),
            pl.max_horizontal(least, most).alias("high"),
            (pl.col("source_id") != pl.col("voice")).fill_null(False).alias("relayed"),
        )
        .filter(pl.col("relayed") == pl.col("relayed").min().over("incident_id", "origin_id"))
    )
    latest = said.group_by("incident_id", "origin_id", maintain_order=True).agg(
        ((pl.col("low") + pl.col("high")) / 2).last().alias("middle"), pl.col("low", "high").last()
    )
    return latest.group_by("incident_id").agg(
        pl.col("low").quantile(OUTER_SHARE, "lower").cast(pl.Int64).alias(f"{name}_low"),
        (pl.col("middle").median() + 0.5).floor().cast(pl.Int64).alias(f"{name}_best"),
        pl.col("high").quantile(1 - OUTER_SHARE, "higher").cast(pl.Int64).alias(f"{name}_high"),
    )


def _time_notes(incidents: pl.DataFrame) -> list[Problem]:
    clashing = incidents.filter(pl.col("time_conflict") > CONFLICT_MINUTES)
    return [
        Problem(
            "note",
            "fuse",
            "time_conflict",
            "exact times of one happening that agree",
            f"starts {minutes} minutes apart in one time zone (UTC), so not an error of zone",
            "kept as one incident over the whole span; see its reports",
            record=incident,
        )
        for incident, minutes in clashing.select("incident_id", "time_conflict").iter_rows()
    ]


def _status_notes(incidents: pl.DataFrame) -> list[Problem]:
    """Accounts that differ on whom an incident hit: the status of the dead is then open."""
    return [
        Problem(
            "note",
            "fuse",
            "status_contested",
            "accounts that agree on who was affected",
            affected.replace("|", " or "),
            "left open; no figure is divided between them",
            record=incident,
        )
        for incident, affected in incidents.select("incident_id", "affected").iter_rows()
        if affected and "|" in affected
    ]


def _unit_notes(told: pl.DataFrame, names: pl.Series) -> list[Problem]:
    """Counts of one word (strikes, trucks) that cannot be counts of one thing: apart by half or more."""
    said = told.filter(pl.col("count_value").is_not_null() & pl.col("count_unit").is_not_null())
    said = said.with_columns(names.gather(said["incident_id"]).alias("incident_id"))
    counts: dict[str, dict[str, dict[tuple[float, float], str]]] = {}
    for incident, value, unit in said.select("incident_id", "count_value", "count_unit").iter_rows():
        numbers = [float(x) for x in _NUMBER.findall(value.replace(",", ""))]
        words = [w.removesuffix("s") for w in _WORD.findall(unit.casefold())]
        if numbers and words and words[0] not in PERSONS:
            told_so_far = counts.setdefault(incident, {}).setdefault(words[0], {})
            told_so_far.setdefault((min(numbers), max(numbers)), f"{value} {unit}")
    problems = []
    for incident in sorted(counts):
        for word in sorted(counts[incident]):
            spans = sorted(counts[incident][word])
            if spans[0][1] * 2 <= max(low for low, _ in spans):
                found = " and ".join(counts[incident][word][s] for s in (spans[0], max(spans)))
                problems.append(
                    Problem(
                        "note",
                        "fuse",
                        "unit_conflict",
                        f"one counting unit behind the word {word!r}",
                        found,
                        "kept side by side, never averaged; the sources count different things",
                        record=incident,
                    )
                )
    return problems
