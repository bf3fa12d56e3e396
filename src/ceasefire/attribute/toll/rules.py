"""Two rules that others use, beside the estimate: UCDP's best, low and high, and Airwars' range and grade.

In: ``Heard``, ``Standing``, attributions. Out: figures by rule, and a grade an incident. UCDP GED: best is the most reliable
source's figure, low and high the range of credible ones. Airwars: all credible claims, graded. Both are read as rules without an
analyst, and go by kind of source and whether it has a camp, never by which.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.claims import members
from ceasefire.attribute.toll import thresholds as t
from ceasefire.attribute.toll.heard import WEIGHED, Heard
from ceasefire.attribute.toll.roles import ARMED, Standing

CONFIRMED, FAIR, WEAK, CONTESTED, DISCOUNTED = "confirmed", "fair", "weak", "contested", "discounted"


def _sources(heard: Heard) -> pl.DataFrame:
    """Of each source: how reliable its kind is (less what it follows a camp), and whether it is credible on a toll."""
    kind = pl.col("kind").fill_null("unknown")
    follows = (
        pl.when(pl.col("camp").is_null())
        .then(0.0)
        .otherwise(
            kind.replace_strict(dict(p.ALIGNMENT), default=p.ALIGNMENT_DEFAULT, return_dtype=pl.Float64)
        )
    )
    hit = kind.replace_strict(dict(p.NEUTRAL_HIT), default=p.NEUTRAL_HIT_DEFAULT, return_dtype=pl.Float64)
    frame = heard.speakers.with_row_index("source").with_columns(pl.col("source").cast(pl.Int64))
    return frame.select("source", reliable=(hit * (1.0 - follows)).round(6), credible=follows < t.FOLLOWS)


def by_rule(heard: Heard, quantity: str) -> pl.DataFrame:
    """Columns incident, ucdp_low, ucdp_best, ucdp_high, airwars_low, airwars_high, for incidents with a figure.

    Most reliable: the kind that attribution believes most, less how far it follows a camp; of equals the latest word; of those of
    one time the median figure, rounded down. UCDP counts the last word of each source, Airwars every claim that was made.
    """
    said = heard.said[quantity].join(_sources(heard), on="source", how="left", maintain_order="left")
    low, high = pl.coalesce("least", "most"), pl.coalesce("most", "least")
    said = said.with_columns(low=low, high=high)
    current = said.filter(pl.col("use") == WEIGHED)

    def credible(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("credible") | ~pl.col("credible").any().over("incident"))

    best = (
        current.filter(pl.col("reliable") == pl.col("reliable").max().over("incident"))
        .filter(
            (pl.col("at") == pl.col("at").max().over("incident"))
            | pl.col("at").max().over("incident").is_null()
        )
        .group_by("incident")
        .agg(ucdp_best=((pl.col("low") + pl.col("high")) / 2).median().floor().cast(pl.Int64))
    )
    ucdp = (
        credible(current)
        .group_by("incident")
        .agg(ucdp_low=pl.col("low").min(), ucdp_high=pl.col("high").max())
    )
    claims = (
        credible(said)
        .group_by("incident")
        .agg(airwars_low=pl.col("low").min(), airwars_high=pl.col("high").max())
    )
    made = best.join(ucdp, on="incident").join(claims, on="incident")
    # the most reliable source's figure stands even where it is outside the range of the others
    return made.with_columns(
        ucdp_low=pl.min_horizontal("ucdp_low", "ucdp_best"),
        ucdp_high=pl.max_horizontal("ucdp_high", "ucdp_best"),
    )


def grades(
    heard: Heard, standing: Standing, side_of: Mapping[str, str], attributions: pl.DataFrame
) -> dict[int, str]:
    """Airwars' grade of each incident whose accounts claim that somebody was hurt, by number.

    In this order: discounted (all who say who was hurt say combatants); confirmed (the party held most probable says so itself);
    contested (no one side, nor accident, is in all that accounts name); fair (two credible sources, copies aside); weak.
    """
    harm = pl.concat([_harm(heard, quantity) for quantity in t.QUANTITIES])
    origins = (
        harm.join(_sources(heard), on="source")
        .filter(pl.col("use") == WEIGHED)
        .group_by("incident")
        .agg(n=pl.col("source").filter(pl.col("credible")).n_unique())
    )
    claimed = set(harm["incident"])
    n_credible = dict(origins.select("incident", "n").iter_rows())
    armed = _only_armed(heard, standing)
    admitted, contested = _authors(heard, side_of, attributions)
    made = {}
    for incident in sorted(claimed):
        if incident in armed:
            made[incident] = DISCOUNTED
        elif incident in admitted:
            made[incident] = CONFIRMED
        elif incident in contested:
            made[incident] = CONTESTED
        else:
            made[incident] = FAIR if n_credible.get(incident, 0) >= 2 else WEAK
    return made


def _harm(heard: Heard, quantity: str) -> pl.DataFrame:
    return heard.said[quantity].filter(pl.col("size") > 0).select("incident", "source", "use")


def _only_armed(heard: Heard, standing: Standing) -> set[int]:
    said = heard.said["victims"].with_columns(
        armed=pl.col("value").replace_strict(
            {cell: status == ARMED for cell, status in standing.status.items()},
            default=False,
            return_dtype=pl.Boolean,
        )
    )
    return set(said.group_by("incident").agg(pl.col("armed").all()).filter("armed")["incident"])


def _authors(
    heard: Heard, side_of: Mapping[str, str], attributions: pl.DataFrame
) -> tuple[set[int], set[int]]:
    """Incidents whose most probable author says so itself; and those for which accounts name authors of no common side."""
    top = attributions.filter(pl.col("probability") == pl.col("probability").max().over("incident_id"))
    leading: dict[str, set[str]] = {}
    for name, actor in top.select("incident_id", "actor").iter_rows():
        leading.setdefault(name, set()).add(actor)
    camps = heard.speakers["camp"].to_list()
    naming = heard.accounts.filter(
        pl.col("actor").is_not_null() & pl.col("stance").fill_null("asserts").is_in(["asserts", "suggests"])
    )
    admitted: set[int] = set()
    common: dict[int, set[str]] = {}
    for incident, source, cell, hedged in naming.select("incident", "source", "actor", "hedged").iter_rows():
        named, sign = members(cell, side_of)
        sides = {side_of.get(one, one) for one in named}
        common[incident] = common[incident] & sides if incident in common else sides
        camp = camps[source]
        if camp in named and sign != "|" and not hedged and leading.get(heard.incidents[incident]) == {camp}:
            admitted.add(incident)
    return admitted, {incident for incident, sides in common.items() if not sides}
