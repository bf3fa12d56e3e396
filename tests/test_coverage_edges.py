"""Stories about nothing: an empty case, a period that has not begun, tables without the cells they may lack."""

from __future__ import annotations

from datetime import UTC, datetime

from ceasefire.coverage import Covered, cover
from ceasefire.model import table


def covering(as_of: datetime, **given: list[dict[str, object]]) -> Covered:
    made = {
        name: table(name).frame(given.get(name, []))
        for name in ("located", "incidents", "memberships", "sources", "actors", "counts", "truces", "effort")
    }
    return cover(
        *made.values(),
        {"red": "a", "blue": "b"},
        period=(datetime(2016, 9, 9, tzinfo=UTC), datetime(2016, 9, 23, 23, 59, 59, 999999, tzinfo=UTC)),
        timezone="UTC",
        as_of=as_of,
    )


def test_an_empty_case_gives_empty_tables_with_their_columns() -> None:
    nothing = covering(datetime(2016, 12, 1, tzinfo=UTC))
    for name in (
        "who_reports_whom",
        "source_mix",
        "series",
        "count_checks",
        "pooling",
        "observation",
        "rate_ratios",
    ):
        frame = getattr(nothing, name)
        assert frame.height == 0
        assert frame.schema == table(name).schema


def test_before_the_period_begins_nothing_is_looked_at() -> None:
    at = datetime(2016, 9, 8, 6, tzinfo=UTC)
    report = {
        "report_id": "R1",
        "source_id": "s",
        "occurred_from": at,
        "occurred_to": at,
        "admin1": "North",
        "place_name": "N",
    }
    early = covering(datetime(2016, 9, 8, 12, tzinfo=UTC), located=[report])
    assert early.observation.height == 0
    assert early.place_days.height == 1


def test_a_count_with_no_more_than_its_counter_is_kept_as_a_series_of_its_own() -> None:
    bare = [
        {"count_id": "C1", "counted_by": "s", "metric": "violations"},
        {"count_id": "C2", "counted_by": "z", "metric": "deaths"},
    ]
    made = covering(datetime(2016, 12, 1, tzinfo=UTC), counts=bare)
    assert made.series.select("counted_by", "against", "counting_rule", "one_sided", "values").rows() == [
        ("s", "not stated", "not stated", None, "no figure"),
        ("z", "not stated", "not stated", None, "no figure"),
    ]
    assert made.pooling["allowed"].to_list() == [False]


def test_later_reports_never_change_an_earlier_day() -> None:
    def on(day: int, identifier: str) -> dict[str, object]:
        at = datetime(2016, 9, day, 6, tzinfo=UTC)
        return {
            "report_id": identifier,
            "source_id": "s",
            "occurred_from": at,
            "occurred_to": at,
            "admin1": "North",
            "place_name": "N",
        }

    as_of = datetime(2016, 9, 15, 12, tzinfo=UTC)
    days = covering(as_of, located=[on(10, "R1")]).observation["day"].to_list()
    assert days[-1] == "2016-09-14"  # the 15th is not over
