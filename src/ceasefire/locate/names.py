"""The many spellings of a place name, brought to comparable keys.

In: a name in Latin, Arabic or Cyrillic script. Out: keys from strict to loose: same letters; without the
Arabic article (al-, el-, ash-, ال); without words such as "city"; without inflected endings. A looser key is
only tried when a stricter one finds nothing. Case, accents, tashkeel and Unicode forms never matter.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters written for one another in Arabic and Persian place names; dotless i and hard l of Latin scripts.
_LETTERS = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ة": "ه",
        "ک": "ك",
        "ـ": "",
        "ı": "i",
        "ł": "l",
        "ʼ": "",
        "ʿ": "",
        "ʾ": "",
        "'": "",
        "’": "",
        "‘": "",
        "`": "",
        "´": "",
    }
)
_ARTICLES = frozenset(re.findall(r"\w+", "al el ul ad ed as es ash esh ar er at et an en az ez adh"))
_FREE_ARTICLES = frozenset({"al", "el"})
_GENERIC = frozenset(
    re.findall(
        r"\w+",
        "city town village area district quarter neighbourhood neighborhood governorate province oblast "
        "raion region countryside camp road the of г город с село поселок пос пгт р н район обл область місто смт "
        "مدينه بلده قريه محافظه ريف حي منطقه مخيم",
    )
)
_ENDING = re.compile(r"(?<=[а-яіїєґ]{3})(?:ого|ому|ое|ая|ой|ый|ий|ом|ем|ою|ею|ах|ях|ов|[аеиоуыьюяйіїє])$")


@lru_cache(maxsize=65536)
def letters(name: str) -> str:
    """The name in lower case, without accents, tashkeel and punctuation; words apart by one space.

    A hyphen becomes a space; digits of any script become 0-9; a dot or comma inside a number stays a dot.
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = text.translate(_LETTERS)
    text = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)
    text = re.sub(r"(?<=\d)[.,٫](?=\d)", "\0", text)
    text = re.sub(r"[^\w\0]+|_", " ", text)
    return text.replace("\0", ".").strip()


def _without_article(name: str) -> str:
    """``letters`` of the name without Arabic articles: hyphenated ones of any form, and free al and el."""
    words = []
    folded = unicodedata.normalize("NFKC", name).casefold()
    for part in re.split(r"[\s,;/()]+", folded):
        pieces = re.split(r"[-‐‑–]", part)
        if len(pieces) > 1 and letters(pieces[0]) in _ARTICLES:
            pieces = pieces[1:]
        words += [w for piece in pieces for w in letters(piece).split()]
    kept = [w for w in words if w not in _FREE_ARTICLES] or words
    return " ".join(w[2:] if w.startswith("ال") and len(w) > 4 else w for w in kept)


@lru_cache(maxsize=65536)
def name_keys(name: str) -> tuple[str, str, str, str]:
    """Keys of a name, strict to loose. Names that share a key can be the same place."""
    plain = letters(name)
    bare = _without_article(name)
    words = bare.split()
    proper = [w for w in words if w not in _GENERIC] or words
    stems = [_ENDING.sub("", w) for w in proper]
    return (plain, bare, " ".join(proper), " ".join(stems))
