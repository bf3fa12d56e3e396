"""Every prior and threshold of attribution, in one place, each with its reason.

All are our choice, unless a line says otherwise; none is estimated from an outside data set or tuned to an answer. The
rule for when silence counts was narrowed after a run on Donbas, where incidents leaned one way on silence alone. They
are relative to the speaker (its own side, its ally, the opposing side, outside), never to a named party, so that swapping
two parties swaps the results. Change them here and nowhere else; ``docs/methods/attribution.md`` explains them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ACCIDENT: Final = "accident"
THIRD_PARTY: Final = "third_party"
UNDETERMINED: Final = "undetermined"

# Words in an actor cell that name nobody (coding habits of several data sets).
NOBODY: Final = frozenset({"", "none", "unknown", "unidentified", "undetermined", "not stated"})

# Role of the true author for the speaker. "any": the speaker has no camp, so all authors are alike to it.
ROLES: Final = ("own", "ally", "opposing", "other", "any")
OWN, ALLY, OPPOSING, OTHER, ANY = range(5)

# P(names the true author | it names somebody) for a speaker without a camp, by kind of source.
# Order of magnitude: mandated observers on the spot above organisations that verify, above those that relay.
NEUTRAL_HIT: Final[Mapping[str, float]] = {
    "un": 0.85,
    "red_cross": 0.85,
    "monitor_mission": 0.85,
    "monitor_ngo": 0.75,
    "medical_ngo": 0.70,
    "dataset": 0.70,
    "media_independent": 0.65,
    "state_official": 0.65,
    "local_activist": 0.60,
    "memorial_register": 0.60,
    "media_digest": 0.60,
    "media_state": 0.55,
    "guarantor_official": 0.55,
    "party_official": 0.55,
    "armed_group": 0.55,
}
NEUTRAL_HIT_DEFAULT: Final = 0.60

# How far a speaker of this kind follows its camp (1 = speaks as the party itself). A camp's own officials do
# not report against it; a monitor that sympathises verifies part of what it prints.
ALIGNMENT: Final[Mapping[str, float]] = {
    "party_official": 1.0,
    "armed_group": 1.0,
    "guarantor_official": 0.95,
    "media_state": 0.95,
    "state_official": 0.8,
    "memorial_register": 0.8,
    "local_activist": 0.6,
    "media_independent": 0.6,
    "media_digest": 0.6,
    "monitor_ngo": 0.5,
    "medical_ngo": 0.4,
    "monitor_mission": 0.3,
    "dataset": 0.3,
    "un": 0.2,
    "red_cross": 0.2,
}
ALIGNMENT_DEFAULT: Final = 0.7

# The fully aligned speaker: P(names the true author | it names somebody), by the author's role for it.
# Its own side's acts are seldom owned up to; the opponents' acts are told, and so are invented ones.
ALIGNED_HIT: Final[Mapping[str, float]] = {"own": 0.15, "ally": 0.20, "opposing": 0.65, "other": 0.45}

# ... and where it points instead when it does not name the true author (shares by role of the one named).
# Naming one's own camp falsely is rare: that is why an admission weighs so much. Not zero: groups have
# claimed what they did not do.
ALIGNED_MISS: Final[Mapping[str, Mapping[str, float]]] = {
    "own": {"own": 0.005, "ally": 0.025, "opposing": 0.60, "other": 0.37},
    "ally": {"own": 0.005, "ally": 0.025, "opposing": 0.60, "other": 0.37},
    "opposing": {"own": 0.005, "ally": 0.015, "opposing": 0.68, "other": 0.30},
    "other": {"own": 0.005, "ally": 0.015, "opposing": 0.68, "other": 0.30},
}

# A denial: P(it clears X | X did it) / P(it clears X | X did not), by X's role for the speaker.
# Everyone accused denies, guilty or not (0.85: next to nothing); clearing an opponent goes against interest.
ALIGNED_DENIAL: Final[Mapping[str, float]] = {"own": 0.85, "ally": 0.80, "opposing": 0.20, "other": 0.75}
NEUTRAL_DENIAL: Final = 0.30

# "suggests" counts this fraction of "asserts": hedged words are half-way to saying nothing.
SUGGESTS: Final = 0.5

# Voices of one side on one incident share their channels: n of them count as n / (1 + (n - 1) rho), so at
# most 1 / rho (two voices of a camp; three and a third of those without a camp). The design effect of survey
# sampling (Kish 1965) with an intra-camp correlation of our choice.
RHO_CAMP: Final = 0.5
RHO_NEUTRAL: Final = 0.3

# A copy or relay adds nothing to its origin (kept as a figure so that a sensitivity run can move it).
COPY_WEIGHT: Final = 0.0

# Flat prior: every party, "accident" and "third_party" alike; an outsider that somebody names shares the
# third party's part, so that naming one does not change what the parties start from. Its own uncertainty in
# nats: base rates that differ by a factor of two between parties are ordinary.
PRIOR_SD: Final = 0.7

# Uncertainty, in nats, of each entry of the tables above (a factor of 1.5 for testimony; admissions are rare,
# so their table entries are known less well). Shared by all voices of one side on one incident.
TESTIMONY_SD: Final = 0.4
ADMISSION_SD: Final = 0.7
DENIAL_SD: Final = 0.3
INTERVAL_Z: Final = 1.6448536269514722  # 90 %

# At most this many outsiders per incident become answers of their own; the rest count as "third_party".
MAX_OUTSIDERS: Final = 4

# Learning: a source's rate is shrunk to its kind, the kind's to the tables above, with these weights in
# reports (methods: about 20). With fewer shared incidents than this nothing is learnt at all.
SOURCE_WEIGHT: Final = 20.0
KIND_WEIGHT: Final = 50.0
MIN_SHARED_INCIDENTS: Final = 50
ITERATIONS: Final = 15

# Silence, only when incidents with places are given. A source covers a place and week when it named the author
# of at least this many other incidents in the same cell of this size. (Merely being listed there is not enough: a
# compiler's list of articles leaves sources out that did report, and registers of one side's dead blame nobody.)
# Its silence then counts this many nats for its own side, as if half again as likely; bounded per side by RHO_CAMP.
SILENCE_KM: Final = 30.0
SILENCE_DAYS: Final = 7.0
SILENCE_MIN_REPORTS: Final = 3
SILENCE_OWN: Final = 0.35

# The standard that turns the leading answer into the answer (a policy, not a law; see the vocabulary).
ANSWER_STANDARD: Final = "reasonable_grounds"
TIE: Final = 1e-9
IDS_SHOWN: Final = 20
NOT_JUDICIAL: Final = "not a judicial finding"
