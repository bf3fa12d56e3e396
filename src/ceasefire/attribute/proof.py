"""From probabilities to an answer: the standard of proof that is reached, or "undetermined".

In: posterior, testimony, candidates. Out: the ``assessments`` table. A standard asks for the lower end of
the 90 % interval, and for independent origins and camps that support the answer (Wilkinson, Standards of
Proof; figures in the vocabulary ``standards_of_proof``). Not a judicial finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.copying import Voices
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.testimony import KINDS, Testimony
from ceasefire.model import table
from ceasefire.vocabulary import vocabulary


@dataclass(frozen=True)
class Standard:
    """What a standard of proof asks for."""

    id: str
    label: str
    lower: float
    origins: int
    camps: int


def standards_from(given: Mapping[str, Mapping[str, Any]] | None) -> list[Standard]:
    """The ladder of standards, lowest first: the vocabulary's, or the case's own (lower, origins, camps).

    Raises:
        ValueError: a standard lacks a figure, or the lower bound is not in 0..1.
    """
    terms = vocabulary("standards_of_proof")
    specs: dict[str, Mapping[str, Any]] = (
        {k: t.more for k, t in terms.items()} if given is None else dict(given)
    )
    ladder = []
    for name, spec in specs.items():
        lacking = {"lower", "origins", "camps"} - set(spec)
        if lacking or not 0 <= float(spec["lower"]) <= 1:
            raise ValueError(f"standard {name}: expected lower (0..1), origins and camps, found {dict(spec)}")
        label = str(spec.get("label") or (terms[name].label if name in terms else name.replace("_", " ")))
        ladder.append(Standard(name, label, float(spec["lower"]), int(spec["origins"]), int(spec["camps"])))
    return sorted(ladder, key=lambda s: (s.lower, s.origins, s.camps))


def deciding(ladder: list[Standard], answer_standard: str) -> Standard:
    """The standard that the leading answer must reach to become the answer.

    Raises:
        ValueError: ``answer_standard`` is not one of the standards.
    """
    for standard in ladder:
        if standard.id == answer_standard:
            return standard
    raise ValueError(f"answer_standard: expected one of {[s.id for s in ladder]}, found {answer_standard!r}")


@dataclass(frozen=True)
class Support:
    """Counts by incident and answer slot, over independent voices."""

    origins: NDArray[np.int64]
    camps: NDArray[np.int64]
    admitted: NDArray[np.bool_]
    disputed: NDArray[np.bool_]
    n_origins: NDArray[np.int64]
    n_camps: NDArray[np.int64]


def _distinct(
    incident: NDArray[np.int64], code: NDArray[np.int64], on: NDArray[np.bool_], n: int
) -> NDArray[np.int64]:
    """Number of different codes by incident (and slot, when ``on`` has slots)."""
    span = int(code.max(initial=0)) + 1
    flags = on if on.ndim == 2 else on[:, None]
    out = np.zeros((n, flags.shape[1]), dtype=np.int64)
    for slot in range(flags.shape[1]):
        chosen = np.unique(incident[flags[:, slot]] * span + code[flags[:, slot]])
        out[:, slot] = np.bincount(chosen // span, minlength=n)
    return out


def count_support(
    t: Testimony,
    voices: Voices,
    accounts: Accounts,
    candidates: Candidates,
    origin: NDArray[np.int64],
    camp: NDArray[np.int64],
) -> Support:
    """Count who names, admits, denies or disputes each answer.

    ``origin``, ``camp``: of each voice, the source that its own was found to repeat, and the side on which it was found to
    stand, so that a copy is no second origin and one in secret of a camp no second camp.
    """
    n = candidates.valid.shape[0]
    denial = t.kind == KINDS.index("denial")
    named = (t.hit > 0) & ~denial[:, None]
    firm = ~voices.said["hedged"].to_numpy()
    admission = (t.kind == KINDS.index("admission")) & firm
    admitted = np.zeros(candidates.valid.shape, dtype=bool)
    own = named & (t.role == p.OWN) & admission[:, None]
    disputed = np.zeros(candidates.valid.shape, dtype=bool)
    cleared = candidates.named[voices.said["row"].to_numpy()] & denial[:, None]
    against = np.where(denial[:, None], cleared, ~named)
    for slot in range(candidates.valid.shape[1]):
        admitted[t.incident[own[:, slot]], slot] = True
        disputed[t.incident[against[:, slot]], slot] = True
    bare = voices.nameless.filter(pl.col("denies"))
    camped = accounts.speakers["camp"].is_not_null().to_numpy()[bare["source"].to_numpy()]
    disputed[bare["incident"].to_numpy()[camped]] = True
    return Support(
        origins=_distinct(t.incident, origin, named, n),
        camps=_distinct(t.incident, camp, named, n),
        admitted=admitted,
        disputed=disputed,
        n_origins=_distinct(t.incident, origin, ~denial, n)[:, 0],
        n_camps=_distinct(t.incident, camp, ~denial, n)[:, 0],
    )


def _reaches(s: Standard, low: float, origins: int, camps: int, admitted: bool) -> bool:
    return low >= s.lower and origins >= s.origins and (camps >= s.camps or admitted)


def _rule(s: Standard, low: float, origins: int, camps: int, admitted: bool, reached: bool) -> str:
    met = "met by the party's own admission" if admitted and camps < s.camps else f"{camps}, needed {s.camps}"
    return (
        f"{s.label}: {'reached' if reached else 'not reached'}; lower end of the 90 % interval {low:.2f}, needed "
        f"{s.lower:.2f}; independent origins {origins}, needed {s.origins}; camps {met}; {p.NOT_JUDICIAL}"
    )


def assess(
    posterior: Posterior,
    support: Support,
    accounts: Accounts,
    candidates: Candidates,
    ladder: list[Standard],
    asked: Standard,
) -> pl.DataFrame:
    """Make the ``assessments`` table: one row an incident. ``asked``: what the leading answer must reach to become the answer."""
    rows = []
    top = posterior.probability.max(axis=1, initial=0.0)
    for i, incident_id in enumerate(accounts.incidents):
        tied = np.flatnonzero((posterior.probability[i] >= top[i] - p.TIE) & candidates.valid[i])
        k = int(tied[0])
        one = len(tied) == 1
        low, high = float(posterior.low[i, tied].min()), float(posterior.high[i, tied].max())
        origins, camps = (int(x[i, tied].min()) for x in (support.origins, support.camps))
        admitted = one and bool(support.admitted[i, k])
        facts = (low, origins, camps, admitted)
        reached = [s for s in ladder if one and _reaches(s, *facts)]
        decided = asked in reached
        # An answer that no account names leads by prior, deflection or silence alone: it is not put forward.
        told = admitted or origins > 0
        leading = "|".join(sorted(candidates.names[i, tied])) if told and len(tied) <= 3 else None
        rows.append(
            {
                "incident_id": incident_id,
                "answer": leading if decided else p.UNDETERMINED,
                "leading": leading,
                "probability": float(top[i]),
                "low": low,
                "high": high,
                "standard": reached[-1].id if reached else None,
                "self_attributed": admitted,
                "contested": bool(support.disputed[i, tied].any()),
                "n_origins": int(support.n_origins[i]),
                "n_camps": int(support.n_camps[i]),
                "rule": _rule(asked, *facts, decided),
            }
        )
    return table("assessments").frame(rows)
