"""Tolls estimated beside the rules that others use, on incidents whose toll is known.

    uv run python -m bench.toll [--quick] [--write]

Prints a table and one line a bar; exits 1 if any bar is short. Seeds of development are 1 to 20; these are others.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from bench.bars import Bar, report, write_block
from bench.toll_reports import PARTIES, SCENARIOS, Made, Scenario, make
from ceasefire.attribute.toll import Tolled, toll

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods" / "toll.md"
SEEDS = (501, 502, 503, 504)
# Coverage of a 90 % interval; whole numbers below ten cannot be cut finer, so more than 95 % is no fault there.
COVERAGE = (0.85, 0.95)
FAST = 2.5  # CPU seconds for 10,000 incidents of 59,000 accounts: about two on a quiet machine
SYSTEMS = ("ours", "UCDP's rule", "median", "mean", "max")


def run(made: Made) -> Tolled:
    """The estimate from a made conflict's tables."""
    t = made.tables
    return toll(
        t["reports"], t["memberships"], t["sources"], t["incidents"], t["attributions"], parties=PARTIES
    )


def compared(made: Made, out: Tolled) -> pl.DataFrame:
    """Truth, interval and every system's figure: a row an incident and quantity for which somebody gives a figure."""
    truth = made.truth.unpivot(
        ["killed", "injured"], index="incident_id", variable_name="quantity", value_name="truth"
    )
    said = made.tables["reports"].join(made.tables["memberships"], on="report_id")
    told = pl.concat(
        [
            said.select(
                "incident_id",
                quantity=pl.lit(q),
                figure=(pl.coalesce(f"{q}_min", f"{q}_max") + pl.coalesce(f"{q}_max", f"{q}_min")) / 2,
            )
            for q in ("killed", "injured")
        ]
    ).drop_nulls()
    rivals = told.group_by("incident_id", "quantity").agg(
        pl.col("figure").median().alias("median"),
        pl.col("figure").mean().alias("mean"),
        pl.col("figure").max().alias("max"),
    )
    return (
        out.tolls.drop_nulls("best")
        .join(truth, on=["incident_id", "quantity"])
        .join(rivals, on=["incident_id", "quantity"])
        .rename({"best": "ours", "ucdp_best": "UCDP's rule"})
    )


def errors(rows: pl.DataFrame) -> dict[str, float]:
    """Mean absolute error of the logarithm, one added, by system."""
    real = (rows["truth"] + 1).log()
    return {name: float(((rows[name] + 1).log() - real).abs().mean() or 0.0) for name in SYSTEMS}


def covered(rows: pl.DataFrame) -> float:
    """Share of truths within the interval."""
    return float(((rows["truth"] >= rows["low"]) & (rows["truth"] <= rows["high"])).mean() or 0.0)


def measure(scenario: Scenario, seeds: tuple[int, ...]) -> dict[str, float]:
    """Means over seeds."""
    found = []
    # a small conflict says little by itself: ten of each seed
    several = range(10) if scenario.incidents < 100 else range(1)
    for seed in (seed + 1000 * k for seed in seeds for k in several):
        made = make(scenario, seed)
        out = run(made)
        rows = compared(made, out)
        ucdp = ((rows["truth"] >= rows["ucdp_low"]) & (rows["truth"] <= rows["ucdp_high"])).mean()
        width = ((rows["high"] + 1).log() - (rows["low"] + 1).log()).median()
        big = rows.filter(pl.col("ours") >= 10)
        act = out.particulars.filter(pl.col("about") == "act").join(made.truth, on="incident_id", how="semi")
        right = act.join(made.truth.select("incident_id", answer="act"), on=["incident_id", "answer"])[
            "probability"
        ]
        found.append(
            errors(rows)
            | {
                "covered": covered(rows), "covered, 10 and more": covered(big), "UCDP covers": float(ucdp or 0.0),
                "width": float(width or 0.0), "act": float(right.mean() or 0.0), "rows": float(len(rows)),
            }
        )  # fmt: skip
    return {name: float(np.mean([f[name] for f in found])) for name in found[0]}


def seconds() -> float:
    """CPU seconds for 10,000 incidents, compiled already: the least of three runs."""
    made = make(replace(SCENARIOS[0], incidents=10_000), SEEDS[0])
    run(make(replace(SCENARIOS[0], incidents=20), SEEDS[0]))
    spent = []
    for _ in range(3):
        start = time.process_time()
        run(made)
        spent.append(time.process_time() - start)
    return min(spent)


def bars(seeds: tuple[int, ...], lines: list[str]) -> Iterator[Bar]:
    """Every bar, as it is measured."""
    lines += [
        "| accounts | ours | UCDP's rule | median | mean | max | covered | 10 and more | UCDP's range covers | width |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for scenario in SCENARIOS:
        got = measure(scenario, seeds)
        cells = [f"{got[name]:.3f}" for name in SYSTEMS]
        cells += [f"{got[name]:.3f}" for name in ("covered", "covered, 10 and more", "UCDP covers", "width")]
        lines.append(f"| {scenario.name} | " + " | ".join(cells) + " |")
        print(lines[-1], f"act {got['act']:.3f} rows {got['rows']:.0f}", flush=True)
        yield Bar(f"{scenario.name}: covered, at least", got["covered"], COVERAGE[0])
        yield Bar(
            f"{scenario.name}: covered where 10 and more, at least", got["covered, 10 and more"], COVERAGE[0]
        )
        yield Bar(
            f"{scenario.name}: covered where 10 and more, at most",
            got["covered, 10 and more"],
            COVERAGE[1],
            at_most=True,
        )
        best = min(got[name] for name in SYSTEMS[1:])
        yield Bar(
            f"{scenario.name}: error against the best of the others", got["ours"] / best, 1.0, at_most=True
        )
    yield Bar("10,000 incidents", seconds(), FAST, at_most=True, unit="CPU s")


def main() -> int:
    """Run the bench."""
    lines: list[str] = []
    code = report(bars(SEEDS[:1] if "--quick" in sys.argv else SEEDS, lines))
    if "--write" in sys.argv:
        write_block(PAGE, "toll", "\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
