"""A trained predictor, ready to answer: sizes with their intervals, and where they can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigError, ModelRefused
from core.prediction import Quantity
from core.profile import Profile
from inference.prediction.inputs import InputReader
from inference.prediction.loaded_regressor import LoadedRegressor
from inference.prediction.predicted import Placed, Predicted
from inference.prediction.surroundings import Surroundings
from models.artifact import TrainedPlant
from models.predictor import TrainedPredictor

Floats = NDArray[np.float64]
ROWS: Final = 4096
"""Inputs predicted at a time: what the kernels lay out for them stays some megabytes."""


class Predictor:
    """Answers for whole batches; pure, and safe in any thread.

    Parameters
    ----------
    trained : TrainedPredictor
    profile : Profile
        Its coverage, limits and quantities count, not those at training time.
    version : str
        Registry version.

    Attributes
    ----------
    input_names, target_names : tuple of str
        Columns of inputs and predictions.
    regressors : mapping of str to tuple of str
        For each target the names of the regressors that can predict it, the chosen one first.
    surroundings : Surroundings
        Trained ranges and reach.

    Raises
    ------
    ModelRefused
        It was trained on other inputs or targets, a regressor's arrays are not those of its
        kind, or it does not predict its golden rows as in training.
    """

    def __init__(self, trained: TrainedPredictor, profile: Profile, version: str) -> None:
        _check_names(trained, profile)
        self.trained, self.profile, self.version = trained, profile, version
        self.input_names, self.target_names = trained.input_names, trained.target_names
        self.surroundings = Surroundings(trained.settings)
        self._reader = InputReader(profile)
        self._chosen = dict(zip(trained.target_names, trained.chosen, strict=True))
        self.regressors = {
            target: tuple(sorted(_named(trained, target), key=lambda name: name != self._chosen[target]))
            for target in trained.target_names
        }
        coverage = profile.prediction.coverage
        self._regressors = {
            (fitted.target, fitted.name): LoadedRegressor.of(fitted, trained, coverage)
            for fitted in trained.regressors
        }
        if trained.golden is not None:
            trained.golden.check(self._all_of)
        limits = [variable.limits or (-np.inf, np.inf) for variable in profile.targets]
        self._low, self._high = np.array(limits, dtype=np.float64).reshape(-1, 2).T

    @property
    def kinds(self) -> list[str]:
        """For each trained setting who predicts: the chosen regressors, each once."""
        return ["+".join(dict.fromkeys(self._chosen.values()))] * len(self.trained.settings)

    @property
    def labels(self) -> list[str]:
        """Every trained setting as a text, e.g. ``IW 47, IF 139``, by the fields of documents."""
        fields = [".".join(variable.path) for variable in self.profile.inputs]
        return [
            ", ".join(f"{field} {value:g}" for field, value in zip(fields, row, strict=True))
            for row in self.trained.settings.tolist()
        ]

    def predict(self, inputs: Floats, regressors: Mapping[str, str] | None = None) -> Predicted:
        """Predict the targets of inputs ``(n, d)``, unscaled.

        A row alone comes out as it does among others, bit for bit.

        Parameters
        ----------
        inputs : (n, d) float64
            Columns as `input_names`.
        regressors : mapping of str to str, optional
            Target -> the regressor to ask instead of the chosen one.

        Returns
        -------
        Predicted
            NaN where an input is missing or the regressor gives no finite number. An interval
            ends at the target's physical limits.

        Raises
        ------
        ConfigError
            There is no such target or regressor.
        """
        names = self._asked(regressors or {})
        mean, low, high = (np.full((len(inputs), len(names)), np.nan) for _ in range(3))
        rows = np.flatnonzero(np.isfinite(inputs).all(axis=1))
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            given = np.ascontiguousarray(inputs[part], dtype=np.float64)
            for j, key in enumerate(zip(self.target_names, names, strict=True)):
                regressor = self._regressors[key]
                able = regressor.enters(given)
                with np.errstate(all="ignore"):
                    middle, spread = regressor.predict(given if able.all() else given[able])
                    half = regressor.factor * spread
                usable = np.isfinite(middle) & np.isfinite(half)
                told, middle, half = part[able][usable], middle[usable], half[usable]
                mean[told, j], low[told, j], high[told, j] = middle, middle - half, middle + half
        low = np.where(low < self._low, np.minimum(self._low, mean), low)
        high = np.where(high > self._high, np.maximum(self._high, mean), high)
        return Predicted(mean, low, high, names)

    def place(self, inputs: Floats) -> Placed:
        """Where inputs ``(n, d)`` lie beside the settings trained on; see `Surroundings`."""
        return self.surroundings.place(inputs)

    def quantities(self, inputs: Floats, mean: Floats) -> dict[str, Floats]:
        """What follows from inputs ``(n, d)`` and predicted targets ``(n, t)``, ``(n,)`` by name.

        NaN where it is no finite number.
        """
        columns = dict(zip(self.input_names, inputs.T, strict=True))
        columns |= dict(zip(self.target_names, mean.T, strict=True))
        return {quantity.name: _quantity(quantity, columns) for quantity in self.profile.quantities}

    def read(self, values: Mapping[str, object]) -> Floats:
        """One row of inputs ``(1, d)`` by names or document paths, in any case of letters.

        Raises
        ------
        InputsRefused
            Names every value that cannot be used: unknown, missing, no number, not finite,
            outside the physical limits.
        """
        return self._reader.read(values)

    def name_of(self, text: str) -> str | None:
        """The input, target or quantity that goes by this text; None: there is none."""
        own = {quantity.name.casefold(): quantity.name for quantity in self.profile.quantities}
        return self._reader.name_of(text) or own.get(text.strip().casefold())

    def _all_of(self, inputs: Floats) -> tuple[Floats, Floats]:
        """Means and spreads ``(k, f)`` by every regressor, in the order they were trained."""
        found = [self._regressors[one.target, one.name].predict(inputs) for one in self.trained.regressors]
        mean, spread = (np.stack(columns, axis=1) for columns in zip(*found, strict=True))
        return mean, spread

    def _asked(self, regressors: Mapping[str, str]) -> tuple[str, ...]:
        for target, name in regressors.items():
            if target not in self._chosen:
                known = ", ".join(self.target_names)
                msg = f"regressors: expected targets out of {known}, got {target!r}"
                raise ConfigError(msg)
            if (target, name) not in self._regressors:
                known = ", ".join(self.regressors[target])
                msg = f"regressor of {target}: expected one of {known}, got {name!r}"
                raise ConfigError(msg)
        return tuple(regressors.get(target, chosen) for target, chosen in self._chosen.items())


def compile_predictor(plant: TrainedPlant, version: str, profile: Profile) -> Predictor | None:
    """The predictor of a trained plant; None where it judges by groups.

    Raises
    ------
    ModelRefused
        It was trained for another process, or as of `Predictor`.
    """
    if plant.predictor is None and not profile.regressors:
        return None
    if plant.predictor is None or not profile.regressors:
        does, wanted = "judges what was measured", "predicts targets"
        if plant.predictor is not None:
            does, wanted = wanted, does
        raise ModelRefused(
            f"version {version} is of the process {plant.profile_name!r}, which {does}; the process "
            f"{profile.name!r} {wanted}: train for it, or name the process that the version is of"
        )
    return Predictor(plant.predictor, profile, version)


def _named(trained: TrainedPredictor, target: str) -> list[str]:
    return [fitted.name for fitted in trained.regressors if fitted.target == target]


def _quantity(quantity: Quantity, columns: Mapping[str, Floats]) -> Floats:
    with np.errstate(all="ignore"):
        product = np.full(len(next(iter(columns.values()))), quantity.factor)
        for name, power in quantity.powers.items():
            product = product * columns[name] ** power
    return np.where(np.isfinite(product), product, np.nan) + 0.0  # -0.0 and 0.0 are one


def _check_names(trained: TrainedPredictor, profile: Profile) -> None:
    for role, had, wanted in (
        ("inputs", trained.input_names, [v.name for v in profile.inputs]),
        ("targets", trained.target_names, [v.name for v in profile.targets]),
    ):
        if list(had) != wanted:
            raise ModelRefused(
                f"trained with the {role} {', '.join(had)}; the profile {profile.name!r} now has "
                f"{', '.join(wanted)}: train again, or go back to the profile it was trained with"
            )
    if not len(trained.settings):
        raise ModelRefused("expected settings that were trained on, got none: train again")
    fitted = {(one.target, one.name) for one in trained.regressors}
    for target, name in zip(trained.target_names, trained.chosen, strict=True):
        if (target, name) not in fitted:
            raise ModelRefused(
                f"expected the regressor {name!r} chosen for {target!r}, got none of that name"
            )
