"""Real reports of the war in the Donbas, of which coders have said which are of one event.

In: UCDP GED's rows on Ukraine, whose source_article names outlet, date and headline of each article behind an event (Sundberg
and Melander 2013; Davies et al.; UCDP, CC BY 4.0). Out: `reports`, one an article, `truth` (report_id, happening: the
event's relid) and `sources`. The event's own place, date, dead and sides stay hidden: a report has only what its headline
and date say, and a place only where the headline names one. Many headlines tell little, so no system can score high here.

    uv run python -m bench.fusion_donbas        # how many remain, and why the others do not
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

# Kept beside the project, not in it.
PATH = Path(__file__).resolve().parents[2] / "shared" / "data" / "ucdp_ged_ukraine" / "UCDP-Ukraine.csv"
# A register of one side's dead names a village and no event.
REGISTER = re.compile(r"^memor(y|ial)? ?book", re.IGNORECASE)
ARTICLE = re.compile(r"^(?P<outlet>.+?),\s*(?P<date>\d{4}-\d{2}-\d{2}),\s*(?P<headline>.+)$", re.DOTALL)
LATIN = re.compile(r"^[\x00-\u024f\u2010-\u2026]*$")
KIND = re.compile(
    r"\s+(town|city|village|oblast|raion|region|municipality|settlement|airport|special republican city)$"
)
# Radii by the kind of place (1 sigma), as in the package's vocabulary.
RADII = {"oblast": 50.0, "region": 50.0, "raion": 20.0}
POINT_KM = 3.0
# The same place in Russian and English dress; spelling rules below catch the regular ones.
ALSO = {
    "kiev": "kyiv",
    "slavyansk": "slovyansk",
    "sloviansk": "slovyansk",
    "artemivsk": "bakhmut",
    "artyomovsk": "bakhmut",
    "peski": "pisky",
    "shirokino": "shyrokyne",
    "makeyevka": "makiyivka",
    "makeevka": "makiyivka",
    "avdeyevka": "avdiyivka",
    "avdeevka": "avdiyivka",
    "debaltsevo": "debaltseve",
    "uglegorsk": "vuhlehirsk",
    "yasinovataya": "yasynuvata",
    "maryinka": "marinka",
    "nikolayev": "mykolayiv",
    "odesa": "odessa",
    "severodonetsk": "syeverodonetsk",
    "sievierodonetsk": "syeverodonetsk",
    "lisichansk": "lysychansk",
    "zaporozhye": "zaporizhzhya",
    "zaporizhzhia": "zaporizhzhya",
    "volnovakha": "volnovaha",
    "schastye": "shchastya",
    "ilovaysk": "ilovaisk",
}
# Wide places that headlines name and the file does not: latitude, longitude, radius.
WIDE = {
    "Donbas": (48.3, 38.3, 80.0),
    "Donbass": (48.3, 38.3, 80.0),
    "East Ukraine": (48.3, 38.3, 100.0),
    "Eastern Ukraine": (48.3, 38.3, 100.0),
    "DPR": (48.0, 37.8, 50.0),
    "DNR": (48.0, 37.8, 50.0),
    "LPR": (48.6, 39.2, 50.0),
    "LNR": (48.6, 39.2, 50.0),
}
# In this order: the first that matches is the act.
ACTS = (
    ("sniper", r"sniper"),
    ("airstrike", r"air ?strike|air raid|warplane|drone|missile strike|himars"),
    ("shelling", r"shell|artiller|mortar|\bgrad\b|rocket|bombard|missile"),
    ("ied", r"\bmines?\b|landmine|explo|blast|bomb|blown up|tripwire"),
    ("ground_attack", r"assault|storm|ambush|offensive|counterattack"),
    ("battle", r"clash|fight|battle|combat|skirmish|firefight|troops|soldier|servicem"),
    ("violence_against_civilians", r"shot|shoot|gunm|murder|execut|tortur|civilian"),
)
COUNTED = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
NUMBERS = {word: number for number, word in enumerate(COUNTED)} | {"dozen": 12, "a": 1}
NUMBER = r"(\d{1,3}|" + "|".join(NUMBERS) + r")"
KILLED = re.compile(
    rf"\b{NUMBER}\b(?:\s+[\w-]+){{0,4}}?\s+(?:killed|dead|dies?|died|deaths)\b"
    rf"|\b(?:kill(?:s|ed|ing)?|death toll (?:rises|climbs) to|claims?)\s+(?:at least\s+)?{NUMBER}\b",
    re.IGNORECASE,
)
INJURED = re.compile(
    rf"\b{NUMBER}\b(?:\s+[\w-]+){{0,3}}?\s+(?:wounded|injured|hurt)\b"
    rf"|\b(?:wound(?:s|ed|ing)?|injur(?:es|ed|ing))\s+(?:at least\s+)?{NUMBER}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Donbas:
    """Reports, sources and truth; ``counted`` says how many mentions remain and why others were left out."""

    reports: pl.DataFrame
    sources: pl.DataFrame
    truth: pl.DataFrame
    counted: dict[str, int]


def load(seed: int = 0) -> Donbas | None:
    """Read the file; None, with the reason printed, where it is not at hand."""
    if not PATH.exists():
        print(
            f"Donbas reports skipped: {PATH.name} of UCDP GED is not at hand (it is not shipped)", flush=True
        )
        return None
    with PATH.open(encoding="cp1252", newline="") as file:
        events = list(csv.DictReader(file))
    gazetteer = places(events)
    kept, counted = mentions(events)
    rows = [_report(outlet, day, headline, gazetteer) for outlet, day, headline in kept]
    # Identifiers and order tell nothing of the event.
    order = np.random.default_rng(seed).permutation(len(rows))
    ids = [f"d{i + 1:05d}" for i in range(len(rows))]
    time = pl.Datetime("us", "UTC")
    schema = {
        "killed_min": pl.Int64,
        "killed_max": pl.Int64,
        "injured_min": pl.Int64,
        "injured_max": pl.Int64,
    }
    schema |= dict.fromkeys(("published_at", "recorded_at", "occurred_from", "occurred_to"), time)
    schema |= dict.fromkeys(("actor", "affected", "weapon", "url", "relays", "place_name"), pl.String)
    reports = pl.DataFrame([rows[i] for i in order], schema_overrides=schema, infer_schema_length=None)
    happening = list(kept.values())
    counted["with a place"] = reports["latitude"].count()
    return Donbas(
        reports.select(pl.Series("report_id", ids), pl.all()),
        pl.DataFrame({"source_id": reports["source_id"].unique().sort()}).select(
            "source_id",
            pl.col("source_id").alias("name"),
            pl.lit("media_independent").alias("kind"),
            pl.lit(None, dtype=pl.String).alias("camp"),
            pl.lit("en").alias("language"),
        ),
        pl.DataFrame({"report_id": ids, "happening": [happening[i] for i in order]}),
        counted,
    )


def mentions(events: list[dict[str, str]]) -> tuple[dict[tuple[str, date, str], str], dict[str, int]]:
    """Articles (outlet, date, headline) with the one event each is of, and how many there were of each sort."""
    counted: Counter[str] = Counter()
    seen: set[tuple[str, ...]] = set()
    cited: dict[tuple[str, date, str], set[str]] = {}
    for event in events:
        told = tuple(value for name, value in event.items() if name not in ("id", "relid"))
        if told in seen:
            counted["events that repeat another"] += 1
            continue
        seen.add(told)
        for part in re.split(r'"\s*;\s*"', event["source_article"].strip().strip('"')):
            found = ARTICLE.match(part.strip())
            if not found or REGISTER.match(part):
                counted["of the memorial register" if found else "without outlet, date and headline"] += 1
                continue
            headline = " ".join(found["headline"].split())
            if not LATIN.match(headline) or not re.search("[A-Za-z]{3}", headline) or "???" in headline:
                counted["not in Latin script"] += 1
                continue
            try:
                day = date.fromisoformat(found["date"])
            except ValueError:
                counted["without outlet, date and headline"] += 1
                continue
            cited.setdefault((found["outlet"].strip(), day, headline), set()).add(event["relid"])
    kept = {mention: next(iter(of)) for mention, of in cited.items() if len(of) == 1}
    counted["cited by several events"] = len(cited) - len(kept)
    counted["remain"] = len(kept)
    return kept, dict(counted)


def places(events: list[dict[str, str]]) -> dict[str, tuple[str, float, float, float]]:
    """A gazetteer from the file's place names: folded name to name, latitude, longitude and radius."""
    points: dict[str, list[tuple[str, float, float, float]]] = {}
    for event in events:
        for column in ("where_coordinates", "adm_2"):
            name = event[column].strip().lower()
            kind = KIND.search(name)
            if not kind or not event["latitude"]:
                continue
            if column == "adm_2" and kind[1] != "raion":
                continue
            plain = KIND.sub("", KIND.sub("", name))
            if len(plain) < 4:
                continue
            radius = RADII.get(kind[1], POINT_KM)
            points.setdefault(fold(plain), []).append(
                (plain.title(), float(event["latitude"]), float(event["longitude"]), radius)
            )
    found = {fold(name): (name, *wide) for name, wide in WIDE.items()}
    for name, listed in points.items():
        # A town before the district of its name.
        radius = min(point[3] for point in listed)
        fine = [point for point in listed if point[3] == radius]
        latitude, longitude = (float(np.median([point[i] for point in fine])) for i in (1, 2))
        found[name] = (fine[0][0], latitude, longitude, radius)
    return found


def fold(name: str) -> str:
    """One spelling for Ukrainian and Russian transliterations, roughly: g and h, y and i, ov and iv, doubled letters."""
    name = re.sub(r"['’`ʹ.-]", "", name.lower())
    name = ALSO.get(name, name)
    for old, new in (
        ("kh", "h"),
        ("g", "h"),
        ("y", "i"),
        ("j", "i"),
        ("ov", "iv"),
        ("ev", "iv"),
        ("shch", "sch"),
    ):
        name = name.replace(old, new)
    return re.sub(r"(.)\1+", r"\1", name)


def _place(
    headline: str, gazetteer: dict[str, tuple[str, float, float, float]]
) -> tuple[str, float, float, float] | None:
    """The finest place the headline names; of equals, the first."""
    # Words of places begin with a capital letter.
    words = re.findall(r"[\w'’-]+", headline)
    found = []
    for length in (3, 2, 1):
        for i in range(len(words) - length + 1):
            if not words[i + length - 1][0].isupper():
                continue
            place = gazetteer.get(fold(" ".join(words[i : i + length])))
            if place:
                wide = any(
                    word.lower() in ("oblast", "region") for word in words[i + length : i + length + 1]
                )
                found.append((*place[:3], RADII["oblast"] if wide else place[3]))
    return min(found, key=lambda place: place[3]) if found else None


def _number(pattern: re.Pattern[str], headline: str) -> int | None:
    found = pattern.search(headline)
    if not found:
        return None
    word = next(group for group in found.groups() if group).lower()
    return NUMBERS[word] if word in NUMBERS else int(word)


def _report(
    outlet: str, day: date, headline: str, gazetteer: dict[str, tuple[str, float, float, float]]
) -> dict[str, object]:
    """What a headline and its date say; events are told on their day or the day after."""
    name, latitude, longitude, radius = _place(headline, gazetteer) or (None, None, None, None)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    act = next((act for act, words in ACTS if re.search(words, headline, re.IGNORECASE)), None)
    killed, injured = _number(KILLED, headline), _number(INJURED, headline)
    return {
        "source_id": outlet,
        "published_at": midnight + timedelta(hours=12),
        "recorded_at": midnight + timedelta(hours=24),
        "occurred_from": midnight - timedelta(days=1),
        "occurred_to": midnight + timedelta(days=1),
        "place_name": name,
        "latitude": latitude,
        "longitude": longitude,
        "precision_km": radius,
        "act": act,
        "weapon": None,
        "stance": "unattributed",
        "actor": None,
        "affected": None,
        "killed_min": killed,
        "killed_max": killed,
        "injured_min": injured,
        "injured_max": injured,
        "text": headline,
        "language": "en",
        "url": None,
        "relays": None,
    }


def main() -> None:
    """Print how many reports remain, and the headlines with the place read from them."""
    found = load()
    if found is None:
        return
    for what, count in found.counted.items():
        print(f"{what}: {count:,}")
    groups = found.truth.group_by("happening").len()["len"].cast(pl.Float64)
    print(
        f"events: {groups.len():,}, of several reports {(groups > 1).sum():,}, true pairs {(groups * (groups - 1)).sum() / 2:,.0f}"
    )
    print(
        found.reports.select("text", "place_name", "precision_km", "act", "killed_min", "injured_min").head(
            12
        )
    )


if __name__ == "__main__":
    main()
