"""From a case to a picture: the order of the stages, and nothing else. Start reading here.

In: a case, ``as_of``, ``seed``. Out: a ``Picture``. Each stage is a pure function of tables; this page is the only
one that knows which comes first. Facts recorded after ``as_of`` are left out before anything is derived, so a later
fact can never change an earlier picture.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cache
from importlib.metadata import version
from typing import Any

import polars as pl

from ceasefire.access import access
from ceasefire.attribute import (
    against_findings,
    attribute,
    claims_of,
    compete,
    context,
    fairness,
    finding_terms,
    findings_beside,
    symmetry,
)
from ceasefire.attribute.toll import toll
from ceasefire.attribute.unreported import Unreported, what_nobody_reported
from ceasefire.case import Case, nothing_known, read_as_of
from ceasefire.comply import Evidence, comply
from ceasefire.coverage import cover
from ceasefire.fuse import fuse
from ceasefire.fuse.meaning import signatures
from ceasefire.fuse.totals import tally
from ceasefire.locate import locate
from ceasefire.model import tables as declared
from ceasefire.outlook import answer, signals
from ceasefire.picture import Picture, Tables
from ceasefire.problems import problems_table
from ceasefire.statements import trace

Progress = Callable[[str], AbstractContextManager[Any]]


def derive(
    case: Case,
    *,
    as_of: str | datetime | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    with_findings: bool = False,
) -> Picture:
    """Derive the picture of a case.

    Args:
        case: the facts, as ``open_case`` returns them.
        as_of: an instant with its offset, or a date (its end, in the case's zone); by default the case's latest fact.
        seed: for the draws behind intervals.
        progress: called with each stage's name; what it returns is entered while the stage runs.
        with_findings: findings of boards count as evidence of who did it, as ``weigh_findings`` in ``case.yaml`` says.

    Raises:
        CaseError: ``as_of`` is not an instant, or nothing was known by then.
    """
    stage = progress or (lambda name: nullcontext())
    instant = case.last_recorded if as_of is None else read_as_of(as_of, case.timezone)
    known = case.known(instant)
    facts = known.facts
    if not facts["reports"].height:
        raise nothing_known(instant)
    terms = known.agreement
    sides = {party.id: party.side for party in terms.parties.values()}
    with stage("locate"):
        located = locate(facts["reports"], facts["places"], terms.zone_shapes)
    reports = located.reports
    if known.settings.meaning:
        with stage("meaning") as told:
            reports = signatures(reports, progress=told)
    with stage("fuse"):
        fused = fuse(
            reports, facts["sources"], decisions=facts["decisions"], actors=facts["actors"], seed=seed
        )
    with stage("attribute"):
        claims = claims_of(
            located.reports, fused.memberships, facts["actors"], issuers=known.settings.issuers
        )
        beside = findings_beside(facts["findings"], facts["topics"], fused.memberships)
        competed = compete(facts, fused.memberships)
        apart = {name: facts[name] for name in ("actors", "places", "capabilities")}
        prior = context(fused.incidents, sides, **apart, kinds=known.settings.prior_from)
        if with_findings or known.settings.weigh_findings:
            prior = pl.concat([prior, finding_terms(beside, facts["actors"])])
        heard: dict[str, Any] = {
            "claims": claims,
            "sources": facts["sources"],
            "parties": sides,
            "incidents": fused.incidents,
            "prior": prior,
            "answer_standard": known.settings.standard,
            "seed": seed,
        }
        attributed = attribute(**heard)
    with stage("toll"):
        tolled = toll(
            located.reports,
            fused.memberships,
            facts["sources"],
            fused.incidents,
            attributed.attributions,
            parties=sides,
            actors=facts["actors"],
            seed=seed,
        )
    with stage("comply"):
        judged_on = {**facts, "located": located.reports} | _tables(fused, attributed)
        complied = comply(terms, Evidence.from_tables(instant, judged_on), seed=seed)
    # Waiting and the state of roads are told as at the end of the period under review, from all that is known by now.
    with stage("access"):
        accessed = access(
            facts["access"],
            facts["notifications"],
            fused.incidents,
            located.reports,
            fused.memberships,
            facts["places"],
            as_of=min(instant, known.period[1]),
        )
    with stage("statements"):
        traced = trace(
            facts["statements"],
            facts["topics"],
            fused.memberships,
            located.reports,
            facts["sources"],
            facts["actors"],
            seed=seed,
        )
    with stage("coverage"):
        covered = cover(
            located.reports,
            fused.incidents,
            fused.memberships,
            facts["sources"],
            facts["actors"],
            facts["counts"],
            facts["truces"],
            facts["effort"],
            sides,
            period=known.period,
            timezone=known.timezone,
            as_of=instant,
            seed=seed,
            places=facts["places"],
            alternatives=fused.alternatives,
        )
    stages = (fused, attributed, competed, tolled, complied, accessed, traced, covered)
    tables = {"located": located.reports, "findings_beside": beside, "prior_terms": prior} | _tables(*stages)
    tables["fit"] = pl.concat(
        [attributed.fit, against_findings(attributed.attributions, beside, facts["actors"])]
    )
    tables["incident_counts"] = tally(tables, period=known.period, timezone=known.timezone)
    with stage("outlook"):
        tables["signals"] = signals(facts, tables, terms, as_of=instant)
        tables["answers"] = answer(facts, tables, terms, as_of=instant)
    found = [problem for made in (located, *stages) for problem in made.problems]

    @cache
    def unlisted() -> Unreported:
        return what_nobody_reported(tables, timezone=known.timezone, seed=seed)

    # What takes long is made when it is first asked for.
    later = {
        "unreported": lambda: unlisted().table,
        "unreported_lists": lambda: unlisted().lists,
        "fairness": lambda: fairness(tables, sides, facts["actors"]),
        "symmetry": lambda: symmetry(attributed, heard),
        "problems": lambda: pl.concat([known.problems, problems_table([*found, *unlisted().problems])]),
    }
    return Picture(
        case=known,
        as_of=instant,
        seed=seed,
        version=version("ceasefire"),
        tables=Tables(tables, later),
        explainers={
            "incidents.incident_id": lambda i: (
                attributed.explain(i) + competed.explain(i) + tolled.explain(i) + fused.explain(i)
            ),
            "verdicts.norm_id": complied.explain,
            "clocks.clock_id": complied.explain,
            "consignments.consignment": accessed.explain,
            "positions.about": traced.explain,
            "positions.thread": traced.explain,
            "rate_ratios.truce_id": covered.explain,
            "unreported.group": lambda group: unlisted().explain(group),
        },
    )


def _tables(*stages: Any) -> dict[str, pl.DataFrame]:
    """The tables that stages made, by name."""
    return {name: getattr(stage, name) for stage in stages for name in declared() if hasattr(stage, name)}
