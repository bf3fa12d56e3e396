"""What every part of the report needs at hand: the release, names, colours, and links to the evidence.

In: a release. Out: a ``Desk``. A link is given only where its end stands on the page, so that no reader is sent
nowhere; where it does not, the identifier stands alone and can be found in the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import polars as pl
from markupsafe import Markup, escape

from ceasefire.party_names import article, brief
from ceasefire.publishing import Release
from ceasefire.report import wording
from ceasefire.report.charts.strokes import OTHER, colours
from ceasefire.report.gravity import gravest, spoken_of

FULL_ENTRIES = 50
"""Incidents that get a whole entry when there are more than ``ALL_UP_TO``. Our choice, for the size of the page."""

ALL_UP_TO = 160
TIE = 1e-9
"""Probabilities nearer than this are level: rounding is no order."""

COMPACT_ROWS = 500

_CELL = re.compile(r"[a-z][\w-]*(?:[|+][a-z][\w-]*)+")
_ORDINARY = frozenset({"opposition", "government", "accident", "undetermined"})


@dataclass(frozen=True)
class Sheet:
    """A table to be printed: at most so many rows, ``of`` them in all, the rest in ``file``."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    of: int
    file: str = ""
    wide: bool = False
    numeric: frozenset[int] = field(default_factory=frozenset)

    @property
    def cut(self) -> bool:
        """Are there rows that are not printed?"""
        return self.of > len(self.rows)


def sheet(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    file: str = "",
    cap: int = 200,
    wide: bool = False,
    numeric: Iterable[int] = (),
) -> Sheet:
    """A ``Sheet`` with the first ``cap`` rows."""
    return Sheet(columns, list(rows)[:cap], len(rows), file, wide, frozenset(numeric))


def slug(kind: str, identifier: str) -> str:
    """The id of an element on the page."""
    return f"{kind}-" + re.sub(r"[^\w-]+", "-", identifier)


def swatch(colour: str) -> Markup:
    """A small square of a party's colour."""
    return Markup(
        '<svg class="swatch" width="11" height="11" aria-hidden="true"><rect width="11" height="11" rx="2" fill="{}"/></svg>'
    ).format(colour)


@dataclass(frozen=True)
class Desk:
    """The release and what is looked up again and again."""

    release: Release

    def rows(self, name: str) -> list[dict[str, Any]]:
        """A table's rows."""
        return self.release.table(name).to_dicts()

    def table(self, name: str) -> pl.DataFrame:
        """A table of the release."""
        return self.release.table(name)

    @cached_property
    def colours(self) -> dict[str, str]:
        """A colour for each party and each answer that is not one."""
        return colours({str(i): str(p.name) for i, p in self.release.parties.items()})

    def colour(self, answer: str | None) -> str:
        """The colour of an answer."""
        return self.colours.get(answer or "undetermined", OTHER)

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of actors, short names of parties."""
        short = {str(i): brief(str(i), str(p.name)) for i, p in self.release.parties.items()}
        short = {i: name[:1].upper() + name[1:] for i, name in short.items()}
        return dict(self.release.names) | short

    def name(self, cell: str | None) -> str:
        """An actor cell in words: ``a|b`` = one of them, ``a+b`` = both."""
        if not cell:
            return "not stated"
        parts = [
            " and ".join(self.names.get(i.strip(), i.strip()) for i in part.split("+"))
            for part in cell.split("|")
        ]
        return " or ".join(parts)

    def the(self, cell: str | None) -> str:
        """An actor cell within a sentence."""
        if not cell or "|" in cell or "+" in cell:
            return self.name(cell)
        return article(self.name(cell))

    @cached_property
    def _identifiers(self) -> tuple[re.Pattern[str], dict[str, str]] | None:
        """Identifiers that no reader would take for a word, and the names they stand for."""
        known = {s["source_id"]: s["name"] for s in self.rows("sources")} | self.names
        plain = {
            i: n
            for i, n in known.items()
            if i != n
            and i not in _ORDINARY
            and (re.search("[_-]", i) or n.isupper() or i in self.release.parties)
        }
        if not plain:
            return None
        ordered = sorted(plain, key=lambda i: (-len(i), i))
        return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, ordered))})(?![\w-])"), plain

    def plain(self, text: str | None) -> str:
        """A stage's sentence with names for identifiers, a capital and a full stop."""
        known = self._identifiers
        words = (text or "").strip()
        if known:
            words = _CELL.sub(
                lambda m: self.name(m.group()) if self._is_cell(m.group()) else m.group(), words
            )
            words = known[0].sub(lambda m: known[1][m.group(1)], words)
        return wording.sentence(words)

    def party(self, cell: str | None, missing: str = "no camp") -> Markup:
        """A party's name behind its colour."""
        if not cell or cell == "none":
            return escape(missing)
        if cell not in self.colours:
            return escape(self.name(cell))
        first, space, rest = self.name(cell).partition(" ")
        held = Markup('<span class="held">{}&nbsp;{}</span>').format(swatch(self.colours[cell]), first)
        return held + space + rest

    def _is_cell(self, text: str) -> bool:
        return all(i in self.names for i in re.split("[|+]", text))

    @cached_property
    def apart(self) -> dict[str, set[str]]:
        """What moves the answers of an incident apart from testimony: kinds of terms, by incident."""
        found: dict[str, set[str]] = {}
        for row in self.rows("evidence"):
            if row["kind"] in wording.APART and row["log_weight"]:
                found.setdefault(row["incident_id"], set()).add(row["kind"])
        return found

    def besides(self, incident_id: str) -> str:
        """What is weighed with the testimony of an incident, as part of a sentence; empty where nothing is."""
        kinds = self.apart.get(incident_id, set())
        words = [said for kind, said in wording.APART.items() if kind in kinds]
        return f", with {wording.listed(words)}," if words else ""

    @cached_property
    def order(self) -> list[str]:
        """Incident ids, the gravest first."""
        return gravest(self.release)

    @cached_property
    def full(self) -> list[str]:
        """The incidents with a whole entry."""
        return self.order if len(self.order) <= ALL_UP_TO else self.order[:FULL_ENTRIES]

    @cached_property
    def compact(self) -> list[str]:
        """The incidents with one row."""
        return self.order[len(self.full) :][:COMPACT_ROWS]

    @cached_property
    def incidents(self) -> dict[str, dict[str, Any]]:
        """Incidents with their answers, by id."""
        answers = self.table("assessments")
        frame = self.table("incidents").join(answers.drop("n_origins"), on="incident_id", how="left")
        return {row["incident_id"]: row for row in frame.iter_rows(named=True)}

    @cached_property
    def runners_up(self) -> dict[str, tuple[tuple[str, ...], dict[str, Any]]]:
        """By incident the answers next after the leading ones (several when they tie), by name, and the row of one of them."""
        found: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {}
        leading = {i: set((r["leading"] or "").split("|")) for i, r in self.incidents.items()}
        groups: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows("attributions"):
            if row["actor"] not in leading.get(row["incident_id"], ()):
                groups.setdefault(row["incident_id"], []).append(row)
        for incident_id, rows in groups.items():
            top = max(r["probability"] for r in rows)
            level = [r for r in rows if r["probability"] > top - TIE]
            level.sort(key=lambda r: self.name(r["actor"]).casefold())
            found[incident_id] = (tuple(r["actor"] for r in level), level[0])
        return found

    @cached_property
    def tallies(self) -> dict[tuple[str, str], dict[str, Any]]:
        """How many happenings: rows of ``incident_counts`` by what they are counted by and group."""
        return {(r["by"], r["group"]): r for r in self.rows("incident_counts")}

    def how_many(self, by: str, group: str) -> str:
        """A count of happenings with its interval, empty where the run did not count them."""
        row = self.tallies.get((by, group))
        return wording.how_many(row["best"], row["low"], row["high"]) if row else ""

    @cached_property
    def _on_page(self) -> frozenset[str]:
        return frozenset([*self.full, *self.compact])

    def heading(self, incident_id: str) -> str:
        """An incident in a line: what and where."""
        row = self.incidents[incident_id]
        what = wording.term("acts", row["act"], "incident")
        return f"{what[0].upper()}{what[1:]}, {row['place_name'] or row['admin1'] or 'place not stated'}"

    def short(self, incident_id: str) -> str:
        """What, where and the day."""
        row = self.incidents[incident_id]
        return f"{self.heading(incident_id)}, {wording.day(row['occurred_from'], self.release.timezone)}"

    def href(self, incident_id: str) -> str | None:
        """The link to an incident's entry, if it is on the page."""
        return f"#{slug('i', incident_id)}" if incident_id in self._on_page else None

    def incident(self, incident_id: str, words: str | None = None) -> Markup:
        """A link to an incident, or its name where it is not on the page."""
        if incident_id not in self.incidents:
            return escape(words or incident_id)
        words = words or self.short(incident_id)
        href = self.href(incident_id)
        return Markup('<a href="{}">{}</a>').format(href, words) if href else escape(words)

    def several(self, cell: str | None, most: int = 6) -> Markup:
        """Links to incidents listed in a cell, the first few."""
        ids = [i for i in (cell or "").split(";") if i.strip()]
        ids.sort(key=lambda i: self.rank.get(i.strip(), len(self.rank)))
        shown = Markup("; ").join(self.incident(i.strip()) for i in ids[:most])
        return shown + (f"; and {len(ids) - most:,} more" if len(ids) > most else "")

    @cached_property
    def rank(self) -> dict[str, int]:
        """Each incident's place in the order."""
        return {i: n for n, i in enumerate(self.order)}

    def url(self, address: str | None, words: str = "source") -> Markup:
        """A link out, if it is a web address; nothing else is made a link."""
        if not address or not address.startswith(("https://", "http://")):
            return Markup("")
        return Markup('<a class="out" href="{}" rel="noreferrer noopener">{}</a>').format(address, words)

    @cached_property
    def topics(self) -> dict[str, str]:
        """Names of topics."""
        return dict(self.table("topics").select("topic_id", "name").iter_rows())

    def topic(self, topic_id: str | None) -> str:
        """A topic's name."""
        return self.topics.get(topic_id or "", topic_id or "no topic")

    @cached_property
    def topic_incidents(self) -> dict[str, str]:
        """The incident of each topic that has one."""
        return {t: i for i, about in spoken_of(self.release).items() for t in about}

    @cached_property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Sources by id."""
        return {s["source_id"]: s for s in self.rows("sources")}

    def source(self, source_id: str | None) -> str:
        """A source's name."""
        known = self.sources.get(source_id or "")
        return known["name"] if known else source_id or "not stated"

    def at(self, instant: datetime | None) -> str:
        """A time in the case's zone, for columns whose head names the zone."""
        return wording.short_time(instant, self.release.timezone)

    @property
    def zone(self) -> str:
        """The name of the case's zone."""
        return wording.zone_name(self.release.timezone)


def spoken(text: str | None, language: str | None = None) -> Markup:
    """Somebody's words in their own script and direction."""
    if not text:
        return Markup("")
    lang = Markup(' lang="{}"').format(language) if language else Markup("")
    return Markup('<span dir="auto"{}>{}</span>').format(lang, text)
