"""How many were killed and injured, by what act, and who they were: the room's one public function.

In: reports, memberships, sources, incidents, attributions, parties with their sides. Out: ``Tolled``: tolls with a 90 %
interval beside the rules of UCDP and Airwars, particulars (act, victims), the accounts behind each figure, and the bias by role.
Method: tolls on a grid, side bias, heaping, bounds as censoring, copies once; see ``docs/methods/toll.md``. No judicial finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import sides_of
from ceasefire.attribute.toll import thresholds as t
from ceasefire.attribute.toll.bias import Bias, learn, ratio
from ceasefire.attribute.toll.heard import Heard, hear
from ceasefire.attribute.toll.kernel import Asked, Tolls
from ceasefire.attribute.toll.roles import Standing, stand
from ceasefire.attribute.toll.shown import shown_accounts, shown_particulars, shown_tolls
from ceasefire.attribute.toll.tables import accounts_table, bias_table, particulars_table, tolls_table
from ceasefire.attribute.toll.voices import (
    QUESTIONS,
    Table,
    ask,
    figures_for,
    log_odds,
    may_be_none,
    table_of,
    voices_of,
)
from ceasefire.attribute.toll.weighing import Weighed, weigh
from ceasefire.model import table
from ceasefire.problems import Problem


@dataclass(frozen=True)
class Tolled:
    """Four tables and the problems: ``tolls`` (incident and quantity), ``particulars`` (incident, act or victims, answer),
    ``toll_accounts`` (a figure an account), ``toll_bias`` (role and quantity)."""

    tolls: pl.DataFrame
    particulars: pl.DataFrame
    toll_accounts: pl.DataFrame
    toll_bias: pl.DataFrame
    problems: tuple[Problem, ...]

    def explain(self, incident_id: str) -> list[tuple[str, pl.DataFrame]]:
        """The toll of one incident with every figure behind it, as titled tables; none if nobody says anything of it."""
        mine = pl.col("incident_id") == incident_id
        titled = (
            (
                "Killed and injured: estimate (90 %), and by the rules of UCDP and Airwars",
                shown_tolls(self.tolls.filter(mine)),
            ),
            ("The figures behind the toll", shown_accounts(self.toll_accounts.filter(mine))),
            (
                "What it was and who was hit (not a judicial finding)",
                shown_particulars(self.particulars.filter(mine)),
            ),
        )
        return [(title, rows) for title, rows in titled if rows.height]


def toll(
    reports: pl.DataFrame,
    memberships: pl.DataFrame,
    sources: pl.DataFrame,
    incidents: pl.DataFrame,
    attributions: pl.DataFrame | None = None,
    *,
    parties: Iterable[str] | Mapping[str, str | None],
    actors: pl.DataFrame | None = None,
    seed: int = 0,
) -> Tolled:
    """Estimate the toll of each incident, what it was and who was hit.

    Args:
        reports: table ``reports`` or ``located``; ``report_id, source_id`` are needed, the rest is used where present.
        memberships: ``report_id, incident_id``, and ``origin_id`` when known: accounts that share an origin count once.
        sources: ``source_id``, and ``kind`` and ``camp`` when known.
        incidents: ``incident_id``, and ``occurred_from`` (UTC) when known; an incident without a figure has its rows, empty.
        attributions: ``incident_id, actor, probability``; where victims are of no side, a figure tells against who did it.
        parties: ids, or a mapping from id to side (a patron and its client share one; None = its own).
        actors: table ``actors``: who counts with which party, and who takes no part in hostilities.
        seed: kept for the stages' common form; nothing is drawn.

    Raises:
        ValueError: a column is missing by which rows are told apart, or a party has a reserved name.
    """
    side_of = sides_of(parties)
    listed = table("actors").empty() if actors is None else table("actors").conform(actors)
    who = table("attributions").empty() if attributions is None else attributions
    heard = hear(reports, memberships, sources, incidents, listed, side_of)
    standing = stand(heard, side_of, who, listed)
    voices = table_of(heard, standing, _first(heard, incidents))
    killed, injured = (
        learn(q, *figures_for(voices, q, standing), len(heard.incidents)) for q in t.QUANTITIES
    )
    asked, answers = {}, {}
    for question in QUESTIONS:
        put, place, listed_answers = ask(heard, voices, question)
        asked[question], answers[question] = (put, place), listed_answers
    weighed = _weigh(heard, voices, standing, (killed, injured), asked)
    return Tolled(
        tolls=tolls_table(heard, standing, weighed, side_of, who),
        particulars=particulars_table(heard, voices, standing, answers, weighed),
        toll_accounts=accounts_table(heard, voices, standing, (killed, injured), weighed),
        toll_bias=bias_table((killed, injured)),
        problems=heard.problems,
    )


def _first(heard: Heard, incidents: pl.DataFrame) -> pl.Series:
    """When each incident happened at the earliest, in the order of ``heard.incidents``."""
    if "occurred_from" not in incidents.columns:
        return pl.Series([None] * len(heard.incidents), dtype=table("incidents").schema["occurred_from"])
    known = (
        incidents.filter(pl.col("incident_id").is_not_null())
        .group_by("incident_id")
        .agg(pl.col("occurred_from").min().cast(table("incidents").schema["occurred_from"]))
    )
    order = pl.DataFrame({"incident_id": heard.incidents}, schema={"incident_id": pl.String})
    return order.join(known, on="incident_id", how="left", maintain_order="left")["occurred_from"]


def _weigh(
    heard: Heard,
    voices: Table,
    standing: Standing,
    biases: tuple[Bias, Bias],
    asked: Mapping[str, tuple[Asked, NDArray[np.int64]]],
) -> Weighed:
    """Weigh twice: with sources as their kind is, then with what the first time showed of each."""
    kinds = heard.speakers["kind"].fill_null("unknown").to_list()
    hit = np.array([p.NEUTRAL_HIT.get(kind, p.NEUTRAL_HIT_DEFAULT) for kind in kinds])
    reliability = 1.0 - t.ASTRAY * (1.0 - hit)
    mean, sd = ratio(*biases)
    tolls = Tolls(
        np.array([b.mean for b in biases]),
        np.array([b.sd for b in biases]),
        np.stack([b.scatter for b in biases], axis=1),
        np.array([t.NONE_HIT[q] for q in t.QUANTITIES]),
        mean,
        sd,
    )
    room = may_be_none(heard, voices)
    acts, victims = (asked[question][0] for question in QUESTIONS)
    several = np.flatnonzero(np.diff(voices.start) >= t.LEARN_FROM)
    several = np.ascontiguousarray(several[:: 1 + len(several) // t.LEARN_MOST])
    told = voices_of(voices, standing, biases, reliability, asked)
    weighed = weigh(told, acts, victims, tolls, room, several)
    among = np.isin(voices.incident, several)
    n = np.bincount(voices.source[among], minlength=len(reliability))
    good = np.bincount(voices.source[among], weighed.good[among], minlength=len(reliability))
    learned = (t.RELIABILITY_WEIGHT * reliability + good) / (t.RELIABILITY_WEIGHT + n)
    told = told._replace(logit=log_odds(learned[voices.source]))
    return weigh(told, acts, victims, tolls, room, np.arange(len(heard.incidents)))
