"""How many were killed and injured, by what act, and who they were: from all accounts together."""

from ceasefire.attribute.toll.joint import Tolled, toll

__all__ = ["Tolled", "toll"]
