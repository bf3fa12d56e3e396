"""The three properties, each said to the package, to reelay and to rtamt; random traces to ask all of them.

reelay: https://github.com/doganulus/reelay. rtamt: https://github.com/nickovic/rtamt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import reelay
import rtamt

from ceasefire.comply.monitors import Verdicts, absence, answered, quiet_window

Trace = Mapping[str, Verdicts]
WEEK, TWO_DAYS = 168, 48


@dataclass(frozen=True)
class Property:
    """One property over flags of these names, said three ways for a window of ``steps`` samples."""

    name: str
    inputs: tuple[str, ...]
    steps: int
    ours: Callable[..., Verdicts]
    reelay: str
    rtamt: str
    # How often each flag is true, one tuple a density, the calmest first; chosen so that both verdicts occur.
    densities: tuple[tuple[float, ...], ...]

    def trace(self, rng: np.random.Generator, samples: int, density: tuple[float, ...]) -> Trace:
        """A random trace: each flag true at each sample with its own chance."""
        return {name: rng.random(samples) < chance for name, chance in zip(self.inputs, density, strict=True)}

    def verdicts(self, trace: Trace) -> Verdicts:
        """What the package says."""
        return self.ours(*(trace[name] for name in self.inputs))


def never() -> Property:
    """Nothing bad while bound."""
    return Property(
        name="absence",
        inputs=("bad", "bound"),
        steps=0,
        ours=absence,
        reelay="historically({bound} -> not {bad})",
        rtamt="historically((bound >= 0) implies (not (bad >= 0)))",
        densities=((0.000_001, 0.5), (0.0002, 0.5), (0.001, 0.9), (0.02, 0.02)),
    )


def quiet_days(steps: int) -> Property:
    """Quiet for the whole window."""
    shares = (0.3, 1.0, 3.0)
    return Property(
        name="quiet window",
        inputs=("quiet",),
        steps=steps,
        ours=lambda quiet: quiet_window(quiet, steps),
        reelay=f"historically[0:{steps}]{{quiet}}",
        rtamt=f"historically[0:{steps}](quiet >= 0)",
        densities=tuple((1 - min(0.7, share / (steps + 1)),) for share in shares),
    )


def passes_in_time(steps: int) -> Property:
    """Every trigger answered within the window.

    rtamt has no ``since`` without an end and is quadratic in that end, so it is asked the same thing in two halves that it
    is quick at: the trigger was open ``steps`` samples ago, and no answer has come since then.
    """
    open_then = f"once[{steps}:{steps}]((not (answer >= 0)) since (trigger >= 0))"
    still_open = f"(historically[0:{steps - 1}](not (answer >= 0))) and ({open_then})" if steps else open_then
    return Property(
        name="answered",
        inputs=("trigger", "answer"),
        steps=steps,
        ours=lambda trigger, answer: answered(trigger, answer, steps),
        reelay=f"not ((not {{answer}}) since[{steps}:] {{trigger}})",
        rtamt=f"not ({still_open})",
        densities=tuple(
            (min(0.5, a / (steps + 1)), min(0.6, b / (steps + 1))) for a, b in ((0.2, 1), (1, 1), (3, 3))
        ),
    )


def rows(trace: Trace) -> list[dict[str, bool]]:
    """The trace as reelay reads it: a dict a sample."""
    columns = [flags.tolist() for flags in trace.values()]
    return [dict(zip(trace, sample, strict=True)) for sample in zip(*columns, strict=True)]


def signals(trace: Trace) -> list[list[tuple[str, float]]]:
    """The trace as rtamt reads it: true is 1, false is -1, never 0, so that the sign of a robustness is a verdict."""
    columns = [np.where(flags, 1.0, -1.0).tolist() for flags in trace.values()]
    return [list(zip(trace, sample, strict=True)) for sample in zip(*columns, strict=True)]


def reelay_update(prop: Property, condense: bool = False) -> Callable[[dict[str, bool]], dict[str, bool]]:
    """The ``update`` of a fresh reelay monitor; with ``condense`` it speaks only where the verdict changes."""
    return reelay.discrete_timed_monitor(pattern=prop.reelay, condense=condense).update


def rtamt_update(prop: Property) -> Callable[[int, list[tuple[str, float]]], float]:
    """The ``update`` of a fresh rtamt monitor (online, discrete time)."""
    spec = rtamt.StlDiscreteTimeOnlineSpecification()
    for name in prop.inputs:
        spec.declare_var(name, "float")
    spec.spec = prop.rtamt
    spec.parse()
    return spec.update


def reelay_verdicts(prop: Property, trace: Trace) -> Verdicts:
    """What reelay says at each sample."""
    update = reelay_update(prop)
    return np.array([update(row)["value"] for row in rows(trace)], dtype=np.bool_)


def rtamt_verdicts(prop: Property, trace: Trace) -> Verdicts:
    """What rtamt says at each sample; before the trace all is well, with infinite robustness."""
    update = rtamt_update(prop)
    return np.array([update(now, row) > 0 for now, row in enumerate(signals(trace))], dtype=np.bool_)
