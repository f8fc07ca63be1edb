"""From measured targets to a trained predictor: every regressor fitted, validated and chosen from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.profile import Profile
from models.predictor import TrainedPredictor
from models.predictor_golden import PredictorGolden
from models.regressors.fitting import Fitted, fit_regressor
from models.regressors.kinds import regressor_of
from models.target_folds import Settings, random_folds
from models.target_held_out import Folds, HeldOut, Measured, held_out
from models.target_validation import misses_of, validate

Floats = NDArray[np.float64]

MOST_KEPT = 2000
"""Measured rows that are kept with what was predicted of them."""
_GOLDEN = 16
"""Settings predicted as golden ones, and places between them."""


def train_targets(
    inputs: Floats,
    targets: Floats,
    profile: Profile,
    *,
    seed: int,
    jobs: int = -1,
    progress: Callable[[int, int, float], object] | None = None,
) -> TrainedPredictor:
    """Fit every regressor of the profile to every target, on all rows; validate on rows left out.

    Parameters
    ----------
    inputs : (n, d) float64
        Columns as ``profile.inputs``; nothing missing.
    targets : (n, t) float64
        Columns as ``profile.targets``; nothing missing.
    profile : Profile
    seed : int
        The same one gives the same predictor.
    jobs : int
        Processes, -1 for as many as there are cores; the predictor is the same.
    progress : callable, optional
        Called with fits done, fits in all and NaN.

    Raises
    ------
    ConfigError
        A regressor that there is not, or a parameter it does not have.
    HistoryError
        Too few settings.
    ModelError
        A fit failed, or no regressor predicts a target.
    """
    for rule in profile.regressors:
        regressor_of(rule)  # a wrong parameter is told before an hour of training
    settings = Settings.of(inputs)
    measured = Measured(
        inputs,
        tuple(v.name for v in profile.inputs),
        targets,
        tuple(v.name for v in profile.targets),
        seed,
    )
    folds = Folds(settings.one_by_one(seed), settings.pairwise(seed), random_folds(len(inputs), seed))
    held = held_out(
        measured,
        profile.regressors,
        folds,
        jobs=jobs,
        progress=None if progress is None else lambda done, total: progress(done, total, float("nan")),
    )
    judged = [
        validate(
            name,
            targets[:, number],
            {rule.name: held[rule.name, name] for rule in profile.regressors},
            folds,
            settings,
            profile.prediction,
        )
        for number, name in enumerate(measured.target_names)
    ]
    chosen = tuple(name for name, _ in judged)
    fitted = _fit_all(measured, profile)
    kept = _kept(len(inputs), seed)
    return TrainedPredictor(
        input_names=measured.input_names,
        target_names=measured.target_names,
        regressors=tuple(
            one.exported(_misses(one, held, measured), settings.weights(), settings.of_row) for one in fitted
        ),
        chosen=chosen,
        settings=settings.values,
        setting_rows=settings.rows,
        setting_means=_means(targets, settings),
        measured=targets[kept],
        held_out=np.stack(
            [
                held[name, target].one_by_one[0][kept]
                for name, target in zip(chosen, measured.target_names, strict=True)
            ],
            axis=1,
        ),
        validation=tuple(figures for _, rows in judged for figures in rows),
        golden=_golden(fitted, settings),
    )


def _fit_all(measured: Measured, profile: Profile) -> list[Fitted]:
    found = []
    for rule in profile.regressors:
        for number, name in enumerate(measured.target_names):
            try:
                found.append(
                    fit_regressor(
                        rule,
                        measured.input_names,
                        measured.inputs,
                        measured.targets[:, number],
                        target=name,
                        seed=measured.seed,
                    )
                )
            except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
                raise ModelError(f"regressor {rule.name!r} of {name}: {error}") from error
    return found


def _misses(one: Fitted, held: dict[tuple[str, str], HeldOut], measured: Measured) -> Floats:
    y = measured.targets[:, measured.target_names.index(one.target)]
    return misses_of(held[one.rule.name, one.target], y)


def _means(targets: Floats, settings: Settings) -> Floats:
    """(u, t) mean of each setting's rows."""
    sums = np.zeros((len(settings.rows), targets.shape[1]))
    np.add.at(sums, settings.of_row, targets)
    return sums / settings.rows[:, None]


def _kept(rows: int, seed: int) -> NDArray[np.int64]:
    """Rows to keep, ascending: all, or `MOST_KEPT` of them by the seed."""
    if rows <= MOST_KEPT:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, MOST_KEPT, replace=False)).astype(np.int64)


def _golden(fitted: list[Fitted], settings: Settings) -> PredictorGolden:
    """Predictions at settings trained on and between them, where nothing was learnt by heart."""
    count = len(settings.values)
    some = settings.values[np.unique(np.linspace(0, count - 1, min(count, _GOLDEN)).round().astype(int))]
    low, high = some[:-1], some[1:]
    # Between numbers of both signs may lie a 0, which has neither inverse nor logarithm.
    between = ((low + high) / 2)[((low * high > 0) | (low == high)).all(axis=1)]
    inputs = np.concatenate([some, between])
    predicted = [one.predict(inputs) for one in fitted]
    mean, spread = (np.stack([pair[i] for pair in predicted], axis=1) for i in (0, 1))
    return PredictorGolden(inputs, mean, spread)
