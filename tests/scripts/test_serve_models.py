"""The model a running service judges with, and what it never loads."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from pymongo.collection import Collection

from models.artifact import TrainedPlant
from models.registry import Registry
from tests.scripts.plant_of_one import NOW, shot
from tests.scripts.running_service import Start, verdicts


def test_a_new_model_is_taken_without_a_restart(
    start: Start,
    live: dict[str, str],
    mongo_collection: Collection[Any],
    trained: TrainedPlant,
    tmp_path: Path,
) -> None:
    registry = Registry(tmp_path / "registry")
    registry.save(trained, now=NOW)
    service = start(**live)
    service.ready()

    bad = registry.save(trained, now=NOW.replace(hour=13))
    (registry.folder / bad / "manifest.json").write_text("{}", encoding="utf-8")
    service.until("/api/v1/status", lambda _, b: bad in b["model_problem"])
    new = registry.save(trained, now=NOW.replace(hour=14))
    service.until("/api/v1/models", lambda _, b: b.get("version") == new)
    mongo_collection.insert_one(shot(1))

    assert verdicts(service, 1)[0]["model_version"] == new
    assert service.end() == 0


def test_a_whole_running_service_never_imports_what_trains(
    start: Start,
    live: dict[str, str],
    mongo_collection: Collection[Any],
    trained: TrainedPlant,
    tmp_path: Path,
) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)
    program = textwrap.dedent(
        """
        import json, sys
        from scripts.serve import serve
        serve()
        print("MODULES", json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), flush=True)
        """
    )
    service = start(["-c", program], **live)
    service.ready()
    mongo_collection.insert_one(shot(1, value=1.0))
    (verdict,) = verdicts(service, 1)
    assert verdict["outcome"] == "NG"
    for path in ("/api/v1/models", "/api/v1/coverage", f"/api/v1/verdicts/{verdict['event_token']}"):
        assert service.get(path)[0] == 200
    assert service.end() == 0

    (line,) = [line for line in service.lines if line.startswith("MODULES ")]
    modules = set(json.loads(line.removeprefix("MODULES ")))
    assert {"pymongo", "numpy", "fastapi", "sqlalchemy"} <= modules
    assert modules & {"tensorflow", "keras", "sklearn", "scipy", "joblib", "pandera"} == set()
