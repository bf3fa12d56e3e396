"""The report: one self-contained page that a reader can open offline, print, and check line by line.

In: a picture and an audience. Out: HTML with its style and drawings inside; it asks nothing of the network and reads
without scripts. Everything in it has passed the publishing gate.
"""

from __future__ import annotations

from ceasefire.publishing import Release, release
from ceasefire.publishing.gate import PictureLike
from ceasefire.report.gravity import gravest
from ceasefire.report.page import page

__all__ = ["Release", "gravest", "page", "render"]


def render(picture: PictureLike, audience: str = "public") -> str:
    """The report of a picture as HTML.

    Raises:
        ValueError: the audience is neither ``public`` nor ``internal``.
    """
    return page(release(picture, audience))
