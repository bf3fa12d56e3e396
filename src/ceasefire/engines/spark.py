"""Fusion on Spark: reports in, the same incidents out as on one machine.

In: reports as a frame, a path to Parquet or a Spark DataFrame. Out: ``Fused``, or Parquet. Method: drafts and additive counts;
rows in their neighbourhoods; rows sent to every task that needs them; a lesson from a sample; links, each found by one task;
the parts they tie together, clustered whole. Why no byte changes: docs/methods/scale.md. Start reading at ``fuse_spark``.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from scipy import sparse

from ceasefire.engines import tasks
from ceasefire.engines.frames import Run, as_rows, by_partition, ends, frame_of
from ceasefire.engines.routing import plan
from ceasefire.engines.rows import (
    ROWS,
    World,
    folded,
    key_codes,
    pack_survey,
    slim,
    told_apart,
    unpack_survey,
)
from ceasefire.engines.written import Written, pairs_of, write
from ceasefire.fuse.cluster import bond
from ceasefire.fuse.decisions import Pair, Ruling
from ceasefire.fuse.encode import Deck, Ints, act_kinds, draft, encode, name_codes
from ceasefire.fuse.learn import Lesson, teach
from ceasefire.fuse.links import Links
from ceasefire.fuse.reading import read_reports
from ceasefire.fuse.stage import Fused, aliases_of, crowd_problems, fuse, rule
from ceasefire.fuse.survey import Survey
from ceasefire.fuse.words import counters
from ceasefire.model import table
from ceasefire.problems import Problem

DEGREES, DAYS = (
    5.0,
    32,
)  # sides of the blocks that have one task each: far wider than what most reports look at


def fuse_spark(
    reports: pl.DataFrame | DataFrame | str | Path,
    sources: pl.DataFrame | None = None,
    *,
    decisions: pl.DataFrame | None = None,
    actors: pl.DataFrame | None = None,
    previous: pl.DataFrame | None = None,
    lesson: Lesson | None = None,
    seed: int = 0,
    shards: int = 7,
    degrees: float = DEGREES,
    days: int = DAYS,
    spark: SparkSession | None = None,
    out: str | Path | None = None,
) -> Fused | Written:
    """Group reports that speak of one happening, on Spark; the same as ``ceasefire.fuse.fuse``, byte for byte.

    Args:
        reports: as for ``fuse``, or a path to Parquet, or a Spark DataFrame.
        sources: as for ``fuse``.
        decisions: as for ``fuse``.
        actors: as for ``fuse``.
        previous: as for ``fuse``.
        lesson: as for ``fuse``.
        seed: as for ``fuse``.
        shards: tasks that the work is shared out to; about one for 100,000 reports.
        degrees: side of the blocks of space that have one task each.
        days: their length in time.
        spark: the session; the active one, or a new local one, unless given.
        out: a folder that the tasks write ``memberships`` and ``links`` to, when all tables are too much for one memory.

    Raises:
        TableError: a required column is missing.
    """
    spark = spark or _session()
    given = _given(spark, reports)
    lacking = [c for c in table("reports").required if c not in given.columns]
    if lacking:
        table("reports").conform(pl.DataFrame(schema=dict.fromkeys(given.columns, pl.String)))
    run = Run(spark, shards)
    aliases = aliases_of(actors)
    try:
        found = _find(run, given, decisions, aliases, lesson, seed, degrees, days)
        if found is None:
            more = {"decisions": decisions, "actors": actors, "previous": previous}
            return fuse(_here(given), sources, **more, lesson=lesson, seed=seed)
        if out is not None:
            return write(
                run, found.ids, found.links, found.labels, found.ruling, found.world, found.lesson, Path(out)
            )
        here = reports if isinstance(reports, pl.DataFrame) else _here(given)
        frame, by_id, problems = read_reports(here)
        return _gathered(found, frame, by_id, problems, sources, aliases, previous)
    finally:
        run.let_go()


@dataclass(frozen=True)
class _Found:
    """What a run finds: everything but the tables. ``crowded``: ranks of reports that met a crowd, as frames."""

    known: Survey
    world: World
    lesson: Lesson
    ids: DataFrame
    links: DataFrame
    labels: DataFrame
    crowded: DataFrame
    ruling: Ruling
    problems: list[Problem]


def _find(
    run: Run,
    given: DataFrame,
    decisions: pl.DataFrame | None,
    aliases: dict[str, frozenset[str]],
    lesson: Lesson | None,
    seed: int,
    degrees: float,
    days: int,
) -> _Found | None:
    """The run itself; None without a usable report."""
    drafts = run.keep(by_partition(_ordered(given, run.shards), as_rows(tasks.drafted), tasks.DRAFTS))
    if drafts.isEmpty():
        return None
    known, world, before = _world(drafts, lesson, aliases, seed, run.shards, degrees, days)
    rows = run.keep(_in_context(run, drafts, known, world, before))
    sent = run.keep(_sent(run, rows, world))
    crowded = np.zeros(0, dtype=np.int64)
    if lesson is None:
        lesson, crowded = _studied(run, sent, world, known)
    told = replace(lesson, survey=world.survey)
    found = run.keep(sent.groupBy("task").applyInArrow(lambda t: tasks.linked(world, told, t), tasks.FOUND))
    links = run.keep(_only(found, "link").dropDuplicates(["left", "right"]))
    ids = run.keep(by_partition(drafts, lambda t: tasks.named(before, t), tasks.NAMED))
    ruling, problems = _ruling(run, ids, links, decisions)
    same, different = (pairs_of(side) for side in (ruling.same, ruling.different))
    labels = run.keep(_solved(run, rows, links, _parts(run, found, same), world, told, same, different))
    met = _only(found, "crowd").select("left").union(frame_of(run, left=crowded)).distinct()
    return _Found(known, world, lesson, ids, links, labels, met, ruling, problems)


def _gathered(
    found: _Found,
    frame: pl.DataFrame,
    by_id: Ints,
    problems: list[Problem],
    sources: pl.DataFrame | None,
    aliases: dict[str, frozenset[str]],
    previous: pl.DataFrame | None,
) -> Fused:
    """All that was found in one memory, as ``fuse`` returns it."""
    left, right, weight = _links_here(found.links)
    whole = encode(draft(frame, by_id), found.known, aliases)
    founder = np.arange(whole.n)
    solved = found.labels.toArrow()
    founder[solved["row"].to_numpy()] = solved["founder"].to_numpy()
    grid_row = np.argsort(whole.rank)
    label: Any = grid_row[founder[whole.rank]].astype(np.int32)
    links = Links(grid_row[left].astype(np.int32), grid_row[right].astype(np.int32), weight)
    scale = found.lesson.scale(whole)
    decided = (
        grid_row[pairs_of(side)].astype(np.int32) for side in (found.ruling.same, found.ruling.different)
    )
    bonds = bond(whole, scale, links, *decided)
    crowd = np.zeros(whole.n, dtype=np.bool_)
    crowd[found.crowded.toArrow()["left"].to_numpy()] = True
    every = tuple(problems + found.problems + crowd_problems(crowd))
    return Fused(whole, found.lesson, scale, links, bonds, label, found.ruling, sources, previous, every)


def _ruling(
    run: Run, ids: DataFrame, links: DataFrame, decisions: pl.DataFrame | None
) -> tuple[Ruling, list[Problem]]:
    """``stage.rule``, on the reports that are coded or that a decision names; pairs are of ranks."""
    names = (
        []
        if decisions is None
        else pl.concat([decisions["report_a"], decisions["report_b"]]).unique().to_list()
    )
    told = run.spark.createDataFrame(pa.table({"report_id": pa.array(names, pa.string())})).withColumn(
        "told", F.lit(True)
    )
    some = run.keep(ids.join(F.broadcast(told), "report_id", "left").where("told or coded_event is not null"))
    here = _here(some).sort("row")
    row = here["row"].to_numpy()
    left = right = np.zeros(0, dtype=np.int64)
    if here["coded_event"].null_count() < here.height:
        coded = some.where("coded_event is not null").select("row")
        one, two = (F.broadcast(coded.select(F.col("row").alias(side))) for side in ("left", "right"))
        left, right, _ = _links_here(links.join(one, "left").join(two, "right"))
    places = here["place"].to_numpy().view(np.uint64)
    at = (np.searchsorted(row, left), np.searchsorted(row, right))
    ruling, problems = rule(here["report_id"], here["coded_event"], key_codes(places), *at, decisions)

    def ranked(pairs: dict[Pair, Any]) -> dict[Pair, Any]:
        return {(int(row[a]), int(row[b])): why for (a, b), why in pairs.items()}

    return Ruling(ranked(ruling.same), ranked(ruling.different)), problems


def _world(
    drafts: DataFrame,
    lesson: Lesson | None,
    aliases: dict[str, frozenset[str]],
    seed: int,
    shards: int,
    degrees: float,
    days: int,
) -> tuple[Survey, World, dict[str, int]]:
    """What is known of all reports, what the tasks need of it, and how many reports precede each part."""
    parts = drafts.select("first", "size", "values").toArrow().sort_by("first")
    sizes = parts["size"].to_numpy()
    before = dict(zip(parts["first"].to_pylist(), (np.cumsum(sizes) - sizes).tolist(), strict=True))
    if lesson:
        known = lesson.survey
    else:
        # summed in two rounds: a survey is up to 38 MB, and the driver has one memory
        some = drafts.select((F.abs(F.hash("first")) % int(np.sqrt(shards))).alias("task"), "survey")
        surveys = (
            some.groupBy("task").applyInArrow(tasks.added, "survey binary").toArrow()["survey"].to_pylist()
        )
        known = reduce(lambda one, two: one + two, map(unpack_survey, surveys))
        known = folded(known, counters(known.total))
    values = told_apart([pickle.loads(v) for v in parts["values"].to_pylist()])
    kind, act_class = act_kinds(values["act"])
    none: Any = None
    unsigned = np.zeros((0, 2), dtype=np.uint64)
    deck = Deck(none, none, none, kind, act_class, name_codes(values["party"], aliases), unsigned)
    return known, World(slim(known), values, deck, seed, shards, degrees, days), before


def _in_context(
    run: Run, drafts: DataFrame, known: Survey, world: World, before: dict[str, int]
) -> DataFrame:
    """All rows, each with the levels of its neighbourhood."""
    packed = pack_survey(known)
    rows = by_partition(
        drafts.select("first", "draft"), lambda t: tasks.encoded(world, packed, before, t), tasks.NEAR
    )
    return run.gathered(rows).groupBy("task").applyInArrow(lambda t: tasks.in_context(world, t), ROWS)


def _sent(run: Run, rows: DataFrame, world: World) -> DataFrame:
    """Each row once for every task that needs it, those of a task together."""
    asked = by_partition(rows, as_rows(lambda t: tasks.looked(world, t)), "asked binary").toArrow()
    found = plan(world, [pickle.loads(part) for part in asked["asked"].to_pylist()])
    return run.gathered(by_partition(rows, lambda t: tasks.routed(world, found, t), tasks.ROUTED))


def _studied(run: Run, sent: DataFrame, world: World, known: Survey) -> tuple[Lesson, Ints]:
    """What the reports teach, and the rows that met a crowd on the way."""
    kept = run.keep(sent.groupBy("task").applyInArrow(lambda t: tasks.studied(world, t), tasks.STUDIED))
    parts = kept.select("counts", "crowded").toArrow()
    counted = reduce(lambda one, two: one + two, map(pickle.loads, parts["counts"].to_pylist()))
    crowded = [np.frombuffer(part, dtype=np.int64) for part in parts["crowded"].to_pylist()]

    def again(work: Callable[[Lesson, pa.Table], Iterator[dict[str, Any]]]) -> Callable[[Lesson], Any]:
        def look(so_far: Lesson) -> Any:
            told = replace(so_far, survey=world.survey)
            seen = by_partition(
                kept.select("pairs"), as_rows(lambda t: work(told, t)), "part binary"
            ).toArrow()
            return reduce(lambda one, two: one + two, map(pickle.loads, seen["part"].to_pylist()))

        return look

    return teach(known, counted, again(tasks.matched), again(tasks.summed)), np.concatenate(crowded)


def _parts(run: Run, found: DataFrame, same: Ints) -> DataFrame:
    """Rows with the part they belong to, as far as links or decisions tie them to others.

    Only what touches a row that two tasks hold comes to the driver: which of its rows a part shares with others.
    """
    members = _only(found, "part")
    edges = [ends(members.where("weight > 0").select("left", "right").distinct()), same]
    if len(same):
        named = F.broadcast(frame_of(run, right=np.unique(same)))
        edges.append(ends(members.join(named, "right").select("left", "right").distinct()))
    rows, at = np.unique(np.concatenate(edges), return_inverse=True)
    at = at.reshape(-1, 2)
    joined = sparse.coo_array((np.ones(len(at)), (at[:, 0], at[:, 1])), shape=(len(rows), len(rows)))
    _, number = sparse.csgraph.connected_components(joined, directed=False) if len(rows) else (0, rows)
    _, first = np.unique(number, return_index=True)
    merged = frame_of(run, left=rows, part=rows[first[number]] if len(rows) else rows)
    known = members.join(merged, "left", "left").select(
        F.col("right").alias("row"), F.coalesce("part", "left").alias("part")
    )
    if len(same):
        decided = frame_of(run, left=np.unique(same)).join(merged, "left")
        known = known.union(decided.select(F.col("left").alias("row"), "part"))
    return run.keep(known.distinct())


def _solved(
    run: Run,
    rows: DataFrame,
    links: DataFrame,
    parts: DataFrame,
    world: World,
    lesson: Lesson,
    same: Ints,
    different: Ints,
) -> DataFrame:
    """The first member of the cluster of each row that is tied to others; each part is clustered whole, in one task."""
    task = F.pmod(F.col("part"), F.lit(run.shards)).alias("task")
    one, two = (
        parts.select(F.col("row").alias(side), F.col("part").alias(f"part_{side}"))
        for side in ("left", "right")
    )
    inside = links.join(one, "left").join(two, "right").where("part_left = part_right")
    inside = inside.withColumn("part", F.col("part_left")).select(task, "left", "right", "weight")
    tied = rows.join(parts, rows["rank"] == parts["row"]).select(task, "rank", "body", "words")
    both = tied.groupBy("task").cogroup(inside.groupBy("task"))
    return both.applyInArrow(lambda a, b: tasks.solved(world, lesson, same, different, a, b), tasks.LABELS)


def _session() -> SparkSession:
    """The session in use; else the one that was submitted, or a small local one."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    builder: Any = SparkSession.builder
    builder = builder.appName("ceasefire")
    if "PYSPARK_GATEWAY_PORT" not in os.environ:  # not started by spark-submit: nobody has said how large
        builder = builder.config("spark.ui.enabled", "false").config(
            "spark.sql.shuffle.partitions", os.cpu_count() or 1
        )
    made: SparkSession = builder.getOrCreate()
    return made


def _given(spark: SparkSession, reports: pl.DataFrame | DataFrame | str | Path) -> DataFrame:
    """The reports as Spark has them, columns that fusion reads."""
    shape = table("located").schema
    if isinstance(reports, pl.DataFrame):
        typed = reports.select(
            pl.col(name).cast(kind, strict=False) for name, kind in shape.items() if name in reports.columns
        )
        return spark.createDataFrame(typed.to_arrow(compat_level=pl.CompatLevel.oldest()))
    frame = spark.read.parquet(str(reports)) if isinstance(reports, str | Path) else reports
    return frame.select(*(name for name in shape if name in frame.columns))


def _ordered(given: DataFrame, shards: int) -> DataFrame:
    """Reports in ranges of ids, so that rows of one id meet and ranks are counted up."""
    named = given.withColumn("report_id", F.col("report_id").cast("string"))
    return named.repartitionByRange(shards, "report_id")


def _here(given: DataFrame) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(given.toArrow()))


def _only(found: DataFrame, kind: str) -> DataFrame:
    return found.where(F.col("kind") == kind).select("left", "right", "weight")


def _links_here(links: DataFrame) -> tuple[Any, Any, Any]:
    """All links, in the order of report ids."""
    found = links.toArrow()
    left, right = found["left"].to_numpy(), found["right"].to_numpy()
    order = np.lexsort((right, left))
    return left[order], right[order], found["weight"].to_numpy()[order].astype(np.float32)
