"""The report of the case that is shipped, as a reader sees it: no overflow, no dead link, no complaint."""

from pathlib import Path

import pytest

CASE = Path(__file__).parents[2] / "cases" / "syria-2016"


@pytest.fixture(scope="module")
def syria(tmp_path_factory):
    from ceasefire.case import open_case
    from ceasefire.exports import write
    from ceasefire.pipeline import derive

    folder = tmp_path_factory.mktemp("out") / "syria-2016"
    write(derive(open_case(CASE)), folder)
    return folder / "report.html"


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desk", "phone"])
def test_the_report_of_syria_reads_on_desk_and_phone(browser, syria, size):
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True)
    page = context.new_page()
    trouble, asked = [], []
    page.on("console", lambda m: trouble.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: trouble.append(str(e)))
    page.on("request", lambda r: asked.append(r.url))
    page.goto(syria.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert trouble == []
    assert asked == [syria.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    missing = page.evaluate(
        "() => [...document.querySelectorAll('a[href^=\"#\"]')]"
        ".map(a => decodeURIComponent(a.getAttribute('href').slice(1))).filter(id => !document.getElementById(id))"
    )
    assert missing == []
    bare = page.evaluate(
        "() => [...document.querySelectorAll('details.entry')].filter(e => !e.querySelector('table.accounts tbody tr')).length"
    )
    assert bare == 0
    assert page.evaluate("document.querySelectorAll('[id]').length") == page.evaluate(
        "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"
    )
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 673, "height": 1000})  # A4 less its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 673
    context.close()
