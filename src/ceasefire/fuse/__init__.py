"""Reports into incidents: which accounts speak of one happening.

In: reports from any source. Out: ``Fused``: incidents, memberships, links, lineage, problems. Method: candidate pairs in
place and time, a Fellegi-Sunter weight per feature, constrained clustering on summed log-odds (methods/fusion.md).
Start reading at ``stage.fuse``. The room itself can be called, so that ``ceasefire.fuse(reports)`` works however it was
imported.
"""

import sys
from types import ModuleType
from typing import Any

from ceasefire.fuse.stage import Fused, fuse

__all__ = ["Fused", "fuse"]


class _Room(ModuleType):
    """This package as a module that can be called: an attribute named like a room is the room."""

    def __call__(self, *args: Any, **kwargs: Any) -> Fused:
        return fuse(*args, **kwargs)


sys.modules[__name__].__class__ = _Room
