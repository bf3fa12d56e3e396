"""The records an agreement is made of: parties, zones, clauses by their verb, exceptions, clocks.

In: nothing; ``load`` makes these from a file and a test makes them by hand, with the same constructors.
Out: frozen records. Five shapes of clause cover what truces say: never; each, within, expect; by, achieve,
keep; consecutive, grants; and permissions and powers, which are written down and never judged.
All instants are UTC; lengths are ``timedelta``; distances stay in the words of their source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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

IN_FORCE = "in-force"
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
    ``within`` is a zone, ``at`` a place of the gazetteer, ``to`` a destination of aid.
    """

    act: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    within: str | None = None
    at: str | None = None
    to: str | None = None


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
    """A deadline: the event is achieved by an instant, or with another clause; ``keep`` = and stays so."""

    achieve: Event
    due: datetime | None = None
    when: str | None = None
    keep: bool = False


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

    ``who`` names parties; ``bearer`` says in words who is bound when that is not a party of the agreement.
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
    unless: tuple[str, ...] = ()
    untestable: str | None = None
    contested: tuple[tuple[str, str], ...] = ()
    best_efforts: bool = False
    variants: tuple[Variant, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Excuse:
    """An exception. It holds when the affected, or the area, is exempted, or when the act is a reply.

    ``burden`` is ``holder`` (an exception nobody proved holds with ``prior``) or ``claimant`` (it holds
    unless disproved). ``near_km`` limits a reply to the surroundings of the attack it answers.
    """

    id: str
    title: str
    affected: str | None = None
    area: str | None = None
    reply_within: timedelta | None = None
    near_km: float | None = None
    burden: str = "holder"
    prior: float | None = None
    placeholder: str | None = None


@dataclass(frozen=True)
class Delivery:
    """Aid that has to arrive at a place for access to count as open."""

    to: str
    within: timedelta


@dataclass(frozen=True)
class Quiet:
    """When a day counts as calm. ``placeholder`` says that the text gives no number and whose it is."""

    killed_a_day: int
    placeholder: str | None = None


@dataclass(frozen=True)
class Clock:
    """One clock. One of ``length``, ``until``, ``consecutive``, ``delivery`` says what it counts; none = open-ended.

    ``renew`` and ``reset``: ``all-owners`` (jointly), ``any-owner`` or ``nobody``. A consecutive clock counts
    days that are quiet under ``watches`` (clauses) and open under ``access`` (a delivery clock).
    """

    id: str
    title: str
    owner: tuple[str, ...]
    starts: datetime
    length: timedelta | None = None
    until: datetime | None = None
    consecutive: timedelta | None = None
    delivery: Delivery | None = None
    renew: str = "nobody"
    reset: str = "nobody"
    watches: tuple[str, ...] = ()
    access: str | None = None
    quiet: Quiet | None = None
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Proof:
    """Probability a status must reach to be called; below it the answer is undetermined.

    ``incident``: what one incident alone must reach before a breach is called, so that many doubts together are
    never called one (0.65 is "balance of probabilities" in the vocabulary of standards; our choice).
    """

    breached: float = 0.9
    satisfied: float = 0.9
    incident: float = 0.65


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
