"""The command line: exit codes, one clear message, and what it prints."""

from __future__ import annotations

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
    for word in ("run", "check", "explain", "init", "words", "cases/syria-2016"):
        assert word in shown.output


@pytest.mark.parametrize("command", ["run", "check", "explain", "init", "words"])
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
    for word in ("Clocks", "Obligations", "Gravest of", "Access", "Versions", "Not seen", "Problems"):
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
