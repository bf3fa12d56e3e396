"""The command line: exit codes, one clear message, and what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ceasefire.cli import app
from shipped import CASES

SYRIA = str(CASES / "syria-2016")


@pytest.fixture
def run() -> CliRunner:
    return CliRunner()


def test_help_shows_the_commands_and_an_example(run: CliRunner) -> None:
    shown = run.invoke(app, ["--help"])
    assert shown.exit_code == 0
    for word in ("run", "check", "explain", "init", "words", "unreported", "symmetry", "cases/syria-2016"):
        assert word in shown.output


@pytest.mark.parametrize("command", ["run", "check", "explain", "init", "words", "unreported", "symmetry"])
def test_each_command_has_an_example(run: CliRunner, command: str) -> None:
    assert f"ceasefire {command}" in run.invoke(app, [command, "--help"]).output


def test_a_case_that_is_not_there_ends_with_2_and_no_traceback(run: CliRunner, tmp_path: Path) -> None:
    shown = run.invoke(app, ["check", str(tmp_path / "none")])
    assert shown.exit_code == 2
    assert "cannot be used" in shown.output
    assert "Traceback" not in shown.output


def test_run_writes_the_report_and_prints_where(run: CliRunner, tmp_path: Path) -> None:
    shown = run.invoke(app, ["run", SYRIA, "--out", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    assert (tmp_path / "syria-2016" / "report.html").is_file()
    assert (tmp_path / "syria-2016" / "manifest.json").is_file()
    for word in (
        "Clocks",
        "Obligations",
        "Gravest of",
        "Access",
        "Versions",
        "Not seen",
        "Not told",
        "Problems",
    ):
        assert word in shown.output, word


def test_a_wrong_as_of_or_audience_ends_with_2(run: CliRunner) -> None:
    assert run.invoke(app, ["run", SYRIA, "--as-of", "2016-09-20T12:00"]).exit_code == 2
    assert run.invoke(app, ["run", SYRIA, "--audience", "press"]).exit_code == 2
    assert run.invoke(app, ["run", SYRIA, "--as-of", "1999-01-01"]).exit_code == 2


def test_check_reads_without_deriving(run: CliRunner) -> None:
    shown = run.invoke(app, ["check", SYRIA])
    assert shown.exit_code == 0
    assert "reports" in shown.output
    assert "No row was left out" in shown.output


def test_explain_takes_an_incident_a_topic_or_a_clause_and_names_the_nearest(run: CliRunner) -> None:
    assert "Not a judicial finding" in run.invoke(app, ["explain", SYRIA, "S1a"]).output
    assert "R145" in run.invoke(app, ["explain", SYRIA, "R145"]).output
    missed = run.invoke(app, ["explain", SYRIA, "S1aa"])
    assert missed.exit_code == 1
    assert "S1a" in missed.output


def test_init_writes_a_case_that_can_be_checked_and_run(run: CliRunner, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert run.invoke(app, ["init", str(folder)]).exit_code == 0
    assert run.invoke(app, ["check", str(folder)]).exit_code == 0
    made = run.invoke(app, ["run", str(folder), "--out", str(tmp_path / "out")])
    assert made.exit_code == 0, made.output
    assert run.invoke(app, ["init", str(folder)]).exit_code == 2


def test_words_lists_a_vocabulary(run: CliRunner) -> None:
    assert "acts" in run.invoke(app, ["words"]).output
    assert "airstrike" in run.invoke(app, ["words", "acts"]).output
    assert run.invoke(app, ["words", "nonsense"]).exit_code == 2


@pytest.fixture
def mine(run: CliRunner, tmp_path: Path) -> Path:
    """The small case that init writes."""
    folder = tmp_path / "حالة one"
    run.invoke(app, ["init", str(folder)])
    return folder


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_run_goes_on_without_a_damaged_file_and_says_so_with_1(
    run: CliRunner, mine: Path, tmp_path: Path
) -> None:
    (mine / "access.csv").write_bytes(b"PK\x03\x04 no table")
    shown = run.invoke(app, ["run", str(mine), "--out", str(tmp_path / "out")])
    assert shown.exit_code == 1
    assert "Read without access.csv" in shown.output
    assert (tmp_path / "out" / "my-case" / "report.html").is_file()
    listed = run.invoke(app, ["check", str(mine)])
    assert listed.exit_code == 1
    assert "Files left out: 1" in listed.output


def test_results_never_replace_the_case_or_a_file(run: CliRunner, mine: Path, tmp_path: Path) -> None:
    """`-o` on a file, or where out/NAME is the case itself, is a wrong call, told before the work."""
    a_file = tmp_path / "a-file"
    a_file.write_text("mine", encoding="utf-8")
    assert run.invoke(app, ["run", str(mine), "-q", "-o", str(a_file)]).exit_code == 2
    assert a_file.read_text(encoding="utf-8") == "mine"
    same = mine.rename(tmp_path / "my-case")
    before = sorted(path.name for path in same.iterdir())
    shown = run.invoke(app, ["run", str(same), "-q", "-o", str(tmp_path)])
    assert shown.exit_code == 2
    assert "replace the case itself" in shown.output
    assert sorted(path.name for path in same.iterdir()) == before


def test_words_of_a_case_are_shown_as_they_stand(run: CliRunner, mine: Path, tmp_path: Path) -> None:
    """Square brackets and colons in a name are no commands for the console, whichever way they close."""
    change(mine / "reports.csv", "R001,office-a", "R001,[/x] :bomb:")
    shown = run.invoke(app, ["check", str(mine)])
    assert shown.exit_code == 0, shown.output
    assert "[/x] :bomb:" in shown.output
    change(mine / "reports.csv", "Example town", "[bold]Example")
    assert "[bold]Example" in run.invoke(app, ["run", str(mine), "-o", str(tmp_path / "o")]).output


def test_check_tells_once_what_many_rows_share(run: CliRunner, mine: Path) -> None:
    change(mine / "sources.csv", "source_id,", "source,")
    shown = run.invoke(app, ["check", str(mine)]).output
    assert "Rows left out: 4" in shown
    assert shown.count("rename 'source' to source_id") == 1
    assert "(4 rows: 2, 3, 4, 5)" in shown


def test_a_negative_seed_or_an_empty_name_is_a_wrong_call(run: CliRunner, mine: Path) -> None:
    assert run.invoke(app, ["run", str(mine), "--seed", "-5"]).exit_code == 2
    assert run.invoke(app, ["check", ""]).exit_code == 2
    assert run.invoke(app, ["check", "x" * 400]).exit_code == 2


@pytest.mark.parametrize("command", [["check"], ["explain", "no-attacks"]])
def test_a_pipe_closed_early_or_a_console_without_letters_makes_no_traceback(
    mine: Path, command: list[str]
) -> None:
    """As with `| head -1` in a shell of the C locale."""
    ascii_only = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PATH": os.environ["PATH"]}
    call = [sys.executable, "-m", "ceasefire.cli", command[0], str(mine), *command[1:]]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ascii_only) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read().decode("ascii", errors="replace")
        assert process.wait() in (0, 1)
    assert "Traceback" not in told
    assert "Error" not in told


def test_a_full_disk_is_told_in_one_line(run: CliRunner, mine: Path) -> None:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("no /dev/full here")
    call = [sys.executable, "-m", "ceasefire.cli", "check", str(mine)]
    with device.open("w", encoding="utf-8") as full:
        done = subprocess.run(call, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_days_carry_their_year_where_the_case_has_several(run: CliRunner, mine: Path, tmp_path: Path) -> None:
    call = ["run", str(mine), "-o", str(tmp_path / "out")]
    assert "5 Jan 14:30" in run.invoke(app, call).output
    change(mine / "case.yaml", "from: 2020-01-01", "from: 2019-12-01")
    assert "5 Jan 2020 14:30" in run.invoke(app, call).output


def test_explain_shows_why_two_reports_are_one_incident_feature_by_feature(run: CliRunner) -> None:
    shown = run.invoke(app, ["explain", SYRIA, "R145", "R151"])
    assert shown.exit_code == 0, shown.output
    for word in (
        "one incident, I-R145",
        "before any comparison",
        "same place",
        "+2.20",
        "█",
        "Feature by feature",
    ):
        assert word in shown.output, word
    parted = run.invoke(app, ["explain", SYRIA, "R145", "R001"])
    assert parted.exit_code == 0
    assert "two incidents, I-R145 and I-R001" in parted.output
    assert "not in `links`" in parted.output


def test_explain_of_an_incident_ends_with_what_binds_it(run: CliRunner) -> None:
    for name in ("I-R145", "URUM-2016-09-19"):
        assert "What binds its least sure report" in run.invoke(app, ["explain", SYRIA, name]).output
    assert "What binds R147 to I-R145" in run.invoke(app, ["explain", SYRIA, "R147"]).output


def test_explain_of_a_pair_names_the_nearest_reports_and_takes_no_instant(run: CliRunner) -> None:
    missed = run.invoke(app, ["explain", SYRIA, "R145", "R99999"])
    assert missed.exit_code == 1
    assert "no report is called 'R99999'" in missed.output
    assert run.invoke(app, ["explain", SYRIA, "R145", "R145"]).exit_code == 1
    assert run.invoke(app, ["explain", SYRIA, "R145", "R151", "--at", "2016-09-20"]).exit_code == 2
