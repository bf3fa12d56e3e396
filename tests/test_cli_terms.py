"""The commands on an agreement: what they print, and how they end when something cannot be had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ceasefire.agreement import change, load
from ceasefire.cli import app
from ceasefire.problems import CaseError
from shipped import CASES

SYRIA = str(CASES / "syria-2016")


@pytest.fixture
def run() -> CliRunner:
    return CliRunner()


@pytest.mark.parametrize("command", ["lint", "try", "whatif", "ask", "hindsight", "schema"])
def test_each_command_has_an_example(run: CliRunner, command: str) -> None:
    assert f"ceasefire {command}" in run.invoke(app, [command, "--help"]).output


def test_lint_tells_a_mediator_what_is_left_open(run: CliRunner) -> None:
    shown = run.invoke(app, ["lint", SYRIA])
    assert shown.exit_code == 0
    for words in ("points left open", "self-defence", "castello-dmz", "S3f"):
        assert words in shown.output


def test_a_draft_with_a_misspelt_key_is_refused_with_its_line(run: CliRunner, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    text = (CASES / "syria-2016" / "agreement.yaml").read_text(encoding="utf-8")
    draft.write_text(text.replace("    reply_within: 2h", "    reply_withn: 2h"), encoding="utf-8")
    shown = run.invoke(app, ["lint", str(draft)])
    assert shown.exit_code == 2
    assert "did you mean 'reply_within'?" in shown.output
    assert "draft.yaml:" in shown.output


def test_whatif_says_what_differs_and_because_of_what(run: CliRunner) -> None:
    strict = run.invoke(app, ["whatif", SYRIA, "clocks.seven-days.quiet.killed_a_day=20"])
    assert strict.exit_code == 0, strict.output
    assert "seven-days (counted)" in strict.output
    assert "longest quiet stretch" in strict.output
    protected = run.invoke(
        app, ["whatif", SYRIA, "norms.S1a.unless-=exempted-area", "norms.S1a.unless-=exempted-affected"]
    )
    assert "al-Mayadin" in protected.output, "the strike on an exempted group's town would count"
    same = run.invoke(app, ["whatif", SYRIA, "title=Other words"])
    assert "Nothing differs." in same.output


def test_a_change_that_fits_nowhere_ends_with_2_and_the_nearest_name(run: CliRunner) -> None:
    shown = run.invoke(app, ["whatif", SYRIA, "clocks.seven-dys.reset=nobody"])
    assert shown.exit_code == 2
    assert "did you mean 'seven-days'?" in shown.output


def test_ask_gives_one_figure_for_a_joint_statement(run: CliRunner) -> None:
    both = run.invoke(app, ["ask", SYRIA, "S1a breached by russia and S1a breached by opposition"])
    assert both.exit_code == 0, both.output
    assert 0 < float(both.output.split(",", maxsplit=1)[0]) < 1
    impossible = run.invoke(app, ["ask", SYRIA, "S1a breached by russia and not S1a breached"])
    assert impossible.output.startswith("0.000")
    assert run.invoke(app, ["ask", SYRIA, "S1a breached by russia and"]).exit_code == 1
    assert "S1b breached by russia" in run.invoke(app, ["ask", SYRIA, "S1b kept"]).output


def test_hindsight_puts_then_and_now_side_by_side(run: CliRunner) -> None:
    shown = run.invoke(app, ["hindsight", SYRIA, "2016-09-20T12:00Z"])
    assert shown.exit_code == 0, shown.output
    assert "known then" in shown.output
    assert "known now" in shown.output
    assert run.invoke(app, ["hindsight", SYRIA, "soon"]).exit_code == 2


def test_the_schema_is_json(run: CliRunner) -> None:
    made = json.loads(run.invoke(app, ["schema"]).output)
    assert made["properties"]["norms"]["additionalProperties"]["properties"]["never"]


# ------------------------------------------------------------------ changes


def test_changes_set_add_take_away_and_take_out() -> None:
    terms = load(CASES / "syria-2016" / "agreement.yaml")
    changed = change(
        terms,
        [
            "exceptions.self-defence.prior=0.5",
            "norms.S1b.unless+=self-defence",
            "norms.S1a.unless-=self-defence",
            "exempt.nusra=",
        ],
    )
    assert changed.exceptions["self-defence"].prior == 0.5
    assert "self-defence" in changed.norms["S1b"].unless
    assert "self-defence" not in changed.norms["S1a"].unless
    assert list(changed.exempt) == ["isil"]
    assert terms.exceptions["self-defence"].prior == 0.1, "the agreement itself stays as it was"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prior", "write path=value"),
        ("exceptions.self-defense.prior=1", "did you mean 'self-defence'"),
        ("exceptions.self-defence.prior=2", "a probability from 0 to 1"),
        ("exceptions.exempted-area=", "the agreement as changed"),
        ("norms.S1a.unless-=nothing", "exempted-affected"),
        ("title.more=x", "which is a value"),
    ],
)
def test_a_wrong_change_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        change(load(CASES / "syria-2016" / "agreement.yaml"), [text])
