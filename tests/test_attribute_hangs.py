"""What an answer hangs on: the fewest sources, the tipping values, the worst case. Small stories and brute force."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from bench.attribution_reports import make

from ceasefire.attribute import Attributed, attribute
from ceasefire.attribute import priors as p
from ceasefire.attribute.anew import key_of, leading_slots, nothing_learned, settled, units
from ceasefire.attribute.kernel import weigh
from ceasefire.attribute.smallest import evaluate

PARTIES = {"gov": "east", "patron": "east", "rebels": "west"}
KINDS = {"un": "un", "redcross": "red_cross", "ngo": "monitor_ngo", "hq": "party_official"}
CAMPS = {"hq": "gov"}


def told(*lines: str, kinds: dict[str, str] = KINDS, parties: Any = PARTIES) -> Attributed:
    """Lines "source stance actor": one incident, an hour between them."""
    rows = []
    for n, line in enumerate(lines):
        source, stance, actor = line.split()
        rows.append(
            {
                "incident_id": "i1",
                "source_id": source,
                "stance": stance,
                "actor": None if actor == "-" else actor,
                "published_at": datetime(2016, 9, 20, tzinfo=UTC) + timedelta(hours=n),
                "report_id": f"r{n}",
            }
        )
    names = sorted({row["source_id"] for row in rows})
    sources = pl.DataFrame(
        {
            "source_id": names,
            "kind": [kinds.get(name, "monitor_ngo") for name in names],
            "camp": [CAMPS.get(name) for name in names],
        },
        schema_overrides={"camp": pl.String},
    )
    return attribute(pl.DataFrame(rows, schema_overrides={"actor": pl.String}), sources, parties)


def chances(a: Attributed) -> dict[str, float]:
    return dict(a.attributions.select("actor", "probability").iter_rows())


def smallest(a: Attributed, loses: str, unit: str = "source") -> dict[str, Any]:
    return a.smallest_sets.filter(loses=loses, unit=unit).row(0, named=True)


def made_up(seed: int, firm: float = 0.8) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A few sources of any camp, of one kind, each of which says one thing of one incident."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 8))
    camps = ["gov", "patron", "rebels", None, None]
    sources = [
        {"source_id": f"s{k}", "kind": "monitor_ngo", "camp": camps[rng.integers(5)]} for k in range(n)
    ]
    actors = ["gov", "patron", "rebels", "accident", None]
    rows = [
        {
            "incident_id": "i1",
            "source_id": f"s{k}",
            "actor": actors[rng.choice(5, p=[0.45, 0.15, 0.2, 0.1, 0.1])],
            "stance": "asserts" if rng.random() < firm else "suggests",
            "published_at": datetime(2016, 1, 1, int(rng.integers(24)), tzinfo=UTC),
            "report_id": f"r{k}",
        }
        for k in range(n)
    ]
    return pl.DataFrame(rows, schema_overrides={"actor": pl.String}), pl.DataFrame(
        sources, schema_overrides={"camp": pl.String}
    )


def outcome(claims: pl.DataFrame, sources: pl.DataFrame) -> tuple[str | None, str]:
    """The one answer that leads (None = several, or nobody speaks), and the answer at the standard."""
    if not claims.height:
        return None, p.UNDETERMINED
    a = attribute(claims, sources, PARTIES)
    found = chances(a)
    ahead = [name for name, value in found.items() if value >= max(found.values()) - p.TIE]
    return (ahead[0] if len(ahead) == 1 else None), a.assessments["answer"][0]


def test_one_monitor_carries_the_answer_alone() -> None:
    """Without it nothing is known; right one time in four (of four answers), its word would be worth nothing."""
    a = told("ngo asserts gov", parties=["gov", "rebels"])
    found = smallest(a, "lead")
    assert (found["size"], found["members"], found["proof"], found["none_up_to"]) == (1, "ngo", "exact", 0)
    assert (found["leads_then"], found["answer_then"]) == (None, "undetermined")
    assert found["probability"] == pytest.approx(0.25)
    assert a.smallest_sets.filter(loses="standard").height == 0  # none is reached
    tip = a.tipping.row(0, named=True)
    assert (tip["source_id"], tip["role"], tip["value"]) == ("ngo", "any", pytest.approx(0.75))
    assert tip["lead_below"] == pytest.approx(0.25, abs=1e-6)
    assert tip["lead_above"] is None
    # read as the government's own, its word is an admission; as the rebels', an accusation of the other side
    assert tip["lead_lost_in"] is None


def test_the_standard_hangs_on_fewer_than_the_lead() -> None:
    a = told("un asserts gov", "redcross asserts gov", "hq asserts gov")
    assert a.assessments["answer"][0] == "gov"
    lead, standard = smallest(a, "lead"), smallest(a, "standard")
    assert lead["size"] == 3
    assert standard["size"] == 1
    assert standard["members"] == "hq"  # of one camp alone nothing is reached
    assert (standard["leads_then"], standard["answer_then"]) == ("gov", "undetermined")


def test_ties_between_sets_are_told_and_not_broken_by_name() -> None:
    a = told("un asserts gov", "un2 asserts gov", "hq denies gov", kinds=KINDS | {"un2": "un"})
    found = smallest(a, "lead")
    assert (found["size"], found["members"], found["n_sets"]) == (2, "un; un2", 1)
    split = told("un asserts gov", "ngo asserts rebels", "ngo2 asserts rebels")
    assert smallest(split, "lead")["members"] == "ngo | ngo2"
    assert smallest(split, "lead")["n_sets"] == 2


def test_beyond_three_a_set_is_a_bound_and_none_is_said_plainly() -> None:
    few = told(*(f"n{k} asserts gov" for k in range(6)))
    found = smallest(few, "lead")
    assert (found["size"], found["proof"], found["none_up_to"], found["n_sets"]) == (6, "greedy", 3, None)
    many = told(*(f"n{k} asserts gov" for k in range(12)))
    found = smallest(many, "lead")
    assert (found["size"], found["members"], found["proof"]) == (None, None, "none found")
    assert found["none_up_to"] == 3


@pytest.mark.parametrize("seed", range(14))
def test_the_smallest_set_is_that_of_brute_force(seed: int) -> None:
    claims, sources = made_up(seed)
    a = attribute(claims, sources, PARTIES)
    lead, answer = outcome(claims, sources)
    if a.assessments["leading"][0] is None or lead is None:
        assert a.smallest_sets.height == a.tipping.height == a.breakdown.height == 0
        return
    for loses, now in (("lead", lead), ("standard", answer)):
        if now == p.UNDETERMINED:
            assert a.smallest_sets.filter(loses=loses).height == 0
            continue
        names, hits = sorted(claims["source_id"].unique()), []
        for size in range(1, min(len(names), p.SETS_EXACT) + 1):
            for gone in itertools.combinations(names, size):
                then = outcome(claims.filter(~pl.col("source_id").is_in(gone)), sources)
                if then[loses == "standard"] != now:
                    hits.append("; ".join(gone))
            if hits:
                break
        found = smallest(a, loses)
        if hits:
            assert found["size"] == size
            assert found["n_sets"] == len(hits)
            assert set(found["members"].split(" | ")) <= set(hits)
        else:
            assert found["size"] is None or found["size"] > p.SETS_EXACT


def test_sets_by_frames_agree_with_weighing_the_whole_incident() -> None:
    """Where copies, lines and learned figures play a part too."""
    made = make("bias + copying", 3, incidents=400)
    a = attribute(made.claims, made.sources, made.parties, incidents=made.incidents)
    assert a.learnt
    posterior, t, said, accounts, candidates, assessments = a.later["smallest_sets"].args  # type: ignore[attr-defined]
    said = settled(posterior, said)
    of = units(posterior, t, key_of(posterior, "source"))
    leads = leading_slots(assessments, candidates)
    names = accounts.speakers["source_id"].to_list()
    decided = assessments["answer"] != p.UNDETERMINED
    checked = 0
    for i in range(60):
        n = of.first[i + 1] - of.first[i]
        if leads[i] < 0 or not 2 <= n <= 9:
            continue
        for loses in ("lead", "standard") if decided[i] else ("lead",):
            row = a.smallest_sets.filter(incident_id=accounts.incidents[i], loses=loses, unit="source")
            found, hits = row.row(0, named=True), {}
            for size in range(1, min(n, 3) + 1):
                sets = np.array(list(itertools.combinations(range(of.first[i], of.first[i + 1]), size)))
                many, slots = np.full(len(sets), i), np.full(len(sets), leads[i])
                found_chances, slot, holds, _ = evaluate(posterior, of, said, many, sets, slots)
                changed = (slot != leads[i]) | (~holds if loses == "standard" else False)
                hits = {
                    "; ".join(sorted(names[of.key[u]] for u in one)): chance
                    for one, chance, yes in zip(sets, found_chances[:, leads[i]], changed, strict=True)
                    if yes
                }
                if hits:
                    break
            if hits:
                assert (found["size"], found["n_sets"]) == (size, len(hits))
                assert found["probability"] == pytest.approx(min(hits.values()), abs=1e-9)
            else:
                assert found["size"] is None or found["size"] > 3
            checked += 1
    assert checked > 40


@pytest.mark.parametrize("seed", range(6))
def test_where_nothing_is_learned_the_interval_is_that_of_the_voices_errors_alone(seed: int) -> None:
    a = attribute(*made_up(seed), PARTIES)
    posterior, _, said, *_ = a.later["smallest_sets"].args  # type: ignore[attr-defined]
    assert settled(posterior, said).beyond == pytest.approx(0.0, abs=1e-9)


def test_with_nothing_left_out_the_interval_and_the_answer_are_those_attributed() -> None:
    made = make("bias + copying", 3, incidents=400)
    a = attribute(made.claims, made.sources, made.parties, incidents=made.incidents)
    posterior, t, said, _, candidates, assessments = a.later["smallest_sets"].args  # type: ignore[attr-defined]
    of = units(posterior, t, key_of(posterior, "origin"))
    leads = leading_slots(assessments, candidates)
    chosen = np.flatnonzero(leads >= 0)
    nothing = np.full((len(chosen), 1), -1)
    said = settled(posterior, said)
    found, slot, holds, low = evaluate(posterior, of, said, chosen, nothing, leads[chosen])
    assert np.array_equal(slot, leads[chosen])
    assert found == pytest.approx(posterior.probability[chosen], abs=1e-9)
    assert low == pytest.approx(posterior.low[chosen, leads[chosen]], abs=1e-9)
    assert np.array_equal(holds, (assessments["answer"] != p.UNDETERMINED).to_numpy()[chosen])


@pytest.mark.parametrize("seed", range(14))
def test_in_another_camp_a_source_weighs_as_if_it_were_listed_there(seed: int) -> None:
    claims, sources = made_up(seed)
    a = attribute(claims, sources, PARTIES)
    lead, answer = outcome(claims, sources)
    for row in a.tipping.unique("source_id").iter_rows(named=True):
        for camp in {*sources["camp"], None} - {row["camp"]}:
            there = pl.when(pl.col("source_id") == row["source_id"]).then(pl.lit(camp, dtype=pl.String))
            then = outcome(claims, sources.with_columns(camp=there.otherwise("camp")))
            name = camp or "no camp"
            assert (name in (row["lead_lost_in"] or "").split("; ")) == (then[0] != lead)
            lost = answer != p.UNDETERMINED and then[1] != answer
            assert (name in (row["standard_lost_in"] or "").split("; ")) == lost


@pytest.mark.parametrize("seed", range(20))
def test_at_a_tipping_value_the_kernel_itself_tips(seed: int) -> None:
    """The whole incident weighed with the source's figures just inside and just outside the value."""
    claims, sources = made_up(seed, firm=1.0)  # how a hedge weighs is held, and moves a little in the kernel
    a = attribute(claims, sources, PARTIES)
    posterior, _, _, _, _, accounts, candidates, stand, assessments = a.later["tipping"].args  # type: ignore[attr-defined]
    heard = posterior.heard
    leads = leading_slots(assessments, candidates)
    names = accounts.speakers["source_id"].to_list()
    rows_of = {"own": [0], "ally": [1], "opposing": [2], "other": [3, 4], "any": [0, 1, 2, 3, 4]}
    for row in a.tipping.filter(pl.col("role").is_not_null()).iter_rows(named=True):
        s = names.index(row["source_id"])
        for value, below in ((row["lead_below"], True), (row["lead_above"], False)):
            for outside in (True, False):
                if value is None and outside:
                    continue
                at = value if value is not None else 1e-9 if below else 1 - 1e-9
                logit = np.log(at) - np.log1p(-at) + (1e-4 if below != outside else -1e-4)
                step = logit - np.log(row["value"]) + np.log1p(-row["value"])
                counts = heard.like.counts.copy()
                for r in rows_of[row["role"]]:
                    named = counts[s, r, :-1].sum()
                    hit = counts[s, r, 0] / named
                    moved = hit / (hit + (1 - hit) * np.exp(-step))
                    counts[s, r, 1:-1] *= (1 - moved) / (1 - hit)
                    counts[s, r, 0] = moved * named
                like = heard.like._replace(counts=counts, totals=counts.sum(axis=2))
                found, n = np.zeros_like(posterior.score), len(heard.row)
                terms, own = np.zeros((n, found.shape[1])), np.zeros((n, found.shape[1], 3))
                weigh(
                    heard.told, like, posterior.beside, found, terms, own, nothing_learned(heard.held), False
                )
                others = np.delete(found[0], leads[0])
                assert (others.max() >= found[0, leads[0]]) == outside
    assert stand.camps


def test_the_reliability_that_would_cost_the_standard() -> None:
    """It is lost before the lead; with one witness more it is not lost at all."""
    alone = told("un asserts gov", "hq asserts gov").tipping.filter(source_id="un").row(0, named=True)
    assert 0 < alone["lead_below"] < alone["standard_below"] < alone["value"]
    assert alone["standard_above"] is None
    two = told("un asserts gov", "redcross asserts gov", "hq asserts gov").tipping.filter(source_id="un")
    assert two["standard_below"].to_list() == [None]
    # read as of no camp, the headquarters' word is no admission, and nobody of a second camp names the answer
    assert alone["standard_lost_in"] is None
    own = told("un asserts gov", "hq asserts gov").tipping.filter(source_id="hq")
    assert own["standard_lost_in"].to_list() == ["no camp"]


def test_the_reliability_of_who_names_nobody_changes_nothing() -> None:
    quiet = told("un asserts gov", "redcross unattributed -", "hq denies gov").tipping
    for row in quiet.filter(pl.col("source_id") != "un").iter_rows(named=True):
        assert [row[c] for c in ("role", "value", "lead_below", "lead_above")] == [None] * 4


def test_the_worst_case_of_one_account_by_hand() -> None:
    """The monitor names the author with 0.75 of 0.85 (the rest names nobody), each of three others with 0.25 / 3 of it."""
    a = told("ngo asserts gov", parties=["gov", "rebels"])
    e = 0.1
    hit, miss = 0.85 * 0.75, 0.85 * 0.25 / 3
    least, most = (1 - e) * hit, (1 - e) * miss + e
    with_it = (1 - e) * 0.25 * least
    low = with_it / (with_it + 3 * (1 - e) * 0.25 * most + e * most)
    with_it = ((1 - e) * 0.25 + e) * ((1 - e) * hit + e)
    high = with_it / (with_it + 3 * (1 - e) * 0.25 * (1 - e) * miss)
    row = a.contamination.filter(epsilon=e, actor="gov").row(0, named=True)
    assert row["probability"] == pytest.approx(0.75)
    assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))
    found = a.breakdown.row(0, named=True)
    e = found["epsilon"]
    mine = (1 - e) * 0.25 * (1 - e) * hit
    other = ((1 - e) * 0.25 + e) * ((1 - e) * miss + e)
    assert mine == pytest.approx(other, rel=1e-6)
    assert found["could_lead"] == "accident|rebels|third_party"


@pytest.mark.parametrize("seed", range(8))
def test_worst_cases_hold_the_answer_and_widen(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    claims, sources = made_up(seed)
    a = attribute(claims, sources, PARTIES)
    bounds = a.contamination
    assert ((bounds["low"] <= bounds["probability"]) & (bounds["probability"] <= bounds["high"])).all()
    for _, group in bounds.group_by("actor"):
        widths = group.sort("epsilon")
        assert widths["low"].is_sorted(descending=True)
        assert widths["high"].is_sorted()
    if a.breakdown.height:
        e = a.breakdown["epsilon"][0]
        monkeypatch.setattr(p, "CONTAMINATION", (0.0, 0.99 * e, e))
        made = a.later["contamination"]()
        at = {k: made.filter((pl.col("epsilon") - k).abs() < 1e-12) for k in (0.0, 0.99 * e)}
        assert at[0.0]["low"].to_numpy() == pytest.approx(at[0.0]["probability"].to_numpy(), abs=1e-12)
        assert at[0.0]["high"].to_numpy() == pytest.approx(at[0.0]["probability"].to_numpy(), abs=1e-12)


def test_a_flood_of_one_word_is_contaminated_as_few_accounts() -> None:
    """Else a thousand who repeat a line would look the frailest of all."""
    three, flood = (told(*(f"n{k} asserts gov" for k in range(n))) for n in (3, 300))
    assert flood.breakdown["epsilon"][0] > 0.5 * three.breakdown["epsilon"][0]


def test_names_of_parties_do_not_matter() -> None:
    names = {"gov": "zulu", "patron": "alpha", "rebels": "mike"}
    for seed in (1, 4, 6, 9, 12):
        claims, sources = made_up(seed)
        renamed = {
            "claims": claims.with_columns(pl.col("actor").replace(names)),
            "sources": sources.with_columns(pl.col("camp").replace(names)),
        }
        a = attribute(claims, sources, PARTIES)
        b = attribute(renamed["claims"], renamed["sources"], {names[k]: v for k, v in PARTIES.items()})

        def spelled(cell: str | None, sign: str = "|") -> str | None:
            return cell and sign.join(sorted(names.get(part, part) for part in cell.split(sign)))

        for name, keys in (
            ("smallest_sets", ["loses", "unit"]),
            ("tipping", ["source_id", "role"]),
            ("breakdown", ["incident_id"]),
            ("contamination", ["epsilon", "actor"]),
        ):
            old, new = getattr(a, name), getattr(b, name)
            for column in ("answer", "leads_then", "answer_then", "could_lead", "actor", "camp"):
                if column in old.columns:
                    old = old.with_columns(
                        pl.Series(column, [spelled(c) for c in old[column]], dtype=pl.String)
                    )
            for column in ("lead_lost_in", "standard_lost_in"):
                if column in old.columns:
                    old = old.with_columns(
                        pl.Series(column, [spelled(c, "; ") for c in old[column]], dtype=pl.String)
                    )
                    new = new.with_columns(
                        pl.Series(
                            column,
                            [c and "; ".join(sorted(c.split("; "))) for c in new[column]],
                            dtype=pl.String,
                        )
                    )
            assert old.sort(keys).height == new.height
            for column in old.columns:
                was, now = old.sort(keys)[column].to_list(), new.sort(keys)[column].to_list()
                if old[column].dtype == pl.Float64:
                    for x, y in zip(was, now, strict=True):
                        assert (x is None) == (y is None)
                        assert x is None or x == pytest.approx(y, abs=1e-7)
                else:
                    assert was == now, (name, column)


def test_little_or_odd_input_gives_empty_tables_or_few_rows() -> None:
    nobody = told("redcross unattributed -")
    only = told("hq denies gov")
    for a in (nobody, only):
        for name in ("smallest_sets", "tipping", "breakdown"):
            assert getattr(a, name).height == 0  # no answer that anybody names leads
        assert a.contamination.height == 3 * a.attributions.height
    crowd = told(*(f"n{k} asserts gov" for k in range(1_100)))
    found = smallest(crowd, "lead")
    assert (found["proof"], found["none_up_to"], found["size"]) == ("not searched", 0, None)
    assert crowd.tipping.height == crowd.sensitivity.filter(left_out="source").height == 0
    assert crowd.sensitivity.filter(left_out="camp").height == 1
    assert crowd.breakdown.height == 1
    versions = told(
        *(f"ngo asserts {x}" for x in ("gov", "rebels", "patron", "accident", "a", "b", "c")),
        "un asserts gov",
    )
    assert versions.tipping.filter(source_id="ngo").height >= 1
