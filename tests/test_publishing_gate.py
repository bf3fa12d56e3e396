"""The gate: what a public release may hold, and that the scanner finds what it may not."""

import json
from dataclasses import replace

import polars as pl
import pytest

from ceasefire.exports import PublishingError, leaks, write
from ceasefire.publishing import release
from fabricated_picture import SECRET_ID, SECRET_NAME, SITE, at, picture


def test_a_notified_site_has_no_coordinates_in_public_and_has_them_inside():
    public, internal = release(picture()), release(picture(), "internal")
    assert public.table("notifications")["latitude"].null_count() == public.table("notifications").height
    assert (
        internal.table("notifications").drop_nulls("latitude").select("latitude", "longitude").row(0) == SITE
    )
    hidden = pl.col("place_name") == "Clinic at the mill"
    assert public.table("places").filter(hidden)["latitude"].to_list() == [None]
    assert internal.table("places").filter(hidden)["latitude"].to_list() == [SITE[0]]


def test_what_stands_within_half_a_kilometre_of_a_site_is_coarsened_and_the_rest_is_not():
    incidents = release(picture()).table("incidents").sort("incident_id")
    rows = incidents.select("incident_id", "latitude", "longitude", "precision_km").rows()
    assert rows == [("i-R1", 36.2, 37.0, 8.0), ("i-R5", 36.02, 36.7, 3.0), ("i-R6", 36.3, 37.05, 5.0)]


def test_distance_to_a_site_and_its_name_stay_inside():
    public = release(picture())
    assert public.table("struck_after_notified")["distance_km"].to_list() == [None]
    assert public.table("notifications")["name"].to_list() == ["a notified site in Old Mill"]
    assert release(picture(), "internal").table("struck_after_notified")["distance_km"].to_list() == [0.0417]


def test_the_place_weight_of_a_pair_is_a_distance_in_disguise():
    links = release(picture()).table("links")
    assert links.select("w_place", "weight", "w_time").row(0) == (None, None, 2.0)


def test_the_signature_of_a_text_stays_inside():
    """It was made of the text as it stood, before names were taken out of it."""
    told = picture()
    for name in ("reports", "located"):
        told.tables[name] = told.tables[name].with_columns(meaning=pl.lit("ab" * 16))
        assert release(told).table(name)["meaning"].null_count() == told.table(name).height
        assert release(told, "internal").table(name)["meaning"].null_count() == 0


def test_a_protected_source_becomes_its_pseudonym_everywhere_with_no_address():
    public = release(picture())
    for name, frame in public.tables.items():
        for column in (c for c, kind in frame.schema.items() if kind == pl.String):
            told = " ".join(frame[column].drop_nulls()).casefold()
            assert SECRET_ID not in told, (name, column)
            assert "halloum" not in told, (name, column)
    theirs = public.table("reports").filter(pl.col("source_id") == "protected-1")
    assert theirs.select("url", "via").row(0) == (None, None)
    assert "Medical worker A says she saw it" in theirs["text"][0]
    source = public.table("sources").filter(pl.col("source_id") == "protected-1")
    assert source.select("name", "note", "country").row(0) == ("Medical worker A", None, None)


def test_an_address_that_a_protected_report_was_read_at_is_taken_from_other_rows_too():
    reports = release(picture()).table("reports").filter(pl.col("report_id") == "R5")
    assert reports["url"].to_list() == [None]
    access = release(picture()).table("access").filter(pl.col("access_id") == "A2")
    assert access["url"].to_list() == [None]


def test_a_pseudonym_that_holds_the_name_is_not_used():
    rows = [
        {"source_id": SECRET_ID, "name": SECRET_NAME, "protected": True, "pseudonym": f"Dr {SECRET_NAME}"}
    ]
    source = release(picture().with_rows("sources", rows)).table("sources")
    assert source["name"].to_list() == ["Protected source 1"]


def test_coordinates_written_into_a_text_are_coarsened():
    text = "seen at 36.151583 N, 36.967753 E; also 36°09'05.7\"N and 36,1516; 12.345 stays"
    rows = [
        {"report_id": "R1", "source_id": "watch", "occurred_from": at(1), "occurred_to": at(1), "text": text}
    ]
    public = release(picture().with_rows("reports", rows)).table("reports")["text"][0]
    assert public == "seen at 36.2 N, 37.0 E; also 36.2°N and 36.2; 12.345 stays"


def test_movements_still_to_come_are_withheld():
    public = release(picture())
    assert public.table("notifications")["notification_id"].to_list() == ["NT1"]
    assert "coming" not in public.table("consignments")["consignment"].to_list()
    assert "A4" not in public.table("access")["access_id"].to_list()
    assert any("still to come" in note for note in public.withheld)


def test_who_decided_stays_inside():
    assert release(picture()).table("decisions")["by"].to_list() == [None]
    assert release(picture(), "internal").table("decisions")["by"].to_list() == ["analyst Nima"]


def test_an_unknown_audience_is_refused():
    with pytest.raises(ValueError, match="expected one of public, internal; found 'press'"):
        release(picture(), "press")


def test_without_secrets_nothing_is_changed():
    plain = picture().with_rows("sources", [{"source_id": "watch", "name": "Valley Watch"}])
    plain = plain.with_rows("notifications", []).with_rows("places", [])
    public = release(plain)
    assert public.table("reports").equals(plain.table("reports"))
    assert public.withheld == (
        "1 planned movements still to come (access)",
        "1 planned movements still to come (consignments)",
    )


def test_a_public_folder_holds_no_secret_and_an_internal_one_does(tmp_path):
    write(picture(), tmp_path / "public")
    write(picture(), tmp_path / "internal", audience="internal")
    assert leaks(tmp_path / "public", picture()) == []
    found = leaks(tmp_path / "internal", picture())
    for name in (
        "report.html",
        "tables/reports.csv",
        "tables/reports.parquet",
        "incidents.geojson",
        "incidents_hxl.csv",
    ):
        assert any(line.startswith(name) for line in found), name
    assert not any(SECRET_NAME.casefold() in line.casefold() or SECRET_ID in line for line in found)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.txt", "told by yusra  HALLOUM-test"),
        ("a.html", "told by Yusra&#32;Halloum&#45;Test"),
        ("a.json", json.dumps({"who": "Yusra Halloum-Test"}).replace("Y", "\\u0059")),
        ("a.html", "https://maps.example/?q=36.1516%2C36.9678"),
        ("a.csv", "id,lat,lon\n1,36.152,36.968\n"),
        ("a.csv", "id,lat\n1,36.15158\n"),
        ("a.txt", "at 36°09'05.7\"N 36°58'03.9\"E"),
        ("yhalloum.txt", "nothing"),
    ],
)
def test_the_scanner_finds_a_secret_in_any_dress(tmp_path, name, body):
    (tmp_path / name).write_text(body, encoding="utf-8")
    assert len(leaks(tmp_path, picture())) >= 1


def test_the_scanner_reads_parquet(tmp_path):
    pl.DataFrame({"a": [36.152], "b": [36.968]}).write_parquet(tmp_path / "numbers.parquet")
    pl.DataFrame({"a": ["by Yusra Halloum-Test"]}).write_parquet(tmp_path / "words.parquet")
    found = leaks(tmp_path, picture())
    assert {line.partition(":")[0] for line in found} == {"numbers.parquet", "words.parquet"}


@pytest.mark.parametrize(
    "body", ["36.2, 37.0", "lat 36.15 lon 36.97", "36.152, 40.000", "36.1520, 0.968", "halloumi"]
)
def test_the_scanner_is_quiet_about_coarse_or_other_numbers(tmp_path, body):
    (tmp_path / "a.txt").write_text(body, encoding="utf-8")
    assert leaks(tmp_path, picture()) == []


def test_a_leak_stops_the_writing_and_the_folder_stays_as_it_was(tmp_path):
    """Somebody's notes in the folder name the source: nothing new is put in place, and the notes stay."""
    folder = tmp_path / "out"
    write(picture(), folder)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    (folder / "notes.txt").write_text(f"ask {SECRET_NAME}", encoding="utf-8")
    with pytest.raises(PublishingError, match=r"notes\.txt: a name or identifier of protected source 1"):
        write(replace(picture(), seed=7), folder)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "notes.txt"} == before
    assert (folder / "notes.txt").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
