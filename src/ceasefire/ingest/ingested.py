"""What a reader is told and what it gives back.

In: nothing. Out: ``Context`` (the case's zone, the day its facts were gathered, the name of the file, the
bounding box) and ``Ingested`` (reports, sources, problems and how many rows were read, left out or outside).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from ceasefire.ingest.coordinates import BBox
from ceasefire.problems import Problem


@dataclass(frozen=True)
class Context:
    """What a reader must know of the case.

    ``zone`` is that of times without an offset; ``gathered_at`` (UTC) is when an undated report counts as known;
    ``name`` is the file shown in messages; ``bbox`` (west, south, east, north) tells swapped coordinates.
    """

    zone: ZoneInfo
    gathered_at: datetime
    name: str
    bbox: BBox | None = None


@dataclass(frozen=True)
class Ingested:
    """The reports of one file.

    Every row of the file is accounted for: ``n_read`` = rows behind the reports + ``n_left_out`` (cannot be
    used, each with a problem) + ``n_outside`` (not asked for by the reader's options, in one note).
    """

    reports: pl.DataFrame
    sources: pl.DataFrame
    problems: list[Problem]
    n_read: int
    n_left_out: int
    n_outside: int = 0
