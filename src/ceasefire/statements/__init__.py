"""Statements: what official voices said, in order, what changed, and how far apart voices and camps stand.

In: statements, topics, memberships, located reports, sources, actors. Out: ``Traced`` with the tables
``positions``, ``voice_counts``, ``contradictions``, ``office_distances`` and ``divergences``, and problems.
Methods: docs/methods/statements.md. A change is not by itself evidence of lying; no judicial finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ceasefire.model import TIME
from ceasefire.problems import Problem
from ceasefire.statements.conflicts import contradictions
from ceasefire.statements.distances import office_distances
from ceasefire.statements.divergence import accounts, divergences, topic_incidents
from ceasefire.statements.propositions import Propositions
from ceasefire.statements.voices import Saying, positions, read_statements, voice_counts
from ceasefire.vocabulary import Term

__all__ = ["Traced", "trace"]


@dataclass(frozen=True)
class Traced:
    """The voices of a case: their positions and changes, their conflicts, and the distance between camps."""

    positions: pl.DataFrame
    voice_counts: pl.DataFrame
    contradictions: pl.DataFrame
    office_distances: pl.DataFrame
    divergences: pl.DataFrame
    values: pl.DataFrame
    """Every proposition in the order said: statement, thread, order, said_at, key, class, value."""
    problems: list[Problem]

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables of this stage by name."""
        names = ("positions", "voice_counts", "contradictions", "office_distances", "divergences")
        return {name: getattr(self, name) for name in names}

    def explain(self, identifier: str) -> list[tuple[str, pl.DataFrame]]:
        """Everything about a topic or a thread, as titled tables; empty if it is neither."""
        rows = self.positions.filter((pl.col("about") == identifier) | (pl.col("thread") == identifier))
        if rows.is_empty():
            return []
        ids = rows["statement_id"].implode()
        pair = pl.col("statement_a").is_in(ids) | pl.col("statement_b").is_in(ids)
        topic = pl.col("about") == identifier
        parts = [
            ("Positions in their order, and what each changed", rows.sort("said_at", "thread", "order")),
            ("Propositions behind each change", self.values.filter(pl.col("statement_id").is_in(ids))),
            ("Statements that cannot both hold, and tensions", self.contradictions.filter(pair)),
            ("Changes, thread by thread and each party as one voice", self.voice_counts.filter(topic)),
            ("Whom the camps blame, and how far apart they are", self.divergences.filter(topic)),
        ]
        return [(title, frame) for title, frame in parts if frame.height]


def trace(
    statements: pl.DataFrame,
    topics: pl.DataFrame,
    memberships: pl.DataFrame,
    reports: pl.DataFrame,
    sources: pl.DataFrame,
    actors: pl.DataFrame | None = None,
    *,
    own_propositions: Mapping[str, Term] | None = None,
    seed: int = 0,
) -> Traced:
    """Follow every voice, and measure how far voices and camps stand apart.

    Args:
        statements: the statements known, times in UTC.
        topics: what they are about, tied to reports.
        memberships: which report belongs to which incident, and its origin.
        reports: the located reports.
        sources: who speaks, with the camp.
        actors: actors with ``party`` and ``member_of``; without them an id is only equal to itself.
        own_propositions: the case's own proposition keys, laid over the vocabulary.
        seed: for the bootstrap and the orders tried within a day.
    """
    rules = Propositions.read(actors, own_propositions)
    sayings, problems = read_statements(statements, rules)
    spoken = accounts(reports, memberships, sources, actors)
    return Traced(
        positions=positions(sayings, rules),
        voice_counts=voice_counts(sayings, rules, seed=seed),
        contradictions=contradictions(sayings, rules),
        office_distances=office_distances(sayings, rules),
        divergences=divergences(spoken, topic_incidents(topics, reports, memberships), seed=seed),
        values=_values(sayings, rules),
        problems=problems,
    )


def _values(sayings: list[Saying], rules: Propositions) -> pl.DataFrame:
    rows = [
        (s.statement_id, s.thread, s.order, s.said_at, key, rules.kind(key), value)
        for s in sayings
        for key, value in s.values.items()
    ]
    schema = pl.Schema(
        {
            "statement_id": pl.String(),
            "thread": pl.String(),
            "order": pl.Int64(),
            "said_at": TIME,
            "key": pl.String(),
            "class": pl.String(),
            "value": pl.String(),
        }
    )
    return pl.DataFrame(rows, schema=schema, orient="row")
