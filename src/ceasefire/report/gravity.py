"""Which incidents a reader should see first: a score of toll, protection, independent origins and attention.

In: a release or picture. Out: incident ids in order. The order serves reading, not the ranking of places or forces;
the rule looks at no party and is printed on the page.
"""

from __future__ import annotations

from typing import Protocol

import polars as pl

from ceasefire.vocabulary import vocabulary

RULE = (
    "Incidents come in the order of a score: doublings of the people killed (best figure), two more if aid or health "
    "care was attacked, doublings of the independent origins that tell of it, and one more if officials or boards "
    "spoke about it. Totals told for more than a week, and acts without violence, come after all others. The score "
    "orders the page and nothing else."
)
# An attack on aid or health care weighs like four times the dead. Our choice; it orders the page and nothing else.
PROTECTED_BONUS = 2.0
SPOKEN_BONUS = 1.0
# What is told of more than this is a total over many happenings, not one of them.
TOTAL_DAYS = 7


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
    acts = vocabulary("acts")
    violent = [name for name, term in acts.items() if term.more.get("violent")]
    aid = [name for name, term in acts.items() if term.more.get("kind") == "aid"]
    spoken = pl.col("incident_id").replace_strict(topics, default=0, return_dtype=pl.Int64) > 0
    frame = source.table("incidents").select(
        "incident_id",
        "occurred_from",
        brief=(pl.col("occurred_to") - pl.col("occurred_from")).dt.total_days().fill_null(0) < TOTAL_DAYS,
        violent=pl.col("act").is_in(violent).fill_null(True),
        score=(1 + pl.col("killed_best").fill_null(0)).log(2)
        + pl.col("act").is_in(aid).fill_null(False).cast(pl.Float64) * PROTECTED_BONUS
        + pl.max_horizontal(pl.col("n_origins").fill_null(1), pl.lit(1)).log(2)
        + spoken.cast(pl.Float64) * SPOKEN_BONUS,
    )
    order = ["violent", "brief", "score", "occurred_from", "incident_id"]
    return frame.sort(order, descending=[True, True, True, False, False])["incident_id"].to_list()
