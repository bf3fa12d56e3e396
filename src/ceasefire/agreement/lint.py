"""What the drafters left open: findings about the agreement itself, which a mediator wants before signing.

In: an ``Agreement``. Out: problems of severity ``note`` (code ``left_open``): placeholders where the text has no
number, unpublished zones, preconditions nobody certifies, responses without a time, pull-backs that wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceasefire.agreement.language import Agreement, By, Consecutive, Each
from ceasefire.problems import Problem

_EVENTS = ("event", "trigger", "expect", "achieve", "undone_by")


def lint(terms: Agreement) -> list[Problem]:
    """The findings, in the order of the file: zones, exceptions, clocks, clauses, what the file itself lists."""
    found = [*_zones(terms), *_placeholders(terms), *_clocks(terms), *_clauses(terms)]
    found += [_left_open(terms.id, "a term", point) for point in terms.open_points]
    return found


def _left_open(record: str, expected: str, found: str) -> Problem:
    return Problem(
        "note",
        "agreement",
        "left_open",
        expected,
        found,
        "settle it, or expect 'undetermined'",
        record=record,
    )


def _zones(terms: Agreement) -> Iterator[Problem]:
    used = {
        event.within: norm.id
        for norm in terms.norms.values()
        for event in (getattr(norm.verb, name, None) for name in _EVENTS)
        if event is not None and event.within is not None
    }
    for zone in terms.zones.values():
        if zone.geometry is None:
            by = f"; clause {used[zone.id]} needs it" if zone.id in used else ""
            yield _left_open(zone.id, "a map", f"none{by}")


def _placeholders(terms: Agreement) -> Iterator[Problem]:
    for excuse in terms.exceptions.values():
        if excuse.placeholder:
            yield _left_open(excuse.id, "a measure in the text", excuse.placeholder)
        elif excuse.reply_within is not None and excuse.near_km is None:
            yield _left_open(excuse.id, "how near an attack must be to be answered", "any distance counts")
        if excuse.reply_within is not None and excuse.burden == "holder" and excuse.prior is None:
            yield _left_open(excuse.id, "how much an unproven exception weighs", "nothing: it never counts")
    for clock in terms.clocks.values():
        if clock.quiet and clock.quiet.placeholder:
            yield _left_open(clock.id, "a measure in the text", clock.quiet.placeholder)


def _clocks(terms: Agreement) -> Iterator[Problem]:
    for clock in terms.clocks.values():
        if clock.length and clock.renew == "nobody":
            yield _left_open(clock.id, "a rule of renewal", "none: it runs out")
        if clock.consecutive and clock.reset == "nobody":
            yield _left_open(clock.id, "what a breach does to the run of days", "nothing is said")
        if clock.consecutive and clock.certified_by is None:
            owners = ", ".join(clock.owner)
            yield _left_open(clock.id, "somebody who certifies the days", f"nobody but its owners ({owners})")
        if clock.consecutive and clock.quiet is None:
            yield _left_open(clock.id, "a measure of a quiet day", "none")
        if clock.consecutive and not clock.watches:
            yield _left_open(clock.id, "the clauses whose breach disturbs the run", "none is named")


def _clauses(terms: Agreement) -> Iterator[Problem]:
    certified = {norm.verb.clock for norm in terms.norms.values() if isinstance(norm.verb, Consecutive)}
    for norm in terms.norms.values():
        if norm.best_efforts:
            yield _left_open(norm.id, "a measure of effort", "none: a shortfall alone is never a breach")
        if (
            isinstance(norm.verb, By)
            and norm.verb.keep
            and norm.verb.undone_by is None
            and not norm.untestable
        ):
            yield _left_open(norm.id, "what would show that it did not stay so", "none is named")
        if isinstance(norm.verb, Each) and norm.verb.within is None:
            yield _left_open(norm.id, "a time within which to answer", "none")
        if isinstance(norm.verb, By) and norm.verb.when:
            other = terms.norms.get(norm.verb.when)
            if other is not None and other.untestable:
                told = f"with {norm.verb.when}, which cannot be tested"
                yield _left_open(norm.id, "a date that can be known", told)
        if norm.contested:
            for party, reason in norm.contested:
                yield _left_open(norm.id, f"agreement that {party} is bound", reason)
        if len({variant.says for variant in norm.variants}) > 1:
            yield _left_open(norm.id, "one figure", " / ".join(variant.says for variant in norm.variants))
    yield from _circles(terms)
    for clock in terms.clocks.values():
        if clock.consecutive and clock.id not in certified:
            yield _left_open(clock.id, "a clause that says what the days grant", "none")


def _circles(terms: Agreement) -> Iterator[Problem]:
    """Clauses that fall due together with each other, so that each side moves only after the other."""
    waits = {n.id: n.verb.when for n in terms.norms.values() if isinstance(n.verb, By) and n.verb.when}
    told: set[frozenset[str]] = set()
    for start in waits:
        seen, at = [start], waits.get(start)
        while at is not None and at not in seen:
            seen.append(at)
            at = waits.get(at)
        if at == start and frozenset(seen) not in told:
            told.add(frozenset(seen))
            yield _left_open(start, "one clause that falls due first", " waits for ".join([*seen, start]))
