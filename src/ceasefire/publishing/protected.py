"""What must never leave: the names of protected sources and the coordinates of notified sites.

In: the ``sources``, ``reports``, ``notifications`` and ``places`` of a case. Out: ``Protected``, which rewrites a text
so that it holds none of them and finds them in one. The gate and the leak scanner share these rules, and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

NEAR_DEGREES = 0.005
"""A number in a text this near to a protected latitude or longitude is coarsened (about 500 m). Our choice."""

_NUMBER = re.compile(r"(?<![\d.])-?\d{1,3}[.,]\d{3,}(?!\d)")
_DMS = re.compile(
    r"(\d{1,3})\s*°\s*(\d{1,2})\s*['′’]\s*(\d{1,2}(?:[.,]\d+)?)?\s*(?:[\"″”]|''|′′)?\s*([NSEWnsew])?"
)
_PAIR_WINDOW = 160  # characters between the two halves of a coordinate in running text; our choice


@dataclass(frozen=True, order=True)
class Point:
    """A place that must not be published, in degrees, and the row that says so."""

    latitude: float
    longitude: float
    row: str


@dataclass(frozen=True)
class Protected:
    """The secrets of a case. ``names`` maps each protected name or identifier to what is shown instead."""

    names: Mapping[str, str]
    sources: frozenset[str]
    urls: frozenset[str]
    points: tuple[Point, ...]
    about: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.names or self.points)

    def rewrite(self, text: str) -> str:
        """The text with protected names replaced and protected coordinates coarsened to 0.1°."""
        plain = _plain(text)
        low = plain.casefold()
        for stem, (pattern, shown, _) in zip(self._stems, self.patterns, strict=True):
            if stem in low and pattern.search(plain):
                text = plain = pattern.sub(shown, plain)
        if self.points and (_NUMBER.search(text) or "°" in text):
            text = _NUMBER.sub(self._coarse_number, text)
            text = _DMS.sub(self._coarse_dms, text)
        return text

    def _coarse_number(self, match: re.Match[str]) -> str:
        value = float(match.group().replace(",", "."))
        near = any(min(abs(value - p.latitude), abs(value - p.longitude)) < NEAR_DEGREES for p in self.points)
        return f"{value:.1f}" if near else match.group()

    def _coarse_dms(self, match: re.Match[str]) -> str:
        value = _dms(match)
        near = any(
            min(abs(value - abs(p.latitude)), abs(value - abs(p.longitude))) < NEAR_DEGREES
            for p in self.points
        )
        return f"{value:.1f}°{match.group(4) or ''}" if near else match.group()

    def in_text(self, text: str) -> list[str]:
        """What of the secrets a text holds, in words that do not repeat them."""
        return sorted(self.names_in(text) | self.points_in(text))

    def names_in(self, text: str) -> set[str]:
        """Whose name or identifier a text holds."""
        low = _plain(text).casefold()
        return {
            f"a name or identifier of {about}"
            for stem, folded, (_, _, about) in zip(self._stems, self._folded, self.patterns, strict=True)
            if stem in low and folded.search(low)
        }

    @cached_property
    def patterns(self) -> tuple[tuple[re.Pattern[str], str, str], ...]:
        """For each name, the longest first: how it is found, what is shown instead, whose it is."""
        return tuple((_pattern(n), self.names[n], self.about[n]) for n in self._ordered)

    @cached_property
    def _stems(self) -> tuple[str, ...]:
        """The longest word of each name: a text without it need not be searched."""
        return tuple(max(_words(name), key=len).casefold() for name in self._ordered)

    @cached_property
    def _folded(self) -> tuple[re.Pattern[str], ...]:
        """The patterns for texts without capitals: a plain search is several times faster than a case-blind one."""
        return tuple(re.compile(_body(name.casefold())) for name in self._ordered)

    @property
    def _ordered(self) -> list[str]:
        return sorted(self.names, key=lambda n: (-len(n), n))

    def points_in(self, text: str) -> set[str]:
        """Which protected coordinates a text holds."""
        if not self.points:
            return set()
        numbers = [(m.start(), *_value(m.group())) for m in _NUMBER.finditer(text)]
        numbers += [(m.start(), _dms(m), 3) for m in _DMS.finditer(text)]
        return self._matches(sorted(numbers), _PAIR_WINDOW)

    def in_numbers(self, values: Iterable[float]) -> set[str]:
        """What of the protected coordinates the numbers of one row hold."""
        return self._matches([(0, v, _decimals(v)) for v in values], 0) if self.points else set()

    def _matches(self, numbers: list[tuple[int, float, int]], window: int) -> set[str]:
        """A latitude and a longitude near each other at 3 decimals or more, or either alone at 5 or more."""
        found = set()
        for point in self.points:
            lats = [(at, d) for at, v, d in numbers if _same(v, point.latitude, d)]
            lons = [(at, d) for at, v, d in numbers if _same(v, point.longitude, d)]
            exact = any(d >= 5 for _, d in lats + lons)
            if exact or any(abs(a - b) <= window for a, _ in lats for b, _ in lons):
                found.add(f"the coordinates of {point.row}")
        return found


def protected(tables: Mapping[str, pl.DataFrame]) -> Protected:
    """The secrets of a case, from its fact tables."""
    names: dict[str, str] = {}
    about: dict[str, str] = {}
    ids: set[str] = set()
    hidden = tables["sources"].filter(pl.col("protected").fill_null(False)).sort("source_id")
    for number, row in enumerate(hidden.iter_rows(named=True), 1):
        code = f"protected-{number}"
        shown = row["pseudonym"] or f"Protected source {number}"
        if any(_pattern(n).search(_plain(shown)) for n in _variants(row["name"])):
            shown = f"Protected source {number}"
        ids.add(row["source_id"])
        for name in _variants(row["name"]):
            names[name], about[name] = shown, f"protected source {number}"
        names[row["source_id"]] = code
        about[row["source_id"]] = f"protected source {number}"
    reports = tables["reports"].filter(pl.col("source_id").is_in(sorted(ids)))
    return Protected(
        names=names,
        sources=frozenset(ids),
        urls=frozenset(reports["url"].drop_nulls()),
        points=tuple(sorted(_points(tables))),
        about=about,
    )


def _points(tables: Mapping[str, pl.DataFrame]) -> set[Point]:
    notified = tables["notifications"].drop_nulls(["latitude", "longitude"])
    places = (
        tables["places"].filter(pl.col("protected").fill_null(False)).drop_nulls(["latitude", "longitude"])
    )
    found = {
        Point(la, lo, f"notification {i}")
        for i, la, lo in notified.select("notification_id", "latitude", "longitude").iter_rows()
    }
    return found | {
        Point(la, lo, "a protected place of the gazetteer")
        for la, lo in places.select("latitude", "longitude").iter_rows()
    }


def _variants(name: str) -> list[str]:
    """A name, and the name without what stands in brackets."""
    bare = " ".join(re.sub(r"[(\[].*?[)\]]", " ", name).split())
    return [n for n in dict.fromkeys((name, bare)) if n]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _words(name: str) -> list[str]:
    return [w for w in re.split(r"[\s_\-]+", _plain(name)) if w]


def _body(name: str) -> str:
    """Any space or hyphen between words; short names and identifiers only as whole words."""
    body = r"[\s_\-]+".join(re.escape(w) for w in _words(name))
    return rf"(?<![^\W_]){body}(?![^\W_])" if len(name) < 9 or " " not in name else body


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(_body(name), re.IGNORECASE)


def _value(token: str) -> tuple[float, int]:
    return float(token.replace(",", ".")), len(re.split("[.,]", token)[1])


def _dms(match: re.Match[str]) -> float:
    degrees, minutes, seconds, side = match.groups()
    value = int(degrees) + int(minutes) / 60 + float((seconds or "0").replace(",", ".")) / 3600
    return -value if side and side in "SWsw" else value


def _decimals(value: float) -> int:
    text = repr(float(value))
    return len(text.partition(".")[2]) if "e" not in text else 0


def _same(value: float, secret: float, decimals: int) -> bool:
    """Is the value the secret, rounded or cut at its number of decimals?"""
    if decimals < 3:
        return False
    return abs(value - secret) <= 10.0 ** -min(decimals, 6)
