"""From a case to a picture: the order of the stages, and nothing else. Start reading here.

In: a case, ``as_of``, ``seed``. Out: a ``Picture``. Each stage is a pure function of tables; this page is the only
one that knows which comes first. Facts recorded after ``as_of`` are left out before anything is derived, so a later
fact can never change an earlier picture.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from datetime import datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

import polars as pl

from ceasefire.access import access
from ceasefire.attribute import attribute, claims_of, findings_beside
from ceasefire.case import Case
from ceasefire.comply import Evidence, comply
from ceasefire.coverage import cover
from ceasefire.fuse import fuse
from ceasefire.ingest.values import BadValue, parse_instant
from ceasefire.locate import locate
from ceasefire.model import tables as declared
from ceasefire.outlook import answer, signals
from ceasefire.picture import Picture
from ceasefire.problems import CaseError, Problem, problems_table
from ceasefire.statements import trace

Progress = Callable[[str], AbstractContextManager[object]]


def derive(
    case: Case, *, as_of: str | datetime | None = None, seed: int = 0, progress: Progress | None = None
) -> Picture:
    """Derive the picture of a case.

    Args:
        case: the facts, as ``open_case`` returns them.
        as_of: an instant with its offset, or a date (its end, in the case's zone); by default the case's latest fact.
        seed: for the draws behind intervals.
        progress: called with each stage's name; what it returns is entered while the stage runs.

    Raises:
        CaseError: ``as_of`` is not an instant, or nothing was known by then.
    """
    stage = progress or (lambda name: nullcontext())
    instant = case.last_recorded if as_of is None else read_as_of(as_of, case.timezone)
    known = case.known(instant)
    facts = known.facts
    if not facts["reports"].height:
        raise _nothing_known(instant)
    terms = known.agreement
    sides = {party.id: party.side for party in terms.parties.values()}
    with stage("locate"):
        located = locate(facts["reports"], facts["places"], terms.zone_shapes)
    with stage("fuse"):
        fused = fuse(
            located.reports, facts["sources"], decisions=facts["decisions"], actors=facts["actors"], seed=seed
        )
    with stage("attribute"):
        claims = claims_of(
            located.reports, fused.memberships, facts["actors"], issuers=known.settings.issuers
        )
        attributed = attribute(
            claims,
            facts["sources"],
            sides,
            incidents=fused.incidents,
            answer_standard=known.settings.standard,
            seed=seed,
        )
        beside = findings_beside(facts["findings"], facts["topics"], fused.memberships)
    with stage("comply"):
        evidence = Evidence(
            as_of=instant,
            incidents=fused.incidents,
            memberships=fused.memberships,
            attributions=attributed.attributions,
            assessments=attributed.assessments,
            claims=attributed.claims,
            located=located.reports,
            actors=facts["actors"],
            places=facts["places"],
            access=facts["access"],
            declarations=facts["declarations"],
            statements=facts["statements"],
            sources=facts["sources"],
        )
        complied = comply(terms, evidence, seed=seed)
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
        )
    stages = (fused, attributed, complied, accessed, traced, covered)
    tables = {"located": located.reports, "findings_beside": beside}
    for made in stages:
        tables |= {f.name: getattr(made, f.name) for f in fields(made) if f.name in declared()}
    with stage("outlook"):
        tables["signals"] = signals(facts, tables, terms, as_of=instant)
        tables["answers"] = answer(facts, tables, terms, as_of=instant)
    found = [problem for made in (located, *stages) for problem in made.problems]
    tables["problems"] = pl.concat([known.problems, problems_table(found)])
    return Picture(
        case=known,
        as_of=instant,
        seed=seed,
        version=version("ceasefire"),
        tables=tables,
        explainers={
            "incidents.incident_id": lambda i: attributed.explain(i) + fused.explain(i),
            "verdicts.norm_id": complied.explain,
            "clocks.clock_id": complied.explain,
            "consignments.consignment": accessed.explain,
            "positions.about": traced.explain,
            "positions.thread": traced.explain,
            "rate_ratios.truce_id": covered.explain,
        },
    )


def read_as_of(as_of: str | datetime, timezone: str) -> datetime:
    """The instant meant by ``as_of``: a date is its end in the case's zone.

    Raises:
        CaseError: it is not an instant, or an hour without a zone.
    """
    text = as_of.isoformat() if isinstance(as_of, datetime) else as_of.strip()
    try:
        span = parse_instant(text, ZoneInfo(timezone))
        has_hour = span.precision in ("hour", "minute", "second")
        if has_hour and parse_instant(text, ZoneInfo("Pacific/Kiritimati")).start != span.start:
            raise BadValue(
                "an hour with its zone, such as 2016-09-20T12:00Z", repr(text), "add Z or an offset"
            )
    except BadValue as bad:
        raise CaseError(
            Problem("error", "pipeline", "bad_as_of", bad.expected, bad.found, bad.action)
        ) from None
    return span.end


def _nothing_known(instant: datetime) -> CaseError:
    return CaseError(
        Problem(
            "error",
            "pipeline",
            "nothing_known",
            f"reports recorded by {instant:%Y-%m-%d %H:%M}Z",
            "none",
            "choose a later --as-of",
        )
    )
