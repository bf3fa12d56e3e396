"""How many nobody listed: against published figures, against lists made up with dependence, against lists left out.

    OMP_NUM_THREADS=1 uv run python -m bench.attribution_unreported   # many minutes; with more, idle threads count as CPU
    uv run python -m bench.attribution_unreported --quick   # fewer tables made up, fewer lists left out, shorter chains
    uv run python -m bench.attribution_unreported --write   # and put the bars into docs/methods/unreported.md

Published: the integers of R's dga (decomposable graphs) on five tables; the posterior means of HRDAG's six Philippine strata
(R's LCMCR). Made up: four lists over 1,000 incidents that depend on each other or see some incidents more easily. Left out:
the incidents of one list, known, are estimated from the other lists (Binette and Steorts 2021). Exit code 1 if short.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from bench.bars import Bar, report, write_block
from ceasefire.attribute.unreported import Estimated, estimate_unreported
from ceasefire.attribute.unreported.decomposable import average
from ceasefire.attribute.unreported.latent import run_chains
from ceasefire.attribute.unreported.patterns import read_patterns

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods" / "unreported.md"
DATA = Path(__file__).resolve().parents[1] / "tests" / "data" / "mse"


@dataclass(frozen=True)
class Published:
    """Quantiles at 2.5, 50 and 97.5 % by dga with 2^-lists a cell; ``most``: the range of unreported it was given."""

    name: str
    most: int
    quantiles: tuple[int, int, int]


DGA = (
    Published("kosovo_aggregate", 44_000, (9_827, 12_595, 16_544)),
    Published("rcapture_HIV", 37_920, (9_404, 11_220, 14_095)),
    Published("rcapture_lesbian", 21_850, (4_635, 5_131, 5_749)),
    Published("sparsemse_NewOrl_5", 5_000, (511, 869, 1_761)),
    Published("sparsemse_UKdat_5", 55_000, (10_387, 22_990, 33_508)),
)
HRDAG = {
    "ph_caloocan_police": 331,
    "ph_caloocan_unidentified": 745,
    "ph_manila_police": 575,
    "ph_manila_unidentified": 414,
    "ph_quezon_police": 348,
    "ph_quezon_unidentified": 428,
}
TRUE_TOTAL = 1_000
ENOUGH = 4_000  # effective draws: 3 % is to be told from chance


def overlaps_of(name: str) -> pl.DataFrame:
    """A published table of overlaps."""
    return pl.read_csv(DATA / f"{name}.csv")


def made_up(kind: str, seed: int) -> pl.DataFrame:
    """Patterns of four lists over 1,000 incidents.

    ``pairs``: the second list is three times as likely (in odds) to hold what the first holds, the fourth half as likely to
    hold what the third holds. ``kinds``: four in ten incidents are well known, the others hardly. ``both``: both.
    """
    rng = np.random.default_rng([seed, len(kind)])
    known = rng.random(TRUE_TOTAL) < 0.4
    logit = np.log(np.array([0.30, 0.25, 0.30, 0.20]) / (1 - np.array([0.30, 0.25, 0.30, 0.20])))
    eta = np.tile(logit, (TRUE_TOTAL, 1))
    if kind != "pairs":
        eta += np.where(known, 0.9, -0.6)[:, None]
    seen = np.zeros((TRUE_TOTAL, 4), dtype=bool)
    for j in range(4):
        shift = np.zeros(TRUE_TOTAL)
        if kind != "kinds" and j == 1:
            shift = np.log(3.0) * seen[:, 0]
        if kind != "kinds" and j == 3:
            shift = np.log(0.5) * seen[:, 2]
        seen[:, j] = rng.random(TRUE_TOTAL) < 1 / (1 + np.exp(-eta[:, j] - shift))
    return _patterns(seen[seen.any(axis=1)])


def _patterns(seen: np.ndarray) -> pl.DataFrame:  # type: ignore[type-arg]
    names = [f"list {j}" for j in range(seen.shape[1])]
    return pl.DataFrame(seen.astype(np.int8), schema=names).group_by(names).len("count").sort(names)


def without_one(patterns: pl.DataFrame) -> Iterator[tuple[str, int, pl.DataFrame]]:
    """For each list: its name, how many it holds, and the other lists' overlaps among those."""
    *names, count = patterns.columns
    for name in names:
        held = patterns.filter(pl.col(name) == 1).drop(name)
        others = [n for n in names if n != name]
        seen = held.filter(pl.any_horizontal(pl.col(n) == 1 for n in others))
        yield name, int(held[count].sum()), seen.group_by(others).agg(pl.col(count).sum()).sort(others)


def covers(estimated: Estimated, truth: int) -> bool | None:
    """Whether the stacked interval holds the truth; None if refused."""
    if estimated.low is None or estimated.high is None:
        return None
    return estimated.low <= truth <= estimated.high


def graphs_bars() -> list[Bar]:
    """Largest difference to dga's integers, and time."""
    bars = []
    for published in DGA:
        overlaps = read_patterns(overlaps_of(published.name))
        average(overlaps, 10)  # graphs are listed once a process
        begun = time.process_time()
        made = average(overlaps, published.most)
        spent = time.process_time() - begun
        found = [made.quantile(q) for q in (0.025, 0.5, 0.975)]
        off = max(abs(a - b) for a, b in zip(found, published.quantiles, strict=True))
        print(f"{published.name}: {found}, dga {list(published.quantiles)}")
        bars.append(Bar(f"dga {published.name}, largest difference", off, 0, at_most=True))
        bars.append(Bar(f"dga {published.name}, CPU", spent, 0.6, at_most=True, unit="s"))
    return bars


def classes_bars(quick: bool) -> list[Bar]:
    """Relative difference to HRDAG's posterior means, and R-hat."""
    bars = []
    for name, mean in HRDAG.items():
        begun = time.process_time()
        chained = run_chains(read_patterns(overlaps_of(name)), enough=ENOUGH // 3 if quick else ENOUGH)
        found = float(chained.totals.mean())
        print(
            f"{name}: mean {found:.1f}, HRDAG {mean}; R-hat {chained.r_hat:.3f}, {chained.effective:.0f} effective draws, "
            f"{time.process_time() - begun:.1f} CPU s"
        )
        off = round(100 * abs(found - mean) / mean, 2)
        bars.append(Bar(f"HRDAG {name}, relative difference", off, 3, at_most=True, unit="%"))
        bars.append(Bar(f"HRDAG {name}, R-hat", chained.r_hat, 1.05, at_most=True))
    return bars


def coverage_bars(quick: bool) -> list[Bar]:
    """Share of made-up tables, and of lists left out, whose truth lies in the stacked 95 % interval."""
    held: list[bool] = []
    for kind in ("pairs", "kinds", "both"):
        found = [
            covers(estimate_unreported(made_up(kind, seed), seed=seed, most_sweeps=16_000), TRUE_TOTAL)
            for seed in range(4 if quick else 40)
        ]
        given = [f for f in found if f is not None]
        held += given
        print(
            f"made up, {kind}: {sum(given)} of {len(given)} intervals hold the truth, {len(found) - len(given)} refused"
        )
    bars = [Bar("made-up lists with dependence, coverage", 100 * sum(held) / len(held), 90, unit="%")]
    known: list[bool] = []
    names = [d.name for d in DGA][: 3 if quick else None] + ([] if quick else list(HRDAG))
    for name in names:
        for left_out, truth, patterns in without_one(overlaps_of(name)):
            if not patterns.height:
                continue  # a list that shares nothing
            estimated = estimate_unreported(patterns, most_sweeps=16_000)
            inside = covers(estimated, truth)
            if inside is not None:
                known.append(inside)
                if not inside:
                    print(
                        f"{name} without {left_out}: {truth}, estimated {estimated.low:.0f} to {estimated.high:.0f}"
                    )
    print(f"lists left out: {sum(known)} of {len(known)} intervals hold the number known")
    bars.append(Bar("lists left out, coverage", 100 * sum(known) / len(known), 90, unit="%"))
    return bars


def parts(quick: bool) -> list[Bar]:
    """All bars; ``quick`` makes up fewer tables and leaves out fewer lists."""
    return [*graphs_bars(), *classes_bars(quick), *coverage_bars(quick)]


def table_of(bars: list[Bar]) -> str:
    """The bars as a table for the page."""
    rows = ["| measured | value | needs |", "|---|---|---|"]
    for bar in bars:
        sign = "≤" if bar.at_most else "≥"
        short = "" if bar.met else " **short**"
        rows.append(f"| {bar.name} | {bar.value:.4g} {bar.unit}{short} | {sign} {bar.needs:g} {bar.unit} |")
    return "\n".join(rows)


def main() -> int:
    bars = parts("--quick" in sys.argv)
    if "--write" in sys.argv:
        write_block(PAGE, "unreported", table_of(bars))
    return report(bars)


if __name__ == "__main__":
    sys.exit(main())
