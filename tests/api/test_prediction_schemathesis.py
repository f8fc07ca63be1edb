"""Requests made up from the description of an API that predicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.test_schemathesis import cases, run
from tests.predicting_home import PredictingHome
from tests.predicting_service import predicting_service


@pytest.mark.fault_row(40)
def test_every_answer_about_predictions_is_as_described(
    predicting_home: PredictingHome, tmp_path: Path
) -> None:
    with predicting_service(predicting_home, tmp_path, live=False) as served:
        code, output = run(
            served.url,
            tmp_path,
            "-H",
            "Content-Type: application/json",
            "--include-path-regex",
            "/(predictor|predictions|advice)$",
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            "12",
        )

        assert code == 0, output[-8000:]
        assert cases(output) >= 50, output[-3000:]
        assert served.get("/healthz").status_code == 200
