"""The value parsers of the readers, under one name.

In: the text of a cell. Out: a typed value. Each raises ``BadValue`` (expected, found, action) and nothing
else, whatever the text. Nothing here touches a file or a clock; the words are data (``words.yaml``).
"""

from __future__ import annotations

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.coordinates import BBox, parse_coordinates
from ceasefire.ingest.figures import Figure, parse_figure
from ceasefire.ingest.instants import Interval, infer_day_first, local_day, parse_instant
from ceasefire.ingest.numbers import parse_flag, parse_integer, parse_number, plain_digits
from ceasefire.ingest.time_notes import parse_time_note

__all__ = [
    "BBox",
    "BadValue",
    "Figure",
    "Interval",
    "infer_day_first",
    "local_day",
    "parse_coordinates",
    "parse_figure",
    "parse_flag",
    "parse_instant",
    "parse_integer",
    "parse_number",
    "parse_time_note",
    "plain_digits",
]
