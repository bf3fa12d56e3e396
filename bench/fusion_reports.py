"""Reports made from known happenings, for measuring how well, and how fast, reports are fused.

In: how many reports, a seed, and knobs (`bench.fusion_happenings.Knobs`, or OTHER_MAKING, a second way of making them).
Out: `reports` and `sources` as `ceasefire.fuse` takes them, the `truth` (which report is of which happening), and the
happenings. Everything is invented. The same seed gives the same tables, whatever was made before.

    made = make(10_000, seed=101)                  # in memory
    write(Path("folder"), 10_000_000, seed=101)    # reports, truth, happenings and sources.parquet, made in pieces
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from bench import fusion_telling as telling
from bench.fusion_happenings import DAY, OTHER_MAKING, Columns, Integers, Knobs, happenings, region
from bench.fusion_sources import sources
from bench.fusion_words import names

__all__ = ["OTHER_MAKING", "Knobs", "Made", "make", "write"]

START = 1_262_304_000_000_000  # 2010-01-01
PIECE = 200_000  # reports made at a time
BEFORE = 15.0  # days made before the first that counts, for offensives to be under way


@dataclass(frozen=True)
class Made:
    """What `make` returns."""

    reports: pl.DataFrame
    sources: pl.DataFrame
    truth: pl.DataFrame
    happenings: pl.DataFrame


def make(n_reports: int, seed: int, knobs: Knobs | None = None, **changed: object) -> Made:
    """Exactly ``n_reports`` reports, in random order; ``changed`` knobs replace those of ``knobs``."""
    pieces = list(_pieces(n_reports, seed, _knobs(knobs, changed)))
    reports, truth, happened = (pl.concat([piece[i] for piece in pieces]) for i in range(3))
    order = np.random.default_rng([seed, 3]).permutation(n_reports)
    return Made(reports[order], pieces[0][3], truth[order], happened)


def write(folder: Path, n_reports: int, seed: int, knobs: Knobs | None = None, **changed: object) -> None:
    """The same reports as four parquet files, in bounded memory; rows are in random order within a piece only."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = ("reports", "truth", "happenings")
    with tempfile.TemporaryDirectory(dir=folder) as rest:
        for number, piece in enumerate(_pieces(n_reports, seed, _knobs(knobs, changed))):
            for name, table in zip(tables, piece, strict=False):
                table.write_parquet(Path(rest) / f"{name}-{number:05d}.parquet")
            piece[3].write_parquet(folder / "sources.parquet")
        for name in tables:
            pl.scan_parquet(Path(rest) / f"{name}-*.parquet").sink_parquet(folder / f"{name}.parquet")


def _knobs(knobs: Knobs | None, changed: dict[str, object]) -> Knobs:
    return replace(knobs or Knobs(), **changed)  # type: ignore[arg-type]


def _pieces(
    n_reports: int, seed: int, knobs: Knobs
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]]:
    """Reports, truth, happenings and sources, stretch of time after stretch of time, until there are enough."""
    rng = np.random.default_rng([seed, 0])
    place, cast = region(knobs, rng), sources(knobs, rng)
    words = telling.Words(names(rng, knobs.towns), names(rng, 1500), names(rng, 60))
    made, told, began, number = 0, 0, 0.0, 0
    # Reports a day are not known beforehand; the first stretch is short and tells.
    days = 20.0
    while made < n_reports:
        rng = np.random.default_rng([seed, 1, number])
        before = BEFORE if number == 0 else 0.0
        happened = happenings(knobs, place, days + before, rng)
        happened["at"] += START + int((began - before) * DAY)
        # What an offensive leaves after the end of a stretch falls into the next, but for the days before the first.
        kept = happened["at"] >= START
        happened = {name: column[kept] for name, column in happened.items()}
        rows = telling.observed(knobs, place, cast, happened, rng)
        rows = _cut(rows, happened["at"], n_reports - made)
        count = rows["happening"].size
        table = telling.told(knobs, place, cast, happened, rows, words, rng)
        ids = _ids(np.arange(made, made + count), seed)
        order = np.random.default_rng([seed, 2, number]).permutation(count)
        yield (
            table.select(pl.Series("report_id", ids), pl.all())[order],
            pl.DataFrame({"report_id": ids, "happening": rows["happening"] + told})[order],
            _happenings(knobs, happened, rows["happening"], told),
            cast.table,
        )
        made += count
        told += happened["at"].size
        began += days
        number += 1
        pace = made / began if began else 1.0
        days = max(10.0, min(PIECE, (n_reports - made) * 1.1 + 500) / max(pace, 1.0))


def _cut(rows: Columns, at: Integers, room: int) -> Columns:
    """The rows of the earliest happenings, as many as there is room for."""
    if rows["happening"].size <= room:
        return rows
    first = np.sort(np.argsort(at[rows["happening"]], kind="stable")[:room])
    return {name: column[first] for name, column in rows.items()}


def _ids(index: Integers, seed: int) -> pl.Series:
    """Identifiers that say nothing of the order: a one-to-one mixing of 40 bits."""
    bits = np.uint64((1 << 40) - 1)
    mixed = (index.astype(np.uint64) + np.uint64(seed * 7919 + 1)) & bits
    for factor in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9):
        mixed = (mixed * np.uint64(factor & ((1 << 40) - 1) | 1)) & bits
        mixed ^= mixed >> np.uint64(20)
    return pl.Series("report_id", mixed).cast(pl.String).str.zfill(13)


def _happenings(knobs: Knobs, happened: Columns, of: Integers, first: int) -> pl.DataFrame:
    """What happened and was told: when and where truly, and in how many reports."""
    latitude, longitude = telling.degrees(knobs, happened["x"], happened["y"])
    count = np.bincount(of, minlength=latitude.size)
    return pl.DataFrame(
        {
            "happening": np.arange(latitude.size) + first,
            "at": pl.Series(happened["at"]).cast(pl.Datetime("us", "UTC")),
            "latitude": latitude,
            "longitude": longitude,
            "reports": count,
        }
    ).filter(pl.col("reports") > 0)
