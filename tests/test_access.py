"""Stories of aid: what was asked, held, hit and handed over; which roads are open; what was struck after notice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ceasefire.access import Accessed, access
from ceasefire.access.notices import coordinate_doubt
from ceasefire.access.struck import DIRECT, REACH_KM, within_reach
from ceasefire.model import table

MIDNIGHT = datetime(2016, 9, 11, 21, tzinfo=UTC)  # 12 September, 00:00 in Damascus
DAY = timedelta(days=1)
LAST = timedelta(microseconds=1)
PLACES = table("places").frame(
    [
        {"place_name": "Bab al-Hawa", "aliases": "Cilvegozu;باب الهوى", "latitude": 36.24, "longitude": 36.69,
         "precision": "village"},
        {"place_name": "East Aleppo", "aliases": "eastern Aleppo"},
        {"place_name": "Urum", "latitude": 36.15, "longitude": 36.95, "precision": "town"},
        {"place_name": "the warehouse", "latitude": 36.1516, "longitude": 36.9677, "precision": "exact",
         "protected": True},
    ]
)  # fmt: skip


def record(*lines: str) -> pl.DataFrame:
    """Lines ``day[.hour] kind consignment | from | to | trucks | people | authority``; the first day is 12 Sept."""
    rows = []
    for i, line in enumerate(lines, start=1):
        head, *rest = (part.strip() for part in line.split("|"))
        start, end, trucks, people, authority = [*rest, *[""] * (5 - len(rest))]
        when, kind, consignment = head.split()
        day, _, hour = when.partition(".")
        at = MIDNIGHT + int(day) * DAY + timedelta(hours=float(hour or 0))
        rows.append(
            {
                "access_id": f"A{i:02}",
                "at": at,
                "at_latest": at if hour else at + DAY - LAST,
                "kind": kind,
                "consignment": None if consignment == "-" else consignment,
                "from_place": start or None,
                "to_place": end or None,
                "trucks": int(trucks) if trucks else None,
                "people": int(people) if people else None,
                "authority": authority or None,
            }
        )
    return table("access").frame(rows)


def follow(
    facts: pl.DataFrame,
    as_of_day: float = 10,
    notifications: pl.DataFrame | None = None,
    incidents: pl.DataFrame | None = None,
    located: pl.DataFrame | None = None,
    memberships: pl.DataFrame | None = None,
) -> Accessed:
    empty = {n: table(n).empty() for n in ("notifications", "incidents", "located", "memberships")}
    return access(
        facts,
        notifications if notifications is not None else empty["notifications"],
        incidents if incidents is not None else empty["incidents"],
        located if located is not None else empty["located"],
        memberships if memberships is not None else empty["memberships"],
        PLACES,
        as_of=MIDNIGHT + as_of_day * DAY,
    )


def outcome(*lines: str, as_of_day: float = 10) -> str:
    return str(follow(record(*lines), as_of_day).consignments["outcome"][0])


CASTELLO = (
    "0 request C | Bab al-Hawa | East Aleppo | 40 | | gos+opposition",
    "1.12 departed C | Bab al-Hawa | East Aleppo | 20",
    "1 waiting C | Cilvegozu | East Aleppo | | | un",
    "3 waiting C | باب الهوى | East Aleppo | 20 | | gos",
    "7 waiting C | Bab al-Hawa | eastern Aleppo | 40 | 185000 | gos",
)
URUM = (
    "7 approval U | west | Urum | 31 | 78000 | gos",
    "7 notified U | west | Urum | 31 | 78000 | all",
    "7.10.8 departed U | west | Urum | 31".replace("7.10.8", "7.10"),
    "7.13 arrived U | west | the warehouse | 31 | 78000",
    "7.19 attacked U | | the warehouse | 31 | | sarc",
    "7 attacked U | | the warehouse | 18 | 78000 | sarc",
)
TALBISEH = (
    "7 delivered T | Homs | Talbiseh | 45 | 84000 | gos+icrc",
    "6 delivered T | Homs | Talbiseh | | 84000",
)


def test_trucks_that_wait_all_week_are_no_delivery() -> None:
    row = follow(record(*CASTELLO)).consignments.row(0, named=True)
    assert (row["outcome"], row["delivered_at"], row["days_waiting"]) == ("waiting", None, 10.0)
    assert (row["trucks"], row["people"]) == ("20–40", "185000")
    assert row["from_place"] == "Bab al-Hawa"


def test_golden_11_quiet_is_not_open() -> None:
    """14-15 September: whatever the calm, nothing has been delivered and the crossing is closed."""
    for day in (2.5, 3.5):
        known = record(*CASTELLO).filter(pl.col("at_latest") <= MIDNIGHT + day * DAY)
        traced = follow(known, day)
        assert traced.consignments["delivered_at"].null_count() == traced.consignments.height == 1
        assert (
            dict(traced.routes.select("route", "state").iter_rows())["Bab al-Hawa → East Aleppo"] == "closed"
        )


def test_hit_while_unloading_is_attacked_and_not_delivered() -> None:
    traced = follow(record(*URUM))
    row = traced.consignments.row(0, named=True)
    assert row["outcome"] == "attacked"
    assert row["attacked_at"] == MIDNIGHT + 7 * DAY + timedelta(hours=19)  # the account with an hour
    assert (row["trucks"], row["constraints"]) == ("31", "violence")  # trucks hit are not the load
    assert row["days_waiting"] == pytest.approx(19 / 24)
    assert traced.rules["U"].startswith("attacked after arriving")


def test_one_delivery_told_twice_is_one_delivery() -> None:
    traced = follow(record(*TALBISEH))
    row = traced.consignments.row(0, named=True)
    assert (row["outcome"], row["trucks"], row["people"]) == ("delivered", "45", "84000")
    assert row["delivered_at"] == MIDNIGHT + 6 * DAY
    assert row["days_waiting"] is None  # nothing is told of the time before
    assert traced.consignments.height == 1


def test_the_last_word_tells_the_state() -> None:
    assert outcome("0 request X | a | b") == "planned"
    assert outcome("0 request X | a | b", "1 letter_missing X | a | b") == "waiting"
    assert outcome("0 refused X | a | b", "1 request X | a | b") == "refused"
    assert outcome("0 refused X | a | b", "1 facilitation_letter X | a | b") == "planned"
    assert outcome("0 suspended X | a | b", "1 resumed X | a | b") == "planned"
    assert outcome("0 waiting X | a | b", "1 turned_back X | a | b") == "refused"
    assert outcome("0 loaded X | a | b", "1 departed X | a | b") == "unknown"
    assert outcome("0 departed X | a | b", "0 waiting X | a | b") == "waiting"


def test_arrived_alone_is_not_delivered() -> None:
    traced = follow(record("0 departed X | a | b", "0.5 arrived X | a | b"))
    assert traced.consignments["outcome"][0] == "unknown"
    assert "arrived is not delivered" in traced.rules["X"]


def test_delivered_and_then_attacked_is_both_told_and_doubted() -> None:
    after = follow(record("0.9 delivered X | a | b", "1.9 attacked X | a | b"))
    assert after.consignments["outcome"][0] == "delivered"
    same = follow(record("0 delivered X | a | b", "0.9 attacked X | a | b"))
    assert same.consignments["outcome"][0] == "attacked"
    assert [p.code for p in after.problems] == [p.code for p in same.problems] == ["outcome_contested"]


def test_an_open_consignment_without_later_word_is_said_to_be_quiet() -> None:
    assert "consignment_gone_quiet" in [p.code for p in follow(record(*CASTELLO), 40).problems]
    assert follow(record(*CASTELLO), 12).problems == []


def test_rows_that_move_nothing_are_named() -> None:
    facts = record(
        "0 teleported X | a | b", "0 suspended - | | Syria", "0 tally - | | Syria", "0 waiting X | a | b"
    )
    facts = facts.with_columns(pl.lit("weather").alias("constraint_class"))
    codes = sorted((p.severity, p.code) for p in follow(facts).problems)
    assert codes == [
        ("error", "unknown_step"),
        ("note", "step_without_consignment"),
        ("note", "tally_not_an_event"),
        *[("warning", "unknown_constraint")] * 3,
    ]


def test_each_authority_is_named_and_joint_naming_is_kept_apart() -> None:
    delays = follow(record(*CASTELLO, *TALBISEH)).access_delays
    found = {
        r["authority"]: (r["n_consignments"], r["n_jointly"], r["n_waiting"])
        for r in delays.iter_rows(named=True)
    }
    # what the government let through counts beside what it held; whoever only carries is not listed
    assert found == {"gos": (2, 1, 1), "opposition": (1, 1, 1), "un": (1, 0, 1)}
    assert delays.filter(pl.col("authority") == "opposition")["days_median"][0] == 10.0


def test_swapping_two_authorities_swaps_their_rows_and_moves_no_figure() -> None:
    swap = {"gos+opposition": "opposition+gos", "gos": "opposition"}
    turned = record(*CASTELLO).with_columns(pl.col("authority").replace(swap))
    one, other = follow(record(*CASTELLO)).access_delays, follow(turned).access_delays
    figures = pl.exclude("authority")
    assert (
        one.filter(pl.col("authority") == "gos")
        .select(figures)
        .equals(other.filter(pl.col("authority") == "opposition").select(figures))
    )


def state(*lines: str, as_of_day: float = 8, located: pl.DataFrame | None = None) -> str:
    return str(follow(record(*lines), as_of_day, located=located).routes["state"][0])


def test_the_state_of_a_route_is_that_of_the_last_sign() -> None:
    assert state("7 request X | a | b") == "unknown"
    assert state("7 departed X | a | b") == "unknown"  # leaving says nothing of the road
    assert state("7 waiting X | a | b") == "closed"
    assert state("6 waiting X | a | b", "7 delivered X | a | b") == "open"
    assert state("6 delivered X | a | b", "7 turned_back Y | a | b") == "closed"
    assert state("7.10 arrived X | a | b", "7.19 attacked X | a | b") == "closed"
    assert state("7.10 arrived X | a | b", "7 turned_back Y | a | b") == "contested"  # cannot be put in order
    assert state("0 waiting X | a | b", as_of_day=8) == "unknown"  # too old to say


def test_reports_of_blocked_aid_and_their_denial_are_signs_too() -> None:
    def told(stance: str) -> pl.DataFrame:
        at = MIDNIGHT + 7 * DAY
        row = {"report_id": "R1", "source_id": "s", "occurred_from": at, "occurred_to": at + DAY - LAST,
               "act": "aid_blocked", "place_name": "Cilvegozu", "stance": stance}  # fmt: skip
        return table("located").frame([row])

    asked = "7 request X | Bab al-Hawa | East Aleppo"
    assert state(asked, located=told("asserts")) == "closed"
    assert state(asked, located=told("denies")) == "open"
    assert state(asked, "7 waiting X | Bab al-Hawa | East Aleppo", located=told("denies")) == "contested"


def test_order_of_rows_never_matters() -> None:
    facts = record(*CASTELLO, *URUM, *TALBISEH)
    one, other = follow(facts), follow(facts.reverse())
    for name, frame in one.tables.items():
        assert frame.equals(other.tables[name]), name


def test_explain_a_consignment() -> None:
    traced = follow(record(*URUM))
    titles = dict(traced.explain("U"))
    assert titles["Outcome and the rule behind it"]["outcome"].to_list() == ["attacked"]
    assert titles["Accounts in their order"].height == 6
    assert traced.explain("no such consignment") == []


NOTICE = {"notification_id": "N1", "kind": "site", "name": "hospital 7", "place_name": "Urum", "latitude": 36.16,
          "longitude": 36.96, "notified_at": MIDNIGHT, "recipients": "all"}  # fmt: skip
STRIKE = {"incident_id": "I1", "act": "airstrike", "latitude": 36.16, "longitude": 36.96, "precision_km": 0.3,
          "occurred_from": MIDNIGHT + 2 * DAY, "occurred_to": MIDNIGHT + 2 * DAY}  # fmt: skip


def struck(notice: dict[str, object], incident: dict[str, object], named: str | None = None) -> Accessed:
    """One notice and one incident; ``named`` is the place that its report names."""
    located, members = table("located").empty(), table("memberships").empty()
    if named:
        row = {"report_id": "R1", "source_id": "s", "occurred_from": MIDNIGHT, "occurred_to": MIDNIGHT,
               "place_name": named}  # fmt: skip
        located = table("located").frame([row])
        members = table("memberships").frame([{"report_id": "R1", "incident_id": "I1", "probability": 1.0}])
    return follow(
        table("access").empty(),
        notifications=table("notifications").frame([NOTICE | notice]),
        incidents=table("incidents").frame([STRIKE | incident]),
        located=located,
        memberships=members,
    )


def test_a_strike_on_a_notified_site_carries_time_distance_and_probability() -> None:
    row = struck({}, {}).struck_after_notified.row(0, named=True)
    assert (row["hours_after"], row["distance_km"]) == (48.0, 0.0)
    joint = (0.3**2 + 0.3**2) ** 0.5
    assert row["probability"] == pytest.approx(1 - np.exp(-(REACH_KM**2) / (2 * joint**2)))
    assert (
        row["public_note"] == "air strike at or near Urum, 2 days after a site in this locality was notified"
    )


def test_a_vague_or_distant_strike_is_improbable_or_not_listed() -> None:
    sure = struck({}, {}).struck_after_notified["probability"][0]
    vague = struck({}, {"precision_km": 1.5}).struck_after_notified["probability"][0]
    assert sure > vague > 0.01
    assert struck({}, {"latitude": 36.30}).struck_after_notified.is_empty()
    assert struck({}, {"latitude": None}).struck_after_notified.is_empty()
    assert struck({}, {"act": "withdrawal"}).struck_after_notified.is_empty()


def test_the_reach_by_hand_and_by_lot() -> None:
    random = np.random.default_rng(1)
    distance, sigma = 0.8, 0.6
    points = random.normal([distance, 0.0], sigma, size=(200_000, 2))
    share = float((np.hypot(points[:, 0], points[:, 1]) < REACH_KM).mean())
    found = within_reach(np.array([distance, np.nan]), np.array([sigma, sigma]))
    assert found[0] == pytest.approx(share, abs=0.005)
    assert found[1] == 0.0


def test_a_convoy_attacked_at_the_destination_that_was_notified_links_directly() -> None:
    movement = {"kind": "movement", "name": "convoy", "latitude": None, "longitude": None,
                "valid_from": MIDNIGHT + 2 * DAY, "valid_to": MIDNIGHT + 3 * DAY}  # fmt: skip
    convoy = {"act": "convoy_attack", "latitude": None, "longitude": None}
    row = struck(movement, convoy, named="Urum").struck_after_notified.row(0, named=True)
    assert (row["probability"], row["distance_km"]) == (DIRECT, None)
    assert struck(movement, convoy, named="East Aleppo").struck_after_notified.is_empty()
    later = {"occurred_from": MIDNIGHT + 5 * DAY, "occurred_to": MIDNIGHT + 5 * DAY}
    assert struck(movement, convoy | later, named="Urum").struck_after_notified.is_empty()  # window over


def test_only_the_part_of_an_interval_after_the_notice_counts() -> None:
    spread = {"occurred_from": MIDNIGHT - 3 * DAY, "occurred_to": MIDNIGHT + DAY}
    whole = struck({}, {}).struck_after_notified["probability"][0]
    assert struck({}, spread).struck_after_notified["probability"][0] == pytest.approx(whole / 4)


def test_a_notice_after_the_incident_is_named_and_not_joined() -> None:
    early = {"occurred_from": MIDNIGHT - DAY, "occurred_to": MIDNIGHT - DAY}
    traced = struck({}, early)
    assert traced.struck_after_notified.is_empty()
    assert [p.code for p in traced.problems] == ["notified_after"]


@pytest.mark.parametrize(
    ("notice", "code"),
    [
        ({"latitude": 0.0, "longitude": 0.0}, "notice_at_zero"),
        ({"latitude": 36.16, "longitude": 36.16}, "notice_equal_degrees"),
        ({"latitude": 136.16, "longitude": 36.96}, "notice_out_of_range"),
        ({"latitude": 36.96, "longitude": 36.10, "place_name": "Bab al-Hawa"}, "notice_far_from_place"),
        ({"latitude": 36.16, "longitude": None}, "notice_half_coordinate"),
        ({"latitude": None, "longitude": None}, "notice_without_point"),
        ({"recipients": None}, "notice_without_recipients"),
        ({"notified_at": None}, "notice_undated"),
        ({"notified_at": MIDNIGHT - 400 * DAY}, "notice_stale"),
    ],
)
def test_the_checks_of_a_notification_desk(notice: dict[str, object], code: str) -> None:
    problems = struck(notice, {"act": "withdrawal"}).problems
    assert [p.code for p in problems] == [code]
    assert "36." not in str(problems[0])  # a coordinate never stands in a problem


def test_exchanged_degrees_are_seen_where_the_place_is_known() -> None:
    found = coordinate_doubt(36.69, 24.0, (24.0, 36.69, 1.0))
    assert found is not None
    assert found[0] == "notice_swapped"
    assert coordinate_doubt(24.0, 36.69, (24.0, 36.69, 1.0)) is None


def test_a_bad_point_is_not_used_but_the_locality_is() -> None:
    """The strike lies on the town's point; the notice at (0, 0) is looked for at the town, less surely."""
    at_town = {"latitude": 36.15, "longitude": 36.95}
    row = struck({"latitude": 0.0, "longitude": 0.0}, at_town).struck_after_notified.row(0, named=True)
    assert 0.01 < row["probability"] < 0.05


CASE = Path(__file__).parents[1] / "cases" / "syria-2016" / "access.csv"


def syria() -> pl.DataFrame:
    """The access record of the Syria case; a day without an hour is the whole local day."""
    rows = pl.read_csv(CASE, infer_schema_length=0).drop("recorded_at", "at_latest")
    day = pl.col("at").str.len_chars() <= 10
    text = pl.when(pl.col("at").str.len_chars() == 7).then(pl.col("at") + "-01").otherwise(pl.col("at"))
    at = pl.when(day).then(text + "T00:00:00+03:00").otherwise(text).str.to_datetime("%+", time_unit="us")
    latest = pl.when(day).then(at + pl.duration(days=1) - pl.duration(microseconds=1)).otherwise(at)
    return table("access").conform(rows.with_columns(at.alias("at"), latest.alias("at_latest")))


def test_the_syria_record_by_its_outcomes() -> None:
    traced = follow(syria(), 11)
    found = dict(traced.consignments.select("consignment", "outcome").iter_rows())
    assert found["CASTELLO-40"] == "waiting"
    assert found["URUM-31"] == "attacked"
    assert found["TALBISEH"] == found["MOADAMIYA"] == "delivered"
    to_aleppo = traced.consignments.filter(pl.col("to_place") == "East Aleppo")
    assert to_aleppo["delivered_at"].null_count() == to_aleppo.height
