"""The package fusing a folder of reports, in a process of its own.

    uv run python -m bench.fusion_ours FOLDER [memberships]

In: a folder with reports, sources and truth.parquet, and happenings.parquet where days are counted. Out: `OurResult`: the
score, errors of probabilities, and CPU seconds of `fuse` alone and with every table touched, after compilation. Tables are made
when they are asked for; with ``memberships`` no others are, so there are no probabilities to score.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import polars as pl

import ceasefire
from bench.fusion_peers import cpu_seconds, peak_mb
from bench.fusion_reports import make
from bench.fusion_score import Score, calibration, coverage, daily, score

# Enough for every compiled path, that of learning too.
WARM_REPORTS = 1_000


@dataclass(frozen=True)
class OurResult:
    """What came out; a missing coverage or calibration means that no table for it was asked for or given."""

    score: Score
    cpu_s: float
    cpu_all_s: float
    wall_s: float
    peak_mb: float
    calibration: float | None
    calibration_width: float | None
    coverage: float | None


def here(folder: Path, every: bool = True) -> OurResult:
    """Fuse in this process, which should be fresh; make every table, or memberships alone."""
    warm = make(WARM_REPORTS, seed=0)
    _touch(ceasefire.fuse(warm.reports, warm.sources, seed=0))
    reports, sources = (
        pl.read_parquet(folder / "reports.parquet"),
        pl.read_parquet(folder / "sources.parquet"),
    )
    began, wall = cpu_seconds(), time.perf_counter()
    fused = ceasefire.fuse(reports, sources, seed=0)
    alone, wall = cpu_seconds() - began, time.perf_counter() - wall
    if every:
        _touch(fused)
    memberships = fused.memberships
    whole, peak = cpu_seconds() - began, peak_mb()
    del reports
    truth = pl.read_parquet(folder / "truth.parquet")
    errors = calibration(truth, fused.links) if every else None
    days = getattr(fused, "day_counts", None) if every else None
    happened = folder / "happenings.parquet"
    counted = days is not None and happened.exists()
    return OurResult(
        score(truth, memberships),
        alone,
        whole,
        wall,
        peak,
        errors.equal_mass if errors else None,
        errors.equal_width if errors else None,
        coverage(days, daily(pl.read_parquet(happened))) if counted else None,
    )


def _touch(fused: object) -> None:
    """Ask for every table, should some be made only when asked for."""
    names = {field.name for field in fields(fused)} if hasattr(fused, "__dataclass_fields__") else set()
    for name in sorted(
        names | {"incidents", "memberships", "links", "lineage", "alternatives", "day_counts"}
    ):
        table = getattr(fused, name, None)
        if isinstance(table, pl.LazyFrame):
            table.collect()


def run(folder: Path, every: bool = True, timeout: float = 3_600) -> OurResult:
    """Fuse in a fresh process; make every table, or memberships alone."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.fusion_ours", str(folder), *([] if every else ["memberships"])],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=Path(__file__).resolve().parents[1],
    )
    if done.returncode:
        raise RuntimeError(f"fuse failed:\n{done.stderr[-2_000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    return OurResult(**told | {"score": Score(**told["score"])})


if __name__ == "__main__":
    print(json.dumps(asdict(here(Path(sys.argv[1]), every="memberships" not in sys.argv[2:]))))
