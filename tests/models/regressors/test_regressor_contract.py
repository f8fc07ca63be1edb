"""One contract for every regressor that training knows, from fit to kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from core.errors import ConfigError
from core.prediction import RegressorRule
from inference.prediction.kernels import KERNELS, kernel_of
from models.regressors import fitting
from models.regressors.extra_trees import ExtraTrees
from models.regressors.fitting import Fitted, Part, fit_regressor, fit_regressors
from models.regressors.kinds import regressors
from models.regressors.linear_regression import LinearRegression

Floats = NDArray[np.float64]
Check = Callable[[str], None]

SMALL: dict[str, dict[str, Any]] = {
    "linear_regression": {},
    "random_forest": {"n_estimators": 30},
    "neural_network": {"hidden": [8], "epochs": 40, "learning_rate": 0.02},
    "gaussian_process": {"restarts": 0},
    "extra_trees": {"n_estimators": 30},
}
WITH_CHANCE = ("random_forest", "neural_network", "extra_trees")
NAMES = ("current", "focus", "speed", "distance")
HUGE = 2.0**30  # a power of two: scaling by it rounds nothing


def measured(settings: int = 20, twins: int = 3, seed: int = 0) -> tuple[Floats, Floats]:
    """Distinct settings, each run a few times; the last input never varies."""
    random = np.random.default_rng(seed)
    x = random.uniform([40, 130, 4, 60], [50, 150, 12, 60], size=(settings, 4))
    x = np.repeat(x, twins, axis=0)
    y = 0.1 * (x[:, 0] - 45) + 8 / x[:, 2] + 0.02 * random.normal(size=len(x))
    return x, y


def rule(kind: str) -> RegressorRule:
    return RegressorRule(kind, kind, inverse=("speed",), parameters=SMALL[kind])


def fit(kind: str, x: Floats, y: Floats, seed: int = 5) -> Fitted:
    return fit_regressor(rule(kind), NAMES, x, y, target="depth", seed=seed)


@cache
def usual(kind: str) -> Fitted:
    return fit(kind, *measured())


def kernel(fitted: Fitted) -> Callable[[Any], tuple[Floats, Floats]]:
    return kernel_of(fitted.exported([1.0, 2.0], [0.5, 0.5], [0, 1]), NAMES)


def elsewhere() -> Floats:
    """Settings never run, some of those run, and some far outside."""
    between, far = measured(300, 1, seed=1)[0], measured(10, 1, seed=2)[0] * 50
    return np.concatenate([between, measured()[0], far])


def check_one_float_a_row(kind: str) -> None:
    for predict in (usual(kind).predict, kernel(usual(kind))):
        for part in predict(elsewhere()):
            assert part.shape == (len(elsewhere()),)
            assert part.dtype == np.float64
            assert np.isfinite(part).all()
        assert [part.shape for part in predict(np.empty((0, 4)))] == [(0,), (0,)]


def check_the_spread_is_above_0(kind: str) -> None:
    fitted = usual(kind)
    assert (fitted.predict(elsewhere())[1] > 0).all()
    assert (kernel(fitted)(elsewhere())[1] > 0).all()


def check_it_learns(kind: str) -> None:
    x, y = measured(40, 1, seed=3)
    apart = y - usual(kind).predict(x)[0]
    assert (apart**2).mean() < 0.5 * y.var()


def check_data_stay_as_they_are(kind: str) -> None:
    x, y = measured()
    fitted = fit(kind, x, y)
    rows = elsewhere()
    fitted.predict(rows)
    kernel(fitted)(rows)
    np.testing.assert_array_equal(x, measured()[0])
    np.testing.assert_array_equal(y, measured()[1])
    np.testing.assert_array_equal(rows, elsewhere())


def check_a_batch_equals_its_rows_bit_for_bit(kind: str) -> None:
    predict, rows = kernel(usual(kind)), elsewhere()
    together = np.array(predict(rows))
    np.testing.assert_array_equal(together, np.concatenate([predict(row[None]) for row in rows], axis=1))
    np.testing.assert_array_equal(together, predict(np.asfortranarray(rows)))
    np.testing.assert_array_equal(together[:, 3:20], predict(rows[3:20]))


def check_the_order_of_rows_does_not_matter(kind: str) -> None:
    predict, rows = kernel(usual(kind)), elsewhere()
    order = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_array_equal(np.array(predict(rows))[:, order], predict(rows[order]))
    mean, spread = usual(kind).predict(rows)
    again, also = usual(kind).predict(rows[order])
    np.testing.assert_allclose(mean[order], again, rtol=1e-9)
    np.testing.assert_allclose(spread[order], also, rtol=1e-9)


def check_the_seed_decides(kind: str) -> None:
    x, y = measured()
    first, again, other = (fit(kind, x, y, seed).predict(elsewhere())[0] for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    if kind in WITH_CHANCE:
        assert not np.array_equal(first, other)


def check_the_kernel_equals_the_estimator(kind: str) -> None:
    rows = elsewhere()
    for got, expected in zip(kernel(usual(kind))(rows), usual(kind).predict(rows), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-6)


def check_an_input_that_never_varied_counts_for_nothing(kind: str) -> None:
    rows = elsewhere()
    other = rows * [1, 1, 1, 1000]
    for predict in (usual(kind).predict, kernel(usual(kind))):
        np.testing.assert_array_equal(predict(rows), predict(other))


def check_before_fitting_it_says_so(kind: str) -> None:
    estimator: Any = regressors()[kind](**SMALL[kind])
    for method in ("predict", "spread"):
        with pytest.raises(NotFittedError):
            getattr(estimator, method)(np.ones((2, 4)))
    with pytest.raises(NotFittedError):
        estimator.export()


def check_a_wrong_width_names_both_widths(kind: str) -> None:
    for predict in (usual(kind).predict, kernel(usual(kind))):
        with pytest.raises(ValueError, match=r"4 inputs.*3 inputs"):
            predict(np.ones((2, 3)))
    for ask in (usual(kind).regressor.predict, usual(kind).regressor.spread):
        with pytest.raises(ValueError, match=r"3 features.*4 features"):
            ask(np.ones((2, 3)))


def check_few_rows_are_enough(kind: str) -> None:
    x, y = measured()
    for rows in ([0], [0, 1, 2], [0, 3]):  # one row, one setting, two rows
        fitted = fit(kind, x[rows], y[rows])
        mean, spread = kernel(fitted)(elsewhere())
        assert np.isfinite(mean).all()
        assert (spread > 0).all()
        np.testing.assert_allclose(mean, fitted.predict(elsewhere())[0], rtol=1e-6)


def check_a_constant_target_is_predicted(kind: str) -> None:
    x, y = measured()
    mean, spread = fit(kind, x, np.full_like(y, 7.25)).predict(x)
    np.testing.assert_allclose(mean, 7.25, atol=0.05)
    assert (spread > 0).all()


def check_huge_values_are_nothing_special(kind: str) -> None:
    x, y = measured()
    mean, spread = fit(kind, x * HUGE, y * HUGE).predict(elsewhere() * HUGE)
    expected, apart = usual(kind).predict(elsewhere())
    np.testing.assert_allclose(mean, expected * HUGE, rtol=1e-9)
    np.testing.assert_allclose(spread, apart * HUGE, rtol=1e-9)


def check_numbers_that_cannot_enter_are_refused(kind: str) -> None:
    x, y = measured()
    for value, column in ((np.nan, "focus"), (np.inf, "distance"), (0.0, "speed"), (np.inf, "speed")):
        rows = x.copy()
        rows[4, NAMES.index(column)] = value
        for ask in (lambda r: fit(kind, r, y), usual(kind).predict, kernel(usual(kind))):
            with pytest.raises(ValueError, match=f"row 4, input {column}: expected .*, got {value}"):
                ask(rows)
    y[7] = np.nan
    with pytest.raises(ValueError, match="row 7, target depth: expected a finite number, got nan"):
        fit(kind, x, y)


def check_fitting_many_equals_fitting_one(kind: str) -> None:
    x, y = measured()
    cuts = (slice(None), slice(3, None), slice(0, 40), slice(30, None))
    many = fit_regressors(rule(kind), NAMES, [Part(x[c], y[c], 5) for c in cuts], target="depth")
    for cut, one in zip(cuts, many, strict=True):
        alone = fit(kind, x[cut], y[cut])
        np.testing.assert_allclose(one.predict(x)[0], alone.predict(x)[0], rtol=1e-3)


def check_changing_the_export_does_not_change_the_regressor(kind: str) -> None:
    fitted = fit(kind, *measured())
    before = np.array(fitted.predict(elsewhere()))
    exported = fitted.exported([2.0, 1.0], [0.25, 0.75], [0, 1])
    assert exported.misses.tolist() == [1.0, 2.0]
    assert exported.miss_weights.tolist() == [0.75, 0.25]
    for array in (*exported.weights.values(), exported.offset, exported.scale, exported.enters):
        assert array.dtype.kind in "if"
        array[...] = 0
    np.testing.assert_array_equal(fitted.predict(elsewhere()), before)


CHECKS: tuple[Check, ...] = tuple(
    check for name, check in list(globals().items()) if name.startswith("check_")
)


def test_every_kind_is_covered_by_every_check() -> None:
    assert set(SMALL) == set(regressors()) == set(KERNELS)
    assert len(SMALL) == 5
    assert len(CHECKS) == 17


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_contract(kind: str, check: Check) -> None:
    check(kind)


class Forgetful(LinearRegression):
    """Changes what it is given."""

    def predict(self, X: Any) -> Floats:
        X -= 1.0
        return super().predict(X)  # type: ignore[no-any-return]


class Certain(LinearRegression):
    """Claims to know everything."""

    def spread(self, X: Any) -> Floats:
        return np.zeros(len(X))


class Social(LinearRegression):
    """Looks at the other rows."""

    def predict(self, X: Any) -> Floats:
        result: Floats = super().predict(X) + 1e-3 * np.arange(len(X))
        return result


class Unseeded(ExtraTrees):
    """Another forest every time."""

    @classmethod
    def _seeded(cls, parameters: Any, seed: int) -> Any:
        return cls(**parameters)


MUTANTS: dict[type[Any], tuple[str, Check]] = {
    Certain: ("linear_regression", check_the_spread_is_above_0),
    Social: ("linear_regression", check_the_order_of_rows_does_not_matter),
    Forgetful: ("linear_regression", check_the_kernel_equals_the_estimator),
    Unseeded: ("extra_trees", check_the_seed_decides),
}


@pytest.fixture
def planted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Any]]:
    mutant: type[Any] = request.param
    monkeypatch.setattr(fitting, "regressor_of", lambda rule: mutant)
    usual.cache_clear()
    yield mutant
    usual.cache_clear()


@pytest.mark.parametrize("planted", MUTANTS, indirect=True)
def test_a_planted_mistake_breaks_the_contract(planted: type[Any]) -> None:
    kind, check = MUTANTS[planted]

    with pytest.raises(AssertionError):
        check(kind)


def test_a_kernel_that_looks_at_other_rows_breaks_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    own: Any = KERNELS["linear_regression"]

    class SocialKernel(own):  # type: ignore[misc]  # chosen above
        def __call__(self, x: Floats) -> tuple[Floats, Floats]:
            mean, spread = super().__call__(x)
            return mean * (1 + 1e-15 * len(x)), spread

    monkeypatch.setitem(KERNELS, "linear_regression", SocialKernel)

    check_the_kernel_equals_the_estimator("linear_regression")
    with pytest.raises(AssertionError):
        check_a_batch_equals_its_rows_bit_for_bit("linear_regression")


@pytest.mark.parametrize(
    ("kind", "parameters", "named"),
    [
        ("oracle", {}, "linear_regression"),
        ("linear_regression", {"colour": "red"}, "colour"),
        ("linear_regression", {"fit_intercept": "perhaps"}, "fit_intercept"),
        ("random_forest", {"n_estimators": 0}, "n_estimators"),
        ("extra_trees", {"n_estimators": "many"}, "n_estimators"),
        ("extra_trees", {"criterion": "luck"}, "criterion"),
        ("neural_network", {"hidden": []}, "hidden"),
        ("neural_network", {"hidden": [8, 0]}, "hidden"),
        ("neural_network", {"hidden": 8}, "hidden"),
        ("neural_network", {"epochs": 0}, "epochs"),
        ("neural_network", {"patience": 1.5}, "patience"),
        ("neural_network", {"batch_size": True}, "batch_size"),
        ("neural_network", {"learning_rate": 0}, "learning_rate"),
        ("neural_network", {"learning_rate": "fast"}, "learning_rate"),
        ("neural_network", {"held_out": 1.0}, "held_out"),
        ("gaussian_process", {"nu": 2.0}, "nu"),
        ("gaussian_process", {"length_scales": "some"}, "length_scales"),
        ("gaussian_process", {"restarts": -1}, "restarts"),
        ("gaussian_process", {"most_rows": 0}, "most_rows"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_before_there_is_data(
    kind: str, parameters: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigError, match=rf"regressor 'mine': .*{named}"):
        fit_regressors(RegressorRule(kind, "mine", parameters=parameters), NAMES, [], target="depth")
