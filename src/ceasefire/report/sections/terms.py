"""The agreement: its clocks with their different ends, its clauses with their verdicts, and what cannot be tested.

In: a desk. Out: what the clock and clause parts print. Verdicts keep their reasons; contested bearers and unofficial
texts are marked where they stand.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from ceasefire.report import wording
from ceasefire.report.charts.clocks import Axis, axis_of, axis_strip, clock_strip
from ceasefire.report.sections.desk import Desk, sheet, slug
from ceasefire.report.wording import counted
from ceasefire.vocabulary import vocabulary

VERDICT_MARKS = {
    "breached": "■",
    "satisfied": "●",
    "excused": "□",
    "pending": "…",
    "undetermined": "◐",
    "not_observed": "▨",
    "not_testable": "○",
}
VERDICT_ORDER = tuple(VERDICT_MARKS)


def clocks(desk: Desk) -> dict[str, Any]:
    """Each clock with its readings, drawn on one line of time."""
    rows = desk.rows("clocks")
    as_of = desk.release.as_of
    axis = axis_of(rows, as_of, desk.release.timezone)
    events: dict[str, list[dict[str, Any]]] = {}
    for event in desk.rows("clock_events"):
        events.setdefault(event["clock_id"], []).append(event)
    rank = {"declared": 0, "counted": 1}
    rows.sort(key=lambda r: (r["clock_id"], rank.get(r["reading"], 2), r["ends_at"] or as_of, r["reading"]))
    groups: dict[str, dict[str, Any]] = {}
    for row in rows:
        group = groups.setdefault(
            row["clock_id"],
            {
                "title": row["title"] or row["clock_id"],
                "owner": _owners(desk, row["owner"]),
                "rows": [],
                "what_if": [],
            },
        )
        view = _reading(desk, row, events.get(row["clock_id"], []), axis)
        group["what_if" if row["reading"].startswith("if ") else "rows"].append(view)
    return {
        "groups": list(groups.values()),
        "axis": axis_strip(axis, as_of) if axis else "",
        "off_axis": bool(axis and not axis.holds(as_of)),
        "events": _events(desk),
    }


def _reading(
    desk: Desk, row: dict[str, Any], moved: list[dict[str, Any]], axis: Axis | None
) -> dict[str, Any]:
    """One way of reading a clock. Incidents move it only where it is counted from them; what-ifs are moved by nothing."""
    reading, timezone = row["reading"], desk.release.timezone
    if reading == "counted":
        moved = [e for e in moved if e["kind"] in ("breach", "reset", "start")]
    elif reading.startswith("if "):
        moved = []
    else:
        moved = [e for e in moved if e["kind"] != "breach"]
    sure = row["probability"] not in (None, 1.0)
    return {
        "id": slug("clock", f"{row['clock_id']}-{reading}"),
        "reading": f"as {reading}" if reading in ("declared", "counted") else reading,
        "state": wording.CLOCK_STATES.get(row["state"], row["state"]),
        "key": row["state"],
        "ends": wording.clock_time(row["ends_at"], timezone) if row["ends_at"] else "no end stated",
        "run": _run(row),
        "reason": desk.plain(row["reason"]),
        "sure": wording.chance(row["probability"]) if sure else "",
        "strip": clock_strip(row, moved, axis, desk.release.as_of) if axis else Markup(""),
    }


def _owners(desk: Desk, owner: str | None) -> str:
    parts = [p for p in (owner or "").replace(";", "+").split("+") if p.strip()]
    return wording.listed([desk.name(p.strip()) for p in parts])


def _run(row: dict[str, Any]) -> str:
    if row["achieved_hours"] is None:
        return ""
    if row["needed_hours"]:
        return f"{wording.hours(row['achieved_hours'])} of {wording.hours(row['needed_hours'])} needed"
    return wording.hours(row["achieved_hours"])


def _events(desk: Desk) -> Any:
    rows = [
        (
            desk.at(e["at"]),
            e["clock_id"],
            e["kind"],
            desk.at(e["until"]) if e["until"] else None,
            desk.name(e["by"]) if e["by"] else None,
            {True: "jointly", False: "one side"}.get(e["joint"]),
            desk.plain(e["effect"]),
        )
        for e in sorted(desk.rows("clock_events"), key=lambda e: (e["at"], e["clock_id"], e["kind"]))
    ]
    heads = (f"When ({desk.zone})", "Clock", "What", "New end", "By", "How", "Effect")
    return sheet(heads, rows, file="tables/clock_events.csv", cap=60)


def clauses(desk: Desk) -> dict[str, Any]:
    """The clause table, one row for bearers who share verdict and reason; what cannot be tested stands apart."""
    order = {v: n for n, v in enumerate(VERDICT_ORDER)}
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    known = sorted(desk.rows("verdicts"), key=lambda r: (r["clause"] or "~", r["norm_id"], r["holder"]))
    for row in known:
        alike = (row["norm_id"], row["verdict"], row["reason"], row["p_breached"], row["incidents"])
        groups.setdefault(alike, []).append(row)
    rows = sorted(groups.values(), key=lambda g: order.get(g[0]["verdict"], 99))  # the sort is stable
    blind = ("not_testable", "not_observed")
    return {
        "rows": [_clause(desk, g) for g in rows if g[0]["verdict"] not in blind],
        "untestable": [_clause(desk, g) for g in rows if g[0]["verdict"] in blind],
        "proofs": _proofs(desk, known),
        "verdicts": [
            (VERDICT_MARKS[v], wording.term("verdicts", v), _definition(v))
            for v in VERDICT_ORDER
            if any(r["verdict"] == v for r in known)
        ],
    }


def _proofs(desk: Desk, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How each verdict on incidents comes about: the clause and its source, what counts, what is excused, the sum."""
    touched: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in desk.rows("incident_verdicts"):
        touched.setdefault((row["norm_id"], row["holder"]), []).append(row)
    found = []
    for row in known:
        mine = touched.get((row["norm_id"], row["holder"]), [])
        if not mine:
            continue
        mine.sort(key=lambda r: (-(r["p_breach"] or 0), -(r["p_excused"] or 0), r["incident_id"]))
        none = 1.0
        for r in mine:
            none *= 1.0 - (r["p_breach"] or 0.0)
        heads = (
            "Incident",
            "Did it",
            "A happening of its own",
            "In time and place",
            "Protected hit",
            "Excused",
            "Counts",
            "Weighed",
        )
        rows = [
            (
                desk.incident(r["incident_id"]),
                wording.percent(r["p_carried_out"]),
                wording.percent(r["p_own"]),
                wording.percent(r["p_in_scope"]),
                wording.percent(r["p_protected"]),
                wording.percent(r["p_excused"]) if r["p_excused"] else None,
                wording.percent(r["p_breach"]),
                desk.plain(r["reason"]),
            )
            for r in mine
        ]
        found.append(
            {
                "norm": row["norm_id"],
                "holder": desk.party(row["holder"]),
                "title": row["title"],
                "verdict": wording.term("verdicts", row["verdict"]),
                "text_status": wording.term("text_status", row["text_status"], "text status not stated"),
                "source": row["source"],
                "n": counted(len(mine), "incident") + " listed",
                "how_many": desk.how_many("obligation", f"{row['norm_id']} {row['holder']}"),
                "sheet": sheet(heads, rows, file="tables/incident_verdicts.csv", cap=40),
                "sum": _sum(desk, row, 1.0 - none),
            }
        )
    return found


def _sum(desk: Desk, row: dict[str, Any], independent: float) -> str:
    """The arithmetic under a proof, in words."""
    told = [f"At least one breach: {_breach_chance(row)}"]
    told.append(f"multiplied as if all were independent it would be {wording.percent(independent)}")
    if row["count_best"] is not None:
        low, best, high = row["count_low"], row["count_best"], row["count_high"]
        told.append(f"breaches: {best} (90 % of the worlds: {low} to {high})")
    if row["first_breach"] is not None:
        told.append(f"the first by {desk.at(row['first_breach'])} ({desk.zone}), in the middle of the worlds")
    return "; ".join(told) + "."


def _definition(verdict: str) -> str:
    return vocabulary("verdicts")[verdict].definition


def _clause(desk: Desk, alike: list[dict[str, Any]]) -> dict[str, Any]:
    row = alike[0]
    bearers = [
        Markup('<span class="bearer" id="{}">{}{}</span>').format(
            slug("n", f"{r['norm_id']}-{r['holder']}"),
            desk.party(r["holder"]),
            Markup(' <span class="badge">bearer disputed</span>') if r["contested_bearer"] else "",
        )
        for r in alike
    ]
    return {
        "clause": (row["clause"] or row["norm_id"]).replace("_", " "),
        "norm": row["norm_id"],
        "title": row["title"] or row["norm_id"],
        "holders": Markup("").join(bearers),
        "mark": VERDICT_MARKS.get(row["verdict"], "·"),
        "verdict": wording.term("verdicts", row["verdict"]),
        "key": row["verdict"],
        "chance": _breach_chance(row),
        "reason": desk.plain(row["reason"]),
        "incidents": desk.several(row["incidents"], 3),
        "text_status": wording.term("text_status", row["text_status"], "text status not stated"),
    }


def _breach_chance(row: dict[str, Any]) -> str:
    if row["p_breached"] is None:
        return "—"
    error = f" ± {100 * row['mc_error']:.1f} (sampling)" if row["mc_error"] else ""
    return wording.percent(row["p_breached"]) + error
