"""Who tells of what, and what they say: the chances, which the oracle knows too, and the drawing of accounts.

In: the cast and what happened. Out: `Accounts`, arrays of sources x happenings. A source whose leader told of a happening
repeats it word for word with its rate of copying, some hours later; otherwise it speaks for itself, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.attribution_cast import ADHERENCE, HEDGES, NO_CAMP, SIDES, Cast, Floats, Integers, Source, main_foe
from bench.attribution_happenings import GRAVE_SPEAKS, LINES, SILENCE, Happenings
from bench.attribution_scenarios import Knobs

SILENT, NOBODY = -1, -1
# Logarithmic spread of the time to publication, for what is one's own and for copies; median hours to copy.
OWN_SPREAD, COPY_SPREAD, COPY_LAG_DAYS = 0.8, 0.8, 3 / 24
# Keeping silent on a side's order; and how loud those wholly aligned are where a story is agreed.
HUSHED, LOUD = -2.5, 0.3


@dataclass(frozen=True)
class Accounts:
    """Sources x happenings."""

    value: Integers  # -1 silent, else a party, accident, third party; the last value does not say who
    hedged: npt.NDArray[np.bool_]
    cleared: Integers  # the party it clears, -1 for none
    published: Floats  # day; NaN where silent
    copied: npt.NDArray[np.bool_]

    @property
    def told(self) -> npt.NDArray[np.bool_]:
        """Whether anybody tells, by happening."""
        return np.asarray((self.value != SILENT).any(axis=0))

    def first(self, count: int) -> Accounts:
        """Those of the first happenings."""
        return Accounts(**{name: column[:, :count] for name, column in vars(self).items()})


def phases(source: Source, happened: Happenings) -> Integers:
    """The phase of a source at each happening."""
    return (happened.day >= source.changes_at).astype(np.int64)


def side_in(source: Source, phase: int) -> int:
    """The side it follows in a phase; -1 where it follows none."""
    camp = source.camps[phase]
    return NO_CAMP if camp == NO_CAMP or source.aligned[phase] == 0 else SIDES[camp]


def speaks(knobs: Knobs, source: Source, phase: int, line: int) -> Floats:
    """Change of the logit of telling: truths x gravities."""
    by_truth = source.speaks[phase].copy()
    adherence = ADHERENCE * source.aligned[phase]
    if line == SILENCE:
        by_truth += HUSHED * adherence
    elif line and knobs.line == "incident":
        by_truth += adherence * (LOUD - by_truth)
    return np.asarray(by_truth[:, None] + np.array(GRAVE_SPEAKS))


def says(source: Source, phase: int, line: int, parties: int) -> Floats:
    """Murk x truths x (values + 1)."""
    row = source.says[phase]
    if line in (0, SILENCE):
        return np.asarray(row)
    adherence = ADHERENCE * source.aligned[phase]
    value = {"foe": main_foe(side_in(source, phase)), "accident": parties, "third_party": parties + 1}
    followed = (1 - adherence) * row
    followed[..., value[LINES[line]]] += adherence
    return np.asarray(followed)


def tell(knobs: Knobs, cast: Cast, happened: Happenings, rng: np.random.Generator) -> Accounts:
    """Draw the accounts of all sources, leaders first."""
    shape = (len(cast.sources), happened.day.size)
    value, cleared = np.full(shape, SILENT), np.full(shape, NOBODY)
    hedged, copied = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    published = np.full(shape, np.nan)
    for s, source in enumerate(cast.sources):
        own = _own(knobs, cast, source, happened, rng)
        value[s], hedged[s], cleared[s] = own
        delay = np.exp(rng.normal(0, OWN_SPREAD, shape[1])) * source.lag_days
        published[s] = np.where(value[s] == SILENT, np.nan, happened.day + delay)
        if source.leader < 0:
            continue
        lead = source.leader
        copied[s] = (value[lead] != SILENT) & (rng.random(shape[1]) < source.copies)
        for column in (value, hedged, cleared):
            column[s, copied[s]] = column[lead, copied[s]]
        delay = np.exp(rng.normal(0, COPY_SPREAD, shape[1])) * COPY_LAG_DAYS
        published[s, copied[s]] = (published[lead] + delay)[copied[s]]
    return Accounts(value, hedged, cleared, published, copied)


def _own(
    knobs: Knobs, cast: Cast, source: Source, happened: Happenings, rng: np.random.Generator
) -> tuple[Integers, npt.NDArray[np.bool_], Integers]:
    """What a source says for itself: value, whether hedged, whom it clears."""
    count, parties = happened.day.size, len(cast.parties)
    value, cleared = np.full(count, SILENT), np.full(count, NOBODY)
    reach = source.reach[happened.district, happened.week]
    chance, draw, clears = rng.random(count), rng.random(count), rng.random(count)
    phase = phases(source, happened)
    for p, camp in enumerate(source.camps):
        side = side_in(source, p)
        for line in range(len(LINES)) if side != NO_CAMP else (0,):
            of = np.flatnonzero(
                (phase == p) & ((side == NO_CAMP) | (happened.lines[:, max(side, 0)] == line))
            )
            truth = happened.truth[of]
            logit = reach[of] + speaks(knobs, source, p, line)[truth, happened.gravity[of]]
            row = np.cumsum(says(source, p, line, parties), axis=-1)[happened.murky[of], truth]
            said = (draw[of, None] > row[:, :-1]).sum(axis=1)
            tells = chance[of] < 1 / (1 + np.exp(-logit))
            value[of] = np.where(tells, said, SILENT)
            if camp != NO_CAMP:
                denies = tells & (said != camp) & (clears[of] < source.denies[p, truth])
                cleared[of] = np.where(denies, camp, NOBODY)
    rate = np.where(value == happened.truth, HEDGES[1], HEDGES[0])
    hedged = (rng.random(count) < rate) & (value != SILENT) & (value != parties + 2)
    return value, hedged, cleared
