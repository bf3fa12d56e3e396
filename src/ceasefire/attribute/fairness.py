"""Are the parties treated alike? Answers, abstention, time to an answer, who accuses, and fit, party by party.

In: assessments, attributions, answer times, namings, findings. Out: table ``fairness``, each figure with its interval and number.
A difference between parties may come from the accounts as well as from the weighing; where intervals overlap none can be told.
Intervals of shares by Wilson (1927), of medians by order statistics. Not a judicial finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import comb, sqrt
from typing import Any

import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.claims import parties_of_actors, to_parties
from ceasefire.attribute.namings import NEUTRAL, STANDS
from ceasefire.model import table

_STANDS = (*STANDS.values(), NEUTRAL)


def fairness(
    tables: Mapping[str, pl.DataFrame], parties: Iterable[str], actors: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Make the table ``fairness``: one row a party.

    Args:
        tables: ``assessments, attributions, answer_times, namings, findings_beside`` by name.
        parties: ids, every one of which gets a row.
        actors: table ``actors``, by which actors named in findings count with parties.

    Raises:
        KeyError: a table is missing.
    """
    leads = (
        tables["assessments"]
        .filter(pl.col("leading").is_not_null())
        .with_columns(party=pl.col("leading").str.split("|"))
        .explode("party")
    )
    chances = tables["attributions"].select("incident_id", "actor", "probability", "low", "high")
    found = _found(tables["findings_beside"], chances, actors)
    rows = []
    for party in sorted(parties):
        mine = leads.filter(pl.col("party") == party)
        answered = mine.filter(pl.col("answer") == party)
        hours = tables["answer_times"].filter(pl.col("answer") == party)["hours"].drop_nulls().to_list()
        width = (
            mine.select("incident_id")
            .join(chances.filter(pl.col("actor") == party), on="incident_id")
            .select(pl.col("high") - pl.col("low"))
            .to_series()
            .to_list()
        )
        rows.append(
            {
                "party": party,
                "leads": mine.height,
                "answered": answered.height,
                "accepted": answered.filter(pl.col("self_attributed").fill_null(False)).height,
                "abstained": mine.height - answered.height,
                **_named("answered", share(answered.height, mine.height)),
                **_named("hours", median(hours)),
                **_named("width", mean(width)),
                **_namings(tables["namings"].filter(pl.col("party") == party)),
                **_findings(found.filter(pl.col("party") == party)),
            }
        )
    return table("fairness").frame(rows)


Estimate = tuple[float | None, float | None, float | None]


def _named(name: str, estimate: Estimate) -> dict[str, float | None]:
    first = "answered_share" if name == "answered" else name
    return dict(zip((first, f"{name}_low", f"{name}_high"), estimate, strict=True))


def share(k: int, n: int) -> Estimate:
    """A share with its 90 % interval (Wilson 1927); nothing where there is nothing."""
    if not n:
        return None, None, None
    z = p.INTERVAL_Z
    centre = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * sqrt(k * (n - k) / n + z * z / 4)
    return k / n, (max(centre - half, 0.0) if k else 0.0), (min(centre + half, 1.0) if k < n else 1.0)


def median(values: list[float]) -> Estimate:
    """The median with its 90 % interval by order statistics; without one where there are too few (below five)."""
    ordered, n = sorted(values), len(values)
    if not n:
        return None, None, None
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    tail, rank = 0.0, 0
    while tail + comb(n, rank) / 2**n <= (1 - p.INTERVAL) / 2:
        tail += comb(n, rank) / 2**n
        rank += 1
    return (middle, ordered[rank - 1], ordered[n - rank]) if rank else (middle, None, None)


def mean(values: list[float]) -> Estimate:
    """The mean with its 90 % interval; without one where there is one value only."""
    n = len(values)
    if not n:
        return None, None, None
    middle = sum(values) / n
    if n == 1:
        return middle, None, None
    half = p.INTERVAL_Z * sqrt(sum((v - middle) ** 2 for v in values) / (n - 1) / n)
    return middle, middle - half, middle + half


def _namings(mine: pl.DataFrame) -> dict[str, Any]:
    """Accusations by where the speaker stands, and all together against what was expected."""
    by = {str(r["speakers"]): r for r in mine.iter_rows(named=True)}
    counts = {f"by_{s.replace(' ', '_')}": by[s]["named"] if s in by else 0 for s in _STANDS}
    if not by:
        return {**counts, "named": 0}
    expected = sum(r["expected"] for r in by.values())
    half = sqrt(sum(((r["spread"]) ** 2) for r in by.values()))
    return {
        **counts,
        "named": sum(r["named"] for r in by.values()),
        "expected": expected,
        "expected_low": max(expected - half, 0.0),
        "expected_high": expected + half,
    }


def _found(beside: pl.DataFrame, chances: pl.DataFrame, actors: pl.DataFrame | None) -> pl.DataFrame:
    """Findings that name one party, with the probability that the testimony gives it. Findings never feed the testimony."""
    party_of = parties_of_actors(actors) if actors is not None else {}
    rows = [
        (r["incident_id"], to_parties(r["actor"], party_of))
        for r in beside.filter(pl.col("incident_id").is_not_null()).iter_rows(named=True)
    ]
    named = pl.DataFrame(rows, schema={"incident_id": pl.String, "party": pl.String}, orient="row").unique()
    return named.join(chances, left_on=["incident_id", "party"], right_on=["incident_id", "actor"])


def _findings(mine: pl.DataFrame) -> dict[str, Any]:
    if not mine.height:
        return {"found": 0}
    given = mine["probability"]
    return {
        "found": mine.height,
        "found_probability": given.mean(),
        "found_lowest": given.min(),
        "found_highest": given.max(),
    }
