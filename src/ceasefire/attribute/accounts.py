"""Claims and sources made ready to be weighed: checked, typed and put in a fixed order.

In: the ``claims`` and ``sources`` frames and the parties with their sides. Out: ``Accounts`` (claims in the
order incident, time, source; speakers in the order of their ids) and problems. Nothing is weighed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from ceasefire.attribute.claims import members
from ceasefire.model import TIME, table
from ceasefire.problems import Problem

STAGE = "attribute"
NAMES, DENIES = 1, 2  # what a claim does with the actor it mentions; 0 = it says nothing of who
_NO_CAMP = frozenset({"", "none", "neutral"})
_STANCES = {"asserts": NAMES, "suggests": NAMES, "denies": DENIES, "unattributed": 0}


@dataclass(frozen=True)
class Accounts:
    """Claims and speakers ready to be weighed.

    ``claims`` has ``incident`` and ``source`` as positions in ``incidents`` and ``speakers``, ``does`` (0
    says nothing of who, 1 names, 2 denies), ``hedged``, ``cell`` (the actor cell in one spelling) and
    ``origin``. ``cells`` maps each cell to its members and the sign between them.
    """

    claims: pl.DataFrame
    incidents: tuple[str, ...]
    speakers: pl.DataFrame
    parties: tuple[str, ...]
    side_of: Mapping[str, str]
    cells: Mapping[str, tuple[tuple[str, ...], str]]
    problems: tuple[Problem, ...]


def _warn(severity: str, code: str, record: str, expected: str, found: str, action: str) -> Problem:
    return Problem(severity, STAGE, code, expected, found, action, record=record)


def sides_of(parties: Iterable[str] | Mapping[str, str | None]) -> dict[str, str]:
    """Each party's side, by party id; a party without one is a side of its own.

    Raises:
        ValueError: a party has one of the reserved names "accident" and "third_party".
    """
    given = dict(parties) if isinstance(parties, Mapping) else dict.fromkeys(parties)
    reserved = {"accident", "third_party", ""} & set(given)
    if reserved:
        raise ValueError(f"parties: expected ids of parties, found the reserved name {sorted(reserved)[0]!r}")
    return {party: str(given[party] or party) for party in sorted(given)}


def read_speakers(
    sources: pl.DataFrame, heard: Iterable[str], side_of: Mapping[str, str]
) -> tuple[pl.DataFrame, list[Problem]]:
    """Sources by id with kind, camp and side, those heard but not listed among them; and problems."""
    wanted = ("source_id", "kind", "camp")
    frame = sources.select(
        (pl.col(c) if c in sources.columns else pl.lit(None)).cast(pl.String).alias(c) for c in wanted
    ).filter(pl.col("source_id").is_not_null())
    frame = frame.unique().sort(wanted, nulls_last=True)
    twice = frame.filter(pl.col("source_id").is_duplicated())["source_id"].unique().sort().to_list()
    frame = frame.unique("source_id", keep="first", maintain_order=True)
    unlisted = sorted(set(heard) - set(frame["source_id"]))
    problems = [
        _warn("warning", "source_repeated", s, "one row per source", "several that differ", "first row used")
        for s in twice
    ] + [
        _warn(
            "warning",
            "source_not_listed",
            s,
            "a row in sources",
            "none",
            "taken as a source of unknown kind without a camp; list it with its kind and camp",
        )
        for s in unlisted
    ]
    extra = pl.DataFrame({"source_id": unlisted}, schema={"source_id": pl.String})
    frame = pl.concat([frame, extra], how="diagonal").sort("source_id")
    camp = pl.col("camp").str.strip_chars()
    frame = frame.with_columns(
        camp=pl.when(camp.str.to_lowercase().is_in(sorted(_NO_CAMP))).then(None).otherwise(camp)
    )
    sides = [None if c is None else side_of.get(c, c) for c in frame["camp"]]
    return frame.with_columns(side=pl.Series(sides, dtype=pl.String)), problems


def _spelled(
    cells: list[str], known: Mapping[str, str]
) -> tuple[dict[str, str | None], dict[str, tuple[tuple[str, ...], str]]]:
    one_spelling: dict[str, str | None] = {}
    parsed: dict[str, tuple[tuple[str, ...], str]] = {}
    for cell in cells:
        named, sign = members(cell, known)
        one_spelling[cell] = sign.join(named) if named else None
        if named:
            parsed[sign.join(named)] = (named, sign)
    return one_spelling, parsed


def _claims(
    claims: pl.DataFrame, known: Mapping[str, str]
) -> tuple[pl.DataFrame, dict[str, tuple[tuple[str, ...], str]], list[Problem]]:
    problems: list[Problem] = []
    columns = table("claims").schema
    frame = claims.select(
        (pl.col(c).cast(t, strict=t != TIME) if c in claims.columns else pl.lit(None, dtype=t)).alias(c)
        for c, t in columns.items()
    )
    lost = frame.filter(pl.col("incident_id").is_null() | pl.col("source_id").is_null())
    for row in lost.sort(list(columns), nulls_last=True).iter_rows(named=True):
        record = row["report_id"] or row["incident_id"] or row["source_id"] or "?"
        problems.append(
            _warn(
                "error", "claim_incomplete", record, "incident_id and source_id", "an empty cell", "fill it"
            )
        )
    frame = frame.filter(pl.col("incident_id").is_not_null() & pl.col("source_id").is_not_null())
    cells = frame["actor"].unique().drop_nulls().sort().to_list()
    spelling, parsed = _spelled(cells, known)
    stance = pl.col("stance").fill_null(
        pl.when(pl.col("actor").is_null()).then(pl.lit("unattributed")).otherwise(pl.lit("asserts"))
    )
    frame = frame.with_columns(
        stance=stance,
        cell=pl.col("actor").replace_strict(
            list(spelling), list(spelling.values()), default=None, return_dtype=pl.String
        )
        if spelling
        else pl.lit(None, dtype=pl.String),
    )
    strange = frame.filter(~pl.col("stance").is_in(list(_STANCES)))["stance"].unique().sort()
    for word in strange:
        problems.append(
            _warn(
                "warning",
                "stance_unknown",
                word,
                "one of " + ", ".join(_STANCES),
                word,
                "counted as not saying who",
            )
        )
    does = pl.col("stance").replace_strict(_STANCES, default=0, return_dtype=pl.Int64)
    origin = pl.coalesce("origin_id", "report_id", pl.concat_str(pl.lit("said by "), pl.col("source_id")))
    frame = frame.with_columns(
        does=pl.when(pl.col("cell").is_null()).then(0).otherwise(does),
        hedged=pl.col("stance") == "suggests",
        origin=origin,
    )
    bare = frame.filter((pl.col("stance") == "denies") & pl.col("cell").is_null())
    for row in (
        bare.select("incident_id", "source_id", "report_id")
        .unique()
        .sort("incident_id", "source_id", "report_id", nulls_last=True)
        .iter_rows(named=True)
    ):
        problems.append(
            _warn(
                "note",
                "denial_clears_nobody",
                row["report_id"] or f"{row['source_id']} on {row['incident_id']}",
                "the party cleared",
                "a denial that names nobody",
                "listed with weight 0; name the party cleared if the source does",
            )
        )
    return frame, parsed, problems


def read_accounts(
    claims: pl.DataFrame,
    sources: pl.DataFrame,
    parties: Iterable[str] | Mapping[str, str | None],
    incidents: pl.DataFrame | None = None,
) -> Accounts:
    """Check and order claims and sources.

    Incidents that nobody makes a claim about are kept when ``incidents`` is given: their answer is
    "undetermined", not absence.

    Raises:
        ValueError: a reserved name among the parties, or a required column is missing.
    """
    for column in ("incident_id", "source_id"):
        if column not in claims.columns:
            raise ValueError(f"claims: expected a column {column}, found {claims.columns}; add it")
    if "source_id" not in sources.columns:
        raise ValueError(f"sources: expected a column source_id, found {sources.columns}; add it")
    side_of = sides_of(parties)
    frame, cells, problems = _claims(claims, side_of)
    speakers, more = read_speakers(sources, frame["source_id"].unique().to_list(), side_of)
    ids = set(frame["incident_id"])
    if incidents is not None:
        ids |= set(incidents["incident_id"].cast(pl.String).drop_nulls())
    listed = sorted(ids)
    frame = (
        frame.join(
            pl.DataFrame(
                {"incident_id": listed, "incident": range(len(listed))},
                schema={"incident_id": pl.String, "incident": pl.Int64},
            ),
            on="incident_id",
        )
        .join(
            speakers.select("source_id")
            .with_row_index("source")
            .with_columns(pl.col("source").cast(pl.Int64)),
            on="source_id",
        )
        .sort("incident", "published_at", "source", "report_id", "stance", "cell", "origin", nulls_last=True)
        .with_row_index("row")
        .with_columns(pl.col("row").cast(pl.Int64))
    )
    return Accounts(frame, tuple(listed), speakers, tuple(side_of), side_of, cells, tuple(problems + more))
