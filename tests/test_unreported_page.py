"""What nobody reported, from a case to its page: wired in, made when asked for, told plainly, refused plainly."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from typer.testing import CliRunner

import ceasefire
from ceasefire import Picture
from ceasefire.attribute.unreported import what_nobody_reported
from ceasefire.cli import app
from ceasefire.model import table
from ceasefire.publishing import release
from ceasefire.report.page import page
from ceasefire.report.sections.desk import Desk
from ceasefire.report.sections.unreported import in_words, unreported
from ceasefire.report.wording import iso_week, sentence, week
from shipped import CASES, shipped_case


def test_it_is_made_when_first_asked_for_and_kept() -> None:
    picture = ceasefire.derive(shipped_case("syria-2016"))
    assert picture.tables.waits("unreported")
    picture.explain("I-R145")
    assert picture.tables.waits("unreported"), "an incident is explained without it"
    assert picture.table("unreported") is picture.table("unreported")
    assert not picture.tables.waits("unreported")
    assert set(picture.problems["code"]) >= {"area_dark"}


def test_a_case_says_a_range_where_somebody_watched_and_no_upper_end_beyond(syria: Picture) -> None:
    told = in_words(syria.table("unreported").iter_rows(named=True), sentence)
    assert told.startswith("Where somebody watched, ")
    assert "95 % interval" in told
    assert told.endswith("for the whole there is no upper end.")
    rows = syria.table("unreported")
    authors = rows.filter((pl.col("by") == "actor") & (pl.col("model") == "stacked"))
    assert authors.height
    assert not authors["usable"].any(), "too few incidents each to say"
    assert authors["reason"].null_count() == 0


def test_a_district_in_the_dark_has_no_number_and_never_reads_as_calm(syria: Picture) -> None:
    """Lattakia: nobody watched in any of its weeks. It stands in the dark, and among no figures."""
    section = unreported(Desk(release(syria)))
    assert section is not None
    dark = {r[0]: r[1] for r in section["dark"].rows}
    assert dark["Lattakia"] == "3 of 3"
    assert not [r for r in section["told"].rows if "Lattakia" in r[0]]
    html = page(release(syria))
    text = html[html.index('id="unreported"') : html.index('id="signals"')]
    assert "Silence there is unknown; it is not calm." in text
    assert "lattakia 0" not in text.casefold()


def test_the_page_has_each_model_with_its_interval_and_its_assumption(syria: Picture) -> None:
    section = unreported(Desk(release(syria)))
    assert section is not None
    rows = section["models"].rows
    assert len(rows) == 8
    assert all(r[5] for r in rows), "the assumption in words"
    assert {r[4] for r in rows} >= {"bound only", "yes"}
    assert section["sensitivity"]
    assert section["left_out"] == syria.incidents.height - 69


def test_a_refusal_is_the_answer_and_is_not_none() -> None:
    def told(reason: str, listed: float, bound: float | None = None) -> str:
        rows = [
            {
                "by": "all",
                "group": "all",
                "model": "stacked",
                "listed": listed,
                "best": None,
                "reason": reason,
            }
        ]
        if bound is not None:
            chao = {"model": "Chao lower bound", "best": bound, "low": 38.0, "high": 60.0}
            rows.append({"by": "all", "group": "all", **chao})
        return in_words(rows, sentence)

    assert told("overlaps too thin: 4 incidents on two lists or more, 10 needed", 30, 44.0) == (
        "How many incidents nobody reported cannot be told. Overlaps too thin: 4 incidents on two lists or more, 10 needed. "
        "A bound from below: 44 incidents (38 to 60, 95 % interval). That is not the same as none."
    )
    assert told("nothing is listed: that is not the same as nothing happened", 0).endswith(
        "Nothing is listed: that is not the same as nothing happened."
    )
    assert in_words([], sentence) == ""


def test_authors_are_drawn_only_where_an_account_names_one_and_found_copies_are_one_list() -> None:
    """Two of three incidents have no named author: the prior alone is no evidence. The mirror was found to repeat the wire."""
    ids, sources = ("i1", "i2", "i3"), ("wire", "mirror", "radio")
    tables = {
        "memberships": table("memberships").frame(
            {"report_id": f"{s}-{i}", "incident_id": i, "origin_id": f"{s}-{i}"} for s in sources for i in ids
        ),
        "located": pl.DataFrame(
            {
                "report_id": [f"{s}-{i}" for s in sources for i in ids],
                "source_id": [s for s in sources for _ in ids],
            }
        ),
        "attributions": pl.DataFrame(
            [(i, a, 0.5) for i in ids for a in ("blue", "red")],
            schema=["incident_id", "actor", "probability"],
            orient="row",
        ),
        "assessments": pl.DataFrame({"incident_id": ids, "leading": ["blue|red", None, None]}),
        "incidents": table("incidents").empty(),
        "observation": table("observation").empty(),
        "standing": table("standing").frame(
            [{"source_id": "mirror", "elsewhere": False, "repeats": "wire", "share": 0.9}]
        ),
    }
    made = what_nobody_reported(tables, timezone="UTC")
    assert made.lists["list"].to_list() == ["mirror + wire", "radio"]
    listed = dict(
        made.table.filter((pl.col("by") == "actor") & (pl.col("model") == "stacked"))
        .select("group", "listed")
        .iter_rows()
    )
    assert listed["undetermined"] == 2
    assert listed["blue"] + listed["red"] == pytest.approx(1)
    with pytest.raises(KeyError, match="no group"):
        made.explain("green")


def test_weeks_are_named_by_their_monday() -> None:
    assert iso_week("2016-09-20") == "2016-W38"
    assert week("2016-W38") == "19 Sep 2016"
    assert iso_week("2016-01-01") == "2015-W53"


def test_the_command_answers_and_explains_a_part() -> None:
    run, case = CliRunner(), str(CASES / "syria-2016")
    shown = run.invoke(app, ["unreported", case])
    assert shown.exit_code == 0, shown.output
    for words in ("what nobody reported", "not none", "Unknown, not calm", "Chao lower bound"):
        assert words in shown.output
    part = run.invoke(app, ["unreported", case, "Aleppo"])
    assert part.exit_code == 0
    assert "What each model believes" in part.output
    wrong = run.invoke(app, ["unreported", case, "Atlantis"])
    assert wrong.exit_code == 1
    assert "expected one of" in wrong.output


def test_citations_of_a_coded_data_set_are_no_lists(donbas: Picture) -> None:
    """UCDP names the articles that its coders read: their overlaps would make a huge number of a habit of citing."""
    rows = donbas.table("unreported")
    assert rows["best"].null_count() == rows.height
    assert "Chao lower bound" not in set(rows["model"]), "not even the bound holds"
    told = in_words(rows.iter_rows(named=True), sentence)
    assert told.startswith("How many incidents nobody reported cannot be told. Not lists: all ")
    section = unreported(Desk(release(donbas)))
    assert section is not None
    assert section["refused"]
    assert section["same"]


def test_a_few_coded_incidents_are_left_out_with_a_note() -> None:
    ids = [f"i{n}" for n in range(6)]
    tables = {
        "memberships": table("memberships").frame(
            {"report_id": f"{s}-{i}", "incident_id": i} for s in ("wire", "radio") for i in ids
        ),
        "located": pl.DataFrame(
            {
                "report_id": [f"{s}-{i}" for s in ("wire", "radio") for i in ids],
                "source_id": [s for s in ("wire", "radio") for _ in ids],
            }
        ),
        "attributions": table("attributions").empty(),
        "assessments": table("assessments").empty(),
        "incidents": pl.DataFrame(
            {
                "incident_id": ids,
                "coded": [True, False, False, False, False, None],
                "admin1": ["East"] * 6,
                "occurred_from": [None] * 6,
            },
            schema_overrides={"occurred_from": pl.Datetime("us", "UTC")},
        ),
        "observation": table("observation").empty(),
        "standing": table("standing").empty(),
    }
    made = what_nobody_reported(tables, timezone="UTC")
    assert made.lists["incidents"].to_list() == [5, 5]
    assert [p.code for p in made.problems if p.code == "coded_are_no_lists"] == ["coded_are_no_lists"]


def test_blacking_out_a_district_raises_the_uncertainty_and_never_reads_as_calm(syria: Picture) -> None:
    """Nobody reports from Aleppo any more: its figure is gone, all its weeks are dark, and the whole can no longer be told."""
    home = syria.incidents.filter(pl.col("admin1") == "Aleppo").select("incident_id")
    silent = syria.table("memberships").join(home, on="incident_id", how="semi")["report_id"]
    case = shipped_case("syria-2016")
    reports = case.facts["reports"].filter(~pl.col("report_id").is_in(silent.to_list()))
    dark = ceasefire.derive(replace(case, facts={**case.facts, "reports": reports}))
    before, after = syria.table("unreported"), dark.table("unreported")

    def of_aleppo(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.filter(pl.col("group").str.starts_with("Aleppo"))

    assert of_aleppo(before).filter(pl.col("model") == "stacked")["usable"].all()
    assert set(of_aleppo(after)["model"]) == {"not observed"}
    assert of_aleppo(after).height == 3, "every week of the period"
    for column in ("listed", "low", "best", "high"):
        assert of_aleppo(after)[column].null_count() == 3, "no number, and no zero"
    told = in_words(after.iter_rows(named=True), sentence)
    assert told.startswith("How many incidents nobody reported cannot be told.")
    assert told.endswith("That is not the same as none.")
    section = unreported(Desk(release(dark)))
    assert section is not None
    assert dict(r[:2] for r in section["dark"].rows)["Aleppo"] == "3 of 3"
