"""What must never happen: one clause, one bearer, all worlds at once.

In: happenings, worlds, a ``never`` clause over incidents. Out: a ``Tally``: in which worlds which incident counts,
in which it is excused, and why. An incident counts where the bearer did it, inside the time and the zone of the
clause, against somebody the clause protects, and no exception holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import cos, hypot, radians

import numpy as np
from numpy.typing import NDArray
from shapely import contains_xy

from ceasefire.agreement import Agreement, Excuse, Never, Norm
from ceasefire.agreement.language import OTHER_SIDE, PROTECTED, Event, acts_of
from ceasefire.comply.choices import PROTECTED_WHEN_NOT_SAID, TOUCH
from ceasefire.comply.happenings import Happening
from ceasefire.comply.worlds import Worlds

Mask = NDArray[np.bool_]
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class Window:
    """When a clause binds: from ``start`` up to ``end`` (None = still open). UTC."""

    start: datetime
    end: datetime | None


@dataclass
class Tally:
    """How one clause and bearer fare. ``counted`` and ``excused``: worlds by incident in ``columns``.

    ``open``: the worlds in which it did something that nobody is blamed for; ``n_open``: how many such incidents.
    ``seen``: whether any such act in the place and time of the clause is told, whoever did it.
    """

    columns: list[int] = field(default_factory=list)
    counted: list[Mask] = field(default_factory=list)
    excused: list[Mask] = field(default_factory=list)
    did: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    open: list[Mask] = field(default_factory=list)
    n_open: int = 0
    seen: bool = False

    def possible(self, draws: int) -> Mask:
        """The worlds with a breach, or with something by its hand that nobody is blamed for."""
        return np.asarray(np.logical_or.reduce([self.breached(draws), *self.open]))

    def breached(self, draws: int) -> Mask:
        """The worlds in which at least one incident counts."""
        return np.logical_or.reduce(self.counted) if self.counted else np.zeros(draws, dtype=bool)

    def forgiven(self, draws: int) -> Mask:
        """The worlds in which at least one incident is excused."""
        return np.logical_or.reduce(self.excused) if self.excused else np.zeros(draws, dtype=bool)


def in_place(terms: Agreement, event: Event, item: Happening) -> bool:
    """Whether the incident lies where the clause applies; one without a point counts as inside."""
    if event.at is not None and event.at not in item.places:
        return False
    if event.within is None or item.latitude is None or item.longitude is None:
        return True
    shape = terms.zones[event.within].geometry
    return shape is None or bool(contains_xy(shape, item.longitude, item.latitude))


def protection(terms: Agreement, event: Event, holder: str, item: Happening) -> tuple[float, bool]:
    """How far the affected are protected from this bearer (0..1), and whether a party is among them."""
    if not event.against:
        return 1.0, False
    if not item.affected:
        return PROTECTED_WHEN_NOT_SAID, False
    side = terms.side_of(holder)
    hits = 0
    party_hit = False
    for option in item.affected:
        words = {w for w in event.against if w in PROTECTED and w in option}
        parties = {
            a
            for a in option
            if a in terms.parties
            and (
                (OTHER_SIDE in event.against and terms.side_of(a) != side)
                or (a in event.against and a != holder)
            )
        }
        party_hit = party_hit or bool(parties)
        hits += bool(words or parties)
    return hits / len(item.affected), party_hit


def tally(
    terms: Agreement, norm: Norm, holder: str, window: Window, items: Sequence[Happening], worlds: Worlds
) -> Tally:
    """Run one ``never`` clause for one bearer over all worlds."""
    event = _event(norm)
    acts = acts_of(event.act)
    excuses = [terms.exceptions[name] for name in norm.unless]
    result = Tally()
    for column, item in enumerate(items):
        chance = sum(p for answer, p in item.authors.items() if holder in answer.split("+"))
        if item.act not in acts or not in_place(terms, event, item):
            continue
        result.seen = result.seen or bool(_inside(window, item, column, worlds).any())
        if chance <= 0:
            continue
        # Nobody is judged on a prior alone: somebody has to blame the bearer.
        if item.named is not None and holder not in item.named:
            if not item.named:
                _leave_open(terms, norm, holder, window, column, items, worlds, result)
            continue
        share, party_hit = protection(terms, event, holder, item)
        mine = worlds.by(holder, [column])[:, 0] & _inside(window, item, column, worlds)
        if share == 0 and not _affects_exempt(terms, item):
            continue
        if not mine.any():
            continue
        excused, note = _excused(terms, excuses, holder, column, items, worlds, party_hit)
        protected = (
            worlds.coin(f"protected|{item.id}", share) if 0 < share < 1 else np.full_like(mine, share > 0)
        )
        forgiven = mine & excused & (protected | _affects_exempt(terms, item))
        result.columns.append(column)
        result.counted.append(mine & protected & ~excused)
        result.excused.append(forgiven)
        result.did.append(chance)
        result.notes.append(
            note or ("the affected are not named" if not item.affected and event.against else "")
        )
    return result


def _leave_open(
    terms: Agreement,
    norm: Norm,
    holder: str,
    window: Window,
    column: int,
    items: Sequence[Happening],
    worlds: Worlds,
    result: Tally,
) -> None:
    """Keep an attack that nobody is blamed for as an open question for the bearer."""
    item = items[column]
    inside = unattributed(terms, norm, window, item, column, worlds)
    mine = inside & worlds.by(holder, [column])[:, 0]
    if inside.any() and protection(terms, _event(norm), holder, item)[0]:
        result.n_open += 1
        result.open = [np.logical_or.reduce([mine, *result.open])]


def _event(norm: Norm) -> Event:
    if not isinstance(norm.verb, Never):
        raise TypeError(f"clause {norm.id}: expected a prohibition")
    return norm.verb.event


def unattributed(
    terms: Agreement, norm: Norm, window: Window, item: Happening, column: int, worlds: Worlds
) -> Mask:
    """Where an attack that nobody is blamed for disturbs the calm: it is nobody's breach, and violence all the same."""
    nothing = np.zeros(worlds.draws, dtype=bool)
    if not isinstance(norm.verb, Never) or item.act not in acts_of(norm.verb.event.act) or item.exempt_area:
        return nothing
    shares = [protection(terms, norm.verb.event, holder, item)[0] for holder in norm.who]
    if not in_place(terms, norm.verb.event, item) or not max(shares, default=0.0):
        return nothing
    return _inside(window, item, column, worlds)


def touched(result: Tally) -> list[int]:
    """Positions in the tally that are probable enough to be listed."""
    return [
        k
        for k in range(len(result.columns))
        if result.did[k] >= TOUCH and (result.counted[k].any() or result.excused[k].any())
    ]


def _inside(window: Window, item: Happening, column: int, worlds: Worlds) -> Mask:
    inside = ~worlds.before(item, column, window.start)
    return inside if window.end is None else inside & worlds.before(item, column, window.end)


def _affects_exempt(terms: Agreement, item: Happening) -> bool:
    return any(terms.exempt_of(actor) for option in item.affected for actor in option)


def _excused(
    terms: Agreement,
    excuses: Sequence[Excuse],
    holder: str,
    column: int,
    items: Sequence[Happening],
    worlds: Worlds,
    party_hit: bool,
) -> tuple[Mask, str]:
    """The worlds in which an exception holds, and what was weighed."""
    item = items[column]
    excused = np.zeros(worlds.draws, dtype=bool)
    notes = []
    for excuse in excuses:
        if excuse.affected and not party_hit:
            exempt = [any(terms.exempt_of(a) for a in option) for option in item.affected]
            share = sum(exempt) / len(exempt) if exempt else 0.0
            if share:
                excused |= worlds.coin(f"exempt|{item.id}", share)
                notes.append("the affected belong to an exempted group")
        if excuse.area and item.exempt_area and not party_hit:
            excused[:] = True
            group = terms.exempt[item.exempt_area].title
            notes.append(f"outside the truce: the place is held by an exempted group ({group})")
        if excuse.reply_within is not None:
            reply = _reply(terms, excuse, holder, column, items, worlds)
            if reply.any():
                excused |= reply
                notes.append(f"possibly a reply ({excuse.title}): p = {float(reply.mean()):.2f}")
    return excused, "; ".join(notes)


def _reply(
    terms: Agreement, excuse: Excuse, holder: str, column: int, items: Sequence[Happening], worlds: Worlds
) -> Mask:
    """The worlds in which the act answers an attack of the other side close by, shortly before."""
    item = items[column]
    assert excuse.reply_within is not None
    hours = excuse.reply_within.total_seconds() / 3600
    side = terms.side_of(holder)
    attacks = acts_of(("attack",))
    answered = np.zeros(worlds.draws, dtype=bool)
    for other, earlier in enumerate(items):
        latest = (item.end - earlier.start).total_seconds() / 3600
        soonest = (item.start - earlier.end).total_seconds() / 3600
        if other == column or earlier.act not in attacks or latest < 0 or soonest > hours:
            continue
        if not _hits_side(terms, earlier, side) or not _near(item, earlier, excuse.near_km):
            continue
        gap = _hours(items[0].start, item, column, worlds) - _hours(items[0].start, earlier, other, worlds)
        parties = [p for p in terms.parties if terms.side_of(p) != side]
        theirs = np.logical_or.reduce([worlds.by(p, [other])[:, 0] for p in parties])
        answered |= theirs & (gap >= 0) & (gap <= hours)
    if not answered.any():
        return answered
    # Who bears the burden decides how much an unproven exception weighs.
    chance = 1.0 if excuse.burden == "claimant" else (excuse.prior or 0.0)
    return answered & worlds.coin(f"reply|{item.id}", chance)


def _hits_side(terms: Agreement, item: Happening, side: str) -> bool:
    parties = {a for option in item.affected for a in option if a in terms.parties}
    return any(terms.side_of(a) == side for a in parties)


def _hours(origin: datetime, item: Happening, column: int, worlds: Worlds) -> NDArray[np.float64]:
    return (item.start - origin).total_seconds() / 3600 + worlds.moment[:, column].astype(float) * item.hours


def _near(a: Happening, b: Happening, km: float | None) -> bool:
    if km is None:
        return True
    if a.latitude is None or a.longitude is None or b.latitude is None or b.longitude is None:
        return False
    east = (a.longitude - b.longitude) * cos(radians((a.latitude + b.latitude) / 2))
    return hypot(a.latitude - b.latitude, east) * _KM_PER_DEGREE <= km
