"""Plain words for figures: chances, intervals, ranges, times and states, the same on every page.

In: numbers and codes of the tables. Out: phrases. The words for chances are the bands of ICD-203 and always stand
beside the number; an external issuer's own words are quoted, never converted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ceasefire.vocabulary import vocabulary

BANDS = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (1.01, "almost certain"),
)
"""ICD-203 bands by their upper ends: the words of US Intelligence Community Directive 203."""

NOT_JUDICIAL = "Not a judicial finding."

CLOCK_VERBS = {
    "not_started": "has not started",
    "running": "is running",
    "met": "was met",
    "not_met": "was not met",
    "lapsed": "has lapsed",
    "ended": "has ended",
    "blocked": "is quiet but closed",
    "undetermined": "is undetermined",
}
CLOCK_STATES = {
    "not_started": "not started",
    "running": "running",
    "met": "met",
    "not_met": "not met",
    "lapsed": "lapsed",
    "ended": "ended",
    "blocked": "quiet but closed",
    "undetermined": "undetermined",
}
CHANGES = {
    "none": "first word or repetition",
    "update": "update",
    "correction": "correction, acknowledged",
    "substitution": "substitution, not acknowledged",
    "retreat": "retreat",
}
STANCES = {
    "asserts": "says it was",
    "denies": "denies it was",
    "suggests": "hints at",
    "unattributed": "does not say who",
}
# What an answer rests on besides testimony, by kind of term.
APART = {
    "capability": "means",
    "control": "control of the place",
    "context": "who was hit",
    "finding": "findings as was asked for",
}

COPY_BASES = {
    "relays": "relays",
    "same text": "same text as",
    "same url": "same page as",
    "same source": "same source as",
}


def band(p: float) -> str:
    """The ICD-203 word for a probability."""
    return next(word for top, word in BANDS if p < top)


def percent(p: float | None) -> str:
    """A probability as "67 in 100"; never 0 or 100 unless it is exactly so."""
    if p is None:
        return "not stated"
    if 0 < p < 0.005:
        return "less than 1 in 100"
    if 0.995 <= p < 1:
        return "more than 99 in 100"
    return f"{round_half_up(100 * p)} in 100"


def between(low: float | None, high: float | None) -> str:
    """An interval as "between 51 and 79 in 100"."""
    if low is None or high is None:
        return "interval not stated"
    if round_half_up(100 * low) == round_half_up(100 * high):
        return "to within 1 in 100"
    return f"between {round_half_up(100 * low)} and {round_half_up(100 * high)} in 100"


def chance(p: float | None, low: float | None = None, high: float | None = None) -> str:
    """A probability in words and numbers: "likely, 67 in 100 (between 51 and 79 in 100)"."""
    if p is None:
        return "no probability stated"
    words = f"{band(p)}, {percent(p)}"
    return f"{words} ({between(low, high)})" if low is not None and high is not None else words


def round_half_up(value: float) -> int:
    """Round as a reader does by hand."""
    return int(value + 0.5)


def counted(n: int | None, one: str, many: str | None = None) -> str:
    """A number and its noun: "1 report", "1,204 reports"."""
    if n is None:
        return f"an unknown number of {many or one + 's'}"
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def how_many(best: float, low: int, high: int) -> str:
    """A count of happenings with its 90 % interval: "67 (52–81)"; the number alone where nothing is in doubt."""
    number = f"{round_half_up(best):,}"
    return number if low == high else f"{number} ({low:,}–{high:,})"


def span(low: int | None, best: int | None, high: int | None) -> str:
    """A casualty range: "10 to 21 (best figure 14)", "at least 14", "none", "not stated"."""
    if low is None and best is None and high is None:
        return "not stated"
    low = low if low is not None else best
    if high is None:
        return f"at least {low:,}" if low else "not stated"
    if low is None:
        return f"at most {high:,}"
    if low == high:
        return f"{low:,}" if low else "none"
    middle = f" (best figure {best:,})" if best is not None and low < best < high else ""
    return f"{low:,} to {high:,}{middle}"


def listed(parts: Sequence[str]) -> str:
    """A list in words: "a", "a and b", "a, b and c"."""
    parts = [p for p in parts if p]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def sentence(text: str | None) -> str:
    """The text with a capital and a full stop."""
    text = (text or "").strip()
    return text and text[0].upper() + text[1:] + ("" if text[-1] in ".?!…" else ".")


def zone_name(timezone: str) -> str:
    """How a zone is called on the page: "Damascus time"."""
    return "UTC" if timezone == "UTC" else timezone.rsplit("/", 1)[-1].replace("_", " ") + " time"


def day(instant: datetime | None, timezone: str) -> str:
    """The local date: "12 Sep 2016"."""
    if instant is None:
        return "no date"
    local = instant.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%b %Y}"


def iso_week(day_text: str) -> str:
    """The ISO week of a day: "2016-W38" of "2016-09-20"."""
    year, week, _ = date.fromisoformat(day_text).isocalendar()
    return f"{year}-W{week:02}"


def week(iso: str) -> str:
    """A week by its Monday: "19 Sep 2016" of "2016-W38"."""
    year, number = iso.split("-W")
    monday = date.fromisocalendar(int(year), int(number), 1)
    return f"{monday.day} {monday:%b %Y}"


def clock_time(instant: datetime | None, timezone: str) -> str:
    """An instant in local time and UTC: "12 Sep 2016, 19:00 Damascus time (16:00 UTC)"."""
    if instant is None:
        return "not stated"
    local = instant.astimezone(ZoneInfo(timezone))
    if local.utcoffset() == timedelta(0):
        return f"{day(instant, timezone)}, {local:%H:%M} UTC"
    utc = instant.astimezone(UTC)
    other_day = "" if utc.date() == local.date() else f"{utc.day} {utc:%b} "
    return f"{day(instant, timezone)}, {local:%H:%M} {zone_name(timezone)} ({other_day}{utc:%H:%M} UTC)"


def short_time(instant: datetime | None, timezone: str) -> str:
    """An instant in local time without its zone, for tables whose head names the zone."""
    if instant is None:
        return "—"
    local = instant.astimezone(ZoneInfo(timezone))
    ends_day = local.microsecond == 999999
    return day(instant, timezone) if ends_day else f"{day(instant, timezone)}, {local:%H:%M}"


def said_time(at: datetime | None, recorded: datetime | None, timezone: str) -> str:
    """When something was said: the day alone where the hour is not known (it was recorded at the day's end)."""
    if at is None:
        return "—"
    if recorded is not None:
        zone = ZoneInfo(timezone)
        first, last = at.astimezone(zone), recorded.astimezone(zone)
        if first.hour == first.minute == 0 and last > first:
            ends_later = last.microsecond == 999999 and last.date() > first.date()
            return f"by {day(recorded, timezone)}" if ends_later else day(at, timezone)
    return short_time(at, timezone)


def during(start: datetime, end: datetime, timezone: str) -> str:
    """When something happened, with no more precision than is known."""
    zone = ZoneInfo(timezone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    whole = (
        first.time() == datetime.min.time()
        and (last + timedelta(microseconds=1)).time() == datetime.min.time()
    )
    if whole and first.date() == last.date():
        return f"{day(start, timezone)} (hour not known)"
    if whole:
        return f"{day(start, timezone)} to {day(end, timezone)}"
    if end - start <= timedelta(minutes=1):
        return clock_time(start, timezone)
    if first.date() == last.date():
        u_first, u_last = start.astimezone(UTC), end.astimezone(UTC)
        return (
            f"{day(start, timezone)}, between {first:%H:%M} and {last:%H:%M} {zone_name(timezone)} "
            f"({u_first:%H:%M}–{u_last:%H:%M} UTC)"
        )
    return f"between {clock_time(start, timezone)} and {clock_time(end, timezone)}"


def hours(value: float | None) -> str:
    """A length of time: "6 h", "3 days 4 h"."""
    if value is None:
        return "not stated"
    whole = round_half_up(value)
    if whole < 48:
        return f"{whole} h"
    days, rest = divmod(whole, 24)
    if days > 20:
        return f"{days:,} days"
    return f"{days} days" + (f" {rest} h" if rest else "")


def term(name: str, key: str | None, missing: str = "not stated") -> str:
    """The label of a word of a vocabulary; the word itself if it is not in it."""
    if not key:
        return missing
    known = vocabulary(name).get(key)
    return known.label if known else key.replace("_", " ")


def terms(name: str, cell: str | None) -> str:
    """The labels of several words separated by ``;``."""
    return ", ".join(term(name, part.strip()) for part in (cell or "").split(";") if part.strip())
