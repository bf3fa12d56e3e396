"""How well the model fits, told without knowing the truth: whom a source names, foretold from what all others say.

In: the voices as they were weighed. Out: table ``fit``. Of each account, its source and all who repeat it or whom it repeats are
taken out; the rest give the chances of whom it names, if it names anybody firmly, and whom it named is set beside them: by ten
bins, with the error of calibration and its interval by resampling incidents, for all and by camp. A model too sure of sources shows
here; one that is wrong about who did it in a way that all sources share does not. Beside it the fit itself, and findings.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.claims import members, parties_of_actors, to_parties
from ceasefire.attribute.frames import Frames
from ceasefire.attribute.hearing import nothing_learned
from ceasefire.attribute.kernel import Told, weigh
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.standing import descent
from ceasefire.attribute.testimony import Floats, Ints
from ceasefire.model import table

BINS = 10


class Foretold(NamedTuple):
    """Of each account: the ``incident`` and ``frame`` of its speaker; ``chance`` of each answer, and which was ``said`` (accounts x
    answers; 0 where there is no such answer)."""

    incident: Ints
    frame: Ints
    chance: Floats
    said: Floats


def _some(posterior: Posterior, candidates: Candidates, seed: int) -> list[int]:
    """The accounts that are looked at: firm ones, of incidents that others tell of too."""
    told, heard = posterior.heard.told, posterior.heard
    size = np.diff(told.start)[heard.incident]
    # of a flood nothing is foretold: a few accounts would cost as much as all others
    firm = np.flatnonzero(
        (told.vague == 0) & (told.hedged == 0) & (told.value >= 0) & (size > 1) & (size <= p.COPY_MOST)
    )
    # in an order that does not know what camps are called
    firm = firm[np.lexsort((told.source[firm], heard.incident[firm]))]
    chosen = firm[np.random.default_rng(seed).permutation(len(firm))[: p.FORETOLD_MOST]]
    options = candidates.valid.sum(axis=1)[heard.incident[chosen]]
    cells = np.cumsum(size[chosen] * options * candidates.valid.shape[1])
    kept = chosen[cells <= p.FORETOLD_CELLS]
    return [int(k) for k in kept[np.lexsort((told.source[kept], heard.incident[kept]))]]


def foretell(posterior: Posterior, candidates: Candidates, seed: int) -> Foretold:
    """Chances of whom each account names, from those of other origins; of ``FORETOLD_MOST`` accounts or fewer, at random."""
    told, heard = posterior.heard.told, posterior.heard
    root = descent(posterior.standing.owner, posterior.leader)[posterior.standing.owner[told.source]]
    width = candidates.valid.shape[1]
    rows: list[Ints] = []
    starts, values, marks, held, bases, asked = [0], [], [], [], [], []
    for k in _some(posterior, candidates, seed):
        i = int(heard.incident[k])
        mine = np.arange(told.start[i], told.start[i + 1])
        others = mine[root[mine] != root[k]]
        if not len(others):
            continue
        # last of its camp, so that its term is its chance given what the camp said
        place = int(np.searchsorted(told.frame[others], told.frame[k], side="right"))
        order = np.insert(others, place, k)
        for option in np.flatnonzero(candidates.valid[i]).tolist():
            value, own = told.value[order].copy(), heard.held[order].copy()
            value[place] = option
            # what it taught here is to be left out of what it did say; of other words it taught nothing
            own[place] *= option == told.value[k]
            rows.append(order)
            values.append(value)
            held.append(own)
            starts.append(starts[-1] + len(order))
            marks.append(starts[-2] + place)
            bases.append(i)
            asked.append((k, option))
    if not asked:
        nothing = np.zeros((0, width))
        return Foretold(np.zeros(0, np.int64), np.zeros(0, np.int64), nothing, nothing)
    at, base = np.concatenate(rows), np.array(bases)
    each_row = {name: getattr(told, name)[at] for name in Told._fields if name not in ("start", "base")}
    fewer = told._replace(start=np.array(starts), base=told.base[base], **each_row)
    fewer = fewer._replace(value=np.concatenate(values))
    # it repeats nobody: its leader is among those left out
    fewer.echo[marks] = 0.0
    found, terms, own_words = (
        np.zeros((len(base), width)),
        np.zeros((len(at), width)),
        np.zeros((len(at), width, 3)),
    )
    learned = nothing_learned(np.concatenate(held))
    weigh(fewer, heard.like, posterior.beside[base], found, terms, own_words, learned, False)
    mark = np.array(marks)
    # P(says it) = sum over truths of P(truth | others) P(says it | truth, others); a nat is worth less where it tells of the truth
    nats = np.clip(terms[mark], -50, 0)
    others = np.where(candidates.valid[base], found * np.exp(-nats), 0.0)
    others /= np.maximum(others.sum(axis=1, keepdims=True), 1e-300)
    chance = np.maximum((others * np.exp(nats / heard.like.worth)).sum(axis=1), 1e-12)
    accounts, of = np.unique([k for k, _ in asked], return_inverse=True)
    table_of = np.zeros((len(accounts), width))
    table_of[of, [option for _, option in asked]] = chance
    table_of /= table_of.sum(axis=1, keepdims=True)
    said = np.zeros_like(table_of)
    said[np.arange(len(accounts)), told.value[accounts]] = 1.0
    return Foretold(heard.incident[accounts], told.frame[accounts], table_of, said)


def _bin(chance: Floats) -> Ints:
    return np.minimum((chance * BINS).astype(np.int64), BINS - 1)


def _error(chance: Floats, said: Floats, weight: Floats) -> float:
    """Expected calibration error over ten bins of equal width, of every chance that was given to an answer."""
    at, w = _bin(chance).ravel(), np.broadcast_to(weight[:, None], chance.shape).ravel()
    w = np.where(chance.ravel() > 0, w, 0.0)
    gap = np.bincount(at, w * (chance - said).ravel(), minlength=BINS)
    return float(np.abs(gap).sum() / max(w.sum(), 1e-12))


def _wilson(share: float, n: float) -> tuple[float, float]:
    z2 = p.INTERVAL_Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = p.INTERVAL_Z * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _row(
    measure: str, group: str, value: float | None, n: int | None = None, expected: float | None = None,
    low: float | None = None, high: float | None = None, note: str = "", bin: str = "",
) -> dict[str, Any]:  # fmt: skip
    return {
        "measure": measure, "group": group, "bin": bin, "n": n, "expected": expected, "value": value, "low": low,
        "high": high, "note": note,
    }  # fmt: skip


def _calibration(group: str, f: Foretold, seed: int) -> list[dict[str, Any]]:
    """Bins, error and surprise of some accounts."""
    at, given = _bin(f.chance), f.chance > 0
    rows = []
    for k in range(BINS):
        there = given & (at == k)
        n = int(there.sum())
        if n:
            share, expected = float(f.said[there].mean()), float(f.chance[there].mean())
            low, high = _wilson(share, n)
            name = f"{k / BINS:.1f}-{(k + 1) / BINS:.1f}"
            rows.append(
                _row("foretold", group, share, n, expected, low, high, "how often it was said", bin=name)
            )
    # incidents are drawn anew: their accounts belong together
    _, incident = np.unique(f.incident, return_inverse=True)
    rng = np.random.default_rng(seed)
    drawn = [rng.exponential(size=int(incident.max()) + 1)[incident] for _ in range(p.CALIBRATION_DRAWS)]
    n = len(f.incident)
    low, high = _ends([_error(f.chance, f.said, weight) for weight in drawn])
    error = _error(f.chance, f.said, np.ones(n))
    note = "mean distance of chance from frequency, ten bins; resampling incidents adds noise to its interval"
    rows.append(_row("calibration error", group, error, n, None, low, high, note))
    loss = -np.log(np.maximum((f.chance * f.said).sum(axis=1), 1e-12))
    expected = float(-(f.chance * np.log(np.maximum(f.chance, 1e-12))).sum(axis=1).mean())
    low, high = _ends([float((weight * loss).sum() / weight.sum()) for weight in drawn])
    note = "nats by which accounts surprise the model; expected: if sources are as it has them"
    rows.append(_row("surprise", group, float(loss.mean()), n, expected, low, high, note))
    return rows


def _ends(values: list[float]) -> tuple[float, float]:
    return float(np.quantile(values, 0.05)), float(np.quantile(values, 0.95))


def fit_of(posterior: Posterior, candidates: Candidates, frames: Frames, seed: int = 0) -> pl.DataFrame:
    """Make the table ``fit``: how learning went, how probable the accounts are, and how well they are foretold, by camp."""
    heard, again = posterior.heard, posterior.heard.told
    shape = posterior.terms.shape[1]
    room = np.zeros((len(again.source), shape)), np.zeros((len(again.source), shape, 3))
    held = nothing_learned(heard.held)
    n = len(posterior.probability)
    whole = weigh(
        again, heard.like, posterior.beside, np.zeros_like(posterior.probability), *room, held, False
    )
    rounds, moved = posterior.rounds
    if not rounds:
        course = "nothing was learned: too few incidents on which two voices or more name somebody"
    else:
        course = "stood still" if moved < p.STILL else f"did not stand still within {p.ROUNDS} rounds"
    drawn = posterior.resampled
    behind = "of the bootstrap over clusters of copies, behind the intervals"
    rows = [
        _row("rounds of learning", "all", rounds, n, note=course),
        _row(
            "last movement",
            "all",
            moved if rounds else None,
            n,
            note=f"of answers, in the mean; still below {p.STILL:g}",
        ),
        _row("log-likelihood", "all", float(whole) / n if n else None, n, note="nats an incident"),
        _row("replicates", "all", drawn.replicates, note=drawn.why_not or behind),
    ]
    f = foretell(posterior, candidates, seed)
    if len(f.incident):
        rows += _calibration("all", f, seed)
        for k, camp in enumerate(frames.camps):
            mine = f.frame == k
            if mine.sum() >= p.CALIBRATION_FEWEST:
                rows += _calibration(camp or "no camp", Foretold(*(part[mine] for part in f)), seed)
    return table("fit").frame(rows)


def against_findings(attributions: pl.DataFrame, beside: pl.DataFrame, actors: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``fit``: what testimony alone gives to whom a finding names. Findings that a case takes to have applied a standard
    (``weighed_as``), one incident and issuer once; the answers are those from a flat prior, into which findings never enter.

    Raises:
        TableError: a frame does not have the shape of its table.
    """
    party_of = parties_of_actors(actors)
    flat: dict[str, dict[str, float]] = {}
    for i, actor, chance in (
        table("attributions").conform(attributions).select("incident_id", "actor", "flat").iter_rows()
    ):
        flat.setdefault(i, {})[actor] = chance or 0.0
    seen: dict[tuple[str, str], tuple[float, bool]] = {}
    judged = table("findings_beside").conform(beside).sort("issued_at", "finding_id", nulls_last=False)
    for row in judged.iter_rows(named=True):
        named = members(to_parties(row["actor"], party_of) or "")[0]
        answers = flat.get(row["incident_id"] or "", {})
        if named and row["weighed_as"] and answers:
            top = max(answers.values())
            key = (row["incident_id"], row["issuer"].split("(")[0].strip())
            given = sum(answers.get(actor, 0.0) for actor in named)
            seen[key] = (given, any(answers.get(actor, 0.0) >= top - p.TIE for actor in named))
    if not seen:
        return table("fit").empty()
    chances, leads = np.array([g for g, _ in seen.values()]), np.array([led for _, led in seen.values()])
    share = float(leads.mean())
    low, high = _wilson(share, len(leads))
    note = (
        "how often what leads on testimony alone is named by the finding; expected: the chance it was given"
    )
    return table("fit").frame(
        [_row("findings", "all", share, len(leads), float(chances.mean()), low, high, note)]
    )
