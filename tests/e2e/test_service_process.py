"""The service as its users run it: a process, a MongoDB, a REST API."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.verdict import VERDICT_FIELDS
from ingest.plant import Plant, documents

Make = Callable[..., Any]
pytestmark = pytest.mark.xdist_group("trained plant")  # they share one training
SEED = 5


def live_frame(shots: int) -> pd.DataFrame:
    return pd.concat([chunk.frame for chunk in Plant(SEED).live(shots)], ignore_index=True)


def once_each(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(row["shot_id"] for row in rows)


@pytest.fixture
def line(make_line: Make, trained_home: Path) -> Any:
    return make_line(trained_home)


def start(line: Any) -> None:
    line.service.start()
    line.service.wait_ready()


def test_shots_inserted_while_it_was_stopped_get_one_verdict_each(line: Any) -> None:
    shots = documents(live_frame(700))
    start(line)
    line.shots.insert_many(shots[:200])
    line.wait_for(200)

    assert line.service.stop() == 0
    line.shots.insert_many(shots[200:])
    start(line)
    line.wait_for(700)

    assert once_each(line.verdicts()) == {str(s["_id"]): 1 for s in shots}


def test_stopped_before_its_first_shot_it_judges_what_came_meanwhile(line: Any) -> None:
    start(line)
    assert line.service.stop() == 0
    shots = documents(live_frame(50))
    line.shots.insert_many(shots)

    start(line)
    line.wait_for(50)

    assert once_each(line.verdicts()) == {str(s["_id"]): 1 for s in shots}


def test_killed_in_mid_stream_it_loses_and_doubles_nothing(line: Any) -> None:
    shots = documents(live_frame(900))
    for number in range(3):
        start(line)
        line.shots.insert_many(shots[number * 300 : (number + 1) * 300])
        line.wait_for(number * 300 + 20)
        line.service.kill()
    start(line)
    line.wait_for(900)

    assert once_each(line.verdicts()) == {str(s["_id"]): 1 for s in shots}


def test_odd_records_are_answered_with_a_reason_and_the_stream_goes_on(line: Any) -> None:
    good = documents(live_frame(2000))
    # A press that has a model, so that only what is odd about a record decides.
    start(line)
    line.shots.insert_many(good[:1000])
    line.wait_for(1000)
    trained = next(v["facility"] for v in line.verdicts() if v["route"] == "trained" and v["outcome"] == "OK")
    base = next(s for s in good[1000:] if s["facility"] == trained)

    def odd(name: str, **changes: Any) -> dict[str, Any]:
        return {**base, "actual": dict(base["actual"]), "_id": name, **changes}

    records = [
        odd("no settings", set={}),
        odd("text", actual={**base["actual"], "cycle_time": "sensor off"}),
        odd("nan", actual={**base["actual"], "cycle_time": math.nan}),
        odd("unknown field", actual={**base["actual"], "phase_of_the_moon": 0.5}, tides={"high": True}),
        odd("no press", facility=None),
        odd("nothing measured", actual={}),
        odd("infinite", actual={**base["actual"], "cycle_time": math.inf}),
        {"_id": "empty"},
    ]
    no_maker = odd("no maker")
    del no_maker["maker"]
    line.shots.insert_many([*records, no_maker, odd("the next good one")])
    line.wait_for(1000 + len(records) + 2)

    verdicts = {v["shot_id"]: v for v in line.verdicts()}
    dead = {d["record_id"]: d for d in line.dead_letters()}
    assert set(verdicts["no settings"]["filled"]) >= {"hold_pressure_set", "cooling_time_set"}
    assert verdicts["nan"]["filled"].keys() == {"cycle_time"}
    assert verdicts["unknown field"]["filled"] == {}
    assert verdicts["no maker"]["maker"] == base["maker"]
    assert "maker" in verdicts["no maker"]["filled"]
    assert verdicts["nothing measured"]["outcome"] != "OK"
    assert "mostly_filled" in verdicts["nothing measured"]["flags"]
    assert verdicts["the next good one"]["shot_id"] not in dead
    assert {name: dead[name]["reason"] for name in dead} == {
        "text": "not_a_number",
        "no press": "missing_facility",
        "infinite": "non_finite",
        "empty": "missing_facility",
    }
    assert "cycle_time" in dead["text"]["detail"]
    assert "sensor off" in dead["text"]["detail"]
    status = line.service.get("/api/v1/status")
    assert status["unknown_fields"]


def test_a_file_and_the_stream_give_identical_verdicts(line: Any, tmp_path: Path) -> None:
    frame = live_frame(1500)
    file, out = tmp_path / "한 주.parquet", tmp_path / "판정.jsonl"
    frame.to_parquet(file)
    run = subprocess.run(
        [sys.executable, "-m", "scripts", "judge", str(file), "--out", str(out), "--json"],
        env={**os.environ, "SPRUE_HOME": str(line.home), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    start(line)
    line.shots.insert_many(documents(frame))
    line.wait_for(len(frame))

    names = [f.name for f in VERDICT_FIELDS if f.kind != "time"]
    of_file = {}
    for text in out.read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        of_file[row["shot_id"]] = {name: row[name] for name in names}
    of_stream = {v["shot_id"]: {name: v[name] for name in names} for v in line.verdicts()}

    assert of_file == of_stream


def test_a_new_version_is_taken_without_a_restart(line: Any) -> None:
    from models.registry import Registry

    start(line)
    first, second = documents(live_frame(100))[:50], documents(live_frame(100))[50:]
    line.shots.insert_many(first)
    line.wait_for(50)
    registry = Registry(line.home / "registry")
    plant, manifest = registry.load()
    version = registry.save(plant, now=datetime.now(UTC), golden=manifest.golden)
    line.service.wait_until(
        lambda: line.service.get("/api/v1/status")["model_version"] == version, "the new version"
    )
    line.shots.insert_many(second)
    line.wait_for(100)

    versions = {v["shot_id"]: v["model_version"] for v in line.verdicts()}
    assert {versions[str(s["_id"])] for s in first} == {manifest.version}
    assert {versions[str(s["_id"])] for s in second} == {version}
