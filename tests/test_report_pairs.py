"""Why two reports are one incident: the steps sum, the words come from the level, the right pairs are shown."""

import re

import pytest

from ceasefire.fuse.weights import FLOOR, TABLE
from ceasefire.report.charts.falls import sentence, signed, waterfall
from ceasefire.report.pairs import founding, least_sure, pair_of, strongest, way

ALIKE = {
    **{"time": 1.0, "place": 2.2, "text": -0.4, "crowd": -0.9},
    **{"l_time": "same day", "l_place": "same place", "l_text": "hardly any", "l_crowd": "many"},
}
WIDEST = 26  # letters that fit beside the bars on a telephone


def link(a, b, weight=None, **more):
    """A row of ``links``: weights by feature, the rest nought; the prior is −2. ``l_<feature>`` names a level."""
    decision = more.pop("decision", None)
    names = (*TABLE, "overlap")
    row = {"report_a": a, "report_b": b, "prior": -2.0}
    row |= {f"w_{name}": float(more.pop(name, 0.0)) for name in names} | more
    total = sum(v for k, v in row.items() if k == "prior" or k.startswith("w_"))
    row["weight"] = total if weight is None else weight
    return row | {"probability": 1 / (1 + 2.718281828 ** -row["weight"]), "decision": decision}


def test_each_feature_is_a_step_and_the_steps_sum_to_the_weight():
    pair = pair_of(link("R1", "R2", **ALIKE))
    assert [(s.words, s.weight) for s in pair.telling] == [
        ("same day", 1.0),
        ("same place", 2.2),
        ("hardly a word shared", -0.4),
        ("many here and then", -0.9),
    ]
    assert pair.steps[-1].after == pytest.approx(pair.weight) == pytest.approx(-0.1)
    assert [s.feature for s in pair.silent] == ["act", "actor", "affected", "casualties", "url", "source"]


def test_the_level_is_told_by_its_name_whatever_it_weighs():
    """Weights are learned, and two levels may weigh the same; without a name the feature stands without a level."""
    step = pair_of(link("R1", "R2", time=1.37, l_time="same hour")).steps[0]
    assert (step.words, step.about) == ("same hour", "both give a time of day, within an hour")
    assert pair_of(link("R1", "R2", time=1.37)).steps[0].words == "time"
    assert pair_of(link("R1", "R2", time=1.37, l_time="same moon")).steps[0].words == "same moon"


def test_every_level_has_words_that_are_said_of_no_other():
    told = [
        (feature, level.name, step.words)
        for feature, levels in TABLE.items()
        for level in levels
        for step in pair_of(link("R1", "R2", **{f"l_{feature}": level.name})).steps
        if step.feature == feature
    ]
    words = [said for *_, said in told]
    assert len(set(words)) == len(words) == sum(len(levels) for levels in TABLE.values())
    assert max(map(len, words)) <= WIDEST
    as_named = {feature for feature, name, said in told if said == name}
    assert as_named <= {"time", "place", "casualties", "url", "source"}, "levels whose name says it all"


def test_a_value_common_here_is_told_apart_from_a_rare_one():
    row = link("R1", "R2", act=0.5, l_act="same, common", actor=1.5, l_actor="same, telling")
    assert [s.words for s in pair_of(row).telling] == ["same act, common here", "same actor, rare here"]


def test_overlapping_evidence_is_a_step_where_it_changes_anything():
    pair = pair_of(link("R1", "R2", time=1.0, place=2.2, overlap=-0.7))
    assert (pair.steps[-1].words, pair.steps[-1].weight) == ("evidence overlaps", -0.7)
    assert pair.steps[-1].after == pytest.approx(pair.weight) == pytest.approx(0.5)
    assert "overlap" not in [s.feature for s in pair_of(link("R1", "R2", time=1.0)).steps]


def test_a_pair_cut_off_at_the_least_weight_is_not_said_to_overlap():
    row = link("R1", "R2", place=-3.5, l_place="elsewhere", act=-6.0, l_act="exclusive", overlap=3.5)
    assert row["weight"] == FLOOR
    assert [s.words for s in pair_of(row).telling][-1] == "set to the least weight"


def test_a_withheld_sum_has_no_steps():
    pair = pair_of(link("R1", "R2", time=1.0) | {"weight": None, "w_place": None})
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


def test_an_incident_begins_with_its_first_report_and_the_first_one_that_a_link_speaks_for():
    """All pairs of an incident are listed, also those that speak against it: A and B are one by way of C."""
    links = [link("A", "B", -1.4), link("A", "C", 1.0), link("A", "D", 5.0), link("B", "C", 2.0)]
    row = founding(["A", "B", "C", "D"], links)
    assert (row["report_a"], row["report_b"]) == ("A", "C")
    assert founding(["A"], links) is None
    assert founding(["A", "B"], links) is None
    decided = [link("A", "B", -1.4, decision="same"), link("A", "C", 1.0)]
    assert founding(["A", "B", "C"], decided)["report_b"] == "B"


def test_two_reports_that_were_not_compared_are_led_to_each_other_by_the_strongest_links():
    links = [link("A", "B", 0.2), link("A", "C", 4.0), link("C", "B", 3.0), link("B", "D", 1.0)]
    assert [(r["report_a"], r["report_b"]) for r in way("A", "D", links)] == [
        ("A", "C"),
        ("C", "B"),
        ("B", "D"),
    ]
    assert way("A", "Z", links) == []


def test_a_waterfall_draws_each_step_where_the_one_before_ended():
    pair = pair_of(link("R1", "R2", **ALIKE, overlap=0.3))
    drawn = waterfall(pair, "Why R1 and R2", "69 in 100")
    assert "<title>Why R1 and R2</title>" in drawn
    assert "before any comparison −2.0; same day +1.0; same place +2.2; hardly a word shared −0.4" in drawn
    assert "; many here and then −0.9; evidence overlaps +0.3; sum +0.2, 69 in 100" in drawn
    assert sentence(pair, "69 in 100") in drawn
    bars = re.findall(r'<rect x="([\d.]+)%" width="([\d.]+)%"[^>]*class="([^"]+)"', drawn)
    assert [css for *_, css in bars] == [
        "step",
        "step for",
        "step for",
        "step",
        "step",
        "step for",
        "step sum",
    ]
    assert all(float(x) + float(width) <= 88.1 for x, width, _ in bars)
    assert float(bars[1][0]) == pytest.approx(float(bars[0][0]), abs=0.1)  # from −2 back to −1
    assert float(bars[2][0]) == pytest.approx(float(bars[1][0]) + float(bars[1][1]), abs=0.1)


def test_words_of_others_cannot_write_the_drawing():
    row = link("<b>", "R2", time=1.0, l_time='"><script>')
    drawn = waterfall(pair_of(row), "Why <b>", "x")
    assert "<script>" not in drawn
    assert "<b>" not in drawn


@pytest.mark.parametrize(
    ("value", "words"), [(1.0, "+1.0"), (-0.42, "−0.4"), (0.03, "+0.03"), (0.0, "0.0"), (-0.001, "0.0")]
)
def test_small_weights_keep_their_sign(value, words):
    assert signed(value) == words
