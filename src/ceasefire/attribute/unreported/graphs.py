"""All decomposable graphs on a few lists, from the definition.

In: a number of lists. Out: for each graph its cliques (+1) and separators (-1) by subset of lists. A graph is decomposable
if its vertices can be taken in an order in which each one's earlier neighbours know each other; maximum cardinality
search finds such an order if there is one (Tarjan and Yannakakis 1984). There are 8, 61, 822 for 3, 4, 5 lists.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray


@cache
def decomposable(n_lists: int) -> NDArray[np.int8]:
    """Cliques and separators of every decomposable graph: graphs × 2^lists; lists of a subset are its bits.

    Raises:
        ValueError: no lists, or more than six (seven have 617,675 graphs).
    """
    if not 1 <= n_lists <= 6:
        raise ValueError(f"expected 1 to 6 lists for decomposable graphs; found {n_lists}")
    pairs = list(combinations(range(n_lists), 2))
    rows = []
    for chosen in range(1 << len(pairs)):
        near = [0] * n_lists
        for bit, (i, j) in enumerate(pairs):
            if chosen >> bit & 1:
                near[i] |= 1 << j
                near[j] |= 1 << i
        row = _signs(near)
        if row is not None:
            rows.append(row)
    made = np.array(rows, dtype=np.int8)
    made.setflags(write=False)
    return made


def edges(graphs: NDArray[np.int8]) -> NDArray[np.int64]:
    """How many pairs of lists each graph joins: pairs in cliques less pairs in separators."""
    size = np.array([s.bit_count() for s in range(graphs.shape[1])])
    return np.asarray(graphs.astype(np.int64) @ (size * (size - 1) // 2), dtype=np.int64)


def _signs(near: list[int]) -> NDArray[np.int8] | None:
    """+1 for each clique, -1 for each separator (the empty one too), or None if the graph is not decomposable."""
    signs = np.zeros(1 << len(near), dtype=np.int8)
    taken, left, clique, before = 0, set(range(len(near))), 0, -1
    while left:
        vertex = max(left, key=lambda v: ((near[v] & taken).bit_count(), -v))
        known = near[vertex] & taken
        if any(known >> v & 1 and known & ~(1 << v) & ~near[v] for v in range(len(near))):
            return None
        if (
            before >= 0 and known.bit_count() <= before
        ):  # a new clique begins where the known ones do not grow
            signs[clique] += 1
            signs[known] -= 1
            clique = known
        clique |= known | 1 << vertex
        before = known.bit_count()
        taken |= 1 << vertex
        left.remove(vertex)
    signs[clique] += 1
    return signs
