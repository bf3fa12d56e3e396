"""Where a report lies in the grids.

In: points, radii, intervals. Out: a class for each report (by radius and duration) and a cell in the grid of that class.
Cells are as wide as the furthest two reports of a class can lie apart and still be compared, so all partners of a report lie
in its own and the eight cells around it. Each band of latitude has columns of its own, so that the grid needs no knowledge
of the other reports.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import compiled
from ceasefire.fuse.weights import COARSE_GATE, COARSE_H, COARSE_KM, GATE

BOUNDS_KM = (2.0, 8.0, 30.0)  # radii that part the four grids
LARGEST_KM = (
    2.0,
    8.0,
    30.0,
    100.0,
)  # radius each grid is made for; larger areas are met through the coarsest
CLASSES = 2 * len(LARGEST_KM)  # a grid for short and one for long intervals
NOWHERE = CLASSES  # class of a report without a point
KM_A_DEGREE = 110.5  # at the least, so that cells are never too small
HEIGHTS = np.array(
    [(k * np.sqrt(2.0) * (COARSE_GATE if k > COARSE_KM else GATE) + 1.0) / KM_A_DEGREE for k in LARGEST_KM]
).repeat(2)


def grid_class(sigma: NDArray[np.float64], hours: NDArray[np.float64], has_point: NDArray[np.bool_]) -> Any:
    """Class 0..7 by radius (km) and duration (hours); 8 = no point."""
    grid = np.searchsorted(BOUNDS_KM, sigma, "left") * 2 + (hours > COARSE_H)
    return np.where(has_point, grid, NOWHERE).astype(np.int8)


def cell_keys(latitude: Any, longitude: Any, sort: Any) -> NDArray[np.int64]:
    """Key of each report's cell in the grid of its class; classes follow each other, then bands, then columns."""
    keys = np.empty(len(latitude), dtype=np.int64)
    _keys(latitude, longitude, sort, HEIGHTS, keys)
    return keys


@cache
def all_columns() -> NDArray[np.int64]:
    """Number of columns of each class's bands; beyond a pole there are none to ask for."""
    most = int(180.0 / HEIGHTS.min()) + 2
    made = np.ones((CLASSES, most), dtype=np.int64)
    for sort, height in enumerate(HEIGHTS):
        for band in range(int(180.0 / height) + 1):
            made[sort, band] = columns(band, height)
    return made


@compiled
def columns(band: int, height: float) -> Any:
    """Number of columns of a band: each at least ``height`` degrees of latitude wide at its narrow edge."""
    edge = max(abs(band * height - 90.0), abs((band + 1) * height - 90.0))
    narrow = np.cos(np.radians(min(edge, 89.9)))
    return max(1, np.int64(360.0 * narrow / (height * 1.02)))


@compiled
def cell(sort: int, band: int, column: int) -> Any:
    """One number for a cell."""
    return (np.int64(sort) << 26) | (np.int64(band) << 13) | np.int64(column)


@compiled
def _keys(latitude: Any, longitude: Any, sort: Any, heights: Any, keys: Any) -> None:
    for k in range(len(sort)):
        if sort[k] >= NOWHERE:
            keys[k] = cell(NOWHERE, 0, 0)
            continue
        height = heights[sort[k]]
        band = np.int64((latitude[k] + 90.0) / height)
        wide = columns(band, height)
        column = np.int64((longitude[k] + 180.0) / 360.0 * wide) % wide
        keys[k] = cell(sort[k], band, column)
