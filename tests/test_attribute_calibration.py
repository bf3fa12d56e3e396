"""Is the stage as sure as it may be? A small partisan world, written to be lied in, with fixed seeds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ceasefire.attribute import Attributed, attribute

PARTIES = ("north", "south", "isles")
START = datetime(2020, 1, 1, tzinfo=UTC)
SPEAKERS = [
    *((f"n{k}", "north", 0.95) for k in range(4)),
    *((f"s{k}", "south", 0.95) for k in range(7)),
    *((f"i{k}", "isles", 0.95) for k in range(2)),
    *((f"u{k}", None, 0.0) for k in range(4)),
]


def world(seed: int, n: int = 300) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """Incidents, partisan accounts and relays.

    A camp's source that speaks of its own side's act blames somebody else three times in four and tells of
    the others' acts rightly two times in three; those without a camp are right two times in three. Within a
    camp every second account of an incident repeats the camp's first without saying so.
    """
    rng = np.random.default_rng(seed)
    answers = [*PARTIES, "accident", "third_party"]
    rows, truth = [], {}
    for i in range(n):
        author = answers[rng.choice(5, p=[0.3, 0.3, 0.2, 0.1, 0.1])]
        truth[f"i{i:03d}"] = author
        line: dict[str, str] = {}
        for s in rng.permutation(len(SPEAKERS))[: rng.integers(1, 8)]:
            source, camp, _ = SPEAKERS[s]
            if camp == author and rng.random() < 0.5:
                continue  # silent about its own
            right = 0.65 if camp is None else 0.25 if camp == author else 0.6
            others = [a for a in answers if a not in (author, camp)]
            says = author if rng.random() < right else others[rng.integers(len(others))]
            if camp and camp in line and rng.random() < 0.5:
                says = line[camp]
            line.setdefault(camp or source, says)
            rows.append(
                {
                    "incident_id": f"i{i:03d}",
                    "source_id": source,
                    "stance": "asserts",
                    "actor": says,
                    "published_at": START + timedelta(days=i, minutes=len(rows)),
                }
            )
    kinds = [
        {"source_id": s, "kind": "media_state" if c else "media_independent", "camp": c}
        for s, c, _ in SPEAKERS
    ]
    return pl.DataFrame(rows), pl.DataFrame(kinds), truth


def outcome(a: Attributed, truth: dict[str, str]) -> tuple[float, float, int, int]:
    """Accuracy, expected calibration error, answers at 95 % or more, and how many of these are wrong."""
    top = a.attributions.sort("probability", "actor").group_by("incident_id").last()
    p = top["probability"].to_numpy()
    right = np.array([truth[i] == actor for i, actor in top.select("incident_id", "actor").iter_rows()])
    bins = np.minimum((p * 10).astype(int), 9)
    ece = sum(
        abs(p[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)
    )
    return right.mean(), float(ece), int((p >= 0.95).sum()), int((~right & (p >= 0.95)).sum())


def by_heads(claims: pl.DataFrame, truth: dict[str, str]) -> tuple[float, float]:
    """Counting heads: accuracy, and the share of wrong answers where all heads agree."""
    heads = (
        claims.group_by("incident_id", "actor")
        .len()
        .with_columns(share=pl.col("len") / pl.col("len").sum().over("incident_id"))
    )
    top = heads.sort("len", "actor").group_by("incident_id").last()
    right = np.array([truth[i] == actor for i, actor in top.select("incident_id", "actor").iter_rows()])
    return float(right.mean()), float((~right)[top["share"].to_numpy() >= 0.95].mean())


def test_wrong_among_the_nearly_certain_is_rare() -> None:
    """Five partisan worlds of 300 incidents: few answers are nearly certain, and few of these are wrong."""
    results: list[tuple[float, float, int, int]] = []
    heads: list[tuple[float, float]] = []
    answered = wrong = 0
    for seed in range(5):
        claims, sources, truth = world(seed)
        a = attribute(claims, sources, PARTIES)
        assert a.learnt
        results.append(outcome(a, truth))
        heads.append(by_heads(claims, truth))
        given = a.assessments.filter(pl.col("answer") != "undetermined")
        answered += given.height
        wrong += sum(truth[i] != w for i, w in given.select("incident_id", "answer").iter_rows())
    accuracy, ece, sure, mistaken = np.array(results).T
    figures = f"accuracy {accuracy.mean():.3f} (heads {np.mean(heads, axis=0)}), ECE {ece.mean():.3f}, wrong at 95 %: "
    figures += f"{mistaken.sum():.0f} of {sure.sum():.0f}; wrong among answers: {wrong} of {answered}"
    assert sure.sum() >= 20, figures
    assert mistaken.sum() <= 0.04 * sure.sum(), figures
    assert wrong <= 0.1 * answered, figures
    assert ece.mean() < 0.1, figures
    assert np.mean(heads, axis=0)[1] > 0.15, "where all heads agree they are often wrong: " + figures
    assert accuracy.mean() > np.mean(heads, axis=0)[0] - 0.02, figures


def test_what_is_learnt_swaps_with_the_labels() -> None:
    """With learning on, north and south change names: the figures change places and nothing else."""
    swap = {"north": "south", "south": "north"}
    claims, sources, _ = world(7)
    plain = attribute(claims, sources, PARTIES)
    swapped = attribute(
        claims.with_columns(pl.col("actor").replace(swap)),
        sources.with_columns(pl.col("camp").replace(swap)),
        PARTIES,
    )
    assert plain.learnt
    back = swapped.attributions.with_columns(pl.col("actor").replace(swap)).sort("incident_id", "actor")
    for column in ("probability", "low", "high"):
        assert back[column].to_numpy() == pytest.approx(plain.attributions[column].to_numpy(), abs=1e-12)
    assert back["actor"].to_list() == plain.attributions["actor"].to_list()
