"""Who did it, how sure and why, when the sources are parties."""

from ceasefire.attribute.attribution import Attributed, attribute
from ceasefire.attribute.claims import claims_of
from ceasefire.attribute.fairness import fairness
from ceasefire.attribute.findings import findings_beside
from ceasefire.attribute.hypotheses import compete
from ceasefire.attribute.symmetry import symmetry

__all__ = ["Attributed", "attribute", "claims_of", "compete", "fairness", "findings_beside", "symmetry"]
