"""The commands on an agreement: lint it, try it on given incidents, change it, ask of it, look back on it.

In: an agreement or a case, and words. Out: a table or a figure; exit code 1 where a test of an agreement fails.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ceasefire.cli.calls import (
    AsOf,
    CompletedAgreement,
    CompletedCase,
    Seed,
    agreed,
    agreement_file,
    console,
    derived,
    judged,
    opened,
    progress,
    stop,
)

commands = typer.Typer()


@commands.command()
def lint(agreement: CompletedAgreement) -> None:
    """List what the drafters of an agreement left open: no number, no date, no map, nobody who certifies.

    Exit code 0 when the file can be used, whatever it leaves open; 2 when it cannot.

    Examples:

        ceasefire lint cases/syria-2016

        ceasefire lint my-draft.yaml
    """
    from ceasefire.agreement import lint as findings
    from ceasefire.report.terms_screen import show_findings

    terms = agreed(agreement)
    show_findings(terms, findings(terms), console())


@commands.command(name="try")
def try_(agreement: CompletedAgreement) -> None:
    """Run the tests.yaml beside an agreement: given these incidents, expect these verdicts.

    Exit code 0 when every expectation is met, 1 when one is not, 2 when a file cannot be used.

    Example:

        ceasefire try agreements/syria-2016-02
    """
    from ceasefire.comply.trials import read_trials, run_trials
    from ceasefire.problems import CaseError
    from ceasefire.report.terms_screen import show_trials

    try:
        trials = read_trials(agreement_file(agreement).with_name("tests.yaml"))
        results = run_trials(trials)
    except CaseError as error:
        stop(f"{agreement} cannot be tried.\n{error}", 2)
        raise
    failed = show_trials(results, console())
    raise typer.Exit(1 if failed else 0)


@commands.command()
def whatif(
    case: CompletedCase,
    changes: Annotated[
        list[str],
        typer.Argument(
            metavar="CHANGE...",
            help="path=value, path+=value, path-=value, or path= to take an entry out of the agreement.",
        ),
    ],
    as_of: AsOf = None,
    seed: Seed = 0,
) -> None:
    """Change the agreement of a case and print which verdicts and clocks differ, and because of what.

    The draws stay the same, so that a difference comes from the change and never from luck.

    Examples:

        ceasefire whatif cases/syria-2016 exempt.nusra=

        ceasefire whatif cases/syria-2016 norms.S1c.unless-=outside-un-procedure

        ceasefire whatif cases/syria-2016 clocks.seven-days.reset=any-owner norms.S1a.unless-=self-defence
    """
    from ceasefire.agreement import change
    from ceasefire.comply import compare
    from ceasefire.problems import CaseError
    from ceasefire.report.terms_screen import show_difference

    found = opened(case)
    try:
        terms = change(found.agreement, changes)
    except CaseError as error:
        stop(str(error), 2)
        raise
    with progress(False) as stage:
        picture = derived(found, as_of, seed, stage)
        with stage("change"):
            before = judged(picture)
            after = before.under(terms)
    show_difference(
        compare(before, after), f"What if {'; '.join(changes)}", ("as agreed", "changed"), console()
    )


@commands.command()
def ask(
    case: CompletedCase,
    statement: Annotated[
        str,
        typer.Argument(
            metavar="STATEMENT",
            help="Parts 'ID STATUS [by BEARER]' joined with and, or, not and brackets.",
        ),
    ],
    as_of: AsOf = None,
    seed: Seed = 0,
) -> None:
    """Print how probable a joint statement about clauses and clocks is.

    All its parts stand on the same worlds, so that what hangs together is not multiplied.

    Examples:

        ceasefire ask cases/syria-2016 "S1a breached by russia and S1a breached by opposition"

        ceasefire ask cases/syria-2016 "not seven-days met"
    """
    with progress(False) as stage:
        result = judged(derived(opened(case), as_of, seed, stage))
    try:
        found = result.ask(statement)
    except (KeyError, ValueError) as error:
        stop(str(error.args[0]), 1)
        raise
    typer.echo(
        f"{found.probability:.3f}, Monte Carlo error {found.error:.3f} over {len(found.worlds)} worlds: {found.words}\n"
        "Not a judicial finding."
    )


@commands.command()
def hindsight(
    case: CompletedCase,
    instant: Annotated[
        str, typer.Argument(metavar="INSTANT", help="The instant judged, such as 2016-09-20T12:00Z.")
    ],
    every: Annotated[
        bool, typer.Option("--all", help="Every clause and clock, not only those that differ.")
    ] = False,
    seed: Seed = 0,
) -> None:
    """Print what is said of one instant as known then, and as known now.

    Examples:

        ceasefire hindsight cases/syria-2016 2016-09-20T12:00Z

        ceasefire hindsight cases/syria-2016 2016-09-20T12:00Z --all
    """
    from ceasefire.comply import compare
    from ceasefire.report.terms_screen import show_difference

    found = opened(case)
    with progress(False) as stage:
        then = derived(found, instant, seed, stage)
        now = judged(derived(found, None, seed, stage)).at(then.as_of)
    title = f"At {instant}: as known then, and as known now"
    show_difference(compare(judged(then), now, every=every), title, ("known then", "known now"), console())


@commands.command()
def schema() -> None:
    """Print the JSON Schema of agreement files, with which an editor completes and checks them.

    Example:

        ceasefire schema > agreement.schema.json
    """
    import json

    from ceasefire.agreement import schema as made

    typer.echo(json.dumps(made(), indent=2, ensure_ascii=False))
