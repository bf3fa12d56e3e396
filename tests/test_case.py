"""Reading a case: what can be used is used, what cannot is named, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ceasefire import Case, CaseError, open_case
from ceasefire.ingest import acled

SETTINGS = """
case: village
title: A village
timezone: Asia/Damascus
gathered_at: 2016-10-01
period: {from: 2016-09-12, to: 2016-09-19}
bbox: {west: 35, south: 32, east: 43, north: 38}
"""
AGREEMENT = """
agreement: village-truce
title: A truce of two sides
source: made for this test
timezone: Asia/Damascus
in_force: {from: 2016-09-12T19:00}
parties:
  north: {name: North, role: party, side: north}
  south: {name: South, role: party, side: south}
documents:
  D1: {title: the paper, dated: 2016-09-09, text_status: official, source: made for this test}
norms:
  no-attack:
    clause: "1"
    document: D1
    title: no attacks
    who: [north, south]
    never: {act: attack, against: [other-side, civilians]}
    text_status: official
    source: made for this test
"""
SOURCES = "source_id,name,kind,camp\nradio,Radio North,media_state,north\n"


def write_case(folder: Path, reports: str, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    contents = {
        "case.yaml": SETTINGS,
        "agreement.yaml": AGREEMENT,
        "sources.csv": SOURCES,
        "reports.csv": reports,
    }
    for name, text in (contents | files).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def problems(case: Case, code: str) -> pl.DataFrame:
    return case.problems.filter(pl.col("code") == code)


def test_a_day_is_an_interval_and_is_known_when_it_ends(tmp_path: Path) -> None:
    """A day in Damascus in September runs from 21:00 to 20:59:59 UTC."""
    case = open_case(
        write_case(
            tmp_path / "c", "report_id,source_id,published_at,occurred_from\nr1,radio,2016-09-13,2016-09-13\n"
        )
    )
    row = case.facts["reports"].row(0, named=True)
    assert row["occurred_from"] == datetime(2016, 9, 12, 21, tzinfo=UTC)
    assert row["occurred_to"] == datetime(2016, 9, 13, 20, 59, 59, 999999, tzinfo=UTC)
    assert row["recorded_at"] == row["occurred_to"]
    assert case.known(datetime(2016, 9, 13, 12, tzinfo=UTC)).facts["reports"].height == 0


def test_a_note_such_as_evening_narrows_the_day(tmp_path: Path) -> None:
    case = open_case(
        write_case(
            tmp_path / "c",
            "report_id,source_id,published_at,occurred_from,time_note\nr1,radio,2016-09-13,2016-09-13,evening\n",
        )
    )
    row = case.facts["reports"].row(0, named=True)
    assert row["occurred_from"].hour >= 13
    assert row["occurred_to"] <= datetime(2016, 9, 13, 21, tzinfo=UTC)


def test_a_bad_row_is_named_with_file_and_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    case = open_case(
        write_case(
            tmp_path / "c",
            "report_id,source_id,published_at,occurred_from,killed_min\n"
            "r1,radio,2016-09-13,2016-09-13,3\n"
            "r2,radio,2016-09-13,the other day,3\n"
            "r3,radio,2016-09-13,,3\n"
            "r4,radio,2016-09-13,2016-09-13,many\n"
            "r1,radio,2016-09-14,2016-09-14,1\n",
        )
    )
    assert case.facts["reports"]["report_id"].to_list() == ["r1"]
    errors = case.problems.filter(pl.col("severity") == "error").sort("line")
    assert errors.select("file", "line", "record", "code").rows() == [
        ("reports.csv", 3, "r2", "bad_value"),
        ("reports.csv", 4, "r3", "empty_cell"),
        ("reports.csv", 5, "r4", "bad_value"),
        ("reports.csv", 6, "r1", "repeated_id"),
    ]


def test_swapped_coordinates_are_turned_and_impossible_ones_left_out(tmp_path: Path) -> None:
    case = open_case(
        write_case(
            tmp_path / "c",
            "report_id,source_id,published_at,occurred_from,latitude,longitude\n"
            "r1,radio,2016-09-13,2016-09-13,42.1,36.2\n"
            "r2,radio,2016-09-13,2016-09-13,0,0\n"
            "r3,radio,2016-09-13,2016-09-13,36.2,37.1\n"
            "r4,radio,2016-09-13,2016-09-13,51.5,-0.1\n",
        )
    )
    rows = case.facts["reports"].select("report_id", "latitude", "longitude").rows()
    assert rows == [("r1", 36.2, 42.1), ("r2", None, None), ("r3", 36.2, 37.1), ("r4", 51.5, -0.1)]
    assert problems(case, "outside_bbox")["record"].to_list() == ["r4"]
    assert problems(case, "swapped_coordinates")["record"].to_list() == ["r1"]
    assert problems(case, "bad_coordinates")["record"].to_list() == ["r2"]


def test_unknown_words_columns_and_sources_are_doubts_not_losses(tmp_path: Path) -> None:
    case = open_case(
        write_case(
            tmp_path / "c",
            "report_id,source_id,published_at,occurred_from,act,plcae_name\nr1,tv,2016-09-13,2016-09-13,sheling,X\n",
        )
    )
    assert case.facts["reports"].height == 1
    assert "tv" in case.facts["sources"]["source_id"].to_list()
    assert "'shelling'" in problems(case, "unknown_word")["action"][0]
    assert "'place_name'" in problems(case, "unknown_column")["action"][0]
    assert problems(case, "unknown_reference")["line"].to_list() == [2]


def test_an_undated_fact_is_known_from_the_day_of_gathering(tmp_path: Path) -> None:
    case = open_case(write_case(tmp_path / "c", "report_id,source_id,occurred_from\nr1,radio,2016-09-13\n"))
    assert case.facts["reports"]["recorded_at"][0] == datetime(2016, 10, 1, 20, 59, 59, 999999, tzinfo=UTC)
    assert problems(case, "undated").height == 1


def test_a_camp_that_is_no_party_is_told(tmp_path: Path) -> None:
    case = open_case(
        write_case(
            tmp_path / "c",
            "report_id,source_id,published_at,occurred_from\nr1,radio,2016-09-13,2016-09-13\n",
            **{"sources.csv": "source_id,name,camp\nradio,Radio,east\n"},
        )
    )
    assert problems(case, "unknown_camp")["found"].to_list() == ["'east'"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"case.yaml": ""}, "keys and values"),
        ({"case.yaml": SETTINGS + "tiemzone: x\n"}, "did you mean 'timezone'"),
        ({"case.yaml": SETTINGS + "title: again\n"}, "each key once"),
        ({"case.yaml": SETTINGS.replace("Asia/Damascus", "Damascus")}, "IANA time zone"),
        ({"case.yaml": SETTINGS.replace("to: 2016-09-19", "to: 2016-08-19")}, "ends after it starts"),
        ({"case.yaml": "a: [1"}, "case.yaml"),
        ({"agreement.yaml": "no: such"}, "agreement.yaml"),
        ({"reports.csv": "report_id,source_id,occurred_from\n"}, "at least one usable report"),
        ({"reports.csv": "\x00\x01\x02"}, "reports.csv"),
    ],
)
def test_a_case_that_cannot_be_used_says_so_in_one_message(
    tmp_path: Path, change: dict[str, str], words: str
) -> None:
    folder = write_case(
        tmp_path / "c",
        "report_id,source_id,published_at,occurred_from\nr1,radio,2016-09-13,2016-09-13\n",
        **change,
    )
    with pytest.raises(CaseError, match=words):
        open_case(folder)


def test_a_missing_folder_or_agreement_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="ceasefire init"):
        open_case(tmp_path / "nothing")
    folder = write_case(tmp_path / "c", "report_id,source_id,occurred_from\nr1,radio,2016-09-13\n")
    (folder / "agreement.yaml").unlink()
    with pytest.raises(CaseError, match="no such file"):
        open_case(folder)


def test_arabic_and_cyrillic_text_come_through(tmp_path: Path) -> None:
    case = open_case(
        write_case(
            tmp_path / "c",
            "report_id,source_id,published_at,occurred_from,place_name,text\n"
            "r1,radio,2016-09-13,2016-09-13,أورم الكبرى,قصف\n"
            "r2,radio,2016-09-13,2016-09-13,Алеппо,обстрел\n",
        )
    )
    assert case.facts["reports"]["place_name"].to_list() == ["أورم الكبرى", "Алеппо"]


REPORT = "report_id,source_id,published_at,occurred_from\nr1,radio,2016-09-13,2016-09-13\n"


def test_a_missing_column_is_named_once_with_the_column_that_may_be_meant(tmp_path: Path) -> None:
    """Two rows, one fault: the header calls occurred_from "occured"; the message says what to rename."""
    rows = REPORT.replace("occurred_from", "occured") + "r2,radio,2016-09-13,2016-09-13\n"
    with pytest.raises(CaseError) as stopped:
        open_case(write_case(tmp_path / "c", rows))
    (problem,) = stopped.value.problems
    assert "no such column" in problem.found
    assert "2 of the 2 rows" in problem.found
    assert "rename 'occured' to occurred_from" in problem.action


def test_capitals_and_spaces_in_a_header_or_file_name_cost_nothing(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "c", "")
    (folder / "reports.csv").unlink()
    (folder / "Reports.CSV").write_text(REPORT.replace("occurred_from", "Occurred From"), encoding="utf-8")
    case = open_case(folder)
    assert case.facts["reports"].height == 1
    assert problems(case, "column_read_as")["action"].to_list() == ["read as occurred_from"]
    assert "Reports.CSV" in case.inputs


def test_a_table_with_a_misspelt_name_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    case = open_case(write_case(tmp_path / "c", REPORT, **{"statments.csv": "a,b\n1,2\n", "old.json": "{}"}))
    told = problems(case, "unused_file").sort("file")
    assert told["file"].to_list() == ["old.json", "statments.csv"]
    assert "did you mean statements.csv" in told["action"][1]


def test_an_optional_file_that_cannot_be_read_does_not_end_the_case(tmp_path: Path) -> None:
    """access.csv is a folder, statements.csv empty, counts.csv a picture: the reports are read all the same."""
    folder = write_case(tmp_path / "c", REPORT, **{"statements.csv": "\n\n"})
    (folder / "access.csv").mkdir()
    (folder / "counts.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    case = open_case(folder)
    assert case.facts["reports"].height == 1
    assert problems(case, "file_left_out")["file"].sort().to_list() == ["access.csv", "counts.csv"]
    assert problems(case, "empty_file")["severity"].to_list() == ["warning"]


def test_sources_that_cannot_be_read_end_the_case(tmp_path: Path) -> None:
    """Without camps a party would be weighed as a witness of its own conduct."""
    folder = write_case(tmp_path / "c", REPORT)
    (folder / "sources.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(CaseError, match=r"sources\.csv"):
        open_case(folder)


def test_a_case_without_sources_says_that_no_camp_is_known(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "c", REPORT)
    (folder / "sources.csv").unlink()
    assert problems(open_case(folder), "no_sources").height == 1


def test_nobody_loses_protection_by_a_slip_of_the_pen(tmp_path: Path) -> None:
    """Protected is "maybe" for one source; the other stands twice, and asks for protection the second time."""
    sources = "source_id,name,protected\nradio,Radio,maybe\ntv,TV,\ntv,TV,true\nx,,true\n"
    rows = REPORT + "r2,x,2016-09-13,2016-09-13\n"
    case = open_case(write_case(tmp_path / "c", rows, **{"sources.csv": sources}))
    held = dict(case.facts["sources"].select("source_id", "protected").iter_rows())
    assert held == {"radio": True, "tv": True, "x": True}


def test_a_notified_site_is_kept_when_its_date_cannot_be_read(tmp_path: Path) -> None:
    """Its coordinates could otherwise leave the house by another table."""
    text = "notification_id,kind,name,latitude,longitude,notified_at\nn1,hospital,H,36.1,37.1,soon\n"
    case = open_case(write_case(tmp_path / "c", REPORT, **{"notifications.csv": text}))
    assert case.facts["notifications"]["latitude"].to_list() == [36.1]
    assert problems(case, "bad_cell")["line"].to_list() == [2]


def test_figures_below_zero_or_out_of_order_are_no_figures(tmp_path: Path) -> None:
    rows = "report_id,source_id,published_at,occurred_from,killed_min,killed_max\n" + "".join(
        f"{name},radio,2016-09-13,2016-09-13,{low},{high}\n"
        for name, low, high in (("r1", 1, 2), ("r2", -3, ""), ("r3", 10, 2))
    )
    case = open_case(write_case(tmp_path / "c", rows))
    assert case.facts["reports"]["report_id"].to_list() == ["r1"]
    assert problems(case, "bad_value")["record"].sort().to_list() == ["r2", "r3"]


def test_the_column_shows_whether_the_day_comes_first(tmp_path: Path) -> None:
    """13/09/2016 has the day first, so 12/09/2016 in the same file is 12 September."""
    rows = "report_id,source_id,published_at,occurred_from\nr1,radio,13/09/2016,12/09/2016\n"
    case = open_case(write_case(tmp_path / "c", rows))
    assert case.facts["reports"]["occurred_to"][0] == datetime(2016, 9, 12, 20, 59, 59, 999999, tzinfo=UTC)


def test_times_that_can_hardly_be_are_told_and_kept(tmp_path: Path) -> None:
    """Told before it happened, known before it was told, known after the case was gathered, an hour that was skipped."""
    rows = (
        "report_id,source_id,published_at,recorded_at,occurred_from\n"
        "r1,radio,2016-09-13,,2016-09-14\n"
        "r2,radio,2016-09-13,2016-09-10,2016-09-09\n"
        "r3,radio,2017-01-01,,2016-09-13\n"
        "r4,radio,2016-03-26,,2016-03-25T00:30\n"
    )
    case = open_case(write_case(tmp_path / "c", rows))
    assert case.facts["reports"].height == 4
    for code, record in (
        ("published_before", "r1"),
        ("known_too_early", "r2"),
        ("known_too_late", "r3"),
        ("doubtful_time", "r4"),
    ):
        assert problems(case, code)["record"].to_list() == [record], code
    assert "2 reports of other days (r2, r4)" in problems(case, "outside_period")["found"][0]


def test_a_misspelt_actor_clock_or_issuer_is_told_with_the_nearest(tmp_path: Path) -> None:
    rows = (
        "report_id,source_id,published_at,occurred_from,actor\nr1,radio,2016-09-13,2016-09-13,north|suoth\n"
    )
    more = {
        "case.yaml": SETTINGS + "issuers: [radoi]\n",
        "declarations.csv": "declaration_id,clock,kind,at\nd1,no-atack,strat,2016-09-13\n",
    }
    case = open_case(write_case(tmp_path / "c", rows, **more))
    told = problems(case, "unknown_reference").sort("found")
    assert told["found"].to_list() == ["'no-atack'", "'radoi'", "'suoth'"]
    assert "did you mean 'no-attack'" in told["action"][0]
    assert "did you mean 'south'" in told["action"][2]
    assert problems(case, "unknown_word")["found"].to_list() == ["'strat'"]


@pytest.mark.parametrize(
    "line",
    ["agreement: ../other.yaml", "zones: none.geojson", "reports: [{file: /etc/passwd}]", "case: ../evil"],
)
def test_a_case_stays_inside_its_folder(tmp_path: Path, line: str) -> None:
    settings = SETTINGS.replace("case: village\n", "") if line.startswith("case:") else SETTINGS
    with pytest.raises(CaseError, match=r"case\.yaml|none\.geojson"):
        open_case(write_case(tmp_path / "c", REPORT, **{"case.yaml": f"{settings}{line}\n"}))


def test_a_reader_named_for_reports_csv_reads_it_once(tmp_path: Path) -> None:
    case = open_case(
        write_case(tmp_path / "c", REPORT, **{"case.yaml": SETTINGS + "reports: [{file: reports.csv}]\n"})
    )
    assert case.facts["reports"].height == 1
    assert problems(case, "repeated_id").height == 0


def test_a_reports_csv_in_the_layout_of_a_data_set_is_told_to_name_its_reader(tmp_path: Path) -> None:
    columns = ",".join(sorted(acled.NEEDED))
    with pytest.raises(CaseError, match=r"\{file: reports.csv, reader: acled\}"):
        open_case(write_case(tmp_path / "c", f"{columns}\nS1,2020\n"))
