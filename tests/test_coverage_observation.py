"""Stories about watching: what is quiet, what is only silent, and whose silence it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from ceasefire.coverage.days import last_whole_day
from ceasefire.coverage.mirror import who_counts_whose_dead, who_reports_whom
from ceasefire.coverage.observation import observe
from ceasefire.model import table

SOURCES = table("sources").frame(
    [
        {"source_id": "wire", "name": "Wire", "kind": "media_independent"},
        {"source_id": "red", "name": "Red paper", "kind": "media_independent", "camp": "red"},
        {"source_id": "red2", "name": "Red radio", "kind": "media_state", "camp": "red"},
        {"source_id": "blue", "name": "Blue paper", "kind": "media_independent", "camp": "blue"},
        {"source_id": "register", "name": "Register", "kind": "memorial_register"},
    ]
)
FIRST, LAST = date(2016, 9, 1), date(2016, 9, 30)


def report(number: int, source: str, day: int, area: str = "North", **more: object) -> dict[str, object]:
    at = datetime(2016, 9, day, 9, tzinfo=UTC)
    return {
        "report_id": f"R{number:03d}",
        "source_id": source,
        "occurred_from": at,
        "occurred_to": at + timedelta(hours=1),
        "place_name": f"{area} town",
        "admin1": area,
        "act": "shelling",
        **more,
    }


def watch(
    rows: list[dict[str, object]], effort: list[dict[str, object]] | None = None, **more: object
) -> pl.DataFrame:
    located = table("located").frame(rows)
    incidents = table("incidents").conform(located.with_columns(pl.col("report_id").alias("incident_id")))
    seen, _ = observe(
        located,
        incidents,
        SOURCES,
        table("effort").frame(effort or []),
        table("alternatives").empty(),
        first=FIRST,
        last=LAST,
        timezone="UTC",
        **more,  # type: ignore[arg-type]
    )
    return seen


def state(seen: pl.DataFrame, day: int, area: str = "North") -> str:
    return str(seen.filter((pl.col("area") == area) & (pl.col("day") == f"2016-09-{day:02d}"))["state"][0])


def every_other_day(*sources: str, area: str = "North", start: int = 0) -> list[dict[str, object]]:
    return [
        report(start + 100 * n + day, source, day, area)
        for n, source in enumerate(sources)
        for day in range(1, 31, 2)
    ]


def test_a_day_without_incidents_is_quiet_only_between_days_with_news_from_two_voices() -> None:
    seen = watch(every_other_day("wire", "red"))
    assert state(seen, 3) == "reported"
    assert state(seen, 4) == "quiet_watched"
    row = seen.filter(pl.col("day") == "2016-09-04").row(0, named=True)
    assert (row["n_incidents"], row["n_sources"], row["n_camps"], row["effort"]) == (0, 2, 1, None)


def test_one_source_alone_does_not_make_a_day_quiet() -> None:
    assert state(watch(every_other_day("wire")), 4) == "not_observed"


def test_the_silence_of_one_camp_is_not_calm() -> None:
    assert state(watch(every_other_day("red", "red2")), 4) == "not_observed"
    assert state(watch(every_other_day("red", "blue")), 4) == "quiet_watched"


def test_a_register_of_the_dead_does_not_watch() -> None:
    assert state(watch(every_other_day("wire", "register")), 4) == "not_observed"


def test_blacking_out_a_district_never_makes_it_quiet() -> None:
    rows = every_other_day("wire", "red", "blue")
    dark = [r for r in rows if not 10 <= r["occurred_from"].day <= 20]  # type: ignore[attr-defined]
    before, after = watch(rows), watch(dark)
    spell = pl.col("day").is_between(pl.lit("2016-09-10"), pl.lit("2016-09-20"))
    assert before.filter(spell & (pl.col("state") == "quiet_watched")).height == 6
    assert after.filter(spell)["state"].unique().to_list() == ["not_observed"]


def test_a_district_wholly_dark_is_shown_as_not_observed_not_left_out() -> None:
    seen = watch(every_other_day("wire", "red"), areas=["North", "South"])
    south = seen.filter(pl.col("area") == "South")
    assert south.height == 30
    assert south["state"].unique().to_list() == ["not_observed"]


def test_effort_makes_a_quiet_day_and_no_effort_does_not() -> None:
    def patrol(value: float | None, unit: str = "patrols") -> list[dict[str, object]]:
        at = datetime(2016, 9, 10, tzinfo=UTC)
        row = {"effort_id": "E1", "source_id": "wire", "place_name": "North", "value": value, "unit": unit}
        return [{**row, "from": at, "to": at + timedelta(hours=23)}]

    rows = [report(1, "wire", 25)]
    assert state(watch(rows, patrol(3.0)), 10) == "quiet_watched"
    assert state(watch(rows, patrol(None)), 10) == "quiet_watched"
    assert state(watch(rows, patrol(0.0)), 10) == "not_observed"
    assert state(watch(rows, patrol(2.0, "denied patrols")), 10) == "not_observed"
    amounts = (
        watch(rows, patrol(3.0)).filter(pl.col("day").is_in(["2016-09-10", "2016-09-11"]))["effort"].to_list()
    )
    assert amounts == [3.0, None]


def test_news_of_aid_is_watching_but_no_violence() -> None:
    rows = [
        *every_other_day("wire"),
        *every_other_day("blue", start=500),
        report(900, "red", 4, act="aid_blocked"),
    ]
    assert state(watch(rows), 4) == "quiet_watched"


def test_a_happening_dated_to_a_month_says_nothing_of_a_day() -> None:
    vague = report(1, "wire", 1, occurred_to=datetime(2016, 9, 30, tzinfo=UTC))
    assert set(watch([vague])["state"]) == {"not_observed"}


def test_a_day_that_is_not_over_is_not_looked_at() -> None:
    assert last_whole_day(datetime(2016, 9, 20, 12, tzinfo=UTC), "UTC") == date(2016, 9, 19)
    end = datetime(2016, 9, 20, 23, 59, 59, 999999, tzinfo=UTC)
    assert last_whole_day(end, "UTC") == date(2016, 9, 20)
    assert last_whole_day(datetime(2016, 9, 20, 22, tzinfo=UTC), "Europe/Kyiv") == date(2016, 9, 20)


def told(rows: list[dict[str, object]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    located = table("located").frame(rows)
    memberships = table("memberships").frame(
        [{"report_id": r["report_id"], "incident_id": str(r.get("place_name"))} for r in rows]
    )
    party = {"red_brigade": "red", "blue_army": "blue"}
    return (
        who_reports_whom(located, memberships, SOURCES, party),
        who_counts_whose_dead(located, memberships, SOURCES, party, table("alternatives").empty()),
    )


MIRROR = [
    report(
        1, "red", 1, actor="blue_army", stance="asserts", affected="red_brigade", killed_min=5, killed_max=5
    ),
    report(2, "red2", 1, actor="blue", stance="asserts", affected="red", killed_min=7),
    report(3, "red", 2, "South", stance="denies", actor="red", affected="blue", killed_max=0),
    report(
        4,
        "blue",
        2,
        "South",
        actor="red|wild",
        stance="suggests",
        affected="blue",
        killed_min=2,
        killed_max=4,
    ),
    report(5, "wire", 3, "West", stance="unattributed"),
]


def test_each_camp_reports_the_other() -> None:
    mirror, _ = told(MIRROR)
    assert mirror.select("camp", "accused", "n_reports", "n_sources", "killed_reported").rows() == [
        ("blue", "red|wild", 1, 1, 4),
        ("none", "nobody named", 1, 1, 0),
        ("red", "blue", 2, 2, 7),  # one incident told twice: the highest figure once, not 12
        ("red", "denial", 1, 1, 0),
    ]


def test_each_camp_counts_its_own_dead() -> None:
    _, dead = told(MIRROR)
    assert dead.select("camp", "affected", "n_happenings", "killed_low", "killed_high").rows() == [
        ("blue+red", "blue", 1, 0, 4),
        ("none", "not stated", 1, None, None),
        ("red", "red", 1, 5, 7),
    ]


def test_rows_of_an_event_data_set_add_up_though_they_were_fused() -> None:
    rows = [
        report(n, source, 1, affected="red", killed_min=1, killed_max=1, file="events.csv", line=line)
        for n, (source, line) in enumerate([("red", 2), ("wire", 2), ("red", 3), ("red", 4)])
    ]
    _, dead = told(rows)
    assert dead.select("camp", "n_happenings", "killed_high").rows() == [("none+red", 1, 1), ("red", 2, 2)]
    # The data set tells its rows apart, so nothing is in doubt about how many there are.
    assert dead.select("happenings_best", "happenings_low", "happenings_high").rows() == [
        (1.0, 1, 1),
        (2.0, 2, 2),
    ]


def test_swapping_the_labels_swaps_the_mirror() -> None:
    swap = {"red": "blue", "blue": "red"}

    def other(cell: object) -> object:
        names = str(cell).split("|")
        return "|".join(sorted(swap.get(n.split("_")[0], n) for n in names)) if cell else cell

    turned = [{**r, "actor": other(r.get("actor")), "affected": other(r.get("affected"))} for r in MIRROR]
    sources = SOURCES.with_columns(pl.col("camp").replace(swap))
    located = table("located").frame(turned)
    memberships = table("memberships").frame(
        [{"report_id": r["report_id"], "incident_id": str(r["place_name"])} for r in turned]
    )
    swapped = who_reports_whom(located, memberships, sources, {})
    mirror, _ = told(MIRROR)
    back = swapped.with_columns(
        pl.col("camp").replace(swap),
        pl.col("accused").replace({"red": "blue", "blue": "red", "blue|wild": "red|wild"}),
    ).sort("camp", "accused")
    assert back.equals(mirror)
