"""What the outlook looks at, and how it names things in a sentence.

In: facts, derived tables, the agreement. Out: ``View``: names of parties and actors instead of identifiers, days in the
agreement's zone, figures with their interval. Identifiers are left to the ``evidence`` column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from ceasefire.agreement import Agreement
from ceasefire.fuse.counts import counts
from ceasefire.party_names import article, brief
from ceasefire.vocabulary import vocabulary

Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class View:
    """What the checks and answers look at."""

    facts: Tables
    tables: Tables
    terms: Agreement
    as_of: datetime

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of actors, exempted groups and parties (these in brief) by identifier."""
        actors = (
            self.facts["actors"] if "actors" in self.facts else pl.DataFrame({"actor_id": [], "name": []})
        )
        found = {str(r["actor_id"]): str(r["name"]) for r in actors.iter_rows(named=True) if r["name"]}
        found |= {group.id: group.title for group in self.terms.exempt.values()}
        return found | {party.id: brief(party.id, party.name) for party in self.terms.parties.values()}

    @cached_property
    def party_of(self) -> dict[str, str]:
        """The party an actor counts with, by actor."""
        actors = self.facts.get("actors")
        if actors is None or "party" not in actors.columns:
            return {}
        return {str(r["actor_id"]): str(r["party"]) for r in actors.iter_rows(named=True) if r["party"]}

    def name(self, cell: str | None) -> str:
        """An actor cell in words: ``a|b`` = one of them, ``a+b`` = both."""
        if not cell:
            return "nobody named"
        options = []
        for option in cell.split("|"):
            options.append(
                " and ".join(article(self.names.get(a.strip(), a.strip())) for a in option.split("+"))
            )
        return " or ".join(options)

    def day(self, instant: datetime) -> str:
        """A day in the agreement's zone: "19 September 2016"."""
        local = instant.astimezone(self._zone)
        return f"{local.day} {local:%B %Y}"

    def when(self, instant: datetime) -> str:
        """A day with its hour; a bound of a day (midnight, 23:59:59) stands for the day alone."""
        local = instant.astimezone(self._zone)
        bound = (local.hour, local.minute) == (0, 0) or (local.hour, local.minute, local.second) == (
            23,
            59,
            59,
        )
        return self.day(instant) if bound else f"{self.day(instant)}, {local:%H:%M}"

    def plain(self, text: str) -> str:
        """Words of another room with names instead of parties' identifiers, without the zone named elsewhere."""
        for identifier in sorted(self.terms.parties, key=len, reverse=True):
            text = re.sub(
                rf"(?<![\w-]){re.escape(identifier)}(?![\w-])", article(self.names[identifier]), text
            )
        return text.replace(f" ({self.terms.timezone})", "")

    def incidents(self, listed: pl.Series) -> str:
        """So many incidents listed, and how many happenings they come to: "39 incidents listed (38; 30 to 46 at 90 %)"."""
        many = count(listed.n_unique(), "incident")
        known = self.tables["incidents"]
        if "alternatives" not in self.tables or not known["n_reports"].sum():
            return many
        rows = known.filter(pl.col("incident_id").is_in(listed.implode()))
        row = counts(rows, self.tables["alternatives"], reports=int(known["n_reports"].sum())).row(
            0, named=True
        )
        if row["low"] == row["high"] == row["listed"]:
            return many
        return f"{many} listed (best number {int(row['best'] + 0.5)}, {row['low']} to {row['high']} at 90 %)"

    def incident(self, identifier: str) -> str:
        """An incident by what, where and when: "air strike, Dael, 18 September 2016"."""
        rows = self.tables["incidents"].filter(pl.col("incident_id") == identifier)
        if not rows.height:
            return identifier
        row = rows.row(0, named=True)
        acts = vocabulary("acts")
        act = acts[row["act"]].label if row["act"] in acts else str(row["act"] or "incident")
        where = row["place_name"] or "a place not named"
        return f"{act}, {where}" + (f", {self.day(row['occurred_from'])}" if row["occurred_from"] else "")

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.terms.timezone)


def spoken(words: str) -> str:
    """A coded word or key in plain words: ``us_drone`` is "US drone"."""
    plain = words.replace("_", " ").replace("->", "to").replace("..", " to ")
    return re.sub(r"\b(us|un|uk)\b", lambda m: m.group().upper(), plain)


def listed(parts: Sequence[str], most: int = 99) -> str:
    """Parts as a list in a sentence; those beyond ``most`` by number."""
    shown = list(parts[:most])
    if len(parts) > most:
        shown.append(f"{len(parts) - most} more")
    if len(shown) < 2:
        return "".join(shown)
    joined = "; ".join if any("," in part for part in shown) else ", ".join
    return f"{joined(shown[:-1])}{';' if any(',' in part for part in shown) else ''} and {shown[-1]}"


def count(n: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 account", "2 accounts"."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def percent(p: float | None) -> str:
    """A probability as a whole percentage, never rounded to certainty."""
    if p is None:
        return "unknown"
    return "under 1 %" if p < 0.01 else "over 99 %" if p > 0.99 else f"{100 * p:.0f} %"


def chance(p: float | None, low: float | None, high: float | None) -> str:
    """A probability with its 90 % interval: "54 % (16 to 85 %)"."""
    if low is None or high is None:
        return percent(p)
    below = percent(low)
    first = (
        below.removesuffix(" %")
        if percent(high) != below and not below.startswith(("under", "over"))
        else below
    )
    return f"{percent(p)} ({first} to {percent(high)})" if percent(high) != below else f"{percent(p)}"
