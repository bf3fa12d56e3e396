"""What an incident's answer hangs on, in the report: the sentences and the hypotheses."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from ceasefire import Picture
from ceasefire.publishing import release
from ceasefire.report import render
from ceasefire.report.sections.desk import Desk
from ceasefire.report.sections.hangs import Hangs
from fabricated_picture import picture

SET: dict[str, Any] = {
    "incident_id": "i-R1", "loses": "lead", "unit": "source", "answer": "uplands", "n_units": 5, "size": 1,
    "members": "radio_up", "n_sets": 1, "proof": "exact", "none_up_to": 0, "leads_then": "river",
    "answer_then": "undetermined", "probability": 0.3,
}  # fmt: skip
TIP: dict[str, Any] = {
    "incident_id": "i-R1", "source_id": "radio_up", "role": "opposing", "camp": "uplands", "answer": "uplands",
    "value": 0.65, "lead_below": 0.4,
}  # fmt: skip


def told(sets: list[dict[str, Any]], tips: list[dict[str, Any]] | None = None) -> str:
    both = [row | {"unit": unit} for row in sets for unit in ("source", "origin")]
    made = picture().with_rows("smallest_sets", both).with_rows("tipping", tips or [])
    made = made.with_rows(
        "breakdown", [{"incident_id": "i-R1", "answer": "uplands", "epsilon": 0.04, "could_lead": "river"}]
    )
    return " ".join(Hangs(Desk(release(made))).sentences("i-R1"))


def test_one_source_and_its_tipping_value_in_plain_words() -> None:
    text = told([SET], [TIP])
    assert text.startswith("Without Radio Uplands, Uplands no longer leads; then River leads.")
    assert (
        "names the author of acts of the other side at most 40 in 100 times (now taken as 65 in 100)" in text
    )
    assert "River could lead once 4 in 100 of every independent account" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_sets": 3}, "So it is without 2 other sources."),
        ({"size": 2, "members": "radio_up; x", "n_sets": 2}, "So it is without 1 other set of that size."),
        ({"size": 4, "proof": "greedy", "n_sets": None, "none_up_to": 3}, "No set of up to 3 is enough"),
        ({"size": None, "members": None, "proof": "none found", "none_up_to": 3}, "whichever 3 sources are left out"),
        ({"size": None, "members": None, "proof": "none found", "none_up_to": 5}, "It holds whichever are left out"),
        ({"size": None, "members": None, "proof": "not searched", "n_units": 2_000}, "2000 speak of it"),
        ({"loses": "standard"}, "the standard of proof is not reached"),
    ],
)  # fmt: skip
def test_other_outcomes_in_plain_words(change: dict[str, Any], words: str) -> None:
    assert words in told([SET | change])


def test_camps_and_sources_that_change_nothing() -> None:
    assert "However reliable any one source is" in told([SET], [TIP | {"lead_below": None}])
    camps = told([SET], [TIP | {"lead_lost_in": "river; no camp"}])
    assert "If Radio Uplands spoke for River or nobody, another answer would lead." in camps


def test_nothing_is_said_of_what_nobody_contests_or_nobody_leads() -> None:
    made = picture().with_rows("smallest_sets", [SET | {"incident_id": "i-R5"}])
    look = Hangs(Desk(release(made)))
    assert look.sentences("i-R5") == []
    assert look.sentences("i-R1") == []
    assert look.competing("i-R1") == []


def test_the_convoys_entry_says_what_its_answer_hangs_on_and_what_is_not_known(syria: Picture) -> None:
    text = unescape(re.sub(r"<[^>]+>", " ", render(syria)))
    assert (
        text.count("What the answer hangs on")
        == syria.assessments.filter(contested=True)
        .join(syria.table("smallest_sets"), on="incident_id", how="semi")
        .height
    )
    assert text.count("What was meant ") == 3
    assert (
        "Equally probable: a deliberate attack on the aid, a deliberate attack, to press for other terms"
        in text
    )
    assert "A mistake about who was there leads; without any one origin" in text
    assert "UN Headquarters Board of Inquiry (F04)" in text
