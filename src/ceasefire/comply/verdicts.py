"""From worlds and accounts to a verdict: one row for each clause and bearer.

In: a clause, its bearer, what was tallied or weighed. Out: rows of ``verdicts`` and ``incident_verdicts``. A status is
called only if its probability clears the agreement's standard of proof; "undetermined" is an answer. Nothing that
the public text or the data cannot show is called kept. No row is a judicial finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ceasefire.agreement import Agreement, By, Each, Never, Norm
from ceasefire.agreement.language import NO_HOLDER, Event
from ceasefire.comply.accounts import Voice, Weighed, in_words
from ceasefire.comply.clocks import ClockReading, hours, shown
from ceasefire.comply.deliveries import Response
from ceasefire.comply.happenings import Happening
from ceasefire.comply.lanes import Window
from ceasefire.comply.prohibitions import Tally
from ceasefire.comply.responses import Answers
from ceasefire.comply.worlds import Worlds, error_of

Row = dict[str, Any]
CONTESTED = "obligation mapping contested"
EXCUSED_FROM = 0.5


@dataclass(frozen=True)
class Bound:
    """One clause and one bearer at one instant."""

    terms: Agreement
    norm: Norm
    holder: str
    window: Window
    as_of: datetime
    horizon: datetime
    """Up to when anybody was looking; no waiting is counted beyond it."""

    @property
    def standing(self) -> str:
        """In force, or, where the record stops long before ``as_of``, only not known to have ended."""
        return "in force" if self.as_of <= self.horizon else "no end is on record"

    def row(self, verdict: str, reason: str, **numbers: Any) -> Row:
        """A row of table ``verdicts``."""
        norm = self.norm
        return {
            "norm_id": norm.id,
            "clause": norm.clause,
            "title": norm.title,
            "holder": self.holder,
            "verdict": verdict,
            "reason": reason,
            "text_status": norm.text_status,
            "contested_bearer": self.terms.contested(norm, self.holder) is not None,
            "source": norm.source,
            "n_incidents": 0,
        } | numbers

    def breach(self, reason: str, **numbers: Any) -> Row:
        """A row of a breach; a duty of effort falls short, which alone is none."""
        if self.norm.best_efforts:
            return self.row(
                "undetermined", f"a duty of effort: falling short is no breach; {reason}", **numbers
            )
        return self.row("breached", reason, **numbers)


def untestable(terms: Agreement, norm: Norm) -> str | None:
    """Why a clause cannot be tested: as its author says, or because a zone it needs was never published."""
    if norm.untestable:
        return norm.untestable
    events: list[Event] = []
    if isinstance(norm.verb, Never):
        events = [norm.verb.event]
    elif isinstance(norm.verb, Each):
        events = [norm.verb.trigger, norm.verb.expect]
    elif isinstance(norm.verb, By):
        events = [norm.verb.achieve, *([norm.verb.undone_by] if norm.verb.undone_by else [])]
    for event in events:
        if event.within is not None and terms.zones[event.within].geometry is None:
            zone = terms.zones[event.within]
            return f"the map of {zone.title} " + (
                "is not in the case" if zone.published else "was not published"
            )
    return None


def holders(norm: Norm) -> tuple[str, ...]:
    """The bearers a clause is judged for; a precondition and a clause on somebody else have one row."""
    return norm.who or (norm.bearer or NO_HOLDER,)


def of_prohibition(
    bound: Bound, result: Tally, worlds: Worlds, observed: bool, seen: float
) -> tuple[Row, list[Row]]:
    """The verdict of a prohibition for one bearer, and one row for each incident that touches it.

    ``seen``: share of the days of its time with an account of anything; below ``proof.coverage`` nothing is called kept.
    """
    terms, norm, holder, proof = bound.terms, bound.norm, bound.holder, bound.terms.proof
    contested = terms.contested(norm, holder)
    items = worlds.items
    listed = result.touched()
    breached = result.p_breached
    forgiven = float(result.forgiven.mean())
    kept = 1 - float(result.possible.mean()) if result.exact is None or result.n_open else 1 - breached
    unsaid = f"; {result.n_open} attacks that nobody is blamed for stay open" if result.n_open else ""
    silent = not result.columns and not result.seen
    numbers: Row = {
        # Where nobody blames this bearer for anything, there is nothing to put a figure on.
        "p_breached": breached if result.columns or not (result.n_open or silent) else None,
        # What nobody is blamed for rests on a prior alone, which is no estimate to print; silence is none either.
        "p_satisfied": None if result.n_open or silent else kept,
        "mc_error": None if result.exact is not None else error_of(result.breached),
        "n_incidents": len(listed),
        "incidents": ";".join(items[result.columns[k]].id for k in listed) or None,
        **_counts(result, worlds),
    }
    rows = incident_rows(bound, result, worlds)
    closed = bound.window.end is not None and bound.window.end <= bound.as_of
    if not observed:
        return bound.row("not_observed", "no account of anything in this time is in the case"), []
    if silent:
        words = "no account of any such act, by anybody, is in the case; that is not proof that it was kept"
        return bound.row(
            "not_observed" if closed else "pending",
            words if closed else f"{bound.standing}; {words}",
            **numbers,
        ), []
    if not result.columns and result.n_open:
        reason = (
            f"no account blames this bearer for any; {result.n_open} attacks that nobody is blamed for stay open, so "
            "neither a breach nor that it was kept is shown"
        )
        return bound.row("undetermined", reason, **numbers), []
    most = _strongest(result, listed, items) + unsaid
    if contested and breached > 1 - proof.satisfied:
        reason = f"{CONTESTED}: {contested}; p = {breached:.2f} that it did what the clause forbids{most}"
        return bound.row("undetermined", reason, **numbers), rows
    single = max(result.counted, default=0.0)
    if breached >= proof.breached and single < proof.incident:
        reason = (
            f"p = {breached:.2f} of at least one breach, but no incident alone is shown: the most probable reaches "
            f"{single:.2f}, and {proof.incident:g} is needed{most}"
        )
        return bound.row("undetermined", reason, **numbers), rows
    if breached >= proof.breached:
        reason = f"p = {breached:.2f} of at least one breach, standard {proof.breached:g}{most}"
        return bound.breach(reason, **numbers), rows
    if kept < proof.satisfied and forgiven < proof.breached:
        reason = f"p = {breached:.2f} of at least one breach shown; neither status reaches its standard{most}"
        return bound.row("undetermined", reason, **numbers), rows
    if forgiven >= proof.breached:
        return bound.row(
            "excused", f"p = {forgiven:.2f} that what it did falls under an exception{most}", **numbers
        ), rows
    thin = seen < proof.coverage
    little = (
        f"; too little was seen to say that it was kept: accounts of anything on {seen:.0%} of the days, "
        f"{proof.coverage:.0%} needed"
        if thin
        else ""
    )
    if closed:
        reason = f"its time has passed; p of a breach = {breached:.2f}{little}"
        return bound.row("not_observed" if thin else "satisfied", reason, **numbers), rows
    reason = f"{bound.standing}; p of a breach so far = {breached:.2f}{most}{little}"
    return bound.row("pending", reason, **numbers), rows


def _counts(result: Tally, worlds: Worlds) -> Row:
    """How many breaches there were, and when the first fell, over the worlds."""
    if not result.columns:
        return {}
    low, best, high = (int(q) for q in np.quantile(result.count, [0.05, 0.5, 0.95], method="nearest"))
    found: Row = {"count_low": low, "count_best": best, "count_high": high}
    if result.p_breached > 0.5:
        middle = float(np.median(result.first[np.isfinite(result.first)]))
        found["first_breach"] = worlds.origin + timedelta(minutes=round(middle * 60))
    return found


def incident_rows(bound: Bound, result: Tally, worlds: Worlds) -> list[Row]:
    """One row for each incident that touches a clause and bearer."""
    contested = bound.terms.contested(bound.norm, bound.holder)
    return [_incident_row(bound, result, k, worlds.items, contested) for k in result.touched()]


def _strongest(result: Tally, listed: Sequence[int], items: Sequence[Happening]) -> str:
    ranked = sorted(listed, key=lambda k: (-result.counted[k], items[result.columns[k]].id))[:3]
    told = [
        f"{items[result.columns[k]].place or items[result.columns[k]].id} {result.counted[k]:.2f}"
        for k in ranked
        if result.counted[k]
    ]
    return f" (most: {', '.join(told)})" if told else ""


def _incident_row(
    bound: Bound, result: Tally, k: int, items: Sequence[Happening], contested: str | None
) -> Row:
    item, p = items[result.columns[k]], result.counted[k]
    did, forgiven = result.did[k], result.excused[k]
    note = f"; {result.notes[k]}" if result.notes[k] else ""
    if forgiven > EXCUSED_FROM * did:
        verdict, reason = "excused", f"p = {did:.2f} that it carried it out{note}"
    elif contested:
        verdict, reason = (
            "undetermined",
            f"{CONTESTED}: {contested}; p = {did:.2f} that it carried it out{note}",
        )
    elif p >= bound.terms.proof.breached:
        verdict, reason = "breached", f"p = {p:.2f}{note}"
    else:
        verdict, reason = "undetermined", f"p = {p:.2f}, standard {bound.terms.proof.breached:g}{note}"
    return {
        "incident_id": item.id,
        "norm_id": bound.norm.id,
        "holder": bound.holder,
        "verdict": verdict,
        "p_own": result.own[k],
        "p_carried_out": did,
        "p_in_scope": result.inside[k],
        "p_protected": result.protected[k],
        "p_excused": forgiven,
        "p_breach": p,
        "reason": reason,
    }


def of_accounts_against(bound: Bound, result: Tally, weighed: Mapping[str, Weighed], worlds: Worlds) -> Row:
    """The verdict where accounts say that the bearer held something back (aid refused, turned back, no permit)."""
    proof, contested = bound.terms.proof, bound.terms.contested(bound.norm, bound.holder)
    if not weighed:
        return bound.row("pending", f"{bound.standing}; no account names this bearer")
    broken = result.p_breached
    numbers: Row = {
        "p_breached": broken,
        "p_satisfied": 1 - broken,
        "mc_error": None if result.exact is not None else error_of(result.breached),
        **_counts(result, worlds),
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
    proof, again = bound.terms.proof, undone is not None and bool(undone.columns)
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
    verb, proof = bound.norm.verb, bound.terms.proof
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
    proof = bound.terms.proof
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


def of_precondition(bound: Bound, reading: ClockReading | None) -> Row:
    """A precondition has no bearer: granted, or still pending with the state of its clock."""
    if reading is None:
        return bound.row("pending", "its clock has no counted reading")
    words = f"clock {reading.clock.id}: {reading.state.replace('_', ' ')}; {reading.reason}"
    verdict = {"met": "satisfied", "undetermined": "undetermined"}.get(reading.state, "pending")
    return bound.row(verdict, words, p_satisfied=reading.probability if reading.state == "met" else None)


def patron_rows(terms: Agreement, rows: Sequence[Row]) -> list[Row]:
    """A client's breach opens a question for its patron; it is never the patron's breach."""
    found = []
    for patron in terms.parties.values():
        for client in patron.answers_for:
            mine = [r for r in rows if r["holder"] == client and r["verdict"] in ("breached", "undetermined")]
            mine = [r for r in mine if r["verdict"] == "breached" or (r.get("p_breached") or 0) >= 0.5]
            sure = [r["norm_id"] for r in mine if r["verdict"] == "breached"]
            open_ones = [r["norm_id"] for r in mine if r["verdict"] != "breached"]
            clauses = "; ".join(
                f"{word} {', '.join(ids)}"
                for word, ids in (("breached", sure), ("possibly breached", open_ones))
                if ids
            )
            reason = (
                f"client {client}: {clauses}. Whether the patron restrained it is a question of its own, "
                "which these data do not answer; a client's breach is not the patron's"
                if mine
                else f"client {client}: no breach that would raise the question"
            )
            found.append(
                {
                    "norm_id": f"patron-{client}",
                    "clause": "answers_for",
                    "title": "Question for the patron: was the client restrained?",
                    "holder": patron.id,
                    "verdict": "undetermined" if mine else "pending",
                    "n_incidents": len({i for r in mine for i in (r.get("incidents") or "").split(";") if i}),
                    "incidents": ";".join(
                        sorted({i for r in mine for i in (r.get("incidents") or "").split(";") if i})
                    )
                    or None,
                    "reason": reason,
                    "text_status": "inferred",
                    "contested_bearer": False,
                    "source": "follows from answers_for; not an obligation of the text",
                }
            )
    return found
