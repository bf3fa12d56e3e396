"""Aid: each planned delivery, the waiting per authority, the routes, and what was struck after it was notified.

In: a desk. Out: the sheets of the access part. No coordinate, no movement still to come.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from ceasefire.report import wording
from ceasefire.report.sections.desk import Desk, sheet, spoken


def access(desk: Desk) -> dict[str, Any]:
    """Consignments, delays, routes and incidents after notification."""
    return {
        "consignments": _consignments(desk),
        "delays": _delays(desk),
        "routes": _routes(desk),
        "struck": _struck(desk),
    }


_STEPS = (
    ("requested_at", "asked for"),
    ("approved_at", "approved"),
    ("notified_at", "notified"),
    ("departed_at", "left"),
    ("arrived_at", "arrived"),
    ("delivered_at", "delivered"),
    ("refused_at", "refused"),
    ("attacked_at", "attacked"),
)


def _authorities(desk: Desk, cell: str | None) -> str:
    parts = [p.strip() for p in (cell or "").replace(";", "+").split("+") if p.strip()]
    return wording.listed([desk.name(p) for p in parts]) or "not stated"


def _consignments(desk: Desk) -> Any:
    rows = []
    order = sorted(
        desk.rows("consignments"),
        key=lambda r: (str(min((r[s] for s, _ in _STEPS if r[s]), default="~")), r["consignment"]),
    )
    for r in order:
        steps = [
            Markup("{} {}").format(words, wording.day(r[s], desk.release.timezone))
            for s, words in _STEPS
            if r[s]
        ]
        people = f", {r['people']} people" if r["people"] else ""
        rows.append(
            (
                f"{r['from_place'] or 'not stated'} → {r['to_place'] or 'not stated'}",
                f"{r['trucks'] or 'trucks not stated'}{' trucks' if r['trucks'] else ''}{people}",
                Markup("; ").join(steps) or "no dated step",
                r["outcome"],
                f"{r['days_waiting']:.1f}" if r["days_waiting"] is not None else None,
                _authorities(desk, r["authorities"]),
                wording.terms("access_constraints", r["constraints"]) or "none named",
            )
        )
    heads = ("Route", "Load", "Steps", "Outcome", "Days waiting", "Authorities", "Constraints")
    return sheet(heads, rows, file="tables/consignments.csv", cap=80, numeric=(4,))


def _delays(desk: Desk) -> Any:
    rows = []
    for r in sorted(desk.rows("access_delays"), key=lambda r: (-(r["days_median"] or 0), r["authority"])):
        spread = (
            _days(r["days_median"], r["days_low"], r["days_high"])
            if None not in (r["days_median"], r["days_low"], r["days_high"])
            else None
        )
        rows.append(
            (
                _authorities(desk, r["authority"]),
                r["n_consignments"],
                r["n_delivered"],
                r["n_waiting"],
                spread,
                wording.terms("access_constraints", r["constraints"]) or "none named",
            )
        )
    heads = (
        "Authority",
        "Deliveries it is named for",
        "Delivered",
        "Waiting",
        "Days: median (range)",
        "Constraints named",
    )
    return sheet(heads, rows, file="tables/access_delays.csv", numeric=(1, 2, 3))


def _days(median: float, low: float, high: float) -> str:
    return f"{median:.1f}" if low == high else f"{median:.1f} ({low:.1f} to {high:.1f})"


def _routes(desk: Desk) -> Any:
    rows = [
        (r["route"], r["state"], desk.at(r["last_evidence_at"]), spoken(r["because"]))
        for r in sorted(desk.rows("routes"), key=lambda r: (r["state"] == "unknown", r["route"]))
    ]
    return sheet(
        ("Route", "State", f"Last evidence ({desk.zone})", "Because"), rows, file="tables/routes.csv", cap=40
    )


def _struck(desk: Desk) -> Any:
    rows = []
    for r in sorted(
        desk.rows("struck_after_notified"), key=lambda r: (-(r["probability"] or 0), r["notification_id"])
    ):
        rows.append(
            (
                r["public_note"] or "a notified site or movement",
                desk.incident(r["incident_id"]),
                wording.hours(r["hours_after"]),
                wording.chance(r["probability"]),
            )
        )
    heads = ("What had been notified", "Incident", "After notification by", "That the incident touched it")
    return sheet(heads, rows, file="tables/struck_after_notified.csv", cap=40)
