"""Why the accounts of an incident are one happening: the link that holds its least sure account, and the one it began with.

In: a desk. Out: for each incident of two reports or more up to two waterfalls with their words. What the gate withheld of a
link stays withheld: then there is a sentence and no drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from markupsafe import Markup

from ceasefire.report import wording
from ceasefire.report.charts.falls import waterfall
from ceasefire.report.pairs import (
    FEATURES,
    PRIOR,
    Pair,
    founding,
    least_sure,
    pair_of,
)
from ceasefire.report.sections.desk import Desk, sheet, slug

DECIDED = {
    "same": "It was decided that both tell of one happening, whatever the weights say.",
    "different": "It was decided that they tell of two happenings, whatever the weights say.",
}


class Binding:
    """The links among the reports of each incident with an entry, grouped once."""

    def __init__(
        self, desk: Desk, memberships: Mapping[str, list[dict[str, Any]]], reports: Mapping[str, Any]
    ) -> None:
        self.desk, self.reports = desk, reports
        self.memberships = memberships
        links = desk.table("links")
        home = pl.DataFrame(
            [(m["report_id"], i) for i, members in memberships.items() for m in members],
            schema={"report": pl.String, "incident_id": pl.String},
            orient="row",
        )
        inside = links.join(home, left_on="report_a", right_on="report").join(
            home, left_on=["report_b", "incident_id"], right_on=["report", "incident_id"]
        )
        inside = inside.sort("report_a", "report_b")
        self.links: dict[str, list[dict[str, Any]]] = {}
        for row in inside.iter_rows(named=True):
            self.links.setdefault(row.pop("incident_id"), []).append(row)

    def of(self, incident_id: str, linked: frozenset[str]) -> dict[str, Any] | None:
        """What to show of an incident; ``linked`` are the reports whose account stands on the page."""
        members = [m for m in self.memberships.get(incident_id, []) if m["report_id"] in self.reports]
        links = self.links.get(incident_id, [])
        if len(members) < 2 or not links:
            return None
        sure = {m["report_id"]: m["probability"] for m in members if m["probability"] is not None}
        weakest = least_sure(sure.items(), links)
        order = sorted(sure, key=lambda r: (str(self.reports[r]["recorded_at"] or "~"), r))
        first = founding(order, links)
        shown: list[dict[str, Any]] = []
        if weakest is not None:
            report, row = weakest
            both = first is not None and _ends(first) == _ends(row)
            shown.append(self._figure(row, report, linked, _lead(len(members), both)))
        if first is not None and (weakest is None or _ends(first) != _ends(weakest[1])):
            shown.append(self._figure(first, order[0], linked, "Where it begins"))
        if not shown:
            return None
        chance = _chance(sure[weakest[0]]) if weakest else ""
        return {"figures": shown, "n": len(members), "least": chance, "two": len(members) == 2}

    def _figure(
        self, row: Mapping[str, Any], report: str, linked: frozenset[str], lead: str
    ) -> dict[str, Any]:
        other = row["report_b"] if row["report_a"] == report else row["report_a"]
        pair = pair_of(row)
        chance = wording.percent(pair.probability) if pair.decision else _chance(pair.probability)
        title = f"Why {report} and {other} are one happening"
        withheld = pair.weight is None
        return {
            "lead": lead,
            "pair": Markup("{} and {}").format(self._named(report, linked), self._named(other, linked)),
            "drawing": None
            if withheld
            else waterfall(pair, title, f"{chance} that both tell of one happening"),
            "result": chance,
            "silent": wording.listed([FEATURES.get(s.feature, s.feature) for s in pair.silent]),
            "decided": DECIDED.get(pair.decision or "", ""),
            "steps": None if withheld else _steps(pair),
        }

    def _named(self, report: str, linked: frozenset[str]) -> Markup:
        source = self.desk.source(self.reports[report]["source_id"])
        inner = (
            Markup('<a href="#{}">{}</a>').format(slug("r", report), report) if report in linked else report
        )
        return Markup("{} ({})").format(inner, source)


def _chance(p: float | None) -> str:
    """A weighed probability, which is never quite 0 or 100 in 100."""
    return wording.percent(None if p is None else min(max(p, 1e-6), 1 - 1e-6))


def _lead(n: int, both: bool) -> str:
    if n == 2:
        return "The two accounts"
    return "The least sure account and where it begins" if both else "The least sure account"


def _ends(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["report_a"], row["report_b"]


def _steps(pair: Pair) -> Any:
    rows: list[tuple[Any, ...]] = [(PRIOR, "log-odds of a pair near in place and time", _nats(pair.prior))]
    rows += [(s.words, s.about, _nats(s.weight)) for s in pair.telling]
    rows.append(("sum", "", _nats(pair.weight or 0.0)))
    return sheet(("Found", "Meaning", "Nats"), rows, numeric=(2,))


def _nats(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if round(value, 2) else "0.00"
