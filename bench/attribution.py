"""Who did it: is `ceasefire.attribute` as sure as it may be, as right as can be, and as fast as promised?

    uv run python -m bench.attribution [--quick] [--development] [--write]

One line a bar; exits 1 if any is short. ``--quick`` asks fewer seeds and gives peers little time. ``--development`` asks
partisan accounts only, with the seeds to develop on. ``--write`` puts the table into ``docs/methods/attribution.md``.
Partisan accounts are those of `bench.attribution_reports`, with seeds that nothing was fitted on; the oracle knows how every
source tells. Public sets are asked where they are at hand. Every system runs in a process of its own; peers, with their own
defaults, are spared denials and accounts that do not say who.
"""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

from bench import attribution_ours, attribution_peers, attribution_speed
from bench.attribution_ours import OurResult
from bench.attribution_peers import PEERS, Labels, PeerResult
from bench.attribution_reports import Made, make
from bench.attribution_score import Outcome, of_matrix, of_table, pooled
from bench.attribution_sets import CROWD, TRUTH, PublicSet, public_sets
from bench.bars import Bar, report, write_block

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods" / "attribution.md"


@dataclass(frozen=True)
class Case:
    """A scenario as it is asked; ``origins`` when it is known who copied whom."""

    name: str
    scenario: str
    seeds: int = 10
    quick_seeds: int = 2
    origins: bool = False
    # Small sets are scored as one: fifty answers do not tell how well they are calibrated.
    as_one: bool = False
    quick_peers: bool = False


CASES = (
    Case("none", "none", quick_peers=True),
    Case("none, camps named", "none, camps named"),
    Case("bias", "bias"),
    Case("bias + copying", "bias + copying", quick_peers=True),
    Case("bias + copying, origins known", "bias + copying", origins=True),
    Case("captured media", "captured media"),
    Case("lying majority", "lying majority", quick_peers=True),
    Case("drifting camps", "drifting camps"),
    Case("party line", "party line"),
    Case("small", "small", seeds=30, quick_seeds=10, as_one=True, quick_peers=True),
)
# Seeds 1 to 9 belong to development.
FIRST_SEED, DEVELOPMENT = 101, range(1, 10)
# The seeds of a scenario that peers are asked too. Where origins are known they are not asked again: they cannot use them.
PEER_SEEDS, QUICK_PEER_SEEDS = 3, 1
# CPU seconds a peer may take for a scenario, for a crowd set, for a truth discovery set.
PEER_SECONDS, QUICK_PEER_SECONDS = (120, 120, 300), (20, 8, 0)
OUR_SECONDS, SET_SECONDS = 3_600, 900
# Percent, hundredths, and points of accuracy.
WRONG, CALIBRATED, BELOW_ORACLE, BELOW_DS, BELOW_BEST = 4.0, 4.0, 3.0, 0.5, 1.0
LOSS_OF_DS = 0.9
ROUND_CPU, ROUND_GB, TIMES_FASTER, WHOLE_SECONDS = 0.5, 1.0, 20, 10
MANY, MANY_PEER, WHOLE = 10_000_000, 1_000_000, 10_000
OURS, ORACLE, DAWID_SKENE = "ours", "oracle", "DawidSkene"
WORKERS = 2


@dataclass
class Row:
    """One system on one case or set, seed by seed."""

    outcomes: list[Outcome] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    reason: str = ""

    def means(self, as_one: bool = False) -> tuple[float, float, float, float, float]:
        """Accuracy, log-loss, calibration error, wrong share at 95 % and more, how many such answers; means over seeds."""
        scores = [o.score for o in ([pooled(self.outcomes)] if as_one else self.outcomes)]
        columns = np.array([(s.accuracy, s.log_loss, s.ece, s.wrong_share, s.sure) for s in scores])
        accuracy, log_loss, ece, wrong, sure = columns.mean(axis=0)
        return float(accuracy), float(log_loss), float(ece), float(wrong), float(sure)

    def line(self, of: str, name: str, as_one: bool = False) -> str:
        """A row of the table."""
        if not self.outcomes:
            return f"| {of} | {name} | {self.reason or 'no answer'} | | | | | | |"
        accuracy, log_loss, ece, wrong, sure = self.means(as_one)
        took = f"{np.mean(self.cpu_s):,.1f} | {self.peak_mb:,.0f}" if self.cpu_s else " | "
        seeds = f" ({len(self.outcomes)})" if len(self.outcomes) > 1 else ""
        return (
            f"| {of} | {name}{seeds} | {accuracy:.3f} | {log_loss:.2f} | {ece:.3f} |"
            f" {100 * wrong:.1f} % | {sure:,.0f} | {took} |"
        )


# Rows by case or set, then by system, in the order of the table; and what was measured in this run.
Rows = dict[str, dict[str, Row]]
LINES: list[str] = []


def partisan_rows(
    cases: Sequence[Case], seeds: Mapping[str, Sequence[int]], peer_seeds: Mapping[str, int], limit: int
) -> Rows:
    """Make the accounts, ask all systems, and score what they say."""
    rows: Rows = {case.name: {OURS: Row(), ORACLE: Row()} for case in cases}
    asked: list[tuple[str, Labels, np.ndarray]] = []  # case, what peers are asked, codes of the truth
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(WORKERS) as pool:
        ours = {}
        truths = {}
        for case in cases:
            folders = []
            for number, seed in enumerate(seeds[case.name]):
                made = make(case.scenario, seed, origins=case.origins)
                folders.append(Path(name) / f"{case.name}-{seed}")
                attribution_ours.put_made(folders[-1], made)
                truths[folders[-1]] = (made.truth, made.cast.truths)
                rows[case.name][ORACLE].outcomes.append(of_table(made.oracle, made.truth))
                if number < peer_seeds.get(case.name, 0):
                    asked.append((case.name, *_for_peers(made)))
            ours[case.name] = folders, pool.submit(attribution_ours.run, folders, OUR_SECONDS)
        print(f"made {len(truths)} sets of accounts", flush=True)
        peers = {
            peer: pool.submit(attribution_peers.run, peer, [given for _, given, _ in asked], limit)
            for peer in (PEERS if asked else ())
        }
        for of, (folders, answers) in ours.items():
            for folder, answer in zip(folders, answers.result(), strict=True):
                _add_ours(rows[of][OURS], folder, answer, *truths[folder])
        for peer, found in peers.items():
            for (of, _, code), result in zip(asked, found.result(), strict=True):
                _add_peer(rows[of].setdefault(peer, Row()), result, code)
    return rows


def _for_peers(made: Made) -> tuple[Labels, np.ndarray]:
    """What peers are asked, and the codes of the truth."""
    values = list(made.cast.truths)
    code = made.truth["actor"].replace_strict(values, list(range(len(values)))).to_numpy()
    return attribution_peers.labels(made.claims, made.truth["incident_id"].to_list(), values), code


def _add_peer(row: Row, result: PeerResult, code: np.ndarray, of: np.ndarray | slice = slice(None)) -> None:
    """Score what a peer answered on the items ``of`` which the truth is known."""
    if result.chance is None:
        row.reason = result.reason
        return
    row.outcomes.append(of_matrix(result.chance[of], code))
    row.cpu_s.append(result.cpu_s)
    row.peak_mb = max(row.peak_mb, result.peak_mb)


def _add_ours(row: Row, folder: Path, result: OurResult, truth: pl.DataFrame, among: Sequence[str]) -> None:
    """Score what is in a folder."""
    if result.reason:
        row.reason = result.reason
        return
    row.outcomes.append(of_table(pl.read_parquet(folder / "answers.parquet"), truth, among))
    row.cpu_s.append(result.cpu_s)
    row.peak_mb = max(row.peak_mb, result.peak_mb)


def show(rows: Rows, as_one: Sequence[str] = ()) -> None:
    """Print the rows and keep them for the page."""
    lines = [row.line(of, name, of in as_one) for of, by in rows.items() for name, row in by.items()]
    LINES.extend(lines)
    print("\n".join(lines), flush=True)


def partisan(quick: bool) -> list[Bar]:
    """Seldom wrong when sure, calibrated, and nearly as right as one who knows all, whoever lies and copies."""
    counts = {case.name: case.quick_seeds if quick else case.seeds for case in CASES}
    peer_seeds = QUICK_PEER_SEEDS if quick else PEER_SEEDS
    return _partisan(
        {name: range(FIRST_SEED, FIRST_SEED + count) for name, count in counts.items()},
        {case.name: peer_seeds for case in CASES if not case.origins and (case.quick_peers or not quick)},
        (QUICK_PEER_SECONDS if quick else PEER_SECONDS)[0],
    )


def development(quick: bool) -> list[Bar]:
    """The same with the seeds to develop on; with ``--quick`` two of them, and no peers."""
    seeds = {case.name: DEVELOPMENT if case.as_one or not quick else DEVELOPMENT[:2] for case in CASES}
    peer_seeds = {} if quick else {case.name: 1 for case in CASES if case.quick_peers}
    return _partisan(seeds, peer_seeds, QUICK_PEER_SECONDS[0])


def _partisan(seeds: Mapping[str, Sequence[int]], peer_seeds: Mapping[str, int], limit: int) -> list[Bar]:
    rows = partisan_rows(CASES, seeds, peer_seeds, limit)
    show(rows, [case.name for case in CASES if case.as_one])
    return [bar for case in CASES for bar in bars_of(case, rows[case.name])]


def bars_of(case: Case, by: dict[str, Row]) -> list[Bar]:
    """The bars of one scenario; all are short where one of its seeds has no answer."""
    ours, oracle = by[OURS], by[ORACLE]
    accuracy, ece, wrong = 0.0, 1.0, 1.0
    if ours.reason or not ours.outcomes:
        print(f"{case.name}: no answer of ours: {ours.reason}", flush=True)
    else:
        accuracy, _, ece, wrong, _ = ours.means(case.as_one)
    below = 100 * (oracle.means(case.as_one)[0] - accuracy)
    bars = [
        Bar(f"{case.name}: wrong of those at 95 % and more", 100 * wrong, WRONG, at_most=True, unit="%"),
        Bar(f"{case.name}: calibration error, hundredths", 100 * ece, CALIBRATED, at_most=True),
        Bar(f"{case.name}: accuracy below the oracle's, points", below, BELOW_ORACLE, at_most=True),
    ]
    peer = by.get(DAWID_SKENE, Row())
    if case.name == "none" and peer.outcomes and not ours.reason:
        same = Row(ours.outcomes[: len(peer.outcomes)])
        below = 100 * (peer.means()[0] - same.means()[0])
        bars.append(Bar(f"{case.name}: accuracy below Dawid-Skene's, points", below, BELOW_DS, at_most=True))
    return bars


def public(quick: bool) -> list[Bar]:
    """On public sets less loss than Dawid-Skene, and about as right as the best peer."""
    _, crowd, truth = QUICK_PEER_SECONDS if quick else PEER_SECONDS
    bars = _public("crowd", CROWD, crowd)
    if quick:
        print("truth discovery sets: not asked with --quick", flush=True)
        return bars
    return [*bars, *_public("truth", TRUTH, truth)]


def _public(kind: str, names: tuple[str, ...], limit: int) -> list[Bar]:
    found = list(public_sets(kind, names))
    rows: Rows = {each.name: {OURS: Row()} for each in found}
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(WORKERS) as pool:
        folders = [Path(name) / each.name for each in found]
        for folder, each in zip(folders, found, strict=True):
            attribution_ours.put(folder, each.claims, each.sources, each.parties, None)
        answers = [pool.submit(attribution_ours.run, [folder], SET_SECONDS) for folder in folders]
        given = [attribution_peers.labels(each.claims, each.items, each.parties) for each in found]
        peers = {
            peer: pool.submit(attribution_peers.run, peer, given, limit) for peer in (PEERS if found else ())
        }
        for each, folder, answer in zip(found, folders, answers, strict=True):
            _add_ours(rows[each.name][OURS], folder, answer.result()[0], each.truth, each.parties)
        for peer, results in peers.items():
            for each, result in zip(found, results.result(), strict=True):
                _add_peer(rows[each.name].setdefault(peer, Row()), result, *_known(each))
    show(rows)
    return [bar for name, by in rows.items() for bar in public_bars(name, by)]


def _known(each: PublicSet) -> tuple[np.ndarray, np.ndarray]:
    """The code of each known truth, -1 where nobody claims it, and the number of its item."""
    row = {item: number for number, item in enumerate(each.items)}
    code = {value: number for number, value in enumerate(each.parties)}
    truths = np.array([code.get(value, -1) for value in each.truth["actor"]])
    return truths, np.array([row[item] for item in each.truth["incident_id"]])


def public_bars(name: str, by: dict[str, Row]) -> list[Bar]:
    """Against Dawid-Skene, and the best of those peers that answered."""
    ours = by[OURS]
    peers = {peer: row.means() for peer, row in by.items() if peer != OURS and row.outcomes}
    if not ours.outcomes:
        print(f"{name}: no answer of ours: {ours.reason}", flush=True)
    accuracy, loss = ours.means()[:2] if ours.outcomes else (0.0, float("inf"))
    bars = []
    if DAWID_SKENE in peers:
        share = loss / peers[DAWID_SKENE][1]
        bars.append(Bar(f"{name}: logarithmic loss, of Dawid-Skene's", share, LOSS_OF_DS, at_most=True))
    else:
        print(f"{name}: Dawid-Skene: {by[DAWID_SKENE].reason}", flush=True)
    if peers:
        below = 100 * (max(means[0] for means in peers.values()) - accuracy)
        bars.append(Bar(f"{name}: accuracy below the best peer's, points", below, BELOW_BEST, at_most=True))
    return bars


def speed(quick: bool) -> list[Bar]:
    """One round of learning on ten million claims, beside crowd-kit's; ten thousand incidents with all sensitivity."""
    del quick
    engine = attribution_speed.run("engine", MANY)
    peer = attribution_speed.run("crowd-kit", MANY_PEER)
    whole = attribution_speed.run("whole", WHOLE)
    for what, took in (("one round of ours", engine), ("one round of crowd-kit", peer), ("all", whole)):
        print(
            f"speed: {what}: {took.reason or f'{took.cpu_s:.2f} CPU s, {took.wall_s:.2f} s by the clock'}",
            flush=True,
        )
    times = (peer.cpu_s / MANY_PEER) / (engine.cpu_s / MANY)
    return [
        Bar("ten million claims: CPU of one round", engine.cpu_s, ROUND_CPU, at_most=True, unit="s"),
        Bar("ten million claims: peak memory", engine.peak_mb / 1024, ROUND_GB, at_most=True, unit="GB"),
        Bar("one round: times as fast as crowd-kit, a claim", times, TIMES_FASTER),
        Bar(
            "ten thousand incidents, sensitivity and all",
            whole.wall_s,
            WHOLE_SECONDS,
            at_most=True,
            unit="s",
        ),
    ]


def table() -> str:
    """What was measured with what, and the rows."""
    used = ", ".join(f"{name} {version(name)}" for name in ("crowd-kit", "numba", "polars"))
    heading = [
        "Means over seeds (how many, in brackets; small conflicts as one set). Loss: natural logarithm. Calibration error:",
        "15 bins of equal width. Wrong: share of the answers given at 95 % and more; sure: how many these are. CPU seconds of",
        "one set after imports and compilation; peak memory of its process. Peers are spared denials and accounts that do",
        "not say who. The oracle knows how every source tells, copies and keeps silent.",
        f"Python {platform.python_version()}, {used}, snorkel 0.10.0.",
        "`uv run python -m bench.attribution --write` makes this table.",
        "",
        "| accounts | system | accuracy | loss | calibration error | wrong | sure | CPU s | peak MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*heading, *LINES])


PARTS: list[Callable[[bool], list[Bar]]] = [partisan, public, speed]


def main() -> int:
    """Run every part."""
    quick = "--quick" in sys.argv
    parts = [development] if "--development" in sys.argv else PARTS
    code = report(bar for part in parts for bar in part(quick))
    if "--write" in sys.argv:
        write_block(PAGE, "attribution", table())
    return code


if __name__ == "__main__":
    sys.exit(main())
