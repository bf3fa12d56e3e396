"""What the meaning of texts adds to fusion: whether translations are found, and whether incidents come out better or worse.

In: invented accounts in five languages (`bench.fusion_translations`); reports of the default making, whose texts are real words
of five languages around invented names and numbers (`bench.fusion_words`); the Donbas headlines, all of one language. Out: bars.
Reports of the other making are told in one language and are left out: nothing is compared by meaning there.
"""

from __future__ import annotations

import time
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

import ceasefire
from bench import fusion_ours
from bench.bars import Bar
from bench.fusion_translations import ACCOUNTS, LANGUAGES
from ceasefire.fuse.meaning import read_signatures
from ceasefire.fuse.weights import MEANINGS

UNKNOWN = "uk"  # the one of the languages that the encoder does not know
FOUND, FOUND_UNKNOWN = 0.95, 0.85


def separation() -> list[Bar]:
    """How often a translation is nearer than an account of something else, in two languages."""
    flat = pl.DataFrame({"text": [text for account in ACCOUNTS for text in account]})
    signs = read_signatures(ceasefire.signatures(flat)["meaning"]).astype(">u8").view(np.uint8)
    bits = np.unpackbits(signs.reshape(len(ACCOUNTS), len(LANGUAGES), 16), axis=2)
    same: dict[bool, list[int]] = {False: [], True: []}
    other: dict[bool, list[int]] = {False: [], True: []}
    for a, b in permutations(range(len(LANGUAGES)), 2):
        apart = (bits[:, None, a] != bits[None, :, b]).sum(axis=2)
        strange = UNKNOWN in (LANGUAGES[a], LANGUAGES[b])
        same[strange] += np.diag(apart).tolist()
        other[strange] += apart[~np.eye(len(apart), dtype=bool)].tolist()
    bars = []
    for strange, who in ((False, "en, fr, ar, ru"), (True, "to and from uk")):
        one, two = np.array(same[strange]), np.array(other[strange])
        within = ", ".join(
            f"{most}: {(one <= most).mean():.1%} and {(two <= most).mean():.2%}" for most in MEANINGS
        )
        print(f"meaning, {who}: translations and other accounts within {within}", flush=True)
        nearer = (one[:, None] < two[None]).mean() + 0.5 * (one[:, None] == two[None]).mean()
        bars.append(
            Bar(
                f"meaning, {who}: translation nearer than another account",
                nearer,
                FOUND_UNKNOWN if strange else FOUND,
            )
        )
    return bars


def beside(name: str, folder: Path) -> float:
    """F1 of the reports in the folder with signatures, less that without."""
    without = fusion_ours.run(folder)
    began = time.perf_counter()
    signed = ceasefire.signatures(pl.read_parquet(folder / "reports.parquet"))
    took = time.perf_counter() - began
    with TemporaryDirectory() as made:
        for table in folder.glob("*.parquet"):
            (Path(made) / table.name).write_bytes(table.read_bytes())
        signed.write_parquet(Path(made) / "reports.parquet")
        found = fusion_ours.run(Path(made))
    for how, result in (("words alone", without), ("with meaning", found)):
        score = result.score
        print(
            f"{name}, {how}: precision {score.precision:.4f}, recall {score.recall:.4f}, F1 {score.f1:.4f},"
            f" B-cubed F1 {score.b3:.4f}, {result.cpu_s:.2f} CPU s",
            flush=True,
        )
    print(
        f"{name}: signatures of {signed['text'].n_unique():,} texts in {took:.0f} s by the clock", flush=True
    )
    return found.score.f1 - without.score.f1
