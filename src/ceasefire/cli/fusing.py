"""The command that runs the fusion stage alone on any table of reports.

In: a file of reports, and if at hand sources, decisions, actors and the memberships of an earlier run. Out: a folder of
tables, a short answer, and what ``cli`` says of exit codes and messages.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ceasefire.cli.calls import console, progress, stop

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from ceasefire.cli.fusing_tables import Given

commands = typer.Typer()


class Format(StrEnum):
    """How tables are written."""

    csv = "csv"
    parquet = "parquet"


class Engine(StrEnum):
    """Where the work is done."""

    local = "local"
    spark = "spark"


@commands.command()
def fuse(
    reports: Annotated[
        Path,
        typer.Argument(
            metavar="REPORTS",
            help="CSV, TSV, XLSX, JSON Lines or Parquet: report_id, source_id, occurred_from, occurred_to and any other "
            "column of reports; or a file of ACLED, UCDP GED or VIINA; or any layout with --mapping.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the tables.")],
    sources: Annotated[
        Path | None, typer.Option("--sources", metavar="FILE", help="Table `sources`, as in a case.")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option("--decisions", metavar="FILE", help="Table `decisions`: same or different.")
    ] = None,
    actors: Annotated[
        Path | None, typer.Option("--actors", metavar="FILE", help="Table `actors`: aliases and parties.")
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous",
            metavar="MEMBERSHIPS",
            help="Memberships of an earlier run: lineage then says where its names went.",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="Pairs whose truth is known, as a table `decisions`: they refine the weights and bind nothing.",
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping", metavar="FILE", help="Column mapping for another layout (docs/reading.md)."
        ),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            "--timezone",
            metavar="ZONE",
            help="Zone of times without an offset, such as Asia/Damascus; else UTC.",
        ),
    ] = None,
    meaning: Annotated[
        bool,
        typer.Option(
            "--meaning", help="Compare texts of different languages by meaning (extra `ceasefire[text]`)."
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Seed of the sample that weights are learned from.")
    ] = 0,
    form: Annotated[Format, typer.Option("--format", help="How the tables are written.")] = Format.csv,
    engine: Annotated[
        Engine, typer.Option("--engine", help="local, or spark for a cluster (extra `ceasefire[spark]`).")
    ] = Engine.local,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display, no answer.")] = False,
) -> None:
    """Fuse any table of reports into incidents: which accounts speak of one happening.

    Writes incidents, memberships, links, lineage, alternatives, weights, day_counts (happenings a day in UTC, with a 90 %
    interval) and problems, and manifest.json with what was read. The tables are for internal use: they have not passed the
    publishing gate.

    Examples:

        ceasefire fuse reports.csv -o fused

        ceasefire fuse acled.xlsx -o fused --format parquet

        ceasefire fuse reports.csv -o fused --meaning

        ceasefire fuse log.csv --mapping log.yaml --timezone Europe/Kyiv -o fused

        ceasefire fuse reports.csv --labels checked_pairs.csv -o fused

        ceasefire fuse reports.csv --sources sources.csv --decisions decisions.csv --previous fused/memberships.csv -o fused
    """
    from ceasefire.cli.fusing_tables import outputs, put, read
    from ceasefire.model import TableError
    from ceasefire.problems import CaseError
    from ceasefire.report.fused_screen import show_fused

    if labels is not None and engine is Engine.spark:
        stop("--labels: refined on one machine only; use --engine local", 2)
    fusing = _engine(engine)
    inputs = {
        "reports": reports,
        "sources": sources,
        "decisions": decisions,
        "actors": actors,
        "previous": previous,
        "labels": labels,
        "mapping": mapping,
    }
    _check_out(out, {name: path for name, path in inputs.items() if path is not None and name != "previous"})
    with progress(quiet) as stage:
        try:
            with stage("read"):
                given = read(inputs, timezone)
        except CaseError as error:
            stop(str(error), 2)
        _stop_without_reports(given, reports)
        rows = _meant(given.reports, stage) if meaning else given.reports
        try:
            with stage(f"fuse {given.reports.height:,} reports"):
                fused = fusing(
                    rows,
                    given.sources,
                    decisions=given.decisions,
                    actors=given.actors,
                    previous=given.previous,
                    seed=seed,
                    **({} if given.labels is None else {"labels": given.labels}),
                )
        except TableError as error:
            stop(f"{reports}: {error}", 2)
        try:
            with stage("write"):
                names = put(out, outputs(fused, given, form.value, seed, engine.value, meaning))
        except OSError as error:
            stop(
                f"{out}: nothing was written ({error.strerror or error}); choose another folder with --out", 1
            )
    if not quiet:
        show_fused(fused, given.problems, console())
    typer.echo(f"Written: {', '.join(names)} in {out}")


def _meant(reports: pl.DataFrame, stage: Any) -> pl.DataFrame:
    """The reports with a signature of each text, or one clear message."""
    from ceasefire.fuse.meaning import signatures
    from ceasefire.problems import CaseError

    try:
        with stage("read the meaning of texts") as told:
            return signatures(reports, progress=told)
    except CaseError as error:
        stop(f"--meaning: {error}", 2)
        raise


def _engine(engine: Engine) -> Callable[..., Any]:
    """What fuses, or one clear message."""
    if engine is Engine.local:
        from ceasefire.fuse import fuse as local

        return local
    from importlib import import_module
    from importlib.util import find_spec

    if find_spec("pyspark") is None:
        stop("--engine spark needs pyspark, which is not installed: pip install 'ceasefire[spark]'", 2)
    try:
        found: Callable[..., Any] = import_module("ceasefire.engines.spark").fuse_spark
    except (ModuleNotFoundError, AttributeError) as error:
        stop(f"--engine spark is not part of this version ({error}); use --engine local", 2)
        raise
    return found


def _check_out(out: Path, inputs: dict[str, Path]) -> None:
    """Told before the work: a folder that cannot be, or one whose tables would replace what is read."""
    from ceasefire.cli.fusing_tables import written

    try:
        first = next(path for path in (out, *out.parents) if path.exists())
    except OSError as error:
        stop(f"{out}: {error.strerror}; choose another folder with --out", 2)
        raise
    if not first.is_dir():
        stop(f"--out: expected a folder, found the file {first}; choose another name", 2)
    for path in inputs.values():
        if path.resolve().parent == out.resolve() and written(path.name):
            stop(f"--out: the results would replace {path}, which is read; choose another folder", 2)


def _stop_without_reports(given: Given, path: Path) -> None:
    if given.reports.height:
        return
    told = [str(problem) for problem in given.problems if problem.severity == "error"]
    more = [f"... and {len(told) - 3} more like these"] if len(told) > 3 else []
    stop("\n".join([f"{path}: no usable report.", *told[:3], *more]), 2)
