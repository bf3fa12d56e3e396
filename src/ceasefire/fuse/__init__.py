"""Reports into incidents: which accounts speak of one happening.

In: reports from any source. Out: ``Fused``: incidents, memberships, links, lineage, problems. Method: candidate
pairs in place and time, a Fellegi-Sunter weight per feature, constrained clustering on summed log-odds
(docs/methods/fusion.md). Start reading at ``stage.fuse``.
"""

from ceasefire.fuse.stage import Fused, fuse

__all__ = ["Fused", "fuse"]
