"""How happenings become reports: what each source sees, mistakes, repeats, copies and writes.

In: the happenings, the sources, knobs and a generator of random numbers. Out: first arrays (`observed`), one entry a report,
then the table of reports with its texts (`told`). A follow-up takes over most of what its source said before; a copy, all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from bench import fusion_words as words
from bench.fusion_happenings import DAY, Columns, Floats, Integers, Knobs, Region, degrees
from bench.fusion_sources import SIDES, Sources, pick
from bench.fusion_words import ACTS, LANGUAGES, SPELLINGS, TAKEN_FOR

HOUR, MINUTE = DAY // 24, DAY // 1440
NO_ACT = len(ACTS)
CONFUSED = np.array([[ACTS.index(taken) for taken in TAKEN_FOR[act]] for act in ACTS])
WEAPON = {
    "airstrike": "bomb",
    "shelling": "artillery",
    "sniper": "small arms",
    "ied": "mine",
    "battle": "small arms",
}
DETAILS = ("street", "object", "unit", "vehicle", "age")
# What a follow-up seldom takes over from the report before it: it is written anew.
WRITTEN_ANEW = (
    "way",
    "opening",
    "closing",
    "spelling",
    "toll_first",
    *(f"tells_{detail}" for detail in DETAILS),
)


class Words(NamedTuple):
    """Names of the towns, of streets and of areas, each in every language and spelling."""

    towns: pl.Series
    streets: pl.Series
    areas: pl.Series


def observed(
    knobs: Knobs, place: Region, cast: Sources, happened: Columns, rng: np.random.Generator
) -> Columns:
    """One entry a report: of which happening, by which source, and what it says, in numbers."""
    count = happened["at"].size
    attention = knobs.attention * np.exp(rng.normal(0, knobs.attention_spread, count))
    # The dead draw attention.
    attention *= np.where(happened["killed"] > 0, 1.25, 0.85)
    of = np.repeat(np.arange(count), rng.poisson(attention))
    source = pick(cast, knobs, happened["side"][of], happened["town"][of], rng)
    # A source drawn twice for a happening tells of it once; what it adds later is a follow-up.
    pairs = np.unique(of * cast.side.size + source)
    of, source = pairs // cast.side.size, pairs % cast.side.size
    following = np.repeat(np.arange(of.size), rng.poisson(cast.repeat[source]))
    rows = _seen(
        knobs, place, cast, happened, np.append(of, of[following]), np.append(source, source[following]), rng
    )
    return _copied(knobs, cast, _followed(rows, following, rng), rng)


def _seen(
    knobs: Knobs,
    place: Region,
    cast: Sources,
    happened: Columns,
    of: Integers,
    source: Integers,
    rng: np.random.Generator,
) -> Columns:
    """What each source says on its own; tolls are left to when it is known how late it tells them."""
    count, at = of.size, happened["at"][of]
    lag = cast.lag_days[source] * np.exp(rng.normal(0, 0.8, count))
    began, ended, fuzzy = _time(knobs, cast, at, source, rng)
    x, y, radius, town, area = _place(knobs, place, cast, happened, of, source, rng)
    act = happened["act"][of]
    taken = CONFUSED[act, rng.integers(0, 3, count)]
    act = np.where(rng.random(count) < cast.confusion[source], taken, act)
    tells = {f"tells_{detail}": rng.random(count) < knobs.detail_given for detail in DETAILS}
    # Crime news tell ages, war news tell units.
    tells["tells_unit" if knobs.ages else "tells_age"][:] = False
    side, own = happened["side"][of], cast.side[source]
    turned = rng.random(count) < knobs.swapped
    # A side's media that tell of their own side's doing mostly lay it on the other side.
    blamed = np.where((own == side) & (rng.random(count) < 0.85), 1 - side, np.where(turned, 1 - side, side))
    affected = np.where(happened["civilian"][of], 2, 1 - blamed)
    return {
        "happening": of,
        "source": source,
        # Coarse times are known later.
        "published": at + ((lag + fuzzy * 0.3) * DAY).astype(np.int64) + 5 * MINUTE,
        "began": began,
        "ended": ended,
        "x": x,
        "y": y,
        "radius": radius,
        "town": town,
        "area": area,
        "act": np.where(rng.random(count) < 0.03, NO_ACT, act),
        "weapon": rng.random(count) < knobs.weapon_given,
        "actor": np.where(rng.random(count) < cast.actor[source], blamed, -1),
        "affected": np.where(rng.random(count) < knobs.affected_given, affected, -1),
        "hedged": rng.random(count) < 0.12,
        "toll": rng.random(count) < knobs.toll_given,
        "killed": _toll(cast, happened["killed"][of], source, lag, rng),
        "injured": _toll(cast, happened["injured"][of], source, lag, rng),
        "more": np.where(rng.random(count) < 0.12, rng.integers(1, 4, count), 0),
        "way": rng.integers(0, 2, count),
        "opening": np.where(rng.random(count) < 0.5, 0, rng.integers(1, words.UPDATE, count)),
        "closing": rng.integers(0, 6, count),
        "spelling": rng.integers(0, SPELLINGS, count),
        "toll_first": rng.random(count) < 0.35,
        "relays": np.full(count, -1),
        "language": cast.language[source],
        "address": np.arange(count),
        **tells,
    }


def _time(
    knobs: Knobs, cast: Sources, at: Integers, source: Integers, rng: np.random.Generator
) -> tuple[Integers, Integers, Floats]:
    """The told stretch of time, and its length in days, to the minute, hour, day or days; a few err by a day."""
    count = at.size
    grade = (rng.random((count, 1)) > cast.times[source]).sum(axis=1).clip(0, 3)
    wrong = np.where(rng.random(count) < knobs.wrong_day, rng.choice((-1, 1), count), 0) * DAY
    heard = at + wrong + (rng.normal(0, 1, count) * np.where(grade == 0, 8, 25) * MINUTE).astype(np.int64)
    minute, hour = heard // MINUTE * MINUTE, heard // HOUR * HOUR
    day = (at + wrong) // DAY * DAY
    back = rng.integers(0, 3, count) * DAY
    began = np.choose(grade, [minute - 5 * MINUTE, hour, day, day - back])
    length = np.choose(grade, [10 * MINUTE, HOUR, DAY, 3 * DAY])
    return began, began + length, length / DAY


def _place(
    knobs: Knobs,
    place: Region,
    cast: Sources,
    happened: Columns,
    of: Integers,
    source: Integers,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats, Integers, Integers]:
    """The told point and its radius: a spot, the middle of a town or of an area, or none (nan); a few in another town."""
    count = of.size
    grade = (rng.random((count, 1)) > cast.places[source]).sum(axis=1).clip(0, 3)
    town = happened["town"][of]
    wrong = rng.random(count) < knobs.wrong_geocode
    told = np.where(wrong, rng.integers(0, knobs.towns, count), town)
    radius = rng.uniform(0.5, 2.0, count)
    shift_x, shift_y = place.x[told] - place.x[town], place.y[told] - place.y[town]
    spot_x = happened["x"][of] + shift_x + rng.normal(0, 1, count) * radius
    spot_y = happened["y"][of] + shift_y + rng.normal(0, 1, count) * radius
    across = int(np.ceil(knobs.width_km / knobs.area_km))
    column = np.clip(place.x[told] // knobs.area_km, 0, across - 1).astype(np.int64)
    row = np.clip(place.y[told] // knobs.area_km, 0, None).astype(np.int64)
    middle_x, middle_y = (column + 0.5) * knobs.area_km, (row + 0.5) * knobs.area_km
    # One gazetteer says how far an area reaches, another somewhat less or more.
    reach = np.clip(knobs.area_km * 0.6 * np.exp(rng.normal(0, 0.4, count)), 30, 150)
    nan = np.full(count, np.nan)
    x = np.choose(grade, [spot_x, place.x[told], middle_x, nan])
    y = np.choose(grade, [spot_y, place.y[told], middle_y, nan])
    return (
        x,
        y,
        np.choose(grade, [radius, np.full(count, 5.0), reach, nan]),
        told,
        np.where(grade >= 2, row * across + column, -1),
    )


def _toll(
    cast: Sources, true: Integers, source: Integers, late: Floats, rng: np.random.Generator
) -> Integers:
    """A toll as told: less of it is known early; half the sources' figures are right when it is all known."""
    known = 1 - 0.45 * np.exp(-late / 0.8)
    noise = np.exp(rng.normal(0, 1, true.size) * cast.toll_noise[source]) * cast.toll_factor[source]
    exact = rng.random(true.size) < 0.45
    told = np.rint(true * np.where(exact, 1.0, noise * known)).astype(np.int64)
    # One dead among some wounded, or none yet.
    return np.where((true > 0) & ~exact, np.maximum(told, rng.integers(0, 2, true.size)), told)


def _followed(rows: Columns, following: Integers, rng: np.random.Generator) -> Columns:
    """Later reports of the same source: place, time and act as before, the toll revised upward, the words new."""
    first = rows["happening"].size - following.size
    late = rng.exponential(1.2, following.size) + 0.4
    for name, column in rows.items():
        if name in ("happening", "source", "published", "killed", "injured", "address", *WRITTEN_ANEW):
            continue
        kept = rng.random(following.size) < 0.85
        column[first:] = np.where(kept, column[following], column[first:])
    # The point goes with its radius and its name.
    kept = rng.random(following.size) < 0.8
    for name in ("x", "y", "radius", "town", "area"):
        rows[name][first:] = np.where(kept, rows[name][following], rows[name][first:])
    for name in ("began", "ended"):
        rows[name][first:] = np.where(kept, rows[name][following], rows[name][first:])
    rows["published"][first:] = rows["published"][following] + (late * DAY).astype(np.int64)
    for name in ("killed", "injured"):
        more = rng.poisson(0.25 * rows[name][following])
        rows[name][first:] = rows[name][following] + more
    rows["opening"][first:] = np.where(
        rng.random(following.size) < 0.4, words.UPDATE, rows["opening"][first:]
    )
    return rows


def _copied(knobs: Knobs, cast: Sources, rows: Columns, rng: np.random.Generator) -> Columns:
    """Add the items other sources take over, nearly word for word, some naming whom they copy or linking to it."""
    original = np.repeat(np.arange(rows["source"].size), rng.poisson(cast.copied[rows["source"]]))
    size = original.size
    copies = {name: column[original].copy() for name, column in rows.items()}
    weight = cast.weight * np.where(cast.digest, 4.0, 0.6)
    taker = rng.choice(weight.size, size, p=weight / weight.sum())
    # Media copy their own side and the neutral, in their own language or the original's.
    theirs = cast.side[copies["source"]]
    kept = (taker != copies["source"]) & ~(
        (cast.side[taker] >= 0) & (theirs >= 0) & (cast.side[taker] != theirs)
    )
    copies["relays"] = np.where(rng.random(size) < 0.35, copies["source"], -1)
    copies["source"] = taker
    copies["published"] = copies["published"] + (rng.exponential(0.2, size) * DAY).astype(np.int64) + MINUTE
    copies["opening"] = np.where(
        rng.random(size) < 0.5, copies["opening"], rng.integers(0, words.UPDATE, size)
    )
    # A copy may leave out what came last, and link to the original or to itself.
    short = rng.random(size) < 0.3
    for detail in ("unit", "vehicle"):
        copies[f"tells_{detail}"] &= ~short
    own = np.arange(size) + rows["source"].size
    copies["address"] = np.where(rng.random(size) < 0.3, copies["address"], own)
    return {name: np.concatenate([rows[name], copies[name][kept]]) for name in rows}


def told(
    knobs: Knobs,
    place: Region,
    cast: Sources,
    happened: Columns,
    rows: Columns,
    named: Words,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """The table of reports, without identifiers."""
    count, source = rows["source"].size, rows["source"]
    latitude, longitude = degrees(knobs, rows["x"], rows["y"])
    time = pl.Datetime("us", "UTC")
    published = rows["published"] // MINUTE * MINUTE
    # Nobody tells what is still to come.
    ended = np.where(rows["began"] < published, np.minimum(rows["ended"], published), rows["ended"])
    party = pl.Series([*SIDES, "civilians", None])
    act = pl.Series([*ACTS, None]).gather(rows["act"])
    weapon = pl.Series([WEAPON.get(name) for name in (*ACTS, "")])
    ids = cast.table["source_id"].extend_constant(None, 1)
    more = np.where(rows["toll"], rows["more"], 0)
    stance = np.where(rows["actor"] < 0, 0, np.where(rows["hedged"], 1, 2))
    return pl.DataFrame(
        {
            "source_id": ids.gather(source),
            "published_at": _or_null(published, rng.random(count) > 0.01).cast(time),
            "recorded_at": pl.Series(published + rng.integers(1, 240, count) * MINUTE).cast(time),
            "occurred_from": pl.Series(rows["began"]).cast(time),
            "occurred_to": pl.Series(ended).cast(time),
            "place_name": _place_name(rows, named),
            "latitude": pl.Series(latitude).round(4).fill_nan(None),
            "longitude": pl.Series(longitude).round(4).fill_nan(None),
            "precision_km": pl.Series(rows["radius"]).round(1).fill_nan(None),
            "act": act,
            "weapon": weapon.gather(np.where(rows["weapon"], rows["act"], NO_ACT)),
            "stance": pl.Series(["unattributed", "suggests", "asserts"]).gather(stance),
            "actor": party.gather(np.where(rows["actor"] < 0, 3, rows["actor"])),
            "affected": party.gather(np.where(rows["affected"] < 0, 3, rows["affected"])),
            "killed_min": _or_null(rows["killed"], rows["toll"]),
            "killed_max": _or_null(rows["killed"] + np.where(rows["killed"] > 0, more, 0), rows["toll"]),
            "injured_min": _or_null(rows["injured"], rows["toll"]),
            "injured_max": _or_null(rows["injured"] + np.where(rows["injured"] > 0, more, 0), rows["toll"]),
            "text": _or_null(_text(happened, rows, named), rng.random(count) > 0.02),
            "language": pl.Series(LANGUAGES).gather(rows["language"]),
            "url": _addresses(rows, source, rng),
            "relays": ids.gather(np.where(rows["relays"] < 0, len(ids) - 1, rows["relays"])),
        }
    )


def _or_null(values: Integers | pl.Series, given: np.ndarray) -> pl.Series:
    return pl.select(pl.when(pl.Series(given)).then(pl.Series(values))).to_series()


def _name(named: pl.Series, index: Integers, rows: Columns) -> pl.Series:
    return named.gather((index * len(LANGUAGES) + rows["language"]) * SPELLINGS + rows["spelling"])


def _place_name(rows: Columns, named: Words) -> pl.Series:
    """The town's or area's name as the report's language spells it."""
    region = words.by_language(words.REGION).gather(rows["language"])
    area = _name(named.areas, rows["area"].clip(0) % 60, rows) + " " + region
    return pl.select(
        pl.when(pl.Series(rows["area"] < 0)).then(_name(named.towns, rows["town"], rows)).otherwise(area)
    ).to_series()


def _addresses(rows: Columns, source: Integers, rng: np.random.Generator) -> pl.Series:
    """A link to the item; copies may link to the original. The number in it is random."""
    numbers = rng.integers(10**9, 10**10, int(rows["address"].max()) + 1)
    owner = np.full(numbers.size, -1)
    owner[rows["address"][::-1]] = source[::-1]
    site = pl.Series(owner[rows["address"]] + 1).cast(pl.String).str.zfill(3)
    return "https://s" + site + ".example/" + pl.Series(numbers[rows["address"]]).cast(pl.String)


def _text(happened: Columns, rows: Columns, named: Words) -> pl.Series:
    """Some ten words: an opening, the act, the place, telling details and the toll, in the report's language."""
    language, of = rows["language"], rows["happening"]

    def said(word: dict[str, str]) -> pl.Series:
        return words.by_language(word).gather(language)

    def when(told: np.ndarray, part: pl.Series) -> pl.Series:
        return pl.select(pl.when(pl.Series(told)).then(part).otherwise(pl.lit(""))).to_series()

    def number(values: Integers) -> pl.Series:
        return pl.Series(values).cast(pl.String)

    act = words.act_words().gather((language * (len(ACTS) + 1) + rows["act"]) * 2 + rows["way"])
    site = words.lists(words.OBJECTS).gather(language * 16 + happened["object"][of])
    vehicle = words.lists(words.VEHICLES).gather(language * 8 + happened["vehicle"][of])
    street = _name(named.streets, happened["street"][of] % 1500, rows)
    killed = when(
        rows["toll"] & (rows["killed"] > 0), " " + number(rows["killed"]) + " " + said(words.KILLED)
    )
    injured = when(
        rows["toll"] & (rows["injured"] > 0), " " + number(rows["injured"]) + " " + said(words.INJURED)
    )
    first = rows["toll_first"]
    parts = [
        words.openings().gather(language * 5 + rows["opening"]) + " ",
        when(first, killed),
        when(first, injured),
        " " + act + " " + said(words.IN) + " " + _place_name(rows, named),
        when(rows["tells_street"], ", " + street + " " + said(words.STREET)),
        when(
            rows["tells_object"], " " + said(words.NEAR) + " " + site + " " + number(happened["number"][of])
        ),
        when(rows["tells_age"], ", " + said(words.AGED) + " " + number(happened["age"][of])),
        when(~first, killed),
        when(~first, injured),
        when(rows["tells_unit"], ", " + number(happened["unit"][of] + 20) + " " + said(words.UNIT)),
        when(rows["tells_vehicle"], ", " + vehicle),
        " " + words.closings().gather(language * 6 + rows["closing"]),
    ]
    return pl.select(
        pl.concat_str(parts)
        .str.replace_all(r"\s+", " ")
        .str.replace_all(" ,", ",", literal=True)
        .str.strip_chars()
    ).to_series()
