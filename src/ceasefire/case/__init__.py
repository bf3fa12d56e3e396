"""The case room: a folder in, facts out. See ``facts`` for what a case holds and ``read`` for how it is read."""

from ceasefire.case.facts import Case
from ceasefire.case.instant import nothing_known, read_as_of
from ceasefire.case.read import open_case
from ceasefire.case.settings import Settings

__all__ = ["Case", "Settings", "nothing_known", "open_case", "read_as_of"]
