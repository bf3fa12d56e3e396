"""Are reports fused better than by peers, as fast as promised, with honest probabilities?

    uv run python -m bench.fusion [--quick] [--write]

One line a bar; exits 1 if any is short. ``--quick`` fuses no more than ten thousand reports. ``--write`` puts the measured
table into ``docs/methods/fusion.md``. Reports are those of `bench.fusion_reports`, with seeds that nothing was fitted on, and
real ones from the Donbas where they are at hand. Every system runs in a process of its own; peers get the settings that suit
the truth best, and the strongest is given weights from the truth.
"""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from bench import fusion_donbas, fusion_meaning, fusion_ours, fusion_peers
from bench.bars import Bar, report, write_block
from bench.fusion_ours import OurResult
from bench.fusion_peers import PEERS, PeerResult
from bench.fusion_reports import OTHER_MAKING, Knobs, write

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods" / "fusion.md"
# Seeds 0 to 9 belong to development.
SEED, OTHER_SEED = 101, 102
QUICK_SIZES = (1_000, 10_000)
SIZES = (1_000, 10_000, 100_000, 1_000_000)
OURS_ALONE = 10_000_000  # memberships alone: every table of so many does not fit beside them in 23 GB
# Reports whose texts are compared by meaning too; four makings, since what it changes is no more than one making's chance
MEANT, MEANT_SEEDS = 10_000, (101, 103, 104, 105)
LARGE = 1_000_000
BETTER_BY, CLUSTERED, CALIBRATED, TIMES_FASTER, GROWTH = 0.10, 0.93, 0.03, 25, 1.1
COVERED = (0.85, 0.95)
LARGE_CPU, LARGE_GB = 4, 0.6


@dataclass(frozen=True)
class Fused:
    """All systems on one set of reports."""

    name: str
    reports: int
    ours: OurResult
    peers: dict[str, PeerResult]

    @property
    def lines(self) -> list[str]:
        """Rows of the table: set, system, precision, recall, F1, B-cubed, CPU seconds, peak megabytes."""
        listed = [("ours", self.ours), *((peer.name, peer) for peer in self.peers.values())]
        return [
            f"| {self.name} | {name} | {r.score.precision:.3f} | {r.score.recall:.3f} | {r.score.f1:.3f} |"
            f" {r.score.b3:.3f} | {r.cpu_s:,.2f} | {r.peak_mb:,.0f} |"
            for name, r in listed
        ]

    def better(self, by: float) -> list[Bar]:
        """F1 above that of the best peer."""
        best = max((peer.score.f1 for peer in self.peers.values()), default=None)
        return (
            []
            if best is None
            else [Bar(f"{self.name}: F1 above the best peer", self.ours.score.f1 - best, by)]
        )


# Sets fused in this run, in order, for the table.
DONE: dict[str, Fused] = {}


def fused(name: str, folder: Path, reports: int, largest: int | None = None) -> Fused:
    """Let all systems that are asked at this size fuse what is in the folder, and print what came of it."""
    ours = fusion_ours.run(folder, every=reports <= LARGE)
    peers = {
        peer: fusion_peers.run(peer, folder / "reports.parquet", folder / "truth.parquet")
        for peer, (_, most) in PEERS.items()
        if reports <= (most if largest is None else largest)
    }
    DONE[name] = result = Fused(name, reports, ours, peers)
    print("\n".join(result.lines), flush=True)
    tables = "memberships" if ours.calibration is None else "all tables"
    print(
        f"{name}: ours {ours.cpu_s:.2f} CPU s, {ours.cpu_all_s:.2f} with {tables}, {ours.wall_s:.2f} s by the clock",
        flush=True,
    )
    if ours.calibration is not None and ours.calibration_width is not None:
        print(
            f"{name}: calibration error {ours.calibration:.3f} (equal mass), {ours.calibration_width:.3f} (equal width)",
            flush=True,
        )
    for peer in peers.values():
        print(
            f"{name}: {peer.name} at its best with {peer.settings}, {peer.wall_s:.1f} s by the clock",
            flush=True,
        )
    return result


def made(name: str, reports: int, seed: int, knobs: Knobs | None = None, largest: int | None = None) -> Fused:
    """Make reports and fuse them."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), reports, seed, knobs)
        return fused(name, Path(folder), reports, largest)


@cache
def sized(reports: int) -> Fused:
    """The default making, once a size."""
    return made(f"{reports:,}", reports, SEED, largest=0 if reports > LARGE else None)


def sizes(quick: bool) -> list[Bar]:
    """Better than every peer at ten thousand and more, and clustered well."""
    bars = []
    for count in QUICK_SIZES if quick else SIZES:
        result = sized(count)
        if count >= 10_000:
            bars += [
                *result.better(BETTER_BY),
                Bar(f"{result.name}: B-cubed F1", result.ours.score.b3, CLUSTERED),
            ]
        else:
            bars += result.better(0.0)
    return bars


def speed(quick: bool) -> list[Bar]:
    """Against Splink at the largest common size; growth with the number of reports; the largest sizes by themselves."""
    counts = [count for count in (QUICK_SIZES if quick else SIZES) if count >= 10_000]
    results = [sized(count) for count in counts]
    common = [
        result for result in results if result.reports <= 100_000 and "splink labelled" in result.peers
    ][-1]
    times = common.peers["splink labelled"].cpu_s / common.ours.cpu_s
    bars = [Bar(f"{common.name}: times as fast as Splink", times, TIMES_FASTER)]
    if quick:
        return bars
    cpu = [result.ours.cpu_s for result in results]
    slope = float(np.polyfit(np.log(counts), np.log(cpu), 1)[0])
    large = sized(LARGE).ours
    sized(OURS_ALONE)
    return [
        *bars,
        Bar("growth of CPU seconds with reports, exponent", slope, GROWTH, at_most=True),
        Bar(f"{LARGE:,}: CPU", large.cpu_s, LARGE_CPU, at_most=True, unit="s"),
        Bar(f"{LARGE:,}: peak memory", large.peak_mb / 1024, LARGE_GB, at_most=True, unit="GB"),
    ]


@cache
def other_way(count: int) -> Fused:
    """The other making, which nothing was fitted on."""
    return made(f"other making, {count:,}", count, OTHER_SEED, OTHER_MAKING)


def other(quick: bool) -> list[Bar]:
    """Better than every peer on reports made in another way."""
    return other_way(10_000 if quick else 30_000).better(BETTER_BY)


def donbas(quick: bool) -> list[Bar]:
    """Not behind any peer on real reports, told by headlines alone."""
    del quick
    found = fusion_donbas.load()
    if found is None:
        return []
    print("Donbas: " + ", ".join(f"{what} {count:,}" for what, count in found.counted.items()), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _put(found, folder)
        return fused("Donbas headlines", folder, found.reports.height).better(0.0)


def _put(found: fusion_donbas.Donbas, folder: Path) -> None:
    for table in ("reports", "sources", "truth"):
        getattr(found, table).write_parquet(folder / f"{table}.parquet")


def meaning(quick: bool) -> list[Bar]:
    """Translations are found, and nothing comes out worse for it."""
    bars = fusion_meaning.separation()
    gains = []
    for seed in () if quick else MEANT_SEEDS:
        with tempfile.TemporaryDirectory() as name:
            write(Path(name), MEANT, seed)
            gains.append(fusion_meaning.beside(f"made, {MEANT:,}, seed {seed}", Path(name)))
    if gains:
        bars.append(
            Bar("made: F1 with meaning less that without, in thousandths", 1000 * float(np.mean(gains)), 0.0)
        )
    found = fusion_donbas.load()
    if found is not None:
        with tempfile.TemporaryDirectory() as name:
            _put(found, Path(name))
            gain = fusion_meaning.beside("Donbas headlines", Path(name))
        bars.append(
            Bar("Donbas headlines: F1 with meaning less that without, in thousandths", 1000 * gain, 0.0)
        )
    return bars


def honesty(quick: bool) -> list[Bar]:
    """Probabilities of links are frequencies; nine days in ten hold the count of their interval."""
    result = sized(10_000 if quick else 100_000)
    bars = [
        Bar(f"{result.name}: {what}", error, CALIBRATED, at_most=True)
        for what, error in (
            ("calibration error of links", result.ours.calibration),
            ("calibration error, bins of equal width", result.ours.calibration_width),
        )
        if error is not None
    ]
    covered = result.ours.coverage
    if covered is None:
        print("day counts: none are given, so their intervals are not asked", flush=True)
        return bars
    low, high = COVERED
    return [
        *bars,
        Bar(f"{result.name}: share of days within 90 % intervals", covered, low),
        Bar(f"{result.name}: share of days within, at most", covered, high, at_most=True),
    ]


def table() -> str:
    """What was measured with what, and the rows of all sets."""
    used = ", ".join(
        f"{name} {version(name)}" for name in ("numba", "polars", "splink", "duckdb", "recordlinkage")
    )
    heading = [
        "CPU seconds (user and system) of one run after imports and compilation; peak memory of its process. Peers run at the",
        "threshold or window that suits the truth best; finding it is not counted.",
        f"Python {platform.python_version()}, {used}.",
        "`uv run python -m bench.fusion --write` makes this table.",
        "",
        "| reports | system | precision | recall | F1 | B-cubed F1 | CPU s | peak MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*heading, *(line for result in DONE.values() for line in result.lines)])


PARTS: list[Callable[[bool], list[Bar]]] = [sizes, other, donbas, meaning, honesty, speed]


def main() -> int:
    """Run every part."""
    quick = "--quick" in sys.argv
    code = report(bar for part in PARTS for bar in part(quick))
    if "--write" in sys.argv:
        write_block(PAGE, "peers", table())
    return code


if __name__ == "__main__":
    sys.exit(main())
