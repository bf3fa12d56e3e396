"""Do the monitors say what their peers say, and how much faster?

    uv run python -m bench.agreement [--quick] [--write]

One line a bar; exits 1 if any is short. ``--quick`` takes shorter traces. ``--write`` puts the measured table into
``docs/methods/agreement.md``. Speeds are samples a second of process time, one world, one thread, median of the repeats.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import starmap
from pathlib import Path

import numpy as np

from bench.agreement_fuzz import fuzz
from bench.agreement_peers import (
    TWO_DAYS,
    WEEK,
    Property,
    Trace,
    never,
    passes_in_time,
    quiet_days,
    reelay_update,
    reelay_verdicts,
    rows,
    rtamt_update,
    rtamt_verdicts,
    signals,
)
from bench.agreement_worlds import worlds
from bench.bars import Bar, report, write_block
from ceasefire.comply.monitors import Verdicts

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods" / "agreement.md"
TIMES_FASTER = 100
REPEATS = 5
# The window each property is timed with, then narrow ones for the ties at a window's edge. reelay reads a window of
# no steps as one without end, so ``historically[0:0]`` is not asked.
ASKED: list[list[Property]] = [
    [never()],
    [quiet_days(steps) for steps in (WEEK, 1, 2)],
    [passes_in_time(steps) for steps in (TWO_DAYS, 0, 1, 2)],
]


@dataclass(frozen=True)
class Sizes:
    """Samples per trace and traces per density, for each question."""

    reelay: int
    rtamt: int
    seeds: int
    timed: int
    timed_rtamt: int


FULL = Sizes(reelay=5_000, rtamt=700, seeds=4, timed=300_000, timed_rtamt=5_000)
QUICK = Sizes(reelay=2_500, rtamt=300, seeds=3, timed=50_000, timed_rtamt=1_000)


@dataclass(frozen=True)
class Compared:
    """Samples asked of a peer and of the package, those with another verdict, and the share of true ones."""

    samples: int
    differing: int
    true: float


def compare(
    asked: Sequence[Property], peer: Callable[[Property, Trace], Verdicts], samples: int, seeds: int
) -> Compared:
    """Ask both at every sample of random traces, for each window, density and seed."""
    ours, theirs = [], []
    for prop in asked:
        for density in prop.densities:
            for seed in range(seeds):
                trace = prop.trace(np.random.default_rng(seed), samples, density)
                ours.append(prop.verdicts(trace))
                theirs.append(peer(prop, trace))
    said, other = np.concatenate(ours), np.concatenate(theirs)
    if not 0 < np.count_nonzero(said) < said.size:
        raise RuntimeError(f"{asked[0].name}: the traces give one verdict only, and so show nothing")
    return Compared(said.size, int(np.count_nonzero(said != other)), float(said.mean()))


def speed(samples: int, start: Callable[[], Callable[[], object]]) -> float:
    """Samples a second of process time; ``start`` makes a fresh run, which alone is timed."""
    seconds = []
    for _ in range(REPEATS):
        run = start()
        began = time.process_time()
        run()
        seconds.append(time.process_time() - began)
    return samples / statistics.median(seconds)


def our_speed(prop: Property, trace: Trace, samples: int) -> float:
    """Of the package, compiled before."""
    prop.verdicts(trace)
    return speed(samples, lambda: lambda: prop.verdicts(trace))


def reelay_speed(prop: Property, trace: Trace, samples: int) -> float:
    """Of reelay, in whichever of its two modes is the faster; its rows are made before."""
    made = rows(trace)

    def start(condense: bool) -> Callable[[], object]:
        update = reelay_update(prop, condense)
        # The loop that costs least around ``update``.
        return lambda: deque(map(update, made), maxlen=0)

    return max(speed(samples, lambda: start(False)), speed(samples, lambda: start(True)))


def rtamt_speed(prop: Property, trace: Trace, samples: int) -> float:
    """Of rtamt, on the first samples only; its rows are made before."""
    made = list(enumerate(signals({name: flags[:samples] for name, flags in trace.items()})))

    def start() -> Callable[[], object]:
        update = rtamt_update(prop)
        return lambda: deque(starmap(update, made), maxlen=0)

    return speed(samples, start)


def peers(quick: bool, write: bool) -> list[Bar]:
    """Equal at every sample to reelay and to rtamt, and a hundred times as fast as reelay."""
    sizes = QUICK if quick else FULL
    bars, table = [], []
    for asked in ASKED:
        prop = asked[0]
        reelay = compare(asked, reelay_verdicts, sizes.reelay, sizes.seeds)
        rtamt = compare(asked, rtamt_verdicts, sizes.rtamt, sizes.seeds)
        # The calmest density: a monitor that is broken for good has little left to do, and would look too fast.
        trace = prop.trace(np.random.default_rng(0), sizes.timed, prop.densities[0])
        ours, theirs = our_speed(prop, trace, sizes.timed), reelay_speed(prop, trace, sizes.timed)
        slow = rtamt_speed(prop, trace, sizes.timed_rtamt)
        print(
            f"{prop.name}: samples a second ours {ours:,.0f}, reelay {theirs:,.0f}, rtamt {slow:,.0f};"
            f" asked reelay {reelay.samples:,} samples ({reelay.true:.0%} true),"
            f" rtamt {rtamt.samples:,} ({rtamt.true:.0%} true)",
            flush=True,
        )
        bars += [
            Bar(f"{prop.name}: samples that differ from reelay", reelay.differing, 0, at_most=True),
            Bar(f"{prop.name}: samples that differ from rtamt", rtamt.differing, 0, at_most=True),
            Bar(f"{prop.name}: times as fast as reelay", ours / theirs, TIMES_FASTER),
        ]
        window = f"{prop.name}, {prop.steps} steps" if prop.steps else prop.name
        table.append(
            f"| {window} | {ours / 1e6:,.0f} M | {theirs:,.0f} | {slow:,.0f} | {ours / theirs:,.0f} |"
            f" {reelay.differing} of {reelay.samples:,} | {rtamt.differing} of {rtamt.samples:,} |"
        )
    if write:
        write_block(PAGE, "peers", "\n".join([*heading(sizes), *table]))
    return bars


def heading(sizes: Sizes) -> list[str]:
    """What was measured with what, and the head of the table."""
    used = ", ".join(f"{name} {version(name)}" for name in ("numba", "reelay", "rtamt"))
    return [
        "Samples a second of process time, one world, one thread, after compilation, on one random trace of the calmest",
        f"density: {sizes.timed:,} samples (rtamt: the first {sizes.timed_rtamt:,}), median of {REPEATS}, reelay in the"
        " faster of its modes.",
        f"Python {platform.python_version()}, {used}.",
        "`uv run python -m bench.agreement --write` makes this table.",
        "",
        "| property | ours | reelay | rtamt | times reelay | differ from reelay | differ from rtamt |",
        "|---|---|---|---|---|---|---|",
    ]


PARTS: list[Callable[[bool, bool], list[Bar]]] = [peers, worlds, fuzz]


def main() -> int:
    """Run every part."""
    quick, write = "--quick" in sys.argv, "--write" in sys.argv
    return report(bar for part in PARTS for bar in part(quick, write))


if __name__ == "__main__":
    sys.exit(main())
