"""How sure a report's place in its incident is.

In: weighted pairs and clusters. Out: per report the probability that it is about its incident, against every other
incident it could join and against standing alone; per incident its cohesion. The reports of one incident are not
independent witnesses of a link, so the evidence of k of them counts as that of the square root of k.
"""

from __future__ import annotations

import numpy as np

from ceasefire.fuse.cluster import MUST, Graph
from ceasefire.fuse.encode import Floats, Ints
from ceasefire.fuse.weights import FLOOR


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


def cohesion(label: Ints, probability: Floats) -> Floats:
    """Per cluster, that all its reports are about one happening: as sure as its least sure report."""
    least = np.ones(int(label.max()) + 1 if len(label) else 0)
    np.minimum.at(least, label, probability)
    return np.where(np.bincount(label, minlength=len(least)) == 1, 1.0, least)


def link_probability(weight: Floats) -> Floats:
    """Probability that a pair is about one happening, from its summed log-odds."""
    return np.asarray(np.round(1.0 / (1.0 + np.exp(-np.clip(weight, -MUST, 60))), 6))
