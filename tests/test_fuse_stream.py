"""Reports that come in portions give what one run over all gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from bench.fusion_donbas import load
from bench.fusion_reports import OTHER_MAKING, make

from ceasefire import Stream, fuse
from ceasefire.fuse import renew
from ceasefire.fuse.learn import Lesson
from ceasefire.model import table

DAY = datetime(2024, 5, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def made() -> pl.DataFrame:
    return make(2_000, seed=7).reports.sort("recorded_at")


def portions(reports: pl.DataFrame, every: str) -> list[pl.DataFrame]:
    dated = reports.with_columns(pl.col("recorded_at").dt.truncate(every).alias("portion"))
    return [part.drop("portion") for _, part in dated.group_by("portion", maintain_order=True)]


@pytest.mark.parametrize("every", ["1d", "5d"])
def test_after_the_horizon_the_stream_equals_one_run_to_the_byte(made: pl.DataFrame, every: str) -> None:
    lesson = fuse(made).lesson
    stream = Stream(lesson, horizon=timedelta(days=10))
    for part in portions(made, every):
        stream.add(part)
    late = [] if stream.late is None else stream.late["report_id"].to_list()
    whole = fuse(made.filter(~pl.col("report_id").is_in(late)), lesson=lesson).memberships
    closed = whole.join(stream.closed.select("report_id"), on="report_id", how="semi")
    assert stream.closed.height > 1_000
    assert stream.closed.write_csv() == closed.write_csv()
    assert stream.memberships.equals(whole)
    assert stream.memberships.height + len(late) == made.height  # nothing is lost


class Told:
    """A stream beside one run over all that it has taken, with the decisions that it has not set aside."""

    def __init__(self, lesson: Lesson, days: int) -> None:
        self.lesson, self.stream = lesson, Stream(lesson, horizon=timedelta(days=days))
        self.parts: list[pl.DataFrame] = []
        self.decisions: list[dict[str, object]] = []
        self.shown = table("memberships").empty()

    def add(self, part: pl.DataFrame) -> None:
        self.parts.append(part)
        self.show(self.stream.add(part))

    def decide(self, rows: list[dict[str, object]]) -> None:
        self.decisions += rows
        self.show(self.stream.decide(table("decisions").frame(rows)))

    def show(self, changed: pl.DataFrame) -> None:
        self.shown = pl.concat([self.shown.join(changed, on="report_id", how="anti"), changed]).sort(
            "report_id"
        )

    def rule(self, k: int) -> None:
        """Join two open reports, part two of one incident, and take an earlier decision back."""
        rng = np.random.default_rng(k)
        closed = self.stream.closed
        open_ = self.stream.memberships.join(closed, on="report_id", how="anti")
        at = {"by": "analyst", "recorded_at": DAY + timedelta(minutes=k)}
        one, two = rng.choice(open_["report_id"].to_numpy(), 2, replace=False)
        rows: list[dict[str, object]] = [
            {"decision_id": f"S{k}", "kind": "same", "report_a": str(one), "report_b": str(two), **at}
        ]
        large = open_.filter(pl.len().over("incident_id") > 1).sort("incident_id", "report_id")["report_id"]
        if len(large):
            rows.append(
                {
                    "decision_id": f"D{k}",
                    "kind": "different",
                    "report_a": large[0],
                    "report_b": large[1],
                    **at,
                }
            )
        before = [d["decision_id"] for d in self.decisions if d["kind"] != "withdraw"][-3:-2]
        rows += [{"decision_id": f"W{k}", "kind": "withdraw", "withdraws": d, **at} for d in before]
        self.decide(rows)

    def same(self) -> None:
        """Memberships, open ones too, are those of one run, as bytes; and what was told of changes is all that changed."""
        late = [] if self.stream.late is None else self.stream.late["report_id"].to_list()
        aside = {p.record for p in self.stream.problems if p.code == "decision_unusable"}
        reports = pl.concat(self.parts).filter(~pl.col("report_id").is_in(late))
        decided = table("decisions").frame([d for d in self.decisions if d["decision_id"] not in aside])
        whole = fuse(reports, lesson=self.lesson, decisions=decided).memberships
        assert self.stream.memberships.write_csv() == whole.write_csv()
        assert self.shown.equals(self.stream.memberships)


def without_points(reports: pl.DataFrame) -> pl.DataFrame:
    return reports.with_columns(pl.lit(None, dtype=pl.Float64).alias(c) for c in ("latitude", "longitude"))


def crowded(reports: pl.DataFrame) -> pl.DataFrame:
    """All in one town within six days, some without a point: each meets the nearest in time alone."""
    rng = np.random.default_rng(1)
    n = reports.height
    begin = pl.Series(np.sort(rng.integers(0, 6 * 1440, n))) * 60_000_000
    start = (begin + int(DAY.timestamp() * 1e6)).cast(pl.Datetime("us", "UTC"))
    north, east = (pl.Series(degrees + rng.normal(0, 0.02, n)) for degrees in (48.0, 37.0))
    bare = pl.int_range(pl.len()) % 4 == 0
    return reports.with_columns(
        start.alias("occurred_from"),
        (start + timedelta(hours=1)).alias("occurred_to"),
        (start + timedelta(hours=2)).alias("recorded_at"),
        pl.when(~bare).then(north).alias("latitude"),
        east.alias("longitude"),
        pl.lit(2.0).alias("precision_km"),
        pl.lit("Orem").alias("place_name"),
    )


def donbas() -> pl.DataFrame:
    """Real headlines, most without a point and with nothing but a day; some of one coded event, some over weeks."""
    found = load()
    if found is None:
        pytest.skip("the coded articles of the Donbas are not at hand")
    reports = found.reports.sort("recorded_at", "report_id")[1_000:1_600]
    k = pl.int_range(pl.len())
    return reports.with_columns(
        pl.when(k % 50 < 2).then(pl.format("E{}", k // 50)).alias("coded_event"),
        pl.when(k % 60 == 9)
        .then(pl.col("occurred_to") + timedelta(days=30))
        .otherwise("occurred_to")
        .alias("occurred_to"),
    )


SETS = {
    "generated": lambda: make(1_500, seed=7).reports,
    "otherwise generated": lambda: make(1_200, seed=8, knobs=OTHER_MAKING).reports,
    "without points": lambda: without_points(make(1_000, seed=9).reports),
    "without any place": lambda: without_points(make(800, seed=9).reports).drop("place_name"),
    "one crowd": lambda: crowded(make(700, seed=11).reports),
    "Donbas": donbas,
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("every", ["1d", "5d"])
def test_after_each_portion_and_decision_what_stands_is_what_one_run_gives(name: str, every: str) -> None:
    reports = SETS[name]().sort("recorded_at", "report_id")
    told = Told(fuse(reports).lesson, days=8)
    parts = portions(reports, "6h" if name == "one crowd" and every == "1d" else every)
    for k, part in enumerate(parts):
        told.add(part)
        if k % 3 == 2 and told.stream.memberships.height > told.stream.closed.height + 3:
            told.rule(k)
        if k % max(1, len(parts) // 12) == 0:
            told.same()
    told.same()
    assert told.stream.closed.height > 30 or name == "one crowd"


@pytest.mark.parametrize("name", SETS)
def test_report_by_report_it_is_the_same(name: str) -> None:
    reports = SETS[name]().sort("recorded_at", "report_id")[:640]
    told = Told(fuse(reports).lesson, days=8)
    told.add(reports[:600])
    for k in range(600, reports.height):
        told.add(reports[k : k + 1])
        if k % 8 == 0:
            told.same()


def test_a_report_is_weighed_against_what_it_can_reach_alone(
    made: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    find = renew.find

    def counted(data: object, found: object, scale: object, queries: list[int]) -> object:
        looked.append(len(queries))
        return find(data, found, scale, queries)  # type: ignore[arg-type]

    monkeypatch.setattr(renew, "find", counted)
    stream = Stream(fuse(made).lesson, horizon=timedelta(days=3_000))
    stream.add(made)
    far = stream.add(pl.DataFrame([told("A", "s1", made["occurred_from"][1_000], latitude=-45.0)]))
    assert far["incident_id"].to_list() == ["I-A"]
    near = made[1_000:1_001].with_columns(pl.lit("B").alias("report_id"), pl.lit("s1").alias("source_id"))
    assert "B" in stream.add(near)["report_id"].to_list()
    assert looked[0] == made.height
    assert looked[1] <= 2
    assert 1 < looked[2] < made.height / 20


def test_all_tables_of_what_is_open_are_those_of_one_run(made: pl.DataFrame) -> None:
    lesson = fuse(made).lesson
    stream = Stream(lesson, horizon=timedelta(days=3_000))
    for part in portions(made, "60d"):
        stream.add(part)
    fused, whole = stream.fused(), fuse(made, lesson=lesson)
    assert fused is not None
    for name in ("memberships", "incidents", "links", "lineage", "alternatives", "weights", "day_counts"):
        assert getattr(fused, name).write_csv() == getattr(whole, name).write_csv(), name


def test_an_id_that_comes_again_and_an_event_that_is_closed_are_told() -> None:
    stream = Stream(fuse(pl.DataFrame([told("A", "s1", DAY)])).lesson, horizon=timedelta(days=3))
    later = DAY + timedelta(days=60)
    stream.add(
        pl.DataFrame([told("A", "s1", DAY, coded_event="E1"), told("B", "s2", later, coded_event="E2")])
    )
    stream.add(
        pl.DataFrame([told("B", "s3", later, coded_event="E2"), told("C", "s3", later, coded_event="E1")])
    )
    said = {
        "decision_id": "D1",
        "kind": "same",
        "report_a": "A",
        "report_b": "B",
        "by": "x",
        "recorded_at": DAY,
    }
    stream.decide(pl.DataFrame([said]))
    assert stream.memberships["report_id"].to_list() == ["A", "B"]
    assert [(p.code, p.record) for p in stream.problems] == [
        ("report_late", "C"),
        ("report_twice", "B"),
        ("decision_unusable", "D1"),
    ]


def test_a_decision_waits_for_its_reports() -> None:
    stream = Stream(fuse(pl.DataFrame([told("A", "s1", DAY)])).lesson)
    stream.add(pl.DataFrame([told("A", "s1", DAY)]))
    said = {"decision_id": "D1", "kind": "different", "report_a": "A", "report_b": "B", "by": "x"}
    assert stream.decide(pl.DataFrame([{**said, "recorded_at": DAY}])).is_empty()
    stream.add(pl.DataFrame([told("B", "s2", DAY)]))
    assert stream.memberships["incident_id"].to_list() == ["I-A", "I-B"]


def test_the_order_of_rows_changes_nothing_in_any_table(made: pl.DataFrame) -> None:
    one, other = fuse(made), fuse(made.sample(fraction=1.0, shuffle=True, seed=3))
    for name in ("memberships", "incidents", "links", "lineage", "alternatives", "day_counts"):
        assert getattr(one, name).equals(getattr(other, name)), name


def told(report: str, source: str, at: datetime, **more: object) -> dict[str, object]:
    place = {"place_name": "Orem", "latitude": 36.2, "longitude": 36.9, "precision_km": 1.0}
    told_of = {"act": "shelling", "text": "shells hit the bakery near the northern bridge, two wounded"}
    row = {
        "report_id": report,
        "source_id": source,
        "occurred_from": at,
        "occurred_to": at + timedelta(hours=1),
    }
    return {**row, "recorded_at": at + timedelta(hours=2), **place, **told_of, **more}


def test_a_report_for_closed_time_is_set_aside_and_said_so() -> None:
    stream = Stream(fuse(pl.DataFrame([told("A", "s1", DAY)])).lesson, horizon=timedelta(days=3))
    stream.add(pl.DataFrame([told("A", "s1", DAY), told("B", "s2", DAY + timedelta(days=60))]))
    stream.add(pl.DataFrame([told("C", "s3", DAY), told("D", "s4", DAY + timedelta(days=60))]))
    assert dict(stream.memberships.select("report_id", "incident_id").rows()) == {
        "A": "I-A",
        "B": "I-B",
        "D": "I-B",
    }
    assert stream.closed["report_id"].to_list() == ["A"]
    assert [(p.code, p.record) for p in stream.problems] == [("report_late", "C")]
    assert stream.late is not None
    assert stream.late["report_id"].to_list() == ["C"]


def test_a_decision_parts_two_reports_until_it_is_withdrawn_and_the_lineage_tells() -> None:
    stream = Stream(fuse(pl.DataFrame([told("A", "s1", DAY)])).lesson)
    stream.add(pl.DataFrame([told("A", "s1", DAY), told("B", "s2", DAY)]))
    said = {
        "decision_id": "D1",
        "kind": "different",
        "report_a": "A",
        "report_b": "B",
        "by": "analyst",
        "recorded_at": DAY,
    }
    stream.decide(pl.DataFrame([said]))
    assert stream.memberships["incident_id"].to_list() == ["I-A", "I-B"]
    stream.decide(
        pl.DataFrame(
            [
                {
                    "decision_id": "D2",
                    "kind": "withdraw",
                    "withdraws": "D1",
                    "by": "analyst",
                    "recorded_at": DAY,
                }
            ]
        )
    )
    assert stream.memberships["incident_id"].to_list() == ["I-A", "I-A"]
    changes = stream.lineage.select("incident_id", "change", "other_id").rows()
    assert changes == [("I-A", "minted", "A"), ("I-B", "split_from", "I-A"), ("I-B", "merged_into", "I-A")]


def test_the_weights_in_force_are_those_of_the_links() -> None:
    fused = fuse(make(4_000, seed=8).reports)
    assert fused.lesson.weights.origin == "learned"
    in_force = {
        (f, level): w for f, level, w in fused.weights.select("feature", "level", "weight").iter_rows()
    }
    for feature in ("time", "place", "casualties", "text", "crowd"):
        for level, weight in fused.links.select(f"l_{feature}", f"w_{feature}").unique().iter_rows():
            assert in_force[feature, level] == pytest.approx(weight, abs=1e-4), (feature, level)
