"""Pairs into clusters: constrained agglomeration on summed log-odds, then local moves.

In: pairs with weights, who is coarse, and an analyst's same/different pairs. Out: a cluster number a report.
Method: correlation clustering, greedy by pair weight (then by row); two clusters merge when the sum over all their
pairs is positive, a pair too far apart to be scored counting as the floor; then single reports move where they fit
better. Precise reports first; coarse ones then attach and never bridge. Never connected components.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ceasefire.fuse.encode import Flags, Floats, Ints
from ceasefire.fuse.weights import FLOOR

SWEEPS = 3  # rounds of local moves
MUST = 1e6  # stands for certainty in sums; an analyst's decision


@dataclass(frozen=True)
class Graph:
    """Weighted pairs (floored), rows 0..n-1. ``open_`` = a pair that was not scored says nothing for this report."""

    n: int
    left: Ints
    right: Ints
    weight: Floats
    coarse: Flags
    open_: Flags
    same: Sequence[tuple[int, int]] = ()
    different: Sequence[tuple[int, int]] = ()


def cluster(graph: Graph) -> Ints:
    """A cluster number for each report, numbered by first member."""
    good = graph.weight > 0
    rows = [np.array([pair[k] for pair in graph.same], dtype=np.int64) for k in (0, 1)]
    ends = (np.concatenate([graph.left[good], rows[0]]), np.concatenate([graph.right[good], rows[1]]))
    part = _components(graph.n, *ends)
    label = part.copy()
    inside = part[graph.left] == part[graph.right]
    bound = {int(part[i]) for pair in (*graph.same, *graph.different) for i in pair}
    for members, pairs in _parts(part, graph, inside):
        if int(part[members[0]]) in bound or not _complete(graph, members, pairs):
            label[members] = graph.n + members[_Part(graph, members, pairs).solve()]
    return np.unique(_first_members(label), return_inverse=True)[1].astype(np.int64)


def _components(n: int, left: Ints, right: Ints) -> Ints:
    matrix = sparse.coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    return np.asarray(sparse.csgraph.connected_components(matrix, directed=False)[1], dtype=np.int64)


def _first_members(label: Ints) -> Ints:
    first = np.unique(label, return_index=True, return_inverse=True)
    return np.asarray(first[1][first[2]], dtype=np.int64)


def _parts(part: Ints, graph: Graph, inside: Flags) -> list[tuple[Ints, Ints]]:
    """Members and pair numbers of each component with more than one member."""
    order = np.argsort(part, kind="stable")
    size = np.bincount(part)
    member_edges = np.concatenate([[0], np.cumsum(size)])
    pairs = np.flatnonzero(inside)
    pairs = pairs[np.argsort(part[graph.left[pairs]], kind="stable")]
    pair_edges = np.concatenate([[0], np.cumsum(np.bincount(part[graph.left[pairs]], minlength=len(size)))])
    return [
        (order[member_edges[c] : member_edges[c + 1]], pairs[pair_edges[c] : pair_edges[c + 1]])
        for c in np.flatnonzero(size > 1)
    ]


def _complete(graph: Graph, members: Ints, pairs: Ints) -> bool:
    """Whether nothing speaks against one cluster: no pair below zero and none left unscored that would count."""
    if not (graph.weight[pairs] > 0).all() or graph.coarse[members].any():
        return False
    n = len(members)
    shut = int((~graph.open_[members]).sum())
    both_shut = ~graph.open_[graph.left[pairs]] & ~graph.open_[graph.right[pairs]]
    return n == 2 or int(both_shut.sum()) >= shut * (shut - 1) // 2


class _Part:
    """One component, solved on its own."""

    def __init__(self, graph: Graph, members: Ints, pairs: Ints) -> None:
        self.coarse = graph.coarse[members].tolist()
        self.open = graph.open_[members].tolist()
        n = self.n = len(members)
        left = np.searchsorted(members, graph.left[pairs])
        right = np.searchsorted(members, graph.right[pairs])
        weight = graph.weight[pairs]
        self.near: list[dict[int, float]] = [{} for _ in range(n)]
        for a, b, w in zip(left.tolist(), right.tolist(), weight.tolist(), strict=True):
            self.near[a][b] = self.near[b][a] = w
        order = np.lexsort((right, left, -weight))
        order = order[weight[order] > 0]
        self.ranked = list(zip(left[order].tolist(), right[order].tolist(), strict=True))
        at = {int(m): k for k, m in enumerate(members)}
        self.same = sorted((at[a], at[b]) for a, b in graph.same if a in at and b in at)
        self.apart: list[set[int]] = [set() for _ in range(n)]
        for a, b in graph.different:
            if a in at and b in at:
                self.apart[at[a]].add(at[b])
                self.apart[at[b]].add(at[a])
        self.fixed = {i for pair in self.same for i in pair}
        self.label = list(range(n))
        self.members = [[k] for k in range(n)]
        # between clusters: summed weight and number of scored pairs; rebuilt as clusters merge
        self.sums = [dict(d) for d in self.near]
        self.scored = [dict.fromkeys(d, 1) for d in self.near]
        self.opened = [int(o) for o in self.open]
        self.kernel = [not c for c in self.coarse]

    def solve(self) -> NDArray[np.int64]:
        """Local number of the first member of each report's cluster."""
        for a, b in self.same:
            self._join(a, b, MUST)
        for a, b in self.ranked:
            if not self.coarse[a] and not self.coarse[b]:
                self._join(a, b, 0.0)
        self._move([k for k in range(self.n) if not self.coarse[k]])
        if any(self.coarse):
            self._rebuild()
            for a, b in self.ranked:
                if self.coarse[a] or self.coarse[b]:
                    self._join(a, b, 0.0, bridge=False)
            self._move([k for k in range(self.n) if self.coarse[k]])
        first = [min(members, default=0) for members in self.members]
        return np.array([first[c] for c in self.label], dtype=np.int64)

    def _total(self, a: int, b: int) -> float:
        """Summed log-odds between two clusters, unscored pairs at the floor unless one of the two is open."""
        n_a, n_b = len(self.members[a]), len(self.members[b])
        scored = self.scored[a].get(b, 0)
        free = self.opened[a] * n_b + n_a * self.opened[b] - self.opened[a] * self.opened[b]
        return self.sums[a].get(b, 0.0) + FLOOR * max(0, n_a * n_b - max(scored, free))

    def _forbidden(self, a: int, b: int) -> bool:
        small, large = (a, b) if len(self.members[a]) <= len(self.members[b]) else (b, a)
        return any(self.label[k] == large for m in self.members[small] for k in self.apart[m])

    def _join(self, i: int, j: int, bonus: float, bridge: bool = True) -> None:
        a, b = self.label[i], self.label[j]
        if a == b or (not bridge and self.kernel[a] and self.kernel[b]):
            return
        if bonus + self._total(a, b) <= 0 or self._forbidden(a, b):
            return
        if len(self.sums[a]) < len(self.sums[b]) or (len(self.sums[a]) == len(self.sums[b]) and b < a):
            a, b = b, a
        for m in self.members[b]:
            self.label[m] = a
        self.members[a] += self.members[b]
        self.members[b] = []
        for c, w in self.sums[b].items():
            if c != a:
                self.sums[a][c] = self.sums[c][a] = self.sums[a].get(c, 0.0) + w
                self.scored[a][c] = self.scored[c][a] = self.scored[a].get(c, 0) + self.scored[b][c]
            self.sums[c].pop(b)
            self.scored[c].pop(b)
        self.sums[b], self.scored[b] = {}, {}
        self.opened[a] += self.opened[b]
        self.kernel[a] |= self.kernel[b]

    def _rebuild(self) -> None:
        """Sums between clusters anew, after moves."""
        self.sums = [{} for _ in range(self.n)]
        self.scored = [{} for _ in range(self.n)]
        for a in range(self.n):
            for b, w in self.near[a].items():
                p, q = self.label[a], self.label[b]
                if p != q:
                    self.sums[p][q] = self.sums[p].get(q, 0.0) + w
                    self.scored[p][q] = self.scored[p].get(q, 0) + 1
        self.opened = [sum(self.open[m] for m in members) for members in self.members]
        self.kernel = [any(not self.coarse[m] for m in members) for members in self.members]

    def _gain(self, k: int, c: int, sums: dict[int, float], scored: dict[int, int]) -> float:
        others = len(self.members[c]) - (self.label[k] == c)
        opened = others if self.open[k] else self.opened[c]
        return sums.get(c, 0.0) + FLOOR * max(0, others - max(scored.get(c, 0), opened))

    def _move(self, rows: list[int]) -> None:
        """Move single reports to the cluster (or to themselves) where their sum is highest, a few rounds."""
        for _ in range(SWEEPS):
            moved = False
            for k in rows:
                if k in self.fixed:
                    continue
                sums: dict[int, float] = {}
                scored: dict[int, int] = {}
                for other, w in self.near[k].items():
                    c = self.label[other]
                    if self.coarse[k] or not self.coarse[other]:
                        sums[c] = sums.get(c, 0.0) + w
                        scored[c] = scored.get(c, 0) + 1
                own = self.label[k]
                best, where = (
                    1e-9 + (self._gain(k, own, sums, scored) if len(self.members[own]) > 1 else 0.0),
                    own,
                )
                if best < 0:
                    best, where = 0.0, -1
                for c in sorted(sums):
                    if (
                        c != own
                        and (gain := self._gain(k, c, sums, scored)) > best
                        and not self._blocked(k, c)
                    ):
                        best, where = gain, c
                if where != own:
                    self._put(k, where)
                    moved = True
            if not moved:
                return

    def _blocked(self, k: int, c: int) -> bool:
        return any(self.label[other] == c for other in self.apart[k])

    def _put(self, k: int, where: int) -> None:
        own = self.label[k]
        self.members[own].remove(k)
        if where == -1:
            where = next(c for c in range(self.n) if not self.members[c])
        self.members[where].append(k)
        self.label[k] = where
        self.opened[own] -= self.open[k]
        self.opened[where] += self.open[k]
