"""The report as a reader sees it: offline, on a desk and on a phone."""

from itertools import pairwise

import pytest

SIZES = {"desk": (1280, 900), "phone": (390, 844)}

OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  if (!box.width || e.closest('.scroll, .mapbox, svg, .skip, .watermark')) return false;
  return box.right > innerWidth + 1 || box.left < -1;
}).map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40))"""


@pytest.fixture(params=sorted(SIZES))
def page(request, browser, report_file):
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    opened = context.new_page()
    opened.trouble = []
    opened.asked = []
    opened.on("console", lambda m: opened.trouble.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("pageerror", lambda e: opened.trouble.append(str(e)))
    opened.on("request", lambda r: opened.asked.append(r.url))
    opened.goto(report_file.as_uri())
    yield opened
    context.close()


def test_it_opens_offline_asks_for_nothing_and_complains_of_nothing(page, report_file):
    assert page.asked == [report_file.as_uri()]
    assert page.trouble == []
    assert page.locator("h1").inner_text() == "The valley, May 2031 (made up)"


def test_nothing_runs_over_the_edge(page):
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert page.evaluate(OVERFLOWING) == []


def test_every_link_inside_arrives_and_is_shown(page):
    missing = page.evaluate(
        "() => [...document.querySelectorAll('a[href^=\"#\"]')].map(a => decodeURIComponent(a.getAttribute('href').slice(1)))"
        ".filter(id => !document.getElementById(id))"
    )
    assert missing == []
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    page.evaluate("location.hash = '#r-R6'")
    page.wait_for_function("document.getElementById('r-R6').getBoundingClientRect().height > 0")


def test_every_entry_has_its_accounts_and_its_answer(page):
    entries = page.locator("details.entry")
    assert entries.count() == 3
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for n, accounts in enumerate((4, 1, 1)):
        entry = entries.nth(n)
        assert entry.locator("table.accounts tbody tr").count() == accounts
        assert "Not a judicial finding." in entry.inner_text()
        assert entry.locator("svg.strip").count() >= 4


def test_arabic_runs_from_right_to_left(page):
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    arabic = page.locator('[lang="ar"]').first
    assert arabic.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert page.locator('[lang="ru"]').first.evaluate("e => getComputedStyle(e).direction") == "ltr"


def test_drawings_have_names_and_headings_are_in_order(page):
    assert page.locator('svg:not([aria-hidden="true"]):not([aria-label])').count() == 0
    levels = page.evaluate("() => [...document.querySelectorAll('h1, h2, h3, h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_it_reads_without_scripts(browser, report_file):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    opened = context.new_page()
    opened.goto(report_file.as_uri())
    assert "very likely, 82 in 100" in opened.locator("main").inner_text()
    context.close()


def test_it_prints(page):
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 673, "height": 1000})  # A4 less its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 673
    assert (
        page.locator("table.cards thead").first.evaluate("e => getComputedStyle(e).display")
        == "table-header-group"
    )


def test_ink_stands_out_from_paper_in_both_schemes(browser, report_file):
    """WCAG contrast of body text and of the softest text, by day and by night."""
    contrast = """(names) => {
      const light = c => {
        const v = c.match(/[0-9.]+/g).slice(0, 3).map(x => x / 255)
          .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
        return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
      const paper = light(getComputedStyle(document.body).backgroundColor);
      return names.map(n => { const e = document.querySelector(n); const ink = light(getComputedStyle(e).color);
        return (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05); });
    }"""
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        opened = context.new_page()
        opened.goto(report_file.as_uri())
        assert (
            min(opened.evaluate(contrast, ["body", ".kicker", ".figures span", ".empty", "a", ".note"]))
            >= 4.5
        )
        context.close()
