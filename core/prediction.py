"""What a process predicts: regressors, their choice, derived quantities, the reverse question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RegressorRule:
    """A regressor that every target may get.

    Attributes
    ----------
    kind : str
        One of `models.regressors.kinds.regressors`.
    name : str
        What reports call it; the kind unless one kind stands there twice.
    inverse, logarithmic : tuple of str
        Inputs that enter as ``1 / x`` or ``log x``, where physics says so.
    parameters : mapping
        Go to the estimator as they are.
    """

    kind: str
    name: str
    inverse: tuple[str, ...] = ()
    logarithmic: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PredictionRule:
    """How targets are predicted.

    Attributes
    ----------
    coverage : float
        Share of measurements that a prediction interval shall hold, above 0.5 and below 1.
    choice : str
        ``"by_validation"``: each target gets the first regressor, unless another one errs clearly
        less on settings left out of training; or a regressor's name, for all of them.
    """

    coverage: float = 0.9
    choice: str = "by_validation"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A product of powers of inputs and targets, e.g. line energy = 20 V * current / speed.

    ``factor * prod(x_i ** powers_i)``; no formula language, nothing to execute.
    """

    name: str
    unit: str
    factor: float
    powers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class AdviceRule:
    """The reverse question: which settings make these, variables or quantities, least."""

    minimize: tuple[str, ...] = ()
