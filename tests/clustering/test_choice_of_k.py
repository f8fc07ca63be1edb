"""How many settings there are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform
from sklearn.metrics import silhouette_samples

from clustering.choice_of_k import EVERY_K_TO, choose_k, silhouette

Labels = NDArray[np.int64]


def apart(points: list[float]) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = squareform(pdist(np.array(points)[:, None]))
    return distances


def cut_between(points: list[float]) -> Callable[[int], Labels]:
    """Labels by cutting sorted points at their k - 1 widest gaps."""

    def labels_at(k: int) -> Labels:
        gaps = np.sort(np.argsort(-np.diff(points), kind="stable")[: k - 1])
        return np.searchsorted(gaps, np.arange(len(points))).astype(np.int64)

    return labels_at


@pytest.mark.parametrize(
    ("points", "k"),
    [
        ([0.0, 0.5], 1),
        ([0.0, 1.0], 1),
        ([0.0, 1.9], 1),
        ([0.0, 2.1], 2),
        ([0.0, 10.0], 2),
        ([5.0], 1),
        ([0.0, 0.3, 0.6, 0.9], 1),
        ([0.0, 0.3, 10.0, 10.3], 2),
        ([0.0, 10.0, 20.0, 30.0], 4),
        ([0.0, 0.4, 10.0, 20.0, 20.5, 30.0], 4),
        ([10.0 * k for k in range(2 * EVERY_K_TO)], 2 * EVERY_K_TO),
    ],
)
def test_tweaks_are_one_setting_and_everything_farther_apart_is_its_own(points: list[float], k: int) -> None:
    labels = choose_k(apart(points), cut_between(points))
    assert len(np.unique(labels)) == k


@given(st.lists(st.integers(0, 2), min_size=6, max_size=30), st.integers(0, 2**32 - 1))
def test_without_floor_and_singletons_it_is_rousseeuws_silhouette(labels: list[int], seed: int) -> None:
    numbers = np.array([0, 0, 1, 1, 2, 2, *labels])
    points = np.random.default_rng(seed).normal(size=(len(numbers), 3))
    expected = silhouette_samples(points, numbers)
    np.testing.assert_allclose(silhouette(squareform(pdist(points)), numbers, 0.0), expected, atol=1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_a_larger_tweak_never_makes_clusters_clearer(seed: int, one: float, other: float) -> None:
    rng = np.random.default_rng(seed)
    distances = squareform(pdist(rng.normal(size=(9, 2))))
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2, 3])
    fine, coarse = sorted((one, other))
    assert (silhouette(distances, labels, coarse) <= silhouette(distances, labels, fine) + 1e-12).all()
