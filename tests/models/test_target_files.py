"""A predictor in the registry: what is loaded is what was saved, and what is damaged is not loaded."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from core.errors import ModelCorrupt, ModelRefused
from models.artifact import TrainedPlant
from models.golden import no_golden
from models.plant_files import to_files
from models.predictor import CHOSEN, FittedRegressor, TrainedPredictor, Validation
from models.predictor_files import PREDICTOR, predictor_from_files, predictor_to_files
from models.predictor_golden import PredictorGolden
from models.registry import Registry
from tests.models.test_registry import assert_equal

Make = Callable[..., TrainedPlant]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def regressor(name: str, target: str, misses: int) -> FittedRegressor:
    random = np.random.default_rng(misses)
    return FittedRegressor(
        name,
        "linear_regression",
        target,
        np.array([0, 1, 2], dtype=np.int8),
        random.normal(size=3),
        random.uniform(1, 2, size=3),
        {"coefficients": random.normal(size=(3, misses)), "intercept": np.array(2.5, dtype=np.float32)},
        np.sort(random.uniform(size=misses)),
        np.full(misses, 1 / misses),
        misses - 0.5,
    )


@pytest.fixture
def predictor() -> TrainedPredictor:
    random = np.random.default_rng(1)
    return TrainedPredictor(
        input_names=("current", "speed", "용접"),
        target_names=("depth", "width"),
        regressors=(regressor("a", "depth", 4), regressor("b", "width", 6)),
        chosen=("a", "b"),
        settings=random.normal(size=(5, 3)),
        setting_rows=np.array([4, 4, 1, 2, 1], dtype=np.int64),
        setting_means=random.normal(size=(5, 2)),
        measured=random.normal(size=(12, 2)),
        held_out=random.normal(size=(12, 2)),
        validation=(
            Validation("depth", "a", "by_setting", 12, 0.7, 0.08, 0.9, 0.4),
            Validation("width", CHOSEN, "by_setting", 12, float("nan"), 0.08, 0.9, 0.4),
        ),
        golden=PredictorGolden(random.normal(size=(3, 3)), random.normal(size=(3, 2)), np.ones((3, 2))),
    )


def test_a_saved_predictor_comes_back_equal(
    registry: Registry, make_plant: Make, predictor: TrainedPredictor
) -> None:
    plant = replace(make_plant(), models=(), spaces=(), coverage=(), predictor=predictor)
    registry.save(plant, now=NOON)

    assert_equal(registry.load()[0], plant)


def test_a_predictor_without_golden_predictions_comes_back_equal(predictor: TrainedPredictor) -> None:
    plain = replace(predictor, golden=None)

    assert_equal(predictor_from_files(predictor_to_files(plain)), plain)


def test_versions_without_a_predictor_have_none(make_plant: Make) -> None:
    plant = make_plant()
    files = to_files(plant, no_golden(2, 3))

    assert not [name for name in files if name.startswith(PREDICTOR)]
    assert predictor_from_files(files) is None


@pytest.mark.parametrize("how", ["bit flipped", "gone"])
def test_a_damaged_predictor_is_named_and_not_loaded(
    registry: Registry, make_plant: Make, predictor: TrainedPredictor, how: str
) -> None:
    folder = registry.folder / registry.save(replace(make_plant(), predictor=predictor), now=NOON)
    for path in sorted(folder.glob("predictor*.npz")):
        kept = path.read_bytes()
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))

        with pytest.raises(ModelCorrupt, match=path.name):
            registry.load()

        path.write_bytes(kept)
    assert registry.load()[0].predictor is not None


def test_arrays_that_do_not_belong_together_are_no_predictor(predictor: TrainedPredictor) -> None:
    files = predictor_to_files(predictor)
    files[PREDICTOR]["regressor_kind"] = files[PREDICTOR]["regressor_kind"][:1]

    with pytest.raises(ValueError, match="argument"):
        predictor_from_files(files)


@pytest.mark.parametrize(
    ("what", "change"),
    [("mean", 1e-3), ("spread", 1e-3), ("mean", float("nan")), ("spread", float("inf"))],
)
def test_a_prediction_that_differs_from_the_golden_one_is_refused(
    predictor: TrainedPredictor, what: str, change: float
) -> None:
    golden = predictor.golden
    assert golden is not None
    now = {"mean": golden.mean.copy(), "spread": golden.spread.copy()}
    now[what][1, 1] += change

    golden.check(lambda X: (golden.mean, golden.spread * (1 + 1e-7)))
    with pytest.raises(ModelRefused, match=rf"golden prediction 1 \(regressor 1\): expected {what}"):
        golden.check(lambda X: (now["mean"], now["spread"]))


def test_a_golden_prediction_that_is_not_finite_allows_nothing(predictor: TrainedPredictor) -> None:
    golden = predictor.golden
    assert golden is not None
    broken = replace(golden, mean=np.full_like(golden.mean, np.inf))

    with pytest.raises(ModelRefused, match="golden prediction 0"):
        broken.check(lambda X: (golden.mean, golden.spread))
