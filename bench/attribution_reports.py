"""Accounts of incidents by sources that take sides, with the truth and what could be known at best.

In: the name of a scenario (`bench.attribution_scenarios`) and a seed. Out: `Made`: `claims`, `sources`, `parties` and
`incidents` as `ceasefire.attribute` takes them, the `truth`, and the `oracle`: the posterior of one who knows how every
source tells (`bench.attribution_oracle`). Everything is invented; the same seed gives the same tables. Seeds 1 to 9 belong
to development.

    made = make("bias + copying", seed=1)
    made = make("bias + copying", seed=1, incidents=500, origins=True)     # it is known who copied whom
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import polars as pl

from bench.attribution_cast import PARTIES, SIDES, Cast, Floats, cast
from bench.attribution_happenings import Happenings, happenings
from bench.attribution_oracle import posterior
from bench.attribution_scenarios import SCENARIOS, SMALL_SIZES, Knobs
from bench.attribution_telling import NOBODY, SILENT, Accounts, tell

START = datetime(2021, 3, 1, tzinfo=UTC)
DAY = 86_400_000_000  # microseconds
LASTS = 0.1  # days
TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Made:
    """What `make` returns. `happened` and `accounts` have more happenings than there are incidents: nobody told of the rest."""

    claims: pl.DataFrame
    sources: pl.DataFrame
    parties: dict[str, str]
    incidents: pl.DataFrame
    truth: pl.DataFrame
    knobs: Knobs
    cast: Cast
    happened: Happenings
    accounts: Accounts
    origins: bool

    @cached_property
    def oracle(self) -> pl.DataFrame:
        """The exact posterior: incident_id, actor, probability; made when asked for."""
        chance = posterior(self.knobs, self.cast, self.happened, self.accounts, self.origins)
        told = np.flatnonzero(self.accounts.told)
        return pl.DataFrame(
            {
                "incident_id": np.repeat(_ids(told.size), len(self.cast.truths)),
                "actor": list(self.cast.truths) * told.size,
                "probability": chance[told].ravel(),
            }
        )

    @property
    def leaders(self) -> pl.DataFrame:
        """Who copies whom: source_id, leader, and how often it repeats what its leader told."""
        ids, sources = self.cast.ids, self.cast.sources
        return pl.DataFrame(
            [(ids[s], ids[x.leader], x.copies) for s, x in enumerate(sources) if x.leader >= 0],
            schema={"source_id": pl.String, "leader": pl.String, "copies": pl.Float64},
            orient="row",
        ).sort("source_id")


def make(scenario: str, seed: int, incidents: int | None = None, origins: bool = False) -> Made:
    """Accounts of a scenario's number of incidents, or of ``incidents``; with ``origins``, it is known who copied whom."""
    knobs = SCENARIOS[scenario]
    count = incidents or knobs.incidents or SMALL_SIZES[seed % len(SMALL_SIZES)]
    knobs = replace(knobs, incidents=count)
    rng = np.random.default_rng([seed, list(SCENARIOS).index(scenario)])
    own = cast(knobs, rng)
    more = count
    while True:
        # Twice as many happen as are told of, or more; those after the last that is needed are cut off.
        more *= 2
        streams = np.random.default_rng(rng.integers(2**63)).spawn(2)
        happened = happenings(knobs, own, more, streams[0])
        accounts = tell(knobs, own, happened, streams[1])
        told = np.flatnonzero(accounts.told)
        if told.size >= count:
            break
    last = int(told[count - 1]) + 1
    happened = _first(happened, last)
    accounts = accounts.first(last)
    told = told[:count]
    ids = _ids(count)
    occurred = _times(happened.day[told])
    return Made(
        claims=_claims(own, accounts, told, origins),
        sources=own.table(knobs.declared),
        parties={party: PARTIES[SIDES[i]] for i, party in enumerate(own.parties)},
        incidents=pl.DataFrame(
            {
                "incident_id": ids,
                "occurred_from": occurred,
                "occurred_to": _times(happened.day[told] + LASTS),
                "latitude": happened.latitude[told],
                "longitude": happened.longitude[told],
            }
        ),
        truth=pl.DataFrame(
            {"incident_id": ids, "actor": [own.truths[code] for code in happened.truth[told]]}
        ),
        knobs=knobs,
        cast=own,
        happened=happened,
        accounts=accounts,
        origins=origins,
    )


def _first(happened: Happenings, count: int) -> Happenings:
    """The first happenings; what is said of districts stays."""
    kept = ("shares", "murky_share")
    return replace(
        happened, **{name: col[:count] for name, col in vars(happened).items() if name not in kept}
    )


def _ids(count: int) -> list[str]:
    return [f"i{i + 1:05d}" for i in range(count)]


def _times(days: Floats) -> pl.Series:
    start = int(START.timestamp()) * 1_000_000
    return pl.Series((days * DAY).astype(np.int64) + start).cast(TIME)


def _claims(own: Cast, accounts: Accounts, told: np.ndarray, origins: bool) -> pl.DataFrame:
    """One row a statement: who did it (or that it is not said), and who did not, where the source clears somebody."""
    s, i = np.nonzero(accounts.value[:, told] != SILENT)
    happening = told[i]
    value, cleared = accounts.value[s, happening], accounts.cleared[s, happening]
    actors = [*own.truths, None]
    numbers = np.full(accounts.value.shape, -1)
    numbers[s, happening] = np.arange(s.size)
    # The account from which each descends; leaders come before followers.
    root = numbers.copy()
    for number, source in enumerate(own.sources):
        if source.leader >= 0:
            root[number] = np.where(accounts.copied[number], root[source.leader], root[number])
    says = pl.DataFrame(
        {
            "incident_id": np.array(_ids(told.size))[i],
            "source_id": np.array(own.ids)[s],
            "stance": np.where(accounts.hedged[s, happening], "suggests", "asserts"),
            "actor": pl.Series([actors[code] for code in value], dtype=pl.String),
            "published_at": _times(accounts.published[s, happening]),
            "report_id": [f"r{number:06d}" for number in range(s.size)],
            "origin_id": [f"r{number:06d}" for number in root[s, happening]],
            "clears": pl.Series(
                [None if code == NOBODY else own.parties[code] for code in cleared], dtype=pl.String
            ),
        }
    ).with_columns(
        pl.when(pl.col("actor").is_null())
        .then(pl.lit("unattributed"))
        .otherwise(pl.col("stance"))
        .alias("stance")
    )
    denials = says.filter(pl.col("clears").is_not_null()).with_columns(
        pl.lit("denies").alias("stance"), pl.col("clears").alias("actor")
    )
    # Who clears somebody and names nobody does just that.
    says = says.filter(pl.col("actor").is_not_null() | pl.col("clears").is_null())
    dropped = ["clears"] if origins else ["clears", "report_id", "origin_id"]
    return (
        pl.concat([says, denials])
        .sort("published_at", "source_id", "incident_id", "stance", "actor", nulls_last=True)
        .drop(dropped)
    )
