"""What differs between two judgements, and why: two agreements on one evidence, or two states of knowledge.

In: two ``Complied``. Out: a table, one row a clause and bearer or a reading of a clock that changed: the word and the
figure before and after, and the incidents that made the difference. Both stand on the same draws, so that a difference is
never one of luck.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from ceasefire.comply.judge import Complied

SCHEMA = {
    "kind": pl.String(),
    "id": pl.String(),
    "of": pl.String(),
    "before": pl.String(),
    "after": pl.String(),
    "p_before": pl.Float64(),
    "p_after": pl.Float64(),
    "because": pl.String(),
}
MOVED = 0.005  # a probability that moves less is not told; our choice
NAMED = 3


def compare(before: Complied, after: Complied, *, every: bool = False) -> pl.DataFrame:
    """The clauses and clocks whose status or figure differs: clauses first, the greatest move first.

    ``every``: those that do not differ too.
    """
    rows = [*_clauses(before, after, every), *_clocks(before, after, every)]
    return pl.DataFrame(rows, schema=SCHEMA)


def _by(frame: pl.DataFrame, *keys: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(row[k] for k in keys): row for row in frame.iter_rows(named=True)}


def _clauses(before: Complied, after: Complied, every: bool) -> list[dict[str, Any]]:
    old, new = (_by(c.verdicts, "norm_id", "holder") for c in (before, after))
    touched = [_by(c.incident_verdicts, "norm_id", "holder", "incident_id") for c in (before, after)]
    places = dict(after._judged.evidence.incidents.select("incident_id", "place_name").iter_rows())
    found = []
    for key in sorted(old.keys() | new.keys()):
        a, b = old.get(key), new.get(key)
        p, q = (None if row is None else row["p_breached"] for row in (a, b))
        words = (a["verdict"] if a else None), (b["verdict"] if b else None)
        if not every and words[0] == words[1] and (p == q or abs((q or 0.0) - (p or 0.0)) < MOVED):
            continue
        because = _incidents(touched[0], touched[1], key, places)
        if not because and b is not None:
            because = b["reason"]
        elif b is None:
            because = "the clause is not there"
        found.append(
            {
                "kind": "clause",
                "id": key[0],
                "of": key[1],
                "before": words[0],
                "after": words[1],
                "p_before": p,
                "p_after": q,
                "because": because,
            }
        )
    return sorted(
        found,
        key=lambda r: (
            r["before"] == r["after"],
            -abs((r["p_after"] or 0) - (r["p_before"] or 0)),
            r["id"],
            r["of"],
        ),
    )


def _incidents(
    old: Mapping[tuple[Any, ...], Mapping[str, Any]],
    new: Mapping[tuple[Any, ...], Mapping[str, Any]],
    key: tuple[Any, ...],
    places: Mapping[str, str | None],
) -> str:
    """The incidents whose part in a clause moved most."""
    moved = []
    for at in {k for k in (old.keys() | new.keys()) if k[:2] == key}:
        a, b = old.get(at), new.get(at)
        p, q = (0.0 if row is None else row["p_breach"] for row in (a, b))
        if abs(q - p) >= MOVED:
            told = (b or a or {})["reason"]
            moved.append(
                (abs(q - p), at[2], f"{places.get(at[2]) or at[2]} ({at[2]}) {p:.2f} to {q:.2f}: {told}")
            )
    moved.sort(key=lambda m: (-m[0], m[1]))
    more = f"; and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
    return "; ".join(words for _, _, words in moved[:NAMED]) + more


def _clocks(before: Complied, after: Complied, every: bool) -> list[dict[str, Any]]:
    old, new = (_by(c.clocks, "clock_id", "reading") for c in (before, after))
    found = []
    for key in sorted(old.keys() | new.keys()):
        a, b = old.get(key), new.get(key)
        told = ("state", "ends_at", "achieved_hours", "reason")
        if not every and a is not None and b is not None and all(a[k] == b[k] for k in told):
            continue
        found.append(
            {
                "kind": "clock",
                "id": key[0],
                "of": key[1],
                "before": _state(a),
                "after": _state(b),
                "p_before": a["probability"] if a else None,
                "p_after": b["probability"] if b else None,
                "because": b["reason"] if b else "there is no such reading",
            }
        )
    return found


def _state(row: Mapping[str, Any] | None) -> str | None:
    if row is None:
        return None
    run = f", {row['achieved_hours']:.0f} h run" if row["achieved_hours"] else ""
    return str(row["state"]) + run + (f" until {row['ends_at']:%Y-%m-%d %H:%MZ}" if row["ends_at"] else "")
