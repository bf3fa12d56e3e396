"""Splink as a peer: Fellegi-Sunter on DuckDB, at its best.

In: the prepared columns and gates of `bench.fusion_candidates`. Out: scored pairs, and clusters at any threshold. The weights
of agreement (m) come from EM over two blockings, or, as no user could have them, from the true labels; u from random pairs.
https://github.com/moj-analytical-services/splink
"""

from __future__ import annotations

import logging
import warnings

import duckdb
import polars as pl
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import Linker, SettingsCreator
from splink.backends.duckdb import DuckDBAPI
from splink.blocking_rule_library import CustomRule

from bench.fusion_candidates import alike_acts, prepared, rules

RANDOM_PAIRS = 1e6  # Splink's default
GAP = "greatest(t0_l - t1_r, t0_r - t1_l, 0)"
WIDTH = "greatest(t1_l - t0_l, t1_r - t0_r)"
JOINT = "(radius_l * radius_l + radius_r * radius_r)"
FAR = f"((x_l - x_r) * (x_l - x_r) + (y_l - y_r) * (y_l - y_r)) / {JOINT}"


def levels(name: str, missing: str | None, *conditions: str) -> cl.CustomComparison:
    """A comparison: the level of missing values, one a condition, and all else."""
    made = [cll.CustomLevel(condition, f"level {i}") for i, condition in enumerate(conditions)]
    if missing:
        made.insert(0, cll.NullLevel(missing) if " " not in missing else _null(missing))
    return cl.CustomComparison([*made, cll.ElseLevel()], output_column_name=name)


def _null(condition: str) -> cll.CustomLevel:
    return cll.CustomLevel(condition, "missing").configure(is_null_level=True)


def toll(name: str) -> cl.CustomComparison:
    """Both none, the same, within a half more, within three times."""
    a, b = f"{name}_l", f"{name}_r"
    ratio = f"(greatest({a}, {b}) + 0.5) / (least({a}, {b}) + 0.5)"
    return levels(name, name, f"{a} = 0 and {b} = 0", f"{a} = {b}", f"{ratio} <= 1.5", f"{ratio} <= 3")


def comparisons() -> list[cl.CustomComparison]:
    """Time, place, act, actor, affected, tolls, words and source."""
    # Jaccard of at least j is an intersection of at least j / (1 + j) of both lengths: one call, of one language, is cheaper.
    share = (
        "language_l = language_r and len(list_intersect(words_l, words_r)) / (len(words_l) + len(words_r))"
    )
    rare = "len(list_intersect(rare_words_l, rare_words_r))"
    return [
        levels("gap", None, f"{GAP} <= 1 and {WIDTH} <= 2", f"{GAP} = 0", f"{GAP} <= 12", f"{GAP} <= 36"),
        levels(
            "far",
            None,
            f"{FAR} <= 2 and {JOINT} <= 10",
            f"{FAR} <= 0.0001",
            f"{FAR} <= 2",
            f"{FAR} <= 6",
            f"{FAR} <= 25",
        ),
        levels("act", "act", "act_l = act_r", alike_acts()),
        levels("actor", "actor", "actor_l = actor_r"),
        levels("affected", "affected", "affected_l = affected_r"),
        toll("killed"),
        toll("injured"),
        levels(
            "words",
            "words_l is null or words_r is null",
            f"{share} >= {0.75 / 1.75}",
            f"{rare} >= 2",
            f"{rare} = 1",
            f"{share} >= {0.3 / 1.3}",
        ),
        levels("source", None, "source_dataset_l = source_dataset_r"),
    ]


class Splink:
    """A trained linker and its scored pairs; ``labelled`` takes m from the true labels."""

    def __init__(self, reports: pl.DataFrame, truth: pl.DataFrame, labelled: bool) -> None:
        logging.getLogger("splink").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")
        frame = prepared(reports).rename({"report_id": "unique_id"})
        # Splink puts the names of data sets into its SQL as they are, so they must be plain.
        plain = "s" + pl.col("source_id").rank("dense").cast(pl.String)
        frame = frame.with_columns(plain.alias("source_dataset")).drop("source_id")
        frame = frame.join(truth.rename({"report_id": "unique_id"}), on="unique_id", how="left")
        self.sources = frame["source_dataset"].unique().sort().to_list()
        self.connection = duckdb.connect(":memory:")
        self.connection.register("prepared_polars", frame.to_arrow())
        self.connection.execute("create table prepared as select * from prepared_polars")
        api = DuckDBAPI(connection=self.connection)
        # Generous: the true share of pairs, which no user knows.
        groups = frame.group_by("happening").len().get_column("len").cast(pl.Float64)
        prior = float((groups * (groups - 1)).sum()) / max(frame.height * (frame.height - 1), 1)
        settings = SettingsCreator(
            # Every source is a data set that may hold repeats; so single best links know the sources.
            link_type="link_and_dedupe",
            comparisons=comparisons(),
            blocking_rules_to_generate_predictions=[
                CustomRule(rule, sql_dialect="duckdb") for rule in rules()
            ],
            probability_two_random_records_match=max(prior, 1e-12),
            retain_matching_columns=False,
        )
        self.linker = Linker(
            api.register(self.connection.table("prepared")), settings, validate_settings=False
        )
        training = self.linker.training
        training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS)
        if labelled:
            training.estimate_m_from_label_column("happening")
        else:
            day = "l.days0 = r.days0 and l.fine00 = r.fine00"
            # Reports that name no actors are blocked on their tolls.
            named = frame["actor"].count() > frame.height / 5
            second = "l.actor = r.actor and l.affected = r.affected" if named else "l.killed = r.killed"
            for rule in (f"{day} and l.act = r.act", f"{day} and {second}"):
                training.estimate_parameters_using_expectation_maximisation(
                    CustomRule(rule, sql_dialect="duckdb"), fix_probability_two_random_records_match=False
                )
        self.predicted = self.linker.inference.predict()

    def pairs(self) -> pl.DataFrame:
        """Scored pairs: report_a, report_b, probability, weight (in bits)."""
        name = self.predicted.physical_name
        return self.connection.sql(
            f"select unique_id_l as report_a, unique_id_r as report_b, match_probability as probability,"
            f" match_weight as weight from {name}"
        ).pl()

    def components(self, weight: float) -> pl.DataFrame:
        """Memberships by Splink's connected components of pairs of at least this weight."""
        return self._read(
            self.linker.clustering.cluster_pairwise_predictions_at_threshold(
                self.predicted, threshold_match_weight=weight
            )
        )

    def single_best(self, weight: float) -> pl.DataFrame:
        """Memberships by Splink's single best links: one report a source in each cluster."""
        return self._read(
            self.linker.clustering.cluster_using_single_best_links(
                self.predicted, duplicate_free_datasets=self.sources, threshold_match_weight=weight
            )
        )

    def _read(self, clustered: object) -> pl.DataFrame:
        name = clustered.physical_name  # type: ignore[attr-defined]
        return self.connection.sql(
            f"select unique_id as report_id, cluster_id as incident_id from {name}"
        ).pl()
