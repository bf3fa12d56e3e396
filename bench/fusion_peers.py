"""Peers that fuse the same reports, each in a process of its own, each at the settings that suit the truth best.

In: parquet files of reports and truth. Out: `PeerResult`, with the score, the CPU seconds (user and system, after imports),
wall seconds and peak memory of a run at the best settings; the search for them is not counted.

    uv run python -m bench.fusion_peers "splink labelled" reports.parquet truth.parquet
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bench.fusion_score import Score, score

# Thresholds in bits, from even odds far upward, close where peers are at their best.
BITS = (-6, -4, -3, -2, -1, *np.arange(0, 12, 0.5).tolist(), 12, 14, 16, 18, 20, 24, 28, 32)
# Single best links take minutes above this.
SINGLE_BEST_REPORTS = 2_000


@dataclass(frozen=True)
class PeerResult:
    """A peer at its best."""

    name: str
    settings: str
    score: Score
    cpu_s: float
    wall_s: float
    peak_mb: float


class Clock:
    """CPU and wall seconds of the blocks it is entered for."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0

    def __enter__(self) -> Clock:
        self._cpu, self._wall = cpu_seconds(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu += cpu_seconds() - self._cpu
        self.wall += time.perf_counter() - self._wall


def cpu_seconds() -> float:
    """User and system seconds of this process, all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float:
    """The most memory this process held, in megabytes; the kernel's mark, which a parent's does not enter."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def components(reports: pl.DataFrame, pairs: pl.DataFrame, least: float) -> pl.DataFrame:
    """Memberships: connected components of the pairs whose weight is at least this."""
    ids = reports["report_id"].sort()
    strong = pairs.filter(pl.col("weight") >= least)
    a, b = (ids.search_sorted(strong[side]).to_numpy() for side in ("report_a", "report_b"))
    graph = coo_array((np.ones(a.size, dtype=np.int8), (a, b)), shape=(ids.len(), ids.len()))
    return pl.DataFrame({"report_id": ids, "incident_id": connected_components(graph, directed=False)[1]})


def best(
    settings: Iterable[float], truth: pl.DataFrame, group: Callable[[float], pl.DataFrame]
) -> tuple[float, Score]:
    """The setting with the best F1."""
    tried = [(setting, score(truth, group(setting))) for setting in settings]
    return max(tried, key=lambda found: found[1].f1)


def splink(reports: Path, truth: Path, labelled: bool) -> PeerResult:
    """Splink with connected components, or single best links where these are better and can be had."""
    from bench.fusion_splink import Splink

    name = "Splink, m from the truth" if labelled else "Splink, EM"
    known = pl.read_parquet(truth)
    with Clock() as clock:
        table = pl.read_parquet(reports)
        model = Splink(table, known, labelled)
    pairs = model.pairs()
    bits, found = best(BITS, known, lambda least: components(table, pairs, least))
    group, how = model.components, "components"
    if table.height <= SINGLE_BEST_REPORTS:
        other, single = best((-2, 0, 1, 2, 3, 4, 6), known, model.single_best)
        if single.f1 > found.f1:
            bits, group, how = other, model.single_best, "single best links"
    peak = peak_mb()
    with clock:
        memberships = group(bits)
    settings = f"{how}, pairs of {bits:g} bits and more"
    return PeerResult(name, settings, score(known, memberships), clock.cpu, clock.wall, peak)


def record_linkage(reports: Path, truth: Path, labelled: bool) -> PeerResult:
    """The record linkage toolkit with connected components."""
    from bench.fusion_recordlinkage import scored

    name = "recordlinkage, logistic (20 % labels)" if labelled else "recordlinkage, ECM"
    known = pl.read_parquet(truth)
    with Clock() as clock:
        table = pl.read_parquet(reports)
        pairs = scored(table, known, labelled)
    chance = pl.col("probability").clip(1e-15, 1 - 1e-15)
    pairs = pairs.with_columns((chance / (1 - chance)).log(2).alias("weight"))
    bits, _ = best(BITS, known, lambda least: components(table, pairs, least))
    peak = peak_mb()
    with clock:
        memberships = components(table, pairs, bits)
    settings = f"components, pairs of {bits:g} bits and more"
    return PeerResult(name, settings, score(known, memberships), clock.cpu, clock.wall, peak)


def window_rule(reports: Path, truth: Path) -> PeerResult:
    """The rule at the window that suits the truth best."""
    from bench import fusion_rule as rule
    from bench.fusion_candidates import prepared

    known = pl.read_parquet(truth)
    with Clock() as clock:
        frame = prepared(pl.read_parquet(reports))
        given = rule.columns(frame)

    def group(window: float) -> pl.DataFrame:
        days, km = rule.WINDOWS[int(window)]
        return frame.select("report_id", pl.Series("incident_id", rule.fuse(given, days, km)))

    chosen, _ = best(range(len(rule.WINDOWS)), known, group)
    with clock:
        memberships = group(chosen)
    days, km = rule.WINDOWS[int(chosen)]
    return PeerResult(
        "window rule (after MELTT)",
        f"{days:g} days, {km:g} km",
        score(known, memberships),
        clock.cpu,
        clock.wall,
        peak_mb(),
    )


# The most reports each is asked to fuse.
PEERS: dict[str, tuple[Callable[[Path, Path], PeerResult], int]] = {
    "window rule": (window_rule, 100_000),
    "recordlinkage ecm": (lambda reports, truth: record_linkage(reports, truth, False), 10_000),
    "recordlinkage logistic": (lambda reports, truth: record_linkage(reports, truth, True), 10_000),
    "splink em": (lambda reports, truth: splink(reports, truth, False), 100_000),
    "splink labelled": (lambda reports, truth: splink(reports, truth, True), 1_000_000),
}


def run(peer: str, reports: Path, truth: Path, timeout: float = 3_600) -> PeerResult:
    """A peer in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.fusion_peers", peer, str(reports), str(truth)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=Path(__file__).resolve().parents[1],
    )
    if done.returncode:
        raise RuntimeError(f"{peer} failed:\n{done.stderr[-2_000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    return PeerResult(**told | {"score": Score(**told["score"])})


def main() -> None:
    """Run one peer here and print its result as one line."""
    peer, reports, truth = sys.argv[1:4]
    print(json.dumps(asdict(PEERS[peer][0](Path(reports), Path(truth)))))


if __name__ == "__main__":
    main()
