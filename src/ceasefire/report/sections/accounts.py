"""Whose account changed: voices thread by thread, contradictions, offices of one party, and the camps' two worlds.

In: a desk. Out: what the statement part prints. The same rules are applied to every party, and every party is shown;
a change of account is not by itself a sign of lying.
"""

from __future__ import annotations

import re
from typing import Any

from ceasefire.report import wording
from ceasefire.report.charts.intervals import bar
from ceasefire.report.sections.desk import Desk, sheet, slug, spoken

CHANGED = ("substitution", "retreat", "correction")


def accounts(desk: Desk) -> dict[str, Any]:
    """Threads by topic, counts by party, contradictions, office distances, divergences."""
    return {
        "topics": _topics(desk),
        "counts": _counts(desk),
        "contradictions": _contradictions(desk),
        "offices": _offices(desk),
        "divergences": _divergences(desk),
    }


def _topics(desk: Desk) -> list[dict[str, Any]]:
    threads: dict[tuple[str, str], list[dict[str, Any]]] = {}
    said = {s["statement_id"]: s for s in desk.rows("statements")}
    for row in sorted(desk.rows("positions"), key=lambda r: (r["thread"], r["order"])):
        threads.setdefault((row["about"] or "", row["thread"]), []).append(row)
    topics: dict[str, list[dict[str, Any]]] = {}
    for (about, thread), rows in threads.items():
        topics.setdefault(about, []).append(
            {
                "id": slug("thread", f"{thread}-{about}"),
                "thread": thread,
                "speakers": wording.listed(sorted({r["speaker"] for r in rows if r["speaker"]})[:4]),
                "party": desk.party(rows[0]["party"], "no party"),
                "party_key": desk.name(rows[0]["party"]).casefold(),
                "body": (rows[0]["body"] or "").replace("_", " "),
                "changed": sum(r["change"] in CHANGED for r in rows),
                "rows": [_position(desk, r, said.get(r["statement_id"], {})) for r in rows],
            }
        )
    listed = []
    for about, found in topics.items():
        found.sort(key=lambda t: (t["party_key"], t["thread"]))
        home = desk.topic_incidents.get(about)
        listed.append(
            {
                "name": desk.topic(about),
                "incident": desk.incident(home) if home else "",
                "threads": found,
                "n": sum(len(t["rows"]) for t in found),
                "changed": sum(t["changed"] for t in found),
            }
        )
    listed.sort(key=lambda t: (-t["changed"], -t["n"], t["name"]))
    return listed


def _position(desk: Desk, row: dict[str, Any], statement: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": slug("s", row["statement_id"]),
        "when": wording.said_time(row["said_at"], statement.get("recorded_at"), desk.release.timezone),
        "speaker": row["speaker"],
        "change": row["change"],
        "change_words": wording.CHANGES.get(row["change"], row["change"]),
        "notable": row["change"] in CHANGED,
        "keys": (row["keys"] or "").replace("->", "→").replace("_", " "),
        "text": spoken(row["text"]),
        "url": desk.url(row["url"] or statement.get("url"), "page"),
    }


def _counts(desk: Desk) -> dict[str, Any]:
    """A party on a topic: each of its voices by itself, and all read as one. Where nothing changed: in the file."""
    pairs: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in desk.rows("voice_counts"):
        pairs.setdefault((row["about"], row["party"]), {})[row["reading"]] = row
    shown, quiet = [], 0
    for (about, party), readings in pairs.items():
        first = readings.get("thread") or next(iter(readings.values()))
        if not any(r[k] for r in readings.values() for k in _NOTABLE):
            quiet += 1
            continue
        cells = [_two_ways(readings, k) for k in ("updates", *_NOTABLE)]
        names = (desk.topic(about), desk.name(party).casefold())
        shown.append((names, (names[0], desk.party(party, "no party"), first["n_statements"], *cells)))
    shown.sort(key=lambda r: r[0])
    heads = ("About", "Party", "Statements", "Updates", "Corrections", "Substitutions", "Retreats")
    rows = [row for _, row in shown]
    return {
        "sheet": sheet(heads, rows, file="tables/voice_counts.csv", cap=40, numeric=range(2, 7)),
        "quiet": quiet,
    }


_NOTABLE = ("corrections", "substitutions", "retreats")


def _two_ways(readings: dict[str, dict[str, Any]], key: str) -> str:
    """Voice by voice, and all voices as one: "2 | 3"."""
    each, one = (readings.get(r, {}) for r in ("thread", "party"))
    low, high = f"{key}_low", f"{key}_high"
    return " | ".join(_ranged(r.get(key), r.get(low), r.get(high)) for r in (each, one))


def _ranged(n: int | None, low: int | None, high: int | None) -> str:
    if n is None:
        return "—"
    return f"{n}" if low in (None, n) and high in (None, n) else f"{n} ({low} to {high})"


_SCOPES = {
    "self": "one voice against itself",
    "offices": "two offices of one party",
    "parties": "two parties",
}


def _contradictions(desk: Desk) -> Any:
    said = {s["statement_id"]: s for s in desk.rows("statements")}
    order = {"contradiction": 0, "tension": 1, "figures": 2}
    scopes = {"self": 0, "offices": 1, "parties": 2}
    rows = []
    known = sorted(
        desk.rows("contradictions"),
        key=lambda r: (
            order.get(r["kind"], 9),
            scopes.get(r["scope"], 9),
            r["about"],
            r["statement_a"],
            r["statement_b"],
        ),
    )
    for r in known:
        rows.append(
            (
                _SCOPES.get(r["scope"], r["scope"]),
                r["kind"],
                desk.topic(r["about"]),
                _side(desk, said.get(r["statement_a"]), r["key_a"], r["value_a"]),
                _side(desk, said.get(r["statement_b"]), r["key_b"], r["value_b"]),
                desk.plain(r["note"]),
            )
        )
    heads = ("Between", "Kind", "About", "One says", "The other says", "In words")
    return sheet(heads, rows, file="tables/contradictions.csv", cap=40)


def _side(desk: Desk, statement: dict[str, Any] | None, key: str | None, value: str | None) -> str:
    claim = f"{(key or '').replace('_', ' ')} = {(value or '').replace('_', ' ')}"
    if statement is None:
        return claim
    return f"{statement['speaker']}, {wording.day(statement['said_at'], desk.release.timezone)}: {claim}"


def _offices(desk: Desk) -> list[dict[str, Any]]:
    rows = sorted(
        desk.rows("office_distances"),
        key=lambda r: (desk.name(r["party"]).casefold(), r["body_a"], r["body_b"]),
    )
    return [
        {
            "party": desk.party(r["party"]),
            "bodies": f"{r['body_a']} and {r['body_b']}".replace("_", " "),
            "words": f"{r['n_conflicts']} of {r['n_comparable']} comparable points in conflict",
            "share": f"{wording.percent(r['distance'])} ({wording.between(r['low'], r['high'])})"
            if r["distance"] is not None
            else "cannot say",
            "bar": bar(
                r["distance"],
                r["low"],
                r["high"],
                desk.colour(r["party"]),
                f"{r['body_a']} and {r['body_b']}",
            ),
            "examples": r["examples"],
        }
        for r in rows
        if r["n_comparable"]
    ]


def _divergences(desk: Desk) -> dict[str, Any]:
    """Over everything as bars; topic by topic as a table."""
    rows = sorted(desk.rows("divergences"), key=lambda r: (desk.topic(r["about"]), r["camp_a"], r["camp_b"]))
    every = [r for r in rows if r["about"] == "all"]
    heads = ("About", "Camps", "Accounts", "Divergence", "The first blames", "The second blames")
    body = [
        (
            desk.topic(r["about"]),
            desk.party(r["camp_a"]) + " and " + desk.party(r["camp_b"]),
            f"{r['n_a']} and {r['n_b']}",
            _divergence(r),
            _blames(desk, r["blames_a"]),
            _blames(desk, r["blames_b"]),
        )
        for r in rows
        if r["about"] != "all"
    ]
    return {
        "every": [
            {
                "camps": desk.party(r["camp_a"]) + " and " + desk.party(r["camp_b"]),
                "n": f"{r['n_a']} and {r['n_b']} accounts",
                "value": _divergence(r),
                "bar": bar(
                    r["divergence"], r["low"], r["high"], GREY, f"divergence {r['camp_a']}, {r['camp_b']}"
                ),
            }
            for r in every
        ],
        "topics": sheet(heads, body, file="tables/divergences.csv", cap=60),
    }


GREY = "#6d7f86"


def _divergence(row: dict[str, Any]) -> str:
    if row["divergence"] is None:
        return "cannot say"
    interval = f" ({row['low']:.2f} to {row['high']:.2f})" if None not in (row["low"], row["high"]) else ""
    return f"{row['divergence']:.2f}{interval}"


def _blames(desk: Desk, cell: str | None) -> str:
    """The cell in words: identifiers become names."""
    parts = re.split(r"([\s;,:()]+)", cell or "")
    return "".join(desk.name(p) if p in desk.names or "|" in p or "+" in p else p for p in parts)
