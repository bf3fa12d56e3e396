"""A table of any layout read by a column mapping."""

from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ceasefire.ingest import Context, read_reports
from ceasefire.ingest.mapping import ColumnMapping, Feed, apply_mapping
from ceasefire.ingest.tabular import RawTable
from ceasefire.model import table
from ceasefire.problems import CaseError

KYIV = Context(
    ZoneInfo("Europe/Kyiv"), datetime(2026, 11, 23, tzinfo=UTC), "log.csv", (31.5, 46.5, 40.5, 50.5)
)
TWO = """
    columns:
      source_id: {constant: osce-smm}
      occurred_from: Date
"""


def files(tmp_path: Path, rows: str | bytes, mapping: str) -> tuple[Path, Path]:
    path, told = tmp_path / "log.csv", tmp_path / "log.yaml"
    path.write_bytes(rows if isinstance(rows, bytes) else dedent(rows).lstrip().encode())
    told.write_text(dedent(mapping).lstrip(), encoding="utf-8")
    return path, told


def read(tmp_path, rows, mapping, context=KYIV):
    path, told = files(tmp_path, rows, mapping)
    return read_reports(path, context, mapping=told)


def test_a_mission_log_in_an_old_code_page_becomes_reports(tmp_path):
    """Cyrillic, semicolons, decimal commas, a swapped pair, a sunset note, translated words, figures in words."""
    rows = """\
        №;Дата;Час;Джерело;Місце;Широта;Довгота;Тип;Загинуло;Опис
        7;19.09.2016;після заходу сонця;ОБСЄ;Авдіївка;48,14;37,75;обстріл;не менше 2;Обстріл міста
        8;20.09.2016 14:30;;Штаб АТО;Докучаєвськ;37,68;47,75;снайпер;десятки;Поранення
        9;31.02.2016;;ОБСЄ;Авдіївка;48,14;37,75;обстріл;;
    """
    mapping = """
        about: patrol log
        dates: day_first
        id: {column: №, prefix: LOG-}
        columns:
          source_id: {column: Джерело, translate: {ОБСЄ: osce-smm}, otherwise: unnamed}
          occurred_from: Дата
          time_note: Час
          published_at: Дата
          place_name: Місце
          latitude: Широта
          longitude: Довгота
          precision: {constant: town}
          act: {column: Тип, translate: {обстріл: shelling, снайпер: sniper}}
          stance: {constant: unattributed}
          killed: Загинуло
          text: {columns: [Місце, Опис], join: ": "}
          language: {constant: uk}
    """
    found = read(tmp_path, dedent(rows).encode("cp1251"), mapping)
    first, second = found.reports.to_dicts()
    assert (first["report_id"], first["source_id"], first["act"]) == ("LOG-7", "osce-smm", "shelling")
    # Sunset at Avdiivka on 19 September 2016 is about 18:43 local time, 15:43 UTC.
    assert (
        datetime(2016, 9, 19, 15, 15, tzinfo=UTC)
        < first["occurred_from"]
        < datetime(2016, 9, 19, 16, tzinfo=UTC)
    )
    assert first["occurred_to"] == datetime(2016, 9, 19, 20, 59, 59, 999999, tzinfo=UTC)
    assert first["recorded_at"] == first["occurred_to"]
    assert (first["killed_min"], first["killed_max"], first["precision_km"]) == (2, None, 3.0)
    assert first["text"] == "Авдіївка: Обстріл міста"
    assert (first["file"], first["line"]) == ("log.csv", 2)
    assert second["source_id"] == "unnamed"
    assert second["occurred_from"] == second["occurred_to"] == datetime(2016, 9, 20, 11, 30, tzinfo=UTC)
    assert (second["latitude"], second["longitude"]) == (47.75, 37.68)
    assert second["killed_min"] is None
    assert {(p.code, p.line) for p in found.problems} == {
        ("encoding_guessed", None),
        ("coordinates_swapped", 3),
        ("figure_in_words", 3),
        ("value_bad", 4),
    }
    assert (found.n_read, found.n_left_out) == (3, 1)
    bad = next(p for p in found.problems if p.code == "value_bad")
    assert "31.02.2016" in bad.found
    assert bad.action.endswith("row left out")


def test_an_identifier_made_from_the_row_stays_when_rows_move(tmp_path):
    one = read(tmp_path, "Date,What\n2016-09-19,a\n2016-09-20,b\n", TWO)
    other = read(tmp_path, "Date,What\n2016-09-21,c\n2016-09-20,b\n2016-09-19,a\n", TWO)
    assert set(one.reports["report_id"]) < set(other.reports["report_id"])
    assert all(i.startswith("log-") for i in one.reports["report_id"])


def test_the_same_row_twice_is_one_report_and_one_problem(tmp_path):
    found = read(tmp_path, "Date,What\n2016-09-19,a\n2016-09-19,a\n", TWO)
    assert found.reports.height == 1
    assert [(p.code, p.line) for p in found.problems if p.severity == "error"] == [("report_repeated", 3)]


def test_the_column_settles_which_comes_first_day_or_month(tmp_path):
    found = read(tmp_path, "Date,What\n03/04/2016,a\n25/04/2016,b\n", TWO)
    assert {t.day for t in found.reports["occurred_to"]} == {3, 25}
    with pytest.raises(CaseError, match="one date layout"):
        read(tmp_path, "Date,What\n13/04/2016,a\n04/25/2016,b\n", TWO)
    undecided = read(tmp_path, "Date,What\n03/04/2016,a\n2016-04-25,b\n", TWO)
    assert [(p.code, p.line) for p in undecided.problems if p.severity == "error"] == [("value_bad", 2)]


def test_a_report_without_a_date_of_publication_is_known_from_the_gathering(tmp_path):
    found = read(tmp_path, "Date,What\n2016-09-19,a\n2016-09-20,b\n2016-09-21,c\n", TWO)
    assert set(found.reports["recorded_at"]) == {KYIV.gathered_at}
    (told,) = [p for p in found.problems if p.code == "report_undated"]
    assert "3 rows (lines 2, 3, 4)" in told.found


@pytest.mark.parametrize(
    ("mapping", "line", "said"),
    [
        ("columns:\n  source_id: {constant: x}\n  occured_from: Date\n", 3, "did you mean 'occurred_from'?"),
        ("colums:\n  source_id: Date\n", 1, "did you mean 'columns'?"),
        ("columns:\n  source_id: {constant: x}\n  occurred_from: Dates\n", 3, "did you mean 'Date'?"),
        ("columns:\n  source_id: {const: x}\n  occurred_from: Date\n", 2, "did you mean 'constant'?"),
        (
            "columns:\n  source_id: {constant: x}\n  occurred_from: Date\n  act: {constant: shellin}\n",
            4,
            "did you mean 'shelling'?",
        ),
        ("columns:\n  source_id: {constant: x}\n", 1, "add `occurred_from"),
        (
            "dates: american\ncolumns:\n  source_id: {constant: x}\n  occurred_from: Date\n",
            1,
            "day_first or month_first",
        ),
        ("zone: Kiev\ncolumns:\n  source_id: {constant: x}\n  occurred_from: Date\n", 1, "Europe/Kyiv"),
        ("columns:\n  source_id: Date\n  source_id: Date\n", 3, "each key once"),
        ("columns: [", 1, "YAML"),
        ("just words", 1, "a mapping of keys"),
    ],
)
def test_a_mapping_with_a_fault_is_refused_with_its_line_and_the_nearest_name(tmp_path, mapping, line, said):
    path, told = files(tmp_path, "Date,What\n2016-09-19,a\n", "")
    told.write_text(mapping, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_reports(path, KYIV, mapping=told)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("log.yaml", line)
    assert said in str(problem)


def test_words_the_mapping_does_not_translate_are_told_once(tmp_path):
    mapping = TWO + "      act: {column: What, translate: {boom: shelling}}\n"
    found = read(
        tmp_path, "Date,What\n2016-09-19,Boom\n2016-09-20,bang\n2016-09-21,bang\n2016-09-22,sniper\n", mapping
    )
    assert found.reports.sort("occurred_from")["act"].to_list() == ["shelling", "bang", "bang", "sniper"]
    (told,) = [p for p in found.problems if p.code == "word_untranslated"]
    assert "'bang': 2 rows (lines 3, 4)" in told.found


def test_excel_dates_and_a_named_sheet(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["nothing here"])
    sheet = book.create_sheet("Вересень")
    sheet.append(["Date", "What"])
    sheet.append([datetime(2016, 9, 19, 19, 12), "a"])
    path, told = tmp_path / "log.xlsx", tmp_path / "log.yaml"
    book.save(path)
    told.write_text("sheet: Вересень\nzone: Asia/Damascus\n" + dedent(TWO), encoding="utf-8")
    found = read_reports(path, KYIV, mapping=told)
    assert found.reports["occurred_from"].to_list() == [datetime(2016, 9, 19, 16, 12, tzinfo=UTC)]
    assert found.reports["line"].to_list() == [2]


def test_a_file_in_the_packages_own_columns_needs_no_mapping(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text(
        '{"report_id": "R1", "source_id": "sana", "occurred_from": "2016-09-19", "time_note": "حوالي الساعة 19:00"}\n'
        '{"report_id": "R2", "source_id": \n'
        '{"report_id": "R3", "source_id": "sana"}\n',
        encoding="utf-8",
    )
    found = read_reports(path, Context(ZoneInfo("Asia/Damascus"), KYIV.gathered_at, "log.jsonl"))
    (report,) = found.reports.to_dicts()
    assert report["occurred_from"] == datetime(2016, 9, 19, 15, 30, tzinfo=UTC)
    assert report["occurred_to"] == datetime(2016, 9, 19, 16, 30, tzinfo=UTC)
    assert [(p.code, p.line) for p in found.problems if p.severity == "error"] == [
        ("json_line_bad", 2),
        ("value_bad", 3),
    ]
    assert (found.n_read, found.n_left_out) == (3, 2)


messy = st.one_of(
    st.none(),
    st.text(max_size=8).map(lambda s: s.strip() or None),
    st.sampled_from(
        ["2016-09-19", "19/09/2016", "03/04/2016", "10-20", "-3", "36,15", "200", "evening", "shelling", "0"]
    ),
)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.lists(messy, min_size=7, max_size=7), max_size=12))
def test_every_row_is_a_report_or_a_problem_and_order_does_not_matter(rows):
    names = ("when", "until", "lat", "lon", "dead", "note", "act")
    mapping = ColumnMapping(
        feeds={
            "source_id": Feed(constant="x"),
            "occurred_from": Feed(("when",)),
            "occurred_to": Feed(("until",)),
            "latitude": Feed(("lat",)),
            "longitude": Feed(("lon",)),
            "killed": Feed(("dead",)),
            "time_note": Feed(("note",)),
            "act": Feed(("act",)),
        },
        day_first=True,
    )

    def run(listed):
        raw = RawTable(
            "t.csv", names, tuple((n, dict(zip(names, row, strict=True))) for n, row in listed), "utf-8", ()
        )
        return apply_mapping(raw, mapping, KYIV)

    numbered = list(enumerate(rows, start=2))
    found, turned = run(numbered), run(numbered[::-1])
    errors = [p for p in found.problems if p.severity == "error"]
    assert found.n_read == len(rows) == found.reports.height + found.n_left_out
    assert found.n_left_out == len(errors) == len({p.line for p in errors})
    assert found.reports.schema == table("reports").schema
    assert found.reports.drop("line").equals(turned.reports.drop("line"))
    assert (found.reports["occurred_from"] <= found.reports["occurred_to"]).all()
