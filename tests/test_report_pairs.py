"""Why two reports are one incident: the steps sum, the words come from the level, the right pairs are shown."""

import re

import polars as pl
import pytest

from ceasefire.fuse.weights import default_weights
from ceasefire.report.charts.falls import sentence, signed, waterfall
from ceasefire.report.pairs import (
    default_levels,
    founding,
    least_sure,
    levels_of,
    pair_of,
    strongest,
    way,
)

LEVELS = levels_of(default_weights().frame())


def link(a, b, weight=None, **more):
    """A row of ``links``: weights by feature, the rest nought; the prior is −2."""
    decision = more.pop("decision", None)
    names = ("time", "place", "act", "actor", "affected", "casualties", "text", "url", "source")
    row = {"report_a": a, "report_b": b, "prior": -2.0}
    row |= {f"w_{name}": float(more.pop(name, 0.0)) for name in names} | more
    total = sum(v for k, v in row.items() if k == "prior" or k.startswith("w_"))
    row["weight"] = total if weight is None else weight
    return row | {"probability": 1 / (1 + 2.718281828 ** -row["weight"]), "decision": decision}


def test_each_feature_is_a_step_and_the_steps_sum_to_the_weight():
    pair = pair_of(link("R1", "R2", time=1.0, place=2.2, text=-0.4), LEVELS)
    assert [(s.words, s.weight) for s in pair.telling] == [
        ("same day", 1.0),
        ("same place", 2.2),
        ("no words shared", -0.4),
    ]
    assert pair.steps[-1].after == pytest.approx(pair.weight) == pytest.approx(0.8)
    assert "actor" in [s.feature for s in pair.silent]


def test_a_named_level_wins_over_a_guess_from_its_weight():
    """Two levels may weigh the same; where the row names one, that one is told."""
    assert pair_of(link("R1", "R2", time=1.0, l_time="next day"), LEVELS).steps[0].words == "next day"
    alike = levels_of(
        pl.DataFrame(
            {
                "feature": ["time", "time"],
                "level": ["same hour", "same day"],
                "weight": [1.4, 1.4],
                "about": ["a", "b"],
            }
        )
    )
    step = pair_of(link("R1", "R2", time=1.4), alike).steps[0]
    assert (step.words, step.about) == ("same hour or same day", "a or: b")


def test_where_the_weights_were_learned_no_level_is_named_wrongly():
    """Defaults name the levels only if every weight of every link is a default."""
    assert default_levels(pl.DataFrame([link("R1", "R2", time=1.0)]))
    learned = pl.DataFrame([link("R1", "R2", time=1.0), link("R1", "R3", time=1.37)])
    assert default_levels(learned) == {}
    pair = pair_of(link("R1", "R2", time=1.0), default_levels(learned))
    assert [s.words for s in pair.telling] == ["time"]


def test_what_is_more_than_the_sum_of_the_features_is_a_step_of_its_own():
    pair = pair_of(link("R1", "R2", time=1.0, weight=0.5), LEVELS)
    assert pair.steps[-1].feature == "together"
    assert pair.steps[-1].after == pytest.approx(0.5)


def test_a_withheld_sum_has_no_steps():
    pair = pair_of(link("R1", "R2", time=1.0) | {"weight": None, "w_place": None}, LEVELS)
    assert (pair.steps, pair.weight) == ((), None)


def test_the_least_sure_report_is_shown_by_its_strongest_link():
    links = [link("A", "B", 3.0), link("A", "C", 0.5), link("B", "C", 1.5), link("A", "D", 0.1)]
    sure = {"A": 0.99, "B": 0.99, "C": 0.8, "D": 0.9}
    report, row = least_sure(sure.items(), links)
    assert (report, row["report_a"], row["report_b"]) == ("C", "B", "C")
    assert least_sure({"A": 1.0}.items(), []) is None


def test_a_decision_binds_more_than_any_weight_and_one_that_parts_binds_nothing():
    links = [link("A", "B", 9.0, decision="different"), link("A", "C", -4.0, decision="same")]
    best = strongest(links)
    assert best["A"]["report_b"] == "C"
    assert "B" not in best


def test_an_incident_begins_with_its_first_report_and_the_first_one_linked_to_it():
    links = [link("A", "C", 1.0), link("A", "D", 5.0), link("B", "C", 2.0)]
    row = founding(["A", "B", "C", "D"], links)
    assert (row["report_a"], row["report_b"]) == ("A", "C")
    assert founding(["A"], links) is None


def test_two_reports_that_were_not_compared_are_led_to_each_other_by_the_strongest_links():
    links = [link("A", "B", 0.2), link("A", "C", 4.0), link("C", "B", 3.0), link("B", "D", 1.0)]
    assert [(r["report_a"], r["report_b"]) for r in way("A", "D", links)] == [
        ("A", "C"),
        ("C", "B"),
        ("B", "D"),
    ]
    assert way("A", "Z", links) == []


def test_a_waterfall_draws_each_step_where_the_one_before_ended():
    pair = pair_of(link("R1", "R2", time=1.0, place=2.2, text=-0.4), LEVELS)
    drawn = waterfall(pair, "Why R1 and R2", "69 in 100")
    assert "<title>Why R1 and R2</title>" in drawn
    assert "before any comparison −2.0; same day +1.0; same place +2.2; no words shared −0.4" in drawn
    assert sentence(pair, "69 in 100") in drawn
    bars = re.findall(r'<rect x="([\d.]+)%" width="([\d.]+)%"[^>]*class="([^"]+)"', drawn)
    assert [css for *_, css in bars] == ["step", "step for", "step for", "step", "step sum"]
    assert all(float(x) + float(width) <= 88.1 for x, width, _ in bars)
    assert float(bars[1][0]) == pytest.approx(float(bars[0][0]), abs=0.1)  # from −2 back to −1
    assert float(bars[2][0]) == pytest.approx(float(bars[1][0]) + float(bars[1][1]), abs=0.1)


def test_words_of_others_cannot_write_the_drawing():
    row = link("<b>", "R2", time=1.0, l_time='"><script>')
    drawn = waterfall(pair_of(row, LEVELS), "Why <b>", "x")
    assert "<script>" not in drawn
    assert "<b>" not in drawn


@pytest.mark.parametrize(
    ("value", "words"), [(1.0, "+1.0"), (-0.42, "−0.4"), (0.03, "+0.03"), (0.0, "0.0"), (-0.001, "0.0")]
)
def test_small_weights_keep_their_sign(value, words):
    assert signed(value) == words
