"""Swap two camps' labels: the results swap, and nothing else moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ceasefire.attribute import Attributed, attribute

KINDS = ("party_official", "monitor_ngo", "media_state", "un", "no such kind")
PARTIES = {"alpha": "east", "beta": "west", "gamma": "west"}
ACTORS = (
    None, "alpha", "beta", "gamma", "accident", "third_party", "isil", "alpha|beta", "beta+gamma", "alpha|isil",
)  # fmt: skip

sources = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from((None, "alpha", "beta", "gamma", "isil"))),
    min_size=1,
    max_size=6,
)
spoken = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 5),
        st.sampled_from(("asserts", "suggests", "denies", "unattributed")),
        st.sampled_from(ACTORS),
        st.integers(0, 5),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=25,
)


def renamed(cell: str | None, names: dict[str, str]) -> str | None:
    """The cell under other party labels, in whatever order its members then come."""
    if cell is None:
        return None
    sign = "|" if "|" in cell else "+"
    return sign.join(names.get(part, part) for part in cell.split(sign))


def run(names: dict[str, str], who: list[tuple[str, str | None]], said: list[tuple]) -> Attributed:  # type: ignore[type-arg]
    start = datetime(2016, 9, 19, tzinfo=UTC)
    frame = pl.DataFrame(
        [
            {
                "incident_id": f"i{incident}",
                "source_id": f"s{source % len(who)}",
                "stance": stance,
                "actor": renamed(actor, names),
                "published_at": start + timedelta(hours=hour),
                "report_id": f"r{n}",
                "origin_id": f"r{max(0, n - back)}",
            }
            for n, (incident, source, stance, actor, hour, back) in enumerate(said)
        ],
        schema_overrides={"actor": pl.String},
    )
    listed = pl.DataFrame(
        {
            "source_id": [f"s{n}" for n in range(len(who))],
            "kind": [kind for kind, _ in who],
            "camp": [renamed(camp, names) for _, camp in who],
        },
        schema_overrides={"camp": pl.String},
    )
    return attribute(frame, listed, {renamed(p, names) or p: side for p, side in PARTIES.items()})


def spelled(cell: str | None, names: dict[str, str]) -> str | None:
    back = renamed(cell, names)
    return back and "|".join(sorted(back.split("|")))


@settings(max_examples=60, deadline=None)
@given(who=sources, said=spoken)
def test_label_swap(who: list[tuple[str, str | None]], said: list[tuple]) -> None:  # type: ignore[type-arg]
    """Rename the parties so that their alphabetical order changes: same figures under the new names."""
    names = {"alpha": "zulu", "beta": "alpha", "gamma": "beta"}
    back = {new: old for old, new in names.items()}
    plain, swapped = run({}, who, said), run(names, who, said)
    expected = {(r["incident_id"], r["actor"]): r for r in plain.attributions.iter_rows(named=True)}
    assert swapped.attributions.height == len(expected)
    for row in swapped.attributions.iter_rows(named=True):
        want = expected[row["incident_id"], back.get(row["actor"], row["actor"])]
        for column in ("probability", "low", "high", "prior"):
            assert row[column] == pytest.approx(want[column], abs=1e-12)
    for old, new in zip(
        plain.assessments.iter_rows(named=True), swapped.assessments.iter_rows(named=True), strict=True
    ):
        for column in ("answer", "leading"):
            assert spelled(new[column], back) == spelled(old[column], {})
        for column in ("standard", "self_attributed", "contested", "n_origins", "n_camps", "rule"):
            assert new[column] == old[column]
    assert swapped.reliability.select("source_id", "role", "n_claims").equals(
        plain.reliability.select("source_id", "role", "n_claims")
    )
    assert swapped.reliability["value"].to_list() == pytest.approx(
        plain.reliability["value"].to_list(), abs=1e-12
    )


@settings(max_examples=40, deadline=None)
@given(who=sources, said=spoken)
def test_every_result_is_a_distribution_with_its_interval_and_its_account(
    who: list[tuple[str, str | None]],
    said: list[tuple],  # type: ignore[type-arg]
) -> None:
    a = run({}, who, said)
    assert a.attributions.group_by("incident_id").agg(pl.col("probability", "prior").sum()).select(
        (pl.col("probability") - 1).abs().max(), (pl.col("prior") - 1).abs().max()
    ).row(0) == pytest.approx((0, 0), abs=1e-9)
    assert a.attributions.select(
        ((pl.col("low") <= pl.col("probability")) & (pl.col("probability") <= pl.col("high"))).all()
    ).item()
    joined = (
        a.evidence.group_by("incident_id", "actor")
        .agg(pl.col("log_weight").sum())
        .join(a.attributions, on=["incident_id", "actor"])
    )
    odds = pl.col("probability") / (1 - pl.col("probability"))
    assert joined.select((pl.col("log_weight").exp() / odds - 1).abs().max()).item() < 1e-9
