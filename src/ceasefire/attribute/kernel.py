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
NOBODY = -1
_LEAST = 1e-9
_NOTHING = 1e-12  # answers less probable teach nothing
_FEW = 12  # accounts whose product no double is too small for; more are taken in pieces


class Told(NamedTuple):
    """Accounts of incident i are ``start[i]:start[i + 1]``, by frame, then time. ``source``, ``frame``; ``value``: the slot named,
    or ``NOBODY``; ``vague``: share of an account that says nothing (it is one of several versions); ``hedged`` (0, 1); ``echo``:
    how often it would be said whatever happened (its leader has said so, or it is the day's line). ``base``: incidents x slots,
    the base answer of each, -1 unused."""

    start: Any
    source: Any
    frame: Any
    value: Any
    vague: Any
    hedged: Any
    echo: Any
    base: Any


class Likeness(NamedTuple):
    """What sources are like: ``counts`` (sources x rows x columns, not yet shares), their sums ``totals``; of each frame ``rows``,
    ``line`` (shares), ``follow``, ``hedge`` (x 2 x 2: what is right and what is wrong, firm and hedged: how often against how often
    at all), and by row ``lined``, ``joined`` and ``named``: whether anybody names such an answer, so that something can be learned.
    ``worth``: what a nat of testimony is worth (see ``priors.WORTH``)."""

    counts: Any
    totals: Any
    rows: Any
    line: Any
    follow: Any
    hedge: Any
    lined: Any
    joined: Any
    named: Any
    worth: Any


class Learned(NamedTuple):
    """What a pass adds up. ``counts``: as ``Likeness``; ``line``; ``together`` (frames x rows x 3): how often joined, how often
    lined, of how many; ``follow`` (frames x 2): how often, of how many; ``hedges`` (frames x 2 x 2): right and wrong, how often
    hedged, of how many. ``echoed`` (accounts x 2): how much of each was an echo, of how much; empty where nobody asks. ``held``: of
    each account and slot, what it added, so that the next pass can leave it out."""

    counts: Any
    line: Any
    follow: Any
    together: Any
    hedges: Any
    echoed: Any
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
    """One pass over all incidents; the log-likelihood of all.

    ``score``: what else speaks for each answer (prior, silence), in nats. Fills ``posterior``, and unless they are empty ``terms``
    (the nats of each account) and ``own`` (accounts x slots x 3: how much is the source's own word; of the first of a frame, how
    probable a line that all repeat, and one that each follows).
    """
    start, base = told.start, told.base
    width = base.shape[1]
    most = 1
    for i in range(len(start) - 1):
        most = max(most, start[i + 1] - start[i])
    said, put, mine = np.empty((most, width)), np.empty((most, width)), np.empty((most, width))
    repeat, lines = np.empty((most, width)), np.empty((most, width))
    room, tied, drawn = np.empty((7, width)), np.empty((width, width + 1)), np.empty(width + 1)
    sums, mass = np.empty(width), np.empty(width)
    size = np.empty(like.rows.shape[1], dtype=np.int64)
    total = 0.0
    for i in range(len(start) - 1):
        here = base[i]
        slots = answers(here)
        for z in range(slots):
            sums[z], mass[z] = 0.0, 1.0
        first = start[i]
        while first < start[i + 1]:
            last = first
            while last < start[i + 1] and told.frame[last] == told.frame[first]:
                last += 1
            _shares(first, last, start[i], slots, here, told, like, learned.held, said, put, size)
            _together(
                first, last, start[i], slots, here, told, like, said, put, mine, repeat, lines, room, tied, drawn,
                sums, mass, terms,
            )  # fmt: skip
            first = last
        worth = like.worth
        for z in range(slots):
            sums[z] = score[i, z] + worth * sums[z]
            if worth != 1.0:
                mass[z] = mass[z] ** worth
        top = sums[0]
        for z in range(slots):
            top = max(top, sums[z])
        whole = 0.0
        for z in range(slots):
            posterior[i, z] = np.exp(sums[z] - top) * mass[z]
            whole += posterior[i, z]
        for z in range(slots):
            posterior[i, z] /= whole
        total += top + np.log(whole)
        if len(own):
            for k in range(start[i], start[i + 1]):
                for z in range(slots):
                    own[k, z, 0] = mine[k - start[i], z]
                    own[k, z, 1], own[k, z, 2] = repeat[k - start[i], z], lines[k - start[i], z]
        if learn:
            _learn(i, slots, told, like, posterior, said, mine, repeat, lines, learned)
    return total


@lean
def _shares(
    first: int, last: int, offset: int, slots: int, here: Any, told: Any, like: Any, held: Any, said: Any, put: Any, size: Any
) -> None:  # fmt: skip
    """P(what each account of a frame says | answer) as its source speaks for itself, or for its leader; and as the frame's line."""
    f = told.frame[first]
    rows, line, counts, totals = like.rows[f], like.line[f], like.counts, like.totals
    for row in range(len(size)):
        size[row] = 0
    for z in range(slots):
        size[rows[here[z]]] += 1
    outside, columns = rows.shape[0] - 1, counts.shape[2]
    crowded = slots > outside + 1
    for k in range(first, last):
        s, named = told.source[k], told.value[k]
        at = k - offset
        named_row = rows[here[named]] if named >= 0 else 0
        mean = 0.0
        for z in range(slots):
            row = rows[here[z]]
            if crowded and here[z] == outside:
                share = chance(counts[s, row], totals[s, row], held[k, z], rows, here, named, z, slots)
                put[at, z] = max(chance(line[row], 1.0, 0.0, rows, here, named, z, slots), _LEAST)
            else:
                column, among = columns - 1, 1
                if named == z:
                    column = 0
                elif named >= 0:
                    column, among = 1 + named_row, max(size[named_row] - (named_row == row), 1)
                less = held[k, z]
                share = max(counts[s, row, column] - less, 0.0) / (max(totals[s, row] - less, _LEAST) * among)
                put[at, z] = max(line[row, column] / among, _LEAST)
            said[at, z] = max(share, _LEAST)
            mean += said[at, z]
        vague, echo = told.vague[k], told.echo[k]
        if vague > 0.0 or echo > 0.0:
            for z in range(slots):
                share = (1.0 - vague) * said[at, z] + vague * mean / slots
                said[at, z] = max((1.0 - echo) * share + echo, _LEAST)


@lean
def _together(
    first: int, last: int, offset: int, slots: int, here: Any, told: Any, like: Any, said: Any, put: Any, mine: Any, repeat: Any,
    lines: Any, room: Any, tied: Any, drawn: Any, sums: Any, mass: Any, terms: Any,
) -> None:  # fmt: skip
    """Weigh the accounts of one frame on one incident together, adding to ``sums`` (nats) and ``mass`` (factors) of each answer.

    ``room`` by slot: 0 the summed line of followers, 1 product where each speaks for itself, 2 what a line that all repeat is worth
    against strays alone; 3 and 4 nats that were taken out of 0 and 1; 5 nats before the account, 6 rows. ``tied``: what followers
    multiply a line by; ``drawn``: the same where all repeat it, with ``scale`` nats taken out.
    """
    f = told.frame[first]
    value, vague = told.value, told.vague
    count, wanted = last - first, len(terms) > 0
    if count == 1:
        at = first - offset
        for z in range(slots):
            mass[z] *= said[at, z]
            mine[at, z], repeat[at, z], lines[at, z] = 1.0, 0.0, 0.0
            if wanted:
                terms[first, z] = like.worth * np.log(said[at, z])
        _hedge(first, offset, slots, told, like, said, mine, mass, terms)
        return
    followers, alone, repeating, extra, apart, before = room[0], room[1], room[2], room[3], room[4], room[5]
    falls = like.follow[f]
    for z in range(slots):
        followers[z], alone[z], repeating[z], extra[z], apart[z], before[z] = 1.0, 1.0, 1.0, 0.0, 0.0, 0.0
        for other in range(slots + 1):
            tied[z, other] = 1.0
    for other in range(slots + 1):
        drawn[other] = 1.0
    stray = STRAY / (slots + 1)
    gain = (1.0 - STRAY + stray) / stray
    scale, strays, falling = 0.0, 1.0, 1.0
    odds = falls / (1.0 - falls)
    for k in range(first, last):
        at, other = k - offset, value[k] if value[k] >= 0 else slots
        rises = drawn[other] * (gain - 1.0) * (1.0 - vague[k])
        drawn[other] += rises
        strays *= stray
        falling *= 1.0 - falls
        heard = k - first + 1
        for z in range(slots):
            share = said[at, z]
            more = tied[z, other] * odds / share
            tied[z, other] += more
            followers[z] += put[at, z] * more
            alone[z] *= share
            repeating[z] += put[at, z] * rises
        if heard % _FEW == 0 and heard < count:
            top = drawn[0]
            for line in range(slots + 1):
                top = max(top, drawn[line])
            for line in range(slots + 1):
                drawn[line] /= top
            scale += np.log(top) + np.log(strays)
            strays = 1.0
            for z in range(slots):
                repeating[z] /= top
                apart[z] += np.log(alone[z])
                alone[z] = 1.0
                extra[z] += np.log(followers[z]) + np.log(falling)
                for line in range(slots + 1):
                    tied[z, line] /= followers[z]
                followers[z] = 1.0
            falling = 1.0
        if not wanted and k < last - 1:
            continue
        for z in range(slots):
            row = like.rows[f, here[z]]
            joined, lined = max(like.joined[f, row], _LEAST), max(like.lined[f, row], _LEAST)
            lone = max(1.0 - joined - lined, _LEAST)
            if count <= _FEW:
                one = joined * strays * repeating[z]
                two = lined * falling * followers[z] * alone[z]
                now = one + two + lone * alone[z]
                repeat[first - offset, z], lines[first - offset, z] = one / now, two / now
                if k == last - 1:
                    mass[z] *= now
                if wanted:
                    now = np.log(now)
            else:
                one = np.log(joined * strays) + np.log(repeating[z]) + scale
                two = np.log(lined * falling) + np.log(followers[z]) + extra[z] + np.log(alone[z]) + apart[z]
                three = np.log(lone) + np.log(alone[z]) + apart[z]
                high = max(one, two, three)
                now = high + np.log(np.exp(one - high) + np.exp(two - high) + np.exp(three - high))
                repeat[first - offset, z], lines[first - offset, z] = np.exp(one - now), np.exp(two - now)
                if k == last - 1:
                    sums[z] += now
            if wanted:
                terms[k, z] = like.worth * (now - before[z])
                before[z] = now
    for k in range(first, last):
        at, other = k - offset, value[k] if value[k] >= 0 else slots
        for z in range(slots):
            repeat[at, z], lines[at, z] = repeat[first - offset, z], lines[first - offset, z]
            drew = min(put[at, z] * tied[z, other] / followers[z], 1.0)
            follows = drew * falls / ((1.0 - falls) * said[at, z] + falls)
            mine[at, z] = 1.0 - repeat[at, z] - lines[at, z] * follows
        _hedge(k, offset, slots, told, like, said, mine, mass, terms)


@lean
def _hedge(
    k: int, offset: int, slots: int, told: Any, like: Any, said: Any, mine: Any, mass: Any, terms: Any
) -> None:
    """What it says that an account is hedged, or is not, as far as it is its source's own word."""
    right, wrong = like.hedge[told.frame[k], 0, told.hedged[k]], like.hedge[told.frame[k], 1, told.hedged[k]]
    if told.value[k] < 0 or right == wrong:
        return
    for z in range(slots):
        share = mine[k - offset, z] * (1.0 - min(told.echo[k] / said[k - offset, z], 1.0))
        factor = 1.0 + share * ((right if told.value[k] == z else wrong) - 1.0)
        mass[z] *= factor
        if len(terms):
            terms[k, z] += like.worth * np.log(factor)


@lean
def _learn(
    i: int, slots: int, told: Any, like: Any, posterior: Any, said: Any, mine: Any, repeat: Any, lines: Any, learned: Any
) -> None:  # fmt: skip
    """Add up what an incident teaches, each answer in proportion to its probability."""
    start, here, columns = told.start, told.base[i], like.counts.shape[2]
    offset, first = start[i], start[i]
    echoing = len(learned.echoed) > 0
    while first < start[i + 1]:
        f = told.frame[first]
        last = first
        while last < start[i + 1] and told.frame[last] == f:
            last += 1
        rows, count = like.rows[f], last - first
        for z in range(slots):
            if count > 1:
                row, at = rows[here[z]], first - offset
                learned.together[f, row, 0] += posterior[i, z] * repeat[at, z]
                learned.together[f, row, 1] += posterior[i, z] * lines[at, z]
                learned.together[f, row, 2] += posterior[i, z]
        for k in range(first, last):
            at, named, s, echo, firm = (
                k - offset,
                told.value[k],
                told.source[k],
                told.echo[k],
                1.0 - told.vague[k],
            )
            of, copied_of = 0.0, 0.0
            named_row = rows[here[named]] if named >= 0 else 0
            for z in range(slots):
                row, g, self = rows[here[z]], posterior[i, z], mine[at, z]
                if g < _NOTHING:
                    learned.held[k, z] = 0.0
                    continue
                column = 0 if named == z else 1 + named_row if named >= 0 else columns - 1
                if count > 1:
                    learned.follow[f, 0] += g * max(1.0 - repeat[at, z] - self, 0.0)
                    learned.follow[f, 1] += g * lines[at, z]
                    learned.line[f, row, column] += g * (1.0 - self) / count
                self *= g
                of += self
                if echo > 0.0:
                    copied = min(echo / said[at, z], 1.0)
                    copied_of += self * copied
                    self *= 1.0 - copied
                if named >= 0:
                    right = 0 if named == z else 1
                    learned.hedges[f, right, 1] += self
                    if told.hedged[k] == 1:
                        learned.hedges[f, right, 0] += self
                self *= firm * like.named[f, row]
                learned.held[k, z] = self
                learned.counts[s, row, column] += self
            if echoing:
                learned.echoed[k, 0], learned.echoed[k, 1] = copied_of, of
        first = last
