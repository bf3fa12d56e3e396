"""The unreported by author, area and month, and never a number for where nobody watched.

In: lists, attributions, incidents, observation. Out: table ``unreported``. Authors are drawn several times (``imputed``); each
draw's strata are estimated, and a stratum's interval is that of all its draws together. Strata are estimated apart: their
bests need not add up to that of all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute.unreported import dark as d
from ceasefire.attribute.unreported import thresholds as t
from ceasefire.attribute.unreported.estimate import SEEN, Estimated, estimate, rows
from ceasefire.attribute.unreported.fitted import Fitted, from_draws, refused
from ceasefire.attribute.unreported.imputed import authors
from ceasefire.attribute.unreported.lists import Lists
from ceasefire.attribute.unreported.patterns import Overlaps, read_patterns
from ceasefire.attribute.unreported.stacked import stack
from ceasefire.model import table
from ceasefire.problems import Problem

BY = ("actor", "area", "month")
Chosen = NDArray[np.bool_]


@dataclass(frozen=True)
class Unreported:
    """Table ``unreported`` over all strata, table ``unreported_lists``, and the problems. ``all``: the estimate for all incidents
    together."""

    table: pl.DataFrame
    lists: pl.DataFrame
    all: Estimated
    problems: tuple[Problem, ...]

    def explain(self, group: str) -> list[tuple[str, pl.DataFrame]]:
        """All that is said of one author, area, month, or of everything together, as titled tables.

        Raises:
            KeyError: there is no such group.
        """
        chosen = self.table.filter(pl.col("group").is_in([group, f"{group}, {d.SEEN}"]))
        if not chosen.height:
            raise KeyError(f"no group {group!r} among {self.table['group'].unique().sort().to_list()}")
        drop = ("by", "group", "assumption")
        told = [
            (
                f"{name}: all incidents, on a list or on none (95 % interval; not a judicial finding)",
                rows.drop(drop),
            )
            for (name,), rows in chosen.group_by(["group"], maintain_order=True)
        ]
        believed = chosen.select("model", "assumption").unique(maintain_order=True)
        return [*told, ("What each model believes", believed), ("The lists", self.lists)]


def unreported(
    lists: Lists,
    attributions: pl.DataFrame | None = None,
    incidents: pl.DataFrame | None = None,
    observation: pl.DataFrame | None = None,
    *,
    by: Sequence[str] = BY,
    timezone: str = "UTC",
    imputations: int = t.IMPUTATIONS,
    most_sweeps: int | None = None,
    refusal: str | None = None,
    seed: int = 0,
) -> Unreported:
    """Estimate how many incidents are on no list: all together, by author, by area and by month.

    Args:
        lists: from ``lists_of``.
        attributions: ``incident_id, actor, probability``; without it no strata by author.
        incidents: ``incident_id`` with ``admin1`` and ``occurred_from`` (UTC); without it no strata by area or month.
        observation: table ``observation``; without it the estimate holds only for what the lists could have seen.
        by: which strata: actor, area, month.
        timezone: in which a month begins.
        imputations: draws of the authors.
        most_sweeps: of each latent-class chain; by default 64,000 for all together and 8,000 in a stratum.
        refusal: why the lists are none, if they are; then nothing is estimated, and this is the reason.
        seed: of draws and chains.

    Raises:
        ValueError: an unknown stratum, or a malformed table.
    """
    unknown = set(by) - set(BY)
    if unknown:
        raise ValueError(f"by: expected some of {BY}; found {sorted(unknown)}")
    whole = estimate(_overlaps(lists), seed=seed, most_sweeps=most_sweeps or t.MOST_SWEEPS, refusal=refusal)
    problems = [*lists.problems, *whole.problems]
    made = rows(*SEEN, whole.listed, whole.fitted, stack(whole.listed, whole.fitted), whole.refusal)
    # a stratum that holds every incident is the whole
    known: dict[bytes, Estimated] = {np.packbits(np.ones(len(lists.incidents), dtype=bool)).tobytes(): whole}

    def look(chosen: Chosen) -> Estimated:
        key = np.packbits(chosen).tobytes()
        if key not in known:
            known[key] = estimate(
                _overlaps(lists, chosen),
                seed=seed,
                most_sweeps=most_sweeps or t.MOST_SWEEPS_STRATUM,
                refusal=refusal,
            )
        return known[key]

    if "actor" in by and attributions is not None and lists.incidents:
        actors, drawn = authors(lists.incidents, attributions, imputations, seed)
        for number, actor in enumerate(actors):
            made += _combined("actor", actor, [look(one == number) for one in drawn])
    for name, column in (("area", "admin1"), ("month", "month")):
        if name in by and incidents is not None and lists.incidents:
            for group, chosen in _split(lists, incidents, column, timezone):
                made += _combined(name, group, [look(chosen)])
    made = _with_the_dark(made, observation, problems)
    return Unreported(table("unreported").frame(made), _listed(lists), whole, tuple(problems))


def _listed(lists: Lists) -> pl.DataFrame:
    """Table ``unreported_lists``: what each list holds, and what it alone holds."""
    alone = lists.seen & (lists.seen.sum(axis=1, keepdims=True) == 1)
    rows = [
        {"list": name, "sources": ";".join(sources), "incidents": int(held), "alone": int(only)}
        for name, sources, held, only in zip(
            lists.names, lists.sources, lists.seen.sum(axis=0), alone.sum(axis=0), strict=True
        )
    ]
    return table("unreported_lists").frame(rows)


def _overlaps(lists: Lists, chosen: Chosen | None = None) -> Overlaps:
    """The overlaps of a stratum; nothing listed is no error here."""
    if not lists.names:
        return Overlaps((), np.zeros((0, 0), dtype=bool), np.zeros(0, dtype=np.int64))
    return read_patterns(lists.patterns(chosen))


def _combined(by: str, group: str, estimates: list[Estimated]) -> list[dict[str, Any]]:
    """The rows of a stratum from its imputations: each model's draws together, and their stack."""
    listed = float(np.mean([e.listed for e in estimates]))
    models = [
        _pooled(name, estimates) for name in dict.fromkeys(f.model for e in estimates for f in e.fitted)
    ]
    refusals = [e.refusal for e in estimates if e.refusal is not None]
    if len(refusals) > t.MOST_REFUSED * len(estimates):
        return rows(by, group, listed, models, None, _most(refusals, len(estimates)))
    return rows(by, group, listed, models, stack(listed, models), None)


def _pooled(name: str, estimates: list[Estimated]) -> Fitted:
    """One model over all imputations."""
    times = len(estimates)
    fits = [f for e in estimates for f in e.fitted if f.model == name]
    first = fits[0]
    good = [f for f in fits if f.low is not None]
    bad = [f.reason for f in fits if f.reason is not None]
    reason = _most(bad, times) if len(bad) > t.MOST_REFUSED * times else None
    if not good:
        return refused(name, first.assumption, reason or "no figure")
    if all(len(f.draws) for f in good):
        draws = np.concatenate([f.draws for f in good])
        return replace(from_draws(name, first.assumption, draws, first.fit, reason), pooled=good[0].pooled)
    low, best, high = (float(np.median([getattr(f, end) for f in good])) for end in ("low", "best", "high"))
    return replace(first, low=low, best=best, high=high, usable=reason is None, reason=reason)


def _most(reasons: list[str], times: int) -> str:
    """The reason given most often; in how many of the draws, when authors were drawn."""
    reason, _ = min(Counter(reasons).items(), key=lambda item: (-item[1], item[0]))
    if times == 1:
        return reason
    share = f"in all {times}" if len(reasons) == times else f"so in {len(reasons)} of {times}"
    return f"{reason} ({share} draws of the authors)"


def _split(lists: Lists, incidents: pl.DataFrame, column: str, timezone: str) -> list[tuple[str, Chosen]]:
    """The incidents of each area or local month; those without one are ``not known``."""
    dated = incidents
    if column == "month":
        local = pl.col("occurred_from").dt.convert_time_zone(timezone)
        dated = incidents.with_columns(month=local.dt.strftime("%Y-%m"))
    of = dict(dated.select("incident_id", pl.col(column).cast(pl.String)).iter_rows())
    groups = np.array([of.get(i) or "not known" for i in lists.incidents], dtype=object)
    return [(str(g), groups == g) for g in sorted(set(groups))]


def _with_the_dark(
    made: list[dict[str, Any]], observation: pl.DataFrame | None, problems: list[Problem]
) -> list[dict[str, Any]]:
    """Add what was not observed: rows without a number, and open upper ends for what holds it."""
    if observation is None:
        problems.append(
            Problem(
                "note",
                "attribute",
                "coverage_not_given",
                "table observation: who watched where and when",
                "none",
                "read the estimate as one of what the lists could have seen",
            )
        )
        return made
    dark = d.find_dark(observation)
    for area, (n, of) in dark.by_area.items():
        if n:
            problems.append(
                Problem(
                    "warning",
                    "attribute",
                    "area_dark",
                    "somebody who watches, every week",
                    f"{area}: nobody in {n} of {of} weeks",
                    "no number is given for them, and no upper end for totals that hold them",
                    record=area,
                )
            )
    return d.with_open_ends(made, dark) + d.dark_rows(dark)
