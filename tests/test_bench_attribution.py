"""The accounts that attribution is measured on are what they are said to be, the oracle is right, and so are the measures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from bench import attribution_peers, attribution_speed
from bench.attribution import CASES, ORACLE, OURS, Row, bars_of
from bench.attribution_cast import NO_CAMP, SIDES, Cast, main_foe
from bench.attribution_happenings import GRAVE_SPEAKS, GRAVITY, LINES, Happenings
from bench.attribution_oracle import posterior
from bench.attribution_reports import Made, make
from bench.attribution_scenarios import SCENARIOS
from bench.attribution_score import Outcome, calibration_error, of_matrix, of_table, pooled
from bench.attribution_sets import public_sets
from bench.attribution_telling import COPY_LAG_DAYS, NOBODY, SILENT, Accounts
from polars.testing import assert_frame_equal


def told_share(made: Made, roles: set[str]) -> float:
    """How often sources with a camp tell of happenings whose author is, for their side, one of these: own or foe."""
    party = made.happened.truth < len(made.cast.parties)
    side = np.append(made.cast.sides, [-1, -1])[made.happened.truth]
    told, could = 0, 0
    for s, source in enumerate(made.cast.sources):
        if source.camps[0] != NO_CAMP:
            own = side == SIDES[source.camps[0]]
            of = party & (own if "own" in roles else ~own)
            told += int((made.accounts.value[s, of] != SILENT).sum())
            could += int(of.sum())
    return told / could


def votes(made: Made) -> pl.DataFrame:
    """Counting heads."""
    named = made.claims.filter(pl.col("stance").is_in(["asserts", "suggests"]))
    return (
        named.group_by("incident_id", "actor")
        .len()
        .with_columns((pl.col("len") / pl.col("len").sum().over("incident_id")).alias("probability"))
    )


def test_the_same_seed_gives_the_same_accounts_and_another_gives_others() -> None:
    first, again, other = (make("captured media", seed, incidents=60) for seed in (3, 3, 4))
    for table in ("claims", "sources", "incidents", "truth", "oracle"):
        assert_frame_equal(getattr(first, table), getattr(again, table))
    assert not first.claims.equals(other.claims)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_tables_are_those_that_attribute_takes(scenario: str) -> None:
    made = make(scenario, seed=1, incidents=120)
    assert made.claims.columns == ["incident_id", "source_id", "stance", "actor", "published_at"]
    assert set(made.claims["stance"]) == {"asserts", "suggests", "denies", "unattributed"} - (
        {"denies"} if scenario.startswith("none") else set()
    )
    silent = made.claims.filter(pl.col("actor").is_null())
    assert set(silent["stance"]) == {"unattributed"}
    assert set(made.claims["actor"].drop_nulls()) <= {*made.parties, "accident", "third_party"}
    assert set(made.truth["actor"]) <= {*made.parties, "accident", "third_party"}
    assert (
        set(made.claims["incident_id"])
        == set(made.incidents["incident_id"])
        == set(made.truth["incident_id"])
    )
    assert set(made.claims["source_id"]) <= set(made.sources["source_id"])
    assert set(made.sources["camp"].drop_nulls()) <= set(made.parties)
    when = made.claims.join(made.incidents, on="incident_id")
    assert (when["published_at"] > when["occurred_from"]).all()


def test_sides_keep_silent_on_their_own_acts_only_where_there_is_bias() -> None:
    biased, plain = (make(name, seed=2, incidents=1_500) for name in ("bias", "none, camps named"))
    assert told_share(biased, {"own"}) < 0.5 * told_share(biased, {"foe"})
    assert told_share(plain, {"own"}) == pytest.approx(told_share(plain, {"foe"}), rel=0.1)
    assert make("none", seed=2, incidents=60).sources["camp"].is_null().all()


def test_a_side_blames_the_other_for_its_own_acts_and_seldom_admits_them() -> None:
    made = make("bias", seed=2, incidents=1_500)
    said = [
        made.accounts.value[s, made.happened.truth == source.camps[0]]
        for s, source in enumerate(made.cast.sources)
        if source.camps[0] == 0 and source.kind in ("media_state", "party_official")
    ]
    of_own = np.concatenate(said)
    admitted, shifted = (of_own == 0).sum(), (of_own == main_foe(0)).sum()
    assert shifted > 2 * admitted > 0


def test_copies_repeat_an_earlier_account_word_for_word() -> None:
    shares = {}
    for scenario in ("bias", "bias + copying", "captured media"):
        made = make(scenario, seed=5, incidents=400)
        accounts = made.accounts
        told = accounts.value != SILENT
        shares[scenario] = accounts.copied.sum() / told.sum()
        for s, source in enumerate(made.cast.sources):
            of = accounts.copied[s]
            assert source.leader < s
            for column in (accounts.value, accounts.hedged, accounts.cleared):
                assert (column[s, of] == column[source.leader, of]).all()
            assert (accounts.published[s, of] > accounts.published[source.leader, of]).all()
    assert shares["bias"] == 0
    assert 0.1 < shares["bias + copying"] < shares["captured media"] < 0.6


def test_origins_are_given_only_when_asked_for() -> None:
    plain, known = (make("bias + copying", seed=5, incidents=400, origins=told) for told in (False, True))
    assert "origin_id" not in plain.claims.columns
    assert_frame_equal(plain.claims, known.claims.select(plain.claims.columns))
    reports = known.claims.unique("report_id")
    copies = reports.filter(pl.col("report_id") != pl.col("origin_id"))
    told = known.accounts.told
    assert copies.height == known.accounts.copied[:, told].sum()
    copiers = set(zip(known.leaders["source_id"], known.leaders["leader"], strict=True))
    assert set(copies["source_id"]) == {source for source, _ in copiers}
    # An origin is an account of the same incident that copies nobody.
    roots = copies.join(reports, left_on="origin_id", right_on="report_id", suffix="_of_root")
    assert roots.height == copies.height
    assert (roots["incident_id"] == roots["incident_id_of_root"]).all()
    assert (roots["origin_id"] == roots["origin_id_of_root"]).all()


def test_most_sources_are_of_one_side_where_media_are_captured_and_some_hide_it() -> None:
    made = make("captured media", seed=1, incidents=60)
    captor = made.cast.captor
    sides = [SIDES[s.camps[0]] if s.camps[0] != NO_CAMP else NO_CAMP for s in made.cast.sources]
    assert sides.count(captor) > len(sides) / 3 > sides.count(1 - captor)
    hidden = [s for s in made.cast.sources if s.listed == NO_CAMP != s.camps[0]]
    assert len(hidden) == 2


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_more_than_half_of_the_independent_sources_tell_one_lie(seed: int) -> None:
    made = make("lying majority", seed, incidents=800)
    captor, happened = made.cast.captor, made.happened
    assert all(source.leader < 0 for source in made.cast.sources)
    liars = [
        s for s, x in enumerate(made.cast.sources) if x.camps[0] != NO_CAMP and SIDES[x.camps[0]] == captor
    ]
    assert len(liars) > len(made.cast.sources) / 2
    agreed = happened.lines[:, captor] == LINES.index("foe")
    guilty = np.append(made.cast.sides, [-1, -1])[happened.truth] == captor
    assert agreed.any()
    assert (guilty[agreed]).all()
    said = made.accounts.value[liars][:, agreed]
    assert (said[said != SILENT] == main_foe(captor)).mean() > 0.6


def test_a_line_is_one_of_a_day_and_is_followed() -> None:
    made = make("party line", seed=1, incidents=1_500)
    day, lines = made.happened.day.astype(int), made.happened.lines
    for side in (0, 1):
        by_day = pl.DataFrame({"day": day, "line": lines[:, side]}).group_by("day").n_unique()
        assert by_day["line"].max() == 1
    side = 0
    own = [s for s, x in enumerate(made.cast.sources) if x.camps[0] == 0]
    not_foe = made.happened.truth != main_foe(side)
    blamed = []
    for line in ("none", "foe"):
        said = made.accounts.value[own][:, not_foe & (lines[:, side] == LINES.index(line))]
        blamed.append((said[said != SILENT] == main_foe(side)).mean())
    assert blamed[1] > blamed[0] + 0.3


def test_some_sources_change_their_camp_and_the_table_names_the_first() -> None:
    casts = [make("drifting camps", seed, incidents=60).cast for seed in range(1, 7)]
    changed = [s for cast in casts for s in cast.sources if len(s.camps) == 2]
    share = len(changed) / sum(len(cast.sources) for cast in casts)
    assert 0.2 < share < 0.4
    assert all(s.camps[0] != s.camps[1] and s.listed == s.camps[0] for s in changed)
    weeks = SCENARIOS["drifting camps"].weeks
    assert all(0 < s.changes_at < 7 * weeks for s in changed)
    assert all(len(s.camps) == 1 for s in make("bias", 1, incidents=60).cast.sources)


def test_small_conflicts_are_of_fifty_to_three_hundred_incidents() -> None:
    sizes = {make("small", seed).incidents.height for seed in range(1, 6)}
    assert min(sizes) == 50
    assert max(sizes) == 300


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_oracle_is_calibrated_and_more_often_right_than_counting_heads(scenario: str) -> None:
    found = [make(scenario, seed, incidents=1_500) for seed in (1, 2)]
    oracle = pooled([of_table(made.oracle, made.truth) for made in found]).score
    heads = pooled([of_table(votes(made), made.truth) for made in found]).score
    assert oracle.accuracy > heads.accuracy + 0.05
    assert oracle.log_loss < heads.log_loss
    assert oracle.ece < 0.03
    assert oracle.sure > 500
    assert oracle.wrong_share < 0.03


def test_who_takes_copying_to_be_rare_is_too_sure() -> None:
    made = make("captured media", seed=1, incidents=1_500)
    rare = tuple(replace(s, copies=min(s.copies, 1e-4)) for s in made.cast.sources)
    deaf = replace(made.cast, sources=rare)
    chance = posterior(made.knobs, deaf, made.happened, made.accounts)
    told = made.accounts.told
    score = of_matrix(chance[told], made.happened.truth[told]).score
    knowing = of_table(made.oracle, made.truth).score
    assert score.ece > 3 * knowing.ece
    assert score.wrong_share > 3 * knowing.wrong_share


def test_the_oracle_by_hand_for_a_leader_and_a_follower() -> None:
    """One happening; the leader says it was the first party, the follower says so too three hours later."""
    made = make("bias + copying", seed=1, incidents=60)
    cast = made.cast
    lead = next(s for s in cast.sources if s.camps == (NO_CAMP,))
    follower = replace(next(s for s in cast.sources if s.camps == (0,)), leader=0, copies=0.4)
    pair = Cast(cast.parties, (replace(lead, leader=-1), follower), cast.captor, ("a", "b"))
    happened = Happenings(
        **{
            name: column if name in ("shares", "murky_share") else column[:1]
            for name, column in vars(made.happened).items()
        }
    )
    day = float(happened.day[0])
    published = np.array([[day + 0.2], [day + 0.2 + COPY_LAG_DAYS]])
    nothing = np.zeros((2, 1), dtype=bool)
    accounts = Accounts(np.zeros((2, 1), dtype=int), nothing, np.full((2, 1), NOBODY), published, nothing)

    def density(x: float, median: float) -> float:
        return float(np.exp(-((np.log(x / median) / 0.8) ** 2) / 2) / (x * 0.8 * np.sqrt(2 * np.pi)))

    where = (int(happened.district[0]), int(happened.week[0]))
    wanted = np.zeros(5)
    for truth in range(5):
        firm = 0.8 if truth == 0 else 0.65
        for gravity in range(3):
            for murk in range(2):
                tells = [
                    1 / (1 + np.exp(-(s.reach[where] + s.speaks[0, truth] + GRAVE_SPEAKS[gravity])))
                    for s in pair.sources
                ]
                says = [s.says[0, murk, truth, 0] * firm for s in pair.sources]
                copied = 0.4 * density(COPY_LAG_DAYS, COPY_LAG_DAYS)
                # Who names its own camp does not clear it.
                own = 0.6 * tells[1] * says[1] * density(0.2 + COPY_LAG_DAYS, follower.lag_days)
                wanted[truth] += (
                    happened.shares[where[0], truth]
                    * GRAVITY[gravity]
                    * (0.2 if murk else 0.8)
                    * tells[0]
                    * says[0]
                    * (copied + own)
                )
    found = posterior(made.knobs, pair, happened, accounts)[0]
    assert found == pytest.approx(wanted / wanted.sum(), abs=1e-12)


def test_measures_by_hand() -> None:
    chance = np.array([[0.96, 0.04], [0.98, 0.02], [0.4, 0.6], [0.5, 0.5]])
    score = of_matrix(chance, np.array([0, 1, 1, -1])).score
    assert (score.items, score.accuracy, score.sure, score.wrong, score.wrong_share) == (4, 0.5, 2, 1, 0.5)
    assert score.log_loss == pytest.approx(-np.log([0.96, 0.02, 0.6, 1e-6]).mean())
    # Bins of a fifteenth: .96 and .98 are in one (.97 sure, right half the time), .6 and .5 in one each.
    assert score.ece == pytest.approx((2 * 0.47 + 0.4 + 0.5) / 4)
    assert calibration_error(np.array([1.0]), np.array([True])) == 0
    nobody_sure = Outcome(np.array([0.5]), np.array([False]), np.array([0.1])).score
    assert nobody_sure.wrong_share == 0


def test_answers_outside_what_is_possible_are_shared_out_and_missing_ones_are_wrong() -> None:
    answers = pl.DataFrame(
        {
            "incident_id": ["i1", "i1", "i1", "i2", "i2"],
            "actor": ["a", "b", "accident", "a", "b"],
            "probability": [0.3, 0.2, 0.5, 0.1, 0.9],
        }
    )
    truth = pl.DataFrame({"incident_id": ["i3", "i2", "i1"], "actor": ["a", "a", "a"]})
    found = of_table(answers, truth, among=["a", "b"])
    assert found.top == pytest.approx([0.0, 0.9, 0.6])
    assert found.right.tolist() == [False, False, True]
    assert found.of_truth == pytest.approx([0.0, 0.1, 0.6])


def test_peers_are_spared_denials_and_accounts_that_do_not_say_who() -> None:
    claims = pl.DataFrame(
        {
            "incident_id": ["i1", "i1", "i2", "i2"],
            "source_id": ["s1", "s2", "s2", "s1"],
            "stance": ["asserts", "denies", "suggests", "unattributed"],
            "actor": ["a", "a", "b", None],
        }
    )
    given = attribution_peers.labels(claims, ["i1", "i2", "i3"], ["a", "b"])
    assert given.item.tolist() == [0, 1]
    assert given.source.tolist() == [0, 1]
    assert given.value.tolist() == [0, 1]
    assert (given.items, given.values, given.sources) == (3, 2, 2)


def test_where_a_peer_heard_nothing_its_mean_answer_stands_in(tmp_path: Path) -> None:
    np.save(tmp_path / "answers.npy", np.array([[0.8, 0.2], [0.6, 0.4], [np.nan, np.nan]]))
    (tmp_path / "told.json").write_text(json.dumps({"cpu_s": 1.5, "peak_mb": 90.0}))
    found = attribution_peers._result("GLAD", tmp_path, "")
    assert found.chance is not None
    assert found.chance[2] == pytest.approx([0.7, 0.3])
    (tmp_path / "told.json").write_text(json.dumps({"reason": "stopped after 6 s"}))
    assert attribution_peers._result("GLAD", tmp_path, "").reason == "stopped after 6 s"


def test_public_sets_are_read_where_they_are_and_skipped_aloud_where_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "crowd" / "made up"
    folder.mkdir(parents=True)
    (folder / "claims.csv").write_text("item,source,value\n1,w,x|y\n1,w,z\n1,v,z\n2,v,z\n")
    (folder / "truth.csv").write_text("item,value\n1,z\n9,z\n2,other\n")
    monkeypatch.setenv("CEASEFIRE_SHARED_DATA", str(tmp_path))
    (found,) = public_sets("crowd", ("made up", "absent"))
    assert "absent: skipped" in capsys.readouterr().out
    assert found.claims.select("incident_id", "source_id", "actor").rows() == [
        ("1", "w", "v:x&y"),
        ("1", "v", "v:z"),
        ("2", "v", "v:z"),
    ]
    assert found.parties == ["v:x&y", "v:z"]
    assert found.truth.rows() == [("1", "v:z"), ("2", "v:other")]


def test_a_case_without_an_answer_is_short_of_every_bar() -> None:
    sure = Row([Outcome(np.array([0.97]), np.array([True]), np.array([0.97]))])
    bars = bars_of(CASES[3], {OURS: Row(reason="failed"), ORACLE: sure})
    assert len(bars) == 3
    assert not any(bar.met for bar in bars)
    assert all(bar.met for bar in bars_of(CASES[3], {OURS: sure, ORACLE: sure}))


def test_the_bars_see_who_is_too_sure_and_who_is_too_vague() -> None:
    made = make("bias + copying", seed=1, incidents=1_500)
    chance = made.oracle["probability"].to_numpy().reshape(-1, len(made.cast.truths))
    truth = made.happened.truth[made.accounts.told]

    def met(power: float) -> list[bool]:
        bent = chance**power / (chance**power).sum(axis=1, keepdims=True)
        rows = {OURS: Row([of_matrix(bent, truth)]), ORACLE: Row([of_matrix(chance, truth)])}
        return [bar.met for bar in bars_of(CASES[3], rows)]

    assert met(1.0) == [True, True, True]
    assert met(3.0) == [False, False, True]
    assert met(0.4) == [True, False, True]


def test_claims_for_speed_are_sorted_unequal_and_mostly_right() -> None:
    given = attribution_speed.claims(20_000)
    assert (np.diff(given.item) >= 0).all()
    assert given.items == 4_000
    told = np.sort(np.bincount(given.source, minlength=given.sources))
    assert told[-50:].sum() > 0.4 * told.sum()
    assert (given.value == given.item % given.values).mean() == pytest.approx(0.7, abs=0.02)
