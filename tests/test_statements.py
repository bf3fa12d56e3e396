"""Stories of voices: what counts as a change, who contradicts whom, how far camps stand apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ceasefire.model import table
from ceasefire.statements import trace
from ceasefire.statements.distances import jeffreys
from ceasefire.statements.propositions import Propositions, UnreadableCellError, candidates, read_cell
from ceasefire.statements.voices import sequence_order
from ceasefire.vocabulary import Term

DAY = datetime(2016, 9, 19, 21, tzinfo=UTC)
ACTORS = table("actors").frame(
    {"actor_id": a, "name": a, "party": p, "member_of": m}
    for a, p, m in [
        ("gos", "north", None),
        ("saa", "north", "gos"),
        ("syaaf", "north", "saa"),
        ("russia", "east", None),
        ("ruaf", "east", "russia"),
        ("cjtf", "west", None),
        ("usaf", "west", "cjtf"),
    ]
)


def said(*lines: str) -> pl.DataFrame:
    """Lines ``thread/sequence | party:body | day.hour | topic | propositions``; ids count up."""
    rows = []
    for i, line in enumerate(lines, start=1):
        place, who, when, about, cell = (part.strip() for part in line.split(" | ", 4))
        thread, sequence = place.rsplit("/", 1)
        party, _, body = who.partition(":")
        day, _, hour = when.partition(".")
        rows.append(
            {
                "statement_id": f"S{i:03}",
                "speaker": f"speaker of {thread}",
                "party": party or None,
                "body": body or None,
                "said_at": DAY + timedelta(days=int(day), hours=int(hour or 0)),
                "about": about or None,
                "thread": thread,
                "sequence": sequence,
                "propositions": cell or None,
            }
        )
    return table("statements").frame(rows)


def follow(statements: pl.DataFrame, actors: pl.DataFrame | None = ACTORS, **more: object):  # type: ignore[no-untyped-def]
    """Trace statements alone."""
    facts = [table(t).empty() for t in ("topics", "memberships", "located", "sources")]
    return trace(statements, *facts, actors, **more)  # type: ignore[arg-type]


def changes(*cells: str) -> list[str]:
    """The changes of one voice that says these cells, a day each."""
    lines = [f"voice/{i} | east:military | {i} | T | {cell}" for i, cell in enumerate(cells)]
    return follow(said(*lines)).positions["change"].to_list()


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("cause=cargo_fire", "cause=mortar", "substitution"),
        ("cause=unknown", "cause=mortar", "update"),
        ("cause=mortar", "cause=unknown", "retreat"),
        ("cause=mortar", "cause=mortar; cause_certainty=hinted", "none"),
        ("cause=mortar", "air_strike=true", "update"),  # a key is compared with itself only
        ("cause=mortar", "comment=stunt; comment_on=somebody", "none"),
        ("cause=mortar", "", "none"),  # silence is not a retreat
        ("air_strike=true", "air_strike=undetermined; acknowledges_change=true", "correction"),
        ("air_strike=true", "air_strike=false; acknowledges_change=true", "correction"),
        ("air_strike=true", "air_strike=false", "substitution"),
        ("air_strike=undetermined", "air_strike=doubted", "update"),
        ("killed=62", "killed=83", "update"),  # a revised figure is never a substitution
        ("reason=under_fire", "reason=opposition_did_not_withdraw", "update"),
        ("army_complies=true", "army_complies=false", "update"),  # a state: the world moved
        ("coh_status=holding", "coh_status=none_in_force", "retreat"),
        ("coh_status=holding", "coh_status=in_danger", "update"),
        ("coh_status=in_danger", "coh_status=stillborn", "update"),
        ("actor=ruaf", "actor=ruaf|syaaf", "retreat"),
        ("actor=ruaf|syaaf", "actor=ruaf", "update"),
        ("actor=syaaf", "actor=ruaf", "substitution"),
        ("actor=cjtf", "actor=usaf", "update"),  # the group holds the force: narrower
        ("actor=usaf", "actor=cjtf", "retreat"),  # wider
        ("actor=syaaf", "actor=gos", "retreat"),  # held through another group
        ("actor=ruaf", "actor=unknown", "retreat"),
        ("event_date=2016-09-16", "event_date=2016-09-17", "substitution"),
        ("area_control=armed_groups", "area_control=army", "update"),  # no rule excludes the pair
        ("location_known_by=gos+russia", "location_known_by=russia+gos", "update"),
        ("location_known_by=gos+russia", "location_known_by=armed_groups_only", "substitution"),
    ],
)
def test_the_first_line_of_the_rule_that_fits_decides(before: str, after: str, change: str) -> None:
    assert changes(before, after) == ["none", change]


def test_the_last_definite_value_is_kept_through_silence_and_given_up_by_a_retreat() -> None:
    assert changes("cause=mortar", "killed=1", "cause=us_drone")[2] == "substitution"
    assert changes("cause=mortar", "cause=unknown", "cause=us_drone")[2] == "update"


def test_without_an_actors_table_a_force_and_its_group_are_strangers() -> None:
    statements = said("v/1 | east:military | 0 | T | actor=cjtf", "v/2 | east:military | 1 | T | actor=usaf")
    assert follow(statements, actors=None).positions["change"].to_list() == ["none", "substitution"]


def test_a_thread_runs_by_number_then_letter_whatever_the_order_of_the_rows() -> None:
    assert sorted(["10", "3", "2b", "2"], key=sequence_order) == ["2", "2b", "3", "10"]
    statements = said(
        "v/3 | east:military | 2 | T | cause=us_drone",
        "v/2b | east:military | 1 | T | cause=mortar",
        "v/2 | east:military | 1 | T | cause=cargo_fire",
    )
    traced = follow(statements)
    assert traced.positions["statement_id"].to_list() == ["S003", "S002", "S001"]
    assert traced.positions["keys"].to_list() == [
        None,
        "cause: cargo_fire -> mortar",
        "cause: mortar -> us_drone",
    ]
    turned = follow(statements.reverse())
    for name, frame in traced.tables.items():
        assert frame.equals(turned.tables[name]), name


def test_both_readings_of_a_party_stand_side_by_side() -> None:
    """Three offices of the east, each steady, name three causes; the west's one office changes twice."""
    traced = follow(
        said(
            "e1/1 | east:military | 0 | T | cause=cargo_fire",
            "e2/1 | east:diplomacy | 1 | T | cause=mortar",
            "e3/1 | east:presidency | 2 | T | cause=us_drone",
            "w1/1 | west:military | 0 | T | cause=cargo_fire",
            "w1/2 | west:military | 1 | T | cause=mortar",
            "w1/3 | west:military | 2 | T | cause=us_drone",
        )
    )
    found = {
        (r["party"], r["reading"]): r["substitutions"] for r in traced.voice_counts.iter_rows(named=True)
    }
    assert found == {("east", "thread"): 0, ("east", "party"): 2, ("west", "thread"): 2, ("west", "party"): 2}


def test_tied_dates_leave_the_order_open_and_the_count_says_so() -> None:
    """On one day one office names the air force and another names two candidates: order decides what it is."""
    traced = follow(
        said("a/1 | west:military | 0 | T | actor=ruaf", "b/1 | west:presidency | 0 | T | actor=ruaf|syaaf")
    )
    row = traced.voice_counts.filter(pl.col("reading") == "party").row(0, named=True)
    assert (row["retreats"], row["retreats_low"], row["retreats_high"]) == (1, 0, 1)


def test_contradictions_by_scope() -> None:
    traced = follow(
        said(
            "mod/1 | east:military | 0 | T | cause=mortar",
            "mod/2 | east:military | 1 | T | cause=us_drone",
            "mfa/1 | east:diplomacy | 1 | T | cause=rocket_or_artillery",
            "us/1 | west:military | 1 | T | air_strike=true",
            "else/1 | west:military | 1 | OTHER | cause=cargo_fire",
        )
    )
    found = {
        (r["statement_a"], r["statement_b"], r["scope"], r["key_a"], r["key_b"])
        for r in traced.contradictions.iter_rows(named=True)
    }
    assert found == {
        ("S001", "S002", "self", "cause", "cause"),
        ("S001", "S003", "offices", "cause", "cause"),
        ("S003", "S002", "offices", "cause", "cause"),
        ("S001", "S004", "parties", "cause", "air_strike"),
        (
            "S003",
            "S004",
            "parties",
            "cause",
            "air_strike",
        ),  # a drone is itself from the air: S002 is not here
    }


def test_clearing_one_of_two_candidates_contradicts_nothing_and_clearing_both_does() -> None:
    one = follow(said("a/1 | east:x | 0 | T | ru_strike=false", "b/1 | west:x | 0 | T | actor=ruaf|syaaf"))
    assert one.contradictions.is_empty()
    both = follow(
        said(
            "a/1 | east:x | 0 | T | ru_strike=false; sy_strike=false",
            "b/1 | west:x | 0 | T | actor=ruaf|syaaf",
            "c/1 | south:x | 0 | T | actor=ruaf+syaaf",
        )
    )
    pairs = both.contradictions.select("statement_b", "key_a").rows()
    assert pairs == [("S002", "ru_strike+sy_strike"), ("S003", "ru_strike"), ("S003", "sy_strike")]


def test_an_acknowledged_change_is_marked_on_the_contradiction() -> None:
    traced = follow(
        said(
            "v/1 | west:military | 0 | T | notice_given=true",
            "v/2 | west:military | 1 | T | notice_given=false; acknowledges_change=true",
        )
    )
    note = traced.contradictions["note"][0]
    assert note == "contradiction (one voice): cannot both hold; the later statement acknowledges a change"


def test_states_are_set_against_each_other_within_a_day_only() -> None:
    lines = [
        "a/1 | east:military | 0 | T | coh_status=holding",
        "b/1 | west:diplomacy | {} | T | coh_status=none_in_force",
    ]
    near = follow(said(lines[0], lines[1].format("0.20")))
    assert near.contradictions.select("kind", "scope").rows() == [("tension", "parties")]
    assert follow(said(lines[0], lines[1].format("1"))).contradictions.is_empty()


def test_the_distance_of_two_offices_counts_what_both_spoke_of_at_one_time() -> None:
    """One conflict (cause), one agreement (own strike denied), one state conflict on one day; figures stay out."""
    traced = follow(
        said(
            "mod/1 | east:military | 0 | T | cause=mortar; ru_strike=false; killed=62",
            "mfa/1 | east:diplomacy | 0 | T | cause=rocket_or_artillery; ru_strike=false; killed=80",
            "mod-coh/1 | east:military | 0 | COH | army_complies=true; opposition_complies=false",
            "mfa-coh/1 | east:diplomacy | 0 | COH | coh_status=holding",
            "mfa-x/1 | east:diplomacy | 0 | X | cause=mortar",
        )
    )
    row = traced.office_distances.row(0, named=True)
    assert (row["body_a"], row["body_b"], row["n_comparable"], row["n_conflicts"]) == (
        "diplomacy",
        "military",
        3,
        2,
    )
    assert row["examples"] == "S003/S004; S001/S002"
    assert (row["low"], row["high"]) == pytest.approx(jeffreys(2, 3))


def test_a_version_given_up_before_the_other_office_spoke_is_no_distance() -> None:
    traced = follow(
        said(
            "mod/1 | east:military | 0 | T | cause=cargo_fire",
            "mod/2 | east:military | 1 | T | cause=mortar",
            "mfa/1 | east:diplomacy | 2 | T | cause=mortar",
        )
    )
    assert traced.office_distances.select("n_comparable", "n_conflicts").row(0) == (1, 0)


def test_offices_that_never_spoke_of_the_same_have_no_distance_rather_than_zero() -> None:
    traced = follow(
        said("a/1 | east:military | 0 | T | cause=mortar", "b/1 | east:diplomacy | 0 | T | ru_strike=false")
    )
    assert traced.office_distances.select("n_comparable", "distance", "low", "high").row(0) == (
        0,
        None,
        None,
        None,
    )


def test_jeffreys_interval_against_the_published_method() -> None:
    low, high = jeffreys(0, 5)
    assert low == 0.0
    assert high == pytest.approx(0.3044, abs=2e-3)  # upper 95 % point of Beta(0.5, 5.5)
    assert jeffreys(5, 5) == pytest.approx((1 - high, 1.0))


def test_what_cannot_be_read_is_a_problem_and_the_statement_keeps_its_place() -> None:
    traced = follow(
        said(
            "v/1 | east:military | 0 | T | cause=mortar; nonsense",
            "v/1 | east:military | 1 | T | weather=fine",
            "w/2 | east:military | 0 |  | cause=mortar",
            "v/0 | east:military | 5 | T | cause=mortar",
        )
    )
    assert sorted(p.code for p in traced.problems) == [
        "same_place_in_thread",
        "statement_without_topic",
        "thread_against_time",
        "unlisted_proposition",
        "unreadable_propositions",
    ]
    assert traced.positions.height == 4


def test_a_case_may_bring_its_own_propositions() -> None:
    statements = said("v/1 | east:m | 0 | T | bridge=open", "v/2 | east:m | 1 | T | bridge=blown")
    own = {"bridge": Term("bridge", "bridge", "the bridge", "own", {"class": "fact", "excludes": "differ"})}
    assert follow(statements).positions["change"].to_list() == ["none", "update"]
    traced = follow(statements, own_propositions=own)
    assert traced.positions["change"].to_list() == ["none", "substitution"]
    assert traced.problems == []


def test_cells_and_candidates() -> None:
    assert read_cell("violations=>300; actor=a|b") == {"violations": ">300", "actor": "a|b"}
    assert candidates("a|b+c") == (frozenset({"a"}), frozenset({"b", "c"}))
    with pytest.raises(UnreadableCellError):
        read_cell("a=1; a=2")


def test_every_rule_speaks_of_listed_keys_and_known_classes() -> None:
    rules = Propositions.read()
    for key, term in rules.keys.items():
        assert term.more["class"] in {"fact", "number", "list", "state", "remark"}, key
        spoken = [rule["key"] for rule in term.more.get("cross", [])]
        spoken += [k for rule in term.more.get("tension", []) for k in rule["against"]]
        assert set(spoken) <= set(rules.keys), key


CONVOY = (
    "RU/0 | russia:presidency | 0 | URUM | cause=unknown; investigation=under_way",
    "RU/1 | russia:military | 0 | URUM | cause=cargo_fire; air_strike=false; ru_strike=false; sy_strike=false; "
    "tracked_until=2016-09-19T13:40+03:00",
    "RU/2 | russia:military | 0.22 | URUM | cause=mortar; cause_certainty=hinted; air_strike=false; "
    "mortar_with_convoy=true; ru_drone_video=true",
    "RU/3 | russia:military | 1 | URUM | cause=us_drone; cause_certainty=hinted; us_drone_present=true; "
    "ru_aircraft_present=false; ru_strike=false",
    "RU/4 | russia:military | 2 | URUM | comment_on=somebody; comment=personal_opinion; ru_aircraft_present=false",
    "RU/5 | russia:military | 22 | URUM | ru_aircraft_present=false; mortar_with_convoy=true",
)


def test_golden_8_the_versions_of_the_convoy_strike() -> None:
    """R0 none, R1 a first cause, R2 and R3 substitutions, R4 and R5 repetition; a tension, not a verdict."""
    traced = follow(said(*CONVOY))
    assert traced.positions["change"].to_list() == [
        "none",
        "update",
        "substitution",
        "substitution",
        "none",
        "none",
    ]
    strikes = traced.values.filter(pl.col("key").is_in(["ru_strike", "sy_strike", "air_strike"]))
    assert strikes["value"].unique().to_list() == ["false"]
    tension = traced.contradictions.filter(pl.col("kind") == "tension").row(0, named=True)
    assert (tension["statement_a"], tension["statement_b"]) == ("S002", "S003")
    assert (tension["key_a"], tension["key_b"]) == ("tracked_until", "ru_drone_video")
    assert "lie" not in tension["note"]


def test_explain_a_topic_and_a_thread() -> None:
    traced = follow(said(*CONVOY))
    titles = [title for title, _ in traced.explain("URUM")]
    assert titles[0].startswith("Positions")
    assert "Changes, thread by thread and each party as one voice" in titles
    assert next(f.height for _, f in traced.explain("RU")) == 6
    assert traced.explain("nothing of the kind") == []


CASE = Path(__file__).parents[1] / "cases" / "syria-2016" / "statements.csv"
ANSWERS = Path(__file__).parent / "data" / "syria_2016_answers" / "statement_changes.csv"


def syria() -> pl.DataFrame:
    """The statements of the Syria case; a day without an hour is taken at its local start."""
    rows = pl.read_csv(CASE, infer_schema_length=0).drop("recorded_at")
    text = (
        pl.when(pl.col("said_at").str.len_chars() == 7)
        .then(pl.col("said_at") + "-01")
        .otherwise(pl.col("said_at"))
    )
    full = pl.when(text.str.len_chars() == 10).then(text + "T00:00:00+03:00").otherwise(text)
    return table("statements").conform(
        rows.with_columns(full.str.to_datetime("%+", time_unit="us").alias("said_at"))
    )


def test_the_rule_gives_the_coded_changes_of_all_syria_statements() -> None:
    answers = pl.read_csv(ANSWERS, infer_schema_length=0)
    change = next(c for c in answers.columns if c.startswith("change"))
    traced = follow(syria(), actors=pl.read_csv(CASE.with_name("actors.csv"), infer_schema_length=0))
    both = traced.positions.join(answers, on="statement_id", how="full", suffix="_coded")
    coded = f"{change}_coded" if f"{change}_coded" in both.columns else change
    wrong = both.filter(pl.col("change").ne_missing(pl.col(coded)))
    assert both.height == 101
    assert wrong.select("statement_id", "change", coded).rows() == []
    assert traced.problems == []


def test_the_syria_voices_read_party_by_party() -> None:
    """The reading of the data set: Russia 3, the United States 1 and 2 retreats, the UN 1 correction, 1 retreat."""
    counts = follow(
        syria(), actors=pl.read_csv(CASE.with_name("actors.csv"), infer_schema_length=0)
    ).voice_counts
    convoy = counts.filter((pl.col("about") == "URUM-2016-09-19") & (pl.col("reading") == "party"))
    found = {
        r["party"]: (r["substitutions"], r["retreats"], r["corrections"])
        for r in convoy.iter_rows(named=True)
    }
    assert {p: n for p, n in found.items() if any(n)} == {
        "russia": (3, 0, 0),
        "us-coalition": (1, 2, 0),
        "un": (0, 1, 1),
    }


def test_swapping_two_parties_swaps_their_rows_and_moves_no_figure() -> None:
    """The same words in the other party's mouth count the same, tied dates and offices included."""
    lines = [
        "a1/1 | east:military | 0 | T | cause=cargo_fire; actor=syaaf",
        "a1/2 | east:military | 1 | T | cause=mortar",
        "a2/1 | east:diplomacy | 0 | T | cause=mortar; actor=ruaf|syaaf",
        "b1/1 | west:military | 0 | T | cause=us_drone; ru_strike=false",
        "b2/1 | west:diplomacy | 0 | T | air_strike=true; cause=unknown",
        "b2/2 | west:diplomacy | 1 | T | cause=us_drone",
    ]
    swap = {"east": "west", "west": "east"}
    one, other = follow(said(*lines)), follow(said(*lines).with_columns(pl.col("party").replace(swap)))
    for name in ("voice_counts", "office_distances"):
        turned = other.tables[name].with_columns(pl.col("party").replace(swap))
        keys = [c for c in turned.columns if turned[c].dtype == pl.String]
        assert turned.sort(keys).equals(one.tables[name].sort(keys)), name
    turned = other.contradictions.with_columns(pl.col("party_a", "party_b").replace(swap))
    assert turned.equals(one.contradictions)
