"""References between the fact tables of a case.

In: the typed fact tables and the agreement. Out: the tables with missing sources filled in, and problems. A
reference that leads nowhere is a doubt, not a reason to lose the row: the source is added under its own identifier.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from rapidfuzz import process

from ceasefire.agreement import Agreement
from ceasefire.model import table
from ceasefire.problems import Problem

# (table, column, table referred to, its key)
REFERENCES = (
    ("reports", "source_id", "sources", "source_id"),
    ("counts", "counted_by", "sources", "source_id"),
    ("effort", "source_id", "sources", "source_id"),
    ("access", "reported_by", "sources", "source_id"),
    ("statements", "about", "topics", "topic_id"),
    ("findings", "about", "topics", "topic_id"),
    ("decisions", "report_a", "reports", "report_id"),
    ("decisions", "report_b", "reports", "report_id"),
)


def check_references(
    facts: Mapping[str, pl.DataFrame], agreement: Agreement, problems: list[Problem]
) -> dict[str, pl.DataFrame]:
    """Check every reference; return the tables that were changed."""
    strangers: set[str] = set()
    for name, column, other, key in REFERENCES:
        known = set(facts[other][key].to_list())
        rows = facts[name].filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(list(known)))
        for row in rows.iter_rows(named=True):
            problems.append(_dangling(name, column, other, row, known))
            if other == "sources":
                strangers.add(row[column])
    problems.extend(_camps(facts["sources"], agreement))
    if not strangers:
        return {}
    added = table("sources").frame({"source_id": s, "name": s, "kind": "unknown"} for s in sorted(strangers))
    return {"sources": pl.concat([facts["sources"], added]).sort("source_id")}


def _dangling(name: str, column: str, other: str, row: Mapping[str, object], known: set[str]) -> Problem:
    value = str(row[column])
    near = process.extractOne(value, sorted(known))
    guess = f"did you mean {near[0]!r}? " if near and near[1] > 75 else ""
    return Problem(
        "warning",
        "case",
        "unknown_reference",
        f"{column} of {name}: a row of {other}",
        f"{value!r}",
        f"{guess}add it to {other}",
        file=str(row["file"]) if row.get("file") else f"{name}.csv",
        line=row["line"] if isinstance(row.get("line"), int) else None,  # type: ignore[arg-type]
        record=str(row[table(name).key[0]]),
    )


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
