"""Peers that say who did it from the same claims, each fit in a process of its own (`bench.attribution_worker`).

In: `Labels`, several sets at a time. Out: `PeerResult`s with items x values probabilities, CPU seconds (user and system, after
imports) and peak memory; or the reason why there is none. crowd-kit is a development dependency. Snorkel needs torch, which
the lock file cannot name: at first use it gets an environment of its own under the user's cache folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from bench.attribution_score import Floats, Integers
from bench.attribution_worker import SNORKEL

ROOT = Path(__file__).resolve().parents[1]
PEERS = ("MajorityVote", "DawidSkene", "GLAD", "MACE", SNORKEL)
# Of torch, a version of which a build without graphics cards may be at hand.
SNORKEL_NEEDS = ("snorkel==0.10.0", "torch==2.13.*", "numpy", "scipy")
SNORKEL_HOME = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ceasefire-bench" / "snorkel"
INSTALL_SECONDS = 900
INSTALLING = threading.Lock()
# Snorkel keeps a square table with a side of sources x values.
SNORKEL_SIDE = 6_000


@dataclass(frozen=True)
class Labels:
    """Who says what of which item: codes, one entry a statement; at most one of a source on an item."""

    item: Integers
    source: Integers
    value: Integers
    items: int
    values: int

    @property
    def sources(self) -> int:
        return int(self.source.max()) + 1 if self.source.size else 0


@dataclass(frozen=True)
class PeerResult:
    """What a peer answered, or why it did not."""

    name: str
    chance: Floats | None
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    reason: str = ""


def labels(claims: pl.DataFrame, items: Sequence[str], values: Sequence[str]) -> Labels:
    """Codes for those claims that name somebody; denials and not saying who are left out, in the peers' favour."""
    named = (
        claims.filter(pl.col("stance").is_in(["asserts", "suggests"]) & pl.col("actor").is_in(list(values)))
        .unique(["incident_id", "source_id"], keep="first", maintain_order=True)
        .sort("incident_id", "source_id")
    )

    def codes(column: str, among: Sequence[str]) -> Integers:
        return (
            named[column]
            .replace_strict(list(among), list(range(len(among))), return_dtype=pl.Int64)
            .to_numpy()
        )

    return Labels(
        codes("incident_id", items),
        codes("source_id", sorted(named["source_id"].unique())),
        codes("actor", values),
        len(items),
        len(values),
    )


def run(peer: str, sets: Sequence[Labels], limit: int) -> list[PeerResult]:
    """A peer on each set, at most ``limit`` CPU seconds each.

    Where it has no claim on an item, its mean answer stands in, in its favour.
    """
    python, reason = (sys.executable, "") if peer != SNORKEL else snorkel_python()
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / str(number) for number in range(len(sets))]
        asked = []
        for folder, given in zip(folders, sets, strict=True):
            folder.mkdir()
            np.savez(folder / "labels.npz", **vars(given))
            if python and (peer != SNORKEL or given.sources * given.values <= SNORKEL_SIDE):
                asked.append(str(folder))
        failed = ""
        if python and asked:
            script = str(ROOT / "bench" / "attribution_worker.py")
            done = subprocess.run(
                [python, script, peer, str(limit), *asked],
                capture_output=True,
                text=True,
                check=False,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )
            failed = (done.stderr.strip().splitlines() or [""])[-1][:120] if done.returncode else ""
        return [
            _result(peer, folder, reason or failed or "not asked: its square table is too large")
            for folder in folders
        ]


def _result(peer: str, folder: Path, otherwise: str) -> PeerResult:
    told_in = folder / "told.json"
    if not told_in.exists():
        return PeerResult(peer, None, reason=otherwise)
    told = json.loads(told_in.read_text(encoding="utf-8"))
    if "reason" in told:
        return PeerResult(peer, None, reason=told["reason"])
    chance = np.load(folder / "answers.npy")
    heard = np.isfinite(chance).all(axis=1)
    chance[~heard] = chance[heard].mean(axis=0)
    return PeerResult(peer, chance, told["cpu_s"], told["peak_mb"])


@cache
def _snorkel_made() -> tuple[str, str]:
    python, ready = SNORKEL_HOME / "bin" / "python", SNORKEL_HOME / "ready"
    if ready.exists():
        return str(python), ""
    print(f"Snorkel: making its environment in {SNORKEL_HOME}", flush=True)
    try:
        venv.create(SNORKEL_HOME, with_pip=True, clear=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *SNORKEL_NEEDS],
            check=True,
            capture_output=True,
            timeout=INSTALL_SECONDS,
        )
    except (subprocess.SubprocessError, OSError) as problem:
        return "", f"could not be had: {type(problem).__name__}"
    ready.write_text("\n".join(SNORKEL_NEEDS) + "\n", encoding="utf-8")
    return str(python), ""


def snorkel_python() -> tuple[str, str]:
    """The interpreter of Snorkel's environment, made at first use; or nothing, and why."""
    with INSTALLING:
        return _snorkel_made()
