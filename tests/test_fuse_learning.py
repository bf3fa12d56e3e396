"""What reports teach without labels, checked on reports whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from bench.fusion_reports import Made, make
from bench.fusion_score import score

from ceasefire.fuse import Fused, fuse
from ceasefire.fuse.candidates import index
from ceasefire.fuse.compare import weight
from ceasefire.fuse.em import LEARNED, SIZES, estimate
from ceasefire.fuse.encode import draft, encode, survey
from ceasefire.fuse.learn import own_as_control, sample, sampled_pairs
from ceasefire.fuse.reading import read_reports
from ceasefire.fuse.tallies import Counts, count, shown_by
from ceasefire.fuse.weights import FLOOR, LISTED, SOUNDED, TABLE
from ceasefire.fuse.words import counters
from ceasefire.model import table

AT_ONE_TIME, LATER = 3, 6  # "same day" and "next day"


def counted(reports: int, seed: int) -> Counts:
    frame, by_id, _ = read_reports(make(reports, seed).reports)
    made = draft(frame, by_id)
    data = encode(made, survey(made, counters(frame.height)))
    found = index(data)
    rows = sample(data, 0, data.n)
    pairs = sampled_pairs(data, found, rows)
    return count(data, found, rows, pairs, shown_by(data, pairs))


@pytest.mark.parametrize("true_share", [0.02, 0.06, 0.3])
def test_the_share_of_matches_is_found_wherever_it_lies(true_share: float) -> None:
    rng = np.random.default_rng(4)
    pairs = 60_000
    match = rng.random(pairs) < true_share
    # matches come at one time, others at any; agreement is common among matches and not unheard of among others
    columns = {f: np.full(pairs, len(TABLE[f]) - 1) for f in LEARNED}
    columns["time"] = np.where(match | (rng.random(pairs) < 0.4), AT_ONE_TIME, LATER)
    for feature, worst in (("place", 5), ("act", 5), ("actor", 5), ("text", 6)):
        columns[feature] = np.where(match, rng.binomial(worst, 0.2, pairs), rng.binomial(worst, 0.75, pairs))
    code = np.zeros(pairs, dtype=np.int64)
    for feature, size in zip(LEARNED, SIZES, strict=True):
        code = code * size + columns[feature]
    patterns, across = np.unique(code, return_counts=True)
    decoys = np.zeros((len(LEARNED), max(SIZES)), dtype=np.int64)
    decoys[0, [AT_ONE_TIME, LATER]] = 400, 600
    for k, feature in enumerate(LEARNED[1:], 1):
        decoys[k, : SIZES[k]] = np.bincount(columns[feature][~match], minlength=SIZES[k])
    share, _, values = estimate(patterns, across * 1.0, np.zeros(len(patterns)), decoys, 0.9)
    assert share == pytest.approx(true_share, rel=0.25)
    assert values["place"][0] > 1.5
    assert values["place"][5] < 0


def test_a_source_that_repeats_itself_is_least_of_all_a_control() -> None:
    trust = own_as_control(counted(10_000, seed=31))
    assert min(trust, key=lambda source: trust[source]) == "s026"  # the generator's chronic repeater
    assert all(0.0 < share < 1.0 for share in trust.values())


def test_counts_of_parts_add_up() -> None:
    one, two = counted(1_500, seed=8), counted(1_500, seed=9)
    both = one + two
    assert both.across.sum() == one.across.sum() + two.across.sum()
    assert (both.decoys == one.decoys + two.decoys).all()
    assert set(both.own) == set(one.own) | set(two.own)
    shared = next(iter(set(one.own) & set(two.own)))
    assert both.own[shared][1].sum() == one.own[shared][1].sum() + two.own[shared][1].sum()


def test_learning_beats_the_defaults_on_a_crowded_front() -> None:
    made = make(4_000, seed=12)
    learned = fuse(made.reports)
    assert set(learned.weights["feature"]) and learned.lesson.weights.origin == "learned"
    few = fuse(made.reports.head(100))
    assert few.lesson.weights.origin == "defaults"
    by_default = fuse(made.reports, lesson=few.lesson)
    assert score(made.truth, learned.memberships).f1 > score(made.truth, by_default.memberships).f1 + 0.03


def shifted(reports: pl.DataFrame, source: str, by: timedelta) -> pl.DataFrame:
    of = pl.col("source_id") == source
    return reports.with_columns(
        pl.when(of).then(pl.col(c) + by).otherwise(pl.col(c)).alias(c)
        for c in ("occurred_from", "occurred_to")
    )


@pytest.mark.parametrize(
    ("late", "told"), [(timedelta(hours=3), "3 hours later"), (-timedelta(days=1), "24 hours earlier")]
)
def test_a_source_in_another_time_zone_is_found_and_put_right(late: timedelta, told: str) -> None:
    made = make(6_000, seed=14)
    source = str(made.reports["source_id"].value_counts(sort=True)["source_id"][1])
    straight = fuse(made.reports)
    assert not straight.lesson.habits
    fused = fuse(shifted(made.reports, source, late))
    assert {name: habit.late for name, habit in fused.lesson.habits.items()} == {
        source: int(late.total_seconds() // 60)
    }
    assert score(made.truth, fused.memberships).f1 == pytest.approx(
        score(made.truth, straight.memberships).f1, abs=0.01
    )
    (problem,) = (p for p in fused.problems if p.code == "source_off_time")
    assert told in problem.found and problem.record == source
    # an incident's time is told without it
    both = straight.incidents.join(fused.incidents, on="incident_id", suffix="_again")
    assert (both["occurred_from"] == both["occurred_from_again"]).mean() > 0.95


def test_a_source_that_places_less_exactly_than_it_says_is_widened() -> None:
    made = make(6_000, seed=14)
    source = str(made.reports["source_id"].value_counts(sort=True)["source_id"][0])
    rng = np.random.default_rng(2)
    north, east = (pl.Series(rng.normal(0, 3 / 111, made.reports.height)) for _ in range(2))
    off = {"latitude": north, "longitude": east}
    blurred = made.reports.with_columns(
        pl.when(pl.col("source_id") == source)
        .then(pl.col(c) + error * pl.col("precision_km"))
        .otherwise(pl.col(c))
        .alias(c)
        for c, error in off.items()
    )
    fused = fuse(blurred)
    assert set(fused.lesson.habits) == {source}
    assert 2.0 < fused.lesson.habits[source].coarser <= 4.0
    at_its_word = fuse(blurred, lesson=replace(fused.lesson, habits={}))
    assert score(made.truth, fused.memberships).f1 > score(made.truth, at_its_word.memberships).f1


def test_two_sources_that_differ_leave_open_who_is_late() -> None:
    made = make(5_000, seed=14)
    two = made.reports["source_id"].value_counts(sort=True)["source_id"].head(2).to_list()
    of_two = made.reports.filter(pl.col("source_id").is_in(two))
    assert not fuse(shifted(of_two, two[0], timedelta(hours=5))).lesson.habits


def labelled(made: Made, fused: Fused, pairs: int) -> pl.DataFrame:
    truth = dict(made.truth.select("report_id", "happening").iter_rows())
    chosen = fused.links.sample(pairs, seed=3).select("report_a", "report_b")
    return table("decisions").frame(
        [
            {
                "decision_id": f"L{k}",
                "kind": "same" if truth[a] == truth[b] else "different",
                "report_a": a,
                "report_b": b,
                "by": "a coder",
                "recorded_at": datetime(2030, 1, 1, tzinfo=UTC),
            }
            for k, (a, b) in enumerate(chosen.iter_rows())
        ]
    )


def test_labels_refine_the_table_and_bind_nothing() -> None:
    made = make(3_000, seed=6)
    alone = fuse(made.reports)
    labels = labelled(made, alone, 1_000)
    taught = fuse(made.reports, labels=labels)
    assert taught.lesson.weights.origin == "learned, labels"
    assert score(made.truth, taught.memberships).f1 > score(made.truth, alone.memberships).f1 + 0.01
    # they are no decisions: some labelled pairs end up otherwise
    home = dict(taught.memberships.select("report_id", "incident_id").iter_rows())
    told = [
        (home[a] == home[b]) == (kind == "same")
        for kind, a, b in labels.select("kind", "report_a", "report_b").iter_rows()
    ]
    assert 0.6 < np.mean(told) < 1.0
    same = labels.with_columns(decision_id=pl.col("decision_id") + "x").sort("report_a")
    assert fuse(made.reports, labels=same).memberships.equals(taught.memberships)


def test_too_few_labels_change_nothing_and_say_so() -> None:
    made = make(1_000, seed=6)
    alone = fuse(made.reports)
    unknown = labelled(made, alone, 10).with_columns(
        report_a=pl.when(pl.col("decision_id") == "L0").then(pl.lit("nobody")).otherwise(pl.col("report_a"))
    )
    fused = fuse(made.reports, labels=unknown)
    assert fused.memberships.equals(alone.memberships)
    assert {"labels_too_few", "decision_unusable"} <= {p.code for p in fused.problems}


def test_a_pair_refused_before_its_words_are_read_could_not_have_been_listed() -> None:
    """Also where names in two languages have been learned to tell more than equal wording."""
    reports = make(2_000, seed=5).reports
    lesson = fuse(reports).lesson
    lesson.values[6, SOUNDED] = lesson.values[6, 0] + 3.0
    frame, by_id, _ = read_reports(reports)
    data = encode(draft(frame, by_id), lesson.survey)
    pairs = sampled_pairs(data, index(data), np.arange(data.n))
    scale = lesson.scale(data)
    whole = np.array([weight(data.deck, scale, i, j, FLOOR) for i, j in pairs])
    early = np.array([weight(data.deck, scale, i, j, LISTED) for i, j in pairs])
    listed = whole > LISTED
    assert 100 < listed.sum() < len(pairs)
    assert (early[listed] == whole[listed]).all()
