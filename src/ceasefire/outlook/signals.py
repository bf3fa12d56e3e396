"""Warning signals that a truce is in danger, each with its date, its figure and the rows behind it.

In: facts and derived tables. Out: the table ``signals``; a signal is present, absent, or cannot be said for want of
data. The list follows the signs seen before the collapse of September 2016 (aid at zero, one-sided records, offices
that contradict each other, unilateral extensions, unpublished terms, declared ends that pass) and is the same for
every party.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl

from ceasefire.agreement import Agreement
from ceasefire.model import table
from ceasefire.outlook.conduct import PATRON
from ceasefire.outlook.said import own_dead
from ceasefire.outlook.view import Tables, View, count, listed

# An incident this lethal is called a mass-casualty incident here. Our choice; no source behind it.
MASS_CASUALTY = 10
# A counter that names one side only in at least this share of what it publishes keeps a one-sided record. Our choice.
ONE_SIDED = 0.9
# Daily figures no further apart than this belong to one run. Our choice: one missing bulletin does not end a run.
RUN_GAP = timedelta(days=2)
# A sentence names so many incidents, and the rest by number.
MOST_NAMED = 4
# Fewer accounts than this say nothing about a counter's habits. Our choice.
FEW_REPORTS = 5
# Nor do fewer deaths than this about whose dead a camp counts. Our choice.
FEW_DEATHS = 20


@dataclass(frozen=True)
class Signal:
    """What one check found."""

    state: str
    reason: str
    since: datetime | None = None
    value: str | None = None
    evidence: tuple[str, ...] = ()


def aid_at_zero(view: View) -> Signal:
    """No delivery on a route on which aid has been asked for."""
    rows = view.tables["consignments"]
    if not rows.height:
        return Signal("cannot_say", "no access record in the case")
    stuck = rows.filter(pl.col("outcome").is_in(["waiting", "refused", "suspended"])).sort(
        "requested_at", "consignment"
    )
    done = rows.filter(pl.col("outcome") == "delivered").height
    if not stuck.height:
        return Signal(
            "absent", f"all {rows.height} planned deliveries have an outcome", value=f"{done} delivered"
        )
    longest = stuck["days_waiting"].max()
    days = f", the longest for {longest:.0f} days" if isinstance(longest, float) else ""
    return Signal(
        "present",
        f"{stuck.height} of {rows.height} planned deliveries have not arrived{days}; {done} were delivered",
        since=_earliest(stuck, "requested_at"),
        value=f"{stuck.height} of {rows.height} undelivered",
        evidence=tuple(stuck["consignment"]),
    )


def aid_attacked(view: View) -> Signal:
    """Aid or health care was attacked."""
    rows = view.tables["incidents"]
    if not rows.height:
        return Signal("cannot_say", "no incident in the case")
    hit = rows.filter(pl.col("act").is_in(["convoy_attack", "medical_attack"])).sort(
        "occurred_from", "incident_id"
    )
    if not hit.height:
        return Signal("absent", "no report of an attack on aid or health care")
    return Signal(
        "present",
        f"{count(hit.height, 'attack')} on aid or health care reported: "
        + listed([view.incident(i) for i in hit["incident_id"]], MOST_NAMED),
        since=_earliest(hit, "occurred_from"),
        value=str(hit.height),
        evidence=tuple(hit["incident_id"]),
    )


def counts_rising(view: View) -> Signal:
    """A run of one camp's published daily counts ends higher than it began."""
    camps = view.facts["sources"].select(counted_by="source_id", camp="camp")
    rows = (
        view.facts["counts"]
        .join(camps, on="counted_by", how="left")
        .with_columns(pl.coalesce("camp", "counted_by").alias("counter"))
        .filter(
            ~pl.col("cumulative").fill_null(False)
            & pl.all_horizontal(pl.col("value", "period_to").is_not_null())
        )
        .sort("period_to", "value", "count_id", descending=[False, True, False])
    )
    rising: list[tuple[datetime, str, list[str]]] = []
    # The counters of one camp are read together, the highest figure of a day; other camps and rules stay apart.
    keys = ["counter", "metric", "counting_unit", "against", "place_name"]
    for key, group in rows.group_by(keys, maintain_order=True):
        for run in _daily_runs(group.unique("period_to", keep="first", maintain_order=True)):
            values = run["value"].to_list()
            if values[-1] > values[0]:
                monotone = all(a <= b for a, b in pairwise(values))
                figures = ", ".join(f"{v:g}" for v in values[:8]) + ("…" if len(values) > 8 else "")
                shape = "rising throughout" if monotone else "higher at the end, not rising throughout"
                counters = run["counted_by"].unique().sort().to_list()
                together = f"; highest of a day from {listed(counters)}" if len(counters) > 1 else ""
                rising.append(
                    (
                        run["period_to"][0],
                        f"{view.name(str(key[0]))}: {figures} ({shape}{together})",
                        list(run["count_id"]),
                    )
                )
    if not rows.height:
        return Signal("cannot_say", "no published counts in the case")
    if not rising:
        return Signal("absent", "no run of three or more daily counts ends higher than it began")
    rising.sort()
    return Signal(
        "present",
        "published counts rise: "
        + "; ".join(text for _, text, _ in rising[:4])
        + ". Each counts by its own rule and may count one side only; they are not compared with each other",
        since=rising[0][0],
        value=count(len(rising), "run"),
        evidence=tuple(c for *_, ids in rising for c in ids),
    )


def offices_apart(view: View) -> Signal:
    """Two bodies of one party contradict each other."""
    rows = view.tables["office_distances"]
    clashes = view.tables["contradictions"].filter(pl.col("scope") == "offices")
    if not rows.height:
        return Signal("cannot_say", "no party speaks through two bodies on one subject")
    if not clashes.height:
        return Signal("absent", "no two bodies of one party contradict each other", value="0")
    dated = clashes.join(
        view.facts["statements"].select(statement_b="statement_id", said_at="said_at"),
        on="statement_b",
        how="left",
    )
    parties = listed([view.name(p) for p in sorted(set(clashes["party_a"].drop_nulls()))])
    return Signal(
        "present",
        f"{clashes.height} pairs of statements by two bodies of one party cannot both hold ({parties})",
        since=_earliest(dated, "said_at"),
        value=str(clashes.height),
        evidence=tuple(sorted(set(clashes["statement_a"]) | set(clashes["statement_b"]))),
    )


def versions_replaced(view: View) -> Signal:
    """A voice put a new, incompatible account in place of an old one without saying so."""
    rows = view.tables["positions"]
    if not rows.height:
        return Signal("cannot_say", "no statements in the case")
    hit = rows.filter(pl.col("change") == "substitution").sort("said_at", "statement_id")
    if not hit.height:
        return Signal("absent", "no voice replaced its account without saying so", value="0")
    voices = listed([view.name(p) for p in sorted(set(hit["party"].drop_nulls()))])
    return Signal(
        "present",
        f"{hit.height} times a voice put a new, incompatible account in place of its own ({voices}); "
        "a change is not by itself evidence of lying",
        since=_earliest(hit, "said_at"),
        value=str(hit.height),
        evidence=tuple(hit["statement_id"]),
    )


def sponsor_strike(view: View) -> Signal:
    """A sponsor's own forces caused mass casualties."""
    sponsors = sorted(p.id for p in view.terms.parties.values() if p.role == "sponsor")
    rows = view.tables["assessments"].join(view.tables["incidents"], on="incident_id")
    if not sponsors:
        return Signal("cannot_say", "the agreement names no sponsor")
    hit = rows.filter(pl.col("answer").is_in(sponsors) & (pl.col("killed_best") >= MASS_CASUALTY)).sort(
        "occurred_from", "incident_id"
    )
    if not hit.height:
        return Signal("absent", f"no incident with {MASS_CASUALTY} or more killed is attributed to a sponsor")
    return Signal(
        "present",
        f"{count(hit.height, 'incident')} with {MASS_CASUALTY} or more killed attributed to a sponsor "
        f"({listed([view.name(p) for p in sorted(set(hit['answer']))])}); not a judicial finding",
        since=_earliest(hit, "occurred_from"),
        value=str(hit.height),
        evidence=tuple(hit["incident_id"]),
    )


def extension_offered_alone(view: View) -> Signal:
    """An extension was offered by one side and not jointly confirmed."""
    rows = view.tables["clock_events"]
    if not rows.height:
        return Signal("cannot_say", "nothing declared about any clock")
    offers = rows.filter(pl.col("kind") == "offer").sort("at", "clock_id")
    open_offers = [
        row
        for row in offers.iter_rows(named=True)
        if not rows.filter(
            (pl.col("clock_id") == row["clock_id"])
            & (pl.col("kind") == "extend")
            & (pl.col("at") >= row["at"])
            & pl.col("joint").fill_null(False)
        ).height
    ]
    if not open_offers:
        return Signal("absent", "no extension was offered and left without a joint answer")
    last = open_offers[-1]
    return Signal(
        "present",
        f"an extension of the {last['clock_id']} clock was offered by {view.name(last['by'])}; no joint confirmation is known",
        since=open_offers[0]["at"],
        value=str(len(open_offers)),
        evidence=tuple(row["declaration_id"] for row in open_offers if row["declaration_id"]),
    )


def declared_end_passed(view: View) -> Signal:
    """A declared end came and was not renewed."""
    rows = view.tables["clocks"]
    if not rows.height:
        return Signal("cannot_say", "the agreement has no clocks")
    hit = rows.filter((pl.col("reading") == "declared") & pl.col("state").is_in(["ended", "lapsed"])).sort(
        "ends_at"
    )
    if not hit.height:
        return Signal("absent", "no declared end has passed without renewal")
    names = "; ".join(
        f"“{r['title'] or r['clock_id']}” {r['state']} {view.when(r['ends_at'])}"
        for r in hit.iter_rows(named=True)
    )
    return Signal(
        "present", f"not renewed: {names}", _earliest(hit, "ends_at"), str(hit.height), tuple(hit["clock_id"])
    )


def terms_unpublished(view: View) -> Signal:
    """Obligations that nobody outside can check because the text, map or list is not public."""
    rows = view.tables["verdicts"].filter(pl.col("clause") != PATRON)
    if not rows.height:
        return Signal("cannot_say", "the agreement has no obligations")
    hit = rows.filter(pl.col("verdict") == "not_testable")["norm_id"].unique().sort()
    total = rows["norm_id"].n_unique()
    if not len(hit):
        return Signal("absent", f"all {total} obligations can be checked in principle")
    return Signal(
        "present",
        f"{len(hit)} of {total} obligations cannot be checked with public terms or data",
        value=f"{len(hit)} of {total}",
        evidence=tuple(hit),
    )


def one_sided_record(view: View) -> Signal:
    """Everything a camp counts, or nearly everything it tells, is held against one side."""
    # A count of one's own losses is held against nobody, and says nothing about sides.
    series = view.tables["series"].filter(pl.col("camp").is_not_null() & pl.col("one_sided").is_not_null())
    counted = (
        series.group_by("camp")
        .agg(
            pl.col("n_counts").sum().alias("figures"),
            pl.col("one_sided").fill_null(False).all().alias("all_one_sided"),
            pl.col("against").drop_nulls().unique().sort().str.join("+").alias("against"),
        )
        .filter(pl.col("all_one_sided") & (pl.col("figures") >= FEW_REPORTS))
        .sort("camp")
    )
    named = (
        view.tables["who_reports_whom"]
        .filter((pl.col("camp") != "none") & ~pl.col("accused").is_in(["nobody named", "denial"]))
        .sort("n_reports", "accused", descending=[True, False])
        .group_by("camp", maintain_order=True)
        .agg(pl.col("n_reports").sum().alias("total"), pl.col("n_reports", "accused").first())
        .sort("camp")
    )
    told = named.filter(
        (pl.col("total") >= FEW_REPORTS) & (pl.col("n_reports") / pl.col("total") >= ONE_SIDED)
    )
    every = own_dead(view, [])
    dead = [row for row in every if row[1] + row[2] >= FEW_DEATHS and row[1] >= ONE_SIDED * (row[1] + row[2])]
    if not series.height and not every and not named.filter(pl.col("total") >= FEW_REPORTS).height:
        return Signal("cannot_say", "no camp publishes counts, and too few accounts name anybody")
    if not counted.height and not told.height and not dead:
        return Signal("absent", "no camp counts, or tells of, one side only")
    words = [
        f"{view.name(r['camp'])}: all {r['figures']} published figures count {view.name(r['against'])}"
        for r in counted.iter_rows(named=True)
    ]
    words += [
        f"{view.name(r['camp'])}: {r['n_reports']} of {r['total']} accounts name {view.name(r['accused'])}"
        for r in told.iter_rows(named=True)
    ]
    words += [
        f"{view.name(camp)}: of the fighters' deaths it alone tells of, {own} of {own + other} are of its own side"
        for camp, own, other in dead
    ]
    camps = sorted({*counted["camp"], *told["camp"], *(camp for camp, *_ in dead)})
    return Signal("present", "; ".join(words), value=count(len(camps), "camp"), evidence=tuple(camps))


CHECKS: tuple[tuple[str, str, Callable[[View], Signal]], ...] = (
    ("aid-at-zero", "Aid asked for does not arrive", aid_at_zero),
    ("aid-attacked", "Aid or health care attacked", aid_attacked),
    ("counts-rising", "Published counts of violations rise", counts_rising),
    ("offices-apart", "Two offices of one party contradict each other", offices_apart),
    ("versions-replaced", "A voice replaces its account", versions_replaced),
    ("sponsor-strike", "A sponsor's forces cause mass casualties", sponsor_strike),
    ("extension-offered-alone", "An extension offered, not jointly confirmed", extension_offered_alone),
    ("declared-end-passed", "A declared end passes without renewal", declared_end_passed),
    ("terms-unpublished", "Terms that nobody outside can check", terms_unpublished),
    ("one-sided-record", "A camp accuses one side only", one_sided_record),
)


def signals(facts: Tables, tables: Tables, terms: Agreement, *, as_of: datetime) -> pl.DataFrame:
    """The table ``signals``: every check, whether present, absent or impossible to say."""
    view = View(facts, tables, terms, as_of)
    rows = []
    for identifier, title, check in CHECKS:
        found = check(view)
        rows.append(
            {
                "signal_id": identifier,
                "title": title,
                "state": found.state,
                "since": found.since,
                "value": found.value,
                "evidence": "; ".join(found.evidence) or None,
                "reason": found.reason,
            }
        )
    return table("signals").frame(rows)


def _daily_runs(ordered: pl.DataFrame) -> list[pl.DataFrame]:
    """Runs of at least three figures whose periods end no more than ``RUN_GAP`` apart."""
    if not ordered.height:
        return []
    starts = (ordered["period_to"].diff() > RUN_GAP).fill_null(True).cum_sum()
    parts = ordered.with_columns(starts.alias("run")).partition_by("run", maintain_order=True)
    return [part for part in parts if part.height >= 3]


def _earliest(frame: pl.DataFrame, column: str) -> datetime | None:
    value = frame[column].min()
    return value if isinstance(value, datetime) else None
