"""The commands on a case: run it, check it, explain an answer, begin one, list the words.

In: a case folder and options. Out: what ``cli`` says of exit codes and messages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ceasefire.cli.calls import (
    AsOf,
    CompletedCase,
    Seed,
    WithFindings,
    console,
    derived,
    explained_at,
    folder_for,
    not_written,
    opened,
    progress,
    stop,
)

app = typer.Typer(
    name="ceasefire",
    help="From conflicting accounts to a defensible answer: what happened under a truce, who did it and how sure, "
    "which clause it touches, whether the clock runs, whether aid gets through. Every attribution is not a "
    "judicial finding.",
    epilog="Start with: ceasefire run cases/syria-2016",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@app.command()
def run(
    case: CompletedCase,
    as_of: AsOf = None,
    seed: Seed = 0,
    with_findings: WithFindings = False,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder under which CASE's results are written.")
    ] = Path("out"),
    audience: Annotated[
        str,
        typer.Option(
            "--audience", help="public (default) or internal: shows notified sites and protected sources."
        ),
    ] = "public",
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress display, no screen of answer.")
    ] = False,
) -> None:
    """Derive a case, print the answer and write the report and tables.

    Examples:

        ceasefire run cases/syria-2016

        ceasefire run cases/syria-2016 --as-of 2016-09-20T12:00Z -o out/20-sept

        ceasefire run my-case --audience internal
    """
    from ceasefire.exports import PublishingError, write

    if audience not in ("public", "internal"):
        stop(f"--audience: expected public or internal, found {audience!r}", 2)
    with progress(quiet) as stage:
        with stage("read"):
            found = opened(case)
        folder = folder_for(found, case, out)
        picture = derived(found, as_of, seed, stage, with_findings)
        failure = ""
        with stage("write"):
            try:
                write(picture, folder, audience=audience)
            except (PublishingError, OSError) as error:
                failure = not_written(error, folder)
    if not quiet:
        from ceasefire.report.screen import show

        show(picture, console())
    if failure:
        stop(failure, 1)
    typer.echo(f"Report: {folder / 'report.html'}")
    unread = found.problems.filter(found.problems["code"] == "file_left_out")
    if unread.height:
        names = ", ".join(sorted(set(unread["file"])))
        stop(f"Read without {names}; `ceasefire check {case}` says why.", 1)


@app.command()
def check(case: CompletedCase) -> None:
    """Read a case and list what cannot be used, without deriving anything.

    Exit code 0 when every row can be used, 1 when rows are left out, 2 when the case cannot be used at all.

    Example:

        ceasefire check cases/donbas
    """
    from ceasefire.report.screen import show_check

    found = opened(case)
    errors = show_check(found, console())
    raise typer.Exit(1 if errors else 0)


@app.command()
def explain(
    case: CompletedCase,
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="An incident, report, obligation, clock, delivery, topic, thread, a truce whose rates are compared, or an "
            "author, area or month of what nobody reported.",
        ),
    ],
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="[REPORT]", help="With a report as ID: why the two are one incident, feature by feature."
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="INSTANT",
            help="For an obligation or clock: as it stood at that instant, from what is known by --as-of.",
        ),
    ] = None,
    as_of: AsOf = None,
    seed: Seed = 0,
    with_findings: WithFindings = False,
) -> None:
    """Print the full reasoning behind one answer as tables that can be recomputed by hand.

    Examples:

        ceasefire explain cases/syria-2016 URUM-2016-09-19

        ceasefire explain cases/syria-2016 R145 R151

        ceasefire explain cases/syria-2016 S1a

        ceasefire explain cases/syria-2016 S1a --at 2016-09-15T12:00Z
    """
    from ceasefire.picture import UnknownIdError
    from ceasefire.report.pair_screen import show_binding, show_pair
    from ceasefire.report.screen import show_reasoning

    if other is not None and at is not None:
        stop("--at is for an obligation or a clock, not for two reports; leave it out", 2)
    with progress(False) as stage:
        picture = derived(opened(case), as_of, seed, stage, with_findings)
    try:
        if other is not None:
            show_pair(picture, identifier, other, console())
            return
        reasoning = picture.explain(identifier) if at is None else explained_at(picture, identifier, at)
    except UnknownIdError as error:
        stop(str(error), 1)
    shown = console()
    show_reasoning(identifier, reasoning, shown, lambda: show_binding(picture, identifier, reasoning, shown))


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder that does not exist yet, or is empty.")
    ],
) -> None:
    """Write a small valid case with comments, to start one of your own.

    Example:

        ceasefire init my-case && ceasefire check my-case
    """
    from importlib.resources import as_file, files
    from shutil import copyfile

    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            stop(f"{folder}: expected a new or empty folder, found something there; choose another name", 2)
        folder.mkdir(parents=True, exist_ok=True)
        with as_file(files("ceasefire") / "starter") as starter:
            for path in sorted(starter.iterdir()):
                if path.is_file() and path.suffix != ".py":
                    copyfile(path, folder / path.name)
    except OSError as error:
        stop(f"{folder}: cannot be written ({error.strerror or error}); choose another folder", 2)
    typer.echo(
        f"Wrote {folder}. Next: edit the files, then `ceasefire check {folder}` and `ceasefire run {folder}`."
    )


@app.command()
def words(
    name: Annotated[str | None, typer.Argument(metavar="[VOCABULARY]", help="Show one vocabulary.")] = None,
) -> None:
    """List the vocabularies, or the words of one with their definitions.

    Example:

        ceasefire words acts
    """
    from ceasefire.report.screen import show_words
    from ceasefire.vocabulary import names, vocabulary

    if name is None:
        typer.echo("\n".join(names()))
        return
    try:
        terms = vocabulary(name)
    except KeyError as error:
        stop(str(error.args[0]), 2)
    show_words(name, terms, console())


@app.callback(invoke_without_command=True)
def about(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Say which version this is."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"ceasefire {installed('ceasefire')}")
        raise typer.Exit
