"""What the doctor says of a process that predicts, and of a service without a stream."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.profile_file import load_profile
from models.registry import Registry
from scripts.diagnosis import history, model, mongo
from tests.inference.prediction.plants import predicting_plant

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Install = Callable[..., Any]
Pick = Callable[..., Any]
NOWHERE = {
    "mongo_url": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100",
    "history_url": "postgresql://127.0.0.1:1/plant",
}


def test_targets_and_their_regressors_stand_in_place_of_groups(
    install: Install, pick: Pick, tmp_path: Path
) -> None:
    version = Registry(tmp_path / "registry").save(predicting_plant(load_profile("beam_welding")), now=NOW)

    found = list(model.examine(install(now=NOW.timestamp(), home=tmp_path, profile="beam_welding")))

    assert {f.level for f in found} == {"ok"}
    assert "groups" not in {f.subject for f in found}
    assert pick(found, "current").found.startswith(version)
    assert pick(found, "targets").found == (
        "depth by linear_regression, width by linear_regression; learned from 40 rows of 10 settings"
    )


def test_without_a_stream_no_database_that_is_away_is_a_problem(install: Install) -> None:
    installation = install(without_stream="true", profile="beam_welding", **NOWHERE)

    found = [*mongo.examine(installation), *history.examine(installation)]

    assert {f.level for f in found} == {"note"}
    assert "SPRUE_WITHOUT_STREAM" in found[0].found


def test_without_a_stream_it_is_answers_that_begin_after_training(install: Install) -> None:
    (found,) = model.examine(install(without_stream="true", profile="beam_welding"))

    assert found.advice == "run ./sprue train; answers begin when it is done"
