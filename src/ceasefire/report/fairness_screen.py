"""Whether answers swap with the parties' labels, and how each party fares, on a terminal.

In: a picture and a console. Out: text, the same words as the report's section.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from ceasefire.party_names import brief
from ceasefire.picture import Picture
from ceasefire.report.screen import Row, grid
from ceasefire.report.sections.fairness import differences, swapped_in_words, tiny
from ceasefire.report.wording import NOT_JUDICIAL, hours, round_half_up


def show_fairness(picture: Picture, console: Console) -> bool:
    """Print the exchanges and the parties side by side; return whether every answer swapped."""
    swaps = picture.table("symmetry").to_dicts()
    parties = picture.table("fairness").to_dicts()
    named = {str(i): brief(str(i), str(p.name)) for i, p in picture.case.agreement.parties.items()}
    console.print(Text(f"{picture.case.title}: are the parties treated alike?", style="bold"))
    console.print(swapped_in_words(swaps))
    rows: list[Row] = [
        (
            f"{r['party_a']} and {r['party_b']}",
            str(r["incidents"]),
            f"{r['figures']:,}",
            tiny(r["largest_difference"]),
            str(r["answers_differ"]),
        )
        for r in swaps
    ]
    console.print(
        grid(
            "\nLabels exchanged",
            ("parties", "incidents", "figures", "largest difference", "answers that differ"),
            rows,
        )
    )
    rows = [
        (
            r["party"],
            str(r["leads"]),
            _share(r),
            "—" if r["hours"] is None else hours(r["hours"]),
            "—" if r["width"] is None else f"{round_half_up(100 * r['width'])}",
            "—"
            if r["expected"] is None
            else f"{r['named']} ({round_half_up(r['expected_low'])}–{round_half_up(r['expected_high'])})",
        )
        for r in parties
    ]
    heads = ("party", "leads in", "answered (in 100)", "took", "width", "named (expected)")
    console.print(grid("\nParty by party", heads, rows))
    console.print()
    for told in differences(parties, lambda i: named.get(i, i)) if parties else ():
        console.print(told)
    console.print(
        Text(
            f"A difference may come from the accounts as well as from the weighing. {NOT_JUDICIAL}",
            style="dim",
        )
    )
    return not any(r["answers_differ"] for r in swaps)


def _share(row: dict[str, Any]) -> str:
    if row["answered_share"] is None:
        return "—"
    low, high = round_half_up(100 * row["answered_low"]), round_half_up(100 * row["answered_high"])
    return f"{row['answered']} ({low}–{high})"
