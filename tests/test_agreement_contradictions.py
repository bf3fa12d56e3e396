"""What an agreement cannot mean is refused where it stands: contradictions, impossible values, two things under one name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ceasefire.agreement import load
from ceasefire.problems import CaseError
from test_agreement_language import AMENDED, BACK, BAND, CALM, HALF, HEAD, PULLED, clause, refused

CLOCK = "clocks:\n  pause: {title: A pause, owner: [north], starts: 2016-09-12T00:00, KEYS}\n"
DAYS = clause("days", "consecutive: 7d", "on: half", "grants: the Centre")
OPEN_ROAD = CLOCK.replace("clocks:\n", "").replace("KEYS", "consecutive: 7d, access: half")


@pytest.mark.parametrize(
    ("norms", "more", "code", "words"),
    [
        (CALM, "exceptions:\n  x: {title: anything, burden: holder}\n", "missing_key", "a condition"),
        (CALM, "exceptions:\n  x: {title: close by, near_km: 5, burden: holder}\n", "missing_key", "'reply_within'"),
        (BACK.replace("{act: withdrawal}", "{access: delivered}"), "", "clause_verb", "'expect' of the kind of 'each'"),
        (CALM.replace("attack}", "attack, access: refused}"), "", "wrong_value", "an event with act, or with access"),
        (CALM.replace("attack}", "attack, by: north}"), "", "clause_verb", "'by' in 'each' only"),
        (CALM.replace("attack}", "attack, to: Homs}"), "", "clause_verb", "a key that 'act' heeds"),
        (CALM.replace("act: attack}", "access: refused, at: Homs}"), "", "clause_verb", "a key that 'access' heeds"),
        (PULLED.replace("{act: weapons_in_zone}", "{access: refused}"), "", "clause_verb", "an act in 'undone_by'"),
        (CALM + PULLED.replace("by: 2016-09-15T00:00", "by: {when: calm}"), "", "clause_verb", "an instant in 'by'"),
        (CALM + DAYS, HALF, "clock_shape", "a clock that counts 168 h in a row"),
        (CALM, CLOCK.replace("KEYS", "until: 2016-09-11T00:00"), "wrong_value", "an end after the start"),
        (CALM, f"{HALF}{OPEN_ROAD}", "clock_shape", "a clock with 'delivery'"),
        (CALM, CLOCK.replace("pause", "in-force").replace("KEYS", "for: 7d"), "wrong_value", "a name for the clock"),
        (CALM, "amendments:\n  x: {title: X, from: 2016-09-15T00:00, document: D}\n", "missing_key", "'norms' or 'repeals'"),
        (CALM, f"{AMENDED}    repeals: [calm]\n", "wrong_value", "one change of a clause"),
        (CALM, BAND.replace("within_km: 25", "within_km: 0"), "wrong_value", "a width above 0"),
        (CALM, BAND.replace("38 36", "38 96"), "zone_file", "a polygon or a line in WKT"),
        (CALM, BAND.replace("36 36, 38 36", "nan 36, 38 36"), "zone_file", "a polygon or a line in WKT"),
        (CALM, BAND.replace("36 36, 38 36", "36 89.9, 38 89.9"), "zone_file", "a band away from the poles"),
        (CALM, BAND.replace("band:", 'geometry: "LINESTRING (36 36, 38 36)", band:'), "wrong_value", "one of geometry and band"),
        (CALM.replace("title: calm", 'title: "a\\ud800b"'), "", "wrong_value", "a text of printable characters"),
        (CALM.replace("never:", "from: 0001-01-01T00:00\n    never:"), "", "wrong_value", "a day and hour that exist"),
        (CALM.replace("never:", "from: ٢٠١٦-09-13T00:00\n    never:"), "", "wrong_value", "a time such as"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_where_it_stands(
    norms: str, more: str, code: str, words: str
) -> None:
    problem = refused(norms, more)[0]
    assert problem.code == code
    assert words in problem.expected
    assert problem.line is not None
    assert problem.line > len(HEAD.splitlines()), "the head is in order"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("south:", "civilians:"), "a name for the party"),
        (("side: south-side", "side: south-side, members: [north]"), "members of one party"),
        (("side: south-side", "side: south-side, members: [band]"), "a group that is no party"),
    ],
)
def test_nobody_is_two_things_at_once(change: tuple[str, str], words: str) -> None:
    with pytest.raises(CaseError) as caught:
        load(HEAD.replace(*change) + f"norms:\n{clause('calm', 'never: {act: attack}', who='[north]')}")
    assert words in [p.expected for p in caught.value.problems]


def test_a_member_of_two_parties_is_refused() -> None:
    two = HEAD.replace("north-side}", "north-side, members: [x]}").replace(
        "south-side}", "south-side, members: [x]}"
    )
    with pytest.raises(CaseError, match="'x' in 'north' and in 'south'"):
        load(f"{two}norms:\n{CALM}")


def test_a_long_list_is_read_in_no_time() -> None:
    many = "".join(f"{k}, " for k in range(5_000))
    began = datetime.now(UTC)
    terms = load(f"{HEAD}norms:\n{CALM}open_points: [{many}]\n")
    assert len(terms.open_points) == 5_000
    assert datetime.now(UTC) - began < timedelta(seconds=20)
    assert "each value once" in str(refused(CALM, f"open_points: [{many}7]\n")[0])
