"""The room's tables, from what was weighed.

In: ``Heard``, ``Standing``, voices, ``Weighed``. Out: ``tolls``, ``particulars``, ``toll_accounts``, ``toll_bias``. Nothing
is estimated here but the interval of a particular's chance: log-odds with the errors that attribution states for priors and
testimony, one a side.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.toll import thresholds as t
from ceasefire.attribute.toll.bias import Bias
from ceasefire.attribute.toll.heard import RANGE, SUPERSEDED, WEIGHED, Heard
from ceasefire.attribute.toll.roles import ARMED, BOTH, CIVILIAN, Standing
from ceasefire.attribute.toll.rules import by_rule, grades
from ceasefire.attribute.toll.voices import QUESTIONS, Table
from ceasefire.attribute.toll.weighing import Weighed
from ceasefire.model import table

Floats = NDArray[np.float64]


def tolls_table(
    heard: Heard,
    standing: Standing,
    weighed: Weighed,
    side_of: Mapping[str, str],
    attributions: pl.DataFrame,
) -> pl.DataFrame:
    """Table ``tolls``: every incident and quantity; empty cells where no account gives a figure."""
    count = len(heard.incidents)
    graded = grades(heard, standing, side_of, attributions)
    status = _status(heard, standing)
    frames = []
    for q, quantity in enumerate(t.QUANTITIES):
        low, best, high = (pl.Series(weighed.toll[:, q, k]).fill_nan(None) for k in range(3))
        frame = pl.DataFrame(
            {
                "incident": range(count),
                "incident_id": pl.Series(heard.incidents, dtype=pl.String),
                "quantity": [quantity] * count,
                "low": low.cast(pl.Int64),
                "best": best.cast(pl.Int64),
                "high": high.cast(pl.Int64),
                "p_none": pl.Series(weighed.none[:, q]).fill_nan(None),
                "airwars_grade": pl.Series([graded.get(i) for i in range(count)], dtype=pl.String),
            }
        ).cast({"incident": pl.Int64})
        said = heard.said[quantity]
        span = (pl.col("how") == RANGE) & (
            pl.col("most") > t.SPAN_TELLS * pl.max_horizontal(pl.col("least"), pl.lit(1))
        )
        behind = said.group_by("incident").agg(
            tells=(~span).any(),
            n_accounts=pl.len(),
            n_origins=(pl.col("use") == WEIGHED).sum(),
            n_superseded=(pl.col("use") == SUPERSEDED).sum(),
        )
        frame = frame.join(behind, on="incident", how="left").join(
            by_rule(heard, quantity), on="incident", how="left"
        )
        frame = frame.join(status, on="incident", how="left").with_columns(
            pl.col("n_accounts", "n_origins", "n_superseded").fill_null(0),
            civilians_low=pl.when(pl.col("status") == CIVILIAN)
            .then("low")
            .when(pl.col("status").is_not_null())
            .then(0),
            civilians_high=pl.when(pl.col("status") == ARMED)
            .then(0)
            .when(pl.col("status").is_not_null())
            .then("high"),
        )
        known = pl.col("best").is_not_null() & pl.col("tells").fill_null(False)
        kept = ("low", "best", "high", "p_none", "civilians_low", "civilians_high")
        frames.append(frame.with_columns(pl.when(known).then(c).alias(c) for c in kept))
    return table("tolls").conform(pl.concat(frames))


def _status(heard: Heard, standing: Standing) -> pl.DataFrame:
    """Of each incident what its sources say now of who was hit: one status, or several (contested); copies are no second voice."""
    said = heard.said["victims"].filter(pl.col("use") == WEIGHED)
    status = pl.col("value").replace_strict(dict(standing.status), default=None, return_dtype=pl.String)
    return (
        said.with_columns(status=status)
        .group_by("incident")
        .agg(pl.col("status").unique())
        .with_columns(victims_contested=pl.col("status").list.len() > 1)
        .with_columns(
            status=pl.when("victims_contested").then(pl.lit(BOTH)).otherwise(pl.col("status").list.first())
        )
    )


def particulars_table(
    heard: Heard,
    voices: Table,
    standing: Standing,
    answers: Mapping[str, list[tuple[int, str]]],
    weighed: Weighed,
) -> pl.DataFrame:
    """Table ``particulars``: how probable each act, and each answer to who was hit, that accounts name."""
    frames = []
    for question, chances in zip(QUESTIONS, (weighed.act, weighed.victims), strict=True):
        listed = pl.DataFrame(
            answers[question], schema={"incident": pl.Int64, "value": pl.String}, orient="row"
        )
        said = heard.said[question]
        sides = voices.said[question].with_columns(
            side=pl.Series(voices.side[voices.said[question]["voice"].to_numpy()])
        )
        n_sides = sides.group_by("incident").agg(n_sides=pl.col("side").n_unique())
        behind = said.group_by("incident", "value").agg(
            n_accounts=pl.len(),
            n_origins=(pl.col("use") == WEIGHED).sum(),
            hedged=pl.col("hedged").all(),
            report_ids=pl.col("report_id").sort().head(p.IDS_SHOWN).str.join(";"),
        )
        low, high = _interval(
            chances, listed.join(n_sides, on="incident", how="left", maintain_order="left")["n_sides"]
        )
        frame = listed.with_columns(probability=pl.Series(chances), low=pl.Series(low), high=pl.Series(high))
        frame = frame.join(behind, on=["incident", "value"], how="left", maintain_order="left").with_columns(
            pl.col("n_accounts", "n_origins").fill_null(0)
        )
        ids = np.array(heard.incidents, dtype=object)
        status = None
        if question == "victims":
            status = pl.col("answer").replace_strict(
                dict(standing.status), default=None, return_dtype=pl.String
            )
        frames.append(
            frame.with_columns(
                incident_id=pl.Series(ids[frame["incident"].to_numpy()], dtype=pl.String),
                about=pl.lit(question),
            )
            .rename({"value": "answer"})
            .with_columns(status=status if status is not None else pl.lit(None, dtype=pl.String))
        )
    return table("particulars").conform(pl.concat(frames))


def _interval(chance: Floats, sides: pl.Series) -> tuple[Floats, Floats]:
    """90 % of a chance: its log-odds err by the prior's error and by one of testimony for each side that speaks."""
    heard = sides.fill_null(0).to_numpy().astype(np.float64)
    reach = p.INTERVAL_Z * np.sqrt(p.PRIOR_SD**2 + p.TESTIMONY_SD**2 * heard)
    kept = np.clip(chance, 1e-12, 1 - 1e-12)
    logit = np.log(kept) - np.log1p(-kept)
    low, high = 1 / (1 + np.exp(reach - logit)), 1 / (1 + np.exp(-reach - logit))
    return np.minimum(low, chance), np.maximum(high, chance)


def accounts_table(
    heard: Heard, voices: Table, standing: Standing, biases: tuple[Bias, Bias], weighed: Weighed
) -> pl.DataFrame:
    """Table ``toll_accounts``: every figure told, how it was used, and what is made of it."""
    names = heard.speakers["source_id"].to_list()
    ids = np.array(heard.incidents, dtype=object)
    place = {camp: k for k, camp in enumerate(standing.camps)}
    camp_of = np.array([place[camp or ""] for camp in heard.speakers["camp"]], dtype=np.int64)
    keys = pl.DataFrame(
        {"incident": voices.incident, "source": voices.source, "good": weighed.good},
        schema={"incident": pl.Int64, "source": pl.Int64, "good": pl.Float64},
    ).with_row_index("voice")
    frames = []
    for q, (quantity, bias) in enumerate(zip(t.QUANTITIES, biases, strict=True)):
        said = heard.said[quantity].join(keys, on=["incident", "source"], how="left", maintain_order="left")
        incident, source = said["incident"].to_numpy(), said["source"].to_numpy()
        camp = camp_of[source] if len(source) else np.zeros(0, dtype=np.int64)
        shares = standing.shares[incident, camp]
        roles = np.array([*t.ROLES, "no camp"])[
            np.where(shares.sum(axis=1) > 0, shares.argmax(axis=1), len(t.ROLES))
        ]
        used = said["use"] == WEIGHED
        voice = said["voice"].fill_null(0).to_numpy()
        factor = np.exp(voices.design[voice, q] @ bias.value) if len(voices.incident) else np.ones(len(said))
        frames.append(
            said.with_columns(
                incident_id=pl.Series(ids[incident], dtype=pl.String),
                quantity=pl.lit(quantity),
                source_id=pl.Series([names[s] for s in source], dtype=pl.String),
                role=pl.Series(roles, dtype=pl.String),
                says=_words(),
                factor=pl.when(pl.Series(used)).then(pl.Series(factor)),
                believed=pl.when(pl.Series(used)).then("good"),
                published_at="at",
            )
        )
    return table("toll_accounts").conform(pl.concat(frames, how="diagonal"))


def _words() -> pl.Expr:
    """A figure in words."""
    least, most = pl.col("least"), pl.col("most")
    return (
        pl.when(pl.col("how") == 1)
        .then(pl.when(least == 0).then(pl.lit("none")).otherwise(least.cast(pl.String)))
        .when(pl.col("how") == 2)
        .then(pl.format("at least {}", least))
        .when(pl.col("how") == 3)
        .then(pl.format("at most {}", most))
        .otherwise(pl.format("{} to {}", least, most))
    )


def bias_table(biases: tuple[Bias, Bias]) -> pl.DataFrame:
    """Table ``toll_bias``: by what factor figures of each role stand above the truth."""
    rows = []
    for quantity, bias in zip(t.QUANTITIES, biases, strict=True):
        sd = np.sqrt(np.diag(bias.covariance))
        for k, role in enumerate(t.COLUMNS):
            low, best, high = np.exp(bias.value[k] + p.INTERVAL_Z * sd[k] * np.array([-1.0, 0.0, 1.0]))
            elicited = float(np.exp(t.BIAS[role][0]))
            rows.append(
                {
                    "quantity": quantity, "role": role, "factor": float(best), "low": float(low), "high": float(high),
                    "elicited": elicited, "n_figures": float(bias.n[k]),
                }
            )  # fmt: skip
    return table("toll_bias").frame(rows)
