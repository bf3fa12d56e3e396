"""Who did it drawn many times over, so that doubt about authors enters the numbers (Rubin 1987).

In: incidents, attributions, a seed. Out: for each draw, an author for every incident. An incident nobody is proposed for is
``undetermined``. Draws of one incident are spread evenly over its distribution (systematic sampling with a start of its
own), so that ten draws of an author with probability 0.8 are eight.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

UNDETERMINED = "undetermined"


def authors(
    incidents: tuple[str, ...], attributions: pl.DataFrame, times: int, seed: int
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Draw authors.

    Args:
        incidents: ids in order.
        attributions: ``incident_id, actor, probability``; each incident's probabilities are scaled to 1.
        times: draws.
        seed: of the draws.

    Returns:
        Actors in order of name, and draws × incidents: which actor.

    Raises:
        ValueError: a probability is missing, negative or not finite.
    """
    known = attributions.select("incident_id", "actor", pl.col("probability").cast(pl.Float64)).filter(
        pl.col("incident_id").is_in(list(incidents))
    )
    value = known["probability"].to_numpy()
    if known["probability"].null_count() or not (np.isfinite(value) & (value >= 0)).all():
        raise ValueError("attributions: expected probabilities of at least 0; found something else")
    actors = tuple(sorted({*known["actor"], UNDETERMINED}))
    row, column = {k: i for i, k in enumerate(incidents)}, {k: i for i, k in enumerate(actors)}
    share = np.zeros((len(incidents), len(actors)))
    for incident, actor, probability in known.iter_rows():
        share[row[incident], column[actor]] += probability
    nobody = share.sum(axis=1) <= 0
    share[nobody, column[UNDETERMINED]] = 1.0
    # By probability, then by how much an actor has in all: what is drawn does not hang on anybody's name.
    share /= share.sum(axis=1, keepdims=True)
    overall = np.argsort(np.argsort(-share.sum(axis=0).round(9), kind="stable"), kind="stable")
    order = np.lexsort((np.broadcast_to(overall, share.shape), -share.round(12)), axis=1)
    upto = np.cumsum(np.take_along_axis(share, order, axis=1), axis=1)
    upto[:, -1] = 1.0
    rng = np.random.default_rng([seed, len(incidents), times])
    starts = rng.random(len(incidents))
    places = rng.permuted(np.tile(np.arange(times), (len(incidents), 1)), axis=1).T
    levels = (places + starts) / times
    place = (levels[:, :, None] >= upto[None, :, :]).sum(axis=2)
    drawn = order[np.arange(len(incidents))[None, :], place]
    present = np.flatnonzero(np.bincount(drawn.ravel(), minlength=len(actors)) > 0)
    renumbered = np.zeros(len(actors), dtype=np.int64)
    renumbered[present] = np.arange(len(present))
    return tuple(actors[i] for i in present), renumbered[drawn]
