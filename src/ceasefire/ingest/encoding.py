"""Which encoding a text file is in.

In: a file. Out: a Python codec name and whether it was guessed. A byte-order mark and valid UTF-8 decide
by themselves; a file that is UTF-8 but for a few damaged bytes stays UTF-8; otherwise one of the Windows
code pages of the field is guessed and the reader is told: Western when accented letters stand alone, else
Cyrillic or Arabic by which reading makes fewer impossible words, charset-normalizer settling a tie (alone it
names no page for most short tables). The file is read in pieces: memory use does not depend on its size.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

# Our choices, fixed before any file was read with them.
CHUNK = 1 << 20  # bytes read at a time
SAMPLE = 1 << 18  # bytes of lines with non-ASCII characters shown to the guesser
NUL_SHARE = 0.01  # more NUL bytes than this in the first piece: the file is not text
DAMAGED_SHARE = 0.1  # at most this share of the non-ASCII characters broken: still UTF-8
WORD_SHARE = 0.5  # Latin text has lone accented letters; Cyrillic and Arabic words have runs of high bytes

CODE_PAGES = ("cp1252", "cp1251", "cp1256")
_BINARY = (
    b"PK\x03\x04",
    b"PAR1",
    b"%PDF",
    b"\x1f\x8b",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"\xd0\xcf\x11\xe0",
    b"Rar!",
)
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORD = re.compile(r"[^\W\d_]+")
_CAPITAL_INSIDE = re.compile("[а-яёіїєґ][А-ЯЁІЇЄҐ]")
_VOWELS = frozenset("аеёиоуыэюяіїє")


@dataclass(frozen=True)
class Encoding:
    """A codec; ``guessed`` when nothing in the file states it, ``damaged`` when some bytes fit no text."""

    codec: str
    guessed: bool = False
    damaged: bool = False


class NotTextError(ValueError):
    """The file is not text in any encoding we read; the message says what was found."""


def find_encoding(path: Path) -> Encoding:
    """Decide the encoding of a text file.

    Raises:
        NotTextError: binary content, or bytes that no encoding of the field explains.
        OSError: the file cannot be read.
    """
    with path.open("rb") as handle:
        head = handle.read(CHUNK)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return Encoding(codec)
    if head.startswith(_BINARY):
        raise NotTextError("a binary file (its first bytes are those of an archive, a document or a picture)")
    if head.count(0) > NUL_SHARE * len(head):
        raise NotTextError("NUL bytes throughout: binary, or UTF-16 without a byte-order mark")
    if _is_utf8(path):
        return Encoding("utf-8")
    return _guess(path)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while piece := handle.read(CHUNK):
            yield piece


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        for piece in _pieces(path):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _guess(path: Path) -> Encoding:
    sample, present = b"", set[int]()
    for piece in _pieces(path):
        present |= set(piece)
        if len(sample) < SAMPLE:
            sample += b"\n".join(line for line in piece.split(b"\n") if not line.isascii()) + b"\n"
    sample = sample[:SAMPLE]
    as_utf8 = sample.decode("utf-8", errors="replace")
    broken = as_utf8.count("�")
    high = sum(1 for char in as_utf8 if char > "\x7f")
    if broken <= DAMAGED_SHARE * high:
        return Encoding("utf-8", damaged=True)
    possible = [page for page in CODE_PAGES if _decodes(present, page)]
    if not possible or _control_share(present) > 3:
        raise NotTextError("bytes that are neither UTF-8 nor " + ", ".join(CODE_PAGES))
    if "cp1252" in possible and _share_in_words(sample) < WORD_SHARE:
        return Encoding("cp1252", guessed=True)
    rest = [page for page in possible if page != "cp1252"]
    if not rest:
        return Encoding("cp1252", guessed=True)
    odd = {page: _odd_words(sample.decode(page, errors="replace"), page) for page in rest}
    fewest = [page for page in rest if odd[page] == min(odd.values())]
    best = from_bytes(sample, cp_isolation=fewest).best() if len(fewest) > 1 else None
    return Encoding(best.encoding if best is not None else fewest[0], guessed=True)


def _odd_words(text: str, page: str) -> int:
    """Words that no text has: scripts mixed, a capital after a small letter, three letters without a vowel."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    if page == "cp1256":
        return sum(any(c < "\u0250" for c in word) and any(c > "\u0600" for c in word) for word in words)
    return sum(
        any(c.isascii() for c in word)
        or bool(_CAPITAL_INSIDE.search(word))
        or (len(word) > 2 and not _VOWELS & set(word.lower()))
        for word in words
    )


def _decodes(present: set[int], page: str) -> bool:
    try:
        bytes(sorted(present)).decode(page)
    except UnicodeDecodeError:
        return False
    return True


def _control_share(present: set[int]) -> int:
    """How many different control characters occur that text does not use."""
    return len(present & (set(range(32)) - {0, 9, 10, 11, 12, 13, 26, 28, 29, 30, 31}))


def _share_in_words(sample: bytes) -> float:
    """Share of the high letters that stand next to another high letter."""
    letters = re.findall(rb"[\xc0-\xff]+", sample)
    total = sum(map(len, letters))
    return sum(len(run) for run in letters if len(run) > 1) / total if total else 0.0
