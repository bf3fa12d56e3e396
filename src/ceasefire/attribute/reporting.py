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
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.frames import ALLY, OWN, Frames
from ceasefire.attribute.hearing import Hearing
from ceasefire.attribute.standing import Standing
from ceasefire.attribute.testimony import Floats, Ints, effective

_KM_PER_DEGREE = 111.2
NO_LINES = pl.DataFrame(
    schema={"incident": pl.Int64, "frame": pl.Int64, "covers": pl.Int64, "silent": pl.Int64}
)


@dataclass
class Reporting:
    """Opportunities (source, incident): whether it ``tells``, its ``base`` (logit of telling there and then).

    ``slots``: incidents x slots, the base answer of each; ``near``: incidents x incidents, those of one place. By standing: whether
    it is ``heard`` (one of a camp), ``rows`` of its slots, ``speaker``, ``frame`` and ``kind``. ``by_kind`` (frames x kinds x rows)
    and ``by_speaker``: change of the logit by row of the truth; ``gravity``: of each incident.
    """

    frames: Frames
    source: Ints
    incident: Ints
    tells: NDArray[np.bool_]
    base: Floats
    slots: Ints
    near: csr_matrix
    elicited: Floats
    by_kind: Floats
    gravity: Floats

    def stand(self, standing: Standing, day: Floats) -> None:
        """Let sources stand so. ``day``: of each incident."""
        speaker = standing.speaker(self.source, day[self.incident])
        self.heard = np.flatnonzero(self.frames.camped[standing.frame[speaker]])
        self.speaker = speaker[self.heard]
        self.frame = standing.frame[self.speaker]
        self.kind = self.frame * self.elicited.shape[1] + self.frames.kind[self.source[self.heard]]
        self.at, self.told, self.usual = (
            self.incident[self.heard],
            self.tells[self.heard],
            self.base[self.heard],
        )
        slots = self.slots[self.at]
        self.rows = np.where(slots >= 0, self.frames.rows[self.frame[:, None], np.maximum(slots, 0)], 0)
        self.by_speaker = np.zeros((len(standing.owner), self.elicited.shape[2]))
        self._refresh()

    def _refresh(self) -> None:
        """The logit of telling, by opportunity and slot, as the effects now stand."""
        kinds = self.by_kind.reshape(-1, self.by_kind.shape[2])
        change = kinds[self.kind[:, None], self.rows] + self.by_speaker[self.speaker[:, None], self.rows]
        self.logit: Floats = (self.usual + self.gravity[self.at])[:, None] + change

    def learn(self, posterior: Floats) -> None:
        """One Newton step on each effect, given who did it (ridge penalties in ``priors``)."""
        weight = posterior[self.at]
        chance = 1.0 / (1.0 + np.exp(-self.logit))
        off, bend = weight * (self.told[:, None] - chance), weight * chance * (1.0 - chance)
        self.gravity += _step(self.at, off.sum(axis=1), bend.sum(axis=1), self.gravity, p.GRAVITY_VARIANCE)
        shape = self.by_kind.shape
        cell = (self.kind[:, None] * shape[2] + self.rows).ravel()
        gap = (self.by_kind - self.elicited).ravel()
        self.by_kind += _step(cell, off.ravel(), bend.ravel(), gap, p.SILENCE_VARIANCE).reshape(shape)
        one = self.by_speaker.shape
        cell = (self.speaker[:, None] * one[1] + self.rows).ravel()
        step = _step(cell, off.ravel(), bend.ravel(), self.by_speaker.ravel(), p.SILENCE_SOURCE_VARIANCE)
        self.by_speaker += step.reshape(one)
        self._refresh()

    def lines(self) -> tuple[pl.DataFrame, Floats]:
        """Per incident and frame: how many cover it and how many of them keep silent; and the nats for each slot.

        Sources of one camp share their reasons to be silent, so many count as few (``priors.RHO_SILENCE``).
        """
        each = -np.log1p(np.exp(np.where(self.told[:, None], -self.logit, self.logit)))
        size = len(self.frames.camps)
        group, at = np.unique(self.at * size + self.frame, return_inverse=True)
        covers = np.bincount(at, minlength=len(group)).astype(np.float64)
        silent = np.bincount(at, ~self.told, minlength=len(group))
        columns = [np.bincount(at, column, minlength=len(group)) for column in each.T]
        terms: Floats = np.stack(columns, axis=1).astype(np.float64)
        terms *= (effective(covers, np.array(p.RHO_SILENCE)) / np.maximum(covers, 1.0))[:, None]
        told = pl.DataFrame(
            {
                "incident": group // size,
                "frame": group % size,
                "covers": covers.astype(np.int64),
                "silent": silent.astype(np.int64),
            }
        )
        return told, terms


def _step(cell: Ints, off: Floats, bend: Floats, value: Floats, variance: float) -> Floats:
    rise = np.bincount(cell, off, minlength=len(value)) - value / variance
    fall = np.bincount(cell, bend, minlength=len(value)) + 1.0 / variance
    return np.clip(rise / fall, -0.5, 0.5)


def watch(
    accounts: Accounts, incidents: pl.DataFrame | None, hearing: Hearing, frames: Frames
) -> Reporting | None:
    """Where sources had eyes; None where no incident has place and time."""
    if incidents is None or not {"latitude", "longitude", "occurred_from"} <= set(incidents.columns):
        return None
    n, n_sources = len(accounts.incidents), len(frames.declared)
    where, day = _places(accounts, incidents)
    placed = np.flatnonzero(np.isfinite(where[:, 0]) & np.isfinite(day))
    if len(placed) < 2:
        return None
    pairs = placed[cKDTree(where[placed]).query_pairs(p.NEAR_KM, output_type="ndarray")].reshape(-1, 2)
    near = _both(pairs, n)
    then = _both(pairs[np.abs(day[pairs[:, 0]] - day[pairs[:, 1]]) <= p.NEAR_DAYS], n)
    tells, blames = np.zeros((n, n_sources)), np.zeros((n, n_sources))
    names = hearing.value >= 0
    tells[accounts.claims["incident"].to_numpy(), accounts.claims["source"].to_numpy()] = 1.0
    blames[hearing.incident[names], hearing.source[names]] = 1.0
    named_near, told_near, told_then = near @ blames, near @ tells, then @ tells
    at, source = np.nonzero(named_near >= p.SILENCE_MIN_REPORTS)
    if not len(at):
        return None
    there, lately = np.asarray(near.sum(axis=1)).ravel()[at], np.asarray(then.sum(axis=1)).ravel()[at]
    says = tells[at, source] > 0
    chances = np.maximum(np.bincount(source, minlength=n_sources), 1)
    usual = np.bincount(source, says, minlength=n_sources) / chances
    local = (told_near[at, source] + p.COVER_WEIGHT * usual[source]) / (there + p.COVER_WEIGHT)
    rate = (told_then[at, source] + 2 * p.COVER_WEIGHT * local) / (lately + 2 * p.COVER_WEIGHT)
    rate = np.clip(rate, 0.005, 0.98)
    elicited = np.zeros(frames.elicited.shape[:3])
    elicited[:, :, [OWN, ALLY]] = -p.SILENCE_OWN * frames.follows[None, :, None]
    elicited[~frames.camped] = 0.0
    return Reporting(
        frames,
        source,
        at,
        says,
        np.log(rate / (1.0 - rate)),
        hearing.base,
        near,
        elicited,
        elicited.copy(),
        np.zeros(n),
    )


def _both(pairs: Ints, n: int) -> csr_matrix:
    one, two = pairs[:, 0], pairs[:, 1]
    ends = np.concatenate([one, two]), np.concatenate([two, one])
    return csr_matrix((np.ones(2 * len(pairs)), ends), shape=(n, n))


def _places(accounts: Accounts, incidents: pl.DataFrame) -> tuple[Floats, Floats]:
    """Place in km on a plane around the middle of all, and day, of each incident; NaN where unknown."""
    listed = pl.DataFrame({"incident_id": accounts.incidents}, schema={"incident_id": pl.String})
    given = incidents.with_columns(pl.col("incident_id").cast(pl.String)).unique("incident_id", keep="first")
    found = listed.join(given, on="incident_id", how="left", maintain_order="left").select(
        pl.col("latitude", "longitude").cast(pl.Float64, strict=False),
        day=pl.col("occurred_from").dt.epoch("s") / 86_400,
    )
    latitude, longitude, day = (found[c].to_numpy().astype(np.float64) for c in found.columns)
    known = np.isfinite(latitude)
    narrow = float(np.cos(np.radians(latitude[known].mean()))) if known.any() else 1.0
    return np.stack([latitude, longitude * narrow], axis=1) * _KM_PER_DEGREE, day
