"""What may not matter does not: whose label is whose, the order of rows and files, and facts from the future."""

from __future__ import annotations

import csv
import os
import random
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import ceasefire
from ceasefire import Picture
from shipped import CASES, shipped_case, shipped_picture

# The tables on which an answer rests; explanations in words are compared through their figures.
JUDGED = {
    "incidents": ["incident_id", "killed_low", "killed_best", "killed_high", "n_reports", "n_origins", "act"],
    "memberships": ["report_id", "incident_id", "probability", "origin_id"],
    "alternatives": ["incident_id", "kind", "other_id", "probability"],
    "incident_counts": ["by", "group", "listed", "best", "low", "high"],
    "observation": ["area", "day", "n_incidents", "happenings_best", "happenings_low", "happenings_high"],
    "who_counts_whose_dead": [
        "affected",
        "n_happenings",
        "happenings_best",
        "happenings_low",
        "happenings_high",
    ],
    "attributions": ["incident_id", "actor", "probability", "low", "high", "prior"],
    "assessments": [
        "incident_id",
        "answer",
        "leading",
        "probability",
        "low",
        "high",
        "standard",
        "n_camps",
        "contested",
    ],
    "verdicts": ["norm_id", "holder", "verdict", "p_breached", "n_incidents"],
    "incident_verdicts": ["incident_id", "norm_id", "holder", "verdict", "p_breach"],
    "clocks": ["clock_id", "reading", "state", "started_at", "ends_at"],
    "divergences": ["about", "camp_a", "camp_b", "divergence", "low", "high"],
    "who_reports_whom": ["camp", "accused", "n_reports", "share"],
    "office_distances": ["party", "body_a", "body_b", "n_comparable", "n_conflicts"],
    "consignments": ["consignment", "outcome", "days_waiting"],
}
PARTY_COLUMNS = (
    "group",
    "affected",
    "norm_id",
    "actor",
    "answer",
    "leading",
    "holder",
    "accused",
    "camp",
    "party",
    "camp_a",
    "camp_b",
)
SWAP = {
    "syrian-government": "opposition",
    "opposition": "syrian-government",
    "russia": "us-coalition",
    "us-coalition": "russia",
}
LABEL = re.compile(r"(?<![A-Za-z_])(" + "|".join(SWAP) + r")(?![\w-])")


def swapped(text: str) -> str:
    return LABEL.sub(lambda found: SWAP[found[1]], text)


def relabelled(cell: str) -> str:
    """A cell with the labels exchanged; the members of an open set or a joint one in their order again."""
    for sign in "|+":
        if sign in cell:
            return sign.join(sorted(swapped(cell).split(sign)))
    return swapped(cell)


def swap_labels(source: Path, folder: Path) -> None:
    """Exchange the two camps' labels in the agreement and in every cell that holds identifiers."""
    shutil.copytree(source, folder)
    agreement = folder / "agreement.yaml"
    agreement.write_text(swapped(agreement.read_text(encoding="utf-8")), encoding="utf-8")
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        prose = {
            i
            for i, name in enumerate(rows[0])
            if name in ("text", "note", "conclusion", "name", "url", "via")
        }
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [cell if i in prose else swapped(cell) for i, cell in enumerate(row)] for row in rows
            )


def judged(picture: Picture, name: str) -> pl.DataFrame:
    columns = [c for c in JUDGED[name] if c in picture.table(name).columns]
    return picture.table(name).select(columns)


def comparable(frame: pl.DataFrame, *, swap: bool = False) -> pl.DataFrame:
    if swap:
        frame = frame.with_columns(
            pl.col(c).map_elements(relabelled, return_dtype=pl.String)
            for c in PARTY_COLUMNS
            if c in frame.columns
        )
    if "camp_a" in frame.columns:
        pair = pl.concat_list("camp_a", "camp_b").list.sort()
        frame = frame.with_columns(pair.list.get(0).alias("camp_a"), pair.list.get(1).alias("camp_b"))
    return frame.sort(frame.columns)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    folder = tmp_path_factory.mktemp("mirror") / "syria-2016"
    swap_labels(CASES / "syria-2016", folder)
    return ceasefire.derive(ceasefire.open_case(folder))


@pytest.mark.parametrize("name", sorted(JUDGED))
def test_swapping_the_labels_swaps_the_results_and_nothing_else(
    syria: Picture, mirror: Picture, name: str
) -> None:
    ours, theirs = comparable(judged(syria, name)), comparable(judged(mirror, name), swap=True)
    assert ours.height, f"{name} is empty: the test would show nothing"
    assert_frame_equal(ours, theirs, abs_tol=1e-9)


@pytest.mark.parametrize("name", sorted(JUDGED))
def test_the_order_of_rows_does_not_matter(
    syria: Picture, name: str, tmp_path_factory: pytest.TempPathFactory, shuffled: Picture
) -> None:
    assert_frame_equal(judged(syria, name), judged(shuffled, name))


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    folder = tmp_path_factory.mktemp("shuffled") / "syria-2016"
    shutil.copytree(CASES / "syria-2016", folder)
    for number, path in enumerate(sorted(folder.glob("*.csv"))):
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        random.Random(number).shuffle(rows)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])
    return ceasefire.derive(ceasefire.open_case(folder))


@pytest.mark.parametrize("as_of", ["2016-09-14T12:00Z", "2016-09-20T12:00Z", "2016-12-22"])
def test_later_facts_never_change_an_earlier_picture(as_of: str) -> None:
    """A case that has never heard of what came later gives the same picture."""
    full = shipped_picture("syria-2016", as_of)
    case = shipped_case("syria-2016")
    young = ceasefire.derive(case.known(full.as_of), as_of=full.as_of)
    for name, frame in full.tables.items():
        assert_frame_equal(frame, young.table(name))


@pytest.mark.parametrize("as_of", ["2016-09-15T12:00Z", "2016-09-20T12:00Z"])
def test_an_early_incident_keeps_its_name_or_lineage_says_where_it_went(syria: Picture, as_of: str) -> None:
    """Given the earlier memberships, every name that is gone has a row that leads to a name of today."""
    early = shipped_picture("syria-2016", as_of)
    facts = syria.case.facts
    fused = ceasefire.fuse(
        syria.table("located"), facts["sources"], actors=facts["actors"], previous=early.table("memberships")
    )
    today = set(fused.incidents["incident_id"])
    assert today == set(syria.incidents["incident_id"])
    gone = set(early.incidents["incident_id"]) - today
    led = fused.lineage.filter(pl.col("incident_id").is_in(list(gone)) & (pl.col("change") != "minted"))
    assert set(led["incident_id"]) == gone
    assert set(led["other_id"]) <= today


def test_the_same_inputs_give_the_same_bytes(syria: Picture, tmp_path: Path) -> None:
    from ceasefire.exports import write

    again = ceasefire.derive(ceasefire.open_case(CASES / "syria-2016"))
    first, second = write(syria, tmp_path / "a"), write(again, tmp_path / "b")
    assert first == second
    assert (tmp_path / "a" / "manifest.json").read_bytes() == (tmp_path / "b" / "manifest.json").read_bytes()


def test_as_of_wants_a_zone() -> None:
    with pytest.raises(ceasefire.CaseError, match="zone"):
        ceasefire.derive(shipped_case("syria-2016"), as_of="2016-09-20T12:00")


def test_a_date_means_its_end_in_the_cases_zone() -> None:
    as_of = shipped_picture("syria-2016", "2016-12-22").as_of
    assert as_of == datetime.fromisoformat("2016-12-22T21:59:59.999999+00:00")


def test_threads_and_hash_seeds_do_not_change_a_byte(tmp_path: Path) -> None:
    """Two processes with another number of threads and another hash seed write the same files."""
    manifests = []
    for threads, seed, zone in (("1", "1", "UTC"), ("4", "2", "Pacific/Kiritimati")):
        folder = tmp_path / threads
        environment = {**os.environ, "POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": seed, "TZ": zone}
        command = [
            sys.executable,
            "-m",
            "ceasefire.cli",
            "run",
            str(CASES / "syria-2016"),
            "--quiet",
            "-o",
            str(folder),
        ]
        subprocess.run(command, check=True, env=environment, capture_output=True)
        manifests.append((folder / "syria-2016" / "manifest.json").read_text(encoding="utf-8"))
    assert manifests[0] == manifests[1]
