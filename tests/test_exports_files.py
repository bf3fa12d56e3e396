"""The files of a run: their columns, their bytes, their manifest."""

import csv
import hashlib
import io
import json
import random
from dataclasses import replace

import polars as pl

from ceasefire.exports import write
from ceasefire.exports.acled import COLUMNS
from fabricated_picture import empty_picture, picture


def read_csv(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_every_table_is_there_as_csv_and_parquet_with_the_same_rows(tmp_path):
    hashes = write(picture(), tmp_path / "out")
    for name in ("incidents", "attributions", "reports", "verdicts"):
        frame = pl.read_parquet(tmp_path / "out" / "tables" / f"{name}.parquet")
        assert len(read_csv(tmp_path / "out" / "tables" / f"{name}.csv")) == frame.height > 0
    on_disk = {
        p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()
    }
    assert on_disk == set(hashes)


def test_cells_are_utf8_lf_and_times_end_in_z(tmp_path):
    write(picture(), tmp_path)
    raw = (tmp_path / "tables" / "reports.csv").read_bytes()
    assert b"\r" not in raw
    rows = {r["report_id"]: r for r in read_csv(tmp_path / "tables" / "reports.csv")}
    assert rows["R1"]["text"].startswith("قافلة")
    assert rows["R1"]["occurred_from"] == "2031-05-12T16:10:00Z"
    assert rows["R2"]["occurred_to"] == "2031-05-12T23:59:59.999999Z"
    assert rows["R1"]["injured_min"] == ""  # not stated is not zero
    assert rows["R5"]["killed_min"] == "0"


def test_numbers_are_rounded_once_so_that_the_last_bits_never_show(tmp_path):
    noisy = picture()
    shaken = noisy.table("attributions").with_columns(pl.col("probability") + 1e-12)
    write(noisy, tmp_path / "a")
    write(replace(noisy, tables=noisy.tables | {"attributions": shaken}), tmp_path / "b")
    for name in ("tables/attributions.csv", "tables/attributions.parquet", "report.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_same_picture_same_bytes_whatever_the_order_of_its_parts(tmp_path):
    """Tables handed over in another order, and a folder elsewhere: nothing changes."""
    first = write(picture(), tmp_path / "here")
    names = list(picture().tables)
    random.Random(4).shuffle(names)
    second = write(
        replace(picture(), tables={n: picture().tables[n] for n in names}), tmp_path / "far" / "away"
    )
    assert first == second


def test_the_manifest_names_every_file_and_neither_the_hour_nor_the_machine(tmp_path):
    hashes = write(picture(), tmp_path / "out")
    raw = (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(raw)
    assert manifest["outputs"] == {n: h for n, h in hashes.items() if n != "manifest.json"}
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    assert manifest["inputs"] == {"case.yaml": "0" * 64, "reports/protected-1.csv": "1" * 64}
    assert (manifest["as_of"], manifest["seed"], manifest["audience"]) == (
        "2031-05-20T12:00:00Z",
        0,
        "public",
    )
    assert raw == json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    assert str(tmp_path) not in raw


def test_geojson_is_longitude_first_and_keeps_what_has_no_place(tmp_path):
    full = picture()
    lost = full.table("incidents").with_columns(
        pl.when(pl.col("incident_id") != "i-R6").then(c).alias(c) for c in ("latitude", "longitude")
    )
    write(replace(full, tables=full.tables | {"incidents": lost}), tmp_path)
    layer = json.loads((tmp_path / "incidents.geojson").read_text(encoding="utf-8"))
    by_id = {f["id"]: f for f in layer["features"]}
    assert layer["type"] == "FeatureCollection"
    assert "crs" not in layer
    assert by_id["i-R5"]["geometry"]["coordinates"] == [36.7, 36.02]
    assert by_id["i-R6"]["geometry"] is None
    shown = by_id["i-R1"]["properties"]
    assert (shown["answer"], shown["probability"], shown["low"], shown["high"]) == (
        "uplands",
        0.82,
        0.61,
        0.93,
    )
    assert (shown["killed_low"], shown["killed_best"], shown["killed_high"]) == (10, 12, 14)


def test_acled_has_its_31_columns_and_ranges_go_to_the_companion(tmp_path):
    write(picture(), tmp_path)
    rows = {r["event_id_cnty"]: r for r in read_csv(tmp_path / "incidents_acled.csv")}
    assert list(rows["i-R1"]) == list(COLUMNS)
    assert len(COLUMNS) == 31
    assert rows["i-R1"]["fatalities"] == "12"
    assert rows["i-R1"]["actor1"] == "Uplands Council"
    assert rows["i-R6"]["actor1"] == "Unidentified (undetermined)"
    assert (rows["i-R5"]["event_type"], rows["i-R5"]["geo_precision"]) == ("Explosions/Remote violence", "1")
    extra = {r["event_id_cnty"]: r for r in read_csv(tmp_path / "incidents_acled_x.csv")}
    assert set(extra) == set(rows)
    assert (extra["i-R1"]["x_killed_low"], extra["i-R1"]["x_killed_high"], extra["i-R1"]["x_low"]) == (
        "10",
        "14",
        "0.61",
    )


def test_hxl_tags_stand_under_the_header(tmp_path):
    write(picture(), tmp_path)
    lines = list(csv.reader(io.StringIO((tmp_path / "incidents_hxl.csv").read_text(encoding="utf-8"))))
    assert all(tag.startswith("#") for tag in lines[1])
    tagged = dict(zip(lines[1], lines[2], strict=True))
    assert tagged["#event+id"] == "i-R1"
    assert (tagged["#affected+killed+min"], tagged["#affected+killed+max"]) == ("10", "14")
    assert tagged["#geo+lat"] == "36.2"


def test_somebody_elses_file_is_kept_and_an_old_output_goes(tmp_path):
    write(picture(), tmp_path / "out")
    (tmp_path / "out" / "map.qgz").write_bytes(b"QGIS project")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"]["tables/old.csv"] = "0"
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "out" / "tables" / "old.csv").write_text("a\n", encoding="utf-8")
    write(picture(), tmp_path / "out")
    assert (tmp_path / "out" / "map.qgz").read_bytes() == b"QGIS project"
    assert not (tmp_path / "out" / "tables" / "old.csv").exists()


def test_a_case_with_next_to_nothing_still_writes(tmp_path):
    hashes = write(empty_picture(), tmp_path)
    assert "report.html" in hashes
    assert read_csv(tmp_path / "incidents_acled.csv") == []
