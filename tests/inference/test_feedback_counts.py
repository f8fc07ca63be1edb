"""Counting feedback: last words, groups, the interval."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from inference.feedback_counts import Group, Judged, count_feedback, labelled, wilson

_JUDGEMENTS = st.sampled_from(["confirm", "false_alarm", "unsure"])


def row(
    number: int, shot: str, judgement: str, outcome: str = "NG", facility: str = "A-01"
) -> dict[str, Any]:
    group = {"maker": "A", "facility": facility, "item": None, "cluster": 2}
    return {"id": number, "shot_id": shot, "judgement": judgement, "outcome": outcome, **group}


@given(st.lists(st.tuples(st.sampled_from("abc"), _JUDGEMENTS)), st.randoms())
def test_only_the_last_word_of_a_shot_counts_in_any_order(said: list[tuple[str, str]], chance: Any) -> None:
    rows = [row(number, shot, judgement) for number, (shot, judgement) in enumerate(said)]
    last = dict(said)
    chance.shuffle(rows)

    found = count_feedback(rows)

    wanted = {shot: judgement == "confirm" for shot, judgement in last.items() if judgement != "unsure"}
    assert labelled(rows) == wanted
    judged = found[0].ng if found else Judged()
    words = list(last.values())
    assert judged == Judged(words.count("confirm"), words.count("false_alarm"), words.count("unsure"))


def test_groups_and_outcomes_are_never_mixed() -> None:
    rows = [
        row(1, "a", "confirm"),
        row(2, "b", "false_alarm", "WARN"),
        row(3, "c", "confirm", "OK"),
        row(4, "d", "false_alarm", "OK"),
        row(5, "e", "unsure", facility="A-02"),
    ]

    first, second = count_feedback(rows)

    assert first.group == Group("A", "A-01", None, 2)
    assert (first.ng, first.warn, first.missed) == (Judged(1, 0, 0), Judged(0, 1, 0), 1)
    assert (second.group.facility, second.ng) == ("A-02", Judged(0, 0, 1))
    assert second.ng.precision is None
    assert second.ng.interval is None


@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (1, 1), (3, 7), (40, 41), (0, 200), (123, 1000)])
def test_the_interval_is_wilsons(hits: int, trials: int) -> None:
    expected = binomtest(hits, trials).proportion_ci(0.95, "wilson")

    assert wilson(hits, trials) == pytest.approx((expected.low, expected.high), abs=1e-12)
