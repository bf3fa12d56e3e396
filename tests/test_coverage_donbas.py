"""The Donbas case: 28 truces against an independent computation, the register's end, and each camp's own dead."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from ceasefire.case.settings import read_settings
from ceasefire.coverage import Covered, PoolingRefused, cover
from ceasefire.ingest import Context, read_reports
from ceasefire.model import table

CASE = Path(__file__).parents[1] / "cases" / "donbas"
ANSWERS = Path(__file__).parent / "data" / "donbas_answers" / "rate_ratios.csv"
KYIV = ZoneInfo("Europe/Kyiv")
SIDES = {"government-of-ukraine": "kyiv", "cadlr": "donbas", "russia": "donbas"}
DYAD = re.compile(r"Government of Ukraine - (DPR|LPR|United Armed Forces of Novorossiya)")
LABELS = {"government-of-ukraine": "cadlr", "cadlr": "government-of-ukraine"}


def slug(name: str) -> str:
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-") or "unnamed"


def instant(text: str, *, end: bool = False) -> datetime:
    local = datetime.fromisoformat(text)
    if local.tzinfo is None:
        local = local.replace(tzinfo=KYIV)
        if end and len(text) == 10:
            local += timedelta(days=1, microseconds=-1)
    return local.astimezone(UTC)


@cache
def located() -> pl.DataFrame:
    """One report an office, read straight from the file: month first in both of its layouts."""
    rows = []
    with (CASE / "ucdp_ged_ukraine.csv").open(encoding="cp1252", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            first, last = (
                datetime.strptime(row[name].split(" ")[0], "%m/%d/%Y").replace(tzinfo=KYIV)
                for name in ("date_start", "date_end")
            )
            if not DYAD.fullmatch(row["dyad_name"]) or last.year > 2021:
                continue
            dead = {
                "government-of-ukraine": "deaths_a",
                slug(row["side_b"]): "deaths_b",
                "civilians": "deaths_civilians",
            }
            affected = "+".join(who for who, column in dead.items() if row[column] != "0")
            for number, office in enumerate(row["source_office"].split(";"), start=1):
                rows.append(
                    {
                        "report_id": f"UCDP-{row['id']}-{number}",
                        "source_id": slug(office.strip().strip('"')),
                        "occurred_from": first.astimezone(UTC),
                        "occurred_to": (last + timedelta(days=1)).astimezone(UTC) - timedelta(microseconds=1),
                        "place_name": row["where_coordinates"],
                        "latitude": float(row["latitude"]),
                        "longitude": float(row["longitude"]),
                        "admin1": row["adm_1"] or None,
                        "act": "battle",
                        "stance": "unattributed",
                        "affected": affected or None,
                        "killed_min": int(row["low"]),
                        "killed_max": int(row["best"]),
                        "file": "ucdp_ged_ukraine.csv",
                        "line": line,
                    }
                )
    return table("located").frame(rows)


@cache
def ingested() -> pl.DataFrame:
    """The same file through the UCDP reader: one report an article, register rows folded."""
    settings = read_settings(CASE / "case.yaml", "case.yaml")
    file = settings.report_files[0]
    context = Context(
        zone=settings.zone, gathered_at=settings.gathered_at, name=file.file, bbox=settings.bbox
    )
    read = read_reports(CASE / file.file, context, reader=file.reader, mapping=None, options=file.options)
    return table("located").conform(read.reports)


@cache
def facts(name: str) -> pl.DataFrame:
    kinds = {c.name: c.kind for c in table(name).columns}
    read = {
        "time": lambda column, text: instant(text, end=column in ("period_to", "declared_end")),
        "flag": lambda _, text: text == "true",
        "number": lambda _, text: float(text),
        "integer": lambda _, text: int(text),
        "text": lambda _, text: text,
    }
    with (CASE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return table(name).frame(
            [
                {column: read[kinds[column]](column, text) for column, text in row.items() if text}
                for row in csv.DictReader(file)
            ]
        )


def covered(reports: pl.DataFrame, sources: pl.DataFrame, actors: pl.DataFrame) -> Covered:
    incident = pl.col("report_id").str.extract(r"UCDP-(\d+)").alias("incident_id")
    events = reports.with_columns(incident)
    return cover(
        reports,
        table("incidents").conform(events.unique("incident_id", keep="first", maintain_order=True)),
        table("memberships").conform(events),
        sources,
        actors,
        facts("counts"),
        facts("truces"),
        facts("effort"),
        SIDES,
        period=(instant("2014-04-01"), instant("2021-12-31", end=True)),
        timezone="Europe/Kyiv",
        as_of=instant("2026-11-23", end=True),
        places=facts("places"),
    )


@cache
def donbas() -> Covered:
    return covered(located(), facts("sources"), facts("actors"))


def shown(value: float | None) -> str:
    return "inf" if value is None else f"{value:.2f}"


@pytest.mark.parametrize("reading", [located, ingested])
@pytest.mark.parametrize(
    ("unit", "answer"),
    [("place_days", "place_days"), ("place_days_no_register", "place_days_no_memorybook_only")],
)
def test_all_28_truces_match_the_independent_computation(
    unit: str, answer: str, reading: Callable[[], pl.DataFrame]
) -> None:
    made = covered(reading(), facts("sources"), facts("actors")).rate_ratios
    mine = {(r["truce_id"], r["window_days"]): r for r in made.filter(pl.col("unit") == unit).to_dicts()}
    with ANSWERS.open(newline="") as file:
        expected = [row for row in csv.DictReader(file) if row["unit"] == answer]
    assert len(expected) == len(mine) == 56
    for row in expected:
        got = mine[row["truce_id"], int(row["window_days"])]
        assert [got["start_day"], int(got["start_day_excluded"])] == [
            row["start_day"],
            int(row["start_day_excluded"]),
        ]
        counted = [got["before"], got["after"], got["straddling"]]
        assert counted == [int(row[c]) for c in ("events_before", "events_after", "straddling_left_out")], (
            row["truce_id"]
        )
        ratios = [shown(got[c]) for c in ("ratio", "low", "high")]
        assert ratios == [row[c] for c in ("rr_events", "rr_lo95", "rr_hi95")], row["truce_id"]
        assert got["placebo_share"] == pytest.approx(float(row["placebo_share_as_low"]), abs=0.0051), row[
            "truce_id"
        ]
        assert (got["other_truces"] or "") == row["other_truces_inside"]


def test_2165_place_days_from_2760_dated_rows() -> None:
    assert donbas().place_days.height == 2165


def test_most_truces_cannot_be_seen_in_deaths() -> None:
    seen = donbas().rate_ratios.filter((pl.col("unit") == "place_days") & (pl.col("high") < 1))
    assert seen.group_by("window_days").len().sort("window_days").rows() == [(14, 7), (28, 9)]
    both = seen.filter(pl.col("placebo_share") <= 0.05).group_by("truce_id").len().filter(pl.col("len") == 2)
    assert both["truce_id"].to_list() == ["UA_2019-07-21"]


def test_the_first_minsk_truce_leans_on_the_register() -> None:
    row = donbas().rate_ratios.filter(
        (pl.col("truce_id") == "UA_2014-09-05")
        & (pl.col("window_days") == 14)
        & (pl.col("unit") == "place_days")
    )
    assert row["on_start_day"][0] + row["straddling"][0] == 9  # place-days that touch 5 September
    assert "leans on memorial registers: without them 1.67 (0.55-5.58)" in row["warning"][0]


def test_comparisons_across_the_end_of_2015_are_warned_of() -> None:
    broken = donbas().rate_ratios.filter(
        pl.col("warning").str.contains("between 2015H2 and 2016H1: government-of-ukraine memorial_register")
    )
    assert sorted(set(broken["truce_id"])) == ["UA_2015-12-23", "UA_2016-01-14"]
    register = donbas().source_mix.filter(pl.col("kind") == "memorial_register")
    shares = dict(register.select("half_year", pl.col("share").round(2)).iter_rows())
    assert shares["2014H2"] == 0.83
    assert shares["2016H1"] == 0.02
    assert "2016H2" not in shares


def test_each_camp_tells_its_own_dead() -> None:
    dead = donbas().who_counts_whose_dead
    killed = {
        (camp, who): high for camp, who, high in dead.select("camp", "affected", "killed_high").iter_rows()
    }
    assert killed["government-of-ukraine", "government-of-ukraine"] > 2300
    assert killed["government-of-ukraine", "cadlr"] < 20
    assert killed["russia", "cadlr"] + killed["cadlr", "cadlr"] > 700
    assert killed["russia", "government-of-ukraine"] < 20


def test_the_mission_and_a_side_are_never_pooled() -> None:
    ids = donbas().series["series_id"].to_list()
    mission = next(i for i in ids if i.startswith("osce-smm / explosions"))
    side = next(i for i in ids if i.startswith("claim-dpr-command"))
    with pytest.raises(PoolingRefused, match="claim-dpr-command counts one side only"):
        donbas().pool(mission, side)


def test_a_day_without_violations_follows_from_two_running_totals() -> None:
    row = donbas().count_checks.filter(pl.col("kind") == "derived_day").row(0, named=True)
    assert (row["day"], row["value"], row["terms"]) == ("2020-08-07", 0.0, "256 - 256 = 0")


def test_quiet_is_the_exception() -> None:
    state = dict(donbas().observation.group_by("state").len().iter_rows())
    assert state["not_observed"] > state["quiet_watched"]
    assert sum(state.values()) == 2832 * donbas().observation["area"].n_unique()


def test_explain_shows_the_place_days_behind_a_ratio() -> None:
    tables = dict(donbas().explain("UA_2019-07-21"))
    near = tables["Place-days by local day"]
    sides = dict(near.group_by("side").len().iter_rows())
    assert sides["straddles"] == 1
    assert sides["before"] == 22
    with pytest.raises(KeyError):
        donbas().explain("UA_2014-07-21_MH17_UA")


def test_swapping_the_camps_moves_no_figure() -> None:
    def swapped(frame: pl.DataFrame, column: str) -> pl.DataFrame:
        return frame.with_columns(pl.col(column).replace(LABELS))

    turned = covered(located(), swapped(facts("sources"), "camp"), facts("actors"))
    figures = pl.exclude("warning")
    assert turned.rate_ratios.select(figures).equals(donbas().rate_ratios.select(figures))
    assert turned.observation.equals(donbas().observation)
    mix = swapped(turned.source_mix, "camp").sort("half_year", "camp", "kind")
    assert mix.equals(donbas().source_mix)


def test_coverage_of_the_whole_case_takes_less_than_three_seconds() -> None:
    arguments = (located(), facts("sources"), facts("actors"))
    covered(*arguments)
    begun = time.perf_counter()
    covered(*arguments)
    assert time.perf_counter() - begun < 3
