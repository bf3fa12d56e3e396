"""Weighs all accounts of an incident together: killed, injured, act and victims share whether each account is to be believed.

In: voices by incident with their figures and answers, and what sources are like. Out: quantiles of the tolls, chances of the
answers, and how probably each account is of this and honest. Method: tolls on a grid, a side's shared error by quadrature,
and messages (belief propagation) through the accounts, which tie the four questions to each other.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ceasefire.attribute.toll import thresholds as t
from ceasefire.compiled import compiled, lean

_GRAINS = np.array(t.GRAINS, dtype=np.float64)
_ROUNDED = np.array(t.ROUNDED)
_GRAIN_FROM = np.array(t.GRAIN_FROM, dtype=np.float64)
_AT = t.SPACING * (np.arange(t.NODES) - (t.NODES - 1) / 2)
_SHARE = np.exp(-0.5 * _AT**2) / np.exp(-0.5 * _AT**2).sum()
_LEAST = 1e-300
_SCALE = math.sqrt(3.0) / math.pi  # of the logistic with a standard deviation of one
_POINTS, _NODES = t.POINTS, t.NODES
KILLED, INJURED, ACT, VICTIMS = 0, 1, 2, 3
_NO_CASE = 0.01  # an honest account of an act, or a figure above nought, though nothing happened


class Voices(NamedTuple):
    """Voices of incident i are ``start[i]:start[i + 1]``. ``logit``: of being of this and honest, before; ``side``: number of its
    side within the incident, from 0; ``error``: standard deviation of that side's shared error (voices x 2). Figures (voices x 2):
    ``how`` (0 none, 1 exact, 2 at least, 3 at most, 4 range), ``least``, ``most``, ``shift`` (log factor), ``weight``,
    ``echo`` (chance that it is taken from an earlier one), ``listed`` (chance that it is the toll itself). Answers (voices x 2, act
    and victims): ``answer`` (place among those of the incident, -1 none), ``plain`` (1, less if hedged), ``heed`` (weight);
    ``denial``: P(it denies | it happened) / P(it denies | nothing did), 0 if it does not."""

    start: Any
    logit: Any
    side: Any
    error: Any
    how: Any
    least: Any
    most: Any
    shift: Any
    weight: Any
    echo: Any
    listed: Any
    answer: Any
    plain: Any
    heed: Any
    denial: Any


class Asked(NamedTuple):
    """Answers of incident i to question q are ``first[q][i]:first[q][i + 1]``, the last "not named"; ``word``: the number of each
    (-1 not named, -2 nothing happened); ``like``: words x words, relative chance of saying the one where the other is true."""

    first: Any
    word: Any
    like: Any


class Tolls(NamedTuple):
    """By quantity: ``mean``, ``sd`` of log tolls, ``none`` (chance of nought if it is open); ``scatter``: incidents x quantities.
    ``ratio``, ``ratio_sd``: of the logarithm of injured for one killed."""

    mean: Any
    sd: Any
    scatter: Any
    none: Any
    ratio: float
    ratio_sd: float


@lean
def below(x: float) -> float:
    """Standard logistic distribution function."""
    if x > 0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


@lean
def edge_of(n: float) -> float:
    """The logarithm of an edge between two figures."""
    return math.log(max(n, 0.5))


@compiled
def figure_chances(v, told, j0, q, values, edges, s, honest_at, none_at):
    """Of each voice with a figure: P(it | the toll, its side's shared error) at every value and node, and where nobody was hurt.

    An honest count is logistic on the logarithm, of scale ``s``: P(below an edge) needs one power for each value, node and edge.
    """
    powers, falls = np.empty(len(values)), np.empty(len(values))
    for n in range(len(values)):
        powers[n] = math.exp(math.log(values[n]) / s)
        falls[n] = math.exp(-math.log(values[n]) / t.EXCESS)
    for m in range(len(told)):
        j = j0 + told[m]
        how, least, most, shift = v.how[j, q], v.least[j, q], v.most[j, q], v.shift[j, q]
        none_at[m] = 1.0 if how in (1, 4) and least == 0 else 0.0
        share = 1.0
        if how == 1:
            listed = v.listed[j, q]
            for n in range(len(values)):
                if edges[n] < least <= edges[n + 1]:
                    for k in range(_NODES):
                        honest_at[m, n, k] += listed / max(edges[n + 1] - edges[n], 1.0)
            share -= listed
            if least > 0:
                for k in range(len(_GRAINS)):
                    if least >= _GRAIN_FROM[k] and least % _GRAINS[k] == 0:
                        share -= _ROUNDED[k]
                        _add_cell(
                            v,
                            j,
                            q,
                            powers,
                            s,
                            least - _GRAINS[k] / 2,
                            least + _GRAINS[k] / 2,
                            _ROUNDED[k],
                            honest_at,
                            m,
                        )
            _add_cell(v, j, q, powers, s, least - 0.5, least + 0.5, share, honest_at, m)
        elif how == 4:
            _add_cell(v, j, q, powers, s, least - 0.5, most + 0.5, 1.0, honest_at, m)
        else:
            bound = math.log(max(least if how == 2 else most, 0.5))
            width = max(edge_of(math.exp(bound) + 0.5) - edge_of(math.exp(bound) - 0.5), 0.05) / t.EXCESS
            for k in range(_NODES):
                moved = shift + v.error[j, q] * _AT[k]
                # the chance falls with the logarithm of what lies beyond the bound
                fall = math.exp(-(moved - bound) / t.EXCESS)
                power = math.exp((moved - bound) / s)
                for n in range(len(values)):
                    beyond = powers[n] * power
                    if how == 2:
                        honest_at[m, n, k] = width * beyond / (1.0 + beyond) * min(falls[n] * fall, 1.0)
                    else:
                        honest_at[m, n, k] = width / (1.0 + beyond) * min(1.0 / (falls[n] * fall), 1.0)
            if how == 3:
                none_at[m] = width * math.exp(-max(bound - math.log(0.5), 0.0) / t.EXCESS)


@lean
def _add_cell(v, j, q, powers, s, low, high, share, into, m):
    """Add the chance that an honest count lies between two edges; the lower one is open below one half."""
    first, last = math.exp(-edge_of(low) / s), math.exp(-edge_of(high) / s)
    for k in range(_NODES):
        moved = math.exp((v.shift[j, q] + v.error[j, q] * _AT[k]) / s)
        for n in range(len(powers)):
            power = powers[n] * moved
            below_low = 0.0 if low < 0.5 else 1.0 / (1.0 + power * first)
            into[m, n, k] += share * (1.0 / (1.0 + power * last) - below_low)


@lean
def stray(how: int, least: float, most: float, mean: float, sd: float) -> float:
    """P(this figure | it is of something else)."""
    if how == 1 and least == 0:
        return t.STRAY_NONE
    value = least if how == 2 else most if how == 3 else 0.0
    if how in (1, 2, 3):
        n = least if how == 1 else value
        low, high = edge_of(n - 0.5), edge_of(n + 0.5)
    else:
        low, high = edge_of(least - 0.5), edge_of(most + 0.5)
    made = smaller(high, mean, sd) - smaller(low, mean, sd)
    if how == 4 and least == 0:
        made += t.STRAY_NONE
    return float(max(made, 1e-9))


@lean
def smaller(edge: float, mean: float, sd: float) -> float:
    """P(a toll lies below this edge, a logarithm): logistic on the logarithm, whose tail falls as a power, as tolls of war do."""
    return float(below((edge - mean) / (sd * _SCALE)))


@compiled
def spread(lowest, highest):
    """Values of a toll that are weighed, and the edges of their cells: all whole numbers, or so many at even ratios."""
    least, most = max(1.0, math.floor(lowest / t.REACH)), math.ceil(highest * t.REACH) + 3.0
    if most - least + 1 <= _POINTS:
        count = int(most - least) + 1
        values = least + np.arange(count)
    else:
        values = np.empty(_POINTS)
        value, count = least, 0
        while count < _POINTS:
            values[count] = value
            count += 1
            if count == _POINTS or value >= most:
                break
            step = (most / value) ** (1.0 / (_POINTS - count))
            value = max(value + 1.0, math.floor(value * step + 0.5))
        values = values[:count].copy()
    edges = np.empty(count + 1)
    edges[0] = values[0] - 0.5
    for k in range(1, count):
        edges[k] = (values[k - 1] + values[k]) / 2
    edges[count] = values[count - 1] + 0.5
    return values, edges


@compiled
def masses(edges, mean, sd):
    """Logarithm of the mass of each cell, of those that are there."""
    made = np.empty(len(edges) - 1)
    total, lower = 0.0, smaller(edge_of(edges[0]), mean, sd)
    for k in range(len(made)):
        upper = smaller(edge_of(edges[k + 1]), mean, sd)
        made[k] = max(upper - lower, 1e-30)
        total += made[k]
        lower = upper
    for k in range(len(made)):
        made[k] = math.log(made[k] / total)
    return made


@compiled
def log_sum(x):
    """Logarithm of the sum of exponentials."""
    top, total = x[0], 0.0
    for k in range(len(x)):
        top = max(top, x[k])
    if top < -1e290:
        return top
    for k in range(len(x)):
        total += math.exp(x[k] - top)
    return top + math.log(total)


@compiled
def told(v, j0, j1, q):
    """The voices that give a figure, by their place in the incident."""
    found = np.empty(j1 - j0, dtype=np.int64)
    count = 0
    for j in range(j0, j1):
        if v.how[j, q] > 0 and v.weight[j, q] > 0:
            found[count] = j - j0
            count += 1
    return found[:count]


@compiled
def ask_toll(v, told, j0, q, sides, odds, honest_at, none_at, strays, prior, message):
    """One pass over a toll: fills the messages to its voices. Returns the log-likelihood of each state (nobody, then the values).

    The voices of a side are multiplied at each value and node, scaled so that a thousand of them do not run out of numbers.
    """
    states = honest_at.shape[1]
    part = np.ones((sides, states, _NODES))
    own = np.empty((len(told), states, _NODES))
    of_none = 0.0
    scale = np.zeros(sides)
    none_of = np.empty(len(told))
    for m in range(len(told)):
        j = told[m]
        good = below(odds[j])
        weight, side = v.weight[j0 + j, q], v.side[j0 + j]
        wild = (1 - good) * strays[m]
        none_of[m] = weight * math.log(max(good * none_at[m] + wild, _LEAST))
        of_none += none_of[m]
        top = 0.0
        for n in range(states):
            for k in range(_NODES):
                chance = good * honest_at[m, n, k] + wild
                if weight != 1.0:
                    chance **= weight
                own[m, n, k] = chance
                part[side, n, k] *= chance
                top = max(top, part[side, n, k])
        for n in range(states):
            for k in range(_NODES):
                part[side, n, k] /= top
        scale[side] += math.log(top)
    by_side = np.empty((sides, states))
    likely = np.zeros(states + 1)
    likely[0] = of_none
    for g in range(sides):
        likely[0] -= scale[g]
    for g in range(sides):
        for n in range(states):
            total = 0.0
            for k in range(_NODES):
                total += _SHARE[k] * part[g, n, k]
            by_side[g, n] = max(total, _LEAST)
            likely[n + 1] += math.log(by_side[g, n])
    top = prior[0] + likely[0]
    for n in range(states + 1):
        top = max(top, prior[n] + likely[n])
    mass = np.empty(states)
    for n in range(states):
        mass[n] = math.exp(prior[n + 1] + likely[n + 1] - top)
    for m in range(len(told)):
        j = told[m]
        side = v.side[j0 + j]
        # without its own word
        total = math.exp(prior[0] + likely[0] - top - none_of[m])
        made = total * none_at[m]
        for n in range(states):
            base = mass[n] / by_side[side, n]
            for k in range(_NODES):
                share = base * _SHARE[k] * part[side, n, k] / own[m, n, k]
                total += share
                made += share * honest_at[m, n, k]
        message[j, q] = math.log(max(made / max(total, _LEAST), _LEAST)) - math.log(strays[m])
    return likely


@compiled
def answer_chances(v, a, j0, voices, q, first, last):
    """P(what each voice says | each answer) where it is honest, and where it is not."""
    count = last - first
    chances = np.zeros((voices, count))
    wild = np.zeros(voices)
    norm = np.zeros(count)
    words = 0
    for x in range(count):
        if a.word[first + x] >= 0:
            words += 1
            for z in range(count):
                norm[z] += _likeness(a, first + x, first + z)
    for j in range(voices):
        said = v.answer[j0 + j, q]
        if said < 0:
            continue
        if a.word[first + said] == -2:
            for z in range(count):
                chances[j, z] = t.DENIED * (1.0 if a.word[first + z] == -2 else v.denial[j0 + j])
            wild[j] = t.DENIED * 0.5
            continue
        plain = v.plain[j0 + j, q]
        even = 1.0 / (words + 1)
        for z in range(count):
            one = _likeness(a, first + said, first + z) / (norm[z] + t.MISNAMED)
            chances[j, z] = plain * one + (1 - plain) * even
            if a.word[first + z] == -2:
                chances[j, z] = _NO_CASE
        wild[j] = even
    return chances, wild


@lean
def _likeness(a: Any, said: int, true: int) -> float:
    if a.word[said] < 0 or a.word[true] < 0:
        return t.MISNAMED
    return float(a.like[a.word[said], a.word[true]])


@compiled
def ask_answer(v, j0, q, odds, chances, wild, prior, message):
    """One pass over a question of words: the belief in each answer; fills the messages to its voices."""
    voices, count = chances.shape
    belief = prior.copy()
    own = np.zeros((voices, count))
    for j in range(voices):
        if v.answer[j0 + j, q] >= 0 and v.heed[j0 + j, q] > 0:
            good = below(odds[j])
            for z in range(count):
                own[j, z] = v.heed[j0 + j, q] * math.log(good * chances[j, z] + (1 - good) * wild[j])
                belief[z] += own[j, z]
    for j in range(voices):
        if v.answer[j0 + j, q] >= 0 and v.heed[j0 + j, q] > 0:
            top, total, made = belief[0] - own[j, 0], 0.0, 0.0
            for z in range(count):
                top = max(top, belief[z] - own[j, z])
            for z in range(count):
                share = math.exp(belief[z] - own[j, z] - top)
                total += share
                made += share * chances[j, z]
            message[j, 2 + q] = math.log(made / total) - math.log(wild[j])
    return belief


@compiled
def quantile(values, edges, share, want):
    """The number below which so much lies, between the edges of its cell. ``share``: of nobody, then of each value."""
    passed = share[0]
    if passed >= want:
        return 0.0
    for k in range(len(values)):
        mass = share[k + 1]
        if passed + mass >= want or k == len(values) - 1:
            if edges[k + 1] - edges[k] <= 1.0:
                return values[k]
            part = min(max((want - passed) / max(mass, _LEAST), 0.0), 1.0)
            return math.floor(edges[k] + part * (edges[k + 1] - edges[k]) + 0.5)
        passed += mass
    return values[len(values) - 1]
