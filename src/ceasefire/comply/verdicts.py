"""From worlds and accounts to a verdict: one row for each clause and bearer.

In: a clause, its bearer, what was tallied or weighed. Out: rows of ``verdicts`` and ``incident_verdicts``. A status is
called only if its probability clears the agreement's standard of proof; "undetermined" is an answer. Nothing that
the public text or the data cannot show is called kept. No row is a judicial finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ceasefire.agreement import Agreement, By, Each, Never, Norm, Proof
from ceasefire.agreement.language import NO_HOLDER, Event
from ceasefire.comply.clocks import ClockReading
from ceasefire.comply.happenings import Happening
from ceasefire.comply.lanes import Window
from ceasefire.comply.prohibitions import Tally
from ceasefire.comply.worlds import Worlds, error_of

Row = dict[str, Any]
CONTESTED = "obligation mapping contested"
EXCUSED_FROM = 0.5
HAIR = 1e-9


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

    @property
    def proof(self) -> Proof:
        """The agreement's standards, a hair lower: a sum of logarithms that comes to the standard reaches it."""
        p = self.terms.proof
        return replace(
            p, breached=p.breached - HAIR, satisfied=p.satisfied - HAIR, incident=p.incident - HAIR
        )

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
    terms, norm, holder, proof = bound.terms, bound.norm, bound.holder, bound.proof
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
        **counts(result, worlds),
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


def counts(result: Tally, worlds: Worlds) -> Row:
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
    elif p >= bound.proof.breached:
        verdict, reason = "breached", f"p = {p:.2f}{note}"
    else:
        verdict, reason = "undetermined", f"p = {p:.2f}, standard {bound.proof.breached:g}{note}"
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
