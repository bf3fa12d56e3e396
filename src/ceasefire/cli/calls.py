"""What every command needs: options in common, opening and deriving a case, progress, and one clear message to stop with.

In: what was typed. Out: a case, a picture, an agreement, or exit code 2 (the case or the call cannot be used) with what
was expected, found, and what to do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from ceasefire.agreement import Agreement
    from ceasefire.case import Case
    from ceasefire.comply import Complied
    from ceasefire.picture import Picture, Reasoning

AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="INSTANT",
        help="Use only what was recorded by then: 2016-09-20T12:00Z, or a date (its end, in the case's zone).",
    ),
]
WithFindings = Annotated[
    bool,
    typer.Option(
        "--with-findings",
        help="Weigh findings of boards and commissions as evidence of who did it; off unless case.yaml says otherwise.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws behind intervals.")]


def complete_case(incomplete: str) -> Iterator[str]:
    """Case folders and shipped cases, for tab completion."""
    yield from _named(incomplete, "case.yaml", "cases")


CompletedCase = Annotated[
    str,
    typer.Argument(
        metavar="CASE",
        help="Folder of the case, or the name of a case shipped with the package.",
        autocompletion=complete_case,
    ),
]


def console() -> Console:
    """A console that prints the words of a case as they stand."""
    from rich.console import Console

    # Words of a case are shown as they stand: [x] and :x: in them are not for the console to read.
    return Console(highlight=False, markup=False, emoji=False)


def stop(message: str, code: int) -> Any:
    """End with one message and an exit code."""
    typer.secho(message, err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)
    raise typer.Exit(code)


def shipped(what: str = "cases") -> Path:
    """The folder of the cases, or of the agreements, shipped in the wheel or in the checkout."""
    here = Path(__file__).resolve().parents[1]
    return here / f"_{what}" if (here / f"_{what}").is_dir() else here.parents[1] / what


def complete_agreement(incomplete: str) -> Iterator[str]:
    """Agreements of this folder and shipped ones, for tab completion."""
    yield from _named(incomplete, "agreement.yaml", "agreements", "cases")


def _named(incomplete: str, file: str, *kinds: str) -> Iterator[str]:
    """Folders here that hold a file, by path, and shipped ones, by name."""
    seen = set()
    for root in (*(Path(kind) for kind in kinds), *(shipped(kind) for kind in kinds)):
        for path in sorted(root.glob(f"*/{file}")) if root.is_dir() else ():
            name = path.parent.name if root.is_absolute() else str(path.parent)
            if name.startswith(incomplete) and name not in seen:
                seen.add(name)
                yield name


CompletedAgreement = Annotated[
    str,
    typer.Argument(
        metavar="AGREEMENT",
        help="An agreement.yaml, a folder that holds one, or the name of one shipped with the package.",
        autocompletion=complete_agreement,
    ),
]


def agreement_file(name: str) -> Path:
    """The file of an agreement, by path, by folder, or by the name it is shipped under."""
    path = Path(name)
    if not path.exists():
        for root in (shipped("agreements"), shipped()):
            if name.strip() and (root / name / "agreement.yaml").is_file():
                return root / name / "agreement.yaml"
    return path / "agreement.yaml" if path.is_dir() else path


def agreed(name: str) -> Agreement:
    """The agreement of that name, or one clear message."""
    from ceasefire.agreement import load
    from ceasefire.problems import CaseError

    try:
        return load(agreement_file(name))
    except CaseError as error:
        stop(f"{name} cannot be used.\n{error}", 2)
        raise


def opened(case: str) -> Case:
    """The case of that folder or name, or one clear message and exit code 2."""
    from ceasefire.case import open_case
    from ceasefire.problems import CaseError

    try:
        return open_case(folder_of(case))
    except CaseError as error:
        stop(f"{case} cannot be used.\n{error}", 2)
        raise
    except OSError as error:
        found = error.strerror or type(error).__name__
        stop(f"{case} cannot be used.\n{error.filename or case}: {found}; check its name and permissions", 2)
        raise


def folder_of(case: str) -> Path:
    """The folder of that name, or the shipped case of that name."""
    if not case.strip():
        stop("CASE: expected the folder of a case, found an empty name", 2)
    folder = Path(case)
    if not folder.exists() and (shipped() / case / "case.yaml").is_file():
        return shipped() / case
    return folder


def folder_for(opened: Case, case: str, out: Path) -> Path:
    """Where the results go, if they can: told before the work, not after."""
    folder = out / opened.name
    try:
        first = next(path for path in (folder, *folder.parents) if path.exists())
        source = folder_of(case).resolve()
        over = folder.resolve() in (source, *source.parents)
    except OSError as error:
        stop(f"{folder}: {error.strerror}; choose another folder with --out", 2)
        raise
    if not first.is_dir():
        stop(f"--out: expected a folder, found the file {first}; choose another name", 2)
    if over:
        stop(f"--out: the results would replace the case itself in {folder}; choose another folder", 2)
    return folder


def not_written(error: Exception, folder: Path) -> str:
    """Why nothing was written, and what to do."""
    if isinstance(error, OSError):
        return f"{folder}: nothing was written ({error.strerror or error}); choose another folder with --out"
    return str(error)


def derived(case: Case, as_of: str | None, seed: int, stage: Any, with_findings: bool = False) -> Picture:
    """The picture of a case, or one clear message and exit code 2."""
    from ceasefire.pipeline import derive
    from ceasefire.problems import CaseError

    try:
        return derive(case, as_of=as_of, seed=seed, progress=stage, with_findings=with_findings)
    except CaseError as error:
        stop(str(error), 2)
        raise


@contextmanager
def progress(quiet: bool) -> Iterator[Any]:
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
        def stage(name: str) -> Iterator[Any]:
            """Names the stage; with what it yields, the stage can say how far it is."""
            task = bar.add_task(name, total=None)
            yield lambda done, of: bar.update(task, description=f"{name}: {done:,} of {of:,}")
            bar.remove_task(task)

        yield stage


def judged(picture: Picture) -> Complied:
    """The agreement of a picture judged again, for questions its tables do not answer."""
    from ceasefire.comply import comply

    return comply(picture.case.agreement, picture, seed=picture.seed)


def explained_at(picture: Picture, identifier: str, at: str) -> Reasoning:
    """The reasoning behind a clause or a clock as it stood at an instant."""
    from ceasefire.case import read_as_of
    from ceasefire.picture import UnknownIdError
    from ceasefire.problems import CaseError

    try:
        return judged(picture).explain(identifier, read_as_of(at, picture.case.timezone))
    except CaseError as error:
        stop(f"--at: {str(error).removeprefix('--as-of: ')}", 2)
        raise
    except KeyError:
        raise UnknownIdError(f"--at: expected an obligation or a clock, found {identifier!r}") from None
