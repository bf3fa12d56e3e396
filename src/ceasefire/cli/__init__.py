"""The command line: thin, and slow imports only inside the commands.

In: a case folder and options. Out: one screen of answer, files, and an exit code: 0 done, 1 something asked for could
not be had (a name to explain, a file that cannot be read or written, a publishing refusal), 2 the case or the call
cannot be used. Whatever happens there is one message and no traceback, unless CEASEFIRE_TRACEBACK is set.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer

from ceasefire.cli.commands import app
from ceasefire.cli.fusing import commands as fusing
from ceasefire.cli.terms import commands
from ceasefire.cli.weighing import commands as weighing

__all__ = ["app", "main"]

app.add_typer(commands)
app.add_typer(fusing)
app.add_typer(weighing)


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
