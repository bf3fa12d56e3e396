"""Keyed uniform draws, packed into bits: the compiled floor that worlds stand on.

In: a 64-bit key, a number of worlds. Out: uniforms in 0..1, one a world. The first half falls into equal cells, one draw
a cell in an order shuffled by the key (stratified sampling); the second half mirrors it (antithetic: u and 1 - u). So
one incident comes out at its own probability to within one world, and two answers that tie share alike. The generator
is splitmix64 (Steele, Lea and Flood 2014); nothing depends on threads, platform or the order of calls.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from ceasefire.compiled import compiled

Bits = NDArray[np.uint64]
Floats = NDArray[np.float64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
ONE, SIX, LAST = np.uint64(1), np.uint64(6), np.uint64(63)


def key_of(seed: int, *names: str) -> np.uint64:
    """The key of a draw: the same names with the same seed meet the same luck everywhere."""
    text = "|".join((str(seed), *names))
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big"))


def uniform(key: np.uint64, draws: int) -> Floats:
    """Stratified and mirrored uniforms for a key; ``draws`` is even."""
    out = np.empty(draws)
    fill_uniform(out, key, np.empty(draws // 2, np.int32))
    return out


@compiled
def fill_uniform(out, key, order):
    """Fill ``out`` with the uniforms of a key; ``order`` is scratch of half its length."""
    half = order.shape[0]
    state = key
    for i in range(half):
        state = state + _GAMMA
        z = state
        z = (z ^ (z >> _S30)) * _MIX_1
        z = (z ^ (z >> _S27)) * _MIX_2
        z = z ^ (z >> _S31)
        j = np.int64(((z >> _S32) * np.uint64(i + 1)) >> _S32)
        order[i] = order[j]
        order[j] = i
        out[i] = np.float64(z & _LOW) * 2.3283064365386963e-10
    for i in range(half):
        u = (order[i] + out[i]) / half
        out[i] = u
        out[half + i] = 1.0 - u


@compiled
def pack(flags):
    """Bits of a boolean array whose length is a multiple of 64."""
    out = np.zeros(flags.shape[0] >> 6, np.uint64)
    for w in range(flags.shape[0]):
        if flags[w]:
            out[w >> 6] |= ONE << (np.uint64(w) & LAST)
    return out


@compiled
def unpack(bits, draws):
    """Boolean array of packed bits."""
    out = np.empty(draws, np.bool_)
    for w in range(draws):
        out[w] = (bits[w >> 6] >> (np.uint64(w) & LAST)) & ONE != 0
    return out


@compiled
def popcount(x):
    """Number of bits set in a 64-bit word."""
    x = x - ((x >> ONE) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))
