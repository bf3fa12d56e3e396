"""What is learned of sources: who repeats whom, where they stand, what a flood is worth; and that names do not matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from bench.attribution_reports import Made, make
from bench.attribution_score import Score, of_table

from ceasefire.attribute import Attributed, attribute
from ceasefire.attribute.kernel import STRAY, Learned, Likeness, Told, weigh
from ceasefire.attribute.standing import _stretches


@pytest.fixture(scope="module")
def copied() -> Made:
    """Two camps and those without one, most of them repeating an agency."""
    return make("bias + copying", seed=1, incidents=800)


def answer(made: Made) -> Attributed:
    return attribute(made.claims, made.sources, made.parties, incidents=made.incidents)


def scored(a: Attributed, made: Made) -> Score:
    return of_table(a.attributions, made.truth).score


def noted(a: Attributed, code: str) -> dict[str, str]:
    return {q.record: q.found for q in a.problems if q.code == code and q.record}


def test_copies_that_nobody_declared_are_found_and_the_answers_stay_honest(copied: Made) -> None:
    a = answer(copied)
    found = noted(a, "source_repeats_another")
    true = dict(copied.leaders.select("source_id", "leader").iter_rows())
    right = [source for source, words in found.items() if true.get(source, "?") in words]
    assert len(right) >= 0.9 * len(true)
    assert len(right) >= 0.95 * len(found)
    score = scored(a, copied)
    assert score.sure > 100
    assert score.wrong_share <= 0.06
    assert score.ece <= 0.06


def test_nobody_is_said_to_copy_where_nobody_does() -> None:
    a = answer(make("bias", seed=2, incidents=800))
    assert len(noted(a, "source_repeats_another")) <= 1


def test_sources_that_a_side_has_taken_over_in_secret_are_read_as_its_own() -> None:
    made = make("lying majority", seed=1, incidents=1_500)
    listed = dict(made.sources.select("source_id", "camp").iter_rows())
    hidden = {
        name
        for name, source in zip(made.cast.ids, made.cast.sources, strict=True)
        if source.camps[0] >= 0 and source.aligned[0] > 0 and listed[name] is None
    }
    found = set(noted(answer(made), "source_stands_elsewhere"))
    assert hidden
    assert found <= hidden
    assert len(found) >= 0.5 * len(hidden)


def test_a_source_that_changes_sides_is_read_in_two_stretches() -> None:
    alike = np.concatenate([np.tile([0.0, -1.0], (60, 1)), np.tile([-1.0, 0.0], (60, 1))])
    stretches = _stretches(alike, np.arange(120.0), listed=0)
    assert [frame for _, frame in stretches] == [0, 1]
    assert 50 <= stretches[1][0] <= 70
    assert _stretches(0.05 * alike, np.arange(120.0), listed=0) == [(-np.inf, 0)]


def test_names_do_not_matter_where_sources_are_learned_from(copied: Made) -> None:
    swap = {"republic": "front", "front": "republic"}
    there = pl.col("actor").replace(swap)
    parties = {swap.get(party, party): side for party, side in copied.parties.items()}
    sides = {copied.parties["republic"], copied.parties["front"]}
    assert len(sides) == 2
    a = answer(copied)
    b = attribute(
        copied.claims.with_columns(there),
        copied.sources.with_columns(pl.col("camp").replace(swap)),
        parties,
        incidents=copied.incidents,
    )
    both = a.attributions.with_columns(there).join(
        b.attributions, on=["incident_id", "actor"], suffix="_swapped"
    )
    assert both.height == a.attributions.height
    for column in ("probability", "low", "high", "flat"):
        assert both[column].to_numpy() == pytest.approx(both[f"{column}_swapped"].to_numpy(), abs=1e-6)


def flood(n: int) -> float:
    """P(A) when n sources without a camp say so, and nothing else is known of them."""
    claims = pl.DataFrame(
        {
            "incident_id": ["i"] * n,
            "source_id": [f"s{k:04d}" for k in range(n)],
            "stance": ["asserts"] * n,
            "actor": ["A"] * n,
            "published_at": [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=k) for k in range(n)],
        }
    )
    sources = pl.DataFrame({"source_id": claims["source_id"], "kind": ["media_independent"] * n})
    found = attribute(claims, sources, ["A", "B"]).attributions
    return float(found.filter(pl.col("actor") == "A")["probability"][0])


def test_a_flood_of_sources_without_a_camp_is_worth_little_more_than_a_few() -> None:
    three, thirty, many = flood(3), flood(30), flood(1_000)
    assert flood(1) < three <= thirty + 0.02
    assert many == pytest.approx(thirty, abs=0.05)
    assert many < 0.98


def test_the_most_that_is_named_among_two_hundred_parties() -> None:
    rng = np.random.default_rng(0)
    rows = [
        {
            "incident_id": f"i{i}",
            "source_id": f"s{k}",
            "stance": "asserts",
            "actor": f"p{i if rng.random() < 0.8 else rng.integers(200)}",
        }
        for i in range(200)
        for k in range(6)
    ]
    parties = [f"p{k}" for k in range(200)]
    a = attribute(pl.DataFrame(rows), pl.DataFrame({"source_id": [f"s{k}" for k in range(6)]}), parties)
    assert [q.code for q in a.problems] == ["parties_where_named"]
    best = a.attributions.sort("probability").group_by("incident_id").last()
    right = (
        best["actor"].str.strip_chars_start("p") == best["incident_id"].str.strip_chars_start("i")
    ).mean()
    assert right is not None
    assert right >= 0.97
    assert a.attributions.height < 200 * 12


def test_the_kernel_sums_over_lines_as_the_formula_does() -> None:
    """Three accounts of one frame on one incident with two answers, against the sum over all lines written out."""
    rng = np.random.default_rng(1)
    columns, stray = 4, STRAY / 3  # names it, names the other two rows' answers, names nobody
    counts = rng.uniform(1, 5, (3, 2, columns))
    line = rng.dirichlet(np.ones(columns), (1, 2))
    line[0, 0, 1] = line[0, 1, 2] = 0.0  # who names the answer itself is in the first column
    line /= line.sum(axis=2, keepdims=True)
    value, follow, lined, joined = [0, 1, 0], 0.6, np.array([[0.3, 0.2]]), np.array([[0.1, 0.4]])
    told = Told(
        np.array([0, 3]), np.arange(3), np.zeros(3, dtype=np.int64), np.array(value), np.zeros(3),
        np.zeros(3, dtype=np.int64), np.zeros(3), np.array([[0, 1]]),
    )  # fmt: skip
    rows = np.array([[0, 1]])
    like = Likeness(
        counts,
        counts.sum(axis=2),
        rows,
        line,
        np.array([follow]),
        np.ones((1, 2, 2)),
        lined,
        joined,
        rows >= 0,
        1.0,
    )
    learned = Learned(
        np.zeros_like(counts), np.zeros_like(line), np.zeros((1, 2)), np.zeros((1, 2, 3)),
        np.zeros((1, 2, 2)), np.zeros((0, 2)), np.zeros((3, 2)),
    )  # fmt: skip
    posterior, terms, own = np.zeros((1, 2)), np.zeros((3, 2)), np.zeros((3, 2, 3))
    weigh(told, like, np.zeros((1, 2)), posterior, terms, own, learned, learn=True)

    def column(said: int, truth: int) -> int:
        return 3 if said == 2 else 0 if said == truth else 1 + said

    for truth in (0, 1):
        share = counts[:, truth] / counts[:, truth].sum(axis=1, keepdims=True)
        says = np.array([share[k, column(v, truth)] for k, v in enumerate(value)])
        followed = repeated = 0.0
        for drawn in (0, 1, 2):
            put = line[0, truth, column(drawn, truth)]
            same = np.array([v == drawn for v in value])
            followed += put * np.prod((1 - follow) * says + follow * same)
            repeated += put * np.prod((1 - STRAY) * same + stray)
        alone = 1 - lined[0, truth] - joined[0, truth]
        whole = alone * np.prod(says) + lined[0, truth] * followed + joined[0, truth] * repeated
        assert terms[:, truth].sum() == pytest.approx(np.log(whole), rel=1e-9)
        assert own[0, truth, 1] == pytest.approx(joined[0, truth] * repeated / whole, rel=1e-9)
        assert own[0, truth, 2] == pytest.approx(lined[0, truth] * followed / whole, rel=1e-9)
    assert learned.counts.sum() == pytest.approx((posterior * own[:, :, 0].sum(axis=0)).sum(), rel=1e-9)


def test_leaving_something_out_is_as_if_it_had_not_been_said(copied: Made) -> None:
    """With what was learned held: an incident without a source weighs as one that the source never told of."""
    claims = copied.claims.filter(
        pl.col("incident_id").is_in([f"i{k:05d}" for k in range(1, 31)]), pl.col("stance") != "denies"
    )
    whole = attribute(claims, copied.sources, copied.parties)
    assert not whole.learnt
    out = whole.sensitivity
    assert set(out["left_out"]) == {"source", "camp", "prior"}
    source = claims["source_id"][0]
    fewer = attribute(claims.filter(pl.col("source_id") != source), copied.sources, copied.parties)
    told = out.filter(left_out="source", which=source)
    assert told.height >= 3
    best = fewer.attributions.group_by("incident_id").agg(pl.col("probability").max())
    both = told.join(best, on="incident_id", suffix="_fewer")
    assert both["probability"].to_numpy() == pytest.approx(both["probability_fewer"].to_numpy(), abs=1e-9)
    flat = out.filter(left_out="prior").join(
        whole.attributions.group_by("incident_id").agg(pl.col("flat").max()), on="incident_id"
    )
    assert flat["probability"].to_numpy() == pytest.approx(flat["flat"].to_numpy(), abs=1e-12)
    learned = answer(copied).sensitivity
    assert {"copies", "silence"} <= set(learned["left_out"])
    assert 0 < learned["flips"].mean() < 0.5  # type: ignore[operator]


def test_a_copy_is_no_second_origin_for_the_standard_of_proof(copied: Made) -> None:
    a = answer(copied)
    repeats = {
        source: words.split(" said earlier")[0].removeprefix("what ")
        for source, words in noted(a, "source_repeats_another").items()
    }
    assert repeats

    def first(source: str) -> str:
        return first(repeats[source]) if source in repeats else source

    naming = copied.claims.filter(pl.col("actor").is_not_null(), pl.col("stance") != "denies")
    named = naming.with_columns(
        pl.col("source_id").map_elements(first, return_dtype=pl.String).alias("first")
    )
    counted = named.group_by("incident_id").agg(pl.col("first").n_unique(), pl.col("source_id").n_unique())
    both = a.assessments.join(counted, on="incident_id")
    assert both.height > 700
    assert both["n_origins"].to_list() == both["first"].to_list()
    assert (both["source_id"] > both["first"]).any()
