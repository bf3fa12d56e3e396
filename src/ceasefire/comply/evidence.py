"""What clauses are judged on: the tables known and derived at one instant.

In: polars frames with the schemas of ``ceasefire.model``; any may be left out. Out: ``Evidence``, checked and in
the order of its keys, so that the order of rows never matters. Rows recorded after ``as_of`` are left out here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Protocol

import polars as pl

from ceasefire.model import table


class Tabled(Protocol):
    """Anything with an instant and tables by name, such as a picture."""

    @property
    def as_of(self) -> datetime:
        """The instant, UTC."""

    def table(self, name: str) -> pl.DataFrame:
        """A fact or derived table by name."""


@dataclass(frozen=True)
class Evidence:
    """The tables behind the verdicts at ``as_of`` (UTC). Without ``sources`` nobody's camp is known.

    ``as_of`` is the instant judged. ``known_at`` is the instant whose knowledge is used: the same one ("as known then")
    unless a later one is given ("as known now"). Rows recorded after it are left out.
    """

    as_of: datetime
    incidents: pl.DataFrame
    known_at: datetime | None = None
    memberships: pl.DataFrame = field(default_factory=table("memberships").empty)
    attributions: pl.DataFrame = field(default_factory=table("attributions").empty)
    assessments: pl.DataFrame = field(default_factory=table("assessments").empty)
    claims: pl.DataFrame = field(default_factory=table("claims").empty)
    located: pl.DataFrame = field(default_factory=table("located").empty)
    actors: pl.DataFrame = field(default_factory=table("actors").empty)
    places: pl.DataFrame = field(default_factory=table("places").empty)
    access: pl.DataFrame = field(default_factory=table("access").empty)
    declarations: pl.DataFrame = field(default_factory=table("declarations").empty)
    statements: pl.DataFrame = field(default_factory=table("statements").empty)
    sources: pl.DataFrame = field(default_factory=table("sources").empty)
    shared_errors: pl.DataFrame = field(default_factory=table("shared_errors").empty)
    alternatives: pl.DataFrame = field(default_factory=table("alternatives").empty)

    @classmethod
    def of(cls, picture: Tabled) -> Evidence:
        """The evidence that a picture holds."""
        return cls.from_tables(picture.as_of, {name: picture.table(name) for name in cls.tables()})

    @classmethod
    def from_tables(cls, as_of: datetime, found: Mapping[str, pl.DataFrame]) -> Evidence:
        """The evidence among tables by name; any but the incidents may be missing."""
        return cls(as_of, **{name: found[name] for name in cls.tables() if name in found})  # type: ignore[arg-type]

    @classmethod
    def tables(cls) -> list[str]:
        """The names of the tables it holds."""
        return [item.name for item in fields(cls) if item.name not in ("as_of", "known_at")]

    def at(self, instant: datetime) -> Evidence:
        """The same knowledge, with another instant judged."""
        return replace(self, as_of=instant, known_at=self.known_at)

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise ValueError("as_of: expected an instant with its zone, found one without")
        object.__setattr__(self, "as_of", self.as_of.astimezone(UTC))
        object.__setattr__(self, "known_at", (self.known_at or self.as_of).astimezone(UTC))
        for name in self.tables():
            frame = table(name).conform(getattr(self, name))
            if "recorded_at" in frame.columns:
                frame = frame.filter(
                    pl.col("recorded_at").is_null() | (pl.col("recorded_at") <= self.known_at)
                )
            object.__setattr__(self, name, frame)
