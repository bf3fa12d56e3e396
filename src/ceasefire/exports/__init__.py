"""What leaves the house as files: tables, map layer, exchange formats, the report and a manifest.

In: a picture and a folder. Out: files whose bytes depend on the inputs alone, all of them through the publishing gate,
and searched once more before they are put in place. ``PublishingError`` if anything protected is found.
"""

from ceasefire.exports.folder import PublishingError, write
from ceasefire.exports.scan import leaks

__all__ = ["PublishingError", "leaks", "write"]
