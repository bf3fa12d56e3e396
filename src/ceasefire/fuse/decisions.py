"""An analyst's decisions: which pairs are one happening, or are not, as they stand after withdrawals.

In: table ``decisions`` and the row number of each report. Out: ``Ruling`` (same and different pairs with the decision
behind each) and problems. A decision ties reports, never incidents; of two that contradict, the later one holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from ceasefire.fuse.encode import Ints
from ceasefire.model import table
from ceasefire.problems import Problem

Pair = tuple[int, int]
CODED_APART = "~coders: two events at two places"
CODERS = "coders of the data set"  # their identifiers start with ~, so that among undated decisions they stand last


@dataclass(frozen=True)
class Ruling:
    """Decided pairs (rows, lower first) with decision id and time."""

    same: dict[Pair, tuple[str, datetime | None]] = field(default_factory=dict)
    different: dict[Pair, tuple[str, datetime | None]] = field(default_factory=dict)


def read_decisions(decisions: pl.DataFrame | None, rows: dict[str, int]) -> tuple[Ruling, list[Problem]]:
    """The decisions in force, later ones over earlier ones on the same pair."""
    if decisions is None or not decisions.height:
        return Ruling(), []
    listed = table("decisions").conform(decisions)
    by_analyst = (pl.col("by") != CODERS).fill_null(True)
    listed = listed.sort(by_analyst, "recorded_at", "decision_id", nulls_last=False)
    withdrawn = set(listed.filter(pl.col("kind") == "withdraw")["withdraws"].drop_nulls().to_list())
    problems: list[Problem] = []
    ruled: dict[Pair, tuple[str, str, datetime | None]] = {}
    for row in listed.iter_rows(named=True):
        decision, kind = row["decision_id"], row["kind"]
        if kind == "withdraw" or decision in withdrawn:
            continue
        a, b = row["report_a"], row["report_b"]
        if kind not in ("same", "different") or a == b or a not in rows or b not in rows:
            problems.append(
                Problem(
                    "warning",
                    "fuse",
                    "decision_unusable",
                    "same or different, and two reports known by now",
                    f"{kind} {a} {b}",
                    "not applied; correct it, or wait until both reports are known",
                    record=decision,
                )
            )
            continue
        ruled[min(rows[a], rows[b]), max(rows[a], rows[b])] = (kind, decision, row["recorded_at"])
    ruling = Ruling()
    for pair, (kind, decision, at) in sorted(ruled.items()):
        (ruling.same if kind == "same" else ruling.different)[pair] = (decision, at)
    return _consistent(ruling, problems)


def coded_as_one(frame: pl.DataFrame) -> pl.DataFrame:
    """The decisions of a data set's coders: reports under one coded event are one happening. Any analyst overrules them."""
    coded = frame.filter(pl.col("coded_event").is_not_null()).sort("coded_event", "report_id")
    pairs = coded.select(
        pl.format("~coders {} {}", "coded_event", "report_id").alias("decision_id"),
        pl.lit("same").alias("kind"),
        pl.col("report_id").shift().over("coded_event").alias("report_a"),
        pl.col("report_id").alias("report_b"),
        pl.lit(CODERS).alias("by"),
    )
    return table("decisions").conform(pairs.filter(pl.col("report_a").is_not_null()))


def coded_apart(ruling: Ruling, coded: pl.Series, place: Ints, left: Ints, right: Ints) -> Ruling:
    """Add that pairs coded as two events at two named places are two happenings, unless an analyst joined them.

    Two coded events at one place on one day stay open: a data set may hold one row a victim.
    """
    event = coded.rank("dense").fill_null(0).to_numpy()
    apart = (event[left] > 0) & (event[right] > 0) & (event[left] != event[right])
    apart &= (place[left] >= 0) & (place[right] >= 0) & (place[left] != place[right])
    root = _roots(ruling.same)
    coders: dict[Pair, tuple[str, datetime | None]] = {}
    for a, b in zip(left[apart].tolist(), right[apart].tolist(), strict=True):
        if root(a) != root(b):
            coders[min(a, b), max(a, b)] = (CODED_APART, None)
    return Ruling(ruling.same, dict(sorted((coders | ruling.different).items())))


def _roots(tied: Iterable[Pair]) -> Callable[[int], int]:
    """The representative of each row, rows that are tied sharing one."""
    parent: dict[int, int] = {}

    def root(i: int) -> int:
        while parent.get(i, i) != i:
            i = parent[i]
        return i

    for a, b in tied:
        parent[root(a)] = root(b)
    return root


def _consistent(ruling: Ruling, problems: list[Problem]) -> tuple[Ruling, list[Problem]]:
    """Drop the earlier side of a contradiction: pairs ruled different that rulings of same tie together."""
    parent: dict[int, int] = {}

    def root(i: int) -> int:
        while parent.get(i, i) != i:
            i = parent[i]
        return i

    order = [(at, d, "same", pair) for pair, (d, at) in ruling.same.items()]
    order += [(at, d, "different", pair) for pair, (d, at) in ruling.different.items()]
    known = [x for x in order if x[0] is not None]
    newest = sorted(known, key=lambda x: (x[0], x[1]), reverse=True) + sorted(
        (x for x in order if x[0] is None), key=lambda x: x[1]
    )
    kept = Ruling()
    for at, decision, kind, (a, b) in newest:
        joined = root(a) == root(b)
        clash = joined if kind == "different" else _would_join(root, a, b, kept)
        if clash:
            problems.append(
                Problem(
                    "warning",
                    "fuse",
                    "decision_conflict",
                    "decisions that can all hold",
                    f"{kind} contradicts later decisions",
                    "the later decisions hold; withdraw one of them",
                    record=decision,
                )
            )
            continue
        (kept.same if kind == "same" else kept.different)[a, b] = (decision, at)
        if kind == "same":
            parent[root(a)] = root(b)
    return kept, problems


def _would_join(root: Callable[[int], int], a: int, b: int, kept: Ruling) -> bool:
    """Whether tying a and b would tie a pair that is ruled different."""
    ends = {root(a), root(b)}
    return len(ends) == 2 and any({root(x), root(y)} == ends for x, y in kept.different)
