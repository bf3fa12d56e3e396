"""Every figure the estimate of the unreported stands on, with where it is from."""

from __future__ import annotations

LEVEL = 0.95  # of every interval here; what the studies we compare with publish
DRAWS = 4000  # kept a model; the stack pools them

# When overlaps are too thin. Own choice, on the side of refusing.
MIN_LISTS = 3  # with two, how they depend on each other cannot be told from what both missed
MIN_SHARED = 10  # incidents on two lists or more; below, one incident more or less moves the total by a tenth

MOST_LISTS = 12  # lists kept from sources; the smallest beyond are read as one. Studies use 2 to 11
MOST_LISTS_GRAPHS = 5  # for graphs and log-linear models: 822 graphs; six lists have 18,154

# Decomposable graphs (Madigan and York 1997).
MOST_UNREPORTED = 20  # times the number listed: where the search for a total ends
EDGE_SHARE = (
    0.01  # posterior share in the last tenth of that range from which the upper end counts as unknown
)
GRAPH_CUT = 25.0  # log units below the best at which a graph is left out (a share of 1e-11)
COARSE_POINTS = 96  # totals at which all graphs are looked at before that
MOST_POINTS = 100_000  # totals looked at one by one; beyond, in equal steps

# Log-linear models.
WORST_FIT = 0.01  # p of the deviance below which independence is not used
OCCAM_BIC = (
    6.0  # models this close to the best keep their share; "positive" evidence ends here (Raftery 1995)
)

# Latent classes (Manrique-Vallier 2016): his priors.
CLASSES = 20  # the most a chain may hold
SHAPE = 0.25  # of the gamma prior of the concentration
RATE = 0.25
SMALLEST_STICK = 1e-6  # of all happenings: unused classes are broken off until this is left for one more
CHAINS = 8
WARM_UP = 2000  # sweeps thrown away, each chain
FIRST_SWEEPS = 4000  # kept, each chain; doubled until the chains agree
MOST_SWEEPS = 64_000
R_HAT = 1.05  # gate; rank-normalised and split (Vehtari et al. 2021, who ask for 1.01)
R_HAT_ENOUGH = 1.01  # doubling stops here, with
ENOUGH_DRAWS = 800  # effective draws (100 a chain; the same paper asks for 50 at least)

# What no data can tell: the odds ratio by which all lists together depend on each other.
ODDS_LOW, ODDS_HIGH = 0.5, 2.0

# Lists from sources.
MOST_CODED = (
    0.5  # share of incidents from a coded data set from which the overlaps are those of citations; own choice
)
COPY_SHARE = 0.2  # of a source's incidents that it took from one other source: then both are one list
MIN_COPIES = 3
IMPUTATIONS = 10  # draws of the author of every incident (Rubin 1987: 5 to 20)
MOST_SWEEPS_STRATUM = 8000  # in each stratum of each imputation: the spread between imputations is the larger
MOST_REFUSED = 0.1  # share of imputations in which a stratum may be refused and still be given
LIKELY_MEMBER = 0.5  # a report counts for an incident it is more likely than not about
