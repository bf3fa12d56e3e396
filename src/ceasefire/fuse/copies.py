"""Who repeats whom: copies and relays of one account count as one origin.

In: reports with their incident, in the order they became known. Out: origin_id and copy_basis per report. A report
descends from an earlier one when it says so (relays), when its source already spoke of the incident (one voice, whose
later figures are updates), when it is another listing of the same page, or when its wording is nearly the same. Origins
are found in time order, so there are no cycles; a relay whose original we do not hold stands for it.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars as pl

from ceasefire.compiled import compiled
from ceasefire.fuse.compare import shared_words
from ceasefire.fuse.encode import Deck, Ints, codes

SAME_WORDS = 0.9  # cosine of the telling words from which two texts are one; our choice
TEXT_WORDS = 5  # telling words of the shortest text that is compared; shorter ones are alike by chance
TEXTS_COMPARED = (
    200  # distinct texts of one incident that are compared with each other; equal texts always are
)
PAGES_COMPARED = 50  # listings of one page that are compared
BASES = (None, "relays", "same source", "same url", "same text")
_FOLD = re.compile(r"[\W_]+")
_SPLIT = re.compile(r"[;|+]")


def find_origins(
    reports: pl.DataFrame,
    by_id: Ints,
    incident: Ints,
    deck: Deck,
    grid_row: Ints,
    sources: pl.DataFrame | None,
) -> tuple[Ints, pl.Series]:
    """For each report by id, which one it descends from, and why (relays, same source, same url, same text; null = an origin).

    ``by_id``: rows of ``reports`` in the order of their ids; in that order ``incident`` numbers the incident of each report, and
    ``grid_row`` tells where its words are.
    """
    n = reports.height
    recorded = reports["recorded_at"].to_physical().fill_null(np.iinfo(np.int64).max)
    order = np.lexsort((recorded.to_numpy()[by_id], incident))
    given = reports["source_id"].unique().sort()
    numbers: dict[str, int] = {}
    voices = [numbers.setdefault(_fold(name), len(numbers)) for name in given.to_list()]
    relay, relay_start, relay_voices = _relays(reports["relays"], numbers, _source_names(sources))
    speakers = _speakers(sources)
    relayer = np.array([name not in speakers for name in given.to_list()], dtype=np.bool_)
    number = reports["source_id"].replace_strict(given, np.arange(len(given)), return_dtype=pl.Int64)
    source = number.to_numpy().astype(np.int64)[by_id]
    tolls = [
        reports[f"{what}_{end}"].fill_null(-1).to_numpy()
        for what in ("killed", "injured")
        for end in ("min", "max")
    ]
    said = np.stack([codes(reports["stance"])[0], codes(reports["actor"])[0], *tolls], axis=1)
    origin, basis = np.arange(n), np.zeros(n, dtype=np.int64)
    _descend(
        order,
        np.asarray(incident, dtype=np.int64),
        np.array(voices, dtype=np.int64)[source],
        relayer[source],
        relay[by_id],
        relay_start,
        relay_voices,
        said[by_id].astype(np.int64),
        deck.rows,
        deck.hashes,
        deck.weights,
        np.asarray(grid_row, dtype=np.int64),
        origin,
        basis,
    )
    return origin, pl.Series("copy_basis", BASES, dtype=pl.String).gather(basis)


def _fold(name: str) -> str:
    return _FOLD.sub(" ", name.casefold()).strip()


def _source_names(sources: pl.DataFrame | None) -> dict[str, str]:
    """Folded outlet name or id -> folded source id; a name that two sources carry is left out."""
    if sources is None or not {"source_id", "name"} <= set(sources.columns):
        return {}
    holders: dict[str, set[str]] = {}
    for source, name in sources.select("source_id", "name").drop_nulls().unique().iter_rows():
        holders.setdefault(_fold(str(name)), set()).add(_fold(str(source)))
    return {name: next(iter(ids)) for name, ids in holders.items() if len(ids) == 1}


def _speakers(sources: pl.DataFrame | None) -> frozenset[str]:
    """Sources that speak for themselves. A page that quotes two officials holds two voices, not a copy."""
    if sources is None or "kind" not in sources.columns:
        return frozenset()
    kind = pl.col("kind")
    own = sources.filter(kind.is_not_null() & ~kind.str.starts_with("media") & (kind != "unknown"))
    return frozenset(own["source_id"])


def _relays(relays: pl.Series, numbers: dict[str, int], names: dict[str, str]) -> tuple[Ints, Ints, Ints]:
    """For each report the number of its relays cell (-1 = none), and for each cell the voices it names."""
    given = relays.drop_nulls().unique().sort()
    start: list[int] = [0]
    voices: list[int] = []
    for cell in given.to_list():
        folded = [k for k in (_fold(part) for part in _SPLIT.split(cell)) if k]
        voices += [numbers.setdefault(names.get(k, k), len(numbers)) for k in folded]
        start.append(len(voices))
    at = relays.replace_strict(given, np.arange(len(given)), default=-1, return_dtype=pl.Int64)
    return at.fill_null(-1).to_numpy(), np.array(start, dtype=np.int64), np.array(voices, dtype=np.int64)


@compiled
def _find(keys: Any, one: int, two: Any) -> Any:
    """Where what is kept under an incident and a number stands, or is to stand."""
    most = np.uint64(len(keys) - 1)
    key = (np.uint64(one + 1) * np.uint64(0x9E3779B97F4A7C15)) ^ (
        np.uint64(two) * np.uint64(0xBF58476D1CE4E5B9)
    )
    key = (key ^ (key >> np.uint64(29))) * np.uint64(0x94D049BB133111EB) | np.uint64(1)
    at = (key >> np.uint64(20)) & most
    while keys[at] != 0 and keys[at] != key:
        at = (at + np.uint64(1)) & most
    return at, key


@compiled
def _agree(said: Any, one: int, two: int) -> Any:
    """Whether two rows of one page say the same: no cell filled in both differs. One page may quote two voices."""
    for k in range(said.shape[1]):  # noqa: SIM110  numba knows no generators
        if said[one, k] >= 0 and said[two, k] >= 0 and said[one, k] != said[two, k]:
            return False
    return True


@compiled
def _wording(row: Any, hashes: Any) -> Any:
    """A number for the words of a text; 0 = too few."""
    if row.known < TEXT_WORDS:
        return np.uint64(0)
    value = np.uint64(1469598103934665603)
    for k in range(row.words, row.words + row.known):
        value = (value ^ np.uint64(hashes[k])) * np.uint64(1099511628211)
    return value


@compiled
def _descend(
    order: Any,
    incident: Any,
    voice: Any,
    relayer: Any,
    relay: Any,
    relay_start: Any,
    relay_voices: Any,
    said: Any,
    rows: Any,
    hashes: Any,
    weights: Any,
    grid_row: Any,
    origin: Any,
    basis: Any,
) -> None:
    size = 8
    while size < 4 * (len(order) + len(relay_voices)):
        size *= 2
    # of each incident: who first brought a voice, the last listing of a page, who first brought a wording
    heard_keys, heard = np.zeros(size, dtype=np.uint64), np.empty(size, dtype=np.int64)
    page_keys, page = np.zeros(size, dtype=np.uint64), np.empty(size, dtype=np.int64)
    text_keys, text = np.zeros(size, dtype=np.uint64), np.empty(size, dtype=np.int64)
    before = np.full(len(order), -1, dtype=np.int64)  # the listing of the page before this one
    texts = np.empty(TEXTS_COMPARED, dtype=np.int64)
    held, current = 0, np.int64(-1)
    for i in order:
        here = incident[i]
        if here != current:
            current, held = here, 0
        row = rows[grid_row[i]]
        relays, found = False, np.int64(-1)
        if relay[i] >= 0:
            for k in range(relay_start[relay[i]], relay_start[relay[i] + 1]):
                if relay_voices[k] == voice[i]:
                    continue
                relays = True
                at, key = _find(heard_keys, here, relay_voices[k])
                if found < 0 and heard_keys[at] == key:
                    found = heard[at]
        at, key = _find(heard_keys, here, voice[i])
        if found >= 0:
            origin[i], basis[i] = found, 1
        elif heard_keys[at] == key and not relays:
            origin[i], basis[i] = heard[at], 2
        wording = _wording(row, hashes)
        if basis[i] == 0 and row.url != 0 and relayer[i]:
            spot, named = _find(page_keys, here, row.url)
            looked = 0
            listing = page[spot] if page_keys[spot] == named else np.int64(-1)
            while listing >= 0 and looked < PAGES_COMPARED:
                if _agree(said, i, listing):
                    origin[i], basis[i] = origin[listing], 3  # the earliest that agrees is found last
                listing = before[listing]
                looked += 1
        if wording != 0:
            spot, named = _find(text_keys, here, wording)
            if text_keys[spot] == named:
                if basis[i] == 0:
                    origin[i], basis[i] = text[spot], 4
            else:
                for k in range(held):
                    if basis[i] != 0:
                        break
                    other = rows[grid_row[texts[k]]]
                    a, b = row.words, other.words
                    shared, _ = shared_words(hashes, weights, a, a + row.known, b, b + other.known)
                    if shared * shared >= SAME_WORDS * SAME_WORDS * row.telling * other.telling:
                        origin[i], basis[i] = origin[texts[k]], 4
                text_keys[spot], text[spot] = named, origin[i]
                if held < len(texts):
                    texts[held] = i
                    held += 1
        if relays:
            for k in range(relay_start[relay[i]], relay_start[relay[i] + 1]):
                if relay_voices[k] == voice[i]:
                    continue
                at, key = _find(heard_keys, here, relay_voices[k])
                if heard_keys[at] != key:
                    heard_keys[at], heard[at] = key, origin[i]
        else:
            at, key = _find(heard_keys, here, voice[i])
            if heard_keys[at] != key:
                heard_keys[at], heard[at] = key, origin[i]
        if row.url != 0:
            spot, named = _find(page_keys, here, row.url)
            if page_keys[spot] == named:
                before[i] = page[spot]
            page_keys[spot], page[spot] = named, i
