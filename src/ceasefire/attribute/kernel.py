"""What an incident's accounts say together: the likelihood of each answer, account by account.

In: accounts by incident, frame and time, and what sources are like. Out: for each account and answer the log-likelihood given
the accounts of its frame before it, the posterior, and how much of each account is the source's own. The accounts of a frame
may share a line: with chance ``joined`` all repeat it (so that a flood is worth one account), with chance ``lined`` each follows it
at the rate ``follow``, else each speaks for itself. A source that has a leader repeats it with its own rate.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ceasefire.compiled import compiled, lean

STRAY = 0.05  # share of accounts that differ from a line which all are said to repeat
NOBODY, NO_LEADER = -1, -2
_LEAST = 1e-9
_SCALE = 1e200


class Told(NamedTuple):
    """Accounts of incident i are ``start[i]:start[i + 1]``, by frame, then time. ``source``, ``frame``; ``value``: the slot named,
    or ``NOBODY``; ``vague``: share of an account that says nothing (hedged, or one of several versions); ``lead``: what the
    source's leader had said of the incident, or ``NO_LEADER``. ``base``: incidents x slots, the base answer of each, -1 unused."""

    start: Any
    source: Any
    frame: Any
    value: Any
    vague: Any
    lead: Any
    base: Any


class Likeness(NamedTuple):
    """What sources are like: ``counts`` (sources x rows x columns, not yet shares), their sums ``totals``; ``repeats``: how often
    each repeats its leader; of each frame ``rows``, ``line`` (shares), ``follow``,
    and by row ``lined``, ``joined`` and ``named``: whether anybody names such an answer, so that something can be learned."""

    counts: Any
    totals: Any
    repeats: Any
    rows: Any
    line: Any
    follow: Any
    lined: Any
    joined: Any
    named: Any


class Learned(NamedTuple):
    """What a pass adds up. ``counts``: as ``Likeness``; ``line``; ``together`` (frames x rows x 3): how often joined, how often
    lined, of how many; ``follow`` (frames x 2) and ``repeats`` (sources x 2): how often, of how many. ``held``: of each account and
    slot, what it added, so that the next pass can leave it out."""

    counts: Any
    line: Any
    follow: Any
    together: Any
    repeats: Any
    held: Any


@lean
def answers(base: Any) -> Any:
    """How many slots of an incident are used."""
    slots = 0
    while slots < len(base) and base[slots] >= 0:
        slots += 1
    return slots


@lean
def shared_by(rows: Any, base: Any, slots: int, row: int, but: int) -> Any:
    """How many answers of an incident have this row, but for one."""
    count = 0
    for k in range(slots):
        if k != but and rows[base[k]] == row:
            count += 1
    return max(count, 1)


@lean
def column_of(rows: Any, base: Any, value: int, slot: int, width: int) -> Any:
    """The column of what is said where ``slot`` is the truth."""
    if value < 0:
        return width - 1
    return 0 if value == slot else 1 + rows[base[value]]


@lean
def chance(
    counts: Any, total: float, less: float, rows: Any, base: Any, value: int, slot: int, slots: int
) -> Any:
    """P(``value`` is said | the truth is ``slot``) from a row of counts, ``less`` of which is left out of what was said and of all.

    Where an outsider did it, the other outsiders that somebody names stand beside the answers that always are.
    """
    columns = len(counts)
    column = column_of(rows, base, value, slot, columns)
    whole = max(total - less, _LEAST)
    share = max(counts[column] - less, 0.0) / whole
    if column == 0 or column == columns - 1:
        return share
    outside = len(rows) - 1
    if base[slot] == outside:
        others = -1
        for k in range(slots):
            others += base[k] == outside
        if others > 0:
            if base[value] == outside:
                return max(total - counts[0] - counts[columns - 1], 0.0) / whole / (outside + others)
            share *= outside / (outside + others)
    return share / shared_by(rows, base, slots, column - 1, slot)


@compiled
def weigh(
    told: Any, like: Any, score: Any, posterior: Any, terms: Any, own: Any, learned: Any, learn: bool
) -> Any:
    """One pass over all incidents. ``score``: what else speaks for each answer (prior, silence), in nats; fills ``posterior``,
    ``terms`` and ``own``; the log-likelihood of all."""
    start, source, frame, value, vague, lead, base = told
    counts, totals, repeats, rows, line, follow, lined, joined, _ = like
    held = learned.held
    width = base.shape[1]
    most = 1
    for i in range(len(start) - 1):
        most = max(most, start[i + 1] - start[i])
    said = np.empty((most, width))
    room = np.empty((8, width))
    tied = np.empty((width, width + 1))
    drawn = np.empty(width + 1)
    total = 0.0
    for i in range(len(start) - 1):
        slots = answers(base[i])
        here = base[i]
        sums = room[0]
        for z in range(slots):
            sums[z] = score[i, z]
        first = start[i]
        while first < start[i + 1]:
            last = first
            while last < start[i + 1] and frame[last] == frame[first]:
                last += 1
            _frame_terms(
                first, last, start[i], slots, here, source, frame, value, vague, lead, counts, totals, repeats,
                rows, line, follow, lined, joined, held, said, room, tied, drawn, terms, own,
            )  # fmt: skip
            for k in range(first, last):
                for z in range(slots):
                    sums[z] += terms[k, z]
            first = last
        top = sums[0]
        for z in range(slots):
            top = max(top, sums[z])
        mass = 0.0
        for z in range(slots):
            posterior[i, z] = np.exp(sums[z] - top)
            mass += posterior[i, z]
        for z in range(slots):
            posterior[i, z] /= mass
        total += top + np.log(mass)
        if learn:
            _learn(i, slots, told, like, posterior, own, said, learned)
    return total


@lean
def _learn(
    i: int, slots: int, told: Any, like: Any, posterior: Any, own: Any, said: Any, learned: Any
) -> None:
    """Add up what an incident teaches, each answer in proportion to its probability."""
    start, source, frame, value, vague, lead, base = told
    counts, _, repeats, rows, _, _, _, _, named = like
    seen, seen_line, followed, together, repeated, held = learned
    here, columns = base[i], counts.shape[2]
    first = start[i]
    while first < start[i + 1]:
        f = frame[first]
        last = first
        while last < start[i + 1] and frame[last] == f:
            last += 1
        for z in range(slots):
            row, g = rows[f, here[z]], posterior[i, z]
            if last - first > 1:
                together[f, row, 0] += g * own[first, z, 1]
                together[f, row, 1] += g * own[first, z, 2]
                together[f, row, 2] += g
            for k in range(first, last):
                column = column_of(rows[f], here, value[k], z, columns)
                mine = own[k, z, 0]
                if last - first > 1:
                    followed[f, 0] += g * max(1.0 - own[first, z, 1] - mine, 0.0)
                    followed[f, 1] += g * own[first, z, 2]
                    seen_line[f, row, column] += g * (1.0 - mine) / (last - first)
                if lead[k] != NO_LEADER:
                    copied = repeats[source[k]] / said[k - start[i], z] if lead[k] == value[k] else 0.0
                    copied = min(copied, 1.0)
                    repeated[source[k], 0] += g * mine * copied
                    repeated[source[k], 1] += g * mine
                    mine *= 1.0 - copied
                mine *= g * (1.0 - vague[k]) * named[f, row]
                held[k, z] = mine
                seen[source[k], row, column] += mine
        first = last


@lean
def _frame_terms(
    first: int, last: int, offset: int, slots: int, base: Any, source: Any, frame: Any, value: Any, vague: Any,
    lead: Any, counts: Any, totals: Any, repeats: Any, rows: Any, line: Any, follow: Any, lined: Any, joined: Any, held: Any,
    said: Any, room: Any, tied: Any, drawn: Any, terms: Any, own: Any,
) -> None:  # fmt: skip
    """Terms of the accounts of one frame on one incident, each given those before it.

    ``room`` by slot: 1 the summed line of followers, 2 log-likelihood where each follows it or speaks for itself, 3 of a line that
    all repeat, relative to strays alone, 4 the log-likelihood so far, 5 where each speaks for itself. ``tied``: what followers
    multiply a line by; ``drawn``: the same where all repeat it.
    """
    f = frame[first]
    together = last - first > 1
    followers, apart, repeating, before, alone = room[1], room[2], room[3], room[4], room[5]
    falls = follow[f]
    for z in range(slots):
        followers[z], apart[z], repeating[z], before[z], alone[z] = 1.0, 0.0, 1.0, 0.0, 0.0
        for other in range(slots + 1):
            tied[z, other] = 1.0
    for other in range(slots + 1):
        drawn[other] = 1.0
    stray = STRAY / (slots + 1)
    gain = (1.0 - STRAY + stray) / stray
    scale = 0.0  # log of what the sums of a repeated line were divided by
    for k in range(first, last):
        s, named = source[k], value[k]
        at = named if named >= 0 else slots
        mean = 0.0
        for z in range(slots):
            row = rows[f, base[z]]
            share = chance(counts[s, row], totals[s, row], held[k, z], rows[f], base, named, z, slots)
            said[k - offset, z] = max(share, _LEAST)
            mean += share / slots
        rises = drawn[at] * (gain - 1.0) * (1.0 - vague[k])
        drawn[at] += rises
        for z in range(slots):
            row = rows[f, base[z]]
            share = (1.0 - vague[k]) * said[k - offset, z] + vague[k] * mean
            if lead[k] != NO_LEADER:
                share = (1.0 - repeats[s]) * share + (repeats[s] if lead[k] == named else 0.0)
            share = max(share, _LEAST)
            said[k - offset, z] = share
            if not together:
                terms[k, z] = np.log(share)
                own[k, z, 0], own[k, z, 1], own[k, z, 2] = 1.0, 0.0, 0.0
                continue
            put = max(chance(line[f, row], 1.0, 0.0, rows[f], base, named, z, slots), _LEAST)
            ratio = 1.0 + falls / ((1.0 - falls) * share)
            more = followers[z] + put * tied[z, at] * (ratio - 1.0)
            tied[z, at] *= ratio
            apart[z] += np.log((1.0 - falls) * share) + np.log(more / followers[z])
            followers[z] = more
            if more > _SCALE:
                for other in range(slots + 1):
                    tied[z, other] /= more
                followers[z] = 1.0
            repeating[z] += put * rises
            alone[z] += np.log(share)
            one = np.log(max(joined[f, row], _LEAST)) + np.log(max(repeating[z], _LEAST)) + scale
            one += (k - first + 1) * np.log(stray)
            two = np.log(max(lined[f, row], _LEAST)) + apart[z]
            three = np.log(max(1.0 - joined[f, row] - lined[f, row], _LEAST)) + alone[z]
            high = max(one, two, three)
            now = high + np.log(np.exp(one - high) + np.exp(two - high) + np.exp(three - high))
            terms[k, z] = now - before[z]
            before[z] = now
            own[first, z, 1], own[first, z, 2] = np.exp(one - now), np.exp(two - now)
        if together and drawn[at] > _SCALE:
            for other in range(slots + 1):
                drawn[other] /= _SCALE
            for z in range(slots):
                repeating[z] /= _SCALE
            scale += np.log(_SCALE)
    if not together:
        return
    for k in range(first, last):
        named = value[k]
        at = named if named >= 0 else slots
        for z in range(slots):
            row = rows[f, base[z]]
            put = max(chance(line[f, row], 1.0, 0.0, rows[f], base, named, z, slots), _LEAST)
            drew = min(put * tied[z, at] / followers[z], 1.0)
            share = said[k - offset, z]
            follows = drew * falls / ((1.0 - falls) * share + falls)
            own[k, z, 0] = 1.0 - own[first, z, 1] - own[first, z, 2] * follows
