"""Whether one incident falls under one clause: its act, its place, who was hit, and which exceptions could hold.

In: a happening, a clause, a bearer. Out: yes or no where the facts say so, and otherwise the options of the affected (as
bits) or the worlds in which it does. No draw is made here but for a place near the edge of a zone.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from shapely import contains_xy
from shapely.geometry import Point

from ceasefire.agreement import Agreement, Event, Excuse
from ceasefire.agreement.language import OTHER_SIDE, PROTECTED, acts_of
from ceasefire.agreement.predicates import predicates
from ceasefire.comply.choices import NEAR_EDGE_SIGMAS, PLACE_DRAWS
from ceasefire.comply.draws import key_of, uniform
from ceasefire.comply.happenings import Happening
from ceasefire.comply.worlds import Worlds

Mask = NDArray[np.bool_]
KM_PER_DEGREE = 111.2


@cache
def _acts(words: tuple[str, ...]) -> frozenset[str]:
    return acts_of(words)


def of_kind(terms: Agreement, event: Event, item: Happening) -> bool:
    """Whether the act, the means and the registered test of an event fit the incident."""
    if item.act not in _acts(event.act):
        return False
    means = (item.weapon or "").casefold()
    if event.weapon and not any(word.casefold() in means for word in event.weapon):
        return False
    return event.test is None or bool(predicates()[event.test](item, terms))


def in_place(terms: Agreement, event: Event, item: Happening, worlds: Worlds) -> bool | Mask:
    """Whether it lies where the clause applies; worlds where the point is not sure; without a point it counts as inside."""
    if event.at is not None and event.at not in item.places:
        return False
    if event.within is None or event.within in item.zones:
        return True
    if item.zones:
        return False  # its accounts give no point and name other zones
    shape = terms.zones[event.within].geometry
    if shape is None or item.latitude is None or item.longitude is None:
        return True
    point = Point(item.longitude, item.latitude)
    sigma = (item.precision_km or 0.0) / KM_PER_DEGREE
    inside = bool(contains_xy(shape, point.x, point.y))
    if not sigma or shape.boundary.distance(point) > NEAR_EDGE_SIGMAS * sigma:
        return inside
    # The same displaced points serve every zone, so that a place is in one place in each world.
    rng = np.random.Generator(np.random.PCG64(int(key_of(worlds.seed, "where", item.id))))
    north, east = rng.standard_normal((2, PLACE_DRAWS)) * sigma
    held = contains_xy(shape, point.x + east / np.cos(np.radians(point.y)), point.y + north)
    chosen = (uniform(key_of(worlds.seed, "which place", item.id), worlds.draws) * PLACE_DRAWS).astype(int)
    return np.asarray(held[chosen])


def protected(terms: Agreement, event: Event, holder: str, item: Happening) -> int:
    """Bits of the options of the affected that the clause protects from this bearer.

    Where nobody says who was affected there are two options, and one of them is protected.
    """
    if not event.against:
        return (1 << max(len(item.affected), 2)) - 1
    if not item.affected:
        return 1
    bits = 0
    for k, option in enumerate(item.affected):
        if any(w in PROTECTED and w in option for w in event.against) or _parties_hit(
            terms, event, holder, option
        ):
            bits |= 1 << k
    return bits


def _parties_hit(terms: Agreement, event: Event, holder: str, option: frozenset[str]) -> bool:
    side = terms.side_of(holder)
    return any(
        (OTHER_SIDE in event.against and terms.side_of(a) != side) or (a in event.against and a != holder)
        for a in option
        if a in terms.parties
    )


def affects_exempt(terms: Agreement, item: Happening) -> bool:
    """Whether a member of an exempted group is among the affected, under any option."""
    return any(terms.exempt_of(actor) for option in item.affected for actor in option)


def excusing(terms: Agreement, event: Event, holder: str, excuse: Excuse, item: Happening) -> tuple[int, str]:
    """Bits of the options under which the facts an exception asks for hold, and what was weighed; 0 = it does not apply.

    A reply (``reply_within``) and the burden are left to the worlds.
    """
    every = (1 << max(len(item.affected), 2)) - 1
    bits, notes = every, []
    if excuse.affected:
        wanted, fits = excuse.affected, 0
        for k, option in enumerate(item.affected):
            party = _parties_hit(terms, event, holder, option)
            exempt = "exempted" in wanted and not party and any(terms.exempt_of(a) for a in option)
            if exempt or any(a in wanted for a in option):
                fits |= 1 << k
        bits &= fits
        if bits and "exempted" in wanted:
            notes.append("the affected belong to an exempted group")
        elif bits:
            notes.append(excuse.title)
    if excuse.area and bits:
        if not item.exempt_area:
            return 0, ""
        for k, option in enumerate(item.affected):
            if _parties_hit(terms, event, holder, option):
                bits &= ~(1 << k)
        group = terms.exempt[item.exempt_area].title
        notes.append(f"outside the truce: the place is held by an exempted group ({group})")
    if excuse.deliveries and bits:
        if item.delivery not in excuse.deliveries:
            return 0, ""
        notes.append(excuse.title)
    if excuse.test is not None and bits:
        if not predicates()[excuse.test](item, terms):
            return 0, ""
        notes.append(excuse.title)
    return bits, "; ".join(notes) if bits else ""


def share_of(bits: int, item: Happening) -> float:
    """Share of the options of the affected that bits stand for."""
    n = len(item.affected) or 2
    return (bits & ((1 << n) - 1)).bit_count() / n
