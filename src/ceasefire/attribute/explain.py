"""The additive account behind an attribution, as tables that a panel can recompute by hand.

In: posterior and voices. Out: the ``evidence`` table (per answer: prior, capability, control and context, one term per voice,
copies, silence, findings where they are weighed, and the weight of all other answers; they sum to the posterior log-odds), and
the readable tables of one incident. Weight of evidence in nats (Good 1950).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.copying import Voices
from ceasefire.attribute.following import NO_LEADER
from ceasefire.attribute.frames import Frames
from ceasefire.attribute.model import Posterior
from ceasefire.model import table

_LINE = {
    "incident": pl.Int64,
    "order": pl.Int64,
    "kind": pl.String,
    "source_id": pl.String,
    "camp": pl.String,
    "report_ids": pl.String,
    "says": pl.String,
    "copy_of": pl.String,
    "weight": pl.Int64,
}


def _wording(accounts: Accounts) -> pl.DataFrame:
    """Each actor cell in words."""
    joins = {"|": " or ", "+": " together with ", "": ""}
    words = [
        joins[sign].join(named) + (" (open which)" if sign == "|" else "")
        for named, sign in accounts.cells.values()
    ]
    return pl.DataFrame(
        {"cell": list(accounts.cells), "words": words}, schema={"cell": pl.String, "words": pl.String}
    )


def _found_copies(accounts: Accounts, posterior: Posterior) -> pl.DataFrame:
    """The source that each voice was found to repeat, where that one had told of the incident before it."""
    told, owner = posterior.heard.told, posterior.standing.owner
    after = np.flatnonzero(posterior.heard.lead != NO_LEADER)
    lead = posterior.leader[told.source[after]]
    names = accounts.speakers["source_id"]
    return pl.DataFrame(
        {
            "incident": posterior.heard.incident[after],
            "source": owner[told.source[after]],
            "copy_of": names[owner[lead].tolist()] if len(after) else pl.Series([], dtype=pl.String),
        },
        schema_overrides={"incident": pl.Int64, "source": pl.Int64},
    ).unique(["incident", "source"])


def _lines(accounts: Accounts, voices: Voices, posterior: Posterior, frames: Frames) -> pl.DataFrame:
    """All printed lines in order; ``weight`` is the row of the stacked terms (-1 = no weight of its own)."""
    who = accounts.speakers.with_row_index("source").select(
        pl.col("source").cast(pl.Int64), "source_id", "camp"
    )
    n_said, n_heard = voices.said.height, len(posterior.terms)
    verb = (
        pl.when(pl.col("does") == 2)
        .then(pl.lit("denies "))
        .when("hedged")
        .then(pl.lit("suggests "))
        .otherwise(pl.lit("asserts "))
    )
    said = (
        voices.said.with_row_index("weight")
        .join(_wording(accounts), on="cell", how="left", maintain_order="left")
        .with_columns(says=verb + pl.col("words"), order=pl.lit(1))
    )
    copies = voices.copies.with_columns(
        kind=pl.lit("copy"),
        says=pl.when(pl.col("n_copies") == 1)
        .then(pl.lit("1 copy or relay of this origin"))
        .otherwise(pl.format("{} copies or relays of this origin", "n_copies")),
        order=pl.lit(2),
    )
    nameless = voices.nameless.with_row_index("weight").with_columns(
        weight=pl.when("denies").then(None).otherwise(pl.col("weight").cast(pl.Int64) + n_said),
        kind=pl.when("denies").then(pl.lit("denial")).otherwise(pl.lit("testimony")),
        says=pl.when("denies").then(pl.lit("denies, names nobody")).otherwise(pl.lit("does not say who")),
        order=pl.lit(3),
    )
    quiet = posterior.lines.with_row_index("weight").select(
        "incident",
        pl.lit(4).alias("order"),
        pl.lit("silence").alias("kind"),
        pl.Series([frames.camps[k] for k in posterior.lines["frame"]], dtype=pl.String).alias("camp"),
        pl.format(
            "sources of this camp that cover the place and time: {} tell of it, {} say nothing",
            pl.col("covers") - pl.col("silent"),
            "silent",
        ).alias("says"),
        (pl.col("weight").cast(pl.Int64) + n_heard).alias("weight"),
    )
    found = _found_copies(accounts, posterior)
    said, nameless = (
        f.join(found, on=["incident", "source"], how="left", maintain_order="left") for f in (said, nameless)
    )
    informed = posterior.informed.lines.with_row_index("weight").with_columns(
        weight=pl.col("weight").cast(pl.Int64) + n_heard + posterior.lines.height,
        # a finding is no prior: it comes when all accounts have been heard
        order=pl.when(pl.col("kind") == "finding").then(5).otherwise(0),
    )
    spoken = [f.join(who, on="source", how="left", maintain_order="left") for f in (said, copies, nameless)]
    parts = [
        f.select((pl.col(c) if c in f.columns else pl.lit(None)).cast(t).alias(c) for c, t in _LINE.items())
        for f in (informed, *spoken, quiet)
    ]
    return pl.concat(parts).sort("incident", "order", maintain_order=True)


def alternatives(score: NDArray[np.float64], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Minus the log of the summed weight of all other answers, per answer: turns a score into log-odds."""
    out = np.zeros_like(score)
    for k in range(score.shape[1]):
        others = valid.copy()
        others[:, k] = False
        masked = np.where(others, score, -np.inf)
        top = masked.max(axis=1, keepdims=True)
        out[:, k] = -(top[:, 0] + np.log(np.exp(masked - top).sum(axis=1)))
    return out


def account(
    posterior: Posterior, voices: Voices, frames: Frames, accounts: Accounts, candidates: Candidates
) -> pl.DataFrame:
    """Make the ``evidence`` table. Per incident and answer the log_weights sum to ln(P / (1 - P))."""
    lines = _lines(accounts, voices, posterior, frames)
    everyone = pl.DataFrame({"incident": range(len(accounts.incidents))}, schema={"incident": pl.Int64})

    def edge(order: int, kind: str, says: str) -> pl.DataFrame:
        fixed = everyone.with_columns(order=pl.lit(order), kind=pl.lit(kind), says=pl.lit(says))
        return fixed.select(
            (pl.col(c) if c in fixed.columns else pl.lit(None)).cast(t).alias(c) for c, t in _LINE.items()
        )

    parts = [
        edge(0, "prior", "base rates, before any testimony"),
        lines,
        edge(9, "alternatives", "weight of all other answers"),
    ]
    lines = pl.concat(parts).sort("incident", "order", maintain_order=True)
    incident = lines["incident"].to_numpy()
    nothing = np.zeros((1, posterior.terms.shape[1]))
    stacked = np.concatenate([posterior.terms, posterior.silence, posterior.informed.weights, nothing])
    weights = stacked[lines["weight"].fill_null(-1).to_numpy()]
    kinds = lines["kind"].to_numpy()
    prior, rest = kinds == "prior", kinds == "alternatives"
    weights[prior] = posterior.log_prior[incident[prior]]
    weights[rest] = alternatives(posterior.score, candidates.valid)[incident[rest]]
    step = pl.int_range(pl.len()).over("incident")
    shown = lines.with_columns(
        step=step,
        incident_id=pl.Series(accounts.incidents, dtype=pl.String)[incident.tolist()]
        if len(incident)
        else pl.lit(None, dtype=pl.String),
    )
    row, slot = np.nonzero(candidates.valid[incident])
    actors = candidates.names[incident[row], slot]
    long = shown[row.tolist()].with_columns(
        actor=pl.Series(actors, dtype=pl.String), log_weight=pl.Series(weights[row, slot])
    )
    return table("evidence").conform(long)


def _odds(scores: NDArray[np.float64], k: int) -> float:
    rest = np.delete(scores, k)
    return float(np.exp(scores[k] - rest.max()) / np.exp(rest - rest.max()).sum())


def tables_of(
    incident_id: str,
    evidence: pl.DataFrame,
    attributions: pl.DataFrame,
    assessments: pl.DataFrame,
    sensitivity: pl.DataFrame,
    standing: pl.DataFrame,
    fit: pl.DataFrame,
) -> list[tuple[str, pl.DataFrame]]:
    """The readable tables of one incident: answer, weights, odds step by step, what if left out, sources read otherwise than
    listed, and how the model fits.

    Raises:
        KeyError: there is no such incident.
    """
    chosen = pl.col("incident_id") == incident_id
    answer = assessments.filter(chosen)
    if not answer.height:
        raise KeyError(f"no incident {incident_id!r} among those attributed")
    spread = (
        attributions.filter(chosen).drop("incident_id").sort("probability", "actor", descending=[True, False])
    )
    names = attributions.filter(chosen)["actor"].to_list()
    wide = (
        evidence.filter(chosen)
        .pivot(
            "actor",
            index=["step", "kind", "source_id", "camp", "says", "copy_of", "report_ids"],
            values="log_weight",
        )
        .sort("step")
    )
    weights = wide.select(names).to_numpy()
    summed = {n: float(weights[:, j].sum()) for j, n in enumerate(names)}
    probability = dict(spread.select("actor", "probability").iter_rows())
    tail = pl.DataFrame(
        [
            {"kind": "log-odds", "says": "sum of the column", **summed},
            {"kind": "probability", "says": "odds / (1 + odds)", **probability},
        ]
    )
    leading = spread["actor"][0]
    parts = wide.filter(~pl.col("kind").is_in(["alternatives"]))
    speaks = pl.col("source_id").is_in(wide["source_id"].drop_nulls().to_list())
    otherwise = standing.filter(speaks & (pl.col("elsewhere") | pl.col("repeats").is_not_null()))
    told = [("Sources read otherwise than listed, or found to repeat another", otherwise)]
    return [
        (f"The answer ({p.NOT_JUDICIAL})", answer.drop("incident_id")),
        ("Who did it, with the 90 % interval", spread),
        ("What each account weighs, in nats, for each answer", pl.concat([wide, tail], how="diagonal")),
        (f"The odds that it was {leading}, step by step", _steps(parts, names, leading)),
        (
            "If a source, a camp, copies, silence or the prior is left out",
            sensitivity.filter(chosen).drop("incident_id"),
        ),
        *(told if otherwise.height else []),
        (
            "How far the model can be trusted, over all incidents",
            fit.filter((pl.col("group") == "all") & (pl.col("bin") == "")).drop("group", "bin"),
        ),
    ]


def _steps(parts: pl.DataFrame, names: list[str], leading: str) -> pl.DataFrame:
    running = np.cumsum(parts.select(names).to_numpy(), axis=0)
    k = names.index(leading)
    rows: list[dict[str, Any]] = []
    before: float | None = None
    for line, scores in zip(parts.iter_rows(named=True), running, strict=True):
        after = _odds(scores, k)
        rows.append(
            {
                "step": line["step"],
                "kind": line["kind"],
                "source_id": line["source_id"],
                "says": line["says"],
                "odds_before": before,
                "factor": None if before is None else after / before,
                "odds_after": after,
                "probability": after / (1 + after),
            }
        )
        before = after
    return pl.DataFrame(rows, schema_overrides={"odds_before": pl.Float64, "factor": pl.Float64})
