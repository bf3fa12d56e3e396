"""The questions a case is asked, answered from the tables of the run.

In: the fact table ``questions`` (each with the kind of answer it needs and what it is about) and derived tables.
Out: the table ``answers``. Each kind has one small function, in ``conduct``, ``said`` or ``falls``, that reads tables and writes a
few sentences with their figures; where the data cannot say, it says so and why. No answer is typed in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import polars as pl

from ceasefire.agreement import Agreement
from ceasefire.model import table
from ceasefire.outlook import conduct, falls, said
from ceasefire.outlook.conduct import Answer, cannot_say
from ceasefire.outlook.view import Tables, View

KINDS: dict[str, Callable[[View, list[str]], Answer]] = {
    "kept": conduct.kept,
    "clock": conduct.clock,
    "aid": conduct.aid,
    "terms": conduct.terms,
    "patron": conduct.patron,
    "exempted": conduct.exempted,
    "alive": conduct.alive,
    "truces": falls.truces,
    "author": said.author,
    "intent": said.intent,
    "versions": said.versions,
    "offices": said.offices,
    "one_sided": said.one_sided,
}


def answer(facts: Tables, tables: Tables, terms: Agreement, *, as_of: datetime) -> pl.DataFrame:
    """The table ``answers``: one row a question of the case; an unknown kind cannot be answered and says so."""
    view = View(facts, tables, terms, as_of)
    rows = []
    for row in facts["questions"].sort("question_id").iter_rows(named=True):
        about = [part.strip() for part in (row["about"] or "").split(";") if part.strip()]
        make = KINDS.get(row["kind"])
        unknown = (
            f"no way to answer a question of kind {row['kind']!r}; the kinds are {', '.join(sorted(KINDS))}"
        )
        found = make(view, about) if make else cannot_say(unknown)
        rows.append(
            {
                "question_id": row["question_id"],
                "question": row["question"],
                "answer": found.text,
                "can_say": found.can_say,
                "tables": "; ".join(found.tables),
                "evidence": "; ".join(found.evidence),
            }
        )
    return table("answers").frame(rows)
