"""The package saying who did it, in a process of its own.

In: folders with claims, sources and, where there are any, incidents.parquet, and parties.json. Out: answers.parquet
(incident_id, actor, probability) in each folder and `OurResult`s: CPU and wall seconds of `attribute`, after compilation,
and the peak memory of the process so far.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

import ceasefire
from bench.attribution_reports import Made, make
from bench.attribution_worker import MEMORY, peak_mb

ROOT = Path(__file__).resolve().parents[1]
# Enough for every compiled path.
WARM = ("captured media", 0, 200)


@dataclass(frozen=True)
class OurResult:
    """What it took; ``reason`` where there is no answer."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float = 0.0
    reason: str = ""


def put(
    folder: Path,
    claims: pl.DataFrame,
    sources: pl.DataFrame,
    parties: dict[str, str] | Sequence[str],
    incidents: pl.DataFrame | None,
) -> None:
    """Write what is asked."""
    folder.mkdir(parents=True, exist_ok=True)
    claims.write_parquet(folder / "claims.parquet")
    sources.write_parquet(folder / "sources.parquet")
    if incidents is not None:
        incidents.write_parquet(folder / "incidents.parquet")
    (folder / "parties.json").write_text(json.dumps(parties), encoding="utf-8")


def put_made(folder: Path, made: Made) -> None:
    """Write what is asked of a scenario; neither truth nor oracle."""
    put(folder, made.claims, made.sources, made.parties, made.incidents)


def here(folder: Path) -> OurResult:
    """Answer in this process."""
    claims, sources = (pl.read_parquet(folder / f"{name}.parquet") for name in ("claims", "sources"))
    placed = folder / "incidents.parquet"
    incidents = pl.read_parquet(placed) if placed.exists() else None
    parties = json.loads((folder / "parties.json").read_text(encoding="utf-8"))
    began, wall = time.process_time(), time.perf_counter()
    found = ceasefire.attribute(claims, sources, parties, incidents=incidents, seed=0)
    cpu, wall = time.process_time() - began, time.perf_counter() - wall
    found.attributions.select("incident_id", "actor", "probability").write_parquet(folder / "answers.parquet")
    return OurResult(cpu, wall, peak_mb())


def warm() -> None:
    """Compile what is compiled at first use."""
    scenario, seed, incidents = WARM
    made = make(scenario, seed, incidents)
    ceasefire.attribute(made.claims, made.sources, made.parties, incidents=made.incidents, seed=0)


def run(folders: Sequence[Path], limit: float) -> list[OurResult]:
    """Answer in a fresh process, at most ``limit`` seconds for all; those not reached have a reason."""
    command = [sys.executable, "-m", "bench.attribution_ours", *map(str, folders)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False, cwd=ROOT)
        reason = (done.stderr.strip().splitlines() or [""])[-1][:200] if done.returncode else ""
    except subprocess.TimeoutExpired:
        reason = f"stopped after {limit:.0f} s"
    return [
        OurResult(**json.loads((folder / "ours.json").read_text(encoding="utf-8")))
        if (folder / "ours.json").exists()
        else OurResult(reason=reason or "no answer")
        for folder in folders
    ]


def main() -> None:
    """Answer every folder here; one that cannot be answered does not keep the next from it."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    warm()
    for folder in map(Path, sys.argv[1:]):
        try:
            found = here(folder)
        except Exception as problem:
            found = OurResult(reason=f"failed: {type(problem).__name__}: {str(problem)[:150]}")
        (folder / "ours.json").write_text(json.dumps(asdict(found)), encoding="utf-8")


if __name__ == "__main__":
    main()
