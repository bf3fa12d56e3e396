"""How sure a report's place in its incident is.

In: weighted pairs and clusters. Out: per report the probability that it is about its incident, against every other
incident it could join and against standing alone; per incident its cohesion. The reports of one incident are not
independent witnesses of a link, so the evidence of k of them counts as that of the square root of k.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from ceasefire.fuse.cluster import MUST, Graph
from ceasefire.fuse.encode import Floats, Ints
from ceasefire.fuse.weights import FLOOR
from ceasefire.model import table

LISTED_FROM = 0.02  # an alternative less probable than this is not listed; our choice


def membership(graph: Graph, label: Ints) -> Floats:
    """Probability that each report is about its own cluster's happening."""
    n = graph.n
    report = np.concatenate([graph.left, graph.right])
    other = label[np.concatenate([graph.right, graph.left])]
    weight = np.clip(np.concatenate([graph.weight, graph.weight]), FLOOR, -FLOOR)
    key = report * np.int64(n) + other
    found, inverse = np.unique(key, return_inverse=True)
    total = np.bincount(inverse, weight, minlength=len(found))
    count = np.bincount(inverse, minlength=len(found))
    report, cluster = found // n, found % n
    size = np.bincount(label, minlength=n)
    own = cluster == label[report]
    mates = size[cluster] - own
    unscored = np.maximum(mates - count, 0) * np.where(graph.open_[report], 0.0, FLOOR)
    # an unscored pair with an own mate was outweighed when they merged; it counts against joining another
    evidence = (total + np.where(own, 0.0, unscored)) / np.sqrt(count)
    odds = np.exp(np.clip(evidence, -40, 40))
    stay, all_odds = np.zeros(n), np.ones(n)  # 1 = standing alone
    np.add.at(all_odds, report, odds)
    stay[report[own]] = odds[own]
    alone = size[label] == 1
    probability = np.where(alone, 1.0 / all_odds, stay / all_odds)
    for pair in graph.same:
        probability[list(pair)] = 1.0
    return np.asarray(np.round(probability, 6))


def alternatives(
    graph: Graph, label: Ints, probability: Floats, incident: Sequence[str], reports: Sequence[str]
) -> pl.DataFrame:
    """Where the number of incidents is in doubt: pairs of clusters that may be one, and one that may be two.

    Two may be one as far as the evidence between them goes, weighed as in ``membership``. One may be two as far as its least
    sure reports go. Only what is at least ``LISTED_FROM`` probable.
    """
    pair = np.flatnonzero((label[graph.left] != label[graph.right]) & (graph.weight > FLOOR))
    low = np.minimum(label[graph.left[pair]], label[graph.right[pair]])
    high = np.maximum(label[graph.left[pair]], label[graph.right[pair]])
    found, inverse = np.unique(low * np.int64(graph.n) + high, return_inverse=True)
    count = np.bincount(inverse, minlength=len(found))
    size = np.bincount(label, minlength=graph.n)
    low, high = found // graph.n, found % graph.n
    total = np.bincount(inverse, np.clip(graph.weight[pair], FLOOR, -FLOOR), minlength=len(found))
    evidence = (total + (size[low] * size[high] - count) * FLOOR) / np.sqrt(count)
    chance = 1.0 / (1.0 + np.exp(-np.clip(evidence, -40, 40)))
    name = {int(k): incident[row] for row, k in enumerate(label)}
    apart = {(int(label[a]), int(label[b])) for a, b in graph.different}
    rows: list[dict[str, object]] = []
    for a, b, p in zip(low.tolist(), high.tolist(), chance.tolist(), strict=True):
        if p >= LISTED_FROM and not {(a, b), (b, a)} & apart:
            one, other = sorted((name[a], name[b]))
            rows.append({"incident_id": one, "kind": "merge", "other_id": other, "probability": p})
    doubtful = np.flatnonzero((probability <= 1.0 - LISTED_FROM) & (size[label] > 1))
    for k in np.unique(label[doubtful]).tolist():
        members = doubtful[label[doubtful] == k]
        members = (
            members
            if len(members) < size[k]
            else members[np.argsort(probability[members], kind="stable")][:-1]
        )
        told = ";".join(sorted(reports[m] for m in members))
        p = 1.0 - float(probability[members].min())
        rows.append({"incident_id": name[k], "kind": "split", "reports": told, "probability": p})
    return table("alternatives").frame(rows).with_columns(pl.col("probability").round(6))


def cohesion(label: Ints, probability: Floats) -> Floats:
    """Per cluster, that all its reports are about one happening: as sure as its least sure report."""
    least = np.ones(int(label.max()) + 1 if len(label) else 0)
    np.minimum.at(least, label, probability)
    return np.where(np.bincount(label, minlength=len(least)) == 1, 1.0, least)


def link_probability(weight: Floats) -> Floats:
    """Probability that a pair is about one happening, from its summed log-odds."""
    return np.asarray(np.round(1.0 / (1.0 + np.exp(-np.clip(weight, -MUST, 60))), 6))
