"""Reports that could choke a linker: bounded work, a sensible answer, and a problem that says what was cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from ceasefire import fuse

DAY = datetime(2024, 5, 1, 9, tzinfo=UTC)
N = 20_000
WORDS = [
    a + b
    for a in ("dal", "mer", "tor", "vesh", "kar", "lin", "sop")
    for b in ("ava", "inek", "ostu", "ulim", "ebor", "ygan", "arel")
]


def reports(n: int = N, **columns: object) -> pl.DataFrame:
    rng = np.random.default_rng(5)
    told = {
        "report_id": [f"R{k:06}" for k in range(n)],
        "source_id": [f"s{k % 30}" for k in range(n)],
        "occurred_from": [DAY + timedelta(minutes=int(m)) for m in rng.integers(0, 60 * 24 * 400, n)],
        "latitude": 36 + rng.random(n),
        "longitude": 36 + rng.random(n),
        "act": ["shelling"] * n,
        "text": [" ".join(WORDS[w] for w in rng.integers(0, len(WORDS), 8)) for _ in range(n)],
    }
    frame = pl.DataFrame({**told, **columns})
    return (
        frame.with_columns(occurred_to=frame["occurred_from"])
        if "occurred_to" not in frame.columns
        else frame
    )


def codes(fused: object) -> set[str]:
    return {problem.code for problem in fused.problems}  # type: ignore[attr-defined]


def test_a_giant_burst_at_one_point_is_cut_and_said_so() -> None:
    rng = np.random.default_rng(6)
    minutes = rng.integers(0, 60 * 24 * 4, N)
    burst = reports(
        occurred_from=[DAY + timedelta(minutes=int(m)) for m in minutes],
        latitude=[36.15] * N,
        longitude=[36.95] * N,
    )
    fused = fuse(burst)
    assert fused.memberships.height == N
    assert "crowd_cut" in codes(fused)
    assert 1 < fused.incidents.height < N


def test_without_any_place_reports_stay_apart_unless_their_words_tie_them() -> None:
    frame = reports().drop("latitude", "longitude", "act")
    told_twice = ["a tanker burned behind the dairy on Poplar lane near the sluice"] * 2
    frame = frame.with_columns(text=pl.Series([*told_twice, *frame["text"][2:]]))
    frame = frame.with_columns(
        pl.when(pl.col("report_id") == "R000001")
        .then(pl.col("occurred_from").first())
        .otherwise("occurred_from")
        .alias(c)
        for c in ("occurred_from", "occurred_to")
    )
    fused = fuse(frame)
    home = dict(fused.memberships.select("report_id", "incident_id").rows())
    assert home["R000000"] == home["R000001"]
    assert fused.incidents.height > 0.95 * N
    assert "crowd_cut" in codes(fused)


def test_intervals_of_a_month_do_not_pile_up_into_one() -> None:
    frame = reports(N // 4)
    fused = fuse(frame.with_columns(occurred_to=pl.col("occurred_from") + timedelta(days=30)))
    assert fused.memberships.height == N // 4
    assert fused.incidents.height > 50
    assert "crowd_cut" in codes(fused)


def test_a_source_that_repeats_everything_adds_no_happening_and_no_origin() -> None:
    frame = reports(N // 4)
    echo = frame.with_columns(
        pl.lit("echo").alias("source_id"), ("Q" + pl.col("report_id")).alias("report_id")
    )
    fused = fuse(pl.concat([frame, echo]))
    home = dict(fused.memberships.select("report_id", "incident_id").rows())
    together = sum(home[report] == home["Q" + report] for report in frame["report_id"])
    assert together > 0.98 * frame.height
    origins = dict(fused.memberships.select("report_id", "origin_id").rows())
    assert (
        sum(origins["Q" + r] != "Q" + r or origins[r] != r for r in frame["report_id"]) > 0.95 * frame.height
    )
