"""The page: answer first, every figure linked, neutral, the same bytes, nothing from outside."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl

from ceasefire.publishing import release
from ceasefire.report import gravest, render
from ceasefire.report.sections.desk import ALL_UP_TO, COMPACT_ROWS, FULL_ENTRIES
from ceasefire.report.sections.weighed import odds
from fabricated_picture import SECRET_NAME, at, empty_picture, frame, picture


class Page(HTMLParser):
    """The ids, links, tags and visible words of a page."""

    VOID = frozenset(["meta", "link", "br", "img", "input", "hr"])

    def __init__(self, html):
        super().__init__()
        self.ids, self.hrefs, self.open, self.words, self.stray = [], [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if "href" in attributes:
            self.hrefs.append(attributes["href"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.stray.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def many(n):
    """A picture of n incidents of one report each."""
    reports = [
        {
            "report_id": f"X{i:05}",
            "source_id": "watch",
            "occurred_from": at(1 + i % 20),
            "occurred_to": at(1 + i % 20),
        }
        for i in range(n)
    ]
    incidents = [
        {
            "incident_id": f"i-X{i:05}",
            "occurred_from": at(1 + i % 20),
            "occurred_to": at(1 + i % 20),
            "latitude": 36 + (i % 40) / 40,
            "longitude": 37 + (i % 37) / 40,
            "precision_km": 2.0,
            "act": "shelling",
            "killed_best": i % 7,
        }
        for i in range(n)
    ]
    members = [
        {"report_id": f"X{i:05}", "incident_id": f"i-X{i:05}", "origin_id": f"X{i:05}"} for i in range(n)
    ]
    bare = empty_picture()
    tables = {"reports": reports, "incidents": incidents, "memberships": members}
    return replace(bare, tables=bare.tables | {name: frame(name, rows) for name, rows in tables.items()})


def test_tags_are_closed_ids_are_unique_and_every_link_arrives():
    page = Page(render(picture()))
    assert page.stray == []
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    inside = [h[1:] for h in page.hrefs if h.startswith("#")]
    assert len(inside) > 20
    assert set(inside) <= set(page.ids)


def test_the_answer_comes_before_the_evidence():
    text = Page(render(picture())).text
    said = "very likely, 82 in 100 (between 61 and 93 in 100)"
    assert said in text
    assert text.index(said) < text.index("The clocks", text.index(said))
    assert "that does not reach the standard of proof" in text
    assert "Not a judicial finding." in text


def test_nothing_is_fetched_from_outside():
    html = render(picture())
    assert not re.findall(r'(?:src|data|poster)="', html)
    assert "<link" not in html
    assert "@import" not in html
    assert "url(http" not in html


def test_only_web_addresses_become_links():
    reports = [r | {"url": "javascript:alert(1)"} for r in picture().table("reports").to_dicts()]
    html = render(picture().with_rows("reports", reports))
    assert "javascript:" not in html


def test_words_of_others_cannot_write_the_page():
    evil = "</td><script>alert(1)</script>"
    reports = [r | {"text": evil, "place_name": evil} for r in picture().table("reports").to_dicts()]
    incidents = [
        r | {"place_name": evil, "affected_object": evil} for r in picture().table("incidents").to_dicts()
    ]
    html = render(picture().with_rows("reports", reports).with_rows("incidents", incidents))
    assert html.count("<script>") == 1
    assert Page(html).stray == []


def test_a_copy_is_marked_and_weighs_nothing_of_its_own():
    html = render(picture())
    row = re.search(r'<tr id="r-R3">.*?</tr>', html, re.S).group()
    assert "relays R1" in row
    assert ">copy<" in row
    assert ">copy<" not in re.search(r'<tr id="r-R1">.*?</tr>', html, re.S).group()


def test_weights_are_odds_between_the_two_leading_answers():
    assert (odds(0.0), odds(2.0794), odds(-1.0986), odds(None)) == ("×1.0", "×8.0", "÷3.0", "—")


def test_arabic_and_cyrillic_carry_their_language_and_direction():
    html = render(picture())
    assert '<span dir="auto" lang="ar">قافلة' in html
    assert '<span dir="auto" lang="ru">Снайперский' in html


def test_an_internal_page_is_watermarked_and_a_public_one_says_what_it_withholds():
    inside, outside = render(picture(), "internal"), render(picture())
    assert "INTERNAL — holds notified sites" in inside
    assert SECRET_NAME in inside
    assert "INTERNAL — holds" not in outside
    assert "Withheld from this public copy: " in outside


def test_same_picture_same_page():
    assert render(picture()) == render(picture())


def test_swapping_the_parties_swaps_the_page_and_nothing_else():
    """The two names change places in every table; the page with the names put back differs in the colours alone."""
    swap = {"uplands": "river", "river": "uplands"}

    def swapped(cell):
        return re.sub(r"\b(uplands|river)\b", lambda m: swap[m.group()], cell) if cell else cell

    full = picture()
    tables = {
        name: f.with_columns(
            pl.col(c).map_elements(swapped, return_dtype=pl.String)
            for c, kind in f.schema.items()
            if kind == pl.String and c not in ("text", "name")
        )
        for name, f in full.tables.items()
    }
    other = replace(full, tables=tables)
    assert gravest(release(other)) == gravest(release(full))
    text = Page(render(other)).text
    assert "The testimony points to River: very likely, 82 in 100" in text
    mine = sorted(re.findall(r"\d+ in 100", Page(render(full)).text))
    assert mine == sorted(re.findall(r"\d+ in 100", text))


def test_the_gravest_come_first_and_quiet_acts_last():
    assert gravest(release(picture())) == ["i-R1", "i-R6", "i-R5"]
    assert gravest(release(picture().with_rows("topics", []).with_rows("incidents", []))) == []
    rows = picture().table("incidents").to_dicts()
    calm = [r | {"act": "withdrawal"} if r["incident_id"] == "i-R1" else r for r in rows]
    assert gravest(release(picture().with_rows("incidents", calm)))[-1] == "i-R1"


def test_thousands_of_incidents_are_cut_and_the_page_says_so():
    n = FULL_ENTRIES + COMPACT_ROWS + 1450
    html = render(many(n))
    page = Page(html)
    assert html.count('<details class="entry') == FULL_ENTRIES
    assert f"{n - FULL_ENTRIES - COMPACT_ROWS:,} more stand only in" in page.text
    assert "tables/incidents.csv" in page.hrefs
    assert len(html) < 5_000_000
    assert {h[1:] for h in page.hrefs if h.startswith("#")} <= set(page.ids)


def test_every_incident_of_a_small_case_has_an_entry():
    html = render(many(ALL_UP_TO))
    assert html.count('<details class="entry') == ALL_UP_TO


def test_a_case_with_next_to_nothing_makes_a_page():
    page = Page(render(empty_picture()))
    assert "No incident could be made out" in page.text
    assert page.stray == []


def test_not_observed_is_hatched_and_is_not_quiet():
    html = render(picture())
    assert (
        'aria-label="South Valley: 1 days reported, 1 days quiet while watched, 3 days not observed"' in html
    )
    assert html.count('fill="url(#hatch-') >= 4


def test_the_house_words_are_neutral():
    words = re.sub(
        r"<style>.*?</style>|<script>.*?</script>", "", render(empty_picture()), flags=re.S
    ).casefold()
    for word in ("regime", "terrorist", "enemy", "kill chain"):
        assert word not in words


def bound():
    """Three reports of one incident, far from any notified site: R5 and R6 beside a new one, with their links."""
    weights = {"w_time": 1.0, "w_place": 2.2, "w_act": 1.2, "w_text": -0.3, "w_crowd": -0.4, "w_overlap": 0.3}
    weights |= {"l_time": "same day", "l_place": "same place", "l_act": "same", "l_text": "hardly any"}
    weights |= {"w_url": 0.0, "l_url": "no sign", "l_crowd": "several"}
    link = {"prior": -2.0, **weights, "weight": 2.0, "probability": 0.88}
    members = [m for m in picture().table("memberships").to_dicts() if m["report_id"] not in ("R5", "R6")]
    members += [
        {"report_id": r, "incident_id": "i-R5", "probability": p, "origin_id": r}
        for r, p in (("R5", 0.97), ("R6", 0.91))
    ]
    links = [{"report_a": "R5", "report_b": "R6", **link}]
    return picture().with_rows("memberships", members).with_rows("links", links)


def test_an_entry_shows_why_its_accounts_are_one_incident():
    html = render(bound())
    text = Page(html).text
    assert "Why both accounts are one incident : 91 in 100" in text.replace("incident: ", "incident : ")
    assert (
        "before any comparison −2.0; same day +1.0; same place +2.2; same act +1.2; hardly a word shared −0.3; "
        "several here and then −0.4; evidence overlaps +0.3; sum +2.0" in text
    )
    assert "Says nothing: page." in text
    assert "the same act, neither rare nor common here and then" in text
    assert "That both tell of one happening: 88 in 100 ." in text
    assert 'class="chart fall"' in html
    assert 'aria-label="Weights of this pair"' in html
    assert '<a href="#r-R6">R6</a>' in html


def test_weights_that_would_tell_a_distance_to_a_site_are_not_drawn_in_public():
    """R1 lies beside a notified site; inside the house its link is drawn."""
    public, inside = (render(picture(), audience) for audience in ("public", "internal"))
    assert "The weights are withheld" in public
    assert "chart fall" not in public
    assert "The weights are withheld" not in inside
    assert "chart fall" in inside


def test_an_incident_of_one_report_has_nothing_to_bind():
    assert "one incident" not in Page(render(many(3))).text


def doubtful():
    """Forty incidents of one report each, two of which may be one; counted as a run counts them."""
    from ceasefire.fuse.totals import tally

    told = many(40)
    rows = [r | {"n_reports": 1} for r in told.table("incidents").to_dicts()]
    told = told.with_rows("incidents", rows).with_rows("alternatives", DOUBTS)
    counted = tally(told.tables, period=told.case.period, timezone=told.case.timezone)
    return replace(told, tables=told.tables | {"incident_counts": counted})


DOUBTS = [
    {"incident_id": "i-X00000", "kind": "merge", "other_id": "i-X00020", "probability": 0.4},
    {"incident_id": "i-X00001", "kind": "split", "reports": "X00001", "probability": 0.2},
]


def test_the_page_says_how_many_incidents_with_the_interval():
    """Forty listed: less 40 × 0.06 told elsewhere, a pair at 0.4 (once told, so × 0.94), more one that may be two."""
    told = doubtful()
    whole = told.table("incident_counts").row(by_predicate=pl.col("by") == "all", named=True)
    assert whole["listed"] == 40
    assert whole["best"] == round(0.94 * (40 - 0.4) + 0.2, 3)
    low, high = whole["low"], whole["high"]
    assert low < 37 < high <= 41
    page = Page(render(told))
    assert f"are read as telling of 37 incidents ({low}–{high}, 90 % interval). 40 are listed" in page.text
    assert f"37 incidents, between {low} and {high} at 90 %; 40 listed" in page.text
    assert f"40 are listed; the best number is 37 ({low}–{high})." in page.text
    assert (
        "1 pair of incidents may be one, 1 incident may be two and what one report alone tells" in page.text
    )
    assert {"#howmany", "tables/incident_counts.csv", "tables/alternatives.csv"} <= set(page.hrefs)
    assert "howmany" in page.ids


def test_an_entry_says_with_which_other_it_may_be_one():
    html = render(doubtful())
    entry = html[html.index('id="i-i-X00000"') :][:9000]
    assert "One or two" in entry
    assert re.search(r'may be one with <a href="#i-i-X00020">[^<]+</a> \(40 in 100\)', entry)
    assert "X00001 may tell of another incident (20 in 100)" in html


def test_without_doubt_no_interval_is_made_up():
    page = Page(render(many(3)))
    assert "telling of 3 incidents." in page.text
    assert "howmany" not in page.ids
    assert "at 90 %" not in page.text
