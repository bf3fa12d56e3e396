"""Names are known in another script, and what texts share is weighed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ceasefire.fuse import fuse
from ceasefire.fuse.sounds import ARABIC, CYRILLIC, LATIN, SHAPE, hear, heard_letters
from ceasefire.fuse.words import SOUND, read_words


def sounds(text: str) -> set[int]:
    read = read_words(pl.Series([text]))
    return {int(h) for h in read.hashes if h & SOUND}


@pytest.mark.parametrize(
    "spellings",
    [
        "Donetsk Донецк Донецьк Donezk دونيتسك",
        "Luhansk Lugansk Луганськ Луганск لوغانسك",
        "Kharkiv Харків Kharkov خاركيف",
        "Chernihiv Tchernihiv Чернігів",
        "Zhytomyr Jytomyr Житомир",
        "Shaykhun Cheikhoun Шейхун شيخون",
        "Mykolaiv Mykolaïv Миколаїв",
        "Saraqib Saraqeb Саракиб سراقب",
        "Zelensky Zelenskyy Зеленский Зеленський زيلينسكي",
    ],
)
def test_a_name_sounds_alike_in_any_script(spellings: str) -> None:
    heard = [sounds(name) for name in spellings.split()]
    assert all(len(one) == 1 for one in heard)
    assert len(set.union(*heard)) == 1


def test_other_names_sound_otherwise_and_numbers_as_themselves() -> None:
    assert len(set.union(*map(sounds, ["Donetsk", "Luhansk", "Mariupol", "Kramatorsk"]))) == 4
    assert sounds("37 killed") & sounds("погибли 37") == sounds("٣٧ قتيلا") & sounds("37")
    assert sounds("37") != sounds("38")
    assert not sounds("Aa Io ои")  # nothing is heard of vowels


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Shells hit Хан Sheikhoun town", LATIN),
        ("обстрел Donetsk города", CYRILLIC),
        ("قصف مدفعي على حلب BBC", ARABIC),
        ("砲擊", 0),
    ],
)
def test_the_script_is_that_of_most_letters(text: str, script: int) -> None:
    assert read_words(pl.Series([text])).script.tolist() == [script]


def test_long_odd_and_empty_texts_are_read_in_bounds() -> None:
    texts = pl.Series(
        ["x" * 10_000, " ".join(f"word{k}" for k in range(5_000)), "", None, "h", "ch", "\x00 sch"]
    )
    read = read_words(texts)
    assert len(read.start) == len(texts) + 1
    assert (np.diff(read.start) >= read.sounds).all()
    assert int(np.diff(read.start).max()) <= 64 + 48
    shape, length = np.zeros(SHAPE, dtype=np.int64), 0
    for letter in "schtschxxcehkh" * 3:
        length = hear(heard_letters(), ord(letter), ord("c"), ord("s"), shape, length)
        assert 0 <= length <= SHAPE


def test_a_street_named_in_two_scripts_tells_which_of_a_days_strikes_is_meant() -> None:
    """Eight strikes on one town in one day, each told in English by the hour and in Russian by the day: the street tells."""
    streets = [
        ("Kramatorskaya", "Краматорская"),
        ("Gorlovskaya", "Горловская"),
        ("Sevastopolskaya", "Севастопольская"),
        ("Vinnichenko", "Винниченко"),
        ("Petrovskogo", "Петровского"),
        ("Bagrationa", "Багратиона"),
        ("Nikiforova", "Никифорова"),
        ("Metallurgov", "Металлургов"),
    ]
    first = datetime(2022, 5, 3, tzinfo=UTC)
    day = {"occurred_from": first, "occurred_to": first + timedelta(hours=23, minutes=59)}
    town = {"latitude": 48.0, "longitude": 37.8, "precision_km": 5.0, "place_name": "Town", "act": "shelling"}
    rows = []
    for k, (english, russian) in enumerate(streets):
        hour = {
            "occurred_from": first + timedelta(hours=2 * k + 4),
            "occurred_to": first + timedelta(hours=2 * k + 4),
        }
        one = {"report_id": f"E{k}", "source_id": "wire", "language": "en", **hour, **town}
        two = {"report_id": f"R{k}", "source_id": "agency", "language": "ru", **day, **town}
        rows += [
            one | {"text": f"Shells hit {english} street"},
            two | {"text": f"Обстрел, улица {russian}"},
        ]
    links = fuse(pl.DataFrame(rows)).links.filter(
        pl.col("report_a").str.starts_with("E"), pl.col("report_b").str.starts_with("R")
    )
    best = links.sort("weight", descending=True).unique("report_a", keep="first").sort("report_a")
    assert best["report_a"].str.tail(1).to_list() == best["report_b"].str.tail(1).to_list()
    assert best.height == 8
    assert set(best["l_text"]) <= {"names", "telling names"}
    others = links.join(best, on=["report_a", "report_b"], how="anti")
    assert others["weight"].max() < best["weight"].min()
