"""Every threshold of the coverage room, in one place, with its source.

Those marked *ours* are choices, fixed before any result was looked at; the rest come from a published rule. Change
them here only.
"""

from __future__ import annotations

WINDOWS_DAYS = (14, 28)
"""Days compared on each side of a truce's start. Ours: a fortnight and four whole weeks."""

MAX_SPAN_DAYS = 6
"""A happening dated to more days than this is too vague for a daily rate. UCDP GED code book: date_prec 2 = 2-6 days."""

CONFIDENCE = 0.95
"""Level of the exact interval of a rate ratio."""

PLACEBO_REACH_DAYS = 182
"""Days on each side of a start that serve as placebo starts. Ours: half a year, so that the season is shared."""

PLACEBO_ADDED = 0.5
"""Added to both counts of a placebo ratio, so that days with none before can be ranked (Haldane-Anscombe)."""

MIN_PLACEBO_DAYS = 60
"""With fewer placebo days than this no share is given. Ours."""

MIN_BEFORE = 6
"""With fewer before, even none after leaves 1 inside the 95 % interval: 0.025 ** (1 / 5) < 0.5 (equal windows)."""

WATCH_DAYS = 3
"""A day without news is watched only if the area was reported from this many days before and after. Ours: the week around."""

MIN_WATCHERS = 2
"""Sources that must have reported from the area in the week around. Ours."""

NOT_WATCHERS = frozenset({"memorial_register", "dataset"})
"""Kinds of source that list happenings long afterwards: their silence says nothing about a day."""

NO_EFFORT_UNITS = frozenset({"denied patrols"})
"""Units of the effort table that count watching which did not take place."""

MIX_P = 0.01
"""Two-sided Fisher test, after Bonferroni over the groups tested, below which the mix of sources breaks. Ours."""

MIX_SHIFT = 0.25
"""And the share of the group must have moved by at least this much. Ours."""

EXACT = frozenset({"", "exact"})
"""Qualifiers of a count that allow arithmetic; any other word makes the figure a bound or a rounding."""
