"""Puts the parts together into one page.

In: a release, which has passed the publishing gate. Out: HTML with its style, drawings and few lines of script inside.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ceasefire.publishing import Release
from ceasefire.report import wording
from ceasefire.report.sections import (
    access,
    accounts,
    closing,
    coverage,
    fairness,
    headline,
    incidents,
    terms,
    unreported,
)
from ceasefire.report.sections.desk import Desk


class _Templates(Environment):
    """Jinja, but ``row.copy`` is the cell of that name and never a method of the row."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


@cache
def _environment() -> Environment:
    environment = _Templates(
        loader=PackageLoader("ceasefire.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters["counted"] = wording.counted
    return environment


def page(release: Release) -> str:
    """The report of a release as HTML; the same release gives the same bytes."""
    environment = _environment()
    desk = Desk(release)
    parts = {
        "head": headline.headline(desk),
        "clocks": terms.clocks(desk),
        "clauses": terms.clauses(desk),
        "incidents": incidents.incidents(desk),
        "pictures": incidents.pictures(desk),
        "findings": closing.findings(desk),
        "access": access.access(desk),
        "accounts": accounts.accounts(desk),
        "coverage": coverage.coverage(desk),
        "unreported": unreported.unreported(desk),
        "fairness": fairness.fairness(desk),
        "signals": closing.signals(desk),
        "answers": closing.answers(desk),
        "problems": closing.problems(desk),
        "method": closing.method(desk),
    }
    style, script = (
        Markup(environment.get_template(name).render())  # our own files, no data in them
        for name in ("style.css", "script.js")
    )
    return environment.get_template("page.html.j2").render(
        release=release,
        desk=desk,
        zone=desk.zone,
        as_of=wording.clock_time(release.as_of, release.timezone),
        period=_period(release),
        parties=[
            (desk.party(str(i)), str(p.name))
            for i, p in sorted(release.parties.items(), key=lambda c: str(c[1].name).casefold())
        ],
        findings_weighed=any(row["kind"] == "finding" for row in desk.rows("evidence")),
        not_judicial=wording.NOT_JUDICIAL,
        style=style,
        script=script,
        **parts,
    )


def _period(release: Release) -> str:
    if release.period is None:
        return ""
    start, end = (wording.day(t, release.timezone) for t in release.period)
    return start if start == end else f"{start} to {end}"
