"""Who did it, how sure and why: small stories about sources that are parties."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from ceasefire.attribute import Attributed, attribute

PARTIES = {"gov": "east", "patron": "east", "rebels": "west", "coalition": "west"}
SOURCES = pl.DataFrame(
    {
        "source_id": [
            "gov_mod", "patron_mod", "rebel_spokes", "rebel_monitor", "rebel_local", "rebel_media",
            "coalition_hq", "un", "redcross", "ngo", "paper",
        ],
        "kind": [
            "party_official", "guarantor_official", "party_official", "monitor_ngo", "local_activist",
            "media_independent", "party_official", "un", "red_cross", "monitor_ngo", "media_independent",
        ],
        "camp": ["gov", "patron", "rebels", "rebels", "rebels", "rebels", "coalition", None, None, "", None],
    }
)  # fmt: skip


def say(*lines: str, incident: str = "i1") -> pl.DataFrame:
    """Claims from lines "source stance actor [origin]"; report ids r1, r2 ... in order."""
    rows = []
    for n, line in enumerate(lines, 1):
        source, stance, actor, *origin = (line + " -").split()[:4]
        rows.append(
            {
                "incident_id": incident,
                "source_id": source,
                "stance": stance,
                "actor": None if actor == "-" else actor,
                "published_at": datetime(2016, 9, 20, n % 24, tzinfo=UTC),
                "report_id": f"{incident}-r{n}",
                "origin_id": f"{incident}-{origin[0]}" if origin and origin[0] != "-" else None,
            }
        )
    return pl.DataFrame(rows, schema_overrides={"actor": pl.String, "origin_id": pl.String})


def who(*lines: str, parties: object = PARTIES, **kw: object) -> Attributed:
    return attribute(say(*lines), SOURCES, parties, **kw)  # type: ignore[arg-type]


def chances(a: Attributed, incident: str = "i1") -> dict[str, float]:
    rows = a.attributions.filter(pl.col("incident_id") == incident)
    return dict(rows.select("actor", "probability").iter_rows())


def verdict(a: Attributed) -> dict[str, object]:
    return a.assessments.row(0, named=True)


CONVOY = (
    "rebel_monitor unattributed -",
    "rebel_monitor asserts gov|patron",
    "rebel_local asserts gov",
    "rebel_media asserts gov",
    "rebel_media asserts patron",
    "un unattributed -",
    "redcross unattributed -",
    "patron_mod denies gov+patron",
    "gov_mod denies gov",
)


def test_the_convoy_on_the_next_noon_is_contested_and_undetermined() -> None:
    """One camp accuses, the other denies, UN and Red Cross do not say who."""
    a = verdict(who(*CONVOY))
    assert a["answer"] == "undetermined"
    assert a["contested"]
    assert a["standard"] in (None, "reasonable_suspicion")
    assert not a["self_attributed"]
    p = chances(who(*CONVOY))
    assert p["gov"] + p["patron"] > 0.6, "suspicion points to the two that one camp names"
    assert p["gov"] < 0.8


def test_an_open_pair_is_not_resolved() -> None:
    """ "A or B" from a neutral raises both alike, and above all others."""
    p = chances(who("ngo asserts gov|patron"))
    assert p["gov"] == pytest.approx(p["patron"], abs=1e-12)
    assert p["gov"] > 3 * p["rebels"]
    a = verdict(who("ngo asserts gov|patron"))
    assert (a["leading"], a["answer"]) == ("gov|patron", "undetermined")


def test_the_party_that_owns_up_is_the_answer() -> None:
    """Deir ez-Zor: accused by the other side, by a monitor, and it says so itself."""
    a = verdict(
        who(
            "gov_mod asserts coalition",
            "patron_mod asserts coalition",
            "rebel_monitor asserts coalition",
            "coalition_hq asserts coalition",
        )
    )
    assert (a["answer"], a["self_attributed"], a["contested"]) == ("coalition", True, False)
    assert a["standard"] == "clear_and_convincing"
    assert a["low"] > 0.9


def test_an_admission_weighs_more_than_the_same_words_from_an_opponent_or_a_neutral() -> None:
    owned = chances(who("coalition_hq asserts coalition"))["coalition"]
    neutral = chances(who("ngo asserts coalition"))["coalition"]
    accused = chances(who("gov_mod asserts coalition"))["coalition"]
    assert owned > neutral > accused
    assert "admission" in who("coalition_hq asserts coalition").evidence["kind"].to_list()


def test_one_camp_that_says_it_a_hundred_times_stays_undetermined() -> None:
    """A flood has a bounded effect: a thousand voices of a camp count as two."""
    few, many = (
        attribute(
            say(*(f"tv{n} asserts gov" for n in range(size))),
            pl.DataFrame(
                {"source_id": [f"tv{n}" for n in range(size)], "kind": "media_state", "camp": "rebels"}
            ),
            PARTIES,
        )
        for size in (10, 1000)
    )
    assert verdict(many)["answer"] == "undetermined"
    assert chances(many)["gov"] < 0.8
    assert chances(many)["gov"] - chances(few)["gov"] < 0.05


def test_only_denials_leave_the_field_open() -> None:
    p = chances(who("gov_mod denies gov", "patron_mod denies patron", "rebel_spokes denies rebels"))
    assert max(p.values()) < 1.3 * min(p.values())
    a = verdict(who("gov_mod denies gov", "rebel_spokes denies rebels"))
    assert (a["answer"], a["standard"], a["n_origins"]) == ("undetermined", None, 0)


def test_a_denial_by_a_neutral_weighs_more_than_by_the_accused() -> None:
    accused = ("rebel_monitor asserts gov",)
    before = chances(who(*accused))["gov"]
    own = chances(who(*accused, "gov_mod denies gov"))["gov"]
    neutral = chances(who(*accused, "ngo denies gov"))["gov"]
    against_interest = chances(who(*accused, "rebel_spokes denies gov"))["gov"]
    assert before > own > neutral > against_interest


def test_to_suggest_is_less_than_to_assert() -> None:
    assert chances(who("ngo suggests gov"))["gov"] < chances(who("ngo asserts gov"))["gov"]
    assert chances(who("ngo suggests gov"))["gov"] > 1 / 6


def test_a_source_without_a_camp_is_believed_as_far_as_its_kind() -> None:
    assert chances(who("ngo asserts gov"))["gov"] == pytest.approx(0.75)
    assert chances(who("un asserts accident"))["accident"] == pytest.approx(0.85)


def test_copies_of_one_wire_count_once() -> None:
    one = who("ngo asserts gov r1")
    ten = who("ngo asserts gov r1", *("paper asserts gov r1",) * 9)
    assert chances(ten) == chances(one)
    copies = ten.evidence.filter(pl.col("kind") == "copy")
    assert copies["log_weight"].to_list() == [0.0] * copies.height
    assert copies["says"][0] == "9 copies or relays of this origin"


def test_a_relay_that_says_something_else_speaks_for_itself() -> None:
    a = who("ngo asserts gov r1", "paper asserts rebels r1")
    assert a.evidence.filter(pl.col("kind") == "copy").is_empty()
    assert chances(a)["rebels"] > chances(who("ngo asserts gov r1"))["rebels"]


def test_a_hundred_thousand_copies_of_one_account_end_in_bounded_time() -> None:
    size = 100_000
    claims = pl.DataFrame(
        {
            "incident_id": ["i1"] * size,
            "source_id": ["ngo"] + ["paper"] * (size - 1),
            "stance": ["asserts"] * size,
            "actor": ["gov"] * size,
            "published_at": [datetime(2016, 9, 20, tzinfo=UTC)] * size,
            "report_id": [f"r{n}" for n in range(size)],
            "origin_id": ["r0"] * size,
        }
    )
    a = attribute(claims, SOURCES, PARTIES)
    assert chances(a)["gov"] == pytest.approx(0.75)
    assert verdict(a)["answer"] == "undetermined"
    assert a.evidence["report_ids"].str.len_chars().max() < 1000  # type: ignore[operator]


def test_contradictory_camps_cancel_exactly() -> None:
    parties = {"gov": None, "rebels": None}
    a = who("gov_mod asserts rebels", "rebel_spokes asserts gov", parties=parties)
    rows = {r["actor"]: r for r in a.attributions.iter_rows(named=True)}
    for column in ("probability", "low", "high"):
        assert rows["gov"][column] == pytest.approx(rows["rebels"][column], abs=1e-12)
    assert (verdict(a)["leading"], verdict(a)["answer"]) == ("gov|rebels", "undetermined")
    assert verdict(a)["contested"]


def test_nobody_says_anything() -> None:
    """An incident without a claim, and one that only the nameless tell of: flat, wide, undetermined."""
    incidents = pl.DataFrame({"incident_id": ["i1", "i2"]})
    a = attribute(say("un unattributed -"), SOURCES, PARTIES, incidents=incidents)
    assert a.assessments["answer"].to_list() == ["undetermined"] * 2
    assert a.assessments["leading"].to_list() == [None, None]
    assert a.attributions["probability"].to_list() == pytest.approx([1 / 6] * 12)
    assert (a.attributions["high"] - a.attributions["low"]).min() > 0.3  # type: ignore[operator]


def test_an_outsider_that_is_named_shares_the_third_partys_prior() -> None:
    a = who("ngo asserts israel")
    prior = dict(a.attributions.select("actor", "prior").iter_rows())
    assert prior["gov"] == pytest.approx(1 / 6)
    assert prior["israel"] == prior["third_party"] == pytest.approx(1 / 12)
    assert max(chances(a), key=lambda k: chances(a)[k]) == "israel"


def test_too_many_outsiders_fold_into_third_party_and_say_so() -> None:
    a = who(*(f"tv{n} asserts group{n}" for n in range(9)))
    assert set(chances(a)) == {*PARTIES, "accident", "third_party"}
    assert "outsiders_folded" in [problem.code for problem in a.problems]


@pytest.mark.parametrize("lines", [CONVOY, ("coalition_hq asserts coalition", "ngo suggests gov+patron")])
def test_the_printed_terms_sum_to_the_posterior_log_odds(lines: tuple[str, ...]) -> None:
    a = who(*lines)
    total = a.evidence.group_by("incident_id", "actor").agg(pl.col("log_weight").sum())
    joined = total.join(a.attributions, on=["incident_id", "actor"])
    p = joined["probability"].to_numpy()
    assert joined["log_weight"].to_numpy() == pytest.approx(np.log(p) - np.log1p(-p), abs=1e-9)


def test_a_panel_can_recompute_the_answer_from_the_printed_tables() -> None:
    tables = dict(who(*CONVOY).explain("i1"))
    steps = next(t for title, t in tables.items() if "step by step" in title)
    odds = steps["odds_after"][0] * np.prod(steps["factor"].drop_nulls().to_numpy())
    leading = next(t for title, t in tables.items() if title.startswith("Who did it"))
    assert odds / (1 + odds) == pytest.approx(leading["probability"][0], abs=1e-9)
    weights = next(t for title, t in tables.items() if title.startswith("What each account"))
    assert weights["kind"].to_list()[-2:] == ["log-odds", "probability"]
    out = tables["If a source, a camp, copies, silence or the prior is left out"]
    assert out.filter(pl.col("which") == "rebels")["of_answer"][0] < leading["probability"][0]


def test_explain_of_an_unknown_incident_says_so() -> None:
    with pytest.raises(KeyError, match="no incident 'i9'"):
        who("ngo asserts gov").explain("i9")


def test_the_standard_needs_two_camps_and_the_rule_is_printed() -> None:
    """Two neutral sources and no camp beside them are not enough; a second camp is."""
    same = ("un asserts gov", "redcross asserts gov", "ngo asserts gov")
    a, b = verdict(who(*same)), verdict(who(*same, "rebel_monitor asserts gov"))
    assert (a["answer"], b["answer"]) == ("undetermined", "gov")
    assert "camps 1, needed 2" in str(a["rule"])
    assert str(b["rule"]).endswith("not a judicial finding")
    assert "reached" in str(b["rule"])


def test_a_case_may_set_its_own_standards() -> None:
    lax = {"hunch": {"lower": 0.1, "origins": 1, "camps": 1}}
    a = verdict(who("ngo asserts gov", standards=lax, answer_standard="hunch"))
    assert (a["answer"], a["standard"]) == ("gov", "hunch")
    with pytest.raises(ValueError, match="answer_standard"):
        who("ngo asserts gov", standards=lax)
    with pytest.raises(ValueError, match="expected lower"):
        who("ngo asserts gov", standards={"hunch": {"lower": 0.1}})


def test_the_order_of_rows_does_not_matter() -> None:
    claims, forward = say(*CONVOY), who(*CONVOY)
    for seed in range(3):
        back = attribute(
            claims.sample(fraction=1, shuffle=True, seed=seed),
            SOURCES.sample(fraction=1, shuffle=True, seed=seed),
            dict(reversed(PARTIES.items())),
        )
        assert back.problems == forward.problems
        for name in ("attributions", "assessments", "evidence", "reliability", "claims"):
            assert getattr(back, name).equals(getattr(forward, name)), name


def test_bad_claims_become_problems_and_the_rest_goes_on() -> None:
    """An empty source, an unknown stance, a source nobody listed, a denial that clears nobody."""
    lost = pl.DataFrame({"incident_id": ["i1"], "source_id": [None], "stance": ["asserts"], "actor": ["gov"]})
    claims = pl.concat(
        [say("ngo asserts gov", "un mutters gov", "ghost asserts gov", "gov_mod denies -"), lost],
        how="diagonal_relaxed",
    )
    a = attribute(claims, SOURCES, PARTIES)
    assert sorted({problem.code for problem in a.problems}) == [
        "claim_incomplete",
        "denial_clears_nobody",
        "source_not_listed",
        "stance_unknown",
    ]
    assert chances(a)["gov"] > 0.75
    assert verdict(a)["contested"], "the accused camp denies, though it clears nobody by name"


def test_the_least_that_a_caller_must_give() -> None:
    claims = pl.DataFrame({"incident_id": ["x"], "source_id": ["s"], "stance": ["asserts"], "actor": ["A"]})
    a = attribute(claims, pl.DataFrame({"source_id": ["s"]}), ["A", "B"])
    assert chances(a, "x")["A"] == pytest.approx(0.6)
    none = attribute(claims.clear(), pl.DataFrame({"source_id": ["s"]}), [])
    assert none.attributions.is_empty()
    assert none.assessments.is_empty()
    with pytest.raises(ValueError, match="incident_id"):
        attribute(pl.DataFrame({"source_id": ["s"]}), SOURCES, ["A"])
    with pytest.raises(ValueError, match="reserved"):
        attribute(claims, SOURCES, ["A", "accident"])


def test_silence_counts_only_with_places_and_on_its_own_line() -> None:
    """The rebels' monitor tells of three shellings in a village and not of the fourth, that same week."""
    told = [say("rebel_monitor asserts gov", incident=f"i{n}") for n in range(3)]
    claims = pl.concat([*told, say("paper unattributed -", incident="i9")])
    incidents = pl.DataFrame(
        {
            "incident_id": ["i0", "i1", "i2", "i9", "far"],
            "latitude": [36.1] * 4 + [33.0],
            "longitude": [36.9] * 4 + [40.0],
            "occurred_from": [datetime(2016, 9, 15, tzinfo=UTC)] * 5,
        }
    )
    without = attribute(claims, SOURCES, PARTIES, incidents=incidents.select("incident_id"))
    with_places = attribute(claims, SOURCES, PARTIES, incidents=incidents)
    assert chances(without, "i9")["rebels"] == pytest.approx(1 / 6)
    assert 1 / 6 < chances(with_places, "i9")["rebels"] < 0.25
    assert chances(with_places, "far")["rebels"] == pytest.approx(1 / 6), "nobody covers that place"
    lines = with_places.evidence.filter(pl.col("kind") == "silence")
    assert lines["incident_id"].unique().to_list() == ["i9"]
    answers = dict(with_places.assessments.select("incident_id", "leading").iter_rows())
    assert answers["i9"] is None, "the most probable answer there is one that nobody names"
    assert answers["i0"] == "gov"


def test_the_closed_form_interval_agrees_with_draws() -> None:
    """A monitor without a camp and an official: 200 000 draws of the tables' errors give the same interval."""
    a = who("ngo asserts rebels", "gov_mod asserts rebels")
    rng = np.random.default_rng(0)
    size = 200_000
    weights = (
        a.evidence.filter(pl.col("kind") != "alternatives").group_by("actor").agg(pl.col("log_weight").sum())
    )
    centre = dict(weights.iter_rows())
    # the entry of the one named, and for others one entry an alike role: all are alike to the monitor
    alike = {
        "gov": "own",
        "patron": "ally",
        "coalition": "opposing",
        "accident": "other",
        "third_party": "other",
    }
    monitor = rng.normal(0, 0.4, (2, size))
    official = {role: rng.normal(0, 0.4, size) for role in ("named", "own", "ally", "opposing", "other")}
    drawn = {}
    for actor, score in centre.items():
        named = actor == "rebels"
        errors = monitor[0 if named else 1] + official["named" if named else alike[actor]]
        drawn[actor] = np.exp(score + rng.normal(0, 0.7, size) + errors)
    total = sum(drawn.values())
    for row in a.attributions.iter_rows(named=True):
        low, high = np.quantile(drawn[row["actor"]] / total, [0.05, 0.95])
        assert row["low"] == pytest.approx(low, abs=0.02)
        assert row["high"] == pytest.approx(high, abs=0.02)


def test_times_without_a_zone_or_as_dates_are_taken_as_utc() -> None:
    """Time only orders the lines; any of the common forms will do."""
    claims = say("ngo asserts gov", "un asserts gov")
    forms = [
        pl.col("published_at").dt.replace_time_zone(None),
        pl.col("published_at").dt.date(),
        pl.lit(None),
    ]
    for form in forms:
        a = attribute(claims.with_columns(published_at=form), SOURCES, PARTIES)
        assert chances(a) == chances(who("ngo asserts gov", "un asserts gov"))


def test_a_register_that_blames_nobody_is_not_silent() -> None:
    """One side's register lists three of its dead in a village, never says who, and does not list the fourth."""
    told = [say("rebel_monitor unattributed -", incident=f"i{n}") for n in range(3)]
    claims = pl.concat([*told, say("paper unattributed -", incident="i9")])
    incidents = pl.DataFrame(
        {
            "incident_id": ["i0", "i1", "i2", "i9"],
            "latitude": [36.1] * 4,
            "longitude": [36.9] * 4,
            "occurred_from": [datetime(2016, 9, 15, tzinfo=UTC)] * 4,
        }
    )
    a = attribute(claims, SOURCES, PARTIES, incidents=incidents)
    assert "silence" not in a.evidence["kind"].to_list()
    assert a.attributions["probability"].to_list() == pytest.approx([1 / 6] * a.attributions.height)
