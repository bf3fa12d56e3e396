"""The last pages: findings side by side, warning signals, the questions, problems, method and limits, credits.

In: a desk. Out: what these parts print. A question that the data cannot answer is shown as such.
"""

from __future__ import annotations

from typing import Any

from ceasefire.report import wording
from ceasefire.report.codes import problem_codes
from ceasefire.report.gravity import RULE
from ceasefire.report.sections.desk import Desk, sheet, slug
from ceasefire.report.sections.incidents import finding_view
from ceasefire.report.wording import BANDS
from ceasefire.vocabulary import vocabulary

SIGNAL_STATES = {"present": "present", "absent": "absent", "cannot_say": "cannot say"}
ROWS_A_KIND = 4


def findings(desk: Desk) -> list[dict[str, Any]]:
    """Conclusions of boards and other issuers by topic, in order of date."""
    topics: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(desk.rows("findings"), key=lambda r: (str(r["issued_at"] or "~"), r["finding_id"])):
        topics.setdefault(row["about"] or "", []).append(row)
    order = sorted(topics, key=lambda t: (-len(topics[t]), desk.topic(t)))
    return [
        {
            "name": desk.topic(t),
            "incident": desk.incident(desk.topic_incidents[t]) if t in desk.topic_incidents else "",
            "rows": [finding_view(desk, f) for f in topics[t]],
        }
        for t in order
    ]


def signals(desk: Desk) -> list[dict[str, Any]]:
    """Warning signals with their state and reason."""
    order = {s: n for n, s in enumerate(SIGNAL_STATES)}
    rows = sorted(
        desk.rows("signals"), key=lambda r: (order.get(r["state"], 9), str(r["since"] or "~"), r["signal_id"])
    )
    return [
        {
            "id": slug("signal", r["signal_id"]),
            "title": r["title"],
            "state": SIGNAL_STATES.get(r["state"], r["state"]),
            "key": r["state"],
            "since": wording.day(r["since"], desk.release.timezone) if r["since"] else "",
            "value": r["value"],
            "reason": desk.plain(r["reason"]),
        }
        for r in rows
    ]


def _number(identifier: str) -> tuple[int, str]:
    digits = "".join(c for c in identifier if c.isdigit())
    return int(digits) if digits else 0, identifier


def answers(desk: Desk) -> list[dict[str, Any]]:
    """The questions in their order, each with its answer or "cannot say"."""
    return [
        {
            "id": slug("q", r["question_id"]),
            "number": r["question_id"],
            "question": r["question"],
            "answer": desk.plain(r["answer"]),
            "can_say": r["can_say"] is not False,
            "tables": ", ".join(
                t.strip() for t in (r["tables"] or "").replace(",", ";").split(";") if t.strip()
            ),
        }
        for r in sorted(desk.rows("answers"), key=lambda r: _number(r["question_id"]))
    ]


def problems(desk: Desk) -> list[dict[str, Any]]:
    """Problems grouped by severity, stage and code: how many, and the first rows of each."""
    order = {"error": 0, "warning": 1, "note": 2}
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in desk.rows("problems"):
        groups.setdefault((row["severity"], row["stage"], row["code"]), []).append(row)
    listed = []
    for (severity, stage, code), rows in sorted(
        groups.items(), key=lambda g: (order.get(g[0][0], 9), -len(g[1]), g[0])
    ):
        rows.sort(key=lambda r: (r["file"] or "", r["line"] or 0, r["record"] or ""))
        heads = ("Where", "Expected", "Found", "What to do")
        body = [(_where(r), r["expected"], r["found"], r["action"]) for r in rows]
        listed.append(
            {
                "severity": severity,
                "stage": stage,
                "code": code,
                "words": _code_words(code),
                "n": len(rows),
                "sheet": sheet(heads, body, file="tables/problems.csv", cap=ROWS_A_KIND),
            }
        )
    return listed


def _where(row: dict[str, Any]) -> str:
    place = row["file"] or ""
    if row["line"] is not None:
        place += f":{row['line']}"
    return " ".join(p for p in (place, row["record"] or "") if p) or row["stage"]


def _code_words(code: str) -> str:
    known = problem_codes().get(code)
    return known.definition if known else code.replace("_", " ")


def _fit(desk: Desk) -> str:
    """How learning went, and how well accounts are foretold from those of others."""
    found = {r["measure"]: r for r in desk.rows("fit") if r["group"] == "all" and not r["bin"]}
    if "rounds of learning" not in found:
        return ""
    rounds, error = found["rounds of learning"], found.get("calibration error")
    learned = f"after {rounds['value']:.0f} rounds it {rounds['note']}" if rounds["value"] else rounds["note"]
    text = f"Learning what sources are like: {learned}."
    if error is not None:
        off, low, high = (100 * error[end] for end in ("value", "low", "high"))
        text += (
            f" What {error['n']:,} accounts say was foretold from those of others: chances given and what was said lie "
            f"{off:.1f} points apart in the mean ({low:.1f} to {high:.1f})."
        )
    return text


def method(desk: Desk) -> dict[str, Any]:
    """What a reader must know to check the page."""
    standards = [
        (t.label, f"{100 * t.more['lower']:.0f} in 100", t.more["origins"], t.more["camps"])
        for t in vocabulary("standards_of_proof").values()
    ]
    bottoms = [0.0, *(top for top, _ in BANDS)]
    bands = [
        f"{word} ({100 * low:.0f}–{min(100 * top, 100):.0f})"
        for low, (top, word) in zip(bottoms, BANDS, strict=False)
    ]
    return {
        "rule": RULE,
        "bands": wording.listed(bands),
        "standards": sheet(
            ("Standard", "Lower end at least", "Independent origins", "Camps"), standards, numeric=(2, 3)
        ),
        "fit": _fit(desk),
        "withheld": desk.release.withheld,
        "inputs": len(desk.release.inputs),
    }
