"""The field's words as data: each term with its label, definition and origin.

In: ``vocabulary/*.yaml``. Out: ``Term`` records. Code, documentation and JSON Schema are made from these,
so that a word means the same everywhere. Extra keys of a term (``radius_km``, ``acled``…) are in ``more``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Term:
    """One word of a vocabulary."""

    id: str
    label: str
    definition: str
    origin: str
    more: Mapping[str, Any] = field(default_factory=dict)


@cache
def vocabulary(name: str) -> Mapping[str, Term]:
    """The terms of a vocabulary by id, in their order.

    Raises:
        KeyError: there is no such vocabulary.
    """
    path = files(__package__) / f"{name}.yaml"
    if not path.is_file():
        raise KeyError(f"no vocabulary {name!r}; there are {', '.join(names())}")
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        term: Term(
            id=term,
            label=spec["label"],
            definition=spec["definition"],
            origin=spec["origin"],
            more={k: v for k, v in spec.items() if k not in ("label", "definition", "origin")},
        )
        for term, spec in body.items()
    }


def names() -> list[str]:
    """The names of all vocabularies."""
    return sorted(
        p.name.removesuffix(".yaml") for p in files(__package__).iterdir() if p.name.endswith(".yaml")
    )
