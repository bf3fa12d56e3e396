"""What nobody reported: how many incidents are on no list, by how the lists overlap."""

from ceasefire.attribute.unreported.estimate import Estimated, estimate_unreported
from ceasefire.attribute.unreported.lists import Lists, lists_of
from ceasefire.attribute.unreported.stage import what_nobody_reported
from ceasefire.attribute.unreported.strata import Unreported, unreported

__all__ = [
    "Estimated",
    "Lists",
    "Unreported",
    "estimate_unreported",
    "lists_of",
    "unreported",
    "what_nobody_reported",
]
