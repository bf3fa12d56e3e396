"""From conflicting accounts to a defensible answer.

    case = ceasefire.open_case("cases/syria-2016")
    picture = ceasefire.derive(case, as_of="2016-09-21T18:00Z", seed=0)
    picture.incidents; picture.attributions; picture.verdicts; picture.clocks

Every stage is a pure function from tables to tables and problems. Names are imported when first used, so that
``import ceasefire`` is quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ceasefire.agreement import load as load_agreement
    from ceasefire.attribute import attribute
    from ceasefire.attribute.toll import toll
    from ceasefire.case import Case, open_case
    from ceasefire.comply import Posterior, comply
    from ceasefire.fuse import fuse
    from ceasefire.fuse.meaning import signatures
    from ceasefire.fuse.stream import Stream
    from ceasefire.picture import Picture
    from ceasefire.pipeline import derive
    from ceasefire.problems import CaseError, Problem

_HOMES = {
    "open_case": ("ceasefire.case", "open_case"),
    "Case": ("ceasefire.case", "Case"),
    "derive": ("ceasefire.pipeline", "derive"),
    "Picture": ("ceasefire.picture", "Picture"),
    "fuse": ("ceasefire.fuse", "fuse"),
    "signatures": ("ceasefire.fuse.meaning", "signatures"),
    "attribute": ("ceasefire.attribute", "attribute"),
    "toll": ("ceasefire.attribute.toll", "toll"),
    "comply": ("ceasefire.comply", "comply"),
    "Posterior": ("ceasefire.comply", "Posterior"),
    "Stream": ("ceasefire.fuse.stream", "Stream"),
    "load_agreement": ("ceasefire.agreement", "load"),
    "CaseError": ("ceasefire.problems", "CaseError"),
    "Problem": ("ceasefire.problems", "Problem"),
}

__all__ = [
    "Case",
    "CaseError",
    "Picture",
    "Posterior",
    "Problem",
    "Stream",
    "attribute",
    "comply",
    "derive",
    "fuse",
    "load_agreement",
    "open_case",
    "signatures",
    "toll",
]


class _Package(ModuleType):
    """Keeps ``ceasefire.fuse`` the function: importing the room of that name would put its module there."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ceasefire' has no attribute {name!r}")
    module, attribute_name = _HOMES[name]
    return getattr(import_module(module), attribute_name)


def __dir__() -> list[str]:
    return sorted(__all__)
