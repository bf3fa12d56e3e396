"""Stories about rates round a truce: rows that are not events, days that cannot be used, sources that end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from scipy.stats import binomtest

from ceasefire.coverage.interval import exact_ratio
from ceasefire.coverage.place_days import Folded, fold
from ceasefire.coverage.rates import rate_ratios
from ceasefire.model import table

SOURCES = table("sources").frame(
    [
        {"source_id": "wire", "name": "Wire", "kind": "media_independent"},
        {"source_id": "red", "name": "Red paper", "kind": "media_independent", "camp": "red"},
        {"source_id": "blue", "name": "Blue paper", "kind": "media_independent", "camp": "blue"},
        {"source_id": "register", "name": "Register", "kind": "memorial_register", "camp": "red"},
    ]
)
START = date(2016, 9, 15)
Row = dict[str, object]


def report(identifier: str, day: date, source: str = "wire", days: int = 1, **more: object) -> Row:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {
        "report_id": identifier,
        "source_id": source,
        "occurred_from": at,
        "occurred_to": at + timedelta(days=days, microseconds=-1),
        "place_name": "Village",
        "act": "battle",
        **more,
    }


def on(offset: int, place: str = "Village", source: str = "wire", **more: object) -> Row:
    """A report so many days from the start of the truce."""
    day = START + timedelta(days=offset)
    return report(f"{day}-{place}-{source}", day, source, place_name=place, **more)  # type: ignore[arg-type]


def truce(at: str = "2016-09-15T00:00", identifier: str = "T", **more: object) -> Row:
    return {
        "truce_id": identifier,
        "name": identifier,
        "starts_at": datetime.fromisoformat(at).replace(tzinfo=UTC),
        "start_precision": "minute",
        "analyse": True,
        **more,
    }


def folded(rows: list[Row], timezone: str = "UTC") -> Folded:
    return fold(table("located").frame(rows), SOURCES, timezone)


def compare(
    rows: list[Row],
    *truces: Row,
    first: date = date(2016, 1, 1),
    last: date = date(2016, 12, 31),
    unit: str = "place_days",
) -> pl.DataFrame:
    made, _ = rate_ratios(
        folded(rows),
        table("truces").frame(truces or [truce()]),
        first=first,
        last=last,
        timezone="UTC",
        as_of=datetime(2017, 6, 1, tzinfo=UTC),
    )
    return made.filter(pl.col("unit") == unit)


def fortnight(rows: list[Row], *truces: Row, **more: object) -> Row:
    return compare(rows, *truces, **more).filter(pl.col("window_days") == 14).row(0, named=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "days"), [(105, 34, 14), (6, 0, 14), (1, 1, 28), (0, 3, 14), (22, 11, 10)]
)
def test_the_interval_is_clopper_and_pearsons(before: int, after: int, days: int) -> None:
    ratio, low, high = exact_ratio(before, after, 14, days)
    told = binomtest(after, before + after).proportion_ci(0.95, "exact")
    scale = 14 / days
    assert low == pytest.approx(told.low / (1 - told.low) * scale)
    if before:
        assert ratio == pytest.approx(after / before * scale)
        assert high == pytest.approx(told.high / (1 - told.high) * scale)
    else:
        assert (ratio, high) == (None, None)


def test_nothing_before_and_nothing_after_says_nothing() -> None:
    assert exact_ratio(0, 0, 14, 14) == (None, None, None)


def test_a_hundred_rows_for_one_place_and_day_are_one_place_day() -> None:
    soldiers = [{**on(-3, source="register"), "report_id": f"S{n}"} for n in range(131)]
    assert fortnight([*soldiers, on(-3, "Town")])["before"] == 2


def test_the_same_point_under_two_spellings_is_one_place() -> None:
    rows = [
        on(-2, "Debaltseve", latitude=48.34, longitude=38.41),
        on(-2, "Debaltsevo", latitude=48.34, longitude=38.41),
    ]
    assert folded(rows).place_days.height == 1


def test_rows_that_straddle_the_start_are_left_out_and_counted() -> None:
    long = report("LONG", START - timedelta(days=2), days=4)
    row = fortnight([on(-5), on(3), long])
    assert (row["before"], row["after"], row["straddling"]) == (1, 1, 1)


def test_a_truce_at_six_in_the_evening_leaves_its_first_day_out() -> None:
    rows = [on(-1), on(0), on(0, "Town"), on(14)]
    evening = fortnight(rows, truce("2016-09-15T18:00"))
    assert evening["start_day_excluded"] is True
    assert (evening["before"], evening["after"], evening["on_start_day"]) == (1, 1, 2)
    midnight = fortnight(rows, truce("2016-09-15T00:01"))
    assert midnight["start_day_excluded"] is False
    assert (midnight["before"], midnight["after"], midnight["on_start_day"]) == (1, 2, 0)


def test_a_truce_of_which_only_the_day_is_known_keeps_its_day() -> None:
    assert fortnight([on(0)], truce("2016-09-15T00:00", start_precision="day"))["after"] == 1


def test_reports_dated_to_a_week_or_more_are_left_out_and_said() -> None:
    made = folded([report("WEEK", START, days=7), report("SIX", START, days=6)])
    assert made.place_days.height == 1
    assert [p.code for p in made.problems] == ["not_in_place_days"]
    assert "1 of 2 reports are dated to more than 6 days" in made.problems[0].found


def test_aid_news_and_denials_are_no_violence() -> None:
    made = folded([on(1, act="aid_blocked"), on(2, stance="denies"), on(3)])
    assert made.place_days.height == 1
    assert "2 of 3 reports" in made.problems[0].found


def test_another_truce_inside_the_window_is_named() -> None:
    later = truce("2016-09-29T00:00", "LATER")
    nearly = truce("2016-09-28T00:00", "NEARLY")
    assert fortnight([on(1)], truce(identifier="A"), later)["other_truces"] is None
    row = fortnight([on(1)], truce(identifier="A"), nearly)
    assert row["other_truces"] == "NEARLY"
    assert "other truces inside: NEARLY" in row["warning"]  # type: ignore[operator]


def test_five_before_are_too_few_to_see_anything() -> None:
    few = fortnight([on(-n) for n in range(1, 6)])
    assert few["high"] > 1  # type: ignore[operator]
    assert "too few" in few["warning"]  # type: ignore[operator]
    enough = fortnight([on(-n) for n in range(1, 7)])
    assert enough["high"] < 1  # type: ignore[operator]
    assert "too few" not in str(enough["warning"])


def test_a_window_is_cut_where_the_record_ends_and_says_so() -> None:
    rows = [on(n) for n in range(-20, 20)]
    row = fortnight(rows, first=date(2016, 9, 9), last=date(2016, 9, 20))
    assert (row["days_before"], row["days_after"], row["before"], row["after"]) == (6, 6, 6, 6)
    assert row["ratio"] == 1.0
    assert row["placebo_share"] is None
    assert "window cut to 6 and 6 days" in row["warning"]  # type: ignore[operator]


def test_a_truce_without_a_day_after_it_is_not_compared() -> None:
    made, problems = rate_ratios(
        folded([on(-1)]),
        table("truces").frame([truce()]),
        first=date(2016, 1, 1),
        last=date(2016, 9, 14),
        timezone="UTC",
        as_of=datetime(2016, 9, 15, 6, tzinfo=UTC),
    )
    assert made.height == 0
    assert {p.code for p in problems} == {"no_days_to_compare"}


def test_the_local_day_decides_not_the_day_in_utc() -> None:
    late = {**on(-1), "occurred_from": datetime(2016, 9, 14, 22, tzinfo=UTC)}
    late["occurred_to"] = late["occurred_from"]
    assert folded([late], "Europe/Kyiv").place_days["day_from"].to_list() == ["2016-09-15"]


def test_a_fall_on_one_day_of_a_steady_year_is_rare_among_placebo_days() -> None:
    steady = [on(n) for n in range(-240, 100) if not 0 <= n < 14]
    row = fortnight(steady)
    assert (row["before"], row["after"]) == (14, 0)
    assert row["placebo_share"] == 0.0
    assert row["placebo_days"] == 169 + 81  # days -182 to -14, and 14 to 94: both windows lie in the record
    every_day = fortnight([on(n) for n in range(-240, 100)])
    assert every_day["placebo_share"] == 1.0


def test_a_register_that_ends_at_the_start_is_a_break_not_a_truce() -> None:
    register = [on(n, place, "register") for n in range(-14, 0) for place in ("Village", "Hill")]
    ends = register + [on(n, "Town") for n in range(-14, 14, 2)]
    row = fortnight(ends)
    assert row["high"] < 1  # type: ignore[operator]
    assert "mix of sources breaks at the start: red memorial_register" in row["warning"]  # type: ignore[operator]
    assert "leans on memorial registers: without them 1.00" in row["warning"]  # type: ignore[operator]
    assert fortnight(ends, unit="place_days_no_register")["ratio"] == 1.0


def test_a_steady_mix_gives_no_warning_of_the_sources() -> None:
    rows = [on(n, source=s) for n in range(-14, 14) for s in ("red", "blue")]
    assert "mix" not in str(fortnight(rows)["warning"])


def test_neither_the_order_of_rows_nor_the_labels_of_camps_move_a_figure() -> None:
    rows = [on(n, f"P{n % 3}", "red" if n % 2 else "blue") for n in range(-40, 40)]
    turned = [{**r, "source_id": {"red": "blue", "blue": "red"}[str(r["source_id"])]} for r in reversed(rows)]
    assert compare(rows).equals(compare(turned))


def test_splitting_a_day_into_more_reports_changes_nothing() -> None:
    rows = [on(n) for n in range(-20, 20)]
    again = [{**r, "report_id": f"{r['report_id']}-again"} for r in rows]
    assert compare(rows).equals(compare(rows + again))
