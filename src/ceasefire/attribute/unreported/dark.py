"""Where and when nobody watched: no number, and no upper end for a total that holds it.

In: table ``observation`` (coverage). Out: area-weeks in which no day was watched or reported. Silence there is unknown; it
never reads as calm. Weeks are ISO weeks of the local dates; a week cut by the period counts by the days it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

NOT_OBSERVED = "not observed"
ASSUMES_NOTHING = "nothing can be assumed of what nobody could see"
REASON = "not observed: nobody watched; silence there is unknown, not calm"
SEEN = "where the lists could see"
EVERYWHERE = "everywhere"


@dataclass(frozen=True)
class Dark:
    """Dark area-weeks: all of them as (area, week like 2016-W38), and how many of how many by area and by local month."""

    weeks: tuple[tuple[str, str], ...]
    n_weeks: int
    by_area: dict[str, tuple[int, int]]
    by_month: dict[str, tuple[int, int]]

    def holding(self, by: str, group: str) -> tuple[int, int]:
        """Dark area-weeks and all area-weeks that a stratum may hold; what an author did in the dark may be anywhere."""
        if by == "area":
            return self.by_area.get(group, (0, 0))
        if by == "month" and group in self.by_month:
            return self.by_month[group]
        return len(self.weeks), self.n_weeks


def find_dark(observation: pl.DataFrame) -> Dark:
    """Find the area-weeks without a single observed day in table ``observation`` (``area, day, state``)."""
    date = pl.col("day").str.to_date()
    days = observation.select(
        "area",
        week=date.dt.strftime("%G-W%V"),
        month=date.dt.strftime("%Y-%m"),
        dark=(pl.col("state") == NOT_OBSERVED.replace(" ", "_"))
        .all()
        .over("area", date.dt.strftime("%G-W%V")),
    ).unique()
    weeks = days.select("area", "week", "dark").unique().sort("area", "week")

    def tally(column: str) -> dict[str, tuple[int, int]]:
        each = days.select("area", "week", "dark", group=column).unique()
        counted = each.group_by("group").agg(pl.col("dark").sum(), n=pl.len()).sort("group")
        return {str(group): (int(dark), int(n)) for group, dark, n in counted.iter_rows()}

    dark = weeks.filter(pl.col("dark")).select("area", "week")
    return Dark(
        tuple((str(a), str(w)) for a, w in dark.iter_rows()), weeks.height, tally("area"), tally("month")
    )


def dark_rows(dark: Dark) -> list[dict[str, Any]]:
    """Rows of table ``unreported`` for dark area-weeks: no figure at all."""
    return [
        {
            "by": "area-week",
            "group": f"{area} {week}",
            "model": NOT_OBSERVED,
            "assumption": ASSUMES_NOTHING,
            "usable": False,
            "reason": REASON,
        }
        for area, week in dark.weeks
    ]


def with_open_ends(made: list[dict[str, Any]], dark: Dark) -> list[dict[str, Any]]:
    """Open the upper end of every stratum that may hold a dark area-week; its figures stand on for what could be seen."""
    found = []
    for row in made:
        whole = row["by"] == "all"
        n, of = dark.holding(row["by"], row["group"])
        if whole or n:
            found.append({**row, "group": SEEN if whole else f"{row['group']}, {SEEN}"})
        full = {**row, "group": EVERYWHERE} if whole else row
        found.append(_open_ended(full, n, of) if n else full)
    return found


def _open_ended(row: dict[str, Any], n: int, of: int) -> dict[str, Any]:
    """The same row without best figure and upper end; its lower end stands."""
    means = "unknown, not calm" if row["low"] is None else "at least this many, no upper end"
    reason = f"{n} of {of} area-weeks not observed: {means}"
    return {
        **row,
        "best": None,
        "high": None,
        "unreported_best": None,
        "unreported_high": None,
        "usable": False,
        "reason": f"{row['reason']}; {reason}" if row["reason"] else reason,
    }
