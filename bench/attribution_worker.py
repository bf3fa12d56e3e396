"""Fits of peers, each in a process of its own: forked after imports, with a limit of CPU time and of memory.

In: the name of a peer, a limit in CPU seconds and folders with labels.npz (item, source, value, items, values). Out: answers.npy
in each folder, items x values probabilities, NaN where an item has no claim; and told.json with CPU seconds and peak
memory, or with the reason why there is no answer. Snorkel's own environment runs this file by itself, so it imports little.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MEMORY = 6 * 2**30
# Wall seconds a CPU second may take on a busy machine, and to begin.
PATIENCE, BEGIN = 10, 60
SNORKEL = "Snorkel LabelModel"
EPOCHS = 500

# What fits: items, sources, values of the statements, count of items, count of values, to probabilities.
Fit = Callable[[Any, Any, Any, int, int], Any]


def crowd_kit(peer: str, **settings: Any) -> Fit:
    """A method of crowd-kit with its own defaults, but for ``settings``."""
    import pandas as pd
    from crowdkit import aggregation

    def fit(item: Any, source: Any, value: Any, items: int, values: int) -> Any:
        frame = pd.DataFrame({"task": item, "worker": source, "label": value})
        model: Any = getattr(aggregation, peer)(**settings)
        found = model.fit_predict_proba(frame)
        rows = np.zeros((len(found), values))
        rows[:, found.columns.to_numpy()] = found.fillna(0.0).to_numpy()
        chance = np.full((items, values), np.nan)
        chance[found.index.to_numpy()] = rows
        return chance

    return fit


def snorkel() -> Fit:
    """Snorkel's label model with the settings of its documentation."""
    from snorkel.labeling.model import LabelModel

    def fit(item: Any, source: Any, value: Any, items: int, values: int) -> Any:
        said = np.full((items, int(source.max()) + 1), -1)
        said[item, source] = value
        model = LabelModel(cardinality=values, verbose=False)
        model.fit(said, n_epochs=EPOCHS, seed=0, progress_bar=False)
        chance = model.predict_proba(said)
        chance[(said < 0).all(axis=1)] = np.nan
        return chance

    return fit


def peak_mb() -> float:
    """The most memory this process held, in megabytes; the kernel's mark, which a parent's does not enter."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one(fit: Fit, folder: Path, limit: int) -> None:
    """Fit one set of labels and write what came of it."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    with np.load(folder / "labels.npz") as file:
        given = [file[name] for name in ("item", "source", "value")]
        items, values = int(file["items"]), int(file["values"])
    began = time.process_time()
    try:
        chance = fit(*given, items, values)
    except Exception as problem:
        tell(folder, reason=f"failed: {type(problem).__name__}: {str(problem)[:80]}")
        return
    took = time.process_time() - began
    np.save(folder / "answers.npy", chance)
    tell(folder, cpu_s=took, peak_mb=peak_mb())


def tell(folder: Path, **what: object) -> None:
    """Write told.json."""
    (folder / "told.json").write_text(json.dumps(what), encoding="utf-8")


def main() -> None:
    """Fit every set, one process after another."""
    peer, seconds, *folders = sys.argv[1:]
    limit = int(seconds)
    fit = snorkel() if peer == SNORKEL else crowd_kit(peer)
    fork = multiprocessing.get_context("fork")
    for folder in map(Path, folders):
        child = fork.Process(target=one, args=(fit, folder, limit))
        child.start()
        child.join(limit * PATIENCE + BEGIN)
        if child.is_alive():
            child.kill()
            child.join()
            tell(folder, reason="stopped: the machine was too busy")
        elif child.exitcode in (-signal.SIGXCPU, -signal.SIGKILL):
            tell(folder, reason=f"stopped after {limit} CPU s")
        elif child.exitcode:
            tell(folder, reason=f"failed: exit code {child.exitcode}")


if __name__ == "__main__":
    main()
