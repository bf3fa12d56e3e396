"""How many incidents are on no list: several models side by side, one pooled interval, or a refusal with its reason.

In: inclusion patterns. Out: ``Estimated``. Multiple-systems estimation; the models and what each believes stand in their
own modules and in ``docs/methods/unreported.md``. An estimate of numbers, not a judicial finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ceasefire.attribute.unreported import chao, decomposable, latent, loglinear
from ceasefire.attribute.unreported import thresholds as t
from ceasefire.attribute.unreported.fitted import Draws, Fitted, at_least, refused
from ceasefire.attribute.unreported.identifiable import untold_pairs
from ceasefire.attribute.unreported.patterns import (
    Overlaps,
    read_patterns,
    with_fewer_lists,
    without_strangers,
)
from ceasefire.attribute.unreported.stacked import Stacked, stack
from ceasefire.model import table
from ceasefire.problems import Problem

STACKED = "stacked"
SENSITIVITY = "stacked, sensitivity"
ASSUMES_STACK = (
    "one of the usable models is right, no matter which: from the lowest lower to the highest upper end; "
    "best is the median of all with equal shares"
)
ASSUMES_SENSITIVITY = (
    "as stacked, but all lists together may depend on each other, with an odds ratio of 0.5 to 2; "
    "no overlaps can tell which"
)
NO_MODEL = "no model can be used; the reasons stand with each"
SEEN = ("all", "where the lists could see")
_MODELS = (
    (loglinear.INDEPENDENCE, loglinear.ASSUMES_INDEPENDENCE),
    (decomposable.NAME, decomposable.ASSUMPTION),
    (loglinear.STEPWISE, loglinear.ASSUMES_PAIRS),
    (loglinear.EASIER, loglinear.ASSUMES_EASIER),
    (latent.NAME, latent.ASSUMPTION),
)


@dataclass(frozen=True)
class Estimated:
    """What the overlaps say of the total number of incidents.

    ``models``: table ``unreported``, one row a model, then the stack and its sensitivity. ``low, best, high`` and the
    sensitivity are of the stack and empty when ``refusal`` says why there is none. ``draws``: totals of the stack.
    """

    models: pl.DataFrame
    lists: tuple[str, ...]
    listed: int
    shared: int
    low: float | None
    best: float | None
    high: float | None
    sensitivity_low: float | None
    sensitivity_high: float | None
    refusal: str | None
    draws: Draws
    fitted: tuple[Fitted, ...]
    problems: tuple[Problem, ...]


def estimate_unreported(
    patterns: pl.DataFrame, *, seed: int = 0, most_sweeps: int = t.MOST_SWEEPS
) -> Estimated:
    """Estimate how many incidents there are, on a list or on none, from how the lists overlap.

    Args:
        patterns: one row an inclusion pattern; one 0/1 column a list; the count of incidents in the last column.
        seed: of the latent-class chains; everything else is without chance.
        most_sweeps: where those chains give up, each.

    Raises:
        ValueError: the table is malformed.
    """
    return estimate(read_patterns(patterns), seed=seed, most_sweeps=most_sweeps)


def estimate(
    overlaps: Overlaps, *, seed: int = 0, most_sweeps: int = t.MOST_SWEEPS, refusal: str | None = None
) -> Estimated:
    """The same from overlaps already read. ``refusal``: why the lists are none, so that not even the bound holds."""
    meeting, strangers = without_strangers(overlaps)
    few, merged = with_fewer_lists(meeting, t.MOST_LISTS_GRAPHS)
    bounded = refusal is None and len(overlaps.lists) > 1 and overlaps.listed > 0
    refusal = refusal or _refusal(overlaps, meeting)
    problems = [*overlaps.problems, *_problems(strangers, merged)]
    bound = [chao.chao(overlaps)] if bounded else []
    if refusal is not None:
        fitted = [*bound, *(refused(name, assumes, refusal) for name, assumes in _MODELS)]
        stacked = None
    else:
        fitted = [
            *bound,
            loglinear.independent(few),
            decomposable.by_graphs(few, merged),
            loglinear.stepwise(few, merged),
            loglinear.stepwise(few, merged, alike=False),
            latent.by_classes(overlaps, seed=seed, most_sweeps=most_sweeps),
        ]
        fitted = [at_least(model, overlaps.listed) for model in fitted]
        stacked = stack(overlaps.listed, fitted)
        if stacked is None:
            refusal = NO_MODEL
    if refusal is not None:
        problems.append(
            Problem(
                "warning",
                "attribute",
                "unreported_refused",
                "overlaps from which the number of unreported incidents can be told",
                refusal,
                "read it as unknown, not as none",
            )
        )
    elif bound and stacked is not None and bound[0].low is not None and bound[0].low > stacked.high:
        problems.append(
            Problem(
                "warning",
                "attribute",
                "bound_above_estimate",
                f"an upper end above the lower bound, {bound[0].low:.0f} at least",
                f"{stacked.high:.0f}",
                "do not use the upper end: lists avoid each other in a way the models do not follow",
            )
        )
    return Estimated(
        table("unreported").frame(rows(*SEEN, overlaps.listed, fitted, stacked, refusal)),
        overlaps.lists,
        overlaps.listed,
        overlaps.shared,
        stacked.low if stacked else None,
        stacked.best if stacked else None,
        stacked.high if stacked else None,
        stacked.sensitivity_low if stacked else None,
        stacked.sensitivity_high if stacked else None,
        refusal,
        stacked.draws if stacked else np.zeros(0),
        tuple(fitted),
        tuple(problems),
    )


def rows(
    by: str, group: str, listed: float, fitted: Sequence[Fitted], stacked: Stacked | None, refusal: str | None
) -> list[dict[str, Any]]:
    """Rows of table ``unreported`` for one stratum: its models, the stack and the stack's sensitivity."""
    made = [
        _row(by, group, listed, m.model, m.assumption, (m.low, m.best, m.high), m.reason, m.usable, m.fit)
        for m in fitted
    ]
    usable = stacked is not None
    refusal = refusal if usable else refusal or NO_MODEL
    inner = (stacked.low, stacked.best, stacked.high) if stacked else (None, None, None)
    outer = (stacked.sensitivity_low, stacked.best, stacked.sensitivity_high) if stacked else inner
    share = f"{sum(m.usable and m.pooled for m in fitted)} models" if usable else ""
    made.append(_row(by, group, listed, STACKED, ASSUMES_STACK, inner, refusal, usable, share))
    made.append(_row(by, group, listed, SENSITIVITY, ASSUMES_SENSITIVITY, outer, refusal, usable, share))
    return made


def _row(
    by: str,
    group: str,
    listed: float,
    model: str,
    assumption: str,
    figures: tuple[float | None, float | None, float | None],
    reason: str | None,
    usable: bool,
    fit: str,
) -> dict[str, Any]:
    low, best, high = figures
    return {
        "by": by,
        "group": group,
        "model": model,
        "assumption": assumption,
        "listed": listed,
        "low": low,
        "best": best,
        "high": high,
        "unreported_low": None if low is None else max(low - listed, 0.0),
        "unreported_best": None if best is None else max(best - listed, 0.0),
        "unreported_high": None if high is None else max(high - listed, 0.0),
        "usable": usable,
        "reason": reason,
        "fit": fit or None,
    }


def _refusal(overlaps: Overlaps, meeting: Overlaps) -> str | None:
    """Why no number can be given, or None."""
    if not overlaps.listed:
        return "nothing is listed: that is not the same as nothing happened"
    if len(meeting.lists) < t.MIN_LISTS:
        said = f"not identifiable: {len(meeting.lists)} lists share incidents, {t.MIN_LISTS} needed"
        for pair in untold_pairs(meeting):
            said += f"; if {' and '.join(pair)} depend on each other, the overlaps fit any number of unlisted incidents"
        return said
    if overlaps.shared < t.MIN_SHARED:
        return f"overlaps too thin: {overlaps.shared} incidents on two lists or more, {t.MIN_SHARED} needed"
    return None


def _problems(strangers: tuple[str, ...], merged: tuple[str, ...]) -> list[Problem]:
    found = [
        Problem(
            "note",
            "attribute",
            "list_meets_no_other",
            "a list that shares an incident with another",
            f"{name} shares none",
            "graphs and log-linear models leave it out; its incidents still count as listed",
            record=name,
        )
        for name in strangers
    ]
    if merged:
        found.append(
            Problem(
                "note",
                "attribute",
                "lists_merged",
                f"at most {t.MOST_LISTS_GRAPHS} lists for graphs and log-linear models",
                f"the smallest beyond: {', '.join(sorted(merged))}",
                "they are read as one list there; latent classes use each",
            )
        )
    return found
