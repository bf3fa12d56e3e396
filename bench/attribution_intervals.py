"""How often the 90 % interval of an answer holds what the oracle gives it: the closed form alone, and with the bootstrap.

In: nothing; scenarios of `bench.attribution_reports`, seeds of development (1 to 9). Out: a table on the screen, means over seeds:
of the leading answers, how many oracles lie within, how many below, how wide the interval is, and the CPU seconds.

    uv run python -m bench.attribution_intervals [seeds] [incidents]
"""

from __future__ import annotations

import sys
import time
from unittest import mock

import numpy as np
import polars as pl

import ceasefire
from bench.attribution_ours import warm
from bench.attribution_reports import Made, make
from bench.attribution_scenarios import SCENARIOS
from ceasefire.attribute import resampling

SWITCHED_OFF = mock.patch.object(resampling, "replicates_for", lambda work: (0, "switched off"))


def measured(made: Made) -> tuple[float, float, float, float]:
    """Share within, share below, mean width, and CPU seconds."""
    began = time.process_time()
    found = ceasefire.attribute(made.claims, made.sources, made.parties, incidents=made.incidents)
    took = time.process_time() - began
    leading = found.attributions.sort("probability", descending=True).unique("incident_id", keep="first")
    both = leading.join(made.oracle.rename({"probability": "oracle"}), on=["incident_id", "actor"])
    within = both.select(pl.col("oracle").is_between("low", "high").mean()).item()
    below = both.select((pl.col("oracle") < pl.col("low")).mean()).item()
    return within, below, both.select((pl.col("high") - pl.col("low")).mean()).item(), took


def main() -> None:
    """Print the table."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    incidents = int(sys.argv[2]) if len(sys.argv) > 2 else 1_500
    if not 1 <= seeds <= 9:
        raise SystemExit(f"seeds: expected 1 to 9, those of development, found {seeds}")
    warm()
    print(
        "| accounts | within, closed form | below | width | within, bootstrap | below | width | CPU s, without and with |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for scenario in SCENARIOS:
        sets = [
            make(scenario, seed, None if scenario == "small" else incidents) for seed in range(1, seeds + 1)
        ]
        with SWITCHED_OFF:
            closed = np.mean([measured(made) for made in sets], axis=0)
        drawn = np.mean([measured(made) for made in sets], axis=0)
        figures = " | ".join(f"{value:.2f}" for value in (*closed[:3], *drawn[:3]))
        print(f"| {scenario} | {figures} | {closed[3]:.1f}, {drawn[3]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
