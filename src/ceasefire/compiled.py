"""How kernels are compiled: once a machine where the result can be kept, else once a process.

In: a function on arrays. Out: the same, compiled by numba, without holding back other threads. ``lean`` is for small functions
that are called for every pair: they make no arrays, so nobody has to count who still holds one, which costs them half their
time. Where neither the package's folder nor the user's can be written, numba refuses to keep what it compiles; then it is
compiled anew each time. Division by zero gives infinity, as in numpy, and is not looked for at each division.
"""

from __future__ import annotations

from typing import Any

from numba import njit


def _probe(x: int) -> int:
    return x


def _compiler(**more: Any) -> Any:
    try:
        njit(cache=True, nogil=True, error_model="numpy", **more)(_probe)
    except RuntimeError:  # nowhere to keep it
        return njit(nogil=True, error_model="numpy", **more)
    return njit(cache=True, nogil=True, error_model="numpy", **more)


compiled = _compiler()
lean = _compiler(_nrt=False)
