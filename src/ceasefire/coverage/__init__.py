"""The coverage room: who counts whom, what was watched, and what rates can honestly be told. See ``cover``."""

from ceasefire.coverage.cover import Covered, cover
from ceasefire.coverage.pooling import PoolingRefused, pool

__all__ = ["Covered", "PoolingRefused", "cover", "pool"]
