"""Memory and start: the service with all its models against a bare import of tensorflow."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
from pymongo import MongoClient

from core.profile import Profile
from ingest.embedded import EmbeddedMongo
from scripts.benchmarks.backlog import COLLECTION, DATABASE
from scripts.benchmarks.figure import Figure, ratio_of
from scripts.benchmarks.rounds import Effort, interleave
from scripts.benchmarks.service_process import ServiceProcess, save_version
from scripts.benchmarks.shots import Document, documents, draw
from scripts.benchmarks.suite import SuiteResult
from scripts.benchmarks.synthetic_plant import DATA_SETS, synthetic_plant

MOST_ROUNDS = 5
BARE = "import tensorflow; print('imported', flush=True); input()"


def run(effort: Effort, folder: Path, profile: Profile) -> SuiteResult:
    """Measure every figure of the suite ``memory``."""
    groups, shots = (30, 50) if effort.quick else (1000, 2000)
    plant = synthetic_plant(profile, groups, data_sets=2 if effort.quick else DATA_SETS)
    home = folder / "home"
    save_version(home, plant, profile)
    size = sum(file.stat().st_size for file in (home / "registry").rglob("*.npz"))
    seen: dict[str, list[float]] = {"ready": [], "idle": [], "judged": [], "import": [], "bare": []}
    with EmbeddedMongo(folder / "mongo") as mongo, MongoClient[Document](mongo.url) as client:
        made = documents(draw(plant, shots, 8).batch, profile)

        def serve() -> float:
            with ServiceProcess(home, mongo.url) as service:
                seen["ready"].append(service.ready_s)
                seen["idle"].append(service.memory())
                place = client[DATABASE][COLLECTION]
                place.delete_many({})
                place.insert_many(made)
                service.wait_for_verdicts(shots)
                seen["judged"].append(service.memory())
            return service.ready_s

        def bare() -> float:
            seconds, memory = import_tensorflow()
            seen["import"].append(seconds)
            seen["bare"].append(memory)
            return seconds

        rounds = min(effort.rounds, MOST_ROUNDS)
        # Every start is a new process; in a quick run the first one counts.
        interleave({"serve": serve, "bare": bare}, rounds, warm_ups=0 if effort.quick else 1)
    kept = {name: values[-rounds:] for name, values in seen.items()}
    judged = float(np.median(ratio_of(kept["judged"], kept["bare"])))
    figures = [
        Figure(
            "serving_rss_vs_tensorflow_import",
            ratio_of(kept["idle"], kept["bare"]),
            {
                "sprue serve, ready": kept["idle"],
                "sprue serve, has judged": kept["judged"],
                "import tensorflow": kept["bare"],
            },
            "MB",
            {"after judging, over the import": judged, "shots judged": shots},
            "Resident memory of whole processes; the service holds its API, its store and all models.",
        ),
        Figure(
            "ready_time_vs_tensorflow_import",
            ratio_of(kept["ready"], kept["import"]),
            {"sprue serve, start to ready": kept["ready"], "import tensorflow": kept["import"]},
            "s",
            note="From the start of the process until /readyz says that verdicts are being given: store"
            " open, models read, checked by hash and by golden shots, change stream open.",
        ),
    ]
    return SuiteResult(figures, facts={"groups": groups, "model files, MB": round(size / 1e6, 1)})


def import_tensorflow() -> tuple[float, float]:
    """Seconds until a new process has imported tensorflow, and its resident memory in MB."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", BARE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it greets at length
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if process.stdout.readline().strip() != "imported":
            msg = "tensorflow could not be imported"
            raise AssertionError(msg)
        seconds = time.perf_counter() - begin
        memory = psutil.Process(process.pid).memory_info().rss / 1e6
        process.stdin.write("\n")
    return seconds, float(memory)
