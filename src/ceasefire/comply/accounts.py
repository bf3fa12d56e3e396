"""Obligations that accounts speak of directly: pull-backs in reports, aid held back in the access record.

In: accounts with the side each voice speaks for. Out: how probable it is that the thing was done, and in words who
claims, confirms, denies it. A party's word on its own good conduct weighs nothing; its word against itself weighs
most; one camp counts once. Log-odds are added from even odds: an exact sum, no draws.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log

from ceasefire.agreement import Agreement
from ceasefire.comply.choices import (
    AGAINST_ITSELF,
    CAMP_UNKNOWN,
    NO_CAMP,
    OTHER_SIDE,
    OTHER_SIDE_CONFIRMS,
    OWN_CONDUCT,
)
from ceasefire.comply.happenings import Names


@dataclass(frozen=True)
class Voice:
    """One account: who says it, for which camp, and whether it says the thing was done, was not, or neither."""

    account: str
    source: str
    camp: str | None
    says: str  # yes / no / unsure
    text: str | None = None


@dataclass(frozen=True)
class Weighed:
    """The accounts of one obligation weighed: probability that it was done, and the terms of the sum."""

    probability: float
    terms: tuple[tuple[Voice, str, float], ...]  # voice, role, log-odds that counted (0 = repeats its camp)
    claimed: tuple[str, ...]
    confirmed: tuple[str, ...]
    denied: tuple[str, ...]
    unsure: tuple[str, ...]


def voice(row_id: str, source: str, stance: str | None, text: str | None, names: Names) -> Voice:
    """A report as a voice on whether something was done."""
    says = {"asserts": "yes", "denies": "no"}.get(stance or "", "unsure")
    return Voice(row_id, source, names.camp_of.get(source), says, text)


def role_of(terms: Agreement, holder: str, camp: str | None) -> str:
    """Where a voice stands towards the bearer: own side, other side, no camp, or unknown."""
    if camp is None:
        return "camp unknown"
    if camp == "":
        return "no camp"
    return "own side" if terms.side_of(camp) == terms.side_of(holder) else "other side"


def weight(role: str, good: bool) -> float:
    """Probability that a voice of this role is right; ``good`` = it speaks well of the bearer's conduct."""
    if role == "own side":
        return OWN_CONDUCT if good else AGAINST_ITSELF
    if role == "other side":
        return OTHER_SIDE_CONFIRMS if good else OTHER_SIDE
    return NO_CAMP if role == "no camp" else CAMP_UNKNOWN


def weigh(terms: Agreement, holder: str, voices: Iterable[Voice]) -> Weighed:
    """Weigh the accounts of whether a bearer did what it owes. The strongest word of each camp counts."""
    told = []
    for v in sorted(voices, key=lambda v: v.account):
        role = role_of(terms, holder, v.camp)
        sign = {"yes": 1.0, "no": -1.0}.get(v.says, 0.0)
        p = weight(role, v.says == "yes")
        told.append((v, role, sign * log(p / (1 - p))))
    spoken: set[tuple[str, float]] = set()
    counted = []
    # Strongest first, so that a camp's repetitions add nothing.
    for v, role, odds in sorted(told, key=lambda t: (-abs(t[2]), t[0].account)):
        bloc = (v.camp or f"source {v.source}", (odds > 0) - (odds < 0))
        counted.append((v, role, 0.0 if bloc in spoken else odds))
        spoken.add(bloc)
    counted.sort(key=lambda t: t[0].account)
    total = sum(odds for _, _, odds in counted)

    def of(says: str, *roles: str) -> tuple[str, ...]:
        return tuple(sorted({v.source for v, role, _ in counted if v.says == says and role in roles}))

    others = ("no camp", "other side", "camp unknown")
    return Weighed(
        probability=1 / (1 + exp(-total)),
        terms=tuple(counted),
        claimed=of("yes", "own side"),
        confirmed=of("yes", *others),
        denied=of("no", "own side", *others),
        unsure=of("unsure", *others),
    )


def in_words(result: Weighed) -> str:
    """Who claims, confirms, denies, cannot say; beginning with what can be called."""
    said = [
        f"{label} {', '.join(who)}"
        for label, who in (
            ("claimed by", result.claimed),
            ("confirmed by" if result.claimed else "told by", result.confirmed),
            ("denied by", result.denied),
            ("not confirmed by", result.unsure),
        )
        if who
    ]
    if result.claimed and not result.confirmed:
        return "claimed, not verified: " + "; ".join(said)
    return "; ".join(said) or "no account"
