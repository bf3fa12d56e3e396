"""Problems as rows: what could not be used, where it stands, and what to do about it.

In: whatever a stage cannot use or must warn of. Out: ``Problem`` records and the ``problems`` table.
A message always says what was expected, what was found and what to do, with file and line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import polars as pl

from ceasefire.model import table

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Problem:
    """One thing a reader must know. ``error`` = the row was left out; ``warning`` = used with a doubt."""

    severity: str
    stage: str
    code: str
    expected: str
    found: str
    action: str
    file: str | None = None
    line: int | None = None
    record: str | None = None

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"severity: expected one of {SEVERITIES}, found {self.severity!r}")

    @property
    def where(self) -> str:
        """File, line and record as far as they are known."""
        place = self.file or ""
        if self.line is not None:
            place += f":{self.line}"
        return " ".join(part for part in (place, self.record or "") if part)

    def __str__(self) -> str:
        return f"{self.where or self.stage}: expected {self.expected}; found {self.found}; {self.action}"


class CaseError(Exception):
    """The case cannot be used at all. Carries the problems that say why."""

    def __init__(self, problems: Iterable[Problem] | Problem) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


def problems_table(problems: Iterable[Problem]) -> pl.DataFrame:
    """The ``problems`` table, sorted and without repetitions."""
    return table("problems").frame([asdict(p) for p in problems]).unique(maintain_order=True)
