"""Why two reports are one incident, step by step: what is known beforehand, what each feature adds, where the sum ends.

In: a row of ``links`` and the levels in force. Out: a ``Pair`` whose steps sum to its weight (nats), in plain words. A level
is named by the column ``l_<feature>`` if there is one, else by the level that has this weight; where neither tells, the
feature stands without its level. Also: which pairs of an incident are worth showing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from ceasefire.fuse.weights import TABLE

NEARLY = 6e-5  # nats: the levels in force are kept to four decimals
SHOWN = 0.005  # nats: less would be shown as 0.00

FEATURES = {
    "time": "time",
    "place": "place",
    "act": "act",
    "actor": "actor",
    "affected": "affected",
    "casualties": "casualties",
    "text": "wording",
    "url": "page",
    "source": "source",
}
"""What each feature is called on a page; a feature of another name is called by it."""

_WORDS = {
    "time": {"three hours": "within three hours"},
    "place": {
        "near": "places near",
        "two radii": "within two radii",
        "three radii": "within three radii",
        "further": "places further apart",
        "same name": "same place name",
        "area holds it": "area holds the place",
        "area beside it": "area beside the place",
        "unknown": "place not given",
        "elsewhere": "two places far apart",
    },
    "act": {
        "same, telling": "same act, rare here",
        "same": "same act",
        "can be one": "acts that can be one",
        "same kind": "acts of one kind",
        "different": "different acts",
        "exclusive": "acts exclude each other",
        "unknown": "act not given",
    },
    "actor": {
        "same, telling": "same actor, rare here",
        "same": "same actor",
        "shared": "an actor shared",
        "swapped": "sides swapped",
        "different": "different actors",
        "unknown": "actor not given",
    },
    "affected": {
        "same, telling": "same affected, rare here",
        "same": "same affected",
        "shared": "affected partly shared",
        "different": "different affected",
        "unknown": "affected not given",
    },
    "casualties": {
        "near": "figures near",
        "apart": "figures apart",
        "far apart": "figures far apart",
        "both none": "both say nobody hurt",
        "none and some": "nobody against some",
        "unknown": "figure not given",
    },
    "text": {
        "nearly the same": "nearly the same wording",
        "very much shared": "very many words shared",
        "much shared": "many words shared",
        "some shared": "some words shared",
        "little shared": "few words shared",
        "hardly any": "hardly a word shared",
        "none": "no words shared",
        "unknown": "wording not comparable",
    },
    "url": {"no sign": "no page shared"},
    "source": {"one source": "one source, twice", "one page": "one source, one page"},
}

PRIOR = "before any comparison"


class Level(NamedTuple):
    """A level in force: its name, its weight and what it means."""

    name: str
    weight: float
    about: str


Levels = Mapping[str, Sequence[Level]]


@dataclass(frozen=True)
class Step:
    """What one feature adds: ``words`` for a chart, ``about`` for a reader who asks; the sum ``before`` and after it."""

    feature: str
    words: str
    about: str
    weight: float
    before: float

    @property
    def after(self) -> float:
        """The sum with this step."""
        return self.before + self.weight

    @property
    def silent(self) -> bool:
        """Does it say nothing either way?"""
        return abs(self.weight) < SHOWN


@dataclass(frozen=True)
class Pair:
    """Two reports and the steps to their sum. ``weight`` is None where part of it is withheld; then there are no steps."""

    report_a: str
    report_b: str
    prior: float
    steps: tuple[Step, ...]
    weight: float | None
    probability: float | None
    decision: str | None

    @property
    def telling(self) -> tuple[Step, ...]:
        """The steps that say something."""
        return tuple(step for step in self.steps if not step.silent)

    @property
    def silent(self) -> tuple[Step, ...]:
        """The steps that say nothing."""
        return tuple(step for step in self.steps if step.silent)


def levels_of(weights: pl.DataFrame) -> dict[str, list[Level]]:
    """The levels of each feature, from the table of weights in force (feature, level, weight, about)."""
    found: dict[str, list[Level]] = {}
    for row in weights.select("feature", "level", "weight", "about").iter_rows():
        found.setdefault(row[0], []).append(Level(*row[1:]))
    return found


def default_levels(links: pl.DataFrame) -> dict[str, list[Level]]:
    """The default levels, if the weights of these links are the defaults; else none, so that none is named wrongly."""
    levels = {name: [Level(k.name, k.weight, k.about) for k in table] for name, table in TABLE.items()}
    for name, known in levels.items():
        column = f"w_{name}"
        if column not in links.columns:
            return {}
        used = links[column].drop_nulls().unique()
        if any(not any(abs(w - level.weight) < NEARLY for level in known) for w in used if w):
            return {}
    return levels


def pair_of(row: Mapping[str, Any], levels: Levels) -> Pair:
    """The steps of a row of ``links``, in the order of its columns."""
    prior, weight = row["prior"] or 0.0, row["weight"]
    steps: list[Step] = []
    total = prior
    if weight is not None:
        for column, value in row.items():
            if column.startswith("w_") and value is not None:
                step = _step(column.removeprefix("w_"), value, row, levels, total)
                steps.append(step)
                total = step.after
        if abs(weight - total) >= SHOWN:
            about = "what the features say together beyond what each says alone"
            steps.append(Step("together", "all of it together", about, weight - total, total))
    return Pair(
        row["report_a"], row["report_b"], prior, tuple(steps), weight, row["probability"], row["decision"]
    )


def _step(feature: str, weight: float, row: Mapping[str, Any], levels: Levels, before: float) -> Step:
    known = levels.get(feature, ())
    named = row.get(f"l_{feature}")
    if named:
        found = [level for level in known if level.name == named] or [Level(named, weight, "")]
    else:
        found = [level for level in known if abs(level.weight - weight) < NEARLY]
    words = list(dict.fromkeys(_words(feature, level.name) for level in found))
    about = " or: ".join(dict.fromkeys(level.about for level in found if level.about))
    return Step(feature, " or ".join(words) or FEATURES.get(feature, feature), about, weight, before)


def _words(feature: str, level: str) -> str:
    known = _WORDS.get(feature, {}).get(level)
    if known or feature in ("time", "place", "casualties", "url", "source"):
        return known or level
    return f"{FEATURES.get(feature, feature)}: {level}"


Member = tuple[str, float]


def strongest(links: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """For each report its strongest link to another: a decided one first, then by weight, then by identifier."""
    best: dict[str, Mapping[str, Any]] = {}
    for row in sorted(links, key=_weakness):
        if row["decision"] != "different":
            for report in (row["report_a"], row["report_b"]):
                best.setdefault(report, row)
    return best


def _weakness(row: Mapping[str, Any]) -> tuple[bool, float, str, str]:
    weight = row["weight"]
    if weight is None:  # withheld: as far as the rounded probability tells
        weight = (row["probability"] or 0.0) - 0.5
    return row["decision"] != "same", -weight, row["report_a"], row["report_b"]


def least_sure(
    members: Iterable[Member], links: Sequence[Mapping[str, Any]]
) -> tuple[str, Mapping[str, Any]] | None:
    """The report least sure to belong, and its strongest link; None where no link is listed.

    ``members``: report and the probability that it belongs; ``links``: the links among them.
    """
    best = strongest(links)
    held = [(sure, _held(best[report]), report) for report, sure in members if report in best]
    if not held:
        return None
    report = min(held)[2]
    return report, best[report]


def _held(row: Mapping[str, Any]) -> float:
    """How strongly a link holds; one that was decided holds whatever it weighs."""
    return float("inf") if row["decision"] == "same" else -_weakness(row)[1]


def founding(order: Sequence[str], links: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The link between the report an incident is named after and the first one known that is linked to it.

    ``order``: the reports as they became known.
    """
    if len(order) < 2:
        return None
    partner: dict[str, Mapping[str, Any]] = {}
    for row in links:
        if order[0] in (row["report_a"], row["report_b"]) and row["decision"] != "different":
            partner[row["report_b"] if row["report_a"] == order[0] else row["report_a"]] = row
    return next((partner[report] for report in order[1:] if report in partner), None)


def way(start: str, end: str, links: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The links that lead from one report to another, so that the weakest of them is as strong as can be."""
    head: dict[str, str] = {}

    def root(report: str) -> str:
        while head.get(report, report) != report:
            report = head[report]
        return report

    tree: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for row in sorted(links, key=_weakness):
        a, b = row["report_a"], row["report_b"]
        if row["decision"] == "different" or root(a) == root(b):
            continue
        head[root(a)] = root(b)
        tree.setdefault(a, []).append((b, row))
        tree.setdefault(b, []).append((a, row))
        if root(start) == root(end):
            break
    trail: dict[str, list[Mapping[str, Any]]] = {start: []}
    stack = [start]
    while stack:
        at = stack.pop()
        for other, row in tree.get(at, ()):
            if other not in trail:
                trail[other] = [*trail[at], row]
                stack.append(other)
    return trail.get(end, [])
