"""Write the pages under docs/ that are made from data: tables, words, problem codes, commands, the questions.

    uv run python docs/build.py          # write them
    uv run python docs/build.py --check  # exit 1 if a page is out of date

The reference is never written by hand, so it cannot drift from the code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import typer
import yaml

import ceasefire.vocabulary
from ceasefire.agreement import schema
from ceasefire.case import open_case
from ceasefire.cli import app
from ceasefire.model import tables
from ceasefire.picture import Picture
from ceasefire.pipeline import derive
from ceasefire.vocabulary import names, vocabulary

DOCS = Path(__file__).resolve().parent
CASES = DOCS.parent / "cases"
MOST_WORDS = 12  # words of a vocabulary listed in a cell
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


def language_page() -> str:
    """Every key of an agreement file, from the schema that ``load`` makes of its own keys."""
    lines = [
        MADE,
        "# The keys of an agreement",
        "",
        "Made from the keys that are read. How they are judged: [the method](../methods/agreement.md). The same as JSON Schema, "
        "for an editor that completes and checks: [agreement.schema.json](agreement.schema.json), or `ceasefire schema`.",
    ]

    sections: dict[str, list[str]] = {}  # by shape: the keys that hold it

    def gather(shape: dict[str, Any]) -> None:
        for key, entry in shape["properties"].items():
            nested = _record(entry)
            if nested is not None:
                known = json.dumps({k: v for k, v in nested.items() if k != "description"})
                first = known not in sections
                if key not in sections.setdefault(known, []):
                    sections[known].append(key)
                if first:
                    gather(nested)

    gather(schema())
    for title, shape in [
        ("At the top", schema()),
        *((f"In {', '.join(f'`{k}`' for k in keys)}", json.loads(known)) for known, keys in sections.items()),
    ]:
        lines += ["", f"## {title}", "", "| key | must be there | value | meaning |", "|---|---|---|---|"]
        for key, entry in shape["properties"].items():
            must = "yes" if key in shape.get("required", ()) else ""
            about = (entry.get("description") or "").replace("|", "&#124;")
            lines.append(f"| `{key}` | {must} | {_value(entry)} | {about} |")
    return "\n".join(lines) + "\n"


def _record(entry: dict[str, Any]) -> dict[str, Any] | None:
    """The record a key holds, by itself, in a list or by name."""
    for shape in (entry, *entry.get("anyOf", ())):
        if "properties" in shape:
            return shape
        for inner in (shape.get("additionalProperties"), shape.get("items")):
            if isinstance(inner, dict) and "properties" in inner:
                return inner
    return None


def _value(entry: dict[str, Any]) -> str:
    """What a key takes, in a few words."""
    if "anyOf" in entry:
        kinds = [_value(shape) for shape in entry["anyOf"]]
        one = entry["anyOf"][0]
        if len(kinds) == 2 and entry["anyOf"][1].get("items") == one:
            return f"{kinds[0]}, or a list"
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in entry:
        words = [f"`{w}`" for w in entry["enum"]]
        return ", ".join(words) if len(words) <= MOST_WORDS else f"{', '.join(words[:MOST_WORDS])} …"
    if entry.get("examples"):
        return ", ".join(f"`{e}`" for e in entry["examples"])
    kind = entry.get("type", "anything")
    kinds = kind if isinstance(kind, list) else [kind]
    names = {"string": "text", "object": "entries", "array": "a list", "boolean": "`true`, `false`"}
    return names.get(kinds[0], kinds[0])


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
        DOCS / "reference" / "agreement.md": language_page(),
        DOCS / "reference" / "agreement.schema.json": json.dumps(schema(), indent=1, ensure_ascii=False)
        + "\n",
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
