"""How probable is what a voice says, for each possible author? The likelihoods of attribution.

In: voices, candidates, speakers. Out: ``Testimony``: per voice and answer the role of that answer for the
speaker, the probability of what was said, and the discounts for hedging, repetition and shared camp. A
confusion matrix per role (Dawid and Skene 1979) that depends on the speaker's camp; equations in the docs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.copying import Voices

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Testimony:
    """Arrays over voices (first axis) and answer slots (second).

    ``role``: role of the answer for the speaker. ``hit``: 1/m where the answer is among the m named.
    ``miss``: probability of what was said, given that the speaker does not name this author. ``cleared``:
    log-likelihood of a denial, 0 elsewhere. ``factor``: the voice's weight after all discounts. ``camp``:
    number of the speaker's camp (side) within all; ``kind``: 0 testimony, 1 denial, 2 admission.
    """

    incident: Ints
    source: Ints
    kind: Ints
    camp: Ints
    role: Ints
    hit: Floats
    miss: Floats
    cleared: Floats
    factor: Floats


KINDS = ("testimony", "denial", "admission")


def alignments(speakers: pl.DataFrame) -> Floats:
    """How far each speaker follows its camp: 0 without a camp, 1 for the camp's own officials."""
    kinds = speakers["kind"].fill_null("unknown")
    values = kinds.replace_strict(dict(p.ALIGNMENT), default=p.ALIGNMENT_DEFAULT, return_dtype=pl.Float64)
    return np.where(speakers["camp"].is_null().to_numpy(), 0.0, values.to_numpy())


def neutral_hits(speakers: pl.DataFrame) -> Floats:
    """P(names the true author) of each speaker's kind when it serves no camp."""
    kinds = speakers["kind"].fill_null("unknown")
    return kinds.replace_strict(
        dict(p.NEUTRAL_HIT), default=p.NEUTRAL_HIT_DEFAULT, return_dtype=pl.Float64
    ).to_numpy()


def elicited_hits(speakers: pl.DataFrame) -> Floats:
    """P(names the true author | names somebody) by speaker and role, before any learning."""
    follows, neutral = alignments(speakers)[:, None], neutral_hits(speakers)[:, None]
    aligned = np.array([[p.ALIGNED_HIT[role] for role in p.ROLES[: p.ANY]]])
    return np.concatenate([follows * aligned + (1 - follows) * neutral, neutral], axis=1)


def _roles(voices: pl.DataFrame, accounts: Accounts, candidates: Candidates) -> Ints:
    """The role of each answer for each voice's speaker, by camp and side; never by name."""
    camps = accounts.speakers["camp"].to_list()
    sides = accounts.speakers["side"].to_list()
    base = np.full((len(camps), len(candidates.base)), p.OTHER)
    for s, (camp, side) in enumerate(zip(camps, sides, strict=True)):
        for k, party in enumerate(candidates.base[:-2]):
            same = accounts.side_of[party] == side
            base[s, k] = p.OWN if party == camp else p.ALLY if same else p.OPPOSING
        if camp is None:
            base[s, :] = p.ANY
    source, incident = voices["source"].to_numpy(), voices["incident"].to_numpy()
    role = np.full((voices.height, candidates.names.shape[1]), p.OTHER)
    role[:, : base.shape[1]] = base[source]
    mine = np.array([c or "" for c in camps], dtype=object)[source]
    for slot in range(len(candidates.base), role.shape[1]):
        own = (candidates.names[incident, slot] == mine) & (mine != "")
        role[own, slot] = p.OWN
        role[mine == "", slot] = p.ANY
    return role


def _elsewhere(
    role: Ints, valid: NDArray[np.bool_], named: NDArray[np.bool_], follows: Floats, neutral: Floats
) -> Floats:
    """P(what was said | true author in this slot, and the speaker does not name it)."""
    width = role.shape[1]
    present = np.stack([((role == r) & valid).sum(axis=1) for r in range(p.ANY)], axis=1)
    said = np.stack([((role == r) & named).sum(axis=1) for r in range(p.ANY)], axis=1)
    shares = np.array([[p.ALIGNED_MISS[a][b] for b in p.ROLES[: p.ANY]] for a in p.ROLES[: p.ANY]])
    hits = np.array([p.ALIGNED_HIT[r] for r in p.ROLES[: p.ANY]])
    total = valid.sum(axis=1)
    m = named.sum(axis=1)
    miss = np.zeros(role.shape)
    for slot in range(width):
        r = role[:, slot]
        camped = r != p.ANY
        rr = np.where(camped, r, 0)
        self_role = np.eye(p.ANY, dtype=np.int64)[rr]
        left = present - self_role  # others that could be named, by their role
        share = np.where(left > 0, shares[rr], 0.0)
        share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
        others = said - self_role * named[:, [slot]]
        aligned = (others * share / np.maximum(left, 1)).sum(axis=1)
        alike = (m - named[:, slot]) / np.maximum(total - 1, 1)
        pull = follows * (1 - hits[rr])
        rest = (1 - follows) * (1 - neutral)
        mixed = (pull * aligned + rest * alike) / np.maximum(pull + rest, 1e-300)
        miss[:, slot] = np.where(camped, mixed, alike)
    return np.asarray(miss / np.maximum(m, 1)[:, None])


def _denials(role: Ints, named: NDArray[np.bool_], follows: Floats) -> Floats:
    """Log of P(clears X | X did it) / P(clears X | X did not), where X is cleared."""
    aligned = np.array([*(p.ALIGNED_DENIAL[r] for r in p.ROLES[: p.ANY]), p.NEUTRAL_DENIAL])[role]
    follow = follows[:, None]
    return np.where(named, np.log(follow * aligned + (1 - follow) * p.NEUTRAL_DENIAL), 0.0)


def softmax(score: Floats, valid: NDArray[np.bool_]) -> Floats:
    """Probabilities from scores; slots that are not valid get 0."""
    top = np.max(np.where(valid, score, -np.inf), axis=1, keepdims=True)
    raised = np.where(valid, np.exp(np.minimum(score - top, 0.0)), 0.0)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def sum_by(group: Ints, values: Floats, n: int) -> Floats:
    """Sums of the rows of each group, groups x columns."""
    return np.stack([np.bincount(group, values[:, k], minlength=n) for k in range(values.shape[1])], axis=1)


def effective(n: Floats, rho: Floats) -> Floats:
    """How many independent voices n correlated ones are worth: n / (1 + (n - 1) rho), and n up to one."""
    return np.where(n <= 1, n, n / (1 + np.maximum(n - 1, 0) * rho))


def factors(
    incident: Ints,
    hedged: NDArray[np.bool_],
    share: Floats,
    camp: Ints,
    kind: Ints,
    neutral: NDArray[np.bool_],
) -> Floats:
    """Discount of each voice: its share, hedging, and what its camp has already said.

    Firm voices of a camp go first and share their effective number; hedged ones share what they add to it.
    So one more voice of any strength never takes weight away, and no number of them exceeds the bound.
    """
    group = (incident * (camp.max(initial=0) + 1) + camp) * len(KINDS) + kind
    _, group = np.unique(group, return_inverse=True)
    firm_n: Floats = np.bincount(group, np.where(hedged, 0.0, share)).astype(np.float64)
    all_n: Floats = np.bincount(group, share).astype(np.float64)
    rho = np.where(neutral, p.RHO_NEUTRAL, p.RHO_CAMP)
    firm = effective(firm_n[group], rho)
    both = effective(all_n[group], rho)
    weak_n = (all_n - firm_n)[group]
    each = np.where(
        hedged, (both - firm) / np.where(hedged, weak_n, 1.0), firm / np.where(hedged, 1.0, firm_n[group])
    )
    return np.asarray(each * share * np.where(hedged, p.SUGGESTS, 1.0))


def weigh(voices: Voices, accounts: Accounts, candidates: Candidates) -> Testimony:
    """Work out roles, likelihood tables and discounts of all voices."""
    said = voices.said
    incident, source = said["incident"].to_numpy(), said["source"].to_numpy()
    kind = said["kind"].replace_strict({k: i for i, k in enumerate(KINDS)}, return_dtype=pl.Int64).to_numpy()
    sides = accounts.speakers["side"]
    order = {side: i + 1 for i, side in enumerate(sides.drop_nulls().unique(maintain_order=True))}
    camp = np.array([order.get(s, 0) for s in sides], dtype=np.int64)[source]
    role = _roles(said, accounts, candidates)
    valid = candidates.valid[incident]
    named = candidates.named[said["row"].to_numpy()] & valid
    follows, neutral = alignments(accounts.speakers)[source], neutral_hits(accounts.speakers)[source]
    denies = (kind == KINDS.index("denial"))[:, None]
    m = np.maximum(named.sum(axis=1, keepdims=True), 1)
    return Testimony(
        incident=incident,
        source=source,
        kind=kind,
        camp=camp,
        role=role,
        hit=np.where(denies, 0.0, named / m),
        miss=np.where(denies, 0.0, _elsewhere(role, valid, named, follows, neutral)),
        cleared=np.where(denies, _denials(role, named, follows), 0.0),
        factor=factors(incident, said["hedged"].to_numpy(), said["share"].to_numpy(), camp, kind, camp == 0),
    )
