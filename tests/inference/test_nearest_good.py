"""The nearest good shots: by distance as the model sees it, with what differs most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from core.profile import GroupKey
from inference.nearest_good import judged_by, measured_of, nearest_good
from models.examples import GoodShots

NAMES = ("a", "b", "c")


def group(values: list[list[float]]) -> GoodShots:
    low, high = np.zeros(3), np.full(3, 10.0)
    return GoodShots(
        GroupKey("M", "F", "I", 0),
        NAMES,
        tuple(f"good-{i}" for i in range(len(values))),
        np.arange(len(values), dtype=np.int64),
        np.array(values).reshape(-1, 3),
        low,
        high,
        low + 4,
        low + 5,
        low + 6,
    )


def test_the_nearest_come_first_with_what_differs_most() -> None:
    kept = group([[5, 5, 5], [5, 5, 9], [1, 5, 5], [5, 6, 9]])
    first, second = nearest_good({"a": 5.0, "b": 5.5, "c": 9.0}, kept, k=2)
    assert (first.shot_id, second.shot_id) == ("good-1", "good-3")
    assert first.distance == pytest.approx(0.05)
    assert [(d.variable, d.value, d.good, d.half_bands) for d in first.differs] == [("b", 5.5, 5.0, 0.5)]


def test_a_value_far_out_counts_as_the_model_sees_it_and_is_told_as_it_is() -> None:
    near = nearest_good({"a": 900.0, "b": 5.0, "c": 5.0}, group([[10, 5, 5], [5, 5, 5]]), k=1)[0]
    assert (near.shot_id, near.distance) == ("good-0", 0.0)
    assert near.differs[0] == ("a", 900.0, 10.0, 890.0)


def test_a_missing_value_counts_for_neither() -> None:
    kept = group([[5, np.nan, 5], [5, 5, 6]])
    assert nearest_good({"a": 5.0, "b": 9.0, "c": 5.0}, kept, k=1)[0].shot_id == "good-0"
    near = nearest_good({"a": None, "c": 6.0}, kept, k=1)[0]
    assert (near.shot_id, near.differs) == ("good-1", ())


def test_a_group_with_fewer_shots_gives_what_it_has() -> None:
    assert len(nearest_good({"a": 5.0}, group([[5, 5, 5]]))) == 1
    assert nearest_good({"a": 5.0}, group([])) == []


@pytest.mark.parametrize(
    ("verdict", "label"),
    [
        ({"route": "trained", "substitute": None}, "F|I|3"),
        ({"route": "nearest", "substitute": "G|I|1"}, "G|I|1"),
        ({"route": "limits", "substitute": None}, None),
    ],
)
def test_the_group_is_that_whose_model_judged(verdict: Mapping[str, Any], label: str | None) -> None:
    assert judged_by({"facility": "F", "item": "I", "cluster": 3, **verdict}) == label


@pytest.mark.parametrize(
    "reasons", [[], {}, None, ["text"], [{"variable": "a"}], [{"measured": None}], [{"measured": [1]}]]
)
def test_a_verdict_of_before_or_of_another_shape_carries_no_values(reasons: Any) -> None:
    assert measured_of({"reasons": reasons}) == {}


def test_values_that_are_no_numbers_count_as_missing() -> None:
    assert measured_of({"reasons": [{"measured": {"a": 1, "b": None, "c": "x"}}]}) == {
        "a": 1.0,
        "b": None,
        "c": None,
    }
