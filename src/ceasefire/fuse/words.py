"""The telling words of a text, and how many of them two texts share.

In: texts in any script, and the stratum (area and month) each belongs to. Out: ``Words``, one unit vector a report;
similarity is the cosine. A word weighs by how rare it is overall and inside its stratum, so that a place name, which
every report of a place carries, counts for little. Numbers are left out: figures are compared on their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

MAX_WORDS = 60  # words of one text that are read
CHUNK = 200_000  # pairs compared at a time


@dataclass(frozen=True)
class Words:
    """Unit vectors over words; ``known`` = the text holds any."""

    vectors: sparse.csr_array
    known: NDArray[np.bool_]

    def similarity(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
        """Cosine of each pair of reports, 0..1; NaN where a text is missing."""
        out = np.full(len(left), np.nan)
        both = np.flatnonzero(self.known[left] & self.known[right])
        for at in range(0, len(both), CHUNK):
            part = both[at : at + CHUNK]
            shared = self.vectors[left[part]].multiply(self.vectors[right[part]]).sum(axis=1)
            out[part] = np.asarray(shared).reshape(-1)
        return out


def read_words(texts: pl.Series, stratum: NDArray[np.int64]) -> Words:
    """Split texts into words of three letters or more and weigh them."""
    n = len(texts)
    found = (
        pl.DataFrame({"row": np.arange(n), "text": texts, "stratum": stratum})
        .with_columns(
            pl.col("text")
            .cast(pl.String)
            .str.normalize("NFKC")
            .str.to_lowercase()
            .str.extract_all(r"\p{L}[\p{L}\p{M}'’-]{2,}")
            .list.head(MAX_WORDS)
            .alias("word")
        )
        .drop("text")
        .explode("word")
        .drop_nulls("word")
        .unique(["row", "word"])
        .with_columns(pl.col("word").rank("dense").cast(pl.Int64).alias("word"))
        .sort("row", "word")
    )
    known = np.zeros(n, dtype=bool)
    if not found.height:
        return Words(sparse.csr_array((n, 1)), known)
    told = found["row"].n_unique()
    found = found.with_columns(
        pl.len().over("word").alias("df"),
        pl.len().over("stratum", "word").alias("local_df"),
        pl.col("row").n_unique().over("stratum").alias("local_n"),
    ).with_columns(
        (
            0.5 * (1 + told / pl.col("df")).log() + 0.5 * (1 + pl.col("local_n") / pl.col("local_df")).log()
        ).alias("weight")
    )
    rows = found["row"].to_numpy()
    known[rows] = True
    weight = found["weight"].to_numpy()
    length = np.sqrt(np.bincount(rows, weight**2, minlength=n))
    vectors = sparse.csr_array(
        (weight / length[rows], (rows, found["word"].to_numpy())),
        shape=(n, int(found["word"].max()) + 1),  # type: ignore[arg-type]
    )
    return Words(vectors, known)
