"""The possible answers to "who did it" for each incident.

In: accounts. Out: ``Candidates``: every party, "accident", "third_party", and the outsiders that somebody
names for that incident; with a flat prior in which a named outsider shares the third party's part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute.accounts import STAGE, Accounts
from ceasefire.attribute.priors import ACCIDENT, MAX_NAMED, MAX_OUTSIDERS, MAX_PARTIES, THIRD_PARTY
from ceasefire.problems import Problem


@dataclass(frozen=True)
class Candidates:
    """Answers per incident. Rows are incidents, columns slots; the first slots are alike for all.

    ``names`` has the answer in each slot ("" = the slot is not used), ``valid`` whether it is used,
    ``log_prior`` its prior in nats (0 where not used).
    """

    base: tuple[str, ...]
    names: NDArray[np.object_]
    valid: NDArray[np.bool_]
    log_prior: NDArray[np.float64]
    named: NDArray[np.bool_]
    problems: tuple[Problem, ...]


def _mentions(accounts: Accounts) -> pl.DataFrame:
    """One row per claim that mentions somebody and per member mentioned."""
    cells = accounts.cells
    exploded = pl.DataFrame(
        {"cell": list(cells), "member": [list(named) for named, _ in cells.values()]},
        schema={"cell": pl.String, "member": pl.List(pl.String)},
    ).explode("member", empty_as_null=True)
    return (
        accounts.claims.filter(pl.col("does") > 0)
        .select("row", "incident", "source", "cell")
        .join(exploded, on="cell")
    )


def _everywhere(accounts: Accounts) -> tuple[tuple[str, ...], int]:
    """The parties that are answers for every incident, and how many others may become answers of one."""
    if len(accounts.parties) <= MAX_PARTIES:
        return accounts.parties, MAX_OUTSIDERS
    voiced = (
        accounts.speakers["camp"].drop_nulls().value_counts().sort("count", "camp", descending=[True, False])
    )
    told = [camp for camp in voiced["camp"] if camp in accounts.side_of][:MAX_PARTIES]
    return tuple(party for party in accounts.parties if party in told), MAX_NAMED


def _outsiders(mentions: pl.DataFrame, base: tuple[str, ...], most: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Outsiders that become answers (with their slot) and those that do not fit."""
    counted = (
        mentions.filter(~pl.col("member").is_in(base))
        .group_by("incident", "member")
        .agg(n=pl.col("source").n_unique())
        .with_columns(rank=pl.col("n").rank("max", descending=True).over("incident"))
        .sort("incident", "member")
    )
    # Those tied across the limit stay out together: a name must not decide.
    kept = counted.filter(pl.col("rank") <= most).with_columns(
        slot=pl.int_range(pl.len()).over("incident") + len(base)
    )
    return kept, counted.filter(pl.col("rank") > most)


def find_candidates(accounts: Accounts) -> Candidates:
    """Collect the answers of every incident and which of them each claim mentions.

    ``named[row, slot]`` is true where the claim of that row mentions the answer in that slot.
    """
    parties, most = _everywhere(accounts)
    base = (*parties, ACCIDENT, THIRD_PARTY)
    mentions = _mentions(accounts)
    kept, left = _outsiders(mentions, base, most)
    n_incidents, n_base = len(accounts.incidents), len(base)
    width = n_base + int(kept.group_by("incident").len()["len"].max() or 0)  # type: ignore[arg-type]
    names = np.full((n_incidents, width), "", dtype=object)
    names[:, :n_base] = np.array(base, dtype=object)
    names[kept["incident"].to_numpy(), kept["slot"].to_numpy()] = kept["member"].to_numpy()
    valid = names != ""
    slots = pl.DataFrame({"member": base, "base_slot": range(n_base)})
    placed = (
        mentions.join(slots, on="member", how="left")
        .join(kept.select("incident", "member", "slot"), on=["incident", "member"], how="left")
        .with_columns(at=pl.coalesce("base_slot", "slot").fill_null(n_base - 1))
    )
    named = np.zeros((accounts.claims.height, width), dtype=bool)
    named[placed["row"].to_numpy(), placed["at"].to_numpy()] = True
    problems = tuple(
        Problem(
            "note",
            STAGE,
            "outsiders_folded",
            f"at most {most} actors beside the parties",
            ", ".join(sorted(group["member"])),
            'counted as "third_party"; map them to parties in actors if they belong to one',
            record=accounts.incidents[int(key[0])],
        )
        for key, group in left.sort("incident", "member").group_by("incident", maintain_order=True)
    )
    if len(parties) < len(accounts.parties):
        problems += (
            Problem(
                "note",
                STAGE,
                "parties_where_named",
                f"at most {MAX_PARTIES} parties",
                f"{len(accounts.parties)}",
                f"{len(parties)} that have sources of their own are answers everywhere, the others where they are named",
            ),
        )
    return Candidates(base, names, valid, _flat_prior(valid, n_base), named, problems)


def _flat_prior(valid: NDArray[np.bool_], n_base: int) -> NDArray[np.float64]:
    outside = valid[:, n_base - 1 :].sum(axis=1, keepdims=True)
    prior = np.full(valid.shape, 1.0 / n_base)
    prior[:, n_base - 1 :] = 1.0 / n_base / outside
    return np.where(valid, np.log(prior), 0.0)
