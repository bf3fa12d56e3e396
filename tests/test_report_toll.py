"""The toll in an entry of the report: the estimate first, the rules of others beside it."""

from __future__ import annotations

from ceasefire.report import render
from ceasefire.report.sections.toll import toll_facts
from fabricated_picture import picture

ROW = {
    "killed_low": 10, "killed_best": 14, "killed_high": 21, "injured_low": None, "injured_best": None, "injured_high": None,
}  # fmt: skip
KILLED = {
    "quantity": "killed", "low": 12, "best": 18, "high": 26, "n_origins": 20, "ucdp_low": 1, "ucdp_best": 14, "ucdp_high": 32,
    "airwars_low": 1, "airwars_high": 32, "airwars_grade": "contested", "victims_contested": None,
    "civilians_low": None, "civilians_high": None,
}  # fmt: skip
NO_FIGURE = dict.fromkeys(KILLED) | {"quantity": "injured", "n_origins": 0, "airwars_grade": "contested"}


def test_estimate_and_rules_stand_side_by_side() -> None:
    (name, text), injured = toll_facts(ROW, [KILLED, NO_FIGURE])
    assert name == "Killed"
    assert str(text) == (
        '18 (12–26 at 90 %), from 20 independent figures<br><span class="words">UCDP’s rule 14 (1–32); Airwars’ rule 1–32, '
        "contested (authors of different sides are named); figures told: 10 to 21, the middle one 14</span>"
    )
    assert injured == ("Injured", "not stated")


def test_without_estimates_the_figures_told_stand_alone() -> None:
    assert toll_facts(ROW, []) == [("Killed", "10 to 21 (best figure 14)"), ("Injured", "not stated")]


def test_none_is_a_word_and_a_contested_status_a_line_of_its_own() -> None:
    none = KILLED | dict.fromkeys(("low", "best", "ucdp_low", "ucdp_best", "ucdp_high", "airwars_low"), 0)
    none |= {"high": 1, "n_origins": 1, "airwars_high": 0, "airwars_grade": None}
    none |= {"victims_contested": True, "civilians_low": 0, "civilians_high": 1}
    facts = dict(toll_facts(ROW | {"killed_low": 0, "killed_best": 0, "killed_high": 0}, [none]))
    assert str(facts["Killed"]).startswith("none (0–1 at 90 %), from 1 independent figure<br>")
    assert "UCDP’s rule none; Airwars’ rule none; figures told: none" in str(facts["Killed"])
    assert facts["Who they were"].endswith("of the killed 0–1 were civilians")


def test_the_page_shows_the_estimate() -> None:
    made = picture()
    incident = made.tables["incidents"]["incident_id"][0]
    row = KILLED | {"incident_id": incident, "n_accounts": 31, "n_superseded": 10}
    html = render(made.with_rows("tolls", [row]))
    assert "18 (12–26 at 90 %), from 20 independent figures" in html
