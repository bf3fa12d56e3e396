"""The toll of one incident as a reader sees it: a few columns, ranges in one cell.

In: rows of the room's tables. Out: the same in readable form, for ``Tolled.explain``. Nothing is worked out here.
"""

from __future__ import annotations

import polars as pl

from ceasefire.attribute.toll.heard import WEIGHED


def _range(low: str, high: str) -> pl.Expr:
    return (
        pl.when(pl.col(low) == pl.col(high))
        .then(pl.col(low).cast(pl.String))
        .otherwise(pl.format("{}-{}", low, high))
    )


def _with_range(best: str, low: str, high: str) -> pl.Expr:
    alone = pl.col(low) == pl.col(high)
    return (
        pl.when(alone).then(pl.col(best).cast(pl.String)).otherwise(pl.format("{} ({}-{})", best, low, high))
    )


def shown_tolls(rows: pl.DataFrame) -> pl.DataFrame:
    """Killed, then injured; "no figure" where nobody gives one."""
    airwars = pl.concat_str(
        _range("airwars_low", "airwars_high"), pl.col("airwars_grade"), separator=" ", ignore_nulls=True
    )
    contested = pl.when(pl.col("victims_contested")).then(pl.lit(" contested")).otherwise(pl.lit(""))
    return rows.sort("quantity", descending=True).select(
        "quantity",
        estimate=_with_range("best", "low", "high").fill_null("no figure"),
        figures="n_accounts",
        independent="n_origins",
        ucdp=_with_range("ucdp_best", "ucdp_low", "ucdp_high"),
        airwars=pl.when(pl.col("airwars_low").is_not_null()).then(airwars),
        civilians=pl.concat_str(_range("civilians_low", "civilians_high"), contested),
    )


def shown_accounts(rows: pl.DataFrame) -> pl.DataFrame:
    """Figures, killed first, in order of time."""
    use = pl.when(pl.col("use") == WEIGHED).then("use").otherwise(pl.format("{}: {}", "use", "of"))
    return rows.sort("quantity", "published_at", "report_id", descending=[True, False, False]).select(
        "quantity",
        "report_id",
        "source_id",
        "says",
        use=use,
        role="role",
        factor="factor",
        believed="believed",
    )


def shown_particulars(rows: pl.DataFrame) -> pl.DataFrame:
    """Answers, the most probable first."""
    interval = pl.format("{}-{}", pl.col("low").round(3), pl.col("high").round(3))
    return rows.sort("about", "probability", "answer", descending=[False, True, False]).select(
        "about", "answer", "probability", "status", interval=interval, accounts="n_accounts"
    )
