"""Three automata over one world: does the truce hold at each sample of a trace?

In: arrays of flags, one entry a sample, samples at equal steps (an hour, say). Out: an array of verdicts, the verdict at
each sample given only that sample and those before it.

Method: past formulas of metric temporal logic (Koymans 1990), each as an automaton with one number for its state, so that
a sample costs the same whatever the width of the window. The peers it is checked against are reelay (Ulus) and rtamt
(Nickovic and Yamaguchi): ``bench/agreement.py``. The kernels let other threads run.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ceasefire.compiled import compiled

Flags: TypeAlias = npt.NDArray[np.bool_] | npt.NDArray[np.uint8]
Verdicts: TypeAlias = npt.NDArray[np.bool_]


def absence(bad: Flags, bound: Flags) -> Verdicts:
    """``historically(bound -> not bad)``: true as long as nothing bad was seen while bound.

    In: flags per sample. Out: verdict per sample; once false, false to the end.
    """
    bad, bound = _flags(bad), _flags(bound)
    _same_length(bad, bound)
    verdicts: Verdicts = _absence(bad, bound)
    return verdicts


def quiet_window(quiet: Flags, steps: int) -> Verdicts:
    """``historically[0:steps](quiet)``: all of the last ``steps + 1`` samples were quiet.

    In: flags per sample, width of the window. Out: verdict per sample. What came before the trace counts as quiet: a
    window that is not full yet is false only if a sample in it was not quiet.
    """
    quiet = _flags(quiet)
    verdicts: Verdicts = _quiet_window(quiet, _width(steps))
    return verdicts


def answered(trigger: Flags, answer: Flags, steps: int) -> Verdicts:
    """``not ((not answer) since[steps:inf] trigger)``: no trigger has waited ``steps`` samples for its answer.

    In: flags per sample, samples within which an answer is due. Out: verdict per sample; false from the sample ``steps``
    after an unanswered trigger until an answer comes. An answer at that very sample is still in time. An answer counts for
    the triggers of earlier samples, not for one of its own sample.
    """
    trigger, answer = _flags(trigger), _flags(answer)
    _same_length(trigger, answer)
    verdicts: Verdicts = _answered(trigger, answer, _width(steps))
    return verdicts


@compiled
def _absence(bad: Verdicts, bound: Verdicts) -> Verdicts:
    verdicts = np.empty(bad.size, np.bool_)
    holds = True
    for now in range(bad.size):
        holds = holds and not (bad[now] and bound[now])
        verdicts[now] = holds
    return verdicts


@compiled
def _quiet_window(quiet: Verdicts, steps: int) -> Verdicts:
    verdicts = np.empty(quiet.size, np.bool_)
    # The state is how many samples in a row were quiet, counted no further than the window asks.
    run = steps + 1
    for now in range(quiet.size):
        run = min(run + 1, steps + 1) if quiet[now] else 0
        verdicts[now] = run > steps
    return verdicts


@compiled
def _answered(trigger: Verdicts, answer: Verdicts, steps: int) -> Verdicts:
    verdicts = np.empty(trigger.size, np.bool_)
    # The state is the oldest trigger still open: if it has not waited too long, none has. An answer closes all of them
    # before the trigger of the same sample is opened. ``size`` stands for "none open": no sample lies after it.
    none = trigger.size
    oldest = none
    for now in range(trigger.size):
        if answer[now]:
            oldest = none
        if trigger[now] and oldest == none:
            oldest = now
        verdicts[now] = now - oldest < steps or oldest == none
    return verdicts


def _flags(values: Flags) -> Verdicts:
    """Flags as booleans; those that are booleans already are not copied."""
    flags = np.ascontiguousarray(values, dtype=np.bool_)
    if np.ndim(values) != 1:
        raise ValueError(f"one flag a sample is expected, found an array of {np.ndim(values)} dimensions")
    return flags


def _same_length(left: Verdicts, right: Verdicts) -> None:
    if left.size != right.size:
        raise ValueError(f"both traces must have the same samples, found {left.size} and {right.size}")


def _width(steps: int) -> int:
    if steps < 0:
        raise ValueError(f"a window cannot have {steps} steps")
    return steps
