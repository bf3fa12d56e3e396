"""How two reports compare, feature by feature.

In: the rows of two reports. Out: a level for each feature, in the order of ``weights.TABLE``, and the sum of their weights.
Whoever needs a pair's weight asks here, so that a pair weighs the same everywhere and no list of pairs is kept. A cell that
says nothing gives the level "unknown".
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ceasefire.compiled import lean
from ceasefire.fuse.encode import HAS_POINT, NO_FIGURE, NO_TOP, SCRIPT
from ceasefire.fuse.weights import (
    COARSE_GATE,
    COARSE_KM,
    FLOOR,
    GATE,
    MEANINGS,
    MEANT,
    SHARED_WINDOW_H,
    SOUNDED,
    TIGHT_H,
    WINDOW_H,
)

SPOT_KM = 1.5  # joint radius up to which a point is a spot
POINT_KM = 0.1  # two points this near are one point
TIGHT, DAY, WEEK = (
    TIGHT_H * 60,
    36 * 60,
    192 * 60,
)  # minutes: a time of day; intervals known to the day, to the week
WINDOW, SHARED_WINDOW = int(WINDOW_H * 60), int(SHARED_WINDOW_H * 60)
KM_A_DEGREE = 111.195  # on a sphere of 6,371 km
FLAT_KM = 150.0  # up to here the earth is flat enough (0.1 %)
BENT, BEND = 16.0, 0.5  # nats up to which sums are bent (either way), and from one point to the next
VERBATIM_WORDS = 4  # words that two texts share at the least to be called nearly the same
UNREAD = 7  # level of the wording where one text is missing or foreign
ELSEWHERE = 11  # level of place for points beyond the gate
NO_PLACE = 10


class Scale(NamedTuple):
    """What the levels weigh: ``values`` (features x levels), the prior log-odds, what is added for a pair of acts, each source's
    weight against telling one happening twice, and ``bend``: what is added to a sum of all but the time, because evidence
    overlaps, at every ``BEND`` nats from ``-BENT``."""

    values: Any
    prior: float
    acts: Any
    repeats: Any
    bend: Any


@lean
def gap_minutes(one: Any, two: Any, shift: int) -> Any:
    """Minutes between two intervals, 0 where they touch. ``shift`` minutes are added to the second."""
    return max(two.start + shift - one.end, one.start - two.end - shift, 0)


@lean
def km_between(
    latitude: float,
    longitude: float,
    cosine: float,
    other_latitude: float,
    other_longitude: float,
    other_cosine: float,
) -> Any:
    """Distance of two points on a sphere: within 0.6 % of the ellipsoid, far below any radius here."""
    east = abs(longitude - other_longitude)
    if east > 180.0:
        east = 360.0 - east
    east *= np.sqrt(cosine * other_cosine) * KM_A_DEGREE
    north = (latitude - other_latitude) * KM_A_DEGREE
    flat = np.sqrt(east * east + north * north)
    if flat <= FLAT_KM:
        return flat
    half = np.sin(np.radians(other_latitude - latitude) / 2) ** 2
    half += cosine * other_cosine * np.sin(np.radians(other_longitude - longitude) / 2) ** 2
    return 2 * 6371.0 * np.arcsin(np.sqrt(min(half, 1.0)))


@lean
def apart_km(one: Any, two: Any) -> Any:
    """Distance of two reports' points."""
    return km_between(
        np.float64(one.latitude),
        np.float64(one.longitude),
        np.float64(one.cosine),
        np.float64(two.latitude),
        np.float64(two.longitude),
        np.float64(two.cosine),
    )


@lean
def joint_radius(sigma: float, other: float) -> Any:
    """Joint radius in km."""
    return np.sqrt(np.float64(sigma) * sigma + np.float64(other) * other)


@lean
def gate_km(joint: float) -> Any:
    """How far apart two points may lie and still be compared."""
    return joint * (COARSE_GATE if joint > COARSE_KM else GATE)


@lean
def within_gate(one: Any, two: Any) -> Any:
    """Whether two points are near enough to be compared."""
    return apart_km(one, two) <= gate_km(joint_radius(one.sigma, two.sigma))


@lean
def time_level(one: Any, two: Any, shift: int) -> Any:
    """Level of the time gap."""
    start, end = two.start + shift, two.end + shift
    first, second = one.end - one.start, end - start
    longest, shortest = max(first, second), min(first, second)
    overlap = min(one.end, end) - max(one.start, start)
    gap = max(-overlap, 0)
    if longest <= TIGHT:
        if gap <= 20:
            return 0
        if gap <= 60:
            return 1
        if gap <= 180:
            return 2
        apart = np.float64(gap)
    else:
        if overlap >= 0.1 * shortest:
            if longest <= DAY:
                return 3
            return 8 if longest <= WEEK else 9
        # a day without an hour stands for its noon; longer intervals are met at their nearest day
        apart = gap + (min(first, 1440) + min(second, 1440)) / 2.0
    if apart <= 360:
        return 4
    if apart <= 1080:
        return 5
    return 6 if apart <= 1800 else 7


@lean
def place_level(one: Any, two: Any) -> Any:
    """Level of the distance, in joint radii, and of the names of the places."""
    named = one.place >= 0 and one.place == two.place
    if one.flags & HAS_POINT and two.flags & HAS_POINT:
        joint = joint_radius(one.sigma, two.sigma)
        apart = apart_km(one, two)
        q = apart / joint
        if joint <= COARSE_KM:
            if q <= 2.0 and joint <= SPOT_KM:
                return 0
            if q <= 1.0:
                return 1 if named or apart <= POINT_KM else 2
            if q <= 2.0:
                return 3
            if q <= 3.0:
                return 4
            return 5 if q <= GATE else ELSEWHERE
        if q <= 1.5:
            return 7
        return 8 if q <= COARSE_GATE else ELSEWHERE
    if named:
        return 6
    if one.admin >= 0 and one.admin == two.admin:
        return 9
    return NO_PLACE


@lean
def act_level(kinds: Any, classes: Any, one: Any, two: Any) -> Any:
    """Level of the acts."""
    a, b = one.act, two.act
    if a < 0 or b < 0:
        return 7
    if a == b:
        return np.int64(max(one.act_common, two.act_common))
    first, second = classes[a], classes[b]
    if first == 3 or second == 3:
        return 5
    if (first == 0) != (second == 0):
        return 6
    if first + second > 2 and first > 0 and second > 0:
        return 3
    return 4 if kinds[a] >= 0 and kinds[a] == kinds[b] else 5


@lean
def share_name(names: Any, a: int, b: int) -> Any:
    """Whether two cells of actors have a name in common."""
    for x in names[a]:
        if x < 0:
            break
        for y in names[b]:
            if y < 0:
                break
            if x == y:
                return True
    return False


@lean
def actor_level(names: Any, one: Any, two: Any) -> Any:
    """Level of the actors."""
    a, b = one.actor, two.actor
    if a < 0 or b < 0:
        return 6
    if a == b:
        return np.int64(max(one.actor_common, two.actor_common))
    if share_name(names, a, b):
        return 3
    told = one.affected >= 0 and two.affected >= 0
    return 4 if told and share_name(names, a, two.affected) and share_name(names, one.affected, b) else 5


@lean
def affected_level(names: Any, one: Any, two: Any) -> Any:
    """Level of who was affected."""
    a, b = one.affected, two.affected
    if a < 0 or b < 0:
        return 5
    if a == b:
        return np.int64(max(one.affected_common, two.affected_common))
    return 3 if share_name(names, a, b) else 4


@lean
def casualty_level(one: Any, two: Any) -> Any:
    """Level of the tolls: of the killed where both give them, else of the injured."""
    if max(one.killed_low, two.killed_low) < NO_FIGURE:
        low_a, high_a, low_b, high_b = one.killed_low, one.killed_high, two.killed_low, two.killed_high
    elif max(one.injured_low, two.injured_low) < NO_FIGURE:
        low_a, high_a, low_b, high_b = one.injured_low, one.injured_high, two.injured_low, two.injured_high
    else:
        return 7
    top_a = low_a if high_a == NO_TOP else high_a
    top_b = low_b if high_b == NO_TOP else high_b
    if top_a == 0 or top_b == 0:
        return 5 if top_a == top_b else 6
    most, least = max(top_a, top_b), min(top_a, top_b)
    same = abs(np.int64(low_a) - low_b) <= 0.1 * most and most - least <= 0.1 * most
    if same:
        return 0 if most >= 5 else 1
    ratio = least / most
    meet = low_a <= high_b and low_b <= high_a and ratio >= 0.2
    if ratio >= 0.5 or meet:
        return 2
    return 3 if ratio >= 0.2 else 4


@lean
def shared_words(hashes: Any, weights: Any, a: int, end_a: int, b: int, end_b: int) -> Any:
    """Weight (tenths of a nat) and number of the words two lists share; a word weighs what it weighs where it is commoner."""
    weight: Any = 0
    count = 0
    while a < end_a and b < end_b:
        x, y = hashes[a], hashes[b]
        if x == y:
            weight += np.int64(min(weights[a], weights[b]))
            count += 1
        a += x <= y
        b += y <= x
    return weight, count


@lean
def bits(value: Any) -> Any:
    """Number of bits that are set."""
    value = value - ((value >> np.uint64(1)) & np.uint64(0x5555555555555555))
    value = (value & np.uint64(0x3333333333333333)) + (
        (value >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((value * np.uint64(0x0101010101010101)) >> np.uint64(56))


@lean
def meaning_level(meaning: Any, i: int, j: int) -> Any:
    """Level of what two texts mean, by the signs in which their signatures differ; unread where one has none."""
    if len(meaning) == 0 or (meaning[i, 0] | meaning[i, 1]) == 0 or (meaning[j, 0] | meaning[j, 1]) == 0:
        return UNREAD
    apart = bits(meaning[i, 0] ^ meaning[j, 0]) + bits(meaning[i, 1] ^ meaning[j, 1])
    level = MEANT
    for most in MEANINGS:
        level += apart > most
    return level


@lean
def text_level(deck: Any, i: int, j: int) -> Any:
    """Level of the wording; where words cannot tell, of the meaning.

    Compared is how words sound, so that a name is known however it is spelled. Each that is shared tells what it weighs less two
    nats: a name that is rare there and then tells, and a place name, which all share, or a common word tells against.
    """
    one, two = deck.rows[i], deck.rows[j]
    if one.known == 0 or two.known == 0:
        return UNREAD
    script, other = one.flags // SCRIPT, two.flags // SCRIPT
    foreign = one.language >= 0 and two.language >= 0 and one.language != two.language
    foreign = foreign or (script > 0 and other > 0 and script != other)
    a, b = one.words + one.known, two.words + two.known
    weight, count = shared_words(deck.hashes, deck.weights, a, a + one.sounds, b, b + two.sounds)
    told = 0.1 * weight - 2.0 * (count + 1)
    if foreign:
        if told >= 0.0:
            return SOUNDED if told >= 2.0 else SOUNDED + 1
        meant = meaning_level(deck.meaning, i, j)
        if meant != UNREAD:
            return meant
        return SOUNDED + 2 if count == 0 or told >= -2.0 else SOUNDED + 3
    if count > 0:
        told += 3.0 * weight / np.sqrt(np.float64(one.sounding) * two.sounding)  # most of what both say
    common = bits(one.bloom & two.bloom)
    if common >= VERBATIM_WORDS:
        a, b = one.words, two.words
        weight, count = shared_words(deck.hashes, deck.weights, a, a + one.known, b, b + two.known)
        if count >= VERBATIM_WORDS and weight * weight >= 0.72 * one.telling * two.telling:
            return 0
    if told >= 3.0:
        return 1
    if told >= 1.0:
        return 2
    if told >= 0.0:
        return 3
    if count == 0 and common == 0 and (one.language < 0 or two.language < 0):
        meant = meaning_level(deck.meaning, i, j)  # nothing says that the language is one
        if meant != UNREAD:
            return meant
    if told >= -1.0:
        return 4
    return 5 if told >= -2.0 else 6


@lean
def page_level(one: Any, two: Any) -> Any:
    """Level of the address: one page told of two sources."""
    return 0 if one.url != 0 and one.url == two.url and one.source != two.source else 1


@lean
def source_level(one: Any, two: Any) -> Any:
    """Level of the sources: two, one, or one and on one page."""
    if one.source != two.source:
        return 0
    return 2 if one.url != 0 and one.url == two.url else 1


@lean
def levels(deck: Any, i: int, j: int, shift: int) -> Any:
    """Levels of all features. ``shift`` minutes are added to the second report's times (decoys)."""
    one, two = deck.rows[i], deck.rows[j]
    return (
        time_level(one, two, shift),
        place_level(one, two),
        act_level(deck.act_kind, deck.act_class, one, two),
        actor_level(deck.names, one, two),
        affected_level(deck.names, one, two),
        casualty_level(one, two),
        text_level(deck, i, j),
        np.int64(max(one.crowd, two.crowd)),
        page_level(one, two),
        source_level(one, two),
    )


@lean
def told(scale: Any, one: Any, two: Any, found: Any) -> Any:
    """Summed weight of all levels but those of time and source."""
    total = scale.acts[one.act, two.act] if one.act < len(scale.acts) and two.act < len(scale.acts) else 0.0
    for k in range(1, 9):
        total += scale.values[k, found[k]]
    return total


@lean
def bent(bend: Any, evidence: float) -> Any:
    """Summed evidence after what ``bend`` adds to it, between its points in a straight line."""
    at = min(max((evidence + BENT) / BEND, 0.0), len(bend) - 1.001)
    low = np.int64(at)
    return evidence + bend[low] + (bend[low + 1] - bend[low]) * (at - low)


@lean
def weight(deck: Any, scale: Any, i: int, j: int, least: float) -> Any:
    """Summed log-odds of a pair in nats; the floor at the least, which is also the weight of a pair too far apart.

    A pair that cannot weigh more than ``least`` whatever its wording is given the floor before its words are read.
    """
    one, two = deck.rows[i], deck.rows[j]
    values = scale.values
    gap = gap_minutes(one, two, 0)
    if gap > SHARED_WINDOW:
        return FLOOR
    page, source = page_level(one, two), source_level(one, two)
    late = gap > WINDOW and page == 1 and source < 2
    # the sum of ``told``, the wording last
    evidence = (
        scale.acts[one.act, two.act] if one.act < len(scale.acts) and two.act < len(scale.acts) else 0.0
    )
    evidence += values[1, place_level(one, two)]
    evidence += values[2, act_level(deck.act_kind, deck.act_class, one, two)]
    evidence += values[3, actor_level(deck.names, one, two)]
    evidence += values[4, affected_level(deck.names, one, two)]
    evidence += values[5, casualty_level(one, two)]
    evidence += values[7, max(one.crowd, two.crowd)] + values[8, page]
    base = scale.prior + values[0, time_level(one, two, 0)]
    if source > 0:
        base += scale.repeats[one.source]
        if source == 2:
            base += values[9, 2]
    if least > FLOOR:
        alike = bits(one.bloom & two.bloom) >= VERBATIM_WORDS
        best = max(values[6, 0 if alike else 1], values[6, SOUNDED])  # the first of each chain is its best
        if len(deck.meaning) > 0:
            best = max(best, values[6, MEANT])
        if base + bent(scale.bend, evidence + best) <= least:
            return FLOOR
    wording = text_level(deck, i, j)
    if late and wording > 1:
        return FLOOR
    return max(base + bent(scale.bend, evidence + values[6, wording]), FLOOR)
