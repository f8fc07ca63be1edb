"""The real service as a process of its own, on a synthetic plant."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import psutil

from core.profile import Profile
from inference.plan import compile_plan
from models.artifact import TrainedPlant
from models.golden import Golden
from models.registry import Registry
from scripts.benchmarks.backlog import COLLECTION, DATABASE
from scripts.benchmarks.judging import VERSION
from scripts.benchmarks.shots import draw

PATIENCE_S = 120.0
POLL_S = 0.01
GOLDEN_A_GROUP = 2


class ServiceProcess:
    """``python -m scripts serve`` in a home of its own; a context manager.

    Attributes
    ----------
    ready_s : float
        From its start until /readyz said yes.
    """

    def __init__(self, home: Path, mongo_url: str) -> None:
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SPRUE_")},
            "SPRUE_HOME": str(home),
            "SPRUE_MONGO_URL": mongo_url,
            "SPRUE_MONGO_DATABASE": DATABASE,
            "SPRUE_MONGO_COLLECTION": COLLECTION,
            "SPRUE_PORT": "0",
            "SPRUE_LOG_LEVEL": "ERROR",
        }
        self.url = ""
        self.ready_s = float("nan")

    def __enter__(self) -> ServiceProcess:
        begin = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts", "serve"],
            env=self._environment,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.search(r"machine hall +(http://\S+)/$", line)
            if found:
                self.url = found[1]
                break
        while not self._is_ready():
            if time.perf_counter() - begin > PATIENCE_S or self._process.poll() is not None:
                self._process.kill()
                msg = f"the service was not ready after {PATIENCE_S} s"
                raise AssertionError(msg)
            time.sleep(POLL_S)
        self.ready_s = time.perf_counter() - begin
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def memory(self) -> float:
        """Resident memory of the process in MB."""
        return float(psutil.Process(self._process.pid).memory_info().rss) / 1e6

    def get(self, path: str) -> Any:
        """The answer to a GET as JSON."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # its own loopback address
            return json.loads(answer.read())

    def wait_for_verdicts(self, wanted: int) -> None:
        """Wait until it has written so many."""
        begin = time.perf_counter()
        while (status := self.get("/api/v1/status"))["verdicts"] < wanted:
            if time.perf_counter() - begin > PATIENCE_S:
                msg = f"expected {wanted} verdicts within {PATIENCE_S} s, got {status}"
                raise AssertionError(msg)
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return bool(self.get("/readyz")["status"] == "ready")
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except OSError:
            return False


def save_version(home: Path, plant: TrainedPlant, profile: Profile) -> None:
    """Put the plant into a home's registry, with golden shots as training makes them."""
    plan = compile_plan(plant, VERSION, profile)
    shots = draw(plant, GOLDEN_A_GROUP * len(plant.models), 7, plain=True)
    scores = plan.score(plan.ranges.scale(shots.batch.production, shots.group), shots.group)
    golden = Golden(shots.group.astype(np.int64), shots.batch.settings, shots.batch.production, scores)
    Registry(home / "registry").save(plant, now=datetime.now(UTC), golden=golden)
