"""Predictions that are no records come out as records of the same inputs do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.batch import Batch
from core.profile import Profile
from inference.judge import judge
from inference.plan import compile_plan
from inference.prediction.judging import Sizes
from inference.prediction.outcomes import judge_predicted
from inference.prediction.predictor import Predictor
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant


@pytest.mark.parametrize("wanted", [1.2, 1.8, 2.4])
def test_what_is_asked_by_hand_is_judged_as_a_record_is(
    predictor: Predictor, weld_plant: TrainedPlant, welding: Profile, wanted: float
) -> None:
    targets = [replace(v, nominal=wanted) if v.role == "target" else v for v in welding.variables]
    welding = replace(welding, variables=tuple(targets))
    around, random = predictor.surroundings, np.random.default_rng(3)
    inputs = np.concatenate(
        [
            predictor.trained.settings,
            random.uniform(around.low - 0.1 * around.width, around.high + 0.1 * around.width, (400, 4)),
            predictor.trained.settings + 0.05 * around.width * random.standard_normal((10, 4)),
        ]
    )
    records = [
        {
            "id": str(row),
            "facility": "w",
            **dict(zip(predictor.input_names, values, strict=True)),
        }
        for row, values in enumerate(inputs.tolist())
    ]
    plan = compile_plan(weld_plant, "v1", welding)
    verdicts = judge(Batch.of(welding, records), plan, FillMemory()).verdicts.columns

    predicted, placed = predictor.predict(inputs), predictor.place(inputs)
    outcome, margin = judge_predicted(predicted, placed, Sizes.of(welding))

    assert outcome == list(verdicts["outcome"])
    np.testing.assert_allclose(margin, verdicts["margin"], atol=1e-12)


@pytest.mark.parametrize("wanted", [0, 1])
def test_a_single_target_is_judged_alone(predictor: Predictor, welding: Profile, wanted: int) -> None:
    inputs = predictor.trained.settings
    predicted, placed = predictor.predict(inputs), predictor.place(inputs)
    whole = Sizes.of(welding)
    alone = whole._replace(nominal=np.where(np.arange(2) == wanted, whole.nominal, np.nan))

    margin = judge_predicted(predicted, placed, alone).margin

    expected = 1 - np.abs(predicted.mean[:, wanted] - whole.nominal[wanted]) / whole.tolerance[wanted]
    np.testing.assert_allclose(margin, expected)


def test_where_no_size_is_wanted_there_is_no_outcome(predictor: Predictor) -> None:
    inputs = predictor.trained.settings[:3]
    nothing = Sizes(np.full(2, np.nan), np.full(2, np.nan))

    judged = judge_predicted(predictor.predict(inputs), predictor.place(inputs), nothing)

    assert judged.outcome == [None, None, None]
    assert np.isnan(judged.margin).all()
