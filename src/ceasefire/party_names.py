"""Names of parties as a sentence needs them.

In: a party's identifier and full name. Out: a short name made from both, and the name with its article. One rule for all
parties, so that nobody is named with more or less respect than another.
"""

from __future__ import annotations

import re

_COMMON = frozenset(
    {"alliance", "army", "authorities", "coalition", "command", "council", "forces", "formations"}
)
_COMMON |= {
    "front",
    "government",
    "groups",
    "kingdom",
    "movement",
    "nations",
    "opposition",
    "party",
    "police",
}
_COMMON |= {"republic", "side", "union"}
"""A name with one of these takes an article in English."""


def brief(identifier: str, name: str) -> str:
    """A party's identifier as words, with the capitals of its full name: ``us-coalition`` is "US Coalition"."""
    spelled = {str(word).casefold(): str(word) for word in re.findall(r"[^\W\d_]+", name)}
    initials = "".join(word[0] for word in spelled.values()).casefold()
    words = []
    for part in re.split(r"[-_ ]+", identifier):
        short = part not in spelled and len(part) < 6 and set(part.casefold()) <= set(initials)
        words.append(part.upper() if short else spelled.get(part.casefold(), part))
    text = " ".join(words)
    # A proper name keeps its capital; "the opposition" has none.
    return text if words[0].casefold() in _COMMON else text[:1].upper() + text[1:]


def article(name: str) -> str:
    """A name within a sentence: "the Syrian government", "Russia"."""
    words = set(re.findall(r"\w+", name.casefold()))
    return f"the {name}" if _COMMON & words and not name.casefold().startswith(("the ", "a ")) else name
