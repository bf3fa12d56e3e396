"""The fewest sources, or independent origins, without which an incident's answer would be another or would not be reached.

In: the voices as they were weighed, the assessments. Out: table ``smallest_sets``. All sets of up to three are weighed (``sets``).
Where none of these does, one more is left out at a time, the one that costs the answer most (greedy): a set is found, but a
smaller one may exist.
"""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.anew import (
    Said,
    Units,
    judge,
    key_of,
    leading_slots,
    room,
    settled,
    units,
    without,
)
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.sets import Found, search
from ceasefire.attribute.testimony import Floats, Ints, Testimony
from ceasefire.compiled import compiled
from ceasefire.model import table

LEAD, STANDARD = 0, 1
_LOSES = ("lead", "standard")
MOST_TIED = 3  # answers that are named beside each other, as in the assessments


def smallest_sets(
    posterior: Posterior,
    t: Testimony,
    said: Said,
    accounts: Accounts,
    candidates: Candidates,
    assessments: pl.DataFrame,
) -> pl.DataFrame:
    """Make the table ``smallest_sets``: for each incident with one leading answer a row for the lead and, where a standard is
    reached, one for that; by source and by origin."""
    names = accounts.speakers["source_id"].to_list()
    said = settled(posterior, said)
    leads = leading_slots(assessments, candidates)
    parts, before = [], None
    for unit in ("source", "origin"):
        of = units(posterior, t, key_of(posterior, unit))
        chosen = np.flatnonzero((leads >= 0) & (np.diff(of.first) > 0))
        again = np.zeros(len(leads), dtype=np.bool_)
        if before is not None:
            # where nobody repeats anybody, origins are sources
            again = np.diff(before.first) == np.diff(of.first)
        fresh = chosen[~again[chosen]]
        if len(fresh):
            parts.append(
                _rows(unit, fresh, posterior, of, said, leads, names, accounts, candidates, assessments)
            )
        if before is not None and parts:
            ids = pl.Series([accounts.incidents[i] for i in chosen[again[chosen]]], dtype=pl.String)
            parts.append(
                parts[0].filter(pl.col("incident_id").is_in(ids.implode())).with_columns(unit=pl.lit(unit))
            )
        before = of
    return table("smallest_sets").conform(pl.concat(parts)) if parts else table("smallest_sets").empty()


def _rows(
    unit: str,
    chosen: Ints,
    posterior: Posterior,
    of: Units,
    said: Said,
    leads: Ints,
    names: list[str],
    accounts: Accounts,
    candidates: Candidates,
    assessments: pl.DataFrame,
) -> pl.DataFrame:
    decided = (assessments["answer"] != p.UNDETERMINED).to_numpy()[chosen]
    count = np.diff(of.first)[chosen]
    most = np.array([_exactly(int(n)) for n in count], dtype=np.int64)
    found = search(chosen, most, leads[chosen], decided, posterior, of, said)
    _greedily(found, chosen, count, most, leads[chosen], decided, posterior, of, said)
    parts = []
    for loses in (LEAD, STANDARD):
        at = np.arange(len(chosen)) if loses == LEAD else np.flatnonzero(decided)
        if not len(at):
            continue
        size, gone = found.size[at, loses], found.gone[at, loses]
        chances, slot, holds, _ = evaluate(posterior, of, said, chosen[at], gone[:, 0], leads[chosen[at]])
        there = size > 0
        then = candidates.names[chosen[at], np.maximum(slot, 0)]
        exact = found.exact[at, loses]
        parts.append(
            pl.DataFrame(
                {
                    "incident_id": pl.Series([accounts.incidents[i] for i in chosen[at]], dtype=pl.String),
                    "loses": _LOSES[loses],
                    "unit": unit,
                    "answer": candidates.names[chosen[at], leads[chosen[at]]].astype(str),
                    "n_units": count[at],
                    "size": pl.Series([int(s) if s else None for s in size], dtype=pl.Int64),
                    "members": pl.Series(
                        [_named(sets, int(n), of.key, names) for sets, n in zip(gone, found.tied[at, loses], strict=True)],
                        dtype=pl.String,
                    ),
                    "n_sets": pl.Series(
                        [int(n) if s and e else None for n, s, e in zip(found.many[at, loses], size, exact, strict=True)],
                        dtype=pl.Int64,
                    ),
                    "proof": np.select(
                        [there & exact, there, most[at] > 0], ["exact", "greedy", "none found"], "not searched"
                    ).astype(str),
                    "none_up_to": np.where(there & exact, size - 1, np.minimum(most[at], count[at])),
                    "leads_then": pl.Series(
                        [
                            _ahead(c, names_then) if s else None
                            for c, names_then, s in zip(chances, candidates.names[chosen[at]], size, strict=True)
                        ],
                        dtype=pl.String,
                    ),
                    "answer_then": pl.Series(
                        [
                            None if not s else str(n) if h and k >= 0 else p.UNDETERMINED
                            for n, s, h, k in zip(then, size, holds, slot, strict=True)
                        ],
                        dtype=pl.String,
                    ),
                    "probability": pl.Series(
                        [
                            float(c) if s else None
                            for c, s in zip(chances[np.arange(len(at)), leads[chosen[at]]], size, strict=True)
                        ],
                        dtype=pl.Float64,
                    ),
                }
            )
        )  # fmt: skip
    return pl.concat(parts)


def _ahead(chances: Floats, names: NDArray[np.object_]) -> str | None:
    """The most probable answer, or up to three that tie."""
    tied = sorted(names[chances >= chances.max() - p.TIE])
    return "|".join(tied) if len(tied) <= MOST_TIED else None


def _named(sets: Ints, tied: int, key: Ints, names: list[str]) -> str | None:
    """Sets in words: members separated by ";", equals by "|"."""
    written = ["; ".join(sorted(names[key[u]] for u in one if u >= 0)) for one in sets[: max(tied, 0)]]
    more = f" | and {tied - len(sets)} more" if tied > len(sets) else ""
    return " | ".join(sorted(written)) + more if written else None


def _exactly(n: int) -> int:
    """Up to which size all sets of n units are weighed."""
    size = 0
    while size < min(p.SETS_EXACT, n) and n * comb(n, size + 1) <= p.SETS_WEIGHED:
        size += 1
    return size


def evaluate(
    posterior: Posterior, of: Units, said: Said, incident: Ints, gone: Ints, answer: Ints
) -> tuple[Floats, Ints, NDArray[np.bool_], Floats]:
    """Of variations: the posterior, the slot that leads (-1 = several), whether it reaches the standard, and the lower end of the
    interval of ``answer``."""
    chances, own, rows, begins = without(posterior, of, incident, gone)
    slot, holds, low = judge(
        incident, gone, answer, chances, own, rows, begins, posterior.heard.row, of.said, said,
        posterior.heard.told.base, room(said, posterior.score.shape[1]), p.TIE,
    )  # fmt: skip
    return chances, slot, holds, low


def _greedily(
    found: Found,
    chosen: Ints,
    count: Ints,
    most: Ints,
    answer: Ints,
    decided: NDArray[np.bool_],
    posterior: Posterior,
    of: Units,
    said: Said,
) -> None:
    """Where no small set was found, leave out one unit more at a time: the one that costs the answer most."""
    for loses in (LEAD, STANDARD):
        open_ = (found.size[:, loses] == 0) & (count > most) & (most > 1)
        at = np.flatnonzero(open_ & decided if loses == STANDARD else open_)
        gone = np.full((len(at), p.SETS_GREEDY), -1, dtype=np.int64)
        gone[:, : p.SETS_EXACT] = found.nearest[at, loses]
        for step in range(1, p.SETS_GREEDY + 1):
            now = np.flatnonzero(most[at] < step)
            if not len(now):
                continue
            which, unit = _one_more(of.first, chosen[at[now]], gone[now])
            more = gone[now][which]
            more[np.arange(len(which)), step - 1] = unit
            who = at[now][which]
            chances, slot, holds, low = evaluate(posterior, of, said, chosen[who], more, answer[who])
            changed = slot != answer[who]
            mine = chances[np.arange(len(who)), answer[who]]
            price = mine if loses == LEAD else low
            if loses == STANDARD:
                changed = changed | ~holds
            # those that change the answer first, then what costs it most
            order = np.lexsort((np.where(changed, mine, price), ~changed, which))
            best = order[np.unique(which[order], return_index=True)[1]]
            gone[now[which[best]]] = more[best]
            done = changed[best]
            hit = at[now[which[best]]][done]
            found.size[hit, loses], found.tied[hit, loses] = step, 1
            found.gone[hit, loses, 0] = more[best][done]
            left = np.ones(len(at), dtype=np.bool_)
            left[now[which[best]][done]] = False
            left &= count[at] > step
            at, gone = at[left], gone[left]


@compiled
def _one_more(first: Any, incident: Any, gone: Any) -> Any:
    """Each incident with each unit that is not yet left out."""
    total = 0
    for c in range(len(incident)):
        total += first[incident[c] + 1] - first[incident[c]]
    which, unit = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64)
    used = 0
    for c in range(len(incident)):
        for u in range(first[incident[c]], first[incident[c] + 1]):
            out = False
            for g in gone[c]:
                out = out or g == u
            if not out:
                which[used], unit[used] = c, u
                used += 1
    return which[:used], unit[:used]
