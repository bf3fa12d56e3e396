"""Small turns with Spark's frames.

In: Spark DataFrames and arrays. Out: the same. What the steps of ``spark`` and ``written`` have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

from ceasefire.fuse.encode import Ints


class Run:
    """One run: what it keeps while it works, so that it can be let go."""

    def __init__(self, spark: SparkSession, shards: int) -> None:
        self.spark, self.shards = spark, shards
        self._kept: list[DataFrame] = []

    def keep(self, frame: DataFrame) -> DataFrame:
        """The frame, worked out once."""
        self._kept.append(frame.persist(StorageLevel.MEMORY_AND_DISK))
        return frame

    def let_go(self) -> None:
        """Forget what was kept."""
        for frame in self._kept:
            frame.unpersist()

    def gathered(self, frame: DataFrame) -> DataFrame:
        """Rows of one task together."""
        return frame.repartition(self.shards, "task")


def by_partition(
    frame: DataFrame, work: Callable[[pa.Table], Iterator[pa.RecordBatch]], schema: str
) -> DataFrame:
    """What ``work`` makes of each partition."""

    def whole(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        held = [batch for batch in batches if batch.num_rows]
        if held:
            yield from work(pa.Table.from_batches(held))

    return frame.mapInArrow(whole, schema)


def as_rows(
    work: Callable[[pa.Table], Iterator[dict[str, Any]]],
) -> Callable[[pa.Table], Iterator[pa.RecordBatch]]:
    """``work`` with its rows as Arrow."""

    def made(given: pa.Table) -> Iterator[pa.RecordBatch]:
        for row in work(given):
            yield pa.RecordBatch.from_pylist([row])

    return made


def frame_of(run: Run, **columns: Ints) -> DataFrame:
    """Columns of whole numbers as a Spark frame."""
    return run.spark.createDataFrame(
        pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})
    )


def ends(pairs: DataFrame) -> Ints:
    """Pairs as an array of two columns."""
    both = pairs.toArrow()
    return np.stack([both["left"].to_numpy(), both["right"].to_numpy()], axis=1)
