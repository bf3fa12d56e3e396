"""The room's numbers, in one place. All are our choice and shown with the answers.

None was fitted to an answer. Three were changed after the first look at the Syria case, because its verdicts could not
be defended: a breach needs one incident that is shown by itself (``proof.incident`` in the agreement), an incident counts
against a bearer only if some account blames it, and a confirmation by the other side weighs 0.8, not 0.9.

In: nothing. Out: constants. The agreement's own standard of proof stands in its file (``proof``), not here.
"""

from __future__ import annotations

# Worlds by default: a Monte Carlo error of at most 0.008.
DRAWS = 4096

# A point nearer to the edge of a zone than so many of its own sigmas is drawn, from so many displaced points.
NEAR_EDGE_SIGMAS = 4.0
PLACE_DRAWS = 64

# An act is compared with so many earlier attacks at most, the nearest in time, to see whether it answers one.
REPLY_CANDIDATES = 64

# Two incidents are drawn as one, or one as two, from this probability on.
SAME_FROM = 0.02

# An incident is listed under a bearer from this probability that the bearer carried it out.
TOUCH = 0.05

# Whether the affected are protected by the clause, when no account says who was affected.
PROTECTED_WHEN_NOT_SAID = 0.5

# Weight of one voice on an obligation or on aid held back, by the side it speaks for, as the probability that it
# is right. A party's word on its own good conduct weighs nothing (0.5); its word against itself weighs most. The
# voices of one camp count once, however many they are.
AGAINST_ITSELF = 0.9
NO_CAMP = 0.8
OTHER_SIDE = 0.6
OTHER_SIDE_CONFIRMS = 0.8
OWN_CONDUCT = 0.5
CAMP_UNKNOWN = 0.6

# An incident is grave, so that a reset of a run of days is worth asking about, from this many killed (best
# figure), or when aid or health care was hit and anybody was killed.
GRAVE_KILLED = 10
GRAVE_ACTS = ("convoy_attack", "medical_attack")
WHAT_IF_READINGS = 3

# "Quiet" beside a closed road: nobody killed by an attack in the last hours.
CALM_HOURS = 24.0

# Without any account of anything for so long after the last one, nobody is looking any more: silence is not calm.
LOOKING_HOURS = 72.0

# A clock that has run for more days than this is not counted hour by hour in every world: most likely a wrong year.
COUNTED_DAYS = 3660

# A note about many incidents names the first few.
NAMED_IN_A_NOTE = 8

# An incident whose interval is this long is known to the day only, and is told without an hour.
DAY_ONLY_HOURS = 20.0
