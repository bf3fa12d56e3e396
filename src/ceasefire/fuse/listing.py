"""The links that matter, told in full.

In: the reports, links, what their levels weigh, clusters and decisions. Out: table ``links``: for each pair near even odds or
inside one incident, or decided, the level of every feature, its weight, and the sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ceasefire.compiled import compiled, lean
from ceasefire.fuse.compare import bent, levels, weight
from ceasefire.fuse.decisions import Ruling
from ceasefire.fuse.encode import Encoded, Ints
from ceasefire.fuse.links import Links, in_order
from ceasefire.fuse.weights import FEATURES, FLOOR, MATES, SLOPE, STRANGERS, TABLE
from ceasefire.model import table


def list_links(
    data: Encoded, scale: Any, links: Links, label: Ints, ruling: Ruling, grid_row: Ints
) -> pl.DataFrame:
    """Table ``links``. ``label``: by grid row; ``grid_row``: of each report by id; ``ruling``: by report id's place."""
    said = dict.fromkeys(ruling.same, "same") | dict.fromkeys(ruling.different, "different")
    decided = grid_row[np.array(list(said), dtype=np.int64).reshape(-1, 2)]
    inside = _inside(label)
    one = np.concatenate([links.left, inside[:, 0], decided[:, 0]])
    two = np.concatenate([links.right, inside[:, 1], decided[:, 1]])
    shown = in_order(data, one, two, np.zeros(len(one), dtype=np.float32))
    found = np.empty((len(shown), len(FEATURES)), dtype=np.int8)
    worth = np.empty((len(shown), len(FEATURES) + 2))
    _tell(data.deck, scale, shown.left, shown.right, found, worth)
    ids = data.frame["report_id"].gather(data.by_id)
    rank = data.rank
    columns: dict[str, pl.Series] = {
        "report_a": ids.gather(rank[shown.left]),
        "report_b": ids.gather(rank[shown.right]),
        "prior": pl.Series(np.full(len(shown), scale.prior)),
    }
    for k, feature in enumerate(FEATURES):
        columns[f"w_{feature}"] = pl.Series(np.round(worth[:, k], 6))
        names = pl.Series([level.name for level in TABLE[feature]], dtype=pl.String)
        columns[f"l_{feature}"] = names.gather(found[:, k])
    columns["w_overlap"] = pl.Series(np.round(worth[:, -2], 6))
    columns["weight"] = pl.Series(np.round(worth[:, -1], 6))
    probability = link_probability(worth[:, -1], label[shown.left] == label[shown.right])
    if said:
        pairs = zip(rank[shown.left].tolist(), rank[shown.right].tolist(), strict=True)
        choice = [said.get(pair) for pair in pairs]
        columns["decision"] = pl.Series(choice, dtype=pl.String)
        sure = {"same": 1.0, "different": 0.0}
        probability = np.array([sure.get(d or "", p) for d, p in zip(choice, probability, strict=True)])
    columns["probability"] = pl.Series(np.round(probability, 6))
    return table("links").conform(pl.DataFrame(columns))


def link_probability(weight: Any, inside: Any) -> Any:
    """Probability that a pair is one happening, from its log-odds and whether the clusters put it into one incident.

    Fellow reports speak for a pair inside an incident, and against one across two; ``SLOPE``, ``MATES`` and ``STRANGERS`` say how
    much.
    """
    odds = SLOPE * weight + np.where(inside, MATES, 0.0) + STRANGERS
    return 1.0 / (1.0 + np.exp(-odds))


def _inside(label: Ints) -> Any:
    """Pairs of one cluster that are no links, as far as clusters are small; a large one is told by its links."""
    size = np.bincount(label, minlength=len(label))
    small = np.flatnonzero((size[label] > 2) & (size[label] <= _WHOLE))
    small = small[np.argsort(label[small], kind="stable")]
    pairs = np.empty((int(((size[(size > 2) & (size <= _WHOLE)]) ** 2).sum()), 2), dtype=np.int64)
    return pairs[: _pairs_of(small, label, pairs)]


_WHOLE = 12  # members up to which all pairs of a cluster are listed


@compiled
def _pairs_of(rows: Any, label: Any, pairs: Any) -> Any:
    used = 0
    for k in range(len(rows)):
        m = k + 1
        while m < len(rows) and label[rows[m]] == label[rows[k]]:
            pairs[used, 0], pairs[used, 1] = rows[k], rows[m]
            used += 1
            m += 1
    return used


@lean
def _tell(deck: Any, scale: Any, left: Any, right: Any, found: Any, worth: Any) -> None:
    """Levels and weights of each pair; the last two columns are what overlapping evidence takes away, and the sum."""
    features = found.shape[1]
    for k in range(len(left)):
        one, two = deck.rows[left[k]], deck.rows[right[k]]
        told = levels(deck, left[k], right[k], 0)
        evidence = 0.0
        f = 0
        for level in told:
            found[k, f] = level
            value = scale.values[f, level]
            if f == 2 and one.act < len(scale.acts) and two.act < len(scale.acts):
                value += scale.acts[one.act, two.act]
            if f == features - 1 and level > 0:
                value += scale.repeats[one.source]
            worth[k, f] = value
            if 0 < f < features - 1:
                evidence += value
            f += 1
        worth[k, f] = bent(scale.bend, evidence) - evidence
        total = weight(deck, scale, left[k], right[k], FLOOR)
        worth[k, f + 1] = total
        if total <= FLOOR:
            # cut off at the floor: the difference is told with the overlap, so that the columns sum
            sum_ = scale.prior
            for m in range(f + 1):
                sum_ += worth[k, m]
            worth[k, f] += total - sum_
