"""What every peer is given: comparable columns of the reports, and the rule for which pairs are worth comparing.

In: the table of reports. Out: a frame of plain numbers and words (`prepared`), and SQL conditions on two of its rows, l and r:
the same gates for all peers, an interval gap of at most three days and a distance within five joint radii.
"""

from __future__ import annotations

import polars as pl

from bench.fusion_words import TAKEN_FOR

RADII = 5.0
GAP_HOURS = 72.0
# Cells hold the gate of two town points (2 x 36 km), and of two areas; shifted by half, every pair within half a cell of
# each other shares one of four. Days: twice the gap and the length of a vague report.
FINE_DEGREES, COARSE_DEGREES = 0.66, 8.0
FINE_KM = 6.0
BUCKET_HOURS = 2 * (GAP_HOURS + 24.0)
ANYWHERE_KM = 250.0
RARE = 0.004  # a word in more reports than this share tells little

GAP = "greatest(l.t0 - r.t1, r.t0 - l.t1, 0)"
SQUARED = "(l.x - r.x) * (l.x - r.x) + (l.y - r.y) * (l.y - r.y)"
JOINT = "(l.radius * l.radius + r.radius * r.radius)"
GATES = f"{GAP} <= {GAP_HOURS} and {SQUARED} <= {RADII**2} * {JOINT}"


def prepared(reports: pl.DataFrame) -> pl.DataFrame:
    """One row a report: hours, kilometres, words, keys of cells and buckets.

    A report without a point may be anywhere: it is put in the middle of all, with a radius that reaches everywhere.
    """
    placeless = pl.col("latitude").is_null() | pl.col("longitude").is_null()
    middle = [
        pl.when(placeless).then(pl.col(name).mean()).otherwise(name).alias(name)
        for name in ("latitude", "longitude")
    ]
    radius = pl.when(placeless).then(ANYWHERE_KM).otherwise(pl.col("precision_km").fill_null(5.0))
    reports = reports.with_columns(*middle, radius.alias("precision_km"))
    hours = pl.col("occurred_from", "occurred_to").dt.epoch("us") / 3.6e9
    frame = reports.select(
        "report_id",
        "source_id",
        "act",
        "actor",
        "affected",
        "language",
        "latitude",
        "longitude",
        hours.name.map({"occurred_from": "t0", "occurred_to": "t1"}.__getitem__),
        (pl.col("latitude") * 111.2).alias("y"),
        (pl.col("longitude") * 111.2 * pl.col("latitude").mean().radians().cos()).alias("x"),
        pl.col("precision_km").alias("radius"),
        pl.mean_horizontal("killed_min", "killed_max").alias("killed"),
        pl.mean_horizontal("injured_min", "injured_max").alias("injured"),
    )
    frame = frame.join(_words(reports), on="report_id", how="left")
    middle = (pl.col("t0") + pl.col("t1")) / 2
    keys = [
        (middle / BUCKET_HOURS + shift / 2).floor().cast(pl.Int32).alias(f"days{shift}") for shift in (0, 1)
    ]
    for size, name in ((FINE_DEGREES, "fine"), (COARSE_DEGREES, "coarse")):
        for east in (0, 1):
            for north in (0, 1):
                column = (pl.col("longitude") / size + east / 2).floor() * 10_000
                row = (pl.col("latitude") / size + north / 2).floor()
                keys.append((column + row).cast(pl.Int64).alias(f"{name}{east}{north}"))
    return frame.with_columns(*keys, (pl.col("radius") > FINE_KM).alias("vague")).sort("report_id")


def _words(reports: pl.DataFrame) -> pl.DataFrame:
    """Two lists a report: its words, and those that are rare and not of the place's name."""
    split = r"[^\p{L}\p{N}]+"
    words = (
        reports.filter(pl.col("text").is_not_null())
        .select(
            "report_id",
            pl.col("text").str.to_lowercase().str.replace_all(split, " ").str.split(" ").alias("word"),
            pl.col("place_name").str.to_lowercase().fill_null("").str.split(" ").alias("place"),
        )
        .with_columns(pl.col("word").list.unique())
        .explode("word")
        .filter(pl.col("word") != "")
    )
    often = pl.len().over("word") > max(3, RARE * reports.height)
    words = words.with_columns((~often & ~pl.col("word").is_in(pl.col("place"))).alias("rare"))
    # Numbers for words: lists of numbers intersect faster.
    word = pl.col("word").rank("dense").cast(pl.Int32)
    return (
        words.with_columns(word)
        .group_by("report_id")
        .agg(pl.col("word").alias("words"), pl.col("word").filter(pl.col("rare")).alias("rare_words"))
    )


def rules() -> list[str]:
    """Conditions that together find every pair within the gates, cell by cell and bucket by bucket."""
    found = []
    for days in ("days0", "days1"):
        for east in (0, 1):
            for north in (0, 1):
                key = f"fine{east}{north}"
                found.append(f"l.{key} = r.{key} and l.{days} = r.{days} and {GATES}")
        for shift in ("00", "11"):
            found.append(
                f"l.coarse{shift} = r.coarse{shift} and l.{days} = r.{days} and (l.vague or r.vague) and {GATES}"
            )
    return found


def alike_acts() -> str:
    """A condition: one act is sometimes taken for the other."""
    pairs = {(act, other) for act, others in TAKEN_FOR.items() for other in others}
    pairs |= {(b, a) for a, b in pairs}
    listed = ", ".join(f"'{a}|{b}'" for a, b in sorted(pairs))
    return f"concat(act_l, '|', act_r) in ({listed})"
