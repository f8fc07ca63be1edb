"""Secrets that must show nowhere: passwords of every address, and keys, through every error."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.key_file import add_key
from inference.store.sink import now_ms

PASSWORD = "canary1%2Fcanary2%40canary3"
ROOT = Path(__file__).resolve().parents[2]
Settings = Callable[..., dict[str, str]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An environment whose addresses all hold the password, at a port nobody listens on."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("SPRUE_")}
    own |= {"SPRUE_HOME": str(tmp_path / "home"), "SPRUE_PORT": "0", "PYTHONUTF8": "1"}
    nobody = f"judge:{PASSWORD}@127.0.0.1:1"

    def settings(**more: str) -> dict[str, str]:
        named = {
            "MONGO_URL": f"mongodb://{nobody}/?serverSelectionTimeoutMS=300&replicaSet=rs0",
            "HISTORY_URL": f"postgresql://{nobody}/plant",
            "STORE_URL": f"postgresql://{nobody}/plant",
            "LOG_LEVEL": "DEBUG",
        }
        return own | {f"SPRUE_{name}": value for name, value in (named | more).items()}

    return settings


def canaries(*places: str) -> list[str]:
    return [line for place in places for line in place.splitlines() if "canary" in line.lower()]


@pytest.mark.parametrize(
    "words", [("train",), ("replay", "shots.jsonl"), ("doctor",), ("key", "list")], ids=lambda words: words[0]
)
@pytest.mark.parametrize("how", ["unreachable", "no address"])
def test_no_verb_shows_a_password(
    settings: Settings, tmp_path: Path, words: tuple[str, ...], how: str
) -> None:
    (tmp_path / "shots.jsonl").write_text('{"_id": 1}\n', encoding="utf-8")
    broken = {"MONGO_URL": "mongodb://judge:canary1:canary2@h/", "HISTORY_URL": "postgresql:/u:canary@h"}
    environment = settings(STORE_URL="") if words[0] == "train" else settings()
    environment |= {f"SPRUE_{n}": v for n, v in broken.items()} if how == "no address" else {}

    done = subprocess.run(
        [sys.executable, "-m", "scripts", *words],
        env={**environment, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert canaries(done.stdout, done.stderr) == []
    assert (done.returncode == 0) is (words[0] == "key"), done.stdout + done.stderr


class Output:
    """What a running service prints, and its port once it says so."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        self.port = 0
        self._process = process
        self._told = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self.lines.append(line)
                found = re.search(r"machine hall +http://127\.0\.0\.1:(\d+)/", line)
                if found:
                    self.port = int(found[1])
                    self._told.set()
        self._told.set()

    def wait_for_port(self) -> int:
        assert self._told.wait(60)
        assert self.port, "".join(self.lines)
        return self.port

    def end(self) -> str:
        self._process.terminate()
        self._process.wait(30)
        self._thread.join()
        return "".join(self.lines)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Output]]:
    running: list[subprocess.Popen[str]] = []

    def start(environment: dict[str, str]) -> Output:
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "scripts", "serve"],
                env={**environment, "PYTHONPATH": str(ROOT)},
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
            )
        )
        return Output(running[-1])

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("how", ["unreachable", "wrong password"])
def test_a_running_service_shows_no_password_and_no_key(
    settings: Settings,
    start: Callable[[dict[str, str]], Output],
    mongo_url: str,
    tmp_path: Path,
    how: str,
) -> None:
    home = tmp_path / "home"
    key = add_key(home / "keys.json", "line", "viewer", now_ms())
    secret = key.rpartition("_")[2]
    wrong = {"MONGO_URL": mongo_url.replace("://", f"://judge:{PASSWORD}@"), "STORE_URL": ""}
    output = start(settings(**(wrong if how == "wrong password" else {})))
    port = output.wait_for_port()
    seen: list[str] = []
    given = [
        {},
        {"X-API-Key": key},
        {"X-API-Key": f"sprue_canary_{secret}"},
        {"Authorization": "Basic Y2FuYXJ5"},
    ]

    def ask(path: str, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        seen.append(f"{answer.headers}\n{answer.read().decode()}")
        connection.close()
        return answer.status

    statuses = {
        ask(path, headers)
        for headers in given
        for path in (
            "/", "/readyz", "/metrics", "/healthz", "/api/v1/status", "/api/v1/verdicts", "/api/v1/models",
            f"/api/v1/verdicts?limit=x&api_key={key}", "/api/v1/openapi.json",
        )
    }  # fmt: skip
    printed = output.end()

    assert {200, 401, 422, 503} <= statuses
    assert canaries(printed, *seen) == []
    assert secret not in printed + "".join(seen)
    kept = {file.name: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    assert "keys.json" in kept
    assert [
        n for n, content in kept.items() if b"canary" in content.lower() or secret.encode() in content
    ] == []
