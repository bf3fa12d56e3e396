"""The records an agreement is made of: parties, zones, clauses by their verb, exceptions, clocks.

In: nothing; ``load`` makes these from a file and a test makes them by hand, with the same constructors.
Out: frozen records. Five shapes of clause cover what truces say: never; each, within, expect; by, achieve,
keep; consecutive, grants; and permissions and powers, which are written down and never judged.
All instants are UTC; lengths are ``timedelta``; distances stay in the words of their source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ceasefire.vocabulary import vocabulary

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# Words that stand for several acts of the vocabulary. `attack` is any use of force against somebody; taking
# ground and detaining people have clauses of their own.
ACT_GROUPS = ("attack",)
ATTACK_KINDS = ("remote", "direct", "aid", "any")

# Words for the protected in `against`, beside the ids of parties.
OTHER_SIDE = "other-side"
PROTECTED = {
    "civilians": ("civilian", "civilians"),
    "aid": ("aid", "humanitarian", "medical"),
}

EXEMPTED = "exempted"
IN_FORCE = "in-force"
NEVER = datetime.max.replace(tzinfo=UTC)
"""The start of a clock that waits for another one."""
NO_HOLDER = "nobody (a precondition)"


class Period(NamedTuple):
    """From ``start`` (included) to ``end`` (excluded; None = open). UTC."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Document:
    """One instrument the clauses are taken from, and how its text became known."""

    id: str
    title: str
    text_status: str
    dated: str | None = None
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Party:
    """Who is bound. ``side`` groups patron and client; ``contested`` says why it may not be bound at all."""

    id: str
    name: str
    role: str
    side: str
    answers_for: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    contested: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class DatedName:
    """A name (an actor id) a group went by, with the first and last day it did; None = open."""

    name: str
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class Exempt:
    """A group outside the protection of the truce. It is never a bearer of its duties."""

    id: str
    title: str
    names: tuple[DatedName, ...]
    designated_by: str
    note: str | None = None


@dataclass(frozen=True)
class Zone:
    """An area. ``geometry`` is WGS84 longitude/latitude; None where the map was never published."""

    id: str
    title: str
    published: bool
    geometry: BaseGeometry | None = None
    note: str | None = None


@dataclass(frozen=True)
class Event:
    """What a clause watches for, among incidents (``act``) or in the access record (``access``).

    ``against`` holds parties, ``other-side``, ``civilians``, ``aid``; empty = whoever is affected.
    ``within`` is a zone, ``at`` a place of the gazetteer, ``to`` a destination of aid. ``weapon`` holds words of
    which one stands in the account's own words for the means. ``by`` (of a trigger) names who does it, empty =
    anybody. ``test`` is the name of a registered predicate (``agreement.predicates``).
    """

    act: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    within: str | None = None
    at: str | None = None
    to: str | None = None
    weapon: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    test: str | None = None


@dataclass(frozen=True)
class Never:
    """A prohibition: the event must not happen by the holder's hand."""

    event: Event


@dataclass(frozen=True)
class Each:
    """A response: after each trigger the expected event follows within the time. None = no time is given."""

    trigger: Event
    expect: Event
    within: timedelta | None = None


@dataclass(frozen=True)
class By:
    """A deadline: the event is achieved by an instant, or with another clause; ``keep`` = and stays so.

    ``undone_by`` is what shows, after the deadline, that it did not stay so.
    """

    achieve: Event
    due: datetime | None = None
    when: str | None = None
    keep: bool = False
    undone_by: Event | None = None


@dataclass(frozen=True)
class Consecutive:
    """A precondition: a run of days on a clock that grants a step. Nobody is its bearer."""

    clock: str
    length: timedelta
    grants: str


@dataclass(frozen=True)
class Permission:
    """What a party may do. Never judged; an exception may refer to it."""

    text: str


@dataclass(frozen=True)
class Power:
    """What a party may change about the agreement itself. Never judged."""

    text: str


@dataclass(frozen=True)
class Duty:
    """An obligation that fits no other verb. It needs ``untestable``: it is listed, and not judged."""

    text: str


Verb = Never | Each | By | Consecutive | Permission | Power | Duty


@dataclass(frozen=True)
class Variant:
    """One of several readings or figures that sources give for the same term."""

    says: str
    source: str


@dataclass(frozen=True)
class Norm:
    """One clause: who owes what to whom, when, except when, and where it is written.

    ``who`` names parties; ``bearer`` says in words who is bound when that is not a party of the agreement. It binds
    ``during`` a clock or while the agreement is in force, from ``since`` and ``until`` an instant or a clock's end.
    A shortfall of ``best_efforts`` is never called a breach on its own. ``replaced`` is set in ``Agreement.clauses``
    only: when an amendment changed or repealed this wording.
    """

    id: str
    clause: str
    title: str
    verb: Verb
    document: str
    text_status: str
    source: str
    who: tuple[str, ...] = ()
    bearer: str | None = None
    to: tuple[str, ...] = ()
    during: str = IN_FORCE
    since: datetime | None = None
    until: datetime | str | None = None
    unless: tuple[str, ...] = ()
    untestable: str | None = None
    contested: tuple[tuple[str, str], ...] = ()
    best_efforts: bool = False
    variants: tuple[Variant, ...] = ()
    note: str | None = None
    replaced: datetime | None = None


@dataclass(frozen=True)
class Excuse:
    """An exception: when it applies, what it does, who has to show it. All conditions given must hold together.

    ``affected``: words of which one is among the affected (``exempted``, ``civilians``, ``aid``, a party); ``area``:
    the place is held by an exempted group; ``reply_within`` and ``near_km``: it answers an attack of the other side;
    ``deliveries``: the aid concerned; ``test``: a registered predicate. ``effect``: ``excuse``, or ``restore`` for an
    exception to exceptions, which prevails over those in ``over``. ``burden`` is ``holder`` (unproven, it holds with
    ``prior``) or ``claimant`` (it holds unless disproved).
    """

    id: str
    title: str
    affected: tuple[str, ...] = ()
    area: str | None = None
    reply_within: timedelta | None = None
    near_km: float | None = None
    deliveries: tuple[str, ...] = ()
    test: str | None = None
    effect: str = "excuse"
    over: tuple[str, ...] = ()
    burden: str = "holder"
    prior: float | None = None
    placeholder: str | None = None

    @property
    def condition(self) -> tuple[object, ...]:
        """What it asks for, whatever its effect, burden and words: two with one condition speak of one thing."""
        return (self.affected, self.area, self.reply_within, self.near_km, self.deliveries, self.test)


@dataclass(frozen=True)
class Delivery:
    """Aid that has to arrive at a place for access to count as open."""

    to: str
    within: timedelta


@dataclass(frozen=True)
class Quiet:
    """When a day counts as calm: at most so many killed, or so many attacks, or a ``share`` of the attacks a day
    in the time ``before`` the start. ``placeholder`` says that the text gives no number and whose it is.
    """

    killed_a_day: int | None = None
    attacks_a_day: int | None = None
    share: float | None = None
    before: timedelta | None = None
    placeholder: str | None = None


@dataclass(frozen=True)
class Clock:
    """One clock. One of ``length``, ``until``, ``consecutive``, ``delivery`` says what it counts; none = open-ended.

    ``renew`` and ``reset``: ``all-owners`` (jointly), ``any-owner`` or ``nobody``. A consecutive clock counts
    days that are quiet under ``watches`` (clauses) and open under ``access`` (a delivery clock); ``certified_by`` says
    in words who the text says must certify them. A clock with ``after`` starts when that one is met and all its owners
    say so; ``starts`` is then ``NEVER`` until they do.
    """

    id: str
    title: str
    owner: tuple[str, ...]
    starts: datetime
    after: str | None = None
    length: timedelta | None = None
    until: datetime | None = None
    consecutive: timedelta | None = None
    delivery: Delivery | None = None
    renew: str = "nobody"
    reset: str = "nobody"
    watches: tuple[str, ...] = ()
    access: str | None = None
    quiet: Quiet | None = None
    certified_by: str | None = None
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Proof:
    """Probability a status must reach to be called; below it the answer is undetermined.

    ``incident``: what one incident alone must reach before a breach is called, so that many doubts together are
    never called one (0.65 is "balance of probabilities" in the vocabulary of standards; our choice). ``coverage``:
    the share of its days with an account of anything below which nothing is said to have been kept (our choice).
    """

    breached: float = 0.9
    satisfied: float = 0.9
    incident: float = 0.65
    coverage: float = 0.5


@dataclass(frozen=True)
class Amendment:
    """A change of the text from an instant on: clauses that replace those of the same id or are new, or are repealed."""

    id: str
    title: str
    since: datetime
    document: str
    norms: Mapping[str, Norm] = field(default_factory=dict)
    repeals: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Agreement:
    """A truce as a file says it: records by their id, in the order of the file."""

    id: str
    title: str
    source: str
    timezone: str
    in_force: Period
    parties: Mapping[str, Party]
    norms: Mapping[str, Norm]
    documents: Mapping[str, Document] = field(default_factory=dict)
    exempt: Mapping[str, Exempt] = field(default_factory=dict)
    zones: Mapping[str, Zone] = field(default_factory=dict)
    exceptions: Mapping[str, Excuse] = field(default_factory=dict)
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    proof: Proof = Proof()
    open_points: tuple[str, ...] = ()
    amendments: Mapping[str, Amendment] = field(default_factory=dict)

    @property
    def clauses(self) -> dict[str, Norm]:
        """Every clause in every wording by id, each bound to its time; an amended one is ``CLAUSE@AMENDMENT``."""
        found: dict[str, Norm] = dict(self.norms)
        latest = {name: name for name in self.norms}
        for change in sorted(self.amendments.values(), key=lambda a: (a.since, a.id)):
            for name in (*change.norms, *change.repeals):
                if name in latest:
                    old = found[latest[name]]
                    found[latest[name]] = replace(
                        old, replaced=min(old.replaced or change.since, change.since)
                    )
            for name, norm in change.norms.items():
                latest[name] = f"{name}@{change.id}" if name in found else name
                since = max(norm.since or change.since, change.since)
                found[latest[name]] = replace(norm, id=latest[name], since=since)
        return found

    @property
    def zone_shapes(self) -> dict[str, BaseGeometry]:
        """The zones whose map is known, as WGS84 longitude/latitude shapes by id."""
        return {name: zone.geometry for name, zone in self.zones.items() if zone.geometry is not None}

    def side_of(self, party: str) -> str:
        """The side a party is on; an actor that is no party is a side of its own."""
        return self.parties[party].side if party in self.parties else party

    def exempt_of(self, actor: str) -> str | None:
        """The exempted group that a name belongs to, whatever the date it is used on; None if it is none."""
        for group in self.exempt.values():
            if actor == group.id or any(actor == name.name for name in group.names):
                return group.id
        return None

    def claimants(self, norm: Norm) -> tuple[str, ...]:
        """To whom a clause is owed: as written, else the other parties; among bearers only, each other."""
        others = tuple(party for party in self.parties if party not in norm.who)
        return norm.to or others or norm.who

    def contested(self, norm: Norm, holder: str) -> str | None:
        """Why it is disputed that this holder is bound by the clause; None if it is not."""
        named = dict(norm.contested).get(holder)
        return named or (self.parties[holder].contested if holder in self.parties else None)


def acts_of(words: tuple[str, ...]) -> frozenset[str]:
    """The acts of the vocabulary that the words of a clause stand for."""
    acts = vocabulary("acts")
    found = {word for word in words if word in acts}
    if "attack" in words:
        found |= {a for a, term in acts.items() if term.more["violent"] and term.more["kind"] in ATTACK_KINDS}
    return frozenset(found)
