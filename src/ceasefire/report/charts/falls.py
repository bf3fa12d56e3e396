"""A waterfall: how a sum comes about, one bar a step, each where the one before it ended.

In: a pair's steps. Out: one drawing, as wide as its column, and a sentence for those who do not see it. What speaks for one
happening is filled, what speaks against is open, so that it reads without colour.
"""

from __future__ import annotations

from markupsafe import Markup, escape

from ceasefire.report.charts.strokes import f, pc, tag, text
from ceasefire.report.pairs import PRIOR, Pair

ROW = 19  # pixels a step
BAR = 9
LEFT, RIGHT = 0.47, 0.88  # where the bars begin and end; words stand before, figures after


def signed(value: float) -> str:
    """Nats with their sign and one decimal, or two where one would show none."""
    shown = f"{value:+.1f}" if abs(value) >= 0.05 else f"{value:+.2f}"
    return shown.replace("-", "−") if float(shown) else "0.0"


def sentence(pair: Pair, verdict: str) -> str:
    """The steps in words."""
    steps = [f"{PRIOR} {signed(pair.prior)}"]
    steps += [f"{step.words} {signed(step.weight)}" for step in pair.telling]
    return f"{'; '.join(steps)}; sum {signed(pair.weight or 0.0)}, {verdict}"


def waterfall(pair: Pair, title: str, verdict: str) -> Markup:
    """The steps that say something, from what was known beforehand to the sum."""
    total = pair.weight or 0.0
    steps = [(PRIOR, 0.0, pair.prior)] + [(s.words, s.before, s.weight) for s in pair.telling]
    ends = [
        0.0,
        total,
        *(before for _, before, _ in steps),
        *(before + weight for _, before, weight in steps),
    ]
    low, high = min(ends), max(ends)
    width = (high - low) or 1.0

    def place(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (value - low) / width

    height = ROW * (len(steps) + 1) + 4
    zero = pc(place(0.0))
    pieces = [tag("title", escape(title)), tag("desc", escape(sentence(pair, verdict)))]
    pieces.append(tag("line", x1=zero, x2=zero, y1=0, y2=height, class_="grid"))
    for n, (words, before, weight) in enumerate([*steps, ("sum", 0.0, total)]):
        last = n == len(steps)
        y, base = n * ROW + (4 if last else 0), n * ROW + (4 if last else 0) + 13
        start, end = place(min(before, before + weight)), place(max(before, before + weight))
        css = "step sum" if last else "step for" if weight > 0 else "step"
        if last:
            pieces.append(tag("line", x1="0%", x2="100%", y1=y - 1, y2=y - 1, class_="base"))
        pieces.append(text("0%", base, words, css="t strong" if last else "t"))
        pieces.append(tag("rect", x=pc(start), width=pc(end - start), y=f(y + 5), height=BAR, class_=css))
        if not last:
            to = place(before + weight)
            pieces.append(tag("line", x1=pc(to), x2=pc(to), y1=y + 5, y2=y + ROW + 6, class_="thread"))
        pieces.append(text("100%", base, signed(weight), anchor="end", css="t strong" if last else "t"))
    return Markup(  # every piece is escaped where it is made
        f'<svg role="img" aria-label="{escape(title)}" class="chart fall" width="100%" height="{f(height)}">'
        f"{''.join(pieces)}</svg>"
    )
