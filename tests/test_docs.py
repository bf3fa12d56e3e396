"""The pages made from data are up to date, and what a user can meet is documented."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build", ROOT / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_made_pages_are_up_to_date(build: ModuleType) -> None:
    stale = [p.name for p, text in build.pages().items() if p.read_text(encoding="utf-8") != text]
    assert not stale, f"run `uv run python docs/build.py`: {stale}"


def test_every_problem_code_in_the_source_is_documented(build: ModuleType) -> None:
    """A code is a word in lower case after the stage in a Problem; each must have a definition."""
    known = {code for codes in build.problem_codes().values() for code in codes}
    pattern = re.compile(r'Problem\(\s*"(?:error|warning|note)",\s*"[a-z]+",\s*"([a-z_]+)"')
    used = {c for p in (ROOT / "src").rglob("*.py") for c in pattern.findall(p.read_text(encoding="utf-8"))}
    assert len(used) > 20, "the pattern no longer finds the codes"
    assert used <= known, f"not documented: {sorted(used - known)}"


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "cases").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not link.startswith(("http", "mailto")) and not (page.parent / link).exists():
                broken.append(f"{page.name}: {link}")
    assert not broken


def test_no_page_names_a_path_of_a_machine() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "cases").rglob("*.md")]
    absolute = re.compile(r"(?<![\w.:/])/(?:home|root|work|tmp|Users)/")
    assert not [p.name for p in pages if absolute.search(p.read_text(encoding="utf-8"))]
