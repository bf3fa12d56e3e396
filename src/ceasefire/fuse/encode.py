"""Reports as rows ready to be compared, laid out so that neighbours in place and time lie together.

In: any frame with report_id, source_id, occurred_from, occurred_to; the rest may be missing or empty. Out: an
``Encoded`` and problems. Times in minutes since 1970 (UTC), degrees, km; -1 and the largest figure = not said. Nothing is
guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.compiled import compiled
from ceasefire.fuse.context import set_context
from ceasefire.fuse.grid import CLASSES, cell_keys, grid_class
from ceasefire.fuse.meaning import Signs, read_signatures
from ceasefire.fuse.reading import marks
from ceasefire.fuse.survey import VALUES, Survey
from ceasefire.fuse.weights import COARSE_H, COARSE_KM, UNKNOWN_KM
from ceasefire.fuse.words import Read, read_words, tally, weigh
from ceasefire.locate.names import name_keys
from ceasefire.vocabulary import vocabulary

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
MAX_NAMES = 6  # names compared in one actor or affected cell
NO_FIGURE, NO_TOP = (
    65_535,
    65_534,
)  # a toll not said; a toll without an upper end (and the largest that is told apart)
HAS_POINT, COARSE, SCRIPT = (
    1,
    2,
    4,
)  # flags of a row; the script of its text stands above them, from SCRIPT on
WIDEST_KM = 500.0  # no radius is larger

ROW = np.dtype(
    [
        ("latitude", "f4"),
        ("longitude", "f4"),
        ("cosine", "f4"),
        ("sigma", "f4"),
        ("start", "i4"),
        ("end", "i4"),
        ("place", "i4"),
        ("admin", "i4"),
        ("act", "i4"),
        ("actor", "i4"),
        ("affected", "i4"),
        ("source", "i4"),
        ("killed_low", "u2"),
        ("killed_high", "u2"),
        ("injured_low", "u2"),
        ("injured_high", "u2"),
        ("url", "u8"),
        ("bloom", "u8"),
        ("words", "i8"),
        ("rank", "i4"),
        ("mark", "u4"),
        ("known", "u2"),
        ("sounds", "u2"),
        ("telling", "u2"),
        ("sounding", "u2"),
        ("language", "i2"),
        ("flags", "u1"),
        ("crowd", "u1"),
        ("act_common", "u1"),
        ("actor_common", "u1"),
        ("affected_common", "u1"),
    ],
    align=True,
)


class Deck(NamedTuple):
    """What the kernels read: rows, the words they point to, and what each code of an act or an actor cell stands for.

    ``act_kind``: a number a kind. ``act_class``: 0 not violent, 1 by means, 2 by whom it hit, 3 own word. ``names``: one row a
    code of actor cell, one column a name, -1 padded. ``meaning``: the signature of each row, 0 = none; no rows where no report has
    one.
    """

    rows: Any
    hashes: Any
    weights: Any
    act_kind: Any
    act_class: Any
    names: Any
    meaning: Any


@dataclass(frozen=True)
class Encoded:
    """``deck.rows`` in the order of the grid; ``rank`` tells where each stands by report id, and ``by_id`` where that is in the
    frame. ``cells``: the cell of each row; ``bounds``: the first row of each grid class, and the end. ``acts`` and ``sources``:
    what their codes stand for. ``survey``: what is known of all reports, of which these may be a part.
    """

    frame: pl.DataFrame
    by_id: Ints
    deck: Deck
    cells: Ints
    bounds: Ints
    acts: list[str]
    sources: list[str]
    survey: Survey

    @property
    def n(self) -> int:
        """Number of reports."""
        return len(self.deck.rows)

    @property
    def rank(self) -> Ints:
        """Where each grid row stands among all by report id."""
        return np.asarray(self.deck.rows["rank"], dtype=np.int64)


@dataclass(frozen=True)
class Draft:
    """Reports in the order of their frame, before anything is known of the others. Codes are those of ``values``."""

    frame: pl.DataFrame
    by_id: Ints
    columns: dict[str, Any]
    values: dict[str, list[str]]
    sort: NDArray[np.int8]
    cells: Ints
    order: Ints
    stratum: Ints
    read: Read
    meaning: Signs


@dataclass(frozen=True)
class Habit:
    """``late``: minutes by which a source's times lie after those of others. ``coarser``: what its radii are multiplied by."""

    late: int = 0
    coarser: float = 1.0


def draft(frame: pl.DataFrame, by_id: Ints, habits: Mapping[str, Habit] | None = None) -> Draft:
    """What each row of a frame that ``read_reports`` made says by itself; its source's habit put right."""
    named = {name: codes(frame[name]) for name in (*VALUES, "source_id", "language")}
    late, coarser = _corrections(named["source_id"][1], habits or {})
    source = named["source_id"][0]
    start, end = (_minutes(frame[name]) - late[source] for name in ("occurred_from", "occurred_to"))
    hours = (end - start) / 60.0
    latitude, longitude, has_point = _points(frame)
    sigma = np.minimum(_sigma(frame) * coarser[source], WIDEST_KM)
    (place, places), (admin, areas) = _places(frame)
    sort = grid_class(sigma, hours, has_point)
    cells = cell_keys(latitude, longitude, sort)
    rank = np.empty(frame.height, dtype=np.int64)
    rank[by_id] = np.arange(frame.height)
    coarse = (has_point & (sigma > COARSE_KM)) | (hours > COARSE_H) | (~has_point & (place < 0))
    square = np.floor(np.nan_to_num(latitude)) * 1000 + np.floor(np.nan_to_num(longitude)) + 500_000
    spot, area = (np.array([*(crc32(v.encode()) for v in vs), 0]) for vs in (places, areas))
    where = np.where(has_point, square, np.where(place >= 0, spot[place], area[admin])).astype(np.int64)
    act, acts = named["act"]
    read = read_words(frame["text"])
    columns: dict[str, Any] = {
        "latitude": latitude,
        "longitude": longitude,
        "cosine": np.cos(np.radians(latitude)),
        "sigma": sigma,
        "start": start,
        "end": end,
        "place": place,
        "admin": admin,
        "act": np.where(np.array([*acts, "other"]) == "other", -1, np.arange(len(acts) + 1))[act],
        "actor": named["actor"][0],
        "affected": named["affected"][0],
        "source": source,
        "url": _addresses(frame["url"]),
        "language": named["language"][0],
        "flags": has_point * HAS_POINT + coarse * COARSE + read.script * SCRIPT,
        "rank": rank,
        "mark": marks(frame["report_id"]),
        **_casualties(frame),
    }
    return Draft(
        frame,
        by_id,
        columns,
        {name: values for name, (_, values) in named.items()} | {"place": places, "admin": areas},
        sort,
        cells,
        by_id[np.argsort(((cells << 32) + (start + 2**31))[by_id], kind="stable")],
        where * 4096 + np.floor_divide(start, 30 * 24 * 60),
        read,
        read_signatures(frame["meaning"]),
    )


def survey(made: Draft, size: int) -> Survey:
    """What the others need to know of these reports. ``size``: see ``words.counters``."""
    longest = np.zeros(CLASSES + 1, dtype=np.int64)
    np.maximum.at(longest, made.sort, made.columns["end"] - made.columns["start"])
    told, sources = made.columns["source"], made.values["source_id"]
    return Survey(
        made.frame.height,
        _counted(told, sources),
        {name: _counted(made.columns[name], made.values[name]) for name in VALUES},
        longest[:CLASSES],
        tally(made.read, made.stratum, size, made.order),
    )


def _counted(code: Ints, values: list[str]) -> Counter[str]:
    counts = np.bincount(code[code >= 0], minlength=len(values)).tolist()
    return Counter({value: count for value, count in zip(values, counts, strict=True) if count})


def encode(made: Draft, known: Survey, aliases: dict[str, frozenset[str]] | None = None) -> Encoded:
    """Rows ready to be compared. ``aliases`` = what a name stands for (actor, party)."""
    order, columns = made.order, made.columns
    parties = sorted({*made.values["actor"], *made.values["affected"]})
    at = {name: k for k, name in enumerate(parties)}
    rows = np.zeros(made.frame.height, dtype=ROW)
    words = weigh(made.read, made.stratum, known.tally, order)
    for name, values in columns.items():
        if name in ("actor", "affected"):
            values = _renumber(values, made.values[name], at)  # noqa: PLW2901
        rows[name] = values.astype(ROW[name])[order]
    rows["words"], rows["sounds"] = words.start[:-1], words.sounds
    rows["known"] = np.diff(words.start) - words.sounds
    _sum_words(rows, words.hashes, words.weights)
    acts = made.values["act"]
    set_context(
        rows, known.share("act", acts), known.share("actor", parties), known.share("affected", parties)
    )
    kind, act_class = act_kinds(acts)
    deck = Deck(
        rows=rows,
        hashes=words.hashes,
        weights=words.weights,
        act_kind=kind,
        act_class=act_class,
        names=name_codes(parties, aliases or {}),
        meaning=made.meaning[order] if len(made.meaning) else made.meaning,
    )
    cells = made.cells[order]
    bounds = np.searchsorted(cells, np.arange(CLASSES + 2) << 26)
    return Encoded(made.frame, made.by_id, deck, cells, bounds, acts, made.values["source_id"], known)


def _corrections(sources: list[str], habits: Mapping[str, Habit]) -> tuple[Ints, Floats]:
    """Minutes to take off the times, and what to multiply the radii by, for each code of a source; the last stands for none."""
    found = [habits.get(name, Habit()) for name in [*sources, ""]]
    return np.array([h.late for h in found], dtype=np.int64), np.array([h.coarser for h in found])


def _minutes(times: pl.Series) -> Ints:
    return np.asarray(np.floor_divide(times.dt.epoch("us").to_numpy(), 60_000_000), dtype=np.int64)


def codes(series: pl.Series) -> tuple[Ints, list[str]]:
    """Codes 0.. in the order of the values (trimmed, lower case), -1 where null; and the values."""
    if series.null_count() == len(series):
        return np.full(len(series), -1, dtype=np.int64), []
    text = series.cast(pl.String)
    given = text.drop_nulls().unique()
    clean = given.str.strip_chars().str.to_lowercase()
    values = sorted(set(clean.to_list()) - {""})
    at = {value: k for k, value in enumerate(values)}
    numbers = np.array([*(at.get(value, -1) for value in clean), -1], dtype=np.int64)
    found = text.cast(pl.Enum(given)).to_physical().cast(pl.Int64).fill_null(len(given))
    return numbers[found.to_numpy()], values


def _renumber(code: Ints, values: list[str], at: dict[str, int]) -> Ints:
    return np.array([*(at[v] for v in values), -1], dtype=np.int64)[code]


def _addresses(urls: pl.Series) -> NDArray[np.uint64]:
    """A number for each address, 0 = none; only compared for equality."""
    if urls.null_count() == len(urls):
        return np.zeros(len(urls), dtype=np.uint64)
    clean = urls.str.strip_chars().str.to_lowercase()
    return clean.hash().set(clean.is_null() | (clean == ""), 0).to_numpy()


def _radii() -> dict[str, float]:
    return {term.id: float(term.more["radius_km"]) for term in vocabulary("precision").values()}


def _sigma(frame: pl.DataFrame) -> Floats:
    radius = frame.select(
        pl.coalesce(
            pl.when(pl.col("precision_km") > 0).then(pl.col("precision_km")),
            pl.col("precision").replace_strict(_radii(), default=None, return_dtype=pl.Float64),
            pl.lit(UNKNOWN_KM),
        )
    ).to_series()
    return np.asarray(np.clip(np.nan_to_num(radius.to_numpy(), nan=UNKNOWN_KM), 0.1, WIDEST_KM))


def _points(frame: pl.DataFrame) -> tuple[Floats, Floats, Flags]:
    latitude = frame["latitude"].fill_null(float("nan")).to_numpy()
    longitude = frame["longitude"].fill_null(float("nan")).to_numpy()
    good = np.isfinite(latitude) & np.isfinite(longitude)
    good &= (np.abs(np.nan_to_num(latitude)) <= 90) & (np.abs(np.nan_to_num(longitude)) <= 180)
    good &= ~((latitude == 0) & (longitude == 0))
    return np.where(good, latitude, np.nan), np.where(good, longitude, np.nan), good


def _places(frame: pl.DataFrame) -> tuple[tuple[Ints, list[str]], tuple[Ints, list[str]]]:
    """Codes of place (gazetteer id, else the name without its spelling) and first-level area."""
    offset = (frame["location_basis"] == "offset").fill_null(False)
    named = frame.select(
        pl.when(offset).then(pl.col("place_name")).otherwise(pl.coalesce("place_id", "place_name")).alias("p")
    )["p"]
    keys = {name: name_keys(name)[2] or None for name in named.drop_nulls().unique().to_list()}
    place = named.replace_strict(keys, default=None, return_dtype=pl.String)
    areas = {name: name_keys(name)[2] or None for name in frame["admin1"].drop_nulls().unique().to_list()}
    admin = frame["admin1"].replace_strict(areas, default=None, return_dtype=pl.String)
    return codes(place), codes(admin)


def act_kinds(acts: list[str]) -> tuple[Ints, Ints]:
    """Kind and class of each act (see ``Deck``); the last entry stands for none."""
    terms = vocabulary("acts")
    kinds = sorted({str(t.more["kind"]) for t in terms.values()})
    kind = np.full(len(acts) + 1, -1, dtype=np.int64)
    sort = np.full(len(acts) + 1, 3, dtype=np.int64)
    for code, name in enumerate(acts):
        term = terms.get(name)
        if term is None:
            continue
        group = str(term.more["kind"])
        kind[code] = kinds.index(group) if group not in ("other", "any") else -1
        violent = bool(term.more["violent"])
        sort[code] = (2 if group in ("aid", "any") else 1) if violent else 0
    return kind, sort


def name_codes(cells: list[str], aliases: dict[str, frozenset[str]]) -> Ints:
    """Codes of the single names in each actor or affected cell, -1 padded; the last row stands for none."""
    split = r"\s*(?:[|+;,/]|\bor\b|\band\b)\s*"
    parts = pl.Series(cells, dtype=pl.String).str.replace_all(split, "|").str.split("|").to_list()
    listed = [sorted({name for w in words if w for name in aliases.get(w, (w,))}) for words in parts]
    numbers = {name: k for k, name in enumerate(sorted({n for names in listed for n in names}))}
    width = min(MAX_NAMES, max((len(n) for n in listed), default=1) or 1)
    made = np.full((len(cells) + 1, width), -1, dtype=np.int64)
    for k, names in enumerate(listed):
        for j, name in enumerate(names[:width]):
            made[k, j] = numbers[name]
    return made


def _casualties(frame: pl.DataFrame) -> dict[str, NDArray[np.uint16]]:
    """Lowest and highest figure of killed and injured; an open top is NO_TOP, nothing said is NO_FIGURE."""
    out = {}
    for name in ("killed", "injured"):
        least, most = (
            frame[f"{name}_{end}"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            for end in ("min", "max")
        )
        least, most = (np.where((v < 0) | (v > 1e7), np.nan, v) for v in (least, most))
        low = np.where(np.isnan(least), most, least)
        high = np.where(np.isnan(most), NO_TOP, np.maximum(most, low))
        unsaid = np.isnan(low)
        for end, figure in (("low", low), ("high", high)):
            out[f"{name}_{end}"] = np.where(
                unsaid, NO_FIGURE, np.minimum(np.nan_to_num(figure), NO_TOP)
            ).astype(np.uint16)
    return out


@compiled
def _sum_words(rows: Any, hashes: Any, weights: Any) -> None:
    """A bit for each word of a report, to see at once that two share none, and the sums of the weights of words and sounds."""
    for k in range(len(rows)):
        bloom, total, sounding = np.uint64(0), 0, 0
        middle = rows[k].words + rows[k].known
        for at in range(rows[k].words, middle):
            bloom |= np.uint64(1) << np.uint64(hashes[at] & np.uint32(63))
            total += weights[at]
        for at in range(middle, middle + rows[k].sounds):
            sounding += weights[at]
        rows[k].bloom = bloom
        rows[k].telling = min(total, 65_535)
        rows[k].sounding = min(sounding, 65_535)
