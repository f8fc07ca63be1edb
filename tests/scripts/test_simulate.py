from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import psycopg2
import pytest

from ingest.plant.catalogue import SETTING_NAMES
from scripts.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "scripts", "simulate"]


class Done(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """The verb with these arguments and places, SPRUE_HOME being `tmp_path`."""

    def called(*arguments: str, **place: str) -> Done:
        monkeypatch.chdir(tmp_path)
        for name, value in {"SPRUE_HOME": str(tmp_path), **place}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["sprue", "simulate", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        text = capsys.readouterr()
        return Done(int(ended.value.code or 0), text.out, text.err)

    return called


def truth_ids(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["shot_id"] for row in csv.DictReader(file)]


def test_files_hold_history_live_part_and_the_truth_apart(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "가상 공장"
    done = run("--history-shots", "1500", "--live-shots", "300", "--to-files", str(folder), "--json")
    assert done.status == 0, done.err
    history = pd.read_parquet(folder / "history.parquet")
    live = pd.read_parquet(folder / "live.parquet")
    assert (len(history), len(live)) == (1500, 300)
    assert str(live["time"].dtype) == "datetime64[ns, UTC]"
    assert truth_ids(folder / "truth.csv") == [*history["id"], *live["id"]]
    assert not {"bad", "cause", "severity"} & {*history, *live}
    summary = json.loads(done.out)
    assert summary["history_shots"] == 1500
    assert summary["live_shots"] == 300
    assert summary["truth"] == str(folder / "truth.csv")


def test_databases_get_history_and_live_shots_once(
    run: Run, tmp_path: Path, mongo_url: str, mongo_collection: Any, fresh_postgres_url: str
) -> None:
    place = {
        "SPRUE_MONGO_URL": mongo_url,
        "SPRUE_MONGO_DATABASE": mongo_collection.database.name,
        "SPRUE_HISTORY_URL": fresh_postgres_url,
    }
    for _ in range(2):
        done = run("--history-shots", "800", "--live-shots", "40", "--rate", "400", **place)
        assert done.status == 0, done.err
    assert mongo_collection.count_documents({}) == 40
    document: Mapping[str, Any] = mongo_collection.find_one({})
    assert set(document) == {"_id", "time", "maker", "facility", "item", "lot", "set", "actual"}
    assert len(document["set"]) == len(SETTING_NAMES)
    connection = psycopg2.connect(fresh_postgres_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM shot_history")
            assert cursor.fetchone() == (800,)
    finally:
        connection.close()
    assert len(truth_ids(tmp_path / "simulated" / "truth.csv")) == 840


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_ends_an_endless_stream_cleanly(tmp_path: Path, mongo_url: str, mongo_collection: Any) -> None:
    environment = os.environ | {
        "SPRUE_HOME": str(tmp_path),
        "SPRUE_MONGO_URL": mongo_url,
        "SPRUE_MONGO_DATABASE": mongo_collection.database.name,
    }
    arguments = ["--history-shots", "0", "--rate", "50", "--json"]
    with mongo_collection.watch() as stream:
        process = subprocess.Popen(
            [*COMMAND, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
        )
        next(stream)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate()
    assert process.returncode == 130
    summary = json.loads(output)
    assert summary["stopped"] is True
    sent = {d["_id"] for d in mongo_collection.find({}, {"_id": 1})}
    assert sent
    assert sent <= set(truth_ids(tmp_path / "simulated" / "truth.csv"))


def test_endless_files_are_refused(run: Run, tmp_path: Path) -> None:
    done = run("--to-files", str(tmp_path / "files"))
    assert done.status == 2
    assert "--live-shots" in done.err
    assert not (tmp_path / "files").exists()


def test_somebody_elses_table_is_refused(run: Run, fresh_postgres_url: str) -> None:
    connection = psycopg2.connect(fresh_postgres_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE shot_history (precious int)")
    finally:
        connection.close()
    done = run("--history-shots", "50", "--live-shots", "0", SPRUE_HISTORY_URL=fresh_postgres_url)
    assert done.status == 1
    assert "--replace" in done.err
    assert "Traceback" not in done.err
