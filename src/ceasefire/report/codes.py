"""Problem codes of all stages with their definitions.

In: ``vocabulary/problem_codes/*.yaml``. Out: terms by code. A code that is not documented is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from ceasefire.vocabulary import Term


@cache
def problem_codes() -> Mapping[str, Term]:
    """Every documented code."""
    found: dict[str, Term] = {}
    folder = files("ceasefire.vocabulary") / "problem_codes"
    for file in sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name):
        body = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        for code, spec in body.items():
            found[code] = Term(code, spec["label"], spec["definition"], spec["origin"])
    return found
