"""The incidents: the gravest in full with every account and its weight, the others in a row each.

In: a desk. Out: entries, compact rows, the timeline and the map. Copies are marked and weigh nothing of their own;
findings of boards stand beside the testimony, and enter it only where that was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from markupsafe import Markup

from ceasefire.report import wording
from ceasefire.report.charts.atlas import FOLD_ABOVE, TOO_VAGUE_KM, dense_part, drawable, map_of
from ceasefire.report.charts.intervals import scale, strip
from ceasefire.report.charts.timeline import timeline
from ceasefire.report.sections.binding import Binding
from ceasefire.report.sections.desk import COMPACT_ROWS, Desk, sheet, slug, spoken
from ceasefire.report.sections.hangs import Hangs
from ceasefire.report.sections.headline import answer_sentence
from ceasefire.report.sections.left_out import left_out
from ceasefire.report.sections.toll import toll_facts
from ceasefire.report.sections.totals import how_many
from ceasefire.report.sections.weighed import Weighed
from ceasefire.report.wording import counted

OPEN_ENTRIES = 3
MOST_MARKS = 6
MOST_DOUBTS = 3


def incidents(desk: Desk) -> dict[str, Any]:
    """Entries in full, compact rows, and how many are on the page."""
    look = _Look(desk)
    entries = [look.entry(i, n) for n, i in enumerate(desk.full)]
    rows = [_compact(desk, i) for i in desk.compact]
    heads = ("Incident", f"When ({desk.zone})", "Killed", "Most probable author", "Reports")
    left_out = len(desk.order) - len(desk.full) - len(desk.compact)
    return {
        "entries": entries,
        "compact": sheet(heads, rows, file="tables/incidents.csv", cap=COMPACT_ROWS),
        "left_out": left_out,
        "scale": scale(),
        "total": len(desk.order),
    }


def pictures(desk: Desk) -> dict[str, Any]:
    """The timeline and the map."""
    rows = [
        row | {"heading": desk.short(i), "href": desk.href(i), "answer": row["answer"] or "undetermined"}
        for i, row in desk.incidents.items()
    ]
    numbered = desk.order[: min(MOST_MARKS, len(desk.order))]
    marks = [(desk.incidents[i]["occurred_from"], str(n)) for n, i in enumerate(numbered, 1)]
    drawn, close = drawable(rows), dense_part(rows)
    truces = [(t["starts_at"], t["name"]) for t in desk.rows("truces") if t["starts_at"]]
    legend = [(desk.colour(a), desk.name(a)) for a in desk.colours if any(r["answer"] == a for r in rows)]
    vague = len(rows) - len(drawn)
    return {
        "timeline": timeline(
            rows, marks, truces, desk.colours, desk.release.timezone, desk.table("alternatives")
        ),
        "many": how_many(desk),
        "n_truces": len(truces),
        "marks": [(n, desk.incident(i)) for n, i in enumerate(numbered, 1)],
        "map": map_of(rows, desk.rows("places"), desk.release.zones, desk.colours),
        "closer": map_of(close, desk.rows("places"), {}, desk.colours),
        "n_closer": len(close),
        "folded": len(drawn) > FOLD_ABOVE,
        "legend": legend,
        "vague": counted(vague, "incident") if vague else "",
        "vague_km": f"{TOO_VAGUE_KM:g}",
        "zones": sorted(desk.release.zones),
    }


def _compact(desk: Desk, incident_id: str) -> tuple[Any, ...]:
    row = desk.incidents[incident_id]
    who = (
        f"{desk.name(row['leading'])}, {wording.percent(row['probability'])}"
        if row["answer"]
        else "not assessed"
    )
    if row["answer"] == "undetermined":
        who = f"undetermined ({who})" if row["leading"] else "undetermined; nobody named"
    return (
        Markup('<span id="{}">{}</span>').format(slug("i", incident_id), desk.heading(incident_id)),
        desk.at(row["occurred_from"]),
        wording.span(row["killed_low"], row["killed_best"], row["killed_high"]),
        who,
        row["n_reports"],
    )


def _alone(row: Mapping[str, Any]) -> str:
    """What testimony alone says, where means, control, context or findings say otherwise."""
    flat = row["flat"]
    if flat is None or wording.percent(flat) == wording.percent(row["probability"]):
        return ""
    return f"; on testimony alone {wording.percent(flat)}"


class _Look:
    """The tables of all incidents, grouped once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.reports = {r["report_id"]: r for r in desk.rows("reports")}
        wanted = frozenset(desk.full)
        group = partial(_grouped, wanted=wanted)
        self.memberships = group(desk.rows("memberships"))
        self.binding = Binding(desk, self.memberships, self.reports)
        self.attributions = group(desk.rows("attributions"))
        self.evidence = group(desk.rows("evidence"))
        self.weighed = Weighed(desk, self.memberships, self.reports, self.evidence)
        self.answered = {r["incident_id"]: r for r in desk.rows("answer_times")}
        self.sensitivity = group(desk.rows("sensitivity"))
        self.tolls = group(desk.rows("tolls"))
        self.touched = group(desk.rows("incident_verdicts"))
        self.notified = group(desk.rows("struck_after_notified"))
        self.hangs = Hangs(desk)
        self.findings: dict[str, list[dict[str, Any]]] = {}
        for finding in desk.rows("findings"):
            home = desk.topic_incidents.get(finding["about"] or "")
            if home:
                self.findings.setdefault(home, []).append(finding)
        self.open: dict[str, list[dict[str, Any]]] = {}
        for row in desk.rows("alternatives"):
            for end in {row["incident_id"], row["other_id"]} & wanted:
                self.open.setdefault(end, []).append(row)
        self.titles = {v["norm_id"]: v["title"] or v["norm_id"] for v in desk.rows("verdicts")}

    def entry(self, incident_id: str, number: int) -> dict[str, Any]:
        desk, row = self.desk, self.desk.incidents[incident_id]
        rivals = self._rivals(incident_id)
        accounts = self.weighed.accounts(incident_id, rivals)
        return {
            "id": slug("i", incident_id),
            "name": incident_id,
            "number": number + 1,
            "open": number < OPEN_ENTRIES,
            "heading": desk.heading(incident_id),
            "day": wording.day(row["occurred_from"], desk.release.timezone),
            "when": wording.during(row["occurred_from"], row["occurred_to"], desk.release.timezone),
            "facts": [
                *self._facts(row),
                *self._answered(incident_id),
                *self._denied(incident_id),
                *self._one_or_two(incident_id),
            ],
            "answer": answer_sentence(desk, row),
            "answer_short": _short_answer(desk, row),
            "colour": desk.colour(row["answer"]),
            "rule": desk.plain(row["rule"]),
            "distribution": self._distribution(incident_id),
            "rivals": " against ".join(desk.name(r) for r in rivals)
            if len(rivals) == 2 and row["leading"]
            else "",
            "left_out": left_out(desk, self.sensitivity.get(incident_id, []), row),
            "accounts": accounts,
            "binding": self.binding.of(incident_id, frozenset(a["report"] for a in accounts)),
            "n_accounts": len(self.memberships.get(incident_id, [])),
            "sums": self._sums(incident_id),
            "findings": [self._finding(f) for f in sorted(self.findings.get(incident_id, []), key=_issued)],
            "hangs": self.hangs.sentences(incident_id),
            "competing": self.hangs.competing(incident_id),
            "touched": self._touched(incident_id),
            "notified": sorted(
                {n["public_note"] for n in self.notified.get(incident_id, []) if n["public_note"]}
            ),
        }

    def _facts(self, row: dict[str, Any]) -> list[tuple[str, Any]]:
        place = row["place_name"] or "not stated"
        if row["admin1"] and row["admin1"] not in place:
            place += f", {row['admin1']}"
        radius = row["precision_km"]
        where = (
            f"{place} (within about {radius:.1f} km)"
            if radius is not None
            else f"{place} (precision unknown)"
        )
        return [
            ("Where", where),
            *toll_facts(row, self.tolls.get(row["incident_id"], [])),
            (
                "Affected",
                row["affected_object"]
                or (self.desk.name(row["affected"]) if row["affected"] else "not stated"),
            ),
            (
                "Told by",
                f"{counted(row['n_reports'], 'report')}, {counted(row['n_sources'], 'source')}, "
                f"{counted(row['n_origins'], 'independent origin')}",
            ),
        ]

    def _answered(self, incident_id: str) -> list[tuple[str, str]]:
        """Since when the accounts known made it the answer."""
        row = self.answered.get(incident_id)
        if row is None or row["answered_at"] is None:
            return []
        took = f", {wording.hours(row['hours'])} after it can have begun" if row["hours"] is not None else ""
        day = wording.day(row["answered_at"], self.desk.release.timezone)
        return [
            (
                "Answered",
                f"since {day}{took}, by {row['accounts']} of the {row['of_accounts']} voices known now",
            )
        ]

    def _denied(self, incident_id: str) -> list[tuple[str, str]]:
        """Who denies it: early in the entry, since the first accounts are seldom the denials."""
        names = self.weighed.denials(incident_id)
        return [("Denials", names)] if names else []

    def _one_or_two(self, incident_id: str) -> list[tuple[str, Markup]]:
        """What is open about the number of incidents: with which other it may be one, and which reports may tell of another."""
        found = sorted(
            self.open.get(incident_id, []),
            key=lambda r: (-r["probability"], r["incident_id"], r["other_id"] or ""),
        )
        told = []
        for row in found:
            sure = wording.percent(row["probability"])
            if row["kind"] == "merge":
                other = row["other_id"] if row["incident_id"] == incident_id else row["incident_id"]
                told.append(Markup("may be one with {} ({})").format(self.desk.incident(other), sure))
            else:
                reports = wording.listed((row["reports"] or "").split(";"))
                told.append(Markup("{} may tell of another incident ({})").format(reports, sure))
        if not told:
            return []
        more = f"; and {len(told) - MOST_DOUBTS} less probable" if len(told) > MOST_DOUBTS else ""
        return [("One or two", Markup("; ").join(told[:MOST_DOUBTS]) + more)]

    def _distribution(self, incident_id: str) -> list[dict[str, Any]]:
        rows = sorted(self.attributions.get(incident_id, []), key=lambda r: (-r["probability"], r["actor"]))
        return [
            {
                "name": self.desk.party(r["actor"]),
                "words": f"{wording.percent(r['probability'])} ({wording.between(r['low'], r['high'])}){_alone(r)}",
                "strip": strip(
                    r["probability"],
                    r["low"],
                    r["high"],
                    self.desk.colour(r["actor"]),
                    f"{self.desk.name(r['actor'])}: {wording.chance(r['probability'], r['low'], r['high'])}",
                ),
            }
            for r in rows
        ]

    def _rivals(self, incident_id: str) -> list[str]:
        """The two most probable answers: weights are the odds between them."""
        rows = sorted(self.attributions.get(incident_id, []), key=lambda r: (-r["probability"], r["actor"]))
        return [r["actor"] for r in rows[:2]]

    def _sums(self, incident_id: str) -> Any:
        """The additive account: one row a term, one column an answer; the last rows are the sums and the result."""
        terms = self.evidence.get(incident_id, [])
        if not terms:
            return None
        answers = sorted(
            self.attributions.get(incident_id, []), key=lambda r: (-r["probability"], r["actor"])
        )
        order = [a["actor"] for a in answers if any(t["actor"] == a["actor"] for t in terms)]
        steps: dict[tuple[str, str, str], dict[str, float]] = {}
        for term in sorted(terms, key=lambda t: (t["step"], t["actor"])):
            who = self.desk.source(term["source_id"]) if term["source_id"] else ""
            if not who and term["camp"]:
                who = f"sources of {self.desk.name(term['camp'])}"
            if term["copy_of"]:
                who += f", found to repeat {self.desk.source(term['copy_of'])}"
            key = (term["kind"] or "", who or (term["says"] or ""), term["report_ids"] or "")
            cell = steps.setdefault(key, {})
            cell[term["actor"]] = cell.get(term["actor"], 0.0) + (term["log_weight"] or 0.0)
        rows: list[tuple[Any, ...]] = [
            (kind, who, ids.replace(";", "; "), *(signed(cell.get(a)) for a in order))
            for (kind, who, ids), cell in steps.items()
        ]
        sums = [sum(cell.get(a, 0.0) for cell in steps.values()) for a in order]
        rows.append(("sum", "", "", *(signed(s) for s in sums)))
        found = {a["actor"]: a["probability"] for a in answers}
        rows.append(("probability", "", "", *(wording.percent(found[a]) for a in order)))
        heads = ("Term", "Source", "Reports", *(self.desk.name(a) for a in order))
        return sheet(heads, rows, file="tables/evidence.csv", cap=80, numeric=range(3, len(heads)))

    def _finding(self, finding: dict[str, Any]) -> dict[str, Any]:
        return finding_view(self.desk, finding)

    def _touched(self, incident_id: str) -> list[Markup]:
        rows = sorted(self.touched.get(incident_id, []), key=lambda r: (r["norm_id"], r["holder"]))
        return [
            Markup('<a href="#{}">{}</a>, {}: {}{}').format(
                slug("n", f"{r['norm_id']}-{r['holder']}"),
                self.titles[r["norm_id"]],
                self.desk.name(r["holder"]),
                wording.term("verdicts", r["verdict"]),
                f", {wording.percent(r['p_breach'])}" if r["p_breach"] is not None else "",
            )
            for r in rows
            if r["norm_id"] in self.titles
        ]


def finding_view(desk: Desk, finding: dict[str, Any]) -> dict[str, Any]:
    """A board's conclusion with its issuer, date and own word for its certainty."""
    return {
        "issuer": finding["issuer"],
        "day": wording.day(finding["issued_at"], desk.release.timezone),
        "conclusion": spoken(finding["conclusion"]),
        "standard": finding["standard"] or "no word for its certainty",
        "intent": finding["intent"],
        "actor": desk.name(finding["actor"]) if finding["actor"] else "",
        "url": desk.url(finding["url"], "page"),
        "basis": finding["basis"],
        "about": desk.topic(finding["about"]),
    }


def _issued(finding: dict[str, Any]) -> tuple[str, str]:
    return str(finding["issued_at"] or "~"), finding["finding_id"]


def _short_answer(desk: Desk, row: dict[str, Any]) -> str:
    if not row["answer"]:
        return "not assessed"
    if row["answer"] == "undetermined":
        return "undetermined"
    return f"{desk.name(row['answer'])}, {wording.percent(row['probability'])}"


def signed(value: float | None) -> str:
    """A term with its sign and two decimals."""
    if value is None:
        return "—"
    return f"{value:+.2f}".replace("-", "−") if round(value, 2) else "0.00"


def _grouped(rows: list[dict[str, Any]], wanted: frozenset[str]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["incident_id"] in wanted:
            groups.setdefault(row["incident_id"], []).append(row)
    return groups
