"""Averaging over all decomposable graphs of dependence between lists (Madigan and York 1997).

In: overlaps of up to six lists. Out: the posterior of the total. Under a graph the table of all incidents is hyper-Dirichlet
(Dawid and Lauritzen 1993) with weight ``prior`` in each cell; the number nobody listed, n0, takes each value up to a limit
with prior 1 / (listed + n0); graphs have equal prior. The likelihood of a graph is a product over its cliques divided by
one over its separators, so it is a sum of a few curves in n0, one a subset of lists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from ceasefire.attribute.unreported import thresholds as t
from ceasefire.attribute.unreported.fitted import Fitted, from_draws, refused
from ceasefire.attribute.unreported.graphs import decomposable, edges
from ceasefire.attribute.unreported.patterns import Overlaps

NAME = "decomposable graphs"
ASSUMPTION = (
    "lists may depend on each other in chains and cliques, averaged over all such graphs; given those, "
    "nothing else makes an incident easier or harder to see"
)
Floats = NDArray[np.float64]
_BLOCK = 1024


@dataclass(frozen=True)
class Averaged:
    """The posterior of the total: ``total`` (increasing) with its ``probability``.

    ``edges``: expected number of pairs of lists that depend on each other. ``independent``: share of the graph with none.
    """

    total: Floats
    probability: Floats
    edges: float
    independent: float

    def quantile(self, q: float) -> int:
        """The least total at which the posterior reaches ``q``."""
        reached = np.searchsorted(np.cumsum(self.probability), q)
        return int(self.total[min(int(reached), len(self.total) - 1)])

    def at_the_edge(self) -> float:
        """The share of the posterior in the last tenth of the range of unreported incidents."""
        span = self.total[-1] - self.total[0]
        return float(self.probability[self.total > self.total[-1] - span / 10].sum())


def average(overlaps: Overlaps, most: int, prior: float | None = None) -> Averaged:
    """Average over graphs for 0 to ``most`` unreported incidents.

    Args:
        overlaps: of 1 to 6 lists.
        most: the largest number of unreported incidents looked at.
        prior: weight in each of the 2^lists cells; by default 2^-lists, one incident in all.

    Raises:
        ValueError: there are more lists than graphs can be listed for.
    """
    n_lists = len(overlaps.lists)
    graphs = decomposable(n_lists)
    cells = overlaps.cells()
    weight = 2.0**-n_lists if prior is None else prior
    coarse = np.unique(np.concatenate([[0], np.geomspace(1, max(most, 1), t.COARSE_POINTS)]).round())
    rough = graphs @ _curves(cells, weight, coarse)
    peak = rough.max(axis=1)
    kept = peak >= peak.max() - t.GRAPH_CUT
    step = max(1, -(-most // t.MOST_POINTS))
    unreported = np.arange(0, most + 1, step, dtype=np.float64)
    curves, signs = _curves(cells, weight, unreported), graphs[kept].astype(np.float64)
    by_total, by_graph = np.zeros(len(unreported)), np.zeros(len(signs))
    for begin in range(0, len(unreported), _BLOCK):  # in parts that stay in the processor's cache
        part = slice(begin, begin + _BLOCK)
        weights = np.exp(signs @ curves[:, part] - peak.max())
        by_total[part] = weights.sum(axis=0)
        by_graph += weights.sum(axis=1)
    joined = edges(graphs[kept])
    return Averaged(
        overlaps.listed + unreported,
        by_total / by_total.sum(),
        float(joined @ by_graph / by_graph.sum()),
        float(by_graph[joined == 0].sum() / by_graph.sum()),
    )


def _curves(cells: Floats, weight: float, unreported: Floats) -> Floats:
    """Log-likelihood of each subset's table of margins, subsets × totals; graphs add and subtract them.

    The empty subset carries the Dirichlet's own constant and, as each graph has one clique more than separators (empty
    ones counted), what is common to all graphs is put on every curve and remains once.
    """
    n_lists = len(cells).bit_length() - 1
    codes = np.arange(len(cells))
    total = cells.sum() + unreported
    everything = weight * len(cells)
    whole = gammaln(total + everything) - gammaln(everything)
    common = gammaln(total + 1) - gammaln(unreported + 1) - np.log(total) - whole
    curves = np.empty((len(cells), len(unreported)))
    curves[0] = whole + common
    for subset in range(1, len(cells)):
        margin = np.bincount(codes & subset, weights=cells, minlength=len(cells))
        prior = weight * 2 ** (n_lists - subset.bit_count())
        fixed = margin[1:][margin[1:] > 0]
        constant = float((gammaln(fixed + prior) - gammaln(prior)).sum() - gammaln(prior))
        curves[subset] = constant + gammaln(margin[0] + unreported + prior) + common
    return curves


def by_graphs(overlaps: Overlaps, merged: tuple[str, ...] = ()) -> Fitted:
    """The model for ``estimate_unreported``: its range ends at 20 times the listed, and it says so if that binds."""
    averaged = average(overlaps, t.MOST_UNREPORTED * overlaps.listed)
    fit = f"{averaged.edges:.1f} pairs of lists depend on each other; independence has a share of {averaged.independent:.2f}"
    if merged:
        fit += f"; {', '.join(merged)} read as one list"
    edge = averaged.at_the_edge()
    if edge > t.EDGE_SHARE:
        reason = f"no upper end found: {edge:.0%} of the posterior lies near {t.MOST_UNREPORTED} times the number listed"
        return refused(NAME, ASSUMPTION, reason, fit)
    levels = (np.arange(t.DRAWS) + 0.5) / t.DRAWS
    reached = np.searchsorted(np.cumsum(averaged.probability), levels)
    draws = averaged.total[np.minimum(reached, len(averaged.total) - 1)]
    made = from_draws(NAME, ASSUMPTION, draws, fit)
    return Fitted(
        NAME,
        ASSUMPTION,
        float(averaged.quantile((1 - t.LEVEL) / 2)),
        float(averaged.quantile(0.5)),
        float(averaged.quantile((1 + t.LEVEL) / 2)),
        float(averaged.total @ averaged.probability),
        made.draws,
        fit,
        True,
    )
