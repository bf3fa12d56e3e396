"""Each thing the language can say, as a small story: what is read, what is refused, and how it is judged."""

from __future__ import annotations

from datetime import UTC, datetime
from textwrap import indent
from typing import Any

import polars as pl
import pytest

from ceasefire.agreement import Agreement, By, load, predicate
from ceasefire.comply import Complied, Evidence, comply
from ceasefire.model import table
from ceasefire.problems import CaseError, Problem

HEAD = """\
agreement: small
title: A small truce
source: made for this test
timezone: UTC
in_force: {from: 2016-09-12T00:00}
documents:
  D: {title: The text, text_status: official}
parties:
  north: {name: North, role: party, side: north-side}
  south: {name: South, role: party, side: south-side}
exempt:
  band: {title: The band, names: [{name: band}], designated_by: both}
"""
START = datetime(2016, 9, 12, tzinfo=UTC)


@predicate("test-at-night")
def at_night(item: Any, terms: Agreement) -> bool:
    """Between eight in the evening and six in the morning, as an agreement may call it."""
    return item.start.hour >= 20 or item.start.hour < 6


def clause(name: str, *says: str, who: str = "[north, south]") -> str:
    lines = ["clause: '1'", f"title: {name}", f"who: {who}", *says, "document: D", "text_status: official"]
    return f"  {name}:\n" + "".join(f"    {line}\n" for line in [*lines, "source: the text"])


CALM = clause("calm", "never: {act: attack}")


def truce(norms: str, more: str = "") -> Agreement:
    return load(f"{HEAD}norms:\n{norms}{more}")


def refused(norms: str, more: str = "") -> list[Problem]:
    with pytest.raises(CaseError) as caught:
        truce(norms, more)
    return caught.value.problems


def at(text: str) -> datetime:
    """An instant in UTC, written 14T10 (of September 2016)."""
    return datetime.strptime(f"2016-09-{text}", "%Y-%m-%dT%H").replace(tzinfo=UTC)


def shot(name: str, when: str, by: str, chance: float = 1.0, **cells: Any) -> dict[str, Any]:
    return {"incident_id": name, "occurred_from": at(when), "act": "shelling", "by": by, "p": chance} | cells


def judge(terms: Agreement, *shots: dict[str, Any], until: str = "26T00", **frames: Any) -> Complied:
    incidents = [{k: v for k, v in s.items() if k not in ("by", "p")} for s in shots]
    answers = [{"incident_id": s["incident_id"], "actor": s["by"], "probability": s["p"]} for s in shots]
    made = {"incidents": incidents, "attributions": answers, **frames}
    given = {name: table(name).frame(rows) for name, rows in made.items()}
    return comply(terms, Evidence(as_of=at(until), **given), draws=2048)


def verdict(result: Complied, norm: str, holder: str = "north") -> dict[str, Any]:
    return result.verdicts.filter((pl.col("norm_id") == norm) & (pl.col("holder") == holder)).row(
        0, named=True
    )


def counted(result: Complied, clock: str) -> dict[str, Any]:
    rows = result.clocks.filter((pl.col("clock_id") == clock) & (pl.col("reading") == "counted"))
    return rows.row(0, named=True)


# ------------------------------------------------------------------ amendments

AMENDED = """\
amendments:
  protocol:
    title: The protocol
    from: 2016-09-15T00:00
    document: D
    norms:
""" + indent(clause("calm", "never: {act: airstrike}"), "    ")


def test_an_amendment_changes_the_wording_from_its_date_and_the_old_one_judges_what_came_before() -> None:
    terms = truce(CALM, AMENDED)
    assert list(terms.clauses) == ["calm", "calm@protocol"]
    result = judge(
        terms, shot("I-1", "14T10", "north"), shot("I-2", "16T10", "south"), shot("I-3", "14T12", "accident")
    )
    assert verdict(result, "calm", "north")["verdict"] == "breached"
    assert verdict(result, "calm", "south")["p_breached"] == 0, "shelled after the change"
    assert verdict(result, "calm@protocol", "south")["p_breached"] is None, (
        "and that forbids air strikes only"
    )
    bombed = judge(terms, shot("I-2", "16T10", "south", act="airstrike"))
    assert verdict(bombed, "calm@protocol", "south")["verdict"] == "breached"
    early = judge(terms, shot("I-2", "14T10", "south", act="airstrike"))
    assert verdict(early, "calm@protocol", "south")["n_incidents"] == 0
    assert verdict(early, "calm", "south")["verdict"] == "breached"


def test_a_repealed_clause_binds_no_more() -> None:
    repeal = "amendments:\n  end: {title: The end, from: 2016-09-15T00:00, document: D, repeals: [calm]}\n"
    result = judge(truce(CALM, repeal), shot("I-1", "14T10", "north"), shot("I-2", "16T10", "south"))
    assert verdict(result, "calm", "north")["verdict"] == "breached"
    assert verdict(result, "calm", "south")["p_breached"] == 0


def test_an_amended_clause_keeps_the_end_that_its_clock_gave_it() -> None:
    pause = "clocks:\n  pause: {title: Two days, owner: [north], starts: 2016-09-12T00:00, for: 48h}\n"
    terms = truce(clause("calm", "never: {act: attack}", "until: pause"), pause + AMENDED)
    late = judge(terms, shot("I-1", "14T10", "north"), shot("I-2", "13T10", "south"))
    assert verdict(late, "calm", "north")["p_breached"] == 0, "two days had passed, and no new wording yet"
    assert verdict(late, "calm", "south")["verdict"] == "breached"


def test_a_clock_that_watches_a_clause_watches_its_later_wording_too() -> None:
    week = """\
clocks:
  week:
    title: Two quiet days
    owner: [north]
    starts: 2016-09-15T00:00
    consecutive: 48h
    watches: [calm]
    quiet: {attacks_a_day: 0}
"""
    shots = [shot(f"I-{d}", f"{d}T12", "accident", 0.5, act="airstrike") for d in range(14, 19)]
    unnamed = [{"incident_id": s["incident_id"], "source_id": "un", "stance": "unattributed"} for s in shots]
    result = judge(truce(CALM, AMENDED + week), *shots, until="17T00", claims=unnamed)
    assert counted(result, "week")["achieved_hours"] == pytest.approx(12), "loud, whoever it was"


# ------------------------------------------------------------------ when, with what, where


def test_a_clause_until_a_clocks_end_ends_where_the_clock_does() -> None:
    pause = """\
clocks:
  pause: {title: Two days, owner: [north, south], starts: 2016-09-12T00:00, for: 48h, renew: all-owners}
"""
    terms = truce(clause("calm", "never: {act: attack}", "until: pause"), pause)
    raid = shot("I-1", "14T10", "north")
    assert verdict(judge(terms, raid), "calm")["verdict"] == "not_observed", "46 hours too late to count"
    longer = {
        "declaration_id": "X",
        "clock": "pause",
        "kind": "extend",
        "at": at("13T12"),
        "by": "north+south",
    }
    extended = judge(terms, raid, declarations=[longer])
    assert verdict(extended, "calm")["verdict"] == "breached"


def test_a_weapon_is_a_word_of_the_account() -> None:
    terms = truce(clause("barrels", "never: {act: attack, weapon: [barrel, napalm]}"))
    barrel = shot("I-1", "14T10", "north", weapon="Barrel bombs")
    assert verdict(judge(terms, barrel), "barrels")["verdict"] == "breached"
    other = judge(terms, shot("I-1", "14T10", "north", weapon="mortar"), shot("I-2", "14T10", "north"))
    assert verdict(other, "barrels")["p_breached"] is None


BAND = """\
zones:
  strip: {title: 25 km on both sides, published: true, band: {line: "LINESTRING (36 36, 38 36)", within_km: 25}}
"""


@pytest.mark.parametrize(
    ("km", "precision_km", "chance"), [(10, None, 1.0), (40, None, 0.0), (10, 2.0, 1.0), (25, 5.0, 0.5)]
)
def test_a_band_reaches_so_far_from_its_line(km: float, precision_km: float | None, chance: float) -> None:
    terms = truce(clause("strip", "never: {act: attack, in: strip}"), BAND)
    place = {"latitude": 36 + km / 111.0, "longitude": 37.0, "precision_km": precision_km}
    row = verdict(judge(terms, shot("I-1", "14T10", "north", **place)), "strip")
    assert (row["p_breached"] or 0.0) == pytest.approx(chance, abs=0.15 if 0 < chance < 1 else 0)


def test_a_clause_may_name_its_place_by_an_alias() -> None:
    terms = truce(clause("road", "never: {act: attack, at: the road}"))
    places = [{"place_name": "Castello Road", "aliases": "The Road;الكاستيلو"}]
    result = judge(terms, shot("I-1", "14T10", "north", place_name="الكاستيلو"), places=places)
    assert verdict(result, "road")["verdict"] == "breached"
    elsewhere = judge(terms, shot("I-1", "14T10", "north", place_name="Homs"), places=places)
    assert verdict(elsewhere, "road")["p_breached"] is None


def test_a_registered_predicate_says_what_the_verbs_cannot() -> None:
    terms = truce(clause("nights", "never: {act: attack, test: test-at-night}"))
    assert verdict(judge(terms, shot("I-1", "14T23", "north")), "nights")["verdict"] == "breached"
    assert verdict(judge(terms, shot("I-1", "14T10", "north")), "nights")["p_breached"] is None
    problem = refused(clause("nights", "never: {act: attack, test: test-at-nigth}"))[0]
    assert (problem.code, problem.line, problem.record) == ("unknown_name", 18, "column 32")
    assert problem.action == "did you mean 'test-at-night'?"


# ------------------------------------------------------------------ exceptions

OUTSIDE = "  outside: {title: the ground of the band, area: exempted, burden: holder}\n"
BUT = "  but: {title: civilians were hit, affected: [civilians], effect: restore, over: [outside], burden: holder}\n"
HELD = [{"place_name": "Hill", "held_by": "band"}]


def test_an_exception_to_an_exception_restores_the_clause() -> None:
    raid = shot("I-1", "14T10", "north", place_name="Hill", affected="civilians")
    norm = clause("calm", "never: {act: attack, against: [other-side, civilians]}", "unless: [outside, but]")
    plain = truce(norm.replace(", but", ""), f"exceptions:\n{OUTSIDE}")
    assert verdict(judge(plain, raid, places=HELD), "calm")["verdict"] == "excused"
    restored = truce(norm, f"exceptions:\n{OUTSIDE}{BUT}")
    assert verdict(judge(restored, raid, places=HELD), "calm")["verdict"] == "breached"
    fighters = judge(restored, raid | {"affected": "band"}, places=HELD)
    assert verdict(fighters, "calm")["verdict"] == "excused"


def test_exceptions_that_pull_in_opposite_directions_are_refused_unless_one_prevails() -> None:
    norm = clause("calm", "never: {act: attack}", "unless: [outside, but]")
    problem = refused(norm, f"exceptions:\n{OUTSIDE}{BUT.replace(', over: [outside]', '')}")[0]
    assert (problem.code, problem.line, problem.record) == ("exceptions_disagree", 25, "column 3")
    assert "pull in opposite directions" in problem.found
    assert "over: [outside]" in problem.action
    assert truce(norm, f"exceptions:\n{OUTSIDE}{BUT}").exceptions["but"].over == ("outside",)


def test_exceptions_with_one_condition_and_two_burdens_are_refused() -> None:
    other = OUTSIDE.replace("outside:", "again:").replace("burden: holder", "burden: claimant")
    norm = clause("calm", "never: {act: attack}", "unless: [outside, again]")
    problem = refused(norm, f"exceptions:\n{OUTSIDE}{other}")[0]
    assert problem.code == "exceptions_disagree"
    assert "weigh it differently" in problem.found
    alone = clause("calm", "never: {act: attack}", "unless: outside") + clause(
        "road", "never: {act: attack}", "unless: again"
    )
    truce(alone, f"exceptions:\n{OUTSIDE}{other}")  # of two clauses they may differ


def test_exceptions_of_an_amended_clause_must_agree_too() -> None:
    amended = AMENDED.replace(
        "never: {act: airstrike}", "never: {act: airstrike}\n        unless: [outside, but]"
    )
    more = f"exceptions:\n{OUTSIDE}{BUT.replace(', over: [outside]', '')}"
    assert refused(CALM, more + amended)[0].code == "exceptions_disagree"


def test_an_exception_names_the_deliveries_it_is_about() -> None:
    norm = clause("aid", "never: {access: refused}", "unless: uncoordinated")
    more = "exceptions:\n  uncoordinated: {title: not coordinated, deliveries: [C1], burden: claimant}\n"
    row = {"at": at("14T10"), "kind": "refused", "authority": "north", "reported_by": "un"}
    told = [row | {"access_id": f"A{k}", "consignment": f"C{k}"} for k in (1, 2)]
    sources = [{"source_id": "un", "name": "UN"}]
    excused = judge(truce(norm, more), access=told[:1], sources=sources)
    assert verdict(excused, "aid")["p_breached"] == 0
    both = judge(truce(norm, more), access=told, sources=sources)
    assert verdict(both, "aid")["p_breached"] == pytest.approx(0.8, abs=0.01)


# ------------------------------------------------------------------ quiet days

HALF = """\
clocks:
  half:
    title: Two days half as loud
    owner: [north]
    starts: 2016-09-20T00:00
    consecutive: 48h
    watches: [calm]
    quiet: {share: 0.5, before: 6d}
"""


EARLY = [shot("B-0", "14T10", "south")]


def test_quiet_may_be_a_share_of_what_was_before() -> None:
    before = [shot(f"B-{d}-{k}", f"{d}T{8 + k:02}", "north") for d in range(14, 20) for k in range(2)]
    one = [shot(f"A-{d}", f"{d}T12", "south") for d in (20, 21)]
    two = [*one, *(shot(f"A-{d}-2", f"{d}T13", "south") for d in (20, 21))]
    terms = truce(CALM, HALF)
    assert counted(judge(terms, *before, *one, until="22T00"), "half")["state"] == "met", "one a day, of two"
    assert counted(judge(terms, *before, *two, until="22T00"), "half")["state"] == "not_met"
    blind = counted(judge(terms, *before[:2], *one, until="22T00"), "half")
    assert blind["state"] == "undetermined"
    assert blind["reason"] == "no baseline: too few accounts of the 6 days before the start"


def test_quiet_has_one_measure_and_a_share_its_baseline() -> None:
    def told(quiet: str) -> str:
        return refused(CALM, HALF.replace("{share: 0.5, before: 6d}", quiet))[0].expected

    assert told("{share: 0.5}") == "'share' and 'before' together"
    assert told("{killed_a_day: 1, before: 6d}") == "'share' and 'before' together"
    assert told("{killed_a_day: 1, attacks_a_day: 1}").startswith("one measure")
    assert told("{placeholder: ours}").startswith("one measure")


def test_a_clock_counts_calm_only_under_what_incidents_can_break() -> None:
    duty = clause("calm", "duty: be kind", "untestable: no measure")
    assert refused(duty, HALF)[0].found == "'calm'"
    hidden = clause("calm", "never: {act: attack}", "untestable: the map is secret")
    result = judge(
        truce(hidden, HALF.replace("{share: 0.5, before: 6d}", "{killed_a_day: 0}")), until="23T00"
    )
    assert counted(result, "half")["state"] == "undetermined", "nobody can see whether it was kept"
    assert "cannot be tested" in counted(result, "half")["reason"]


def test_a_closed_road_is_called_quiet_only_where_calm_was_watched() -> None:
    road = "  road: {title: The road, owner: [north], starts: 2016-09-20T00:00, delivery: {to: Homs, within: 9d}}\n"
    quiet = HALF.replace("{share: 0.5, before: 6d}", "{killed_a_day: 0}")
    alone = judge(truce(CALM, f"clocks:\n{road}"), until="22T00")
    assert counted(alone, "road")["reason"].startswith("closed: nothing delivered to Homs")
    watched = judge(truce(CALM, f"{quiet}    access: road\n{road}"), until="22T00")
    assert counted(watched, "road")["reason"].startswith("quiet but closed: nothing delivered")
    hidden = clause("calm", "never: {act: attack}", "untestable: the map is secret")
    unseen = judge(truce(hidden, f"{quiet}    access: road\n{road}"), until="22T00")
    assert counted(unseen, "road")["reason"].startswith("closed: nothing delivered")


def test_a_clock_of_a_wrong_year_is_not_counted_hour_by_hour() -> None:
    old = HALF.replace("2016-09-20", "1916-09-20").replace("{share: 0.5, before: 6d}", "{killed_a_day: 0}")
    row = counted(judge(truce(CALM, old), shot("I-1", "14T10", "north")), "half")
    assert row["state"] == "undetermined"
    assert "too many to be counted" in row["reason"]


def test_a_run_that_starts_after_the_record_has_stopped_is_not_called_unmet() -> None:
    row = counted(
        judge(truce(CALM, HALF.replace("{share: 0.5, before: 6d}", "{killed_a_day: 0}")), *EARLY), "half"
    )
    assert (row["state"], row["achieved_hours"]) == ("undetermined", None)
    assert row["reason"] == "the record itself stops before it starts"


# ------------------------------------------------------------------ effort, deadlines, answers


def test_falling_short_of_an_effort_is_no_breach() -> None:
    firm, soft = (
        clause("calm", "never: {act: attack}"),
        clause("try", "never: {act: attack}", "best_efforts: true"),
    )
    result = judge(truce(firm + soft), shot("I-1", "14T10", "north"))
    assert verdict(result, "calm")["verdict"] == "breached"
    row = verdict(result, "try")
    assert (row["verdict"], row["p_breached"]) == ("undetermined", 1.0)
    assert row["reason"].startswith("a duty of effort")


PULLED = clause(
    "pull", "by: 2016-09-15T00:00", "achieve: {act: withdrawal}", "undone_by: {act: weapons_in_zone}"
)
SEEN = [
    {"report_id": f"R{k}", "source_id": s, "occurred_from": at("14T06"), "occurred_to": at("14T06"),
     "act": "withdrawal", "stance": "asserts", "actor": "north"}
    for k, s in enumerate(("un", "red-cross"))
]  # fmt: skip
NEUTRAL = [{"source_id": s, "name": s} for s in ("un", "red-cross")]


def test_what_was_done_by_the_deadline_can_be_undone_after_it() -> None:
    terms = truce(PULLED)
    verb = terms.norms["pull"].verb
    assert isinstance(verb, By)
    assert verb.keep, "what can be undone is to be kept"
    kept = judge(terms, located=SEEN, sources=NEUTRAL)
    assert verdict(kept, "pull")["verdict"] == "satisfied"
    guns = shot("I-1", "18T10", "north", act="weapons_in_zone")
    back = judge(terms, guns, located=SEEN, sources=NEUTRAL)
    assert verdict(back, "pull")["verdict"] == "breached"
    before = judge(terms, guns | {"occurred_from": at("14T01")}, located=SEEN, sources=NEUTRAL)
    assert verdict(before, "pull")["verdict"] == "satisfied", "still there before the deadline"
    theirs = judge(terms, guns | {"by": "south"}, located=SEEN, sources=NEUTRAL)
    assert verdict(theirs, "pull")["verdict"] == "satisfied"


def test_aid_may_be_what_has_to_be_there_by_a_deadline() -> None:
    terms = truce(clause("aid", "by: 2016-09-15T00:00", "achieve: {access: delivered, to: Homs}"))
    row = {"kind": "delivered", "reported_by": "un", "to_place": "Homs"}

    def told(*rows: tuple[str, str, str]) -> dict[str, Any]:
        access = [row | {"access_id": f"A{k}", "at": at(when), "reported_by": who, "to_place": place}
                  for k, (when, who, place) in enumerate(rows)]  # fmt: skip
        return verdict(judge(terms, access=access, sources=NEUTRAL), "aid")

    assert told(("14T10", "un", "Homs"), ("14T12", "red-cross", "Homs"))["verdict"] == "satisfied"
    assert told(("14T10", "un", "Homs"))["p_satisfied"] == pytest.approx(0.8), "one voice alone"
    assert told(("15T10", "un", "Homs"), ("14T10", "un", "Hama"))["verdict"] == "not_observed"


def test_what_undoes_it_in_a_zone_nobody_mapped_cannot_be_tested() -> None:
    norm = PULLED.replace("weapons_in_zone}", "weapons_in_zone, in: secret}")
    terms = truce(norm, "zones:\n  secret: {title: The secret map, published: false}\n")
    row = verdict(judge(terms, shot("I-1", "18T10", "north", act="weapons_in_zone")), "pull")
    assert (row["verdict"], row["reason"]) == ("not_testable", "the map of The secret map was not published")


BACK = clause(
    "back", "each: {act: capture, by: south, against: other-side}", "within: 72h", "expect: {act: withdrawal}", who="[south]"
)  # fmt: skip


def test_each_trigger_is_answered_or_not_or_not_yet_due() -> None:
    terms = truce(BACK)
    taken = shot("I-1", "14T10", "south", act="capture", affected="north")
    left = shot("I-2", "15T10", "south", act="withdrawal")
    assert verdict(judge(terms), "back", "south")["verdict"] == "pending"
    assert verdict(judge(terms, taken, left), "back", "south")["verdict"] == "satisfied"
    missed = verdict(judge(terms, taken), "back", "south")
    assert (missed["verdict"], missed["incidents"]) == ("breached", "I-1")
    late = left | {"occurred_from": at("17T11")}
    assert verdict(judge(terms, taken, late), "back", "south")["verdict"] == "breached"
    theirs = left | {"by": "north"}
    assert verdict(judge(terms, taken, theirs), "back", "south")["verdict"] == "breached"
    waiting = verdict(judge(terms, taken, until="16T00"), "back", "south")
    assert (waiting["verdict"], waiting["p_breached"]) == ("pending", 0.0)
    by_north = taken | {"by": "north"}
    assert verdict(judge(terms, by_north), "back", "south")["verdict"] == "pending", "nobody it binds took it"
    unnamed = [{"incident_id": "I-1", "source_id": "un", "stance": "unattributed"}]
    prior_alone = verdict(judge(terms, taken, claims=unnamed), "back", "south")
    assert prior_alone["verdict"] == "pending", "no account says that south took it"
    perhaps = verdict(judge(terms, taken, left | {"p": 0.5}), "back", "south")
    assert (perhaps["verdict"], perhaps["p_breached"]) == ("undetermined", pytest.approx(0.5, abs=0.01))


def test_a_trigger_is_excused_only_where_its_exception_holds() -> None:
    norm = BACK.replace("within:", "unless: reply\n    within:")
    more = "exceptions:\n  reply: {title: a reply, reply_within: 6h, burden: claimant}\n"
    taken = shot("I-1", "14T10", "south", act="capture", affected="north")
    assert verdict(judge(truce(norm, more), taken), "back", "south")["verdict"] == "breached"
    attack = shot("I-0", "14T08", "north", affected="south")
    excused = verdict(judge(truce(norm, more), attack, taken), "back", "south")
    assert (excused["verdict"], excused["p_breached"]) == ("pending", None), "nothing has triggered it"


AID = clause("aid", "each: {access: request}", "within: 48h", "expect: {access: delivered}")


def asked(*rows: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    return [
        {"access_id": f"A{k}", "at": at(when), "kind": kind, "consignment": "C1", "authority": who,
         "reported_by": ("un", "red-cross")[k % 2]}
        for k, (when, kind, who) in enumerate(rows)
    ]  # fmt: skip


def test_a_request_left_overdue_is_a_breach_by_the_bearer_that_accounts_name() -> None:
    terms = truce(AID)
    named = asked(("13T10", "request", None), ("15T12", "waiting", "north"), ("16T12", "waiting", "north"))
    result = judge(terms, access=named, sources=NEUTRAL)
    row = verdict(result, "aid", "north")
    assert (row["verdict"], row["p_breached"]) == ("breached", pytest.approx(16 / 17, abs=0.01))
    assert verdict(result, "aid", "south")["verdict"] == "undetermined", "nobody says it was south"
    nobody = judge(
        terms, access=asked(("13T10", "request", None), ("16T12", "waiting", None)), sources=NEUTRAL
    )
    for holder in ("north", "south"):
        row = verdict(nobody, "aid", holder)
        assert (row["verdict"], row["p_breached"]) == ("undetermined", None)
        assert "who owes the delay is open" in row["reason"]
    early = judge(terms, access=named[:1], sources=NEUTRAL, until="14T10")
    assert verdict(early, "aid", "north")["verdict"] == "pending"
    there = asked(("13T10", "request", None), ("14T10", "delivered", None))
    assert verdict(judge(terms, access=there, sources=NEUTRAL), "aid")["verdict"] == "satisfied"


# ------------------------------------------------------------------ proof


def test_little_seen_is_not_called_kept() -> None:
    ended = HEAD.replace("2016-09-12T00:00}", "2016-09-12T00:00, to: 2016-09-22T00:00}")
    by_others = [shot(f"I-{d}", f"{d}T10", "accident") for d in (13, 14, 15)]

    def under(coverage: str) -> dict[str, Any]:
        proof = f"proof: {{breached: 0.9, satisfied: 0.9, coverage: {coverage}}}\n"
        return verdict(judge(load(f"{ended}norms:\n{CALM}{proof}"), *by_others), "calm")

    assert under("0.2")["verdict"] == "satisfied"
    assert under("0.5")["verdict"] == "not_observed"
    assert "too little was seen" in under("0.5")["reason"]
