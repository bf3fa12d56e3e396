"""What the drafters of 2016 left open is a finding about the agreement."""

from __future__ import annotations

from pathlib import Path

from ceasefire.agreement import lint, load
from ceasefire.vocabulary import vocabulary

CASES = Path(__file__).parent.parent / "cases"


def test_lint_lists_what_a_mediator_wants_to_see_before_signing() -> None:
    found = lint(load(CASES / "syria-2016" / "agreement.yaml"))
    told = {(p.record, p.found) for p in found}
    records = {record for record, _ in told}
    assert {"castello-dmz", "designated-areas", "ramouseh"} <= records, "maps"
    assert {"self-defence", "seven-days"} <= records, "no numbers"
    assert ("S3a", "none") in told, "no time for a convoy to pass"
    assert ("S3f", "3500 m / 3000 m") in told
    assert any(record == "S3e" and "S3c" in words for record, words in told), "each waits for the other"
    assert all(p.severity == "note" for p in found)


def test_minsk_two_reads_its_deadlines_in_two_ways() -> None:
    found = lint(load(CASES / "donbas" / "agreement.yaml"))
    assert any(p.record == "M2-02f" and "1 March" in p.found and "2 or 3 March" in p.found for p in found)


def test_every_code_of_the_room_is_documented() -> None:
    text = "".join(
        p.read_text(encoding="utf-8")
        for p in (Path(__file__).parent.parent / "src/ceasefire/agreement").glob("*.py")
    )
    codes = vocabulary("problem_codes/agreement")
    assert all(f'"{code}"' in text for code in codes), "a documented code that nothing uses"
