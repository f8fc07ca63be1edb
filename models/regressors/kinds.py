"""Which regressor stands behind which kind."""

from __future__ import annotations

from typing import Any

from core.errors import ConfigError
from core.prediction import RegressorRule
from models.regressors.contract import Regressor


def regressors() -> dict[str, type[Regressor]]:
    """Kind, as profiles name it, to estimator class.

    Loads scikit-learn, not tensorflow: for training and tests. Serving computes from
    exported arrays instead (`inference.prediction.kernels`) and never calls this.
    """
    from models.regressors.extra_trees import ExtraTrees
    from models.regressors.gaussian_process import GaussianProcess
    from models.regressors.linear_regression import LinearRegression
    from models.regressors.neural_network import NeuralNetwork
    from models.regressors.random_forest import RandomForest

    kinds: dict[str, Any] = {
        "linear_regression": LinearRegression,
        "random_forest": RandomForest,
        "neural_network": NeuralNetwork,
        "gaussian_process": GaussianProcess,
        "extra_trees": ExtraTrees,
    }
    return kinds


def regressor_of(rule: RegressorRule) -> type[Regressor]:
    """The class of a profile's regressor, its parameters checked before there is any data.

    Raises
    ------
    ConfigError
        An unknown kind, a parameter it does not have, or a value it cannot use.
    """
    known = regressors()
    if rule.kind not in known:
        names = ", ".join(map(repr, known))
        raise ConfigError(f"regressor {rule.name!r}: kind: expected one of {names}, got {rule.kind!r}")
    try:
        known[rule.kind].check(rule.parameters)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"regressor {rule.name!r}: parameters: {error}") from error
    return known[rule.kind]
