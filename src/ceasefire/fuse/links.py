"""Pairs that may be one happening.

In: the reports, what their levels weigh, and which of them look for partners. Out: ``Links``. Pairs are streamed: those far
below even odds are weighed and forgotten. Blocks of reports are shared out to threads; the result is put in order, so that
their number does not matter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import compiled, lean
from ceasefire.fuse.candidates import Index, batches
from ceasefire.fuse.compare import Scale, weight
from ceasefire.fuse.encode import Encoded, Ints
from ceasefire.fuse.weights import LEAN, LISTED

_BLOCK = 50_000  # reports a thread takes at a time


@dataclass(frozen=True)
class Links:
    """Grid rows of each pair, the one whose report comes first by id on the left, in that order; weight in nats."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    weight: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.left)


def link(data: Encoded, found: Index, scale: Scale, queries: Ints) -> Links:
    """All pairs of the queries that weigh more than ``LISTED``."""
    pairs, weights = find(data, found, scale, queries)
    return in_order(data, pairs[:, 0], pairs[:, 1], weights)


def find(data: Encoded, found: Index, scale: Scale, queries: Ints) -> tuple[Any, Any]:
    """The same pairs as they are found, each query on the left, some of them more than once; and their weights."""
    blocks = [queries[at : at + _BLOCK] for at in range(0, len(queries), _BLOCK)]

    def work(block: Ints) -> list[tuple[Any, Any]]:
        return list(_kept(data, found, scale, block))

    if len(blocks) < 2:
        parts = [part for block in blocks for part in work(block)]
    else:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            parts = [part for done in pool.map(work, blocks) for part in done]
    pairs = np.concatenate([p for p, _ in parts]) if parts else np.zeros((0, 2), dtype=np.int32)
    weights = np.concatenate([w for _, w in parts]) if parts else np.zeros(0, dtype=np.float32)
    return pairs, weights


def in_order(data: Encoded, one: Any, two: Any, weights: Any) -> Links:
    """Each pair once, the lower report id on the left, sorted by both."""
    rank = data.rank
    swap = rank[one] > rank[two]
    left, right = np.where(swap, two, one), np.where(swap, one, two)
    key = rank[left] * np.int64(data.n) + rank[right]
    order = np.argsort(key, kind="stable")
    key = key[order]
    order = order[np.concatenate([[True], key[1:] != key[:-1]])] if len(key) else order
    return Links(
        left[order].astype(np.int32), right[order].astype(np.int32), weights[order].astype(np.float32)
    )


def binding(weights: Any) -> Any:
    """Which links can put two reports into one cluster."""
    return weights > np.float32(-LEAN)


@compiled
def parts(n: int, left: Any, right: Any) -> Any:
    """Rows that binding links tie together, however far around: for each its part. No part has a say in another."""
    part = np.arange(n).astype(np.int32)
    for k in range(len(left)):
        a, b = left[k], right[k]
        while part[a] != a:
            part[a] = part[part[a]]
            a = part[a]
        while part[b] != b:
            part[b] = part[part[b]]
            b = part[b]
        part[max(a, b)] = min(a, b)
    for k in range(n):
        part[k] = part[part[k]]
    return part


def _kept(data: Encoded, found: Index, scale: Scale, queries: Ints) -> Iterator[tuple[Any, Any]]:
    for pairs in batches(data, found, queries):
        weights = np.empty(len(pairs), dtype=np.float32)
        used = _weigh(data.deck, scale, pairs, weights)
        yield pairs[:used].copy(), weights[:used].copy()


@lean
def _weigh(deck: Any, scale: Any, pairs: Any, weights: Any) -> Any:
    """Weigh each pair and move those worth keeping to the front; how many."""
    used = 0
    for k in range(len(pairs)):
        value = weight(deck, scale, pairs[k, 0], pairs[k, 1], LISTED)
        if value > LISTED:
            pairs[used, 0], pairs[used, 1] = pairs[k, 0], pairs[k, 1]
            weights[used] = value
            used += 1
    return used
