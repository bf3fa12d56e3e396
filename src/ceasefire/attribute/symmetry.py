"""Do the answers swap when the parties do? The case weighed again under exchanged labels, pair by pair.

In: claims, sources, parties. Out: table ``symmetry``: how far figures differ once the labels are exchanged back. Nothing may depend
on a party's name, so the difference must be nothing but the rounding of sums in another order. From claims on; that fusion and
clauses swap too is held by the tests (``tests/test_invariances.py``). Not a judicial finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Any

import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.attribution import Attributed, attribute
from ceasefire.attribute.claims import members
from ceasefire.model import table

FIGURES = ("probability", "low", "high", "prior", "flat")


def symmetry(attributed: Attributed, given: Mapping[str, Any]) -> pl.DataFrame:
    """Make the table ``symmetry``: one row a pair of parties whose labels were exchanged.

    Args:
        attributed: the answers under the labels as they are.
        given: what ``attribute`` was given for them, by name; ``parties`` as a mapping. Every table in it with a column ``actor``
            or ``camp`` gets its labels exchanged.
    """
    sides: Mapping[str, str | None] = given["parties"]
    parties = sorted(sides)
    pairs = list(combinations(parties, 2))
    if len(pairs) > p.MOST_PAIRS:
        pairs = list(pairwise(parties))  # exchanges of neighbours make every order
    rows = []
    for a, b in pairs:
        swap = {a: b, b: a}
        other = {name: _exchanged(value, swap) for name, value in given.items()}
        other["parties"] = {swap.get(party, party): side for party, side in sides.items()}
        rows.append({"party_a": a, "party_b": b, **_compared(attributed, attribute(**other), swap)})
    return table("symmetry").frame(rows)


def _exchanged(value: Any, swap: Mapping[str, str]) -> Any:
    if isinstance(value, pl.DataFrame):
        for column in ("actor", "camp"):
            value = _swapped(value, column, swap)
    return value


def _swapped(frame: pl.DataFrame, column: str, swap: Mapping[str, str]) -> pl.DataFrame:
    """The frame with the labels exchanged in one column; members of an open or joint cell in order again."""
    if column not in frame.columns:
        return frame
    cells = frame[column].drop_nulls().unique().to_list()
    changed = {}
    for cell in cells:
        named, sign = members(cell, swap)
        changed[cell] = (sign or "|").join(sorted(swap.get(name, name) for name in named)) or cell
    return frame.with_columns(pl.col(column).replace(changed)) if changed else frame


def _compared(ours: Attributed, theirs: Attributed, swap: Mapping[str, str]) -> dict[str, object]:
    key = ["incident_id", "actor"]
    back = _swapped(theirs.attributions, "actor", swap)
    both = ours.attributions.join(back, on=key, how="full", suffix="_swapped", coalesce=True)
    gaps = [(pl.col(c) - pl.col(f"{c}_swapped")).abs() for c in FIGURES]
    widest = both.select(pl.max_horizontal(gaps).max()).item() if both.height else 0.0
    unmatched = both.filter(pl.col("probability").is_null() | pl.col("probability_swapped").is_null()).height
    other = theirs.assessments
    for column in ("answer", "leading"):
        other = _swapped(other, column, swap)
    columns = [
        "answer",
        "leading",
        "standard",
        "self_attributed",
        "contested",
        "n_origins",
        "n_camps",
        "rule",
    ]
    differ = 0
    if ours.assessments.height:
        joined = ours.assessments.join(other, on="incident_id", how="left", suffix="_swapped")
        differs = pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"{c}_swapped")) for c in columns)
        differ = joined.filter(differs).height
    return {
        "incidents": ours.assessments.height,
        "figures": both.height * len(FIGURES),
        "largest_difference": widest or 0.0,
        "answers_differ": differ + unmatched,
        "to_the_bit": unmatched == 0 and differ == 0 and not widest,
    }
