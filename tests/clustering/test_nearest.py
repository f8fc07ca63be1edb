"""Nearest setting: as brute force would find it, alone as in a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from clustering.nearest import Centres, assign, nearest, neighbour_distance
from clustering.setting import SettingSpace

Floats = NDArray[np.float64]


def _space(centres: Floats, radius: float = 1.0) -> SettingSpace:
    k, s = centres.shape
    offset, scale = np.full(s, 100.0), np.full(s, 10.0)
    return SettingSpace(
        "M",
        offset,
        scale,
        centres,
        np.full(k, radius),
        centres * scale + offset,
        np.arange(k, dtype=np.int64),
    )


def test_distance_is_taken_in_scaled_units() -> None:
    space = _space(np.array([[0.0, 0.0], [5.0, 0.0]]))
    cluster, distance, inside = assign(np.array([[105.0, 100.0], [170.0, 100.0]]), space)
    assert cluster.tolist() == [0, 1]
    assert distance.tolist() == [0.5, 2.0]
    assert inside.tolist() == [True, False]


def test_a_setting_exactly_on_the_radius_is_inside() -> None:
    space = _space(np.array([[0.1, 0.7]]), radius=float(np.hypot(0.3, 0.4)))
    setting = np.array([[0.4, 0.3]]) * space.scale + space.offset
    assert assign(setting, space).inside.tolist() == [True]


def test_a_missing_set_value_has_no_cluster() -> None:
    cluster, distance, inside = assign(np.array([[np.nan, 100.0]]), _space(np.zeros((1, 2))))
    assert cluster.tolist() == [-1]
    assert np.isnan(distance).all()
    assert inside.tolist() == [False]


def test_a_process_without_set_values_has_one_setting() -> None:
    cluster, distance, inside = assign(np.empty((3, 0)), _space(np.empty((1, 0))))
    assert cluster.tolist() == [0, 0, 0]
    assert distance.tolist() == [0.0, 0.0, 0.0]
    assert inside.all()


def test_no_settings_give_no_clusters() -> None:
    assert assign(np.empty((0, 2)), _space(np.zeros((1, 2)))).cluster.shape == (0,)


coordinates = st.floats(-100, 100, allow_subnormal=False)


@st.composite
def points_and_centres(draw: Any) -> tuple[Floats, Floats]:
    s = draw(st.integers(1, 5))
    points = draw(arrays(np.float64, (draw(st.integers(1, 20)), s), elements=coordinates))
    centres = draw(arrays(np.float64, (draw(st.integers(1, 20)), s), elements=coordinates))
    return points, centres


@given(points_and_centres())
@settings(max_examples=150, deadline=None)
def test_finds_what_brute_force_finds(drawn: tuple[Floats, Floats]) -> None:
    points, centres = drawn
    index, distance = nearest(points, centres)
    every = np.linalg.norm(points[:, None, :] - centres, axis=2)
    np.testing.assert_allclose(distance, every.min(axis=1), rtol=1e-9, atol=1e-5)
    np.testing.assert_allclose(every[np.arange(len(points)), index], distance, rtol=1e-12, atol=0)


@given(points_and_centres())
@settings(max_examples=100, deadline=None)
def test_neighbours_do_not_change_an_answer(drawn: tuple[Floats, Floats]) -> None:
    points, centres = drawn
    index, distance = nearest(points, centres)
    for i in range(len(points)):
        one, far = nearest(points[i : i + 1], centres)
        assert (one[0], far[0]) == (index[i], distance[i])


@given(points_and_centres(), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_the_compiled_search_finds_the_same_to_the_bit(drawn: tuple[Floats, Floats], digits: int) -> None:
    points, centres = (np.round(part, digits) for part in drawn)  # equals among them
    index, distance = nearest(points, Centres.of(centres))
    expected, far = nearest(points, Centres.of(centres, library=None))
    np.testing.assert_array_equal(index, expected)
    np.testing.assert_array_equal(distance, far)


def test_of_very_many_centres_the_compiled_search_finds_the_same() -> None:
    rng = np.random.default_rng(3)
    points, centres = rng.normal(size=(200, 13)), rng.normal(size=(700, 13))
    centres[600] = points[7] = centres[100]  # the first one of equals
    index, distance = nearest(points, Centres.of(centres))
    expected, far = nearest(points, Centres.of(centres, library=None))
    np.testing.assert_array_equal(index, expected)
    np.testing.assert_array_equal(distance, far)
    assert (index[7], distance[7]) == (100, 0.0)


def test_many_centres_are_searched_in_pieces(monkeypatch: Any) -> None:
    rng = np.random.default_rng(0)
    points, centres = rng.normal(size=(50, 4)), Centres.of(rng.normal(size=(30, 4)), library=None)
    whole = nearest(points, centres)
    apart = neighbour_distance(centres.points)
    monkeypatch.setattr("clustering.nearest._CHUNK", 64)
    np.testing.assert_array_equal(nearest(points, centres)[0], whole[0])
    assert neighbour_distance(centres.points) == apart


def test_neighbour_distance_needs_two_settings() -> None:
    assert np.isnan(neighbour_distance(np.zeros((1, 3))))
    assert neighbour_distance(np.zeros((3, 2))) == 0.0
