"""Change an agreement by a few words: what if it had said something else?

In: an ``Agreement`` and changes such as ``exceptions.self-defence.prior=0.5``, ``norms.S1a.unless-=self-defence`` or
``exempt.nusra=`` (which takes the entry out). Out: another ``Agreement``, read and checked like any file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ceasefire.agreement.language import Agreement
from ceasefire.agreement.load import load
from ceasefire.agreement.write import dump, write
from ceasefire.problems import CaseError, Problem
from ceasefire.strict_yaml import Reading, cells, nearest, plain

_CHANGE = re.compile(r"\s*([^=+\s]+?)\s*([+-]?=)\s*(.*)", re.DOTALL)
EXAMPLE = "exceptions.self-defence.prior=0.5"


def change(terms: Agreement, changes: Sequence[str]) -> Agreement:
    """The agreement with some entries set (``path=value``), added to or taken from a list (``+=``, ``-=``), or taken out.

    Raises:
        CaseError: a path leads nowhere (the nearest is named), or the changed agreement contradicts itself.
    """
    body = plain(cells(dump(terms), Reading(None, "agreement")))
    for text in changes:
        match = _CHANGE.fullmatch(text)
        if match is None:
            raise _refused(f"a change such as {EXAMPLE}", repr(text), "write path=value")
        _apply(body, *match.groups())
    try:
        return load(write(body))
    except CaseError as error:
        # The lines are those of no file the reader has.
        told = [replace(p, file="the agreement as changed", line=None, record=None) for p in error.problems]
        raise CaseError(list(dict.fromkeys(told))) from error


def _apply(body: dict[str, Any], path: str, operator: str, value: str) -> None:
    """Set one entry. Names may hold points themselves: the longest key that fits is taken."""
    at: Any = body
    rest, seen = path, []
    while isinstance(at, dict):
        fits = sorted((k for k in at if rest == k or rest.startswith(k + ".")), key=len)
        key = fits[-1] if fits else rest.split(".", 1)[0]
        if rest == key or not fits:
            break
        seen.append(key)
        at, rest = at[key], rest[len(key) + 1 :]
    if not isinstance(at, dict):
        raise _refused(f"an entry below {'.'.join(seen)}", f"{path!r}, which is a value", "shorten the path")
    if key not in at and rest != key:
        raise _refused(f"an entry of {'.'.join(seen) or 'the agreement'}", repr(key), nearest(key, list(at)))
    if operator == "=" and not value.strip():
        if key not in at:
            raise _refused(
                f"an entry of {'.'.join(seen) or 'the agreement'}", repr(key), nearest(key, list(at))
            )
        del at[key]
    elif operator == "=":
        at[key] = plain(cells(value, Reading(None, "agreement")))
    else:
        listed = at.get(key) or []
        listed = listed if isinstance(listed, list) else [listed]
        if operator == "+=":
            at[key] = [*listed, value.strip()]
            return
        if value.strip() not in listed:
            raise _refused(f"an entry of {path}", repr(value.strip()), nearest(value.strip(), listed))
        at[key] = [item for item in listed if item != value.strip()]
        if not at[key]:
            del at[key]


def _refused(expected: str, found: str, action: str) -> CaseError:
    return CaseError(Problem("error", "agreement", "wrong_change", expected, found, action))
