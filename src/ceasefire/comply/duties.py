"""Verdicts of what has to be done or let through: aid held back, deadlines, answers within a time.

In: a clause and bearer, accounts weighed, worlds. Out: rows of ``verdicts``. What accounts speak of directly is judged on
them; whether it stayed so, and which incident got an answer, on the worlds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ceasefire.agreement import By, Each
from ceasefire.comply.accounts import Voice, Weighed, in_words
from ceasefire.comply.clocks import hours, shown
from ceasefire.comply.deliveries import Response
from ceasefire.comply.prohibitions import Tally
from ceasefire.comply.responses import Answers
from ceasefire.comply.verdicts import CONTESTED, Bound, Row, counts
from ceasefire.comply.worlds import Worlds, error_of


def of_accounts_against(bound: Bound, result: Tally, weighed: Mapping[str, Weighed], worlds: Worlds) -> Row:
    """The verdict where accounts say that the bearer held something back (aid refused, turned back, no permit)."""
    proof, contested = bound.proof, bound.terms.contested(bound.norm, bound.holder)
    if not weighed:
        return bound.row("pending", f"{bound.standing}; no account names this bearer")
    broken = result.p_breached
    numbers: Row = {
        "p_breached": broken,
        "p_satisfied": 1 - broken,
        "mc_error": None if result.exact is not None else error_of(result.breached),
        **counts(result, worlds),
    }
    terms = [term for one in weighed.values() for term in one.terms]
    who = f"told by {', '.join(sorted({v.source for v, _, _ in terms}))}"
    reason = f"p = {broken:.2f} from {len(terms)} accounts of {len(weighed)} deliveries, {who}"
    notes = sorted({note for note in result.notes if note})
    reason += f"; {'; '.join(notes)}" if notes else ""
    if contested and broken > 1 - proof.satisfied:
        return bound.row("undetermined", f"{CONTESTED}: {contested}; {reason}", **numbers)
    if broken < proof.breached:
        return bound.row("undetermined", reason, **numbers)
    # Whether one delivery was owed is often what the parties dispute: say what hangs on it.
    shares = {
        worlds.items[column].delivery: share
        for column, share in zip(result.columns, result.counted, strict=True)
    }
    for name in sorted(shares, key=str):
        rest = max((p for other, p in shares.items() if other != name), default=0.0)
        if rest < proof.breached:
            reason += f"; without the accounts of {name} it would be {rest:.2f}, below the standard {proof.breached:g}"
    return bound.breach(reason, **numbers)


def of_deadline(
    bound: Bound, result: Weighed, verb: By, past: bool, undone: Tally | None, kept: NDArray[np.bool_]
) -> Row:
    """The verdict of something to be achieved, from accounts of whether it was, and of whether it stayed so.

    ``undone``: what showed afterwards that it did not; ``kept``: the worlds in which it was done and stayed so. Where no
    account says whether it was done, even odds are no evidence, and only what showed afterwards counts against it.
    """
    proof, again = bound.proof, undone is not None and bool(undone.columns)
    done = float(kept.mean()) if again else result.probability
    broken, single = 1 - done, 1 - result.probability
    due = verb.due
    falls_due = f"due {shown(due, bound.terms)}" if due else f"falls due together with {verb.when}"
    if not result.terms and not again:
        verdict = "not_observed" if past else "pending"
        return bound.row(verdict, f"no account says whether it was done; {falls_due}")
    what = "that it was done and stayed so" if again else "that it was done"
    told = f"{in_words(result)}; p = {done:.2f} {what}; {falls_due}"
    numbers: Row = {}
    if again and undone is not None:
        numbers["mc_error"] = error_of(kept)
        if not result.terms:
            broken, single = undone.p_breached, 0.0
            told = f"no account says whether it was done; {falls_due}"
            numbers["mc_error"] = error_of(undone.breached)
        single = max(single, *undone.counted)
        numbers["n_incidents"] = len(undone.columns)
        told += f"; p = {undone.p_breached:.2f} that something showed afterwards that it did not stay so"
    numbers |= {"p_satisfied": done if result.terms else None, "p_breached": broken if past else None}
    contested = bound.terms.contested(bound.norm, bound.holder)
    if contested:
        return bound.row("undetermined", f"{CONTESTED}: {contested}; {told}", **numbers)
    if result.terms and done >= proof.satisfied and (past or not verb.keep or due is None):
        return bound.row("satisfied", told, **numbers)
    if past and broken >= proof.breached and single >= proof.incident:
        return bound.breach(told, **numbers)
    return bound.row("undetermined", told, **numbers)


def of_response(
    bound: Bound, responses: Sequence[Response], voices: Mapping[str, Sequence[Voice]], result: Tally
) -> Row:
    """The verdict of a duty to answer each trigger of the access record.

    A request that got no answer in time is a breach by a bearer that the accounts say holds it up; who owes the delay is
    otherwise open.
    """
    verb, proof = bound.norm.verb, bound.proof
    assert isinstance(verb, Each)
    if not responses:
        return bound.row("pending", f"{bound.standing}; nothing has triggered it yet")
    missing = [r for r in responses if r.followed is None]
    waiting = max((hours(min(bound.horizon, r.heard or bound.horizon) - r.at) for r in missing), default=0.0)
    head = f"{len(responses) - len(missing)} of {len(responses)} triggers answered"
    sources = sorted({v.source for found in voices.values() for v in found})
    named = f"; this bearer is named for delay by {', '.join(sources)}" if sources else ""
    if verb.within is None:
        if not missing:
            return bound.row("satisfied", head)
        tail = f"waiting {waiting:.0f} h by the last word of it; the text gives no time, and who owes the delay is open"
        return bound.row("undetermined", f"{head}; {tail}{named}")
    late = [
        r for r in responses if r.at + verb.within <= (bound.horizon if r.followed is None else r.followed)
    ]
    if not late:
        return bound.row("pending" if missing else "satisfied", f"{head}; none overdue")
    numbers: Row = {}
    if result.columns:
        numbers = {"p_breached": result.p_breached, "mc_error": error_of(result.breached)}
    reason = f"{head}; {len(late)} late or overdue"
    contested = bound.terms.contested(bound.norm, bound.holder)
    if contested:
        return bound.row("undetermined", f"{CONTESTED}: {contested}; {reason}{named}", **numbers)
    if result.p_breached >= proof.breached:
        return bound.breach(
            f"{reason}; p = {result.p_breached:.2f} that it is this bearer's doing{named}", **numbers
        )
    open_ = f"; p = {result.p_breached:.2f} that it is this bearer's doing" if result.columns else ""
    return bound.row("undetermined", f"{reason}; who owes the delay is open{open_}{named}", **numbers)


def of_answers(bound: Bound, found: Answers) -> Row:
    """The verdict of a duty to answer incidents."""
    proof = bound.proof
    broken, met = float(found.breached.mean()), float(found.satisfied.mean())
    if not found.triggers:
        return bound.row("pending", f"{bound.standing}; nothing has triggered it yet")
    numbers: Row = {
        "p_breached": broken,
        "p_satisfied": met,
        "mc_error": error_of(found.breached),
        "n_incidents": len(found.triggers),
        "incidents": ";".join(name for name, _, _ in found.triggers),
    }
    worst = max(found.triggers, key=lambda t: (t[2], t[0]))
    reason = f"{len(found.triggers)} triggers; p = {broken:.2f} that one went unanswered (most: {worst[0]} {worst[2]:.2f})"
    contested = bound.terms.contested(bound.norm, bound.holder)
    if contested and broken > 1 - proof.satisfied:
        return bound.row("undetermined", f"{CONTESTED}: {contested}; {reason}", **numbers)
    if broken >= proof.breached and worst[2] >= proof.incident:
        return bound.breach(reason, **numbers)
    if met >= proof.satisfied:
        return bound.row("satisfied", reason, **numbers)
    if broken <= 1 - proof.satisfied and float(found.waiting.mean()) > 0:
        return bound.row("pending", f"{reason}; the time of some has not passed", **numbers)
    return bound.row("undetermined", reason, **numbers)
