"""Why these reports are one incident, in tables that can be recomputed by hand.

In: a ``Fused`` result's tables. Out: titled tables: the reports with their origin, every scored pair among them with a
weight per feature that sums to the total, the nearest reports left out, and the weights in force.
"""

from __future__ import annotations

import polars as pl

LISTED = 200  # pairs shown


def explain_incident(
    incident_id: str,
    memberships: pl.DataFrame,
    links: pl.DataFrame,
    lineage: pl.DataFrame,
    weights: pl.DataFrame,
) -> list[tuple[str, pl.DataFrame]]:
    """Titled tables on one incident.

    Raises:
        KeyError: there is no such incident.
    """
    mine = memberships.filter(pl.col("incident_id") == incident_id)
    if not mine.height:
        raise KeyError(f"no incident {incident_id!r}")
    ids = mine["report_id"].implode()
    left, right = pl.col("report_a").is_in(ids), pl.col("report_b").is_in(ids)
    shown = ["report_a", "report_b", "prior", *(c for c in links.columns if c.startswith("w_")), "weight"]
    shown += ["probability", "decision"]
    order = {"by": ["weight", "report_a", "report_b"], "descending": [True, False, False]}
    inside = links.filter(left & right).select(shown).sort(**order)  # type: ignore[arg-type]
    across = links.filter(left ^ right).select(shown).sort(**order)  # type: ignore[arg-type]
    names = lineage.filter((pl.col("incident_id") == incident_id) | (pl.col("other_id") == incident_id))
    title = f"Pairs of its reports: prior and weights (nats) sum to weight ({inside.height} pairs"
    title += f", the strongest {LISTED} shown)" if inside.height > LISTED else ")"
    return [
        ("Reports fused into this incident, and the origin of each", mine),
        (title, inside.head(LISTED)),
        ("Nearest reports left out of it", across.head(20)),
        ("Where its name comes from", names),
        ("Weights in force for each level of each feature", weights),
    ]
