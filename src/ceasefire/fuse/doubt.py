"""How sure a report's place in its incident is, and how sure the number of incidents.

In: links, clusters, and the weights behind them. Out: per report the probability that it is about its incident, against every
other incident it could join and against standing alone; per incident its cohesion and what it may also be: one with another,
or two. The reports of one incident are not independent witnesses, so the evidence of k of them counts as that of the square
root of k.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from ceasefire.compiled import compiled
from ceasefire.fuse.cluster import SAMPLED, Bonds, pair
from ceasefire.fuse.encode import Flags, Floats, Ints
from ceasefire.fuse.weights import CALM, CALM_ALONE, CALM_MERGED, FLOOR, STRAY
from ceasefire.model import table

LISTED_FROM = 0.02  # an alternative less probable than this is not listed; our choice


def membership(bonds: Bonds, label: Ints) -> Floats:
    """Probability that each grid row is about its own cluster's happening; in steps of a millionth."""
    size = np.bincount(label, minlength=len(label))
    return chances(bonds.start, bonds.near, bonds.known, bonds.fixed, label, size)


def chances(start: Any, near: Any, known: Any, fixed: Flags, label: Ints, size: Ints) -> Floats:
    """``membership`` of rows with all their links (as in ``Bonds``). ``size``: members by label, whether they are here or not.

    The softmax is over-confident, since fellow reports are not independent: ``CALM`` draws its log-odds together, and a report
    that stands alone may have a mate that was never met (``STRAY``).
    """
    out = np.empty(len(label))
    _membership(start, near, known, label, size, out)
    alone = size[label] == 1
    out = np.where(alone, (1.0 - STRAY) * _calmed(out, *CALM_ALONE), _calmed(out, *CALM))
    out[fixed] = 1.0
    return np.asarray(np.round(out, 6))


def _calmed(chance: Any, slope: float, shift: float) -> Any:
    """A probability with its log-odds drawn together and shifted."""
    odds = np.log(np.clip(chance, 1e-12, 1.0)) - np.log(np.clip(1.0 - chance, 1e-12, 1.0))
    return 1.0 / (1.0 + np.exp(-(slope * odds + shift)))


def alternatives(
    bonds: Bonds, label: Ints, probability: Floats, incident: Sequence[str], reports: Sequence[str]
) -> pl.DataFrame:
    """Where the number of incidents is in doubt: pairs of clusters that may be one, and one that may be two.

    Two may be one as far as the evidence between them goes, weighed as in ``membership``. One may be two as far as its least
    sure reports go: the least sure of all, and those at least half as unsure. Only what is at least ``LISTED_FROM`` probable.
    ``incident`` and ``reports``: ids of grid rows.
    """
    one, other, chance = _mergers(bonds, label)
    rows: list[dict[str, object]] = []
    for a, b, p in zip(one.tolist(), other.tolist(), chance.tolist(), strict=True):
        low, high = sorted((incident[a], incident[b]))
        rows.append({"incident_id": low, "kind": "merge", "other_id": high, "probability": p})
    size = np.bincount(label, minlength=len(label))
    doubtful = np.flatnonzero((probability <= 1.0 - LISTED_FROM) & (size[label] > 1))
    doubtful = doubtful[np.lexsort((probability[doubtful], label[doubtful]))]
    edge = np.flatnonzero(np.diff(label[doubtful], prepend=-1))
    for members in np.split(doubtful, edge[1:]) if len(doubtful) else []:
        p = 1.0 - float(probability[members[0]])
        # the least sure, and those nearly as unsure
        members = members[1.0 - probability[members] >= p / 2]  # noqa: PLW2901
        if len(members) == size[label[members[0]]]:
            members = members[:-1]  # noqa: PLW2901  the surest stays
        told = ";".join(sorted(reports[m] for m in members))
        rows.append({"incident_id": incident[members[0]], "kind": "split", "reports": told, "probability": p})
    made = table("alternatives").frame(rows).with_columns(pl.col("probability").round(6))
    return made.sort("incident_id", "kind", "other_id", "reports", nulls_last=True)


def _mergers(bonds: Bonds, label: Ints) -> tuple[Any, Any, Any]:
    """Pairs of clusters (first members) that may be one, with the chance."""
    owner = np.repeat(np.arange(len(label)), np.diff(bonds.start))
    outward = (label[owner] < label[bonds.near]) & (bonds.known > FLOOR)
    keys = np.unique(label[owner[outward]].astype(np.int64) * len(label) + label[bonds.near[outward]])
    one, other = keys // len(label), keys % len(label)
    order = np.argsort(label, kind="stable").astype(np.int64)
    first = np.searchsorted(label[order], np.arange(len(label) + 1))
    chance = np.empty(len(keys))
    _merge_chance(*bonds, order, first, one, other, chance)
    chance = _calmed(chance, *CALM_MERGED)
    a, b = label[np.repeat(np.arange(len(label)), np.diff(bonds.parted_start))], label[bonds.parted]
    apart = np.minimum(a, b).astype(np.int64) * len(label) + np.maximum(a, b)
    keep = (chance >= LISTED_FROM) & ~np.isin(keys, apart)
    return one[keep], other[keep], chance[keep]


@compiled
def _membership(start: Any, near: Any, known: Any, label: Any, size: Any, out: Any) -> None:
    n = len(label)
    clusters = np.empty(256, dtype=np.int64)
    total, count = np.zeros(256), np.zeros(256, dtype=np.int64)
    for i in range(n):
        used = 0
        for k in range(start[i], start[i + 1]):
            c = label[near[k]]
            at = 0
            while at < used and clusters[at] != c:
                at += 1
            if at == len(clusters):
                continue
            if at == used:
                clusters[at], total[at], count[at] = c, 0.0, 0
                used += 1
            total[at] += min(max(known[k], FLOOR), -FLOOR)
            count[at] += 1
        every, stay = 1.0, 1.0  # standing alone
        joined = False
        for at in range(used):
            own = clusters[at] == label[i]
            missing = size[clusters[at]] - count[at] - (1 if own else 0)
            # an unlinked pair with an own mate was outweighed when they merged; it counts against joining another
            evidence = (total[at] + (0.0 if own else missing * FLOOR)) / np.sqrt(count[at])
            odds = np.exp(min(max(evidence, -40.0), 40.0))
            every += odds
            if own:
                stay, joined = odds, True
        if not joined and size[label[i]] > 1:
            stay = np.exp(FLOOR)
            every += stay
        out[i] = stay / every


@compiled
def _merge_chance(
    deck: Any,
    scale: Any,
    start: Any,
    near: Any,
    known: Any,
    parted_start: Any,
    parted: Any,
    fixed: Any,
    order: Any,
    first: Any,
    one: Any,
    other: Any,
    chance: Any,
) -> None:
    for k in range(len(one)):
        total, pairs = 0.0, 0
        for i in order[first[one[k]] : min(first[one[k] + 1], first[one[k]] + SAMPLED)]:
            for j in order[first[other[k]] : min(first[other[k] + 1], first[other[k]] + SAMPLED)]:
                total += min(max(pair(deck, scale, start, near, known, i, j), FLOOR), -FLOOR)
                pairs += 1
        evidence = total / np.sqrt(np.float64(pairs))
        chance[k] = 1.0 / (1.0 + np.exp(-min(max(evidence, -40.0), 40.0)))
