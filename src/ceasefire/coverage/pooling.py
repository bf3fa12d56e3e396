"""Which published series may be added or compared, and why not.

In: ``series``. Out: ``pooling``, every pair with its reasons, and ``pool`` which adds two series or refuses. Two series may be
pooled only when unit and stated counting rule are the same, neither counts one side only, their periods and places do
not overlap, and either one counter made both or the observation effort of both is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import polars as pl

from ceasefire.coverage.series import RULE_NOT_STATED
from ceasefire.model import table

Row = Mapping[str, Any]


class PoolingRefused(ValueError):  # noqa: N818 - the seam's name
    """Two series may not be pooled; the message says why."""


def reasons_against(a: Row, b: Row, areas: Mapping[str, str]) -> list[str]:
    """Why two series (rows of ``series``) may not be pooled; empty if they may. ``areas`` as ``areas_named``."""
    found = []
    if a["counting_unit"] != b["counting_unit"]:
        found.append(f"different units: {a['counting_unit']} and {b['counting_unit']}")
    if a["metric"] != b["metric"]:
        found.append(f"different things counted: {a['metric']} and {b['metric']}")
    rules = [s["counting_rule"] or RULE_NOT_STATED for s in (a, b)]
    if RULE_NOT_STATED in rules:
        found.append("counting rule not stated")
    elif rules[0] != rules[1]:
        found.append(f"different counting rules: {rules[0]} and {rules[1]}")
    for counter in dict.fromkeys(s["counted_by"] for s in (a, b) if s["one_sided"]):
        found.append(f"{counter} counts one side only")
    for counter in dict.fromkeys(s["counted_by"] for s in (a, b) if s["one_sided"] is None):
        found.append(f"cannot be told whom {counter} counts")
    if a["counted_by"] != b["counted_by"] and not (a["effort_known"] and b["effort_known"]):
        found.append("different counters, observation effort unknown")
    if _overlap(a, b) and not _apart(a, b, areas):
        running = " (a running total among them)" if a["cumulative"] or b["cumulative"] else ""
        found.append(f"periods overlap{running}: the same happening could count twice")
    return found


def _overlap(a: Row, b: Row) -> bool:
    ends = (a["period_from"], a["period_to"], b["period_from"], b["period_to"])
    return any(end is None for end in ends) or bool(ends[0] <= ends[3] and ends[2] <= ends[1])


def _apart(a: Row, b: Row, areas: Mapping[str, str]) -> bool:
    """Two places are apart only if both are known first-level areas and differ; any other may hold the other."""
    first, second = (areas.get(s["place_name"]) for s in (a, b))
    return first is not None and second is not None and first != second


def areas_named(places: pl.DataFrame | None) -> dict[str, str]:
    """Names and aliases of the gazetteer's first-level areas, each with its area."""
    if places is None:
        return {}
    rows = places.filter((pl.col("precision") == "governorate") & pl.col("admin1").is_not_null())
    return {
        name.strip(): area
        for place, aliases, area in rows.select("place_name", "aliases", "admin1")
        .sort("place_name")
        .iter_rows()
        for name in (place, area, *(aliases or "").split(";"))
        if name.strip()
    }


def pooling_of(series: pl.DataFrame, areas: Mapping[str, str]) -> pl.DataFrame:
    """Every pair of series with whether it may be pooled, and why."""
    rows = []
    for a, b in combinations(series.sort("series_id").iter_rows(named=True), 2):
        against = reasons_against(a, b, areas)
        rows.append(
            {
                "series_a": a["series_id"],
                "series_b": b["series_id"],
                "allowed": not against,
                "because": "; ".join(against)
                or "same unit and stated rule, every side counted, no overlap in time and place",
            }
        )
    return table("pooling").frame(rows)


def pool(series_a: Row, series_b: Row, areas: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Add two series (rows of ``series``) to one; effort, sides and rule are theirs.

    ``areas`` names the first-level areas that are known to lie apart (``areas_named``).

    Raises:
        PoolingRefused: the series may not be pooled; the message gives every reason.
    """
    against = reasons_against(series_a, series_b, areas or {})
    if against:
        raise PoolingRefused(
            f"{series_a['series_id']!r} and {series_b['series_id']!r} may not be pooled: {'; '.join(against)}"
        )
    a, b = sorted((series_a, series_b), key=lambda s: (s["period_from"], s["series_id"]))
    return {
        **a,
        "series_id": f"{a['series_id']} & {b['series_id']}",
        "counted_by": "+".join(sorted({a["counted_by"], b["counted_by"]})),
        "place_name": _both(a["place_name"], b["place_name"]),
        "against": _both(a["against"], b["against"]),
        "effort_known": a["effort_known"] and b["effort_known"],
        "n_counts": a["n_counts"] + b["n_counts"],
        "period_from": min(a["period_from"], b["period_from"]),
        "period_to": max(a["period_to"], b["period_to"]),
        "values": f"{a['values']}, {b['values']}",
        "checks": None,
        "counts": f"{a['counts']};{b['counts']}",
    }


def _both(a: str | None, b: str | None) -> str | None:
    return "+".join(sorted({v for v in (a, b) if v})) or None
