"""Set up the draws: how the author of every incident is chosen, and what hangs together.

In: happenings and ``Ties``. Out: ``Worlds``. An incident that one camp (or one voice of no camp) alone tells of stands or
falls with all that it alone tells; where accounts leave open which of several did it, the same choice is made for all such
incidents; where nobody is blamed, one luck serves for all; everywhere else the errors that attribution says are shared (a
camp's bias) move all its incidents together, each keeping its own probability (a factor model with calibrated margins).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ceasefire.compiled import compiled
from ceasefire.comply.draws import Bits, Floats, key_of, pack, uniform
from ceasefire.comply.happenings import Happening
from ceasefire.comply.kernel import MAX_SLOTS, Cast
from ceasefire.comply.posterior import Posterior
from ceasefire.comply.worlds import NOBODY, Mask, Worlds

Bloc = TypeVar("Bloc")
_ROUND = 9
_CALIBRATING = 512  # worlds on which the margins of the factor model are set; our choice
_STEPS = 6


@dataclass(frozen=True)
class Ties:
    """How incidents hang together, by incident id.

    ``alone``: the camp or voice that alone blames anybody. ``open_between``: the parties that are only ever named as
    "one of these". ``shared``: by incident, answer and shared error, how far one standard deviation of that error moves
    the answer's log-odds (nats). ``merged``: pairs of incidents that may be one, with the probability that they are.
    ``doubled``: incidents that are happenings of their own with this probability only.
    """

    alone: Mapping[str, str] = field(default_factory=dict)
    open_between: Mapping[str, frozenset[str]] = field(default_factory=dict)
    shared: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    merged: Sequence[tuple[str, str, float]] = ()
    doubled: Mapping[str, float] = field(default_factory=dict)


def draw(
    items: Sequence[Happening],
    ties: Ties,
    *,
    seed: int,
    draws: int,
    origin: datetime,
    given: Posterior | None = None,
) -> Worlds:
    """Set up the worlds of some incidents.

    Args:
        items: the incidents.
        ties: what hangs together.
        seed: of all draws.
        draws: number of worlds, rounded up to a multiple of 128.
        origin: hours are counted from here.
        given: joint draws made elsewhere, used as they are for the incidents it holds.
    """
    items = sorted(items, key=lambda item: (item.start, item.id))
    draws = given.draws if given is not None else -(-draws // 128) * 128
    answers = _ranked(items, given)
    code = {answer: k for k, answer in enumerate(answers)}
    build = _Build(items, ties, answers, code, seed, draws, given, origin)
    for column, item in enumerate(items):
        build.place(column, item)
    build.merge()
    hour = timedelta(hours=1)

    def keys(aspect: str) -> Bits:
        return np.array([key_of(seed, aspect, item.id) for item in items], dtype=np.uint64)

    start = build.span_of([(item.start - origin) / hour for item in items], np.min)
    cast = Cast(
        start=start,
        span=build.span_of([(item.end - origin) / hour for item in items], np.max) - start,
        floor=np.minimum.accumulate(start[::-1])[::-1],
        who_key=keys("who"),
        when_key=keys("when"),
        whom_key=keys("whom"),
        options=np.array([len(item.affected) or 2 for item in items], dtype=np.int64),
        slots=build.slots,
        edges=build.edges,
        bloc=build.bloc,
        shared=np.array(build.shared).reshape(-1, draws),
        drawn_row=build.drawn_row,
        drawn=np.array(build.drawn, dtype=np.uint8).reshape(-1, draws),
        timed_row=build.timed_row,
        timed=np.array(build.timed, dtype=np.float64).reshape(-1, draws),
        real=build.real,
        weight=np.array([item.killed or 0 for item in items], dtype=np.int64),
    )
    gates = np.array(build.gates, dtype=np.uint64).reshape(-1, draws >> 6)
    return Worlds(tuple(items), answers, build.codes, build.chances, cast, gates, draws, seed, origin)


class _Build:
    """The arrays of the incidents while they are filled."""

    def __init__(
        self,
        items: Sequence[Happening],
        ties: Ties,
        answers: tuple[str, ...],
        code: Mapping[str, int],
        seed: int,
        draws: int,
        given: Posterior | None,
        origin: datetime,
    ) -> None:
        n = len(items)
        widest = min(max((len(item.authors) for item in items), default=0), MAX_SLOTS)
        if given is not None:
            widest = max(widest, len(answers))
        self.items, self.ties, self.answers, self.code, self.seed, self.draws = (
            items, ties, answers, code, seed, draws,
        )  # fmt: skip
        self.given, self.origin = given, origin
        self.column = {item.id: k for k, item in enumerate(items)}
        self.slots = np.zeros(n, np.int64)
        self.edges = np.full((n, max(widest, 1)), np.inf)
        self.codes = np.full((n, widest + 1), NOBODY, np.int16)
        self.chances = np.zeros((n, widest + 1))
        self.bloc, self.drawn_row = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        self.timed_row, self.real = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        self.shared: list[Floats] = []
        self.drawn: list[NDArray[np.uint8]] = []
        self.timed: list[Floats] = []
        self.gates: list[Bits] = []
        self._rows: dict[str, int] = {}
        self._founder = _founders(items, ties.alone)
        self._open = _founders(items, ties.open_between)
        self._factors: dict[str, Floats] = {}

    def place(self, column: int, item: Happening) -> None:
        """How the author of one incident is drawn."""
        if self.given is not None and item.id in self.given.columns:
            self._as_given(column, item)
            return
        if not item.authors:
            return
        group = self.ties.open_between.get(item.id, frozenset()) & set(item.authors)
        alone = self.ties.alone.get(item.id)
        loads = self.ties.shared.get(item.id, {})
        if item.named == frozenset():
            self._slots(column, item.authors, sorted(item.authors, key=lambda a: self.code[a]))
            self._share(column, "nobody blamed")
        elif len(group) > 1:
            self._slots(column, item.authors, sorted(item.authors, key=lambda a: self.code[a]))
            self._choose_open(column, item, group, alone)
        else:
            order = self._order(item.authors, item.named)
            self._slots(column, item.authors, order)
            if alone is not None:
                self._share(column, f"camp|{self._founder[alone]}")
            elif any(loads.values()):
                self._lean(column, item, order, loads)

    def _slots(self, column: int, authors: Mapping[str, float], order: Sequence[str]) -> None:
        order = order[:MAX_SLOTS]
        edges = np.cumsum([authors[a] for a in order])
        # Probabilities that add up to 1 but for rounding leave no gap at the end.
        if abs(edges[-1] - 1) < 1e-6:
            edges[-1] = np.inf
        self.slots[column] = len(order)
        self.edges[column, : len(order)] = edges
        self.codes[column, : len(order)] = [self.code[a] for a in order]
        self.chances[column, : len(order)] = [authors[a] for a in order]

    def _order(self, authors: Mapping[str, float], named: frozenset[str] | None) -> list[str]:
        """Those somebody blames first, the most probable first: a voice that is believed is believed in all it says.

        Two answers that lead equally lie at opposite ends, so that mirrored draws give both the same share.
        """
        order = sorted(
            authors,
            key=lambda a: (
                named is not None and not named & set(a.split("+")),
                -round(authors[a], _ROUND),
                self.code[a],
            ),
        )
        if len(order) > 2 and round(authors[order[0]] - authors[order[1]], _ROUND) == 0:
            order = [order[0], *order[2:], order[1]]
        return order

    def _uniform(self, *names: str) -> Floats:
        return uniform(key_of(self.seed, *names), self.draws)

    def _share(self, column: int, name: str) -> None:
        if name not in self._rows:
            self._rows[name] = len(self.shared)
            self.shared.append(self._uniform(name))
        self.bloc[column] = self._rows[name]

    def _keep(self, column: int, slots: NDArray[np.uint8]) -> None:
        self.drawn_row[column] = len(self.drawn)
        self.drawn.append(slots)

    def _choose_open(self, column: int, item: Happening, group: frozenset[str], alone: str | None) -> None:
        """First whether it was one of the open group, then which: by the choice that all such incidents share."""
        slot = {a: k for k, a in enumerate(sorted(item.authors, key=lambda a: self.code[a]))}
        together = sum(item.authors[a] for a in sorted(group))
        masses = {a: p for a, p in item.authors.items() if a not in group}
        # The group stands in the order at its own mass, as one answer.
        order = sorted(
            [*masses, ""], key=lambda a: (-round(masses.get(a, together), _ROUND), slot.get(a, -1))
        )
        if (
            len(order) > 2
            and round(masses.get(order[0], together) - masses.get(order[1], together), _ROUND) == 0
        ):
            order = [order[0], *order[2:], order[1]]
        u = self._uniform(f"camp|{self._founder[alone]}") if alone else self._uniform("who", item.id)
        v = self._uniform(f"open|{self._open[self.ties.open_between[item.id]]}")
        inner = sorted(group, key=lambda a: self.code[a])
        within = np.cumsum([item.authors[a] for a in inner]) / together if together else np.ones(len(inner))
        within[-1] = np.inf
        member = np.array([slot[a] for a in inner], np.uint8)[np.searchsorted(within, v, side="right")]
        edges = np.cumsum([masses.get(a, together) for a in order])
        if abs(edges[-1] - 1) < 1e-6:
            edges[-1] = np.inf
        fell = np.searchsorted(edges, u, side="right")
        outer = np.array([slot.get(a, 0) for a in order] + [len(slot)], np.uint8)[fell]
        self._keep(column, np.where(fell == order.index(""), member, outer).astype(np.uint8))

    def _lean(
        self, column: int, item: Happening, order: Sequence[str], loads: Mapping[str, Mapping[str, float]]
    ) -> None:
        """Draw the author with the errors that attribution shares between incidents."""
        factors = sorted({f for answer in loads.values() for f in answer})
        for name in factors:
            if name not in self._factors:
                self._factors[name] = ndtri(self._uniform("error", name))
        z = np.stack([self._factors[f] for f in factors])
        load = np.array([[loads.get(a, {}).get(f, 0.0) for f in factors] for a in order])
        p = np.array([item.authors[a] for a in order])
        u = self._uniform("who", item.id)
        inner = _leaning(np.log(np.maximum(p, 1e-12)), p, load @ z, max(self.draws // _CALIBRATING, 1))
        # Each answer keeps its own probability to within a world: the edges move until so many uniforms lie below.
        slots = np.full(self.draws, len(order), np.uint8)
        for k in range(len(order) - 1, -1, -1):
            total = float(p[: k + 1].sum())
            quota = round(min(total, 1.0) * self.draws)
            gap = u - inner[: k + 1].sum(axis=0)
            edge = np.partition(gap, quota - 1)[quota - 1] if quota else -np.inf
            slots[gap <= edge] = k
        self._keep(column, slots)

    def _as_given(self, column: int, item: Happening) -> None:
        assert self.given is not None
        author = self.given.author_of(item.id)
        self.slots[column] = len(self.answers)
        self.codes[column, : len(self.answers)] = range(len(self.answers))
        self.chances[column, : len(self.answers)] = [item.authors.get(a, 0.0) for a in self.answers]
        to_slot = np.array([self.code[a] for a in self.given.answers] + [len(self.answers)], np.uint8)
        self._keep(column, to_slot[author])
        hours = self.given.hours_of(item.id, self.origin)
        if hours is not None:
            self.timed_row[column] = len(self.timed)
            self.timed.append(hours)
        real = self.given.real_of(item.id)
        if real is not None:
            self.real[column] = len(self.gates)
            self.gates.append(pack(real))

    def merge(self) -> None:
        """Where an incident is one with an earlier one, it is no happening of its own."""
        real: dict[int, Mask] = {}
        for name, p in self.ties.doubled.items():
            if name in self.column:
                real[self.column[name]] = self._uniform("doubled", name) < p
        for a, b, p in self.ties.merged:
            if a not in self.column or b not in self.column:
                continue
            first, second = sorted((self.column[a], self.column[b]))
            together = self._uniform("one", self.items[first].id, self.items[second].id) < p
            base = real.get(first, np.ones(self.draws, bool))
            real[second] = real.get(second, np.ones(self.draws, bool)) & ~(together & base)
        for column, mask in sorted(real.items()):
            self.real[column] = len(self.gates)
            self.gates.append(pack(mask))

    def span_of(self, hours: Sequence[float], edge: Callable[[Floats], float]) -> Floats:
        """First or last hour of every incident, widened to the hours given from elsewhere."""
        out = np.array(hours, dtype=np.float64)
        for column, row in enumerate(self.timed_row):
            if row >= 0:
                out[column] = edge(self.timed[row])
        return out


def _founders(items: Sequence[Happening], blocs: Mapping[str, Bloc]) -> dict[Bloc, str]:
    """The first incident of each bloc: luck is keyed by it and not by a name."""
    found: dict[Bloc, str] = {}
    for item in items:
        if item.id in blocs:
            found.setdefault(blocs[item.id], item.id)
    return found


def _ranked(items: Sequence[Happening], given: Posterior | None) -> tuple[str, ...]:
    """All answers, ordered by how probable they are incident by incident: an order that ignores names."""
    answers = sorted({a for item in items for a in item.authors} | set(given.answers if given else ()))
    told: dict[str, list[tuple[int, float]]] = {a: [] for a in answers}
    for k, item in enumerate(items):
        for a, p in item.authors.items():
            if round(p, _ROUND):
                told[a].append((k, -round(p, _ROUND)))
    return tuple(sorted(answers, key=lambda a: (told[a], a)))


@compiled
def _leaning(log_p, p, shift, stride):
    """Probability of each answer by world: softmax(log p + correction + shift), corrected so that the mean is p."""
    k, draws = shift.shape
    rest = max(1.0 - p.sum(), 0.0)  # nobody named
    correction = np.zeros(k)
    share = np.empty(k)
    out = np.empty((k, draws))
    for step in range(_STEPS + 1):
        last = step == _STEPS
        for a in range(k):
            share[a] = 0.0
        n = 0
        for w in range(0, draws, 1 if last else stride):
            top = rest
            for a in range(k):
                out[a, w] = np.exp(log_p[a] + correction[a] + shift[a, w])
                top += out[a, w]
            for a in range(k):
                out[a, w] /= top
                share[a] += out[a, w]
            n += 1
        for a in range(k):
            if p[a] > 0 and share[a] > 0:
                correction[a] += np.log(p[a]) - np.log(share[a] / n)
    return out
