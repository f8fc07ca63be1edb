"""A MongoDB that cannot be used as it is, in every state a plant's server may be left in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest

from ingest.embedded.mongo import mongod_program
from ingest.embedded.process import GuardedProcess, free_port
from scripts.diagnosis import mongo

Install = Callable[..., Any]
Pick = Callable[..., Any]
StartServer = Callable[..., str]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """``start_server("--replSet", "rs0")``: a bare mongod with these options; its host and port."""
    running: list[GuardedProcess] = []

    def start(*options: str) -> str:
        number = free_port()
        folder = tmp_path / f"server{len(running)}"
        folder.mkdir()
        command = [str(mongod_program()), "--dbpath", str(folder), "--port", str(number)]
        command += ["--bind_ip", "127.0.0.1", "--wiredTigerCacheSizeGB", "0.25", *options]
        command += [] if os.name == "nt" else ["--nounixsocket"]
        running.append(GuardedProcess(command, tmp_path / "server.log"))
        with pymongo.MongoClient[Any]("127.0.0.1", number, directConnection=True) as client:
            client.admin.command("hello")  # the driver waits until it listens
        return f"127.0.0.1:{number}"

    yield start
    for process in running:
        process.stop()


def test_nobody_listening_is_a_problem(install: Install) -> None:
    url = "mongodb://judge:canary-secret@127.0.0.1:1/?replicaSet=rs0&serverSelectionTimeoutMS=100"

    (found,) = mongo.examine(install(mongo_url=url))

    assert (found.level, found.subject) == ("problem", "reachable")
    assert "connection refused" in found.found
    assert "canary-secret" not in str(found)


def test_a_wrong_password_is_a_problem(install: Install, mongo_url: str) -> None:
    url = mongo_url.replace("mongodb://", "mongodb://judge:canary-secret@")

    (found,) = mongo.examine(install(mongo_url=url))

    assert found.level == "problem"
    assert "user, password and role" in found.advice
    assert "canary-secret" not in str(found)


def test_the_wrong_name_of_the_set_is_told_with_the_right_one(install: Install, mongo_url: str) -> None:
    url = mongo_url.replace("rs0", "rs1") + "&serverSelectionTimeoutMS=500"

    (found,) = mongo.examine(install(mongo_url=url))

    assert found.level == "problem"
    assert "replicaSet=rs0" in found.advice


@pytest.mark.parametrize("options", ["/", "/?replicaSet=rs0&serverSelectionTimeoutMS=500"])
def test_a_standalone_server_is_told_how_to_become_a_set(
    install: Install, start_server: StartServer, pick: Pick, options: str
) -> None:
    found = pick(mongo.examine(install(mongo_url=f"mongodb://{start_server()}{options}")), "replica set")

    assert found.level == "problem"
    assert "standalone" in found.found
    assert "rs.initiate()" in found.advice


def test_a_set_not_initiated_is_told_so(install: Install, start_server: StartServer) -> None:
    at = start_server("--replSet", "rs0")

    url = f"mongodb://{at}/?replicaSet=rs0&serverSelectionTimeoutMS=500"
    (found,) = mongo.examine(install(mongo_url=url))

    assert found.level == "problem"
    assert "not initiated" in found.found


def test_a_user_who_may_read_alone_judges_and_is_told_the_role_for_the_oplog(
    install: Install, start_server: StartServer, tmp_path: Path, pick: Pick
) -> None:
    key = tmp_path / "key"
    key.write_text("a" * 64, encoding="ascii")
    key.chmod(0o600)
    at = start_server("--replSet", "rs0", "--keyFile", str(key))
    with pymongo.MongoClient[Any](f"mongodb://{at}/?directConnection=true") as client:
        member = {"_id": 0, "host": at}
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
    with pymongo.MongoClient[Any](f"mongodb://{at}/?replicaSet=rs0") as client:
        client.admin.command("createUser", "root", pwd="root-secret", roles=["root"])
    with pymongo.MongoClient[Any](f"mongodb://root:root-secret@{at}/?replicaSet=rs0") as client:
        client.plant.shots.insert_one({"_id": 1})
        read = [{"role": "read", "db": "plant"}]
        client.admin.command("createUser", "judge", pwd="canary-secret", roles=read)
        client.admin.command("createUser", "nobody", pwd="canary-secret", roles=[])

    url = f"mongodb://judge:canary-secret@{at}/?replicaSet=rs0"
    reader = list(mongo.examine(install(mongo_url=url)))
    nobody = list(mongo.examine(install(mongo_url=url.replace("judge", "nobody"))))

    assert pick(reader, "change stream").level == "ok"
    assert pick(reader, "oplog").level == "note"
    assert 'role: "read", db: "local"' in pick(reader, "oplog").advice
    assert pick(nobody, "right to read").level == "problem"
    assert '{role: "read", db: "plant"}' in pick(nobody, "right to read").advice
    assert "canary-secret" not in str(reader + nobody)
