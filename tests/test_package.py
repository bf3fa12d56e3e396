"""The public names: they keep their names and their shapes, whatever was imported first."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import polars as pl
import pytest

import ceasefire
from ceasefire import Picture
from ceasefire.comply import Evidence
from shipped import CASES


def test_the_functions_keep_their_names_after_their_rooms_are_imported() -> None:
    """``ceasefire.fuse`` is the function even when the room of that name was loaded before."""
    script = "import ceasefire.pipeline, ceasefire.fuse, ceasefire; print(callable(ceasefire.fuse), callable(ceasefire.comply))"
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["True", "True"]


def test_importing_the_package_loads_no_tables() -> None:
    script = "import sys, ceasefire; print('polars' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "False"


def test_fuse_takes_any_table_with_the_four_columns() -> None:
    hour = datetime(2016, 9, 19, 16, 12, tzinfo=UTC)
    fused = ceasefire.fuse(
        pl.DataFrame(
            {
                "report_id": ["r1", "r2"],
                "source_id": ["a", "b"],
                "occurred_from": [hour] * 2,
                "occurred_to": [hour] * 2,
            }
        )
    )
    assert set(fused.memberships["report_id"]) == {"r1", "r2"}
    assert {"incident_id", "n_reports", "killed_low", "killed_best", "killed_high"} <= set(
        fused.incidents.columns
    )


def test_attribute_takes_claims_sources_and_parties() -> None:
    claims = pl.DataFrame(
        {
            "incident_id": ["i", "i"],
            "source_id": ["a", "b"],
            "stance": ["asserts", "asserts"],
            "actor": ["north", "north"],
            "published_at": [datetime(2016, 9, 20, tzinfo=UTC)] * 2,
        }
    )
    sources = pl.DataFrame(
        {"source_id": ["a", "b"], "name": ["A", "B"], "kind": ["un", "un"], "camp": [None, "south"]}
    )
    made = ceasefire.attribute(claims, sources, ["north", "south"])
    assert abs(made.attributions["probability"].sum() - 1) < 1e-9
    assert made.explain("i")


def test_comply_takes_terms_and_evidence(syria: Picture) -> None:
    terms = ceasefire.load_agreement(CASES / "syria-2016" / "agreement.yaml")
    judged = ceasefire.comply(terms, Evidence(as_of=syria.as_of, incidents=syria.incidents))
    assert {"norm_id", "holder", "verdict"} <= set(judged.verdicts.columns)
    assert judged.explain("S1a")
    assert ceasefire.comply(terms, syria).verdicts.equals(syria.verdicts)


def test_explain_takes_a_report_an_incident_a_clause_a_clock_a_delivery_and_a_topic(syria: Picture) -> None:
    for identifier in ("R145", "I-R145", "S1a", "seven-days", "CASTELLO-40", "RU-URUM", "URUM-2016-09-19"):
        assert syria.explain(identifier), identifier
    with pytest.raises(KeyError, match="nearest"):
        syria.explain("nothing-like-this")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ceasefire.nonsense
