"""Plain words for figures."""

from datetime import UTC, datetime, timedelta

import pytest

from ceasefire.party_names import brief
from ceasefire.report import wording


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.0, "almost no chance, 0 in 100"),
        (0.002, "almost no chance, less than 1 in 100"),
        (0.12, "very unlikely, 12 in 100"),
        (0.2, "unlikely, 20 in 100"),
        (0.5, "roughly even chance, 50 in 100"),
        (0.55, "likely, 55 in 100"),
        (0.8, "very likely, 80 in 100"),
        (0.97, "almost certain, 97 in 100"),
        (0.999, "almost certain, more than 99 in 100"),
        (1.0, "almost certain, 100 in 100"),
    ],
)
def test_a_chance_has_its_word_and_its_number(p, words):
    assert wording.chance(p) == words


def test_an_interval_is_said_in_plain_words():
    assert wording.chance(0.07, 0.04, 0.12) == "very unlikely, 7 in 100 (between 4 and 12 in 100)"
    assert wording.chance(None) == "no probability stated"


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ((None, None, None), "not stated"),
        ((0, 0, 0), "none"),
        ((10, 12, 21), "10 to 21 (best figure 12)"),
        ((14, 14, None), "at least 14"),
        ((3, 3, 3), "3"),
        ((None, None, 5), "at most 5"),
        ((1000, 1000, 1200), "1,000 to 1,200"),
    ],
)
def test_null_zero_and_a_range_are_three_things(figures, words):
    assert wording.span(*figures) == words


def test_a_time_names_its_zone_and_utc():
    start = datetime(2016, 9, 12, 16, 0, tzinfo=UTC)
    assert wording.clock_time(start, "Asia/Damascus") == "12 Sep 2016, 19:00 Damascus time (16:00 UTC)"
    late = datetime(2016, 9, 18, 22, 30, tzinfo=UTC)
    assert wording.clock_time(late, "Asia/Damascus") == "19 Sep 2016, 01:30 Damascus time (18 Sep 22:30 UTC)"


def test_a_day_without_an_hour_is_not_given_one():
    start = datetime(2016, 9, 15, 21, 0, tzinfo=UTC)
    end = start + timedelta(days=1, microseconds=-1)
    assert wording.during(start, end, "Asia/Damascus") == "16 Sep 2016 (hour not known)"
    assert wording.during(start, end + timedelta(days=2), "Asia/Damascus") == "16 Sep 2016 to 18 Sep 2016"


def test_an_interval_within_a_day_is_given_in_both_zones():
    start = datetime(2016, 9, 17, 12, 55, tzinfo=UTC)
    end = datetime(2016, 9, 17, 13, 56, tzinfo=UTC)
    said = "17 Sep 2016, between 15:55 and 16:56 Damascus time (12:55–13:56 UTC)"
    assert wording.during(start, end, "Asia/Damascus") == said


def test_lists_and_sentences():
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.sentence("nobody could go there") == "Nobody could go there."
    assert wording.counted(1, "delivery", "deliveries") == "1 delivery"
    assert wording.counted(1204, "report") == "1,204 reports"


@pytest.mark.parametrize(
    ("identifier", "name", "short"),
    [
        ("syrian-government", "Syrian Arab Armed Forces and associated forces", "Syrian government"),
        ("us-coalition", "United States of America and the Coalition it leads", "US Coalition"),
        ("russia", "Russian Federation", "Russia"),
        ("opposition", "Armed opposition groups that accepted the arrangement", "opposition"),
        ("cadlr", "Armed formations of certain areas of Donetsk and Luhansk regions", "CADLR"),
        ("government-of-ukraine", "Government of Ukraine", "Government of Ukraine"),
    ],
)
def test_a_short_name_comes_from_the_identifier_with_the_capitals_of_the_name(identifier, name, short):
    assert brief(identifier, name) == short


def test_what_was_said_on_a_day_without_an_hour_is_given_no_hour():
    start = datetime(2016, 9, 16, 21, 0, tzinfo=UTC)
    end = start + timedelta(days=1, microseconds=-1)
    assert wording.said_time(start, end, "Asia/Damascus") == "17 Sep 2016"
    assert wording.said_time(start, start, "Asia/Damascus") == "17 Sep 2016, 00:00"
