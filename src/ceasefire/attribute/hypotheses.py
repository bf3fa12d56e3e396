"""Competing hypotheses of a topic, weighed on evidence that an analyst has rated.

In: hypotheses, ratings, and the reports (with their origins), statements and findings they speak of. Out: ``Competed``: tables
``weighed_hypotheses`` and ``rated_evidence``, problems. After Heuer (Psychology of Intelligence Analysis, 1999), with likelihood
ratios: evidence x hypothesis, what tells them apart, whether the answer holds with a rating a step off. Readings, not findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Any

import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import STAGE
from ceasefire.attribute.findings import topic_incidents
from ceasefire.model import table
from ceasefire.problems import Problem
from ceasefire.vocabulary import vocabulary

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Competed:
    """Two tables and the problems. ``homes``: the topics of each incident."""

    weighed_hypotheses: pl.DataFrame
    rated_evidence: pl.DataFrame
    problems: tuple[Problem, ...]
    homes: Mapping[str, tuple[str, ...]]

    def explain(self, incident_id: str) -> list[tuple[str, pl.DataFrame]]:
        """The hypotheses about an incident as titled tables; none where no hypothesis is about it."""
        about = pl.col("about").is_in(list(self.homes.get(incident_id, ())))
        named = {
            f"Competing hypotheses, an analyst's reading ({p.NOT_JUDICIAL})": self.weighed_hypotheses,
            "Evidence by hypothesis, and the answer without its origin": self.rated_evidence,
        }
        return [(title, rows) for title, made in named.items() if (rows := made.filter(about)).height]


@dataclass
class _Item:
    """An item of evidence: its origin, and its rating under each hypothesis."""

    name: str
    origin: str
    observed: bool
    rated: dict[str, Row] = field(default_factory=dict)


def compete(facts: Mapping[str, pl.DataFrame], memberships: pl.DataFrame) -> Competed:
    """Weigh the hypotheses of every topic.

    Args:
        facts: tables ``hypotheses``, ``ratings``, ``topics``, ``reports``, ``statements`` and ``findings``. Ratings of evidence
            that is in none of these (not known yet) count nothing.
        memberships: table ``memberships``: which reports share an origin, and the incident of each topic.

    Raises:
        TableError: a required column is missing.
    """
    stated = table("hypotheses").conform(facts["hypotheses"])
    rated = table("ratings").conform(facts["ratings"])
    origins = _origins(memberships, facts)
    words = vocabulary("ratings")
    problems: list[Problem] = []
    usable = []
    for row in rated.iter_rows(named=True):
        if row["rating"] not in words:
            problems.append(_problem("rating_unknown", row, f"one of {', '.join(words)}", row["rating"]))
        elif row["evidence"] is not None and row["evidence"] not in origins:
            continue  # a rating of what is not known yet; what the case does not hold is told when it is read
        elif row["evidence"] is not None or row["would_be"] is not None:
            usable.append(row)
    weighed: list[dict[str, Any]] = []
    evidence: list[dict[str, Any]] = []
    for (about,), group in stated.group_by("about", maintain_order=True):
        rows = {row["hypothesis_id"]: row for row in group.iter_rows(named=True)}
        items = _items(rows, usable, origins, problems)
        priors = _priors(str(about), rows, problems)
        made = _Weighing(str(about), rows, items, priors)
        weighed += made.hypotheses()
        evidence += made.evidence()
    topics: dict[str, tuple[str, ...]] = {}
    for topic, incident in topic_incidents(facts["topics"], memberships).iter_rows():
        topics[incident] = (*topics.get(incident, ()), topic)
    return Competed(
        table("weighed_hypotheses").frame(weighed),
        table("rated_evidence").frame(evidence),
        tuple(problems),
        topics,
    )


def _problem(
    code: str, row: Row, expected: str, found: Any, action: str = "it counts nothing; correct it"
) -> Problem:
    return Problem(
        "warning", STAGE, code, expected, str(found), action,
        file=row.get("file"), line=row.get("line"), record=row.get("rating_id") or row.get("hypothesis_id"),
    )  # fmt: skip


def _origins(memberships: pl.DataFrame, facts: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """The origin of each item of the case: of a report the source of the report it descends from, of a statement the office of its
    party, of a finding its issuer."""
    source = dict(facts["reports"].select("report_id", "source_id").iter_rows())
    first = dict(memberships.select("report_id", "origin_id").iter_rows())
    out = {r: f"source {source.get(first.get(r) or r, s)}" for r, s in source.items()}
    for row in table("statements").conform(facts["statements"]).iter_rows(named=True):
        out[row["statement_id"]] = f"{row['party'] or row['speaker']}, {row['body'] or row['speaker']}"
    for row in table("findings").conform(facts["findings"]).iter_rows(named=True):
        # the same body under its short and long name is told by `origin` in ratings
        out[row["finding_id"]] = f"issuer {row['issuer'].split(' (')[0]}"
    return out


def _items(
    rows: Mapping[str, Row], usable: Sequence[Row], origins: Mapping[str, str], problems: list[Problem]
) -> list[_Item]:
    items: dict[str, _Item] = {}
    for row in usable:
        if row["hypothesis_id"] not in rows:
            continue
        observed = row["evidence"] is not None
        name = row["evidence"] if observed else row["would_be"]
        item = items.setdefault(
            name, _Item(name, row["origin"] or (origins[name] if observed else name), observed)
        )
        if row["hypothesis_id"] in item.rated:
            action = "the first by identifier counts; withdraw one of them"
            problems.append(
                _problem("rating_repeated", row, f"one rating of {name} a hypothesis", "two", action)
            )
            continue
        if row["origin"]:
            item.origin = row["origin"]
        item.rated[row["hypothesis_id"]] = row
    for item in items.values():
        lacking = sorted(set(rows) - set(item.rated))
        if lacking:
            action = "taken as neither for nor against under these; rate it"
            some, expected = next(iter(item.rated.values())), f"{item.name} rated under every hypothesis"
            problems.append(
                _problem("rating_missing", some, expected, f"not under {', '.join(lacking)}", action)
            )
    return [items[name] for name in sorted(items)]


def _priors(about: str, rows: Mapping[str, Row], problems: list[Problem]) -> dict[str, float]:
    given = {name: row["prior"] for name, row in rows.items()}
    alike = {name: 1.0 / len(rows) for name in rows}
    if all(value is None for value in given.values()):
        return alike
    if any(value is None or not value > 0 for value in given.values()):
        row = next(row for row in rows.values() if row["prior"] is None or not row["prior"] > 0)
        expected, action = f"a prior above 0 for each hypothesis of {about}, or for none", "taken as alike"
        problems.append(_problem("prior_unusable", row, expected, row["prior"], action))
        return alike
    total = sum(given.values())
    return {name: value / total for name, value in given.items()}


class _Weighing:
    """The hypotheses of one topic on its evidence."""

    def __init__(self, about: str, rows: Mapping[str, Row], items: list[_Item], priors: Mapping[str, float]):
        self.about, self.rows, self.items, self.priors = about, rows, items, priors
        self.names = sorted(rows)
        words = list(vocabulary("ratings").values())
        self.steps = sorted(log(float(word.more["likelihood"])) for word in words)
        self.nats = {word.id: log(float(word.more["likelihood"])) for word in words}
        self.counted = [item for item in items if item.observed]
        # what tells nothing takes no weight from what else its origin says
        tells = [item for item in self.counted if _spread([self._nats(item, h) for h in self.names]) > p.TIE]
        told = Counter(item.origin for item in tells)
        self.share = {item.name: 1.0 / told[item.origin] if item in tells else 1.0 for item in items}
        self.weights = {
            item.name: {h: self.share[item.name] * self._nats(item, h) for h in self.names} for item in items
        }
        self.now = self._chances({})
        self.without = {
            origin: self._chances({item.name: None for item in self.counted if item.origin == origin})
            for origin in {item.origin for item in self.counted}
        }
        weights = {
            origin: [sum(self.weights[i.name][h] for i in tells if i.origin == origin) for h in self.names]
            for origin in told
        }
        self.telling = [origin for origin, nats in weights.items() if _spread(nats) > p.TIE]

    def _nats(self, item: _Item, hypothesis: str) -> float:
        row = item.rated.get(hypothesis)
        return self.nats[row["rating"]] if row else 0.0

    def _chances(
        self, instead: Mapping[str, Mapping[str, float] | None], more: Sequence[str] = ()
    ) -> dict[str, float]:
        """Probabilities with the weights of some items replaced (None = left out), and with some that nobody observed."""
        scores = {h: log(self.priors[h]) for h in self.names}
        for name in [*(item.name for item in self.counted), *more]:
            weights = instead.get(name, self.weights[name])
            if weights is not None:
                for h in self.names:
                    scores[h] += weights[h]
        top = max(scores.values())
        raised = {h: exp(score - top) for h, score in scores.items()}
        total = sum(raised.values())
        return {h: value / total for h, value in raised.items()}

    def _tried(self, left: str | None) -> list[dict[str, float]]:
        """Probabilities without one origin, and besides with each rating of each other item a step up, and a step down."""
        gone: dict[str, Mapping[str, float] | None] = {
            item.name: None for item in self.counted if item.origin == left
        }
        out = [self._chances(gone)]
        for item in self.counted:
            if item.name in gone:
                continue
            for h in self.names:
                at = self.steps.index(self._nats(item, h))
                for other in (at - 1, at + 1):
                    if 0 <= other < len(self.steps):
                        moved = self.weights[item.name] | {h: self.share[item.name] * self.steps[other]}
                        out.append(self._chances({**gone, item.name: moved}))
        return out

    def _rule(self, least: float) -> tuple[str, str]:
        """The answer, and why."""
        best = _leading(self.now)
        labels = [self.rows[h]["label"] for h in best]
        n = len(self.telling)
        if n < p.HYPOTHESIS_ORIGINS:
            return (
                p.UNDETERMINED,
                f"independent origins that tell the hypotheses apart: {n}, needed {p.HYPOTHESIS_ORIGINS}",
            )
        if len(best) > 1:
            return p.UNDETERMINED, f"equally probable: {', '.join(labels)}"
        tried = "without any one origin and with any one rating a step off"
        if least <= p.HYPOTHESIS_LEAST:
            need = f"needed more than {p.HYPOTHESIS_LEAST:.2f}"
            return p.UNDETERMINED, f"{labels[0]} leads; {tried} it falls to {least:.2f}, {need}"
        return best[0], f"{labels[0]} leads; {tried} it keeps at least {least:.2f}"

    def hypotheses(self) -> list[dict[str, Any]]:
        """Rows of ``weighed_hypotheses``."""
        tried = [chances for left in (None, *self.without) for chances in self._tried(left)]
        low, high = ({h: end(chances[h] for chances in tried) for h in self.names} for end in (min, max))
        answer, why = self._rule(low[_leading(self.now)[0]])
        who = "; ".join(sorted({row["rated_by"] for item in self.items for row in item.rated.values()}))
        return [
            {
                "about": self.about,
                "hypothesis_id": h,
                "label": self.rows[h]["label"],
                "prior": self.priors[h],
                "probability": self.now[h],
                "low": low[h],
                "high": high[h],
                "n_origins": len(self.telling),
                "answer": answer,
                "rule": f"{why}; {p.NOT_JUDICIAL}",
                "rated_by": who or None,
            }
            for h in self.names
        ]

    def evidence(self) -> list[dict[str, Any]]:
        """Rows of ``rated_evidence``."""
        out = []
        for item in self.items:
            then = self.without[item.origin] if item.observed else self._chances({}, [item.name])
            nats = [self._nats(item, h) for h in self.names]
            for h in self.names:
                row = item.rated.get(h)
                out.append(
                    {
                        "about": self.about,
                        "evidence": item.name,
                        "observed": item.observed,
                        "origin": item.origin if item.observed else None,
                        "hypothesis_id": h,
                        "rating": row["rating"] if row else None,
                        "log_weight": self.weights[item.name][h] if item.observed else 0.0,
                        "diagnosticity": exp(_spread(nats)),
                        "without": then[h],
                        "leads_then": "|".join(_leading(then)),
                        "reason": row["reason"] if row else None,
                        "rated_by": row["rated_by"] if row else None,
                    }
                )
        return out


def _spread(values: Sequence[float]) -> float:
    return max(values) - min(values)


def _leading(chances: Mapping[str, float]) -> list[str]:
    top = max(chances.values())
    return sorted(h for h, value in chances.items() if value >= top - p.TIE)
