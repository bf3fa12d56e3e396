"""Answers about conduct: what was agreed, what was kept, which clocks ran, whether aid passed, what is left of it.

In: a ``View`` and what the question is about. Out: ``Answer``: a few sentences with their figures, made from verdicts,
clocks and the access record. Nothing is typed in; where the data cannot say, the answer says so and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ceasefire.outlook.view import View, count, listed, percent, spoken

NOT_JUDICIAL = "Not a judicial finding."
PATRON = "answers_for"
HOLDING = ("condition", "letter_missing", "refused", "suspended", "turned_back", "waiting")
"""Steps of the access record in which whoever is named holds aid back or is said to."""


@dataclass(frozen=True)
class Answer:
    """A few sentences, whether the data can say, and where they come from."""

    text: str
    can_say: bool
    tables: tuple[str, ...]
    evidence: tuple[str, ...] = ()


def cannot_say(why: str, *tables: str) -> Answer:
    """The data do not answer."""
    return Answer(f"Cannot say: {why}.", False, tables)


def kept(view: View, about: list[str]) -> Answer:
    """Was the cessation kept, and by whom broken, in what shares."""
    verdicts = view.tables["verdicts"].filter(pl.col("clause") != PATRON)
    if not verdicts.height:
        return cannot_say("the agreement has no obligations that can be judged", "verdicts")
    breached = verdicts.filter(pl.col("verdict") == "breached").sort("norm_id", "holder")
    rows = _expected(view)
    total = float(rows["p"].sum())
    if not total:
        open_ = verdicts.filter(pl.col("reason").str.contains("nobody is blamed"))
        why = (
            "no account says who carried out the attacks on record"
            if open_.height
            else "no incident touches it"
        )
        return cannot_say(
            f"{why}, so neither that it was kept nor who broke it is shown", "verdicts", "incidents"
        )
    sums = rows.group_by("holder").agg(pl.col("p", "low", "high").sum())
    sums = sums.filter(pl.col("p") > 0).sort("p", "holder", descending=[True, False])
    shares = [
        f"{view.name(r['holder'])} {r['p']:.1f} ({r['low']:.1f} to {r['high']:.1f}; {percent(r['p'] / total)})"
        for r in sums.iter_rows(named=True)
    ]
    disputed = sorted(
        set(verdicts.filter(pl.col("contested_bearer").fill_null(False))["holder"]) & set(sums["holder"])
    )
    text = [
        _found_breached(view, breached),
        f"Of {view.incidents(rows['incident_id'])} that touch a prohibition, breaches to be expected "
        "(with a bound if all doubts fell one way; share): "
        f"{'; '.join(shares)}.",
    ]
    if early := _until_lapse(view, rows):
        text.append(early)
    if disputed:
        text.append(f"Whether {listed([view.name(d) for d in disputed])} is bound is disputed.")
    text.append(f"These are shares of what was reported. {NOT_JUDICIAL}")
    return Answer(
        " ".join(text),
        True,
        ("verdicts", "incident_verdicts", "attributions", "who_reports_whom", "alternatives"),
        (*breached["norm_id"].unique(maintain_order=True), *rows["incident_id"].unique().sort()),
    )


def _expected(view: View) -> pl.DataFrame:
    """Each incident and bearer: the chance of a breach, and the 90 % interval of who did it scaled to it."""
    rows = (
        view.tables["incident_verdicts"]
        .group_by("incident_id", "holder")
        .agg(pl.col("p_breach").max().fill_null(0.0).alias("p"))
    )
    who = view.tables["attributions"].select("incident_id", "probability", "low", "high", holder="actor")
    scale = pl.when(pl.col("probability") > 0).then(pl.col("p") / pl.col("probability")).otherwise(0.0)
    return (
        rows.join(who, on=["incident_id", "holder"], how="left")
        .with_columns(
            low=pl.min_horizontal((pl.col("low") * scale).fill_null(0.0), "p"),
            high=pl.max_horizontal(
                pl.min_horizontal((pl.col("high") * scale).fill_null(1.0), pl.lit(1.0)), "p"
            ),
        )
        .filter(pl.col("p") > 0)
        .select("incident_id", "holder", "p", "low", "high")
        .sort("incident_id", "holder")
    )


def _found_breached(view: View, breached: pl.DataFrame) -> str:
    """Which obligations were found breached, and by whom."""
    if not breached.height:
        return "No obligation is found breached to the agreement's standard of proof."
    by = breached.group_by("norm_id", "title", maintain_order=True).agg(pl.col("holder"))
    same: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for row in by.iter_rows(named=True):
        same.setdefault(tuple(row["holder"]), []).append((row["norm_id"], row["title"]))
    told = []
    for holders, clauses in sorted(same.items(), key=lambda item: (-len(item[0]), item[1])):
        words = (
            f"“{clauses[0][1]}” ({clauses[0][0]})"
            if len(clauses) == 1
            else f"clauses {listed([identifier for identifier, _ in clauses])}"
        )
        told.append(f"{words} by {listed([view.name(h) for h in holders])}")
    return f"It was broken: to the agreement's standard of proof, {'; '.join(told)}."


def _until_lapse(view: View, rows: pl.DataFrame) -> str | None:
    """The same sums up to the first declared end that passed, since later breaches can be disputed."""
    over = view.tables["clocks"].filter(
        (pl.col("reading") == "declared")
        & pl.col("state").is_in(["ended", "lapsed"])
        & pl.col("ends_at").is_not_null()
    )
    first = over["ends_at"].min()
    if not isinstance(first, datetime):
        return None
    early = rows.join(
        view.tables["incidents"].filter(pl.col("occurred_from") < first).select("incident_id"),
        on="incident_id",
    )
    sums = early.group_by("holder").agg(pl.col("p").sum()).sort("p", "holder", descending=[True, False])
    told = ", ".join(
        f"{view.name(r['holder'])} {r['p']:.1f}" for r in sums.iter_rows(named=True) if r["p"] >= 0.05
    )
    return f"Up to {view.when(first)}, when the first declared term ran out: {told or 'none'}."


def clock(view: View, about: list[str]) -> Answer:
    """Did the qualifying clock run."""
    rows = view.tables["clocks"]
    rows = rows.filter(pl.col("clock_id").is_in(about)) if about else rows
    if not rows.height:
        return cannot_say("the agreement has no such clock, or it is not known yet", "clocks")
    told = [
        _clock(view, group)
        for _, group in rows.sort("clock_id", "reading").group_by("clock_id", maintain_order=True)
    ]
    return Answer(
        " ".join(told),
        True,
        ("clocks", "clock_events"),
        tuple(rows["clock_id"].unique(maintain_order=True).sort()),
    )


def _clock(view: View, rows: pl.DataFrame) -> str:
    """One clock: as counted, as declared, and the first of the what-ifs."""
    by = {r["reading"]: r for r in rows.iter_rows(named=True)}
    main = by.get("counted") or by.get("declared") or rows.row(0, named=True)
    state = str(main["state"]).replace("_", " ")
    until = f" by {view.when(main['ends_at'])}" if main["ends_at"] and main["ends_at"] <= view.as_of else ""
    text = [f"“{main['title'] or main['clock_id']}”: {state}{until} (from {view.when(main['started_at'])})."]
    if "counted" in by:
        text.append(f"As the incidents count it: {view.plain(by['counted']['reason'])}.")
    if "declared" in by:
        text.append(f"By declarations: {view.plain(by['declared']['reason'])}.")
    resets = [r for name, r in by.items() if name.startswith("if reset")]
    if resets:
        last = max(resets, key=lambda r: (r["ends_at"], r["reading"]))
        text.append(
            f"Nobody declared a reset; had any of the {count(len(resets), 'grave incident')} before that end been one, the "
            f"earliest end would have been as late as {view.when(last['ends_at'])}."
        )
    others = [
        r for name, r in by.items() if name not in ("counted", "declared") and not name.startswith("if reset")
    ]
    text += [f"{r['reading'][:1].upper()}{r['reading'][1:]}: {view.plain(r['reason'])}." for r in others]
    return " ".join(text)


def aid(view: View, about: list[str]) -> Answer:
    """Was aid blocked, and by whom."""
    rows = view.tables["consignments"].sort("consignment")
    if not rows.height:
        return cannot_say("no access record in the case", "consignments")
    arrived = rows.filter(pl.col("outcome") == "delivered")
    stuck = rows.filter(pl.col("outcome").is_in(["waiting", "refused", "suspended", "attacked"]))
    outcomes = stuck.group_by("outcome").len().sort("len", "outcome", descending=[True, False])
    words = listed([f"{r['len']} {r['outcome']}" for r in outcomes.iter_rows(named=True)])
    text = [
        f"Of {count(rows.height, 'delivery', 'deliveries')} on record {arrived.height} arrived"
        + (f" ({listed(sorted(arrived['to_place'].drop_nulls()))})" if arrived.height else "")
        + (f"; {words}." if stuck.height else "; none is known to be held.")
    ]
    waiting = stuck.filter((pl.col("outcome") == "waiting") & pl.col("days_waiting").is_not_null())
    for row in (
        waiting.sort("days_waiting", "consignment", descending=[True, False]).head(2).iter_rows(named=True)
    ):
        text.append(
            f"Aid for {row['to_place'] or row['consignment']} had waited {row['days_waiting']:.0f} days."
        )
    named = _named_for_holding(view, stuck.filter(pl.col("outcome") != "attacked")["consignment"].to_list())
    if named:
        text.append(f"Named for holding aid back: {listed(named)}.")
    text.append("Who is named is what accounts say, not a finding of cause.")
    return Answer(
        " ".join(text),
        True,
        ("consignments", "access", "access_delays", "routes"),
        tuple(rows["consignment"]),
    )


def _named_for_holding(view: View, held: list[str]) -> list[str]:
    """Who is named in the steps that held those deliveries: by how many accounts, and whether alone."""
    rows = view.facts["access"].filter(
        pl.col("consignment").is_in(held) & pl.col("kind").is_in(HOLDING) & pl.col("authority").is_not_null()
    )
    accounts: dict[str, int] = {}
    alone: dict[str, int] = {}
    for cell in rows.sort("access_id")["authority"]:
        named = {view.party_of.get(a.strip(), a.strip()) for a in str(cell).replace("|", "+").split("+")}
        for actor in named:
            accounts[actor] = accounts.get(actor, 0) + 1
            alone[actor] = alone.get(actor, 0) + (len(named) == 1)
    return [
        f"{view.name(a)} in {count(n, 'account')}"
        + ("" if alone[a] == n else f" ({alone[a]} alone)" if alone[a] else " (never alone)")
        for a, n in sorted(accounts.items(), key=lambda item: (-item[1], item[0]))
    ]


def terms(view: View, about: list[str]) -> Answer:
    """What the terms were, who was bound, who exempt."""
    verdicts = view.tables["verdicts"].filter(pl.col("clause") != PATRON)
    if not verdicts.height:
        return cannot_say("the agreement has no obligations", "verdicts")
    total = verdicts["norm_id"].n_unique()
    closed = verdicts.filter(pl.col("verdict") == "not_testable")["norm_id"].n_unique()
    bound = [
        f"{view.name(r['holder'])} ({r['len']})"
        for r in verdicts.filter(pl.col("holder").is_in(list(view.terms.parties)))
        .group_by("holder")
        .len()
        .sort("len", "holder", descending=[True, False])
        .iter_rows(named=True)
    ]
    status = (
        verdicts.unique("norm_id")
        .group_by("text_status")
        .len()
        .sort("len", "text_status", descending=[True, False])
    )
    known = listed([f"{r['text_status']} {r['len']}" for r in status.iter_rows(named=True)])
    disputed = sorted(set(verdicts.filter(pl.col("contested_bearer").fill_null(False))["holder"]))
    exempt = [group.title for group in sorted(view.terms.exempt.values(), key=lambda g: g.id)]
    text = [
        f"{view.terms.title}: {count(total, 'obligation')}, {closed} of which cannot be tested on public terms or data.",
        f"How their words became known: {known}.",
        f"Bound, with the number of obligations: {listed(bound)}.",
        f"Exempted, so not protected: {listed(exempt) or 'nobody'}.",
    ]
    if disputed:
        text.append(f"Whether {listed([view.name(d) for d in disputed])} is bound is disputed.")
    return Answer(" ".join(text), True, ("verdicts",), tuple(verdicts["norm_id"].unique().sort()))


def patron(view: View, about: list[str]) -> Answer:
    """Could the patron deliver the client, and who had a motive."""
    edges = [
        (p.id, c) for p in view.terms.parties.values() for c in p.answers_for if not about or p.id in about
    ]
    if not edges:
        return cannot_say(
            "the agreement names no party that answers for another, and motive is not observed", "verdicts"
        )
    rows = _expected(view)
    told = []
    for sponsor, client in sorted(edges):
        mine = rows.filter(pl.col("holder") == client)
        low, best, high = (float(mine[c].sum()) for c in ("low", "p", "high"))
        told.append(
            f"{view.name(client)}, for whom {view.name(sponsor)} answers: {best:.1f} breaches to be expected "
            f"({low:.1f} to {high:.1f}) in {view.incidents(mine['incident_id'])}"
        )
    return Answer(
        "Cannot say: control over a client and motive do not show in accounts of incidents, and a client's breach is never "
        f"taken as its patron's. What there is: {'; '.join(told)}.",
        False,
        ("incident_verdicts", "verdicts", "alternatives"),
        tuple(sorted({f"patron-{c}" for _, c in edges})),
    )


def exempted(view: View, about: list[str]) -> Answer:
    """Which groups would be re-designated."""
    rows = view.facts["actors"].filter(pl.col("actor_id").is_in(about)).sort("actor_id")
    on_record = [
        f"{r['name']}: {_named_ids(view, r['designation']) or 'no listing recorded'}"
        for r in rows.iter_rows(named=True)
    ]
    exempt = [group.title for group in sorted(view.terms.exempt.values(), key=lambda g: g.id)]
    return Answer(
        f"Cannot say: a future designation is a decision of states. Exempted by the text: {listed(exempt) or 'nobody'}. "
        f"On record: {'; '.join(on_record) or 'nothing'}.",
        False,
        ("actors",),
        tuple(rows["actor_id"]),
    )


def _named_ids(view: View, text: str | None) -> str:
    """A coder's note with actors' names instead of their identifiers."""
    return " ".join(
        view.names[bare] + word[len(bare) :]
        if (bare := word.rstrip(";,.")) in view.names and bare.islower()
        else word
        for word in (text or "").split()
    )


def alive(view: View, about: list[str]) -> Answer:
    """Is the arrangement dead."""
    clocks = view.tables["clocks"].filter(pl.col("reading").is_in(["declared", "counted"]))
    clocks = (clocks.filter(pl.col("clock_id").is_in(about)) if about else clocks).sort("clock_id", "reading")
    if not clocks.height:
        return cannot_say("the agreement has no clocks", "clocks")
    states: dict[str, set[str]] = {}
    for row in clocks.iter_rows(named=True):
        states.setdefault(str(row["state"]).replace("_", " "), set()).add(
            str(row["title"] or row["clock_id"])
        )
    told = "; ".join(
        f"{state}: {listed(sorted(f'“{t}”' for t in titles))}" for state, titles in sorted(states.items())
    )
    said = view.facts["statements"].filter(pl.col("propositions").str.contains("coh_status="))
    last = (
        said.with_columns(pl.col("propositions").str.extract(r"coh_status=([a-z_]+)").alias("status"))
        .sort("said_at", "statement_id")
        .with_columns(voice=pl.coalesce("party", "speaker"))
        .group_by("voice", maintain_order=True)
        .last()
        .sort("said_at", "statement_id")
    )
    voices = "; ".join(
        f"{r['speaker']}{' for ' + view.name(r['party']) if r['party'] else ''}, {view.day(r['said_at'])}: {spoken(r['status'])}"
        for r in last.iter_rows(named=True)
    )
    signals = view.tables["signals"] if "signals" in view.tables else pl.DataFrame({"state": []})
    present = signals.filter(pl.col("state") == "present").height
    text = [f"No probability is given; what is on record: {told}."]
    text.append(
        f"Each party's last word on it: {voices}." if voices else "No party's word on it is in the case."
    )
    text.append(
        f"Of {count(signals.height, 'warning signal')}, drawn from the one collapse of September 2016, {present} are present."
    )
    return Answer(" ".join(text), True, ("clocks", "signals", "statements"), tuple(last["statement_id"]))
