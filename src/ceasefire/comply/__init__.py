"""Agreement and evidence in, verdicts and clocks out. Start at ``judge.comply``."""

from ceasefire.comply.evidence import Evidence
from ceasefire.comply.judge import Complied, comply

__all__ = ["Complied", "Evidence", "comply"]
