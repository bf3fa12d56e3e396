"""Who repeats whom, found in what sources say: copying that fusion has not seen.

In: accounts with the time they were published, the posterior and what sources are like. Out: a leader for each follower, with
the rate at which it repeats it. Evidence is that two say the same more often than the truth, as others tell it, explains; above
all the same untruth (Dong et al. 2009). The earlier leads; there are no cycles; a follower has one leader.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.kernel import Likeness, Told, answers, chance
from ceasefire.attribute.testimony import Floats, Ints
from ceasefire.compiled import compiled

NO_LEADER = -2
_ROUNDS = 20


def find_leaders(
    told: Told, like: Likeness, when: Ints, posterior: Floats, terms: Floats
) -> tuple[Ints, Floats]:
    """Leader of each source (-1 = none) and the rate at which it is repeated. ``when``: of each account, alike where unknown."""
    n_sources = like.counts.shape[0]
    pairs = _pairs(told.start, told.source, when)
    none = np.full(n_sources, -1, dtype=np.int64), np.zeros(n_sources)
    if not len(pairs):
        return none
    agrees, alone = _explained(told, like, pairs, posterior, terms)
    key = told.source[pairs[:, 0]] * np.int64(n_sources) + told.source[pairs[:, 1]]
    order = np.argsort(key, kind="stable")
    key, agrees, alone = key[order], agrees[order], alone[order]
    edges = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    sizes = np.diff(np.append(edges, len(key)))
    found = []
    for first, size in zip(
        edges[sizes >= p.COPY_FEWEST].tolist(), sizes[sizes >= p.COPY_FEWEST].tolist(), strict=True
    ):
        rate, gain = _rate(agrees[first : first + size], alone[first : first + size])
        if gain > p.COPY_GAIN and rate > p.COPY_LEAST:
            found.append((gain, int(key[first] // n_sources), int(key[first] % n_sources), rate))
    leader, rates = none
    for _, follower, lead, rate in sorted(found, key=lambda row: (-row[0], row[1], row[2])):
        if leader[follower] < 0 and not _leads(leader, follower, lead):
            leader[follower], rates[follower] = lead, rate
    return leader, rates


def lead_values(told: Told, when: Ints, leader: Ints) -> Ints:
    """What each account's leader had said of the incident before it, or ``NO_LEADER``."""
    out = np.full(len(told.source), NO_LEADER, dtype=np.int64)
    _lead(told.start, told.source, told.value, when, leader, out)
    return out


def _leads(leader: Ints, follower: int, lead: int) -> bool:
    """Whether ``follower`` already leads ``lead``, however far around."""
    while lead >= 0:
        if lead == follower:
            return True
        lead = int(leader[lead])
    return False


def _rate(agrees: NDArray[np.bool_], alone: Floats) -> tuple[float, float]:
    """How often it repeats, by EM, and the log-likelihood gained over speaking for itself."""
    rate = 0.3
    for _ in range(_ROUNDS):
        copied = rate * agrees / ((1.0 - rate) * alone + rate * agrees)
        rate = float((copied.sum() + 0.5) / (len(copied) + 1.0))
    return rate, float(np.log((1.0 - rate) + rate * agrees / alone).sum())


def _pairs(start: Any, source: Any, when: Any) -> Any:
    """Pairs of accounts of one incident, the one that may repeat the other first; at most ``COPY_MOST`` of an incident."""
    out = np.empty((_count(start), 2), dtype=np.int64)
    return out[: _list(start, source, when, out)]


@compiled
def _count(start: Any) -> Any:
    total = 0
    for i in range(len(start) - 1):
        n = min(start[i + 1] - start[i], p.COPY_MOST)
        total += n * (n - 1)
    return total


@compiled
def _list(start: Any, source: Any, when: Any, out: Any) -> Any:
    used = 0
    for i in range(len(start) - 1):
        end = min(start[i + 1], start[i] + p.COPY_MOST)
        for k in range(start[i], end):
            for m in range(start[i], end):
                # the earlier leads; where no times tell, the one that comes first by id, so that a pair counts once
                if source[k] == source[m] or when[m] > when[k]:
                    continue
                if when[m] == when[k] and source[m] > source[k]:
                    continue
                out[used, 0], out[used, 1] = k, m
                used += 1
    return used


def _explained(
    told: Told, like: Likeness, pairs: Any, posterior: Floats, terms: Floats
) -> tuple[NDArray[np.bool_], Floats]:
    """Of each pair: whether they say the same, and how probable the follower's words are without the leader's."""
    alone = np.empty(len(pairs))
    incident = np.repeat(np.arange(len(told.start) - 1), np.diff(told.start))
    _alone(
        pairs,
        incident,
        told.source,
        told.frame,
        told.value,
        told.base,
        like.counts,
        like.totals,
        like.rows,
        posterior,
        terms,
        alone,
    )
    return told.value[pairs[:, 0]] == told.value[pairs[:, 1]], np.maximum(alone, 1e-6)


@compiled
def _alone(
    pairs: Any, incident: Any, source: Any, frame: Any, value: Any, base: Any, counts: Any, totals: Any, rows: Any,
    posterior: Any, terms: Any, out: Any,
) -> None:  # fmt: skip
    others = np.empty(base.shape[1])
    for pair in range(len(pairs)):
        k, m = pairs[pair, 0], pairs[pair, 1]
        i = incident[k]
        slots = answers(base[i])
        top = -1e300
        for z in range(slots):
            others[z] = np.log(max(posterior[i, z], 1e-12)) - terms[k, z] - terms[m, z]
            top = max(top, others[z])
        mass, here = 0.0, 0.0
        for z in range(slots):
            odds = np.exp(others[z] - top)
            for v, follower in ((m, False), (k, True)):
                row = rows[frame[v], base[i, z]]
                share = chance(
                    counts[source[v], row],
                    totals[source[v], row],
                    0.0,
                    rows[frame[v]],
                    base[i],
                    value[v],
                    z,
                    slots,
                )
                if follower:
                    here += odds * share
                else:
                    odds *= share
                    mass += odds
        out[pair] = here / mass


@compiled
def _lead(start: Any, source: Any, value: Any, when: Any, leader: Any, out: Any) -> None:
    for i in range(len(start) - 1):
        for k in range(start[i], start[i + 1]):
            lead = leader[source[k]]
            if lead < 0:
                continue
            for m in range(start[i], start[i + 1]):
                if source[m] == lead and when[m] <= when[k]:
                    out[k] = value[m]
                    break
