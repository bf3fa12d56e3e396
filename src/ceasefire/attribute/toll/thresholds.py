"""Every prior and threshold of casualties, acts and victims, each with its reason.

All are our choice unless a line says otherwise; none is fitted to a named conflict, and none knows a party by name: a camp's bias
goes by its role only. How far sources are to be believed at all comes from ``attribute.priors``, the same for all questions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

QUANTITIES: Final = ("killed", "injured")

# ---------------------------------------------------------------- a camp and what a figure tells against
# Where the victims are a party's: whose dead they are for the speaker's camp. Where they are of no side (civilians, aid workers):
# who is held to have done it, by the probabilities of attribution. "early" is no role: a figure given within hours.
ROLES: Final = (
    "own dead",
    "ally's dead",
    "opponent's dead",
    "own act",
    "ally's act",
    "opponent's act",
    "other",
)
OWN_DEAD, ALLY_DEAD, FOE_DEAD, OWN_ACT, ALLY_ACT, FOE_ACT, OTHER = range(7)
EARLY: Final = 7
COLUMNS: Final = (*ROLES, "early")

# Logarithm of how far such a figure lies from the truth, and its standard deviation: what tells against oneself is played down,
# what tells against the opponent played up. A factor of 0.75 to 1.35; the deviations allow none at all, and twice as much.
BIAS: Final[Mapping[str, tuple[float, float]]] = {
    "own dead": (-0.20, 0.30),
    "ally's dead": (-0.15, 0.30),
    "opponent's dead": (0.30, 0.35),
    "own act": (-0.30, 0.35),
    "ally's act": (-0.20, 0.30),
    "opponent's act": (0.20, 0.30),
    "other": (0.0, 0.15),
    # Bodies are still found: on the first day a figure is some way below what is counted later.
    "early": (-0.15, 0.15),
}
EARLY_DAYS: Final = 1.0  # how fast that wears off (e-fold)

# ---------------------------------------------------------------- how figures scatter
# Logistic scale of the logarithm of an honest count around the truth: two in three lie within a factor of 1.3. Learned, as if so
# many accounts had been seen before.
SCATTER: Final = 0.16
SCATTER_WEIGHT: Final = 20.0
SCATTER_RANGE: Final = (0.10, 0.45)
# Some incidents are harder to count than others: the scatter of each is its own, shrunk to that of all with so many figures; the
# error below grows with it. So accounts that disagree widen the interval, and do not merely average out.
OWN_SCATTER_WEIGHT: Final = 4.0
EASIER: Final = 0.7  # times that of all, at the least
# Standard deviation of the error that the accounts of one side have in common on one incident (they share witnesses, hospitals,
# offices), and of the accounts of no camp: so a flood of one side's figures never pins a toll down.
SHARED_SIDE: Final = 0.25
SHARED_NEUTRAL: Final = 0.17
# An account may be of something else: a part of the dead, a total of several places, an invention. Then its figure is drawn from
# what figures of this case look like, so much wider, or is nought this often. How seldom: ``ASTRAY``.
STRAY_WIDER: Final = 1.3
STRAY_NONE: Final = 0.05
# "At least 12": seldom said by who counts 200. The chance falls with the logarithm of the excess, by this e-fold; "at most" alike.
EXCESS: Final = 0.5
# A span whose upper end is more than so many times its lower end (or one) tells nothing: where nothing else is told there is no
# estimate, which would be what is usual and not what was said.
SPAN_TELLS: Final = 10.0
# Share of honest figures that are the toll itself: somebody has a list of names. So where some say 12 and some 20, the toll is more
# probably one of the two than what lies between. The first of a side who gives a figure counts so, not who repeats it.
LISTED: Final = 0.12
# Share of exact figures that are rounded to so many, where they are a multiple of it. The shares of grains that cannot be, or that
# are larger than half the figure, go to single counting.
GRAINS: Final = (5, 10, 50, 100)
ROUNDED: Final = (0.20, 0.25, 0.15, 0.10)
GRAIN_FROM: Final = (10, 20, 100, 200)

# ---------------------------------------------------------------- tolls before anybody speaks
# Logarithm of the toll of an incident for which there is a figure at all: logistic, so that the tail falls as a power of the toll
# (deaths in armed conflict do: Bohorquez et al. 2009); median 3, nine in ten up to 30 or so. Learned, as if so
# many incidents had been seen before.
TOLL_MEAN: Final[Mapping[str, float]] = {"killed": math.log(3.0), "injured": math.log(5.0)}
TOLL_SD: Final = 1.2
TOLL_WEIGHT: Final = 20.0
TOLL_SD_LEAST: Final = 0.7
# Nobody killed (injured), where somebody says that it may be so.
NONE_HIT: Final[Mapping[str, float]] = {"killed": 0.25, "injured": 0.25}
# Injured for one killed: logarithm and spread between incidents. Learned likewise.
INJURED_PER_KILLED: Final = math.log(2.0)
INJURED_SD: Final = 1.0
RATIO_WEIGHT: Final = 10.0

# ---------------------------------------------------------------- whether an account is of this, and honest
# Kinds of source that attribution believes a times in b are believed here alike (``priors.NEUTRAL_HIT``), then by what the case
# shows: shrunk to the kind with so many accounts.
# Of the accounts in which such a source would be wrong about the author, this share is wrong about what happened or how many.
ASTRAY: Final = 0.4
RELIABILITY_WEIGHT: Final = 8.0
LEARN_FROM: Final = 2  # voices on an incident from which on something can be learned of one by the others
LEARN_MOST: Final = 2000  # incidents from which that is learned, at the most, evenly spread
# Who gives the very figure that another gave before may have it from there, though nothing says so: as probably as this.
ECHO: Final = 0.1
# Copies of an account weigh together no more than this share of it, however many.
RESIDUAL: Final = 0.1

# ---------------------------------------------------------------- acts and victims
# An honest account of x, the truth being a: the same word; a word that goes with it (a convoy attack told by its means, "fighting"
# without means); another word; relative weights.
SAME: Final = 1.0
GOES_WITH: Final = 0.35
MISNAMED: Final = 0.06
NOT_NAMED: Final = "not_named"
NOT_NAMED_PRIOR: Final = 0.10
NONE: Final = "none"  # nothing of the kind happened
NONE_PRIOR: Final = 0.05
DENIED: Final = 0.9  # P(a denial that anything happened | nothing did)
VAGUE_ACTS: Final = frozenset({"other"})
# Kinds of actor who take no part in hostilities (vocabulary actor_kinds), and words for them where actors lists nobody.
CIVILIAN_KINDS: Final = frozenset({"civilian", "humanitarian"})
CIVILIAN_WORDS: Final = frozenset({"civilians", "civilian", "humanitarian", "medical"})

# ---------------------------------------------------------------- rules of others
# A source is credible on a toll unless it speaks as a party: of a camp, and of a kind that follows its camp this far
# (``priors.ALIGNMENT``). Where nobody else gives a figure, all are.
FOLLOWS: Final = 0.8

# ---------------------------------------------------------------- arithmetic
POINTS: Final = 28  # values of a toll that are weighed, at the most
REACH: Final = 5.0  # ... from the lowest figure divided by this to the highest times this
NODES: Final = 7  # of the sum over a side's shared error, evenly spaced
SPACING: Final = 0.8  # between them, in standard deviations
# Voices of a side that count in full on one toll: beyond, the error that they share is nearly all, and more of them share this.
CROWD: Final = 6.0
SWEEPS: Final = 2  # between casualties, act and victims
ROUNDS: Final = 12  # of learning biases
LOW: Final = 0.05
HIGH: Final = 0.95
