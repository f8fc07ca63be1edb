"""The verbs ``judge`` and ``replay``, started as a user starts them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pymongo.collection import Collection

from core.batch import Batch
from core.profile import Profile
from inference.store.sink import VerdictStore
from ingest.frame import frame_from_batch
from models.artifact import TrainedPlant
from models.registry import Registry

ROOT = Path(__file__).parents[2]


def sprue(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "scripts", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path, plant: TrainedPlant) -> Path:
    Registry(tmp_path / "registry").save(plant, now=datetime(2026, 3, 1, tzinfo=UTC))
    return tmp_path


@pytest.fixture
def file(tmp_path: Path, plant: TrainedPlant, profile: Profile, make_shots: Callable[..., Batch]) -> Path:
    frame = frame_from_batch(make_shots(plant, 80), profile)
    frame["cycle_time"] = frame["cycle_time"].astype(object)
    frame.loc[[3, 60], "cycle_time"] = "12,5"
    path = tmp_path / "shots.csv"
    frame.to_csv(path, index=False)
    return path


def test_judge_writes_verdicts_and_dead_letters_and_counts_them(home: Path, file: Path) -> None:
    out, dead = home / "verdicts.parquet", home / "dead.jsonl"
    run = sprue(
        "judge", str(file), "--out", str(out), "--dead-letters", str(dead), "--json", SPRUE_HOME=str(home)
    )
    assert run.returncode == 0, run.stderr
    summary: dict[str, Any] = json.loads(run.stdout)
    assert (summary["rows"], summary["verdicts"], summary["dead_letters"]) == (80, 78, 2)
    assert sum(summary["outcomes"].values()) == sum(summary["routes"].values()) == 78
    assert summary["reasons"] == {"not_a_number": 2}
    assert len(pd.read_parquet(out)) == 78
    refused = [json.loads(line) for line in dead.read_text(encoding="utf-8").splitlines()]
    assert [(r["row"], r["record_id"], r["reason"]) for r in refused] == [
        (3, "shot-3", "not_a_number"),
        (60, "shot-60", "not_a_number"),
    ]


@pytest.mark.parametrize(
    "flags", [("--out", "{0}"), ("--dead-letters", "{0}"), ("--out", "x.csv", "--dead-letters", "x.csv")]
)
def test_judge_never_writes_over_what_it_reads_or_writes(
    home: Path, file: Path, flags: tuple[str, ...]
) -> None:
    before = file.read_bytes()
    done = sprue("judge", str(file), *(flag.format(file) for flag in flags), SPRUE_HOME=str(home))
    assert done.returncode == 2
    assert "a file of its own" in done.stderr
    assert file.read_bytes() == before


def test_judge_prints_nothing_but_its_result_under_a_chosen_limit(home: Path, file: Path) -> None:
    store = VerdictStore(f"sqlite:///{home / 'verdicts.sqlite'}", identity_folder=home)
    store.open()
    store.choose_threshold("kim", "fewer calls", {"cv_gain": 1.0})
    store.close()

    done = sprue("judge", str(file), "--json", SPRUE_HOME=str(home))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 80
    assert "limit chosen" in done.stderr


def test_judge_shows_a_table_to_people(home: Path, file: Path) -> None:
    run = sprue("judge", str(file), SPRUE_HOME=str(home))
    assert run.returncode == 0, run.stderr
    for word in ("78 of 80", "NG", "trained", "not_a_number"):
        assert word in run.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--version", "v0"], "v0"), (["--out", "v.xlsx"], ".parquet"), (["--registry", "nowhere"], "train")],
)
def test_judge_says_what_is_wrong_in_one_line(
    home: Path, file: Path, arguments: list[str], said: str
) -> None:
    run = sprue("judge", str(file), *arguments, SPRUE_HOME=str(home))
    assert run.returncode == 1
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_replay_sends_a_file_once(
    file: Path, mongo_collection: Collection[dict[str, Any]], mongo_url: str
) -> None:
    place = {"SPRUE_MONGO_URL": mongo_url, "SPRUE_MONGO_DATABASE": mongo_collection.database.name}
    first = sprue("replay", str(file), "--limit", "50", "--json", **place)
    assert first.returncode == 0, first.stderr
    again = sprue("replay", str(file), "--rate", "1000", **place)
    assert again.returncode == 0, again.stderr
    assert json.loads(first.stdout)["sent"] == 50
    assert "30 shots sent" in again.stdout
    assert "50 were there already" in again.stdout
    assert mongo_collection.count_documents({}) == 80


def test_replay_names_the_database_it_cannot_reach_and_no_password(file: Path) -> None:
    url = "mongodb://plant:canary-secret@127.0.0.1:1/?serverSelectionTimeoutMS=100"
    run = sprue("replay", str(file), SPRUE_MONGO_URL=url)
    assert run.returncode == 1
    assert "127.0.0.1" in run.stderr
    assert "canary" not in run.stderr + run.stdout
    assert "Traceback" not in run.stderr
