"""The JSON Schema of an agreement: what an editor completes and marks is what ``load`` reads."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import given
from jsonschema import Draft202012Validator

from ceasefire.agreement import Agreement, clauses, dump, load, schema, zones
from ceasefire.strict_yaml import Key
from made_up_agreements import agreements
from test_agreement_roundtrip import CALM_CHECKS

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted([*ROOT.glob("cases/*/agreement.yaml"), *ROOT.glob("agreements/*/agreement.yaml")])
EVERYTHING = ROOT / "bench" / "agreement_everything.yaml"
# The name ``load`` in the package is the function; its module holds the keys of the top.
READERS: list[ModuleType] = [clauses, zones, sys.modules["ceasefire.agreement.load"]]


class Core(yaml.SafeLoader):
    """YAML as editors read it (the core schema of YAML 1.2): no dates, no yes and no, no 12:30 as a number."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def read(text: str) -> Any:
    return yaml.load(text, Loader=Core)


def flagged(text: str) -> list[str]:
    """Where the schema finds something, and what."""
    errors = Draft202012Validator(schema()).iter_errors(read(text))
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in errors]


def records(node: Any) -> Iterator[dict[str, Any]]:
    """Every record of the schema, as its keys."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield node["properties"]
        for value in node.values():
            yield from records(value)
    elif isinstance(node, list):
        for value in node:
            yield from records(value)


def test_the_schema_is_one_and_can_be_written_as_json() -> None:
    Draft202012Validator.check_schema(schema())
    assert json.loads(json.dumps(schema())) == schema()


def test_editors_and_load_read_alike() -> None:
    assert read("[no, 12:30, 2016-09-12, 7d, 1_000, true, 7, 0.5, ~, 0o7]") == [
        "no", "12:30", "2016-09-12", "7d", "1_000", True, 7, 0.5, None, "0o7",
    ]  # fmt: skip


@pytest.mark.parametrize("path", [*SHIPPED, EVERYTHING], ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_what_is_shipped_is_valid(path: Path) -> None:
    assert load(path).norms
    assert flagged(path.read_text(encoding="utf-8")) == []


@CALM_CHECKS
@given(terms=agreements())
def test_whatever_dump_writes_is_valid(terms: Agreement) -> None:
    assert flagged(dump(terms)) == []


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("  C1:\n    clause:", "  C1:\n    claus:", "norms/C1", "'claus' was unexpected"),
        ("    title: No attacks\n", "", "norms/C1", "'title' is a required property"),
        ("timezone: Asia/Damascus\n", "", "", "'timezone' is a required property"),
        ("text_status: leaked}", "text_status: leeked}", "documents/D2/text_status", "'leeked' is not one of"),
        ("act: attack, against", "act: atack, against", "norms/C1/never/act", "is not valid under any"),
        ("effect: restore", "effect: restores", "exceptions/but-civilians/effect", "is not one of"),
        ("prior: 0.25", "prior: 1.25", "exceptions/reply/prior", "1.25 is greater than the maximum of 1"),
        ("best_efforts: true", "best_efforts: yes", "norms/C4/best_efforts", "'yes' is not of type 'boolean'"),
        ("within: 3d", "within: 3 weeks", "norms/C6/within", "does not match"),
        ("owner: opposition", "owner: []", "clocks/few-attacks/owner", "is not valid under any"),
        ("within_km: 20", "within_kn: 20", "zones", "is not valid under any"),
        ("repeals: [C2]", "repels: [C2]", "amendments/protocol", "'repels' was unexpected"),
        ("quiet: {attacks_a_day: 3}", "quiet: {attacks: 3}", "clocks/few-attacks/quiet", "was unexpected"),
        ("from: 2016-10-01T00:00", "from: 2016-10-01", "amendments/protocol/from", "does not match"),
    ],
)  # fmt: skip
def test_what_load_refuses_an_editor_marks(old: str, new: str, where: str, what: str) -> None:
    text = EVERYTHING.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(Exception, match="expected"):
        load(text.replace(old, new))
    assert any(f.split(":")[0] == where and what in f for f in flagged(text.replace(old, new)))


def test_every_key_that_load_reads_has_its_place_in_the_schema() -> None:
    placed = [set(keys) for keys in records(schema())]
    read_by_load = {
        f"{module.__name__}.{name}": keys
        for module in READERS
        for name, keys in vars(module).items()
        if isinstance(keys, dict) and keys and all(isinstance(key, Key) for key in keys.values())
    }
    assert len(read_by_load) >= 14
    missing = [name for name, keys in read_by_load.items() if set(keys) not in placed]
    assert missing == []


def test_every_key_says_what_it_is_for() -> None:
    silent = {
        name for keys in records(schema()) for name, told in keys.items() if not told.get("description")
    }
    assert silent == set()


def test_the_agreement_of_the_bench_uses_every_key() -> None:
    """So that its mutants, and the test above, touch each of them."""
    text = EVERYTHING.read_text(encoding="utf-8")
    known = {name for keys in records(schema()) for name in keys}
    assert {name for name in known if f"{name}:" not in text} == {"test"}, (
        "it would need a package's predicate"
    )
