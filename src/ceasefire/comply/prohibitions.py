"""What must never happen: every clause and bearer against every incident, over all worlds at once.

In: an agreement, the worlds, the clauses with their time. Out: a ``Tally`` for each clause and bearer: in which worlds
which incident counts, in which it is excused, when first, how often, and why. An incident counts where the bearer did
it, inside the time and the zone of the clause, against somebody the clause protects, and no exception holds. The facts
are settled here once (``scope``); what is uncertain is left to the compiled pass (``kernel``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ceasefire.agreement import Agreement, Event, Excuse, Norm
from ceasefire.agreement.language import acts_of
from ceasefire.comply import scope
from ceasefire.comply.choices import REPLY_CANDIDATES, TOUCH
from ceasefire.comply.counted import Dial
from ceasefire.comply.draws import Bits, pack, unpack
from ceasefire.comply.exact import absence
from ceasefire.comply.happenings import Happening
from ceasefire.comply.kernel import Dials, Lanes, Sums, Touches, run
from ceasefire.comply.worlds import Worlds

Mask = NDArray[np.bool_]
EVERY_SLOT = (1 << 64) - 1
BEARER, OPEN, CALM = "bearer", "open", "calm"


@dataclass(frozen=True)
class Window:
    """When a clause binds: from ``start`` up to ``end`` (None = still open). UTC."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Lane:
    """One clause watched for one bearer; ``event`` is what must not happen.

    ``role``: what is its doing (``bearer``), what nobody is blamed for and may be its doing (``open``), or what
    disturbs the calm whoever did it (``calm``).
    """

    norm: Norm
    holder: str
    window: Window
    event: Event
    role: str = BEARER


@dataclass
class Tally:
    """How one clause and bearer fare. Shares are of worlds, by incident in ``columns``.

    ``open``: the worlds in which it did something that nobody is blamed for; ``n_open``: how many such incidents.
    ``seen``: whether any such act in the place and time of the clause is told, whoever did it. ``exact``: the
    probability of at least one breach where the incidents are proved independent, bloc by bloc; else None.
    """

    columns: list[int] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)
    excused: list[float] = field(default_factory=list)
    did: list[float] = field(default_factory=list)
    inside: list[float] = field(default_factory=list)
    protected: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    second: list[bool] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    breached: Mask = field(default_factory=lambda: np.zeros(0, bool))
    forgiven: Mask = field(default_factory=lambda: np.zeros(0, bool))
    open: Mask = field(default_factory=lambda: np.zeros(0, bool))
    first: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    count: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    n_open: int = 0
    seen: bool = False
    exact: float | None = None

    @property
    def possible(self) -> Mask:
        """The worlds with a breach, or with something by its hand that nobody is blamed for."""
        return self.breached | self.open

    @property
    def p_breached(self) -> float:
        """Probability of at least one breach: exact where that is proved, else the share of worlds."""
        return float(self.breached.mean()) if self.exact is None else self.exact

    def touched(self) -> list[int]:
        """Positions that are probable enough to be listed."""
        return [
            k
            for k in range(len(self.columns))
            if not self.second[k] and self.did[k] >= TOUCH and (self.counted[k] > 0 or self.excused[k] > 0)
        ]


class _Touch(NamedTuple):
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


@dataclass
class Tallied:
    """All lanes after the pass."""

    lanes: Sequence[Lane]
    tallies: dict[tuple[str, str], Tally]
    sums: Sums
    dials: Mapping[str, int]
    replies_cut: int


def tally(terms: Agreement, worlds: Worlds, lanes: Sequence[Lane], dials: Sequence[Dial]) -> Tallied:
    """Run all clauses and bearers over all worlds.

    Args:
        terms: the agreement.
        worlds: the draws.
        lanes: which clause is watched for whom, when.
        dials: the clocks that incidents disturb.
    """
    compiler = _Compiler(terms, worlds)
    touches = [touch for k, lane in enumerate(lanes) for touch in compiler.touches(k, lane)]
    touches.sort(key=lambda t: (t.column, t.lane))
    sums = run(
        worlds.cast,
        _as_arrays(touches, len(worlds.items)),
        Lanes(
            np.array([worlds.hour_of(lane.window.start) for lane in lanes], dtype=np.float64),
            np.array([worlds.hour_of(lane.window.end) for lane in lanes], dtype=np.float64),
            np.array([_disturbed(lane, dials) for lane in lanes], dtype=np.uint64),
        ),
        Dials(
            np.array([worlds.hour_of(dial.origin) for dial in dials], dtype=np.float64),
            _padded([dial.day_ends for dial in dials]),
            np.array([dial.hours for dial in dials], dtype=np.int64),
            np.array([dial.killed for dial in dials], dtype=bool),
        ),
        np.array([*worlds.gates, *compiler.gates], dtype=np.uint64).reshape(-1, worlds.draws >> 6),
        worlds.draws,
    )
    tallies = _tallies(lanes, touches, sums, compiler, worlds)
    return Tallied(
        lanes, tallies, sums, {dial.clock: k for k, dial in enumerate(dials)}, compiler.replies_cut
    )


def excused(terms: Agreement, worlds: Worlds, lane: Lane, column: int) -> Mask:
    """The worlds in which an exception of the lane's clause holds for one incident."""
    compiler = _Compiler(terms, worlds)
    excuses = [terms.exceptions[name] for name in lane.norm.unless]
    bits, row, _ = compiler._excuses(lane, excuses, column, worlds.items[column])
    if row >= 0:
        return np.asarray(unpack(compiler.gates[row - len(worlds.gates)], worlds.draws))
    return np.asarray((bits >> worlds.option(column)) & 1 == 1)


def _disturbed(lane: Lane, dials: Sequence[Dial]) -> int:
    """Bits of the clocks whose calm the incidents of a lane disturb."""
    if lane.role == OPEN:
        return 0
    return sum(1 << k for k, dial in enumerate(dials) if lane.norm.id in dial.watches)


def _padded(rows: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    out = np.full((len(rows), max((len(row) for row in rows), default=0)), np.inf)
    for k, row in enumerate(rows):
        out[k, : len(row)] = row
    return out


def _as_arrays(touches: Sequence[_Touch], n: int) -> Touches:
    columns = list(zip(*touches, strict=True)) if touches else [()] * len(_Touch._fields)
    of = np.searchsorted(np.array(columns[0], dtype=np.int64), np.arange(n + 1))
    return Touches(
        of=of.astype(np.int64),
        lane=np.array(columns[1], dtype=np.int64),
        slots=np.array(columns[2], dtype=np.uint64),
        protected=np.array(columns[3], dtype=np.uint64),
        exempt=np.array(columns[4], dtype=np.uint64),
        forgivable=np.array(columns[5], dtype=bool),
        excuse=np.array(columns[6], dtype=np.int64),
        gate=np.array(columns[7], dtype=np.int64),
    )


def _tallies(
    lanes: Sequence[Lane], touches: Sequence[_Touch], sums: Sums, compiler: _Compiler, worlds: Worlds
) -> dict[tuple[str, str], Tally]:
    draws = worlds.draws
    found: dict[tuple[str, str], Tally] = {}
    for k, lane in enumerate(lanes):
        if lane.role == CALM:
            continue
        mine = found.setdefault((lane.norm.id, lane.holder), Tally())
        bits = np.asarray(unpack(sums.counted[k], draws))
        if lane.role == OPEN:
            mine.open, mine.n_open = bits, compiler.n_open[k]
            continue
        mine.breached, mine.forgiven = bits, np.asarray(unpack(sums.excused[k], draws))
        mine.first, mine.count = sums.first[k], sums.counts(k, draws)
        mine.seen = compiler.seen[k]
    own: dict[tuple[str, str], list[_Touch]] = {}
    for t, touch in enumerate(touches):
        lane = lanes[touch.lane]
        if lane.role != BEARER:
            continue
        mine = found[lane.norm.id, lane.holder]
        own.setdefault((lane.norm.id, lane.holder), []).append(touch)
        mine.columns.append(touch.column)
        mine.counted.append(sums.n_counted[t] / draws)
        mine.excused.append(sums.n_excused[t] / draws)
        mine.did.append(touch.did)
        mine.inside.append(touch.inside)
        mine.protected.append(touch.protected_share)
        mine.own.append(float(worlds.real(touch.column).mean()))
        mine.second.append(worlds.items[touch.column].second)
        mine.notes.append(touch.note)
    for key, mine_touches in own.items():
        found[key].exact = _exactly(mine_touches)
    return found


def _exactly(touches: Sequence[_Touch]) -> float | None:
    """P(at least one), where blocs are independent and what one bloc tells stands or falls together; else None."""
    blocs: dict[int, float] = {}
    single = []
    for touch in touches:
        if touch.alone is None:
            return None
        if touch.bloc < 0:
            single.append(touch.alone)
        else:
            blocs[touch.bloc] = max(blocs.get(touch.bloc, 0.0), touch.alone)
    return absence([*single, *blocs.values()])


class _Compiler:
    """Settles the facts of every incident under every lane, and the worlds where they are not settled."""

    def __init__(self, terms: Agreement, worlds: Worlds) -> None:
        self.terms, self.worlds = terms, worlds
        self.gates: list[Bits] = []
        self.n_open: dict[int, int] = {}
        self.seen: dict[int, bool] = {}
        self.replies_cut = 0
        self._parts = [frozenset(answer.split("+")) for answer in worlds.answers]
        self._replies = _Replies(terms, worlds)
        self._known: dict[tuple[int, str], tuple[int, float]] = {}

    def _gate(self, mask: Mask) -> int:
        self.gates.append(pack(mask))
        return len(self.worlds.gates) + len(self.gates) - 1

    def _did(self, column: int, holder: str) -> tuple[int, float]:
        """Answer slots in which the bearer did it, as bits, and how probable they are."""
        if (column, holder) not in self._known:
            bits = 0
            for slot, code in enumerate(self.worlds.codes[column]):
                if code >= 0 and holder in self._parts[code]:
                    bits |= 1 << slot
            authors = self.worlds.items[column].authors
            chance = sum(p for answer, p in authors.items() if holder in answer.split("+"))
            self._known[column, holder] = bits, chance
        return self._known[column, holder]

    def touches(self, k: int, lane: Lane) -> list[_Touch]:
        """The incidents that may count under a lane."""
        worlds, terms, event = self.worlds, self.terms, lane.event
        start, end = worlds.hour_of(lane.window.start), worlds.hour_of(lane.window.end)
        opens, spans = worlds.cast.start, worlds.cast.span
        excuses = [terms.exceptions[name] for name in lane.norm.unless]
        self.n_open[k], self.seen[k] = 0, False
        found: list[_Touch] = []
        # Whether it can lie in time is settled for all at once; the rest one by one.
        for column in np.flatnonzero((opens + spans >= start) & (opens < end)):
            item = worlds.items[column]
            if item.norm_id != (lane.norm.id if event.access else None):
                continue
            if not event.access and not scope.of_kind(terms, event, item):
                continue
            place = scope.in_place(terms, event, item, worlds)
            if isinstance(place, bool):
                if not place:
                    continue
                gate = -1
            else:
                gate = self._gate(place)
            self.seen[k] = True
            touch = self._touch(k, lane, int(column), item, gate, excuses)
            if touch is not None:
                found.append(touch)
        return found

    def _touch(
        self, k: int, lane: Lane, column: int, item: Happening, gate: int, excuses: Sequence[Excuse]
    ) -> _Touch | None:
        terms, event, holder = self.terms, lane.event, lane.holder
        if lane.role == CALM:
            if (item.authors and item.named != frozenset()) or item.exempt_area:
                return None
            bits = 0
            for bearer in lane.norm.who:
                bits |= scope.protected(terms, event, bearer, item)
            whole = EVERY_SLOT if bits else 0
            every = (1 << max(len(item.affected), 2)) - 1
            return _Touch(column, k, whole, every, 0, False, -1, gate, 0.0) if bits else None
        slots, chance = self._did(column, holder)
        if lane.role == OPEN:
            if item.named != frozenset() or item.exempt_area or chance <= 0:
                return None
            if not scope.protected(terms, event, holder, item):
                return None
            self.n_open[k] += 1
            every = (1 << max(len(item.affected), 2)) - 1
            return _Touch(column, k, slots, every, 0, False, -1, gate, chance)
        # Nobody is judged on a prior alone: somebody has to blame the bearer.
        if chance <= 0 or (item.named is not None and holder not in item.named):
            return None
        bits = scope.protected(terms, event, holder, item)
        forgivable = scope.affects_exempt(terms, item)
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
        return _Touch(
            column, k, slots, bits, exempt, forgivable, excuse, gate, chance, alone, bloc, note, inside, share
        )

    def _inside(self, lane: Lane, column: int) -> float:
        """Share of an incident's interval inside the lane's time."""
        start, span = self.worlds.cast.start[column], self.worlds.cast.span[column]
        low, high = self.worlds.hour_of(lane.window.start), self.worlds.hour_of(lane.window.end)
        if not span:
            return float(low <= start < high)
        return float(max(0.0, min(high, start + span) - max(low, start)) / span)

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
        self._sides = {terms.side_of(p) for p in terms.parties}
        self._hits = {
            side: np.array(
                [
                    k
                    for k, item in enumerate(worlds.items)
                    if item.act in attacks and item.norm_id is None and scope.hits_side(terms, item, side)
                ],
                dtype=np.int64,
            )
            for side in sorted(self._sides)
        }
        self._drawn: dict[tuple[int, str], tuple[NDArray[np.float64], Mask]] = {}

    def answered(self, excuse: Excuse, holder: str, column: int) -> tuple[Mask, int]:
        """The worlds in which the act answers such an attack, and how many candidates were left out."""
        terms, worlds = self.terms, self.worlds
        assert excuse.reply_within is not None
        within = excuse.reply_within.total_seconds() / 3600
        side = terms.side_of(holder)
        item = worlds.items[column]
        start, end = worlds.cast.start[column], worlds.cast.start[column] + worlds.cast.span[column]
        hits = self._hits[side]
        opens, ends = worlds.cast.start[hits], worlds.cast.start[hits] + worlds.cast.span[hits]
        possible = hits[(opens <= end) & (ends >= start - within)]
        found = [
            int(c) for c in possible if c != column and scope.near(item, worlds.items[c], excuse.near_km)
        ]
        nearest = sorted(found, key=lambda c: (abs(worlds.cast.start[c] - start), worlds.items[c].id))
        kept = nearest[:REPLY_CANDIDATES]
        answered = np.zeros(worlds.draws, bool)
        mine = worlds.hours(column)
        for other in kept:
            theirs, hours = self._attack(other, side)
            gap = mine - hours
            answered |= theirs & (gap >= 0) & (gap <= within)
        return answered, len(nearest) - len(kept)

    def _attack(self, column: int, side: str) -> tuple[Mask, NDArray[np.float64]]:
        """Where an attack is the other side's doing, and when; the latest are kept at hand."""
        if (column, side) not in self._drawn:
            if len(self._drawn) >= 1024:
                self._drawn.pop(next(iter(self._drawn)))
            others = [p for p in self.terms.parties if self.terms.side_of(p) != side]
            self._drawn[column, side] = self.worlds.hours(column), self.worlds.by(others, column)
        hours, theirs = self._drawn[column, side]
        return theirs, hours
