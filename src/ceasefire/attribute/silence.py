"""Silence as evidence: a camp's source that covers a place and says nothing of an incident there.

In: accounts, voices' incidents with place and time, candidates. Out: one term per incident and camp, on its
own line. A source covers a place and week when it said who did enough other incidents there (same cell of a
30 km grid, same week). Without places nothing is inferred from silence. The term is small and bounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import NAMES, Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.testimony import alignments, effective

_KM_PER_DEGREE = 111.2
_SCHEMA = {"incident": pl.Int64, "side": pl.String, "n": pl.UInt32, "follows": pl.Float64}


@dataclass(frozen=True)
class Silence:
    """``lines``: incident, side, n (silent sources). ``terms``: nats by line and answer slot.

    The silent sources are counted, not named: a joined list of ids would slip past the publishing gate.
    """

    lines: pl.DataFrame
    terms: NDArray[np.float64]

    def total(self, n_incidents: int) -> NDArray[np.float64]:
        """Sum of the terms by incident and slot."""
        out = np.zeros((n_incidents, self.terms.shape[1]))
        np.add.at(out, self.lines["incident"].to_numpy(), self.terms)
        return out


def _cells(accounts: Accounts, incidents: pl.DataFrame) -> pl.DataFrame:
    """The grid cell and week of each incident that has a place and a time."""
    listed = pl.DataFrame(
        {"incident_id": accounts.incidents, "incident": range(len(accounts.incidents))},
        schema={"incident_id": pl.String, "incident": pl.Int64},
    )
    row = (pl.col("latitude") * _KM_PER_DEGREE / p.SILENCE_KM).floor()
    narrow = (((row + 0.5) * p.SILENCE_KM / _KM_PER_DEGREE).radians().cos()) * _KM_PER_DEGREE / p.SILENCE_KM
    week = pl.col("occurred_from").dt.epoch("s") // int(p.SILENCE_DAYS * 86400)
    return (
        incidents.with_columns(pl.col("incident_id").cast(pl.String))
        .drop_nulls(["latitude", "longitude", "occurred_from"])
        .select("incident_id", row=row, column=(pl.col("longitude") * narrow).floor(), week=week)
        .unique("incident_id", keep="first", maintain_order=True)
        .join(listed, on="incident_id")
        .drop("incident_id")
    )


def _silent(accounts: Accounts, cells: pl.DataFrame) -> pl.DataFrame:
    camped = (
        accounts.speakers.with_columns(follows=pl.Series(alignments(accounts.speakers)))
        .with_row_index("source")
        .with_columns(pl.col("source").cast(pl.Int64))
        .filter(pl.col("side").is_not_null())
        .select("source", "source_id", "side", "follows")
    )
    heard = accounts.claims.group_by("incident", "source").agg(blames=(pl.col("does") == NAMES).any())
    told = heard.join(camped, on="source").join(cells, on="incident")
    where = ["row", "column", "week"]
    # Only one who says who did the others can be said to keep silent on who did this one.
    blaming = told.filter(pl.col("blames")).group_by("source", "source_id", "side", "follows", *where).len()
    covers = blaming.filter(pl.col("len") >= p.SILENCE_MIN_REPORTS)
    return (
        cells.join(covers, on=where)
        .join(told.select("incident", "source"), on=["incident", "source"], how="anti")
        .sort("incident", "source_id")
        .group_by("incident", "side", maintain_order=True)
        .agg(
            n=pl.len(),
            follows=pl.col("follows").mean(),
            first=pl.col("source_id").min(),
        )
        .sort("incident", "first")
        .select(*_SCHEMA)
    )


def hear_silence(accounts: Accounts, candidates: Candidates, incidents: pl.DataFrame | None) -> Silence:
    """Terms of silence; none when ``incidents`` is None or has no places and times."""
    lines = pl.DataFrame(schema=_SCHEMA)
    if incidents is not None and {"latitude", "longitude", "occurred_from"} <= set(incidents.columns):
        lines = _silent(accounts, _cells(accounts, incidents))
    weight = p.SILENCE_OWN * effective(lines["n"].to_numpy().astype(np.float64), np.array(p.RHO_CAMP))
    weight = weight * lines["follows"].to_numpy()
    width = candidates.names.shape[1]
    own = np.zeros((lines.height, width))
    sides = lines["side"].to_numpy()
    for slot, party in enumerate(accounts.parties):
        own[:, slot] = sides == accounts.side_of[party]
    spoken = own * weight[:, None]
    incident = lines["incident"].to_numpy()
    valid = candidates.valid[incident]
    prior = np.where(valid, np.exp(candidates.log_prior[incident]), 0.0)
    expected = np.log((prior * np.exp(spoken)).sum(axis=1, keepdims=True))
    return Silence(lines, np.where(valid, spoken - expected, 0.0))
