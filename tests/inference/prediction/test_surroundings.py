"""Where inputs lie beside what was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference.prediction import surroundings
from inference.prediction.predicted import STANDINGS
from inference.prediction.surroundings import Surroundings
from tests.inference.prediction.plants import SETTINGS

EBW = Path(__file__).resolve().parents[4] / "shared" / "data" / "ebw" / "ebw_data.csv"


def standing(around: Surroundings, *rows: list[float]) -> list[str]:
    return [STANDINGS[code] for code in around.place(np.array(rows)).standing]


def test_a_setting_trained_on_was_run_before_and_its_neighbourhood_was_not() -> None:
    around = Surroundings(SETTINGS)

    assert set(standing(around, *SETTINGS.tolist())) == {"run_before"}
    assert standing(around, [45.5, 140.0, 8.0, 80.0]) == ["never_run"]


def test_outside_says_which_input_and_on_which_side() -> None:
    placed = Surroundings(SETTINGS).place(np.array([[42.0, 140.0, 13.0, 80.0]]))

    assert [STANDINGS[code] for code in placed.standing] == ["outside"]
    assert placed.outside.tolist() == [[-1, 0, 1, 0]]


def test_a_corner_of_the_ranges_is_far_although_no_input_is_outside() -> None:
    around = Surroundings(SETTINGS)

    assert standing(around, [43.0, 131.0, 12.0, 60.0]) == ["far"]


def test_distances_are_in_units_of_the_trained_range() -> None:
    placed = Surroundings(SETTINGS).place(np.array([[46.0, 140.0, 8.0, 80.0]]))

    assert placed.nearest.tolist() == [2]
    assert placed.distance.round(9).tolist() == [round(1 / 6, 9)]


def test_a_missing_value_is_outside_of_what_is_known_without_a_distance() -> None:
    placed = Surroundings(SETTINGS).place(np.array([[np.nan, 140.0, 8.0, 80.0]]))

    assert [STANDINGS[code] for code in placed.standing] == ["outside"]
    assert placed.outside.tolist() == [[0, 0, 0, 0]]
    assert placed.nearest.tolist() == [-1]
    assert np.isnan(placed.distance).all()


def test_an_input_that_never_varied_puts_every_other_value_outside() -> None:
    around = Surroundings(np.array([[1.0, 5.0], [2.0, 5.0]]))

    assert standing(around, [1.5, 5.0], [1.5, 5.1]) == ["never_run", "outside"]


def test_beside_a_single_setting_nothing_else_is_known() -> None:
    around = Surroundings(np.array([[1.0, 5.0]]))

    assert standing(around, [1.0, 5.0], [1.0, 5.001]) == ["run_before", "outside"]


def test_rounding_makes_no_new_setting() -> None:
    assert standing(Surroundings(SETTINGS), [45.0 + 1e-12, 140.0, 8.0, 80.0]) == ["run_before"]


def test_the_real_settings_left_out_one_by_one_are_never_far() -> None:
    if not EBW.is_file():
        pytest.skip("real data: ../shared/data/ebw is not there")
    settings = np.unique(np.loadtxt(EBW, delimiter=",", skiprows=1)[:, :4], axis=0)
    found = [
        standing(Surroundings(np.delete(settings, k, axis=0)), settings[k].tolist())[0]
        for k in range(len(settings))
    ]

    assert (found.count("never_run"), found.count("outside"), found.count("far")) == (11, 4, 0)


def test_of_many_settings_an_even_choice_says_how_far_is_far(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = np.random.default_rng(0).random((300, 2))
    exact = Surroundings(settings).reach
    monkeypatch.setattr(surroundings, "MOST_DISTANCES", 1)
    chosen = Surroundings(settings)

    assert 0.5 * exact < chosen.reach <= exact
    assert set(standing(chosen, *settings.tolist())) == {"run_before"}
