"""Agreement and evidence in, verdicts and clocks out. Start at ``judge.comply``."""

from ceasefire.comply.compare import compare
from ceasefire.comply.evidence import Evidence
from ceasefire.comply.judge import Complied, comply
from ceasefire.comply.posterior import Posterior
from ceasefire.comply.statements import Statement, read_statement

__all__ = ["Complied", "Evidence", "Posterior", "Statement", "compare", "comply", "read_statement"]
