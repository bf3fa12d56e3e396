"""Reports as arrays, in the order of their ids, ready to be compared.

In: any frame with report_id, source_id, occurred_from, occurred_to; the rest may be missing or empty. Out: an
``Encoded`` and problems. Times in hours since 1970 (UTC), degrees, km; NaN or -1 = not said. Nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.fuse.weights import COARSE_H, COARSE_KM, RARE, UNKNOWN_KM
from ceasefire.fuse.words import Words, read_words
from ceasefire.locate.names import name_keys
from ceasefire.model import table
from ceasefire.problems import Problem
from ceasefire.vocabulary import vocabulary

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
MAX_NAMES = 6  # names compared in one actor or affected cell


@dataclass(frozen=True)
class Encoded:
    """The columns that are compared, one entry a report."""

    frame: pl.DataFrame
    ids: list[str]
    start: Floats
    end: Floats
    latitude: Floats
    longitude: Floats
    sigma: Floats
    has_point: Flags
    coarse: Flags
    place: Ints
    admin: Ints
    act: Ints
    act_kind: Ints
    act_class: Ints
    act_rare: Flags
    actors: Ints
    actor: Ints
    actor_rare: Flags
    affected_names: Ints
    affected: Ints
    affected_rare: Flags
    low: Floats
    high: Floats
    source: Ints
    url: Ints
    language: Ints
    words: Words

    @property
    def n(self) -> int:
        """Number of reports."""
        return len(self.ids)


def _codes(series: pl.Series) -> Ints:
    """Codes 0.. in the order of the values; -1 where null."""
    rank = series.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    return np.asarray(rank, dtype=np.int64)


def _clean(frame: pl.DataFrame, name: str) -> pl.Series:
    text = frame[name].cast(pl.String).str.strip_chars().str.to_lowercase()
    return text.set(text == "", None).alias(name)


def read_reports(reports: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The usable rows, typed and sorted by id; rows without an id, a source or a time become problems."""
    shape = table("located").schema
    given = reports.select(
        (
            pl.col(name).cast(dtype, strict=False) if name in reports.columns else pl.lit(None, dtype=dtype)
        ).alias(name)
        for name, dtype in shape.items()
    )
    late = [c for c in ("recorded_at", "published_at", "occurred_to") if c in given.columns]
    given = given.with_columns(pl.coalesce("occurred_to", "occurred_from").alias("occurred_to"))
    given = given.with_columns(
        pl.min_horizontal("occurred_from", "occurred_to").alias("occurred_from"),
        pl.max_horizontal("occurred_from", "occurred_to").alias("occurred_to"),
        pl.coalesce(late).alias("recorded_at"),
    )
    given = given.sort(["report_id", "recorded_at", "occurred_from", "source_id", "text"], nulls_last=True)
    needed = ("report_id", "source_id", "occurred_from")
    usable = pl.all_horizontal(pl.col(c).is_not_null() for c in needed)
    problems = [
        Problem(
            "error",
            "fuse",
            "report_unusable",
            "report_id, source_id and occurred_from filled",
            "an empty or unreadable cell",
            "left out; fill it",
            row["file"],
            row["line"],
            row["report_id"],
        )
        for row in given.filter(~usable).iter_rows(named=True)
    ]
    kept = given.filter(usable)
    first = kept.unique("report_id", keep="first", maintain_order=True)
    if first.height < kept.height:
        twice = kept.filter(pl.col("report_id").is_duplicated())["report_id"].unique().sort()
        problems += [
            Problem(
                "error",
                "fuse",
                "report_twice",
                "one row a report_id",
                "several",
                "only the first recorded was used; give each report its own id",
                record=rid,
            )
            for rid in twice
        ]
    return first, problems


def encode(frame: pl.DataFrame, aliases: dict[str, frozenset[str]] | None = None) -> Encoded:
    """Arrays of a frame that ``read_reports`` made. ``aliases`` = what a name stands for (actor, party)."""
    start = frame["occurred_from"].dt.epoch("us").to_numpy() / 3.6e9
    end = frame["occurred_to"].dt.epoch("us").to_numpy() / 3.6e9
    latitude, longitude, has_point = _points(frame)
    radius = frame.select(
        pl.coalesce(
            pl.when(pl.col("precision_km") > 0).then(pl.col("precision_km")),
            pl.col("precision").replace_strict(_radii(), default=None, return_dtype=pl.Float64),
            pl.lit(UNKNOWN_KM),
        )
    ).to_series()
    sigma = np.clip(np.nan_to_num(radius.to_numpy(), nan=UNKNOWN_KM), 0.1, 500.0)
    place, admin = _places(frame)
    coarse = (has_point & (sigma > COARSE_KM)) | (end - start > COARSE_H) | (~has_point & (place < 0))
    cell = _place_days(start, latitude, longitude, has_point, place, admin)
    act = _clean(frame, "act")
    act_code = _codes(act)
    kind, act_class = _acts(act, act_code)
    actor, affected = _clean(frame, "actor"), _clean(frame, "affected")
    names = _names(actor, affected, aliases or {})
    low, high = _casualties(frame)
    stratum = cell // 1_000_003
    return Encoded(
        frame=frame,
        ids=frame["report_id"].to_list(),
        start=start,
        end=end,
        latitude=latitude,
        longitude=longitude,
        sigma=sigma,
        has_point=has_point,
        coarse=coarse,
        place=place,
        admin=admin,
        act=act_code,
        act_kind=kind,
        act_class=act_class,
        act_rare=_rare(act_code, cell),
        actors=names[0],
        actor=_codes(actor),
        actor_rare=_rare(_codes(actor), cell),
        affected_names=names[1],
        affected=_codes(affected),
        affected_rare=_rare(_codes(affected), cell),
        low=low,
        high=high,
        source=_codes(_clean(frame, "source_id")),
        url=_codes(_clean(frame, "url")),
        language=_codes(_clean(frame, "language")),
        words=read_words(frame["text"], stratum),
    )


def _radii() -> dict[str, float]:
    return {term.id: float(term.more["radius_km"]) for term in vocabulary("precision").values()}


def _points(frame: pl.DataFrame) -> tuple[Floats, Floats, Flags]:
    latitude = frame["latitude"].fill_null(float("nan")).to_numpy()
    longitude = frame["longitude"].fill_null(float("nan")).to_numpy()
    good = np.isfinite(latitude) & np.isfinite(longitude)
    good &= (np.abs(np.nan_to_num(latitude)) <= 90) & (np.abs(np.nan_to_num(longitude)) <= 180)
    good &= ~((latitude == 0) & (longitude == 0))
    return np.where(good, latitude, np.nan), np.where(good, longitude, np.nan), good


def _places(frame: pl.DataFrame) -> tuple[Ints, Ints]:
    """Codes of place (gazetteer id, else the name without its spelling) and first-level area."""
    offset = (frame["location_basis"] == "offset").fill_null(False)
    named = frame.select(
        pl.when(offset).then(pl.col("place_name")).otherwise(pl.coalesce("place_id", "place_name")).alias("p")
    )["p"]
    keys = {name: name_keys(name)[2] or None for name in named.drop_nulls().unique().to_list()}
    place = named.replace_strict(keys, default=None, return_dtype=pl.String)
    areas = {name: name_keys(name)[2] or None for name in frame["admin1"].drop_nulls().unique().to_list()}
    admin = frame["admin1"].replace_strict(areas, default=None, return_dtype=pl.String)
    return _codes(place), _codes(admin)


def _place_days(
    start: Floats, latitude: Floats, longitude: Floats, has_point: Flags, place: Ints, admin: Ints
) -> Ints:
    """A number for the degree cell (or place, or area) and day of each report; its stratum is cell and month."""
    square = np.floor(np.nan_to_num(latitude)) * 1000 + np.floor(np.nan_to_num(longitude))
    where = np.where(has_point, square + 500_000, np.where(place >= 0, -place - 10, -admin - 1_000_000))
    day = np.floor(start / 24.0)
    area = np.unique(np.stack([where, np.floor(day / 30)]), axis=1, return_inverse=True)[1].astype(np.int64)
    return area.reshape(-1) * 1_000_003 + (day - day.min() if len(day) else day).astype(np.int64) % 1_000_003


def _rare(code: Ints, cell: Ints) -> Flags:
    """Whether the value is told in at most RARE of the place-days where a value is told at all."""
    known = code >= 0
    if not known.any():
        return np.zeros(len(code), dtype=bool)
    told = np.unique(np.stack([code[known], cell[known]]), axis=1)
    share = np.bincount(told[0], minlength=int(code.max()) + 1) / max(len(np.unique(cell[known])), 1)
    return known & (share[np.maximum(code, 0)] <= RARE)


def _acts(act: pl.Series, code: Ints) -> tuple[Ints, Ints]:
    """Kind of each act (a number a kind) and its class: 0 not violent, 1 by means, 2 by whom it hit, 3 own word."""
    terms = vocabulary("acts")
    kinds = sorted({str(t.more["kind"]) for t in terms.values()})
    kind = np.full(len(code), -1, dtype=np.int64)
    sort = np.full(len(code), 3, dtype=np.int64)
    names = act.to_list()
    for value in np.unique(code[code >= 0]):
        rows = code == value
        name = names[int(np.argmax(rows))]
        term = terms.get(name)
        if term is None:
            continue
        group = str(term.more["kind"])
        if name == "other":
            code[rows] = -1
        kind[rows] = kinds.index(group) if group not in ("other", "any") else -1
        violent = bool(term.more["violent"])
        sort[rows] = (2 if group in ("aid", "any") else 1) if violent else 0
    return kind, sort


def _names(actor: pl.Series, affected: pl.Series, aliases: dict[str, frozenset[str]]) -> tuple[Ints, Ints]:
    """Codes of the single names in each actor and affected cell, -1 padded; one numbering for both columns."""
    split = r"\s*(?:[|+;,/]|\bor\b|\band\b)\s*"
    cells = sorted(set(actor.drop_nulls().to_list()) | set(affected.drop_nulls().to_list()))
    parts = pl.Series(cells, dtype=pl.String).str.replace_all(split, "|").str.split("|").to_list()
    listed = {}
    for cell, words in zip(cells, parts, strict=True):
        own = [w for w in words if w]
        listed[cell] = sorted({name for w in own for name in aliases.get(w, (w,))})
    numbers = {name: k for k, name in enumerate(sorted({n for names in listed.values() for n in names}))}
    width = min(MAX_NAMES, max((len(n) for n in listed.values()), default=1) or 1)
    table_ = np.full((len(cells) + 1, width), -1, dtype=np.int64)
    for k, cell in enumerate(cells):
        for j, name in enumerate(listed[cell][:width]):
            table_[k, j] = numbers[name]
    index = {cell: k for k, cell in enumerate(cells)}

    def rows(series: pl.Series) -> Ints:
        at = series.replace_strict(index, default=None, return_dtype=pl.Int64).fill_null(-1).to_numpy()
        return np.asarray(table_[at], dtype=np.int64)

    return rows(actor), rows(affected)


def _casualties(frame: pl.DataFrame) -> tuple[Floats, Floats]:
    """Lowest and highest figure of killed (column 0) and injured (column 1); an open top is infinite."""
    low, high = [], []
    for name in ("killed", "injured"):
        least, most = frame[f"{name}_min"].cast(pl.Float64), frame[f"{name}_max"].cast(pl.Float64)
        bottom = least.fill_null(float("nan")).to_numpy()
        top = most.fill_null(float("nan")).to_numpy()
        bottom = np.where((bottom < 0) | (bottom > 1e7), np.nan, bottom)
        top = np.where((top < 0) | (top > 1e7), np.nan, top)
        bottom, top = np.where(np.isnan(bottom), top, bottom), np.where(np.isnan(top), np.inf, top)
        top = np.where(np.isnan(bottom), np.nan, np.maximum(top, bottom))
        low.append(bottom)
        high.append(top)
    return np.stack(low, axis=1), np.stack(high, axis=1)
