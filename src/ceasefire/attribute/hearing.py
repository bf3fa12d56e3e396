"""The voices that name one answer or nobody, as arrays for the kernels.

In: voices, candidates, and when incidents occurred. Out: ``Hearing``. Denials, and voices that name several answers at once, are
weighed apart (``testimony``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ceasefire.attribute.accounts import Accounts
from ceasefire.attribute.candidates import Candidates
from ceasefire.attribute.copying import Voices
from ceasefire.attribute.kernel import NOBODY, Learned, Told
from ceasefire.attribute.standing import Standing
from ceasefire.attribute.testimony import Floats, Ints


@dataclass(frozen=True)
class Hearing:
    """The voices that kernels weigh: those that name one answer or nobody. ``row``: of each, its row among the said (first) and the
    nameless (after them); ``value``, ``vague``, ``hedged``: see ``kernel.Told``; ``when``: published, microseconds; ``day``: of
    each incident.
    """

    incident: Ints
    source: Ints
    value: Ints
    vague: Floats
    hedged: Ints
    when: Ints
    row: Ints
    base: Ints
    day: Floats
    n_said: int

    def arrange(self, standing: Standing) -> tuple[Told, Ints]:
        """By incident, frame and time, with the speakers as sources; and the place of each here."""
        speaker = standing.speaker(self.source, self.day[self.incident])
        frame = standing.frame[speaker]
        order = np.lexsort((self.source, self.when, frame, self.incident))
        start = np.searchsorted(self.incident[order], np.arange(len(self.day) + 1)).astype(np.int64)
        told = Told(
            start,
            speaker[order],
            frame[order],
            self.value[order],
            self.vague[order],
            self.hedged[order],
            np.zeros(len(order)),
            self.base,
        )
        return told, order


def some_of(told: Told, rows: Ints, start: Ints, base: Ints) -> Told:
    """These voices, in stretches that begin at ``start``, each weighed among the answers in ``base``."""
    kept = {name: getattr(told, name)[rows] for name in Told._fields if name not in ("start", "base")}
    return told._replace(start=start, base=base, **kept)


def nothing_learned(held: Floats) -> Learned:
    """For passes that learn nothing; ``held``: what each voice had taught."""
    none, flat = np.zeros((0, 0, 0)), np.zeros((0, 0))
    return Learned(none, none, flat, none, none, flat, held)


def hear(
    voices: Voices, accounts: Accounts, candidates: Candidates, incidents: pl.DataFrame | None
) -> Hearing:
    """The voices that kernels weigh, in the order of the said, then the nameless."""
    said, nameless = voices.said, voices.nameless
    named = candidates.named[said["row"].to_numpy()]
    one = (named.sum(axis=1) == 1) & (said["kind"] != "denial").to_numpy()
    quiet = ~nameless["denies"].to_numpy()
    firm = said["share"].to_numpy()
    times = pl.concat([said["published_at"], nameless["published_at"]]).dt.epoch("us")
    row = np.concatenate([np.flatnonzero(one), said.height + np.flatnonzero(quiet)])
    incident, source = (
        np.concatenate([said[c].to_numpy()[one], nameless[c].to_numpy()[quiet]]).astype(np.int64)
        for c in ("incident", "source")
    )
    base = np.where(candidates.valid, np.arange(candidates.valid.shape[1])[None, :], -1)
    outside = base[:, len(candidates.base) :]
    outside[outside >= 0] = len(candidates.base) - 1
    return Hearing(
        incident,
        source,
        np.concatenate([named[one].argmax(axis=1), np.full(int(quiet.sum()), NOBODY)]).astype(np.int64),
        np.concatenate([1.0 - firm[one], np.zeros(int(quiet.sum()))]),
        np.concatenate([said["hedged"].to_numpy()[one], np.zeros(int(quiet.sum()))]).astype(np.int64),
        times.fill_null(np.iinfo(np.int64).max).to_numpy()[row],
        row,
        base.astype(np.int64),
        _days(accounts, incidents),
        said.height,
    )


def _days(accounts: Accounts, incidents: pl.DataFrame | None) -> Floats:
    """The day of each incident: when it occurred, else when it was first told of; 0 where neither is known."""
    told = accounts.claims.group_by("incident").agg(first=pl.col("published_at").min().dt.epoch("us"))
    days = np.full(len(accounts.incidents), np.nan)
    known = told.drop_nulls()
    days[known["incident"].to_numpy()] = known["first"].to_numpy() / 86_400e6
    if incidents is not None and "occurred_from" in incidents.columns:
        listed = pl.DataFrame({"incident_id": accounts.incidents}, schema={"incident_id": pl.String})
        given = incidents.with_columns(pl.col("incident_id").cast(pl.String)).unique(
            "incident_id", keep="first"
        )
        joined = listed.join(given, on="incident_id", how="left", maintain_order="left")
        occurred = (joined["occurred_from"].dt.epoch("us") / 86_400e6).to_numpy().astype(np.float64)
        days = np.where(np.isfinite(occurred), occurred, days)
    return np.asarray(np.nan_to_num(days))
