"""Why two reports are one incident, step by step: what is known beforehand, what each feature adds, where the sum ends.

In: a row of ``links``. Out: a ``Pair`` whose steps sum to its weight (nats), in plain words. The column ``l_<feature>`` names the
level; where it says nothing, the feature stands without its level. Also: which pairs of an incident are worth showing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ceasefire.fuse.weights import FLOOR, TABLE

SHOWN = 0.005  # nats: less would be shown as 0.00

FEATURES = {
    "time": "time",
    "place": "place",
    "act": "act",
    "actor": "actor",
    "affected": "affected",
    "casualties": "casualties",
    "text": "wording",
    "crowd": "surroundings",
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
        "same, common": "same act, common here",
        "can be one": "acts that can be one",
        "same kind": "acts of one kind",
        "different": "different acts",
        "exclusive": "acts exclude each other",
        "unknown": "act not given",
    },
    "actor": {
        "same, telling": "same actor, rare here",
        "same": "same actor",
        "same, common": "same actor, common here",
        "shared": "an actor shared",
        "swapped": "sides swapped",
        "different": "different actors",
        "unknown": "actor not given",
    },
    "affected": {
        "same, telling": "same affected, rare here",
        "same": "same affected",
        "same, common": "same affected, common here",
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
        "none": "much said, little shared",
        "unknown": "one has no text",
        "telling names": "very telling names alike",
        "names": "a telling name alike",
        "no telling name": "no telling name alike",
        "common names": "only common names alike",
        "same meaning": "texts mean the same",
        "near in meaning": "texts mean nearly the same",
        "alike in part": "texts mean partly the same",
        "unlike in meaning": "texts mean other things",
    },
    "crowd": {
        "alone": "alone here and then",
        "few": "few others here and then",
        "several": "several here and then",
        "many": "many here and then",
        "crowd": "a crowd here and then",
    },
    "url": {"no sign": "no page shared"},
    "source": {"one source": "one source, twice", "one page": "one source, one page"},
}

_ABOUT = {(feature, level.name): level.about for feature, table in TABLE.items() for level in table}

PRIOR = "before any comparison"
OVERLAP = (
    "evidence overlaps",
    "what the above say together beyond what each says alone: they are not independent",
)
LEAST = "set to the least weight", "too far apart to be scored, or so unlike that no pair weighs less"


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


def pair_of(row: Mapping[str, Any]) -> Pair:
    """The steps of a row of ``links``, in the order of its columns."""
    prior, weight = row["prior"] or 0.0, row["weight"]
    steps: list[Step] = []
    total = prior
    for column, value in row.items() if weight is not None else ():
        if not column.startswith("w_") or value is None:
            continue
        feature = column.removeprefix("w_")
        if feature == "overlap":
            if abs(value) < SHOWN:
                continue
            words, about = LEAST if weight <= FLOOR else OVERLAP
        else:
            words, about = _told(feature, row.get(f"l_{feature}"))
        steps.append(Step(feature, words, about, value, total))
        total += value
    return Pair(
        row["report_a"], row["report_b"], prior, tuple(steps), weight, row["probability"], row["decision"]
    )


def _told(feature: str, level: str | None) -> tuple[str, str]:
    """A level in plain words, and what it means."""
    if not level:
        return FEATURES.get(feature, feature), ""
    return _WORDS.get(feature, {}).get(level, level), _ABOUT.get((feature, level), "")


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
    """The link between the report an incident is named after and the first one known that a link speaks for.

    ``order``: the reports as they became known.
    """
    if len(order) < 2:
        return None
    partner: dict[str, Mapping[str, Any]] = {}
    for row in links:
        if (
            order[0] in (row["report_a"], row["report_b"])
            and row["decision"] != "different"
            and _held(row) > 0
        ):
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
