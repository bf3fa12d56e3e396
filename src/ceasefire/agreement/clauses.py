"""Read clauses, exceptions and clocks: the part of the file where the verb is the key.

In: cells. Out: ``Norm``, ``Excuse`` and ``Clock`` records. A clause has exactly one verb; what it watches for
is an event in the vocabulary of acts, or of the access record. Anything else is a ``duty`` in words, which has to
say with ``untestable`` why it cannot be judged.
"""

from __future__ import annotations

from typing import Any

from ceasefire.agreement.language import (
    ACT_GROUPS,
    EXEMPTED,
    IN_FORCE,
    NEVER,
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
    record_shape,
    shape_of,
    shaped,
    text,
    word,
)
from ceasefire.vocabulary import vocabulary

_VERBS = ("never", "each", "by", "consecutive", "permission", "power", "duty")

_EVENT = {
    "act": Key(listed(word(*ACT_GROUPS, *vocabulary("acts"))), about="what is watched among incidents"),
    "access": Key(listed(word(*vocabulary("access_kinds"))), about="what is watched in the access record"),
    "against": Key(listed(name_of("party", also=(OTHER_SIDE, *PROTECTED))), about="whom it protects"),
    "by": Key(listed(name_of("party")), about="of a trigger: by whose hand; anybody's if not said"),
    "in": Key(name_of("zone")),
    "at": Key(text, about="a place of the gazetteer"),
    "to": Key(text, about="the destination of aid"),
    "weapon": Key(listed(text), about="words for the means, one of which stands in the account"),
    "test": Key(
        name_of("registered predicate"), about="a Python predicate, by the name it is registered under"
    ),
}


# Keys that would do nothing: the access record knows no weapon, and an act no destination of aid.
_IDLE = {"act": ("to",), "access": ("against", "by", "in", "at", "weapon", "test")}


@shaped(record_shape(_EVENT))
def _read_event(reading: Reading, cell: Cell) -> Event:
    row = record(reading, cell, _EVENT)
    watched = [k for k in ("act", "access") if k in row]
    if len(watched) != 1:
        found = " and ".join(watched) or "neither"
        reading.fail(cell, "wrong_value", "an event with act, or with access", found, "name what is watched")
    for key in _IDLE[watched[0]] if len(watched) == 1 else ():
        if key in row:
            entry, expected = mapping_of(reading, cell)[key], f"a key that {watched[0]!r} heeds"
            reading.fail(
                entry, "clause_verb", expected, repr(key), "remove it: it would do nothing", key=True
            )
    return Event(
        act=row.get("act", ()),
        access=row.get("access", ()),
        against=row.get("against", ()),
        within=row.get("in"),
        at=row.get("at"),
        to=row.get("to"),
        weapon=row.get("weapon", ()),
        by=row.get("by", ()),
        test=row.get("test"),
    )


_VARIANT = {
    "says": Key(text, required=True, about="the reading or figure"),
    "source": Key(text, required=True, about="who has it so"),
}


@shaped(record_shape(_VARIANT))
def _read_variant(reading: Reading, cell: Cell) -> Variant:
    row = record(reading, cell, _VARIANT)
    return Variant(row.get("says", ""), row.get("source", ""))


_WHEN = {"when": Key(name_of("norm"), required=True)}


@shaped({"anyOf": [shape_of(instant), record_shape(_WHEN)]})
def _read_due(reading: Reading, cell: Cell) -> Any:
    """An instant, or ``when: CLAUSE`` for what falls due together with another clause."""
    if isinstance(cell.value, dict):
        return record(reading, cell, _WHEN).get("when")
    return instant(reading, cell)


@shaped({"type": "string", "description": "an instant, or a clock of this file whose end it is"})
def _read_until(reading: Reading, cell: Cell) -> Any:
    """An instant, or the name of a clock: until that clock ends."""
    if isinstance(cell.value, str) and cell.value in reading.names.get("clock", ()):
        return cell.value
    return instant(reading, cell)


@shaped({"type": "object", "additionalProperties": shape_of(text)})
def _read_contested(reading: Reading, cell: Cell) -> tuple[tuple[str, str], ...]:
    """Bearers of whom it is disputed that they are bound, each with the reason."""
    found = []
    for party, entry in mapping_of(reading, cell).items():
        line, column = entry.key_at or (entry.line, entry.column)
        name_of("party")(reading, Cell(party, line, column))
        found.append((party, text(reading, entry)))
    return tuple(found)


NORM: dict[str, Key] = {
    "clause": Key(text, required=True, about="where it stands in the text"),
    "title": Key(text, required=True, about="what it asks, in a line"),
    "who": Key(listed(name_of("party")), about="the parties it binds"),
    "bearer": Key(text, about="who is bound, in words, where that is no party"),
    "to": Key(listed(name_of("party")), about="to whom it is owed; the other parties if not said"),
    "during": Key(name_of("clock", also=(IN_FORCE,)), about="when it binds; in-force if not said"),
    "from": Key(instant, about="from when it binds, if later than the agreement"),
    "until": Key(_read_until, about="until when it binds: an instant, or a clock whose end it is"),
    "unless": Key(listed(name_of("exception")), about="the exceptions under which it does not count"),
    "document": Key(name_of("document"), required=True),
    "text_status": Key(word(*vocabulary("text_status")), required=True, about="how its words became known"),
    "source": Key(text, required=True, about="where its words were read"),
    "untestable": Key(text, about="why nobody can judge it; it is listed only"),
    "contested": Key(
        _read_contested, about="parties of whom it is disputed that they are bound, each with the reason"
    ),
    "best_efforts": Key(flag, about="a duty of effort: falling short alone is no breach"),
    "variants": Key(listed(_read_variant), about="readings that differ between sources"),
    "note": Key(text, about="anything a reader should know"),
    # the verbs and what belongs to them
    "never": Key(_read_event, about="what must not happen"),
    "each": Key(_read_event, about="what calls for an answer"),
    "within": Key(length, about="the time for the answer"),
    "expect": Key(_read_event, about="the answer"),
    "by": Key(_read_due, about="the deadline: an instant, or when: CLAUSE"),
    "achieve": Key(_read_event, about="what must be done by then"),
    "keep": Key(flag, about="and stays so"),
    "undone_by": Key(_read_event, about="what shows afterwards that it did not stay so"),
    "consecutive": Key(length, about="so many days in a row"),
    "on": Key(name_of("clock")),
    "grants": Key(text, about="the step that the days open"),
    "permission": Key(text, about="what a party may do"),
    "power": Key(text, about="what a party may change about the agreement"),
    "duty": Key(text, about="an obligation in words, with untestable"),
}

# Keys that belong to a verb: which must be there, which may.
_BELONGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "never": ((), ()),
    "each": (("expect",), ("within",)),
    "by": (("achieve",), ("keep", "undone_by")),
    "consecutive": (("on", "grants"), ()),
    "permission": ((), ()),
    "power": ((), ()),
    "duty": (("untestable",), ()),
}
_DEPENDENT = ("expect", "within", "achieve", "keep", "undone_by", "on", "grants")


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
    if verb == "each" and "expect" in row and bool(row["each"].act) != bool(row["expect"].act):
        entry = mapping_of(reading, cell)["expect"]
        expected, found = "'expect' of the kind of 'each'", "an act of one and access of the other"
        reading.fail(entry, "clause_verb", expected, found, "watch act in both, or access in both", key=True)
    for key in ("never", "expect", "achieve", "undone_by"):
        if key not in row:
            continue
        entry, action = mapping_of(reading, cell)[key], "leave it out, or say it with another verb"
        if row[key].by:
            reading.fail(entry, "clause_verb", "'by' in 'each' only", f"'by' in {key!r}", action, key=True)
        if key == "undone_by" and row[key].access:
            expected, found = f"an act in {key!r}", "access"
            reading.fail(entry, "clause_verb", expected, found, action, key=True)
        if key == "undone_by" and isinstance(row.get("by"), str):
            expected, found = "an instant in 'by' with 'undone_by'", "when"
            reading.fail(
                entry, "clause_verb", expected, found, "name the instant after which it counts", key=True
            )
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
    if "from" in row:
        shared["since"] = row["from"]
    return Norm(id=name, verb=_verb(verb, row), **shared)


_SHARED = (
    "clause", "title", "who", "bearer", "to", "during", "until", "unless", "document", "text_status", "source", "untestable",
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
        undone = row.get("undone_by")
        return By(row["achieve"], None if when else due, when, row.get("keep", undone is not None), undone)
    if verb == "consecutive":
        return Consecutive(row["on"], row["consecutive"], row["grants"])
    if verb == "permission":
        return Permission(row["permission"])
    return Power(row["power"]) if verb == "power" else Duty(row["duty"])


EXCEPTION: dict[str, Key] = {
    "title": Key(text, required=True, about="what it says, in a line"),
    "affected": Key(
        listed(name_of("party", also=(EXEMPTED, *PROTECTED))), about="one of these is among the affected"
    ),
    "area": Key(word(EXEMPTED), about="the place is held by an exempted group"),
    "reply_within": Key(length, about="it answers an attack of the other side, so shortly before"),
    "near_km": Key(number, about="... and so close by"),
    "deliveries": Key(listed(text), about="the deliveries of the access record it is about"),
    "test": Key(
        name_of("registered predicate"), about="a Python predicate, by the name it is registered under"
    ),
    "effect": Key(word("excuse", "restore"), about="restore: an exception to other exceptions"),
    "over": Key(listed(name_of("exception")), about="the exceptions over which it prevails"),
    "burden": Key(word("holder", "claimant"), required=True, about="who has to show it"),
    "prior": Key(probability, about="how probable it is where nobody shows it"),
    "placeholder": Key(text, about="whose number this is, where the text has none"),
}


def build_exception(name: str, row: dict[str, Any]) -> Excuse:
    """The exception of a checked row."""
    return Excuse(id=name, **row)


def _record_of(keys: dict[str, Key], make: Any) -> Reader:
    @shaped(record_shape(keys))
    def read(reading: Reading, cell: Cell) -> Any:
        before = len(reading.problems)
        row = record(reading, cell, keys)
        return make(**row) if len(reading.problems) == before else None

    return read


_QUIET = {
    "killed_a_day": Key(integer, about="at most so many killed a day"),
    "attacks_a_day": Key(integer, about="at most so many attacks a day"),
    "share": Key(number, about="at most this share of the attacks a day in the time before the start"),
    "before": Key(length, about="how long before the start the share is taken of"),
    "placeholder": Key(text, about="whose number this is, where the text has none"),
}


@shaped(record_shape(_QUIET))
def _read_quiet(reading: Reading, cell: Cell) -> Quiet:
    row = record(reading, cell, _QUIET)
    given = [key for key in ("killed_a_day", "attacks_a_day", "share") if key in row]
    if len(given) != 1:
        expected = "one measure: killed_a_day, attacks_a_day, or share with before"
        reading.fail(cell, "wrong_value", expected, " and ".join(given) or "none", "name one")
    elif ("before" in row) != (given == ["share"]):
        reading.fail(cell, "missing_key", "'share' and 'before' together", f"{given[0]!r}", "give both")
    return Quiet(**row)


_DELIVERY = {
    "to": Key(text, required=True, about="the place where aid must arrive"),
    "within": Key(length, required=True, about="how long after the start at most"),
}
_AFTER = {"when": Key(name_of("clock"), required=True, about="the clock that must be met first")}


@shaped({"anyOf": [shape_of(instant), record_shape(_AFTER)]})
def _read_start(reading: Reading, cell: Cell) -> Any:
    """An instant, or ``when: CLOCK`` for a clock that starts when another is met."""
    if isinstance(cell.value, dict):
        return record(reading, cell, _AFTER).get("when", "")
    return instant(reading, cell)


_OWNERS = word("all-owners", "any-owner", "nobody")
CLOCK: dict[str, Key] = {
    "title": Key(text, required=True, about="what runs"),
    "owner": Key(listed(name_of("party")), required=True, about="the parties whose words move it"),
    "starts": Key(_read_start, required=True, about="when it starts: an instant, or when: CLOCK"),
    "for": Key(length, about="it runs so long"),
    "until": Key(instant, about="it runs to an instant"),
    "consecutive": Key(length, about="it counts so many quiet days in a row"),
    "delivery": Key(_record_of(_DELIVERY, Delivery), about="it waits for aid to arrive at a place"),
    "renew": Key(_OWNERS, about="whose word extends it"),
    "reset": Key(_OWNERS, about="whose word starts it again"),
    "watches": Key(listed(name_of("norm")), about="the clauses whose breach disturbs the calm"),
    "access": Key(name_of("clock")),
    "certified_by": Key(text, about="who certifies the days, as the text says"),
    "quiet": Key(_read_quiet, about="when a day counts as calm"),
    "source": Key(text, about="where it is written"),
    "note": Key(text, about="anything a reader should know"),
}


def build_clock(name: str, row: dict[str, Any]) -> Clock:
    """The clock of a checked row."""
    rest = {key: value for key, value in row.items() if key != "for"}
    if isinstance(rest.get("starts"), str):
        rest |= {"after": rest["starts"], "starts": NEVER}
    return Clock(id=name, length=row.get("for"), **rest)
