"""What is measured of predictions: by hand, and over many made-up processes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from core.errors import ModelError
from core.prediction import PredictionRule
from models.predictor import CHOSEN, Validation
from models.target_folds import Settings, random_folds
from models.target_held_out import Folds, HeldOut, Measured, held_out
from models.target_validation import misses_of, nested_intervals, random_intervals, validate
from tests.models.targets.made_up import CURVE, LINE, Floats, rows_of

RULE = PredictionRule()


def same_throughout(mean: Floats, spread: Floats, settings: Settings) -> HeldOut:
    """A regressor whose predictions do not depend on what it was fitted to."""
    k = len(settings.rows)
    return HeldOut((mean, spread), (mean, spread), (np.tile(mean, (k, 1)), np.tile(spread, (k, 1))))


@pytest.fixture
def settings() -> Settings:
    """Ten settings; the last has three rows."""
    return Settings.of(np.array([*range(10), 9, 9], dtype=float)[:, None])


def folds_of(settings: Settings) -> Folds:
    of_row = settings.of_row
    return Folds(of_row, of_row, random_folds(len(of_row), 0))


def test_an_interval_is_as_wide_as_the_misses_of_the_other_settings(settings: Settings) -> None:
    measured = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], dtype=float)
    held = same_throughout(np.zeros(12), np.full(12, 2.0), settings)

    found = nested_intervals(held, measured, settings.of_row, settings, 0.5)

    # Of the other nine settings, each of weight 1 / 9, the fifth miss; without the first: 6.
    assert found.half[0] == pytest.approx(6.0)
    assert found.half[8] == pytest.approx(5.0)
    np.testing.assert_allclose(found.half[9:], 5.0)
    np.testing.assert_array_equal(misses_of(held, measured), measured / 2)


def test_random_intervals_come_from_the_rows_of_other_parts() -> None:
    fold = np.array([0, 1, 2, 3, 4])
    held = HeldOut((np.zeros(5), np.ones(5)), (np.zeros(5), np.ones(5)), (np.zeros((5, 5)), np.ones((5, 5))))

    found = random_intervals(held, np.array([1.0, 2, 3, 4, 5]), fold, 0.6)

    assert found.half.tolist() == [4, 4, 4, 3, 3]


def by_name(rows: tuple[Validation, ...]) -> Mapping[tuple[str, str], Validation]:
    return {(row.regressor, row.split): row for row in rows}


def test_figures_are_those_by_hand(settings: Settings) -> None:
    measured = np.arange(12.0)
    held = same_throughout(measured + 0.5, np.ones(12), settings)

    chosen, rows = validate("height", measured, {"a": held}, folds_of(settings), settings, RULE)

    assert chosen == "a"
    figures = by_name(rows)[("a", "by_setting")]
    assert (figures.target, figures.rows) == ("height", 12)
    assert figures.r2 == pytest.approx(1 - 12 * 0.25 / (143 * 1.0))
    assert (figures.mae, figures.coverage, figures.width) == pytest.approx((0.5, 1.0, 1.0))
    assert list(by_name(rows)) == [("a", "by_setting"), ("a", "random"), (CHOSEN, "by_setting")]


def test_the_choice_is_made_anew_without_the_setting_it_is_judged_by(settings: Settings) -> None:
    measured = np.zeros(12)
    # Far off at the first setting alone, and a little better than the other everywhere else.
    far = same_throughout(np.where(np.arange(12) == 0, 5.0, 0.9), np.ones(12), settings)
    steady = same_throughout(np.ones(12), np.ones(12), settings)

    chosen, rows = validate(
        "height", measured, {"steady": steady, "far": far}, folds_of(settings), settings, RULE
    )

    assert chosen == "steady"
    # Without the first setting the other is clearly better, and it is what is asked about the first.
    expected = (5.0 + 11 * 1.0) / 12
    assert by_name(rows)[(CHOSEN, "by_setting")].mae == pytest.approx(expected)


def test_the_profile_s_choice_is_kept_and_its_figures_are_the_product_s(settings: Settings) -> None:
    measured = np.arange(12.0)
    good, bad = (same_throughout(measured + off, np.ones(12), settings) for off in (0.1, 2.0))

    chosen, rows = validate(
        "height",
        measured,
        {"good": good, "bad": bad},
        folds_of(settings),
        settings,
        PredictionRule(choice="bad"),
    )

    assert chosen == "bad"
    assert by_name(rows)[(CHOSEN, "by_setting")].mae == pytest.approx(2.0)


def test_a_regressor_that_predicts_nothing_is_never_chosen(settings: Settings) -> None:
    measured = np.arange(12.0)
    lost = same_throughout(np.full(12, np.nan), np.ones(12), settings)
    good = same_throughout(measured, np.ones(12), settings)

    chosen, rows = validate(
        "height", measured, {"lost": lost, "good": good}, folds_of(settings), settings, RULE
    )

    assert chosen == "good"
    assert by_name(rows)[("lost", "by_setting")].coverage == 0.0
    with pytest.raises(ModelError, match=r"target height: .* got none of \['lost'\]"):
        validate("height", measured, {"lost": lost}, folds_of(settings), settings, RULE)


@pytest.mark.parametrize("size", [1.0, 1.2])  # the mean of twelve 1.2 is not 1.2
def test_a_target_that_never_varies_has_no_share_of_variance(settings: Settings, size: float) -> None:
    measured = np.full(12, size)
    held = same_throughout(measured, np.ones(12), settings)

    _, rows = validate("height", measured, {"a": held}, folds_of(settings), settings, RULE)

    assert np.isnan(rows[0].r2)
    assert rows[0].mae == 0.0


def test_over_many_processes_intervals_hold_what_they_promise_at_new_settings() -> None:
    inside, random = [], []
    for seed in range(15):
        X, Y = rows_of(15, 4, seed=seed, scatter=0.3)
        settings = Settings.of(X)
        folds = folds_of(settings)
        held = held_out(Measured(X, ("force", "speed"), Y, ("height", "width"), 0), [LINE], folds, jobs=1)
        _, rows = validate("height", Y[:, 0], {"line": held["line", "height"]}, folds, settings, RULE)
        figures = by_name(rows)
        inside.append(figures["line", "by_setting"].coverage)
        random.append(figures["line", "random"].width / figures["line", "by_setting"].width)

    assert 0.87 <= np.mean(inside) <= 0.96
    assert np.mean(random) < 0.8  # twins in training promise more than a new setting keeps


def test_twins_in_training_flatter_the_error() -> None:
    X, Y = rows_of(15, 4, scatter=0.3)
    settings = Settings.of(X)
    held = held_out(
        Measured(X, ("force", "speed"), Y, ("height", "width"), 0), [CURVE], folds_of(settings), jobs=1
    )
    _, rows = validate(
        "width", Y[:, 1], {"curve": held["curve", "width"]}, folds_of(settings), settings, RULE
    )
    figures = by_name(rows)

    assert figures["curve", "random"].mae < figures["curve", "by_setting"].mae
    assert figures["curve", "random"].width < figures["curve", "by_setting"].width
