"""The bench of tolls makes what it says, and a small run of it reaches its bars on seeds that it does not use."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from bench.toll import SEEDS, compared, covered, errors, run
from bench.toll_reports import SCENARIOS, make

DEVELOPMENT = 3
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def test_seeds_of_development_are_none_of_the_bench() -> None:
    assert DEVELOPMENT not in SEEDS
    assert min(SEEDS) > 20


def test_the_same_seed_makes_the_same_conflict() -> None:
    one, two = (make(replace(SCENARIOS[0], incidents=30), DEVELOPMENT) for _ in range(2))
    assert one.truth.equals(two.truth)
    assert one.tables["reports"].equals(two.tables["reports"])


def test_a_side_that_inflates_does_so_about_the_other_alone() -> None:
    made = make(
        replace(
            BY_NAME["one side inflates"], incidents=300, bounds=0.0, rounds=0.0, strays=0.0, soldiers=1.0
        ),
        4,
    )
    t = made.tables
    said = (
        t["reports"]
        .join(t["memberships"], on="report_id")
        .join(made.truth, on="incident_id")
        .join(t["sources"], on="source_id")
    )
    said = said.filter((pl.col("killed") > 10) & (pl.col("kind") == "party_official"))
    ratio = said.group_by("camp", "affected").agg((pl.col("killed_max") / pl.col("killed")).median())
    found = {(c, a): r for c, a, r in ratio.iter_rows()}
    assert found["north", "south"] > 1.4
    assert found["north", "north"] < 1.0
    assert found["south", "north"] == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("name", ["plain", "one side inflates", "copies that nobody saw"])
def test_a_small_run_is_calibrated_and_better_than_the_rules(name: str) -> None:
    made = make(replace(BY_NAME[name], incidents=250), DEVELOPMENT)
    rows = compared(made, run(made))
    assert rows.height > 300
    big = rows.filter(pl.col("ours") >= 10)
    assert 0.84 < covered(big) < 0.99
    assert covered(rows) > 0.88
    error = errors(rows)
    assert error["ours"] < min(value for system, value in error.items() if system != "ours")
