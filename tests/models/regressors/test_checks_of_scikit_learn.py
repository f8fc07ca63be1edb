"""scikit-learn's own estimator checks, for the regressors that are not scikit-learn's own.

Its forests and its linear regression are checked upstream.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from models.regressors.gaussian_process import GaussianProcess
from models.regressors.neural_network import NeuralNetwork

OPT_IN = "check_array_api_input"
"""Skips itself unless SciPy's array API was switched on before its import; we do not offer it."""


def checks() -> Iterator[Any]:
    for estimator in (GaussianProcess(restarts=0), NeuralNetwork((8,), epochs=40, learning_rate=0.02)):
        for built, check in estimator_checks_generator(estimator):
            name = check.func.__name__
            if name != OPT_IN:
                yield pytest.param(built, check, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_passes_the_checks_of_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
