"""The worst case: what if a share of every independent account, and of the prior, may say anything?

In: the voices as they were weighed. Out: tables ``contamination`` (lowest and highest posterior of each answer) and ``breakdown``
(the share at which the leading answer could lose its lead). Epsilon-contamination of each account's likelihood and of the prior:
with weight epsilon any other may stand in its place, another for every truth (Huber 1965; Berger and Berliner 1986). Closed form.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.anew import leading_slots, told_again
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.kernel import answers
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.testimony import Floats, Ints, Testimony
from ceasefire.compiled import compiled, lean
from ceasefire.model import table

_STEPS = 30
_SAME = 1e-9  # nats by which answers that could lead may differ


def _accounts(posterior: Posterior, t: Testimony) -> tuple[Ints, Floats, Floats]:
    """All voices by incident: where those of each begin, their log-likelihood, and how much of each is an account of its own.

    Of accounts that may share a line the first counts in full, the others by what is their own word; of an echo, what it would not
    say in any case; of those weighed apart, what their discount leaves. So a flood is contaminated as few accounts are.
    """
    heard, told = posterior.heard, posterior.heard.told
    terms, own = told_again(posterior)
    first = np.ones(len(told.source), dtype=np.bool_)
    first[1:] = (heard.incident[1:] != heard.incident[:-1]) | (told.frame[1:] != told.frame[:-1])
    mine = np.where(first[:, None], 1.0, own)
    mine = mine * (1.0 - told.echo)[:, None]
    apart = np.abs(heard.apart).sum(axis=1) > 0
    incident = np.concatenate([heard.incident, t.incident[apart]])
    weight = np.concatenate([terms, heard.apart[apart]])
    mine = np.concatenate([mine, np.repeat(t.factor[apart][:, None], terms.shape[1], axis=1)])
    order = np.argsort(incident, kind="stable")
    start = np.searchsorted(incident[order], np.arange(len(posterior.score) + 1)).astype(np.int64)
    return start, weight[order] / heard.like.worth, mine[order]


def contamination(
    posterior: Posterior, t: Testimony, accounts: Accounts, candidates: Candidates
) -> pl.DataFrame:
    """Make the table ``contamination``: a row an incident that somebody speaks of, share and answer."""
    start, weight, mine = _accounts(posterior, t)
    prior, fixed = _prior(posterior, t, candidates)
    base = posterior.heard.told.base
    spoken = np.flatnonzero(np.diff(start) > 0)
    incident, slot = np.nonzero(candidates.valid[spoken])
    incident = spoken[incident]
    ids = np.array(accounts.incidents, dtype=object)
    parts = []
    for epsilon in p.CONTAMINATION:
        low, high = np.zeros(prior.shape), np.zeros(prior.shape)
        _bounds(start, weight, mine, prior, fixed, base, epsilon, posterior.heard.like.worth, low, high)
        parts.append(
            pl.DataFrame(
                {
                    "incident_id": pl.Series(ids[incident], dtype=pl.String),
                    "epsilon": epsilon,
                    "actor": pl.Series(candidates.names[incident, slot], dtype=pl.String),
                    "probability": posterior.probability[incident, slot],
                    "low": np.minimum(low, posterior.probability)[incident, slot],
                    "high": np.maximum(high, posterior.probability)[incident, slot],
                },
                schema_overrides={"epsilon": pl.Float64},
            )
        )
    return table("contamination").conform(pl.concat(parts))


def breakdown(
    posterior: Posterior, t: Testimony, accounts: Accounts, candidates: Candidates, assessments: pl.DataFrame
) -> pl.DataFrame:
    """Make the table ``breakdown``: a row an incident with one leading answer."""
    start, weight, mine = _accounts(posterior, t)
    prior, fixed = _prior(posterior, t, candidates)
    leads = leading_slots(assessments, candidates)
    chosen = np.flatnonzero(leads >= 0)
    share, then = np.zeros(len(chosen)), np.zeros((len(chosen), prior.shape[1]), dtype=np.bool_)
    _break(
        chosen,
        leads,
        start,
        weight,
        mine,
        prior,
        fixed,
        posterior.heard.told.base,
        posterior.heard.like.worth,
        share,
        then,
    )
    return table("breakdown").conform(
        pl.DataFrame(
            {
                "incident_id": pl.Series([accounts.incidents[i] for i in chosen], dtype=pl.String),
                "answer": pl.Series(candidates.names[chosen, leads[chosen]], dtype=pl.String),
                "epsilon": share,
                "could_lead": pl.Series(
                    ["|".join(sorted(candidates.names[i, z])) for i, z in zip(chosen, then, strict=True)],
                    dtype=pl.String,
                ),
            }
        )
    )


def _prior(posterior: Posterior, t: Testimony, candidates: Candidates) -> tuple[Floats, Floats]:
    """The prior, and what else counts besides accounts (silence), in nats."""
    prior = np.where(candidates.valid, np.exp(posterior.log_prior), 0.0)
    apart = np.zeros(prior.shape)
    np.add.at(apart, t.incident, posterior.heard.apart)
    fixed = np.where(candidates.valid, posterior.beside - posterior.log_prior - apart, 0.0)
    return prior / np.maximum(prior.sum(axis=1, keepdims=True), 1e-300), fixed


@lean
def _ends(
    i: int,
    slots: int,
    epsilon: float,
    worth: float,
    start: Any,
    weight: Any,
    mine: Any,
    fixed: Any,
    least: Any,
    most: Any,
) -> None:
    """Smallest and largest log-likelihood of all accounts of an incident, by answer."""
    for z in range(slots):
        least[z] = fixed[i, z]
        most[z] = fixed[i, z]
        for k in range(start[i], start[i + 1]):
            share = epsilon * mine[k, z]
            kept = np.log1p(-share) if share < 1.0 else -1e6
            likely = np.exp(weight[k, z])
            least[z] += worth * (kept + weight[k, z])
            most[z] += worth * np.log((1.0 - share) * likely + share * max(likely, 1.0))


@compiled
def _bounds(
    start: Any,
    weight: Any,
    mine: Any,
    prior: Any,
    fixed: Any,
    base: Any,
    epsilon: float,
    worth: float,
    low: Any,
    high: Any,
) -> None:
    width = base.shape[1]
    least, most = np.empty(width), np.empty(width)
    for i in range(len(start) - 1):
        slots = answers(base[i])
        _ends(i, slots, epsilon, worth, start, weight, mine, fixed, least, most)
        top = most[0]
        for z in range(slots):
            top = max(top, most[z])
        for k in range(slots):
            against, worst, spared = 0.0, 0.0, 0.0
            for z in range(slots):
                if z != k:
                    against += (1.0 - epsilon) * prior[i, z] * np.exp(most[z] - top)
                    spared += (1.0 - epsilon) * prior[i, z] * np.exp(least[z] - top)
                    worst = max(worst, np.exp(most[z] - top))
            with_it = (1.0 - epsilon) * prior[i, k] * np.exp(least[k] - top)
            low[i, k] = with_it / max(with_it + against + epsilon * worst, 1e-300)
            with_it = ((1.0 - epsilon) * prior[i, k] + epsilon) * np.exp(most[k] - top)
            high[i, k] = with_it / max(with_it + spared, 1e-300)


@compiled
def _break(
    chosen: Any, leads: Any, start: Any, weight: Any, mine: Any, prior: Any, fixed: Any, base: Any, worth: float, share: Any,
    then: Any,
) -> None:  # fmt: skip
    """Smallest share at which some other answer could be as probable as the leading one, by halving, and which."""
    width = base.shape[1]
    least, most, other = np.empty(width), np.empty(width), np.empty(width)
    for c in range(len(chosen)):
        i = chosen[c]
        k, slots = leads[i], answers(base[i])
        low, high, epsilon = 0.0, 1.0, 1.0
        for step in range(_STEPS + 1):
            # last, once more where it breaks down
            epsilon = 0.5 * (low + high) if step < _STEPS else high
            _ends(i, slots, epsilon, worth, start, weight, mine, fixed, least, most)
            with_it, best = np.log(max((1.0 - epsilon) * prior[i, k], 1e-300)) + least[k], -np.inf
            for z in range(slots):
                if z != k:
                    other[z] = np.log(max((1.0 - epsilon) * prior[i, z] + epsilon, 1e-300)) + most[z]
                    best = max(best, other[z])
            if best >= with_it:
                high = epsilon
            else:
                low = epsilon
        share[c] = high
        for z in range(slots):
            then[c, z] = z != k and other[z] >= best - _SAME
