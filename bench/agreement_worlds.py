"""The worlds engine: how many incident-worlds a second, in how much memory, and how far from exact.

In: made incidents over a year (some dated to the hour, some to the day; some told by one camp alone; doubtful authors,
victims and places) under an agreement of seven norms. Out: bars. The whole of ``comply`` is timed beside its pass over
the worlds, and the peak of memory is that of a process of its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench.bars import Bar, write_block
from ceasefire.agreement import Agreement, load
from ceasefire.comply import Evidence, comply, kernel, prohibitions
from ceasefire.model import table

START = datetime(2016, 9, 12, 16, tzinfo=UTC)
PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods" / "agreement.md"
NEEDED_RATE = 5e7
INCIDENTS, WORLDS = 20_000, 4096
REPEATS = 3
NEEDED_BYTES = 1.5e9  # polars, numba and the tables themselves take the first half gigabyte

SEVEN = Path(__file__).with_name("agreement_seven.yaml")
ACTS = (
    "airstrike",
    "shelling",
    "shelling",
    "ground_attack",
    "sniper",
    "convoy_attack",
    "medical_attack",
    "capture",
)
AFFECTED = ("civilians", "south", "north", "civilians|south", "south|third", "", "aid")


def made(n: int, seed: int) -> dict[str, pl.DataFrame]:
    """Incidents over a year with doubtful authors, times, victims and places; a third told by one camp alone."""
    rng = np.random.default_rng(seed)
    hours = np.sort(rng.uniform(0, 24 * 365, n))
    day = rng.random(n) < 0.3
    incidents, attributions, claims = [], [], []
    for k in range(n):
        start = START + timedelta(hours=float(hours[k]))
        end = start + timedelta(hours=24 if day[k] else float(rng.choice([0, 0, 1])))
        name = f"I-{k:06d}"
        incidents.append(
            {
                "incident_id": name,
                "occurred_from": start,
                "occurred_to": end,
                "act": str(rng.choice(ACTS)),
                "affected": str(rng.choice(AFFECTED)),
                "latitude": float(rng.uniform(34, 38)),
                "longitude": float(rng.uniform(35, 39)),
                "precision_km": float(rng.choice([1.0, 5.0])),
                "killed_best": int(rng.poisson(1.0)),
            }
        )
        shares = rng.dirichlet([0.8, 0.5, 0.8, 0.3, 0.2])
        for actor, p in zip(("north", "patron", "south", "accident", "third_party"), shares, strict=True):
            attributions.append({"incident_id": name, "actor": actor, "probability": float(p)})
        voices = ("north-desk",) if rng.random() < 0.33 else ("un", "south-desk")
        for source in voices:
            claims.append(
                {
                    "incident_id": name,
                    "source_id": source,
                    "stance": "asserts",
                    "actor": str(rng.choice(["north", "south", "patron"])),
                    "report_id": f"{source}-{k}",
                }
            )
    sources = [
        {"source_id": "north-desk", "name": "N", "camp": "north"},
        {"source_id": "south-desk", "name": "S", "camp": "south"},
        {"source_id": "un", "name": "UN"},
    ]
    frames = {"incidents": incidents, "attributions": attributions, "claims": claims, "sources": sources}
    return {name: table(name).frame(rows) for name, rows in frames.items()}


def _measure(n: int, draws: int) -> dict[str, float]:
    """Seconds of the pass over the worlds and of the whole, and the peak of memory, in this process."""
    terms = load(SEVEN)
    as_of = START + timedelta(days=366)
    comply(terms, Evidence(as_of=as_of, **made(300, 1)), draws=256)  # compile
    frames = made(n, 2)
    evidence = Evidence(as_of=as_of, **frames)
    spent: list[float] = []
    run = kernel.run

    def timed(*args: Any, **more: Any) -> Any:
        begun = time.perf_counter()
        found = run(*args, **more)
        spent.append(time.perf_counter() - begun)
        return found

    prohibitions.run = timed
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    wholes = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        comply(terms, evidence, draws=draws)
        wholes.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    # The first pass was the compiling one; the fastest of the others is the least disturbed.
    return {"pass": min(spent[1:]), "whole": min(wholes), "before": before, "peak": peak}


def _apart(n: int, draws: int) -> dict[str, float]:
    """The measure taken in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (n, draws))


def _against_exact(agreements: int) -> tuple[float, int]:
    """Greatest distance of the worlds from the exact sum in Monte Carlo errors, over random agreements."""
    terms: Agreement = load(SEVEN)
    worst, compared = 0.0, 0
    for seed in range(agreements):
        frames = made(12, 100 + seed)
        frames["attributions"] = frames["attributions"].with_columns(pl.col("probability") * 0.3)
        frames.pop("claims")
        result = comply(terms, Evidence(as_of=START + timedelta(days=366), **frames), seed=seed, draws=WORLDS)
        for (_norm, _holder), found in result._judged.tallies.items():
            if found.exact is None or not found.columns:
                continue
            share = float(found.breached.mean())
            error = max(np.sqrt(found.exact * (1 - found.exact) / WORLDS), 1 / WORLDS)
            worst = max(worst, abs(share - found.exact) / error)
            compared += 1
    return worst, compared


def worlds(quick: bool, write: bool) -> list[Bar]:
    """The bars of the engine."""
    n = 5_000 if quick else INCIDENTS
    found = _apart(n, WORLDS)
    rate = n * WORLDS / found["pass"]
    print(
        f"worlds: {n:,} incidents x {WORLDS:,} worlds, seven norms, 14 bearers: pass {found['pass']:.2f} s "
        f"({rate:,.0f} incident-worlds a second), all of comply {found['whole']:.2f} s "
        f"({n * WORLDS / found['whole']:,.0f}); memory before {found['before'] / 1e6:,.0f} MB, "
        f"peak {found['peak'] / 1e6:,.0f} MB"
    )
    worst, compared = _against_exact(20 if quick else 100)
    print(f"worlds: {compared} clauses and bearers compared with the exact sum, worst {worst:.1f} errors off")
    if write:
        rows = [
            "| worlds engine | incidents | worlds | seconds | incident-worlds a second |",
            "|---|---|---|---|---|",
            f"| pass over all worlds | {n:,} | {WORLDS:,} | {found['pass']:.2f} | {rate:,.0f} |",
            f"| all of comply | {n:,} | {WORLDS:,} | {found['whole']:.2f} | {n * WORLDS / found['whole']:,.0f} |",
            "",
            f"Peak of memory {found['peak'] / 1e6:,.0f} MB, of which {found['before'] / 1e6:,.0f} MB before the pass "
            f"began. {compared} clauses and bearers of random agreements lie within {worst:.1f} Monte Carlo errors of "
            "the exact sum.",
        ]
        write_block(PAGE, "worlds", "\n".join(rows))
    return [
        Bar("worlds: incident-worlds a second", rate, NEEDED_RATE),
        Bar("worlds: peak memory in bytes", found["peak"], NEEDED_BYTES, at_most=True),
        Bar("worlds: Monte Carlo errors from the exact sum", worst, 4.5, at_most=True),
    ]
