"""From voices to what is most probable: every incident in turn, its four questions tied together.

In: ``Voices``, ``Asked``, ``Tolls``. Out: ``Weighed``. The order of messages: act (did anything happen), killed,
injured given killed, victims; ``SWEEPS`` rounds. That nothing happened means that nobody was hurt, and the other way a toll of
nought makes it likelier.
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
    question, of each answer; ``good``: of each voice, that it is of this and honest."""

    toll: Any
    none: Any
    act: Any
    victims: Any
    good: Any


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
    )
    _all(v, asked_act, asked_victims, tolls, may_be_none, chosen, made)
    return made


@compiled
def _all(v, acts, victims, tolls, may_be_none, chosen, made):
    for k in range(len(chosen)):
        i = chosen[k]
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
    honest_at = np.zeros((len(who), len(values), t.NODES))
    none_at = np.empty(len(who))
    figure_chances(v, who, j0, q, values, edges, tolls.scatter[i, q], honest_at, none_at)
    for m in range(len(who)):
        echo = v.echo[j0 + who[m], q]
        if echo > 0:
            # taken from another, it says the same whatever the toll
            none_at[m] = echo + (1 - echo) * none_at[m]
            strays[m] = echo + (1 - echo) * strays[m]
            for n in range(len(values)):
                for k in range(t.NODES):
                    honest_at[m, n, k] = echo + (1 - echo) * honest_at[m, n, k]
    return who, values, edges, honest_at, none_at, strays


@compiled
def _prior(log_mass, none):
    made = np.empty(len(log_mass) + 1)
    made[0] = math.log(none) if none > 0 else _NEVER
    for k in range(len(log_mass)):
        made[k + 1] = log_mass[k] + math.log(max(1.0 - none, 1e-300))
    return made


@compiled
def _between(killed, values, edges, tolls):
    """P(injured | killed), of those that are there: states x values, the first row for nobody killed."""
    made = np.empty((len(killed) + 1, len(values)))
    alone = masses(edges, tolls.mean[1], tolls.sd[1])
    for m in range(len(values)):
        made[0, m] = math.exp(alone[m])
    for n in range(len(killed)):
        centre = math.log(killed[n]) + tolls.ratio
        total = 0.0
        for m in range(len(values)):
            z = (math.log(values[m]) - centre) / tolls.ratio_sd
            made[n + 1, m] = math.log(edges[m + 1] / edges[m]) * math.exp(-0.5 * z * z) + 1e-30
            total += made[n + 1, m]
        for m in range(len(values)):
            made[n + 1, m] /= total
    return made


@compiled
def _of_killed(between, likely_i, none_given_none, none_given_some, into):
    """Add to each state of killed what the figures of injured say of it."""
    top = likely_i[0]
    for m in range(len(likely_i)):
        top = max(top, likely_i[m])
    for n in range(between.shape[0]):
        none = none_given_none if n == 0 else none_given_some
        total = none * math.exp(likely_i[0] - top)
        for m in range(between.shape[1]):
            total += (1.0 - none) * between[n, m] * math.exp(likely_i[m + 1] - top)
        into[n] += math.log(total + 1e-300)


@compiled
def _of_injured(between, alone, likely_k, none_given_none, none_given_some, into):
    """The prior of each state of injured, given what is known of killed."""
    top = alone[0] + likely_k[0]
    for n in range(len(alone)):
        top = max(top, alone[n] + likely_k[n])
    for m in range(len(into)):
        into[m] = 0.0
    for n in range(len(alone)):
        share = math.exp(alone[n] + likely_k[n] - top)
        none = none_given_none if n == 0 else none_given_some
        into[0] += share * none
        for m in range(between.shape[1]):
            into[m + 1] += share * (1.0 - none) * between[n, m]
    for m in range(len(into)):
        into[m] = math.log(into[m] + 1e-300)


@compiled
def _odds(v, j0, message, left_out, into):
    """Log-odds of each voice by all questions but one."""
    for j in range(len(into)):
        into[j] = v.logit[j0 + j]
        for q in range(4):
            if q != left_out:
                into[j] += message[j, q]


@compiled
def _one(i, v, acts, victims, tolls, may_be_none, made):
    j0, voices = v.start[i], v.start[i + 1] - v.start[i]
    sides = 0
    for j in range(voices):
        sides = max(sides, v.side[j0 + j] + 1)
    message, odds = np.zeros((voices, 4)), np.empty(voices)
    a0, a1 = acts.first[i], acts.first[i + 1]
    b0, b1 = victims.first[i], victims.first[i + 1]
    act_at, act_wild = answer_chances(v, acts, j0, voices, 0, a0, a1)
    who_at, who_wild = answer_chances(v, victims, j0, voices, 1, b0, b1)
    act_prior, nothing = _flat(acts, a0, a1)
    who_prior, _ = _flat(victims, b0, b1)
    who_k, values_k, edges_k, at_k, none_k, stray_k = _figures(v, i, KILLED, tolls)
    who_i, values_i, edges_i, at_i, none_i, stray_i = _figures(v, i, INJURED, tolls)
    likely_k, likely_i = np.zeros(len(values_k) + 1), np.zeros(len(values_i) + 1)
    mass_k, mass_i = masses(edges_k, tolls.mean[0], tolls.sd[0]), masses(edges_i, tolls.mean[1], tolls.sd[1])
    prior_k, prior_i = _prior(mass_k, 0.0), _prior(mass_i, 0.0)
    room_k = tolls.none[0] if may_be_none[i, 0] else 0.0
    room_i = tolls.none[1] if may_be_none[i, 1] else 0.0
    between = np.empty((0, 0))
    both = len(who_k) > 0 and len(who_i) > 0
    if both:
        between = _between(values_k, values_i, edges_i, tolls)
    act_belief, who_belief = act_prior, who_prior
    to_nothing = 0.0
    for _ in range(t.SWEEPS):
        p_nothing = 0.0
        if a1 > a0:
            _odds(v, j0, message, ACT, odds)
            act_belief = ask_answer(v, j0, 0, odds, act_at, act_wild, act_prior, message)
            if nothing >= 0:
                p_nothing = math.exp(act_belief[nothing] - log_sum(act_belief))
                act_belief[nothing] += to_nothing
        zero_k = p_nothing + (1 - p_nothing) * room_k if room_k > 0 else 0.0
        zero_i = p_nothing + (1 - p_nothing) * room_i if room_i > 0 else 0.0
        prior_k, prior_i = _prior(mass_k, zero_k), _prior(mass_i, zero_i)
        to_nothing = 0.0
        if len(who_k) > 0:
            alone = prior_k
            if both:
                prior_k = prior_k.copy()
                _of_killed(between, likely_i, zero_i, room_i, prior_k)
            _odds(v, j0, message, KILLED, odds)
            likely_k = ask_toll(v, who_k, j0, KILLED, sides, odds, at_k, none_k, stray_k, prior_k, message)
            to_nothing += _nothing(likely_k, mass_k, room_k)
            if both:
                _of_injured(between, alone, likely_k, zero_i, room_i, prior_i)
        if len(who_i) > 0:
            _odds(v, j0, message, INJURED, odds)
            likely_i = ask_toll(v, who_i, j0, INJURED, sides, odds, at_i, none_i, stray_i, prior_i, message)
            to_nothing += _nothing(likely_i, mass_i, room_i)
        if b1 > b0:
            _odds(v, j0, message, VICTIMS, odds)
            who_belief = ask_answer(v, j0, 1, odds, who_at, who_wild, who_prior, message)
    _shares(act_belief, made.act, a0)
    _shares(who_belief, made.victims, b0)
    if len(who_k) > 0:
        _summed(made, i, 0, prior_k, likely_k, values_k, edges_k)
    if len(who_i) > 0:
        _summed(made, i, 1, prior_i, likely_i, values_i, edges_i)
    _odds(v, j0, message, -1, odds)
    for j in range(voices):
        made.good[j0 + j] = below(odds[j])


@compiled
def _shares(belief, into, first):
    if len(belief):
        total = log_sum(belief)
        for k in range(len(belief)):
            into[first + k] = math.exp(belief[k] - total)


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
    belief = _prior(mass, none)
    for k in range(len(belief)):
        belief[k] += likely[k]
    return max(likely[0], _NEVER) - log_sum(belief)


@compiled
def _summed(made, i, q, prior, likely, values, edges):
    share = np.empty(len(prior))
    for k in range(len(prior)):
        share[k] = prior[k] + likely[k]
    total = log_sum(share)
    for k in range(len(prior)):
        share[k] = math.exp(share[k] - total)
    made.none[i, q] = share[0] if share[0] > 1e-12 else 0.0
    made.toll[i, q, 0] = quantile(values, edges, share, _LOW)
    made.toll[i, q, 1] = quantile(values, edges, share, 0.5)
    made.toll[i, q, 2] = quantile(values, edges, share, _HIGH)
