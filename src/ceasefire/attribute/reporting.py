"""Who tells of an incident and who keeps silent: reporting as evidence, where a source can be expected to know.

In: accounts, incidents with place and time. Out: ``Reporting``: for each camp's source the incidents that it covers, learned with
the posterior, and one line per incident and camp. Coverage is how much a source tells of what else happened near there and
then, the incident itself left out, so silence counts only where the source had eyes. A camp tells less of what its own side did
than of what others did; how much less is learned by kind and source, shrunk to the elicited figure. What all tell more or less
of (gravity) is an effect of the incident. Sources that never say who did it are never silent: a register blames nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.frames import ALLY, OWN, Frames
from ceasefire.attribute.hearing import Hearing
from ceasefire.attribute.nearby import Nearby, find_nearby
from ceasefire.attribute.silence import Chances, Effects, follow, speak
from ceasefire.attribute.standing import Standing
from ceasefire.attribute.testimony import Floats, Ints

NO_LINES = pl.DataFrame(
    schema={"incident": pl.Int64, "frame": pl.Int64, "covers": pl.Int64, "silent": pl.Int64}
)


@dataclass
class Reporting:
    """Opportunities (``source``, ``incident``) and whether it ``tells``. ``slots``: incidents x slots, the base answer of each;
    ``near``: what else happened there; ``tellers``: incidents x sources.
    ``elicited``, and what is learned: ``effects``; ``alike``: by frame, how far silences go together.
    """

    frames: Frames
    source: Ints
    incident: Ints
    tells: NDArray[np.bool_]
    slots: Ints
    near: Nearby
    tellers: Floats
    elicited: Floats
    effects: Effects
    alike: Floats

    def stand(self, standing: Standing, day: Floats) -> None:
        """Let sources stand so. ``day``: of each incident."""
        self.standing = standing
        speaker = standing.speaker(self.source, day[self.incident])
        frame = standing.frame[speaker]
        self.order = np.lexsort((self.source, frame, self.incident))
        self.speaker, self.frame = speaker[self.order], frame[self.order]
        by_speaker = np.zeros((len(standing.owner), self.elicited.shape[2]))
        self.effects = self.effects._replace(by_speaker=by_speaker)
        self.hear(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))

    def hear(self, incident: Ints, source: Ints, copied: Floats) -> None:
        """Take some tellings for copied with these chances: that a source repeats what another told is no choice to tell."""
        share = np.zeros_like(self.tellers)
        np.maximum.at(share, (incident, source), copied)
        at, source = self.incident, self.source
        own = self.tellers - np.minimum(share, self.tellers)
        could = 1.0 - share[at, source]
        told = self.tells * could
        chances = np.bincount(source, could, minlength=own.shape[1])
        usual = np.bincount(source, told, minlength=own.shape[1]) / np.maximum(chances, 1.0)
        w = p.COVER_WEIGHT
        local = (self.near.around(own)[at, source] + w * usual[source]) / (
            self.near.around(1.0 - share)[at, source] + w
        )
        rate = (self.near.then(own)[at, source] + 2 * w * local) / (
            self.near.then(1.0 - share)[at, source] + 2 * w
        )
        rate = np.clip(rate, 0.005, 0.98)
        size = np.arange(len(self.slots) + 1)
        ordered, camped = at[self.order], self.frames.camped[self.frame]
        start = np.searchsorted(ordered, size)
        free = start[:-1] + np.bincount(ordered, camped, minlength=len(self.slots)).astype(np.int64)
        self.chances = Chances(
            start,
            free,
            self.speaker,
            self.frame,
            self.frames.kind[source[self.order]],
            self.tells[self.order],
            np.log(rate / (1.0 - rate))[self.order],
            could[self.order],
            self.frames.rows,
            self.slots,
        )
        key = ordered[camped] * len(self.frames.camps) + self.frame[camped]
        group, which, covers = np.unique(key, return_inverse=True, return_counts=True)
        silent = np.bincount(which, ~self.chances.told[camped], minlength=len(group))
        self.told_of = pl.DataFrame(
            {
                "incident": group // len(self.frames.camps),
                "frame": group % len(self.frames.camps),
                "covers": covers,
                "silent": silent.astype(np.int64),
            },
            schema=NO_LINES.schema,
        )
        self.at = np.searchsorted(self.told_of["incident"].to_numpy(), size)

    def learn(self, posterior: Floats) -> None:
        """One step on each effect, given who did it (ridge penalties in ``priors``)."""
        follow(
            self.chances, self.effects, posterior, self.elicited, self.frames.camped,
            p.SILENCE_VARIANCE, p.SILENCE_SOURCE_VARIANCE, p.GRAVITY_VARIANCE,
        )  # fmt: skip
        found = (self.shared[:, 0] + p.SILENCE_PAIRS * p.RHO_SILENCE) / (self.shared[:, 1] + p.SILENCE_PAIRS)
        self.alike = np.clip(found, p.RHO_LEAST, 1.0)

    def lines(self, posterior: Floats) -> tuple[pl.DataFrame, Floats]:
        """Per incident and frame: how many cover it and how many of them keep silent; and the nats for each slot.

        Also looks, ``posterior`` being who did it, at how far the silences of a camp go together.
        """
        terms, self.shared = (
            np.zeros((self.told_of.height, self.slots.shape[1])),
            np.zeros((len(self.alike), 2)),
        )
        speak(self.chances, self.effects, self.alike, self.at, terms, posterior, self.shared)
        return self.told_of, terms


def watch(
    accounts: Accounts, incidents: pl.DataFrame | None, hearing: Hearing, frames: Frames
) -> Reporting | None:
    """Where sources had eyes; None where no two incidents have place and time."""
    near = find_nearby(accounts.incidents, incidents)
    if near is None:
        return None
    n, n_sources = len(accounts.incidents), len(frames.declared)
    tells, blames = np.zeros((n, n_sources)), np.zeros((n, n_sources))
    names = hearing.value >= 0
    tells[accounts.claims["incident"].to_numpy(), accounts.claims["source"].to_numpy()] = 1.0
    blames[hearing.incident[names], hearing.source[names]] = 1.0
    at, source = np.nonzero(near.around(blames) >= p.SILENCE_MIN_REPORTS)
    if not len(at):
        return None
    elicited = np.zeros_like(frames.elicited[:, :, :, 0])
    elicited[:, :, [OWN, ALLY]] = -p.SILENCE_OWN * frames.follows[None, :, None]
    elicited[~frames.camped] = 0.0
    effects = Effects(elicited.copy(), np.zeros_like(elicited[0, :0]), np.zeros(n))
    alike = np.full(len(frames.camps), p.RHO_SILENCE)
    says = tells[at, source] > 0
    return Reporting(frames, source, at, says, hearing.base, near, tells, elicited, effects, alike)
