from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import WhiteKernel

from models.regressors.gaussian_process import SMOOTHNESS, GaussianProcess

Floats = NDArray[np.float64]


def rows(settings: int = 8, seed: int = 0) -> tuple[Floats, Floats]:
    """Settings run 1, 2, 3, 1, 2, 3 ... times."""
    random = np.random.default_rng(seed)
    x = np.repeat(random.normal(size=(settings, 3)), np.arange(settings) % 3 + 1, axis=0)
    return x, np.sin(x[:, 0]) + 0.3 * x[:, 1] + 0.1 * random.normal(size=len(x))


@pytest.mark.parametrize("length_scales", ["shared", "own"])
@pytest.mark.parametrize("nu", SMOOTHNESS)
def test_averaging_equal_inputs_leaves_the_posterior_as_it_was(nu: float, length_scales: str) -> None:
    x, y = rows()
    mine = GaussianProcess(nu=nu, length_scales=length_scales, random_state=0).fit(x, y)
    kernel = mine.kernel_ + WhiteKernel(mine.noise_)
    whole = GaussianProcessRegressor(kernel, optimizer=None).fit(x, y)

    new = np.random.default_rng(1).normal(size=(50, 3))
    mean, deviation = whole.predict(new, return_std=True)

    assert len(mine.points_) == 8
    np.testing.assert_allclose(mine.predict(new), mean, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(mine.spread(new), deviation, rtol=1e-7)


def test_it_is_less_sure_where_nothing_was_run() -> None:
    x, y = rows()
    process = GaussianProcess(random_state=0).fit(x, y)

    assert process.spread(np.full((1, 3), 30.0))[0] > 2 * process.spread(x).max()


def test_it_is_surer_of_a_setting_run_often() -> None:
    x = np.array([[-3.0], *[[3.0]] * 30])
    y = np.random.default_rng(0).normal(size=31)
    process = GaussianProcess(random_state=0).fit(x, y)

    once, often = process.spread([[-3.0], [3.0]])

    assert once > often


def test_of_too_many_rows_as_many_as_allowed_are_learnt_from_by_the_seed() -> None:
    x, y = rows(60)

    first, again, other = (
        GaussianProcess(most_rows=20, restarts=0, random_state=seed).fit(x, y) for seed in (0, 0, 1)
    )

    assert len(first.points_) <= 20
    np.testing.assert_array_equal(first.points_, again.points_)
    assert not np.array_equal(first.points_, other.points_)
