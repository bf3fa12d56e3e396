"""The publishing gate: nothing leaves the house but through here.

In: a picture and an audience. Out: a ``Release``, the only thing that the report and the exports read. In a public
release notified sites have no coordinates and protected sources no names; ``found`` searches for what must not leave.
"""

from ceasefire.publishing.gate import AUDIENCES, Release, release
from ceasefire.publishing.protected import Point, Protected, protected

__all__ = ["AUDIENCES", "Point", "Protected", "Release", "protected", "release"]
