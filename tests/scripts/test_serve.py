"""Shots go into a real MongoDB, verdicts come out of a real SQLite by REST over a real socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection

from models.artifact import TrainedPlant
from models.registry import Registry
from tests.scripts.plant_of_one import NOW, shot
from tests.scripts.running_service import SECRET, Start, verdicts


def test_answers_and_says_why_it_is_not_ready_while_everything_is_missing(start: Start) -> None:
    service = start()

    assert service.get("/healthz") == (200, {"status": "alive"})
    status, body = service.get("/readyz")
    assert status == 503
    assert any(reason.startswith("stream: ") for reason in body["reasons"])
    assert any("./sprue train" in reason for reason in body["reasons"])
    assert service.end() == 0
    assert SECRET not in service.output


def test_a_shot_goes_into_mongodb_and_its_verdict_comes_out(
    start: Start,
    live: dict[str, str],
    mongo_collection: Collection[Any],
    trained: TrainedPlant,
    tmp_path: Path,
) -> None:
    service = start(**live)
    service.until(
        "/readyz", lambda _, b: [r.partition(":")[0] for r in b.get("reasons", ())] == ["stream", "model"]
    )
    version = Registry(tmp_path / "registry").save(trained, now=NOW)  # trained while it runs
    service.ready()

    mongo_collection.insert_many([shot(1), {"_id": "broken", "time": "?"}, shot(2, value=1.0)])

    second, first = verdicts(service, 2)
    assert (first["shot_id"], first["outcome"], first["route"]) == ("shot-1", "OK", "trained")
    assert (second["shot_id"], second["outcome"], second["anomaly_score"]) == ("shot-2", "NG", 0.5)
    assert first["model_version"] == version
    _, letters = service.get("/api/v1/dead-letters")
    assert [letter["record_id"] for letter in letters["dead_letters"]] == ["broken"]
    _, status = service.get("/api/v1/status")
    assert (status["verdicts"], status["dead_letters"], status["balanced"]) == (2, 1, True)
    assert service.end() == 0


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_shots_made_while_it_was_down_are_judged_once(
    start: Start,
    live: dict[str, str],
    mongo_collection: Collection[Any],
    trained: TrainedPlant,
    tmp_path: Path,
    how: str,
) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)
    service = start(**live)
    service.ready()
    mongo_collection.insert_many([shot(i) for i in range(300)])
    service.until("/api/v1/verdicts?limit=1", lambda _, b: bool(b["verdicts"]))
    if how == "SIGKILL":
        service.process.kill()
        service.wait()
    else:
        assert service.end() == 0
    mongo_collection.insert_many([shot(i) for i in range(300, 500)])

    again = start(**live)
    ids = [v["shot_id"] for v in verdicts(again, 500)]

    assert sorted(ids) == sorted(f"shot-{i}" for i in range(500))
    assert again.end() == 0


def test_the_first_run_can_begin_with_the_whole_collection(
    start: Start,
    live: dict[str, str],
    mongo_collection: Collection[Any],
    trained: TrainedPlant,
    tmp_path: Path,
) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)
    mongo_collection.insert_many([shot(i) for i in range(3)])

    service = start(["-m", "scripts", "serve", "--start-from", "beginning"], **live)

    assert sorted(v["shot_id"] for v in verdicts(service, 3)) == ["shot-0", "shot-1", "shot-2"]
    assert service.end() == 0


def test_a_plant_that_wants_no_reconciling_is_halted_until_it_wants_it(
    start: Start, live: dict[str, str], trained: TrainedPlant, tmp_path: Path
) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)
    first = start(**live)
    first.ready()
    assert first.end() == 0
    (tmp_path / "verdicts.sqlite").unlink()

    halted = start(on_gap="fail", **live)
    body = halted.until("/readyz", lambda _, b: any("halted" in r for r in b.get("reasons", ())))

    assert body["reasons"][0].startswith("stream: halted: ")
    assert halted.end() == 1
    again = start(on_gap="reconcile", **live)
    again.ready()
    gaps = again.until("/api/v1/gaps", lambda _, b: len(b.get("gaps", ())) == 1)["gaps"]
    assert "verdicts.sqlite" in gaps[0]["cause"]
    assert again.end() == 0
