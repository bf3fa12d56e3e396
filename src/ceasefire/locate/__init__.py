"""Where a report is: place text to a point, a radius and zones. Start at ``points.locate``."""

from ceasefire.locate.points import Gazetteer, Located, locate

__all__ = ["Gazetteer", "Located", "locate"]
