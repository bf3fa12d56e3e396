"""How long an answer took: each answered incident weighed anew as its accounts came in.

In: the voices as they were weighed, when each was known, the standard. Out: table ``answer_times``. At every instant at which an
account became known the incident is weighed without the later ones. What was learned of sources, and which accounts belong
together, are held as they are now; silence counts only at the end, when all have spoken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.copying import Voices
from ceasefire.attribute.hearing import Hearing, nothing_learned, some_of
from ceasefire.attribute.interval import ends, shared_loads
from ceasefire.attribute.kernel import weigh
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.proof import Standard, distinct, reaches
from ceasefire.attribute.testimony import KINDS, Floats, Ints, Testimony, factors
from ceasefire.model import table

UNKNOWN = np.iinfo(np.int64).max  # microseconds: after everything that has a time


@dataclass(frozen=True)
class Played:
    """What the replay needs. ``origin``, ``camp``: of each voice said, its origin and its side, as for the standard of proof."""

    posterior: Posterior
    hearing: Hearing
    testimony: Testimony
    voices: Voices
    accounts: Accounts
    candidates: Candidates
    origin: Ints
    camp: Ints
    standard: Standard


def answer_times(of: Played, assessments: pl.DataFrame, incidents: pl.DataFrame | None) -> pl.DataFrame:
    """Make the table ``answer_times``: one row an answered incident.

    Args:
        of: the voices as they were weighed.
        assessments: table ``assessments``.
        incidents: ``incident_id, occurred_from`` (UTC); without it no hours are told.
    """
    answered = assessments.filter(pl.col("answer") != p.UNDETERMINED)
    began = {}
    if incidents is not None and "occurred_from" in incidents.columns:
        began = dict(incidents.select("incident_id", "occurred_from").iter_rows())
    at = {name: i for i, name in enumerate(of.accounts.incidents)}
    looked = _looked(of)
    rows = []
    for incident_id, answer in answered.select("incident_id", "answer").iter_rows():
        found = _settled(of, looked, at[incident_id], answer)
        when = None if found.when == UNKNOWN else _time(found.when)
        start = began.get(incident_id)
        hours = (when - start).total_seconds() / 3600 if when is not None and start is not None else None
        rows.append(
            {
                "incident_id": incident_id,
                "answer": answer,
                "answered_at": when,
                "hours": None if hours is None else max(hours, 0.0),
                "accounts": found.heard,
                "of_accounts": found.of,
            }
        )
    return table("answer_times").frame(rows)


def _time(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _known(of: Played) -> Ints:
    """When each voice was known, the said and then the nameless, microseconds: the first of its reports."""
    claims = of.accounts.claims
    seen = pl.coalesce("recorded_at", "published_at")
    first = claims.filter(pl.col("report_id").is_not_null()).group_by("report_id").agg(seen.min().alias("at"))
    at = dict(first.drop_nulls().select("report_id", pl.col("at").dt.epoch("us")).iter_rows())
    out = []
    for frame in (of.voices.said, of.voices.nameless):
        for ids, published in frame.select("report_ids", pl.col("published_at").dt.epoch("us")).iter_rows():
            told = [at[i] for i in (ids or "").split(";") if i in at]
            out.append(min(told) if told else UNKNOWN if published is None else published)
    return np.array(out, dtype=np.int64)


@dataclass(frozen=True)
class _Looked:
    """What is looked up again and again. ``row``: of each voice that the kernel weighs, its row among the said and the nameless;
    ``known``: when each of these was known; ``hedged``: of the said; ``quiet``: nats of silence by incident and slot."""

    row: Ints
    known: Ints
    hedged: NDArray[np.bool_]
    quiet: Floats


def _looked(of: Played) -> _Looked:
    _, order = of.hearing.arrange(of.posterior.standing)
    quiet = np.zeros(of.posterior.score.shape)
    np.add.at(quiet, of.posterior.lines["incident"].to_numpy(), of.posterior.silence)
    return _Looked(of.hearing.row[order], _known(of), of.voices.said["hedged"].to_numpy(), quiet)


@dataclass(frozen=True)
class _Settled:
    when: int
    heard: int
    of: int


def _settled(of: Played, looked: _Looked, incident: int, answer: str) -> _Settled:
    """The instant from which on the answer of today reached the standard and kept it."""
    told, t = of.posterior.heard.told, of.testimony
    mine = np.arange(told.start[incident], told.start[incident + 1])
    row, known = looked.row[mine], looked.known
    # voices come by incident
    said = np.arange(*np.searchsorted(t.incident, [incident, incident + 1]))
    times = np.unique(np.concatenate([known[row], known[said]]))
    if len(times) > p.MOST_INSTANTS:
        times = times[np.linspace(0, len(times) - 1, p.MOST_INSTANTS).round().astype(np.int64)]
    slot = int(np.flatnonzero(of.candidates.names[incident] == answer)[0])
    since = len(times) - 1
    for k in range(len(times) - 1, -1, -1):
        by_then = mine[known[row] <= times[k]], said[known[said] <= times[k]]
        if not _reached(of, looked, incident, slot, said, *by_then):
            break
        since = k
    heard = np.union1d(row, said)
    return _Settled(int(times[since]), int((known[heard] <= times[since]).sum()), len(heard))


def _reached(
    of: Played, looked: _Looked, incident: int, slot: int, everyone: Ints, heard: Ints, said: Ints
) -> bool:
    """Whether the answer leads and reaches the standard by these voices alone: ``heard`` by the kernel, and all ``said``."""
    posterior, t, valid = of.posterior, of.testimony, of.candidates.valid[[incident]]
    apart = posterior.heard.apart
    part = _part(t, looked.hedged[said], said)
    # what a denial counts, and each of several versions, depends on what had been said by then
    then = apart[said] * (part.factor / np.maximum(t.factor[said], 1e-300))[:, None]
    score = posterior.beside[[incident]] - apart[everyone].sum(axis=0) + then.sum(axis=0)
    score = score - looked.quiet[incident]
    row = looked.row[heard]
    spoken = np.isin(row, said)
    place = np.searchsorted(said, row[spoken])
    vague = posterior.heard.told.vague[heard]
    vague[spoken] = 1.0 - part.firm[place]
    chance, own = _weighed(posterior, incident, heard, score, vague)
    share = np.tile(part.factor[:, None], (1, valid.shape[1]))
    drew = np.zeros(share.shape)
    share[place], drew[place] = own[spoken, :, 0], 1.0 - own[spoken, :, 0]
    alone = part.testimony
    group, _, loads = shared_loads(alone, posterior.known, share, drew)
    at, known = posterior.informed.loads()
    here = known[at == incident]
    errors = [(group, loads), (np.zeros(len(here), dtype=np.int64), here)]
    low, _ = ends(chance, errors, posterior.resampled.variance[[incident]])
    top = chance[0] >= chance[0].max() - p.TIE
    if not top[slot] or top[valid[0]].sum() != 1:
        return False
    named = (alone.hit > 0) & (alone.kind != KINDS.index("denial"))[:, None]
    admission = (alone.kind == KINDS.index("admission")) & ~looked.hedged[said]
    admitted = bool((named[:, slot] & (alone.role[:, slot] == p.OWN) & admission).any())
    origins, camps = (
        int(distinct(alone.incident, code[said], named[:, [slot]], 1)[0, 0]) for code in (of.origin, of.camp)
    )
    return reaches(of.standard, float(low[0, slot]), origins, camps, admitted)


@dataclass(frozen=True)
class _Part:
    """Some voices of one incident, as if nobody else had spoken; ``firm``: how much of each says something."""

    testimony: Testimony
    factor: Floats
    firm: Floats


def _part(t: Testimony, hedged: NDArray[np.bool_], rows: Ints) -> _Part:
    _, version, n = np.unique(
        t.source[rows] * len(KINDS) + t.kind[rows], return_inverse=True, return_counts=True
    )
    share = 1.0 / n[version]
    one = np.zeros(len(rows), dtype=np.int64)
    factor = factors(one, hedged, share, t.camp[rows], t.kind[rows], t.camp[rows] == 0)
    cut: dict[str, NDArray[Any]] = {name: getattr(t, name)[rows] for name in vars(t)}
    cut |= {"incident": one, "factor": factor}
    return _Part(replace(t, **cut), factor, share)


def _weighed(
    posterior: Posterior, incident: int, rows: Ints, score: Floats, vague: Floats
) -> tuple[Floats, Floats]:
    """The posterior of one incident by these voices, and how much of each is its own word."""
    heard, told = posterior.heard, posterior.heard.told
    fewer = some_of(told, rows, np.array([0, len(rows)], dtype=np.int64), told.base[[incident]])
    fewer = fewer._replace(vague=vague)
    width = score.shape[1]
    found, terms, own = np.zeros((1, width)), np.zeros((len(rows), width)), np.zeros((len(rows), width, 3))
    weigh(fewer, heard.like, score, found, terms, own, nothing_learned(heard.held[rows]), False)
    return found, own
