"""`ceasefire fuse`: any table of reports in, tables of incidents out, and one clear message where it cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from ceasefire.cli import app
from shipped import CASES

WRITTEN = (
    "incidents",
    "memberships",
    "links",
    "lineage",
    "alternatives",
    "day_counts",
    "weights",
    "problems",
)

MARKET = """\
report_id,source_id,occurred_from,occurred_to,place_name,act,published_at,text
M1,watch,2031-05-12T16:00Z,2031-05-12T16:30Z,Old Mill,shelling,2031-05-12T20:00Z,Shells struck the grain market
M2,daily,2031-05-12T16:10Z,2031-05-12T16:40Z,Old Mill,shelling,2031-05-13T06:00Z,Grain market struck by shells
Z9,watch,2031-05-18T09:00Z,2031-05-18T09:00Z,Stone Bridge,abduction,2031-05-18T12:00Z,A teacher was taken away
"""


@pytest.fixture
def run() -> CliRunner:
    return CliRunner()


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """Two sources on one strike, and an abduction six days later."""
    path = tmp_path / "market.csv"
    path.write_text(MARKET, encoding="utf-8")
    return path


def fuse(run: CliRunner, *arguments: object, code: int = 0) -> str:
    shown = run.invoke(app, ["fuse", *map(str, arguments)])
    assert shown.exit_code == code, shown.output
    assert "Traceback" not in shown.output
    return shown.output


def homes(folder: Path) -> dict[str, str]:
    rows = pl.read_csv(folder / "memberships.csv").select("report_id", "incident_id")
    return dict(rows.iter_rows())


def test_labels_are_read_and_too_few_are_told(run: CliRunner, market: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "decision_id,kind,report_a,report_b,by,recorded_at\nL1,same,M1,M2,coder,2031-06-01T00:00Z\n",
        encoding="utf-8",
    )
    fuse(run, market, "-o", tmp_path / "out", "--labels", labels)
    assert "labels_too_few" in (tmp_path / "out" / "problems.csv").read_text(encoding="utf-8")
    told = fuse(run, market, "-o", tmp_path / "no", "--labels", labels, "--engine", "spark", code=2)
    assert "one machine" in told


def test_two_sources_on_one_strike_are_one_incident(run: CliRunner, market: Path, tmp_path: Path) -> None:
    said = fuse(run, market, "-o", tmp_path / "fused")
    assert homes(tmp_path / "fused") == {"M1": "I-M1", "M2": "I-M1", "Z9": "I-Z9"}
    assert "3 reports tell of 2 incidents" in said
    assert "told by more than one source: 1" in said
    assert "told by one report only: 1" in said
    assert "origins (copies and relays counted once): 3" in said
    assert sorted(p.name for p in (tmp_path / "fused").iterdir()) == sorted(
        [*(f"{name}.csv" for name in WRITTEN), "manifest.json"]
    )


def test_the_same_reports_give_the_same_bytes(market: Path, tmp_path: Path) -> None:
    """Twice in two processes, over an earlier result and into a new folder."""
    folders = [tmp_path / "one", tmp_path / "two", tmp_path / "one"]
    for folder in folders:
        call = [sys.executable, "-m", "ceasefire.cli", "fuse", str(market), "-o", str(folder)]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    one, two = ({p.name: p.read_bytes() for p in f.iterdir()} for f in folders[:2])
    assert one == two


def test_four_columns_are_enough_and_what_was_assumed_is_told(run: CliRunner, tmp_path: Path) -> None:
    plain = tmp_path / "plain.tsv"
    plain.write_text(
        "Report ID\tsource_id\toccurred_from\toccurred_to\nA\tx\t2031-05-12 16:00\t2031-05-12 17:00\n",
        encoding="utf-8",
    )
    said = fuse(run, plain, "-o", tmp_path / "out")
    assert "1 report tells of 1 incident" in said
    assert "read as UTC" in said
    assert "--timezone" in said
    assert "undated" in said
    told = fuse(run, plain, "-o", tmp_path / "there", "--timezone", "Asia/Damascus")
    assert "read as UTC" not in told
    start = pl.read_csv(tmp_path / "there" / "incidents.csv")["occurred_from"][0]
    assert start == "2031-05-12T13:00:00Z"


def test_formats_of_one_table_give_one_answer(run: CliRunner, market: Path, tmp_path: Path) -> None:
    """CSV, JSON Lines, a workbook, Parquet of text and Parquet of times."""
    frame = pl.read_csv(market)
    times = ("occurred_from", "occurred_to", "published_at")
    typed = frame.with_columns(pl.col(c).str.to_datetime("%Y-%m-%dT%H:%MZ", time_zone="UTC") for c in times)
    frame.write_ndjson(tmp_path / "r.jsonl")
    frame.write_excel(tmp_path / "r.xlsx")
    frame.write_parquet(tmp_path / "text.parquet")
    typed.write_parquet(tmp_path / "r.parquet")
    answers = set()
    for name in ("market.csv", "r.jsonl", "r.xlsx", "text.parquet", "r.parquet"):
        fuse(run, tmp_path / name, "-o", tmp_path / f"out-{name}", "-q")
        answers.add((tmp_path / f"out-{name}" / "links.csv").read_bytes())
    assert len(answers) == 1


def test_parquet_without_a_zone_is_told_and_bad_cells_are_counted(run: CliRunner, tmp_path: Path) -> None:
    at = datetime(2031, 5, 12, 16)
    path = tmp_path / "r.parquet"
    pl.DataFrame(
        {
            "report_id": [1, 2],
            "source_id": ["a", "b"],
            "occurred_from": [at, at],
            "occurred_to": [at, None],
            "latitude": ["36.1", "north"],
            "colour": ["red", "blue"],
        }
    ).write_parquet(path)
    said = fuse(run, path, "-o", tmp_path / "out")
    assert "read as UTC" in said
    assert "bad_cell" in said
    assert "'colour'" in said
    assert homes(tmp_path / "out").keys() == {1, 2}
    assert fuse(run, path, "-o", tmp_path / "east", "--timezone", "Asia/Damascus")
    start = pl.read_csv(tmp_path / "east" / "incidents.csv", try_parse_dates=True)["occurred_from"][0]
    assert start == datetime(2031, 5, 12, 13, tzinfo=UTC)


def test_a_decision_parts_what_the_weights_joined_and_lineage_says_so(
    run: CliRunner, market: Path, tmp_path: Path
) -> None:
    fuse(run, market, "-o", tmp_path / "before")
    decisions = tmp_path / "decisions.csv"
    decisions.write_text(
        "decision_id,kind,report_a,report_b,recorded_at,by,reason\nD1,different,M1,M2,2031-05-14,nima,two streets\n",
        encoding="utf-8",
    )
    after = tmp_path / "after"
    fuse(
        run,
        *(market, "-o", after, "--decisions", decisions),
        *("--previous", tmp_path / "before" / "memberships.csv"),
    )
    assert homes(after) == {"M1": "I-M1", "M2": "I-M2", "Z9": "I-Z9"}
    lineage = pl.read_csv(after / "lineage.csv").filter(pl.col("change") == "split_from")
    assert lineage.select("incident_id", "other_id").rows()[0] == ("I-M2", "I-M1")


def test_sources_and_actors_are_read_as_in_a_case(run: CliRunner, tmp_path: Path) -> None:
    """The Syria case's own tables; what relays what follows from the names of its sources."""
    syria = CASES / "syria-2016"
    options = ["--sources", syria / "sources.csv", "--actors", syria / "actors.csv"]
    said = fuse(run, syria / "reports.csv", "-o", tmp_path / "out", *options, "--timezone", "Asia/Damascus")
    assert "213 reports tell of" in said
    listed = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert sorted(listed["inputs"]) == ["actors", "reports", "sources"]


def test_a_mapping_reads_another_layout(run: CliRunner, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("Who;When;Where\nSMM;12.05.2031 16:00;Old Mill\n", encoding="utf-8")
    mapping = tmp_path / "log.yaml"
    mapping.write_text(
        "zone: Europe/Kyiv\ncolumns:\n  source_id: Who\n  occurred_from: When\n  place_name: Where\n",
        encoding="utf-8",
    )
    fuse(run, log, "-o", tmp_path / "out", "--mapping", mapping)
    assert pl.read_csv(tmp_path / "out" / "incidents.csv")["occurred_from"][0] == "2031-05-12T13:00:00Z"
    refused = fuse(run, log, "-o", tmp_path / "no", code=2)
    assert "--mapping" in refused
    assert not (tmp_path / "no").exists()


def test_a_layout_of_a_data_set_is_recognised(run: CliRunner, tmp_path: Path) -> None:
    """UCDP GED: one report for each article of an event, which its coders hold together."""
    few = tmp_path / "ged.csv"
    whole = (CASES / "donbas" / "ucdp_ged_ukraine.csv").read_bytes()
    few.write_bytes(b"".join(whole.splitlines(keepends=True)[:40]))
    fuse(run, few, "-o", tmp_path / "out")
    assert all(report.startswith("UCDP-") for report in homes(tmp_path / "out"))


def test_parquet_replaces_the_csv_of_an_earlier_run_and_nothing_else(
    run: CliRunner, market: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    fuse(run, market, "-o", out)
    (out / "mine.csv").write_text("mine", encoding="utf-8")
    fuse(run, market, "-o", out, "--format", "parquet", "-q")
    assert sorted(p.name for p in out.iterdir()) == sorted(
        [*(f"{name}.parquet" for name in WRITTEN), "manifest.json", "mine.csv"]
    )
    assert pl.read_parquet(out / "incidents.parquet")["occurred_from"].dtype == pl.Datetime("us", "UTC")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.csv", "-o", "out"], "no such file"),
        (["market.csv", "-o", "market.csv"], "expected a folder"),
        (["market.csv", "-o", "out", "--sources", "market.csv"], "market.csv"),
        (["market.csv", "-o", "out", "--timezone", "Nowhere"], "--timezone"),
        (["market.csv", "-o", "out", "--previous", "market.csv"], "incident_id"),
        (["market.csv", "-o", "out", "--seed", "-1"], "seed"),
        (["market.csv", "-o", "out", "--engine", "abacus"], "spark"),
        (["bad.csv", "-o", "out"], "bad.csv:2"),
        (["market.csv", "-o", "."], ""),
    ],
)
def test_a_wrong_call_ends_with_2_and_one_message(
    run: CliRunner,
    market: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(market.parent)
    Path("bad.csv").write_text(
        "report_id,source_id,occurred_from,occurred_to\nA,x,soon,later\n", encoding="utf-8"
    )
    if arguments[-1] == ".":
        market.rename("incidents.csv")
        arguments, words = ["incidents.csv", "-o", "."], "would replace"
    assert words in fuse(run, *arguments, code=2)
    assert not Path("out").exists()


def test_without_pyspark_the_message_says_how_to_get_it(
    run: CliRunner, market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n == "pyspark" else known(n, *a))
    said = fuse(run, market, "-o", tmp_path / "out", "--engine", "spark", code=2)
    assert "ceasefire[spark]" in said


def test_a_full_or_closed_folder_is_told_with_1(
    run: CliRunner, market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fuse(run, market, "-o", tmp_path / "out", "-q")
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}

    def full(self: Path, body: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    said = fuse(run, market, "-o", tmp_path / "out", "--seed", "3", code=1)
    assert "No space left" in said
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before
