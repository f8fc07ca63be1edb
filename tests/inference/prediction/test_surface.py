"""Predictions over two inputs, for the picture."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ConfigError
from inference.prediction.predicted import STANDINGS
from inference.prediction.predictor import Predictor
from inference.prediction.surface import surface

ROW = np.array([[46.0, 140.0, 8.0, 80.0]])


def test_every_cell_is_what_its_inputs_alone_predict(predictor: Predictor) -> None:
    found = surface(predictor, ROW, "weld_speed", "weld_current", steps=5)

    for i, current in enumerate(found.up_values):
        for j, speed in enumerate(found.across_values):
            cell = np.array([[current, 140.0, speed, 80.0]])
            predicted, placed = predictor.predict(cell), predictor.place(cell)
            assert (found.mean[i, j] == predicted.mean[0]).all()
            assert (found.width[i, j] == (predicted.high - predicted.low)[0]).all()
            assert found.standing[i, j] == placed.standing[0]


def test_it_spans_the_trained_ranges_and_tells_where_it_cannot_be_trusted(predictor: Predictor) -> None:
    found = surface(predictor, ROW, "weld_current", "focal_distance", steps=9)

    assert (found.across_values[[0, -1]] == [43.0, 49.0]).all()
    assert (found.up_values[[0, -1]] == [60.0, 125.0]).all()
    assert {STANDINGS[code] for code in found.standing.ravel()} == {"never_run", "far"}


def test_inputs_that_stay_outside_make_all_of_it_outside(predictor: Predictor) -> None:
    found = surface(predictor, ROW * [[1, 1, 9, 1]], "weld_current", "focal_distance", steps=3)

    assert {STANDINGS[code] for code in found.standing.ravel()} == {"outside"}


def test_another_regressor_may_be_asked(predictor: Predictor) -> None:
    found = surface(predictor, ROW, "weld_speed", "weld_current", steps=3, regressors={"depth": "flat"})

    assert np.ptp(found.mean[:, :, 0]) == 0
    assert np.ptp(found.mean[:, :, 1]) > 0


@pytest.mark.parametrize(
    ("across", "up", "steps"),
    [("weld_speed", "weld_speed", 5), ("weld_speed", "depth", 5), ("weld_speed", "weld_current", 1)],
)
def test_what_is_no_grid_is_refused(predictor: Predictor, across: str, up: str, steps: int) -> None:
    with pytest.raises(ConfigError, match=r"surface: expected"):
        surface(predictor, ROW, across, up, steps=steps)
