"""The one error of the value parsers: what was expected, what was found, what to do."""

from __future__ import annotations


class BadValue(ValueError):  # noqa: N818 - the house speaks of values, not of errors, in its messages
    """A cell that cannot be read as what it should be."""

    def __init__(self, expected: str, found: str, action: str) -> None:
        super().__init__(f"expected {expected}; found {found}; {action}")
        self.expected = expected
        self.found = found
        self.action = action
