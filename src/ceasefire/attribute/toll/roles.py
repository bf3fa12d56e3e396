"""What a figure tells against, seen from where the speaker stands.

In: ``Heard``, sides, attributions. Out: ``Standing``: for each incident and camp the shares of the roles (its own dead, its own
act, an opponent's...), and the status of victims. Where victims are a party's the role goes by whose dead they are; where they
are of no side, by who is held to have done it, as probable as attribution says. Only roles, no names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute.claims import members
from ceasefire.attribute.toll import thresholds as t
from ceasefire.attribute.toll.heard import WEIGHED, Heard

Floats = NDArray[np.float64]
CIVILIAN, ARMED, BOTH, OPEN = "civilian", "armed", "both", "open"


@dataclass(frozen=True)
class Standing:
    """``camps``: every camp, "" last for none. ``group``: the number of the side of each, the same for a side's camps.
    ``shares``: incidents x camps x roles. ``author``: incidents x camps x (own, ally, opponent), who is held to have done it.
    ``status``: of each cell of victims, civilian, armed, both (at once), open (which).
    """

    camps: tuple[str, ...]
    group: NDArray[np.int64]
    shares: Floats
    author: Floats
    status: Mapping[str, str]


def stand(
    heard: Heard, side_of: Mapping[str, str], attributions: pl.DataFrame, actors: pl.DataFrame
) -> Standing:
    """See the module's opening."""
    kinds = dict(actors.select("actor_id", "kind").iter_rows()) if "kind" in actors.columns else {}
    camps = (*sorted(set(heard.speakers["camp"].drop_nulls())), "")
    side = [side_of.get(camp, camp) for camp in camps]
    numbers = {name: k for k, name in enumerate(dict.fromkeys(side))}
    group = np.array([numbers[name] for name in side], dtype=np.int64)
    parties = list(side_of)
    dead, civil, cells = _dead(heard, parties, kinds)
    did = _did(heard, parties, attributions)
    shares = np.zeros((len(heard.incidents), len(camps), len(t.ROLES)))
    author = np.zeros((len(heard.incidents), len(camps), 3))
    for k, camp in enumerate(camps[:-1]):
        own = np.array([party == camp for party in parties], dtype=np.float64)
        ally = np.array([side_of[p] == side[k] and p != camp for p in parties], dtype=np.float64)
        foe = 1.0 - own - ally
        for roles, weight in (
            ((t.OWN_DEAD, t.ALLY_DEAD, t.FOE_DEAD), dead),
            ((t.OWN_ACT, t.ALLY_ACT, t.FOE_ACT), civil[:, None] * did),
        ):
            for role, who in zip(roles, (own, ally, foe), strict=True):
                shares[:, k, role] = weight @ who
        author[:, k] = did @ np.stack([own, ally, foe], axis=1)
        shares[:, k, t.OTHER] = np.clip(1.0 - shares[:, k].sum(axis=1), 0.0, 1.0)
    return Standing(camps, group, shares, author, {cell: _status(cell, side_of, kinds) for cell in cells})


def is_civilian(member: str, kinds: Mapping[str, str | None]) -> bool:
    """Whether a cell's member takes no part in hostilities, by the case's list of actors, else by the word."""
    kind = kinds.get(member)
    return kind in t.CIVILIAN_KINDS if kind else member in t.CIVILIAN_WORDS


def _status(cell: str, side_of: Mapping[str, str], kinds: Mapping[str, str | None]) -> str:
    named, sign = members(cell, side_of)
    civil = {is_civilian(m, kinds) for m in named}
    if len(civil) > 1:
        return OPEN if sign == "|" else BOTH
    return CIVILIAN if civil == {True} else ARMED


def _dead(
    heard: Heard, parties: list[str], kinds: Mapping[str, str | None]
) -> tuple[Floats, Floats, list[str]]:
    """Incidents x parties: the part of the victims that is said to be that party's; and the part of no side."""
    said = heard.said["victims"].filter(pl.col("use") == WEIGHED)
    cells = heard.said["victims"]["value"].unique().sort().to_list()
    of_party, of_none = np.zeros((len(cells), len(parties))), np.zeros(len(cells))
    for k, cell in enumerate(cells):
        named, _ = members(cell, parties)
        for member in named:
            if member in parties:
                of_party[k, parties.index(member)] += 1 / len(named)
            elif is_civilian(member, kinds):
                of_none[k] += 1 / len(named)
    place = {cell: k for k, cell in enumerate(cells)}
    number = np.array([place[cell] for cell in said["value"]], dtype=np.int64)
    incident = said["incident"].to_numpy()
    n = np.maximum(np.bincount(incident, minlength=len(heard.incidents)), 1).astype(np.float64)
    dead = np.zeros((len(n), len(parties)))
    civil = np.zeros(len(n))
    np.add.at(dead, incident, of_party[number])
    np.add.at(civil, incident, of_none[number])
    return dead / n[:, None], civil / n, cells


def _did(heard: Heard, parties: list[str], attributions: pl.DataFrame) -> Floats:
    """Incidents x parties: how probably each did it; nought where attribution does not speak."""
    did = np.zeros((len(heard.incidents), len(parties)))
    if not attributions.height:
        return did
    where = pl.DataFrame(
        {"incident_id": heard.incidents, "incident": range(len(heard.incidents))},
        schema={"incident_id": pl.String, "incident": pl.Int64},
    )
    who = pl.DataFrame(
        {"actor": parties, "party": range(len(parties))}, schema={"actor": pl.String, "party": pl.Int64}
    )
    rows = attributions.join(where, on="incident_id").join(who, on="actor")
    did[rows["incident"].to_numpy(), rows["party"].to_numpy()] = rows["probability"].to_numpy()
    return did
