"""Local days, parties behind a name, and happenings: the three foldings that every coverage table needs.

In: ``located`` reports, ``memberships``, ``actors``. Out: columns and mappings, nothing dropped. A local day is a day
in the case's zone; a report dated to an interval covers all its local days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from ceasefire.vocabulary import vocabulary

NO_CAMP = "none"
EPOCH = date(1970, 1, 1)


def local_day(column: str, timezone: str) -> pl.Expr:
    """The local date of a UTC column."""
    return pl.col(column).dt.convert_time_zone(timezone).dt.date()


def last_whole_day(instant: datetime, timezone: str) -> date:
    """The last local day that is over at ``instant`` (UTC)."""
    after = (instant + timedelta(microseconds=1)).astimezone(ZoneInfo(timezone))
    return after.date() - timedelta(days=1)


def day_number(day: date) -> int:
    """Days since 1 January 1970."""
    return (day - EPOCH).days


def quiet_acts() -> list[str]:
    """Acts that the vocabulary does not count as violence; an unknown act may be violence."""
    return [term.id for term in vocabulary("acts").values() if term.more.get("violent") is False]


def is_violence() -> pl.Expr:
    """Whether a report or incident tells of violence."""
    return pl.col("act").is_null() | ~pl.col("act").is_in(quiet_acts())


def party_of(actors: pl.DataFrame) -> dict[str, str]:
    """The party each actor counts with; an actor without one counts as itself."""
    return {a: p or a for a, p in actors.select("actor_id", "party").iter_rows()}


def parties_named(cell: str | None, party: Mapping[str, str]) -> str | None:
    """A cell such as ``a|b`` or ``a+b`` with each actor replaced by its party, each once, in order of name."""
    if not cell:
        return None
    open_parts = {
        "+".join(sorted({party.get(name.strip(), name.strip()) for name in part.split("+") if name.strip()}))
        for part in cell.split("|")
    }
    return "|".join(sorted(p for p in open_parts if p)) or None


def with_parties(frame: pl.DataFrame, column: str, party: Mapping[str, str], name: str) -> pl.DataFrame:
    """Add ``name``: the parties named in ``column``."""
    cells = frame[column].drop_nulls().unique().to_list()
    return frame.with_columns(
        pl.col(column)
        .replace_strict({c: parties_named(c, party) for c in cells}, default=None, return_dtype=pl.String)
        .alias(name)
    )


def with_camps(located: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Add ``camp`` ("none" if it has none) and ``kind`` of each report's source."""
    told = sources.select("source_id", "camp", "kind").unique("source_id", maintain_order=True)
    return located.join(told, on="source_id", how="left", maintain_order="left").with_columns(
        pl.col("camp").fill_null(NO_CAMP), pl.col("kind").fill_null("unknown")
    )


def with_happenings(located: pl.DataFrame, memberships: pl.DataFrame) -> pl.DataFrame:
    """Add ``happening``: the incident, or the row of the file where the file is an event data set.

    A file whose lines yield several reports codes events, one a line: its rows are told apart by the data set, and
    deaths add up over them. Elsewhere a row is one account of an incident and the highest figure counts.
    """
    incident = memberships.select("report_id", "incident_id").unique("report_id", maintain_order=True)
    per_line = located.filter(pl.col("line").is_not_null()).group_by("file", "line").len()
    event_files = per_line.filter(pl.col("len") > 1)["file"].unique().to_list()
    row = pl.concat_str([pl.col("file"), pl.lit(":"), pl.col("line").cast(pl.String)])
    return located.join(incident, on="report_id", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("file").is_in(event_files))
        .then(row)
        .otherwise(pl.coalesce("incident_id", "report_id"))
        .alias("happening")
    )
