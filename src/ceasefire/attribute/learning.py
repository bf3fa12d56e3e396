"""What is learned from all accounts together: what sources, camps, lines, days and places are like.

In: voices, candidates, where sources are listed, who could tell of what. Out: ``Learning``, whose rounds of EM weigh each incident
by what the others teach (so that few incidents do not vouch for themselves), with shrinkage source -> kind -> elicited tables
(Dawid and Skene 1979; weights in ``priors``), and look now and then for copies, lines of a day, and where sources stand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.daily import no_lines
from ceasefire.attribute.following import NO_LEADER, find_leaders, lead_values
from ceasefire.attribute.frames import ACCIDENT, ALLY, HIT, OPPOSING, OTHER, OWN, Frames
from ceasefire.attribute.hearing import Hearing
from ceasefire.attribute.kernel import Learned, Likeness, weigh
from ceasefire.attribute.reporting import Reporting
from ceasefire.attribute.standing import Standing, as_listed, find_standing
from ceasefire.attribute.testimony import Floats, Ints, sum_by


def shared_incidents(incident: Ints, n: int) -> int:
    """Incidents on which two voices or more name somebody."""
    return int((np.bincount(incident, minlength=n) >= 2).sum())


class Learning:
    """What is learned, round by round."""

    def __init__(
        self,
        hearing: Hearing,
        frames: Frames,
        candidates: Candidates,
        reporting: Reporting | None,
        apart: Floats,
    ):
        self.hearing, self.frames, self.candidates = hearing, frames, candidates
        self.reporting, self.apart = reporting, apart
        self.posterior = np.zeros(candidates.valid.shape)
        self.worth = 1.0
        self.rounds = (0, 0.0)
        # of answers that nobody ever names nothing is learned: else they would stand for whatever fits badly
        spoken = hearing.value >= 0
        answers = np.unique(hearing.base[hearing.incident[spoken], hearing.value[spoken]])
        self.named = np.zeros(frames.line.shape[:2], dtype=np.bool_)
        for frame, rows in enumerate(frames.rows):
            self.named[frame, rows[answers]] = True
        self.stand(as_listed(frames))

    def stand(self, standing: Standing) -> None:
        """Let sources stand so. What was learned while they were taken for others is forgotten."""
        frames, candidates, width = self.frames, self.candidates, self.candidates.valid.shape[1]
        self.kinds = frames.elicited.copy()
        self.line = frames.line.copy()
        camped, size = frames.camped[:, None], frames.line.shape[1]
        self.follow = np.full(len(camped), p.FOLLOW)
        self.lined = np.repeat(np.where(camped, p.LINED_CAMP, p.LINED_NEUTRAL), size, axis=1)
        self.joined = np.repeat(np.where(camped, p.JOINED_CAMP, p.JOINED_NEUTRAL), size, axis=1)
        self.log_prior = candidates.log_prior.copy()
        self.standing = standing
        self.told, self.order = self.hearing.arrange(standing)
        self.kind = frames.kind[standing.owner]
        n, n_told = len(standing.owner), len(self.order)
        self.counts = np.zeros((n, *frames.elicited.shape[2:]))
        self.leader, self.repeats = np.full(n, -1, dtype=np.int64), np.zeros(n)
        self.terms, self.own = np.zeros((0, width)), np.zeros((0, width, 3))
        self.held = np.zeros((n_told, width))
        self.lead, self.day_line = np.full(n_told, NO_LEADER, dtype=np.int64), np.zeros(n_told)
        self.daily = no_lines(len(frames.sides), len(candidates.base))
        self.hedge = np.tile(np.array([[1.0, p.HEDGED[0]], [1.0, p.HEDGED[1]]]), (len(camped), 1, 1))
        if self.reporting is not None:
            self.reporting.stand(standing, self.hearing.day)

    def likeness(self) -> Likeness:
        """What sources are like by now, for the kernels."""
        likely = self.counts + p.SOURCE_WEIGHT * self.kinds[self.standing.frame, self.kind]
        rows = self.frames.rows
        return Likeness(
            likely,
            likely.sum(axis=2),
            rows,
            self.line,
            self.follow,
            self.hedge,
            self.lined,
            self.joined,
            self.named,
            self.worth,
        )

    def beside(self) -> Floats:
        """What speaks for each answer besides the accounts that kernels weigh."""
        score = self.log_prior + self.worth * self.apart
        if self.reporting is not None:
            lines, terms = self.reporting.lines(self.posterior)
            score += self.worth * sum_by(lines["incident"].to_numpy(), terms, len(score))
        return np.where(self.candidates.valid, score, 0.0)

    def weigh(self, learn: bool, whole: bool = False) -> Learned:
        """A pass over all; ``whole``: with the terms and own parts of every account."""
        n, width = len(self.order) if whole else 0, self.held.shape[1]
        self.terms, self.own = np.zeros((n, width)), np.zeros((n, width, 3))
        frames, rows = self.joined.shape
        learned = Learned(
            np.zeros_like(self.counts), np.zeros_like(self.line), np.zeros((frames, 2)), np.zeros((frames, rows, 3)),
            np.zeros((frames, 2, 2)), np.zeros((len(self.order) if self.told.echo.any() else 0, 2)), self.held,
        )  # fmt: skip
        weigh(self.told, self.likeness(), self.beside(), self.posterior, self.terms, self.own, learned, learn)
        return learned

    def learn(self) -> None:
        """Rounds of EM until the posterior stands still."""
        before = self.posterior.copy()
        for k in range(p.ROUNDS):
            daily = k % p.DAYS_EVERY == p.DAYS_EVERY - 1
            self._take(self.weigh(learn=True, whole=daily or k in p.LEADERS_AT or k in p.STANDING_AT))
            if self.reporting is not None:
                self.reporting.learn(self.posterior)
            self._set_prior(places=k % p.PLACES_EVERY == 0)
            if daily:
                self._look_for_days()
            if k in p.LEADERS_AT:
                self._look_for_leaders()
            if k in p.STANDING_AT:
                self._look_where_they_stand()
            moved = float(np.abs(self.posterior - before).max(axis=1, initial=0.0).mean())
            self.rounds = (k + 1, moved)
            if moved < p.STILL and k > p.LEADERS_AT[-1]:
                break
            before = self.posterior.copy()

    def _look_where_they_stand(self) -> None:
        owner, day = self.standing.owner[self.told.source], self.hearing.day[self.incident()]
        pooled = np.zeros_like(self.line)
        np.add.at(pooled, self.standing.frame, self.counts)
        pooled = _shares(pooled + p.KIND_WEIGHT * self.frames.elicited.mean(axis=1))
        own = self.held.sum(axis=1)
        found = find_standing(self.told, owner, day, self.frames, pooled, self.posterior, self.terms, own)
        if found.same(self.standing):
            return
        before = self.standing.owner, self.leader, self.repeats
        self.stand(found)
        # who repeated whom still does, unless either is now two
        for k in np.flatnonzero(before[1] >= 0):
            follower, lead = before[0][k], before[0][before[1][k]]
            at, of = (np.flatnonzero(found.owner == source) for source in (follower, lead))
            if len(at) == 1 and len(of) == 1:
                self.leader[at], self.repeats[at] = of, before[2][k]
        self._lead()

    def _look_for_days(self) -> None:
        """Lines of a day: only where there are sides, and times."""
        incident = self.incident()
        known = self.hearing.day[incident] != 0
        if not known.any() or not (self.frames.side >= 0).any():
            return
        day = np.floor(self.hearing.day[incident]).astype(np.int64)
        day = np.where(known, day - day[known].min(), -1)
        self.day_line = self.daily.find(
            self.told,
            self.likeness(),
            self.frames.side,
            self._led(),
            incident,
            day,
            self.posterior,
            self.terms,
        )
        self._echo()

    def _look_for_leaders(self) -> None:
        when = self.hearing.when[self.order]
        self.leader, self.repeats = find_leaders(self.told, self.likeness(), when, self.posterior, self.terms)
        self._lead()

    def _lead(self) -> None:
        self.lead = lead_values(self.told, self.hearing.when[self.order], self.leader)
        self._echo()
        if self.reporting is not None:
            # that a source repeats its leader is no choice of its own to tell
            source, n = self.told.source, len(self.leader)
            led, same = self.lead != NO_LEADER, self.lead == self.told.value
            met, agreed = np.bincount(source[led], minlength=n), np.bincount(source[same], minlength=n)
            copied = np.minimum(self.repeats * met / np.maximum(agreed, 1), 1.0)
            owner = self.standing.owner[source[same]]
            self.reporting.hear(self.incident()[same], owner, copied[source[same]])

    def _led(self) -> Floats:
        """How often each account would be said because its leader has said so."""
        return np.where(self.lead == self.told.value, self.repeats[self.told.source], 0.0)

    def _echo(self) -> None:
        """How often each account would be said whatever happened."""
        said = self._led()
        self.told = self.told._replace(echo=1.0 - (1.0 - said) * (1.0 - self.day_line))

    def incident(self) -> Ints:
        """The incident of each account."""
        return np.repeat(np.arange(len(self.hearing.day)), np.diff(self.told.start))

    def _take(self, learned: Learned) -> None:
        """What a pass found becomes what sources are like."""
        frames = self.frames
        self.counts = learned.counts
        pooled = np.zeros_like(self.kinds)
        np.add.at(pooled, (self.standing.frame, self.kind), learned.counts)
        self.kinds = _shares(pooled + p.KIND_WEIGHT * frames.elicited)
        camped = frames.camped
        line = _shares(learned.line + p.LINE_WEIGHT * frames.line)
        self.line = np.where(camped[:, None, None], line, frames.line)
        w, met = p.TOGETHER_WEIGHT, learned.together[:, :, 2]
        self.follow = (learned.follow[:, 0] + w * p.FOLLOW) / (learned.follow[:, 1] + w)
        first = np.where(camped, p.LINED_CAMP, p.LINED_NEUTRAL)
        self.lined = _together(learned.together[:, :, 1], met, first, camped)
        first = np.where(camped, p.JOINED_CAMP, p.JOINED_NEUTRAL)
        self.joined = _together(learned.together[:, :, 0], met, first, camped)
        self.hedge = _hedging(learned.hedges)
        led = self.lead != NO_LEADER
        if len(learned.echoed):
            source, n = self.told.source[led], len(self.repeats)
            part = self._led() / np.maximum(self.told.echo, 1e-12)  # of its leader, not of a line
            found = np.bincount(source, (learned.echoed[:, 0] * part)[led], minlength=n)
            of = np.bincount(source, learned.echoed[led, 1], minlength=n)
            self.repeats = np.where(
                self.leader >= 0, np.minimum((found + 1.0) / (of + 2.0), p.COPY_EVER), 0.0
            )
            self._echo()

    def _set_prior(self, places: bool) -> None:
        """Base rates of the case and of its places (looked at anew: ``places``); outsiders share the third party's part."""
        base, valid = self.told.base, self.candidates.valid
        count = len(self.candidates.base)
        mass = np.bincount(base[valid], self.posterior[valid], minlength=count) + p.BASE_WEIGHT
        rates = mass / mass.sum()
        wide = rates[np.maximum(base, 0)]
        if self.reporting is not None:
            if places:
                merged = self.posterior[:, :count].copy()
                merged[:, -1] += self.posterior[:, count:].sum(axis=1)
                self.found_near = self.reporting.near.around(merged)
            local = self.found_near + p.PLACE_WEIGHT * rates[None, :]
            local /= local.sum(axis=1, keepdims=True)
            wide = np.take_along_axis(local, np.maximum(base, 0), axis=1)
        outside = np.where(base == count - 1, valid, False)
        share = np.where(outside, outside.sum(axis=1, keepdims=True), 1)
        self.log_prior = np.where(valid, np.log(np.maximum(wide / share, 1e-12)), 0.0)

    def figures(self) -> tuple[Floats, Floats]:
        """P(names the author) and the evidence behind it, by source and role (``priors.ROLES``)."""
        likely, owner = self.likeness().counts, self.standing.owner
        n = len(self.frames.declared)
        groups = {p.OWN: [OWN], p.ALLY: [ALLY], p.OPPOSING: [OPPOSING], p.OTHER: [ACCIDENT, OTHER]}
        camped = self.frames.camped[self.standing.frame]
        hits, known = np.full((n, len(p.ROLES)), 0.5), np.zeros((n, len(p.ROLES)))
        for role in range(len(p.ROLES)):
            rows = groups.get(role, list(range(len(self.candidates.base))))
            mine = camped == (role != p.ANY)
            named, hit, heard = (
                np.bincount(owner, mine * part, minlength=n)
                for part in (
                    likely[:, rows, :-1].sum(axis=(1, 2)),
                    likely[:, rows, HIT].sum(axis=1),
                    self.counts[:, rows, :-1].sum(axis=(1, 2)),
                )
            )
            hits[:, role] = np.where(named > 0, hit / np.maximum(named, 1e-9), 0.5)
            known[:, role] = heard
        return np.clip(hits, 1e-6, 1 - 1e-6), known


def _together(seen: Floats, met: Floats, first: Floats, camped: NDArray[np.bool_]) -> Floats:
    """How often accounts of a frame go together, by row of the truth: a camp may agree on a story when it is to blame, and have no
    need to otherwise. Shrunk to how often they do at all, and this to what it starts from. What those without a camp share does not
    depend on who did it.
    """
    w = p.TOGETHER_WEIGHT
    whole = (seen.sum(axis=1) + w * first) / (met.sum(axis=1) + w)
    each = (seen + w * whole[:, None]) / (met + w)
    return np.asarray(np.where(camped[:, None], each, whole[:, None]))


def _hedging(seen: Floats) -> Floats:
    """How often what is right, and what is wrong, is told firmly and hedged, against how often at all: frames x 2 x 2."""
    hedged, all_ = seen[:, :, 0], seen[:, :, 1]
    usual = (hedged.sum(axis=1) / np.maximum(all_.sum(axis=1), 1e-9))[:, None]
    start = np.minimum(usual * p.HEDGED, 0.95)
    found = (hedged + p.HEDGE_WEIGHT * start) / (all_ + p.HEDGE_WEIGHT)
    some = (usual > 0) & (usual < 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack(
            [np.where(some, (1 - found) / (1 - usual), 1.0), np.where(some, found / usual, 1.0)], axis=2
        )


def _shares(counts: Floats) -> Floats:
    return np.asarray(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1e-12))
