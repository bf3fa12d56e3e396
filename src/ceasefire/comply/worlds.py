"""Worlds: draws of who did each incident and when, shared by every clause.

In: happenings with the probability of each answer, and how their accounts hang together. Out: ``Worlds``, one row a
world. What one camp (or one voice of no camp) alone says stands or falls together; where accounts leave open which of
several did it, the same choice is made for all such incidents; where nobody is blamed, one luck serves for all;
everything else is drawn on its own. Draws are stratified and antithetic, keyed by incident id, so that an incident
meets the same luck in every clause, agreement and as-of. Nothing depends on the names of parties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ceasefire.comply.happenings import Happening

NOBODY = -1
Bloc = TypeVar("Bloc")
_ROUND = 9


@dataclass(frozen=True)
class Worlds:
    """``author[w, i]``: index into ``answers`` (-1 = nobody named); ``moment[w, i]``: place in the interval, 0..1."""

    answers: tuple[str, ...]
    author: NDArray[np.int16]
    moment: NDArray[np.float32]
    seed: int

    @property
    def draws(self) -> int:
        """How many worlds there are."""
        return int(self.author.shape[0])

    def by(self, party: str, columns: Sequence[int]) -> NDArray[np.bool_]:
        """Where the party is the author, alone or with others, in the given columns."""
        codes = [k for k, answer in enumerate(self.answers) if party in answer.split("+")]
        return np.isin(self.author[:, columns], codes)

    def before(self, happening: Happening, column: int, at: datetime) -> NDArray[np.bool_]:
        """Where the incident happened before the instant."""
        if at <= happening.start:
            return np.zeros(self.draws, dtype=bool)
        if at > happening.end:
            return np.ones(self.draws, dtype=bool)
        share = (at - happening.start) / (happening.end - happening.start)
        return np.asarray(self.moment[:, column] < share)

    def coin(self, key: str, probability: float) -> NDArray[np.bool_]:
        """A coin that falls the same way whenever the same key is thrown."""
        return uniform(self.seed, key, self.draws) < probability


def uniform(seed: int, key: str, draws: int) -> NDArray[np.float64]:
    """Stratified uniforms in 0..1 for a key; the second half mirrors the first."""
    digest = blake2b(f"{seed}|{key}".encode(), digest_size=16).digest()
    rng = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "big")))
    half = (draws + 1) // 2
    first = (rng.permutation(half) + rng.random(half)) / half
    return np.concatenate([first, 1.0 - first])[:draws]


@dataclass(frozen=True)
class Ties:
    """How incidents hang together, by incident id.

    ``alone``: the camp or voice that alone blames anybody. ``open_between``: the parties that are
    only ever named there as "one of these".
    """

    alone: Mapping[str, str] = field(default_factory=dict)
    open_between: Mapping[str, frozenset[str]] = field(default_factory=dict)


def draw(items: Sequence[Happening], ties: Ties, *, seed: int, draws: int) -> Worlds:
    """Draw the worlds.

    Args:
        items: the incidents, sorted by id.
        ties: which incidents share their luck.
        seed: of all draws.
        draws: number of worlds.
    """
    answers = _ranked(items)
    code = {answer: k for k, answer in enumerate(answers)}
    shared = _founded(items, ties.alone, "camp", seed, draws)
    choices = _founded(items, ties.open_between, "open", seed, draws)
    author = np.full((draws, len(items)), NOBODY, dtype=np.int16)
    moment = np.zeros((draws, len(items)), dtype=np.float32)
    for column, item in enumerate(items):
        if item.authors:
            bloc, group = ties.alone.get(item.id), ties.open_between.get(item.id, frozenset())
            u = shared[bloc] if bloc is not None else uniform(seed, f"who|{item.id}", draws)
            group = group & set(item.authors)
            if item.named == frozenset():
                u = uniform(seed, "nobody blamed", draws)
                author[:, column] = _fall(item.authors, sorted(item.authors, key=lambda a: code[a]), code, u)
            elif len(group) > 1:
                author[:, column] = _choose_open(
                    item.authors, group, code, u, choices[ties.open_between[item.id]]
                )
            else:
                author[:, column] = _choose(item.authors, code, u, item.named)
        if item.end > item.start:
            moment[:, column] = uniform(seed, f"when|{item.id}", draws)
    return Worlds(answers, author, moment, seed)


def _founded(
    items: Sequence[Happening], blocs: Mapping[str, Bloc], salt: str, seed: int, draws: int
) -> dict[Bloc, NDArray[np.float64]]:
    """One uniform a bloc, keyed by its first incident and not by its name."""
    founders: dict[Bloc, str] = {}
    for item in items:
        if item.id in blocs:
            founders.setdefault(blocs[item.id], item.id)
    return {bloc: uniform(seed, f"{salt}|{founder}", draws) for bloc, founder in founders.items()}


def _ranked(items: Sequence[Happening]) -> tuple[str, ...]:
    """All answers, ordered by how probable they are incident by incident: an order that ignores names."""
    answers = sorted({answer for item in items for answer in item.authors})
    told = {a: tuple(round(-item.authors.get(a, 0.0), _ROUND) for item in items) for a in answers}
    return tuple(sorted(answers, key=lambda a: (told[a], a)))


def _choose(
    authors: Mapping[str, float],
    code: Mapping[str, int],
    u: NDArray[np.float64],
    named: frozenset[str] | None = None,
) -> NDArray[np.int16]:
    """The answer each uniform falls on: those somebody gives first, the most probable first.

    So a voice that is believed is believed in all it says. Two answers that lead equally lie at opposite ends, so that
    mirrored draws give both the same share.
    """
    order = sorted(
        authors,
        key=lambda a: (
            named is not None and not named & set(a.split("+")),
            -round(authors[a], _ROUND),
            code[a],
        ),
    )
    if len(order) > 2 and round(authors[order[0]] - authors[order[1]], _ROUND) == 0:
        order = [order[0], *order[2:], order[1]]
    return _fall(authors, order, code, u)


def _fall(
    authors: Mapping[str, float], order: Sequence[str], code: Mapping[str, int], u: NDArray[np.float64]
) -> NDArray[np.int16]:
    edges = np.cumsum([authors[a] for a in order])
    codes = np.array([code[a] for a in order] + [NOBODY], dtype=np.int16)
    # Probabilities that add up to 1 but for rounding leave no gap at the end.
    if abs(edges[-1] - 1) < 1e-6:
        edges[-1] = np.inf
    return np.asarray(codes[np.searchsorted(edges, u, side="right")])


def _choose_open(
    authors: Mapping[str, float],
    group: frozenset[str],
    code: Mapping[str, int],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
) -> NDArray[np.int16]:
    """First whether it was one of the open group, then which: by the choice that all such incidents share."""
    together = "open"
    masses = {a: p for a, p in authors.items() if a not in group} | {
        together: sum(authors[a] for a in sorted(group))
    }
    codes = dict(code) | {together: len(code)}
    first = _choose(masses, codes, u)
    order = sorted(group, key=lambda a: code[a])
    edges = (
        np.cumsum([authors[a] for a in order]) / masses[together] if masses[together] else np.ones(len(order))
    )
    edges[-1] = np.inf
    member = np.array([code[a] for a in order], dtype=np.int16)[np.searchsorted(edges, v, side="right")]
    return np.where(first == codes[together], member, first).astype(np.int16)
