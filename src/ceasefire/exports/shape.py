"""How a cell is written: rounding by column, times as ISO 8601 Z, UTF-8 and LF.

In: a frame. Out: its CSV or Parquet bytes. Numbers are rounded here and nowhere earlier, to the decimals below, so
that the last bits of a processor never reach a file.
"""

from __future__ import annotations

import io

import polars as pl

DECIMALS = {"latitude": 5, "longitude": 5, "precision_km": 2, "distance_km": 2}
"""Decimals of a column by its name: 5 of a degree is a metre, 2 of a kilometre ten."""

OTHER_DECIMALS = 4
"""Probabilities, weights in nats, hours, rates."""

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.fZ"


def rounded(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every float rounded to its decimals; never -0.0 or NaN (NaN becomes empty)."""
    floats = [c for c, kind in frame.schema.items() if kind == pl.Float64]
    return frame.with_columns(
        (pl.col(c).fill_nan(None).round(DECIMALS.get(c, OTHER_DECIMALS)) + 0.0).alias(c) for c in floats
    )


def csv_bytes(frame: pl.DataFrame, *, tags: list[str] | None = None) -> bytes:
    """The frame as CSV: header, a row of ``tags`` below it if given, rows; UTF-8, LF, times in UTC with Z."""
    body = frame.write_csv(
        line_terminator="\n", datetime_format=TIME_FORMAT, float_scientific=False, quote_style="necessary"
    )
    if tags is not None:
        head, _, rest = body.partition("\n")
        body = "\n".join((head, ",".join(tags), rest))
    return body.encode("utf-8")


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """The frame as one Parquet file (zstd)."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=3, statistics=False)
    return buffer.getvalue()
