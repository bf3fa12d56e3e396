"""Lines of a day: what all of a side's sources say of whatever happened that day, agreed among them rather than copied.

In: accounts, the posterior, how probable each account is as its source's own word. Out: how often each account would be said as
the day's line, judged by the side's accounts of the day's *other* incidents. A day of a side has no line, or names one answer,
which each source then says at a rate of its side; both are learned by EM, starting from hardly any lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from ceasefire.attribute import priors as p
from ceasefire.attribute.kernel import Likeness, Told, answers, chance
from ceasefire.attribute.testimony import Floats, Ints
from ceasefire.compiled import compiled


@dataclass
class Daily:
    """By side: ``lines``, how often a day has none (first) or each answer as its line; ``rate``, how often it is followed;
    ``agreed``: whether lines explain what is said; ``days``: how many were looked at."""

    lines: Floats
    rate: Floats
    agreed: NDArray[np.bool_]
    days: Ints

    def find(
        self,
        told: Told,
        like: Likeness,
        side: Ints,
        echo: Floats,
        incident: Ints,
        day: Ints,
        posterior: Floats,
        terms: Floats,
    ) -> Floats:
        """How often each account would be said whatever happened; learns ``lines`` and ``rate`` on the way.

        Args:
            told, like: accounts, and what sources are like.
            side: of each frame, -1 = none.
            echo: how often each account is said because its leader has said so.
            incident, day: of each account; day -1 = unknown, which is no day that incidents share.
            posterior: incidents x slots.
            terms: accounts x slots, in nats.
        """
        out = np.zeros(len(incident))
        of = side[told.frame]
        use = np.flatnonzero((of >= 0) & (told.value >= 0) & (day >= 0))
        if not len(use):
            return out
        others = _without_own_side(told, of, incident, posterior, terms)
        alone = np.empty(len(incident))
        _alone(incident, told, like, others, alone)
        of, at, alone = of[use], incident[use], np.maximum(echo[use] + (1.0 - echo[use]) * alone[use], 1e-6)
        named = told.base[at, told.value[use]] + 1
        days, when = np.unique(of * (day.max() + 1) + day[use], return_inverse=True)
        parts, which = np.unique(when * np.int64(len(posterior)) + at, return_inverse=True)
        whose, day_of = days // (day.max() + 1), parts // len(posterior)
        n, width = self.lines.shape
        # many accounts of one side on one incident count as few, whether or not the day has a line
        share = 1.0 / (1.0 + (np.bincount(which) - 1.0) * p.RHO_CAMP)

        def gains(rate: Floats) -> tuple[Floats, Floats]:
            """Nats for each line by part of a day, and by day."""
            more, less = np.log((1.0 - rate) + rate / alone), np.log1p(-rate)
            here = np.zeros((len(parts), width))
            np.add.at(here, (which, named), (more - less) * share[which])
            here[:, 1:] += np.bincount(which, less * share[which], minlength=len(parts))[:, None]
            whole = np.zeros((len(days), width))
            np.add.at(whole, day_of, here)
            return here, whole

        # judged by what was expected at the start: what is learned fits whatever is there
        _, whole = gains(np.full(len(of), p.FOLLOW))
        worth = np.bincount(whose, logsumexp(whole, axis=1, b=first_lines(width)), minlength=n)
        self.days = np.bincount(whose, minlength=n)
        self.agreed = agreed = worth > np.maximum(p.DAYS_NATS, p.DAYS_EACH * self.days)
        self.lines[~agreed], self.rate[~agreed] = first_lines(width), p.FOLLOW
        rate = self.rate[of]
        here, whole = gains(rate)
        known = whole + np.log(self.lines[whose])
        found, elsewhere = softmax(known, axis=1), softmax(known[day_of] - here, axis=1)
        out[use] = np.where(agreed[of], rate * elsewhere[which, named], 0.0)
        # what the day's line was, as all its accounts have it, and how many kept to it
        lined = 1.0 - found[when, 0]
        follows = found[when, named] * rate / (rate + (1.0 - rate) * alone)
        kept, could = (np.bincount(of, part, minlength=n) for part in (follows, lined))
        for s in np.flatnonzero(agreed):
            seen = found[whose == s].sum(axis=0) + p.DAYS_WEIGHT * first_lines(width)
            self.lines[s] = seen / seen.sum()
            self.rate[s] = min((kept[s] + p.DAYS_WEIGHT * p.FOLLOW) / (could[s] + p.DAYS_WEIGHT), p.COPY_EVER)
        return out


def no_lines(sides: int, answers: int) -> Daily:
    """Where nothing is known yet."""
    nothing = np.zeros(sides, dtype=np.int64)
    return Daily(
        np.tile(first_lines(answers + 1), (sides, 1)), np.full(sides, p.FOLLOW), nothing > 0, nothing
    )


def first_lines(width: int) -> Floats:
    """Before anything is known: hardly any day has a line, and each answer may be it."""
    return np.concatenate([[1.0 - p.DAYS_LINED], np.full(width - 1, p.DAYS_LINED / (width - 1))])


def _without_own_side(told: Told, of: Ints, incident: Ints, posterior: Floats, terms: Floats) -> Floats:
    """Of each account: the posterior of its incident by all accounts but those of its own side."""
    group, at = np.unique(incident * (of.max() + 2) + of + 1, return_inverse=True)
    mine = np.zeros((len(group), posterior.shape[1]))
    np.add.at(mine, at, terms)
    left = np.log(np.maximum(posterior[incident], 1e-12)) - mine[at]
    return np.asarray(softmax(np.where(told.base[incident] >= 0, left, -np.inf), axis=1))


@compiled
def _alone(incident: Any, told: Any, like: Any, odds: Any, out: Any) -> None:
    """P(what each account says), as its source's own word, the truth being what ``odds`` (accounts x slots) say."""
    for k in range(len(incident)):
        here, s, rows = told.base[incident[k]], told.source[k], like.rows[told.frame[k]]
        slots, said = answers(here), 0.0
        for z in range(slots):
            row = rows[here[z]]
            said += odds[k, z] * chance(
                like.counts[s, row], like.totals[s, row], 0.0, rows, here, told.value[k], z, slots
            )
        out[k] = said
