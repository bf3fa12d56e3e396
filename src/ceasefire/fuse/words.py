"""The telling words of a text, found and weighed.

In: texts in any script, and the stratum (area and month) of each. Out: ``Words``: for each report its words as sorted
32-bit hashes with a weight each, and after them its sounds (``sounds.py``), by which a name is known in another script. A
word weighs by how rare it is overall and inside its stratum (half and half, ln(1 + N/n)), so that a place name, which every
report of a place carries, counts for little. Words are cut to their first letters, a crude stem that serves inflected
languages; vowel signs and spellings of alef are folded in Arabic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.compiled import lean
from ceasefire.fuse.reading import as_bytes
from ceasefire.fuse.sounds import FEWEST, SHAPE, G, hear, heard_letters, script_of

MAX_WORDS, MAX_SOUNDS = 64, 48  # distinct words of one text that are read, and sounds
KEPT_WORDS, KEPT_SOUNDS = 24, 16  # the most telling of them that are compared
SOUND = 0x80000000  # set in the hash of a sound, so that sounds come after words
STEM = 6  # letters of a word that count
SHORTEST = 3  # letters of the shortest word; of a number, digits of the shortest
UNIT = 0.1  # weights are kept as whole tenths of a nat, so that sums are exact in any order
TELLING_SOUND = 3.6  # nats that a sound weighs which as many texts hold as the root of their number
_CHUNK = 50_000  # texts read at a time
_STRATA = 1 << 12  # strata that are told apart; those that share a number are counted together
_LOCAL = 1 << 11  # counters of words in each stratum, and as many of sounds
_LETTERS = 64  # letters of a word that are read for its sound
_PLACES = 1 << 15  # words that are remembered while texts are read
_SEED, _TIMES = np.uint64(1469598103934665603), np.uint64(1099511628211)  # FNV-1a


class _Known(NamedTuple):
    """Words met lately, each at the place its letters lead to: ``whole``: its letters as a number; ``word`` and ``sound``: the
    hashes of what it is and how it sounds, 0 = none; ``script``: see ``sounds``, 4 = a number. The rest is room to work in."""

    whole: Any
    word: Any
    sound: Any
    script: Any
    letters: Any
    shape: Any
    written: Any
    counts: Any


@dataclass(frozen=True)
class Read:
    """``start[k]:start[k + 1]`` are the words and then the sounds of text k in ``hashes``, ascending, each once. ``sounds``: how
    many of them are sounds. ``script``: that of most of its letters (``sounds.LATIN`` ...)."""

    start: NDArray[np.int64]
    hashes: NDArray[np.uint32]
    sounds: NDArray[np.int64]
    script: NDArray[np.int64]


@dataclass(frozen=True)
class Words:
    """``start[k]:start[k + 1]`` are the words, then the sounds, of report k in ``hashes`` (ascending) and ``weights`` (tenths of a
    nat); ``sounds``: how many of them are sounds."""

    start: NDArray[np.int64]
    hashes: NDArray[np.uint32]
    weights: NDArray[np.uint8]
    sounds: NDArray[np.int64]


@dataclass(frozen=True)
class Tally:
    """How many texts hold a word, overall and per stratum, words and sounds apart; whole numbers, so tallies of parts add up."""

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


def read_words(texts: pl.Series) -> Read:
    """Words and sounds of each text."""
    n = len(texts)
    start, sounds, script = np.zeros(n + 1, dtype=np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    if texts.null_count() == n:
        return Read(start, np.zeros(0, dtype=np.uint32), sounds, script)
    letters = np.array([_letter(point) for point in range(0x80)], dtype=np.int64)
    heard = heard_letters()
    known = _Known(
        *(np.zeros(_PLACES, dtype=kind) for kind in (np.uint64, np.uint32, np.uint32, np.int8)),
        *(np.zeros(size, dtype=np.int64) for size in (_LETTERS, SHAPE, 4, 4)),
    )
    parts = []
    for at in range(0, n, _CHUNK):
        chunk = texts.slice(at, _CHUNK).cast(pl.String).fill_null("")
        end = at + len(chunk)
        counts = np.zeros(len(chunk), dtype=np.int64)
        out = np.empty(len(chunk) * (MAX_WORDS + MAX_SOUNDS), dtype=np.uint32)
        told = (counts, sounds[at:end], script[at:end])
        used, odd = _split(as_bytes(chunk)[0], *told, out, letters, heard, known)
        if odd:  # letters with separate accents, or forms for display: compose them first
            used, _ = _split(as_bytes(chunk.str.normalize("NFKC"))[0], *told, out, letters, heard, known)
        parts.append(out[:used].copy())
        start[at + 1 : end + 1] = counts
    return Read(np.cumsum(start), np.concatenate(parts), sounds, script)


def tally(read: Read, stratum: NDArray[np.int64], size: int, order: NDArray[np.int64]) -> Tally:
    """Count texts per word and stratum. ``size``: counters, a power of two. ``order``: one that keeps strata together is fast."""
    made = Tally(
        np.array([int((np.diff(read.start) > 0).sum())]),
        np.zeros(_STRATA, dtype=np.int32),
        np.zeros((2, size), dtype=np.int32),
        np.zeros((_STRATA, 2, _LOCAL), dtype=np.int32),
    )
    _count(read.start, read.hashes, stratum, order, made.strata, made.overall, made.local)
    return made


def weigh(read: Read, stratum: NDArray[np.int64], counted: Tally, order: NDArray[np.int64]) -> Words:
    """The most telling words and sounds of each text with their weights, the texts in the given order."""
    sounds = np.minimum(read.sounds, KEPT_SOUNDS)[order]
    kept_at = np.zeros(len(read.start), dtype=np.int64)
    words = np.minimum(np.diff(read.start) - read.sounds, KEPT_WORDS)[order]
    np.cumsum(words + sounds, out=kept_at[1:])
    kept = np.empty(int(kept_at[-1]), dtype=np.uint32)
    weights = np.empty(int(kept_at[-1]), dtype=np.uint8)
    # ln(1 + N / n) / 2, in tenths of a nat, once a counter
    wide = np.round(0.5 / UNIT * np.log1p(float(counted.texts[0]) / np.maximum(counted.overall, 1))).astype(
        np.uint8
    )
    logs = np.log(np.maximum(np.arange(1 << 14), 1)).astype(np.float32)
    # what a sound weighs that as many texts hold as the root of all: from there on a name tells, whatever the number of texts
    near = float((counted.strata.astype(np.float64) ** 2).sum()) / max(float(counted.strata.sum()), 1.0)
    root = 0.5 * np.log1p(np.sqrt(float(counted.texts[0]))) + 0.5 * np.log1p(np.sqrt(near))
    _weigh(
        read.start,
        read.hashes,
        read.sounds,
        stratum,
        order,
        counted.strata,
        wide,
        counted.local,
        logs,
        TELLING_SOUND / max(root, UNIT),
        kept_at,
        kept,
        weights,
        np.empty((2, 256), dtype=np.int64),
    )
    return Words(kept_at, kept, weights, sounds)


def counters(n: int) -> int:
    """Counters of words for n reports: a power of two, at most 2**20 (a rare shared counter lowers a weight a little)."""
    return int(min(1 << 20, max(1 << 14, 1 << int(np.ceil(np.log2(4 * max(n, 1)))))))


@lean
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


@lean
def _split(
    buffer: Any, counts: Any, sounds: Any, scripts: Any, out: Any, ascii_letters: Any, heard: Any, known: Any
) -> Any:
    """Hashes of the words and sounds of each text into ``out``; how many, and whether a text should be composed first.

    ``known``: words met before, see ``_Known``. What a word is depends on its letters alone, so that what was met does not matter.
    """
    letters, written = known.letters, known.written
    used = 0
    row = 0
    first = 0
    told = 0  # sounds among them
    odd = False
    length = 0
    stem = whole = _SEED
    at = 0
    size = len(buffer)
    while at < size:
        point: Any = np.int64(buffer[at])
        if point < 0x80:
            at += 1
            letter: Any = ascii_letters[point]
        else:
            if point < 0xE0 and at + 1 < size:
                point = ((point & 0x1F) << 6) | (np.int64(buffer[at + 1]) & 0x3F)
                at += 2
            elif point < 0xF0 and at + 2 < size:
                point = ((point & 0x0F) << 12) | ((np.int64(buffer[at + 1]) & 0x3F) << 6)
                point |= np.int64(buffer[at + 2]) & 0x3F
                at += 3
            else:
                point = 0x1F000
                at += 4
            letter = _letter(point)
            if letter == -2:
                odd = True
                letter = point
        if letter > 0:
            whole = (whole ^ np.uint64(letter)) * _TIMES
            if length < STEM:
                stem = whole
            if length < _LETTERS:
                letters[length] = letter
            length += 1
            continue
        if letter == -1:
            continue
        if length > 0:
            # one place a word; a word that finds another there takes it
            place = (whole ^ (whole >> np.uint64(32))) & np.uint64(len(known.whole) - 1)
            if known.whole[place] != whole:
                known.whole[place] = whole
                _read_word(length, stem, heard, known, place)
            if known.word[place] > 0 and used - first - told < MAX_WORDS:
                used += _insert(out, first, used, known.word[place])
            if known.sound[place] > 0 and told < MAX_SOUNDS:
                added = _insert(out, first, used, known.sound[place])
                used += added
                told += added
            if known.script[place] < 4:
                written[known.script[place]] += length
            length = 0
            stem = whole = _SEED
        if point == 0:
            counts[row] = used - first
            sounds[row] = told
            other = written[1] + written[2] + written[3]
            most = 1
            for script in range(2, 4):
                if written[script] > written[most]:
                    most = script
            scripts[row] = most if other > written[0] else 0
            written[:] = 0
            row += 1
            first = used
            told = 0
    return used, odd


@lean
def _read_word(length: int, stem: Any, heard: Any, known: Any, place: Any) -> None:
    """What a word is, sounds like and is written in, put in its place."""
    letters, shape, written = known.letters, known.shape, known.counts
    shaped: Any = 0
    before: Any = 0
    earlier: Any = 0
    digits = 0
    written[:] = 0
    read = min(length, _LETTERS)
    for k in range(read):
        letter = letters[k]
        if 0x30 <= letter <= 0x39:
            digits += 1
        else:
            written[script_of(letter)] += 1
            article = k == 1 and letter == 0x644 and before == 0x627  # the Arabic one
            shaped = 0 if article else hear(heard, letter, before, earlier, shape, shaped)
        earlier, before = before, letter
    number = digits == read
    known.word[place] = 0
    known.sound[place] = 0
    if length >= SHORTEST or (number and length == SHORTEST - 1):
        # never 0, which stands for none
        known.word[place] = max(_hash(stem) & np.uint32(SOUND - 1), np.uint32(1))
        if shaped > 1 and before == 0x68 and heard[min(earlier, 0x6FF)] == 0 and shape[shaped - 1] == G:
            shaped -= 1  # a last h after a vowel is not heard
        value = stem
        if not number:
            value = _SEED
            for k in range(shaped):
                value = (value ^ np.uint64(shape[k])) * _TIMES
        if number or shaped >= FEWEST:
            known.sound[place] = _hash(value) | np.uint32(SOUND)
    script = 0
    for k in range(1, 4):
        if written[k] > written[script]:
            script = k
    known.script[place] = 4 if number else script


@lean
def _hash(value: Any) -> Any:
    mixed = value ^ (value >> np.uint64(29))
    return np.uint32((mixed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32))


@lean
def _insert(out: Any, first: int, used: int, word: Any) -> Any:
    """Put a hash in its place, if it is not there; 1 if it was put, else 0."""
    place = used
    while place > first and out[place - 1] > word:
        place -= 1
    if place > first and out[place - 1] == word:
        return 0
    for k in range(used, place, -1):
        out[k] = out[k - 1]
    out[place] = word
    return 1


@lean
def _number(stratum: int) -> Any:
    """The number a stratum is counted under."""
    value = np.uint64(stratum) * np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    return (value >> np.uint64(40)) & np.uint64(_STRATA - 1)


@lean
def _count(start: Any, hashes: Any, stratum: Any, order: Any, strata: Any, overall: Any, local: Any) -> None:
    for row in order:
        if start[row] == start[row + 1]:
            continue
        number = _number(stratum[row])
        strata[number] += 1
        for k in range(start[row], start[row + 1]):
            word, kind = hashes[k], hashes[k] >> np.uint32(31)
            overall[kind, word & np.uint32(overall.shape[1] - 1)] += 1
            local[number, kind, word & np.uint32(_LOCAL - 1)] += 1


@lean
def _weigh(
    start: Any,
    hashes: Any,
    sounds: Any,
    stratum: Any,
    order: Any,
    strata: Any,
    wide: Any,
    local: Any,
    logs: Any,
    sounding: float,
    kept_at: Any,
    kept: Any,
    weights: Any,
    room: Any,
) -> None:
    most_logs = len(logs) - 1
    found, seen = room[0], room[1]
    for k in range(len(order)):
        row = order[k]
        number = _number(stratum[row])
        here = np.int64(strata[number])
        at = kept_at[k]
        for kind in range(2):
            first, end = start[row], start[row + 1] - sounds[row]
            most_kept = KEPT_WORDS
            if kind == 1:
                first, end = end, start[row + 1]
                most_kept = KEPT_SOUNDS
            count = end - first
            for m in range(count):
                word = hashes[first + m]
                far = wide[kind, word & np.uint32(wide.shape[1] - 1)]
                near = np.int64(local[number, kind, word & np.uint32(_LOCAL - 1)])
                here_only = logs[min(here + near, most_logs)] - logs[min(near, most_logs)]
                found[m] = min(255, np.int64(far) + np.int64(0.5 / UNIT * here_only + 0.5))
            least = 0
            spare = most_kept
            if count > most_kept:  # the least weight that is kept
                seen[:] = 0
                for m in range(count):
                    seen[found[m]] += 1
                left = most_kept - seen[255]
                least = 255
                while left > 0:
                    least -= 1
                    left -= seen[least]
            for m in range(count):
                spare -= found[m] > least
            for m in range(count):
                if found[m] > least or (found[m] == least and spare > 0):
                    spare -= found[m] == least
                    kept[at] = hashes[first + m]
                    weights[at] = found[m] if kind == 0 else min(255, np.int64(sounding * found[m] + 0.5))
                    at += 1
