"""Where the time goes: seconds per stage for the two shipped cases, and for ``--help``.

    uv run python -m bench.stages [--quick]

Prints a table of stage timings and one line per bar; exits 1 if any bar is short. Wall-clock seconds on this machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.bars import Bar, report
from ceasefire.case import open_case
from ceasefire.exports import write
from ceasefire.pipeline import derive

CASES = Path(__file__).resolve().parents[1] / "cases"
# Seconds, from the issue: read, derived and written on two cores.
BARS = {"syria-2016": 10.0, "donbas": 20.0}
HELP_BAR = 0.5


def time_case(name: str) -> dict[str, float]:
    """Seconds per stage of one case."""
    took: dict[str, float] = {}

    @contextmanager
    def stage(title: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        took[title] = took.get(title, 0.0) + time.perf_counter() - start

    with stage("read"):
        case = open_case(CASES / name)
    picture = derive(case, progress=stage)
    with stage("write"), tempfile.TemporaryDirectory() as folder:
        write(picture, Path(folder))
    return took


def time_help(runs: int) -> float:
    """Median seconds of ``ceasefire --help`` in a fresh process."""
    command = [str(Path(sys.executable).parent / "ceasefire"), "--help"]
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[runs // 2]


def seconds(quick: bool) -> Iterator[Bar]:
    """Every bar, as it is measured."""
    for name, needs in BARS.items():
        took = time_case(name)
        print(f"{name}: " + ", ".join(f"{title} {spent:.2f}" for title, spent in took.items()))
        yield Bar(f"{name} derived and written", sum(took.values()), needs, at_most=True, unit="s")
    yield Bar("help", time_help(3 if quick else 9), HELP_BAR, at_most=True, unit="s")


def main() -> int:
    """Run the bench."""
    return report(seconds("--quick" in sys.argv))


if __name__ == "__main__":
    sys.exit(main())
