"""The service of a process that predicts: on a stream, and without one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection

from core.profile_file import load_profile
from models.artifact import TrainedPlant
from models.registry import Registry
from tests.inference.prediction.plants import predicting_plant
from tests.scripts.running_service import Start, verdicts

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
ROWS = [(45, 140, 8, 80), (46, 140, 8, 80), (52, 140, 8, 80), (45, 140, 0, 80)]
ROUTES = ["trained", "nearest", "limits", "limits"]
WITHOUT = {"profile": "beam_welding", "without_stream": "true"}


@pytest.fixture(scope="module")
def plant() -> TrainedPlant:
    return predicting_plant(load_profile("beam_welding"))


def weld(number: int, row: tuple[float, ...]) -> dict[str, Any]:
    time = NOW.replace(minute=number % 60)
    return {"_id": f"w{number}", "time": time, **dict(zip(("IW", "IF", "VW", "FP"), row, strict=True))}


def test_every_record_of_the_stream_gets_one_verdict_by_what_is_predicted_of_it(
    start: Start, live: dict[str, str], mongo_collection: Collection[Any], plant: TrainedPlant, tmp_path: Path
) -> None:
    Registry(tmp_path / "registry").save(plant, now=NOW)
    service = start(profile="beam_welding", **live)
    service.ready()

    mongo_collection.insert_many([weld(k, ROWS[k % 4]) for k in range(40)])
    mongo_collection.insert_one({"_id": "odd", "time": NOW, "IW": "text"})
    rows = verdicts(service, 40)

    assert Counter(row["shot_id"] for row in rows) == {f"w{k}": 1 for k in range(40)}
    assert [row["route"] for row in sorted(rows, key=lambda row: int(row["shot_id"][1:]))] == ROUTES * 10
    assert {row["facility"] for row in rows} == {"welder 1"}
    letters = service.until("/api/v1/dead-letters", lambda _, body: bool(body["dead_letters"]))
    assert [letter["record_id"] for letter in letters["dead_letters"]] == ["odd"]
    assert service.end() == 0


def test_without_a_stream_it_is_ready_with_a_model_and_takes_newer_ones(
    start: Start, plant: TrainedPlant, tmp_path: Path
) -> None:
    registry = Registry(tmp_path / "registry")
    service = start(**WITHOUT)
    refused = service.until("/readyz", lambda status, body: status == 503 and "trained" in str(body))
    (reason,) = refused["reasons"]
    assert reason.startswith(
        "model: no model is trained yet: run `./sprue train --process beam_welding --home "
    )
    assert reason.endswith("with --example or --history FILE; answers begin when a version is there")
    empty = service.get("/api/v1/status")[1]
    assert not empty["ready"]
    assert "judging begins" not in str(empty)

    first = registry.save(plant, now=NOW)
    service.ready()
    second = registry.save(plant, now=NOW.replace(hour=9))
    status = service.until("/api/v1/status", lambda _, body: body["model_version"] == second)

    assert first != second
    assert (status["state"], status["ready"], status["read"]) == ("answering", True, 0)
    assert service.get("/healthz")[0] == 200
    assert service.get("/api/v1/verdicts")[1]["verdicts"] == []
    assert service.end() == 0
    assert "mongo" not in service.output.casefold()
    assert "watchdog" not in service.output


def test_without_a_stream_a_damaged_version_is_told_and_the_one_before_answers_on(
    start: Start, plant: TrainedPlant, tmp_path: Path
) -> None:
    registry = Registry(tmp_path / "registry")
    good = registry.save(plant, now=NOW)
    service = start(**WITHOUT)
    service.ready()

    bad = registry.save(plant, now=NOW.replace(hour=9))
    (registry.folder / bad / "manifest.json").write_text("{}", encoding="utf-8")
    status = service.until("/api/v1/status", lambda _, body: bad in body["model_problem"])

    assert service.get("/api/v1/models")[1]["version"] == good
    assert service.get("/readyz")[0] == 200
    assert status["ready"]


def test_without_a_stream_a_version_of_another_process_is_refused_in_words(
    start: Start, trained: TrainedPlant, tmp_path: Path
) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)

    refused = start(**WITHOUT).until("/readyz", lambda status, body: "is of the process" in str(body))

    assert "predicts targets: train for it" in str(refused)


def test_without_a_stream_it_shows_what_another_service_judges_and_leaves_the_store_to_it(
    start: Start, live: dict[str, str], mongo_collection: Collection[Any], plant: TrainedPlant, tmp_path: Path
) -> None:
    Registry(tmp_path / "registry").save(plant, now=NOW)
    judging = start(profile="beam_welding", **live)
    judging.ready()
    mongo_collection.insert_one(weld(1, ROWS[0]))
    verdicts(judging, 1)

    beside = start(**WITHOUT)

    assert [row["shot_id"] for row in verdicts(beside, 1)] == ["w1"]
    beside.ready()
    assert judging.end() == 0
    assert beside.get("/api/v1/verdicts")[0] == 200


def test_judge_judges_a_file_of_settings(plant: TrainedPlant, tmp_path: Path) -> None:
    Registry(tmp_path / "registry").save(plant, now=NOW)
    table, out = tmp_path / "용접.csv", tmp_path / "out.jsonl"
    lines = ["IW,IF,VW,FP,Depth,Width", *(",".join(map(str, (*row, 1.2, 2))) for row in ROWS)]
    table.write_text("\n".join(lines), encoding="utf-8")
    command = ["judge", str(table), "--out", str(out), "--registry", str(tmp_path / "registry"), "--json"]

    done = subprocess.run(
        [sys.executable, "-m", "scripts", *command, "--process", "beam_welding"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["rows"], summary["verdicts"], summary["dead_letters"]) == (4, 4, 0)
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["route"] for row in rows] == ROUTES
    assert rows[0]["reasons"][0]["variable"] in ("depth", "width")
