"""Places said by distance and direction: "4 km SW of X", "к северу от X", "على بعد 4 كم شمال X".

In: the place in the source's words. Out: an ``Offset`` (distance in km, bearing in degrees from north, base
name), or None when the words are no offset. English, Russian and Arabic compass words; km, metres and miles.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ceasefire.locate.names import letters


def _words(listed: str) -> frozenset[str]:
    """Words in the spelling that ``letters`` gives them."""
    return frozenset(letters(word) for word in listed.split())


_POINTS = {
    name: k * 22.5
    for k, name in enumerate(
        ("n", "nne", "ne", "ene", "e", "ese", "se", "sse", "s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw")
    )
}
_UNITS = {
    1.0: "km kms kilometer kilometers kilometre kilometres км километр километра километров километрах "
    "كم كلم كيلومتر كيلومترات كيلو",
    0.001: "m metre metres meter meters м метр метра метров метрах متر مترا امتار م",
    1.609344: "mi mile miles миля мили миль ميل اميال",
}
_UNIT = {letters(word): factor for factor, words in _UNITS.items() for word in words.split()}
_ENGLISH = {"north": "n", "south": "s", "east": "e", "west": "w"}
_ARABIC = {"شمال": "n", "جنوب": "s", "شرق": "e", "غرب": "w"}
_RUSSIAN = (("север", "n"), ("юг", "s"), ("южн", "s"), ("юж", "s"), ("восто", "e"), ("запад", "w"))
_LEADING = _words(
    "about around some approximately roughly nearly almost at just в на примерно около приблизительно на из "
    "على بعد حوالي نحو مسافه الى عند"
)
_TOWARDS = _words("to the in к ко на الى باتجاه نحو في")
_FROM = _words("of from outside outskirts от из من عن")
_FILLER = _words("the side part outskirts edge города город مدينه بلده")


@dataclass(frozen=True)
class Offset:
    """A place by distance and direction: None = no distance stated, no direction stated."""

    place: str
    distance_km: float | None
    half_range_km: float
    bearing: float | None


def _compass(word: str) -> str | None:
    """The compass letters a word stands for ("southwestern" -> "sw"), or None."""
    if word in _POINTS:
        return word
    rest, found = word, ""
    while rest:
        for name, letter in _ENGLISH.items():
            if rest.startswith(name):
                rest, found = rest[len(name) :], found + letter
                break
        else:
            break
    if found and rest in ("", "ern", "ward", "wards", "erly"):
        return found
    return _arabic(word) or _russian(word)


def _arabic(word: str) -> str | None:
    bare = word.removeprefix("ال")
    return _ARABIC.get(bare) or _ARABIC.get(bare.removesuffix("ي"))


def _russian(word: str) -> str | None:
    rest, found = word, ""
    while rest:
        for stem, letter in _RUSSIAN:
            if rest.startswith(stem):
                rest, found = rest[len(stem) :].removeprefix("о"), found + letter
                break
        else:
            break
    return found if found and re.fullmatch(r"|у|а|к|ку|нее|ней|ее|ка", rest) else None


def _bearing(points: str) -> float | None:
    """Degrees from north of compass letters, main one first or last ("sw", "ws"); None = contradictory."""
    if points in _POINTS:
        return _POINTS[points]
    if points[::-1] in _POINTS:
        return _POINTS[points[::-1]]
    return None


def read_offset(text: str) -> Offset | None:
    """Read "4 km SW of X" and its kin; None when the words are no offset."""
    spaced = re.sub(r"(?<=\d)\s*(?:[-–—]|to|до|الى|إلى)\s*(?=\d)", " .. ", text)
    spaced = re.sub(r"(?<=\d)(?=[^\W\d])", " ", spaced).replace("..", "rangemark")
    words = letters(spaced).split()
    while words and words[0] in _LEADING:
        words.pop(0)
    low = high = None
    if words and re.fullmatch(r"\d+(?:\.\d+)?", words[0]):
        low = high = float(words.pop(0))
        if len(words) > 1 and words[0] == "rangemark":
            high = float(words[1])
            del words[:2]
        if not words or words[0] not in _UNIT:
            return None
        factor = _UNIT[words.pop(0)]
        low, high = sorted((low * factor, high * factor))
    towards = False
    while words and words[0] in _TOWARDS:
        towards = True
        words.pop(0)
    points, comparative = "", False
    while words and (found := _compass(words[0])):
        comparative |= words[0].endswith("ее") or _arabic(words[0]) is not None
        points += found
        words.pop(0)
    joined = False
    while words and (words[0] in _FILLER or words[0] in _FROM):
        joined |= words[0] in _FROM
        words.pop(0)
    bearing = _bearing(points) if points else None
    stated = low is not None or (bearing is not None and (joined or comparative or towards))
    if not words or not stated or (points and bearing is None) or (not points and not joined):
        return None
    if low is None or high is None:
        return Offset(" ".join(words), None, 0.0, bearing)
    return Offset(" ".join(words), (low + high) / 2, (high - low) / 2, bearing)
