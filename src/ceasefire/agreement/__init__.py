"""Agreements as code: clauses, exempted groups, zones and clocks, written once in a file people can read.

In: strict YAML (see ``load``) or the same records made by hand. Out: frozen ``Agreement`` records, their text
form (``dump``), and what the drafters left open (``lint``). Method: docs/methods/agreement.md.
"""

from ceasefire.agreement.change import change
from ceasefire.agreement.language import (
    Agreement,
    Amendment,
    By,
    Clock,
    Consecutive,
    DatedName,
    Delivery,
    Document,
    Duty,
    Each,
    Event,
    Excuse,
    Exempt,
    Never,
    Norm,
    Party,
    Period,
    Permission,
    Power,
    Proof,
    Quiet,
    Variant,
    Zone,
)
from ceasefire.agreement.lint import lint
from ceasefire.agreement.load import load
from ceasefire.agreement.predicates import predicate
from ceasefire.agreement.schema import schema
from ceasefire.agreement.write import dump

__all__ = [
    "Agreement",
    "Amendment",
    "By",
    "Clock",
    "Consecutive",
    "DatedName",
    "Delivery",
    "Document",
    "Duty",
    "Each",
    "Event",
    "Excuse",
    "Exempt",
    "Never",
    "Norm",
    "Party",
    "Period",
    "Permission",
    "Power",
    "Proof",
    "Quiet",
    "Variant",
    "Zone",
    "change",
    "dump",
    "lint",
    "load",
    "predicate",
    "schema",
]
