"""Bars that a bench must reach, and the tables it leaves in the pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bar:
    """One measured value and what it must reach; lower is better where ``at_most``."""

    name: str
    value: float
    needs: float
    at_most: bool = False
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.value <= self.needs if self.at_most else self.value >= self.needs

    def __str__(self) -> str:
        value = f"{self.value:,}" if isinstance(self.value, int) else f"{self.value:,.2f}"
        unit = f" {self.unit}" if self.unit else ""
        sign = "<=" if self.at_most else ">="
        verdict = "ok" if self.met else "short"
        return f"bar {self.name}: {value}{unit} (needs {sign} {self.needs:,g}{unit}) {verdict}"


def report(bars: Iterable[Bar]) -> int:
    """Print each bar; exit code 1 if any is short."""
    code = 0
    for bar in bars:
        print(bar, flush=True)
        code |= not bar.met
    return code


def write_block(page: Path, name: str, block: str) -> None:
    """Put ``block`` between the markers of ``name`` in a page; without markers, in a section at its end."""
    opening, closing = f"<!-- bench: {name} -->", "<!-- /bench -->"
    made = f"{opening}\n{block}\n{closing}"
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(opening) + ".*?" + re.escape(closing), re.DOTALL)
    if not pattern.search(text):
        text = f"{text.rstrip()}\n\n## Measured\n\n{opening}{closing}\n"
    page.write_text(pattern.sub(lambda _: made, text, count=1), encoding="utf-8")
