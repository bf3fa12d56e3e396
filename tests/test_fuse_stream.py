"""Reports that come in portions give what one run over all gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from bench.fusion_reports import make

from ceasefire import Stream, fuse

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
