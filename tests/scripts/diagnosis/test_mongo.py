"""A MongoDB that answers: its collection, its documents, the stored position."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymongo
import pytest
from pymongo.collection import Collection

from core.stream import Position, Work
from inference.store.sink import VerdictStore
from ingest.change_stream import MongoChangeStream
from scripts.diagnosis import mongo, mongo_stream
from scripts.diagnosis.finding import Finding
from scripts.diagnosis.mongo_collection import examine as examine_collection

Install = Callable[..., Any]
Pick = Callable[..., Any]
Shot = Callable[[int], dict[str, Any]]


@pytest.fixture
def here(install: Install, mongo_url: str, mongo_collection: Collection[Any], tmp_path: Path) -> Any:
    return install(mongo_url=mongo_url, mongo_database=mongo_collection.database.name, home=tmp_path)


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
