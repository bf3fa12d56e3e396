"""Made-up incidents whose toll is known, and what sources say of it, by a maker that knows nothing of the estimate.

In: a scenario and a seed. Out: the tables that ``toll`` takes, and the truth. Tolls are Pareto, not logistic in the logarithm; who
counts misses people one by one (binomial) or counts some twice; a camp multiplies, and its sources err together; round numbers are
said by habit of the source, not by chance of the figure; rumours speak of another day. Nothing in it is of a real conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

START = datetime(2031, 3, 1, tzinfo=UTC)
PARTIES = {"north": "up", "south": "down"}
ACTS = ("shelling", "airstrike", "sniper", "ground_attack")
KINDS = {
    "official": ("party_official", 1.0),
    "outlet": ("media_state", 0.9),
    "local": ("local_activist", 0.6),
    "monitor": ("monitor_ngo", 0.0),
    "paper": ("media_independent", 0.0),
    "agency": ("un", 0.0),
}


@dataclass(frozen=True)
class Scenario:
    """What is made difficult. ``inflate``: by what a wholly aligned source multiplies what tells against the other side, by party;
    ``hide``: by what it divides what tells against its own. ``sources``: how many a camp (half that without one). ``reach``: chance
    that one tells. ``rounds``: share of sources that round. ``bounds``: share of figures said as "at least". ``copies``: repeats of
    an account, and whether fusion saw them. ``strays``: share of accounts that speak of something else. ``shared``: spread of what
    the sources of a camp, who ask the same witnesses, get wrong together."""

    name: str
    incidents: int = 600
    inflate: tuple[float, float] = (1.0, 1.0)
    hide: float = 1.0
    sources: int = 5
    reach: float = 0.35
    rounds: float = 0.2
    bounds: float = 0.1
    copies: float = 0.0
    seen: bool = True
    strays: float = 0.05
    soldiers: float = 0.3
    shared: float = 0.15


SCENARIOS = (
    Scenario("plain"),
    Scenario("one side inflates", inflate=(1.8, 1.0), hide=1.2),
    Scenario("both inflate and hide", inflate=(1.6, 1.6), hide=1.6),
    Scenario("round numbers", rounds=1.0),
    Scenario("at least", bounds=0.7),
    Scenario("copies", copies=3.0),
    Scenario("copies that nobody saw", copies=1.0, seen=False),
    Scenario("one account each", reach=0.06),
    Scenario("few incidents", incidents=40, inflate=(1.6, 1.6), hide=1.4),
    Scenario("many strays", strays=0.2),
)


@dataclass(frozen=True)
class Made:
    """What ``toll`` takes, and the truth: incident_id, killed, injured, act, civilians (whether the victims are)."""

    tables: dict[str, pl.DataFrame]
    truth: pl.DataFrame


def make(scenario: Scenario, seed: int) -> Made:
    """Draw one conflict."""
    rng = np.random.default_rng([seed, 977])
    sources = _sources(scenario, rng)
    reports: list[dict[str, Any]] = []
    homes: list[dict[str, Any]] = []
    truth, blamed = [], []
    for i in range(scenario.incidents):
        killed = 0 if rng.random() < 0.08 else min(int(1.5 / rng.random() ** 0.9), 900)
        injured = int(rng.negative_binomial(2, 2 / (2 + 1.8 * max(killed, 1.0))))
        author = ("north", "south")[rng.integers(2)]
        victims = (
            "civilians" if rng.random() > scenario.soldiers else {"north": "south", "south": "north"}[author]
        )
        act = ACTS[rng.integers(len(ACTS))]
        happened = START + timedelta(days=float(rng.uniform(0, 200)))
        truth.append((f"i{i}", killed, injured, act, victims == "civilians", happened))
        sure = float(rng.uniform(0.6, 0.95))
        for party in PARTIES:
            blamed.append((f"i{i}", party, sure if party == author else 1 - sure))
        said = 0
        together = dict(zip(("north", "south", None), rng.lognormal(0.0, scenario.shared, 3), strict=True))
        for source in sources:
            if rng.random() > scenario.reach:
                continue
            tolls = [_told(source, n, author, victims, together, scenario, rng) for n in (killed, injured)]
            away = rng.random() < scenario.strays
            if away:
                other = min(int(2 / rng.random()), 400)
                tolls = [_told(source, other, author, victims, together, scenario, rng) for _ in range(2)]
            days = float(rng.exponential(1.0))
            first = f"i{i}-{said}"
            words = 2 if rng.random() < 0.3 else 1
            for again in range(words):
                # the first word of a source that speaks twice falls short
                short = rng.uniform(0.5, 1.0) if again + 1 < words else 1.0
                said += _say(
                    reports, homes, i, said, source["source_id"], first, happened + timedelta(days=days + again),
                    [int(n * short) if n > 3 else n for n in tolls], act if not away or rng.random() < 0.5 else
                    ACTS[rng.integers(len(ACTS))], victims, scenario, rng, source["rounds"],
                )  # fmt: skip
            for _ in range(rng.poisson(scenario.copies) if scenario.copies else 0):
                repeater = sources[rng.integers(len(sources))]
                copied = dict(reports[-1])
                copied["report_id"] = f"i{i}-{said}"
                copied["source_id"] = (
                    repeater["source_id"] if not scenario.seen else f"echo{rng.integers(60)}"
                )
                copied["published_at"] += timedelta(hours=5)
                origin = first if scenario.seen else copied["report_id"]
                homes.append({"report_id": copied["report_id"], "incident_id": f"i{i}", "origin_id": origin})
                reports.append(copied)
                said += 1
    columns = ["incident_id", "killed", "injured", "act", "civilians", "occurred_from"]
    known = pl.DataFrame(truth, schema=columns, orient="row")
    return Made(
        {
            "reports": pl.DataFrame(reports, infer_schema_length=None),
            "memberships": pl.DataFrame(homes),
            "sources": pl.DataFrame([{k: s[k] for k in ("source_id", "kind", "camp")} for s in sources]),
            "incidents": known.select("incident_id", "occurred_from"),
            "attributions": pl.DataFrame(
                blamed, schema=["incident_id", "actor", "probability"], orient="row"
            ),
        },
        known,
    )


def _sources(scenario: Scenario, rng: np.random.Generator) -> list[dict[str, Any]]:
    made = []
    for camp, names in (
        ("north", ("official", "outlet", "local")),
        ("south", ("official", "outlet", "local")),
        (None, ("monitor", "paper", "agency")),
    ):
        for n in range(scenario.sources if camp else (scenario.sources + 1) // 2):
            kind, aligned = KINDS[names[n % 3]]
            made.append(
                {
                    "source_id": f"{camp or 'free'}{n}", "kind": kind, "camp": camp, "aligned": aligned,
                    "rounds": rng.random() < scenario.rounds, "misses": rng.uniform(0.0, 0.15),
                    "doubles": rng.uniform(0.0, 0.12), "spread": rng.uniform(0.05, 0.3),
                }
            )  # fmt: skip
    return made


def _told(
    source: dict[str, Any],
    n: int,
    author: str,
    victims: str,
    together: dict[str | None, float],
    scenario: Scenario,
    rng: np.random.Generator,
) -> int:
    """What the source holds the toll to be."""
    seen = rng.binomial(n, 1 - source["misses"]) + rng.binomial(n, source["doubles"])
    figure = seen * rng.gamma(1 / source["spread"] ** 2, source["spread"] ** 2)
    camp = source["camp"]
    figure *= together[camp]
    if camp:
        against_self = author == camp if victims == "civilians" else victims == camp
        factor = 1 / scenario.hide if against_self else scenario.inflate[list(PARTIES).index(camp)]
        figure *= factor ** source["aligned"]
    return int(figure + rng.random()) if n else 0


def _say(
    reports: list[dict[str, Any]], homes: list[dict[str, Any]], i: int, said: int, source: str, first: str, at: datetime,
    tolls: list[int], act: str, victims: str, scenario: Scenario, rng: np.random.Generator, rounds: bool,
) -> int:  # fmt: skip
    row: dict[str, Any] = {
        "report_id": f"i{i}-{said}", "source_id": source, "published_at": at, "act": act, "affected": victims,
        "stance": "unattributed", "actor": None,
    }  # fmt: skip
    for quantity, n in zip(("killed", "injured"), tolls, strict=True):
        low: int | None = n
        high: int | None = n
        if quantity == "injured" and rng.random() < 0.5:
            low = high = None
        elif n and rng.random() < scenario.bounds:
            # said before all are found
            low, high = max(1, int(n * rng.uniform(0.5, 1.0))), None
        elif rounds and n >= 8:
            grain = 100 if n >= 250 else 50 if n >= 120 else 10 if n >= 25 else 5
            low = high = grain * round(n / grain)
        row[f"{quantity}_min"], row[f"{quantity}_max"] = low, high
    reports.append(row)
    homes.append({"report_id": row["report_id"], "incident_id": f"i{i}", "origin_id": first})
    return 1
