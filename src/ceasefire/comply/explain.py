"""Why a clause or a clock stands as it does, as tables a panel can recompute by hand.

In: what was worked out on the way. Out: pairs of title and table: the clause as written, its verdicts, the incidents
that count with their probability, the exceptions weighed, the arithmetic; for a clock its readings and what moved it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from ceasefire.agreement import Norm
from ceasefire.comply.exact import absence
from ceasefire.comply.judged import Judged
from ceasefire.comply.prohibitions import Tally
from ceasefire.comply.worlds import error_of
from ceasefire.model import table

Tables = list[tuple[str, pl.DataFrame]]


def explain(judged: Judged, identifier: str) -> Tables:
    """The tables behind one clause, clock or question for a patron.

    Raises:
        KeyError: nothing has that name.
    """
    if identifier in judged.terms.clauses:
        return _norm(judged, judged.terms.clauses[identifier])
    if identifier in judged.agreement.clocks:
        return _clock(judged, identifier)
    rows = [row for row in judged.rows if row["norm_id"] == identifier]
    if not rows:
        raise KeyError(identifier)
    clients = {c for r in rows for c in judged.terms.parties[r["holder"]].answers_for}
    theirs = [row for row in judged.rows if row["holder"] in clients]
    return [
        ("The question; a client's breach is not its patron's", _verdicts(rows)),
        ("The client's own clauses", _verdicts(theirs)),
    ]


def _verdicts(rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    frame = table("verdicts").frame(rows)
    return frame.select("norm_id", "holder", "verdict", "p_breached", "p_satisfied", "mc_error", "reason")


def _norm(judged: Judged, norm: Norm) -> Tables:
    tables: Tables = [(f"Clause {norm.id}: {norm.title}", _clause(judged, norm))]
    if norm.variants:
        readings = [{"says": v.says, "source": v.source} for v in norm.variants]
        tables.append(("Readings that differ", pl.DataFrame(readings)))
    rows = [row for row in judged.rows if row["norm_id"] == norm.id]
    if rows:
        tables.append(("Verdicts; not a judicial finding", _verdicts(rows)))
    for (name, holder), result in judged.tallies.items():
        if name == norm.id and result.touched():
            tables += [
                (f"{holder}: the incidents that count", _incidents(judged, result)),
                (f"{holder}: the sum", _arithmetic(judged, result)),
            ]
    for (name, holder), by_delivery in judged.weighed.items():
        for delivery, weighed in by_delivery.items() if name == norm.id else ():
            if not weighed.terms:
                continue
            voices = [
                {
                    "account": v.account,
                    "source": v.source,
                    "stands": role,
                    "says it was done": v.says,
                    "log_odds": odds,
                    "text": v.text,
                }
                for v, role, odds in weighed.terms
            ]
            total = sum(odds for _, _, odds in weighed.terms)
            of = f" of {delivery}" if delivery else ""
            title = f"{holder}: the accounts{of}; log-odds sum to {total:.3f}, p = {weighed.probability:.3f} that it was done"
            tables.append((title, pl.DataFrame(voices)))
    for (name, holder), (found, _) in judged.responses.items():
        if name == norm.id and found:
            listed = [{"trigger": r.trigger, "at": r.at, "followed": r.followed} for r in found]
            schema = {
                "trigger": pl.String(),
                "at": pl.Datetime("us", "UTC"),
                "followed": pl.Datetime("us", "UTC"),
            }
            tables.append(
                (f"{holder}: what was asked and what followed", pl.DataFrame(listed, schema=schema))
            )
    return tables


def _clause(judged: Judged, norm: Norm) -> pl.DataFrame:
    document = judged.terms.documents.get(norm.document)
    told = [
        ("clause", norm.clause),
        ("bound", ", ".join(norm.who) or norm.bearer or "nobody: a precondition"),
        ("owed to", ", ".join(judged.terms.claimants(norm))),
        ("kind", type(norm.verb).__name__.lower()),
        ("during", norm.during),
        *(("unless", judged.terms.exceptions[name].title) for name in norm.unless),
        *(
            ("whose numbers", text)
            for name in norm.unless
            if (text := judged.terms.exceptions[name].placeholder)
        ),
        *((f"disputed for {party}", reason) for party, reason in norm.contested),
        ("document", document.title if document else norm.document),
        ("text status", norm.text_status),
        ("source", norm.source),
        *([("not testable", norm.untestable)] if norm.untestable else []),
        *([("note", norm.note)] if norm.note else []),
    ]
    return pl.DataFrame({"what": [a for a, _ in told], "says": [b for _, b in told]})


def _incidents(judged: Judged, result: Tally) -> pl.DataFrame:
    rows = []
    for k in result.touched():
        item = judged.worlds.items[result.columns[k]]
        rows.append(
            {
                "incident_id": item.delivery or item.id,
                "from": item.start,
                "place": item.place,
                "act": item.act,
                "killed": item.killed,
                "p_carried_out": result.did[k],
                "p_own": result.own[k],
                "p_in_time_and_place": result.inside[k],
                "p_protected": result.protected[k],
                "p_excused": result.excused[k],
                "p_counts": result.counted[k],
                "weighed": result.notes[k] or None,
            }
        )
    schema = {
        "incident_id": pl.String(),
        "from": pl.Datetime("us", "UTC"),
        "place": pl.String(),
        "act": pl.String(),
        "killed": pl.Int64(),
        "p_carried_out": pl.Float64(),
        "p_own": pl.Float64(),
        "p_in_time_and_place": pl.Float64(),
        "p_protected": pl.Float64(),
        "p_excused": pl.Float64(),
        "p_counts": pl.Float64(),
        "weighed": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema).sort("p_counts", "incident_id", descending=[True, False])


def _arithmetic(judged: Judged, result: Tally) -> pl.DataFrame:
    """Independent arithmetic beside the share of worlds; they differ where one camp's word is counted once."""
    independent = absence(result.counted)
    share = float(result.breached.mean())
    low, middle, high = (float(q) for q in np.quantile(result.count, [0.05, 0.5, 0.95]))
    rows = [
        ("1 - product of (1 - p_counts), if all incidents were independent", independent),
        (f"share of {judged.worlds.draws} worlds with at least one breach", share),
        ("Monte Carlo error of that share", error_of(result.breached) or 0.0),
        ("difference: what hangs together counts once", independent - share),
        ("breaches, lower end of the 90 % interval", low),
        ("breaches, median", middle),
        ("breaches, upper end of the 90 % interval", high),
    ]
    if result.exact is not None:
        rows.insert(2, ("exact, since nothing but what is told here hangs together (used)", result.exact))
    return pl.DataFrame(rows, schema=["quantity", "value"], orient="row")


def _clock(judged: Judged, clock: str) -> Tables:
    readings = table("clocks").frame(r.row() for r in judged.readings if r.clock.id == clock)
    events = table("clock_events").frame(e for e in judged.events if e["clock_id"] == clock)
    terms = judged.terms.clocks.get(clock) or judged.agreement.clocks[clock]
    said = pl.DataFrame(
        {
            "what": ["starts", "extended by", "reset by", "source", "note"],
            "says": [
                f"when {terms.after} is met" if terms.after else terms.starts.isoformat(),
                terms.renew,
                terms.reset,
                terms.source,
                terms.note,
            ],
        }
    )
    return [
        (f"Clock {clock}: {terms.title}", said),
        ("Readings", readings.drop("clock_id", "title")),
        ("What moved it, and what did not", events.drop("clock_id")),
    ]
