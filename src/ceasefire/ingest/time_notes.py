"""Notes on the hour - "after sunset", "around 19:00", "ليلا", "с 19:12 до 19:50" - as intervals on a day.

In: the note, the local day, the zone, and the place if known. Out: an ``Interval`` within that day, or None
when the note is not understood in full: a note half understood would move the happening. The words and the
hours they stand for are data (``words.yaml``); sunrise and sunset follow from the place where it is known.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from ceasefire.ingest.bad_value import BadValue
from ceasefire.ingest.instants import TICK, Interval, local_day, parse_instant
from ceasefire.ingest.numbers import plain_digits
from ceasefire.ingest.sun import sun_times
from ceasefire.ingest.words import words

# Our choices, fixed before any fitting.
ABOUT = timedelta(minutes=30)  # "around 19:00" reaches so far on either side
SHORTLY = timedelta(hours=1)  # "shortly after 19:00" reaches so far
MAX_LENGTH = 80

_VOWEL_MARKS = re.compile("[\u064b-\u0652\u0670\u0640]")
_CLOCK = re.compile(
    r"(?<![\d:.])(?:(\d{1,2}):(\d{2})(?::\d{2})?|(\d{1,2}))(?![\d:])"
    r"(?:\s*(z|utc|gmt)(?:\s*([+-])(\d{1,2}))?(?!\w))?"
)
Token = tuple[str, str]


@cache
def _phrases() -> tuple[tuple[str, Token], ...]:
    """All known phrases with the token each stands for, longest first."""
    data = words()
    found: dict[str, set[Token]] = {}
    for part, spec in data["parts"].items():
        for word in spec["words"]:
            found.setdefault(_plain(word), set()).add(("part", part))
    for modifier, names in data["modifiers"].items():
        for word in names:
            found.setdefault(_plain(word), set()).add(("modifier", modifier))
    for number, names in data["weekdays"].items():
        for word in names:
            found.setdefault(_plain(word), set()).add(("weekday", str(number)))
    for word in data["fillers"]:
        found.setdefault(_plain(word), set()).add(("filler", ""))
    order = ("part", "modifier", "weekday", "filler")
    listed = [
        (phrase, min(kinds, key=lambda token: order.index(token[0]))) for phrase, kinds in found.items()
    ]
    return tuple(sorted(listed, key=lambda item: (-len(item[0]), item[0])))


def _plain(text: str) -> str:
    bare = _VOWEL_MARKS.sub("", plain_digits(text).casefold())
    bare = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", bare)
    return " ".join(re.sub(r"[,;()\"]", " ", bare).split()).strip(" .")


def parse_time_note(
    text: str, day: date, zone: ZoneInfo, latitude: float | None = None, longitude: float | None = None
) -> Interval | None:
    """Read a note on the hour as an interval within the local ``day``; None when it is not understood."""
    written = _plain(text)
    if not written or len(written) > MAX_LENGTH:
        return None
    whole = local_day(day, zone)
    span = _two_hours(written, day, zone) or _one_span(written, day, zone, latitude, longitude)
    if span is None:
        return None
    start, end = max(span[0], whole.start), min(span[1], whole.end)
    if end < start:
        return None
    precision = "minute" if start == end else "day" if (start, end) == (whole.start, whole.end) else "hour"
    return Interval(start, end, precision, approximate=start != end)


def _two_hours(written: str, day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """ "19:12-19:50", "between 7 pm and 8 pm", "from 19:12 to 19:50"."""
    data = words()
    halves = "|".join(re.escape(_plain(word)) for names in data["halves"].values() for word in names)
    clock = rf"\d{{1,2}}(?::\d{{2}})?(?:\s*(?:{halves}))?"
    openers = "|".join(re.escape(_plain(word)) for word in data["between"])
    joins = "|".join(re.escape(_plain(word)) for word in data["joins"])
    pattern = rf"(?:(?:{openers})\s+)?({clock})\s*(?:-|\s(?:{joins})\s)\s*({clock})(?:\s+local(?: time)?)?"
    match = re.fullmatch(pattern, written)
    if match is None:
        return None
    first, last = (_clock(part, day, zone) for part in match.groups())
    if first is None or last is None or last[1] < first[0]:
        return None
    return first[0], last[1]


def _clock(written: str, day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """One hour of the clock, "19:12", "7 pm", "7 вечера", "16:12 GMT"; a bare number alone is no hour."""
    match = _CLOCK.match(written)
    if match is None:
        return None
    hour, minute = int(match[1] or match[3]), int(match[2] or 0)
    rest = written[match.end() :].strip()
    half = _half(rest)
    if rest and half is None:
        return None
    if half is None and match[2] is None:
        return None
    if half is not None:
        if not 1 <= hour <= 12:
            half_fits = half == "pm" and 12 < hour < 24
            if not half_fits:
                return None
        else:
            hour = hour % 12 + (12 if half == "pm" else 0)
    offset = f"{match[5] or '+'}{int(match[6] or 0):02d}:00" if match[4] else ""
    try:
        found = parse_instant(f"{day.isoformat()}T{hour:02d}:{minute:02d}{offset}", zone)
    except BadValue:
        return None
    return found.start, found.end


def _half(rest: str) -> str | None:
    for half, names in words()["halves"].items():
        if rest in {_plain(word) for word in names}:
            return str(half)
    return None


def _one_span(
    written: str, day: date, zone: ZoneInfo, latitude: float | None, longitude: float | None
) -> tuple[datetime, datetime] | None:
    """A modifier, if any, and one part of the day or one hour; nothing else may be left over."""
    tokens, rest = _tokens(written, day, zone)
    if rest:
        return None
    parts = [name for kind, name in tokens if kind == "part"]
    clocks = [name for kind, name in tokens if kind == "clock"]
    modifiers = [name for kind, name in tokens if kind == "modifier"]
    if len(parts) + len(clocks) != 1 or len(modifiers) > 1:
        return None
    span = _clock(clocks[0], day, zone) if clocks else _part(parts[0], day, zone, latitude, longitude)
    if span is None:
        return None
    return _modified(modifiers[0] if modifiers else None, span, local_day(day, zone), exact=bool(clocks))


def _tokens(written: str, day: date, zone: ZoneInfo) -> tuple[list[Token], str]:
    """The tokens in their order, and what is left over."""
    city = _plain(zone.key.rpartition("/")[2].replace("_", " "))
    found: list[Token] = []
    rest = written
    while rest:
        token, length = _next_token(rest, city)
        if token is None:
            return found, rest
        if token[0] == "weekday" and int(token[1]) != day.weekday():
            return found, rest
        found.append(token)
        rest = rest[length:].strip(" .")
    return found, ""


def _next_token(rest: str, city: str) -> tuple[Token | None, int]:
    if (match := _CLOCK.match(rest)) is not None:
        halves = sorted(
            (_plain(w) for names in words()["halves"].values() for w in names), key=len, reverse=True
        )
        after = rest[match.end() :]
        for word in halves:
            if _starts(after.lstrip(), word):
                length = match.end() + len(after) - len(after.lstrip()) + len(word)
                return ("clock", rest[:length]), length
        return ("clock", match.group()), match.end()
    if city and _starts(rest, city):
        return ("filler", ""), len(city)
    for phrase, token in _phrases():
        if _starts(rest, phrase):
            return token, len(phrase)
    return None, 0


def _starts(text: str, phrase: str) -> bool:
    return text.startswith(phrase) and not text[len(phrase) : len(phrase) + 1].isalnum()


def _part(
    name: str, day: date, zone: ZoneInfo, latitude: float | None, longitude: float | None
) -> tuple[datetime, datetime]:
    spec = words()["parts"][name]
    if "sun" in spec:
        sun = (
            sun_times(day, zone, latitude, longitude)
            if latitude is not None and longitude is not None
            else None
        )
        if sun is not None:
            ((event, (early, late)),) = spec["sun"].items()
            instant = sun[0] if event == "rise" else sun[1]
            return instant + timedelta(minutes=early), instant + timedelta(minutes=late)
    first, last = spec.get("hours") or spec["without_sun"]
    start = parse_instant(f"{day.isoformat()}T{first}", zone).start
    end = parse_instant(f"{day.isoformat()}T{last}", zone).end
    return start, end - (TICK if last == "24:00" else timedelta(0))


def _modified(
    modifier: str | None, span: tuple[datetime, datetime], whole: Interval, *, exact: bool
) -> tuple[datetime, datetime]:
    start, end = span
    if modifier == "before":
        return whole.start, end
    if modifier == "after":
        return start, whole.end
    if modifier == "shortly_after":
        return start, end + SHORTLY
    if modifier == "shortly_before":
        return start - SHORTLY, end
    if modifier == "about" and exact:
        return start - ABOUT, end + ABOUT
    return span
