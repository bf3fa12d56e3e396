"""The answer first: a few plain sentences made from the tables, each with a link to what it rests on.

In: a desk. Out: the sentences under the title and the key figures. No sentence is written for a case; a table without
rows gives no sentence.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from ceasefire.outlook.falls import UNUSUAL
from ceasefire.report import wording
from ceasefire.report.sections.desk import Desk
from ceasefire.report.sections.toll import toll_in_short
from ceasefire.report.sections.unreported import answer as unreported
from ceasefire.report.wording import counted, listed

NEXT_FROM = 0.05
"""The least probability of an answer that is named beside the leading one: below it, ICD-203 says "almost no chance"."""


def headline(desk: Desk) -> dict[str, Any]:
    """Sentences (lead, text, href) and key figures (value, words, href)."""
    parts = [
        ("What was told", _told(desk), "#incidents"),
        ("Who did what", _who(desk), "#incidents"),
        ("Aid", _aid(desk), "#access"),
        ("Before and after each truce", _truces(desk), "#ratios"),
        ("Whose account changed", _versions(desk), "#statements"),
        ("What nobody can tell", _blind(desk), "#untestable"),
        ("What nobody reported", unreported(desk), "#unreported"),
    ]
    return {
        "sentences": [{"lead": lead, "text": text, "href": href} for lead, text, href in parts if text],
        "answer": [t for t in (_clocks(desk), _terms(desk)) if t],
        "gravest": [_gravest(desk, i) for i in desk.order[:3]],
        "figures": _figures(desk),
    }


def killed_total(desk: Desk) -> tuple[int, int, int]:
    """Lowest and highest figures of killed added over incidents, and the incidents without a figure."""
    low = high = silent = 0
    for row in desk.incidents.values():
        if row["killed_best"] is None and row["killed_low"] is None and row["killed_high"] is None:
            silent += 1
            continue
        low += row["killed_low"] or 0
        high += max(row["killed_high"] or 0, row["killed_best"] or 0, row["killed_low"] or 0)
    return low, high, silent


def _told(desk: Desk) -> str:
    n = len(desk.incidents)
    if not n:
        return "No incident could be made out in the reports known by then."
    reports = desk.table("memberships").height
    sources = desk.table("reports")["source_id"].n_unique()
    low, high, silent = killed_total(desk)
    text = f"{counted(reports, 'report')} of {counted(sources, 'source')} are read as telling of {_incidents(desk)}. "
    if high:
        text += f"Their lowest figures of people killed add up to {low:,}, their highest to {high:,}"
        text += f"; {counted(silent, 'incident')} come without a figure." if silent else "."
    return text


def _incidents(desk: Desk) -> str:
    """How many incidents, with the interval where it is in doubt which accounts are about one."""
    n, row = len(desk.incidents), desk.tallies.get(("all", "all"))
    if row is None or row["low"] == row["high"] == n:
        return counted(n, "incident")
    return (
        f"{counted(wording.round_half_up(row['best']), 'incident')} ({row['low']:,}–{row['high']:,}, 90 % interval). "
        f"{n:,} are listed; some of them may be one, and some two"
    )


def _clocks(desk: Desk) -> str:
    by_clock: dict[str, list[dict[str, Any]]] = {}
    for row in desk.rows("clocks"):
        by_clock.setdefault(row["clock_id"], []).append(row)
    words = []
    for readings in by_clock.values():
        readings.sort(key=lambda r: (r["reading"] != "declared", r["reading"]))
        first = readings[0]
        text = f"“{first['title'] or first['clock_id']}” {wording.CLOCK_VERBS.get(first['state'], first['state'])}"
        other = next(
            (r for r in readings if r["reading"] == "counted" and r["state"] != first["state"]), None
        )
        if other:
            verb = wording.CLOCK_VERBS.get(other["state"], other["state"])
            text += f" as declared and {verb} as counted from the incidents"
        words.append(text)
    if len(words) < 2:
        return f"The agreement’s clock {words[0]}." if words else ""
    return f"Of the agreement’s {len(words)} clocks, {listed(words)}."


_VERDICT_ORDER = (
    "breached",
    "excused",
    "satisfied",
    "pending",
    "undetermined",
    "not_observed",
    "not_testable",
)


def _terms(desk: Desk) -> str:
    counts = Counter(desk.table("verdicts")["verdict"].to_list())
    if not counts:
        return ""
    total = sum(counts.values())
    rest = [
        f"{counts[v]} {_are(counts[v])} {wording.term('verdicts', v)}"
        for v in _VERDICT_ORDER[1:]
        if counts[v]
    ]
    holders = Counter(r["holder"] for r in desk.rows("verdicts") if r["verdict"] == "breached")
    each = [
        f"{n} by {desk.the(h)}" for h, n in sorted(holders.items(), key=lambda c: desk.name(c[0]).casefold())
    ]
    text = f"Of {counted(total, 'obligation')}, each counted once for everyone it binds, "
    if counts["breached"]:
        rest.insert(
            0,
            f"{counts['breached']} {'was' if counts['breached'] == 1 else 'were'} breached ({listed(each)})",
        )
    else:
        rest.insert(0, "none is found to be breached")
    return f"{text}{listed(rest)}."


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _who(desk: Desk) -> str:
    answers = Counter(r["answer"] for r in desk.rows("assessments"))
    if not answers:
        return ""
    total = sum(answers.values())
    open_ones = answers.pop("undetermined", 0)
    each = [
        f"{desk.the(a)} ({n})" for a, n in sorted(answers.items(), key=lambda c: desk.name(c[0]).casefold())
    ]
    text = f"For {open_ones:,} of {counted(total, 'incident')} listed the author stays undetermined. "
    if each:
        text += f"For the others the testimony reaches the standard of proof: {listed(each)}. "
    return text + wording.NOT_JUDICIAL


def _gravest(desk: Desk, incident_id: str) -> dict[str, Any]:
    row = desk.incidents[incident_id]
    tolls = [t for t in desk.rows("tolls") if t["incident_id"] == incident_id and t["quantity"] == "killed"]
    killed = toll_in_short(row, tolls)
    deaths = "" if killed == "not stated" else f"Killed: {killed}. "
    return {
        "link": desk.incident(incident_id),
        "text": deaths + answer_sentence(desk, row) + _beside(desk, incident_id),
    }


def _beside(desk: Desk, incident_id: str) -> str:
    """How many conclusions of others stand beside the testimony of an incident."""
    topics = {t for t, i in desk.topic_incidents.items() if i == incident_id}
    issuers = [f["issuer"] for f in desk.rows("findings") if f["about"] in topics]
    if not issuers:
        return ""
    told = f"{counted(len(issuers), 'finding')} by {counted(len(set(issuers)), 'issuer')}"
    return f" Beside the testimony: {told}, each in its own words."


def answer_sentence(desk: Desk, row: dict[str, Any]) -> str:
    """Who did it and how sure, in a sentence or two."""
    if not row["answer"]:
        return "Nobody's authorship was assessed."
    if not row["leading"]:
        return "Author undetermined: no account names one."
    basis = "The testimony" + desk.besides(row["incident_id"])
    leading = desk.the(row["leading"])
    if row["answer"] == "undetermined":
        text = (
            f"Author undetermined. {basis} points most to {leading}, {_figures_of(row)}; "
            f"that does not reach the standard of proof.{_next(desk, row)}"
        )
    else:
        standard = wording.term("standards_of_proof", row["standard"], "no standard of proof")
        sure = wording.chance(row["probability"], row["low"], row["high"])
        text = f"{basis} points to {leading}: {sure}; it reaches “{standard}”."
    if row["self_attributed"]:
        accepts = desk.the(row["leading"])
        text += f" {accepts[0].upper()}{accepts[1:]} itself accepts it."
    elif row["contested"]:
        text += " Contested."
    return text


def _next(desk: Desk, row: dict[str, Any]) -> str:
    """Who comes next where the author is undetermined, so that the leader does not stand alone."""
    actors, chance = desk.runners_up.get(row["incident_id"], ((), {}))
    if not 0 < len(actors) <= 2 or chance["probability"] < NEXT_FROM:
        return ""
    names = listed([desk.the(a) for a in actors])
    each = ", each" if len(actors) > 1 else ","
    text = f" Next {'is' if len(actors) == 1 else 'are'} {names}{each} {_figures_of(chance)}."
    overlap = chance["high"] is not None and row["low"] is not None and chance["high"] > row["low"]
    return text + (" These ranges overlap." if overlap else "")


def _figures_of(row: dict[str, Any]) -> str:
    """A probability and its interval without the word for it: the word for a best figure would hide so wide a range."""
    sure = wording.percent(row["probability"])
    return f"{sure} ({wording.between(row['low'], row['high'])})" if row["low"] is not None else sure


def _aid(desk: Desk) -> str:
    outcomes = Counter(r["outcome"] for r in desk.rows("consignments"))
    if not outcomes:
        return ""
    order = ("delivered", "attacked", "refused", "suspended", "waiting", "planned", "unknown")
    words = [f"{outcomes[o]} {'of unknown outcome' if o == 'unknown' else o}" for o in order if outcomes[o]]
    waiting = [
        r for r in desk.rows("consignments") if r["outcome"] == "waiting" and r["days_waiting"] is not None
    ]
    text = f"Of {counted(sum(outcomes.values()), 'planned delivery', 'planned deliveries')} followed here: {listed(words)}."
    if waiting:
        longest = max(waiting, key=lambda r: (r["days_waiting"], r["consignment"]))
        where = longest["to_place"] or "a place not stated"
        text += f" The longest wait so far: {longest['days_waiting']:.1f} days, for {where}."
    return text


def _truces(desk: Desk) -> str:
    """At how many truces the rate fell, and at how many the fall also stands out from other days."""
    parts = []
    rows = [r for r in desk.rows("rate_ratios") if r["unit"] == "place_days"]
    for window in sorted({r["window_days"] for r in rows}):
        own = [r for r in rows if r["window_days"] == window]
        fell = [r for r in own if r["high"] is not None and r["high"] < 1]
        rare = [r for r in fell if r["placebo_share"] is not None and r["placebo_share"] <= UNUSUAL]
        parts.append(
            f"within {window} days the rate fell, with its whole 95 % interval, after {len(fell)} of {len(own)} truces, "
            f"after {len(rare)} of them more than on nineteen other days in twenty"
        )
    if not parts:
        return ""
    told = "; ".join(parts)
    return f"{told[0].upper()}{told[1:]}. A comparison in time, not an effect of the truce."


def _versions(desk: Desk) -> str:
    changed: Counter[str] = Counter()
    spoke: set[str] = set()
    for row in desk.rows("positions"):
        spoke.add(row["party"] or "")
        if row["change"] in ("substitution", "retreat"):
            changed[row["party"] or ""] += 1
    if not spoke:
        return ""
    parties = sorted((p for p in spoke if p), key=lambda p: desk.name(p).casefold())
    words = [f"{changed[p]} by {desk.the(p)}" for p in parties if changed[p]]
    none = [desk.the(p) for p in parties if not changed[p]]
    told = listed(words) or "none by anybody"
    others = f"; none by {listed(none)}" if none and words else ""
    return (
        "Accounts given up, or replaced by one that cannot hold with them, without saying so, counted voice by voice: "
        f"{told}{others}. A change is not by itself a sign of lying."
    )


def _blind(desk: Desk) -> str:
    verdicts = Counter(desk.table("verdicts")["verdict"].to_list())
    seen = Counter(desk.table("observation")["state"].to_list())
    text = ""
    if verdicts["not_testable"]:
        n = verdicts["not_testable"]
        text = f"{counted(n, 'obligation')} cannot be checked with the public text or data. "
    if seen["not_observed"]:
        total = sum(seen.values())
        share = 100 * seen["not_observed"] / total
        text += f"On {share:.0f} % of the area-days in view nobody is known to have watched; that is not the same as quiet."
    return text


def _figures(desk: Desk) -> list[dict[str, Any]]:
    low, high, _ = killed_total(desk)
    answers = Counter(r["answer"] for r in desk.rows("assessments"))
    figures = [
        _figure(desk, "all", "all", len(desk.incidents), "incidents"),
        (
            f"{low:,}–{high:,}" if low != high else f"{low:,}",
            "people killed, lowest to highest figures",
            "#incidents",
        ),
        _figure(
            desk,
            "author",
            "undetermined",
            answers["undetermined"],
            "incidents whose author is undetermined",
        ),
        (
            f"{desk.table('verdicts').filter(_is('verdict', 'breached')).height:,}",
            "obligations breached",
            "#clauses",
        ),
        (
            f"{desk.table('verdicts').filter(_is('verdict', 'not_testable')).height:,}",
            "not testable",
            "#untestable",
        ),
    ]
    consignments = desk.table("consignments")
    if consignments.height:
        delivered = consignments.filter(_is("outcome", "delivered")).height
        figures.append((f"{delivered} of {consignments.height}", "aid deliveries completed", "#access"))
    return [{"value": v, "words": w, "href": h} for v, w, h in figures]


def _figure(desk: Desk, by: str, group: str, listed: int, words: str) -> tuple[str, str, str]:
    """A number of incidents, and under it what it counts, its interval, and how many are listed."""
    row = desk.tallies.get((by, group))
    if row is None or row["low"] == row["high"] == listed:
        return f"{listed:,}", words, "#incidents"
    best = f"{wording.round_half_up(row['best']):,}"
    return best, f"{words}, between {row['low']:,} and {row['high']:,} at 90 %; {listed:,} listed", "#howmany"


def _is(column: str, value: str) -> pl.Expr:
    return pl.col(column) == value
