"""What incidents share: one camp's bias moves all that it tells of, together.

In: testimony and what is known of the sources. Out: table ``shared_errors``, the joint draws in the form of a factor model:
the log-odds of an answer move by ``load`` for one standard deviation of an error that other incidents share. They are the
same errors from which the 90 % intervals come; where reliabilities are learned, replicates of the bootstrap are factors too, so
that worlds differ in what sources are like. Named by a source and a kind of error, a kind of fact or a replicate, never by a party.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ceasefire.attribute import priors as p
from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.informed import KINDS
from ceasefire.attribute.model import Posterior
from ceasefire.attribute.testimony import Testimony
from ceasefire.model import table

_ERRORS = (*p.ROLES, "named")


def shared_errors(
    t: Testimony, posterior: Posterior, accounts: Accounts, candidates: Candidates
) -> pl.DataFrame:
    """The loads of every answer of every incident on every error that some other incident shares."""
    if not t.incident.size:
        return table("shared_errors").empty()
    incident, camp, loads = posterior.loads
    sources = accounts.speakers["source_id"].to_list()
    first: dict[int, str] = {}
    for source, group in zip(t.source.tolist(), t.camp.tolist(), strict=True):
        first[group] = min(first.get(group, sources[source]), sources[source])
    group, slot, error = np.nonzero(loads * candidates.valid[incident][:, :, None])
    ids = np.array(accounts.incidents, dtype=object)
    frame = pl.DataFrame(
        {
            "incident_id": pl.Series(ids[incident[group]], dtype=pl.String),
            "actor": pl.Series(candidates.names[incident[group], slot], dtype=pl.String),
            "error": pl.Series(
                [
                    f"{first[c]}: {_ERRORS[e]}"
                    for c, e in zip(camp[group].tolist(), error.tolist(), strict=True)
                ],
                dtype=pl.String,
            ),
            "load": loads[group, slot, error],
        }
    )
    some, errors = posterior.informed.loads()
    group, slot, error = np.nonzero(errors * candidates.valid[some][:, :, None])
    apart = pl.DataFrame(
        {
            "incident_id": pl.Series(ids[some[group]], dtype=pl.String),
            "actor": pl.Series(candidates.names[some[group], slot], dtype=pl.String),
            "error": pl.Series([KINDS[e] for e in error.tolist()], dtype=pl.String),
            "load": errors[group, slot, error],
        }
    )
    joint = posterior.resampled.joint
    draw, at, slot = np.nonzero((np.abs(joint) >= p.JOINT_LEAST) & candidates.valid)
    drawn = pl.DataFrame(
        {
            "incident_id": pl.Series(ids[at], dtype=pl.String),
            "actor": pl.Series(candidates.names[at, slot], dtype=pl.String),
            "error": pl.Series([f"replicate {k + 1}" for k in draw.tolist()], dtype=pl.String),
            "load": joint[draw, at, slot],
        }
    )
    frame = pl.concat([frame, apart, drawn])
    several = pl.col("incident_id").n_unique().over("error") > 1
    return table("shared_errors").conform(frame.filter(several))
