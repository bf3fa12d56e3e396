"""In which words sources are alike: every answer seen from where the speaker stands.

In: accounts and candidates. Out: ``Frames``. A speaker of a camp sees its own party, allies, opponents, accident and others; one
without a camp sees each answer by itself. A confusion matrix has a row for the true answer and columns: names it, names
another (by the row of the one named), names nobody. Elicited figures are in ``priors``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.testimony import Floats, Ints

OWN, ALLY, OPPOSING, ACCIDENT, OTHER = range(5)  # rows of a speaker with a camp
_ROLE = ("own", "ally", "opposing", "other", "other")
HIT = 0  # first column; then one a row, and last "names nobody"


@dataclass(frozen=True)
class Frames:
    """``camps``: the camp of each frame; ``camped``: whether it has one (the last has not). ``rows``: frames x base answers, the
    row of each. ``declared``: the frame each source is listed in; ``kind``: the number of its kind. ``elicited``: frames x kinds x
    rows x columns, before learning; ``line``: frames x rows x columns, what a camp, or an impression that those without a camp
    share, says. ``follows``: how far each kind follows a camp. ``sides``: their names; ``side``: the side of each
    frame, by number, -1 = none.
    """

    camps: tuple[str, ...]
    camped: NDArray[np.bool_]
    rows: Ints
    declared: Ints
    kind: Ints
    elicited: Floats
    line: Floats
    follows: Floats
    sides: tuple[str, ...]
    side: Ints


def frames(accounts: Accounts, candidates: Candidates) -> Frames:
    """Where every source stands, and what is expected of it."""
    speakers = accounts.speakers
    stands = [
        ("" if camp is None else camp, "" if camp is None else side)
        for camp, side in speakers.select("camp", "side").iter_rows()
    ]
    # who has no camp comes last
    known = [*sorted(set(stands) - {("", "")}), ("", "")]
    declared = np.array([known.index(stand) for stand in stands], dtype=np.int64)
    rows = np.stack([_rows(camp, side, accounts, candidates) for camp, side in known])
    kinds = speakers["kind"].fill_null("unknown").to_list()
    names = sorted(set(kinds)) or ["unknown"]
    kind = np.array([names.index(name) for name in kinds], dtype=np.int64)
    follows = np.array([p.ALIGNMENT.get(name, p.ALIGNMENT_DEFAULT) for name in names])
    size = max(len(candidates.base), OTHER + 1)
    elicited = np.zeros((len(known), len(names), size, size + 2))
    line = np.zeros((len(known), size, size + 2))
    for frame, (camp, _) in enumerate(known):
        for k, name in enumerate(names):
            neutral = p.NEUTRAL_HIT.get(name, p.NEUTRAL_HIT_DEFAULT)
            elicited[frame, k] = _elicited(rows[frame], size, float(follows[k]) if camp else 0.0, neutral)
        mine = np.unique(kind[declared == frame])
        line[frame] = elicited[frame][mine if len(mine) else slice(None)].mean(axis=0)
        if not camp:
            line[frame] = _shared(line[frame])
    camps = tuple(camp for camp, _ in known)
    sides = sorted({side or "" for _, side in known} - {""})
    side = np.array([sides.index(side) if side else -1 for _, side in known], dtype=np.int64)
    camped = np.array([c != "" for c in camps])
    return Frames(camps, camped, rows, declared, kind, elicited, line, follows, tuple(sides), side)


def _shared(single: Floats) -> Floats:
    """What sources without a camp all say is right as often as one of three of them would be; no number of them is worth more."""
    named = 1.0 - p.NAMES_NOBODY
    missed = single[:, 1:-1].sum(axis=1, keepdims=True) / named
    made = single.copy()
    made[:, 1:-1] *= missed**2
    made[:, HIT] = named - made[:, 1:-1].sum(axis=1)
    return made


def _rows(camp: str, side: str | None, accounts: Accounts, candidates: Candidates) -> Ints:
    count = len(candidates.base)
    if not camp:
        return np.arange(count)
    rows = np.full(count, OTHER)
    rows[count - 2] = ACCIDENT
    for k, party in enumerate(candidates.base[:-2]):
        rows[k] = OWN if party == camp else ALLY if accounts.side_of[party] == side else OPPOSING
    return rows


def _elicited(rows: Ints, size: int, follows: float, neutral: float) -> Floats:
    """Confusion of a kind of source. What cannot be said, since there is no such answer, is shared out among what can."""
    there = np.bincount(rows, minlength=size).astype(np.float64)
    made = np.zeros((size, size + 2))
    for row in range(size):
        others = there.copy()
        others[row] = max(others[row] - 1.0, 0.0)
        if there[row] == 0 or others.sum() == 0:
            made[row, HIT] = 1.0 - p.NAMES_NOBODY
        else:
            even = others / others.sum()
            hit, elsewhere = neutral, (1.0 - neutral) * even
            if follows > 0:
                led = _led(row, others)
                aligned = p.ALIGNED_HIT[_ROLE[row]]
                hit = follows * aligned + (1.0 - follows) * neutral
                elsewhere = follows * (1.0 - aligned) * led + (1.0 - follows) * elsewhere
            made[row, HIT], made[row, 1:-1] = hit, elsewhere
            made[row] *= (1.0 - p.NAMES_NOBODY) / made[row].sum()
        made[row, -1] = p.NAMES_NOBODY
    return made


def _led(row: int, others: Floats) -> Floats:
    """Where an aligned speaker points instead of the true answer, by row of the one named."""
    shares = p.ALIGNED_MISS[_ROLE[row]]
    outside = others[ACCIDENT] + others[OTHER]
    led = np.zeros(len(others))
    for role in (OWN, ALLY, OPPOSING):
        led[role] = shares[_ROLE[role]] * (others[role] > 0)
    for role in (ACCIDENT, OTHER):
        led[role] = shares["other"] * others[role] / max(outside, 1.0)
    return np.asarray(led / led.sum() if led.sum() else others / others.sum())
