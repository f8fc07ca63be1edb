"""The whole service as a process: real MongoDB, real SQLite, REST over a real socket."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymongo.collection import Collection

from core.profile import GroupKey
from core.profile_file import load_profile
from models.artifact import QUANTILES, GroupModel, LossSummary, SettingSpace, TrainedPlant
from models.registry import Registry

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "canary-password"
Start = Callable[..., "Service"]


class Service:
    """``python -m scripts serve`` with its output collected."""

    def __init__(self, environment: dict[str, str], program: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.lines: list[str] = []
        self._url = threading.Event()
        self.url = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line)
                found = re.search(r"machine hall +(http://\S+)/$", line)
                if found:
                    self.url = found[1]
                    self._url.set()
        self._url.set()

    def get(self, path: str) -> tuple[int, Any]:
        assert self._url.wait(60), self.output
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # own loopback address
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def until(self, path: str, good: Callable[[int, Any], bool]) -> Any:
        """Ask again and again until the answer is `good`."""
        deadline = time.monotonic() + 60
        while True:
            status, body = self.get(path)
            if good(status, body):
                return body
            if time.monotonic() > deadline:
                pytest.fail(f"{path}: still {status} {body}\n{self.output}")
            threading.Event().wait(0.05)

    def ready(self) -> None:
        self.until("/readyz", lambda status, _: status == 200)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(30)
        self._reader.join()
        return code

    @property
    def output(self) -> str:
        return "".join(self.lines)


@pytest.fixture(scope="session")
def trained() -> TrainedPlant:
    """One group whose autoencoder answers 0.5 to everything."""
    profile = load_profile("injection_molding")
    s, p = len(profile.settings), len(profile.production)
    losses = LossSummary(900, 0.1, 0.02, 0.0, 0.3, np.full(len(QUANTILES), 0.1), 0.2)
    weights = {
        "w0": np.zeros((p, 1), np.float32),
        "b0": np.zeros(1, np.float32),
        "w1": np.zeros((1, p), np.float32),
        "b1": np.full(p, 0.5, np.float32),
    }
    one = np.ones(p)
    model = GroupModel(
        GroupKey("A", "A-01", "cap", 0), "autoencoder", weights, 0 * one, one, 0 * one, one / 2, one,
        losses, 0.2, np.zeros(s), 6000, 12, 0.004, (0, 1),
    )  # fmt: skip
    space = SettingSpace(
        "A", np.zeros(s), np.ones(s), np.zeros((1, s)), np.ones(1), np.zeros((1, s)), np.zeros(1, np.int64)
    )
    names = tuple(v.name for v in profile.settings), tuple(v.name for v in profile.production)
    return TrainedPlant(profile.name, profile.sha256, *names, (space,), (model,), (), (), {})


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the service with its state under the test's folder."""
    running: list[Service] = []

    def start(program: list[str] | None = None, **settings: str) -> Service:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SPRUE_")}
        environment |= {
            "SPRUE_HOME": str(tmp_path),
            "SPRUE_PORT": "0",
            "SPRUE_MONGO_URL": f"mongodb://judge:{SECRET}@127.0.0.1:1/?replicaSet=rs0",
            "PYTHONUTF8": "1",
        }
        environment |= {f"SPRUE_{name.upper()}": value for name, value in settings.items()}
        running.append(Service(environment, program or ["-m", "scripts", "serve"]))
        return running[-1]

    yield start
    for service in running:
        if service.process.poll() is None:
            service.process.kill()
        service.wait()


@pytest.fixture
def live(mongo_url: str, mongo_collection: Collection[Any]) -> dict[str, str]:
    """Settings that point at the real MongoDB."""
    return {"mongo_url": mongo_url, "mongo_database": mongo_collection.database.name}


def shot(number: int, value: float = 0.5) -> dict[str, Any]:
    profile = load_profile("injection_molding")
    document: dict[str, Any] = {
        "_id": f"shot-{number}",
        "time": NOW,
        "maker": "A",
        "facility": "A-01",
        "item": "cap",
        "lot": {"good": number, "bad": 0},
        "set": {v.path[1]: 0.0 for v in profile.settings},
        "actual": {v.path[1]: value for v in profile.production},
    }
    return document


def _verdicts(service: Service, count: int) -> list[dict[str, Any]]:
    body = service.until("/api/v1/verdicts?limit=1000", lambda _, b: len(b.get("verdicts", ())) >= count)
    found: list[dict[str, Any]] = body["verdicts"]
    return found


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

    second, first = _verdicts(service, 2)
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
    ids = [v["shot_id"] for v in _verdicts(again, 500)]

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

    assert sorted(v["shot_id"] for v in _verdicts(service, 3)) == ["shot-0", "shot-1", "shot-2"]
    assert service.end() == 0


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

    assert _verdicts(service, 1)[0]["model_version"] == new
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
    (verdict,) = _verdicts(service, 1)
    assert verdict["outcome"] == "NG"
    for path in ("/api/v1/models", "/api/v1/coverage", f"/api/v1/verdicts/{verdict['event_token']}"):
        assert service.get(path)[0] == 200
    assert service.end() == 0

    (line,) = [line for line in service.lines if line.startswith("MODULES ")]
    modules = set(json.loads(line.removeprefix("MODULES ")))
    assert {"pymongo", "numpy", "fastapi", "sqlalchemy"} <= modules
    assert modules & {"tensorflow", "keras", "sklearn", "scipy", "joblib", "pandera"} == set()


@pytest.mark.skipif(os.name != "posix", reason="needs SIGINT to another process")
def test_ctrl_c_ends_it_in_order_within_ten_seconds(start: Start) -> None:
    service = start()
    service.get("/healthz")

    began = time.monotonic()
    assert service.end(signal.SIGINT) == 0
    assert time.monotonic() - began < 10


def test_a_second_service_on_the_same_store_is_refused(start: Start) -> None:
    first = start()
    first.get("/healthz")

    second = start()

    assert second.wait() == 1
    assert f"already written by process {first.process.pid}" in second.output
    assert "Traceback" not in second.output


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": "0.0.0.0"}, "nothing encrypts what they send"),
        ({"host": "0.0.0.0", "behind_proxy": "true"}, "there is no key in"),
        ({"tls_cert": "nowhere.pem"}, "SPRUE_TLS_KEY: expected a file"),
        ({"tls_cert": "nowhere.pem", "tls_key": "nowhere.pem"}, "SPRUE_TLS_CERT: expected a file this user"),
        ({"port": "70000"}, "Invalid value for"),
        ({"profile": "nowhere"}, "profile 'nowhere'"),
        ({"store_url": f"mysql://judge:{SECRET}@h/d"}, "SPRUE_STORE_URL: expected sqlite or postgresql"),
        ({"log_level": "LOUD"}, "SPRUE_LOG_LEVEL"),
    ],
    ids=["binding", "key", "half a certificate", "certificate", "port", "profile", "store", "level"],
)
def test_a_wrong_setting_ends_it_with_a_sentence(start: Start, settings: dict[str, str], said: str) -> None:
    service = start(**settings)

    assert service.wait() in (1, 2)
    assert said in service.output
    assert "Traceback" not in service.output
    assert SECRET not in service.output


def test_a_connection_that_is_kept_does_not_wait_for_acknowledgements(start: Start) -> None:
    service = start()
    assert service.get("/healthz")[0] == 200
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"))
    times = []
    for _ in range(31):
        begin = time.perf_counter()
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        times.append(time.perf_counter() - begin)
    connection.close()
    assert sorted(times)[15] < 0.03  # a delayed acknowledgement takes 0.04


def test_a_taken_port_is_said(start: Start, tmp_path: Path) -> None:
    first = start()
    first.get("/healthz")
    port = first.url.rpartition(":")[2]

    second = start(port=port, home=str(tmp_path / "other"))

    assert second.wait() == 1
    assert f"SPRUE_PORT: cannot listen on 127.0.0.1 port {port}" in second.output
