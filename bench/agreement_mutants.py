"""Agreement files that went wrong on the way: the shipped ones, mutated by a seed.

In: a number. Out: the text of a mutant, and the name of the file it was made from. Some changes are ones a drafter could
make (another date, another bearer, a clause less), so that many mutants load and have to be judged; others break the
structure or the text. Zones stand in the text itself, and of long agreements a mutant keeps some clauses only.
"""

from __future__ import annotations

import copy
import random
import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bench.agreement_broken import (
    HARSH,
    LENGTHS,
    NUMBERS,
    REFERS,
    SECTIONS,
    TEXTS,
    TEXTUAL,
    TIMEZONES,
    WORDS,
    Site,
    Tree,
    change,
    pick,
    scalars,
    sites,
)
from ceasefire.agreement import Agreement, dump, load, predicate

ROOT = Path(__file__).resolve().parents[1]
CLAUSES_KEPT = 6


@predicate("bench-many-killed")
def _many_killed(item: Any, terms: Agreement) -> bool:
    return (item.killed or 0) > 5


@cache
def originals() -> dict[str, Agreement]:
    """The agreements that mutants are made from, by name."""
    paths = [
        *sorted(ROOT.glob("cases/*/agreement.yaml")),
        *sorted(ROOT.glob("agreements/*/agreement.yaml")),
        ROOT / "bench" / "agreement_everything.yaml",
    ]
    return {(p.parent.name if p.name == "agreement.yaml" else p.stem): load(p) for p in paths}


@cache
def _trees() -> dict[str, Tree]:
    return {name: yaml.load(dump(terms), Loader=yaml.CBaseLoader) for name, terms in originals().items()}


def mutant(number: int, seed: int = 0) -> tuple[str, str]:
    """The name of the original and the text of a mutant."""
    rng = random.Random(f"{seed}/{number}")
    name = rng.choice(sorted(_trees()))
    tree = copy.deepcopy(_trees()[name])
    _shorten(rng, tree)
    kind = rng.random()
    for _ in range(rng.choice((1, 2, 3, 6)) if kind < 0.6 else rng.randint(0, 1)):
        rng.choice(GENTLE)(rng, tree)
    if 0.6 <= kind < 0.85:
        for _ in range(rng.randint(1, 2)):
            rng.choice(HARSH)(rng, tree)
    text = yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=120)
    if kind >= 0.85:
        text = rng.choice(TEXTUAL)(rng, text)
    return name, text + "\n"


def _shorten(rng: random.Random, tree: Tree) -> None:
    """Some clauses of many, and those that others name."""
    norms = tree["norms"]
    named = {v for k, v in scalars(tree) if k in ("when", "watches", "repeals")}
    kept = set(rng.sample(sorted(norms), min(CLAUSES_KEPT, len(norms)))) | named
    tree["norms"] = {k: v for k, v in norms.items() if k in kept}


# ------------------------------------------------------------------ changes a drafter could make


def _number(rng: random.Random, tree: Tree) -> None:
    change(
        rng, tree, lambda k, v: re.fullmatch(r"\d+(\.\d+)?", v) is not None, lambda _: rng.choice(NUMBERS[:9])
    )


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")


def _time(rng: random.Random, tree: Tree) -> None:
    def moved(old: str) -> str:
        days = rng.choice((0.04, 1, -1, 7, -30, 100, 365, -3650, 36500, -100000))
        at = datetime.fromisoformat(old).replace(tzinfo=None) + timedelta(days=days)
        return at.strftime(
            rng.choice(("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M+05:30"))
        ).zfill(16)

    change(rng, tree, lambda _, v: _TIME.fullmatch(v) is not None, moved)


def _length(rng: random.Random, tree: Tree) -> None:
    change(
        rng,
        tree,
        lambda _, v: re.fullmatch(r"[\d.]+(h|min)", v) is not None,
        lambda _: rng.choice(LENGTHS[:10]),
    )


def _timezone(rng: random.Random, tree: Tree) -> None:
    tree["timezone"] = rng.choice(TIMEZONES[:5])


def _name(rng: random.Random, tree: Tree) -> None:
    """Another name of the same kind, or another of the fixed words."""
    site = pick(rng, tree, lambda k, v: isinstance(v, str) and (k in REFERS or k in WORDS))
    if site:
        key = _key_of(tree, site)
        valid = [*tree.get(REFERS.get(key, ""), ()), *WORDS.get(key, ())]
        site[0][site[1]] = rng.choice(valid or ["x"])


def _key_of(tree: Tree, site: Site) -> str:
    """The key a site stands under, through lists."""
    if isinstance(site[0], dict):
        return str(site[1])
    return next((str(k) for node, k in sites(tree) if node[k] is site[0]), "")


def _drop(rng: random.Random, tree: Tree) -> None:
    rows = tree.get(rng.choice(SECTIONS))
    if rows:
        rows.pop(rng.choice(list(rows)))


def _double(rng: random.Random, tree: Tree) -> None:
    rows = tree.get(rng.choice(SECTIONS))
    if rows:
        name = rng.choice(list(rows))
        rows[f"{name}-{rng.randint(2, 9)}"] = copy.deepcopy(rows[name])


def _omit(rng: random.Random, tree: Tree) -> None:
    """Leave out a key that often may be left out."""
    site = pick(rng, tree, lambda k, _: k in OPTIONAL)
    if site and isinstance(site[0], dict):
        site[0].pop(site[1])


OPTIONAL = (
    "to", "unless", "note", "source", "dated", "contested", "variants", "in", "against", "during", "from", "until", "within",
    "keep", "members", "answers_for", "prior", "near_km", "placeholder", "weapon", "undone_by", "renew", "reset", "watches",
    "access", "quiet", "proof", "open_points", "incident", "coverage", "amendments", "exempt", "repeals", "title",
)  # fmt: skip


def _retell(rng: random.Random, tree: Tree) -> None:
    told = (
        "title",
        "note",
        "source",
        "clause",
        "name",
        "says",
        "placeholder",
        "untestable",
        "grants",
        "at",
        "role",
        "bearer",
    )
    change(
        rng,
        tree,
        lambda k, _: k in told,
        lambda old: rng.choice((rng.choice(TEXTS), f"{old} {rng.choice(TEXTS)}")),
    )


def _more(rng: random.Random, tree: Tree) -> None:
    """Give a clause another key that it may have."""
    if not tree.get("norms"):
        return
    norm = tree["norms"][rng.choice(list(tree["norms"]))]
    start = (tree.get("in_force") or {}).get("from", "2016-09-12T19:00")
    event = next((norm[k] for k in ("never", "each", "achieve") if isinstance(norm.get(k), dict)), {})
    clocks, exceptions = list(tree.get("clocks", ())), list(tree.get("exceptions", ()))
    added = rng.choice(
        [
            "best_efforts",
            "from",
            "until",
            "during",
            "unless",
            "weapon",
            "in",
            "at",
            "against",
            "by",
            "undone_by",
            "test",
        ]
    )
    if added == "best_efforts":
        norm["best_efforts"] = "true"
    elif added in ("from", "until"):
        norm[added] = rng.choice([start, "2016-09-15T00:00", *(clocks if added == "until" else ())])
    elif added == "during" and clocks:
        norm["during"] = rng.choice(clocks)
    elif added == "unless" and exceptions:
        norm["unless"] = rng.sample(exceptions, rng.randint(1, min(2, len(exceptions))))
    elif added == "undone_by" and isinstance(norm.get("achieve"), dict):
        norm["undone_by"] = {"act": rng.choice(WORDS["act"])}
    elif added == "weapon":
        event["weapon"] = ["rocket", "mortar"]
    elif added == "in" and tree.get("zones"):
        event["in"] = rng.choice(list(tree["zones"]))
    elif added == "at":
        event["at"] = rng.choice(("Castello Road", "nowhere"))
    elif added == "against":
        event["against"] = rng.choice(("civilians", "other-side"))
    elif added == "test":
        rng.choice([event, *tree.get("exceptions", {}).values()])["test"] = "bench-many-killed"
    elif added == "by" and tree.get("parties"):
        event["by"] = rng.choice(list(tree["parties"]))


def _amend(rng: random.Random, tree: Tree) -> None:
    """A clause becomes one of an amendment, or is repealed by one."""
    if not tree.get("norms") or not tree.get("documents"):
        return
    name = rng.choice(list(tree["norms"]))
    change: Tree = {
        "title": "A change",
        "from": rng.choice(("2016-09-14T12:00", "2015-05-01T00:00", "2016-10-01T00:00")),
    }
    change["document"] = rng.choice(list(tree["documents"]))
    if rng.random() < 0.7:
        change["norms"] = {rng.choice((name, "new")): copy.deepcopy(tree["norms"][name])}
    else:
        change["repeals"] = name
    tree.setdefault("amendments", {})[f"change-{rng.randint(1, 3)}"] = change


def _wait(rng: random.Random, tree: Tree) -> None:
    """A clock waits for another one, or starts at an instant again."""
    clocks = tree.get("clocks") or {}
    if clocks:
        clock, other = clocks[rng.choice(list(clocks))], rng.choice(list(clocks))
        clock["starts"] = {"when": other} if isinstance(clock.get("starts"), str) else "2016-09-14T00:00Z"


def _redraw(rng: random.Random, tree: Tree) -> None:
    """Another area for a zone."""
    if not tree.get("zones"):
        return
    zone = tree["zones"][rng.choice(list(tree["zones"]))]
    zone.pop("geometry", None)
    zone.pop("band", None)
    x, y = rng.uniform(35, 41), rng.uniform(32, 50)
    if rng.random() < 0.5:
        line = f"LINESTRING ({x:.3f} {y:.3f}, {x + 1:.3f} {y:.3f})"
        zone["band"] = {"line": line, "within_km": rng.choice(NUMBERS[:9])}
    else:
        zone["geometry"] = f"POLYGON (({x} {y}, {x + 2} {y}, {x + 2} {y + 2}, {x} {y + 2}, {x} {y}))"


GENTLE = (
    _number,
    _time,
    _length,
    _timezone,
    _name,
    _name,
    _drop,
    _double,
    _omit,
    _retell,
    _more,
    _more,
    _amend,
    _redraw,
    _wait,
)
