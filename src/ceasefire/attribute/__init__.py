"""Who did it, how sure and why, when the sources are parties."""

from ceasefire.attribute.attribution import Attributed, attribute
from ceasefire.attribute.calibration import against_findings
from ceasefire.attribute.claims import claims_of
from ceasefire.attribute.context import context
from ceasefire.attribute.findings import finding_terms, findings_beside

__all__ = [
    "Attributed",
    "against_findings",
    "attribute",
    "claims_of",
    "context",
    "finding_terms",
    "findings_beside",
]
