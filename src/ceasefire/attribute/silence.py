"""Telling and keeping silent as evidence: what each camp's telling of an incident says of who did it.

In: opportunities to tell by incident and frame, the posterior. Out: effects by kind, source and incident on the logit of telling
(Newton steps with ridge penalties), nats by incident, frame and slot, and how far the silences of one camp go together. A telling
that was copied says nothing of its author's reasons to tell: only the part that is its own counts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ceasefire.attribute.kernel import answers
from ceasefire.compiled import compiled, lean

# Kinds and sources explain the same tellings: each goes half of the way, or together they would go twice too far.
HALF = 0.5


class Chances(NamedTuple):
    """Opportunities to tell of incident i are ``start[i]:start[i + 1]``, by frame; those from ``free[i]`` on are of sources without
    a camp. ``speaker``, ``frame``, ``kind``; ``told``; ``usual``: logit of telling there and then; ``own``: the part that is not
    copied. ``rows``: frames x base answers; ``base``: incidents x slots, -1 unused."""

    start: Any
    free: Any
    speaker: Any
    frame: Any
    kind: Any
    told: Any
    usual: Any
    own: Any
    rows: Any
    base: Any


class Effects(NamedTuple):
    """Changes of the logit of telling: ``by_kind`` (frames x kinds x rows), ``by_speaker`` (x rows), ``gravity`` (by incident)."""

    by_kind: Any
    by_speaker: Any
    gravity: Any


@lean
def _chance(logit: float) -> Any:
    return 1.0 / (1.0 + np.exp(-logit))


@compiled
def follow(
    of: Any, effects: Any, posterior: Any, elicited: Any, camped: Any, kind_variance: float, speaker_variance: float,
    gravity_variance: float,
) -> None:  # fmt: skip
    """One Newton step on each effect, given who did it; and one along the ridge on which what all tell of an author's acts could be
    their gravity or the camps' reasons: there the steps by themselves would hardly move."""
    start, free, speaker, frame, kind, told, usual, own, rows, base = of
    by_kind, by_speaker, gravity = effects
    kind_off, kind_bend = np.zeros_like(by_kind), np.zeros_like(by_kind)
    off, bend = np.zeros_like(by_speaker), np.zeros_like(by_speaker)
    mass, high, flat = np.zeros(rows.shape[1]), np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    for i in range(len(start) - 1):
        slots = answers(base[i])
        rise, fall = -gravity[i] / gravity_variance, 1.0 / gravity_variance
        for k in range(start[i], free[i]):
            f, g, s = frame[k], kind[k], speaker[k]
            for z in range(slots):
                row = rows[f, base[i, z]]
                chance = _chance(usual[k] + gravity[i] + by_kind[f, g, row] + by_speaker[s, row])
                weight = posterior[i, z] * own[k]
                more, less = weight * (told[k] - chance), weight * chance * (1.0 - chance)
                rise += more
                fall += less
                kind_off[f, g, row] += more
                kind_bend[f, g, row] += less
                off[s, row] += more
                bend[s, row] += less
        more, less = 0.0, 0.0
        for k in range(free[i], start[i + 1]):
            chance = _chance(usual[k] + gravity[i])
            more += own[k] * (told[k] - chance)
            less += own[k] * chance * (1.0 - chance)
        step = min(max((rise + more) / (fall + less), -0.5), 0.5)
        gravity[i] += step
        for z in range(slots):
            mass[base[i, z]] += posterior[i, z]
            high[base[i, z]] += posterior[i, z] * (gravity[i] / gravity_variance - more + less * step)
            flat[base[i, z]] += posterior[i, z] * (1.0 / gravity_variance + less)
    for f in range(by_kind.shape[0]):
        for g in range(by_kind.shape[1]):
            for row in range(by_kind.shape[2]):
                rise = kind_off[f, g, row] - (by_kind[f, g, row] - elicited[f, g, row]) / kind_variance
                fall = kind_bend[f, g, row] + 1.0 / kind_variance
                by_kind[f, g, row] += HALF * min(max(rise / fall, -1.0), 1.0)
    for s in range(by_speaker.shape[0]):
        for row in range(by_speaker.shape[1]):
            rise = off[s, row] - by_speaker[s, row] / speaker_variance
            fall = bend[s, row] + 1.0 / speaker_variance
            by_speaker[s, row] += HALF * min(max(rise / fall, -1.0), 1.0)
    shift = high / np.maximum(flat, 1.0)
    for i in range(len(start) - 1):
        for z in range(answers(base[i])):
            gravity[i] -= posterior[i, z] * shift[base[i, z]]
    for f in range(by_kind.shape[0]):
        if not camped[f]:
            continue
        for row in range(by_kind.shape[2]):
            met, moved = 0.0, 0.0
            for answer in range(rows.shape[1]):
                if rows[f, answer] == row:
                    met += mass[answer]
                    moved += mass[answer] * shift[answer]
            for g in range(by_kind.shape[1]):
                by_kind[f, g, row] += moved / max(met, 1.0)


@compiled
def speak(of: Any, effects: Any, alike: Any, at: Any, terms: Any, posterior: Any, shared: Any) -> None:
    """Nats of each incident and frame for each slot (rows of ``terms``, from ``at[i]`` on), their sources counted as fewer where
    they go together (``alike``: correlation, by frame). Fills ``shared`` (frames x 2): products of what pairs of sources did that
    was not expected, given who did it, and of what they vary."""
    start, free, speaker, frame, kind, told, usual, own, rows, base = of
    by_kind, by_speaker, gravity = effects
    shared[:] = 0.0
    width = base.shape[1]
    gap, square, spread, vary = np.empty(width), np.empty(width), np.empty(width), np.empty(width)
    for i in range(len(start) - 1):
        slots = answers(base[i])
        line, first = at[i], start[i]
        while first < free[i]:
            f, last, count = frame[first], first, 0.0
            gap[:], square[:], spread[:], vary[:] = 0.0, 0.0, 0.0, 0.0
            while last < free[i] and frame[last] == f:
                g, s = kind[last], speaker[last]
                count += own[last]
                for z in range(slots):
                    row = rows[f, base[i, z]]
                    chance = _chance(usual[last] + gravity[i] + by_kind[f, g, row] + by_speaker[s, row])
                    terms[line, z] += own[last] * np.log(chance if told[last] else 1.0 - chance)
                    out, varies = own[last] * (told[last] - chance), own[last] ** 2 * chance * (1.0 - chance)
                    gap[z] += out
                    square[z] += out * out
                    spread[z] += np.sqrt(varies)
                    vary[z] += varies
                last += 1
            for z in range(slots):
                if count > 1.0:
                    terms[line, z] /= 1.0 + (count - 1.0) * alike[f]
                shared[f, 0] += posterior[i, z] * (gap[z] ** 2 - square[z])
                shared[f, 1] += posterior[i, z] * (spread[z] ** 2 - vary[z])
            line += 1
            first = last
