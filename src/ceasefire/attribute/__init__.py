"""Who did it, how sure and why, when the sources are parties."""

from ceasefire.attribute.attribution import Attributed, attribute
from ceasefire.attribute.claims import claims_of
from ceasefire.attribute.findings import findings_beside
from ceasefire.attribute.hypotheses import compete

__all__ = ["Attributed", "attribute", "claims_of", "compete", "findings_beside"]
