"""What a portion of reports changes among those that are held, and nothing else.

In: ``Held`` rows of which some are fresh, or named by a decision. Out: the same rows with contexts, links, clusters and chances
as one run over all of them would find. Method: the neighbourhoods of fresh rows are counted anew; the rows that look where
something changed look again, with all that they can see at hand; what hangs together with a changed row is clustered anew,
whole, as no other part has a say in it; its members and their near ones get their chances.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from ceasefire.fuse.candidates import index
from ceasefire.fuse.cluster import bond, cluster, neighbours
from ceasefire.fuse.compare import Scale
from ceasefire.fuse.context import set_context
from ceasefire.fuse.copies import BASES, find_origins
from ceasefire.fuse.doubt import chances
from ceasefire.fuse.encode import Encoded, Flags, Ints
from ceasefire.fuse.held import Held
from ceasefire.fuse.lineage import founders
from ceasefire.fuse.links import Links, binding, find, in_order, parts
from ceasefire.fuse.reach import looking, seen
from ceasefire.fuse.rows import Known
from ceasefire.fuse.stage import grid_pairs, rulings
from ceasefire.fuse.weights import LEAN
from ceasefire.problems import Problem

LEVELS = ("crowd", "act_common", "actor_common", "affected_common")


@dataclass(frozen=True)
class Renewed:
    """``parted``: rows of which the cluster was found anew. ``told``: those and their near ones. ``part``: of every held row, what
    it hangs together with."""

    parted: Ints
    told: Ints
    part: Ints
    problems: list[Problem]


def renew(
    held: Held,
    known: Known,
    scale: Scale,
    fresh: Ints,
    decided: Ints,
    decisions: pl.DataFrame,
    sources: pl.DataFrame | None,
) -> Renewed:
    """Bring what is held up to date. ``fresh``: rows not seen before. ``decided``: those that new or withdrawn decisions name."""
    touched = decided
    if len(fresh):
        changed = _in_context(held, known, fresh)
        touched = np.concatenate([touched, changed, _look_again(held, known, scale, changed)])
    part = _parts(held, _ties(held, decisions))
    stirred = np.zeros(held.n, dtype=np.bool_)
    stirred[part[touched]] = True
    parted = np.flatnonzero(stirred[part])
    if not len(parted):
        return Renewed(parted, parted, part, [])
    problems = _cluster(held, known, scale, parted, decisions, sources)
    return Renewed(parted, _weigh_up(held, parted), part, problems)


def links_among(held: Held, data: Encoded, at: Ints) -> Links:
    """The links between rows that are laid out, as grid rows. ``at``: the row each grid row is."""
    place = np.full(held.n, -1, dtype=np.int64)
    place[at] = np.arange(len(at))
    one, two = place[held.finder], place[held.other]
    inside = (one >= 0) & (two >= 0)
    return in_order(data, one[inside], two[inside], held.weight[inside])


def with_frame(held: Held, data: Encoded, rows: Ints) -> Encoded:
    """Rows that were laid out, with their frame."""
    return replace(
        data, frame=held.frame[rows], by_id=held.ids.gather(rows).arg_sort().to_numpy().astype(np.int64)
    )


def _in_context(held: Held, known: Known, fresh: Ints) -> Ints:
    """Count the neighbourhoods of fresh rows; those rows and all whose levels are others than before."""
    near = held.state["near"]
    data, at = held.laid(known, np.flatnonzero(np.isin(near, np.unique(near[fresh]))))
    rows, parties = data.deck.rows, known.values["party"]
    survey = known.survey
    shares = (survey.share("actor", parties), survey.share("affected", parties))
    set_context(rows, survey.share("act", known.values["act"]), *shares)
    body = held.packed.body
    changed = np.zeros(held.n, dtype=np.bool_)
    changed[fresh] = True
    for name in LEVELS:
        changed[at] |= body[name][at] != rows[name]
        body[name][at] = rows[name]
    return np.flatnonzero(changed)


def _look_again(held: Held, known: Known, scale: Scale, changed: Ints) -> Ints:
    """Let all look for partners that look where something changed; the ends of pairs that are new, gone or weighed anew."""
    body, shared, longest = held.packed.body, held.state["shared"], known.survey.longest
    if 2 * len(changed) > held.n:
        again = rows = np.arange(held.n)
    else:
        again = np.union1d(changed, looking(body, shared, changed, longest))
        rows = np.union1d(again, seen(body, shared, again, longest))
    data, at = held.laid(known, rows)
    looks = np.zeros(held.n, dtype=np.bool_)
    looks[again] = True
    found = index(data)
    pairs, weight = find(data, found, scale, np.flatnonzero(looks[at]))
    held.state["crowded"][at[found.crowded]] = True
    finder, other = at[pairs[:, 0]], at[pairs[:, 1]]
    key, first = np.unique(finder * held.n + other, return_index=True)
    gone, mate, before = held.drop_found(looks)
    held.finder = np.concatenate([held.finder, finder[first]])
    held.other = np.concatenate([held.other, other[first]])
    held.weight = np.concatenate([held.weight, weight[first]])
    old = gone * held.n + mate
    _, mine, theirs = np.intersect1d(key, old, assume_unique=True, return_indices=True)
    alike = weight[first[mine]] == before[theirs]
    ends = np.concatenate([np.delete(key, mine[alike]), np.delete(old, theirs[alike])])
    return np.concatenate([ends // held.n, ends % held.n])


def _ties(held: Held, decisions: pl.DataFrame) -> Ints:
    """Pairs of open rows that a decision, whether it holds or not, or the coding of the data set may tie: two columns."""
    pairs = [np.zeros((0, 2), dtype=np.int64)]
    if decisions.height:
        at = pl.DataFrame({"id": held.ids, "row": np.arange(held.n)}).filter(~pl.Series(held.state["closed"]))
        both = decisions.join(at, left_on="report_a", right_on="id").join(
            at, left_on="report_b", right_on="id", suffix="_b"
        )
        pairs.append(both.select("row", "row_b").to_numpy())
    coded = np.flatnonzero((held.state["coded"] > 0) & ~held.state["closed"])
    if len(coded):
        coded = coded[np.argsort(held.state["coded"][coded], kind="stable")]
        alike = held.state["coded"][coded[1:]] == held.state["coded"][coded[:-1]]
        pairs.append(np.stack([coded[:-1][alike], coded[1:][alike]], axis=1))
    return np.concatenate(pairs)


def _parts(held: Held, ties: Ints) -> Ints:
    good = binding(held.weight)
    left = np.concatenate([held.finder[good], ties[:, 0]]).astype(np.int32)
    right = np.concatenate([held.other[good], ties[:, 1]]).astype(np.int32)
    return np.asarray(parts(held.n, left, right), dtype=np.int64)


def _cluster(
    held: Held,
    known: Known,
    scale: Scale,
    rows: Ints,
    decisions: pl.DataFrame,
    sources: pl.DataFrame | None,
) -> list[Problem]:
    """Clusters, names and origins of whole parts."""
    data, at = held.laid(known, rows)
    data = with_frame(held, data, rows)
    links = links_among(held, data, at)
    if decisions.height:
        here = data.frame["report_id"].implode()
        named = pl.col("report_a").is_in(here) & pl.col("report_b").is_in(here)
        decisions = decisions.filter(named | (pl.col("kind") == "withdraw"))
    ruling, problems = rulings(data, links, decisions)
    grid_row = np.argsort(data.rank)
    same, different = (grid_pairs(side, grid_row) for side in (ruling.same, ruling.different))
    label = cluster(data, links, bond(data, scale, links, same, different), same)
    state, listed = held.state, at[grid_row]
    state["label"][at] = at[label]
    state["fixed"][at] = False
    state["fixed"][at[same.reshape(-1)]] = True
    label = label[grid_row]
    recorded = data.frame["recorded_at"].gather(data.by_id)
    state["named"][listed] = listed[founders(recorded, label)]
    origin, basis = find_origins(data.frame, data.by_id, label, data.deck, grid_row, sources)
    state["origin"][listed] = listed[origin]
    numbers = range(1, len(BASES))
    state["basis"][listed] = basis.replace_strict(BASES[1:], numbers, default=0, return_dtype=pl.Int8)
    return problems


def _weigh_up(held: Held, parted: Ints) -> Ints:
    """Chances of the members of parts, and of all that a link leads to one of them; those rows."""
    told = _near(held, _flags(held.n, parted))
    concerned = _flags(held.n, told)
    ends = concerned[held.finder] | concerned[held.other]
    nodes = held.by_id(_near(held, concerned))
    place = np.full(held.n, -1, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    one, two = place[held.finder[ends]], place[held.other[ends]]
    # in the order of report ids, so that sums are made in the order of one run
    key, first = np.unique(np.minimum(one, two) * held.n + np.maximum(one, two), return_index=True)
    left, right = (key // held.n).astype(np.int32), (key % held.n).astype(np.int32)
    start, near, weight = neighbours(
        len(nodes), left, right, held.weight[ends][first].astype(np.float32) + np.float32(LEAN)
    )
    label, number = np.unique(held.state["label"][nodes], return_inverse=True)
    size = np.bincount(held.state["label"], minlength=held.n)[label]
    found: Any = chances(start, near, weight, held.state["fixed"][nodes], number, size)
    held.state["chance"][told] = found[place[told]]
    return told


def _flags(n: int, rows: Ints) -> Flags:
    made = np.zeros(n, dtype=np.bool_)
    made[rows] = True
    return made


def _near(held: Held, rows: Flags) -> Ints:
    """The rows and all that are linked to one of them."""
    reached = rows.copy()
    reached[held.other[rows[held.finder]]] = True
    reached[held.finder[rows[held.other]]] = True
    return np.flatnonzero(reached)
