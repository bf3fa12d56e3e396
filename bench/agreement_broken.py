"""Ways for an agreement file to go wrong: what breaks its structure, and what breaks its text.

In: a tree of mappings, lists and text, or the text, and a seeded generator. Out: the tree changed in place, or another
text. Beside them the odd values, and the steps through a tree, that the gentler changes of ``agreement_mutants`` use too.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from ceasefire.vocabulary import vocabulary

Tree = Any
Site = tuple[Any, Any]
"""A container and the key or index in it."""

# What a key refers to, so that a name can be replaced by another of its kind.
REFERS = {
    "who": "parties", "to": "parties", "owner": "parties", "answers_for": "parties", "against": "parties",
    "affected": "parties", "unless": "exceptions", "over": "exceptions", "watches": "norms", "when": "norms",
    "repeals": "norms", "on": "clocks", "access": "clocks", "during": "clocks", "until": "clocks", "in": "zones",
    "document": "documents",
}  # fmt: skip
WORDS = {
    "effect": ("excuse", "restore"),
    "burden": ("holder", "claimant"),
    "text_status": tuple(vocabulary("text_status")),
    "best_efforts": ("true", "false"),
    "keep": ("true", "false"),
    "published": ("true", "false"),
    "renew": ("all-owners", "any-owner", "nobody"),
    "reset": ("all-owners", "any-owner", "nobody"),
    "act": ("attack", *vocabulary("acts")),
    "access": tuple(vocabulary("access_kinds")),
    "against": ("other-side", "civilians", "aid"),
    "affected": ("exempted", "civilians", "aid"),
    "area": ("exempted",),
    "during": ("in-force",),
}
SECTIONS = (
    "documents",
    "parties",
    "exempt",
    "exceptions",
    "clocks",
    "norms",
    "zones",
    "amendments",
)
LENGTHS = (
    "1min",
    "90min",
    "0.5h",
    "2h",
    "48h",
    "7d",
    "30d",
    "365d",
    "0.001min",
    "36600d",
    "0d",
    "5 h",
    "2w",
    "-1h",
)
NUMBERS = (
    "0",
    "1",
    "0.5",
    "0.05",
    "0.999999999999",
    "2",
    "20.5",
    "1000",
    "999999999999",
    "-1",
    "1e3",
    "٣",
    "nan",
    "1,5",
)
TIMEZONES = (
    "UTC",
    "Europe/Kyiv",
    "Pacific/Kiritimati",
    "America/St_Johns",
    "Asia/Damascus",
    "Mars/Olympus",
    "../UTC",
    "Asia",
)
SHAPES = (
    "POINT (1 2)", "POLYGON EMPTY", "POLYGON ((0 0, 1 1, 0 1, 1 0, 0 0))", "POLYGON ((0 0, 1 1))", "LINESTRING (0 0, 400 95)",
    "LINESTRING (nan nan, 1 1)", "LINESTRING (0 0, inf 1)", "LINESTRING (36 36, 36 36)", "LINESTRING Z (36 36 1, 37 36 2)", "x",
)  # fmt: skip
TEXTS = (
    "دير الزور", "هدنة\u200f 2016", "\u202eabc\u202c", "Дебальцеве", "停火", "e\u0301\u0301", "🕊️", "a\u00a0b", "\u2028x",
    "x: y", "# no",
    "- -", "'", '"', "\\", "{", "no", "~", "null", "1e9", "2016-09-12", "[bold]x[/]", "%s", "{0}", "<b>", "=1+1", "a\tb",
)  # fmt: skip
# Scalars as a file may write them: tags, anchors, escapes of characters that no text holds, YAML that only looks like text.
WRITTEN = (
    "&a x", "*a", "!!str x", "!x", "!!python/object:os.system x", "~", '""', "''", "{}", "[]", "[[]]", "{a: {b: c}}", "|", ">-",
    '"\\ud800"', '"\\x7f"', '"\\0"', '"\\uFFFF"', '"\\UFFFFFFFF"', '"\\N"', '"\\u2028"', "? x", "% x", "@x", "`x", "- x", "x: y",
    "<<", "{<<: *a}", "[a, a]", "0x1F", "1_000", "12:30", "2016-02-30T25:00", "2016-09-12T19:00+99:00", "0001-01-01T00:00",
    "9999-12-31T23:59", "1066-10-14T09:00", "yes", "NaN", ".inf",
)  # fmt: skip
NOISE = ("\x00", "\t", "\n", ":", ": ", "- ", "[", "]", "{", "}", ",", "&a ", "*a", "!!", "#", "'", '"', "|", ">", "%", "@", "?",
         "\ufeff", "\u202e", "ع", "\x85", "\r", "\x1b", "  ", "---", "...", "0", "d", "e")  # fmt: skip


def sites(node: Tree) -> Iterator[Site]:
    for key, value in list(node.items()) if isinstance(node, dict) else list(enumerate(node)):
        yield node, key
        if isinstance(value, dict | list):
            yield from sites(value)


def scalars(node: Tree, under: str = "") -> Iterator[tuple[str, str]]:
    """Every scalar with the key it stands under, through lists."""
    for key, value in node.items() if isinstance(node, dict) else ((under, v) for v in node):
        if isinstance(value, dict | list):
            yield from scalars(value, key)
        else:
            yield key, value


def pick(rng: random.Random, tree: Tree, fits: Callable[[Any, Any], bool]) -> Site | None:
    """A site whose key and value fit; lists count with the key they stand under."""
    found = []

    def walk(node: Tree, under: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            name = key if isinstance(node, dict) else under
            if fits(name, value):
                found.append((node, key))
            if isinstance(value, dict | list):
                walk(value, name)

    walk(tree, "")
    return rng.choice(found) if found else None


def change(
    rng: random.Random, tree: Tree, fits: Callable[[Any, Any], bool], new: Callable[[str], Any]
) -> None:
    site = pick(rng, tree, lambda k, v: isinstance(v, str) and fits(k, v))
    if site:
        site[0][site[1]] = new(site[0][site[1]])


# ------------------------------------------------------------------ changes that break the structure


def _rename_key(rng: random.Random, tree: Tree) -> None:
    site = pick(rng, tree, lambda k, _: isinstance(k, str))
    if site and isinstance(site[0], dict):
        site[0][_near_miss(rng, str(site[1]))] = site[0].pop(site[1])


def _near_miss(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word) + 1)
    return (
        word[:at]
        + rng.choice(("", "x", "-", " ", "ä", "أ", word[at : at + 1]))
        + word[at + rng.randint(0, 1) :]
        or "x"
    )


def _misspell(rng: random.Random, tree: Tree) -> None:
    change(rng, tree, lambda k, v: bool(v) and (k in REFERS or k in WORDS), lambda old: _near_miss(rng, old))


def _delete(rng: random.Random, tree: Tree) -> None:
    node, key = rng.choice(list(sites(tree)))
    del node[key]


def _swap(rng: random.Random, tree: Tree) -> None:
    (a, i), (b, j) = rng.choice(list(sites(tree))), rng.choice(list(sites(tree)))
    a[i], b[j] = copy.deepcopy(b[j]), copy.deepcopy(a[i])


def _move(rng: random.Random, tree: Tree) -> None:
    node, key = rng.choice(list(sites(tree)))
    value = copy.deepcopy(node[key])
    del node[key]
    into = [n[k] for n, k in sites(tree) if isinstance(n[k], dict)]
    if into:
        rng.choice(into)[str(key)] = value


def _retype(rng: random.Random, tree: Tree) -> None:
    node, key = rng.choice(list(sites(tree)))
    old = node[key]
    node[key] = rng.choice(
        (
            [],
            {},
            "",
            [old],
            [old, old],
            {"x": old},
            rng.choice(TEXTS),
            rng.choice(NUMBERS),
            rng.choice(LENGTHS),
        )
    )


def _long(rng: random.Random, tree: Tree) -> None:
    node, key = rng.choice(list(sites(tree)))
    if rng.random() < 0.3:
        node[key] = [rng.choice((node[key], f"x{k}")) for k in range(1_000)]
        return
    node[key] = rng.choice(("x", "ع", "1", "no ", "a\n", "9d")) * rng.choice((200, 5_000, 50_000))


def _wrong_value(rng: random.Random, tree: Tree) -> None:
    node, key = rng.choice(list(sites(tree)))
    node[key] = rng.choice((*LENGTHS, *NUMBERS, *TIMEZONES, *TEXTS))


def _geometry(rng: random.Random, tree: Tree) -> None:
    if not tree.get("zones"):
        return
    zone = tree["zones"][rng.choice(list(tree["zones"]))]
    if isinstance(zone, dict):
        zone["geometry"] = rng.choice(SHAPES)
        zone["band"] = {"line": zone["geometry"], "within_km": rng.choice(NUMBERS)}
        zone.pop(rng.choice(("geometry", "band", "title")), None)


def _nest(rng: random.Random, tree: Tree) -> None:
    node, key = rng.choice(list(sites(tree)))
    deep: Tree = "x"
    for _ in range(rng.choice((3, 30, 120))):
        deep = [deep] if rng.random() < 0.5 else {"x": deep}
    node[key] = deep


# ------------------------------------------------------------------ changes of the text


def _noise(rng: random.Random, text: str) -> str:
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(("", *NOISE)) + text[at + rng.randint(0, 3) :]
    return text


def _rewrite(rng: random.Random, text: str) -> str:
    """One value written some other way."""
    values = list(re.finditer(r"(?<=: )[^\n]+", text))
    if not values:
        return text
    hit = rng.choice(values)
    return text[: hit.start()] + rng.choice(WRITTEN) + text[hit.end() :]


def _lines(rng: random.Random, text: str) -> str:
    """A line moved, repeated, lost or indented otherwise."""
    lines = text.split("\n")
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(4)
    if how == 0:
        lines.insert(to, lines.pop(at))
    elif how == 1:
        lines.insert(to, lines[at])
    elif how == 2:
        del lines[at]
    else:
        lines[at] = rng.choice((" ", "  ", "\t", "- ")) + lines[at]
    return "\n".join(lines)


def _frame(rng: random.Random, text: str) -> str:
    """The file as a whole: two documents, marks, other line ends, cut short, a deep nest."""
    cut = text[: rng.randrange(len(text))]
    deep = rng.choice((50, 300, 450, 900, 5_000))
    return rng.choice(
        (
            f"---\n{text}", f"{text}---\n{text}", f"{text}...\n", f"\ufeff{text}", text.replace("\n", "\r\n"),
            text.replace("\n", "\r"), cut, f"%YAML 1.2\n---\n{text}", f"%YAML 1.{'9' * 5000}\n---\n{text}",
            f"%TAG ! tag:x,2000:\n---\n{text}", f"- {text}",
            f"{text}deep: {'[' * deep}{']' * deep}\n", f"{text}deep: {'{a: ' * deep}x{'}' * deep}\n", f"{text}? [a, b]\n: c\n",
            f"{text}a: &a [*a]\n", f"{text}<<: {{title: x}}\n", text.replace("  ", "\t"), text.upper(), text.replace(":", ": "),
        )
    )  # fmt: skip


HARSH = (_rename_key, _misspell, _delete, _swap, _move, _retype, _long, _wrong_value, _geometry, _nest)
TEXTUAL = (_noise, _noise, _rewrite, _rewrite, _lines, _frame)
