"""The scenarios in which answers to "who did it" are measured: what kind of conflict, and who tells of it how.

Each is a set of `Knobs`; the default is a conflict of two sides, one with a patron, told by some thirty sources that take
sides. A scenario names only what it changes. Nothing here was chosen by looking at what any system answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Knobs:
    """What kind of conflict, and who tells of it how."""

    # Incidents of which somebody tells, districts they happen in, weeks they are spread over.
    incidents: int = 4_000
    districts: int = 12
    weeks: int = 26
    # Whether one side has a patron: a party of its own, on the same side, with media of its own.
    patron: bool = True
    # How far sources with a camp speak as the camp would (a multiplier on the alignment of their kind).
    bias: float = 1.0
    # Whether the table of sources names camps.
    declared: bool = True
    # How often followers repeat their leader, as a multiplier; 0 = nobody copies.
    copying: float = 0.0
    # Sources without a camp that one side has taken over, and how many of these still count as without a camp.
    taken: int = 0
    taken_hidden: int = 0
    # Share of sources that change their camp on the way; the table of sources names the first.
    drifting: float = 0.0
    # A line that the sources of a side follow together: one a day for each side, whatever happened ("day"), or an agreed
    # story for each incident that the side which took sources over is to blame for ("incident").
    line: Literal["none", "day", "incident"] = "none"
    # Share of incidents that are hard to read for those who look honestly.
    murky: float = 0.2


SCENARIOS: dict[str, Knobs] = {
    "none": Knobs(bias=0.0, declared=False, murky=0.0),
    "none, camps named": Knobs(bias=0.0, murky=0.0),
    "bias": Knobs(),
    "bias + copying": Knobs(copying=1.0),
    "captured media": Knobs(copying=1.3, taken=9, taken_hidden=2),
    "lying majority": Knobs(taken=14, taken_hidden=7, line="incident"),
    "drifting camps": Knobs(copying=0.5, drifting=0.3),
    "party line": Knobs(line="day"),
    "small": Knobs(incidents=0, districts=4, weeks=8, copying=1.0),
}
# Incidents of a small conflict, by seed in turn.
SMALL_SIZES = (50, 300, 100, 200, 150)
