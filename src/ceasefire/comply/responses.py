"""Each … within … expect, over incidents: was every trigger answered in time, in every world.

In: what is judged, a clause, its bearer. Out: ``Answers``: the worlds in which some trigger went unanswered, and by
trigger in how many. A trigger is excused where one of the clause's exceptions holds for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ceasefire.agreement import Each, Event, Norm
from ceasefire.comply import scope
from ceasefire.comply.happenings import Happening
from ceasefire.comply.judged import Judged
from ceasefire.comply.lanes import Lane, Window
from ceasefire.comply.touches import Compiler

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """Worlds by status, and for each trigger (incident, chance that it was one, that it went unanswered in time)."""

    breached: Mask
    satisfied: Mask
    waiting: Mask
    triggers: tuple[tuple[str, float, float], ...]


def answered_in_time(judged: Judged, norm: Norm, holder: str, window: Window) -> Answers:
    """Run a duty to answer over the worlds."""
    verb, worlds, terms = norm.verb, judged.worlds, judged.terms
    assert isinstance(verb, Each)
    asks, expects = judged.names.placed(verb.trigger), judged.names.placed(verb.expect)
    now = worlds.hour_of(judged.evidence.as_of)
    low, high = worlds.hour_of(window.start), worlds.hour_of(window.end)
    nothing = np.zeros(worlds.draws, bool)

    def columns(event: Event) -> list[int]:
        return [
            k
            for k, item in enumerate(worlds.items)
            if item.norm_id is None and scope.of_kind(terms, event, item)
        ]

    def placed(event: Event, item: Happening) -> Mask:
        inside = scope.in_place(terms, event, item, worlds)
        return np.full(worlds.draws, inside) if isinstance(inside, bool) else inside

    replies = [
        (worlds.by([holder], k) & placed(expects, worlds.items[k]), worlds.hours(k))
        for k in columns(expects)
        if any(holder in answer.split("+") for answer in worlds.items[k].authors)
    ]
    compiler, lane = Compiler(terms, worlds), Lane(norm, holder, window, asks)
    breached, waiting, any_trigger = nothing.copy(), nothing.copy(), nothing.copy()
    told = []
    within = np.inf if verb.within is None else verb.within.total_seconds() / 3600
    for k in columns(asks):
        item, at = worlds.items[k], worlds.hours(k)
        fires = worlds.real(k) & placed(asks, item) & (at >= low) & (at < high)
        if asks.by:  # nobody is called the one who did it on a prior alone
            fires &= worlds.by([p for p in asks.by if item.named is None or p in item.named], k)
        bits = scope.protected(terms, asks, holder, item) if asks.against else ~0
        fires &= (bits >> worlds.option(k)) & 1 == 1
        if norm.unless:
            fires &= ~compiler.excused(lane, k)
        if not fires.any():
            continue
        answered = nothing.copy()
        for did, hours in replies:
            answered |= did & (hours >= at) & (hours < at + within)
        due = at + within <= now
        missed = fires & ~answered & due
        breached |= missed
        waiting |= fires & ~answered & ~due
        any_trigger |= fires
        told.append((item.id, float(fires.mean()), float(missed.mean())))
    return Answers(breached, any_trigger & ~breached & ~waiting, waiting, tuple(told))
