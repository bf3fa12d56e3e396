"""Who did it, how sure, and why: the stage's one public function.

In: claims, sources, parties with their sides. Out: ``Attributed``: a distribution over parties, accident and
third party with a 90 % interval, the standard of proof reached, and the additive account behind it. Method:
camp-aware confusion of sources, copies counted once, camps bounded; see ``docs/methods/attribution.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Any

import numpy as np
import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import STAGE, Accounts, read_accounts
from ceasefire.attribute.anew import frame_sides, voices_said
from ceasefire.attribute.calibration import fit_of
from ceasefire.attribute.candidates import Candidates, find_candidates
from ceasefire.attribute.contamination import breakdown, contamination
from ceasefire.attribute.copying import find_voices
from ceasefire.attribute.explain import account, tables_of
from ceasefire.attribute.frames import Frames, frames
from ceasefire.attribute.hearing import hear
from ceasefire.attribute.informed import inform
from ceasefire.attribute.interval import shrunk_sd
from ceasefire.attribute.model import Posterior, fit
from ceasefire.attribute.namings import namings
from ceasefire.attribute.proof import assess, count_support, deciding, standards_from
from ceasefire.attribute.replay import Played, answer_times
from ceasefire.attribute.reporting import watch
from ceasefire.attribute.sensitivity import sensitivity
from ceasefire.attribute.shared import shared_errors
from ceasefire.attribute.smallest import smallest_sets
from ceasefire.attribute.standing import descent
from ceasefire.attribute.testimony import KINDS, Testimony, elicited_hits, softmax, weigh
from ceasefire.attribute.tipping import tipping
from ceasefire.model import table
from ceasefire.problems import Problem

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Attributed:
    """What the stage gives: its tables and the problems. Every attribution is not a judicial finding.

    ``later`` makes by name the tables that are made when they are first asked for. ``learnt`` says whether reliabilities were
    fitted to the case or are the elicited ones.
    """

    attributions: pl.DataFrame
    assessments: pl.DataFrame
    evidence: pl.DataFrame
    reliability: pl.DataFrame
    standing: pl.DataFrame
    claims: pl.DataFrame
    shared_errors: pl.DataFrame
    problems: tuple[Problem, ...]
    learnt: bool
    later: Mapping[str, Callable[[], pl.DataFrame]]

    @cached_property
    def sensitivity(self) -> pl.DataFrame:
        """Table ``sensitivity``, made when it is first asked for."""
        return self.later["sensitivity"]()

    @cached_property
    def answer_times(self) -> pl.DataFrame:
        """Table ``answer_times``, made when it is first asked for."""
        return self.later["answer_times"]()

    @cached_property
    def namings(self) -> pl.DataFrame:
        """Table ``namings``, made when it is first asked for."""
        return self.later["namings"]()

    @cached_property
    def smallest_sets(self) -> pl.DataFrame:
        """Table ``smallest_sets``, made when it is first asked for."""
        return self.later["smallest_sets"]()

    @cached_property
    def tipping(self) -> pl.DataFrame:
        """Table ``tipping``, made when it is first asked for."""
        return self.later["tipping"]()

    @cached_property
    def contamination(self) -> pl.DataFrame:
        """Table ``contamination``, made when it is first asked for."""
        return self.later["contamination"]()

    @cached_property
    def breakdown(self) -> pl.DataFrame:
        """Table ``breakdown``, made when it is first asked for."""
        return self.later["breakdown"]()

    @cached_property
    def fit(self) -> pl.DataFrame:
        """Table ``fit``: how learning went and how well accounts are foretold; made when it is first asked for."""
        return self.later["fit"]()

    def explain(self, incident_id: str) -> list[tuple[str, pl.DataFrame]]:
        """The reasoning for one incident as titled tables that a panel can recompute by hand.

        Raises:
            KeyError: there is no such incident.
        """
        chosen = pl.col("incident_id") == incident_id
        hangs = {
            "The fewest sources, and origins, without which the answer does not stand": self.smallest_sets,
            "How reliable a source would have to be, or where it would have to stand, for the answer to tip": self.tipping,
            "The worst case: a share of every account may say anything": self.contamination,
            "The share at which the answer could lose its lead": self.breakdown,
        }
        return [
            *tables_of(
                incident_id,
                self.evidence,
                self.attributions,
                self.assessments,
                self.sensitivity,
                self.standing,
                self.fit,
            ),
            *(
                (title, rows.drop("incident_id"))
                for title, made in hangs.items()
                if (rows := made.filter(chosen)).height
            ),
        ]


def _attributions(posterior: Posterior, accounts: Accounts, candidates: Candidates) -> pl.DataFrame:
    incident, slot = np.nonzero(candidates.valid)
    ids = np.array(accounts.incidents, dtype=object)
    prior = softmax(posterior.log_prior + posterior.informed.total(but=["finding"]), candidates.valid)
    return table("attributions").conform(
        pl.DataFrame(
            {
                "incident_id": pl.Series(ids[incident], dtype=pl.String),
                "actor": pl.Series(candidates.names[incident, slot], dtype=pl.String),
                "probability": posterior.probability[incident, slot],
                "low": posterior.low[incident, slot],
                "high": posterior.high[incident, slot],
                "prior": prior[incident, slot],
                "flat": posterior.flat[incident, slot],
            }
        )
    )


def _reliability(posterior: Posterior, t: Testimony, accounts: Accounts) -> pl.DataFrame:
    camped = accounts.speakers["camp"].is_not_null().to_numpy()
    roles = np.where(camped[:, None], np.arange(len(p.ROLES)) != p.ANY, np.arange(len(p.ROLES)) == p.ANY)
    heard = np.bincount(t.source[t.kind != KINDS.index("denial")], minlength=len(camped))
    source, role = np.nonzero(roles & (heard > 0)[:, None])
    value = posterior.hits[source, role]
    logit = np.log(value) - np.log1p(-value)
    sd = np.where(role == p.OWN, p.ADMISSION_SD, p.TESTIMONY_SD) * shrunk_sd(posterior.known[source, role])
    return table("reliability").conform(
        pl.DataFrame(
            {
                "source_id": accounts.speakers["source_id"].to_numpy()[source].astype(str)
                if len(source)
                else [],
                "role": np.array(p.ROLES)[role] if len(role) else [],
                "value": value,
                "low": 1 / (1 + np.exp(-(logit - p.INTERVAL_Z * sd))),
                "high": 1 / (1 + np.exp(-(logit + p.INTERVAL_Z * sd))),
                "n_claims": heard[source],
            },
            schema_overrides={"source_id": pl.String, "role": pl.String},
        )
    )


def standing_problems(posterior: Posterior, frames: Frames, accounts: Accounts) -> list[Problem]:
    """Sources that are not read as listed, those that repeat another, and sides that keep to a line of the day, as notes."""
    names = accounts.speakers["source_id"].to_list()
    standing, out = posterior.standing, []
    for k, (owner, frame) in enumerate(zip(standing.owner.tolist(), standing.frame.tolist(), strict=True)):
        if frame != frames.declared[owner]:
            since = standing.since[k]
            when = "" if np.isinf(since) else f" from {EPOCH + timedelta(days=float(since)):%Y-%m-%d} on"
            out.append(
                Problem(
                    "note",
                    STAGE,
                    "source_stands_elsewhere",
                    f"accounts as of {_camp(frames, int(frames.declared[owner]))}",
                    f"accounts as of {_camp(frames, frame)}{when}",
                    "weighed as what it says; correct its camp in sources if that is right",
                    record=names[owner],
                )
            )
        lead = int(posterior.leader[k])
        if lead >= 0:
            out.append(
                Problem(
                    "note",
                    STAGE,
                    "source_repeats_another",
                    "words of its own",
                    f"what {names[standing.owner[lead]]} said earlier, {posterior.repeats[k]:.0%} of the time",
                    "what it repeats counts little",
                    record=names[owner],
                )
            )
    daily = posterior.daily
    for side in np.flatnonzero(daily.agreed).tolist():
        out.append(
            Problem(
                "note",
                STAGE,
                "side_keeps_a_line",
                "each incident told for itself",
                f"one answer for all of a day on {1.0 - daily.lines[side, 0]:.0%} of {daily.days[side]} days, kept to "
                f"{daily.rate[side]:.0%} of the time",
                "what fits the line of its day counts little",
                record=frames.sides[side],
            )
        )
    return out


def standing_table(posterior: Posterior, frames: Frames, accounts: Accounts) -> pl.DataFrame:
    """Table ``standing``: how each source that says anything is read."""
    names = accounts.speakers["source_id"].to_list()
    standing, rows = posterior.standing, []
    heard = set(accounts.claims["source"])
    for k, (owner, frame) in enumerate(zip(standing.owner.tolist(), standing.frame.tolist(), strict=True)):
        if owner not in heard:
            continue
        since, lead, listed = float(standing.since[k]), int(posterior.leader[k]), int(frames.declared[owner])
        rows.append(
            {
                "source_id": names[owner],
                "since": None if np.isinf(since) else EPOCH + timedelta(days=since),
                "listed": frames.camps[listed],
                "camp": frames.camps[frame],
                "elsewhere": frame != listed,
                "repeats": names[standing.owner[lead]] if lead >= 0 else None,
                "share": float(posterior.repeats[k]) if lead >= 0 else None,
            }
        )
    return table("standing").frame(rows)


def _camp(frames: Frames, frame: int) -> str:
    return frames.camps[frame] or "no camp"


def attribute(
    claims: pl.DataFrame,
    sources: pl.DataFrame,
    parties: Iterable[str] | Mapping[str, str | None],
    *,
    incidents: pl.DataFrame | None = None,
    prior: pl.DataFrame | None = None,
    standards: Mapping[str, Mapping[str, Any]] | None = None,
    answer_standard: str = p.ANSWER_STANDARD,
    seed: int = 0,
) -> Attributed:
    """Say for each incident how probable each answer to "who did it" is, and which standard it reaches.

    Args:
        claims: ``incident_id, source_id, stance, actor, published_at`` (UTC); ``report_id`` and
            ``origin_id`` when known: accounts that share an origin count once.
        sources: ``source_id``, and ``kind`` and ``camp`` when known.
        parties: ids, or a mapping from id to side (a patron and its client share one; None = its own).
        incidents: when given, incidents without claims get their row, and where they have latitude,
            longitude and occurred_from, silence counts as evidence, on lines of its own.
        prior: table ``prior_terms``: what is known apart from testimony (``context``), and findings where they are to be weighed
            (``finding_terms``); each on a line of its own. Column ``flat`` is the answer without it.
        standards: the case's own standards of proof (``lower, origins, camps`` by name).
        answer_standard: the standard that the leading answer must reach to become the answer.
        seed: for the replicates behind the interval where reliabilities are learned; elsewhere nothing is drawn.

    Raises:
        ValueError: a required column is missing, a party has a reserved name, a standard is malformed, or a
            term of ``prior`` is out of bounds.
    """
    accounts = read_accounts(claims, sources, parties, incidents)
    candidates = find_candidates(accounts)
    voices = find_voices(accounts, candidates.named)
    testimony = weigh(voices, accounts, candidates)
    stand = frames(accounts, candidates)
    hearing = hear(voices, accounts, candidates, incidents)
    reporting = watch(accounts, incidents, hearing, stand)
    ladder = standards_from(standards)
    informed = inform(prior, accounts, candidates)
    posterior = fit(
        hearing, testimony, candidates, stand, reporting, elicited_hits(accounts.speakers), informed, seed
    )
    notes = standing_problems(posterior, stand, accounts)
    standing = posterior.standing
    speaker = standing.speaker(testimony.source, hearing.day[testimony.incident])
    sides = frame_sides(stand, accounts)
    origin = descent(standing.owner, posterior.leader)[testimony.source]
    side_said = sides[standing.frame[speaker]]
    support = count_support(testimony, voices, accounts, candidates, origin, side_said)
    asked = deciding(ladder, answer_standard)
    assessments = assess(posterior, support, accounts, candidates, ladder, asked)
    told = Played(posterior, hearing, testimony, voices, accounts, candidates, origin, side_said, asked)
    said = voices_said(posterior, testimony, voices, side_said, asked)
    return Attributed(
        attributions=_attributions(posterior, accounts, candidates),
        assessments=assessments,
        evidence=account(posterior, voices, stand, accounts, candidates),
        reliability=_reliability(posterior, testimony, accounts),
        standing=standing_table(posterior, stand, accounts),
        claims=table("claims").conform(accounts.claims.with_columns(actor=pl.col("cell"))),
        shared_errors=shared_errors(testimony, posterior, accounts, candidates),
        problems=(*accounts.problems, *candidates.problems, *informed.problems, *notes),
        learnt=posterior.learnt,
        later={
            "fit": partial(fit_of, posterior, candidates, stand, seed),
            "sensitivity": partial(sensitivity, posterior, testimony, accounts, candidates, stand),
            "answer_times": partial(answer_times, told, assessments, incidents),
            "namings": partial(namings, posterior, hearing, candidates, stand),
            "smallest_sets": partial(
                smallest_sets, posterior, testimony, said, accounts, candidates, assessments
            ),
            "tipping": partial(
                tipping, posterior, testimony, said, asked, voices, accounts, candidates, stand, assessments
            ),
            "contamination": partial(contamination, posterior, testimony, accounts, candidates),
            "breakdown": partial(breakdown, posterior, testimony, accounts, candidates, assessments),
        },
    )
