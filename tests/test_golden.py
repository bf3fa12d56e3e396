"""The golden checks G1-G14: what the Syria case of September 2016 must come out as. Each test is a short story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ceasefire import Picture
from shipped import shipped_picture

TRUCE_STARTS = datetime(2016, 9, 12, 16, 0, tzinfo=UTC)


def incident_of(picture: Picture, report: str) -> str:
    rows = picture.table("memberships").filter(pl.col("report_id") == report)
    assert rows.height == 1, f"{report} belongs to no incident"
    return str(rows["incident_id"][0])


def row(frame: pl.DataFrame, **where: str) -> dict[str, object]:
    for column, value in where.items():
        frame = frame.filter(pl.col(column) == value)
    assert frame.height == 1, f"{where}: {frame.height} rows"
    return frame.row(0, named=True)


def clock(picture: Picture, clock_id: str, reading: str = "declared") -> dict[str, object]:
    rows = picture.clocks.filter((pl.col("clock_id") == clock_id) & pl.col("reading").str.contains(reading))
    assert rows.height, (
        f"clock {clock_id}: no reading {reading}; there are {picture.clocks['reading'].to_list()}"
    )
    return rows.row(0, named=True)


def test_g1_the_truce_starts_at_seven_in_damascus_and_its_extensions_add_to_seven_days(
    syria: Picture,
) -> None:
    """19:00 in Damascus is 16:00 UTC; 48 h, 48 h more, and the 72 h that were offered end 168 h later."""
    start = syria.table("clock_events").filter(
        (pl.col("clock_id") == "renewal") & (pl.col("kind") == "start")
    )
    assert start["at"].to_list() == [TRUCE_STARTS]
    assert clock(syria, "renewal")["ends_at"] == TRUCE_STARTS + timedelta(hours=96)
    offered = clock(syria, "renewal", "offer")
    assert (
        offered["ends_at"] == datetime(2016, 9, 19, 16, 0, tzinfo=UTC) == TRUCE_STARTS + timedelta(hours=168)
    )


def test_g2_the_army_calm_ends_nineteen_hours_before_the_renewal_clock(syria: Picture) -> None:
    """23:59 on the 18th is 20:59 UTC; both ends are shown, 19 h 01 min apart."""
    events = syria.table("clock_events").filter(
        (pl.col("clock_id") == "army-calm") & pl.col("until").is_not_null()
    )
    declared_end = events["until"].to_list()[0]
    assert declared_end == datetime(2016, 9, 18, 20, 59, tzinfo=UTC)
    assert clock(syria, "renewal", "offer")["ends_at"] - declared_end == timedelta(hours=19, minutes=1)
    assert clock(syria, "army-calm")["state"] in ("ended", "lapsed")


def test_g3_the_seven_days_end_on_the_19th_or_after_a_reset_on_the_24th(syria: Picture) -> None:
    """Without a reset 19 Sept 16:00 UTC; reset at the strike near Deir ez-Zor (17 Sept 12:55 UTC) 24 Sept 12:55."""
    readings = syria.clocks.filter(pl.col("clock_id") == "seven-days")
    ends = set(readings["ends_at"].drop_nulls())
    assert datetime(2016, 9, 19, 16, 0, tzinfo=UTC) in ends
    assert datetime(2016, 9, 24, 12, 55, tzinfo=UTC) in ends
    assert clock(syria, "seven-days")["state"] in ("not_met", "blocked")


def test_g4_russian_counts_add_up_and_cannot_be_pooled_with_deaths(syria: Picture) -> None:
    """23 + 37 = 60, + 45 = 105, 199 - 55 = 144, so day 4 is 39; violations and deaths are different units."""
    checks = " ".join(syria.table("series")["checks"].drop_nulls())
    for figure in ("60", "105", "144", "39"):
        assert figure in checks, f"{figure} is not in the checks: {checks}"
    pooling = syria.table("pooling")
    russian_with_sohr = pooling.filter(
        (pl.col("series_a").str.contains("ru_") & pl.col("series_b").str.contains("sohr"))
        | (pl.col("series_b").str.contains("ru_") & pl.col("series_a").str.contains("sohr"))
    )
    assert russian_with_sohr.height
    assert not russian_with_sohr["allowed"].any()


def test_g5_two_start_times_for_deir_ez_zor_are_one_incident_in_conflict(syria: Picture) -> None:
    """15:55 and 17:00 carry the same offset: a conflict of 65 minutes, not a time-zone artefact."""
    assert incident_of(syria, "R113") == incident_of(syria, "R092")
    told = syria.problems.filter(
        (pl.col("record") == incident_of(syria, "R092")) & (pl.col("code") == "time_conflict")
    )
    assert told.height == 1
    assert "65" in told["found"][0]


def test_g6_thirty_seven_strikes_and_four_are_flagged_not_averaged(syria: Picture) -> None:
    """Different units of count: both are kept as they were told."""
    incident = incident_of(syria, "R092")
    told = syria.problems.filter((pl.col("record") == incident) & (pl.col("code") == "unit_conflict"))
    assert told.height >= 1
    assert {"4", "37"} <= set(" ".join(told["found"]).replace(",", " ").replace(";", " ").split())


def test_g7_all_convoy_reports_are_one_incident_with_its_range_and_its_findings(syria: Picture) -> None:
    """55 reports, killed from at least 10 to 21 or more, trucks 10 to 20; Board and Commission side by side."""
    convoy = incident_of(syria, "R145")
    reports = syria.table("located").filter(
        (pl.col("act") == "convoy_attack") & (pl.col("place_name") == "Urum al-Kubra")
    )
    assert {incident_of(syria, r) for r in reports["report_id"]} == {convoy}
    found = row(syria.incidents, incident_id=convoy)
    assert (found["killed_low"], found["killed_high"]) == (10, 21)
    trucks = syria.table("located").filter(
        pl.col("report_id").is_in(reports["report_id"].implode())
        & pl.col("count_unit").str.starts_with("trucks")
    )
    figures = {int(n) for cell in trucks["count_value"] for n in str(cell).replace("-", " ").split()}
    assert (min(figures), max(figures)) == (10, 20)
    beside = syria.table("findings_beside").filter(pl.col("incident_id") == convoy)
    issuers = " ".join(beside["issuer"])
    assert "Board of Inquiry" in issuers
    assert "Commission of Inquiry" in issuers


def test_g8_the_ministry_replaces_its_account_twice_and_keeps_one_denial(syria: Picture) -> None:
    """Fire, then a mortar, then a drone: two substitutions; that no Russian or Syrian aircraft struck never changes."""
    thread = syria.table("positions").filter(pl.col("thread") == "RU-URUM").sort("order")
    changes = dict(zip(thread["statement_id"], thread["change"], strict=True))
    assert changes["S003"] == changes["S004"] == "substitution"
    assert set(changes.values()) <= {"none", "update", "substitution"}
    inside = syria.table("contradictions").filter(
        (pl.col("scope") == "self") & (pl.col("about") == "URUM-2016-09-19") & (pl.col("party_a") == "russia")
    )
    assert not inside.filter(pl.col("key_a").is_in(["ru_strike", "air_strike"])).height


def test_g9_violence_outside_the_truce_is_no_breach(syria: Picture) -> None:
    """Al-Mayadin was held by an exempted group; Israel and Syria over Quneitra are not a dyad of the agreement."""
    for report in ("R069", "R032"):
        incident = incident_of(syria, report)
        verdicts = syria.table("incident_verdicts").filter(pl.col("incident_id") == incident)
        assert "breached" not in verdicts["verdict"].to_list()


def test_g10_the_castello_withdrawal_is_claimed_not_verified(syria: Picture) -> None:
    """Russia says the army left; the US cannot confirm; factions deny it."""
    rows = syria.verdicts.filter(pl.col("reason").str.contains("claimed, not verified"))
    assert rows.height
    assert set(rows["verdict"]) == {"undetermined"}


def test_g11_quiet_but_closed(syria: Picture) -> None:
    """On 15 September there is little violence and no aid: the step that needs both is not reached."""
    early = shipped_picture("syria-2016", "2016-09-15T12:00Z")
    seven = clock(early, "seven-days", "counted")
    assert seven["state"] == "blocked"
    assert "closed" in str(seven["reason"])
    assert (
        not early.table("consignments")
        .filter((pl.col("outcome") == "delivered") & pl.col("to_place").str.contains("East Aleppo"))
        .height
    )


def test_g12_conflicting_distances_are_kept_as_variants(syria: Picture) -> None:
    """3,500 and 3,000 m, 457 and 500 m: each with its source, none chosen."""
    text = str(syria.case.agreement)
    for figure in ("3500", "3000", "457", "500"):
        assert figure in text.replace(",", "").replace(" ", ""), figure


def test_g13_nine_dead_at_khan_touman_are_fighters_or_patients(syria: Picture) -> None:
    """One source says fighters, another patients: the incident affects both, and the lowest toll is the staff alone."""
    incident = row(syria.incidents, incident_id=incident_of(syria, "R203"))
    assert {incident_of(syria, r) for r in ("R203", "R204", "R205")} == {incident["incident_id"]}
    assert "medical" in incident["affected"]
    assert "opposition" in incident["affected"]
    assert incident["killed_low"] == 4
    assert incident["killed_high"] == 13
    told = syria.problems.filter(
        (pl.col("record") == incident["incident_id"]) & (pl.col("code") == "status_contested")
    )
    assert told.height == 1, (
        "nothing is divided between fighters and civilians: of the nine, none need be either"
    )
    toll = row(syria.table("tolls"), incident_id=incident["incident_id"], quantity="killed")
    assert toll["victims_contested"] is True
    assert toll["civilians_low"] == 0
    assert toll["low"] <= 9 <= toll["high"]
    hit = syria.table("particulars").filter(
        (pl.col("incident_id") == incident["incident_id"]) & (pl.col("about") == "victims")
    )
    assert set(hit["status"].drop_nulls()) == {"civilian", "both"}, (
        "staff and patients; or medics and fighters"
    )


def test_g14_deir_ez_zor_is_self_declared_and_its_clause_is_undetermined(syria: Picture) -> None:
    """The Coalition says it struck; whether the Coalition is bound is disputed."""
    incident = incident_of(syria, "R092")
    answer = row(syria.assessments, incident_id=incident)
    assert answer["answer"] == "us-coalition"
    assert answer["self_attributed"] is True
    verdicts = syria.table("incident_verdicts").filter(
        (pl.col("incident_id") == incident) & (pl.col("holder") == "us-coalition")
    )
    assert set(verdicts["verdict"]) == {"undetermined"}
    assert verdicts["reason"].str.contains("contested").all()


@pytest.mark.parametrize(
    ("as_of", "issuers"),
    [
        ("2016-09-20T12:00Z", set()),
        ("2016-12-22", {"Board"}),
        ("2017-03-02", {"Board", "A/HRC/34/64"}),
    ],
)
def test_the_convoy_as_known_on_three_days(as_of: str, issuers: set[str]) -> None:
    """Contested in September; the Board's words beside it in December; the Commission's beside both in March."""
    picture = shipped_picture("syria-2016", as_of)
    convoy = incident_of(picture, "R145")
    answer = row(picture.assessments, incident_id=convoy)
    assert answer["contested"] is True
    beside = picture.table("findings_beside").filter(pl.col("incident_id") == convoy)
    said = " ".join(beside["issuer"])
    assert {name for name in ("Board", "A/HRC/34/64") if name in said} == issuers


def test_findings_never_feed_the_testimony(syria: Picture) -> None:
    """Nothing said by a board or commission stands among the terms of an attribution."""
    issuers = syria.case.settings.issuers
    assert issuers
    assert not syria.table("evidence").filter(pl.col("source_id").is_in(list(issuers))).height


def test_the_number_of_incidents_comes_with_what_fusion_leaves_open(syria: Picture) -> None:
    """Days, acts, areas and authors add up to the total; its interval is narrower than that of its days together."""
    told = syria.table("incident_counts")
    whole = row(told, by="all")
    assert whole["listed"] == syria.incidents.height
    assert whole["low"] < whole["best"] < whole["high"]
    for by in ("day", "week", "month", "period", "act", "area", "author"):
        part = told.filter(pl.col("by") == by)
        assert part["best"].sum() == pytest.approx(whole["best"], abs=0.001 * part.height), by
    days = told.filter(pl.col("by") == "day")
    assert whole["high"] - whole["low"] < 0.8 * (days["high"].sum() - days["low"].sum())
    touched = told.filter(pl.col("by") == "obligation").select("group", "listed")
    verdicts = syria.verdicts.filter(pl.col("n_incidents") > 0)
    expected = {f"{n} {h}": k for n, h, k in verdicts.select("norm_id", "holder", "n_incidents").iter_rows()}
    assert dict(touched.iter_rows()) == expected


def test_a_day_that_nobody_watched_has_no_count_of_happenings(syria: Picture) -> None:
    seen = syria.table("observation")
    dark = seen.filter(pl.col("state") == "not_observed")
    assert dark.height == dark["happenings_best"].null_count()
    told = seen.filter(pl.col("state") == "reported")
    assert (told["happenings_low"] <= told["happenings_best"].round()).all()
    assert (told["happenings_best"] > 0).all()
    quiet = seen.filter(pl.col("state") == "quiet_watched")
    assert set(quiet["happenings_high"]) <= {0}
