"""The accounts of an incident, each with what it adds: a source speaks once, a copy not at all, a finding stands beside.

In: a desk, memberships, reports and the additive account. Out: rows for the template. A weight is the factor by which an account
moves the odds between the two most probable answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ceasefire.report import wording
from ceasefire.report.sections.desk import Desk, slug, spoken

MOST_ACCOUNTS = 60
NOT_WEIGHED = "not weighed"
Row = dict[str, Any]


class Weighed:
    """What is needed for the accounts of all entries, grouped once."""

    def __init__(
        self,
        desk: Desk,
        memberships: Mapping[str, list[Row]],
        reports: Mapping[str, Row],
        evidence: Mapping[str, list[Row]],
    ) -> None:
        self.desk, self.memberships, self.reports, self.evidence = desk, memberships, reports, evidence
        self.standing: dict[str, list[Row]] = {}
        for row in desk.rows("standing"):
            self.standing.setdefault(row["source_id"], []).append(row)

    def accounts(self, incident_id: str, rivals: list[str]) -> list[Row]:
        """The accounts in order of time."""
        members = [m for m in self.memberships.get(incident_id, []) if m["report_id"] in self.reports]
        members.sort(key=lambda m: (_said(self.reports[m["report_id"]]), m["report_id"]))
        voices = _Voices(self.evidence.get(incident_id, []), [m["report_id"] for m in members], rivals)
        day = self.desk.incidents[incident_id]["occurred_from"]
        return [self._account(m, voices, day) for m in members[:MOST_ACCOUNTS]]

    def denials(self, incident_id: str) -> str:
        """Who denies what: each source once, with those it clears, in order of name."""
        cleared: dict[str, set[str]] = {}
        for member in self.memberships.get(incident_id, []):
            report = self.reports.get(member["report_id"])
            if report and report["stance"] == "denies":
                names = cleared.setdefault(self.desk.source(report["source_id"]), set())
                names |= {self.desk.name(report["actor"])} if report["actor"] else set()
        return "; ".join(
            name + (f" (says it was not {', nor '.join(sorted(who))})" if who else "")
            for name, who in sorted(cleared.items(), key=lambda c: c[0].casefold())
        )

    def _account(self, member: Row, voices: _Voices, day: datetime | None) -> Row:
        report, desk = self.reports[member["report_id"]], self.desk
        source = desk.sources.get(report["source_id"], {})
        basis, repeats = member["copy_basis"], voices.repeats(report["report_id"])
        return {
            "id": slug("r", report["report_id"]),
            "report": report["report_id"],
            "when": wording.said_time(report["published_at"], report["recorded_at"], desk.release.timezone),
            "source": desk.source(report["source_id"]),
            "kind": wording.term("source_kinds", source.get("kind"), ""),
            "camp": desk.party(source.get("camp")),
            "read_as": self._read_as(report["source_id"], day),
            "via": report["via"],
            "stance": stance(desk, report),
            "killed": _figures(report),
            "text": spoken(report["text"], report["language"]),
            "url": desk.url(report["url"], "page"),
            "copy": f"{wording.COPY_BASES.get(basis, basis)} {member['origin_id']}" if basis else "",
            "found": f"found to repeat {desk.source(repeats)}" if repeats else "",
            "weight": voices.weight(report["report_id"], report["source_id"], basis),
        }

    def _read_as(self, source_id: str, day: datetime | None) -> str:
        """The camp a source is read as standing with on that day, where it is not the listed one."""
        before = [
            r
            for r in self.standing.get(source_id, [])
            if r["since"] is None or (day is not None and r["since"] <= day)
        ]
        if not before:
            return ""
        last = max(before, key=lambda r: (r["since"] is not None, r["since"] or datetime.min))
        if not last["elsewhere"]:
            return ""
        camp = f"close to {self.desk.the(last['camp'])}" if last["camp"] else "without a camp"
        since = f" since {wording.day(last['since'], self.desk.release.timezone)}" if last["since"] else ""
        return f"read by what it says as {camp}{since}"


class _Voices:
    """Which report speaks for which line of the additive account of one incident."""

    def __init__(self, terms: list[Row], order: list[str], rivals: list[str]) -> None:
        self.factor: dict[str, float] = {}
        self.led: dict[str, str] = {}
        self.copied: dict[str, str] = {}
        self.of_source: dict[str, str] = {}
        place = {report: n for n, report in enumerate(order)}
        sign = dict(zip(rivals, (1.0, -1.0), strict=False)) if len(rivals) > 1 else {}
        lines: dict[int, tuple[str | None, list[str], str | None]] = {}
        weight: dict[int, float] = {}
        for term in terms:
            reports = [r.strip() for r in (term["report_ids"] or "").split(";") if r.strip() in place]
            if term["kind"] == "copy" or not reports:
                continue
            lines[term["step"]] = (
                term["source_id"],
                sorted(reports, key=place.__getitem__),
                term["copy_of"],
            )
            if term["actor"] in sign and term["log_weight"] is not None:
                weight[term["step"]] = (
                    weight.get(term["step"], 0.0) + sign[term["actor"]] * term["log_weight"]
                )
        for step, (source, reports, copied) in sorted(lines.items()):
            lead = reports[0]
            if step in weight:
                self.factor[lead] = weight[step]
            if copied:
                self.copied[lead] = copied
            for report in reports:
                self.led[report] = lead
            if source:
                self.of_source.setdefault(source, lead)

    def repeats(self, report_id: str) -> str | None:
        """The source that the voice of this report was found to repeat."""
        return self.copied.get(report_id)

    def weight(self, report_id: str, source_id: str, basis: str | None) -> str:
        """The weight cell: a factor, a copy, the report with which the source has spoken, or that it is not weighed."""
        if self.led.get(report_id) == report_id:
            return odds(self.factor.get(report_id))
        if basis and basis != "same source":
            return "copy"
        lead = self.led.get(report_id) or self.of_source.get(source_id)
        return f"with {lead}" if lead else NOT_WEIGHED


def stance(desk: Desk, report: Row) -> str:
    """What an account says of the author."""
    said, actor = report["stance"], report["actor"]
    if said in (None, "unattributed") or not actor:
        return "denies it" if said == "denies" else "does not say who"
    return f"{wording.STANCES.get(said, said)} {desk.name(actor)}"


def odds(weight: float | None) -> str:
    """A log-weight as a factor on the odds: "×8.2", "÷3.0", "×1.0" (says nothing either way)."""
    if weight is None:
        return "—"
    factor = math.exp(min(abs(weight), 20.0))
    if factor < 1.05:
        return "×1.0"
    return f"{'×' if weight > 0 else '÷'}{factor:,.1f}"


def _figures(report: Row) -> str:
    parts = []
    for word in ("killed", "injured"):
        low, high = report[f"{word}_min"], report[f"{word}_max"]
        if low is not None or high is not None:
            parts.append(f"{wording.span(low, None, high) if low or high else 'none'} {word}")
    return ", ".join(parts)


def _said(report: Row) -> str:
    return str(report["published_at"] or report["recorded_at"] or "~")
