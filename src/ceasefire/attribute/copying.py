"""Independent voices: copies and relays of one origin count once, and so does a source that repeats itself.

In: accounts and which answers each claim mentions. Out: ``Voices``: one row per source, incident and thing
said, with the reports behind it; and the copies that were set aside, each with the voice it descends from.
Origins come from fusion (``origin_id``); a relay that says something else than its origin speaks for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute.accounts import DENIES, NAMES, Accounts
from ceasefire.attribute.priors import IDS_SHOWN

_ORDER = ("incident", "published_at", "source", "report_id")


@dataclass(frozen=True)
class Voices:
    """What is weighed.

    ``said``: incident, source, kind (testimony, denial, admission), hedged, cell, share (1 over the number of
    different things this source says of the incident in this kind), row (a claim that says it), n_reports,
    report_ids, published_at. ``copies``: incident, source (of the origin), n_copies, report_ids.
    ``nameless``: incident, source, report_ids of sources that tell of the incident and name nobody.
    """

    said: pl.DataFrame
    copies: pl.DataFrame
    nameless: pl.DataFrame


def _ids() -> pl.Expr:
    """Report ids in order, the first few by name and the rest by number."""
    ids = pl.col("report_id").drop_nulls()
    more = ids.len().cast(pl.Int64) - IDS_SHOWN
    return (
        ids.head(IDS_SHOWN).str.join(";")
        + pl.when(more > 0).then(pl.format(" and {} more", more)).otherwise(pl.lit(""))
    ).alias("report_ids")


def _led(naming: pl.DataFrame) -> pl.DataFrame:
    """Add the source that leads each origin: the origin's own, if it names anybody, else the first that does."""
    leads = (
        naming.with_columns(elsewhere=pl.col("report_id").ne_missing(pl.col("origin")))
        .sort("incident", "origin", "elsewhere", "published_at", "source", nulls_last=True)
        .group_by("incident", "origin", maintain_order=True)
        .agg(lead=pl.col("source").first())
        .with_row_index("group")
    )
    return naming.join(leads, on=["incident", "origin"], maintain_order="left")


def _is_copy(led: pl.DataFrame, named: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True where another source says of the origin's answers what the origin's source says of them."""
    if not led.height:
        return np.zeros(0, dtype=bool)
    key = led["group"].to_numpy().astype(np.int64) * 2 + (led["does"].to_numpy() == DENIES)
    mine = named[led["row"].to_numpy()]
    leading = (led["source"] == led["lead"]).to_numpy()
    by_lead = np.zeros((int(key.max()) + 1, named.shape[1]), dtype=bool)
    for slot in range(named.shape[1]):
        by_lead[key[leading & mine[:, slot]], slot] = True
    return np.asarray(~leading & (mine & by_lead[key]).any(axis=1))


def kinds(said: pl.DataFrame, accounts: Accounts) -> pl.DataFrame:
    """Tell admissions from other testimony: a source of a camp names that camp, and not as one of several."""
    camps = accounts.speakers.with_row_index("source").select(pl.col("source").cast(pl.Int64), "camp")
    pairs = pl.DataFrame(
        [{"cell": c, "camp": m} for c, (named, sign) in accounts.cells.items() if sign != "|" for m in named],
        schema={"cell": pl.String, "camp": pl.String},
    ).with_columns(owned=pl.lit(True))
    joined = said.join(camps, on="source", maintain_order="left").join(
        pairs, on=["cell", "camp"], how="left", maintain_order="left"
    )
    kind = (
        pl.when(pl.col("does") == DENIES)
        .then(pl.lit("denial"))
        .when((pl.col("does") == NAMES) & pl.col("owned").fill_null(False))
        .then(pl.lit("admission"))
        .otherwise(pl.lit("testimony"))
    )
    return joined.with_columns(kind=kind).drop("camp", "owned")


def find_voices(accounts: Accounts, named: NDArray[np.bool_]) -> Voices:
    """Fold claims into independent voices; see the module's opening."""
    claims = accounts.claims
    led = _led(claims.filter(pl.col("does") > 0))
    led = led.with_columns(copy=pl.Series(_is_copy(led, named), dtype=pl.Boolean))
    said = (
        led.filter(~pl.col("copy"))
        .group_by("incident", "source", "does", "cell", maintain_order=True)
        .agg(
            pl.col("row").first(),
            pl.col("published_at").first(),
            pl.col("hedged").all(),
            pl.len().alias("n_reports"),
            _ids(),
        )
    )
    said = kinds(said, accounts).with_columns(share=1.0 / pl.len().over("incident", "source", "kind"))
    said = said.sort("incident", "published_at", "source", "does", "cell", nulls_last=True)
    copies = (
        led.filter(pl.col("copy"))
        .group_by("incident", pl.col("lead").alias("source"), maintain_order=True)
        .agg(pl.len().alias("n_copies"), _ids())
    )
    quiet = claims.join(led.select("incident", "source").unique(), on=["incident", "source"], how="anti")
    nameless = (
        quiet.sort(*_ORDER, nulls_last=True)
        .group_by("incident", "source", maintain_order=True)
        .agg(pl.col("published_at").first(), (pl.col("stance") == "denies").any().alias("denies"), _ids())
    )
    return Voices(said, copies, nameless)
