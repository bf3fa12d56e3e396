"""The gate: a picture in, what an audience may see out.

In: a picture. Out: a ``Release`` with the same tables, made safe. For the public, notified sites lose their
coordinates, places near them are coarsened, protected sources become pseudonyms wherever they are named, internal
columns and coming movements are withheld. For an internal audience nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import polars as pl

from ceasefire.model import table, tables
from ceasefire.publishing.protected import Protected, protected

AUDIENCES = ("public", "internal")

NEAR_KM = 0.5
"""A coordinate this near to a protected one is coarsened. Our choice: two or three city blocks."""

COARSE_DECIMALS = 1
COARSE_KM = 8.0
"""What 0.1° leaves open: half the diagonal of a cell of 11 by 11 km."""

WITHHELD_COLUMNS = {
    "reports": ("meaning",),  # made of the text as it was, before names were taken out of it
    "located": ("meaning",),
    "notifications": ("latitude", "longitude", "url"),
    "struck_after_notified": ("distance_km",),
    "decisions": ("by",),
}
"""Internal columns of a table; they stay in its schema, empty, so that a reader's code does not break."""

SPECIAL_ANSWERS = {"accident": "an accident", "third_party": "a third party", "undetermined": "undetermined"}

_ADDRESS_COLUMNS = ("url", "via")
_SPEAKER_COLUMNS = ("source_id", "reported_by", "counted_by")
_PLANNED_COLUMNS = {"access": ("at",), "consignments": ("departed_at", "arrived_at", "notified_at")}


class PictureLike(Protocol):
    """What the gate needs of a picture (see ``ceasefire.picture``)."""

    @property
    def case(self) -> Any:
        """The case: its name, title, zone, period, credits, inputs and agreement."""

    @property
    def as_of(self) -> datetime:
        """The instant of knowledge (UTC)."""

    @property
    def seed(self) -> int:
        """For the draws behind intervals."""

    @property
    def version(self) -> str:
        """Of the package."""

    def table(self, name: str) -> pl.DataFrame:
        """A table by name; KeyError if there is none."""


@dataclass(frozen=True)
class Release:
    """A picture as an audience may see it. ``as_of`` is UTC; ``timezone`` is the zone of the case's days."""

    audience: str
    name: str
    title: str
    summary: str
    timezone: str
    period: tuple[datetime, datetime] | None
    credits: tuple[str, ...]
    agreement: str
    parties: Mapping[str, Any]
    zones: Mapping[str, Any]
    inputs: Mapping[str, str]
    as_of: datetime
    seed: int
    version: str
    withheld: tuple[str, ...]
    tables: Mapping[str, pl.DataFrame]

    @property
    def public(self) -> bool:
        """May anybody see it?"""
        return self.audience == "public"

    def table(self, name: str) -> pl.DataFrame:
        """A table of the release; empty if the run did not make it."""
        if name in self.tables:
            return self.tables[name]
        return table(name).empty()

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names by identifier: actors, then parties, then the answers that are neither."""
        listed = dict(self.table("actors").select("actor_id", "name").iter_rows())
        return listed | {str(i): str(p.name) for i, p in self.parties.items()} | SPECIAL_ANSWERS

    def label(self, cell: str | None) -> str:
        """An actor cell in words: ``a|b`` = one of them, ``a+b`` = both."""
        if not cell:
            return "not stated"
        one_of = [
            " and ".join(self.names.get(i.strip(), i.strip()) for i in part.split("+"))
            for part in cell.split("|")
        ]
        return " or ".join(one_of)


def secrets(picture: PictureLike) -> Protected:
    """What of this picture must never leave."""
    return protected({n: _have(picture, n) for n in ("sources", "reports", "notifications", "places")})


def release(picture: PictureLike, audience: str = "public") -> Release:
    """What the audience may see of the picture.

    Raises:
        ValueError: the audience is neither ``public`` nor ``internal``.
    """
    if audience not in AUDIENCES:
        raise ValueError(f"audience: expected one of {', '.join(AUDIENCES)}; found {audience!r}")
    frames = {name: frame for name in tables() if (frame := _made(picture, name)) is not None}
    hidden = secrets(picture)
    notes: list[str] = []
    rewrite: Callable[[str], str] = str
    if audience == "public":
        frames, notes = _public(frames, hidden, picture.as_of)
        rewrite = hidden.rewrite
    case = picture.case
    return Release(
        audience=audience,
        name=case.name,
        title=rewrite(case.title),
        summary=rewrite(case.summary or ""),
        timezone=case.timezone,
        period=case.period,
        credits=tuple(rewrite(c) for c in case.credits),
        agreement=rewrite(case.agreement.title),
        parties=case.agreement.parties,
        zones=_shapes(case.agreement),
        inputs={rewrite(k): v for k, v in sorted(case.inputs.items())},
        as_of=picture.as_of,
        seed=picture.seed,
        version=picture.version,
        withheld=tuple(notes),
        tables=frames,
    )


def _made(picture: PictureLike, name: str) -> pl.DataFrame | None:
    try:
        return picture.table(name)
    except KeyError:
        return None


def _have(picture: PictureLike, name: str) -> pl.DataFrame:
    frame = _made(picture, name)
    return table(name).empty() if frame is None else frame


def _shapes(agreement: Any) -> dict[str, Any]:
    """Zones with a drawn boundary; an unpublished map has none."""
    shapes = getattr(agreement, "zone_shapes", None) or {}
    return {str(k): v for k, v in sorted(dict(shapes).items()) if v is not None}


def _public(
    frames: Mapping[str, pl.DataFrame], hidden: Protected, as_of: datetime
) -> tuple[dict[str, pl.DataFrame], list[str]]:
    notes: list[str] = []
    kept: dict[str, pl.DataFrame] = {}
    coarse = _coarse_reports(frames, hidden)
    for name, known in frames.items():
        planned = _coming(known, name, as_of)
        frame = known
        if planned.height:
            frame = known.join(planned.select(table(name).key), on=table(name).key, how="anti")
            notes.append(f"{planned.height} planned movements still to come ({name})")
        if name in _SPECIAL:
            frame = _SPECIAL[name](frame)
        if name == "links":
            frame = _blurred_links(frame, coarse)
        frame = _silence(_withhold(frame, WITHHELD_COLUMNS.get(name, ())), name, hidden)
        frame, n_coarse = _coarsen(frame, hidden)
        if n_coarse and name in ("reports", "incidents"):
            notes.append(f"exact places of {n_coarse} {name} near a notified site (given to 0.1°)")
        kept[name] = _rewritten(frame, hidden)
    if hidden.points:
        notes.append(f"coordinates of {len(hidden.points)} notified or protected places")
    if hidden.sources:
        notes.append(f"names of {len(hidden.sources)} protected sources, and the addresses of what they said")
    return kept, notes


def _coming(frame: pl.DataFrame, name: str, as_of: datetime) -> pl.DataFrame:
    """Movements after ``as_of``: a future route or hour is never shared."""
    if name == "notifications":
        return frame.filter((pl.col("kind") == "movement") & (pl.col("valid_to") > as_of))
    columns = _PLANNED_COLUMNS.get(name, ())
    return frame.filter(pl.any_horizontal(pl.col(c) > as_of for c in columns)) if columns else frame.clear()


def _unnamed_sites(frame: pl.DataFrame) -> pl.DataFrame:
    where = pl.coalesce("place_name", pl.lit("a place not named here"))
    name = pl.when(pl.col("kind") == "movement").then("name").otherwise(pl.lit("a notified site in ") + where)
    return frame.with_columns(name=name)


def _hidden_places(frame: pl.DataFrame) -> pl.DataFrame:
    seen = ~pl.col("protected").fill_null(False)
    return frame.with_columns(pl.when(seen).then(c).alias(c) for c in ("latitude", "longitude"))


_SPECIAL: Mapping[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "notifications": _unnamed_sites,
    "places": _hidden_places,
}


def _withhold(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    return frame.with_columns(pl.lit(None, dtype=frame.schema[c]).alias(c) for c in columns)


def _silence(frame: pl.DataFrame, name: str, hidden: Protected) -> pl.DataFrame:
    """Take away the addresses of what a protected source said, and what describes the source."""
    if not hidden.sources:
        return frame
    speakers = [c for c in _SPEAKER_COLUMNS if c in frame.columns]
    theirs = (
        pl.any_horizontal(pl.col(c).is_in(sorted(hidden.sources)) for c in speakers) if speakers else None
    )
    for column in _ADDRESS_COLUMNS:
        if column not in frame.columns:
            continue
        shut = pl.col(column).is_in(sorted(hidden.urls))
        if theirs is not None:
            shut = shut | theirs.fill_null(False)
        frame = frame.with_columns(pl.when(~shut.fill_null(False)).then(column).alias(column))
    if name == "sources":
        known = ~pl.col("protected").fill_null(False)
        frame = frame.with_columns(pl.when(known).then(c).alias(c) for c in ("country", "note"))
    return frame


def _near(lats: np.ndarray, lons: np.ndarray, hidden: Protected) -> np.ndarray:
    """Which coordinates stand within ``NEAR_KM`` of a protected one (great circle)."""
    near = np.zeros(len(lats), dtype=bool)
    for point in hidden.points:
        phi, psi = np.radians(lats), np.radians(point.latitude)
        across = np.radians(lons - point.longitude)
        half = np.sin((phi - psi) / 2) ** 2 + np.cos(phi) * np.cos(psi) * np.sin(across / 2) ** 2
        near |= 2 * 6371.0 * np.arcsin(np.sqrt(half)) <= NEAR_KM
    return near


def _coarsen(frame: pl.DataFrame, hidden: Protected) -> tuple[pl.DataFrame, int]:
    if not hidden.points or not {"latitude", "longitude"} <= set(frame.columns):
        return frame, 0
    lats = frame["latitude"].fill_null(float("nan")).to_numpy()
    lons = frame["longitude"].fill_null(float("nan")).to_numpy()
    near = pl.Series("near", _near(lats, lons, hidden))
    changes = [
        pl.when(near).then(pl.col(c).round(COARSE_DECIMALS)).otherwise(c).alias(c)
        for c in ("latitude", "longitude")
    ]
    if "precision_km" in frame.columns:
        radius = pl.max_horizontal(pl.col("precision_km"), pl.lit(COARSE_KM))
        changes.append(pl.when(near).then(radius).otherwise("precision_km").alias("precision_km"))
    return frame.with_columns(changes), int(near.sum())


def _coarse_reports(frames: Mapping[str, pl.DataFrame], hidden: Protected) -> list[str]:
    frame = frames.get("located", frames.get("reports"))
    if frame is None or not hidden.points:
        return []
    lats = frame["latitude"].fill_null(float("nan")).to_numpy()
    lons = frame["longitude"].fill_null(float("nan")).to_numpy()
    return sorted(frame.filter(pl.Series(_near(lats, lons, hidden)))["report_id"])


def _blurred_links(frame: pl.DataFrame, coarse: list[str]) -> pl.DataFrame:
    """The place weight of a pair is its distance in disguise: withheld, and its sum, where one end was coarsened."""
    if not coarse:
        return frame
    seen = ~(pl.col("report_a").is_in(coarse) | pl.col("report_b").is_in(coarse))
    hidden = [pl.when(seen).then(c).alias(c) for c in ("w_place", "l_place", "w_overlap", "weight")]
    rounded = pl.when(seen).then("probability").otherwise(pl.col("probability").round(2)).alias("probability")
    return frame.with_columns(*hidden, rounded)


def _rewritten(frame: pl.DataFrame, hidden: Protected) -> pl.DataFrame:
    if not hidden:
        return frame
    texts = [c for c, kind in frame.schema.items() if kind == pl.String]
    changed = []
    for column in texts:
        seen: dict[str, str] = {}
        for text in frame[column].drop_nulls().unique(maintain_order=True):
            new = hidden.rewrite(text)
            if new != text:
                seen[text] = new
        if seen:
            changed.append(pl.col(column).replace(seen))
    return frame.with_columns(changed)
