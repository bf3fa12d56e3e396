"""Which incidents come first: those on which the most was said officially, then those with the most dead.

In: a release or picture. Out: incident ids in order. The order serves reading, not the ranking of places or forces;
the rule looks at no party and is printed on the page.
"""

from __future__ import annotations

from typing import Protocol

import polars as pl

RULE = (
    "Incidents that officials or boards spoke about come first, then those with the most people killed "
    "(best figure), then those told by the most independent origins."
)


class HasTables(Protocol):
    """Anything with tables by name."""

    def table(self, name: str) -> pl.DataFrame:
        """A table by name."""


def spoken_of(source: HasTables) -> dict[str, list[str]]:
    """The topics whose anchor reports lie in each incident."""
    home = dict(source.table("memberships").select("report_id", "incident_id").iter_rows())
    about: dict[str, list[str]] = {}
    for topic, anchors in source.table("topics").select("topic_id", "anchor_reports").iter_rows():
        known = [a.strip() for a in (anchors or "").split(";") if a.strip() in home]
        if known:
            about.setdefault(home[known[0]], []).append(topic)
    return about


def gravest(source: HasTables) -> list[str]:
    """All incident ids, the gravest first (``RULE``); ties fall to the earlier, then to the id."""
    said = pl.concat([source.table("statements")["about"], source.table("findings")["about"]])
    words = dict(said.drop_nulls().value_counts(name="n").iter_rows())
    topics = {i: sum(words.get(t, 0) for t in listed) for i, listed in spoken_of(source).items()}
    frame = source.table("incidents").select(
        "incident_id",
        "occurred_from",
        pl.col("killed_best").fill_null(-1),
        pl.col("n_origins").fill_null(0),
        spoken=pl.col("incident_id").replace_strict(topics, default=0, return_dtype=pl.Int64) > 0,
    )
    order = ["spoken", "killed_best", "n_origins", "occurred_from", "incident_id"]
    return frame.sort(order, descending=[True, True, True, False, False])["incident_id"].to_list()
