"""Stories of the files people send: each trap, and what the reader makes of it."""

import codecs
import csv
import datetime as dt
import io
import json
import re
import tempfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ceasefire.ingest.tabular import RawTable, read_table
from ceasefire.problems import CaseError
from ceasefire.vocabulary import vocabulary

quick = settings(max_examples=50, deadline=None)


def written(tmp_path: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def codes(raw: RawTable) -> list[tuple[str, str, int | None]]:
    return [(p.severity, p.code, p.line) for p in raw.problems]


def refusal(path: Path, **how: str) -> str:
    with pytest.raises(CaseError) as caught:
        read_table(path, **how)
    (problem,) = caught.value.problems
    assert problem.expected and problem.found and problem.action
    return problem.code


def test_a_byte_order_mark_is_not_part_of_the_first_name(tmp_path):
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        raw = read_table(written(tmp_path, mark + "id,место\n1,Донецк\n".encode(codec)))
        assert raw.columns == ("id", "место")
        assert raw.rows == ((2, {"id": "1", "место": "Донецк"}),)
        assert raw.problems == ()


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1251", "Обстріл Авдіївки, двоє поранених"),
        ("cp1251", "Взрыв в Горловке"),
        ("cp1256", "قصف على حلب بعد غروب الشمس"),
        ("cp1252", "Qala’at – “São Tomé”, Zürich"),
    ],
)
def test_an_old_windows_file_is_read_and_the_guess_is_told(tmp_path, codec, text):
    raw = read_table(written(tmp_path, f"id;text\n1;{text}\n".encode(codec)))
    assert raw.rows[0][1]["text"] == text
    (problem,) = raw.problems
    assert (problem.severity, problem.code) == ("warning", "encoding_guessed")
    assert codec in problem.found


def test_utf8_with_one_damaged_byte_stays_utf8_and_names_the_row(tmp_path):
    text = "id,text\n1,Донецк и Луганск\n2,Горл\xffовка\n".encode()
    raw = read_table(written(tmp_path, text.replace("\xff".encode(), b"\xff")))
    assert raw.rows[0][1]["text"] == "Донецк и Луганск"
    assert raw.rows[1][1]["text"] == "Горл\ufffdовка"
    assert codes(raw) == [("warning", "characters_damaged", 3)]


def test_a_cell_with_line_breaks_counts_from_its_first_line(tmp_path):
    raw = read_table(written(tmp_path, 'id,text\n1,"two\nlines"\n2,"say ""no"""\n'))
    assert raw.rows == ((2, {"id": "1", "text": "two\nlines"}), (4, {"id": "2", "text": 'say "no"'}))


def test_rows_that_do_not_fit_the_header_are_told_with_their_line(tmp_path):
    raw = read_table(written(tmp_path, "a,b,c\n1,2,3\n4,5\n6,7,8,9\n\n,,\n10,11,12\n"))
    assert raw.rows == (
        (2, {"a": "1", "b": "2", "c": "3"}),
        (3, {"a": "4", "b": "5", "c": None}),
        (7, {"a": "10", "b": "11", "c": "12"}),
    )
    assert codes(raw) == [
        ("warning", "row_too_narrow", 3),
        ("error", "row_too_wide", 4),
        ("note", "rows_blank", 6),
    ]
    assert (raw.n_read, raw.n_left_out) == (4, 1)


def test_a_quote_never_closed_costs_one_row_not_the_rest(tmp_path):
    raw = read_table(written(tmp_path, 'a,b\n1,"open\n2,fine\n3,also fine\n'))
    # The row reads the same without the quote, so it is used with a warning.
    assert [row["b"] for _, row in raw.rows] == ["open", "fine", "also fine"]
    assert codes(raw) == [("warning", "quote_stray", 2)]
    raw = read_table(written(tmp_path, 'a,b\n"1,open\n2,fine\n'))
    assert [row["b"] for _, row in raw.rows] == ["fine"]
    assert codes(raw) == [("error", "quote_open", 2)]


def test_two_columns_of_one_name_and_a_column_without_a_name_stay_readable(tmp_path):
    raw = read_table(written(tmp_path, "date,place,place,,\n2016,A,B,x,\n"))
    assert raw.rows == ((2, {"date": "2016", "place": "A", "place.2": "B", "column_4": "x"}),)
    assert [c for _, c, _ in codes(raw)] == ["header_twice", "header_gap"]


def test_the_delimiter_is_found_even_beside_decimal_commas(tmp_path):
    raw = read_table(written(tmp_path, "lat;lon;text\n36,15;36,96;a, b\n"))
    assert raw.rows[0][1] == {"lat": "36,15", "lon": "36,96", "text": "a, b"}
    raw = read_table(written(tmp_path, "sep=|\na|b\n1|2\n"))
    assert raw.rows == ((3, {"a": "1", "b": "2"}),)


def test_a_row_of_hxl_tags_is_no_report(tmp_path):
    raw = read_table(written(tmp_path, "id,date\n#event+id,#date+occurred\n1,2016-09-19\n"))
    assert raw.rows == ((3, {"id": "1", "date": "2016-09-19"}),)
    assert codes(raw) == [("note", "tag_row", 2)]


def test_json_lines_keep_digits_and_tell_the_bad_line(tmp_path):
    lines = [
        '{"id": 1, "lat": 36.150, "ok": true, "n": null}',
        '{"id": 2,',
        "[1]",
        '{"id": 1, "id": 2}',
        '{"id": "4", "who": ["a"]}',
    ]
    raw = read_table(written(tmp_path, "\n".join(lines), "t.jsonl"))
    assert raw.columns == ("id", "lat", "ok", "n", "who")
    assert raw.rows[0] == (1, {"id": "1", "lat": "36.150", "ok": "true", "n": None, "who": None})
    assert raw.rows[1] == (5, {"id": "4", "lat": None, "ok": None, "n": None, "who": '["a"]'})
    assert codes(raw) == [
        ("error", "json_line_bad", 2),
        ("error", "json_line_bad", 3),
        ("error", "json_line_bad", 4),
    ]
    assert raw.n_read == 5


def test_dates_in_excel_cells_become_iso_text(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "when", "day", "hour", "killed"])
    sheet.append([1, dt.datetime(2016, 9, 19, 19, 12), dt.date(2016, 9, 19), dt.time(19, 30), 12])
    sheet.append([None] * 5)
    sheet.append(["حلب", None, None, None, 1.5])
    book.create_sheet("second").append(["x"])
    path = tmp_path / "t.xlsx"
    book.save(path)
    raw = read_table(path)
    assert raw.rows[0] == (
        2,
        {"id": "1", "when": "2016-09-19 19:12:00", "day": "2016-09-19", "hour": "19:30:00", "killed": "12"},
    )
    assert raw.rows[1][0] == 4
    assert raw.rows[1][1]["id"] == "حلب"
    assert refusal(path, sheet="third") == "file_unreadable"


def test_parquet_is_read_as_text(tmp_path):
    path = tmp_path / "t.parquet"
    pl.DataFrame(
        {
            "id": [1, 2],
            "at": [dt.datetime(2016, 9, 19, 16, 12, tzinfo=dt.UTC), None],
            "tags": [["a", "b"], []],
        }
    ).write_parquet(path)
    raw = read_table(path)
    assert raw.rows[0] == (1, {"id": "1", "at": "2016-09-19T16:12:00+00:00", "tags": "a;b"})
    assert raw.rows[1] == (2, {"id": "2", "at": None, "tags": None})


def test_files_that_cannot_be_used_say_so_in_one_problem(tmp_path):
    assert refusal(tmp_path) == "file_is_folder"
    assert refusal(tmp_path / "none.csv") == "file_missing"
    assert refusal(written(tmp_path, "")) == "file_empty"
    assert refusal(written(tmp_path, "\n \n")) == "file_empty"
    assert refusal(written(tmp_path, ",,\n1,2,3\n")) == "header_empty"
    assert refusal(written(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(range(256)))) == "file_not_text"
    assert refusal(written(tmp_path, "a,b\n1,2\n".encode("utf-16-le"))) == "file_not_text"
    assert refusal(written(tmp_path, "not a workbook", "t.xlsx")) == "file_unreadable"
    assert refusal(written(tmp_path, b"PAR1 but no more PAR1", "t.parquet")) == "file_unreadable"
    assert refusal(written(tmp_path, "x", "t.xls")) == "file_unreadable"
    assert refusal(written(tmp_path, "a\n1\n"), encoding="cp999999") == "encoding_unknown"
    assert refusal(written(tmp_path, b"a\n\xff\n"), encoding="utf-8") == "encoding_wrong"


def test_a_very_long_line_is_left_out_and_the_rest_is_read(tmp_path):
    raw = read_table(written(tmp_path, b"a,b\n1,2\n" + b"x" * 5_000_000 + b"\n3,4\n"))
    assert [line for line, _ in raw.rows] == [2, 4]
    assert codes(raw) == [("error", "row_too_long", 3)]


def test_a_nul_byte_costs_its_row(tmp_path):
    raw = read_table(written(tmp_path, "a,b\n1,2\n3,\0\n" + "5,6\n" * 50))
    assert ("error", "row_nul", 3) in codes(raw)
    assert len(raw.rows) == 51


cells = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufeff\ufffd"),
    max_size=12,
).map(lambda s: s.strip().strip("\ufeff\u200b").strip())
tables = st.integers(2, 5).flatmap(
    lambda width: st.lists(
        st.lists(cells, min_size=width, max_size=width).filter(any), min_size=1, max_size=8
    )
)


@quick
@given(
    rows=tables, delimiter=st.sampled_from(",;\t|"), codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])
)
def test_any_table_reads_back_the_same(rows, delimiter, codec):
    names = [f"c{n}" for n in range(len(rows[0]))]
    held = io.StringIO()
    csv.writer(held, delimiter=delimiter).writerows([names, *rows])
    with tempfile.TemporaryDirectory() as folder:
        raw = read_table(written(Path(folder), held.getvalue().encode(codec)))
    if all(re.fullmatch("#[a-z]+.*", cell) for cell in rows[0] if cell):
        return
    assert [list(row.values()) for _, row in raw.rows] == [[cell or None for cell in row] for row in rows]
    assert raw.problems == ()


@quick
@given(
    rows=st.lists(
        st.sampled_from(["Обстріл Авдіївки", "взрыв, Горловка", "після заходу", "plain"]),
        min_size=3,
        max_size=9,
    ).filter(lambda rows: set(rows) != {"plain"}),
    delimiter=st.sampled_from(",;\t|"),
)
def test_any_cyrillic_table_in_its_old_code_page_reads_back_the_same(rows, delimiter):
    held = io.StringIO()
    csv.writer(held, delimiter=delimiter).writerows(
        [["n", "text"], *([str(n), row] for n, row in enumerate(rows))]
    )
    with tempfile.TemporaryDirectory() as folder:
        raw = read_table(written(Path(folder), held.getvalue().encode("cp1251")))
    assert [row["text"] for _, row in raw.rows] == rows
    assert raw.encoding == "cp1251"


@quick
@given(
    rows=st.lists(
        st.dictionaries(st.text(min_size=1, max_size=3), st.text(max_size=5), max_size=3), max_size=5
    )
)
def test_any_json_lines_are_rows_or_problems(rows):
    text = "\n".join(json.dumps(row) for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        try:
            raw = read_table(written(Path(folder), text, "t.jsonl"))
        except CaseError:
            return
    blank = sum(p.code in ("rows_blank", "tag_row") for p in raw.problems)
    assert raw.n_read <= len(rows)
    assert raw.n_read == len(rows) or blank


@quick
@given(
    content=st.binary(max_size=400),
    name=st.sampled_from(["t.csv", "t.tsv", "t.jsonl", "t.parquet", "t.xlsx", "t", "t.txt"]),
)
def test_random_bytes_never_raise_anything_but_a_clear_refusal(content, name):
    with tempfile.TemporaryDirectory() as folder:
        for start in (b"", b"PAR1", b"PK\x03\x04", b"a,b\n1,2\n"):
            try:
                raw = read_table(written(Path(folder), start + content, name))
            except CaseError as refused:
                assert all(p.severity == "error" and p.action for p in refused.problems)
            else:
                assert raw.columns
                assert all(set(row) == set(raw.columns) for _, row in raw.rows)


def test_every_code_used_is_documented_and_every_documented_code_is_used():
    import ceasefire.ingest as room

    source = "".join(p.read_text(encoding="utf-8") for p in Path(room.__file__).parent.glob("*.py"))
    documented = set(vocabulary("problem_codes/ingest"))
    assert {code for code in documented if f'"{code}"' not in source} == set()
    used = set(re.findall(r'"(?:error|warning|note)", "(?:ingest", ")?(?!ingest)([a-z_]+)"', source))
    used |= set(re.findall(r'code="([a-z_]+)"', source))
    used |= set(re.findall(r'refused\(\s*\w[\w.]*, "([a-z_]+)"', source))
    assert used - documented == set()


def test_a_file_with_more_rows_than_are_read_at_once_is_refused(tmp_path, monkeypatch):
    for module in ("delimited", "jsonlines", "workbook"):
        monkeypatch.setattr(f"ceasefire.ingest.{module}.MAX_ROWS", 3)
    pl.DataFrame({"a": [1, 2, 3, 4]}).write_parquet(tmp_path / "t.parquet")
    assert refusal(written(tmp_path, "a,b\n1,2\n3,4\n5,6\n7,8\n")) == "file_too_large"
    assert refusal(written(tmp_path, '{"a": 1}\n' * 5, "t.jsonl")) == "file_too_large"
    assert refusal(tmp_path / "t.parquet") == "file_too_large"


def test_a_title_above_known_columns_is_no_header(tmp_path):
    path = written(tmp_path, "Our log 2016\n\nid,Date,place\n1,2016-09-19,Aleppo\n")
    raw = read_table(path, known=["id", "date", "place"])
    assert raw.columns == ("id", "Date", "place")
    assert [line for line, _ in raw.rows] == [4]
    assert codes(raw) == [("note", "title_rows", 1)]


def test_a_first_line_is_the_header_where_no_line_names_columns(tmp_path):
    """Commas that are not quoted cost the row, and say so; no row becomes the header."""
    path = written(tmp_path, "text\nshells, then smoke, then sirens\n")
    raw = read_table(path, known=["id", "date"])
    assert raw.columns == ("text",)
    assert raw.n_left_out == raw.n_read == 1
