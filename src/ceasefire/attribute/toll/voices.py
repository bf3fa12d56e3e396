"""One voice a source and incident: its figures and answers as arrays for the kernel.

In: ``Heard`` and ``Standing``. Out: ``Table`` of voices, the design of biases, and the answers asked for. What a voice says counts
once with a residual for its copies, however many; superseded words do not enter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ceasefire.attribute import priors as p
from ceasefire.attribute.claims import members
from ceasefire.attribute.toll import thresholds as t
from ceasefire.attribute.toll.bias import Bias
from ceasefire.attribute.toll.heard import AT_LEAST, WEIGHED, Heard
from ceasefire.attribute.toll.kernel import Asked, Voices
from ceasefire.attribute.toll.roles import Standing
from ceasefire.vocabulary import vocabulary

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
QUESTIONS = ("act", "victims")


@dataclass(frozen=True)
class Table:
    """Voices in order of incident and source. ``camp``: place in ``Standing.camps``; ``side``: its side within the incident;
    ``design``: voices x 2 x columns of ``thresholds.COLUMNS``; ``said``: the statements that are weighed, each with its voice."""

    incident: Ints
    source: Ints
    camp: Ints
    start: Ints
    side: Ints
    design: Floats
    said: Mapping[str, pl.DataFrame]


def table_of(heard: Heard, standing: Standing, happened_at: pl.Series) -> Table:
    """The voices. ``happened_at``: of each incident its first instant (UTC), or null."""
    weighed = {name: frame.filter(pl.col("use") == WEIGHED) for name, frame in heard.said.items()}
    keys = (
        pl.concat([frame.select("incident", "source") for frame in weighed.values()])
        .unique()
        .sort("incident", "source")
        .with_row_index("voice")
        .with_columns(pl.col("voice").cast(pl.Int64))
    )
    weighed = {
        name: frame.join(keys, on=["incident", "source"], how="left", maintain_order="left")
        for name, frame in weighed.items()
    }
    incident, source = keys["incident"].to_numpy(), keys["source"].to_numpy()
    place = {camp: k for k, camp in enumerate(standing.camps)}
    camp_of = np.array([place[camp or ""] for camp in heard.speakers["camp"]], dtype=np.int64)
    camp = camp_of[source] if len(source) else np.zeros(0, dtype=np.int64)
    start = np.searchsorted(incident, np.arange(len(heard.incidents) + 1)).astype(np.int64)
    design = np.zeros((len(keys), 2, len(t.COLUMNS)))
    design[:, :, : len(t.ROLES)] = standing.shares[incident, camp][:, None, :]
    first = pl.DataFrame({"incident": range(len(happened_at)), "first": happened_at}).cast(
        {"incident": pl.Int64}
    )
    for q, quantity in enumerate(t.QUANTITIES):
        frame = weighed[quantity].join(first, on="incident", how="left", maintain_order="left")
        age = (frame["at"] - frame["first"]).dt.total_seconds().cast(pl.Float64).to_numpy() / 86400
        early = np.where(np.isnan(age), 0.0, np.exp(-np.maximum(age, 0.0) / t.EARLY_DAYS))
        design[frame["voice"].to_numpy(), q, t.EARLY] = early
    return Table(incident, source, camp, start, _within(incident, standing.group[camp]), design, weighed)


def _within(incident: Ints, group: Ints) -> Ints:
    """The number of each group within its incident, from 0."""
    if not len(incident):
        return incident
    pairs, place = np.unique(np.stack([incident, group], axis=1), axis=0, return_inverse=True)
    first = np.searchsorted(pairs[:, 0], pairs[:, 0])
    return (np.arange(len(pairs)) - first)[place.ravel()].astype(np.int64)


def figures_for(table: Table, quantity: str, standing: Standing) -> tuple[Floats, Floats, Ints, Ints, Ints]:
    """What biases are learned from: the logarithm of each figure above nought that is not a mere bound, its design, incident, the
    side of its source, and whether that has no camp."""
    q = t.QUANTITIES.index(quantity)
    frame = table.said[quantity].filter((pl.col("how").is_in([1, 4])) & (pl.col("size") > 0))
    voice = frame["voice"].to_numpy()
    camp = table.camp[voice]
    neutral = (camp == len(standing.camps) - 1).astype(np.int64)
    y = np.log(frame["size"].to_numpy()) if len(frame) else np.zeros(0)
    return y, table.design[voice, q], table.incident[voice], standing.group[camp], neutral


def voices_of(
    table: Table,
    standing: Standing,
    biases: tuple[Bias, Bias],
    reliability: Floats,
    asked: Mapping[str, tuple[Asked, Ints]],
) -> Voices:
    """The kernel's arrays. ``reliability``: of each source; ``asked``: each question, and the place of each statement's answer."""
    count = len(table.incident)
    how, weight = np.zeros((count, 2), dtype=np.int64), np.zeros((count, 2))
    least, most = np.zeros((count, 2)), np.zeros((count, 2))
    shift, error = np.zeros((count, 2)), np.zeros((count, 2))
    echo, listed = np.zeros((count, 2)), np.zeros((count, 2))
    neutral = table.camp == len(standing.camps) - 1
    shared = np.where(neutral, t.SHARED_NEUTRAL, t.SHARED_SIDE)
    for q, (quantity, bias) in enumerate(zip(t.QUANTITIES, biases, strict=True)):
        frame = table.said[quantity]
        voice = frame["voice"].to_numpy()
        how[voice, q] = frame["how"].to_numpy()
        least[voice, q] = frame["least"].fill_null(0).to_numpy()
        most[voice, q] = frame["most"].fill_null(0).to_numpy()
        weight[voice, q] = _heed(frame) * _in_crowd(table, voice)
        said = frame.with_columns(side=pl.Series(table.side[voice]))
        echo[voice, q] = t.ECHO * _said_before(said, "incident")
        listed[voice, q] = t.LISTED * (1.0 - _said_before(said, "incident", "side"))
        x = table.design[:, q]
        shift[:, q] = x @ bias.value
        roles = x[:, : len(t.ROLES)]
        block = bias.covariance[: len(t.ROLES), : len(t.ROLES)]
        unknown = np.einsum("vi,ij,vj->v", roles, block, roles)
        error[:, q] = np.sqrt((shared * np.maximum(bias.harder[table.incident], 1.0)) ** 2 + unknown)
    answer, plain, heed = np.full((count, 2), -1), np.ones((count, 2)), np.zeros((count, 2))
    denial = np.zeros(count)
    for q, question in enumerate(QUESTIONS):
        frame = table.said[question]
        voice = frame["voice"].to_numpy()
        answer[voice, q] = asked[question][1]
        plain[voice, q] = np.where(frame["hedged"].to_numpy(), p.SUGGESTS, 1.0)
        heed[voice, q] = _heed(frame)
    denies = table.said["act"].filter(pl.col("value") == t.NONE)["voice"].to_numpy()
    author = standing.author[table.incident[denies], table.camp[denies]]
    ratios = np.array([p.ALIGNED_DENIAL[role] for role in ("own", "ally", "opposing")])
    other = (1.0 - author.sum(axis=1)) * p.ALIGNED_DENIAL["other"]
    denial[denies] = np.where(neutral[denies], p.NEUTRAL_DENIAL, author @ ratios + other)
    logit = log_odds(reliability[table.source])
    return Voices(
        table.start,
        logit,
        table.side,
        error,
        how,
        least,
        most,
        shift,
        weight,
        echo,
        listed,
        answer,
        plain,
        heed,
        denial,
    )


def _heed(frame: pl.DataFrame) -> Floats:
    copies = frame["copies"].to_numpy().astype(np.float64)
    return np.asarray(1.0 + t.RESIDUAL * copies / (1.0 + copies))


def log_odds(chance: Floats) -> Floats:
    """ln(p / (1 - p))."""
    return np.asarray(np.log(chance) - np.log1p(-chance))


def _in_crowd(table: Table, voice: Ints) -> Floats:
    """What each figure counts where its side gives many: together as much as a few."""
    side = table.incident[voice] * (int(table.side.max(initial=0)) + 1) + table.side[voice]
    _, place, size = np.unique(side, return_inverse=True, return_counts=True)
    return np.asarray(np.minimum(1.0, t.CROWD / size[place]), dtype=np.float64)


def _said_before(frame: pl.DataFrame, *among: str) -> Floats:
    """1 where another source gave the same figure before; of one time all but one."""
    order = frame.with_row_index("row").sort("incident", "at", "row", nulls_last=False)
    first = order.unique([*among, "value", "how"], keep="first", maintain_order=True)["row"]
    before = np.ones(len(frame))
    before[first.to_numpy()] = 0.0
    return before


def ask(heard: Heard, table: Table, question: str) -> tuple[Asked, Ints, list[tuple[int, str]]]:
    """The answers that accounts name, by incident and in order of spelling, then none of them.

    Returns the question, the place of each weighed statement's answer, and incident and word of every answer.
    """
    named = heard.said[question].select("incident", "value").unique().sort("incident", "value")
    incident, words = named["incident"].to_numpy(), named["value"].to_list()
    known = sorted(set(words) - {t.NONE}) if question == "act" else sorted(set(words))
    number = {word: k for k, word in enumerate(known)}
    answers: list[tuple[int, str]] = []
    place: dict[tuple[int, str], int] = {}
    counts = np.zeros(len(heard.incidents), dtype=np.int64)
    for k, (i, word) in enumerate(zip(incident.tolist(), words, strict=True)):
        place[i, word] = int(counts[i])
        counts[i] += 1
        answers.append((i, word))
        if k + 1 == len(words) or incident[k + 1] != i:
            answers.append((i, t.NOT_NAMED))
            counts[i] += 1
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    nothing = {t.NONE: -2} if question == "act" else {}
    word = np.array(
        [-1 if w == t.NOT_NAMED else nothing.get(w, number.get(w, -1)) for _, w in answers], dtype=np.int64
    )
    like = _like_acts(known) if question == "act" else _like_victims(known)
    said = table.said[question].select("incident", "value").iter_rows()
    return Asked(first, word, like), np.array([place[s] for s in said], dtype=np.int64), answers


def _like_acts(words: list[str]) -> Floats:
    """Words of the same thing: an attack on aid is told by its means too, and violence without any means."""
    acts = vocabulary("acts")
    kinds = [str(acts[w].more.get("kind")) if w in acts else "" for w in words]
    made = np.full((len(words), len(words)), t.MISNAMED)
    means = ("remote", "direct")
    for a, one in enumerate(kinds):
        for b, two in enumerate(kinds):
            pair = {one, two}
            if ("aid" in pair and pair & set(means)) or ("any" in pair and pair & {*means, "aid"}):
                made[a, b] = t.GOES_WITH
    np.fill_diagonal(made, t.SAME)
    return made


def _like_victims(cells: list[str]) -> Floats:
    """Cells that have a member in common go together."""
    named = [set(members(cell)[0]) for cell in cells]
    made = np.full((len(cells), len(cells)), t.MISNAMED)
    for a, one in enumerate(named):
        for b, two in enumerate(named):
            if one & two:
                made[a, b] = t.GOES_WITH
    np.fill_diagonal(made, t.SAME)
    return made


def may_be_none(heard: Heard, table: Table) -> NDArray[np.bool_]:
    """Incidents x quantities: somebody says nobody, leaves room for it, or denies that anything happened."""
    room = np.zeros((len(heard.incidents), 2), dtype=bool)
    denied = table.said["act"].filter(pl.col("value") == t.NONE)["incident"].to_numpy()
    room[denied] = True
    for q, quantity in enumerate(t.QUANTITIES):
        frame = table.said[quantity]
        open_ = frame.filter((pl.col("least").fill_null(0) == 0) & (pl.col("how") != AT_LEAST))
        room[open_["incident"].to_numpy(), q] = True
    return room
