"""One certain course of events: the worlds engine says at every hour what a monitor of the trace says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from ceasefire.agreement import Agreement, load
from ceasefire.comply import Complied, Posterior, comply
from ceasefire.comply.monitors import absence, answered, quiet_window
from ceasefire.model import table
from test_comply_worlds import START, TERMS

HOURS = 60
WITHIN = 6
WINDOW = 12

EXTRA = f"""\
  answer:
    clause: "2"
    title: Every shelling is followed by a withdrawal in time
    who: [north]
    each: {{act: shelling}}
    within: {WITHIN}h
    expect: {{act: withdrawal}}
    document: D
    text_status: official
    source: the text
clocks:
  run:
    title: Twelve quiet hours
    owner: [north, south]
    starts: 2016-09-12T19:00
    consecutive: {WINDOW}h
    watches: [calm]
    quiet: {{attacks_a_day: 0}}
"""


@pytest.fixture(scope="module")
def terms() -> Agreement:
    text = TERMS.replace("BURDEN", "holder").replace("    unless: [reply]\n", "")
    return load(text.replace("against: [other-side, civilians]", "against: [civilians]") + EXTRA)


def events(hours: Any, act: str, affected: str) -> list[dict[str, Any]]:
    return [
        {
            "incident_id": f"{act}-{hour:03d}",
            "occurred_from": START + timedelta(hours=int(hour)),
            "occurred_to": START + timedelta(hours=int(hour)),
            "act": act,
            "affected": affected,
        }
        for hour in hours
    ]


def certain(terms: Agreement, rows: list[dict[str, Any]], at: datetime) -> Complied:
    incidents = table("incidents").frame(rows)
    author = np.zeros((1, incidents.height), dtype=int)
    return comply(terms, Posterior(at, incidents, ("north",), author))


@pytest.mark.parametrize("seed", range(5))
def test_every_hour_has_the_verdict_of_the_monitor(terms: Agreement, seed: int) -> None:
    rng = np.random.default_rng(seed)
    fire = rng.random(HOURS) < 0.05
    fire[: int(rng.integers(8, 20))] = False
    shell, leave = rng.random(HOURS) < 0.15, rng.random(HOURS) < 0.25
    both = shell & leave
    leave[both] = False  # what happens in the same hour has no order to speak of
    rows = [
        *events(np.flatnonzero(fire), "sniper", "civilians"),
        *events(np.flatnonzero(shell), "shelling", "north"),
        *events(np.flatnonzero(leave), "withdrawal", "north"),
    ]
    kept = absence(fire, np.ones(HOURS, bool))
    # A quiet run of twelve hours covers the eleven samples before this one and this one.
    quiet = np.logical_or.accumulate(quiet_window(~fire, WINDOW - 1) & (np.arange(HOURS) >= WINDOW - 1))
    # An answer is due before six hours have passed: after five samples, and it is told at the sixth.
    in_time = np.logical_and.accumulate(answered(shell, leave, WITHIN - 1))
    for hour in range(0, HOURS, 3):
        # Just before the next sample: all of this hour is known, nothing of the next.
        result = certain(terms, rows, START + timedelta(hours=hour + 1) - timedelta(seconds=1))
        verdict = result.verdicts.filter((pl.col("norm_id") == "calm") & (pl.col("holder") == "north"))
        assert (verdict["verdict"].item() == "breached") == (not kept[hour]), hour
        met = result.at(START + timedelta(hours=hour + 1)).where("run", "met").probability
        assert met == float(quiet[hour]), hour
        if shell[: hour + 1].any():
            missed = result.where("answer", "breached", "north").probability
            assert missed == float(hour > 0 and not in_time[hour - 1]), hour
