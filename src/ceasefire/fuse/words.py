"""The telling words of a text, found and weighed.

In: texts in any script, and the stratum (area and month) of each. Out: ``Words``: for each report its words as sorted
32-bit hashes with a weight each. A word weighs by how rare it is overall and inside its stratum (half and half, ln(1 + N/n)),
so that a place name, which every report of a place carries, counts for little. Words are cut to their first letters, a crude
stem that serves inflected languages; vowel signs and spellings of alef are folded in Arabic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.compiled import compiled

MAX_WORDS = 64  # distinct words of one text that are read
KEPT_WORDS = 24  # the most telling of them that are compared
STEM = 6  # letters of a word that count
SHORTEST = 3  # letters of the shortest word; of a number, digits of the shortest
UNIT = 0.1  # weights are kept as whole tenths of a nat, so that sums are exact in any order
_CHUNK = 50_000  # texts read at a time
_STRATA = 1 << 12  # strata that are told apart; those that share a number are counted together
_LOCAL = 1 << 11  # counters of words in each stratum
_MARK = "\x00"  # between texts; no letter


@dataclass(frozen=True)
class Words:
    """``start[k]:start[k + 1]`` are the words of report k in ``hashes`` (ascending) and ``weights`` (tenths of a nat)."""

    start: NDArray[np.int64]
    hashes: NDArray[np.uint32]
    weights: NDArray[np.uint8]


@dataclass(frozen=True)
class Tally:
    """How many texts hold a word, overall and per stratum; whole numbers, so tallies of parts add up."""

    texts: NDArray[np.int64]
    strata: NDArray[np.int32]
    overall: NDArray[np.int32]
    local: NDArray[np.int32]

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.texts + other.texts,
            self.strata + other.strata,
            self.overall + other.overall,
            self.local + other.local,
        )


def read_words(texts: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Words of each text: offsets and hashes, ascending within a text, each once."""
    n = len(texts)
    start = np.zeros(n + 1, dtype=np.int64)
    if texts.null_count() == n:
        return start, np.zeros(0, dtype=np.uint32)
    letters = np.array([_letter(point) for point in range(0x80)], dtype=np.int64)
    parts = []
    for at in range(0, n, _CHUNK):
        chunk = texts.slice(at, _CHUNK).cast(pl.String).fill_null("")
        counts = np.zeros(len(chunk), dtype=np.int64)
        out = np.empty(len(chunk) * MAX_WORDS, dtype=np.uint32)
        used, odd = _split(_bytes(chunk), counts, out, letters)
        if odd:  # letters with separate accents, or forms for display: compose them first
            used, _ = _split(_bytes(chunk.str.normalize("NFKC")), counts, out, letters)
        parts.append(out[:used].copy())
        start[at + 1 : at + 1 + len(chunk)] = counts
    return np.cumsum(start), np.concatenate(parts)


def tally(
    start: NDArray[np.int64],
    hashes: NDArray[np.uint32],
    stratum: NDArray[np.int64],
    size: int,
    order: NDArray[np.int64],
) -> Tally:
    """Count texts per word and stratum. ``size``: counters, a power of two. ``order``: one that keeps strata together is fast."""
    made = Tally(
        np.array([int((np.diff(start) > 0).sum())]),
        np.zeros(_STRATA, dtype=np.int32),
        np.zeros(size, dtype=np.int32),
        np.zeros((_STRATA, _LOCAL), dtype=np.int32),
    )
    _count(start, hashes, stratum, order, made.strata, made.overall, made.local)
    return made


def weigh(
    start: NDArray[np.int64],
    hashes: NDArray[np.uint32],
    stratum: NDArray[np.int64],
    counted: Tally,
    order: NDArray[np.int64],
) -> Words:
    """The most telling words of each text with their weights, the texts in the given order."""
    kept_at = np.zeros(len(start), dtype=np.int64)
    kept_at[1:] = np.cumsum(np.minimum(np.diff(start), KEPT_WORDS)[order])
    kept = np.empty(int(kept_at[-1]), dtype=np.uint32)
    weights = np.empty(int(kept_at[-1]), dtype=np.uint8)
    # ln(1 + N / n) / 2, in tenths of a nat, once a counter
    wide = np.round(0.5 / UNIT * np.log1p(float(counted.texts[0]) / np.maximum(counted.overall, 1))).astype(
        np.uint8
    )
    logs = np.log(np.maximum(np.arange(1 << 14), 1)).astype(np.float32)
    _weigh(start, hashes, stratum, order, counted.strata, wide, counted.local, logs, kept_at, kept, weights)
    return Words(kept_at, kept, weights)


def counters(n: int) -> int:
    """Counters of words for n reports: a power of two, at most 2**20 (a rare shared counter lowers a weight a little)."""
    return int(min(1 << 20, max(1 << 14, 1 << int(np.ceil(np.log2(4 * max(n, 1)))))))


def _bytes(chunk: pl.Series) -> NDArray[np.uint8]:
    """The texts as UTF-8, each followed by a mark."""
    joined = chunk.str.join(_MARK).item() + _MARK
    if joined.count(_MARK) != len(chunk):
        joined = chunk.str.replace_all(_MARK, " ", literal=True).str.join(_MARK).item() + _MARK
    return np.frombuffer(joined.encode(), dtype=np.uint8)


@compiled
def _letter(point: int) -> Any:
    """A letter's folded code point; 0 = no letter, -1 = to be skipped inside a word, -2 = odd."""
    if point < 0x80:
        if 0x61 <= point <= 0x7A or 0x30 <= point <= 0x39:
            return point
        if 0x41 <= point <= 0x5A:
            return point + 32
        return -1 if point == 0x27 else 0
    if point < 0x100:
        if point in (0xAA, 0xB5, 0xBA):
            return point
        if point < 0xC0 or point in (0xD7, 0xF7):
            return 0
        return point + 32 if point <= 0xDE else point
    if point < 0x180:  # Latin, extended: capitals are even, save for two runs
        if 0x139 <= point <= 0x148 or 0x179 <= point <= 0x17E:
            return point + 1 if point % 2 == 1 else point
        return point + 1 if point % 2 == 0 and point not in (0x138, 0x178) else point
    if 0x300 <= point <= 0x36F:
        return -2
    if 0x391 <= point <= 0x3A9:
        return point + 32
    if 0x400 <= point <= 0x42F:
        point = point + 80 if point < 0x410 else point + 32
    if 0x430 <= point <= 0x45F:
        return 0x435 if point == 0x451 else point
    if 0x460 <= point <= 0x52F:
        return point + 1 if point % 2 == 0 and point != 0x482 else point
    if 0x600 <= point <= 0x6FF:
        if 0x64B <= point <= 0x65F or point in (0x640, 0x670):
            return -1
        if point in (0x622, 0x623, 0x625, 0x671):
            return 0x627
        if point == 0x649:
            return 0x64A
        if point == 0x629:
            return 0x647
        if 0x660 <= point <= 0x669:
            return point - 0x660 + 0x30
        if 0x6F0 <= point <= 0x6F9:
            return point - 0x6F0 + 0x30
        return point if point >= 0x620 and point not in (0x66A, 0x66B, 0x66C, 0x66D, 0x6D4) else 0
    if point == 0x2019:
        return -1
    if 0x2000 <= point <= 0x2BFF or 0x3000 <= point <= 0x303F or point >= 0x1F000:
        return 0
    if 0xFB00 <= point <= 0xFDFF or 0xFE70 <= point <= 0xFFEF:
        return -2
    return point


@compiled
def _split(buffer: Any, counts: Any, out: Any, ascii_letters: Any) -> Any:
    """Hashes of the words of each text into ``out``; how many, and whether a text should be composed first."""
    used = 0
    row = 0
    first = 0
    odd = False
    length = 0
    digits = 0
    value = np.uint64(1469598103934665603)
    at = 0
    size = len(buffer)
    while at < size:
        byte: Any = np.int64(buffer[at])
        point: Any
        if byte < 0x80:
            point, step = byte, 1
        elif byte < 0xE0 and at + 1 < size:
            point, step = ((byte & 0x1F) << 6) | (np.int64(buffer[at + 1]) & 0x3F), 2
        elif byte < 0xF0 and at + 2 < size:
            point = ((byte & 0x0F) << 12) | ((np.int64(buffer[at + 1]) & 0x3F) << 6)
            point, step = point | (np.int64(buffer[at + 2]) & 0x3F), 3
        else:
            point, step = 0x1F000, 4
        at += step
        letter = ascii_letters[point] if point < 0x80 else _letter(point)
        if letter == -2:
            odd = True
            letter = point
        if letter > 0:
            if length < STEM:
                value = (value ^ np.uint64(letter)) * np.uint64(1099511628211)
            length += 1
            digits += 0x30 <= letter <= 0x39
            continue
        if letter == -1:
            continue
        if length >= SHORTEST or (digits == length and length == SHORTEST - 1):
            mixed = value ^ (value >> np.uint64(29))
            word = np.uint32((mixed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32))
            place = used
            while place > first and out[place - 1] > word:
                place -= 1
            if (place == first or out[place - 1] != word) and used - first < MAX_WORDS:
                for k in range(used, place, -1):
                    out[k] = out[k - 1]
                out[place] = word
                used += 1
        length = 0
        digits = 0
        value = np.uint64(1469598103934665603)
        if point == 0:
            counts[row] = used - first
            row += 1
            first = used
    return used, odd


@compiled
def _number(stratum: int) -> Any:
    """The number a stratum is counted under."""
    value = np.uint64(stratum) * np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    return (value >> np.uint64(40)) & np.uint64(_STRATA - 1)


@compiled
def _count(start: Any, hashes: Any, stratum: Any, order: Any, strata: Any, overall: Any, local: Any) -> None:
    most = np.uint32(len(overall) - 1)
    for row in order:
        if start[row] == start[row + 1]:
            continue
        number = _number(stratum[row])
        strata[number] += 1
        for k in range(start[row], start[row + 1]):
            overall[hashes[k] & most] += 1
            local[number, hashes[k] & np.uint32(_LOCAL - 1)] += 1


@compiled
def _weigh(
    start: Any,
    hashes: Any,
    stratum: Any,
    order: Any,
    strata: Any,
    wide: Any,
    local: Any,
    logs: Any,
    kept_at: Any,
    kept: Any,
    weights: Any,
) -> None:
    most = np.uint32(len(wide) - 1)
    most_logs = len(logs) - 1
    found: Any = np.empty(MAX_WORDS, dtype=np.int64)
    for k in range(len(order)):
        row = order[k]
        first, count = start[row], start[row + 1] - start[row]
        number = _number(stratum[row])
        here = np.int64(strata[number])
        for m in range(count):
            word = hashes[first + m]
            near = np.int64(local[number, word & np.uint32(_LOCAL - 1)])
            near = logs[min(here + near, most_logs)] - logs[min(near, most_logs)]
            found[m] = min(255, np.int64(wide[word & most]) + np.int64(0.5 / UNIT * near + 0.5))
        least = 0
        if count > KEPT_WORDS:
            least = np.sort(found[:count])[count - KEPT_WORDS]
        spare = KEPT_WORDS
        for m in range(count):
            spare -= found[m] > least
        at = kept_at[k]
        for m in range(count):
            if found[m] > least or (found[m] == least and spare > 0):
                spare -= found[m] == least
                kept[at] = hashes[first + m]
                weights[at] = found[m]
                at += 1
