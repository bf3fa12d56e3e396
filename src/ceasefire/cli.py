"""The command line: thin, and slow imports only inside the commands.

In: a case folder and options. Out: one screen of answer, files, and an exit code: 0 done, 1 something asked for could
not be had (a name to explain, a file that cannot be read or written, a publishing refusal), 2 the case or the call
cannot be used. Whatever happens there is one message and no traceback, unless CEASEFIRE_TRACEBACK is set.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from ceasefire.case import Case
    from ceasefire.picture import Picture

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

AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="INSTANT",
        help="Use only what was recorded by then: 2016-09-20T12:00Z, or a date (its end, in the case's zone).",
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws behind intervals.")]


def _complete_case(incomplete: str) -> Iterator[str]:
    """Case folders and shipped cases, for tab completion."""
    roots = [Path("cases"), _shipped()]
    seen = set()
    for root in roots:
        for path in sorted(root.glob("*/case.yaml")) if root.is_dir() else ():
            name = str(path.parent) if root == Path("cases") else path.parent.name
            if name.startswith(incomplete) and name not in seen:
                seen.add(name)
                yield name


CompletedCase = Annotated[
    str,
    typer.Argument(
        metavar="CASE",
        help="Folder of the case, or the name of a case shipped with the package.",
        autocompletion=_complete_case,
    ),
]


@app.command()
def run(
    case: CompletedCase,
    as_of: AsOf = None,
    seed: Seed = 0,
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
        _stop(f"--audience: expected public or internal, found {audience!r}", 2)
    with _progress(quiet) as stage:
        with stage("read"):
            opened = _open(case)
        folder = _folder_for(opened, case, out)
        picture = _derive(opened, as_of, seed, stage)
        failure = ""
        with stage("write"):
            try:
                write(picture, folder, audience=audience)
            except (PublishingError, OSError) as error:
                failure = _not_written(error, folder)
    if not quiet:
        from ceasefire.report.screen import show

        show(picture, _console())
    if failure:
        _stop(failure, 1)
    typer.echo(f"Report: {folder / 'report.html'}")
    unread = opened.problems.filter(opened.problems["code"] == "file_left_out")
    if unread.height:
        names = ", ".join(sorted(set(unread["file"])))
        _stop(f"Read without {names}; `ceasefire check {case}` says why.", 1)


@app.command()
def check(case: CompletedCase) -> None:
    """Read a case and list what cannot be used, without deriving anything.

    Exit code 0 when every row can be used, 1 when rows are left out, 2 when the case cannot be used at all.

    Example:

        ceasefire check cases/donbas
    """
    from ceasefire.report.screen import show_check

    opened = _open(case)
    errors = show_check(opened, _console())
    raise typer.Exit(1 if errors else 0)


@app.command()
def explain(
    case: CompletedCase,
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="An incident, report, obligation, clock, delivery, topic, thread, or a truce whose rates are compared.",
        ),
    ],
    as_of: AsOf = None,
    seed: Seed = 0,
) -> None:
    """Print the full reasoning behind one answer as tables that can be recomputed by hand.

    Examples:

        ceasefire explain cases/syria-2016 URUM-2016-09-19

        ceasefire explain cases/syria-2016 S1a
    """
    from ceasefire.picture import UnknownIdError
    from ceasefire.report.screen import show_reasoning

    with _progress(False) as stage:
        picture = _derive(_open(case), as_of, seed, stage)
    try:
        reasoning = picture.explain(identifier)
    except UnknownIdError as error:
        _stop(str(error), 1)
    show_reasoning(identifier, reasoning, _console())


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
            _stop(f"{folder}: expected a new or empty folder, found something there; choose another name", 2)
        folder.mkdir(parents=True, exist_ok=True)
        with as_file(files("ceasefire") / "starter") as starter:
            for path in sorted(starter.iterdir()):
                if path.is_file() and path.suffix != ".py":
                    copyfile(path, folder / path.name)
    except OSError as error:
        _stop(f"{folder}: cannot be written ({error.strerror or error}); choose another folder", 2)
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
        _stop(str(error.args[0]), 2)
    show_words(name, terms, _console())


@app.callback(invoke_without_command=True)
def about(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Say which version this is."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"ceasefire {installed('ceasefire')}")
        raise typer.Exit


def main() -> None:
    """The entry point of the ``ceasefire`` command."""
    import os

    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show a letter shows a mark in its place.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        try:
            app()
        finally:
            # What is still in the buffer may not fit the disk: better known here than when Python shuts down.
            sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            typer.echo(f"{error.filename or 'output'}: {error.strerror or error}", err=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("CEASEFIRE_TRACEBACK"):
            raise
        typer.echo(
            f"ceasefire stopped on a fault of its own, not of your case: {type(error).__name__}: {str(error)[:300]}\n"
            "Set CEASEFIRE_TRACEBACK=1 to see where, and report it.",
            err=True,
        )
        sys.exit(1)


def _console() -> Console:
    from rich.console import Console

    # Words of a case are shown as they stand: [x] and :x: in them are not for the console to read.
    return Console(highlight=False, markup=False, emoji=False)


def _stop(message: str, code: int) -> Any:
    typer.secho(message, err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)
    raise typer.Exit(code)


def _shipped() -> Path:
    """The folder of the cases shipped in the wheel, or in the checkout."""
    here = Path(__file__).resolve().parent
    return here / "_cases" if (here / "_cases").is_dir() else here.parents[1] / "cases"


def _open(case: str) -> Case:
    from ceasefire.case import open_case
    from ceasefire.problems import CaseError

    try:
        return open_case(_folder_of(case))
    except CaseError as error:
        _stop(f"{case} cannot be used.\n{error}", 2)
        raise
    except OSError as error:
        found = error.strerror or type(error).__name__
        _stop(f"{case} cannot be used.\n{error.filename or case}: {found}; check its name and permissions", 2)
        raise


def _folder_of(case: str) -> Path:
    """The folder of that name, or the shipped case of that name."""
    if not case.strip():
        _stop("CASE: expected the folder of a case, found an empty name", 2)
    folder = Path(case)
    if not folder.exists() and (_shipped() / case / "case.yaml").is_file():
        return _shipped() / case
    return folder


def _folder_for(opened: Case, case: str, out: Path) -> Path:
    """Where the results go, if they can: told before the work, not after."""
    folder = out / opened.name
    try:
        first = next(path for path in (folder, *folder.parents) if path.exists())
        source = _folder_of(case).resolve()
        over = folder.resolve() in (source, *source.parents)
    except OSError as error:
        _stop(f"{folder}: {error.strerror}; choose another folder with --out", 2)
        raise
    if not first.is_dir():
        _stop(f"--out: expected a folder, found the file {first}; choose another name", 2)
    if over:
        _stop(f"--out: the results would replace the case itself in {folder}; choose another folder", 2)
    return folder


def _not_written(error: Exception, folder: Path) -> str:
    if isinstance(error, OSError):
        return f"{folder}: nothing was written ({error.strerror or error}); choose another folder with --out"
    return str(error)


def _derive(case: Case, as_of: str | None, seed: int, stage: Any) -> Picture:
    from ceasefire.pipeline import derive
    from ceasefire.problems import CaseError

    try:
        return derive(case, as_of=as_of, seed=seed, progress=stage)
    except CaseError as error:
        _stop(str(error), 2)
        raise


@contextmanager
def _progress(quiet: bool) -> Iterator[Any]:
    """A line that names the stage under way, on a terminal only; it leaves nothing behind."""
    from contextlib import nullcontext

    if quiet or not sys.stderr.isatty():
        yield lambda name: nullcontext()
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:

        @contextmanager
        def stage(name: str) -> Iterator[None]:
            task = bar.add_task(name, total=None)
            yield
            bar.remove_task(task)

        yield stage


if __name__ == "__main__":
    main()
