"""Numbers, integers and flags as people write them.

In: the text of a cell. Out: a float, an int or a bool. Digits of any script, decimal comma or point,
thousands set apart by comma, point, space or apostrophe. What can be read two ways is refused, not guessed:
"1,234" is 1234 where an integer is asked for, and refused where a number is (1.234 or 1234?); "12.000" is
12 as a number, and refused as an integer (12 or 12000?).
"""

from __future__ import annotations

import re
import unicodedata

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.words import words

_SPACES = "[ \u00a0\u2007\u2009\u202f'’]"
_GROUPED = re.compile(rf"\d{{1,3}}(?:{_SPACES}\d{{3}})+(?![\d])")
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?", re.IGNORECASE)
_COMMA_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_POINT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
MAX_DIGITS = 40  # our choice: longer figures are no counts or measures
MAX_INTEGER = 2**63 - 1  # what a column of integers can hold


def plain_digits(text: str) -> str:
    """The text with digits of any script, signs and Arabic separators as ASCII; no marks of direction."""
    if text.isascii():
        return text.strip()
    out = []
    for char in unicodedata.normalize("NFC", text):
        if char.isascii():
            out.append(char)
        elif (digit := unicodedata.decimal(char, None)) is not None:
            out.append(str(digit))
        elif char in "\u2212\u2010\u2011\u2012\u2013":
            out.append("-")
        elif char in "\u066b\u066c":
            out.append("." if char == "\u066b" else ",")
        elif unicodedata.category(char) != "Cf":
            out.append(char)
    return "".join(out).strip()


def _refused(kind: str, text: str, action: str) -> BadValue:
    return BadValue(kind, repr(text[:60]), action)


def _joined(text: str) -> str:
    """Without the spaces that set thousands apart."""
    return _GROUPED.sub(lambda match: re.sub(_SPACES, "", match.group()), plain_digits(text))


def parse_number(text: str) -> float:
    """Read a number; a decimal comma is understood.

    Raises:
        BadValue: not a finite number, or one that can be read two ways ("1,234").
    """
    written = _joined(text)
    if len(written) > MAX_DIGITS:
        raise _refused("a number", text, "write it with fewer digits")
    value: float | None = None
    if _PLAIN.fullmatch(written):
        value = float(written)
    elif _COMMA_GROUPS.fullmatch(written):
        if written.count(",") == 1 and "." not in written:
            action = "write 1234 or 1.234: a comma before three digits can be read two ways"
            raise _refused("a number that can be read one way only", text, action)
        value = float(written.replace(",", ""))
    elif _POINT_GROUPS.fullmatch(written):
        value = float(written.replace(".", "").replace(",", "."))
    elif _DECIMAL_COMMA.fullmatch(written):
        value = float(written.replace(",", "."))
    if value is None or abs(value) == float("inf"):
        raise _refused("a number", text, "write digits, with a point for decimals")
    return value


def parse_integer(text: str) -> int:
    """Read a whole number; "3.0" is 3, "1,234" is 1234.

    Raises:
        BadValue: not a whole number, too large, or one that can be read two ways ("12.000").
    """
    written = _joined(text)
    if len(written) > MAX_DIGITS:
        raise _refused("a whole number", text, "write it with fewer digits")
    if re.fullmatch(r"[+-]?\d+\.\d{3}", written):
        action = "write 12000 or 12: a point before three digits can be read two ways"
        raise _refused("a whole number that can be read one way only", text, action)
    if _COMMA_GROUPS.fullmatch(written) and "." not in written:
        written = written.replace(",", "")
    value = int(written) if re.fullmatch(r"[+-]?\d+", written) else _whole(parse_number(text), text)
    if abs(value) > MAX_INTEGER:
        raise _refused("a whole number", text, "it is too large")
    return value


def _whole(value: float, text: str) -> int:
    if not value.is_integer():
        raise _refused("a whole number", text, "round it, or use a column of numbers")
    return int(value)


def parse_flag(text: str) -> bool:
    """Read yes or no, true or false, 1 or 0 in English, Arabic, Russian or Ukrainian.

    Raises:
        BadValue: any other word.
    """
    word = plain_digits(text).casefold()
    flags = words()["flags"]
    if word in flags["true"]:
        return True
    if word in flags["false"]:
        return False
    raise _refused("yes or no", text, "write true or false")
