"""Reports that share something meet wherever they lie: a page, a rare word, the name of a place or an area.

In: ``Encoded`` reports. Out: runs of them, and pairs of each run's queries with those nearest in time. Pages told twice and rare
words serve all reports; places, areas and bare time serve those without a point, which the grid cannot hold. A pair that the
grid or an earlier way of meeting has shown is not shown again; the two rows alone tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import lean
from ceasefire.fuse.compare import SHARED_WINDOW, WINDOW, gap_minutes, within_gate
from ceasefire.fuse.encode import HAS_POINT, Encoded, Ints
from ceasefire.fuse.weights import COARSE_H, FEW_TEXTS, MEETINGS

PAGE, WORD, PLACE, ADMIN, NOWHERE = KINDS = range(5)
BACK = int(COARSE_H) * 60  # minutes beyond the window that one looks back for reports that began earlier
Asks = Callable[[int, Ints, Any], Any]


class Meeting(NamedTuple):
    """Rows that share something (a page, a rare word, a place): ``rows`` run by run, in order of time. Query k stands at
    ``at[k]`` in the run that ends at ``last[k]`` and begins at ``first[k]``. ``kind``: see ``KINDS``."""

    rows: Any
    query: Any
    at: Any
    first: Any
    last: Any
    kind: int
    window: int


def meetings(data: Encoded, asks: Asks | None = None) -> Iterator[Meeting]:
    """Runs over what reports share. Those with a point have met in the grid: they ask only about pages and rare words.

    ``asks``: of a kind, rows and what they share, which of them may ask here; without it, all.
    """
    rows = data.deck.rows
    pointless = (rows["flags"] & HAS_POINT) == 0
    when = np.empty(data.n, dtype=np.int64)
    when[np.argsort(rows["start"], kind="stable")] = np.arange(data.n)
    shared = np.flatnonzero(rows["url"])
    yield _meeting(when, shared, rows["url"][shared], None, PAGE, SHARED_WINDOW, asks)
    words, holders = rare_words(data)
    yield _meeting(when, holders, words, None, WORD, WINDOW, asks)
    for kind, name in ((PLACE, "place"), (ADMIN, "admin")):
        there = np.flatnonzero(rows[name] >= 0)
        if pointless[there].any():
            yield _meeting(when, there, rows[name][there], pointless, kind, WINDOW, asks)
    nowhere = pointless & (rows["place"] < 0) & (rows["admin"] < 0)
    if nowhere.any():
        everyone = np.arange(data.n)
        yield _meeting(when, everyone, np.zeros(data.n, dtype=np.int8), nowhere, NOWHERE, WINDOW, asks)


def _meeting(
    when: Ints, members: Ints, key: Any, asking: Any, kind: int, window: int, asks: Asks | None
) -> Meeting:
    """``when``: the place of each row in the order of time."""
    number = key if key.dtype.itemsize <= 4 else np.unique(key, return_inverse=True)[1]
    # one number tells the whole order, and none comes twice
    order = np.argsort((number.astype(np.int64) << 32) | when[members])
    members, key = members[order], key[order]
    edge = (
        np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)
    )
    run = np.repeat(np.arange(len(edge)), np.diff(np.append(edge, len(key))))
    last = np.append(edge[1:], len(key))
    ask = (last - edge)[run] > 1
    if asking is not None:
        ask &= asking[members]
    if asks is not None:
        ask &= asks(kind, members, key)
    at = np.flatnonzero(ask)
    return Meeting(members, members[at], at, edge[run[at]], last[run[at]], kind, window)


def rare_words(data: Encoded) -> tuple[NDArray[np.uint32], Ints]:
    """The two most telling words of each report, by their sound, that few others hold, and the report of each."""
    words = np.empty(2 * data.n, dtype=np.uint32)
    holders = np.empty(2 * data.n, dtype=np.int64)
    used = _rarest(data.deck, data.survey.tally.overall[1], words, holders)
    return words[:used], holders[:used]


@lean
def _rarest(deck: Any, texts: Any, words: Any, holders: Any) -> Any:
    most = np.uint32(len(texts) - 1)
    used = 0
    for k in range(len(deck.rows)):
        first, second = -1, -1
        start = deck.rows[k].words + deck.rows[k].known
        for at in range(start, start + deck.rows[k].sounds):
            if not 2 <= texts[deck.hashes[at] & most] <= FEW_TEXTS:
                continue
            if first < 0 or deck.weights[at] > deck.weights[first]:
                first, second = at, first
            elif second < 0 or deck.weights[at] > deck.weights[second]:
                second = at
        for at in (first, second):
            if at >= 0:
                words[used] = deck.hashes[at]
                holders[used] = k
                used += 1
    return used


@lean
def _met_in_grid(one: Any, two: Any) -> Any:
    points = one.flags & HAS_POINT and two.flags & HAS_POINT
    return points and gap_minutes(one, two, 0) <= WINDOW and within_gate(one, two)


@lean
def _met_before(deck: Any, one: Any, two: Any, kind: int) -> Any:
    """Whether an earlier way of meeting has shown this pair."""
    if _met_in_grid(one, two):
        return True
    if kind > PAGE and one.url != 0 and one.url == two.url:
        return True
    if kind > PLACE and one.place >= 0 and one.place == two.place:
        return True
    return kind > ADMIN and one.admin >= 0 and one.admin == two.admin


@lean
def meeting_pairs(deck: Any, meeting: Any, chosen: Any, k: int, crowded: Any, out: Any) -> Any:
    """Pairs of the meeting's queries from ``k`` on, until ``out`` may not hold the next."""
    used = 0
    rows, window = meeting.rows, meeting.window
    pointless = meeting.kind >= PLACE
    while k < len(meeting.query):
        if used + MEETINGS > len(out):
            break
        i, at = meeting.query[k], meeting.at[k]
        k += 1
        if not chosen[i]:
            continue
        one = deck.rows[i]
        low, high, met = at, at + 1, 0
        back, ahead = pointless, True
        # outwards in order of time, the nearer end first, until both are out of the window or enough were met
        while (back or ahead) and met < MEETINGS:
            forward = ahead
            if back and ahead:
                if low - 1 < meeting.first[k - 1]:
                    back = False
                    continue
                if high >= meeting.last[k - 1]:
                    ahead = False
                    continue
                before = one.start - deck.rows[rows[low - 1]].start
                forward = deck.rows[rows[high]].start - one.start <= before
            if forward:
                if high >= meeting.last[k - 1]:
                    ahead = False
                    continue
                j = rows[high]
                high += 1
                if deck.rows[j].start - one.end > window:
                    ahead = False
                    continue
            else:
                if low - 1 < meeting.first[k - 1]:
                    back = False
                    continue
                low -= 1
                j = rows[low]
                if one.start - deck.rows[j].start > window + BACK:
                    back = False
                    continue
            two = deck.rows[j]
            met += 1
            if i == j or gap_minutes(one, two, 0) > window:
                continue
            if pointless and not two.flags & HAS_POINT and deck.rows[j].rank < deck.rows[i].rank:
                continue  # the other asks too
            if _met_before(deck, one, two, meeting.kind):
                continue
            out[used, 0] = i
            out[used, 1] = j
            used += 1
        if met >= MEETINGS:
            crowded[i] = True
    return used, k
