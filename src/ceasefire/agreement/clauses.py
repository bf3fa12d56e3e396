"""Read clauses, exceptions and clocks: the part of the file where the verb is the key.

In: cells. Out: ``Norm``, ``Excuse`` and ``Clock`` records. A clause has exactly one verb; what it watches for
is an event in the vocabulary of acts, or of the access record. Anything else is a ``duty`` in words, which has to
say with ``untestable`` why it cannot be judged.
"""

from __future__ import annotations

from typing import Any

from ceasefire.agreement.language import (
    ACT_GROUPS,
    IN_FORCE,
    OTHER_SIDE,
    PROTECTED,
    By,
    Clock,
    Consecutive,
    Delivery,
    Duty,
    Each,
    Event,
    Excuse,
    Never,
    Norm,
    Permission,
    Power,
    Quiet,
    Variant,
    Verb,
)
from ceasefire.strict_yaml import (
    Cell,
    Key,
    Reader,
    Reading,
    flag,
    identifier,
    instant,
    integer,
    length,
    listed,
    mapping_of,
    name_of,
    number,
    probability,
    record,
    text,
    word,
)
from ceasefire.vocabulary import vocabulary

_VERBS = ("never", "each", "by", "consecutive", "permission", "power", "duty")

_EVENT = {
    "act": Key(listed(word(*ACT_GROUPS, *vocabulary("acts")))),
    "access": Key(listed(word(*vocabulary("access_kinds")))),
    "against": Key(listed(name_of("party", also=(OTHER_SIDE, *PROTECTED)))),
    "in": Key(name_of("zone")),
    "at": Key(text),
    "to": Key(text),
}


def _read_event(reading: Reading, cell: Cell) -> Event:
    row = record(reading, cell, _EVENT)
    watched = [k for k in ("act", "access") if k in row]
    if len(watched) != 1:
        found = " and ".join(watched) or "neither"
        reading.fail(cell, "wrong_value", "an event with act, or with access", found, "name what is watched")
    return Event(
        act=row.get("act", ()),
        access=row.get("access", ()),
        against=row.get("against", ()),
        within=row.get("in"),
        at=row.get("at"),
        to=row.get("to"),
    )


def _read_variant(reading: Reading, cell: Cell) -> Variant:
    row = record(reading, cell, {"says": Key(text, required=True), "source": Key(text, required=True)})
    return Variant(row.get("says", ""), row.get("source", ""))


def _read_due(reading: Reading, cell: Cell) -> Any:
    """An instant, or ``when: CLAUSE`` for what falls due together with another clause."""
    if isinstance(cell.value, dict):
        return record(reading, cell, {"when": Key(name_of("norm"), required=True)}).get("when")
    return instant(reading, cell)


def _read_contested(reading: Reading, cell: Cell) -> tuple[tuple[str, str], ...]:
    """Bearers of whom it is disputed that they are bound, each with the reason."""
    found = []
    for party, entry in mapping_of(reading, cell).items():
        line, column = entry.key_at or (entry.line, entry.column)
        name_of("party")(reading, Cell(party, line, column))
        found.append((party, text(reading, entry)))
    return tuple(found)


NORM: dict[str, Key] = {
    "clause": Key(text, required=True),
    "title": Key(text, required=True),
    "who": Key(listed(name_of("party"))),
    "bearer": Key(text),
    "to": Key(listed(name_of("party"))),
    "during": Key(name_of("clock", also=(IN_FORCE,))),
    "unless": Key(listed(name_of("exception"))),
    "document": Key(name_of("document"), required=True),
    "text_status": Key(word(*vocabulary("text_status")), required=True),
    "source": Key(text, required=True),
    "untestable": Key(text),
    "contested": Key(_read_contested),
    "best_efforts": Key(flag),
    "variants": Key(listed(_read_variant)),
    "note": Key(text),
    # the verbs and what belongs to them
    "never": Key(_read_event),
    "each": Key(_read_event),
    "within": Key(length),
    "expect": Key(_read_event),
    "by": Key(_read_due),
    "achieve": Key(_read_event),
    "keep": Key(flag),
    "consecutive": Key(length),
    "on": Key(name_of("clock")),
    "grants": Key(text),
    "permission": Key(text),
    "power": Key(text),
    "duty": Key(text),
}

# Keys that belong to a verb: which must be there, which may.
_BELONGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "never": ((), ()),
    "each": (("expect",), ("within",)),
    "by": (("achieve",), ("keep",)),
    "consecutive": (("on", "grants"), ()),
    "permission": ((), ()),
    "power": ((), ()),
    "duty": (("untestable",), ()),
}
_DEPENDENT = ("expect", "within", "achieve", "keep", "on", "grants")


def read_norms(reading: Reading, cell: Cell) -> tuple[Norm, ...]:
    """All clauses in the order of the file."""
    norms = [_read_norm(reading, name, entry) for name, entry in mapping_of(reading, cell).items()]
    if not norms:
        reading.fail(cell, "missing_key", "at least one clause", "none", "write the clauses under norms")
    return tuple(norm for norm in norms if norm is not None)


def _read_norm(reading: Reading, name: str, cell: Cell) -> Norm | None:
    identifier(reading, Cell(name, *(cell.key_at or (cell.line, cell.column))))
    before = len(reading.problems)
    row = record(reading, cell, NORM)
    verbs = [verb for verb in _VERBS if verb in row]
    misspelt = not verbs and any(p.code == "unknown_key" for p in reading.problems[before:])
    if misspelt:
        return None  # one message is enough: the key that nobody knows is likely the verb
    if len(verbs) != 1:
        found = " and ".join(verbs) or "none"
        expected = "exactly one verb: " + ", ".join(_VERBS)
        reading.fail(cell, "clause_verb", expected, found, "say what the clause asks", key=True)
        return None
    verb = verbs[0]
    must, may = _BELONGS[verb]
    for key in must:
        if key not in row:
            reading.fail(cell, "missing_key", f"{key!r} with {verb!r}", "nothing", f"add {key!r}", key=True)
    for key in _DEPENDENT:
        if key in row and key not in must + may:
            entry = mapping_of(reading, cell)[key]
            reading.fail(entry, "clause_verb", f"a key of {verb!r}", repr(key), "move or remove it", key=True)
    unbound = "who" not in row and not ("bearer" in row and "untestable" in row)
    if verb not in ("consecutive", "power", "permission") and unbound:
        expected = "'who' is bound (or 'bearer' in words, with 'untestable')"
        reading.fail(cell, "missing_key", expected, "nothing", "add 'who' with parties", key=True)
    if row.get("who") and set(dict(row.get("contested", ()))) - set(row["who"]):
        entry = mapping_of(reading, cell)["contested"]
        reading.fail(
            entry, "wrong_value", "bearers named in 'who'", "another party", "correct the names", key=True
        )
    if len(reading.problems) > before:
        return None
    shared = {k: row[k] for k in _SHARED if k in row}
    return Norm(id=name, verb=_verb(verb, row), **shared)


_SHARED = (
    "clause", "title", "who", "bearer", "to", "during", "unless", "document", "text_status", "source", "untestable",
    "contested", "best_efforts", "variants", "note",
)  # fmt: skip


def _verb(verb: str, row: dict[str, Any]) -> Verb:
    if verb == "never":
        return Never(row["never"])
    if verb == "each":
        return Each(row["each"], row["expect"], row.get("within"))
    if verb == "by":
        due = row["by"]
        when = due if isinstance(due, str) else None
        return By(row["achieve"], None if when else due, when, row.get("keep", False))
    if verb == "consecutive":
        return Consecutive(row["on"], row["consecutive"], row["grants"])
    if verb == "permission":
        return Permission(row["permission"])
    return Power(row["power"]) if verb == "power" else Duty(row["duty"])


EXCEPTION: dict[str, Key] = {
    "title": Key(text, required=True),
    "affected": Key(word("exempted")),
    "area": Key(word("exempted")),
    "reply_within": Key(length),
    "near_km": Key(number),
    "burden": Key(word("holder", "claimant"), required=True),
    "prior": Key(probability),
    "placeholder": Key(text),
}


def build_exception(name: str, row: dict[str, Any]) -> Excuse:
    """The exception of a checked row."""
    return Excuse(id=name, **row)


def _record_of(keys: dict[str, Key], make: Any) -> Reader:
    def read(reading: Reading, cell: Cell) -> Any:
        before = len(reading.problems)
        row = record(reading, cell, keys)
        return make(**row) if len(reading.problems) == before else None

    return read


_OWNERS = word("all-owners", "any-owner", "nobody")
CLOCK: dict[str, Key] = {
    "title": Key(text, required=True),
    "owner": Key(listed(name_of("party")), required=True),
    "starts": Key(instant, required=True),
    "for": Key(length),
    "until": Key(instant),
    "consecutive": Key(length),
    "delivery": Key(
        _record_of({"to": Key(text, required=True), "within": Key(length, required=True)}, Delivery)
    ),
    "renew": Key(_OWNERS),
    "reset": Key(_OWNERS),
    "watches": Key(listed(name_of("norm"))),
    "access": Key(name_of("clock")),
    "quiet": Key(_record_of({"killed_a_day": Key(integer, required=True), "placeholder": Key(text)}, Quiet)),
    "source": Key(text),
    "note": Key(text),
}


def build_clock(name: str, row: dict[str, Any]) -> Clock:
    """The clock of a checked row."""
    rest = {key: value for key, value in row.items() if key != "for"}
    return Clock(id=name, length=row.get("for"), **rest)
