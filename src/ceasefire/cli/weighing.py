"""The commands on how accounts were weighed: what nobody reported.

In: a case folder and options. Out: the answer on a screen, with its interval or the reason why there is none.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ceasefire.cli.calls import AsOf, CompletedCase, Seed, console, derived, opened, progress, stop

commands = typer.Typer()


@commands.command()
def unreported(
    case: CompletedCase,
    group: Annotated[
        str | None,
        typer.Argument(
            metavar="[PART]",
            help="An author, area, month such as 2016-09, or everywhere: every model for it, and the lists.",
        ),
    ] = None,
    as_of: AsOf = None,
    seed: Seed = 0,
) -> None:
    """Print how many incidents nobody reported: a range over models, or the reason why none can be given.

    Examples:

        ceasefire unreported cases/syria-2016

        ceasefire unreported cases/syria-2016 Aleppo
    """
    from ceasefire.report.screen import show_reasoning
    from ceasefire.report.unreported_screen import show_unreported

    with progress(False) as stage:
        picture = derived(opened(case), as_of, seed, stage)
        with stage("unreported"):
            known = picture.table("unreported")["group"].unique().sort().to_list()
    if group is None:
        show_unreported(picture, console())
        return
    if group not in known:
        stop(f"PART: expected one of {', '.join(known)}; found {group!r}", 1)
    show_reasoning(group, picture.explainers["unreported.group"](group), console())
