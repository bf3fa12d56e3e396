"""Coordination without copying, reasons to be silent, hedges: learned from what is said, and only where it is there."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from bench.attribution_reports import Made, make
from bench.attribution_score import Score, of_table

from ceasefire import attribute

priors = importlib.import_module("ceasefire.attribute.priors")
silence = importlib.import_module("ceasefire.attribute.silence")
nearby = importlib.import_module("ceasefire.attribute.nearby")
daily = importlib.import_module("ceasefire.attribute.daily")
kernel = importlib.import_module("ceasefire.attribute.kernel")


def scored(made: Made) -> tuple[Score, set[str]]:
    a = attribute(made.claims, made.sources, made.parties, incidents=made.incidents)
    answers = a.attributions.select("incident_id", "actor", "probability")
    lines = {problem.record for problem in a.problems if problem.code == "side_keeps_a_line"}
    return of_table(answers, made.truth, made.cast.truths).score, lines


def test_a_line_of_the_day_is_found_and_counts_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides keep to one answer on four days of ten, whatever happened: without copies to be found."""
    made = make("party line", seed=3, incidents=2_000)
    with_lines, found = scored(made)
    assert found == {"republic", "front"}
    monkeypatch.setattr(priors, "DAYS_NATS", np.inf)
    without, none = scored(made)
    assert not none
    assert with_lines.log_loss < without.log_loss - 0.02
    assert with_lines.wrong_share < without.wrong_share
    assert with_lines.accuracy > without.accuracy


def test_incidents_of_unknown_time_share_no_day() -> None:
    """Three sources of a side name the first answer whatever happens, six incidents a day; two others tell what did."""
    n, per = 60, 5
    truth = np.arange(n) % 2
    value = np.stack([np.zeros(n), np.zeros(n), np.zeros(n), truth, truth], axis=1).astype(np.int64).ravel()
    count = n * per
    told = kernel.Told(
        np.arange(0, count + 1, per), np.tile(np.arange(per), n), np.tile([0, 0, 0, 1, 1], n), value, np.zeros(count),
        np.zeros(count, dtype=np.int64), np.zeros(count), np.tile([0, 1], (n, 1)),
    )  # fmt: skip
    counts = np.tile([0.7, 0.0, 0.2, 0.1], (per, 2, 1))  # names it, a row each, names nobody
    counts[:, 1] = [0.7, 0.2, 0.0, 0.1]
    flat = np.ones((2, 2))
    like = kernel.Likeness(
        counts,
        counts.sum(axis=2),
        np.array([[0, 1], [0, 1]]),
        counts[:2],
        flat[0],
        np.ones((2, 2, 2)),
        flat,
        flat,
        flat > 0,
        1.0,
    )
    posterior = np.eye(2)[truth] * 0.96 + 0.02
    incident = np.repeat(np.arange(n), per)
    for day, agreed in ((incident // 6, True), (np.full(count, -1), False)):
        lines = daily.no_lines(1, 2)
        echo = lines.find(
            told, like, np.array([0, -1]), np.zeros(count), incident, day, posterior, np.zeros((count, 2))
        )
        assert bool(lines.agreed[0]) == agreed
        assert (echo[np.tile([0, 0, 0, 1, 1], n) == 0].min() > 0.3) == agreed
        assert not echo[np.tile([0, 0, 0, 1, 1], n) == 1].any()


def test_where_no_side_has_a_line_none_is_found() -> None:
    assert scored(make("bias", seed=3, incidents=2_000))[1] == set()


def test_reasons_to_be_silent_are_found_and_stand_still() -> None:
    """Sources of one kind tell of their own side's acts with the odds at e^-1.5 of usual; a thousand incidents of two authors."""
    rng = np.random.default_rng(4)
    n, sources, usual, change = 1_000, 12, -0.5, np.array([-1.5, 0.3])
    truth = rng.integers(0, 2, n)
    told = rng.random((n, sources)) < 1 / (1 + np.exp(-(usual + change[truth])))[:, None]
    count = n * sources
    of = silence.Chances(
        np.arange(0, count + 1, sources), np.arange(sources, count + 1, sources), np.tile(np.arange(sources), n),
        np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64), told.ravel(), np.full(count, usual),
        np.ones(count), np.array([[0, 1]]), np.tile([0, 1], (n, 1)),
    )  # fmt: skip
    effects = silence.Effects(np.zeros((1, 1, 2)), np.zeros((sources, 2)), np.zeros(n))
    posterior = np.eye(2)[truth]
    seen = []
    for _ in range(40):
        silence.follow(of, effects, posterior, np.zeros((1, 1, 2)), np.array([True]), 0.25, 0.15, 0.5)
        seen.append((effects.by_kind[0, 0] + effects.by_speaker.mean(axis=0)).copy())
    assert np.abs(seen[-1] - seen[-2]).max() < 0.01
    assert seen[-1][1] - seen[-1][0] == pytest.approx(1.8, abs=0.25)
    # what all tell of one author's acts is not taken for their gravity
    assert abs(effects.gravity[truth == 0].mean() - effects.gravity[truth == 1].mean()) < 0.1


def test_sources_of_one_camp_that_are_silent_together_count_as_fewer() -> None:
    """One switch silences all twelve: then they are worth hardly more than one, and else nearly twelve."""
    rng = np.random.default_rng(5)
    n, sources = 600, 12
    found = []
    for together in (True, False):
        draw = np.repeat(rng.random((n, 1)), sources, axis=1) if together else rng.random((n, sources))
        count = n * sources
        of = silence.Chances(
            np.arange(0, count + 1, sources), np.arange(sources, count + 1, sources), np.tile(np.arange(sources), n),
            np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64), (draw < 0.4).ravel(),
            np.full(count, np.log(0.4 / 0.6)), np.ones(count), np.array([[0, 1]]), np.tile([0, 1], (n, 1)),
        )  # fmt: skip
        effects = silence.Effects(np.zeros((1, 1, 2)), np.zeros((sources, 2)), np.zeros(n))
        shared, terms = np.zeros((1, 2)), np.zeros((n, 2))
        silence.speak(of, effects, np.zeros(1), np.arange(n + 1), terms, np.full((n, 2), 0.5), shared)
        found.append(shared[0, 0] / shared[0, 1])
    assert found[0] == pytest.approx(1.0, abs=0.1)
    assert found[1] == pytest.approx(0.0, abs=0.05)


def test_what_happened_nearby_is_added_up_as_pair_by_pair() -> None:
    """Three towns 60 km apart, weeks apart: sums over the others of a town, and of a town and week."""
    rng = np.random.default_rng(6)
    n = 60
    town, week = rng.integers(0, 3, n), rng.integers(0, 4, n)
    start = datetime(2021, 3, 1, tzinfo=UTC)
    incidents = pl.DataFrame(
        {
            "incident_id": [f"i{k:02d}" for k in range(n)],
            "latitude": 34.0 + 0.6 * town,
            "longitude": np.full(n, 37.0),
            "occurred_from": [start + timedelta(weeks=2 * int(w)) for w in week],
        }
    )

    near = nearby.find_nearby(incidents["incident_id"].to_list(), incidents)
    assert near is not None
    figures = rng.random((n, 2))
    there = town[:, None] == town
    lately = there & (week[:, None] == week)
    for found, same in ((near.around(figures), there), (near.then(figures), lately)):
        pairs = same & ~np.eye(n, dtype=np.bool_)
        np.testing.assert_allclose(found, pairs.astype(float) @ figures, atol=1e-9)


def test_a_camp_that_hedges_what_is_wrong_is_heard_so() -> None:
    """Sources hedge most of what is wrong and little of what is right: a hedged account ends up weighing less than half."""
    rng = np.random.default_rng(7)
    n, parties = 400, ["north", "south"]
    truth = rng.integers(0, 2, n)
    rows = []
    for k in range(n):
        for s in range(6):
            right = rng.random() < 0.8
            hedged = rng.random() < (0.1 if right else 0.9)
            says = parties[truth[k] if right else 1 - truth[k]]
            rows.append((f"i{k:03d}", f"s{s}", "suggests" if hedged else "asserts", says))
    # of the last, one hedged and one firm account, for different sides
    rows += [("j0", "s0", "suggests", "north"), ("j0", "s1", "asserts", "south")]
    claims = pl.DataFrame(
        rows, schema=["incident_id", "source_id", "stance", "actor"], orient="row"
    ).with_columns(published_at=pl.lit(None, dtype=pl.Datetime("us", "UTC")))
    sources = pl.DataFrame({"source_id": [f"s{s}" for s in range(6)], "kind": "monitor_ngo", "camp": None})
    a = attribute(claims, sources.with_columns(pl.col("camp").cast(pl.String)), parties)
    last = a.evidence.filter(pl.col("incident_id") == "j0", pl.col("source_id").is_not_null())
    weights = {
        (source, actor): weight
        for source, actor, weight in last.select("source_id", "actor", "log_weight").iter_rows()
    }
    firm = weights["s1", "south"] - weights["s1", "north"]
    hedged = weights["s0", "north"] - weights["s0", "south"]
    assert firm > 1.5
    assert hedged < 0.2 * firm
