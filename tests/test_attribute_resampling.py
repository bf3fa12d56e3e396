"""Intervals from other sources that might have been heard, joint draws from them, and how well accounts are foretold."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from bench.attribution_reports import Made, make

from ceasefire.attribute import Attributed, against_findings, attribute, priors, resampling
from ceasefire.attribute.resampling import _dirichlet, _ranks, replicates_for
from ceasefire.model import table

learning = importlib.import_module("ceasefire.attribute.learning")
SCENARIOS = ("none", "bias + copying", "party line")


def answer(made: Made, seed: int = 0) -> Attributed:
    return attribute(made.claims, made.sources, made.parties, incidents=made.incidents, seed=seed)


@pytest.fixture(scope="module")
def told() -> list[tuple[Made, Attributed]]:
    """Three conflicts of 500 incidents, with the posterior of one who knows how every source tells."""
    return [(made, answer(made)) for made in (make(name, seed=3, incidents=500) for name in SCENARIOS)]


@pytest.fixture
def closed_form(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(resampling, "replicates_for", lambda work: (0, "switched off"))
    yield


def coverage(made: Made, a: Attributed) -> float:
    """How often the interval of the leading answer holds what the oracle gives it."""
    leading = a.attributions.sort("probability", descending=True).unique("incident_id", keep="first")
    both = leading.join(made.oracle.rename({"probability": "oracle"}), on=["incident_id", "actor"])
    return float(both.select(pl.col("oracle").is_between("low", "high").mean()).item())


def test_the_oracle_lies_within_most_intervals_and_more_than_without_resampling(
    told: list[tuple[Made, Attributed]], closed_form: None
) -> None:
    with_it = [coverage(made, a) for made, a in told]
    without = [coverage(made, answer(made)) for made, _ in told]
    assert min(with_it) >= 0.7
    assert np.mean(with_it) >= np.mean(without) + 0.1


def test_the_seed_moves_the_interval_a_little_and_never_the_answer(
    told: list[tuple[Made, Attributed]],
) -> None:
    made, a = told[1]
    again, other = answer(made), answer(made, seed=7)
    assert again.attributions.equals(a.attributions)
    assert again.shared_errors.equals(a.shared_errors)
    assert other.attributions["probability"].equals(a.attributions["probability"])
    gap = (other.attributions["low"] - a.attributions["low"]).abs()
    assert 0 < gap.mean() < 0.03  # type: ignore[operator]


def test_nothing_is_drawn_where_nothing_is_learned() -> None:
    made = make("small", seed=5, incidents=30)
    few, other = answer(made), answer(made, seed=9)
    assert not few.learnt
    assert few.attributions.equals(other.attributions)
    row = few.fit.filter(pl.col("measure") == "replicates").row(0, named=True)
    assert (row["value"], row["note"]) == (0.0, "nothing was learned")


def test_a_source_and_who_repeats_it_are_weighted_together(
    told: list[tuple[Made, Attributed]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over replicates the weights of an agency and its echo are one; those of strangers go their own ways."""
    made, a = told[1]
    heard: list[np.ndarray] = []  # type: ignore[type-arg]
    take = learning.Learning._take

    def spy(self: object, learned: object) -> None:
        heard.append(learned.counts.sum(axis=(1, 2)))  # type: ignore[attr-defined]
        take(self, learned)

    monkeypatch.setattr(learning.Learning, "_take", spy)
    answer(made)
    drawn = np.array(heard[-priors.REPLICATES[0][1] :])
    weight = drawn / np.maximum(drawn.mean(axis=0), 1e-9)
    names = sorted(made.sources["source_id"])
    assert weight.shape[1] == len(names)
    echoes = {q.record: q.found for q in a.problems if q.code == "source_repeats_another" and q.record}
    pairs = [
        (names.index(e), k)
        for e, words in echoes.items()
        for k, name in enumerate(names)
        if f"what {name} " in words
    ]
    assert len(pairs) >= 5
    for echo, agency in pairs:
        assert weight[:, echo] == pytest.approx(weight[:, agency])
    strangers = [k for k, name in enumerate(names) if name not in echoes and drawn[:, k].mean() > 1]
    apart = np.corrcoef(weight[:, strangers], rowvar=False)
    assert np.abs(apart[np.triu_indices(len(strangers), 1)]).mean() < 0.4
    assert weight[:, strangers].std(axis=0).mean() == pytest.approx(1.0, abs=0.3)


def test_shares_drawn_from_given_numbers_have_the_mean_and_spread_of_a_dirichlet() -> None:
    rng = np.random.default_rng(1)
    for counts in ([2.0, 3.0, 15.0], [0.3, 0.7, 4.0]):
        c = np.array(counts)
        drawn = _dirichlet(np.tile(c, (60_000, 1)), rng.standard_normal((60_000, 3)), rng.random((60_000, 3)))
        mean, whole = c / c.sum(), c.sum()
        assert drawn.mean(axis=0) == pytest.approx(mean, abs=0.01)
        assert drawn.std(axis=0) == pytest.approx(np.sqrt(mean * (1 - mean) / (whole + 1)), rel=0.06)


def test_luck_goes_by_who_speaks_first_and_is_one_for_those_never_named() -> None:
    # 0 speaks of incident 2, 1 of incident 1, 2 of incident 1 an hour later; 3 and 4 never
    of, incident, when = np.array([0, 1, 2, 0]), np.array([2, 1, 1, 3]), np.array([5, 5, 6, 7])
    assert _ranks(of, incident, when, 5, alike=True).tolist() == [2, 0, 1, 3, 3]
    assert _ranks(of, incident, when, 5).tolist() == [2, 0, 1, 3, 4]


def test_the_more_accounts_the_fewer_replicates_and_it_is_said() -> None:
    assert replicates_for(1_000) == (24, "")
    few, why = replicates_for(1_000_000)
    assert 0 < few < 24
    assert "1,000,000 accounts" in why
    assert replicates_for(50_000_000)[0] == 0


def test_worlds_share_what_is_not_known_of_sources(told: list[tuple[Made, Attributed]]) -> None:
    """Factors of the joint draws: as many as said, each in many incidents, together as wide as the replicates are."""
    _, a = told[1]
    drawn = a.shared_errors.filter(pl.col("error").str.starts_with("replicate"))
    assert drawn["error"].n_unique() == priors.JOINT_REPLICATES
    assert drawn.group_by("error").agg(pl.col("incident_id").n_unique())["incident_id"].min() > 100  # type: ignore[operator]
    spread = drawn.group_by("incident_id", "actor").agg((pl.col("load") ** 2).sum().sqrt())["load"]
    assert 0.2 < spread.median() < 2.0  # type: ignore[operator]


def test_accounts_are_foretold_as_often_as_said(told: list[tuple[Made, Attributed]]) -> None:
    """Whom sources name is as frequent as the others' accounts make it probable, in every bin that holds many.

    Of 200 chances, some of one incident, the share that came true has a standard deviation of about 0.04.
    """
    for _, a in told:
        rows = a.fit.filter(
            (pl.col("group") == "all") & (pl.col("measure") == "foretold") & (pl.col("n") >= 200)
        )
        assert rows.height >= 4
        assert rows.select((pl.col("expected") - pl.col("value")).abs().max()).item() < 0.1
        error = a.fit.filter((pl.col("group") == "all") & (pl.col("measure") == "calibration error")).row(
            0, named=True
        )
        assert error["value"] < 0.03
        assert error["low"] <= error["high"]


def test_a_model_that_is_wrong_about_a_source_is_surprised(told: list[tuple[Made, Attributed]]) -> None:
    """Thirty incidents are too few to learn from: a kind that is trusted says at random, and the table shows it."""
    rng = np.random.default_rng(2)
    day = datetime(2020, 1, 1, tzinfo=UTC)

    def surprise(hit: float) -> float:
        rows = [
            (f"i{i:02d}", s, "asserts", "alpha" if rng.random() < hit else f"p{rng.integers(4)}", day)
            for i in range(45)
            for s in ("u", "v", "w")
        ]
        claims = pl.DataFrame(
            rows, orient="row", schema=["incident_id", "source_id", "stance", "actor", "published_at"]
        )
        sources = pl.DataFrame({"source_id": ["u", "v", "w"], "kind": ["un"] * 3})
        a = attribute(claims, sources, ["alpha", "p0", "p1", "p2", "p3"])
        assert not a.learnt
        row = a.fit.filter((pl.col("measure") == "surprise") & (pl.col("group") == "all")).row(0, named=True)
        return float(row["value"] - row["expected"])

    assert surprise(0.0) > surprise(0.95) + 0.3


def test_how_learning_went_is_told(told: list[tuple[Made, Attributed]]) -> None:
    _, a = told[0]
    found = {
        m: (v, note)
        for m, v, note in a.fit.filter(pl.col("bin") == "").select("measure", "value", "note").rows()
    }
    rounds, course = found["rounds of learning"]
    moved, _ = found["last movement"]
    assert priors.LEADERS_AT[-1] < rounds <= priors.ROUNDS
    assert (course == "stood still") == (moved < priors.STILL)
    assert found["log-likelihood"][0] < 0
    tables = dict(a.explain(a.assessments["incident_id"][0]))
    assert (
        "rounds of learning"
        in tables["How far the model can be trusted, over all incidents"]["measure"].to_list()
    )


def test_what_findings_say_is_set_beside_testimony_alone() -> None:
    attributions = table("attributions").frame(
        {"incident_id": i, "actor": a, "probability": 0.5, "flat": f}
        for i, a, f in (("i", "alpha", 0.7), ("i", "beta", 0.3), ("j", "alpha", 0.6), ("j", "beta", 0.4))
    )
    beside = table("findings_beside").frame(
        {"incident_id": i, "finding_id": f, "issuer": who, "actor": actor, "weighed_as": standard}
        for i, f, who, actor, standard in (
            ("i", "f1", "Board (a)", "alpha", "reasonable_grounds"),
            ("i", "f2", "Board (b)", "alpha|beta", "reasonable_grounds"),
            ("j", "f3", "Board", "beta", "reasonable_grounds"),
            ("j", "f4", "a party on itself", "alpha", None),
        )
    )
    row = against_findings(attributions, beside, table("actors").empty()).row(0, named=True)
    # of an issuer its last word: alpha or beta (1.0, leads), and beta (0.4, does not lead)
    assert (row["n"], row["value"], row["expected"]) == (2, 0.5, pytest.approx(0.7))
    assert against_findings(attributions, beside.clear(), table("actors").empty()).height == 0


def test_how_well_accounts_are_foretold_does_not_depend_on_names(told: list[tuple[Made, Attributed]]) -> None:
    made, a = told[1]
    swap = {"republic": "front", "front": "republic"}
    there = pl.col("actor").replace(swap)
    b = attribute(
        made.claims.with_columns(there),
        made.sources.with_columns(pl.col("camp").replace(swap)),
        {swap.get(party, party): side for party, side in made.parties.items()},
        incidents=made.incidents,
    )
    back = b.fit.with_columns(pl.col("group").replace(swap)).sort("measure", "group", "bin")
    assert back.select("measure", "group", "bin", "n").equals(a.fit.select("measure", "group", "bin", "n"))
    for column in ("value", "expected", "low", "high"):
        assert back[column].to_list() == pytest.approx(a.fit[column].to_list(), abs=1e-6)


def test_a_flood_of_one_account_costs_no_more_memory_and_gives_a_finite_interval() -> None:
    """Twenty thousand strangers say the same of one incident, sixty others are told by three sources."""
    day = datetime(2020, 1, 1, tzinfo=UTC)
    rows = [(f"i{k:02d}", f"s{j}", "asserts", "ab"[k % 2], day) for k in range(60) for j in range(3)]
    rows += [("i00", f"t{j}", "asserts", "b", day) for j in range(20_000)]
    claims = pl.DataFrame(
        rows, orient="row", schema=["incident_id", "source_id", "stance", "actor", "published_at"]
    )
    a = attribute(claims, pl.DataFrame({"source_id": ["s0", "s1", "s2"], "kind": ["un"] * 3}), ["a", "b"])
    assert a.attributions.select(
        pl.col("low").is_between(0, 1).all() & pl.col("high").is_between(0, 1).all()
    ).item()
    assert a.fit.filter(pl.col("measure") == "surprise")["n"].max() == 59 * 3
