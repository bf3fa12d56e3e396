"""How long one round of learning takes on ten million claims, and a whole run on ten thousand incidents.

In: how many claims (five an item, five values, sources as unequal as Zipf's law). Out: `Took`: CPU seconds and peak memory,
each in a process of its own, after imports and compilation. crowd-kit's Dawid-Skene is timed on a tenth of the claims, by
the difference between fits of more and fewer rounds, so that its setting up is not counted.

    uv run python -m bench.attribution_speed engine 10000000
    uv run python -m bench.attribution_speed crowd-kit 1000000
    uv run python -m bench.attribution_speed whole 10000
    uv run python -m bench.attribution_speed hangs 10000
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.attribution_reports import make
from bench.attribution_worker import crowd_kit, peak_mb
from ceasefire.attribute.kernel import Learned, Likeness, Told, weigh

ROOT = Path(__file__).resolve().parents[1]
VALUES, PER_ITEM, SOURCES, ZIPF, RIGHT = 5, 5, 5_000, 1.0, 0.7
PIECE = 1_000_000
FEW, MANY = 1, 6
ROUNDS = 5
WHOLE = ("bias + copying", 101)
WARM_WHOLE = 200
HANGS = ("sensitivity", "smallest_sets", "tipping", "contamination", "breakdown")
LIMIT = 1_800


@dataclass(frozen=True)
class Took:
    """CPU and wall seconds, and the peak memory of the process; ``reason`` where nothing was measured."""

    cpu_s: float = float("inf")
    wall_s: float = float("inf")
    peak_mb: float = float("inf")
    reason: str = ""


@dataclass(frozen=True)
class Many:
    """Claims as arrays, sorted by item: int32 items and sources, int8 values."""

    item: npt.NDArray[np.int32]
    source: npt.NDArray[np.int32]
    value: npt.NDArray[np.int8]
    items: int
    sources: int
    values: int


def claims(count: int, seed: int = 101) -> Many:
    """Make claims piece by piece, so that making them does not take more memory than using them."""
    rng = np.random.default_rng(seed)
    item = np.empty(count, dtype=np.int32)
    source, value = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int8)
    weight = np.cumsum(1 / np.arange(1, SOURCES + 1) ** ZIPF)
    weight /= weight[-1]
    for first in range(0, count, PIECE):
        piece = slice(first, min(first + PIECE, count))
        size = piece.stop - piece.start
        item[piece] = np.arange(piece.start, piece.stop) // PER_ITEM
        source[piece] = np.searchsorted(weight, rng.random(size, dtype=np.float32))
        # The truth of an item is its number's remainder; who is wrong names any other value.
        wrong = rng.integers(1, VALUES, size) * (rng.random(size) > RIGHT)
        value[piece] = (item[piece] + wrong) % VALUES
    np.minimum(source, SOURCES - 1, out=source)
    return Many(item, source, value, int(item[-1]) + 1, SOURCES, VALUES)


def engine_rounds(given: Many, rounds: int) -> None:
    """Rounds of the kernel that `ceasefire.attribute` learns with, nobody having a camp: what sources are like is made anew from
    what each pass adds up. In the engine a round also looks at silence, places and copies; here are no places, and no times."""
    size, n = given.values, len(given.item)
    start = np.searchsorted(given.item, np.arange(given.items + 1)).astype(np.int64)
    told = Told(
        start,
        given.source,
        np.zeros(n, dtype=np.int8),
        given.value,
        np.zeros(n, dtype=np.float32),
        np.zeros(n, dtype=np.int8),
        np.zeros(n, dtype=np.float32),
        np.tile(np.arange(size, dtype=np.int8), (given.items, 1)),
    )
    table = np.full((size, size + 2), 0.3 / (size - 1))
    table[:, 0], table[:, -1] = 0.65, 0.05
    table[np.arange(size), np.arange(size) + 1] = 0.0  # who names the answer itself is in the first column
    table /= table.sum(axis=1, keepdims=True)
    counts = np.zeros((given.sources, size, size + 2))
    posterior, held = np.zeros((given.items, size)), np.zeros((n, size), dtype=np.float32)
    terms, own = np.zeros((0, size)), np.zeros((0, size, 3))
    score = np.full((given.items, size), -np.log(size))
    rows, together = np.arange(size)[None, :], np.full((1, size), 0.1)
    for _ in range(rounds):
        likely = counts + 10.0 * table
        like = Likeness(
            likely,
            likely.sum(axis=2),
            rows,
            table[None],
            np.array([0.7]),
            np.ones((1, 2, 2)),
            together,
            together,
            np.ones((1, size), dtype=np.bool_),
            1.0,
        )
        learned = Learned(
            np.zeros_like(counts),
            np.zeros((1, size, size + 2)),
            np.zeros((1, 2)),
            np.zeros((1, size, 3)),
            np.zeros((1, 2, 2)),
            np.zeros((0, 2)),
            held,
        )
        weigh(told, like, score, posterior, terms, own, learned, True)
        counts = learned.counts


def engine(count: int) -> Took:
    """One round of ours, here; the first rounds, on few claims, compile."""
    engine_rounds(claims(1_000), ROUNDS)
    given = claims(count)
    began, wall = time.process_time(), time.perf_counter()
    engine_rounds(given, ROUNDS)
    return Took((time.process_time() - began) / ROUNDS, (time.perf_counter() - wall) / ROUNDS, peak_mb())


def peer(count: int) -> Took:
    """One round of crowd-kit's Dawid-Skene, here. A source that names an item twice counts once."""
    given = claims(count)
    _, once = np.unique(given.item.astype(np.int64) * SOURCES + given.source, return_index=True)
    item, source, value = given.item[once], given.source[once], given.value[once]
    took = []
    for rounds in (FEW, MANY):
        fit = crowd_kit("DawidSkene", n_iter=rounds, tol=0.0)
        began, wall = time.process_time(), time.perf_counter()
        fit(item, source, value, given.items, given.values)
        took.append((time.process_time() - began, time.perf_counter() - wall))
    cpu, clock = ((many - few) / (MANY - FEW) for few, many in zip(*took, strict=True))
    return Took(cpu, clock, peak_mb())


def whole(incidents: int) -> Took:
    """`ceasefire.attribute` with all it can say of sensitivity, here."""
    import ceasefire
    from bench.attribution_ours import warm

    warm()
    for count in (WARM_WHOLE, incidents):
        made = make(*WHOLE, incidents=count)
        began, wall = time.process_time(), time.perf_counter()
        found = ceasefire.attribute(made.claims, made.sources, made.parties, incidents=made.incidents, seed=0)
        for name in HANGS:
            getattr(found, name)
    return Took(time.process_time() - began, time.perf_counter() - wall, peak_mb())


def hangs(incidents: int) -> Took:
    """What answers hang on alone, here; what each table takes goes to standard error."""
    import ceasefire

    for count in (WARM_WHOLE, incidents):
        made = make(*WHOLE, incidents=count)
        found = ceasefire.attribute(made.claims, made.sources, made.parties, incidents=made.incidents, seed=0)
        began, wall = time.process_time(), time.perf_counter()
        for name in HANGS:
            one = time.process_time()
            getattr(found, name)
            if count == incidents:
                print(f"{name}: {time.process_time() - one:.2f} CPU s", file=sys.stderr)
    return Took(time.process_time() - began, time.perf_counter() - wall, peak_mb())


MEASURES = {"engine": engine, "crowd-kit": peer, "whole": whole, "hangs": hangs}


def run(what: str, count: int) -> Took:
    """Measure in a fresh process."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench.attribution_speed", what, str(count)],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
            cwd=ROOT,
        )
    except subprocess.TimeoutExpired:
        return Took(reason=f"stopped after {LIMIT} s")
    if done.returncode:
        return Took(reason=(done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return Took(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Measure one thing here and print it as one line."""
    print(json.dumps(asdict(MEASURES[sys.argv[1]](int(sys.argv[2])))))


if __name__ == "__main__":
    main()
