"""Dates and times as people write them, as intervals in UTC.

In: the text of a cell and the time zone of the case. Out: ``Interval``. Read are ISO 8601 with and without
an offset, EDTF (~ approximate, ? doubtful, XX unspecified, A/B), 20160919, 9/19/2016 12:00:00 AM,
19.09.2016 19:12, 12 Sept 2016 and September 2016, the months also in Arabic, Russian and Ukrainian. Local
hours that a change of the clock skips or repeats give an interval that holds both readings, with a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.numbers import plain_digits
from ceasefire.ingest.words import words

EXPECTED = "a date or time, best written 2016-09-19 or 2016-09-19T19:12+03:00"
YEARS = range(1800, 2200)  # our choice: outside it a year is a slip of the pen
TICK = timedelta(microseconds=1)

_TIME = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?"
    r"(?:\s*(?P<offset>z|utc|gmt|(?:utc|gmt)?[+-]\d{2}(?::?\d{2})?))?"
)
_AFTER = rf"(?:(?:t|\s+|,\s*|\s+at\s+){_TIME})?"
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){_AFTER}", re.IGNORECASE
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:t(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<offset>z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.IGNORECASE,
)
_YEAR_LAST = re.compile(
    rf"(?P<one>\d{{1,2}})(?P<mark>[-/.])(?P<two>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}){_AFTER}", re.I
)
_MONTH = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})|(?P<month_>\d{1,2})[/.](?P<year_>\d{4})")
_YEAR = re.compile(r"\d{4}")
_NAMED = r"(?P<name>[^\W\d_]+(?:\s[^\W\d_]+)?)\.?"
_DAY_NAME = re.compile(
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s.-]*{_NAMED}[\s,.-]*(?P<year>\d{{4}}){_AFTER}", re.I
)
_NAME_DAY = re.compile(
    rf"{_NAMED}[\s-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,.-]+(?P<year>\d{{4}}){_AFTER}", re.I
)
_NAME_YEAR = re.compile(rf"{_NAMED}[\s,.-]*(?P<year>\d{{4}})")


@dataclass(frozen=True)
class Interval:
    """From the earliest to the latest instant meant, both UTC, both included.

    A stated minute or second is one instant (``end == start``); a stated hour, day, month or year runs to
    its last microsecond. ``precision`` is second, minute, hour, day, month or year. ``approximate`` when the
    source says so (~); ``note`` says what a reader must know, e.g. that the clock changed in that hour.
    """

    start: datetime
    end: datetime
    precision: str
    approximate: bool = False
    note: str | None = None


def local_day(day: date, zone: ZoneInfo) -> Interval:
    """The local day as an interval in UTC, from its first instant to its last microsecond."""
    return _span(_first_instant(day, zone), _first_instant(day + timedelta(days=1), zone), "day")


def parse_instant(text: str, zone: ZoneInfo, *, day_first: bool | None = None) -> Interval:
    """Read a date or time; without an offset it is local to ``zone``.

    ``day_first`` settles 03/04/2015; with None such a date is refused unless AM or PM marks the month-first
    layout. Midnight in a slash layout is how data bases export a day and is read as the day.

    Raises:
        BadValue: no date can be read, or it can be read two ways.
    """
    written = plain_digits(text)
    if len(written) > 80:
        raise _refused(text, "shorten it")
    try:
        if written.count("/") == 1 and not _MONTH.fullmatch(written):
            first, last = (parse_instant(part, zone, day_first=day_first) for part in written.split("/"))
            if last.end < first.start:
                raise _refused(text, "put the earlier date first")
            return replace(first, end=last.end, approximate=first.approximate or last.approximate)
        bare = written.rstrip("~?%")
        found = _parse(bare, text, zone, day_first)
    except OverflowError:
        raise _refused(text, "correct the year") from None
    mark = written[len(bare) :]
    if "~" in mark or "%" in mark:
        return _widened(found)
    return replace(found, note="the source doubts the date (?)") if mark else found


def _refused(text: str, action: str, expected: str = EXPECTED) -> BadValue:
    return BadValue(expected, repr(text[:60]), action)


def _parse(written: str, text: str, zone: ZoneInfo, day_first: bool | None) -> Interval:
    unspecified = re.sub(r"-XX", "", written, flags=re.IGNORECASE)
    if match := _COMPACT.fullmatch(written) or _YEAR_FIRST.fullmatch(written):
        return _dated(_day(match["year"], match["month"], match["day"], text), match, text, zone)
    if match := _YEAR_LAST.fullmatch(written):
        return _year_last(match, text, zone, day_first)
    if _YEAR.fullmatch(unspecified):
        year = _day(unspecified, "1", "1", text).year
        return _span(
            _first_instant(date(year, 1, 1), zone), _first_instant(date(year + 1, 1, 1), zone), "year"
        )
    if match := _MONTH.fullmatch(unspecified):
        return _month(match["year"] or match["year_"], int(match["month"] or match["month_"]), text, zone)
    named = _without_weekday(written)
    if match := _DAY_NAME.fullmatch(named) or _NAME_DAY.fullmatch(named):
        return _dated(
            _day(match["year"], _month_named(match["name"], text), match["day"], text), match, text, zone
        )
    if match := _NAME_YEAR.fullmatch(named):
        return _month(match["year"], _month_named(match["name"], text), text, zone)
    if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}\b.*", written):
        raise _refused(text, "write the year with four digits")
    raise _refused(text, "write the date as YYYY-MM-DD")


def _year_last(match: re.Match[str], text: str, zone: ZoneInfo, day_first: bool | None) -> Interval:
    one, two, slash = int(match["one"]), int(match["two"]), match["mark"] == "/"
    if match["mark"] == ".":
        # Points are written only where the day comes first.
        first: bool | None = True
    elif one > 12 or two > 12:
        first = one > 12
    else:
        first = day_first if day_first is not None else (False if match["half"] else None)
    if first is None and one != two:
        expected = "a date that can be read one way only"
        raise _refused(
            text, "write YYYY-MM-DD, or say in the mapping which comes first, day or month", expected
        )
    day, month = (one, two) if first else (two, one)
    found = _dated(_day(match["year"], month, day, text), match, text, zone)
    midnight = slash and match["hour"] and not match["offset"] and found.precision in ("minute", "second")
    if midnight and _local(found, zone).time() == datetime.min.time():
        return local_day(_local(found, zone).date(), zone)
    return found


def _local(found: Interval, zone: ZoneInfo) -> datetime:
    return found.start.astimezone(zone)


def _day(year: str | int, month: str | int, day: str | int, text: str) -> date:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise _refused(text, "there is no such day; correct it") from None
    if found.year not in YEARS:
        raise _refused(text, f"correct the year (from {YEARS.start} to {YEARS.stop - 1})")
    return found


def _month(year: str, month: int, text: str, zone: ZoneInfo) -> Interval:
    first = _day(year, month, 1, text)
    following = date(first.year + month // 12, month % 12 + 1, 1)
    return _span(_first_instant(first, zone), _first_instant(following, zone), "month")


def _span(start: datetime, following: datetime, precision: str) -> Interval:
    return Interval(start, following - TICK, precision)


def _first_instant(day: date, zone: ZoneInfo) -> datetime:
    # fold=0 is the first of two midnights, and the change itself where midnight is skipped.
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _dated(day: date, match: re.Match[str], text: str, zone: ZoneInfo) -> Interval:
    """The day with the hour of the match, or the whole day when it has none."""
    parts = match.groupdict()
    if not parts["hour"]:
        return local_day(day, zone)
    hour, minute, second = int(parts["hour"]), int(parts["minute"] or 0), int(parts["second"] or 0)
    half = (parts.get("half") or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise _refused(text, "an hour with AM or PM runs from 1 to 12")
        hour = hour % 12 + (12 if half == "p" else 0)
    elif not parts["minute"] and not parts["offset"] and "t" not in text.lower():
        raise _refused(text, "write the hour as HH:MM")
    if hour == 24 and minute == second == 0:
        day, hour = day + timedelta(days=1), 0
    micro = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    try:
        naive = datetime(day.year, day.month, day.day, hour, minute, second, micro)
    except ValueError:
        raise _refused(text, "there is no such hour; correct it") from None
    precision = "second" if parts["second"] else "minute" if parts["minute"] or half else "hour"
    found = _placed(naive, parts["offset"], precision, text, zone)
    if precision == "hour":
        return replace(found, end=found.end + timedelta(hours=1) - TICK)
    return found


def _placed(naive: datetime, offset: str | None, precision: str, text: str, zone: ZoneInfo) -> Interval:
    if offset:
        instant = naive.replace(tzinfo=_offset(offset, text)).astimezone(UTC)
        return Interval(instant, instant, precision)
    early, late = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early == late:
        return Interval(early, early, precision)
    word = "comes twice" if early < late else "does not exist"
    note = f"{naive:%Y-%m-%d %H:%M} {word} in {zone.key}: the clock changes; both readings are kept"
    return Interval(min(early, late), max(early, late), precision, note=note)


def _offset(written: str, text: str) -> timezone:
    digits = re.sub(r"[^\d+-]", "", written)
    if not digits:
        return UTC
    hours, minutes = int(digits[1:3]), int(digits[3:5] or 0)
    if hours > 14 or minutes > 59:
        raise _refused(text, "offsets run from -12:00 to +14:00")
    return timezone((1 if digits[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def _widened(found: Interval) -> Interval:
    """One unit of the stated precision more on either side."""
    unit = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "month": 31 * 86400, "year": 366 * 86400}
    margin = timedelta(seconds=unit[found.precision])
    return replace(found, start=found.start - margin, end=found.end + margin, approximate=True)


@cache
def _months() -> dict[str, int]:
    return {name.casefold(): number for number, names in words()["months"].items() for name in names}


@cache
def _weekdays() -> frozenset[str]:
    return frozenset(name.casefold() for names in words()["weekdays"].values() for name in names)


def _month_named(name: str, text: str) -> int:
    found = _months().get(" ".join(name.casefold().split()))
    if found is None:
        raise _refused(text, f"{name!r} is no month we know; write the date as YYYY-MM-DD")
    return found


def _without_weekday(written: str) -> str:
    first, _, rest = written.partition(" ")
    return rest.strip() if first.strip(",.").casefold() in _weekdays() else written


def infer_day_first(texts: Iterable[str]) -> bool | None:
    """Whether the day comes first in a column of dates; None when the column as a whole does not show it.

    Raises:
        BadValue: some dates have the day first and others the month.
    """
    shown: dict[bool, str] = {}
    for text in texts:
        match = _YEAR_LAST.fullmatch(plain_digits(text)) if len(text) <= 80 else None
        if match is None or match["mark"] == ".":
            continue
        one, two = int(match["one"]), int(match["two"])
        if (one > 12) != (two > 12):
            shown.setdefault(one > 12, text)
    if len(shown) == 2:
        action = "say in the mapping which rows have which layout, or write YYYY-MM-DD"
        raise BadValue("one date layout in the column", f"{shown[True]!r} and {shown[False]!r}", action)
    return next(iter(shown), None)
