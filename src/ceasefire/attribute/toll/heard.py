"""What each source says of the toll, the act and the victims, ready to be weighed.

In: reports, memberships, sources, actors. Out: ``Heard``: one statement a source, incident and question that counts; earlier
words of the same source are *superseded* (early figures grow; they are no second witness), repetitions of an origin's
statement are *copies*. A figure that contradicts itself is a problem row and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ceasefire.attribute.accounts import STAGE, read_speakers
from ceasefire.attribute.claims import members, parties_of_actors
from ceasefire.attribute.toll import thresholds as t
from ceasefire.model import TIME
from ceasefire.problems import Problem

EXACT, AT_LEAST, AT_MOST, RANGE = 1, 2, 3, 4
WEIGHED, SUPERSEDED, COPY = "weighed", "superseded", "copy"
_READ: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "source_id": pl.String,
    "published_at": TIME,
    "recorded_at": TIME,
    "act": pl.String,
    "stance": pl.String,
    "actor": pl.String,
    "affected": pl.String,
    "killed_min": pl.Int64,
    "killed_max": pl.Int64,
    "injured_min": pl.Int64,
    "injured_max": pl.Int64,
    "relays": pl.String,
    "url": pl.String,
}


@dataclass(frozen=True)
class Heard:
    """Statements by question. ``accounts``: a row a report: incident and source (positions in ``incidents`` and ``speakers``),
    report_id, origin, at (UTC), hedged, happened (False: it denies that anything did), actor and victims as cells of parties.
    Each frame of ``said`` (killed, injured, act, victims): the same keys, value, use (weighed, superseded, copy), of (the report
    that replaced it or that it repeats), copies (how many repeat it); of figures ``how``, ``least``, ``most``.
    """

    incidents: tuple[str, ...]
    speakers: pl.DataFrame
    accounts: pl.DataFrame
    said: Mapping[str, pl.DataFrame]
    problems: tuple[Problem, ...]


def hear(
    reports: pl.DataFrame,
    memberships: pl.DataFrame,
    sources: pl.DataFrame,
    incidents: pl.DataFrame,
    actors: pl.DataFrame,
    side_of: Mapping[str, str],
) -> Heard:
    """Read the accounts; see the module's opening.

    Raises:
        ValueError: a column is missing by which reports, incidents or sources are told apart.
    """
    for name, frame, needed in (
        ("reports", reports, ("report_id", "source_id")),
        ("memberships", memberships, ("report_id", "incident_id")),
        ("sources", sources, ("source_id",)),
        ("incidents", incidents, ("incident_id",)),
    ):
        lacking = [c for c in needed if c not in frame.columns]
        if lacking:
            raise ValueError(f"{name}: expected a column {lacking[0]}, found {frame.columns}; add it")
    speakers, problems = read_speakers(sources, reports["source_id"].drop_nulls().unique(), side_of)
    ids = incidents["incident_id"].cast(pl.String).drop_nulls().unique().sort()
    accounts = _accounts(reports, memberships, ids, speakers, actors)
    said: dict[str, pl.DataFrame] = {}
    for quantity in t.QUANTITIES:
        figures, wrong = _figures(accounts, quantity)
        said[quantity] = _standing(figures)
        problems += wrong
    said["act"] = _standing(_acts(accounts))
    victims = accounts.filter(pl.col("victims").is_not_null() & pl.col("happened"))
    said["victims"] = _standing(victims.with_columns(value=pl.col("victims"), size=pl.lit(0.0)))
    return Heard(tuple(ids), speakers, accounts, said, tuple(problems))


def _accounts(
    reports: pl.DataFrame,
    memberships: pl.DataFrame,
    ids: pl.Series,
    speakers: pl.DataFrame,
    actors: pl.DataFrame,
) -> pl.DataFrame:
    columns = [
        (pl.col(c) if c in reports.columns else pl.lit(None)).cast(kind).alias(c) for c, kind in _READ.items()
    ]
    home = memberships.select(
        "report_id",
        "incident_id",
        origin_id="origin_id" if "origin_id" in memberships.columns else pl.lit(None, dtype=pl.String),
    )
    where = pl.DataFrame({"incident_id": ids}).with_row_index("incident")
    who = speakers.select("source_id").with_row_index("source")
    frame = (
        # of several rows of one id the first stands, as in fusion
        reports.unique("report_id", keep="first", maintain_order=True)
        .select(pl.col("report_id").cast(pl.String), *columns)
        .join(home, on="report_id")
        .join(where, on="incident_id")
        .join(who, on="source_id")
        .with_columns(pl.col("incident", "source").cast(pl.Int64))
    )
    # Without origins from fusion: those of one page, and those who say whom they relay, descend from one account.
    page = pl.when(pl.col("source").n_unique().over("incident", "url") > 1).then(
        pl.format("page {}", pl.col("url"))
    )
    origin = pl.coalesce("origin_id", page, pl.format("said by {}", pl.coalesce("relays", "source_id")))
    figures = [f"{q}_{end}" for q in t.QUANTITIES for end in ("min", "max")]
    party_of = parties_of_actors(actors)
    frame = frame.with_columns(
        origin=origin,
        at=pl.coalesce("published_at", "recorded_at"),
        hedged=(pl.col("stance") == "suggests").fill_null(False),
        happened=~(
            (pl.col("stance") == "denies")
            & pl.col("actor").is_null()
            & ~pl.any_horizontal(pl.col(figures) > 0).fill_null(False)
        ).fill_null(False),
        actor=_cells(frame["actor"], party_of),
        victims=_cells(frame["affected"], party_of),
    )
    return frame.sort("incident", "source", "at", "report_id", nulls_last=False)


def _cells(column: pl.Series, party_of: Mapping[str, str]) -> pl.Series:
    """Cells with parties in place of actors, members sorted, each once."""
    mapped: dict[str, str | None] = {}
    for cell in column.drop_nulls().unique():
        named, sign = members(cell, party_of)
        mapped[cell] = (sign or "+").join(sorted({party_of.get(n, n) for n in named})) or None
    return column.replace_strict(list(mapped), list(mapped.values()), default=None, return_dtype=pl.String)


def _figures(accounts: pl.DataFrame, quantity: str) -> tuple[pl.DataFrame, list[Problem]]:
    least, most = pl.col(f"{quantity}_min"), pl.col(f"{quantity}_max")
    wrong = (least > most) | (least < 0) | (most < 0)
    problems = [
        Problem(
            "error",
            STAGE,
            "figure_contradicts_itself",
            f"{quantity}_min from 0 to {quantity}_max",
            f"{quantity}_min {'empty' if low is None else low}, {quantity}_max {'empty' if high is None else high}",
            "left out of the toll; correct the figure",
            record=report,
        )
        for report, low, high in accounts.filter(wrong.fill_null(False))
        .sort("report_id")
        .select("report_id", least, most)
        .iter_rows()
    ]
    how = (
        pl.when(most.is_null())
        .then(AT_LEAST)
        .when(least.is_null())
        .then(AT_MOST)
        .when(least == most)
        .then(EXACT)
        .otherwise(RANGE)
    )
    # "at least none" says nothing
    told = least.is_not_null() & ~(most.is_null() & (least == 0)) | most.is_not_null()
    frame = accounts.filter(told & ~wrong.fill_null(False)).with_columns(
        how=how.cast(pl.Int64), least=least, most=most
    )
    middle = (pl.coalesce("least", "most") + pl.coalesce("most", "least")) / 2
    return frame.with_columns(size=middle, value=middle.cast(pl.String)), problems


def _acts(accounts: pl.DataFrame) -> pl.DataFrame:
    """What is said to have happened. Who denies a part in it does not thereby say what it was; "other" only if nobody says more."""
    named = pl.when(pl.col("stance").ne_missing("denies")).then("act")
    frame = accounts.with_columns(
        value=pl.when("happened").then(named).otherwise(pl.lit(t.NONE)), size=pl.lit(0.0)
    ).filter(pl.col("value").is_not_null())
    vague = pl.col("value").is_in(sorted(t.VAGUE_ACTS))
    return frame.filter(vague == vague.min().over("incident"))


def _standing(said: pl.DataFrame) -> pl.DataFrame:
    """Add ``use``, ``of`` and ``copies``. The last word of a source stands; of two of one time the greater figure, told exactly."""
    order = ["incident", "source", "at", "size", *(["how"] if "how" in said.columns else []), "report_id"]
    down = [name == "how" for name in order]
    said = said.sort(order, descending=down, nulls_last=False).with_columns(
        last=pl.col("report_id").last().over("incident", "source"),
        elsewhere=pl.col("report_id") != pl.col("origin"),
    )
    leads = (
        said.sort("incident", "origin", "elsewhere", "at", "source", nulls_last=True)
        .group_by("incident", "origin", maintain_order=True)
        .agg(lead=pl.col("source").first())
    )
    said = said.join(leads, on=["incident", "origin"], how="left", maintain_order="left")
    # what the lead of an origin said of it, and in which report last
    by_lead = (
        said.filter(pl.col("source") == pl.col("lead"))
        .group_by("incident", "origin", "value", maintain_order=True)
        .agg(repeated=pl.col("report_id").last())
    )
    said = said.join(by_lead, on=["incident", "origin", "value"], how="left", maintain_order="left")
    current = pl.col("report_id") == pl.col("last")
    copied = current & (pl.col("source") != pl.col("lead")) & pl.col("repeated").is_not_null()
    said = said.with_columns(
        use=pl.when(~current)
        .then(pl.lit(SUPERSEDED))
        .when(copied)
        .then(pl.lit(COPY))
        .otherwise(pl.lit(WEIGHED)),
        of=pl.when(~current).then("last").when(copied).then("repeated"),
    )
    copies = said.filter(pl.col("use") == COPY).group_by(report_id="of").agg(copies=pl.len().cast(pl.Int64))
    said = said.join(copies, on="report_id", how="left", maintain_order="left")
    return said.with_columns(pl.col("copies").fill_null(0)).drop("last", "elsewhere", "lead", "repeated")
