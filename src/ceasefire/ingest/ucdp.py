"""UCDP GED (Georeferenced Event Dataset): each article behind an event becomes one report.

In: a raw table in the GED layout. Out: ``Ingested``. A row is an event as UCDP coded it; its ``source_article``
lists the articles. The dates, place and deaths of each report are UCDP's for the whole event, not the article's,
and the text says so. UCDP names a dyad, not who did it: the actor stays empty, the stance unattributed. Rows of
a memorial register are one row a soldier: rows alike in dates, place and article are folded into one report.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.gathering import Gathering, radius, runs, slug
from ceasefire.ingest.ingested import Context, Ingested
from ceasefire.ingest.instants import Interval, parse_instant
from ceasefire.ingest.numbers import parse_integer
from ceasefire.ingest.tabular import RawTable

NEEDED = frozenset(
    {
        "id",
        "type_of_violence",
        "dyad_name",
        "source_article",
        "where_prec",
        "date_prec",
        "date_start",
        "date_end",
    }
    | {"low", "high", "best", "latitude", "longitude"}
)
OPTIONS = ("dyads", "since", "until", "registers", "sides")

ACTS = {"1": "battle", "2": "non_state_violence", "3": "violence_against_civilians"}
PRECISION = {
    "1": "village",
    "2": "near_place",
    "3": "subdistrict",
    "4": "governorate",
    "5": "region",
    "6": "country",
    "7": "country",
}
REGISTERS = ("MemoryBook",)
"""Offices that list one side's dead name by name. Their dates are of death or of retrieval, not publication."""

# Words of an official voice in source_original; our choice, read off the English of the file.
_VOICE = re.compile(
    r"spokes|representative|ministry|minister|headquarters|general staff|command|militia|ombudsman|\bhead of"
    r"|governor|police|military|army|\bJFO\b|\bATO\b|official|president|authorit|service|rebel|separatist|\b[DL][PN]R\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"(?P<office>.+?),(?P<date>\d{4}-\d\d-\d\d),(?P<headline>.*)", re.DOTALL)

Cells = Mapping[str, str | None]


@dataclass(frozen=True)
class _Article:
    number: int
    office: str
    published: str
    headline: str


@dataclass
class _Event:
    """One row of the file, and the lines of the rows folded into it."""

    id: str
    line: int
    cells: Cells
    span: Interval
    articles: list[_Article]
    low: int
    high: int
    best: int
    sides: tuple[str, ...]
    where_prec: str
    lines: list[int] = field(default_factory=list)


def sniff(columns: Collection[str]) -> bool:
    """Whether these are the columns of GED."""
    return set(columns) >= NEEDED


def read(raw: RawTable, context: Context, options: Mapping[str, Any] | None = None) -> Ingested:
    """Read a GED file.

    Options: ``dyads`` (names to keep), ``since`` and ``until`` (dates; events wholly inside are kept),
    ``registers`` (offices that are memorial registers), ``sides`` (UCDP's name of a side → identifier).

    Raises:
        BadValue: an option cannot be read.
    """
    wanted = _Wanted.of(options or {}, context)
    gathering = Gathering(raw, context)
    events: list[_Event] = []
    outside: list[int] = []
    seen: dict[str, int] = {}
    for line, cells in raw.rows:
        try:
            span = _span(cells, context)
            if not wanted.keeps(cells, span):
                outside.append(line)
                continue
            event = _event(line, cells, span, wanted, gathering)
            if event.id in seen:
                found = f"{event.id} again (first at line {seen[event.id]})"
                raise BadValue(
                    "id: a number of its own for each event", found, "remove the row or correct its id"
                )
            seen[event.id] = line
            events.append(event)
        except BadValue as error:
            gathering.leave_out(line, cells.get("id"), "value_bad", error)
    if outside:
        gathering.outside(len(outside))
        bad = BadValue(wanted.said, "events of other dyads or years", "passed over, as the options say")
        for line in outside:
            gathering.tally("note", "rows_outside", line, bad)
    for event in _folded(events, wanted, gathering):
        for article, entries in _without_repeats(event, wanted):
            _report(event, article, entries, wanted, gathering)
    return gathering.finish()


@dataclass(frozen=True)
class _Wanted:
    dyads: frozenset[str]
    since: Interval | None
    until: Interval | None
    registers: frozenset[str]
    sides: Mapping[str, str]

    @classmethod
    def of(cls, options: Mapping[str, Any], context: Context) -> _Wanted:
        def day(name: str) -> Interval | None:
            return parse_instant(str(options[name]), context.zone) if options.get(name) is not None else None

        def names(name: str, otherwise: Sequence[str]) -> frozenset[str]:
            given = options.get(name)
            if given is None:
                return frozenset(otherwise)
            if not isinstance(given, list | tuple):
                raise BadValue(f"options: {name}: a list of names", repr(given), "write it as a list")
            return frozenset(map(str, given))

        sides = options.get("sides") or {}
        if not isinstance(sides, Mapping):
            raise BadValue(
                "options: sides: names and identifiers", repr(sides), "write `name: identifier` lines"
            )
        return cls(
            dyads=names("dyads", ()),
            since=day("since"),
            until=day("until"),
            registers=frozenset(name.casefold() for name in names("registers", REGISTERS)),
            sides={str(name): str(side) for name, side in sides.items()},
        )

    def keeps(self, cells: Cells, span: Interval) -> bool:
        return (
            (not self.dyads or cells.get("dyad_name") in self.dyads)
            and (self.since is None or span.start >= self.since.start)
            and (self.until is None or span.end <= self.until.end)
        )

    @property
    def said(self) -> str:
        parts = [f"{len(self.dyads)} dyads"] if self.dyads else []
        parts += [f"from {self.since.start:%Y-%m-%d}Z"] if self.since else []
        parts += [f"until {self.until.end:%Y-%m-%d}Z"] if self.until else []
        return ", ".join(parts)

    def is_register(self, office: str) -> bool:
        return office.casefold() in self.registers

    def side(self, name: str) -> str:
        return self.sides.get(name) or slug(name)


def _span(cells: Cells, context: Context) -> Interval:
    """The event's dates; month first in both of GED's layouts, ISO in its newer releases."""
    ends = []
    for name in ("date_start", "date_end"):
        text = cells.get(name)
        if text is None:
            raise BadValue(f"{name}: a date", "an empty cell", "fill it")
        day = text.split(" ")[0]
        ends.append(_days(day, context))
    if ends[1].end < ends[0].start:
        found = f"{cells['date_start']} and {cells['date_end']}"
        raise BadValue("date_end not before date_start", found, "correct the dates")
    return Interval(ends[0].start, ends[1].end, "day")


def _days(day: str, context: Context) -> Interval:
    return parse_instant(day, context.zone, day_first=False)


def _count(cells: Cells, name: str) -> int:
    text = cells.get(name)
    if text is None:
        raise BadValue(f"{name}: a number of deaths", "an empty cell", "fill it")
    value = parse_integer(text)
    if value < 0:
        raise BadValue(f"{name}: zero or more", text, "correct it")
    return value


def _event(line: int, cells: Cells, span: Interval, wanted: _Wanted, gathering: Gathering) -> _Event:
    identifier = cells.get("id")
    if identifier is None:
        raise BadValue("id: the number of the event", "an empty cell", "fill it")
    low, best, high = (_count(cells, name) for name in ("low", "best", "high"))
    if not low <= best <= high:
        bad = BadValue(
            "low <= best <= high", "figures out of order", "the least and the most of the three are used"
        )
        gathering.tally("warning", "figures_disordered", line, bad)
        low, high = min(low, best, high), max(low, best, high)
    if cells.get("type_of_violence") not in ACTS:
        raise BadValue("type_of_violence: 1, 2 or 3", repr(cells.get("type_of_violence")), "correct it")
    sides = set()
    for deaths, name in (("deaths_a", "side_a"), ("deaths_b", "side_b")):
        if parse_integer(cells.get(deaths) or "0") and cells.get(name):
            sides.add(wanted.side(str(cells[name])))
    if parse_integer(cells.get("deaths_civilians") or "0"):
        sides.add("civilians")
    articles = _articles(line, cells, gathering)
    where = cells.get("where_prec") or ""
    return _Event(
        identifier, line, cells, span, articles, low, high, best, tuple(sorted(sides)), where, [line]
    )


def _articles(line: int, cells: Cells, gathering: Gathering) -> list[_Article]:
    """The articles of the row: "office,date,headline" in quotes, joined by semicolons."""
    written = (cells.get("source_article") or "").strip()
    found: list[_Article] = []
    # A headline may hold quotes and semicolons of its own: an article ends only where a quote, a semicolon and
    # a quote follow each other.
    for number, piece in enumerate(
        re.split(r"\"\s*;\s*\"", written.removeprefix('"').removesuffix('"')), start=1
    ):
        if match := _ARTICLE.fullmatch(piece.strip()):
            found.append(_Article(number, match["office"].strip(), match["date"], match["headline"].strip()))
        else:
            bad = BadValue(
                "articles as office,date,headline", "another layout", "kept as an article of UCDP, undated"
            )
            gathering.tally("warning", "article_unread", line, bad)
            found.append(_Article(number, "UCDP GED", "", piece.strip()))
    return found


def _order(event: _Event) -> tuple[int, str]:
    return (int(event.id) if event.id.isdecimal() else 0, event.id)


def _folded(events: list[_Event], wanted: _Wanted, gathering: Gathering) -> list[_Event]:
    """Rows behind which stand only registers, alike in dates, place, sides and articles, as one event."""
    kept: list[_Event] = []
    alike: dict[tuple[Any, ...], list[_Event]] = {}
    for event in sorted(events, key=_order):
        if all(wanted.is_register(article.office) for article in event.articles):
            place = tuple(event.cells.get(k) for k in ("where_coordinates", "latitude", "longitude"))
            key = (event.span, place, event.cells.get("dyad_name"), event.cells.get("source_article"))
            alike.setdefault(key, []).append(event)
        else:
            kept.append(event)
    for group in alike.values():
        first = group[0]
        if len(group) > 1:
            first.low, first.best, first.high = (
                sum(getattr(e, k) for e in group) for k in ("low", "best", "high")
            )
            first.where_prec = max(event.where_prec for event in group)
            first.sides = tuple(sorted({side for event in group for side in event.sides}))
            first.lines = sorted(line for event in group for line in event.lines)
            bad = BadValue(
                "one row an event",
                f"{len(group)} register rows alike in dates, place and article (lines {runs(first.lines)})",
                "folded into one report, deaths summed",
            )
            gathering.note(first.line, f"UCDP-{first.id}", "register_rows_folded", bad)
        kept.append(first)
    return sorted(kept, key=_order)


def _without_repeats(event: _Event, wanted: _Wanted) -> list[tuple[_Article, int]]:
    """The articles of an event with how often each stands there; a register's entries count as one article."""
    found: dict[tuple[str, ...], tuple[_Article, int]] = {}
    for article in event.articles:
        if wanted.is_register(article.office):
            key: tuple[str, ...] = (slug(article.office),)
        else:
            key = (slug(article.office), article.published, article.headline.casefold())
        first, count = found.get(key, (article, 0))
        found[key] = (first, count + 1)
    return list(found.values())


def _report(event: _Event, article: _Article, entries: int, wanted: _Wanted, gathering: Gathering) -> None:
    register = wanted.is_register(article.office)
    kind = {"kind": "memorial_register"} if register else {}
    cells = event.cells
    precision = PRECISION.get(event.where_prec)
    published = _published(event, article, gathering) if not register else None
    row: dict[str, Any] = {
        "report_id": f"UCDP-{event.id}-{article.number}",
        "coded_event": f"UCDP-{event.id}",
        "source_id": gathering.source(article.office, **kind),
        "published_at": published.start if published else None,
        "recorded_at": _known_at(event, published, register, gathering),
        "occurred_from": event.span.start,
        "occurred_to": event.span.end,
        "place_name": cells.get("where_coordinates"),
        "admin1": cells.get("adm_1"),
        "precision": precision,
        "precision_km": radius(precision),
        "act": ACTS[str(cells["type_of_violence"])],
        "stance": "unattributed",
        "affected": "+".join(event.sides) or None,
        "killed_min": event.low,
        "killed_max": event.high,
        "count_value": str(event.best),
        "count_unit": "deaths, UCDP's best estimate for the event",
        "text": _text(event, article, entries if register else 0),
        "relays": None if register else _voice(cells.get("source_original"), wanted),
        "via": "UCDP GED",
        "time_note": f"dates as coded by UCDP, date_prec {cells.get('date_prec')}",
    }
    gathering.coordinates(row, cells.get("latitude"), cells.get("longitude"), event.line)
    gathering.keep(row, event.line)


def _published(event: _Event, article: _Article, gathering: Gathering) -> Interval | None:
    """The day of the article; None when it has none that can be read."""
    try:
        return parse_instant(article.published, gathering.zone) if article.published else None
    except BadValue as bad:
        gathering.tally("warning", "article_undated", event.line, bad)
        return None


def _known_at(event: _Event, published: Interval | None, register: bool, gathering: Gathering) -> datetime:
    """When the report could first be known; a register's dates say nothing of it."""
    if register:
        day = f"{gathering.context.gathered_at:%Y-%m-%d}"
        bad = BadValue(
            "a date of publication",
            "a register's date of death or of retrieval",
            f"not used; counts as known only from the day of gathering, {day}",
        )
        gathering.tally("warning", "register_undated", event.line, bad)
        return gathering.context.gathered_at
    known = gathering.known_at(published, event.line)
    if published is not None and known < event.span.start:
        bad = BadValue(
            "an article not older than the event",
            "an article dated before the event",
            "counts as known when the event is over; one of the two dates is wrong",
        )
        gathering.tally("warning", "article_before_event", event.line, bad)
        return event.span.end
    return known


def _voice(original: str | None, wanted: _Wanted) -> str | None:
    """Whom the articles quote, when it is an official voice: the words of source_original without registers."""
    parts = [part.strip(" .") for part in re.split(r"[\n;]", original or "")]
    named = [" ".join(p.split()) for p in parts if p and not any(r in _squeezed(p) for r in wanted.registers)]
    said = "; ".join(named)
    return said if _VOICE.search(said) else None


def _squeezed(text: str) -> str:
    return text.casefold().replace(" ", "")


def _text(event: _Event, article: _Article, entries: int) -> str:
    cells = event.cells
    told = (
        f"{entries} entries of a memorial register: {article.headline}" if entries > 1 else article.headline
    )
    if len(event.lines) > 1:
        told += f" ({len(event.lines)} rows of the file, one a soldier, taken together)"
    deaths = str(event.low) if event.low == event.high else f"{event.low} to {event.high}"
    where = cells.get("where_description") or cells.get("where_coordinates") or "place not stated"
    dyad = cells.get("dyad_name") or "sides not stated"
    coded = f"{deaths} dead (best {event.best}); {where}; {dyad}"
    return f"{told or 'no headline'} [UCDP's coding of the event, from all its articles: {coded}]"
