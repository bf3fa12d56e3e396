"""Answers about what is said: who did it, whether it was meant, whose account changed, whose record is one-sided.

In: a ``View`` and what the question is about. Out: ``Answer``. Made from attributions, findings, statements and counts;
a finding is quoted with its issuer, date and own word and never turned into a probability.
"""

from __future__ import annotations

import polars as pl

from ceasefire.outlook.conduct import NOT_JUDICIAL, Answer, cannot_say
from ceasefire.outlook.view import View, chance, count, listed, spoken

# So many findings are told in a sentence, the earliest and the latest that name somebody; all stand in the table.
FINDINGS_TOLD = 4
# A word of a statement that speaks of coordination between the parties before or during a strike.
COORDINATION = r"notice_|contact_wait|refusal_to_coordinate|first_call|objection_received"
NOBODY = ("nobody named", "denial")
# What an answer rests on besides testimony, by kind of prior term.
APART = {
    "capability": "means",
    "control": "control of the place",
    "context": "who was hit",
    "finding": "findings",
}


def author(view: View, about: list[str]) -> Answer:
    """Who did it, how sure, and what boards and commissions said, side by side."""
    rows = view.tables["assessments"].filter(pl.col("incident_id").is_in(_incidents(view, about)))
    if not rows.height:
        return cannot_say("no report of it was known yet", "assessments")
    row = rows.row(0, named=True)
    shares = (
        view.tables["attributions"]
        .filter(pl.col("incident_id") == row["incident_id"])
        .sort("probability", "actor", descending=[True, False])
    )
    told = [
        f"{view.name(r['actor'])} {chance(r['probability'], r['low'], r['high'])}"
        for r in shares.filter(pl.col("probability") >= 0.05).iter_rows(named=True)
    ]
    apart = _apart(view, row["incident_id"])
    basis = listed(["testimony", *apart]) if apart else "testimony alone"
    alone = [
        f"{view.name(r['actor'])} {r['flat']:.0%}".replace("%", " %")
        for r in shares.sort("flat", "actor", descending=[True, False]).iter_rows(named=True)
        if apart and r["flat"] is not None and r["flat"] >= 0.05
    ]
    rest = shares.filter(pl.col("probability") < 0.05).height
    more = ", each other answer under 5 %" if rest else ""
    if row["answer"] == "undetermined":
        head = f"Undetermined on {basis}" + (", and contested" if row["contested"] else "")
    else:
        head = f"On {basis}: {view.name(row['answer'])}" + (
            ", by its own account" if row["self_attributed"] else ""
        )
    beside = view.tables["findings_beside"].filter(pl.col("incident_id") == row["incident_id"])
    text = [
        f"{head}: {listed(told)}{more}." if told else f"{head}.",
        *([f"On testimony alone, from a flat prior: {listed(alone)}."] if alone else []),
        f"{count(row['n_origins'], 'independent voice')} in {count(row['n_camps'], 'camp')} name somebody.",
        _findings(view, beside, APART["finding"] in apart),
        NOT_JUDICIAL,
    ]
    return Answer(
        " ".join(text),
        True,
        ("assessments", "attributions", "evidence", "findings_beside"),
        (row["incident_id"], *beside["finding_id"]),
    )


def _apart(view: View, incident: str) -> list[str]:
    """What moves an answer of the incident besides testimony, in words."""
    evidence = view.tables.get("evidence")
    if evidence is None:
        return []
    moved = evidence.filter((pl.col("incident_id") == incident) & (pl.col("log_weight") != 0))
    return [words for kind, words in APART.items() if kind in set(moved["kind"])]


def _findings(view: View, beside: pl.DataFrame, weighed: bool) -> str:
    """The latest word of each issuer that names somebody, in order of date."""
    dated = beside.filter(pl.col("issued_at").is_not_null()).sort("issued_at", "finding_id")
    naming = dated.filter(pl.col("actor").is_not_null()).with_columns(
        body=pl.col("issuer").str.replace(r"\s*\(.*$", "")
    )
    latest = naming.unique("body", keep="last", maintain_order=True).tail(FINDINGS_TOLD)
    if not beside.height:
        return "No finding was issued by then."
    if not latest.height:
        return f"{count(beside.height, 'finding')} by then, none naming anybody."
    quoted = [
        f"{r['body']} ({view.day(r['issued_at'])}, “{r['standard'] or 'no standard stated'}”): {view.name(r['actor'])}"
        for r in latest.iter_rows(named=True)
    ]
    others = beside.height - latest.height
    kept = "Findings, some weighed as asked for" if weighed else "Findings, kept apart"
    return f"{kept}: {'; '.join(quoted)}" + (f"; and {others} more." if others else ".")


def _incidents(view: View, about: list[str]) -> list[str]:
    """The incident that the topics are anchored to."""
    anchors = (
        view.facts["topics"].filter(pl.col("topic_id").is_in(about))["anchor_reports"].drop_nulls().to_list()
    )
    reports = [part.strip() for text in anchors for part in text.split(";")]
    rows = view.tables["memberships"].filter(pl.col("report_id").is_in(reports))
    first = {r: i for i, r in enumerate(reports)}
    ordered = sorted(rows.iter_rows(named=True), key=lambda row: first[row["report_id"]])
    return [ordered[0]["incident_id"]] if ordered else []


def intent(view: View, about: list[str]) -> Answer:
    """Deliberate or an error: what each voice and finding says; the package does not infer intent."""
    on_it = view.facts["statements"].filter(pl.col("about").is_in(about))
    said = on_it.with_columns(word=pl.col("propositions").str.extract(r"deliberate=([a-z_]+)")).drop_nulls(
        "word"
    )
    found = view.facts["findings"].filter(pl.col("about").is_in(about) & pl.col("intent").is_not_null())
    if not said.height and not found.height:
        return cannot_say("nobody on record says whether it was meant", "statements", "findings")
    by = said.group_by("party").agg(pl.col("word").sort()).sort("party")
    words = {"true": "deliberate", "false": "not deliberate"}
    voices = []
    for row in by.iter_rows(named=True):
        counted = {w: row["word"].count(w) for w in sorted(set(row["word"]))}
        each = [f"{words.get(w, spoken(w))}" + (f" ({n} times)" if n > 1 else "") for w, n in counted.items()]
        voices.append(f"{view.name(row['party'])}: {listed(each)}")
    findings = [
        f"{r['issuer']}: {r['intent']}"
        for r in found.unique(["issuer", "intent"], maintain_order=True).iter_rows(named=True)
    ]
    failed, behind = _coordination(view, on_it)
    text = ["Cannot say: reports of a strike do not show what was meant."]
    text += [f"What is said: {'; '.join(voices)}."] if voices else []
    text += [f"Findings: {'; '.join(findings)}."] if findings else []
    text.append(f"On coordination: {failed}." if failed else "Nothing is on record about coordination.")
    return Answer(
        " ".join(text),
        False,
        ("statements", "findings", "contradictions"),
        tuple(sorted({*said["statement_id"], *behind})) + tuple(found["finding_id"].sort()),
    )


def _coordination(view: View, on_it: pl.DataFrame) -> tuple[str, tuple[str, ...]]:
    """What the statements say of notice and contact, word by word, with the parties that say it."""
    told: dict[tuple[str, str], set[str]] = {}
    behind = []
    for row in on_it.sort("said_at", "statement_id").iter_rows(named=True):
        for pair in (row["propositions"] or "").split(";"):
            key, _, value = pair.strip().partition("=")
            # Only what is at issue: a key with its value, as the party put it.
            if value and pl.Series([f"{key}={value}"]).str.contains(COORDINATION)[0]:
                told.setdefault((key, value), set()).add(str(row["party"]))
                behind.append(str(row["statement_id"]))
    parts = [
        f"{spoken(key)}: {spoken(value)} ({listed(sorted(view.name(p) for p in who))})"
        for (key, value), who in told.items()
    ]
    return "; ".join(parts), tuple(behind)


def versions(view: View, about: list[str]) -> Answer:
    """How often did a version change, and against whose."""
    rows = view.tables["positions"].filter(pl.col("about").is_in(about))
    if not rows.height:
        return cannot_say("no statement about it by then", "positions")
    counts = view.tables["voice_counts"].filter(pl.col("about").is_in(about))
    sums = counts.group_by("party", "reading").agg(
        pl.col("n_statements", "updates", "corrections", "substitutions", "retreats").sum()
    )
    both = sums.filter(pl.col("reading") == "thread").join(
        sums.filter(pl.col("reading") == "party"), on="party", suffix="_all", how="left"
    )
    told = []
    for row in both.sort(
        "substitutions_all", "substitutions", "party", descending=[True, True, False]
    ).iter_rows(named=True):
        words = [
            f"{_two(row[name], row[name + '_all'])} {label}"
            for name, label in (
                ("substitutions", "replaced"),
                ("corrections", "corrected"),
                ("retreats", "given up"),
            )
            if row[name] or row[name + "_all"]
        ]
        if words:
            told.append(
                f"{view.name(row['party'])}, {count(row['n_statements'], 'statement')}: {listed(words)}"
            )
    replaced = rows.filter(pl.col("change") == "substitution").sort("said_at", "statement_id")
    steps = [
        f"{spoken(str(r['keys']).split(';')[0])} ({view.when(r['said_at'])})"
        for r in replaced.iter_rows(named=True)
    ]
    pairs = _against(view, about)
    text = [
        "Accounts replaced without saying so, corrected or given up, counted voice by voice and (after the stroke) party by "
        f"party: {'; '.join(told)}."
        if told
        else "No voice replaced, corrected or gave up its account."
    ]
    text += [f"Replaced: {'; '.join(steps)}."] if steps else []
    text += [f"Pairs of statements that cannot both hold: {listed(pairs, 3)}."] if pairs else []
    text.append("A change is not by itself evidence of lying.")
    return Answer(
        " ".join(text),
        True,
        ("positions", "voice_counts", "contradictions"),
        tuple(rows["statement_id"].sort()),
    )


def _two(by_voice: int, by_party: int | None) -> str:
    return f"{by_voice}/{by_party if by_party is not None else by_voice}"


def _against(view: View, about: list[str]) -> list[str]:
    """Pairs of parties whose statements contradict each other, with how many pairs of statements."""
    rows = view.tables["contradictions"].filter(
        pl.col("about").is_in(about) & (pl.col("scope") == "parties") & (pl.col("kind") == "contradiction")
    )
    pairs = (
        rows.select(
            pl.concat_list("party_a", "party_b").list.sort().alias("pair"), "statement_a", "statement_b"
        )
        .unique()
        .group_by("pair")
        .len()
        .with_columns(first=pl.col("pair").list.join(" "))
        .sort("len", "first", descending=[True, False])
    )
    return [
        f"{view.name(r['pair'][0])} with {view.name(r['pair'][1])} {r['len']}"
        for r in pairs.iter_rows(named=True)
    ]


def offices(view: View, about: list[str]) -> Answer:
    """Did two bodies of one party say the same."""
    rows = view.tables["office_distances"]
    rows = rows.filter(pl.col("party").is_in(about)) if about else rows
    compared = rows.filter(pl.col("n_comparable") > 0).sort("party", "body_a", "body_b")
    if not compared.height:
        return cannot_say("no two bodies of one party took a position on the same point", "office_distances")
    apart = compared.filter(pl.col("n_conflicts") > 0)
    told = [
        f"{view.name(r['party'])}, {spoken(r['body_a'])} and {spoken(r['body_b'])}, {r['n_conflicts']} of "
        f"{r['n_comparable']} ({100 * r['low']:.0f} to {100 * r['high']:.0f} %)"
        for r in apart.sort("n_conflicts", "party", "body_a", descending=[True, False, False]).iter_rows(
            named=True
        )
    ]
    same = compared.filter(pl.col("n_conflicts") == 0)
    text = [
        f"Not always. Points on which two bodies of one party conflict, of those both spoke to: {'; '.join(told)}."
        if told
        else "No conflict is on record."
    ]
    if same.height:
        parties = [view.name(p) for p in same["party"].unique().sort()]
        text.append(
            f"No conflict in {count(same.height, 'other pair')} of bodies ({listed(parties)}), mostly on a single point."
        )
    text.append("With so few points in common the intervals are wide.")
    examples = [part.strip() for cell in apart["examples"].drop_nulls() for part in cell.split(";")]
    return Answer(" ".join(text), True, ("office_distances", "contradictions"), tuple(examples))


def one_sided(view: View, about: list[str]) -> Answer:
    """Was one side building a one-sided record."""
    series = view.tables["series"].filter(pl.col("camp").is_not_null() & pl.col("one_sided").is_not_null())
    series = series.filter(pl.col("camp").is_in(about)) if about else series
    mirror = view.tables["who_reports_whom"].filter(
        (pl.col("camp") != "none") & ~pl.col("accused").is_in(NOBODY)
    )
    mirror = mirror.filter(pl.col("camp").is_in(about)) if about else mirror
    dead = own_dead(view, about)
    if not series.height and not mirror.height and not dead:
        return cannot_say("no published counts and no accounts by any camp", "series")
    counters = []
    for (camp,), group in series.sort("camp").group_by(["camp"], maintain_order=True):
        sided = group.filter(pl.col("one_sided"))
        whom = [view.name(a) for a in sided["against"].drop_nulls().unique().sort()]
        counters.append(
            f"{view.name(str(camp))}: {sided['n_counts'].sum()} of {group['n_counts'].sum()} figures"
            + (f", against {listed(whom)}" if whom else "")
        )
    named = []
    for (camp,), group in mirror.sort("camp").group_by(["camp"], maintain_order=True):
        top = group.sort("n_reports", "accused", descending=[True, False]).row(0, named=True)
        named.append(
            f"{view.name(str(camp))} {view.name(top['accused'])} in {top['n_reports']} of {group['n_reports'].sum()}"
        )
    text = []
    text += [f"Published figures that count one side only: {'; '.join(counters)}."] if counters else []
    text += (
        [f"Whom each camp's accounts name most, of those that name anybody: {'; '.join(named)}."]
        if named
        else []
    )
    deaths = [f"{view.name(c)} up to {own} of its own side and {other} of another" for c, own, other in dead]
    text += (
        [
            f"Fighters' deaths that one camp alone tells of, sides as the agreement file has them: {'; '.join(deaths)}."
        ]
        if deaths
        else []
    )
    text.append("Purpose is not something figures show, and such counts are not added together.")
    return Answer(
        " ".join(text),
        True,
        ("series", "pooling", "who_reports_whom", "who_counts_whose_dead"),
        tuple(series.filter(pl.col("one_sided"))["series_id"].sort()),
    )


def own_dead(view: View, about: list[str]) -> list[tuple[str, int, int]]:
    """Each party's camp that alone tells of fighters' deaths: how many of its own side, how many of another."""
    if "who_counts_whose_dead" not in view.tables:
        return []
    parties = sorted(view.terms.parties)
    rows = view.tables["who_counts_whose_dead"].filter(
        pl.col("camp").is_in(about or parties) & pl.col("affected").is_in(parties)
    )
    found = []
    for (camp,), group in rows.sort("camp", "affected").group_by(["camp"], maintain_order=True):
        mine = [view.terms.side_of(a) == view.terms.side_of(str(camp)) for a in group["affected"]]
        killed = group["killed_high"].fill_null(0).to_list()
        own = sum(k for k, m in zip(killed, mine, strict=True) if m)
        found.append((str(camp), own, sum(killed) - own))
    return [row for row in found if row[1] or row[2]]
