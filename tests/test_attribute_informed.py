"""What is known apart from testimony: who has the means, who holds the place, who was hit; and findings, if they are asked for."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import ceasefire
from ceasefire.attribute import Attributed, attribute, context, finding_terms, priors
from ceasefire.model import table

PARTIES = {"alpha": "east", "beta": "west", "gamma": "west"}
DAY = datetime(2020, 5, 5, tzinfo=UTC)


def incident(name: str, act: str = "airstrike", **more: object) -> dict[str, object]:
    return {"incident_id": name, "occurred_from": DAY, "occurred_to": DAY, "act": act} | more


def able(actor: str, ability: str, act: str = "airstrike", **more: object) -> dict[str, object]:
    return {"capability_id": f"c-{actor}", "actor": actor, "act": act, "ability": ability} | more


def terms(
    *incidents: dict[str, object],
    capabilities: tuple[dict[str, object], ...] = (),
    places: tuple[dict[str, object], ...] = (),
    actors: tuple[dict[str, object], ...] = (),
    **more: object,
) -> set[tuple[str, str, str, float]]:
    made = context(
        table("incidents").frame(incidents),
        PARTIES,
        actors=table("actors").frame(actors),
        places=table("places").frame(places),
        capabilities=table("capabilities").frame(capabilities),
        **more,  # type: ignore[arg-type]
    )
    return {
        (i, actor, kind, round(float(np.exp(-nats)), 6))
        for i, actor, kind, nats in made.select("incident_id", "actor", "kind", "log_odds").iter_rows()
    }


def test_who_has_no_aircraft_seldom_bombs_from_the_air() -> None:
    facts = (able("alpha", "has"), able("beta", "has_not"), able("gamma", "contested"))
    assert terms(incident("air"), incident("guns", act="shelling"), capabilities=facts) == {
        ("air", "beta", "capability", 20.0),
        ("air", "gamma", "capability", 3.0),
    }


def test_an_act_that_may_be_done_by_any_means_is_known_by_the_words_of_its_means() -> None:
    facts = (able("beta", "has_not", words="air strike; barrel bomb"),)
    found = terms(
        incident("by air", act="convoy_attack", weapon="two Air Strikes"),
        incident("by mortar", act="convoy_attack", weapon="mortar"),
        incident("not said", act="convoy_attack"),
        incident("its act says it", act="shelling", weapon="air strike before"),
        capabilities=facts,
    )
    assert found == {("by air", "beta", "capability", 20.0)}


def test_means_hold_for_their_days_and_one_member_that_has_them_has_them_for_its_party() -> None:
    before = datetime(2020, 5, 1, tzinfo=UTC)
    air = incident("air")
    assert terms(air, capabilities=(able("beta", "has_not", to=before),)) == set()
    assert terms(air, capabilities=(able("beta", "has_not", **{"from": before}),)) == {
        ("air", "beta", "capability", 20.0)
    }
    wing = {"actor_id": "wing", "name": "wing", "party": "beta"}
    militia = {"actor_id": "militia", "name": "militia", "party": "beta"}
    assert (
        terms(air, capabilities=(able("beta", "has_not"), able("wing", "has")), actors=(wing, militia))
        == set()
    )
    # a militia without aircraft says nothing of the party that has a wing which nobody listed
    assert terms(air, capabilities=(able("militia", "has_not"),), actors=(wing, militia)) == set()


def test_who_holds_a_place_or_was_hit_seldom_did_it_nor_did_its_allies() -> None:
    places = (
        {"place_name": "Mill", "aliases": "Old Mill;Mlyn", "held_by": "alpha"},
        {"place_name": "Ford", "held_by": "alpha|beta"},
    )
    found = terms(
        incident("at the mill", act="shelling", place_name="mlyn"),
        incident("at the ford", act="shelling", place_name="Ford"),
        incident("beta hit", act="sniper", affected="beta+civilians"),
        incident("both hit", act="shelling", affected="alpha+beta"),
        incident("a march", act="withdrawal", place_name="Mill", affected="alpha"),
        places=places,
    )
    assert found == {
        ("at the mill", "alpha", "control", 4.0),
        ("beta hit", "beta", "context", 6.0),
        ("beta hit", "gamma", "context", 3.0),
    }
    assert terms(incident("m", act="shelling", place_name="Mill"), places=places, kinds=("context",)) == set()
    with pytest.raises(ValueError, match="weather"):
        terms(incident("m"), kinds=("weather",))


def said(*accounts: tuple[str, str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"incident_id": i, "source_id": s, "stance": "asserts", "actor": a, "published_at": DAY}
            for i, s, a in accounts
        ],
        schema_overrides={"actor": pl.String},
    )


SOURCES = pl.DataFrame({"source_id": ["u", "b"], "kind": ["un", "party_official"], "camp": [None, "beta"]})


def informed(*rows: tuple[str, str, str, float], claims: pl.DataFrame | None = None) -> Attributed:
    prior = table("prior_terms").frame(
        {"incident_id": i, "actor": a, "kind": k, "log_odds": w, "why": f"{k} of {a}"} for i, a, k, w in rows
    )
    return attribute(
        said(("i", "u", "alpha"), ("i", "b", "alpha")) if claims is None else claims,
        SOURCES,
        PARTIES,
        prior=prior,
    )


def figures(a: Attributed, column: str = "probability") -> dict[str, float]:
    return dict(a.attributions.select("actor", column).iter_rows())


def test_terms_multiply_odds_stand_on_lines_of_their_own_and_leave_the_flat_answer_alone() -> None:
    plain = informed()
    a = informed(("i", "beta", "capability", -np.log(20.0)), ("i", "alpha", "control", -np.log(4.0)))
    before, after = figures(plain), figures(a)
    assert after["beta"] / after["gamma"] == pytest.approx(before["beta"] / before["gamma"] / 20)
    assert after["alpha"] / after["gamma"] == pytest.approx(before["alpha"] / before["gamma"] / 4)
    assert figures(a, "flat") == pytest.approx(before, abs=1e-12)
    lines = a.evidence.filter(pl.col("actor") == "beta").select("kind", "log_weight").rows()
    assert [kind for kind, _ in lines] == [
        "prior",
        "capability",
        "control",
        "testimony",
        "testimony",
        "alternatives",
    ]
    odds = after["beta"] / (1 - after["beta"])
    assert sum(weight for _, weight in lines) == pytest.approx(np.log(odds), abs=1e-9)
    prior = figures(a, "prior")
    assert sum(prior.values()) == pytest.approx(1)
    assert prior["beta"] * 20 == pytest.approx(prior["gamma"])
    left = dict(a.sensitivity.select("left_out", "of_answer").filter(pl.col("left_out") != "source").rows())
    assert left["prior"] == pytest.approx(before["alpha"])
    assert left["control"] > after["alpha"] > left["capability"]


def test_a_term_is_uncertain_and_its_error_is_one_for_all_incidents() -> None:
    claims = said(("i", "u", "alpha"), ("j", "u", "alpha"))
    plain, a = informed(claims=claims), informed(
        ("i", "alpha", "control", -0.1), ("j", "alpha", "control", -0.1), claims=claims
    )  # fmt: skip

    def width(found: Attributed) -> float:
        row = found.attributions.filter(pl.col("actor") == "alpha").row(0, named=True)
        return float(np.log(row["high"] / (1 - row["high"])) - np.log(row["low"] / (1 - row["low"])))

    assert width(a) > width(plain) + 0.1
    shared = a.shared_errors.filter(pl.col("error") == "control")
    assert shared.select("incident_id", "actor", "load").rows() == [
        ("i", "alpha", -priors.CONTEXT_SD),
        ("j", "alpha", -priors.CONTEXT_SD),
    ]


def test_renamed_parties_have_the_same_answers() -> None:
    rows = (
        ("i", "beta", "capability", -2.0),
        ("i", "alpha", "context", -1.0),
        ("i", "gamma", "context", -1.0),
    )
    a = informed(*rows)
    names = {"alpha": "zulu", "beta": "alpha", "gamma": "beta"}
    # the source of beta's camp now speaks for a camp that is called alpha
    sources = SOURCES.with_columns(camp=pl.col("camp").replace(names))
    prior = table("prior_terms").frame(
        {"incident_id": i, "actor": names[x], "kind": k, "log_odds": w, "why": "x"} for i, x, k, w in rows
    )
    b = attribute(
        said(("i", "u", "zulu"), ("i", "b", "zulu")),
        sources,
        {names[p]: s for p, s in PARTIES.items()},
        prior=prior,
    )
    for column in ("probability", "low", "high", "prior", "flat"):
        swapped = {names.get(k, k): v for k, v in figures(a, column).items()}
        assert figures(b, column) == pytest.approx(swapped, abs=1e-12)


def test_no_term_rules_anybody_out_and_one_that_fits_nothing_is_told() -> None:
    for bad in (-np.inf, 50.0, float("nan")):
        with pytest.raises(ValueError, match="log_odds of at most 3"):
            informed(("i", "beta", "capability", bad))
    with pytest.raises(ValueError, match="kind among"):
        informed(("i", "beta", "rumour", -1.0))
    a = informed(
        ("elsewhere", "beta", "capability", -1.0), ("i", "an outsider nobody names", "control", -1.0)
    )
    assert [q.record for q in a.problems if q.code == "prior_term_unused"] == ["elsewhere"]
    assert figures(a) == figures(informed())


def finding(
    name: str, issuer: str, actor: str | None, weighed_as: str | None, day: int = 1
) -> dict[str, object]:
    return {
        "incident_id": "i", "finding_id": name, "issuer": issuer, "actor": actor, "weighed_as": weighed_as,
        "issued_at": datetime(2021, 1, day, tzinfo=UTC),
    }  # fmt: skip


def weighed(*findings: dict[str, object]) -> dict[str, float]:
    made = finding_terms(
        table("findings_beside").frame(findings),
        table("actors").frame([{"actor_id": "wing", "name": "wing", "party": "beta"}]),
    )
    return {
        a: round(float(np.exp(w)), 6) for a, w in made.group_by("actor").agg(pl.col("log_odds").sum()).rows()
    }


def test_a_finding_raises_whom_it_names_by_its_standard_once_an_issuer() -> None:
    assert weighed(finding("f1", "Board (summary)", "wing", "reasonable_grounds")) == {"beta": 3.0}
    assert weighed(finding("f1", "Board", "alpha|wing", "balance_of_probabilities")) == {
        "alpha": 4.0,
        "beta": 4.0,
    }
    # its last word, and not the sum of all it said
    assert weighed(
        finding("f1", "Board (first)", "alpha", "clear_and_convincing"),
        finding("f2", "Board (second)", "wing", "reasonable_grounds", day=2),
    ) == {"beta": 3.0}
    # the issuer's own word is never turned into a number: without a standard of ours it weighs nothing
    assert (
        weighed(finding("f1", "Board", "wing", None), finding("f2", "Panel", None, "reasonable_grounds"))
        == {}
    )
    # any number of issuers together are bounded
    many = [finding(f"f{k}", f"Panel {k}", "wing", "clear_and_convincing") for k in range(9)]
    assert weighed(*many)["beta"] == pytest.approx(np.exp(priors.PRIOR_TERM_MOST), rel=1e-6)


@pytest.fixture(scope="module")
def case() -> ceasefire.Case:
    return ceasefire.open_case(Path(__file__).parents[1] / "cases" / "syria-2016")


def test_findings_count_only_where_that_is_asked_for(case: ceasefire.Case) -> None:
    """Urum al-Kubra: a Board and a Commission, and nobody's accounts changed."""
    off, on = ceasefire.derive(case), ceasefire.derive(case, with_findings=True)
    assert not off.table("evidence").filter(pl.col("kind") == "finding").height
    assert not off.problems.filter(pl.col("code") == "findings_weighed").height
    told = on.problems.filter(pl.col("code") == "findings_weighed")
    assert told["found"].to_list() == ["findings too, as asked for: 2, on 1 incidents"]
    lines = on.table("evidence").filter(pl.col("kind") == "finding")
    assert lines["incident_id"].unique().to_list() == ["I-R145"]
    touched = pl.col("incident_id") == "I-R145"
    for name in ("attributions", "evidence", "sensitivity"):
        assert on.table(name).filter(~touched).equals(off.table(name).filter(~touched))
    without = on.table("sensitivity").filter(touched & (pl.col("left_out") == "finding"))
    leading = off.attributions.filter(touched)["probability"].max()
    assert without["probability"].item() == pytest.approx(leading)


def test_the_prior_of_the_case_knows_only_what_was_known_by_then(case: ceasefire.Case) -> None:
    """Who could fly was told by the Board in December 2016: in September nothing is known of it."""
    early = ceasefire.derive(case, as_of="2016-09-24T18:00Z")
    assert set(early.table("prior_terms")["kind"]) == {"control", "context"}


def written(folder: Path, settings: str = "", capabilities: str = "") -> ceasefire.Case:
    """The Syria case with other settings and capabilities."""
    shutil.copytree(Path(__file__).parents[1] / "cases" / "syria-2016", folder)
    with (folder / "case.yaml").open("a", encoding="utf-8") as file:
        file.write(settings)
    if capabilities:
        (folder / "capabilities.csv").write_text(capabilities, encoding="utf-8")
    return ceasefire.open_case(folder)


def test_the_case_says_what_informs_the_prior_and_whether_findings_count(tmp_path: Path) -> None:
    plain = ceasefire.derive(written(tmp_path / "plain", "prior_from: [none]\n"))
    assert not plain.table("prior_terms").height
    assert plain.attributions["probability"].to_list() == pytest.approx(plain.attributions["flat"].to_list())
    one = written(tmp_path / "one", "prior_from: [control]\nweigh_findings: true\n")
    assert (one.settings.prior_from, one.settings.weigh_findings) == (frozenset({"control"}), True)
    assert set(ceasefire.derive(one).table("prior_terms")["kind"]) == {"control", "finding"}
    with pytest.raises(ceasefire.CaseError, match="control"):
        written(tmp_path / "bad", "prior_from: [contrl]\n")


def test_capabilities_are_read_strictly(tmp_path: Path) -> None:
    head = "capability_id,actor,act,ability,from,to\n"
    rows = (
        "C1,opposition,airstrike,has_not,,\n"
        "C2,opposition,airstrike,has_not,2016-09-20,2016-09-10\n"  # ends before it starts
        "C3,oposition,airstrike,hasnt,,\n"  # nobody of that name, and no such word
        "C4,opposition,,has,,\n"  # no act
    )
    case = written(tmp_path / "case", capabilities=head + rows)
    assert case.facts["capabilities"]["capability_id"].to_list() == ["C1", "C3"]
    told = case.problems.filter(pl.col("file") == "capabilities.csv").select("code", "record").rows()
    assert sorted(told) == [
        ("empty_cell", "C4"),
        ("ends_before_start", "C2"),
        ("unknown_reference", "C3"),
        ("unknown_word", "C3"),
    ]
    terms_of = ceasefire.derive(case).table("prior_terms").filter(pl.col("kind") == "capability")
    assert terms_of["actor"].unique().to_list() == ["opposition"]
