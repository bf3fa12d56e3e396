"""Times, notes on the hour, numbers and coordinates as people write them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ceasefire.ingest.sun import sun_times
from ceasefire.ingest.values import (
    BadValue,
    Interval,
    infer_day_first,
    local_day,
    parse_coordinates,
    parse_figure,
    parse_flag,
    parse_instant,
    parse_integer,
    parse_number,
    parse_time_note,
)
from ceasefire.ingest.words import words

DAMASCUS, KYIV = ZoneInfo("Asia/Damascus"), ZoneInfo("Europe/Kyiv")
ALEPPO = (36.2, 37.15)
DAY = date(2016, 9, 19)
TICK = timedelta(microseconds=1)
quick = settings(max_examples=50, deadline=None)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(found: Interval | None, zone: ZoneInfo = DAMASCUS) -> tuple[str, str]:
    assert found is not None
    return tuple(f"{t.astimezone(zone):%d %H:%M}" for t in (found.start, found.end))  # type: ignore[return-value]


@pytest.mark.parametrize(
    "text",
    [
        "2016-09-19",
        "20160919",
        "19.09.2016",
        "19/09/2016",
        "9/19/2016",
        "9/19/2016 12:00:00 AM",
        "09/19/2016 00:00",
        "19 September 2016",
        "19 Sept 2016",
        "Sep 19, 2016",
        "Mon, 19 Sep 2016",
        "19 сентября 2016",
        "19 вересня 2016",
        "19 أيلول 2016",
        "١٩/٠٩/٢٠١٦",
    ],
)
def test_a_day_in_any_layout_is_the_whole_local_day(text):
    found = parse_instant(text, DAMASCUS)
    assert (found.start, found.end) == (utc("2016-09-18T21:00"), utc("2016-09-19T21:00") - TICK)
    assert found.precision == "day"


@pytest.mark.parametrize(
    ("text", "instant", "precision"),
    [
        ("2016-09-19T19:12", "2016-09-19T16:12", "minute"),
        ("2016-09-19T19:12Z", "2016-09-19T19:12", "minute"),
        ("2016-09-19 19:12+05:30", "2016-09-19T13:42", "minute"),
        ("2016-09-19T19:12:05.25+03", "2016-09-19T16:12:05.25", "second"),
        ("09/19/2016 19:12", "2016-09-19T16:12", "minute"),
        ("19.09.2016 19:12", "2016-09-19T16:12", "minute"),
        ("9/19/2016 7:12 PM", "2016-09-19T16:12", "minute"),
        ("2016-09-19T24:00", "2016-09-19T21:00", "minute"),
        ("2016-09-19T00:00", "2016-09-18T21:00", "minute"),
    ],
)
def test_a_stated_minute_is_one_instant(text, instant, precision):
    found = parse_instant(text, DAMASCUS)
    assert (found.start, found.end, found.precision) == (utc(instant), utc(instant), precision)


def test_hours_months_years_and_edtf_are_intervals():
    assert local(parse_instant("2016-09-19T19", DAMASCUS)) == ("19 19:00", "19 19:59")
    assert local(parse_instant("2016-09", DAMASCUS)) == ("01 00:00", "30 23:59")
    assert local(parse_instant("2016-09-XX", DAMASCUS)) == ("01 00:00", "30 23:59")
    assert parse_instant("2016", DAMASCUS).precision == "year"
    about = parse_instant("2016-09-19~", DAMASCUS)
    assert about.approximate
    assert local(about) == ("18 00:00", "20 23:59")
    assert local(parse_instant("2016-09-19/2016-09-21", DAMASCUS)) == ("19 00:00", "21 23:59")
    assert parse_instant("2016-09-19?", DAMASCUS).note


def test_a_date_that_reads_two_ways_is_refused_unless_the_layout_is_known():
    with pytest.raises(BadValue, match="one way only"):
        parse_instant("03/04/2015", KYIV)
    assert local(parse_instant("03/04/2015", KYIV, day_first=True), KYIV)[0] == "03 00:00"
    assert local(parse_instant("03/04/2015", KYIV, day_first=False), KYIV)[0] == "04 00:00"
    # UCDP's export layout carries AM and is month first.
    assert parse_instant("3/4/2015 12:00:00 AM", KYIV).start == local_day(date(2015, 3, 4), KYIV).start


def test_a_column_of_dates_shows_its_own_layout():
    assert infer_day_first(["03/04/2015", "19/04/2015"]) is True
    assert infer_day_first(["03/04/2015", "04/19/2015"]) is False
    assert infer_day_first(["03/04/2015", "2015-04-19", "19.04.2015"]) is None
    with pytest.raises(BadValue):
        infer_day_first(["13/04/2015", "04/19/2015"])


def test_hours_that_a_change_of_the_clock_skips_or_repeats_keep_both_readings():
    twice = parse_instant("2016-10-30 03:30", KYIV)
    assert (twice.start, twice.end) == (utc("2016-10-30T00:30"), utc("2016-10-30T01:30"))
    assert "comes twice" in str(twice.note)
    never = parse_instant("2016-03-27 03:30", KYIV)
    assert never.end - never.start == timedelta(hours=1)
    assert "does not exist" in str(never.note)
    # In Syria the clocks changed at midnight: one day has 23 hours, another 25, and none is lost between.
    for text, hours in (("2016-03-25", 23), ("2016-10-27", 25), ("2016-10-28", 24)):
        day = parse_instant(text, DAMASCUS)
        assert day.end + TICK - day.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text", ["2016-02-30", "9/19/16", "19:12", "soon", "0001-01-01", "2016-09-19T25:00", "12345"]
)
def test_what_is_no_date_is_refused_with_what_to_do(text):
    with pytest.raises(BadValue) as caught:
        parse_instant(text, DAMASCUS)
    assert caught.value.action
    assert text in caught.value.found


@pytest.mark.parametrize(
    "note", ["after sunset", "بعد غروب الشمس", "после заката", "після заходу сонця", "After Sunset."]
)
def test_after_sunset_runs_from_the_sunset_of_the_place_to_midnight(note):
    found = parse_time_note(note, DAY, DAMASCUS, *ALEPPO)
    # Sunset at Aleppo on 19 September is about 18:35; a quarter of an hour is left on its near side.
    assert found is not None
    assert utc("2016-09-19T15:10") <= found.start <= utc("2016-09-19T15:25")
    assert found.end == utc("2016-09-19T21:00") - TICK


def test_without_a_place_sunset_has_wide_fixed_hours():
    assert local(parse_time_note("after sunset", DAY, DAMASCUS)) == ("19 15:30", "19 23:59")


@pytest.mark.parametrize(
    ("note", "span"),
    [
        ("around 19:00", ("19 18:30", "19 19:30")),
        ("حوالي الساعة ١٩:٠٠", ("19 18:30", "19 19:30")),
        ("около 19:00", ("19 18:30", "19 19:30")),
        ("19:12-19:50", ("19 19:12", "19 19:50")),
        ("19:12–19:50", ("19 19:12", "19 19:50")),
        ("from 5 pm to 5:50 pm", ("19 17:00", "19 17:50")),
        ("с 19:12 до 19:50", ("19 19:12", "19 19:50")),
        ("من 19:12 إلى 19:50", ("19 19:12", "19 19:50")),
        ("7 вечера", ("19 19:00", "19 19:00")),
        ("7 p.m. local time", ("19 19:00", "19 19:00")),
        ("16:12 GMT", ("19 19:12", "19 19:12")),
        ("before 19:00", ("19 00:00", "19 19:00")),
        ("morning", ("19 05:00", "19 12:00")),
        ("вранці", ("19 05:00", "19 12:00")),
        ("midday", ("19 11:00", "19 14:00")),
        ("Monday evening", ("19 16:30", "19 23:59")),
        ("مساءً", ("19 16:30", "19 23:59")),
        ("overnight", ("19 00:00", "19 23:59")),
        ("ночью", ("19 00:00", "19 23:59")),
    ],
)
def test_notes_on_the_hour(note, span):
    assert local(parse_time_note(note, DAY, DAMASCUS)) == span


@pytest.mark.parametrize(
    "note",
    [
        "Tuesday evening",
        "printed as 19:27",
        "day 4-5",
        "22:06 log time, zone not printed",
        "",
        "7",
        "25:00",
        "page date",
    ],
)
def test_a_note_not_understood_in_full_says_nothing(note):
    # 19 September 2016 was a Monday.
    assert parse_time_note(note, DAY, DAMASCUS) is None


def test_sunset_agrees_with_the_almanac():
    # Published almanac times: Greenwich, equinox 20 March 2016, sunrise 06:04, sunset 18:13 UTC.
    found = sun_times(date(2016, 3, 20), ZoneInfo("UTC"), 51.48, 0.0)
    assert found is not None
    assert abs(found[0] - utc("2016-03-20T06:04")) <= timedelta(minutes=3)
    assert abs(found[1] - utc("2016-03-20T18:13")) <= timedelta(minutes=3)
    assert sun_times(date(2016, 6, 21), ZoneInfo("UTC"), 80.0, 0.0) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,5", 1.5),
        ("36,151583", 36.151583),
        ("1 234,5", 1234.5),
        ("1\u202f234", 1234),
        ("1.234.567,8", 1234567.8),
        ("٣٦٫١٥", 36.15),
        ("−5", -5),
        ("0,123", 0.123),
        ("1e3", 1000),
    ],
)
def test_numbers_with_decimal_commas_thin_spaces_and_other_digits(text, value):
    assert parse_number(text) == value


def test_what_reads_two_ways_is_refused_as_a_number_and_plain_as_a_count():
    with pytest.raises(BadValue, match="two ways"):
        parse_number("1,234")
    assert parse_integer("1,234") == 1234
    with pytest.raises(BadValue, match="two ways"):
        parse_integer("12.000")
    for text in ("nan", "inf", "1_0", "12 monkeys", "", "1 23"):
        with pytest.raises(BadValue):
            parse_number(text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("12", 12, 12),
        ("10-20", 10, 20),
        ("10–20", 10, 20),
        ("between 10 and 20", 10, 20),
        ("at least 15", 15, None),
        ("15+", 15, None),
        ("10 or more", 10, None),
        ("more than 20", 21, None),
        ("up to 10", None, 10),
        ("fewer than 10", None, 9),
        ("about 20", 15, 25),
        ("около 20", 15, 25),
        ("не менее 15", 15, None),
        ("ما لا يقل عن ١٥", 15, None),
        ("20 قتيلا", 20, 20),
        ("three", 3, 3),
        ("none", 0, 0),
    ],
)
def test_figures_of_people(text, low, high):
    found = parse_figure(text)
    assert (found.minimum, found.maximum) == (low, high)


@pytest.mark.parametrize("text", ["dozens", "десятки", "عشرات القتلى", "several people", "about dozens"])
def test_dozens_state_no_figure_which_is_not_zero(text):
    found = parse_figure(text)
    assert (found.minimum, found.maximum) == (None, None)
    assert found.note


SYRIA = (35.0, 32.0, 43.0, 38.0)


@pytest.mark.parametrize(
    ("pair", "found"),
    [
        (("36.15", "36.97"), (36.15, 36.97, False)),
        (("36,15", "36,97"), (36.15, 36.97, False)),
        (("42.9", "33.0"), (33.0, 42.9, True)),
        (("120", "35"), (35.0, 120.0, True)),
        (("37.5E", "36.1N"), (36.1, 37.5, True)),
        (("33.5S", "70.5W"), (-33.5, -70.5, False)),
        (("36°09'00\"N", "36°58'12\"E"), (36.15, 36.97, False)),
        (("50.45", "30.5"), (50.45, 30.5, False)),
    ],
)
def test_coordinates_and_swapped_coordinates(pair, found):
    assert parse_coordinates(*pair, near=SYRIA) == pytest.approx(found)


@pytest.mark.parametrize(
    "pair", [("0", "0"), ("200", "35"), ("91", "181"), ("north", "36"), ("36N", "37N"), ("-36S", "1")]
)
def test_impossible_coordinates_are_refused(pair):
    with pytest.raises(BadValue):
        parse_coordinates(*pair, near=SYRIA)


def test_flags_and_the_word_lists_are_text():
    assert [parse_flag(w) for w in ("yes", "True", "1", "да", "نعم")] == [True] * 5
    assert [parse_flag(w) for w in ("no", "false", "0", "ні", "لا")] == [False] * 5
    with pytest.raises(BadValue):
        parse_flag("maybe")

    def leaves(node: object) -> list[object]:
        if isinstance(node, dict):
            return [leaf for value in node.values() for leaf in leaves(value)]
        return [leaf for item in node for leaf in leaves(item)] if isinstance(node, list) else [node]

    lists = {
        key: words()[key]
        for key in ("flags", "months", "weekdays", "modifiers", "fillers", "halves", "joins")
    }
    # YAML reads a bare `on` or `no` as true or false.
    assert all(isinstance(word, str) for word in leaves(lists))


@quick
@given(
    text=st.one_of(
        st.text(max_size=30),
        st.text(alphabet="0123456789-/.: TZ+~?APMaptch,", max_size=25),
        st.from_regex(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}( \d{1,2}:\d{2})?", fullmatch=True),
    )
)
def test_no_text_raises_anything_but_a_bad_value(text):
    for parse in (
        lambda: parse_instant(text, DAMASCUS),
        lambda: parse_number(text),
        lambda: parse_integer(text),
        lambda: parse_figure(text),
        lambda: parse_flag(text),
        lambda: parse_coordinates(text, text, near=SYRIA),
        lambda: infer_day_first([text]),
    ):
        try:
            found = parse()
        except BadValue as bad:
            assert bad.expected and bad.found and bad.action
        else:
            if isinstance(found, Interval):
                assert found.start <= found.end
    told = parse_time_note(text, DAY, DAMASCUS, *ALEPPO)
    whole = local_day(DAY, DAMASCUS)
    assert told is None or whole.start <= told.start <= told.end <= whole.end


@quick
@given(at=st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), zone=st.sampled_from([DAMASCUS, KYIV]))
def test_any_local_minute_lies_in_its_day_and_survives_writing(at, zone):
    at = at.replace(second=0, microsecond=0)
    minute = parse_instant(at.isoformat(), zone)
    day = parse_instant(f"{at:%d.%m.%Y}", zone)
    assert day.start <= minute.end
    assert minute.start <= day.end
    assert parse_instant(minute.start.isoformat(), zone).start == minute.start
