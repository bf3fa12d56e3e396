"""What agreement is worth: every level of every feature with its default weight, and every limit of the stage.

A weight is the natural log of m/u: how much oftener the level is seen when two reports speak of one happening than
when they do not (Fellegi and Sunter 1969). The defaults are our judgement, written after reading the Syria reports but
not their answer key; with enough reports ``learn`` replaces them, shrunk towards these. How ``learn`` chooses its null
and damps prolific sources was settled after it failed on Donbas. Two defaults were set later, after looking at generated reports
of both makings: the prior, since few reports were merged too much, and the levels of the wording, when sounds were compared.
Change them here only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Level:
    """One level of a feature. ``chain`` groups levels that must keep their order, best first; empty = fixed."""

    name: str
    weight: float
    chain: str
    about: str


# Limits -----------------------------------------------------------------------------------------------------
# Log-odds that a candidate pair is one happening: about 1 in 19, of pairs already near in place and time
PRIOR = -2.9
# No single pair counts more against a merge than this; also the price of a pair too far apart to score
FLOOR = -8.0
WINDOW_H = 48.0  # two reports further apart than this cannot be one happening; a date is rarely wrong by more
SHARED_WINDOW_H = 168.0  # the same page, or the same wording, may carry a wrong date: a week
GATE = 5.0  # joint radii apart, for points known to a few km (methods/fusion: recall 0.96)
COARSE_GATE = 2.0  # joint radii apart, for areas
COARSE_KM = 12.0  # a radius above this is an area: it may attach to an incident, never bridge two
COARSE_H = 96.0  # likewise an interval longer than this
UNKNOWN_KM = 5.0  # radius of a point whose radius is not given (class district)
TIGHT_H = 6.0  # an interval up to this long counts as a time of day
# Share of the happenings of a neighbourhood up to which a value is telling, and from which it is common
RARE, COMMON = 0.15, 0.45
CROWDS = (2, 4, 8, 16)  # happenings in a neighbourhood from which it is the next level of crowd
NEAR_DEGREES, NEAR_DAYS = 0.25, 4  # what "here and then" is: a square of this side, and so many days
LEAN = 0.4  # nats by which pairs lean together: where F1 is 0.8, odds of 2 to 3 are the best threshold (Lipton et al. 2014)
LISTED = -3.0  # scored pairs below this weight are not listed in links unless they share an incident
# Of 128 signs, how many two signatures differ in at the most to be the same, near, or alike in part; chance is 64. Of invented
# accounts in en, fr, ar and ru 59, 92 and 99 % of translations lie within them, and of two different happenings told in two
# languages 0, 2 and 20 %; of translations into Ukrainian, which the encoder does not know, 25, 58 and 87 %
# (bench/fusion_meaning.py)
MEANINGS = (40, 48, 56)
CONFLICT_MINUTES = 30.0  # exact times further apart than this are told as a conflict

# Calibration of what is shown; fitted on reports made in two ways (bench/fusion_reports.py, seeds 1 to 18), not on any bar's --
# Of a link: what a nat is worth, what fellow reports add, what is taken from all
SLOPE, MATES, STRANGERS = 0.69, 1.06, -0.75
# Of a report in an incident, or alone: what its log-odds are worth, what is added
CALM, CALM_ALONE = (0.54, 0.55), (0.54, 0.2)
CALM_MERGED = (0.58, -0.4)  # of two incidents being one
STRAY = 0.06  # chance that a report alone has a mate that it never met: a wrong place, a wrong day

# Bounds on work: beyond them the nearest in time are kept and a problem says so.
FEW_TEXTS = 254  # texts up to which a word is rare enough for its holders to meet wherever they are
MEETINGS = 96  # reports of one cell, place or word that one report meets

# Learning ---------------------------------------------------------------------------------------------------
LEARN_PAIRS = 2_000  # candidate pairs of two sources below which the defaults stand
LEARN_CONTROLS = 200
LEARN_TIMES = 500  # pairs that the first estimate of the share of matches at a level of time is worth
SHRINK = 30.0  # expected matches a default weight is worth against what was learned
DECOY_DAYS = (25, 40)  # partner times shifted by these make pairs that cannot be one happening
# Share of repeats among one source's own pairs, before learning, beside that of matches: it rarely repeats itself
SAME_SOURCE_START = 0.1
DECOY_WORTH = 200.0  # pairs that the decoys are worth beside one source's own pairs
EXCLUSIVE_MOST = -3.0  # a violent and a non-violent act may be learned to be this confusable and no more
MAX_WEIGHT = 6.0  # no learned weight beyond this either way

TABLE: dict[str, tuple[Level, ...]] = {
    "time": (
        Level("same minutes", 2.2, "t", "both give a time of day, within twenty minutes"),
        Level("same hour", 1.6, "t", "both give a time of day, within an hour"),
        Level("three hours", 0.6, "t", "both give a time of day, within three hours"),
        Level("same day", 1.0, "", "intervals of up to a day and a half that overlap"),
        Level("hours apart", 0.0, "t", "up to six hours apart"),
        Level(
            "half a day apart", -1.0, "t", "six to eighteen hours apart, a day without an hour taken at noon"
        ),
        Level("next day", -1.8, "t", "eighteen to thirty hours apart: raids on one place recur daily"),
        Level("days apart", -3.0, "t", "more than thirty hours apart"),
        Level("same week", 0.3, "", "they overlap, and one is known to the week only"),
        Level("long interval", 0.0, "", "they overlap, and one is longer than eight days: says nothing"),
    ),
    "place": (
        Level("same spot", 3.0, "p", "both known to about a kilometre, within two joint radii"),
        Level("same place", 2.2, "p", "the same named place or point"),
        Level("near", 1.6, "p", "within one joint radius"),
        Level("two radii", 0.6, "p", "within two joint radii"),
        Level("three radii", -0.7, "p", "within three joint radii"),
        Level("further", -2.5, "p", "within five joint radii: only a wrong geocode makes them one"),
        Level("same name", 1.4, "", "the same name, without a point"),
        Level("area holds it", 0.3, "", "one is known to an area that holds the other"),
        Level("area beside it", -1.5, "", "one is known to an area that does not quite reach the other"),
        Level("same admin area", -0.3, "", "only the first-level area is shared"),
        Level(
            "unknown", -2.5, "", "one gives no place: without it far fewer pairs of a day are one happening"
        ),
        Level("elsewhere", -3.5, "", "two places beyond five radii: only a wrong geocode makes them one"),
    ),
    "act": (
        Level("same, telling", 2.0, "a", "the same act, one that is rare here and then"),
        Level("same", 1.2, "a", "the same act, neither rare nor common here and then"),
        Level("same, common", 0.5, "a", "the same act, common here and then"),
        Level(
            "can be one",
            -0.2,
            "a",
            "an act told by whom it hit, or without means, beside one told by its means",
        ),
        Level("same kind", -0.6, "a", "different acts of one kind: air strike and shelling are confused"),
        Level("different", -2.5, "a", "different acts"),
        Level("exclusive", -6.0, "", "one violent, the other not: two happenings even at one place and hour"),
        Level("unknown", 0.0, "", "one does not say, or says other"),
    ),
    "actor": (
        Level("same, telling", 1.5, "w", "the same actor, one that is rare here and then"),
        Level("same", 0.7, "w", "the same actor, neither rare nor common here and then"),
        Level("same, common", 0.3, "w", "the same actor, common here and then"),
        Level("shared", 0.4, "w", "one of several named is shared"),
        Level("swapped", 0.2, "w", "actor and affected change places: a fight told from both sides"),
        Level("different", -0.6, "w", "different actors; mild, since authorship is what sources dispute"),
        Level("unknown", 0.0, "", "one does not say"),
    ),
    "affected": (
        Level("same, telling", 0.9, "h", "the same people or thing, rare here and then"),
        Level("same", 0.5, "h", "the same, neither rare nor common here and then"),
        Level("same, common", 0.2, "h", "the same, common here and then"),
        Level("shared", 0.2, "h", "some of the people or things told are the same"),
        Level("different", -0.9, "h", "different people or things"),
        Level("unknown", 0.0, "", "one does not say"),
    ),
    "casualties": (
        Level("same figure", 2.2, "c", "the same figure of five or more, to a tenth"),
        Level("same small figure", 0.8, "c", "the same figure of one to four"),
        Level("near", 0.3, "c", "half or more, or within what the other leaves open"),
        Level(
            "apart", -0.4, "c", "one figure is a fifth to a half of the other: tolls rise and sources differ"
        ),
        Level("far apart", -1.2, "c", "one figure is less than a fifth of the other"),
        Level("both none", 0.6, "", "both say nobody was hurt"),
        Level("none and some", -1.5, "", "one says nobody, the other somebody"),
        Level("unknown", 0.0, "", "one gives no figure"),
    ),
    "text": (
        Level("nearly the same", 4.0, "x", "wording almost identical"),
        Level("very much shared", 3.0, "x", "words shared that tell so much that chance hardly does it"),
        Level("much shared", 1.6, "x", "a very telling word shared, or several"),
        Level("some shared", 0.6, "x", "a telling word shared"),
        Level("little shared", 0.1, "x", "words shared that others share too"),
        Level("hardly any", -0.4, "x", "hardly a word shared, or common ones alone"),
        Level("none", -0.8, "x", "common words shared, and no telling one"),
        Level("unknown", 0.0, "", "one has no text"),
        Level(
            "telling names",
            2.2,
            "s",
            "in two languages: names or numbers that tell so much that chance hardly does it",
        ),
        Level("names", 1.2, "s", "in two languages: a telling name or number sounds alike"),
        Level(
            "no telling name",
            0.0,
            "s",
            "in two languages: no name sounds alike, or one that others share too",
        ),
        Level("common names", -0.8, "s", "in two languages: several sound alike, and none that tells"),
        Level("same meaning", 1.6, "m", "in two languages, and one is nearly a translation of the other"),
        Level("near in meaning", 0.7, "m", "in two languages, and they mean nearly the same"),
        Level("alike in part", 0.0, "m", "in two languages, and they mean partly the same"),
        Level("unlike in meaning", -0.4, "m", "in two languages, and they mean different things"),
    ),
    "crowd": (
        Level("alone", 0.4, "n", "no source tells of more than one happening here and then"),
        Level("few", 0.0, "n", "the most talkative source tells of two or three happenings here and then"),
        Level(
            "several", -0.4, "n", "the most talkative source tells of four to seven happenings here and then"
        ),
        Level(
            "many", -0.9, "n", "the most talkative source tells of eight to fifteen happenings here and then"
        ),
        Level("crowd", -1.3, "n", "of sixteen happenings or more: that two reports are near says little"),
    ),
    "url": (
        Level("same page", 1.5, "", "the same address, told of two sources"),
        Level("no sign", 0.0, "", "different addresses, none, or one source's own page"),
    ),
    "source": (
        Level("two sources", 0.0, "", "different sources"),
        Level("one source", -1.0, "", "one source rarely reports a happening twice"),
        Level("one page", -2.2, "", "one source told both on one page, so it holds them apart"),
    ),
}
FEATURES = tuple(TABLE)
# First levels of the wording of texts in two languages: of how names sound; and, with signatures, of the meaning
SOUNDED, MEANT = ([level.chain for level in TABLE["text"]].index(chain) for chain in "sm")


@dataclass(frozen=True)
class Weights:
    """The weights in force: prior log-odds, one array of weights (nats) per feature, and where they come from.

    ``own``: log-odds that a pair of one source's own reports is a repeat, before anything is known of it.
    """

    prior: float
    values: dict[str, np.ndarray]
    origin: str
    own: float

    def frame(self, meant: bool = True) -> pl.DataFrame:
        """One row a level: feature, level, weight, the default beside it, and what it is. ``meant``: levels of the meaning too."""
        rows = [
            {
                "feature": feature,
                "level": level.name,
                "weight": round(float(self.values[feature][k]), 4),
                "default": level.weight,
                "about": level.about,
            }
            for feature, levels in TABLE.items()
            for k, level in enumerate(levels)
            if meant or level.chain != "m"
        ]
        return pl.DataFrame(rows)


def default_weights() -> Weights:
    """The weights of this module, as they stand."""
    values = {f: np.array([level.weight for level in levels]) for f, levels in TABLE.items()}
    return Weights(PRIOR, values, "defaults", PRIOR + float(values["source"][1]))
