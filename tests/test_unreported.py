"""Stories about what nobody reported: published tables, lists that say too little, and order that must not matter."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from bench.attribution_unreported import DGA, Published, made_up, overlaps_of, without_one

from ceasefire.attribute.unreported import Estimated, estimate_unreported
from ceasefire.attribute.unreported.chao import chao
from ceasefire.attribute.unreported.decomposable import average
from ceasefire.attribute.unreported.graphs import decomposable, edges
from ceasefire.attribute.unreported.identifiable import design, facial_set, is_told, untold_pairs
from ceasefire.attribute.unreported.loglinear import fit_pairs, stepwise
from ceasefire.attribute.unreported.patterns import read_patterns, with_fewer_lists, without_strangers
from ceasefire.model import table

SHORT = 8000  # sweeps of a chain at most, to keep the tests short


def patterns(counts: dict[str, int]) -> pl.DataFrame:
    """A table of patterns from keys like "101"."""
    names = [f"list {c}" for c in "abcdefgh"[: len(next(iter(counts)))]]
    rows = [[*map(int, key), n] for key, n in counts.items()]
    return pl.DataFrame(rows, schema=[*names, "count"], orient="row")


def row(estimated: Estimated, model: str) -> dict[str, object]:
    return estimated.models.row(by_predicate=pl.col("model") == model, named=True)


@pytest.fixture(scope="module")
def manila() -> Estimated:
    return estimate_unreported(overlaps_of("ph_manila_unidentified"))


@pytest.mark.parametrize("published", DGA, ids=lambda d: d.name)
def test_graphs_average_to_the_published_integers(published: Published) -> None:
    averaged = average(read_patterns(overlaps_of(published.name)), published.most)
    assert tuple(averaged.quantile(q) for q in (0.025, 0.5, 0.975)) == published.quantiles
    assert averaged.probability.sum() == pytest.approx(1)


def test_there_are_as_many_decomposable_graphs_as_there_should_be() -> None:
    """Labelled chordal graphs: 1, 2, 8, 61, 822; each one's cliques less separators count every list and itself once."""
    assert [len(decomposable(n)) for n in range(1, 6)] == [1, 2, 8, 61, 822]
    size = np.array([s.bit_count() for s in range(32)])
    assert (decomposable(5).sum(axis=1) == 1).all()
    assert (decomposable(5) @ size == 5).all()
    assert edges(decomposable(5)).max() == 10
    with pytest.raises(ValueError, match="expected 1 to 6 lists"):
        decomposable(7)


def test_three_lists_by_hand() -> None:
    """Independence with even lists: each list 50 of 100, so 12 or 13 in each cell; Chao: 3 × 12² / (3 × 12 + 1)."""
    even = read_patterns(patterns(dict.fromkeys(("001", "010", "100", "011", "101", "110", "111"), 12)))
    model = fit_pairs(even, ())
    assert model is not None
    assert np.exp(model.log_unlisted) == pytest.approx(12, abs=1e-6)
    bound = chao(even)
    assert bound.best == pytest.approx(84 + 3 * 144 / 37)
    assert bound.low is not None
    assert bound.high is not None
    assert 84 <= bound.low < bound.best < bound.high


def test_stepwise_finds_the_published_kosovo_model() -> None:
    """R's SparseMSE gives 14,342 by stepwise choice of pairs."""
    found = stepwise(read_patterns(overlaps_of("kosovo_aggregate")))
    assert found.best == pytest.approx(14_342, rel=0.002)
    assert found.low == pytest.approx(12_541, rel=0.01)
    assert found.high == pytest.approx(16_540, rel=0.01)


def test_models_stand_side_by_side_and_the_stack_covers_them(manila: Estimated) -> None:
    """Independence is contradicted; the four others disagree by a fifth and the stack covers their medians."""
    assert not row(manila, "independent lists")["usable"]
    assert "contradict" in str(row(manila, "independent lists")["reason"])
    fitted = {f.model: f for f in manila.fitted}
    others = ("decomposable graphs", "log-linear, pairs", "log-linear, easier and harder", "latent classes")
    medians = [fitted[m].best for m in others if fitted[m].usable]
    assert len(medians) >= 3
    assert max(medians) > 1.15 * min(medians)
    assert manila.low < min(medians)
    assert manila.high > max(medians)
    assert row(manila, "stacked")["unreported_best"] == row(manila, "stacked")["best"] - 245
    assert (manila.models["assumption"].str.len_chars() > 20).all()
    assert manila.models.equals(table("unreported").conform(manila.models))


def test_sensitivity_halves_and_doubles_the_unlisted(manila: Estimated) -> None:
    assert manila.sensitivity_low == pytest.approx(245 + (manila.low - 245) / 2)
    assert manila.sensitivity_high == pytest.approx(245 + (manila.high - 245) * 2)


def test_neither_names_nor_order_of_lists_and_rows_matter() -> None:
    original = overlaps_of("sparsemse_NewOrl_5")
    *names, count = original.columns
    again = (
        original.select(*[pl.col(n).alias(f"renamed {n}") for n in reversed(names)], count)
        .sample(fraction=1, shuffle=True, seed=3)
        .vstack(
            pl.DataFrame(
                [[0, 0, 1, 1, 0, 0]], schema=[*(f"renamed {n}" for n in reversed(names)), count], orient="row"
            ).cast(pl.Int64)
        )
    )
    one, two = (estimate_unreported(p, most_sweeps=SHORT, seed=5) for p in (original, again))
    columns = ["model", "listed", "low", "best", "high", "usable"]
    assert one.models.select(columns).equals(two.models.select(columns))
    assert (one.draws == two.draws).all()


def test_the_same_seed_gives_the_same_bytes_and_another_hardly_moves_it() -> None:
    made = made_up("both", 1)
    one, two, other = (estimate_unreported(made, seed=s, most_sweeps=2000) for s in (0, 0, 1))
    assert one.models.equals(two.models)
    assert other.best == pytest.approx(one.best, rel=0.03)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"100": 40, "010": 30, "001": 20, "110": 3, "101": 3, "011": 3}, "too thin: 9 incidents"),
        ({"10": 40, "01": 30, "11": 20}, "if list a and list b depend on each other"),
        ({"100": 40, "010": 30, "001": 20}, "0 lists share incidents"),
        ({"100": 0}, "nothing is listed"),
    ],
)
def test_refuses_in_plain_words_where_overlaps_say_too_little(case: dict[str, int], said: str) -> None:
    refused = estimate_unreported(patterns(case))
    assert refused.refusal is not None
    assert said in refused.refusal
    assert (refused.low, refused.best, refused.high) == (None, None, None)
    pooled = refused.models.filter(pl.col("model") != "Chao lower bound")
    assert not pooled["usable"].any()
    assert pooled["high"].null_count() == pooled.height
    assert any(p.code == "unreported_refused" for p in refused.problems)


def test_the_table_made_not_to_tell_is_refused_as_not_identifiable() -> None:
    """Artificial_3: C meets no other list, so whether A and B depend on each other cannot be told from what both missed."""
    overlaps = read_patterns(overlaps_of("sparsemse_Artificial_3"))
    assert untold_pairs(overlaps) == [("A", "B")]
    terms = design(3, [(0, 1), (0, 2), (1, 2)])
    stays = facial_set(terms, overlaps.cells()[1:])
    assert stays.sum() == 4
    assert not is_told(terms, stays)
    refused = estimate_unreported(overlaps_of("sparsemse_Artificial_3"))
    assert refused.refusal is not None
    assert refused.refusal.startswith("not identifiable")


def test_an_estimate_that_exists_only_at_the_edge_is_told_where_the_unlisted_cell_is() -> None:
    """Lists a and d share nothing: their pair goes to minus infinity, and the others still tell the unlisted."""
    base = {"1100": 20, "1010": 18, "0110": 25, "0101": 14, "0011": 12, "1110": 6, "0111": 5}
    overlaps = read_patterns(patterns({**base, "1000": 60, "0100": 50, "0010": 55, "0001": 40}))
    a, d = (overlaps.lists.index(f"list {c}") for c in "ad")
    pair = (min(a, d), max(a, d))
    stays = facial_set(design(4, [pair]), overlaps.cells()[1:])
    assert stays.sum() == 15 - 4
    assert fit_pairs(overlaps, (pair,)) is not None


def test_many_lists_are_read_as_few_and_no_incident_is_lost() -> None:
    overlaps = read_patterns(overlaps_of("ph_caloocan_police"))
    meeting, strangers = without_strangers(overlaps)
    few, merged = with_fewer_lists(meeting, 5)
    assert strangers == ("tfdp",)
    assert len(few.lists) == 5
    assert len(merged) == 6
    assert few.listed == meeting.listed


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (pl.DataFrame({"count": [3]}), "found no list"),
        (pl.DataFrame({"a": [2], "count": [3]}), "expected 0 or 1"),
        (pl.DataFrame({"a": [1], "count": [-3]}), "whole counts"),
        (pl.DataFrame({"a": [1], "count": [0.5]}), "whole counts"),
        (pl.DataFrame({"a": [1, 0], "count": [3, 7]}), "on at least one list"),
        (
            pl.DataFrame({"a": [None], "count": [7]}, schema={"a": pl.Int64, "count": pl.Int64}),
            "expected 0 or 1",
        ),
    ],
)
def test_malformed_tables_are_refused(bad: pl.DataFrame, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        estimate_unreported(bad)


def test_an_empty_list_is_left_out_with_a_note() -> None:
    made = made_up("pairs", 0)
    wider = made.select(pl.lit(0).alias("asleep"), *made.columns)
    one = estimate_unreported(wider, most_sweeps=1000)
    assert "asleep" not in one.lists
    assert [p.record for p in one.problems if p.code == "list_left_out"] == ["asleep"]


def test_incidents_that_differ_are_told_by_a_term_of_their_own() -> None:
    """Half of 20,000 incidents are on each of four lists with 0.5, half with 0.1: independence misses most of the hard ones."""
    mean = 10_000 * np.array([[0.5**k * 0.5 ** (4 - k), 0.1**k * 0.9 ** (4 - k)] for k in range(5)]).sum(
        axis=1
    )
    counts = {f"{code:04b}": round(mean[code.bit_count()]) for code in range(1, 16)}
    overlaps = read_patterns(patterns(counts))
    unlisted = {alike: fit_pairs(overlaps, (), alike=alike) for alike in (True, False)}
    assert unlisted[True] is not None
    assert unlisted[False] is not None
    assert np.exp(unlisted[True].log_unlisted) < 0.5 * mean[0]
    assert np.exp(unlisted[False].log_unlisted) > 1.5 * np.exp(unlisted[True].log_unlisted)
    assert stepwise(overlaps, alike=False).model == "log-linear, easier and harder"


def test_made_up_lists_with_dependence_lie_in_the_stacked_interval() -> None:
    found = [
        estimate_unreported(made_up(kind, seed), most_sweeps=SHORT // 2)
        for kind in ("pairs", "kinds", "both")
        for seed in range(2)
    ]
    held = [e.low <= 1_000 <= e.high for e in found if e.low is not None and e.high is not None]
    assert len(held) == 6
    assert np.mean(held) >= 0.9


def test_killings_of_one_list_are_found_by_the_others() -> None:
    """Internal consistency (Binette and Steorts 2021): incidents of one list, known, estimated from the other three."""
    held = []
    for _, truth, others in without_one(overlaps_of("kosovo_aggregate")):
        estimated = estimate_unreported(others, most_sweeps=SHORT // 2)
        if estimated.low is not None and estimated.high is not None:
            held.append(estimated.low <= truth <= estimated.high)
    assert len(held) >= 3
    assert np.mean(held) >= 0.75
