"""The agreement: its clocks with their different ends, its clauses with their verdicts, and what cannot be tested.

In: a desk. Out: what the clock and clause parts print. Verdicts keep their reasons; contested bearers and unofficial
texts are marked where they stand.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from ceasefire.report import wording
from ceasefire.report.charts.clocks import axis_of, axis_strip, clock_strip
from ceasefire.report.sections.desk import Desk, sheet, slug
from ceasefire.report.wording import sentence
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
    rows.sort(key=lambda r: (r["clock_id"], r["reading"] != "declared", r["reading"]))
    listed = []
    for row in rows:
        moved = events.get(row["clock_id"], [])
        listed.append(
            {
                "id": slug("clock", f"{row['clock_id']}-{row['reading']}"),
                "title": row["title"] or row["clock_id"],
                "owner": _owners(desk, row["owner"]),
                "reading": row["reading"],
                "state": wording.CLOCK_STATES.get(row["state"], row["state"]),
                "key": row["state"],
                "ends": wording.clock_time(row["ends_at"], desk.release.timezone)
                if row["ends_at"]
                else "no end stated",
                "run": _run(row),
                "reason": sentence(row["reason"]),
                "sure": wording.chance(row["probability"]) if row["probability"] not in (None, 1.0) else "",
                "strip": clock_strip(row, moved, axis, as_of) if axis else Markup(""),
            }
        )
    return {
        "clocks": listed,
        "axis": axis_strip(axis, as_of) if axis else "",
        "off_axis": bool(axis and not axis.holds(as_of)),
        "events": _events(desk),
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
            sentence(e["effect"]),
        )
        for e in sorted(desk.rows("clock_events"), key=lambda e: (e["at"], e["clock_id"], e["kind"]))
    ]
    heads = (f"When ({desk.zone})", "Clock", "What", "New end", "By", "How", "Effect")
    return sheet(heads, rows, file="tables/clock_events.csv", cap=60)


def clauses(desk: Desk) -> dict[str, Any]:
    """The clause table: one row an obligation and bearer."""
    order = {v: n for n, v in enumerate(VERDICT_ORDER)}
    rows = sorted(
        desk.rows("verdicts"),
        key=lambda r: (r["clause"] or "~", r["norm_id"], order.get(r["verdict"], 99), r["holder"]),
    )
    return {
        "rows": [_clause(desk, r) for r in rows],
        "untestable": [_clause(desk, r) for r in rows if r["verdict"] in ("not_testable", "not_observed")],
        "verdicts": [
            (VERDICT_MARKS[v], wording.term("verdicts", v), _definition(v))
            for v in VERDICT_ORDER
            if any(r["verdict"] == v for r in rows)
        ],
    }


def _definition(verdict: str) -> str:
    return vocabulary("verdicts")[verdict].definition


def _clause(desk: Desk, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": slug("n", f"{row['norm_id']}-{row['holder']}"),
        "clause": row["clause"] or row["norm_id"],
        "title": row["title"] or row["norm_id"],
        "holder": desk.party(row["holder"]),
        "contested": row["contested_bearer"],
        "mark": VERDICT_MARKS.get(row["verdict"], "·"),
        "verdict": wording.term("verdicts", row["verdict"]),
        "key": row["verdict"],
        "chance": _breach_chance(row),
        "reason": sentence(row["reason"]),
        "incidents": desk.several(row["incidents"], 4),
        "text_status": wording.term("text_status", row["text_status"], "text status not stated"),
        "source": row["source"],
    }


def _breach_chance(row: dict[str, Any]) -> str:
    if row["p_breached"] is None:
        return "—"
    error = f", Monte Carlo error {100 * row['mc_error']:.1f}" if row["mc_error"] else ""
    return f"{wording.percent(row['p_breached'])} (breached at least once{error})"
