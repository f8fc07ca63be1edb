from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ModelRefused
from inference.prediction.kernels import KERNELS, kernel_of
from models.predictor import FittedRegressor

ROOT = Path(__file__).resolve().parents[4]
SCALER = {"target_offset": np.array(10.0), "target_scale": np.array(2.0)}


def fitted(kind: str, weights: dict[str, Any], width: int = 1) -> FittedRegressor:
    arrays: dict[str, NDArray[Any]] = {name: np.asarray(array) for name, array in weights.items()}
    none = np.zeros(width, dtype=np.int8), np.zeros(width), np.ones(width)
    empty = np.empty(0)
    return FittedRegressor(kind, kind, "depth", *none, {**arrays, **SCALER}, empty, empty, 1.0)


def tree(value: list[float], variance: list[float]) -> dict[str, Any]:
    """One tree: two leaves, parted at 0.5."""
    return {
        "feature": np.array([0, -1, -1], np.int32),
        "threshold": np.array([0.5, 0.0, 0.0]),
        "left": np.array([1, 1, 2], np.int32),
        "right": np.array([2, 1, 2], np.int32),
        "value": np.array([0.0, *value]),
        "variance": np.array([0.0, *variance]),
        "root": np.array([0], np.int32),
        "floor": 0.0,
    }


def test_a_line_by_hand() -> None:
    weights = {"coefficients": [3.0], "intercept": 1.0, "middle": [1.0], "root": [[2.0]], "base": 5.0}
    mean, spread = kernel_of(fitted("linear_regression", weights))([[2.0]])

    assert mean.tolist() == [10 + 2 * (3 * 2 + 1)]
    assert spread.tolist() == [2 * np.sqrt(5.0 + 2.0**2)]


def test_inputs_are_entered_and_scaled_first() -> None:
    weights = {"coefficients": [1.0], "intercept": 0.0, "middle": [0.0], "root": [[0.0]], "base": 1.0}
    line = replace(
        fitted("linear_regression", weights),
        enters=np.array([1], np.int8),
        offset=np.array([0.25]),
        scale=np.array([0.5]),
    )

    assert kernel_of(line)([[4.0], [0.8]])[0].tolist() == [10.0, 14.0]


@pytest.mark.parametrize("kind", ["random_forest", "extra_trees"])
def test_trees_by_hand(kind: str) -> None:
    mean, spread = kernel_of(fitted(kind, tree([-1.0, 3.0], [4.0, 9.0])))([[0.5], [0.500001], [-7.0]])

    assert mean.tolist() == [8.0, 16.0, 8.0]
    assert spread.tolist() == [4.0, 6.0, 4.0]


def test_a_tree_that_is_a_leaf_says_the_same_of_every_row() -> None:
    leaf = {
        name: array[1:2] if np.ndim(array) else array for name, array in tree([5.0, 0.0], [1.0, 0]).items()
    }
    leaf |= {"root": np.array([0], np.int32), "left": np.array([0]), "right": np.array([0])}

    assert kernel_of(fitted("random_forest", leaf))([[0.0], [9.0]])[0].tolist() == [20.0, 20.0]


def test_a_network_by_hand() -> None:
    weights = {
        "w0": np.array([[1.0, -1.0]], np.float32),
        "b0": np.array([0.0, 0.5], np.float32),
        "w1": np.array([[2.0], [4.0]], np.float32),
        "b1": np.array([1.0], np.float32),
    }
    mean, spread = kernel_of(fitted("neural_network", weights))([[3.0], [-1.0]])

    assert mean.tolist() == [10 + 2 * (6 + 1), 10 + 2 * (4 * 1.5 + 1)]
    assert spread.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("nu", "near"),
    [
        (0.5, np.exp(-1)),
        (1.5, (1 + 3**0.5) * np.exp(-(3**0.5))),
        (2.5, (1 + 5**0.5 + 5 / 3) * np.exp(-(5**0.5))),
        (np.inf, np.exp(-0.5)),
    ],
)
def test_a_gaussian_process_of_one_point_by_hand(nu: float, near: float) -> None:
    weights = {
        "points": [[0.0]],
        "alpha": [3.0],
        "root": [[0.25]],
        "lengths": [2.0],
        "variance": 4.0,
        "nu": nu,
        "noise": 1.0,
    }
    mean, spread = kernel_of(fitted("gaussian_process", weights))([[2.0]])  # one length scale away

    np.testing.assert_allclose(mean, 10 + 2 * (4 * near * 3), rtol=1e-14)
    np.testing.assert_allclose(spread, 2 * np.sqrt(4 - (4 * near / 4) ** 2 + 1), rtol=1e-14)


def test_rows_beyond_one_chunk_are_predicted_as_the_first() -> None:
    predict = kernel_of(fitted("extra_trees", tree([-1.0, 3.0], [0.0, 0.0])))
    x = np.random.default_rng(0).uniform(size=(1000, 1))

    assert predict(x)[0].tolist() == np.where(x[:, 0].astype(np.float32) > 0.5, 16.0, 8.0).tolist()


@pytest.mark.parametrize("kind", sorted(KERNELS))
def test_arrays_of_another_kind_are_refused(kind: str) -> None:
    with pytest.raises(ModelRefused, match=f"arrays of kind '{kind}', got .*train again"):
        kernel_of(fitted(kind, {"luck": 7.0}))


def test_an_unknown_smoothness_is_refused() -> None:
    names = ("points", "alpha", "root", "lengths", "variance", "noise")
    weights: dict[str, Any] = dict.fromkeys(names, np.ones((1, 1))) | {"variance": 1.0, "noise": 1.0}

    with pytest.raises(ModelRefused, match="nu"):
        kernel_of(fitted("gaussian_process", weights | {"nu": 2.0, "alpha": np.ones(1)}))


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(ModelRefused, match=r"a kind out of linear_regression, .*, got 'oracle'"):
        kernel_of(fitted("oracle", {}))


def test_names_of_the_inputs_are_told_where_they_are_known() -> None:
    weights = {"coefficients": [1.0], "intercept": 0.0, "middle": [0.0], "root": [[0.0]], "base": 1.0}
    line = fitted("linear_regression", weights)

    with pytest.raises(ValueError, match="row 0, input number 0: expected a finite number, got nan"):
        kernel_of(line)([[np.nan]])
    with pytest.raises(ValueError, match="row 0, input speed: expected a finite number, got nan"):
        kernel_of(line, ("speed",))([[np.nan]])


def test_predicting_loads_nothing_that_trains() -> None:
    program = (
        "import sys, inference.prediction.kernels; "
        "assert not {'sklearn', 'scipy', 'tensorflow', 'keras'} & set(sys.modules), 'loaded'"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
