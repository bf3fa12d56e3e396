"""Worlds: draws that agree with exact sums, share what accounts share, and know no party by name."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from ceasefire.agreement import Agreement, load
from ceasefire.comply import Complied, Evidence, comply
from ceasefire.comply.draws import key_of, uniform
from ceasefire.model import table

START = datetime(2016, 9, 12, 16, tzinfo=UTC)
AS_OF = START + timedelta(days=6)

TERMS = """\
agreement: two-sides
title: Two sides
source: made for this test
timezone: Asia/Damascus
in_force: {from: 2016-09-12T19:00}
proof: {breached: 0.9, satisfied: 0.9, incident: 0.0}
documents:
  D: {title: The text, text_status: official}
parties:
  north: {name: North, role: party, side: north-side, members: [north-army]}
  south: {name: South, role: party, side: south-side}
exceptions:
  reply: {title: a reply, reply_within: 2h, burden: BURDEN, prior: 0.25}
norms:
  calm:
    clause: "1"
    title: No attacks
    who: [north, south]
    never: {act: attack, against: [other-side, civilians]}
    unless: [reply]
    document: D
    text_status: official
    source: the text
"""


def agreement(burden: str = "holder", incident: float = 0.0) -> Agreement:
    return load(TERMS.replace("BURDEN", burden).replace("incident: 0.0", f"incident: {incident}"))


def raids(n: int, **cells: Any) -> list[dict[str, Any]]:
    return [
        {
            "incident_id": f"I-{k:03d}",
            "occurred_from": START + timedelta(hours=5 * k),
            "occurred_to": START + timedelta(hours=5 * k + 1),
            "act": "shelling",
            "affected": "civilians",
        }
        | cells
        for k in range(1, n + 1)
    ]


def told(
    incidents: list[dict[str, Any]], source: str, actor: str, stance: str = "asserts"
) -> list[dict[str, Any]]:
    return [
        {
            "incident_id": row["incident_id"],
            "source_id": source,
            "stance": stance,
            "actor": actor,
            "report_id": f"{source}-{row['incident_id']}",
        }
        for row in incidents
    ]


def attributed(incidents: list[dict[str, Any]], **answers: float) -> list[dict[str, Any]]:
    return [
        {"incident_id": row["incident_id"], "actor": actor, "probability": p}
        for row in incidents
        for actor, p in answers.items()
    ]


SOURCES = [
    {"source_id": "north-desk", "name": "N", "camp": "north"},
    {"source_id": "south-desk", "name": "S", "camp": "south"},
    {"source_id": "un", "name": "UN"},
    {"source_id": "press", "name": "P"},
]


def judge(terms: Agreement, *, seed: int = 0, draws: int = 2000, **frames: list[dict[str, Any]]) -> Complied:
    made = {name: table(name).frame(rows) for name, rows in frames.items()}
    return comply(terms, Evidence(as_of=AS_OF, **made), seed=seed, draws=draws)


def breached(result: Complied, holder: str) -> dict[str, Any]:
    return result.verdicts.filter((pl.col("norm_id") == "calm") & (pl.col("holder") == holder)).row(
        0, named=True
    )


def test_worlds_agree_with_the_exact_sum_for_independent_incidents() -> None:
    rng = random.Random(7)
    for trial in range(8):
        incidents = raids(rng.randint(1, 9))
        chances = [round(rng.uniform(0.02, 0.6), 3) for _ in incidents]
        attributions = [
            {"incident_id": row["incident_id"], "actor": actor, "probability": p}
            for row, q in zip(incidents, chances, strict=True)
            for actor, p in (("north", q), ("accident", 1 - q))
        ]
        result = judge(agreement(), incidents=incidents, attributions=attributions, seed=trial)
        exact = 1 - float(np.prod([1 - q for q in chances]))
        row, drawn = breached(result, "north"), result.where("calm", "breached", "north")
        assert drawn.probability == pytest.approx(exact, abs=4 * max(drawn.error, 0.002))
        # Where incidents are proved independent the exact sum is told, without a Monte Carlo error.
        assert row["p_breached"] == pytest.approx(exact, abs=1e-12)
        assert row["mc_error"] is None


def test_one_incident_comes_out_at_its_own_probability() -> None:
    incidents = raids(1)
    result = judge(
        agreement(), incidents=incidents, attributions=attributed(incidents, north=0.37, south=0.63)
    )
    drawn = result.where("calm", "breached", "north")
    assert drawn.probability == pytest.approx(0.37, abs=0.001), (
        "stratified draws: no luck for a single incident"
    )
    assert drawn.error > 0
    assert breached(result, "north")["p_breached"] == pytest.approx(0.37, abs=1e-12)


def test_what_one_camp_alone_says_counts_once_and_independence_would_be_overconfident() -> None:
    incidents = raids(8)
    attributions = attributed(incidents, north=0.4, accident=0.6)
    one_camp = judge(
        agreement(),
        incidents=incidents,
        attributions=attributions,
        claims=told(incidents, "south-desk", "north"),
        sources=SOURCES,
    )
    many = judge(
        agreement(),
        incidents=incidents,
        attributions=attributions,
        claims=told(incidents, "south-desk", "north") + told(incidents, "un", "north"),
        sources=SOURCES,
    )
    assert breached(many, "north")["p_breached"] == pytest.approx(1 - 0.6**8, abs=0.02)
    assert breached(one_camp, "north")["p_breached"] == pytest.approx(0.4, abs=0.002)
    assert breached(many, "north")["verdict"] == "breached"
    assert breached(one_camp, "north")["verdict"] == "undetermined"


def test_an_open_choice_between_two_is_one_choice_for_all_incidents() -> None:
    incidents = raids(8)
    open_claims = told(incidents, "un", "north|south") + told(incidents, "press", "north|south")
    result = judge(
        agreement(),
        incidents=incidents,
        attributions=attributed(incidents, north=0.5, south=0.5),
        claims=open_claims,
        sources=SOURCES,
    )
    assert breached(result, "north")["p_breached"] == pytest.approx(0.5, abs=0.002)
    assert breached(result, "south")["p_breached"] == pytest.approx(0.5, abs=0.002)


def test_nobody_is_judged_on_a_prior_alone() -> None:
    incidents = raids(20)
    unnamed = told(incidents, "un", "", stance="unattributed")
    result = judge(
        agreement(),
        incidents=incidents,
        attributions=attributed(incidents, north=0.4, south=0.4, accident=0.2),
        claims=unnamed,
        sources=SOURCES,
    )
    row = breached(result, "north")
    assert row["p_breached"] is None  # nothing to put a figure on; 0 would read as "kept"
    assert row["p_satisfied"] is None, "and nothing is called kept either"
    assert row["verdict"] == "undetermined"
    assert "20 attacks that nobody is blamed for" in row["reason"]
    assert [p.code for p in result.problems] == ["nobody_blamed"]


def test_an_incident_that_no_claim_speaks_of_counts_against_nobody() -> None:
    # The only account of the second raid is a data set kept among the findings: it left no claim.
    incidents = raids(2)
    result = judge(
        agreement(),
        incidents=incidents,
        attributions=attributed(incidents, north=0.4, south=0.4, accident=0.2),
        claims=told(incidents[:1], "un", "north"),
        sources=SOURCES,
    )
    row = breached(result, "north")
    assert row["n_incidents"] == 1
    assert row["p_breached"] == pytest.approx(0.4, abs=0.002), (
        "the raid that somebody blames north for, alone"
    )
    assert "1 attacks that nobody is blamed for" in row["reason"]


def test_silence_about_a_kind_of_act_is_not_proof_that_it_was_kept() -> None:
    incidents = raids(3, act="withdrawal")
    row = breached(
        judge(agreement(), incidents=incidents, attributions=attributed(incidents, north=0.9)), "north"
    )
    assert row["p_satisfied"] is None
    assert "not proof that it was kept" in row["reason"]


def test_many_doubts_are_not_called_a_breach() -> None:
    incidents = raids(10)
    attributions = attributed(incidents, north=0.4, accident=0.6)
    row = breached(judge(agreement(incident=0.65), incidents=incidents, attributions=attributions), "north")
    assert row["p_breached"] > 0.98
    assert row["verdict"] == "undetermined"
    assert "no incident alone is shown" in row["reason"]


def test_the_burden_decides_how_much_an_unproven_reply_weighs() -> None:
    first, second = raids(2, latitude=36.0, longitude=37.0)
    first |= {"affected": "south", "occurred_to": first["occurred_from"]}
    second |= {
        "affected": "north",
        "occurred_from": first["occurred_from"] + timedelta(hours=1),
        "occurred_to": first["occurred_from"] + timedelta(hours=1),
    }
    attributions = [*attributed([first], north=1.0), *attributed([second], south=1.0)]
    holder = judge(agreement("holder"), incidents=[first, second], attributions=attributions)
    assert breached(holder, "south")["p_breached"] == pytest.approx(0.75, abs=0.001)
    claimant = judge(agreement("claimant"), incidents=[first, second], attributions=attributions)
    assert breached(claimant, "south")["verdict"] == "excused"
    assert breached(claimant, "north")["verdict"] == "breached", "the first shot answers nothing"


def test_draws_are_mirrored_and_stratified() -> None:
    u = uniform(key_of(3, "who", "I-1"), 1000)
    assert np.allclose(u[:500] + u[500:], 1.0)
    assert np.histogram(u, bins=10, range=(0, 1))[0].tolist() == [100] * 10
    assert np.array_equal(u, uniform(key_of(3, "who", "I-1"), 1000))
    assert not np.array_equal(u, uniform(key_of(4, "who", "I-1"), 1000))


MIXED = [
    *attributed(raids(4)[:1], north=0.5, south=0.5),
    *attributed(raids(4)[1:2], north=0.7, south=0.2, accident=0.1),
    *attributed(raids(4)[2:3], north=0.1, south=0.6, accident=0.3),
    *attributed(raids(4)[3:], north=0.3, south=0.3, accident=0.4),
]
SWAP = {"north": "south", "south": "north"}


def swapped(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: SWAP.get(v, v) if isinstance(v, str) else v for k, v in row.items()} for row in rows]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_swapping_the_labels_swaps_the_results_and_nothing_else(seed: int) -> None:
    incidents = [
        row | {"affected": who}
        for row, who in zip(raids(4), ("civilians", "south", "north", "civilians"), strict=True)
    ]
    claims = (
        told(incidents[:2], "south-desk", "north")
        + told(incidents, "un", "north|south")
        + told(incidents[2:], "north-desk", "south")
    )
    one = judge(
        agreement(), seed=seed, incidents=incidents, attributions=MIXED, claims=claims, sources=SOURCES
    )
    other = judge(
        agreement(),
        seed=seed,
        incidents=swapped(incidents),
        attributions=swapped(MIXED),
        claims=[
            row | {"actor": "south|north" if "|" in row["actor"] else SWAP[row["actor"]]} for row in claims
        ],
        sources=swapped(SOURCES),
    )
    for holder in ("north", "south"):
        mine, theirs = breached(one, holder), breached(other, SWAP[holder])
        for column in ("verdict", "p_breached", "p_satisfied", "mc_error", "n_incidents", "incidents"):
            assert mine[column] == theirs[column]
    keys = ["incident_id", "holder", "verdict", "p_breach"]
    left = one.incident_verdicts.select(keys).with_columns(pl.col("holder").replace(SWAP)).sort(keys)
    assert left.equals(other.incident_verdicts.select(keys).sort(keys))


def test_a_perfect_tie_is_a_tie_for_both() -> None:
    incidents = raids(5)
    result = judge(
        agreement(),
        incidents=incidents,
        attributions=attributed(incidents, north=0.4, south=0.4, accident=0.2),
    )
    assert breached(result, "north")["p_breached"] == breached(result, "south")["p_breached"]


def test_the_order_of_rows_never_matters() -> None:
    incidents = raids(4)
    claims = told(incidents, "south-desk", "north")
    one = judge(agreement(), incidents=incidents, attributions=MIXED, claims=claims, sources=SOURCES)
    other = judge(
        agreement(),
        incidents=incidents[::-1],
        attributions=MIXED[::-1],
        claims=claims[::-1],
        sources=SOURCES[::-1],
    )
    assert one.verdicts.equals(other.verdicts)
    assert one.incident_verdicts.equals(other.incident_verdicts)
    assert one.clocks.equals(other.clocks)


def test_an_actor_counts_with_its_party_and_an_incident_without_time_is_said() -> None:
    incidents = [*raids(1), {"incident_id": "I-900", "act": "shelling"}]
    result = judge(
        agreement(), incidents=incidents, attributions=attributed(incidents[:1], **{"north-army": 1.0})
    )
    assert breached(result, "north")["verdict"] == "breached"
    assert [(p.code, p.record) for p in result.problems] == [("incident_without_time", "I-900")]
