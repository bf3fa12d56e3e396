"""Who did it, how sure and why, when the sources are parties."""

from ceasefire.attribute.attribution import Attributed, attribute
from ceasefire.attribute.calibration import against_findings
from ceasefire.attribute.claims import claims_of
from ceasefire.attribute.context import context
from ceasefire.attribute.fairness import fairness
from ceasefire.attribute.findings import finding_terms, findings_beside
from ceasefire.attribute.hypotheses import compete
from ceasefire.attribute.symmetry import symmetry

__all__ = [
    "Attributed",
    "against_findings",
    "attribute",
    "claims_of",
    "compete",
    "context",
    "fairness",
    "finding_terms",
    "findings_beside",
    "symmetry",
]
