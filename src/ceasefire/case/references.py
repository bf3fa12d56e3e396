"""References between the fact tables of a case.

In: the typed fact tables and the agreement. Out: the tables with missing sources filled in, and problems. A
reference that leads nowhere is a doubt, not a reason to lose the row: the source is added under its own identifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from rapidfuzz import process

from ceasefire.agreement import Agreement
from ceasefire.case.settings import Settings
from ceasefire.model import table
from ceasefire.problems import Problem

NEAR = 75  # rapidfuzz score from which a name is offered instead
# (table, column, table referred to, its key)
REFERENCES = (
    ("reports", "source_id", "sources", "source_id"),
    ("counts", "counted_by", "sources", "source_id"),
    ("effort", "source_id", "sources", "source_id"),
    ("access", "reported_by", "sources", "source_id"),
    ("statements", "about", "topics", "topic_id"),
    ("findings", "about", "topics", "topic_id"),
    ("hypotheses", "about", "topics", "topic_id"),
    ("ratings", "hypothesis_id", "hypotheses", "hypothesis_id"),
    ("decisions", "report_a", "reports", "report_id"),
    ("decisions", "report_b", "reports", "report_id"),
    ("topics", "anchor_reports", "reports", "report_id"),
)
# Columns that name actors by their identifiers: a|b, a+b, or several separated by ";".
ACTORS = (
    ("reports", "actor"),
    ("reports", "affected"),
    ("findings", "actor"),
    ("capabilities", "actor"),
    ("access", "authority"),
    ("statements", "party"),
    ("counts", "against"),
    ("declarations", "by"),
    ("notifications", "recipients"),
    ("actors", "party"),
)
# What may stand for an actor without being one (cases/README.md).
NO_ACTOR = frozenset({"accident", "third_party", "all", "unknown"})


def check_references(
    facts: Mapping[str, pl.DataFrame], agreement: Agreement, settings: Settings, problems: list[Problem]
) -> dict[str, pl.DataFrame]:
    """Check every reference; return the tables that were changed."""
    if not facts["sources"].height:
        problems.append(_no_sources())
    strangers: set[str] = set()
    lost = {p.record for p in problems if p.severity == "error" and p.record is not None}
    for name, column, other, key in REFERENCES:
        known = sorted(set(facts[other][key].to_list()))
        for row, value in _cells(facts[name], column, ";" if name == "topics" else None, frozenset(known)):
            action = f"add it to {other}"
            if value in lost:
                action = "that row was left out; correct it"
            near = () if value in lost or other == "reports" else known
            problems.append(_dangling(name, column, f"a row of {other}", row, value, near, action))
            if other == "sources":
                strangers.add(value)
    problems.extend(_evidence(facts))
    actors = sorted({*facts["actors"]["actor_id"].to_list(), *agreement.parties, *agreement.exempt})
    for name, column in ACTORS:
        for row, value in _cells(facts[name], column, r"[|+;]", frozenset(actors) | NO_ACTOR):
            action = "counts as an actor of its own; add it to actors"
            problems.append(_dangling(name, column, "an actor or a party", row, value, actors, action))
    clocks = sorted({*agreement.clocks, *agreement.norms})
    for row, value in _cells(facts["declarations"], "clock", None, frozenset(clocks)):
        expected, action = "a clock or clause of the agreement", "moves no clock until it is corrected"
        problems.append(_dangling("declarations", "clock", expected, row, value, clocks, action))
    problems.extend(_camps(facts["sources"], agreement))
    problems.extend(_issuers(facts["sources"], strangers, settings))
    if not strangers:
        return {}
    # A source whose own row could not be used may have asked for protection in it.
    unread = {
        p.record for p in problems if p.severity == "error" and str(p.file).casefold().startswith("sources.")
    }
    added = table("sources").frame(
        {"source_id": s, "name": s, "kind": "unknown", "protected": s in unread or None}
        for s in sorted(strangers)
    )
    return {"sources": pl.concat([facts["sources"], added]).sort("source_id")}


def _evidence(facts: Mapping[str, pl.DataFrame]) -> Iterator[Problem]:
    """Ratings of nothing, or of what the case does not hold: they count nothing."""
    keys = {"reports": "report_id", "statements": "statement_id", "findings": "finding_id"}
    known = {name for table_name, key in keys.items() for name in facts[table_name][key].to_list()}
    action = "counts nothing until it is corrected"
    for row in facts["ratings"].iter_rows(named=True):
        if row["evidence"] is None and row["would_be"] is None:
            expected = "evidence, or would_be, of ratings: filled"
            yield _dangling("ratings", "rating_id", expected, row, "neither", (), action)
        elif row["evidence"] is not None and row["evidence"] not in known:
            expected = "a report, statement or finding"
            yield _dangling("ratings", "evidence", expected, row, row["evidence"], sorted(known), action)


def _cells(
    frame: pl.DataFrame, column: str, signs: str | None, known: frozenset[str]
) -> Iterator[tuple[Mapping[str, object], str]]:
    """Each part of the column's cells that is not known, with its row."""
    for row in frame.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(sorted(known))).iter_rows(
        named=True
    ):
        for part in re.split(signs, row[column]) if signs else [row[column]]:
            if part.strip() and part.strip() not in known:
                yield row, part.strip()


def _no_sources() -> Problem:
    return Problem(
        "warning",
        "case",
        "no_sources",
        "sources.csv: who speaks, and the camp of each",
        "no source at all",
        "every source counts as of no camp, which weighs a party's word like a witness's; add sources.csv",
        file="sources.csv",
    )


def _dangling(
    name: str,
    column: str,
    expected: str,
    row: Mapping[str, object],
    value: str,
    known: Sequence[str],
    action: str,
) -> Problem:
    near = process.extractOne(value, known, score_cutoff=NEAR)
    return Problem(
        "warning",
        "case",
        "unknown_reference",
        f"{column} of {name}: {expected}",
        f"{value!r}",
        f"did you mean {near[0]!r}? {action}" if near else action,
        file=str(row["file"]) if row.get("file") else f"{name}.csv",
        line=row["line"] if isinstance(row.get("line"), int) else None,  # type: ignore[arg-type]
        record=str(row[table(name).key[0]]),
    )


def _issuers(sources: pl.DataFrame, strangers: set[str], settings: Settings) -> list[Problem]:
    """An issuer that is no source keeps nothing apart."""
    known = {*sources["source_id"].to_list(), *strangers}
    return [
        Problem(
            "warning",
            "case",
            "unknown_reference",
            "issuers: identifiers of sources",
            f"{issuer!r}",
            "correct `issuers`, or add it to sources",
            file="case.yaml",
        )
        for issuer in sorted(settings.issuers - known)
    ]


def _camps(sources: pl.DataFrame, agreement: Agreement) -> list[Problem]:
    """A camp that is no party of the agreement cannot be weighed as one."""
    parties = sorted(agreement.parties)
    rows = sources.filter(pl.col("camp").is_not_null() & ~pl.col("camp").is_in(parties))
    return [
        Problem(
            "warning",
            "case",
            "unknown_camp",
            f"camp: a party of the agreement ({', '.join(parties)}) or empty",
            f"{row['camp']!r}",
            "correct sources.csv or name the party in the agreement",
            file="sources.csv",
            record=row["source_id"],
        )
        for row in sources.filter(pl.col("camp").is_in(rows["camp"].implode())).iter_rows(named=True)
    ]
