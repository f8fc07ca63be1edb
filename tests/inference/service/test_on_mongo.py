"""The whole path on a real MongoDB and a real store, through stops and failures."""

import itertools
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pymongo
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
from tests.inference.service.mongo_trial import (
    Document,
    Shots,
    as_documents,
    running,
    service_on,
    tokens_when,
)


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
