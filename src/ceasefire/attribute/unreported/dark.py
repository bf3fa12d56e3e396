"""Where and when nobody watched: no number, and no upper end for a total that holds it.

In: table ``observation`` (coverage). Out: area-weeks in which no day was watched or reported. Silence there is unknown; it
never reads as calm. Weeks are ISO weeks of the local dates; a week cut by the period counts by the days it has.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

NOT_OBSERVED = "not observed"
ASSUMES_NOTHING = "nothing can be assumed of what nobody could see"
REASON = "not observed: nobody watched; silence there is unknown, not calm"


def dark_weeks(observation: pl.DataFrame) -> pl.DataFrame:
    """``area, week`` (like 2016-W38) of every area-week without a single observed day, in order."""
    schema = {"area": pl.String, "week": pl.String}
    if not observation.height:
        return pl.DataFrame(schema=schema)
    week = pl.col("day").map_elements(week_of, return_dtype=pl.String)
    return (
        observation.select("area", dark=pl.col("state") == "not_observed", week=week)
        .group_by("area", "week")
        .agg(pl.col("dark").all())
        .filter(pl.col("dark"))
        .select("area", "week")
        .sort("area", "week")
    )


def week_of(day: str) -> str:
    """The ISO week of a date given as text."""
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02}"


def dark_rows(dark: pl.DataFrame) -> list[dict[str, Any]]:
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
        for area, week in dark.iter_rows()
    ]


def open_ended(row: dict[str, Any], dark: int, whole: int) -> dict[str, Any]:
    """The same row without best figure and upper end, for a total that holds dark area-weeks; its lower end stands."""
    reason = f"{dark} of {whole} area-weeks not observed: at least this many, no upper end"
    kept = row["reason"] and f"{row['reason']}; {reason}"
    return {
        **row,
        "best": None,
        "high": None,
        "unreported_best": None,
        "unreported_high": None,
        "usable": False,
        "reason": kept or reason,
    }
