"""Settle the facts of every incident under every clause and bearer, and the worlds where they are not settled.

In: an agreement, the worlds, a lane. Out: touches: which incident may count, in which answer slots, for which options of the
affected, with which worlds excused or out of place. What many incidents share is settled once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ceasefire.agreement import Agreement, Event, Excuse
from ceasefire.agreement.language import acts_of
from ceasefire.comply import scope
from ceasefire.comply.choices import REPLY_CANDIDATES
from ceasefire.comply.draws import Bits, pack, unpack
from ceasefire.comply.happenings import Happening
from ceasefire.comply.kernel import Ints
from ceasefire.comply.lanes import BEARER, CALM, OPEN, Lane
from ceasefire.comply.worlds import Worlds

Mask = NDArray[np.bool_]
EVERY_SLOT = (1 << 64) - 1


class Touch(NamedTuple):
    """One incident under one lane. ``protected`` and ``exempt`` are bits of the options of the affected."""

    column: int
    lane: int
    slots: int
    protected: int
    exempt: int
    forgivable: bool
    excuse: int
    gate: int
    did: float
    alone: float | None = (
        None  # probability that it counts, if nothing but the bloc it shares its luck with matters
    )
    bloc: int = -1  # its luck is its own
    note: str = ""
    inside: float = 1.0  # share of its time and place inside the clause's
    protected_share: float = 1.0


class Compiler:
    """Settles the facts of every incident under every lane, and the worlds where they are not settled."""

    def __init__(self, terms: Agreement, worlds: Worlds) -> None:
        self.terms, self.worlds = terms, worlds
        self.gates: list[Bits] = []
        self.n_open: dict[int, int] = {}
        self.seen: dict[int, bool] = {}
        self.replies_cut = 0
        self._parts = [frozenset(answer.split("+")) for answer in worlds.answers]
        self._replies = _Replies(terms, worlds)
        self._known: dict[str, tuple[Bits, NDArray[np.float64], Mask]] = {}
        self._spots: dict[tuple[int, tuple[str | None, str | None]], bool | int] = {}
        self._by_act: dict[str, list[int]] = {}
        self._told: dict[str, list[int]] = {}
        for column, item in enumerate(worlds.items):
            if item.norm_id is None:
                self._by_act.setdefault(item.act, []).append(column)
            else:
                self._told.setdefault(item.norm_id, []).append(column)

    def _gate(self, mask: Mask) -> int:
        self.gates.append(pack(mask))
        return len(self.worlds.gates) + len(self.gates) - 1

    def _did(self, holder: str) -> tuple[Bits, NDArray[np.float64], Mask]:
        """For every incident: the answer slots in which the bearer did it, as bits; how probable they are; who is blamed.

        Nobody is judged on a prior alone: where accounts are given, somebody has to blame the bearer.
        """
        if holder not in self._known:
            has = np.array([holder in parts for parts in self._parts] + [False])[self.worlds.codes]
            slots = (has.astype(np.uint64) << np.arange(has.shape[1], dtype=np.uint64)).sum(
                axis=1, dtype=np.uint64
            )
            chance = (self.worlds.chances * has).sum(axis=1)
            blamed = np.array(
                [item.named is None or holder in item.named for item in self.worlds.items], dtype=bool
            )
            self._known[holder] = slots, chance, blamed
        return self._known[holder]

    def _watched(self, lane: Lane) -> Ints:
        """The incidents of the kind and in the time that a lane watches, in order."""
        worlds, event = self.worlds, lane.event
        if event.access:
            columns = self._told.get(lane.norm.id, [])
        else:
            columns = [c for act in sorted(acts_of(event.act)) for c in self._by_act.get(act, ())]
            if event.weapon or event.test:
                columns = [c for c in columns if scope.of_kind(self.terms, event, worlds.items[c])]
        found = np.array(sorted(columns), dtype=np.int64)
        start, end = worlds.hour_of(lane.window.start), worlds.hour_of(lane.window.end)
        opens, spans = worlds.cast.start[found], worlds.cast.span[found]
        return np.asarray(found[(opens + spans >= start) & (opens < end)])

    def touches(self, k: int, lane: Lane) -> list[Touch]:
        """The incidents that may count under a lane."""
        worlds, event = self.worlds, lane.event
        excuses = [self.terms.exceptions[name] for name in lane.norm.unless]
        watched = self._watched(lane)
        placed = self._places(event, watched)
        self.n_open[k], self.seen[k] = 0, any(place is not False for place in placed)
        if lane.role == BEARER:
            _, chance, blamed = self._did(lane.holder)
            possible = (chance[watched] > 0) & blamed[watched]
        else:
            possible = np.ones(len(watched), bool)
        found: list[Touch] = []
        kinds: dict[Any, Any] = {}
        for column, place, may in zip(watched.tolist(), placed, possible.tolist(), strict=True):
            if place is False or not may:
                continue
            gate = -1 if place is True else int(place)
            touch = self._touch(k, lane, column, worlds.items[column], gate, excuses, kinds)
            if touch is not None:
                found.append(touch)
        return found

    def _places(self, event: Event, watched: Ints) -> list[bool | int]:
        """Whether each lies where the clause applies, or the row of gates with the worlds in which it does."""
        if event.within is None and event.at is None:
            return [True] * len(watched)
        spot = event.within, event.at
        for c in watched.tolist():
            if (c, spot) not in self._spots:
                place = scope.in_place(self.terms, event, self.worlds.items[c], self.worlds)
                self._spots[c, spot] = place if isinstance(place, bool) else self._gate(place)
        return [self._spots[c, spot] for c in watched.tolist()]

    def _touch(
        self,
        k: int,
        lane: Lane,
        column: int,
        item: Happening,
        gate: int,
        excuses: Sequence[Excuse],
        kinds: dict[Any, Any],
    ) -> Touch | None:
        terms, event, holder = self.terms, lane.event, lane.holder
        if lane.role == CALM:
            if (item.authors and item.named != frozenset()) or item.exempt_area:
                return None
            bits = 0
            for bearer in lane.norm.who:
                bits |= scope.protected(terms, event, bearer, item)
            whole = EVERY_SLOT if bits else 0
            every = (1 << max(len(item.affected), 2)) - 1
            return Touch(column, k, whole, every, 0, False, -1, gate, 0.0) if bits else None
        all_slots, chances, _ = self._did(holder)
        slots, chance = int(all_slots[column]), float(chances[column])
        if lane.role == OPEN:
            if item.named != frozenset() or item.exempt_area or chance <= 0:
                return None
            if not scope.protected(terms, event, holder, item):
                return None
            self.n_open[k] += 1
            every = (1 << max(len(item.affected), 2)) - 1
            return Touch(column, k, slots, every, 0, False, -1, gate, chance)
        # Incidents alike in whom they hit and whose ground it was fall under a clause alike.
        kind = (item.affected, item.exempt_area, item.delivery)
        if kind not in kinds:
            kinds[kind] = scope.protected(terms, event, holder, item), scope.affects_exempt(terms, item)
        bits, forgivable = kinds[kind]
        if not bits and not forgivable:
            return None
        exempt, excuse, note = self._excuses(lane, excuses, column, item)
        alone, bloc = None, int(self.worlds.cast.bloc[column])
        inside, share = self._inside(lane, column), scope.share_of(bits, item)
        if (
            gate < 0
            and excuse < 0
            and self.worlds.cast.real[column] < 0
            and self.worlds.cast.drawn_row[column] < 0
        ):
            counts = scope.share_of(bits & ~exempt, item)
            # Of what stands or falls together, the greatest chance is that of any, if it leads and nothing else is drawn.
            if bloc < 0 or (slots == 1 and {inside, counts} <= {0.0, 1.0}):
                alone = chance * inside * counts
        if gate >= 0:
            held = self.gates[gate - len(self.worlds.gates)]
            inside *= float(unpack(held, self.worlds.draws).mean())
        if not note and not item.affected and event.against:
            note = "the affected are not named"
        return Touch(
            column, k, slots, bits, exempt, forgivable, excuse, gate, chance, alone, bloc, note, inside, share
        )

    def _inside(self, lane: Lane, column: int) -> float:
        """Share of an incident's interval inside the lane's time."""
        start, span = self.worlds.cast.start[column], self.worlds.cast.span[column]
        low, high = self.worlds.hour_of(lane.window.start), self.worlds.hour_of(lane.window.end)
        if not span:
            return float(low <= start < high)
        return float(max(0.0, min(high, start + span) - max(low, start)) / span)

    def excused(self, lane: Lane, column: int) -> Mask:
        """The worlds in which an exception of a lane's clause holds for one incident."""
        excuses = [self.terms.exceptions[name] for name in lane.norm.unless]
        bits, row, _ = self._excuses(lane, excuses, column, self.worlds.items[column])
        if row >= 0:
            return np.asarray(unpack(self.gates[row - len(self.worlds.gates)], self.worlds.draws))
        return np.asarray((bits >> self.worlds.option(column)) & 1 == 1)

    def _excuses(
        self, lane: Lane, excuses: Sequence[Excuse], column: int, item: Happening
    ) -> tuple[int, int, str]:
        """Options under which it is excused, the row of further worlds in which it is, and what was weighed."""
        worlds, holder = self.worlds, lane.holder
        held: dict[str, tuple[int, Mask | None]] = {}
        notes = []
        for excuse in excuses:
            bits, note = scope.excusing(self.terms, lane.event, holder, excuse, item)
            if not bits:
                continue
            mask: Mask | None = None
            if excuse.reply_within is not None:
                mask, cut = self._replies.answered(excuse, holder, column)
                self.replies_cut += cut
                if not mask.any():
                    continue
            if excuse.reply_within is not None or excuse.deliveries or excuse.prior is not None:
                # Who bears the burden decides how much an unproven exception weighs.
                chance = 1.0 if excuse.burden == "claimant" else (excuse.prior or 0.0)
                coin = worlds.coin(chance, excuse.id, item.id)
                mask = coin if mask is None else mask & coin
            held[excuse.id] = bits, mask
            if excuse.reply_within is not None and mask is not None:
                note = f"possibly a reply ({excuse.title}): p = {mask.mean():.2f}"
            if note:
                notes.append(note)
        restored = [e for e in excuses if e.effect == "restore" and e.id in held]
        if not restored and all(mask is None for _, mask in held.values()):
            bits = 0
            for more, _ in held.values():
                bits |= more
            return bits, -1, "; ".join(notes)
        option = worlds.option(column)

        def worlds_of(name: str) -> Mask:
            bits, mask = held[name]
            fits = (bits >> option) & 1 == 1
            return np.asarray(fits if mask is None else fits & mask)

        excused = np.zeros(worlds.draws, bool)
        for excuse in excuses:
            if excuse.effect == "excuse" and excuse.id in held:
                over = [worlds_of(r.id) for r in restored if excuse.id in r.over]
                excused |= worlds_of(excuse.id) & ~np.logical_or.reduce([np.zeros_like(excused), *over])
        return 0, self._gate(excused), "; ".join(notes)


class _Replies:
    """Attacks that an act may answer: the other side's, close by, shortly before."""

    def __init__(self, terms: Agreement, worlds: Worlds) -> None:
        attacks = acts_of(("attack",))
        self.terms, self.worlds = terms, worlds
        hits: dict[str, list[int]] = {terms.side_of(p): [] for p in terms.parties}
        for column, item in enumerate(worlds.items):
            if item.act in attacks and item.norm_id is None:
                for side in {
                    terms.side_of(a) for option in item.affected for a in option if a in terms.parties
                }:
                    hits[side].append(column)
        self._hits = {side: np.array(columns, dtype=np.int64) for side, columns in hits.items()}
        ends = worlds.cast.start + worlds.cast.span
        # By when all up to here are over: the first that may still matter is found by bisection.
        self._over = {side: np.maximum.accumulate(ends[c]) for side, c in self._hits.items()}
        self._ends = ends
        self._north, self._east = (
            np.array([np.nan if (x := getattr(item, a)) is None else x for item in worlds.items])
            for a in ("latitude", "longitude")
        )
        self._drawn: dict[tuple[int, str], tuple[NDArray[np.float64], Mask]] = {}

    def answered(self, excuse: Excuse, holder: str, column: int) -> tuple[Mask, int]:
        """The worlds in which the act answers such an attack, and how many candidates were left out."""
        worlds, cast = self.worlds, self.worlds.cast
        assert excuse.reply_within is not None
        within = excuse.reply_within.total_seconds() / 3600
        side = self.terms.side_of(holder)
        start, end = cast.start[column], self._ends[column]
        hits = self._hits[side]
        first = np.searchsorted(self._over[side], start - within, side="left")
        last = np.searchsorted(cast.floor[hits], end, side="right")
        found = hits[first:last]
        found = found[(cast.start[found] <= end) & (self._ends[found] >= start - within) & (found != column)]
        if excuse.near_km is not None:
            found = found[self._near(column, found, excuse.near_km)]
        found = found[np.argsort(np.abs(cast.start[found] - start), kind="stable")]
        kept = found[:REPLY_CANDIDATES].tolist()
        answered = np.zeros(worlds.draws, bool)
        mine = worlds.hours(column) if kept else answered
        for other in kept:
            theirs, hours = self._attack(other, side)
            gap = mine - hours
            answered |= theirs & (gap >= 0) & (gap <= within)
        return answered, len(found) - len(kept)

    def _near(self, column: int, others: Ints, km: float) -> Mask:
        """Which incidents lie within so many kilometres; not those without a point."""
        north = self._north[others] - self._north[column]
        middle = np.radians((self._north[others] + self._north[column]) / 2)
        east = (self._east[others] - self._east[column]) * np.cos(middle)
        return np.asarray(np.hypot(north, east) * scope.KM_PER_DEGREE <= km)

    def _attack(self, column: int, side: str) -> tuple[Mask, NDArray[np.float64]]:
        """Where an attack is the other side's doing, and when; the latest are kept at hand."""
        if (column, side) not in self._drawn:
            if len(self._drawn) >= 1024:
                self._drawn.pop(next(iter(self._drawn)))
            others = [p for p in self.terms.parties if self.terms.side_of(p) != side]
            self._drawn[column, side] = self.worlds.hours(column), self.worlds.by(others, column)
        hours, theirs = self._drawn[column, side]
        return theirs, hours
