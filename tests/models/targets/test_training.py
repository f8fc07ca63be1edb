"""A trained predictor holds what prediction needs, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ConfigError, HistoryError
from core.prediction import RegressorRule
from models.predictor import CHOSEN, TrainedPredictor
from models.regressors.fitting import fit_regressor
from models.target_training import MOST_KEPT, train_targets
from tests.models.targets.made_up import CURVE, LINE, TREES, profile_of, rows_of
from tests.models.test_registry import assert_equal


def trained(
    *rules: RegressorRule, settings: int = 8, seed: int = 0, choice: str = "by_validation"
) -> TrainedPredictor:
    return train_targets(*rows_of(settings), profile_of(*rules, choice=choice), seed=seed, jobs=1)


def test_each_target_gets_the_regressor_that_predicts_new_settings_best() -> None:
    predictor = trained(LINE, CURVE)

    assert predictor.target_names == ("height", "width")
    assert predictor.chosen == ("line", "curve")
    figures = {(v.target, v.regressor, v.split): v for v in predictor.validation}
    assert len(figures) == 2 * (2 * 2 + 1)
    assert figures["width", "curve", "by_setting"].r2 > 0.99 > figures["width", "line", "by_setting"].r2
    assert figures["width", CHOSEN, "by_setting"].r2 > 0.99


def test_the_profile_may_name_the_regressor_of_all_targets() -> None:
    assert trained(LINE, CURVE, choice="curve").chosen == ("curve", "curve")


def test_every_regressor_of_every_target_is_fitted_to_all_rows() -> None:
    X, Y = rows_of()
    predictor = trained(LINE, CURVE)

    assert [(r.name, r.target) for r in predictor.regressors] == [
        ("line", "height"),
        ("line", "width"),
        ("curve", "height"),
        ("curve", "width"),
    ]
    assert predictor.golden is not None
    for number, (rule, target) in enumerate(((LINE, 0), (LINE, 1), (CURVE, 0), (CURVE, 1))):
        fitted = fit_regressor(rule, ("force", "speed"), X, Y[:, target], target="any", seed=0)
        mean, spread = fitted.predict(predictor.golden.inputs)
        np.testing.assert_allclose(predictor.golden.mean[:, number], mean)
        np.testing.assert_allclose(predictor.golden.spread[:, number], spread)


def test_misses_are_sorted_and_weigh_one_together() -> None:
    for regressor in trained(LINE, CURVE).regressors:
        assert len(regressor.misses) == 24
        assert (np.diff(regressor.misses) >= 0).all()
        assert regressor.miss_weights.sum() == pytest.approx(1.0)


def test_settings_are_those_trained_on_with_their_mean_targets() -> None:
    X, Y = rows_of()
    predictor = trained(LINE)

    assert predictor.settings.shape == (8, 2)
    assert predictor.setting_rows.tolist() == [3] * 8
    for setting, mean in zip(predictor.settings, predictor.setting_means, strict=True):
        np.testing.assert_allclose(mean, Y[(setting == X).all(axis=1)].mean(axis=0))


def test_what_was_measured_stands_beside_what_the_chosen_one_predicted_without_it() -> None:
    predictor = trained(LINE, CURVE)
    off = np.abs(predictor.measured - predictor.held_out).mean(axis=0)
    figures = {(v.target, v.regressor, v.split): v.mae for v in predictor.validation}

    assert off[0] == pytest.approx(figures["height", "line", "by_setting"])
    assert off[1] == pytest.approx(figures["width", "curve", "by_setting"])


def test_the_same_seed_gives_the_same_predictor() -> None:
    one, again, other = (trained(TREES, settings=6, seed=seed) for seed in (1, 1, 2))

    assert_equal(one, again)
    with pytest.raises(AssertionError):
        assert_equal(one, other)


def test_golden_predictions_are_also_of_places_between_settings() -> None:
    predictor = trained(LINE)
    assert predictor.golden is not None
    known = {tuple(row) for row in predictor.settings.tolist()}

    assert sum(tuple(row) in known for row in predictor.golden.inputs.tolist()) == 8
    assert len(predictor.golden.inputs) == 15


def test_no_place_between_settings_is_one_that_has_no_inverse() -> None:
    X, Y = rows_of()
    X[:12, 1] *= -1

    golden = train_targets(X, Y, profile_of(CURVE), seed=0, jobs=1).golden

    assert golden is not None
    assert np.isfinite(golden.mean).all()


def test_of_many_rows_a_part_is_kept_with_its_predictions() -> None:
    X, Y = rows_of(60, 40)
    predictor = train_targets(X, Y, profile_of(LINE), seed=0, jobs=1)

    assert predictor.measured.shape == predictor.held_out.shape == (MOST_KEPT, 2)
    assert len(predictor.settings) == 60
    assert len(predictor.regressors[0].misses) == 2400


def test_too_few_settings_and_unknown_regressors_are_refused_before_any_fit() -> None:
    with pytest.raises(HistoryError, match="at least 4 different settings"):
        trained(LINE, settings=3)
    with pytest.raises(ConfigError, match="regressor 'odd': kind"):
        trained(RegressorRule("odd", "odd"))
    with pytest.raises(ConfigError, match="regressor 'trees': parameters"):
        trained(RegressorRule("extra_trees", "trees", parameters={"trees": 5}))


def test_progress_counts_fits_up_to_all_of_them() -> None:
    told: list[tuple[int, int, float]] = []
    train_targets(*rows_of(), profile_of(LINE), seed=0, jobs=1, progress=lambda *done: told.append(done))

    assert told[-1][0] == told[-1][1] > 0
