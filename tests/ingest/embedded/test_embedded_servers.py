from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pymongo
import pytest

from core.errors import ConfigError
from ingest.embedded import EmbeddedMongo, EmbeddedPostgres
from ingest.embedded.process import free_port, port_is_free

Server = EmbeddedMongo | EmbeddedPostgres
KINDS: list[Callable[[Path], Server]] = [EmbeddedMongo, EmbeddedPostgres]


def add_row(server: Server) -> int:
    """Write one row; how many there are now."""
    if isinstance(server, EmbeddedMongo):
        with pymongo.MongoClient[dict[str, Any]](server.url) as client:
            client.plant.shots.insert_one({})
            return client.plant.shots.count_documents({})
    connection = psycopg2.connect(server.url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS shots (n int)")
            cursor.execute("INSERT INTO shots VALUES (1)")
            cursor.execute("SELECT count(*) FROM shots")
            row = cursor.fetchone()
            assert row is not None
            return int(row[0])
    finally:
        connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "공장 자료"


@pytest.mark.parametrize("kind", KINDS)
def test_same_folder_started_again_holds_the_same_data(kind: Callable[[Path], Server], folder: Path) -> None:
    with kind(folder) as first:
        port = first.port
        assert add_row(first) == 1
    assert port_is_free(port)
    with kind(folder) as second:
        assert second.port == port
        assert add_row(second) == 2
        second.restart()
        assert add_row(second) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_data_survives_a_crash_and_the_loss_of_the_port(
    kind: Callable[[Path], Server], folder: Path, mongo: EmbeddedMongo
) -> None:
    server = kind(folder).start()
    port, pid = server.port, server.pid
    add_row(server)
    server.kill()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    (folder / "port").write_text(str(mongo.port), encoding="ascii")
    with server:
        assert server.port not in (port, mongo.port)
        assert add_row(server) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_two_run_side_by_side(kind: Callable[[Path], Server], tmp_path: Path) -> None:
    with kind(tmp_path / "one") as one, kind(tmp_path / "two") as two:
        assert one.url != two.url
        assert add_row(one) == add_row(two) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
@pytest.mark.parametrize("kind", ["EmbeddedMongo", "EmbeddedPostgres"])
def test_nothing_is_left_running_when_the_owner_is_killed(kind: str, folder: Path) -> None:
    program = f"""
        import sys, time
        from pathlib import Path
        from ingest.embedded import {kind}
        server = {kind}(Path(sys.argv[1])).start()
        print(server.pid, flush=True)
        sys.stdin.read()
    """
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdin is not None
    assert owner.stdout is not None
    with owner.stdin, owner.stdout:
        server = psutil.Process(int(owner.stdout.readline()))
        guardian = server.parent()
        assert guardian is not None
        owner.kill()
        owner.wait()
    guardian.wait(30)
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signal is Linux")
def test_server_ends_even_when_its_guardian_is_killed(folder: Path) -> None:
    server = EmbeddedMongo(folder).start()
    process = psutil.Process(server.pid)
    guardian = process.parent()
    assert guardian is not None
    os.kill(guardian.pid, signal.SIGKILL)
    server.stop()
    psutil.wait_procs([process], timeout=30)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_mongo_is_a_replica_set_with_change_streams(mongo_url: str) -> None:
    with pymongo.MongoClient[dict[str, Any]](mongo_url) as client:
        with client.plant.watch(max_await_time_ms=100) as stream:
            client.plant.shots.insert_one({"_id": "a"})
            event = None
            while event is None:
                event = stream.try_next()
        assert event["documentKey"] == {"_id": "a"}
        client.drop_database("plant")


@pytest.mark.parametrize(
    ("variable", "kind"), [("MONGOD", EmbeddedMongo), ("POSTGRES_BIN", EmbeddedPostgres)]
)
def test_a_wrong_program_is_named(
    variable: str, kind: Callable[[Path], Server], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "no/such/program")
    with pytest.raises(ConfigError, match=f"{variable}.*no/such/program"):
        kind(folder).start()


@pytest.mark.parametrize("kind", [EmbeddedMongo, EmbeddedPostgres])
def test_a_taken_port_is_refused(
    kind: type[EmbeddedMongo] | type[EmbeddedPostgres], mongo: EmbeddedMongo, folder: Path
) -> None:
    with pytest.raises(ConfigError, match=f"{mongo.port} is taken"):
        kind(folder, mongo.port).start()


def test_databases_of_tests_are_empty(fresh_postgres_url: str, mongo_collection: Any) -> None:
    assert mongo_collection.count_documents({}) == 0
    connection = psycopg2.connect(fresh_postgres_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            assert cursor.fetchone() == (0,)
    finally:
        connection.close()


def test_free_port_is_free() -> None:
    assert port_is_free(free_port())
