"""What the counting can and cannot carry: who reports whom, published series, what was watched, rates round truces.

In: a desk. Out: the sheets and drawings of the coverage part. Series are shown side by side and never added; "not
observed" is hatched and is not quiet; a rate ratio is a comparison in time, not an effect.
"""

from __future__ import annotations

from typing import Any

from ceasefire.report import wording
from ceasefire.report.charts.grid import WORDS, columns_of, day_strip, observation_strip
from ceasefire.report.charts.intervals import ratio_scale, ratio_strip
from ceasefire.report.sections.desk import Desk, sheet, slug

MOST_AREAS = 24


def coverage(desk: Desk) -> dict[str, Any]:
    """Mirror of camps, series, refusals, observation grid and rate ratios."""
    return {
        "mirror": _mirror(desk),
        "dead": _dead(desk),
        "series": _series(desk),
        "pooling": _pooling(desk),
        "checks": _checks(desk),
        "grid": _grid(desk),
        "ratios": _ratios(desk),
        "ratio_scale": ratio_scale(),
    }


def _mirror(desk: Desk) -> Any:
    """Camps down, accused across: the share of a camp's reports and their number."""
    rows = desk.rows("who_reports_whom")
    if not rows:
        return None
    weight: dict[str, int] = {}
    for r in rows:
        weight[r["accused"]] = weight.get(r["accused"], 0) + (r["n_reports"] or 0)
    fixed = ["nobody named", "denial"]
    accused = [a for a in sorted(weight, key=lambda a: (-weight[a], a)) if a not in fixed][:7]
    accused = sorted(accused, key=lambda a: desk.name(a).casefold()) + [a for a in fixed if a in weight]
    camps = sorted({r["camp"] for r in rows}, key=lambda c: (c == "none", desk.name(c).casefold()))
    cells = {(r["camp"], r["accused"]): r for r in rows}
    body = [
        (
            desk.party(c),
            *(_share(cells.get((c, a))) for a in accused),
            sum(r["n_reports"] or 0 for r in rows if r["camp"] == c),
        )
        for c in camps
    ]
    heads = ("Sources close to", *(_accused(desk, a) for a in accused), "All reports")
    return sheet(heads, body, file="tables/who_reports_whom.csv", numeric=range(1, len(heads)), wide=True)


def _accused(desk: Desk, cell: str) -> str:
    return {"nobody named": "name nobody", "denial": "clear somebody"}.get(cell, f"blame {desk.name(cell)}")


def _share(row: dict[str, Any] | None) -> str:
    if row is None:
        return "0"
    return (
        f"{row['n_reports']} ({100 * row['share']:.0f} %)"
        if row["share"] is not None
        else str(row["n_reports"])
    )


def _dead(desk: Desk) -> Any:
    rows = [
        (
            " and ".join(desk.name(c) if c != "none" else "no camp" for c in r["camp"].split("+")),
            desk.name(r["affected"]),
            r["n_happenings"],
            wording.how_many(r["happenings_best"], r["happenings_low"], r["happenings_high"])
            if r["happenings_best"] is not None
            else None,
            r["n_reports"],
            wording.span(r["killed_low"], None, r["killed_high"]),
        )
        for r in sorted(
            desk.rows("who_counts_whose_dead"),
            key=lambda r: (-(r["killed_high"] or 0), r["camp"], r["affected"]),
        )
    ]
    heads = (
        "Told by sources of",
        "Whose dead",
        "Incidents listed",
        "Best (90 % interval)",
        "Reports",
        "Killed, lowest to highest",
    )
    return sheet(heads, rows, file="tables/who_counts_whose_dead.csv", cap=14, numeric=(2, 3, 4, 5))


def _series(desk: Desk) -> Any:
    rows = []
    for r in sorted(desk.rows("series"), key=lambda r: (-(r["n_counts"] or 0), r["series_id"])):
        sided = {True: "one side only", False: "more than one side"}.get(r["one_sided"], "cannot be told")
        rows.append(
            (
                desk.source(r["counted_by"]),
                desk.party(r["camp"]),
                desk.name(r["against"])
                if r["against"] not in (None, "all")
                else ("every side" if r["against"] else None),
                r["metric"],
                f"{r['counting_unit'] or 'unit not stated'}; rule: {r['counting_rule'] or 'not stated'}",
                sided,
                "known" if r["effort_known"] else "not known",
                r["values"],
                r["checks"],
            )
        )
    heads = (
        "Counter",
        "Camp",
        "Whose acts",
        "What",
        "Unit and rule",
        "Counts",
        "Effort",
        "Figures in order",
        "Arithmetic",
    )
    return sheet(heads, rows, file="tables/series.csv", cap=24)


def _pooling(desk: Desk) -> dict[str, Any]:
    rows = desk.rows("pooling")
    refused = [r for r in rows if not r["allowed"]]
    why: dict[str, int] = {}
    for r in refused:
        for reason in {_kind_of_reason(desk, part) for part in r["because"].split(";")}:
            why[reason] = why.get(reason, 0) + 1
    reasons = sorted(why.items(), key=lambda w: (-w[1], w[0]))
    return {
        "pairs": len(rows),
        "refused": len(refused),
        "reasons": sheet(
            ("Why they may not be added or compared", "Pairs"),
            reasons,
            file="tables/pooling.csv",
            cap=8,
            numeric=(1,),
        ),
    }


def _kind_of_reason(desk: Desk, text: str) -> str:
    """A reason without the particulars of its pair."""
    words = text.partition(":")[0].strip().split(" ")
    return " ".join("a counter" if w in desk.sources else w for w in words)


def _checks(desk: Desk) -> Any:
    rows = [
        (
            r["counted_by"],
            desk.name(r["against"]),
            r["day"],
            r["kind"].replace("_", " "),
            f"{r['value']:g}" if r["value"] is not None else None,
            r["terms"],
        )
        for r in desk.rows("count_checks")
    ]
    heads = ("Counter", "Whose acts", "Day", "Check", "Figure", "Sum")
    return sheet(heads, rows, file="tables/count_checks.csv", cap=16, numeric=(4,))


def _grid(desk: Desk) -> dict[str, Any] | None:
    table = desk.table("observation")
    if not table.height:
        return None
    states: dict[str, dict[str, str]] = {}
    for area, day, state in table.sort("area", "day").select("area", "day", "state").iter_rows():
        states.setdefault(area, {})[day] = state
    days = table["day"].unique().sort().to_list()
    columns = columns_of(days)
    told = {a: sum(s == "reported" for s in by_day.values()) for a, by_day in states.items()}
    areas = sorted(states, key=lambda a: (-told[a], a))
    return {
        "rows": [
            (a, observation_strip(a, states[a], columns, slug("hatch", str(n))))
            for n, a in enumerate(areas[:MOST_AREAS])
        ],
        "days": day_strip(columns),
        "left_out": max(0, len(areas) - MOST_AREAS),
        "folded": len(columns) < len(days),
        "words": list(WORDS.values()),
    }


def _ratios(desk: Desk) -> dict[str, Any] | None:
    """One window and unit in the drawing, the shortest window of place-days; the others in the table file."""
    rows = desk.rows("rate_ratios")
    if not rows:
        return None
    names = {t["truce_id"]: t for t in desk.rows("truces")}
    units = {r["unit"] for r in rows}
    unit = "place_days" if "place_days" in units else min(units)
    window = min(r["window_days"] for r in rows if r["unit"] == unit)
    shown = sorted(
        (r for r in rows if r["unit"] == unit and r["window_days"] == window),
        key=lambda r: (r["start_day"] or "", r["truce_id"]),
    )
    return {
        "window": window,
        "unit": unit.replace("_", "-"),
        "rows": [_ratio(desk, names, r) for r in shown],
        "others": len(rows) - len(shown),
    }


def _ratio(desk: Desk, names: dict[str, dict[str, Any]], r: dict[str, Any]) -> dict[str, Any]:
    name = names.get(r["truce_id"], {}).get("name") or r["truce_id"]
    interval = ""
    if r["low"] is not None:
        interval = (
            f"{r['low']:.2f} to {r['high']:.2f}"
            if r["high"] is not None
            else f"from {r['low']:.2f}, no upper end"
        )
    ratio = f"{r['ratio']:.2f}" if r["ratio"] is not None else "no ratio: none before"
    return {
        "id": slug("truce", r["truce_id"]),
        "name": name,
        "day": r["start_day"],
        "counts": f"{r['before']} before, {r['after']} after",
        "ratio": ratio,
        "interval": interval,
        "placebo": wording.percent(r["placebo_share"]) if r["placebo_share"] is not None else "—",
        "strip": ratio_strip(r["ratio"], r["low"], r["high"], f"{name}: {ratio} ({interval})"),
        "warning": desk.plain(r["warning"]),
        "warned": bool(r["warning"]),
    }
