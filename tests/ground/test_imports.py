"""What judges loads nothing that trains: no tensorflow, no scikit-learn, in the serving process."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVING = ("core", "native", "ingest", "clustering", "inference", "api")
HEAVY = ("tensorflow", "keras", "sklearn", "scipy", "pandera", "joblib")
# Used while training and simulating only; nothing that serves imports them.
TRAINING_ONLY = {
    "clustering.kmeans": "finds the clusters with scikit-learn",
    "clustering.makers": "clusters the settings of every maker",
    "inference.learning": "goes from a history to a trained plant",
    "ingest.history": "reads the history to train from",
    "ingest.history_file": "as above, from a file",
    "ingest.history_load": "loads a history into PostgreSQL",
    "ingest.history_schema": "checks the history with pandera",
}
PROGRAM = """
import importlib, json, sys
for name in {modules!r}:
    importlib.import_module(name)
print(json.dumps(sorted({{m.partition(".")[0] for m in sys.modules}} & set({heavy!r}))))
"""


def modules() -> list[str]:
    """Every module of the packages that serve, except those that only train."""
    names = [
        module.name
        for package in SERVING
        for module in pkgutil.walk_packages([str(ROOT / package)], prefix=f"{package}.")
    ]
    return [*SERVING, *(name for name in names if name not in TRAINING_ONLY)]


def heavy_loaded_by(names: list[str]) -> list[str]:
    program = PROGRAM.format(modules=names, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded: list[str] = json.loads(done.stdout)
    return loaded


def test_no_serving_module_loads_what_trains() -> None:
    names = modules()

    assert len(names) > 40
    assert heavy_loaded_by(names) == []


def test_the_service_loads_nothing_that_trains() -> None:
    assert heavy_loaded_by(["scripts.serve", "scripts.judge", "scripts.replay"]) == []


def test_every_exemption_is_still_needed() -> None:
    unneeded = [name for name in TRAINING_ONLY if not heavy_loaded_by([name])]

    assert unneeded == []
