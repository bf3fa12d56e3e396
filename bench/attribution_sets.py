"""Public sets of claims with a known truth, read where they are at hand beside the project; they are not shipped.

In: a folder with `crowd/<name>` and `truth/<name>`, each of claims.csv (item, source, value) and truth.csv (item, value).
It is looked for as `shared/data` beside the project, or where CEASEFIRE_SHARED_DATA says. Out: `PublicSet`s, claims as
`ceasefire.attribute` takes them: every claim asserts, the parties are the values of the set, nobody has a camp.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parents[1]
CROWD = ("bluebird", "dog", "product", "snow_rte", "trec", "web")
TRUTH = ("birthplaces", "book", "flight_20111204")


@dataclass(frozen=True)
class PublicSet:
    """One set; ``items`` and ``parties`` in the order of the alphabet. The truth may be a value that nobody claims."""

    name: str
    claims: pl.DataFrame
    sources: pl.DataFrame
    truth: pl.DataFrame
    items: list[str]
    parties: list[str]


def folder() -> Path:
    """Where the sets are looked for."""
    named = os.environ.get("CEASEFIRE_SHARED_DATA")
    return Path(named) if named else ROOT.parent / "shared" / "data"


def public_sets(kind: str, names: tuple[str, ...]) -> Iterator[PublicSet]:
    """The sets of one kind that are at hand; of the others it is printed that they are skipped."""
    for name in names:
        path = folder() / kind / name
        if (path / "claims.csv").exists() and (path / "truth.csv").exists():
            yield read(name, path)
        else:
            print(f"{name}: skipped, its files are not at hand (they are not shipped)", flush=True)


def read(name: str, path: Path) -> PublicSet:
    """Read one set. A source that claims several values of an item counts with the first, as at its peers."""
    claims, truth = (pl.read_csv(path / f"{table}.csv", infer_schema=False) for table in ("claims", "truth"))
    # Values that differ for an item only by their wider places: the set's own claims are of the narrowest.
    if name == "birthplaces":
        truth = truth.with_columns(pl.col("value").str.split(",").list.first())
    claims = claims.drop_nulls().unique(["item", "source"], keep="first", maintain_order=True)
    # An id that could be read as a set of parties, or as nobody, must not be.
    value = pl.concat_str(pl.lit("v:"), pl.col("value").str.replace_all(r"[|+]", "&")).alias("actor")
    claims = claims.select(
        pl.col("item").alias("incident_id"),
        pl.col("source").alias("source_id"),
        pl.lit("asserts").alias("stance"),
        value,
        pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("published_at"),
    )
    items = sorted(claims["incident_id"].unique())
    truth = (
        truth.drop_nulls()
        .select(pl.col("item").alias("incident_id"), value)
        .filter(pl.col("incident_id").is_in(items))
        .unique("incident_id", keep="first", maintain_order=True)
    )
    sources = claims.select(pl.col("source_id").unique().sort()).select(
        "source_id",
        pl.col("source_id").alias("name"),
        pl.lit(None, dtype=pl.String).alias("kind"),
        pl.lit(None, dtype=pl.String).alias("camp"),
        pl.lit(None, dtype=pl.String).alias("language"),
    )
    return PublicSet(name, claims, sources, truth, items, sorted(claims["actor"].unique()))
