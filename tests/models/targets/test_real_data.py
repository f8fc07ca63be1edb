"""What the issue asks of predictions on measured welds, whole settings left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.profile_file import load_profile
from ingest.target_table import target_file
from models.predictor import TrainedPredictor
from models.target_training import train_targets

EBW = Path(__file__).resolve().parents[4] / "shared" / "data" / "ebw" / "ebw_data.csv"
QUICK = ("linear_regression", "gaussian_process")


@pytest.fixture(scope="module")
def predictor() -> TrainedPredictor:
    profile = load_profile("beam_welding")
    quick = tuple(rule for rule in profile.regressors if rule.kind in QUICK)
    table = target_file(EBW, profile)
    return train_targets(table.inputs, table.targets, replace(profile, regressors=quick), seed=0, jobs=1)


@pytest.mark.skipif(not EBW.exists(), reason="real data: ../shared/data/ebw is not there")
@pytest.mark.parametrize(("target", "least_r2"), [("depth", 0.70), ("width", 0.90)])
def test_settings_left_out_are_predicted_and_their_intervals_hold(
    predictor: TrainedPredictor, target: str, least_r2: float
) -> None:
    chosen = predictor.chosen[predictor.target_names.index(target)]
    of_split = {v.split: v for v in predictor.validation if (v.target, v.regressor) == (target, chosen)}
    new, random = of_split["by_setting"], of_split["random"]

    assert new.r2 >= least_r2
    # 90 % are promised; one of the 15 settings more or less is 7 points.
    assert 0.85 <= new.coverage <= 0.95
    assert random.mae < new.mae
