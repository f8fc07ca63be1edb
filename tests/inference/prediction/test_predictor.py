"""Sizes with their intervals, by the regressor that was chosen or another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ConfigError, ModelRefused
from core.profile import Profile
from inference.prediction.predictor import Predictor, compile_predictor
from models.artifact import TrainedPlant
from models.predictor_golden import PredictorGolden
from tests.inference.prediction.plants import SETTINGS

ROW = np.array([[46.0, 140.0, 8.0, 80.0]])


def test_predicts_what_the_weights_say_with_the_interval_around_it(predictor: Predictor) -> None:
    predicted = predictor.predict(ROW)

    assert predicted.mean.round(6).tolist() == [[1.2, 2.0]]
    assert predicted.low.round(6).tolist() == [[1.1, 1.9]]
    assert predicted.high.round(6).tolist() == [[1.3, 2.1]]
    assert predicted.regressors == ("linear_regression", "linear_regression")


def test_another_regressor_answers_for_the_target_it_is_asked_for(predictor: Predictor) -> None:
    slow = ROW - [[0, 0, 3, 0]]

    predicted = predictor.predict(slow, {"depth": "flat"})

    assert predicted.mean.round(6).tolist() == [[1.2, 2.3]]
    assert predicted.regressors == ("flat", "linear_regression")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"height": "flat"}, "expected targets out of depth, width, got 'height'"),
        ({"depth": "oracle"}, "expected one of linear_regression, flat, got 'oracle'"),
    ],
)
def test_an_unknown_target_or_regressor_is_told_with_those_there_are(
    predictor: Predictor, asked: dict[str, str], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        predictor.predict(ROW, asked)


def test_a_row_alone_comes_out_as_it_does_among_others(predictor: Predictor) -> None:
    rng = np.random.default_rng(3)
    rows = SETTINGS[rng.integers(0, len(SETTINGS), 5000)] + rng.normal(size=(5000, 4))

    whole = predictor.predict(rows)

    for at in (0, 1, 4095, 4096, 4999):
        alone = predictor.predict(rows[at : at + 1])
        assert (alone.mean[0] == whole.mean[at]).all()
        assert (alone.low[0] == whole.low[at]).all()


def test_a_row_that_lacks_an_input_gets_no_prediction_and_the_others_do(predictor: Predictor) -> None:
    rows = np.concatenate([ROW, ROW])
    rows[0, 2] = np.nan

    predicted = predictor.predict(rows)

    assert np.isnan([predicted.mean[0], predicted.low[0], predicted.high[0]]).all()
    assert np.isfinite(predicted.mean[1]).all()


def test_an_interval_ends_at_the_physical_limits(with_misses: Callable[..., Predictor]) -> None:
    predicted = with_misses(np.full(10, 5.0)).predict(ROW)

    assert predicted.low.tolist() == [[0.0, 0.0]]
    assert predicted.high.round(6).tolist() == [[6.2, 7.0]]


def test_quantities_follow_from_settings_and_predicted_sizes(predictor: Predictor) -> None:
    found = predictor.quantities(ROW, predictor.predict(ROW).mean)

    assert {name: column.round(6).tolist() for name, column in found.items()} == {
        "line_energy": [round(19.9 * 46 / 8, 6)],
        "weld_section": [2.4],
    }


def test_a_quantity_without_a_finite_value_is_missing(predictor: Predictor) -> None:
    still = np.array([[46.0, 140.0, 0.0, 80.0]])

    assert np.isnan(predictor.quantities(still, np.ones((1, 2)))["line_energy"]).all()


def test_a_quantity_of_minus_zero_is_zero(predictor: Predictor) -> None:
    off = np.array([[-0.0, 140.0, 8.0, 80.0]])

    assert str(predictor.quantities(off, np.ones((1, 2)))["line_energy"][0]) == "0.0"


def test_regressors_are_listed_with_the_chosen_one_first(predictor: Predictor) -> None:
    assert predictor.regressors == {
        "depth": ("linear_regression", "flat"),
        "width": ("linear_regression", "flat"),
    }


def test_inputs_given_are_not_changed(predictor: Predictor) -> None:
    rows: NDArray[np.float64] = ROW.copy()

    predictor.predict(rows)
    predictor.place(rows)

    assert (rows == ROW).all()


def test_a_version_of_another_process_is_refused(profile: Profile, weld_plant: TrainedPlant) -> None:
    with pytest.raises(ModelRefused, match="of the process 'beam_welding', which predicts targets"):
        compile_predictor(weld_plant, "v1", profile)


def test_a_version_without_a_predictor_is_refused_by_a_process_that_predicts(
    plant: TrainedPlant, welding: Profile
) -> None:
    with pytest.raises(ModelRefused, match="which judges what was measured; the process 'beam_welding'"):
        compile_predictor(plant, "v1", welding)


def test_a_version_with_other_inputs_is_refused(weld_plant: TrainedPlant, welding: Profile) -> None:
    assert weld_plant.predictor is not None
    other = replace(weld_plant.predictor, input_names=("a", "b", "c", "d"))

    with pytest.raises(ModelRefused, match="trained with the inputs a, b, c, d"):
        compile_predictor(replace(weld_plant, predictor=other), "v1", welding)


def test_a_version_that_predicts_otherwise_than_in_training_is_refused(
    weld_plant: TrainedPlant, welding: Profile
) -> None:
    assert weld_plant.predictor is not None
    golden = PredictorGolden(ROW, np.array([[1.2, 2.0, 1.2, 2.0]]), np.ones((1, 4)))
    good = replace(weld_plant.predictor, golden=golden)
    damaged = replace(good, golden=replace(golden, mean=1.01 * golden.mean))

    assert compile_predictor(replace(weld_plant, predictor=good), "v1", welding) is not None
    with pytest.raises(ModelRefused, match="golden prediction 0"):
        compile_predictor(replace(weld_plant, predictor=damaged), "v1", welding)


@pytest.mark.parametrize("enters", [1, 2])
def test_a_value_that_cannot_enter_costs_its_row_the_prediction_and_no_other(
    weld_plant: TrainedPlant, welding: Profile, enters: int
) -> None:
    assert weld_plant.predictor is not None
    first, *others = weld_plant.predictor.regressors
    first = replace(first, enters=np.array([0, 0, enters, 0], dtype=np.int8))
    trained = replace(weld_plant.predictor, regressors=(first, *others))
    rows = np.concatenate([ROW, ROW * [[1, 1, 0, 1]]])

    predicted = Predictor(trained, welding, "v1").predict(rows)

    assert np.isfinite(predicted.mean).tolist() == [[True, True], [False, True]]
