"""``./sprue databases``: two real servers to try with, at the same addresses from start to start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg2
import pymongo
import pytest

from core.config import load_config

if os.name != "posix":
    pytest.skip("platform: SIGINT to another process", allow_module_level=True)


def run_once(folder: Path) -> tuple[dict[str, str], int]:
    """What it prints, both servers asked meanwhile; and its exit code after Ctrl-C."""
    command = [sys.executable, "-P", "-m", "scripts", "databases", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        try:
            assert running.stdout is not None
            lines = [running.stdout.readline().strip() for _ in range(2)]
            given = dict(line.split("=", 1) for line in lines)
            with pymongo.MongoClient[Any](given["SPRUE_MONGO_URL"]) as client, client.plant.shots.watch():
                client.plant.shots.insert_one({"facility": "A-01"})
            psycopg2.connect(given["SPRUE_HISTORY_URL"]).close()
            running.send_signal(signal.SIGINT)
            return given, running.wait(60)
        finally:
            running.kill()


def test_both_run_until_ctrl_c_and_keep_their_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, code = run_once(tmp_path / "databases")
    again, _ = run_once(tmp_path / "databases")

    assert code == 0
    assert set(given) == {"SPRUE_MONGO_URL", "SPRUE_HISTORY_URL"}
    assert again == given
    monkeypatch.chdir(tmp_path)
    for name in given:
        monkeypatch.delenv(name, raising=False)
    Path(".env").write_text("".join(f"{n}={v}\n" for n, v in given.items()), encoding="utf-8")
    assert load_config().history_url.get_secret_value() == given["SPRUE_HISTORY_URL"]
