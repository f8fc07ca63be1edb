"""scikit-learn's own estimator checks, for the detectors that are not scikit-learn's own.

Its IsolationForest is left out: two checks of sample weights fail upstream.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from memae.detector import MemAE
from models.autoencoder import AutoEncoder
from models.ensemble import MEMBERS, Ensemble

OPT_IN = "check_array_api_input"
"""Skips itself unless SciPy's array API was switched on before its import; we do not offer it."""


def checks() -> Iterator[Any]:
    networks = (AutoEncoder(epochs=3), MemAE(epochs=3, warm_up=1, slots=10))
    for estimator in (*networks, *(member() for member in MEMBERS.values()), Ensemble(folds=3)):
        for built, check in estimator_checks_generator(estimator):
            name = check.func.__name__
            if name != OPT_IN:
                yield pytest.param(built, check, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_passes_the_checks_of_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
