"""The record linkage toolkit as a peer: two classifiers over the same pairs that Splink is given.

In: the prepared columns and gates of `bench.fusion_candidates`. Out: scored pairs. ECM is unsupervised; logistic regression
is given the truth of every fifth pair. The toolkit has no clustering.
https://github.com/J535D165/recordlinkage
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import recordlinkage as rl
from recordlinkage.base import BaseCompareFeature

from bench.fusion_candidates import prepared, rules
from bench.fusion_rule import ALIKE
from bench.fusion_words import ACTS

LABELLED = 0.2


class Feature(BaseCompareFeature):
    """A function of columns of both sides, between 0 and 1."""

    def __init__(self, columns: list[str], label: str, function: object) -> None:
        super().__init__(columns, columns, label=label)
        self._compute_vectorized = function


def _gap(a0: pd.Series, a1: pd.Series, b0: pd.Series, b1: pd.Series) -> pd.Series:
    return np.exp(-np.maximum(np.maximum(a0 - b1, b0 - a1), 0) / 18) * (
        1 / (1 + np.abs(a0 + a1 - b0 - b1) / 24)
    )


def _near(
    ax: pd.Series, ay: pd.Series, ar: pd.Series, bx: pd.Series, by: pd.Series, br: pd.Series
) -> pd.Series:
    return np.exp(-((ax - bx) ** 2 + (ay - by) ** 2) / (ar**2 + br**2) / 4)


def _same(a: pd.Series, b: pd.Series) -> pd.Series:
    # A missing cell says nothing either way.
    return np.where(a.isna() | b.isna(), 0.5, a.values == b.values).astype(float)


def _act(a: pd.Series, b: pd.Series) -> pd.Series:
    codes = {act: i for i, act in enumerate(ACTS)}
    return ALIKE[a.map(codes).fillna(-1).astype(int), b.map(codes).fillna(-1).astype(int)] / 2


def _toll(a: pd.Series, b: pd.Series) -> pd.Series:
    ratio = (np.minimum(a, b) + 0.5) / (np.maximum(a, b) + 0.5)
    return ratio.fillna(0.5)


def _rare(a: pd.Series, b: pd.Series) -> pd.Series:
    # None in common is no news; half for the empty, near one for two and more.
    common = [
        len(set(x) & set(y)) if x is not None and y is not None else 0 for x, y in zip(a, b, strict=True)
    ]
    return 1 - 0.5 ** (np.array(common) + 1)


def scored(reports: pl.DataFrame, truth: pl.DataFrame, labelled: bool) -> pl.DataFrame:
    """Pairs with the chance that they are one: report_a, report_b, probability."""
    frame = prepared(reports)
    connection = duckdb.connect(":memory:")
    connection.register("prepared", frame.with_row_index("row").to_arrow())
    connection.execute("create table p as select * from prepared")
    both = " union ".join(
        f"select l.row a, r.row b from p l, p r where l.row < r.row and {rule}" for rule in rules()
    )
    index = connection.sql(both).pl().sort("a", "b")
    pairs = pd.MultiIndex.from_arrays([index["a"].to_numpy(), index["b"].to_numpy()])
    table = frame.drop("words").to_pandas()
    compare = rl.Compare(
        [
            Feature(["t0", "t1"], "gap", _gap),
            Feature(["x", "y", "radius"], "near", _near),
            Feature(["act"], "act", _act),
            Feature(["actor"], "actor", _same),
            Feature(["affected"], "affected", _same),
            Feature(["killed"], "killed", _toll),
            Feature(["injured"], "injured", _toll),
            Feature(["rare_words"], "rare", _rare),
        ]
    )
    vectors = compare.compute(pairs, table)
    if labelled:
        known = frame.join(truth, on="report_id", how="left")["happening"].to_numpy()
        some = vectors.sample(frac=LABELLED, random_state=1)
        a, b = (some.index.get_level_values(side).to_numpy() for side in (0, 1))
        model = rl.LogisticRegressionClassifier()
        model.fit(some, some.index[known[a] == known[b]])
    else:
        model = rl.ECMClassifier(binarize=0.6)
        model.fit(vectors)
    probability = model.prob(vectors)
    ids = frame["report_id"]
    return pl.DataFrame(
        {
            "report_a": ids.gather(index["a"]),
            "report_b": ids.gather(index["b"]),
            "probability": np.asarray(probability, dtype=np.float64),
        }
    )
