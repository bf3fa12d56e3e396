"""Monitors over one world: the truce in small traces, and the definitions asked of every sample at full length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceasefire.comply.monitors import absence, answered, quiet_window

Flags = npt.NDArray[np.bool_]


def flags(drawn: str) -> Flags:
    """``x`` is true, ``.`` is false."""
    return np.array([mark == "x" for mark in drawn], dtype=np.bool_)


def drawn(verdicts: Flags) -> str:
    return "".join("x" if verdict else "." for verdict in verdicts)


# Stories.


def test_an_attack_while_the_truce_is_on_breaks_it_for_good() -> None:
    bad = "..x...x..."
    bound = "...xxxxx.."
    assert drawn(absence(flags(bad), flags(bound))) == "xxxxxx...."


def test_attacks_before_and_after_the_truce_break_nothing() -> None:
    bad = "xx......xx"
    bound = "..xxxxxx.."
    assert drawn(absence(flags(bad), flags(bound))) == "xxxxxxxxxx"


def test_one_loud_hour_spoils_each_window_it_lies_in() -> None:
    quiet = "xxx.xxxxxx"
    assert drawn(quiet_window(flags(quiet), 2)) == "xxx...xxxx"


def test_a_window_that_is_not_full_yet_is_false_only_for_what_was_seen() -> None:
    assert drawn(quiet_window(flags("xxxx"), 168)) == "xxxx"
    assert drawn(quiet_window(flags(".xxx"), 168)) == "...."


def test_seven_days_of_hours_take_169_samples() -> None:
    quiet = np.ones(400, dtype=np.bool_)
    quiet[100] = False
    verdicts = quiet_window(quiet, 168)
    assert np.flatnonzero(~verdicts).tolist() == list(range(100, 269))


def test_a_convoy_that_passes_in_time_is_answered() -> None:
    trigger = ".x......"
    answer = "...x...."
    assert drawn(answered(flags(trigger), flags(answer), 3)) == "xxxxxxxx"


def test_an_answer_at_the_deadline_is_in_time_and_a_later_one_ends_the_wait() -> None:
    """Within three samples: the third sample after the trigger is the last at which an answer is in time."""
    trigger = ".x......"
    assert drawn(answered(flags(trigger), flags("....x..."), 3)) == "xxxxxxxx"
    assert drawn(answered(flags(trigger), flags(".....x.."), 3)) == "xxxx.xxx"


def test_a_convoy_that_never_passes_stays_unanswered() -> None:
    assert drawn(answered(flags(".x......"), flags("........"), 3)) == "xxxx...."


def test_one_answer_serves_all_who_wait() -> None:
    trigger = "xx.x....."
    answer = "....x...."
    assert drawn(answered(flags(trigger), flags(answer), 2)) == "xx..xxxxx"


def test_the_oldest_trigger_sets_the_time() -> None:
    """A second notice does not restart the wait of the first."""
    assert drawn(answered(flags("x.x....."), flags("........"), 3)) == "xxx....."


def test_an_answer_does_not_serve_a_trigger_of_its_own_sample() -> None:
    trigger = "x.x....."
    answer = "..x....."
    assert drawn(answered(flags(trigger), flags(answer), 3)) == "xxxxx..."


# Edges.


def test_an_empty_trace_has_no_verdicts() -> None:
    none = flags("")
    for verdicts in (absence(none, none), quiet_window(none, 5), answered(none, none, 5)):
        assert verdicts.dtype == np.bool_
        assert verdicts.size == 0


def test_a_window_of_no_steps_sees_its_own_sample() -> None:
    assert drawn(quiet_window(flags("x.x..x"), 0)) == "x.x..x"


def test_with_no_time_to_answer_a_trigger_is_unanswered_at_once() -> None:
    assert drawn(answered(flags(".x..x."), flags("...xx."), 0)) == "x..x.."


def test_bytes_and_every_other_sample_are_read_as_flags() -> None:
    raw = np.array([1, 9, 0, 9, 2, 9, 0, 9], dtype=np.uint8)[::2]
    assert drawn(quiet_window(raw, 0)) == "x.x."


def test_the_trace_given_is_left_alone() -> None:
    trigger, answer = flags("x.x"), flags(".x.")
    answered(trigger, answer, 1)
    assert (drawn(trigger), drawn(answer)) == ("x.x", ".x.")


def test_what_is_no_trace_is_refused() -> None:
    with pytest.raises(ValueError, match="same samples, found 2 and 3"):
        absence(flags("xx"), flags("xxx"))
    with pytest.raises(ValueError, match="same samples"):
        answered(flags("xx"), flags("x"), 1)
    with pytest.raises(ValueError, match="-1 steps"):
        quiet_window(flags("xx"), -1)
    with pytest.raises(ValueError, match="2 dimensions"):
        quiet_window(np.ones((2, 2), dtype=np.bool_), 1)


# The definitions, word by word: each sample asks the whole trace before it.


def absence_by_definition(bad: Sequence[bool], bound: Sequence[bool]) -> list[bool]:
    return [
        all(not b or not a for a, b in zip(bad[: t + 1], bound[: t + 1], strict=True))
        for t in range(len(bad))
    ]


def quiet_by_definition(quiet: Sequence[bool], steps: int) -> list[bool]:
    return [all(quiet[i] for i in range(max(0, t - steps), t + 1)) for t in range(len(quiet))]


def answered_by_definition(trigger: Sequence[bool], answer: Sequence[bool], steps: int) -> list[bool]:
    return [
        not any(trigger[i] and not any(answer[i + 1 : t + 1]) for i in range(t - steps + 1))
        for t in range(len(trigger))
    ]


@st.composite
def two_traces(draw: st.DrawFn) -> tuple[list[bool], list[bool]]:
    """Two traces of one length, each of its own density, from nearly always false to nearly always true."""
    length = draw(st.integers(0, 60))
    drawn_flags = []
    for _ in range(2):
        below = draw(st.integers(1, 19))
        values = draw(st.lists(st.integers(0, 19), min_size=length, max_size=length))
        drawn_flags.append([value < below for value in values])
    return drawn_flags[0], drawn_flags[1]


@given(two_traces(), st.integers(0, 70))
def test_verdicts_are_those_of_the_definitions(traces: tuple[list[bool], list[bool]], steps: int) -> None:
    left, right = traces
    a, b = np.array(left, dtype=np.bool_), np.array(right, dtype=np.bool_)
    assert absence(a, b).tolist() == absence_by_definition(left, right)
    assert quiet_window(a, steps).tolist() == quiet_by_definition(left, steps)
    assert answered(a, b, steps).tolist() == answered_by_definition(left, right, steps)


@given(two_traces(), st.integers(0, 70), st.integers(0, 60))
def test_a_verdict_knows_nothing_of_later_samples(
    traces: tuple[list[bool], list[bool]], steps: int, cut: int
) -> None:
    a, b = (np.array(trace, dtype=np.bool_) for trace in traces)
    assert answered(a[:cut], b[:cut], steps).tolist() == answered(a, b, steps)[:cut].tolist()
    assert quiet_window(a[:cut], steps).tolist() == quiet_window(a, steps)[:cut].tolist()
