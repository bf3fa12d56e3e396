"""Which accounts speak of one happening? Short cases, with the incidents they should give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from ceasefire.fuse import Fused, fuse
from ceasefire.model import TableError, table

DAY = datetime(2016, 9, 19, tzinfo=UTC)
URUM = {"place_name": "Urum", "latitude": 36.15, "longitude": 36.95, "precision": "town", "admin1": "Aleppo"}
MAYADIN = {"place_name": "Mayadin", "latitude": 35.02, "longitude": 40.45, "precision": "town"}


def day(number: int = 0) -> dict[str, datetime]:
    start = DAY + timedelta(days=number)
    return {"occurred_from": start, "occurred_to": start + timedelta(days=1, microseconds=-1)}


def hour(from_: float, to: float | None = None, number: int = 0) -> dict[str, datetime]:
    start = DAY + timedelta(days=number)
    return {
        "occurred_from": start + timedelta(hours=from_),
        "occurred_to": start + timedelta(hours=from_ if to is None else to),
    }


def told(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"act": "convoy_attack", **URUM, **day()}
    return table("located").frame(
        [
            {
                "report_id": f"R{k}",
                "source_id": f"s{k}",
                "recorded_at": DAY + timedelta(days=2, hours=k),
                "location_basis": "gazetteer",
                **base,
                **row,
            }
            for k, row in enumerate(rows)
        ]
    )


def groups(fused: Fused) -> list[list[str]]:
    grouped = fused.memberships.group_by("incident_id").agg(pl.col("report_id").sort())
    return sorted(grouped["report_id"].to_list())


def codes(fused: Fused) -> list[str]:
    return [p.code for p in fused.problems]


def test_accounts_of_one_convoy_with_clashing_figures_and_authors_are_one_incident() -> None:
    fused = fuse(
        told(
            {"killed_min": 12, "killed_max": 12, "actor": "air_force_a|air_force_b", **hour(16.2)},
            {"killed_min": 20, "killed_max": 21, "affected": "humanitarian"},
            {"killed_min": 10, "actor": "air_force_a", "affected": "humanitarian"},
            {"actor": "militia", "stance": "asserts", **hour(16.0)},
            {"act": "airstrike", "killed_min": 14, "killed_max": 14, **hour(16.1)},
        )
    )
    (incident,) = fused.incidents.iter_rows(named=True)
    assert incident["incident_id"] == "I-R0"
    assert incident["act"] == "convoy_attack"
    assert (incident["killed_low"], incident["killed_high"]) == (10, 21)
    assert 10 <= incident["killed_best"] <= 21
    assert (incident["n_reports"], incident["n_sources"], incident["n_origins"]) == (5, 5, 5)


def test_g5_exact_times_that_clash_stay_one_incident_over_the_whole_span() -> None:
    fused = fuse(
        told(
            {"act": "airstrike", **hour(12 + 55 / 60, 13 + 56 / 60)},
            {"act": "airstrike", **hour(14, 14 + 50 / 60)},
            {"act": "airstrike"},
        )
    )
    (incident,) = fused.incidents.iter_rows(named=True)
    assert incident["occurred_from"] == DAY + timedelta(hours=12, minutes=55)
    assert incident["occurred_to"] == DAY + timedelta(hours=14, minutes=50)
    (problem,) = [p for p in fused.problems if p.code == "time_conflict"]
    assert "65 minutes" in problem.found


def test_exact_times_that_agree_give_their_intersection() -> None:
    fused = fuse(told(hour(12, 14), hour(13, 15), {}))
    (incident,) = fused.incidents.iter_rows(named=True)
    assert incident["occurred_from"] == DAY + timedelta(hours=13)
    assert incident["occurred_to"] == DAY + timedelta(hours=14)
    assert codes(fused) == []


def test_g6_thirty_seven_and_four_strikes_are_flagged_and_never_averaged() -> None:
    fused = fuse(
        told(
            {"act": "airstrike", "count_value": "37", "count_unit": "strikes"},
            {"act": "airstrike", "count_value": "4", "count_unit": "strikes"},
            {"act": "airstrike", "count_value": "20", "count_unit": "vehicles"},
        )
    )
    assert fused.incidents.height == 1
    (problem,) = fused.problems
    assert problem.code == "unit_conflict"
    assert "4 strikes" in problem.found and "37 strikes" in problem.found


def test_what_cannot_be_one_happening_is_kept_apart() -> None:
    fused = fuse(
        told(
            {"act": "airstrike"},
            {"act": "aid_blocked"},  # same place and day, not violent
            {"act": "airstrike", **day(1)},  # the next day's raid
            {"act": "airstrike", **MAYADIN},  # another place
            {"act": "airstrike", **day(9)},  # another week
        )
    )
    assert groups(fused) == [["R0"], ["R1"], ["R2"], ["R3"], ["R4"]]


def test_a_coarse_report_attaches_to_the_likelier_incident_and_never_bridges_two() -> None:
    area = {"precision": "governorate", "latitude": 36.2, "longitude": 37.15, "place_name": "Aleppo province"}
    atareb = {"place_name": "Atareb", "latitude": 36.14, "longitude": 36.2, "precision": "town"}
    same = {"killed_min": 12, "killed_max": 12, "affected": "humanitarian"}
    fused = fuse(told(same, same, {**atareb, "killed_min": 3}, {**atareb, "killed_min": 3}, {**area, **same}))
    assert groups(fused) == [["R0", "R1", "R4"], ["R2", "R3"]]


def test_reports_without_a_point_meet_by_name() -> None:
    nowhere = {"latitude": None, "longitude": None, "precision": None, "location_basis": "area"}
    fused = fuse(
        told(
            {"act": "airstrike", **nowhere, "place_name": "East Aleppo"},
            {"act": "airstrike", **nowhere, "place_name": "east aleppo"},
            {"act": "airstrike", **nowhere, "place_name": "Kallaseh", "admin1": "Homs"},
        )
    )
    assert groups(fused) == [["R0", "R1"], ["R2"]]
    assert fused.incidents["latitude"].to_list() == [None, None]


def decision(name: str, kind: str, a: str | None = None, b: str | None = None, **more: Any) -> dict[str, Any]:
    return {"decision_id": name, "kind": kind, "report_a": a, "report_b": b, "recorded_at": DAY, **more}


def test_decisions_are_honoured_and_can_be_withdrawn() -> None:
    reports = told({}, {}, {**MAYADIN})
    ruled = [decision("D1", "different", "R0", "R1"), decision("D2", "same", "R0", "R2")]
    fused = fuse(reports, decisions=table("decisions").frame(ruled))
    assert groups(fused) == [["R0", "R2"], ["R1"]]
    assert fused.links.filter(pl.col("decision") == "same")["probability"].to_list() == [1.0]
    split = fused.lineage.filter(pl.col("change") == "split_from").row(0, named=True)
    assert (split["incident_id"], split["other_id"], split["because"]) == ("I-R1", "I-R0", "D1")
    back = [*ruled, decision("D3", "withdraw", withdraws="D1"), decision("D4", "withdraw", withdraws="D2")]
    after = fuse(reports, decisions=table("decisions").frame(back))
    assert groups(after) == groups(fuse(reports)) == [["R0", "R1"], ["R2"]]


def test_contradicting_decisions_give_way_to_the_later_one_with_a_problem() -> None:
    ruled = [
        decision("D1", "same", "R0", "R1"),
        decision("D2", "same", "R1", "R2", recorded_at=DAY + timedelta(hours=1)),
        decision("D3", "different", "R0", "R2", recorded_at=DAY + timedelta(hours=2)),
        decision("D4", "same", "R0", "R9"),
    ]
    fused = fuse(told({}, {}, {}), decisions=table("decisions").frame(ruled))
    assert groups(fused) == [["R0"], ["R1", "R2"]]
    assert sorted(codes(fused)) == ["decision_conflict", "decision_unusable"]


def test_shuffling_rows_changes_nothing() -> None:
    reports = told(
        *[{"killed_min": k, "text": f"word{k} convoy hit"} for k in range(12)], {**MAYADIN}, {**day(1)}
    )
    one = fuse(reports)
    two = fuse(reports.sample(fraction=1.0, shuffle=True, seed=3))
    for name in ("incidents", "memberships", "links", "lineage"):
        assert getattr(one, name).equals(getattr(two, name)), name
    assert one.problems == two.problems


def test_a_later_report_keeps_every_name() -> None:
    rows = [{}, {}, {**MAYADIN}, {**MAYADIN}]
    early = set(fuse(told(*rows)).incidents["incident_id"])
    assert early == {"I-R0", "I-R2"}
    late = fuse(told(*rows, {"killed_min": 5}, {**MAYADIN, "report_id": "A0"}))
    assert set(late.incidents["incident_id"]) == early  # A0 sorts first but was recorded last


def test_a_report_torn_between_two_incidents_says_so() -> None:
    first = {"text": "market bakery flour burned", "act": None}
    second = {"text": "clinic ambulance driver wounded", "act": None, "place_name": "Orem", "latitude": 36.24}
    both = {
        "text": "market bakery flour burned clinic ambulance driver wounded",
        "latitude": 36.19,
        "act": None,
    }
    fused = fuse(told(first, first, second, second, both))
    assert groups(fused) == [["R0", "R1", "R4"], ["R2", "R3"]]
    probability = dict(fused.memberships.select("report_id", "probability").rows())
    assert 0.4 < probability["R4"] < 0.7  # nearly as likely the other one
    of_first = (pl.col("kind") == "split") & (pl.col("incident_id") == "I-R0")
    split = fused.alternatives.row(by_predicate=of_first, named=True)
    assert split["reports"] == "R4"
    assert split["probability"] == pytest.approx(1 - probability["R4"])
    assert probability["R0"] > probability["R4"] + 0.2
    cohesion = dict(fused.incidents.select("incident_id", "cohesion").rows())
    assert cohesion["I-R0"] == probability["R4"]  # as sure as its least sure report


def test_two_names_tied_by_a_later_report_leave_a_trace() -> None:
    first = {"text": "market bakery flour burned", "act": None}
    second = {"text": "clinic ambulance driver wounded", "act": None, "place_name": "Orem", "latitude": 36.21}
    both = {
        "text": "market bakery flour burned clinic ambulance driver wounded",
        "latitude": 36.18,
        "act": None,
    }
    assert groups(fuse(told(first, second))) == [["R0"], ["R1"]]
    fused = fuse(told(first, second, both))
    assert groups(fused) == [["R0", "R1", "R2"]]
    rows = fused.lineage.select("incident_id", "change", "other_id", "because").rows()
    assert rows == [("I-R0", "minted", "R0", "R0"), ("I-R1", "merged_into", "I-R0", "R2")]


def test_names_of_an_earlier_run_are_followed() -> None:
    reports = told({}, {}, {**MAYADIN})
    before = fuse(reports)
    ruled = table("decisions").frame([decision("D1", "same", "R0", "R2")])
    merged = fuse(reports, decisions=ruled, previous=before.memberships).lineage
    assert ("I-R2", "merged_into", "I-R0") in merged.select("incident_id", "change", "other_id").rows()


def test_copies_relays_and_one_sources_updates_are_one_origin() -> None:
    text = "at least twelve people were killed when trucks burned near the warehouse"
    sources = table("sources").frame([{"source_id": "sohr", "name": "The Observatory"}])
    fused = fuse(
        told(
            {"source_id": "sohr", "killed_min": 12, "killed_max": 12, "text": text},
            {"source_id": "digest", "relays": "The Observatory", "killed_min": 12, "killed_max": 12},
            {"source_id": "paper", "text": text.upper() + "!", "url": "http://p"},
            {"source_id": "mirror", "url": "http://p", "killed_min": None},
            {"source_id": "sohr", "killed_min": 20, "killed_max": 20},
            {"source_id": "redcross", "killed_min": 30, "killed_max": 30},
            {"source_id": "a", "relays": "unseen"},
            {"source_id": "b", "relays": "unseen"},
        ),
        sources,
    )
    (incident,) = fused.incidents.iter_rows(named=True)
    member = fused.memberships
    assert member["origin_id"].to_list() == ["R0", "R0", "R0", "R0", "R0", "R5", "R6", "R6"]
    assert member["copy_basis"].to_list() == [
        None,
        "relays",
        "same text",
        "same url",
        "same source",
        None,
        None,
        "relays",
    ]
    assert incident["n_origins"] == 3
    # the Observatory's last word is 20 (its earlier 12 is superseded), the Red Cross says 30: two voices, not eight
    assert (incident["killed_low"], incident["killed_best"], incident["killed_high"]) == (20, 25, 30)


def test_one_page_that_quotes_two_voices_is_two_origins() -> None:
    fused = fuse(
        told({"url": "http://p", "killed_min": 12}, {"url": "http://p", "killed_min": 30, "actor": "x"}),
    )
    assert fused.memberships["copy_basis"].to_list() == [None, None]


def test_weights_of_a_pair_sum_and_the_reasons_are_listed() -> None:
    fused = fuse(told({"killed_min": 5}, {"killed_min": 6}, {"source_id": "s0"}))
    parts = ["prior", *(c for c in fused.links.columns if c.startswith("w_"))]
    summed = fused.links.select(pl.sum_horizontal(parts).alias("sum"))["sum"]
    assert summed.to_list() == pytest.approx(fused.links["weight"].to_list(), abs=1e-6)
    titles = [title for title, _ in fused.explain("I-R0")]
    assert len(titles) == 6
    assert fused.explain("I-R0")[1][1].height == 3
    with pytest.raises(KeyError):
        fused.explain("I-none")


def test_swapping_two_parties_swaps_nothing_but_their_names() -> None:
    rows = [
        {"actor": "p", "affected": "q", "killed_min": 4},
        {"actor": "q", "affected": "p", "killed_min": 4},
        {"actor": "p|q", **day(1)},
        {"actor": "q", "affected": "civilians", "act": "shelling"},
        {"actor": "p", **MAYADIN},
    ]
    swap = {"p": "q", "q": "p", "p|q": "q|p"}
    one = fuse(told(*rows))
    two = fuse(
        told(*[{k: swap.get(v, v) if k in ("actor", "affected") else v for k, v in r.items()} for r in rows])
    )
    assert one.memberships.equals(two.memberships)
    assert one.links.equals(two.links)


def test_any_frame_will_do() -> None:
    bare = pl.DataFrame(
        {
            "report_id": ["b", "a", "c", "a", None],
            "source_id": [1, 2, 3, 4, 5],
            "occurred_from": [DAY.replace(tzinfo=None)] * 5,
            "occurred_to": [DAY.replace(tzinfo=None) - timedelta(hours=1), None, None, None, None],
            "latitude": [0.0, float("nan"), 200.0, 1.0, 1.0],
            "longitude": [0.0, 1.0, 1.0, 1.0, 1.0],
            "killed_min": [-4, 3, None, 1, 1],
            "act": ["Riots", None, "Riots", "x", "x"],
        }
    )
    fused = fuse(bare)
    assert fused.memberships["report_id"].to_list() == ["a", "b", "c"]
    assert sorted(codes(fused)) == ["report_twice", "report_unusable"]
    assert fused.incidents["latitude"].null_count() == fused.incidents.height
    with pytest.raises(TableError):
        fuse(bare.drop("source_id"))
    assert fuse(bare.clear()).incidents.height == 0


@pytest.mark.parametrize("one_source", [True, False])
def test_ten_thousand_identical_reports_are_one_incident_in_bounded_work(one_source: bool) -> None:
    n = 10_000
    frame = pl.DataFrame(
        {
            "report_id": [f"R{k:05}" for k in range(n)],
            "source_id": ["s" if one_source else f"s{k}" for k in range(n)],
            "occurred_from": [DAY] * n,
            "occurred_to": [DAY] * n,
            "latitude": [36.15] * n,
            "longitude": [36.95] * n,
            "act": ["shelling"] * n,
            "text": ["shells hit the market in the middle of the town"] * n,
        }
    )
    fused = fuse(frame)
    (incident,) = fused.incidents.iter_rows(named=True)
    assert (incident["n_reports"], incident["n_origins"]) == (n, 1)
    assert codes(fused) == ["crowd_cut"]
    assert fused.links.height < 100 * n


def test_month_long_intervals_and_reports_without_any_place_do_not_pile_up() -> None:
    n = 3_000
    frame = pl.DataFrame(
        {
            "report_id": [f"R{k:05}" for k in range(n)],
            "source_id": [f"s{k % 7}" for k in range(n)],
            "occurred_from": [DAY + timedelta(days=k % 300) for k in range(n)],
            "occurred_to": [DAY + timedelta(days=k % 300 + 30) for k in range(n)],
            "act": [["airstrike", "shelling", "sniper"][k % 3] for k in range(n)],
        }
    )
    fused = fuse(frame)
    # a month and nothing else is no reason to tie two reports
    assert fused.incidents.height == n


def test_reports_under_one_coded_event_are_one_happening_unless_an_analyst_says_otherwise():
    """The coders of a data set put two far-apart articles under one event; an analyst may part them again."""
    day = datetime(2015, 2, 15, tzinfo=UTC)
    reports = pl.DataFrame(
        {
            "report_id": ["a", "b", "c"],
            "source_id": ["one", "two", "three"],
            "occurred_from": [day] * 3,
            "occurred_to": [day] * 3,
            "latitude": [48.3, 47.1, 48.3],
            "longitude": [38.4, 37.5, 38.4],
            "act": ["battle", "battle", "capture"],
            "coded_event": ["E1", "E1", None],
        }
    )
    home = dict(fuse(reports).memberships.select("report_id", "incident_id").iter_rows())
    assert home["a"] == home["b"] == "I-a"
    parted = pl.DataFrame(
        {"decision_id": ["D1"], "kind": ["different"], "report_a": ["a"], "report_b": ["b"]}
    )
    home = dict(fuse(reports, decisions=parted).memberships.select("report_id", "incident_id").iter_rows())
    assert home["a"] != home["b"]


def test_one_slip_among_many_origins_does_not_set_the_range():
    """Twelve voices say 10 to 21; one relay took the day's total, 32, and one counted its own staff only, 1."""
    hour = datetime(2016, 9, 19, 16, tzinfo=UTC)
    tolls = [1, 10, 10, 12, 12, 12, 13, 14, 18, 20, 20, 21, 32]
    reports = pl.DataFrame(
        {
            "report_id": [f"r{n:02}" for n in range(len(tolls))],
            "source_id": [f"s{n:02}" for n in range(len(tolls))],
            "occurred_from": [hour] * len(tolls),
            "occurred_to": [hour] * len(tolls),
            "place_name": ["Urum"] * len(tolls),
            "act": ["convoy_attack"] * len(tolls),
            "killed_min": tolls,
            "killed_max": tolls,
        }
    )
    incident = fuse(reports).incidents.row(0, named=True)
    assert incident["n_reports"] == 13
    assert (incident["killed_low"], incident["killed_best"], incident["killed_high"]) == (10, 13, 21)


def test_a_page_that_quotes_two_voices_holds_no_copy_but_its_second_listing_does():
    """One wire item quotes an observatory and the Red Cross; a paper lists the same item again."""
    sources = table("sources").frame(
        [
            {"source_id": "sohr", "name": "Observatory", "kind": "monitor_ngo"},
            {"source_id": "icrc", "name": "Red Cross", "kind": "red_cross"},
            {"source_id": "paper", "name": "Paper", "kind": "media_independent"},
        ]
    )
    fused = fuse(told(*({"source_id": s, "url": "http://wire"} for s in ("sohr", "icrc", "paper"))), sources)
    assert fused.incidents["n_reports"].to_list() == [3]
    assert fused.memberships["copy_basis"].to_list() == [None, None, "same url"]


def test_two_coded_events_at_two_villages_of_one_day_stay_two():
    """A register of the dead codes two villages a few kilometres apart: the dead of one are not those of the other."""
    day = datetime(2014, 8, 29, tzinfo=UTC)
    reports = pl.DataFrame(
        {
            "report_id": ["a", "b", "c"],
            "source_id": ["register", "register", "agency"],
            "occurred_from": [day] * 3,
            "occurred_to": [day + timedelta(hours=23)] * 3,
            "place_name": ["North village", "South village", "North village"],
            "latitude": [47.80, 47.77, 47.80],
            "longitude": [38.10, 38.12, 38.10],
            "precision_km": [1.5] * 3,
            "act": ["battle"] * 3,
            "killed_min": [131, 55, 131],
            "killed_max": [131, 55, 131],
            "coded_event": ["E1", "E2", "E1"],
        }
    )
    home = dict(fuse(reports).memberships.select("report_id", "incident_id").iter_rows())
    assert home["a"] == home["c"] != home["b"]
    same = pl.DataFrame({"decision_id": ["D1"], "kind": ["same"], "report_a": ["a"], "report_b": ["b"]})
    joined = fuse(reports, decisions=same).memberships
    assert joined["incident_id"].n_unique() == 1, "an analyst overrules the coders"
