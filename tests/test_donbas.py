"""The Donbas case: thousands of real reports, defects and all, and what a naive reading would get wrong."""

from __future__ import annotations

import polars as pl

from ceasefire import Picture
from shipped import shipped_case


def test_thousands_of_reports_are_read_and_every_row_is_accounted_for() -> None:
    """3,883 rows: 2,982 of the war in Donbas to 2021, the others passed over and said so; nobody is lost."""
    case = shipped_case("donbas")
    assert case.facts["reports"].height > 3000
    outside = case.problems.filter(pl.col("code") == "rows_outside")
    assert "901 rows" in outside["found"][0]
    assert not case.problems.filter(pl.col("severity") == "error").height


def test_a_register_of_the_dead_is_not_a_list_of_events(donbas: Picture) -> None:
    """131 rows of the memorial register for one place and day (29 August 2014) are one report, deaths summed."""
    rows = donbas.table("reports").filter(
        (pl.col("source_id") == "memorybook") & pl.col("text").str.contains("131")
    )
    assert rows.height == 1
    assert rows["killed_min"][0] == 131


def test_articles_under_one_coded_event_are_one_incident(donbas: Picture) -> None:
    """Six articles on the airliner of 17 July 2014: one incident, 298 killed."""
    home = donbas.table("memberships").filter(pl.col("report_id").str.starts_with("UCDP-154679-"))
    assert home.height == 6
    assert home["incident_id"].n_unique() == 1
    incident = donbas.incidents.filter(pl.col("incident_id") == home["incident_id"][0])
    assert incident["killed_high"][0] >= 298


def test_a_source_that_names_nobody_leaves_the_author_undetermined(donbas: Picture) -> None:
    """UCDP names who fought whom, not who did it: no incident is laid to anybody."""
    assert set(donbas.assessments["answer"]) == {"undetermined"}


def test_the_register_ends_in_2016_and_the_mix_of_sources_says_so(donbas: Picture) -> None:
    """A comparison across the end of the register measures the register; the truces concerned carry a warning."""
    warned = donbas.table("rate_ratios").filter(
        (pl.col("truce_id") == "UA_2014-09-05") & pl.col("warning").str.contains("register")
    )
    assert warned.height == 2


def test_each_camp_counts_mostly_its_own_dead(donbas: Picture) -> None:
    """Ukrainian offices tell of Ukrainian dead, Russian and separatist offices of the other side's: not one total."""
    dead = donbas.table("who_counts_whose_dead")

    def told(camps: list[str], affected: str) -> int:
        return int(
            dead.filter(pl.col("camp").is_in(camps) & (pl.col("affected") == affected))["killed_high"].sum()
        )

    kyiv, other = ["government-of-ukraine"], ["russia", "cadlr", "cadlr+russia"]
    assert told(kyiv, "government-of-ukraine") > 100 * told(kyiv, "cadlr")
    assert told(other, "cadlr") > 20 * told(other, "government-of-ukraine")


def test_twenty_eight_truces_have_their_rates_at_both_windows(donbas: Picture) -> None:
    rates = donbas.table("rate_ratios").filter(pl.col("unit") == "place_days")
    assert rates["truce_id"].n_unique() == 28
    assert set(rates["window_days"]) == {14, 28}
    row = rates.filter((pl.col("truce_id") == "UA_2019-07-21") & (pl.col("window_days") == 14)).row(
        0, named=True
    )
    assert (row["before"], row["after"]) == (14, 3)
    assert round(row["ratio"], 2) == 0.21
    assert (round(row["low"], 2), round(row["high"], 2)) == (0.04, 0.77)
