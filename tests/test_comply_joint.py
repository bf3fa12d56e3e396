"""What hangs together is drawn together: joint statements, shared errors, incidents that may be one or two, places."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
import pytest

from ceasefire.agreement import Agreement, load
from ceasefire.attribute import attribute
from ceasefire.comply import Complied, Evidence, Posterior, comply
from ceasefire.comply.exact import absence, answered, count, quiet_day, run_of_days
from ceasefire.model import table
from test_comply_worlds import AS_OF, START, TERMS, attributed, raids

WEEK = """\
clocks:
  week:
    title: Three quiet days
    owner: [north, south]
    starts: 2016-09-12T19:00
    consecutive: 72h
    watches: [calm]
    quiet: {killed_a_day: 0}
"""


def agreement(extra: str = "", **changes: str) -> Agreement:
    text = TERMS.replace("BURDEN", "holder").replace("    unless: [reply]\n", "")
    for old, new in changes.items():
        text = text.replace(old, new)
    return load(text + extra)


def judge(
    terms: Agreement, *, as_of: datetime = AS_OF, seed: int = 0, draws: int = 4096, **frames: Any
) -> Complied:
    made = {name: table(name).frame(rows) for name, rows in frames.items()}
    return comply(terms, Evidence(as_of=as_of, **made), seed=seed, draws=draws)


def shared(
    incidents: list[dict[str, Any]], actor: str, load_: float, error: str = "press: named"
) -> list[dict[str, Any]]:
    return [
        {"incident_id": row["incident_id"], "actor": actor, "error": error, "load": load_}
        for row in incidents
    ]


# ------------------------------------------------------------------ joint statements


def test_joint_statements_stand_on_the_same_worlds() -> None:
    incidents = raids(3, killed_best=2)
    result = judge(
        agreement(WEEK),
        incidents=incidents,
        attributions=attributed(incidents, north=0.5, accident=0.3, south=0.2),
    )
    by_north = result.where("calm", "breached", "north")
    by_south = result.where("calm", "breached", "south")
    met = result.where("week", "met")
    assert (by_north & ~by_north).probability == 0
    assert (by_north | ~by_north).probability == 1
    assert (met & by_north).probability + (met & ~by_north).probability == pytest.approx(met.probability)
    assert (by_north & by_south).probability <= min(by_north.probability, by_south.probability)
    assert result.where("calm", "breached").probability == (by_north | by_south).probability
    assert "north" in (met & ~by_north).words


def test_a_run_that_fails_because_of_a_breach_never_goes_with_no_breach() -> None:
    # Raids at hours 5, 10 and 15 and nothing later: 72 quiet hours are met after them in six days, with or without.
    # Raids every day make the run and a blameless north exclude what the product of both would allow.
    incidents = raids(5, killed_best=1)
    for k, row in enumerate(incidents):
        row["occurred_from"] = row["occurred_to"] = START + timedelta(hours=12 + 24 * k)
    result = judge(
        agreement(WEEK), incidents=incidents, attributions=attributed(incidents, north=0.4, accident=0.6)
    )
    met, breach = result.where("week", "met"), result.where("calm", "breached", "north")
    joint = (met & ~breach).probability
    assert joint == pytest.approx((1 - 0.4) ** 5, abs=0.02), "without any breach the run is met for sure"
    assert joint > met.probability * (~breach).probability, "the product would be wrong"


def test_what_is_not_judged_over_worlds_is_named() -> None:
    incidents = raids(1)
    result = judge(agreement(WEEK), incidents=incidents, attributions=attributed(incidents, north=1.0))
    with pytest.raises(KeyError, match="calm breached by north"):
        result.where("calm", "met")
    with pytest.raises(KeyError, match="week met"):
        result.where("nothing", "breached")


# ------------------------------------------------------------------ shared errors


def test_a_shared_bias_moves_all_its_incidents_together_and_each_keeps_its_own_chance() -> None:
    incidents = raids(12)
    attributions = attributed(incidents, north=0.2, accident=0.8)
    alone = judge(agreement(), incidents=incidents, attributions=attributions)
    tied = judge(
        agreement(),
        incidents=incidents,
        attributions=attributions,
        shared_errors=shared(incidents, "north", 2.0),
    )
    for row in tied.incident_verdicts.filter(pl.col("holder") == "north").iter_rows(named=True):
        assert row["p_breach"] == pytest.approx(0.2, abs=0.02)
    independent = alone.where("calm", "breached", "north").probability
    together = tied.where("calm", "breached", "north").probability
    assert independent == pytest.approx(1 - 0.8**12, abs=0.02)
    assert together < independent - 0.15, "independence is overconfident that there was a breach"


def test_independence_is_overconfident_where_a_bias_is_shared_and_ours_is_not() -> None:
    """A hundred made histories: a source's bias moves all its incidents. Who says how sure, and how often is it so?"""
    rng = np.random.default_rng(5)
    sd, n = 2.0, 20
    incidents = raids(n, killed_best=1)
    for k, row in enumerate(incidents):
        row["occurred_from"] = row["occurred_to"] = START + timedelta(hours=6 * k + 1)
    base = np.log(0.05 / 0.95)
    z = rng.standard_normal(4000)
    chance = 1 / (1 + np.exp(-(base + sd * z)))
    truly = rng.random((4000, n)) < chance[:, None]
    never = float((~truly.any(axis=1)).mean())  # how often there was no breach at all
    p = float(chance.mean())
    attributions = attributed(incidents, north=p, accident=1 - p)
    tied = judge(
        agreement(),
        incidents=incidents,
        attributions=attributions,
        shared_errors=shared(incidents, "north", sd),
    )
    ours = 1 - tied.where("calm", "breached", "north").probability
    independent = (1 - p) ** n
    assert abs(ours - never) < 0.05
    assert abs(independent - never) > 0.2, "the independent answer is far too sure that something happened"


def test_attribution_hands_over_the_errors_its_intervals_come_from() -> None:
    """Two neutral voices tell of fifteen incidents: if they err, they err in all; each incident keeps its own figure."""
    incidents = raids(15)
    voices = [
        {
            "incident_id": row["incident_id"],
            "source_id": source,
            "stance": "asserts" if source == "a" else "suggests",
            "actor": "north" if k % 3 else "south",
            "report_id": f"{source}-{k}",
            "published_at": row["occurred_to"],
        }
        for k, row in enumerate(incidents)
        for source in ("a", "b")
    ]
    sources = [{"source_id": name, "name": name, "kind": "local_activist"} for name in ("a", "b")]
    attributed_ = attribute(
        table("claims").frame(voices),
        table("sources").frame(sources),
        {"north": "north-side", "south": "south-side"},
    )
    assert attributed_.shared_errors.height
    assert set(attributed_.shared_errors["actor"]) >= {"north", "south"}

    def judged(errors: pl.DataFrame) -> Complied:
        evidence = Evidence(
            as_of=AS_OF,
            incidents=table("incidents").frame(incidents),
            attributions=attributed_.attributions,
            claims=attributed_.claims,
            sources=table("sources").frame(sources),
            shared_errors=errors,
        )
        return comply(agreement(), evidence)

    tied, apart = judged(attributed_.shared_errors), judged(attributed_.shared_errors.clear())
    own = dict(
        attributed_.attributions.filter(pl.col("actor") == "north")
        .select("incident_id", "probability")
        .iter_rows()
    )
    for row in tied.incident_verdicts.filter(pl.col("holder") == "north").iter_rows(named=True):
        assert row["p_breach"] == pytest.approx(own[row["incident_id"]], abs=0.002)
    spread = [float(c._judged.tallies["calm", "north"].count.std()) for c in (tied, apart)]
    assert spread[0] > 1.2 * spread[1], "a shared error makes the number of breaches less sure"


# ------------------------------------------------------------------ one or two


def test_two_incidents_that_may_be_one_are_counted_so() -> None:
    incidents = raids(2)
    merge = [{"incident_id": "I-001", "kind": "merge", "other_id": "I-002", "probability": 0.6}]
    result = judge(
        agreement(), incidents=incidents, attributions=attributed(incidents, north=1.0), alternatives=merge
    )
    counts = result._judged.tallies["calm", "north"].count
    assert float((counts == 1).mean()) == pytest.approx(0.6, abs=0.001)
    assert float((counts == 2).mean()) == pytest.approx(0.4, abs=0.001)
    row = result.verdicts.filter(pl.col("holder") == "north").row(0, named=True)
    assert (row["count_low"], row["count_best"], row["count_high"]) == (1, 1, 2)


def test_an_incident_that_may_be_two_is_counted_so_and_listed_once() -> None:
    incidents = raids(1)
    reports = [
        {
            "report_id": name,
            "source_id": "un",
            "occurred_from": incidents[0]["occurred_from"],
            "occurred_to": incidents[0]["occurred_to"],
        }
        for name in ("R1", "R2")
    ]
    split = [{"incident_id": "I-001", "kind": "split", "reports": "R2", "probability": 0.25}]
    result = judge(
        agreement(),
        incidents=incidents,
        attributions=attributed(incidents, north=1.0),
        located=reports,
        alternatives=split,
    )
    counts = result._judged.tallies["calm", "north"].count
    assert float((counts == 2).mean()) == pytest.approx(0.25, abs=0.001)
    assert result.incident_verdicts["incident_id"].to_list() == ["I-001"]


# ------------------------------------------------------------------ where


BOX = "zones:\n  box: {title: A box, published: true, geometry: 'POLYGON ((36 35, 37 35, 37 36, 36 36, 36 35))'}\n"


@pytest.mark.parametrize(
    ("longitude", "precision", "inside"),
    [(36.5, 5.0, 1.0), (36.0, 5.0, 0.5), (30.0, 5.0, 0.0), (36.01, None, 1.0)],
)
def test_a_point_near_the_edge_of_a_zone_is_inside_in_some_worlds(
    longitude: float, precision: float | None, inside: float
) -> None:
    terms = agreement(
        BOX, **{"against: [other-side, civilians]": "against: [other-side, civilians], in: box"}
    )
    incidents = raids(1, latitude=35.5, longitude=longitude, precision_km=precision)
    result = judge(terms, incidents=incidents, attributions=attributed(incidents, north=1.0))
    assert result.where("calm", "breached", "north").probability == pytest.approx(inside, abs=0.13)


def test_a_withdrawal_elsewhere_does_not_achieve_one_in_the_zone() -> None:
    duty = """\
  leave:
    clause: "2"
    title: North leaves the box
    who: [north]
    by: 2016-09-15T00:00
    achieve: {act: withdrawal, in: box}
    document: D
    text_status: official
    source: the text
"""
    told = {
        "source_id": "un",
        "occurred_from": START,
        "occurred_to": START,
        "act": "withdrawal",
        "stance": "asserts",
        "actor": "north",
        "latitude": 35.5,
    }

    def verdict(longitude: float) -> str:
        reports = [
            told | {"report_id": f"R{k}", "source_id": s, "longitude": longitude} for k, s in enumerate("ab")
        ]
        sources = [{"source_id": s, "name": s} for s in "ab"]
        result = judge(agreement(duty + BOX), incidents=raids(1), located=reports, sources=sources)
        return str(result.verdicts.filter(pl.col("norm_id") == "leave")["verdict"].item())

    assert verdict(36.5) == "satisfied"
    assert verdict(39.0) == "not_observed"


# ------------------------------------------------------------------ oracles


@pytest.mark.parametrize("seed", range(6))
def test_counts_and_runs_agree_with_the_exact_chains(seed: int) -> None:
    """Random agreements on quiet days: worlds and dynamic programming give the same within Monte Carlo error."""
    rng = np.random.default_rng(seed)
    days, needed, at_most = 9, int(rng.integers(2, 5)), int(rng.integers(0, 3))
    text = WEEK.replace("consecutive: 72h", f"consecutive: {24 * needed}h").replace(
        "killed_a_day: 0", f"attacks_a_day: {at_most}"
    )
    # The clock starts at a midnight, and every attack falls at a noon: hours and days then count the same.
    text = text.replace("2016-09-12T19:00", "2016-09-13T00:00")
    origin = datetime.fromisoformat("2016-09-12T21:00+00:00")
    incidents, chances, by_day = [], [], []
    for day in range(days):
        made = [
            {
                "incident_id": f"I-{day}-{k}",
                "occurred_from": origin + timedelta(days=day, hours=12),
                "occurred_to": origin + timedelta(days=day, hours=12),
                "act": "shelling",
                "affected": "civilians",
            }
            for k in range(int(rng.integers(0, 5)))
        ]
        drawn = rng.uniform(0.05, 0.7, len(made)).round(3).tolist()
        incidents += made
        chances += drawn
        by_day.append(quiet_day([1] * len(made), drawn, at_most))
    attributions = [
        {"incident_id": row["incident_id"], "actor": actor, "probability": p}
        for row, q in zip(incidents, chances, strict=True)
        for actor, p in (("north", q), ("accident", 1 - q))
    ]
    result = judge(
        agreement(text),
        as_of=origin + timedelta(days=days),
        incidents=incidents,
        attributions=attributions,
        seed=seed,
        draws=8192,
    )
    breached = result.where("calm", "breached", "north")
    assert breached.probability == pytest.approx(absence(chances), abs=4 * breached.error + 1e-3)
    spread = np.bincount(result._judged.tallies["calm", "north"].count, minlength=len(chances) + 1) / 8192
    assert np.abs(spread - count(chances)).max() < 0.025
    met = result.where("week", "met")
    # A run between two loud noons is longer than the quiet days between them by less than a day, so it needs them all;
    # at both ends of the time it has half a day more.
    low, high = run_of_days(by_day, needed), run_of_days(by_day, needed - 1)
    assert low - 4 * met.error - 1e-3 <= met.probability <= high + 4 * met.error + 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_answers_in_time_agree_with_the_exact_sum(seed: int) -> None:
    """One certain trigger, several doubtful answers: only those within six hours count."""
    rng = np.random.default_rng(seed)
    duty = """\
  answer:
    clause: "2"
    title: A shelling is followed by a withdrawal
    who: [north]
    each: {act: shelling}
    within: 6h
    expect: {act: withdrawal}
    document: D
    text_status: official
    source: the text
"""
    asked = START + timedelta(hours=10)
    trigger = raids(1)[0] | {"occurred_from": asked, "occurred_to": asked}
    offers = [
        (int(h), float(p)) for h, p in zip(rng.integers(8, 20, 5), rng.uniform(0.1, 0.6, 5), strict=True)
    ]
    replies = [
        {"incident_id": f"W-{k}", "act": "withdrawal", "occurred_from": at, "occurred_to": at}
        for k, (hour, _) in enumerate(offers)
        for at in [START + timedelta(hours=hour)]
    ]
    attributions = attributed([trigger], south=1.0) + [
        {"incident_id": row["incident_id"], "actor": actor, "probability": p}
        for row, (_, q) in zip(replies, offers, strict=True)
        for actor, p in (("north", q), ("south", 1 - q))
    ]
    result = judge(agreement(duty), incidents=[trigger, *replies], attributions=attributions, seed=seed)
    missed = result.where("answer", "breached", "north")
    assert missed.probability == pytest.approx(1 - answered(10, offers, 6), abs=4 * missed.error + 1e-3)


# ------------------------------------------------------------------ draws made elsewhere


def test_joint_draws_made_elsewhere_are_judged_as_they_are() -> None:
    incidents = table("incidents").frame(raids(3))
    author = np.array([[0, 0, 0], [1, 1, 1], [0, 0, -1], [1, 1, 1]])  # north did all, south did all, ...
    given = Posterior(AS_OF, incidents, ("north", "south"), author)
    result = comply(agreement(), given)
    north, south = result.where("calm", "breached", "north"), result.where("calm", "breached", "south")
    assert (north.probability, south.probability) == (0.5, 0.5)
    assert (north & south).probability == 0, "one of them did all, in every world"
    assert (north | south).probability == 1
    real = np.array([[True, False, False]] * 4)
    once = comply(agreement(), Posterior(AS_OF, incidents, ("north", "south"), author, real=real))
    assert once._judged.tallies["calm", "north"].count.max() == 1


def test_one_certain_course_of_events_gives_certain_verdicts_at_every_instant() -> None:
    incidents = table("incidents").frame(raids(4))
    author = np.zeros((1, 4), dtype=int)
    when = np.array([[np.datetime64("2016-09-14T10:00"), "2016-09-15T10:00", "2016-09-16T10:00", "2016-09-17T10:00"]],
                    dtype="datetime64[us]")  # fmt: skip
    result = comply(agreement(), Posterior(AS_OF, incidents, ("north",), author, when=when))
    first = result.verdicts.filter(pl.col("holder") == "north")["first_breach"].item()
    assert first == datetime.fromisoformat("2016-09-14T10:00+00:00")


@pytest.mark.parametrize(
    ("author", "message"),
    [(np.zeros((2, 4), int), r"author: expected \(worlds, 3\)"), (np.full((2, 3), 7), "expected -1 to 0")],
)
def test_draws_that_do_not_fit_are_refused(author: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Posterior(AS_OF, table("incidents").frame(raids(3)), ("north",), author)


# ------------------------------------------------------------------ two clocks of knowledge


def test_as_known_then_and_as_known_now() -> None:
    """A report that comes late changes what is known now of an earlier instant, and not what was known then."""
    late = [
        {
            "declaration_id": "D1",
            "clock": "week",
            "kind": "end",
            "at": START + timedelta(days=1),
            "by": "north",
            "recorded_at": START + timedelta(days=3),
        }
    ]
    then = START + timedelta(days=2)
    frame = {"incidents": table("incidents").empty(), "declarations": table("declarations").frame(late)}
    as_then = comply(agreement(WEEK), Evidence(as_of=then, **frame))
    as_now = comply(agreement(WEEK), Evidence(as_of=then, known_at=AS_OF, **frame))
    state = pl.col("reading") == "declared"
    assert as_then.clocks.filter(state)["state"].item() == "running"
    assert as_now.clocks.filter(state)["state"].item() == "ended"


def test_judged_at_an_earlier_instant_only_what_happened_by_then_counts() -> None:
    incidents = raids(3)
    result = judge(agreement(), incidents=incidents, attributions=attributed(incidents, north=1.0))
    before = result.at("2016-09-12T20:00+03:00")
    assert before.verdicts.filter(pl.col("holder") == "north")["verdict"].item() != "breached"
    assert result.verdicts.filter(pl.col("holder") == "north")["verdict"].item() == "breached"


def test_an_instant_needs_its_zone() -> None:
    incidents = raids(1)
    result = judge(agreement(), incidents=incidents, attributions=attributed(incidents, north=1.0))
    with pytest.raises(ValueError, match="with its zone"):
        result.at("2016-09-12T20:00")
    assert result.explain("calm", "2016-09-15T12:00Z")


# ------------------------------------------------------------------ the engine


def test_the_answer_does_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    incidents = raids(300, killed_best=1)
    for k, row in enumerate(incidents):
        row["occurred_from"], row["occurred_to"] = (START + timedelta(minutes=25 * k + m) for m in (0, 300))
    attributions = attributed(incidents, north=0.01, south=0.004, accident=0.986)
    results = []
    kernel = import_module("ceasefire.comply.kernel")
    for cores in (1, 2, 7):
        monkeypatch.setattr(kernel, "cpu_count", lambda cores=cores: cores)
        monkeypatch.setattr(kernel, "SHARE", 32)
        results.append(judge(agreement(WEEK), incidents=incidents, attributions=attributions))
    for other in results[1:]:
        assert other.verdicts.equals(results[0].verdicts)
        assert other.clocks.equals(results[0].clocks)
        assert other.incident_verdicts.equals(results[0].incident_verdicts)


def test_common_random_numbers_make_variants_comparable() -> None:
    incidents = raids(6)
    attributions = attributed(incidents, north=0.3, accident=0.7)
    one = judge(agreement(), incidents=incidents, attributions=attributions)
    other = judge(
        agreement(**{"title: No attacks": "title: Other words"}),
        incidents=incidents,
        attributions=attributions,
    )
    assert np.array_equal(
        one.where("calm", "breached", "north").worlds, other.where("calm", "breached", "north").worlds
    )
