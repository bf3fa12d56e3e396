"""Who repeats whom: copies and relays of one account count as one origin.

In: reports with their incident, in the order they became known. Out: origin_id and copy_basis per report. A report
descends from an earlier one when it says so (relays), when its source already spoke of the incident (one voice, whose
later figures are updates), when it is another listing of the same page, or when its wording is nearly the same. Origins
are found in time order, so there are no cycles; a relay whose original we do not hold stands for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from rapidfuzz import fuzz, process

SAME_TEXT = (
    92.0  # token-set similarity (0..100) from which two texts are one; our choice, fixed before any fitting
)
TEXT_WORDS = 6  # shorter texts are alike by chance
TEXTS_COMPARED = (
    400  # distinct texts of one incident that are compared with each other; equal texts always are
)
_FOLD = re.compile(r"[\W_]+")


@dataclass
class _Voices:
    """What has been said of one incident so far."""

    origin: dict[str, str] = field(default_factory=dict)
    pages: dict[str, list[tuple[str, tuple[Any, ...]]]] = field(default_factory=dict)
    exact: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)


def find_origins(reports: pl.DataFrame, incident: pl.Series, sources: pl.DataFrame | None) -> pl.DataFrame:
    """report_id, origin_id and copy_basis (relays, same source, same url, same text; null = an origin).

    ``reports`` are sorted by id and aligned with ``incident``.
    """
    names, speakers = _source_names(sources), _speakers(sources)
    ordered = reports.with_columns(incident.alias("incident_id")).sort(
        ["incident_id", "recorded_at", "report_id"], nulls_last=True
    )
    columns = ["incident_id", "report_id", "source_id", "relays", "url", "text"]
    says = ["stance", "actor", "killed_min", "killed_max", "injured_min", "injured_max"]
    out: list[tuple[str, str, str | None]] = []
    current, voices = None, _Voices()
    for row in ordered.select(columns + says).iter_rows():
        incident_id, report, source, relays, url, text = row[:6]
        if incident_id != current:
            current, voices = incident_id, _Voices()
        relayer = source not in speakers
        origin, basis = _descend(voices, report, source, relays, url, text, row[6:], names, relayer)
        out.append((report, origin, basis))
    frame = pl.DataFrame(
        out, schema={"report_id": pl.String, "origin_id": pl.String, "copy_basis": pl.String}, orient="row"
    )
    return frame.sort("report_id")


def _fold(name: str) -> str:
    return _FOLD.sub(" ", name.casefold()).strip()


def _source_names(sources: pl.DataFrame | None) -> dict[str, str]:
    """Folded outlet name or id -> folded source id; a name that two sources carry is left out."""
    if sources is None or not {"source_id", "name"} <= set(sources.columns):
        return {}
    holders: dict[str, set[str]] = {}
    for source, name in sources.select("source_id", "name").drop_nulls().unique().iter_rows():
        holders.setdefault(_fold(str(name)), set()).add(_fold(str(source)))
    return {name: next(iter(ids)) for name, ids in holders.items() if len(ids) == 1}


def _speakers(sources: pl.DataFrame | None) -> frozenset[str]:
    """Sources that speak for themselves. A page that quotes two officials holds two voices, not a copy."""
    if sources is None or "kind" not in sources.columns:
        return frozenset()
    kind = pl.col("kind")
    own = sources.filter(kind.is_not_null() & ~kind.str.starts_with("media") & (kind != "unknown"))
    return frozenset(own["source_id"])


def _descend(
    voices: _Voices,
    report: str,
    source: str,
    relays: str | None,
    url: str | None,
    text: str | None,
    said: tuple[Any, ...],
    names: dict[str, str],
    relayer: bool,
) -> tuple[str, str | None]:
    voice = _fold(source)
    origin, basis = report, None
    relayed = [names.get(k, k) for k in (_fold(part) for part in re.split(r"[;|+]", relays or "")) if k]
    relayed = [k for k in relayed if k != voice]
    heard = [voices.origin[k] for k in relayed if k in voices.origin]
    alike = _same_text(voices, text)
    page = next((owner for owner, other in voices.pages.get(url or "", ()) if _agrees(said, other)), None)
    if heard:
        origin, basis = heard[0], "relays"
    elif voice in voices.origin and not relayed:
        origin, basis = voices.origin[voice], "same source"
    elif page is not None and relayer:
        origin, basis = page, "same url"
    elif alike is not None:
        origin, basis = alike, "same text"
    for k in relayed:
        voices.origin.setdefault(k, origin)
    if not relayed:
        voices.origin.setdefault(voice, origin)
    if url:
        voices.pages.setdefault(url, []).append((origin, said))
    _remember(voices, text, origin)
    return origin, basis


def _agrees(one: tuple[Any, ...], two: tuple[Any, ...]) -> bool:
    """Whether two rows of one page say the same: no cell filled in both differs. One page may quote two voices."""
    return all(a is None or b is None or a == b for a, b in zip(one, two, strict=True))


def _same_text(voices: _Voices, text: str | None) -> str | None:
    if not text:
        return None
    folded = _fold(text)
    if folded.count(" ") + 1 < TEXT_WORDS:
        return None
    if folded in voices.exact:
        return voices.exact[folded]
    match = process.extractOne(folded, voices.texts, scorer=fuzz.token_sort_ratio, score_cutoff=SAME_TEXT)
    return voices.owners[match[2]] if match else None


def _remember(voices: _Voices, text: str | None, origin: str) -> None:
    if not text:
        return
    folded = _fold(text)
    if folded in voices.exact or folded.count(" ") + 1 < TEXT_WORDS:
        return
    voices.exact[folded] = origin
    if len(voices.texts) < TEXTS_COMPARED:
        voices.texts.append(folded)
        voices.owners.append(origin)
