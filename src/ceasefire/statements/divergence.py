"""Divergence between camps: how far apart are the worlds in which their reports happen?

In: located reports, memberships, sources and actors. Out: the ``divergences`` table, and each camp's answers.
Method: Jensen-Shannon divergence, base 2 (Lin, Divergence Measures Based on the Shannon Entropy, IEEE Trans.
Inf. Theory 37, 1991) of whom the accounts blame; Bayesian bootstrap over accounts (Rubin, Annals of Statistics
9, 1981) with one unseen account, 90 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.model import table

NOBODY = "nobody named"
NO_CAMP = "none"
EVERYTHING = "all"

SUGGESTS = 0.5
"""Share of a suggestion that counts as blame; the rest names nobody. Our choice, fixed before any fitting."""

DRAWS = 400
"""Bootstrap draws. Our choice."""

UNSEEN = 1
"""Accounts not seen, each naming any answer with equal chance, in every draw: without them few accounts that
agree would look certain. Our choice, fixed before any fitting."""

BLAMELESS = frozenset({"withdrawal", "other"})
"""Acts for which naming who acted is no blame."""

LEVEL = 0.90
DIGITS = 9

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Account:
    """One independent voice of a camp: the reports of one origin, and what each says of whom."""

    camp: str
    origin: str
    incident: str | None
    words: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Camp:
    """The accounts of one camp, and a row per account: how its blame is spread over the answers."""

    accounts: tuple[Account, ...]
    spreads: Floats

    @property
    def mean(self) -> Floats:
        """The camp's blame over the answers, each account alike."""
        mean: Floats = self.spreads.mean(axis=0)
        return mean


def accounts(
    reports: pl.DataFrame, memberships: pl.DataFrame, sources: pl.DataFrame, actors: pl.DataFrame | None
) -> list[Account]:
    """The accounts of blame of every camp. Copies of one origin inside a camp are one account."""
    camps = {r["source_id"]: r["camp"] or NO_CAMP for r in sources.iter_rows(named=True)}
    parties = parties_of(actors)
    homes = homes_of(memberships)
    found: dict[tuple[str, str, str], list[tuple[str, tuple[str, ...]]]] = {}
    for row in reports.sort("report_id").iter_rows(named=True):
        if row["act"] in BLAMELESS:
            continue
        incident, origin = homes.get(row["report_id"], (None, None))
        place = (camps.get(row["source_id"], NO_CAMP), origin or row["report_id"], incident or "")
        found.setdefault(place, []).append((row["stance"] or "unattributed", _named(row["actor"], parties)))
    return [
        Account(c, o, i or None, tuple(words)) for (c, o, i), words in sorted(found.items(), key=_by_origin)
    ]


def _by_origin(item: tuple[tuple[str, str, str], object]) -> tuple[str, str]:
    return item[0][1], item[0][2]


def parties_of(actors: pl.DataFrame | None) -> dict[str, str]:
    """The party each actor counts with; itself where none is given."""
    if actors is None:
        return {}
    return {r["actor_id"]: r["party"] or r["actor_id"] for r in actors.iter_rows(named=True)}


def homes_of(memberships: pl.DataFrame) -> dict[str, tuple[str, str | None]]:
    """Each report's most probable incident, and the origin it descends from."""
    ranked = memberships.sort(["report_id", "probability", "incident_id"], descending=[False, True, False])
    homes: dict[str, tuple[str, str | None]] = {}
    for row in ranked.iter_rows(named=True):
        homes.setdefault(row["report_id"], (row["incident_id"], row["origin_id"]))
    return homes


def topic_incidents(topics: pl.DataFrame, reports: pl.DataFrame, memberships: pl.DataFrame) -> dict[str, str]:
    """The incident each topic speaks of: that of its first known anchor report."""
    homes = homes_of(memberships)
    known = {r["report_id"]: r["recorded_at"] for r in reports.iter_rows(named=True)}
    found = {}
    for row in topics.sort("topic_id").iter_rows(named=True):
        named = [a.strip() for a in (row["anchor_reports"] or "").split(";") if a.strip()]
        anchors = [a for a in named if a in known and a in homes]
        if anchors:
            dated = [a for a in anchors if known[a] is not None]
            first = min(dated, key=lambda a: (known[a], named.index(a))) if dated else anchors[0]
            found[row["topic_id"]] = homes[first][0]
    return found


def divergences(found: Sequence[Account], incidents: Mapping[str, str], *, seed: int) -> pl.DataFrame:
    """The ``divergences`` table: every pair of camps on each topic and on everything.

    0 = the two camps blame alike, 1 = nothing in common.
    """
    scopes: dict[str, list[Account]] = {
        topic: [a for a in found if a.incident == incident] for topic, incident in incidents.items()
    }
    scopes[EVERYTHING] = list(found)
    rows = []
    for about, members in scopes.items():
        found_camps = camps(members)
        drawn = {name: _resampled(camp, seed) for name, camp in found_camps.items()}
        words = {name: blame_words(camp.accounts) for name, camp in found_camps.items()}
        for camp_a, camp_b in combinations(sorted(found_camps), 2):
            a, b = found_camps[camp_a], found_camps[camp_b]
            point = float(jensen_shannon(a.mean, b.mean))
            low, high = _interval(point, drawn[camp_a], drawn[camp_b])
            rows.append(
                {
                    "about": about,
                    "camp_a": camp_a,
                    "camp_b": camp_b,
                    "n_a": len(a.accounts),
                    "n_b": len(b.accounts),
                    "divergence": point,
                    "low": low,
                    "high": high,
                    "blames_a": words[camp_a],
                    "blames_b": words[camp_b],
                }
            )
    return table("divergences").frame(rows)


def answers_of(members: Sequence[Account]) -> list[str]:
    """Every answer given to "who did it" among these accounts, in the order first given; then "nobody named"."""
    named = dict.fromkeys(p for a in members for _, parties in a.words for p in parties)
    return [*named, NOBODY]


def camps(members: Sequence[Account]) -> dict[str, Camp]:
    """The camps with the spread of each of their accounts.

    An assertion lies on its party (shared out among several), a suggestion half on it and half on nobody.
    A denial is negative information: it is spread evenly over every other answer.
    """
    place = {answer: i for i, answer in enumerate(answers_of(members))}
    grouped: dict[str, list[Account]] = {}
    for account in members:
        grouped.setdefault(account.camp, []).append(account)
    return {
        name: Camp(
            tuple(own),
            np.array([np.mean([_spread(*word, place) for word in account.words], axis=0) for account in own]),
        )
        for name, own in grouped.items()
    }


def jensen_shannon(p: Floats, q: Floats) -> Floats:
    """Jensen-Shannon divergence, base 2, along the last axis. The order of the answers does not matter."""
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log2(p / middle), 0.0) + np.where(q > 0, q * np.log2(q / middle), 0.0)
    total = np.sort(terms, axis=-1).sum(axis=-1) / 2
    rounded: Floats = np.round(np.clip(total, 0.0, 1.0), DIGITS)
    return rounded


def _spread(stance: str, named: tuple[str, ...], place: Mapping[str, int]) -> Floats:
    spread = np.zeros(len(place))
    if not named or stance not in ("asserts", "suggests", "denies"):
        spread[place[NOBODY]] = 1.0
    elif stance == "denies":
        others = [i for answer, i in place.items() if answer not in named]
        spread[others] = 1.0 / len(others)
    else:
        weight = SUGGESTS if stance == "suggests" else 1.0
        spread[[place[p] for p in named]] = weight / len(named)
        spread[place[NOBODY]] = 1.0 - weight
    return spread


def _named(actor: str | None, parties: Mapping[str, str]) -> tuple[str, ...]:
    """The parties an actor cell names, each once, in the order of the cell."""
    words = (actor or "").replace("+", "|").split("|")
    return tuple(dict.fromkeys(parties.get(w.strip(), w.strip()) for w in words if w.strip()))


def _resampled(camp: Camp, seed: int) -> Floats:
    """Mean spreads of reweighted accounts. The draws depend on the accounts, never on a camp's name."""
    mark = sha256("\n".join(a.origin for a in camp.accounts).encode()).digest()[:8]
    random = np.random.default_rng([seed, int.from_bytes(mark, "big")])
    n, answers = camp.spreads.shape
    weights = random.dirichlet(np.ones(n + UNSEEN), size=DRAWS)
    means: Floats = weights[:, :n] @ camp.spreads
    for unseen in range(n, n + UNSEEN):
        means[np.arange(DRAWS), random.integers(answers, size=DRAWS)] += weights[:, unseen]
    return means


def _interval(point: float, a: Floats, b: Floats) -> tuple[float, float]:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(jensen_shannon(a, b), [tail, 1 - tail])
    return min(point, float(np.round(low, DIGITS))), max(point, float(np.round(high, DIGITS)))


def blame_words(members: Sequence[Account]) -> str:
    """Whom a camp's accounts blame and whom they clear, in shares of its accounts; a hint counts apart."""
    shares: dict[str, float] = {}
    for account in members:
        for stance, named in account.words:
            for answer in _answers(stance, named):
                weight = 1.0 / (len(account.words) * len(_answers(stance, named)) * len(members))
                shares[answer] = shares.get(answer, 0.0) + weight
    ranked = sorted(
        ((round(share, 2), answer) for answer, share in shares.items()), key=lambda x: (-x[0], x[1])
    )
    return "; ".join(f"{answer} {share:.0%}" for share, answer in ranked if share > 0)


def _answers(stance: str, named: tuple[str, ...]) -> list[str]:
    if not named or stance not in ("asserts", "suggests", "denies"):
        return [NOBODY]
    mark = {"asserts": "", "suggests": "hints at ", "denies": "clears "}[stance]
    return [mark + party for party in named]
