"""How many, by what, and who they were: small stories about accounts that differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import ceasefire
from ceasefire.attribute.toll import Tolled, toll

PARTIES = {"gov": "east", "patron": "east", "rebels": "west"}
SOURCES = pl.DataFrame(
    {
        "source_id": ["gov_mod", "gov_tv", "patron_mod", "reb_spokes", "reb_local", "un", "ngo", "paper", "digest", "wire"],
        "kind": [
            "party_official", "media_state", "guarantor_official", "party_official", "local_activist", "un", "monitor_ngo",
            "media_independent", "media_digest", "media_independent",
        ],
        "camp": ["gov", "gov", "patron", "rebels", "rebels", None, None, None, None, None],
    }
)  # fmt: skip
START = datetime(2016, 9, 19, tzinfo=UTC)


def figure(words: str) -> tuple[int | None, int | None]:
    """ "12", "12+" (at least), "-12" (at most), "10..20", "." (none given)."""
    if words == ".":
        return None, None
    if words.endswith("+"):
        return int(words[:-1]), None
    if words.startswith("-"):
        return None, int(words[1:])
    low, _, high = words.partition("..")
    return int(low), int(high or low)


def told(*lines: str, incident: str = "i1", **columns: Any) -> pl.DataFrame:
    """Reports from lines "source killed [injured [affected [act [origin]]]]", two days later, an hour apart; ids i1-1, i1-2 ..."""
    rows = []
    for n, line in enumerate(lines, 1):
        source, killed, injured, affected, act, origin = (line + " . . . . .").split()[:6]
        row = {
            "report_id": f"{incident}-{n}",
            "source_id": source,
            "incident_id": incident,
            "origin_id": f"{incident}-{n if origin == '.' else origin}",
            "published_at": START + timedelta(days=2, hours=n),
            "act": None if act == "." else act,
            "affected": None if affected == "." else affected,
            "stance": None,
            "actor": None,
        }
        row["killed_min"], row["killed_max"] = figure(killed)
        row["injured_min"], row["injured_max"] = figure(injured)
        rows.append(row | columns)
    texts = dict.fromkeys(("act", "affected", "stance", "actor"), pl.String)
    counts = {f"{q}_{end}": pl.Int64 for q in ("killed", "injured") for end in ("min", "max")}
    return pl.DataFrame(rows, schema_overrides=texts | counts)


def estimate(
    reports: pl.DataFrame, did: dict[str, float] | None = None, sources: pl.DataFrame = SOURCES
) -> Tolled:
    ids = reports["incident_id"].unique().sort().to_list()
    who = pl.DataFrame(
        [{"incident_id": i, "actor": a, "probability": p} for i in ids for a, p in (did or {}).items()],
        schema={"incident_id": pl.String, "actor": pl.String, "probability": pl.Float64},
    )
    return toll(
        reports.drop("incident_id", "origin_id"),
        reports.select("report_id", "incident_id", "origin_id"),
        sources,
        pl.DataFrame({"incident_id": ids, "occurred_from": [START] * len(ids)}),
        who,
        parties=PARTIES,
    )


def of(out: Tolled, quantity: str = "killed", incident: str = "i1") -> dict[str, Any]:
    return out.tolls.row(
        by_predicate=(pl.col("quantity") == quantity) & (pl.col("incident_id") == incident), named=True
    )


def width(row: dict[str, Any]) -> float:
    return (row["high"] + 1) / (row["low"] + 1)


def chance(out: Tolled, about: str, answer: str) -> float:
    return out.particulars.row(
        by_predicate=(pl.col("about") == about) & (pl.col("answer") == answer), named=True
    )["probability"]


# ---------------------------------------------------------------- figures
def test_sources_that_agree_are_believed_and_one_alone_less_surely() -> None:
    four = of(estimate(told("un 12", "ngo 12", "paper 12", "wire 12")))
    one = of(estimate(told("ngo 12")))
    assert (four["best"], four["n_accounts"], four["n_origins"]) == (12, 4, 4)
    assert four["low"] <= 12 <= four["high"]
    assert one["best"] == pytest.approx(12, abs=2)
    assert width(one) > 1.5 * width(four), "few origins, a wide interval"


def test_disagreement_widens_the_interval() -> None:
    near = of(estimate(told("un 30", "ngo 32", "paper 31", "wire 30")))
    far = of(estimate(told("un 15", "ngo 62", "paper 20", "wire 48")))
    assert width(far) > 1.5 * width(near)
    assert 15 <= far["best"] <= 62


def test_nobody_gives_a_figure_so_there_is_none() -> None:
    out = estimate(told("un . . civilians shelling", "ngo . . civilians shelling"))
    for quantity in ("killed", "injured"):
        row = of(out, quantity)
        assert {
            row[c] for c in ("low", "best", "high", "p_none", "ucdp_best", "airwars_high", "airwars_grade")
        } == {None}
        assert (row["n_accounts"], row["n_origins"]) == (0, 0)
    assert chance(out, "act", "shelling") > 0.9


def test_a_span_too_wide_to_tell_anything_is_no_estimate() -> None:
    """A coder's "0 to 250": an estimate would be what is usual. Beside a figure the span is a bound like any."""
    alone = of(estimate(told("un 0..250")))
    assert (alone["low"], alone["best"], alone["high"]) == (None, None, None)
    assert (alone["n_accounts"], alone["ucdp_high"]) == (1, 250)
    assert of(estimate(told("un 9..14")))["best"] is not None
    beside = of(estimate(told("un 0..250", "ngo 120", "paper 118")))
    assert beside["low"] <= 119 <= beside["high"]


def test_an_incident_without_any_account_keeps_its_rows() -> None:
    reports = told("un 3")
    out = toll(reports, reports, SOURCES, pl.DataFrame({"incident_id": ["i1", "i2"]}), parties=PARTIES)
    assert out.tolls.filter(pl.col("incident_id") == "i2")["best"].to_list() == [None, None]


def test_nought_only_where_somebody_says_so() -> None:
    claimed = of(estimate(told("reb_spokes 1", "paper 1")))
    assert (claimed["low"], claimed["p_none"]) == (1, 0.0)
    none = of(estimate(told("un 0", "ngo 0")))
    assert (none["best"], none["low"]) == (0, 0)
    assert none["p_none"] > 0.9
    split = of(estimate(told("gov_mod 0", "reb_spokes 12"), did={"gov": 0.9, "rebels": 0.1}))
    assert split["low"] == 0
    assert split["high"] >= 9
    assert 0.05 < split["p_none"] < 0.95


def test_at_least_is_a_lower_bound_and_no_figure() -> None:
    least = of(estimate(told("un 12+", "ngo 12+", "paper 12+")))
    exact = of(estimate(told("un 12", "ngo 12", "paper 12")))
    assert least["best"] > exact["best"]
    assert least["high"] > exact["high"]
    bound = of(estimate(told("un 10+", "ngo 20", "paper 20")))
    figure = of(estimate(told("un 10", "ngo 20", "paper 20")))
    without = of(estimate(told("ngo 20", "paper 20")))
    assert abs(bound["best"] - without["best"]) <= 1, "ten at least hardly speaks against twenty"
    assert figure["best"] < without["best"] - 2, "ten does"


def test_at_most_and_a_range() -> None:
    most = of(estimate(told("ngo -8")))
    assert 0 <= most["low"] <= most["best"] <= 8
    span = of(estimate(told("ngo 10..20", "un 14..30")))
    assert 12 <= span["best"] <= 22


def test_a_round_number_says_less_than_another() -> None:
    round_one, exact = of(estimate(told("ngo 100"))), of(estimate(told("ngo 97")))
    assert width(round_one) > width(exact)


def test_the_last_word_of_a_source_stands_and_the_earlier_is_no_second_witness() -> None:
    out = estimate(told("ngo 5", "ngo 14", "un 14"))
    row = of(out)
    assert (row["n_accounts"], row["n_origins"], row["n_superseded"]) == (3, 2, 1)
    assert row["best"] == pytest.approx(14, abs=1)
    first = out.toll_accounts.row(by_predicate=pl.col("report_id") == "i1-1", named=True)
    assert (first["use"], first["of"], first["factor"], first["believed"]) == (
        "superseded",
        "i1-2",
        None,
        None,
    )


def test_copies_count_once() -> None:
    once = of(estimate(told("reb_local 40", "un 12")))
    many = told("reb_local 40", *(f"echo{n} 40 . . . 1" for n in range(30)), "un 12")
    flood = of(estimate(many))
    assert (flood["n_accounts"], flood["n_origins"]) == (32, 2)
    assert (flood["low"], flood["high"]) == pytest.approx((once["low"], once["high"]), abs=2)
    assert flood["best"] == pytest.approx(once["best"], abs=3)
    # a relay that gives another figure speaks for itself
    other = of(estimate(told("reb_local 40", "paper 25 . . . 1")))
    assert other["n_origins"] == 2


def test_without_fusion_relays_and_a_shared_page_are_copies() -> None:
    reports = told("ngo 40", "paper 40", "digest 40", "wire 40", "un 12").with_columns(
        relays=pl.Series([None, "ngo", None, None, None], dtype=pl.String),
        url=pl.Series([None, None, "http://a.example", "http://a.example", None], dtype=pl.String),
    )
    home = reports.select("report_id", "incident_id")
    out = toll(reports, home, SOURCES, pl.DataFrame({"incident_id": ["i1"]}), parties=PARTIES)
    assert out.toll_accounts.sort("report_id")["use"].to_list() == [
        "weighed",
        "copy",
        "weighed",
        "copy",
        "weighed",
    ]


def test_a_hundred_thousand_copies_of_one_account_change_nothing() -> None:
    n = 100_000
    lines = told("reb_local 40", "un 12")
    copies = pl.DataFrame(
        {
            "report_id": [f"c{k}" for k in range(n)], "source_id": [f"echo{k}" for k in range(n)], "incident_id": "i1",
            "origin_id": "i1-1", "published_at": START + timedelta(days=3), "killed_min": 40, "killed_max": 40,
        }
    )  # fmt: skip
    copies = copies.with_columns(pl.col("published_at").cast(lines.schema["published_at"]))
    flooded = of(estimate(pl.concat([lines, copies], how="diagonal_relaxed")))
    alone = of(estimate(lines))
    assert flooded["n_origins"] == 2
    assert flooded["best"] == pytest.approx(alone["best"], abs=3)


def test_a_flood_of_one_camp_never_pins_a_toll_down() -> None:
    """Three hundred activists who each count 40: one side's witnesses, not three hundred."""
    names = [f"local{n}" for n in range(300)]
    more = pl.DataFrame({"source_id": names, "kind": ["local_activist"] * 300, "camp": ["rebels"] * 300})
    row = of(
        estimate(
            told(*(f"{n} {38 + k % 5}" for k, n in enumerate(names))), sources=pl.concat([SOURCES, more])
        )
    )
    assert width(row) > 1.5
    assert row["low"] < 38
    assert row["high"] > 42


def test_a_figure_that_contradicts_itself_is_a_problem_and_is_left_out() -> None:
    out = estimate(
        told("ngo 20..10", "un -3", "paper 12").with_columns(killed_max=pl.col("killed_max").replace(3, -3))
    )
    found = [(p.code, p.record, p.severity) for p in out.problems]
    assert found == [
        ("figure_contradicts_itself", "i1-1", "error"),
        ("figure_contradicts_itself", "i1-2", "error"),
    ]
    assert of(out)["n_accounts"] == 1


# ---------------------------------------------------------------- camps
def test_what_tells_against_the_other_side_is_marked_down() -> None:
    """Soldiers of the government are dead: its own side says fewer, its opponents more than a source without a camp."""
    own, foe, none = (of(estimate(told(f"{source} 30 . gov"))) for source in ("gov_mod", "reb_spokes", "ngo"))
    assert own["best"] >= none["best"] > foe["best"]
    assert own["high"] > none["high"] > foe["high"]
    assert width(foe) > width(none)


def test_with_civilians_it_goes_by_who_is_held_to_have_done_it() -> None:
    did = {"gov": 0.95, "rebels": 0.05}
    accused = estimate(told("gov_mod 30 . civilians"), did)
    accuser = estimate(told("reb_spokes 30 . civilians"), did)
    assert of(accused)["best"] > of(accuser)["best"]
    assert accused.toll_accounts["role"].to_list() == ["own act"]
    assert accuser.toll_accounts["role"].to_list() == ["opponent's act"]


def test_a_side_that_inflates_is_found_out() -> None:
    """In forty incidents the rebels give twice what two others count; in the last they speak alone."""
    lines = [
        told(f"reb_spokes {2 * n}", f"un {n}", f"ngo {n + k % 3 - 1}", incident=f"i{k}").with_columns(
            affected=pl.lit("gov")
        )
        for k, n in enumerate([9, 14, 22, 31, 17, 26, 12, 40] * 5)
    ]
    last = told("reb_spokes 60 . gov", incident="last")
    learned = estimate(pl.concat([*lines, last]))
    bias = learned.toll_bias.row(
        by_predicate=(pl.col("role") == "opponent's dead") & (pl.col("quantity") == "killed"), named=True
    )
    assert bias["factor"] == pytest.approx(2.0, rel=0.15)
    assert bias["low"] < bias["factor"] < bias["high"]
    assert bias["n_figures"] == 40, "one alone teaches nothing"
    alone = estimate(last)
    assert of(learned, incident="last")["best"] < of(alone, incident="last")["best"]
    assert of(learned, incident="last")["best"] == pytest.approx(30, abs=6)


NAMES = {"gov": "rebels", "rebels": "gov"}


@pytest.mark.parametrize("affected", ["gov", "civilians", "rebels+civilians"])
def test_swap_the_parties_and_the_results_swap(affected: str) -> None:
    sides = {"gov": "east", "rebels": "west"}
    reports = told(
        f"gov_mod 5 9 {affected} airstrike", f"reb_spokes 31 . {affected} shelling", f"reb_local 28+ 40 {affected} airstrike",
        f"gov_tv 0 . {affected} ied", f"paper 12 14 {affected} airstrike",
    )  # fmt: skip
    who = pl.DataFrame({"incident_id": ["i1", "i1"], "actor": ["gov", "rebels"], "probability": [0.7, 0.2]})

    def swapped(cell: str | None) -> str | None:
        return cell and "+".join(sorted(NAMES.get(part, part) for part in cell.split("+")))

    def run(reports: pl.DataFrame, sources: pl.DataFrame, who: pl.DataFrame) -> Tolled:
        return toll(reports, reports, sources, pl.DataFrame({"incident_id": ["i1"]}), who, parties=sides)

    mapped = {
        c: pl.col(c).map_elements(swapped, return_dtype=pl.String) for c in ("affected", "camp", "actor")
    }
    plain = run(reports, SOURCES, who)
    turned = run(
        reports.with_columns(mapped["affected"]),
        SOURCES.with_columns(mapped["camp"]),
        who.with_columns(mapped["actor"]),
    )
    for name in ("tolls", "toll_accounts", "toll_bias"):
        assert_frame_equal(getattr(plain, name), getattr(turned, name), abs_tol=1e-9)
    back = turned.particulars.with_columns(pl.col("answer").map_elements(swapped, return_dtype=pl.String))
    keys = ["about", "answer"]
    assert_frame_equal(plain.particulars.sort(keys), back.sort(keys), abs_tol=1e-9)


def test_the_same_rows_in_another_order_give_the_same_tables() -> None:
    reports = pl.concat(
        [told("un 12 20", "reb_spokes 30+", "ngo 14", "ngo 15", incident=f"i{k}") for k in range(5)]
    )
    one, two = estimate(reports), estimate(reports.sample(fraction=1.0, shuffle=True, seed=3))
    for name in ("tolls", "particulars", "toll_accounts", "toll_bias"):
        assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)


# ---------------------------------------------------------------- killed, injured, act and victims together
def test_injured_say_something_of_killed() -> None:
    few = of(estimate(told("ngo 5..40 4")))
    many = of(estimate(told("ngo 5..40 150")))
    assert many["best"] > few["best"]


def test_a_source_that_is_wrong_about_the_act_is_believed_less_on_the_toll() -> None:
    alike = estimate(
        told("un 10 . civilians shelling", "ngo 10 . civilians shelling", "digest 60 . civilians shelling")
    )
    astray = estimate(
        told("un 10 . civilians shelling", "ngo 10 . civilians shelling", "digest 60 . civilians abduction")
    )
    believed = [
        out.toll_accounts.filter(pl.col("source_id") == "digest")["believed"][0] for out in (alike, astray)
    ]
    assert believed[1] < believed[0]
    assert of(astray)["high"] <= of(alike)["high"]


def test_a_denial_that_anything_happened_opens_nought_by_who_denies() -> None:
    claims = told("reb_spokes 6 . civilians shelling", "gov_mod . . . .")
    nobody = claims.with_columns(
        stance=pl.when(pl.col("source_id") == "gov_mod").then(pl.lit("denies")).otherwise(pl.lit("asserts"))
    )
    accused = estimate(nobody, {"gov": 0.9, "rebels": 0.1})
    free = estimate(
        nobody.with_columns(source_id=pl.col("source_id").replace("gov_mod", "un")),
        {"gov": 0.9, "rebels": 0.1},
    )
    assert 0 < chance(accused, "act", "none") < chance(free, "act", "none"), "everyone accused denies"
    assert 0 < of(accused)["p_none"] < of(free)["p_none"]
    assert of(accused)["n_accounts"] == 1, "a denial is no figure"


def test_acts_are_weighed_and_one_that_nobody_names_keeps_a_part() -> None:
    out = estimate(told("un . . . airstrike", "ngo . . . airstrike", "digest . . . shelling"))
    acts = out.particulars.filter(pl.col("about") == "act")
    assert acts["probability"].sum() == pytest.approx(1.0)
    assert (acts["low"] <= acts["probability"]).all()
    assert (acts["probability"] <= acts["high"]).all()
    assert chance(out, "act", "airstrike") > 5 * chance(out, "act", "shelling")
    alone = estimate(told("digest . . . shelling"))
    assert 0.7 < chance(alone, "act", "shelling") < 0.97


def test_hedged_words_weigh_less() -> None:
    plain = estimate(told("un . . . airstrike", "ngo . . . shelling"))
    hedged = estimate(
        told("un . . . airstrike", "ngo . . . shelling").with_columns(
            stance=pl.when(pl.col("source_id") == "un").then(pl.lit("suggests"))
        )
    )
    assert chance(hedged, "act", "airstrike") < chance(plain, "act", "airstrike")


def test_whether_the_dead_were_civilians_is_contested_so_none_need_be() -> None:
    """Nine dead: patients to one, fighters to another (as at Khan Touman)."""
    contested = of(estimate(told("ngo 9 . medical", "paper 9 . rebels")))
    assert (contested["victims_contested"], contested["civilians_low"]) == (True, 0)
    assert contested["civilians_high"] == contested["high"]
    agreed = of(estimate(told("ngo 9 . civilians", "paper 9 . medical")))
    assert (agreed["victims_contested"], agreed["civilians_low"]) == (False, agreed["low"])
    soldiers = of(estimate(told("ngo 9 . gov", "paper 9 . gov")))
    assert (soldiers["civilians_low"], soldiers["civilians_high"]) == (0, 0)
    both = of(estimate(told("ngo 9 . gov+civilians", "paper 9 . gov+civilians")))
    assert (both["victims_contested"], both["civilians_low"], both["civilians_high"]) == (
        False,
        0,
        both["high"],
    )
    silent = of(estimate(told("ngo 9")))
    assert (silent["victims_contested"], silent["civilians_low"]) == (None, None)


# ---------------------------------------------------------------- rules of others
def test_ucdps_rule_takes_the_most_reliable_kind_and_the_range_of_the_credible() -> None:
    row = of(
        estimate(
            told(
                "gov_mod 3 . civilians",
                "reb_spokes 90 . civilians",
                "un 14 . civilians",
                "paper 20 . civilians",
            )
        )
    )
    assert (row["ucdp_low"], row["ucdp_best"], row["ucdp_high"]) == (14, 14, 20)
    only_parties = of(estimate(told("gov_mod 3", "reb_spokes 90")))
    assert (only_parties["ucdp_low"], only_parties["ucdp_high"]) == (3, 90), "nobody else speaks"
    assert only_parties["ucdp_best"] == 90, "of equals the latest"
    together = told("gov_mod 3", "reb_spokes 90").with_columns(published_at=pl.lit(START))
    assert of(estimate(together))["ucdp_best"] == 46, "told at once: the median, never by name"


def test_airwars_rule_keeps_earlier_claims() -> None:
    row = of(estimate(told("paper 5 . civilians", "paper 9 . civilians", "ngo 14 . civilians")))
    assert (row["airwars_low"], row["airwars_high"]) == (5, 14)
    assert (row["ucdp_low"], row["ucdp_high"]) == (9, 14)


def graded(*lines: str, **columns: Any) -> str | None:
    return of(estimate(told(*lines, **columns), {"gov": 0.9, "rebels": 0.1}))["airwars_grade"]


def test_airwars_grades() -> None:
    two = ("paper 5 . civilians", "ngo 6 . civilians")
    assert graded(*two) == "fair"
    assert graded("paper 5 . civilians", "wire 5 . civilians . 1") == "weak", "a copy is no second source"
    assert graded("paper 5 . civilians", "gov_mod 2 . civilians") == "weak", "a party is no credible source"
    assert graded("paper 5 . gov", "ngo 6 . gov") == "discounted"
    assert graded(*two, actor="gov", stance="asserts") == "fair"
    admitted = told(*two, "gov_mod 3 . civilians", actor="gov", stance="asserts")
    assert of(estimate(admitted, {"gov": 0.9, "rebels": 0.1}))["airwars_grade"] == "confirmed"
    rival = told(*two, stance="asserts").with_columns(actor=pl.Series(["gov", "rebels"]))
    assert of(estimate(rival, {"gov": 0.9, "rebels": 0.1}))["airwars_grade"] == "contested"
    same_side = told(*two, stance="asserts").with_columns(actor=pl.Series(["gov", "patron"]))
    assert of(estimate(same_side, {"gov": 0.9, "rebels": 0.1}))["airwars_grade"] == "fair"
    assert graded("paper 0 . civilians") is None


# ---------------------------------------------------------------- bad input
def test_bad_input_is_told() -> None:
    reports = told("un 3")
    one = pl.DataFrame({"incident_id": ["i1"]})
    with pytest.raises(ValueError, match="reports: expected a column source_id"):
        toll(reports.drop("source_id"), reports, SOURCES, one, parties=PARTIES)
    with pytest.raises(ValueError, match="incidents: expected a column incident_id"):
        toll(reports, reports, SOURCES, pl.DataFrame({"id": ["i1"]}), parties=PARTIES)
    with pytest.raises(ValueError, match="reserved name"):
        toll(reports, reports, SOURCES, one, parties=["accident"])


def test_a_report_that_stands_twice_counts_once() -> None:
    reports = told("un 12", "ngo 14")
    home = reports.select("report_id", "incident_id", "origin_id")
    twice = pl.concat([reports, reports]).drop("incident_id", "origin_id")
    out = ceasefire.toll(twice, home, SOURCES, pl.DataFrame({"incident_id": ["i1"]}), parties=PARTIES)
    assert (of(out)["n_accounts"], of(out)["n_origins"]) == (2, 2)


def test_nothing_at_all() -> None:
    empty = told("un 3").clear()
    out = toll(empty, empty, SOURCES.clear(), pl.DataFrame({"incident_id": ["i1"]}), parties=PARTIES)
    assert out.tolls["best"].to_list() == [None, None]
    assert not out.particulars.height
    assert not out.explain("i2")


def test_explain_shows_the_toll_its_figures_and_what_it_was() -> None:
    out = estimate(told("un 12 . civilians shelling", "ngo 14 . civilians shelling"))
    titles = [title for title, _ in out.explain("i1")]
    assert len(titles) == 3
    tolls, figures, what = (frame for _, frame in out.explain("i1"))
    assert tolls["quantity"].to_list() == ["killed", "injured"]
    row = of(out)
    assert tolls["estimate"].to_list() == [f"{row['best']} ({row['low']}-{row['high']})", "no figure"]
    assert tolls["ucdp"].to_list() == ["12 (12-14)", None]
    assert tolls["airwars"].to_list() == ["12-14 fair", None]
    assert tolls["civilians"].to_list() == [f"{row['low']}-{row['high']}", None]
    assert figures["says"].to_list() == ["12", "14"]
    assert what["answer"].to_list() == ["shelling", "not_named", "civilians", "not_named"]
