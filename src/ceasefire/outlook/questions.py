"""The questions a case is asked, answered from the tables of the run.

In: the fact table ``questions`` (each with the kind of answer it needs and what it is about) and derived tables.
Out: the table ``answers``. Each kind has one small function that reads tables and writes a sentence with its figures;
where the data cannot say, it says so and why. No answer is typed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from ceasefire.agreement import Agreement
from ceasefire.model import table
from ceasefire.outlook.signals import Tables, View

NOT_JUDICIAL = "Not a judicial finding."


@dataclass(frozen=True)
class Answer:
    """A sentence or two, whether the data can say, and where it comes from."""

    text: str
    can_say: bool
    tables: tuple[str, ...]
    evidence: tuple[str, ...] = ()


def cannot_say(why: str, *tables: str) -> Answer:
    """The data do not answer."""
    return Answer(f"Cannot say: {why}.", False, tables)


def percent(p: float | None) -> str:
    """A probability as a whole percentage, never rounded to certainty."""
    if p is None:
        return "unknown"
    return "under 1 %" if p < 0.01 else "over 99 %" if p > 0.99 else f"{p:.0%}".replace("%", " %")


def kept(view: View, about: list[str]) -> Answer:
    """Was the cessation kept, and by whom broken, in what shares."""
    rows = view.tables["incident_verdicts"]
    verdicts = view.tables["verdicts"]
    if not verdicts.height:
        return cannot_say("the agreement has no obligations that can be judged", "verdicts")
    breached = verdicts.filter(pl.col("verdict") == "breached").sort("norm_id", "holder")
    touching = rows["incident_id"].n_unique()
    expected = (
        rows.group_by("incident_id", "holder")
        .agg(pl.col("p_breach").max())
        .group_by("holder")
        .agg(pl.col("p_breach").sum().alias("n"))
        .filter(pl.col("n") > 0)
        .sort("n", "holder", descending=[True, False])
    )
    total = expected["n"].sum()
    if not total:
        return cannot_say(
            f"of {touching} incidents that touch an obligation none can be laid to a bearer",
            "incident_verdicts",
        )
    shares = ", ".join(
        f"{r['holder']} {r['n']:.1f} ({percent(r['n'] / total)})" for r in expected.iter_rows(named=True)
    )
    named = ", ".join(f"{r['norm_id']} by {r['holder']}" for r in breached.iter_rows(named=True)) or "none"
    return Answer(
        f"{touching} incidents touch an obligation. Breaches to be expected from the probabilities: {shares}. "
        f"Obligations found breached to the agreement's standard: {named}. The shares are of what was reported, "
        f"and some camps report one side only. {NOT_JUDICIAL}",
        True,
        ("incident_verdicts", "verdicts", "who_reports_whom"),
        tuple(breached["norm_id"].unique(maintain_order=True)),
    )


def clock(view: View, about: list[str]) -> Answer:
    """Did the qualifying clock run."""
    rows = view.tables["clocks"].filter(pl.col("clock_id").is_in(about)).sort("clock_id", "reading")
    if not rows.height:
        return cannot_say("the agreement has no such clock", "clocks")
    told = []
    for row in rows.iter_rows(named=True):
        until = f", to {_local(view, row['ends_at'], '%d %b %Y %H:%M')}" if row["ends_at"] else ""
        told.append(f"{row['reading']}: {row['state'].replace('_', ' ')}{until} — {row['reason']}")
    return Answer(
        " ".join(told), True, ("clocks", "clock_events"), tuple(rows["clock_id"].unique(maintain_order=True))
    )


def aid(view: View, about: list[str]) -> Answer:
    """Was aid blocked, and by whom."""
    rows = view.tables["consignments"]
    if not rows.height:
        return cannot_say("no access record in the case", "consignments")
    outcomes = rows.group_by("outcome").len().sort("len", "outcome", descending=[True, False])
    told = ", ".join(f"{r['len']} {r['outcome']}" for r in outcomes.iter_rows(named=True))
    delays = view.tables["access_delays"].sort("n_waiting", "authority", descending=[True, False])
    held = ", ".join(
        f"{r['authority']} ({r['n_waiting']})"
        for r in delays.filter(pl.col("n_waiting") > 0).iter_rows(named=True)
    )
    closed = view.tables["routes"].filter(pl.col("state") != "open").sort("route")
    routes = ", ".join(f"{r['route']} {r['state']}" for r in closed.iter_rows(named=True))
    return Answer(
        f"Of {rows.height} planned deliveries: {told}. Authorities named for those still waiting: {held or 'none'}. "
        f"Routes not open: {routes or 'none'}. Who is named is what the accounts say, not a finding of cause.",
        True,
        ("consignments", "access_delays", "routes"),
        tuple(rows["consignment"]),
    )


def terms(view: View, about: list[str]) -> Answer:
    """What the terms were, who was bound, who exempt."""
    verdicts = view.tables["verdicts"]
    parties = ", ".join(sorted(view.terms.parties))
    exempt = ", ".join(sorted(view.terms.exempt))
    untestable = verdicts.filter(pl.col("verdict") == "not_testable")["norm_id"].n_unique()
    contested = sorted(verdicts.filter(pl.col("contested_bearer").fill_null(False))["holder"].unique())
    return Answer(
        f"{verdicts['norm_id'].n_unique()} obligations, {untestable} of them not testable because the text, map or list "
        f"is not public. Parties: {parties}. Exempted groups: {exempt or 'none'}. "
        f"Bound only by a disputed reading: {', '.join(contested) or 'nobody'}.",
        bool(verdicts.height),
        ("verdicts",),
        tuple(verdicts["norm_id"].unique().sort()),
    )


def author(view: View, about: list[str]) -> Answer:
    """Who did it, how sure, and what boards and commissions said, side by side."""
    incidents = _incidents(view, about)
    rows = view.tables["assessments"].filter(pl.col("incident_id").is_in(incidents))
    if not rows.height:
        return cannot_say("no report of it was known yet", "assessments")
    row = rows.row(0, named=True)
    shares = (
        view.tables["attributions"]
        .filter(pl.col("incident_id") == row["incident_id"])
        .sort("probability", "actor", descending=[True, False])
    )
    told = ", ".join(
        f"{r['actor']} {percent(r['probability'])} ({percent(r['low'])} to {percent(r['high'])})"
        for r in shares.filter(pl.col("probability") >= 0.01).iter_rows(named=True)
    )
    beside = view.tables["findings_beside"].filter(pl.col("incident_id") == row["incident_id"])
    findings = "; ".join(
        f"{r['issuer']} ({_local(view, r['issued_at'], '%d %b %Y')}, in its word “{r['standard']}”): {r['actor'] or 'names nobody'}"
        for r in beside.iter_rows(named=True)
        if r["issued_at"]
    )
    state = "contested" if row["contested"] else "not contested"
    return Answer(
        f"From testimony alone: {row['answer']} ({state}; {row['n_origins']} independent origins name somebody). {told}. "
        f"Findings of others, kept apart: {findings or 'none by then'}. {NOT_JUDICIAL}",
        True,
        ("assessments", "attributions", "evidence", "findings_beside"),
        (row["incident_id"], *beside["finding_id"]),
    )


def intent(view: View, about: list[str]) -> Answer:
    """Deliberate or an error: what each voice and finding says; the package does not infer intent."""
    said = view.facts["statements"].filter(
        pl.col("about").is_in(about) & pl.col("propositions").str.contains("deliberate=")
    )
    rows = said.with_columns(
        pl.col("propositions").str.extract(r"deliberate=([a-z_]+)").alias("deliberate")
    ).sort("said_at", "statement_id")
    found = view.facts["findings"].filter(pl.col("about").is_in(about) & pl.col("intent").is_not_null())
    if not rows.height and not found.height:
        return cannot_say("nobody on record says whether it was meant", "statements", "findings")
    by = rows.group_by("party", "deliberate", maintain_order=True).len().sort("party", "deliberate")
    voices = ", ".join(f"{r['party']}: {r['deliberate']} ({r['len']})" for r in by.iter_rows(named=True))
    findings = "; ".join(
        f"{r['issuer']}: {r['intent']}"
        for r in found.unique(["issuer", "intent"], maintain_order=True).iter_rows(named=True)
    )
    notice = view.facts["statements"].filter(
        pl.col("about").is_in(about)
        & pl.col("propositions").str.contains(r"notice_|contact_wait|refusal_to_coordinate")
    )
    clashes = view.tables["contradictions"].filter(
        pl.col("about").is_in(about) & pl.col("key_a").str.starts_with("notice")
    )
    return Answer(
        f"Intent cannot be derived from reports of a strike. What voices say: {voices or 'nothing'}. What findings say: "
        f"{findings or 'nothing'}. On coordination {notice.height} statements speak of notice or contact, and "
        f"{clashes.height} pairs of them cannot both hold.",
        False,
        ("statements", "findings", "contradictions"),
        (*rows["statement_id"], *found["finding_id"]),
    )


def versions(view: View, about: list[str]) -> Answer:
    """How often did a version change, and against whose."""
    rows = view.tables["positions"].filter(pl.col("about").is_in(about))
    if not rows.height:
        return cannot_say("no statement about it by then", "positions")
    changes = ["update", "correction", "substitution", "retreat"]
    parts = []
    for (party,), group in rows.group_by(["party"], maintain_order=True):
        counted = {c: group.filter(pl.col("change") == c).height for c in changes}
        if any(counted.values()):
            words = ", ".join(f"{n} {c}{'s' if n > 1 else ''}" for c, n in counted.items() if n)
            parts.append((str(party), f"{party}: {words} in {group.height} statements"))
    replaced = rows.filter(pl.col("change") == "substitution").sort("said_at", "statement_id")
    steps = "; ".join(f"{r['statement_id']}: {r['keys']}" for r in replaced.iter_rows(named=True))
    against = view.tables["contradictions"].filter(
        pl.col("about").is_in(about) & (pl.col("scope") == "parties")
    )
    pairs = (
        against.select(pl.concat_list("party_a", "party_b").list.sort().list.join(" and ").alias("pair"))
        .group_by("pair")
        .len()
        .sort("len", "pair", descending=[True, False])
    )
    told = ", ".join(f"{r['pair']} ({r['len']})" for r in pairs.iter_rows(named=True))
    return Answer(
        f"{'; '.join(text for _, text in sorted(parts)) or 'No voice changed its account'}. Replaced without saying so: "
        f"{steps or 'none'}. Contradictions between parties: {told or 'none'}. A change is not by itself evidence of lying.",
        True,
        ("positions", "contradictions"),
        tuple(rows["statement_id"]),
    )


def offices(view: View, about: list[str]) -> Answer:
    """Did two bodies of one party say the same."""
    rows = view.tables["office_distances"]
    rows = rows.filter(pl.col("party").is_in(about)) if about else rows
    rows = rows.filter(pl.col("n_comparable") > 0).sort(
        "n_conflicts", "party", "body_a", "body_b", descending=[True, False, False, False]
    )
    if not rows.height:
        return cannot_say("no two bodies of the party took a position on the same point", "office_distances")
    told = "; ".join(
        f"{r['party']}: {r['body_a']} and {r['body_b']} conflict on {r['n_conflicts']} of {r['n_comparable']} points "
        f"({percent(r['low'])} to {percent(r['high'])})"
        for r in rows.head(6).iter_rows(named=True)
    )
    return Answer(
        told + ".", True, ("office_distances", "contradictions"), tuple(rows["examples"].drop_nulls())
    )


def one_sided(view: View, about: list[str]) -> Answer:
    """Was one side building a one-sided record."""
    rows = view.tables["series"]
    rows = rows.filter(pl.col("camp").is_in(about)) if about else rows
    sided = rows.filter(pl.col("one_sided").fill_null(False)).sort("series_id")
    mirror = view.tables["who_reports_whom"].filter(pl.col("camp") != "none").sort("camp", "accused")
    if not rows.height and not mirror.height:
        return cannot_say("no published counts and no accounts by any camp", "series")
    counters = "; ".join(
        f"{r['counted_by']} counts {r['against']}: {r['values']}" for r in sided.head(4).iter_rows(named=True)
    )
    told = ", ".join(f"{r['camp']}→{r['accused']} {r['n_reports']}" for r in mirror.iter_rows(named=True))
    return Answer(
        f"{sided.height} of {rows.height} published series count one side only. {counters or 'None'}. "
        f"Whose accounts name whom: {told}. Purpose is not something the figures show.",
        True,
        ("series", "pooling", "who_reports_whom"),
        tuple(sided["series_id"]),
    )


def patron(view: View, about: list[str]) -> Answer:
    """Could the patron deliver the client, and who had a motive."""
    edges = [
        (p.id, c) for p in view.terms.parties.values() for c in p.answers_for if not about or p.id in about
    ]
    rows = view.tables["incident_verdicts"]
    told = []
    for sponsor, client in sorted(edges):
        mine = rows.filter(pl.col("holder") == client).group_by("incident_id").agg(pl.col("p_breach").max())
        told.append(
            f"{sponsor} answers for {client}: {mine['p_breach'].sum() or 0:.1f} breaches to be expected of {mine.height} incidents"
        )
    return Answer(
        "Cannot say: control over a client and motive are not observed in accounts of incidents, and a breach by a client "
        f"is never taken as a breach by its patron. {'; '.join(told)}.",
        False,
        ("incident_verdicts", "verdicts"),
        tuple(f"{s}>{c}" for s, c in sorted(edges)),
    )


def exempted(view: View, about: list[str]) -> Answer:
    """Which groups would be re-designated."""
    rows = (
        view.facts["actors"].filter(pl.col("actor_id").is_in(about))
        if about
        else view.facts["actors"].head(0)
    )
    listed = "; ".join(
        f"{r['name']}: {r['designation'] or 'no listing recorded'}"
        for r in rows.sort("actor_id").iter_rows(named=True)
    )
    exempt = ", ".join(sorted(view.terms.exempt))
    return Answer(
        f"Cannot say: a future designation is a decision of states. Exempted by the text: {exempt or 'nobody'}. "
        f"On record: {listed or 'nothing'}.",
        False,
        ("actors",),
        tuple(rows["actor_id"].sort()),
    )


def alive(view: View, about: list[str]) -> Answer:
    """Is the arrangement dead."""
    clocks = view.tables["clocks"].filter(pl.col("reading") == "declared").sort("clock_id")
    states = ", ".join(
        f"{r['title'] or r['clock_id']}: {r['state'].replace('_', ' ')}" for r in clocks.iter_rows(named=True)
    )
    said = view.facts["statements"].filter(pl.col("propositions").str.contains("coh_status="))
    last = (
        said.with_columns(pl.col("propositions").str.extract(r"coh_status=([a-z_]+)").alias("status"))
        .sort("said_at", "statement_id")
        .group_by("speaker", maintain_order=True)
        .last()
        .sort("said_at", "statement_id")
    )
    voices = ", ".join(
        f"{r['speaker']} ({_local(view, r['said_at'], '%d %b')}): {r['status'].replace('_', ' ')}"
        for r in last.iter_rows(named=True)
    )
    present = (
        view.tables["signals"].filter(pl.col("state") == "present").height if "signals" in view.tables else 0
    )
    return Answer(
        f"No probability is given. Declared clocks — {states or 'none'}. Last words on record — {voices or 'none'}. "
        f"{present} warning signals are present.",
        bool(clocks.height),
        ("clocks", "signals", "statements"),
        tuple(last["statement_id"]),
    )


KINDS: dict[str, Callable[[View, list[str]], Answer]] = {
    "kept": kept,
    "clock": clock,
    "aid": aid,
    "terms": terms,
    "author": author,
    "intent": intent,
    "versions": versions,
    "offices": offices,
    "one_sided": one_sided,
    "patron": patron,
    "exempted": exempted,
    "alive": alive,
}


def answer(facts: Tables, tables: Tables, terms: Agreement, *, as_of: datetime) -> pl.DataFrame:
    """The table ``answers``: one row a question of the case; an unknown kind cannot be answered and says so."""
    view = View(facts, tables, terms, as_of)
    rows = []
    for row in facts["questions"].sort("question_id").iter_rows(named=True):
        about = [part.strip() for part in (row["about"] or "").split(";") if part.strip()]
        make = KINDS.get(row["kind"])
        found = (
            make(view, about) if make else cannot_say(f"no way to answer a question of kind {row['kind']!r}")
        )
        rows.append(
            {
                "question_id": row["question_id"],
                "question": row["question"],
                "answer": found.text,
                "can_say": found.can_say,
                "tables": "; ".join(found.tables),
                "evidence": "; ".join(found.evidence),
            }
        )
    return table("answers").frame(rows)


def _local(view: View, instant: datetime, layout: str) -> str:
    """An instant in the agreement's zone."""
    return f"{instant.astimezone(ZoneInfo(view.terms.timezone)):{layout}}"


def _incidents(view: View, about: list[str]) -> list[str]:
    """The incidents that the topics are anchored to."""
    anchors = (
        view.facts["topics"].filter(pl.col("topic_id").is_in(about))["anchor_reports"].drop_nulls().to_list()
    )
    reports = [part.strip() for text in anchors for part in text.split(";")]
    rows = view.tables["memberships"].filter(pl.col("report_id").is_in(reports))
    first = {r: i for i, r in enumerate(reports)}
    ordered = sorted(rows.iter_rows(named=True), key=lambda row: first[row["report_id"]])
    return [ordered[0]["incident_id"]] if ordered else []
