"""Links into clusters: constrained agglomeration on summed log-odds, then local moves.

In: reports, what their levels weigh, links, and an analyst's same and different pairs. Out: a cluster for each report.
Method: correlation clustering, greedy by weight (then by report id); two clusters merge when the sum over all their pairs is
positive, each pair weighed when it is needed, a pair too far apart counting as the floor; then single reports move where
they fit better. Precise reports first; coarse ones then attach and never bridge. Never connected components.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ceasefire.compiled import compiled, lean
from ceasefire.fuse.compare import Scale, weight
from ceasefire.fuse.encode import COARSE, Encoded, Ints
from ceasefire.fuse.links import Links, binding, parts
from ceasefire.fuse.weights import FLOOR, LEAN

REFUSAL_BITS = 18  # two to this are remembered
SWEEPS = 3  # rounds of local moves
SAMPLED = 12  # members of a large cluster that stand for it when it is weighed against another


class Bonds(NamedTuple):
    """What clusters are made from: reports, weights, for each row the rows it is linked to (``near``, with the weight ``known``)
    and those it must stand apart from (``parted``), as runs from ``start``; rows that a decision holds are ``fixed``. Weights lean
    by ``LEAN`` towards one happening."""

    deck: Any
    scale: Any
    start: Any
    near: Any
    known: Any
    parted_start: Any
    parted: Any
    fixed: Any


def bond(data: Encoded, scale: Scale, links: Links, same: Any, different: Any) -> Bonds:
    """Links and decisions, by row. ``same`` and ``different``: two columns of grid rows."""
    start, near, known = neighbours(data.n, links.left, links.right, links.weight + np.float32(LEAN))
    apart = np.zeros(len(different), dtype=np.float32)
    parted_start, parted, _ = neighbours(data.n, different[:, 0], different[:, 1], apart)
    fixed = np.zeros(data.n, dtype=np.bool_)
    fixed[same.reshape(-1)] = True
    return Bonds(
        data.deck, scale._replace(prior=scale.prior + LEAN), start, near, known, parted_start, parted, fixed
    )


def cluster(data: Encoded, links: Links, bonds: Bonds, same: Any) -> Ints:
    """The first member (by report id) of each grid row's cluster. ``same``: two columns of grid rows that are one happening."""
    good = np.flatnonzero(binding(links.weight))
    # links are in the order of report ids, so equal ones stay in it
    good = good[np.argsort(-links.weight[good], kind="stable")]
    label = np.arange(data.n, dtype=np.int32)
    by_id = np.empty(data.n, dtype=np.int32)
    by_id[data.rank] = np.arange(data.n, dtype=np.int32)
    left, right = links.left[good], links.right[good]
    part = parts(data.n, np.concatenate([left, same[:, 0]]), np.concatenate([right, same[:, 1]]))
    _solve(*bonds, left, right, same, by_id, part, label)
    return label.astype(np.int64)


@compiled
def neighbours(n: int, left: Any, right: Any, weight: Any) -> Any:
    """For each row the rows it is linked to, in the order of the links: offsets, rows and weights."""
    start = np.zeros(n + 1, dtype=np.int64)
    near = np.empty(2 * len(left), dtype=np.int32)
    known = np.empty(2 * len(left), dtype=np.float32)
    for k in range(len(left)):
        start[left[k] + 1] += 1
        start[right[k] + 1] += 1
    for k in range(1, n + 1):
        start[k] += start[k - 1]
    at = start[:-1].copy()
    for k in range(len(left)):
        for one, two in ((left[k], right[k]), (right[k], left[k])):
            near[at[one]] = two
            known[at[one]] = weight[k]
            at[one] += 1
    return start, near, known


@lean
def pair(deck: Any, scale: Any, start: Any, near: Any, known: Any, i: int, j: int) -> Any:
    """Weight of a pair: that of its link, else weighed now."""
    if start[j + 1] - start[j] < start[i + 1] - start[i]:
        i, j = j, i
    for k in range(start[i], start[i + 1]):
        if near[k] == j:
            return np.float64(known[k])
    return weight(deck, scale, i, j, FLOOR)


@lean
def _between(
    deck: Any,
    scale: Any,
    start: Any,
    near: Any,
    known: Any,
    first: Any,
    after: Any,
    size: Any,
    a: int,
    b: int,
) -> Any:
    """Summed log-odds of all pairs of two clusters; large ones are stood for by their first members."""
    total, pairs = 0.0, 0
    i, k = first[a], 0
    while i >= 0 and k < SAMPLED:
        j, m = first[b], 0
        while j >= 0 and m < SAMPLED:
            total += pair(deck, scale, start, near, known, i, j)
            pairs += 1
            j = after[j]
            m += 1
        i = after[i]
        k += 1
    return total * (np.float64(size[a]) * size[b] / pairs)


@lean
def _fit(
    deck: Any,
    scale: Any,
    start: Any,
    near: Any,
    known: Any,
    first: Any,
    after: Any,
    size: Any,
    i: int,
    c: int,
    own: bool,
) -> Any:
    """Summed log-odds of a report with the (other) members of a cluster."""
    total, pairs = 0.0, 0
    j = first[c]
    while j >= 0 and pairs < SAMPLED:
        if j != i:
            total += pair(deck, scale, start, near, known, i, j)
            pairs += 1
        j = after[j]
    others = size[c] - (1 if own else 0)
    return total * (np.float64(others) / pairs) if pairs else 0.0


@lean
def _forbidden(parted_start: Any, parted: Any, first: Any, after: Any, label: Any, a: int, b: int) -> Any:
    """Whether a member of one cluster must stand apart from one of the other."""
    i = first[a]
    while i >= 0:
        for k in range(parted_start[i], parted_start[i + 1]):
            if label[parted[k]] == b:
                return True
        i = after[i]
    return False


@lean
def _merge(first: Any, last: Any, after: Any, size: Any, precise: Any, label: Any, a: int, b: int) -> None:
    """Put b's members behind a's, or a's behind b's where b is larger."""
    if size[b] > size[a]:
        a, b = b, a
    i = first[b]
    while i >= 0:
        label[i] = a
        i = after[i]
    after[last[a]] = first[b]
    last[a] = last[b]
    size[a] += size[b]
    precise[a] += precise[b]
    first[b], last[b], size[b], precise[b] = -1, -1, 0, 0


@compiled
def _solve(
    deck: Any,
    scale: Any,
    start: Any,
    near: Any,
    known: Any,
    parted_start: Any,
    parted: Any,
    fixed: Any,
    left: Any,
    right: Any,
    same: Any,
    by_id: Any,
    part: Any,
    label: Any,
) -> None:
    n = len(label)
    first = np.arange(n).astype(np.int32)
    last = first.copy()
    after = np.full(n, -1, dtype=np.int32)
    size = np.ones(n, dtype=np.int32)
    precise = np.zeros(n, dtype=np.int32)
    for i in range(n):
        precise[i] = deck.rows[i].flags & COARSE == 0
    for k in range(len(same)):
        if label[same[k, 0]] != label[same[k, 1]]:
            _merge(first, last, after, size, precise, label, label[same[k, 0]], label[same[k, 1]])
    # the last refusals: two clusters that stayed as they were need not be weighed again
    refused, sizes = np.zeros(1 << REFUSAL_BITS, dtype=np.uint64), np.zeros(1 << REFUSAL_BITS, dtype=np.int64)
    for coarse in (False, True):
        refused[:] = 0  # reports have moved
        for k in range(len(left)):
            i, j = left[k], right[k]
            either = deck.rows[i].flags & COARSE != 0 or deck.rows[j].flags & COARSE != 0
            a, b = label[i], label[j]
            if either != coarse or a == b or (coarse and precise[a] > 0 and precise[b] > 0):
                continue
            if size[a] + size[b] > 2:
                low, high = min(a, b), max(a, b)
                key = (np.uint64(low) << np.uint64(32)) | np.uint64(high + 1)
                spot = (key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - REFUSAL_BITS)
                both = (np.int64(size[low]) << 32) | np.int64(size[high])
                if refused[spot] == key and sizes[spot] == both:
                    continue
                if _between(deck, scale, start, near, known, first, after, size, a, b) <= 0.0:
                    refused[spot], sizes[spot] = key, both
                    continue
            if len(parted) and _forbidden(parted_start, parted, first, after, label, a, b):
                continue
            _merge(first, last, after, size, precise, label, a, b)
        _move(
            deck,
            scale,
            start,
            near,
            known,
            parted_start,
            parted,
            fixed,
            by_id,
            part,
            label,
            first,
            last,
            after,
            size,
            precise,
            coarse,
        )
    # number each cluster by its first member
    seen = np.full(n, -1, dtype=np.int32)
    for i in by_id:
        if seen[label[i]] < 0:
            seen[label[i]] = i
    for i in range(n):
        label[i] = seen[label[i]]


@compiled
def _move(
    deck: Any,
    scale: Any,
    start: Any,
    near: Any,
    known: Any,
    parted_start: Any,
    parted: Any,
    fixed: Any,
    by_id: Any,
    part: Any,
    label: Any,
    first: Any,
    last: Any,
    after: Any,
    size: Any,
    precise: Any,
    coarse: bool,
) -> None:
    """Move single reports to the cluster (or to none) where their sum is highest, a few rounds."""
    tried = np.empty(64, dtype=np.int32)
    spare = np.zeros(1, dtype=np.int32)
    stirred = np.ones(len(label), dtype=np.bool_)
    for _ in range(SWEEPS):
        moved = False
        for i in by_id:
            if (
                not stirred[i]
                or fixed[i]
                or start[i] == start[i + 1]
                or (deck.rows[i].flags & COARSE != 0) != coarse
            ):
                continue
            stirred[i] = False
            own = label[i]
            count, mates = 0, 0
            for k in range(start[i], start[i + 1]):
                if known[k] <= 0.0:
                    continue
                other = label[near[k]]
                mates += other == own
                if other == own or count == len(tried) or (not coarse and precise[other] == 0):
                    continue
                fresh = True
                for m in range(count):
                    fresh &= tried[m] != other
                if fresh:
                    tried[count] = other
                    count += 1
            if count == 0 and mates == size[own] - 1:
                continue  # linked to all of its own and to no other
            stay = (
                _fit(deck, scale, start, near, known, first, after, size, i, own, True)
                if size[own] > 1
                else 0.0
            )
            if count == 0 and stay >= 0.0:
                continue
            best, where = stay + 1e-9, own
            if best < 0.0:
                best, where = 0.0, -1
            for m in range(count):
                value = _fit(deck, scale, start, near, known, first, after, size, i, tried[m], False)
                if value > best and not _apart(parted_start, parted, label, i, tried[m]):
                    best, where = value, tried[m]
            if where == own:
                continue
            moved = True
            for k in range(start[i], start[i + 1]):
                stirred[near[k]] |= part[near[k]] == part[i]
            _take_out(first, last, after, size, precise, i, own, deck.rows[i].flags & COARSE == 0)
            if where < 0:
                where = _empty(size, i, spare)
            label[i] = where
            if size[where] == 0:
                first[where] = i
            else:
                after[last[where]] = i
            last[where] = i
            size[where] += 1
            precise[where] += deck.rows[i].flags & COARSE == 0
        if not moved:
            return


@compiled
def _empty(size: Any, i: int, spare: Any) -> Any:
    """A cluster without members: the report's own number, or where others bear it, the next free one."""
    if size[i] == 0:
        return i
    while size[spare[0]] > 0:
        spare[0] = (spare[0] + 1) % len(size)
    return spare[0]


@compiled
def _apart(parted_start: Any, parted: Any, label: Any, i: int, c: int) -> Any:
    for k in range(parted_start[i], parted_start[i + 1]):  # noqa: SIM110  numba knows no generators
        if label[parted[k]] == c:
            return True
    return False


@compiled
def _take_out(
    first: Any, last: Any, after: Any, size: Any, precise: Any, i: int, c: int, sharp: bool
) -> None:
    before, j = -1, first[c]
    while j != i:
        before, j = j, after[j]
    if before < 0:
        first[c] = after[i]
    else:
        after[before] = after[i]
    if last[c] == i:
        last[c] = before
    after[i] = -1
    size[c] -= 1
    precise[c] -= sharp
