"""Every prior and threshold of attribution, in one place, each with its reason.

All are our choice, unless a line says otherwise; none is estimated from an outside data set or tuned to an answer. The
rule for when silence counts was narrowed after a run on Donbas, where incidents leaned one way on silence alone; the figures of
learning were settled on generated accounts whose seeds no bench uses. They
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

# Of denials, and of accounts that name several: "suggests" counts this fraction of "asserts", half-way to saying nothing.
SUGGESTS: Final = 0.5
# How often what is right, and what is wrong, is hedged, against how often anything is: so a hedged account weighs about half a
# firm one. Learned by camp with the weight of so many accounts; then it shows what firm words are worth as well.
HEDGED: Final = (0.6, 1.6)
HEDGE_WEIGHT: Final = 100.0

# Several accounts of one camp (or of sources without one) on one incident may come from one mouth. With chance JOINED all repeat a
# line that somebody drew up: then they are worth one account, however many. With chance LINED each follows the line at the rate
# FOLLOW; else each speaks for itself. Learned where there is enough, as if these had been seen in so many incidents.
JOINED_CAMP: Final = 0.2
JOINED_NEUTRAL: Final = 0.1
LINED_CAMP: Final = 0.4
LINED_NEUTRAL: Final = 0.1
FOLLOW: Final = 0.7
TOGETHER_WEIGHT: Final = 40.0
# A side may have a line for a whole day, whatever happens: so often before anything is known, worth so many days.
DAYS_LINED: Final = 0.05
DAYS_WEIGHT: Final = 20.0
# ... and only where that explains what is said better by so many nats in all, and so many a day.
DAYS_NATS: Final = 10.0
DAYS_EACH: Final = 0.6
# A line is confused as its camp's sources are; learned with this weight, in lines. What sources without a camp share is an
# impression of what is hard to read: how often it is wrong cannot be learned from them, and stays as elicited.
LINE_WEIGHT: Final = 40.0

# Denials, and accounts that name several at once, are weighed apart from the rest: n of one side and kind count as
# n / (1 + (n - 1) rho), at most 1 / rho. The design effect of survey sampling (Kish 1965).
RHO_CAMP: Final = 0.5
RHO_NEUTRAL: Final = 0.3

# Who tells and names nobody: the same for all true answers until learned.
NAMES_NOBODY: Final = 0.15

# Copying between sources that fusion has not seen: a source repeats an earlier one when what both say is this much more probable
# so, in nats, over at least this many incidents, and it does so this often at the least.
COPY_GAIN: Final = 8.0
COPY_FEWEST: Final = 8
COPY_LEAST: Final = 0.15
COPY_EVER: Final = 0.97  # nobody repeats another always
COPY_MOST: Final = 200  # accounts of one incident that are paired

# Flat prior: every party, "accident" and "third_party" alike; an outsider that somebody names shares the
# third party's part, so that naming one does not change what the parties start from. Its own uncertainty in
# nats: base rates that differ by a factor of two between parties are ordinary.
PRIOR_SD: Final = 0.7

# Uncertainty, in nats, of each entry of the tables above (a factor of 1.5 for testimony; admissions are rare,
# so their table entries are known less well). Shared by all voices of one side on one incident.
TESTIMONY_SD: Final = 0.4
ADMISSION_SD: Final = 0.7
DENIAL_SD: Final = 0.3
INTERVAL: Final = 0.9
INTERVAL_Z: Final = 1.6448536269514722  # 90 %

# Instants at which an answered incident is weighed anew to tell how long the answer took. Where accounts became known at more,
# these are spread evenly over them, and the time told is late by at most one step.
MOST_INSTANTS: Final = 64

# Pairs of parties whose labels are exchanged one by one to show that answers swap; of more, those next to each other in order.
MOST_PAIRS: Final = 10

# At most this many outsiders per incident become answers of their own; the rest count as "third_party". Of more parties than
# MAX_PARTIES, those with sources of their own are answers everywhere, and the others only where they are named.
MAX_OUTSIDERS: Final = 4
MAX_PARTIES: Final = 24
MAX_NAMED: Final = 16  # outsiders per incident where there are so many parties

# Learning: a source's figures are shrunk to those of its kind in its camp, and these to the tables above, with these weights in
# accounts. Base rates start from this many incidents for each answer, and those of a place are worth so many beside what others
# near there were found to be. With fewer shared incidents than this nothing is learned at all.
SOURCE_WEIGHT: Final = 10.0
KIND_WEIGHT: Final = 100.0
BASE_WEIGHT: Final = 30.0
PLACE_WEIGHT: Final = 100.0
# What is learned from accounts of the same incidents fits them better than it should, and accounts share causes that nobody knows
# of: then a nat of testimony counts as this much (a coarsened posterior, Miller and Dunson 2019).
WORTH: Final = 0.85
# ... and the fewer the incidents, the less: by this much where there are none, by half of it at so many.
WORTH_FEW: Final = 0.2
WORTH_INCIDENTS: Final = 150.0
MIN_SHARED_INCIDENTS: Final = 50
ROUNDS: Final = 40
LEADERS_AT: Final = (6, 16, 26)  # rounds after which leaders are looked for
STANDING_AT: Final = (11, 21)  # ... and where sources stand
DAYS_EVERY: Final = 4  # rounds between looks for lines of a day
PLACES_EVERY: Final = 4  # rounds between looks at what was found near a place
STILL: Final = 1e-3  # posteriors stand still when they move less than this in the mean

# A source is read as listed until its own words say otherwise by this many nats, and changes where it stands at the same price. It
# is looked at in blocks of so many accounts, at most so many of them, when it has this many in all.
STAND_NATS: Final = 10.0
STAND_BLOCK: Final = 20
STAND_BLOCKS: Final = 12
STAND_FEWEST: Final = 30

# Silence, only when incidents with places are given. A source covers an incident when it named the author of at least this many
# others within so many km. (Merely being listed there is not enough: a compiler's list of articles leaves sources out that did
# report, and registers of one side's dead blame nobody.) How much of what happens near there, and then, it tells of is shrunk to
# its usual share with COVER_WEIGHT incidents. Of its own side's acts a camp's voice tells less: the odds fall by this many nats.
NEAR_KM: Final = 25.0
NEAR_DAYS: Final = 5.0
CELL_KM: Final = 2.5  # incidents of one cell of this size count as at one place, and of one time
CELL_DAYS: Final = 0.5
SILENCE_MIN_REPORTS: Final = 3
COVER_WEIGHT: Final = 4.0
SILENCE_OWN: Final = 0.7
# How far kinds and sources differ in that, and incidents in how much all tell of them (variances of the log-odds).
SILENCE_VARIANCE: Final = 0.25
SILENCE_SOURCE_VARIANCE: Final = 0.15
GRAVITY_VARIANCE: Final = 0.5
# The silences of one camp are not independent: n count as n / (1 + (n - 1) rho). Learned by camp from how often its sources tell
# and keep silent together more than expected, shrunk to this with the weight of so many fully varying pairs.
RHO_SILENCE: Final = 0.2
RHO_LEAST: Final = 0.01
SILENCE_PAIRS: Final = 500.0

# The smallest sets that flip an answer: all sets of up to SETS_EXACT are weighed where that means at most SETS_WEIGHED accounts for
# an incident (three of 49 sources, two of 126, one of 1,000); beyond that one more is left out at a time, the one that costs the
# answer most, up to SETS_GREEDY in all, where pairs could be weighed.
SETS_EXACT: Final = 3
SETS_WEIGHED: Final = 1_000_000
SETS_GREEDY: Final = 8
SETS_TIED: Final = 4  # equally small sets that are named, where several leave the answer equally improbable

# Leaving one source out, and tipping values, take the square of an incident's sources: of more than these they are not told, since
# one of so many decides nothing. Incidents of so many sources are rare: copies that fusion knows of count as one.
LEFT_OUT_MOST: Final = 1_000
TIPPING_MOST: Final = 300

# The worst case is told for these shares of every independent account, and of the prior, that may say anything: one in twenty, one
# in ten, one in five. Ours, as marks on a scale; the share at which an answer breaks down is told beside them.
CONTAMINATION: Final = (0.05, 0.1, 0.2)

# A hypothesis is the answer when at least so many independent origins tell the hypotheses apart and it stays more probable than all
# others together without any one origin and, at the same time, with any one rating a step off: one source may be wrong, and one
# reading. The two figures are those of reasonable grounds.
HYPOTHESIS_LEAST: Final = 0.5
HYPOTHESIS_ORIGINS: Final = 2

# The standard that turns the leading answer into the answer (a policy, not a law; see the vocabulary).
ANSWER_STANDARD: Final = "reasonable_grounds"
TIE: Final = 1e-9
IDS_SHOWN: Final = 20
NOT_JUDICIAL: Final = "not a judicial finding"

# What is known apart from testimony (``context``): odds of an answer against any other, by fact. Elicited, and never 0: what an
# incident was (an air strike, at this place, on this side) is itself known from accounts, which may be wrong, and means can be
# borrowed, hidden or bought. One who has not the means: as one in twenty; where that is contested, one in three.
NO_MEANS_ODDS: Final = 1 / 20
CONTESTED_MEANS_ODDS: Final = 1 / 3
# A party seldom attacks what it holds (mistakes, reprisals, and places that changed hands remain).
HOLDER_ODDS: Final = 1 / 4
# Who is hit seldom did it itself, nor did its allies (mistaken strikes, and staged ones, remain).
AFFECTED_ODDS: Final = 1 / 6
ALLY_AFFECTED_ODDS: Final = 1 / 3
# The uncertainty of each of these figures in nats (a factor of two), one error for all incidents in which it is used.
CONTEXT_SD: Final = 0.7
# No single term of a table ``prior_terms`` may exceed a factor of twenty, nor may all findings of an incident together.
PRIOR_TERM_MOST: Final = 3.0
# Acts that somebody directs at somebody: of others (fighting, withdrawals, refusals) control and context say nothing.
ATTACKS: Final = frozenset({"remote", "direct", "aid"})  # kinds of act in the vocabulary
MEANS_OPEN: Final = frozenset({"aid"})  # kinds of act that may be done by any means

# The bootstrap behind the intervals: replicates for up to so much work (accounts, and a tenth of the
# figures of sources), none above.
# Twenty-four give the spread to within a sixth.
REPLICATES: Final = ((200_000, 24), (2_000_000, 8))
JOINT_REPLICATES: Final = 8  # of which so many stand for the joint draws of the worlds
JOINT_LEAST: Final = 0.05  # nats: smaller joint movements are left out
LEAST_COUNT: Final = 1e-3  # evidence behind a cell of a source's figures, at the least

# How well accounts are foretold (table ``fit``): of so many at most, for a camp only from so many on; draws of incidents.
FORETOLD_MOST: Final = 2_000
FORETOLD_CELLS: Final = (
    4_000_000  # ... and no more than so many numbers; of incidents with more accounts than are paired, none
)
CALIBRATION_FEWEST: Final = 30
CALIBRATION_DRAWS: Final = 200
