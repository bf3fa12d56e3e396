"""What must never happen: every clause and bearer against every incident, over all worlds at once.

In: an agreement, the worlds, the clauses with their time. Out: a ``Tally`` for each clause and bearer: in which worlds
which incident counts, in which it is excused, when first, how often, and why. An incident counts where the bearer did
it, inside the time and the zone of the clause, against somebody the clause protects, and no exception holds. The facts
are settled here once (``scope``); what is uncertain is left to the compiled pass (``kernel``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ceasefire.agreement import Agreement
from ceasefire.comply.choices import TOUCH
from ceasefire.comply.counted import Dial
from ceasefire.comply.draws import unpack
from ceasefire.comply.exact import absence
from ceasefire.comply.kernel import Dials, Lanes, Sums, Touches, run
from ceasefire.comply.lanes import BEARER, CALM, OPEN, Lane
from ceasefire.comply.touches import Compiler, Touch
from ceasefire.comply.worlds import Worlds

Mask = NDArray[np.bool_]


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
    compiler = Compiler(terms, worlds)
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


def _as_arrays(touches: Sequence[Touch], n: int) -> Touches:
    columns = list(zip(*touches, strict=True)) if touches else [()] * len(Touch._fields)
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
    lanes: Sequence[Lane], touches: Sequence[Touch], sums: Sums, compiler: Compiler, worlds: Worlds
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
    own: dict[tuple[str, str], list[Touch]] = {}
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
        single = worlds.cast.real[touch.column] < 0
        mine.own.append(1.0 if single else float(worlds.real(touch.column).mean()))
        mine.second.append(worlds.items[touch.column].second)
        mine.notes.append(touch.note)
    for key, mine_touches in own.items():
        found[key].exact = _exactly(mine_touches)
    return found


def _exactly(touches: Sequence[Touch]) -> float | None:
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
