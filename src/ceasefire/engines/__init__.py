"""Engines: the same stages on many machines.

In: the same tables. Out: the same bytes as on one machine. Start reading at ``spark.fuse_spark``; why nothing changes is told
in docs/methods/scale.md.
"""
