"""How reliable a source would have to be, or in which camp it would have to stand, for an incident's answer to tip.

In: the voices as they were weighed, the assessments. Out: table ``tipping``. A source's chance of naming the author in a role is
moved by one step in log-odds wherever an answer has that role for it, so that now is a step of nothing (``varied``). In another
camp a source is read as its kind is there (``elsewhere``). What was learned of the others is held, and how far errors reach.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.anew import Said, Units, key_of, leading_slots, room, settled, told_again, units
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.copying import Voices
from ceasefire.attribute.elsewhere import Moved, elsewhere
from ceasefire.attribute.frames import ALLY, OPPOSING, OWN, Frames
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.proof import Standard
from ceasefire.attribute.testimony import KINDS, Floats, Ints, Testimony, elicited_hits
from ceasefire.attribute.varied import Apart, Asked, Reading, corners_of, tip
from ceasefire.model import table


def tipping(
    posterior: Posterior,
    t: Testimony,
    said: Said,
    asked: Standard,
    voices: Voices,
    accounts: Accounts,
    candidates: Candidates,
    stand: Frames,
    assessments: pl.DataFrame,
) -> pl.DataFrame:
    """Make the table ``tipping``: a row an incident with one leading answer, source heard on it, and role of what it names."""
    of = units(posterior, t, key_of(posterior, "source"))
    leads = leading_slots(assessments, candidates)
    many = np.diff(of.first)
    chosen = np.flatnonzero((leads >= 0) & (many > 0) & (many <= p.TIPPING_MOST))
    if not len(chosen):
        return table("tipping").empty()
    decided = (assessments["answer"] != p.UNDETERMINED).to_numpy()
    unit = np.concatenate([np.arange(of.first[i], of.first[i + 1]) for i in chosen])
    incident = np.repeat(chosen, many[chosen])
    heard, said = posterior.heard, settled(posterior, said)
    terms, own = told_again(posterior)
    at, role = _roles(posterior, t, said, stand, of, unit)
    naming = np.zeros(len(unit), dtype=np.bool_)
    naming[at[role >= 0]] = True
    hits = np.take_along_axis(elicited_hits(accounts.speakers)[t.source], t.role, axis=1)
    order = np.flatnonzero(said.apart)[np.argsort(of.said[said.apart], kind="stable")]
    first = np.searchsorted(of.said[order], np.arange(len(of.key) + 1)).astype(np.int64)
    apart = Apart(first, order, t.role, t.hit, t.miss, t.cleared, t.factor, hits)
    read = Reading(
        heard.told, heard.like, heard.held, _role_rows(stand), terms, own, heard.row, posterior.beside,
        corners_of(posterior, of, unit, naming), apart,
    )  # fmt: skip
    value = posterior.hits[of.key[unit[at]], np.maximum(role, 0)]
    rows = Asked(incident[at], unit[at], at, role, value, leads, decided)
    found = np.full((len(at), 4), np.nan)
    tip(rows, read, said, room(said, posterior.score.shape[1]), p.TIE, found)
    moved = elsewhere(
        posterior, t, said, asked, voices, accounts, candidates, stand, of, unit, incident, leads, terms, own
    )
    return _table(rows, found, moved, of, accounts, candidates, stand)


def _role_rows(stand: Frames) -> Ints:
    """The role (``priors.ROLES``) that each row of each frame stands for."""
    size = stand.line.shape[1]
    out = np.full((len(stand.camps), size), p.OTHER)
    out[:, OWN], out[:, ALLY], out[:, OPPOSING] = p.OWN, p.ALLY, p.OPPOSING
    out[~stand.camped] = p.ANY
    return out


def _roles(
    posterior: Posterior, t: Testimony, said: Said, stand: Frames, of: Units, unit: Ints
) -> tuple[Ints, Ints]:
    """Of each unit (by place) each role that an answer which it names has for it; -1 where it names nobody."""
    told, rows = posterior.heard.told, _role_rows(stand)
    naming = np.flatnonzero(told.value >= 0)
    base = told.base[posterior.heard.incident[naming], told.value[naming]]
    mine = rows[told.frame[naming], stand.rows[told.frame[naming], base]]
    apart = said.apart & (t.kind != KINDS.index("denial"))
    row, slot = np.nonzero((t.hit > 0) & apart[:, None])
    n = len(p.ROLES)
    pairs = np.unique(np.concatenate([of.told[naming] * n + mine, of.said[row] * n + t.role[row, slot]]))
    place = np.full(len(of.key), -1, dtype=np.int64)
    place[unit] = np.arange(len(unit))
    pairs = pairs[place[pairs // n] >= 0]
    silent = np.setdiff1d(unit, pairs // n)
    at = np.concatenate([place[pairs // n], place[silent]])
    role = np.concatenate([pairs % n, np.full(len(silent), -1, dtype=np.int64)])
    order = np.lexsort((role, at))
    return at[order], role[order]


def _table(
    rows: Asked,
    found: Floats,
    moved: Moved,
    of: Units,
    accounts: Accounts,
    candidates: Candidates,
    stand: Frames,
) -> pl.DataFrame:
    ids = np.array(accounts.incidents, dtype=object)
    names = np.array(accounts.speakers["source_id"].to_list(), dtype=object)
    camps = [camp or "no camp" for camp in stand.camps]
    roles = [None if role < 0 else p.ROLES[role] for role in rows.role]
    answer = rows.leads[rows.incident]
    there = moved.frame != np.arange(len(camps))
    lost = there & (moved.leads != _answer_of(rows, len(moved.frame))[:, None])
    return table("tipping").conform(
        pl.DataFrame(
            {
                "incident_id": pl.Series(ids[rows.incident], dtype=pl.String),
                "source_id": pl.Series(names[of.key[rows.unit]], dtype=pl.String),
                "role": pl.Series(roles, dtype=pl.String),
                "camp": pl.Series([stand.camps[f] or None for f in moved.frame[rows.at, 0]], dtype=pl.String),
                "answer": pl.Series(candidates.names[rows.incident, answer], dtype=pl.String),
                "value": pl.Series(np.where(rows.role < 0, np.nan, rows.value)).fill_nan(None),
                **{
                    name: pl.Series(found[:, k]).fill_nan(None)
                    for k, name in enumerate(("lead_below", "lead_above", "standard_below", "standard_above"))
                },
                "lead_lost_in": _camps(lost[rows.at], camps),
                "standard_lost_in": _camps(
                    (rows.decided[rows.incident][:, None] & (lost | (there & ~moved.holds))[rows.at]), camps
                ),
            }
        )
    )


def _answer_of(rows: Asked, n: int) -> Ints:
    """The slot that leads the incident of each unit."""
    out = np.zeros(n, dtype=np.int64)
    out[rows.at] = rows.leads[rows.incident]
    return out


def _camps(lost: NDArray[np.bool_], camps: list[str]) -> pl.Series:
    """Camps in words."""
    words = {}
    for pattern in np.unique(lost, axis=0):
        words[pattern.tobytes()] = "; ".join(camps[f] for f in np.flatnonzero(pattern)) or None
    return pl.Series([words[one.tobytes()] for one in lost], dtype=pl.String)
