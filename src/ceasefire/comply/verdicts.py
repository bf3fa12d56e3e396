"""From worlds and accounts to a verdict: one row for each clause and bearer.

In: a clause, its bearer, what was tallied or weighed. Out: rows of ``verdicts`` and ``incident_verdicts``. A status is
called only if its probability clears the agreement's standard of proof; "undetermined" is an answer. Nothing that
the public text or the data cannot show is called kept. No row is a judicial finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any

from ceasefire.agreement import Agreement, By, Each, Never, Norm
from ceasefire.agreement.language import NO_HOLDER, Event
from ceasefire.comply.accounts import Voice, Weighed, in_words
from ceasefire.comply.clocks import ClockReading, hours, shown
from ceasefire.comply.happenings import Happening
from ceasefire.comply.prohibitions import Tally, Window, touched

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
        events = [norm.verb.achieve]
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
    bound: Bound, result: Tally, items: Sequence[Happening], draws: int, observed: bool
) -> tuple[Row, list[Row]]:
    """The verdict of a prohibition for one bearer, and one row for each incident that touches it."""
    terms, norm, holder, proof = bound.terms, bound.norm, bound.holder, bound.terms.proof
    contested = terms.contested(norm, holder)
    listed = touched(result)
    breached = float(result.breached(draws).mean())
    forgiven = float(result.forgiven(draws).mean())
    kept = 1 - float(result.possible(draws).mean())
    unsaid = f"; {result.n_open} attacks that nobody is blamed for stay open" if result.n_open else ""
    silent = not result.columns and not result.seen
    numbers: Row = {
        # Where nobody blames this bearer for anything, there is nothing to put a figure on.
        "p_breached": breached if result.columns or not (result.n_open or silent) else None,
        # What nobody is blamed for rests on a prior alone, which is no estimate to print; silence is none either.
        "p_satisfied": None if result.n_open or silent else kept,
        "mc_error": sqrt(breached * (1 - breached) / draws) if 0 < breached < 1 else None,
        "n_incidents": len(listed),
        "incidents": ";".join(sorted(items[result.columns[k]].id for k in listed)) or None,
    }
    rows = [_incident_row(bound, result, k, items, contested) for k in listed]
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
    single = max((float(mask.mean()) for mask in result.counted), default=0.0)
    if breached >= proof.breached and single < proof.incident:
        reason = (
            f"p = {breached:.2f} of at least one breach, but no incident alone is shown: the most probable reaches "
            f"{single:.2f}, and {proof.incident:g} is needed{most}"
        )
        return bound.row("undetermined", reason, **numbers), rows
    if breached >= proof.breached:
        reason = f"p = {breached:.2f} of at least one breach, standard {proof.breached:g}{most}"
        return bound.row("breached", reason, **numbers), rows
    if kept < proof.satisfied and forgiven < proof.breached:
        reason = f"p = {breached:.2f} of at least one breach shown; neither status reaches its standard{most}"
        return bound.row("undetermined", reason, **numbers), rows
    if forgiven >= proof.breached:
        return bound.row(
            "excused", f"p = {forgiven:.2f} that what it did falls under an exception{most}", **numbers
        ), rows
    if closed:
        return bound.row("satisfied", f"its time has passed; p of a breach = {breached:.2f}", **numbers), rows
    return bound.row(
        "pending", f"{bound.standing}; p of a breach so far = {breached:.2f}{most}", **numbers
    ), rows


def _strongest(result: Tally, listed: Sequence[int], items: Sequence[Happening]) -> str:
    ranked = sorted(listed, key=lambda k: (-float(result.counted[k].mean()), items[result.columns[k]].id))[:3]
    told = [
        f"{items[result.columns[k]].place or items[result.columns[k]].id} {result.counted[k].mean():.2f}"
        for k in ranked
        if result.counted[k].any()
    ]
    return f" (most: {', '.join(told)})" if told else ""


def _incident_row(
    bound: Bound, result: Tally, k: int, items: Sequence[Happening], contested: str | None
) -> Row:
    item, p = items[result.columns[k]], float(result.counted[k].mean())
    did, forgiven = result.did[k], float(result.excused[k].mean())
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
        "p_breach": p,
        "reason": reason,
    }


def of_accounts_against(bound: Bound, result: Weighed, without: Mapping[str, float]) -> Row:
    """The verdict where accounts say that the bearer held something back (aid refused, turned back, no permit).

    ``without``: the probability of a breach if the accounts of one delivery are left out, by delivery.
    """
    proof, contested = bound.terms.proof, bound.terms.contested(bound.norm, bound.holder)
    if not result.terms:
        return bound.row("pending", f"{bound.standing}; no account names this bearer")
    broken = 1 - result.probability
    numbers: Row = {"p_breached": broken, "p_satisfied": result.probability}
    who = f"told by {', '.join(sorted({v.source for v, _, _ in result.terms}))}"
    reason = f"p = {broken:.2f} from {len(result.terms)} accounts, {who}"
    if contested and broken > 1 - proof.satisfied:
        return bound.row("undetermined", f"{CONTESTED}: {contested}; {reason}", **numbers)
    verdict = "breached" if broken >= proof.breached else "undetermined"
    carries = {name: p for name, p in without.items() if p < proof.breached}
    if verdict == "breached" and carries:
        # Whether one delivery was owed is often what the parties dispute: say what hangs on it.
        reason += "; without the accounts of " + ", or of ".join(
            f"{name} it would be {p:.2f}" for name, p in sorted(carries.items())
        )
        reason += f", below the standard {proof.breached:g}"
    return bound.row(verdict, reason, **numbers)


def of_deadline(bound: Bound, result: Weighed, due: datetime | None, when: str | None) -> Row:
    """The verdict of something to be achieved, from accounts of whether it was."""
    proof, done = bound.terms.proof, result.probability
    past = due is not None and due <= bound.as_of
    falls_due = f"due {shown(due, bound.terms)}" if due else f"falls due together with {when}"
    if not result.terms:
        verdict = "not_observed" if past else "pending"
        return bound.row(verdict, f"no account says whether it was done; {falls_due}")
    told = f"{in_words(result)}; p = {done:.2f} that it was done; {falls_due}"
    numbers: Row = {"p_satisfied": done, "p_breached": 1 - done if past else None}
    contested = bound.terms.contested(bound.norm, bound.holder)
    if contested:
        return bound.row("undetermined", f"{CONTESTED}: {contested}; {told}", **numbers)
    if done >= proof.satisfied:
        return bound.row("satisfied", told, **numbers)
    if past and 1 - done >= proof.breached:
        return bound.row("breached", told, **numbers)
    return bound.row("undetermined", told, **numbers)


@dataclass(frozen=True)
class Response:
    """One trigger and whether what it asks for followed."""

    trigger: str
    at: datetime
    followed: datetime | None
    heard: datetime | None = None
    """The last word of it: whether it still waits after that, nobody says."""


def of_response(bound: Bound, responses: Sequence[Response], against: Sequence[Voice]) -> Row:
    """The verdict of a duty to answer each trigger: from the record, and who is named for what is missing."""
    verb = bound.norm.verb
    if not isinstance(verb, Each):
        raise TypeError(f"clause {bound.norm.id}: expected a response")
    if not responses:
        return bound.row("pending", f"{bound.standing}; nothing has triggered it yet")
    missing = [r for r in responses if r.followed is None]
    waiting = max((hours(min(bound.horizon, r.heard or bound.horizon) - r.at) for r in missing), default=0.0)
    head = f"{len(responses) - len(missing)} of {len(responses)} triggers answered"
    if not missing:
        late = [
            r for r in responses if verb.within and r.followed is not None and r.followed - r.at > verb.within
        ]
        return bound.row(
            "undetermined" if late else "satisfied", f"{head}; {len(late)} late" if late else head
        )
    named = (
        f"; this bearer is named for delay by {', '.join(sorted({v.source for v in against}))}"
        if against
        else ""
    )
    if verb.within is None:
        tail = f"waiting {waiting:.0f} h by the last word of it; the text gives no time, and who owes the delay is open"
        return bound.row("undetermined", f"{head}; {tail}{named}")
    overdue = [r for r in missing if bound.horizon - r.at > verb.within]
    if not overdue:
        return bound.row("pending", f"{head}; none overdue")
    return bound.row("undetermined", f"{head}; {len(overdue)} overdue; who owes the delay is open{named}")


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
