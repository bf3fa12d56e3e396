"""What else happened near an incident, and near it at about that time.

In: place and time of incidents. Out: ``Nearby``, which adds up figures of the others there. Method: incidents are gathered in cells
of a few kilometres and days, and cells within reach linked, so that any number of incidents at one place costs what one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from ceasefire.attribute import priors as p
from ceasefire.attribute.testimony import Floats, Ints

_KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class Nearby:
    """``place``, ``moment``: incidents x cells; ``reach``, ``lately``: cells x cells that are within reach."""

    place: csr_matrix
    reach: csr_matrix
    moment: csr_matrix
    lately: csr_matrix

    def around(self, figures: Floats) -> Floats:
        """Sums of ``figures`` (incidents x anything) over the other incidents near each, at any time."""
        return _others(self.place, self.reach, figures)

    def then(self, figures: Floats) -> Floats:
        """The same over those near in time as well."""
        return _others(self.moment, self.lately, figures)


def _others(cells: csr_matrix, reach: csr_matrix, figures: Floats) -> Floats:
    placed = np.diff(cells.indptr) > 0
    found = cells @ (reach @ (cells.T @ figures)) - placed[:, None] * figures
    # sums of shares may fall short of nothing by rounding
    return np.asarray(np.maximum(found, 0.0))


def find_nearby(ids: Sequence[str], incidents: pl.DataFrame | None) -> Nearby | None:
    """Which incidents are near which; None where fewer than two have place and time."""
    if incidents is None or not {"latitude", "longitude", "occurred_from"} <= set(incidents.columns):
        return None
    where, day = _places(ids, incidents)
    placed = np.flatnonzero(np.isfinite(where[:, 0]) & np.isfinite(day))
    if len(placed) < 2:
        return None
    cell = np.floor(where[placed] / p.CELL_KM)
    block = np.floor(day[placed] / p.CELL_DAYS)
    # in units of what is near
    spots, at = np.unique(cell, axis=0, return_inverse=True)
    moments, when = np.unique(np.column_stack([cell, block]), axis=0, return_inverse=True)
    reach = spots * p.CELL_KM / p.NEAR_KM
    lately = moments * [p.CELL_KM / p.NEAR_KM, p.CELL_KM / p.NEAR_KM, p.CELL_DAYS / p.NEAR_DAYS]
    n = len(where)
    return Nearby(
        _cells(placed, at.ravel(), n, len(spots)),
        _linked(reach, np.zeros((len(reach), 1))),
        _cells(placed, when.ravel(), n, len(moments)),
        _linked(lately[:, :2], lately[:, 2:]),
    )


def _cells(placed: Ints, cell: Ints, n: int, n_cells: int) -> csr_matrix:
    return csr_matrix((np.ones(len(placed)), (placed, cell)), shape=(n, n_cells))


def _linked(spot: Floats, time: Floats) -> csr_matrix:
    """Cells within one unit of place and one of time of each other, each with itself."""
    pairs = cKDTree(np.column_stack([spot, time])).query_pairs(np.sqrt(2.0), output_type="ndarray")
    apart = spot[pairs[:, 0]] - spot[pairs[:, 1]]
    close = (apart**2).sum(axis=1) <= 1.0
    close &= np.abs(time[pairs[:, 0], 0] - time[pairs[:, 1], 0]) <= 1.0
    one, two = pairs[close].T
    self_ = np.arange(len(spot))
    ends = np.concatenate([one, two, self_]), np.concatenate([two, one, self_])
    return csr_matrix((np.ones(len(ends[0])), ends), shape=(len(spot), len(spot)))


def _places(ids: Sequence[str], incidents: pl.DataFrame) -> tuple[Floats, Floats]:
    """Place in km on a plane around the middle of all, and day, of each incident; NaN where unknown."""
    listed = pl.DataFrame({"incident_id": list(ids)}, schema={"incident_id": pl.String})
    given = incidents.with_columns(pl.col("incident_id").cast(pl.String)).unique("incident_id", keep="first")
    found = listed.join(given, on="incident_id", how="left", maintain_order="left").select(
        pl.col("latitude", "longitude").cast(pl.Float64, strict=False),
        day=pl.col("occurred_from").dt.epoch("s") / 86_400,
    )
    latitude, longitude, day = (found[c].to_numpy().astype(np.float64) for c in found.columns)
    known = np.isfinite(latitude)
    narrow = float(np.cos(np.radians(latitude[known].mean()))) if known.any() else 1.0
    return np.stack([latitude, longitude * narrow], axis=1) * _KM_PER_DEGREE, day
