"""Is every party judged as well as every other? Answers on made-up accounts, party by party, where the truth is known.

    uv run python -m bench.attribution_fairness [--write]

Prints one row a scenario and party; ``--write`` puts the table into ``docs/methods/fairness.md``. Accounts are those of
`bench.attribution_reports`, with seeds that nothing was fitted on. How sure and how often right are compared over the incidents
in which a party leads; abstention and answers over those that it carried out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from bench.attribution_reports import make
from bench.attribution_score import calibration_error
from bench.bars import write_block
from ceasefire.attribute import attribute
from ceasefire.attribute.fairness import share

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods" / "fairness.md"
SCENARIOS = ("bias", "bias + copying", "captured media", "party line")
SEEDS = (101, 102)


def answers(scenario: str) -> pl.DataFrame:
    """By incident: who did it, who leads, how probable, and the answer at the standard."""
    parts = []
    for seed in SEEDS:
        made = make(scenario, seed)
        a = attribute(made.claims, made.sources, made.parties, incidents=made.incidents)
        truth = made.truth.select("incident_id", author="actor")
        kept = a.assessments.select("incident_id", "leading", "probability", "answer")
        parts.append(kept.join(truth, on="incident_id").with_columns(seed=pl.lit(seed)))
    return pl.concat(parts)


def rows(scenario: str, found: pl.DataFrame, parties: list[str]) -> list[str]:
    """One line a party."""
    lines = []
    for party in parties:
        leads = found.filter(pl.col("leading") == party)
        right = (leads["author"] == party).to_numpy()
        chance = leads["probability"].to_numpy()
        did = found.filter(pl.col("author") == party)
        answered = did.filter(pl.col("answer") != "undetermined")
        wrong = answered.filter(pl.col("answer") != party).height
        blamed = found.filter((pl.col("answer") == party) & (pl.col("author") != party)).height
        lines.append(
            f"| {scenario} | {party} | {leads.height:,} | {chance.mean():.3f} | {_interval(int(right.sum()), len(right))} "
            f"| {calibration_error(chance, right):.3f} | {did.height:,} | {_interval(did.height - answered.height, did.height)} "
            f"| {_interval(wrong, answered.height)} | {_interval(blamed, found.filter(pl.col('answer') == party).height)} |"
        )
    return lines


def _interval(k: int, n: int) -> str:
    value, low, high = share(k, n)
    return "—" if value is None else f"{value:.3f} ({low:.3f}–{high:.3f})"


def table() -> str:
    """The table of all scenarios."""
    lines = [
        f"Seeds {', '.join(map(str, SEEDS))}; in brackets 90 % intervals (Wilson).",
        "`uv run python -m bench.attribution_fairness --write` makes this table.",
        "",
        "| accounts | party | leads in | mean probability | right | calibration error | did | of these undetermined "
        "| of these answered, wrong | blamed at the standard, wrongly |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for scenario in SCENARIOS:
        parties = sorted(make(scenario, SEEDS[0]).parties)
        made = rows(scenario, answers(scenario), parties)
        print("\n".join(made), flush=True)
        lines += made
    return "\n".join(lines)


def main() -> int:
    """Print the table, and put it into the page if asked to."""
    made = table()
    if "--write" in sys.argv:
        write_block(PAGE, "fairness", made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
