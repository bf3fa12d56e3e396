"""What nobody reported: the range, the models behind it, what they assume, and where nobody could look.

In: a desk. Out: the answer in words and the sheets. A refusal stands where a number would, with its reason; an area in the dark
has no number and never reads as calm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from ceasefire.report import wording
from ceasefire.report.sections.desk import Desk, sheet
from ceasefire.report.wording import round_half_up

SEEN, EVERYWHERE = "where the lists could see", "everywhere"
STACKED, SENSITIVITY, DARK = "stacked", "stacked, sensitivity", "not observed"
_KINDS = {"actor": "Author", "area": "Area", "month": "Month"}
_MODELS = {
    "stacked": "All usable models together",
    "stacked, sensitivity": "The same, if all lists hang together",
}
_IN_ALL_DRAWS = re.compile(r" \(in all \d+ draws of the authors\)")
Rows = dict[tuple[str, str, str], dict[str, Any]]


def unreported(desk: Desk) -> dict[str, Any] | None:
    """The section; None where the run did not estimate."""
    rows: Rows = {(r["by"], r["group"], r["model"]): r for r in desk.rows("unreported")}
    if not rows:
        return None
    plain = _plain(desk)
    told, open_ = _strata(desk, rows, plain)
    refused = _refused(rows)
    listed = max((r["listed"] or 0 for (by, _, _), r in rows.items() if by == "all"), default=0)
    return {
        "answer": answer(desk),
        "refused": refused is not None,
        "same": refused is not None
        and not told.rows
        and all(r[2].startswith(plain(refused)[:-1]) for r in open_.rows),
        "models": _models(rows, plain, refused),
        "sensitivity": _sensitivity(rows),
        "lists": _lists(desk),
        "told": told,
        "open": open_,
        "dark": _dark(desk, rows),
        "n_dark": sum(by == "area-week" for by, _, _ in rows),
        "left_out": max(len(desk.incidents) - round_half_up(listed), 0),
    }


def answer(desk: Desk) -> str:
    """The answer in a sentence or two, empty where the run did not estimate."""
    return in_words(desk.rows("unreported"), _plain(desk))


def _plain(desk: Desk) -> Callable[[str | None], str]:
    """Reasons in words: lists by the names of their sources."""
    ids = sorted(
        {i for r in desk.rows("unreported_lists") for i in r["sources"].split(";")},
        key=lambda i: (-len(i), i),
    )
    known = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, ids))})(?![\w-])") if ids else None

    def plain(text: str | None) -> str:
        short = _IN_ALL_DRAWS.sub("", text or "")
        named = known.sub(lambda m: desk.source(m.group(1)), short) if known else short
        return wording.sentence(named)

    return plain


def in_words(table: Iterable[dict[str, Any]], plain: Callable[[str | None], str]) -> str:
    """The answer from rows of table ``unreported``; ``plain`` puts a reason into words."""
    rows: Rows = {(r["by"], r["group"], r["model"]): r for r in table if r["by"] == "all"}
    whole, seen = rows.get(("all", "everywhere", STACKED)), rows.get(("all", SEEN, STACKED))
    row = seen or whole or next((r for (_, _, model), r in rows.items() if model == STACKED), None)
    if row is None:
        return ""
    listed = round_half_up(row["listed"] or 0)
    if row["best"] is None:
        bound = next((r for (_, g, m), r in rows.items() if g == row["group"] and m.startswith("Chao")), None)
        least = ""
        if bound and bound["best"]:
            ends = f"{_number(bound['low'])} to {_number(bound['high'])}"
            least = f" A bound from below: {_number(bound['best'])} incidents ({ends}, 95 % interval)."
        same = " That is not the same as none." if listed else ""
        return f"How many incidents nobody reported cannot be told. {plain(row['reason'])}{least}{same}"
    stand = "incident stands" if listed == 1 else "incidents stand"
    text = (
        f"Where somebody watched, {listed:,} {stand} on the sources’ lists, and between "
        f"{_number(row['unreported_low'])} and {_number(row['unreported_high'])} more on none "
        f"(95 % interval over all usable models; best figure {_number(row['unreported_best'])})."
    )
    if whole is not None and whole["best"] is None:
        text += " Nobody watched everywhere, so for the whole there is no upper end."
    return text


def _number(value: float | None) -> str:
    return "—" if value is None else f"{round_half_up(value):,}"


def _range(row: dict[str, Any]) -> str:
    if row["low"] is None:
        return ""
    return (
        f"{_number(row['low'])} to {_number(row['high'])}"
        if row["high"] is not None
        else f"at least {_number(row['low'])}"
    )


def _refused(rows: Rows) -> str | None:
    """Why nothing can be said of all incidents together, None where something can."""
    found = [
        rows[key]
        for key in (("all", SEEN, STACKED), ("all", EVERYWHERE, STACKED), ("all", "all", STACKED))
        if key in rows
    ]
    return found[0]["reason"] if found and found[0]["low"] is None else None


def _models(rows: Rows, plain: Callable[[str | None], str], refused: str | None) -> Any:
    """One row a model for all incidents together, where the lists could see."""
    groups = {g for by, g, _ in rows if by == "all"}
    group = SEEN if SEEN in groups else min(groups)
    order = [m for m in _MODELS if ("all", group, m) in rows]
    own = sorted(m for by, g, m in rows if by == "all" and g == group and m not in _MODELS)
    body = []
    for model in (*own, *order):
        r = rows["all", group, model]
        used = "bound only" if model.startswith("Chao") else "yes" if r["usable"] else "no"
        if model == "independent lists" and r["usable"]:
            used = "beside only"
        why = "" if r["reason"] == refused else plain(r["reason"])
        body.append(
            (
                _MODELS.get(model, model[:1].upper() + model[1:]),
                "no figure" if r["low"] is None else f"{_number(r['low'])} to {_number(r['high'])}",
                _number(r["best"]),
                _number(r["unreported_best"]),
                used if not why else f"{used}. {why}",
                wording.sentence(r["assumption"]),
            )
        )
    heads = ("Model", "All incidents (95 %)", "Best", "On no list", "Counts in the range", "What it believes")
    return sheet(heads, body, file="tables/unreported.csv", numeric=(2, 3))


def _sensitivity(rows: Rows) -> str:
    found = next(
        (
            r
            for g in (SEEN, "everywhere", "all")
            for (by, group, m), r in rows.items()
            if by == "all" and m == SENSITIVITY and group == g and r["high"] is not None
        ),
        None,
    )
    if found is None:
        return ""
    return f"{_number(found['low'])} to {_number(found['high'])}"


def _lists(desk: Desk) -> Any:
    """The lists, the longest first."""
    body = []
    for r in sorted(desk.rows("unreported_lists"), key=lambda r: (-r["incidents"], r["list"])):
        ids = r["sources"].split(";")
        many = len(ids) > 6
        name = f"The {len(ids)} smallest, read as one" if many else " + ".join(desk.source(i) for i in ids)
        body.append((name, r["incidents"], r["alone"]))
    return sheet(
        ("List", "Incidents on it", "On it alone"), body, file="tables/unreported_lists.csv", numeric=(1, 2)
    )


def _strata(desk: Desk, rows: Rows, plain: Callable[[str | None], str]) -> tuple[Any, Any]:
    """Authors, areas and months: those with a range, and those for which none can be given, with the reason."""
    told, open_ = [], []
    for by, words in _KINDS.items():
        full = [
            r for (b, g, m), r in rows.items() if b == by and m == STACKED and not g.endswith(f", {SEEN}")
        ]
        named = [(desk.name(r["group"]) if by == "actor" else r["group"], r) for r in full]
        for name, r in sorted(named, key=lambda n: n[0].casefold()):
            seen = rows.get((by, f"{r['group']}, {SEEN}", STACKED), r)
            lead = (f"{words}: {name}", _listed(r["listed"]))
            if seen["low"] is None:
                open_.append((*lead, plain(r["reason"])))
            else:
                beyond = (
                    "no upper end: " + r["reason"].partition(":")[0]
                    if seen is not r
                    else "watched every week"
                )
                told.append((*lead, _range(seen), _number(seen["best"]), beyond))
    heads = ("By", "Listed", "All incidents (95 %)", "Best", "Beyond where the lists could see")
    return (
        sheet(heads, told, file="tables/unreported.csv", cap=60, numeric=(1, 3)),
        sheet(("By", "Listed", "Why not"), open_, file="tables/unreported.csv", cap=60, numeric=(1,)),
    )


def _listed(mean: float | None) -> str:
    """How many are listed; authors are drawn, so that it may be a part of one."""
    value = mean or 0.0
    return "under 1" if 0 < value < 1 else f"{round_half_up(value):,}"


def _dark(desk: Desk, rows: Rows) -> Any:
    """Areas in which nobody watched for a whole week or longer."""
    weeks: dict[str, list[str]] = {}
    for by, group, _ in rows:
        if by == "area-week":
            area, _, week = group.rpartition(" ")
            weeks.setdefault(area, []).append(week)
    every: dict[str, set[str]] = {}
    for area, day in desk.table("observation").select("area", "day").iter_rows():
        every.setdefault(area, set()).add(wording.iso_week(day))
    body = [
        (
            area,
            f"{len(dark)} of {len(every.get(area, dark))}",
            wording.listed([wording.week(w) for w in sorted(dark)])
            if len(dark) <= 6
            else f"from {wording.week(min(dark))} to {wording.week(max(dark))}, with gaps",
        )
        for area, dark in sorted(weeks.items())
    ]
    heads = ("Area", "Weeks in the dark", "Which (weeks from Monday)")
    return sheet(heads, body, file="tables/observation.csv", cap=60, numeric=(1,))
