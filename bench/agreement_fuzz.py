"""Does any agreement file, however broken, end in a clear error or in clean verdicts?

    uv run python -m bench.agreement_fuzz NUMBER     shows one mutant and what became of it

Part of ``bench.agreement``. Each mutant (``bench.agreement_mutants``) is read; one that is refused has to say of each
problem where it stands, what was expected and found and what to do. One that loads has to come back equal from ``dump``,
and to be judged: words of the vocabulary, probabilities from 0 to 1, nothing that is no number.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

import ceasefire
from bench.agreement_mutants import ROOT, mutant, originals
from bench.bars import Bar
from ceasefire.agreement import Agreement, dump, lint, load
from ceasefire.comply import Complied, Evidence, comply
from ceasefire.model import table
from ceasefire.problems import CaseError
from ceasefire.vocabulary import vocabulary

SIZE, QUICK = 10_000, 1_000
# All that load are read back; of those, one in so many is judged.
JUDGED_ONE_IN = {False: 2, True: 1}
SECONDS_A_FILE = 2.0
SHARE_LOADED = 0.3
DRAWS = 128
REAL = "syria-2016"
CODES = {*vocabulary("problem_codes/agreement"), *vocabulary("problem_codes/strict_yaml")}


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant. ``fault`` says what was neither a clear error nor clean."""

    number: int
    loaded: bool
    judged: bool
    seconds: float
    fault: str | None = None


def real_evidence() -> Evidence:
    """What is known of Syria in September 2016."""
    return Evidence.of(ceasefire.derive(ceasefire.open_case(ROOT / "cases" / REAL)))


def made_up_evidence(terms: Agreement) -> Evidence:
    """A few weeks of incidents, requests and words under any agreement, from its start."""
    start, parties = terms.in_force.start, list(terms.parties)
    acts = ("shelling", "airstrike", "withdrawal", "capture", "weapons_in_zone", "convoy_attack")
    incidents, attributions, claims = [], [], []
    for k in range(12):
        at = start + timedelta(days=k, hours=3 * k)
        incidents.append(
            {
                "incident_id": f"I-{k:02d}", "occurred_from": at, "occurred_to": at + timedelta(hours=k % 5), "act": acts[k % 6],
                "affected": ["civilians", parties[0], f"{parties[-1]}|civilians", None][k % 4], "killed_best": k % 4,
                "latitude": 48.0 + k / 10, "longitude": 38.0, "precision_km": float(k % 3) * 5, "place_name": "Somewhere",
                "weapon": "mortar",
            }
        )  # fmt: skip
        shares = {parties[k % len(parties)]: 0.7, parties[(k + 1) % len(parties)]: 0.2, "accident": 0.1}
        attributions += [
            {"incident_id": f"I-{k:02d}", "actor": a, "probability": p} for a, p in shares.items()
        ]
        claims.append(
            {
                "incident_id": f"I-{k:02d}",
                "source_id": f"s{k % 3}",
                "stance": "asserts",
                "actor": next(iter(shares)),
            }
        )
    access = [
        {"access_id": f"A{k}", "at": start + timedelta(days=k), "kind": kind, "consignment": f"C{k // 2}", "to_place": "Somewhere",
         "authority": parties[0], "reported_by": "s2"}
        for k, kind in enumerate(("request", "refused", "request", "delivered", "request", "waiting"))
    ]  # fmt: skip
    words = [
        {
            "declaration_id": f"D{k}",
            "clock": clock,
            "kind": kind,
            "at": start + timedelta(days=k),
            "by": parties[0],
        }
        for k, (clock, kind) in enumerate((c, w) for c in terms.clocks for w in ("extend", "reset", "end"))
    ]
    frames = {
        "incidents": incidents,
        "attributions": attributions,
        "claims": claims,
        "access": access,
        "declarations": words,
    }
    frames["sources"] = [
        {"source_id": f"s{k}", "name": "S", "camp": c} for k, c in enumerate((parties[0], parties[-1], None))
    ]
    return Evidence(
        as_of=start + timedelta(days=30), **{name: table(name).frame(rows) for name, rows in frames.items()}
    )


def evidence_by_original() -> dict[str, Evidence]:
    """Real evidence for what speaks of Syria in 2016, made-up for the rest."""
    real = real_evidence()
    return {
        name: real if {"russia", "syrian-government"} <= set(terms.parties) else made_up_evidence(terms)
        for name, terms in originals().items()
    }


def become(number: int, evidence: dict[str, Evidence], judged_one_in: int = 1, seed: int = 0) -> Outcome:
    """Read a mutant, and judge it if it loads."""
    name, text = mutant(number, seed)
    began = time.process_time()
    loaded = judged = False
    fault = None
    try:
        terms = load(text)
        loaded = True
        if load(dump(terms)) != terms:
            fault = "comes back from dump as another agreement"
        lint(terms)
        judged = number % judged_one_in == 0
        if judged:
            fault = fault or unclean(comply(terms, evidence[name], draws=DRAWS))
    except CaseError as error:
        fault = "dump writes what load refuses" if loaded else unclear(error)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        fault = (
            f"{type(error).__name__}: {str(error)[:100]} ({last.filename.rsplit('/', 1)[-1]}:{last.lineno})"
        )
    return Outcome(number, loaded, judged, time.process_time() - began, fault)


def unclear(error: CaseError) -> str | None:
    """What a refusal leaves unsaid."""
    for problem in error.problems:
        told = {
            "line": problem.line,
            "expected": problem.expected,
            "found": problem.found,
            "action": problem.action,
            "code": problem.code in CODES,
        }
        missing = [what for what, value in told.items() if not value]
        if missing:
            return f"a refusal ({problem.code}) without {' and '.join(missing)}"
    return None if error.problems else "a refusal without any problem"


def unclean(result: Complied) -> str | None:
    """What is no clean verdict."""
    words = set(vocabulary("verdicts"))
    for name in ("verdicts", "incident_verdicts", "clocks", "clock_events"):
        frame: pl.DataFrame = getattr(result, name)
        for column, dtype in frame.schema.items():
            values = frame[column].drop_nulls()
            if dtype.is_float() and not values.is_finite().all():
                return f"{name}.{column}: no finite number"
            if column.startswith("p_") or column in ("probability", "mc_error"):
                if not ((values >= 0) & (values <= 1)).all():
                    return f"{name}.{column}: no probability"
            elif dtype.is_numeric() and (values < 0).any():
                return f"{name}.{column}: below zero"
        if "verdict" in frame.columns and not set(frame["verdict"]) <= words:
            return f"{name}: an unknown verdict"
        if "reason" in frame.columns and not frame["reason"].str.len_chars().min() and frame.height:
            return f"{name}: a verdict without a reason"
    sums = result.verdicts.filter(pl.col("p_breached") + pl.col("p_satisfied") > 1 + 1e-9)
    if sums.height:
        return "verdicts: breached and satisfied add up to more than 1"
    for name in (*result.verdicts["norm_id"].head(1), *result.clocks["clock_id"].head(1)):
        if not result.explain(name):
            return "a row without an explanation"
    if not all(p.expected and p.found and p.action for p in result.problems):
        return "a note that does not say what was found"
    return None


_EVIDENCE: dict[str, Evidence] = {}


def _start(evidence: dict[str, Evidence]) -> None:
    _EVIDENCE.update(evidence)
    for name, terms in originals().items():  # what is compiled once is no mutant's time
        comply(terms, evidence[name], draws=DRAWS)


def _work(numbers: Iterable[int], judged_one_in: int) -> list[Outcome]:
    return [become(number, _EVIDENCE, judged_one_in) for number in numbers]


def fuzz(quick: bool, write: bool) -> list[Bar]:
    """Every mutant is refused clearly or judged cleanly, and none takes long."""
    size, one_in = QUICK if quick else SIZE, JUDGED_ONE_IN[quick]
    chunks = [range(k, min(k + 50, size)) for k in range(0, size, 50)]
    with ProcessPoolExecutor(
        os.cpu_count(), multiprocessing.get_context("spawn"), _start, (evidence_by_original(),)
    ) as pool:
        found = [o for part in pool.map(_work, chunks, [one_in] * len(chunks)) for o in part]
    loaded, faults = [o for o in found if o.loaded], [o for o in found if o.fault]
    slowest = max(found, key=lambda o: o.seconds)
    print(
        f"fuzz: {size:,} mutants of {len(originals())} agreements: {len(loaded):,} loaded, {size - len(loaded):,} refused;"
        f" {sum(o.judged for o in found):,} of those that load judged in {DRAWS} worlds",
        flush=True,
    )
    for fault in sorted({o.fault for o in faults if o.fault}):
        numbers = [o.number for o in faults if o.fault == fault]
        print(f"fuzz: {fault}: {len(numbers)}, first mutant {numbers[0]}", flush=True)
    return [
        Bar(
            "fuzz: mutated files that end neither in a clear error nor in clean verdicts",
            len(faults),
            0,
            at_most=True,
        ),
        Bar("fuzz: share of the mutants that load", len(loaded) / size, SHARE_LOADED),
        Bar(
            f"fuzz: slowest file (mutant {slowest.number})",
            slowest.seconds,
            SECONDS_A_FILE,
            at_most=True,
            unit="s",
        ),
    ]


def main() -> None:
    """Show one mutant."""
    number = int(sys.argv[1])
    print(mutant(number)[1])
    print(become(number, evidence_by_original()))


if __name__ == "__main__":
    main()
