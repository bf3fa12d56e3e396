"""From reports to claims: what each source says of an incident's author.

In: located reports, memberships (fusion), actors. Out: the ``claims`` table, actors replaced by the party
they count with. Accounts of issuers of findings, and relays of them, are kept apart when ``issuers`` names
them: a finding stands beside the testimony and never feeds it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from ceasefire.attribute.priors import NOBODY
from ceasefire.model import table


def members(actor: str, known: Collection[str] = ()) -> tuple[tuple[str, ...], str]:
    """Split an actor cell into its sorted members and the sign between them.

    The sign is ``|`` (one of them, open which; also for mixed cells), ``+`` (all of them) or empty. An id in
    ``known`` is taken whole even when it holds a sign.
    """
    if actor in known:
        return (actor,), ""
    sign = "|" if "|" in actor else "+" if "+" in actor else ""
    parts = (part.strip() for part in actor.replace("|", "+").split("+"))
    named = tuple(sorted({part for part in parts if part.casefold() not in NOBODY}))
    return named, sign if len(named) > 1 else ""


def parties_of_actors(actors: pl.DataFrame) -> dict[str, str]:
    """The party that each actor counts with, by actor id; itself where it has none."""
    listed = table("actors").conform(actors) if actors.height else table("actors").empty()
    direct = {row["actor_id"]: row["party"] or row["actor_id"] for row in listed.iter_rows(named=True)}
    mapped: dict[str, str] = {}
    for actor in direct:
        party, seen = actor, {actor}
        while (above := direct.get(party, party)) not in seen:
            party = above
            seen.add(party)
        mapped[actor] = party
    return mapped


def to_parties(actor: str | None, party_of: Mapping[str, str]) -> str | None:
    """The actor cell in parties: members mapped, sorted, each once; None when nobody is named."""
    if actor is None:
        return None
    named, sign = members(actor, party_of)
    mapped = sorted({party_of.get(name, name) for name in named})
    return (sign or "|").join(mapped) or None


def claims_of(
    reports: pl.DataFrame,
    memberships: pl.DataFrame,
    actors: pl.DataFrame,
    *,
    issuers: Collection[str] = frozenset(),
) -> pl.DataFrame:
    """Make the ``claims`` table: one row per report that belongs to an incident.

    Args:
        reports: table ``located`` (or ``reports``).
        memberships: table ``memberships``; its ``origin_id`` says which accounts are copies.
        actors: table ``actors``; an actor counts with its ``party`` (empty: itself).
        issuers: source ids whose accounts are external findings. Their reports, and the reports that
            descend from them, are left out here; ``findings_beside`` shows the findings.

    Raises:
        TableError: a required column is missing.
    """
    joined = reports.join(
        memberships.select("report_id", "incident_id", "origin_id"), on="report_id", how="inner"
    )
    speaker = reports.select(origin_id="report_id", origin_source="source_id")
    joined = joined.join(speaker, on="origin_id", how="left")
    apart = pl.col("source_id").is_in(sorted(issuers)) | (
        pl.col("origin_source").is_in(sorted(issuers)).fill_null(False)
    )
    party_of = parties_of_actors(actors)
    cells = joined["actor"].unique().drop_nulls().to_list()
    mapped = {cell: to_parties(cell, party_of) for cell in cells}
    kept = joined.filter(~apart).with_columns(
        actor=pl.col("actor").replace_strict(
            list(mapped), list(mapped.values()), default=None, return_dtype=pl.String
        )
        if mapped
        else pl.lit(None, dtype=pl.String)
    )
    return table("claims").conform(kept)
