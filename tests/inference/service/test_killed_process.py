"""A service process killed in mid-stream, on a real MongoDB and a real store."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pymongo.collection import Collection

from core.profile import Profile
from inference.plan import Plan
from tests.inference.service.mongo_trial import (
    PATIENCE_S,
    Document,
    Shots,
    as_documents,
    running,
    service_on,
    tokens_when,
)

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
    fixtures = Path(__file__).parents[1] / "conftest.py"
    database = mongo_collection.database.name
    arguments = [str(fixtures), mongo_url, database, f"sqlite:///{path.as_posix()}"]
    program = [sys.executable, "-c", PROCESS, *arguments]
    root = Path(__file__).parents[3]
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
