"""How two reports compare, feature by feature.

In: ``Encoded`` reports and pairs. Out: one array of level numbers per feature (the levels of ``weights.TABLE``), so
that every pair is one row of a small table of patterns. A cell that says nothing gives the level "unknown".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ceasefire.fuse.candidates import distance_km
from ceasefire.fuse.encode import Encoded, Flags, Floats, Ints
from ceasefire.fuse.weights import COARSE_KM, TABLE, TIGHT_H

Levels = dict[str, NDArray[np.int8]]
_AT = {feature: {level.name: k for k, level in enumerate(levels)} for feature, levels in TABLE.items()}
SPOT_KM = 1.5  # joint radius up to which a point is a spot
POINT_KM = 0.1  # two points this near are one point
DAY_H, WEEK_H = 36.0, 192.0  # intervals up to these are known to the day, to the week


def compare(data: Encoded, left: Ints, right: Ints, shift: float = 0.0) -> Levels:
    """Levels of all features for each pair. ``shift`` hours are added to the right report's times (decoys)."""
    return {
        "time": _time(data, left, right, shift),
        "place": _place(data, left, right),
        "act": _act(data, left, right),
        "actor": _actor(data, left, right),
        "affected": _affected(data, left, right),
        "casualties": _casualties(data, left, right),
        "text": _text(data, left, right),
        "url": _url(data, left, right),
        "source": _source(data, left, right),
    }


def _pick(feature: str, count: int, default: str, *choices: tuple[Flags, str]) -> NDArray[np.int8]:
    """The first choice whose condition holds."""
    at = _AT[feature]
    if not count:
        return np.zeros(0, dtype=np.int8)
    conditions = [condition for condition, _ in choices]
    names = [np.int8(at[name]) for _, name in choices]
    return np.select(conditions, names, default=np.int8(at[default])).astype(np.int8)


def _time(data: Encoded, left: Ints, right: Ints, shift: float) -> NDArray[np.int8]:
    start, end = data.start[right] + shift, data.end[right] + shift
    one, two = data.end[left] - data.start[left], end - start
    longest = np.maximum(one, two)
    overlap = np.minimum(data.end[left], end) - np.maximum(data.start[left], start)
    meet = overlap >= 0.1 * np.minimum(one, two)
    gap = np.maximum(-overlap, 0.0)
    tight = longest <= TIGHT_H
    # a day without an hour stands for its noon; longer intervals are met at their nearest day
    apart = np.where(tight, gap, gap + (np.minimum(one, 24.0) + np.minimum(two, 24.0)) / 2)
    return _pick(
        "time",
        len(left),
        "days apart",
        (tight & (gap <= 1.0), "same hour"),
        (meet & (longest <= DAY_H), "same day"),
        (meet & (longest <= WEEK_H), "same week"),
        (meet, "long interval"),
        (apart <= 6.0, "hours apart"),
        (apart <= 18.0, "half a day apart"),
        (apart <= 30.0, "next day"),
    )


def _place(data: Encoded, left: Ints, right: Ints) -> NDArray[np.int8]:
    named = (data.place[left] >= 0) & (data.place[left] == data.place[right])
    points = data.has_point[left] & data.has_point[right]
    joint = np.hypot(data.sigma[left], data.sigma[right])
    apart = distance_km(
        data.latitude[left], data.longitude[left], data.latitude[right], data.longitude[right]
    )
    q = np.where(points, np.nan_to_num(apart, nan=1e9) / joint, 1e9)
    fine = points & (joint <= COARSE_KM)
    same_point = points & (np.nan_to_num(apart, nan=1e9) <= POINT_KM)
    admin = (data.admin[left] >= 0) & (data.admin[left] == data.admin[right])
    return _pick(
        "place",
        len(left),
        "unknown",
        (points & (joint <= SPOT_KM) & (q <= 2.0), "same spot"),
        (fine & (q <= 1.0) & (named | same_point), "same place"),
        (fine & (q <= 1.0), "near"),
        (fine & (q <= 2.0), "two radii"),
        (fine & (q <= 3.0), "three radii"),
        (fine, "further"),
        (points & (q <= 1.5), "area holds it"),
        (points, "area beside it"),
        (named, "same name"),
        (admin, "same admin area"),
    )


def _act(data: Encoded, left: Ints, right: Ints) -> NDArray[np.int8]:
    a, b = data.act[left], data.act[right]
    one, two = data.act_class[left], data.act_class[right]
    known = (a >= 0) & (b >= 0)
    listed = known & (one != 3) & (two != 3)
    alike = (data.act_kind[left] >= 0) & (data.act_kind[left] == data.act_kind[right])
    return _pick(
        "act",
        len(left),
        "different",
        (~known, "unknown"),
        ((a == b) & data.act_rare[left], "same, telling"),
        (a == b, "same"),
        (listed & ((one == 0) != (two == 0)), "exclusive"),
        (listed & (one + two > 2) & (one > 0) & (two > 0), "can be one"),
        (listed & alike, "same kind"),
    )


def _shared(one: Ints, two: Ints) -> Flags:
    """Whether two rows of name codes have a name in common."""
    hit = np.zeros(len(one), dtype=bool)
    for i in range(one.shape[1]):
        for j in range(two.shape[1]):
            hit |= (one[:, i] >= 0) & (one[:, i] == two[:, j])
    return hit


def _actor(data: Encoded, left: Ints, right: Ints) -> NDArray[np.int8]:
    a, b = data.actor[left], data.actor[right]
    one, two = data.actors[left], data.actors[right]
    hit_one, hit_two = data.affected_names[left], data.affected_names[right]
    return _pick(
        "actor",
        len(left),
        "different",
        ((a < 0) | (b < 0), "unknown"),
        ((a == b) & data.actor_rare[left], "same, telling"),
        (a == b, "same"),
        (_shared(one, two), "shared"),
        (_shared(one, hit_two) & _shared(hit_one, two), "swapped"),
    )


def _affected(data: Encoded, left: Ints, right: Ints) -> NDArray[np.int8]:
    a, b = data.affected[left], data.affected[right]
    return _pick(
        "affected",
        len(left),
        "different",
        ((a < 0) | (b < 0), "unknown"),
        ((a == b) & data.affected_rare[left], "same, telling"),
        (a == b, "same"),
        (_shared(data.affected_names[left], data.affected_names[right]), "shared"),
    )


def _figures(data: Encoded, left: Ints, right: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Low and high of each report: the killed where both give them, else the injured."""
    column = np.where(np.isnan(data.low[left, 0]) | np.isnan(data.low[right, 0]), 1, 0)
    return (
        data.low[left, column],
        data.high[left, column],
        data.low[right, column],
        data.high[right, column],
    )


def _casualties(data: Encoded, left: Ints, right: Ints) -> NDArray[np.int8]:
    low_a, high_a, low_b, high_b = _figures(data, left, right)
    known = ~np.isnan(low_a) & ~np.isnan(low_b)
    low_a, high_a = np.nan_to_num(low_a), np.nan_to_num(high_a, posinf=np.inf)
    low_b, high_b = np.nan_to_num(low_b), np.nan_to_num(high_b, posinf=np.inf)
    top_a, top_b = np.where(np.isinf(high_a), low_a, high_a), np.where(np.isinf(high_b), low_b, high_b)
    none_a, none_b = top_a == 0, top_b == 0
    least, most = np.minimum(top_a, top_b), np.maximum(top_a, top_b)
    ratio = least / np.maximum(most, 1e-9)
    same = (np.abs(low_a - low_b) <= 0.1 * most) & (np.abs(top_a - top_b) <= 0.1 * most)
    meet = (low_a <= high_b) & (low_b <= high_a) & (ratio >= 0.2)
    return _pick(
        "casualties",
        len(left),
        "far apart",
        (~known, "unknown"),
        (none_a & none_b, "both none"),
        (none_a | none_b, "none and some"),
        (same & (most >= 5), "same figure"),
        (same, "same small figure"),
        ((ratio >= 0.5) | meet, "near"),
        (ratio >= 0.2, "apart"),
    )


def _text(data: Encoded, left: Ints, right: Ints) -> NDArray[np.int8]:
    similarity = data.words.similarity(left, right)
    tongue_a, tongue_b = data.language[left], data.language[right]
    foreign = (tongue_a >= 0) & (tongue_b >= 0) & (tongue_a != tongue_b)
    value = np.nan_to_num(similarity)
    return _pick(
        "text",
        len(left),
        "none",
        (np.isnan(similarity), "unknown"),
        (value >= 0.9, "nearly the same"),
        (value >= 0.5, "much shared"),
        (value >= 0.3, "some shared"),
        (foreign, "unknown"),
        (value >= 0.15, "little shared"),
        (value >= 0.05, "hardly any"),
    )


def _url(data: Encoded, left: Ints, right: Ints) -> NDArray[np.int8]:
    page = (data.url[left] >= 0) & (data.url[left] == data.url[right])
    return _pick("url", len(left), "no sign", (page & (data.source[left] != data.source[right]), "same page"))


def _source(data: Encoded, left: Ints, right: Ints) -> NDArray[np.int8]:
    one = data.source[left] == data.source[right]
    page = (data.url[left] >= 0) & (data.url[left] == data.url[right])
    return _pick("source", len(left), "two sources", (one & page, "one page"), (one, "one source"))
