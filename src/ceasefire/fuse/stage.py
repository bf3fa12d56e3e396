"""The stage: reports in, incidents out, with the doubt and the reasons.

In: reports (report_id, source_id, occurred_from, occurred_to; all else optional), sources, decisions. Out: ``Fused``.
Order: encode, find pairs, compare, weigh, cluster, name, find origins, describe. Row order never matters; the same
reports give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ceasefire.fuse.candidates import Pairs, distinct, find_pairs
from ceasefire.fuse.cluster import Graph, cluster
from ceasefire.fuse.copies import find_origins
from ceasefire.fuse.decisions import Ruling, coded_apart, coded_as_one, read_decisions
from ceasefire.fuse.doubt import alternatives, cohesion, link_probability, membership
from ceasefire.fuse.encode import Encoded, Floats, Ints, encode, read_reports
from ceasefire.fuse.explain import explain_incident
from ceasefire.fuse.features import Levels, compare
from ceasefire.fuse.incidents import describe
from ceasefire.fuse.learn import learn, score
from ceasefire.fuse.lineage import incident_ids, trace_names
from ceasefire.fuse.weights import FEATURES, FLOOR, LISTED, Weights, default_weights
from ceasefire.model import table
from ceasefire.problems import Problem


@dataclass(frozen=True)
class Fused:
    """Incidents and what they rest on. ``weights``: one row a level of a feature, with the default beside it."""

    incidents: pl.DataFrame
    memberships: pl.DataFrame
    links: pl.DataFrame
    lineage: pl.DataFrame
    alternatives: pl.DataFrame
    problems: tuple[Problem, ...]
    weights: pl.DataFrame

    def explain(self, incident_id: str) -> list[tuple[str, pl.DataFrame]]:
        """Why these reports are one incident: titled tables whose weights sum.

        Raises:
            KeyError: there is no such incident.
        """
        return explain_incident(incident_id, self.memberships, self.links, self.lineage, self.weights)


def fuse(
    reports: pl.DataFrame,
    sources: pl.DataFrame | None = None,
    *,
    decisions: pl.DataFrame | None = None,
    actors: pl.DataFrame | None = None,
    previous: pl.DataFrame | None = None,
    seed: int = 0,
) -> Fused:
    """Group reports that speak of one happening.

    Args:
        reports: table ``reports`` or ``located``, or any frame with report_id, source_id, occurred_from and
            occurred_to (UTC). Acts, actors and sources may be any words.
        sources: table ``sources``; names of outlets help to find who relays whom.
        decisions: table ``decisions``; in force at once, and gone when withdrawn.
        actors: table ``actors``; aliases and parties make actors alike.
        previous: memberships of an earlier run; the lineage then says what became of its names.
        seed: for the sample of decoys that weights are learned from.

    Raises:
        TableError: a required column is missing.
    """
    lacking = [c for c in table("reports").required if c not in reports.columns]
    if lacking:
        table("reports").conform(reports)
    frame, problems = read_reports(reports)
    if not frame.height:
        names = ("incidents", "memberships", "links", "lineage", "alternatives")
        empty = {name: table(name).empty() for name in names}
        return Fused(**empty, problems=tuple(problems), weights=default_weights().frame())
    data = encode(frame, _aliases(actors))
    rows = {rid: k for k, rid in enumerate(data.ids)}
    taken = [coded_as_one(frame)] + ([] if decisions is None else [table("decisions").conform(decisions)])
    ruling, unusable = read_decisions(pl.concat(taken), rows)
    pairs = find_pairs(data)
    left, right = _with_decided(pairs, ruling, data.n)
    ruling = coded_apart(ruling, frame["coded_event"], data.place, left, right)
    levels = compare(data, left, right)
    weights = learn(data, left, levels, seed)
    weight = np.round(score(levels, weights), 9)
    graph = _graph(data, pairs, left, right, weight, ruling)
    label = cluster(graph)
    incident = incident_ids(frame, label)
    probability = membership(graph, label)
    origins = find_origins(frame, incident, sources)
    told = origins.with_columns(incident, pl.Series("probability", probability))
    described = frame.with_columns(
        incident, origins["origin_id"], pl.Series("sigma", data.sigma)
    ).with_columns(
        pl.when(pl.Series(data.has_point)).then(pl.col(c)).alias(c) for c in ("latitude", "longitude")
    )
    incidents, notes = describe(described)
    sure = pl.DataFrame({"label": label, "incident_id": incident}).unique().sort("label")
    sure = sure.with_columns(pl.Series("cohesion", cohesion(label, probability)))
    incidents = incidents.join(sure.select("incident_id", "cohesion"), on="incident_id", how="left")
    together = (label[left] == label[right]) & (weight > 0)
    members = frame.select("report_id", "recorded_at").with_columns(incident)
    return Fused(
        incidents=table("incidents").conform(incidents),
        memberships=table("memberships").conform(told),
        links=_links(data, left, right, levels, weights, weight, label, ruling),
        lineage=trace_names(members, left[together], right[together], ruling, previous),
        alternatives=alternatives(graph, label, probability, incident.to_list(), data.ids),
        problems=tuple(problems + unusable + _crowded(pairs, weights) + notes),
        weights=weights.frame(),
    )


def _aliases(actors: pl.DataFrame | None) -> dict[str, frozenset[str]]:
    """What each actor's names stand for, in lower case: its identifier and the party it counts with."""
    if actors is None:
        return {}
    listed = table("actors").conform(actors)
    ids = {actor.lower() for actor in listed["actor_id"]}
    meant: dict[str, frozenset[str]] = {}
    for actor, name, others, party in listed.select("actor_id", "name", "aliases", "party").iter_rows():
        stands_for = frozenset(w.strip().lower() for w in (actor, party or "") if w.strip())
        # A word that is an actor's identifier means that actor, whoever else lists it as a name.
        spoken = {w.strip().lower() for w in (name, *(others or "").split(";"))} - ids - {""}
        meant |= dict.fromkeys((actor.lower(), *sorted(spoken)), stands_for)
    return meant


def _with_decided(pairs: Pairs, ruling: Ruling, n: int) -> tuple[Ints, Ints]:
    """The candidate pairs and the decided ones, each once, in order."""
    decided = np.array([a * n + b for a, b in (*ruling.same, *ruling.different)], dtype=np.int64)
    keys = distinct(np.concatenate([pairs.left * n + pairs.right, decided]))
    return keys // n, keys % n


def _graph(data: Encoded, pairs: Pairs, left: Ints, right: Ints, weight: Floats, ruling: Ruling) -> Graph:
    open_ = pairs.crowded | (~data.has_point & (data.place < 0) & (data.admin < 0))
    open_[[row for pair in ruling.same for row in pair]] = True
    return Graph(
        n=data.n,
        left=left,
        right=right,
        weight=np.maximum(weight, FLOOR),
        coarse=data.coarse,
        open_=open_,
        same=tuple(ruling.same),
        different=tuple(ruling.different),
    )


def _links(
    data: Encoded,
    left: Ints,
    right: Ints,
    levels: Levels,
    weights: Weights,
    weight: Floats,
    label: Ints,
    ruling: Ruling,
) -> pl.DataFrame:
    """Scored pairs that matter: not far below even odds, or inside one incident, or decided."""
    said = dict.fromkeys(ruling.same, "same") | dict.fromkeys(ruling.different, "different")
    decided = [said.get(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)] if said else None
    shown = (weight >= LISTED) | (label[left] == label[right])
    if decided:
        shown |= np.array([d is not None for d in decided])
    rows = np.flatnonzero(shown)
    ids = pl.Series(data.ids, dtype=pl.String)
    columns: dict[str, pl.Series] = {
        "report_a": ids.gather(left[rows]),
        "report_b": ids.gather(right[rows]),
        "prior": pl.Series(np.full(len(rows), weights.prior)),
    }
    for feature in FEATURES:
        columns[f"w_{feature}"] = pl.Series(weights.values[feature][levels[feature][rows]])
    columns["weight"] = pl.Series(weight[rows])
    probability = link_probability(weight[rows])
    if decided:
        choice = [decided[k] for k in rows]
        columns["decision"] = pl.Series(choice, dtype=pl.String)
        sure = {"same": 1.0, "different": 0.0}
        probability = np.array([sure.get(d or "", p) for d, p in zip(choice, probability, strict=True)])
    columns["probability"] = pl.Series(probability)
    return table("links").conform(pl.DataFrame(columns))


def _crowded(pairs: Pairs, weights: Weights) -> list[Problem]:
    if not pairs.left_out:
        return []
    return [
        Problem(
            "warning",
            "fuse",
            "crowd_cut",
            "few enough reports near each other to compare them all",
            f"{int(pairs.crowded.sum())} reports in crowds; {pairs.left_out} comparisons left out",
            "each was compared with its nearest in time and likeness; give finer places and times",
        )
    ]
