"""Outlook: the case's warning signals and the answers to the questions it is asked.

In: facts and the tables of the other stages. Out: the tables ``signals`` and ``answers``. No probability of collapse
is given: a forecast needs truces of other wars to be scored against, and this room has none yet.
"""

from ceasefire.outlook.questions import answer
from ceasefire.outlook.signals import signals

__all__ = ["answer", "signals"]
