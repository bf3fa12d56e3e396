"""Who saw what: inclusion patterns, read strictly and put in an order of their own.

In: a table with one 0/1 column a list and the count last. Out: ``Overlaps``. Lists are ordered by how many incidents they
hold and share, patterns by the lists they hold, so that neither names nor the order of columns or rows move a figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.problems import Problem

Seen = NDArray[np.bool_]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Overlaps:
    """How many incidents stand on exactly which lists.

    ``seen``: patterns × lists, no pattern twice and none empty. ``counts``: incidents a pattern, all above zero.
    """

    lists: tuple[str, ...]
    seen: Seen
    counts: Counts
    problems: tuple[Problem, ...] = ()

    @property
    def listed(self) -> int:
        """Incidents on at least one list."""
        return int(self.counts.sum())

    @property
    def shared(self) -> int:
        """Incidents on two lists or more."""
        return int(self.counts[self.seen.sum(axis=1) > 1].sum())

    @property
    def codes(self) -> Counts:
        """Each pattern as a number: list j is bit j."""
        return np.asarray(self.seen @ (1 << np.arange(len(self.lists))), dtype=np.int64)

    def cells(self) -> NDArray[np.float64]:
        """Counts of all 2^lists patterns by number; the first, on no list, is 0."""
        made = np.bincount(self.codes, weights=self.counts, minlength=1 << len(self.lists))
        return made.astype(np.float64)


def read_patterns(patterns: pl.DataFrame) -> Overlaps:
    """Read a table of inclusion patterns.

    Args:
        patterns: one row a pattern; one column a list holding 0 or 1; the last column the count (whatever its name).

    Raises:
        ValueError: no list, an entry other than 0 or 1, a count that is not a whole number of at least 0, or incidents
            counted on no list at all (what nobody listed is the question, not an input).
    """
    names = patterns.columns[:-1]
    if not names:
        raise ValueError("patterns: expected at least one list and the count last; found no list")
    raw = patterns.select(names).cast(pl.Float64).to_numpy().reshape(-1, len(names))
    counted = patterns[patterns.columns[-1]].cast(pl.Float64).to_numpy()
    if not np.isin(raw, (0.0, 1.0)).all():
        raise ValueError("patterns: expected 0 or 1 for on a list or not; found something else")
    if not (np.isfinite(counted) & (counted >= 0) & (counted == np.floor(counted))).all():
        raise ValueError("patterns: expected whole counts of at least 0; found something else")
    seen, counts = raw.astype(bool)[counted > 0], counted.astype(np.int64)[counted > 0]
    if not seen.any(axis=1).all():
        raise ValueError("patterns: expected incidents on at least one list; found a count for none")
    empty = np.asarray(~seen.any(axis=0), dtype=np.bool_)
    problems = tuple(
        Problem(
            "note",
            "attribute",
            "list_left_out",
            "an incident on every list",
            f"none on {name}",
            "the list says nothing here and is left out",
            record=name,
        )
        for name, nothing in sorted(zip(names, empty, strict=True))
        if nothing
    )
    kept = [name for name, nothing in zip(names, empty, strict=True) if not nothing]
    return _ordered(kept, seen[:, ~empty], counts, problems)


def _ordered(names: list[str], seen: Seen, counts: Counts, problems: tuple[Problem, ...] = ()) -> Overlaps:
    """Merge equal patterns and order lists and patterns by what they hold, largest list first."""
    order = sorted(range(len(names)), key=_ranks(seen, counts).__getitem__)
    seen = seen[:, order]
    codes = seen @ (1 << np.arange(len(order), dtype=np.int64))
    distinct, first, which = np.unique(codes, return_index=True, return_inverse=True)
    added = np.bincount(which, weights=counts, minlength=len(distinct)).astype(np.int64)
    return Overlaps(tuple(names[i] for i in order), seen[first], added, problems)


def _ranks(seen: Seen, counts: Counts) -> list[int]:
    """Tell lists apart by what they hold, then by what those they share with hold, until nothing new is told."""
    n_lists = seen.shape[1]
    ranks = [0] * n_lists
    for _ in range(n_lists + 1):
        marks = []
        for j in range(n_lists):
            held = sorted(
                (-int(c), sorted(ranks[k] for k in np.flatnonzero(row)))
                for row, c in zip(seen, counts, strict=True)
                if row[j]
            )
            marks.append((ranks[j], -int(counts[seen[:, j]].sum()), held))
        distinct = sorted({repr(m): m for m in marks}.values())
        renewed = [distinct.index(m) for m in marks]
        if renewed == ranks:
            break
        ranks = renewed
    return ranks


def with_fewer_lists(overlaps: Overlaps, most: int) -> tuple[Overlaps, tuple[str, ...]]:
    """Read the smallest lists as one, so that ``most`` are left and no incident is lost. Out: and which were merged."""
    if len(overlaps.lists) <= most:
        return overlaps, ()
    merged = overlaps.lists[most - 1 :]
    rest = overlaps.seen[:, most - 1 :].any(axis=1, keepdims=True)
    seen = np.concatenate([overlaps.seen[:, : most - 1], rest], axis=1)
    names = [*overlaps.lists[: most - 1], " or ".join(sorted(merged))]
    return _ordered(names, seen, overlaps.counts, overlaps.problems), merged


def without_strangers(overlaps: Overlaps) -> tuple[Overlaps, tuple[str, ...]]:
    """Keep lists that share an incident with another. Out: and the names of those that share none."""
    meets = overlaps.seen[overlaps.seen.sum(axis=1) > 1].any(axis=0)
    strangers = tuple(sorted(n for n, m in zip(overlaps.lists, meets, strict=True) if not m))
    kept = [n for n, m in zip(overlaps.lists, meets, strict=True) if m]
    seen = overlaps.seen[:, meets]
    on_any = seen.any(axis=1)
    return _ordered(kept, seen[on_any], overlaps.counts[on_any], overlaps.problems), strangers
