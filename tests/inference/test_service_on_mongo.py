"""The whole path on a real MongoDB and a real store, through stops, crashes and kills."""

import itertools
import json
import math
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pymongo
import pytest
from pymongo.collection import Collection

from core.batch import Batch
from core.profile import Profile
from core.verdict import VERDICT_FIELDS
from inference.backtest import backtest
from inference.judge import Judged, judge
from inference.plan import Plan
from inference.service import JudgingService
from inference.store.sink import VerdictStore
from ingest.change_stream import MongoChangeStream
from ingest.collection_scan import ScanThenStream
from ingest.embedded import EmbeddedMongo
from ingest.fill_memory import FillMemory
from ingest.frame import frame_from_batch
from ingest.replay import documents
from models.artifact import TrainedPlant

Document = dict[str, Any]
PATIENCE_S = 60.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "verdicts.sqlite"


@pytest.fixture(scope="session")
def shots(
    plant: TrainedPlant, profile: Profile, make_shots: Callable[..., Batch]
) -> Callable[[int], pd.DataFrame]:
    """``shots(n)``: a table of shots, some with holes."""

    def make(n: int) -> pd.DataFrame:
        frame = frame_from_batch(make_shots(plant, n, spread=1.0), profile)
        frame.loc[frame.index % 7 == 3, [v.name for v in profile.settings]] = math.nan
        frame.loc[frame.index % 5 == 2, profile.production[0].name] = math.nan
        frame.loc[frame.index % 11 == 4, "item"] = None
        return frame

    return make


Shots = Callable[[int], pd.DataFrame]


def as_documents(frame: pd.DataFrame, profile: Profile) -> list[Document]:
    return [d for d in documents(frame, profile) if d is not None]


@contextmanager
def running(service: JudgingService) -> Iterator[None]:
    """The service in a thread, reading its stream; stopped in order afterwards."""
    runner = threading.Thread(target=service.run)
    runner.start()
    try:
        pause = threading.Event()
        for _ in range(round(PATIENCE_S / 0.01)):
            if service.status.ready:
                break
            pause.wait(0.01)
        yield
    finally:
        ended = service.stop(PATIENCE_S)
        runner.join(PATIENCE_S)
        assert ended


def tokens_when(path: Path, count: int) -> list[tuple[str, str]]:
    """Event token and shot of every verdict as soon as there are `count`; fails after a minute."""
    pause = threading.Event()
    rows: list[tuple[str, str]] = []
    for _ in range(round(PATIENCE_S / 0.02)):
        if path.exists():
            with closing(sqlite3.connect(path)) as connection:
                query = "SELECT event_token, shot_id FROM verdict ORDER BY seq"
                rows = connection.execute(query).fetchall()
        if len(rows) >= count:
            return rows
        pause.wait(0.02)
    pytest.fail(f"expected {count} verdicts within {PATIENCE_S} s, got {len(rows)}")


def service_on(
    collection: Collection[Document], url: str, path: Path, plan: Plan, **options: Any
) -> JudgingService:
    source = MongoChangeStream(url, collection.database.name, collection.name)
    store = VerdictStore(f"sqlite:///{path.as_posix()}")
    return JudgingService(source, store, lambda: plan, plan.profile, **options)


def test_verdicts_of_the_stream_are_those_of_the_file(
    mongo_collection: Collection[Document],
    mongo_url: str,
    path: Path,
    plan: Plan,
    profile: Profile,
    shots: Shots,
) -> None:
    frame = shots(150)
    frame["cycle_time"] = frame["cycle_time"].astype(object)
    frame.loc[17, "cycle_time"] = "12,5"
    last_of_batch: list[str] = []

    def noting(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        last_of_batch.append(batch.ids[-1])
        return judge(batch, plan, memory)

    service = service_on(mongo_collection, mongo_url, path, plan, batch_size=40, judge=noting)
    with running(service):
        mongo_collection.insert_many(as_documents(frame, profile))
        tokens_when(path, 149)
    assert service.status.balanced
    assert service.status.dead_letters == 1
    assert len(last_of_batch) >= 4
    names = ", ".join(f.name for f in VERDICT_FIELDS)
    with closing(sqlite3.connect(path)) as connection:
        live = connection.execute(f"SELECT {names} FROM verdict ORDER BY seq").fetchall()  # noqa: S608  # own names

    # Backward filling looks ahead as far as the batch goes, so the file is cut where the stream was.
    rows = frame.index[frame["id"].isin(last_of_batch)].tolist()
    pieces = [frame.iloc[a + 1 : b + 1] for a, b in itertools.pairwise([-1, *rows])]
    judged = list(backtest(pieces, plan, profile))
    from_file = [row for piece in judged if piece.verdicts for row in piece.verdicts.rows()]
    assert [row["shot_id"] for row in from_file] == [row[0] for row in live]
    for mine, theirs in zip(from_file, live, strict=True):
        for field, value in zip(VERDICT_FIELDS, theirs, strict=True):
            stored = json.loads(value) if field.kind == "json" else value
            assert mine[field.name] == stored, (mine["shot_id"], field.name)
    [refused] = [problem for piece in judged for problem in piece.refused]
    assert (refused.row, refused.record_id, refused.reason) == (17, "shot-17", "not_a_number")


def test_shots_inserted_while_stopped_are_judged_once_at_the_next_start(
    mongo_collection: Collection[Document],
    mongo_url: str,
    path: Path,
    plan: Plan,
    profile: Profile,
    shots: Shots,
) -> None:
    every = as_documents(shots(600), profile)
    with running(service_on(mongo_collection, mongo_url, path, plan)):
        mongo_collection.insert_many(every[:100])
        tokens_when(path, 100)
    mongo_collection.insert_many(every[100:])
    with running(service_on(mongo_collection, mongo_url, path, plan)):
        rows = tokens_when(path, 600)
    assert [shot for _, shot in rows] == [d["_id"] for d in every]


def test_the_first_run_can_begin_with_the_whole_collection(
    mongo_collection: Collection[Document],
    mongo_url: str,
    path: Path,
    plan: Plan,
    profile: Profile,
    shots: Shots,
) -> None:
    every = as_documents(shots(300), profile)
    mongo_collection.insert_many(every[:200])
    stream = MongoChangeStream(mongo_url, mongo_collection.database.name, mongo_collection.name)
    store = VerdictStore(f"sqlite:///{path.as_posix()}")
    service = JudgingService(ScanThenStream(stream), store, lambda: plan, profile, batch_size=60)
    with running(service):
        mongo_collection.insert_many(every[200:])
        rows = tokens_when(path, 300)
    assert sorted(shot for _, shot in rows) == sorted(d["_id"] for d in every)
    assert service.status.balanced


def test_a_killed_database_costs_no_shot(
    tmp_path: Path, path: Path, plan: Plan, profile: Profile, shots: Shots
) -> None:
    every = as_documents(shots(60), profile)
    with EmbeddedMongo(tmp_path / "mongo") as server:
        client = pymongo.MongoClient[Document](server.url)
        collection = client["plant"]["shots"]
        service = service_on(collection, server.url, path, plan)
        with client, running(service):
            collection.insert_many(every[:20])
            tokens_when(path, 20)
            server.kill()
            server.start()
            collection.insert_many(every[20:])
            rows = tokens_when(path, 60)
    assert [shot for _, shot in rows] == [d["_id"] for d in every]
    assert service.status.reconnects > 0
    assert service.status.state == "stopped"


PROCESS = """
import runpy, sys
from core.profile_file import load_profile
from inference.plan import compile_plan
from inference.service import JudgingService
from inference.store.sink import VerdictStore
from ingest.change_stream import MongoChangeStream

fixtures, url, database, store = sys.argv[1:]
profile = load_profile("injection_molding")
plan = compile_plan(runpy.run_path(fixtures)["_plant"](profile), "v1", profile)
source = MongoChangeStream(url, database, "shots")
JudgingService(source, VerdictStore(store), lambda: plan, profile, batch_size=9).run()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_service_killed_in_mid_stream_loses_and_doubles_nothing(
    mongo_collection: Collection[Document],
    mongo_url: str,
    path: Path,
    plan: Plan,
    profile: Profile,
    shots: Shots,
) -> None:
    every = as_documents(shots(900), profile)
    fixtures = Path(__file__).with_name("conftest.py")
    database = mongo_collection.database.name
    arguments = [str(fixtures), mongo_url, database, f"sqlite:///{path.as_posix()}"]
    program = [sys.executable, "-c", PROCESS, *arguments]
    root = Path(__file__).parents[2]
    rng = random.Random(5)
    with running(service_on(mongo_collection, mongo_url, path, plan)):
        pass  # the first run decides where to begin
    mongo_collection.insert_many(every)
    kills = 0
    for _ in range(6):
        process = subprocess.Popen(program, cwd=root, stdout=subprocess.DEVNULL)
        try:
            tokens_when(path, min(len(every), len(tokens_when(path, 0)) + rng.randint(10, 200)))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE_S)
        kills += process.returncode == -signal.SIGKILL
    process = subprocess.Popen(program, cwd=root, stdout=subprocess.DEVNULL)
    try:
        rows = tokens_when(path, len(every))
    finally:
        process.kill()
        process.wait(PATIENCE_S)
    assert kills >= 3
    assert [shot for _, shot in rows] == [d["_id"] for d in every]
    assert len({token for token, _ in rows}) == len(every)
