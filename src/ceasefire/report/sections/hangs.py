"""What an incident's answer hangs on, in a few plain sentences, and the hypotheses that compete about it.

In: a desk. Out: by incident, sentences (contested incidents only), and for each topic with hypotheses their chances, the evidence
that tells them apart with its ratings, what tells nothing, and what would. The figures stand in the tables of the same names.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import log
from typing import Any

from ceasefire.report import wording
from ceasefire.report.sections.desk import Desk, sheet
from ceasefire.report.wording import counted

# What an answer that a source names is to it: how its reliability is put in words.
_OF_ROLE = {
    "own": " of acts of its own side",
    "ally": " of acts of its allies",
    "opposing": " of acts of the other side",
    "other": " of what others did",
    "any": "",
}
_MARKS = {"strongly_against": "− −", "against": "−", "neutral": "0", "for": "+", "strongly_for": "+ +"}
_MOST_MEMBERS = 6
_MOST_MOVED = 2


class Hangs:
    """The tables of the incidents that have an entry, grouped once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.sets, self.tips, self.breaks = (
            _grouped(desk, name, "incident_id") for name in ("smallest_sets", "tipping", "breakdown")
        )
        self.hypotheses = _grouped(desk, "weighed_hypotheses", "about")
        self.rated = _grouped(desk, "rated_evidence", "about")

    def sentences(self, incident_id: str) -> list[str]:
        """What the answer hangs on; none where it is not contested, or no one answer leads."""
        row = self.desk.incidents[incident_id]
        if not row["contested"] or not self.sets.get(incident_id):
            return []
        told = [*self._sets(incident_id), *self._tipping(incident_id), self._breakdown(incident_id)]
        return [sentence for sentence in told if sentence]

    def _sources(self, cell: str) -> str:
        names = [self.desk.source(one.strip()) for one in cell.split(";")]
        if len(names) > _MOST_MEMBERS:
            names = [*names[: _MOST_MEMBERS - 1], f"{len(names) - _MOST_MEMBERS + 1} more"]
        return wording.listed(names)

    def _sets(self, incident_id: str) -> list[str]:
        told = []
        by = {(r["loses"], r["unit"]): r for r in self.sets[incident_id]}
        for loses in ("lead", "standard"):
            row = by.get((loses, "source"))
            if row is None:
                continue
            told.append(self._set(row))
            origin = by[loses, "origin"]
            if (origin["size"], origin["members"]) != (row["size"], row["members"]):
                told.append("Counted by independent origins: " + self._set(origin))
        return told

    def _set(self, row: dict[str, Any]) -> str:
        unit = "source" if row["unit"] == "source" else "origin"
        outcome = (
            f"{self.desk.the(row['answer'])} no longer leads"
            if row["loses"] == "lead"
            else "the standard of proof is not reached"
        )
        if row["size"] is None:
            if row["proof"] == "not searched":
                return f"Which {unit}s it hangs on was not searched: {row['n_units']} speak of it."
            upto = row["none_up_to"]
            every = "whichever" if upto >= row["n_units"] else f"whichever {counted(upto, unit)}"
            return f"It holds {every} {'are' if upto != 1 else 'is'} left out: no set was found without which {outcome}."
        sets = row["members"].split(" | ")
        then = row["leads_then"]
        instead = f"; then {self.desk.the(then)} leads" if row["loses"] == "lead" and then else ""
        names = wording.listed([self._sources(one) for one in sets])
        which = f"any one of {names}" if row["size"] == 1 and len(sets) > 1 else self._sources(sets[0])
        shown = len(sets) if row["size"] == 1 else 1
        told = f"Without {which}, {outcome}{instead}."
        if row["proof"] != "exact":
            told += f" No set of up to {row['none_up_to']} is enough; a smaller one than this may be."
        elif row["n_sets"] > shown:
            left = row["n_sets"] - shown
            one = unit if row["size"] == 1 else "set of that size"
            more = counted(
                left, f"other {one}", f"other {one.replace('set', 'sets')}" if row["size"] > 1 else None
            )
            told += f" So it is without {more}."
        return told

    def _tipping(self, incident_id: str) -> list[str]:
        rows = self.tips.get(incident_id, [])
        reaches = any(r["loses"] == "standard" for r in self.sets[incident_id])
        what = "standard" if reaches else "lead"
        near = []
        for row in rows:
            for side in ("below", "above"):
                value = row[f"{what}_{side}"]
                if value is not None and 0.0 < value < 1.0:
                    near.append((abs(_logit(value) - _logit(row["value"])), side, value, row))
        told = []
        outcome = "the standard of proof is lost" if reaches else "another answer leads"
        would = "the standard of proof would be lost" if reaches else "another answer would lead"
        if near:
            _, side, value, row = min(near, key=lambda x: (x[0], x[3]["source_id"]))
            bound = "at most" if side == "below" else "at least"
            told.append(
                f"No source's reliability is nearer to tipping it than that of {self.desk.source(row['source_id'])}: "
                f"{outcome} if it names the author{_OF_ROLE[row['role']]} {bound} {wording.percent(value)} "
                f"times (now taken as {wording.percent(row['value'])})."
            )
        elif rows:
            told.append(f"However reliable any one source is, it does not come to that {outcome}.")
        moved = {r["source_id"]: r[f"{what}_lost_in"] for r in rows if r[f"{what}_lost_in"]}
        told += [
            f"If {self.desk.source(source)} spoke for {self._camps(camps)}, {would}."
            if len(moved) <= _MOST_MOVED
            else ""
            for source, camps in sorted(moved.items())
        ][:_MOST_MOVED]
        if len(moved) > _MOST_MOVED:
            told.append(f"If any one of {len(moved)} sources spoke for another camp, {would}.")
        return told

    def _camps(self, cell: str) -> str:
        names = ["nobody" if c == "no camp" else self.desk.the(c) for c in cell.split("; ")]
        return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

    def _breakdown(self, incident_id: str) -> str:
        rows = self.breaks.get(incident_id, [])
        if not rows:
            return ""
        row = rows[0]
        return (
            f"In the worst case, {self.desk.the(row['could_lead'])} could lead once {wording.percent(row['epsilon'])} "
            "of every independent account, and of the prior, may say anything at all."
        )

    def competing(self, incident_id: str) -> list[dict[str, Any]]:
        """The hypotheses of each topic of an incident."""
        topics = sorted(t for t, home in self.desk.topic_incidents.items() if home == incident_id)
        return [self._topic(topic) for topic in topics if topic in self.hypotheses]

    @cached_property
    def _speakers(self) -> dict[str, str]:
        said = {r["report_id"]: self.desk.source(r["source_id"]) for r in self.desk.rows("reports")}
        said |= {r["statement_id"]: r["speaker"] for r in self.desk.rows("statements")}
        return said | {r["finding_id"]: r["issuer"].split(" (")[0] for r in self.desk.rows("findings")}

    def _evidence(self, name: str) -> str:
        """An item of evidence by who gives it."""
        return f"{self._speakers[name]} ({name})" if name in self._speakers else name

    def _topic(self, topic: str) -> dict[str, Any]:
        rows = sorted(self.hypotheses[topic], key=lambda r: (-r["probability"], r["hypothesis_id"]))
        labels = {r["hypothesis_id"]: r["label"] for r in rows}
        answer = rows[0]["answer"]
        items: dict[str, dict[str, dict[str, Any]]] = {}
        for row in self.rated.get(topic, []):
            items.setdefault(row["evidence"], {})[row["hypothesis_id"]] = row
        seen = {name: cells for name, cells in items.items() if next(iter(cells.values()))["observed"]}
        telling = {n: c for n, c in seen.items() if _apart(c) > 1.0 + 1e-9}
        quiet = sorted(set(seen) - set(telling))
        heads = ("Evidence", *(labels[h] for h in labels), "Tells apart", "Why")
        matrix = [
            (
                self._evidence(name),
                *(_MARKS.get(cells[h]["rating"] or "", "") for h in labels),
                f"× {_apart(cells):.0f}",
                _reasons(cells),
            )
            for name, cells in sorted(telling.items(), key=lambda item: (-_apart(item[1]), item[0]))
        ]
        wanted = sorted((n for n in items if n not in seen), key=lambda n: (-_apart(items[n]), n))
        return {
            "answer": wording.sentence(labels.get(answer, answer)),
            "rule": wording.sentence(rows[0]["rule"]),
            "chances": [
                f"{r['label']}: {wording.percent(r['probability'])} ({wording.between(r['low'], r['high'])})"
                for r in rows
            ],
            "matrix": sheet(heads, matrix, file="tables/rated_evidence.csv", cap=40),
            "quiet": wording.listed([self._evidence(name) for name in quiet]),
            "wanted": wanted,
            "rated_by": rows[0]["rated_by"] or "",
        }


def _grouped(desk: Desk, name: str, column: str) -> dict[str, list[dict[str, Any]]]:
    wanted = frozenset(desk.full)
    out: dict[str, list[dict[str, Any]]] = {}
    for row in desk.rows(name):
        if column != "incident_id" or row[column] in wanted:
            out.setdefault(row[column], []).append(row)
    return out


def _logit(value: float) -> float:
    return log(value) - log(1.0 - value)


def _apart(cells: dict[str, dict[str, Any]]) -> float:
    return float(next(iter(cells.values()))["diagnosticity"])


def _reasons(cells: dict[str, dict[str, Any]]) -> str:
    seen: Sequence[str] = list(dict.fromkeys(c["reason"] for c in cells.values() if c["reason"]))
    return wording.sentence("; ".join(seen))
