"""Write the pages under docs/ that are made from data: tables, words, problem codes, commands, the questions.

    uv run python docs/build.py          # write them
    uv run python docs/build.py --check  # exit 1 if a page is out of date

The reference is never written by hand, so it cannot drift from the code.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typer
import yaml

import ceasefire.vocabulary
from ceasefire.case import open_case
from ceasefire.cli import app
from ceasefire.model import tables
from ceasefire.picture import Picture
from ceasefire.pipeline import derive
from ceasefire.vocabulary import names, vocabulary

DOCS = Path(__file__).resolve().parent
CASES = DOCS.parent / "cases"
MADE = "<!-- made by docs/build.py; do not edit -->\n"


def tables_page() -> str:
    """All tables with their columns."""
    lines = [
        MADE,
        "# Tables",
        "",
        "Times are UTC instants; a probability is between 0 and 1. `*` = may not be empty.",
    ]
    for table in tables().values():
        lines += [
            "",
            f"## {table.name}",
            "",
            f"{table.about} *(made by: {table.stage}; key: {', '.join(table.key)})*",
            "",
        ]
        lines += ["| column | kind | meaning |", "|---|---|---|"]
        for column in table.columns:
            star = "*" if column.required else ""
            lines.append(f"| {column.name}{star} | {column.kind} | {column.about.replace('|', '&#124;')} |")
    return "\n".join(lines) + "\n"


def words_page() -> str:
    """All vocabularies."""
    lines = [MADE, "# Words", "", "The field's words as this package uses them."]
    for name in names():
        lines += ["", f"## {name}", "", "| word | meaning | from |", "|---|---|---|"]
        for term in vocabulary(name).values():
            lines.append(f"| {term.id} | {term.definition.replace('|', '&#124;')} | {term.origin} |")
    return "\n".join(lines) + "\n"


def problem_codes() -> dict[str, dict[str, dict[str, str]]]:
    """Problem codes by stage."""
    folder = Path(ceasefire.vocabulary.__file__).parent / "problem_codes"
    return {
        p.stem: yaml.safe_load(p.read_text(encoding="utf-8")) or {} for p in sorted(folder.glob("*.yaml"))
    }


def problems_page() -> str:
    """All problem codes."""
    lines = [MADE, "# Problems", "", "What a run may tell you, and what each code means."]
    for stage, codes in problem_codes().items():
        lines += ["", f"## {stage}", "", "| code | meaning |", "|---|---|"]
        lines += [f"| {code} | {spec['definition']} |" for code, spec in codes.items()]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """All commands with their options."""
    lines = [MADE, "# Commands"]
    group = typer.main.get_command(app)
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        lines += [
            "",
            f"## ceasefire {name}",
            "",
            (command.help or "").strip(),
            "",
            "| option | meaning |",
            "|---|---|",
        ]
        for param in command.params:
            shown = (
                ", ".join(param.opts) if param.param_type_name == "option" else (param.metavar or param.name)
            )
            lines.append(f"| `{shown}` | {(getattr(param, 'help', None) or '').replace('|', '&#124;')} |")
    return "\n".join(lines) + "\n"


def questions_page(picture: Picture) -> str:
    """The questions of the Syria case with the answers of the run."""
    lines = [
        MADE,
        "# The questions of 22 September 2016",
        "",
        "A newspaper commentary of 22 September 2016 on the Syrian cessation of hostilities raises twelve questions. "
        "Each is answered here from the tables of one run of `cases/syria-2016`, or marked *cannot say*. "
        f"As known on {picture.as_of:%d %B %Y}; seed {picture.seed}. Every attribution: not a judicial finding.",
    ]
    for row in picture.table("answers").iter_rows(named=True):
        said = "" if row["can_say"] else " *(cannot say)*"
        lines += ["", f"## {row['question_id']}. {row['question']}{said}", "", row["answer"], ""]
        lines.append(f"Tables: {row['tables']}. Rows behind it: {row['evidence'] or 'none'}.")
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Every made page by its path."""
    picture = derive(open_case(CASES / "syria-2016"))
    return {
        DOCS / "reference" / "tables.md": tables_page(),
        DOCS / "reference" / "words.md": words_page(),
        DOCS / "reference" / "problems.md": problems_page(),
        DOCS / "reference" / "commands.md": commands_page(),
        DOCS / "questions.md": questions_page(picture),
    }


def main() -> int:
    """Write the pages, or check them."""
    stale = []
    for path, text in pages().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(
            f"out of date: {', '.join(p.name for p in stale)}; run `uv run python docs/build.py`\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
