"""Agreements that Hypothesis makes up with the Python constructors: every record, every key, and no contradiction.

In: nothing. Out: the strategy ``agreements``. Texts hold any printable character of any script, ids what an id may hold.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from shapely.geometry import LineString, box

from ceasefire.agreement import (
    Agreement,
    Amendment,
    By,
    Clock,
    Consecutive,
    DatedName,
    Delivery,
    Document,
    Duty,
    Each,
    Event,
    Excuse,
    Exempt,
    Never,
    Norm,
    Party,
    Period,
    Permission,
    Power,
    Proof,
    Quiet,
    Variant,
    Zone,
    predicate,
)
from ceasefire.agreement.language import NEVER, OTHER_SIDE
from ceasefire.vocabulary import vocabulary

Draw = Any


@predicate("made-up-any")
def _any(item: Any, terms: Agreement) -> bool:
    return True


PARTIES = ("north", "south-2", "Third.Party", "no")
DOCUMENTS, ZONES, CLOCKS = ("D1", "on"), ("strip", "box", "secret"), ("pause", "week", "road", "said", "12")
EXCUSES, NORMS = ("reply", "held", "but"), ("calm", "aid", "1.2", "x_y")


WEEK = timedelta(days=7)


def _printable(word: str) -> str:
    return " ".join(word.split())


texts = (
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufffe\uffff"), max_size=25
    )
    .map(_printable)
    .filter(bool)
)
notes = st.none() | texts
times = st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)).map(
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
lengths = st.integers(1, 100 * 365 * 86400).map(lambda s: timedelta(seconds=s))
shares = st.integers(0, 10**12).map(lambda k: k / 10**12)
numbers = st.integers(0, 10**7).map(lambda k: k / 1000)
dates = st.sampled_from(("2016", "2016-09", "2016-09-12"))
flags = st.booleans()


def some(values: tuple[str, ...], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    """A tuple of some of these, none twice, in any order."""
    return st.lists(st.sampled_from(values), min_size=least, unique=True).map(tuple)


def events(act: bool, by: bool = False) -> st.SearchStrategy[Event]:
    """What is watched: acts, or entries of the access record."""
    if not act:
        return st.builds(Event, access=some(tuple(vocabulary("access_kinds")), 1), to=notes)
    return st.builds(
        Event,
        act=some(("attack", *vocabulary("acts")), 1),
        against=some((OTHER_SIDE, "civilians", "aid", *PARTIES)),
        within=st.none() | st.sampled_from(ZONES),
        at=notes,
        weapon=st.lists(texts, max_size=2, unique=True).map(tuple),
        by=some(PARTIES) if by else st.just(()),
        test=st.none() | st.just("made-up-any"),
    )


@st.composite
def _verbs(draw: Draw) -> Any:
    kind = draw(st.sampled_from((Never, Each, By, Consecutive, Permission, Power, Duty)))
    act = draw(flags)
    if kind is Never:
        return Never(draw(events(act)))
    if kind is Each:
        return Each(draw(events(act, by=True)), draw(events(act)), draw(st.none() | lengths))
    if kind is By:
        due = draw(st.none() | times)
        when = draw(st.sampled_from(NORMS)) if due is None else None
        undone = draw(st.none() | events(True)) if due else None
        return By(draw(events(act)), due, when, draw(flags), undone)
    if kind is Consecutive:
        return Consecutive("week", WEEK, draw(texts))
    return kind(draw(texts))


@st.composite
def norms(draw: Draw, name: str, verb: Any = None) -> Norm:
    """A clause with one verb and any of the keys that clauses share."""
    verb = verb or draw(_verbs())
    who = draw(some(PARTIES, 1))
    untestable = draw(texts) if isinstance(verb, Duty) else draw(notes)
    if untestable and draw(flags):
        who = ()
    return Norm(
        id=name,
        clause=draw(texts),
        title=draw(texts),
        verb=verb,
        document=draw(st.sampled_from(DOCUMENTS)),
        text_status=draw(st.sampled_from(tuple(vocabulary("text_status")))),
        source=draw(texts),
        who=who,
        bearer=draw(notes) if who else draw(texts),
        to=draw(some(PARTIES)),
        during=draw(st.sampled_from(("in-force", *CLOCKS))),
        since=draw(st.none() | times),
        until=draw(st.none() | times | st.sampled_from(CLOCKS)),
        unless=draw(some(EXCUSES)),
        untestable=untestable,
        contested=tuple((party, draw(texts)) for party in draw(some(who)) if who) if who else (),
        best_efforts=draw(flags),
        variants=draw(st.lists(st.builds(Variant, texts, texts), max_size=2, unique=True).map(tuple)),
        note=draw(notes),
    )


@st.composite
def _zones(draw: Draw, name: str) -> Zone:
    west, south = draw(st.floats(-170, 160)), draw(st.floats(-70, 60))
    width, height = draw(st.floats(0.001, 9)), draw(st.floats(0.001, 9))
    line = LineString([(west, south), (west + width, south + height)])
    shapes = (None, box(west, south, west + width, south + height), line, line.buffer(width / 10))
    return Zone(name, draw(texts), draw(flags), draw(st.sampled_from(shapes)), draw(notes))


@st.composite
def _quiet(draw: Draw) -> Quiet:
    kind = draw(st.integers(0, 2))
    whole, words = st.integers(0, 10**6), draw(notes)
    if kind == 2:
        return Quiet(share=draw(numbers), before=draw(lengths), placeholder=words)
    return Quiet(placeholder=words, **{("killed_a_day", "attacks_a_day")[kind]: draw(whole)})


@st.composite
def _clocks(draw: Draw) -> dict[str, Clock]:
    rules = st.sampled_from(("all-owners", "any-owner", "nobody"))
    found = {}
    for name in CLOCKS:
        starts = draw(times)
        counts: dict[str, Any] = {
            "pause": {"length": draw(lengths)},
            "week": {"consecutive": WEEK, "access": draw(st.none() | st.just("road")), "watches": ("calm",)},
            "road": {"delivery": Delivery(draw(texts), draw(lengths))},
            "said": {"until": starts + draw(lengths)} if starts.year < 2090 else {},
            "12": {"consecutive": draw(lengths)},
        }[name]  # fmt: skip
        after = draw(st.none() | st.just("week")) if name == "12" else None
        found[name] = Clock(
            id=name,
            title=draw(texts),
            owner=draw(some(PARTIES, 1)),
            starts=NEVER if after else starts,
            after=after,
            renew=draw(rules),
            reset=draw(rules),
            quiet=draw(st.none() | _quiet()),
            certified_by=draw(notes),
            source=draw(notes),
            note=draw(notes),
            **counts,
        )
    return found


@st.composite
def _excuses(draw: Draw) -> dict[str, Excuse]:
    """Three that ask for different things; the last restores what the others excuse."""
    prior, words = draw(st.none() | shares), draw(notes)
    burden = st.sampled_from(("holder", "claimant"))
    reply = Excuse(
        "reply", draw(texts), reply_within=draw(lengths), near_km=draw(st.none() | numbers), prior=prior
    )
    held = Excuse("held", draw(texts), area="exempted", burden=draw(burden), placeholder=words)
    affected = draw(some(("exempted", "civilians", "aid", *PARTIES), 1))
    named = draw(st.lists(texts, max_size=2, unique=True).map(tuple))
    but = Excuse(
        "but", draw(texts), affected, deliveries=named, effect="restore", over=("reply", "held"), burden=draw(burden)
    )  # fmt: skip
    return {e.id: e for e in (reply, held, but)}


@st.composite
def _parties(draw: Draw) -> dict[str, Party]:
    found = {}
    for name in PARTIES:
        others = tuple(p for p in PARTIES if p != name)
        members = tuple(f"{name}-{k}" for k in range(draw(st.integers(0, 2))))
        found[name] = Party(
            name, draw(texts), draw(texts), draw(st.sampled_from(("a", "b.c"))), draw(some(others)), members,
            draw(notes), draw(notes),
        )  # fmt: skip
    return found


@st.composite
def _amendments(draw: Draw) -> dict[str, Amendment]:
    found = {}
    for name in draw(some(("protocol", "2.0"))):
        rewritten = draw(some((*NORMS, "new")))
        repeals = draw(some(tuple(n for n in NORMS if n not in rewritten) or NORMS, 0 if rewritten else 1))
        written = {n: draw(norms(n)) for n in rewritten}
        repealed = tuple(n for n in repeals if n not in written)
        found[name] = Amendment(
            name, draw(texts), draw(times), draw(st.sampled_from(DOCUMENTS)), written, repealed, draw(notes)
        )
    return found


@st.composite
def agreements(draw: Draw) -> Agreement:
    """Any agreement that contradicts itself nowhere."""
    start = draw(times)
    end = draw(st.none() | lengths.map(lambda long: start + long))
    breached, satisfied = draw(st.sampled_from(((0.9, 0.9), (0.999999999999, 0.51), (0.5, 0.75), (1.0, 1.0))))
    return Agreement(
        id=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)),
        title=draw(texts),
        source=draw(texts),
        timezone=draw(st.sampled_from(("UTC", "Asia/Damascus", "America/St_Johns"))),
        in_force=Period(start, end if end is None or end.year < 2200 else None),
        parties=draw(_parties()),
        norms={n: draw(norms(n, Never(draw(events(True))) if n == "calm" else None)) for n in NORMS},
        documents={
            n: draw(st.builds(Document, st.just(n), texts, st.just("leaked"), st.none() | dates, notes, notes))
            for n in DOCUMENTS
        },
        exempt={
            n: Exempt(n, draw(texts), (DatedName(f"{n}-x", draw(st.none() | dates)), DatedName(n)), draw(texts), draw(notes))
            for n in draw(some(("isil", "band")))
        },
        zones={n: draw(_zones(n)) for n in ZONES},
        exceptions=draw(_excuses()),
        clocks=draw(_clocks()),
        proof=Proof(breached, satisfied, draw(shares), draw(shares)),
        open_points=draw(st.lists(texts, max_size=2, unique=True).map(tuple)),
        amendments=draw(_amendments()),
    )  # fmt: skip
