"""REST: the latest verdict of a press from the running service, against bare FastAPI."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import numpy as np
from pymongo import MongoClient

from core.profile import Profile
from ingest.embedded import EmbeddedMongo
from scripts.benchmarks.backlog import COLLECTION, DATABASE
from scripts.benchmarks.figure import Figure, ratio_of
from scripts.benchmarks.http_load import CONNECTIONS, requests_per_second
from scripts.benchmarks.rounds import Effort, interleave
from scripts.benchmarks.service_process import ServiceProcess, save_version
from scripts.benchmarks.shots import Document, documents, draw
from scripts.benchmarks.suite import SuiteResult
from scripts.benchmarks.synthetic_plant import DATA_SETS, synthetic_plant

PRESSES = 8
"""Presses asked in turn, one a sample."""


def run(effort: Effort, folder: Path, profile: Profile) -> SuiteResult:
    """Measure every figure of the suite ``rest``."""
    groups, shots = (30, 100) if effort.quick else (1000, 5000)
    seconds = 0.1 if effort.quick else 1.0
    plant = synthetic_plant(profile, groups, data_sets=2 if effort.quick else DATA_SETS)
    home = folder / "home"
    save_version(home, plant, profile)
    drawn = draw(plant, shots, 9).batch
    presses = list(dict.fromkeys(drawn.facility.tolist()))[:PRESSES]
    with (
        EmbeddedMongo(folder / "mongo") as mongo,
        MongoClient[Document](mongo.url) as client,
        ServiceProcess(home, mongo.url) as service,
    ):
        client[DATABASE][COLLECTION].insert_many(documents(drawn, profile))
        service.wait_for_verdicts(shots)
        paths = [f"/api/v1/facilities/{quote(press)}/latest" for press in presses]
        answer = service.get(paths[0])
        body = folder / "body.json"
        body.write_text(json.dumps(answer), encoding="utf-8")
        following, following_alone = cycle(paths), cycle(paths)
        with _bare_api(body) as bare, _bare_api(body, "auto") as quickest:
            rates = interleave(
                {
                    "latest": lambda: requests_per_second(service.url + next(following), seconds),
                    "constant": lambda: requests_per_second(f"{bare}/constant", seconds),
                    "quickest": lambda: requests_per_second(f"{quickest}/constant", seconds),
                    "same": lambda: requests_per_second(f"{bare}/same", seconds),
                    "latest, alone": lambda: requests_per_second(
                        service.url + next(following_alone), seconds, connections=1
                    ),
                    "constant, alone": lambda: requests_per_second(
                        f"{bare}/constant", seconds, connections=1
                    ),
                },
                effort.rounds,
            )
    figure = Figure(
        "rest_latest_vs_bare_fastapi",
        ratio_of(rates["latest"], rates["constant"]),
        {
            "sprue: latest verdict of a press": rates["latest"],
            "bare FastAPI: tiny constant": rates["constant"],
            "bare FastAPI: a constant as large as the verdict": rates["same"],
            "bare FastAPI on uvloop and httptools: tiny constant": rates["quickest"],
            "sprue, one connection": rates["latest, alone"],
            "bare FastAPI: tiny constant, one connection": rates["constant, alone"],
        },
        "requests/s",
        {
            "over a constant as large as the verdict": float(
                np.median(ratio_of(rates["latest"], rates["same"]))
            ),
            "over the tiny constant, one connection": float(
                np.median(ratio_of(rates["latest, alone"], rates["constant, alone"]))
            ),
            "over the tiny constant on uvloop and httptools, where they are": float(
                np.median(ratio_of(rates["latest"], rates["quickest"]))
            ),
            "connections": CONNECTIONS,
            "bytes of the answer": len(json.dumps(answer)),
        },
        "The real service with its stream open, against an async endpoint of bare FastAPI that returns a tiny"
        " constant, the harder of the two constants; both on uvicorn with the same settings (asyncio, h11).",
    )
    return SuiteResult([figure], facts={"groups": groups, "verdicts in the store": shots})


@contextmanager
def _bare_api(body: Path, server: str = "as_served") -> Iterator[str]:
    command = [sys.executable, "-m", "scripts.benchmarks.bare_api", str(body), server]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
