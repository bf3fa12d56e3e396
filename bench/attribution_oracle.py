"""What could be known at best: the posterior of one who knows how every source tells, copies and keeps silent.

In: the cast, what happened (where and when; not by whom, how gravely, how murkily or under which lines) and the accounts. Out:
happenings x truths. Exact: gravity, murk and lines are summed over, those of a day jointly for all its happenings; an account
that says what its leader said is a copy or not, by its time and by how likely the source was to say it. With ``origins`` it
is known which are copies. The one thing beyond the tables: happenings that nobody told of are known to have happened.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_expit, logsumexp

from bench.attribution_cast import HEDGES, NO_CAMP, Cast, Floats, Integers, Source
from bench.attribution_happenings import GRAVITY, LINE_SHARES, LINES, Happenings, line_allowed
from bench.attribution_scenarios import Knobs
from bench.attribution_telling import (
    COPY_LAG_DAYS,
    COPY_SPREAD,
    NOBODY,
    OWN_SPREAD,
    SILENT,
    Accounts,
    phases,
    says,
    side_in,
    speaks,
)

# Happenings reckoned with at a time.
PIECE = 2_000


def posterior(
    knobs: Knobs, cast: Cast, happened: Happenings, accounts: Accounts, origins: bool = False
) -> Floats:
    """Happenings x truths, rows sum to 1."""
    parts = [
        _joint(
            knobs, cast, happened, accounts, origins, np.arange(first, min(first + PIECE, happened.day.size))
        )
        for first in range(0, happened.day.size, PIECE)
    ]
    joint = np.concatenate(parts)  # happenings x truths x lines of side 0 x lines of side 1
    if knobs.line != "day":
        return np.exp(_normalised(logsumexp(joint, axis=(2, 3))))
    # The lines of a day are known from all its happenings together.
    within = logsumexp(joint, axis=1)
    day = happened.day.astype(np.int64)
    total = np.zeros((day.max() + 1, *within.shape[1:]))
    np.add.at(total, day, within)
    shares = _log(np.array(LINE_SHARES["day"]))
    total += shares[:, None] + shares[None, :]
    total -= logsumexp(total, axis=(1, 2), keepdims=True)
    given = joint - within[:, None] + total[day][:, None]
    return np.exp(_normalised(logsumexp(given, axis=(2, 3))))


def _joint(
    knobs: Knobs, cast: Cast, happened: Happenings, accounts: Accounts, origins: bool, of: Integers
) -> Floats:
    """Logarithm of P(truth, accounts | lines), and of the lines where they are of one incident; gravity and murk summed."""
    truths = len(cast.truths)
    # Happenings x truths x gravities x murk, of sources without a side and, by line, of each side's.
    free = np.zeros((of.size, truths, len(GRAVITY), 2))
    lined = [
        np.zeros((len(LINES) if knobs.line != "none" else 1, of.size, truths, len(GRAVITY), 2))
        for _ in (0, 1)
    ]
    for s, source in enumerate(cast.sources):
        phase = phases(source, happened)[of]
        for p in range(len(source.camps)):
            some = np.flatnonzero(phase == p)
            side = side_in(source, p)
            if side == NO_CAMP:
                free[some] += _account(knobs, cast, happened, accounts, origins, s, p, 0, of[some])
                continue
            for line in range(lined[side].shape[0]):
                lined[side][line, some] += _account(
                    knobs, cast, happened, accounts, origins, s, p, line, of[some]
                )
    free += np.log(happened.shares[happened.district[of]])[:, :, None, None]
    free += np.log(GRAVITY)[:, None] + _log(np.array([1 - happened.murky_share, happened.murky_share]))
    joint = np.empty((of.size, truths, lined[0].shape[0], lined[1].shape[0]))
    for first in range(joint.shape[2]):
        for second in range(joint.shape[3]):
            joint[:, :, first, second] = logsumexp(free + lined[0][first] + lined[1][second], axis=(2, 3))
    if knobs.line == "incident":
        joint += _line_of_incident(cast)
    return joint


def _line_of_incident(cast: Cast) -> Floats:
    """Logarithm of the chance of lines given the truth: truths x lines x lines."""
    allowed = line_allowed(cast, np.arange(len(cast.truths)))
    nothing = np.eye(len(LINES))[0]
    agreed = np.array(LINE_SHARES["incident"])
    chance = np.where(allowed[:, :, None], agreed, nothing)  # truths x sides x lines
    return _log(chance[:, 0, :, None] * chance[:, 1, None, :])


def _account(
    knobs: Knobs,
    cast: Cast,
    happened: Happenings,
    accounts: Accounts,
    origins: bool,
    s: int,
    phase: int,
    line: int,
    of: Integers,
) -> Floats:
    """Logarithm of the chance of what source ``s`` did: happenings x truths x gravities x murk."""
    source = cast.sources[s]
    own = _own(knobs, cast, source, happened, accounts, s, phase, line, of)
    if source.leader < 0:
        return own
    lead = source.leader
    led = accounts.value[lead, of] != SILENT
    silent = accounts.value[s, of] == SILENT
    if origins:
        # A copy tells nothing of the truth, for whatever it was, it would have been copied.
        copied = accounts.copied[s, of]
        own[copied] = 0.0
        return own
    rate = np.where(led, source.copies, 0.0)
    same = led & ~silent
    for column in (accounts.value, accounts.hedged, accounts.cleared):
        same &= column[s, of] == column[lead, of]
    with np.errstate(invalid="ignore", divide="ignore"):
        after = np.where(same, accounts.published[s, of] - accounts.published[lead, of], np.nan)
        delay = np.where(silent, np.nan, accounts.published[s, of] - happened.day[of])
        as_copy = np.log(rate) + _log_normal(after, COPY_LAG_DAYS, COPY_SPREAD)
        as_own = np.log1p(-rate) + np.where(silent, 0.0, _log_normal(delay, source.lag_days, OWN_SPREAD))
    own += as_own[:, None, None, None]
    return np.logaddexp(own, as_copy[:, None, None, None])


def _own(
    knobs: Knobs,
    cast: Cast,
    source: Source,
    happened: Happenings,
    accounts: Accounts,
    s: int,
    phase: int,
    line: int,
    of: Integers,
) -> Floats:
    """The same, of a source that speaks for itself or keeps silent; times apart."""
    parties, truths = len(cast.parties), len(cast.truths)
    value, cleared = accounts.value[s, of], accounts.cleared[s, of]
    hedged = accounts.hedged[s, of]
    reach = source.reach[happened.district[of], happened.week[of]]
    logit = reach[:, None, None] + speaks(knobs, source, phase, line)
    silent = value == SILENT
    chance = np.where(silent[:, None, None], log_expit(-logit), log_expit(logit))[..., None]
    # Murk x truths, of each happening's value.
    said = _log(says(source, phase, line, parties))[:, :, np.where(silent, 0, value)]
    content = said.transpose(2, 1, 0)
    right = value[:, None] == np.arange(truths)
    hedge = np.where(right, HEDGES[1], HEDGES[0])
    names = (value != SILENT) & (value < truths)
    content = (
        content
        + np.where(names[:, None], np.log(np.where(hedged[:, None], hedge, 1 - hedge)), 0.0)[:, :, None]
    )
    content += _clearing(source, phase, value, cleared)[:, :, None]
    return np.asarray(chance + np.where(silent[:, None, None], 0.0, content)[:, :, None, :])


def _clearing(source: Source, phase: int, value: Integers, cleared: Integers) -> Floats:
    """Logarithm of the chance that it clears whom it clears: happenings x truths."""
    camp, denies = source.camps[phase], source.denies[phase]
    may = (camp != NO_CAMP) & (value != camp)
    chance = np.where(may[:, None], denies, 0.0)
    nobody = (cleared == NOBODY)[:, None]
    by_itself = np.where((cleared == camp)[:, None], chance, 0.0)
    return _log(np.where(nobody, 1 - chance, by_itself))


def _log_normal(x: Floats, median: float, spread: float) -> Floats:
    """Logarithm of the density, minus infinity where there is nothing to measure."""
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (np.log(x) - np.log(median)) / spread
        found = -np.log(x * spread * np.sqrt(2 * np.pi)) - z * z / 2
    return np.where(np.isfinite(found), found, -np.inf)


def _normalised(x: Floats) -> Floats:
    return np.asarray(x - logsumexp(x, axis=1, keepdims=True))


def _log(x: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x))
