"""What could not be judged, and what lies outside the truce: said, never dropped.

In: what was worked out on the way. Out: problems of stage ``comply``: incidents without time or author, violence that
no clause covers, attacks nobody is blamed for, declarations about no known clock, sources not given.
"""

from __future__ import annotations

from ceasefire.agreement.language import acts_of
from ceasefire.comply.choices import NAMED_IN_A_NOTE
from ceasefire.comply.judged import Judged
from ceasefire.problems import Problem


def problems_of(judged: Judged, timeless: list[str]) -> list[Problem]:
    """All that a reader must know beside the verdicts."""
    evidence = judged.evidence
    found = [
        _problem("warning", "incident_without_time", "when it happened", "nothing", "not counted", i)
        for i in timeless
    ]
    for item in judged.items:
        if not item.second and not item.authors and item.act in acts_of(("attack",)):
            action = "counted for nobody"
            found.append(_problem("note", "no_attribution", "a probable author", "none", action, item.id))
    found += _outside(judged)
    clocks = set(judged.agreement.clocks)
    for row in evidence.declarations.iter_rows(named=True):
        if row["clock"] not in clocks:
            expected = f"a clock of the agreement ({', '.join(sorted(clocks)) or 'it has none'})"
            record = row["declaration_id"]
            found.append(
                _problem("warning", "unknown_clock", expected, row["clock"], "it moves nothing", record)
            )
    if judged.tallied.replies_cut:
        told = f"{judged.tallied.replies_cut} comparisons left out"
        action = "each act was compared with the attacks nearest in time"
        found.append(
            _problem("warning", "replies_cut", "few attacks that an act may answer", told, action, None)
        )
    if not evidence.sources.height and (evidence.access.height or judged.weighed):
        action = "accounts are weighed without knowing whose camp they speak for"
        found.append(_problem("warning", "camps_unknown", "the sources of the case", "none", action, None))
    return found


def _outside(judged: Judged) -> list[Problem]:
    """Violence that no clause covers: another dyad, an exempted area, another time. Said, not dropped."""
    terms, attacks = judged.terms, acts_of(("attack",))
    seen = {judged.worlds.items[c].id for result in judged.tallies.values() for c in result.columns}
    found: list[Problem] = []
    unblamed: list[str] = []
    for item in judged.items:
        if item.second or item.act not in attacks or item.id in seen or not item.authors:
            continue
        period = terms.in_force
        if item.end < period.start or (period.end is not None and item.start >= period.end):
            continue
        blamed_for = set(item.authors) if item.named is None else set(item.named)
        if not blamed_for:
            unblamed.append(item.id)
            continue
        if not blamed_for & set(terms.parties):
            why = f"whom the accounts blame ({', '.join(sorted(blamed_for))}) is no party"
        elif item.exempt_area:
            why = f"the place is held by an exempted group ({item.exempt_area})"
        else:
            why = "the affected are not protected from those blamed"
        expected = "an attack between the parties"
        found.append(_problem("note", "outside_scope", expected, why, "violence, but no breach", item.id))
    if unblamed:
        which = ", ".join(unblamed[:NAMED_IN_A_NOTE]) + (" ..." if len(unblamed) > NAMED_IN_A_NOTE else "")
        told = f"{len(unblamed)} attacks for which no account blames anybody ({which})"
        action = "nobody's breach; they stay open, and they disturb the calm"
        found.append(_problem("note", "nobody_blamed", "an account of who did it", told, action, None))
    return found


def _problem(severity: str, code: str, expected: str, found: str, action: str, record: str | None) -> Problem:
    return Problem(severity, "comply", code, expected, found, action, record=record)
