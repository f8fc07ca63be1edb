"""MongoDB, sound and in every state a plant's server may be left in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest
from pymongo.collection import Collection

from core.stream import Position, Work
from inference.store.sink import VerdictStore
from ingest.change_stream import MongoChangeStream
from ingest.embedded.mongo import mongod_program
from ingest.embedded.process import GuardedProcess, free_port
from scripts.diagnosis import mongo, mongo_stream
from scripts.diagnosis.finding import Finding
from scripts.diagnosis.mongo_collection import examine as examine_collection

Install = Callable[..., Any]
Pick = Callable[..., Any]
Shot = Callable[[int], dict[str, Any]]
StartServer = Callable[..., str]


@pytest.fixture
def here(install: Install, mongo_url: str, mongo_collection: Collection[Any], tmp_path: Path) -> Any:
    return install(mongo_url=mongo_url, mongo_database=mongo_collection.database.name, home=tmp_path)


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


def store_position(home: Path, position: Position) -> None:
    store = VerdictStore(f"sqlite:///{(home / 'verdicts.sqlite').as_posix()}")
    store.write(Work(position))
    store.close()


def worst(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(f.level, f.subject) for f in findings if f.level in ("warning", "problem")]


def test_a_sound_server_is_in_order(
    here: Any, mongo_collection: Collection[Any], shot: Shot, tmp_path: Path, pick: Pick
) -> None:
    mongo_collection.insert_many([shot(i) for i in range(150)])
    stream = MongoChangeStream(
        here.config.mongo_url.get_secret_value(), mongo_collection.database.name, "shots"
    )
    stream.open(None)
    store_position(tmp_path, stream.position())
    stream.close()

    found = list(mongo.examine(here))

    assert worst(found) == []
    assert pick(found, "documents").found == "the newest 100 can be read"
    assert pick(found, "fields").level == "ok"
    assert pick(found, "position").found == "the stream goes on after the stored one"
    assert pick(found, "headroom").level == "ok"


def test_a_collection_to_come_is_a_note(here: Any, mongo_collection: Collection[Any], pick: Pick) -> None:
    assert "is empty" in pick(mongo.examine(here), "collection").found
    mongo_collection.drop()

    assert pick(mongo.examine(here), "collection").level == "note"


def test_another_collection_than_the_one_named_is_a_warning(install: Install, here: Any, pick: Pick) -> None:
    found = pick(mongo.examine(install(mongo_collection="shot")), "collection")

    assert found.level == "warning"
    assert "only shots" in found.found


def test_a_view_cannot_be_watched(install: Install, here: Any, mongo_collection: Collection[Any]) -> None:
    mongo_collection.database.create_collection("seen", viewOn="shots", pipeline=[])
    installation = install(mongo_collection="seen")
    with pymongo.MongoClient[Any](installation.config.mongo_url.get_secret_value()) as client:
        (found,) = examine_collection(client, installation)

    assert found.level == "problem"
    assert "is a view" in found.found


def test_fields_that_never_come_are_a_warning_and_unknown_ones_a_note(
    here: Any, mongo_collection: Collection[Any], shot: Shot, pick: Pick
) -> None:
    documents = [shot(i) for i in range(20)]
    for i, document in enumerate(documents):
        del document["actual"]["cycle_time"]
        if i < 5:
            del document["item"]
        document["operator"] = {"name": "x"}
    mongo_collection.insert_many(documents)

    found = list(mongo.examine(here))

    assert pick(found, "fields").level == "warning"
    assert "actual.cycle_time in 20, item in 5" in pick(found, "fields").found
    assert "operator in 20" in pick(found, "unknown fields").found


def test_documents_that_would_get_no_verdict_are_told(
    here: Any, mongo_collection: Collection[Any], shot: Shot, pick: Pick
) -> None:
    documents = [shot(i) for i in range(3)]
    documents[0]["actual"]["cycle_time"] = "12,5"
    mongo_collection.insert_many(documents)
    some = pick(mongo.examine(here), "documents")
    mongo_collection.delete_many({"_id": {"$ne": "shot-0"}})
    every = pick(mongo.examine(here), "documents")

    assert some.level == "warning"
    assert "1 of the newest 3" in some.found
    assert "actual.cycle_time" in some.found
    assert every.level == "problem"


def test_shots_from_the_future_are_a_warning(
    install: Install, here: Any, mongo_collection: Collection[Any], shot: Shot, pick: Pick
) -> None:
    mongo_collection.insert_one(shot(1))
    early = install(now=shot(1)["time"].timestamp() - 9 * 3600)

    found = list(mongo.examine(early))

    assert pick(found, "newest shot").level == "warning"
    assert "9.0 hours ahead" in pick(found, "newest shot").found
    assert pick(found, "clock").level == "warning"


def test_a_position_of_another_collection_is_a_problem(here: Any, tmp_path: Path, pick: Pick) -> None:
    store_position(tmp_path, Position('{"_data": "82"}', (1, 1), "event", "rs9:1/other.shots"))

    found = pick(mongo.examine(here), "position")

    assert found.level == "problem"
    assert "rs9:1/other.shots" in found.found


def test_a_position_the_oplog_has_given_up_is_a_problem(
    here: Any, mongo_collection: Collection[Any], tmp_path: Path
) -> None:
    url = here.config.mongo_url.get_secret_value()
    stream = MongoChangeStream(url, mongo_collection.database.name, "shots")
    stream.open(None)
    store_position(tmp_path, stream.position())
    stream.close()
    history_lost = {"failCommands": ["aggregate"], "errorCode": 286}
    with pymongo.MongoClient[Any](url) as client:
        client.admin.command("configureFailPoint", "failCommand", mode={"times": 1}, data=history_lost)

    (found,) = mongo_stream.resuming(here)

    assert found.level == "problem"
    assert "no longer holds the stored position" in found.found
    assert "SPRUE_START_FROM" in found.advice


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
