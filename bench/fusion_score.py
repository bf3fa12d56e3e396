"""How good a grouping, a link probability or a daily interval is, against the truth.

In: ``truth`` (report_id, happening) and what a system says. Out: pairwise and B-cubed precision, recall and F1 (Bagga and
Baldwin 1998), counted by groups and never pair by pair; expected calibration error; the share of days an interval covers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Labels = npt.NDArray[np.integer]  # type: ignore[type-arg]


@dataclass(frozen=True)
class Score:
    """Shares between 0 and 1; b3 stands for B-cubed."""

    precision: float
    recall: float
    f1: float
    b3_precision: float
    b3_recall: float
    b3: float


def score(truth: pl.DataFrame, memberships: pl.DataFrame) -> Score:
    """Score memberships (report_id, incident_id); a report that is in none is an incident of its own."""
    both = truth.select("report_id", "happening").join(
        memberships.select("report_id", "incident_id"), on="report_id", how="left", validate="1:1"
    )
    alone = both["incident_id"].is_null().to_numpy()
    said = both["incident_id"].rank("dense").cast(pl.Int64).fill_null(0).to_numpy().copy()
    said[alone] = -1 - np.arange(np.count_nonzero(alone))
    return score_labels(both["happening"].rank("dense").cast(pl.Int64).to_numpy(), said)


def score_labels(true: Labels, said: Labels) -> Score:
    """Score one label a report against the true one."""
    groups = pl.DataFrame({"true": true, "said": said}).group_by("true", "said").len("n")
    n = pl.col("n").cast(pl.Float64)
    groups = groups.with_columns(
        n.sum().over("true").alias("of"), n.sum().over("said").alias("in"), n.alias("n")
    )

    def pairs(column: str) -> float:
        return float((groups[column] * (groups[column] - 1)).sum() / 2)

    by_true = groups.unique("true").select("of").to_series()
    by_said = groups.unique("said").select("in").to_series()
    right = pairs("n")
    claimed = float((by_said * (by_said - 1)).sum() / 2)
    there = float((by_true * (by_true - 1)).sum() / 2)
    precision = right / claimed if claimed else 1.0
    recall = right / there if there else 1.0
    b3_precision = float((groups["n"] ** 2 / groups["in"]).sum()) / len(true)
    b3_recall = float((groups["n"] ** 2 / groups["of"]).sum()) / len(true)
    return Score(
        precision,
        recall,
        _harmonic(precision, recall),
        b3_precision,
        b3_recall,
        _harmonic(b3_precision, b3_recall),
    )


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0


@dataclass(frozen=True)
class Calibration:
    """Mean distance between probability and frequency, weighted by links, in bins of equal mass and of equal width."""

    equal_mass: float
    equal_width: float
    # One row a bin of equal mass: links, mean probability, share that is true.
    bins: pl.DataFrame


def calibration(truth: pl.DataFrame, links: pl.DataFrame) -> Calibration:
    """Of links (report_a, report_b, probability), all of them: twenty bins of equal mass, ten of equal width."""
    known = truth.select("report_id", "happening")
    told = (
        links.select("report_a", "report_b", "probability")
        .join(known.rename({"report_id": "report_a", "happening": "a"}), on="report_a")
        .join(known.rename({"report_id": "report_b", "happening": "b"}), on="report_b")
        .select("probability", (pl.col("a") == pl.col("b")).cast(pl.Float64).alias("true"))
        .sort("probability")
    )
    width = (told["probability"] * 10).floor().clip(0, 9)
    # Equal probabilities must share a bin, or their order would decide.
    mass = ((told["probability"].rank("average") - 0.5) * 20 / max(told.height, 1)).floor().clip(0, 19)
    by_mass, by_width = _bins(told, mass), _bins(told, width)
    return Calibration(_error(by_mass), _error(by_width), by_mass)


def _bins(told: pl.DataFrame, bins: pl.Series) -> pl.DataFrame:
    grouped = told.with_columns(bins.alias("bin")).group_by("bin", maintain_order=True)
    return grouped.agg(pl.len().alias("links"), pl.col("probability").mean(), pl.col("true").mean()).drop(
        "bin"
    )


def _error(bins: pl.DataFrame) -> float:
    if not bins.height:
        return 0.0
    distance = (bins["probability"] - bins["true"]).abs() * bins["links"]
    return float(distance.sum()) / float(bins["links"].sum())


def daily(happenings: pl.DataFrame) -> pl.DataFrame:
    """True counts a day (day, count) of happenings (at), in UTC."""
    return (
        happenings.group_by(pl.col("at").dt.date().alias("day"))
        .agg(pl.len().cast(pl.Float64).alias("count"))
        .sort("day")
    )


def coverage(days: pl.DataFrame, counts: pl.DataFrame) -> float:
    """Share of days, from the first true one to the last, whose interval (day, low, high) holds the count (day, count).

    A day the frame leaves out is one of no incidents.
    """
    first, last = counts["day"].min(), counts["day"].max()
    every = pl.DataFrame({"day": pl.date_range(first, last, eager=True)})
    told = every.join(counts, on="day", how="left").join(
        days.select("day", "low", "high"), on="day", how="left"
    )
    return float(
        told.fill_null(0).select(pl.col("count").is_between(pl.col("low"), pl.col("high")).mean()).item()
    )
