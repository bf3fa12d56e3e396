"""From voices to what is most probable: every incident in turn, its four questions tied together.

In: ``Voices``, ``Asked``, ``Tolls``. Out: ``Weighed``. The order of messages: act (did anything happen), killed, injured given killed,
victims; ``SWEEPS`` rounds. That nothing happened means that nobody was hurt, and the other way a toll of nought makes it likelier.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ceasefire.attribute.toll import thresholds as t
from ceasefire.attribute.toll.kernel import (
    ACT,
    INJURED,
    KILLED,
    VICTIMS,
    Asked,
    Tolls,
    Voices,
    answer_chances,
    ask_answer,
    ask_toll,
    below,
    figure_chances,
    log_sum,
    masses,
    quantile,
    spread,
    stray,
    told,
)
from ceasefire.compiled import compiled

_NEVER = -700.0
_LOW, _HIGH = t.LOW, t.HIGH


class Weighed(NamedTuple):
    """``toll``: incidents x quantities x (low, best, high), NaN without a figure; ``none``: chance that nobody was; ``chance``: by
    question, of each answer; ``good``: of each voice, that it is of this and honest; ``heard``: voices x 4, in nats, what each
    question says of that."""

    toll: Any
    none: Any
    act: Any
    victims: Any
    good: Any
    heard: Any


def weigh(
    v: Voices, asked_act: Asked, asked_victims: Asked, tolls: Tolls, may_be_none: Any, chosen: Any
) -> Weighed:
    """Weigh the ``chosen`` incidents. ``may_be_none``: incidents x quantities, whether somebody leaves room for nought."""
    incidents = len(v.start) - 1
    made = Weighed(
        np.full((incidents, 2, 3), np.nan),
        np.full((incidents, 2), np.nan),
        np.zeros(len(asked_act.word)),
        np.zeros(len(asked_victims.word)),
        np.zeros(len(v.logit)),
        np.zeros((len(v.logit), 4)),
    )
    _all(v, asked_act, asked_victims, tolls, may_be_none, chosen, made)
    return made


@compiled
def _all(v, acts, victims, tolls, may_be_none, chosen, made):
    for i in chosen:
        if v.start[i + 1] > v.start[i]:
            _one(i, v, acts, victims, tolls, may_be_none, made)


@compiled
def _figures(v, i, q, tolls):
    """Grid and chances of a toll; empty without figures."""
    j0 = v.start[i]
    who = told(v, j0, v.start[i + 1], q)
    low, high = 1e18, 1.0
    strays = np.empty(len(who))
    for m in range(len(who)):
        j = j0 + who[m]
        least, most = v.least[j, q], v.most[j, q]
        if v.how[j, q] == 2:
            most = least * 2.0
        if v.how[j, q] == 3:
            least = max(1.0, most / 2.0)
        low, high = min(low, max(least, 1.0)), max(high, most)
        strays[m] = stray(
            v.how[j, q], v.least[j, q], v.most[j, q], tolls.mean[q], tolls.sd[q] * t.STRAY_WIDER
        )
    if len(who) == 0:
        low = 1.0
    values, edges = spread(low, high)
    honest_at = np.empty((len(who), len(values), t.NODES))
    none_at = np.empty(len(who))
    figure_chances(v, who, j0, q, values, tolls.scatter[i, q], honest_at, none_at)
    return who, values, edges, honest_at, none_at, strays


@compiled
def _prior(log_mass, none):
    made = np.empty(len(log_mass) + 1)
    made[0] = math.log(none) if none > 0 else _NEVER
    made[1:] = log_mass + math.log(max(1.0 - none, 1e-300))
    return made


@compiled
def _between(killed, values, edges, tolls):
    """P(injured | killed), of those that are there: states x values, the first row for nobody killed."""
    made = np.empty((len(killed) + 1, len(values)))
    made[0] = np.exp(masses(edges, tolls.mean[1], tolls.sd[1]))
    logs, widths = np.log(values), np.diff(np.log(edges))
    for n in range(len(killed)):
        centre = math.log(killed[n]) + tolls.ratio
        total = 0.0
        for m in range(len(values)):
            z = (logs[m] - centre) / tolls.ratio_sd
            made[n + 1, m] = widths[m] * math.exp(-0.5 * z * z) + 1e-30
            total += made[n + 1, m]
        made[n + 1] /= total
    return made


@compiled
def _given(between, none_given_none, none_given_some):
    """The same with nobody injured as the first column."""
    made = np.empty((between.shape[0], between.shape[1] + 1))
    for n in range(between.shape[0]):
        none = none_given_none if n == 0 else none_given_some
        made[n, 0] = none
        made[n, 1:] = between[n] * (1.0 - none)
    return made


@compiled
def _one(i, v, acts, victims, tolls, may_be_none, made):
    j0, j1 = v.start[i], v.start[i + 1]
    voices = j1 - j0
    sides = v.side[j0:j1].max() + 1
    message = np.zeros((voices, 4))
    a0, a1 = acts.first[i], acts.first[i + 1]
    b0, b1 = victims.first[i], victims.first[i + 1]
    act_at, act_wild = answer_chances(v, acts, j0, j1, 0, a0, a1)
    who_at, who_wild = answer_chances(v, victims, j0, j1, 1, b0, b1)
    act_prior, nothing = _flat(acts, a0, a1)
    who_prior, _ = _flat(victims, b0, b1)
    who_k, values_k, edges_k, at_k, none_k, stray_k = _figures(v, i, KILLED, tolls)
    who_i, values_i, edges_i, at_i, none_i, stray_i = _figures(v, i, INJURED, tolls)
    likely_k, likely_i = np.zeros(len(values_k) + 1), np.zeros(len(values_i) + 1)
    mass_k, mass_i = masses(edges_k, tolls.mean[0], tolls.sd[0]), masses(edges_i, tolls.mean[1], tolls.sd[1])
    prior_k, prior_i = _prior(mass_k, 0.0), _prior(mass_i, 0.0)
    act_belief, who_belief = act_prior.copy(), who_prior.copy()
    both = np.empty((0, 0))
    between = _between(values_k, values_i, edges_i, tolls) if len(who_k) > 0 and len(who_i) > 0 else both
    to_nothing = 0.0
    for _ in range(t.SWEEPS):
        if a1 > a0:
            prior = act_prior.copy()
            if nothing >= 0:
                prior[nothing] += to_nothing
            odds = v.logit[j0:j1] + message[:, KILLED] + message[:, INJURED] + message[:, VICTIMS]
            act_belief = ask_answer(v, j0, 0, odds, act_at, act_wild, prior, message)
        p_nothing = 0.0
        if nothing >= 0:
            without = act_belief.copy()
            without[nothing] -= to_nothing
            p_nothing = math.exp(without[nothing] - log_sum(without))
        zero_k = p_nothing + (1 - p_nothing) * tolls.none[0] if may_be_none[i, 0] else 0.0
        zero_i = p_nothing + (1 - p_nothing) * tolls.none[1] if may_be_none[i, 1] else 0.0
        prior_k, prior_i = _prior(mass_k, zero_k), _prior(mass_i, zero_i)
        to_nothing = 0.0
        if len(who_k) > 0:
            alone = prior_k.copy()
            if len(who_i) > 0:
                both = _given(between, zero_i, tolls.none[1] if may_be_none[i, 1] else 0.0)
                prior_k += np.log(both @ np.exp(likely_i - likely_i.max()) + 1e-300)
            odds = v.logit[j0:j1] + message[:, INJURED] + message[:, ACT] + message[:, VICTIMS]
            likely_k = ask_toll(v, who_k, j0, KILLED, sides, odds, at_k, none_k, stray_k, prior_k, message)
            to_nothing += _nothing(likely_k, mass_k, tolls.none[0] if may_be_none[i, 0] else 0.0)
            if len(who_i) > 0:
                alone += likely_k
                prior_i = np.log(np.exp(alone - alone.max()) @ both + 1e-300)
        if len(who_i) > 0:
            odds = v.logit[j0:j1] + message[:, KILLED] + message[:, ACT] + message[:, VICTIMS]
            likely_i = ask_toll(v, who_i, j0, INJURED, sides, odds, at_i, none_i, stray_i, prior_i, message)
            to_nothing += _nothing(likely_i, mass_i, tolls.none[1] if may_be_none[i, 1] else 0.0)
        if b1 > b0:
            odds = v.logit[j0:j1] + message[:, KILLED] + message[:, INJURED] + message[:, ACT]
            who_belief = ask_answer(v, j0, 1, odds, who_at, who_wild, who_prior, message)
    if a1 > a0:
        made.act[a0:a1] = np.exp(act_belief - log_sum(act_belief))
    if b1 > b0:
        made.victims[b0:b1] = np.exp(who_belief - log_sum(who_belief))
    if len(who_k) > 0:
        _told(made, i, 0, prior_k + likely_k, values_k, edges_k)
    if len(who_i) > 0:
        _told(made, i, 1, prior_i + likely_i, values_i, edges_i)
    for j in range(voices):
        made.good[j0 + j] = below(v.logit[j0 + j] + message[j].sum())
        made.heard[j0 + j] = message[j]


@compiled
def _flat(a, first, last):
    """Prior of the answers: even between those named, a little for none of them, and for nothing at all where that is said."""
    named, nothing = 0, -1
    for k in range(first, last):
        if a.word[k] >= 0:
            named += 1
        if a.word[k] == -2:
            nothing = k - first
    prior = np.empty(last - first)
    rest = 1.0 - t.NOT_NAMED_PRIOR - (t.NONE_PRIOR if nothing >= 0 else 0.0)
    for k in range(first, last):
        if a.word[k] >= 0:
            prior[k - first] = math.log(rest / named)
        elif a.word[k] == -1:
            prior[k - first] = math.log(t.NOT_NAMED_PRIOR if named else 1.0 - t.NONE_PRIOR)
        else:
            prior[k - first] = math.log(t.NONE_PRIOR)
    return prior, nothing


@compiled
def _nothing(likely, mass, none):
    """What a toll says for nothing having happened, in nats."""
    some = log_sum(_prior(mass, none) + likely)
    return max(likely[0], _NEVER) - some


@compiled
def _told(made, i, q, belief, values, edges):
    share = np.exp(belief - log_sum(belief))
    made.none[i, q] = share[0] if share[0] > 1e-12 else 0.0
    for k, want in enumerate((_LOW, 0.5, _HIGH)):
        made.toll[i, q, k] = quantile(values, edges, share[1:], share[0], want)
