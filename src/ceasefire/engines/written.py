"""What a run found, written by the tasks themselves: for more reports than one memory holds.

In: links, clusters and decisions as Spark frames. Out: Parquet: ``memberships`` (report_id, incident_id, probability) and ``links``
(report_a, report_b, weight). The figures are those of ``Fused``; what is told of incidents is left to whoever reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from ceasefire.engines import tasks
from ceasefire.engines.frames import Run
from ceasefire.engines.rows import World
from ceasefire.fuse.decisions import Pair, Ruling
from ceasefire.fuse.encode import Ints
from ceasefire.fuse.learn import Lesson


@dataclass(frozen=True)
class Written:
    """Where the tables are, and what was learned."""

    memberships: Path
    links: Path
    lesson: Lesson


def pairs_of(decided: dict[Pair, Any]) -> Ints:
    """Decided pairs as two columns."""
    return np.array(list(decided), dtype=np.int64).reshape(-1, 2)


def write(
    run: Run,
    ids: DataFrame,
    links: DataFrame,
    labels: DataFrame,
    ruling: Ruling,
    world: World,
    lesson: Lesson,
    out: Path,
) -> Written:
    """Write memberships and links."""
    made = Written(out / "memberships", out / "links", lesson)
    base = (
        ids.select("row")
        .join(labels, "row", "left")
        .select("row", F.coalesce("founder", "row").alias("founder"))
    )
    base = run.keep(base.join(base.groupBy("founder").agg(F.count("row").alias("size")), "founder"))
    turned = links.select(F.col("right").alias("left"), F.col("left").alias("right"), "weight")
    near = base.select(
        F.col("row").alias("right"), F.col("founder").alias("near_founder"), F.col("size").alias("near_size")
    )
    ends = links.unionByName(turned).join(near, "right")
    task = F.pmod(F.col("row"), F.lit(run.shards)).alias("task")
    ends = ends.select(
        F.col("left").alias("row"), F.col("right").alias("near"), "near_founder", "near_size", "weight"
    )
    every = base.select("*", task).groupBy("task").cogroup(ends.select("*", task).groupBy("task"))
    fixed = np.unique(pairs_of(ruling.same))
    sure = every.applyInArrow(lambda a, b: tasks.sure(fixed, a, b), tasks.SURE)
    # an incident is named after its first recorded report; of equals, the lowest id
    order = F.struct(F.col("recorded_at").isNull(), F.col("recorded_at"), F.col("report_id"))
    told = ids.select("row", "report_id", "recorded_at").join(base, "row")
    first = told.groupBy("founder").agg(F.min(order)["report_id"].alias("first"))
    named = told.join(first, "founder").join(sure, "row")
    named.select(
        "report_id", F.concat(F.lit("I-"), "first").alias("incident_id"), "probability"
    ).write.parquet(str(made.memberships))
    one, two = (
        ids.select(F.col("row").alias(s), F.col("report_id").alias(n))
        for s, n in (("left", "report_a"), ("right", "report_b"))
    )
    links.join(one, "left").join(two, "right").select("report_a", "report_b", "weight").write.parquet(
        str(made.links)
    )
    return made
