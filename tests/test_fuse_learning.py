"""What reports teach without labels, checked on reports whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from bench.fusion_reports import make
from bench.fusion_score import score

from ceasefire.fuse import fuse
from ceasefire.fuse.candidates import index
from ceasefire.fuse.em import LEARNED, SIZES, estimate
from ceasefire.fuse.encode import draft, encode, survey
from ceasefire.fuse.learn import own_as_control, sample, sampled_pairs
from ceasefire.fuse.reading import read_reports
from ceasefire.fuse.tallies import Counts, count, shown_by
from ceasefire.fuse.weights import TABLE
from ceasefire.fuse.words import counters

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
