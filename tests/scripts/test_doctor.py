"""The verb as a process: what it prints, how it ends, that it changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection

from inference.store.sink import VerdictStore
from scripts.diagnosis.examination import AREAS
from scripts.diagnosis.finding import Finding, Level
from scripts.doctor import exit_code

Doctor = Callable[..., "subprocess.CompletedProcess[str]"]
SECRET = "canary-password"


@pytest.fixture
def doctor(tmp_path: Path) -> Doctor:
    """``doctor("--json", mongo_url=...)`` in a folder of its own."""

    def doctor(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SPRUE_")}
        environment |= {"SPRUE_HOME": str(tmp_path), "SPRUE_PORT": "0", "COLUMNS": "80", "PYTHONUTF8": "1"}
        environment |= {f"SPRUE_{name.upper()}": value for name, value in settings.items()}
        command = [sys.executable, "-P", "-m", "scripts", "doctor", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
        )

    return doctor


@pytest.fixture
def live(mongo_url: str, mongo_collection: Collection[Any]) -> dict[str, str]:
    return {"mongo_url": mongo_url, "mongo_database": mongo_collection.database.name}


def test_without_a_problem_it_ends_with_0_and_changes_nothing(
    doctor: Doctor, live: dict[str, str], tmp_path: Path
) -> None:
    store = VerdictStore(f"sqlite:///{(tmp_path / 'verdicts.sqlite').as_posix()}")
    store.open()
    store.close()
    before = {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in tmp_path.rglob("*")}

    done = doctor(**live)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert [area for area in AREAS if f"\n{area}\n" not in done.stdout] == []
    assert "0 problems, 1 warning" in done.stdout  # nothing is trained
    assert done.stdout.endswith("\nNothing keeps sprue from starting here. Look at: Model, current.\n")
    assert {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in tmp_path.rglob("*")} == before


def test_strict_fails_on_a_warning(doctor: Doctor, live: dict[str, str]) -> None:
    assert doctor("--strict", **live).returncode == 1


def test_a_problem_ends_it_with_1_in_80_columns_and_without_the_password(doctor: Doctor) -> None:
    done = doctor(mongo_url=f"mongodb://judge:{SECRET}@127.0.0.1:1/?serverSelectionTimeoutMS=100")

    assert done.returncode == 1
    assert "problem reachable" in done.stdout
    assert done.stdout.endswith("\nThis home cannot judge yet. Begin with: MongoDB, reachable.\n")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert [line for line in done.stdout.splitlines() if line != line.rstrip()] == []
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_json_is_one_object_on_standard_output_and_nothing_else(doctor: Doctor) -> None:
    done = doctor("--json", mongo_url=f"mongodb://judge:{SECRET}@127.0.0.1:1/?serverSelectionTimeoutMS=100")

    told = json.loads(done.stdout)
    assert told["exit_code"] == done.returncode == 1
    assert sum(told["counts"].values()) == len(told["findings"])
    assert set(told["findings"][0]) == {"area", "level", "subject", "expected", "found", "advice"}
    assert done.stderr == ""
    assert SECRET not in done.stdout


def test_settings_that_cannot_be_read_are_findings_not_an_end(doctor: Doctor) -> None:
    done = doctor(batch_size="many")

    assert done.returncode == 1
    assert "SPRUE_BATCH_SIZE" in done.stdout
    assert "History" in done.stdout


@pytest.mark.parametrize(
    ("level", "strict", "code"),
    [("ok", True, 0), ("note", True, 0), ("warning", False, 0), ("warning", True, 1), ("problem", False, 1)],
)
def test_exit_codes(level: Level, strict: bool, code: int) -> None:
    assert exit_code([Finding(level, "x", "y")], strict=strict) == code
