"""Is fusion on Spark the same, byte for byte, however the reports are shared out? A small war with all that can go wrong."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import shake_128
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from bench.fusion_reports import make

from ceasefire.fuse import Fused, fuse
from ceasefire.model import TableError, table

pytest.importorskip("pyspark", reason="pyspark is not installed: no test of fusion on Spark")
if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
    pytest.skip("no Java: no test of fusion on Spark", allow_module_level=True)

TABLES = ("memberships", "incidents", "links", "lineage", "alternatives", "weights")
WRITTEN = (*TABLES, "day_counts")
TOWNS = [(33.0 + 0.31 * k, 35.2 + 0.73 * (k % 9), f"Town {k}") for k in range(24)]
ACTS = ["shelling", "airstrike", "small_arms_fire", "convoy_attack", "own word", "other", None]
FIRST = datetime(2016, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    quick = {
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.session.timeZone": "Asia/Damascus",
    }
    builder: Any = SparkSession.builder
    builder = builder.master("local[2]").appName("tests")
    for key, value in quick.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def war(happenings: int = 380, seed: int = 3) -> pl.DataFrame:
    """Happenings told by several sources each, some without a point, an hour, a place; one crowd; pages and wordings shared."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for h in range(happenings):
        crowd = h < 90  # one town, three days
        latitude, longitude, town = TOWNS[0 if crowd else int(rng.integers(len(TOWNS)))]
        at = FIRST + timedelta(minutes=int(rng.integers(3 * 1440 if crowd else 110 * 1440)))
        act, toll = ACTS[int(rng.integers(len(ACTS)))], int(rng.integers(1, 30))
        for _ in range(int(rng.integers(1, 6))):
            k = len(rows)
            source = f"s{int(rng.integers(9))}"
            kind = rng.random()
            long = rng.random()
            begin = at + timedelta(minutes=int(rng.integers(-30, 30)))
            if kind < 0.2:
                begin = begin.replace(hour=0, minute=0)
            hours = 24 if kind < 0.2 else 24 * 9 if long < 0.02 else 24 * 60 if long < 0.025 else 0
            pointed = rng.random() < 0.85
            named = rng.random() < 0.9
            rows.append(
                {
                    "report_id": f"R{(k * 7919) % 10_007:05d}",
                    "source_id": source,
                    "recorded_at": at + timedelta(hours=int(rng.integers(1, 90))),
                    "occurred_from": begin,
                    "occurred_to": begin + timedelta(hours=hours),
                    "place_name": town if named else None,
                    "admin1": f"Area {int(latitude)}" if rng.random() < 0.8 else None,
                    "latitude": latitude + float(rng.normal(0, 0.01)) if pointed else None,
                    "longitude": longitude + float(rng.normal(0, 0.01)) if pointed else None,
                    "precision_km": float(
                        rng.choice([0.5, 1.5, 5.0, 15.0, 60.0], p=[0.4, 0.3, 0.2, 0.06, 0.04])
                    ),
                    "act": act if rng.random() < 0.9 else ACTS[int(rng.integers(len(ACTS)))],
                    "actor": [None, "army", "rebels", "army|allies"][int(rng.integers(4))],
                    "affected": [None, "civilians", "rebels"][int(rng.integers(3))],
                    "killed_min": toll if rng.random() < 0.5 else None,
                    "text": f"{act} {town} hits house{h} family{h % 97} toll {toll} w{int(rng.integers(40))} street{h % 31}"
                    if rng.random() < 0.8
                    else None,
                    "language": "en" if rng.random() < 0.9 else "ar",
                    "url": f"https://{source}.example/{h % 200}" if rng.random() < 0.15 else None,
                    "coded_event": f"E{h}" if rng.random() < 0.02 else None,
                }
            )
    rows[5]["report_id"] = rows[4]["report_id"]
    rows[6]["occurred_from"] = rows[6]["occurred_to"] = None
    return pl.DataFrame(rows, infer_schema_length=None)


def decided(reports: pl.DataFrame) -> pl.DataFrame:
    ids = reports["report_id"]
    kept = [
        ("D1", "same", ids[40], ids[700]),
        ("D2", "different", ids[60], ids[61]),
        ("D3", "same", ids[3], "no such report"),
    ]
    return table("decisions").frame(
        [
            {
                "decision_id": d,
                "kind": k,
                "report_a": a,
                "report_b": b,
                "by": "an analyst",
                "recorded_at": FIRST,
            }
            for d, k, a, b in kept
        ]
    )


ACTORS = table("actors").frame(
    [{"actor_id": "allies", "name": "Allies", "aliases": "the allies", "party": "army"}]
)
SOURCES = table("sources").frame([{"source_id": "s1", "name": "One", "kind": "media", "camp": None}])


def earlier(fused: Fused) -> pl.DataFrame:
    """Memberships of a run before: some pairs of incidents under one name, some incidents under two."""
    other = "I-" + pl.col("report_id")
    was = pl.col("incident_id")
    merged = was.replace({name: f"{name}x" for name in fused.incidents["incident_id"][::7].to_list()})
    k = pl.int_range(pl.len())
    return fused.memberships[:900].with_columns(
        pl.when(k % 11 == 0).then(other).otherwise(merged).alias("incident_id")
    )


def same(one: Fused, other: Fused) -> None:
    for name in TABLES:
        assert getattr(one, name).write_csv() == getattr(other, name).write_csv(), name
    assert one.problems == other.problems


@pytest.fixture(scope="module")
def alone() -> tuple[pl.DataFrame, Fused]:
    reports = war()
    fused = fuse(reports, decisions=decided(reports), actors=ACTORS)
    assert fused.lesson.weights.origin == "learned"
    assert {"crowd_cut", "report_twice", "report_unusable", "decision_unusable"} <= {
        p.code for p in fused.problems
    }
    return reports, fused


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_shards_do_not_change_a_byte(shards: int, spark: Any, alone: tuple[pl.DataFrame, Fused]) -> None:
    """Blocks of one degree and eight days, so that nearly every report looks beyond its own."""
    from ceasefire.engines.spark import fuse_spark

    reports, fused = alone
    shuffled = reports.sample(fraction=1.0, shuffle=True, seed=shards)
    made = fuse_spark(
        shuffled, decisions=decided(reports), actors=ACTORS, shards=shards, degrees=1.0, days=8, spark=spark
    )
    same(fused, made)


def test_parquet_and_a_lesson_from_before(
    spark: Any, alone: tuple[pl.DataFrame, Fused], tmp_path: Path
) -> None:
    """Late reports are weighed as the earlier run learned; read from a file, in a session with another zone."""
    from ceasefire.engines.spark import fuse_spark

    reports, fused = alone
    late = reports.filter(pl.col("occurred_from") > FIRST + timedelta(days=60)).head(300)
    late.write_parquet(tmp_path / "late.parquet")
    here = fuse(late, lesson=fused.lesson, previous=fused.memberships)
    there = fuse_spark(
        tmp_path / "late.parquet", lesson=fused.lesson, previous=fused.memberships, shards=2, spark=spark
    )
    same(here, there)


def test_a_source_in_another_zone_is_put_right_as_on_one_machine(spark: Any) -> None:
    from ceasefire.engines.spark import fuse_spark

    reports = make(3_000, seed=14).reports
    source = reports["source_id"].value_counts(sort=True)["source_id"][1]
    off = pl.when(pl.col("source_id") == source).then(timedelta(hours=3)).otherwise(timedelta())
    reports = reports.with_columns(pl.col("occurred_from", "occurred_to") + off)
    here = fuse(reports)
    assert here.lesson.habits[source].late == 180
    same(here, fuse_spark(reports, shards=3, degrees=1.0, days=8, spark=spark))


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_tables_written_by_the_tasks(
    shards: int, spark: Any, alone: tuple[pl.DataFrame, Fused], tmp_path: Path
) -> None:
    """Every table that is written on one machine; the files of a folder follow each other in its order."""
    from ceasefire.engines.spark import fuse_spark

    reports, fused = alone
    told: dict[str, Any] = {"decisions": decided(reports), "actors": ACTORS, "lesson": fused.lesson}
    told["previous"] = earlier(fused) if shards == 2 else None
    told["sources"] = SOURCES
    here = fuse(reports, **told)
    made = fuse_spark(reports, **told, shards=shards, spark=spark, out=tmp_path / "fused")
    for name in WRITTEN:
        files = sorted(getattr(made, name).glob("*.parquet"))
        there = pl.concat(pl.read_parquet(file) for file in files)
        assert there.write_csv() == getattr(here, name).write_csv(), name


def test_signatures_travel(spark: Any, alone: tuple[pl.DataFrame, Fused]) -> None:
    """Texts of two languages are compared by meaning on any machine; a part without a signature changes nothing."""
    from ceasefire.engines.spark import fuse_spark

    rng = np.random.default_rng(1)
    reports, unsigned = alone
    count = reports.height
    happening = reports["text"].str.extract(r"house(\d+)").cast(pl.Int64)
    near = [shake_128(str(h).encode()).digest(16) for h in happening]
    noise = np.packbits(rng.random((count, 128)) < rng.choice([0.1, 0.35, 0.5], (count, 1)), axis=1)
    signs = [
        bytes(a ^ b for a, b in zip(one, row.tolist(), strict=True)).hex()
        for one, row in zip(near, noise, strict=True)
    ]
    late = reports["occurred_from"] > FIRST + timedelta(days=60)
    word = {"en": "shells fell", "ru": "обстрел", "ar": "قصف"}  # no word sounds like another
    language = rng.choice(list(word), count).tolist()
    signed = reports.with_columns(
        pl.when(~late & pl.col("text").is_not_null()).then(pl.Series(signs)).alias("meaning"),
        language=pl.Series(language),
        text=pl.Series([f"{word[name]} {k + 100}" for k, name in enumerate(language)]),
    )
    here = fuse(signed, decisions=decided(reports), actors=ACTORS)
    assert {"same meaning", "near in meaning", "alike in part", "unlike in meaning"} <= set(
        here.links["l_text"]
    )
    assert here.weights.height == unsigned.weights.height + 4
    there = fuse_spark(
        signed, decisions=decided(reports), actors=ACTORS, shards=3, degrees=1.0, days=8, spark=spark
    )
    same(here, there)


def test_a_missing_column_is_told_as_on_one_machine(spark: Any) -> None:
    from ceasefire.engines.spark import fuse_spark

    with pytest.raises(TableError):
        fuse_spark(pl.DataFrame({"report_id": ["a"]}), spark=spark)


def test_no_usable_report_is_no_incident(spark: Any) -> None:
    from ceasefire.engines.spark import fuse_spark

    lost = war(5).with_columns(source_id=pl.lit(None, dtype=pl.String))
    same(fuse(lost), fuse_spark(lost, spark=spark))
