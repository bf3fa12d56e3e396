"""The drawings: what they show, what they leave out, and that they do not change by themselves."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from ceasefire.model import table
from ceasefire.report.charts.atlas import FOLD_ABOVE, dense_part, drawable, map_of
from ceasefire.report.charts.clocks import axis_of, clock_strip
from ceasefire.report.charts.grid import MOST_COLUMNS, columns_of, observation_strip
from ceasefire.report.charts.intervals import ratio_strip, strip
from ceasefire.report.charts.strokes import colours, day_ticks, pc
from ceasefire.report.charts.timeline import bins, timeline
from fabricated_picture import at

COLOURS = colours({"b": "Beta", "a": "Alpha"})


def incident(n, latitude=36.0, longitude=37.0, radius=3.0, answer="a", killed=1, day=10):
    return {
        "incident_id": f"i-{n:04}",
        "latitude": latitude,
        "longitude": longitude,
        "precision_km": radius,
        "answer": answer,
        "killed_low": killed,
        "killed_best": killed,
        "killed_high": killed,
        "occurred_from": at(day),
        "place_name": "Ford",
        "heading": "something",
        "href": None,
    }


def clock(start, end, needed=48.0, run=24.0):
    return {
        "title": "Renewal",
        "state": "running",
        "started_at": start,
        "ends_at": end,
        "needed_hours": needed,
        "achieved_hours": run,
    }


def test_parties_take_their_colours_in_the_order_of_their_names():
    assert list(COLOURS)[:2] == ["a", "b"]
    assert COLOURS["a"] != COLOURS["b"]
    assert colours({"a": "Zeta", "b": "Beta"})["b"] == COLOURS["a"]


def test_a_probability_is_drawn_with_its_interval():
    drawn = strip(0.5, 0.25, 0.9, "#000", "Alpha")
    assert 'x1="25%" x2="90%"' in drawn
    assert 'cx="50%"' in drawn
    assert "circle" not in strip(None, None, None, "#000", "nobody")


def test_places_on_the_axis_stay_on_it():
    assert (pc(-0.2), pc(0.333333), pc(1.7)) == ("0%", "33.33%", "100%")


def test_an_open_end_of_a_rate_ratio_has_an_arrow():
    assert "▸" in ratio_strip(None, 0.4, None, "none before")
    assert "▸" not in ratio_strip(0.5, 0.3, 0.9, "fewer")
    assert "◂" in ratio_strip(0.0, 0.0, 0.9, "none after")


def test_the_three_ends_of_three_clocks_stand_at_three_places():
    """A renewal, an army's calm and seven days that start together end apart."""
    start = at(12, 16)
    clocks = [clock(start, at(16, 16)), clock(start, at(18, 21)), clock(start, at(19, 16), 168.0, 0.0)]
    axis = axis_of(clocks, at(30), "Asia/Damascus")
    ends = [re.search(r'class="clock-end"', clock_strip(c, [], axis, at(30))) for c in clocks]
    assert all(ends)
    places = {
        re.search(r'<line x1="([\d.]+%)"[^>]*class="clock-end"', clock_strip(c, [], axis, at(30))).group(1)
        for c in clocks
    }
    assert len(places) == 3
    assert not axis.holds(at(30))


def test_a_clock_without_an_end_runs_to_where_it_has_run():
    open_ended = clock(at(1), None, None, 240.0)
    axis = axis_of([open_ended], at(11), "UTC")
    assert axis.holds(at(11))
    assert axis_of([clock(None, None)], at(11), "UTC") is None


def test_weeks_are_drawn_by_day_and_years_by_month():
    first = datetime(2031, 5, 10, tzinfo=UTC)
    days = bins(first, first + timedelta(days=12), "Asia/Damascus")
    assert len(days) == 13
    assert days[0][0].utcoffset() == timedelta(hours=3)
    months = bins(first, first + timedelta(days=800), "Asia/Damascus")
    assert all(a.day == 1 for a, _ in months)
    assert len(months) == 27


@pytest.mark.parametrize("days", [1, 5, 30, 110, 400, 3000])
def test_there_are_never_more_than_a_handful_of_dates(days):
    ticks = day_ticks(at(1), at(1) + timedelta(days=days), "Europe/Kyiv")
    assert len(ticks) <= 8


def test_a_bar_of_the_timeline_is_stacked_by_answer_with_undetermined_last():
    rows = [incident(1), incident(2, answer="b"), incident(3, answer="undetermined")]
    drawn = timeline(rows, [(at(10), "1")], [(at(9), "Truce")], COLOURS, "UTC")
    fills = re.findall(r'fill="(#\w+)"', drawn)
    assert fills == [COLOURS["a"], COLOURS["b"], COLOURS["undetermined"]]
    assert "3 to 3 killed" in drawn
    assert timeline([], [], [], COLOURS, "UTC") == ""


def test_what_is_known_only_to_an_area_is_not_pinned_on_the_map():
    vague = [incident(1, radius=80.0), incident(2, latitude=None), incident(3, radius=3.0)]
    assert [i["incident_id"] for i in drawable(vague)] == ["i-0003"]
    assert map_of(vague[:2], [], {}, COLOURS) == ""


def test_the_map_shows_how_far_the_true_place_may_lie():
    drawn = map_of([incident(1), incident(2, latitude=36.5, longitude=37.6)], [], {}, COLOURS)
    assert drawn.count('class="radius"') == 2
    assert drawn.index('class="spot"') > drawn.rindex('class="radius"')


def test_many_incidents_are_folded_into_cells():
    rows = [incident(n, 36 + n % 20 / 40, 37 + n % 17 / 40) for n in range(FOLD_ABOVE + 1)]
    drawn = map_of(rows, [], {}, COLOURS)
    assert 'class="radius"' not in drawn
    assert 0 < drawn.count('class="cell"') <= 20 * 17


def test_a_crowded_corner_gets_a_closer_map_only_if_the_rest_is_far():
    crowd = [incident(n, 36 + n / 100, 37.0) for n in range(8)]
    assert dense_part(crowd) == []
    far = [incident(50, 33.0, 40.0), incident(51, 34.0, 36.0)]
    assert {i["incident_id"] for i in dense_part(crowd + far)} == {i["incident_id"] for i in crowd}


def test_order_of_incidents_does_not_change_a_drawing():
    rows = [incident(n, 36 + n / 10, 37 + (n * 7 % 10) / 10, killed=n % 3, day=10 + n % 3) for n in range(10)]
    assert map_of(rows, [], {}, COLOURS) == map_of(rows[::-1], [], {}, COLOURS)
    args = ([], [], COLOURS, "UTC")
    assert timeline(rows, *args) == timeline(rows[::-1], *args)


def test_not_observed_is_hatched_and_a_missing_day_is_not_observed():
    columns = columns_of(["2031-05-01", "2031-05-02"])
    drawn = observation_strip("North", {"2031-05-01": "quiet_watched"}, columns, "h")
    assert 'fill="url(#h)"' in drawn
    assert "2031-05-02: not observed" in drawn
    assert "2031-05-01: quiet while watched" in drawn


def test_long_periods_are_folded_without_losing_a_day():
    days = [str(n) for n in range(1000)]
    columns = columns_of(days)
    assert len(columns) <= MOST_COLUMNS
    assert [d for c in columns for d in c] == days


def test_a_bar_has_its_interval_and_a_vague_incident_is_spread_over_its_days():
    """Six incidents of one day, two of which may be one; one more that may be on that day or the next."""
    rows = [incident(n) | {"n_reports": 3} for n in range(6)]
    rows.append(incident(6) | {"n_reports": 3, "occurred_to": at(12)})
    merge = {"incident_id": "i-0000", "kind": "merge", "other_id": "i-0001", "probability": 0.4}
    drawn = timeline(rows, [], [], COLOURS, "UTC", table("alternatives").frame([merge]))
    assert "2031-05-10: 6 (5–7) incidents; a: 6.1" in drawn
    assert "2031-05-11: 1 (0–1) incident; a: 0.5" in drawn
    assert drawn.count('class="many"') == 2
    assert 'class="many"' not in timeline(rows[2:6], [], [], COLOURS, "UTC")
