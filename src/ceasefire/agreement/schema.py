"""The JSON Schema of an agreement file, made from the keys that ``load`` reads: one source for both.

In: nothing. Out: a schema (draft 2020-12) with which an editor completes keys and marks unknown ones. It knows shapes
and words; names that a file declares itself (parties, zones, clocks) are checked by ``load``.
"""

from __future__ import annotations

from typing import Any

from ceasefire.agreement.load import TOP
from ceasefire.strict_yaml import record_shape


def schema() -> dict[str, Any]:
    """The schema, as a mapping to be written as JSON."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An agreement that ceasefire can judge",
        **record_shape(TOP),
    }
