"""What a run found, written by the tasks themselves: for more reports than one memory holds.

In: links, clusters and decisions as Spark frames. Out: Parquet, a folder for each table that ``ceasefire fuse`` writes; the files
of a folder, one after the other, are the table of one machine. A cluster goes to one task, with those that a link or a
decision leads to (``tables``); no report comes to the driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from ceasefire.engines import tables
from ceasefire.engines.frames import Run, by_partition, frame_of
from ceasefire.engines.rows import World
from ceasefire.engines.tables import NEEDED, SHAPES, columns_of
from ceasefire.fuse.counts import ADDED, bounds
from ceasefire.fuse.decisions import Pair, Ruling
from ceasefire.fuse.encode import Ints
from ceasefire.fuse.learn import Lesson
from ceasefire.model import table


@dataclass(frozen=True)
class Written:
    """Where the tables are, a folder of Parquet each, and what was learned."""

    incidents: Path
    memberships: Path
    links: Path
    lineage: Path
    alternatives: Path
    weights: Path
    day_counts: Path
    lesson: Lesson


def pairs_of(decided: dict[Pair, Any]) -> Ints:
    """Decided pairs as two columns."""
    return np.array(list(decided), dtype=np.int64).reshape(-1, 2)


def write(
    run: Run,
    reports: DataFrame,
    rows: DataFrame,
    ids: DataFrame,
    links: DataFrame,
    labels: DataFrame,
    ruling: Ruling,
    world: World,
    lesson: Lesson,
    sources: pl.DataFrame | None,
    previous: pl.DataFrame | None,
    out: Path,
) -> Written:
    """Write every table. ``reports``: as given, rows of one id together. ``rows``: packed. ``labels``: founders of what is tied."""
    found = Written(**{f: out / f for f in Written.__dataclass_fields__ if f != "lesson"}, lesson=lesson)
    base = ids.select("row").join(labels, "row", "left")
    base = run.keep(base.select("row", F.coalesce("founder", "row").alias("founder")))
    sent, edges = _sent(run, reports, rows, ids, base, links, ruling)
    both = sent.groupBy("task").cogroup(edges.groupBy("task"))
    told = run.keep(
        both.applyInArrow(lambda a, b: tables.told(world, lesson, ruling, sources, a, b), tables.TOLD)
    )
    made = {name: _of(told, name) for name in SHAPES}
    if previous is not None and previous.height:
        news = _since(run, run.keep(made["memberships"]), ids, previous)
        made["lineage"] = made["lineage"].unionByName(news)
    days = made.pop("days")
    with _micros(run.spark):
        for name, frame in made.items():
            order = [F.col(key).asc_nulls_last() for key in table(name).key]
            if name == "lineage":  # minted names come first
                order = [F.col("part") > 0, *order, *(F.col(key) for key in ("part", "one", "two"))]
            columns = list(table(name).schema)
            frame.orderBy(*order).select(*columns).write.parquet(str(getattr(found, name)))
    days = days.groupBy("day").agg(*(F.sum(c).alias(c) for c in ADDED))
    counted = bounds(pl.DataFrame(pl.from_arrow(days.toArrow())), base.count()).drop("listed")
    signed = "meaning" in reports.columns and bool(reports.where("meaning is not null").take(1))
    for name, small in (("day_counts", counted), ("weights", lesson.weights.frame(meant=signed))):
        (out / name).mkdir(parents=True)
        small.write_parquet(out / name / "part-00000.parquet")
    return found


def _sent(
    run: Run,
    reports: DataFrame,
    rows: DataFrame,
    ids: DataFrame,
    base: DataFrame,
    links: DataFrame,
    ruling: Ruling,
) -> tuple[DataFrame, DataFrame]:
    """Rows of whole clusters for every task that needs them, and the links that an own cluster has."""
    ends = [base.select(F.col("row").alias(s), F.col("founder").alias(f"by_{s}")) for s in ("left", "right")]
    tied = links.join(ends[0], "left").join(ends[1], "right")
    decided = pairs_of({**ruling.same, **ruling.different})
    bound = tied.select("by_left", "by_right")
    if len(decided):
        pairs = frame_of(run, left=decided[:, 0], right=decided[:, 1])
        bound = bound.unionByName(
            pairs.join(ends[0], "left").join(ends[1], "right").select("by_left", "by_right")
        )

    def task(column: str) -> Any:
        return F.pmod(F.col(column), F.lit(run.shards)).alias("task")

    needed = (
        base.select(task("founder"), "founder")
        .union(bound.select(task("by_left"), F.col("by_right").alias("founder")))
        .union(bound.select(task("by_right"), F.col("by_left").alias("founder")))
        .distinct()
    )
    own = (F.pmod(F.col("founder"), F.lit(run.shards)) == F.col("task")).alias("own")
    shape = table("located").schema
    read = by_partition(reports, tables.read, columns_of(shape)).drop("recorded_at")
    named = ids.select("row", "report_id", "recorded_at").join(read, "report_id")
    full = rows.join(named, rows["rank"] == named["row"]).drop("row")
    sent = needed.join(base, "founder").select("task", "founder", "row", own)
    sent = sent.join(full, sent["row"] == full["rank"]).select(
        "task",
        "founder",
        "own",
        "rank",
        "body",
        "words",
        *(c if c in NEEDED else F.when(F.col("own"), F.col(c)).alias(c) for c in shape),
    )
    edges = tied.select(task("by_left"), "left", "right", "weight").union(
        tied.select(task("by_right"), "left", "right", "weight")
    )
    return sent, edges.distinct()


def _of(told: DataFrame, name: str) -> DataFrame:
    shape = SHAPES[name]
    chosen = told.where(F.col("kind") == name).select("body")
    return by_partition(chosen, lambda t: tables.unpacked(shape, t), columns_of(shape))


def _since(run: Run, memberships: DataFrame, ids: DataFrame, previous: pl.DataFrame) -> DataFrame:
    """``lineage.since``: what became of the names of an earlier run."""
    given = previous.select("report_id", pl.col("incident_id").alias("was"))
    before = run.spark.createDataFrame(given.to_arrow(compat_level=pl.CompatLevel.oldest()))
    members = memberships.select("report_id", F.col("incident_id").alias("now"))
    names = members.select(F.col("now").alias("was"), F.lit(True).alias("kept")).distinct()
    old = before.select(F.col("was").alias("now"), F.lit(True).alias("old")).distinct()
    both = before.join(members, "report_id").select("was", "now").distinct()
    both = both.join(names, "was", "left").join(old, "now", "left")
    gone = F.col("kept").isNull()
    both = both.where(gone | ((F.col("now") != F.col("was")) & F.col("old").isNull()))
    latest = ids.agg(F.max("recorded_at").alias("at"))
    zero = F.lit(0).cast("long")
    return both.crossJoin(latest).select(
        F.when(gone, F.col("was")).otherwise(F.col("now")).alias("incident_id"),
        F.when(gone, F.lit("merged_into")).otherwise(F.lit("split_from")).alias("change"),
        F.when(gone, F.col("now")).otherwise(F.col("was")).alias("other_id"),
        "at",
        F.lit(None).cast("string").alias("because"),
        F.lit(3).cast("long").alias("part"),
        *(zero.alias(name) for name in ("one", "two")),
    )


@contextmanager
def _micros(spark: SparkSession) -> Iterator[None]:
    """Times are written as instants in microseconds, not in Spark's old form."""
    name = "spark.sql.parquet.outputTimestampType"
    before = str(spark.conf.get(name))
    spark.conf.set(name, "TIMESTAMP_MICROS")
    try:
        yield
    finally:
        spark.conf.set(name, before)
