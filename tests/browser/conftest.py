"""A real browser without a network, and the pages that the tests open."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium. Its absence is a failure, never a skip: the page must have been seen."""
    from playwright.sync_api import sync_playwright

    path = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if path is None:
        pytest.fail("expected Debian's Chromium at /usr/bin/chromium; found none; run `make browser`")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def report_file(tmp_path_factory):
    """The report of the made-up valley, on disk as a reader has it."""
    from ceasefire.exports import write
    from fabricated_picture import picture

    folder = tmp_path_factory.mktemp("out") / "valley"
    write(picture(), folder)
    return folder / "report.html"
