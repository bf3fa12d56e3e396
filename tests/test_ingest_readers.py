"""Layouts read without a mapping: UCDP GED, ACLED, VIINA."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ceasefire.ingest import READERS, Context, read_reports
from ceasefire.ingest.acled import _acts
from ceasefire.ingest.gathering import runs, slug
from ceasefire.ingest.tabular import RawTable
from ceasefire.ingest.viina import ACTS as VIINA_ACTS
from ceasefire.model import table
from ceasefire.problems import CaseError
from ceasefire.vocabulary import vocabulary

KYIV = Context(ZoneInfo("Europe/Kyiv"), datetime(2026, 11, 23, tzinfo=UTC), "given.csv")
DONBAS = Path(__file__).parents[1] / "cases" / "donbas" / "ucdp_ged_ukraine.csv"
DYADS = [f"Government of Ukraine - {side}" for side in ("DPR", "LPR", "United Armed Forces of Novorossiya")]

EVENT = {
    "id": "1",
    "type_of_violence": "1",
    "dyad_name": "Government of Ukraine - DPR",
    "side_a": "Government of Ukraine",
    "side_b": "DPR",
    "source_article": '"Reuters News,2015-02-16,Two dead, "quoted"; more";"ITAR-TASS,2015-02-17,Kiev troops"',
    "source_original": "military spokesman Andriy Lysenko; Memorybook x2",
    "where_prec": "2",
    "where_coordinates": "Debaltseve town",
    "where_description": "near Debaltseve",
    "adm_1": "Donetsk oblast",
    "latitude": "48.333333",
    "longitude": "38.4",
    "date_prec": "1",
    "date_start": "2/15/2015 12:00:00 AM",
    "date_end": "02/15/2015 00:00",
    "deaths_a": "2",
    "deaths_b": "1",
    "deaths_civilians": "0",
    "deaths_unknown": "0",
    "best": "3",
    "high": "4",
    "low": "3",
}
ENTRY = {"source_article": '"MemoryBook,2014-08-29,Novokaterynivka "', "source_original": "MemoryBook"} | {
    "date_start": "8/29/2014 12:00:00 AM",
    "date_end": "8/29/2014 12:00:00 AM",
    "where_coordinates": "Novokaterynivka village",
    "deaths_a": "1",
    "deaths_b": "0",
    "best": "1",
    "high": "1",
    "low": "1",
}


def written(tmp_path: Path, rows: list[dict[str, str]], name: str = "given.csv") -> Path:
    held = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(held, columns)
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / name).write_text(held.getvalue(), encoding="utf-8")
    return tmp_path / name


def ged(tmp_path, *changes, **options):
    rows = [EVENT | {"id": str(n)} | change for n, change in enumerate(changes, start=1)]
    return read_reports(written(tmp_path, rows), KYIV, options=options)


def test_each_article_of_a_ged_event_is_a_report(tmp_path):
    found = ged(tmp_path, {})
    reuters, tass = found.reports.to_dicts()
    assert (reuters["report_id"], reuters["source_id"]) == ("UCDP-1-1", "reuters-news")
    assert (tass["report_id"], tass["source_id"]) == ("UCDP-1-2", "itar-tass")
    # 15 February in Kyiv, month first in both layouts; published on the 16th, so known when the 16th ends.
    assert reuters["occurred_from"] == datetime(2015, 2, 14, 22, tzinfo=UTC)
    assert reuters["occurred_to"] == datetime(2015, 2, 15, 21, 59, 59, 999999, tzinfo=UTC)
    assert reuters["published_at"] == datetime(2015, 2, 15, 22, tzinfo=UTC)
    assert reuters["recorded_at"] == datetime(2015, 2, 16, 21, 59, 59, 999999, tzinfo=UTC)
    assert (reuters["act"], reuters["stance"], reuters["actor"]) == ("battle", "unattributed", None)
    assert reuters["affected"] == "dpr+government-of-ukraine"
    assert (reuters["killed_min"], reuters["killed_max"]) == (3, 4)
    assert (reuters["precision"], reuters["precision_km"]) == ("near_place", 10.0)
    assert reuters["relays"] == "military spokesman Andriy Lysenko"
    assert reuters["text"].startswith(
        'Two dead, "quoted"; more [UCDP\'s coding of the event, from all its articles'
    )
    assert found.sources["name"].to_list() == ["ITAR-TASS", "Reuters News"]
    assert found.problems == []


def test_a_soldiers_register_is_no_list_of_events(tmp_path):
    """Three rows alike are one report of three dead; retrieval dates are no publication dates."""
    later = {"source_article": '"MemoryBook,2021-04-27,Andriivka"'}
    found = ged(tmp_path, ENTRY, ENTRY, ENTRY, ENTRY | later)
    folded, other = found.reports.to_dicts()
    assert (folded["report_id"], folded["killed_min"], folded["killed_max"]) == ("UCDP-1-1", 3, 3)
    assert "3 rows of the file, one a soldier" in folded["text"]
    assert (other["report_id"], other["killed_min"]) == ("UCDP-4-1", 1)
    for report in (folded, other):
        assert report["published_at"] is None
        assert report["recorded_at"] == KYIV.gathered_at
        assert report["relays"] is None
    assert found.sources.select("source_id", "kind").rows() == [("memorybook", "memorial_register")]
    said = {p.code: p for p in found.problems}
    assert said.keys() == {"register_rows_folded", "register_undated"}
    assert "lines 2-4" in said["register_rows_folded"].found
    assert (found.n_read, found.n_left_out, found.n_outside) == (4, 0, 0)


def test_entries_of_a_register_within_one_event_are_one_report(tmp_path):
    articles = (
        '"Reuters News,2015-02-16,Two dead";"MemoryBook,2015-02-15,Blinov";"MemoryBook,2015-02-15,Gurov"'
    )
    found = ged(tmp_path, {"source_article": articles})
    assert found.reports["source_id"].to_list() == ["reuters-news", "memorybook"]
    assert "2 entries of a memorial register" in found.reports["text"][1]


def test_rows_of_other_dyads_and_years_are_counted_in_one_note(tmp_path):
    other = {"dyad_name": "Government of Ukraine - Maidan"}
    late = {"date_start": "01/01/2022 00:00", "date_end": "01/01/2022 00:00"}
    found = ged(tmp_path, {}, other, late, dyads=DYADS, until="2021-12-31")
    assert set(found.reports["line"]) == {2}
    (note,) = found.problems
    assert (note.severity, note.code, found.n_outside) == ("note", "rows_outside", 2)
    assert "2 rows (lines 3, 4)" in note.found


def test_ged_rows_that_cannot_be_used_are_listed(tmp_path):
    backwards = {"date_start": "02/16/2015 00:00", "date_end": "02/15/2015 00:00"}
    found = ged(
        tmp_path, {}, {"low": "many"}, backwards, {"id": "1"}, {"type_of_violence": "9"}, {"date_start": ""}
    )
    assert found.reports.height == 2
    assert [(p.code, p.line) for p in found.problems] == [("value_bad", n) for n in (3, 4, 5, 6, 7)]
    assert (found.n_read, found.n_left_out) == (6, 5)


def test_an_article_older_than_its_event_is_known_when_the_event_is_over(tmp_path):
    found = ged(tmp_path, {"source_article": '"Reuters News,2015-02-10,Early"', "low": "5"})
    assert found.reports["recorded_at"][0] == found.reports["occurred_to"][0]
    assert {p.code for p in found.problems} == {"article_before_event", "figures_disordered"}
    assert found.reports.select("killed_min", "killed_max").rows() == [(3, 5)]


def test_options_are_checked(tmp_path):
    for options, said in (
        ({"dyad": []}, "option_unknown"),
        ({"dyads": "x"}, "option_bad"),
        ({"since": "soon"}, "option_bad"),
    ):
        with pytest.raises(CaseError) as caught:
            ged(tmp_path, {}, **options)
        assert caught.value.problems[0].code == said


@pytest.mark.skipif(not DONBAS.is_file(), reason="the Donbas case is not in this checkout")
def test_the_ukraine_file_is_read_as_its_profile_says():
    """2,982 rows of 3,883 are Donbas to 2021, with 7,749 dead by UCDP's best estimates; none is lost or doubled."""
    start = perf_counter()
    found = read_reports(DONBAS, KYIV, options={"dyads": DYADS, "until": "2021-12-31"})
    assert perf_counter() - start < 5  # two seconds alone; the machine is shared
    assert (found.n_read, found.n_outside, found.n_left_out) == (3883, 3883 - 2982, 0)
    events = found.reports.with_columns(pl.col("report_id").str.replace(r"-\d+$", "")).unique("report_id")
    assert events["count_value"].cast(pl.Int64).sum() == 7749
    register = found.reports.filter(pl.col("source_id") == "memorybook")
    assert register["published_at"].null_count() == register.height > 1000
    folded = [p for p in found.problems if p.code == "register_rows_folded"]
    largest = found.reports.filter(pl.col("text").str.contains("(131 rows", literal=True))
    assert largest["place_name"].to_list() == ["Novokaterynivka village"]
    assert len(folded) + 7 >= len(found.problems)
    assert (found.reports["recorded_at"] >= found.reports["occurred_from"]).all()


ACLED = {
    "event_id_cnty": "SYR1",
    "event_date": "19 September 2016",
    "time_precision": "1",
    "event_type": "Explosions/Remote violence",
    "sub_event_type": "Air/drone strike",
    "actor1": "Unidentified Military Forces",
    "actor2": "Civilians (Syria)",
    "admin1": "Aleppo",
    "location": "Urum al Kubra",
    "latitude": "36.1503",
    "longitude": "36.9460",
    "geo_precision": "1",
    "source": "SOHR; SANA",
    "notes": "Strike on a convoy.",
    "fatalities": "20",
    "timestamp": "1552576484",
}


def test_an_acled_event_is_one_report_a_source_and_blames_nobody(tmp_path):
    rows = [
        ACLED,
        ACLED
        | {"event_id_cnty": "SYR2", "fatalities": "0", "time_precision": "3", "source": "SANA", "actor2": ""},
        ACLED | {"event_id_cnty": "SYR3", "event_date": "someday"},
        ACLED | {"event_id_cnty": "SYR4", "timestamp": "", "time_precision": "2"},
    ]
    found = read_reports(written(tmp_path, rows), KYIV)
    reports = {r["report_id"]: r for r in found.reports.to_dicts()}
    assert sorted(reports) == ["ACLED-SYR1-1", "ACLED-SYR1-2", "ACLED-SYR2-1", "ACLED-SYR4-1", "ACLED-SYR4-2"]
    first = reports["ACLED-SYR1-1"]
    assert (first["source_id"], first["act"], first["actor"], first["stance"]) == (
        "sohr",
        "airstrike",
        None,
        "unattributed",
    )
    assert (first["killed_min"], first["affected"], first["precision"]) == (20, "civilians", "town")
    assert first["recorded_at"] == datetime.fromtimestamp(1552576484, UTC)
    # In ACLED a 0 also stands for "not known"; a month is a month.
    second = reports["ACLED-SYR2-1"]
    assert (second["killed_min"], second["affected"]) == (None, None)
    assert (second["occurred_to"] - second["occurred_from"]).days == 29
    assert (reports["ACLED-SYR4-1"]["occurred_to"] - reports["ACLED-SYR4-1"]["occurred_from"]).days == 12
    assert reports["ACLED-SYR4-1"]["recorded_at"] == KYIV.gathered_at
    assert [(p.code, p.line) for p in found.problems if p.severity == "error"] == [("value_bad", 4)]


VIINA = {
    "event_id": "9",
    "date": "20220301",
    "time": "14:30",
    "asciiname": "Kharkiv",
    "ADM1_NAME": "Kharkiv",
    "longitude": "36.25",
    "latitude": "50.0",
    "GEO_PRECISION": "ADM3",
    "source": "unian",
    "url": "https://example.org/1",
    "text": "Удар по центру Харкова",
    "lang": "uk",
}


def test_viina_labels_choose_the_act_and_only_suggest_the_actor(tmp_path):
    labels = {
        "t_mil": "0.99",
        "t_airstrike": "0.7",
        "t_artillery": "0.8",
        "a_rus_init": "0.9",
        "a_ukr_init": "0.1",
    }
    labels |= {"t_civcas": "0.6"}
    path = written(tmp_path, [VIINA, VIINA | {"event_id": "10"}])
    written(tmp_path, [{"event_id": "9"} | labels], "labels.csv")
    found = read_reports(path, KYIV, options={"labels": "labels.csv"})
    first, second = found.reports.sort("line").to_dicts()
    assert (first["act"], first["actor"], first["stance"]) == ("shelling", "russia", "suggests")
    assert (first["affected"], first["language"], first["precision"]) == ("civilians", "uk", "district")
    # The report is dated, not the happening: from the start of the day before to its own time.
    assert first["occurred_from"] == datetime(2022, 2, 27, 22, tzinfo=UTC)
    assert first["occurred_to"] == first["published_at"] == datetime(2022, 3, 1, 12, 30, tzinfo=UTC)
    assert (second["act"], second["actor"], second["stance"]) == (None, None, "unattributed")
    assert [p.code for p in found.problems] == ["labels_missing"]


def test_viina_labels_in_the_same_file_and_both_sides_named(tmp_path):
    both = VIINA | {"t_firefight": "0.9", "a_rus_init": "0.8", "a_ukr_init": "0.8", "time": ""}
    found = read_reports(written(tmp_path, [both, both | {"event_id": "10", "t_firefight": "7"}]), KYIV)
    (report,) = found.reports.to_dicts()
    assert (report["act"], report["actor"]) == ("ground_attack", "government-of-ukraine|russia")
    assert [(p.code, p.line) for p in found.problems] == [("value_bad", 3)]


def test_an_unknown_layout_or_reader_lists_the_readers(tmp_path):
    path = written(tmp_path, [{"when": "2016-09-19", "what": "x"}])
    for how in ({}, {"reader": "acledd"}):
        with pytest.raises(CaseError) as caught:
            read_reports(path, KYIV, **how)
        assert all(name in str(caught.value) for name in READERS)
    with pytest.raises(CaseError, match="UCDP Georeferenced Event Dataset"):
        read_reports(path, KYIV, reader="ucdp")
    with pytest.raises(CaseError, match="did you mean 'acled'"):
        read_reports(path, KYIV, reader="acledd")


def test_the_readers_acts_are_words_of_the_vocabulary():
    assert set(_acts().values()) | set(VIINA_ACTS.values()) <= set(vocabulary("acts"))


def test_names_become_identifiers_and_lines_runs():
    assert slug("Government of Russia (Soviet Union)") == "government-of-russia-soviet-union"
    assert slug("Штаб АТО") == "штаб-ато"
    assert slug("???") == "unnamed"
    assert runs([5, 3, 4, 9]) == "3-5, 9"


noise = st.one_of(
    st.none(),
    st.text(max_size=6).map(lambda s: s.strip() or None),
    st.sampled_from(["1", "2/15/2015", "-1", "0"]),
)


@settings(max_examples=50, deadline=None)
@given(data=st.data(), layout=st.sampled_from([("ucdp", EVENT), ("acled", ACLED), ("viina", VIINA)]))
def test_whatever_the_cells_hold_every_row_is_a_report_or_a_problem(data, layout):
    name, good = layout
    rows = []
    for n in range(data.draw(st.integers(0, 5))):
        spoiled = data.draw(st.dictionaries(st.sampled_from(sorted(good)), noise, max_size=4))
        key = "event_id_cnty" if name == "acled" else "event_id" if name == "viina" else "id"
        rows.append((n + 2, good | {key: str(n)} | spoiled))
    raw = RawTable("t.csv", tuple(good), tuple(rows), "utf-8", ())
    found = READERS[name].read(raw, KYIV, None)
    errors = [p for p in found.problems if p.severity == "error"]
    used = set(found.reports["line"]) | {line for line, _ in rows} - {p.line for p in errors}
    assert found.n_read == len(rows)
    assert found.n_left_out == len(errors)
    assert len(used) == found.n_read - found.n_left_out
    assert found.reports.schema == table("reports").schema
    assert set(found.reports["source_id"]) <= set(found.sources["source_id"])
    back = READERS[name].read(RawTable("t.csv", tuple(good), tuple(rows[::-1]), "utf-8", ()), KYIV, None)
    if len(
        {row[1].get("id") or row[1].get("event_id") or row[1].get("event_id_cnty") for row in rows}
    ) == len(rows):
        assert back.reports.drop("line").equals(found.reports.drop("line"))
        assert back.sources.equals(found.sources)
