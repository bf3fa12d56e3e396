"""The terms that speak for or against an answer apart from testimony, set against the answers of each incident.

In: table ``prior_terms`` (``context``, ``finding_terms``, or a user's own), accounts and candidates. Out: ``Informed``: one line a
term with its weight by answer slot, their sums, and how far the error of each kind moves each answer. A term of an answer that an
incident does not have is a problem row, not a loss.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import STAGE, Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.testimony import Floats, Ints
from ceasefire.model import table
from ceasefire.problems import Problem

KINDS = ("capability", "control", "context", "finding")


@dataclass(frozen=True)
class Informed:
    """``lines``: ``incident, kind, says`` of each term; ``kind``: its number in ``KINDS``; ``weights``: nats, terms x slots."""

    lines: pl.DataFrame
    kind: Ints
    weights: Floats
    n: int
    problems: tuple[Problem, ...]

    def total(self, but: Collection[str] = ()) -> Floats:
        """Nats by incident and slot, without the kinds ``but``."""
        out = np.zeros((self.n, self.weights.shape[1]))
        kept = ~np.isin(self.kind, [KINDS.index(kind) for kind in but])
        np.add.at(out, self.lines["incident"].to_numpy()[kept], self.weights[kept])
        return out

    def loads(self) -> tuple[Ints, Floats]:
        """Incidents that have a term, and by slot and kind how far one standard deviation of the kind's error moves them."""
        incident = self.lines["incident"].to_numpy()
        some, where = np.unique(incident, return_inverse=True)
        out = np.zeros((len(some), self.weights.shape[1], len(KINDS)))
        # an odds figure that is off is off in the direction of its term
        np.add.at(
            out,
            (where[:, None], np.arange(out.shape[1]), self.kind[:, None]),
            np.sign(self.weights) * p.CONTEXT_SD,
        )
        return some, out


def inform(terms: pl.DataFrame | None, accounts: Accounts, candidates: Candidates) -> Informed:
    """Place every term at its incident and answer.

    Raises:
        ValueError: a term is not a number, exceeds ``PRIOR_TERM_MOST`` nats, or is of an unknown kind.
        TableError: the frame does not have the shape of ``prior_terms``.
    """
    given = table("prior_terms").empty() if terms is None else table("prior_terms").conform(terms)
    strange = given.filter(~pl.col("kind").is_in(KINDS))
    if strange.height:
        raise ValueError(f"prior: expected a kind among {', '.join(KINDS)}, found {strange['kind'][0]!r}")
    beyond = given.filter(~(pl.col("log_odds").abs() <= p.PRIOR_TERM_MOST + p.TIE))
    if beyond.height:
        raise ValueError(
            f"prior: expected log_odds of at most {p.PRIOR_TERM_MOST:g} nats either way, found {beyond['log_odds'][0]}; "
            "nothing known apart from testimony rules an answer out"
        )
    rank = pl.DataFrame({"kind": KINDS, "rank": range(len(KINDS))})
    ordered = given.join(rank, on="kind", how="left").sort("incident_id", "rank", "log_odds", "why", "actor")
    number = {name: k for k, name in enumerate(accounts.incidents)}
    incident, slot, kept, problems = [], [], [], []
    for k, row in enumerate(ordered.iter_rows(named=True)):
        i = number.get(row["incident_id"])
        at = (
            np.flatnonzero(candidates.names[i] == row["actor"])
            if i is not None
            else np.zeros(0, dtype=np.int64)
        )
        if i is not None and len(at):
            incident.append(i)
            slot.append(int(at[0]))
            kept.append(k)
        elif i is None or row["actor"] in accounts.side_of:
            problems.append(_unused(row["incident_id"], row["actor"], row["why"]))
    lines = ordered[kept].select(
        pl.Series("incident", incident, dtype=pl.Int64),
        "kind",
        pl.col("why").alias("says"),
        "rank",
        "log_odds",
    )
    weights = np.zeros((len(kept), candidates.names.shape[1]))
    weights[np.arange(len(kept)), slot] = lines["log_odds"].to_numpy()
    return Informed(
        lines.select("incident", "kind", "says"),
        lines["rank"].to_numpy().astype(np.int64),
        weights,
        len(accounts.incidents),
        (*problems, *_findings_weighed(lines)),
    )


def _findings_weighed(lines: pl.DataFrame) -> list[Problem]:
    """Whoever reads the answers is told that findings count in them."""
    found = lines.filter(pl.col("kind") == "finding")
    if not found.height:
        return []
    told = (
        f"findings too, as asked for: {found['says'].n_unique()}, on {found['incident'].n_unique()} incidents"
    )
    return [
        Problem(
            "note",
            STAGE,
            "findings_weighed",
            "testimony, and facts of the case",
            told,
            "each has a line of its own, and `sensitivity` says what the answer is without them",
        )
    ]


def _unused(incident: str, actor: str, why: str) -> Problem:
    return Problem(
        "note",
        STAGE,
        "prior_term_unused",
        "an incident, and one of its answers",
        f"{actor}: {why}",
        "the term moves nothing; check the names of the incident and the actor",
        record=incident,
    )
