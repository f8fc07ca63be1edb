"""Compiled kernels give what the numpy ones give, and the same to the bit in every batch."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference.kernels.compiled import CompiledKernel
from inference.kernels.kernel import Codes, Floats32, Kernel, Weights
from inference.plan_kernels import COMPILED, KERNELS
from native.library import compiled

GROUPS = 7
Make = dict[str, Callable[..., Any]]
FOREST = "isolation_forest"


@pytest.fixture(scope="module")
def library() -> ctypes.PyDLL:
    found = compiled()
    assert found is not None
    return found


def _twins(kind: str, weights: list[Weights], inputs: int, library: ctypes.PyDLL) -> tuple[Kernel, Kernel]:
    assert all(COMPILED[kind].shape(w, inputs) is not None for w in weights)
    return COMPILED[kind](weights, library), KERNELS[kind](weights)


def _rows(rng: np.random.Generator, n: int, inputs: int) -> tuple[Floats32, Codes]:
    x = np.clip(rng.normal(0.5, 0.4, size=(n, inputs)), 0, 1).astype(np.float32)
    x[rng.random(x.shape) < 0.02] = -0.0
    return x, rng.integers(0, GROUPS, n).astype(np.intp)


def _assert_alike(kind: str, got: NDArray[np.float64], expected: NDArray[np.float64]) -> None:
    if kind == FOREST:
        np.testing.assert_array_equal(got, expected)
    else:
        # An error is a difference of float32 numbers around 1, so it cannot be told closer than they are.
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=5e-7)


@pytest.mark.parametrize("inputs", [1, 2, 7, 24, 60])
@pytest.mark.parametrize("kind", COMPILED)
def test_scores_are_those_of_the_numpy_kernel(
    kind: str, inputs: int, random_weights: Make, library: ctypes.PyDLL
) -> None:
    rng = np.random.default_rng(inputs)
    weights = [random_weights[kind](rng, inputs) for _ in range(GROUPS)]
    fast, slow = _twins(kind, weights, inputs, library)
    x, group = _rows(rng, 700, inputs)
    _assert_alike(kind, fast.score(x, group), slow.score(x, group))
    usual, _ = _rows(rng, 50, inputs)
    got = fast.score_occluded(x[:50], usual, group[:50])
    _assert_alike(kind, got, slow.score_occluded(x[:50], usual, group[:50]))


@pytest.mark.parametrize("inputs", [1, 24, 60])
@pytest.mark.parametrize("kind", COMPILED)
def test_score_is_the_same_to_the_bit_alone_and_in_a_batch_of_any_size(
    kind: str, inputs: int, random_weights: Make, library: ctypes.PyDLL
) -> None:
    rng = np.random.default_rng(inputs)
    fast = COMPILED[kind]([random_weights[kind](rng, inputs) for _ in range(GROUPS)], library)
    x, group = _rows(rng, 2000, inputs)
    alone = np.concatenate([fast.score(x[i : i + 1], group[i : i + 1]) for i in range(len(x))])
    for size in (2, 3, 8, 17, 255, 256, 257, 1999, 2000):
        parts = [fast.score(x[i : i + size], group[i : i + size]) for i in range(0, 2000, size)]
        np.testing.assert_array_equal(np.concatenate(parts), alone)
    usual, _ = _rows(rng, 40, inputs)
    together = fast.score_occluded(x[:40], usual, group[:40])
    each = [fast.score_occluded(x[i : i + 1], usual[i : i + 1], group[i : i + 1])[0] for i in range(40)]
    np.testing.assert_array_equal(together, each)


@pytest.mark.parametrize("kind", COMPILED)
def test_no_rows_give_no_scores(kind: str, random_weights: Make, library: ctypes.PyDLL) -> None:
    fast = COMPILED[kind]([random_weights[kind](np.random.default_rng(0), 4)], library)
    nothing = np.empty((0, 4), np.float32)
    assert fast.score(nothing, np.empty(0, np.intp)).shape == (0,)
    assert fast.score_occluded(nothing, nothing, np.empty(0, np.intp)).shape == (0, 4)


def _grown_forest(rng: np.random.Generator, inputs: int, trees: int, deepest: int) -> Weights:
    """Trees of any form, some a single leaf, some one long branch, in depth-first order."""
    columns: dict[str, list[Any]] = {n: [] for n in ("feature", "threshold", "left", "right", "path_length")}
    roots = []

    def grow(depth: int, stop: float) -> int:
        here = len(columns["feature"])
        for name, value in (("feature", -1), ("threshold", 0.0), ("left", here), ("right", here)):
            columns[name].append(value)
        columns["path_length"].append(depth + float(rng.integers(0, 4)))
        if depth < deepest and rng.random() >= stop:
            columns["feature"][here] = int(rng.integers(0, inputs))
            # Some thresholds are values that rows have, or next to them; some lie outside.
            near = rng.choice([0.0, 1.0, 0.5, float(np.float32(0.3)), 1 / 65535, float(rng.normal(0.5, 0.5))])
            columns["threshold"][here] = float(near)
            columns["left"][here] = grow(depth + 1, stop)
            columns["right"][here] = grow(depth + 1, stop)
        return here

    for _ in range(trees):
        roots.append(len(columns["feature"]))
        grow(0, float(rng.choice([0.1, 0.4, 1.0])))
    types = {"feature": np.int16, "left": np.int32, "right": np.int32}
    forest = {name: np.array(column, types.get(name, np.float64)) for name, column in columns.items()}
    return {**forest, "root": np.array(roots, np.int32), "normaliser": np.array(7.3)}


@given(
    seed=st.integers(0, 2**32 - 1),
    inputs=st.sampled_from([1, 3, 63]),
    trees=st.sampled_from([1, 5, 255, 256, 257]),
)
@settings(max_examples=30, deadline=None)
def test_forests_of_any_form_score_exactly_alike(seed: int, inputs: int, trees: int) -> None:
    library = compiled()
    assert library is not None
    rng = np.random.default_rng(seed)
    weights = [_grown_forest(rng, inputs, trees, 6) for _ in range(3)]
    fast, slow = _twins(FOREST, weights, inputs, library)
    x = rng.choice([0.0, -0.0, 1.0, 0.5, 0.3, 1 / 65535, 1e-40, 0.7], size=(30, inputs)).astype(np.float32)
    x = np.where(rng.random(x.shape) < 0.5, np.nextafter(x, np.float32(rng.choice([0, 1]))), x)
    group = rng.integers(0, 3, 30).astype(np.intp)
    np.testing.assert_array_equal(fast.score(x, group), slow.score(x, group))
    usual = np.full_like(x, 0.5)
    np.testing.assert_array_equal(fast.score_occluded(x, usual, group), slow.score_occluded(x, usual, group))


def test_a_forest_that_four_bytes_a_node_cannot_hold_is_left_to_numpy(random_weights: Make) -> None:
    shape = COMPILED[FOREST].shape
    rng = np.random.default_rng(0)
    good = random_weights[FOREST](rng, 3)
    assert shape(good, 3) == 20
    assert shape(random_weights[FOREST](rng, 3, trees=2, depth=9), 3) is not None
    assert shape(random_weights[FOREST](rng, 3, trees=2, depth=10), 3) is None
    assert shape(good, 64) is None
    assert shape(good, 2) is None
    assert shape({**good, "threshold": np.where(good["feature"] >= 0, np.nan, 0.0)}, 3) is None
    assert shape({**good, "left": good["left"][::-1]}, 3) is None
    assert shape({**good, "root": good["root"][::-1]}, 3) is None


def test_a_network_larger_than_the_workspace_is_left_to_numpy(random_weights: Make) -> None:
    rng = np.random.default_rng(0)
    shape = COMPILED["autoencoder"].shape
    assert shape(random_weights["autoencoder"](rng, 24, (256, 6)), 24) is not None
    assert shape(random_weights["autoencoder"](rng, 24, (257, 6)), 24) is None
    assert shape(random_weights["autoencoder"](rng, 24), 23) is None
    assert shape(random_weights["autoencoder"](rng, 24, (16,) * 9), 24) is None
    assert COMPILED["memae"].shape(random_weights["memae"](rng, 24, 1024), 24) is not None
    assert COMPILED["memae"].shape(random_weights["memae"](rng, 24, 1025), 24) is None


@pytest.mark.parametrize("hidden", [(3,), (16, 5), (40, 20, 9), (256, 1)])
def test_networks_of_other_widths_and_depths(
    hidden: tuple[int, ...], random_weights: Make, library: ctypes.PyDLL
) -> None:
    rng = np.random.default_rng(len(hidden))
    weights = [random_weights["autoencoder"](rng, 11, hidden) for _ in range(GROUPS)]
    fast, slow = _twins("autoencoder", weights, 11, library)
    x, group = _rows(rng, 100, 11)
    _assert_alike("autoencoder", fast.score(x, group), slow.score(x, group))


@pytest.mark.parametrize("slots", [1, 8, 51])
def test_memories_of_other_sizes(slots: int, random_weights: Make, library: ctypes.PyDLL) -> None:
    rng = np.random.default_rng(slots)
    weights = [random_weights["memae"](rng, 11, slots) for _ in range(GROUPS)]
    fast, slow = _twins("memae", weights, 11, library)
    x, group = _rows(rng, 100, 11)
    _assert_alike("memae", fast.score(x, group), slow.score(x, group))


def test_a_code_of_no_length_is_addressed_evenly(random_weights: Make, library: ctypes.PyDLL) -> None:
    weights = random_weights["memae"](np.random.default_rng(1), 5)
    weights = {name: np.zeros_like(a) if name in ("w1", "b1") else a for name, a in weights.items()}
    for shrink in (0.0, 0.02, 0.5):
        weights["shrink"] = np.array(shrink, np.float32)
        fast, slow = _twins("memae", [weights], 5, library)
        x, group = np.full((1, 5), 0.4, np.float32), np.zeros(1, np.intp)
        _assert_alike("memae", fast.score(x, group), slow.score(x, group))


@pytest.mark.parametrize("kind", COMPILED)
def test_what_does_not_belong_to_the_models_is_refused(
    kind: str, random_weights: Make, library: ctypes.PyDLL
) -> None:
    fast: CompiledKernel = COMPILED[kind]([random_weights[kind](np.random.default_rng(0), 24)], library)
    x = np.zeros((1, 24), np.float32)
    for group in (-1, 1):
        with pytest.raises(IndexError, match="groups below 1"):
            fast.score(x, np.array([group]))
    with pytest.raises(ValueError, match=r"rows of .* inputs, got 300"):
        fast.score(np.zeros((1, 300), np.float32), np.zeros(1, np.intp))


def test_a_row_with_a_missing_input_has_no_score(random_weights: Make, library: ctypes.PyDLL) -> None:
    for kind in COMPILED:
        fast = COMPILED[kind]([random_weights[kind](np.random.default_rng(0), 4)], library)
        x = np.full((2, 4), 0.5, np.float32)
        x[0, 2] = np.nan
        assert np.isnan(fast.score(x, np.zeros(2, np.intp))).tolist() == [True, False]
