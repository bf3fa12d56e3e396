"""Who blames whom: what keeps a party from being judged on a prior, and incidents from standing alone.

In: ``claims``. Out: for each incident who is blamed by anybody, which camp or voice alone does the blaming, and which
parties are only named as "one of these". Answers nobody gives carry no evidence, however probable a prior makes them,
so they never add up to a breach.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ceasefire.comply.casting import Ties
from ceasefire.comply.evidence import Evidence
from ceasefire.comply.happenings import Names, parts


@dataclass
class _Blame:
    alone: set[str] = field(default_factory=set)  # named as the one, or as one of several acting together
    options: set[str] = field(default_factory=set)  # named as one of several, which one is open
    voices: set[str] = field(default_factory=set)  # camps, or voices of no camp, that name anybody


def blamed(evidence: Evidence, names: Names) -> tuple[dict[str, frozenset[str]], Ties]:
    """Who is blamed for each incident with accounts, and how the incidents hang together."""
    blame: dict[str, _Blame] = {}
    for row in evidence.claims.iter_rows(named=True):
        mine = blame.setdefault(row["incident_id"], _Blame())
        if row["stance"] not in ("asserts", "suggests"):
            continue
        options = parts(row["actor"], names)
        camp = names.camp_of.get(row["source_id"], "")
        voice = f"camp {camp}" if camp else f"voice {row['source_id']}"
        for option in options:
            (mine.alone if len(options) == 1 else mine.options).update(option)
            mine.voices.add(voice)
    named = {i: frozenset(b.alone | b.options) for i, b in blame.items()}
    open_between = {
        i: frozenset(b.options - b.alone) for i, b in blame.items() if len(b.options - b.alone) > 1
    }
    alone = {i: next(iter(b.voices)) for i, b in blame.items() if len(b.voices) == 1}
    return named, Ties(alone, open_between)
