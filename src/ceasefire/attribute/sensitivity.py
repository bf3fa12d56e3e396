"""What an answer hangs on: each source, camp, cluster of copies, the silence and the prior left out in turn.

In: the voices as they were weighed, with what was learned of the sources (which is held). Out: table ``sensitivity``. An incident
is weighed anew without the voices in question, so that what the rest of a camp is worth without one of its own is told rightly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.frames import Frames
from ceasefire.attribute.hearing import nothing_learned, some_of
from ceasefire.attribute.informed import KINDS
from ceasefire.attribute.kernel import weigh
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.standing import descent
from ceasefire.attribute.testimony import Floats, Ints, Testimony, softmax, sum_by
from ceasefire.compiled import compiled
from ceasefire.model import table


@dataclass(frozen=True)
class _Without:
    """Incidents without some of their voices: ``incident`` and the ``key`` that is left out, ``which`` it is in words."""

    what: str
    incident: Ints
    which: list[str]
    probability: Floats


def sensitivity(
    posterior: Posterior, t: Testimony, accounts: Accounts, candidates: Candidates, frames: Frames
) -> pl.DataFrame:
    """Make the table ``sensitivity``: a row an incident and thing left out, none for incidents with no voice."""
    names = accounts.speakers["source_id"].to_list()
    camps = [camp or "no camp" for camp in frames.camps]
    heard, standing = posterior.heard, posterior.standing
    speaker = heard.told.source
    owner = standing.owner[speaker]
    # of voices that are weighed apart (denials, several at once) a source stands where it is listed
    lead = descent(standing.owner, posterior.leader)
    listed = frames.declared[t.source]
    repeated = np.bincount(lead, minlength=len(names)) > 1
    followed = [f"{name} and who repeats it" for name in names]
    found = [
        _left_out("source", owner, t.source, names, posterior, t, candidates),
        _left_out("camp", heard.told.frame, listed, camps, posterior, t, candidates),
        _left_out("copies", lead[owner], lead[t.source], followed, posterior, t, candidates, repeated),
    ]
    silent = np.unique(posterior.lines["incident"].to_numpy())
    quiet = posterior.score - sum_by(
        posterior.lines["incident"].to_numpy(), posterior.silence, len(posterior.score)
    )
    found.append(
        _Without("silence", silent, ["all silence"] * len(silent), softmax(quiet, candidates.valid)[silent])
    )
    for kind in KINDS:
        some = np.unique(posterior.informed.lines.filter(pl.col("kind") == kind)["incident"].to_numpy())
        less = posterior.score - posterior.informed.total() + posterior.informed.total(but=[kind])
        found.append(
            _Without(kind, some, ["as if not known"] * len(some), softmax(less, candidates.valid)[some])
        )
    voiced = np.unique(
        np.concatenate([heard.incident, t.incident, posterior.informed.lines["incident"].to_numpy()])
    )
    found.append(_Without("prior", voiced, ["testimony alone"] * len(voiced), posterior.flat[voiced]))
    return _table(found, posterior, accounts, candidates)


def _at(pairs: Ints, of: Ints, values: Floats) -> Floats:
    """Sums of values by the pair they belong to; those of no pair are left aside."""
    if not len(pairs):
        return np.zeros((0, values.shape[1]))
    at = np.minimum(np.searchsorted(pairs, of), len(pairs) - 1)
    there = pairs[at] == of
    return sum_by(at[there], values[there], len(pairs))


def _left_out(
    what: str,
    key: Ints,
    apart_key: Ints,
    names: list[str],
    posterior: Posterior,
    t: Testimony,
    candidates: Candidates,
    only: NDArray[np.bool_] | None = None,
) -> _Without:
    """Weigh every incident anew without each key that its voices have. ``apart_key``: that of the voices weighed
    apart. ``only``: keys worth leaving out, by number."""
    heard, told = posterior.heard, posterior.heard.told
    size = len(names)
    weighed = np.abs(heard.apart).sum(axis=1) > 0
    pairs = np.unique(
        np.concatenate([heard.incident * size + key, t.incident[weighed] * size + apart_key[weighed]])
    )
    if only is not None:
        pairs = pairs[only[pairs % size]]
    many = np.bincount(pairs // size, minlength=len(posterior.score))
    pairs = pairs[many[pairs // size] <= p.LEFT_OUT_MOST]
    incident, which = pairs // size, pairs % size
    rows, start = _keep(incident, which, told.start, key)
    score = posterior.beside[incident]
    score = score - _at(pairs, t.incident[weighed] * size + apart_key[weighed], heard.apart[weighed])
    if what == "camp":
        line = posterior.lines["incident"].to_numpy() * size + posterior.lines["frame"].to_numpy()
        score = score - _at(pairs, line, posterior.silence)
    fewer = some_of(told, rows, start, told.base[incident])
    width = candidates.valid.shape[1]
    found, none = np.zeros((len(pairs), width)), np.zeros((0, width))
    weigh(fewer, heard.like, score, found, none, none[:, :, None], nothing_learned(heard.held[rows]), False)
    return _Without(what, incident, [names[k] for k in which], found)


@compiled
def _keep(incident: Any, which: Any, start: Any, key: Any) -> Any:
    """Rows of each incident's voices but those of one key, and where each begins."""
    begins = np.zeros(len(incident) + 1, dtype=np.int64)
    total = 0
    for k in range(len(incident)):
        for row in range(start[incident[k]], start[incident[k] + 1]):
            total += key[row] != which[k]
        begins[k + 1] = total
    rows = np.empty(total, dtype=np.int64)
    at = 0
    for k in range(len(incident)):
        for row in range(start[incident[k]], start[incident[k] + 1]):
            if key[row] != which[k]:
                rows[at] = row
                at += 1
    return rows, begins


def _table(
    found: list[_Without], posterior: Posterior, accounts: Accounts, candidates: Candidates
) -> pl.DataFrame:
    ids = np.array(accounts.incidents, dtype=object)
    # answers that lead together count together: none of them is first by name
    before = posterior.probability >= posterior.probability.max(axis=1, keepdims=True, initial=0.0) - p.TIE
    before &= candidates.valid
    parts = []
    for without in found:
        chance, incident = without.probability, without.incident
        if not len(incident):
            continue
        top = chance.max(axis=1)
        ahead = chance >= top[:, None] - p.TIE
        leading = [
            "|".join(sorted(candidates.names[i, slots])) for i, slots in zip(incident, ahead, strict=True)
        ]
        parts.append(
            pl.DataFrame(
                {
                    "incident_id": pl.Series(ids[incident], dtype=pl.String),
                    "left_out": without.what,
                    "which": without.which,
                    "leading": leading,
                    "probability": top,
                    "of_answer": np.where(before[incident], chance, 0.0).max(axis=1),
                    "flips": ~(ahead & before[incident]).any(axis=1),
                }
            )
        )
    if not parts:
        return table("sensitivity").empty()
    order = {"source": 0, "camp": 1, "copies": 2, "silence": 3}
    order |= {kind: 4 + k for k, kind in enumerate(KINDS)} | {"prior": 4 + len(KINDS)}
    every = pl.concat(parts).with_columns(
        order=pl.col("left_out").replace_strict(order, return_dtype=pl.Int64)
    )
    return table("sensitivity").conform(every.sort("incident_id", "order", "which").drop("order"))
