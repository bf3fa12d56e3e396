"""Whom sources name, and whom the weighing expected them to name: is the model as right about one party as about another?

In: the voices as they were weighed. Out: table ``namings``. For every independent voice that names an answer: how probable was
that answer, given what all other accounts make of the truth and how such a source tells? Summed by the party named and by where the
speaker stands towards it; what chance alone allows is the spread of that sum (a Poisson-binomial).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.following import NO_LEADER
from ceasefire.attribute.frames import ALLY, OPPOSING, OWN, Frames
from ceasefire.attribute.hearing import Hearing
from ceasefire.attribute.kernel import answers, chance
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.testimony import Floats
from ceasefire.compiled import compiled
from ceasefire.model import table

STANDS = {OWN: "own", ALLY: "ally", OPPOSING: "opposing"}
NEUTRAL = "no camp"


def namings(posterior: Posterior, hearing: Hearing, candidates: Candidates, frames: Frames) -> pl.DataFrame:
    """Make the table ``namings``: a row a party and stand of the speaker, none where nobody of that stand spoke."""
    told = posterior.heard.told
    _, order = hearing.arrange(posterior.standing)
    # a copy is no test: it says what it read
    rows = np.flatnonzero((told.value >= 0) & (posterior.heard.lead == NO_LEADER))
    expected = np.zeros((len(rows), candidates.valid.shape[1]))
    like = posterior.heard.like
    _expected(
        rows, posterior.heard.incident, told.source, told.frame, told.base, like.rows, like.counts, like.totals,
        posterior.score, posterior.terms[hearing.row[order]], expected,
    )  # fmt: skip
    frame = told.frame[rows]
    made = []
    for k, party in enumerate(candidates.base[:-2]):
        stand = np.where(frames.camped[frame], frames.rows[frame, k], -1)
        for number, words in (*STANDS.items(), (-1, NEUTRAL)):
            here = stand == number
            if here.any():
                made.append(
                    {
                        "party": party,
                        "speakers": words,
                        **_row(expected[here, k], told.value[rows][here] == k),
                    }
                )
    return table("namings").frame(made)


def _row(chances: Floats, said: Any) -> dict[str, Any]:
    total = float(chances.sum())
    spread = p.INTERVAL_Z * float(np.sqrt((chances * (1.0 - chances)).sum()))
    return {
        "voices": len(chances),
        "named": int(said.sum()),
        "expected": total,
        "spread": spread,
        "low": max(total - spread, 0.0),
        "high": min(total + spread, float(len(chances))),
    }


@compiled
def _expected(
    voices: Any, incident: Any, source: Any, frame: Any, base: Any, rows: Any, counts: Any, totals: Any, score: Any,
    terms: Any, out: Any,
) -> None:  # fmt: skip
    """P(each answer is what a voice names | it names one, and what all other accounts make of the truth)."""
    others = np.empty(base.shape[1])
    for at in range(len(voices)):
        k = voices[at]
        i = incident[k]
        slots = answers(base[i])
        top = -1e300
        for z in range(slots):
            others[z] = score[i, z] - terms[k, z]
            top = max(top, others[z])
        total = 0.0
        for z in range(slots):
            weight = np.exp(others[z] - top)
            row = rows[frame[k], base[i, z]]
            for said in range(slots):
                share = chance(
                    counts[source[k], row],
                    totals[source[k], row],
                    0.0,
                    rows[frame[k]],
                    base[i],
                    said,
                    z,
                    slots,
                )
                out[at, said] += weight * share
                total += weight * share
        for said in range(slots):
            out[at, said] /= max(total, 1e-300)
