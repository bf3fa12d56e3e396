"""The commands on how accounts were weighed: what nobody reported, and whether answers swap when the parties do.

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


@commands.command()
def symmetry(case: CompletedCase, as_of: AsOf = None, seed: Seed = 0) -> None:
    """Exchange the labels of every two parties, weigh all accounts again, and print whether the answers swap too.

    Beside it stands how each party fares: how often an answer is reached, how long it took, how wide intervals are, and who
    names whom. Exit code 0 when every answer swaps, 1 when one does not.

    Examples:

        ceasefire symmetry cases/syria-2016

        ceasefire symmetry cases/syria-2016 --as-of 2016-09-20T12:00Z
    """
    from ceasefire.report.fairness_screen import show_fairness

    with progress(False) as stage:
        picture = derived(opened(case), as_of, seed, stage)
        with stage("symmetry"):
            picture.table("symmetry")
    if not show_fairness(picture, console()):
        raise typer.Exit(1)
